//! Every change there was, and the list as it was last seen.

use anirewind_backup::{entry_from_json, entry_to_json};
use anirewind_model::{Entry, EntryField, MediaId, MediaType, UserId};
use anirewind_timeline::{Change, Id, Outcome, Source};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, named_params};
use time::OffsetDateTime;

use crate::change_row::{ChangeRow, Raw, SELECT};
use crate::cursor::Cursor;
use crate::pages::ChangeKind;
use crate::public_time::note_public_time;
use crate::row::{Place, to_millis};
use crate::store::{Failed, Store, StoreError};

/// Which changes are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangeFilter {
    /// With this outcome.
    pub outcome: Option<Outcome>,
    /// Of this kind.
    pub kind: Option<ChangeKind>,
    /// Made by this.
    pub source: Option<Source>,
    /// On this list.
    pub media_type: Option<MediaType>,
    /// Of this field.
    pub field: Option<EntryField>,
    /// Of this title.
    pub media: Option<MediaId>,
    /// Of titles with this in one of their names.
    pub title: Option<String>,
    /// Of this group.
    pub group: Option<Id>,
    /// Of this operation.
    pub operation: Option<Id>,
    /// From this moment on.
    pub since: Option<OffsetDateTime>,
    /// Up to this moment.
    pub until: Option<OffsetDateTime>,
    /// Without those that somebody does not want to see.
    pub shown_only: bool,
    /// Without looking for the restores that put them back, which takes its time where all are read.
    pub bare: bool,
    /// Only those above this place, the nearest of them; a page of them is newest first as well.
    pub above: Option<Cursor>,
}

/// What a look saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// When.
    pub at: OffsetDateTime,
    /// By how many titles AniList's statistics are off, anime and manga.
    pub off: (i64, i64),
    /// Whether it was without a token: private titles that are known are as they were before it.
    pub public: bool,
}

/// Everything that one look adds, written at once or not at all.
#[derive(Debug, Clone)]
pub struct LookRecord {
    /// What was seen.
    pub look: Look,
    /// The changes, oldest first.
    pub changes: Vec<Change>,
    /// Which of them have one cause, by index.
    pub bursts: Vec<Vec<usize>>,
    /// The list as it is known now, or the part of it that is new.
    pub known: Known,
}

/// What is known of a list from now on.
#[derive(Debug, Clone)]
pub enum Known {
    /// All of it.
    Whole(Vec<Entry>),
    /// These entries are so; the others are as they were.
    Part {
        /// As they are.
        put: Vec<Entry>,
        /// No longer there.
        gone: Vec<(MediaType, MediaId)>,
    },
}

