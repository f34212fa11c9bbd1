//! What pages show: a part of the snapshots, days, and what happened lately.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use anirewind_model::{Counts, UserId};
use anirewind_store::{
    AccountRow, Attempt, ChangeSums, DayRow, Outcome, SnapshotFilter, SnapshotOrder, SnapshotRow,
    Standing, Start,
};
use anirewind_timeline::Id;
use time::{Date, Duration, OffsetDateTime, UtcOffset};

use crate::app::App;
use crate::catalogue::{CatalogueReport, Unreadable};
use crate::find::BrowseError;
use crate::numbers::{are, does, thousands, were};

/// Since when all snapshots of an account were read again, and what that proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proofs {
    /// When the one was read that was read longest ago.
    pub since: OffsetDateTime,
    /// How many were proven by it.
    pub proven: usize,
    /// How many were read and hold nothing to prove them by: files of other tools.
    pub unprovable: usize,
    /// How many are known to be damaged.
    pub damaged: usize,
}

impl Proofs {
    /// The beginning of a sentence that says when: "every snapshot was read again".
    pub fn read(&self) -> &'static str {
        if self.unprovable + self.damaged == 0 {
            "every snapshot was read again and proven"
        } else {
            "every snapshot was read again"
        }
    }

    /// The rest of it, where something was not proven: ": 45 were proven, 1 holds nothing to prove it by".
    pub fn rest(&self) -> String {
        let (unprovable, damaged) = (self.unprovable, self.damaged);
        if unprovable + damaged == 0 {
            return String::new();
        }
        let proven = format!("{} {} proven", thousands(self.proven), were(self.proven));
        let them = if unprovable == 1 { "it" } else { "them" };
        let hold = format!("{} {}", thousands(unprovable), does(unprovable, "hold"));
        let parts = [
            (self.proven > 0).then_some(proven),
            (unprovable > 0).then(|| format!("{hold} nothing to prove {them} by")),
            (damaged > 0).then(|| format!("{} {} damaged", thousands(damaged), are(damaged))),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        format!(": {}", parts.join(", "))
    }
}

const DAY_MILLIS: i64 = 86_400_000;

/// One day of an account, by the clock of this installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// As in 2026-11-03.
    pub name: String,
    /// How many whole snapshots there are of it.
    pub snapshots: usize,
    /// What the last of them holds.
    pub counts: Option<Counts>,
    /// How many attempts gave a snapshot, or found that there is one already.
    pub saved: usize,
    /// How many attempts failed.
    pub failed: usize,
    /// How many of the snapshots are not believed, or unusual and nobody has said yet whether that was meant.
    pub doubted: usize,
}

/// The folder as it looked when the catalogue last followed it.
#[derive(Debug, Clone)]
pub(crate) struct FolderSeen {
    glance: Glance,
    unreadable: Vec<Unreadable>,
}

/// What a glance at the folder shows.
#[derive(Debug, Clone, Copy)]
struct Glance {
    modified: SystemTime,
    files: usize,
    /// Whether nothing had come or gone for a while: only then does the time alone say that nothing has
    /// since, as clocks of files tick slowly.
    is_settled: bool,
}

/// Coarser than the clocks of files.
const A_WHILE: std::time::Duration = std::time::Duration::from_secs(3);

impl Glance {
    /// Blocks. The files are not counted where the time is enough.
    #[expect(
        clippy::disallowed_methods,
        reason = "the times of files are those of the machine"
    )]
    fn at(folder: &Path, seen: Option<&Self>) -> Option<Self> {
        let now = SystemTime::now();
        let modified = std::fs::metadata(folder).ok()?.modified().ok()?;
        if let Some(seen) = seen
            && seen.is_settled
            && seen.modified == modified
        {
            return Some(*seen);
        }
        Some(Self {
            modified,
            files: std::fs::read_dir(folder).ok()?.count(),
            is_settled: now.duration_since(modified).is_ok_and(|age| age > A_WHILE),
        })
    }

    fn shows_the_same_as(&self, other: &Self) -> bool {
        self.modified == other.modified && self.files == other.files
    }
}

