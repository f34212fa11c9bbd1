//! What nobody asks for is refused: whoever writes a word wrongly is not answered as if they had written none.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::pages::Scene;

/// A name that no parameter has.
const UNKNOWN: &str = "colour";

/// Every documented way in, with something put in for each name in its path.
async fn ways(scene: &Scene) -> Vec<(Method, String, Value)> {
    let document = scene.get_json("/api/v1/openapi.json").await;
    let mut ways = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, way) in item.as_object().unwrap() {
            let path = path
                .replace("{reference}", "latest")
                .replace("{profile}", "hana")
                .replace(['{', '}'], "");
            ways.push((method.to_uppercase().parse().unwrap(), path, way.clone()));
        }
    }
    ways
}

#[actix_web::test]
async fn what_is_no_parameter_is_refused_by_every_way_in() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let ways = ways(&scene).await;
    assert!(ways.len() > 50, "{}", ways.len());
    for (method, path, way) in ways {
        let address = format!("{path}?{UNKNOWN}=1");
        let (status, told) = scene.send(method.clone(), &address, Some(&json!({}))).await;
        let detail = told["detail"].as_str().unwrap_or_default();
        // Some cannot do without one of theirs; that is said as well.
        let known = way["parameters"].as_array().into_iter().flatten();
        let known = known.filter(|one| one["in"] == "query");
        let mut needed = known.clone().filter(|one| one["required"] == true);
        if needed.next().is_none() {
            assert!(detail.contains(UNKNOWN), "{method} {path}: {told}");
            for one in known {
                let name = format!("`{}`", one["name"].as_str().unwrap());
                assert!(detail.contains(&name), "{method} {path}: {told}");
            }
        }
        assert_eq!(status, StatusCode::BAD_REQUEST, "{method} {path}: {told}");
        assert_eq!(told["code"], "usage", "{method} {path}");
    }
    let (status, _) = scene
        .send(Method::GET, "/api/v1/openapi.json?x=1", None)
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    // Of what was written wrongly nothing was done.
    let rows = scene.app.snapshots(None).await.unwrap();
    assert_eq!(rows.len(), 1);
    let looks = "/api/v1/looks?profil=nosuch";
    let (_, told) = scene.send(Method::POST, looks, None).await;
    let words = "`profil` is no parameter here; those that are: `profile`";
    assert_eq!(told["detail"], words);
}

#[actix_web::test]
async fn what_is_no_object_is_refused_by_every_way_in_that_takes_one() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let mut tried = 0;
    for (method, path, way) in ways(&scene).await {
        let schema = &way["requestBody"]["content"]["application/json"]["schema"];
        if schema["$ref"].is_null() {
            continue;
        }
        for body in [json!([]), json!(["kk", true]), json!("kk"), json!(null)] {
            let (status, told) = scene.send(method.clone(), &path, Some(&body)).await;
            assert_eq!(
                status,
                StatusCode::BAD_REQUEST,
                "{method} {path} {body}: {told}"
            );
            let detail = told["detail"].as_str().unwrap();
            assert!(detail.contains("an object"), "{path} {body}: {told}");
        }
        tried += 1;
    }
    assert!(tried > 10, "{tried}");
    assert!(scene.app.keys().await.unwrap().is_empty());
}

#[actix_web::test]
async fn control_characters_are_looked_for_and_kept_nowhere() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let latest = "/api/v1/snapshots/latest";
    for (method, path, body, expected) in [
        (Method::GET, "/api/v1/changes?title=%00", None, 400),
        (Method::GET, "/api/v1/changes?title=%00zzzz", None, 400),
        (Method::GET, "/api/v1/titles?q=a%00", None, 400),
        (Method::GET, "/api/v1/titles/%00", None, 400),
        (Method::GET, "/api/v1/log?q=%1b", None, 400),
        (
            Method::POST,
            "/api/v1/keys",
            Some(json!({ "name": "a\0b" })),
            400,
        ),
        (
            Method::POST,
            "/api/v1/keys",
            Some(json!({ "name": "a\u{1b}b" })),
            400,
        ),
        (Method::PUT, "/keep", Some(json!({ "name": "a\0b" })), 400),
        (Method::PUT, "/keep", Some(json!({ "name": "a\nb" })), 400),
        (Method::PUT, "/note", Some(json!({ "text": "a\0b" })), 400),
        (Method::PUT, "/note", Some(json!({ "text": "a\nb" })), 200),
    ] {
        let of_latest = format!("{latest}{path}");
        let address = if method == Method::PUT {
            &of_latest
        } else {
            path
        };
        let (status, told) = scene.send(method, address, body.as_ref()).await;
        assert_eq!(status.as_u16(), expected, "{address} {body:?}: {told}");
    }
    let row = scene.app.snapshots(None).await.unwrap().remove(0);
    assert!(row.mark.keep.is_none());
    assert_eq!(row.mark.note.as_deref(), Some("a\nb"));
}

