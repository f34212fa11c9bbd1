//! What happens, for whoever shows it.

use std::fmt;

use anirewind_backup::Alarm;
use anirewind_model::Counts;

use crate::capture::Captured;

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
    /// The client waits or tries again.
    Client {
        /// What it says.
        message: String,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reading {
                profile,
                read,
                expected: Some(of),
            } => {
                write!(f, "{profile}: read {read} of {of} titles")
            }
            Self::Reading {
                profile,
                read,
                expected: None,
            } => {
                write!(f, "{profile}: read {read} titles")
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
                write!(f, "{profile}: {changes} titles changed on AniList")
            }
            Self::Alarm { profile, alarm } => write!(f, "{profile}: {alarm}"),
            Self::Failed { profile, problem } => write!(f, "{profile}: {problem}"),
            Self::Client { message } => f.write_str(message),
        }
    }
}
