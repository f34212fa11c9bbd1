//! The snapshots in the folder, so that nobody has to read them all to list them.

use anirewind_backup::{Hash, Kind, SnapshotId};
use anirewind_model::{Account, Counts, UserId};
use rusqlite::{Row, named_params};
use time::OffsetDateTime;

use crate::row::{Place, to_millis};
use crate::store::{Failed, Store, StoreError};

/// A snapshot as the catalogue knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRow {
    /// Its id.
    pub id: SnapshotId,
    /// Name of the file in the folder.
    pub file: String,
    /// Whose list it is, read from inside the file.
    pub owner: Account,
    /// When the list was read.
    pub created_at: OffsetDateTime,
    /// What it was taken for.
    pub kind: Kind,
    /// How many titles it holds.
    pub counts: Counts,
    /// Length of the file in bytes.
    pub size: u64,
    /// Hash of the file.
    pub file_hash: Hash,
    /// Hash of what it holds.
    pub content_hash: Hash,
    /// What changed since the one before; `None` when that is not known.
    pub delta: Option<Delta>,
    /// Whether it can be trusted to be what was on the list.
    pub standing: Standing,
    /// When the file was last read whole and proven.
    pub verified_at: OffsetDateTime,
}

/// How many titles differ from the snapshot before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Delta {
    /// On the list now and not before.
    pub added: usize,
    /// On the list both times, with other values.
    pub changed: usize,
    /// On the list before and not now.
    pub removed: usize,
}

/// Whether a snapshot can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Whole, and plausible.
    Good,
    /// Whole, but so much is gone from it that somebody should look.
    Suspect,
}

impl Standing {
    /// The word for it in the catalogue and in commands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Suspect => "suspect",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Good, Self::Suspect]
            .into_iter()
            .find(|standing| standing.as_str() == word)
    }
}

struct Raw {
    file: String,
    id: String,
    user_id: i64,
    user_name: String,
    created_at: i64,
    kind: String,
    anime: i64,
    manga: i64,
    size: i64,
    file_hash: String,
    content_hash: String,
    delta: Option<(i64, i64, i64)>,
    standing: String,
    verified_at: i64,
}

const COLUMNS: &str = "
    file,
    id,
    user_id,
    user_name,
    created_at,
    kind,
    anime,
    manga,
    size,
    file_hash,
    content_hash,
    added,
    changed,
    removed,
    standing,
    verified_at";

impl Raw {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (added, changed, removed): (Option<i64>, Option<i64>, Option<i64>) =
            (row.get("added")?, row.get("changed")?, row.get("removed")?);
        Ok(Self {
            file: row.get("file")?,
            id: row.get("id")?,
            user_id: row.get("user_id")?,
            user_name: row.get("user_name")?,
            created_at: row.get("created_at")?,
            kind: row.get("kind")?,
            anime: row.get("anime")?,
            manga: row.get("manga")?,
            size: row.get("size")?,
            file_hash: row.get("file_hash")?,
            content_hash: row.get("content_hash")?,
            delta: added.zip(changed).zip(removed).map(|((a, c), r)| (a, c, r)),
            standing: row.get("standing")?,
            verified_at: row.get("verified_at")?,
        })
    }
}

impl TryFrom<Raw> for SnapshotRow {
    type Error = Failed;

    fn try_from(raw: Raw) -> Result<Self, Failed> {
        let place = Place {
            table: "snapshot",
            row: &raw.file,
        };
        let hash = |column, text: &str| Hash::parse(text).map_err(|_| place.corrupt(column));
        let delta = |(added, changed, removed)| -> Result<Delta, Failed> {
            Ok(Delta {
                added: place.count("added", added)?,
                changed: place.count("changed", changed)?,
                removed: place.count("removed", removed)?,
            })
        };
        Ok(Self {
            id: SnapshotId::parse(&raw.id).ok_or_else(|| place.corrupt("id"))?,
            owner: Account {
                id: UserId::new(place.id("user_id", raw.user_id)?),
                name: raw.user_name,
            },
            created_at: place.instant("created_at", raw.created_at)?,
            kind: Kind::parse(&raw.kind).ok_or_else(|| place.corrupt("kind"))?,
            counts: Counts {
                anime: place.count("anime", raw.anime)?,
                manga: place.count("manga", raw.manga)?,
            },
            size: u64::try_from(raw.size).map_err(|_| place.corrupt("size"))?,
            file_hash: hash("file_hash", &raw.file_hash)?,
            content_hash: hash("content_hash", &raw.content_hash)?,
            delta: raw.delta.map(delta).transpose()?,
            standing: Standing::parse(&raw.standing).ok_or_else(|| place.corrupt("standing"))?,
            verified_at: place.instant("verified_at", raw.verified_at)?,
            file: raw.file,
        })
    }
}

