//! Nobody is kept waiting for ever, and nobody keeps the server waiting.

use std::cell::RefCell;
use std::fmt;
use std::sync::Once;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use anirewind_web::Waits;
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::access::form;
use crate::pages::Scene;
use crate::wire::{Wire, all};

thread_local! {
    /// Lines of the log as they are written on this thread.
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Listens to all of the process, each thread for itself: what is said is decided once for all threads.
struct Lines;

impl Lines {
    fn listen() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            tracing::subscriber::set_global_default(Self).unwrap();
            tracing::callsite::rebuild_interest_cache();
        });
        LINES.take();
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        use fmt::Write as _;
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("anirewind_web")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        LINES.with_borrow_mut(|lines| lines.push(line.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[actix_web::test]
async fn a_request_that_is_given_up_is_noted_as_one_that_was_answered() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let scene = scene.hurried();
    let lock = std::fs::File::create(scene.data.path().join("folder.lock")).unwrap();
    lock.lock().unwrap();
    Lines::listen();
    let keep = "/api/v1/snapshots/latest/keep";
    let request = TestRequest::put().uri(keep).set_json(json!({}));
    let request = request.insert_header(("host", "localhost"));
    let (status, ..) = scene.request(request).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let lines = LINES.take();
    let is_it = |line: &&String| line.contains("message=answered ");
    let answered: Vec<_> = lines.iter().filter(is_it).collect();
    assert_eq!(answered.len(), 1, "{lines:?}");
    assert!(
        answered[0].contains("status=503") && answered[0].contains(keep),
        "{answered:?}"
    );
    // Where nobody reads what is sent, it is refused at once, however long it is said to be.
    for long in LONG {
        let request = TestRequest::delete().uri("/api/v1/snapshots/latest");
        let request = request
            .insert_header(("host", "localhost"))
            .insert_header(long);
        let (status, body, _) = scene.request(request).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{long:?}: {body}");
    }
}

/// What a request is sent with that says that much will follow, or does not say how much.
const LONG: [(&str, &str); 2] = [
    ("content-length", "2000000"),
    ("transfer-encoding", "chunked"),
];

#[actix_web::test]
async fn only_who_sends_a_file_has_the_time_that_it_needs() {
    let (scene, cookie) = Scene::claimed(&[]).await;
    scene.capture().await;
    let scene = scene.hurried();
    tokio::time::pause();
    // The first byte, and never another.
    let send = async |method: Method, path: &str, kind: &'static str, long| {
        let first = futures_util::stream::iter([Ok("{".into())]);
        let request = TestRequest::default().method(method).uri(path);
        let request = request
            .insert_header(("host", "localhost"))
            .insert_header(("origin", "http://localhost"))
            .insert_header(("cookie", cookie.clone()))
            .insert_header(("content-type", kind))
            .insert_header(long);
        let silent = first.chain(futures_util::stream::pending());
        let began = tokio::time::Instant::now();
        let (status, body) = scene.drip(request, silent).await;
        (status, began.elapsed(), body)
    };
    let json = "application/json";
    let url = "application/x-www-form-urlencoded";
    for long in LONG {
        for (method, path, kind) in [
            (Method::POST, "/api/v1/plans/restore", json),
            (Method::PUT, "/api/v1/snapshots/latest/keep", json),
            (Method::PATCH, "/api/v1/settings", json),
            (Method::POST, "/login", url),
            (Method::POST, "/settings", url),
            (Method::POST, "/backups/hana/import/take", url),
        ] {
            let (status, took, body) = send(method, path, kind, long).await;
            // What is too much is refused before any of it arrives.
            let expected = match long.0 {
                "content-length" => StatusCode::PAYLOAD_TOO_LARGE,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            };
            assert_eq!(status, expected, "{path} {long:?}: {body}");
            assert!(took < Duration::from_secs(2), "{path}: {took:?}");
        }
        for (path, kind) in [
            ("/api/v1/imports?name=x.json", json),
            ("/api/v1/changes/import", "application/octet-stream"),
            (
                "/backups/hana/import",
                "multipart/form-data; boundary=----x",
            ),
        ] {
            let (status, took, body) = send(Method::POST, path, kind, long).await;
            assert_eq!(status, StatusCode::REQUEST_TIMEOUT, "{path}: {body}");
            assert!(took > Duration::from_secs(19), "{path}: {took:?}");
        }
    }
    tokio::time::resume();
}

