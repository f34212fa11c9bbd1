//! Ticks of a comparison: on several pages, with several filters, as a whole, and none.

use actix_web::test::TestRequest;

use crate::browser::{Browser, edit, seen};
use crate::pages::Scene;
use crate::planning::add;

/// 40 titles that changed and 120 that were added, read and side by side.
async fn compared(scene: &Scene) -> Browser<'_> {
    edit(scene, |entry| entry.priority += 1);
    add(scene, 9_000, 120);
    let mut browser = Browser::at(scene, "/compare/hana?from=latest&to=live").await;
    browser.press("Read the live list").await;
    browser.must_show(&["160 shown."]);
    browser
}

const ONLY_CHANGED: [(&str, &str); 2] = [("-show", ""), ("+show", "changed")];

#[actix_web::test]
async fn ticks_stay_on_other_pages_and_with_other_filters() {
    let scene = seen(&[]).await;
    let mut browser = compared(&scene).await;
    browser
        .press_with("Next page", &[("+title", "ANIME:1003")])
        .await;
    // The address says where somebody is and what is ticked, and nothing else.
    assert!(
        browser.path.ends_with("below=100&on=a1003"),
        "{}",
        browser.path
    );
    browser.must_show(&["1 selected on other pages or with other filters."]);
    let added = browser.page.split("value=\"ANIME:").nth(1).unwrap();
    let added = format!("ANIME:{}", &added[..4]);
    let mut filled = vec![("+title", added.as_str())];
    filled.extend(ONLY_CHANGED);
    browser.press_with("Show", &filled).await;
    browser.must_show(&[
        "40 shown.",
        "name=\"title\" value=\"ANIME:1003\" checked",
        "1 selected on other pages or with other filters.",
    ]);
    // Unticked where it is shown.
    browser
        .press_with(
            "Show",
            &[("!title", "ANIME:1003"), ("+title", "ANIME:1004")],
        )
        .await;
    assert!(!browser.shows("value=\"ANIME:1003\" checked"));
    browser.press("Plan: bring back selected (2)").await;
    browser.must_show(&[
        "<strong>1</strong> change back",
        "<strong>1</strong> added since, kept",
        &format!("name=\"title\" value=\"ANIME:1004.{}\"", &added[6..]),
    ]);
    let plan = browser.path.clone();
    // Each of them stands in the form that asks for it otherwise.
    browser.follow("Change this plan").await;
    browser.must_show(&[
        "value=\"ANIME:1004\" checked",
        &format!("value=\"{added}\" checked"),
    ]);
    // The report tells apart what was sent and what was not to be.
    browser.open(&plan).await;
    browser.press("Send 1 change to AniList").await;
    browser.until_over().await;
    browser.must_show(&[
        "Done and verified",
        "<strong>1</strong> sent and read back",
        "<strong>1</strong> not ticked, left",
    ]);
}

#[actix_web::test]
async fn all_that_is_shown_is_ticked_whatever_the_number_of_pages() {
    let scene = seen(&[]).await;
    let mut browser = compared(&scene).await;
    browser.press("Select all 160 shown").await;
    browser.must_show(&["60 selected on other pages or with other filters."]);
    browser.press("Select none").await;
    browser.must_show(&["<span data-scripts data-elsewhere=\"0\">(0)</span>"]);
    browser.press_with("Show", &ONLY_CHANGED).await;
    browser.press("Select all 40 shown").await;
    assert!(browser.path.len() < 200, "{}", browser.path);
    // What is unticked stays so with other filters, and what is shown with them is not ticked by itself.
    let all = [("!title", "ANIME:1003"), ("+show", "added")];
    browser.press_with("Show", &all).await;
    browser.must_show(&["160 shown.", "data-elsewhere=\"0\">(39)</span>"]);
    browser.press("Plan: bring back selected (39)").await;
    browser.must_show(&["<strong>39</strong> change back"]);
    assert!(!browser.shows("added since, kept"), "{}", browser.page);
}

#[actix_web::test]
async fn nothing_ticked_is_said_on_the_page_where_the_button_is() {
    let scene = seen(&[]).await;
    let mut browser = compared(&scene).await;
    browser
        .open("/compare/hana?from=latest&to=live&show=added&below=100")
        .await;
    browser.press("Plan: bring back selected (0)").await;
    browser.must_show(&[
        "Nothing is ticked, so nothing was planned.",
        "value=\"added\" checked",
        "120 shown.",
        "Previous page",
    ]);
    assert!(
        browser.path.contains("show=added&below=100"),
        "{}",
        browser.path
    );
    browser.open("/plan/hana").await;
    assert!(!browser.shows("can be sent until"), "{}", browser.page);
}

#[actix_web::test]
async fn a_selection_too_many_is_said_and_takes_the_place_of_no_other() {
    let scene = seen(&[]).await;
    let mut browser = compared(&scene).await;
    browser.press_with("Show", &ONLY_CHANGED).await;
    browser.press("Select all 40 shown").await;
    let others = ["", "1", "2", "3", "4", "5", "6", "7"].join("x&all=q%3D");
    browser
        .open(&format!("{}{}x", browser.path, &others[1..]))
        .await;
    let added = [("-show", ""), ("+show", "added")];
    browser.press_with("Show", &added).await;
    browser.press("Select all 120 shown").await;
    browser.must_show(&[
        "What is shown was not selected: 8 selections as a whole are all",
        "data-elsewhere=\"40\">(40)</span>",
    ]);
    browser.press("Plan: bring back selected (40)").await;
    browser.must_show(&["<strong>40</strong> change back"]);
}

#[actix_web::test]
async fn an_open_comparison_with_the_live_list_hears_that_anilist_changed_since() {
    let scene = seen(&[]).await;
    let mut browser = Browser::at(&scene, "/compare/hana?from=latest&to=live").await;
    browser.press("Read the live list").await;
    browser.open("/compare/hana?from=latest&to=live").await;
    let words = "AniList changed since.";
    browser.must_show(&[
        "/assets/live.js",
        "Read again",
        "data-live=\"event\"",
        "> No differences</h2>",
    ]);
    assert!(!browser.shows(words), "{}", browser.page);
    let part = browser.page.split("data-above=\"").nth(1).unwrap();
    let above = part.split('"').next().unwrap();
    // As the script asks, by what stands on the part.
    let path = format!("/events?profile=hana&above={above}&media=list");
    let change = async || {
        scene.pass(std::time::Duration::from_mins(1));
        edit(&scene, |entry| {
            if entry.media == 1_003 {
                entry.progress += 1;
            }
        });
        crate::browser::look(&scene).await;
    };
    let open = TestRequest::get().uri(&path);
    let heard = scene.listen(open, change, "\nid: ").await;
    let part = format!("data-above=\"{above}\" data-media=\"list\" data-spoken>{words}</span>");
    assert!(heard.contains(&part), "{heard}");
    browser.open("/compare/hana?from=latest&to=live").await;
    // What is known to be another list by now is not said to be the same.
    browser.must_show(&[&part, "No differences when it was read"]);
    assert!(!browser.shows("> No differences</h2>"), "{}", browser.page);
    // Between two snapshots nothing is heard of.
    browser.open("/compare/hana?from=latest&to=latest").await;
    assert!(!browser.shows("/assets/live.js") && !browser.shows(words));
}
