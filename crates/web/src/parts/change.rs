//! One change as people read it: what, when, by what, and how it can be taken back.

use anirewind_core::model::{Comparison, Entry, EntryField};
use anirewind_core::{Change, ChangeOutcome, ChangeRow, Id, Source, Style, undoable, values_of};
use askama::Template;

use crate::format;
use crate::language::name_of;
use crate::page::in_path;
use crate::parts::{Badge, Diff, RawPart, TitleCell, When, facts};

html_safe!(ChangeLine, UndoPart);

/// One change.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/change.html")]
pub(crate) struct ChangeLine {
    base: String,
    pub(crate) profile: String,
    pub(crate) id: String,
    pub(crate) title: TitleCell,
    pub(crate) badge: Badge,
    pub(crate) diff: Diff,
    before: Vec<(&'static str, String)>,
    after: Vec<(&'static str, String)>,
    raw: RawPart,
    /// The time of day, or the two between which it was.
    time: String,
    machine: String,
    exact: String,
    by: &'static str,
    operation: Option<String>,
    undoes: Option<String>,
    undone_by: Option<String>,
    put_back_by: Option<String>,
    error: Option<String>,
    /// What can be done about it: a word, and what it means.
    offer: Offer,
    why_not: Option<String>,
    is_hidden: bool,
    /// Opened, with how it is taken back.
    pub(crate) undo: Option<UndoPart>,
    /// Where the page is that it stands on, with everything chosen there.
    here: String,
    /// Whether it can be ticked.
    can_be_picked: bool,
    /// Whether it has the page for itself.
    is_alone: bool,
}

/// What can be done about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    Undo,
    BringBack,
    Redo,
    Retry,
    Nothing,
}

impl Offer {
    pub(crate) fn of(row: &ChangeRow) -> Self {
        let change = &row.change;
        match change.outcome {
            ChangeOutcome::Failed | ChangeOutcome::NotFound if change.operation.is_some() => {
                Self::Retry
            }
            _ if undoable(change).is_err() || row.undone_by.is_some() => Self::Nothing,
            // It is as it was before again.
            _ if row.put_back_by.is_some() => Self::Nothing,
            // What was done again is taken back like anything else.
            ChangeOutcome::Undone if change.source != Source::Redo => Self::Redo,
            _ if change.after.is_none() => Self::BringBack,
            _ => Self::Undo,
        }
    }

    /// Whether the change can be taken back.
    pub(crate) const fn takes_back(self) -> bool {
        !matches!(self, Self::Nothing | Self::Retry)
    }

    /// What is on the button.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Undo => "Undo…",
            Self::BringBack => "Bring back…",
            Self::Redo => "Redo…",
            Self::Retry => "Retry",
            Self::Nothing => "",
        }
    }
}

impl ChangeLine {
    pub(crate) fn of(base: &str, profile: &str, row: &ChangeRow, style: &Style) -> Self {
        let change = &row.change;
        let entry = change.after.as_ref().or(change.before.as_ref());
        let name = change.title.as_deref();
        let title = match entry.filter(|entry| entry.summary.is_some()) {
            Some(entry) => TitleCell::of(base, profile, entry, style),
            None => TitleCell::named(base, profile, change.media_type, change.media.get(), name),
        };
        let offer = Offer::of(row);
        let all = |entry: &Option<Entry>| {
            entry
                .as_ref()
                .map(|entry| facts(entry, style))
                .unwrap_or_default()
        };
        Self {
            base: base.to_owned(),
            profile: in_path(profile),
            id: row.id.to_string(),
            title,
            badge: badge(row),
            diff: Diff::of(change.before.as_ref(), change.after.as_ref(), style),
            before: all(&change.before),
            after: all(&change.after),
            raw: RawPart::of(base, row),
            time: time_of(row),
            machine: format::machine(change.when.at),
            exact: exactly(row),
            by: crate::pages::by(change.source.as_str()),
            operation: change.operation.as_ref().map(Id::to_string),
            undoes: change.undoes.as_ref().map(Id::to_string),
            undone_by: row.undone_by.as_ref().map(Id::to_string),
            put_back_by: row.put_back_by.as_ref().map(Id::to_string),
            error: change.error.clone(),
            offer,
            why_not: why_not(row),
            is_hidden: false,
            undo: None,
            here: String::new(),
            can_be_picked: false,
            is_alone: false,
        }
    }

