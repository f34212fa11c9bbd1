//! How far an act has come, on its own page and as it goes on.

use anirewind_core::{
    Action, Event, Id, OperationState, Pause, Phase, Report, StepState, Wish, thousands,
};
use askama::Template;
use time::OffsetDateTime;

use crate::api::LastSaid;
use crate::format;
use crate::page::sentence;
use crate::parts::TitleCell;

html_safe!(JobProgress, LatestTitles);

/// How far an act has come.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/job.html")]
pub(crate) struct JobProgress {
    id: String,
    done: usize,
    total: usize,
    text: String,
    /// Whether it goes on by itself, and so may come to wait.
    is_running: bool,
    wait: Option<Wait>,
    /// What it does once the request that is being sent is answered.
    next: &'static str,
    phases: Vec<PhaseLine>,
    /// How it stands, where it goes on no more by itself.
    over: Option<&'static str>,
}

/// What it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wait {
    why: String,
    /// How long it still takes: for scripts, which count on, and for people.
    seconds: i64,
    left: String,
    /// When it goes on.
    until: String,
}

#[derive(Debug, Clone)]
struct PhaseLine {
    words: String,
    /// done, now, rests, later or ended: over, and not all of it was sent.
    state: &'static str,
    icon: &'static str,
}

impl JobProgress {
    /// From what is written down, and what was last said about it.
    pub(crate) fn of(report: &Report, last: &LastSaid, wish: Wish, now: OffsetDateTime) -> Self {
        let operation = &report.operation;
        // What somebody stopped before is settled, and was never sent.
        let is_done = |state: StepState| state.is_settled() && !matches!(state, StepState::Left);
        let sent = report.sent();
        let states: Vec<_> = sent.map(|step| StepState::parse(&step.state)).collect();
        let total = states.len();
        let mut done = states
            .iter()
            .flatten()
            .filter(|state| is_done(**state))
            .count();
        let (mut left, mut phase) = (None, None);
        if let Some(Event::Job {
            done: sent,
            total: all,
            left: time,
            phase: said,
            ..
        }) = last.job.as_deref()
        {
            // What was sent counts, though it is not read back yet. Where it went on after a rest only
            // what was left then is counted, so what is left of that tells.
            done = done.max(total.saturating_sub(all.saturating_sub(*sent)));
            left = *time;
            phase = Some(*said);
        }
        let is_running = operation.state == OperationState::Running;
        let mut text = format!("{} of {}", thousands(done), thousands(total));
        if let Some(left) = left.filter(|left| is_running && left.as_secs() > 0) {
            let words = if left.as_secs() > 90 {
                format!(", about {} min left", left.as_secs().div_ceil(60))
            } else {
                format!(", about {} s left", left.as_secs())
            };
            text.push_str(&words);
        }
        Self {
            id: operation.id.to_string(),
            phases: phases(report, phase.filter(|_| is_running), (done, total)),
            done,
            total,
            text,
            is_running,
            next: match wish {
                Wish::GoOn => "It goes on.",
                Wish::Pause => "It pauses after the request that is being sent.",
                Wish::Stop => "It stops after the request that is being sent.",
            },
            wait: last
                .pause
                .as_ref()
                .filter(|_| is_running && wish == Wish::GoOn)
                .and_then(|pause| Wait::of(pause, now)),
            over: (!is_running).then(|| operation.state.as_str()),
        }
    }
}

impl JobProgress {
    /// What a stop now leaves done and what it leaves out; nothing where all of it is sent.
    pub(crate) const fn split(&self) -> Option<(usize, usize)> {
        let left = self.total.saturating_sub(self.done);
        if left == 0 {
            None
        } else {
            Some((self.done, left))
        }
    }
}

impl Wait {
    /// Nothing, where it is over.
    fn of(pause: &Pause, now: OffsetDateTime) -> Option<Self> {
        let left = pause.until - now;
        let seconds = left.whole_seconds() + i64::from(left.subsec_nanoseconds() > 0);
        (seconds > 0).then(|| Self {
            why: sentence(&pause.why),
            seconds,
            left: format!("{}:{:02}", seconds / 60, seconds % 60),
            until: format::second(pause.until),
        })
    }
}

/// The titles that were done last, the newest first.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/latest.html")]
pub(crate) struct LatestTitles {
    id: String,
    titles: Vec<TitleCell>,
    /// So many more have their place already, so that nothing moves when they come.
    room: usize,
}

impl LatestTitles {
    /// So many are shown.
    pub(crate) const MOST: usize = 5;

