//! Plans: what would be written, worked out, shown, stored, applied or dropped.

use std::collections::BTreeSet;
use std::time::Duration;

use anirewind_model::{Entry, EntryValues, MediaId, MediaType, ScoreFormat, UserId};
use anirewind_restore::{MOVED_ON, Step, StepKind, StepState};
use anirewind_store::{LeftField, OperationRow, StepRow};
use anirewind_timeline::Id;

use crate::accounts::Target;
use crate::act_error::ActError;
use crate::app::App;
use crate::naming::Naming;

/// A plan can be applied for so long.
const LIFETIME: time::Duration = time::Duration::hours(24);
/// More titles than this, and activities are muted unless somebody says otherwise.
pub(crate) const FEW: usize = 5;

/// Why a title stays that somebody did not want touched.
pub(crate) const LEFT: &str = "you leave it as it is";

/// What would be written. The row and its steps are what is stored, and what becomes the act.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What it is. Its id is only one when it is stored.
    pub operation: OperationRow,
    /// Each title, those that are not sent too.
    pub steps: Vec<StepRow>,
    /// In which format the account shows its scores.
    pub score_format: ScoreFormat,
    /// So many requests a minute are allowed as it is made or looked at.
    pub per_minute: u32,
    pub(crate) target: Target,
    pub(crate) is_stored: bool,
    /// What it is called by what of it is sent, while that can still change.
    pub(crate) naming: Option<Naming>,
}

/// What is done about a title of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Some of its fields are written.
    Write,
    /// It is added.
    Add,
    /// It is removed.
    Remove,
    /// It is as it should be.
    Same,
    /// It was added since and stays.
    Stay,
    /// It was edited since, or moved on, and is left.
    Keep,
    /// It cannot be put back.
    Cannot,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Write,
        Self::Add,
        Self::Remove,
        Self::Same,
        Self::Stay,
        Self::Keep,
        Self::Cannot,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Write => StepKind::Write.as_str(),
            Self::Add => StepKind::Add.as_str(),
            Self::Remove => StepKind::Remove.as_str(),
            Self::Same => "same",
            Self::Stay => "stay",
            Self::Keep => "keep",
            Self::Cannot => "cannot",
        }
    }

    /// Reads the word for it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }

    /// Whether something is sent for it.
    pub const fn sends(self) -> bool {
        matches!(self, Self::Write | Self::Add | Self::Remove)
    }
}

impl From<StepKind> for Action {
    fn from(kind: StepKind) -> Self {
        match kind {
            StepKind::Write => Self::Write,
            StepKind::Add => Self::Add,
            StepKind::Remove => Self::Remove,
        }
    }
}

impl Plan {
    /// The id by which it can be called, once it is stored.
    pub fn id(&self) -> Option<&Id> {
        self.is_stored.then_some(&self.operation.id)
    }

    /// How many titles hold something that moved on and is left for that, whatever else is sent of them.
    pub fn moved_on(&self) -> usize {
        let is_left = |step: &&StepRow| {
            let words = step.problem.iter().chain(&step.notes);
            words.into_iter().any(|words| words.starts_with(MOVED_ON))
        };
        self.steps.iter().filter(is_left).count()
    }

    /// How many titles something is done about.
    pub fn count(&self, action: Action) -> usize {
        let same = if action == Action::Same {
            self.operation.detail.same
        } else {
            0
        };
        let steps = self.steps.iter();
        same + steps.filter(|step| step.action == action.as_str()).count()
    }

    /// How many titles are written, added or removed.
    pub fn writes(&self) -> usize {
        let sending = Action::ALL.into_iter().filter(|action| action.sends());
        sending.map(|action| self.count(action)).sum()
    }

    /// Whether list edits are kept out of the activity feed while it is carried out.
    pub const fn mute(&mut self, mutes: bool) {
        self.operation.detail.mutes = mutes;
    }

    /// Leaves titles as they are that it would have sent.
    pub fn leave(&mut self, titles: &BTreeSet<(MediaType, MediaId)>) {
        for step in &mut self.steps {
            let sends = Action::parse(&step.action).is_some_and(Action::sends);
            if sends && titles.contains(&(step.media_type, step.media)) {
                Action::Keep.as_str().clone_into(&mut step.action);
                StepState::Left.as_str().clone_into(&mut step.state);
                step.problem = Some(LEFT.to_owned());
            }
        }
        self.rename();
    }

    /// How many titles it would send and leaves as they are, as somebody chose that.
    pub fn left_by_choice(&self) -> usize {
        let is_chosen = |step: &&StepRow| step.problem.as_deref() == Some(LEFT);
        self.steps.iter().filter(is_chosen).count()
    }

    /// Calls it by what it does now.
    pub(crate) fn rename(&mut self) {
        if let Some(naming) = &self.naming {
            self.operation.what = naming.name(&self.steps);
        }
    }

    /// The titles that differ for this cause, by its place among the causes: those to which nothing
    /// else happened after it. Only known while a plan is not stored.
    pub fn titles_of_cause(&self, place: usize) -> BTreeSet<(MediaType, MediaId)> {
        let because = self.naming.iter().flat_map(|naming| &naming.because);
        because
            .filter(|(_, of)| **of == place)
            .map(|(title, _)| *title)
            .collect()
    }

    /// The fields of a title that are not as they were and are left all the same.
    pub fn left_of(&self, step: &StepRow) -> impl Iterator<Item = &LeftField> {
        let (of, media) = (step.media_type.as_str(), step.media.get());
        let left = self.operation.detail.left.iter();
        left.filter(move |left| left.media == media && left.media_type == of)
    }

