//! Bringing in files of other tools, of other machines, and of AniList itself.
//!
//! First what was recognised is said; only then is it taken, byte for byte where it can be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anirewind_backup::{
    Draft, Folder, Form, Hash, Keep, Kind, Mark, ReadError, SnapshotName, WriteError, recognise,
};
use anirewind_model::{Account, Counts, EntryField, MediaType, UserId};
use anirewind_store::{SnapshotRow, StoreError};
use thiserror::Error;
use time::OffsetDateTime;

use crate::app::App;
use crate::attempts::MissingFolder;
use crate::explain::{Code, Explain};
use crate::find::BrowseError;

/// Folders within folders are followed this far down.
const DEEPEST: usize = 8;
/// More files at once than this are taken for a mistake.
const MOST_FILES: usize = 20_000;

/// What an import would take.
#[derive(Debug, Clone, Default)]
pub struct ImportPlan {
    /// Files that are understood.
    pub items: Vec<ImportItem>,
    /// Files that are not, each with the reason. They are left where they are.
    pub unreadable: Vec<NotUnderstood>,
}

/// A file that is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUnderstood {
    /// Which.
    pub file: String,
    /// Why, in plain words.
    pub problem: String,
    /// What the parser said, for whoever looks for the cause.
    pub technical: Option<String>,
}

/// A file that is understood.
#[derive(Debug, Clone)]
pub struct ImportItem {
    /// Where it is.
    pub path: PathBuf,
    /// What wrote it.
    pub form: Form,
    /// Whose list it holds, read from inside.
    pub owner: Account,
    /// When the list was as it is in there.
    pub at: OffsetDateTime,
    /// How many titles it holds.
    pub counts: Counts,
    /// Fields that at least one of its titles does not record.
    pub not_recorded: Vec<EntryField>,
    /// Lists it does not hold at all.
    pub not_read: Vec<MediaType>,
    /// The snapshot that is the same and here already.
    pub already: Option<String>,
    hash: Hash,
}

/// What an import took.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// Names of the files that are new in the folder.
    pub taken: Vec<String>,
    /// Whose they are.
    pub owners: BTreeSet<UserId>,
    /// How many were here already.
    pub already: usize,
}

/// An import failed. What was in the folder is untouched; files that were taken before stay.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Where it is.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What was sent is no longer there.
    #[error("what was uploaded is no longer here")]
    NoUpload,
    /// What was sent cannot be put aside.
    #[error("cannot put aside {}", path.display())]
    Stage {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// More files than anybody means to send.
    #[error("more than {limit} files were sent")]
    TooManySent {
        /// How many may be.
        limit: usize,
    },
    /// A file that is larger than any list.
    #[error("a file is larger than {} MB", limit / 1024 / 1024)]
    TooLarge {
        /// How many bytes it may have.
        limit: u64,
    },
    /// Much was sent already, and nobody said what to do with it.
    #[error("more than {} MB wait to be taken or dropped", limit / 1024 / 1024)]
    NoRoom {
        /// How many bytes may wait.
        limit: u64,
    },
    /// A folder with too much in it.
    #[error("{} holds more than {MOST_FILES} files", path.display())]
    TooMany {
        /// The folder.
        path: PathBuf,
    },
    /// The file is another one than the one that was recognised.
    #[error("{} was changed in the meantime", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The file could no longer be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// It could not be written into the folder.
    #[error("cannot take {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: WriteError,
    },
    /// It could not be marked as kept.
    #[error(transparent)]
    Mark(#[from] anirewind_backup::MarkError),
    /// The catalogue could not follow.
    #[error(transparent)]
    Browse(#[from] BrowseError),
    /// The folder is not there, and it was.
    #[error(transparent)]
    Folder(#[from] MissingFolder),
    /// The catalogue failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for ImportError {
    fn code(&self) -> Code {
        match self {
            Self::Read { .. } | Self::NoUpload => Code::NotFound,
            Self::TooMany { .. }
            | Self::TooManySent { .. }
            | Self::TooLarge { .. }
            | Self::NoRoom { .. } => Code::Usage,
            Self::Browse(error) => error.code(),
            _ => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. }
            | Self::TooMany { .. }
            | Self::TooManySent { .. }
            | Self::TooLarge { .. }
            | Self::Stage { .. } => "Nothing was taken.".to_owned(),
            Self::NoRoom { .. } => "Nothing was taken. Take or drop what was sent before; what nobody \
                says a word about is forgotten after a day."
                .to_owned(),
            Self::NoUpload => "Nothing was taken. Choose the files again.".to_owned(),
            Self::Browse(error) => return error.hint(),
            Self::Folder(missing) => missing.hint("Nothing was taken and nothing is forgotten."),
            _ => "What was taken before stays; the same import can be run again, and takes only what \
                  is missing."
                .to_owned(),
        })
    }
}

