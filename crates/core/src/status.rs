//! How things stand, in one word an account.

use std::sync::PoisonError;

use anirewind_backup::retention::Hold;
use anirewind_model::UserId;
use anirewind_store::{
    AccountRow, Attempt, OperationRow, Outcome, SnapshotFilter, SnapshotRow, Start,
};
use time::{Duration, OffsetDateTime};

use crate::alarms::{OpenAlarm, quiet_since};
use crate::app::App;
use crate::find::BrowseError;
use crate::schedule::Schedule;

/// A snapshot is late when it is this much older than the schedule allows.
pub(crate) const GRACE: Duration = Duration::hours(3);

/// How well an account is protected, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The token is no longer taken.
    NotConnected,
    /// The last attempt failed.
    Failing,
    /// Something about the list is so unusual that somebody should look.
    Unusual,
    /// A snapshot is not what was written.
    Damaged,
    /// No snapshot for longer than the schedule allows.
    Late,
    /// There is none yet.
    NoSnapshotYet,
    /// All is well.
    Protected,
}

/// How an account stands.
#[derive(Debug, Clone)]
pub struct AccountStatus {
    /// The account.
    pub account: AccountRow,
    /// In one word.
    pub verdict: Verdict,
    /// The newest snapshot that can be trusted.
    pub last_good: Option<SnapshotRow>,
    /// How the last attempt went.
    pub last_attempt: Option<Attempt>,
    /// What is unusual and unanswered, newest first.
    pub alarms: Vec<OpenAlarm>,
    /// Since when the list has not changed, when that is unusually long for it.
    pub quiet_since: Option<OffsetDateTime>,
    /// When every snapshot had last been read again and proven; `None` when there is none.
    pub proven_since: Option<OffsetDateTime>,
    /// When the next snapshot is due by the schedule, if a server runs.
    pub next: OffsetDateTime,
    /// An act of ours that was begun and did not end.
    pub unfinished: Option<OperationRow>,
}

impl Verdict {
    /// Whether nothing needs doing.
    pub const fn is_well(self) -> bool {
        matches!(self, Self::Protected)
    }

    /// The word in machine-readable output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotConnected => "not-connected",
            Self::Failing => "failing",
            Self::Unusual => "unusual",
            Self::Damaged => "damaged",
            Self::Late => "late",
            Self::NoSnapshotYet => "no-snapshot-yet",
            Self::Protected => "protected",
        }
    }

    /// What it says about somebody, as the rest of a sentence: "hana is protected".
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NotConnected => "is not connected: AniList no longer takes the token",
            Self::Failing => "is not protected: the last attempt failed",
            Self::Unusual => "changed in an unusual way: was this you?",
            Self::Damaged => "has a damaged snapshot: no old one is removed until it is gone",
            Self::Late => "is late: no snapshot for longer than the schedule allows",
            Self::NoSnapshotYet => "has no snapshot yet",
            Self::Protected => "is protected",
        }
    }
}

impl App {
    /// How every account stands, worst first.
    pub async fn status(&self) -> Result<Vec<AccountStatus>, BrowseError> {
        let mut all = Vec::new();
        for account in self.accounts().await? {
            let owner = account.account.id;
            let last_attempt = self.inner.store.last_attempt(owner).await?;
            let alarms = self.open_alarms(Some(owner)).await?;
            let quiet_since = {
                let changes = self.inner.store.changed_at(owner).await?;
                let factor = self.inner.settings.quiet_factor;
                quiet_since(&changes, factor, self.now())
            };
            let (_, proven_since) = self.kept_and_proven(owner).await?;
            let damaged = alarms.is_empty() && self.is_damaged(owner).await?;
            let last_good = self.last_undoubted(owner).await?;
            let schedule = self.inner.settings.backup_at;
            let late_after =
                Duration::try_from(schedule.interval()).unwrap_or(Duration::DAY) + GRACE;
            let verdict = judge(
                self.now(),
                !alarms.is_empty(),
                damaged,
                last_good.as_ref(),
                last_attempt.as_ref(),
                late_after,
            );
            let next = self.next_due(&account, last_attempt.as_ref());
            all.push(AccountStatus {
                account,
                verdict,
                last_good,
                last_attempt,
                alarms,
                quiet_since,
                proven_since,
                next,
                unfinished: self.unfinished(owner).await?,
            });
        }
        all.sort_by_key(|status| status.verdict);
        Ok(all)
    }
}

impl App {
    /// Whether a snapshot of an account is not what was written.
    async fn is_damaged(&self, owner: UserId) -> Result<bool, BrowseError> {
        let filter = SnapshotFilter {
            damaged: true,
            ..SnapshotFilter::default()
        };
        let store = &self.inner.store;
        let damaged = store.snapshots_where(Some(owner), filter, Start::Newest, 1);
        if !damaged.await?.is_empty() {
            return Ok(true);
        }
        if self.unreadable().is_empty() {
            return Ok(false);
        }
        // Whose a file is that cannot be read shows only beside all others.
        let rows = self.snapshots(Some(owner)).await?;
        Ok(matches!(self.hold(&rows), Some(Hold::Damage { .. })))
    }

    /// When an account is due: as the schedule that runs here has it, else as one would.
    pub(crate) fn next_due(
        &self,
        account: &AccountRow,
        last_attempt: Option<&Attempt>,
    ) -> OffsetDateTime {
        let now = self.now();
        let due = {
            let due = self.inner.due.lock();
            let due = due.unwrap_or_else(PoisonError::into_inner);
            due.get(&account.account.id).copied()
        };
        if let Some(due) = due.filter(|due| *due > now) {
            return due;
        }
        let schedule = self.inner.settings.backup_at;
        let last = match (schedule, last_attempt) {
            (Schedule::Every(_), Some(last)) => last.at.min(now),
            _ => now,
        };
        let (zone, jitter) = (&self.inner.zone, self.offset_of(account));
        schedule.next_after_with(last, zone, jitter).max(now)
    }
}

fn judge(
    now: OffsetDateTime,
    is_unusual: bool,
    is_damaged: bool,
    last_good: Option<&SnapshotRow>,
    last_attempt: Option<&Attempt>,
    late_after: Duration,
) -> Verdict {
    match (last_attempt.map(|attempt| attempt.outcome), last_good) {
        (Some(Outcome::Refused), _) => Verdict::NotConnected,
        (Some(Outcome::Failed), _) => Verdict::Failing,
        _ if is_unusual => Verdict::Unusual,
        _ if is_damaged => Verdict::Damaged,
        (_, None) => Verdict::NoSnapshotYet,
        // One from the future says that a clock was wrong, not that all is well.
        (_, Some(good)) if now - good.at() > late_after || good.at() > now + GRACE => Verdict::Late,
        _ => Verdict::Protected,
    }
}
