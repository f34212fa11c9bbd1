//! Pages of changes: which statement finds them quickest.

use std::collections::BTreeMap;

use anirewind_model::{MediaId, MediaType, UserId};
use anirewind_timeline::Id;
use rusqlite::{Connection, Statement, named_params};
use time::OffsetDateTime;

use crate::change_row::{ChangeRow, Raw, SELECT};
use crate::cursor::Cursor;
use crate::row::{Place, to_millis};
use crate::sorts::{Sort, pages_of_sorts, rare};
use crate::store::{Failed, Store, StoreError};
use crate::timeline::{ChangeFilter, bit};
use crate::titles::{Called, like, titles_called};

/// Changes as people sort them when they look for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// All of them.
    All,
    /// A title came onto the list.
    Added,
    /// Fields of a title changed.
    Changed,
    /// A title went from the list.
    Removed,
    /// A change was taken back.
    Undone,
    /// A restore put something back.
    Restored,
    /// Something was tried and did not work.
    Failed,
    /// Something was not done: the title had been edited, or its turn has not come.
    Left,
}

impl ChangeKind {
    /// Every one, in the order people read them. But for `All` no change is of two kinds.
    pub const EACH: [Self; 8] = [
        Self::All,
        Self::Added,
        Self::Changed,
        Self::Removed,
        Self::Undone,
        Self::Restored,
        Self::Failed,
        Self::Left,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Undone => "undone",
            Self::Restored => "restored",
            Self::Failed => "failed",
            Self::Left => "left",
        }
    }

    /// Reads the word for it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|kind| kind.as_str() == word)
    }

    const fn condition(self) -> &'static str {
        match self {
            Self::All => "1",
            Self::Added => "c.outcome = 'synced' AND c.fields = 0 AND c.source <> 'restore'",
            Self::Changed => "c.outcome = 'synced' AND c.fields <> 0 AND c.source <> 'restore'",
            Self::Removed => "c.outcome = 'deleted' AND c.source <> 'restore'",
            Self::Undone => "c.outcome = 'undone'",
            Self::Restored => "c.source = 'restore' AND c.outcome IN ('synced', 'deleted')",
            Self::Failed => "c.outcome IN ('failed', 'not_found')",
            Self::Left => "c.outcome IN ('skipped', 'pending')",
        }
    }
}

impl ChangeKind {
    /// Whether changes of a sort are of this kind: what the condition says, of what was counted.
    pub(crate) fn holds(self, sort: &Sort) -> bool {
        let (is_restored, is_whole) = (sort.source == "restore", sort.fields == 0);
        match (self, sort.outcome.as_str()) {
            (Self::All, _)
            | (Self::Undone, "undone")
            | (Self::Failed, "failed" | "not_found")
            | (Self::Left, "skipped" | "pending") => true,
            (Self::Added, "synced") => is_whole && !is_restored,
            (Self::Changed, "synced") => !is_whole && !is_restored,
            (Self::Removed, "deleted") => !is_restored,
            (Self::Restored, "synced" | "deleted") => is_restored,
            _ => false,
        }
    }
}

/// A page of the changes of some titles: a page of each, merged.
pub(crate) fn pages_of(
    connection: &Connection,
    owner: UserId,
    filter: &ChangeFilter,
    titles: &[(MediaType, MediaId)],
    below: Option<Cursor>,
    most: usize,
) -> Result<Vec<ChangeRow>, Failed> {
    let is_wanted = |(of, media): &&(MediaType, MediaId)| {
        filter.media_type.is_none_or(|wanted| wanted == *of)
            && filter.media.is_none_or(|wanted| wanted == *media)
    };
    let mut rows = Vec::new();
    for (media_type, media) in titles.iter().filter(is_wanted) {
        let filter = ChangeFilter {
            media_type: Some(*media_type),
            media: Some(*media),
            title: None,
            ..filter.clone()
        };
        rows.extend(page(connection, Some(owner), &filter, below, most)?);
    }
    Ok(merged(rows, filter, most))
}

