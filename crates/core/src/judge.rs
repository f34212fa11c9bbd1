//! Whether a list that was just read can be believed.

use std::collections::BTreeSet;

use anirewind_backup::{Alarm, Kind, Rule, Thresholds, alarms, incomplete};
use anirewind_model::{Entry, List, Pair, Recorded, pairs};
use anirewind_store::{Delta, SnapshotRow, Standing};
use anirewind_timeline::{Change, apply};
use time::{Duration, OffsetDateTime};

/// A list is also compared with the earliest believed one of the last day or so, so that what goes
/// little by little is seen as well. An hour more than a day, for days that have one more.
pub(crate) const A_DAY: Duration = Duration::hours(25);

/// What a list is compared with.
#[derive(Debug, Default)]
struct Bases<'a> {
    /// The newest one that is believed.
    last_good: Option<&'a SnapshotRow>,
    /// The earliest of the last day that is believed, if it is another one.
    a_day_ago: Option<&'a SnapshotRow>,
    /// The newest believed one that was read with a token, where the newest one was not: it alone knows
    /// what was private.
    with_private: Option<&'a SnapshotRow>,
    /// What was noticed since then, and is not said again.
    noticed: Vec<Rule>,
    /// The one right before, if it is another one than the last that is believed.
    doubted: Option<&'a SnapshotRow>,
}

/// What there is to say about a list.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub(crate) delta: Option<Delta>,
    pub(crate) alarms: Vec<Alarm>,
}

/// Whether a snapshot may stand for what was on the list: ours, whole, and plausible. Files of other
/// tools hold less than the list and cannot be proven.
pub(crate) fn is_trusted(row: &SnapshotRow) -> bool {
    row.standing() == Standing::Good && row.kind != Kind::Imported
}

/// Finds what to compare with among the snapshots of one account, oldest first, but for files that are no good.
fn bases<'a>(
    oldest_first: &'a [SnapshotRow],
    bad: &[(String, String)],
    now: OffsetDateTime,
) -> Bases<'a> {
    let is_trusted =
        |row: &SnapshotRow| is_trusted(row) && bad.iter().all(|(file, _)| *file != row.file);
    let mut trusted = oldest_first
        .iter()
        .rev()
        .enumerate()
        .filter(|(_, row)| is_trusted(row));
    let is_readable = |row: &SnapshotRow| {
        row.kind != Kind::Imported
            && row.damage.is_none()
            && bad.iter().all(|(file, _)| *file != row.file)
    };
    let newest = oldest_first.iter().rev().find(|row| is_readable(row));
    let Some((first, last_good)) = trusted.next() else {
        return Bases {
            doubted: newest,
            ..Bases::default()
        };
    };
    let mut with_token = oldest_first.iter().rev();
    let with_private = with_token.find(|row| is_trusted(row) && !row.public);
    let a_day_ago = trusted
        .take_while(|(_, row)| row.at() >= now - A_DAY && row.at() <= now)
        .last();
    let seen = a_day_ago.map_or(first, |(index, _)| index);
    let since = oldest_first.iter().rev().take(seen);
    Bases {
        doubted: newest.filter(|row| row.file != last_good.file),
        last_good: Some(last_good),
        a_day_ago: a_day_ago
            .map(|(_, row)| row)
            .filter(|row| row.content_hash != last_good.content_hash),
        with_private: with_private.filter(|_| last_good.public),
        noticed: since
            .flat_map(|row| row.alarms.iter().map(|alarm| alarm.rule))
            .collect(),
    }
}

/// The earliest believed snapshot of the day before one, with which that was compared too. `below`
/// are those of the same account before it, oldest first.
pub(crate) fn a_day_before(below: &[SnapshotRow], row: &SnapshotRow) -> Option<SnapshotRow> {
    bases(below, &[], row.created_at).a_day_ago.cloned()
}

/// The newest believed snapshot below one that knows what is private, where the last good one does not.
pub(crate) fn with_private(below: &[SnapshotRow], row: &SnapshotRow) -> Option<SnapshotRow> {
    let found = bases(below, &[], row.created_at).with_private;
    found.filter(|_| !row.public).cloned()
}

/// What is private of a list.
pub(crate) fn private_part(mut list: List) -> List {
    let is_private = |entry: &Entry| entry.values.private == Recorded::Known(true);
    list.entries.retain(is_private);
    list
}

