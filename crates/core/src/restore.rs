//! Putting a list back to what a snapshot, a file or a moment holds: what that would write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anirewind_model::{
    Comparison, EntryField, EntryValues, List, MediaId, MediaType, ScoreFormat, TitleLanguage,
    UserId, Viewer,
};
use anirewind_restore::{Options, Planned, Step, StepState, Verdict, plan};
use anirewind_store::{
    Cause, ChangeFilter, ChangeRow, LeftField, OperationDetail, OperationRow, OperationState,
    SnapshotRow, StepRow,
};
use anirewind_timeline::{Change, Id, Outcome, Source, When};
use time::OffsetDateTime;

use crate::accounts::{AccountError, Target};
use crate::act_error::{ActError, Guard};
use crate::app::App;
use crate::find::FoundList;
use crate::judge::is_trusted;
use crate::naming::{Naming, edits_of, happened};
use crate::plan::{Action, Plan, Row};
use crate::report::can_be_retried;
use crate::view::instant;
use crate::words::{change_of, title_of};

/// What to put a list back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A snapshot, by any of its names, or a file.
    Snapshot(String),
    /// The list at a moment, rebuilt from snapshots and changes.
    Moment(OffsetDateTime),
    /// What an act of ours found when it began.
    Before(Id),
}

/// A list that was found, with what is known of it.
struct Base {
    list: List,
    /// What to call it.
    name: String,
    /// What putting a list back to it is called after: a moment, or a file.
    to: String,
    row: Option<SnapshotRow>,
    file: Option<String>,
    /// When the list was as it is there, where that is known.
    created_at: Option<OffsetDateTime>,
    /// Whether it is certain that it holds every title.
    is_whole: bool,
}

impl App {
    /// Works out what putting a list back would write. Sends nothing but reads.
    pub async fn plan_restore(
        &self,
        profile: Option<&str>,
        wanted: &Wanted,
        options: &Options,
    ) -> Result<Plan, ActError> {
        let base = self.base(profile, wanted).await?;
        check(&base, options)?;
        let target = match profile {
            Some(_) => self.targets(profile).await?.into_iter().next(),
            None => Some(self.target_of(base.list.owner.id).await?),
        };
        let target = target.ok_or(AccountError::NoAccount)?;
        target.may_write()?;
        let live = self.read_live(&target, base.list.owner.id).await;
        let (_, viewer, live) = live.map_err(|error| match error {
            AccountError::WrongAccount { found, .. } => ActError::Guard(Guard::OthersList {
                owner: base.list.owner.name.clone(),
                connected: found,
            }),
            error => error.into(),
        })?;
        let mut plan = self.restore_plan(&base, &viewer, &live, target, options);
        if let Some(since) = base.created_at {
            let (causes, because) = self.causes(&plan, since).await?;
            if let Some(naming) = &mut plan.naming {
                let days = causes.iter().map(|cause| self.day_of_cause(cause));
                naming.days = days.collect();
                naming.because = because;
            }
            plan.operation.detail.causes = causes;
        }
        plan.rename();
        Ok(plan)
    }

