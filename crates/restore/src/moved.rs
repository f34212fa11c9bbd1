//! Telling what somebody did with a title from what happened to it.

use std::collections::BTreeSet;

use anirewind_model::{Entry, EntryField, EntryStatus, EntryValues, MediaId, Recorded};
use time::Duration;

/// Titles saved one after another within this time belong together.
const GAP: Duration = Duration::minutes(2);
/// So many titles that belong together are no single edits.
const BURST: usize = 5;

/// Fields that moved on: what watching and reading does to a title. They differ from what is wanted,
/// and a person will rather keep them.
pub(crate) fn moved_on(wanted: &EntryValues, now: &EntryValues) -> Vec<EntryField> {
    let differing: BTreeSet<_> = wanted.differing(now).collect();
    let mut moved = Vec::new();
    // These three go together: a completed title that is put back to half seen is neither.
    let unit = [
        EntryField::Status,
        EntryField::Progress,
        EntryField::Completed,
    ];
    let unit = unit.into_iter().filter(|field| differing.contains(field));
    let unit: Vec<_> = unit.collect();
    if unit.iter().all(|field| is_ahead(wanted, now, *field)) {
        moved.extend(unit);
    }
    let single = [
        EntryField::Volumes,
        EntryField::Repeats,
        EntryField::Started,
        EntryField::Score,
    ];
    let single = single.into_iter().filter(|field| differing.contains(field));
    moved.extend(single.filter(|field| is_ahead(wanted, now, *field)));
    moved
}

fn is_ahead(wanted: &EntryValues, now: &EntryValues, field: EntryField) -> bool {
    let count = |value: Recorded<u32>| value.known().copied().unwrap_or_default();
    match field {
        EntryField::Status => now
            .status
            .known()
            .is_some_and(|now| is_further(wanted.status.known(), now)),
        EntryField::Progress => count(now.progress) > count(wanted.progress),
        EntryField::Volumes => count(now.volumes) > count(wanted.volumes),
        EntryField::Repeats => count(now.repeats) > count(wanted.repeats),
        EntryField::Completed => is_filled(wanted.completed, now.completed),
        EntryField::Started => is_filled(wanted.started, now.started),
        EntryField::Score => is_filled(wanted.score, now.score),
        _ => false,
    }
}

const fn is_filled<T: Copy>(wanted: Recorded<T>, now: Recorded<T>) -> bool {
    matches!((wanted, now), (Recorded::Empty, Recorded::Known(_)))
}

const fn is_further(wanted: Option<&EntryStatus>, now: &EntryStatus) -> bool {
    use EntryStatus::{Completed, Current, Dropped, Paused, Planning, Repeating};

    matches!(
        (wanted, now),
        (_, Completed)
            | (Some(Planning | Paused | Dropped), Current | Repeating)
            | (Some(Completed), Repeating)
    )
}

/// Titles that were saved together with many others: nobody did that by hand, one by one.
pub(crate) fn saved_together<'a>(differing: impl Iterator<Item = &'a Entry>) -> BTreeSet<MediaId> {
    let mut saved: Vec<_> = differing
        .filter_map(|entry| Some((entry.updated_at?, entry.media)))
        .collect();
    saved.sort_unstable();
    let mut together = BTreeSet::new();
    for run in saved.chunk_by(|(earlier, _), (later, _)| *later - *earlier <= GAP) {
        if run.len() >= BURST {
            together.extend(run.iter().map(|(_, media)| *media));
        }
    }
    together
}
