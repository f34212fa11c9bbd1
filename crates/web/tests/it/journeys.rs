//! Whole ways through the pages, by links and forms alone.

use crate::browser::{Browser, USER, edit, entries, lasting, look, seen};
use crate::pages::Scene;

fn scores(scene: &Scene) -> Vec<i32> {
    entries(scene).iter().map(|entry| entry.score).collect()
}

#[actix_web::test]
async fn scores_that_an_app_zeroed_come_back_in_a_few_clicks() {
    let scene = seen(&[]).await;
    let before = scores(&scene);
    let scored = before.iter().filter(|score| **score > 0).count();
    edit(&scene, |entry| entry.score = 0);
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/timeline/hana").await;
    browser.must_show(&[
        &format!("{scored} titles changed together"),
        &format!("score {scored}"),
    ]);
    browser.press_any("Undo 25 changes").await;
    browser.must_show(&[
        "Nothing has been sent yet",
        &format!("<strong>{scored}</strong> change back"),
    ]);
    browser
        .press(&format!("Send {scored} changes to AniList"))
        .await;
    browser.until_over().await;
    browser.must_show(&["Done and verified", "Redo 25 changes…"]);
    // What is said of it leads to the way back.
    let said = browser.page.split("id=\"said\"").nth(1).unwrap();
    let said = said.split("</div>").next().unwrap();
    assert!(
        said.contains("/plan/hana/new?redo=") && said.contains(">Redo</a>"),
        "{said}"
    );
    assert!(browser.clicks <= 5, "{}", browser.clicks);
    assert_eq!(scores(&scene), before);
    // Where they stood together it is said that they were.
    let timeline = Browser::at(&scene, "/timeline/hana").await;
    timeline.must_show(&[
        "</svg>taken back</span> by <a href=\"/ops/hana/",
        "</svg>taken back</span> by <a href=\"/timeline/hana/",
        "Redo 25 changes…",
    ]);
    // And the undo can be taken back.
    browser.press("Redo 25 changes…").await;
    browser
        .press(&format!("Send {scored} changes to AniList"))
        .await;
    browser.until_over().await;
    assert!(scores(&scene).iter().all(|score| *score == 0));
    browser.open("/timeline/hana").await;
    browser.must_show(&[
        "in one operation</strong>: <a href=\"/ops/hana/",
        "by an undo",
    ]);
    // From what was saved before it a way leads to it, and back.
    browser.open("/backups/hana").await;
    let way = browser.page.split("before <a href=\"").nth(1).unwrap();
    let way = way.split('"').next().unwrap().to_owned();
    browser.open(&way).await;
    browser.must_show(&["<dt>Saved first</dt><dd><a href=\"/backups/hana/"]);
}

#[actix_web::test]
async fn a_wiped_list_comes_back_by_a_plan_and_its_report_stays() {
    let scene = seen(&[]).await;
    let before: Vec<_> = entries(&scene).into_iter().map(lasting).collect();
    for entry in entries(&scene) {
        scene.simulator.world().drop_entry(USER, entry.media);
    }
    let mut browser = Browser::at(&scene, "/plan/hana/new").await;
    browser.press("Show the plan").await;
    browser.must_show(&["<strong>40</strong> add back", "Cannot come back"]);
    let plan = browser.path.clone();
    browser.open("/plan/hana/new").await;
    browser.press("Show the plan").await;
    browser.open("/plan/hana").await;
    browser.must_show(&["can be sent until"]);
    assert!(!browser.shows("from before"));
    browser.open(&plan).await;
    browser.press("Send 40 changes to AniList").await;
    browser.until_over().await;
    browser.must_show(&[
        "Done and verified",
        "<strong>40</strong> sent and read back",
        "Download report",
    ]);
    let after: Vec<_> = entries(&scene).into_iter().map(lasting).collect();
    assert_eq!(after, before);
    // What else was planned is from before it, and so is the newest snapshot.
    browser.open("/plan/hana").await;
    browser.must_show(&[
        "</svg>from before</span> Since it was made something was done here: <a href=\"/jobs/",
    ]);
    browser.open("/").await;
    browser.must_show(&["40 titles changed here since the newest snapshot"]);
    // The plan leads to what became of it, and so does its act.
    browser.open(&plan).await;
    browser.must_show(&["Done and verified"]);
    browser.open("/ops/hana").await;
    browser.must_show(&["Done and verified"]);
}

