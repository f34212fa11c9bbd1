//! Looking at AniList for what others changed.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use anirewind_model::{
    Entry, EntryField, List, MediaId, MediaType, Recorded, Remote as _, UserId, Viewer, unseen,
};
use anirewind_store::{
    ChangeFilter, Known, Look, LookRecord, OperationRow, SnapshotFilter, Start, StoreError,
};
use anirewind_timeline::{
    Change, KnownList, Seen, When, Window, bursts, is_explained, observe, observed, read_recent,
    read_shown,
};
use time::OffsetDateTime;
use tracing::Instrument as _;

use crate::accounts::{AccountError, Target};
use crate::app::App;
use crate::capture::CaptureError;
use crate::event::Event;
use crate::gate::same_account;
use crate::repair::took_effect;

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookReport {
    /// The profile.
    pub profile: String,
    /// How many titles changed since the last look.
    pub changes: usize,
    /// Whether this was the first look, with nothing to compare with.
    pub is_first: bool,
    /// Whether AniList was asked: not while it is unclear what an act of ours has sent.
    pub has_asked: bool,
}

/// More changes of one title than this are not looked through.
const MANY: usize = 100;

/// What is known of a list after a look.
struct Found {
    known: Known,
    /// By how much AniList's statistics are off, and whether it was read without a token.
    off: ((i64, i64), bool),
    /// Titles that were told to be gone, of which the look before could not know better.
    back: Vec<Entry>,
}

impl App {
    /// Looks at an account's list and writes down what changed since the last look.
    ///
    /// One request when nothing did, or when what was saved last explains it; one more when something
    /// is gone; the whole list only when that cannot explain it either.
    pub async fn look(&self, target: &Target) -> Result<LookReport, CaptureError> {
        let profile = target.profile.as_deref().unwrap_or("the account");
        let span = tracing::info_span!("look", profile);
        self.look_alone(target).instrument(span).await
    }

    async fn look_alone(&self, target: &Target) -> Result<LookReport, CaptureError> {
        let owner = self.owner_to_look_at(target).await?;
        // Before anything is read: what we write meanwhile would look like somebody else's.
        let _lock = self.account_lock(owner).await?;
        self.look_at(target, owner).await
    }

    /// The same, unless something else is under way on the account: that reads the list anyway.
    pub(crate) async fn look_when_free(
        &self,
        target: &Target,
    ) -> Result<Option<LookReport>, CaptureError> {
        let owner = self.owner_to_look_at(target).await?;
        let Some(_lock) = self.try_account_lock(owner).await? else {
            return Ok(None);
        };
        self.look_at(target, owner).await.map(Some)
    }

    async fn owner_to_look_at(&self, target: &Target) -> Result<UserId, AccountError> {
        match self.owner_of(target) {
            Some(owner) => Ok(owner),
            None => Ok(self.identify_target(target).await?.1.account.id),
        }
    }

    /// A look by somebody who has the account to himself.
    async fn look_at(&self, target: &Target, owner: UserId) -> Result<LookReport, CaptureError> {
        let client = self.client_of(&target.access)?;
        let profile = match &target.profile {
            Some(profile) => profile.clone(),
            None => self.profile_called(owner).await,
        };
        let failed = |source| CaptureError::Read {
            profile: profile.clone(),
            source,
        };
        let report = |changes, is_first| LookReport {
            profile: profile.clone(),
            changes,
            is_first,
            has_asked: true,
        };
        if self.inner.store.has_unsure_steps(owner).await? {
            // What it has sent is not written down yet, and is nobody else's change.
            return Ok(LookReport {
                has_asked: false,
                ..report(0, false)
            });
        }
        let recent = client.recent(owner).await.map_err(failed)?;
        same_account(target, owner, &recent.viewer)?;
        let viewer = &recent.viewer;
        let Some((look, known)) = self.known_list(owner).await? else {
            let list = client.list(viewer, &|_, _| ()).await.map_err(failed)?;
            self.record_list(&list, None, self.now()).await?;
            return Ok(report(0, true));
        };
        if look.public != target.is_public() {
            // What saved last cannot tell what only one of the two sees.
            let list = client.list(viewer, &|_, _| ()).await.map_err(failed)?;
            let changes = self
                .record_list(&list, Some((look, known)), self.now())
                .await?;
            return Ok(self.told(owner, report(changes, false)).await);
        }
        let before = list_of(viewer, known.values().cloned());
        // What is not seen is as it was.
        let known = if look.public {
            shown_to_all(known)
        } else {
            known
        };
        let (put, gone) = match read_recent(&known, &recent, look.off) {
            Seen::All(put) => (put, Vec::new()),
            Seen::More => {
                let shown = client.shown(viewer).await.map_err(failed)?;
                let (put, gone) = read_shown(&known, &shown);
                if !is_explained(&known, &put, &gone, viewer.counts, look.off) {
                    let list = client.list(viewer, &|_, _| ()).await.map_err(failed)?;
                    let known = before.entries.into_iter();
                    let known = known.map(|entry| ((entry.media_type, entry.media), entry));
                    let known = Some((look, known.collect()));
                    let changes = self.record_list(&list, known, self.now()).await?;
                    return Ok(self.told(owner, report(changes, false)).await);
                }
                (put, gone)
            }
        };
        let after = patched(&before, &put, &gone);
        let changes = self
            .record(
                (&before, &after),
                &look,
                Found {
                    known: Known::Part { put, gone },
                    off: (look.off, look.public),
                    back: Vec::new(),
                },
                self.now(),
            )
            .await?;
        Ok(self.told(owner, report(changes, false)).await)
    }

