//! What is said of a set-up that is not as it should be, what a key can tell of secrets, and what the
//! commands do that the API does as well.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::pages::Scene;

async fn ask(
    scene: &Scene,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let request = TestRequest::default()
        .method(method)
        .uri(path)
        .insert_header(("host", "localhost"));
    let request = match body {
        Some(body) => request.set_json(body),
        None => request,
    };
    let (status, body, _) = scene.request(request).await;
    (
        status,
        serde_json::from_str(&body).unwrap_or(Value::String(body)),
    )
}

async fn check(scene: &Scene, what: &str) -> Option<Value> {
    let (_, all) = ask(scene, Method::GET, "/api/v1/health", None).await;
    let mut all = all.as_array().unwrap().clone().into_iter();
    all.find(|check| check["what"] == what)
}

#[actix_web::test]
async fn a_proxy_that_nobody_named_is_spoken_of_and_one_that_is_named_is_not() {
    let passed_on = |name: &'static str| {
        TestRequest::get()
            .uri("/healthz")
            .insert_header(("host", "localhost"))
            .insert_header((name, "203.0.113.9"))
            .peer_addr("10.1.2.3:5000".parse().unwrap())
    };
    for name in ["x-forwarded-for", "forwarded", "x-forwarded-host"] {
        let scene = Scene::new("hana").await;
        assert_eq!(check(&scene, "proxy").await, None);
        scene.request(passed_on(name)).await;
        let found = check(&scene, "proxy").await.unwrap();
        assert_eq!(found["state"], "warn", "{found}");
        assert!(found["found"].as_str().unwrap().contains("10.1.2.3"));
        assert!(found["hint"].as_str().unwrap().contains("trusted_proxies"));
    }
    let named = [
        ("ANIREWIND_LOGIN", "off"),
        ("ANIREWIND_TRUSTED_PROXIES", "10.0.0.0/8"),
    ];
    let scene = Scene::with("hana", &named).await;
    scene.request(passed_on("x-forwarded-for")).await;
    assert_eq!(check(&scene, "proxy").await, None);
}

#[cfg(unix)]
#[actix_web::test]
async fn a_file_with_secrets_that_others_can_read_is_spoken_of() {
    use std::os::unix::fs::PermissionsExt as _;

    let scene = Scene::new("hana").await;
    let config = scene.data.path().join("config.toml");
    let mode = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&config, mode).unwrap();
    };
    let again = || {
        let settings = scene.app.settings().read_again().unwrap();
        let open = settings.open_secrets().map(std::path::Path::to_owned);
        (settings, open)
    };
    std::fs::write(&config, "keep_daily = 3\n").unwrap();
    mode(0o644);
    assert_eq!(again().1, None);
    std::fs::write(&config, "ping_url = \"https://example.org/one\"\n").unwrap();
    let (settings, open) = again();
    assert_eq!(open.as_ref(), Some(&config));
    let app = scene.app.reopen(settings, jiff::tz::TimeZone::UTC).unwrap();
    let health = app.health().await.unwrap();
    let found = health
        .iter()
        .find(|check| check.what == "settings")
        .unwrap();
    assert!(found.found.contains("others on this machine can read it"));
    assert!(found.hint.as_ref().unwrap().starts_with("chmod 600"));
    mode(0o600);
    assert_eq!(again().1, None);
}

#[actix_web::test]
async fn the_mark_of_the_settings_does_not_tell_what_secrets_they_hold() {
    let scene = Scene::new("hana").await;
    let config = scene.data.path().join("config.toml");
    std::fs::write(&config, "ping_url = \"https://example.org/one\"\n").unwrap();
    let version = || scene.app.settings().read_again().unwrap().version();
    let one = version();
    assert_eq!(one, version());
    // Who knows all but the secret tries one after the other: what they can work out is another mark.
    let settings = scene.app.settings().read_again().unwrap();
    let text = std::fs::read_to_string(&config).unwrap();
    let tried = format!("{:?}\n{text}", settings.report());
    let tried = anirewind_core::Hash::of(tried.as_bytes()).to_string();
    assert!(!tried.contains(&one), "{one}");
    std::fs::write(&config, "ping_url = \"https://example.org/two\"\n").unwrap();
    assert_ne!(one, version());
}

#[actix_web::test]
async fn what_the_commands_do_besides_the_api_does_too() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let get = async |path: &str| {
        let (status, body) = ask(&scene, Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    };
    let post = async |path: &str, body: Value| ask(&scene, Method::POST, path, Some(body)).await;
    let titles = get("/api/v1/titles").await;
    assert_eq!(titles["items"].as_array().unwrap().len(), 40);
    let table = get("/api/v1/snapshots/latest/csv").await;
    assert_eq!(table.as_str().unwrap().lines().count(), 41);
    let days = get("/api/v1/days?days=3").await;
    assert_eq!(days.as_array().unwrap().len(), 3);
    assert_eq!(days[2]["snapshots"], 1, "{days}");
    let told = json!({ "mediaId": 1_000, "type": "ANIME", "outcome": "failed" });
    let (_, told) = post("/api/v1/changes", told).await;
    let id = told["id"].as_str().unwrap();
    let change = get(&format!("/api/v1/changes/{id}")).await;
    assert_eq!(change["mediaId"], 1_000, "{change}");
    let (status, _) = ask(&scene, Method::GET, "/api/v1/changes/zzzz", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, verified) = post("/api/v1/verify", json!({})).await;
    assert_eq!((status, &verified["fine"]), (StatusCode::OK, &json!(true)));
    let (status, checks) = post("/api/v1/doctor", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    let mut checks = checks.as_array().unwrap().iter();
    assert!(checks.all(|check| check["fine"] == true));
    let (status, refused) = post("/api/v1/prune", json!({ "going": 3 })).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{refused}");
    let (status, pruned) = post("/api/v1/prune", json!({ "going": 0 })).await;
    assert_eq!((status, &pruned["discarded"]), (StatusCode::OK, &json!([])));
}
