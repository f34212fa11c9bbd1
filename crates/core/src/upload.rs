//! Files that somebody sent and that wait for a word: first it is said what they are, then they are taken.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anirewind_store::StoreError;
use time::OffsetDateTime;

use crate::app::App;
use crate::import::{ImportError, ImportPlan, Imported};

/// What nobody said a word about is forgotten after this.
const FORGOTTEN: std::time::Duration = std::time::Duration::from_hours(24);
/// More files at once than this are taken for a mistake.
const MOST: usize = 2_000;
const LONGEST_NAME: usize = 120;
/// One file may have so many bytes: a list of 50,000 titles stays below it.
pub const LARGEST_UPLOAD: u64 = 40 * 1024 * 1024;
/// All that waits for a word may have so many, whoever sent it.
pub const LARGEST_WAITING: u64 = 200 * 1024 * 1024;
/// So much of a file is held before it is written.
const HELD: usize = 256 * 1024;

/// How much waits for a word in this process.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    bytes: u64,
    /// How many are being sent.
    under_way: usize,
}

/// Files that somebody is sending, written down as they arrive. What is not finished is forgotten.
#[derive(Debug)]
pub struct Sending {
    waiting: Arc<Mutex<Waiting>>,
    id: String,
    folder: PathBuf,
    files: usize,
    open: Option<(fs::File, PathBuf)>,
    /// Bytes of the file that is being written.
    size: u64,
    held: Vec<u8>,
    is_finished: bool,
}

impl App {
    /// Begins to take files that somebody sends, under an id by which they can be looked at and taken.
    pub async fn begin_upload(&self) -> Result<Sending, ImportError> {
        let (uploads, waiting) = (self.uploads(), Arc::clone(&self.inner.waiting));
        blocking(move || {
            forget_old(&uploads);
            let mut id = [0; 8];
            getrandom::fill(&mut id).map_err(|error| {
                let source = std::io::Error::other(error.to_string());
                failed(&uploads, source)
            })?;
            let id = format!("{:016x}", u64::from_le_bytes(id));
            let folder = uploads.join(&id);
            create(&folder)?;
            let mut all = locked(&waiting);
            if all.under_way == 0 {
                // Others have a say, too: what was forgotten, and what another process took.
                all.bytes = size_of(&uploads);
            }
            all.under_way += 1;
            drop(all);
            Ok(Sending {
                waiting,
                id,
                folder,
                files: 0,
                open: None,
                size: 0,
                held: Vec::new(),
                is_finished: false,
            })
        })
        .await
    }

    /// Says what was sent.
    pub async fn plan_upload(
        &self,
        id: &str,
        taken_at: Option<OffsetDateTime>,
    ) -> Result<ImportPlan, ImportError> {
        let folder = self.upload(id)?;
        // One after the other: a file is read as a whole, and these are anybody's. Whoever goes away meanwhile
        // does not make room for the next.
        let (app, turns) = (self.clone(), Arc::clone(&self.inner.reading_in));
        let read = tokio::spawn(async move {
            let _turn = turns.acquire_owned().await;
            app.plan_import(&folder, taken_at).await
        });
        let mut plan = read.await.map_err(|_| StoreError::Closed)??;
        // Where it lies meanwhile is nobody's business.
        for file in &mut plan.unreadable {
            let name = Path::new(&file.file).file_name();
            let name = name.map(|name| name.to_string_lossy().into_owned());
            let name = name.unwrap_or_default();
            // By the name that its owner knows.
            let name = name.strip_suffix(ADDED).unwrap_or(&name).to_owned();
            file.problem = file.problem.replace(&file.file, &name);
            file.file = name;
        }
        Ok(plan)
    }

    /// Takes what was sent, and forgets it.
    pub async fn import_upload(
        &self,
        id: &str,
        taken_at: Option<OffsetDateTime>,
    ) -> Result<Imported, ImportError> {
        let plan = self.plan_upload(id, taken_at).await?;
        let imported = self.import(&plan).await?;
        self.drop_upload(id).await?;
        Ok(imported)
    }

    /// Forgets what was sent.
    pub async fn drop_upload(&self, id: &str) -> Result<(), ImportError> {
        let folder = self.upload(id)?;
        let waiting = Arc::clone(&self.inner.waiting);
        blocking(move || {
            let size = size_of(&folder);
            fs::remove_dir_all(&folder).map_err(|source| failed(&folder, source))?;
            let mut all = locked(&waiting);
            all.bytes = all.bytes.saturating_sub(size);
            Ok(())
        })
        .await
    }

    /// Where the only file of what was sent lies meanwhile.
    pub(crate) fn file_of_upload(&self, id: &str) -> Result<PathBuf, ImportError> {
        let folder = self.upload(id)?.join("0");
        let file = fs::read_dir(&folder).map_err(|source| failed(&folder, source))?;
        let file = file.flatten().next().ok_or(ImportError::NoUpload)?;
        Ok(file.path())
    }

