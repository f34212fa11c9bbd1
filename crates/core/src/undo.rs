//! Taking changes back: a plan first, and when somebody says so, the plan carried out and proven.

use std::collections::BTreeMap;

use anirewind_backup::Kind;
use anirewind_model::{
    CustomLists, Entry, EntryValues, MediaId, MediaType, Remote as _, ScoreFormat, UserId, Viewer,
};
use anirewind_restore::{Step, StepKind, StepState, Stopped, execute};
use anirewind_store::{ChangeFilter, ChangeRow, OperationRow, OperationState, StepRow, StoreError};
use anirewind_timeline::{
    Change, Choices, Conflict, Id, Outcome, Source, TitlePlan, take_back, undoable,
};

use crate::accounts::{AccountError, Target};
use crate::app::App;
use crate::gate::same_account;
use crate::undo_error::UndoError;
use crate::undo_journal::StoreJournal;

/// Everything that would be written to take some changes back.
#[derive(Debug, Clone)]
pub struct UndoPlan {
    /// Whose list.
    pub owner: UserId,
    /// What it is, in words.
    pub what: String,
    /// Whether it was asked for as a redo.
    pub is_redo: bool,
    /// In which format the account shows its scores.
    pub score_format: ScoreFormat,
    /// Each title.
    pub titles: Vec<PlannedTitle>,
    /// Changes that cannot be taken back, each with the reason.
    pub refused: Vec<(ChangeRow, String)>,
    target: Target,
    references: Vec<Id>,
    choices: Choices,
}

/// What would be done about one title.
#[derive(Debug, Clone)]
pub struct PlannedTitle {
    /// Which title.
    pub media: MediaId,
    /// Which list.
    pub media_type: MediaType,
    /// What it is called.
    pub title: Option<String>,
    /// The changes that are taken back, newest first.
    pub changes: Vec<ChangeRow>,
    /// What is there now.
    pub now: Option<Entry>,
    /// What will be there.
    pub target: Option<EntryValues>,
    /// What is to be sent; `None` when nothing is.
    pub step: Option<Step>,
    /// What was edited since and stands in the way.
    pub conflicts: Vec<Conflict>,
    /// What cannot be put back as it was.
    pub notes: Vec<String>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct UndoReport {
    /// The act, which can itself be taken back.
    pub operation: OperationRow,
    /// Each title with how it ended.
    pub steps: Vec<StepRow>,
}

impl App {
    /// Works out what taking changes back would write. Sends nothing but reads.
    ///
    /// Each reference is the beginning of the id of a change, a group or an operation; none means the
    /// newest operation of ours.
    pub async fn plan_undo(
        &self,
        profile: Option<&str>,
        references: &[String],
        choices: Choices,
    ) -> Result<UndoPlan, UndoError> {
        let owner = match profile {
            Some(profile) => Some(self.account_row(profile).await?.account.id),
            None => None,
        };
        let (rows, what) = if references.is_empty() {
            self.newest_of_ours(owner).await?
        } else {
            self.named_changes(owner, references).await?
        };
        self.plan_rows(rows, what, choices).await
    }

    /// Works out what taking back a change and everything after it would write: the list goes back to
    /// what it was before that change.
    pub async fn plan_back_to(
        &self,
        profile: Option<&str>,
        reference: &str,
        choices: Choices,
    ) -> Result<UndoPlan, UndoError> {
        let owner = match profile {
            Some(profile) => Some(self.account_row(profile).await?.account.id),
            None => None,
        };
        let named = [reference.to_owned()];
        let (named, _) = self.named_changes(owner, &named).await?;
        let place = |row: &ChangeRow| (row.change.when.at, row.seq);
        let first = named.iter().min_by_key(|row| place(row));
        let first = first.cloned().ok_or(UndoError::NothingOfOurs)?;
        let filter = ChangeFilter {
            since: Some(first.change.when.at),
            ..ChangeFilter::default()
        };
        let rows = self
            .inner
            .store
            .changes(Some(first.owner), filter, None, usize::MAX)
            .await?;
        // What others told us of was seen as well; what never took effect needs nothing.
        let rows = rows.into_iter().filter(|row| {
            let is_told = matches!(row.change.source, Source::Import | Source::Api);
            place(row) >= place(&first) && !is_told && undoable(&row.change).is_ok()
        });
        let what = format!("back to before {}", first.id);
        self.plan_rows(rows.collect(), what, choices).await
    }

