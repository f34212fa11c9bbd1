//! Prints how long the server takes from nothing to its first answer, and how much memory it holds when
//! it is idle, in a folder of 10,000 snapshots and 100,000 changes.
//!
//! `cargo build --release -p anirewind-server && cargo run --release -p anirewind-core --example starting`
//!
//! Writing 10,000 files, each synced, takes a while before the first figure comes.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anirewind_anilist::{AniList, SystemClock};
use anirewind_backup::{Draft, Folder, Kind};
use anirewind_core::{App, Settings, Sources};
use anirewind_model::{
    AccessToken, Clock as _, Entry, EntryStatus, EntryValues, List, MediaId, MediaType, Recorded,
    Remote as _, Score,
};
use anirewind_simulator::{Growth, Options, RateLimit, Simulator, Switches, World};
use anirewind_store::Store;
use anirewind_timeline::{Change, Outcome, Source, When};
use time::OffsetDateTime;

const SNAPSHOTS: u32 = 10_000;
const CHANGES: u32 = 100_000;
const RUNS: usize = 9;
/// Long enough for what a start brings with it to be over.
const IDLE: Duration = Duration::from_secs(20);

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example talks")]
async fn main() -> Result<(), Failure> {
    let place = tempfile::tempdir()?;
    prepare(place.path()).await?;
    let server = std::env::current_exe()?;
    let server = server.parent().and_then(Path::parent);
    let server = server.ok_or("no folder")?.join("anirewind-server");
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let (mut child, took) = serve(&server, place.path())?;
        times.push(took);
        child.kill()?;
        child.wait()?;
    }
    times.sort_unstable();
    let middle = times.get(RUNS / 2).ok_or("no runs")?;
    println!("from nothing to the first answer: {middle:.1?} (all: {times:.1?})");
    let (mut child, _) = serve(&server, place.path())?;
    let busy = resident(child.id());
    std::thread::sleep(IDLE);
    let idle = resident(child.id());
    child.kill()?;
    child.wait()?;
    if let (Some(busy), Some(idle)) = (busy, idle) {
        println!("memory: {busy} kB right after the start, {idle} kB after {IDLE:?}");
    }
    Ok(())
}

/// Starts the server and waits for `/healthz`.
fn serve(server: &Path, data: &Path) -> Result<(Child, Duration), Failure> {
    let started = start();
    let mut child = Command::new(server)
        .args(["--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .env_clear()
        .env("ANIREWIND_LOG", "off")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = String::new();
    let output = child.stdout.take().ok_or("no output")?;
    BufReader::new(output).read_line(&mut line)?;
    let address = line.trim().rsplit("http://").next().unwrap_or_default();
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let took = started.elapsed();
    if !answer.starts_with("HTTP/1.1 200") {
        return Err(answer.into());
    }
    Ok((child, took))
}

async fn prepare(data: &Path) -> Result<(), Failure> {
    let folder = Folder::new(data.join("backups"), "plexanibridge");
    let mut list = list(200).await?;
    let now = SystemClock::new().now();
    let mut previous = None;
    for index in 0..SNAPSHOTS {
        if let Some(entry) = list.entries.first_mut() {
            entry.values.progress = Recorded::Known(index);
        }
        let written = folder.write(&Draft {
            list: &list,
            created_at: now - time::Duration::hours(i64::from(SNAPSHOTS - index)),
            kind: Kind::Automatic,
            previous,
        })?;
        previous = Some(written.snapshot.file_hash);
    }
    let settings = Settings::read(&Sources {
        flags: BTreeMap::from([("data_dir", data.display().to_string())]),
        ..Sources::default()
    })?;
    let clock = Arc::new(SystemClock::new());
    let app = App::open(settings, clock, jiff::tz::TimeZone::UTC, None)?;
    app.refresh_catalogue().await?;
    drop(app);
    let store = Store::open(&data.join("anirewind.db"))?;
    let owner = list.owner.id;
    for chunk in 0..CHANGES / 5_000 {
        let numbers = chunk * 5_000..(chunk + 1) * 5_000;
        let changes: Vec<_> = numbers.map(|number| change(number, now)).collect();
        store.record_changes(owner, changes).await?;
    }
    Ok(())
}

/// A new score for one of 2,000 titles, a minute after the last.
fn change(number: u32, now: OffsetDateTime) -> Change {
    let media = MediaId::new(500_000 + number % 2_000);
    let entry = |score: u32| Entry {
        media,
        media_type: MediaType::Anime,
        id: None,
        values: EntryValues {
            status: Recorded::Known(EntryStatus::Current),
            score: Score::new(u16::try_from(score % 100).unwrap_or_default()).into(),
            ..EntryValues::default()
        },
        created_at: None,
        updated_at: None,
        summary: None,
    };
    Change {
        media,
        media_type: MediaType::Anime,
        title: Some(format!("Title {}", number % 2_000)),
        before: Some(entry(number)),
        after: Some(entry(number + 7)),
        outcome: Outcome::Synced,
        source: Source::Observed,
        when: When::exactly(now - time::Duration::minutes(i64::from(CHANGES - number))),
        group: None,
        operation: None,
        undoes: None,
        error: None,
    }
}

async fn list(anime: usize) -> Result<List, Failure> {
    let clock = Arc::new(SystemClock::new());
    let mut world = World::new();
    let growth = Growth {
        seed: 7,
        anime,
        manga: 0,
    };
    world.grow(World::hana(), "token", growth, clock.now());
    let options = Options {
        switches: Switches {
            rate_limit: RateLimit::Off,
            ..Switches::default()
        },
        ..Options::default()
    };
    let simulator = Simulator::start_with(world, clock, options).await?;
    let token = AccessToken::new("token").ok_or("no token")?;
    let client = AniList::builder(token).endpoint(simulator.url()).build()?;
    let viewer = client.viewer().await?;
    Ok(client.list(&viewer, &|_, _| ()).await?)
}

/// What is resident in memory now, where the system says so.
fn resident(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[expect(clippy::disallowed_methods, reason = "an example measures true time")]
fn start() -> Instant {
    Instant::now()
}
