//! The person behind a list.

use crate::{ActivitySettings, ListSettings, MediaType, TitleLanguage, UserId};

/// Who a list belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Account {
    /// The user. This identifies the account.
    pub id: UserId,
    /// The name, which its owner can change.
    pub name: String,
}

/// What AniList says of the user that a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Who it is.
    pub account: Account,
    /// Address of the avatar.
    pub avatar: Option<String>,
    /// The language titles are shown in.
    pub title_language: Option<TitleLanguage>,
    /// Whether titles for adults are shown.
    pub display_adult: Option<bool>,
    /// Offset of the account's clock, as AniList keeps it (`-06:00`).
    pub timezone: Option<String>,
    /// Settings of the lists.
    pub settings: ListSettings,
    /// What list edits do to the activity feed.
    pub activity: ActivitySettings,
    /// How many titles AniList's statistics count; `None` when they were not answered.
    ///
    /// Statistics lag behind the list by seconds and sometimes more: a hint, not a proof.
    pub counts: Option<Counts>,
}

/// How many titles there are of each type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Counts {
    /// Titles on the anime list.
    pub anime: usize,
    /// Titles on the manga list.
    pub manga: usize,
}

impl Counts {
    /// Titles on both lists.
    pub const fn total(self) -> usize {
        self.anime + self.manga
    }

    /// Titles on one list.
    pub const fn of(self, media_type: MediaType) -> usize {
        match media_type {
            MediaType::Anime => self.anime,
            MediaType::Manga => self.manga,
        }
    }
}

impl FromIterator<MediaType> for Counts {
    fn from_iter<I: IntoIterator<Item = MediaType>>(types: I) -> Self {
        types
            .into_iter()
            .fold(Self::default(), |mut counts, media_type| {
                match media_type {
                    MediaType::Anime => counts.anime += 1,
                    MediaType::Manga => counts.manga += 1,
                }
                counts
            })
    }
}