    async fn plan_rows(
        &self,
        rows: Vec<ChangeRow>,
        what: String,
        choices: Choices,
    ) -> Result<UndoPlan, UndoError> {
        let owner = rows
            .first()
            .map(|row| row.owner)
            .ok_or(UndoError::NothingOfOurs)?;
        if rows.iter().any(|row| row.owner != owner) {
            return Err(UndoError::SeveralAccounts);
        }
        let target = self.target_of(owner).await?;
        let mut refused = Vec::new();
        let mut wanted: Vec<ChangeRow> = Vec::new();
        for row in rows {
            match undoable(&row.change) {
                Ok(()) => wanted.push(row),
                Err(reason) => refused.push((row, reason.to_string())),
            }
        }
        if let (true, Some((_, reason))) = (wanted.is_empty(), refused.first()) {
            return Err(UndoError::Refused {
                reason: reason.clone(),
            });
        }
        let references = wanted.iter().map(|row| row.id.clone()).collect();
        let (client, viewer) = self.identify_target(&target).await?;
        same_account(&target, owner, &viewer)?;
        let titles = self
            .plan_titles(&client, &viewer, wanted, &choices)
            .await
            .map_err(|source| UndoError::Remote { source })?;
        Ok(UndoPlan {
            owner,
            what,
            is_redo: false,
            score_format: viewer.settings.score_format.clone(),
            titles,
            refused,
            target,
            references,
            choices,
        })
    }

    async fn plan_titles(
        &self,
        client: &anirewind_anilist::AniList,
        viewer: &Viewer,
        rows: Vec<ChangeRow>,
        choices: &Choices,
    ) -> Result<Vec<PlannedTitle>, anirewind_model::RemoteError> {
        let mut by_title: BTreeMap<(MediaType, MediaId), Vec<ChangeRow>> = BTreeMap::new();
        for row in rows {
            let key = (row.change.media_type, row.change.media);
            by_title.entry(key).or_default().push(row);
        }
        let titles: Vec<_> = by_title.keys().copied().collect();
        let live: BTreeMap<_, _> = client
            .entries(viewer, &titles)
            .await?
            .into_iter()
            .map(|entry| ((entry.media_type, entry.media), entry))
            .collect();
        let planned = by_title.into_iter().filter_map(|(key, mut rows)| {
            rows.sort_by_key(|row| std::cmp::Reverse((row.change.when.at, row.seq)));
            plan_title(rows, live.get(&key), viewer, choices)
        });
        Ok(planned.collect())
    }

    /// Carries a plan out: the gate, a last look at the titles, a safety snapshot, the writes, and
    /// everything read back.
    pub async fn apply_undo(&self, plan: &UndoPlan) -> Result<UndoReport, UndoError> {
        let removals = plan.titles.iter().filter_map(|title| title.step.as_ref());
        let removals = removals
            .filter(|step| step.kind == StepKind::Remove)
            .count();
        let gate = self.gate(&plan.target, plan.owner, removals).await?;
        if let Some(other) = self.unfinished(plan.owner).await? {
            return Err(UndoError::Unfinished {
                operation: other.id,
            });
        }
        let ids = plan.references.clone();
        let rows = self.inner.store.changes_with_ids(ids).await?;
        let fresh = self
            .plan_titles(&gate.client, &gate.viewer, rows, &plan.choices)
            .await
            .map_err(|source| UndoError::Remote { source })?;
        let moved = plan.titles.iter().filter(|shown| {
            fresh
                .iter()
                .find(|title| (title.media_type, title.media) == (shown.media_type, shown.media))
                .is_none_or(|title| title.step != shown.step)
        });
        let moved = moved.count();
        if moved > 0 {
            return Err(UndoError::OutOfDate { count: moved });
        }
        let safety = self
            .capture_for(&plan.target, Kind::Safety)
            .await
            .map_err(|source| UndoError::Safety {
                source: Box::new(source),
            })?;
        let work: Vec<(Step, &PlannedTitle)> = plan
            .titles
            .iter()
            .filter_map(|title| Some((title.step.clone()?, title)))
            .collect();
        let steps = work
            .iter()
            .map(|(step, title)| step_row(step, title))
            .collect();
        let operation = OperationRow {
            id: Id::of_number(0),
            seq: 0,
            owner: plan.owner,
            kind: if plan.is_redo { "redo" } else { "undo" }.to_owned(),
            state: OperationState::Running,
            at: self.now(),
            what: plan.what.clone(),
            safety: Some(safety.snapshot.file),
            problem: None,
        };
        let operation = self.inner.store.begin_operation(operation, steps).await?;
        let journal = StoreJournal {
            app: self,
            operation: operation.clone(),
            titles: work.iter().map(|(_, title)| (*title).clone()).collect(),
        };
        let steps: Vec<_> = work
            .into_iter()
            .map(|(step, _)| (step, StepState::Pending))
            .collect();
        let most = anirewind_anilist::WRITES_PER_REQUEST;
        let done = execute(&steps, &gate.client, &gate.viewer, &journal, most).await;
        self.end(operation, done).await
    }

