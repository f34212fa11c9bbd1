//! How far an act has come, on its own page and as it goes on.

use anirewind_core::{Action, Event, OperationState, Phase, Report, StepState};
use askama::Template;

use crate::address::thousands;

html_safe!(JobProgress);

/// How far an act has come.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/job.html")]
pub(crate) struct JobProgress {
    id: String,
    done: usize,
    total: usize,
    text: String,
    wait: Option<String>,
    phases: Vec<PhaseLine>,
    /// How it stands, where it goes on no more by itself.
    over: Option<&'static str>,
}

#[derive(Debug, Clone)]
struct PhaseLine {
    words: String,
    /// done, now or later.
    state: &'static str,
    icon: &'static str,
}

impl JobProgress {
    /// From what is written down, and what was last said about it.
    pub(crate) fn of(report: &Report, last: Option<&Event>) -> Self {
        let operation = &report.operation;
        let is_settled = |state: &str| StepState::parse(state).is_some_and(StepState::is_settled);
        let sent: Vec<_> = report.sent().collect();
        let settled = sent.iter().filter(|step| is_settled(&step.state)).count();
        let mut done = settled;
        let (mut left, mut phase, mut wait) = (None, None, None);
        match last {
            Some(Event::Job {
                done: sent,
                left: time,
                phase: now,
                ..
            }) => {
                // What was sent counts, though it is not read back yet.
                done = done.max(*sent);
                left = *time;
                phase = Some(*now);
            }
            Some(Event::Waiting {
                problem,
                wait: time,
                ..
            }) => {
                wait = Some((problem.clone(), *time));
            }
            _ => {}
        }
        let total = sent.len();
        let done = done.min(total);
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
            wait: wait.filter(|_| is_running).map(|(problem, time)| {
                format!(
                    "{} Continuing in {}:{:02}.",
                    crate::page::sentence(&problem),
                    time.as_secs() / 60,
                    time.as_secs() % 60
                )
            }),
            over: (!is_running).then(|| operation.state.as_str()),
        }
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
    // How many of the lines below are behind it.
    let now = match phase {
        _ if is_over => 9,
        Some(Phase::Removing) => 3,
        Some(Phase::Proving) => 4,
        _ => 2,
    };
    let mut lines = vec![
        (0, "Safety snapshot".to_owned()),
        (1, "Check for edits".to_owned()),
    ];
    if has(&[Action::Write, Action::Add]) {
        let words = if now == 2 {
            format!(
                "Add and change ({} of {})",
                thousands(done),
                thousands(total)
            )
        } else {
            "Add and change".to_owned()
        };
        lines.push((2, words));
    }
    if has(&[Action::Remove]) {
        lines.push((3, "Remove".to_owned()));
    }
    lines.push((4, "Read back and compare".to_owned()));
    if operation.detail.mutes {
        lines.push((5, "Activity setting put back".to_owned()));
    }
    let lines = lines.into_iter().map(|(place, words)| {
        let (state, icon) = match place {
            _ if place < now => ("done", "i-check"),
            _ if place == now => ("now", "i-run"),
            _ => ("later", "i-clock"),
        };
        PhaseLine { words, state, icon }
    });
    lines.collect()
}
