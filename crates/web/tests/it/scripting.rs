//! What pages and commands say of a list, programs are told as well.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use anirewind_simulator::SimEntry;
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;

use crate::browser::{USER, edit, look, seen};
use crate::pages::Scene;

async fn post(scene: &Scene, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    scene.send(Method::POST, path, body.as_ref()).await
}

/// Two snapshots, of which the second holds fewer titles than it should.
async fn wiped() -> Scene {
    let scene = seen(&[("ANIREWIND_ALARM_REMOVED_TITLES", "10")]).await;
    scene.pass(Duration::from_hours(25));
    for number in 0..15 {
        scene.simulator.world().drop_entry(USER, 1_000 + number);
    }
    scene.capture().await;
    look(&scene).await;
    scene
}

#[actix_web::test]
async fn what_is_sent_where_nobody_reads_it_is_refused_and_nothing_is_done() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    for path in [
        "/api/v1/snapshots",
        "/api/v1/looks",
        "/api/v1/verify",
        "/api/v1/doctor",
        "/api/v1/snapshots/latest/verify",
    ] {
        let body = json!({ "profile": "nosuch", "keep": true });
        let (status, told) = post(&scene, path, Some(body)).await;
        assert_eq!(
            (status, &told["code"]),
            (StatusCode::BAD_REQUEST, &json!("usage")),
            "{path}"
        );
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains("no body is read here"), "{detail}");
        let snapshots = scene.app.snapshots(None).await.unwrap().len();
        assert_eq!(snapshots, if path.ends_with("snapshots") { 1 } else { 2 });
        // Some programs always send an object.
        let (status, told) = post(&scene, path, Some(json!({}))).await;
        assert_eq!(status, 200, "{path}: {told}");
    }
    for (path, body) in [
        (
            "/api/v1/snapshots/latest/keep",
            json!({ "until": "2027-02-28T10:00" }),
        ),
        (
            "/api/v1/snapshots/latest/keep",
            json!({ "until": "2027-02-28 10:00" }),
        ),
    ] {
        let (status, told) = scene.send(Method::PUT, path, Some(&body)).await;
        assert_eq!(status, 400, "{told}");
    }
}

#[actix_web::test]
async fn a_snapshot_is_taken_with_its_note_and_stays() {
    let scene = Scene::new("hana").await;
    let (status, taken) = post(
        &scene,
        "/api/v1/snapshots?note=before%20the%20move&keep=true",
        None,
    )
    .await;
    let saved = &taken["saved"][0];
    assert_eq!(status, 200, "{taken}");
    assert_eq!(saved["note"], "before the move");
    assert_eq!(saved["kept"], true);
    assert_eq!(
        (&saved["profile"], &saved["unresolved"]),
        (&json!("hana"), &json!(0))
    );
    scene.pass(Duration::from_hours(3));
    edit(&scene, |entry| entry.progress += 1);
    post(&scene, "/api/v1/snapshots", None).await;
    for (filter, found) in [
        ("kept=true", 1),
        ("kept=false", 2),
        ("kind=manual", 2),
        ("kind=auto", 0),
        ("damaged=true", 0),
        ("since=@-2h", 1),
        ("since=@-4h", 2),
        ("until=@-2h", 1),
    ] {
        let page = scene.get_json(&format!("/api/v1/snapshots?{filter}")).await;
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), found, "{filter}: {page}");
    }
    let (status, _) = scene
        .send(Method::GET, "/api/v1/snapshots?kind=safe", None)
        .await;
    assert_eq!(status, 400);
    let totals = scene.get_json("/api/v1/totals?profile=hana").await;
    assert_eq!(
        (&totals["snapshots"], &totals["kept"]),
        (&json!(2), &json!(1))
    );
    assert!(totals["size"].as_u64().unwrap() > 1_000);
    assert!(scene.get_json("/api/v1/totals").await["kept"].is_null());
}

