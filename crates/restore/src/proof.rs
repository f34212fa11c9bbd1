//! Reading back what was sent, until it is as planned or can be named.

use std::time::Duration;

use anirewind_model::{Entry, EntryWrite, RemoteError};
use time::OffsetDateTime;

use crate::execute::{WINDOW, Work, stops_everybody};
use crate::journal::{Phase, Stopped};
use crate::queue::Sending;
use crate::step::{Settled, Step, StepKind, StepState};

/// So often everything that is not as planned is read back.
const ROUNDS: u8 = 4;
/// AniList's answers may be this old.
const LAG: Duration = Duration::from_secs(3);

/// A title that was sent and not yet read back.
#[derive(Debug, Clone)]
pub(crate) struct Sent<'a> {
    sending: Sending<'a>,
    /// When AniList saved it, by its clock.
    saved_at: Option<OffsetDateTime>,
    /// What AniList said to the last touch.
    problem: Option<String>,
}

impl<'a> Sent<'a> {
    pub(crate) const fn new(sending: Sending<'a>, saved_at: Option<OffsetDateTime>) -> Self {
        Self {
            sending,
            saved_at,
            problem: None,
        }
    }

    pub(crate) const fn place(&self) -> usize {
        self.sending.place
    }

    /// One that may have been written; AniList did not say when.
    pub(crate) const fn unconfirmed(sending: Sending<'a>) -> Self {
        Self::new(sending, None)
    }
}

/// What reading a title back says.
enum Verdict {
    Settled(Box<Settled>),
    /// AniList filled something in by itself, or took something over differently.
    Touch(EntryWrite),
    /// AniList's answer is from before the save.
    Wait,
}

impl<'a> Work<'a> {
    /// Reads everything back that was sent, puts right what AniList filled in by itself, and settles
    /// each title.
    pub(crate) async fn prove(&mut self) -> Result<(), Stopped> {
        for round in 1..=ROUNDS {
            if self.sent.is_empty() {
                break;
            }
            self.progress(Phase::Proving);
            let is_last = round == ROUNDS;
            let mut lags = false;
            for part in std::mem::take(&mut self.sent).chunks(WINDOW) {
                lags |= self.prove_part(part, is_last).await?;
            }
            if lags {
                self.ports.clock.sleep(LAG).await;
            }
        }
        Ok(())
    }

    /// Whether some of it has to be waited for.
    async fn prove_part(&mut self, part: &[Sent<'a>], is_last: bool) -> Result<bool, Stopped> {
        let reading = self.read(part.iter().map(|sent| sent.sending.step)).await?;
        let mut settled = Vec::new();
        let mut touches = Vec::new();
        let mut lags = false;
        for sent in part {
            let now = reading.entry(sent.sending.step.media);
            match judge(sent, now) {
                Verdict::Settled(verdict) => settled.push((sent.sending.place, *verdict)),
                _ if is_last => settled.push((sent.sending.place, given_up(sent, now))),
                Verdict::Touch(write) => touches.push((sent.clone(), write)),
                Verdict::Wait => {
                    lags = true;
                    self.sent.push(sent.clone());
                }
            }
        }
        self.settle(settled).await?;
        // Each by itself once a touch has failed: one that AniList refuses must not hold up others.
        let (alone, together): (Vec<_>, Vec<_>) = touches
            .into_iter()
            .partition(|(sent, _)| sent.problem.is_some());
        for part in alone.chunks(1).chain(together.chunks(self.ports.most)) {
            self.touch(part).await?;
        }
        Ok(lags)
    }

    async fn touch(&mut self, part: &[(Sent<'a>, EntryWrite)]) -> Result<(), RemoteError> {
        let writes: Vec<_> = part.iter().map(|(_, write)| write.clone()).collect();
        let settings = &self.ports.viewer.settings;
        let saved = match self.ports.remote.save(settings, &writes).await {
            Ok(saved) => Ok(saved),
            Err(error) if stops_everybody(&error) => return Err(error),
            Err(error) => Err(error.to_string()),
        };
        for (at, (sent, _)) in part.iter().enumerate() {
            let mut sent = sent.clone();
            match &saved {
                Ok(saved) => sent.saved_at = saved.get(at).and_then(|saved| saved.updated_at),
                Err(problem) => sent.problem = Some(problem.clone()),
            }
            self.sent.push(sent);
        }
        Ok(())
    }
}

fn judge(sent: &Sent<'_>, now: Option<&Entry>) -> Verdict {
    let step = sent.sending.step;
    let done =
        |now: Option<&Entry>| Verdict::Settled(Box::new(Settled::new(StepState::Done, now, None)));
    let Some(entry) = now else {
        return if step.kind == StepKind::Remove {
            done(None)
        } else {
            Verdict::Wait
        };
    };
    if step.kind == StepKind::Remove {
        return Verdict::Wait;
    }
    if step.is_ours_reached(&entry.values) {
        // What else differs is somebody's edit, and is not told as ours.
        return if step.differing(&entry.values).is_empty() {
            done(now)
        } else {
            done(Some(&written(step, entry)))
        };
    }
    match (entry.updated_at, sent.saved_at) {
        (Some(read), Some(saved)) if read > saved => {
            let problem = "it was edited after it was written; the edit stands";
            let overtaken = Settled {
                state: StepState::Overtaken,
                now: Some(written(step, entry)),
                problem: Some(problem.to_owned()),
            };
            Verdict::Settled(Box::new(overtaken))
        }
        (Some(read), Some(saved)) if read < saved => Verdict::Wait,
        // Whether this is our write or somebody's edit nobody can say.
        (_, None) if !step.is_half_way(now) => {
            let problem = "it was edited while it was written";
            Verdict::Settled(Box::new(Settled::new(
                StepState::Conflict,
                now,
                Some(problem),
            )))
        }
        _ => step
            .touch_up(&entry.values)
            .map_or(Verdict::Wait, Verdict::Touch),
    }
}

/// The title as it was right after the write, before somebody edited it.
pub(crate) fn written(step: &Step, now: &Entry) -> Entry {
    let mut entry = now.clone();
    if let Some(target) = &step.target {
        entry.values = target.clone();
    }
    entry.updated_at = None;
    entry
}

fn given_up(sent: &Sent<'_>, now: Option<&Entry>) -> Settled {
    let step = sent.sending.step;
    let problem = match (step.kind, now) {
        _ if sent.problem.is_some() => sent.problem.clone().unwrap_or_default(),
        (StepKind::Remove, _) => "AniList says that it was removed, and still shows it".to_owned(),
        (_, None) => "AniList says that it was saved, and does not show it".to_owned(),
        (_, Some(now)) => {
            let fields = step.differing(&now.values);
            let fields: Vec<_> = fields.iter().map(|field| field.as_str()).collect();
            if fields.is_empty() {
                "AniList does not show all of it".to_owned()
            } else {
                format!("AniList did not take over: {}", fields.join(", "))
            }
        }
    };
    Settled::new(StepState::Failed, now, Some(&problem))
}
