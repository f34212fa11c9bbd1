//! Keeping, noting, deleting and bringing back snapshots.

use anirewind_backup::{
    Discarded, Folder, Keep, Mark, MarkError, ReadError, SnapshotId, TrashError,
};
use anirewind_model::{Counts, UserId};
use anirewind_store::{Reason, SnapshotFilter, SnapshotRow, Start, StoreError};
use thiserror::Error;
use time::OffsetDateTime;

use crate::app::App;
use crate::explain::{Code, Explain};
use crate::find::BrowseError;
use crate::retention::newest_counted;

/// What was brought back is kept for so many days.
pub const BACK_FOR: i64 = 30;
/// Longer notes are refused.
const LONGEST_NOTE: usize = 2_000;
/// Longer names are refused.
const LONGEST_NAME: usize = 200;

/// A snapshot in the trash.
#[derive(Debug, Clone)]
pub struct TrashItem {
    /// Its id; `None` when the file cannot be read.
    pub id: Option<SnapshotId>,
    /// What it was called.
    pub file: String,
    /// When it was put there.
    pub at: OffsetDateTime,
    /// Whose list it is, if that is still known.
    pub owner: Option<UserId>,
    /// Bytes.
    pub size: u64,
    /// What it holds, when it can be read.
    pub counts: Option<Counts>,
    /// Why it went, if that is still known.
    pub reason: Option<Reason>,
    discarded: Discarded,
}

