//! What a plan writes: all that is wanted, nothing else.

use std::collections::BTreeMap;

use anirewind_model::{
    Account, Coverage, CustomLists, Entry, EntryField, EntryStatus, EntryValues, FuzzyDate, List,
    ListSettings, MediaId, MediaType, Notes, Recorded, Score, ScoreFormat, TypeSettings, UserId,
};
use anirewind_restore::{Options, Plan, Prefer, StepKind, Verdict, plan};
use proptest::prelude::*;
use time::macros::datetime;

fn recorded<T: std::fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Recorded<T>> {
    prop_oneof![
        1 => Just(Recorded::NotRecorded),
        2 => Just(Recorded::Empty),
        5 => value.prop_map(Recorded::Known),
    ]
}

/// Counters are never empty.
fn counter(most: u32) -> impl Strategy<Value = Recorded<u32>> {
    prop_oneof![
        1 => Just(Recorded::NotRecorded),
        5 => (0..most).prop_map(Recorded::Known),
    ]
}

prop_compose! {
    fn values()(
        status in 0usize..6,
        score in recorded(1u16..=100),
        counters in (counter(30), counter(9), counter(4), counter(9)),
        flags in proptest::array::uniform2(prop_oneof![
            Just(Recorded::NotRecorded),
            any::<bool>().prop_map(Recorded::Known),
        ]),
        notes in recorded("[a-z]{1,4}"),
        lists in recorded(proptest::collection::btree_set("[A-C]", 1..3)),
        dates in proptest::array::uniform2(recorded(1u8..13)),
    ) -> EntryValues {
        let [private, hidden] = flags;
        let [started, completed] =
            dates.map(|month| month.map(|m| FuzzyDate::new(Some(2020), Some(m), None).unwrap()));
        EntryValues {
            status: Recorded::Known(EntryStatus::KNOWN[status].clone()),
            score: score.map(|raw| Score::new(raw).unwrap()),
            progress: counters.0,
            volumes: counters.1,
            repeats: counters.2,
            priority: counters.3,
            private, hidden,
            notes: notes.map(|text| Notes::new(text).unwrap()),
            custom_lists: lists.map(|names| CustomLists::new(names).unwrap()),
            advanced_scores: Recorded::NotRecorded,
            started, completed,
        }
    }
}

fn whole(values: &EntryValues) -> EntryValues {
    let nothing = EntryValues {
        status: Recorded::Known(EntryStatus::Planning),
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
    };
    let mut whole = nothing;
    for field in EntryField::ALL {
        if values.get(field).is_recorded() {
            whole.copy(field, values);
        }
    }
    whole
}

fn settings() -> ListSettings {
    let lists = TypeSettings {
        custom_lists: vec!["A".to_owned(), "B".to_owned()],
        ..TypeSettings::default()
    };
    ListSettings {
        score_format: ScoreFormat::Point100,
        row_order: None,
        anime: Some(lists.clone()),
        manga: Some(lists),
    }
}

fn list(entries: BTreeMap<u32, EntryValues>) -> List {
    let entries = entries.into_iter().map(|(media, values)| Entry {
        media: MediaId::new(media),
        media_type: if media % 2 == 0 {
            MediaType::Anime
        } else {
            MediaType::Manga
        },
        id: None,
        values,
        created_at: None,
        updated_at: Some(datetime!(2026-01-01 0:00 UTC) + time::Duration::days(i64::from(media))),
        summary: None,
    });
    let mut entries: Vec<_> = entries.collect();
    List::sort_and_dedup(&mut entries);
    List {
        owner: Account {
            id: UserId::new(4242),
            name: "hana".to_owned(),
        },
        title_language: None,
        settings: settings(),
        entries,
        favourites: None,
        coverage: Coverage::default(),
    }
}

fn lists() -> impl Strategy<Value = (List, List)> {
    let entries = || proptest::collection::btree_map(0u32..12, values(), 0..10);
    (entries(), entries()).prop_map(|(wanted, live)| {
        let live = live
            .into_iter()
            .map(|(media, values)| (media, whole(&values)));
        (list(wanted), list(live.collect()))
    })
}

