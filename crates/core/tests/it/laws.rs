//! U12 and U13: what is put back can be taken back whole, and what is written down reads the same.

use std::collections::BTreeMap;

use anirewind_core::model::{
    Account, AdvancedScores, Coverage, CustomLists, Entry, EntryField, EntryStatus, EntryValues,
    FuzzyDate, List, ListSettings, MediaId, MediaType, Notes, Recorded, Score, ScoreFormat,
    TypeSettings, UserId,
};
use anirewind_core::{
    Change, ChangeOutcome, Choices, Id, OperationRow, Prefer, RestoreOptions, Source, StepRow, When,
};
use anirewind_restore::{Step, Verdict, plan};
use anirewind_store::Store;
use anirewind_timeline::{Action, take_back};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use time::macros::datetime;

const HANA: UserId = UserId::new(4242);

fn maybe<T: std::fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Recorded<T>> {
    prop_oneof![1 => Just(Recorded::Empty), 3 => value.prop_map(Recorded::Known)]
}

prop_compose! {
    /// What AniList answers: every field is recorded.
    fn values()(
        status in 0usize..6,
        score in maybe(1u16..=100),
        counters in proptest::array::uniform4(0u32..40),
        flags in proptest::array::uniform2(any::<bool>()),
        notes in maybe("[a-z\"\\\\\n\u{1F62D}<>&]{1,6}"),
        lists in maybe(proptest::collection::btree_set("[A-C]", 1..3)),
        story in maybe(1u32..100),
        dates in proptest::array::uniform2(maybe((any::<Option<u8>>(), 1u8..13, any::<bool>()))),
    ) -> EntryValues {
        let [progress, volumes, repeats, priority] = counters.map(Recorded::Known);
        let [private, hidden] = flags.map(Recorded::Known);
        let [started, completed] = dates.map(|date| date.map(|(year, month, has_day)| {
            let year = year.map(|year| 1990 + u16::from(year % 40));
            FuzzyDate::new(year, Some(month), has_day.then_some(28)).unwrap()
        }));
        EntryValues {
            status: Recorded::Known(EntryStatus::KNOWN[status].clone()),
            score: score.map(|raw| Score::new(raw).unwrap()),
            progress, volumes, repeats, priority, private, hidden,
            notes: notes.map(|text| Notes::new(text).unwrap()),
            custom_lists: lists.map(|names| CustomLists::new(names).unwrap()),
            advanced_scores: story.map(|raw| {
                AdvancedScores::new([("Story".to_owned(), f64::from(raw))]).unwrap()
            }),
            started, completed,
        }
    }
}

fn entry(media: u32, values: EntryValues) -> Entry {
    Entry {
        media: MediaId::new(media),
        media_type: if media.is_multiple_of(2) {
            MediaType::Anime
        } else {
            MediaType::Manga
        },
        id: None,
        values,
        created_at: None,
        updated_at: None,
        summary: None,
    }
}

fn settings() -> ListSettings {
    let of_type = TypeSettings {
        custom_lists: ["A", "B", "C"].map(str::to_owned).to_vec(),
        advanced_scoring: vec!["Story".to_owned()],
        ..TypeSettings::default()
    };
    ListSettings {
        score_format: ScoreFormat::Point100,
        row_order: None,
        anime: Some(of_type.clone()),
        manga: Some(of_type),
    }
}

fn list(entries: BTreeMap<u32, EntryValues>) -> List {
    let entries = entries
        .into_iter()
        .map(|(media, values)| entry(media, values));
    let mut entries: Vec<_> = entries.collect();
    List::sort_and_dedup(&mut entries);
    List {
        owner: Account {
            id: HANA,
            name: "hana".to_owned(),
        },
        title_language: None,
        settings: settings(),
        entries,
        favourites: None,
        coverage: Coverage::default(),
    }
}

fn lists() -> impl Strategy<Value = List> {
    proptest::collection::btree_map(0u32..10, values(), 0..9).prop_map(list)
}