impl Store {
    /// Writes down what a look saw, and answers with the ids of the changes.
    pub async fn record_look(
        &self,
        owner: UserId,
        record: LookRecord,
    ) -> Result<Vec<Id>, StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut groups: Vec<Option<Id>> = vec![None; record.changes.len()];
            for burst in &record.bursts {
                let id = next_id(&transaction)?;
                for index in burst {
                    if let Some(group) = groups.get_mut(*index) {
                        *group = Some(id.clone());
                    }
                }
            }
            let mut ids = Vec::with_capacity(record.changes.len());
            for (change, group) in record.changes.iter().zip(groups) {
                let group = group.or_else(|| change.group.clone());
                let change = Change {
                    group,
                    ..change.clone()
                };
                ids.push(insert_change(&transaction, owner, &change)?);
            }
            match &record.known {
                Known::Whole(entries) => {
                    transaction.execute(
                        "DELETE FROM known WHERE user_id = :user_id",
                        named_params! { ":user_id": owner.get() },
                    )?;
                    for entry in entries {
                        put_known(&transaction, owner, entry)?;
                    }
                }
                Known::Part { put, gone } => {
                    for entry in put {
                        put_known(&transaction, owner, entry)?;
                    }
                    for (media_type, media) in gone {
                        drop_known(&transaction, owner, *media_type, *media)?;
                    }
                }
            }
            if record.look.public {
                note_public_time(&transaction, owner, record.look.at)?;
            }
            transaction.execute(
                "INSERT OR REPLACE INTO look (user_id, at, anime_off, manga_off, public)
                VALUES (:user_id, :at, :anime, :manga, :public)",
                named_params! {
                    ":user_id": owner.get(),
                    ":at": to_millis(record.look.at),
                    ":anime": record.look.off.0,
                    ":manga": record.look.off.1,
                    ":public": record.look.public,
                },
            )?;
            transaction.commit()?;
            Ok(ids)
        })
        .await
    }

    /// Writes changes down that are no look: what another program reports or hands over.
    pub async fn record_changes(
        &self,
        owner: UserId,
        changes: Vec<Change>,
    ) -> Result<Vec<Id>, StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let ids: Result<Vec<_>, Failed> = changes
                .iter()
                .map(|change| insert_change(&transaction, owner, change))
                .collect();
            let ids = ids?;
            transaction.commit()?;
            Ok(ids)
        })
        .await
    }

    /// Keeps changes out of sight, or lets them be seen again. They stay where they are.
    pub async fn hide_changes(&self, ids: Vec<Id>, is_hidden: bool) -> Result<(), StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let statement = if is_hidden {
                "INSERT OR IGNORE INTO hidden (change_id) VALUES (:id)"
            } else {
                "DELETE FROM hidden WHERE change_id = :id"
            };
            for id in ids {
                transaction.execute(statement, named_params! { ":id": id.as_str() })?;
            }
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    /// How many titles there were when a list was last seen.
    pub async fn known_count(&self, owner: UserId) -> Result<usize, StoreError> {
        self.run(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT count(*) AS found FROM known WHERE user_id = :owner")?;
            let found = statement.query_row(named_params! { ":owner": owner.get() }, |row| {
                row.get::<_, i64>("found")
            })?;
            Ok(usize::try_from(found).unwrap_or_default())
        })
        .await
    }

    /// The last look at an account's list, and the list as it was then; nothing before the first.
    pub async fn known(&self, owner: UserId) -> Result<Option<(Look, Vec<Entry>)>, StoreError> {
        self.run(move |connection| {
            let user = named_params! { ":user_id": owner.get() };
            let look = connection
                .query_row(
                    "SELECT at, anime_off, manga_off, public FROM look WHERE user_id = :user_id",
                    user,
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
                )
                .optional()?;
            let Some((at, anime, manga, public)) = look else {
                return Ok(None);
            };
            let key = owner.to_string();
            let place = Place {
                table: "look",
                row: &key,
            };
            let look = Look {
                at: place.instant("at", at)?,
                off: (anime, manga),
                public,
            };
            let mut statement = connection.prepare_cached(
                "SELECT media_type, entry FROM known WHERE user_id = :user_id
                ORDER BY media_type, media_id",
            )?;
            let rows = statement.query_map(user, |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })?;
            let mut entries = Vec::new();
            for row in rows {
                let (media_type, text) = row?;
                entries.push(entry("known", &key, "entry", &media_type, &text)?);
            }
            anirewind_model::List::sort_and_dedup(&mut entries);
            Ok(Some((look, entries)))
        })
        .await
    }

    /// How many changes there are with each outcome.
    pub async fn change_counts(&self, owner: UserId) -> Result<Vec<(Outcome, usize)>, StoreError> {
        self.ask(format!("change_counts {owner}"), move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT outcome, count(*) FROM change WHERE user_id = :user_id GROUP BY outcome",
            )?;
            let rows = statement.query_map(named_params! { ":user_id": owner.get() }, |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
            })?;
            let mut counts = Vec::new();
            for row in rows {
                let (outcome, count) = row?;
                let place = Place {
                    table: "change",
                    row: &outcome,
                };
                let known = Outcome::parse(&outcome).ok_or_else(|| place.corrupt("outcome"))?;
                counts.push((known, place.count("count", count)?));
            }
            Ok(counts)
        })
        .await
    }

    /// Changes whose own id, group or operation begins so, newest first.
    pub async fn changes_called(
        &self,
        owner: Option<UserId>,
        beginning: &str,
    ) -> Result<Vec<ChangeRow>, StoreError> {
        // Every id that begins so lies between these two, so that indexes can be used.
        let (from, to) = (beginning.to_owned(), format!("{beginning}{{"));
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{SELECT}
                WHERE c.seq IN (
                    SELECT seq FROM change WHERE id >= :from AND id < :to
                    UNION
                    SELECT seq FROM change WHERE group_id >= :from AND group_id < :to
                    UNION
                    SELECT seq FROM change WHERE operation_id >= :from AND operation_id < :to
                ) AND (:owner IS NULL OR c.user_id = :owner)
                ORDER BY c.at DESC, c.seq DESC"
            ))?;
            let owner = owner.map(UserId::get);
            let rows = statement.query_map(
                named_params! { ":owner": owner, ":from": from, ":to": to },
                Raw::of,
            )?;
            rows.map(|row| row?.into_row()).collect()
        })
        .await
    }

    /// Changes by their ids, in no particular order.
    pub async fn changes_with_ids(&self, ids: Vec<Id>) -> Result<Vec<ChangeRow>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE c.id = :id"))?;
            let mut found = Vec::new();
            for id in &ids {
                let rows = statement.query_map(named_params! { ":id": id.as_str() }, Raw::of)?;
                for row in rows {
                    found.push(row?.into_row()?);
                }
            }
            Ok(found)
        })
        .await
    }

    /// The changes that an act put back: for each of its titles the one that came before it, unless that is something
    /// else. Of very large acts those of the first titles.
    pub async fn put_back_by(&self, operation: Id) -> Result<Vec<ChangeRow>, StoreError> {
        const TITLES: usize = 2_000;
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{SELECT} WHERE c.seq IN (
                    SELECT (
                        SELECT p.seq FROM change p INDEXED BY change_of_title
                        WHERE p.user_id = r.user_id AND p.media_type = r.media_type AND p.media_id = r.media_id
                            AND (p.at, p.seq) < (r.at, r.seq)
                            AND p.outcome IN ('synced', 'deleted', 'undone')
                            AND p.source NOT IN ('import', 'api')
                            AND (r.fields = 0 OR p.fields = 0 OR (p.fields & r.fields) <> 0)
                        ORDER BY p.at DESC, p.seq DESC LIMIT 1
                    )
                    FROM change r WHERE r.operation_id = :operation AND r.outcome = 'synced'
                    ORDER BY r.seq LIMIT {TITLES}
                )"
            ))?;
            let values = named_params! { ":operation": operation.as_str(), ":bare": None::<i64> };
            let mut found = Vec::new();
            for row in statement.query_map(values, Raw::of)? {
                let row = row?.into_row()?;
                if row.put_back_by.as_ref() == Some(&operation) {
                    found.push(row);
                }
            }
            Ok(found)
        })
        .await
    }

    /// Of changes that were seen after a moment and made perhaps before it: the last moment before which none of them can
    /// have been made. `None` where there is none.
    pub async fn unsure_since(
        &self,
        owner: UserId,
        moment: OffsetDateTime,
    ) -> Result<Option<OffsetDateTime>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT min(since) FROM change INDEXED BY change_unsure
                WHERE user_id = :owner AND at > :moment AND since < :moment",
            )?;
            let parameters = named_params! { ":owner": owner.get(), ":moment": to_millis(moment) };
            let since: Option<i64> = statement.query_row(parameters, |row| row.get(0))?;
            let place = Place {
                table: "change",
                row: "the first of those that are unsure",
            };
            since.map(|since| place.instant("since", since)).transpose()
        })
        .await
    }
}