    /// What happened since a moment to the titles that a plan sends: bursts and acts by name, the rest
    /// together. A title counts for the last thing that happened to what would be sent of it; those of which
    /// nothing is written down come last.
    async fn causes(
        &self,
        plan: &Plan,
        since: OffsetDateTime,
    ) -> Result<(Vec<Cause>, BTreeMap<(MediaType, MediaId), usize>), ActError> {
        let sent: BTreeMap<_, _> = plan
            .steps
            .iter()
            .filter(|step| Action::parse(&step.action).is_some_and(Action::sends))
            .map(|step| ((step.media_type, step.media), written_by(step)))
            .collect();
        let filter = ChangeFilter {
            since: Some(since),
            bare: true,
            ..ChangeFilter::default()
        };
        let owner = Some(plan.operation.owner);
        let rows = self.changes(owner, filter, None, usize::MAX).await?;
        let last = last_of_each(&rows, &sent);
        let seen: BTreeSet<_> = last.iter().map(|of| (of.media_type, of.media)).collect();
        let mut causes: Vec<(Cause, Vec<&Change>)> = Vec::new();
        for change in last {
            let id = change.operation.as_ref().or(change.group.as_ref());
            let id = id.map(Id::to_string);
            let source = change.source.as_str().to_owned();
            let is_it = |cause: &Cause| cause.id == id && (id.is_some() || cause.source == source);
            if let Some((cause, changes)) = causes.iter_mut().find(|(cause, _)| is_it(cause)) {
                cause.titles += 1;
                changes.push(change);
                continue;
            }
            let cause = Cause {
                id,
                at: None,
                since: None,
                titles: 1,
                source,
                happened: None,
            };
            causes.push((cause, vec![change]));
        }
        for (cause, changes) in &mut causes {
            let when = began(changes);
            cause.at = when.map(|when| instant(when.at));
            cause.since = when.and_then(|when| when.since).map(instant);
            cause.happened = Some(if cause.id.is_some() {
                happened(changes)
            } else {
                edits_of(&named(plan, changes))
            });
        }
        let unknown = sent.keys().filter(|title| !seen.contains(title));
        let unknown: Vec<_> = unknown.copied().collect();
        if !unknown.is_empty() {
            let cause = Cause {
                id: None,
                at: None,
                since: None,
                titles: unknown.len(),
                source: Cause::UNKNOWN.to_owned(),
                happened: None,
            };
            causes.push((cause, Vec::new()));
        }
        causes.sort_by_key(|(cause, _)| {
            let is_unknown = cause.source == Cause::UNKNOWN;
            let most = std::cmp::Reverse(cause.titles);
            (cause.id.is_none(), is_unknown, most)
        });
        let mut because = BTreeMap::new();
        for (place, (cause, changes)) in causes.iter().enumerate() {
            let titles = changes.iter().map(|of| ((of.media_type, of.media), place));
            because.extend(titles);
            if cause.source == Cause::UNKNOWN {
                because.extend(unknown.iter().map(|title| (*title, place)));
            }
        }
        Ok((
            causes.into_iter().map(|(cause, _)| cause).collect(),
            because,
        ))
    }

    /// The day on which titles changed together; nothing for single edits.
    fn day_of_cause(&self, cause: &Cause) -> Option<String> {
        use time::format_description::well_known::Rfc3339;
        cause.id.as_ref()?;
        let at = OffsetDateTime::parse(cause.at.as_deref()?, &Rfc3339).ok()?;
        Some(self.day_words(at))
    }

    fn restore_plan(
        &self,
        base: &Base,
        viewer: &Viewer,
        live: &List,
        target: Target,
        options: &Options,
    ) -> Plan {
        let worked_out = plan(&base.list, live, &viewer.settings, options);
        let language = viewer
            .title_language
            .clone()
            .unwrap_or(TitleLanguage::Romaji);
        let format = viewer.settings.score_format.clone();
        let left = worked_out.titles.iter();
        let left = left.flat_map(|title| left_of(title, &format)).collect();
        let steps = worked_out.titles.into_iter();
        let steps = steps.map(|title| row_of(title, &language)).collect();
        let not_recorded = worked_out.not_recorded.into_iter();
        let lists = worked_out.lists.into_iter();
        let detail = OperationDetail {
            same: worked_out.same,
            not_recorded: not_recorded
                .map(|(field, count)| (field.as_str().to_owned(), count))
                .collect(),
            lists: lists
                .map(|(of, name)| (of.as_str().to_owned(), name))
                .collect(),
            score_format: Some(format.as_str().to_owned()),
            from: base.file.clone(),
            left,
            ..OperationDetail::default()
        };
        let profile = target.profile.as_ref().unwrap_or(&viewer.account.name);
        let whole = format!("Bring {profile} back to {}", base.to);
        let operation = OperationRow {
            detail,
            ..OperationRow::new(live.owner.id, "restore", whole.clone(), self.now())
        };
        let mut plan = Plan {
            operation,
            steps,
            score_format: format,
            target,
            is_stored: false,
            per_minute: self.allowance().0,
            naming: Some(Naming {
                whole,
                ..Naming::default()
            }),
        };
        plan.operation.detail.mutes = self.inner.settings.mute_activity.mutes(plan.writes());
        plan
    }

