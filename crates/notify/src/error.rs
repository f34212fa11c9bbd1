//! Why a notice did not arrive, in words that hold no secret.

use std::time::Duration;

use thiserror::Error;

use crate::reach::Blocked;

/// A notice did not arrive. Names a scheme and a host, never a whole address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SendError {
    /// It leads into somebody's own network.
    #[error("{place} is at a private address, and those are not allowed")]
    Private {
        /// Where to.
        place: String,
    },
    /// What was to be sent could be read on the way.
    #[error("{place} is on the internet and not encrypted")]
    Unencrypted {
        /// Where to.
        place: String,
    },
    /// The name leads nowhere.
    #[error("the name of {place} cannot be looked up")]
    Nowhere {
        /// Where to.
        place: String,
    },
    /// No connection, or none that TLS trusts.
    #[error("cannot connect to {place}")]
    Connect {
        /// Where to.
        place: String,
    },
    /// It took too long.
    #[error("{place} did not answer in time")]
    Timeout {
        /// Where to.
        place: String,
    },
    /// The connection broke.
    #[error("the connection to {place} broke")]
    Broken {
        /// Where to.
        place: String,
    },
    /// It answered, and not with yes.
    #[error("{place} answered with status {status}")]
    Status {
        /// Where to.
        place: String,
        /// The HTTP status.
        status: u16,
        /// How long to wait before the next attempt, if it said so.
        retry_after: Option<Duration>,
    },
    /// It answered that something else is to be asked.
    #[error("{place} answered with a redirect (status {status}), and those are not followed")]
    Redirect {
        /// Where to.
        place: String,
        /// The HTTP status.
        status: u16,
    },
    /// The mail server did not take it.
    #[error("{place} did not take the mail (code {code})")]
    Mail {
        /// Where to.
        place: String,
        /// What it answered.
        code: u16,
    },
    /// It could not be put into the shape in which it is sent.
    #[error("cannot put together what {place} is sent")]
    Build {
        /// Where to.
        place: String,
    },
}

impl SendError {
    pub(crate) fn blocked(place: &str, blocked: Blocked) -> Self {
        let place = place.to_owned();
        match blocked {
            Blocked::Private => Self::Private { place },
            Blocked::Unencrypted => Self::Unencrypted { place },
            Blocked::Nowhere => Self::Nowhere { place },
        }
    }

    /// Whether trying again soon may help.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Nowhere { .. }
            | Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Broken { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..),
            Self::Mail { code, .. } => (400..500).contains(code),
            Self::Private { .. }
            | Self::Unencrypted { .. }
            | Self::Redirect { .. }
            | Self::Build { .. } => false,
        }
    }

    /// How long it asked to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Private { .. } => {
                "To send into your own network, set notify_allow_private = true."
            }
            Self::Unencrypted { .. } => "Use https://, smtps:// or smtp+starttls://.",
            Self::Status { .. } | Self::Redirect { .. } => {
                "Is the address right and whole, and the token with it?"
            }
            Self::Mail { .. } => "Are user, password, sender and recipients right?",
            Self::Nowhere { .. }
            | Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Broken { .. }
            | Self::Build { .. } => "Is the address right, and can this machine reach it?",
        }
    }
}
