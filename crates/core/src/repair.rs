//! What an alarm was about, and whether an act of ours has put it right.

use std::collections::BTreeSet;

use anirewind_backup::{Alarm, Answer, AnswerVerdict, Mark, Rule, alarms};
use anirewind_model::{Entry, EntryField, List, MediaId, MediaType, Recorded, UserId, comparable};
use anirewind_restore::StepState;
use anirewind_store::{
    Attempt, ChangeFilter, ChangeRow, OperationRow, OperationState, SnapshotFilter, SnapshotRow,
    Start, StepRow, StoreError,
};
use anirewind_timeline::{Change, Id, Outcome, Source, When, apply};
use time::OffsetDateTime;

use crate::alarms::{A_FEW, OpenAlarm};
use crate::app::App;
use crate::curate::CurateError;
use crate::find::BrowseError;
use crate::judge::{A_DAY, a_day_before, is_trusted, with_private};

/// Whether a change took effect, whoever made it.
pub(crate) const fn took_effect(change: &Change) -> bool {
    matches!(
        change.outcome,
        Outcome::Synced | Outcome::Deleted | Outcome::Undone
    )
}

/// Whether a change is what a rule is about.
fn is_about(alarm: &Alarm, change: &Change) -> bool {
    match alarm.rule {
        Rule::MassRemoval | Rule::MostGone | Rule::Emptied | Rule::Incomplete => {
            change.after.is_none()
        }
        Rule::SameValue | Rule::ScoresWiped | Rule::MadePublic => alarm
            .field
            .is_some_and(|field| change.fields().contains(&field)),
    }
}

impl App {
    /// What we ourselves changed of a list since a moment, oldest first.
    pub(crate) async fn ours_since(
        &self,
        owner: UserId,
        since: OffsetDateTime,
    ) -> Result<Vec<Change>, StoreError> {
        let mut ours = Vec::new();
        // Others' changes may be many, and are not read.
        for source in [Source::Restore, Source::Undo, Source::Redo] {
            let filter = ChangeFilter {
                since: Some(since),
                source: Some(source),
                bare: true,
                ..ChangeFilter::default()
            };
            ours.extend(self.changes(Some(owner), filter, None, usize::MAX).await?);
        }
        ours.retain(|row| took_effect(&row.change));
        ours.sort_by_key(|row| (row.change.when.at, row.seq));
        Ok(ours.into_iter().map(|row| row.change).collect())
    }

    /// What of a list that was just read is by acts of ours that were sent and not written down: the program ended in
    /// between, and they are gone on with later.
    pub(crate) async fn ours_in_between(&self, list: &List) -> Result<Vec<Change>, StoreError> {
        let mut ours = Vec::new();
        if list.coverage.public {
            return Ok(ours);
        }
        let store = &self.inner.store;
        let owner = list.owner.id;
        if !store.has_unsure_steps(owner).await? {
            return Ok(ours);
        }
        let mut acts = store.open_operations().await?;
        acts.retain(|act| act.owner == owner);
        for act in acts {
            for step in store.steps(act.id.clone()).await? {
                let is_sent = StepState::parse(&step.state) == Some(StepState::Intended);
                if is_sent && list.coverage.has_read(step.media_type) {
                    ours.extend(self.as_sent(list, step, &act.id));
                }
            }
        }
        Ok(ours)
    }

    /// The change that a step made, where the list shows that it did.
    fn as_sent(&self, list: &List, step: StepRow, act: &Id) -> Option<Change> {
        let mut entries = list.entries.iter();
        let now = entries.find(|of| (of.media_type, of.media) == (step.media_type, step.media));
        let is_so = match (&step.target, now) {
            (None, None) => true,
            (Some(target), Some(now)) => target.values.differing(&now.values).next().is_none(),
            _ => false,
        };
        is_so.then(|| Change {
            media: step.media,
            media_type: step.media_type,
            title: step.title,
            outcome: if now.is_some() {
                Outcome::Synced
            } else {
                Outcome::Deleted
            },
            before: step.before,
            after: now.cloned(),
            source: Source::Restore,
            when: When::exactly(self.now()),
            group: None,
            operation: Some(act.clone()),
            undoes: None,
            error: None,
        })
    }

