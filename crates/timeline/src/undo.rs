//! Taking a change back, three-way: what it was, what the change made of it, what it is now.
//!
//! Only the fields that the change touched are looked at. One that still is as the change left it is
//! put back; one that is as it was before needs nothing; any other was edited since, and is left
//! alone unless the person says otherwise.

use std::collections::BTreeSet;

use anirewind_model::{
    Comparison, CustomLists, Entry, EntryField, EntryValues, MediaId, MediaType, Picks, Recorded,
};
use thiserror::Error;

use crate::change::{Change, Outcome};

/// Fields that AniList moves together; they are judged as one.
const COUPLED: [EntryField; 3] = [
    EntryField::Status,
    EntryField::Progress,
    EntryField::Completed,
];

/// Why a change cannot be taken back at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum NotUndoable {
    /// It never took effect.
    #[error("nothing was changed, so there is nothing to take back")]
    NothingHappened,
    /// What was there before was not written down.
    #[error("what was there before is not known")]
    BeforeUnknown,
}

/// What the person says about what was edited since.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choices {
    /// Fields that are put back all the same.
    pub fields: BTreeSet<EntryField>,
    /// Only these fields of a change are taken back; all where there is none.
    pub only: BTreeSet<EntryField>,
    /// Whether a title that is gone is added again for the sake of a field.
    pub add_again: bool,
    /// Whether a title that was edited since is removed all the same.
    pub remove_edited: bool,
    /// What is said about single fields of single titles.
    pub picks: Picks,
}

impl Choices {
    /// Everything is put back, whatever was edited since.
    pub fn everything() -> Self {
        Self {
            fields: EntryField::ALL.into(),
            only: BTreeSet::new(),
            add_again: true,
            remove_edited: true,
            picks: Picks::default(),
        }
    }

    /// What counts for one title, but for what was picked; `None` where all of its fields are left.
    fn of(&self, title: (MediaType, MediaId)) -> Option<Self> {
        let mut own = self.clone();
        if !self.picks.is_about(title) {
            return Some(own);
        }
        if own.only.is_empty() {
            own.only = EntryField::ALL.into();
        }
        own.only.retain(|field| !self.picks.leaves(title, *field));
        (!own.only.is_empty()).then_some(own)
    }

    /// The fields of a title that are put back, whatever happened to them since. What is named as
    /// left, too, is left.
    fn put_back(&self, title: (MediaType, MediaId)) -> BTreeSet<EntryField> {
        let picks = &self.picks;
        let is_picked =
            |field: &EntryField| picks.puts(title, *field) && !picks.leaves(title, *field);
        EntryField::ALL.into_iter().filter(is_picked).collect()
    }
}

/// What has to be done about one title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitlePlan {
    /// Which title.
    pub media: MediaId,
    /// Which list.
    pub media_type: MediaType,
    /// What to do.
    pub action: Action,
    /// What was edited since and stands in the way. With any of these nothing is done.
    pub conflicts: Vec<Conflict>,
}

/// What to do about one title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing: it is so already, or something stands in the way.
    Nothing,
    /// Write these fields; those that are not recorded stay as they are.
    Write(EntryValues),
    /// Add the title to the list with these fields.
    Add(EntryValues),
    /// Remove the title from the list.
    Remove,
}

/// Something that was edited since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// A field holds neither what the change made of it nor what it was before.
    Field(EntryField),
    /// The title is no longer on the list.
    Gone,
    /// The title is to be removed, but was edited since.
    Edited,
}

impl TitlePlan {
    /// What the title holds once this is done.
    pub fn target(&self, now: Option<&Entry>) -> Option<EntryValues> {
        let now = now.map(|entry| entry.values.clone());
        match &self.action {
            Action::Nothing => now,
            Action::Add(values) => Some(values.clone()),
            Action::Remove => None,
            Action::Write(write) => {
                let mut values = now.unwrap_or_default();
                for field in EntryField::ALL {
                    if write.get(field).is_recorded() {
                        values.copy(field, write);
                    }
                }
                Some(values)
            }
        }
    }
}

