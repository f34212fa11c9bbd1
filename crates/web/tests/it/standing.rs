//! Where a page stands: the way above it, the same place for another profile, whose clocks it shows, and what is
//! said in place of one that could not be made.

use std::fs;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use anirewind_core::Kind;
use anirewind_simulator::Growth;

use crate::browser::{Browser, edit, look, seen};
use crate::pages::Scene;

const TOKYO: (&str, &str) = ("ANIREWIND_TIME_ZONE", "Asia/Tokyo");

/// With a second account, which has a snapshot too.
async fn with_yuki() -> Scene {
    let scene = seen(&[]).await;
    {
        let mut world = scene.simulator.world();
        let growth = Growth {
            seed: 3,
            anime: 5,
            manga: 2,
        };
        let yuki = anirewind_simulator::SimUser::new(2, "yuki");
        world.grow(yuki, "token-of-yuki", growth, scene.app.now());
    }
    let token = anirewind_core::model::AccessToken::new("token-of-yuki").unwrap();
    scene.app.add_account(None, token).await.unwrap();
    for target in scene.app.targets(Some("yuki")).await.unwrap() {
        scene.app.capture(&target, Kind::Manual).await.unwrap();
    }
    scene
}

#[actix_web::test]
async fn each_profile_has_a_card_that_says_how_it_stands_and_keeps_what_was_chosen() {
    let scene = with_yuki().await;
    for (path, words) in [
        ("/backups", ""),
        ("/timeline", "0 changes"),
        ("/titles", "each"),
    ] {
        let mut browser = Browser::at(&scene, &format!("{path}?kind=added")).await;
        browser.must_show(&[
            &format!("href=\"{path}/hana?kind=added\""),
            &format!("href=\"{path}/yuki?kind=added\""),
            "<img class=\"avatar\" src=\"/img/avatar/hana?v=",
            "src=\"/img/avatar/yuki?v=",
            "hana is protected",
            "30 anime, 10 manga",
            "5 anime, 2 manga",
            "1 snapshot, ",
            "<dt>Looked at</dt>",
            words,
        ]);
        browser.follow("yuki").await;
        assert_eq!(browser.path, format!("{path}/yuki?kind=added"));
    }
}

#[actix_web::test]
async fn another_profile_is_one_click_away_with_what_was_chosen() {
    let scene = with_yuki().await;
    // With its picture, as on the cards.
    let way = |path: &str| {
        format!("<li><a href=\"{path}\"><img class=\"avatar\" src=\"/img/avatar/yuki?v=")
    };
    let mut browser = Browser::at(&scene, "/timeline/hana?kind=removed&type=MANGA").await;
    browser.must_show(&[&way("/timeline/yuki?kind=removed&#38;type=MANGA")]);
    browser.open("/backups/hana/latest").await;
    browser.must_show(&[&way("/backups/yuki")]);
    browser.open("/titles/hana/anime/1003").await;
    browser.must_show(&[&way("/titles/yuki")]);
}

#[actix_web::test]
async fn pages_further_down_say_what_is_above_them_and_lead_back_to_what_was_chosen() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| {
        if entry.media == 1_003 {
            entry.progress += 1;
        }
    });
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/timeline/hana?kind=changed").await;
    assert!(!browser.shows("Breadcrumb"), "{}", browser.page);
    browser.follow("Undo…").await;
    browser.must_show(&[
        "<nav aria-label=\"Breadcrumb\">",
        "<a href=\"/timeline/hana?kind=changed\">Timeline</a>",
        "<li aria-current=\"page\">Change of ",
    ]);
    for (path, above) in [
        (
            "/backups/hana/latest",
            "<a href=\"/backups/hana\">Backups</a>",
        ),
        (
            "/titles/hana/anime/1003",
            "<a href=\"/titles/hana\">Titles</a>",
        ),
        ("/plan/hana/new", "<a href=\"/plan/hana\">Plans</a>"),
        ("/at/hana", "<a href=\"/timeline/hana\">Timeline</a>"),
    ] {
        browser.open(path).await;
        browser.must_show(&["<nav aria-label=\"Breadcrumb\">", above]);
    }
}

