//! What is sent and what came of it, written down step by step.

use anirewind_model::Entry;
use anirewind_restore::{Journal, JournalError, Settled, StepState};
use anirewind_store::{OperationRow, StepResult};
use anirewind_timeline::{Change, Outcome, Source, When};
use async_trait::async_trait;

use crate::app::App;
use crate::looking::fill_in;
use crate::undo::PlannedTitle;

/// Writes down in the catalogue what is sent and what came of it.
pub(crate) struct StoreJournal<'a> {
    pub(crate) app: &'a App,
    pub(crate) operation: OperationRow,
    pub(crate) titles: Vec<PlannedTitle>,
}

#[async_trait]
impl Journal for StoreJournal<'_> {
    async fn intend(&self, places: &[usize]) -> Result<(), JournalError> {
        let store = &self.app.inner.store;
        let state = StepState::Intended.as_str();
        let noted = store.intend_steps(self.operation.id.clone(), places.to_vec(), state);
        noted.await.map_err(|error| JournalError(error.into()))
    }

    async fn settle(&self, place: usize, settled: Settled) -> Result<(), JournalError> {
        let Some(title) = self.titles.get(place) else {
            return Err(JournalError("a step that nobody planned".into()));
        };
        let outcome = match settled.state {
            StepState::Done | StepState::Already => Outcome::Undone,
            StepState::Conflict => Outcome::Skipped,
            StepState::Failed | StepState::Pending | StepState::Intended => Outcome::Failed,
        };
        let is_done = outcome == Outcome::Undone;
        let now = settled.now.clone().map(|mut entry| {
            if let Some(was) = &title.now {
                fill_in(&mut entry, was);
            }
            entry
        });
        let change = |outcome, after, undoes, error| Change {
            media: title.media,
            media_type: title.media_type,
            title: title.title.clone(),
            before: title.now.clone(),
            after,
            outcome,
            source: if self.operation.kind == "redo" {
                Source::Redo
            } else {
                Source::Undo
            },
            when: When::exactly(self.app.now()),
            group: None,
            operation: Some(self.operation.id.clone()),
            undoes,
            error,
        };
        // One for each change that is taken back, so that each says what undid it.
        let mut changes: Vec<Change> = title
            .changes
            .iter()
            .map(|row| {
                let after = if is_done {
                    now.clone()
                } else {
                    title.now.clone()
                };
                let undoes = is_done.then(|| row.id.clone());
                change(outcome, after, undoes, settled.problem.clone())
            })
            .collect();
        // What AniList made of it all the same was our doing, and can be taken back.
        let values = |entry: &Option<Entry>| entry.as_ref().map(|entry| entry.values.clone());
        let is_half = settled.state == StepState::Failed
            && settled.now.is_some()
            && values(&now) != values(&title.now);
        if is_half {
            changes.push(change(Outcome::Synced, now.clone(), None, None));
        }
        let result = StepResult {
            state: settled.state.as_str().to_owned(),
            problem: settled.problem.clone(),
            changes,
            // What somebody else did meanwhile is for the next look to see.
            now: (is_done || is_half).then_some(now),
        };
        let key = (title.media_type, title.media);
        let store = &self.app.inner.store;
        let settled = store.settle_step(self.operation.clone(), place, key, result);
        settled.await.map_err(|error| JournalError(error.into()))
    }
}
