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
use crate::browse::Proofs;
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
    /// AniList did not answer the last time; it is tried again.
    AniListDown,
    /// Nobody wants snapshots to be taken by themselves.
    Paused,
    /// There is none yet.
    NoSnapshotYet,
    /// All is well as far as it goes: it is read without a token.
    PublicList,
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
    /// When the newest was taken, whether it can be trusted or not.
    pub last_taken: Option<OffsetDateTime>,
    /// How the last attempt went.
    pub last_attempt: Option<Attempt>,
    /// What is unusual and unanswered, newest first.
    pub alarms: Vec<OpenAlarm>,
    /// Since when the list has not changed, when that is unusually long for it.
    pub quiet_since: Option<OffsetDateTime>,
    /// Since when every snapshot was read again, and how many that proves; `None` when there is none.
    pub proofs: Option<Proofs>,
    /// When the next snapshot is due by the schedule, if a server runs; `None` when it is switched off.
    pub next: Option<OffsetDateTime>,
    /// An act of ours that was begun and did not end.
    pub unfinished: Option<OperationRow>,
    /// How many titles acts of ours changed since the newest snapshot was taken; the next one holds that.
    pub unsaved: usize,
}

impl Verdict {
    /// Whether nothing needs doing.
    pub const fn is_well(self) -> bool {
        matches!(self, Self::Protected | Self::PublicList)
    }

    /// Whether something is not as it should be, so that somebody far away should notice.
    pub const fn is_trouble(self) -> bool {
        !matches!(
            self,
            Self::Protected | Self::PublicList | Self::NoSnapshotYet | Self::Paused
        )
    }

    /// The word in machine-readable output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotConnected => "not-connected",
            Self::Failing => "failing",
            Self::Unusual => "unusual",
            Self::Damaged => "damaged",
            Self::Late => "late",
            Self::AniListDown => "anilist-down",
            Self::Paused => "paused",
            Self::NoSnapshotYet => "no-snapshot-yet",
            Self::PublicList => "public-list",
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
            Self::AniListDown => "waits: AniList does not answer, and is asked again by itself",
            Self::Paused => "is paused: the schedule takes no snapshots",
            Self::NoSnapshotYet => "has no snapshot yet",
            Self::PublicList => "is saved as everybody sees it",
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
            let quiet_since = {
                let changes = self.inner.store.changed_at(owner).await?;
                let factor = self.inner.settings.quiet_factor;
                quiet_since(&changes, factor, self.now())
            };
            let proofs = self.proofs(owner).await?;
            let Grounds {
                last_attempt,
                alarms,
                last_good,
                newest,
                verdict,
            } = self.grounds(&account).await?;
            let next = self.next_due(&account, last_attempt.as_ref());
            let unsaved = match &newest {
                // Where the list was still as it is saved no file was written, and that is as good.
                Some(newest) => {
                    let same = last_attempt.as_ref();
                    let same = same.filter(|attempt| attempt.detail == newest.id.as_str());
                    let saved = newest.at().max(same.map_or(newest.at(), |same| same.at));
                    let store = &self.inner.store;
                    store.titles_acted_on(owner, saved, self.now()).await?
                }
                None => 0,
            };
            all.push(AccountStatus {
                account,
                verdict,
                last_good,
                last_taken: newest.as_ref().map(SnapshotRow::at),
                last_attempt,
                alarms,
                quiet_since,
                proofs,
                next,
                unfinished: self.unfinished(owner).await?,
                unsaved,
            });
        }
        all.sort_by_key(|status| status.verdict);
        Ok(all)
    }

    /// The worst verdict there is; `None` without accounts.
    pub async fn worst_verdict(&self) -> Result<Option<Verdict>, BrowseError> {
        let mut worst = None;
        for account in self.accounts().await? {
            let verdict = self.grounds(&account).await?.verdict;
            worst = Some(worst.map_or(verdict, |worst: Verdict| worst.min(verdict)));
        }
        Ok(worst)
    }

    async fn grounds(&self, account: &AccountRow) -> Result<Grounds, BrowseError> {
        let owner = account.account.id;
        let last_attempt = self.last_attempt(owner).await?;
        let alarms = self.open_alarms(Some(owner)).await?;
        let is_damaged = alarms.is_empty() && self.is_damaged(owner).await?;
        let last_good = self.last_good_before(owner, &alarms).await?;
        let newest = self.last_taken(owner).await?;
        let verdict = judge(&Signs {
            now: self.now(),
            is_unusual: !alarms.is_empty(),
            is_damaged,
            has_good: last_good.is_some(),
            last_taken: newest.as_ref().map(SnapshotRow::at),
            last_attempt: last_attempt.as_ref(),
            token_ends: account.token_expires_at,
            late_after: self.late_after(),
            is_public: account.public,
        });
        Ok(Grounds {
            last_attempt,
            alarms,
            last_good,
            newest,
            verdict,
        })
    }
}

/// A verdict and what it rests on.
struct Grounds {
    last_attempt: Option<Attempt>,
    alarms: Vec<OpenAlarm>,
    last_good: Option<SnapshotRow>,
    /// The newest, whether it can be trusted or not.
    newest: Option<SnapshotRow>,
    verdict: Verdict,
}

