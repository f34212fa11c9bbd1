//! The folder is the truth; the catalogue follows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::TryLockError;
use std::path::PathBuf;
use std::sync::{Arc, MutexGuard, PoisonError};

use anirewind_backup::retention::count_on;
use anirewind_backup::{
    Folder, Kind, Link, Marks, ReadError, Snapshot, SnapshotName, Thresholds, in_sequence,
};
use anirewind_model::{List, UserId};
use anirewind_store::{FileRow, SnapshotRow, StoreError};
use anirewind_timeline::Change;
use time::{Duration, OffsetDateTime};

use crate::app::App;
use crate::find::BrowseError;
use crate::judge::{self, judge_by};

/// So long somebody who waits for the folder waits before he asks again, the first time,
const KNOCK: std::time::Duration = std::time::Duration::from_millis(2);
/// and at most.
const LONGEST_KNOCK: std::time::Duration = std::time::Duration::from_millis(50);

/// What bringing the catalogue up to date with the folder found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogueReport {
    /// Files that were new to it.
    pub added: usize,
    /// Files that are no longer there.
    pub gone: usize,
    /// Files that cannot be read, or that are not what they were. They are still in the folder.
    pub unreadable: Vec<Unreadable>,
}

/// A file in the folder that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its name.
    pub file: String,
    /// What is wrong with it.
    pub problem: String,
}

impl App {
    /// Brings the catalogue up to date with the folder: files that somebody dropped in are read
    /// and listed, files that are gone are forgotten, what people say about them is taken over.
    pub async fn refresh_catalogue(&self) -> Result<CatalogueReport, BrowseError> {
        let _exclusive = self.exclusive().await?;
        self.follow_folder().await
    }

    /// The same for somebody who has the folder to himself already.
    pub(crate) async fn follow_folder(&self) -> Result<CatalogueReport, BrowseError> {
        let known = self.inner.store.files().await?;
        let folder = self.inner.folder.clone();
        let is_known = tokio::task::spawn_blocking(move || is_as_known(&folder, &known));
        if is_known.await.map_err(|_| StoreError::Closed)? {
            self.unreadable().clear();
            return Ok(CatalogueReport::default());
        }
        let rows = self.inner.store.snapshots(None).await?;
        let mut ours = BTreeMap::new();
        for account in self.inner.store.accounts().await? {
            let owner = account.account.id;
            // What was written down and not catalogued is of the last time that this ran.
            let since = self.now() - LONG_AGO;
            ours.insert(owner, self.ours_since(owner, since).await?);
        }
        let look = LookAtFolder {
            folder: self.inner.folder.clone(),
            thresholds: self.inner.settings.thresholds.clone(),
            longest_gap: self.longest_gap(),
            ours,
            now: self.now(),
        };
        let looked = tokio::task::spawn_blocking(move || look.run(rows)).await;
        let Looked { report, put, gone } = looked.map_err(|_| StoreError::Closed)??;
        if !put.is_empty() || !gone.is_empty() {
            self.inner.store.update_snapshots(put, gone).await?;
        }
        if report.added > 0 || report.gone > 0 {
            tracing::info!(
                added = report.added,
                gone = report.gone,
                "catalogue follows the folder"
            );
        }
        let unreadable = report.unreadable.iter().map(|file| file.file.clone());
        *self.unreadable() = unreadable.collect();
        Ok(report)
    }

