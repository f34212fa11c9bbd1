//! Keys by which programs talk to the server: their hashes, never the keys.

use rusqlite::{OptionalExtension as _, Row, named_params};
use time::OffsetDateTime;

use crate::row::{Place, to_millis};
use crate::store::{Failed, Store, StoreError};

/// A key by which a program talks to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// What it is called.
    pub name: String,
    /// Whether it may write, or only read.
    pub may_write: bool,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it was last used, to the hour.
    pub used_at: Option<OffsetDateTime>,
}

impl Store {
    /// Notes a key by its hash; not when there is one of that name.
    pub async fn add_key(&self, key: KeyRow, hash: String) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let added = connection.execute(
                "INSERT OR IGNORE INTO api_key (name, hash, may_write, created_at)
                VALUES (:name, :hash, :may_write, :created_at)",
                named_params! {
                    ":name": key.name,
                    ":hash": hash,
                    ":may_write": key.may_write,
                    ":created_at": to_millis(key.created_at),
                },
            )?;
            Ok(added == 1)
        })
        .await
    }

    /// Forgets a key; says whether there was one of that name.
    pub async fn remove_key(&self, name: String) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let removed = connection.execute(
                "DELETE FROM api_key WHERE name = :name",
                named_params! { ":name": name },
            )?;
            Ok(removed == 1)
        })
        .await
    }

    /// All keys, by name.
    pub async fn keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        self.run(|connection| {
            let mut statement = connection.prepare_cached("SELECT * FROM api_key ORDER BY name")?;
            let rows = statement.query_map([], raw)?;
            rows.map(|row| key(row?)).collect()
        })
        .await
    }

    /// The key with this hash.
    pub async fn key(&self, hash: String) -> Result<Option<KeyRow>, StoreError> {
        self.run(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM api_key WHERE hash = :hash")?;
            let found = statement.query_row(named_params! { ":hash": hash }, raw);
            found.optional()?.map(key).transpose()
        })
        .await
    }

    /// Notes that a key was used.
    pub async fn note_key_use(&self, name: String, at: OffsetDateTime) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute(
                "UPDATE api_key SET used_at = :at WHERE name = :name",
                named_params! { ":at": to_millis(at), ":name": name },
            )?;
            Ok(())
        })
        .await
    }
}

struct Raw {
    name: String,
    may_write: bool,
    created_at: i64,
    used_at: Option<i64>,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        name: row.get("name")?,
        may_write: row.get("may_write")?,
        created_at: row.get("created_at")?,
        used_at: row.get("used_at")?,
    })
}

fn key(raw: Raw) -> Result<KeyRow, Failed> {
    let place = Place {
        table: "api_key",
        row: &raw.name,
    };
    let created_at = place.instant("created_at", raw.created_at)?;
    let used_at = raw.used_at.map(|at| place.instant("used_at", at));
    Ok(KeyRow {
        may_write: raw.may_write,
        created_at,
        used_at: used_at.transpose()?,
        name: raw.name,
    })
}
