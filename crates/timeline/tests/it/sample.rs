//! Random entries and changes, from few enough values that they meet.

use anirewind_model::{
    AdvancedScores, CustomLists, Entry, EntryStatus, EntryValues, FuzzyDate, MediaId, MediaType,
    Notes, Recorded, Score,
};
use anirewind_timeline::{Change, Outcome, Source, When};
use proptest::prelude::*;
use time::macros::datetime;

pub(crate) fn values() -> impl Strategy<Value = EntryValues> {
    (
        0usize..3,
        0u16..3,
        0u32..3,
        any::<[bool; 2]>(),
        "[ab]{0,1}",
        proptest::collection::btree_set("[A-C]", 0..3),
        0u32..2,
        proptest::array::uniform2(0u8..3),
    )
        .prop_map(
            |(status, score, progress, flags, notes, lists, story, dates)| {
                let [private, hidden] = flags;
                let [started, completed] =
                    dates.map(|month| FuzzyDate::new(None, Some(month), None).into());
                EntryValues {
                    status: Recorded::Known(EntryStatus::KNOWN[status].clone()),
                    score: Score::new(score).into(),
                    progress: Recorded::Known(progress),
                    volumes: Recorded::Known(0),
                    repeats: Recorded::Known(0),
                    priority: Recorded::Known(0),
                    private: Recorded::Known(private),
                    hidden: Recorded::Known(hidden),
                    notes: Notes::new(notes).into(),
                    custom_lists: CustomLists::new(lists).into(),
                    advanced_scores: AdvancedScores::new([("Story".to_owned(), f64::from(story))])
                        .into(),
                    started,
                    completed,
                }
            },
        )
}

pub(crate) fn state() -> impl Strategy<Value = Option<EntryValues>> {
    proptest::option::weighted(0.8, values())
}

pub(crate) fn entry(values: EntryValues) -> Entry {
    Entry {
        media: MediaId::new(457),
        media_type: MediaType::Anime,
        id: None,
        values,
        created_at: None,
        updated_at: None,
        summary: None,
    }
}

pub(crate) fn change(before: Option<&EntryValues>, after: Option<&EntryValues>) -> Change {
    Change {
        media: MediaId::new(457),
        media_type: MediaType::Anime,
        title: None,
        before: before.cloned().map(entry),
        after: after.cloned().map(entry),
        outcome: if after.is_some() {
            Outcome::Synced
        } else {
            Outcome::Deleted
        },
        source: Source::Observed,
        when: When::exactly(datetime!(2026-11-03 14:02 UTC)),
        group: None,
        operation: None,
        undoes: None,
        error: None,
    }
}
