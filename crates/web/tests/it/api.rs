//! The API: who may do what, what is answered, and a whole restore through it.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::pages::Scene;

const USER: u32 = 1;

struct Client {
    scene: Scene,
    key: Option<String>,
}

impl Client {
    async fn new() -> Self {
        let scene = Scene::with("hana", &[]).await;
        scene.capture().await;
        Self { scene, key: None }
    }

    async fn writing() -> Self {
        let mut client = Self::new().await;
        client.key = Some(client.scene.app.add_key("test", true).await.unwrap());
        client
    }

    fn request(&self, method: Method, path: &str, body: Option<&Value>) -> TestRequest {
        let mut request = TestRequest::default()
            .method(method)
            .uri(path)
            .insert_header(("host", "127.0.0.1:4849"));
        if let Some(key) = &self.key {
            request = request.insert_header(("authorization", format!("Bearer {key}")));
        }
        match body {
            Some(body) => request.set_json(body),
            None => request,
        }
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        let request = self.request(method, path, body);
        let (status, text, headers) = self.scene.request(request).await;
        let kind = headers
            .get("content-type")
            .map(|kind| kind.to_str().unwrap().to_owned());
        if status.is_client_error() || status.is_server_error() {
            assert_eq!(
                kind.as_deref(),
                Some("application/problem+json"),
                "{path}: {text}"
            );
        }
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, Some(&body)).await
    }
}

/// Every documented way in, with something put in for each name in its path, and whether it is for people only.
async fn ways(client: &Client) -> Vec<(Method, String, bool)> {
    let (_, document) = client.send(Method::GET, "/api/v1/openapi.json", None).await;
    assert_eq!(document["openapi"], "3.1.0");
    // What is said of all ways in holds for each, see below, unless it says something else.
    let (key, session) = (json!([{"key": []}]), json!([{"session": []}]));
    assert_eq!(document["security"], key);
    let mut ways = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, way) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else {
                continue;
            };
            let is_for_people = way["security"] == session;
            assert!(
                way["security"].is_null() || way["security"] == key || is_for_people,
                "{path}"
            );
            let path = path
                .replace("{reference}", "latest")
                .replace("{title}", "1000")
                .replace("{id}", "zzzz")
                .replace("{profile}", "nobody")
                .replace("{name}", "none");
            ways.push((method, path, is_for_people));
        }
    }
    ways
}

#[actix_web::test]
async fn every_way_in_has_decided_who_may_use_it() {
    let client = Client::new().await;
    let ways = ways(&client).await;
    assert!(ways.len() > 30, "{ways:?}");
    for (method, path, _) in &ways {
        let (status, body) = client.send(method.clone(), path, Some(&json!({}))).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}: {body}");
        assert_eq!(body["code"], "no-key");
        assert!(body["hint"].as_str().unwrap().contains("anirewind key add"));
    }
}

#[actix_web::test]
async fn what_the_document_says_is_for_people_no_key_opens() {
    let mut client = Client::new().await;
    client.key = Some(client.scene.app.add_key("writer", true).await.unwrap());
    let mut ways = ways(&client).await;
    ways.retain(|(.., is_for_people)| *is_for_people);
    assert_eq!(ways.len(), 8, "{ways:?}");
    for (method, path, _) in ways {
        // Whatever is sent: what it says is not read.
        let sent = json!("nonsense");
        let (status, body) = client.send(method.clone(), &path, Some(&sent)).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}: {body}");
        assert_eq!(body["code"], "people-only", "{method} {path}");
    }
}

#[actix_web::test]
async fn a_key_that_may_only_read_writes_nothing_and_a_wrong_one_reads_nothing() {
    let mut client = Client::new().await;
    client.key = Some(client.scene.app.add_key("reader", false).await.unwrap());
    client.get("/api/v1/status").await;
    let (status, body) = client.post("/api/v1/plans/undo", json!({})).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::FORBIDDEN, &json!("read-only-key"))
    );
    client.key = Some("arw_00000000000000000000000000000000".to_owned());
    let (status, _) = client.send(Method::GET, "/api/v1/status", None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    // What is kept of a key does not give it away.
    let keys = client.scene.app.keys().await.unwrap();
    assert_eq!(keys.len(), 1);
    assert!(keys[0].used_at.is_some());
}

#[actix_web::test]
async fn another_site_sends_nothing() {
    let client = Client::writing().await;
    for header in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = client
            .request(Method::POST, "/api/v1/looks", None)
            .insert_header(header);
        let (status, body, _) = client.scene.request(request).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{header:?}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["code"], "refused", "{header:?}");
    }
    let request = client
        .request(Method::POST, "/api/v1/looks", None)
        .insert_header(("origin", "http://127.0.0.1:4849"));
    let (status, body, _) = client.scene.request(request).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}