    /// On a page to which hiding it leads back.
    pub(crate) fn standing_on(self, path: &str) -> Self {
        Self {
            here: path.to_owned(),
            ..self
        }
    }

    /// With a page for itself.
    pub(crate) fn alone(self) -> Self {
        Self {
            is_alone: true,
            time: self.exact.clone(),
            ..self
        }
    }

    /// With a tick box of the form `pick`.
    pub(crate) fn pickable(self) -> Self {
        Self {
            can_be_picked: true,
            ..self
        }
    }

    /// Whether something can be done with it that does not stand beside it already.
    fn is_offered(&self) -> bool {
        self.undo.is_none() && self.offer != Offer::Nothing
    }

    const fn is_pickable(&self) -> bool {
        self.offer.takes_back()
    }
}

/// What the title of a change is called here; as it was written down where nothing else is known of it.
pub(crate) fn called(change: &Change, style: &Style) -> Option<String> {
    let mut entries = [&change.after, &change.before].into_iter().flatten();
    match entries.find(|entry| entry.summary.is_some()) {
        Some(entry) => Some(name_of(entry, style)),
        None => change.title.clone(),
    }
}

fn why_not(row: &ChangeRow) -> Option<String> {
    if row.undone_by.is_some() {
        return None;
    }
    let reason = undoable(&row.change).err()?;
    Some(crate::page::sentence(&reason.to_string()))
}

/// What became of a title, as a sign and a word.
pub(crate) fn badge(row: &ChangeRow) -> Badge {
    let change = &row.change;
    let (tone, icon, word) = match (change.outcome, change.source) {
        (ChangeOutcome::Undone, Source::Redo) => ("undone", "i-redo", "redone"),
        (ChangeOutcome::Undone, _) => ("undone", "i-undo", "undone"),
        (ChangeOutcome::Deleted, _) => ("danger", "i-minus", "removed"),
        (ChangeOutcome::Synced, Source::Restore) => ("info", "i-run", "restored"),
        (ChangeOutcome::Synced, _) if change.before.is_none() => ("fine", "i-plus", "added"),
        (ChangeOutcome::Synced, _) => ("warning", "i-tilde", "changed"),
        (ChangeOutcome::Skipped, _) => ("quiet", "i-equal", "left"),
        (ChangeOutcome::Failed, _) => ("danger", "i-cross", "failed"),
        (ChangeOutcome::NotFound, _) => ("danger", "i-cross", "not found"),
        (ChangeOutcome::Pending, _) => ("quiet", "i-clock", "pending"),
    };
    Badge::new(tone, icon, word)
}

/// `14:02`, or `between 20:55 and 21:00`; with the day where the two are on different ones.
pub(crate) fn time_of(row: &ChangeRow) -> String {
    let when = row.change.when;
    let at = when.at;
    match when.since {
        None => format::clock(at),
        Some(since) if format::date(since) == format::date(at) => {
            format!("between {} and {}", format::clock(since), format::clock(at))
        }
        Some(since) => format!(
            "between {} and {}",
            format::instant(since),
            format::clock(at)
        ),
    }
}

/// The moment, or between which two it was.
pub(crate) fn exactly(row: &ChangeRow) -> String {
    let when = row.change.when;
    match when.since {
        None => format::instant(when.at),
        Some(since) => format!(
            "between {} and {}",
            format::instant(since),
            format::instant(when.at)
        ),
    }
}

/// How one change is taken back: what was, what it made of it, what is now.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/undo.html")]
pub(crate) struct UndoPart {
    base: String,
    profile: String,
    id: String,
    name: String,
    rows: Vec<ThreeWay>,
    /// When what is there now was seen; nothing before the first look.
    seen: Option<When>,
    shape: Shape,
    /// What is on the button.
    button: String,
    back: String,
    is_redo: bool,
}

