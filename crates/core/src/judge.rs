//! Whether a list that was just read can be believed.

use anirewind_backup::{Alarm, Kind, Rule, Thresholds, alarms, incomplete};
use anirewind_model::{List, Pair, pairs};
use anirewind_store::{Delta, SnapshotRow, Standing};
use time::{Duration, OffsetDateTime};

/// A list is also compared with the earliest believed one of the last day or so, so that what goes
/// little by little is seen as well. An hour more than a day, for days that have one more.
const A_DAY: Duration = Duration::hours(25);

/// What a list is compared with.
#[derive(Debug, Default)]
pub(crate) struct Bases<'a> {
    /// The newest one that is believed.
    pub(crate) last_good: Option<&'a SnapshotRow>,
    /// The earliest of the last day that is believed, if it is another one.
    pub(crate) a_day_ago: Option<&'a SnapshotRow>,
    /// What was noticed since then, and is not said again.
    pub(crate) noticed: Vec<Rule>,
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

/// Finds what to compare with among the snapshots of one account, oldest first.
pub(crate) fn bases(oldest_first: &[SnapshotRow], now: OffsetDateTime) -> Bases<'_> {
    let mut trusted = oldest_first
        .iter()
        .rev()
        .enumerate()
        .filter(|(_, row)| is_trusted(row));
    let Some((first, last_good)) = trusted.next() else {
        return Bases::default();
    };
    let a_day_ago = trusted
        .take_while(|(_, row)| row.at() >= now - A_DAY && row.at() <= now)
        .last();
    let seen = a_day_ago.map_or(first, |(index, _)| index);
    let since = oldest_first.iter().rev().take(seen);
    Bases {
        last_good: Some(last_good),
        a_day_ago: a_day_ago
            .map(|(_, row)| row)
            .filter(|row| row.content_hash != last_good.content_hash),
        noticed: since
            .flat_map(|row| row.alarms.iter().map(|alarm| alarm.rule))
            .collect(),
    }
}

/// Judges a list by what it is compared with.
pub(crate) fn judge(
    list: &List,
    last_good: Option<&List>,
    a_day_ago: Option<&List>,
    noticed: &[Rule],
    thresholds: &Thresholds,
) -> Judged {
    let mut found: Vec<Alarm> = incomplete(list, thresholds).into_iter().collect();
    if let Some(before) = last_good {
        found.extend(alarms(before, list, thresholds));
    }
    if let Some(before) = a_day_ago {
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
        delta: last_good.map(|before| delta(before, list)),
        alarms: found,
    }
}

/// The thresholds of an account, each raised as often as somebody said "this was me" to its rule.
pub(crate) fn raised(thresholds: &Thresholds, rows: &[SnapshotRow]) -> Thresholds {
    let mut raised = thresholds.clone();
    for row in rows {
        for alarm in row
            .alarms
            .iter()
            .filter(|alarm| row.is_expected(alarm.rule))
        {
            *raised.expected.entry(alarm.rule).or_default() += 1;
        }
    }
    raised
}

/// How many titles differ between two lists.
pub(crate) fn delta(before: &List, now: &List) -> Delta {
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
