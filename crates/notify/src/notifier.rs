//! Sending: one attempt, a few more where that may help, and an end in any case.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anirewind_model::Clock;

use crate::channel::Channel;
use crate::error::SendError;
use crate::http::Http;
use crate::notice::Notice;
use crate::ping::{Ping, Signal};
use crate::reach::Reach;

/// How much time is spent on one notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// On one attempt.
    pub attempt: Duration,
    /// On all of them together.
    pub total: Duration,
    /// How many attempts.
    pub attempts: u32,
    /// Before the second attempt; four times as long before each further one.
    pub wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            attempt: Duration::from_secs(10),
            total: Duration::from_secs(40),
            attempts: 3,
            wait: Duration::from_secs(2),
        }
    }
}

/// Sends notices and pings.
pub struct Notifier {
    http: Http,
    reach: Reach,
    clock: Arc<dyn Clock>,
    limits: Limits,
}

impl Notifier {
    /// Sends to where this reach allows.
    pub fn new(reach: Reach, clock: Arc<dyn Clock>) -> Self {
        Self {
            http: Http::new(reach),
            reach,
            clock,
            limits: Limits::default(),
        }
    }

    /// The same, with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Sends a notice; tries again a few times where that may help.
    pub async fn send(&self, channel: &Channel, notice: &Notice) -> Result<(), SendError> {
        let within = self.limits.total;
        let sent = tokio::time::timeout(within, self.send_patiently(channel, notice));
        sent.await.unwrap_or_else(|_| {
            Err(SendError::Timeout {
                place: channel.place().to_owned(),
            })
        })
    }

    async fn send_patiently(&self, channel: &Channel, notice: &Notice) -> Result<(), SendError> {
        let mut wait = self.limits.wait;
        let mut left = self.limits.attempts;
        loop {
            left = left.saturating_sub(1);
            let error = match self.send_once(channel, notice).await {
                Ok(()) => return Ok(()),
                Err(error) if left == 0 || !error.is_passing() => return Err(error),
                Err(error) => error,
            };
            self.clock.sleep(error.retry_after().unwrap_or(wait)).await;
            wait = wait.saturating_mul(4);
        }
    }

    async fn send_once(&self, channel: &Channel, notice: &Notice) -> Result<(), SendError> {
        let within = self.limits.attempt;
        match (channel.post(notice, self.clock.now()), channel) {
            (Some(post), _) => self.http.post(post?, within).await,
            (None, Channel::Mail(mail)) => mail.send(notice, self.reach, within).await,
            (None, _) => Err(SendError::Build {
                place: channel.place().to_owned(),
            }),
        }
    }

    /// Gives a sign of life; tries once more where that may help, and no longer than one attempt may
    /// take.
    pub async fn ping(&self, ping: &Ping, signal: &Signal) -> Result<(), SendError> {
        let within = self.limits.attempt;
        let sent = tokio::time::timeout(within, async {
            match self.http.post(ping.post(signal)?, within).await {
                Err(error) if error.is_passing() => {
                    self.clock.sleep(self.limits.wait).await;
                    self.http.post(ping.post(signal)?, within).await
                }
                sent => sent,
            }
        });
        sent.await.unwrap_or_else(|_| {
            Err(SendError::Timeout {
                place: ping.place().to_owned(),
            })
        })
    }
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifier")
            .field("reach", &self.reach)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