    /// What a list is to be put back to so that all that an alarm tells of is put right: the last good
    /// snapshot before it or, where it went little by little, the earliest of the day; and where that was read
    /// without a token and so does not tell, the newest that was read with one.
    pub async fn base_of_alarm(
        &self,
        open: &OpenAlarm,
    ) -> Result<Option<SnapshotRow>, BrowseError> {
        let below = self.below(&open.snapshot).await?;
        // What a list that was read without a token does not show is in none that was read so.
        let other = with_private(&below, &open.snapshot);
        let Some(other) = other.or_else(|| a_day_before(&below, &open.snapshot)) else {
            return Ok(open.before.clone());
        };
        // It went at once where the last good one alone makes the same alarm, number for number.
        let before = match &open.before {
            Some(before) => self.expected(before, open.snapshot.created_at).await?,
            None => None,
        };
        let broken = self.list_of(Some(&open.snapshot)).await;
        let Some((before, broken)) = before.zip(broken) else {
            return Ok(Some(other));
        };
        let at_once = alarms(&before, &broken, &self.inner.settings.thresholds);
        let mut open_alarms = open.alarms.iter();
        let is_sudden = open_alarms.all(|of| of.rule == Rule::Incomplete || at_once.contains(of));
        Ok(if is_sudden {
            open.before.clone()
        } else {
            Some(other)
        })
    }

    /// What is unusual and unanswered, newest first, each with what its list is to be put back to.
    pub async fn alarms_with_bases(
        &self,
        owner: Option<UserId>,
    ) -> Result<Vec<OpenAlarm>, BrowseError> {
        let mut all = self.open_alarms(owner).await?;
        for open in &mut all {
            open.before = self.base_of_alarm(open).await?;
        }
        Ok(all)
    }

    /// The snapshots of the same account before one, oldest first, down to all with which that was compared.
    pub(crate) async fn below(&self, row: &SnapshotRow) -> Result<Vec<SnapshotRow>, BrowseError> {
        let since = row.created_at - A_DAY;
        let mut newest_first: Vec<SnapshotRow> = Vec::new();
        loop {
            let last = newest_first.last().unwrap_or(row).position;
            let (store, filter) = (&self.inner.store, SnapshotFilter::default());
            let owner = Some(row.owner.id);
            let rows = store.snapshots_where(owner, filter, Start::Below(last), A_FEW);
            let rows = rows.await?;
            let is_over = |older: &SnapshotRow| older.at() < since;
            let is_end = rows.is_empty();
            newest_first.extend(rows);
            // Those that are not believed are passed by, and the newest that is is not asked how old it is.
            let mut older = newest_first.iter().filter(|row| is_trusted(row)).skip(1);
            let knows_private = |of: &SnapshotRow| is_trusted(of) && !of.public;
            let has_private = row.public || newest_first.iter().any(knows_private);
            if is_end || (has_private && older.any(is_over)) {
                newest_first.reverse();
                return Ok(newest_first);
            }
        }
    }

    /// The groups of changes that an alarm is about: those since the snapshot to which a list is to be
    /// put back that did what it tells of.
    pub async fn groups_of_alarm(
        &self,
        owner: UserId,
        snapshot: &str,
    ) -> Result<BTreeSet<Id>, BrowseError> {
        let open = self.open_alarms(Some(owner)).await?;
        let Some(open) = open
            .into_iter()
            .find(|open| open.snapshot.id.as_str() == snapshot)
        else {
            return Ok(BTreeSet::new());
        };
        let Some(before) = self.base_of_alarm(&open).await? else {
            return Ok(BTreeSet::new());
        };
        let filter = ChangeFilter {
            since: Some(before.created_at),
            source: Some(Source::Observed),
            bare: true,
            ..ChangeFilter::default()
        };
        let rows = self.changes(Some(owner), filter, None, usize::MAX).await;
        let rows = rows.map_err(BrowseError::Store)?;
        // What it found may be written down later, when a second look has said the same; what somebody did
        // after it is none of it.
        let found_at = open.snapshot.created_at;
        let was_found = |change: &Change| {
            let since = change.when.since;
            change.when.at <= found_at || since.is_some_and(|since| since < found_at)
        };
        let is_meant = |row: &&ChangeRow| {
            took_effect(&row.change)
                && was_found(&row.change)
                && open.alarms.iter().any(|of| is_about(of, &row.change))
        };
        let groups = rows.iter().filter(is_meant);
        Ok(groups.filter_map(|row| row.change.group.clone()).collect())
    }

    /// Answers alarms that an act of ours has put right, and writes beside the snapshot what did.
    pub(crate) async fn close_repaired(&self, operation: &OperationRow) {
        if let Err(error) = self.try_close_repaired(operation).await {
            tracing::warn!(%error, "cannot say whether an alarm is put right");
        }
    }

