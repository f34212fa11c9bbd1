//! Sending steps, surviving what happens on the way, and reading back.

use std::collections::BTreeMap;

use anirewind_model::{Deletion, Entry, EntryWrite, MediaId, Remote, RemoteError, Viewer};
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

/// So often is a title sent whose save AniList confirms and then does not show.
const ATTEMPTS: u8 = 3;

/// Carries out the steps that are not settled yet.
///
/// Writes and additions go before removals. Each title is read right before it is sent. `most` is how
/// many writes fit into one request.
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
    let open = steps.iter().enumerate();
    let open = open.filter(|(_, (_, state))| !state.is_settled());
    let (removals, saves): (Vec<Sending<'_>>, Vec<Sending<'_>>) = open
        .map(|(place, (step, state))| Sending {
            place,
            step,
            was_sent: *state == StepState::Intended,
            attempts: 0,
        })
        .partition(|sending| sending.step.kind == StepKind::Remove);
    work.save_all(saves, most.max(1)).await?;
    work.remove_all(removals).await
}

/// A step on its way.
#[derive(Debug, Clone, Copy)]
struct Sending<'a> {
    place: usize,
    step: &'a Step,
    /// Whether it may have been sent before.
    was_sent: bool,
    attempts: u8,
}

struct Work<'a> {
    remote: &'a dyn Remote,
    viewer: &'a Viewer,
    journal: &'a dyn Journal,
}

type Live = BTreeMap<MediaId, Entry>;