/// What a title is once a step took effect.
fn after(step: &Step) -> Option<EntryValues> {
    let mut values = step.target.clone()?;
    for field in EntryField::ALL {
        if step.write.get(field).is_recorded() {
            values.copy(field, &step.write);
        }
    }
    Some(values)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn u12_taking_a_restore_back_is_the_list_from_before_it(
        wanted in lists(), live in lists(), removes in any::<bool>(), prefer in 0usize..3,
    ) {
        let options = RestoreOptions {
            removes,
            prefer: [Prefer::Ask, Prefer::Snapshot, Prefer::Live][prefer],
            ..RestoreOptions::default()
        };
        for title in plan(&wanted, &live, &settings(), &options).titles {
            let Verdict::Send(step) = title.verdict else { continue };
            let now = after(&step).map(|values| entry(step.media.get(), values));
            let change = Change {
                media: step.media,
                media_type: step.media_type,
                title: None,
                before: title.now.clone(),
                after: now.clone(),
                outcome: if now.is_some() { ChangeOutcome::Synced } else { ChangeOutcome::Deleted },
                source: Source::Restore,
                when: When::exactly(datetime!(2026-11-03 14:02 UTC)),
                group: None,
                operation: None,
                undoes: None,
                error: None,
            };
            let back = take_back(&[&change], now.as_ref(), &Choices::default()).unwrap();
            prop_assert_eq!(&back.conflicts, &vec![]);
            let restored = match back.action {
                Action::Nothing => now.map(|entry| entry.values),
                Action::Add(values) => Some(values),
                Action::Remove => None,
                Action::Write(write) => {
                    let mut values = now.unwrap().values;
                    for field in EntryField::ALL {
                        if write.get(field).is_recorded() {
                            values.copy(field, &write);
                        }
                    }
                    Some(values)
                }
            };
            prop_assert_eq!(restored, title.now.map(|entry| entry.values));
        }
    }
}

/// Ten thousand titles of plans go through the catalogue, and are what they were.
#[test]
fn u13_what_is_planned_and_written_down_reads_the_same() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(&place.path().join("anirewind.db")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let states = (
        proptest::option::of(values()),
        proptest::option::of(values()),
        proptest::collection::vec("[a-z ,:]{1,12}", 0..3),
    );
    let plans = proptest::collection::vec(states, 100);
    for number in 0..100 {
        let rows = plans.new_tree(&mut runner).unwrap().current();
        let steps = rows
            .into_iter()
            .enumerate()
            .map(|(media, (before, target, notes))| {
                let media = u32::try_from(media).unwrap();
                let of = |values: Option<EntryValues>| values.map(|values| entry(media, values));
                let (before, target) = (of(before), of(target));
                StepRow {
                    media: MediaId::new(media),
                    media_type: entry(media, EntryValues::default()).media_type,
                    title: Some(format!("title \"{media}\" 星")),
                    action: "write".to_owned(),
                    before,
                    target,
                    undoes: vec![Id::of_number(u64::from(media)), Id::of_number(7)],
                    state: "pending".to_owned(),
                    problem: (media % 3 == 0).then(|| "a reason".to_owned()),
                    notes,
                }
            });
        let steps: Vec<_> = steps.collect();
        let at = datetime!(2026-11-03 14:02:03.004 UTC);
        let mut operation = OperationRow::new(HANA, "restore", format!("plan {number}"), at);
        operation.expires_at = Some(at);
        operation.detail.same = number;
        operation.detail.lists = vec![("ANIME".to_owned(), "Cozy \"1\"".to_owned())];
        operation.detail.not_recorded = vec![("custom lists".to_owned(), 3)];
        let stored = runtime.block_on(store.put_operation(operation.clone(), steps.clone()));
        let stored = stored.unwrap();
        let id = stored.id.clone();
        let read = runtime
            .block_on(store.operation(id.clone()))
            .unwrap()
            .unwrap();
        assert_eq!(read, stored);
        operation.id = id.clone();
        operation.seq = stored.seq;
        assert_eq!(read, operation);
        assert_eq!(runtime.block_on(store.steps(id)).unwrap(), steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn u13_an_entry_in_a_file_reads_the_same(media in 1u32..1_000_000, values in values()) {
        let entry = entry(media, values);
        let text = anirewind_backup::entry_to_json(&entry, HANA).unwrap();
        let read = anirewind_backup::entry_from_json(&text, entry.media_type).unwrap();
        prop_assert_eq!(read, entry);
    }
}
