//! The dashboard and everything about snapshots: the words of each state, and that every link leads on.

use std::collections::BTreeSet;
use std::fs;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::test::TestRequest;
use anirewind_core::Kind;
use anirewind_simulator::Fault;

use crate::browser::{Browser, seen};
use crate::pages::Scene;

/// Places that other pages are at.
const ELSEWHERE: [&str; 10] = [
    "/plan/",
    "/jobs/",
    "/timeline",
    "/titles",
    "/ops/",
    "/at/",
    "/settings",
    "/status",
    "/about",
    "/img/",
];

async fn two_snapshots() -> Scene {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    scene.pass(std::time::Duration::from_hours(24));
    {
        let mut world = scene.simulator.world();
        let first = world.entries(1).next().unwrap().clone();
        let other = world.entries(1).nth(1).unwrap().media;
        world.put_entry(anirewind_simulator::SimEntry {
            notes: Some("<script>alert(1)</script>".to_owned()),
            ..first
        });
        world.drop_entry(1, other);
    }
    scene.capture().await;
    scene
}

async fn ids(scene: &Scene) -> Vec<String> {
    let rows = scene.app.snapshots(None).await.unwrap();
    rows.into_iter().map(|row| row.id.to_string()).collect()
}

async fn page(scene: &Scene, path: &str, words: &[&str]) -> String {
    let (status, page) = scene.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    for words in words {
        assert!(page.contains(words), "{path}: `{words}` is missing: {page}");
    }
    assert!(!page.contains("<script>"), "{path}");
    assert!(!page.contains(" style="), "{path}: inline style");
    assert!(!page.contains(" onclick="), "{path}");
    assert_eq!(page.matches("<h1").count(), 1, "{path}");
    page
}

async fn post(scene: &Scene, path: &str, form: &[(&str, &str)]) -> (StatusCode, String, String) {
    let request = TestRequest::post()
        .uri(path)
        .insert_header(("host", "127.0.0.1:4849"))
        .set_form(form);
    let (status, body, headers) = scene.request(request).await;
    let location = headers.get(LOCATION);
    let location = location.map(|to| to.to_str().unwrap().to_owned());
    (status, location.unwrap_or_default(), body)
}

#[actix_web::test]
async fn every_link_of_the_pages_leads_on() {
    let scene = two_snapshots().await;
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut waiting = vec!["/".to_owned(), "/backups".to_owned()];
    while let Some(path) = waiting.pop() {
        if seen.len() > 150 || !seen.insert(path.clone()) {
            continue;
        }
        let (status, page) = scene.get(&path).await;
        let is_fine = status.is_success() || status == StatusCode::SEE_OTHER;
        assert!(is_fine, "{path} answers {status}: {page}");
        assert!(!page.contains(" style="), "{path}");
        for link in page.split("href=\"").skip(1) {
            let link = link.split('"').next().unwrap().replace("&amp;", "&");
            let link = link.replace("&#38;", "&");
            let is_ours = link.starts_with('/') && !ELSEWHERE.iter().any(|to| link.starts_with(to));
            if is_ours {
                waiting.push(link.split('#').next().unwrap().to_owned());
            }
        }
    }
    assert!(
        seen.iter().any(|path| path.contains("view=raw")),
        "{seen:?}"
    );
    assert!(seen.iter().any(|path| path.contains("/delete")), "{seen:?}");
}

#[actix_web::test]
async fn the_dashboard_says_what_happened_and_how_it_stands() {
    let scene = two_snapshots().await;
    page(
        &scene,
        "/",
        &[
            "is protected",
            "Back up now",
            "<span class=\"roomy\">30</span>",
            "<span class=\"roomy\">2 fine</span>",
            "+0 added",
            "~1 changed",
            "-1 removed",
            "Titles on the list",
            "Changes per day from 6 Oct to 4 Nov",
            ": 2 in all, 2 on the busiest day",
            ": 0 added, 1 changed, 1 removed\"><title>",
            "<rect class=\"bar removed\"",
            "?on=2026-11-04\">4 Nov</a></th><td>0</td><td>1</td><td>1</td>",
            "2 snapshots",
        ],
    )
    .await;
}

