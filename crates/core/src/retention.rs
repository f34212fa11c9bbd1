//! Old snapshots: what becomes of them, and why.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use anirewind_backup::retention::{Candidate, Hold, Kept, Plan, Policy, Role, plan};
use anirewind_backup::{Discarded, Folder, Kind, Mark, SnapshotName};
use anirewind_model::UserId;
use anirewind_store::{
    DiscardedRow, Reason, SnapshotFilter, SnapshotRow, Standing, Start, WeighedRow,
};

use crate::app::App;
use crate::catalogue::explain_read;
use crate::curate::CurateError;
use crate::find::BrowseError;
use crate::outlook::Outlook;

/// A snapshot stays in the trash for so long, in days of counted time.
pub const TRASH_DAYS: i64 = 7;

/// What becomes of the snapshots of one account.
#[derive(Debug, Clone)]
pub struct RetentionPlan {
    /// Whose they are.
    pub owner: UserId,
    /// What becomes of each.
    pub outlook: Arc<Outlook>,
    /// Those that go, newest first.
    pub going: Vec<SnapshotRow>,
    /// Files that have been in the trash long enough and are removed for good.
    pub leaving: Vec<String>,
}

/// What went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Snapshots that went into the trash.
    pub discarded: Vec<SnapshotRow>,
    /// Files that had been in the trash long enough and are gone.
    pub removed: Vec<String>,
}

impl App {
    /// What becomes of the snapshots of an account by the rules that are set.
    pub async fn retention_plan(&self, owner: UserId) -> Result<RetentionPlan, CurateError> {
        self.retention_plan_by(owner, &self.inner.settings.retention)
            .await
    }

    /// The same by other rules.
    pub async fn retention_plan_by(
        &self,
        owner: UserId,
        policy: &Policy,
    ) -> Result<RetentionPlan, CurateError> {
        let outlook = self.outlook(owner, Some(policy)).await?;
        // A long life's snapshots are many, and those that go are few: only these are read whole.
        let files = outlook.going().map(str::to_owned).collect();
        let mut going = self.inner.store.snapshots_in(files).await?;
        going.sort_by_key(|row| Reverse(row.position));
        let leaving = match outlook.hold {
            Some(_) => Vec::new(),
            None => self.trash_due(owner, outlook.counted).await?,
        };
        Ok(RetentionPlan {
            owner,
            outlook,
            going,
            leaving: leaving.iter().map(Discarded::file).collect(),
        })
    }

    /// Every account of which there are snapshots.
    pub async fn owners(&self) -> Result<Vec<anirewind_model::Account>, BrowseError> {
        let owners = self.inner.store.owners().await?.into_iter();
        Ok(owners.map(|(owner, _)| owner).collect())
    }

    /// What becomes of all snapshots of an account, and why nothing goes for now, if so.
    pub(crate) fn plan_retention(
        &self,
        policy: &Policy,
        rows: &[WeighedRow],
    ) -> (Plan, Option<Hold>) {
        let hold = self.hold(rows);
        let candidates: Vec<_> = rows.iter().map(candidate).collect();
        let (zone, now) = (&self.inner.zone, self.now());
        (plan(&candidates, policy, hold.as_ref(), zone, now), hold)
    }

    /// Puts what is past its time into the trash, and removes what has been there long enough.
    ///
    /// First the newest good snapshot is read and proven once more: nothing old goes while the new
    /// is not certain.
    pub async fn prune(&self, owner: UserId) -> Result<Pruned, CurateError> {
        self.prune_shown(owner, None).await
    }

