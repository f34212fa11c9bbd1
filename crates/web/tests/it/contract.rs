//! The API does what its document says: calls made from the document, sensible and senseless, are
//! never answered by a failure of ours, and every answer has the shape that was promised.

use actix_web::http::header::{HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use serde_json::{Map, Value, json};

use crate::pages::Scene;

/// Calls of each way in,
const CALLS: usize = 40;
/// and how often all of that with other ones, where `CONTRACT_SEEDS` does not say otherwise.
const SEEDS: u64 = 1;

#[expect(
    clippy::disallowed_methods,
    reason = "longer runs are asked for from outside"
)]
fn seeds() -> u64 {
    let told = std::env::var("CONTRACT_SEEDS");
    told.map_or(SEEDS, |told| told.parse().unwrap())
}

struct Caller {
    scene: Scene,
    document: Value,
    rng: fastrand::Rng,
    /// Things that exist, to be asked for among things that do not.
    words: Vec<String>,
    /// What is shown with each call.
    bearer: Option<String>,
}

impl Caller {
    async fn new(seed: u64) -> Self {
        Self::at(Scene::new("hana").await, None, seed).await
    }

    /// One that has a key where nobody else is let in.
    async fn with_key(seed: u64) -> Self {
        let (scene, _) = Scene::claimed(&[]).await;
        let key = scene.app.add_key("caller", true).await.unwrap();
        Self::at(scene, Some(format!("Bearer {key}")), seed).await
    }

    async fn at(scene: Scene, bearer: Option<String>, seed: u64) -> Self {
        scene.capture().await;
        scene.change_some();
        scene.capture().await;
        let newest = scene.newest_change().await;
        let plan = scene.app.plan_back_to(None, &newest, <_>::default());
        let plan = scene.app.store_plan(plan.await.unwrap()).await.unwrap();
        let document = scene.get_json("/api/v1/openapi.json").await;
        let snapshot = scene.app.snapshots(None).await.unwrap().remove(0);
        let mut words: Vec<String> = [
            "latest",
            "latest~1",
            "live",
            "hana",
            "yuki",
            "1000",
            "zzzz",
            "@-1d",
            "2026-11-03",
            "score",
            "status",
            "ANIME",
            "MANGA",
            "synced",
            "observed",
            "true",
            "0",
            "-1",
            "99999999999999999999",
            "",
            "..%2F..%2Fx",
            "%00",
            "%ff",
            "\u{1F63F}",
            "x.json",
            "ask",
            "snapshot",
            "a b",
            "\"",
            "<b>",
        ]
        .map(str::to_owned)
        .into();
        words.push("a".repeat(3_000));
        words.push(plan.id().unwrap().to_string());
        words.push(scene.newest_change().await);
        words.push(snapshot.id.to_string());
        words.push(snapshot.file);
        Self {
            scene,
            document,
            rng: fastrand::Rng::with_seed(seed),
            words,
            bearer,
        }
    }

    fn word(&mut self) -> String {
        let at = self.rng.usize(..self.words.len());
        self.words[at].clone()
    }

