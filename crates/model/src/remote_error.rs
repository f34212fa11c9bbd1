//! What can go wrong between here and AniList, told apart by what to do next.

use std::error::Error as StdError;
use std::time::Duration;

use thiserror::Error;

use crate::Counts;

/// A request to AniList that did not give what was asked for.
///
/// Judged by the message and the body, not by the status alone: AniList answers 400 for a bad
/// token, 403 when it is switched off for everyone, and 200 for some failures.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// The token is wrong, expired or revoked.
    #[error("AniList refused the token ({status} {message})")]
    InvalidToken {
        /// HTTP status.
        status: u16,
        /// AniList's words.
        message: String,
    },

    /// The request needs a token and had none.
    #[error("AniList wants a token for this ({status} {message})")]
    Unauthorized {
        /// HTTP status.
        status: u16,
        /// AniList's words.
        message: String,
    },

    /// The entry belongs to somebody else.
    #[error("AniList says the entry belongs to somebody else ({message})")]
    NotYours {
        /// AniList's words.
        message: String,
    },

    /// AniList has switched its API off, for everyone.
    #[error("AniList has switched its API off for the moment ({message})")]
    Disabled {
        /// AniList's words.
        message: String,
    },

    /// Something in front of AniList answered in its place: a challenge, or a page of HTML.
    #[error(
        "a page came back instead of data (HTTP {status}); something in front of AniList answered"
    )]
    Challenge {
        /// HTTP status.
        status: u16,
    },

    /// AniList asked for a pause longer than the caller is willing to wait.
    #[error("AniList asked for a pause of {} s", wait.as_secs_f64().ceil())]
    RateLimited {
        /// How long to stay silent.
        wait: Duration,
    },

    /// A value was refused.
    #[error("AniList refused a value: {}", refusals(fields, message))]
    Validation {
        /// AniList's words.
        message: String,
        /// What is wrong, by the argument it is wrong with.
        fields: Vec<FieldRefusal>,
    },

    /// What was asked for is not there.
    #[error("AniList has no such thing ({message})")]
    NotFound {
        /// AniList's words.
        message: String,
    },

    /// The document asked for too much at once; nothing was done.
    #[error("the request was too complex for AniList ({got} of at most {max})")]
    Complexity {
        /// The most AniList takes.
        max: u32,
        /// What this document cost.
        got: u32,
    },

    /// One of many writes in a document was refused. Those before it may have been applied.
    #[error("write {} of {count} was refused", culprit.map_or_else(|| "?".to_owned(), |at| (at + 1).to_string()))]
    Batch {
        /// Which one, counted from 0, when AniList's answer says so.
        culprit: Option<usize>,
        /// How many were sent.
        count: usize,
        /// What was wrong with it.
        #[source]
        source: Box<RemoteError>,
    },

    /// No connection was made; AniList knows nothing of this request.
    #[error("cannot connect to {host}")]
    Connect {
        /// Where to.
        host: String,
        /// What the network said.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },

    /// No whole answer came in time. The request may have been carried out.
    #[error("no answer from AniList within {} s", after.as_secs())]
    Timeout {
        /// How long was waited.
        after: Duration,
    },

    /// The connection broke before the answer was whole. The request may have been carried out.
    #[error("the connection broke before the answer was whole")]
    Interrupted {
        /// What the network said.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },

    /// The answer is no JSON, not the JSON that was asked for, or cut short.
    #[error("AniList's answer cannot be read (HTTP {status}): {problem}")]
    Malformed {
        /// HTTP status.
        status: u16,
        /// What is wrong with it, and where.
        problem: String,
    },

    /// The answer was larger than anything expected and was not read to its end.
    #[error("AniList's answer is larger than {} MiB", cap / (1024 * 1024))]
    TooLarge {
        /// The most that is read, in bytes.
        cap: usize,
    },

    /// AniList's servers failed.
    #[error("AniList's servers failed (HTTP {status} {message})")]
    Server {
        /// HTTP status.
        status: u16,
        /// AniList's words.
        message: String,
    },

    /// AniList refused the request for a reason that is none of the others.
    #[error("AniList refused the request (HTTP {status} {message})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// AniList's words.
        message: String,
    },

    /// AniList counts titles that its answers do not hold, too many to be a delay in counting.
    #[error("AniList counts {} titles but gave {}", expected.total(), found.total())]
    Incomplete {
        /// What AniList's statistics say.
        expected: Counts,
        /// What the answers held.
        found: Counts,
    },
}

