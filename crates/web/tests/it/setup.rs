//! The setup from an account to the first snapshot: when the next ones come, and how long they stay.

use actix_web::http::StatusCode;
use anirewind_simulator::SimUser;
use anirewind_simulator::canary::HANAS;

use crate::browser::Browser;
use crate::pages::Scene;

/// A machine that was told no token.
async fn fresh(environment: &[(&str, &str)]) -> Scene {
    let none = [("ANIREWIND_LOGIN", "off"), ("ANIREWIND_ANILIST_TOKEN", "")];
    Scene::with("hana", &[&none, environment].concat()).await
}

async fn connected(scene: &Scene) -> Browser<'_> {
    let mut browser = Browser::at(scene, "/connect").await;
    browser.press_with("Connect", &[("token", HANAS)]).await;
    browser
}

fn config(scene: &Scene) -> String {
    std::fs::read_to_string(scene.data.path().join("config.toml")).unwrap_or_default()
}

#[actix_web::test]
async fn a_first_account_is_asked_for_its_schedule_while_its_first_snapshot_is_taken() {
    let scene = fresh(&[]).await;
    let mut browser = Browser::at(&scene, "/connect").await;
    // Nobody has to log in here, so there is no password.
    browser.must_show(&["1. AniList<span class=\"hidden\">, now"]);
    assert!(!browser.shows("Password<span"));
    browser = connected(&scene).await;
    assert_eq!(browser.path, "/setup/schedule?profile=hana");
    browser.must_show(&[
        "2. Schedule<span class=\"hidden\">, now",
        "Connected as hana. Is this you?",
        "The first snapshot ",
        "(suggested)",
        "value=\"month\" checked",
    ]);
    // What cannot be is said, and what was typed stays.
    let custom = [("preset", "custom"), ("backup_at", "now and then")];
    browser.press_with("Save and go on", &custom).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.must_show(&[
        "Nothing was saved",
        "value=\"now and then\"",
        "aria-invalid=\"true\"",
        "value=\"custom\" checked",
    ]);
    assert!(!config(&scene).contains("backup_at"), "{}", config(&scene));
    // What was typed is not dropped without a word.
    let other = [("preset", "often"), ("backup_at", "every 12h")];
    browser.press_with("Save and go on", &other).await;
    assert_eq!(browser.status, StatusCode::UNPROCESSABLE_ENTITY);
    browser.must_show(&["Choose Custom for what you typed", "value=\"every 12h\""]);
    browser.open("/setup/schedule?profile=hana").await;
    browser
        .press_with("Save and go on", &[("preset", "often")])
        .await;
    assert_eq!(browser.path, "/setup/first/hana");
    browser.must_show(&[
        "3. First snapshot<span class=\"hidden\">, now",
        "Snapshots are taken at each start and by <code>every 6h</code>; all of 30 days stay.",
    ]);
    browser.until_over().await;
    browser.must_show(&["30 anime and 10 manga are safe: snapshot "]);
    let config = config(&scene);
    assert!(config.contains("backup_at = \"every 6h\""), "{config}");
    assert!(config.contains("backup_retention_days = 30"), "{config}");
    browser.follow("To the dashboard").await;
    browser.must_show(&["Last good snapshot"]);
    // Who comes back finds what a snapshot takes on the disk.
    browser.open("/setup/schedule?profile=hana").await;
    browser.must_show(&[
        "About 31 snapshots of 40 titles: ",
        "The first snapshot is there already",
    ]);
}

#[actix_web::test]
async fn a_schedule_that_is_in_force_is_what_is_shown_and_who_has_snapshots_is_not_asked_again() {
    let scene = fresh(&[]).await;
    connected(&scene).await;
    scene.capture().await;
    let mut browser = connected(&scene).await;
    assert_eq!(browser.path, "/backups/hana/new");
    // Also after it was taken away.
    scene.app.remove_account("hana").await.unwrap();
    browser = connected(&scene).await;
    assert_eq!(browser.path, "/backups/hana/new");
    let config = scene.data.path().join("config.toml");
    std::fs::write(
        &config,
        "backup_at = \"every 6h\"\nbackup_retention_days = 30\n",
    )
    .unwrap();
    let mut scene = scene;
    scene.take_over();
    let mut browser = Browser::at(&scene, "/setup/schedule?profile=hana").await;
    browser.must_show(&["value=\"often\" checked"]);
    browser.press("Save and go on").await;
    browser.must_show(&[
        "Snapshots are taken at each start and by <code>every 6h</code>; all of 30 days stay.",
    ]);
}

