//! Two servers and four commands on one folder, hundreds of commands in all: nothing is sent twice,
//! nothing is lost, old snapshots go and no others, and what is on the disk is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use anirewind_core::model::{AccessToken, Clock};
use anirewind_core::{App, ChangeFilter, Kind, OperationState, Settings, Sources, SystemClock};
use anirewind_simulator::{Act, SimEntry, VirtualClock, World};
use serde_json::{Value, json};

use crate::scene::{Scene, YUKIS};

const HANA: u32 = 4242;
/// How many rounds there are, where `CROWDING_ROUNDS` does not say otherwise.
const ROUNDS: usize = 40;
/// The servers die and come back after so many rounds.
const LIFE: usize = 20;

/// Rounds are of so many sorts, one after the other.
const SORTS: usize = 4;
/// With each round in which old snapshots may go, they may be so many days younger.
const YOUNGER: usize = 2;
/// Of an account whose list nobody reads any more there are so many snapshots,
const YUKIS_DAYS: usize = 12;
/// and so many of them stay whatever the rules say.
const LEAST: usize = 3;
/// Waits end as soon as what is waited for is there; this is for a machine that has much else to do.
const LOOKS: usize = 3_000;

/// A server beside the commands. Killed when it is not needed any more.
struct Server {
    process: Child,
    address: String,
}

struct Crowd {
    scene: Scene,
    runtime: tokio::runtime::Runtime,
    app: App,
    base: BTreeMap<u32, i32>,
    ends: BTreeMap<(String, Option<i32>), usize>,
    /// Snapshots of earlier days, each with how many days older than the newest of its account it is, rounded up.
    old: BTreeMap<String, usize>,
    /// The oldest of them, which somebody keeps.
    kept: String,
    /// Every snapshot that there ever was.
    seen: BTreeSet<String>,
    /// How many days snapshots stay, in the next round in which some may go.
    days: usize,
    /// In how many rounds some went while another was taken.
    went: usize,
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

/// Snapshots of so many days, taken on these days, of Hana and of Yuki, who is not connected afterwards. Says
/// how old each is.
async fn old_snapshots(scene: &Scene, days: usize) -> BTreeMap<String, usize> {
    // Half a day off, so that it does not matter how long it all takes.
    let begin = time::Duration::days(i64::try_from(days).unwrap()) - time::Duration::hours(12);
    let begin = SystemClock::new().now() - begin;
    let clock = Arc::new(VirtualClock::starting_at(begin));
    let app = open(scene, clock.clone());
    let yuki = AccessToken::new(YUKIS).unwrap();
    app.add_account(None, yuki).await.unwrap();
    let mut old = BTreeMap::new();
    for age in (0..days).rev() {
        for profile in ["hana", "yuki"] {
            let is_yuki = profile == "yuki";
            if is_yuki && age >= YUKIS_DAYS {
                continue;
            }
            let target = app.targets(Some(profile)).await.unwrap().remove(0);
            let captured = app.capture(&target, Kind::Automatic).await.unwrap();
            // Of Hana there will be one of now.
            let age = if is_yuki { age } else { age + 1 };
            old.insert(captured.snapshot.file, age);
        }
        clock.advance(Duration::from_hours(24));
    }
    app.remove_account("yuki").await.unwrap();
    old
}

impl Crowd {
    fn new() -> Self {
        let scene = Scene::connected();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let days = (rounds().div_ceil(SORTS) * YOUNGER + 2).max(YUKIS_DAYS);
        let old = runtime.block_on(old_snapshots(&scene, days));
        let app = open(&scene, Arc::new(SystemClock::new()));
        assert_eq!(old.len(), days + YUKIS_DAYS);
        let base = scores(&scene.simulator.world());
        let kept = old.iter().max_by_key(|(_, age)| **age).unwrap().0.clone();
        let mut crowd = Self {
            scene,
            runtime,
            app,
            base,
            ends: BTreeMap::new(),
            old,
            kept,
            seen: BTreeSet::new(),
            days,
            went: 0,
        };
        crowd.say(&["backup"]);
        crowd.say(&["snapshot", "keep", "latest", "--name", "base"]);
        let rows = crowd.runtime.block_on(crowd.app.snapshots(None)).unwrap();
        let oldest = rows.iter().find(|row| row.file == crowd.kept).unwrap();
        let id = oldest.id.to_string();
        crowd.say(&["snapshot", "keep", &id, "--name", "oldest"]);
        crowd.seen = crowd.files();
        crowd
    }

    /// A command that nobody disturbs.
    fn say(&self, arguments: &[&str]) {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }

