//! The real server while it is left alone: settings change under it, it is stopped in the middle of
//! things, somebody reads its log.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use anirewind_core::{App, Settings, Sources, SystemClock};
use anirewind_simulator::canary::{self, HANAS as TOKEN};
use anirewind_simulator::{Act, Growth, Options, RateLimit, SimEntry, Simulator, Switches, World};
use serde_json::{Value, json};
use tempfile::TempDir;

const HANA: u32 = 4242;
/// Waits end as soon as what is waited for is there; this is for a machine that has much else to do.
const LOOKS: usize = 6_000;

/// An AniList on its own thread, a folder, a key, and the server on it.
struct Scene {
    runtime: tokio::runtime::Runtime,
    simulator: Simulator,
    data: TempDir,
    key: String,
}

/// A running server. Killed when the test is over.
struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Scene {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let clock = Arc::new(SystemClock::new());
        let now = anirewind_core::model::Clock::now(clock.as_ref());
        let mut world = World::new();
        let growth = Growth {
            seed: 7,
            anime: 300,
            manga: 10,
        };
        world.grow(World::hana(), TOKEN, growth, now - time::Duration::DAY);
        let switches = Switches {
            rate_limit: RateLimit::Off,
            ..Switches::default()
        };
        let options = Options {
            switches,
            ..Options::default()
        };
        let started = Simulator::start_with(world, clock, options);
        let simulator = runtime.block_on(started).unwrap();
        let data = tempfile::tempdir().unwrap();
        let mut scene = Self {
            runtime,
            simulator,
            data,
            key: String::new(),
        };
        let sources = Sources {
            flags: [("data_dir", scene.data.path().display().to_string())].into(),
            environment: scene.environment().into(),
            platform_data: None,
        };
        let settings = Settings::read(&sources).unwrap();
        let zone = jiff::tz::TimeZone::UTC;
        let app = App::open(settings, Arc::new(SystemClock::new()), zone, None).unwrap();
        scene.key = scene.runtime.block_on(app.add_key("test", true)).unwrap();
        scene
    }

    fn environment(&self) -> [(String, String); 3] {
        [
            ("ANIREWIND_ANILIST_TOKEN", TOKEN.to_owned()),
            ("ANIREWIND_ANILIST_URL", self.simulator.url()),
            ("ANIREWIND_RATE_LIMIT", "60000".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }

    fn config(&self, text: &str) {
        std::fs::write(self.data.path().join("config.toml"), text).unwrap();
    }

    fn errors(&self) -> PathBuf {
        self.data.path().join("stderr")
    }

    fn start(&self, more: &[(&str, &str)]) -> Server {
        let mut process = Command::new(env!("CARGO_BIN_EXE_anirewind-server"))
            .args(["--listen", "127.0.0.1:0", "--data-dir"])
            .arg(self.data.path())
            .env_clear()
            .envs(self.environment())
            .envs(more.iter().copied())
            .stdout(Stdio::piped())
            .stderr(
                File::options()
                    .create(true)
                    .append(true)
                    .open(self.errors())
                    .unwrap(),
            )
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let address = line.trim().rsplit("http://").next().unwrap().to_owned();
        assert!(!address.is_empty(), "{}", self.said());
        Server { process, address }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.errors()).unwrap_or_default()
    }

    /// The server with a first snapshot taken.
    fn settled(&self, more: &[(&str, &str)]) -> Server {
        let server = self.start(more);
        wait_for("a snapshot", || {
            let snapshots = server.get(self, "/api/v1/snapshots").1;
            !snapshots["items"].as_array().unwrap().is_empty()
        });
        server
    }

    /// Changes two hundred and fifty titles on AniList, plans to put them back, and lets AniList hold its breath
    /// once the first of them are back.
    fn begin_restore(&self, server: &Server) -> Held {
        let before = self.titles();
        {
            let mut world = self.simulator.world();
            let all: Vec<SimEntry> = world.entries(HANA).cloned().collect();
            for mut entry in all.into_iter().take(250) {
                entry.score = if entry.score == 50 { 60 } else { 50 };
                world.put_entry(entry);
            }
        }
        let body = json!({ "snapshot": "latest", "prefer": "snapshot" });
        let (status, plan) = server.send(self, "POST", "/api/v1/plans/restore", &[], Some(&body));
        assert_eq!(status, 201, "{plan}");
        let id = plan["id"].as_str().unwrap().to_owned();
        let effects = self.simulator.world().effects().len();
        let (held, is_held) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let once = Arc::new(Mutex::new(Some((held, released))));
        for number in 1..200 {
            let once = Arc::clone(&once);
            self.simulator.before_request(number, move |world| {
                let is_sent = |act: &Act| matches!(act, Act::Saved { .. });
                if !world.effects()[effects..]
                    .iter()
                    .any(|effect| is_sent(&effect.act))
                {
                    return;
                }
                let taken = once.lock().unwrap().take();
                if let Some((held, released)) = taken {
                    held.send(()).unwrap();
                    let _ = released.recv();
                }
            });
        }
        let path = format!("/api/v1/plans/{id}/apply");
        let (address, key) = (server.address.clone(), self.key.clone());
        let applied = std::thread::spawn(move || {
            exchange(
                &address,
                &request(&key, "POST", &path, &[], Some(&json!({}))),
            )
        });
        let is_held = is_held.recv_timeout(Duration::from_secs(40));
        assert!(
            is_held.is_ok(),
            "{} {:?}",
            self.said(),
            self.simulator.operations()
        );
        Held {
            before,
            id,
            effects,
            release,
            applied,
        }
    }

    fn titles(&self) -> BTreeMap<u32, i32> {
        let world = self.simulator.world();
        let titles = world.entries(HANA);
        titles.map(|entry| (entry.media, entry.score)).collect()
    }

    /// Everything is as it was, and each title was sent once.
    fn assert_restored(&self, server: &Server, held: &Held) {
        wait_for("the end of the restore", || {
            let path = format!("/api/v1/operations/{}", held.id);
            server.get(self, &path).1["verified"] == json!(true)
        });
        assert_eq!(self.titles(), held.before);
        let world = self.simulator.world();
        let mut saved: BTreeMap<u32, usize> = BTreeMap::new();
        for effect in &world.effects()[held.effects..] {
            if let Act::Saved { media, .. } = effect.act {
                *saved.entry(media).or_default() += 1;
            }
        }
        assert_eq!(saved.len(), 250);
        assert!(saved.values().all(|count| *count == 1), "{saved:?}");
    }
}

