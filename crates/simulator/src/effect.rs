//! What was changed, in the order it was changed: the record that tests judge by.

use time::OffsetDateTime;

use crate::{SimEntry, Status};

/// One change that took effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The request that caused it, counted from 1.
    pub request: u64,
    /// When.
    pub at: OffsetDateTime,
    /// Whose account.
    pub user: u32,
    /// What.
    pub act: Act,
}

/// A kind of change.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// An entry was made or saved.
    Saved {
        /// Which title.
        media: u32,
        /// The entry as it was, if there was one.
        before: Option<Box<SimEntry>>,
        /// The entry as it then was.
        after: Box<SimEntry>,
    },
    /// An entry was removed.
    Deleted {
        /// Which title.
        media: u32,
        /// The entry as it was.
        before: Box<SimEntry>,
    },
    /// Settings of the account were changed.
    UserUpdated,
    /// A custom list was deleted.
    CustomListDeleted {
        /// Its name.
        name: String,
    },
    /// A favourite was set or taken back, or the order changed.
    FavouritesChanged,
}

/// One line of an activity feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// Its id.
    pub id: u32,
    /// Whose.
    pub user: u32,
    /// About which title.
    pub media: u32,
    /// What was done: `watched episode`, `completed`.
    pub status: String,
    /// How far: `3` or `3 - 5`.
    pub progress: Option<String>,
    /// The status of the entry then.
    pub entry_status: Status,
    /// When, in seconds since 1970.
    pub created_at: i64,
}
