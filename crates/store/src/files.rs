//! What the catalogue knows of the files in the folder, as little of it as a look at the folder needs.

use anirewind_backup::Mark;
use anirewind_model::{Account, UserId};
use time::OffsetDateTime;

use crate::row::Place;
use crate::snapshots::mark;
use crate::store::{Store, StoreError};

/// A file of the folder as the catalogue knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Its name.
    pub file: String,
    /// Its length in bytes.
    pub size: u64,
    /// Whether something is wrong with it.
    pub is_damaged: bool,
    /// What people say about its snapshot, if anything.
    pub mark: Option<Box<Mark>>,
}

impl Store {
    /// All files that are catalogued, by name.
    pub async fn files(&self) -> Result<Vec<FileRow>, StoreError> {
        self.run(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT file, size, damage IS NOT NULL, mark FROM snapshot ORDER BY file",
            )?;
            let mut rows = statement.query([])?;
            let mut files = Vec::new();
            while let Some(row) = rows.next()? {
                let file: String = row.get(0)?;
                let place = Place {
                    table: "snapshot",
                    row: &file,
                };
                let size = u64::try_from(row.get::<_, i64>(1)?);
                let said = mark(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?);
                let said = said.ok_or_else(|| place.corrupt("mark"))?;
                files.push(FileRow {
                    size: size.map_err(|_| place.corrupt("size"))?,
                    is_damaged: row.get(2)?,
                    mark: (said != Mark::default()).then(|| Box::new(said)),
                    file,
                });
            }
            Ok(files)
        })
        .await
    }

    /// Everybody of whom there are snapshots, by the name in the newest of them, and when that was taken.
    pub async fn owners(&self) -> Result<Vec<(Account, OffsetDateTime)>, StoreError> {
        self.ask("owners".to_owned(), |connection| {
            // With max() in it, the other columns are those of the row that has it.
            let mut statement = connection.prepare_cached(
                "SELECT user_id, user_name, created_at, max(position) FROM snapshot
                GROUP BY user_id
                ORDER BY user_id",
            )?;
            let cells = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            let rows = statement.query_map([], cells)?;
            let owner = |row: rusqlite::Result<(i64, String, i64)>| {
                let (id, name, created_at) = row?;
                let place = Place {
                    table: "snapshot",
                    row: &name,
                };
                let id = UserId::new(place.id("user_id", id)?);
                let created_at = place.instant("created_at", created_at)?;
                Ok((Account { id, name }, created_at))
            };
            rows.map(owner).collect()
        })
        .await
    }
}