impl Work<'_> {
    async fn read(&self, batch: &[Sending<'_>]) -> Result<Live, RemoteError> {
        if batch.is_empty() {
            return Ok(Live::new());
        }
        let titles = batch.iter().map(|s| (s.step.media_type, s.step.media));
        let titles: Vec<_> = titles.collect();
        let entries = self.remote.entries(self.viewer, &titles).await?;
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

    /// Leaves those of a batch that are to be sent: still as they were when this was planned. The
    /// others are settled: already so, or edited since.
    async fn untouched<'a>(
        &self,
        batch: Vec<Sending<'a>>,
        live: &Live,
    ) -> Result<Vec<Sending<'a>>, JournalError> {
        let mut left = Vec::with_capacity(batch.len());
        for sending in batch {
            let Sending { place, step, .. } = sending;
            let now = live.get(&step.media);
            let values = now.map(|entry| &entry.values);
            let was_sent = sending.was_sent || sending.attempts > 0;
            if step.is_reached(values) {
                let state = if was_sent {
                    StepState::Done
                } else {
                    StepState::Already
                };
                self.settle(place, state, now, None).await?;
            } else if step.is_untouched(values) || (was_sent && step.is_half_way(values)) {
                left.push(sending);
            } else {
                let problem = "it was edited since the plan was made";
                self.settle(place, StepState::Conflict, now, Some(problem))
                    .await?;
            }
        }
        Ok(left)
    }

    /// Sends writes and additions, as many at once as fit, fewer after each trouble.
    async fn save_all(&self, saves: Vec<Sending<'_>>, most: usize) -> Result<(), Stopped> {
        let mut queue: Vec<Vec<Sending<'_>>> =
            saves.chunks(most).rev().map(<[_]>::to_vec).collect();
        while let Some(batch) = queue.pop() {
            let live = self.read(&batch).await?;
            let batch = self.untouched(batch, &live).await?;
            if batch.is_empty() {
                continue;
            }
            let places: Vec<_> = batch.iter().map(|sending| sending.place).collect();
            self.journal.intend(&places).await?;
            let failed = self.send(&batch).await?;
            let mut left = self.read_back(batch, failed.is_some()).await?;
            for sending in &mut left {
                sending.attempts += 1;
            }
            if let (Some(error), [one]) = (&failed, left.as_slice()) {
                let live = self.read(&left).await?;
                let now = live.get(&one.step.media);
                self.settle(one.place, StepState::Failed, now, Some(&error.to_string()))
                    .await?;
                continue;
            }
            let (given_up, left): (Vec<_>, Vec<_>) = left
                .into_iter()
                .partition(|sending| failed.is_none() && sending.attempts >= ATTEMPTS);
            for sending in given_up {
                let problem = "AniList says that it was saved, and does not show it";
                self.settle(sending.place, StepState::Failed, None, Some(problem))
                    .await?;
            }
            // The culprit is among them: halves, until it stands by itself.
            let (first, second) = left.split_at(left.len().div_ceil(2));
            queue.extend([second.to_vec(), first.to_vec()]);
            queue.retain(|batch| !batch.is_empty());
        }
        Ok(())
    }

    /// Sends one request. What stops everybody stops here; what may be about one title, or about too
    /// many at once, is handed back.
    async fn send(&self, batch: &[Sending<'_>]) -> Result<Option<RemoteError>, RemoteError> {
        let writes: Vec<_> = batch.iter().map(|s| s.step.request()).collect();
        self.save(&writes).await
    }

    async fn save(&self, writes: &[EntryWrite]) -> Result<Option<RemoteError>, RemoteError> {
        match self.remote.save(&self.viewer.settings, writes).await {
            Ok(_) => Ok(None),
            Err(error) if stops_everybody(&error) => Err(error),
            Err(error) => {
                tracing::debug!(%error, titles = writes.len(), "a request failed");
                Ok(Some(error))
            }
        }
    }

    /// Reads a batch back: settles what is as planned, touches up what AniList filled in by itself,
    /// and hands back what did not land.
    async fn read_back<'a>(
        &self,
        batch: Vec<Sending<'a>>,
        has_failed: bool,
    ) -> Result<Vec<Sending<'a>>, Stopped> {
        let live = self.read(&batch).await?;
        let mut left = Vec::new();
        let mut again = Vec::new();
        for sending in batch {
            let Sending { place, step, .. } = sending;
            let now = live.get(&step.media);
            let values = now.map(|entry| &entry.values);
            let is_done = values.is_some_and(|now| step.is_ours_reached(now));
            if is_done {
                self.settle(place, StepState::Done, now, None).await?;
            } else if has_failed && step.is_untouched(values) {
                left.push(sending);
            } else if let Some(touch) = values.and_then(|now| step.touch_up(now)) {
                again.push((sending, touch));
            } else {
                left.push(sending);
            }
        }
        if again.is_empty() {
            return Ok(left);
        }
        let writes: Vec<_> = again.iter().map(|(_, touch)| touch.clone()).collect();
        let problem = self.save(&writes).await?.map(|error| error.to_string());
        let touched: Vec<_> = again.iter().map(|(sending, _)| *sending).collect();
        let live = self.read(&touched).await?;
        for Sending { place, step, .. } in touched {
            let now = live.get(&step.media);
            let values = now.map(|entry| &entry.values);
            if values.is_some_and(|now| step.is_ours_reached(now)) {
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

    /// Removes titles, all at once, and one by one where that fails.
    async fn remove_all(&self, removals: Vec<Sending<'_>>) -> Result<(), Stopped> {
        let live = self.read(&removals).await?;
        let removals = self.untouched(removals, &live).await?;
        if removals.is_empty() {
            return Ok(());
        }
        let places: Vec<_> = removals.iter().map(|sending| sending.place).collect();
        self.journal.intend(&places).await?;
        let failed = self.delete(&removals, &live).await?;
        let live = self.read(&removals).await?;
        for sending in removals {
            let media = sending.step.media;
            if !live.contains_key(&media) {
                self.settle(sending.place, StepState::Done, None, None)
                    .await?;
                continue;
            }
            let alone = [sending];
            let problem = self.delete(&alone, &live).await?;
            let now = self.read(&alone).await?;
            match now.get(&media) {
                None => {
                    self.settle(sending.place, StepState::Done, None, None)
                        .await?;
                }
                Some(now) => {
                    let problem = problem.or_else(|| failed.clone());
                    let problem = problem.as_deref().unwrap_or("AniList did not remove it");
                    self.settle(sending.place, StepState::Failed, Some(now), Some(problem))
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// What went wrong, where that does not stop everybody.
    async fn delete(
        &self,
        removals: &[Sending<'_>],
        live: &Live,
    ) -> Result<Option<String>, RemoteError> {
        let deletions: Vec<Deletion> = removals
            .iter()
            .filter_map(|sending| {
                let media = sending.step.media;
                let id = live.get(&media)?.id?;
                Some(Deletion { id, media })
            })
            .collect();
        match self.remote.delete(self.viewer, &deletions).await {
            Ok(()) => Ok(None),
            Err(error) if stops_everybody(&error) => Err(error),
            Err(error) => Ok(Some(error.to_string())),
        }
    }
}

/// Whether no other title can be sent either.
fn stops_everybody(error: &RemoteError) -> bool {
    error.is_about_token()
        || matches!(
            error,
            RemoteError::Disabled { .. }
                | RemoteError::Connect { .. }
                | RemoteError::RateLimited { .. }
        )
}
