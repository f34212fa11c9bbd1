//! One title that has to be brought from one state to another.

use anirewind_model::{
    Comparison, Entry, EntryField, EntryValues, EntryWrite, FuzzyDate, MediaId, MediaType, Recorded,
};

/// What has to be done about one title, worked out from what was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which title. It is found by this, never by an entry's own id.
    pub media: MediaId,
    /// Which list it is on.
    pub media_type: MediaType,
    /// What to do.
    pub kind: StepKind,
    /// What is there now, or nothing.
    pub before: Option<EntryValues>,
    /// What is to be there, or nothing.
    pub target: Option<EntryValues>,
    /// The fields that are sent; those that are not recorded stay as they are.
    pub write: EntryValues,
}

/// What to do about a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// Write some of its fields.
    Write,
    /// Add it to the list.
    Add,
    /// Remove it from the list.
    Remove,
}

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepState {
    /// Nothing was sent.
    Pending,
    /// It may have been sent; only reading tells.
    Intended,
    /// It is as planned, and was read back.
    Done,
    /// It was as planned before anything was sent.
    Already,
    /// The title is no longer what the plan was made from. Nothing was sent.
    Conflict,
    /// AniList did not do it.
    Failed,
    /// AniList does not have the title any more.
    NotFound,
    /// It was written, and somebody edited it before it could be read back. The edit stands.
    Overtaken,
    /// The plan shows it and does not send it.
    Left,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// How.
    pub state: StepState,
    /// What is there now, as it was read back.
    pub now: Option<Entry>,
    /// What went wrong, if something did.
    pub problem: Option<String>,
}

impl Settled {
    pub(crate) fn new(state: StepState, now: Option<&Entry>, problem: Option<&str>) -> Self {
        Self {
            state,
            now: now.cloned(),
            problem: problem.map(str::to_owned),
        }
    }
}

impl StepKind {
    /// What is said to somebody who wants fields of a title left that is added or removed.
    pub const fn whole_note(self) -> Option<&'static str> {
        match self {
            Self::Write => None,
            Self::Add => Some("no field of it can be left: it is added back whole"),
            Self::Remove => Some("no field of it can be left: it is removed whole"),
        }
    }

    /// The word for it in the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Add => "add",
            Self::Remove => "remove",
        }
    }

    /// Reads the word for it.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Write, Self::Add, Self::Remove]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

impl StepState {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Intended,
        Self::Done,
        Self::Already,
        Self::Conflict,
        Self::Failed,
        Self::NotFound,
        Self::Overtaken,
        Self::Left,
    ];

    /// The word for it in the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Intended => "intended",
            Self::Done => "done",
            Self::Already => "already",
            Self::Conflict => "conflict",
            Self::Failed => "failed",
            Self::NotFound => "not_found",
            Self::Overtaken => "overtaken",
            Self::Left => "left",
        }
    }

    /// Reads the word for it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the title is now as planned, and that was read.
    pub const fn is_well(self) -> bool {
        matches!(self, Self::Done | Self::Already)
    }

    /// Whether trying again later may do what was not done now.
    pub const fn can_be_retried(self) -> bool {
        matches!(self, Self::Failed | Self::Conflict)
    }

    /// Whether nothing more is to be done about it.
    pub const fn is_settled(self) -> bool {
        !matches!(self, Self::Pending | Self::Intended)
    }
}

impl Step {
    /// The step from one state of a title to another; `None` when nothing differs.
    pub fn new(
        media: MediaId,
        media_type: MediaType,
        before: Option<EntryValues>,
        target: Option<EntryValues>,
    ) -> Option<Self> {
        let (kind, write) = match (&before, &target) {
            (None, None) => return None,
            (Some(_), None) => (StepKind::Remove, EntryValues::default()),
            (None, Some(target)) => (StepKind::Add, said(target.clone())),
            (Some(before), Some(target)) => {
                let mut write = EntryValues::default();
                for field in before.differing(target) {
                    write.copy(field, target);
                }
                if write == EntryValues::default() {
                    return None;
                }
                hold(&mut write, target);
                (StepKind::Write, write)
            }
        };
        Some(Self {
            media,
            media_type,
            kind,
            before,
            target,
            write,
        })
    }

    /// What is sent for it.
    pub(crate) fn request(&self) -> EntryWrite {
        EntryWrite {
            media: self.media,
            media_type: self.media_type,
            values: self.write.clone(),
        }
    }

    /// Whether a title is as planned, and everything that was to be written was read.
    pub fn is_reached(&self, now: Option<&EntryValues>) -> bool {
        let is_read = now.is_none_or(|now| {
            EntryField::ALL
                .into_iter()
                .all(|field| !self.write.get(field).is_recorded() || now.get(field).is_recorded())
        });
        is_read && agree(self.target.as_ref(), now)
    }