/// What taking a change back does to the title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Fields,
    Removes,
    Adds,
}

/// One field.
#[derive(Debug, Clone)]
struct ThreeWay {
    key: &'static str,
    word: &'static str,
    /// The same inside a sentence.
    noun: &'static str,
    before: String,
    change: String,
    now: String,
    /// It is part of the change, and is not so already.
    can_be_ticked: bool,
    is_edited: bool,
    note: String,
}

impl UndoPart {
    pub(crate) fn of(
        base: &str,
        profile: &str,
        row: &ChangeRow,
        now: Option<&Entry>,
        seen: Option<When>,
        style: &Style,
        back: &str,
    ) -> Option<Self> {
        let offer = Offer::of(row);
        if !offer.takes_back() {
            return None;
        }
        let change = &row.change;
        let entry = change.after.as_ref().or(change.before.as_ref())?;
        let name = called(change, style).unwrap_or_else(|| name_of(entry, style));
        let (shape, rows) = match (&change.before, &change.after) {
            (Some(before), Some(after)) => (Shape::Fields, three_way(before, after, now, style)),
            (None, _) => (Shape::Removes, Vec::new()),
            (Some(_), None) => (Shape::Adds, Vec::new()),
        };
        let ticked: Vec<_> = rows.iter().filter(|row| row.can_be_ticked).collect();
        let button = match (shape, ticked.as_slice()) {
            (Shape::Removes, _) => "Plan: remove it from AniList".to_owned(),
            (Shape::Adds, _) => format!("Bring back {name}"),
            (Shape::Fields, [one]) if !one.is_edited && one.before == "-" => {
                format!("Clear {}", one.noun)
            }
            (Shape::Fields, [one]) if !one.is_edited => {
                format!("Put {} back to {}", one.noun, short(&one.before))
            }
            (Shape::Fields, [one]) => format!("Put back {} anyway", short(&one.before)),
            (Shape::Fields, _) => "Put the ticked fields back".to_owned(),
        };
        Some(Self {
            base: base.to_owned(),
            profile: in_path(profile),
            id: row.id.to_string(),
            name,
            rows,
            seen,
            shape,
            button,
            back: back.to_owned(),
            is_redo: offer == Offer::Redo,
        })
    }

    fn has_ticks(&self) -> bool {
        self.rows.iter().any(|row| row.can_be_ticked)
    }
}

/// Few words of a value, so that a button stays one.
fn short(text: &str) -> String {
    if text.chars().count() <= 24 {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(22).collect();
    format!("{beginning}…")
}

fn three_way(before: &Entry, after: &Entry, now: Option<&Entry>, style: &Style) -> Vec<ThreeWay> {
    let touched: Vec<_> = before.values.differing(&after.values).collect();
    let moved = now.map(|now| after.values.differing(&now.values).collect::<Vec<_>>());
    let moved = moved.unwrap_or_default();
    let shown = EntryField::ALL
        .into_iter()
        .filter(|field| touched.contains(field) || moved.contains(field));
    let rows = shown.map(|field| {
        let sides = [Some(before), Some(after), now];
        let [was, changed, is] = values_of(sides, field, &style.scores);
        let is_touched = touched.contains(&field);
        let is_so = now
            .is_some_and(|now| before.values.compare(&now.values, field) != Comparison::Different);
        let is_edited = is_touched && !is_so && moved.contains(&field);
        let note = match (is_touched, is_so, is_edited) {
            (false, ..) => "not part of this change".to_owned(),
            (true, true, _) => "is so already".to_owned(),
            (true, false, true) => "edited since".to_owned(),
            (true, false, false) if was == "-" => "cleared".to_owned(),
            (true, false, false) => format!("put back {was}"),
        };
        ThreeWay {
            key: field.as_str(),
            word: field.word(after.media_type),
            noun: field.noun(),
            before: was,
            change: changed,
            now: now.map_or_else(|| "not on the list".to_owned(), |_| is),
            can_be_ticked: is_touched && !is_so,
            is_edited,
            note,
        }
    });
    rows.collect()
}
