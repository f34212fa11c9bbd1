//! Snapshots that are to go wait in `trash/` for a while, and can be brought back until then.
//!
//! A file in there is called as it was, with the instant at which it was put there after it. Moving
//! is one rename: killed at any moment it is in one place or the other.

use std::fs;
use std::io;
use std::path::PathBuf;

use tempfile::TempPath;
use thiserror::Error;
use time::OffsetDateTime;

use crate::folder::{Folder, ReadError};
use crate::name::{SnapshotName, format_stamp, parse_stamp};
use crate::steps::Step;

const TRASH: &str = "trash";

/// A snapshot in the trash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Discarded {
    /// What it was called.
    pub name: SnapshotName,
    /// When it was put there.
    pub at: OffsetDateTime,
}

/// A snapshot could not be moved or removed. It is where it was.
#[derive(Debug, Error)]
pub enum TrashError {
    /// There is a file of that name.
    #[error("{} is already there", path.display())]
    Taken {
        /// The file in the way.
        path: PathBuf,
    },
    /// It is not there.
    #[error("{} is not there", path.display())]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// The system did not let us.
    #[error("cannot move or remove {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Discarded {
    /// What it is called in the trash.
    pub fn file(&self) -> String {
        format!("{}.{}", self.name, format_stamp(self.at))
    }
}

impl Folder {
    /// Puts a snapshot into the trash.
    pub fn discard(
        &self,
        name: &SnapshotName,
        at: OffsetDateTime,
    ) -> Result<Discarded, TrashError> {
        let from = self.path_of(name);
        let trash = self.trash();
        let failed = |source| TrashError::Io {
            path: from.clone(),
            source,
        };
        // A folder that is not mounted is not made anew for the sake of its trash.
        if !from.exists() {
            return Err(TrashError::Gone { path: from });
        }
        self.steps().before(Step::MakeFolder).map_err(failed)?;
        self.make_folder(&trash).map_err(failed)?;
        let discarded = Discarded {
            name: name.clone(),
            at,
        };
        self.steps().before(Step::Discard).map_err(failed)?;
        move_file(from.clone(), trash.join(discarded.file()))?;
        self.sync().map_err(failed)?;
        self.sync_folder(&trash).map_err(failed)?;
        Ok(discarded)
    }

    /// What is in the trash, oldest first.
    pub fn discarded(&self) -> Result<Vec<Discarded>, ReadError> {
        let path = self.trash();
        let failed = |source| ReadError::Io {
            path: path.clone(),
            source,
        };
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let file = entry.map_err(failed)?.file_name();
            found.extend(file.to_str().and_then(|file| self.parse_discarded(file)));
        }
        found.sort();
        Ok(found)
    }

    /// Where a snapshot in the trash is.
    pub fn path_of_discarded(&self, discarded: &Discarded) -> PathBuf {
        self.trash().join(discarded.file())
    }

    /// Brings a snapshot back from the trash.
    pub fn bring_back(&self, discarded: &Discarded) -> Result<(), TrashError> {
        let from = self.path_of_discarded(discarded);
        let failed = |source| TrashError::Io {
            path: from.clone(),
            source,
        };
        self.steps().before(Step::BringBack).map_err(failed)?;
        move_file(from.clone(), self.path_of(&discarded.name))?;
        self.sync().map_err(failed)?;
        self.sync_folder(&self.trash()).map_err(failed)
    }

    /// Removes a snapshot in the trash for good, and its mark unless a file of its name is back.
    pub fn remove(&self, discarded: &Discarded) -> Result<(), TrashError> {
        let path = self.path_of_discarded(discarded);
        let failed = |source| TrashError::Io {
            path: path.clone(),
            source,
        };
        self.steps().before(Step::Remove).map_err(failed)?;
        fs::remove_file(&path).map_err(failed)?;
        if !self.path_of(&discarded.name).exists() {
            let emptied = self.put_mark(&discarded.name, &crate::mark::Mark::default());
            emptied.map_err(|error| failed(io::Error::other(error)))?;
        }
        Ok(())
    }

    fn trash(&self) -> PathBuf {
        self.path().join(TRASH)
    }

    fn parse_discarded(&self, file: &str) -> Option<Discarded> {
        let (name, stamp) = file.rsplit_once('.')?;
        Some(Discarded {
            name: self.name_of(name)?,
            at: parse_stamp(stamp)?,
        })
    }
}

/// Renames without ever replacing a file.
fn move_file(from: PathBuf, to: PathBuf) -> Result<(), TrashError> {
    if !from.exists() {
        return Err(TrashError::Gone { path: from });
    }
    let failed = |source| TrashError::Io {
        path: from.clone(),
        source,
    };
    let mut file = TempPath::try_from_path(&from).map_err(failed)?;
    // Only its way of renaming is wanted, never that it removes what it holds.
    file.disable_cleanup(true);
    match file.persist_noclobber(&to) {
        Ok(()) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            Err(TrashError::Taken { path: to })
        }
        Err(error) => Err(failed(error.error)),
    }
}
