//! An installation in a temporary folder, and the AniList it talks to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anirewind_core::model::{AccessToken, Clock};
use anirewind_core::{App, Captured, Kind, Settings, Sources, Steps};
use anirewind_simulator::canary::traces;
use anirewind_simulator::{Growth, Options, SimUser, Simulator, Switches, VirtualClock, World};
use async_trait::async_trait;
use jiff::tz::TimeZone;
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::time::Instant;

pub(crate) use anirewind_simulator::canary::{HANAS as TOKEN, YUKIS};

pub(crate) const HANA: u32 = 4242;
const BEGIN: OffsetDateTime = datetime!(2026-11-03 12:00 UTC);

pub(crate) struct Scene<C = VirtualClock> {
    pub(crate) simulator: Simulator,
    pub(crate) clock: Arc<C>,
    pub(crate) data: Place,
    pub(crate) app: App,
}

/// The folder of an installation. No token lies about in it when a test is over, but where tokens are kept.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        self.0.path()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let traces = traces(self.path()).unwrap();
        if !std::thread::panicking() {
            assert!(traces.is_empty(), "a token stands in {traces:?}");
        }
    }
}

/// The time of tokio where it is paused, many times as fast: it passes when everybody waits, and stands while anybody
/// works. For those who wait beside each other, whom the virtual clock would let pass the same time twice.
pub(crate) struct Paused {
    begun: Instant,
    jumped: Mutex<time::Duration>,
}

impl Paused {
    /// So that what is asked for again and again in true time is not asked too often in a day.
    const SPEED: u32 = 30;

    fn new() -> Self {
        Self {
            begun: Instant::now(),
            jumped: Mutex::default(),
        }
    }

    /// Sets the wall clock, as a machine that slept does.
    pub(crate) fn jump(&self, by: time::Duration) {
        *self.jumped.lock().unwrap() += by;
    }
}

#[async_trait]
impl Clock for Paused {
    fn now(&self) -> OffsetDateTime {
        BEGIN + self.elapsed() + *self.jumped.lock().unwrap()
    }

    fn elapsed(&self) -> Duration {
        self.begun.elapsed() * Self::SPEED
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration / Self::SPEED).await;
    }
}

impl Scene {
    /// Hana with forty titles and Yuki with three; nobody is connected.
    pub(crate) async fn new() -> Self {
        Self::grown(30, 10, |_| ()).await
    }

    /// Hana with so many titles, on an AniList of which something is known for sure.
    pub(crate) async fn grown(
        anime: usize,
        manga: usize,
        turn: impl FnOnce(&mut Switches),
    ) -> Self {
        Self::on(VirtualClock::starting_at(BEGIN), (anime, manga), turn).await
    }

    /// The same with Hana connected.
    pub(crate) async fn connected() -> Self {
        let scene = Self::new().await;
        scene.app.add_account(None, token(TOKEN)).await.unwrap();
        scene
    }
}

impl Scene<Paused> {
    /// On the time of tokio, which a test has to pause.
    pub(crate) async fn paused() -> Self {
        Self::on(Paused::new(), (30, 10), |_| ()).await
    }
}

impl<C: Clock + 'static> Scene<C> {
    async fn on(clock: C, titles: (usize, usize), turn: impl FnOnce(&mut Switches)) -> Self {
        let clock = Arc::new(clock);
        let (anime, manga) = titles;
        let mut world = World::new();
        let growth = |anime, manga| Growth {
            seed: 7,
            anime,
            manga,
        };
        world.grow(World::hana(), TOKEN, growth(anime, manga), BEGIN);
        world.grow(SimUser::new(7, "yuki"), YUKIS, growth(3, 0), BEGIN);
        let mut switches = Switches::default();
        turn(&mut switches);
        let options = Options {
            switches,
            ..Options::default()
        };
        let simulator = Simulator::start_with(world, clock.clone(), options)
            .await
            .unwrap();
        let data = Place::new();
        let app = open(&simulator, &clock, &data);
        Self {
            simulator,
            clock,
            data,
            app,
        }
    }

    /// The same folder, opened again as after a restart.
    pub(crate) fn reopen(&self) -> App {
        open(&self.simulator, &self.clock, &self.data)
    }

    /// The same folder, opened with something in the environment.
    pub(crate) fn open_with(&self, environment: &[(&str, &str)]) -> App {
        open_in(&self.simulator, &self.clock, &self.data, environment)
    }

    /// The same, with somebody who is asked before each effect on the disk.
    pub(crate) fn open_watched_with(&self, environment: &[(&str, &str)], steps: Steps) -> App {
        let mut settings = settings(&self.simulator, self.data.path(), environment);
        settings.steps = steps;
        App::open(settings, self.clock.clone(), TimeZone::UTC, None).unwrap()
    }

    pub(crate) async fn capture_as(&self, kind: Kind) -> anirewind_core::SnapshotRow {
        let target = self.app.targets(Some("hana")).await.unwrap().remove(0);
        self.app.capture(&target, kind).await.unwrap().snapshot
    }

    pub(crate) async fn capture(&self) -> Captured {
        let target = self.app.targets(Some("hana")).await.unwrap().remove(0);
        self.app.capture(&target, Kind::Manual).await.unwrap()
    }

    /// Names of the snapshots in the folder; files that are still being written have other names.
    pub(crate) fn files(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.app.backups()) else {
            return Vec::new();
        };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| {
                std::path::Path::new(name)
                    .extension()
                    .is_some_and(|e| e == "json")
            })
            .collect()
    }
}

pub(crate) fn token(text: &str) -> AccessToken {
    AccessToken::new(text).unwrap()
}

pub(crate) fn open<C: Clock + 'static>(simulator: &Simulator, clock: &Arc<C>, data: &Place) -> App {
    open_in(simulator, clock, data, &[])
}

/// A folder, opened with somebody who is asked before each effect on the disk.
pub(crate) fn open_watched(
    simulator: &Simulator,
    clock: &Arc<VirtualClock>,
    data: &std::path::Path,
    steps: Steps,
) -> App {
    let mut settings = settings(simulator, data, &[]);
    settings.steps = steps;
    App::open(settings, clock.clone(), TimeZone::UTC, None).unwrap()
}

fn open_in<C: Clock + 'static>(
    simulator: &Simulator,
    clock: &Arc<C>,
    data: &Place,
    environment: &[(&str, &str)],
) -> App {
    let settings = settings(simulator, data.path(), environment);
    App::open(settings, clock.clone(), TimeZone::UTC, None).unwrap()
}

fn settings(
    simulator: &Simulator,
    data: &std::path::Path,
    environment: &[(&str, &str)],
) -> Settings {
    let given = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let url = ("ANIREWIND_ANILIST_URL".to_owned(), simulator.url());
    let sources = Sources {
        flags: [("data_dir", data.display().to_string())].into(),
        environment: given.chain([url]).collect(),
        platform_data: None,
    };
    Settings::read(&sources).unwrap()
}
