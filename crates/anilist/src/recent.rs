//! A cheap look at a list: what was saved last, and how long it is.

use anirewind_model::{Entry, MediaType, Progress, Recent, RemoteError, UserId, Viewer};
use serde::Deserialize;
use serde_json::json;

use crate::convert::{self, Nonsense};
use crate::documents;
use crate::read::malformed;
use crate::template::Variables;
use crate::transport::{AniList, Repeat};
use crate::wire;

#[derive(Deserialize)]
struct RecentData {
    #[serde(rename = "Viewer")]
    viewer: wire::Viewer,
    anime: wire::EntryPage<wire::Entry>,
    manga: wire::EntryPage<wire::Entry>,
}

impl AniList {
    /// Reads the fifty entries of each list that were saved last, and the account itself. One request.
    pub(crate) async fn read_recent(&self, owner: UserId) -> Result<Recent, RemoteError> {
        let user = Variables::from_iter([("userId".to_owned(), json!(owner.get()))]);
        let document = match self.person() {
            None => &documents::RECENT,
            Some(_) => &documents::RECENT_PUBLIC,
        };
        let data: RecentData = self.send(document, user, Repeat::Harmless).await?;
        let viewer = convert::viewer(data.viewer).map_err(malformed)?;
        let entries = |page: wire::EntryPage<wire::Entry>, media_type: MediaType| {
            page.media_list
                .into_iter()
                .flatten()
                .map(|entry| convert::entry(entry, media_type, &viewer.settings))
                .collect::<Result<Vec<Entry>, Nonsense>>()
                .map_err(malformed)
        };
        Ok(Recent {
            anime: entries(data.anime, MediaType::Anime)?,
            manga: entries(data.manga, MediaType::Manga)?,
            page: crate::read::PAGE,
            viewer,
        })
    }

    /// Reads what the groups of both lists show. One request for a usual account.
    pub(crate) async fn read_shown(
        &self,
        viewer: &Viewer,
        progress: Progress<'_>,
    ) -> Result<Vec<Entry>, RemoteError> {
        self.read_collections(viewer, progress).await
    }
}
