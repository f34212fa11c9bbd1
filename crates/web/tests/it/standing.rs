//! Where a page stands: the way above it, the same place for another profile, whose clocks it shows, and what is
//! said in place of one that could not be made.

use std::fs;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;

use crate::browser::{Browser, edit, look, seen};

#[actix_web::test]
async fn a_page_that_cannot_be_made_says_what_stays_one_thing_to_do_and_how_it_is_found_in_the_log()
{
    let scene = seen(&[]).await;
    let folder = scene.data.path().join("backups");
    fs::rename(&folder, scene.data.path().join("away")).unwrap();
    fs::write(&folder, "a file where the folder should be").unwrap();
    let ask = |request: TestRequest| request.insert_header(("host", "127.0.0.1:4849"));
    let (status, page, headers) = scene
        .request(ask(TestRequest::get().uri("/backups/hana")))
        .await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let request = headers.get("x-request-id").unwrap().to_str().unwrap();
    let (above, below) = page.split_once("<details>\n<summary>Details").unwrap();
    for words in [
        "They may still exist in",
        "Snapshots and history that are saved stay as they are.",
        "href=\"/backups/hana\">Try again</a>",
    ] {
        assert!(above.contains(words), "{words}: {page}");
    }
    for words in [
        &format!("<code>{request}</code>"),
        "<dd>500</dd>",
        "cannot",
        &format!("/status/log?q={request}"),
    ] {
        assert!(below.contains(words), "{words}: {page}");
    }
    assert_eq!(
        above.matches("class=\"button primary\"").count(),
        1,
        "{page}"
    );
    let (status, page) = scene.get("/no-such-page").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(
        page.contains(">To the dashboard</a>") && !page.contains("Try again"),
        "{page}"
    );
}

#[actix_web::test]
async fn what_a_change_was_is_there_as_json_on_the_timeline_and_on_its_own_page() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| {
        if entry.media == 1_003 {
            entry.notes = Some("</pre><b>note</b>".to_owned());
        }
    });
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/timeline/hana").await;
    let id = browser.page.split("<li id=\"c-").nth(1).unwrap()[..8].to_owned();
    for path in ["/timeline/hana".to_owned(), format!("/timeline/hana/{id}")] {
        browser.open(&path).await;
        browser.must_show(&[
            "Raw, before and after",
            &format!("<pre class=\"json\" id=\"raw-{id}-before\""),
            &format!("data-copies=\"#raw-{id}-after\""),
            "&#60;/pre&#62;&#60;b&#62;note",
            &format!("href=\"/api/v1/changes/{id}\" download"),
        ]);
    }
    let (status, json) = scene.get(&format!("/api/v1/changes/{id}")).await;
    assert_eq!(status, StatusCode::OK);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["after"]["notes"], "</pre><b>note</b>");
}
