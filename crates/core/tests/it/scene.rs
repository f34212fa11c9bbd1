//! An installation in a temporary folder, and the AniList it talks to.

use std::sync::Arc;

use anirewind_core::model::AccessToken;
use anirewind_core::{App, Captured, Kind, Settings, Sources, Steps};
use anirewind_simulator::{Growth, Options, SimUser, Simulator, Switches, VirtualClock, World};
use jiff::tz::TimeZone;
use tempfile::TempDir;
use time::macros::datetime;

pub(crate) const HANA: u32 = 4242;
pub(crate) const TOKEN: &str = "token-of-hana";
pub(crate) const YUKIS: &str = "token-of-yuki";

pub(crate) struct Scene {
    pub(crate) simulator: Simulator,
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) data: TempDir,
    pub(crate) app: App,
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
        let clock = Arc::new(VirtualClock::starting_at(datetime!(2026-11-03 12:00 UTC)));
        let now = datetime!(2026-11-03 12:00 UTC);
        let mut world = World::new();
        world.grow(
            World::hana(),
            TOKEN,
            Growth {
                seed: 7,
                anime,
                manga,
            },
            now,
        );
        world.grow(
            SimUser::new(7, "yuki"),
            YUKIS,
            Growth {
                seed: 7,
                anime: 3,
                manga: 0,
            },
            now,
        );
        let mut switches = Switches::default();
        turn(&mut switches);
        let options = Options {
            switches,
            ..Options::default()
        };
        let simulator = Simulator::start_with(world, clock.clone(), options)
            .await
            .unwrap();
        let data = tempfile::tempdir().unwrap();
        let app = open(&simulator, &clock, &data);
        Self {
            simulator,
            clock,
            data,
            app,
        }
    }

    /// The same with Hana connected.
    pub(crate) async fn connected() -> Self {
        let scene = Self::new().await;
        scene.app.add_account(None, token(TOKEN)).await.unwrap();
        scene
    }

    /// The same folder, opened again as after a restart.
    pub(crate) fn reopen(&self) -> App {
        open(&self.simulator, &self.clock, &self.data)
    }

    /// The same folder, opened with something in the environment.
    pub(crate) fn open_with(&self, environment: &[(&str, &str)]) -> App {
        open_in(&self.simulator, &self.clock, &self.data, environment)
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

pub(crate) fn open(simulator: &Simulator, clock: &Arc<VirtualClock>, data: &TempDir) -> App {
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

fn open_in(
    simulator: &Simulator,
    clock: &Arc<VirtualClock>,
    data: &TempDir,
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
