//! Sending steps, surviving what happens on the way, and reading back.

use std::collections::BTreeMap;

use anirewind_model::{
    Deletion, Entry, EntryField, EntryValues, MediaId, Remote, RemoteError, Viewer,
};
use async_trait::async_trait;
use thiserror::Error;

use crate::step::{Settled, Step, StepKind, StepState};

/// Where it is written down what is about to be sent and what came of it.
///
/// Both must be on the disk when they return.
#[async_trait]
pub trait Journal: Send + Sync {
    /// These steps are about to be sent.
    async fn intend(&self, places: &[usize]) -> Result<(), JournalError>;

    /// This is what came of a step.
    async fn settle(&self, place: usize, settled: Settled) -> Result<(), JournalError>;
}

/// The journal could not be written. Nothing more is sent.
#[derive(Debug, Error)]
#[error("cannot write down what is done")]
pub struct JournalError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// The work stopped before it was done. What was settled is; the rest can go on later.
#[derive(Debug, Error)]
pub enum Stopped {
    /// AniList, or the way to it.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Carries out the steps that are not settled yet.
///
/// Writes and additions go before removals. `most` is how many writes fit into one request.
pub async fn execute(
    steps: &[(Step, StepState)],
    remote: &dyn Remote,
    viewer: &Viewer,
    journal: &dyn Journal,
    most: usize,
) -> Result<(), Stopped> {
    let work = Work {
        remote,
        viewer,
        journal,
    };
    let open: Vec<(usize, &Step, StepState)> = steps
        .iter()
        .enumerate()
        .filter(|(_, (_, state))| !state.is_settled())
        .map(|(place, (step, state))| (place, step, *state))
        .collect();
    let live = work
        .read(open.iter().map(|(_, step, _)| step.media))
        .await?;
    let mut saves = Vec::new();
    let mut removals = Vec::new();
    for (place, step, state) in open {
        let now = live.get(&step.media);
        let values = now.map(|entry| &entry.values);
        if step.is_reached(values) {
            let state = if state == StepState::Intended {
                StepState::Done
            } else {
                StepState::Already
            };
            work.settle(place, state, now, None).await?;
        } else if step.is_untouched(values) || is_half_way(step, state, values) {
            if step.kind == StepKind::Remove {
                removals.push((place, step));
            } else {
                saves.push((place, step.clone()));
            }
        } else {
            let problem = "it was edited since the plan was made";
            let settled = work.settle(place, StepState::Conflict, now, Some(problem));
            settled.await?;
        }
    }
    work.save_all(saves, most.max(1)).await?;
    work.remove_all(&removals, &live).await
}

/// A title that was sent when everything stopped may hold some of what was sent: AniList fills in
/// fields by itself, and the touch that puts them right may not have come.
fn is_half_way(step: &Step, state: StepState, now: Option<&EntryValues>) -> bool {
    let (Some(now), Some(target)) = (now, step.target.as_ref()) else {
        return false;
    };
    state == StepState::Intended
        && EntryField::ALL.into_iter().all(|field| {
            let is_sent = step.write.get(field).is_recorded();
            !is_sent || target.get(field) == now.get(field)
        })
}

struct Work<'a> {
    remote: &'a dyn Remote,
    viewer: &'a Viewer,
    journal: &'a dyn Journal,
}

type Live = BTreeMap<MediaId, Entry>;

