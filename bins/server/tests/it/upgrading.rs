//! Data folders of every earlier version, under the real server: it brings them up to date and shows what is in
//! them, the same after kill -9. One of a later version it refuses and leaves as it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anirewind_core::{
    App, Choices, Kind, Prefer, RestoreOptions, Settings, Sources, SystemClock, Wanted,
};
use anirewind_simulator::canary::{HANAS, traces};
use anirewind_simulator::{
    Growth, Options, RateLimit, SimEntry, Simulator, Switches, VirtualClock, World,
};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use serde_json::Value;
use tempfile::TempDir;
use time::macros::datetime;

use crate::serving::{Server, command};

const HANA: u32 = 4242;
const DATABASE: &str = "anirewind.db";
/// What was written last, until it is moved into the database.
const LOG: &str = "anirewind.db-wal";

/// What a server is asked for, and which version was the first to have it.
const ASKED: [(&str, usize); 7] = [
    ("profiles", 1),
    ("status", 1),
    ("snapshots", 1),
    ("alarms", 1),
    ("changes", 3),
    ("operations", 3),
    ("keys", 5),
];

/// The migrations, first to last: whatever is added to the folder is tested too.
fn migrations() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/store/src/migrations");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let texts = files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap());
    texts.collect()
}

/// Columns of a table and their types; none where there is no such table.
fn columns(connection: &Connection, schema: &str, table: &str) -> BTreeMap<String, String> {
    let sql = format!("SELECT name, type FROM pragma_table_info('{table}', '{schema}')");
    let mut statement = connection.prepare(&sql).unwrap();
    let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    columns.unwrap().map(Result::unwrap).collect()
}

fn tables(connection: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM main.sqlite_schema
        WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
    let mut statement = connection.prepare(sql).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
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

/// Every file of a folder with what is in it.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            // Locks are held and not written; what is shared by those who have it open is made anew each time.
            let is_of_the_moment = matches!(ending, Some("lock" | "db-shm"));
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let is_empty_log = path.ends_with(LOG) && bytes.is_empty();
            if !is_of_the_moment && !is_empty_log {
                found.insert(path, bytes);
            }
        }
    }
    found
}

/// A folder in which there is something of everything: an account with its token, snapshots of which one is kept,
/// changes of others, a restore and an undo.
fn lived_in() -> TempDir {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let now = datetime!(2026-11-03 12:00 UTC);
        let clock = Arc::new(VirtualClock::starting_at(now));
        let mut world = World::new();
        let growth = Growth {
            seed: 7,
            anime: 12,
            manga: 3,
        };
        world.grow(World::hana(), HANAS, growth, now);
        let options = Options {
            switches: Switches {
                rate_limit: RateLimit::Off,
                ..Switches::default()
            },
            ..Options::default()
        };
        let started = Simulator::start_with(world, clock, options);
        let simulator = started.await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let environment = [
            ("ANIREWIND_ANILIST_URL", simulator.url()),
            ("ANIREWIND_RATE_LIMIT", "60000".to_owned()),
        ];
        let sources = Sources {
            flags: [("data_dir", data.path().display().to_string())].into(),
            environment: environment
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
            platform_data: None,
        };
        let settings = Settings::read(&sources).unwrap();
        let clock = Arc::new(SystemClock::new());
        let app = App::open(settings, clock, jiff::tz::TimeZone::UTC, None).unwrap();
        let token = anirewind_core::model::AccessToken::new(HANAS).unwrap();
        app.add_account(None, token).await.unwrap();
        app.add_key("a program", true).await.unwrap();
        let target = app.targets(None).await.unwrap().remove(0);
        let first = app.capture(&target, Kind::Manual).await.unwrap().snapshot;
        app.keep(&first, Some("the first".to_owned()), None)
            .await
            .unwrap();
        {
            let mut world = simulator.world();
            let all: Vec<SimEntry> = world.entries(HANA).cloned().collect();
            for mut entry in all.into_iter().take(5) {
                entry.score = if entry.score == 50 { 60 } else { 50 };
                world.put_entry(entry);
            }
        }
        app.look(&target).await.unwrap();
        app.capture(&target, Kind::Automatic).await.unwrap();
        let wanted = Wanted::Snapshot("kept:the first".to_owned());
        let options = RestoreOptions {
            prefer: Prefer::Snapshot,
            ..RestoreOptions::default()
        };
        let plan = app.plan_restore(None, &wanted, &options).await.unwrap();
        assert_eq!(plan.writes(), 5, "{plan:?}");
        app.apply(plan, None).await.unwrap();
        let plan = app.plan_undo(None, &[], Choices::default()).await.unwrap();
        app.apply(plan, None).await.unwrap();
        data
    })
}

