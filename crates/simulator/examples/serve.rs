//! Runs the simulator by itself, for any AniList client to talk to.
//!
//! `cargo run --release -p anirewind-simulator --example serve -- --anime 800 --manga 150`
//!
//! Options: `--listen 127.0.0.1:8642`, `--anime N`, `--manga N`, `--seed N`, `--token T`,
//! `--unlimited` (no rate limit).

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anirewind_model::Clock;
use anirewind_simulator::{Growth, Options, RateLimit, Simulator, World};
use time::OffsetDateTime;

struct WallClock(Instant);

#[async_trait::async_trait]
#[expect(
    clippy::disallowed_methods,
    reason = "an example is a program and may ask the machine"
)]
impl Clock for WallClock {
    fn now(&self) -> OffsetDateTime {
        SystemTime::now().into()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example talks")]
#[expect(
    clippy::disallowed_methods,
    reason = "an example is a program and may ask the machine"
)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut growth = Growth {
        seed: 7,
        anime: 812,
        manga: 143,
    };
    let mut options = Options {
        listen: "127.0.0.1:8642".parse()?,
        ..Options::default()
    };
    let mut token = "simulated-token".to_owned();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} wants a value"));
        match word.as_str() {
            "--listen" => options.listen = value()?.parse()?,
            "--anime" => growth.anime = value()?.parse()?,
            "--manga" => growth.manga = value()?.parse()?,
            "--seed" => growth.seed = value()?.parse()?,
            "--token" => token = value()?,
            "--unlimited" => options.switches.rate_limit = RateLimit::Off,
            other => return Err(format!("unknown option {other}; see the top of this file").into()),
        }
    }
    let clock = Arc::new(WallClock(Instant::now()));
    let mut world = World::new();
    world.grow(World::hana(), &token, growth, clock.now());
    let simulator = Simulator::start_with(world, clock, options).await?;
    println!(
        "AniList, simulated, at {} with token {token} for user hana",
        simulator.url()
    );
    std::future::pending::<()>().await;
    Ok(())
}
