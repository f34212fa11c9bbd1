//! The timeline, titles and moments on pages: filters, groups, every state there is.

use actix_web::test::TestRequest;

use crate::browser::{Browser, USER, edit, entries, look, seen};
use crate::pages::Scene;

#[actix_web::test]
async fn an_empty_timeline_explains_itself_and_a_filtered_one_says_what_is_filtered() {
    let scene = seen(&[]).await;
    let mut browser = Browser::at(&scene, "/timeline").await;
    assert_eq!(browser.path, "/timeline/hana");
    browser.must_show(&[
        "No changes seen yet. Changes you make on AniList appear here within 5 minutes.",
    ]);
    edit(&scene, |entry| {
        if entry.media == 1_003 {
            entry.progress += 1;
        }
    });
    look(&scene).await;
    browser.open("/timeline/hana").await;
    browser.must_show(&[
        "Today",
        "on AniList",
        "Episode",
        "Undo…",
        "Plan: back to before here",
    ]);
    browser.open("/timeline/hana?kind=removed").await;
    browser.must_show(&[
        "No removed titles in this range.",
        "Clear filters",
        "aria-current=\"true\"",
    ]);
    browser
        .open("/timeline/hana?kind=changed&q=%3Cb%3E&type=ANIME")
        .await;
    browser.must_show(&["&#60;b&#62;"]);
    for wrong in ["kind=wet", "below=x", "field=colour", "on=x", "group=x"] {
        browser.open(&format!("/timeline/hana?{wrong}")).await;
        assert!(browser.status.is_client_error(), "{wrong}");
    }
}

#[actix_web::test]
async fn numbers_follow_what_is_chosen_and_each_choice_can_be_taken_away() {
    let scene = seen(&[]).await;
    for media in [1_003, 1_004] {
        edit(&scene, |entry| {
            if entry.media == media {
                entry.notes = Some("x".to_owned());
            }
        });
        look(&scene).await;
    }
    edit(&scene, |entry| {
        if entry.media == 1_005 {
            entry.progress += 1;
        }
    });
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/timeline/hana").await;
    browser.must_show(&["<p class=\"muted small\">3 changes seen.</p>"]);
    browser
        .open("/timeline/hana?field=notes&source=observed&type=ANIME")
        .await;
    browser.must_show(&[
        "2 of 3 changes match what is chosen.",
        "All <span>2</span>",
        "Changed <span>2</span>",
        "Added <span>0</span>",
        "href=\"/timeline/hana?kind=changed&#38;source=observed&#38;type=ANIME&#38;field=notes\"",
        ">Field: Notes <",
        ">Anime <",
        ">From: AniList, its apps, other programs <",
    ]);
    browser.open("/timeline/hana?kind=removed&type=MANGA").await;
    browser.must_show(&["None of 3 changes matches what is chosen.", ">Manga <"]);
    browser
        .open("/timeline/hana?field=notes&on=2026-11-03")
        .await;
    browser.follow("Field: Notes ×, remove this filter").await;
    assert_eq!(browser.path, "/timeline/hana?on=2026-11-03");
    browser.must_show(&[
        "3 of 3 changes match what is chosen.",
        ">Up to 2026-11-03 <",
    ]);
}

#[actix_web::test]
async fn one_title_of_a_group_is_taken_back_by_itself() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/timeline/hana").await;
    browser.must_show(&["titles changed together", "Select the change of"]);
    let id = browser.page.split("<li id=\"c-").nth(1).unwrap()[..8].to_owned();
    browser
        .press_with("Plan undo of selected", &[("undo", &id)])
        .await;
    browser.must_show(&["<strong>1</strong> change back", "<h1>Undo: notes of "]);
}

#[actix_web::test]
async fn what_was_done_again_is_taken_back_like_anything_else() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| {
        if entry.media == 1_003 {
            entry.progress += 1;
        }
    });
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/timeline/hana").await;
    for (step, next, lines) in [("Undo…", "Redo…", 1), ("Redo…", "Undo…", 2)] {
        browser.follow(step).await;
        browser.press_any("Put progress back").await;
        browser.until_over().await;
        browser.must_show(&["Done and verified"]);
        browser.open("/timeline/hana").await;
        // What was taken back cannot be, and what was done again can, as well as what did it again; by the one button or
        // the other, as wide as the page is.
        let offered = |words: &str| browser.page.matches(words).count();
        assert_eq!(
            (offered(next), offered(step)),
            (2 * lines, 0),
            "{}",
            browser.page
        );
    }
}

