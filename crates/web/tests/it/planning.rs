//! Plans on pages: guards, choices, a world that moves, and every state there is.

use actix_web::http::StatusCode;
use anirewind_simulator::canary::HANAS;
use anirewind_simulator::{RateLimit, SimEntry, SimMedia, Status};

use crate::browser::{Browser, USER, edit, entries, look, seen};
use crate::pages::Scene;

pub(crate) fn add(scene: &Scene, first: u32, count: u32) {
    for media in first..first + count {
        let mut world = scene.simulator.world();
        world.add_media(SimMedia::new(media, true, "<script>new</script>", Some(12)));
        world.put_entry(SimEntry {
            user: USER,
            media,
            status: Status::Planning,
            ..SimEntry::default()
        });
    }
}

async fn removing(scene: &Scene) -> Browser<'_> {
    let mut browser = Browser::at(scene, "/plan/hana/new?snapshot=latest").await;
    browser
        .press_with("Show the plan", &[("extra", "remove")])
        .await;
    browser
}

#[actix_web::test]
async fn removing_is_off_unless_it_is_allowed_and_says_the_way_out() {
    let scene = seen(&[]).await;
    add(&scene, 9_000, 1);
    let mut browser = removing(&scene).await;
    browser.must_show(&[
        "removing is off",
        "<a href=\"/settings#destructive_sync\">Allow removals in the settings</a>",
        "Change this plan",
        "<a href=\"/plan/hana\">The plans</a>",
    ]);
    assert!(!browser.shows("ANIREWIND_"), "it is a live setting");
    assert!(!browser.offers("Remove 1 title from AniList"));
    browser.must_show(&["&#60;script&#62;new"]);
    assert!(!browser.shows("<script>new"));
    let plan = browser.path.clone();
    browser.open("/settings").await;
    browser.must_show(&["id=\"destructive_sync\"", "id=\"dry_run\""]);
    browser.open("/plan/hana").await;
    browser.must_show(&[&format!("href=\"{plan}\"")]);
}

#[actix_web::test]
async fn what_the_environment_fixes_is_named_where_it_stops_a_plan() {
    let scene = seen(&[("ANIREWIND_DESTRUCTIVE_SYNC", "false")]).await;
    add(&scene, 9_000, 1);
    let browser = removing(&scene).await;
    browser.must_show(&[
        "removing is off",
        "fixed by the environment variable ANIREWIND_DESTRUCTIVE_SYNC",
    ]);
    assert!(!browser.shows("/settings#"), "it cannot be changed there");
}

#[actix_web::test]
async fn how_long_a_plan_takes_goes_by_how_many_requests_are_allowed() {
    for (limit, words) in [("20", "around 24 s"), ("90", "around 6 s")] {
        let scene = seen(&[("ANIREWIND_RATE_LIMIT", limit)]).await;
        let honest = RateLimit::Honest(90);
        scene
            .simulator
            .set_switches(|switches| switches.rate_limit = honest);
        edit(&scene, |entry| entry.notes = Some("x".to_owned()));
        let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest").await;
        browser.press("Show the plan").await;
        let at = format!("{words} at the present limit of {limit} a minute.");
        browser.must_show(&[&at]);
    }
}

#[actix_web::test]
async fn removals_are_ticked_and_many_are_typed() {
    let scene = seen(&[("ANIREWIND_DESTRUCTIVE_SYNC", "true")]).await;
    add(&scene, 9_000, 1);
    let mut browser = removing(&scene).await;
    browser.must_show(&["I want 1 title removed from AniList"]);
    browser.press("Remove 1 title from AniList").await;
    browser.must_show(&[
        "Nothing was sent. This removes 1 title",
        "required aria-invalid=\"true\" aria-describedby=\"problem\"",
    ]);
    assert_eq!(entries(&scene).len(), 41);
    add(&scene, 9_001, 21);
    let mut browser = removing(&scene).await;
    browser.must_show(&["This removes 22 titles from AniList. Type 22 to allow it."]);
    browser
        .press_with("Remove 22 titles from AniList", &[("removals", "21")])
        .await;
    browser.must_show(&[
        "id=\"problem\" tabindex=\"-1\"",
        "Nothing was sent.",
        "value=\"21\" aria-invalid=\"true\" aria-describedby=\"problem\"",
    ]);
    assert_eq!(browser.status, StatusCode::BAD_REQUEST);
    assert_eq!(entries(&scene).len(), 62);
    browser
        .press_with("Remove 22 titles from AniList", &[("removals", "22")])
        .await;
    browser.until_over().await;
    browser.must_show(&["Done and verified"]);
    assert_eq!(entries(&scene).len(), 40);
}

