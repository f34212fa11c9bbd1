//! Where a title stands on a list.

use std::fmt;

use crate::MediaType;

/// AniList's `MediaListStatus`, and whatever it may add.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryStatus {
    /// Watching or reading.
    Current,
    /// On the to-do list.
    Planning,
    /// Seen or read to the end.
    Completed,
    /// Given up.
    Dropped,
    /// On hold.
    Paused,
    /// Rewatching or rereading.
    Repeating,
    /// A status that AniList knows and this version does not.
    Unknown(String),
}

impl EntryStatus {
    /// The six that AniList has, in the order its pages show them.
    pub const KNOWN: [Self; 6] = [
        Self::Current,
        Self::Repeating,
        Self::Completed,
        Self::Paused,
        Self::Dropped,
        Self::Planning,
    ];

    /// Reads AniList's name of a status.
    pub fn parse(name: &str) -> Self {
        match name {
            "CURRENT" => Self::Current,
            "PLANNING" => Self::Planning,
            "COMPLETED" => Self::Completed,
            "DROPPED" => Self::Dropped,
            "PAUSED" => Self::Paused,
            "REPEATING" => Self::Repeating,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// AniList's name of this status.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Current => "CURRENT",
            Self::Planning => "PLANNING",
            Self::Completed => "COMPLETED",
            Self::Dropped => "DROPPED",
            Self::Paused => "PAUSED",
            Self::Repeating => "REPEATING",
            Self::Unknown(name) => name,
        }
    }

    /// The word people know it by, which depends on what is watched or read.
    pub fn word(&self, media_type: MediaType) -> &str {
        match (self, media_type) {
            (Self::Current, MediaType::Anime) => "Watching",
            (Self::Current, MediaType::Manga) => "Reading",
            (Self::Repeating, MediaType::Anime) => "Rewatching",
            (Self::Repeating, MediaType::Manga) => "Rereading",
            (Self::Planning, _) => "Planning",
            (Self::Completed, _) => "Completed",
            (Self::Dropped, _) => "Dropped",
            (Self::Paused, _) => "Paused",
            (Self::Unknown(name), _) => name,
        }
    }
}

impl fmt::Display for EntryStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_anilist_invents_survives() {
        let invented = EntryStatus::parse("SIMMERING");
        assert_eq!(invented, EntryStatus::Unknown("SIMMERING".to_owned()));
        assert_eq!(invented.as_str(), "SIMMERING");
    }

    #[test]
    fn the_six_names_read_back() {
        for status in EntryStatus::KNOWN {
            assert_eq!(EntryStatus::parse(status.as_str()), status);
        }
    }
}
