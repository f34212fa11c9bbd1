//! AniList takes its time: pages answer at once, say so, and lead on to what came of it.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use anirewind_simulator::Fault;
use anirewind_simulator::canary::HANAS;

use crate::browser::{Browser, USER, edit, entries, look, seen};
use crate::pages::Scene;

/// A list that was seen and edited since, with an AniList that takes its time from now on.
async fn slow() -> Scene {
    let scene = seen(&[]).await.impatient();
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    look(&scene).await;
    scene.simulator.hold(true);
    scene
}

/// Somebody who does not wait.
async fn at<'a>(scene: &'a Scene, path: &str) -> Browser<'a> {
    let mut browser = Browser::at(scene, path).await;
    browser.is_patient = false;
    browser
}

/// The page of the newest change.
async fn change(scene: &Scene) -> String {
    let rows = scene.app.changes(None, <_>::default(), None, 1).await;
    format!("/timeline/hana/{}", rows.unwrap()[0].id)
}

/// By which what is asked is known on a page about it.
fn name(browser: &Browser<'_>) -> String {
    let rest = browser.page.split("data-live=\"desk-").nth(1);
    let name = rest.and_then(|rest| rest.split('"').next());
    name.unwrap_or_else(|| panic!("{}", browser.page))
        .to_owned()
}

#[actix_web::test]
async fn a_plan_that_is_waited_for_has_a_page_that_leads_on_to_it() {
    let scene = slow().await;
    let form = "/plan/hana/new?snapshot=latest&prefer=snapshot";
    let mut browser = at(&scene, form).await;
    browser.press("Show the plan").await;
    assert_eq!(browser.status, StatusCode::OK);
    assert!(browser.path.starts_with("/plan/hana/new/asked?"));
    browser.must_show(&[
        "<h2><span class=\"sign\" aria-hidden=\"true\"><svg class=\"icon\"><use href=\"#i-run\"/></svg></span> The plan is being made</h2>",
        "AniList is being asked.",
        "aria-current=\"step\"",
        "nothing is sent before you say so",
        "waiting is normal",
        "Check progress",
        "live.js",
    ]);
    let page = browser.path.clone();
    // Whoever presses again does not ask twice.
    browser.open(form).await;
    browser.press("Show the plan").await;
    assert_eq!(browser.path, page);
    // With scripts the page hears of it; without, a link looks again. Both lead to the plan.
    let events = format!("/events?desk={}", name(&browser));
    let release = async || scene.simulator.hold(false);
    let heard = scene
        .listen(TestRequest::get().uri(&events), release, "data-over")
        .await;
    assert!(heard.contains("event: desk"), "{heard}");
    browser.follow("Check progress").await;
    browser.until_over().await;
    browser.must_show(&[
        "Nothing has been sent yet",
        "<strong>40</strong> change back",
    ]);
    assert_ne!(browser.path, page);
    browser.open("/plan/hana").await;
    assert_eq!(browser.page.matches("can be sent until").count(), 1);
}

#[actix_web::test]
async fn an_undo_that_is_waited_for_is_done_while_nobody_looks() {
    let scene = slow().await;
    let change = change(&scene).await;
    let mut browser = at(&scene, &change).await;
    browser.press_any("Clear notes").await;
    let asked = format!("{change}/undo?field=notes");
    assert!(browser.path.starts_with(&asked), "{}", browser.path);
    browser.must_show(&["AniList is asked how the title is now", "a safety snapshot"]);
    let asked = browser.path.clone();
    scene.simulator.hold(false);
    browser.until_over().await;
    browser.must_show(&["Done and verified"]);
    let edited = entries(&scene)
        .into_iter()
        .filter(|entry| entry.notes.as_deref() == Some("x"));
    assert_eq!(edited.count(), 39);
    // Who comes back much later reads that there is nothing left to do.
    scene.pass(std::time::Duration::from_hours(2));
    browser.open(&asked).await;
    browser.must_show(&["It is taken back already."]);
}

#[actix_web::test]
async fn what_anilist_refuses_is_said_where_it_was_asked_and_can_be_asked_again() {
    let scene = slow().await;
    scene.simulator.hold(false);
    scene.simulator.world().revoke_token(HANAS);
    let mut browser = Browser::at(&scene, &change(&scene).await).await;
    browser.press_any("Clear notes").await;
    assert_eq!(browser.status, StatusCode::CONFLICT);
    browser.must_show(&["The account is not connected", "role=\"alert\""]);
    assert!(browser.offers("Ask again"));
    browser.open("/plan/hana/new?snapshot=latest").await;
    browser.press("Show the plan").await;
    assert_eq!(browser.status, StatusCode::CONFLICT);
    // What was chosen stays, to be sent again.
    browser.must_show(&["role=\"alert\""]);
    assert!(browser.offers("Show the plan"));
    scene.simulator.world().grant_token(HANAS, USER);
    browser.press("Show the plan").await;
    browser.must_show(&["Nothing has been sent yet"]);
}

