//! An act that did not end well is said on every page until a person has opened its report.

use actix_web::test::TestRequest;
use anirewind_core::{ActError, Id, Report, RestoreOptions, Stopping, Wanted};
use anirewind_simulator::canary::HANAS;

use crate::browser::{Browser, USER, edit, entries, seen};
use crate::pages::Scene;

/// Somebody far from the pages puts everything back.
async fn restore(scene: &Scene, is_refused: bool) -> Result<Report, ActError> {
    // The first one; what is taken before each act holds what was wrong.
    let first = scene.app.snapshots(None).await.unwrap().pop().unwrap();
    let wanted = Wanted::Snapshot(first.id.to_string());
    let options = RestoreOptions::default();
    let plan = scene
        .app
        .plan_restore(Some("hana"), &wanted, &options)
        .await;
    if is_refused {
        scene
            .simulator
            .before_request(5, |world| world.revoke_token(HANAS));
    }
    scene.app.apply(plan.unwrap(), None).await
}

/// All titles are gone, and one of them is not on AniList any more.
async fn partly(scene: &Scene) -> Id {
    for entry in entries(scene) {
        scene.simulator.world().drop_entry(USER, entry.media);
    }
    scene.simulator.world().remove_media(1_003);
    restore(scene, false).await.unwrap().operation.id
}

/// AniList refuses the token in the middle.
async fn interrupted(scene: &Scene) -> Id {
    edit(scene, |entry| entry.notes = Some("x".to_owned()));
    match restore(scene, true).await {
        Err(ActError::Stopped { operation, .. }) => operation,
        other => panic!("{other:?}"),
    }
}

const BANNER: &str = "id=\"bad-end\"";

#[actix_web::test]
async fn it_is_said_on_every_page_also_after_a_restart_and_not_put_away_by_a_program() {
    let mut scene = seen(&[]).await;
    let id = partly(&scene).await;
    scene.take_over();
    let report = scene.get_json(&format!("/api/v1/operations/{id}")).await;
    assert_eq!(report["operation"]["state"], "partly", "{report}");
    let mut browser = Browser::at(&scene, "/").await;
    for path in ["/", "/backups/hana", "/about", "/ops/hana", "/nothing"] {
        browser.open(path).await;
        browser.must_show(&[
            "did not end well. 1 of 40 not applied.",
            &format!("href=\"/jobs/{id}\">Open its report"),
        ]);
        assert_eq!(browser.page.matches(BANNER).count(), 1);
    }
    browser.follow("Open its report").await;
    browser.must_show(&["Done, 1 not applied"]);
    assert!(!browser.shows(BANNER), "{}", browser.page);
    scene.take_over();
    let mut browser = Browser::at(&scene, "/").await;
    assert!(!browser.shows(BANNER), "{}", browser.page);
    browser.open("/backups/hana").await;
    assert!(!browser.shows(BANNER), "{}", browser.page);
}

#[actix_web::test]
async fn several_are_one_banner_and_what_is_tried_again_in_vain_is_not_said_again() {
    let scene = seen(&[]).await;
    let first = partly(&scene).await;
    let second = interrupted(&scene).await;
    let mut browser = Browser::at(&scene, "/").await;
    browser.must_show(&[
        "2 acts did not end well, the last of them",
        "It was interrupted, ",
        &format!("href=\"/jobs/{second}\">Open its report"),
    ]);
    // It is named once.
    assert!(!browser.shows("class=\"jobbar\""), "{}", browser.page);
    browser.follow("Open its report").await;
    browser.must_show(&[
        "Interrupted",
        "did not end well. 1 of 40 not applied.",
        &format!("href=\"/jobs/{first}\">Open its report"),
    ]);
    browser.follow("Open its report").await;
    browser.open("/").await;
    assert!(!browser.shows(BANNER), "{}", browser.page);
    browser.must_show(&["stopped and will go on"]);
    // The token is still refused.
    scene.app.resume_operation(&second).await.unwrap_err();
    browser.open("/").await;
    assert!(!browser.shows(BANNER), "{}", browser.page);
    // What somebody stops has ended as they wanted it to.
    scene.simulator.world().grant_token(HANAS, USER);
    let Stopping::Ended(stopped) = scene.app.stop_operation(&second).await.unwrap() else {
        panic!("it has ended");
    };
    assert!(stopped.unwell().count() > 0);
    browser.open("/").await;
    assert!(!browser.shows(BANNER), "{}", browser.page);
}

#[actix_web::test]
async fn an_open_page_hears_of_it_once_and_when_its_report_was_opened() {
    let scene = seen(&[]).await;
    let browser = Browser::at(&scene, "/backups/hana").await;
    browser.must_show(&["<div data-live=\"ends\" data-ends=\"-0\"></div>"]);
    let open = |query: &str| TestRequest::get().uri(&format!("/events?{query}"));
    let mut id = None;
    let act = async || id = Some(partly(&scene).await);
    let heard = scene.listen(open("ends=-0"), act, "event: ends").await;
    let id = id.unwrap();
    for words in [
        "did not end well. 1 of 40 not applied.",
        &format!("data-ends=\"{id}-1\""),
        &format!("href=\"/jobs/{id}\">Open its report"),
    ] {
        assert!(heard.contains(words), "{words}: {heard}");
    }
    assert_eq!(heard.matches(BANNER).count(), 1, "{heard}");
    // Whoever was away hears of it, whoever was told or shows the report does not.
    let now = async |query: &str| scene.get(&format!("/events?once=yes&{query}")).await.1;
    assert!(now("ends=-0").await.contains(BANNER));
    assert!(!now(&format!("ends={id}-1")).await.contains("data-ends"));
    assert!(
        !now(&format!("ends=-0&job={id}"))
            .await
            .contains("data-ends")
    );
    assert!(!now("").await.contains("data-ends"));
    let read = async || {
        Browser::at(&scene, &format!("/jobs/{id}")).await;
    };
    let told = open(&format!("ends={id}-1"));
    let heard = scene.listen(told, read, "event: ends").await;
    assert!(heard.contains("data-ends=\"-0\"></div>"), "{heard}");
    assert!(!heard.contains(BANNER), "{heard}");
}
