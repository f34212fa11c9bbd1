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
    // It may be anybody's file: nothing that stands in it is carried out.
    connection
        .pragma_update(None, "trusted_schema", false)
        .map_err(failed)?;
    let is_table = connection
        .prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sync_history' AND type = 'table'")
        .and_then(|mut statement| statement.exists([]))
        .map_err(failed)?;
    if !is_table {
        return Err(failed(rusqlite::Error::QueryReturnedNoRows));
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