#[actix_web::test]
async fn a_snapshot_is_taken_by_a_button_and_said() {
    let scene = Scene::new("hana").await;
    let (status, to, _) = post(&scene, "/back-up-now", &[("back", "/")]).await;
    assert_eq!(
        (status, to.as_str()),
        (StatusCode::SEE_OTHER, "/back-up-now")
    );
    let mut browser = Browser::at(&scene, &to).await;
    browser.until_over().await;
    browser.must_show(&[
        "30 anime and 10 manga are safe: snapshot ",
        "To the dashboard",
    ]);
    assert_eq!(ids(&scene).await.len(), 1);
    let (_, to, _) = post(&scene, "/backups/hana/new", &[("back", "//evil.example")]).await;
    assert_eq!(to, "/backups/hana/new");
    browser.open(&to).await;
    browser.until_over().await;
    browser.must_show(&["saved: 40 titles, 0 changes since the last"]);
    browser.follow("See it").await;
    browser.must_show(&["30 anime, 10 manga"]);
}

#[actix_web::test]
async fn a_snapshot_shows_as_titles_as_changes_and_as_a_file() {
    let scene = two_snapshots().await;
    let ids = ids(&scene).await;
    let path = format!("/backups/hana/{}", ids[0]);
    page(
        &scene,
        &path,
        &[
            "Anime <span>29",
            "Manga <span>10",
            "All <span>29",
            "Restore…",
        ],
    )
    .await;
    let changes = format!("{path}?view=changes");
    let words = ["0 new, 1 changed, 1 gone", "&#60;script&#62;"];
    page(&scene, &changes, &words).await;
    let raw = format!("{path}?view=raw");
    page(
        &scene,
        &raw,
        &["39 entries", "<span class=\"k\">", "mediaId"],
    )
    .await;
    page(
        &scene,
        &format!("{path}?q=nothing+is+called+so"),
        &["No title matches."],
    )
    .await;
    let first = format!("/backups/hana/{}?view=changes", ids[1]);
    page(&scene, &first, &["the first snapshot there is"]).await;
    let (status, csv) = scene.get(&format!("{path}/download?as=csv")).await;
    assert!(status.is_success() && csv.starts_with("type,media_id"));
}

#[actix_web::test]
async fn a_damaged_one_can_be_looked_at_and_not_restored() {
    let scene = two_snapshots().await;
    let row = scene.app.snapshots(None).await.unwrap().remove(0);
    let file = scene.app.backups().join(&row.file);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("\"progress\":", "\"progress\": ", 1)).unwrap();
    let path = format!("/backups/hana/{}", row.id);
    let shown = page(&scene, &path, &["This file is damaged", "Anime <span>29"]).await;
    assert!(!shown.contains("Restore…"), "{shown}");
    fs::write(&file, "{").unwrap();
    page(
        &scene,
        &path,
        &["This file is damaged", "download it as it is"],
    )
    .await;
    page(
        &scene,
        &format!("{path}?view=raw"),
        &["cannot be shown as JSON"],
    )
    .await;
}