#[actix_web::test]
async fn a_world_that_moved_sends_nothing_and_marks_the_titles() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest").await;
    browser.press("Show the plan").await;
    edit(&scene, |entry| {
        if entry.media == 1_003 {
            entry.notes = Some("edited meanwhile".to_owned());
        }
    });
    let effects = scene.simulator.world().effects().len();
    browser.press("Send 40 changes to AniList").await;
    browser.must_show(&[
        "1 title was edited since the plan was made",
        "edited since the plan was made",
    ]);
    assert_eq!(scene.simulator.world().effects().len(), effects);
    browser.press("Send 39 changes to AniList").await;
    browser.until_over().await;
    browser.must_show(&["Done and verified"]);
    let kept = scene
        .simulator
        .world()
        .entry(USER, 1_003)
        .unwrap()
        .notes
        .clone();
    assert_eq!(kept.as_deref(), Some("edited meanwhile"));
}

#[actix_web::test]
async fn titles_and_causes_can_be_left_and_the_form_comes_back_filled_in() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest&prefer=snapshot").await;
    browser.press("Show the plan").await;
    browser.must_show(&[
        "What happened since",
        "notes of 40 titles changed together, on AniList",
        "is taken first and stays for 30 days.",
    ]);
    let first = browser.path.clone();
    browser
        .press_with("Update plan", &[("!tick", "ANIME:1003")])
        .await;
    browser.must_show(&["you leave it as it is", "<strong>39</strong> change back"]);
    browser.follow("Change this plan").await;
    browser.must_show(&["value=\"snapshot\" checked", "ANIME:1003"]);
    browser.press("Show the plan").await;
    browser.must_show(&["<strong>39</strong> change back"]);
    browser.press_with("Update plan", &[("-cause", "")]).await;
    browser.must_show(&[
        "Nothing would be sent: 40 titles that differ are not ticked.",
        "<strong>40</strong> not ticked, left",
    ]);
    // Only the newest of them is left, and the others lead there.
    let newest = browser.path.clone();
    browser.open(&first).await;
    browser.must_show(&["The plan that you asked for was changed. This is what became of it."]);
    assert_eq!(browser.path, newest);
    browser.open("/plan/hana/zzzzzzzz").await;
    browser.must_show(&["There is no such plan", "See the plans"]);
    browser.open("/plan/hana").await;
    assert_eq!(browser.page.matches("can be sent until").count(), 1);
    browser.must_show(&["Bring hana back to"]);
}