impl App {
    /// Looks at a file, or at every file in a folder and the folders in it, and says what they are.
    ///
    /// Where a file does not say when its list was as it is, it is taken to be of `taken_at`.
    pub async fn plan_import(
        &self,
        path: &Path,
        taken_at: Option<OffsetDateTime>,
    ) -> Result<ImportPlan, ImportError> {
        self.refresh_catalogue().await?;
        let rows = self.inner.store.snapshots(None).await?;
        let accounts = self.inner.store.accounts().await?;
        let names: BTreeMap<String, UserId> = rows
            .iter()
            .map(|row| &row.owner)
            .chain(accounts.iter().map(|row| &row.account))
            .map(|account| (account.name.to_lowercase(), account.id))
            .collect();
        let path = path.to_owned();
        let planned = apart(move || {
            let mut plan = ImportPlan::default();
            for file in files(&path)? {
                match look_at(&file, &names, &rows, taken_at) {
                    Ok(item) => plan.items.push(item),
                    Err((problem, technical)) => {
                        let file = file.display().to_string();
                        tracing::debug!(file, problem, technical, "a file is not understood");
                        plan.unreadable.push(NotUnderstood {
                            file,
                            problem,
                            technical,
                        });
                    }
                }
            }
            plan.items.sort_by_key(|item| item.at);
            Ok::<_, ImportError>(plan)
        });
        planned.await.map_err(|_| StoreError::Closed)?
    }

    /// Takes what was planned: files of others byte for byte, an AniList export as a snapshot of
    /// ours. Files of ours are kept, so that no rule takes them away again.
    pub async fn import(&self, plan: &ImportPlan) -> Result<Imported, ImportError> {
        let exclusive = self.exclusive().await?;
        // Made anew it would hold none of those that are known, and the catalogue would forget them.
        if let Some(missing) = self.missing_folder().await? {
            return Err(missing.into());
        }
        let (folder, items) = (self.inner.folder.clone(), plan.items.clone());
        let taken = tokio::task::spawn_blocking(move || {
            let mut imported = Imported::default();
            let mut hashes = Vec::new();
            for item in items {
                if hashes.contains(&item.hash) {
                    imported.already += 1;
                    continue;
                }
                if let Some(file) = &item.already {
                    imported.already += 1;
                    // An import that was interrupted may not have come to this.
                    if let Some(name) = folder.name_of(file) {
                        keep_ours(&folder, &item, &name)?;
                    }
                    continue;
                }
                hashes.push(item.hash);
                imported.taken.push(take(&folder, &item)?);
                imported.owners.insert(item.owner.id);
            }
            Ok::<_, ImportError>(imported)
        });
        let taken = taken.await.map_err(|_| StoreError::Closed)?;
        // Also after a failure: what was taken is there.
        self.follow_folder().await?;
        drop(exclusive);
        taken
    }
}