/// Whether a change can be taken back, by the table of the system we follow.
///
/// `synced` with before and after: the before is put back. `synced` without before: the entry is
/// removed. `deleted` without after: it is brought back. An undo is a change like any other, and
/// taking it back is a redo.
pub fn undoable(change: &Change) -> Result<(), NotUndoable> {
    match (change.outcome, &change.before, &change.after) {
        (Outcome::Synced | Outcome::Undone, _, Some(_))
        | (Outcome::Deleted | Outcome::Undone, Some(_), None) => Ok(()),
        (Outcome::Deleted | Outcome::Undone, None, None) => Err(NotUndoable::BeforeUnknown),
        (Outcome::Synced, _, None) | (Outcome::Deleted, _, Some(_)) => {
            Err(NotUndoable::BeforeUnknown)
        }
        (Outcome::Skipped | Outcome::Failed | Outcome::NotFound | Outcome::Pending, _, _) => {
            Err(NotUndoable::NothingHappened)
        }
    }
}

/// What has to be done about a title so that changes of it are taken back, newest first.
///
/// All of them or none: with a conflict in one, nothing is done, unless somebody picked single fields
/// of the title: then these are put back, and the others stay, as they were shown.
pub fn take_back(changes: &[&Change], now: Option<&Entry>, choices: &Choices) -> Option<TitlePlan> {
    let first = changes.first()?;
    let title = (first.media_type, first.media);
    let Some(own) = choices.of(title) else {
        return Some(TitlePlan {
            media: first.media,
            media_type: first.media_type,
            action: Action::Nothing,
            conflicts: Vec::new(),
        });
    };
    let plan = taken_back(changes, now, &own)?;
    let picked = choices.put_back(title);
    if plan.conflicts.is_empty() || picked.is_empty() {
        return Some(plan);
    }
    let mut fields = own.fields.clone();
    fields.extend(&picked);
    let own = Choices {
        only: picked,
        fields,
        ..own
    };
    taken_back(changes, now, &own)
}

fn taken_back(changes: &[&Change], now: Option<&Entry>, choices: &Choices) -> Option<TitlePlan> {
    let first = changes.first()?;
    let (media, media_type) = (first.media, first.media_type);
    let mut state = now.map(|entry| entry.values.clone());
    let mut conflicts = Vec::new();
    for change in changes {
        let base = change.after.as_ref().map(|entry| &entry.values);
        let wanted = change.before.as_ref().map(|entry| &entry.values);
        let merged = merge(base, wanted, state.as_ref(), choices);
        for conflict in merged.conflicts {
            if !conflicts.contains(&conflict) {
                conflicts.push(conflict);
            }
        }
        state = merged.state;
    }
    let action = if conflicts.is_empty() {
        action(now.map(|entry| &entry.values), state)
    } else {
        Action::Nothing
    };
    Some(TitlePlan {
        media,
        media_type,
        action,
        conflicts,
    })
}

/// The shortest way from what is now to what is wanted.
fn action(now: Option<&EntryValues>, wanted: Option<EntryValues>) -> Action {
    match (now, wanted) {
        (None, None) => Action::Nothing,
        (None, Some(values)) => Action::Add(values),
        (Some(_), None) => Action::Remove,
        (Some(now), Some(wanted)) => {
            let mut write = EntryValues::default();
            let differing: Vec<_> = now.differing(&wanted).collect();
            for field in &differing {
                write.copy(*field, &wanted);
            }
            if differing.is_empty() {
                Action::Nothing
            } else {
                Action::Write(write)
            }
        }
    }
}

struct Merged {
    state: Option<EntryValues>,
    conflicts: Vec<Conflict>,
}

