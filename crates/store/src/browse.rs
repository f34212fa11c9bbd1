//! Parts of the catalogue, for pages that show no more than that.

use anirewind_backup::Kind;
use anirewind_model::{Counts, Entry, MediaId, UserId};
use rusqlite::{Connection, OptionalExtension as _, named_params};
use time::OffsetDateTime;

use crate::attempts::{Attempt, Outcome};
use crate::row::{Place, to_millis};
use crate::snapshots::{Raw, SELECT, SnapshotRow};
use crate::store::{Failed, Store, StoreError};
use crate::timeline::entry;

/// One day of an account's snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRow {
    /// Days since 1970, by the clock that was asked for.
    pub day: i64,
    /// How many there are of that day.
    pub snapshots: usize,
    /// When the last of them was taken.
    pub last: OffsetDateTime,
    /// How many titles that one holds.
    pub counts: Counts,
}

/// How many titles came, changed and went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChangeSums {
    /// Added.
    pub added: usize,
    /// Changed.
    pub changed: usize,
    /// Removed.
    pub removed: usize,
}

impl Store {
    /// Whether there is a snapshot of an account from this moment or later.
    pub async fn is_saved_since(
        &self,
        owner: UserId,
        moment: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT EXISTS (
                    SELECT 1 FROM snapshot WHERE user_id = :owner AND created_at >= :moment
                )",
            )?;
            let moment = to_millis(moment);
            let parameters = named_params! { ":owner": owner.get(), ":moment": moment };
            Ok(statement.query_row(parameters, |row| row.get(0))?)
        })
        .await
    }

    /// Snapshots whose id begins so, newest first.
    pub async fn snapshots_called(
        &self,
        owner: Option<UserId>,
        beginning: &str,
    ) -> Result<Vec<SnapshotRow>, StoreError> {
        let beginning = beginning.to_owned();
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{SELECT}
                WHERE id >= :first AND id < :first || '~'
                    AND (:owner IS NULL OR user_id = :owner)
                ORDER BY position DESC"
            ))?;
            let rows = statement.query_map(
                named_params! { ":first": beginning, ":owner": owner.map(UserId::get) },
                Raw::of,
            )?;
            rows.map(|row| SnapshotRow::try_from(row?)).collect()
        })
        .await
    }

    /// Days of which there are whole snapshots, newest first. A day begins so many milliseconds before
    /// midnight UTC. `halves` is whether files that were brought in and hold anime alone count, too.
    pub async fn snapshot_days(
        &self,
        owner: UserId,
        offset: i64,
        most: usize,
        halves: bool,
    ) -> Result<Vec<DayRow>, StoreError> {
        self.ask(
            format!("snapshot_days {owner} {offset} {most} {halves}"),
            move |connection| {
                // With max() in it, the other columns are those of the row that has it.
                let mut statement = connection.prepare_cached(
                    "SELECT (created_at + :offset) / 86400000 AS day, count(*) AS snapshots,
                    max(position), created_at, anime, manga
                FROM snapshot
                WHERE user_id = :owner AND damage IS NULL
                    AND (:halves OR kind <> 'import' OR manga > 0)
                GROUP BY day
                ORDER BY day DESC
                LIMIT :most",
                )?;
                let rows = statement.query_map(
                    named_params! {
                        ":owner": owner.get(),
                        ":offset": offset,
                        ":halves": halves,
                        ":most": i64::try_from(most).unwrap_or(i64::MAX),
                    },
                    |row| {
                        let numbers: (i64, i64, i64, i64) = (
                            row.get("snapshots")?,
                            row.get("created_at")?,
                            row.get("anime")?,
                            row.get("manga")?,
                        );
                        Ok((row.get::<_, i64>("day")?, numbers))
                    },
                )?;
                let mut days = Vec::new();
                for row in rows {
                    let (day, (snapshots, last, anime, manga)) = row?;
                    let key = day.to_string();
                    let place = Place {
                        table: "snapshot",
                        row: &key,
                    };
                    days.push(DayRow {
                        day,
                        snapshots: place.count("day", snapshots)?,
                        last: place.instant("created_at", last)?,
                        counts: Counts {
                            anime: place.count("anime", anime)?,
                            manga: place.count("manga", manga)?,
                        },
                    });
                }
                Ok(days)
            },
        )
        .await
    }

    /// How many snapshots somebody keeps, and when every one had last been proven.
    pub async fn kept_and_proven(
        &self,
        owner: UserId,
    ) -> Result<(usize, Option<OffsetDateTime>), StoreError> {
        self.ask(format!("kept_and_proven {owner}"), move |connection| {
            let (kept, proven): (i64, Option<i64>) = connection.query_row(
                "SELECT coalesce(sum(kept), 0), min(verified_at) FROM snapshot WHERE user_id = :owner",
                named_params! { ":owner": owner.get() },
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let key = owner.to_string();
            let place = Place {
                table: "snapshot",
                row: &key,
            };
            let proven = proven.map(|at| place.instant("verified_at", at));
            Ok((place.count("kept", kept)?, proven.transpose()?))
        })
        .await
    }

    /// How many of somebody's snapshots hold nothing to prove them by, as files of other tools, and how many are damaged.
    pub async fn unproven(&self, owner: UserId) -> Result<(usize, usize), StoreError> {
        self.ask(format!("unproven {owner}"), move |connection| {
            let (unprovable, damaged): (i64, i64) = connection.query_row(
                "SELECT count(*) FILTER (WHERE kind = :imported AND damage IS NULL), count(damage)
                FROM snapshot WHERE user_id = :owner",
                named_params! { ":owner": owner.get(), ":imported": Kind::Imported.as_str() },
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let key = owner.to_string();
            let place = Place {
                table: "snapshot",
                row: &key,
            };
            Ok((
                place.count("kind", unprovable)?,
                place.count("damage", damaged)?,
            ))
        })
        .await
    }

    /// How attempts since a moment ended, newest first.
    pub async fn attempts_since(
        &self,
        owner: UserId,
        since: OffsetDateTime,
    ) -> Result<Vec<Attempt>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT at, outcome, detail, changed FROM attempt
                WHERE user_id = :owner AND at >= :since
                ORDER BY id DESC",
            )?;
            let rows = statement.query_map(
                named_params! { ":owner": owner.get(), ":since": to_millis(since) },
                |row| {
                    let outcome: String = row.get(1)?;
                    Ok((row.get::<_, i64>(0)?, outcome, row.get(2)?, row.get(3)?))
                },
            )?;
            let place = Place {
                table: "attempt",
                row: "since",
            };
            let mut attempts = Vec::new();
            for row in rows {
                let (at, outcome, detail, changed) = row?;
                attempts.push(Attempt {
                    at: place.instant("at", at)?,
                    outcome: Outcome::parse(&outcome).ok_or_else(|| place.corrupt("outcome"))?,
                    detail,
                    changed,
                });
            }
            Ok(attempts)
        })
        .await
    }

    /// How many changes took effect since a moment.
    pub async fn change_sums(
        &self,
        owner: UserId,
        since: OffsetDateTime,
    ) -> Result<ChangeSums, StoreError> {
        self.ask(format!("change_sums {owner} {since}"), move |connection| {
            sums(connection, owner, to_millis(since), i64::MAX)
        })
        .await
    }

    /// How many titles acts of ours changed between two moments.
    pub async fn titles_acted_on(
        &self,
        owner: UserId,
        since: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<usize, StoreError> {
        let (since, until) = (to_millis(since), to_millis(until));
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT count(*) FROM (
                    SELECT DISTINCT media_type, media_id FROM change INDEXED BY change_of_user
                    WHERE user_id = :owner AND at >= :since AND at <= :until
                        AND outcome IN ('synced', 'deleted', 'undone')
                        AND operation_id IS NOT NULL)",
            )?;
            let asked = named_params! { ":owner": owner.get(), ":since": since, ":until": until };
            let found: i64 = statement.query_row(asked, |row| row.get(0))?;
            Ok(usize::try_from(found).unwrap_or_default())
        })
        .await
    }

    /// How many changes took effect between each of these moments and the next; as many as there are
    /// moments, less one. Costs as much as there are changes between the first and the last.
    pub async fn change_days(
        &self,
        owner: UserId,
        bounds: Vec<OffsetDateTime>,
    ) -> Result<Vec<ChangeSums>, StoreError> {
        let bounds: Vec<_> = bounds.into_iter().map(to_millis).collect();
        self.ask(
            format!("change_days {owner} {bounds:?}"),
            move |connection| {
                let days = bounds.iter().zip(bounds.iter().skip(1));
                let sums = days.map(|(from, until)| sums(connection, owner, *from, *until));
                sums.collect()
            },
        )
        .await
    }

    /// A title that is on somebody's list here, or was; nothing for any other.
    pub async fn title_on_lists(&self, media: MediaId) -> Result<Option<Entry>, StoreError> {
        self.run(move |connection| {
            let media = named_params! { ":media": media.get() };
            let text =
                |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
            let known = "SELECT media_type, entry FROM known
                WHERE user_id IN (SELECT user_id FROM look)
                    AND media_type IN ('ANIME', 'MANGA') AND media_id = :media
                LIMIT 1";
            let mut found = connection
                .prepare_cached(known)?
                .query_row(media, text)
                .optional()?;
            if found.is_none() {
                let was = "SELECT c.media_type, coalesce(e.before, e.after)
                    FROM change c JOIN change_entry e ON e.seq = c.seq
                    WHERE c.user_id IN (SELECT user_id FROM look)
                        AND c.media_type IN ('ANIME', 'MANGA') AND c.media_id = :media
                        AND coalesce(e.before, e.after) IS NOT NULL
                    LIMIT 1";
                found = connection
                    .prepare_cached(was)?
                    .query_row(media, text)
                    .optional()?;
            }
            found
                .map(|(media_type, text)| entry("known", "media", "entry", &media_type, &text))
                .transpose()
        })
        .await
    }
}

