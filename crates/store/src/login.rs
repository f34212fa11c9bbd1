//! The password by which people come in, as a hash, and who is in.

use rusqlite::{OptionalExtension as _, Row, named_params};
use time::OffsetDateTime;

use crate::row::{Place, to_millis};
use crate::store::{Failed, Store, StoreError};

/// Somebody who is logged in somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Its name: not a secret.
    pub id: String,
    /// When they came in.
    pub created_at: OffsetDateTime,
    /// When it was last used, to the minute.
    pub used_at: OffsetDateTime,
    /// What their browser calls itself.
    pub agent: String,
    /// Where they came from.
    pub address: String,
}

impl Store {
    /// The hash of the password; nothing as long as nobody has set one.
    pub async fn password(&self) -> Result<Option<String>, StoreError> {
        self.run(|connection| {
            let mut statement = connection.prepare_cached("SELECT password FROM login")?;
            Ok(statement.query_row([], |row| row.get(0)).optional()?)
        })
        .await
    }

    /// Sets the first password; says whether it was the first. Of two at once one wins.
    pub async fn claim(&self, password: String, at: OffsetDateTime) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let added = connection.execute(
                "INSERT OR IGNORE INTO login (only_one, password, set_at)
                VALUES (1, :password, :set_at)",
                named_params! { ":password": password, ":set_at": to_millis(at) },
            )?;
            Ok(added == 1)
        })
        .await
    }

    /// Sets the password, whatever it was, and ends all sessions but one.
    pub async fn set_password(
        &self,
        password: String,
        at: OffsetDateTime,
        keep: Option<String>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute(
                "INSERT INTO login (only_one, password, set_at) VALUES (1, :password, :set_at)
                ON CONFLICT DO UPDATE SET password = :password, set_at = :set_at",
                named_params! { ":password": password, ":set_at": to_millis(at) },
            )?;
            transaction.execute(
                "DELETE FROM session WHERE id IS NOT :keep",
                named_params! { ":keep": keep },
            )?;
            Ok(transaction.commit()?)
        })
        .await
    }

    /// Notes that somebody is in, and forgets who has not been here since a moment.
    pub async fn add_session(
        &self,
        session: SessionRow,
        hash: String,
        stale: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute(
                "DELETE FROM session WHERE used_at < :stale",
                named_params! { ":stale": to_millis(stale) },
            )?;
            transaction.execute(
                "INSERT INTO session (id, hash, created_at, used_at, agent, address)
                VALUES (:id, :hash, :created_at, :used_at, :agent, :address)",
                named_params! {
                    ":id": session.id,
                    ":hash": hash,
                    ":created_at": to_millis(session.created_at),
                    ":used_at": to_millis(session.used_at),
                    ":agent": session.agent,
                    ":address": session.address,
                },
            )?;
            Ok(transaction.commit()?)
        })
        .await
    }

    /// The session of this name, with the hash of its secret.
    pub async fn session(&self, id: String) -> Result<Option<(SessionRow, String)>, StoreError> {
        self.run(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM session WHERE id = :id")?;
            let found = statement.query_row(named_params! { ":id": id }, raw);
            found.optional()?.map(session).transpose()
        })
        .await
    }

    /// Everybody who is in, who came last first.
    pub async fn sessions(&self) -> Result<Vec<SessionRow>, StoreError> {
        self.run(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM session ORDER BY used_at DESC, id")?;
            let rows = statement.query_map([], raw)?;
            rows.map(|row| Ok(session(row?)?.0)).collect()
        })
        .await
    }

    /// Notes that a session was used.
    pub async fn note_session_use(&self, id: String, at: OffsetDateTime) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute(
                "UPDATE session SET used_at = :at WHERE id = :id",
                named_params! { ":at": to_millis(at), ":id": id },
            )?;
            Ok(())
        })
        .await
    }

    /// Ends a session; says whether there was one.
    pub async fn end_session(&self, id: String) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let ended = connection.execute(
                "DELETE FROM session WHERE id = :id",
                named_params! { ":id": id },
            )?;
            Ok(ended == 1)
        })
        .await
    }
}

struct Raw {
    id: String,
    hash: String,
    created_at: i64,
    used_at: i64,
    agent: String,
    address: String,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        id: row.get("id")?,
        hash: row.get("hash")?,
        created_at: row.get("created_at")?,
        used_at: row.get("used_at")?,
        agent: row.get("agent")?,
        address: row.get("address")?,
    })
}

fn session(raw: Raw) -> Result<(SessionRow, String), Failed> {
    let place = Place {
        table: "session",
        row: &raw.id,
    };
    let created_at = place.instant("created_at", raw.created_at)?;
    let used_at = place.instant("used_at", raw.used_at)?;
    let row = SessionRow {
        id: raw.id,
        created_at,
        used_at,
        agent: raw.agent,
        address: raw.address,
    };
    Ok((row, raw.hash))
}
