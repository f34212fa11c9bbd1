//! Snapshots that nobody may delete by hand either.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use anirewind_model::UserId;
use anirewind_store::{SnapshotFilter, SnapshotRow, Start};

use crate::alarms::A_FEW;
use crate::app::App;
use crate::curate::CurateError;
use crate::find::BrowseError;
use crate::judge::a_day_before;

/// Each with the reason, newest first. The last reason that holds is the one that is said.
#[derive(Default)]
struct Locks(BTreeMap<Reverse<i64>, (SnapshotRow, &'static str)>);

impl Locks {
    fn add(&mut self, rows: impl IntoIterator<Item = SnapshotRow>, reason: &'static str) {
        for row in rows {
            self.0.insert(Reverse(row.position), (row, reason));
        }
    }
}

impl App {
    /// Why a snapshot must not be deleted, if it must not.
    pub async fn lock_of(&self, row: &SnapshotRow) -> Result<Option<&'static str>, CurateError> {
        let locked = self.locked(row.owner.id).await?;
        let found = locked.iter().find(|(locked, _)| locked.file == row.file);
        Ok(found.map(|(_, reason)| *reason))
    }

    /// The snapshots of an account that must not be deleted, newest first, each with the reason.
    pub async fn locked(
        &self,
        owner: UserId,
    ) -> Result<Vec<(SnapshotRow, &'static str)>, CurateError> {
        let mut locks = Locks::default();
        let last = self.only_readable(owner).await?;
        locks.add(last, "it is the last one left");
        let all = SnapshotFilter::default();
        let newest = self.last_trusted(owner, all, Start::Newest).await?;
        locks.add(newest, "it is the newest good one");
        let open = self.open_alarms(Some(owner)).await?;
        for open in &open {
            let reason =
                "it is the last good one before something unusual that nobody has answered yet";
            locks.add(open.before.clone(), reason);
            // What went little by little is put right by the earliest of the day.
            let below = self.below(&open.snapshot).await?;
            locks.add(a_day_before(&below, &open.snapshot), reason);
        }
        let unanswered = open.into_iter().map(|open| open.snapshot);
        locks.add(
            unanswered,
            "something about it is unusual and nobody has answered yet",
        );
        let kept = SnapshotFilter {
            kept: true,
            ..SnapshotFilter::default()
        };
        let store = &self.inner.store;
        let kept = store.snapshots_where(Some(owner), kept, Start::Newest, usize::MAX);
        locks.add(kept.await?, "it is kept");
        Ok(locks.0.into_values().collect())
    }

    /// The snapshot of an account that can be read, where there is no other.
    async fn only_readable(&self, owner: UserId) -> Result<Option<SnapshotRow>, BrowseError> {
        let (mut only, mut start) = (None, Start::Newest);
        loop {
            let (store, all) = (&self.inner.store, SnapshotFilter::default());
            let rows = store.snapshots_where(Some(owner), all, start, A_FEW);
            let rows = rows.await?;
            let Some(last) = rows.last() else {
                return Ok(only);
            };
            start = Start::Below(last.position);
            for row in rows.into_iter().filter(|row| row.damage.is_none()) {
                if only.replace(row).is_some() {
                    return Ok(None);
                }
            }
        }
    }
}