#[actix_web::test]
async fn what_was_ticked_after_the_plan_was_shown_is_shown_before_it_is_sent() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest&prefer=snapshot").await;
    browser.press("Show the plan").await;
    let first = browser.path.clone();
    browser
        .press_with("Send 40 changes to AniList", &[("!tick", "ANIME:1003")])
        .await;
    let as_ticked = "The plan is as ticked now. Nothing was sent yet.";
    browser.must_show(&[as_ticked, "Send 39 changes to AniList"]);
    assert_ne!(browser.path, first);
    // Nothing is left but what was unticked.
    browser
        .press_with("Send 39 changes to AniList", &[("-cause", "")])
        .await;
    browser.must_show(&[as_ticked, "40 titles that differ are not ticked."]);
    let is_untouched = scene
        .simulator
        .world()
        .entries(USER)
        .all(|entry| entry.notes.as_deref() == Some("x"));
    assert!(is_untouched, "something was put back");
    // What was shown is sent.
    browser
        .open("/plan/hana/new?snapshot=latest&prefer=snapshot")
        .await;
    browser.press("Show the plan").await;
    browser
        .press_with("Send 40 changes to AniList", &[("!tick", "ANIME:1003")])
        .await;
    let ticked = browser.path.clone();
    // A form that says a thing twice is not sent as if nothing was ticked.
    browser
        .press_with(
            "Send 39 changes to AniList",
            &[("+instead", "a"), ("+instead", "b")],
        )
        .await;
    assert_eq!(browser.status, StatusCode::BAD_REQUEST);
    browser.must_show(&["The form is not as it was made"]);
    browser.open(&ticked).await;
    browser.press("Send 39 changes to AniList").await;
    browser.until_over().await;
    let world = scene.simulator.world();
    let left: Vec<_> = world
        .entries(USER)
        .filter(|entry| entry.notes.as_deref() == Some("x"))
        .map(|entry| entry.media)
        .collect();
    assert_eq!(left, [1003]);
}

/// The names of all ticked boxes.
fn ticked(browser: &Browser<'_>) -> Vec<String> {
    let boxes = browser.page.split("name=\"tick\" value=\"").skip(1);
    let boxes = boxes.filter_map(|rest| rest.split_once('"'));
    let ticked = boxes.filter(|(_, rest)| rest.starts_with(" checked"));
    ticked.map(|(name, _)| name.to_owned()).collect()
}

#[actix_web::test]
async fn what_is_refused_comes_back_with_every_box_as_it_was_sent() {
    let scene = seen(&[("ANIREWIND_DESTRUCTIVE_SYNC", "true")]).await;
    add(&scene, 9_000, 21);
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    look(&scene).await;
    let mut browser = removing(&scene).await;
    let plan = browser.path.clone();
    browser.follow("Change back 40").await;
    let before = ticked(&browser);
    let of_manga = |name: &String| name.starts_with("MANGA");
    assert!(before.iter().any(of_manga), "{before:?}");
    // The muted box goes along with whichever button is pressed.
    let muted = "name=\"muted\" value=\"yes\" checked";
    browser.must_show(&[muted]);
    let wrong = [
        ("-field", ""),
        ("-cause", ""),
        ("!tick", "ANIME:1003"),
        ("-muted", ""),
    ];
    for button in ["Update plan", "Remove 21 and change 40"] {
        browser.open(&format!("{plan}?show=write")).await;
        browser.press_with(button, &wrong).await;
        assert_eq!(browser.status, StatusCode::BAD_REQUEST, "{button}");
        browser.must_show(&[
            "No field is ticked.",
            "no field)",
            "Change back <span>40</span>",
        ]);
        let mut expected = before.clone();
        expected.retain(|name| name != "ANIME:1003");
        assert_eq!(ticked(&browser), expected, "{button}");
        assert!(
            !browser.shows("name=\"field\" value=\"notes\" checked"),
            "{button}"
        );
        assert!(!browser.shows(muted), "{button}");
        let causes = browser.page.matches("name=\"cause\"").count();
        assert!(causes > 0, "{button}");
        assert!(
            !browser.page.contains("checked> 2026"),
            "{button}: {}",
            browser.page
        );
    }
    // Taken over as it stands, with the fields ticked again, what was unticked is left.
    let again = [("+field", "notes"), ("-cause", ""), ("+cause", "edits")];
    browser.press_with("Update plan", &again).await;
    browser.must_show(&["The plan is as ticked now.", "you leave it as it is"]);
    assert!(!browser.shows(muted));
}

#[actix_web::test]
async fn where_sending_failed_muting_is_as_it_was_ticked() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest").await;
    browser.press("Show the plan").await;
    let muted = "name=\"muted\" value=\"yes\" checked";
    browser.must_show(&[muted]);
    scene.simulator.world().revoke_token(HANAS);
    browser
        .press_with("Send 40 changes to AniList", &[("-muted", "")])
        .await;
    browser.must_show(&["role=\"alert\"", "Send 40 changes to AniList"]);
    assert!(!browser.shows(muted));
}

