//! Prints how long it takes to live with a folder of 10,000 snapshots, and to compare two lists of
//! 10,000 titles.
//!
//! `cargo bench -p anirewind-core --bench folder`
//!
//! Writing 10,000 files, each synced, takes a while before the first figure comes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anirewind_anilist::{AniList, SystemClock};
use anirewind_backup::{Draft, Folder, Kind};
use anirewind_core::{App, Settings, Sources, compare};
use anirewind_model::{AccessToken, Clock as _, List, Recorded, Remote as _, Score};
use anirewind_simulator::{Growth, Options, RateLimit, Simulator, Switches, World};

const SNAPSHOTS: u32 = 10_000;
const RUNS: usize = 5;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a benchmark talks")]
async fn main() -> Result<(), Failure> {
    let large = list(10_000).await?;
    let mut other = large.clone();
    for (index, entry) in other.entries.iter_mut().enumerate() {
        if index % 7 == 0 {
            entry.values.score = Score::new(33).into();
            entry.values.progress = Recorded::Known(1);
        }
    }
    other.entries.truncate(9_900);
    let found = compare(&large, &other);
    let (changed, removed) = (found.changed.len(), found.removed.len());
    drop(found);
    let time = median(|| {
        std::hint::black_box(compare(&large, &other));
        Ok(())
    })?;
    println!(
        "compare two lists of 10,000 titles, {changed} changed, {removed} removed: {time:.1?}"
    );

    drop((large, other));

    let place = tempfile::tempdir()?;
    let folder = Folder::new(place.path().join("backups"), "plexanibridge");
    let mut small = list(200).await?;
    let now = SystemClock::new().now();
    let mut previous = None;
    for index in 0..SNAPSHOTS {
        if let Some(entry) = small.entries.first_mut() {
            entry.values.progress = Recorded::Known(index);
        }
        let written = folder.write(&Draft {
            list: &small,
            created_at: now - time::Duration::hours(i64::from(SNAPSHOTS - index)),
            kind: Kind::Automatic,
            previous,
        })?;
        previous = Some(written.snapshot.file_hash);
    }
    let started = start();
    let app = open(place.path())?;
    let added = app.refresh_catalogue().await?.added;
    println!(
        "catalogue made anew from {added} files of 200 titles: {:.1?}",
        started.elapsed()
    );
    drop(app);

    let before = resident();
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let started = start();
        let app = open(place.path())?;
        app.refresh_catalogue().await?;
        times.push(started.elapsed());
    }
    println!("start and look at the folder: {:.1?}", middle(times)?);
    let app = open(place.path())?;
    let mut below = None;
    let mut times = Vec::new();
    for _ in 0..100 {
        let started = start();
        let page = app.snapshots_page(None, below, 50).await?;
        times.push(started.elapsed());
        below = page.last().map(|row| row.position);
    }
    println!(
        "a page of 50, the median of 100 pages: {:.1?}",
        middle(times)?
    );
    let owner = app.owners().await?.first().ok_or("no owner")?.id;
    let started = start();
    let plan = app.retention_plan(owner).await?;
    let going = plan.going.len();
    println!(
        "retention planned, {going} would go: {:.1?}",
        started.elapsed()
    );
    if let (Some(before), Some(after)) = (before, resident()) {
        println!("memory: {before} kB before, {after} kB after 105 looks and pages");
    }
    Ok(())
}

/// What is resident in memory now, where the system says so.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn open(data: &std::path::Path) -> Result<App, Failure> {
    let settings = Settings::read(&Sources {
        flags: BTreeMap::from([("data_dir", data.display().to_string())]),
        ..Sources::default()
    })?;
    let clock = Arc::new(SystemClock::new());
    Ok(App::open(settings, clock, jiff::tz::TimeZone::UTC, None)?)
}

async fn list(size: usize) -> Result<List, Failure> {
    let clock = Arc::new(SystemClock::new());
    let mut world = World::new();
    let growth = Growth {
        seed: 7,
        anime: size,
        manga: 0,
    };
    world.grow(World::hana(), "a-token", growth, clock.now());
    let switches = Switches {
        rate_limit: RateLimit::Off,
        ..Switches::default()
    };
    let options = Options {
        switches,
        ..Options::default()
    };
    let simulator = Simulator::start_with(world, clock, options).await?;
    let anilist = AniList::builder(AccessToken::new("a-token").ok_or("no token")?)
        .endpoint(simulator.url())
        .build()?;
    let viewer = anilist.viewer().await?;
    Ok(anilist.list(&viewer, &|_, _| ()).await?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's time"
)]
fn start() -> Instant {
    Instant::now()
}

fn median(mut run: impl FnMut() -> Result<(), Failure>) -> Result<Duration, Failure> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let started = start();
        run()?;
        times.push(started.elapsed());
    }
    middle(times)
}

fn middle(mut times: Vec<Duration>) -> Result<Duration, Failure> {
    times.sort();
    times
        .get(times.len() / 2)
        .copied()
        .ok_or_else(|| "no runs".into())
}
