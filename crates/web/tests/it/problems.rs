//! Every kind of problem that the document names is come by, and none that it does not name.

use std::collections::BTreeMap;

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use anirewind_simulator::canary::HANAS;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::pages::Scene;

/// The kinds of problem, and which of them were met.
struct Kinds {
    documented: BTreeMap<String, u64>,
    met: BTreeMap<String, u64>,
}

impl Kinds {
    async fn new() -> Self {
        let (_, document) = Scene::new("hana").await.get("/api/v1/openapi.json").await;
        let document: Value = serde_json::from_str(&document).unwrap();
        let code = &document["components"]["schemas"]["Problem"]["properties"]["code"];
        let statuses = code["x-status"].as_object().unwrap().iter();
        let documented: BTreeMap<_, _> = statuses
            .map(|(code, status)| (code.clone(), status.as_u64().unwrap()))
            .collect();
        let named = code["enum"].as_array().unwrap().len();
        assert_eq!(documented.len(), named);
        Self {
            documented,
            met: BTreeMap::new(),
        }
    }

    fn meet(&mut self, what: &str, status: StatusCode, body: &str) {
        let problem: Value = serde_json::from_str(body).unwrap();
        let code = problem["code"].as_str().unwrap();
        let status = u64::from(status.as_u16());
        assert_eq!(code, what, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], format!("urn:anirewind:problem:{code}"));
        assert_eq!(
            self.documented.get(code),
            Some(&status),
            "not in the document: {problem}"
        );
        self.met.insert(code.to_owned(), status);
    }

    /// Sends this, and is told of this kind of problem.
    async fn send(&mut self, what: &str, scene: &Scene, request: TestRequest) {
        let (status, body, headers) = scene.request(request).await;
        let kind = headers
            .get("content-type")
            .map(|kind| kind.to_str().unwrap());
        assert_eq!(kind, Some("application/problem+json"), "{what}: {body}");
        self.meet(what, status, &body);
    }
}

fn ask(method: Method, path: &str) -> TestRequest {
    TestRequest::default()
        .method(method)
        .uri(path)
        .insert_header(("host", "localhost"))
        .insert_header(("origin", "http://localhost"))
}

fn get(path: &str) -> TestRequest {
    ask(Method::GET, path)
}

fn post(path: &str, body: Value) -> TestRequest {
    ask(Method::POST, path).set_json(body)
}

/// Puts other scores on the live list.
fn rescore(scene: &Scene, score: i32) {
    let mut world = scene.simulator.world();
    for media in 1_000..1_006 {
        let entry = world.entry(1, media).unwrap().clone();
        world.put_entry(anirewind_simulator::SimEntry { score, ..entry });
    }
}

/// A plan that puts the newest snapshot back.
async fn plan(scene: &Scene) -> String {
    let body = json!({ "snapshot": "latest", "prefer": "snapshot" });
    let (status, plan, _) = scene.request(post("/api/v1/plans/restore", body)).await;
    assert_eq!(status, StatusCode::CREATED, "{plan}");
    let plan: Value = serde_json::from_str(&plan).unwrap();
    format!("/api/v1/plans/{}/apply", plan["id"].as_str().unwrap())
}

