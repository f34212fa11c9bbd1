//! What an installation has done since its process started, in numbers. Asks nobody anything.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anirewind_anilist::{Heard, Outcome};
use time::OffsetDateTime;

use crate::event::Event;

/// Counts since the start of the process.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Requests to AniList by what came of them: ok, limited, refused, failed, unreachable.
    pub requests: BTreeMap<&'static str, u64>,
    /// How often requests waited for AniList's limit, and for how long altogether.
    pub waits: u64,
    /// How long altogether.
    pub waited: Duration,
    /// Acts by the state they came to rest in.
    pub jobs: BTreeMap<&'static str, u64>,
    /// Attempts at a snapshot: saved, unchanged, failed.
    pub snapshots: BTreeMap<&'static str, u64>,
    /// How AniList was when it was last asked.
    pub anilist: Answers,
}

/// How AniList has answered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// When it last answered what was asked.
    pub last_ok: Option<OffsetDateTime>,
    /// Since when it has not.
    pub failing_since: Option<OffsetDateTime>,
    /// What went wrong the last time, in one line.
    pub problem: Option<String>,
    /// Since when it is as it is, well or not.
    pub since: Option<OffsetDateTime>,
    /// How far our clock is ahead of AniList's, in seconds.
    pub clock_ahead: Option<i64>,
    /// Requests it says are left in this minute.
    pub left: Option<u32>,
}

/// Figures that are being counted.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    figures: Mutex<Figures>,
}

impl Counting {
    /// What was counted so far.
    pub(crate) fn read(&self) -> Figures {
        self.figures().clone()
    }

    /// Something happened that somebody was told.
    pub(crate) fn event(&self, event: &Event) {
        let word = match event {
            Event::Saved(captured) if captured.is_new => "saved",
            Event::Saved(_) => "unchanged",
            Event::Failed { .. } => "failed",
            _ => return,
        };
        *self.figures().snapshots.entry(word).or_default() += 1;
    }

    /// An act has come to rest.
    pub(crate) fn job(&self, state: &'static str) {
        *self.figures().jobs.entry(state).or_default() += 1;
    }

    /// The client waits.
    pub(crate) fn wait(&self, wait: Duration) {
        let mut figures = self.figures();
        figures.waits += 1;
        figures.waited += wait;
    }

    /// AniList answered, or did not.
    pub(crate) fn heard(&self, heard: &Heard, now: OffsetDateTime) {
        let mut figures = self.figures();
        *figures.requests.entry(heard.outcome.as_str()).or_default() += 1;
        let answers = &mut figures.anilist;
        let was_well = answers.since.is_some() && answers.failing_since.is_none();
        // A refusal is an answer too: AniList is there.
        let is_well = matches!(
            heard.outcome,
            Outcome::Ok | Outcome::Refused | Outcome::Limited
        );
        if answers.since.is_none() || was_well != is_well {
            answers.since = Some(now);
        }
        if is_well {
            answers.last_ok = Some(now);
            (answers.failing_since, answers.problem) = (None, None);
        } else {
            answers.failing_since.get_or_insert(now);
            answers.problem.clone_from(&heard.problem);
        }
        if heard.clock_ahead.is_some() {
            answers.clock_ahead = heard.clock_ahead;
        }
        if heard.left.is_some() {
            answers.left = heard.left;
        }
    }

    fn figures(&self) -> MutexGuard<'_, Figures> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn how_long_anilist_is_away_is_counted_from_the_first_failure() {
        let counting = Counting::default();
        let tell = |outcome, minute| {
            let heard = Heard {
                outcome,
                problem: (outcome == Outcome::Failed).then(|| "HTTP 503".to_owned()),
                clock_ahead: None,
                left: Some(29),
            };
            let at = datetime!(2026-11-03 12:00 UTC) + time::Duration::minutes(minute);
            counting.heard(&heard, at);
            counting.read().anilist
        };
        let first = tell(Outcome::Ok, 0);
        assert_eq!(first.since, first.last_ok);
        assert_eq!(tell(Outcome::Refused, 1).since, first.since);
        tell(Outcome::Failed, 2);
        let away = tell(Outcome::Failed, 3);
        assert_eq!(away.failing_since, Some(datetime!(2026-11-03 12:02 UTC)));
        assert_eq!(away.problem.as_deref(), Some("HTTP 503"));
        let back = tell(Outcome::Ok, 4);
        assert_eq!((back.failing_since, back.problem), (None, None));
        assert_eq!(back.since, Some(datetime!(2026-11-03 12:04 UTC)));
        let requests = counting.read().requests;
        assert_eq!(
            (requests["ok"], requests["refused"], requests["failed"]),
            (2, 1, 2)
        );
    }
}