#[actix_web::test]
async fn what_becomes_of_each_and_what_is_held_is_told() {
    let scene = wiped().await;
    let outlook = scene.get_json("/api/v1/outlook").await;
    let rows = outlook["items"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{outlook}");
    for row in rows {
        assert!(row["why"].is_string() && row["locked"].is_string(), "{row}");
        assert!(row["goesOn"].is_null(), "{row}");
    }
    assert!(
        rows[0]["locked"].as_str().unwrap().contains("unusual"),
        "{outlook}"
    );
    let prune = scene.get_json("/api/v1/prune").await;
    assert_eq!(
        prune["hold"],
        json!({ "reason": "alarm", "file": null }),
        "{prune}"
    );
    assert_eq!(prune["held"], true);
    let one = scene.get_json("/api/v1/outlook?limit=1").await;
    let rest = format!(
        "/api/v1/outlook?limit=1&below={}",
        one["next"].as_str().unwrap()
    );
    assert_eq!(scene.get_json(&rest).await["items"][0], rows[1]);

    let days = scene.get_json("/api/v1/days?days=1").await;
    assert_eq!(
        (&days[0]["saved"], &days[0]["unusual"]),
        (&json!(1), &json!(1)),
        "{days}"
    );
    let days = scene.get_json("/api/v1/changes/days?days=1").await;
    assert_eq!(days[0]["removed"], 15, "{days}");
    let attempt = &scene.get_json("/api/v1/status").await[0]["lastAttempt"];
    assert_eq!(attempt["outcome"], "saved", "{attempt}");

    post(&scene, "/api/v1/alarms/latest/accept", None).await;
    let row = &scene.get_json("/api/v1/outlook").await["items"][1];
    assert_eq!(row["why"], "recent", "{row}");
    assert!(row["goesOn"].is_string(), "{row}");
    assert!(row["locked"].is_null(), "{row}");
    assert!(scene.get_json("/api/v1/prune").await["hold"].is_null());
}

#[actix_web::test]
async fn files_that_cannot_be_read_are_told_and_given_as_they_are() {
    let scene = wiped().await;
    let folder = scene.app.backups();
    fs::write(folder.join("plexanibridge-hana.20200101000000.json"), "{").unwrap();
    let unreadable = scene.get_json("/api/v1/unreadable").await;
    assert_eq!(
        unreadable[0]["file"],
        "plexanibridge-hana.20200101000000.json"
    );
    assert!(unreadable[0]["problem"].is_string());
    let health = scene.get_json("/api/v1/health").await;
    let of = |what: &str| {
        let mut all = health.as_array().unwrap().iter();
        all.find(|check| check["what"] == what).cloned().unwrap()
    };
    assert_eq!(of("files")["state"], "warn");
    assert_eq!(of("verify")["state"], "ok");

    let row = scene.app.snapshots(None).await.unwrap().remove(0);
    let file = folder.join(&row.file);
    let altered = fs::read_to_string(&file).unwrap();
    let altered = altered.replacen("\"progress\":", "\"progress\": ", 1);
    fs::write(&file, &altered).unwrap();
    for way in ["file", "entries", "csv"] {
        let path = format!("/api/v1/snapshots/{}/{way}", row.id);
        let (status, told) = scene.send(Method::GET, &path, None).await;
        assert_eq!(status, 500, "{way}: {told}");
    }
    let path = format!("/api/v1/snapshots/{}", row.id);
    let (_, whole) = scene.get(&format!("{path}/file?damaged=true")).await;
    assert_eq!(whole, altered);
    let entries = scene
        .get_json(&format!("{path}/entries?damaged=true&limit=500"))
        .await;
    assert_eq!(
        entries["items"].as_array().unwrap().len(),
        row.counts.total()
    );
    // It is known to be damaged once it was read again, whatever else is unusual.
    post(&scene, "/api/v1/verify", None).await;
    let health = scene.get_json("/api/v1/health").await;
    let mut all = health.as_array().unwrap().iter();
    let verify = all.find(|check| check["what"] == "verify").unwrap();
    assert_eq!(verify["state"], "bad", "{verify}");
    assert!(
        verify["found"].as_str().unwrap().contains("1 is damaged"),
        "{verify}"
    );
    let prune = scene.get_json("/api/v1/prune").await;
    assert_eq!(prune["held"], true, "{prune}");
}

#[actix_web::test]
async fn a_comparison_says_what_it_compared_and_takes_moments() {
    let scene = wiped().await;
    let found = scene
        .get_json("/api/v1/compare?from=latest~1&to=latest")
        .await;
    assert_eq!(found["removed"].as_array().unwrap().len(), 15, "{found}");
    assert_eq!(found["notices"], json!([]));
    assert_eq!(found["leftOut"], json!({}));
    assert!(found["from"]["snapshot"].is_string() && found["from"]["exact"] == true);
    assert_eq!(found["to"]["user"], "hana");
    let then = scene
        .app
        .moment_text(scene.app.now() - time::Duration::hours(20));
    let address = format!("/api/v1/compare?from=at:{then}&to=latest");
    let past = scene.get_json(&address).await;
    assert_eq!(past["removed"], found["removed"], "{past}");
    assert!(past["from"]["at"].as_str().unwrap() > found["from"]["at"].as_str().unwrap());
    let live = scene
        .get_json(&format!("/api/v1/compare?from=at:{then}&to=live"))
        .await;
    assert!(live["to"]["snapshot"].is_null());
    for (side, expected) in [("at:soon", 400), ("at:2020-01-01", 404)] {
        let path = format!("/api/v1/compare?from={side}&to=latest");
        let (status, told) = scene.send(Method::GET, &path, None).await;
        assert_eq!(status, expected, "{told}");
    }
    scene.simulator.world().edit_user(USER, |user| {
        user.lists.anime.custom_lists = vec!["Cozy".to_owned()];
    });
    let now = scene.get_json("/api/v1/compare?from=latest&to=live").await;
    assert!(
        now["notices"][0].as_str().unwrap().contains("Cozy"),
        "{now}"
    );
}

#[actix_web::test]
async fn changes_are_counted_and_found_by_the_same_filters() {
    let scene = wiped().await;
    edit(&scene, |entry: &mut SimEntry| entry.progress += 1);
    look(&scene).await;
    let counts = scene.get_json("/api/v1/changes/counts").await;
    assert_eq!(counts["kinds"]["removed"], 15, "{counts}");
    assert_eq!(counts["more"], false);
    let anime = scene
        .get_json("/api/v1/changes/counts?type=ANIME&field=progress")
        .await;
    let changed = scene
        .get_json("/api/v1/changes?type=ANIME&field=progress&kind=changed&limit=500")
        .await;
    let changed = changed["items"].as_array().unwrap();
    assert_eq!(anime["kinds"]["changed"], changed.len(), "{anime}");
    assert_eq!(anime["kinds"]["removed"], 0);
    let media = changed[0]["mediaId"].as_u64().unwrap();
    let of_one = scene
        .get_json(&format!("/api/v1/changes?type=ANIME&media={media}"))
        .await;
    assert_eq!(of_one["items"], json!([changed[0]]));
    let until = scene
        .app
        .moment_text(scene.app.now() - time::Duration::hours(20));
    let old = scene
        .get_json(&format!("/api/v1/changes?until={until}"))
        .await;
    assert_eq!(old["items"], json!([]));

    assert_eq!(changed[0]["hidden"], false);
    let body = json!({ "ids": [changed[0]["id"]], "hidden": true });
    post(&scene, "/api/v1/changes/hide", Some(body)).await;
    let all = scene
        .get_json("/api/v1/changes?hidden=true&limit=500")
        .await;
    let all = all["items"].as_array().unwrap();
    let hidden: Vec<_> = all.iter().filter(|row| row["hidden"] == true).collect();
    assert_eq!(hidden.len(), 1);
    assert_eq!(hidden[0]["id"], changed[0]["id"]);
    // Fields go by the names that answers give them, and by those of commands.
    for field in [
        "scoreRaw",
        "score",
        "customLists",
        "custom%20lists",
        "advancedScores",
    ] {
        let (status, told) = scene
            .send(Method::GET, &format!("/api/v1/changes?field={field}"), None)
            .await;
        assert_eq!(status, 200, "{field}: {told}");
    }
}

#[actix_web::test]
async fn only_what_an_alarm_tells_of_is_put_right_and_single_edits_stay() {
    let scene = wiped().await;
    scene.pass(Duration::from_hours(1));
    edit(&scene, |entry| {
        if entry.media == 1_020 {
            entry.score = if entry.score == 5 { 6 } else { 5 };
        }
    });
    look(&scene).await;
    let alarms = scene.get_json("/api/v1/alarms").await;
    let alarm = &alarms["items"][0];
    let plan = async |more: Value| {
        let mut body = json!({ "snapshot": alarm["before"]["id"], "prefer": "snapshot" });
        let object = body.as_object_mut().unwrap();
        object.extend(more.as_object().unwrap().clone());
        post(&scene, "/api/v1/plans/restore", Some(body)).await
    };
    let (status, whole) = plan(json!({})).await;
    assert_eq!(
        (status, &whole["add"], &whole["write"]),
        (StatusCode::CREATED, &json!(15), &json!(1)),
        "{whole}"
    );
    for more in [
        json!({ "alarm": alarm["snapshot"]["id"] }),
        json!({ "leave": ["edits"] }),
        json!({ "leaveTitles": ["ANIME:1020", "MANGA:1020"] }),
    ] {
        let (_, part) = plan(more.clone()).await;
        assert_eq!(
            (&part["add"], &part["write"]),
            (&json!(15), &json!(0)),
            "{more}: {part}"
        );
    }
    let (status, told) = plan(json!({ "leaveTitles": ["1020"] })).await;
    assert_eq!(status, 400, "{told}");
    let (status, told) = plan(json!({ "alarm": alarm["before"]["id"] })).await;
    assert_eq!(status, 404, "{told}");
}

#[actix_web::test]
async fn what_a_list_holds_is_told_with_its_titles() {
    let scene = wiped().await;
    let list = scene
        .get_json("/api/v1/snapshots/latest/entries?limit=500")
        .await;
    assert!(list["scoreFormat"].is_string(), "{list}");
    assert_eq!(list["notRecorded"], json!([]));
    let of_type = list["statuses"].as_object().unwrap().values();
    let of_status = of_type.flat_map(|of| of.as_object().unwrap().values());
    let sum: u64 = of_status.map(|count| count.as_u64().unwrap()).sum();
    let titles = list["items"].as_array().unwrap().len();
    assert_eq!(sum, u64::try_from(titles).unwrap());
    // What is gone is found by all its names.
    let gone = scene
        .app
        .gone_titles(anirewind_core::model::UserId::new(USER))
        .await
        .unwrap();
    let names: Vec<_> = gone[0].names.lines().map(str::to_owned).collect();
    assert!(names.len() > 1, "{names:?}");
    for name in names {
        let text = percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
        let found = scene.get_json(&format!("/api/v1/titles?q={text}")).await;
        let mut ids = found["items"].as_array().unwrap().iter();
        assert!(
            ids.any(|row| row["mediaId"] == gone[0].media.get()),
            "{name}: {found}"
        );
    }
    let list = scene.get_json("/api/v1/list?at=@-1h").await;
    assert_eq!(list["changes"], 0, "{list}");
    let row = scene.app.snapshots(None).await.unwrap().pop().unwrap();
    post(&scene, "/api/v1/alarms/latest/accept", None).await;
    let path = format!("/api/v1/snapshots/{}", row.id);
    let (status, _) = scene.send(Method::DELETE, &path, None).await;
    assert_eq!(status, 204);
    let trash = scene.get_json("/api/v1/trash").await;
    assert_eq!(trash["items"][0]["counts"]["anime"], row.counts.anime);
    assert_eq!(trash["items"][0]["size"], row.size);
}

#[actix_web::test]
async fn files_that_are_looked_at_are_told_apart() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let row = scene.app.snapshots(None).await.unwrap().remove(0);
    let bytes = fs::read_to_string(scene.app.backups().join(&row.file)).unwrap();
    let request = TestRequest::post()
        .uri("/api/v1/imports?look=true&name=mine.json")
        .insert_header(("host", "localhost"))
        .insert_header(("origin", "http://localhost"))
        .insert_header(("content-type", "application/json"))
        .set_payload(bytes);
    let (status, body, _) = scene.request(request).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let told: Value = serde_json::from_str(&body).unwrap();
    let file = &told["files"][0];
    assert_eq!(file["file"], "mine.json", "{told}");
    assert_eq!(
        (&file["already"], &file["alreadyAs"]),
        (&json!(true), &json!(row.file))
    );
    assert_eq!(
        (&file["ownerId"], &file["notRead"]),
        (&json!(USER), &json!([]))
    );
}