    fn uploads(&self) -> PathBuf {
        self.inner.settings.data.join("uploads")
    }

    fn upload(&self, id: &str) -> Result<PathBuf, ImportError> {
        let is_id = id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let folder = self.uploads().join(id);
        if is_id && folder.is_dir() {
            Ok(folder)
        } else {
            Err(ImportError::NoUpload)
        }
    }
}

impl Sending {
    /// What comes next is a file of this name.
    pub async fn begin_file(&mut self, name: &str) -> Result<(), ImportError> {
        self.end_file().await?;
        if self.files == MOST {
            return Err(ImportError::TooManySent { limit: MOST });
        }
        // Each in a folder of its own, so that names may repeat. The name says when it is of.
        let folder = self.folder.join(self.files.to_string());
        let path = folder.join(plain_name(name));
        self.files += 1;
        self.size = 0;
        let opened = blocking(move || {
            create(&folder)?;
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(&path);
            let file = file.map_err(|source| failed(&path, source))?;
            Ok((file, path))
        });
        self.open = Some(opened.await?);
        Ok(())
    }

    /// More of the file.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        let size = bytes.len() as u64;
        if self.size + size > LARGEST_UPLOAD {
            return Err(ImportError::TooLarge {
                limit: LARGEST_UPLOAD,
            });
        }
        let is_too_much = {
            let mut all = locked(&self.waiting);
            let is_too_much = all.bytes + size > LARGEST_WAITING;
            all.bytes += if is_too_much { 0 } else { size };
            is_too_much
        };
        if is_too_much {
            return Err(ImportError::NoRoom {
                limit: LARGEST_WAITING,
            });
        }
        self.size += size;
        self.held.extend_from_slice(bytes);
        if self.held.len() >= HELD {
            self.put_down().await?;
        }
        Ok(())
    }

    /// Whether there is a file.
    pub const fn is_empty(&self) -> bool {
        self.files == 0
    }

    /// All of it is here. Says under which id.
    pub async fn finish(mut self) -> Result<String, ImportError> {
        self.end_file().await?;
        self.is_finished = true;
        Ok(self.id.clone())
    }

    async fn end_file(&mut self) -> Result<(), ImportError> {
        self.put_down().await?;
        self.open = None;
        Ok(())
    }

    async fn put_down(&mut self) -> Result<(), ImportError> {
        let Some((mut file, path)) = self.open.take() else {
            return Ok(());
        };
        let bytes = std::mem::take(&mut self.held);
        let written = blocking(move || {
            let written = file.write_all(&bytes);
            written.map_err(|source| failed(&path, source))?;
            Ok((file, path))
        });
        self.open = Some(written.await?);
        Ok(())
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let gone = if self.is_finished {
            0
        } else {
            let size = size_of(&self.folder) + self.held.len() as u64;
            let removed = fs::remove_dir_all(&self.folder);
            if let Err(error) = removed {
                tracing::warn!(%error, "cannot remove an upload that was not finished");
            }
            size
        };
        let mut all = locked(&self.waiting);
        all.bytes = all.bytes.saturating_sub(gone);
        all.under_way = all.under_way.saturating_sub(1);
    }
}

fn locked(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed(path: &Path, source: std::io::Error) -> ImportError {
    ImportError::Stage {
        path: path.to_owned(),
        source,
    }
}

/// How many bytes lie in a folder and those in it.
fn size_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_of(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

/// What is added to the name of a file that does not end as those that are read.
const ADDED: &str = "._.json";

/// A name without any folder in it, of plain letters, that ends as the name of a JSON file.
fn plain_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = |c: char| {
        if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') {
            c
        } else {
            '_'
        }
    };
    let name: String = name.chars().map(plain).take(LONGEST_NAME).collect();
    let name = name.trim_start_matches('.');
    if name.to_lowercase().ends_with(".json") {
        name.to_owned()
    } else {
        format!("{name}{ADDED}")
    }
}

/// A folder that only we look into.
fn create(folder: &Path) -> Result<(), ImportError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let created = builder.create(folder);
    created.map_err(|source| failed(folder, source))
}

fn forget_old(uploads: &Path) {
    let Ok(entries) = fs::read_dir(uploads) else {
        return;
    };
    for entry in entries.flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|modified| modified.elapsed().ok());
        if age.is_some_and(|age| age > FORGOTTEN)
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::warn!(%error, "cannot remove an old upload");
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ImportError> + Send + 'static,
) -> Result<T, ImportError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(StoreError::Closed.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        assert_eq!(plain_name("../../etc/passwd"), "passwd._.json");
        assert_eq!(
            plain_name("C:\\x\\plexanibridge-hana.20251103212205.json"),
            "plexanibridge-hana.20251103212205.json"
        );
        assert_eq!(plain_name("..json"), "json._.json");
        assert_eq!(plain_name(""), "._.json");
    }
}
