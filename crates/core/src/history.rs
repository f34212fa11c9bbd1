//! Every change there was, one title through all of them, and the list at any moment.

use std::collections::{BTreeMap, BTreeSet};

use anirewind_model::{Entry, List, MediaId, MediaType, UserId};
use anirewind_store::{
    BadEnd, ChangeCounts, ChangeFilter, ChangeKind, ChangeRow, Cursor, GoneTitle, OperationRow,
    SnapshotFilter, SnapshotRow, Start, StepRow, StoreError, TitleRow,
};
use anirewind_timeline::{Id, Outcome, Source, apply};
use time::OffsetDateTime;

use crate::act_error::ActError;
use crate::alarms::A_FEW;
use crate::app::App;
use crate::find::BrowseError;
use crate::judge::is_trusted;

/// A list as it was at a moment.
#[derive(Debug, Clone)]
pub struct ListAt {
    /// The list.
    pub list: List,
    /// The snapshot it was made from.
    pub snapshot: SnapshotRow,
    /// How many changes since were put onto it.
    pub changes: usize,
    /// Up to when it was seen: of what was changed after that and before the moment some may be missing.
    pub seen_until: OffsetDateTime,
    /// Whether it is certain to be exactly so.
    pub is_exact: bool,
}

/// One title through all its changes.
#[derive(Debug, Clone)]
pub struct TitleHistory {
    /// Which title.
    pub media: MediaId,
    /// Which list.
    pub media_type: MediaType,
    /// What it is called.
    pub title: Option<String>,
    /// As it was last seen; nothing when it was not on the list.
    pub now: Option<Entry>,
    /// Its changes, newest first.
    pub changes: Vec<ChangeRow>,
}

impl App {
    /// Changes, newest first, from below a place on.
    pub async fn changes(
        &self,
        owner: Option<UserId>,
        filter: ChangeFilter,
        below: Option<Cursor>,
        most: usize,
    ) -> Result<Vec<ChangeRow>, StoreError> {
        self.inner.store.changes(owner, filter, below, most).await
    }

    /// Keeps changes, groups or operations out of sight, or lets them be seen again; says how many
    /// changes that were. They stay on the timeline.
    pub async fn hide(
        &self,
        profile: Option<&str>,
        references: &[String],
        is_hidden: bool,
    ) -> Result<usize, ActError> {
        let owner = match profile {
            Some(profile) => Some(self.account_row(profile).await?.account.id),
            None => None,
        };
        let rows = self.named_changes(owner, references).await?;
        let ids: Vec<_> = rows.into_iter().map(|row| row.id).collect();
        let count = ids.len();
        self.inner.store.hide_changes(ids, is_hidden).await?;
        Ok(count)
    }

    /// How many changes there are with each outcome.
    pub async fn change_counts(&self, owner: UserId) -> Result<Vec<(Outcome, usize)>, StoreError> {
        self.inner.store.change_counts(owner).await
    }

    /// How many changes there are of each kind.
    pub async fn kind_counts(
        &self,
        owner: UserId,
    ) -> Result<BTreeMap<ChangeKind, usize>, StoreError> {
        self.inner.store.kind_counts(owner).await
    }

    /// How many changes there are of each kind among those that a filter leaves, whatever kind it names.
    pub async fn counts_within(
        &self,
        owner: UserId,
        filter: ChangeFilter,
    ) -> Result<ChangeCounts, StoreError> {
        self.inner.store.counts_within(owner, filter).await
    }

    /// How many changes each of these groups and acts has.
    pub async fn group_sizes(&self, groups: Vec<Id>) -> Result<BTreeMap<Id, usize>, StoreError> {
        self.inner.store.group_sizes(groups).await
    }

    /// What acts are called.
    pub async fn names_of_acts(
        &self,
        acts: BTreeSet<Id>,
    ) -> Result<BTreeMap<Id, String>, StoreError> {
        self.inner.store.names_of_acts(acts).await
    }