/// Takes the next number and makes an id of it.
pub(crate) fn next_id(connection: &Connection) -> rusqlite::Result<Id> {
    let number: i64 = connection.query_row(
        "UPDATE number SET next = next + 1 RETURNING next - 1",
        [],
        |row| row.get(0),
    )?;
    Ok(Id::of_number(u64::try_from(number).unwrap_or_default()))
}

pub(crate) fn json_of(
    entry: Option<&Entry>,
    owner: UserId,
) -> Result<Option<String>, rusqlite::Error> {
    let text = entry.map(|entry| entry_to_json(entry, owner)).transpose();
    text.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

pub(crate) fn entry(
    table: &'static str,
    row: &str,
    column: &'static str,
    media_type: &str,
    text: &str,
) -> Result<Entry, Failed> {
    let place = Place { table, row };
    let media_type = MediaType::parse(media_type).ok_or_else(|| place.corrupt("media_type"))?;
    entry_from_json(text, media_type).map_err(|_| place.corrupt(column))
}

pub(crate) fn insert_change(
    connection: &Connection,
    owner: UserId,
    change: &Change,
) -> Result<Id, Failed> {
    let id = next_id(connection)?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO change (
            id, user_id, media_type, media_id, outcome, source, at, since, fields, group_id,
            operation_id, undoes, title, error
        ) VALUES (
            :id, :user_id, :media_type, :media_id, :outcome, :source, :at, :since, :fields,
            :group_id, :operation_id, :undoes, :title, :error
        )",
    )?;
    statement.execute(named_params! {
        ":id": id.as_str(),
        ":user_id": owner.get(),
        ":media_type": change.media_type.as_str(),
        ":media_id": change.media.get(),
        ":outcome": change.outcome.as_str(),
        ":source": change.source.as_str(),
        ":at": to_millis(change.when.at),
        ":since": change.when.since.map(to_millis),
        ":fields": bits(&change.fields()),
        ":group_id": change.group.as_ref().map(Id::as_str),
        ":operation_id": change.operation.as_ref().map(Id::as_str),
        ":undoes": change.undoes.as_ref().map(Id::as_str),
        ":title": change.title,
        ":error": change.error,
    })?;
    let seq = connection.last_insert_rowid();
    let mut statement = connection.prepare_cached(
        "INSERT INTO change_entry (seq, before, after) VALUES (:seq, :before, :after)",
    )?;
    statement.execute(named_params! {
        ":seq": seq,
        ":before": json_of(change.before.as_ref(), owner)?,
        ":after": json_of(change.after.as_ref(), owner)?,
    })?;
    if let Some(names) = names(change) {
        let mut statement = connection.prepare_cached(
            "INSERT OR REPLACE INTO title (user_id, media_type, media_id, names)
            VALUES (:user_id, :media_type, :media_id, :names)",
        )?;
        statement.execute(named_params! {
            ":user_id": owner.get(),
            ":media_type": change.media_type.as_str(),
            ":media_id": change.media.get(),
            ":names": names,
        })?;
    }
    Ok(id)
}

