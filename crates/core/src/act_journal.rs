//! What is sent and what came of it, written down step by step.

use std::sync::OnceLock;
use std::time::Duration;

use anirewind_model::Entry;
use anirewind_restore::{Journal, JournalError, Phase, Progress, Settled, StepState, Wish};
use anirewind_store::{OperationRow, StepResult, StepRow, StoreError};
use anirewind_timeline::{Change, Outcome, Source, When};
use async_trait::async_trait;

use crate::app::App;
use crate::event::Event;
use crate::looking::fill_in;
use crate::plan::Action;

/// Writes down in the catalogue what is sent and what came of it.
pub(crate) struct StoreJournal<'a> {
    pub(crate) app: &'a App,
    pub(crate) profile: String,
    pub(crate) operation: &'a OperationRow,
    pub(crate) steps: &'a [StepRow],
    /// The places of the steps that are carried out, in the order the executor counts them.
    pub(crate) places: &'a [usize],
    pub(crate) begun: Duration,
    /// How many were done when this began, so that the rate is this run's.
    pub(crate) done_before: OnceLock<usize>,
}

fn failed(error: StoreError) -> JournalError {
    JournalError(error.into())
}

#[async_trait]
impl Journal for StoreJournal<'_> {
    async fn intend(&self, places: &[usize]) -> Result<(), JournalError> {
        let store = &self.app.inner.store;
        let places = places.iter().filter_map(|place| self.places.get(*place));
        let places: Vec<_> = places.copied().collect();
        let state = StepState::Intended.as_str();
        let noted = store.intend_steps(self.operation.id.clone(), places, state);
        noted.await.map_err(failed)
    }

    async fn settle(&self, settled: Vec<(usize, Settled)>) -> Result<(), JournalError> {
        let results = settled.into_iter().map(|(at, settled)| {
            let place = self.places.get(at).copied();
            let row = place.and_then(|place| Some((place, self.steps.get(place)?)));
            let (place, row) =
                row.ok_or_else(|| JournalError("a step that nobody planned".into()))?;
            Ok(self.result(place, row, settled))
        });
        let results = results.collect::<Result<Vec<_>, JournalError>>()?;
        let store = &self.app.inner.store;
        let settled = store.settle_steps(self.operation.clone(), results);
        settled.await.map_err(failed)
    }

    async fn wish(&self) -> Result<Wish, JournalError> {
        if self.app.is_interrupted() {
            return Ok(Wish::Pause);
        }
        let wish = self.app.inner.store.wish(self.operation.id.clone());
        let wish = wish.await.map_err(failed)?;
        Ok(crate::steering::heard(wish.as_deref()))
    }

    fn progress(&self, progress: Progress) {
        let before = *self.done_before.get_or_init(|| progress.done);
        let done = progress.done.saturating_sub(before);
        let left = progress.total.saturating_sub(progress.done);
        let taken = self.app.inner.clock.elapsed().saturating_sub(self.begun);
        // Only once enough is done to say anything.
        let left = (progress.phase != Phase::Proving && done > 0).then(|| {
            let share = u32::try_from(left).unwrap_or(u32::MAX);
            taken.saturating_mul(share) / u32::try_from(done).unwrap_or(u32::MAX)
        });
        self.app.tell(Event::Job {
            profile: self.profile.clone(),
            operation: self.operation.id.clone(),
            phase: progress.phase,
            done: progress.done,
            total: progress.total,
            left,
            latest: progress
                .latest
                .iter()
                .filter_map(|at| self.places.get(*at).copied())
                .collect(),
        });
    }
}

impl StoreJournal<'_> {
    fn result(&self, place: usize, row: &StepRow, settled: Settled) -> StepResult {
        let title = (row.media_type, row.media);
        let state = settled.state.as_str().to_owned();
        let outcome = outcome_of(row, settled.state);
        let took_effect = matches!(
            settled.state,
            StepState::Done | StepState::Already | StepState::Overtaken
        );
        // What was so already and took nothing back was somebody else's doing.
        let is_ours =
            took_effect && !(settled.state == StepState::Already && row.undoes.is_empty());
        let now = settled.now.map(|mut entry| {
            if let Some(was) = &row.before {
                fill_in(&mut entry, was);
            }
            if entry.summary.is_none() {
                let target = row.target.as_ref();
                entry.summary = target.and_then(|target| target.summary.clone());
            }
            entry
        });
        let change = |outcome, after, undoes, error| Change {
            media: row.media,
            media_type: row.media_type,
            title: row.title.clone(),
            before: row.before.clone(),
            after,
            outcome,
            source: self.source(),
            when: When::exactly(self.app.now()),
            group: None,
            operation: Some(self.operation.id.clone()),
            undoes,
            error,
        };
        let after = if took_effect {
            now.clone()
        } else {
            row.before.clone()
        };
        let problem = settled.problem;
        let mut changes: Vec<Change> = match outcome {
            None => Vec::new(),
            Some(_) if took_effect && !is_ours => Vec::new(),
            Some(outcome) if row.undoes.is_empty() => {
                vec![change(outcome, after, None, problem.clone())]
            }
            // One for each change that is taken back, so that each says what undid it.
            Some(outcome) => {
                let undone = row.undoes.iter().map(|id| took_effect.then(|| id.clone()));
                let each =
                    undone.map(|undoes| change(outcome, after.clone(), undoes, problem.clone()));
                each.collect()
            }
        };
        // What AniList made of it all the same was our doing, and can be taken back.
        let values = |entry: &Option<Entry>| entry.as_ref().map(|entry| entry.values.clone());
        let is_half = settled.state == StepState::Failed
            && now.is_some()
            && values(&now) != values(&row.before);
        if is_half {
            changes.push(change(Outcome::Synced, now.clone(), None, None));
        }
        StepResult {
            place,
            title,
            state,
            problem,
            changes,
            // What somebody else did meanwhile is for the next look to see.
            now: (is_ours || is_half).then_some(now),
        }
    }

    fn source(&self) -> Source {
        match self.operation.kind.as_str() {
            "redo" => Source::Redo,
            "restore" => Source::Restore,
            _ => Source::Undo,
        }
    }
}

fn outcome_of(row: &StepRow, state: StepState) -> Option<Outcome> {
    Some(match state {
        StepState::Done | StepState::Already | StepState::Overtaken => {
            if !row.undoes.is_empty() {
                Outcome::Undone
            } else if row.action == Action::Remove.as_str() {
                Outcome::Deleted
            } else {
                Outcome::Synced
            }
        }
        StepState::Conflict => Outcome::Skipped,
        StepState::Failed => Outcome::Failed,
        StepState::NotFound => Outcome::NotFound,
        StepState::Pending | StepState::Intended | StepState::Left => return None,
    })
}