/// One argument that AniList refused, in its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRefusal {
    /// The argument.
    pub field: String,
    /// What is wrong with it.
    pub messages: Vec<String>,
}

/// When a request that failed is worth sending again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Not as it is: it would fail again.
    Never,
    /// After about this long.
    After(Duration),
    /// Once somebody has connected the account again.
    AfterSignIn,
}

/// Whether a request that failed may still have changed something on AniList.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It changed nothing.
    None,
    /// Nobody can say; read before writing again.
    Unknown,
}

impl RemoteError {
    /// Whether and when the same request is worth sending again.
    pub fn retry(&self) -> Retry {
        let seconds = |n| Retry::After(Duration::from_secs(n));
        match self {
            Self::InvalidToken { .. } | Self::Unauthorized { .. } => Retry::AfterSignIn,
            Self::Disabled { .. } => seconds(300),
            Self::Challenge { .. } => seconds(30),
            Self::RateLimited { wait } => Retry::After(*wait),
            Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Interrupted { .. }
            | Self::Malformed { .. } => seconds(2),
            Self::Server { .. } => seconds(5),
            Self::Incomplete { .. } => seconds(60),
            Self::NotYours { .. }
            | Self::Validation { .. }
            | Self::NotFound { .. }
            | Self::Complexity { .. }
            | Self::Batch { .. }
            | Self::TooLarge { .. }
            | Self::Refused { .. } => Retry::Never,
        }
    }

    /// Whether the request, had it been a write, may have been carried out.
    pub fn effect(&self) -> Effect {
        match self {
            Self::InvalidToken { .. }
            | Self::Unauthorized { .. }
            | Self::Disabled { .. }
            | Self::RateLimited { .. }
            | Self::Complexity { .. }
            | Self::Connect { .. } => Effect::None,
            Self::NotYours { .. }
            | Self::Challenge { .. }
            | Self::Validation { .. }
            | Self::NotFound { .. }
            | Self::Batch { .. }
            | Self::Timeout { .. }
            | Self::Interrupted { .. }
            | Self::Malformed { .. }
            | Self::TooLarge { .. }
            | Self::Server { .. }
            | Self::Refused { .. }
            | Self::Incomplete { .. } => Effect::Unknown,
        }
    }

    /// Whether this is about the token rather than about the request.
    pub fn is_about_token(&self) -> bool {
        self.retry() == Retry::AfterSignIn
    }

    /// Whether AniList, or the way to it, is out of order for the moment.
    pub fn is_outage(&self) -> bool {
        matches!(self.retry(), Retry::After(_)) && !matches!(self, Self::Incomplete { .. })
    }
}

fn refusals(fields: &[FieldRefusal], message: &str) -> String {
    if fields.is_empty() {
        return message.to_owned();
    }
    let parts: Vec<_> = fields
        .iter()
        .map(|refusal| format!("{}: {}", refusal.field, refusal.messages.join(" ")))
        .collect();
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_value_names_the_argument() {
        let error = RemoteError::Validation {
            message: "validation".to_owned(),
            fields: vec![FieldRefusal {
                field: "mediaId".to_owned(),
                messages: vec!["The selected media id is invalid.".to_owned()],
            }],
        };
        assert_eq!(
            error.to_string(),
            "AniList refused a value: mediaId: The selected media id is invalid."
        );
        assert_eq!(error.retry(), Retry::Never);
    }

    #[test]
    fn an_outage_is_never_taken_for_a_bad_token() {
        let disabled = RemoteError::Disabled {
            message: "temporarily disabled".to_owned(),
        };
        assert!(disabled.is_outage());
        assert!(!disabled.is_about_token());
        assert_eq!(disabled.effect(), Effect::None);
    }
}
