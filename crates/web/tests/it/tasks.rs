//! What takes its time over the API: it is answered at once where it can be asked for, and what came of it is
//! the same that would have been answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use anirewind_simulator::canary::HANAS;
use serde_json::{Value, json};

use crate::browser::{edit, look, seen};
use crate::pages::Scene;

fn ask(request: TestRequest) -> TestRequest {
    request
        .insert_header(("host", "localhost"))
        .insert_header(("origin", "http://localhost"))
}

async fn send(scene: &Scene, request: TestRequest) -> (StatusCode, Value, Option<String>) {
    let (status, body, headers) = scene.request(ask(request)).await;
    let location = headers.get("location");
    let location = location.map(|to| to.to_str().unwrap().to_owned());
    (status, serde_json::from_str(&body).unwrap(), location)
}

/// Asks until it is over.
async fn over(scene: &Scene, location: &str) -> Value {
    for _ in 0..3_000 {
        let (status, task, _) = send(scene, TestRequest::get().uri(location)).await;
        assert_eq!(status, StatusCode::OK, "{task}");
        if task["state"] != "running" {
            return task;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never ends");
}

/// A list that was seen and edited since, with an AniList that does not answer for now.
async fn slow() -> Scene {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    look(&scene).await;
    scene.simulator.hold(true);
    scene
}

#[actix_web::test]
async fn whatever_asks_anilist_is_answered_at_once_to_who_wants_that() {
    let scene = slow().await;
    let restore = json!({ "snapshot": "latest", "prefer": "snapshot" });
    let post = |path: &str, body: Value| TestRequest::post().uri(path).set_json(body);
    let ways = [
        post("/api/v1/plans/restore", restore),
        post(
            "/api/v1/plans/undo",
            json!({ "backTo": newest(&scene).await }),
        ),
        TestRequest::get().uri("/api/v1/compare?from=latest&to=live"),
        post("/api/v1/profiles/hana/check", json!({})),
        post("/api/v1/doctor", json!({})),
        post("/api/v1/snapshots", json!({})),
        post("/api/v1/looks", json!({})),
    ];
    let mut asked = Vec::new();
    for way in ways {
        let way = way.insert_header(("prefer", "respond-async"));
        let (status, task, location) = send(&scene, way).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{task}");
        assert_eq!(task["state"], "running", "{task}");
        let location = location.unwrap();
        assert_eq!(
            location,
            format!("/api/v1/tasks/{}", task["id"].as_str().unwrap())
        );
        assert!(
            task["answer"].is_null() && task["problem"].is_null(),
            "{task}"
        );
        asked.push(location);
    }
    scene.simulator.hold(false);
    let mut tasks = Vec::new();
    for location in &asked {
        tasks.push(over(&scene, location).await);
    }
    for (task, status) in tasks.iter().zip([201, 201, 200, 200, 200, 200, 200]) {
        assert_eq!(
            (&task["state"], &task["status"]),
            (&json!("done"), &json!(status)),
            "{task}"
        );
    }
    // What was made is where it is said to be, and is what was answered.
    let (_, plan, _) = send(
        &scene,
        TestRequest::get().uri(tasks[0]["location"].as_str().unwrap()),
    )
    .await;
    assert_eq!(plan["id"], tasks[0]["answer"]["id"]);
    assert_eq!(tasks[0]["answer"]["write"], 40);
    assert_eq!(tasks[2]["answer"]["changed"].as_array().unwrap().len(), 40);
    assert_eq!(tasks[3]["answer"]["name"], "hana");
    assert!(tasks[4]["answer"].as_array().unwrap().len() > 3);
    assert_eq!(tasks[5]["answer"]["saved"].as_array().unwrap().len(), 1);
    // Nothing was sent by any of it.
    assert!(scene.simulator.world().effects().is_empty());
    // An hour later nobody knows it any more; nor does anybody after a start.
    scene.pass(Duration::from_mins(61));
    let (status, gone, _) = send(&scene, TestRequest::get().uri(&asked[0])).await;
    assert_eq!(
        (status, &gone["code"]),
        (StatusCode::NOT_FOUND, &json!("not-found"))
    );
    let (status, _, _) = send(&scene, TestRequest::get().uri("/api/v1/tasks/x")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

async fn newest(scene: &Scene) -> String {
    let rows = scene.app.changes(None, <_>::default(), None, 1).await;
    rows.unwrap()[0].id.to_string()
}

#[actix_web::test]
async fn what_is_refused_is_said_by_the_task_as_it_would_have_been_answered() {
    let scene = slow().await;
    let compare = || TestRequest::get().uri("/api/v1/compare?from=latest&to=live");
    let wait = compare().insert_header(("prefer", "respond-async, wait=0"));
    let (status, _, location) = send(&scene, wait).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    scene.simulator.world().revoke_token(HANAS);
    scene.simulator.hold(false);
    let task = over(&scene, &location.unwrap()).await;
    assert_eq!(
        (&task["state"], &task["status"]),
        (&json!("failed"), &json!(409)),
        "{task}"
    );
    assert_eq!(task["problem"]["code"], "not-signed-in", "{task}");
    let (status, problem, _) = send(&scene, compare()).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["detail"], task["problem"]["detail"]);
}

/// Every item of a list that is asked for in pages of so many.
async fn all(scene: &Scene, path: &str, limit: usize) -> Vec<Value> {
    let (mut below, mut found) = (String::new(), Vec::new());
    loop {
        let address = format!("{path}?limit={limit}{below}");
        let (status, page, _) = send(scene, TestRequest::get().uri(&address)).await;
        assert_eq!(status, StatusCode::OK, "{address}: {page}");
        let items = page["items"].as_array().unwrap();
        assert!((1..=limit).contains(&items.len()), "{address}: {page}");
        found.extend(items.iter().cloned());
        match &page["next"] {
            Value::String(next) => below = format!("&below={next}"),
            end => break assert!(end.is_null(), "{end}"),
        }
    }
    found
}

#[actix_web::test]
async fn every_list_that_grows_is_given_in_pages_that_leave_nothing_out() {
    let scene = seen(&[]).await;
    // Five plans, of which three are applied; six snapshots, of which four go to the trash.
    for round in 0..5 {
        edit(&scene, |entry| entry.notes = Some(format!("{round}")));
        look(&scene).await;
        scene.pass(Duration::from_mins(7));
        scene.capture().await;
    }
    let mut plans = Vec::new();
    for _ in 0..5 {
        let body = json!({ "snapshot": "latest~1", "prefer": "snapshot", "titles": [1_000] });
        let request = TestRequest::post()
            .uri("/api/v1/plans/restore")
            .set_json(body);
        let (status, plan, location) = send(&scene, request).await;
        assert_eq!(status, StatusCode::CREATED, "{plan}");
        let id = plan["id"].as_str().unwrap().to_owned();
        assert_eq!(location.unwrap(), format!("/api/v1/plans/{id}"));
        plans.push(id);
        scene.pass(Duration::from_secs(1));
    }
    let ids = |items: &[Value]| -> Vec<String> {
        items
            .iter()
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let newest_first: Vec<_> = plans.iter().rev().cloned().collect();
    for limit in [1, 2, 5, 50] {
        assert_eq!(
            ids(&all(&scene, "/api/v1/plans", limit).await),
            newest_first
        );
    }
    for round in 0..3 {
        // Another value each time, so that there is something to put back.
        edit(&scene, |entry| entry.notes = Some(format!("again {round}")));
        let body = json!({ "snapshot": "latest~1", "prefer": "snapshot", "titles": [1_000] });
        let request = TestRequest::post()
            .uri("/api/v1/plans/restore")
            .set_json(body);
        let (_, plan, _) = send(&scene, request).await;
        let apply = format!("/api/v1/plans/{}/apply", plan["id"].as_str().unwrap());
        let (status, report, _) =
            send(&scene, TestRequest::post().uri(&apply).set_json(json!({}))).await;
        assert_eq!(status, StatusCode::OK, "{report}");
        scene.pass(Duration::from_mins(1));
    }
    let rows = scene.app.operations(None, 10).await.unwrap();
    let acts: Vec<_> = rows.iter().map(|row| row.id.to_string()).collect();
    assert_eq!(acts.len(), 3);
    for limit in [1, 2, 3, 50] {
        assert_eq!(ids(&all(&scene, "/api/v1/operations", limit).await), acts);
    }
    let (_, none, _) = send(&scene, TestRequest::get().uri("/api/v1/jobs")).await;
    assert_eq!(none, json!({ "items": [], "next": null }));
    let snapshots = scene.app.snapshots(None).await.unwrap();
    let mut gone = Vec::new();
    for row in snapshots
        .iter()
        .skip(1)
        .filter(|row| row.mark.keep.is_none())
        .take(4)
    {
        let path = format!("/api/v1/snapshots/{}", row.id);
        let (status, _, _) = scene.request(ask(TestRequest::delete().uri(&path))).await;
        if status == StatusCode::NO_CONTENT {
            gone.push(row.id.to_string());
            scene.pass(Duration::from_secs(1));
        }
    }
    assert!(gone.len() > 1, "{gone:?}");
    gone.reverse();
    for limit in [1, 2, 50] {
        assert_eq!(ids(&all(&scene, "/api/v1/trash", limit).await), gone);
    }
    for list in [
        "plans",
        "operations",
        "jobs",
        "trash",
        "alarms",
        "snapshots",
        "changes",
    ] {
        let address = format!("/api/v1/{list}?below=nonsense.x");
        let (status, problem, _) = send(&scene, TestRequest::get().uri(&address)).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::BAD_REQUEST, &json!("usage")),
            "{list}"
        );
        let words = "`below` is not what a page before gave";
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{list}: {problem}, not {words}");
    }
    for nonsense in ["5", "5.", ".x", "x.5"] {
        let address = format!("/api/v1/trash?below={nonsense}");
        let (status, ..) = send(&scene, TestRequest::get().uri(&address)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{nonsense}");
    }
}

/// A restore of somebody's scores that is interrupted once something was sent: its token is taken away.
pub(crate) async fn interrupt(
    scene: &Scene,
    profile: &str,
    user: u32,
    token: &'static str,
) -> String {
    for media in 1_000..1_006 {
        let entry = scene.simulator.world().entry(user, media).unwrap().clone();
        let score = if entry.score == 10 { 20 } else { 10 };
        let changed = anirewind_simulator::SimEntry { score, ..entry };
        scene.simulator.world().put_entry(changed);
    }
    let body = json!({ "snapshot": "latest", "profile": profile, "prefer": "snapshot" });
    let request = TestRequest::post()
        .uri("/api/v1/plans/restore")
        .set_json(body);
    let (status, plan, _) = send(scene, request).await;
    assert_eq!(status, StatusCode::CREATED, "{plan}");
    let effects = scene.simulator.world().effects().len();
    let is_revoked = Arc::new(AtomicBool::new(false));
    for number in 1..100 {
        let is_revoked = Arc::clone(&is_revoked);
        scene.simulator.before_request(number, move |world| {
            if world.effects().len() > effects && !is_revoked.swap(true, Ordering::Relaxed) {
                world.revoke_token(token);
            }
        });
    }
    let id = plan["id"].as_str().unwrap().to_owned();
    let apply = TestRequest::post().uri(&format!("/api/v1/plans/{id}/apply"));
    let (_, problem, _) = send(scene, apply.set_json(json!({}))).await;
    assert_eq!(problem["code"], "not-signed-in", "{problem}");
    id
}

#[actix_web::test]
async fn jobs_that_are_open_are_given_in_pages() {
    let scene = Scene::new("hana").await;
    let people = [
        ("hana", 1, HANAS),
        ("yuki", 2, "the-token-of-yuki"),
        ("sora", 3, "the-token-of-sora"),
        ("riko", 4, "the-token-of-riko"),
    ];
    for (name, id, token) in people.into_iter().skip(1) {
        let growth = anirewind_simulator::Growth {
            seed: 7,
            anime: 10,
            manga: 0,
        };
        let user = anirewind_simulator::SimUser::new(id, name);
        let now = scene.app.now();
        scene.simulator.world().grow(user, token, growth, now);
        let token = anirewind_core::model::AccessToken::new(token).unwrap();
        scene.app.add_account(Some(name), token).await.unwrap();
    }
    scene.capture().await;
    let mut open = Vec::new();
    for (name, id, token) in people {
        scene.pass(Duration::from_mins(5));
        open.push(interrupt(&scene, name, id, token).await);
    }
    open.reverse();
    for limit in [1, 2, 3, 4, 50] {
        let found = all(&scene, "/api/v1/jobs", limit).await;
        let ids: Vec<_> = found
            .iter()
            .map(|job| job["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, open, "{limit}");
    }
    let yukis = "/api/v1/jobs?profile=yuki";
    let (_, page, _) = send(&scene, TestRequest::get().uri(yukis)).await;
    assert_eq!(page["items"][0]["id"], open[2], "{page}");
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    // One that is over is none of them.
    scene.simulator.world().grant_token(people[2].2, 3);
    let stop = TestRequest::post().uri(&format!("/api/v1/jobs/{}/stop", open[1]));
    let (status, stopped, _) = send(&scene, stop).await;
    assert!(status.is_success(), "{stopped}");
    open.remove(1);
    let found = all(&scene, "/api/v1/jobs", 2).await;
    let ids: Vec<_> = found
        .iter()
        .map(|job| job["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, open);
}

#[actix_web::test]
async fn accounts_are_given_all_at_once_or_in_parts() {
    let scene = Scene::with("hana", &[("ANIREWIND_LOGIN", "off")]).await;
    scene.capture().await;
    let names = ["aoi", "Bea", "hana", "my-list", "Yuki", "zoe"];
    for (id, name) in (2..).zip(names).filter(|(_, name)| *name != "hana") {
        let token = format!("the-token-of-{id}");
        let user = anirewind_simulator::SimUser::new(id, &format!("user{id}"));
        scene.simulator.world().add_user(user, &token);
        let token = anirewind_core::model::AccessToken::new(&token).unwrap();
        scene.app.add_account(Some(name), token).await.unwrap();
    }
    let ask = async |address: &str| {
        let request = ask(TestRequest::get().uri(address));
        let (status, body, headers) = scene.request(request).await;
        assert_eq!(status, StatusCode::OK, "{address}: {body}");
        let body: Vec<Value> = serde_json::from_str(&body).unwrap();
        let found = body
            .iter()
            .map(|row| row["profile"].as_str().unwrap().to_owned());
        let next = headers.get("link").map(|link| {
            let link = link.to_str().unwrap();
            let next = link.strip_suffix(">; rel=\"next\"").unwrap();
            next.strip_prefix('<').unwrap().to_owned()
        });
        (found.collect::<Vec<_>>(), next)
    };
    // As it ever was, for whoever does not ask for less.
    let (whole, next) = ask("/api/v1/profiles").await;
    assert_eq!((whole, next), (names.map(str::to_owned).to_vec(), None));
    for limit in 1..=7 {
        let mut address = format!("/api/v1/profiles?limit={limit}");
        let mut found = Vec::new();
        loop {
            let (part, next) = ask(&address).await;
            assert!((1..=limit).contains(&part.len()), "{part:?}");
            found.extend(part);
            match next {
                Some(next) => address = next,
                None => break,
            }
        }
        assert_eq!(found, names, "{limit}");
    }
    // One that is gone meanwhile is no reason to begin anew.
    scene.app.remove_account("hana").await.unwrap();
    let (rest, _) = ask("/api/v1/profiles?below=hana&limit=1").await;
    assert_eq!(rest, ["my-list"]);
    let (status, ..) = send(&scene, TestRequest::get().uri("/api/v1/profiles?limit=x")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn alarms_are_given_in_pages() {
    let scene = seen(&[("ANIREWIND_ALARM_SCORES_WIPED", "3")]).await;
    scene.capture().await;
    for wiped in [1_000..1_015, 1_015..1_030, 1_030..1_100] {
        scene.pass(Duration::from_hours(25));
        edit(&scene, |entry| {
            if wiped.contains(&entry.media) {
                entry.score = 0;
            }
        });
        scene.capture().await;
    }
    let open = scene.app.alarms_with_bases(None).await.unwrap();
    assert!(open.len() > 1, "{open:?}");
    let ids = open.iter().map(|open| open.snapshot.id.to_string());
    let wanted: Vec<_> = ids.collect();
    for limit in [1, 2, 3] {
        let found = all(&scene, "/api/v1/alarms", limit).await;
        let ids = found.iter().map(|alarm| &alarm["snapshot"]["id"]);
        let ids: Vec<_> = ids.map(|id| id.as_str().unwrap().to_owned()).collect();
        assert_eq!(ids, wanted);
        let has_base = |alarm: &Value| alarm["before"].is_object();
        assert!(found.iter().all(has_base), "{found:?}");
    }
}

/// How often each title was saved.
fn saves(scene: &Scene) -> std::collections::BTreeMap<u32, usize> {
    let mut saves = std::collections::BTreeMap::new();
    for effect in scene.simulator.world().effects() {
        if let anirewind_simulator::Act::Saved { media, .. } = &effect.act {
            *saves.entry(*media).or_default() += 1;
        }
    }
    saves
}

#[actix_web::test]
async fn a_plan_that_is_sent_twice_at_once_is_sent_once() {
    let scene = seen(&[]).await;
    for round in 0..10 {
        edit(&scene, |entry| entry.notes = Some(format!("{round}")));
        let body = json!({ "snapshot": "latest", "prefer": "snapshot" });
        let request = TestRequest::post()
            .uri("/api/v1/plans/restore")
            .set_json(body);
        let (_, plan, _) = send(&scene, request).await;
        let apply = format!("/api/v1/plans/{}/apply", plan["id"].as_str().unwrap());
        let apply = || TestRequest::post().uri(&apply).set_json(json!({}));
        let before = saves(&scene);
        let ((one, first, _), (two, second, _)) =
            tokio::join!(send(&scene, apply()), send(&scene, apply()));
        // One is answered with the report, the other with how far it is, that another is at it, or the same report.
        let ways = [StatusCode::OK, StatusCode::ACCEPTED, StatusCode::LOCKED];
        assert!(
            ways.contains(&one) && ways.contains(&two),
            "{first} {second}"
        );
        assert!([one, two].contains(&StatusCode::OK), "{first} {second}");
        let sent = saves(&scene);
        let once = |(media, count): (&u32, &usize)| count - before.get(media).unwrap_or(&0) <= 1;
        assert!(sent.iter().all(once), "{sent:?}");
        let (_, again, _) = send(&scene, apply()).await;
        assert_eq!(
            (&again["verified"], &again["restored"]),
            (&json!(true), &json!(40)),
            "{again}"
        );
    }
}

#[actix_web::test]
async fn a_button_that_is_pressed_twice_at_once_sends_once() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    let mut one =
        crate::browser::Browser::at(&scene, "/plan/hana/new?snapshot=latest&prefer=snapshot").await;
    one.press("Show the plan").await;
    let mut two = crate::browser::Browser::at(&scene, &one.path).await;
    tokio::join!(
        one.press("Send 40 changes to AniList"),
        two.press("Send 40 changes to AniList")
    );
    for browser in [&mut one, &mut two] {
        assert!(
            browser.path.starts_with("/jobs/"),
            "{}: {}",
            browser.path,
            browser.page
        );
        browser.until_over().await;
        browser.must_show(&["Done and verified"]);
    }
    assert!(saves(&scene).values().all(|count| *count == 1));
    assert_eq!(saves(&scene).len(), 40);
}

#[actix_web::test]
async fn behind_a_proxy_with_a_path_what_is_made_is_said_to_be_below_it() {
    let scene = seen(&[("ANIREWIND_PUBLIC_URL", "https://rewind.example/anilist")]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    let ask = async |request: TestRequest| {
        let request = request
            .insert_header(("host", "rewind.example"))
            .insert_header(("origin", "https://rewind.example"));
        let (status, body, headers) = scene.request(request).await;
        let location = headers.get("location").map(|to| to.to_str().unwrap());
        let location = location.unwrap_or_default().to_owned();
        let body: Value = serde_json::from_str(&body).unwrap();
        (status, body, location)
    };
    let restore = || {
        let restore = json!({ "snapshot": "latest", "prefer": "snapshot" });
        let uri = "/anilist/api/v1/plans/restore";
        TestRequest::post().uri(uri).set_json(restore)
    };
    let (status, plan, location) = ask(restore()).await;
    assert_eq!(status, StatusCode::CREATED, "{plan}");
    assert!(location.starts_with("/anilist/api/v1/plans/"), "{location}");
    let (_, same, _) = ask(TestRequest::get().uri(&location)).await;
    assert_eq!(same["id"], plan["id"]);
    // What was read before is not sent again there either.
    let known = TestRequest::get().uri("/anilist/api/v1/snapshots");
    let known = known.insert_header(("host", "rewind.example"));
    let known = known.insert_header(("if-none-match", "*"));
    let (status, body, headers) = scene.request(known).await;
    assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    for name in ["etag", "cache-control", "content-security-policy"] {
        assert!(headers.contains_key(name), "{name}: {headers:?}");
    }
    scene.simulator.hold(true);
    let at_once = ("Prefer", "respond-async");
    let (status, _, task) = ask(restore().insert_header(at_once)).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert!(task.starts_with("/anilist/api/v1/tasks/"), "{task}");
    let apply = TestRequest::post().uri(&format!("{location}/apply"));
    let apply = apply.set_json(json!({})).insert_header(at_once);
    let (status, _, act) = ask(apply).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert!(act.starts_with("/anilist/api/v1/operations/"), "{act}");
    scene.simulator.hold(false);
    for _ in 0..3_000 {
        let (_, over, _) = ask(TestRequest::get().uri(&task)).await;
        if over["state"] != "running" {
            let made = over["location"].as_str().unwrap();
            assert!(made.starts_with("/anilist/api/v1/plans/"), "{over}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never ends");
}