/// Somebody edits one title, and nobody looks.
fn edit_one(scene: &Scene, media: u32, change: impl Fn(&mut SimEntry)) {
    edit(scene, |entry| {
        if entry.media == media {
            change(entry);
        }
    });
}

#[actix_web::test]
async fn what_is_not_written_down_can_be_left_with_single_edits() {
    let scene = seen(&[]).await;
    edit_one(&scene, 1_005, |entry| entry.notes = Some("x".to_owned()));
    look(&scene).await;
    scene.pass(std::time::Duration::from_mins(5));
    scene.capture().await;
    edit_one(&scene, 1_003, |entry| entry.notes = Some("x".to_owned()));
    look(&scene).await;
    edit_one(&scene, 1_004, |entry| entry.notes = Some("x".to_owned()));
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest&prefer=snapshot").await;
    browser.press("Show the plan").await;
    browser.must_show(&[
        "Single edits of Yuki Inu Natsu, on AniList; 1 title of which no change is written down",
        "<strong>2</strong> change back",
    ]);
    // They are shown from the first of them on.
    let plan = browser.path.clone();
    let shown = browser.page.split("href=\"").skip(1);
    let shown: Vec<_> = shown
        .filter_map(|part| part.split('"').next())
        .filter(|href| href.starts_with("/timeline/hana?source=observed"))
        .map(|href| href.replace("&#38;", "&").replace("&amp;", "&"))
        .collect();
    assert_eq!(shown.len(), 1, "{}", browser.page);
    browser.open(&shown[0]).await;
    browser.must_show(&["Yuki Inu Natsu"]);
    // What was before the snapshot is not among them.
    assert_eq!(
        browser.page.matches("class=\"line\"").count(),
        1,
        "{}",
        browser.page
    );
    browser.open(&plan).await;
    browser.press_with("Update plan", &[("-cause", "")]).await;
    browser.must_show(&["2 titles that differ are not ticked."]);
}

#[actix_web::test]
async fn one_field_of_a_title_goes_back_and_another_stays() {
    let scene = seen(&[]).await;
    let before = scene.simulator.world().entry(USER, 1_003).unwrap().clone();
    edit(&scene, |entry| {
        if entry.media == 1_003 {
            entry.notes = Some("x".to_owned());
            entry.priority += 1;
        }
    });
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest&prefer=snapshot").await;
    browser.press("Show the plan").await;
    browser.must_show(&[
        "value=\"ANIME:1003.priority\" checked",
        ": now</span>",
        ", would be</span>",
    ]);
    browser
        .press_with("Update plan", &[("!tick", "ANIME:1003.priority")])
        .await;
    browser.must_show(&[
        "left as you wish: priority",
        "value=\"ANIME:1003.priority~\"",
    ]);
    // It stays so when the plan is changed for another reason, and can be ticked again.
    browser.press("Update plan").await;
    browser.must_show(&["left as you wish: priority"]);
    browser.follow("Change this plan").await;
    browser.press("Show the plan").await;
    browser.must_show(&["left as you wish: priority"]);
    browser
        .press_with("Update plan", &[("+tick", "ANIME:1003.priority")])
        .await;
    assert!(!browser.shows("left as you wish"));
    browser
        .press_with("Update plan", &[("!tick", "ANIME:1003.priority")])
        .await;
    browser.press("Send 1 change to AniList").await;
    browser.until_over().await;
    let after = scene.simulator.world().entry(USER, 1_003).unwrap().clone();
    assert_eq!(
        (after.notes, after.priority),
        (before.notes, before.priority + 1)
    );
}

