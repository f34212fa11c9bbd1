//! The folder of snapshots, and how a file gets into it whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anirewind_model::List;
use tempfile::NamedTempFile;
use thiserror::Error;
use time::OffsetDateTime;

use crate::file::{Damage, Draft, Snapshot, decode, decode_unproven, encode};
use crate::name::SnapshotName;
use crate::place::{Place, locate};
use crate::steps::{Step, Steps};

/// Larger files are not read: no list comes near it.
const LARGEST_FILE: u64 = 128 * 1024 * 1024;
/// A name may say a moment that is so many seconds after that of its snapshot, where the ones before are taken.
/// So many snapshots in so short a time nobody takes; past it the folder is given up on.
pub const LATEST_NAME: i64 = 3_600;
const TEMPORARY: &str = ".anirewind-";

/// A folder of snapshot files.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    prefix: String,
    steps: Steps,
}

/// A snapshot that is on the disk and was read back.
#[derive(Debug, Clone)]
pub struct Written {
    /// What the file is called.
    pub name: SnapshotName,
    /// How long it is, in bytes.
    pub size: u64,
    /// What reading it back gave.
    pub snapshot: Snapshot,
}

/// A snapshot could not be written. Unless it says so nothing was left behind, and nothing else was
/// touched.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The folder is not there and cannot be made.
    #[error("cannot make the folder {}", path.display())]
    MakeFolder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder takes no file, or the disk no bytes.
    #[error("cannot write into {}", path.display())]
    Write {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The list could not be put into JSON.
    #[error("cannot put the list into JSON")]
    Encode {
        /// Why.
        source: serde_json::Error,
    },
    /// What was read back is not what was written.
    #[error("what was read back from {} is not what was written", path.display())]
    ReadBack {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it, where that can be said.
        source: Option<Damage>,
    },
    /// The file is there and whole, but a loss of power could still take it back.
    #[error("cannot make sure that {} survives a loss of power", path.display())]
    NotSynced {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Every name for the next hour is taken.
    #[error("{} already holds a snapshot for each second around now", path.display())]
    NoName {
        /// The folder.
        path: PathBuf,
    },
}

/// A snapshot could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The file is not there, is no file, or the system does not let us.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is larger than any snapshot.
    #[error("{} is {size} bytes long, too large for a snapshot", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        size: u64,
    },
    /// The file cannot be trusted.
    #[error("{} is damaged{}", path.display(), place.map(|place| format!(" {place}")).unwrap_or_default())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where, when that can be told.
        place: Option<Place>,
        /// What is wrong.
        source: Damage,
    },
}

impl ReadError {
    /// Why a file that may be anything is not taken, in plain words, and what only the parser says of it.
    pub fn plainly(&self) -> (String, Option<String>) {
        match self {
            Self::Io { source, .. } => (format!("{self}: {source}"), None),
            Self::TooLarge { .. } => (self.to_string(), None),
            Self::Damaged {
                path,
                place: None,
                source,
            } => {
                let (problem, technical) = source.plainly();
                let problem = format!("{} {problem}", path.display());
                (problem, technical.map(str::to_owned))
            }
            // It is one of ours.
            Self::Damaged { source, .. } => match source.plainly() {
                (_, Some(technical)) => (self.to_string(), Some(technical.to_owned())),
                (_, None) => (format!("{self}: {source}"), None),
            },
        }
    }
}

