//! Prints how long reading, hashing, writing and verifying lists of three sizes takes.
//!
//! `cargo bench -p anirewind-core --bench figures`
//!
//! 1,000 titles is a usual account, 10,000 a very large one, 50,000 more than anybody has: a figure
//! that grows faster than the list would show there. Reading goes over HTTP from the simulator, which
//! takes the larger part of that time; AniList's own limit of requests is switched off.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anirewind_anilist::{AniList, Pace, SystemClock};
use anirewind_backup::{Draft, Folder, Kind, content_hash};
use anirewind_model::{AccessToken, Clock as _, Remote as _};
use anirewind_simulator::{Growth, Options, RateLimit, Simulator, Switches, VirtualClock, World};

const SIZES: [usize; 3] = [1_000, 10_000, 50_000];
const RUNS: usize = 5;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a benchmark talks")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("titles | requests | read | hash | write (synced, read back, proven) | verify | size");
    for size in SIZES {
        let clock = Arc::new(SystemClock::new());
        let now = clock.now();
        let mut world = World::new();
        world.grow(
            World::hana(),
            "a-token",
            Growth {
                seed: 7,
                anime: size,
                manga: 0,
            },
            now,
        );
        let switches = Switches {
            rate_limit: RateLimit::Off,
            ..Switches::default()
        };
        let options = Options {
            switches,
            ..Options::default()
        };
        let simulator = Simulator::start_with(world, clock, options).await?;
        // Time that passes only when waited for: the pace of requests costs nothing here.
        let pace_clock = Arc::new(VirtualClock::starting_at(now));
        let anilist = AniList::builder(AccessToken::new("a-token").ok_or("no token")?)
            .endpoint(simulator.url())
            .clock(pace_clock.clone())
            .pace(Pace::new(pace_clock))
            .timeout(Duration::from_mins(5))
            .build()?;
        let viewer = anilist.viewer().await?;
        let before = simulator.traffic().requests;
        let (read, list) = {
            let started = start();
            let list = anilist.list(&viewer, &|_, _| ()).await?;
            (started.elapsed(), list)
        };
        let requests = simulator.traffic().requests - before;
        let hash = median(|| {
            std::hint::black_box(content_hash(&list));
            Ok(())
        })?;
        let place = tempfile::tempdir()?;
        let folder = Folder::new(place.path(), "plexanibridge");
        let draft = Draft {
            list: &list,
            created_at: now,
            kind: Kind::Manual,
            previous: None,
        };
        let written = folder.write(&draft)?;
        let write = median(|| folder.write(&draft).map(|_| ()).map_err(Into::into))?;
        let verify = median(|| folder.read(&written.name).map(|_| ()).map_err(Into::into))?;
        let (size_mb, entries) = (written.size / 1_000_000, list.entries.len());
        println!(
            "{entries} | {requests} | {read:.0?} | {hash:.1?} | {write:.1?} | {verify:.1?} | {size_mb} MB"
        );
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's time"
)]
fn start() -> Instant {
    Instant::now()
}

fn median(
    mut run: impl FnMut() -> Result<(), Box<dyn std::error::Error>>,
) -> Result<Duration, Box<dyn std::error::Error>> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let started = start();
        run()?;
        times.push(started.elapsed());
    }
    times.sort();
    times.get(RUNS / 2).copied().ok_or_else(|| "no runs".into())
}