/// Runs what takes much memory on a thread of its own that ends with it. The threads on which other things
/// wait stay for a while, and with each of them would stay as much as it ever needed.
fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> tokio::sync::oneshot::Receiver<T> {
    let (done, outcome) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("import".to_owned());
    let begun = thread.spawn(move || {
        // Whoever asked may have left.
        drop(done.send(work()));
    });
    if let Err(error) = begun {
        tracing::error!(%error, "no thread for an import");
    }
    outcome
}

/// The file itself, or the files in a folder, by name. Links are not followed.
fn files(path: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let failed = |path: &Path, source| ImportError::Read {
        path: path.to_owned(),
        source,
    };
    let metadata = std::fs::metadata(path).map_err(|source| failed(path, source))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![(path.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|source| failed(&folder, source))?;
        for entry in entries {
            let entry = entry.map_err(|source| failed(&folder, source))?;
            let kind = entry
                .file_type()
                .map_err(|source| failed(&folder, source))?;
            let is_json = entry
                .path()
                .extension()
                .is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
            if kind.is_dir() && depth < DEEPEST {
                folders.push((entry.path(), depth + 1));
            } else if kind.is_file() && is_json {
                found.push(entry.path());
            }
            if found.len() > MOST_FILES {
                return Err(ImportError::TooMany {
                    path: path.to_owned(),
                });
            }
        }
    }
    found.sort();
    Ok(found)
}

fn look_at(
    file: &Path,
    names: &BTreeMap<String, UserId>,
    rows: &[SnapshotRow],
    taken_at: Option<OffsetDateTime>,
) -> Result<ImportItem, (String, Option<String>)> {
    let found = recognise(file, |name| names.get(&name.to_lowercase()).copied())
        .map_err(|error| error.plainly())?;
    let list = &found.snapshot.list;
    // Whoever says it knows better than what can be guessed.
    let at = found.at.or(taken_at).or(found.newest).ok_or_else(|| {
        let problem = format!(
            "{} does not say when its list was as it is; say it with --taken-at",
            file.display()
        );
        (problem, None)
    })?;
    let (hash, content) = (found.snapshot.file_hash, found.snapshot.content_hash);
    let is_same = |row: &&SnapshotRow| match found.form {
        // It gets another form when it is taken, so the file has another hash.
        Form::AniListExport => row.content_hash == content && row.kind == Kind::Imported,
        _ => row.file_hash == hash,
    };
    Ok(ImportItem {
        path: file.to_owned(),
        form: found.form,
        owner: list.owner.clone(),
        at,
        counts: list.counts(),
        not_recorded: list.fields_not_recorded(),
        not_read: list.coverage.not_read.clone(),
        already: rows.iter().find(is_same).map(|row| row.file.clone()),
        hash,
    })
}

fn take(folder: &Folder, item: &ImportItem) -> Result<String, ImportError> {
    let found = recognise(&item.path, |_| Some(item.owner.id))?;
    if found.snapshot.file_hash != item.hash {
        return Err(ImportError::Changed {
            path: item.path.clone(),
        });
    }
    let failed = |source| ImportError::Write {
        path: item.path.clone(),
        source,
    };
    let written = match found.bytes {
        Some(bytes) => folder.write_bytes(bytes, &item.owner.name, item.at),
        None => folder.write(&Draft {
            list: &found.snapshot.list,
            created_at: item.at,
            kind: Kind::Imported,
            previous: None,
        }),
    };
    let written = written.map_err(failed)?;
    keep_ours(folder, item, &written.name)?;
    Ok(written.name.to_string())
}

/// The rules know no difference between what was taken here and what was brought in, so the latter
/// is kept.
fn keep_ours(folder: &Folder, item: &ImportItem, name: &SnapshotName) -> Result<(), ImportError> {
    let known = folder.mark_of(name);
    if item.form != Form::AniRewind || known.keep.is_some() {
        return Ok(());
    }
    let mark = Mark {
        keep: Some(Keep::default()),
        note: known.note.or_else(|| Some("imported".to_owned())),
        answer: known.answer,
    };
    Ok(folder.put_mark(name, &mark)?)
}