    /// Something of a shape, or now and then something else.
    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        if depth > 4 || self.rng.u8(..) < 12 {
            let odd = [
                json!(null),
                json!([]),
                json!({}),
                json!(-1),
                json!(1e300),
                json!("x"),
                json!(true),
            ];
            return odd[self.rng.usize(..odd.len())].clone();
        }
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap();
            let schema = self.document["components"]["schemas"][name].clone();
            return self.value(&schema, depth + 1);
        }
        if let Some(any) = schema["oneOf"]
            .as_array()
            .or_else(|| schema["anyOf"].as_array())
        {
            let chosen = any[self.rng.usize(..any.len())].clone();
            return self.value(&chosen, depth + 1);
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => vec!["object"],
        };
        match types[self.rng.usize(..types.len())] {
            "string" => json!(self.word()),
            "integer" => json!(self.rng.i64(-2..2_000)),
            "number" => json!(self.rng.f64()),
            "boolean" => json!(self.rng.bool()),
            "array" => {
                let count = self.rng.usize(..3);
                (0..count)
                    .map(|_| self.value(&schema["items"], depth + 1))
                    .collect()
            }
            "null" => Value::Null,
            _ => {
                let mut object = Map::new();
                let required: Vec<_> = schema["required"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .collect();
                for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                    let is_required = required.iter().any(|r| r.as_str() == Some(name));
                    if self.rng.u8(..) < if is_required { 240 } else { 80 } {
                        object.insert(name.clone(), self.value(property, depth + 1));
                    }
                }
                if self.rng.u8(..) < 8 {
                    object.insert("colour".to_owned(), json!(1));
                }
                Value::Object(object)
            }
        }
    }

    fn call(&mut self, method: &Method, path: &str, way: &Value) -> (TestRequest, String) {
        let mut address = path.to_owned();
        let mut query = Vec::new();
        for parameter in way["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            if parameter["in"] == "path" {
                let word = self.word();
                let word = if word.is_empty() {
                    "x".to_owned()
                } else {
                    encode(&word)
                };
                address = address.replace(&format!("{{{name}}}"), &word);
            } else if parameter["in"] == "query" && self.rng.bool() {
                query.push(format!("{name}={}", encode(&self.word())));
            }
        }
        if !query.is_empty() {
            address = format!("{address}?{}", query.join("&"));
        }
        let mut request = TestRequest::default()
            .method(method.clone())
            .uri(&address)
            .insert_header(("host", "localhost"));
        if let Some(bearer) = &self.bearer {
            request = request.insert_header(("authorization", bearer.clone()));
        }
        let body = &way["requestBody"]["content"]["application/json"]["schema"];
        let mut sent = String::new();
        if !body.is_null() {
            let body = self.value(&body.clone(), 0);
            (request, sent) = self.sent(request, &body);
        }
        for parameter in way["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] == "header" && self.rng.u8(..) < 200 {
                let name = parameter["name"].as_str().unwrap();
                let value = ["*", "\"x\"", "W/\"\"", "", "respond-async"][self.rng.usize(..5)];
                request = request.insert_header((name, value));
            }
        }
        (request, format!("{method} {address} {sent}"))
    }

    /// A body as it should be sent, or now and then otherwise: torn, deep, as something else, or twice.
    fn sent(&mut self, request: TestRequest, body: &Value) -> (TestRequest, String) {
        let text = body.to_string();
        let json = "application/json";
        let (kind, text) = match self.rng.u8(..40) {
            0 => ("text/plain", text),
            1 => ("application/x-www-form-urlencoded", text),
            2 => ("application/json; charset=utf-16", text),
            3 => (
                json,
                text[..text.floor_char_boundary(text.len() / 2)].to_owned(),
            ),
            4 => (json, format!("{text}{text}")),
            5 => (json, "[".repeat(5_000)),
            6 => (json, String::new()),
            7 => ("nonsense", text),
            _ => (json, text),
        };
        let shown = format!("{kind} {}", &text[..text.floor_char_boundary(300)]);
        let request = request.insert_header(("content-type", kind));
        (request.set_payload(text), shown)
    }

    /// The schema of an answer with a status, in a document of its own.
    fn promised(&self, way: &Value, status: StatusCode) -> Value {
        let answer = answer_of(way, status);
        let content = answer["content"].as_object();
        let schema = content.and_then(|content| content.values().next());
        let mut schema = schema.map_or(Value::Null, |content| content["schema"].clone());
        if let Some(object) = schema.as_object_mut() {
            object.insert("components".to_owned(), self.document["components"].clone());
        }
        schema
    }
}

/// What the document says of an answer with a status.
fn answer_of(way: &Value, status: StatusCode) -> &Value {
    let answers = &way["responses"];
    match &answers[status.as_str()] {
        Value::Null => &answers["default"],
        answer => answer,
    }
}

