//! What is around the lists: the dashboard in each state, settings, one account, what takes its time.

use std::time::Duration;

use actix_web::http::StatusCode;
use anirewind_core::{Kind, Verdict};
use anirewind_simulator::Fault;
use anirewind_simulator::canary::HANAS;

use crate::browser::{Browser, USER};
use crate::pages::Scene;

const OPEN: (&str, &str) = ("ANIREWIND_LOGIN", "off");

async fn until(scene: &Scene, wanted: Verdict) {
    while scene.app.status().await.unwrap()[0].verdict != wanted {
        tokio::task::yield_now().await;
    }
}

/// (g): the token ends overnight, and whoever looks at the dashboard in the morning knows.
#[actix_web::test]
async fn a_token_that_is_refused_overnight_is_said_on_the_dashboard_and_replaced_from_there() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    scene.simulator.world().revoke_token(HANAS);
    tokio::select! {
        () = scene.app.run_watch() => {},
        () = until(&scene, Verdict::NotConnected) => {},
    }
    let mut browser = Browser::at(&scene, "/").await;
    browser.must_show(&[
        "(!) Dashboard",
        "hana</a> is not connected",
        "no new one is taken until the account is connected again",
        "Last good snapshot",
    ]);
    browser.follow("Reconnect hana").await;
    scene.simulator.world().grant_token("new-token", USER);
    browser
        .press_with("Connect", &[("token", "new-token")])
        .await;
    browser.must_show(&["Connected as hana"]);
    browser.until_over().await;
    browser.open("/").await;
    browser.must_show(&["hana</a> is protected"]);
    assert!(!browser.shows("Reconnect"), "{}", browser.page);
}

#[actix_web::test]
async fn an_anilist_that_is_down_and_a_schedule_that_is_off_are_verdicts_of_their_own() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    scene.simulator.fault_always(Some(Fault::Disabled));
    scene.capture().await;
    let mut browser = Browser::at(&scene, "/").await;
    browser.must_show(&[
        "hana</a> waits: AniList does not answer",
        "Last good snapshot",
        "Last attempt",
    ]);
    browser.open("/status").await;
    browser.must_show(&["hana waits: AniList does not answer"]);
    let off = [OPEN, ("ANIREWIND_BACKUP_AT", "off")];
    let scene = Scene::with("hana", &off).await;
    scene.capture().await;
    let mut browser = Browser::at(&scene, "/").await;
    browser.must_show(&["hana</a> is paused", "the schedule is off"]);
    browser.open("/settings/hana").await;
    browser.must_show(&["hana is paused", "<code>off</code>"]);
    browser.open("/backups/hana").await;
    assert_eq!(browser.status, StatusCode::OK);
}

#[actix_web::test]
async fn what_takes_its_time_is_said_at_once_and_its_outcome_stays_for_whoever_left() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    scene.simulator.fault_always(Some(Fault::Disabled));
    let mut browser = Browser::at(&scene, "/").await;
    browser.press("Back up now of hana").await;
    assert_eq!(browser.path, "/backups/hana/new");
    // Somebody who goes elsewhere and comes back reads what came of it.
    browser.open("/timeline/hana").await;
    browser.open("/backups/hana/new").await;
    browser.until_over().await;
    browser.must_show(&["No snapshot: AniList is not answering", "role=\"alert\""]);
    scene.simulator.fault_always(None);
    browser.press("Back up now").await;
    browser.until_over().await;
    browser.must_show(&["saved: 40 titles"]);
    let heard = scene
        .listen(
            actix_web::test::TestRequest::get().uri("/events?desk=snapshot/hana"),
            async || {},
            "event: desk",
        )
        .await;
    assert!(heard.contains("data-over"), "{heard}");
}

#[actix_web::test]
async fn a_test_of_notices_has_a_page_of_its_own() {
    let hook = [
        OPEN,
        ("ANIREWIND_NOTIFY_WEBHOOK_URL", "http://127.0.0.1:9/"),
    ];
    let scene = Scene::with("hana", &hook).await;
    let mut browser = Browser::at(&scene, "/settings").await;
    browser.press("Send a test to webhook").await;
    assert_eq!(browser.path, "/settings/notices/test");
    browser.until_over().await;
    browser.must_show(&["Webhook: ", "That did not work", "To the settings"]);
}

