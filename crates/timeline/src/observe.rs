//! What something else changed, seen by comparing two looks.

use anirewind_model::{Entry, EntryStatus, List, Pair, TitleLanguage, pairs};
use time::{Duration, OffsetDateTime};

use crate::change::{Change, Outcome, Source, When};

/// The shortest time that is told apart.
const MOMENT: Duration = Duration::milliseconds(1);
/// Changes of one cause follow one another this closely.
const PAUSE: Duration = Duration::minutes(2);
/// And do not go on for longer than this.
const LONGEST: Duration = Duration::minutes(30);
/// Fewer than this together are single changes.
const BURST: usize = 5;

/// The time between two looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The look before.
    pub since: OffsetDateTime,
    /// This look.
    pub until: OffsetDateTime,
}

/// What differs between a list and the same one later, as changes, oldest first.
///
/// A field that one side did not record is no change.
pub fn observe(before: &List, after: &List, window: Window) -> Vec<Change> {
    let mut changes: Vec<Change> = pairs(before, after)
        .filter_map(|pair| match pair {
            Pair::First(was) => observed(Some(was), None, window),
            Pair::Second(is) => observed(None, Some(is), window),
            Pair::Both(was, is) => observed(Some(was), Some(is), window),
        })
        .collect();
    changes.sort_by_key(|change| (change.when.at, change.media_type, change.media));
    changes
}

/// What became of one title between two looks; `None` when nothing did.
pub fn observed(before: Option<&Entry>, after: Option<&Entry>, window: Window) -> Option<Change> {
    let entry = after.or(before)?;
    if let (Some(was), Some(is)) = (before, after)
        && was.values.differing(&is.values).next().is_none()
    {
        return None;
    }
    // AniList's own time counts when it lies between the looks, give or take its clock.
    let slack = Duration::minutes(5);
    let told = after.and_then(|entry| entry.updated_at);
    let told = told.filter(|at| *at > window.since - slack && *at <= window.until + slack);
    Some(Change {
        media: entry.media,
        media_type: entry.media_type,
        title: title(entry),
        outcome: if after.is_some() {
            Outcome::Synced
        } else {
            Outcome::Deleted
        },
        source: Source::Observed,
        when: match told {
            // It was not there at the look before, whatever AniList's clock says.
            Some(at) => When::exactly(at.max(window.since + MOMENT).min(window.until)),
            None => When {
                at: window.until,
                since: Some(window.since),
            },
        },
        before: before.cloned(),
        after: after.cloned(),
        group: None,
        operation: None,
        undoes: None,
        error: None,
    })
}

fn title(entry: &Entry) -> Option<String> {
    let summary = entry.summary.as_ref()?;
    summary
        .titles
        .preferred(&TitleLanguage::Romaji)
        .map(str::to_owned)
}

/// Finds the changes of one look that have one cause: five or more with at most two minutes
/// between one and the next, for half an hour at most. Those whose moment is not known belong
/// together when the same thing became of them.
///
/// The answer holds the indexes of each such burst.
pub fn bursts(changes: &[Change]) -> Vec<Vec<usize>> {
    let mut exact: Vec<usize> = Vec::new();
    let mut removed: Vec<usize> = Vec::new();
    let mut other: Vec<usize> = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        match (change.when.is_exact(), &change.after) {
            (true, _) => exact.push(index),
            (false, None) => removed.push(index),
            (false, Some(_)) => other.push(index),
        }
    }
    let at = |index: usize| changes.get(index).map(|change| change.when.at);
    exact.sort_by_key(|index| at(*index));
    let mut runs: Vec<Vec<usize>> = Vec::new();
    for index in exact {
        let fits = runs.last().is_some_and(|run: &Vec<usize>| {
            let (first, last) = (run.first(), run.last());
            let since = |of: Option<&usize>| Some(at(index)? - at(*of?)?);
            since(last).is_some_and(|gap| gap <= PAUSE)
                && since(first).is_some_and(|gap| gap <= LONGEST)
        });
        match runs.last_mut().filter(|_| fits) {
            Some(run) => run.push(index),
            None => runs.push(vec![index]),
        }
    }
    runs.push(removed);
    runs.push(other);
    runs.retain(|run| run.len() >= BURST);
    runs
}

/// Whether an entry looks as AniList makes a new one, with nothing written in it yet.
pub(crate) fn is_fresh(status: &EntryStatus) -> bool {
    matches!(status, EntryStatus::Current | EntryStatus::Planning)
}