#[actix_web::test]
async fn a_form_that_is_too_much_says_so() {
    let (scene, cookie) = Scene::claimed(&[]).await;
    let huge = "a".repeat(1024 * 1024);
    for (path, cookie) in [
        ("/login", None),
        ("/setup", None),
        ("/settings", Some(cookie.as_str())),
    ] {
        let body = format!("password={huge}");
        let request = form(Method::POST, path, &body, cookie);
        let (status, page, _) = scene.request(request).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{path}: {page}");
        assert!(page.contains("More than 1024 kB were sent."), "{page}");
        assert!(page.contains("Nothing was changed."), "{page}");
        // Of the length that it is said to have, too, and of one that is not said.
        let block = actix_web::web::Bytes::from("a".repeat(64 * 1024));
        let blocks = futures_util::stream::repeat(block).take(17).map(Ok);
        let request = form(Method::POST, path, "", cookie);
        let (status, _) = scene.drip(request, blocks).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
    // What is still taken is looked at.
    let body = format!("password={}", "a".repeat(1_000_000));
    let request = form(Method::POST, "/login", &body, None);
    assert_eq!(scene.request(request).await.0, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn whoever_does_not_say_what_he_wants_is_hung_up_on() {
    let scene = Scene::new("hana").await;
    let patient = Wire::new(&scene, Waits::default());
    let hurried = Waits {
        head: Duration::from_millis(50),
        ..Waits::default()
    };
    let hurried = Wire::new(&scene, hurried);
    let half = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    // Begun first, and still open when the other is not any more: it is the limit that closes.
    let waits = patient.say(half).await;
    let answer = all(hurried.say(half).await).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let mut byte = [0];
    let open = waits.try_read(&mut byte).unwrap_err();
    assert_eq!(open.kind(), std::io::ErrorKind::WouldBlock);
    drop(waits);
    // Whoever says all of it in time is answered.
    let whole = "GET /healthz HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n";
    let answer = patient.ask(whole).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    hurried.end().await;
    patient.end().await;
}

#[actix_web::test]
async fn strangers_get_one_answer_to_a_connection() {
    let whole = "GET /healthz HTTP/1.1\r\nHost: HOST\r\n";
    let answers = |answer: &str| answer.matches("HTTP/1.1 200 ").count();
    // The second request never ends, and nothing waits for it.
    let half = format!("{whole}\r\n{whole}X-Slow: ");
    let locked = Scene::with("hana", &[]).await;
    let wire = Wire::new(&locked, Waits::default());
    let answer = tokio::time::timeout(Duration::from_mins(1), wire.ask(&half)).await;
    let answer = answer.expect("it is kept open");
    assert_eq!(answers(&answer), 1, "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"));
    // Whatever it is that they are told.
    for (status, first) in [
        (403, "GET / HTTP/1.1\r\nHost: elsewhere.example\r\n"),
        (
            403,
            "POST /login HTTP/1.1\r\nHost: HOST\r\nOrigin: http://elsewhere.example\r\n",
        ),
        (401, "POST /api/v1/snapshots HTTP/1.1\r\nHost: HOST\r\n"),
        (401, "GET /api/v1/snapshots HTTP/1.1\r\nHost: HOST\r\n"),
        (
            415,
            "POST /login HTTP/1.1\r\nHost: HOST\r\nContent-Encoding: gzip\r\n",
        ),
        (404, "GET /assets/nothing HTTP/1.1\r\nHost: HOST\r\n"),
    ] {
        let asked = format!("{first}\r\nG");
        let answer = tokio::time::timeout(Duration::from_mins(1), wire.ask(&asked)).await;
        let answer = answer.expect(first);
        let expected = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&expected), "{first}: {answer}");
        let words = answer.to_lowercase();
        assert!(words.contains("connection: close"), "{first}: {answer}");
    }
    wire.end().await;
    // Whoever is in, as everybody is where login is off, goes on.
    let open = Scene::new("hana").await;
    let wire = Wire::new(&open, Waits::default());
    let answer = wire
        .ask(&format!("{whole}\r\n{whole}Connection: close\r\n\r\n"))
        .await;
    assert_eq!(answers(&answer), 2, "{answer}");
    wire.end().await;
}

#[actix_web::test]
async fn whoever_asks_for_the_head_of_an_answer_gets_no_more_of_it() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let wire = Wire::new(&scene, Waits::default());
    for path in [
        "/healthz",
        "/readyz",
        "/",
        "/api/v1/snapshots",
        "/assets/style.css",
    ] {
        let ask = async |method: &str| {
            let words =
                format!("{method} {path} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n");
            let answer = wire.ask(&words).await;
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let status = head.lines().next().unwrap().to_owned();
            (status, body.to_owned())
        };
        let (whole, head) = (ask("GET").await, ask("HEAD").await);
        assert_eq!(head, (whole.0, String::new()), "{path}");
        assert!(!whole.1.is_empty(), "{path}");
    }
    // Of what would never end there is the head as well.
    let words = "HEAD /api/v1/events HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n";
    let answer = wire.ask(words).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    wire.end().await;
}

#[actix_web::test]
async fn what_nobody_reads_keeps_no_connection_open_however_slowly_it_comes() {
    let locked = Scene::with("hana", &[]).await;
    let wire = Wire::new(&locked, Waits::default());
    let drip = async |first: &str| {
        let begin = format!("{first}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
        let mut stream = wire.begin(&begin).await;
        let dripping = async {
            while stream.write_all(b"1\r\na\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        let over = tokio::time::timeout(Duration::from_secs(90), dripping).await;
        assert!(over.is_ok(), "{first}: it is kept open");
    };
    let all = [
        "GET /healthz HTTP/1.1\r\nHost: HOST\r\n",
        // The one that is read, and takes too long.
        "POST /theme HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\n",
        "POST /api/v1/looks HTTP/1.1\r\nHost: HOST\r\n",
        "GET / HTTP/1.1\r\nHost: elsewhere.example\r\n",
        "POST /nothing HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\n",
    ];
    futures_util::future::join_all(all.map(drip)).await;
    wire.end().await;
}