/// What goes wrong between us, the list and AniList.
async fn what_the_commands_say_too(kinds: &mut Kinds) {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    kinds
        .send("usage", &scene, get("/api/v1/changes?outcome=wet"))
        .await;
    kinds
        .send("not-found", &scene, get("/api/v1/snapshots/zzzz"))
        .await;
    kinds.send("not-found", &scene, get("/api/v1/no")).await;
    let elsewise = ask(Method::DELETE, "/api/v1/plans/abcdefgh/apply");
    let (status, body, headers) = scene.request(elsewise).await;
    kinds.meet("no-such-method", status, &body);
    assert_eq!(headers.get("allow").unwrap(), "POST");
    rescore(&scene, 30);
    let apply = plan(&scene).await;
    rescore(&scene, 40);
    kinds
        .send("edited-since", &scene, post(&apply, json!({})))
        .await;
    scene
        .simulator
        .fault_always(Some(anirewind_simulator::Fault::Disabled));
    kinds
        .send("unavailable", &scene, post("/api/v1/snapshots", json!({})))
        .await;
    scene.simulator.fault_always(None);
    // In the middle of a restore the token is taken away.
    let apply = plan(&scene).await;
    let effects = scene.simulator.world().effects().len();
    for number in 1..100 {
        scene.simulator.before_request(number, move |world| {
            if world.effects().len() > effects {
                world.revoke_token(HANAS);
            }
        });
    }
    kinds
        .send("not-signed-in", &scene, post(&apply, json!({})))
        .await;
    // Another program is at work on the same account.
    let lock = std::fs::File::create(scene.data.path().join("account-1.lock")).unwrap();
    lock.lock().unwrap();
    let resume = apply.replace("plans", "jobs").replace("apply", "resume");
    kinds.send("busy", &scene, post(&resume, json!({}))).await;
    drop(lock);
    let folder = scene.data.path().join("backups");
    std::fs::rename(&folder, scene.data.path().join("away")).unwrap();
    std::fs::write(&folder, "a file where the folder should be").unwrap();
    kinds.send("failed", &scene, get("/api/v1/snapshots")).await;
}

/// What cannot be paused, as it goes on no more.
async fn what_is_over(kinds: &mut Kinds) {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    rescore(&scene, 30);
    let apply = plan(&scene).await;
    let (status, body, _) = scene.request(post(&apply, json!({}))).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let pause = apply.replace("plans", "jobs").replace("apply", "pause");
    kinds.send("over", &scene, post(&pause, json!({}))).await;
    // Who asks again what became of it is told as before.
    let (status, body, _) = scene.request(post(&apply, json!({}))).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}

/// What is looked at before it is done.
async fn settings(kinds: &mut Kinds) {
    let scene = Scene::new("hana").await;
    let change = |key: &str| {
        let body = json!({ "settings": { key: "1" } });
        ask(Method::PATCH, "/api/v1/settings").set_json(body)
    };
    kinds
        .send("no-precondition", &scene, change("keep_daily"))
        .await;
    let old = change("keep_daily").insert_header(("if-match", "\"old\""));
    kinds.send("precondition", &scene, old).await;
    let guarded = change("listen").insert_header(("if-match", "*"));
    kinds.send("refused-for-safety", &scene, guarded).await;
}

/// Who may do what.
async fn strangers(kinds: &mut Kinds) {
    let (scene, cookie) = Scene::claimed(&[]).await;
    kinds.send("no-key", &scene, get("/api/v1/status")).await;
    let elsewhere = get("/api/v1/status").insert_header(("host", "evil.example"));
    kinds.send("refused", &scene, elsewhere).await;
    let packed = post("/api/v1/looks", json!({})).insert_header(("content-encoding", "gzip"));
    kinds.send("compressed", &scene, packed).await;
    let reader = scene.app.add_key("reader", false).await.unwrap();
    let reader = ("authorization", format!("Bearer {reader}"));
    let look = post("/api/v1/looks", json!({})).insert_header(reader.clone());
    kinds.send("read-only-key", &scene, look).await;
    let sessions = get("/api/v1/sessions").insert_header(reader);
    kinds.send("people-only", &scene, sessions).await;
    let wrong = || {
        let body = json!({ "current": "not the one", "new": "another long password" });
        ask(Method::PUT, "/api/v1/password")
            .insert_header(("cookie", cookie.clone()))
            .set_json(body)
    };
    for _ in 0..5 {
        kinds.send("refused-for-safety", &scene, wrong()).await;
    }
    kinds.send("too-many", &scene, wrong()).await;
}

