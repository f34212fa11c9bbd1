//! Reading snapshots again to prove that they are what was written.

use std::collections::BTreeSet;
use std::mem;

use anirewind_backup::{Folder, Kind, LATEST_NAME};
use anirewind_model::UserId;
use anirewind_store::{SnapshotRow, StoreError};
use time::Duration;
use tokio::time::Instant;

use crate::app::App;
use crate::catalogue::{Unreadable, explain_read};
use crate::find::BrowseError;

/// Every file is read again within so many days.
const WEEK: u32 = 7;

/// So many proofs are noted together.
const TOGETHER: usize = 500;

/// After each file that is read again by itself there is rest for so many times as long as it took.
const REST: u32 = 9;

/// What reading snapshots again found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// How many were read.
    pub read: usize,
    /// Files that are not what was written, or that cannot be read.
    pub damaged: Vec<Unreadable>,
    /// Files whose name is of another moment than what they hold: swapped or renamed. What they
    /// hold is proven all the same, and says itself when it is of.
    pub misnamed: Vec<Unreadable>,
    /// Snapshots that follow one which is neither here nor was removed from here.
    pub unlinked: Vec<String>,
    /// Files that the catalogue did not know.
    pub added: usize,
    /// Files that the catalogue knew and that are gone.
    pub gone: usize,
    /// What SQLite finds wrong with the catalogue.
    pub catalogue: Option<String>,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    pub fn is_fine(&self) -> bool {
        self.damaged.is_empty() && self.misnamed.is_empty() && self.catalogue.is_none()
    }
}

impl App {
    /// Reads every snapshot there is and proves it, the catalogue against the folder both ways,
    /// and the catalogue itself.
    pub async fn verify(&self, owner: Option<UserId>) -> Result<VerifyReport, BrowseError> {
        let found = self.refresh_catalogue().await?;
        let mut report = VerifyReport {
            added: found.added,
            gone: found.gone,
            damaged: found.unreadable,
            catalogue: self.inner.store.check().await?,
            ..VerifyReport::default()
        };
        let rows = self.inner.store.snapshots(owner).await?;
        report.unlinked = self.unlinked(&rows).await?;
        report.misnamed = rows.iter().filter_map(|row| self.misnamed(row)).collect();
        for row in rows {
            report.read += 1;
            // Said already by the look at the folder.
            let is_named = report.damaged.iter().any(|known| known.file == row.file);
            let row = self.verify_row(row).await?;
            if let Some(problem) = row.damage.filter(|_| !is_named) {
                report.damaged.push(Unreadable {
                    file: row.file,
                    problem,
                });
            }
        }
        Ok(report)
    }

    /// Reads one snapshot, proves it, and notes in the catalogue how that went.
    pub async fn verify_row(&self, row: SnapshotRow) -> Result<SnapshotRow, BrowseError> {
        let row = self.prove(row).await?;
        self.inner.store.note_proof(&row).await?;
        Ok(row)
    }

    /// Reads one snapshot and proves it; the row says how that went, the catalogue not yet.
    async fn prove(&self, row: SnapshotRow) -> Result<SnapshotRow, BrowseError> {
        let (path, hash) = (self.inner.folder.path().join(&row.file), row.file_hash);
        let file = row.file.clone();
        let looked = tokio::task::spawn_blocking(move || match Folder::read_path(&path) {
            Ok((snapshot, _)) if snapshot.file_hash == hash => None,
            Ok(_) => Some(format!(
                "{file} holds another snapshot than the one that was catalogued"
            )),
            Err(error) => Some(explain_read(&error)),
        });
        let damage = looked.await.map_err(|_| StoreError::Closed)?;
        if let Some(problem) = &damage {
            tracing::error!(file = row.file, problem, "a snapshot is damaged");
        }
        let verified_at = if damage.is_none() {
            self.now()
        } else {
            row.verified_at
        };
        Ok(SnapshotRow {
            damage,
            verified_at,
            ..row
        })
    }

    /// Reads again a part of the snapshots, those first that were not read for longest, so that all
    /// are read within a week; says how many were read and what is damaged. It takes a tenth of one
    /// core at most, so that nobody waits for it.
    pub async fn scrub(&self) -> Result<(usize, Vec<Unreadable>), BrowseError> {
        let due = self.inner.store.due_for_proof(self.now(), WEEK).await?;
        let (mut read, mut damaged, mut whole) = (0, Vec::new(), Vec::new());
        for file in due {
            // Somebody may have deleted it meanwhile.
            let Some(row) = self.inner.store.snapshot_in(file).await? else {
                continue;
            };
            read += 1;
            let began = Instant::now();
            let was_whole = row.damage.is_none();
            let row = self.prove(row).await?;
            // Each note makes everybody read again what they knew of the catalogue. Whoever is killed before
            // good news was noted reads those files again; other news is noted at once.
            match &row.damage {
                None if was_whole => whole.push(row),
                None => self.inner.store.note_proof(&row).await?,
                Some(problem) => {
                    damaged.push(Unreadable {
                        file: row.file.clone(),
                        problem: problem.clone(),
                    });
                    self.inner.store.note_proof(&row).await?;
                }
            }
            if whole.len() >= TOGETHER {
                let noted = mem::take(&mut whole);
                self.inner.store.note_still_whole(noted).await?;
            }
            tokio::time::sleep(REST * began.elapsed()).await;
        }
        self.inner.store.note_still_whole(whole).await?;
        tracing::debug!(read, "snapshots read again and proven");
        Ok((read, damaged))
    }

    fn misnamed(&self, row: &SnapshotRow) -> Option<Unreadable> {
        // Where a second was taken, the next free one is in the name.
        const LATEST: Duration = Duration::seconds(LATEST_NAME);
        if row.kind == Kind::Imported || row.damage.is_some() {
            return None;
        }
        let name = self.inner.folder.name_of(&row.file)?;
        let late = name.at() - row.created_at;
        let is_right = late > -Duration::SECOND && late <= LATEST;
        (!is_right).then(|| Unreadable {
            file: row.file.clone(),
            problem: format!(
                "{} holds the snapshot of {}, not of the moment in its name",
                row.file,
                row.created_at
                    .replace_nanosecond(0)
                    .unwrap_or(row.created_at)
            ),
        })
    }

    /// Snapshots whose predecessor is nowhere, though it was never removed from here.
    async fn unlinked(&self, rows: &[SnapshotRow]) -> Result<Vec<String>, BrowseError> {
        let removed = self.inner.store.discarded().await?;
        let mut known: BTreeSet<_> = rows
            .iter()
            .map(|row| row.file_hash)
            .chain(removed.iter().map(|row| row.file_hash))
            .collect();
        // Killed right after a move, nobody noted it; the trash itself tells.
        let noted: BTreeSet<String> = removed.into_iter().map(|row| row.file).collect();
        let folder = self.inner.folder.clone();
        let trash = tokio::task::spawn_blocking(move || {
            let there = folder.discarded().unwrap_or_default().into_iter();
            there
                .filter(|discarded| !noted.contains(&discarded.file()))
                .filter_map(|discarded| {
                    let read = Folder::read_path(&folder.path_of_discarded(&discarded));
                    read.ok().map(|(snapshot, _)| snapshot.file_hash)
                })
                .collect::<Vec<_>>()
        });
        known.extend(trash.await.map_err(|_| StoreError::Closed)?);
        let unlinked = rows
            .iter()
            .filter(|row| row.previous.is_some_and(|hash| !known.contains(&hash)));
        Ok(unlinked.map(|row| row.file.clone()).collect())
    }
}