#[actix_web::test]
async fn from_an_alarm_only_what_it_tells_of_is_ticked() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.priority += 1);
    look(&scene).await;
    for entry in entries(&scene).iter().take(25) {
        scene.simulator.world().drop_entry(USER, entry.media);
    }
    scene.capture().await;
    look(&scene).await;
    // Nobody has seen this yet.
    let last = entries(&scene).pop().unwrap();
    edit_one(&scene, last.media, |entry| entry.priority += 1);
    // Wherever it stands, one press leads to the plan.
    let mut browser = Browser::at(&scene, "/backups/hana").await;
    browser.must_show(&["Was this you?", "None goes while something unusual"]);
    assert!(!browser.shows("goes on "), "{}", browser.page);
    assert!(browser.offers("Plan: bring it back"));
    browser.open("/status").await;
    browser.must_show(&["Something needs doing"]);
    browser.open("/").await;
    browser.must_show(&["Last snapshot from before that <time", "The newest: <time"]);
    browser.open("/backups/hana").await;
    browser.follow("Review what is missing").await;
    browser.must_show(&["Was this you?", "25"]);
    browser.press("Plan: bring it back").await;
    browser.must_show(&["<h1>Bring back 25 titles that vanished on"]);
    browser.open("/").await;
    browser.press("Plan: bring it back").await;
    browser.must_show(&[
        "<h1>Bring back 25 titles that vanished on",
        "<strong>25</strong> add back",
    ]);
    assert!(
        browser.shows("<strong>0</strong> change back"),
        "{}",
        browser.page
    );
    browser.press("Send 25 changes to AniList").await;
    browser.until_over().await;
    browser.open("/").await;
    assert!(!browser.shows("Was this you?"), "{}", browser.page);
}

#[actix_web::test]
async fn from_an_alarm_nothing_else_is_planned_where_what_it_tells_of_is_so_again() {
    let scene = seen(&[]).await;
    let lost = entries(&scene);
    for entry in lost.iter().take(25) {
        scene.simulator.world().drop_entry(USER, entry.media);
    }
    scene.capture().await;
    look(&scene).await;
    // Somebody puts it right by hand, and does something else.
    for entry in lost.iter().take(25) {
        scene.simulator.world().put_entry(entry.clone());
    }
    edit_one(&scene, lost[30].media, |entry| entry.priority += 1);
    let mut browser = Browser::at(&scene, "/").await;
    browser.press("Plan: bring it back").await;
    browser.must_show(&["Nothing would be sent"]);
    assert!(!browser.page.contains("Send 1 change"), "{}", browser.page);
}

#[actix_web::test]
async fn an_undo_without_a_tick_says_so_and_the_page_stays() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.priority = 3);
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/timeline/hana?kind=changed").await;
    browser.press("Plan undo of selected").await;
    browser.must_show(&["Nothing is ticked, so nothing was planned"]);
    assert_eq!(browser.path, "/timeline/hana?kind=changed");
}

#[actix_web::test]
async fn nothing_to_do_dry_run_and_nonsense_are_said() {
    let scene = seen(&[("ANIREWIND_DRY_RUN", "true")]).await;
    let mut browser = Browser::at(&scene, "/plan/hana").await;
    browser.must_show(&["There is no plan."]);
    browser.open("/plan/hana/new?snapshot=latest").await;
    browser.press("Show the plan").await;
    browser.must_show(&["Your list already matches. Nothing to do."]);
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    browser.open("/plan/hana/new?snapshot=latest").await;
    browser.press("Show the plan").await;
    browser.must_show(&[
        "only watches (dry_run is on)",
        "fixed by the environment variable ANIREWIND_DRY_RUN",
        "anirewind plan apply",
    ]);
    assert!(!browser.offers("Send 40 changes to AniList"));
    browser.press("Discard").await;
    browser.must_show(&["is dropped"]);
    for (fields, words) in [
        (
            [("what", "at"), ("at", "tomorrowish")],
            "is no moment: one is written as",
        ),
        (
            [("what", "at"), ("at", "2001-01-01T00:00")],
            "no good snapshot from before",
        ),
        (
            [("what", "before"), ("before", "zzzzzzzz")],
            "there is no change, group or operation",
        ),
        (
            [("what", "snapshot"), ("title", "Mushishi")],
            "is no title, as ANIME:123 is",
        ),
    ] {
        browser.open("/plan/hana/new").await;
        browser.press_with("Show the plan", &fields).await;
        assert!(browser.status.is_client_error(), "{fields:?}");
        let words = words.to_lowercase();
        assert!(
            browser.page.to_lowercase().contains(&words),
            "{words}: {}",
            browser.page
        );
        assert!(browser.offers("Show the plan"), "the form stays");
    }
    for path in [
        "/plan/nobody",
        "/plan/hana/zzzz",
        "/jobs/zzzzzzzz",
        "/ops/hana/zzzzzzzz",
    ] {
        browser.open(path).await;
        assert_eq!(browser.status.as_u16(), 404, "{path}");
    }
}