impl Work<'_> {
    async fn read(&self, media: impl Iterator<Item = MediaId>) -> Result<Live, RemoteError> {
        let media: Vec<_> = media.collect();
        if media.is_empty() {
            return Ok(Live::new());
        }
        let entries = self.remote.entries(self.viewer, &media).await?;
        Ok(entries.into_iter().map(|e| (e.media, e)).collect())
    }

    async fn settle(
        &self,
        place: usize,
        state: StepState,
        now: Option<&Entry>,
        problem: Option<&str>,
    ) -> Result<(), JournalError> {
        let settled = Settled {
            state,
            now: now.cloned(),
            problem: problem.map(str::to_owned),
        };
        self.journal.settle(place, settled).await
    }

    /// Sends writes and additions, as many at once as fit, fewer after each trouble.
    async fn save_all(&self, saves: Vec<(usize, Step)>, most: usize) -> Result<(), Stopped> {
        let mut queue: Vec<Vec<(usize, Step)>> =
            saves.chunks(most).rev().map(<[_]>::to_vec).collect();
        while let Some(batch) = queue.pop() {
            let places: Vec<_> = batch.iter().map(|(place, _)| *place).collect();
            self.journal.intend(&places).await?;
            let failed = self.send(&batch).await?;
            let left = self.read_back(batch, failed.is_some()).await?;
            match (failed, left.as_slice()) {
                (_, []) => {}
                (Some(error), [(place, step)]) => {
                    let now = self.read([step.media].into_iter()).await?;
                    let now = now.get(&step.media);
                    self.settle(*place, StepState::Failed, now, Some(&error.to_string()))
                        .await?;
                }
                (_, _) => {
                    // The culprit is among them: halves, until it stands by itself.
                    let (first, second) = left.split_at(left.len() / 2);
                    queue.extend([second.to_vec(), first.to_vec()]);
                    queue.retain(|batch| !batch.is_empty());
                }
            }
        }
        Ok(())
    }

    /// Sends one request. What stops everybody stops here; what may be about one title is handed
    /// back.
    async fn send(&self, batch: &[(usize, Step)]) -> Result<Option<RemoteError>, RemoteError> {
        let writes: Vec<_> = batch.iter().map(|(_, step)| step.request()).collect();
        match self.remote.save(&self.viewer.settings, &writes).await {
            Ok(_) => Ok(None),
            Err(error) if error.is_about_token() || error.is_outage() => Err(error),
            Err(error) => {
                tracing::debug!(%error, titles = batch.len(), "a request failed");
                Ok(Some(error))
            }
        }
    }

    /// Reads a batch back: settles what is as planned, touches up what AniList filled in by itself,
    /// and hands back what did not land.
    async fn read_back(
        &self,
        batch: Vec<(usize, Step)>,
        has_failed: bool,
    ) -> Result<Vec<(usize, Step)>, Stopped> {
        let live = self.read(batch.iter().map(|(_, step)| step.media)).await?;
        let mut left = Vec::new();
        let mut again = Vec::new();
        for (place, step) in batch {
            let now = live.get(&step.media);
            let values = now.map(|entry| &entry.values);
            if step.is_reached(values) {
                self.settle(place, StepState::Done, now, None).await?;
            } else if has_failed && step.is_untouched(values) {
                left.push((place, step));
            } else if let Some(touch) = values.and_then(|now| step.touch_up(now)) {
                again.push((place, step, touch));
            } else {
                left.push((place, step));
            }
        }
        if again.is_empty() {
            return Ok(left);
        }
        let writes: Vec<_> = again.iter().map(|(_, _, touch)| touch.request()).collect();
        let outcome = self.remote.save(&self.viewer.settings, &writes).await;
        let problem = match outcome {
            Ok(_) => None,
            Err(error) if error.is_about_token() || error.is_outage() => return Err(error.into()),
            Err(error) => Some(error.to_string()),
        };
        let live = self
            .read(again.iter().map(|(_, step, _)| step.media))
            .await?;
        for (place, step, _) in again {
            let now = live.get(&step.media);
            let values = now.map(|entry| &entry.values);
            if step.is_reached(values) {
                self.settle(place, StepState::Done, now, None).await?;
                continue;
            }
            let fields = values.map_or_else(Vec::new, |now| step.differing(now));
            let fields: Vec<_> = fields.iter().map(|field| field.as_str()).collect();
            let problem = problem
                .clone()
                .unwrap_or_else(|| format!("AniList did not take over: {}", fields.join(", ")));
            self.settle(place, StepState::Failed, now, Some(&problem))
                .await?;
        }
        Ok(left)
    }

    async fn remove_all(&self, removals: &[(usize, &Step)], live: &Live) -> Result<(), Stopped> {
        if removals.is_empty() {
            return Ok(());
        }
        let places: Vec<_> = removals.iter().map(|(place, _)| *place).collect();
        self.journal.intend(&places).await?;
        let deletions: Vec<Deletion> = removals
            .iter()
            .filter_map(|(_, step)| {
                let id = live.get(&step.media)?.id?;
                let media = step.media;
                Some(Deletion { id, media })
            })
            .collect();
        let failed = match self.remote.delete(self.viewer, &deletions).await {
            Ok(()) => None,
            Err(error) if error.is_about_token() || error.is_outage() => return Err(error.into()),
            Err(error) => Some(error.to_string()),
        };
        let live = self
            .read(removals.iter().map(|(_, step)| step.media))
            .await?;
        for (place, step) in removals {
            match live.get(&step.media) {
                None => self.settle(*place, StepState::Done, None, None).await?,
                Some(now) => {
                    let problem = failed.as_deref().unwrap_or("AniList did not remove it");
                    self.settle(*place, StepState::Failed, Some(now), Some(problem))
                        .await?;
                }
            }
        }
        Ok(())
    }
}
