//! The demo: a simulated AniList in this process, and an account that somebody has lived in.

use std::collections::BTreeMap;
use std::sync::Arc;

use anirewind_core::{App, Kind, Settings, Sources, SystemClock};
use anirewind_simulator::{Growth, RateLimit, SimEntry, Simulator, VirtualClock, World};
use anyhow::{Context as _, anyhow};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

const TOKEN: &str = "demo-token";
const GROWTH: Growth = Growth {
    seed: 7,
    anime: 812,
    manga: 143,
};
/// So many days were lived before the demo begins, a snapshot each.
const DAYS: i64 = 3;

/// A running demo. What it keeps goes with it.
pub(crate) struct Demo {
    simulator: Simulator,
    data: TempDir,
}

impl Demo {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let clock = Arc::new(SystemClock::new());
        let mut world = World::new();
        let now = anirewind_core::model::Clock::now(clock.as_ref());
        world.grow(World::hana(), TOKEN, GROWTH, now - Duration::days(DAYS));
        let simulator = Simulator::start(world, clock)
            .await
            .context("cannot start the simulated AniList")?;
        let data = tempfile::Builder::new().prefix("anirewind-demo-").tempdir();
        Ok(Self {
            simulator,
            data: data.context("cannot make a folder for the demo")?,
        })
    }

    /// Settings for the demo. Tokens of real accounts in the environment are left out of it, and
    /// so is the real data folder.
    pub(crate) fn sources(&self, given: &Sources) -> Sources {
        let mut flags: BTreeMap<_, _> = given.flags.clone();
        flags.insert("data_dir", self.data.path().display().to_string());
        let kept = [
            "ANIREWIND_LISTEN",
            "ANIREWIND_LOG",
            "PAB_WEB_HOST",
            "PAB_WEB_PORT",
        ];
        let mut environment: BTreeMap<_, _> = given
            .environment
            .iter()
            .filter(|(name, _)| kept.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        // Nothing in it is anybody's, so nobody has to log in.
        environment.insert("ANIREWIND_LOGIN".to_owned(), "off".to_owned());
        environment.insert("ANIREWIND_ANILIST_TOKEN".to_owned(), TOKEN.to_owned());
        environment.insert("ANIREWIND_ANILIST_URL".to_owned(), self.simulator.url());
        Sources {
            flags,
            environment,
            platform_data: None,
        }
    }

    /// Lets a few days pass, with a snapshot and some watching each.
    pub(crate) async fn live_a_few_days(&self, settings: &Settings) -> anyhow::Result<()> {
        // These days pass in no time, so the limit of requests a minute has to look away.
        self.simulator.set_switches(|switches| {
            switches.rate_limit = RateLimit::Off;
            switches.serves_covers = true;
        });
        let now = anirewind_core::model::Clock::now(&SystemClock::new());
        for day in (1..=DAYS).rev() {
            let at = now - Duration::days(day);
            self.snapshot(settings, at).await?;
            self.watch(at, day);
        }
        self.simulator
            .set_switches(|switches| switches.rate_limit = RateLimit::Honest(30));
        Ok(())
    }

    async fn snapshot(&self, settings: &Settings, at: OffsetDateTime) -> anyhow::Result<()> {
        let settings = settings.clone();
        let clock = Arc::new(VirtualClock::starting_at(at));
        let opened = tokio::task::spawn_blocking(move || {
            App::open(settings, clock, jiff::tz::TimeZone::UTC, None)
        });
        let app = opened.await?.context("cannot open the demo")?;
        let targets = app
            .targets(None)
            .await
            .context("cannot find the demo's account")?;
        let outcomes = app.capture_all(&targets, Kind::Automatic).await;
        match outcomes.into_iter().find_map(Result::err) {
            None => Ok(()),
            Some(error) => Err(anyhow!(error).context("cannot take a snapshot of the demo")),
        }
    }

    /// A few episodes here, a new title there.
    fn watch(&self, at: OffsetDateTime, day: i64) {
        let user = World::hana().id;
        let mut world = self.simulator.world();
        let watching: Vec<SimEntry> = world
            .entries(user)
            .filter(|entry| entry.status == anirewind_simulator::Status::Current)
            .skip(usize::try_from(day).unwrap_or_default() * 3)
            .take(3)
            .cloned()
            .collect();
        for entry in watching {
            let updated_at = Some(at.unix_timestamp());
            world.put_entry(SimEntry {
                progress: entry.progress + 1,
                updated_at,
                ..entry
            });
        }
        let new = 900 + u32::try_from(day).unwrap_or_default();
        let title = anirewind_simulator::SimMedia::new(new, true, "Ame no Machi", Some(12));
        world.add_media(title);
        world.put_entry(SimEntry {
            user,
            media: new,
            status: anirewind_simulator::Status::Planning,
            created_at: Some(at.unix_timestamp()),
            updated_at: Some(at.unix_timestamp()),
            ..SimEntry::default()
        });
    }
}
