//! Sending steps, surviving what happens on the way.

use std::collections::BTreeSet;

use anirewind_model::{
    Clock, Deletion, Entry, EntryId, Remote, RemoteError, Retry, SharedWrite, Viewer,
};
use time::OffsetDateTime;

use crate::journal::{Journal, JournalError, Phase, Progress, Stopped, Wish};
use crate::proof::{Sent, written};
use crate::queue::{Batch, Queue, Sending};
use crate::reading::Reading;
use crate::step::{Settled, Step, StepKind, StepState};

/// What is said of a title that was half written when somebody stopped.
pub const HALF_WRITTEN: &str = "stopped by hand, half written";
/// So many titles are read at once: what fits into one request.
pub(crate) const WINDOW: usize = 550;
/// So many titles are removed at once.
const REMOVALS: usize = 100;
/// So often a title is sent at which AniList's servers fail.
const ATTEMPTS: u8 = 3;
/// So many of the titles that were sent last are named to whoever watches.
const LATEST: usize = 5;
/// So many titles in a row that AniList's servers fail at are no fault of the titles.
const FAILURES: usize = 5;

/// Where steps are carried out.
pub struct Ports<'a> {
    /// AniList.
    pub remote: &'a dyn Remote,
    /// The account, with its present settings.
    pub viewer: &'a Viewer,
    /// Where it is written down.
    pub journal: &'a dyn Journal,
    /// Time.
    pub clock: &'a dyn Clock,
    /// How many writes fit into one request.
    pub most: usize,
}

/// Carries out the steps that are not settled yet, and proves it.
///
/// Writes and additions go before removals, private titles before others. No title is written that
/// was not read within the last seconds; `known` is what the caller has read already. After the last
/// write everything is read back and compared.
pub async fn execute(
    steps: &[(Step, StepState)],
    known: Reading,
    ports: &Ports<'_>,
) -> Result<(), Stopped> {
    let mut open = Vec::new();
    for (place, (step, state)) in steps.iter().enumerate() {
        if !state.is_settled() {
            open.push(Sending {
                place,
                step,
                was_sent: *state == StepState::Intended,
                attempts: 0,
            });
        }
    }
    let mut work = Work {
        ports,
        reading: known,
        sent: Vec::new(),
        held: Vec::new(),
        half: Vec::new(),
        total: steps.len(),
        open: open.iter().map(|sending| sending.place).collect(),
    };
    let open = work.recover(open).await?;
    let (removals, mut saves): (Vec<_>, Vec<_>) = open
        .into_iter()
        .partition(|sending| sending.step.kind == StepKind::Remove);
    saves.sort_by_key(|sending| sending.step.write.private.known() != Some(&true));
    let done = work.send_all(saves, removals).await;
    if matches!(done, Ok(()) | Err(Stopped::Asked(_))) {
        work.settle_held().await?;
    }
    match done {
        // What somebody stops by hand is read back all the same; after an error there is no use in it.
        Ok(()) | Err(Stopped::Asked(_)) => work.prove().await?,
        Err(_) => {}
    }
    if let Err(Stopped::Asked(Wish::Stop)) = done {
        work.leave_the_rest().await?;
    }
    done
}

pub(crate) struct Work<'a> {
    pub(crate) ports: &'a Ports<'a>,
    /// What is known of titles that come next.
    reading: Reading,
    /// What AniList confirmed and nobody has read back yet.
    pub(crate) sent: Vec<Sent<'a>>,
    /// Titles in a row that AniList's servers failed at. It is their fault once another got through.
    held: Vec<(usize, Settled)>,
    /// Titles that an earlier run wrote by half.
    half: Vec<Sending<'a>>,
    total: usize,
    /// Places of the steps that are not settled.
    open: BTreeSet<usize>,
}

impl<'a> Work<'a> {
    async fn send_all(
        &mut self,
        saves: Vec<Sending<'a>>,
        removals: Vec<Sending<'a>>,
    ) -> Result<(), Stopped> {
        let mut queue = Queue::new(saves, self.ports.most);
        while let Some(batch) = queue.next() {
            self.go_on(Phase::Saving).await?;
            let upcoming = queue.upcoming().copied().collect::<Vec<_>>();
            let titles = self.untouched(batch.titles, &upcoming).await?;
            let batch = Batch { titles, ..batch };
            self.save(batch, &mut queue).await?;
        }
        let mut left = removals.as_slice();
        while !left.is_empty() {
            let (part, rest) = left.split_at(REMOVALS.min(left.len()));
            left = rest;
            self.go_on(Phase::Removing).await?;
            let titles = self.untouched(part.to_vec(), rest).await?;
            self.remove(titles).await?;
        }
        Ok(())
    }

