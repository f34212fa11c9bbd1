//! What can be written to AniList. Whether it may be is decided elsewhere.

use time::OffsetDateTime;

use crate::{EntryId, EntryValues, MediaId, MediaType};

/// Values for one title, found by media id; AniList makes the entry if there is none.
///
/// Fields that are not recorded stay as they are, empty ones are cleared, known ones are set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryWrite {
    /// Which title.
    pub media: MediaId,
    /// Which list it is on: the categories of advanced scores depend on it.
    pub media_type: MediaType,
    /// What to write.
    pub values: EntryValues,
}

/// The same values for many entries at once. Custom lists cannot be written this way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedWrite {
    /// The entries, all of one type.
    pub entries: Vec<EntryId>,
    /// Their type.
    pub media_type: MediaType,
    /// What to write; custom lists must not be recorded.
    pub values: EntryValues,
}

/// An entry to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Deletion {
    /// The entry as it is now.
    pub id: EntryId,
    /// Its title, by which it is looked for when the answer was lost.
    pub media: MediaId,
}

/// What AniList says of an entry that it has just saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Saved {
    /// The entry, new where there was none.
    pub id: EntryId,
    /// Its title.
    pub media: MediaId,
    /// When, by AniList's clock.
    pub updated_at: Option<OffsetDateTime>,
}
