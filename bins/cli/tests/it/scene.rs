//! A simulator on its own thread, and the command in a folder of its own.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Output;
use std::sync::Arc;

use anirewind_simulator::canary::{sings, traces};
use anirewind_simulator::{
    Growth, Options, RateLimit, SimUser, Simulator, Switches, VirtualClock, World,
};
use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;
use time::macros::datetime;

pub(crate) use anirewind_simulator::canary::{HANAS as TOKEN, YUKIS};

pub(crate) struct Scene {
    pub(crate) simulator: Simulator,
    pub(crate) home: TempDir,
    _runtime: tokio::runtime::Runtime,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with_list(30, 10)
    }

    pub(crate) fn with_list(anime: usize, manga: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
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
        // The command has a clock of its own, so no limit of requests a minute is kept here.
        let switches = Switches {
            rate_limit: RateLimit::Off,
            ..Switches::default()
        };
        let clock = Arc::new(VirtualClock::starting_at(now));
        let options = Options {
            switches,
            ..Options::default()
        };
        let simulator = runtime
            .block_on(Simulator::start_with(world, clock, options))
            .unwrap();
        Self {
            simulator,
            home: tempfile::tempdir().unwrap(),
            _runtime: runtime,
        }
    }

    /// The same with Hana connected.
    pub(crate) fn connected() -> Self {
        let scene = Self::new();
        let added = scene.run(&["account", "add", "--token-file", &scene.token_file(TOKEN)]);
        assert_eq!(added.status.code(), Some(0), "{added:?}");
        scene
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    pub(crate) fn token_file(&self, token: &str) -> String {
        let path = self.home.path().join("token.txt");
        std::fs::write(&path, format!("{token}\n")).unwrap();
        path.display().to_string()
    }

    pub(crate) fn command(&self) -> Run {
        let mut command = Command::cargo_bin("anirewind").unwrap();
        command.env_clear().envs(self.environment());
        Run(command)
    }

    /// What tells a command where its folder and its AniList are.
    pub(crate) fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("ANIREWIND_RATE_LIMIT", "60000".to_owned()),
            ("ANIREWIND_DATA_PATH", self.data().display().to_string()),
            ("ANIREWIND_ANILIST_URL", self.simulator.url()),
        ]
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    /// Runs with `--json` and returns the data.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self
            .command()
            .args(arguments)
            .arg("--json")
            .output()
            .unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(
            json["schema"].as_str().unwrap().starts_with("anirewind."),
            "{json}"
        );
        json["data"].clone()
    }

    /// How many snapshots lie in the folder.
    pub(crate) fn files(&self) -> usize {
        std::fs::read_dir(self.data().join("backups")).map_or(0, Iterator::count)
    }
}

/// No token lies about when a test is over.
impl Drop for Scene {
    fn drop(&mut self) {
        // What a test hands in itself it may write down.
        let _ = std::fs::remove_file(self.home.path().join("token.txt"));
        let traces = traces(self.home.path()).unwrap();
        if !std::thread::panicking() {
            assert!(traces.is_empty(), "a token stands in {traces:?}");
        }
    }
}

/// A command that says no token, whatever happens.
pub(crate) struct Run(Command);

impl Run {
    pub(crate) fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
        self.0.arg(argument);
        self
    }

    pub(crate) fn args(
        &mut self,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> &mut Self {
        self.0.args(arguments);
        self
    }

    pub(crate) fn env(&mut self, name: &str, value: impl AsRef<OsStr>) -> &mut Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn write_stdin(&mut self, text: impl Into<Vec<u8>>) -> &mut Self {
        self.0.write_stdin(text);
        self
    }

    pub(crate) fn output(&mut self) -> std::io::Result<Output> {
        let output = self.0.output()?;
        for said in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(said);
            assert!(!sings(said), "a token is said: {text}");
        }
        Ok(output)
    }
}
