//! What watches over the server: that it is ready or not, and figures for Prometheus that say what happened.

#![expect(clippy::float_cmp, reason = "they are whole numbers")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use anirewind_core::{LogBook, LogLevel, LogLine};
use anirewind_simulator::Fault;
use anirewind_simulator::canary::HANAS;
use serde_json::{Value, json};

use crate::browser::{edit, seen};
use crate::pages::Scene;
use crate::tasks::interrupt;

/// Every figure there is, each line as it is written, once all of them have been proven to be well-formed.
async fn figures(scene: &Scene) -> BTreeMap<String, f64> {
    let (status, text) = scene.get("/metrics").await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let (mut kinds, mut helps, mut figures) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(help.ends_with('.'), "{line}");
            assert!(helps.insert(name.to_owned()), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(helps.contains(name), "{line}");
            kinds.insert(name.to_owned(), kind.to_owned());
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let bare = name.split('{').next().unwrap();
            let kind = kinds
                .get(bare)
                .unwrap_or_else(|| panic!("no kind of {line}"));
            assert_eq!(kind == "counter", bare.ends_with("_total"), "{line}");
            let value: f64 = value.parse().unwrap();
            assert!(figures.insert(name.to_owned(), value).is_none(), "{line}");
        }
    }
    figures
}

#[actix_web::test]
async fn the_figures_say_what_happened() {
    let scene = seen(&[]).await;
    let before = figures(&scene).await;
    let of = |figures: &BTreeMap<String, f64>, name: &str| -> f64 {
        let name = format!("anirewind_{name}");
        *figures
            .get(&name)
            .unwrap_or_else(|| panic!("{name} is not among {figures:?}"))
    };
    for (name, value) in [
        ("up", 1.0),
        ("protected{profile=\"hana\"}", 1.0),
        ("snapshots{profile=\"hana\"}", 1.0),
        ("alarms{profile=\"hana\"}", 0.0),
        ("jobs_open", 0.0),
        ("snapshot_attempts_total{outcome=\"saved\"}", 1.0),
        ("errors_total", 0.0),
    ] {
        assert_eq!(of(&before, name), value, "{name}");
    }
    assert!(of(&before, "requests_total{outcome=\"ok\"}") > 3.0);
    assert!(of(&before, "snapshot_bytes") > 5_000.0);
    assert!(of(&before, "database_bytes") > 5_000.0);
    assert!(of(&before, "next_due_seconds{profile=\"hana\"}") > 0.0);
    let age = of(&before, "last_good_age_seconds{profile=\"hana\"}");
    assert_eq!(
        age,
        of(&before, "last_attempt_age_seconds{profile=\"hana\"}")
    );
    // An hour later it is an hour older.
    scene.pass(Duration::from_hours(1));
    let later = figures(&scene).await;
    assert_eq!(
        of(&later, "last_good_age_seconds{profile=\"hana\"}") - age,
        3_600.0
    );
    // A restore, a failure, and a list that nobody believes at once.
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    let restore = json!({ "snapshot": "latest", "prefer": "snapshot" });
    let request = |path: &str| {
        let request = TestRequest::post().uri(path);
        request
            .insert_header(("host", "localhost"))
            .insert_header(("origin", "http://localhost"))
    };
    let (_, plan, _) = scene
        .request(request("/api/v1/plans/restore").set_json(restore))
        .await;
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let apply = format!("/api/v1/plans/{}/apply", plan["id"].as_str().unwrap());
    let (status, report, _) = scene.request(request(&apply).set_json(json!({}))).await;
    assert_eq!(status, StatusCode::OK, "{report}");
    scene.simulator.fault_always(Some(Fault::Disabled));
    scene.capture().await;
    scene.simulator.fault_always(None);
    for media in 1_000..1_040 {
        scene.simulator.world().drop_entry(1, media);
    }
    scene.pass(Duration::from_hours(1));
    scene.capture().await;
    let after = figures(&scene).await;
    assert_eq!(of(&after, "jobs_total{state=\"done\"}"), 1.0);
    assert_eq!(
        of(&after, "snapshot_attempts_total{outcome=\"failed\"}"),
        1.0
    );
    assert!(of(&after, "requests_total{outcome=\"failed\"}") > 0.0);
    assert!(of(&after, "alarms{profile=\"hana\"}") > 0.0);
    assert_eq!(of(&after, "protected{profile=\"hana\"}"), 0.0);
    // One before the restore, and the emptied list.
    assert_eq!(of(&after, "snapshots{profile=\"hana\"}"), 3.0);
    let build = after
        .keys()
        .find(|name| name.starts_with("anirewind_build_info{version="));
    assert!(build.is_some(), "{after:?}");
}

