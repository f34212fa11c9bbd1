//! What came of an act, title by title, for good.

use std::fmt;

use anirewind_restore::StepState;
use anirewind_store::{OperationRow, OperationState, StepRow};

use crate::plan::{Action, LEFT};

/// What came of an act.
#[derive(Debug, Clone)]
pub struct Report {
    /// The act, which can itself be taken back.
    pub operation: OperationRow,
    /// Each title with how it ended, those that were not sent too.
    pub steps: Vec<StepRow>,
}

/// An act in numbers, as the system we follow gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Titles that were written, added or removed.
    pub restored: usize,
    /// Titles that were left: already right, edited since, kept.
    pub skipped: usize,
    /// Titles that AniList did not take.
    pub errors: usize,
    /// Titles that are not settled yet.
    pub open: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} written, {} left as they were, {} failed",
            self.restored, self.skipped, self.errors
        )?;
        match self.open {
            0 => Ok(()),
            open => write!(f, ", {open} not settled yet"),
        }
    }
}

impl Report {
    pub(crate) const fn new(operation: OperationRow, steps: Vec<StepRow>) -> Self {
        Self { operation, steps }
    }

    /// The act in numbers.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary {
            skipped: self.operation.detail.same,
            ..Summary::default()
        };
        for step in &self.steps {
            let count = match StepState::parse(&step.state) {
                Some(StepState::Done | StepState::Overtaken) => &mut summary.restored,
                Some(StepState::Already | StepState::Conflict | StepState::Left) => {
                    &mut summary.skipped
                }
                Some(StepState::Pending | StepState::Intended) => &mut summary.open,
                Some(StepState::Failed | StepState::NotFound) | None => &mut summary.errors,
            };
            *count += 1;
        }
        summary
    }

    /// The titles that are sent, as opposed to those that a plan only shows.
    pub fn sent(&self) -> impl Iterator<Item = &StepRow> {
        let sends = |step: &&StepRow| Action::parse(&step.action).is_some_and(Action::sends);
        self.steps.iter().filter(sends)
    }

    /// The titles that are not as planned, each with what is in the way.
    pub fn unwell(&self) -> impl Iterator<Item = &StepRow> {
        self.sent()
            .filter(|step| !StepState::parse(&step.state).is_some_and(StepState::is_well))
    }

    /// The titles that the plan left as they are because something had happened to them since, each with what. Not those
    /// that somebody ticked away.
    pub fn left_alone(&self) -> impl Iterator<Item = &StepRow> {
        let is_left = |step: &&StepRow| {
            let is_kept = Action::parse(&step.action) == Some(Action::Keep);
            is_kept && step.problem.as_deref().is_some_and(|why| why != LEFT)
        };
        self.steps.iter().filter(is_left)
    }

    /// Whether everything that was planned is so, and was read back.
    pub fn is_verified(&self) -> bool {
        self.operation.state == OperationState::Done && self.unwell().next().is_none()
    }

    /// How an act ended, as the rest of a sentence, where it did not end as somebody wanted it to.
    pub fn bad_end(&self) -> Option<String> {
        match self.operation.state {
            OperationState::Stopped => Some(match &self.operation.problem {
                Some(problem) => format!("it was interrupted, {problem}"),
                None => "it was interrupted".to_owned(),
            }),
            OperationState::Partly => {
                let in_state = |wanted: &[StepState]| {
                    let is_so = |step: &&StepRow| {
                        StepState::parse(&step.state).is_some_and(|state| wanted.contains(&state))
                    };
                    self.sent().filter(is_so).count()
                };
                let unverified = in_state(&[StepState::Overtaken]);
                // What somebody stopped is left because they wanted it to be.
                let wanted = unverified + in_state(&[StepState::Left]);
                let failed = self.unwell().count().saturating_sub(wanted);
                let sent = self.sent().count();
                match (failed, unverified) {
                    (0, 0) => None,
                    (0, _) => Some(format!("{unverified} of {sent} not verified")),
                    (_, 0) => Some(format!("{failed} of {sent} not applied")),
                    _ => Some(format!(
                        "{failed} of {sent} not applied and {unverified} not verified"
                    )),
                }
            }
            _ => None,
        }
    }

    /// How many titles can be tried again.
    pub fn retryable(&self) -> usize {
        self.sent().filter(|step| can_be_retried(step)).count()
    }
}

/// Whether trying a title again may do what was not done.
pub(crate) fn can_be_retried(step: &StepRow) -> bool {
    let state = StepState::parse(&step.state);
    let sends = Action::parse(&step.action).is_some_and(Action::sends);
    let is_undone = matches!(
        state,
        Some(StepState::Failed | StepState::Conflict | StepState::Left | StepState::NotFound)
    );
    sends && is_undone
}