    /// The same for the last acts that ended, as long as an alarm is open.
    pub(crate) async fn close_repaired_by_last(&self, owner: UserId) -> Result<(), BrowseError> {
        if self.open_alarms(Some(owner)).await?.is_empty() {
            return Ok(());
        }
        let last = self.inner.store.operations(Some(owner), A_FEW).await?;
        let has_ended = |operation: &OperationRow| {
            let state = operation.state;
            operation.kind != "import"
                && matches!(state, OperationState::Done | OperationState::Partly)
        };
        // Whichever of them mended some of it.
        for operation in last.iter().filter(|operation| has_ended(operation)) {
            self.close_repaired(operation).await;
        }
        Ok(())
    }

    async fn try_close_repaired(&self, operation: &OperationRow) -> Result<(), CurateError> {
        let owner = operation.owner;
        let steps = self.inner.store.steps(operation.id.clone()).await;
        let steps = steps.map_err(BrowseError::Store)?;
        let gone = steps
            .iter()
            .filter(|step| step.state == StepState::NotFound.as_str());
        let gone: BTreeSet<_> = gone.map(|step| (step.media_type, step.media)).collect();
        for mut open in self.open_alarms(Some(owner)).await? {
            // What was not read whole, the next whole reading shows; no act can.
            open.alarms.retain(|alarm| alarm.rule != Rule::Incomplete);
            if open.alarms.is_empty() || open.snapshot.created_at > operation.at {
                continue;
            }
            let Some(base) = self.base_of_alarm(&open).await? else {
                continue;
            };
            let expected = self.expected(&base, open.snapshot.created_at).await;
            let Some(before) = expected.map_err(BrowseError::Store)? else {
                continue;
            };
            let since = self.ours_since(owner, open.snapshot.created_at).await;
            let since = since.map_err(BrowseError::Store)?;
            let Some(broken) = self.list_of(Some(&open.snapshot)).await else {
                continue;
            };
            // What the one could not see is not what the other lost.
            let before = comparable(&before, &broken).into_owned();
            let known = self.inner.store.known(owner).await;
            let known = known.map_err(BrowseError::Store)?;
            let now = known.map(|(_, mut entries)| {
                entries.sort_by_key(key);
                List {
                    entries,
                    ..before.clone()
                }
            });
            let with = |is_meant: &dyn Fn(&Change) -> bool| {
                let mut list = broken.clone();
                for change in since.iter().filter(|change| is_meant(change)) {
                    apply(&mut list, change);
                }
                list
            };
            let mended = with(&|_| true);
            let wrong = Lost::of(&open, &before, &broken);
            // What was well without this act is not put right by it.
            let by_this = with(&|change| change.operation.as_ref() == Some(&operation.id));
            if wrong.is_all_in(&before, &by_this) {
                continue;
            }
            // And what somebody else put right need not be.
            let by_others = wrong.right_in(&before, &mended, now.as_ref());
            let not_waited_for: BTreeSet<_> = gone.union(&by_others).copied().collect();
            let is_well = |list: &List, but: &BTreeSet<(MediaType, MediaId)>| {
                let mut alarms = open.alarms.iter();
                alarms.all(|alarm| is_put_right(alarm, &before, list, but))
            };
            if is_well(&broken, &gone) || !is_well(&mended, &not_waited_for) {
                continue;
            }
            // What we wrote may have been changed again since.
            if let Some(now) = &now {
                let touched: BTreeSet<_> = since
                    .iter()
                    .map(|change| (change.media_type, change.media))
                    .collect();
                let others = before.entries.iter().map(key);
                let left_out = others
                    .filter(|title| !touched.contains(title) || gone.contains(title))
                    .collect();
                if !is_well(now, &left_out) {
                    continue;
                }
            }
            // Those that were taken meanwhile raised no alarm of their own, and hold no more; nor do
            // those in which it began, and those taken while the act was paused. The alarm itself comes last:
            // whoever is killed before it does all of this again.
            let began = since.first().map(|change| change.when.at);
            for row in self.meanwhile(&open, &base).await? {
                let Some(list) = self.list_of(Some(&row)).await else {
                    continue;
                };
                let is_of_it = began.is_none_or(|began| row.created_at <= began)
                    || row.created_at >= operation.at
                    || wrong.is_in(&before, &list);
                if is_of_it && !is_well(&list, &gone) {
                    self.note_repair(&open, &row, operation).await?;
                }
            }
            self.note_repair(&open, &open.snapshot, operation).await?;
            tracing::info!(operation = operation.id.as_str(), "an alarm is put right");
        }
        Ok(())
    }