/// A restore in the middle.
struct Held {
    before: BTreeMap<u32, i32>,
    id: String,
    effects: usize,
    release: mpsc::Sender<()>,
    applied: std::thread::JoinHandle<String>,
}

impl Server {
    fn send(
        &self,
        scene: &Scene,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> (u16, Value) {
        let answer = exchange(
            &self.address,
            &request(&scene.key, method, path, headers, body),
        );
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    fn get(&self, scene: &Scene, path: &str) -> (u16, Value) {
        self.send(scene, "GET", path, &[], None)
    }

    fn setting(&self, scene: &Scene, key: &str) -> String {
        let all = self.get(scene, "/api/v1/settings").1;
        let mut rows = all["settings"].as_array().unwrap().iter();
        let row = rows.find(|row| row["key"] == key).unwrap();
        row["value"].as_str().unwrap_or_default().to_owned()
    }

    fn health(&self, scene: &Scene, what: &str) -> Value {
        let all = self.get(scene, "/api/v1/health").1;
        let mut checks = all.as_array().unwrap().iter();
        checks.find(|check| check["what"] == what).unwrap().clone()
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &id])
            .status();
        assert!(sent.unwrap().success());
    }
}

fn request(
    key: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> String {
    let body = body.map(ToString::to_string).unwrap_or_default();
    let lines = headers
        .iter()
        .map(|(name, value)| [*name, ": ", *value, "\r\n"]);
    let headers: String = lines.flatten().collect();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Authorization: Bearer {key}\r\nContent-Type: application/json\r\n{headers}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn exchange(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(!canary::sings(answer.as_bytes()), "{request}: {answer}");
    answer
}

/// No token lies about when a test is over: not in the folder, and not in the log, which is in it.
impl Drop for Scene {
    fn drop(&mut self) {
        let traces = canary::traces(self.data.path()).unwrap();
        if !std::thread::panicking() {
            assert!(traces.is_empty(), "a token stands in {traces:?}");
        }
    }
}

fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let found = (0..LOOKS).any(|_| {
        let found = is_there();
        if !found {
            std::thread::sleep(Duration::from_millis(10));
        }
        found
    });
    assert!(found, "waited in vain for {what}");
}

#[test]
fn new_settings_are_taken_over_while_requests_are_under_way() {
    let scene = Scene::new();
    scene.config("keep_daily = 1\n");
    let server = scene.settled(&[]);
    assert_eq!(server.setting(&scene, "keep_daily"), "1");
    // It is told after it can be seen.
    wait_for("a word about the snapshot", || {
        let saved = server.get(&scene, "/api/v1/log?level=info&q=saved").1;
        saved.to_string().contains("snapshot{profile=")
    });
    // One request is half sent, and somebody listens to what happens.
    let whole = request(&scene.key, "GET", "/api/v1/status", &[], None);
    let (first, second) = whole.split_at(40);
    let mut slow = TcpStream::connect(&server.address).unwrap();
    slow.write_all(first.as_bytes()).unwrap();
    let (address, key) = (server.address.clone(), scene.key.clone());
    let mut events = TcpStream::connect(&address).unwrap();
    let asked = request(&key, "GET", "/api/v1/events", &[], None);
    events.write_all(asked.as_bytes()).unwrap();
    let mut heard = [0; 12];
    events.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"HTTP/1.1 200");
    scene.config("keep_daily = 3\n");
    assert_eq!(server.health(&scene, "settings")["state"], "warn");
    server.signal("HUP");
    wait_for("the new settings", || {
        server.setting(&scene, "keep_daily") == "3"
    });
    slow.write_all(second.as_bytes()).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The stream ends rather than going quiet, so that a browser comes back to the new one.
    let mut heard = String::new();
    events.read_to_string(&mut heard).unwrap();
    assert!(heard.contains("settings read again"), "{heard}");
    // What makes no sense is told, and what was in force stays in force.
    scene.config("keep_daily = \"many\"\n");
    let (status, problem) = server.send(&scene, "POST", "/api/v1/server/reload", &[], None);
    assert_eq!(status, 400, "{problem}");
    server.signal("HUP");
    wait_for("a word about it", || {
        server.health(&scene, "settings")["state"] == "bad"
    });
    assert_eq!(server.setting(&scene, "keep_daily"), "3");
    scene.config("keep_daily = 4\n");
    let (status, answer) = server.send(&scene, "POST", "/api/v1/server/reload", &[], None);
    assert_eq!((status, &answer["changed"]), (202, &json!(["keep_daily"])));
    wait_for("the settings after", || {
        server.setting(&scene, "keep_daily") == "4"
    });
    assert_eq!(server.health(&scene, "settings")["state"], "ok");
}