/// How many changes took effect from a moment on and before another one.
fn sums(
    connection: &Connection,
    owner: UserId,
    from: i64,
    until: i64,
) -> Result<ChangeSums, Failed> {
    // What changed in a field was there before and after: only of the others the entries are looked up. Of an index
    // that holds all that is asked for, but not by time, SQLite would read the whole.
    let mut statement = connection.prepare_cached(
        "SELECT
            coalesce(sum(c.fields = 0 AND e.before IS NULL), 0),
            coalesce(sum(c.fields <> 0 OR (e.before IS NOT NULL AND e.after IS NOT NULL)), 0),
            coalesce(sum(c.fields = 0 AND e.after IS NULL AND e.before IS NOT NULL), 0)
        FROM change c INDEXED BY change_of_user
            LEFT JOIN change_entry e ON c.fields = 0 AND e.seq = c.seq
        WHERE c.user_id = :owner AND c.at >= :from AND c.at < :until
            AND c.outcome IN ('synced', 'deleted', 'undone')",
    )?;
    let sums: (i64, i64, i64) = statement.query_row(
        named_params! { ":owner": owner.get(), ":from": from, ":until": until },
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let place = Place {
        table: "change",
        row: "since",
    };
    Ok(ChangeSums {
        added: place.count("before", sums.0)?,
        changed: place.count("seq", sums.1)?,
        removed: place.count("after", sums.2)?,
    })
}

#[cfg(test)]
mod tests {
    use anirewind_model::{EntryValues, MediaType, Recorded};
    use anirewind_timeline::{Change, Outcome, Source, When};
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const HANA: UserId = UserId::new(1);
    const NOON: OffsetDateTime = datetime!(2026-11-03 12:00 UTC);

    /// A change of a title that had seen so many episodes before and after; nothing off the list.
    fn change(at: OffsetDateTime, sides: (Option<u32>, Option<u32>), outcome: Outcome) -> Change {
        let entry = |progress| Entry {
            media: MediaId::new(457),
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
        Change {
            media: MediaId::new(457),
            media_type: MediaType::Anime,
            title: None,
            before: sides.0.map(entry),
            after: sides.1.map(entry),
            outcome,
            source: Source::Observed,
            when: When::exactly(at),
            group: None,
            operation: None,
            undoes: None,
            error: None,
        }
    }

    #[tokio::test]
    async fn changes_are_counted_by_kind_on_the_day_on_which_they_took_effect() {
        let store = Store::in_memory();
        let day = Duration::DAY;
        let (added, changed, removed) = ((None, Some(1)), (Some(1), Some(2)), (Some(2), None));
        let second = Duration::SECOND;
        let all = vec![
            change(NOON - second, changed, Outcome::Synced),
            change(NOON, added, Outcome::Synced),
            change(NOON + second, changed, Outcome::Synced),
            change(NOON + second, changed, Outcome::Undone),
            change(NOON + second, changed, Outcome::Failed),
            change(NOON + day - second, removed, Outcome::Deleted),
            change(NOON + day, removed, Outcome::Undone),
            change(NOON + day * 3, added, Outcome::Synced),
        ];
        store.record_changes(HANA, all).await.unwrap();
        let bounds: Vec<_> = (0..4).map(|days| NOON + day * days).collect();
        let sums = |added, changed, removed| ChangeSums {
            added,
            changed,
            removed,
        };
        assert_eq!(
            store.change_days(HANA, bounds.clone()).await.unwrap(),
            [sums(1, 2, 1), sums(0, 0, 1), sums(0, 0, 0)]
        );
        assert_eq!(store.change_sums(HANA, NOON).await.unwrap(), sums(2, 2, 2));
        let nobody = store.change_days(UserId::new(2), bounds).await.unwrap();
        assert_eq!(nobody, [sums(0, 0, 0); 3]);
    }
}