#[actix_web::test]
async fn waits_errors_and_open_jobs_are_counted_as_they_come_and_go() {
    let scene = seen(&[("ANIREWIND_RATE_LIMIT", "2")]).await;
    let book = LogBook::default();
    scene.app.keep_log(&book);
    let of = async |name: &str| figures(&scene).await[&format!("anirewind_{name}")];
    let (waits, seconds) = (of("waits_total").await, of("wait_seconds_total").await);
    assert_eq!(
        (of("errors_total").await, of("jobs_open").await),
        (0.0, 0.0)
    );
    // Two a minute are allowed, and a snapshot takes more.
    let began = scene.app.now();
    for _ in 0..3 {
        scene.pass(Duration::from_mins(1));
        scene.capture().await;
    }
    let passed = (scene.app.now() - began).as_seconds_f64();
    let (more, longer) = (of("waits_total").await, of("wait_seconds_total").await);
    assert!(more > waits, "{more} after {waits}");
    let waited = longer - seconds;
    // As long as they took, and no longer than there was time for.
    assert!(
        waited >= more - waits && waited <= passed,
        "{waited} of {passed}"
    );
    for (level, errors) in [
        (LogLevel::Error, 1.0),
        (LogLevel::Warn, 1.0),
        (LogLevel::Error, 2.0),
    ] {
        book.push(LogLine {
            number: 0,
            at: scene.app.now(),
            level,
            target: "anirewind_core".to_owned(),
            spans: Vec::new(),
            text: "something went wrong".to_owned(),
        });
        assert_eq!(of("errors_total").await, errors);
    }
    let id = interrupt(&scene, "hana", 1, HANAS).await;
    assert_eq!(of("jobs_open").await, 1.0);
    scene.simulator.world().grant_token(HANAS, 1);
    let stop = TestRequest::post().uri(&format!("/api/v1/jobs/{id}/stop"));
    let stop = stop.insert_header(("host", "localhost"));
    let (status, body, _) = scene.request(stop).await;
    assert!(status.is_success(), "{body}");
    assert_eq!(of("jobs_open").await, 0.0);
}

/// What the catalogue consists of is something else.
fn ruin_catalogue(scene: &Scene) {
    for file in fs::read_dir(scene.data.path()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("anirewind.db") {
            let length = fs::metadata(&path).unwrap().len();
            let nonsense = "nonsense".repeat(usize::try_from(length / 8 + 1).unwrap());
            fs::write(&path, nonsense).unwrap();
        }
    }
}

#[actix_web::test]
async fn who_has_no_catalogue_is_alive_and_not_ready() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    assert_eq!(scene.get("/readyz").await.0, StatusCode::OK);
    ruin_catalogue(&scene);
    let (status, text) = scene.get("/readyz").await;
    assert_eq!(
        (status, text.as_str()),
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "not ready: the catalogue cannot be read\n"
        )
    );
    assert_eq!(scene.get("/healthz").await.0, StatusCode::OK);
    // Whoever asks for more is told that it failed, and not that there is nothing.
    let (status, text) = scene.get("/api/v1/profiles").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{text}");
}

#[actix_web::test]
async fn who_cannot_do_its_work_is_alive_and_not_ready() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    assert_eq!(
        scene.get("/readyz").await,
        (StatusCode::OK, "ready\n".to_owned())
    );
    let folder = scene.data.path().join("backups");
    fs::rename(&folder, scene.data.path().join("away")).unwrap();
    let (status, text) = scene.get("/readyz").await;
    let gone = "not ready: the folder of snapshots is not there\n";
    assert_eq!(
        (status, text.as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, gone)
    );
    fs::write(&folder, "a file where the folder should be").unwrap();
    let (status, text) = scene.get("/readyz").await;
    assert_eq!(
        (status, text.as_str()),
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "not ready: the folder of snapshots cannot be read\n"
        )
    );
    assert_eq!(scene.get("/healthz").await.0, StatusCode::OK);
    fs::remove_file(&folder).unwrap();
    fs::rename(scene.data.path().join("away"), &folder).unwrap();
    assert_eq!(scene.get("/readyz").await.0, StatusCode::OK);
}