    /// A plan of what an act did not get done, against the list as it is now.
    pub async fn plan_retry(&self, operation: &Id) -> Result<Plan, ActError> {
        let row = self.inner.store.operation(operation.clone()).await?;
        let row = row.ok_or_else(|| ActError::NotFound {
            reference: operation.to_string(),
        })?;
        let nothing = || ActError::NothingToRetry {
            operation: operation.clone(),
        };
        if row.state.is_open() || row.state == OperationState::Planned {
            return Err(nothing());
        }
        let target = self.target_of(row.owner).await?;
        target.may_write()?;
        let mut steps = self.inner.store.steps(operation.clone()).await?;
        steps.retain(can_be_retried);
        if steps.is_empty() {
            return Err(nothing());
        }
        let (_, _, live) = self.read_live(&target, row.owner).await?;
        let steps: Vec<_> = steps.into_iter().map(|step| again(step, &live)).collect();
        let format = row.detail.score_format.clone().unwrap_or_default();
        let what = match row.what.strip_prefix("Again: ") {
            Some(_) => row.what.clone(),
            None => format!("Again: {}", row.what),
        };
        let mut plan = Plan {
            operation: OperationRow {
                detail: OperationDetail {
                    same: 0,
                    not_recorded: Vec::new(),
                    retries: Some(operation.to_string()),
                    left: Vec::new(),
                    ..row.detail
                },
                ..OperationRow::new(row.owner, &row.kind, what, self.now())
            },
            steps,
            score_format: ScoreFormat::parse(&format),
            target,
            is_stored: false,
            per_minute: self.allowance().0,
            naming: None,
        };
        plan.operation.detail.mutes = self.inner.settings.mute_activity.mutes(plan.writes());
        Ok(plan)
    }

    async fn base(&self, profile: Option<&str>, wanted: &Wanted) -> Result<Base, ActError> {
        match wanted {
            Wanted::Snapshot(reference) => self.base_named(profile, reference).await,
            Wanted::Moment(moment) => {
                let owner = self.only_owner(profile).await?;
                let found = self.list_at(owner, *moment).await?;
                let found = found.ok_or(Guard::NoMoment)?;
                let exactly = if found.is_exact { "exactly" } else { "about" };
                Ok(Base {
                    to: self.moment_words(*moment),
                    name: format!(
                        "the list {exactly} as it was, from snapshot {}",
                        found.snapshot.id
                    ),
                    created_at: Some(*moment),
                    is_whole: found.is_exact && is_whole(&found.list),
                    list: found.list,
                    file: Some(found.snapshot.file.clone()),
                    row: Some(found.snapshot),
                })
            }
            Wanted::Before(operation) => {
                let row = self.inner.store.operation(operation.clone()).await?;
                let row = row.ok_or_else(|| ActError::NotFound {
                    reference: operation.to_string(),
                })?;
                let file = row.safety.ok_or_else(|| ActError::NoSafety {
                    operation: operation.clone(),
                })?;
                let path = self.inner.folder.path().join(file);
                let reference = path.display().to_string();
                let mut base = self.base_named(None, &reference).await?;
                base.to = format!("before \u{201c}{}\u{201d}", row.what);
                Ok(base)
            }
        }
    }

    async fn base_named(&self, profile: Option<&str>, reference: &str) -> Result<Base, ActError> {
        let found = self.find(reference, profile).await?;
        let file = found.path.as_ref().and_then(|path| path.file_name());
        let file = file.map(|name| name.to_string_lossy().into_owned());
        let name = match (&found.row, &file) {
            (Some(row), _) => format!("snapshot {}", row.id),
            (None, Some(file)) => file.clone(),
            (None, None) => reference.to_owned(),
        };
        let FoundList::Snapshot(snapshot) = found.source else {
            return Err(Guard::Live.into());
        };
        // A snapshot of ours is judged by what is known of it, however it was named.
        let mut row = found.row;
        if row.is_none() {
            let rows = self.inner.store.snapshots(None).await?;
            let is_it = |row: &SnapshotRow| row.file_hash == snapshot.file_hash;
            row = rows.into_iter().find(is_it);
        }
        let to = match (&row, &file) {
            (None, Some(file)) => file.clone(),
            _ => self.moment_words(found.created_at),
        };
        Ok(Base {
            to,
            created_at: Some(found.created_at),
            is_whole: is_whole(&snapshot.list),
            list: Arc::unwrap_or_clone(snapshot).list,
            name,
            row,
            file,
        })
    }

    /// The one account there is, or the one that is named.
    async fn only_owner(&self, profile: Option<&str>) -> Result<UserId, ActError> {
        if let Some(profile) = profile {
            return Ok(self.account_row(profile).await?.account.id);
        }
        let accounts = self.accounts().await?;
        match accounts.as_slice() {
            [one] => Ok(one.account.id),
            [] => Err(AccountError::NoAccount.into()),
            _ => Err(ActError::SeveralAccounts),
        }
    }