#[actix_web::test]
async fn two_that_are_ticked_are_compared_older_first() {
    let scene = two_snapshots().await;
    let ids = ids(&scene).await;
    let pick = |ids: &[&String]| {
        let ids: Vec<_> = ids.iter().map(|id| format!("pick={id}")).collect();
        format!("/compare/hana/pick?{}", ids.join("&"))
    };
    let request = TestRequest::get()
        .uri(&pick(&[&ids[0], &ids[1]]))
        .insert_header(("host", "127.0.0.1:4849"));
    let (_, _, headers) = scene.request(request).await;
    let to = headers.get(LOCATION).unwrap().to_str().unwrap().to_owned();
    assert_eq!(to, format!("/compare/hana?from={}&to={}", ids[1], ids[0]));
    let words = [
        "Missing later",
        "Changed later",
        "Plan: bring back selected",
        "ANIME:",
    ];
    page(&scene, &to, &words).await;
    let same = format!("/compare/hana?from={0}&to={0}", ids[0]);
    page(&scene, &same, &["No differences", "All 39 titles match"]).await;
    let (status, _) = scene.get(&pick(&[&ids[0]])).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn the_live_list_is_read_when_somebody_asks_and_a_failure_offers_another_way() {
    let scene = two_snapshots().await;
    let ids = ids(&scene).await;
    let path = format!("/compare/hana?from={}&to=live", ids[1]);
    page(
        &scene,
        &path,
        &["has not been read yet", "Read the live list"],
    )
    .await;
    let (status, to, _) = post(&scene, "/compare/hana/live", &[("back", &path)]).await;
    assert_eq!(
        (status, to.as_str()),
        (StatusCode::SEE_OTHER, path.as_str())
    );
    page(
        &scene,
        &path,
        &["Missing now", "Live list read", "Read again"],
    )
    .await;
    scene.simulator.fault_always(Some(Fault::Unauthorized));
    post(&scene, "/compare/hana/live", &[("back", &path)]).await;
    page(
        &scene,
        &path,
        &["could not be read", "newest snapshot instead"],
    )
    .await;
}

#[actix_web::test]
async fn keeping_deleting_and_bringing_back_say_what_they_do() {
    let scene = two_snapshots().await;
    let ids = ids(&scene).await;
    let old = format!("/backups/hana/{}", ids[1]);
    post(
        &scene,
        &format!("{old}/keep"),
        &[("name", "before"), ("until", "2027-01-01")],
    )
    .await;
    page(
        &scene,
        "/backups/hana?kept=yes",
        &["kept as before until 1 Jan 2027"],
    )
    .await;
    post(&scene, &format!("{old}/note"), &[("text", "<script>")]).await;
    page(&scene, "/backups/hana", &["&#60;script&#62;"]).await;
    page(
        &scene,
        &format!("{old}/delete"),
        &["cannot be deleted", "it is kept"],
    )
    .await;
    post(&scene, &format!("{old}/unkeep"), &[]).await;
    page(
        &scene,
        &format!("{old}/delete"),
        &[
            "with its 40 titles",
            "1 other stays",
            "<dt>Frees</dt>",
            "it is the newest good one",
        ],
    )
    .await;
    let newest = format!("/backups/hana/{}/delete", ids[0]);
    page(&scene, &newest, &["cannot be deleted", "newest good one"]).await;
    let (status, _, body) = post(&scene, &newest, &[]).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{body}");
    post(&scene, &format!("{old}/delete"), &[]).await;
    page(
        &scene,
        "/backups/hana/trash",
        &["Trash of hana", "30 anime, 10 manga", "Bring back"],
    )
    .await;
    let file = fs::read_dir(scene.app.backups()).unwrap();
    assert!(file.count() >= 1);
    let trash = scene.app.trash().await.unwrap();
    let (_, to, _) = post(&scene, "/backups/hana/trash", &[("file", &trash[0].file)]).await;
    assert_eq!(to, "/backups/hana");
    page(
        &scene,
        "/backups/hana/prune",
        &["2 of 2 stay", "Nothing goes now"],
    )
    .await;
}

#[actix_web::test]
async fn what_nobody_is_connected_for_or_can_read_is_in_the_trash_all_the_same() {
    let scene = two_snapshots().await;
    let ids = ids(&scene).await;
    post(&scene, &format!("/backups/hana/{}/delete", ids[1]), &[]).await;
    let (own, whole) = {
        let trash = scene.app.trash().await.unwrap();
        (trash[0].file.clone(), scene.app.backups().join("trash"))
    };
    // Put there by somebody else, and no list.
    let unreadable = own.replace("20261103", "20261031");
    let broken = whole.join(format!("{unreadable}.20261101000000"));
    fs::write(&broken, "no list").unwrap();
    let request = TestRequest::get().uri("/trash");
    let request = request.insert_header(("host", "127.0.0.1:4849"));
    let (_, _, headers) = scene.request(request).await;
    let to = headers.get(LOCATION).unwrap();
    assert_eq!(to, "/backups/hana/trash");
    let words = [
        "Of no connected account",
        "cannot be read",
        &unreadable,
        &own,
    ];
    let of_hana = page(&scene, "/backups/hana/trash", &words).await;
    assert!(!of_hana.contains("trash is empty"), "{of_hana}");
    let (status, to, _) = post(&scene, "/trash", &[("file", &unreadable)]).await;
    assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/trash"));
    assert!(!broken.exists());
    let of_hana = page(&scene, "/backups/hana/trash", &[&own]).await;
    assert!(!of_hana.contains("Of no connected account"), "{of_hana}");
    // Nobody is connected any more, and what is there is there.
    scene.app.remove_account("hana").await.unwrap();
    let words = ["Not connected", "30 anime, 10 manga", &own];
    let left = page(&scene, "/backups/hana/trash", &words).await;
    assert!(!left.contains("trash is empty"), "{left}");
    post(&scene, "/backups/hana/trash", &[("file", &own)]).await;
    page(&scene, "/backups/hana/trash", &["The trash is empty."]).await;
}

#[actix_web::test]
async fn the_table_is_sorted_by_links_and_says_what_goes_when() {
    let scene = two_snapshots().await;
    let path = "/backups/hana";
    let table = page(&scene, path, &["aria-sort=\"descending\"", "goes on "]).await;
    assert_eq!(table.matches("aria-sort").count(), 1);
    assert!(table.contains("?sort=%2Dtitles") && table.contains("?sort=created"));
    let order = |page: &str| {
        let rows = page.split("<tr id=\"s-").skip(1);
        rows.map(|row| row[..4].to_owned()).collect::<Vec<_>>()
    };
    let newest_first = order(&table);
    let oldest_first = page(
        &scene,
        "/backups/hana?sort=created",
        &["aria-sort=\"ascending\""],
    );
    let mut expected = newest_first.clone();
    expected.reverse();
    assert_eq!(order(&oldest_first.await), expected);
    let by_titles = page(
        &scene,
        "/backups/hana?sort=-titles",
        &["aria-sort=\"descending\""],
    );
    assert_eq!(order(&by_titles.await), expected, "40 titles, then 39");
}

#[actix_web::test]
async fn nonsense_in_an_address_is_named_and_what_holds_stays() {
    let scene = two_snapshots().await;
    let id = ids(&scene).await.remove(0);
    for (path, all) in [
        (
            "/backups/hana?from=zz",
            ["All are shown", "name=\"from\" value=\"zz\""],
        ),
        (
            "/backups/hana?from=2026-13-01",
            ["is no day: a day is written as 2026-11-03", "All are shown"],
        ),
        (
            "/backups/hana?sort=colour",
            ["Nothing can be sorted by", "All are shown"],
        ),
        ("/titles/hana?page=-1", ["page=-1", "Nothing was changed"]),
        (
            "/timeline/hana?kind=wet&q=x",
            ["All changes are shown", "name=\"q\" value=\"x\""],
        ),
        (
            &format!("/backups/hana/{id}/download?as=zz"),
            ["zz", "json and csv"],
        ),
    ] {
        let (status, page) = scene.get(path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {page}");
        for words in all {
            assert!(page.contains(words), "{path}: {words}: {page}");
        }
    }
    // What is behind the question mark goes along to the only profile.
    let request = TestRequest::get().uri("/backups?from=2026-11-01");
    let request = request.insert_header(("host", "127.0.0.1:4849"));
    let (_, _, headers) = scene.request(request).await;
    let to = headers.get(LOCATION).unwrap().to_str().unwrap();
    assert_eq!(to, "/backups/hana?from=2026-11-01");
}

#[actix_web::test]
async fn a_day_that_is_over_is_refused_and_the_form_stays_filled_in() {
    let scene = two_snapshots().await;
    let id = ids(&scene).await.remove(1);
    let path = format!("/backups/hana/{id}/keep");
    let form = [("name", "before"), ("until", "2020-01-01")];
    let (status, _, body) = post(&scene, &path, &form).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    for words in [
        "is over",
        "Nothing was changed",
        "value=\"before\"",
        "value=\"2020-01-01\"",
    ] {
        assert!(body.contains(words), "{words}: {body}");
    }
    let form = [("name", "before"), ("until", "nonsense")];
    let (status, _, body) = post(&scene, &path, &form).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    for words in [
        "<code>nonsense</code> is no day: a day is written as 2026-11-03.",
        "Nothing was changed",
        "value=\"nonsense\"",
    ] {
        assert!(body.contains(words), "{words}: {body}");
    }
}

#[actix_web::test]
async fn what_is_not_there_is_looked_for_on_a_page_and_not_in_a_terminal() {
    let scene = two_snapshots().await;
    for path in ["/backups/hana/zzzz", "/backups/hana/zzzz/keep"] {
        let (status, page) = scene.get(path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        let words = "There are 2 snapshots; the page Backups lists them.";
        assert!(page.contains(words), "{path}: {page}");
        assert!(!page.contains("anirewind snapshots"), "{path}: {page}");
    }
}

#[actix_web::test]
async fn what_is_unusual_is_asked_about_and_answered() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    scene.pass(std::time::Duration::from_hours(1));
    {
        let mut world = scene.simulator.world();
        let gone: Vec<u32> = world.entries(1).map(|entry| entry.media).take(25).collect();
        for media in gone {
            world.drop_entry(1, media);
        }
    }
    scene.capture().await;
    let shown = page(
        &scene,
        "/",
        &["Was this you?", "Yes, carry on", "Review what is missing"],
    )
    .await;
    let value = shown.split("name=\"shown\" value=\"").nth(1).unwrap();
    let value = value.split('"').next().unwrap().to_owned();
    let form = [
        ("shown", value.as_str()),
        ("verdict", "expected"),
        ("back", "/"),
    ];
    let (status, _, _) = post(&scene, "/backups/hana/alarms", &form).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(scene.app.open_alarms(None).await.unwrap().is_empty());
}

#[actix_web::test]
async fn an_import_says_what_it_is_before_it_takes_it() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let row = scene.app.snapshots(None).await.unwrap().remove(0);
    let bytes = fs::read(scene.app.backups().join(&row.file)).unwrap();
    let other = Scene::new("hana").await;
    other.capture().await;
    let upload = |name: &str, bytes: &[u8]| {
        let head = format!(
            "--B\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n"
        );
        let body = [head.as_bytes(), bytes, b"\r\n--B--\r\n"].concat();
        TestRequest::post()
            .uri("/backups/hana/import")
            .insert_header(("host", "127.0.0.1:4849"))
            .insert_header(("content-type", "multipart/form-data; boundary=B"))
            .set_payload(body)
    };
    let (status, page, _) = scene.request(upload("x.json", b"{}")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("None of these files is understood"), "{page}");
    for (text, plainly, technical) in [
        (
            &b"no json"[..],
            "x.json is not JSON, so it is no snapshot",
            "expected ident",
        ),
        (
            b"[]",
            "x.json is not a snapshot: it is not written as",
            "expected struct",
        ),
        (
            b"{\"lists\": [",
            "x.json is not whole: it ends too early",
            "EOF",
        ),
    ] {
        let (_, page, _) = scene.request(upload("x.json", text)).await;
        let (before, after) = page.split_once(technical).unwrap();
        assert!(
            before.contains(plainly) && !after.contains(technical),
            "{page}"
        );
        // Only for whoever opens it.
        assert!(
            before.ends_with("<p><code>") || before.contains("looks for the cause"),
            "{page}"
        );
    }
    let (status, page, _) = scene.request(upload(&row.file, &bytes)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("AniRewind: 1 file, owner hana"), "{page}");
    assert!(page.contains("1 of them is here already"), "{page}");
    scene.app.capture_all(&[], Kind::Manual).await;
    let foreign =
        br#"{"user":{"id":1,"name":"hana"},"lists":[{"name":"Watching","isCustomList":false,
        "isSplitCompletedList":false,"entries":[{"id":1,"userId":1,"mediaId":1,"status":"CURRENT",
        "score":7,"progress":3,"repeat":0}]}],"hasNextChunk":false}"#;
    let name = "plexanibridge-hana.20251103212205.json";
    let (_, page, _) = scene.request(upload(name, foreign)).await;
    assert!(
        page.contains("PlexAniBridge: 1 file, owner hana, 3 Nov 2025"),
        "{page}"
    );
    assert!(page.contains("not recorded"), "{page}");
    assert!(page.contains("Save 1 file"), "{page}");
    let id = page.split("name=\"upload\" value=\"").nth(1).unwrap();
    let id = id.split('"').next().unwrap().to_owned();
    let (status, to, _) = post(&scene, "/backups/hana/import/take", &[("upload", &id)]).await;
    assert_eq!(
        (status, to.as_str()),
        (StatusCode::SEE_OTHER, "/backups/hana")
    );
    assert_eq!(scene.app.snapshots(None).await.unwrap().len(), 2);
    for path in ["/backups/hana", "/status"] {
        let (_, page) = scene.get(path).await;
        let words = ": 1 was proven, 1 holds nothing to prove it by";
        assert!(page.contains(words), "{path}: {page}");
    }
    let (status, _, _) = post(
        &scene,
        "/backups/hana/import/take",
        &[("upload", "../../x")],
    )
    .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn the_trash_of_several_profiles_is_told_apart_and_each_brings_back_its_own() {
    let scene = Scene::new("hana").await;
    {
        let mut world = scene.simulator.world();
        let growth = anirewind_simulator::Growth {
            seed: 8,
            anime: 5,
            manga: 2,
        };
        let yuki = anirewind_simulator::SimUser::new(2, "yuki");
        world.grow(yuki, "token-of-yuki", growth, scene.app.now());
    }
    let token = anirewind_core::model::AccessToken::new("token-of-yuki").unwrap();
    scene.app.add_account(None, token).await.unwrap();
    for _ in 0..2 {
        for target in scene.app.targets(None).await.unwrap() {
            scene.app.capture(&target, Kind::Manual).await.unwrap();
        }
        scene.pass(std::time::Duration::from_hours(1));
    }
    let mut files = Vec::new();
    for profile in ["hana", "yuki"] {
        let row = scene.app.find_row("latest~1", Some(profile)).await.unwrap();
        scene.app.delete(&row).await.unwrap();
        files.push(row.file);
    }
    let mut browser = Browser::at(&scene, "/trash").await;
    assert_eq!(browser.path, "/trash");
    browser.must_show(&["hana", "yuki", &files[0], &files[1], "5 anime, 2 manga"]);
    browser.open("/backups/yuki/trash").await;
    browser.must_show(&[&files[1], "href=\"/trash\""]);
    assert!(!browser.shows(&files[0]), "{}", browser.page);
    browser.press_any("Bring back").await;
    assert_eq!(browser.path, "/backups/yuki");
    browser.must_show(&["is back, and kept for"]);
    browser.open("/trash").await;
    browser.must_show(&[&files[0]]);
    assert!(!browser.shows(&files[1]), "{}", browser.page);
}