#[actix_web::test]
async fn a_reading_key_reads_all_there_is_and_nothing_asks_anilist_by_itself() {
    let mut client = Client::new().await;
    client.key = Some(client.scene.app.add_key("reader", false).await.unwrap());
    let requests = client.scene.simulator.traffic().requests;
    for (method, path, _) in ways(&client).await {
        let is_stream = path == "/api/v1/events";
        if method == Method::GET && path == "/api/v1/sessions" {
            let (status, body) = client.send(method, &path, None).await;
            assert_eq!(
                (status, &body["code"]),
                (StatusCode::FORBIDDEN, &json!("people-only"))
            );
        } else if method == Method::GET && !is_stream && !path.contains("compare") {
            let (status, body) = client.send(method, &path, None).await;
            assert!(!status.is_server_error(), "{path}: {body}");
            assert_ne!(status, StatusCode::UNAUTHORIZED, "{path}");
        } else if method != Method::GET {
            let (status, body) = client.send(method, &path, Some(&json!("nonsense"))).await;
            // Whatever is sent: what it says is not read.
            assert_eq!(status, StatusCode::FORBIDDEN, "{path}: {body}");
            let code = body["code"].as_str().unwrap();
            assert!(
                ["read-only-key", "people-only"].contains(&code),
                "{path}: {body}"
            );
        }
    }
    assert_eq!(client.scene.simulator.traffic().requests, requests);
    let request = client
        .request(Method::GET, "/api/v1/status", None)
        .insert_header(("sec-fetch-site", "cross-site"));
    let (status, ..) = client.scene.request(request).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[actix_web::test]
async fn what_is_asked_wrongly_is_a_problem_with_a_code() {
    let client = Client::writing().await;
    for (method, path, body, status) in [
        (Method::GET, "/api/v1/nothing", None, 404),
        (Method::GET, "/api/v1/snapshots/zzzz", None, 404),
        (Method::GET, "/api/v1/snapshots/..%2Fx", None, 400),
        (Method::GET, "/api/v1/changes?outcome=wet", None, 400),
        (Method::GET, "/api/v1/changes?below=x", None, 400),
        (Method::GET, "/api/v1/changes?limit=many", None, 400),
        (Method::GET, "/api/v1/changes?limit=0", None, 400),
        (Method::GET, "/api/v1/snapshots?limit=0", None, 400),
        (Method::GET, "/api/v1/profiles?limit=0", None, 400),
        (Method::GET, "/api/v1/titles?limit=0", None, 400),
        (Method::GET, "/api/v1/log?limit=0", None, 400),
        (Method::GET, "/api/v1/days?days=0", None, 400),
        (Method::GET, "/api/v1/changes?group=x", None, 400),
        (Method::GET, "/api/v1/changes?until=soon", None, 400),
        (Method::GET, "/api/v1/compare?from=latest", None, 400),
        (Method::GET, "/api/v1/plans/zzzz", None, 404),
        (Method::GET, "/api/v1/operations/zzzz", None, 404),
        (Method::GET, "/api/v1/list?at=@2020-01-01", None, 404),
        (Method::GET, "/api/v1/status?profile=x", None, 400),
        (Method::GET, "/api/v1/snapshots?profile=nobody", None, 404),
        (Method::POST, "/api/v1/plans/restore", Some(json!({})), 400),
        (
            Method::POST,
            "/api/v1/plans/restore",
            Some(json!({ "snapshot": "live" })),
            400,
        ),
        (
            Method::POST,
            "/api/v1/plans/restore",
            Some(json!({ "snapshot": "latest", "colour": 1 })),
            400,
        ),
        (
            Method::POST,
            "/api/v1/plans/restore",
            Some(json!({ "snapshot": "/etc/passwd" })),
            400,
        ),
        (
            Method::POST,
            "/api/v1/plans/restore",
            Some(json!({ "snapshot": "x.json" })),
            404,
        ),
        (
            Method::POST,
            "/api/v1/plans/restore",
            Some(json!({ "snapshot": "latest", "titles": [] })),
            400,
        ),
        (
            Method::POST,
            "/api/v1/plans/redo",
            Some(json!({ "backTo": "abcd" })),
            400,
        ),
        (
            Method::POST,
            "/api/v1/plans/undo",
            Some(json!({ "backTo": "abcd", "ids": ["efgh"] })),
            400,
        ),
        (
            Method::GET,
            "/api/v1/compare?from=x.json&to=latest",
            None,
            404,
        ),
        (
            Method::POST,
            "/api/v1/plans/undo",
            Some(json!({ "ids": ["zzzz"] })),
            404,
        ),
        (
            Method::POST,
            "/api/v1/plans/zzzz/apply",
            Some(json!({})),
            404,
        ),
        (Method::POST, "/api/v1/jobs/zzzz/stop", Some(json!({})), 404),
    ] {
        let (answer, body) = client.send(method.clone(), path, body.as_ref()).await;
        assert_eq!(answer.as_u16(), status, "{method} {path}: {body}");
        if status >= 400 {
            assert!(
                body["code"].is_string() && body["detail"].is_string(),
                "{path}: {body}"
            );
            assert_eq!(body["status"], status, "{path}");
        }
    }
}

#[actix_web::test]
async fn a_list_is_put_back_and_the_restore_taken_back_through_the_api() {
    let client = Client::writing().await;
    let scores = |client: &Client| -> Vec<i32> {
        let world = client.scene.simulator.world();
        world.entries(USER).map(|entry| entry.score).collect()
    };
    let before = scores(&client);
    {
        let mut world = client.scene.simulator.world();
        let all: Vec<_> = world.entries(USER).cloned().collect();
        for mut entry in all.into_iter().take(8) {
            entry.score = if entry.score == 5 { 6 } else { 5 };
            world.put_entry(entry);
        }
    }
    let damaged = scores(&client);
    let (status, plan) = client
        .post(
            "/api/v1/plans/restore",
            json!({ "snapshot": "latest", "prefer": "snapshot" }),
        )
        .await;
    assert_eq!(
        (status, &plan["write"]),
        (StatusCode::CREATED, &json!(8)),
        "{plan}"
    );
    let id = plan["id"].as_str().unwrap();
    assert_eq!(client.get("/api/v1/plans").await["items"][0]["id"], id);
    assert_eq!(
        client.get(&format!("/api/v1/plans/{id}")).await["steps"],
        plan["steps"]
    );
    assert_eq!(scores(&client), damaged, "a plan sends nothing");
    let (status, report) = client
        .post(&format!("/api/v1/plans/{id}/apply"), json!({}))
        .await;
    assert_eq!(
        (status, &report["verified"]),
        (StatusCode::OK, &json!(true)),
        "{report}"
    );
    assert_eq!(scores(&client), before);
    // A plan is sent once: who asks again is told what became of it.
    let effects = client.scene.simulator.world().effects().len();
    let (status, again) = client
        .post(&format!("/api/v1/plans/{id}/apply"), json!({}))
        .await;
    assert_eq!(
        (status, &again["verified"]),
        (StatusCode::OK, &json!(true)),
        "{again}"
    );
    assert_eq!(client.scene.simulator.world().effects().len(), effects);
    let (status, _) = client
        .post(&format!("/api/v1/plans/{}/apply", &id[..5]), json!({}))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let report = client.get(&format!("/api/v1/operations/{id}")).await;
    assert_eq!(
        (&report["restored"], &report["verified"]),
        (&json!(8), &json!(true))
    );
    let jobs = client.get("/api/v1/jobs").await;
    assert_eq!(jobs, json!({ "items": [], "next": null }));
    // Pages of the timeline, and back again.
    let page = client.get("/api/v1/changes?source=restore&limit=5").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 5);
    let next = page["next"].as_str().unwrap();
    let rest = client
        .get(&format!(
            "/api/v1/changes?source=restore&limit=5&below={next}"
        ))
        .await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 3);
    assert!(rest["next"].is_null());
    let (_, plan) = client
        .post("/api/v1/plans/undo", json!({ "ids": [id] }))
        .await;
    let undo = plan["id"].as_str().unwrap();
    let (status, report) = client
        .post(&format!("/api/v1/plans/{undo}/apply"), json!({}))
        .await;
    assert_eq!(
        (status, &report["verified"]),
        (StatusCode::OK, &json!(true)),
        "{report}"
    );
    assert_eq!(scores(&client), damaged);
}