#[actix_web::test]
async fn what_a_restore_made_as_it_was_says_so_and_is_not_offered_again() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest&prefer=snapshot").await;
    browser.press("Show the plan").await;
    browser
        .press_with("Update plan", &[("!tick", "ANIME:1003")])
        .await;
    browser.press("Send 39 changes to AniList").await;
    browser.until_over().await;
    browser.open("/timeline/hana?source=observed").await;
    browser.must_show(&["</svg>39 of 40 put back</span> by <a href=\"/ops/hana/"]);
    let page = browser.page.split("put back</span> by <a href=\"").nth(1);
    let restore = page.unwrap().split('"').next().unwrap().to_owned();
    browser.press("Undo 1 change…").await;
    browser.must_show(&["<strong>1</strong> change back"]);
    browser.open(&restore).await;
    browser.must_show(&[
        "<p>It put back: <a href=\"/timeline/hana?group=",
        ">notes of 39 titles changed together</a>.</p>",
    ]);
}

#[actix_web::test]
async fn what_may_have_been_so_already_is_not_said_to_have_been_seen() {
    let scene = seen(&[]).await;
    let before = scene.app.now();
    scene.pass(std::time::Duration::from_hours(8));
    scene.simulator.world().drop_entry(USER, 1_003);
    look(&scene).await;
    let moment = scene.app.moment_text(before + time::Duration::hours(4));
    let browser = Browser::at(&scene, &format!("/at/hana?when={moment}")).await;
    // The last look before it went.
    browser.must_show(&[
        "As seen at 3 Nov 12:10. What changed between then and this moment may be missing.",
    ]);
}

/// A file of another tool that names no title.
const THEIRS: &str =
    include_str!("../../../backup/tests/it/files/plexanibridge-hana.20251004010203.json");

#[actix_web::test]
async fn what_another_tool_wrote_shows_names_and_is_no_cliff_in_the_chart() {
    let scene = seen(&[]).await;
    let name = |media: u32| {
        let world = scene.simulator.world();
        world.media(media).unwrap().romaji.clone()
    };
    let (gone, there) = (name(1_003), name(1_004));
    scene.simulator.world().drop_entry(USER, 1_003);
    look(&scene).await;
    let theirs = THEIRS.replace("4242", "1").replace(":101,", ":1003,");
    let theirs = theirs.replace(":102,", ":1004,");
    let file = scene
        .app
        .backups()
        .join("plexanibridge-hana.20251004010203.json");
    std::fs::write(file, theirs).unwrap();
    scene.app.refresh_catalogue().await.unwrap();
    let row = scene.app.snapshots(None).await.unwrap().pop().unwrap();
    let mut browser = Browser::at(&scene, &format!("/backups/hana/{}", row.id)).await;
    browser.must_show(&[&gone, &there]);
    browser
        .open(&format!("/compare/hana?from={}&to=latest", row.id))
        .await;
    browser.must_show(&[&there]);
    assert!(!browser.page.contains("anime 100"), "{}", browser.page);
    // Beside one day of whole lists there is nothing to draw.
    browser.open("/").await;
    assert!(
        !browser.page.contains("Titles on the list"),
        "{}",
        browser.page
    );
}

#[actix_web::test]
async fn what_vanished_together_says_how_much_of_it_a_restore_put_back() {
    let scene = seen(&[]).await;
    for media in 1_000..1_012 {
        scene.simulator.world().drop_entry(USER, media);
    }
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/plan/hana/new?snapshot=latest&prefer=snapshot").await;
    browser.press("Show the plan").await;
    browser
        .press_with("Update plan", &[("!tick", "ANIME:1003")])
        .await;
    browser.press("Send 11 changes to AniList").await;
    browser.until_over().await;
    browser.open("/timeline/hana?kind=removed").await;
    browser.must_show(&["</svg>11 of 12 put back</span> by <a href=\"/ops/hana/"]);
    let page = browser.page.split("put back</span> by <a href=\"").nth(1);
    let restore = page.unwrap().split('"').next().unwrap().to_owned();
    // What is not back can be brought back, and then there is nothing left to do.
    browser.press("Bring back 1 title…").await;
    browser.press("Send 1 change to AniList").await;
    browser.until_over().await;
    browser.open("/timeline/hana?kind=removed").await;
    browser.must_show(&[
        "</svg>11 of 12 put back</span>",
        "</svg>1 of 12 taken back</span>",
    ]);
    assert!(!browser.page.contains("Bring back 1"), "{}", browser.page);
    // The other way too.
    browser.open(&restore).await;
    browser.must_show(&[
        "<p>It put back: <a href=\"/timeline/hana?group=",
        ">11 titles vanished together</a>.</p>",
    ]);
}

