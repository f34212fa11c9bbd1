//! What a client tells while it works.

use std::fmt;
use std::time::Duration;

/// Something worth showing to whoever waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Nothing is sent for this long.
    Waiting {
        /// Why.
        reason: WaitReason,
        /// How long.
        wait: Duration,
    },
    /// A request failed in a way that may pass, and is sent again after this long.
    Retrying {
        /// What went wrong.
        problem: String,
        /// How long until then.
        wait: Duration,
    },
}

/// Why nothing is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitReason {
    /// AniList asked for a pause.
    Asked,
    /// The budget of the minute is used up.
    Budget,
}

impl WaitReason {
    /// The reason in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "AniList asked for a pause",
            Self::Budget => "the requests that AniList allows in a minute are used up",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting {
                reason: reason @ WaitReason::Asked,
                wait,
            } => {
                write!(f, "{}, {} s", reason.as_str(), seconds(*wait))
            }
            Self::Waiting {
                reason: WaitReason::Budget,
                wait,
            } => {
                write!(
                    f,
                    "waiting {} s to stay within AniList's limit",
                    seconds(*wait)
                )
            }
            Self::Retrying { problem, wait } => {
                write!(f, "{problem}; trying again in {} s", seconds(*wait))
            }
        }
    }
}

fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