/// The list once everything that is sent has taken effect.
fn carried_out(live: &List, plan: &Plan) -> List {
    let mut entries = live.entries.clone();
    for title in &plan.titles {
        let Verdict::Send(step) = &title.verdict else {
            continue;
        };
        let key = (step.media_type, step.media);
        let at = entries
            .iter()
            .position(|entry| (entry.media_type, entry.media) == key);
        match (step.kind, at) {
            (StepKind::Remove, Some(at)) => {
                entries.remove(at);
            }
            (StepKind::Write, Some(at)) => {
                for field in EntryField::ALL {
                    if step.write.get(field).is_recorded() {
                        entries[at].values.copy(field, &step.write);
                    }
                }
            }
            (StepKind::Add, None) => entries.push(Entry {
                media: step.media,
                media_type: step.media_type,
                id: None,
                values: whole(&step.write),
                created_at: None,
                updated_at: None,
                summary: None,
            }),
            (kind, at) => panic!("{kind:?} of a title at {at:?}"),
        }
    }
    List::sort_and_dedup(&mut entries);
    List {
        entries,
        ..live.clone()
    }
}

fn exactly() -> Options {
    Options {
        removes: true,
        prefer: Prefer::Snapshot,
        ..Options::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_carried_out_is_what_was_wanted_and_then_there_is_nothing_to_do((wanted, live) in lists()) {
        let planned = plan(&wanted, &live, &settings(), &exactly());
        let after = carried_out(&live, &planned);
        prop_assert_eq!(after.entries.len(), wanted.entries.len());
        for (wanted, after) in wanted.entries.iter().zip(&after.entries) {
            prop_assert_eq!((wanted.media_type, wanted.media), (after.media_type, after.media));
            prop_assert_eq!(wanted.values.differing(&after.values).count(), 0);
        }
        let mut known = settings();
        for (of, name) in &planned.lists {
            let of_type = if *of == MediaType::Anime { &mut known.anime } else { &mut known.manga };
            of_type.as_mut().unwrap().custom_lists.push(name.clone());
        }
        let again = plan(&wanted, &after, &known, &exactly());
        prop_assert!(again.titles.is_empty(), "{:?}", again.titles);
        prop_assert!(again.lists.is_empty());
        prop_assert_eq!(again.same, wanted.entries.len());
    }

    #[test]
    fn what_was_not_recorded_is_never_written_over((wanted, live) in lists()) {
        let planned = plan(&wanted, &live, &settings(), &exactly());
        for title in &planned.titles {
            let Verdict::Send(step) = &title.verdict else { continue };
            let (Some(was), Some(now)) = (&title.was, &title.now) else { continue };
            for field in was.values.not_recorded() {
                let sent = step.write.get(field);
                prop_assert!(!sent.is_recorded() || sent == now.values.get(field), "{:?}", field);
            }
        }
    }

    #[test]
    fn without_leave_nothing_is_removed_and_what_moved_on_stays((wanted, live) in lists()) {
        let planned = plan(&wanted, &live, &settings(), &Options::default());
        let after = carried_out(&live, &planned);
        for before in &live.entries {
            let key = (before.media_type, before.media);
            let after = after.entries.iter().find(|entry| (entry.media_type, entry.media) == key);
            let after = after.expect("nothing is removed");
            let count = |values: &EntryValues| values.progress.known().copied().unwrap_or_default();
            let wanted = wanted.entries.iter().find(|entry| (entry.media_type, entry.media) == key);
            let Some(wanted) = wanted else {
                prop_assert_eq!(&after.values, &before.values);
                continue;
            };
            // Progress that grew along with nothing that fell back is left.
            let same = wanted.values.compare(&before.values, EntryField::Status)
                == anirewind_model::Comparison::Same
                && wanted.values.compare(&before.values, EntryField::Completed)
                    != anirewind_model::Comparison::Different;
            if same && wanted.values.progress.is_recorded() && count(&before.values) > count(&wanted.values) {
                prop_assert_eq!(count(&after.values), count(&before.values));
            }
        }
    }

    #[test]
    fn only_what_is_named_is_written((wanted, live) in lists(), field in 0usize..13, manga in any::<bool>()) {
        let field = EntryField::ALL[field];
        let only = if manga { MediaType::Manga } else { MediaType::Anime };
        let options = Options { fields: [field].into(), media_type: Some(only), ..exactly() };
        let planned = plan(&wanted, &live, &settings(), &options);
        for title in &planned.titles {
            prop_assert_eq!(title.media_type, only);
            let Verdict::Send(step) = &title.verdict else { continue };
            prop_assert_eq!(step.kind, StepKind::Write);
            let (before, target) = (step.before.as_ref().unwrap(), step.target.as_ref().unwrap());
            prop_assert_eq!(before.differing(target).collect::<Vec<_>>(), [field]);
        }
    }
}

#[test]
fn what_anilist_does_not_take_today_is_left_out_and_said() {
    let mut wanted = whole(&EntryValues::default());
    wanted.repeats = Recorded::Known(5_000);
    wanted.notes = Notes::new("x".repeat(6_001)).into();
    wanted.progress = Recorded::Known(3);
    let wanted = list([(2, wanted)].into());
    let live = list([(2, whole(&EntryValues::default()))].into());
    let planned = plan(&wanted, &live, &settings(), &exactly());
    let title = &planned.titles[0];
    assert_eq!(title.notes.len(), 2, "{:?}", title.notes);
    let Verdict::Send(step) = &title.verdict else {
        panic!("{:?}", title.verdict)
    };
    assert_eq!(step.write.progress, Recorded::Known(3));
    assert!(!step.write.repeats.is_recorded() && !step.write.notes.is_recorded());
}

#[test]
fn a_list_that_is_gone_is_made_or_left_out() {
    let mut was = whole(&EntryValues::default());
    was.custom_lists = CustomLists::new(["A".to_owned(), "Gone".to_owned()]).into();
    let wanted = list([(2, was)].into());
    let live = list([(2, whole(&EntryValues::default()))].into());
    let planned = plan(&wanted, &live, &settings(), &exactly());
    assert_eq!(planned.lists, [(MediaType::Anime, "Gone".to_owned())]);
    let options = Options {
        leaves_lists: true,
        ..exactly()
    };
    let planned = plan(&wanted, &live, &settings(), &options);
    assert!(planned.lists.is_empty());
    let Verdict::Send(step) = &planned.titles[0].verdict else {
        panic!()
    };
    let on: Vec<_> = step.write.custom_lists.known().unwrap().iter().collect();
    assert_eq!(on, ["A"]);
    assert_eq!(
        planned.titles[0].notes,
        ["no such custom list any more: Gone"]
    );
}

#[test]
fn what_was_read_without_a_token_says_nothing_of_what_is_private() {
    let values = |private| EntryValues {
        private,
        ..whole(&EntryValues::default())
    };
    let mut wanted = list(BTreeMap::new());
    wanted.coverage.public = true;
    let live = [
        (1, values(Recorded::Known(true))),
        (2, values(Recorded::Known(false))),
        (3, values(Recorded::NotRecorded)),
    ];
    let live = list(live.into());
    let removes = Options {
        removes: true,
        prefer: Prefer::Snapshot,
        ..Options::default()
    };
    let planned = plan(&wanted, &live, &live.settings, &removes);
    let sent = planned
        .titles
        .iter()
        .filter_map(|title| match &title.verdict {
            Verdict::Send(step) => Some(step.media.get()),
            Verdict::Keep(reason) => {
                assert!(reason.contains("private"), "{reason}");
                None
            }
            _ => None,
        });
    assert_eq!(sent.collect::<Vec<_>>(), [0; 0]);
    wanted.coverage.public = false;
    let planned = plan(&wanted, &live, &live.settings, &removes);
    assert_eq!(planned.titles.len(), 3);
    let is_sent = |title: &anirewind_restore::Planned| matches!(title.verdict, Verdict::Send(_));
    assert!(planned.titles.iter().all(is_sent));
}

#[test]
fn what_was_made_private_since_stays_so_unless_somebody_asks() {
    let values = |private| EntryValues {
        private: Recorded::Known(private),
        ..whole(&EntryValues::default())
    };
    let mut wanted = list([(1, values(false))].into());
    wanted.coverage.public = true;
    let live = list([(1, values(true))].into());
    let mut options = Options {
        prefer: Prefer::Snapshot,
        ..Options::default()
    };
    let sends = |wanted: &List, options: &Options| {
        let planned = plan(wanted, &live, &live.settings, options);
        let titles = planned.titles.iter();
        titles
            .filter(|title| matches!(title.verdict, Verdict::Send(_)))
            .count()
    };
    assert_eq!(sends(&wanted, &options), 0);
    let title = (live.entries[0].media_type, live.entries[0].media);
    options.picks.put(title, EntryField::Private);
    assert_eq!(sends(&wanted, &options), 1);
    wanted.coverage.public = false;
    assert_eq!(
        sends(
            &wanted,
            &Options {
                prefer: Prefer::Snapshot,
                ..Options::default()
            }
        ),
        1
    );
}
