//! Which files are read again when, and how that went.

use rusqlite::{OptionalExtension as _, TransactionBehavior, named_params};
use time::{Duration, OffsetDateTime};

use crate::row::to_millis;
use crate::snapshots::{Raw, SELECT, SnapshotRow};
use crate::store::{Store, StoreError};

impl Store {
    /// The files whose turn it is today, where every file is read again within so many days: an equal part of
    /// all, those first that were not read for longest, and whatever would be too late tomorrow. What was
    /// proven in the future was proven by a wrong clock, and nobody knows when.
    pub async fn due_for_proof(
        &self,
        now: OffsetDateTime,
        days: u32,
    ) -> Result<Vec<String>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT file
                FROM (
                    SELECT file, verified_at, verified_at > :now AS is_wrong, row_number() OVER (
                        ORDER BY verified_at > :now DESC, verified_at, position
                    ) AS place
                    FROM snapshot
                )
                WHERE is_wrong OR verified_at <= :late
                    OR place <= (SELECT (count(*) + :days - 1) / :days FROM snapshot)
                ORDER BY place",
            )?;
            let late = now - Duration::days(i64::from(days) - 1);
            let parameters = named_params! {
                ":now": to_millis(now),
                ":late": to_millis(late),
                ":days": days,
            };
            let files = statement.query_map(parameters, |row| row.get(0))?;
            Ok(files.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The snapshot in a file, if it is catalogued.
    pub async fn snapshot_in(&self, file: String) -> Result<Option<SnapshotRow>, StoreError> {
        Ok(self.snapshots_in(vec![file]).await?.pop())
    }

    /// The snapshots in these files, but for those that are not catalogued.
    pub async fn snapshots_in(&self, files: Vec<String>) -> Result<Vec<SnapshotRow>, StoreError> {
        self.run(move |connection| {
            let mut statement =
                connection.prepare_cached(&format!("{SELECT} WHERE file = :file"))?;
            let mut found = Vec::new();
            for file in files {
                let row = statement.query_row(named_params! { ":file": file }, Raw::of);
                found.extend(row.optional()?.map(SnapshotRow::try_from).transpose()?);
            }
            Ok(found)
        })
        .await
    }

    /// Notes how reading a file again went; nothing when it is another file by now.
    pub async fn note_proof(&self, row: &SnapshotRow) -> Result<(), StoreError> {
        let row = row.clone();
        self.write(move |connection| {
            connection.execute(
                "UPDATE snapshot SET damage = :damage, verified_at = :verified_at
                WHERE file = :file AND file_hash = :file_hash",
                named_params! {
                    ":damage": row.damage,
                    ":verified_at": to_millis(row.verified_at),
                    ":file": row.file,
                    ":file_hash": row.file_hash.to_string(),
                },
            )?;
            Ok(())
        })
        .await
    }

    /// Notes of files that were whole that they still are, of all of them at once; nothing of one that is
    /// another by now, or in which damage was found meanwhile.
    pub async fn note_still_whole(&self, rows: Vec<SnapshotRow>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for row in rows {
                transaction
                    .prepare_cached(
                        "UPDATE snapshot SET verified_at = :verified_at
                        WHERE file = :file AND file_hash = :file_hash AND damage IS NULL",
                    )?
                    .execute(named_params! {
                        ":verified_at": to_millis(row.verified_at),
                        ":file": row.file,
                        ":file_hash": row.file_hash.to_string(),
                    })?;
            }
            transaction.commit()?;
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use anirewind_backup::Hash;

    use super::*;
    use crate::snapshots::tests::row;

    #[tokio::test]
    async fn good_news_of_before_does_not_hide_damage_that_was_found_since() {
        let store = Store::in_memory();
        let (whole, hurt) = (row("a", 1, 1), row("b", 1, 2));
        let rows = vec![whole.clone(), hurt.clone()];
        store.update_snapshots(rows, Vec::new()).await.unwrap();
        let damage = Some("cut".to_owned());
        let damaged = SnapshotRow {
            damage,
            ..hurt.clone()
        };
        store.note_proof(&damaged).await.unwrap();
        let later = whole.verified_at + Duration::days(1);
        let proven = |row| SnapshotRow {
            verified_at: later,
            ..row
        };
        let another = SnapshotRow {
            file_hash: Hash::of(b"another"),
            ..whole.clone()
        };
        for (news, expected) in [
            (vec![another, hurt], whole.clone()),
            (vec![whole.clone()], proven(whole)),
        ] {
            let news = news.into_iter().map(proven).collect();
            store.note_still_whole(news).await.unwrap();
            let rows = store.snapshots(None).await.unwrap();
            assert_eq!(rows, [damaged.clone(), expected]);
        }
    }

    #[tokio::test]
    async fn an_equal_part_is_due_each_day_and_what_would_be_too_late() {
        let store = Store::in_memory();
        let now = row("a", 1, 1).verified_at;
        let ago = |file: &str, position: i64, hours: i64| SnapshotRow {
            verified_at: now - Duration::hours(hours),
            ..row(file, 1, position)
        };
        let due = async || store.due_for_proof(now, 7).await.unwrap();
        assert!(due().await.is_empty());
        let fresh = (0..6).map(|at| ago(&format!("fresh-{at}"), 10 + at, at));
        store
            .update_snapshots(fresh.collect(), Vec::new())
            .await
            .unwrap();
        // Of six, one: the one that was not read for longest.
        assert_eq!(due().await, ["fresh-5"]);
        let more = vec![
            ago("late", 1, 6 * 24),
            ago("later", 2, 9 * 24),
            ago("of a wrong clock", 3, -1),
        ];
        store.update_snapshots(more, Vec::new()).await.unwrap();
        assert_eq!(due().await, ["of a wrong clock", "later", "late"]);
        let found = store.snapshot_in("late".to_owned()).await.unwrap();
        assert_eq!(found, Some(ago("late", 1, 6 * 24)));
        assert_eq!(store.snapshot_in("gone".to_owned()).await.unwrap(), None);
    }
}