    /// Goes on with an act that stopped, or that was under way when the program ended. Titles that
    /// may have been sent are read first.
    pub async fn resume_operation(&self, operation: &Id) -> Result<UndoReport, UndoError> {
        let not_found = || UndoError::NotFound {
            reference: operation.to_string(),
        };
        let row = self.inner.store.operation(operation.clone()).await?;
        let row = row.ok_or_else(not_found)?;
        let removals = self.inner.store.steps(operation.clone()).await?;
        let is_removal = |row: &&StepRow| {
            row.action == StepKind::Remove.as_str()
                && StepState::parse(&row.state).is_none_or(|state| !state.is_settled())
        };
        let removals = removals.iter().filter(is_removal).count();
        let target = self.target_of(row.owner).await?;
        let gate = self.gate(&target, row.owner, removals).await?;
        // Somebody else may have finished it while we waited for leave.
        let row = self.inner.store.operation(operation.clone()).await?;
        let row = row.ok_or_else(not_found)?;
        let rows = self.inner.store.steps(operation.clone()).await?;
        if matches!(row.state, OperationState::Done | OperationState::Partly) {
            return Ok(UndoReport {
                operation: row,
                steps: rows,
            });
        }
        let mut steps = Vec::new();
        let mut titles = Vec::new();
        for step in rows {
            let (title, step) = self.planned_again(step).await?;
            titles.push(title);
            steps.push(step);
        }
        let journal = StoreJournal {
            app: self,
            operation: row.clone(),
            titles,
        };
        let most = anirewind_anilist::WRITES_PER_REQUEST;
        let done = execute(&steps, &gate.client, &gate.viewer, &journal, most).await;
        self.end(row, done).await
    }

    /// A step as it stands in the journal, as it was planned.
    async fn planned_again(
        &self,
        row: StepRow,
    ) -> Result<(PlannedTitle, (Step, StepState)), UndoError> {
        let corrupt = || StoreError::Corrupt {
            table: "step",
            column: "target",
            row: row.media.to_string(),
        };
        let values = |entry: &Option<Entry>| entry.as_ref().map(|entry| entry.values.clone());
        let step = Step::new(
            row.media,
            row.media_type,
            values(&row.before),
            values(&row.target),
        );
        let step = step.ok_or_else(corrupt)?;
        let state = StepState::parse(&row.state).ok_or_else(corrupt)?;
        let changes = self
            .inner
            .store
            .changes_with_ids(row.undoes.clone())
            .await?;
        let title = PlannedTitle {
            media: row.media,
            media_type: row.media_type,
            title: row.title.clone(),
            changes,
            now: row.before.clone(),
            target: values(&row.target),
            step: Some(step.clone()),
            conflicts: Vec::new(),
            notes: Vec::new(),
        };
        Ok((title, (step, state)))
    }

    /// Goes on with whatever of an account was begun and is not finished.
    pub(crate) async fn resume_unfinished(&self, owner: UserId) -> Result<(), UndoError> {
        if let Some(operation) = self.unfinished(owner).await? {
            let report = self.resume_operation(&operation.id).await?;
            let state = report.operation.state.as_str();
            tracing::info!(operation = operation.id.as_str(), state, "went on");
        }
        Ok(())
    }