#[test]
fn no_connection_is_lost_while_settings_are_taken_over() {
    let scene = Scene::new();
    let server = scene.settled(&[]);
    let is_over = Arc::new(AtomicBool::new(false));
    let askers: Vec<_> = (0..3)
        .map(|_| {
            let (address, is_over) = (server.address.clone(), Arc::clone(&is_over));
            std::thread::spawn(move || {
                let asked = request("", "GET", "/healthz", &[], None);
                let asked = asked.replace("Authorization: Bearer \r\n", "");
                let mut answered = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let answer = exchange(&address, &asked);
                    assert!(answer.starts_with("HTTP/1.1 200"), "{answer:?}");
                    answered += 1;
                }
                answered
            })
        })
        .collect();
    for days in 1..=5 {
        scene.config(&format!("keep_daily = {days}\n"));
        server.signal("HUP");
        let days = days.to_string();
        wait_for("the new settings", || {
            server.setting(&scene, "keep_daily") == days
        });
    }
    is_over.store(true, Ordering::Relaxed);
    for asker in askers {
        assert!(asker.join().unwrap() > 0);
    }
}

#[test]
fn an_act_goes_on_under_the_new_settings() {
    let scene = Scene::new();
    let server = scene.settled(&[]);
    let held = scene.begin_restore(&server);
    scene.config("keep_daily = 3\n");
    server.signal("HUP");
    wait_for("the new settings", || {
        server.setting(&scene, "keep_daily") == "3"
    });
    held.release.send(()).unwrap();
    scene.assert_restored(&server, &held);
    assert!(held.applied.join().unwrap().starts_with("HTTP/1.1 20"));
}