#[actix_web::test]
async fn what_is_wrong_stands_beside_each_field_with_what_was_typed_and_nothing_is_saved() {
    let scene = Scene::new("hana").await;
    let version = scene.app.settings().version();
    let form = [
        ("version", version.as_str()),
        ("backup_at", "sometimes"),
        ("keep_daily", "many"),
        ("keep_weekly", "4"),
    ];
    let (status, page, _) = scene.submit("/settings", &form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in [
        "2 settings cannot be as typed. Nothing was saved.",
        "<a href=\"#backup_at\">backup_at</a>",
        "<a href=\"#keep_daily\">keep_daily</a>",
        "value=\"sometimes\"",
        "value=\"many\"",
        "value=\"4\"",
        "id=\"backup_at-wrong\"",
        "aria-describedby=\"keep_daily-help keep_daily-wrong\"",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("keep_weekly-wrong"), "{page}");
    let config = scene.app.settings().data.join("config.toml");
    assert!(!config.exists(), "something was saved");
}

#[actix_web::test]
async fn rules_are_seen_at_work_before_they_are_saved_and_what_would_go_is_listed() {
    let scene = Scene::new("hana").await;
    let target = scene.app.targets(None).await.unwrap().remove(0);
    for _ in 0..6 {
        scene.app.capture(&target, Kind::Manual).await.unwrap();
        scene.pass(Duration::from_hours(24));
    }
    let mut browser = Browser::at(&scene, "/settings").await;
    browser.must_show(&["hana: With these rules 6 of 6 stay; the first goes on 11 Nov"]);
    let fewer = [("backup_retention_days", "1")];
    browser
        .press_with("Show what these rules keep", &fewer)
        .await;
    browser.must_show(&[
        "hana: With these rules 3 of 6 stay; 3 go after the next snapshot",
        "value=\"1\"",
    ]);
    let (_, part) = scene
        .get("/settings/rules/preview?backup_retention_days=1")
        .await;
    assert!(
        part.starts_with("<p>hana: With these rules 3 of 6"),
        "{part}"
    );
    let (_, part) = scene
        .get("/settings/rules/preview?backup_retention_days=x")
        .await;
    assert!(part.contains("is not possible here"), "{part}");
    browser
        .press_with("Save: Schedule and keep rules", &fewer)
        .await;
    browser.must_show(&[
        "<h1>3 snapshots would no longer be kept</h1>",
        "Nothing is saved yet",
        ">3 Nov 12:0",
        "30 anime, 10 manga",
    ]);
    assert!(!scene.app.settings().data.join("config.toml").exists());
    browser.press("Save, and let 3 go").await;
    browser.must_show(&["Saved: backup_retention_days"]);
}

#[actix_web::test]
async fn the_settings_of_an_account_and_those_of_all_lead_to_each_other() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let mut browser = Browser::at(&scene, "/settings").await;
    browser.follow("hana").await;
    browser.must_show(&[
        "hana is protected",
        "It is given by a setting",
        "<code>daily@01:00</code>",
        "With these rules 1 of 1 stays",
        "1 snapshot, 0 kept",
        "Titles are never removed",
    ]);
    browser.follow("Disconnect hana").await;
    browser.follow("Cancel").await;
    browser.follow("Settings of all accounts").await;
    assert_eq!(browser.path, "/settings");
    browser.open("/settings/nobody").await;
    assert_eq!(browser.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn help_is_one_click_away_and_the_menu_is_one_bar() {
    let scene = Scene::new("hana").await;
    let mut browser = Browser::at(&scene, "/").await;
    browser.must_show(&["<summary>Menu</summary>"]);
    browser.follow("Help").await;
    browser.must_show(&[
        "id=\"keys\"",
        "id=\"refs\"",
        "id=\"exit-codes\"",
        "They are off",
    ]);
    browser.press("Switch letter keys on").await;
    assert_eq!(browser.path, "/help/keys");
}

#[actix_web::test]
async fn the_address_for_the_redirect_is_the_one_that_the_browser_knows() {
    let given = [OPEN, ("ANIREWIND_LISTEN", "127.0.0.1:0")];
    let scene = Scene::with("hana", &given).await;
    let (_, page) = scene.get("/connect").await;
    assert!(page.contains("http://127.0.0.1:4849/connect"), "{page}");
}