    /// The changes that an act put back, of any source.
    pub async fn put_back_by(&self, operation: &Id) -> Result<Vec<ChangeRow>, StoreError> {
        self.inner.store.put_back_by(operation.clone()).await
    }

    /// The change with this id.
    pub async fn change(&self, id: &Id) -> Result<Option<ChangeRow>, StoreError> {
        let found = self.inner.store.changes_with_ids(vec![id.clone()]).await?;
        Ok(found.into_iter().next())
    }

    /// The changes whose own id, or whose group's or act's, begins so, newest first; of one user where one is named.
    pub async fn changes_called(
        &self,
        owner: Option<UserId>,
        beginning: &str,
    ) -> Result<Vec<ChangeRow>, StoreError> {
        if beginning.len() < 4 {
            return Ok(Vec::new());
        }
        self.inner.store.changes_called(owner, beginning).await
    }

    /// The list as it was last seen, and when that was; nothing before the first look.
    pub async fn last_seen(
        &self,
        owner: UserId,
    ) -> Result<Option<(OffsetDateTime, Vec<Entry>)>, StoreError> {
        let known = self.known_list(owner).await?;
        Ok(known.map(|(look, known)| (look.at, known.into_values().collect())))
    }

    /// When the list was last looked at.
    pub async fn last_look(&self, owner: UserId) -> Result<Option<OffsetDateTime>, StoreError> {
        self.inner.store.last_look(owner).await
    }

    /// Some titles as they were last seen; those that were not on the list are missing.
    pub async fn titles_as_seen(
        &self,
        owner: UserId,
        titles: Vec<(MediaType, MediaId)>,
    ) -> Result<Vec<Entry>, StoreError> {
        self.inner.store.known_titles(owner, titles).await
    }

    /// So many of the titles that are or once were on the list, anime first, by id, from behind one on.
    pub async fn titles_page(
        &self,
        owner: UserId,
        behind: Option<(MediaType, MediaId)>,
        most: usize,
    ) -> Result<Vec<TitleRow>, StoreError> {
        self.inner.store.titles_page(owner, behind, most).await
    }

    /// Titles that once were on the list and are not any more.
    pub async fn gone_titles(&self, owner: UserId) -> Result<Vec<GoneTitle>, StoreError> {
        self.inner.store.gone_titles(owner).await
    }

    /// The whole history of one title; nothing when it never was on the list.
    pub async fn history_of(
        &self,
        owner: UserId,
        media_type: MediaType,
        media: MediaId,
    ) -> Result<Option<TitleHistory>, StoreError> {
        let mut now = self
            .titles_as_seen(owner, vec![(media_type, media)])
            .await?;
        if now.is_empty()
            && let Some((_, known)) = self.known_list(owner).await?
        {
            now.extend(
                known
                    .into_values()
                    .find(|entry| (entry.media_type, entry.media) == (media_type, media)),
            );
        }
        let filter = ChangeFilter {
            media: Some(media),
            media_type: Some(media_type),
            ..ChangeFilter::default()
        };
        let changes = self.changes(Some(owner), filter, None, usize::MAX).await?;
        let now = now.pop();
        if now.is_none() && changes.is_empty() {
            return Ok(None);
        }
        let told = changes.iter().find_map(|row| row.change.title.clone());
        Ok(Some(TitleHistory {
            media,
            media_type,
            title: told,
            now,
            changes,
        }))
    }

    /// What we did, newest first.
    pub async fn operations(
        &self,
        owner: Option<UserId>,
        most: usize,
    ) -> Result<Vec<OperationRow>, StoreError> {
        self.inner.store.operations(owner, most).await
    }

    /// The same from below one of them on.
    pub async fn operations_below(
        &self,
        owner: Option<UserId>,
        below: Option<Cursor>,
        most: usize,
    ) -> Result<Vec<OperationRow>, StoreError> {
        self.inner.store.operations_below(owner, below, most).await
    }

    /// Acts that were begun and did not end, newest first.
    pub async fn open_operations(&self) -> Result<Vec<OperationRow>, StoreError> {
        self.inner.store.open_operations().await
    }