    /// Of an act that sends so many in all.
    pub(crate) fn of(id: &Id, titles: impl Iterator<Item = TitleCell>, total: usize) -> Self {
        let titles: Vec<_> = titles.take(Self::MOST).collect();
        Self {
            id: id.to_string(),
            room: total.min(Self::MOST).saturating_sub(titles.len()),
            titles,
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.titles.is_empty()
    }
}

fn phases(report: &Report, phase: Option<Phase>, (done, total): (usize, usize)) -> Vec<PhaseLine> {
    let operation = &report.operation;
    let has = |wanted: &[Action]| {
        report
            .sent()
            .any(|step| Action::parse(&step.action).is_some_and(|action| wanted.contains(&action)))
    };
    let is_over = !operation.state.is_open();
    let rests = !is_over && operation.state != OperationState::Running;
    // What is removed comes after all else.
    let removed = report
        .sent()
        .filter(|step| Action::parse(&step.action) == Some(Action::Remove));
    let own = total.saturating_sub(removed.count());
    // How many of the lines below are behind it.
    let now = match phase {
        _ if is_over => 9,
        Some(Phase::Removing) => 3,
        Some(Phase::Proving) => 4,
        // Nothing comes before what is removed, or all of it is done.
        _ if done >= own && (rests || own == 0) => 3,
        _ => 2,
    };
    // Somebody stopped it there: only what was sent is read back.
    let is_cut = |place| {
        now > 3
            && match place {
                2 => done < own,
                3 => done < total,
                _ => false,
            }
    };
    let mut lines = vec![
        (0, "Safety snapshot".to_owned()),
        (1, "Check for edits".to_owned()),
    ];
    if has(&[Action::Write, Action::Add]) {
        let words = if now == 2 || is_cut(2) {
            of("Add and change", done.min(own), own)
        } else {
            "Add and change".to_owned()
        };
        lines.push((2, words));
    }
    if has(&[Action::Remove]) {
        let words = if is_cut(3) || (now == 3 && rests) {
            of("Remove", done.saturating_sub(own), total - own)
        } else {
            "Remove".to_owned()
        };
        lines.push((3, words));
    }
    lines.push((4, "Read back and compare".to_owned()));
    if operation.detail.mutes {
        lines.push((5, "Activity setting put back".to_owned()));
    }
    let lines = lines.into_iter().map(|(place, words)| {
        let (state, icon) = match place {
            _ if is_cut(place) => ("ended", "i-pause"),
            _ if place < now => ("done", "i-check"),
            _ if place == now && rests => ("rests", "i-pause"),
            _ if place == now => ("now", "i-run"),
            _ => ("later", "i-clock"),
        };
        PhaseLine { words, state, icon }
    });
    lines.collect()
}

/// `Remove (3 of 12)`
fn of(words: &str, done: usize, all: usize) -> String {
    format!("{words} ({} of {})", thousands(done), thousands(all))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use anirewind_core::model::{MediaId, MediaType, UserId};
    use anirewind_core::{OperationRow, StepRow};
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_wait_says_how_long_it_still_takes_and_when_it_is_over_and_then_nothing() {
        let now = datetime!(2026-11-03 14:07 UTC);
        let pause = Pause {
            why: "AniList asked for a pause".to_owned(),
            until: now + Duration::seconds(94),
        };
        let said = |passed: Duration| Wait::of(&pause, now + passed);
        let wait = said(Duration::ZERO).unwrap();
        assert_eq!(wait.why, "AniList asked for a pause.");
        assert_eq!((wait.seconds, wait.left.as_str()), (94, "1:34"));
        assert_eq!(wait.until, "2026-11-03 14:08:34 UTC");
        assert_eq!(said(Duration::milliseconds(93_100)).unwrap().left, "0:01");
        assert_eq!(said(Duration::seconds(94)), None);
    }

    /// An act of so many titles each.
    fn report(state: OperationState, titles: &[(Action, StepState, u32)]) -> Report {
        let owner = UserId::new(1);
        let at = datetime!(2026-11-03 14:07 UTC);
        let mut operation = OperationRow::new(owner, "restore", "Bring back".to_owned(), at);
        operation.state = state;
        let mut steps = Vec::new();
        for (action, state, number) in titles {
            steps.extend((0..*number).map(|media| StepRow {
                media: MediaId::new(media),
                media_type: MediaType::Anime,
                title: None,
                action: action.as_str().to_owned(),
                before: None,
                target: None,
                undoes: Vec::new(),
                state: state.as_str().to_owned(),
                problem: None,
                notes: Vec::new(),
            }));
        }
        Report { operation, steps }
    }

    fn said(phase: Phase, done: usize, total: usize) -> LastSaid {
        let event = Event::Job {
            profile: "hana".to_owned(),
            operation: Id::parse("3q8f2k1d").unwrap(),
            phase,
            done,
            total,
            left: None,
            latest: Vec::new(),
        };
        LastSaid {
            job: Some(Arc::new(event)),
            pause: None,
        }
    }

    /// How far it is, and its steps that send something.
    fn shown(report: &Report, last: &LastSaid) -> (String, Vec<(String, &'static str)>) {
        let progress = JobProgress::of(report, last, Wish::GoOn, datetime!(2026-11-03 14:08 UTC));
        let is_sending =
            |line: &PhaseLine| line.words.starts_with("Add") || line.words.starts_with("Remove");
        let lines = progress.phases.into_iter().filter(is_sending);
        let lines = lines.map(|line| (line.words, line.state));
        (progress.text, lines.collect())
    }

    #[test]
    fn what_is_stopped_is_as_far_as_was_sent_while_that_is_read_back_and_after_it() {
        use StepState::{Done, Intended, Left, Pending};
        let (write, remove) = (Action::Write, Action::Remove);
        let stopped = vec![
            ("Add and change (100 of 110)".to_owned(), "ended"),
            ("Remove (0 of 10)".to_owned(), "ended"),
        ];
        let proving = said(Phase::Proving, 100, 120);
        let titles = [
            (write, Intended, 100),
            (write, Pending, 10),
            (remove, Pending, 10),
        ];
        let report_now = report(OperationState::Running, &titles);
        assert_eq!(
            shown(&report_now, &proving),
            ("100 of 120".to_owned(), stopped.clone())
        );
        let titles = [(write, Done, 100), (write, Left, 10), (remove, Left, 10)];
        let report_then = report(OperationState::Partly, &titles);
        assert_eq!(
            shown(&report_then, &proving),
            ("100 of 120".to_owned(), stopped)
        );
        // Where all of it was sent there is nothing more to say.
        let titles = [(write, Intended, 110), (remove, Intended, 10)];
        let whole = report(OperationState::Running, &titles);
        let lines = vec![
            ("Add and change".to_owned(), "done"),
            ("Remove".to_owned(), "done"),
        ];
        let proving = said(Phase::Proving, 120, 120);
        assert_eq!(shown(&whole, &proving), ("120 of 120".to_owned(), lines));
    }

    #[test]
    fn what_goes_on_after_a_rest_counts_what_was_done_before_it() {
        let titles = [
            (Action::Write, StepState::Done, 100),
            (Action::Write, StepState::Pending, 20),
        ];
        let report = report(OperationState::Running, &titles);
        let (text, _) = shown(&report, &said(Phase::Saving, 5, 20));
        assert_eq!(text, "105 of 120");
    }

    #[test]
    fn what_only_removes_is_at_its_step_from_the_start() {
        let titles = [(Action::Remove, StepState::Pending, 10)];
        let report = report(OperationState::Running, &titles);
        let (_, lines) = shown(&report, &said(Phase::Saving, 0, 10));
        assert_eq!(lines, [("Remove".to_owned(), "now")]);
    }

    #[test]
    fn what_somebody_wants_of_it_is_said_until_it_is_so() {
        let report = report(
            OperationState::Running,
            &[(Action::Write, StepState::Pending, 10)],
        );
        let (last, now) = (said(Phase::Saving, 0, 10), datetime!(2026-11-03 14:08 UTC));
        for (wish, words) in [
            (Wish::GoOn, "It goes on."),
            (Wish::Pause, "It pauses after the request"),
            (Wish::Stop, "It stops after the request"),
        ] {
            let html = JobProgress::of(&report, &last, wish, now).render().unwrap();
            assert!(html.contains(words), "{html}");
        }
    }

    #[test]
    fn titles_that_are_still_to_come_have_their_place() {
        let id = Id::parse("3q8f2k1d").unwrap();
        let cell = || {
            let media_type = MediaType::Anime;
            TitleCell::named("", "hana", media_type, 1, Some("Dororo"))
        };
        let rows = |titles: usize, total: usize| {
            let latest = LatestTitles::of(&id, (0..titles).map(|_| cell()), total);
            let html = latest.render().unwrap();
            (html.matches("Dororo").count(), html.matches("room").count())
        };
        assert_eq!(rows(0, 3), (0, 3));
        assert_eq!(rows(2, 40), (2, 3));
        assert_eq!(rows(9, 40), (5, 0));
    }
}
