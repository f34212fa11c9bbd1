//! A list that is read without a token: how it is added, what its pages say, what they do not offer.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use anirewind_core::Kind;
use anirewind_simulator::{Growth, SimEntry, SimUser};
use serde_json::{Value, json};
use time::macros::datetime;

use crate::browser::Browser;
use crate::pages::Scene;

const MIO: u32 = 9;
const LESS: &str = "Public list only: private titles are not seen and nothing can be brought back.";

/// Hana is connected; Mio has half of her list private and is not known here.
async fn scene() -> Scene {
    let scene = Scene::new("hana").await;
    let growth = Growth {
        seed: 9,
        anime: 12,
        manga: 0,
    };
    let now = datetime!(2026-11-03 12:00 UTC);
    let mut world = scene.simulator.world();
    world.grow(SimUser::new(MIO, "mio"), "token-of-mio", growth, now);
    let titles: Vec<_> = world.entries(MIO).cloned().collect();
    for (n, entry) in titles.into_iter().enumerate() {
        let private = n < 6;
        world.put_entry(SimEntry { private, ..entry });
    }
    drop(world);
    scene
}

/// The same with Mio's public list kept.
async fn kept() -> Scene {
    let scene = scene().await;
    scene.app.add_public_account(None, "mio").await.unwrap();
    capture(&scene).await;
    scene
}

async fn capture(scene: &Scene) {
    let target = scene.app.targets(Some("mio")).await.unwrap().remove(0);
    scene.app.capture(&target, Kind::Manual).await.unwrap();
}

async fn post(scene: &Scene, body: &Value) -> (StatusCode, Value) {
    let request = TestRequest::post()
        .uri("/api/v1/profiles")
        .insert_header(("host", "127.0.0.1:4849"))
        .set_json(body);
    let (status, text, _) = scene.request(request).await;
    (status, serde_json::from_str(&text).unwrap())
}

#[actix_web::test]
async fn a_public_list_is_begun_from_the_connect_page() {
    let scene = scene().await;
    let mut browser = Browser::at(&scene, "/connect").await;
    browser.must_show(&["Or start without a token", "nothing can be restored"]);
    browser
        .press_with("Read the public list", &[("user", " ")])
        .await;
    browser.must_show(&["A user name is missing.", "Nothing was changed."]);
    assert!(!browser.shows("That is not a token"), "{}", browser.page);
    browser
        .press_with("Read the public list", &[("user", "nobody")])
        .await;
    browser.must_show(&[
        "role=\"alert\"",
        "shows nobody called <code>nobody</code>",
        "value=\"nobody\"",
    ]);
    browser
        .press_with("Read the public list", &[("user", "mio")])
        .await;
    browser.must_show(&["The public list of mio is read without a token. Is this you?"]);
    let accounts = scene.app.accounts().await.unwrap();
    assert!(
        accounts
            .iter()
            .any(|row| row.profile == "mio" && row.public)
    );
}

#[actix_web::test]
async fn its_pages_say_what_they_cannot_and_lead_to_where_it_is_connected() {
    let scene = kept().await;
    let mut browser = Browser::at(&scene, "/").await;
    browser.must_show(&["mio</a> is saved as everybody sees it", LESS]);
    browser.follow("Connect AniList for mio").await;
    assert_eq!(browser.path, "/connect/mio");
    browser.must_show(&["Connect mio", "Paste it here"]);
    for path in ["/backups/mio", "/timeline/mio", "/backups/mio/latest"] {
        browser.open(path).await;
        browser.must_show(&["data-public", LESS, "href=\"/connect/mio\""]);
    }
    browser.open("/backups/mio").await;
    browser.must_show(&["public list"]);
    browser.open("/settings/mio").await;
    browser.must_show(&["There is none: the list is read as everybody sees it"]);
    browser.open("/settings").await;
    browser.must_show(&["public list only, no token"]);
    browser.open("/status").await;
    browser.must_show(&["none: the public list is read, and nothing can be written"]);
    browser.open("/backups/hana").await;
    assert!(!browser.shows("data-public"), "{}", browser.page);
}

#[actix_web::test]
async fn a_plan_that_is_asked_for_all_the_same_is_refused_and_nothing_is_asked() {
    let scene = kept().await;
    let sent = scene.simulator.operations().len();
    let mut browser = Browser::at(&scene, "/plan/mio/new?snapshot=latest").await;
    browser.press("Show the plan").await;
    browser.must_show(&[
        "The list of mio is read without a token",
        LESS,
        "href=\"/connect/mio\"",
    ]);
    assert_eq!(scene.simulator.operations().len(), sent);
}

#[actix_web::test]
async fn a_comparison_across_says_that_private_titles_are_left_out() {
    let scene = kept().await;
    scene.pass(std::time::Duration::from_hours(1));
    let token = anirewind_core::model::AccessToken::new("token-of-mio").unwrap();
    scene.app.add_account(None, token).await.unwrap();
    capture(&scene).await;
    let path = "/compare/mio?from=latest~1&to=latest";
    let browser = Browser::at(&scene, path).await;
    browser.must_show(&[
        "Private titles are not visible in one side and are left out of this comparison.",
        "No differences",
    ]);
    let request = TestRequest::get()
        .uri("/api/v1/compare?from=latest~1&to=latest&profile=mio")
        .insert_header(("host", "127.0.0.1:4849"));
    let (status, text, _) = scene.request(request).await;
    let compared: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &compared["unseen"]), (StatusCode::OK, &json!(6)));
    assert_eq!(compared["added"], json!([]));
}

#[actix_web::test]
async fn the_api_takes_a_token_or_a_user_and_says_which_it_was() {
    let scene = scene().await;
    let (status, row) = post(&scene, &json!({ "public": "mio", "profile": "friend" })).await;
    assert_eq!(status, StatusCode::CREATED, "{row}");
    assert_eq!(
        (&row["profile"], &row["access"]),
        (&json!("friend"), &json!("public"))
    );
    let (status, row) = post(&scene, &json!({ "token": "token-of-mio" })).await;
    assert_eq!(status, StatusCode::CREATED, "{row}");
    assert_eq!(
        (&row["profile"], &row["access"]),
        (&json!("friend"), &json!("token"))
    );
    for (body, code) in [
        (json!({ "public": "mio" }), "refused-for-safety"),
        (json!({ "public": "nobody" }), "not-found"),
        (json!({ "public": "mio", "token": "x" }), "usage"),
        (json!({}), "usage"),
    ] {
        let (_, problem) = post(&scene, &body).await;
        assert_eq!(problem["code"], code, "{body}: {problem}");
    }
}