    /// Acts that did not end well and of which nobody has read, newest first.
    pub async fn bad_ends(&self) -> Result<Vec<BadEnd>, StoreError> {
        self.inner.store.bad_ends().await
    }

    /// Notes that somebody has read how an act ended.
    pub async fn note_end_read(&self, operation: &Id) -> Result<(), StoreError> {
        self.inner.store.note_end_read(operation.clone()).await
    }

    /// Acts of ours whose id begins so, each with its titles; of one user where one is named.
    pub async fn operations_called(
        &self,
        owner: Option<UserId>,
        beginning: &str,
    ) -> Result<Vec<(OperationRow, Vec<StepRow>)>, StoreError> {
        if beginning.len() < 4 {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for operation in self.inner.store.operations(owner, usize::MAX).await? {
            if operation.id.as_str().starts_with(beginning) {
                let steps = self.inner.store.steps(operation.id.clone()).await?;
                found.push((operation, steps));
            }
        }
        Ok(found)
    }

    /// The whole history of a title, found by id or by a part of its name.
    pub async fn title_history(
        &self,
        owner: UserId,
        title: &str,
    ) -> Result<Option<TitleHistory>, StoreError> {
        let (_, known) = self.known_list(owner).await?.unwrap_or_else(|| {
            let look = anirewind_store::Look {
                at: self.now(),
                off: (0, 0),
                public: false,
            };
            (look, BTreeMap::new())
        });
        let id = title
            .rsplit(['/'])
            .find_map(|part| part.parse::<u32>().ok());
        let is_called = |entry: &Entry| {
            let titles = entry.summary.as_ref().map(|media| &media.titles);
            let names = titles
                .into_iter()
                .flat_map(|t| [&t.romaji, &t.english, &t.native]);
            let mut names = names.flatten();
            names.any(|name| name.to_lowercase().contains(&title.to_lowercase()))
        };
        let entry = known.values().find(|entry| match id {
            Some(id) => entry.media.get() == id,
            None => is_called(entry),
        });
        let filter = match (entry, id) {
            (Some(entry), _) => ChangeFilter {
                media: Some(entry.media),
                media_type: Some(entry.media_type),
                ..ChangeFilter::default()
            },
            (None, Some(id)) => ChangeFilter {
                media: Some(MediaId::new(id)),
                ..ChangeFilter::default()
            },
            (None, None) => ChangeFilter {
                title: Some(title.to_owned()),
                ..ChangeFilter::default()
            },
        };
        let changes = self.changes(Some(owner), filter, None, usize::MAX).await?;
        let key = entry
            .map(|entry| (entry.media_type, entry.media))
            .or_else(|| {
                changes
                    .first()
                    .map(|row| (row.change.media_type, row.change.media))
            });
        let Some((media_type, media)) = key else {
            return Ok(None);
        };
        let name = entry
            .and_then(|entry| entry.summary.as_ref())
            .and_then(|media| {
                media
                    .titles
                    .preferred(&anirewind_model::TitleLanguage::Romaji)
            });
        let changes: Vec<_> = changes
            .into_iter()
            .filter(|row| (row.change.media_type, row.change.media) == (media_type, media))
            .collect();
        let told = changes.iter().find_map(|row| row.change.title.clone());
        Ok(Some(TitleHistory {
            media,
            media_type,
            title: name.map(str::to_owned).or(told),
            now: entry.cloned(),
            changes,
        }))
    }

    /// Whether an account was read without a token from some time after a snapshot on: then nobody saw
    /// what became of its private titles.
    async fn is_public_after(&self, row: &SnapshotRow) -> Result<bool, BrowseError> {
        let owner = row.owner.id;
        let next = self.inner.store.is_next_public(owner, row.position).await?;
        if let Some(is_public) = next {
            return Ok(is_public);
        }
        let accounts = self.accounts().await?;
        let mut accounts = accounts.iter();
        Ok(accounts.any(|account| account.account.id == owner && account.public))
    }

    /// The first good snapshot from a moment on, in which the list can be looked at.
    pub async fn first_good_since(
        &self,
        owner: UserId,
        moment: OffsetDateTime,
    ) -> Result<Option<SnapshotRow>, BrowseError> {
        let since = SnapshotFilter {
            since: Some(moment),
            ..SnapshotFilter::default()
        };
        let mut start = Start::Above(i64::MIN);
        loop {
            let rows = self
                .inner
                .store
                .snapshots_where(Some(owner), since.clone(), start, A_FEW);
            let rows = rows.await?;
            let Some(newest) = rows.first() else {
                return Ok(None);
            };
            start = Start::Above(newest.position);
            for row in rows.into_iter().rev().filter(is_trusted) {
                match self.read_catalogued(&row).await {
                    Ok(_) => return Ok(Some(row)),
                    Err(problem) => {
                        tracing::error!(file = row.file, problem, "a snapshot is damaged");
                    }
                }
            }
        }
    }

    /// The list as it was at a moment: the last good snapshot before it that can be read, and the changes
    /// since. Nothing where there is no good one from before it.
    pub async fn list_at(
        &self,
        owner: UserId,
        moment: OffsetDateTime,
    ) -> Result<Option<ListAt>, BrowseError> {
        let before = SnapshotFilter {
            until: Some(moment),
            ..SnapshotFilter::default()
        };
        let (mut start, mut unusable) = (Start::Newest, None);
        let (snapshot, read) = loop {
            let Some(snapshot) = self.last_trusted(owner, before.clone(), start).await? else {
                // That there is none is never said of those that are there and cannot be read.
                return unusable.map_or(Ok(None), Err);
            };
            match self.read_catalogued(&snapshot).await {
                Ok(read) => break (snapshot, read),
                Err(problem) => {
                    tracing::error!(file = snapshot.file, problem, "a snapshot is damaged");
                    start = Start::Below(snapshot.position);
                    let file = snapshot.file;
                    unusable.get_or_insert(BrowseError::Unusable { file, problem });
                }
            }
        };
        let mut list = read.list.clone();
        let filter = ChangeFilter {
            since: Some(snapshot.created_at),
            until: Some(moment),
            bare: true,
            ..ChangeFilter::default()
        };
        let mut changes = self.changes(Some(owner), filter, None, usize::MAX).await?;
        changes.retain(|row| {
            let took_effect = matches!(
                row.change.outcome,
                Outcome::Synced | Outcome::Deleted | Outcome::Undone
            );
            // What others tell of, we saw ourselves too, and whole.
            let is_seen = !matches!(row.change.source, Source::Import | Source::Api);
            took_effect && is_seen && row.change.when.at > snapshot.created_at
        });
        for row in changes.iter().rev() {
            apply(&mut list, &row.change);
        }
        let look = self.inner.store.last_look(owner).await?;
        let store = &self.inner.store;
        let is_seen =
            look.is_some_and(|look| look >= moment) || store.is_saved_since(owner, moment).await?;
        let unseen = store.public_time(owner).await?;
        let unseen =
            unseen.filter(|(first, last)| *first <= moment && *last >= snapshot.created_at);
        list.coverage.public |= unseen.is_some() || self.is_public_after(&snapshot).await?;
        let unsure_since = store.unsure_since(owner, moment).await?;
        // What was private meanwhile nobody saw.
        let is_exact = is_seen
            && !list.coverage.public
            && unsure_since.is_none()
            && changes.iter().all(|row| row.change.when.is_exact());
        let newest = changes
            .first()
            .map_or(snapshot.created_at, |row| row.change.when.at);
        Ok(Some(ListAt {
            list,
            changes: changes.len(),
            seen_until: match unsure_since {
                // Since that look something happened of which it is only known that it was before another.
                Some(since) => since.max(snapshot.created_at),
                None if is_seen => moment,
                None => look.map_or(newest, |look| look.max(newest)),
            },
            is_exact,
            snapshot,
        }))
    }
}
