//! Parts of pages that come while a page is open.

use actix_web::test::TestRequest;
use anirewind_simulator::canary::HANAS;

use crate::browser::{Browser, USER, edit, look, seen};
use crate::pages::Scene;

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
    let heard = scene.listen(open, change, "\nid: ").await;
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
    let heard = scene.listen(again, async || {}, "\nid: ").await;
    assert!(heard.contains(&format!("id: {id}")), "{heard}");
    // Another page of another profile hears nothing of it, and what is too old is said to be.
    let old = TestRequest::get().uri("/events?last=1");
    let heard = scene.listen(old, async || {}, "event: reload").await;
    assert!(!heard.contains("Show them"), "{heard}");
}

#[actix_web::test]
async fn new_changes_and_numbers_are_those_that_were_chosen_on_the_page() {
    let scene = seen(&[]).await;
    let change = async || {
        edit(&scene, |entry| match entry.media {
            1_003 | 1_004 => entry.progress += 1,
            1_005 => entry.notes = Some("x".to_owned()),
            _ => {}
        });
        look(&scene).await;
    };
    let open = TestRequest::get()
        .uri("/events?profile=hana&above=0.0&counts=kind%3Dchanged%26field%3Dnotes%26auto%3Dyes");
    let heard = scene.listen(open, change, "event: counts").await;
    assert!(heard.contains(">1 new change - Show them</a>"), "{heard}");
    let way = "href=\"/timeline/hana?kind=changed&#38;field=notes&#38;auto=yes\"";
    assert!(heard.contains(way), "{heard}");
    let path = "/events?profile=hana&above=0.0&once=yes&counts=field%3Dnotes";
    let (_, parts) = scene.get(path).await;
    assert!(
        parts.contains("1 of 3 changes matches what is chosen."),
        "{parts}"
    );
    let none = "/events?profile=hana&above=0.0&once=yes&counts=field%3Dscore";
    let (_, parts) = scene.get(none).await;
    assert!(!parts.contains("Show them"), "{parts}");
}

#[actix_web::test]
async fn a_program_hears_what_happens_and_what_it_missed_by_rising_ids() {
    let scene = seen(&[]).await;
    let take = async || scene.capture().await;
    let open = TestRequest::get().uri("/api/v1/events");
    let heard = scene.listen(open, take, "event: saved").await;
    assert!(
        heard.starts_with("id: ") && heard.contains("\nretry: "),
        "{heard}"
    );
    let ids = |heard: &str| -> Vec<u64> {
        // The first is the place that it begins at.
        let lines = heard.lines().filter_map(|line| line.strip_prefix("id: "));
        let lines = lines.skip(1);
        lines.map(|id| id.parse().unwrap()).collect()
    };
    let known = ids(&heard);
    assert!(
        known.len() > 1 && known.is_sorted_by(|a, b| a + 1 == *b),
        "{heard}"
    );
    for line in heard.lines().filter_map(|line| line.strip_prefix("data: ")) {
        let said: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(said["text"].is_string(), "{line}");
    }
    // Whoever was away hears the rest, and nothing twice.
    let since = |id: u64| {
        let open = TestRequest::get().uri("/api/v1/events");
        open.insert_header(("Last-Event-ID", id.to_string()))
    };
    let again = scene
        .listen(since(known[0]), async || {}, "event: saved")
        .await;
    assert_eq!(ids(&again), known[1..]);
    assert!(!again.contains("event: missed"), "{again}");
    // And is told, where that is longer ago than anybody remembers.
    let late = scene.listen(since(1), async || {}, "event: saved").await;
    assert!(late.contains("event: missed"), "{late}");
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
    // At the end nothing is said of the titles that were sent last.
    assert!(!heard.contains("Last titles done"), "{heard}");
}

