//! kill -9 of the program itself, at random, two thousand times: a restore of fifty titles ends all the
//! same, nothing is lost, nothing is done twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anirewind_simulator::{Act, SimEntry, SimMedia, World};

use crate::scene::Scene;

const HANA: u32 = 4242;
/// How often it is killed, where `KILLS` does not say otherwise.
const KILLS: usize = 600;
/// One of so many at least hits it when something was sent already.
const AMID: usize = 10;
/// After so many times as often it is given up.
const MOST: usize = 4;
/// The lives go on two at a time.
const LIVES: u64 = 2;

fn shapes(world: &World) -> BTreeMap<u32, SimEntry> {
    let entries = world.entries(HANA).map(|entry| {
        let mut entry = entry.clone();
        // What nobody can put back, and categories without a score.
        entry.advanced_scores.retain(|score| *score > 0.0);
        (entry.id, entry.created_at, entry.updated_at) = (0, None, None);
        (entry.media, entry)
    });
    entries.collect()
}

/// Thirty-five titles change, ten go, five come.
fn damage(world: &mut World) {
    let media: Vec<u32> = world.entries(HANA).map(|entry| entry.media).collect();
    for (n, media) in media.iter().take(45).enumerate() {
        if n >= 35 {
            world.drop_entry(HANA, *media);
            continue;
        }
        let entry = world.entry(HANA, *media).unwrap().clone();
        world.put_entry(SimEntry {
            score: if entry.score == 10 { 20 } else { 10 },
            progress: entry.progress + 1,
            notes: None,
            ..entry
        });
    }
    for id in 900_000..900_005 {
        world.add_media(SimMedia::new(id, true, "Ame no Machi", Some(12)));
        let like = world.entry(HANA, *media.last().unwrap()).unwrap().clone();
        world.put_entry(SimEntry {
            id: 0,
            media: id,
            custom_lists: [].into(),
            ..like
        });
    }
}

