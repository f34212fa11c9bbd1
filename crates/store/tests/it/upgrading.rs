//! A catalogue of any earlier version opens and keeps what it held, also when the program dies in the
//! middle; one of a later version is left alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anirewind_store::{OpenError, Outcome, Store};
use rusqlite::Connection;
use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::types::Value;

const APPLICATION_ID: i32 = 0x416e_5277;
/// For the child: which file, how far, and how many statements more before it dies.
const CHILD: &str = "ANIREWIND_TEST_UPGRADE";
const ROWS: i64 = 3;

/// The migrations, first to last: whatever is added to the folder is tested too.
fn migrations() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/migrations");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let texts = files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap());
    texts.collect()
}

/// A catalogue as the version made it that knew so many migrations, with rows in every table.
fn made_by(version: usize, path: &Path) {
    let connection = Connection::open(path).unwrap();
    let pragma = |name: &str, value: &str| {
        connection.pragma_update(None, name, value).unwrap();
    };
    pragma("application_id", &APPLICATION_ID.to_string());
    pragma("journal_mode", "WAL");
    for migration in &migrations()[..version] {
        connection.execute_batch(migration).unwrap();
    }
    pragma("user_version", &version.to_string());
    for table in tables(&connection) {
        let columns = columns(&connection, &table);
        for row in 1..=ROWS {
            // Of passwords there is one.
            if table == "login" && row > 1 {
                continue;
            }
            let values =
                columns
                    .iter()
                    .map(|(column, kind)| match (kind.as_str(), column.as_str()) {
                        ("INTEGER", _) => row.to_string(),
                        (_, "outcome") => "'saved'".to_owned(),
                        (_, "alarms") => "'[]'".to_owned(),
                        (_, "mark" | "detail") => "'{}'".to_owned(),
                        // Alike in all tables, so that what refers to something finds it.
                        _ => format!("'text {row}'"),
                    });
            let values: Vec<String> = values.collect();
            let values = values.join(", ");
            let sql = format!("INSERT INTO {table} VALUES ({values})");
            connection.execute_batch(&sql).unwrap();
        }
    }
}

fn tables(connection: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
        ORDER BY rowid";
    let mut statement = connection.prepare(sql).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}

/// Names and types.
fn columns(connection: &Connection, table: &str) -> Vec<(String, String)> {
    let sql = format!("SELECT name, type FROM pragma_table_info('{table}') ORDER BY cid");
    let mut statement = connection.prepare(&sql).unwrap();
    let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    columns.unwrap().map(Result::unwrap).collect()
}

/// What is in these columns of these tables, row by row, in an order that does not matter.
fn contents(
    connection: &Connection,
    of: &BTreeMap<String, Vec<String>>,
) -> BTreeMap<String, Vec<String>> {
    let of = of.iter().map(|(table, columns)| {
        let sql = format!("SELECT {} FROM {table}", columns.join(", "));
        let mut statement = connection.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| {
            let values: Result<Vec<Value>, _> = (0..columns.len()).map(|n| row.get(n)).collect();
            values.map(|values| format!("{values:?}"))
        });
        let mut rows: Vec<String> = rows.unwrap().map(Result::unwrap).collect();
        rows.sort();
        (table.clone(), rows)
    });
    of.collect()
}

/// Every table with its columns, but for those that are made anew from the snapshot files.
fn shape(connection: &Connection, version: usize) -> BTreeMap<String, Vec<String>> {
    let later = migrations()[version..].join("\n");
    let tables = tables(connection).into_iter();
    let kept = tables.filter(|table| !later.contains(&format!("DROP TABLE {table};")));
    let of = |table: String| {
        let names = columns(connection, &table)
            .into_iter()
            .map(|(name, _)| name);
        let names = names.collect();
        (table, names)
    };
    kept.map(of).collect()
}

fn version_of(path: &Path) -> usize {
    let connection = Connection::open(path).unwrap();
    let version: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    usize::try_from(version).unwrap()
}

/// Opens it and holds what is in it against what was.
fn assert_upgrades(path: &Path, version: usize, what: &str) {
    let (shape, before) = {
        let connection = Connection::open(path).unwrap();
        let shape = shape(&connection, version);
        let before = contents(&connection, &shape);
        (shape, before)
    };
    drop(Store::open(path).unwrap());
    let connection = Connection::open(path).unwrap();
    assert_eq!(contents(&connection, &shape), before, "{what}");
    let found: String = connection
        .pragma_query_value(None, "integrity_check", |row| row.get(0))
        .unwrap();
    assert_eq!(found, "ok", "{what}");
    assert_eq!(version_of(path), migrations().len(), "{what}");
    // As if it had been made by this version.
    let place = tempfile::tempdir().unwrap();
    let fresh = place.path().join("anirewind.db");
    drop(Store::open(&fresh).unwrap());
    let fresh = Connection::open(fresh).unwrap();
    assert_eq!(tables(&fresh), tables(&connection), "{what}");
    for table in tables(&fresh) {
        let of = |connection| columns(connection, &table);
        assert_eq!(of(&fresh), of(&connection), "{what}: {table}");
    }
}