#[actix_web::test]
async fn what_is_said_of_a_group_is_of_those_that_match_in_the_language_of_the_page() {
    let scene = seen(&[]).await;
    for entry in entries(&scene) {
        let media = scene.simulator.world().media(entry.media).cloned();
        let english = Some(format!("English {}", entry.media));
        let media = anirewind_simulator::SimMedia {
            english,
            ..media.unwrap()
        };
        scene.simulator.world().add_media(media);
    }
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    look(&scene).await;
    for (path, words, more) in [
        ("/timeline/hana", "notes 40: English ", ", 38 more</p>"),
        (
            "/timeline/hana?type=MANGA",
            "<p class=\"small\">10 of 40 match, notes 10: English ",
            ", 8 more</p>",
        ),
    ] {
        let request = TestRequest::get().uri(path);
        let request = request.insert_header(("host", "127.0.0.1:4849"));
        let request = request.insert_header(("cookie", "titles=english"));
        let (_, page, _) = scene.request(request).await;
        assert!(page.contains(words) && page.contains(more), "{page}");
    }
}

#[actix_web::test]
async fn pages_of_the_timeline_lead_on_and_back() {
    let scene = seen(&[]).await;
    for round in 0..2 {
        for media in 1_000..1_030_u32 {
            edit(&scene, |entry| {
                if entry.media == media {
                    entry.notes = Some(format!("round {round}"));
                }
            });
            scene.pass(std::time::Duration::from_mins(5));
            for target in scene.app.targets(None).await.unwrap() {
                scene.app.look(&target).await.unwrap();
            }
        }
    }
    let mut browser = Browser::at(&scene, "/timeline/hana").await;
    let lines = |browser: &Browser<'_>| browser.page.matches("<li id=\"c-").count();
    assert_eq!(lines(&browser), 50);
    let first = browser.page.clone();
    browser.follow("Older").await;
    assert_eq!(lines(&browser), 10);
    assert!(!browser.shows(">Older<"));
    browser.follow("Newer").await;
    assert_eq!(lines(&browser), 50);
    let of = |page: &str| {
        let ids = page.split("<li id=\"c-").skip(1);
        ids.map(|rest| rest[..8].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of(&browser.page), of(&first));
}

#[actix_web::test]
async fn changes_are_hidden_selected_and_have_pages_of_their_own() {
    let scene = seen(&[]).await;
    for media in [1_003, 1_004] {
        edit(&scene, |entry| {
            if entry.media == media {
                entry.notes = Some("<i>note</i>".to_owned());
            }
        });
        look(&scene).await;
    }
    let mut browser = Browser::at(&scene, "/timeline/hana").await;
    let ids: Vec<_> = browser
        .page
        .split("<li id=\"c-")
        .skip(1)
        .map(|rest| rest[..8].to_owned())
        .collect();
    assert_eq!(ids.len(), 2);
    browser
        .press_with("Plan undo of selected", &[("undo", &ids[0])])
        .await;
    browser.must_show(&["<strong>1</strong> change back"]);
    browser.open(&format!("/timeline/hana/{}", ids[0])).await;
    browser.must_show(&["&#60;i&#62;note", "Raw, before and after", "Clear notes"]);
    browser.open("/timeline/hana").await;
    browser.press("Hide").await;
    browser.must_show(&["1 change kept out of sight"]);
    assert_eq!(browser.page.matches("<li id=\"c-").count(), 1);
    browser.follow("Show hidden ones too").await;
    assert_eq!(browser.page.matches("<li id=\"c-").count(), 2);
    browser.open("/timeline/hana/zzzzzzzz").await;
    assert_eq!(browser.status.as_u16(), 404);
}

#[actix_web::test]
async fn a_title_has_its_states_and_each_can_be_put_back() {
    let scene = seen(&[]).await;
    let set = |scene: &Scene, progress: i32| {
        edit(scene, |entry| {
            if entry.media == 1_003 {
                entry.progress = progress;
            }
        });
    };
    let before = entries(&scene)
        .into_iter()
        .find(|entry| entry.media == 1_003)
        .unwrap();
    for progress in 1..4 {
        set(&scene, before.progress + progress);
        look(&scene).await;
        scene.pass(std::time::Duration::from_hours(2));
    }
    scene.simulator.world().drop_entry(USER, 1_003);
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/titles/hana").await;
    browser.must_show(&["no longer on the list", "40 of 40"]);
    browser
        .open("/titles/hana?q=https://anilist.co/anime/1003/x")
        .await;
    assert_eq!(browser.path, "/titles/hana/anime/1003");
    browser.must_show(&[
        "Not on the list now",
        "role=\"img\"",
        "The same in numbers",
        "on AniList",
    ]);
    browser.press("Put this state back…").await;
    browser.must_show(&["<strong>1</strong> add back"]);
    browser.open("/titles/hana/manga/1003").await;
    browser.must_show(&["Never on this list", "https://anilist.co/manga/1003"]);
    browser.open("/titles/hana?q=nothing+is+called+so").await;
    browser.must_show(&["No title that ever was on this list matches"]);
    browser.open("/titles/hana?q=1003").await;
    browser.must_show(&["no longer on the list", "1 of 1"]);
}

#[actix_web::test]
async fn the_list_at_a_moment_is_read_only_and_leads_to_a_plan() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| {
        if entry.media == 1_003 {
            entry.notes = Some("later".to_owned());
        }
    });
    look(&scene).await;
    let mut browser = Browser::at(&scene, "/at/hana?when=2026-11-03T12:20").await;
    browser.must_show(&[
        "You are looking at 3 Nov 12:20. Read only.",
        "1 to 40 of 40",
    ]);
    assert!(!browser.shows("later</p>"));
    browser.follow("Next change").await;
    browser.must_show(&["later</p>"]);
    browser.follow("Previous change").await;
    assert!(!browser.shows("later</p>"));
    browser.follow("Plan: go back to this").await;
    browser.press("Show the plan").await;
    browser.must_show(&["<strong>1</strong> change back"]);
    browser.open("/at/hana?when=2001-01-01T00:00").await;
    browser.must_show(&["Before the first snapshot (3 Nov 12:00)"]);
    browser.follow("Go to the first snapshot").await;
    browser.must_show(&["Read only", "40 of 40"]);
    browser.open("/at/hana?when=x").await;
    browser.must_show(&["is no moment"]);
    browser.open("/at/hana?q=zzzz").await;
    browser.must_show(&["No title matches"]);
    let empty = Scene::new("hana").await;
    empty.capture().await;
    let mut browser = Browser::at(&empty, "/ops/hana").await;
    browser.must_show(&["Nothing has been done from here yet"]);
    browser.open("/titles").await;
    assert_eq!(browser.path, "/titles/hana");
}