#[test]
fn a_snapshot_that_somebody_waits_for_is_known_under_the_new_settings() {
    let scene = Scene::new();
    let server = scene.settled(&[("ANIREWIND_LOGIN", "off")]);
    // As a browser asks, which has no key.
    let page = |method: &str| {
        let request = format!(
            "{method} /backups/hana/new HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\
             Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: 0\r\n\r\n"
        );
        exchange(&server.address, &request)
    };
    scene.simulator.hold(true);
    let begun = page("POST");
    assert!(begun.starts_with("HTTP/1.1 303"), "{begun}");
    scene.config("keep_daily = 3\n");
    server.signal("HUP");
    wait_for("the new settings", || {
        server.setting(&scene, "keep_daily") == "3"
    });
    let known = page("GET");
    assert!(
        known.contains("A snapshot of hana is being taken"),
        "{known}"
    );
    scene.simulator.hold(false);
    wait_for("the snapshot", || page("GET").contains("</span> Done</h2>"));
}

#[test]
fn a_stop_finishes_what_is_being_sent_and_the_next_start_the_rest() {
    let scene = Scene::new();
    let mut server = scene.settled(&[]);
    let held = scene.begin_restore(&server);
    server.signal("TERM");
    wait_for("the door to close", || {
        TcpStream::connect(&server.address).is_err()
    });
    held.release.send(()).unwrap();
    assert!(server.process.wait().unwrap().success(), "{}", scene.said());
    let said = scene.said();
    assert!(
        said.contains("asked to stop") && said.contains("came to rest"),
        "{said}"
    );
    let again = scene.start(&[]);
    scene.assert_restored(&again, &held);
}

#[test]
fn the_log_says_what_happens_and_never_a_token() {
    let scene = Scene::new();
    let server = scene.settled(&[("ANIREWIND_LOG", "trace"), ("ANIREWIND_LOG_FORMAT", "json")]);
    let answer = exchange(
        &server.address,
        &request(&scene.key, "GET", "/api/v1/plans/zzzz", &[], None),
    );
    let named = answer
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "))
        .unwrap();
    assert!(
        answer.contains(&format!("\"requestId\":\"{named}\"")),
        "{answer}"
    );
    let path = format!("/api/v1/log?q={named}&limit=2000");
    let found = server.get(&scene, &path).1.to_string();
    assert!(found.contains("/api/v1/plans/zzzz"), "{found}");
    let all = exchange(
        &server.address,
        &request(&scene.key, "GET", "/api/v1/log?limit=2000", &[], None),
    );
    let settings = server.get(&scene, "/api/v1/settings").1.to_string();
    let metrics = exchange(
        &server.address,
        &request(&scene.key, "GET", "/metrics", &[], None),
    );
    for said in [all, scene.said(), settings, metrics] {
        assert!(!said.contains("CANARY"));
        assert!(!said.contains(&scene.key));
        assert!(said.len() > 200, "{said}");
    }
    let said = scene.said();
    let first: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert!(first["level"].is_string(), "{first}");
}