    /// How many requests it takes, as far as that can be known.
    pub fn requests(&self) -> usize {
        let saves = self.count(Action::Write) + self.count(Action::Add);
        let removals = self.count(Action::Remove);
        if saves + removals == 0 {
            return 0;
        }
        // The first request holds fewer than the others.
        let saving = if saves == 0 {
            0
        } else {
            1 + saves
                .saturating_sub(100)
                .div_ceil(anirewind_anilist::WRITES_PER_REQUEST)
        };
        let muting = if self.operation.detail.mutes { 2 } else { 0 };
        let lists = &self.operation.detail.lists;
        let types: BTreeSet<_> = lists.iter().map(|(of, _)| of).collect();
        let reading = (saves + removals).div_ceil(550);
        // The list, what is hidden on it, and favourites, before anything is sent.
        4 + types.len() + muting + saving + removals.div_ceil(100) + 2 * reading - 1
    }

    /// How long it takes while as many requests a minute are allowed as now.
    pub fn duration(&self) -> Duration {
        let requests = u64::try_from(self.requests()).unwrap_or(u64::MAX);
        let seconds = requests.saturating_mul(60);
        Duration::from_secs(seconds.div_ceil(u64::from(self.per_minute.max(1))))
    }
}

/// A step as its row in the journal says it; nothing for a row that is not sent.
pub(crate) fn step_of(row: &StepRow) -> Option<Step> {
    if !Action::parse(&row.action)?.sends() {
        return None;
    }
    let values = |entry: &Option<Entry>| entry.as_ref().map(|entry| entry.values.clone());
    Step::new(
        row.media,
        row.media_type,
        values(&row.before),
        values(&row.target),
    )
}

/// A row of a plan.
pub(crate) struct Row<'a> {
    pub(crate) media: MediaId,
    pub(crate) media_type: MediaType,
    pub(crate) title: Option<String>,
    pub(crate) now: Option<&'a Entry>,
    pub(crate) target: Option<&'a EntryValues>,
    /// Where what the title is can be taken from, for one that is not on the list.
    pub(crate) was: Option<&'a Entry>,
    pub(crate) action: Action,
    pub(crate) undoes: Vec<Id>,
    pub(crate) problem: Option<String>,
    pub(crate) notes: Vec<String>,
}

impl Row<'_> {
    pub(crate) fn into_step(self) -> StepRow {
        let known = self.now.or(self.was);
        let target = self.target.map(|values| Entry {
            media: self.media,
            media_type: self.media_type,
            id: self.now.and_then(|entry| entry.id),
            values: values.clone(),
            created_at: None,
            updated_at: None,
            summary: known.and_then(|entry| entry.summary.clone()),
        });
        let state = if self.action.sends() {
            StepState::Pending
        } else {
            StepState::Left
        };
        StepRow {
            media: self.media,
            media_type: self.media_type,
            title: self.title,
            action: self.action.as_str().to_owned(),
            before: self.now.cloned(),
            target,
            undoes: self.undoes,
            state: state.as_str().to_owned(),
            problem: self.problem,
            notes: self.notes,
        }
    }
}

impl App {
    /// Stores a plan, so that it can be called by its id for a day, from anywhere.
    pub async fn store_plan(&self, plan: Plan) -> Result<Plan, ActError> {
        if plan.is_stored {
            return Ok(plan);
        }
        let operation = OperationRow {
            expires_at: Some(self.now() + LIFETIME),
            ..plan.operation
        };
        let steps = plan.steps.clone();
        let operation = self.inner.store.put_operation(operation, steps).await?;
        Ok(Plan {
            operation,
            is_stored: true,
            ..plan
        })
    }

    /// The plans that can be applied, newest first.
    pub async fn plans(&self, owner: Option<UserId>) -> Result<Vec<OperationRow>, ActError> {
        Ok(self.inner.store.plans(owner, self.now()).await?)
    }

    /// The plan whose id begins so.
    pub async fn plan(&self, reference: &str) -> Result<Plan, ActError> {
        let plans = self.plans(None).await?;
        let found = plans
            .into_iter()
            .filter(|plan| reference.len() >= 4 && plan.id.as_str().starts_with(reference));
        let mut found: Vec<_> = found.collect();
        if found.len() > 1 {
            return Err(ActError::Ambiguous {
                reference: reference.to_owned(),
                candidates: found.iter().map(|plan| plan.id.to_string()).collect(),
            });
        }
        let operation = found.pop().ok_or_else(|| ActError::NoPlan {
            reference: reference.to_owned(),
        })?;
        let steps = self.inner.store.steps(operation.id.clone()).await?;
        let format = operation.detail.score_format.as_deref();
        Ok(Plan {
            score_format: ScoreFormat::parse(format.unwrap_or_default()),
            target: self.target_of(operation.owner).await?,
            steps,
            operation,
            is_stored: true,
            per_minute: self.allowance().0,
            naming: None,
        })
    }

    /// Drops a plan.
    pub async fn discard_plan(&self, reference: &str) -> Result<Plan, ActError> {
        let plan = self.plan(reference).await?;
        let id = plan.operation.id.clone();
        if self.inner.store.discard_plan(id.clone()).await? {
            return Ok(plan);
        }
        let state = "applied or dropped already";
        Err(ActError::NotAPlan { plan: id, state })
    }
}