#[actix_web::test]
async fn a_list_of_before_is_never_compared_with_that_of_somebody_else() {
    let scene = seen(&[]).await;
    let user = anirewind_simulator::SimUser::new(2, "yuki");
    let growth = anirewind_simulator::Growth {
        seed: 3,
        anime: 5,
        manga: 2,
    };
    let now = scene.app.now();
    scene
        .simulator
        .world()
        .grow(user, "token-of-yuki", growth, now);
    let token = anirewind_core::model::AccessToken::new("token-of-yuki").unwrap();
    scene.app.add_account(None, token).await.unwrap();
    scene.capture().await;
    let yukis = scene
        .app
        .snapshots(Some(anirewind_core::model::UserId::new(2)));
    let id = yukis.await.unwrap().remove(0).id;
    scene.pass(Duration::from_hours(1));
    scene.app.remove_account("yuki").await.unwrap();
    let then = scene.app.moment_text(scene.app.now());
    for path in [
        format!("/api/v1/compare?profile=yuki&from=at:{then}&to=live"),
        format!("/api/v1/compare?from={id}&to=live"),
    ] {
        let (status, told) = scene.send(Method::GET, &path, None).await;
        assert!(status.is_client_error(), "{path}: {told}");
    }
    // What of it is damaged nobody else's health says.
    let yukis = scene
        .app
        .snapshots(Some(anirewind_core::model::UserId::new(2)));
    let row = yukis.await.unwrap().remove(0);
    let file = scene.app.backups().join(row.file);
    let altered = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        altered.replacen("\"progress\":", "\"progress\": ", 1),
    )
    .unwrap();
    post(&scene, "/api/v1/verify", None).await;
    let health = scene.get_json("/api/v1/health").await;
    let mut all = health.as_array().unwrap().iter();
    assert!(
        all.any(|check| check["what"] == "files" && check["state"] == "warn"),
        "{health}"
    );
    // Without a name it is the one that is connected.
    let path = format!("/api/v1/compare?from=at:{then}&to=latest");
    let found = scene.get_json(&path).await;
    assert_eq!(found["to"]["user"], "hana", "{found}");
}

