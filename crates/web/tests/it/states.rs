//! Each page in each state it can be in: nothing there, under way, in trouble with what stays true, live.
//! How a page does with letter keys and on a narrow screen is looked at in a browser.

use std::fs;
use std::time::Duration;

use anirewind_core::Kind;
use anirewind_simulator::Fault;
use anirewind_simulator::canary::HANAS;

use crate::browser::{Browser, edit, look, seen};
use crate::pages::Scene;

/// Every request fails from here on.
fn unplug(scene: &Scene) {
    scene.simulator.fault_always(Some(Fault::BadGateway));
}

/// One that nobody has captured or looked at yet.
async fn fresh() -> Scene {
    Scene::new("hana").await
}

#[actix_web::test]
async fn setup() {
    let scene = Scene::with("hana", &[]).await;
    let mut browser = Browser::at(&scene, "/setup").await;
    browser.must_show(&["Setup code", "Choose a password", "12 characters or more"]);
    browser
        .press_with(
            "Set the password",
            &[
                ("code", "not-the-code"),
                ("password", "correct horse battery"),
            ],
        )
        .await;
    // It stays on its step, and what was typed is kept; a password never is.
    browser.must_show(&["role=\"alert\"", "value=\"not-the-code\""]);
    assert!(!browser.shows("correct horse"));
}

#[actix_web::test]
async fn dashboard() {
    let scene = fresh().await;
    let mut browser = Browser::at(&scene, "/").await;
    browser.must_show(&["Nothing saved yet", "Take the first snapshot"]);
    let scene = seen(&[]).await;
    browser = Browser::at(&scene, "/").await;
    browser.must_show(&["is protected", "data-live=\"verdict-hana\"", "live.js"]);
    scene.simulator.world().revoke_token(HANAS);
    scene.pass(Duration::from_hours(24));
    scene.capture().await;
    browser.open("/").await;
    browser.must_show(&["is not connected", "Last good snapshot"]);
    let folder = scene.data.path().join("backups");
    fs::rename(&folder, scene.data.path().join("away")).unwrap();
    fs::write(&folder, "a file where the folder should be").unwrap();
    browser.open("/").await;
    browser.must_show(&["They may still exist in", "Last good snapshot", "Try again"]);
    // It is said first, and called out only where an act of theirs failed.
    assert!(!browser.shows("role=\"alert\""), "{}", browser.page);
}

#[actix_web::test]
async fn backups() {
    let scene = fresh().await;
    let targets = scene.app.targets(None).await.unwrap();
    scene.simulator.fault_always(Some(Fault::BadGateway));
    scene.app.capture_all(&targets, Kind::Automatic).await;
    let scene = seen(&[]).await;
    let browser = Browser::at(&scene, "/backups/hana").await;
    browser.must_show(&["plexanibridge-hana.", "verified", "data-live=\"snapshot\""]);
    let folder = scene.data.path().join("backups");
    fs::rename(&folder, scene.data.path().join("away")).unwrap();
    fs::write(&folder, "a file where the folder should be").unwrap();
    let (status, page) = scene.get("/backups/hana").await;
    assert!(status.is_server_error());
    for words in [
        "Backups could not be read",
        "They may still exist in",
        "Try again",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[actix_web::test]
async fn snapshot() {
    let scene = fresh().await;
    let media: Vec<u32> = {
        let world = scene.simulator.world();
        world.entries(1).map(|entry| entry.media).collect()
    };
    for media in media {
        scene.simulator.world().drop_entry(1, media);
    }
    scene.capture().await;
    let mut browser = Browser::at(&scene, "/backups/hana/latest").await;
    browser.must_show(&["This list was empty then"]);
    let scene = seen(&[]).await;
    browser = Browser::at(&scene, "/backups/hana/latest").await;
    browser.must_show(&["30 anime", "Restore…"]);
    // Each row of tabs is a list with a button too, for where there is little room.
    browser.must_show(&[
        "<select name=\"type\">",
        "<select name=\"status\">",
        "<select name=\"view\">",
        "<option value=\"COMPLETED\">",
        ">Show<span class=\"hidden\"> status</span></button>",
    ]);
    browser
        .open("/backups/hana/latest?type=ALL&status=&q=")
        .await;
    browser.must_show(&["1 to 40 of 40", "<option value=\"ALL\" selected>"]);
    let file = fs::read_dir(scene.app.backups()).unwrap().next().unwrap();
    let path = file.unwrap().path();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"progress\":1", "\"progress\":7")).unwrap();
    browser.open("/backups/hana/latest").await;
    browser.must_show(&["This file is damaged", "Nothing can be restored from it"]);
    assert!(!browser.shows("Restore…"));
}

