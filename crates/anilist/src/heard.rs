//! What became of one request, for whoever keeps count.

use anirewind_model::RemoteError;
use reqwest::header::{DATE, HeaderMap};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// What became of one request. Nothing of what was asked or answered is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// In a word.
    pub outcome: Outcome,
    /// What went wrong, in one line.
    pub problem: Option<String>,
    /// How many seconds our clock is ahead of AniList's, where the answer said what time it is there.
    pub clock_ahead: Option<i64>,
    /// Requests that AniList says are left in this minute.
    pub left: Option<u32>,
}

/// What became of a request, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It was answered.
    Ok,
    /// AniList asked for a pause.
    Limited,
    /// AniList understood, and would not.
    Refused,
    /// AniList is out of order, or what came is no answer of its.
    Failed,
    /// AniList could not be reached.
    Unreachable,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Ok,
        Self::Limited,
        Self::Refused,
        Self::Failed,
        Self::Unreachable,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Limited => "limited",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
        }
    }
}

impl Heard {
    /// What became of a request that ended so.
    pub(crate) fn of(error: Option<&RemoteError>) -> Self {
        let outcome = match error {
            None => Outcome::Ok,
            Some(RemoteError::RateLimited { .. }) => Outcome::Limited,
            Some(
                RemoteError::Connect { .. }
                | RemoteError::Timeout { .. }
                | RemoteError::Interrupted { .. },
            ) => Outcome::Unreachable,
            Some(error) if error.is_outage() => Outcome::Failed,
            Some(_) => Outcome::Refused,
        };
        let is_away = matches!(outcome, Outcome::Failed | Outcome::Unreachable);
        Self {
            outcome,
            problem: error.filter(|_| is_away).map(ToString::to_string),
            clock_ahead: None,
            left: None,
        }
    }

    /// The same with what the headers of the answer say.
    pub(crate) fn with(self, headers: &HeaderMap, now: OffsetDateTime) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let there = text(DATE.as_str()).and_then(|date| OffsetDateTime::parse(date, &Rfc2822).ok());
        let left = text("x-ratelimit-remaining").and_then(|left| left.parse().ok());
        Self {
            clock_ahead: there.map(|there| (now - there).whole_seconds()),
            left,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_date_as_servers_write_it_tells_whether_our_clock_is_wrong() {
        let mut headers = HeaderMap::new();
        headers.insert("date", "Tue, 03 Nov 2026 12:00:00 GMT".parse().unwrap());
        headers.insert("x-ratelimit-remaining", 12.into());
        let heard = Heard::of(None).with(&headers, datetime!(2026-11-03 12:05 UTC));
        assert_eq!((heard.clock_ahead, heard.left), (Some(300), Some(12)));
        headers.insert("date", "yesterday".parse().unwrap());
        let heard = Heard::of(None).with(&headers, datetime!(2026-11-03 12:05 UTC));
        assert_eq!(heard.clock_ahead, None);
    }
}
