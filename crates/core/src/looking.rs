//! Looking at AniList for what others changed.

use std::collections::BTreeSet;

use anirewind_model::{Entry, List, MediaId, MediaType, Remote as _, Viewer};
use anirewind_store::{Known, Look, LookRecord, StoreError};
use anirewind_timeline::{KnownList, Seen, Window, bursts, observe, read_recent, read_shown};

use crate::accounts::{AccountError, Target};
use crate::app::App;
use crate::capture::CaptureError;
use crate::event::Event;
use crate::gate::same_account;
use crate::judge::is_trusted;

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookReport {
    /// The profile.
    pub profile: String,
    /// How many titles changed since the last look.
    pub changes: usize,
    /// Whether this was the first look, with nothing to compare with.
    pub is_first: bool,
}

impl App {
    /// Looks at an account's list and writes down what changed since the last look.
    ///
    /// One request when nothing did, or when what was saved last explains it; one more when something
    /// is gone; the whole list only when that cannot explain it either.
    pub async fn look(&self, target: &Target) -> Result<LookReport, CaptureError> {
        let owner = match self.owner_of(target) {
            Some(owner) => owner,
            None => self.identify_target(target).await?.1.account.id,
        };
        let client = self
            .client(target.token.clone())
            .map_err(|source| AccountError::Client { source })?;
        let profile = target.profile.clone().unwrap_or_else(|| owner.to_string());
        let failed = |source| CaptureError::Read {
            profile: profile.clone(),
            source,
        };
        let recent = client.recent(owner).await.map_err(failed)?;
        same_account(target, owner, &recent.viewer)?;
        let viewer = &recent.viewer;
        let _lock = self.account_lock(owner).await?;
        let Some((look, known)) = self.known_list(owner).await? else {
            let list = client.list(viewer, &|_, _| ()).await.map_err(failed)?;
            self.record_list(&list, None).await?;
            return Ok(LookReport {
                profile,
                changes: 0,
                is_first: true,
            });
        };
        let before = list_of(viewer, known.values().cloned());
        let (put, gone) = match read_recent(&known, &recent, look.off) {
            Seen::All(put) => (put, Vec::new()),
            Seen::More => {
                let shown = client.shown(viewer).await.map_err(failed)?;
                let (put, gone) = read_shown(&known, &shown);
                if !is_explained(&known, &put, &gone, viewer, look.off) {
                    let list = client.list(viewer, &|_, _| ()).await.map_err(failed)?;
                    let changes = self.record_list(&list, Some((look, known))).await?;
                    return Ok(self.told(profile, changes));
                }
                (put, gone)
            }
        };
        let after = patched(&before, &put, &gone);
        let changes = self
            .record(&before, &after, &look, look.off, Known::Part { put, gone })
            .await?;
        Ok(self.told(profile, changes))
    }

    fn told(&self, profile: String, changes: usize) -> LookReport {
        if changes > 0 {
            self.tell(Event::Changed {
                profile: profile.clone(),
                changes,
            });
        }
        LookReport {
            profile,
            changes,
            is_first: false,
        }
    }

    /// Writes down what a list that was just read whole tells against what was known.
    pub(crate) async fn observe_list(&self, list: &List) -> Result<usize, StoreError> {
        let known = self.known_list(list.owner.id).await?;
        self.record_list(list, known).await
    }

    async fn record_list(
        &self,
        list: &List,
        known: Option<(Look, KnownList)>,
    ) -> Result<usize, StoreError> {
        let counted = |of| {
            let found = list.entries.iter().filter(|entry| entry.media_type == of);
            let found = i64::try_from(found.count()).unwrap_or_default();
            list.coverage.expected.map_or(0, |expected| {
                i64::try_from(expected.of(of)).unwrap_or_default() - found
            })
        };
        let off = (counted(MediaType::Anime), counted(MediaType::Manga));
        let whole = Known::Whole(list.entries.clone());
        if let Some((look, known)) = known {
            let before = List {
                entries: known.into_values().collect(),
                ..list.clone()
            };
            return self.record(&before, list, &look, off, whole).await;
        }
        let record = LookRecord {
            look: Look {
                at: self.now(),
                off,
            },
            changes: Vec::new(),
            bursts: Vec::new(),
            known: whole,
        };
        self.inner.store.record_look(list.owner.id, record).await?;
        Ok(0)
    }