impl Store {
    /// All snapshots, newest first; of one user where one is named.
    pub async fn snapshots(&self, owner: Option<UserId>) -> Result<Vec<SnapshotRow>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare(&format!(
                "SELECT {COLUMNS}
                FROM snapshot
                WHERE :owner IS NULL OR user_id = :owner
                ORDER BY created_at DESC, file DESC"
            ))?;
            let owner = owner.map(UserId::get);
            let rows = statement.query_map(named_params! { ":owner": owner }, Raw::of)?;
            rows.map(|row| SnapshotRow::try_from(row?)).collect()
        })
        .await
    }

    /// Adds snapshots, or replaces what is known of files of the same name. All or none.
    pub async fn put_snapshots(&self, rows: Vec<SnapshotRow>) -> Result<(), StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            for row in &rows {
                insert(&transaction, row, "OR REPLACE")?;
            }
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    /// Adds snapshots found in the folder; what is known already stays as it is. All or none.
    pub async fn adopt_snapshots(&self, rows: Vec<SnapshotRow>) -> Result<(), StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            for row in &rows {
                insert(&transaction, row, "OR IGNORE")?;
            }
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    /// Forgets files that are no longer in the folder.
    pub async fn forget_snapshots(&self, files: Vec<String>) -> Result<(), StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            for file in &files {
                transaction.execute(
                    "DELETE FROM snapshot WHERE file = :file",
                    named_params! { ":file": file },
                )?;
            }
            transaction.commit()?;
            Ok(())
        })
        .await
    }
}

fn insert(
    connection: &rusqlite::Connection,
    row: &SnapshotRow,
    on_conflict: &'static str,
) -> rusqlite::Result<()> {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    connection.execute(
        &format!(
            "INSERT {on_conflict} INTO snapshot (
            file, id, user_id, user_name, created_at, kind, anime, manga, size, file_hash,
            content_hash, added, changed, removed, standing, verified_at
        ) VALUES (
            :file, :id, :user_id, :user_name, :created_at, :kind, :anime, :manga, :size, :file_hash,
            :content_hash, :added, :changed, :removed, :standing, :verified_at
        )"
        ),
        named_params! {
            ":file": row.file,
            ":id": row.id.as_str(),
            ":user_id": row.owner.id.get(),
            ":user_name": row.owner.name,
            ":created_at": to_millis(row.created_at),
            ":kind": row.kind.as_str(),
            ":anime": count(row.counts.anime),
            ":manga": count(row.counts.manga),
            ":size": i64::try_from(row.size).unwrap_or(i64::MAX),
            ":file_hash": row.file_hash.to_string(),
            ":content_hash": row.content_hash.to_string(),
            ":added": row.delta.map(|delta| count(delta.added)),
            ":changed": row.delta.map(|delta| count(delta.changed)),
            ":removed": row.delta.map(|delta| count(delta.removed)),
            ":standing": row.standing.as_str(),
            ":verified_at": to_millis(row.verified_at),
        },
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn row(file: &str, user: u32, created_at: OffsetDateTime) -> SnapshotRow {
        SnapshotRow {
            id: SnapshotId::parse("k7f2k7f2k7f2").unwrap(),
            file: file.to_owned(),
            owner: Account {
                id: UserId::new(user),
                name: "hana".to_owned(),
            },
            created_at,
            kind: Kind::Manual,
            counts: Counts {
                anime: 812,
                manga: 143,
            },
            size: 131_900,
            file_hash: Hash::of(b"file"),
            content_hash: Hash::of(b"content"),
            delta: Some(Delta {
                added: 1,
                changed: 4,
                removed: 0,
            }),
            standing: Standing::Good,
            verified_at: created_at,
        }
    }

    #[tokio::test]
    async fn snapshots_read_back_newest_first_and_by_owner() {
        let store = Store::in_memory();
        let old = row("a", 1, datetime!(2026-03-01 12:00:00.123 UTC));
        let new = SnapshotRow {
            delta: None,
            ..row("b", 1, datetime!(2026-03-02 12:00 UTC))
        };
        let other = row("c", 2, datetime!(2026-03-03 12:00 UTC));
        store
            .put_snapshots(vec![old.clone(), other.clone(), new.clone()])
            .await
            .unwrap();
        assert_eq!(
            store.snapshots(None).await.unwrap(),
            [other, new.clone(), old.clone()]
        );
        let of_one = store.snapshots(Some(UserId::new(1))).await.unwrap();
        assert_eq!(of_one, [new, old.clone()]);
        store
            .forget_snapshots(vec!["b".to_owned(), "c".to_owned()])
            .await
            .unwrap();
        assert_eq!(store.snapshots(None).await.unwrap(), [old]);
    }
}