#[actix_web::test]
async fn the_day_that_somebody_says_goes_before_one_that_is_guessed() {
    let scene = Scene::new("hana").await;
    let theirs =
        include_str!("../../../backup/tests/it/files/plexanibridge-hana.20251004010203.json");
    for (name, day) in [
        // What it says itself comes first.
        ("plexanibridge-hana.20251004010203.json", "2025-10-04"),
        ("list.json", "2024-05-06"),
    ] {
        let address = format!("/api/v1/imports?look=true&taken_at=2024-05-06&name={name}");
        let request = TestRequest::post()
            .uri(&address)
            .insert_header(("host", "localhost"))
            .insert_header(("origin", "http://localhost"))
            .set_payload(theirs);
        let (status, body, _) = scene.request(request).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let told: Value = serde_json::from_str(&body).unwrap();
        let at = told["files"][0]["at"].as_str().unwrap();
        assert!(at.starts_with(day), "{name}: {told}");
    }
}

#[actix_web::test]
async fn changes_are_those_of_a_cause_or_up_to_a_day_and_titles_those_that_are_called_so() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    scene.pass(std::time::Duration::from_hours(3));
    {
        let mut world = scene.simulator.world();
        let entry = world.entry(1, 1_000).unwrap().clone();
        let score = if entry.score == 10 { 20 } else { 10 };
        world.put_entry(anirewind_simulator::SimEntry { score, ..entry });
    }
    scene.capture().await;
    scene.pass(std::time::Duration::from_hours(3));
    for media in 1_004..1_016 {
        scene.simulator.world().drop_entry(1, media);
    }
    scene.capture().await;
    let all = scene.get_json("/api/v1/changes").await;
    let all = all["items"].as_array().unwrap();
    assert_eq!(all.len(), 13, "{all:?}");
    let group = all[0]["group"].as_str().unwrap();
    let of_group = scene
        .get_json(&format!("/api/v1/changes?group={group}"))
        .await;
    assert_eq!(of_group["items"], json!(all[..12]));
    let none = scene
        .get_json(&format!("/api/v1/changes?operation={group}"))
        .await;
    assert_eq!(none["items"], json!([]));
    let long_ago = scene.get_json("/api/v1/changes?until=2020-01-01").await;
    assert_eq!(long_ago["items"], json!([]));
    let in_time = scene.get_json("/api/v1/changes?until=2100-01-01").await;
    assert_eq!(in_time["items"].as_array().unwrap().len(), 13);

    let titles = scene.get_json("/api/v1/titles?limit=500").await;
    let titles = titles["items"].as_array().unwrap();
    let title = titles[0]["title"].as_str().unwrap();
    let begin: String = title.chars().take(6).collect::<String>().to_uppercase();
    let encoded = percent_encoding::utf8_percent_encode(&begin, percent_encoding::NON_ALPHANUMERIC);
    let mut found = Vec::new();
    let mut address = format!("/api/v1/titles?limit=1&q={encoded}");
    loop {
        let page = scene.get_json(&address).await;
        found.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        address = format!("/api/v1/titles?limit=1&q={encoded}&below={next}");
    }
    assert!(found.contains(&titles[0]), "{found:?}");
    assert!(found.len() < titles.len(), "{}", found.len());
    let nothing = scene.get_json("/api/v1/titles?q=zzzzzz").await;
    assert_eq!(nothing["items"], json!([]));

    // The list as it is now, for whoever may have AniList asked.
    let live = scene
        .get_json("/api/v1/snapshots/live/entries?limit=500")
        .await;
    let latest = scene
        .get_json("/api/v1/snapshots/latest/entries?limit=500")
        .await;
    assert_eq!(
        live["items"].as_array().unwrap().len(),
        latest["items"].as_array().unwrap().len()
    );
    let asked = TestRequest::get()
        .uri("/api/v1/snapshots/live/csv")
        .insert_header(("host", "localhost"));
    let (status, table, head) = scene.request(asked).await;
    assert_eq!(status, StatusCode::OK, "{table}");
    let rows = table
        .lines()
        .filter(|line| line.starts_with("anime,") || line.starts_with("manga,"));
    assert_eq!(rows.count(), live["items"].as_array().unwrap().len());
    let name = head.get("content-disposition").unwrap().to_str().unwrap();
    assert!(name.contains("anirewind-hana-2026-"), "{name}");
    for way in ["", "/file"] {
        let path = format!("/api/v1/snapshots/live{way}");
        let (status, told) = scene.send(Method::GET, &path, None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{told}");
        assert!(told["hint"].as_str().unwrap().contains("backup"), "{told}");
    }
    let (claimed, _) = Scene::claimed(&[]).await;
    let key = claimed.app.add_key("reader", false).await.unwrap();
    for way in ["entries", "csv"] {
        let request = TestRequest::get()
            .uri(&format!("/api/v1/snapshots/live/{way}"))
            .insert_header(("host", "localhost"))
            .insert_header(("authorization", format!("Bearer {key}")));
        let (status, body, _) = claimed.request(request).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{body}");
    }
}

