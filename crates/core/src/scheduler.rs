//! Snapshots at start and by the schedule, for as long as a server runs.

use std::time::Duration;

use anirewind_backup::Kind;
use time::OffsetDateTime;

use crate::app::App;
use crate::explain::Explain as _;

/// The wall clock is looked at this often: it can be set, and machines sleep.
const LOOK: Duration = Duration::from_mins(1);
/// After a failure the next attempt does not wait for the schedule.
const AFTER_FAILURE: time::Duration = time::Duration::minutes(15);

impl App {
    /// Takes a snapshot of every account now and whenever the schedule says, for ever.
    ///
    /// What was missed while the machine slept is made up for once. A clock that is set back does
    /// not bring a day twice: what is due next only ever moves forward from the last run.
    pub async fn run_schedule(&self) {
        let mut due = self.now();
        loop {
            if self.now() >= due {
                let started = self.now();
                let is_well = self.run_once().await;
                let next = self
                    .inner
                    .settings
                    .backup_at
                    .next_after(started, &self.inner.zone);
                due = if is_well {
                    next
                } else {
                    next.min(started + AFTER_FAILURE)
                };
                tracing::info!(%due, "next snapshot");
            }
            self.inner.clock.sleep(self.until(due)).await;
        }
    }

    fn until(&self, due: OffsetDateTime) -> Duration {
        let left = Duration::try_from(due - self.now()).unwrap_or(Duration::ZERO);
        left.clamp(Duration::from_millis(100), LOOK)
    }

    /// One round over all accounts; says whether each has a snapshot now.
    async fn run_once(&self) -> bool {
        let targets = match self.targets(None).await {
            Ok(targets) => targets,
            Err(error) => {
                let (problem, hint) = (error.chain(), error.hint().unwrap_or_default());
                tracing::warn!(problem, hint, "nothing to do");
                return false;
            }
        };
        let outcomes = self.capture_all(&targets, Kind::Automatic).await;
        outcomes.iter().all(Result::is_ok)
    }
}