    async fn end(
        &self,
        operation: OperationRow,
        done: Result<(), Stopped>,
    ) -> Result<UndoReport, UndoError> {
        let id = operation.id.clone();
        let steps = self.inner.store.steps(id.clone()).await?;
        let (state, problem) = match &done {
            Err(stopped) => (OperationState::Stopped, Some(stopped.to_string())),
            Ok(()) if steps.iter().all(is_well) => (OperationState::Done, None),
            Ok(()) => (OperationState::Partly, None),
        };
        self.inner
            .store
            .end_operation(id.clone(), state, problem)
            .await?;
        if let Err(source) = done {
            return Err(UndoError::Stopped {
                operation: id,
                source,
            });
        }
        let operation = OperationRow { state, ..operation };
        Ok(UndoReport { operation, steps })
    }

    async fn named_changes(
        &self,
        owner: Option<UserId>,
        references: &[String],
    ) -> Result<(Vec<ChangeRow>, String), UndoError> {
        let mut rows: Vec<ChangeRow> = Vec::new();
        for reference in references {
            let is_id = reference.len() >= 4
                && reference
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            let not_found = || UndoError::NotFound {
                reference: reference.clone(),
            };
            if !is_id {
                return Err(not_found());
            }
            let called = self.inner.store.changes_called(owner, reference).await?;
            let ids: std::collections::BTreeSet<String> = called
                .iter()
                .flat_map(|row| {
                    let change = &row.change;
                    [
                        Some(&row.id),
                        change.group.as_ref(),
                        change.operation.as_ref(),
                    ]
                })
                .flatten()
                .filter(|id| id.as_str().starts_with(reference.as_str()))
                .map(ToString::to_string)
                .collect();
            if ids.len() > 1 {
                return Err(UndoError::Ambiguous {
                    reference: reference.clone(),
                    candidates: ids.into_iter().collect(),
                });
            }
            if called.is_empty() {
                return Err(not_found());
            }
            for row in called {
                if rows.iter().all(|known| known.id != row.id) {
                    rows.push(row);
                }
            }
        }
        let what = match rows.as_slice() {
            [one] => format!("undo of {}", one.id),
            many => format!("undo of {} changes", many.len()),
        };
        Ok((rows, what))
    }

    async fn newest_of_ours(
        &self,
        owner: Option<UserId>,
    ) -> Result<(Vec<ChangeRow>, String), UndoError> {
        // An act that was itself taken back is passed over: undo walks back, act by act.
        for operation in self.inner.store.operations(owner, 200).await? {
            // What was brought in was not done by us.
            if operation.kind == "import" {
                continue;
            }
            let rows = self.standing_changes(&operation).await?;
            if let Some(first) = rows.first()
                && (operation.kind != "undo" || !self.steps_back(first).await?)
            {
                return Ok((rows, format!("undo of operation {}", operation.id)));
            }
        }
        Err(UndoError::NothingOfOurs)
    }

    /// The changes of an act that were not taken back since.
    async fn standing_changes(
        &self,
        operation: &OperationRow,
    ) -> Result<Vec<ChangeRow>, StoreError> {
        let filter = ChangeFilter {
            operation: Some(operation.id.clone()),
            ..ChangeFilter::default()
        };
        let owner = Some(operation.owner);
        let rows = self.changes(owner, filter, None, usize::MAX).await?;
        let stands = |row: &ChangeRow| undoable(&row.change).is_ok() && row.undone_by.is_none();
        Ok(rows.into_iter().filter(stands).collect())
    }

    /// Whether a change took back an act of ours, rather than what something else changed.
    async fn steps_back(&self, row: &ChangeRow) -> Result<bool, UndoError> {
        let Some(undoes) = &row.change.undoes else {
            return Ok(false);
        };
        let called = self
            .inner
            .store
            .changes_called(Some(row.owner), undoes.as_str());
        let taken_back = called.await?.into_iter().find(|other| other.id == *undoes);
        Ok(taken_back.is_some_and(|other| other.change.operation.is_some()))
    }