/// All names of a title, one a line.
fn names(change: &Change) -> Option<String> {
    let entry = change.after.as_ref().or(change.before.as_ref());
    let titles = entry.and_then(|entry| entry.summary.as_ref());
    let names: Vec<String> = match titles {
        Some(media) => [
            &media.titles.romaji,
            &media.titles.english,
            &media.titles.native,
        ]
        .into_iter()
        .flatten()
        .cloned()
        .collect(),
        None => change.title.iter().cloned().collect(),
    };
    (!names.is_empty()).then(|| names.join("\n").to_lowercase())
}

fn bits(fields: &[EntryField]) -> i64 {
    fields.iter().map(|field| bit(*field)).sum()
}

pub(crate) fn bit(field: EntryField) -> i64 {
    let place = EntryField::ALL.iter().position(|known| *known == field);
    place.map_or(0, |place| 1 << place)
}

pub(crate) fn put_known(
    connection: &Connection,
    owner: UserId,
    entry: &Entry,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO known (user_id, media_type, media_id, entry)
        VALUES (:user_id, :media_type, :media_id, :entry)",
    )?;
    statement.execute(named_params! {
        ":user_id": owner.get(),
        ":media_type": entry.media_type.as_str(),
        ":media_id": entry.media.get(),
        ":entry": json_of(Some(entry), owner)?,
    })?;
    Ok(())
}

