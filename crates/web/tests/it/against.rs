//! What changed in a snapshot, against the one before it or any other, and what can be copied of a file.

use std::time::Duration;

use actix_web::http::StatusCode;

use crate::browser::{Browser, edit};
use crate::pages::Scene;

/// Three of them: one title was edited after the first, and another after the second.
async fn three() -> (Scene, Vec<String>) {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    for media in [1_003, 1_004] {
        scene.pass(Duration::from_hours(24));
        edit(&scene, |entry| {
            if entry.media == media {
                entry.notes = Some("other".to_owned());
            }
        });
        scene.capture().await;
    }
    let rows = scene.app.snapshots(None).await.unwrap();
    let ids = rows.iter().rev().map(|row| row.id.to_string()).collect();
    (scene, ids)
}

#[actix_web::test]
async fn a_snapshot_is_held_against_the_one_before_it_or_any_other_that_is_chosen() {
    let (scene, ids) = three().await;
    let mut browser = Browser::at(&scene, &format!("/backups/hana/{}/keep", ids[0])).await;
    browser
        .press_with("Keep this snapshot", &[("name", "autumn")])
        .await;
    let of = |id: &str| format!("/backups/hana/{id}?view=changes");
    browser.open(&of(&ids[2])).await;
    browser.must_show(&[
        "Against the one before it, of",
        "0 new, 1 changed, 0 gone.",
        "<option value=\"\" selected>The one before it, ",
        "Kept as autumn, ",
    ]);
    // The newest is this one.
    assert!(!browser.shows("value=\"latest\""), "{}", browser.page);
    browser
        .press_with("Show", &[("against", ids[0].as_str())])
        .await;
    browser.must_show(&[
        "Against an earlier one, of",
        "0 new, 2 changed, 0 gone.",
        &format!("<option value=\"{}\" selected>", ids[0]),
        "name=\"other\" value=\"\"",
    ]);
    // What is typed counts before what is chosen.
    browser
        .press_with("Show", &[("other", "kept:autumn")])
        .await;
    browser.must_show(&["2 changed", "value=\"kept:autumn\""]);
    // Against a later one the words turn around.
    browser.open(&of(&ids[0])).await;
    browser.must_show(&["the first snapshot there is", "The newest, "]);
    browser.press_with("Show", &[("against", "latest")]).await;
    browser.must_show(&[
        "Against a later one, of",
        "2 changed later",
        "Changed later",
    ]);
}

#[actix_web::test]
async fn what_cannot_be_found_is_said_beside_the_form_and_now_is_another_page() {
    let (scene, ids) = three().await;
    let path = format!("/backups/hana/{}?view=changes", ids[1]);
    let mut browser = Browser::at(&scene, &path).await;
    browser.press_with("Show", &[("other", "<nothing>")]).await;
    assert_eq!(browser.status, StatusCode::OK);
    browser.must_show(&[
        "role=\"alert\"",
        "name=\"other\" value=\"&#60;nothing&#62;\"",
    ]);
    assert!(!browser.shows("1 changed"), "{}", browser.page);
    assert!(!browser.shows("No differences"), "{}", browser.page);
    browser.press_with("Show", &[("other", "live")]).await;
    let compared = format!("/compare/hana?from={}&to=live", ids[1]);
    assert_eq!(browser.path, compared);
}

#[actix_web::test]
async fn what_is_shown_of_a_file_has_a_button_to_copy_it() {
    let (scene, ids) = three().await;
    let path = format!("/backups/hana/{}?view=raw", ids[0]);
    let browser = Browser::at(&scene, &path).await;
    browser.must_show(&[
        "data-copy data-copies=\"details[open] pre\">Copy what is shown</button>",
        "<details open><summary>All but the lists</summary><pre",
    ]);
}
