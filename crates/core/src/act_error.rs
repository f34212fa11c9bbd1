//! Why something could not be planned or carried out.

use anirewind_restore::Stopped;
use anirewind_store::StoreError;
use anirewind_timeline::Id;
use thiserror::Error;

use crate::accounts::{AccountError, remote_code, remote_hint};
use crate::capture::CaptureError;
use crate::explain::{Code, Explain};
use crate::find::BrowseError;
use crate::gate::GateError;
use crate::numbers;

/// Something could not be planned or carried out.
#[derive(Debug, Error)]
pub enum ActError {
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
    #[error("{} {} edited since the plan was made", numbers::count(*count, "title"), numbers::were(*count))]
    OutOfDate {
        /// How many.
        count: usize,
        /// The plan, in which those titles are now left alone.
        plan: Id,
    },
    /// Somebody else has done it meanwhile.
    #[error("all that the plan would send is so already")]
    AlreadySo,
    /// The program ends, or goes on under other settings, and begins nothing any more.
    #[error("the settings changed, or the program ends")]
    Closing,
    /// There is no such plan, or its time is over.
    #[error("there is no plan `{reference}`")]
    NoPlan {
        /// What was asked for.
        reference: String,
    },
    /// The plan was applied or dropped meanwhile.
    #[error("plan {plan} is {state}")]
    NotAPlan {
        /// The plan.
        plan: Id,
        /// What became of it.
        state: &'static str,
    },
    /// Somebody did not want the plan to be sent after all, before it had begun.
    #[error("plan {plan} was called off")]
    CalledOff {
        /// The plan, which is still there.
        plan: Id,
    },
    /// Titles would be removed, and nobody said how many may be.
    #[error("this removes {} from AniList{}", numbers::count(*count, "title"),
        allowed.map_or_else(String::new, |allowed| format!(", and {allowed} were allowed")))]
    Consent {
        /// How many.
        count: usize,
        /// How many were allowed.
        allowed: Option<usize>,
    },
    /// The act has nothing that can be tried again.
    #[error("nothing of {operation} can be tried again")]
    NothingToRetry {
        /// The act.
        operation: Id,
    },
    /// The act took no snapshot first.
    #[error("{operation} took no snapshot before it began")]
    NoSafety {
        /// The act.
        operation: Id,
    },
    /// What is to be put back cannot be found or read.
    #[error(transparent)]
    Browse(#[from] BrowseError),
    /// What is to be put back is not to be relied on, or not for this.
    #[error(transparent)]
    Guard(#[from] Guard),
    /// Something has to be decided first.
    #[error("{} {} edited since, and it was not said what to do", numbers::count(*count, "title"), numbers::were(*count))]
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

/// What is to be put back is not to be relied on, or not for this. Nothing was sent.
#[derive(Debug, Error)]
pub enum Guard {
    /// It is somebody else's list.
    #[error("that is the list of {owner}, and the account is {connected}")]
    OthersList {
        /// Whose list it is.
        owner: String,
        /// Whose account would be written to.
        connected: String,
    },
    /// Something about it is unusual, and nobody has answered.
    #[error("{snapshot} is doubted: {}", problems.join("; "))]
    Doubted {
        /// The snapshot.
        snapshot: String,
        /// What is unusual.
        problems: Vec<String>,
    },
    /// It holds nothing.
    #[error("{snapshot} holds no titles")]
    Empty {
        /// The snapshot.
        snapshot: String,
    },
    /// It may not hold everything, so that what it does not hold says nothing.
    #[error("{snapshot} may not hold the whole list, so nothing is removed by it")]
    Partial {
        /// The snapshot.
        snapshot: String,
    },
    /// It is the list itself.
    #[error("`live` is the list as it is")]
    Live,
    /// The list at that moment is not known.
    #[error("there is no good snapshot from before that moment")]
    NoMoment,
}

impl Explain for Guard {
    fn code(&self) -> Code {
        match self {
            Self::Live => Code::Usage,
            Self::NoMoment => Code::NotFound,
            _ => Code::RefusedForSafety,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::OthersList { .. } => "Nothing was sent. To have it for yourself, take it out as \
                a file: anirewind snapshot export"
                .to_owned(),
            Self::Doubted { .. } => {
                "Nothing was sent. Restore an earlier one, or say that this one \
                is right: anirewind alarm accept"
                    .to_owned()
            }
            Self::Empty { .. } => {
                "Nothing was sent. Choose another: anirewind snapshots".to_owned()
            }
            Self::Partial { .. } => {
                "Nothing was sent. Without --remove-extra it can be restored.".to_owned()
            }
            Self::Live => "Name a snapshot: anirewind snapshots".to_owned(),
            Self::NoMoment => "See what there is: anirewind snapshots".to_owned(),
        })
    }
}

impl Explain for ActError {
    fn code(&self) -> Code {
        match self {
            Self::NotFound { .. }
            | Self::NothingOfOurs
            | Self::NoPlan { .. }
            | Self::NothingToRetry { .. }
            | Self::NoSafety { .. } => Code::NotFound,
            Self::Consent { .. } => Code::RefusedForSafety,
            Self::Browse(error) => error.code(),
            Self::Guard(error) => error.code(),
            Self::Ambiguous { .. }
            | Self::NotAnUndo { .. }
            | Self::NotAPlan { .. }
            | Self::SeveralAccounts => Code::Usage,
            Self::Unfinished { .. } | Self::Closing | Self::CalledOff { .. } => Code::Busy,
            Self::OutOfDate { .. } | Self::Undecided { .. } | Self::AlreadySo => Code::EditedSince,
            Self::Remote { source } => remote_code(source),
            Self::Gate(error) => error.code(),
            Self::Safety { source } => source.code(),
            Self::Stopped { source, .. } => match source {
                Stopped::Remote(error) => remote_code(error),
                Stopped::Journal(_) | Stopped::Asked(_) => Code::Failed,
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
            Self::OutOfDate { plan, .. } => format!(
                "Nothing was sent. In the plan those titles are now left alone; send the rest: \
                 anirewind plan apply {plan}"
            ),
            Self::Closing => "Nothing was sent. The plan is still there: send it again.".to_owned(),
            Self::CalledOff { plan } => format!(
                "Nothing was sent. The plan is still there; to send it after all: \
                 anirewind plan apply {plan}"
            ),
            Self::AlreadySo => "Nothing was sent, and nothing is left to do.".to_owned(),
            Self::NoPlan { .. } => "Plans last a day. See them: anirewind plan list".to_owned(),
            Self::NotAPlan { .. } => "Nothing was sent. See anirewind job list".to_owned(),
            Self::Consent { count, .. } => {
                format!("Nothing was sent. Say so: --allow-removals={count}")
            }
            Self::NothingToRetry { .. } | Self::NoSafety { .. } => {
                "Nothing was sent. See anirewind op log".to_owned()
            }
            Self::Browse(error) => return error.hint(),
            Self::Guard(error) => return error.hint(),
            Self::Undecided { .. } => {
                "Nothing was sent. `--prefer before` puts the old values back all \
                the same, `--prefer now` leaves those titles alone."
                    .to_owned()
            }
            Self::Unfinished { operation } => {
                format!("Nothing was sent. Finish it first: anirewind job resume {operation}")
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
                format!("What is done stays. Go on: anirewind job resume {operation}")
            }
            Self::Account(error) => return error.hint(),
            Self::Store(_) => "`anirewind doctor` looks into it.".to_owned(),
        })
    }
}
