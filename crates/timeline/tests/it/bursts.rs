//! Which changes have one cause, and U10: what is observed leads from one list to the other.

use anirewind_model::{
    Account, Coverage, Entry, List, ListSettings, MediaId, MediaType, ScoreFormat, UserId,
};
use anirewind_timeline::{Outcome, Window, apply, bursts, observe, revert};
use proptest::prelude::*;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::sample::{entry, values};

const SINCE: OffsetDateTime = datetime!(2026-11-03 13:00 UTC);
const UNTIL: OffsetDateTime = datetime!(2026-11-03 15:00 UTC);
const WINDOW: Window = Window {
    since: SINCE,
    until: UNTIL,
};

fn list(entries: impl IntoIterator<Item = Entry>) -> List {
    let mut entries: Vec<_> = entries.into_iter().collect();
    List::sort_and_dedup(&mut entries);
    List {
        owner: Account {
            id: UserId::new(1),
            name: "hana".to_owned(),
        },
        title_language: None,
        settings: ListSettings {
            score_format: ScoreFormat::Point10,
            row_order: None,
            anime: None,
            manga: None,
        },
        entries,
        favourites: None,
        coverage: Coverage::default(),
    }
}

fn lists() -> impl Strategy<Value = List> {
    let entries = proptest::collection::btree_map(0u32..12, values(), 0..10);
    entries.prop_map(|entries| {
        list(entries.into_iter().map(|(id, values)| Entry {
            media: MediaId::new(id),
            media_type: if id.is_multiple_of(3) {
                MediaType::Manga
            } else {
                MediaType::Anime
            },
            ..entry(values)
        }))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn u10_what_is_observed_leads_there_and_back(before in lists(), after in lists()) {
        let changes = observe(&before, &after, WINDOW);
        let mut walked = before.clone();
        for change in &changes {
            apply(&mut walked, change);
        }
        prop_assert_eq!(&walked, &after);
        for change in changes.iter().rev() {
            revert(&mut walked, change);
        }
        prop_assert_eq!(&walked, &before);
        prop_assert_eq!(observe(&before, &before, WINDOW), vec![]);
        let back = observe(&after, &before, WINDOW);
        prop_assert_eq!(back.len(), changes.len());
        for change in &changes {
            let inverse = back.iter().find(|other| other.media == change.media && other.media_type == change.media_type).unwrap();
            prop_assert_eq!((&inverse.before, &inverse.after), (&change.after, &change.before));
        }
    }
}

/// Titles that were saved so many seconds after the first look.
fn saved_at(seconds: &[i64]) -> (List, List) {
    let at = |score: u16, saved: bool| {
        let entries = seconds.iter().zip(0u32..).map(move |(second, id)| {
            let values = anirewind_model::EntryValues {
                score: anirewind_model::Score::new(score).into(),
                ..anirewind_model::EntryValues::default()
            };
            Entry {
                media: MediaId::new(id),
                updated_at: saved.then(|| SINCE + Duration::seconds(*second)),
                ..entry(values)
            }
        });
        list(entries)
    };
    (at(80, false), at(0, true))
}

#[test]
fn what_follows_closely_is_one_burst() {
    let of = |seconds: &[i64]| {
        let (before, after) = saved_at(seconds);
        let changes = observe(&before, &after, WINDOW);
        assert!(changes.iter().all(|change| change.when.is_exact()));
        bursts(&changes).iter().map(Vec::len).collect::<Vec<_>>()
    };
    let every = |count: i64, gap: i64| (0..count).map(|n| n * gap).collect::<Vec<_>>();
    assert_eq!(of(&every(38, 2)), [38]);
    assert_eq!(of(&every(4, 2)), [0; 0], "too few");
    assert_eq!(of(&every(6, 121)), [0; 0], "too far apart");
    assert_eq!(
        of(&every(20, 120)),
        [16],
        "half an hour, and too few after that"
    );
    let two: Vec<_> = every(5, 1)
        .into_iter()
        .chain((0..5).map(|n| 3_000 + n))
        .collect();
    assert_eq!(of(&two), [5, 5]);
}

#[test]
fn titles_that_vanish_in_one_look_are_one_burst_and_say_when_at_the_latest() {
    let (before, _) = saved_at(&[0, 1, 2, 3, 4, 5]);
    let changes = observe(&before, &list([]), WINDOW);
    assert_eq!(bursts(&changes), [[0, 1, 2, 3, 4, 5]]);
    assert!(
        changes
            .iter()
            .all(|change| change.outcome == Outcome::Deleted)
    );
    assert_eq!(
        (changes[0].when.at, changes[0].when.since),
        (UNTIL, Some(SINCE))
    );
}