/// A page of the changes of everybody: a page of each, merged, as the indexes are by account.
pub(crate) fn pages_of_all(
    connection: &Connection,
    filter: &ChangeFilter,
    below: Option<Cursor>,
    most: usize,
) -> Result<Vec<ChangeRow>, Failed> {
    // From each account to the next, without a look at what lies between.
    let mut statement = connection.prepare_cached(
        "WITH RECURSIVE owner (id) AS (
            SELECT min(user_id) FROM change
            UNION ALL
            SELECT (SELECT min(user_id) FROM change WHERE user_id > owner.id) FROM owner
            WHERE owner.id IS NOT NULL
        ) SELECT id FROM owner WHERE id IS NOT NULL",
    )?;
    let owners = statement.query_map([], |row| row.get::<_, i64>(0))?;
    let mut rows = Vec::new();
    for owner in owners {
        let place = Place {
            table: "change",
            row: "user_id",
        };
        let owner = UserId::new(place.id("user_id", owner?)?);
        rows.extend(page_of(connection, owner, None, filter, below, most)?);
    }
    Ok(merged(rows, filter, most))
}

/// A page of the changes of an account, in the way that finds it soonest.
fn page_of(
    connection: &Connection,
    owner: UserId,
    sorts: Option<&[Sort]>,
    filter: &ChangeFilter,
    below: Option<Cursor>,
    most: usize,
) -> Result<Vec<ChangeRow>, Failed> {
    let called = filter.title.as_deref();
    let called = called.map(|text| titles_called(connection, owner, text));
    let called = called.transpose()?;
    if let Some(Called::Few(titles)) = called {
        return pages_of(connection, owner, filter, &titles, below, most);
    }
    if let Some(rare) = sorts.and_then(|sorts| rare(sorts, filter, most)) {
        return pages_of_sorts(connection, owner, filter, &rare, below, most);
    }
    let wanted = Wanted {
        owner: Some(owner),
        filter,
        sort: None,
        below,
        most,
        is_common: matches!(called, Some(Called::Many)),
    };
    wanted.page(connection)
}

/// One page of several, newest first.
pub(crate) fn merged(
    mut rows: Vec<ChangeRow>,
    filter: &ChangeFilter,
    most: usize,
) -> Vec<ChangeRow> {
    rows.sort_by_key(|row| std::cmp::Reverse((row.change.when.at, row.seq)));
    if filter.above.is_some() {
        // The nearest ones above are the last ones here.
        rows.drain(..rows.len().saturating_sub(most));
    }
    rows.truncate(most);
    rows
}

pub(crate) fn page(
    connection: &Connection,
    owner: Option<UserId>,
    filter: &ChangeFilter,
    below: Option<Cursor>,
    most: usize,
) -> Result<Vec<ChangeRow>, Failed> {
    let wanted = Wanted {
        owner,
        filter,
        sort: None,
        below,
        most,
        is_common: false,
    };
    wanted.page(connection)
}

/// Which changes a statement is to find.
pub(crate) struct Wanted<'a> {
    pub(crate) owner: Option<UserId>,
    pub(crate) filter: &'a ChangeFilter,
    /// Only those of this sort, which is in the filter.
    pub(crate) sort: Option<&'a Sort>,
    pub(crate) below: Option<Cursor>,
    pub(crate) most: usize,
    /// Most of them are called as the filter wants it.
    pub(crate) is_common: bool,
}

