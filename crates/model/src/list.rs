//! All entries of an account at one moment.

use crate::{Account, Counts, Entry, EntryField, ListSettings, MediaId, MediaType, TitleLanguage};

/// A list as somebody read it or wrote it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Whose list it is.
    pub owner: Account,
    /// The language the owner wants titles in, where that was read.
    pub title_language: Option<TitleLanguage>,
    /// Settings of the list.
    pub settings: ListSettings,
    /// Every title once, by type and then media id.
    pub entries: Vec<Entry>,
    /// Favourites; `None` when whoever wrote this down did not look or could not.
    pub favourites: Option<Favourites>,
    /// How complete this is.
    pub coverage: Coverage,
}

/// How complete a list is, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// What AniList's statistics counted when the list was read.
    pub expected: Option<Counts>,
    /// Whether the ids of all titles were looked through for some that no group shows.
    pub swept: bool,
    /// Titles whose custom lists or advanced scores AniList would not say, even when asked again.
    pub unresolved: Vec<MediaId>,
    /// Lists that whoever wrote this down did not look at: other tools know no manga.
    pub not_read: Vec<MediaType>,
    /// Whether it was read without a token, as everybody sees it: private titles are not on it.
    pub public: bool,
}

impl Coverage {
    /// Whether the titles of this type were looked at.
    pub fn has_read(&self, of: MediaType) -> bool {
        !self.not_read.contains(&of)
    }
}

/// Everything an account marked as favourite, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Favourites {
    /// Anime.
    pub anime: Vec<Favourite>,
    /// Manga.
    pub manga: Vec<Favourite>,
    /// Characters.
    pub characters: Vec<Favourite>,
    /// Voice actors and other staff.
    pub staff: Vec<Favourite>,
    /// Studios.
    pub studios: Vec<Favourite>,
}

/// One favourite.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Favourite {
    /// AniList's id, among its kind.
    pub id: u32,
    /// A name to show.
    pub name: Option<String>,
}

impl List {
    /// How many titles there are of each type.
    pub fn counts(&self) -> Counts {
        self.entries.iter().map(|entry| entry.media_type).collect()
    }

    /// Puts every title in its place and drops the second of two with the same media id.
    pub fn sort_and_dedup(entries: &mut Vec<Entry>) {
        entries.sort_by_key(|entry| (entry.media_type, entry.media));
        entries.dedup_by_key(|entry| (entry.media_type, entry.media));
    }

    /// Fields that at least one entry does not record, in the order of [`EntryField::ALL`].
    pub fn fields_not_recorded(&self) -> Vec<EntryField> {
        let mut fields: Vec<_> = self
            .entries
            .iter()
            .flat_map(|entry| entry.values.not_recorded())
            .collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }
}
