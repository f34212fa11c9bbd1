//! AniList as the rest of the product sees it.

use async_trait::async_trait;

use crate::{
    Deletion, Entry, EntryWrite, List, ListSettings, MediaId, MediaType, RemoteError, Saved,
    SharedWrite, UserId, Viewer,
};

/// An account on AniList, reached with one token.
///
/// Whoever holds this can write. Deciding whether something may be written is not its business.
#[async_trait]
pub trait Remote: Send + Sync {
    /// Asks who the token belongs to.
    async fn viewer(&self) -> Result<Viewer, RemoteError>;

    /// Reads both lists completely: private and hidden entries, settings and favourites too.
    async fn list(&self, viewer: &Viewer, progress: Progress<'_>) -> Result<List, RemoteError>;

    /// Reads the entries that were saved last, and the account. One request.
    async fn recent(&self, owner: UserId) -> Result<Recent, RemoteError>;

    /// Reads all entries but those that are hidden and on no custom list, which only
    /// [`Remote::list`] finds.
    async fn shown(&self, viewer: &Viewer) -> Result<Vec<Entry>, RemoteError>;

    /// Reads the entries of some titles; a title that is not on the list is not in the answer.
    ///
    /// Which list a title is on is said by whoever asks: AniList does not say it any more of one that
    /// it has removed.
    async fn entries(
        &self,
        viewer: &Viewer,
        titles: &[(MediaType, MediaId)],
    ) -> Result<Vec<Entry>, RemoteError>;

    /// Writes values for some titles, in one request, and says what became of each, in order.
    ///
    /// An error may mean that some of them were written; which ones, only reading tells.
    async fn save(
        &self,
        settings: &ListSettings,
        writes: &[EntryWrite],
    ) -> Result<Vec<Saved>, RemoteError>;

    /// Writes the same values to many entries and says which ones AniList changed.
    async fn save_shared(
        &self,
        settings: &ListSettings,
        write: &SharedWrite,
    ) -> Result<Vec<Saved>, RemoteError>;

    /// Removes entries. An entry that is already gone counts as removed.
    ///
    /// An error may mean that some of them were removed. The others are not asked for again: they may
    /// have been edited since whoever asked has read them.
    async fn delete(&self, viewer: &Viewer, entries: &[Deletion]) -> Result<(), RemoteError>;
}

/// The entries of an account that were saved last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    /// The account, with what its statistics count.
    pub viewer: Viewer,
    /// Anime, the one saved last first.
    pub anime: Vec<Entry>,
    /// Manga, likewise.
    pub manga: Vec<Entry>,
    /// So many of each are given at most; fewer are all there are.
    pub page: usize,
}

impl Recent {
    /// The entries of one list.
    pub fn of(&self, media_type: MediaType) -> &[Entry] {
        match media_type {
            MediaType::Anime => &self.anime,
            MediaType::Manga => &self.manga,
        }
    }
}

/// Told how many titles of how many have been read so far; the second may be unknown.
pub type Progress<'a> = &'a (dyn Fn(usize, Option<usize>) + Send + Sync);