    /// Whether a title is what AniList makes of this when it fills something in by itself: each field
    /// is as it was, or as it is to be, or filled in along with the status.
    pub(crate) fn is_half_way(&self, now: Option<&Entry>) -> bool {
        let (Some(entry), Some(target)) = (now, self.target.as_ref()) else {
            return false;
        };
        let now = &entry.values;
        let is_as_before = |field| {
            let before = self.before.as_ref();
            before.is_some_and(|before| before.compare(now, field) != Comparison::Different)
        };
        let has_status = self.write.status.is_recorded() && now.status == target.status;
        EntryField::ALL.into_iter().all(|field| {
            is_as_before(field)
                || target.compare(now, field) != Comparison::Different
                || (has_status && is_filled_in(entry, field))
        })
    }

    /// Whether a title is still as it was when this was planned.
    pub fn is_untouched(&self, now: Option<&EntryValues>) -> bool {
        agree(self.before.as_ref(), now)
    }

    /// What is still not as planned of what was sent, and of what AniList moves by itself with it.
    /// Whatever else differs was edited by somebody, and is none of this step's business.
    pub(crate) fn touch_up(&self, now: &EntryValues) -> Option<EntryWrite> {
        let target = self.target.as_ref()?;
        let mut values = EntryValues::default();
        for field in now.differing(target) {
            if self.is_ours(field) {
                values.copy(field, target);
            }
        }
        hold(&mut values, target);
        (values != EntryValues::default()).then_some(EntryWrite {
            media: self.media,
            media_type: self.media_type,
            values,
        })
    }

    /// Whether everything that this step is about is as planned, whatever else was edited.
    pub(crate) fn is_ours_reached(&self, now: &EntryValues) -> bool {
        let differing = self.differing(now);
        let is_read = EntryField::ALL
            .into_iter()
            .all(|field| !self.write.get(field).is_recorded() || now.get(field).is_recorded());
        is_read && !differing.into_iter().any(|field| self.is_ours(field))
    }

    /// The fields that are sent and that a reading does not show.
    pub(crate) fn unread(&self, now: &EntryValues) -> Option<EntryField> {
        EntryField::ALL
            .into_iter()
            .find(|field| self.write.get(*field).is_recorded() && !now.get(*field).is_recorded())
    }

    fn is_ours(&self, field: EntryField) -> bool {
        self.write.get(field).is_recorded()
            || (self.write.status.is_recorded() && DERIVED.contains(&field))
    }

    /// The fields that are not as planned.
    pub(crate) fn differing(&self, now: &EntryValues) -> Vec<EntryField> {
        let target = self.target.as_ref();
        target.map_or_else(Vec::new, |target| target.differing(now).collect())
    }
}

/// Fields that AniList moves by itself when a status is saved.
const DERIVED: [EntryField; 5] = [
    EntryField::Progress,
    EntryField::Volumes,
    EntryField::Repeats,
    EntryField::Started,
    EntryField::Completed,
];

/// Whether a field holds what AniList puts there by itself: all episodes, or the day of the save.
fn is_filled_in(entry: &Entry, field: EntryField) -> bool {
    let total = entry.summary.as_ref().and_then(|media| match field {
        EntryField::Progress => media.episodes.or(media.chapters),
        EntryField::Volumes => media.volumes,
        _ => None,
    });
    let is_day_of_save = |date: Recorded<FuzzyDate>| {
        let days = date.known().and_then(|date| day_of(*date));
        let saved = entry.updated_at.map(time::OffsetDateTime::date);
        // The account's own day may be another than the one in UTC.
        days.zip(saved)
            .is_some_and(|(day, saved)| (day - saved).abs() <= time::Duration::DAY)
    };
    match field {
        EntryField::Progress => total.is_some() && entry.values.progress.known().copied() == total,
        EntryField::Volumes => total.is_some() && entry.values.volumes.known().copied() == total,
        EntryField::Started => is_day_of_save(entry.values.started),
        EntryField::Completed => is_day_of_save(entry.values.completed),
        _ => false,
    }
}

fn day_of(date: FuzzyDate) -> Option<time::Date> {
    let month = time::Month::try_from(date.month()?).ok()?;
    time::Date::from_calendar_date(i32::from(date.year()?), month, date.day()?).ok()
}

/// Saving a status, or scores by category, lets AniList fill in others by itself, unless they are
/// said.
fn hold(write: &mut EntryValues, target: &EntryValues) {
    if write.advanced_scores.is_recorded() {
        write.copy(EntryField::Score, target);
    }
    if !write.status.is_recorded() {
        return;
    }
    for field in DERIVED {
        write.copy(field, target);
    }
}

/// For a title that is added everything is said that AniList would fill in by itself, even what
/// nobody wrote down.
fn said(mut write: EntryValues) -> EntryValues {
    let neutral = EntryValues {
        progress: Recorded::Known(0),
        volumes: Recorded::Known(0),
        repeats: Recorded::Known(0),
        started: Recorded::Empty,
        completed: Recorded::Empty,
        ..EntryValues::default()
    };
    for field in DERIVED {
        if !write.get(field).is_recorded() {
            write.copy(field, &neutral);
        }
    }
    write
}

fn agree(planned: Option<&EntryValues>, now: Option<&EntryValues>) -> bool {
    match (planned, now) {
        (None, None) => true,
        (Some(planned), Some(now)) => planned.differing(now).next().is_none(),
        _ => false,
    }
}