    /// Old snapshots go when a command says so, and not by themselves.
    fn command(&self, arguments: &[&str]) -> Command {
        let days = if arguments.contains(&"prune") {
            self.days
        } else {
            0
        };
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("anirewind"));
        command
            .args(arguments)
            .env_clear()
            .envs(self.scene.environment())
            .env("ANIREWIND_BACKUP_RETENTION_DAYS", days.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    fn log(&self) -> PathBuf {
        self.scene.home.path().join("servers.log")
    }

    /// The snapshots in the folder.
    fn files(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(self.scene.data().join("backups")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| {
                name.strip_suffix(".json")
                    .is_some_and(|name| name.starts_with("plexanibridge-"))
            })
            .collect()
    }

    fn server(&self) -> Server {
        let program = assert_cmd::cargo::cargo_bin("anirewind").with_file_name("anirewind-server");
        assert!(
            program.exists(),
            "the server is not built, and is part of the crowd: test it with the command, as in \
             `cargo test -p anirewind-server -p anirewind crowding`, or with all the rest"
        );
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log());
        let mut process = Command::new(program)
            .args(["--listen", "127.0.0.1:0"])
            .env_clear()
            .envs(self.scene.environment())
            .env("ANIREWIND_WATCH_INTERVAL", "1m")
            .env("ANIREWIND_BACKUP_RETENTION_DAYS", "0")
            .env("ANIREWIND_LOGIN", "off")
            .stdout(Stdio::piped())
            .stderr(log.unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let said = std::fs::read_to_string(self.log()).unwrap_or_default();
        let address = line
            .trim()
            .rsplit_once("http://")
            .expect(&said)
            .1
            .to_owned();
        Server { process, address }
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

    /// Four commands at once, or four requests for one plan; whatever becomes of them, the list is as it was, by
    /// one save a title, and only what is old went.
    fn round(&mut self, round: usize, servers: &[Server]) {
        let sort = round % SORTS;
        let edited = self.edit(round, if sort == 1 { 1 } else { 3 });
        let before = self.scene.simulator.world().effects().len();
        let told = match sort {
            0 => self.restores_and_prune(round),
            1 => {
                let id = self.change();
                let undo: &[&str] = &["undo", &id, "--yes"];
                self.at_once(
                    round,
                    [undo, &["look"], undo, &["snapshots"]],
                    &[0, 4, 5, 8, 10],
                )
            }
            2 => self.presses(round, servers),
            _ => {
                let id = self.change();
                let undo: &[&str] = &["undo", &id, "--yes"];
                // Done, edited since (by the other), or the other is at it.
                self.at_once(round, [RESTORE, undo, &["look"], undo], &[0, 5, 8])
            }
        };
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

    /// Each ends with one of these codes.
    fn at_once(&mut self, round: usize, commands: [&[&str]; 4], codes: &[i32]) -> String {
        let children = commands.map(|arguments| {
            let child = self.command(arguments).spawn();
            (arguments[0].to_owned(), child.unwrap())
        });
        let mut told = String::new();
        for (command, child) in children {
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let code = output.status.code();
            assert!(
                code.is_some_and(|code| codes.contains(&code)) && !said.contains("panicked"),
                "round {round}: {command} ended with {code:?}: {said}"
            );
            told = format!("{told}{command} {code:?} {said}\n");
            *self.ends.entry((command, code)).or_default() += 1;
        }
        told
    }

    /// Old snapshots go while others are taken, and none that is to stay.
    fn restores_and_prune(&mut self, round: usize) -> String {
        let taken = |crowd: &Self| crowd.ends_of("backup", 0);
        let before = (self.files(), taken(self));
        self.days -= YOUNGER;
        let prune: &[&str] = &["snapshot", "prune", "--yes"];
        let told = self.at_once(
            round,
            [RESTORE, &["backup"], RESTORE, prune],
            &[0, 4, 5, 8, 10],
        );
        let gone = self.check_files(&format!("round {round}: {told}"));
        let has_shrunk = before.0.iter().any(|file| gone.contains(file));
        self.went += usize::from(has_shrunk && taken(self) > before.1);
        told
    }

    /// Which snapshots are gone by now, all of them old.
    fn check_files(&mut self, what: &str) -> BTreeSet<String> {
        let there = self.files();
        self.seen.extend(there.iter().cloned());
        let gone: BTreeSet<String> = self.seen.difference(&there).cloned().collect();
        for file in &gone {
            let age = self.old.get(file);
            assert!(
                age.is_some_and(|age| *age > self.days) && *file != self.kept,
                "{what}: {file} went, of {age:?} days, where {} stay",
                self.days
            );
        }
        gone
    }

    /// The same button pressed four times at once, on two servers: it is done once, and who was second is told what
    /// became of it.
    fn presses(&mut self, round: usize, servers: &[Server]) -> String {
        let body = json!({ "snapshot": "kept:base", "prefer": "snapshot" });
        let (status, plan) = servers[0].post("/api/v1/plans/restore", &body);
        assert_eq!(status, 201, "round {round}: {plan}");
        let id = plan["id"].as_str().unwrap().to_owned();
        let before = self.operations();
        let barrier = Barrier::new(4);
        let path = format!("/api/v1/plans/{id}/apply");
        let answers: Vec<(u16, Value)> = std::thread::scope(|scope| {
            let presses = [0, 0, 1, 1].map(|server: usize| {
                let (server, barrier, path) = (&servers[server], &barrier, &path);
                scope.spawn(move || {
                    barrier.wait();
                    server.post(path, &json!({}))
                })
            });
            presses.map(|press| press.join().unwrap()).into()
        });
        let mut told = String::new();
        for (status, answer) in answers {
            let of = answer["operation"]["id"].as_str().or(answer["id"].as_str());
            let is_told = match status {
                200 | 202 => of == Some(&id),
                423 => answer["code"] == "busy",
                _ => false,
            };
            assert!(is_told, "round {round}, plan {id}: {status} {answer}");
            told = format!("{told}{status} {answer}\n");
            let press = ("press".to_owned(), Some(i32::from(status)));
            *self.ends.entry(press).or_default() += 1;
        }
        // Whoever heard 202 was told that it goes on.
        let is_done = (0..LOOKS).any(|_| {
            let done = self.operations().get(&id) == Some(&OperationState::Done);
            if !done {
                std::thread::sleep(Duration::from_millis(10));
            }
            done
        });
        assert!(is_done, "round {round}: {told}");
        let mut after = self.operations();
        after.retain(|id, _| !before.contains_key(id));
        let new: Vec<_> = after.keys().collect();
        assert_eq!(new, [&id], "round {round}: {told}");
        told
    }

    /// What we did, and how far each is.
    fn operations(&self) -> BTreeMap<String, OperationState> {
        let operations = self.app.operations(None, usize::MAX);
        let rows = self.runtime.block_on(operations).unwrap();
        let rows = rows.iter().map(|row| (row.id.to_string(), row.state));
        rows.collect()
    }

    fn ends_of(&self, command: &str, code: i32) -> usize {
        let ends = self.ends.get(&(command.to_owned(), Some(code)));
        ends.copied().unwrap_or_default()
    }
}

const RESTORE: &[&str] = &["restore", "kept:base", "--prefer", "snapshot", "--yes"];

fn open(scene: &Scene, clock: Arc<dyn Clock>) -> App {
    let environment = scene.environment().into_iter();
    let keeps_all = ("ANIREWIND_BACKUP_RETENTION_DAYS", "0".to_owned());
    let sources = Sources {
        environment: environment
            .chain([keeps_all])
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        ..Sources::default()
    };
    let settings = Settings::read(&sources).unwrap();
    App::open(settings, clock, jiff::tz::TimeZone::UTC, None).unwrap()
}

impl Server {
    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        (status, serde_json::from_str(body).unwrap_or_default())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
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
        crowd.round(round, &servers);
    }
    // What did nothing but be refused would prove nothing. How often which was first is not ours to say.
    let ends = format!("{:?}, went in {}", crowd.ends, crowd.went);
    assert!(crowd.ends_of("restore", 0) > 0, "{ends}");
    assert!(crowd.ends_of("undo", 0) > 0, "{ends}");
    assert!(crowd.ends_of("press", 200) > 0, "{ends}");
    assert!(crowd.ends_of("backup", 0) > 0, "{ends}");
    assert!(crowd.went > 0, "{ends}");
    // What could not go as others were at it goes as soon as nobody is.
    servers.clear();
    crowd.days = 1;
    crowd.say(&["snapshot", "prune", "--yes"]);
    let gone = crowd.check_files("at last");
    let expected = crowd.old.iter().filter(|(file, age)| {
        let is_one_of_three = file.contains("-yuki.") && **age < LEAST;
        **age > crowd.days && !is_one_of_three && **file != crowd.kept
    });
    for (file, age) in expected {
        assert!(gone.contains(file), "{file} of {age} days is still there");
    }
    let yukis = crowd.files().into_iter();
    let yukis = yukis.filter(|file| file.contains("-yuki."));
    assert_eq!(yukis.count(), LEAST);
    let log = std::fs::read_to_string(crowd.log()).unwrap_or_default();
    assert!(!log.contains("panicked"), "{log}");
    let report = crowd.runtime.block_on(crowd.app.verify(None)).unwrap();
    assert!(report.is_fine(), "{report:?}");
    crowd.say(&["verify"]);
    let world = crowd.scene.simulator.world();
    assert!(world.user(HANA).unwrap().muted.is_empty());
}