/// What is sent.
async fn bodies(kinds: &mut Kinds) {
    let scene = Scene::new("hana").await;
    let huge = json!({ "snapshot": "a".repeat(2 * 1024 * 1024) });
    kinds
        .send("too-large", &scene, post("/api/v1/plans/restore", huge))
        .await;
    // Nothing after the first byte; and for ever a byte now and then. Time passes by itself.
    tokio::time::pause();
    let json = || {
        let request = ask(Method::POST, "/api/v1/plans/restore");
        request.insert_header(("content-type", "application/json"))
    };
    let first = || futures_util::stream::iter([Ok("{".into())]);
    let silent = first().chain(futures_util::stream::pending());
    let began = tokio::time::Instant::now();
    let (status, body) = scene.drip(json(), silent).await;
    kinds.meet("too-slow", status, &body);
    assert!(began.elapsed() < std::time::Duration::from_secs(25));
    for request in [json(), ask(Method::POST, "/api/v1/imports?name=x.json")] {
        let drip = futures_util::stream::repeat(()).then(|()| async {
            tokio::time::sleep(std::time::Duration::from_secs(9)).await;
            Ok(" ".into())
        });
        let began = tokio::time::Instant::now();
        let (status, body) = scene.drip(request, first().chain(drip)).await;
        kinds.meet("too-slow", status, &body);
        assert!(began.elapsed() < std::time::Duration::from_secs(35));
    }
    tokio::time::resume();
    // What did not arrive does not lie around.
    let uploads = std::fs::read_dir(scene.data.path().join("uploads")).unwrap();
    assert_eq!(uploads.count(), 0);
}

/// Another program holds the folder and does not let go of it.
async fn what_never_ends(kinds: &mut Kinds) {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let scene = scene.hurried();
    let lock = std::fs::File::create(scene.data.path().join("folder.lock")).unwrap();
    lock.lock().unwrap();
    let keep = || ask(Method::PUT, "/api/v1/snapshots/latest/keep").set_json(json!({}));
    kinds.send("took-too-long", &scene, keep()).await;
    let (_, body, headers) = scene.request(keep()).await;
    assert!(headers.contains_key("content-security-policy"));
    let problem: Value = serde_json::from_str(&body).unwrap();
    let name = headers.get("x-request-id").unwrap().to_str().unwrap();
    assert_eq!(problem["requestId"], name, "{problem}");
    // A page says the same in words.
    let (status, text, headers) = scene.request(get("/backups/hana")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{text}");
    assert!(text.contains("took too long"), "{text}");
    assert!(headers.contains_key("content-security-policy"));
    assert!(headers.contains_key("x-request-id"));
    // Nobody else waits for it, and once it is let go of all goes on.
    let (status, _, _) = scene.request(get("/api/v1/operations")).await;
    assert_eq!(status, StatusCode::OK);
    drop(lock);
    let (status, body, _) = scene.request(get("/api/v1/snapshots")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(body.contains("\"kept\":false"), "{body}");
    let (status, body, _) = scene.request(keep()).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}

#[actix_web::test]
async fn every_kind_of_problem_is_come_by_and_none_besides() {
    let mut kinds = Kinds::new().await;
    what_the_commands_say_too(&mut kinds).await;
    what_is_over(&mut kinds).await;
    settings(&mut kinds).await;
    strangers(&mut kinds).await;
    bodies(&mut kinds).await;
    what_never_ends(&mut kinds).await;
    assert_eq!(kinds.met, kinds.documented);
}

#[actix_web::test]
async fn the_page_about_the_api_names_the_same_kinds() {
    let kinds = Kinds::new().await;
    let page = include_str!("../../../../docs/api.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    // What stands in brackets is no code.
    let mut named = BTreeMap::new();
    for row in rows {
        let mut cells = row.trim_matches('|').split('|');
        let (codes, status) = (cells.next().unwrap(), cells.next().unwrap());
        let codes = codes.split(['(', ')']).step_by(2).collect::<String>();
        for code in codes.split('`').skip(1).step_by(2) {
            named.insert(code.to_owned(), status.trim().parse().unwrap());
        }
    }
    assert_eq!(named, kinds.documented);
}