#[tokio::test]
async fn a_catalogue_of_every_earlier_version_opens_and_holds_what_it_held() {
    for version in 0..=migrations().len() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("anirewind.db");
        made_by(version, &path);
        assert_upgrades(&path, version, &format!("made by version {version}"));
        if version > 0 {
            let store = Store::open(&path).unwrap();
            let accounts = store.accounts().await.unwrap();
            assert_eq!(accounts.len(), 3);
            let attempt = store.last_attempt(accounts[0].account.id).await.unwrap();
            assert_eq!(attempt.unwrap().outcome, Outcome::Saved);
        }
    }
}

/// The migration after so many, statement by statement, in a transaction as it is when it is applied.
fn apply_partly(path: &Path, version: usize, statements: usize) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let migrations = migrations();
    let mut batch = rusqlite::Batch::new(&connection, &migrations[version]);
    for _ in 0..statements {
        let Some(mut statement) = batch.next().unwrap() else {
            connection
                .pragma_update(None, "user_version", (version + 1).to_string())
                .unwrap();
            break;
        };
        statement.raw_execute().unwrap();
    }
    std::process::abort();
}

/// What runs when this file is started by itself.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the child is told what to do by its environment"
)]
fn as_a_child() {
    let Ok(told) = std::env::var(CHILD) else {
        return;
    };
    let parts: Vec<&str> = told.splitn(3, '|').collect();
    let path = Path::new(parts[2]);
    match parts[1] {
        "open" => drop(Store::open(path).unwrap()),
        statements => apply_partly(path, parts[0].parse().unwrap(), statements.parse().unwrap()),
    }
}

fn child(version: usize, what: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "upgrading::as_a_child"])
        .env(CHILD, format!("{version}|{what}|{}", path.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn count_of(migration: &str) -> usize {
    let connection = Connection::open_in_memory().unwrap();
    let all = migrations();
    for earlier in all.iter().take_while(|text| *text != migration) {
        connection.execute_batch(earlier).unwrap();
    }
    let mut batch = rusqlite::Batch::new(&connection, migration);
    let mut count = 0;
    while let Some(mut statement) = batch.next().unwrap() {
        statement.raw_execute().unwrap();
        count += 1;
    }
    count
}

#[test]
fn a_program_that_dies_at_any_statement_of_an_upgrade_has_changed_nothing() {
    for (version, migration) in migrations().iter().enumerate() {
        let count = count_of(migration);
        // One more: after the last, with the new number written and nothing committed.
        for statements in 0..=count + 1 {
            let place = tempfile::tempdir().unwrap();
            let path = place.path().join("anirewind.db");
            made_by(version, &path);
            let status = child(version, &statements.to_string(), &path).status();
            assert!(!status.unwrap().success());
            assert_eq!(version_of(&path), version);
            let what = format!("statement {statements} after version {version}");
            assert_upgrades(&path, version, &what);
        }
    }
}

#[test]
fn killed_while_it_opens_it_opens_the_next_time() {
    let mut rng = 7_u64;
    let latest = migrations().len();
    for round in 0..120 {
        let version = round % latest;
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("anirewind.db");
        made_by(version, &path);
        let mut child = child(version, "open", &path).spawn().unwrap();
        rng = rng.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        std::thread::sleep(Duration::from_micros((rng >> 33) % 12_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let found = version_of(&path);
        assert!((version..=latest).contains(&found), "round {round}");
        assert_upgrades(&path, found.max(version), &format!("round {round}"));
    }
}

/// How the hash of each migration begins that somebody may have run: it is never changed afterwards.
const GIVEN_AWAY: [&str; 14] = [
    "b1d0c3c285ff",
    "72cb3599b93e",
    "ac41daf3a675",
    "886671f0afd9",
    "a6dda3a5a2ca",
    "b5853cb6827e",
    "2481d8d64363",
    "b045f4a6e026",
    "5031ccd17e35",
    "0f466075f74a",
    "41793acaa51f",
    "240b0fa135e9",
    "09e8580a7076",
    "c8bd686034b1",
];

#[test]
fn migrations_that_were_given_away_are_as_they_were() {
    for (text, expected) in migrations().iter().zip(GIVEN_AWAY) {
        let hash = anirewind_backup::Hash::of(text.as_bytes()).to_string();
        assert!(hash.contains(expected), "{hash}: {text}");
    }
}

#[test]
fn a_catalogue_of_a_later_version_is_refused_and_left_as_it_is() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("anirewind.db");
    let latest = migrations().len();
    made_by(latest, &path);
    let before = {
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE later (x)").unwrap();
        connection
            .pragma_update(None, "user_version", (latest + 1).to_string())
            .unwrap();
        let shape = shape(&connection, latest);
        (contents(&connection, &shape), shape)
    };
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, OpenError::TooNew { .. }), "{error}");
    assert!(error.to_string().contains("later version of AniRewind"));
    let connection = Connection::open(&path).unwrap();
    assert_eq!(contents(&connection, &before.1), before.0);
    assert_eq!(version_of(&path), latest + 1);
}