impl App {
    /// A newest snapshot that is older than this is late; `None` when none is to come by itself.
    pub(crate) fn late_after(&self) -> Option<Duration> {
        let schedule = self.inner.settings.backup_at;
        let interval = Duration::try_from(schedule.interval()).unwrap_or(Duration::DAY);
        (schedule != Schedule::Off).then_some(interval + GRACE)
    }

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
        let rows = self.inner.store.weighed(owner).await?;
        Ok(matches!(self.hold(&rows), Some(Hold::Damage { .. })))
    }

    /// When an account is due: as the schedule that runs here has it, else as one would. `None` when it
    /// is switched off.
    pub(crate) fn next_due(
        &self,
        account: &AccountRow,
        last_attempt: Option<&Attempt>,
    ) -> Option<OffsetDateTime> {
        let schedule = self.inner.settings.backup_at;
        if schedule == Schedule::Off {
            return None;
        }
        let now = self.now();
        let due = {
            let due = self.inner.due.lock();
            let due = due.unwrap_or_else(PoisonError::into_inner);
            due.get(&account.account.id).copied()
        };
        if let Some(due) = due.filter(|due| *due > now) {
            return Some(due);
        }
        let last = match (schedule, last_attempt) {
            (Schedule::Every(_), Some(last)) => last.at.min(now),
            _ => now,
        };
        let (zone, jitter) = (&self.inner.zone, self.offset_of(account));
        Some(schedule.next_after_with(last, zone, jitter).max(now))
    }
}

/// What a verdict is made of.
struct Signs<'a> {
    now: OffsetDateTime,
    is_unusual: bool,
    is_damaged: bool,
    has_good: bool,
    last_taken: Option<OffsetDateTime>,
    last_attempt: Option<&'a Attempt>,
    token_ends: Option<OffsetDateTime>,
    late_after: Option<Duration>,
    is_public: bool,
}

impl Signs<'_> {
    /// Whether the token has ended, as far as nobody has seen AniList take it since.
    fn has_ended(&self) -> bool {
        let is_taken = |ends| {
            self.last_attempt
                .is_some_and(|attempt| attempt.is_well() && attempt.at >= ends)
        };
        let ended = self.token_ends.filter(|ends| *ends <= self.now);
        ended.is_some_and(|ends| !is_taken(ends))
    }

    fn is_late(&self) -> bool {
        // One that is not believed was taken in time all the same.
        let (Some(taken), Some(late_after)) = (self.last_taken, self.late_after) else {
            return false;
        };
        // One from the future says that a clock was wrong, not that all is well.
        self.now - taken > late_after || taken > self.now + GRACE
    }
}

/// The worst that is so.
fn judge(signs: &Signs<'_>) -> Verdict {
    let outcome = signs.last_attempt.map(|attempt| attempt.outcome);
    match outcome {
        _ if signs.has_ended() => Verdict::NotConnected,
        Some(Outcome::Refused) => Verdict::NotConnected,
        Some(Outcome::Failed) => Verdict::Failing,
        _ if signs.is_unusual => Verdict::Unusual,
        _ if signs.is_damaged => Verdict::Damaged,
        _ if signs.is_late() => Verdict::Late,
        _ if signs.late_after.is_none() => Verdict::Paused,
        Some(Outcome::Unavailable) => Verdict::AniListDown,
        _ if !signs.has_good => Verdict::NoSnapshotYet,
        _ if signs.is_public => Verdict::PublicList,
        _ => Verdict::Protected,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-03 12:00 UTC);

    fn verdict(outcome: Outcome, ends: Option<Duration>, is_off: bool) -> Verdict {
        let attempt = Attempt {
            at: NOW - Duration::HOUR,
            outcome,
            detail: String::new(),
            changed: false,
        };
        judge(&Signs {
            now: NOW,
            is_unusual: false,
            is_damaged: false,
            has_good: false,
            last_taken: None,
            last_attempt: Some(&attempt),
            token_ends: ends.map(|left| NOW + left),
            late_after: (!is_off).then_some(Duration::DAY),
            is_public: false,
        })
    }

    #[test]
    fn the_worst_that_is_so_is_said() {
        let day = Some(Duration::DAY);
        assert_eq!(verdict(Outcome::Saved, day, false), Verdict::NoSnapshotYet);
        assert_eq!(verdict(Outcome::Saved, day, true), Verdict::Paused);
        assert_eq!(
            verdict(Outcome::Unavailable, day, false),
            Verdict::AniListDown
        );
        // Where nothing is taken by itself, nothing is tried again by itself either.
        assert_eq!(verdict(Outcome::Unavailable, day, true), Verdict::Paused);
        assert_eq!(verdict(Outcome::Failed, day, false), Verdict::Failing);
        assert_eq!(
            verdict(Outcome::Refused, None, false),
            Verdict::NotConnected
        );
        // It ended overnight, and nobody has asked AniList since.
        let ended = Some(-Duration::MINUTE);
        assert_eq!(verdict(Outcome::Saved, ended, false), Verdict::NotConnected);
        // It was to have ended two hours ago, and was taken an hour ago.
        let taken = Some(-Duration::hours(2));
        assert_eq!(
            verdict(Outcome::Saved, taken, false),
            Verdict::NoSnapshotYet
        );
    }
}
