//! Taking changes back: what that would write.

use std::collections::{BTreeMap, BTreeSet};

use anirewind_model::{
    Comparison, Entry, EntryField, EntryValues, MediaId, MediaType, Remote as _, ScoreFormat,
    UserId, Viewer,
};
use anirewind_restore::{Step, fit};
use anirewind_store::{
    ChangeFilter, ChangeRow, LeftField, OperationDetail, OperationRow, StepRow, StoreError, Walk,
};
use anirewind_timeline::{
    Change, Choices, Conflict, Id, Outcome, Source, TitlePlan, take_back, undoable,
};
use time::{Duration, OffsetDateTime};

use crate::act_error::ActError;
use crate::app::App;
use crate::find::BrowseError;
use crate::gate::same_account;
use crate::plan::{Action, LEFT, Plan, Row};
use crate::words::{change_of, values_of};

/// What would be done about one title.
struct PlannedTitle {
    media: MediaId,
    media_type: MediaType,
    title: Option<String>,
    /// The changes that are taken back, newest first.
    changes: Vec<ChangeRow>,
    now: Option<Entry>,
    /// What will be there.
    target: Option<EntryValues>,
    /// What is to be sent; `None` when nothing is.
    step: Option<Step>,
    /// What was edited since and stands in the way.
    conflicts: Vec<Conflict>,
    /// Fields that the changes touched and that are left.
    left: Vec<EntryField>,
    /// What cannot be put back as it was.
    notes: Vec<String>,
}

const MAY_HAVE_BEEN_PRIVATE: &str = "it may have been on the list before, private: that does not show without a token, \
                                     and so it is not removed";

