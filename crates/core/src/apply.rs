//! Carrying a plan out: the gate, a last look, a safety snapshot, the writes, the proof. And going on
//! with what stopped.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use anirewind_anilist::Urgency;
use anirewind_model::{
    Entry, EntryStatus, List, MediaId, MediaType, Remote as _, RemoteError, Retry, TypeSettings,
    UserId, Viewer,
};
use anirewind_restore::{Ports, Reading, Step, StepKind, StepState, Stopped, Wish, execute};
use anirewind_store::{OperationRow, OperationState, StepRow, StoreError};
use anirewind_timeline::Id;
use tracing::Instrument as _;

use crate::accounts::Target;
use crate::act_error::ActError;
use crate::act_journal::StoreJournal;
use crate::app::App;
use crate::capture::CaptureError;
use crate::event::Event;
use crate::gate::{Gate, GateError};
use crate::numbers::count;
use crate::plan::{Action, Plan, step_of};
use crate::report::Report;

/// So many removals need to be said in so many words, whatever the plan.
const MANY_REMOVALS: usize = 20;
/// Between two attempts at an AniList that is out of order, at first; each is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// And at last.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// A pause that AniList asks for is waited out where it is asked for up to this long.
const WORTH_ASKING: Duration = Duration::from_secs(90);
/// So often it is tried in vain where it is not sure that AniList is at fault.
const ROUNDS: u32 = 8;
/// Between two attempts to get leave while somebody else is at it.
const KNOCK: Duration = Duration::from_millis(500);
/// While an act waits for AniList it looks this often whether somebody wants something else.
const GLANCE: Duration = Duration::from_secs(5);

impl App {
    /// Carries a plan out: the gate, a last look at the whole list, a safety snapshot, the writes, and
    /// everything read back.
    ///
    /// If something was edited since, nothing is sent: the error names the plan, in which those titles
    /// are now left alone. `removals` is how many removals somebody has agreed to.
    ///
    /// Until the first write it can be called off ([`Self::stop_operation`]), and is a plan again.
    pub async fn apply(&self, plan: Plan, removals: Option<usize>) -> Result<Report, ActError> {
        if let Some(id) = plan.id() {
            self.inner.store.announce_plan(id.clone()).await?;
        }
        Box::pin(self.apply_announced(plan, removals)).await
    }

    async fn apply_announced(
        &self,
        plan: Plan,
        removals: Option<usize>,
    ) -> Result<Report, ActError> {
        if plan.writes() == 0 {
            return Err(ActError::AlreadySo);
        }
        let count = plan.count(Action::Remove);
        let is_asked = plan.operation.kind == "restore" || count >= MANY_REMOVALS;
        if count > 0 && is_asked && removals != Some(count) {
            return Err(ActError::Consent {
                count,
                allowed: removals,
            });
        }
        let owner = plan.operation.owner;
        let (mut gate, list, read_at) = self.wait_for_gate(&plan, count).await?;
        self.is_still_wanted(plan.id()).await?;
        if let Some(other) = self.unfinished(owner).await? {
            return Err(ActError::Unfinished {
                operation: other.id,
            });
        }
        let plan = self.store_plan(plan).await?;
        let id = plan.operation.id.clone();
        // Somebody else may have applied or dropped it while we waited for leave.
        let stored = self.inner.store.operation(id.clone()).await?;
        match stored {
            Some(stored) if stored.state == OperationState::Planned => {}
            stored => {
                return Err(ActError::NotAPlan {
                    plan: id,
                    state: stored.map_or("gone", |stored| stored.state.as_str()),
                });
            }
        }
        if is_so_already(&plan.steps, &list) {
            self.inner.store.discard_plan(id).await?;
            return Err(ActError::AlreadySo);
        }
        let moved = moved(&plan.steps, &list);
        if !moved.is_empty() {
            let count = moved.len();
            let words = (Action::Keep.as_str(), StepState::Left.as_str());
            let name = name_without(&plan, &moved);
            self.inner
                .store
                .leave_steps(id.clone(), moved, words, name)
                .await?;
            return Err(ActError::OutOfDate { count, plan: id });
        }
        if self.is_closing() {
            return Err(ActError::Closing);
        }
        let safety = self.keep_before(&plan.target, &gate, list.clone()).await;
        if self.is_closing() {
            return Err(ActError::Closing);
        }
        let safety = safety.map_err(|source| ActError::Safety {
            source: Box::new(source),
        })?;
        let now = self.now();
        let file = safety.snapshot.file;
        let (store, detail) = (&self.inner.store, plan.operation.detail.clone());
        let has_begun = store.begin_operation(id.clone(), now, file.clone(), detail);
        if !has_begun.await? {
            self.is_still_wanted(Some(&id)).await?;
            // Somebody else may have sent or dropped it meanwhile.
            let now = self.inner.store.operation(id.clone()).await?;
            let now = now.map(|now| now.state);
            let state = now.filter(|state| *state != OperationState::Planned);
            let state = state.map_or("expired or gone", OperationState::as_str);
            return Err(ActError::NotAPlan { plan: id, state });
        }
        let operation = OperationRow {
            state: OperationState::Running,
            at: now,
            safety: Some(file),
            ..plan.operation
        };
        let known = Reading::whole(read_at, list.entries);
        self.carry_out(operation, &mut gate, known).await
    }