    /// The titles of a change, a group or an act, by the beginning of its id.
    pub async fn titles_of(
        &self,
        profile: Option<&str>,
        reference: &str,
    ) -> Result<BTreeSet<(MediaType, MediaId)>, ActError> {
        let owner = match profile {
            Some(profile) => Some(self.account_row(profile).await?.account.id),
            None => None,
        };
        let rows = self.named_changes(owner, &[reference.to_owned()]).await?;
        let titles = rows.iter();
        Ok(titles
            .map(|row| (row.change.media_type, row.change.media))
            .collect())
    }
}

/// When the first of some changes was, or between which two moments it was.
fn began(changes: &[&Change]) -> Option<When> {
    let first = |change: &&&Change| change.when.since.unwrap_or(change.when.at);
    changes.iter().min_by_key(first).map(|change| change.when)
}

/// What the titles of some changes are called in a plan, oldest change first.
fn named(plan: &Plan, changes: &[&Change]) -> Vec<String> {
    let steps = plan.steps.iter();
    let names: BTreeMap<_, _> = steps
        .map(|step| ((step.media_type, step.media), step.title.as_deref()))
        .collect();
    let name = |change: &&Change| {
        let name = names.get(&(change.media_type, change.media));
        let name = name.copied().flatten().map(str::to_owned);
        name.unwrap_or_else(|| format!("{} {}", change.media_type.word(), change.media))
    };
    changes.iter().rev().map(name).collect()
}

/// What must be true of a list before anything is put back to it.
fn check(base: &Base, options: &Options) -> Result<(), Guard> {
    let snapshot = base.name.clone();
    if let Some(row) = base.row.as_ref().filter(|row| !is_trusted(row)) {
        let problems = row.open_alarms().map(ToString::to_string);
        let problems: Vec<_> = problems.chain(row.damage.clone()).collect();
        if !problems.is_empty() {
            return Err(Guard::Doubted { snapshot, problems });
        }
    }
    let is_meant = |of: MediaType| options.media_type.is_none_or(|only| only == of);
    if !base
        .list
        .entries
        .iter()
        .any(|entry| is_meant(entry.media_type))
    {
        return Err(Guard::Empty { snapshot });
    }
    if options.removes && !base.is_whole {
        return Err(Guard::Partial { snapshot });
    }
    Ok(())
}

/// Whether a list was read so that what is not on it was not there.
const fn is_whole(list: &List) -> bool {
    list.coverage.swept && list.coverage.not_read.is_empty()
}

/// The change by which each of these titles is not as it was, of those that took effect, given newest first. Where that
/// cannot be told of the fields that are written, what happened last to the whole title counts.
fn last_of_each<'a>(
    rows: &'a [ChangeRow],
    sent: &BTreeMap<(MediaType, MediaId), BTreeSet<EntryField>>,
) -> Vec<&'a Change> {
    let took_effect = |row: &&ChangeRow| {
        let is_effect = matches!(
            row.change.outcome,
            Outcome::Synced | Outcome::Deleted | Outcome::Undone
        );
        is_effect && !matches!(row.change.source, Source::Import | Source::Api)
    };
    let of_fields = rows.iter().filter(took_effect).map(|row| (row, false));
    let of_titles = rows.iter().filter(took_effect).map(|row| (row, true));
    let (mut last, mut seen) = (Vec::new(), BTreeSet::new());
    let mut came_back = BTreeMap::new();
    for (row, is_last) in of_fields.chain(of_titles) {
        let change = &row.change;
        let key = (change.media_type, change.media);
        if seen.contains(&key) {
            continue;
        }
        let is_meant = sent.get(&key).is_some_and(|fields| {
            if is_last || fields.is_empty() {
                change.before.is_none() || change.after.is_none()
            } else {
                differs_by(change, fields, came_back.entry(key).or_insert(None))
            }
        });
        if is_meant {
            seen.insert(key);
            last.push(change);
        }
    }
    last
}

/// Whether some of these fields differ by a change: as one of them changed, or as the title went with what it held and
/// came back, after that, without.
fn differs_by<'a>(
    change: &'a Change,
    fields: &BTreeSet<EntryField>,
    came_back: &mut Option<&'a EntryValues>,
) -> bool {
    let has = |one: &EntryValues, other: &EntryValues| {
        one.differing(other).any(|field| fields.contains(&field))
    };
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => has(&before.values, &after.values),
        (None, Some(after)) => {
            *came_back = Some(&after.values);
            false
        }
        (Some(before), None) => came_back.is_some_and(|after| has(&before.values, after)),
        (None, None) => false,
    }
}

