//! The folder is the truth; the catalogue follows it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anirewind_backup::retention::count_on;
use anirewind_backup::{
    Folder, Kind, Link, Marks, ReadError, Snapshot, SnapshotName, Thresholds, in_sequence,
};
use anirewind_model::{List, UserId};
use anirewind_store::{SnapshotRow, StoreError};
use time::{Duration, OffsetDateTime};

use crate::app::App;
use crate::find::BrowseError;
use crate::judge::{self, bases, judge, raised};

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
        let rows = self.inner.store.snapshots(None).await?;
        let look = Look {
            folder: self.inner.folder.clone(),
            thresholds: self.inner.settings.thresholds.clone(),
            longest_gap: self.longest_gap(),
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
        Ok(report)
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

/// So many lists of new files are held while the catalogue follows the folder.
const HELD: usize = 8;

/// Files that are new, with their lists as far as these are held.
type New = BTreeMap<String, Option<List>>;

/// One look at the folder.
struct Look {
    folder: Folder,
    thresholds: Thresholds,
    longest_gap: Duration,
    now: OffsetDateTime,
}

/// What a look found, and what to write into the catalogue for it.
struct Looked {
    report: CatalogueReport,
    put: Vec<SnapshotRow>,
    gone: Vec<String>,
}

impl Look {
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
        let links: Vec<Link> = there
            .iter()
            .map(|row| Link {
                file: row.file.clone(),
                at: row.at(),
                hash: row.file_hash,
                previous: row.previous,
            })
            .collect();
        let mut rows: Vec<Option<SnapshotRow>> = there.drain(..).map(Some).collect();
        let order = in_sequence(&links).into_iter();
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

    /// Counted time of new snapshots: on from the one of the same account before it, or back from
    /// the first that has one, or from nothing.
    fn count_time(&self, there: &mut [SnapshotRow], new: &New) {
        let mut of_owner: BTreeMap<UserId, Vec<&mut SnapshotRow>> = BTreeMap::new();
        // Files of others count no time; they only need to stand somewhere.
        for row in there.iter_mut().filter(|row| row.kind != Kind::Imported) {
            of_owner.entry(row.owner.id).or_default().push(row);
        }
        for rows in of_owner.values_mut() {
            let is_new = |row: &SnapshotRow| new.contains_key(&row.file);
            let first_known = rows.iter().position(|row| !is_new(row)).unwrap_or(0);
            let (earlier, later) = rows.split_at_mut(first_known);
            let mut after = later.first().map(|row| (row.counted, row.at()));
            for row in earlier.iter_mut().rev() {
                if let Some((counted, at)) = after {
                    row.counted = counted - count_on(0, row.at(), at, self.longest_gap);
                }
                after = Some((row.counted, row.at()));
            }
            let mut before: Option<(i64, OffsetDateTime)> = None;
            for row in later.iter_mut() {
                if let Some((counted, at)) = before.filter(|_| is_new(row)) {
                    row.counted = count_on(counted, at, row.at(), self.longest_gap);
                }
                before = Some((row.counted, row.at()));
            }
            // One that was dropped in between two others is not later than the second.
            let mut latest = i64::MAX;
            for row in later.iter_mut().rev() {
                row.counted = row.counted.min(latest);
                latest = row.counted;
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
                let bases = bases(earlier, row.at());
                let list_of = |base: Option<&SnapshotRow>| {
                    let base = base?;
                    match read.get(&row.owner.id) {
                        Some((file, list)) if *file == base.file => Some(list.clone()),
                        _ => self.list_in(&base.file),
                    }
                };
                let thresholds = raised(&self.thresholds, earlier);
                let (last_good, a_day_ago) = (list_of(bases.last_good), list_of(bases.a_day_ago));
                let judged = judge(
                    &list,
                    last_good.as_ref(),
                    a_day_ago.as_ref(),
                    &bases.noticed,
                    &thresholds,
                );
                row.delta = judged.delta;
                row.alarms = judged.alarms;
                if judge::is_trusted(row) {
                    read.insert(row.owner.id, (row.file.clone(), list));
                }
            }
            earlier.push(row.clone());
        }
    }

    fn list_in(&self, file: &str) -> Option<List> {
        match Folder::read_path(&self.folder.path().join(file)) {
            Ok((snapshot, _)) => Some(snapshot.list),
            Err(error) => {
                tracing::warn!(problem = explain_read(&error), "cannot compare with it");
                None
            }
        }
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