    /// The same for what somebody was shown: what has come to its end since stays for the next time.
    pub async fn prune_shown(
        &self,
        owner: UserId,
        shown: Option<&RetentionPlan>,
    ) -> Result<Pruned, CurateError> {
        let _exclusive = self.exclusive().await?;
        self.follow_folder().await?;
        let all = SnapshotFilter::default();
        if let Some(newest) = self.last_trusted(owner, all, Start::Newest).await? {
            self.verify_row(newest).await?;
        }
        let rows = self.inner.store.weighed(owner).await?;
        let (plan, hold) = self.plan_retention(&self.inner.settings.retention, &rows);
        let counted = newest_counted(&rows);
        let is_shown = |file: &str| {
            shown.is_none_or(|shown| {
                shown.going.iter().any(|row| row.file == file)
                    || shown.leaving.iter().any(|f| f == file)
            })
        };
        let mut pruned = Pruned::default();
        for file in plan.going().filter(|file| is_shown(file)) {
            let Some(row) = self.inner.store.snapshot_in(file.to_owned()).await? else {
                continue;
            };
            self.discard(&row, counted, Reason::Rules).await?;
            tracing::info!(file, "put into the trash by the rules");
            pruned.discarded.push(row);
        }
        self.adopt_trash(owner, counted).await?;
        if hold.is_none() {
            for discarded in self.trash_due(owner, counted).await? {
                let file = discarded.file();
                if is_shown(&file) && self.remove_for_good(discarded).await? {
                    pruned.removed.push(file);
                }
            }
        }
        Ok(pruned)
    }

    async fn remove_for_good(&self, discarded: Discarded) -> Result<bool, CurateError> {
        let (folder, file) = (self.inner.folder.clone(), discarded.file());
        let removed = crate::curate::blocking(move || {
            // Somebody may have said in the meantime that it is to be kept.
            if folder.mark_of(&discarded.name).keep.is_some()
                || !folder.path_of_discarded(&discarded).exists()
            {
                return Ok(false);
            }
            folder.remove(&discarded)?;
            Ok::<_, CurateError>(true)
        });
        let removed = removed.await?;
        if removed {
            tracing::info!(file, "gone from the trash");
        }
        Ok(removed)
    }

    /// Why nothing of an account may go for now.
    pub(crate) fn hold(&self, rows: &[WeighedRow]) -> Option<Hold> {
        if rows.iter().any(|row| row.has_open_alarm) {
            return Some(Hold::OpenAlarm);
        }
        let is_damaged = |row: &&WeighedRow| row.standing == Standing::Damaged;
        let damaged = rows.iter().find(is_damaged);
        // A file that could not even be catalogued counts by the user in its name.
        let is_theirs = |file: &String| {
            let file = file.strip_suffix(".mark").unwrap_or(file);
            let name = self.inner.folder.name_of(file);
            let user = name.as_ref().map(SnapshotName::user);
            rows.iter().any(|row| {
                let own = self.inner.folder.name_of(&row.file);
                row.kind != Kind::Imported && own.as_ref().map(SnapshotName::user) == user
            })
        };
        let file = damaged.map(|row| row.file.clone()).or_else(|| {
            self.unreadable()
                .iter()
                .find(|file| is_theirs(file))
                .cloned()
        })?;
        Some(Hold::Damage { file })
    }

    /// Puts one snapshot into the trash: the file first, then what the catalogue says.
    pub(crate) async fn discard(
        &self,
        row: &SnapshotRow,
        counted: i64,
        reason: Reason,
    ) -> Result<(), CurateError> {
        let (folder, file, now) = (self.inner.folder.clone(), row.file.clone(), self.now());
        let mark = row.mark.clone();
        let discarded = crate::curate::blocking(move || {
            let name = folder
                .name_of(&file)
                .ok_or_else(|| CurateError::NotOurs { file: file.clone() })?;
            // The file beside it decides, not what the catalogue last heard.
            let said = folder.mark_of(&name);
            if said != mark {
                let reason = "somebody said something else about it meanwhile";
                return Err(CurateError::Locked { file, reason });
            }
            // A wish that has come to its end would hold it in the trash.
            if said.keep.is_some() {
                folder.put_mark(&name, &Mark { keep: None, ..said })?;
            }
            Ok::<Discarded, CurateError>(folder.discard(&name, now)?)
        })
        .await?;
        let noted = DiscardedRow {
            file: discarded.file(),
            file_hash: row.file_hash,
            owner: row.owner.id,
            counted,
            reason,
        };
        self.inner.store.note_discarded(noted).await?;
        let gone = vec![row.file.clone()];
        self.inner.store.update_snapshots(Vec::new(), gone).await?;
        Ok(())
    }