    /// Works out what taking an undo back would write: the newest one, or those named.
    pub async fn plan_redo(
        &self,
        profile: Option<&str>,
        references: &[String],
        choices: Choices,
    ) -> Result<UndoPlan, UndoError> {
        if !references.is_empty() {
            let plan = self.plan_undo(profile, references, choices).await?;
            let rows = plan.titles.iter().flat_map(|title| &title.changes);
            let mut others = rows.filter(|row| row.change.outcome != Outcome::Undone);
            if let Some(row) = others.next() {
                return Err(UndoError::NotAnUndo { id: row.id.clone() });
            }
            return Ok(UndoPlan {
                is_redo: true,
                ..plan
            });
        }
        let owner = match profile {
            Some(profile) => Some(self.account_row(profile).await?.account.id),
            None => None,
        };
        for operation in self.inner.store.operations(owner, 200).await? {
            if operation.kind != "undo" {
                continue;
            }
            let rows = self.standing_changes(&operation).await?;
            if !rows.is_empty() {
                let what = format!("redo of operation {}", operation.id);
                let plan = self.plan_rows(rows, what, choices).await?;
                return Ok(UndoPlan {
                    is_redo: true,
                    ..plan
                });
            }
        }
        Err(UndoError::NothingOfOurs)
    }

    /// The token by which an account is written to.
    async fn target_of(&self, owner: UserId) -> Result<Target, UndoError> {
        let accounts = self.accounts().await?;
        let account = accounts.iter().find(|row| row.account.id == owner);
        let profile = account.map(|row| row.profile.as_str());
        let targets = self.targets(profile).await?;
        targets
            .into_iter()
            .next()
            .ok_or(UndoError::Account(AccountError::NoAccount))
    }
}

fn is_well(step: &StepRow) -> bool {
    [StepState::Done, StepState::Already]
        .iter()
        .any(|state| state.as_str() == step.state)
}

fn plan_title(
    rows: Vec<ChangeRow>,
    now: Option<&Entry>,
    viewer: &Viewer,
    choices: &Choices,
) -> Option<PlannedTitle> {
    let changes: Vec<&Change> = rows.iter().map(|row| &row.change).collect();
    let plan: TitlePlan = take_back(&changes, now, choices)?;
    let mut target = plan.target(now);
    let mut notes = Vec::new();
    if let Some(values) = &mut target {
        notes.extend(without_lost_lists(values, plan.media_type, viewer));
    }
    let values = now.map(|entry| entry.values.clone());
    let step = if plan.conflicts.is_empty() {
        Step::new(plan.media, plan.media_type, values, target.clone())
    } else {
        None
    };
    let title = rows.iter().find_map(|row| row.change.title.clone());
    Some(PlannedTitle {
        media: plan.media,
        media_type: plan.media_type,
        title,
        now: now.cloned(),
        target,
        step,
        conflicts: plan.conflicts,
        notes,
        changes: rows,
    })
}

/// Takes out custom lists that the account no longer has: AniList would leave them out silently.
fn without_lost_lists(
    values: &mut EntryValues,
    media_type: MediaType,
    viewer: &Viewer,
) -> Option<String> {
    let settings = match media_type {
        MediaType::Anime => viewer.settings.anime.as_ref(),
        MediaType::Manga => viewer.settings.manga.as_ref(),
    }?;
    let lists = values.custom_lists.known()?;
    let has = |name: &&str| settings.custom_lists.iter().any(|known| known == name);
    let lost: Vec<String> = lists
        .iter()
        .filter(|name| !has(name))
        .map(str::to_owned)
        .collect();
    if lost.is_empty() {
        return None;
    }
    let left: Vec<String> = lists.iter().filter(has).map(str::to_owned).collect();
    values.custom_lists = CustomLists::new(left).into();
    Some(format!("no such custom list any more: {}", lost.join(", ")))
}

fn step_row(step: &Step, title: &PlannedTitle) -> StepRow {
    let entry = |values: &Option<EntryValues>| {
        values.clone().map(|values| Entry {
            media: step.media,
            media_type: step.media_type,
            id: title.now.as_ref().and_then(|entry| entry.id),
            values,
            created_at: None,
            updated_at: None,
            summary: title.now.as_ref().and_then(|entry| entry.summary.clone()),
        })
    };
    StepRow {
        media: step.media,
        media_type: step.media_type,
        title: title.title.clone(),
        action: step.kind.as_str().to_owned(),
        before: entry(&step.before),
        target: entry(&step.target),
        undoes: title.changes.iter().map(|row| row.id.clone()).collect(),
        state: StepState::Pending.as_str().to_owned(),
        problem: None,
    }
}