/// The headers that were promised and are not there.
fn missing(way: &Value, status: StatusCode, headers: &HeaderMap) -> Vec<String> {
    let promised = answer_of(way, status)["headers"].as_object();
    let names = promised.into_iter().flat_map(Map::keys);
    names
        .filter(|name| headers.get(name.as_str()).is_none_or(HeaderValue::is_empty))
        .cloned()
        .collect()
}

/// Letters that are part of an address as they are; a few stay encoded as they were.
fn encode(word: &str) -> String {
    if word.contains('%') {
        return word.to_owned();
    }
    percent_encoding::utf8_percent_encode(word, percent_encoding::NON_ALPHANUMERIC).to_string()
}

impl Scene {
    pub(crate) async fn get_json(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// A few scores are others, a title is gone.
    fn change_some(&self) {
        self.pass(std::time::Duration::from_hours(3));
        let mut world = self.simulator.world();
        for media in 1_000..1_006 {
            let entry = world.entry(1, media).unwrap().clone();
            let score = if entry.score == 10 { 20 } else { 10 };
            world.put_entry(anirewind_simulator::SimEntry { score, ..entry });
        }
        world.drop_entry(1, 1_010);
    }

    async fn newest_change(&self) -> String {
        let rows = self
            .app
            .changes(None, <_>::default(), None, 1)
            .await
            .unwrap();
        rows[0].id.to_string()
    }
}

#[actix_web::test]
async fn every_answer_has_the_shape_that_the_document_promises() {
    for seed in 0..seeds() {
        try_all(Caller::new(7 + seed).await).await;
    }
}

#[actix_web::test]
async fn to_who_has_a_key_every_answer_has_that_shape_too() {
    for seed in 0..seeds() {
        try_all(Caller::with_key(9 + seed).await).await;
    }
}

#[actix_web::test]
async fn every_answer_is_promised_a_name_and_what_is_read_or_made_a_mark_or_a_place() {
    let caller = Caller::new(8).await;
    let mut found = std::collections::BTreeMap::new();
    for item in caller.document["paths"].as_object().unwrap().values() {
        for way in item.as_object().unwrap().values() {
            for answer in way["responses"].as_object().unwrap().values() {
                let headers = answer["headers"].as_object().unwrap();
                assert!(headers.contains_key("X-Request-Id"), "{way}");
                for name in headers.keys() {
                    *found.entry(name.clone()).or_insert(0) += 1;
                }
            }
        }
    }
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found["ETag"] > 20 && found["Location"] > 10, "{found:?}");
}

async fn try_all(mut caller: Caller) {
    let paths = caller.document["paths"].as_object().unwrap().clone();
    let (mut calls, mut well) = (0, 0);
    for (path, item) in &paths {
        for (method, way) in item.as_object().unwrap() {
            // A stream of events never ends.
            if path == "/api/v1/events" {
                continue;
            }
            let method: Method = method.to_uppercase().parse().unwrap();
            let mut statuses = std::collections::BTreeSet::new();
            for _ in 0..CALLS {
                let (request, what) = caller.call(&method, path, way);
                let (status, body, headers) = caller.scene.request(request).await;
                assert!(!status.is_server_error(), "{what}: {status} {body}");
                let missing = missing(way, status, &headers);
                assert!(missing.is_empty(), "{what}: {status} without {missing:?}");
                calls += 1;
                statuses.insert(status.as_u16());
                if status.is_success() {
                    well += 1;
                }
                let kind = headers
                    .get("content-type")
                    .map(|kind| kind.to_str().unwrap());
                if status == StatusCode::NO_CONTENT {
                    assert!(body.is_empty(), "{what}");
                    continue;
                }
                let is_json = kind.is_some_and(|kind| kind.contains("json"));
                if !is_json {
                    assert!(status.is_success(), "{what}: {status} {kind:?} {body}");
                    continue;
                }
                let schema = caller.promised(way, status);
                if schema.is_null() {
                    // A file as it lies there: it is promised, and its shape is its own.
                    let is_promised = !way["responses"][status.as_str()].is_null();
                    assert!(is_promised, "{what}: {status} is not in the document");
                    continue;
                }
                let answer: Value = serde_json::from_str(&body).unwrap();
                if !status.is_success() {
                    // Its shape names the codes there are, and the status of each.
                    assert_eq!(answer["status"], status.as_u16(), "{what}: {body}");
                }
                let shape = jsonschema::validator_for(&schema).unwrap();
                let wrong: Vec<String> = shape
                    .iter_errors(&answer)
                    .map(|error| error.to_string())
                    .collect();
                assert!(wrong.is_empty(), "{what}: {status} {wrong:?} {body}");
            }
        }
    }
    assert!(calls > 1_000, "{calls}");
    // Calls that are all refused would prove nothing.
    assert!(well > calls / 10, "{well} of {calls}");
}