#[actix_web::test]
async fn what_happened_before_a_page_listened_is_said_once_it_does() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest").await;
    browser.press("Show the plan").await;
    let id = browser.path.rsplit('/').next().unwrap().to_owned();
    let waits = format!("/jobs/{id}");
    browser.open(&waits).await;
    browser.must_show(&["This is a plan that nobody has sent"]);
    let job = format!("/events?job={id}");
    // A plan is as its page says; what is said again would load that page for ever.
    let one = async || scene.capture().await;
    let told = heard(&scene, &format!("{job}&verdict=yes"), one, "event: verdict").await;
    assert!(!told.contains("event: job"), "{told}");
    let plan = format!("/plan/hana/{id}");
    browser.open(&plan).await;
    browser.press("Send 40 changes to AniList").await;
    browser.until_over().await;
    let nothing = async || {};
    let told = heard(&scene, &job, nothing, "data-over").await;
    assert!(told.contains(&format!("data-live=\"job-{id}\"")), "{told}");
    // A page of either sort was made before all of that.
    let changes = "/events?profile=hana&above=0.0";
    let told = heard(&scene, changes, nothing, "new changes - Show them").await;
    assert!(told.contains(">80 new changes"), "{told}");
    // The same for a page that no stream reaches.
    for (page, words) in [(changes, ">80 new changes"), (&job, "data-over")] {
        let (status, parts) = scene.get(&format!("{page}&once=yes")).await;
        assert!(status.is_success() && parts.contains(words), "{parts}");
        assert!(!parts.contains("event: "), "{parts}");
    }
    let counted = format!("{changes}&counts=");
    heard(&scene, &counted, nothing, "event: counts").await;
    heard(
        &scene,
        "/events?profile=hana&saved=0",
        nothing,
        "new snapshots - Show",
    )
    .await;
}

#[actix_web::test]
async fn a_page_that_waits_for_an_act_hears_that_it_could_not_begin() {
    let scene = seen(&[]).await.impatient();
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest").await;
    browser.press("Show the plan").await;
    let id = browser.path.rsplit('/').next().unwrap().to_owned();
    scene.simulator.hold(true);
    browser.is_patient = false;
    browser.press("Send 40 changes to AniList").await;
    browser.must_show(&["It begins", &format!("data-live=\"job-{id}\"")]);
    let fail = async || {
        scene.simulator.world().revoke_token(HANAS);
        scene.simulator.hold(false);
    };
    let job = format!("/events?job={id}");
    let told = heard(&scene, &job, fail, "data-over").await;
    assert!(told.contains("data-over=\"planned\""), "{told}");
    browser.open(&format!("/jobs/{id}")).await;
    browser.must_show(&["role=\"alert\""]);
    assert_eq!(browser.path, format!("/plan/hana/{id}"));
    // A page that was not marked as one of trouble hears that it is.
    scene.capture().await;
    let told = heard(
        &scene,
        "/events?marked=no",
        async || {},
        "data-live=\"icon\"",
    )
    .await;
    assert!(told.contains("/assets/trouble.svg"), "{told}");
}

#[actix_web::test]
async fn a_timeline_of_which_some_is_chosen_knows_what_is_new() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    look(&scene).await;
    let (_, page) = scene.get("/timeline/hana?kind=removed").await;
    let above = page.split("data-above=\"").nth(1).unwrap();
    let above = above.split('"').next().unwrap();
    let more = async || {
        edit(&scene, |entry| {
            if entry.media == 1_003 {
                entry.progress += 1;
            }
        });
        look(&scene).await;
    };
    let page = format!("/events?profile=hana&above={above}");
    let told = heard(&scene, &page, more, "Show them").await;
    assert!(told.contains(">1 new change -"), "{told}");
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
        // It does not go on by itself: nothing is waited for, and no title was done.
        assert!(!browser.shows("Last titles done") && !browser.shows("class=\"waits\""));
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
            browser.must_show(&["Stopped before 40 titles", "Nothing was sent for them."]);
            // AniList said nothing, and nothing failed.
            for words in ["AniList: ", "topped by hand", "Not as planned", "Retry"] {
                assert!(!browser.shows(words), "{words}: {}", browser.page);
            }
            browser.press("Send all 40…").await;
            browser.must_show(&["Nothing has been sent yet", "Send 40 changes to AniList"]);
        }
    }
}

/// What a stream says from here on until these words.
async fn heard(scene: &Scene, path: &str, act: impl AsyncFnOnce(), until: &str) -> String {
    let open = TestRequest::get().uri(path);
    scene.listen(open, act, until).await
}

