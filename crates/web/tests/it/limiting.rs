//! A plan is limited on its own page: to a list, to fields, and to what was not added since.

use actix_web::http::StatusCode;
use anirewind_core::model::EntryField;

use crate::browser::{Browser, USER, edit, entries, seen};
use crate::pages::Scene;
use crate::planning::add;

/// A plan that puts notes and priorities of 40 titles back.
async fn planned(scene: &Scene) -> Browser<'_> {
    edit(scene, |entry| {
        entry.notes = Some("x".to_owned());
        entry.priority += 1;
    });
    crate::browser::look(scene).await;
    let mut browser = Browser::at(scene, "/plan/hana/new?snapshot=latest&prefer=snapshot").await;
    browser.press("Show the plan").await;
    browser.must_show(&[
        "Limit to (anime and manga, all fields)",
        "<strong>40</strong> change back",
    ]);
    browser
}

const NO_FIELD: &str = "No field is ticked. Tick those that the plan is about.";
const AS_TICKED: &str = "The plan is as ticked now. Nothing was sent yet.";

/// How many titles somebody's notes still stand at, and whose priority is not as it was.
fn left(scene: &Scene, before: &[anirewind_simulator::SimEntry]) -> (usize, usize) {
    let world = scene.simulator.world();
    let now = |entry: &anirewind_simulator::SimEntry| world.entry(USER, entry.media).unwrap();
    let count = |differs: &dyn Fn(&&anirewind_simulator::SimEntry) -> bool| {
        before.iter().filter(differs).count()
    };
    (
        count(&|entry| now(entry).notes != entry.notes),
        count(&|entry| now(entry).priority != entry.priority),
    )
}

#[actix_web::test]
async fn one_list_and_one_field_are_ticked_and_sent_and_the_other_ticks_stay() {
    let scene = seen(&[]).await;
    let before = entries(&scene);
    let mut browser = planned(&scene).await;
    let first = browser.path.clone();
    let filled = [("!only", "MANGA"), ("!tick", "ANIME:1003")];
    browser.press_with("Update plan", &filled).await;
    browser.must_show(&[
        AS_TICKED,
        "Limit to (anime only, all fields)",
        "<strong>29</strong> change back",
        "you leave it as it is",
    ]);
    let only_notes = [("-field", ""), ("+field", "notes")];
    browser.press_with("Update plan", &only_notes).await;
    browser.must_show(&[
        "Limit to (anime only, 1 of 13 fields)",
        "name=\"field\" value=\"notes\" checked",
        "<strong>29</strong> change back",
    ]);
    assert!(!browser.shows("value=\"ANIME:1004.priority\""));
    browser.press("Send 29 changes to AniList").await;
    browser.until_over().await;
    browser.must_show(&["Done and verified"]);
    assert_eq!(left(&scene, &before), (11, 40));
    // Each of them leads to what became of the last.
    browser.open(&first).await;
    browser.must_show(&[
        "The plan that you asked for was changed",
        "Done and verified",
    ]);
}

#[actix_web::test]
async fn no_field_or_list_is_not_all_of_them_and_the_plan_stays() {
    let scene = seen(&[]).await;
    let mut browser = planned(&scene).await;
    let plan = browser.path.clone();
    for button in ["Update plan", "Send 40 changes to AniList"] {
        let effects = scene.simulator.world().effects().len();
        browser.press_with(button, &[("-field", "")]).await;
        browser.must_show(&[
            NO_FIELD,
            "Nothing was sent",
            "<strong>40</strong> change back",
        ]);
        assert!(browser.path.starts_with(&plan), "{}", browser.path);
        browser.open(&plan).await;
        browser.press_with(button, &[("-only", "")]).await;
        browser.must_show(&["Choose anime, manga, or both."]);
        assert!(browser.path.starts_with(&plan), "{}", browser.path);
        assert_eq!(scene.simulator.world().effects().len(), effects);
        browser.open(&plan).await;
    }
}

