//! Parts of pages that come while a page is open.

use actix_web::test::TestRequest;
use anirewind_simulator::canary::HANAS;

use crate::browser::{Browser, USER, edit, look, seen};

#[actix_web::test]
async fn new_changes_are_counted_for_an_open_timeline_and_said_again_to_who_comes_back() {
    let scene = seen(&[]).await;
    let change = async || {
        edit(&scene, |entry| {
            if [1_003, 1_004].contains(&entry.media) {
                entry.progress += 1;
            }
        });
        look(&scene).await;
    };
    let path = "/events?profile=hana&above=0.0";
    let open = TestRequest::get().uri(path);
    let heard = scene.listen(open, change, "new changes - Show them").await;
    assert!(heard.contains("event: hello"), "{heard}");
    assert!(heard.contains(">2 new changes - Show them</a>"), "{heard}");
    let id: u64 = heard
        .split("id: ")
        .nth(1)
        .unwrap()
        .split('\n')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let again = TestRequest::get()
        .uri(path)
        .insert_header(("Last-Event-ID", (id - 1).to_string()));
    let heard = scene.listen(again, async || {}, "Show them").await;
    assert!(heard.contains(&format!("id: {id}")), "{heard}");
    // Another page of another profile hears nothing of it, and what is too old is said to be.
    let old = TestRequest::get().uri("/events?last=1");
    let heard = scene.listen(old, async || {}, "event: reload").await;
    assert!(!heard.contains("Show them"), "{heard}");
}

#[actix_web::test]
async fn a_job_comes_as_the_part_of_its_page() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest").await;
    browser.press("Show the plan").await;
    let id = browser.path.rsplit('/').next().unwrap().to_owned();
    let open = TestRequest::get().uri(&format!("/events?job={id}"));
    let send = async || browser.press("Send 40 changes to AniList").await;
    let heard = scene.listen(open, send, "data-over").await;
    assert!(
        heard.contains(&format!("data-live=\"job-{id}\"")),
        "{heard}"
    );
    assert!(heard.contains("<progress"), "{heard}");
}

#[actix_web::test]
async fn what_was_interrupted_is_resumed_or_stopped_on_its_page() {
    for is_resumed in [true, false] {
        let scene = seen(&[]).await;
        edit(&scene, |entry| entry.notes = Some("x".to_owned()));
        let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest").await;
        browser.press("Show the plan").await;
        // The token ends right before the first change is sent.
        scene
            .simulator
            .before_request(5, |world| world.revoke_token(HANAS));
        browser.press("Send 40 changes to AniList").await;
        browser.must_show(&[
            "Interrupted",
            "aria-current=\"step\"",
            "40 are not sent",
            "<progress",
        ]);
        let job = browser.path.clone();
        // Elsewhere it stands above the page, and nothing else can begin.
        browser.open("/timeline/hana").await;
        browser.must_show(&["See how far it is"]);
        scene.simulator.world().grant_token(HANAS, USER);
        browser.open(&job).await;
        if is_resumed {
            browser.press("Resume").await;
            browser.until_over().await;
            browser.must_show(&["Done and verified"]);
        } else {
            browser.press("Stop here").await;
            browser.must_show(&["Stopped by you after 0", "40 titles were not sent"]);
            assert!(browser.offers("Retry 40 failed"));
        }
    }
}