    /// Answers what somebody says was not them and is dealt with: the snapshots in which it shows are not to
    /// be believed, those too that raised no alarm of their own, up to the first in which it is mended.
    pub(crate) async fn disown(&self, open: &OpenAlarm) -> Result<(), CurateError> {
        let rules: Vec<_> = open.alarms.iter().map(|alarm| alarm.rule).collect();
        let answer = Answer::new(AnswerVerdict::NotMe, &rules, self.now());
        if let Some(base) = self.base_of_alarm(open).await?
            && let Some(before) = self.expected(&base, open.snapshot.created_at).await?
            && let Some(broken) = self.list_of(Some(&open.snapshot)).await
        {
            let before = comparable(&before, &broken);
            let wrong = Lost::of(open, &before, &broken);
            for row in self.meanwhile(open, &base).await? {
                let Some(list) = self.list_of(Some(&row)).await else {
                    continue;
                };
                if wrong.is_in(&before, &list) {
                    self.answer(&row, answer.clone()).await?;
                } else if row.position > open.snapshot.position {
                    break;
                }
            }
        }
        self.answer(&open.snapshot, answer).await
    }

    /// Whether acts of ours put right what was unusual, and no snapshot that is believed holds that yet.
    pub(crate) async fn is_unsaved_repair(&self, owner: UserId) -> Result<bool, BrowseError> {
        let newest = self.last_taken(owner).await?;
        let Some(newest) = newest.filter(|row| !is_trusted(row)) else {
            return Ok(false);
        };
        // What failed is tried again at its own pace.
        let last = self.last_attempt(owner).await?;
        let Some(last) = last.filter(Attempt::is_well) else {
            return Ok(false);
        };
        if !self.open_alarms(Some(owner)).await?.is_empty() {
            return Ok(false);
        }
        let (since, store) = (newest.at().max(last.at), &self.inner.store);
        Ok(store.titles_acted_on(owner, since, self.now()).await? > 0)
    }

    /// Writes an answer beside a snapshot; what somebody said about other rules goes with it.
    pub(crate) async fn answer(
        &self,
        row: &SnapshotRow,
        answer: Answer,
    ) -> Result<(), CurateError> {
        let put = |mark: Mark| Mark {
            answer: Some(answer.after(mark.answer.as_ref())),
            ..mark
        };
        self.mark(row, put).await?;
        Ok(())
    }

    /// The believed snapshots after the one that an alarm is measured by, but for its own, oldest first. Those
    /// with an alarm of their own that nobody has answered speak for themselves.
    async fn meanwhile(
        &self,
        open: &OpenAlarm,
        base: &SnapshotRow,
    ) -> Result<Vec<SnapshotRow>, BrowseError> {
        let mut rows = self.snapshots(Some(base.owner.id)).await?;
        rows.retain(|row| {
            row.position > base.position
                && row.file != open.snapshot.file
                && is_trusted(row)
                && row.open_alarms().next().is_none()
        });
        rows.reverse();
        Ok(rows)
    }

    /// The list of a snapshot with what we ourselves changed until a moment.
    async fn expected(
        &self,
        row: &SnapshotRow,
        until: OffsetDateTime,
    ) -> Result<Option<List>, StoreError> {
        let Some(mut list) = self.list_of(Some(row)).await else {
            return Ok(None);
        };
        for change in self.ours_since(row.owner.id, row.created_at).await? {
            // What was sent in the moment of a snapshot was sent after it.
            if change.when.at > row.created_at && change.when.at <= until {
                apply(&mut list, &change);
            }
        }
        Ok(Some(list))
    }

    async fn list_of(&self, row: Option<&SnapshotRow>) -> Option<List> {
        let read = self.read_catalogued(row?).await.ok()?;
        Some(read.list.clone())
    }

    async fn note_repair(
        &self,
        open: &OpenAlarm,
        row: &SnapshotRow,
        by: &OperationRow,
    ) -> Result<(), CurateError> {
        let rules: Vec<_> = open.alarms.iter().map(|alarm| alarm.rule).collect();
        let at = self.now();
        let why = format!("Put right by \u{201c}{}\u{201d} ({}).", by.what, by.id);
        self.mark(row, |mark| {
            let answer = Answer::new(AnswerVerdict::NotMe, &rules, at);
            let answer = answer.after(mark.answer.as_ref());
            Mark {
                note: Some(match &mark.note {
                    Some(note) => format!("{note}\n{why}"),
                    None => why.clone(),
                }),
                answer: Some(answer),
                ..mark
            }
        })
        .await?;
        Ok(())
    }
}