#[actix_web::test]
async fn a_note_that_is_too_long_is_refused_before_anything_is_taken() {
    let scene = Scene::new("hana").await;
    let path = format!("/api/v1/snapshots?keep=true&note={}", "x".repeat(3_000));
    let (status, told) = post(&scene, &path, None).await;
    assert_eq!(status, 400, "{told}");
    assert_eq!(scene.app.snapshots(None).await.unwrap().len(), 0);
}

#[cfg(unix)]
#[actix_web::test]
async fn a_link_in_the_place_of_a_snapshot_leads_nowhere() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let row = scene.app.snapshots(None).await.unwrap().remove(0);
    let file = scene.app.backups().join(&row.file);
    let whole = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let elsewhere = scene.data.path().join("elsewhere");
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    let ways = [
        format!("/api/v1/snapshots/{}/file?damaged=true", row.id),
        format!("/api/v1/snapshots/{}/entries?damaged=true", row.id),
        format!("/backups/hana/{}/download?as=json", row.id),
    ];
    // One that leads to the snapshot itself is as good as that.
    for (way, is_well) in ways.iter().zip([true, false, true]) {
        fs::write(&elsewhere, &whole).unwrap();
        let (status, body) = scene.get(way).await;
        assert_eq!(status.is_success(), is_well, "{way}: {body}");
    }
    fs::write(&elsewhere, "a secret").unwrap();
    for path in ways {
        let (status, body) = scene.get(&path).await;
        assert!(
            !status.is_success() && !body.contains("a secret"),
            "{path}: {body}"
        );
    }
}