    /// What has been in the trash for long enough, counted as snapshots are.
    async fn trash_due(&self, owner: UserId, counted: i64) -> Result<Vec<Discarded>, CurateError> {
        let known = self.known_discarded().await?;
        let mut due = self.all_discarded().await?;
        due.retain(|discarded| {
            known.get(&discarded.file()).is_some_and(|row| {
                let waited = counted.saturating_sub(row.counted);
                row.owner == owner && waited >= TRASH_DAYS * 86_400
            })
        });
        Ok(due)
    }

    /// What is in the trash and nobody knows since when, because the catalogue was lost, waits from
    /// now on.
    async fn adopt_trash(&self, owner: UserId, counted: i64) -> Result<(), CurateError> {
        let known = self.known_discarded().await?;
        for discarded in self.all_discarded().await? {
            if !known.contains_key(&discarded.file()) {
                self.wait_from_now(&discarded, owner, counted).await?;
            }
        }
        Ok(())
    }

    async fn known_discarded(&self) -> Result<BTreeMap<String, DiscardedRow>, CurateError> {
        let rows = self.inner.store.discarded().await?.into_iter();
        Ok(rows.map(|row| (row.file.clone(), row)).collect())
    }

    async fn all_discarded(&self) -> Result<Vec<Discarded>, CurateError> {
        let folder = self.inner.folder.clone();
        crate::curate::blocking(move || Ok::<_, CurateError>(folder.discarded()?)).await
    }

    async fn wait_from_now(
        &self,
        discarded: &Discarded,
        owner: UserId,
        counted: i64,
    ) -> Result<(), CurateError> {
        let path = self.inner.folder.path_of_discarded(discarded);
        let read =
            crate::curate::blocking(move || Ok::<_, CurateError>(Folder::read_path(&path))).await?;
        match read {
            Ok((snapshot, _)) if snapshot.list.owner.id == owner => {
                let row = DiscardedRow {
                    file: discarded.file(),
                    file_hash: snapshot.file_hash,
                    owner,
                    counted,
                    reason: Reason::Rules,
                };
                self.inner.store.note_discarded(row).await?;
            }
            Ok(_) => {}
            // Whose it is cannot be told, so it stays.
            Err(error) => tracing::warn!(problem = explain_read(&error), "left in the trash"),
        }
        Ok(())
    }
}

/// Counted time of the newest of our snapshots.
pub(crate) fn newest_counted(rows: &[WeighedRow]) -> i64 {
    let ours = rows.iter().filter(|row| row.kind != Kind::Imported);
    ours.map(|row| row.counted).max().unwrap_or_default()
}

fn candidate(row: &WeighedRow) -> Candidate {
    let role = match (row.standing, row.kind) {
        (Standing::Damaged, _) => Role::Damaged,
        (_, Kind::Imported) => Role::Foreign,
        (Standing::Suspect, Kind::Safety) => Role::SuspectSafety,
        (Standing::Suspect, _) => Role::Suspect,
        (Standing::Good, Kind::Safety) => Role::Safety,
        (Standing::Good, Kind::Automatic | Kind::Manual) => Role::Good,
    };
    Candidate {
        file: row.file.clone(),
        position: row.position,
        at: row.at,
        counted: row.counted,
        role,
        kept: row.keep.as_ref().map(|keep| Kept { until: keep.until }),
        public: row.public,
    }
}
