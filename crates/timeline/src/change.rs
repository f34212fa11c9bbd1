//! One change of one title.

use anirewind_model::{Entry, EntryField, MediaId, MediaType};
use time::OffsetDateTime;

use crate::id::Id;

/// What became of one title at one moment. Never altered once it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which title.
    pub media: MediaId,
    /// Which of the two lists it is on.
    pub media_type: MediaType,
    /// What the title is called, where that is known.
    pub title: Option<String>,
    /// The whole entry as it was; `None` when it was not on the list.
    pub before: Option<Entry>,
    /// The whole entry as it is since; `None` when it is not on the list.
    pub after: Option<Entry>,
    /// What came of it.
    pub outcome: Outcome,
    /// What made it.
    pub source: Source,
    /// When.
    pub when: When,
    /// The changes with the same cause, if there are others.
    pub group: Option<Id>,
    /// The act of ours that it is part of.
    pub operation: Option<Id>,
    /// The change that this one takes back.
    pub undoes: Option<Id>,
    /// What AniList said, where it failed.
    pub error: Option<String>,
}

/// What came of a change, in the words of the system we follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The entry is on the list as it says.
    Synced,
    /// The entry was removed.
    Deleted,
    /// Another change was taken back.
    Undone,
    /// Nothing was done, on purpose.
    Skipped,
    /// It did not work.
    Failed,
    /// The title was not found.
    NotFound,
    /// It is not known yet.
    Pending,
}

/// What made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Something else, seen by comparing.
    Observed,
    /// A restore.
    Restore,
    /// An undo.
    Undo,
    /// A redo.
    Redo,
    /// Brought in from another program's history.
    Import,
    /// Another program told us.
    Api,
}

/// When a change happened, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct When {
    /// The moment, or the last it can have been.
    pub at: OffsetDateTime,
    /// If the moment is not known: the look before, after which it was.
    pub since: Option<OffsetDateTime>,
}

impl When {
    /// At this moment exactly.
    pub const fn exactly(at: OffsetDateTime) -> Self {
        Self { at, since: None }
    }

    /// Whether the moment is known.
    pub const fn is_exact(self) -> bool {
        self.since.is_none()
    }
}

impl Change {
    /// The fields that differ between before and after, as far as both recorded them. None when
    /// the title came or went.
    pub fn fields(&self) -> Vec<EntryField> {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => before.values.differing(&after.values).collect(),
            _ => Vec::new(),
        }
    }
}

macro_rules! words {
    ($type:ident { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $type {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for it in the catalogue, in commands and in other programs' files.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// Reads the word for it.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word)
            }
        }
    };
}

words!(Outcome {
    Synced => "synced",
    Deleted => "deleted",
    Undone => "undone",
    Skipped => "skipped",
    Failed => "failed",
    NotFound => "not_found",
    Pending => "pending",
});

words!(Source {
    Observed => "observed",
    Restore => "restore",
    Undo => "undo",
    Redo => "redo",
    Import => "import",
    Api => "api",
});
