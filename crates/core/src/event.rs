//! What happens, for whoever shows it.

use std::fmt;
use std::time::Duration;

use anirewind_backup::Alarm;
use anirewind_model::Counts;
use anirewind_restore::Phase;
use anirewind_store::OperationState;
use anirewind_timeline::Id;
use time::OffsetDateTime;

use crate::capture::Captured;
use crate::numbers::count;
use crate::report::Summary;

/// Something that happened while work was done for an account.
#[derive(Debug, Clone)]
pub enum Event {
    /// A list is being read.
    Reading {
        /// The profile.
        profile: String,
        /// Titles read so far.
        read: usize,
        /// Titles there are thought to be.
        expected: Option<usize>,
    },
    /// The list was read and is being written down.
    Writing {
        /// The profile.
        profile: String,
        /// What it holds.
        counts: Counts,
    },
    /// A snapshot is there.
    Saved(Box<Captured>),
    /// Others changed something.
    Changed {
        /// The profile.
        profile: String,
        /// How many titles.
        changes: usize,
    },
    /// Something about a list is unusual.
    Alarm {
        /// The profile.
        profile: String,
        /// What.
        alarm: Alarm,
    },
    /// A snapshot could not be taken.
    Failed {
        /// The profile.
        profile: String,
        /// What went wrong, in one line.
        problem: String,
    },
    /// A plan is being carried out.
    Job {
        /// The profile.
        profile: String,
        /// The act.
        operation: Id,
        /// What is being done.
        phase: Phase,
        /// Titles that are done.
        done: usize,
        /// Titles there are.
        total: usize,
        /// How long the rest will take, as far as that can be told.
        left: Option<Duration>,
        /// Which of its steps were sent last, the newest first: their places in the report.
        latest: Vec<usize>,
    },
    /// An act waits for AniList and goes on by itself.
    Waiting {
        /// The profile.
        profile: String,
        /// The act.
        operation: Id,
        /// Why, in one line.
        problem: String,
        /// For how long.
        wait: Duration,
        /// And so until then.
        until: OffsetDateTime,
    },
    /// An act came to its end, or to rest.
    Ended {
        /// The profile.
        profile: String,
        /// The act.
        operation: Id,
        /// What kind of act: `undo`, `redo`, `restore`.
        kind: String,
        /// How far it has come.
        state: OperationState,
        /// What came of it.
        summary: Summary,
    },
    /// The settings were read again.
    Settings {
        /// Why they were not taken, in one line; those of before hold then.
        problem: Option<String>,
    },
    /// The client waits or tries again.
    Client {
        /// What it says.
        message: String,
        /// Until when it asks AniList nothing, and why, where it waits for the limit.
        pause: Option<Pause>,
    },
}

/// A time in which AniList is asked nothing, by no account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Why, in one line.
    pub why: String,
    /// When it goes on.
    pub until: OffsetDateTime,
}

impl Event {
    /// The profile that it is about, where it is about one.
    pub fn profile(&self) -> Option<&str> {
        match self {
            Self::Reading { profile, .. }
            | Self::Writing { profile, .. }
            | Self::Changed { profile, .. }
            | Self::Alarm { profile, .. }
            | Self::Failed { profile, .. }
            | Self::Job { profile, .. }
            | Self::Waiting { profile, .. }
            | Self::Ended { profile, .. } => Some(profile),
            Self::Saved(captured) => Some(&captured.profile),
            Self::Settings { .. } | Self::Client { .. } => None,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reading {
                profile,
                read,
                expected: Some(of),
            } => {
                write!(f, "{profile}: read {read} of {}", count(*of, "title"))
            }
            Self::Reading {
                profile,
                read,
                expected: None,
            } => {
                write!(f, "{profile}: read {}", count(*read, "title"))
            }
            Self::Writing { profile, counts } => {
                write!(
                    f,
                    "{profile}: writing {} anime and {} manga",
                    counts.anime, counts.manga
                )
            }
            Self::Saved(captured) => write!(f, "{captured}"),
            Self::Changed { profile, changes } => {
                write!(
                    f,
                    "{profile}: {} changed on AniList",
                    count(*changes, "title")
                )
            }
            Self::Alarm { profile, alarm } => write!(f, "{profile}: {alarm}"),
            Self::Failed { profile, problem } => write!(f, "{profile}: {problem}"),
            Self::Job {
                profile,
                phase,
                done,
                total,
                left,
                ..
            } => {
                let all = count(*total, "title");
                write!(f, "{profile}: {}, {done} of {all}", phase.as_str())?;
                match left {
                    Some(left) if left.as_secs() > 90 => {
                        write!(f, ", about {} min left", left.as_secs().div_ceil(60))
                    }
                    Some(left) => write!(f, ", about {} s left", left.as_secs()),
                    None => Ok(()),
                }
            }
            Self::Waiting {
                profile,
                operation,
                problem,
                wait,
                ..
            } => write!(
                f,
                "{profile}: {problem}. {operation} goes on by itself in {} s",
                wait.as_secs()
            ),
            Self::Ended {
                profile,
                operation,
                kind,
                state,
                summary,
            } => write!(
                f,
                "{profile}: {kind} {operation} is {}: {summary}",
                state.as_str()
            ),
            Self::Settings { problem: None } => f.write_str("settings read again"),
            Self::Settings {
                problem: Some(problem),
            } => write!(f, "settings not taken, those of before hold: {problem}"),
            Self::Client { message, .. } => f.write_str(message),
        }
    }
}