#[actix_web::test]
async fn who_stops_keeping_is_told_when_the_snapshot_goes() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let id = scene.app.snapshots(None).await.unwrap()[0].id.to_string();
    let mut browser = Browser::at(&scene, &format!("/backups/hana/{id}/keep")).await;
    browser.press("Keep this snapshot").await;
    browser.open(&format!("/backups/hana/{id}/keep")).await;
    browser.must_show(&[
        "go when it is 7 days old, unless another rule keeps it",
        ">Cancel<",
    ]);
    scene.clock.advance(std::time::Duration::from_hours(8 * 24));
    browser.open(&format!("/backups/hana/{id}/keep")).await;
    browser.must_show(&[
        "It is older than the 7 days that those keep",
        "after the next snapshot",
    ]);
}

#[actix_web::test]
async fn keeping_is_taken_back_with_one_press_to_what_was_before() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let id = scene.app.snapshots(None).await.unwrap()[0].id.to_string();
    let keep = async || {
        scene.app.snapshots(None).await.unwrap()[0]
            .mark
            .keep
            .clone()
    };
    let path = format!("/backups/hana/{id}/keep");
    let mut browser = Browser::at(&scene, &path).await;
    let named = [("name", "autumn | 5% & co"), ("until", "2026-12-24")];
    browser.press_with("Keep this snapshot", &named).await;
    browser.must_show(&["Keeping 3 Nov 12:00 until 24 Dec."]);
    let kept = keep().await;
    assert!(kept.as_ref().is_some_and(|keep| keep.until.is_some()));
    browser.open(&path).await;
    let otherwise = [("name", ""), ("until", "")];
    browser.press_with("Keep this snapshot", &otherwise).await;
    browser.must_show(&["Keeping 3 Nov 12:00 until you say otherwise."]);
    assert_ne!(keep().await, kept);
    browser.press("Undo").await;
    browser.must_show(&["Keeping 3 Nov 12:00 until 24 Dec."]);
    assert!(!browser.offers("Undo"), "{}", browser.page);
    assert_eq!(keep().await, kept);
    // Not kept at all before.
    let row = scene.app.snapshots(None).await.unwrap().remove(0);
    scene.app.unkeep(&row).await.unwrap();
    browser.open(&path).await;
    browser.press("Keep this snapshot").await;
    browser.press("Undo").await;
    browser.must_show(&["is no longer kept and follows the keep rules."]);
    assert_eq!(keep().await, None);
    // A cookie of somebody else's gets no other button.
    for (undo, shows) in [
        ("%2Fbackups%2Fhana%2F1%2Fkeep%2Fundo%3Fkept%3Dfalse", true),
        ("%2Ftrash%3Fto%3D%2Fundo", false),
        ("%2F%2Fother.example%2Fundo", false),
        ("%2Ftimeline%2Fhana%2F1%2Fundo", false),
        ("%2Fplan%2Fhana%2F1%2Fapply%23%2Fundo", false),
        ("%2Fbackups%2Fhana%2F1%2Fkeep%2Fundo%23%2F", false),
    ] {
        let request = TestRequest::get().uri("/about");
        let request = request.insert_header(("host", "127.0.0.1:4849"));
        let request = request.insert_header(("cookie", format!("said=|x|||{undo}|")));
        let (_, page, _) = scene.request(request).await;
        assert_eq!(page.contains(">Undo</button>"), shows, "{undo}: {page}");
    }
}

#[actix_web::test]
async fn what_is_wrong_with_how_long_something_is_kept_is_marked_where_it_is() {
    let scene = seen(&[]).await;
    let row = scene.app.snapshots(None).await.unwrap().remove(0);
    let mut browser = Browser::at(&scene, &format!("/backups/hana/{}/keep", row.id)).await;
    let long = "n".repeat(300);
    for (name, until, wrong) in [
        (&*long, "", "name"),
        ("fine", "2026-11-99", "until"),
        ("fine", "2020-01-01", "until"),
    ] {
        browser
            .press_with("Keep this snapshot", &[("name", name), ("until", until)])
            .await;
        let input = |id: &str| {
            let from = browser.page.split(&format!("<input id=\"{id}\"")).nth(1);
            let input = from.unwrap().split('>').next().unwrap();
            input.contains("aria-invalid=\"true\"")
        };
        let marked = (input("name"), input("until"));
        assert_eq!(
            marked,
            (wrong == "name", wrong == "until"),
            "{}",
            browser.page
        );
    }
}