pub(crate) fn drop_known(
    connection: &Connection,
    owner: UserId,
    media_type: MediaType,
    media: MediaId,
) -> rusqlite::Result<()> {
    connection.execute(
        "DELETE FROM known
        WHERE user_id = :user_id AND media_type = :media_type AND media_id = :media_id",
        named_params! {
            ":user_id": owner.get(),
            ":media_type": media_type.as_str(),
            ":media_id": media.get(),
        },
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use anirewind_model::{EntryValues, Recorded, Score};
    use anirewind_timeline::When;
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const HANA: UserId = UserId::new(1);

    fn change(number: u32, title: &str) -> Change {
        let entry = |score| Entry {
            media: MediaId::new(number % 3),
            media_type: MediaType::Anime,
            id: None,
            values: EntryValues {
                score: Score::new(score).into(),
                progress: Recorded::Known(number),
                ..EntryValues::default()
            },
            created_at: None,
            updated_at: None,
            summary: None,
        };
        let at = datetime!(2026-11-03 12:00 UTC) + Duration::minutes(i64::from(number));
        Change {
            media: MediaId::new(number % 3),
            media_type: MediaType::Anime,
            title: Some(title.to_owned()),
            before: Some(entry(10)),
            after: (!number.is_multiple_of(5)).then(|| entry(20)),
            outcome: if number.is_multiple_of(5) {
                Outcome::Deleted
            } else {
                Outcome::Synced
            },
            source: Source::Observed,
            when: When::exactly(at),
            group: None,
            operation: None,
            undoes: None,
            error: None,
        }
    }

    #[tokio::test]
    async fn pages_follow_one_another_and_every_filter_leaves_what_it_names() {
        let store = Store::in_memory();
        let titles = ["Mushishi", "100%_ sure", "雨の日"];
        let changes: Vec<_> = (0..30_u32)
            .map(|n| change(n, titles[usize::try_from(n % 3).unwrap()]))
            .collect();
        let ids = store.record_changes(HANA, changes.clone()).await.unwrap();
        let mut seen = Vec::new();
        let mut below = None;
        loop {
            let filter = ChangeFilter::default();
            let rows = store.changes(Some(HANA), filter, below, 7).await.unwrap();
            let Some(last) = rows.last() else { break };
            below = Some(Cursor {
                at: last.change.when.at,
                seq: last.seq,
            });
            seen.extend(rows.into_iter().map(|row| (row.id, row.change)));
        }
        seen.reverse();
        assert_eq!(seen, ids.into_iter().zip(changes).collect::<Vec<_>>());
        let count = async |filter: ChangeFilter| {
            let rows = store.changes(Some(HANA), filter, None, 100).await.unwrap();
            rows.len()
        };
        let none = ChangeFilter::default;
        let called = |text: &str| ChangeFilter {
            title: Some(text.to_owned()),
            ..none()
        };
        assert_eq!(count(called("MUSHI")).await, 10);
        assert_eq!(count(called("%_")).await, 10, "nothing but the text counts");
        assert_eq!(count(called("雨")).await, 10);
        assert_eq!(count(called("x")).await, 0);
        assert_eq!(
            count(ChangeFilter {
                outcome: Some(Outcome::Deleted),
                ..none()
            })
            .await,
            6
        );
        assert_eq!(
            count(ChangeFilter {
                field: Some(EntryField::Score),
                ..none()
            })
            .await,
            24
        );
        assert_eq!(
            count(ChangeFilter {
                field: Some(EntryField::Notes),
                ..none()
            })
            .await,
            0
        );
        assert_eq!(
            count(ChangeFilter {
                media: Some(MediaId::new(1)),
                ..none()
            })
            .await,
            10
        );
        assert_eq!(
            store
                .changes(Some(UserId::new(2)), none(), None, 9)
                .await
                .unwrap(),
            []
        );
    }

    #[tokio::test]
    async fn a_look_is_written_whole_and_its_bursts_have_a_name() {
        let store = Store::in_memory();
        assert_eq!(store.known(HANA).await.unwrap(), None);
        let changes: Vec<_> = (1..4).map(|n| change(n, "x")).collect();
        let entries: Vec<_> = changes.iter().filter_map(|c| c.after.clone()).collect();
        let look = Look {
            at: datetime!(2026-11-03 13:00 UTC),
            off: (1, -2),
            public: true,
        };
        let record = LookRecord {
            look: look.clone(),
            changes,
            bursts: vec![vec![0, 2]],
            known: Known::Whole(entries.clone()),
        };
        store.record_look(HANA, record).await.unwrap();
        let (seen, known) = store.known(HANA).await.unwrap().unwrap();
        assert_eq!((seen, known.len()), (look.clone(), 3));
        let rows = store
            .changes(None, ChangeFilter::default(), None, 9)
            .await
            .unwrap();
        let groups: Vec<_> = rows
            .iter()
            .rev()
            .map(|row| row.change.group.clone())
            .collect();
        assert!(groups[0].is_some() && groups[0] == groups[2] && groups[1].is_none());
        let by_group = store
            .changes_called(None, groups[0].as_ref().unwrap().as_str())
            .await;
        assert_eq!(by_group.unwrap().len(), 2);
        let part = LookRecord {
            look,
            changes: Vec::new(),
            bursts: Vec::new(),
            known: Known::Part {
                put: Vec::new(),
                gone: vec![(MediaType::Anime, entries[0].media)],
            },
        };
        store.record_look(HANA, part).await.unwrap();
        assert_eq!(store.known(HANA).await.unwrap().unwrap().1.len(), 2);
    }

    #[tokio::test]
    async fn a_moment_is_unsure_while_a_change_may_have_been_before_or_after_it() {
        let store = Store::in_memory();
        let seen = datetime!(2026-11-03 12:00 UTC);
        let hour = Duration::HOUR;
        let at = |when| Change {
            when,
            ..change(1, "Title")
        };
        let between = When {
            at: seen,
            since: Some(seen - hour),
        };
        let changes = vec![at(between), at(When::exactly(seen + hour))];
        store.record_changes(HANA, changes).await.unwrap();
        for (moment, is_unsure) in [
            (seen - hour * 2, false),
            (seen - hour, false),
            (seen - hour / 2, true),
            (seen, false),
            (seen + hour / 2, false),
        ] {
            let found = store.unsure_since(HANA, moment).await.unwrap();
            assert_eq!(found, is_unsure.then_some(seen - hour), "{moment}");
            let others = store.unsure_since(UserId::new(2), moment).await.unwrap();
            assert_eq!(others, None, "{moment}");
        }
    }
}