    async fn told(&self, owner: UserId, report: LookReport) -> LookReport {
        if report.changes > 0 {
            // Somebody may have mended by hand what an act of ours had left of an alarm.
            if let Err(error) = Box::pin(self.close_repaired_by_last(owner)).await {
                tracing::warn!(%error, "cannot say whether an alarm is put right");
            }
            self.tell(Event::Changed {
                profile: report.profile.clone(),
                changes: report.changes,
            });
        }
        report
    }

    /// An act of ours that was begun and is neither done nor given up.
    pub(crate) async fn unfinished(
        &self,
        owner: UserId,
    ) -> Result<Option<OperationRow>, StoreError> {
        let open = self.inner.store.open_operations().await?;
        Ok(open.into_iter().find(|operation| operation.owner == owner))
    }

    /// Writes down what a list that was just read whole tells against what was known.
    pub(crate) async fn observe_list(
        &self,
        list: &List,
        now: OffsetDateTime,
    ) -> Result<usize, StoreError> {
        if self.inner.store.has_unsure_steps(list.owner.id).await? {
            return Ok(0);
        }
        let known = self.known_list(list.owner.id).await?;
        self.record_list(list, known, now).await
    }

    async fn record_list(
        &self,
        list: &List,
        known: Option<(Look, KnownList)>,
        now: OffsetDateTime,
    ) -> Result<usize, StoreError> {
        let counted = |of| {
            let found = list.entries.iter().filter(|entry| entry.media_type == of);
            let found = i64::try_from(found.count()).unwrap_or_default();
            list.coverage.expected.map_or(0, |expected| {
                i64::try_from(expected.of(of)).unwrap_or_default() - found
            })
        };
        let off = (counted(MediaType::Anime), counted(MediaType::Manga));
        let off = (off, list.coverage.public);
        if let Some((look, known)) = known {
            let mut before = List {
                entries: known.into_values().collect(),
                ..list.clone()
            };
            before.coverage.public = look.public;
            let after = with_unseen(list, &before);
            let found = Found {
                known: Known::Whole(after.entries.clone()),
                back: self.seen_again(&before, &after).await?,
                off,
            };
            return self.record((&before, &after), &look, found, now).await;
        }
        let whole = Known::Whole(list.entries.clone());
        let record = LookRecord {
            look: Look {
                at: now,
                off: off.0,
                public: off.1,
            },
            changes: Vec::new(),
            bursts: Vec::new(),
            known: whole,
        };
        self.inner.store.record_look(list.owner.id, record).await?;
        Ok(0)
    }

    /// What one of two lists could not see says nothing, but for a title of which was said that it went: it
    /// went private, and is here again.
    async fn seen_again(&self, before: &List, after: &List) -> Result<Vec<Entry>, StoreError> {
        let mut shown: Vec<_> = unseen(before, after).cloned().collect();
        if shown.is_empty() {
            return Ok(shown);
        }
        let gone = self.inner.store.gone_titles(after.owner.id).await?;
        let gone: BTreeSet<_> = gone
            .iter()
            .map(|title| (title.media_type, title.media))
            .collect();
        shown.retain(|entry| gone.contains(&(entry.media_type, entry.media)));
        let mut back = Vec::new();
        for entry in shown {
            if self.is_told_gone(after.owner.id, &entry).await? {
                back.push(entry);
            }
        }
        Ok(back)
    }

    /// Whether the last that was told of a title, and took effect, is that it went.
    async fn is_told_gone(&self, owner: UserId, entry: &Entry) -> Result<bool, StoreError> {
        let filter = ChangeFilter {
            media_type: Some(entry.media_type),
            media: Some(entry.media),
            ..ChangeFilter::default()
        };
        let told = self
            .inner
            .store
            .changes(Some(owner), filter, None, MANY)
            .await?;
        let newest = told.iter().find(|row| took_effect(&row.change));
        Ok(newest.is_some_and(|row| row.change.after.is_none()))
    }