impl Wanted<'_> {
    /// Only what was asked for is in the text, so that the index that fits can be used.
    pub(crate) fn conditions(&self) -> String {
        let Self {
            owner,
            filter,
            sort,
            below,
            ..
        } = self;
        let mut wanted = vec!["1"];
        let mut want = |is_wanted: bool, condition: &'static str| {
            if is_wanted {
                wanted.push(condition);
            }
        };
        // The plus keeps the index of the user out of it where a better one is at hand.
        let is_narrow = filter.group.is_some() || filter.operation.is_some();
        want(owner.is_some() && !is_narrow, "c.user_id = :owner");
        want(owner.is_some() && is_narrow, "+c.user_id = :owner");
        want(
            sort.is_some(),
            "c.fields = :fields AND c.media_type = :sort_type AND c.source = :sort_source
                AND c.outcome = :sort_outcome",
        );
        // All of it is in the sort already.
        let is_mixed = sort.is_none();
        want(is_mixed && filter.outcome.is_some(), "c.outcome = :outcome");
        if let Some(kind) = filter.kind.filter(|_| is_mixed) {
            want(true, kind.condition());
        }
        // Of one title there are few, whatever made them.
        let is_of_title = filter.media.is_some();
        let has_source = is_mixed && filter.source.is_some();
        want(has_source && !is_of_title, "c.source = :source");
        want(has_source && is_of_title, "+c.source = :source");
        want(
            is_mixed && filter.media_type.is_some(),
            "c.media_type = :media_type",
        );
        want(filter.media.is_some(), "c.media_id = :media");
        want(is_mixed && filter.field.is_some(), "c.fields & :field <> 0");
        want(filter.group.is_some(), "c.group_id = :group");
        want(filter.operation.is_some(), "c.operation_id = :operation");
        want(filter.since.is_some(), "c.at >= :since");
        want(filter.until.is_some(), "c.at <= :until");
        want(
            filter.title.is_some() && self.is_common,
            "EXISTS (
                SELECT 1 FROM title t
                WHERE t.user_id = c.user_id AND t.media_type = c.media_type
                    AND t.media_id = c.media_id AND t.names LIKE :title ESCAPE '\\')",
        );
        want(
            filter.title.is_some() && !self.is_common,
            "(c.user_id, c.media_type, c.media_id) IN (
                SELECT t.user_id, t.media_type, t.media_id FROM title t
                WHERE t.names LIKE :title ESCAPE '\\')",
        );
        want(
            filter.shown_only,
            "NOT EXISTS (SELECT 1 FROM hidden h WHERE h.change_id = c.id)",
        );
        want(below.is_some(), "(c.at, c.seq) < (:below_at, :below_seq)");
        want(
            filter.above.is_some(),
            "(c.at, c.seq) > (:above_at, :above_seq)",
        );
        wanted.join(" AND ")
    }

    /// Gives a statement those of the values that its text names.
    pub(crate) fn bind(&self, statement: &mut Statement<'_>) -> rusqlite::Result<()> {
        let Self {
            owner,
            filter,
            sort,
            below,
            most,
            ..
        } = self;
        let above = filter.above;
        let parameters: [(&str, rusqlite::types::Value); 21] = [
            (":above_at", above.map(|above| to_millis(above.at)).into()),
            (":above_seq", above.map(|above| above.seq).into()),
            (":owner", owner.map(|owner| i64::from(owner.get())).into()),
            (":fields", sort.map(|sort| sort.fields).into()),
            (
                ":sort_type",
                sort.map(|sort| sort.media_type.clone()).into(),
            ),
            (":sort_source", sort.map(|sort| sort.source.clone()).into()),
            (
                ":sort_outcome",
                sort.map(|sort| sort.outcome.clone()).into(),
            ),
            (
                ":outcome",
                filter.outcome.map(|o| o.as_str().to_owned()).into(),
            ),
            (
                ":source",
                filter.source.map(|s| s.as_str().to_owned()).into(),
            ),
            (
                ":media_type",
                filter.media_type.map(|t| t.as_str().to_owned()).into(),
            ),
            (
                ":media",
                filter.media.map(|media| i64::from(media.get())).into(),
            ),
            (":field", filter.field.map(bit).into()),
            (
                ":group",
                filter.group.as_ref().map(ToString::to_string).into(),
            ),
            (
                ":operation",
                filter.operation.as_ref().map(ToString::to_string).into(),
            ),
            (":since", filter.since.map(to_millis).into()),
            (":until", filter.until.map(to_millis).into()),
            (":title", filter.title.as_deref().map(like).into()),
            (":below_at", below.map(|below| to_millis(below.at)).into()),
            (":below_seq", below.map(|below| below.seq).into()),
            (":bare", filter.bare.then_some(1_i64).into()),
            (":most", i64::try_from(*most).unwrap_or(i64::MAX).into()),
        ];
        for (name, value) in &parameters {
            if let Some(index) = statement.parameter_index(name)? {
                statement.raw_bind_parameter(index, value)?;
            }
        }
        Ok(())
    }

    pub(crate) fn page(&self, connection: &Connection) -> Result<Vec<ChangeRow>, Failed> {
        let wanted = self.conditions();
        let order = if self.filter.above.is_some() {
            "c.at, c.seq"
        } else {
            "c.at DESC, c.seq DESC"
        };
        let mut statement = connection.prepare_cached(&format!(
            "{SELECT} WHERE {wanted} ORDER BY {order} LIMIT :most"
        ))?;
        self.bind(&mut statement)?;
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Raw::of(row)?.into_row()?);
        }
        if self.filter.above.is_some() {
            found.reverse();
        }
        Ok(found)
    }
}