#[actix_web::test]
async fn where_a_plan_is_asked_for_no_field_and_no_status_are_not_all_of_them() {
    let scene = seen(&[]).await;
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest").await;
    browser.press_with("Show the plan", &[("-field", "")]).await;
    browser.must_show(&[NO_FIELD, "None of them"]);
    assert!(!browser.shows("name=\"field\" value=\"notes\" checked"));
    let filled = [("-status", ""), ("+field", "notes")];
    browser.press_with("Show the plan", &filled).await;
    browser.must_show(&["No status is ticked.", "value=\"notes\" checked"]);
}

#[actix_web::test]
async fn what_was_limited_after_the_plan_was_shown_is_shown_before_it_is_sent() {
    let scene = seen(&[("ANIREWIND_DESTRUCTIVE_SYNC", "true")]).await;
    add(&scene, 9_000, 3);
    let mut browser = planned(&scene).await;
    browser.must_show(&[
        "Added since: 3 titles",
        "<strong>3</strong> added since, kept",
    ]);
    let effects = scene.simulator.world().effects().len();
    browser
        .press_with("Send 40 changes to AniList", &[("!field", "notes")])
        .await;
    browser.must_show(&[AS_TICKED, "12 of 13 fields"]);
    let everything = [("+field", "notes"), ("extra", "remove")];
    browser
        .press_with("Send 40 changes to AniList", &everything)
        .await;
    browser.must_show(&[
        AS_TICKED,
        "Limit to (anime and manga, all fields)",
        "value=\"remove\" checked",
        "This removes 3 titles from AniList. Type 3 to allow it.",
    ]);
    browser
        .press_with(
            "Remove 3 and change 40",
            &[("extra", "leave"), ("removals", "3")],
        )
        .await;
    browser.must_show(&[AS_TICKED, "<strong>3</strong> added since, kept"]);
    assert_eq!(scene.simulator.world().effects().len(), effects);
}

#[actix_web::test]
async fn muting_stays_as_ticked_when_the_plan_is_made_again() {
    let scene = seen(&[]).await;
    let mut browser = planned(&scene).await;
    let muted = "name=\"muted\" value=\"yes\" checked";
    browser.must_show(&[muted]);
    browser.press_with("Update plan", &[("-muted", "")]).await;
    assert!(!browser.shows(muted));
    browser.press("Update plan").await;
    assert!(!browser.shows(muted));
    browser.press_with("Update plan", &[("muted", "yes")]).await;
    browser.must_show(&[muted]);
}

#[actix_web::test]
async fn what_was_left_stays_left_while_the_plan_is_narrow_and_wide_again() {
    let scene = seen(&[]).await;
    let mut browser = planned(&scene).await;
    browser.press_with("Update plan", &[("-cause", "")]).await;
    browser.must_show(&["40 titles that differ are not ticked."]);
    let narrow = [("-field", ""), ("+field", "score")];
    browser.press_with("Update plan", &narrow).await;
    browser.must_show(&["Limit to (anime and manga, 1 of 13 fields)"]);
    assert!(!browser.shows("What happened since"), "{}", browser.page);
    let wide = ["notes", "priority"].map(|field| ("+field", field));
    browser.press_with("Update plan", &wide).await;
    browser.must_show(&["What happened since", "<strong>0</strong> change back"]);
}

#[actix_web::test]
async fn what_was_put_right_here_is_not_made_wrong_by_a_wider_plan() {
    let scene = seen(&[]).await;
    let first = scene.app.snapshots(None).await.unwrap().pop().unwrap();
    edit(&scene, |entry| entry.priority += 1);
    crate::browser::look(&scene).await;
    scene.capture().await;
    let mut browser = Browser::at(&scene, &format!("/plan/hana/new?snapshot={}", first.id)).await;
    browser.press("Show the plan").await;
    browser.press("Send 40 changes to AniList").await;
    browser.until_over().await;
    let report = browser.path.clone();
    // Back to what was wrong: what the restore did since is left unless somebody ticks it.
    let wrong = scene.app.snapshots(None).await.unwrap();
    let wrong = wrong.iter().find(|row| row.id != first.id).unwrap();
    let path = format!("/plan/hana/new?snapshot={}&field=notes", wrong.id);
    browser.open(&path).await;
    browser.press("Show the plan").await;
    browser.must_show(&["Your list already matches"]);
    browser
        .press_with("Update plan", &[("+field", "priority")])
        .await;
    browser.must_show(&["by a restore", "<strong>0</strong> change back"]);
    browser.must_show(&["40 titles that differ are not ticked."]);
    // Once the restore itself was taken back, that put nothing right.
    browser.open(&report).await;
    browser.press("Undo this restore").await;
    browser.press("Send 40 changes to AniList").await;
    browser.until_over().await;
    browser
        .open(&format!("/plan/hana/new?snapshot={}", first.id))
        .await;
    browser.press("Show the plan").await;
    browser.must_show(&["by an undo", "<strong>40</strong> change back"]);
}