#[actix_web::test]
async fn snapshots_are_taken_kept_noted_compared_and_deleted() {
    let client = Client::writing().await;
    let (status, taken) = client.post("/api/v1/snapshots", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    let id = taken["saved"][0]["id"].as_str().unwrap().to_owned();
    let path = |rest: &str| format!("/api/v1/snapshots/{id}{rest}");
    let (_, kept) = client
        .send(
            Method::PUT,
            &path("/keep"),
            Some(&json!({ "name": "before", "until": "2027-02-28" })),
        )
        .await;
    assert_eq!(
        (&kept["kept"], &kept["keptAs"]),
        (&json!(true), &json!("before")),
        "{kept}"
    );
    let (_, noted) = client
        .send(Method::PUT, &path("/note"), Some(&json!({ "text": "hm" })))
        .await;
    assert_eq!(noted["note"], "hm");
    let (_, freed) = client.send(Method::DELETE, &path("/keep"), None).await;
    assert_eq!(freed["kept"], false);
    let (status, _) = client.send(Method::POST, &path("/verify"), None).await;
    assert_eq!(status, StatusCode::OK);
    let all = client.get(&path("/entries")).await;
    assert_eq!(all["items"].as_array().unwrap().len(), 40);
    assert_eq!(all["next"], Value::Null);
    for list in [
        path("/entries?"),
        "/api/v1/titles?".to_owned(),
        "/api/v1/list?at=@-0d&".to_owned(),
    ] {
        let (mut below, mut found) = (String::new(), Vec::new());
        loop {
            let page = client.get(&format!("{list}limit=15{below}")).await;
            let items = page["items"].as_array().unwrap().clone();
            assert!(items.len() <= 15, "{list}");
            found.extend(items.into_iter().map(|item| item["mediaId"].clone()));
            match &page["next"] {
                Value::String(next) => below = format!("&below={next}"),
                end => break assert_eq!(end, &Value::Null, "{list}"),
            }
        }
        let all = all["items"].as_array().unwrap().iter();
        let all: Vec<_> = all.map(|item| item["mediaId"].clone()).collect();
        assert_eq!(found, all, "{list}");
    }
    let file = client.get(&path("/file")).await;
    assert_eq!(file["user"]["name"], "hana");
    let compared = client
        .get(&format!("/api/v1/compare?from={id}&to=live"))
        .await;
    assert_eq!(compared["same"], 40);
    let page = client.get("/api/v1/snapshots?limit=1").await;
    let next = page["next"].as_str().unwrap();
    let rest = client
        .get(&format!("/api/v1/snapshots?limit=1&below={next}"))
        .await;
    assert_ne!(page["items"][0]["id"], rest["items"][0]["id"]);
    let title = client.get("/api/v1/titles/1000").await;
    assert_eq!(title["mediaId"], 1_000);
    let (status, told) = client
        .post("/api/v1/changes", json!({
            "mediaId": 1_000, "type": "ANIME", "title": "Told", "outcome": "failed", "error": "no",
        }))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{told}");
    let told = client.get("/api/v1/changes?source=api").await;
    assert_eq!(told["items"][0]["title"], "Told");
    let (status, body) = client.send(Method::DELETE, &path(""), None).await;
    assert!(
        status == StatusCode::NO_CONTENT || body["code"] == "refused-for-safety",
        "{status} {body}"
    );
    for path in ["/readyz", "/healthz", "/metrics"] {
        let (status, body, _) = client
            .scene
            .request(client.request(Method::GET, path, None))
            .await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        if path == "/metrics" {
            assert!(body.contains("anirewind_snapshots{profile="), "{body}");
        }
    }
}

#[actix_web::test]
async fn who_is_told_what_is_shown_and_can_be_tried() {
    let client = Client::writing().await;
    let view = client.get("/api/v1/notices/channels").await;
    assert_eq!(
        (&view["channels"], &view["ping"]),
        (&json!([]), &Value::Null)
    );
    assert!(view["on"].as_array().unwrap().contains(&json!("failing")));
    let (status, body) = client.post("/api/v1/notices/test", json!({})).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::NOT_FOUND, &json!("not-found"))
    );
}