struct Life {
    scene: Scene,
    world: World,
    wanted: BTreeMap<u32, SimEntry>,
    plan: String,
    rng: fastrand::Rng,
    /// Half of what a whole run takes here, beside whatever else goes on. At first it is killed at any moment of
    /// it, so that many kills go by before it is through.
    half: Duration,
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl Life {
    #[expect(
        clippy::disallowed_methods,
        reason = "a process takes its time on no clock of ours"
    )]
    fn new(seed: u64) -> Self {
        let scene = Scene::with_list(60, 10);
        let added = scene.run(&[
            "account",
            "add",
            "--token-file",
            &scene.token_file(crate::scene::TOKEN),
        ]);
        assert!(added.status.success(), "{added:?}");
        assert!(scene.run(&["backup"]).status.success());
        let wanted = shapes(&scene.simulator.world());
        damage(&mut scene.simulator.world());
        let refused = scene.run(&[
            "restore",
            "latest",
            "--remove-extra",
            "--prefer",
            "snapshot",
        ]);
        assert_eq!(refused.status.code(), Some(9), "{refused:?}");
        let plan = scene.json(&["plan", "list"])[0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let world = scene.simulator.world().clone();
        let mut life = Self {
            world,
            wanted,
            plan,
            scene,
            rng: fastrand::Rng::with_seed(seed),
            half: Duration::ZERO,
        };
        let place = tempfile::tempdir().unwrap();
        copy(&life.scene.data(), place.path());
        let start = Instant::now();
        let done = life.spawn(place.path(), false).wait_with_output().unwrap();
        life.half = start.elapsed() / 2;
        assert!(done.status.success(), "{done:?}");
        life.check(place.path(), "never killed");
        life
    }

    /// The program on a folder: sends the plan, or goes on with what it has begun.
    fn spawn(&self, data: &Path, is_begun: bool) -> Child {
        let arguments: &[&str] = if is_begun {
            &["job", "resume", &self.plan, "--yes"]
        } else {
            &[
                "plan",
                "apply",
                &self.plan,
                "--allow-removals",
                "5",
                "--yes",
            ]
        };
        Command::new(assert_cmd::cargo::cargo_bin("anirewind"))
            .args(arguments)
            .env_clear()
            .envs(self.scene.environment())
            .env("ANIREWIND_DATA_PATH", data)
            .env("ANIREWIND_DESTRUCTIVE_SYNC", "true")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// One restore, killed again and again until it is done; how often, and how often in its middle.
    fn restore(&mut self) -> (usize, usize) {
        *self.scene.simulator.world() = self.world.clone();
        let before = self.world.effects().len();
        let place = tempfile::tempdir().unwrap();
        copy(&self.scene.data(), place.path());
        let (mut kills, mut amid, mut is_begun) = (0, 0, false);
        for _ in 0..1_000 {
            let mut child = self.spawn(place.path(), is_begun);
            // The more time, the oftener it was killed.
            let longest = self.half + self.half * u32::try_from(kills / 50).unwrap() / 4;
            let longest = u64::try_from(longest.as_micros()).unwrap();
            std::thread::sleep(Duration::from_micros(self.rng.u64(0..=longest)));
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!said.contains("panicked"), "after {kills} kills: {said}");
            match output.status.code() {
                Some(0) => {
                    self.check(place.path(), &format!("after {kills} kills"));
                    return (kills, amid);
                }
                // Killed.
                None => {
                    kills += 1;
                    amid += usize::from(self.scene.simulator.world().effects().len() > before);
                }
                // Not a plan any more: it is under way. Not begun: it is still a plan.
                Some(2 | 4) => is_begun = !is_begun,
                // The one that was killed still holds the account for a moment.
                Some(8) if said.contains("begun and is not finished") => is_begun = true,
                status => assert_eq!(status, Some(0), "after {kills} kills: {said}"),
            }
        }
        unreachable!("a restore that never ends")
    }

    fn check(&self, data: &Path, what: &str) {
        let world = self.scene.simulator.world();
        assert_eq!(shapes(&world), self.wanted, "{what}");
        let mut acts = BTreeSet::new();
        for effect in world.effects().iter().skip(self.world.effects().len()) {
            match &effect.act {
                Act::Saved { media, .. } | Act::Deleted { media, .. } => {
                    assert!(acts.insert(*media), "{what}: {media} twice");
                }
                _ => {}
            }
        }
        assert_eq!(acts.len(), 50, "{what}");
        assert!(world.user(HANA).unwrap().muted.is_empty(), "{what}");
        assert!(world.activities().is_empty(), "{what}");
        drop(world);
        let mut report = Command::new(assert_cmd::cargo::cargo_bin("anirewind"));
        report.args(["job", "report", &self.plan]).env_clear();
        report
            .envs(self.scene.environment())
            .env("ANIREWIND_DATA_PATH", data);
        let report = report.output().unwrap();
        let said = String::from_utf8_lossy(&report.stdout);
        assert!(
            said.contains("All 50 read back and verified."),
            "{what}: {said}"
        );
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "longer runs are asked for from outside"
)]
fn wanted() -> usize {
    let told = std::env::var("KILLS");
    told.map_or(KILLS, |told| told.parse().unwrap())
}

#[test]
fn killed_hundreds_of_times_it_goes_on_where_it_was() {
    let wanted = wanted();
    let (most, in_the_middle) = (wanted * MOST, wanted / AMID);
    let (kills, amid) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for seed in 0..LIVES {
            let (kills, amid) = (&kills, &amid);
            scope.spawn(move || {
                let mut life = Life::new(seed);
                // A program that is only ever killed before it does anything proves nothing.
                let is_enough = |kills| {
                    kills >= most
                        || (kills >= wanted && amid.load(Ordering::Relaxed) >= in_the_middle)
                };
                while !is_enough(kills.load(Ordering::Relaxed)) {
                    let (all, middle) = life.restore();
                    kills.fetch_add(all, Ordering::Relaxed);
                    amid.fetch_add(middle, Ordering::Relaxed);
                }
            });
        }
    });
    let (kills, amid) = (kills.into_inner(), amid.into_inner());
    assert!(kills >= wanted, "{kills}");
    assert!(
        amid >= in_the_middle,
        "{amid} of {kills} kills hit the middle"
    );
}