#[actix_web::test]
async fn an_undo_is_limited_to_fields() {
    let scene = seen(&[]).await;
    planned(&scene).await;
    let mut browser = Browser::at(&scene, "/timeline/hana").await;
    browser.press_any("Undo 40 changes").await;
    browser.must_show(&["Limit to (all fields)"]);
    assert!(!browser.shows("name=\"only\""));
}

#[actix_web::test]
async fn an_empty_plan_shows_no_empty_box_and_can_be_made_wide_again() {
    let scene = seen(&[]).await;
    planned(&scene).await;
    let path = "/plan/hana/new?snapshot=latest&prefer=snapshot&field=score";
    let mut browser = Browser::at(&scene, path).await;
    browser.press("Show the plan").await;
    browser.must_show(&["Your list already matches", "Limit to ("]);
    for empty in ["Every title", "No titles", "Pages of titles"] {
        assert!(!browser.shows(empty), "{empty}: {}", browser.page);
    }
    browser
        .press_with("Update plan", &[("+field", "notes")])
        .await;
    browser.must_show(&["Every title (1 to 40 of 40)"]);
}

#[actix_web::test]
async fn a_plan_of_one_title_is_not_about_all_once_its_tick_is_gone() {
    let scene = seen(&[]).await;
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest&title=ANIME:1003").await;
    browser.press_with("Show the plan", &[("-title", "")]).await;
    assert_eq!(browser.status, StatusCode::BAD_REQUEST);
    browser.must_show(&["No title is ticked any more."]);
    assert!(browser.path.ends_with("/new"), "{}", browser.path);
    browser.press("Show the plan").await;
    browser.must_show(&[
        "Your list already matches.",
        "<strong>40</strong> already right",
    ]);
}

const NO_LIST: &str = "Choose anime, manga, or both.";
const BOTH: [(&str, &str); 2] = [("+only", "ANIME"), ("+only", "MANGA")];

#[actix_web::test]
async fn a_narrow_plan_that_was_refused_as_a_wide_one_can_be_asked_for_again() {
    let scene = seen(&[]).await;
    add(&scene, 9_000, 3);
    let mut browser = planned(&scene).await;
    // This form says that what was added since stays, and the narrow plan does not ask.
    let narrow = [("-field", ""), ("+field", "notes")];
    browser.press_with("Update plan", &narrow).await;
    browser.must_show(&["Limit to (anime and manga, 1 of 13 fields)"]);
    let mut wide = vec![("-only", ""), ("-field", "")];
    wide.extend(EntryField::ALL.map(|field| ("+field", field.as_str())));
    browser.press_with("Update plan", &wide).await;
    browser.must_show(&[NO_LIST, "Limit to (neither anime nor manga, all fields)"]);
    let extras = browser.page.matches("name=\"extra\"").count();
    assert_eq!(extras, 1, "{}", browser.page);
    browser.press_with("Update plan", &BOTH).await;
    browser.must_show(&[
        AS_TICKED,
        "Limit to (anime and manga, all fields)",
        "<strong>3</strong> added since, kept",
    ]);
}