#[actix_web::test]
async fn what_could_not_begin_says_why_to_whoever_was_told_that_it_goes_on() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.notes = Some("x".to_owned()));
    look(&scene).await;
    let mut plans = Vec::new();
    for _ in 0..2 {
        let body = json!({ "snapshot": "latest", "prefer": "snapshot" });
        let (status, plan) = post(&scene, "/api/v1/plans/restore", Some(body)).await;
        assert_eq!(status, 201, "{plan}");
        plans.push(plan["id"].as_str().unwrap().to_owned());
    }
    let apply = |id: &str| {
        TestRequest::post()
            .uri(&format!("/api/v1/plans/{id}/apply"))
            .insert_header(("host", "localhost"))
            .insert_header(("origin", "http://localhost"))
            .insert_header(("prefer", "respond-async"))
            .insert_header(("content-length", "2"))
            .set_json(json!({}))
    };
    let operation = async |id: &str| {
        let report = scene.get_json(&format!("/api/v1/operations/{id}")).await;
        report["operation"].clone()
    };
    let (status, _, _) = scene.request(apply(&plans[0])).await;
    assert_eq!(status, 202);
    for _ in 0..2_000 {
        if operation(&plans[0]).await["state"] == "done" {
            break;
        }
    }
    // The other has nothing left to do, and is found out to be so after the answer.
    scene.simulator.hold(true);
    for _ in 0..3 {
        let (status, told, headers) = scene.request(apply(&plans[1])).await;
        assert_eq!(status, 202, "{told}");
        let place = headers.get("location").unwrap().to_str().unwrap();
        assert!(place.ends_with(&plans[1]), "{place}");
    }
    assert_eq!(operation(&plans[1]).await["problem"], Value::Null);
    scene.simulator.hold(false);
    let mut told = Value::Null;
    for _ in 0..2_000 {
        told = operation(&plans[1]).await;
        if told["problem"] != Value::Null {
            break;
        }
    }
    let problem = told["problem"].as_str().unwrap_or_else(|| panic!("{told}"));
    assert!(problem.contains("is so already"), "{told}");
    assert_eq!(told["state"], "discarded");
}

#[actix_web::test]
async fn nothing_named_is_not_the_newest() {
    let scene = seen(&[]).await;
    for way in ["undo", "redo"] {
        let path = format!("/api/v1/plans/{way}");
        let (status, told) = post(&scene, &path, Some(json!({ "ids": [] }))).await;
        assert_eq!(status, 400, "{told}");
        assert!(told["detail"].as_str().unwrap().contains("names nothing"));
    }
}
