//! How long planning takes, and how long the executor itself takes: prints, and fails at nothing.
//!
//! `cargo bench -p anirewind-restore --bench planning`

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark takes the true time and prints it"
)]

use std::sync::Arc;
use std::time::Instant;

use anirewind_anilist::{AniList, Pace, WRITES_PER_REQUEST};
use anirewind_model::{AccessToken, Remote as _};
use anirewind_restore::{
    Journal, JournalError, Options, Ports, Prefer, Reading, Settled, StepState, Verdict, execute,
    plan,
};
use anirewind_simulator::{Growth, RateLimit, Simulator, Switches, VirtualClock, World};
use async_trait::async_trait;
use time::macros::datetime;

struct Nowhere;

#[async_trait]
impl Journal for Nowhere {
    async fn intend(&self, _: &[usize]) -> Result<(), JournalError> {
        Ok(())
    }

    async fn settle(&self, _: Vec<(usize, Settled)>) -> Result<(), JournalError> {
        Ok(())
    }
}

#[tokio::main]
async fn main() {
    let now = datetime!(2026-11-03 12:00 UTC);
    let clock = Arc::new(VirtualClock::starting_at(now));
    let mut world = World::new();
    let growth = Growth {
        seed: 7,
        anime: 6_000,
        manga: 4_000,
    };
    world.grow(World::hana(), "a-token", growth, now);
    let options = anirewind_simulator::Options {
        switches: Switches {
            rate_limit: RateLimit::Off,
            ..Switches::default()
        },
        ..anirewind_simulator::Options::default()
    };
    let simulator = Simulator::start_with(world, clock.clone(), options)
        .await
        .unwrap();
    let anilist = AniList::builder(AccessToken::new("a-token").unwrap())
        .endpoint(simulator.url())
        .clock(clock.clone())
        .pace(Pace::new(clock.clone()))
        .build()
        .unwrap();
    let viewer = anilist.viewer().await.unwrap();
    let wanted = anilist.list(&viewer, &|_, _| ()).await.unwrap();
    let mut live = wanted.clone();
    for entry in live.entries.iter_mut().step_by(2) {
        entry.values.score = anirewind_model::Recorded::Empty;
        entry.values.notes = anirewind_model::Recorded::Empty;
    }
    live.entries.retain(|entry| entry.media.get() % 7 > 0);
    let exactly = Options {
        removes: true,
        prefer: Prefer::Snapshot,
        ..Options::default()
    };
    for (name, live) in [("half of it differs", &live), ("nothing differs", &wanted)] {
        let begun = Instant::now();
        let planned = plan(&wanted, live, &viewer.settings, &exactly);
        println!(
            "plan of {} against {} titles, {name}: {:.1?} ({} rows)",
            wanted.entries.len(),
            live.entries.len(),
            begun.elapsed(),
            planned.titles.len()
        );
    }
    // A thousand titles lose their score on AniList, and are put back.
    let media: Vec<u32> = wanted
        .entries
        .iter()
        .take(1_000)
        .map(|e| e.media.get())
        .collect();
    for media in media {
        let mut world = simulator.world();
        let mut entry = world.entry(4242, media).unwrap().clone();
        entry.score = if entry.score == 5 { 6 } else { 5 };
        world.put_entry(entry);
    }
    let live = anilist.list(&viewer, &|_, _| ()).await.unwrap();
    let planned = plan(&wanted, &live, &viewer.settings, &exactly);
    let steps = planned
        .titles
        .into_iter()
        .filter_map(|title| match title.verdict {
            Verdict::Send(step) => Some((*step, StepState::Pending)),
            _ => None,
        });
    let steps: Vec<_> = steps.collect();
    let ports = Ports {
        remote: &anilist,
        viewer: &viewer,
        journal: &Nowhere,
        clock: clock.as_ref(),
        most: WRITES_PER_REQUEST,
    };
    let (begun, paced) = (
        Instant::now(),
        anirewind_model::Clock::elapsed(clock.as_ref()),
    );
    let requests = simulator.traffic().requests;
    execute(&steps, Reading::default(), &ports).await.unwrap();
    let requests = simulator.traffic().requests - requests;
    let own = begun.elapsed();
    let pace = anirewind_model::Clock::elapsed(clock.as_ref()).saturating_sub(paced);
    println!(
        "{} titles put back in {requests} requests: {own:.1?} of work, simulator and its answers \
         included, beside {pace:.1?} of waiting for AniList's limit ({:.2} %)",
        steps.len(),
        own.as_secs_f64() * 100.0 / pace.as_secs_f64()
    );
}