    /// Leave to write, and the list. While an act of somebody else is under way on the account it is
    /// waited for, and said which.
    async fn wait_for_gate(
        &self,
        plan: &Plan,
        removals: usize,
    ) -> Result<(Gate, List, Duration), ActError> {
        let (target, owner) = (&plan.target, plan.operation.owner);
        let begun = self.inner.clock.elapsed();
        let mut is_told = false;
        loop {
            match self.gate_with_list(target, owner, removals).await {
                Err(GateError::Busy) => {}
                gate => return Ok(gate?),
            }
            let other = self.unfinished(owner).await?;
            let waited = self.inner.clock.elapsed().saturating_sub(begun);
            if self.is_interrupted() || !self.waits(waited) {
                return Err(match other {
                    Some(other) => ActError::Unfinished {
                        operation: other.id,
                    },
                    None => GateError::Busy.into(),
                });
            }
            if let Some(other) = other.filter(|_| !is_told) {
                is_told = true;
                self.tell(Event::Waiting {
                    profile: self.profile_called(owner).await,
                    problem: format!("operation {} is under way on this account", other.id),
                    operation: other.id,
                    wait: KNOCK,
                    until: self.now() + KNOCK,
                });
            }
            // In true time: it is another process, or another task, that is waited for.
            tokio::time::sleep(KNOCK).await;
            self.is_still_wanted(plan.id()).await?;
        }
    }

    async fn keep_before(
        &self,
        target: &Target,
        gate: &Gate,
        mut list: List,
    ) -> Result<crate::capture::Captured, CaptureError> {
        let profile = self.profile_of(target, &gate.viewer).await?;
        let favourites = gate.client.read_favourites(gate.viewer.account.id).await;
        list.favourites = Some(favourites.map_err(|source| CaptureError::Read {
            profile: profile.clone(),
            source,
        })?);
        self.keep_safe(&profile, &gate.viewer, &target.access, list)
            .await
    }

    /// Goes on with an act that stopped, or that was under way when the program ended. Titles that
    /// may have been sent are read first.
    pub async fn resume_operation(&self, operation: &Id) -> Result<Report, ActError> {
        self.go_on_with(operation, Some(Wish::GoOn), false).await
    }

    /// Goes on with an act; `wish` replaces what somebody wanted of it before.
    pub(crate) async fn go_on_with(
        &self,
        operation: &Id,
        wish: Option<Wish>,
        waits: bool,
    ) -> Result<Report, ActError> {
        let row = self.act(operation).await?;
        let steps = self.inner.store.steps(operation.clone()).await?;
        if !row.state.is_open() {
            return Ok(Report::new(row, steps));
        }
        let open = open_steps(&steps)?;
        let removes = |(_, step, _): &&(usize, Step, StepState)| step.kind == StepKind::Remove;
        let removals = if wish.is_none() && self.is_to_stop(operation).await? {
            // Nothing more is removed, so nobody has to allow it.
            0
        } else {
            open.iter().filter(removes).count()
        };
        let target = self.target_of(row.owner).await?;
        let mut gate = if waits {
            self.patient_gate(&target, row.owner, removals).await?
        } else {
            self.gate(&target, row.owner, removals).await?
        };
        // Somebody else may have finished it while we waited for leave.
        let row = self.act(operation).await?;
        if !row.state.is_open() {
            let steps = self.inner.store.steps(operation.clone()).await?;
            return Ok(Report::new(row, steps));
        }
        if wish.is_some() {
            self.inner.store.set_wish(operation.clone(), None).await?;
        }
        self.carry_out(row, &mut gate, Reading::default()).await
    }