impl Store {
    /// Changes of an account, newest first, from below a place on.
    pub async fn changes(
        &self,
        owner: Option<UserId>,
        filter: ChangeFilter,
        below: Option<Cursor>,
        most: usize,
    ) -> Result<Vec<ChangeRow>, StoreError> {
        // A walk through all changes is long where few of them are meant, and no index is by these.
        let has_no_index = filter.field.is_some() || filter.media_type.is_some();
        let is_narrow =
            filter.media.is_some() || filter.group.is_some() || filter.operation.is_some();
        let sorts = match owner.filter(|_| has_no_index && !is_narrow) {
            Some(owner) => Some(self.sorts(owner).await?),
            None => None,
        };
        self.run(move |connection| {
            let Some(owner) = owner else {
                return pages_of_all(connection, &filter, below, most);
            };
            page_of(connection, owner, sorts.as_deref(), &filter, below, most)
        })
        .await
    }

    /// How many changes there are of each kind, without those that are kept out of sight.
    pub async fn kind_counts(
        &self,
        owner: UserId,
    ) -> Result<BTreeMap<ChangeKind, usize>, StoreError> {
        self.ask(format!("kind_counts {owner}"), move |connection| {
            // Counted from indexes; what is hidden is little, and taken off.
            let count = |condition: &str| -> Result<usize, Failed> {
                let mut statement = connection.prepare_cached(&format!(
                    "SELECT (
                        SELECT count(*) FROM change c WHERE c.user_id = :owner AND {condition}
                    ) - (
                        SELECT count(*) FROM hidden h JOIN change c ON c.id = h.change_id
                        WHERE c.user_id = :owner AND {condition}
                    ) AS found"
                ))?;
                let owner = named_params! { ":owner": owner.get() };
                let found = statement.query_row(owner, |row| row.get::<_, i64>("found"))?;
                Ok(usize::try_from(found).unwrap_or_default())
            };
            // What restores did is counted by itself and taken off, so that no index of all changes
            // has to know the source.
            let restored =
                |condition: &str| count(&format!("c.source = 'restore' AND {condition}"));
            let synced = "c.outcome = 'synced'";
            let whole = "c.outcome = 'synced' AND c.fields = 0";
            let deleted = "c.outcome = 'deleted'";
            let (ours, ours_whole, ours_deleted) =
                (restored(synced)?, restored(whole)?, restored(deleted)?);
            let (all, came, went) = (count(synced)?, count(whole)?, count(deleted)?);
            let changed = all.saturating_sub(came);
            let ours_changed = ours.saturating_sub(ours_whole);
            let mut counts = BTreeMap::from([
                (ChangeKind::Added, came.saturating_sub(ours_whole)),
                (ChangeKind::Changed, changed.saturating_sub(ours_changed)),
                (ChangeKind::Removed, went.saturating_sub(ours_deleted)),
                (ChangeKind::Restored, ours + ours_deleted),
            ]);
            let others = [
                ChangeKind::All,
                ChangeKind::Undone,
                ChangeKind::Failed,
                ChangeKind::Left,
            ];
            for kind in others {
                counts.insert(kind, count(kind.condition())?);
            }
            Ok(counts)
        })
        .await
    }

    /// How many changes each of these groups has.
    pub async fn group_sizes(&self, groups: Vec<Id>) -> Result<BTreeMap<Id, usize>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT count(*) AS found FROM change
                WHERE group_id = :id OR operation_id = :id",
            )?;
            let mut sizes = BTreeMap::new();
            for group in groups {
                let id = named_params! { ":id": group.as_str() };
                let found = statement.query_row(id, |row| row.get::<_, i64>("found"))?;
                sizes.insert(group, usize::try_from(found).unwrap_or_default());
            }
            Ok(sizes)
        })
        .await
    }

    /// When an account's list was last looked at.
    pub async fn last_look(&self, owner: UserId) -> Result<Option<OffsetDateTime>, StoreError> {
        self.run(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT at FROM look WHERE user_id = :owner")?;
            let mut rows = statement.query(named_params! { ":owner": owner.get() })?;
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            let key = owner.to_string();
            let place = Place {
                table: "look",
                row: &key,
            };
            Ok(Some(place.instant("at", row.get("at")?)?))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use anirewind_model::{Entry, EntryValues, Recorded};
    use anirewind_timeline::{Change, Outcome, Source, When};
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const HANA: UserId = UserId::new(1);

    fn change(number: u32) -> Change {
        let entry = |progress| Entry {
            media: MediaId::new(number),
            media_type: MediaType::Anime,
            id: None,
            values: EntryValues {
                progress: Recorded::Known(progress),
                ..EntryValues::default()
            },
            created_at: None,
            updated_at: None,
            summary: None,
        };
        let (before, after, outcome) = match number % 4 {
            0 => (None, Some(entry(1)), Outcome::Synced),
            1 => (Some(entry(1)), None, Outcome::Deleted),
            2 => (Some(entry(1)), Some(entry(2)), Outcome::Synced),
            _ => (Some(entry(1)), Some(entry(1)), Outcome::Failed),
        };
        let at = datetime!(2026-11-03 12:00 UTC) + Duration::minutes(i64::from(number));
        Change {
            media: MediaId::new(number),
            media_type: MediaType::Anime,
            title: Some(format!("Title {number}")),
            before,
            after,
            outcome,
            source: if number < 8 {
                Source::Restore
            } else {
                Source::Observed
            },
            when: When::exactly(at),
            group: None,
            operation: None,
            undoes: None,
            error: None,
        }
    }

    #[tokio::test]
    async fn each_kind_is_counted_and_found_and_what_is_hidden_is_not_counted() {
        let store = Store::in_memory();
        let changes = (0..20).map(change).collect();
        let ids = store.record_changes(HANA, changes).await.unwrap();
        for (kind, number) in [
            (ChangeKind::All, 20),
            (ChangeKind::Added, 3),
            (ChangeKind::Changed, 3),
            (ChangeKind::Removed, 3),
            (ChangeKind::Undone, 0),
            (ChangeKind::Restored, 6),
            (ChangeKind::Failed, 5),
            (ChangeKind::Left, 0),
        ] {
            let filter = ChangeFilter {
                kind: Some(kind),
                ..ChangeFilter::default()
            };
            let found = store.changes(Some(HANA), filter, None, 100).await.unwrap();
            let counts = store.kind_counts(HANA).await.unwrap();
            assert_eq!((found.len(), counts[&kind]), (number, number), "{kind:?}");
        }
        store.hide_changes(ids, true).await.unwrap();
        let counts = store.kind_counts(HANA).await.unwrap();
        assert!(counts.values().all(|number| *number == 0), "{counts:?}");
    }

    #[tokio::test]
    async fn the_page_above_a_place_is_the_nearest_one() {
        let store = Store::in_memory();
        let changes = (0..20).map(change).collect();
        store.record_changes(HANA, changes).await.unwrap();
        let all = store
            .changes(Some(HANA), ChangeFilter::default(), None, 100)
            .await
            .unwrap();
        let filter = ChangeFilter {
            above: Some(Cursor {
                at: all[9].change.when.at,
                seq: all[9].seq,
            }),
            ..ChangeFilter::default()
        };
        let above = store.changes(Some(HANA), filter, None, 4).await.unwrap();
        assert_eq!(above, all[5..9]);
    }

    #[tokio::test]
    async fn however_many_are_called_so_the_same_changes_are_found() {
        let store = Store::in_memory();
        // Each way that is taken for few titles, some and many has a name of its own here.
        let name = |number: u32| match number {
            0..10 => "Rare",
            10..60 => "Seldom",
            _ => "Usual",
        };
        let changes = (0..300_u32).map(|number| Change {
            title: Some(format!("{} {number}", name(number % 200))),
            media: MediaId::new(number % 200),
            ..change(number)
        });
        store.record_changes(HANA, changes.collect()).await.unwrap();
        let all = ChangeFilter::default();
        let all = store.changes(Some(HANA), all, None, 1000).await.unwrap();
        for (word, number) in [("rare", 20), ("SELDOM", 100), ("usual", 180), ("%", 0)] {
            let filter = ChangeFilter {
                title: Some(word.to_owned()),
                ..ChangeFilter::default()
            };
            let (mut below, mut found) = (None, Vec::new());
            loop {
                let page = store.changes(Some(HANA), filter.clone(), below, 7).await;
                let page = page.unwrap();
                let Some(last) = page.last() else { break };
                below = Some(Cursor {
                    at: last.change.when.at,
                    seq: last.seq,
                });
                found.extend(page);
            }
            let mut expected = all.clone();
            expected.retain(|row| name(row.change.media.get()).eq_ignore_ascii_case(word));
            assert_eq!(found.len(), number, "{word}");
            assert_eq!(found, expected, "{word}");
            // Whoever asks for nobody's in particular finds the same.
            let of_all = store.changes(None, filter, None, 1000).await.unwrap();
            assert_eq!(of_all, expected, "{word}");
        }
    }
}