/// The same as the version left it that knew so many migrations.
fn made_by(version: usize, whole: &Path) -> TempDir {
    let data = tempfile::tempdir().unwrap();
    for folder in ["backups", "secrets"] {
        copy(&whole.join(folder), &data.path().join(folder));
    }
    let connection = Connection::open(data.path().join(DATABASE)).unwrap();
    let path = whole.join(DATABASE).display().to_string();
    connection.execute("ATTACH ?1 AS whole", [path]).unwrap();
    let id: i64 = connection
        .pragma_query_value(Some("whole"), "application_id", |row| row.get(0))
        .unwrap();
    let pragma = |name: &str, value: &str| {
        let set = connection.pragma_update(Some("main"), name, value);
        set.unwrap();
    };
    pragma("application_id", &id.to_string());
    pragma("journal_mode", "WAL");
    for migration in &migrations()[..version] {
        connection.execute_batch(migration).unwrap();
    }
    pragma("user_version", &version.to_string());
    for table in tables(&connection) {
        let known = columns(&connection, "whole", &table);
        if known.is_empty() {
            continue;
        }
        let columns = columns(&connection, "main", &table);
        let values = columns.iter().map(|(name, kind)| match kind.as_str() {
            _ if known.contains_key(name) => name.clone(),
            // What later versions do not keep.
            "INTEGER" => "0".to_owned(),
            _ => "''".to_owned(),
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let names = columns.keys().cloned().collect::<Vec<_>>().join(", ");
        let sql = format!(
            "DELETE FROM main.{table};
             INSERT INTO main.{table} ({names}) SELECT {values} FROM whole.{table}"
        );
        connection.execute_batch(&sql).unwrap();
    }
    data
}

/// What the server shows of a folder, by what it was asked for. It asks nobody anything.
fn shown(data: &Path) -> BTreeMap<&'static str, Value> {
    let data = data.display().to_string();
    // Nobody answers there.
    let alone = [
        ("ANIREWIND_BACKUP_AT", "off"),
        ("ANIREWIND_WATCH_INTERVAL", "0"),
        ("ANIREWIND_ANILIST_URL", "http://127.0.0.1:9"),
    ];
    let server = Server::start(&["--data-dir", &data], &alone);
    let shown = ASKED.into_iter().map(|(what, _)| {
        let (status, answer) = server.get(&format!("/api/v1/{what}"), None);
        assert_eq!(status, 200, "{what}: {answer}");
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let mut value = serde_json::from_str(body).unwrap();
        forget_proofs(&mut value);
        (what, value)
    });
    // Dropping the server is kill -9.
    shown.collect()
}

/// Files are read again whenever a server runs; when that was is no part of what is kept.
fn forget_proofs(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(forget_proofs),
        Value::Object(fields) => {
            fields.retain(|name, _| !matches!(name.as_str(), "verifiedAt" | "provenSince"));
            fields.values_mut().for_each(forget_proofs);
        }
        _ => {}
    }
}

fn items(shown: &Value) -> &Vec<Value> {
    shown.get("items").unwrap_or(shown).as_array().unwrap()
}

#[test]
fn a_folder_of_every_earlier_version_is_shown_whole_and_the_same_after_kill_9() {
    let whole = lived_in();
    let now = shown(whole.path());
    assert_eq!(items(&now["snapshots"]).len(), 4, "{}", now["snapshots"]);
    assert_eq!(items(&now["operations"]).len(), 2, "{}", now["operations"]);
    assert!(items(&now["changes"]).len() >= 10, "{}", now["changes"]);
    for version in 1..=migrations().len() {
        let data = made_by(version, whole.path());
        let found = shown(data.path());
        for (what, first) in ASKED {
            let value = &found[what];
            if version < first {
                assert!(items(value).is_empty(), "version {version}: {value}");
            } else {
                let mut expected = now[what].clone();
                // What nobody wrote down then is not counted either.
                if what == "status" && items(&found["changes"]).is_empty() {
                    expected[0]["unsaved"] = 0.into();
                }
                assert_eq!(value, &expected, "version {version}: {what}");
            }
        }
        for again in 1..=2 {
            let then = shown(data.path());
            assert_eq!(
                then, found,
                "version {version}, start {again} after kill -9"
            );
        }
        assert_eq!(traces(data.path()).unwrap(), Vec::<PathBuf>::new());
    }
}

#[test]
fn a_folder_of_a_later_version_is_refused_and_not_a_byte_of_it_is_changed() {
    let whole = lived_in();
    let latest = migrations().len();
    for log in ["DELETE", "WAL", "a WAL that was left"] {
        let data = made_by(latest, whole.path());
        let connection = Connection::open(data.path().join(DATABASE)).unwrap();
        let is_left = log.starts_with('a');
        let mode = if is_left { "WAL" } else { log };
        connection
            .pragma_update(None, "journal_mode", mode)
            .unwrap();
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_left)
            .unwrap();
        connection.execute_batch("CREATE TABLE later (x)").unwrap();
        connection
            .pragma_update(None, "user_version", (latest + 1).to_string())
            .unwrap();
        drop(connection);
        let before = contents(data.path());
        let left = data.path().join(LOG);
        assert_eq!(before.contains_key(&left), is_left, "{log}");
        let path = data.path().display().to_string();
        let output = command(&["--data-dir", &path], &[]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{log}: {said}");
        for words in ["later version of AniRewind", "Nothing was changed"] {
            assert!(said.contains(words), "{log}: {said}");
        }
        assert!(!said.contains("panicked"), "{said}");
        assert!(contents(data.path()) == before, "{log}: something changed");
    }
}
