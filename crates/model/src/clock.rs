//! Time as a port, so that tests own it.

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

/// Where time comes from.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The instant, in UTC. It can jump when somebody sets the machine's clock.
    fn now(&self) -> OffsetDateTime;

    /// Time since some fixed instant. Never goes back; for measuring and pacing.
    fn elapsed(&self) -> Duration;

    /// Returns once this much time has passed.
    async fn sleep(&self, duration: Duration);
}