fn merge(
    base: Option<&EntryValues>,
    wanted: Option<&EntryValues>,
    now: Option<&EntryValues>,
    choices: &Choices,
) -> Merged {
    let clean = |state| Merged {
        state,
        conflicts: Vec::new(),
    };
    let stays = |conflict| Merged {
        state: now.cloned(),
        conflicts: vec![conflict],
    };
    match (base, wanted, now) {
        // The change brought the title to the list: it goes.
        (_, None, None) => clean(None),
        (base, None, Some(now)) => {
            let is_edited = base.is_none_or(|base| base.differing(now).next().is_some());
            if is_edited && !choices.remove_edited {
                stays(Conflict::Edited)
            } else {
                clean(None)
            }
        }
        // The change took the title from the list: it comes back.
        (None, Some(wanted), None) => clean(Some(wanted.clone())),
        // And somebody brought it back meanwhile: what is blank is filled in.
        (None, Some(wanted), Some(now)) => fields(&blank(now, wanted), wanted, now, choices),
        (Some(base), Some(wanted), Some(now)) => fields(base, wanted, now, choices),
        (Some(_), Some(wanted), None) => {
            if choices.add_again {
                clean(Some(wanted.clone()))
            } else {
                stays(Conflict::Gone)
            }
        }
    }
}

/// What a title looks like that was just added: the base against which one that was added again is
/// judged.
fn blank(now: &EntryValues, wanted: &EntryValues) -> EntryValues {
    let status = match &now.status {
        Recorded::Known(status) if crate::observe::is_fresh(status) => now.status.clone(),
        _ => wanted.status.clone(),
    };
    EntryValues {
        status,
        score: Recorded::Empty,
        progress: Recorded::Known(0),
        volumes: Recorded::Known(0),
        repeats: Recorded::Known(0),
        priority: Recorded::Known(0),
        private: Recorded::Known(false),
        hidden: Recorded::Known(false),
        notes: Recorded::Empty,
        custom_lists: Recorded::Empty,
        advanced_scores: Recorded::Empty,
        started: Recorded::Empty,
        completed: Recorded::Empty,
    }
}

fn fields(
    base: &EntryValues,
    wanted: &EntryValues,
    now: &EntryValues,
    choices: &Choices,
) -> Merged {
    let mut state = now.clone();
    let mut conflicts = Vec::new();
    let is_meant = |field: EntryField| choices.only.is_empty() || choices.only.contains(&field);
    let mut unit = |fields: &[EntryField]| {
        let fields: Vec<_> = fields.iter().copied().filter(|f| is_meant(*f)).collect();
        let touched: Vec<_> = fields
            .iter()
            .filter(|field| base.compare(wanted, **field) == Comparison::Different)
            .collect();
        if touched.is_empty() {
            return;
        }
        let all_same = |other: &EntryValues| {
            // What this side did not record says nothing.
            fields
                .iter()
                .all(|field| other.compare(now, *field) != Comparison::Different)
        };
        if all_same(wanted) {
            return;
        }
        let edited: Vec<_> = fields
            .iter()
            .filter(|field| base.compare(now, **field) == Comparison::Different)
            .collect();
        if edited.iter().all(|field| choices.fields.contains(field)) {
            for field in fields {
                if wanted.get(field).is_recorded() {
                    state.copy(field, wanted);
                }
            }
            return;
        }
        conflicts.extend(edited.into_iter().map(|field| Conflict::Field(*field)));
    };
    unit(&COUPLED);
    for field in EntryField::ALL {
        if !COUPLED.contains(&field) && field != EntryField::CustomLists {
            unit(&[field]);
        }
    }
    if is_meant(EntryField::CustomLists) {
        custom_lists(base, wanted, now, &mut state);
    }
    Merged {
        state: Some(state),
        conflicts,
    }
}

/// Custom lists are a set: what the change put in comes out, what it took out comes in, and whatever
/// happened to the others stays.
fn custom_lists(
    base: &EntryValues,
    wanted: &EntryValues,
    now: &EntryValues,
    state: &mut EntryValues,
) {
    let names = |values: &EntryValues| -> Option<BTreeSet<String>> {
        match &values.custom_lists {
            Recorded::NotRecorded => None,
            Recorded::Empty => Some(BTreeSet::new()),
            Recorded::Known(lists) => Some(lists.iter().map(str::to_owned).collect()),
        }
    };
    let (Some(base), Some(wanted), Some(now)) = (names(base), names(wanted), names(now)) else {
        return;
    };
    let mut merged = now;
    merged.retain(|name| !base.contains(name) || wanted.contains(name));
    merged.extend(wanted.difference(&base).cloned());
    state.custom_lists = CustomLists::new(merged).into();
}
