//! The handle on the catalogue.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anirewind_backup::{Step, Steps};
use rusqlite::Connection;
use thiserror::Error;

use crate::open::{self, OpenError};

/// The catalogue. Clones share it.
///
/// SQLite blocks; every call runs where blocking is allowed, so none holds up the others.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    connection: Mutex<Connection>,
    answers: Mutex<Answers>,
    steps: Steps,
}

/// So many answers are kept.
const ANSWERS: usize = 256;

/// What was worked out, and holds for as long as nobody writes.
#[derive(Default)]
struct Answers {
    /// What the catalogue was then.
    version: Version,
    known: HashMap<String, Box<dyn Any + Send>>,
}

/// Which catalogue it is: what others have written, and what we have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version(i64, u64);

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers")
            .field("version", &self.version)
            .field("known", &self.known.len())
            .finish()
    }
}

/// The catalogue could not be read or written. What was in it before still is.
#[derive(Debug, Error)]
pub enum StoreError {
    /// SQLite refused.
    #[error("the catalogue {} failed", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The disk refused.
    #[error("the catalogue {} cannot be written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A row holds what no version of this program writes.
    #[error("row `{row}` of table {table} has no valid {column}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The key of the row.
        row: String,
    },
    /// The program is stopping.
    #[error("the catalogue was closed in the middle of a call")]
    Closed,
}

impl Store {
    /// Opens the catalogue at this path, making it if there is none. Blocks.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_watched(path, Steps::default())
    }

    /// The same, with somebody who is asked before each write. Blocks.
    pub fn open_watched(path: &Path, steps: Steps) -> Result<Self, OpenError> {
        let connection = Mutex::new(open::open(path)?);
        Ok(Self {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                connection,
                answers: Mutex::default(),
                steps,
            }),
        })
    }

    #[cfg(test)]
    pub(crate) fn in_memory() -> Self {
        let connection = Mutex::new(open::open_in_memory());
        Self {
            inner: Arc::new(Inner {
                path: PathBuf::from(":memory:"),
                connection,
                answers: Mutex::default(),
                steps: Steps::default(),
            }),
        }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Lets SQLite check the file; what it finds, or nothing.
    pub async fn check(&self) -> Result<Option<String>, StoreError> {
        self.run(|connection| {
            let found: String =
                connection.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
            Ok((found != "ok").then_some(found))
        })
        .await
    }

    /// Which form the file has; it is brought to the newest when it is opened.
    pub async fn schema_version(&self) -> Result<i64, StoreError> {
        self.run(|connection| {
            Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
        })
        .await
    }

    /// Runs a piece of work that writes.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, StoreError> {
        let allowed = self.inner.steps.before(Step::Catalogue);
        allowed.map_err(|source| StoreError::Io {
            path: self.inner.path.clone(),
            source,
        })?;
        self.run(work).await
    }

    /// Runs a piece of work that only reads, unless the same was asked before and nobody, in this process
    /// or another, has written since. The question names the work and all that it depends on.
    pub(crate) async fn ask<T: Clone + Send + 'static>(
        &self,
        question: String,
        work: impl FnOnce(&mut Connection) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        self.run(move |connection| {
            let version = version(connection)?;
            let mut answers = inner.answers.lock().unwrap_or_else(PoisonError::into_inner);
            if answers.version != version || answers.known.len() >= ANSWERS {
                answers.version = version;
                answers.known.clear();
            }
            let known = answers.known.get(&question);
            if let Some(known) = known.and_then(|known| known.downcast_ref::<T>()) {
                return Ok(known.clone());
            }
            let answer = work(connection)?;
            answers.known.insert(question, Box::new(answer.clone()));
            Ok(answer)
        })
        .await
    }

    /// Another one whenever somebody, in this process or another, has written.
    pub async fn version(&self) -> Result<Version, StoreError> {
        self.run(|connection| Ok(version(connection)?)).await
    }

    /// Runs a piece of work on the connection, off the threads that serve everybody.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || {
            let mut connection = inner
                .connection
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            work(&mut connection).map_err(|failed| match failed {
                Failed::Sqlite(source) => StoreError::Sqlite {
                    path: inner.path.clone(),
                    source,
                },
                Failed::Corrupt { table, column, row } => {
                    StoreError::Corrupt { table, column, row }
                }
            })
        });
        done.await.map_err(|_| StoreError::Closed)?
    }
}

fn version(connection: &Connection) -> rusqlite::Result<Version> {
    let others: i64 = connection
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))?;
    Ok(Version(others, connection.total_changes()))
}

/// The version of the SQLite that was linked in.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// What a piece of work can end with.
#[derive(Debug)]
pub(crate) enum Failed {
    Sqlite(rusqlite::Error),
    Corrupt {
        table: &'static str,
        column: &'static str,
        row: String,
    },
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}