    /// Files that could not be read when the folder was last looked at.
    pub(crate) fn unreadable(&self) -> MutexGuard<'_, Vec<String>> {
        self.inner
            .unreadable
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody else, in this process or another, changes the folder and its catalogue.
    pub(crate) async fn exclusive(&self) -> Result<Exclusive, StoreError> {
        // One of this process at a time: not all of them ask the system again and again.
        let turn = Arc::clone(&self.inner.folder_turn).lock_owned().await;
        let path = self.inner.settings.data.join("folder.lock");
        let failed = {
            let path = path.clone();
            move |source| StoreError::Io {
                path: path.clone(),
                source,
            }
        };
        let opened = tokio::task::spawn_blocking(move || {
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(path)
        });
        let file = opened.await.map_err(|_| StoreError::Closed)?;
        let file = file.map_err(&failed)?;
        // Asked for again and again: whoever waits in the system holds a thread, also when nobody waits for it any
        // more, and of those there are few.
        let mut rest = KNOCK;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => tokio::time::sleep(rest).await,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            rest = (rest * 2).min(LONGEST_KNOCK);
        }
        Ok(Exclusive {
            _file: file,
            _turn: turn,
        })
    }

    /// All snapshots, newest first; of one user where one is named.
    pub async fn snapshots(&self, owner: Option<UserId>) -> Result<Vec<SnapshotRow>, BrowseError> {
        Ok(self.inner.store.snapshots(owner).await?)
    }

    /// So many snapshots, newest first, from below a place in their order on.
    pub async fn snapshots_page(
        &self,
        owner: Option<UserId>,
        below: Option<i64>,
        most: usize,
    ) -> Result<Vec<SnapshotRow>, BrowseError> {
        Ok(self.inner.store.snapshots_page(owner, below, most).await?)
    }

    /// How many snapshots there are, and how many bytes they have.
    pub async fn snapshot_totals(
        &self,
        owner: Option<UserId>,
    ) -> Result<(usize, u64), BrowseError> {
        Ok(self.inner.store.snapshot_totals(owner).await?)
    }

    /// Where snapshots are kept.
    pub fn backups(&self) -> PathBuf {
        self.inner.folder.path().to_owned()
    }

    /// A time without snapshots that is longer than this counts as this long.
    pub(crate) fn longest_gap(&self) -> Duration {
        let interval = Duration::try_from(self.inner.settings.backup_at.interval());
        interval.unwrap_or(Duration::DAY).max(Duration::DAY)
    }
}

/// Held by whoever changes the folder. The system lets go of it when the process ends, however.
#[derive(Debug)]
pub(crate) struct Exclusive {
    _file: std::fs::File,
    _turn: tokio::sync::OwnedMutexGuard<()>,
}

/// Reads what a list is to be compared with; whatever keeps it from being what was catalogued is
/// an error.
pub(crate) fn read_base(folder: &Folder, base: &SnapshotRow) -> Result<List, String> {
    match Folder::read_path(&folder.path().join(&base.file)) {
        Ok((snapshot, _)) if snapshot.file_hash == base.file_hash => Ok(snapshot.list),
        Ok(_) => Err(is_another(base)),
        Err(error) => Err(explain_read(&error)),
    }
}

/// What is wrong with a file that is whole and is not the one that was catalogued.
pub(crate) fn is_another(row: &SnapshotRow) -> String {
    format!(
        "{} holds another snapshot than the one that was catalogued",
        row.file
    )
}

/// A row for a snapshot that was just read or written, not yet compared with any other.
pub(crate) fn row_of(
    name: &SnapshotName,
    snapshot: &Snapshot,
    size: u64,
    now: OffsetDateTime,
) -> SnapshotRow {
    let header = snapshot.header.as_ref();
    SnapshotRow {
        id: snapshot.id.clone(),
        file: name.to_string(),
        created_at: header.map_or_else(|| name.at(), |header| header.created_at),
        found_at: now,
        position: 0,
        counted: 0,
        kind: header.map_or(Kind::Imported, |header| header.kind),
        public: snapshot.list.coverage.public,
        counts: snapshot.list.counts(),
        owner: snapshot.list.owner.clone(),
        size,
        file_hash: snapshot.file_hash,
        content_hash: snapshot.content_hash,
        previous: header.and_then(|header| header.previous),
        delta: None,
        alarms: Vec::new(),
        mark: anirewind_backup::Mark::default(),
        damage: None,
        verified_at: now,
    }
}