#[actix_web::test]
async fn how_a_profile_stands_is_said_anew_as_the_page_shows_it() {
    let scene = seen(&[]).await;
    let page = "/events?verdict=yes";
    let taken = heard(&scene, page, async || scene.capture().await, "</section>").await;
    // The very card of the dashboard.
    let (_, whole) = scene.get("/").await;
    let card = whole.split("<section").nth(1).unwrap();
    for line in card.split('\n').skip(1).take(8) {
        assert!(
            taken.contains(&format!("data: {line}\n")),
            "{line}: {taken}"
        );
    }
    assert!(taken.contains("event: verdict") && taken.contains("data-live=\"verdict-hana\""));
    // All is well as before, so the icon stays.
    assert!(!taken.contains("data-live=\"icon\""), "{taken}");
    scene.simulator.world().revoke_token(HANAS);
    let refused = async || scene.capture().await;
    let told = heard(&scene, page, refused, "data-live=\"icon\"").await;
    assert!(told.contains("data-verdict=\"not-connected\""), "{told}");
    assert!(told.contains("/assets/trouble.svg") && told.contains("data-mark=\"(!) \""));
    // Each page shows it from then on, and none that somebody outside sees.
    for path in ["/", "/timeline/hana", "/about"] {
        let (_, page) = scene.get(path).await;
        assert!(page.contains("<title>(!) "), "{path}: {page}");
        assert!(page.contains("/assets/trouble.svg"), "{path}: {page}");
    }
    // A page that shows no cards hears only of the icon.
    scene.simulator.world().grant_token(HANAS, USER);
    let well = async || scene.capture().await;
    let told = heard(&scene, "/events", well, "data-live=\"icon\"").await;
    assert!(
        told.contains("/assets/icon.svg") && !told.contains("<section"),
        "{told}"
    );
}

#[actix_web::test]
async fn what_becomes_late_while_a_page_is_open_is_said_although_nothing_happens() {
    let scene = seen(&[]).await;
    let wait = async || {
        scene.pass(std::time::Duration::from_hours(48));
        // The next heartbeat comes at once.
        tokio::time::pause();
    };
    let late = "data-verdict=\"late\"";
    let told = heard(&scene, "/events?verdict=yes", wait, late).await;
    assert!(told.contains("event: verdict"), "{told}");
    assert!(told.contains("data-live=\"icon\""), "{told}");
}

#[actix_web::test]
async fn a_card_says_that_a_snapshot_is_being_taken_until_it_is_there() {
    let scene = seen(&[]).await.impatient();
    scene.simulator.hold(true);
    let take = async || {
        Browser::at(&scene, "/backups/hana")
            .await
            .press("Back up now")
            .await;
    };
    let told = heard(&scene, "/events?verdict=yes", take, "Working: ").await;
    assert!(told.contains("data-working"), "{told}");
    let let_go = async || scene.simulator.hold(false);
    // Somebody whose page said so before they listened hears of it even if it was over by then.
    let told = heard(&scene, "/events?verdict=working", let_go, "event: verdict").await;
    assert!(told.contains("is protected"), "{told}");
    let mut browser = Browser::at(&scene, "/backups/hana/new").await;
    browser.until_over().await;
    let told = heard(&scene, "/events?verdict=working", async || {}, "</section>").await;
    assert!(!told.contains("data-working"), "{told}");
}

#[actix_web::test]
async fn the_numbers_of_a_timeline_follow_what_happens_with_what_was_chosen_there() {
    let scene = seen(&[]).await;
    let (_, page) = scene
        .get("/timeline/hana?kind=changed&field=priority")
        .await;
    let query = page.split("data-query=\"").nth(1).unwrap();
    let query = query.split('"').next().unwrap().replace("&#38;", "&");
    assert_eq!(query, "kind=changed&field=priority");
    let query = query.replace('=', "%3D").replace('&', "%26");
    let change = async || {
        edit(&scene, |entry| entry.priority += 1);
        look(&scene).await;
    };
    let path = format!("/events?profile=hana&counts={query}");
    let told = heard(&scene, &path, change, "</form>").await;
    assert!(told.contains("event: counts"), "{told}");
    assert!(told.contains("Changed <span>40</span>"), "{told}");
    assert!(
        told.contains("href=\"/timeline/hana?field=priority\""),
        "{told}"
    );
    let chosen = "<option value=\"changed\" selected>Changed (40)</option>";
    assert!(told.contains(chosen), "{told}");
}