#[actix_web::test]
async fn compare() {
    let scene = seen(&[]).await;
    let mut browser = Browser::at(&scene, "/compare/hana?from=latest&to=live").await;
    if browser.offers("Read the live list") {
        browser.press("Read the live list").await;
    }
    browser.must_show(&["No differences", "All 40 titles match"]);
    unplug(&scene);
    browser.press("Read again").await;
    browser.must_show(&["The live list could not be read", "newest snapshot instead"]);
}

#[actix_web::test]
async fn plan() {
    let scene = seen(&[]).await;
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest").await;
    browser.press("Show the plan").await;
    browser.must_show(&["Your list already matches. Nothing to do."]);
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    browser.open("/plan/hana/new?snapshot=latest").await;
    browser.press("Show the plan").await;
    let plan = browser.path.clone();
    unplug(&scene);
    let effects = scene.simulator.world().effects().len();
    browser.press("Send 40 changes to AniList").await;
    assert_eq!(scene.simulator.world().effects().len(), effects);
    browser.open(&plan).await;
    assert!(
        browser.offers("Send 40 changes to AniList"),
        "{}",
        browser.page
    );
}

#[actix_web::test]
async fn timeline() {
    let scene = seen(&[]).await;
    let mut browser = Browser::at(&scene, "/timeline/hana").await;
    browser.must_show(&[
        "No changes seen yet",
        "within 5 minutes",
        "data-live=\"event\"",
    ]);
    edit(&scene, |entry| {
        if entry.media == 1_003 {
            entry.progress += 1;
        }
    });
    look(&scene).await;
    browser.open("/timeline/hana?kind=removed").await;
    browser.must_show(&["No removed titles in this range.", "Clear filters"]);
    // AniList in trouble takes nothing from what was seen.
    unplug(&scene);
    scene.pass(Duration::from_hours(1));
    scene.capture().await;
    browser.open("/timeline/hana").await;
    browser.must_show(&["Episode", "on AniList"]);
}

#[actix_web::test]
async fn title() {
    let scene = seen(&[]).await;
    let mut browser = Browser::at(&scene, "/titles/hana/manga/99").await;
    browser.must_show(&["Never on this list", "https://anilist.co/manga/99"]);
    unplug(&scene);
    browser.open("/titles/hana/anime/1003").await;
    assert!(browser.status.is_success());
    browser.must_show(&["https://anilist.co/anime/1003"]);
}

#[actix_web::test]
async fn at_a_moment() {
    let scene = seen(&[]).await;
    let mut browser = Browser::at(&scene, "/at/hana?when=2001-01-01T00:00").await;
    browser.must_show(&["Before the first snapshot", "Go to the first snapshot"]);
    browser.open("/at/hana?when=nonsense").await;
    browser.must_show(&["role=\"alert\"", "is no moment"]);
    let empty = fresh().await;
    let browser = Browser::at(&empty, "/backups").await;
    assert!(browser.status.is_success());
}

#[actix_web::test]
async fn status() {
    let scene = seen(&[]).await;
    let mut browser = Browser::at(&scene, "/status").await;
    let first = browser.page.find("<section class=\"card fine\">");
    let checks = browser.page.find("<ul class=\"rows\">");
    assert!(first.unwrap() < checks.unwrap(), "{}", browser.page);
    scene.simulator.world().revoke_token(HANAS);
    scene.pass(Duration::from_hours(24));
    scene.capture().await;
    browser.open("/status").await;
    assert!(
        !browser.shows("<section class=\"card fine\">"),
        "{}",
        browser.page
    );
    let unknown = fresh().await;
    let browser = Browser::at(&unknown, "/status").await;
    browser.must_show(&["unknown"]);
}