#[actix_web::test]
async fn settings_are_changed_by_whoever_looked_at_them_and_by_nobody_else() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    // Keys do not change settings: who could name another AniList could have the token sent there.
    let client = Client { scene, key: None };
    let path = "/api/v1/settings";
    let tag = async |client: &Client| {
        let request = client.request(Method::GET, path, None);
        let (_, _, headers) = client.scene.request(request).await;
        headers.get("etag").unwrap().to_str().unwrap().to_owned()
    };
    let change = async |tag: Option<&str>, body: Value| {
        let mut request = client.request(Method::PATCH, path, Some(&body));
        if let Some(tag) = tag {
            request = request.insert_header(("if-match", tag.to_owned()));
        }
        let (status, text, _) = client.scene.request(request).await;
        let body: Value = serde_json::from_str(&text).unwrap();
        (status.as_u16(), body)
    };
    let seen = tag(&client).await;
    let wanted = json!({ "settings": { "keep_daily": "3" } });
    assert_eq!(change(None, wanted.clone()).await.0, 428);
    let (status, told) = change(
        Some(&seen),
        json!({ "settings": { "keep_daily": "3" }, "dryRun": true }),
    )
    .await;
    assert_eq!((status, &told["saved"]), (200, &json!(false)), "{told}");
    let (status, told) = change(Some(&seen), wanted.clone()).await;
    assert_eq!(
        (status, &told["changed"]),
        (200, &json!(["keep_daily"])),
        "{told}"
    );
    // The file is another now, so what was looked at is old.
    assert_eq!(change(Some(&seen), wanted).await.0, 412);
    let seen = tag(&client).await;
    let none = json!({ "settings": { "keep_daily": "4" }, "dryRun": true });
    for (tags, status) in [
        (format!("\"x\", {seen} ,\"y\""), 200),
        (format!("W/{seen}"), 200),
        ("*".to_owned(), 200),
        ("\"x\", \"y\"".to_owned(), 412),
    ] {
        let (answer, told) = change(Some(&tags), none.clone()).await;
        assert_eq!(answer, status, "{tags}: {told}");
    }
    for (settings, words) in [
        (json!({ "keep_daily": "many" }), "a number from 0 to 36500"),
        (json!({ "nothing": "1" }), "there is no setting `nothing`"),
    ] {
        let (status, problem) = change(Some(&seen), json!({ "settings": settings })).await;
        assert_eq!(status, 400, "{problem}");
        assert!(
            problem["detail"].as_str().unwrap().contains(words),
            "{problem}"
        );
        assert!(problem["requestId"].is_string(), "{problem}");
    }
    // Where the token goes, which files are read as secrets, who comes in: not over the network.
    for key in [
        "anilist_url",
        "login",
        "password_file",
        "notify_allow_private",
        "notify_ntfy_token_file",
    ] {
        let (status, problem) = change(Some(&seen), json!({ "settings": { key: "x" } })).await;
        assert_eq!(
            (status, &problem["code"]),
            (403, &json!("refused-for-safety")),
            "{key}"
        );
    }
    let settings = client.get(path).await;
    assert_eq!(settings["outdated"], true);
    let text = settings.to_string();
    assert!(!text.contains("CANARY"), "{text}");
}

