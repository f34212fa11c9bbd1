//! Why changes could not be taken back.

use anirewind_restore::Stopped;
use anirewind_store::StoreError;
use anirewind_timeline::Id;
use thiserror::Error;

use crate::accounts::{AccountError, remote_code, remote_hint};
use crate::capture::CaptureError;
use crate::explain::{Code, Explain};
use crate::gate::GateError;

/// Changes could not be taken back.
#[derive(Debug, Error)]
pub enum UndoError {
    /// There is no such change.
    #[error("there is no change, group or operation `{reference}`")]
    NotFound {
        /// What was asked for.
        reference: String,
    },
    /// More than one id begins so.
    #[error("`{reference}` is the beginning of {} ids: {}", candidates.len(), candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        reference: String,
        /// The ids.
        candidates: Vec<String>,
    },
    /// We have done nothing yet.
    #[error("there is nothing of ours to take back")]
    NothingOfOurs,
    /// The list is no longer what the plan was made from.
    #[error("{count} titles were edited since the plan was made")]
    OutOfDate {
        /// How many.
        count: usize,
    },
    /// Something has to be decided first.
    #[error("{count} titles were edited since, and it was not said what to do about them")]
    Undecided {
        /// How many.
        count: usize,
    },
    /// Another act is not finished.
    #[error("operation {operation} was begun and is not finished")]
    Unfinished {
        /// The act.
        operation: Id,
    },
    /// None of what was named can be taken back.
    #[error("nothing of that can be taken back: {reason}")]
    Refused {
        /// Why, of the first of them.
        reason: String,
    },
    /// What was named is no undo.
    #[error("{id} is not an undo, so there is nothing to redo")]
    NotAnUndo {
        /// The change.
        id: Id,
    },
    /// Changes of several accounts were named.
    #[error("that is about several accounts")]
    SeveralAccounts,
    /// AniList could not be read.
    #[error("cannot read the list")]
    Remote {
        /// Why.
        source: anirewind_model::RemoteError,
    },
    /// It may not be written.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The snapshot that comes first could not be taken.
    #[error("no safety snapshot could be taken")]
    Safety {
        /// Why.
        source: Box<CaptureError>,
    },
    /// It stopped on the way.
    #[error("stopped before it was done; operation {operation} can go on")]
    Stopped {
        /// The act.
        operation: Id,
        /// Why.
        source: Stopped,
    },
    /// The account cannot be reached.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The catalogue failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for UndoError {
    fn code(&self) -> Code {
        match self {
            Self::NotFound { .. } | Self::NothingOfOurs => Code::NotFound,
            Self::Ambiguous { .. } | Self::NotAnUndo { .. } | Self::SeveralAccounts => Code::Usage,
            Self::Unfinished { .. } => Code::Busy,
            Self::OutOfDate { .. } | Self::Undecided { .. } => Code::EditedSince,
            Self::Remote { source } => remote_code(source),
            Self::Gate(error) => error.code(),
            Self::Safety { source } => source.code(),
            Self::Stopped { source, .. } => match source {
                Stopped::Remote(error) => remote_code(error),
                Stopped::Journal(_) => Code::Failed,
            },
            Self::Account(error) => error.code(),
            Self::Refused { .. } | Self::Store(_) => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotFound { .. } => "See what there is: anirewind log".to_owned(),
            Self::Ambiguous { .. } => "Type more of it.".to_owned(),
            Self::NothingOfOurs => {
                "What others changed is taken back by its id: anirewind log, then \
                anirewind undo ID"
                    .to_owned()
            }
            Self::OutOfDate { .. } => {
                "Nothing was sent. Look at the new plan and say so again.".to_owned()
            }
            Self::Undecided { .. } => {
                "Nothing was sent. `--prefer before` puts the old values back all \
                the same, `--prefer now` leaves those titles alone."
                    .to_owned()
            }
            Self::Unfinished { operation } => {
                format!("Nothing was sent. Finish it first: anirewind op resume {operation}")
            }
            Self::Refused { .. } | Self::SeveralAccounts => "Nothing was sent.".to_owned(),
            Self::NotAnUndo { .. } => "Nothing was sent. See anirewind undo.".to_owned(),
            Self::Remote { source } => remote_hint(source),
            Self::Gate(error) => return error.hint(),
            Self::Safety { source } => {
                let hint = source.hint().unwrap_or_default();
                format!("Nothing was sent. {hint}")
            }
            Self::Stopped { operation, .. } => {
                format!("What is done stays. Go on: anirewind op resume {operation}")
            }
            Self::Account(error) => return error.hint(),
            Self::Store(_) => "`anirewind doctor` looks into it.".to_owned(),
        })
    }
}