#[actix_web::test]
async fn after_a_start_it_is_said_that_nothing_was_sent_and_it_is_asked_again() {
    let mut scene = slow().await;
    let effects = scene.simulator.world().effects().len();
    let asked = {
        let mut browser = at(&scene, "/plan/hana/new?snapshot=latest&prefer=snapshot").await;
        browser.press("Show the plan").await;
        browser.path
    };
    scene.forget();
    let mut browser = at(&scene, &asked).await;
    browser.must_show(&["AniList is not being asked for this", "Nothing was sent"]);
    assert_eq!(scene.simulator.world().effects().len(), effects);
    browser.press("Ask again").await;
    assert_eq!(browser.path, asked);
    scene.simulator.hold(false);
    browser.until_over().await;
    browser.must_show(&["<strong>40</strong> change back"]);
    for path in ["/connect/asked/1", "/jobs/zzzzzzzz/retry"] {
        browser.open(path).await;
        assert!(!browser.status.is_server_error(), "{path}");
    }
}

#[actix_web::test]
async fn a_token_whose_account_is_asked_about_is_kept_nowhere_meanwhile() {
    let scene = slow().await;
    scene.simulator.world().grant_token("new-token", USER);
    let mut browser = at(&scene, "/connect").await;
    browser
        .press_with("Connect", &[("token", "new-token")])
        .await;
    browser.must_show(&["AniList is asked who this is", "Check progress"]);
    assert!(browser.path.starts_with("/connect/asked/"));
    assert!(!browser.shows("new-token"), "{}", browser.page);
    let asked = browser.path.clone();
    scene.simulator.hold(false);
    browser.until_over().await;
    browser.open(&asked).await;
    browser.must_show(&["Connected as hana", "src=\"/img/avatar/hana?v="]);
    browser.until_over().await;
    // One that is refused leads back to the form.
    browser.open("/connect").await;
    scene.simulator.hold(true);
    browser.press_with("Connect", &[("token", "unknown")]).await;
    browser.must_show(&["Check progress"]);
    scene.simulator.hold(false);
    browser.until_over().await;
    browser.must_show(&["role=\"alert\"", "Back to the form"]);
}

#[actix_web::test]
async fn a_live_list_that_is_being_read_to_be_compared_is_followed() {
    let scene = slow().await;
    let mut browser = at(&scene, "/compare/hana?from=latest&to=live").await;
    browser.press("Read the live list").await;
    browser.must_show(&[
        "Asking AniList",
        "AniList is being asked.",
        "data-live=\"desk-live/hana\"",
        "live.js",
        "Compare with the newest snapshot instead",
        "Cancel",
    ]);
    let events = TestRequest::get().uri("/events?desk=live/hana");
    let release = async || scene.simulator.hold(false);
    let heard = scene.listen(events, release, "data-over").await;
    assert!(heard.contains("The live list is read."), "{heard}");
    browser.follow("Look again").await;
    browser.must_show(&["Live list read ", "<strong>40</strong> Changed since"]);
}

#[actix_web::test]
async fn what_was_not_done_is_planned_again_on_a_page_of_its_own() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    scene.simulator.world().remove_media(1_003);
    let scene = scene.impatient();
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest").await;
    browser.press("Show the plan").await;
    browser.press("Send 40 changes to AniList").await;
    browser.until_over().await;
    browser.is_patient = false;
    scene.simulator.hold(true);
    browser.press("Retry 1 failed").await;
    browser.must_show(&["What is left is planned again", "Check progress"]);
    assert!(browser.path.ends_with("/retry"));
    scene.simulator.hold(false);
    browser.until_over().await;
    browser.must_show(&["Nothing has been sent yet"]);
}