#[actix_web::test]
async fn a_first_snapshot_that_fails_is_begun_again_where_it_is_said() {
    let scene = fresh(&[]).await;
    let mut browser = connected(&scene).await;
    browser.follow("Leave it as it is").await;
    browser.until_over().await;
    browser.must_show(&["are safe"]);
    scene.simulator.world().revoke_token(HANAS);
    browser.press("Back up now").await;
    assert_eq!(browser.path, "/setup/first/hana");
    browser.until_over().await;
    browser.must_show(&["That did not work", "role=\"alert\""]);
    assert!(browser.offers("Back up now"));
}

#[actix_web::test]
async fn who_leaves_the_schedule_as_it_is_saves_nothing() {
    let scene = fresh(&[]).await;
    let mut browser = connected(&scene).await;
    browser.follow("Leave it as it is").await;
    browser.until_over().await;
    browser.must_show(&["are safe"]);
    assert_eq!(config(&scene), "");
    // One more account is no setup.
    scene
        .simulator
        .world()
        .add_user(SimUser::new(9, "mio"), "token-of-mio");
    browser.open("/connect").await;
    assert!(!browser.shows("class=\"phases steps\""));
    browser
        .press_with("Connect", &[("token", "token-of-mio")])
        .await;
    assert_eq!(browser.path, "/backups/mio/new");
    // A profile that nobody knows.
    browser.open("/setup/schedule?profile=nobody").await;
    assert_eq!(browser.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn no_schedule_and_nothing_typed_are_said_in_words() {
    let scene = fresh(&[]).await;
    for (at, days, words) in [
        (
            "off",
            "0",
            "Snapshots are taken only when somebody asks for one; all of them stay.",
        ),
        (
            " ",
            "",
            "Snapshots are taken at each start and by the default schedule; they stay for the default number of days.",
        ),
    ] {
        let mut browser = Browser::at(&scene, "/connect").await;
        browser.press_with("Connect", &[("token", HANAS)]).await;
        browser.open("/setup/schedule?profile=hana").await;
        let custom = [
            ("preset", "custom"),
            ("backup_at", at),
            ("backup_retention_days", days),
        ];
        browser.press_with("Save and go on", &custom).await;
        browser.must_show(&[words]);
        assert_eq!(config(&scene).contains("backup_at"), at == "off");
    }
}

#[actix_web::test]
async fn a_machine_that_was_told_its_schedule_is_not_asked() {
    let scene = fresh(&[("ANIREWIND_BACKUP_AT", "every 12h")]).await;
    let browser = connected(&scene).await;
    assert_eq!(browser.path, "/backups/hana/new");
    let browser = Browser::at(&scene, "/setup/schedule?profile=hana").await;
    assert_eq!(browser.path, "/setup/first/hana");
    browser.must_show(&[
        "<code>backup_at</code> is fixed by the environment variable ANIREWIND_BACKUP_AT",
    ]);
}

#[actix_web::test]
async fn the_password_leads_on_to_the_account() {
    let scene = fresh(&[("ANIREWIND_LOGIN", "")]).await;
    let (code, _) = scene.app.setup_code().await.unwrap().unwrap();
    let mut browser = Browser::at(&scene, "/").await;
    browser.must_show(&["1. Password<span class=\"hidden\">, now"]);
    let typed = [
        ("code", code.as_str()),
        ("password", "correct horse battery"),
    ];
    browser.press_with("Set the password", &typed).await;
    // This browser keeps no cookies.
    assert_eq!(browser.path, "/login?next=%2Fconnect");
}

#[actix_web::test]
async fn steps_that_are_done_lead_back_to_what_was_entered() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let mut browser = Browser::at(&scene, "/setup/first/hana").await;
    browser.must_show(&[
        "href=\"/connect/hana?setup=yes\">1. AniList</a>",
        "href=\"/setup/schedule?profile=hana\">2. Schedule</a>",
        "3. First snapshot<span class=\"hidden\">, now",
    ]);
    browser.follow("1. AniList").await;
    browser.must_show(&[
        "hana is connected",
        "1. AniList<span class=\"hidden\">, now",
    ]);
    browser.follow("Go on with hana").await;
    assert_eq!(browser.path, "/setup/schedule?profile=hana");
    // Elsewhere the same page is no step of a setup.
    browser.open("/connect/hana").await;
    assert!(!browser.shows("Go on with hana") && !browser.shows("class=\"phases steps\""));
}