    async fn record(
        &self,
        (before, after): (&List, &List),
        last: &Look,
        Found { known, off, back }: Found,
        now: OffsetDateTime,
    ) -> Result<usize, StoreError> {
        let (off, public) = off;
        if self.is_doubted(before, after) {
            tracing::warn!("too much is gone to be believed at once");
            return Ok(0);
        }
        let known = completed(known, before);
        let window = Window {
            since: last.at.min(now),
            until: now,
        };
        let mut changes = observe(before, after, window);
        let back = back.iter();
        changes.extend(back.filter_map(|entry| {
            let change = observed(None, Some(entry), window)?;
            // When it was edited last is not when it came.
            let when = When {
                at: window.until,
                since: Some(window.since),
            };
            Some(Change { when, ..change })
        }));
        let count = changes.len();
        let record = LookRecord {
            look: Look {
                at: now,
                off,
                public,
            },
            bursts: bursts(&changes),
            changes,
            known,
        };
        self.inner.store.record_look(after.owner.id, record).await?;
        Ok(count)
    }

    /// Whether so much is gone that it is not written down before a second look says the same.
    fn is_doubted(&self, before: &List, after: &List) -> bool {
        let alarms = anirewind_backup::alarms(before, after, &self.inner.settings.thresholds);
        let owner = after.owner.id;
        let mut doubted = self
            .inner
            .doubted
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !alarms.iter().any(|alarm| alarm.rule.quarantines()) {
            doubted.remove(&owner);
            return false;
        }
        let hash = anirewind_backup::content_hash(after);
        doubted.insert(owner, hash) != Some(hash)
    }

    /// The list as it was last seen; before the first look, as the last good snapshot holds it.
    pub(crate) async fn known_list(
        &self,
        owner: UserId,
    ) -> Result<Option<(Look, KnownList)>, StoreError> {
        let keyed = |entries: Vec<Entry>| {
            let keyed = entries.into_iter();
            keyed.map(|entry| ((entry.media_type, entry.media), entry))
        };
        if let Some((look, entries)) = self.inner.store.known(owner).await? {
            return Ok(Some((look, keyed(entries).collect())));
        }
        let all = SnapshotFilter::default();
        let Some(row) = self.last_trusted(owner, all, Start::Newest).await? else {
            return Ok(None);
        };
        let folder = self.inner.folder.clone();
        let (at, base) = (row.created_at, row);
        let read = tokio::task::spawn_blocking(move || crate::catalogue::read_base(&folder, &base));
        let read = read.await.map_err(|_| StoreError::Closed)?;
        Ok(read.ok().map(|list| {
            let look = Look {
                at,
                off: (0, 0),
                public: list.coverage.public,
            };
            (look, keyed(list.entries).collect())
        }))
    }
}

/// What is known of a list from now on, where a field that was not read this time is as it was.
fn completed(known: Known, before: &List) -> Known {
    let earlier: std::collections::BTreeMap<_, _> = before
        .entries
        .iter()
        .map(|entry| ((entry.media_type, entry.media), entry))
        .collect();
    let complete = |mut entry: Entry| {
        if let Some(was) = earlier.get(&(entry.media_type, entry.media)) {
            fill_in(&mut entry, was);
        }
        entry
    };
    match known {
        Known::Whole(entries) => Known::Whole(entries.into_iter().map(complete).collect()),
        Known::Part { put, gone } => Known::Part {
            put: put.into_iter().map(complete).collect(),
            gone,
        },
    }
}

/// Takes over what was not read this time.
pub(crate) fn fill_in(entry: &mut Entry, was: &Entry) {
    for field in EntryField::ALL {
        if !entry.values.get(field).is_recorded() {
            entry.values.copy(field, &was.values);
        }
    }
    if entry.summary.is_none() {
        entry.summary.clone_from(&was.summary);
    }
}

/// Those titles that everybody can see, as far as is known.
fn shown_to_all(mut known: KnownList) -> KnownList {
    known.retain(|_, entry| entry.values.private != Recorded::Known(true));
    known
}

/// A list that was just read, with what whoever read it could not see: private titles that are known
/// from before stay as they were, until somebody with a token looks.
fn with_unseen(list: &List, before: &List) -> List {
    let mut list = list.clone();
    if !list.coverage.public {
        return list;
    }
    let there: BTreeSet<_> = list
        .entries
        .iter()
        .map(|entry| (entry.media_type, entry.media))
        .collect();
    let unseen = before.entries.iter().filter(|entry| {
        let is_private = entry.values.private == Recorded::Known(true);
        is_private && !there.contains(&(entry.media_type, entry.media))
    });
    list.entries.extend(unseen.cloned());
    List::sort_and_dedup(&mut list.entries);
    list
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