#[actix_web::test]
async fn the_list_as_it_is_now_is_that_of_one_account() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let user = anirewind_simulator::SimUser::new(2, "yuki");
    scene.simulator.world().add_user(user, "the-token-of-yuki");
    let token = anirewind_core::model::AccessToken::new("the-token-of-yuki").unwrap();
    scene.app.add_account(None, token).await.unwrap();
    for way in ["entries", "csv"] {
        let path = format!("/api/v1/snapshots/live/{way}");
        let asked = scene.simulator.operations().len();
        let (status, told) = scene.send(Method::GET, &path, None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{told}");
        assert_eq!(scene.simulator.operations().len(), asked, "{way}");
        let detail = told["detail"].as_str().unwrap();
        assert!(
            detail.contains("hana") && detail.contains("yuki"),
            "{detail}"
        );
        let path = format!("{path}?profile=yuki");
        let request = TestRequest::get()
            .uri(&path)
            .insert_header(("host", "localhost"));
        let (status, body, _) = scene.request(request).await;
        assert_eq!(status, StatusCode::OK, "{body}");
    }
}

#[actix_web::test]
async fn the_list_as_it_is_now_is_not_that_of_the_only_one_who_can_be_asked_for() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let user = anirewind_simulator::SimUser::new(2, "yuki");
    scene.simulator.world().add_user(user, "the-token-of-yuki");
    let token = anirewind_core::model::AccessToken::new("the-token-of-yuki").unwrap();
    scene.app.add_account(None, token).await.unwrap();
    std::fs::remove_file(scene.data.path().join("secrets/2.token")).unwrap();
    for way in ["entries", "csv"] {
        let path = format!("/api/v1/snapshots/live/{way}");
        let (status, told) = scene.send(Method::GET, &path, None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{told}");
        assert!(
            told["detail"]
                .as_str()
                .unwrap()
                .contains("several accounts")
        );
    }
}

#[actix_web::test]
async fn a_plan_that_was_dropped_or_is_a_day_old_is_there_no_more() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    {
        let mut world = scene.simulator.world();
        let entry = world.entry(1, 1_000).unwrap().clone();
        let score = if entry.score == 10 { 20 } else { 10 };
        world.put_entry(anirewind_simulator::SimEntry { score, ..entry });
    }
    let body = json!({ "snapshot": "latest", "prefer": "snapshot" });
    for is_dropped in [true, false] {
        let plan = scene
            .send(Method::POST, "/api/v1/plans/restore", Some(&body))
            .await
            .1;
        let path = format!("/api/v1/plans/{}", plan["id"].as_str().unwrap());
        if is_dropped {
            let (status, _) = scene.send(Method::DELETE, &path, None).await;
            assert_eq!(status, StatusCode::NO_CONTENT);
        } else {
            scene.pass(std::time::Duration::from_hours(25));
        }
        let apply = format!("{path}/apply");
        let (status, told) = scene.send(Method::POST, &apply, Some(&json!({}))).await;
        assert_eq!(
            (status.as_u16(), &told["code"]),
            (404, &json!("not-found")),
            "{told}"
        );
        let (status, _) = scene.send(Method::DELETE, &path, None).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
    assert!(scene.simulator.world().effects().is_empty());
}