#[actix_web::test]
async fn a_plan_whose_act_is_under_way_says_so_and_offers_nothing() {
    let scene = slow().await;
    scene.simulator.hold(false);
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest&prefer=snapshot").await;
    browser.press("Show the plan").await;
    let plan = browser.path.clone();
    let id = plan.rsplit('/').next().unwrap().to_owned();
    scene.simulator.hold(true);
    browser.press("Send 40 changes to AniList").await;
    assert_eq!(browser.path, format!("/jobs/{id}"));
    browser.must_show(&["It begins: the list is read"]);
    browser.open(&plan).await;
    browser.must_show(&[
        "It is being carried out",
        "Nothing of it can be changed any more.",
        &format!("href=\"/jobs/{id}\""),
        "value=\"ANIME:1003\" checked disabled",
    ]);
    for gone in ["Send 40 changes to AniList", "Update plan", "Discard"] {
        assert!(!browser.offers(gone), "{gone}: {}", browser.page);
    }
    assert!(!browser.shows("Nothing has been sent yet"));
    scene.simulator.hold(false);
    browser.follow("See how far it is").await;
    browser.until_over().await;
    browser.must_show(&["Done and verified"]);
    // From then on the plan leads to what became of it.
    browser.open(&plan).await;
    assert_eq!(browser.path, format!("/jobs/{id}"));
}

#[actix_web::test]
async fn new_settings_do_not_forget_what_is_under_way() {
    let mut scene = Scene::new("hana").await.impatient();
    scene.capture().await;
    scene.simulator.hold(true);
    {
        let mut browser = Browser::at(&scene, "/backups/hana").await;
        browser.press("Back up now").await;
        browser.must_show(&[
            "A snapshot of hana is being taken",
            "AniList is being asked.",
        ]);
    }
    scene.take_over();
    {
        let mut browser = Browser::at(&scene, "/backups/hana/new").await;
        browser.must_show(&["A snapshot of hana is being taken"]);
        browser.open("/").await;
        browser.must_show(&["Working: a snapshot is being taken", "See how far it is"]);
    }
    // The stream of a page that was open comes back, and hears of the end.
    let events = TestRequest::get().uri("/events?desk=snapshot/hana");
    let release = async || scene.simulator.hold(false);
    let heard = scene.listen(events, release, "data-over").await;
    assert!(heard.contains("40 titles"), "{heard}");
    let mut browser = Browser::at(&scene, "/backups/hana/new").await;
    browser.must_show(&["40 titles", "</span> Done</h2>"]);
    browser.open("/").await;
    assert!(!browser.shows("Working:"), "{}", browser.page);
}

#[actix_web::test]
async fn a_job_that_waits_for_its_turn_says_after_which() {
    let scene = seen(&[]).await.impatient();
    let form = "/plan/hana/new?snapshot=latest&prefer=snapshot";
    // How many requests an act takes until it writes.
    edit(&scene, |entry| entry.notes = Some("w".to_owned()));
    look(&scene).await;
    let mut browser = Browser::at(&scene, form).await;
    browser.press("Show the plan").await;
    browser.until_over().await;
    let before = scene.simulator.operations().len();
    browser.press_any("Send ").await;
    browser.until_over().await;
    let sent = scene.simulator.operations();
    let mut sent = sent.iter().skip(before);
    let write = sent.position(|name| name.contains("Save")).unwrap();
    // Two plans; the first of them gets no answer to what it writes.
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    look(&scene).await;
    let mut plans = Vec::new();
    for _ in 0..2 {
        browser.open(form).await;
        browser.press("Show the plan").await;
        browser.until_over().await;
        plans.push(browser.path.clone());
    }
    let nth = u64::try_from(write).unwrap() + 1;
    scene.simulator.fault_at(nth, Fault::TimeoutBefore);
    // Who opens it later is told at once that another act is under way.
    let mut second = at(&scene, &plans[1]).await;
    let mut first = at(&scene, &plans[0]).await;
    first.press_any("Send ").await;
    let job = first.path.clone();
    for _ in 0..2_000 {
        if first.shows("data-live-label") && first.shows("<progress") {
            break;
        }
        first.open(&job).await;
    }
    let id = job.rsplit('/').next().unwrap();
    second.press_any("Send ").await;
    second.must_show(&[
        &format!("Waiting for its turn, after operation {id}"),
        "Nothing has been sent yet",
        "The page may be closed",
        "Check progress",
        "live.js",
    ]);
    // Its address says the same to whoever comes later.
    let path = second.path.clone();
    assert!(path.starts_with("/jobs/") && path != job, "{path}");
    second.open(&path).await;
    second.must_show(&[
        "Waiting for its turn",
        "The plan stays, and can be sent later.",
    ]);
    // And can be called off as long as it waits.
    second.press("Call it off").await;
    assert_eq!(second.path, plans[1]);
    second.must_show(&[
        "Called off. Nothing was sent, and the plan is still here.",
        "Send ",
    ]);
    second.open(&path).await;
    second.must_show(&["This is a plan that nobody has sent"]);
    let stop = format!("/api/v1{path}/stop");
    let (status, problem) = scene.send(Method::POST, &stop, None).await;
    assert_eq!(
        (status, &problem["operation"]["state"]),
        (StatusCode::OK, &"planned".into())
    );
}
