//! Two servers and four commands on one folder, hundreds of commands in all: nothing is sent twice,
//! nothing is lost, and what is on the disk is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use anirewind_core::{App, ChangeFilter, Settings, Sources, SystemClock};
use anirewind_simulator::{Act, SimEntry, World};

use crate::scene::Scene;

const HANA: u32 = 4242;
/// How many rounds there are, where `CROWDING_ROUNDS` does not say otherwise.
const ROUNDS: usize = 60;
/// The servers die and come back after so many rounds.
const LIFE: usize = 20;

/// A server beside the commands; the program itself, where it was built.
enum Server {
    Program(Child),
    Task(tokio::task::JoinHandle<()>),
}

struct Crowd {
    scene: Scene,
    runtime: tokio::runtime::Runtime,
    app: App,
    base: BTreeMap<u32, i32>,
    ends: BTreeMap<(String, Option<i32>), usize>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "longer runs are asked for from outside"
)]
fn rounds() -> usize {
    let told = std::env::var("CROWDING_ROUNDS");
    told.map_or(ROUNDS, |told| told.parse().unwrap())
}

fn scores(world: &World) -> BTreeMap<u32, i32> {
    let entries = world.entries(HANA);
    entries.map(|entry| (entry.media, entry.score)).collect()
}

impl Crowd {
    fn new() -> Self {
        let scene = Scene::connected();
        assert!(scene.run(&["backup"]).status.success());
        let kept = scene.run(&["snapshot", "keep", "latest", "--name", "base"]);
        assert!(kept.status.success(), "{kept:?}");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let app = open(&scene);
        let base = scores(&scene.simulator.world());
        Self {
            scene,
            runtime,
            app,
            base,
            ends: BTreeMap::new(),
        }
    }

    fn log(&self) -> PathBuf {
        self.scene.home.path().join("servers.log")
    }

    fn server(&self) -> Server {
        let program = assert_cmd::cargo::cargo_bin("anirewind").with_file_name("anirewind-server");
        if !program.exists() {
            let app = open(&self.scene);
            let serve = async move { tokio::join!(app.run_schedule(), app.run_watch()) };
            return Server::Task(self.runtime.spawn(async move {
                serve.await;
            }));
        }
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log());
        let server = Command::new(program)
            .args(["--listen", "127.0.0.1:0"])
            .env_clear()
            .envs(self.scene.environment())
            .env("ANIREWIND_WATCH_INTERVAL", "1m")
            .stdout(Stdio::null())
            .stderr(log.unwrap())
            .spawn();
        Server::Program(server.unwrap())
    }

    /// Somebody gives other scores to these titles.
    fn edit(&self, round: usize, count: usize) -> BTreeSet<u32> {
        let mut world = self.scene.simulator.world();
        let media: Vec<u32> = self.base.keys().copied().collect();
        let at = 1_793_707_200 + i64::try_from(round).unwrap();
        let chosen = (0..count).map(|n| media[(round * 7 + n * 5) % media.len()]);
        let chosen: BTreeSet<u32> = chosen.collect();
        for media in &chosen {
            let entry = world.entry(HANA, *media).unwrap().clone();
            world.put_entry(SimEntry {
                score: if entry.score == 10 { 20 } else { 10 },
                updated_at: Some(at),
                ..entry
            });
        }
        chosen
    }

    /// The newest change that others made, which the servers or we have seen.
    fn change(&self) -> String {
        self.runtime.block_on(async {
            let target = self.app.targets(None).await.unwrap().remove(0);
            self.app.look(&target).await.unwrap();
            let changes = self.app.changes(None, ChangeFilter::default(), None, 1);
            changes.await.unwrap()[0].id.to_string()
        })
    }

    /// Four commands at once; whatever becomes of them, the list is as it was, by one save a title.
    fn round(&mut self, round: usize) {
        let is_restore = round.is_multiple_of(2);
        let edited = self.edit(round, if is_restore { 3 } else { 1 });
        let before = self.scene.simulator.world().effects().len();
        let id = if is_restore {
            String::new()
        } else {
            self.change()
        };
        let restore: &[&str] = &["restore", "kept:base", "--prefer", "snapshot", "--yes"];
        let undo: &[&str] = &["undo", &id, "--yes"];
        let commands: [&[&str]; 4] = if is_restore {
            [restore, &["backup"], restore, &["snapshot", "prune"]]
        } else {
            [undo, &["look"], undo, &["snapshots"]]
        };
        let children = commands.map(|arguments| {
            let child = Command::new(assert_cmd::cargo::cargo_bin("anirewind"))
                .args(arguments)
                .env_clear()
                .envs(self.scene.environment())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn();
            (arguments[0].to_owned(), child.unwrap())
        });
        let mut told = String::new();
        for (command, child) in children {
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let code = output.status.code();
            assert!(
                matches!(code, Some(0 | 4 | 5 | 8 | 10)) && !said.contains("panicked"),
                "round {round}: {command} ended with {code:?}: {said}"
            );
            told = format!("{told}{command} {code:?} {said}\n");
            *self.ends.entry((command, code)).or_default() += 1;
        }
        let world = self.scene.simulator.world();
        assert_eq!(scores(&world), self.base, "round {round}: {told}");
        let mut saved = BTreeMap::new();
        for effect in world.effects().iter().skip(before) {
            match &effect.act {
                Act::Saved { media, .. } => *saved.entry(*media).or_insert(0) += 1,
                Act::Deleted { media, .. } => unreachable!("round {round}: {media} removed"),
                _ => {}
            }
        }
        let once: BTreeMap<u32, i32> = edited.into_iter().map(|media| (media, 1)).collect();
        assert_eq!(saved, once, "round {round}: {told}");
    }
}

fn open(scene: &Scene) -> App {
    let environment = scene.environment().into_iter();
    let sources = Sources {
        environment: environment
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        ..Sources::default()
    };
    let settings = Settings::read(&sources).unwrap();
    let clock = Arc::new(SystemClock::new());
    App::open(settings, clock, jiff::tz::TimeZone::UTC, None).unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        match self {
            Self::Program(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            Self::Task(task) => task.abort(),
        }
    }
}

#[test]
fn two_servers_and_four_commands_at_once_send_nothing_twice_and_break_nothing() {
    let mut crowd = Crowd::new();
    let mut servers: Vec<Server> = Vec::new();
    let rounds = rounds();
    for round in 0..rounds {
        if round % LIFE == 0 {
            servers.clear();
            servers.extend([crowd.server(), crowd.server()]);
        }
        crowd.round(round);
    }
    drop(servers);
    let log = std::fs::read_to_string(crowd.log()).unwrap_or_default();
    assert!(!log.contains("panicked"), "{log}");
    let report = crowd.runtime.block_on(crowd.app.verify(None)).unwrap();
    assert!(report.is_fine(), "{report:?}");
    let doctor = crowd.scene.run(&["verify"]);
    assert!(doctor.status.success(), "{doctor:?}");
    let world = crowd.scene.simulator.world();
    assert!(world.user(HANA).unwrap().muted.is_empty());
    drop(world);
    // What did nothing but be refused would prove nothing.
    let done = |command: &str| {
        let ends = crowd.ends.get(&(command.to_owned(), Some(0)));
        ends.copied().unwrap_or_default()
    };
    assert!(done("restore") >= rounds / 2, "{:?}", crowd.ends);
    assert!(done("undo") >= rounds / 2, "{:?}", crowd.ends);
    assert!(done("backup") > rounds / 3, "{:?}", crowd.ends);
}
