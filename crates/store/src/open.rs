//! Opening the catalogue: which SQLite, which file, which version of it.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite_migration::{M, Migrations, SchemaVersion};
use thiserror::Error;

/// Marks a file as ours: `AnRw` in ASCII.
const APPLICATION_ID: i32 = 0x416e_5277;
/// SQLite up to 3.51.2 can corrupt a file that two processes write to; we are two processes.
const OLDEST_SQLITE: i32 = 3_051_003;

const STEPS: &[M<'_>] = &[
    M::up(include_str!("migrations/0001_catalogue.sql")),
    M::up(include_str!("migrations/0002_curation.sql")),
    M::up(include_str!("migrations/0003_timeline.sql")),
    M::up(include_str!("migrations/0004_plans.sql")),
    M::up(include_str!("migrations/0005_keys.sql")),
    M::up(include_str!("migrations/0006_login.sql")),
    M::up(include_str!("migrations/0007_style.sql")),
    M::up(include_str!("migrations/0008_notices.sql")),
    M::up(include_str!("migrations/0009_whole.sql")),
    M::up(include_str!("migrations/0010_public.sql")),
    M::up(include_str!("migrations/0011_moments.sql")),
    M::up(include_str!("migrations/0012_bad_ends.sql")),
    M::up(include_str!("migrations/0013_sorts.sql")),
    M::up(include_str!("migrations/0014_places.sql")),
];
const MIGRATIONS: Migrations<'_> = Migrations::from_slice(STEPS);

/// The catalogue cannot be opened. It was not changed, and never is made anew by itself.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The SQLite that was linked in is one that can lose data.
    #[error("SQLite {found} was linked in, which can corrupt a file that two programs use")]
    OldSqlite {
        /// Its version.
        found: &'static str,
    },
    /// The file or its folder cannot be made.
    #[error("cannot make {}", path.display())]
    Make {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file belongs to another program.
    #[error("{} is a database of another program", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a later version.
    #[error("{} was written by a later version of AniRewind", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
    },
    /// The file system does not allow what keeps the file safe.
    #[error("{} cannot use write-ahead logging here (got `{mode}`)", path.display())]
    NoWal {
        /// The file.
        path: PathBuf,
        /// What SQLite used instead.
        mode: String,
    },
    /// SQLite refused.
    #[error("cannot open {}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The tables could not be brought up to date. They are as they were.
    #[error("cannot bring {} up to date", path.display())]
    Migrate {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: rusqlite_migration::Error,
    },
}

/// Opens the catalogue, making it if there is none.
pub(crate) fn open(path: &Path) -> Result<Connection, OpenError> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(OpenError::OldSqlite {
            found: rusqlite::version(),
        });
    }
    make_private(path)?;
    // Two programs that start at once on a new folder would both set the file up.
    let lock = path.with_extension("lock");
    let guard = private_file(&lock).and_then(|file| file.lock().map(|()| file));
    let _guard = guard.map_err(|source| OpenError::Make { path: lock, source })?;
    let sqlite = |source| OpenError::Sqlite {
        path: path.to_owned(),
        source,
    };
    let mut connection = Connection::open(path).map_err(sqlite)?;
    set_up(&connection, path)?;
    let migrated = MIGRATIONS.to_latest(&mut connection);
    migrated.map_err(|source| OpenError::Migrate {
        path: path.to_owned(),
        source,
    })?;
    Ok(connection)
}

/// A catalogue that lives in memory alone, for tests.
#[cfg(test)]
pub(crate) fn open_in_memory() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    MIGRATIONS.to_latest(&mut connection).unwrap();
    connection
}

fn set_up(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let sqlite = |source| OpenError::Sqlite {
        path: path.to_owned(),
        source,
    };
    let pragma =
        |name: &str, value: &str| connection.pragma_update(None, name, value).map_err(sqlite);
    // What is refused is left as it is, and not even what was written last is moved from its log into it.
    let keep_log = |keep| {
        let set = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep);
        set.map_err(sqlite)
    };
    keep_log(true)?;
    connection
        .busy_timeout(std::time::Duration::from_secs(5))
        .map_err(sqlite)?;
    let id: i32 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(sqlite)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(sqlite)?;
    match id {
        APPLICATION_ID => {}
        0 if tables == 0 => pragma("application_id", &APPLICATION_ID.to_string())?,
        _ => {
            return Err(OpenError::Foreign {
                path: path.to_owned(),
            });
        }
    }
    let version = MIGRATIONS.current_version(connection);
    let version = version.map_err(|source| OpenError::Migrate {
        path: path.to_owned(),
        source,
    })?;
    if matches!(version, SchemaVersion::Outside(_)) {
        return Err(OpenError::TooNew {
            path: path.to_owned(),
        });
    }
    keep_log(false)?;
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(sqlite)?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(OpenError::NoWal {
            path: path.to_owned(),
            mode,
        });
    }
    // FULL: a commit that was reported survives a loss of power.
    // A statement that was made is used again whatever is asked by it: the indexes to use are said where it matters.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(sqlite)?;
    pragma("synchronous", "FULL")?;
    pragma("foreign_keys", "ON")?;
    pragma("trusted_schema", "OFF")?;
    // In kilobytes; half of what SQLite takes by itself. What it has read is in the system's memory as well.
    pragma("cache_size", "-1000")?;
    pragma("cell_size_check", "ON")
}

/// Makes the folder and an empty file that only their owner can read.
fn make_private(path: &Path) -> Result<(), OpenError> {
    let failed = |path: &Path, source| OpenError::Make {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(folder)
            .map_err(|source| failed(folder, source))?;
    }
    private_file(path)
        .map(|_| ())
        .map_err(|source| failed(path, source))
}

fn private_file(path: &Path) -> io::Result<fs::File> {
    // Asked before opening: a pipe in place of a file would hold us for ever.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "this is not a file",
        ));
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linked_sqlite_is_one_that_does_not_lose_data() {
        assert!(
            rusqlite::version_number() >= OLDEST_SQLITE,
            "{}",
            rusqlite::version()
        );
    }

    #[test]
    fn the_migrations_are_sound() {
        MIGRATIONS.validate().unwrap();
    }

    #[test]
    fn a_file_of_another_program_is_refused_and_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("anirewind.db");
        let theirs = Connection::open(&path).unwrap();
        theirs.execute_batch("CREATE TABLE theirs (x)").unwrap();
        drop(theirs);
        let before = fs::read(&path).unwrap();
        assert!(matches!(open(&path), Err(OpenError::Foreign { .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn junk_and_later_versions_are_refused() {
        let place = tempfile::tempdir().unwrap();
        let junk = place.path().join("junk.db");
        fs::write(&junk, vec![7; 4096]).unwrap();
        assert!(matches!(open(&junk), Err(OpenError::Sqlite { .. })));
        let later = place.path().join("later.db");
        open(&later)
            .unwrap()
            .pragma_update(None, "user_version", 999)
            .unwrap();
        assert!(matches!(open(&later), Err(OpenError::TooNew { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;

        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("data/anirewind.db");
        open(&path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }
}