#[actix_web::test]
async fn what_was_read_already_is_not_sent_again() {
    let client = Client::writing().await;
    for path in [
        "/api/v1/snapshots",
        "/api/v1/profiles",
        "/api/v1/settings",
        "/api/v1/openapi.json",
    ] {
        let (_, body, headers) = client
            .scene
            .request(client.request(Method::GET, path, None))
            .await;
        let tag = headers.get("etag").unwrap().clone();
        assert!(headers.contains_key("x-request-id") && !body.is_empty());
        let again = client
            .request(Method::GET, path, None)
            .insert_header(("if-none-match", tag));
        let (status, body, _) = client.scene.request(again).await;
        assert_eq!(
            (status, body.as_str()),
            (StatusCode::NOT_MODIFIED, ""),
            "{path}"
        );
        let other = client
            .request(Method::GET, path, None)
            .insert_header(("if-none-match", "W/\"other\""));
        assert_eq!(
            client.scene.request(other).await.0,
            StatusCode::OK,
            "{path}"
        );
    }
}

#[actix_web::test]
async fn health_goes_by_the_last_answers_and_says_what_to_do() {
    let client = Client::writing().await;
    let state = async |what: &str| {
        let all = client.get("/api/v1/health").await;
        let mut checks = all.as_array().unwrap().iter();
        let check = checks.find(|check| check["what"] == what).unwrap();
        check["state"].as_str().unwrap().to_owned()
    };
    for what in [
        "anilist",
        "limit",
        "clock",
        "schema",
        "settings",
        "token",
        "snapshots",
        "verify",
        "jobs",
    ] {
        assert_eq!(state(what).await, "ok", "{what}");
    }
    client
        .scene
        .simulator
        .fault_always(Some(anirewind_simulator::Fault::Disabled));
    client.scene.capture().await;
    assert_eq!(state("anilist").await, "bad");
    assert_eq!(state("snapshots").await, "warn");
    let (_, figures, _) = client
        .scene
        .request(client.request(Method::GET, "/metrics", None))
        .await;
    assert!(
        figures.contains("anirewind_requests_total{outcome=\"failed\"}"),
        "{figures}"
    );
    assert!(
        figures.contains("anirewind_snapshot_attempts_total{outcome=\"failed\"} 1"),
        "{figures}"
    );
}
