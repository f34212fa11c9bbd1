//! Snapshots that were put into the trash, also after they are gone from it.

use anirewind_backup::Hash;
use anirewind_model::UserId;
use rusqlite::{Row, named_params};

use crate::row::Place;
use crate::store::{Failed, Store, StoreError};

/// A snapshot that was put into the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscardedRow {
    /// What it is called in the trash.
    pub file: String,
    /// Its hash.
    pub file_hash: Hash,
    /// Whose list it is.
    pub owner: UserId,
    /// Counted time when it was put there, in seconds; see `anirewind_backup::retention`.
    pub counted: i64,
    /// Why.
    pub reason: Reason,
}

/// Why a snapshot was put into the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// By the rules.
    Rules,
    /// Because somebody asked.
    Asked,
}

impl Reason {
    /// The word for it in the catalogue and in commands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Asked => "asked",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Rules, Self::Asked]
            .into_iter()
            .find(|reason| reason.as_str() == word)
    }
}

type Raw = (String, String, i64, i64, String);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((
        row.get("file")?,
        row.get("file_hash")?,
        row.get("user_id")?,
        row.get("counted")?,
        row.get("reason")?,
    ))
}

fn discarded((file, file_hash, owner, counted, reason): Raw) -> Result<DiscardedRow, Failed> {
    let place = Place {
        table: "discarded",
        row: &file,
    };
    Ok(DiscardedRow {
        file_hash: Hash::parse(&file_hash).map_err(|_| place.corrupt("file_hash"))?,
        owner: UserId::new(place.id("user_id", owner)?),
        counted,
        reason: Reason::parse(&reason).ok_or_else(|| place.corrupt("reason"))?,
        file,
    })
}

impl Store {
    /// Notes that a snapshot was put into the trash.
    pub async fn note_discarded(&self, row: DiscardedRow) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute(
                "INSERT OR REPLACE INTO discarded (file, file_hash, user_id, counted, reason)
                VALUES (:file, :file_hash, :user_id, :counted, :reason)",
                named_params! {
                    ":file": row.file,
                    ":file_hash": row.file_hash.to_string(),
                    ":user_id": row.owner.get(),
                    ":counted": row.counted,
                    ":reason": row.reason.as_str(),
                },
            )?;
            Ok(())
        })
        .await
    }

    /// All snapshots that were ever put into the trash.
    pub async fn discarded(&self) -> Result<Vec<DiscardedRow>, StoreError> {
        self.run(|connection| {
            let mut statement = connection.prepare("SELECT * FROM discarded ORDER BY file")?;
            let rows = statement.query_map([], raw)?;
            rows.map(|row| discarded(row?)).collect()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_put_into_the_trash_is_remembered() {
        let store = Store::in_memory();
        let row = DiscardedRow {
            file: "plexanibridge-hana.20261103212205.json.20261110010203".to_owned(),
            file_hash: Hash::of(b"file"),
            owner: UserId::new(4242),
            counted: -7,
            reason: Reason::Rules,
        };
        store.note_discarded(row.clone()).await.unwrap();
        store.note_discarded(row.clone()).await.unwrap();
        assert_eq!(store.discarded().await.unwrap(), [row]);
    }
}