    async fn record(
        &self,
        before: &List,
        after: &List,
        last: &Look,
        off: (i64, i64),
        known: Known,
    ) -> Result<usize, StoreError> {
        let now = self.now();
        let window = Window {
            since: last.at.min(now),
            until: now,
        };
        let changes = observe(before, after, window);
        let count = changes.len();
        let record = LookRecord {
            look: Look { at: now, off },
            bursts: bursts(&changes),
            changes,
            known,
        };
        self.inner.store.record_look(after.owner.id, record).await?;
        Ok(count)
    }

    /// The list as it was last seen; before the first look, as the last good snapshot holds it.
    pub(crate) async fn known_list(
        &self,
        owner: anirewind_model::UserId,
    ) -> Result<Option<(Look, KnownList)>, StoreError> {
        let keyed = |entries: Vec<Entry>| {
            let keyed = entries.into_iter();
            keyed.map(|entry| ((entry.media_type, entry.media), entry))
        };
        if let Some((look, entries)) = self.inner.store.known(owner).await? {
            return Ok(Some((look, keyed(entries).collect())));
        }
        let rows = self.inner.store.snapshots(Some(owner)).await?;
        let Some(row) = rows.into_iter().find(is_trusted) else {
            return Ok(None);
        };
        let folder = self.inner.folder.clone();
        let (at, base) = (row.created_at, row);
        let read = tokio::task::spawn_blocking(move || crate::catalogue::read_base(&folder, &base));
        let read = read.await.map_err(|_| StoreError::Closed)?;
        Ok(read.ok().map(|list| {
            let look = Look { at, off: (0, 0) };
            (look, keyed(list.entries).collect())
        }))
    }
}

/// A list as an account's settings frame it.
pub(crate) fn list_of(viewer: &Viewer, entries: impl Iterator<Item = Entry>) -> List {
    let mut entries: Vec<_> = entries.collect();
    List::sort_and_dedup(&mut entries);
    List {
        owner: viewer.account.clone(),
        title_language: viewer.title_language.clone(),
        settings: viewer.settings.clone(),
        entries,
        favourites: None,
        coverage: anirewind_model::Coverage::default(),
    }
}

fn patched(before: &List, put: &[Entry], gone: &[(MediaType, MediaId)]) -> List {
    let replaced: BTreeSet<_> = put
        .iter()
        .map(|entry| (entry.media_type, entry.media))
        .chain(gone.iter().copied())
        .collect();
    let mut entries: Vec<Entry> = before
        .entries
        .iter()
        .filter(|entry| !replaced.contains(&(entry.media_type, entry.media)))
        .chain(put)
        .cloned()
        .collect();
    List::sort_and_dedup(&mut entries);
    List {
        entries,
        ..before.clone()
    }
}

/// Whether the counts agree once this is so.
fn is_explained(
    known: &KnownList,
    put: &[Entry],
    gone: &[(MediaType, MediaId)],
    viewer: &Viewer,
    off: (i64, i64),
) -> bool {
    MediaType::BOTH.into_iter().all(|of| {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let was = known
            .keys()
            .filter(|(media_type, _)| *media_type == of)
            .count();
        let new = put
            .iter()
            .filter(|entry| entry.media_type == of && !known.contains_key(&(of, entry.media)))
            .count();
        let gone = gone
            .iter()
            .filter(|(media_type, _)| *media_type == of)
            .count();
        let off = if of == MediaType::Anime { off.0 } else { off.1 };
        viewer.counts.is_none_or(|counts| {
            count(counts.of(of)) == count(was) + count(new) - count(gone) + off
        })
    })
}