#[actix_web::test]
async fn no_way_in_is_open_that_the_document_does_not_name() {
    let caller = Caller::new(8).await;
    let paths = caller.document["paths"].as_object().unwrap();
    for (path, item) in paths {
        let address = path.replace(['{', '}'], "");
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ] {
            let named = item.get(method.as_str().to_lowercase());
            // Another path of the same form may have it.
            let is_named = |(other, item): (&String, &Value)| {
                let is_alike = other.matches('/').count() == path.matches('/').count();
                is_alike
                    && other.contains('{')
                    && item.get(method.as_str().to_lowercase()).is_some()
            };
            if named.is_some() || paths.iter().any(is_named) {
                continue;
            }
            let request = TestRequest::default()
                .method(method.clone())
                .uri(&address)
                .insert_header(("host", "localhost"))
                .set_json(json!({}));
            let (status, body, _) = caller.scene.request(request).await;
            let body: Value = serde_json::from_str(&body).unwrap();
            let expected = StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(status, expected, "{method} {address}: {body}");
            assert_eq!(body["code"], "no-such-method", "{method} {address}");
        }
    }
    for address in ["/healthz", "/readyz", "/metrics"] {
        let request = TestRequest::delete()
            .uri(address)
            .insert_header(("host", "localhost"));
        let (status, ..) = caller.scene.request(request).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{address}");
    }
    for address in ["/healthz", "/readyz"] {
        let request = TestRequest::get().uri(address);
        let (_, _, headers) = caller
            .scene
            .request(request.insert_header(("host", "localhost")))
            .await;
        assert_eq!(
            headers.get("content-type").unwrap(),
            "text/plain; charset=utf-8"
        );
    }
}

#[actix_web::test]
async fn the_document_says_something_of_every_answer_and_where_it_is_asked_for() {
    let scene = Scene::new("hana").await;
    let document = scene.get_json("/api/v1/openapi.json").await;
    assert_eq!(document["servers"], Value::Null);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, way) in item.as_object().unwrap() {
            for (status, answer) in way["responses"].as_object().unwrap() {
                let words = answer["description"].as_str().unwrap_or_default();
                assert!(!words.is_empty(), "{method} {path} {status}");
            }
        }
    }
    // A file is neither a list of numbers nor text.
    let body = |path: &str, kind: &str| {
        let body = &document["paths"][path]["post"]["requestBody"]["content"][kind]["schema"];
        let name = body["$ref"].as_str().and_then(|at| at.rsplit('/').next());
        name.map_or_else(
            || body["type"].clone(),
            |name| document["components"]["schemas"][name]["format"].clone(),
        )
    };
    assert_eq!(body("/api/v1/imports", "application/json"), "object");
    let bytes = "application/octet-stream";
    assert_eq!(body("/api/v1/changes/import", bytes), "binary");
    let below = Scene::with(
        "hana",
        &[("ANIREWIND_PUBLIC_URL", "https://rw.example/ani")],
    )
    .await;
    let request = TestRequest::get()
        .uri("/ani/api/v1/openapi.json")
        .insert_header(("host", "rw.example"));
    let (status, document, _) = below.request(request).await;
    assert_eq!(status, StatusCode::OK, "{document}");
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["servers"], json!([{ "url": "/ani" }]));
}