/// Whether what an alarm tells of is no longer so in a list.
fn is_put_right(
    alarm: &Alarm,
    before: &List,
    list: &List,
    gone: &BTreeSet<(MediaType, MediaId)>,
) -> bool {
    let mut entries = before
        .entries
        .iter()
        .filter(|was| !gone.contains(&key(was)));
    entries.all(|was| is_title_right(alarm, was, found_in(list, was)))
}

fn key(entry: &Entry) -> (MediaType, MediaId) {
    (entry.media_type, entry.media)
}

/// The same title in another list.
fn found_in<'a>(list: &'a List, was: &Entry) -> Option<&'a Entry> {
    let place = list.entries.binary_search_by_key(&key(was), key).ok()?;
    list.entries.get(place)
}

/// Whether a rule is about titles that went, and not about what they hold.
const fn is_of_titles(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::MassRemoval | Rule::MostGone | Rule::Emptied | Rule::Incomplete
    )
}

/// Whether what an alarm tells of is not so of one title.
fn is_title_right(alarm: &Alarm, was: &Entry, now: Option<&Entry>) -> bool {
    match alarm.rule {
        Rule::MassRemoval | Rule::MostGone | Rule::Emptied | Rule::Incomplete => now.is_some(),
        // A title that is off the list has no value: that it is off is for other rules.
        Rule::ScoresWiped => {
            was.values.score.known().is_none()
                || now.is_none_or(|now| now.values.score != Recorded::Empty)
        }
        Rule::MadePublic => {
            was.values.private != Recorded::Known(true)
                || now.is_none_or(|now| now.values.private != Recorded::Known(false))
        }
        Rule::SameValue => alarm.field.is_some_and(|field: EntryField| {
            now.is_none_or(|now| {
                let mut differing = was.values.differing(&now.values);
                !differing.any(|other| other == field)
            })
        }),
    }
}

/// What an alarm is about: the titles of which what it tells of is so in its snapshot.
struct Lost(Vec<(Alarm, MediaType, MediaId)>);

impl Lost {
    fn of(open: &OpenAlarm, before: &List, broken: &List) -> Self {
        let alarms = open.alarms.iter();
        let lost = alarms.flat_map(|alarm| {
            let wrong = before
                .entries
                .iter()
                .filter(|was| !is_title_right(alarm, was, found_in(broken, was)));
            wrong.map(|was| (*alarm, was.media_type, was.media))
        });
        Self(lost.collect())
    }

    /// The titles of which it is so in another list, too.
    fn still_in<'a>(
        &'a self,
        before: &'a List,
        list: &'a List,
    ) -> impl Iterator<Item = (MediaType, MediaId)> + 'a {
        let still = self.0.iter().filter(|(alarm, media_type, media)| {
            let place = before
                .entries
                .binary_search_by_key(&(*media_type, *media), key);
            let was = place.ok().and_then(|place| before.entries.get(place));
            was.is_some_and(|was| !is_title_right(alarm, was, found_in(list, was)))
        });
        still.map(|(_, media_type, media)| (*media_type, *media))
    }

    /// Whether most of it is so in another list, too.
    fn is_in(&self, before: &List, list: &List) -> bool {
        self.still_in(before, list).count() * 2 > self.0.len()
    }

    /// Whether all of it is.
    fn is_all_in(&self, before: &List, list: &List) -> bool {
        self.still_in(before, list).count() == self.0.len()
    }

    /// The titles of which it is so in one list and not in a later one, by whoever mended them. One that went has to
    /// hold there what it held: to be on the list again is not to be as it was.
    fn right_in(
        &self,
        before: &List,
        list: &List,
        now: Option<&List>,
    ) -> BTreeSet<(MediaType, MediaId)> {
        let Some(now) = now else {
            return BTreeSet::new();
        };
        let wrong: BTreeSet<_> = self.still_in(before, now).collect();
        let is_same = |title: &(MediaType, MediaId)| {
            let place = before.entries.binary_search_by_key(title, key);
            let was = place.ok().and_then(|place| before.entries.get(place));
            let sides = was.and_then(|was| Some((was, found_in(now, was)?)));
            sides.is_some_and(|(was, now)| was.values.differing(&now.values).next().is_none())
        };
        let went: BTreeSet<_> = self
            .0
            .iter()
            .filter(|(alarm, ..)| is_of_titles(alarm.rule))
            .map(|(_, media_type, media)| (*media_type, *media))
            .collect();
        let still = self.still_in(before, list);
        still
            .filter(|title| !wrong.contains(title) && (!went.contains(title) || is_same(title)))
            .collect()
    }
}
