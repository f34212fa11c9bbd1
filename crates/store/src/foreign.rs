//! The history that PlexAniBridge keeps in a SQLite file of its own. Only ever read.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use thiserror::Error;

/// One row of its `sync_history`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncHistoryRow {
    /// Its number there.
    pub id: i64,
    /// The profile it is of.
    pub profile: String,
    /// AniList's id of the title, when there is one.
    pub media: Option<u32>,
    /// What came of it, in its words.
    pub outcome: String,
    /// JSON of the entry before.
    pub before: Option<String>,
    /// JSON of the entry after.
    pub after: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// When, as it writes it: UTC, without saying so.
    pub timestamp: String,
}

/// The file could not be read. Nothing in it was changed.
#[derive(Debug, Error)]
pub enum ForeignError {
    /// The file is not there, or is no file.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not SQLite, or has no such table, or the table is longer than anybody's history.
    #[error("{} holds no history of PlexAniBridge", path.display())]
    NotAHistory {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

/// Longer is nobody's history.
const LONGEST: i64 = 200_000;

/// Reads the whole `sync_history` of a file, oldest first. Blocks.
pub fn read_sync_history(path: &Path) -> Result<Vec<SyncHistoryRow>, ForeignError> {
    let io = |source| ForeignError::Io {
        path: path.to_owned(),
        source,
    };
    let metadata = std::fs::metadata(path).map_err(io)?;
    if !metadata.is_file() {
        return Err(io(std::io::Error::other("this is not a file")));
    }
    let failed = |source| ForeignError::NotAHistory {
        path: path.to_owned(),
        source,
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection
        .busy_timeout(std::time::Duration::from_secs(5))
        .map_err(failed)?;
    // It may be anybody's file: nothing that stands in it is carried out, no view and no column that is worked
    // out. So no row is larger than the file.
    connection
        .pragma_update(None, "trusted_schema", false)
        .map_err(failed)?;
    let is_plain: bool = connection
        .query_row(
            "SELECT
                EXISTS (
                    SELECT 1 FROM sqlite_schema
                    WHERE name = 'sync_history' AND type = 'table' AND sql LIKE 'CREATE TABLE%'
                )
                AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('sync_history') WHERE hidden <> 0)",
            [],
            |row| row.get(0),
        )
        .map_err(failed)?;
    if !is_plain {
        return Err(failed(rusqlite::Error::QueryReturnedNoRows));
    }
    let count: i64 = connection
        .query_row("SELECT count(*) FROM sync_history", [], |row| row.get(0))
        .map_err(failed)?;
    if count > LONGEST {
        return Err(failed(rusqlite::Error::QueryReturnedMoreThanOneRow));
    }
    let mut statement = connection
        .prepare(
            "SELECT
                id, profile_name, anilist_id, outcome, before_state, after_state, error_message,
                CAST(timestamp AS TEXT)
            FROM sync_history
            ORDER BY timestamp, id",
        )
        .map_err(failed)?;
    let rows = statement
        .query_map([], |row| {
            Ok(SyncHistoryRow {
                id: row.get(0)?,
                profile: row.get(1)?,
                media: row.get(2)?,
                outcome: row.get(3)?,
                before: row.get(4)?,
                after: row.get(5)?,
                error: row.get(6)?,
                timestamp: row.get(7)?,
            })
        })
        .map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_looks_like_a_history_is_not_carried_out() {
        let folder = tempfile::tempdir().unwrap();
        let made_up = [
            "CREATE TABLE sync_history (id INTEGER, profile_name TEXT, anilist_id INTEGER, outcome TEXT,
                before_state TEXT AS (hex(zeroblob(400000000))), after_state TEXT, error_message TEXT,
                timestamp TEXT);
            INSERT INTO sync_history (id, profile_name, outcome) VALUES (1, 'a', 'synced')",
            "CREATE TABLE sync_history (id INTEGER, profile_name TEXT, anilist_id INTEGER, outcome TEXT,
                before_state TEXT, after_state TEXT, error_message TEXT, timestamp TEXT);
            WITH RECURSIVE more(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM more WHERE id <= 200000)
            INSERT INTO sync_history (id, profile_name, outcome) SELECT id, 'a', 'synced' FROM more",
        ];
        for (number, made_up) in made_up.into_iter().enumerate() {
            let path = folder.path().join(number.to_string());
            let connection = Connection::open(&path).unwrap();
            connection.execute_batch(made_up).unwrap();
            drop(connection);
            let refused = read_sync_history(&path);
            assert!(matches!(refused, Err(ForeignError::NotAHistory { .. })));
        }
        let path = folder.path().join("endless.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch(
                "CREATE VIEW sync_history AS
                WITH RECURSIVE more(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM more)
                SELECT id, 'a' AS profile_name, 1 AS anilist_id, 'synced' AS outcome, '' AS before_state,
                    '' AS after_state, '' AS error_message, '' AS timestamp FROM more",
            )
            .unwrap();
        drop(connection);
        let refused = read_sync_history(&path);
        assert!(matches!(refused, Err(ForeignError::NotAHistory { .. })));
    }
}
