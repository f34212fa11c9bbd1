//! What is too unusual to be believed at once, by example and by law.

use anirewind_backup::{Alarm, Rule, Thresholds, alarms, incomplete};
use anirewind_model::{
    Counts, Entry, EntryField, EntryStatus, EntryValues, List, MediaId, MediaType, Recorded, Score,
};
use proptest::prelude::*;

use crate::sample;

/// A list of so many anime, all scored, every other one private.
fn list(count: u32) -> List {
    let entry = |id: u32| Entry {
        media: MediaId::new(id),
        media_type: MediaType::Anime,
        id: None,
        values: EntryValues {
            status: Recorded::Known(EntryStatus::Completed),
            score: Score::new(u16::try_from(id % 100 + 1).unwrap()).into(),
            progress: Recorded::Known(id),
            private: Recorded::Known(id.is_multiple_of(2)),
            ..EntryValues::default()
        },
        created_at: None,
        updated_at: None,
        summary: None,
    };
    let mut list = sample::list();
    list.entries = (0..count).map(entry).collect();
    list.coverage.expected = None;
    list
}

fn changed(before: &List, count: usize, change: impl Fn(&mut EntryValues)) -> List {
    let mut now = before.clone();
    for entry in now.entries.iter_mut().take(count) {
        change(&mut entry.values);
    }
    now
}

fn without(before: &List, count: usize) -> List {
    let mut now = before.clone();
    now.entries.drain(..count);
    now
}

fn rules(before: &List, now: &List) -> Vec<Rule> {
    let alarms = alarms(before, now, &Thresholds::default());
    alarms.iter().map(|alarm| alarm.rule).collect()
}

#[test]
fn titles_that_vanish_together() {
    let hundred = list(100);
    for (gone, expected) in [
        (0, vec![]),
        (19, vec![]),
        (20, vec![Rule::MassRemoval]),
        (50, vec![Rule::MassRemoval]),
        (51, vec![Rule::MostGone]),
        (99, vec![Rule::MostGone]),
        (100, vec![Rule::Emptied, Rule::MostGone]),
    ] {
        assert_eq!(
            rules(&hundred, &without(&hundred, gone)),
            expected,
            "{gone} of 100"
        );
    }
    let many = list(1_000);
    assert_eq!(rules(&many, &without(&many, 100)), []);
    assert_eq!(rules(&many, &without(&many, 101)), [Rule::MassRemoval]);
    let few = list(6);
    assert_eq!(rules(&few, &without(&few, 4)), [], "by hand, perhaps");
    assert_eq!(rules(&list(4), &list(0)), []);
}

#[test]
fn scores_that_are_gone() {
    let before = list(300);
    let wiped = |count| changed(&before, count, |values| values.score = Recorded::Empty);
    assert_eq!(rules(&before, &wiped(19)), []);
    assert_eq!(rules(&before, &wiped(20)), [Rule::ScoresWiped]);
    let alarm = alarms(&before, &wiped(300), &Thresholds::default());
    assert_eq!(alarm[0].to_string(), "300 of 300 scores are gone");
    assert_eq!(alarm.len(), 1, "not said twice: {alarm:?}");
    let unrecorded = changed(&before, 300, |values| values.score = Recorded::NotRecorded);
    assert_eq!(rules(&before, &unrecorded), [], "nobody looked");
}

#[test]
fn one_value_for_many() {
    let before = list(100);
    let dropped = |count| {
        changed(&before, count, |values| {
            values.status = Recorded::Known(EntryStatus::Dropped);
        })
    };
    assert_eq!(rules(&before, &dropped(49)), []);
    let found = alarms(&before, &dropped(50), &Thresholds::default());
    assert_eq!(
        found,
        [Alarm {
            rule: Rule::SameValue,
            affected: 50,
            of: 100,
            field: Some(EntryField::Status),
        }]
    );
    let mut one_each = before.clone();
    for (n, entry) in (1_000..).zip(&mut one_each.entries) {
        entry.values.progress = Recorded::Known(n);
    }
    assert_eq!(rules(&before, &one_each), [], "each to a value of its own");
    let large = list(1_000);
    let some = changed(&large, 300, |values| values.repeats = Recorded::Known(1));
    assert_eq!(
        rules(&large, &some),
        [],
        "the field was not recorded before"
    );
}

