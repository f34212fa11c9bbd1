//! Time that passes when somebody waits for it, and not otherwise.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anirewind_model::Clock;
use async_trait::async_trait;
use time::OffsetDateTime;

/// A clock for tests: sleeping moves it forward and returns at once.
///
/// Several sleepers one after the other add up, as they would in turn. The simulator and the
/// client under test share one, so that a lock-out of a minute is over when it was waited for.
#[derive(Debug)]
pub struct VirtualClock {
    start: OffsetDateTime,
    passed: Mutex<Duration>,
    jumped: Mutex<time::Duration>,
}

impl VirtualClock {
    /// A clock that stands at this instant.
    pub fn starting_at(start: OffsetDateTime) -> Self {
        Self {
            start,
            passed: Mutex::new(Duration::ZERO),
            jumped: Mutex::new(time::Duration::ZERO),
        }
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    /// Sets the wall clock forward or back, as somebody at the machine might. Measured time does
    /// not notice.
    pub fn jump(&self, by: time::Duration) {
        *self.jumped.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> OffsetDateTime {
        let jumped = *self.jumped.lock().unwrap_or_else(PoisonError::into_inner);
        self.start + self.elapsed() + jumped
    }

    fn elapsed(&self) -> Duration {
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
        tokio::task::yield_now().await;
    }
}