/// The fields that a step writes; none where a title is added or removed.
fn written_by(step: &StepRow) -> BTreeSet<EntryField> {
    let sides = step.before.as_ref().zip(step.target.as_ref());
    sides.map_or_else(BTreeSet::new, |(before, target)| {
        before.values.differing(&target.values).collect()
    })
}

/// The fields of a title that are left, each with what it holds and would hold.
fn left_of<'a>(
    title: &'a Planned,
    format: &'a ScoreFormat,
) -> impl Iterator<Item = LeftField> + 'a {
    let sides = title.was.as_ref().zip(title.now.as_ref());
    let fields = sides
        .into_iter()
        .flat_map(|sides| title.left.iter().map(move |of| (sides, *of)));
    fields.map(|((was, now), field)| {
        let (now, wanted) = change_of(now, was, field, format);
        LeftField {
            media_type: title.media_type.as_str().to_owned(),
            media: title.media.get(),
            field: field.as_str().to_owned(),
            now,
            wanted,
        }
    })
}

fn row_of(title: Planned, language: &TitleLanguage) -> StepRow {
    let known = title.was.as_ref().or(title.now.as_ref());
    let name = known
        .filter(|entry| entry.summary.is_some())
        .map(|entry| title_of(entry, language));
    let (action, target, problem) = match &title.verdict {
        Verdict::Send(step) => (step.kind.into(), step.target.as_ref(), None),
        Verdict::Stay => (Action::Stay, None, None),
        Verdict::Keep(reason) => (Action::Keep, None, Some(reason.clone())),
        Verdict::Cannot(reason) => (Action::Cannot, None, Some(reason.clone())),
    };
    let row = Row {
        media: title.media,
        media_type: title.media_type,
        title: name,
        now: title.now.as_ref(),
        target,
        was: title.was.as_ref(),
        action,
        undoes: Vec::new(),
        problem,
        notes: title.notes,
    };
    row.into_step()
}

/// A step once more, from the list as it is now. What was edited since stays.
fn again(mut step: StepRow, live: &List) -> StepRow {
    let key = (step.media_type, step.media);
    let now = live
        .entries
        .iter()
        .find(|entry| (entry.media_type, entry.media) == key);
    let before = step.before.take();
    let kept = match (&before, &mut step.target, now) {
        (Some(before), Some(target), Some(now)) => {
            let fields = before.values.differing(&target.values);
            let fields: Vec<_> = fields.collect();
            let is_edited = |field: &EntryField| {
                let differs = |other: &EntryValues| {
                    other.compare(&now.values, *field) == Comparison::Different
                };
                differs(&before.values) && differs(&target.values)
            };
            let edited: Vec<_> = fields.iter().copied().filter(is_edited).collect();
            let mut values = now.values.clone();
            for field in fields {
                values.copy(field, &target.values);
            }
            target.values = values;
            let names = edited.iter().map(|field| field.word(step.media_type));
            let names: Vec<_> = names.map(str::to_lowercase).collect();
            (!names.is_empty()).then(|| format!("edited since: {}", names.join(", ")))
        }
        (Some(_), Some(_), None) => Some("it is no longer on the list".to_owned()),
        (None, Some(target), Some(now))
            if target.values.differing(&now.values).next().is_some() =>
        {
            Some("it was added since".to_owned())
        }
        (Some(before), None, Some(now))
            if before.values.differing(&now.values).next().is_some() =>
        {
            Some("it was edited since".to_owned())
        }
        _ => None,
    };
    step.before = now.cloned();
    let fresh = Step::new(
        step.media,
        step.media_type,
        now.map(|entry| entry.values.clone()),
        step.target.as_ref().map(|entry| entry.values.clone()),
    );
    let (action, state) = match (&kept, fresh) {
        (Some(_), _) => (Action::Keep, StepState::Left),
        (None, Some(fresh)) => (fresh.kind.into(), StepState::Pending),
        (None, None) => (Action::Same, StepState::Left),
    };
    action.as_str().clone_into(&mut step.action);
    state.as_str().clone_into(&mut step.state);
    step.problem = kept;
    step
}
