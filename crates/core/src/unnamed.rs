//! What titles are called that a list holds without a name, as other tools write them.

use std::collections::BTreeMap;

use anirewind_model::{List, MediaSummary, Titles};
use anirewind_store::StoreError;

use crate::app::App;

impl App {
    /// Gives the titles of a list that have no name the one under which they were last seen here. For whoever looks at it,
    /// and not for what is written to a file: that holds what the list held.
    pub async fn name_titles(&self, list: &mut List) -> Result<(), StoreError> {
        if list.entries.iter().all(|entry| entry.summary.is_some()) {
            return Ok(());
        }
        let owner = list.owner.id;
        let mut known = BTreeMap::new();
        for gone in self.gone_titles(owner).await? {
            let name = gone.title.map(|name| MediaSummary {
                id: gone.media,
                mal_id: None,
                titles: Titles {
                    romaji: Some(name),
                    ..Titles::default()
                },
                format: None,
                episodes: None,
                chapters: None,
                volumes: None,
                cover: None,
                colour: None,
                country: None,
                is_adult: false,
            });
            known.insert((gone.media_type, gone.media), name);
        }
        for entry in self
            .last_seen(owner)
            .await?
            .into_iter()
            .flat_map(|(_, entries)| entries)
        {
            known.insert((entry.media_type, entry.media), entry.summary);
        }
        for entry in &mut list.entries {
            if entry.summary.is_none() {
                entry.summary = known.remove(&(entry.media_type, entry.media)).flatten();
            }
        }
        Ok(())
    }
}