/// A read error with its cause, as one line.
pub(crate) fn explain_read(error: &ReadError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// Two snapshots further apart than this are not compared when the catalogue is made anew.
const CLOSE: Duration = Duration::days(8);
/// What we wrote longer ago than this is in every snapshot that is new here.
const LONG_AGO: Duration = Duration::days(60);

/// When a file that was found is of, to find its place: one from the future is of a time nobody
/// knows, and never the newest by what its clock said.
fn time_of_place(row: &SnapshotRow) -> OffsetDateTime {
    if row.created_at > row.found_at + Duration::DAY {
        return OffsetDateTime::UNIX_EPOCH;
    }
    row.created_at
}

/// So many lists of new files are held while the catalogue follows the folder.
const HELD: usize = 8;

/// Files that are new, with their lists as far as these are held.
type New = BTreeMap<String, Option<List>>;

/// Whether the folder is just as the catalogue has it, sorted by name, which is so nearly always: then none of
/// the rows is needed. Blocks. What cannot be told is not as known.
fn is_as_known(folder: &Folder, known: &[FileRow]) -> bool {
    let (Ok(names), Ok(marks)) = (folder.names(), folder.marks()) else {
        return false;
    };
    if names.len() != known.len() || !marks.unreadable.is_empty() {
        return false;
    }
    names.iter().all(|name| {
        let file = name.to_string();
        let found = known.binary_search_by(|row| row.file.as_str().cmp(&file));
        let Some(row) = found.ok().and_then(|at| known.get(at)) else {
            return false;
        };
        let size = std::fs::metadata(folder.path_of(name)).map(|metadata| metadata.len());
        let said = row.mark.as_deref().cloned().unwrap_or_default();
        !row.is_damaged && size.is_ok_and(|size| size == row.size) && marks.of(&file) == said
    })
}

/// One look at the folder.
struct LookAtFolder {
    folder: Folder,
    thresholds: Thresholds,
    longest_gap: Duration,
    /// What we ourselves changed, oldest first.
    ours: BTreeMap<UserId, Vec<Change>>,
    now: OffsetDateTime,
}

/// What a look found, and what to write into the catalogue for it.
struct Looked {
    report: CatalogueReport,
    put: Vec<SnapshotRow>,
    gone: Vec<String>,
}

impl LookAtFolder {
    /// Compares folder and catalogue, and reads what is new or no longer has the length it had.
    fn run(&self, rows: Vec<SnapshotRow>) -> Result<Looked, BrowseError> {
        let names = self.names(&rows)?;
        let marks = self.folder.marks().map_err(|source| {
            self.failed(ReadError::Io {
                path: self.folder.path().to_owned(),
                source,
            })
        })?;
        let mut report = CatalogueReport::default();
        let mut known: BTreeMap<String, SnapshotRow> = rows
            .into_iter()
            .map(|row| (row.file.clone(), row))
            .collect();
        // What is there, by file; and of these, what has to be written into the catalogue.
        let mut there: Vec<SnapshotRow> = Vec::with_capacity(names.len());
        let mut changed: BTreeSet<String> = BTreeSet::new();
        let mut new: New = BTreeMap::new();
        for name in names {
            let file = name.to_string();
            let row = known.remove(&file);
            match self.look_at(&name, row, &mut report) {
                Found::Same(row) => there.push(row),
                Found::Changed(row) => {
                    changed.insert(file);
                    there.push(row);
                }
                Found::New(row, snapshot) => {
                    report.added += 1;
                    changed.insert(file.clone());
                    // A whole folder of lists does not fit into memory; most are read again.
                    let list = (new.len() < HELD).then_some(snapshot.list);
                    new.insert(file, list);
                    there.push(row);
                }
                Found::Unusable => {}
            }
        }
        self.take_marks(&mut there, &marks, &mut changed, &mut report);
        report.gone = known.len();
        if !new.is_empty() {
            self.put_in_order(&mut there, &new, &mut changed);
            self.judge_new(&mut there, &mut new);
        }
        there.retain(|row| changed.contains(&row.file));
        Ok(Looked {
            report,
            put: there,
            gone: known.into_keys().collect(),
        })
    }

    fn names(&self, rows: &[SnapshotRow]) -> Result<Vec<SnapshotName>, BrowseError> {
        if !rows.is_empty() && !self.folder.path().exists() {
            // A disk that is not mounted looks like this. Nothing is forgotten on its word.
            let source = std::io::Error::new(std::io::ErrorKind::NotFound, "it is not there");
            return Err(self.failed(ReadError::Io {
                path: self.folder.path().to_owned(),
                source,
            }));
        }
        self.folder.names().map_err(|source| self.failed(source))
    }

    fn failed(&self, source: ReadError) -> BrowseError {
        BrowseError::Folder {
            path: self.folder.path().to_owned(),
            source,
        }
    }

    fn look_at(
        &self,
        name: &SnapshotName,
        row: Option<SnapshotRow>,
        report: &mut CatalogueReport,
    ) -> Found {
        let path = self.folder.path_of(name);
        if let Some(row) = &row {
            let size = std::fs::metadata(&path).map(|metadata| metadata.len());
            let is_as_it_was = row.damage.is_none() && size.is_ok_and(|size| size == row.size);
            if is_as_it_was {
                return row.clone().into();
            }
        }
        let file = name.to_string();
        match (Folder::read_path(&path), row) {
            (Ok((snapshot, size)), Some(row)) if snapshot.file_hash == row.file_hash => {
                // It was damaged, and is whole again.
                Found::Changed(SnapshotRow {
                    damage: None,
                    size,
                    verified_at: self.now,
                    ..row
                })
            }
            (Ok((snapshot, size)), _) => {
                let row = row_of(name, &snapshot, size, self.now);
                Found::New(row, Box::new(snapshot))
            }
            (Err(error), row) => {
                let problem = explain_read(&error);
                report.unreadable.push(Unreadable {
                    file,
                    problem: problem.clone(),
                });
                match row {
                    None => Found::Unusable,
                    Some(row) if row.damage.as_ref() == Some(&problem) => Found::Same(row),
                    Some(row) => Found::Changed(SnapshotRow {
                        damage: Some(problem),
                        ..row
                    }),
                }
            }
        }
    }

    /// Takes over what people say about the snapshots.
    fn take_marks(
        &self,
        there: &mut [SnapshotRow],
        marks: &Marks,
        changed: &mut BTreeSet<String>,
        report: &mut CatalogueReport,
    ) {
        for row in there.iter_mut() {
            let mark = marks.of(&row.file);
            if row.mark != mark {
                row.mark = mark;
                changed.insert(row.file.clone());
            }
        }
        for (file, problem) in &marks.unreadable {
            report.unreadable.push(Unreadable {
                file: format!("{file}.mark"),
                problem: format!(
                    "{} cannot be read, so its snapshot is kept: {problem}",
                    self.folder.path().join(format!("{file}.mark")).display()
                ),
            });
        }
    }

    /// Gives new snapshots their place and their counted time; sorts all, oldest first.
    fn put_in_order(
        &self,
        there: &mut Vec<SnapshotRow>,
        new: &New,
        changed: &mut BTreeSet<String>,
    ) {
        // Those that have their place come first, in their order.
        there.sort_by_key(|row| {
            let is_new = new.contains_key(&row.file);
            (is_new, if is_new { 0 } else { row.position })
        });
        let known = there.len() - new.len();
        let links: Vec<Link> = there
            .iter()
            .map(|row| Link {
                file: row.file.clone(),
                at: time_of_place(row),
                hash: row.file_hash,
                previous: row.previous,
            })
            .collect();
        let mut rows: Vec<Option<SnapshotRow>> = there.drain(..).map(Some).collect();
        let order = in_sequence(&links, known).into_iter();
        there.extend(order.filter_map(|index| rows.get_mut(index).and_then(Option::take)));
        let mut last = 0;
        for row in there.iter_mut() {
            // What has its place keeps it as long as that is after the one before.
            if new.contains_key(&row.file) || row.position <= last {
                row.position = last + 1;
                changed.insert(row.file.clone());
            }
            last = row.position;
        }
        self.count_time(there, new);
    }

    /// Counted time of new snapshots: that of the newest there is of the same account, or, where
    /// there is none, on from one to the next.
    fn count_time(&self, there: &mut [SnapshotRow], new: &New) {
        let mut of_owner: BTreeMap<UserId, Vec<&mut SnapshotRow>> = BTreeMap::new();
        // Files of others count no time; they only need to stand somewhere.
        for row in there.iter_mut().filter(|row| row.kind != Kind::Imported) {
            of_owner.entry(row.owner.id).or_default().push(row);
        }
        for rows in of_owner.values_mut() {
            let is_new = |row: &SnapshotRow| new.contains_key(&row.file);
            let known = rows.iter().filter(|row| !is_new(row));
            if let Some(newest) = known.map(|row| row.counted).max() {
                // Whenever it is of, it has only just come here.
                for row in rows.iter_mut().filter(|row| new.contains_key(&row.file)) {
                    row.counted = newest;
                }
                continue;
            }
            let mut before: Option<(i64, OffsetDateTime)> = None;
            for row in rows.iter_mut() {
                row.counted = before.map_or(0, |(counted, at)| {
                    count_on(counted, at, row.at(), self.longest_gap)
                });
                before = Some((row.counted, row.at()));
            }
        }
    }

    /// Compares new snapshots of ours with those before them, oldest first.
    fn judge_new(&self, there: &mut [SnapshotRow], new: &mut New) {
        // The last list of each account that was just read, so that a folder is not read twice.
        let mut read: BTreeMap<UserId, (String, List)> = BTreeMap::new();
        let mut of_owner: BTreeMap<UserId, Vec<SnapshotRow>> = BTreeMap::new();
        for row in there.iter_mut() {
            let earlier = of_owner.entry(row.owner.id).or_default();
            let held = new.remove(&row.file);
            let is_judged = held.is_some() && row.kind != Kind::Imported;
            let list = is_judged.then(|| held.flatten().or_else(|| self.list_in(&row.file)));
            if let Some(list) = list.flatten() {
                // After a loss of the catalogue a kept one of long ago may be all that is left
                // before this one; what lies between is nobody's sudden act.
                let base = earlier.iter().rev().find(|row| judge::is_trusted(row));
                let is_close = base.is_none_or(|base| {
                    row.previous == Some(base.file_hash) || row.at() - base.at() <= CLOSE
                });
                let owner = row.owner.id;
                if is_close {
                    let ours = self.ours.get(&owner).into_iter().flatten();
                    let ours = ours.filter(|change| change.when.at <= row.created_at);
                    let ours: Vec<_> = ours.cloned().collect();
                    let (judged, _) =
                        judge_by(&list, earlier, &ours, row.at(), &self.thresholds, |base| {
                            match read.get(&owner) {
                                Some((file, list)) if *file == base.file => Ok(list.clone()),
                                _ => read_base(&self.folder, base),
                            }
                        });
                    row.delta = judged.delta;
                    row.alarms = judged.alarms;
                }
                if judge::is_trusted(row) {
                    read.insert(owner, (row.file.clone(), list));
                }
            }
            earlier.push(row.clone());
        }
    }

    fn list_in(&self, file: &str) -> Option<List> {
        let read = Folder::read_path(&self.folder.path().join(file));
        read.ok().map(|(snapshot, _)| snapshot.list)
    }
}

/// What became of a file since the catalogue last saw it.
enum Found {
    Same(SnapshotRow),
    Changed(SnapshotRow),
    New(SnapshotRow, Box<Snapshot>),
    Unusable,
}

impl From<SnapshotRow> for Found {
    fn from(row: SnapshotRow) -> Self {
        Self::Same(row)
    }
}