#[actix_web::test]
async fn a_moment_is_compared_with_now_and_what_is_ticked_goes_back_to_it() {
    let scene = seen(&[]).await;
    for notes in ["first", "second"] {
        edit(&scene, |entry| {
            if entry.media == 1_003 {
                entry.notes = Some(notes.to_owned());
            }
        });
        look(&scene).await;
        scene.pass(std::time::Duration::from_hours(1));
    }
    let between = "2026-11-03T13:15";
    let mut browser = Browser::at(&scene, &format!("/at/hana?when={between}")).await;
    browser.must_show(&["first</p>"]);
    browser.follow("Compare with now").await;
    browser.press("Read the live list").await;
    browser.must_show(&[
        "selected>The list at 3 Nov 13:15</option>",
        "Rebuilt from the snapshot of",
        "<strong>1</strong> Changed since",
        "<del>&#34;first&#34;</del>",
        "<ins>&#34;second&#34;</ins>",
    ]);
    // No command takes the list of a moment for a side.
    assert!(!browser.shows("anirewind diff"), "{}", browser.page);
    browser.press("Select all 1 shown").await;
    browser.press("Plan: bring back selected (1)").await;
    browser.must_show(&[
        "<strong>1</strong> change back",
        "<ins>&#34;first&#34;</ins>",
    ]);
    browser.open("/compare/hana?from=at:2001-01-01T00:00").await;
    browser.must_show(&[
        "There is no good snapshot from before 1 Jan 2001 00:00",
        "selected>The list at 2001-01-01T00:00</option>",
    ]);
    browser.open("/compare/hana?from=at:x").await;
    assert_eq!(browser.status, 400);
    browser.must_show(&["\u{201c}x\u{201d} is no moment"]);
    let later = "2026-11-03T14:30";
    for (from, to, words) in [
        (between, later, ["Changed later", "then ", ", later "]),
        (later, between, ["Other then", "later ", ", then "]),
    ] {
        browser
            .open(&format!("/compare/hana?from=at:{from}&to=at:{to}"))
            .await;
        browser.must_show(&words);
        browser.must_show(&["1 shown."]);
    }
    browser
        .open(&format!("/compare/hana?from=latest&to=at:{between}"))
        .await;
    browser.must_show(&["&#34;first&#34;", "1 shown."]);
    // Where none can be read that is said, and where to learn more.
    for row in scene.app.snapshots(None).await.unwrap() {
        std::fs::write(scene.app.backups().join(row.file), b"nonsense").unwrap();
    }
    browser
        .open(&format!("/compare/hana?from=at:{between}"))
        .await;
    browser.must_show(&["There is no good snapshot from before"]);
    browser.follow("Why, and what is nearest").await;
    browser.must_show(&["There is no good snapshot from before this moment"]);
}