#[actix_web::test]
async fn new_changes_come_by_themselves_only_where_somebody_asked_for_it() {
    let scene = seen(&[]).await;
    let mut browser = Browser::at(&scene, "/timeline/hana").await;
    assert!(!browser.shows(" data-auto"), "{}", browser.page);
    browser.follow("Show new changes as they come").await;
    assert_eq!(browser.path, "/timeline/hana?auto=yes");
    browser.must_show(&[" data-auto", "Let new changes wait"]);
    // It stays so while somebody chooses other things, and is no filter.
    assert!(!browser.shows("Clear filters"), "{}", browser.page);
    browser.must_show(&[
        "/timeline/hana?kind=added&#38;auto=yes",
        "name=\"auto\" value=\"yes\"",
    ]);
    browser.follow("Let new changes wait").await;
    assert_eq!(browser.path, "/timeline/hana");
}

#[actix_web::test]
async fn a_profile_with_a_hyphen_hears_what_is_new() {
    let scene = Scene::new("hana").await;
    scene.simulator.world().grant_token("another-token", USER);
    let token = anirewind_core::model::AccessToken::new("another-token").unwrap();
    scene.app.add_account(Some("my-list"), token).await.unwrap();
    scene.capture().await;
    look(&scene).await;
    let browser = Browser::at(&scene, "/timeline/my-list").await;
    browser.must_show(&["data-live=\"event\" data-profile=\"my-list\""]);
    let browser = Browser::at(&scene, "/backups/my-list").await;
    browser.must_show(&["data-live=\"snapshot\" data-profile=\"my-list\""]);
    let change = async || {
        edit(&scene, |entry| entry.progress += 1);
        look(&scene).await;
        scene.capture().await;
    };
    // And goes on hearing it: what is sent anew names the profile the same.
    let page = "/events?profile=my-list&above=0.0&saved=1";
    let told = heard(&scene, page, change, "new snapshot").await;
    assert_eq!(
        told.matches("data-profile=\"my-list\"").count(),
        2,
        "{told}"
    );
}

#[actix_web::test]
async fn an_open_page_of_a_title_hears_that_this_title_changed_and_no_other() {
    let scene = seen(&[]).await;
    let mut browser = Browser::at(&scene, "/titles/hana/anime/1003").await;
    browser.must_show(&["live.js", "data-media=\"ANIME:1003\"", "data-above=\"0.0\""]);
    let change = async |wanted: u32| {
        edit(&scene, |entry| {
            if entry.media == wanted {
                entry.progress += 1;
            }
        });
        look(&scene).await;
    };
    change(1_004).await;
    let page = "/events?profile=hana&above=0.0&media=ANIME:1003";
    let (_, parts) = scene.get(&format!("{page}&once=yes")).await;
    assert!(!parts.contains("changed since"), "{parts}");
    let told = heard(&scene, page, async || change(1_003).await, "changed since").await;
    assert!(told.contains("href=\"/titles/hana/anime/1003\""), "{told}");
    browser.open("/titles/hana/anime/1003").await;
    // What it shows now is not new to it.
    assert!(!browser.shows("data-above=\"0.0\""), "{}", browser.page);
}

#[actix_web::test]
async fn an_open_status_page_hears_when_something_is_not_as_it_should_be() {
    let scene = seen(&[]).await;
    let (_, page) = scene.get("/status").await;
    assert!(
        page.contains("data-live=\"checks\"") && page.contains("live.js"),
        "{page}"
    );
    let refused = async || {
        scene.simulator.world().revoke_token(HANAS);
        scene.capture().await;
    };
    let told = heard(
        &scene,
        "/events?checks=yes",
        refused,
        "data-verdict=\"danger\"",
    )
    .await;
    assert!(told.contains("event: checks"), "{told}");
    assert!(told.contains("Something needs doing"), "{told}");
    // The same as the page that is loaded now.
    let (_, page) = scene.get("/status").await;
    assert!(page.contains("data-verdict=\"danger\""), "{page}");
    let (_, parts) = scene.get("/events?once=yes").await;
    assert!(!parts.contains("data-live=\"checks\""), "{parts}");
}
