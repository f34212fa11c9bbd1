//! Prints how long a page of changes takes among 100,000 and among 1,000,000 of them.
//!
//! `cargo bench -p anirewind-store --bench timeline`
//!
//! Writing the million takes a minute or two.

use std::time::{Duration, Instant};

use anirewind_model::{
    Entry, EntryField, EntryStatus, EntryValues, MediaId, MediaType, Recorded, Score, UserId,
};
use anirewind_store::{ChangeFilter, ChangeKind, Cursor, Store};
use anirewind_timeline::{Change, Outcome, Source, When};
use time::OffsetDateTime;

const TITLES: u32 = 2_000;
const PAGE: usize = 50;
const RUNS: usize = 21;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "a benchmark talks")]
async fn main() -> Result<(), Failure> {
    let place = tempfile::tempdir()?;
    let store = Store::open(&place.path().join("anirewind.db"))?;
    let hana = UserId::new(4242);
    let mut written = 0;
    for target in [100_000, 1_000_000] {
        while written < target {
            let changes: Vec<_> = (written..written + 5_000).map(change).collect();
            store.record_changes(hana, changes).await?;
            written += 5_000;
        }
        let title = ChangeFilter {
            media: Some(MediaId::new(457)),
            media_type: Some(MediaType::Anime),
            ..ChangeFilter::default()
        };
        let started = start();
        store.kind_counts(hana).await?;
        println!(
            "{written} changes, counted by kind: {:.1?}",
            started.elapsed()
        );
        let last = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(u64::from(written) * 60);
        let days = (0..=30).rev().map(|ago| last - time::Duration::days(ago));
        let started = start();
        store.change_days(hana, days.collect()).await?;
        println!(
            "{written} changes, those of 30 days by day and kind: {:.1?}",
            started.elapsed()
        );
        for (name, filter) in [
            ("all", ChangeFilter::default()),
            (
                "removed",
                ChangeFilter {
                    outcome: Some(Outcome::Deleted),
                    ..ChangeFilter::default()
                },
            ),
            (
                "added",
                ChangeFilter {
                    kind: Some(ChangeKind::Added),
                    ..ChangeFilter::default()
                },
            ),
            (
                "of a field",
                ChangeFilter {
                    field: Some(EntryField::Score),
                    ..ChangeFilter::default()
                },
            ),
            (
                "by title",
                ChangeFilter {
                    title: Some("title 1457".to_owned()),
                    ..ChangeFilter::default()
                },
            ),
            ("history of a title", title),
        ] {
            let mut times = Vec::new();
            let mut below: Option<Cursor> = None;
            for _ in 0..RUNS {
                let started = start();
                let rows = store
                    .changes(Some(hana), filter.clone(), below, PAGE)
                    .await?;
                times.push(started.elapsed());
                below = rows.last().map(|row| Cursor {
                    at: row.change.when.at,
                    seq: row.seq,
                });
            }
            println!(
                "{written} changes, a page of {PAGE}, {name}: {:.1?}",
                middle(times)?
            );
        }
    }
    Ok(())
}

/// A change of one of many titles; every fiftieth removes one.
fn change(number: u32) -> Change {
    let entry = |score: u16| Entry {
        media: MediaId::new(number % TITLES),
        media_type: MediaType::Anime,
        id: None,
        values: EntryValues {
            status: Recorded::Known(EntryStatus::Current),
            score: Score::new(score).into(),
            progress: Recorded::Known(number / TITLES),
            ..EntryValues::default()
        },
        created_at: None,
        updated_at: None,
        summary: None,
    };
    let is_removal = number.is_multiple_of(50);
    let raw = u16::try_from(number % 100).unwrap_or_default();
    Change {
        media: MediaId::new(number % TITLES),
        media_type: MediaType::Anime,
        title: Some(format!("Title {}", number % TITLES)),
        before: Some(entry(raw)),
        after: (!is_removal).then(|| entry((raw + 7) % 100)),
        outcome: if is_removal {
            Outcome::Deleted
        } else {
            Outcome::Synced
        },
        source: Source::Observed,
        when: When::exactly(
            OffsetDateTime::UNIX_EPOCH + Duration::from_secs(u64::from(number) * 60),
        ),
        group: None,
        operation: None,
        undoes: None,
        error: None,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's time"
)]
fn start() -> Instant {
    Instant::now()
}

fn middle(mut times: Vec<Duration>) -> Result<Duration, Failure> {
    times.sort();
    times
        .get(times.len() / 2)
        .copied()
        .ok_or_else(|| "no runs".into())
}
