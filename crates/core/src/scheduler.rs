//! Snapshots at start and by the schedule, for as long as a server runs.

use std::collections::BTreeSet;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use anirewind_backup::Kind;
use anirewind_model::UserId;
use time::OffsetDateTime;

use crate::accounts::{AccountError, Target};
use crate::app::App;
use crate::explain::{Code, Explain as _};
use crate::notices::ping::Pings;

/// The wall clock is looked at this often: it can be set, and machines sleep.
const LOOK: Duration = Duration::from_mins(1);
/// After a failure that may pass the next attempt does not wait for the schedule, and the one after
/// it waits twice as long.
const FIRST_RETRY: time::Duration = time::Duration::minutes(15);

/// Accounts that failed in a way that may pass, and when they are tried again.
struct Retry {
    targets: Vec<Target>,
    at: OffsetDateTime,
    wait: time::Duration,
}

impl App {
    /// Takes a snapshot of every account now and whenever the schedule says, for ever.
    ///
    /// What was missed while the machine slept is made up for once. A clock that is set back does
    /// not bring a day twice, and one that was far ahead does not leave years without a snapshot.
    pub async fn run_schedule(&self) {
        let mut due = self.now();
        let mut retry: Option<Retry> = None;
        let mut proven = None;
        let pings = Pings::begin(self);
        for target in self.all_targets().await {
            self.resume_in_background(&target);
        }
        loop {
            if self.now() >= due {
                let started = self.now();
                let targets = self.all_targets().await;
                let _under_way = pings.set_out();
                retry = self.take_round(&targets, FIRST_RETRY).await;
                due = self.next_after(started);
                tracing::info!(%due, "next snapshot");
            } else if let Some(again) = retry.take_if(|again| self.now() >= again.at) {
                let _under_way = pings.set_out();
                retry = self.take_round(&again.targets, again.wait * 2).await;
            }
            proven = self.scrub_daily(proven).await;
            // Nothing is due later than the schedule allows from now on, and a day besides, for a
            // clock that was only set back a little.
            due = due.min(self.next_after(self.now()) + time::Duration::DAY);
            let next = retry.as_ref().map_or(due, |again| due.min(again.at));
            self.inner.clock.sleep(self.until(next)).await;
        }
    }

    /// Looks at every account whenever the interval has passed, for ever; nothing when looking is
    /// switched off.
    pub async fn run_watch(&self) {
        let Some(interval) = self.inner.settings.watch_interval else {
            return std::future::pending().await;
        };
        loop {
            self.inner.clock.sleep(interval).await;
            for target in self.all_targets().await {
                self.resume_in_background(&target);
                match self.look(&target).await {
                    Ok(report) if report.changes > 0 => {
                        tracing::info!(
                            profile = report.profile,
                            changes = report.changes,
                            "changed"
                        );
                    }
                    Ok(_) => {}
                    Err(error) => tracing::warn!(problem = error.chain(), "cannot look"),
                }
            }
        }
    }

    /// Goes on with what of an account was begun and did not end, without holding up anything else.
    fn resume_in_background(&self, target: &Target) {
        let Some(owner) = self.owner_of(target) else {
            return;
        };
        if !self.resuming().insert(owner) {
            return;
        }
        let app = self.clone();
        tokio::spawn(async move {
            if let Err(error) = app.resume_unfinished(owner).await {
                tracing::warn!(problem = error.chain(), "cannot go on with what was begun");
            }
            app.resuming().remove(&owner);
        });
    }

    fn resuming(&self) -> MutexGuard<'_, BTreeSet<UserId>> {
        let resuming = self.inner.resuming.lock();
        resuming.unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a part of the snapshots again, once a day; says when that was last done.
    async fn scrub_daily(&self, last: Option<OffsetDateTime>) -> Option<OffsetDateTime> {
        let now = self.now();
        // A little less than a day, so that a schedule that drifts does not skip one.
        let is_due = last.is_none_or(|last| (now - last).abs() >= time::Duration::hours(20));
        if !is_due {
            return last;
        }
        if let Err(error) = self.scrub().await {
            tracing::error!(problem = error.chain(), "snapshots could not be read again");
        }
        Some(now)
    }

    fn next_after(&self, at: OffsetDateTime) -> OffsetDateTime {
        self.inner
            .settings
            .backup_at
            .next_after(at, &self.inner.zone)
    }

    fn until(&self, due: OffsetDateTime) -> Duration {
        let left = Duration::try_from(due - self.now()).unwrap_or(Duration::ZERO);
        left.clamp(Duration::from_millis(100), LOOK)
    }

    async fn all_targets(&self) -> Vec<Target> {
        match self.targets(None).await {
            Ok(targets) => targets,
            Err(AccountError::NoAccount) => {
                tracing::warn!("no account is connected: anirewind account add --token-file FILE");
                Vec::new()
            }
            Err(error) => {
                tracing::error!(problem = error.chain(), "no snapshot of anybody");
                Vec::new()
            }
        }
    }

    /// One round over some accounts; says which of them to try again, and when.
    async fn take_round(&self, targets: &[Target], wait: time::Duration) -> Option<Retry> {
        let mut failed = Vec::new();
        for (target, outcome) in self.capture_each(targets, Kind::Automatic).await {
            let passes = matches!(
                outcome.as_ref().err().map(crate::explain::Explain::code),
                Some(Code::Unavailable | Code::Failed)
            );
            // A token, an account or an emptied list does not mend itself within the hour.
            failed.extend(passes.then_some(target));
        }
        let wait = wait.min(time::Duration::hours(4));
        (!failed.is_empty()).then(|| Retry {
            targets: failed,
            at: self.now() + wait,
            wait,
        })
    }
}