#[test]
fn one_cleared_score_does_not_hide_six_hundred_that_were_set() {
    let before = list(1_000);
    let mut now = changed(&before, 600, |values| values.score = Score::new(100).into());
    now.entries[900].values.score = Recorded::Empty;
    now.entries[902].values.private = Recorded::Known(false);
    assert_eq!(rules(&before, &now), [Rule::SameValue]);
}

#[test]
fn private_titles_that_everybody_sees() {
    let before = list(30);
    let shown = |count| {
        changed(&before, count, |values| {
            values.private = Recorded::Known(false);
        })
    };
    assert_eq!(rules(&before, &shown(8)), [], "4 private ones");
    assert_eq!(rules(&before, &shown(10)), [Rule::MadePublic]);
}

#[test]
fn less_than_anilist_counts() {
    let of = |count, expected| {
        let mut list = list(count);
        list.coverage.expected = Some(Counts {
            anime: expected,
            manga: 0,
        });
        incomplete(&list, &Thresholds::default()).map(|alarm| alarm.affected)
    };
    assert_eq!(of(1_484, 2_000), Some(516));
    assert_eq!(of(950, 1_000), None);
    assert_eq!(of(15, 30), None);
    assert_eq!(of(1_000, 900), None);
}

#[test]
fn saying_it_was_me_raises_the_threshold_and_never_to_silence() {
    let before = list(100);
    let mut thresholds = Thresholds::default();
    let gone = |count, thresholds: &Thresholds| {
        alarms(&before, &without(&before, count), thresholds).len()
    };
    assert_eq!(gone(51, &thresholds), 1);
    thresholds.expected.insert(Rule::MostGone, 1);
    thresholds.expected.insert(Rule::MassRemoval, 9);
    assert_eq!(gone(54, &thresholds), 0);
    assert_eq!(gone(56, &thresholds), 1);
    thresholds.expected.insert(Rule::MostGone, 1_000);
    assert_eq!(gone(90, &thresholds), 1, "mass removal, at 55 percent");
    assert_eq!(gone(91, &thresholds), 1, "most gone, at its highest");
    thresholds.expected.insert(Rule::Emptied, 1_000);
    assert_eq!(
        gone(100, &thresholds),
        2,
        "an empty list is always asked about"
    );
}

proptest! {
    #[test]
    fn a_list_never_alarms_against_itself_and_additions_never_alarm(count in 0u32..80, more in 0u32..80) {
        prop_assert_eq!(rules(&list(count), &list(count)), []);
        prop_assert_eq!(rules(&list(count), &list(count + more)), []);
    }

    #[test]
    fn more_gone_is_never_less_of_an_alarm(count in 1u32..200, a in 0usize..200, b in 0usize..200) {
        let before = list(count);
        let most = usize::try_from(count).unwrap();
        let (less, more) = (a.min(b).min(most), a.max(b).min(most));
        let weight = |gone| rules(&before, &without(&before, gone)).iter()
            .map(|rule| if rule.quarantines() { 2 } else { 1 }).max().unwrap_or(0);
        prop_assert!(weight(less) <= weight(more));
    }

    #[test]
    fn a_looser_threshold_never_alarms_more(gone in 0usize..100, times in 0usize..30) {
        let before = list(100);
        let now = without(&before, gone);
        let mut loose = Thresholds::default();
        for rule in Rule::ALL {
            loose.expected.insert(rule, times);
        }
        prop_assert!(alarms(&before, &now, &loose).len() <= alarms(&before, &now, &Thresholds::default()).len());
    }
}

#[test]
fn what_one_side_could_not_see_rings_no_alarm_either_way() {
    let owners = list(100);
    let mut everybodys = owners.clone();
    everybodys
        .entries
        .retain(|entry| entry.values.private == Recorded::Known(false));
    everybodys.coverage.public = true;
    assert_eq!(rules(&owners, &everybodys), []);
    assert_eq!(rules(&everybodys, &owners), []);
    // All that is seen may be gone all the same, and counts against what can be seen.
    everybodys.entries.clear();
    assert_eq!(rules(&owners, &everybodys), [Rule::Emptied, Rule::MostGone]);
    // AniList counts what nobody sees.
    everybodys.coverage.expected = Some(Counts {
        anime: 100,
        manga: 0,
    });
    assert_eq!(incomplete(&everybodys, &Thresholds::default()), None);
}