#[actix_web::test]
async fn times_are_of_utc_for_whoever_wants_that_in_this_browser() {
    let scene = seen(&[TOKYO]).await;
    let (_, page) = scene.get("/backups/hana").await;
    for words in [
        "3 Nov 21:00",
        "Times are in Asia/Tokyo.",
        "Show times in UTC",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let choose = |times: &str| {
        TestRequest::post()
            .uri("/times")
            .insert_header(("host", "127.0.0.1:4849"))
            .insert_header(("sec-fetch-site", "same-origin"))
            .set_form([("times", times), ("back", "/backups/hana")])
    };
    let (status, _, headers) = scene.request(choose("utc")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let cookie = headers.get("set-cookie").unwrap().to_str().unwrap();
    assert!(cookie.starts_with("times=utc;"), "{cookie}");
    let with = |path: &str| {
        TestRequest::get()
            .uri(path)
            .insert_header(("host", "127.0.0.1:4849"))
            .insert_header(("cookie", "times=utc"))
    };
    let (_, page, _) = scene.request(with("/backups/hana")).await;
    for words in [
        "3 Nov 12:00",
        "Times are in UTC; the schedule and days to choose from go by Asia/Tokyo.",
        "Show times in Asia/Tokyo",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("+09:00"), "{page}");
    // What is filled in is read by the clocks of the installation, whatever the page shows.
    for (path, words) in [
        ("/backups/hana", "<label>From (in Asia/Tokyo) <input"),
        ("/at/hana", "<label>When (in Asia/Tokyo) <input"),
        ("/at/hana", "value=\"2026-11-03T21:"),
    ] {
        let (_, page, _) = scene.request(with(path)).await;
        assert!(page.contains(words), "{words}: {page}");
    }
    // What comes while a page is open is as the page is.
    let (_, part, _) = scene.request(with("/events?verdict=yes&once=yes")).await;
    assert!(
        part.contains("+00:00") && !part.contains("+09:00"),
        "{part}"
    );
    let (_, _, headers) = scene.request(choose("local")).await;
    let cookie = headers.get("set-cookie").unwrap().to_str().unwrap();
    assert!(cookie.contains("Max-Age=0"), "{cookie}");
    let (_, page) = Scene::new("hana").await.get("/").await;
    assert!(page.contains("Times are in UTC."), "{page}");
    assert!(
        !page.contains("action=\"/times\"><p>Times are in UTC. <"),
        "{page}"
    );
}

#[actix_web::test]
async fn times_are_of_the_browser_where_the_settings_name_no_zone() {
    let with = |path: &str, cookies: &str| {
        TestRequest::get()
            .uri(path)
            .insert_header(("host", "127.0.0.1:4849"))
            .insert_header(("cookie", cookies.to_owned()))
    };
    let scene = seen(&[]).await;
    let tokyo = "zone=Asia/Tokyo";
    let (_, page, _) = scene.request(with("/backups/hana", tokyo)).await;
    for words in [
        "3 Nov 21:00",
        "Times are in Asia/Tokyo; the schedule and days to choose from go by UTC.",
        "Show times in UTC",
        "<label>From (in UTC) <input",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let (_, part, _) = scene
        .request(with("/events?verdict=yes&once=yes", tokyo))
        .await;
    assert!(
        part.contains("+09:00") && !part.contains("+00:00"),
        "{part}"
    );
    let both = "times=utc; zone=Asia/Tokyo";
    let (_, page, _) = scene.request(with("/backups/hana", both)).await;
    assert!(page.contains("3 Nov 12:00"), "{page}");
    assert!(page.contains("Show times in Asia/Tokyo"), "{page}");
    // What is no zone is none.
    let long = format!("zone={}", "a/".repeat(60));
    for cookie in [
        "zone=Moon",
        "zone=../../etc/passwd",
        "zone=",
        "zone=Etc/UTC",
        &long,
    ] {
        let (_, page, _) = scene.request(with("/backups/hana", cookie)).await;
        assert!(
            page.contains("<p>Times are in UTC.</p>"),
            "{cookie}: {page}"
        );
    }
    // Who named one means it.
    let named = seen(&[TOKYO]).await;
    let (_, page, _) = named.request(with("/", "zone=Europe/Berlin")).await;
    assert!(page.contains("Times are in Asia/Tokyo."), "{page}");
}

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

#[actix_web::test]
async fn the_timeline_of_one_title_holds_no_other_and_nonsense_is_named() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| {
        if entry.media < 1_005 {
            entry.progress += 1;
        }
    });
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/titles/hana/anime/1003").await;
    browser.follow("All its changes on the timeline").await;
    browser.must_show(&["Only one title", "/titles/hana/anime/1003"]);
    assert!(
        !browser.shows("/titles/hana/anime/1002"),
        "{}",
        browser.page
    );
    // What is chosen besides keeps to it.
    browser.must_show(&["name=\"title\" value=\"ANIME:1003\""]);
    let (status, page) = scene.get("/timeline/hana?title=1003").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        page.contains("There is no title <code>1003</code>"),
        "{page}"
    );
}

#[actix_web::test]
async fn where_anilist_does_not_say_whose_a_token_is_that_is_said_with_the_reason() {
    let scene = Scene::new("hana").await;
    let (_, page) = scene.get("/").await;
    assert!(page.contains("AniList has not been asked yet"), "{page}");
    let (_, page) = scene.get("/status").await;
    assert!(
        page.contains("has not been asked yet whose it is"),
        "{page}"
    );
    let fault = anirewind_simulator::Fault::InvalidToken;
    scene.simulator.fault_always(Some(fault));
    let target = scene.app.targets(None).await.unwrap().remove(0);
    let automatic = Kind::Automatic;
    scene.app.capture(&target, automatic).await.unwrap_err();
    let (_, page) = scene.get("/").await;
    assert!(
        page.contains("AniList did not say whose the token is"),
        "{page}"
    );
    let (_, page) = scene.get("/status").await;
    assert!(page.contains("Nothing is saved: "), "{page}");
    assert!(page.contains("something to do"), "{page}");
    // Once it is known all of it is gone.
    scene.simulator.fault_always(None);
    scene.capture().await;
    assert_eq!(scene.app.unidentified(), None);
    // Whoever asks for another name is told which there are, and nothing is taken.
    let guess = scene.app.targets(Some("nobody")).await.unwrap().remove(0);
    let error = scene.app.capture(&guess, automatic).await.unwrap_err();
    assert!(error.to_string().contains("nobody"), "{error}");
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.verdict, anirewind_core::Verdict::Protected);
    assert_eq!(scene.app.snapshots(None).await.unwrap().len(), 1);
}
