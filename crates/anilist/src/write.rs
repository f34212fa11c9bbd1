//! Writing entries, and the port.

use std::collections::{BTreeMap, BTreeSet};

use anirewind_model::{
    Deletion, Effect, Entry, EntryId, EntryWrite, List, ListSettings, MediaId, MediaType, Progress,
    Recent, Recorded, Remote, RemoteError, Saved, SharedWrite, UserId, Viewer,
};
use async_trait::async_trait;
use serde_json::json;

use crate::convert;
use crate::documents;
use crate::read::malformed;
use crate::template::{Repeated, Variables, alias};
use crate::transport::{AniList, Repeat};
use crate::wire;

/// The most saves or deletions that AniList's limit on complexity lets into one request.
pub const WRITES_PER_REQUEST: usize = documents::SAVE.repetitions();

#[async_trait]
impl Remote for AniList {
    async fn viewer(&self) -> Result<Viewer, RemoteError> {
        self.read_viewer().await
    }

    async fn list(&self, viewer: &Viewer, progress: Progress<'_>) -> Result<List, RemoteError> {
        self.read_list(viewer, progress).await
    }

    async fn recent(&self, owner: UserId) -> Result<Recent, RemoteError> {
        self.read_recent(owner).await
    }

    async fn shown(&self, viewer: &Viewer) -> Result<Vec<Entry>, RemoteError> {
        self.read_shown(viewer, &|_, _| ()).await
    }

    async fn entries(
        &self,
        viewer: &Viewer,
        titles: &[(MediaType, MediaId)],
    ) -> Result<Vec<Entry>, RemoteError> {
        let media: Vec<_> = titles.iter().map(|(_, media)| *media).collect();
        let types = titles.iter().map(|(of, media)| (*media, *of)).collect();
        self.read_entries(viewer, &media, &types).await
    }

    async fn save(
        &self,
        settings: &ListSettings,
        writes: &[EntryWrite],
    ) -> Result<Vec<Saved>, RemoteError> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        let each: Vec<Variables> = writes
            .iter()
            .map(|write| {
                let mut arguments = convert::arguments(&write.values, write.media_type, settings);
                arguments.insert("mediaId".to_owned(), json!(write.media.get()));
                arguments
            })
            .collect();
        let repeated = Repeated::new(&documents::SAVE, Variables::new(), &each);
        let mut data: BTreeMap<String, wire::Saved> = self
            .send_repeated(&repeated, writes.len(), Repeat::Harmful)
            .await?;
        writes
            .iter()
            .enumerate()
            .map(|(index, write)| {
                data.remove(&alias(index))
                    .map(|saved| converted(saved, write.media))
                    .ok_or_else(|| malformed(format!("save {index} is missing")))
            })
            .collect()
    }

    async fn save_shared(
        &self,
        settings: &ListSettings,
        write: &SharedWrite,
    ) -> Result<Vec<Saved>, RemoteError> {
        debug_assert!(
            matches!(write.values.custom_lists, Recorded::NotRecorded),
            "AniList cannot write custom lists to many entries at once"
        );
        let mut variables = convert::arguments(&write.values, write.media_type, settings);
        variables.remove("customLists");
        let ids: Vec<_> = write.entries.iter().map(|id| id.get()).collect();
        variables.insert("ids".to_owned(), json!(ids));
        // A declared variable without a value might be taken for null: only what is written is named.
        let repeated = Repeated::new(&documents::SAVE_SHARED, Variables::new(), &[variables]);
        let mut data: BTreeMap<String, Vec<Option<wire::Saved>>> =
            self.send_repeated(&repeated, 1, Repeat::Harmful).await?;
        let saved = data.remove(&alias(0));
        let saved = saved.ok_or_else(|| malformed("the entries are missing".to_owned()))?;
        let saved = saved.into_iter().flatten().map(|saved| {
            let media = saved.media_id.map(MediaId::new);
            let media = media.ok_or_else(|| malformed("an entry has no title".to_owned()))?;
            Ok(converted(saved, media))
        });
        saved.collect()
    }

    async fn delete(&self, viewer: &Viewer, entries: &[Deletion]) -> Result<(), RemoteError> {
        for part in entries.chunks(documents::DELETE.repetitions()) {
            self.delete_part(viewer, part).await?;
        }
        Ok(())
    }
}

impl AniList {
    /// Deletes as many as fit into one request. Not again what is still there after an error: it may
    /// have been edited since whoever asked has read it.
    async fn delete_part(&self, viewer: &Viewer, part: &[Deletion]) -> Result<(), RemoteError> {
        let Err(error) = self.delete_once(part).await else {
            return Ok(());
        };
        // The answer does not say which are gone: an entry that was gone already, one deleted before
        // the culprit, a lost answer. What is still there says it.
        if error.is_about_token() || error.effect() == Effect::None {
            return Err(error);
        }
        let media: Vec<_> = part.iter().map(|deletion| deletion.media).collect();
        let entries = self.read_entries(viewer, &media, &BTreeMap::new()).await?;
        let there: BTreeSet<EntryId> = entries.into_iter().filter_map(|entry| entry.id).collect();
        if part.iter().any(|deletion| there.contains(&deletion.id)) {
            return Err(error);
        }
        Ok(())
    }

    async fn delete_once(&self, entries: &[Deletion]) -> Result<(), RemoteError> {
        let each: Vec<Variables> = entries
            .iter()
            .map(|entry| Variables::from_iter([("id".to_owned(), json!(entry.id.get()))]))
            .collect();
        let repeated = Repeated::new(&documents::DELETE, Variables::new(), &each);
        let data: BTreeMap<String, Option<wire::Deleted>> = self
            .send_repeated(&repeated, entries.len(), Repeat::Harmful)
            .await?;
        let all_gone = (0..entries.len()).all(|index| {
            let deleted = data.get(&alias(index)).and_then(Option::as_ref);
            deleted.is_some_and(|deleted| deleted.deleted == Some(true))
        });
        if all_gone {
            Ok(())
        } else {
            Err(malformed("not every deletion was confirmed".to_owned()))
        }
    }
}

fn converted(saved: wire::Saved, media: MediaId) -> Saved {
    Saved {
        id: EntryId::new(saved.id),
        media,
        updated_at: convert::instant(saved.updated_at),
    }
}