#[actix_web::test]
async fn what_becomes_of_added_titles_stays_as_ticked_when_a_plan_is_refused() {
    let scene = seen(&[("ANIREWIND_DESTRUCTIVE_SYNC", "true")]).await;
    add(&scene, 9_000, 3);
    let mut browser = planned(&scene).await;
    let removed = "name=\"extra\" value=\"remove\" checked";
    browser
        .press_with("Update plan", &[("extra", "remove")])
        .await;
    browser.must_show(&[AS_TICKED, removed]);
    let plan = browser.path.clone();
    let refused = [("-only", ""), ("!field", "notes")];
    browser.press_with("Update plan", &refused).await;
    browser.must_show(&[NO_LIST, "12 of 13 fields", removed]);
    browser.open(&plan).await;
    let effects = scene.simulator.world().effects().len();
    let refused = [("-only", ""), ("!field", "notes"), ("extra", "leave")];
    browser.press_with("Remove 3 and change 40", &refused).await;
    browser.must_show(&[NO_LIST, "name=\"extra\" value=\"leave\" checked"]);
    // With everything else as it was, this alone makes another plan of it.
    let mut again = BOTH.to_vec();
    again.extend([("+field", "notes"), ("removals", "3")]);
    browser.press_with("Remove 3 and change 40", &again).await;
    browser.must_show(&[AS_TICKED, "<strong>3</strong> added since, kept"]);
    assert_eq!(scene.simulator.world().effects().len(), effects);
}

#[actix_web::test]
async fn an_empty_plan_that_was_refused_has_its_limits_as_they_were_sent() {
    let scene = seen(&[]).await;
    planned(&scene).await;
    let path = "/plan/hana/new?snapshot=latest&prefer=snapshot&field=score";
    let mut browser = Browser::at(&scene, path).await;
    browser.press("Show the plan").await;
    browser.must_show(&["Limit to (anime and manga, 1 of 13 fields)"]);
    assert!(!browser.shows("Every title"), "{}", browser.page);
    let mut wide = vec![("-only", ""), ("-field", "")];
    wide.extend(EntryField::ALL.map(|field| ("+field", field.as_str())));
    browser.press_with("Update plan", &wide).await;
    browser.must_show(&[NO_LIST, "Limit to (neither anime nor manga, all fields)"]);
}

#[actix_web::test]
async fn the_limits_that_are_wrong_stand_open_and_the_problem_leads_to_them() {
    let scene = seen(&[]).await;
    let mut browser = planned(&scene).await;
    let plan = browser.path.clone();
    browser.must_show(&[
        "<details class=\"fold\"><summary>Limit to (",
        "<fieldset id=\"limits\">",
    ]);
    for (ticks, problem, link) in [
        ("-field", NO_FIELD, "To the fields"),
        ("-only", NO_LIST, "To the lists"),
    ] {
        browser.open(&plan).await;
        browser.press_with("Update plan", &[(ticks, "")]).await;
        browser.must_show(&[
            problem,
            "<details class=\"fold\" open><summary>Limit to (",
            "<fieldset id=\"limits\" aria-describedby=\"problem\">",
            &format!("<a href=\"#limits\">{link}</a>"),
        ]);
    }
}

#[actix_web::test]
async fn what_is_refused_of_a_plan_that_is_being_carried_out_does_not_say_that_nothing_was_sent() {
    let scene = seen(&[]).await.impatient();
    let mut browser = planned(&scene).await;
    let plan = browser.path.clone();
    let button = "Send 40 changes to AniList";
    scene.simulator.hold(true);
    // Both were open before the plan was sent.
    let mut tabs = Vec::new();
    for _ in 0..2 {
        tabs.push(Browser::at(&scene, &plan).await);
    }
    browser.press(button).await;
    for (tab, pressed) in tabs.iter_mut().zip(["Update plan", button]) {
        tab.press_with(pressed, &[("-field", "")]).await;
        tab.must_show(&["It is being carried out"]);
        assert_eq!(tab.path, plan, "{pressed}");
        for wrong in ["Nothing was sent", button] {
            assert!(!tab.shows(wrong), "{pressed}: {}", tab.page);
        }
    }
    scene.simulator.hold(false);
    browser.until_over().await;
    browser.must_show(&["Done and verified"]);
}
