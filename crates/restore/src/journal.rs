//! What the executor needs of the world besides AniList: a journal, and somebody to ask.

use anirewind_model::RemoteError;
use async_trait::async_trait;
use thiserror::Error;

use crate::step::Settled;

/// Where it is written down what is about to be sent and what came of it.
///
/// What is written down must be on the disk when a call returns.
#[async_trait]
pub trait Journal: Send + Sync {
    /// These steps are about to be sent.
    async fn intend(&self, places: &[usize]) -> Result<(), JournalError>;

    /// This is what came of some steps. All of it, or nothing.
    async fn settle(&self, settled: Vec<(usize, Settled)>) -> Result<(), JournalError>;

    /// Asked before each request that writes: whether somebody wants this to stop.
    async fn wish(&self) -> Result<Wish, JournalError> {
        Ok(Wish::GoOn)
    }

    /// How far it has come, for whoever watches.
    fn progress(&self, progress: Progress) {
        let _ = progress;
    }
}

/// What somebody wants of work that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wish {
    /// Nothing; it goes on.
    GoOn,
    /// It is to wait until somebody says otherwise.
    Pause,
    /// It is to end here. What is done stays.
    Stop,
}

/// How far work has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Titles that were sent or need nothing.
    pub done: usize,
    /// Titles there are.
    pub total: usize,
    /// Places of the titles that were sent last and are not read back yet, the newest first.
    pub latest: Vec<usize>,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Titles are added and changed.
    Saving,
    /// Titles are removed.
    Removing,
    /// Everything is read back and compared.
    Proving,
}

impl Phase {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Saving => "add and change",
            Self::Removing => "remove",
            Self::Proving => "read back and compare",
        }
    }
}

/// The journal could not be written. Nothing more is sent.
#[derive(Debug, Error)]
#[error("cannot write down what is done")]
pub struct JournalError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// The work stopped before it was done. What was settled is; the rest can go on later.
#[derive(Debug, Error)]
pub enum Stopped {
    /// AniList, or the way to it.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Somebody wanted it. Everything that was sent was read back.
    #[error("{}", if *.0 == Wish::Stop { "stopped by hand" } else { "paused by hand" })]
    Asked(Wish),
}