#[test]
fn each_line_of_the_log_says_which_job_it_belongs_to() {
    let scene = Scene::new();
    let settings = [("ANIREWIND_LOG", "debug"), ("ANIREWIND_LOG_FORMAT", "json")];
    let server = scene.settled(&settings);
    let held = scene.begin_restore(&server);
    held.release.send(()).unwrap();
    scene.assert_restored(&server, &held);
    assert!(held.applied.join().unwrap().starts_with("HTTP/1.1 20"));
    let (status, looked) = server.send(&scene, "POST", "/api/v1/looks", &[], Some(&json!({})));
    assert_eq!(status, 200, "{looked}");
    let said = scene.said();
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let within = |name: &str| -> Vec<&Value> {
        let spans = lines.iter().filter_map(|line| line["spans"].as_array());
        let spans = spans.flatten().filter(|span| span["name"] == name);
        spans.collect()
    };
    for name in ["snapshot", "look", "job"] {
        let spans = within(name);
        assert!(!spans.is_empty(), "{name}: {said}");
        // The first of all begins before AniList has said whose token it is.
        let whose = |span: &&Value| span["profile"] == "hana" || span["profile"] == "the account";
        assert!(spans.iter().all(whose), "{said}");
    }
    let jobs = within("job");
    assert!(
        jobs.iter()
            .all(|span| span["operation"] == held.id.as_str()),
        "{jobs:?}"
    );
    // What a request began says whose it is until it is over.
    let ids = within("request");
    assert!(ids.iter().all(|span| span["id"].is_string()), "{said}");
    assert!(!ids.is_empty(), "{said}");
}

#[test]
fn a_container_can_ask_whether_the_server_is_well() {
    let scene = Scene::new();
    let mut server = scene.start(&[]);
    let ask = |address: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_anirewind-server"));
        command.args(["--check-health", "--listen", address, "--data-dir"]);
        command.arg(scene.data.path()).env_clear();
        command.output().unwrap().status.code()
    };
    assert_eq!(ask(&server.address), Some(0));
    server.process.kill().unwrap();
    server.process.wait().unwrap();
    assert_eq!(ask(&server.address), Some(1));
}

/// A connection that stays open as long as the server lets it, as a browser's does.
struct Kept<'a> {
    server: &'a Server,
    connection: TcpStream,
}

impl<'a> Kept<'a> {
    fn open(server: &'a Server) -> Self {
        let connection = TcpStream::connect(&server.address).unwrap();
        let wait = Some(Duration::from_mins(1));
        connection.set_read_timeout(wait).unwrap();
        Self { server, connection }
    }

    /// Asks, on another connection where this one was closed, and gives what was answered.
    fn ask(&mut self, head: &str, body: &str, end: &str) -> String {
        let length = body.len();
        let request = format!("{head}\r\nContent-Length: {length}\r\n\r\n{body}");
        loop {
            let mut answer = Vec::new();
            let mut part = [0; 4096];
            let mut read = self.connection.write(request.as_bytes()).unwrap_or(0);
            while read > 0 && !String::from_utf8_lossy(&answer).contains(end) {
                read = self.connection.read(&mut part).unwrap_or(0);
                answer.extend_from_slice(&part[..read]);
            }
            let answer = String::from_utf8_lossy(&answer).into_owned();
            if answer.contains(end) {
                return answer;
            }
            assert_eq!(answer, "", "cut off");
            *self = Self::open(self.server);
        }
    }
}

#[test]
fn what_was_saved_is_shown_on_the_connection_it_was_saved_on() {
    let scene = Scene::new();
    let server = scene.settled(&[("ANIREWIND_LOGIN", "off")]);
    let mut kept = Kept::open(&server);
    let host = format!("Host: {0}\r\nOrigin: http://{0}", server.address);
    for days in ["31", "32", "33"] {
        let get = format!("GET /settings HTTP/1.1\r\n{host}");
        let page = kept.ask(&get, "", "</html>");
        let version = page.split("name=\"version\" value=\"").nth(1).unwrap();
        let version = version.split('"').next().unwrap();
        let post = format!(
            "POST /settings HTTP/1.1\r\n{host}\r\nContent-Type: application/x-www-form-urlencoded"
        );
        let form = format!("version={version}&backup_retention_days={days}");
        let answer = kept.ask(&post, &form, "\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
        let page = kept.ask(&get, "", "</html>");
        let field = format!("name=\"backup_retention_days\" value=\"{days}\"");
        assert!(page.contains(&field), "{page}");
    }
}