/// Judges a list by what it is compared with: the last good one, and those that tell what that does not.
fn judge(
    list: &List,
    last_good: Option<&List>,
    others: [Option<&List>; 2],
    noticed: &[Rule],
    thresholds: &Thresholds,
) -> Judged {
    let mut found: Vec<Alarm> = incomplete(list, thresholds).into_iter().collect();
    if let Some(before) = last_good {
        found.extend(alarms(before, list, thresholds));
    }
    for before in others.into_iter().flatten() {
        let is_new = |alarm: &Alarm| {
            !noticed.contains(&alarm.rule) && found.iter().all(|known| known.rule != alarm.rule)
        };
        let slow: Vec<_> = alarms(before, list, thresholds)
            .into_iter()
            .filter(is_new)
            .collect();
        found.extend(slow);
    }
    Judged {
        delta: None,
        alarms: found,
    }
}

/// The thresholds of an account, each raised as often as somebody said "this was me" to its rule.
fn raised(thresholds: &Thresholds, rows: &[SnapshotRow]) -> Thresholds {
    // What was said at once, about however many snapshots, counts once.
    let mut said: BTreeSet<(Rule, OffsetDateTime)> = BTreeSet::new();
    for row in rows {
        let at = row.mark.answer.as_ref().map(|answer| answer.at);
        let expected = row
            .alarms
            .iter()
            .filter(|alarm| row.is_expected(alarm.rule));
        said.extend(expected.filter_map(|alarm| Some((alarm.rule, at?))));
    }
    let mut raised = thresholds.clone();
    for (rule, _) in said {
        *raised.expected.entry(rule).or_default() += 1;
    }
    raised
}

/// Judges a list by the snapshots of the same account before it, oldest first.
///
/// One that cannot be read any more is passed over, and handed back as damaged: a list is never
/// believed because there was nothing to compare it with.
///
/// `ours` is what we ourselves changed since, oldest first: that is expected, and no alarm.
pub(crate) fn judge_by(
    list: &List,
    oldest_first: &[SnapshotRow],
    ours: &[Change],
    now: OffsetDateTime,
    thresholds: &Thresholds,
    mut read: impl FnMut(&SnapshotRow) -> Result<List, String>,
) -> (Judged, Vec<(String, String)>) {
    let thresholds = raised(thresholds, oldest_first);
    let mut damaged: Vec<(String, String)> = Vec::new();
    loop {
        let bases = bases(oldest_first, &damaged, now);
        let (last_good, a_day_ago) = (bases.last_good, bases.a_day_ago);
        let with_private = bases.with_private.filter(|_| !list.coverage.public);
        let mut failed: Option<(String, String)> = None;
        let mut list_of = |base: Option<&SnapshotRow>| {
            let base = base?;
            match read(base) {
                Ok(list) => Some(list),
                Err(problem) => {
                    failed = Some((base.file.clone(), problem));
                    None
                }
            }
        };
        let (before, earlier) = (list_of(last_good), list_of(a_day_ago));
        let private = list_of(with_private).map(private_part);
        let doubted = list_of(bases.doubted);
        let Some((file, problem)) = failed else {
            let newest = doubted.as_ref().or(before.as_ref());
            let delta = newest.map(|newest| delta(newest, list));
            let expected = |list: Option<List>, base: Option<&SnapshotRow>| {
                let (mut list, base) = list.zip(base)?;
                for change in ours.iter().filter(|of| of.when.at > base.created_at) {
                    apply(&mut list, change);
                }
                Some(list)
            };
            let judged = judge(
                list,
                expected(before, last_good).as_ref(),
                [
                    expected(earlier, a_day_ago).as_ref(),
                    expected(private, with_private).as_ref(),
                ],
                &bases.noticed,
                &thresholds,
            );
            return (Judged { delta, ..judged }, damaged);
        };
        tracing::error!(file, problem, "a snapshot cannot be compared with");
        damaged.push((file, problem));
    }
}

/// How many titles differ between two lists.
fn delta(before: &List, now: &List) -> Delta {
    let mut delta = Delta::default();
    for pair in pairs(before, now) {
        match pair {
            Pair::First(_) => delta.removed += 1,
            Pair::Second(_) => delta.added += 1,
            Pair::Both(was, is) => {
                delta.changed += usize::from(was.values.differing(&is.values).next().is_some());
            }
        }
    }
    delta
}