    async fn go_on(&self, phase: Phase) -> Result<(), Stopped> {
        self.progress(phase);
        match self.ports.journal.wish().await? {
            Wish::GoOn => Ok(()),
            wish => Err(Stopped::Asked(wish)),
        }
    }

    pub(crate) fn progress(&self, phase: Phase) {
        self.ports.journal.progress(Progress {
            phase,
            done: self.total - self.open.len() + self.sent.len(),
            total: self.total,
            latest: self
                .sent
                .iter()
                .rev()
                .take(LATEST)
                .map(Sent::place)
                .collect(),
        });
    }

    /// Reads titles as they are now.
    pub(crate) async fn read<'s>(
        &self,
        titles: impl IntoIterator<Item = &'s Step>,
    ) -> Result<Reading, RemoteError> {
        let titles = titles.into_iter().map(|step| (step.media_type, step.media));
        let titles: Vec<_> = titles.collect();
        let at = self.ports.clock.elapsed();
        let entries = self
            .ports
            .remote
            .entries(self.ports.viewer, &titles)
            .await?;
        let media = titles.into_iter().map(|(_, media)| media);
        Ok(Reading::part(at, media, entries))
    }

    pub(crate) async fn settle(
        &mut self,
        settled: Vec<(usize, Settled)>,
    ) -> Result<(), JournalError> {
        if settled.is_empty() {
            return Ok(());
        }
        for (place, settled) in &settled {
            if settled.state.is_settled() {
                self.open.remove(place);
            }
        }
        self.ports.journal.settle(settled).await
    }

    /// Reads the titles that may have been sent before everything stopped, and tells which were.
    async fn recover(&mut self, open: Vec<Sending<'a>>) -> Result<Vec<Sending<'a>>, Stopped> {
        let (unsure, mut open): (Vec<_>, Vec<_>) = open.into_iter().partition(|s| s.was_sent);
        for part in unsure.chunks(WINDOW) {
            self.reading = self.read(part.iter().map(|sending| sending.step)).await?;
            let mut settled = Vec::new();
            for sending in part {
                let now = self.reading.entry(sending.step.media);
                let values = now.map(|entry| &entry.values);
                if let Some(done) = landed(sending.step, now) {
                    settled.push((sending.place, done));
                    continue;
                }
                let state = if sending.step.is_untouched(values) {
                    StepState::Pending
                } else if sending.step.is_half_way(now) {
                    StepState::Intended
                } else {
                    StepState::Conflict
                };
                let problem = (state == StepState::Conflict)
                    .then_some("it was edited since the plan was made");
                if state != StepState::Intended {
                    settled.push((sending.place, Settled::new(state, now, problem)));
                }
                if !state.is_settled() {
                    let sending = Sending {
                        was_sent: state == StepState::Intended,
                        ..*sending
                    };
                    open.push(sending);
                    self.half.extend(sending.was_sent.then_some(sending));
                }
            }
            self.settle(settled).await?;
        }
        open.sort_by_key(|sending| sending.place);
        Ok(open)
    }

    /// Somebody wanted this to end here.
    async fn leave_the_rest(&mut self) -> Result<(), Stopped> {
        let half: Vec<_> = std::mem::take(&mut self.half);
        for part in half.chunks(WINDOW) {
            let reading = self.read(part.iter().map(|sending| sending.step)).await?;
            let settled = part
                .iter()
                .filter(|sending| self.open.contains(&sending.place));
            let settled = settled.map(|sending| {
                let now = reading.entry(sending.step.media);
                let half = || Settled::new(StepState::Failed, now, Some(HALF_WRITTEN));
                (
                    sending.place,
                    landed(sending.step, now).unwrap_or_else(half),
                )
            });
            let settled = settled.collect();
            self.settle(settled).await?;
        }
        let left = Settled::new(StepState::Left, None, Some("not sent: stopped by hand"));
        let left = self.open.iter().map(|place| (*place, left.clone()));
        let left = left.collect();
        self.settle(left).await?;
        Ok(())
    }

    /// Leaves those of a batch that are to be sent: still as they were when this was planned. The
    /// others are settled: already so, or edited since. Reads first where what is known is old, and
    /// then as much of what comes next as fits into the same request.
    async fn untouched(
        &mut self,
        batch: Vec<Sending<'a>>,
        upcoming: &[Sending<'a>],
    ) -> Result<Vec<Sending<'a>>, Stopped> {
        let titles = batch.iter().map(|sending| sending.step.media);
        if !self.reading.tells(self.ports.clock.elapsed(), titles) {
            let more = upcoming.iter().take(WINDOW.saturating_sub(batch.len()));
            let window = batch.iter().chain(more).map(|sending| sending.step);
            self.reading = self.read(window).await?;
        }
        let mut left = Vec::with_capacity(batch.len());
        let mut settled = Vec::new();
        for sending in batch {
            let Sending { place, step, .. } = sending;
            let now = self.reading.entry(step.media);
            let values = now.map(|entry| &entry.values);
            let was_sent = sending.was_sent || sending.attempts > 0;
            if let Some(done) = landed(step, now).filter(|_| was_sent) {
                settled.push((place, done));
            } else if step.is_reached(values) {
                settled.push((place, Settled::new(StepState::Already, now, None)));
            } else if let Some(field) = values.and_then(|now| step.unread(now)) {
                let problem = format!("AniList does not show its {}", field.as_str());
                let failed = Settled::new(StepState::Failed, None, Some(&problem));
                settled.push((place, failed));
            } else if step.is_untouched(values) || (was_sent && step.is_half_way(now)) {
                left.push(sending);
            } else {
                let problem = "it was edited since the plan was made";
                let conflict = Settled::new(StepState::Conflict, now, Some(problem));
                settled.push((place, conflict));
            }
        }
        self.settle(settled).await?;
        Ok(left)
    }

    async fn intend(&mut self, titles: &[Sending<'a>]) -> Result<(), JournalError> {
        let places: Vec<_> = titles.iter().map(|sending| sending.place).collect();
        self.ports.journal.intend(&places).await
    }

    /// Sends one request of writes, and puts back into the queue what did not get through.
    async fn save(&mut self, batch: Batch<'a>, queue: &mut Queue<'a>) -> Result<(), Stopped> {
        let titles = batch.titles;
        if titles.is_empty() {
            return Ok(());
        }
        self.intend(&titles).await?;
        let answer = if batch.is_shared {
            self.send_shared(&titles).await
        } else {
            self.send_each(&titles).await
        };
        let media = titles.iter().map(|sending| sending.step.media);
        self.reading.forget(media);
        let error = match answer {
            Ok(times) => {
                self.settle_held().await?;
                let (saved, left): (Vec<_>, Vec<_>) = titles
                    .into_iter()
                    .zip(times)
                    .partition(|(_, time)| time.is_some());
                let saved = saved
                    .into_iter()
                    .filter_map(|(sending, time)| Some(Sent::new(sending, time?)));
                self.sent.extend(saved);
                // AniList leaves out of a shared answer what it did not write.
                queue.put_back(
                    left.into_iter()
                        .map(|(sending, _)| again(sending))
                        .collect(),
                );
                if !batch.is_shared {
                    queue.grow();
                }
                return Ok(());
            }
            Err(error) if stops_everybody(&error) => return Err(error.into()),
            Err(RemoteError::Complexity { max, got }) if titles.len() > 1 => {
                // Nothing was done. The limit was lowered, and is kept to from here on.
                let (max, got) = (max as usize, got.max(1) as usize);
                queue.limit((titles.len() * max / got).min(titles.len() - 1));
                queue.put_back(titles);
                return Ok(());
            }
            Err(error) => error,
        };
        tracing::debug!(%error, titles = titles.len(), "a request failed");
        // Some may have been written all the same. Reading tells, and serves the next request too.
        self.reading = self.read(titles.iter().map(|sending| sending.step)).await?;
        let culprit = match &error {
            RemoteError::Batch { culprit, .. } => *culprit,
            _ => None,
        };
        let culprit = culprit.filter(|_| !batch.is_shared);
        let culprit = culprit.and_then(|at| titles.get(at)).map(|c| c.place);
        let was_alone = titles.len() == 1;
        let (left, landed): (Vec<_>, Vec<_>) = titles.into_iter().partition(|sending| {
            let now = self.reading.entry(sending.step.media);
            sending.step.is_untouched(now.map(|entry| &entry.values))
        });
        // What was edited by somebody else meanwhile is told apart when it is read back.
        self.sent.extend(landed.into_iter().map(Sent::unconfirmed));
        let left: Vec<_> = left.into_iter().map(again).collect();
        if let [alone] = left.as_slice()
            && (was_alone || culprit == Some(alone.place))
        {
            if let Retry::After(wait) = cause(&error).retry()
                && alone.attempts < ATTEMPTS
            {
                self.ports.clock.sleep(wait).await;
                queue.put_apart([left]);
                return Ok(());
            }
            return self.give_up(*alone, error).await;
        }
        if let Some(place) = culprit {
            let (bad, good): (Vec<_>, Vec<_>) =
                left.into_iter().partition(|sending| sending.place == place);
            queue.put_apart([bad, good]);
        } else if batch.is_shared {
            queue.put_back(left);
        } else {
            queue.shrink();
            let (first, second) = left.split_at(left.len().div_ceil(2));
            queue.put_apart([first.to_vec(), second.to_vec()]);
        }
        Ok(())
    }

    /// A title that fails by itself.
    async fn give_up(&mut self, alone: Sending<'a>, error: RemoteError) -> Result<(), Stopped> {
        let cause = cause(&error);
        let is_unknown = matches!(cause, RemoteError::NotFound { .. })
            || matches!(cause, RemoteError::Validation { fields, .. }
                if fields.iter().any(|refusal| refusal.field == "mediaId"));
        let state = if is_unknown {
            StepState::NotFound
        } else {
            StepState::Failed
        };
        let now = self.reading.entry(alone.step.media);
        let settled = Settled::new(state, now, Some(&cause.to_string()));
        if !cause.is_outage() {
            self.settle(vec![(alone.place, settled)]).await?;
            return Ok(());
        }
        self.held.push((alone.place, settled));
        if self.held.len() >= FAILURES {
            // They are sent again when AniList is well.
            self.held.clear();
            return Err(error.into());
        }
        Ok(())
    }

    async fn settle_held(&mut self) -> Result<(), JournalError> {
        let held = std::mem::take(&mut self.held);
        self.settle(held).await
    }

    /// When AniList saved each, by its clock.
    async fn send_each(&self, titles: &[Sending<'a>]) -> Result<Vec<Option<Time>>, RemoteError> {
        let writes: Vec<_> = titles.iter().map(|s| s.step.request()).collect();
        let settings = &self.ports.viewer.settings;
        let saved = self.ports.remote.save(settings, &writes).await?;
        let times = titles.iter().enumerate().map(|(at, _)| {
            let saved = saved.get(at)?;
            Some(saved.updated_at)
        });
        Ok(times.collect())
    }

    async fn send_shared(&self, titles: &[Sending<'a>]) -> Result<Vec<Option<Time>>, RemoteError> {
        let Some(first) = titles.first() else {
            return Ok(Vec::new());
        };
        let id_of = |sending: &Sending<'_>| self.reading.entry(sending.step.media)?.id;
        let ids: Vec<Option<EntryId>> = titles.iter().map(id_of).collect();
        let write = SharedWrite {
            entries: ids.iter().flatten().copied().collect(),
            media_type: first.step.media_type,
            values: first.step.write.clone(),
        };
        let settings = &self.ports.viewer.settings;
        let saved = self.ports.remote.save_shared(settings, &write).await?;
        let time_of = |id: &Option<EntryId>| {
            let saved = saved.iter().find(|saved| Some(saved.id) == *id)?;
            Some(saved.updated_at)
        };
        Ok(ids.iter().map(time_of).collect())
    }

    /// Removes titles, all at once; what is left after an error again, and one by one where nothing
    /// goes any more. Each is looked at again before it goes.
    async fn remove(&mut self, mut titles: Vec<Sending<'a>>) -> Result<(), Stopped> {
        while !titles.is_empty() {
            self.intend(&titles).await?;
            let failed = self.delete(&titles).await?;
            self.reading.forget(titles.iter().map(|s| s.step.media));
            if failed.is_none() {
                self.sent.extend(titles.into_iter().map(Sent::unconfirmed));
                return Ok(());
            }
            self.reading = self.read(titles.iter().map(|s| s.step)).await?;
            let (gone, there): (Vec<_>, Vec<_>) = titles
                .into_iter()
                .partition(|sending| self.reading.entry(sending.step.media).is_none());
            let is_stuck = gone.is_empty();
            self.sent.extend(gone.into_iter().map(Sent::unconfirmed));
            titles = self
                .untouched(there.into_iter().map(again).collect(), &[])
                .await?;
            // They are there, and were read: nobody has to wonder.
            let pending = titles.iter().map(|sending| {
                let now = self.reading.entry(sending.step.media);
                (sending.place, Settled::new(StepState::Pending, now, None))
            });
            let pending = pending.collect();
            self.settle(pending).await?;
            if is_stuck {
                for sending in titles {
                    self.remove_alone(sending).await?;
                }
                return Ok(());
            }
            self.go_on(Phase::Removing).await?;
        }
        Ok(())
    }

    /// Removes one title. One by one takes a while: each is looked at again before it goes.
    async fn remove_alone(&mut self, sending: Sending<'a>) -> Result<(), Stopped> {
        let sending = again(sending);
        for attempt in 1..=ATTEMPTS {
            self.go_on(Phase::Removing).await?;
            if self.untouched(vec![sending], &[]).await?.is_empty() {
                return Ok(());
            }
            self.intend(&[sending]).await?;
            let failed = self.delete(&[sending]).await?;
            self.reading.forget([sending.step.media]);
            let Some(problem) = failed else {
                self.sent.push(Sent::unconfirmed(sending));
                return Ok(());
            };
            if attempt == ATTEMPTS {
                // It may be gone all the same.
                let reading = self.read([sending.step]).await?;
                let now = reading.entry(sending.step.media);
                let settled = landed(sending.step, now)
                    .unwrap_or_else(|| Settled::new(StepState::Failed, now, Some(&problem)));
                self.settle(vec![(sending.place, settled)]).await?;
            }
        }
        Ok(())
    }

    /// What went wrong, where that does not stop everybody.
    async fn delete(&self, titles: &[Sending<'a>]) -> Result<Option<String>, RemoteError> {
        let deletion = |entry: &Entry| {
            Some(Deletion {
                id: entry.id?,
                media: entry.media,
            })
        };
        let deletions = titles.iter().map(|sending| {
            let entry = self.reading.entry(sending.step.media);
            entry.and_then(deletion)
        });
        let Some(deletions) = deletions.collect::<Option<Vec<_>>>() else {
            return Ok(Some("AniList does not say the entry's id".to_owned()));
        };
        match self
            .ports
            .remote
            .delete(self.ports.viewer, &deletions)
            .await
        {
            Ok(()) => Ok(None),
            Err(error) if stops_everybody(&error) => Err(error),
            Err(error) => Ok(Some(error.to_string())),
        }
    }
}

/// What a title says that may have been sent: that it was. Whatever else differs is somebody's edit,
/// and is not told as ours.
fn landed(step: &Step, now: Option<&Entry>) -> Option<Settled> {
    let Some(entry) = now else {
        let is_gone = step.target.is_none();
        return is_gone.then(|| Settled::new(StepState::Done, None, None));
    };
    if step.target.is_none() || !step.is_ours_reached(&entry.values) {
        return None;
    }
    let written = written(step, entry);
    let shown = if step.differing(&entry.values).is_empty() {
        entry
    } else {
        &written
    };
    Some(Settled::new(StepState::Done, Some(shown), None))
}

/// AniList's time of a save, where it says one.
type Time = Option<OffsetDateTime>;

fn again(sending: Sending<'_>) -> Sending<'_> {
    Sending {
        attempts: sending.attempts.saturating_add(1),
        ..sending
    }
}

fn cause(error: &RemoteError) -> &RemoteError {
    match error {
        RemoteError::Batch { source, .. } => source,
        error => error,
    }
}

/// Whether no other title can be sent either.
pub(crate) fn stops_everybody(error: &RemoteError) -> bool {
    error.is_about_token()
        || matches!(
            error,
            RemoteError::Disabled { .. }
                | RemoteError::Connect { .. }
                | RemoteError::RateLimited { .. }
        )
}