impl App {
    /// Brings the catalogue up to date with the folder if anything was put there or taken away since.
    /// Files that were altered in place are found by reading them again, not by this.
    pub async fn catalogue(&self) -> Result<CatalogueReport, BrowseError> {
        let (path, seen) = (self.backups(), self.seen().clone());
        let glance = seen.as_ref().map(|seen| seen.glance);
        let glance = tokio::task::spawn_blocking(move || Glance::at(&path, glance.as_ref())).await;
        let glance = glance.ok().flatten();
        let unreadable = match (seen, glance) {
            (Some(seen), Some(glance)) if glance.shows_the_same_as(&seen.glance) => {
                Some(seen.unreadable)
            }
            _ => None,
        };
        let report = match unreadable {
            Some(unreadable) => CatalogueReport {
                unreadable,
                ..CatalogueReport::default()
            },
            None => self.refresh_catalogue().await?,
        };
        // As it was before: what came while it was followed is looked at the next time.
        *self.seen() = glance.map(|glance| FolderSeen {
            glance,
            unreadable: report.unreadable.clone(),
        });
        Ok(report)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Option<FolderSeen>> {
        self.inner
            .seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// So many of the snapshots that are wanted, newest first.
    pub async fn snapshots_where(
        &self,
        owner: Option<UserId>,
        filter: SnapshotFilter,
        start: Start,
        most: usize,
    ) -> Result<Vec<SnapshotRow>, BrowseError> {
        let store = &self.inner.store;
        Ok(store.snapshots_where(owner, filter, start, most).await?)
    }

    /// So many of the snapshots of an account that are wanted, in another order, after so many others; of those that
    /// are alike the newest first.
    pub async fn snapshots_by(
        &self,
        owner: UserId,
        filter: SnapshotFilter,
        order: SnapshotOrder,
        is_falling: bool,
        skip: usize,
        most: usize,
    ) -> Result<Vec<SnapshotRow>, BrowseError> {
        let store = &self.inner.store;
        let rows = store.snapshots_by(owner, filter, order, is_falling, skip, most);
        Ok(rows.await?)
    }

    /// The snapshot right before another one of the same account.
    pub async fn snapshot_before(
        &self,
        row: &SnapshotRow,
    ) -> Result<Option<SnapshotRow>, BrowseError> {
        let start = Start::Below(row.position);
        let filter = SnapshotFilter::default();
        let rows = self.snapshots_where(Some(row.owner.id), filter, start, 1);
        Ok(rows.await?.pop())
    }

    /// How many snapshots of an account are wanted.
    pub async fn count_snapshots(
        &self,
        owner: UserId,
        filter: SnapshotFilter,
    ) -> Result<usize, BrowseError> {
        Ok(self
            .inner
            .store
            .count_snapshots_where(owner, filter)
            .await?)
    }

    /// The snapshot in a file of the folder, where it is still there.
    pub async fn snapshot_in(&self, file: &str) -> Result<Option<SnapshotRow>, BrowseError> {
        Ok(self.inner.store.snapshot_in(file.to_owned()).await?)
    }

    /// The acts before which these snapshots were taken, by the name of the file.
    pub async fn acts_after(
        &self,
        files: Vec<String>,
    ) -> Result<BTreeMap<String, Id>, BrowseError> {
        Ok(self.inner.store.acts_after(files).await?)
    }

    /// How many snapshots of an account somebody keeps, and when all had last been proven.
    pub async fn kept_and_proven(
        &self,
        owner: UserId,
    ) -> Result<(usize, Option<OffsetDateTime>), BrowseError> {
        Ok(self.inner.store.kept_and_proven(owner).await?)
    }

    /// How far the snapshots of an account are proven; `None` when there is none.
    pub async fn proofs(&self, owner: UserId) -> Result<Option<Proofs>, BrowseError> {
        let store = &self.inner.store;
        let (_, since) = store.kept_and_proven(owner).await?;
        let (all, _) = store.snapshot_totals(Some(owner)).await?;
        let (unprovable, damaged) = store.unproven(owner).await?;
        Ok(since.map(|since| Proofs {
            since,
            proven: all.saturating_sub(unprovable + damaged),
            unprovable,
            damaged,
        }))
    }

    /// How many changes took effect since a moment.
    pub async fn change_sums(
        &self,
        owner: UserId,
        since: OffsetDateTime,
    ) -> Result<ChangeSums, BrowseError> {
        Ok(self.inner.store.change_sums(owner, since).await?)
    }

    /// When the next snapshot of an account is due, if a server runs; `None` when none is taken by itself.
    pub async fn next_backup(
        &self,
        account: &AccountRow,
    ) -> Result<Option<OffsetDateTime>, BrowseError> {
        let last = self.last_attempt(account.account.id).await?;
        Ok(self.next_due(account, last.as_ref()))
    }

    /// The day of a moment, by the clock of this installation, as in 2026-11-03.
    pub fn day_of(&self, at: OffsetDateTime) -> String {
        self.name_of_day(self.day_number(at))
    }

    /// When the day before the present one began, by the clock of this installation.
    pub fn yesterday(&self) -> OffsetDateTime {
        let day = self.day_number(self.now()) - 1;
        let millis = day * DAY_MILLIS - self.offset();
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// The last so many days, oldest first, each with what there is of it.
    pub async fn days(&self, owner: UserId, most: usize) -> Result<Vec<Day>, BrowseError> {
        let today = self.day_number(self.now());
        let rows = self
            .inner
            .store
            .snapshot_days(owner, self.offset(), most, true)
            .await?;
        let since = self.now() - Duration::days(i64::try_from(most).unwrap_or_default());
        let attempts = self.inner.store.attempts_since(owner, since).await?;
        let unusual = SnapshotFilter {
            unusual: true,
            ..SnapshotFilter::default()
        };
        let unusual = self.snapshots_where(Some(owner), unusual, Start::Newest, usize::MAX);
        let mut doubted = unusual.await?;
        doubted.retain(|row| {
            row.standing() == Standing::Suspect || row.open_alarms().next().is_some()
        });
        let first = today - i64::try_from(most).unwrap_or_default() + 1;
        let days = (first..=today).map(|number| {
            let row = rows.iter().find(|row| row.day == number);
            let of_day = |attempt: &&Attempt| self.day_number(attempt.at) == number;
            let of_day = attempts.iter().filter(of_day);
            let (saved, failed): (Vec<_>, Vec<_>) = of_day.partition(|attempt| {
                matches!(attempt.outcome, Outcome::Saved | Outcome::Unchanged)
            });
            Day {
                name: self.name_of_day(number),
                snapshots: row.map_or(0, |row| row.snapshots),
                counts: row.map(|row| row.counts),
                saved: saved.len(),
                failed: failed.len(),
                doubted: {
                    let of_day = |row: &&SnapshotRow| self.day_number(row.created_at) == number;
                    doubted.iter().filter(of_day).count()
                },
            }
        });
        Ok(days.collect())
    }

    /// The days of which there are snapshots, oldest first, each with what the last of them holds. Files of other tools
    /// that hold anime alone are left out, unless there is no other.
    pub async fn sizes(
        &self,
        owner: UserId,
        most: usize,
    ) -> Result<Vec<(Date, Counts)>, BrowseError> {
        let offset = self.offset();
        // Beside whole lists those would look as if all manga had gone.
        let store = &self.inner.store;
        let mut rows = store.snapshot_days(owner, offset, most, false).await?;
        if rows.iter().all(|row| row.counts.manga == 0) {
            rows = store.snapshot_days(owner, offset, most, true).await?;
        }
        let dated = |row: &DayRow| Some((date_of_day(row.day)?, row.counts));
        Ok(rows.iter().rev().filter_map(dated).collect())
    }

    /// The last so many days, oldest first, each with how many changes took effect on it.
    pub async fn change_days(
        &self,
        owner: UserId,
        most: u16,
    ) -> Result<Vec<(String, ChangeSums)>, BrowseError> {
        let now = jiff::Timestamp::from_second(self.now().unix_timestamp()).unwrap_or_default();
        let today = now.to_zoned(self.inner.zone.clone()).date();
        // The day after is where today ends.
        let days = (-i64::from(most) + 1..=1).map(|ahead| jiff::Span::new().days(ahead));
        let days: Vec<_> = days.map(|ahead| today.saturating_add(ahead)).collect();
        let bounds = days.iter().map(|day| self.start_of_day(*day));
        let bounds = bounds.collect::<Result<_, _>>()?;
        let sums = self.inner.store.change_days(owner, bounds).await?;
        Ok(days.iter().map(ToString::to_string).zip(sums).collect())
    }

    /// By how much the clock of this installation is ahead of UTC now, in milliseconds.
    fn offset(&self) -> i64 {
        let now = self.now();
        let now = jiff::Timestamp::from_second(now.unix_timestamp()).unwrap_or_default();
        i64::from(self.inner.zone.to_offset(now).seconds()) * 1_000
    }

    fn day_number(&self, at: OffsetDateTime) -> i64 {
        let millis = at.to_offset(UtcOffset::UTC).unix_timestamp() * 1_000;
        (millis + self.offset()).div_euclid(DAY_MILLIS)
    }

    fn name_of_day(&self, number: i64) -> String {
        let date = date_of_day(number).unwrap_or_else(|| self.now().date());
        date.to_string()
    }
}

/// The date of a day by its number since 1970.
fn date_of_day(number: i64) -> Option<Date> {
    let epoch = OffsetDateTime::UNIX_EPOCH.date();
    epoch.checked_add(Duration::days(number))
}