#[actix_web::test]
async fn scores_read_as_the_account_shows_them_wherever_they_stand() {
    for (format, was, is) in [
        ("POINT_100", "76", "84"),
        ("POINT_10_DECIMAL", "7.6", "8.4"),
        ("POINT_10", "7", "8"),
        ("POINT_5", "4 of 5 stars (raw 76)", "4 of 5 stars (raw 84)"),
        ("POINT_3", "liked (raw 76)", "liked (raw 84)"),
    ] {
        let scene = Scene::new("hana").await;
        let set = |score: i32| {
            edit(&scene, |entry| {
                if entry.media == 1_003 {
                    entry.score = score;
                }
            });
        };
        scene
            .simulator
            .world()
            .edit_user(USER, |user| format.clone_into(&mut user.score_format));
        set(76);
        scene.capture().await;
        look(&scene).await;
        scene.pass(std::time::Duration::from_mins(30));
        set(84);
        look(&scene).await;
        scene.pass(std::time::Duration::from_hours(2));
        let change = format!("<del>{was}</del>");
        let mut browser = Browser::at(&scene, "/timeline/hana").await;
        browser.must_show(&[&change, &format!("<ins>{is}</ins>")]);
        browser.open("/plan/hana/new?snapshot=latest").await;
        browser.press("Show the plan").await;
        browser.must_show(&[&format!("<del>{is}</del>"), &format!("<ins>{was}</ins>")]);
        let plain = |words: &str| words.split(" (raw").next().unwrap().to_owned();
        let snapshot = scene.app.snapshots(None).await.unwrap().remove(0).id;
        browser.open(&format!("/backups/hana/{snapshot}")).await;
        let cell = format!(
            "<td data-label=\"Score\" class=\"number\">{}</td>",
            plain(was)
        );
        browser.must_show(&[&cell]);
        // The chart of a title says how far up its axis goes, and its table what it shows.
        browser.open("/titles/hana/anime/1003").await;
        let cell = format!("<td class=\"number\">{}</td>", plain(is));
        let best = match format {
            "POINT_100" => "100",
            "POINT_5" => "5 of 5 stars",
            "POINT_3" => "liked",
            _ => "10",
        };
        browser.must_show(&[
            &cell,
            &format!("The dashed line is the score, {best} at its top."),
        ]);
        assert!(
            !browser.shows("<text"),
            "a drawing holds no words: {format}"
        );
    }
}

#[actix_web::test]
async fn where_nothing_good_is_from_before_a_moment_the_nearest_good_snapshot_is_offered() {
    let scene = Scene::new("hana").await;
    let mut browser = Browser::at(&scene, "/at/hana").await;
    for hours in [0, 24, 24] {
        scene.pass(std::time::Duration::from_hours(hours));
        edit(&scene, |entry| entry.priority += 1);
        scene.capture().await;
    }
    // Of 12:00 on the 3rd, the 4th and the 5th, the last alone is good.
    let mut rows = scene.app.snapshots(None).await.unwrap();
    rows.sort_by_key(|row| row.created_at);
    for row in &rows[..2] {
        std::fs::write(scene.app.backups().join(&row.file), b"nonsense").unwrap();
    }
    let next = "Go to the next good snapshot, of 5 Nov 12:00";
    browser.open("/at/hana?when=2001-01-01T00:00").await;
    browser.must_show(&["Before the first snapshot (3 Nov 12:00)", next]);
    for moment in ["2026-11-03T18:00", "2026-11-04T18:00"] {
        browser.open(&format!("/at/hana?when={moment}")).await;
        browser.must_show(&["There is no good snapshot from before this moment", next]);
    }
    browser.follow(next).await;
    browser.must_show(&["You are looking at 5 Nov 12:00", "1 to 40 of 40"]);
    std::fs::write(scene.app.backups().join(&rows[2].file), b"nonsense").unwrap();
    browser.open("/at/hana?when=2026-11-04T18:00").await;
    browser.must_show(&["There is none after it either.", "All snapshots"]);
    assert!(!browser.shows("Go to the"), "{}", browser.page);
}