/// Something about a snapshot could not be changed. It is as it was.
#[derive(Debug, Error)]
pub enum CurateError {
    /// It could not be found.
    #[error(transparent)]
    Browse(#[from] BrowseError),
    /// It must not be deleted.
    #[error("{file} cannot be deleted: {reason}")]
    Locked {
        /// Its file.
        file: String,
        /// Why.
        reason: &'static str,
    },
    /// A text that is too long.
    #[error("the {what} is {length} characters long; {most} are allowed")]
    TooLong {
        /// What it is.
        what: &'static str,
        /// Its length.
        length: usize,
        /// How long it may be.
        most: usize,
    },
    /// A text with what is no part of one.
    #[error("the {what} holds a control character")]
    Control {
        /// What it is.
        what: &'static str,
    },
    /// A time until which it is to be kept that is over.
    #[error("{until} is over, so it would not be kept at all")]
    KeptUntilThePast {
        /// The time.
        until: String,
    },
    /// Another snapshot is kept under that name.
    #[error("{file} is kept as `{name}` already")]
    NameTaken {
        /// The name.
        name: String,
        /// The snapshot that has it.
        file: String,
    },
    /// Not a file that a snapshot of ours can be.
    #[error("{file} is not a snapshot's name")]
    NotOurs {
        /// The file.
        file: String,
    },
    /// What is said about it cannot be read, and is not written over.
    #[error("{file} cannot be read: {problem}")]
    Unreadable {
        /// The file beside the snapshot.
        file: String,
        /// Why.
        problem: String,
    },
    /// There is no such snapshot in the trash.
    #[error("there is no `{reference}` in the trash")]
    NotInTrash {
        /// What was asked for.
        reference: String,
    },
    /// The mark could not be written.
    #[error(transparent)]
    Mark(#[from] MarkError),
    /// The file could not be moved.
    #[error(transparent)]
    Trash(#[from] TrashError),
    /// A file or folder could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The catalogue failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for CurateError {
    fn code(&self) -> Code {
        match self {
            Self::Browse(error) => error.code(),
            Self::Locked { .. } => Code::RefusedForSafety,
            Self::TooLong { .. }
            | Self::Control { .. }
            | Self::NameTaken { .. }
            | Self::KeptUntilThePast { .. } => Code::Usage,
            Self::NotInTrash { .. } => Code::NotFound,
            _ => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Browse(error) => return error.hint(),
            Self::Locked { reason, file } if *reason == "it is kept" => {
                format!(
                    "Nothing was changed. Stop keeping it first: anirewind snapshot unkeep {file}"
                )
            }
            Self::Locked { .. } => "Nothing was changed.".to_owned(),
            Self::KeptUntilThePast { .. } => "Nothing was changed: it is kept as it was before. \
                Name a day that is still to come, or none to keep it until you say otherwise."
                .to_owned(),
            Self::NotInTrash { .. } => "What is there: anirewind snapshot undelete".to_owned(),
            Self::Trash(TrashError::Taken { .. }) => {
                "Nothing was moved, so that nothing is overwritten.".to_owned()
            }
            _ => "Nothing was changed; the snapshots are where they were.".to_owned(),
        })
    }
}

impl App {
    /// Keeps a snapshot whatever the rules say, if wished under a name and until a day.
    pub async fn keep(
        &self,
        row: &SnapshotRow,
        name: Option<String>,
        until: Option<OffsetDateTime>,
    ) -> Result<SnapshotRow, CurateError> {
        if let Some(until) = until.filter(|until| *until <= self.now()) {
            return Err(CurateError::KeptUntilThePast {
                until: self.moment_words(until),
            });
        }
        if let Some(name) = &name {
            check_length("name", name, LONGEST_NAME)?;
            check_letters("name", name, &[])?;
            let rows = self.inner.store.snapshots(None).await?;
            let other = rows.iter().find(|other| {
                let keep = other.mark.keep.as_ref();
                other.file != row.file && keep.is_some_and(|keep| keep.name.as_ref() == Some(name))
            });
            if let Some(other) = other {
                return Err(CurateError::NameTaken {
                    name: name.clone(),
                    file: other.file.clone(),
                });
            }
        }
        let keep = Some(Keep { name, until });
        self.mark(row, |mark| Mark { keep, ..mark }).await
    }

    /// Stops keeping a snapshot; it then follows the rules.
    pub async fn unkeep(&self, row: &SnapshotRow) -> Result<SnapshotRow, CurateError> {
        self.mark(row, |mark| Mark { keep: None, ..mark }).await
    }

    /// Whether a text can stand beside a snapshot.
    pub fn check_note(text: &str) -> Result<(), CurateError> {
        let text = text.trim();
        check_length("note", text, LONGEST_NOTE)?;
        check_letters("note", text, &['\n', '\r', '\t'])
    }

    /// Puts a note beside a snapshot; an empty one takes it away.
    pub async fn note(&self, row: &SnapshotRow, text: &str) -> Result<SnapshotRow, CurateError> {
        let text = text.trim();
        Self::check_note(text)?;
        let note = (!text.is_empty()).then(|| text.to_owned());
        self.mark(row, |mark| Mark { note, ..mark }).await
    }

    /// Changes what is said about a snapshot: the file beside it first, then the catalogue.
    pub(crate) async fn mark(
        &self,
        row: &SnapshotRow,
        change: impl FnOnce(Mark) -> Mark,
    ) -> Result<SnapshotRow, CurateError> {
        let _exclusive = self.exclusive().await?;
        let (folder, file) = (self.inner.folder.clone(), row.file.clone());
        let known = blocking(move || {
            let marks = folder.marks().map_err(|source| ReadError::Io {
                path: folder.path().to_owned(),
                source,
            })?;
            match marks.unreadable.get(&file) {
                Some(problem) => Err(CurateError::Unreadable {
                    file: format!("{file}.mark"),
                    problem: problem.clone(),
                }),
                None => Ok(marks.of(&file)),
            }
        });
        let mark = change(known.await?);
        let (folder, file, written) = (self.inner.folder.clone(), row.file.clone(), mark.clone());
        blocking(move || {
            let name = folder.name_of(&file).ok_or(CurateError::NotOurs { file })?;
            Ok::<_, CurateError>(folder.put_mark(&name, &written)?)
        })
        .await?;
        let file = row.file.clone();
        self.inner.store.note_mark(file, mark.clone()).await?;
        Ok(SnapshotRow {
            mark,
            ..row.clone()
        })
    }

    /// Puts a snapshot into the trash because somebody asked.
    pub async fn delete(&self, row: &SnapshotRow) -> Result<(), CurateError> {
        let _exclusive = self.exclusive().await?;
        self.follow_folder().await?;
        // The newest good one is proven once more, so that it is not the last good one that goes.
        let all = SnapshotFilter::default();
        if let Some(newest) = self.last_trusted(row.owner.id, all, Start::Newest).await? {
            self.verify_row(newest).await?;
        }
        if let Some(reason) = self.lock_of(row).await? {
            return Err(CurateError::Locked {
                file: row.file.clone(),
                reason,
            });
        }
        let counted = newest_counted(&self.inner.store.weighed(row.owner.id).await?);
        self.discard(row, counted, Reason::Asked).await
    }

    /// What is in the trash, newest first.
    pub async fn trash(&self) -> Result<Vec<TrashItem>, CurateError> {
        let reasons = self.inner.store.discarded().await?;
        let folder = self.inner.folder.clone();
        let mut items = blocking(move || {
            let mut items = Vec::new();
            for discarded in folder.discarded()? {
                let read = Folder::read_path(&folder.path_of_discarded(&discarded)).ok();
                let known = reasons.iter().find(|row| row.file == discarded.file());
                let size = std::fs::metadata(folder.path_of_discarded(&discarded));
                items.push(TrashItem {
                    owner: read
                        .as_ref()
                        .map(|(snapshot, _)| snapshot.list.owner.id)
                        .or_else(|| known.map(|row| row.owner)),
                    size: size.map_or(0, |file| file.len()),
                    id: read.as_ref().map(|(snapshot, _)| snapshot.id.clone()),
                    file: discarded.name.to_string(),
                    at: discarded.at,
                    counts: read.as_ref().map(|(snapshot, _)| snapshot.list.counts()),
                    reason: known.map(|row| row.reason),
                    discarded,
                });
            }
            Ok::<_, CurateError>(items)
        })
        .await?;
        items.sort_by(|a, b| (b.at, &b.file).cmp(&(a.at, &a.file)));
        Ok(items)
    }

    /// Brings a snapshot back from the trash, named by the beginning of its id or by its file.
    pub async fn undelete(&self, reference: &str) -> Result<TrashItem, CurateError> {
        let items = self.trash().await?;
        let found = items.into_iter().find(|item| {
            let id = item.id.as_ref().map(SnapshotId::as_str);
            let is_id = reference.len() >= 4 && id.is_some_and(|id| id.starts_with(reference));
            is_id || item.file == reference
        });
        let item = found.ok_or_else(|| CurateError::NotInTrash {
            reference: reference.to_owned(),
        })?;
        let _exclusive = self.exclusive().await?;
        let (folder, discarded) = (self.inner.folder.clone(), item.discarded.clone());
        let until = self.now() + time::Duration::days(BACK_FOR);
        blocking(move || {
            // Said before it is back, so that no rule takes it away again at once.
            let known = folder.mark_of(&discarded.name);
            if known.keep.is_none() {
                let keep = Some(Keep {
                    name: None,
                    until: Some(until),
                });
                folder.put_mark(&discarded.name, &Mark { keep, ..known })?;
            }
            Ok::<_, CurateError>(folder.bring_back(&discarded)?)
        })
        .await?;
        self.follow_folder().await?;
        Ok(item)
    }
}

fn check_length(what: &'static str, text: &str, most: usize) -> Result<(), CurateError> {
    let length = text.chars().count();
    if length > most {
        return Err(CurateError::TooLong { what, length, most });
    }
    Ok(())
}

/// The catalogue ends a text at some of the others.
fn check_letters(what: &'static str, text: &str, fine: &[char]) -> Result<(), CurateError> {
    let is_odd = |letter: char| letter.is_control() && !fine.contains(&letter);
    if text.contains(is_odd) {
        return Err(CurateError::Control { what });
    }
    Ok(())
}

/// Runs what blocks where blocking is allowed.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CurateError> + Send + 'static,
) -> Result<T, CurateError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(CurateError::Store(StoreError::Closed)),
    }
}
