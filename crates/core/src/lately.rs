//! Snapshots that were read and proven a moment ago, for as long as somebody looks at them: a page, its
//! parts and the next page are about the same one.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use anirewind_backup::{Folder, ReadError, Snapshot};
use anirewind_store::{SnapshotRow, StoreError};

use crate::app::App;
use crate::catalogue::{explain_read, is_another};
use crate::find::BrowseError;

/// They are let go when nobody asked for one of them for so long.
const REMEMBERED: Duration = Duration::from_mins(1);
/// So many bytes of files are remembered, and one that is longer is not.
const LARGEST: u64 = 16 * 1024 * 1024;
/// Coarser than the clocks of files: of a file that was written this recently the time does not say yet that it
/// was not written again.
const SETTLED: Duration = Duration::from_secs(3);

/// What was read lately, the latest last.
#[derive(Debug, Default)]
pub(crate) struct Lately {
    read: Vec<Read>,
    /// How often somebody asked.
    asked: u64,
    /// Whether somebody waits to let them go.
    is_watched: bool,
}

#[derive(Debug)]
struct Read {
    path: PathBuf,
    glance: Glance,
    snapshot: Arc<Snapshot>,
}

/// What shows that a file is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Glance {
    size: u64,
    modified: SystemTime,
    /// Where there is one: the file itself, and when anything about it was last changed, which nobody can set.
    own: Option<(u64, i64, i64)>,
}

impl Glance {
    fn at(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            size: metadata.len(),
            modified: metadata.modified().ok()?,
            own: own(&metadata),
        })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the times of files are those of the machine"
    )]
    fn is_settled(&self) -> bool {
        let age = SystemTime::now().duration_since(self.modified);
        age.is_ok_and(|age| age > SETTLED)
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere there is none")]
fn own(metadata: &std::fs::Metadata) -> Option<(u64, i64, i64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.ino(), metadata.ctime(), metadata.ctime_nsec()))
}

#[cfg(not(unix))]
const fn own(_: &std::fs::Metadata) -> Option<(u64, i64, i64)> {
    None
}

impl Lately {
    fn find(&mut self, path: &Path, glance: Glance) -> Option<Arc<Snapshot>> {
        self.asked += 1;
        let known = self.read.iter().position(|read| read.path == path)?;
        let known = self.read.remove(known);
        // Another file by now.
        if known.glance != glance {
            return None;
        }
        let snapshot = Arc::clone(&known.snapshot);
        self.read.push(known);
        Some(snapshot)
    }

    fn keep(&mut self, read: Read) {
        // Somebody else may have read the same one meanwhile.
        self.read.retain(|known| known.path != read.path);
        self.read.push(read);
        let mut bytes: u64 = self.read.iter().map(|read| read.glance.size).sum();
        while bytes > LARGEST && !self.read.is_empty() {
            bytes -= self.read.remove(0).glance.size;
        }
    }
}

impl App {
    /// Reads a snapshot and proves it, unless that was just done and the file is as it was.
    pub(crate) async fn read_proven(&self, path: &Path) -> Result<Arc<Snapshot>, BrowseError> {
        let (app, path) = (self.clone(), path.to_owned());
        let read = tokio::task::spawn_blocking(move || app.read_or_remember(path)).await;
        let snapshot = read.map_err(|_| StoreError::Closed)??;
        self.let_go_in_time();
        Ok(snapshot)
    }

    /// The same for one that is catalogued; what keeps it from being what was catalogued is said in words.
    pub(crate) async fn read_catalogued(&self, row: &SnapshotRow) -> Result<Arc<Snapshot>, String> {
        let path = self.inner.folder.path().join(&row.file);
        match self.read_proven(&path).await {
            Ok(snapshot) if snapshot.file_hash == row.file_hash => Ok(snapshot),
            Ok(_) => Err(is_another(row)),
            Err(BrowseError::Read(error)) => Err(explain_read(&error)),
            Err(error) => Err(error.to_string()),
        }
    }

    fn read_or_remember(&self, path: PathBuf) -> Result<Arc<Snapshot>, ReadError> {
        // Before it is read: what comes meanwhile is looked at the next time.
        let glance = Glance::at(&path);
        if let Some(glance) = glance
            && let Some(snapshot) = self.lately().find(&path, glance)
        {
            return Ok(snapshot);
        }
        let (snapshot, _) = Folder::read_path(&path)?;
        let snapshot = Arc::new(snapshot);
        if let Some(glance) = glance.filter(Glance::is_settled) {
            self.lately().keep(Read {
                path,
                glance,
                snapshot: Arc::clone(&snapshot),
            });
        }
        Ok(snapshot)
    }

    /// Sees to it that memory is given back once nobody asks any more.
    fn let_go_in_time(&self) {
        let asked = {
            let mut lately = self.lately();
            if lately.is_watched || lately.read.is_empty() {
                return;
            }
            lately.is_watched = true;
            lately.asked
        };
        // Whoever waits here does not keep the rest alive.
        let inner = Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            let mut asked = asked;
            loop {
                tokio::time::sleep(REMEMBERED).await;
                let Some(inner) = inner.upgrade() else { return };
                let mut lately = locked(&inner.lately);
                if lately.asked == asked {
                    *lately = Lately::default();
                    return;
                }
                asked = lately.asked;
            }
        });
    }

    fn lately(&self) -> MutexGuard<'_, Lately> {
        locked(&self.inner.lately)
    }
}

fn locked(lately: &Mutex<Lately>) -> MutexGuard<'_, Lately> {
    lately.lock().unwrap_or_else(PoisonError::into_inner)
}