/// Whether a title that seemed to be added since an account was first looked at without a token may only have
/// been made public. One that AniList says was made about then was added.
fn may_have_been_private(change: &Change, from: OffsetDateTime) -> bool {
    // Give or take the clocks.
    const SLACK: Duration = Duration::minutes(10);
    let (Source::Observed, None, Some(after)) = (change.source, &change.before, &change.after)
    else {
        return false;
    };
    let earliest = change.when.since.unwrap_or(change.when.at) - SLACK;
    change.when.at >= from && after.created_at.is_none_or(|made| made < earliest)
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
    ) -> Result<Plan, ActError> {
        let owner = match profile {
            Some(profile) => Some(self.account_row(profile).await?.account.id),
            None => None,
        };
        let walks_back = references.is_empty();
        let rows = if walks_back {
            self.newest_of_ours(owner).await?
        } else {
            self.named_changes(owner, references).await?
        };
        let mut plan = self.plan_taking_back(rows, choices).await?;
        plan.operation.detail.walks = walks_back.then_some(Walk::Back);
        Ok(plan)
    }

    /// What takes an undo back is a redo of what it undid, and what takes that back an undo of it again.
    async fn plan_taking_back(
        &self,
        rows: Vec<ChangeRow>,
        choices: Choices,
    ) -> Result<Plan, ActError> {
        let (roots, is_redo) = self.roots(&rows).await?;
        let what = self.name_of_undo(&roots, is_redo).await?;
        let mut plan = self.plan_rows(rows, what, choices).await?;
        if is_redo {
            "redo".clone_into(&mut plan.operation.kind);
        }
        Ok(plan)
    }

    /// What changes took back, all the way down, where all of them took something back; and whether taking them back
    /// does it again.
    async fn roots(&self, rows: &[ChangeRow]) -> Result<(Vec<ChangeRow>, bool), StoreError> {
        let (mut roots, mut is_redo) = (rows.to_vec(), false);
        loop {
            let undone = roots.iter().map(|row| row.change.undoes.clone());
            let Some(undone) = undone.collect::<Option<BTreeSet<Id>>>() else {
                return Ok((roots, is_redo));
            };
            let (number, undone) = (undone.len(), undone.into_iter().collect());
            let below = self.inner.store.changes_with_ids(undone).await?;
            if below.is_empty() || below.len() != number {
                return Ok((roots, is_redo));
            }
            roots = below;
            is_redo = !is_redo;
        }
    }

    /// Works out what taking back a change and everything after it would write: the list goes back to
    /// what it was before that change.
    pub async fn plan_back_to(
        &self,
        profile: Option<&str>,
        reference: &str,
        choices: Choices,
    ) -> Result<Plan, ActError> {
        let owner = match profile {
            Some(profile) => Some(self.account_row(profile).await?.account.id),
            None => None,
        };
        let named = [reference.to_owned()];
        let named = self.named_changes(owner, &named).await?;
        let place = |row: &ChangeRow| (row.change.when.at, row.seq);
        let first = named.iter().min_by_key(|row| place(row));
        let first = first.cloned().ok_or(ActError::NothingOfOurs)?;
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
        let profile = self.profile_called(first.owner).await;
        let moment = self.moment_words(first.change.when.at);
        let what = format!("Bring {profile} back to before {moment}");
        self.plan_rows(rows.collect(), what, choices).await
    }

    async fn plan_rows(
        &self,
        rows: Vec<ChangeRow>,
        what: String,
        choices: Choices,
    ) -> Result<Plan, ActError> {
        let owner = rows
            .first()
            .map(|row| row.owner)
            .ok_or(ActError::NothingOfOurs)?;
        if rows.iter().any(|row| row.owner != owner) {
            return Err(ActError::SeveralAccounts);
        }
        let target = self.target_of(owner).await?;
        target.may_write()?;
        let mut refused = Vec::new();
        let mut wanted: Vec<ChangeRow> = Vec::new();
        let unseen = self.inner.store.public_time(owner).await;
        let unseen = unseen.map_err(BrowseError::Store)?.map(|(first, _)| first);
        for row in rows {
            match undoable(&row.change) {
                Ok(()) if unseen.is_some_and(|from| may_have_been_private(&row.change, from)) => {
                    refused.push((row, MAY_HAVE_BEEN_PRIVATE.to_owned()));
                }
                Ok(()) => wanted.push(row),
                Err(reason) => refused.push((row, reason.to_string())),
            }
        }
        if let (true, Some((_, reason))) = (wanted.is_empty(), refused.first()) {
            return Err(ActError::Refused {
                reason: reason.clone(),
            });
        }
        let (client, viewer) = self.identify_target(&target).await?;
        same_account(&target, owner, &viewer)?;
        let titles = self
            .plan_titles(&client, &viewer, wanted, &choices)
            .await
            .map_err(|source| ActError::Remote { source })?;
        let format = viewer.settings.score_format.clone();
        let mut steps: Vec<_> = titles.iter().map(|title| title.row(&format)).collect();
        let left = titles.iter().flat_map(|title| title.left_fields(&format));
        let left = left.collect();
        steps.extend(
            refused
                .into_iter()
                .map(|(row, reason)| cannot(&row, reason)),
        );
        let mut plan = Plan {
            operation: OperationRow {
                detail: OperationDetail {
                    score_format: Some(format.as_str().to_owned()),
                    left,
                    ..OperationDetail::default()
                },
                ..OperationRow::new(owner, "undo", what, self.now())
            },
            steps,
            score_format: format,
            target,
            is_stored: false,
            per_minute: self.allowance().0,
            naming: None,
        };
        plan.operation.detail.mutes = self.inner.settings.mute_activity.mutes(plan.writes());
        Ok(plan)
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

    pub(crate) async fn named_changes(
        &self,
        owner: Option<UserId>,
        references: &[String],
    ) -> Result<Vec<ChangeRow>, ActError> {
        let mut rows: Vec<ChangeRow> = Vec::new();
        for reference in references {
            let is_id = reference.len() >= 4
                && reference
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            let not_found = || ActError::NotFound {
                reference: reference.clone(),
            };
            if !is_id {
                return Err(not_found());
            }
            let called = self.inner.store.changes_called(owner, reference).await?;
            let ids: BTreeSet<String> = called
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
                return Err(ActError::Ambiguous {
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
        Ok(rows)
    }

    async fn newest_of_ours(&self, owner: Option<UserId>) -> Result<Vec<ChangeRow>, ActError> {
        // An act that was itself taken back is passed over, and so is what took it back: undo walks back, act by act.
        for operation in self.inner.store.operations(owner, 200).await? {
            // What was brought in was not done by us.
            if operation.kind == "import" || operation.detail.walks == Some(Walk::Back) {
                continue;
            }
            let rows = self.standing_changes(&operation).await?;
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        Err(ActError::NothingOfOurs)
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

    /// Whether what an act did stands for good: what took back an act of ours does not, as it may have made wrong what that
    /// had put right.
    pub async fn put_right(&self, owner: UserId, operation: &str) -> Result<bool, ActError> {
        let Some(operation) = Id::parse(operation) else {
            return Ok(true);
        };
        let filter = ChangeFilter {
            operation: Some(operation),
            ..ChangeFilter::default()
        };
        let rows = self.changes(Some(owner), filter, None, usize::MAX).await?;
        // Those that failed took nothing back, and what else the act did does not make up for those that did.
        let undoes = rows.iter().filter_map(|row| row.change.undoes.clone());
        let taken_back = self.inner.store.changes_with_ids(undoes.collect()).await?;
        Ok(taken_back.iter().all(|row| row.change.operation.is_none()))
    }

    /// Works out what taking an undo back would write: the newest one, or those named.
    pub async fn plan_redo(
        &self,
        profile: Option<&str>,
        references: &[String],
        choices: Choices,
    ) -> Result<Plan, ActError> {
        if !references.is_empty() {
            let plan = self.plan_undo(profile, references, choices).await?;
            let is_meant = |step: &&StepRow| step.action != Action::Cannot.as_str();
            let meant = plan.steps.iter().filter(is_meant);
            let ids = meant.flat_map(|step| step.undoes.clone());
            let rows = self.inner.store.changes_with_ids(ids.collect()).await?;
            let mut others = rows
                .iter()
                .filter(|row| row.change.outcome != Outcome::Undone);
            if let Some(row) = others.next() {
                return Err(ActError::NotAnUndo { id: row.id.clone() });
            }
            return Ok(plan);
        }
        let owner = match profile {
            Some(profile) => Some(self.account_row(profile).await?.account.id),
            None => None,
        };
        for operation in self.inner.store.operations(owner, 200).await? {
            let is_back = match operation.detail.walks {
                Some(walk) => walk == Walk::Back,
                None => operation.kind == "undo",
            };
            if !is_back {
                continue;
            }
            let rows = self.standing_changes(&operation).await?;
            if !rows.is_empty() {
                let mut plan = self.plan_taking_back(rows, choices).await?;
                plan.operation.detail.walks = Some(Walk::Forward);
                return Ok(plan);
            }
        }
        Err(ActError::NothingOfOurs)
    }
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
        let was = now.map(|entry| &entry.values);
        let fitted = fit(values, was, plan.media_type, &viewer.settings, false);
        notes.extend(fitted.notes);
    }
    let values = now.map(|entry| entry.values.clone());
    let step = if plan.conflicts.is_empty() {
        Step::new(plan.media, plan.media_type, values, target.clone())
    } else {
        None
    };
    if let Some(step) = &step
        && choices.picks.leaves_any((plan.media_type, plan.media))
    {
        notes.extend(step.kind.whole_note().map(str::to_owned));
    }
    let title = rows.iter().find_map(|row| row.change.title.clone());
    let left = left(&rows, now, step.as_ref(), choices);
    Some(PlannedTitle {
        left,
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

impl PlannedTitle {
    fn row(&self, format: &ScoreFormat) -> StepRow {
        let action = match &self.step {
            Some(step) => step.kind.into(),
            None if self.conflicts.is_empty() && self.left.is_empty() => Action::Same,
            None => Action::Keep,
        };
        let conflicts = self
            .conflicts
            .iter()
            .map(|conflict| self.told(conflict, format));
        let conflicts: Vec<_> = conflicts.collect();
        let was = self
            .changes
            .iter()
            .find_map(|row| row.change.before.as_ref().or(row.change.after.as_ref()));
        let row = Row {
            media: self.media,
            media_type: self.media_type,
            title: self.title.clone(),
            now: self.now.as_ref(),
            target: self.target.as_ref(),
            was,
            action,
            undoes: self.changes.iter().map(|row| row.id.clone()).collect(),
            problem: match (conflicts.is_empty(), action) {
                (false, _) => Some(conflicts.join("; ")),
                (true, Action::Keep) => Some(LEFT.to_owned()),
                (true, _) => None,
            },
            notes: self.notes.clone(),
        };
        row.into_step()
    }

    /// The fields that are left, each with what it holds and would hold.
    fn left_fields<'a>(&'a self, format: &'a ScoreFormat) -> impl Iterator<Item = LeftField> + 'a {
        let oldest = self.changes.last();
        let wanted = oldest.and_then(|row| row.change.before.as_ref());
        let sides = wanted.zip(self.now.as_ref());
        let fields = self
            .left
            .iter()
            .filter_map(move |field| Some((sides?, *field)));
        fields.map(|((wanted, now), field)| {
            let (now, wanted) = change_of(now, wanted, field, format);
            LeftField {
                media_type: self.media_type.as_str().to_owned(),
                media: self.media.get(),
                field: field.as_str().to_owned(),
                now,
                wanted,
            }
        })
    }

    fn told(&self, conflict: &Conflict, format: &ScoreFormat) -> String {
        let field = match conflict {
            Conflict::Gone => return "it is no longer on the list".to_owned(),
            Conflict::Edited => return "it was edited since it was added".to_owned(),
            Conflict::Field(field) => *field,
        };
        let oldest = self
            .changes
            .last()
            .and_then(|row| row.change.before.as_ref());
        let newest = self
            .changes
            .first()
            .and_then(|row| row.change.after.as_ref());
        let sides = [oldest, newest, self.now.as_ref()];
        let [before, by_change, now] = values_of(sides, field, format);
        format!(
            "{} was edited since: {before} before, {by_change} by the change, {now} now",
            field.as_str(),
        )
    }
}

/// The fields that changes touched, that are not as they were before them, and that are left.
fn left(
    rows: &[ChangeRow],
    now: Option<&Entry>,
    step: Option<&Step>,
    choices: &Choices,
) -> Vec<EntryField> {
    let oldest = rows.last().and_then(|row| row.change.before.as_ref());
    let newest = rows.first().and_then(|row| row.change.after.as_ref());
    let (Some(before), Some(after), Some(now)) = (oldest, newest, now) else {
        return Vec::new();
    };
    let target = step.and_then(|step| step.target.as_ref());
    if step.is_some() && target.is_none() {
        return Vec::new();
    }
    let is_left = |field: &EntryField| {
        let is_meant = choices.only.is_empty() || choices.only.contains(field);
        let differs = |one: &EntryValues| one.compare(&now.values, *field) == Comparison::Different;
        is_meant && differs(&before.values) && !target.is_some_and(differs)
    };
    let touched = before.values.differing(&after.values);
    touched.filter(is_left).collect()
}

/// A change that cannot be taken back.
fn cannot(row: &ChangeRow, reason: String) -> StepRow {
    let change = &row.change;
    let row = Row {
        media: change.media,
        media_type: change.media_type,
        title: change.title.clone(),
        now: change.after.as_ref(),
        target: None,
        was: None,
        action: Action::Cannot,
        undoes: vec![row.id.clone()],
        problem: Some(reason),
        notes: Vec::new(),
    };
    row.into_step()
}