#[actix_web::test]
async fn an_unreachable_anilist_sends_nothing_and_the_plan_stays() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest").await;
    browser.press("Show the plan").await;
    let plan = browser.path.clone();
    scene.simulator.world().revoke_token(HANAS);
    browser.press("Send 40 changes to AniList").await;
    browser.must_show(&["role=\"alert\""]);
    assert_eq!(browser.path.split('#').next(), plan.split('#').next());
    scene.simulator.world().grant_token(HANAS, USER);
    browser.press("Send 40 changes to AniList").await;
    browser.until_over().await;
    browser.must_show(&["Done and verified"]);
}

#[actix_web::test]
async fn what_anilist_does_not_take_is_named_and_can_be_tried_again() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    scene.simulator.world().remove_media(1_003);
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest").await;
    browser.press("Show the plan").await;
    browser.press("Send 40 changes to AniList").await;
    browser.until_over().await;
    browser.must_show(&[
        "Done, 1 not applied",
        "AniList does not have this title any more",
    ]);
    browser.press("Retry 1 failed").await;
    browser.must_show(&["Nothing has been sent yet"]);
    assert!(!browser.shows("Limit to"), "{}", browser.page);
}

#[actix_web::test]
async fn what_vanished_together_is_brought_back_by_that_name() {
    let scene = seen(&[]).await;
    for entry in entries(&scene).iter().take(12) {
        scene.simulator.world().drop_entry(USER, entry.media);
    }
    scene.capture().await;
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/timeline/hana").await;
    browser.must_show(&["12 titles vanished together"]);
    assert!(!browser.offers("Undo 12 changes…"), "{}", browser.page);
    browser.follow("2 more: See the group").await;
    browser.press("Bring back 12 titles…").await;
    browser.must_show(&["<strong>12</strong> add back"]);
    browser.open("/timeline/hana").await;
    browser.press("Bring back 12 titles…").await;
    browser.press("Send 12 changes to AniList").await;
    browser.until_over().await;
    browser.must_show(&["Done and verified"]);
    assert_eq!(entries(&scene).len(), 40);
}

#[actix_web::test]
async fn what_is_ticked_in_a_comparison_is_planned_and_nothing_else() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.priority += 1);
    let mut browser = Browser::at(&scene, "/compare/hana?from=latest&to=live").await;
    browser.press("Read the live list").await;
    browser
        .press_with("Plan: bring back selected (0)", &[("title", "ANIME:1003")])
        .await;
    browser.must_show(&["<strong>1</strong> change back", "ANIME:1003"]);
    browser.open("/compare/hana?from=latest&to=live").await;
    browser.must_show(&["name=\"title\" value=\"ANIME:1003\""]);
    browser.press("Select all 40 shown").await;
    browser.press("Plan: bring back selected (40)").await;
    browser.must_show(&["<strong>40</strong> change back"]);
}