    /// Goes on with whatever of an account was begun and did not end, unless somebody paused it.
    pub(crate) async fn resume_unfinished(&self, owner: UserId) -> Result<(), ActError> {
        let Some(operation) = self.unfinished(owner).await? else {
            // An act may have ended right before the program did.
            self.close_repaired_by_last(owner).await?;
            return Ok(());
        };
        let is_paused = operation.state == OperationState::Paused;
        if !is_paused || self.is_to_stop(&operation.id).await? {
            let report = self.go_on_with(&operation.id, None, true).await?;
            let state = report.operation.state.as_str();
            tracing::info!(operation = operation.id.as_str(), state, "went on");
        }
        Ok(())
    }

    /// Lets whatever is under way in this process come to rest after the request that is being sent.
    /// It can be resumed.
    pub fn interrupt(&self) {
        self.inner
            .interrupted
            .store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// The same, and waits until it has come to rest, but no longer than this. What is begun goes on
    /// when somebody resumes it, or by itself when a server starts.
    pub async fn come_to_rest(&self, longest: Duration) {
        let order = std::sync::atomic::Ordering::Relaxed;
        self.inner.closing.store(true, order);
        self.interrupt();
        let knock = Duration::from_millis(50);
        let mut left = longest;
        while !left.is_zero()
            && self
                .inner
                .carrying
                .load(std::sync::atomic::Ordering::Relaxed)
                > 0
        {
            tokio::time::sleep(knock).await;
            left = left.saturating_sub(knock);
        }
    }

    fn is_closing(&self) -> bool {
        let order = std::sync::atomic::Ordering::Relaxed;
        self.inner.closing.load(order)
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.inner
            .interrupted
            .load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Everything between the safety snapshot and the report. What AniList lets fail for a while is
    /// waited for; what stops it otherwise can go on later.
    async fn carry_out(
        &self,
        operation: OperationRow,
        gate: &mut Gate,
        known: Reading,
    ) -> Result<Report, ActError> {
        let profile = self.profile_called(operation.owner).await;
        let span = tracing::info_span!("job", profile, operation = operation.id.as_str());
        self.carry_out_to_rest(operation, gate, known)
            .instrument(span)
            .await
    }

    async fn carry_out_to_rest(
        &self,
        mut operation: OperationRow,
        gate: &mut Gate,
        mut known: Reading,
    ) -> Result<Report, ActError> {
        let _carrying = Carrying::begin(self);
        let id = operation.id.clone();
        let state = OperationState::Running;
        self.inner
            .store
            .end_operation(id.clone(), state, None, None)
            .await?;
        // A pause that AniList asks for is waited for here, where wishes are heard.
        gate.client = gate.client.with_patience(WORTH_ASKING);
        gate.client = gate.client.with_urgency(Urgency::Act);
        let mut rounds = 0;
        let mut open = usize::MAX;
        let mut is_muted = false;
        let mut back: Result<(), RemoteError> = Ok(());
        let done = loop {
            let known = std::mem::take(&mut known);
            let done = match back {
                Ok(()) => {
                    self.carry_out_once(&mut operation, gate, known, &mut is_muted)
                        .await
                }
                Err(error) => Err(error.into()),
            };
            let Err(ActStop::Stopped(Stopped::Remote(error))) = &done else {
                break done;
            };
            let left = open_steps(&self.inner.store.steps(id.clone()).await?)?.len();
            rounds = if left < open { 0 } else { rounds + 1 };
            open = left;
            let Retry::After(wait) = error.retry() else {
                break done;
            };
            let wait = wait
                .max(FIRST_PAUSE * 2_u32.pow(rounds))
                .min(LONGEST_PAUSE.max(wait));
            if !self.waits(wait) || (rounds >= ROUNDS && !is_elsewhere(error)) {
                break done;
            }
            rounds = rounds.min(ROUNDS);
            let problem = match error {
                // How long it takes is said with its end.
                RemoteError::RateLimited { .. } => "AniList asked for a pause".to_owned(),
                other => other.to_string(),
            };
            Self::step_aside(gate);
            if self.wait_for(&operation, &problem, wait).await? {
                // It stays open, and the wish with it: what was sent has to be read first.
                break done;
            }
            back = self.step_back(gate, operation.owner).await?;
            // Somebody else may have gone on with it meanwhile.
            let row = self.act(&id).await?;
            if !row.state.is_open() {
                let steps = self.inner.store.steps(id).await?;
                return Ok(Report::new(row, steps));
            }
            operation.muted_before = row.muted_before;
        };
        let is_refused = matches!(
            &done,
            Err(ActStop::Stopped(Stopped::Remote(error))) if error.is_about_token()
        );
        let is_left = done.is_err() && operation.muted_before.is_some();
        if is_left && gate.is_held() && !is_refused {
            // Nobody's feed stays muted for what may take days. If AniList is away, it is tried again
            // with the rest.
            if let Err(ActStop::Stopped(stopped)) = self.unmute(&mut operation, gate).await {
                tracing::debug!(%stopped, "the activity setting is not put back yet");
            }
        }
        self.end(operation, done).await
    }

    /// Whether somebody who called this is willing to wait so long.
    fn waits(&self, wait: Duration) -> bool {
        self.inner.patience.is_none_or(|patience| wait <= patience)
    }

    /// Whether somebody wants something else meanwhile.
    async fn wait_for(
        &self,
        operation: &OperationRow,
        problem: &str,
        wait: Duration,
    ) -> Result<bool, StoreError> {
        self.tell(Event::Waiting {
            profile: self.profile_called(operation.owner).await,
            operation: operation.id.clone(),
            problem: problem.to_owned(),
            wait,
            until: self.now() + wait,
        });
        let mut left = wait;
        while !left.is_zero() {
            let part = left.min(GLANCE);
            self.inner.clock.sleep(part).await;
            left -= part;
            let wish = self.inner.store.wish(operation.id.clone()).await?;
            if self.is_interrupted() || wish.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(crate) async fn profile_called(&self, owner: UserId) -> String {
        let accounts = self.accounts().await.unwrap_or_default();
        let account = accounts.into_iter().find(|row| row.account.id == owner);
        account.map_or_else(|| owner.to_string(), |row| row.profile)
    }

    async fn carry_out_once(
        &self,
        operation: &mut OperationRow,
        gate: &mut Gate,
        known: Reading,
        is_muted: &mut bool,
    ) -> Result<(), ActStop> {
        let rows = self.inner.store.steps(operation.id.clone()).await?;
        let open = open_steps(&rows)?;
        if !open.is_empty() && self.inner.store.wish(operation.id.clone()).await?.is_none() {
            self.make_lists(operation, gate).await?;
            if !*is_muted {
                self.mute(operation, gate).await?;
                *is_muted = true;
            }
        }
        let places: Vec<_> = open.iter().map(|(place, _, _)| *place).collect();
        let steps: Vec<_> = open
            .into_iter()
            .map(|(_, step, state)| (step, state))
            .collect();
        let journal = StoreJournal {
            app: self,
            profile: self.profile_called(operation.owner).await,
            operation,
            steps: &rows,
            places: &places,
            begun: self.inner.clock.elapsed(),
            done_before: OnceLock::new(),
        };
        let ports = Ports {
            remote: &gate.client,
            viewer: &gate.viewer,
            journal: &journal,
            clock: self.inner.clock.as_ref(),
            most: anirewind_anilist::WRITES_PER_REQUEST,
        };
        let done = execute(&steps, known, &ports).await;
        match done {
            // Somebody who waits does not want to find his feed muted for days.
            Ok(()) | Err(Stopped::Asked(_)) => self.unmute(operation, gate).await?,
            Err(_) => {}
        }
        Ok(done?)
    }

    /// Makes the custom lists that the plan needs and the account does not have; others stay.
    async fn make_lists(
        &self,
        operation: &OperationRow,
        gate: &mut Gate,
    ) -> Result<(), RemoteError> {
        if operation.detail.lists.is_empty() {
            return Ok(());
        }
        for media_type in MediaType::BOTH {
            let of_type = operation.detail.lists.iter();
            let of_type = of_type.filter(|(of, _)| of == media_type.as_str());
            let names: Vec<_> = of_type.map(|(_, name)| name.clone()).collect();
            let lacks = |gate: &mut Gate| {
                let settings = settings_of(&mut gate.viewer, media_type);
                settings.is_some_and(|known| {
                    let mut names = names.iter();
                    names.any(|name| !known.custom_lists.contains(name))
                })
            };
            if !lacks(gate) {
                continue;
            }
            // AniList deletes lists that are not named: what there is must be known as of now.
            gate.viewer = gate.client.viewer().await?;
            let Gate { client, viewer, .. } = gate;
            if let Some(settings) = settings_of(viewer, media_type) {
                client
                    .add_custom_lists(media_type, settings, &names)
                    .await?;
                let is_new = |name: &String| !settings.custom_lists.contains(name);
                let new: Vec<_> = names.into_iter().filter(is_new).collect();
                settings.custom_lists.extend(new);
            }
        }
        Ok(())
    }

    /// Keeps list edits out of the activity feed for as long as the act runs. What was set before is
    /// written down first, so that it can be put back whatever happens.
    async fn mute(&self, operation: &mut OperationRow, gate: &Gate) -> Result<(), ActStop> {
        let muted = &gate.viewer.activity.muted;
        let is_all = EntryStatus::KNOWN
            .iter()
            .all(|status| muted.contains(status));
        if !operation.detail.mutes || (operation.muted_before.is_none() && is_all) {
            return Ok(());
        }
        if operation.muted_before.is_none() {
            let before: Vec<_> = muted.iter().map(|s| s.as_str().to_owned()).collect();
            let (store, id) = (&self.inner.store, operation.id.clone());
            store.note_muted(id, Some(before.clone())).await?;
            operation.muted_before = Some(before);
        }
        gate.client.set_muted_activity(&EntryStatus::KNOWN).await?;
        Ok(())
    }

    /// Puts back what was set before.
    async fn unmute(&self, operation: &mut OperationRow, gate: &Gate) -> Result<(), ActStop> {
        let Some(before) = &operation.muted_before else {
            return Ok(());
        };
        let before: Vec<_> = before.iter().map(|word| EntryStatus::parse(word)).collect();
        gate.client.set_muted_activity(&before).await?;
        let (store, id) = (&self.inner.store, operation.id.clone());
        store.note_muted(id, None).await?;
        operation.muted_before = None;
        Ok(())
    }

    async fn end(
        &self,
        operation: OperationRow,
        done: Result<(), ActStop>,
    ) -> Result<Report, ActError> {
        let id = operation.id.clone();
        let steps = self.inner.store.steps(id.clone()).await?;
        let is_well = |step: &StepRow| {
            let sends = Action::parse(&step.action).is_some_and(Action::sends);
            !sends || StepState::parse(&step.state).is_some_and(StepState::is_well)
        };
        let stopped = match done {
            Ok(()) | Err(ActStop::Stopped(Stopped::Asked(Wish::Stop))) => None,
            Err(stopped) => Some(stopped),
        };
        debug_assert!(
            stopped.is_some()
                || (open_steps(&steps)?.is_empty() && operation.muted_before.is_none()),
            "what has ended has nothing open"
        );
        let (state, problem) = match &stopped {
            // A program that ends does not mean that somebody wants it to wait.
            Some(ActStop::Stopped(Stopped::Asked(_))) if self.is_closing() => (
                OperationState::Stopped,
                Some("the program was stopped".to_owned()),
            ),
            Some(ActStop::Stopped(Stopped::Asked(_))) => (OperationState::Paused, None),
            Some(ActStop::Stopped(stopped)) => (OperationState::Stopped, Some(stopped.to_string())),
            Some(ActStop::Store(error)) => (OperationState::Stopped, Some(error.to_string())),
            None if steps.iter().all(is_well) => (OperationState::Done, None),
            None => (OperationState::Partly, None),
        };
        let operation = OperationRow {
            state,
            problem: problem.clone(),
            ..operation
        };
        let report = Report::new(operation.clone(), steps);
        let ended =
            self.inner
                .store
                .end_operation(id.clone(), state, problem.clone(), report.bad_end());
        ended.await?;
        if matches!(state, OperationState::Done | OperationState::Partly) {
            Box::pin(self.close_repaired(&operation)).await;
        }
        self.tell(Event::Ended {
            profile: self.profile_called(operation.owner).await,
            operation: id.clone(),
            kind: operation.kind.clone(),
            state,
            summary: report.summary(),
        });
        self.counting().job(state.as_str());
        match problem {
            None => tracing::info!(state = state.as_str(), "came to rest"),
            Some(ref problem) => tracing::warn!(state = state.as_str(), problem, "came to rest"),
        }
        match stopped {
            Some(ActStop::Store(error)) => return Err(error.into()),
            Some(ActStop::Stopped(source)) if !matches!(source, Stopped::Asked(_)) => {
                return Err(ActError::Stopped {
                    operation: id,
                    source,
                });
            }
            _ => {}
        }
        if state == OperationState::Paused {
            // The one that was meant has come to rest.
            self.inner
                .interrupted
                .store(false, std::sync::atomic::Ordering::Relaxed);
        }
        Ok(report)
    }
}

/// Counts the acts that are under way in this process.
struct Carrying<'a>(&'a App);

impl<'a> Carrying<'a> {
    fn begin(app: &'a App) -> Self {
        let order = std::sync::atomic::Ordering::Relaxed;
        app.inner.carrying.fetch_add(1, order);
        Self(app)
    }
}

impl Drop for Carrying<'_> {
    fn drop(&mut self) {
        let order = std::sync::atomic::Ordering::Relaxed;
        self.0.inner.carrying.fetch_sub(1, order);
    }
}

/// What stopped an act.
enum ActStop {
    Stopped(Stopped),
    Store(StoreError),
}

impl From<Stopped> for ActStop {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

impl From<RemoteError> for ActStop {
    fn from(error: RemoteError) -> Self {
        Self::Stopped(error.into())
    }
}

impl From<StoreError> for ActStop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Whether it is certain that neither we nor a title is at fault.
const fn is_elsewhere(error: &RemoteError) -> bool {
    matches!(
        error,
        RemoteError::Disabled { .. }
            | RemoteError::Connect { .. }
            | RemoteError::RateLimited { .. }
    )
}

fn settings_of(viewer: &mut Viewer, media_type: MediaType) -> Option<&mut TypeSettings> {
    match media_type {
        MediaType::Anime => viewer.settings.anime.as_mut(),
        MediaType::Manga => viewer.settings.manga.as_mut(),
    }
}

/// The steps that are not settled, each with its place in the plan.
fn open_steps(rows: &[StepRow]) -> Result<Vec<(usize, Step, StepState)>, StoreError> {
    let mut open = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let corrupt = |column| StoreError::Corrupt {
            table: "step",
            column,
            row: row.media.to_string(),
        };
        let state = StepState::parse(&row.state).ok_or_else(|| corrupt("state"))?;
        if !state.is_settled() {
            let step = step_of(row).ok_or_else(|| corrupt("target"))?;
            open.push((place, step, state));
        }
    }
    Ok(open)
}

fn by_title(list: &List) -> BTreeMap<(MediaType, MediaId), &Entry> {
    let entries = list.entries.iter();
    entries
        .map(|entry| ((entry.media_type, entry.media), entry))
        .collect()
}

/// Whether a plan has something to send, and all of it is there already.
fn is_so_already(steps: &[StepRow], list: &List) -> bool {
    let live = by_title(list);
    let sent: Vec<_> = steps.iter().filter_map(step_of).collect();
    let is_reached = |step: &Step| {
        let now = live.get(&(step.media_type, step.media));
        step.is_reached(now.map(|entry| &entry.values))
    };
    !sent.is_empty() && sent.iter().all(is_reached)
}

/// What a plan is called when these of its steps are left.
fn name_without(plan: &Plan, left: &[(usize, String)]) -> String {
    let sends = |step: &StepRow| Action::parse(&step.action).is_some_and(Action::sends);
    let before = plan.steps.iter().filter(|step| sends(step)).count();
    let is_left = |place: usize| left.iter().any(|(left, _)| *left == place);
    let steps = plan.steps.iter().enumerate();
    let after = steps.filter(|(place, step)| sends(step) && !is_left(*place));
    let [before, after] =
        [before, after.count()].map(|number| format!(" {} ", count(number, "title")));
    plan.operation.what.replacen(&before, &after, 1)
}

/// Titles of a plan that are no longer what it was made from.
fn moved(steps: &[StepRow], list: &List) -> Vec<(usize, String)> {
    let live = by_title(list);
    let moved = steps.iter().enumerate().filter(|(_, row)| {
        let now = live.get(&(row.media_type, row.media));
        let now = now.map(|entry| &entry.values);
        step_of(row).is_some_and(|step| !step.is_untouched(now) && !step.is_reached(now))
    });
    moved
        .map(|(place, _)| (place, "edited since the plan was made".to_owned()))
        .collect()
}