#[actix_web::test]
async fn a_deleted_title_comes_back_with_notes_and_custom_lists() {
    let scene = seen(&[]).await;
    scene.simulator.world().edit_user(USER, |user| {
        user.lists.anime.custom_lists = vec!["Cozy".to_owned(), "With M.".to_owned()];
    });
    edit(&scene, |entry| {
        if entry.media == 1_003 {
            entry.custom_lists = [0, 1].into();
            entry.notes = Some("<b>again</b> & again".to_owned());
        }
    });
    look(&scene).await;
    let before = entries(&scene)
        .into_iter()
        .find(|entry| entry.media == 1_003)
        .unwrap();
    scene.simulator.world().drop_entry(USER, 1_003);
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/timeline/hana?kind=removed").await;
    browser.must_show(&["&#60;b&#62;again&#60;/b&#62; &#38; again"]);
    assert!(!browser.shows("<b>again"));
    browser.follow("Bring back…").await;
    let name = scene.simulator.world().media(1_003).unwrap().romaji.clone();
    browser.press(&format!("Bring back {name}")).await;
    browser.until_over().await;
    browser.must_show(&["Done and verified"]);
    let after = entries(&scene)
        .into_iter()
        .find(|entry| entry.media == 1_003)
        .unwrap();
    assert_eq!(lasting(after), lasting(before));
}

#[actix_web::test]
async fn one_field_is_taken_back_though_progress_moved_on() {
    let scene = seen(&[]).await;
    let media = entries(&scene)
        .iter()
        .find(|entry| entry.status == anirewind_simulator::Status::Current)
        .unwrap()
        .media;
    let of = |scene: &Scene| {
        entries(scene)
            .into_iter()
            .find(|entry| entry.media == media)
            .unwrap()
    };
    let before = of(&scene);
    edit(&scene, |entry| {
        if entry.media == media {
            entry.score = if entry.score == 50 { 60 } else { 50 };
            entry.notes = Some("other".to_owned());
        }
    });
    look(&scene).await;
    scene.pass(std::time::Duration::from_hours(1));
    edit(&scene, |entry| {
        if entry.media == media {
            entry.progress += 1;
        }
    });
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/timeline/hana?field=score").await;
    browser.follow("Undo…").await;
    browser.must_show(&["not part of this change"]);
    browser
        .press_with("Put the ticked fields back", &[("field", "score")])
        .await;
    browser.until_over().await;
    browser.must_show(&["Done and verified"]);
    let after = of(&scene);
    assert_eq!(after.score, before.score);
    assert_eq!(after.progress, before.progress + 1);
    assert_eq!(
        after.notes.as_deref(),
        Some("other"),
        "what was not ticked stays"
    );
}

#[actix_web::test]
async fn what_was_edited_since_is_unticked_and_never_put_back_unasked() {
    let scene = seen(&[]).await;
    let set = |score| {
        edit(&scene, move |entry| {
            if entry.media == 1_003 {
                entry.score = score;
            }
        });
    };
    for score in [20, 30] {
        set(score);
        look(&scene).await;
        scene.pass(std::time::Duration::from_hours(1));
    }
    let mut browser = Browser::at(&scene, "/timeline/hana?field=score").await;
    // The older of the two.
    browser.page = browser
        .page
        .rsplit_once("<li id=\"c-")
        .unwrap()
        .1
        .to_owned();
    browser.follow("Undo…").await;
    browser.must_show(&["edited since"]);
    // Nothing is ticked by itself.
    let words = browser
        .page
        .split("Put back ")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    let button = format!("Put back {words}");
    browser.press(&button).await;
    browser.must_show(&["Nothing was ticked"]);
    browser.press_with(&button, &[("field", "score")]).await;
    // Over a later edit it is looked at first.
    browser.must_show(&["Nothing has been sent yet"]);
    assert_eq!(
        scene.simulator.world().entry(USER, 1_003).unwrap().score,
        30
    );
}