#[actix_web::test]
async fn a_plan_of_an_earlier_version_is_shown_as_far_as_it_says() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.score = 77);
    look(&scene).await;
    let wanted = anirewind_core::Wanted::Snapshot("latest".to_owned());
    let options = anirewind_core::RestoreOptions {
        prefer: anirewind_core::Prefer::Snapshot,
        ..<_>::default()
    };
    let plan = scene.app.plan_restore(None, &wanted, &options).await;
    let mut plan = plan.unwrap();
    let scores = plan.writes();
    let cause = &mut plan.operation.detail.causes[0];
    let words = format!("{scores} scores changed together");
    assert_eq!(cause.happened.take(), Some(words));
    let plan = scene.app.store_plan(plan).await.unwrap();
    let path = format!("/plan/hana/{}", plan.id().unwrap());
    let browser = Browser::at(&scene, &path).await;
    browser.must_show(&[&format!("{scores} titles changed together, on AniList")]);
}

#[actix_web::test]
async fn the_snapshot_that_was_named_is_the_one_that_is_chosen_however_old_it_is() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let rows = scene.app.snapshots_page(None, None, 1).await.unwrap();
    let first = rows[0].id.to_string();
    for day in 1..=61 {
        edit(&scene, |entry| entry.notes = Some(format!("day {day}")));
        scene.capture().await;
    }
    let chosen = |browser: &Browser<'_>| {
        let before = browser.page.split(" selected>").next().unwrap();
        let option = before.rsplit("<option value=\"").next().unwrap();
        option.trim_end_matches('"').to_owned()
    };
    let mut browser = Browser::at(&scene, "/backups/hana").await;
    browser
        .open(&format!("/plan/hana/new?snapshot={first}"))
        .await;
    assert_eq!(chosen(&browser), first);
    browser.press("Show the plan").await;
    browser.must_show(&["Nothing has been sent yet", "change back"]);
    browser.open("/plan/hana/new?snapshot=latest~61").await;
    assert_eq!(chosen(&browser), first);
    // What is not there is said, and no other stands in its place.
    browser.open("/plan/hana/new?snapshot=latest~62").await;
    assert_eq!(browser.status, StatusCode::NOT_FOUND);
    browser.must_show(&["role=\"alert\"", "latest~62"]);
    assert_eq!(chosen(&browser), "latest~62");
    browser.press("Show the plan").await;
    browser.must_show(&["role=\"alert\""]);
    assert!(!browser.shows("Nothing has been sent yet"));
}

#[actix_web::test]
async fn what_moved_on_is_left_named_and_can_be_put_back_by_one_tick() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| {
        if entry.media == 1_003 {
            entry.progress += 1;
        } else if entry.media == 1_004 {
            entry.notes = Some("x".to_owned());
        }
    });
    look(&scene).await;
    let snapshot = scene.app.snapshots(None).await.unwrap().remove(0).id;
    let form = format!("/plan/hana/new?snapshot={snapshot}");
    let mut browser = Browser::at(&scene, &form).await;
    browser.press("Show the plan").await;
    browser.must_show(&[
        "<strong>1</strong> moved on or edited since, left",
        "1 title has something that moved on since: put that back too",
    ]);
    browser.press("Send 1 change to AniList").await;
    browser.until_over().await;
    browser.must_show(&[
        "Done and verified",
        "<h2>Left alone: 1 title</h2>",
        "The plan left it as it was.",
    ]);
    // The same asked for again, with all of it.
    browser.open(&form).await;
    browser.press("Show the plan").await;
    browser
        .press_with("Update plan", &[("cause", "moved-on")])
        .await;
    browser.must_show(&[
        "<strong>1</strong> change back",
        "Whatever moved on since: put that back too",
    ]);
    browser
        .press_with("Update plan", &[("!cause", "moved-on")])
        .await;
    browser.must_show(&["<strong>1</strong> moved on or edited since, left"]);
    browser
        .press_with("Update plan", &[("cause", "moved-on")])
        .await;
    browser.press("Send 1 change to AniList").await;
    browser.until_over().await;
    browser.must_show(&["Done and verified"]);
    assert!(!browser.shows("Left alone"), "{}", browser.page);
}