impl Folder {
    /// The folder at this path, which need not exist yet, with files of this prefix.
    pub fn new(path: impl Into<PathBuf>, prefix: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            prefix: prefix.into(),
            steps: Steps::default(),
        }
    }

    /// The same folder, with somebody who is asked before each effect on the disk.
    #[must_use]
    pub fn with_steps(self, steps: Steps) -> Self {
        Self { steps, ..self }
    }

    /// Who is asked before each effect on the disk.
    pub fn steps(&self) -> &Steps {
        &self.steps
    }

    /// The name of a file, if it is one that a snapshot here can have.
    pub fn name_of(&self, file: &str) -> Option<SnapshotName> {
        SnapshotName::parse(&self.prefix, file)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a snapshot of it is.
    pub fn path_of(&self, name: &SnapshotName) -> PathBuf {
        self.path.join(name.to_string())
    }

    /// Names of all snapshots, oldest first. A folder that is not there holds none.
    ///
    /// Only names are looked at; whatever else lies in the folder is left alone.
    pub fn names(&self) -> Result<Vec<SnapshotName>, ReadError> {
        let failed = |source| ReadError::Io {
            path: self.path.clone(),
            source,
        };
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            names.extend(name.to_str().and_then(|name| self.name_of(name)));
        }
        names.sort_by(|a, b| (a.at(), a.user()).cmp(&(b.at(), b.user())));
        Ok(names)
    }

    /// Reads a snapshot and proves it.
    pub fn read(&self, name: &SnapshotName) -> Result<Snapshot, ReadError> {
        Self::read_path(&self.path_of(name)).map(|(snapshot, _)| snapshot)
    }

    /// Reads and proves a snapshot wherever it lies, with its size in bytes.
    pub fn read_path(path: &Path) -> Result<(Snapshot, u64), ReadError> {
        let bytes = Self::read_bytes(path)?;
        match decode(&bytes) {
            Ok(snapshot) => Ok((snapshot, bytes.len() as u64)),
            Err(source) => Err(ReadError::Damaged {
                path: path.to_owned(),
                place: locate(&bytes),
                source,
            }),
        }
    }

    /// Reads what a damaged file still says. It is there to be looked at and proves nothing.
    pub fn read_unproven(path: &Path) -> Result<List, ReadError> {
        let bytes = Self::read_as_it_is(path, false)?;
        decode_unproven(&bytes).map_err(|source| ReadError::Damaged {
            path: path.to_owned(),
            place: locate(&bytes),
            source,
        })
    }

    /// The bytes of a file of the folder whatever they are, to look at and for nothing else. What a link leads to is
    /// somewhere else, and only where it was proven is it known to be a snapshot.
    pub fn read_as_it_is(path: &Path, is_proven: bool) -> Result<Vec<u8>, ReadError> {
        let failed = |source| ReadError::Io {
            path: path.to_owned(),
            source,
        };
        let metadata = fs::symlink_metadata(path).map_err(failed)?;
        if metadata.is_symlink() && !is_proven {
            let problem = "this is a link to somewhere else";
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, problem)));
        }
        Self::read_bytes(path)
    }

    pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, ReadError> {
        let failed = |source| ReadError::Io {
            path: path.to_owned(),
            source,
        };
        // Asked before opening: a pipe in place of a file would hold us for ever.
        let metadata = fs::metadata(path).map_err(failed)?;
        if !metadata.is_file() {
            return Err(failed(io::Error::new(
                io::ErrorKind::InvalidInput,
                "this is not a file",
            )));
        }
        if metadata.len() > LARGEST_FILE {
            return Err(ReadError::TooLarge {
                path: path.to_owned(),
                size: metadata.len(),
            });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
        let file = File::open(path).map_err(failed)?;
        file.take(LARGEST_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(ReadError::TooLarge {
                path: path.to_owned(),
                size: bytes.len() as u64,
            });
        }
        Ok(bytes)
    }

    /// Writes a snapshot: into a temporary file here, synced, read back and compared, renamed
    /// without replacing anything, the folder synced.
    ///
    /// Killed at any moment there is the whole file or none; what may stay behind is a temporary
    /// file that no reader looks at and [`Folder::sweep`] removes.
    pub fn write(&self, draft: &Draft<'_>) -> Result<Written, WriteError> {
        let bytes = encode(draft).map_err(|source| WriteError::Encode { source })?;
        self.write_bytes(bytes, &draft.list.owner.name, draft.created_at)
    }

    /// Writes what is a snapshot already, byte for byte, in the same way.
    pub fn write_bytes(
        &self,
        bytes: Vec<u8>,
        user: &str,
        at: OffsetDateTime,
    ) -> Result<Written, WriteError> {
        self.make()?;
        let file = self
            .write_temporary(&bytes)
            .map_err(|source| self.cannot_write(source))?;
        let size = bytes.len() as u64;
        let snapshot = self.read_back(file.path(), bytes)?;
        let name = self.give_name(file, user, at)?;
        let path = self.path_of(&name);
        self.sync()
            .map_err(|source| WriteError::NotSynced { path, source })?;
        Ok(Written {
            name,
            size,
            snapshot,
        })
    }

    /// Writes bytes into a temporary file here that survives a loss of power.
    pub(crate) fn write_temporary(&self, bytes: &[u8]) -> io::Result<NamedTempFile> {
        self.steps.before(Step::MakeFile)?;
        // Created with mode 0600.
        let mut file = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .suffix(".tmp")
            .tempfile_in(&self.path)?;
        self.steps.before(Step::Write)?;
        file.write_all(bytes)?;
        self.steps.before(Step::SyncFile)?;
        file.as_file().sync_all()?;
        Ok(file)
    }

    fn cannot_write(&self, source: io::Error) -> WriteError {
        WriteError::Write {
            path: self.path.clone(),
            source,
        }
    }

    /// Removes temporary files that a killed process left behind more than an hour before `now`.
    pub fn sweep(&self, now: std::time::SystemTime) -> io::Result<usize> {
        const LONG_AGO: std::time::Duration = std::time::Duration::from_hours(1);
        let mut removed = 0;
        if !self.path.exists() {
            return Ok(0);
        }
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let is_ours = entry.file_name().to_str().is_some_and(|name| {
                name.starts_with(TEMPORARY)
                    && Path::new(name).extension().is_some_and(|e| e == "tmp")
            });
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let is_old =
                modified.is_ok_and(|at| now.duration_since(at).is_ok_and(|age| age > LONG_AGO));
            if is_ours && is_old && fs::remove_file(entry.path()).is_ok() {
                removed += 1;
            }
        }
        Ok(removed)
    }

    fn make(&self) -> Result<(), WriteError> {
        let failed = |source| WriteError::MakeFolder {
            path: self.path.clone(),
            source,
        };
        self.steps.before(Step::MakeFolder).map_err(failed)?;
        self.make_folder(&self.path).map_err(failed)
    }

    #[expect(clippy::unused_self, reason = "what is made belongs to this folder")]
    pub(crate) fn make_folder(&self, path: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)
    }

    fn read_back(&self, path: &Path, written: Vec<u8>) -> Result<Snapshot, WriteError> {
        let differs = |source| WriteError::ReadBack {
            path: self.path.clone(),
            source,
        };
        self.steps
            .before(Step::ReadBack)
            .map_err(|_| differs(None))?;
        let read = Self::read_bytes(path).map_err(|_| differs(None))?;
        if read != written {
            return Err(differs(None));
        }
        // A large list is large twice over otherwise.
        drop(written);
        decode(&read).map_err(|damage| differs(Some(damage)))
    }

    /// Gives the file its name, or, where that is taken, the next second that is free.
    fn give_name(
        &self,
        mut file: NamedTempFile,
        user: &str,
        at: OffsetDateTime,
    ) -> Result<SnapshotName, WriteError> {
        let mut name = SnapshotName::new(&self.prefix, user, at);
        self.steps
            .before(Step::Name)
            .map_err(|source| self.cannot_write(source))?;
        for _ in 0..LATEST_NAME {
            match file.persist_noclobber(self.path_of(&name)) {
                Ok(_) => return Ok(name),
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                    file = error.file;
                    name = name.a_second_later();
                }
                Err(error) => return Err(self.cannot_write(error.error)),
            }
        }
        Err(WriteError::NoName {
            path: self.path.clone(),
        })
    }

    /// Makes sure that the names here survive a loss of power, not only the bytes.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.sync_folder(&self.path)
    }

    pub(crate) fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.steps.before(Step::SyncFolder)?;
        #[cfg(unix)]
        File::open(path)?.sync_all()?;
        #[cfg(not(unix))]
        let _ = path;
        Ok(())
    }
}
