//! Favourites: read in order, and set without ever toggling blindly.

use anirewind_model::{Favourite, Favourites, RemoteError, UserId};
use serde_json::json;

use crate::documents;
use crate::template::Variables;
use crate::transport::{AniList, Repeat};
use crate::wire;

/// A page of favourites holds 25 of each kind. This many are asked for at first.
const FIRST_PAGES: usize = 4;
/// More pages than this nobody has.
const MOST_PAGES: usize = 200;

/// What can be a favourite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FavouriteKind {
    /// An anime.
    Anime,
    /// A manga.
    Manga,
    /// A character.
    Character,
    /// A voice actor or another member of staff.
    Staff,
    /// A studio.
    Studio,
}

impl FavouriteKind {
    const fn argument(self) -> &'static str {
        match self {
            Self::Anime => "animeId",
            Self::Manga => "mangaId",
            Self::Character => "characterId",
            Self::Staff => "staffId",
            Self::Studio => "studioId",
        }
    }

    fn of(self, favourites: &Favourites) -> &[Favourite] {
        match self {
            Self::Anime => &favourites.anime,
            Self::Manga => &favourites.manga,
            Self::Character => &favourites.characters,
            Self::Staff => &favourites.staff,
            Self::Studio => &favourites.studios,
        }
    }
}

impl AniList {
    /// Reads all favourites: 100 of each kind with the first request, more with each further one.
    pub async fn read_favourites(&self, user: UserId) -> Result<Favourites, RemoteError> {
        let shared = Variables::from_iter([("userId".to_owned(), json!(user.get()))]);
        let most = documents::FAVOURITES.repetitions();
        let mut all = Favourites::default();
        let (mut first, mut count) = (1, FIRST_PAGES);
        while first <= MOST_PAGES {
            let pages: Vec<Variables> = (first..first + count)
                .map(|page| Variables::from_iter([("page".to_owned(), json!(page))]))
                .collect();
            let mut is_more = false;
            let answers: Vec<wire::FavouritesOfUser> = self
                .repeated(&documents::FAVOURITES, &shared, &pages)
                .await?;
            for favourites in answers.into_iter().map(|user| user.favourites) {
                // Only what the last page says of a kind counts.
                is_more = false;
                for (connection, known) in [
                    (favourites.anime, &mut all.anime),
                    (favourites.manga, &mut all.manga),
                    (favourites.characters, &mut all.characters),
                    (favourites.staff, &mut all.staff),
                    (favourites.studios, &mut all.studios),
                ] {
                    is_more |= append(connection, known);
                }
            }
            if !is_more {
                break;
            }
            first += count;
            count = most;
        }
        Ok(all)
    }

    /// Makes something a favourite, or no longer one. Says whether that changed anything.
    ///
    /// AniList only knows how to toggle, which undoes itself when it is sent twice: so this reads
    /// first, sends once, and when the answer is lost reads again instead of sending again.
    pub async fn set_favourite(
        &self,
        user: UserId,
        kind: FavouriteKind,
        id: u32,
        wanted: bool,
    ) -> Result<bool, RemoteError> {
        if self.is_favourite(user, kind, id).await? == wanted {
            return Ok(false);
        }
        let variables = Variables::from_iter([(kind.argument().to_owned(), json!(id))]);
        let sent: Result<serde_json::Value, _> = self
            .send(&documents::TOGGLE_FAVOURITE, variables, Repeat::Harmful)
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(error) => match self.is_favourite(user, kind, id).await {
                Ok(is) if is == wanted => Ok(true),
                _ => Err(error),
            },
        }
    }

    async fn is_favourite(
        &self,
        user: UserId,
        kind: FavouriteKind,
        id: u32,
    ) -> Result<bool, RemoteError> {
        let favourites = self.read_favourites(user).await?;
        Ok(kind
            .of(&favourites)
            .iter()
            .any(|favourite| favourite.id == id))
    }
}

/// Adds a page to what is known; says whether another one brings more.
fn append(connection: wire::Connection, known: &mut Vec<Favourite>) -> bool {
    let before = known.len();
    for node in connection.nodes.into_iter().flatten() {
        let name = match (node.name, node.title) {
            (Some(wire::Name::Plain(name)), _) => Some(name),
            (Some(wire::Name::Parts { full }), _) => full,
            (None, Some(title)) => title.romaji,
            (None, None) => None,
        };
        if known.iter().all(|favourite| favourite.id != node.id) {
            known.push(Favourite { id: node.id, name });
        }
    }
    let promises = connection
        .page_info
        .and_then(|info| info.has_next_page)
        .unwrap_or_default();
    promises && known.len() > before
}
