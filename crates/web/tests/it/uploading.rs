//! Files that somebody sends: how much of them waits, how much is held in memory, and who may have AniList asked.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use actix_web::web::Bytes;
use futures_util::StreamExt as _;
use serde_json::Value;

use crate::pages::Scene;

fn import(look: bool) -> TestRequest {
    TestRequest::default()
        .method(Method::POST)
        .uri(&format!("/api/v1/imports?look={look}&name=x.json"))
        .insert_header(("host", "localhost"))
        .insert_header(("origin", "http://localhost"))
}

type Piece = Result<Bytes, actix_web::error::PayloadError>;

/// A piece again and again, up to so many megabytes.
fn megabytes(count: usize, piece: &'static str) -> impl futures_util::Stream<Item = Piece> {
    blocks(count * 16, piece)
}

/// A piece again and again, in so many blocks of 64 kB.
fn blocks(count: usize, piece: &'static str) -> impl futures_util::Stream<Item = Piece> {
    let block = Bytes::from(piece.repeat(64 * 1024 / piece.len()));
    futures_util::stream::repeat(block).take(count).map(Ok)
}

fn once(text: impl Into<Bytes>) -> impl futures_util::Stream<Item = Piece> {
    futures_util::stream::iter([Ok(text.into())])
}

fn form() -> TestRequest {
    TestRequest::post()
        .uri("/backups/hana/import")
        .insert_header(("host", "localhost"))
        .insert_header(("origin", "http://localhost"))
        .insert_header(("content-type", "multipart/form-data; boundary=----x"))
}

fn head(name: &str) -> String {
    format!(
        "------x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n"
    )
}

/// The most memory this process ever had, in megabytes; nothing where the system does not say.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}

const MEASURED: &str = "ANIREWIND_TEST_MEASURED";
const TITLE: &str = "{\"id\":1,\"userId\":1,\"mediaId\":1,\"customLists\":[\"a\",\"b\"],\
    \"advancedScores\":{\"a\":1},\"media\":null},";

/// Not a test of its own: what the next one measures, in a process in which nothing else was done.
#[expect(clippy::print_stdout, reason = "what was measured is said")]
#[expect(
    clippy::disallowed_methods,
    reason = "the process that is measured is told so by its environment"
)]
#[actix_web::test]
async fn the_process_that_is_measured() {
    if std::env::var(MEASURED).is_err() {
        return;
    }
    let scene = Scene::new("hana").await;
    let Some(before) = peak() else {
        return;
    };
    let list = (
        "{\"user\":{\"id\":1,\"name\":\"x\"},\"lists\":[{\"entries\":[",
        "]}]}",
    );
    let title = TITLE.trim_end_matches(',');
    // What is refused for what it holds, and as much as is not.
    for (start, piece, size, end) in [
        ("{\"x\":[", "[],", 480, "0]}"),
        ("{\"x\":[", "[[[[[[[[", 480, "0]}"),
        ("{\"x\":[", "0,", 600, "0]}"),
        ("{\"x\":[", "0,", 44, "0]}"),
        ("{\"x\":[", "{\"a\":0},", 16, "0]}"),
        ("{\"x\":[", "\"\\u0000\",", 150, "0]}"),
        ("{\"x\":[\"", "\\u0000", 600, "\"]}"),
        (list.0, TITLE, 600, &format!("{title}{}", list.1)),
        (list.0, TITLE, 210, &format!("{title}{}", list.1)),
        (
            &format!("{}{{\"customLists\":[", list.0),
            "\"a\",",
            200,
            &format!("\"a\"],\"id\":1,\"userId\":1,\"mediaId\":1}}{}", list.1),
        ),
    ] {
        let all = (0..4).map(|_| {
            let whole = once(start.to_owned()).chain(blocks(size, piece));
            scene.drip(import(true), whole.chain(once(end.to_owned())))
        });
        for (status, body) in futures_util::future::join_all(all).await {
            assert_eq!(status, StatusCode::OK, "{body}");
            let body: Value = serde_json::from_str(&body).unwrap();
            let all = ["files", "unreadable"].map(|of| body[of].as_array().unwrap().len());
            assert_eq!(all.iter().sum::<usize>(), 1, "{piece}: {body}");
        }
        println!("{piece}: {} MB more than before", peak().unwrap() - before);
    }
    // One after the other, and none as large as it would like to become.
    let after = peak().unwrap();
    assert!(after - before < MOST, "{before} MB, then {after} MB");
}

/// The largest list that is read has 150,000 titles of 2 to 3 kB each, and takes the most; what is strange takes less.
const MOST: usize = 600;

#[actix_web::test]
async fn what_is_wrong_is_said_of_a_file_by_the_name_that_its_owner_knows() {
    let scene = Scene::new("hana").await;
    for name in ["list.txt", "list.json", "list.txt.json"] {
        let request = TestRequest::default()
            .method(Method::POST)
            .uri(&format!("/api/v1/imports?look=true&name={name}"))
            .insert_header(("host", "localhost"))
            .insert_header(("origin", "http://localhost"))
            .set_payload("no snapshot");
        let (status, body, _) = scene.request(request).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        let words = body["unreadable"][0].as_str().unwrap();
        assert!(words.starts_with(&format!("{name} is not JSON")), "{body}");
    }
}

#[test]
fn many_hostile_files_at_once_take_no_more_memory_than_one() {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let name = "uploading::the_process_that_is_measured";
    child
        .args(["--exact", name, "--nocapture"])
        .env(MEASURED, "yes")
        // What is in use is measured, and not what glibc keeps for each thread of what was in use.
        .env("MALLOC_ARENA_MAX", "1");
    let output = child.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

#[actix_web::test]
async fn what_is_no_form_is_refused_before_there_is_much_of_it() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let field = "------x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n";
    let unnamed =
        "------x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"\"\r\n\r\n\r\n";
    for (start, piece) in [
        // Before the first part, before what a part is, instead of a value, parts without end.
        ("", "x"),
        ("------x\r\nX: ", "x"),
        ("------x", " "),
        (field, "\r\n"),
        ("", field),
        ("", unnamed),
    ] {
        let pulled = std::rc::Rc::new(std::cell::Cell::new(0));
        let count = pulled.clone();
        let all = once(start).chain(megabytes(30, piece));
        let all = all.inspect(move |_| count.set(count.get() + 1));
        let (status, page) = scene.drip(form(), all).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{start}{piece}: {page}");
        assert!(pulled.get() < 40, "{} blocks of {piece}", pulled.get());
    }
    assert_eq!(waiting(&scene).len(), 0);
    // Many that are small are not too much.
    let files = (0..600).map(|n| head(&format!("{n}.json")) + "0\r\n");
    let all = files.collect::<String>() + "------x--\r\n";
    let all = all.as_bytes().chunks(20_000);
    let all: Vec<Piece> = all.map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let (status, page) = scene.drip(form(), futures_util::stream::iter(all)).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains("599.json"), "{page}");
}

fn waiting(scene: &Scene) -> Vec<String> {
    let waiting = std::fs::read_dir(scene.data.path().join("uploads"));
    let waiting = waiting.into_iter().flatten();
    let names = waiting.map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).collect()
}

#[actix_web::test]
async fn what_breaks_off_waits_for_nobody_and_nothing_is_no_file() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let whole = format!("{}{{}}\r\n------x--\r\n", head("a.json"));
    let broken =
        futures_util::stream::iter([Err(actix_web::error::PayloadError::Incomplete(None))]);
    let (status, page) = scene.drip(form(), once(whole.clone()).chain(broken)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{page}");
    assert_eq!(waiting(&scene).len(), 0);
    assert_eq!(scene.drip(form(), once(whole)).await.0, StatusCode::OK);
    assert_eq!(waiting(&scene).len(), 1);
    let (status, body) = scene.drip(import(true), once("")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    assert!(body.contains("no file was sent"), "{body}");
    assert_eq!(waiting(&scene).len(), 1);
}

#[actix_web::test]
async fn a_file_and_all_that_wait_have_a_limit_that_is_said() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let (status, body) = scene.drip(import(true), megabytes(41, " ")).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(body.contains("a file is larger than 40 MB"), "{body}");
    // Somebody sends file after file and never says a word about them.
    let send = async || {
        let head = once(head("a.json"));
        let end = once("\r\n------x--\r\n");
        scene
            .drip(form(), head.chain(megabytes(38, " ")).chain(end))
            .await
    };
    for _ in 0..5 {
        let (status, page) = send().await;
        assert_eq!(status, StatusCode::OK, "{page}");
    }
    let (status, page) = send().await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{page}");
    assert!(
        page.contains("More than 200 MB wait to be taken or dropped"),
        "{page}"
    );
    assert!(page.contains("forgotten after a day"), "{page}");
    let ids = waiting(&scene);
    assert_eq!(ids.len(), 5);
    // With one dropped there is room again.
    scene.app.drop_upload(&ids[0]).await.unwrap();
    assert_eq!(send().await.0, StatusCode::OK);
}

#[actix_web::test]
async fn a_key_that_may_only_read_has_anilist_asked_nothing() {
    let (scene, cookie) = Scene::claimed(&[]).await;
    scene.capture().await;
    let reader = scene.app.add_key("reader", false).await.unwrap();
    let compare = |path: &str| {
        TestRequest::get()
            .uri(path)
            .insert_header(("host", "localhost"))
    };
    let requests = scene.simulator.traffic().requests;
    let bearer = ("authorization", format!("Bearer {reader}"));
    for path in [
        "/api/v1/compare?from=latest&to=live",
        "/api/v1/compare?from=live&to=latest",
    ] {
        let request = compare(path).insert_header(bearer.clone());
        let (status, body, _) = scene.request(request).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{body}");
        assert!(body.contains("read-only-key"), "{body}");
    }
    assert_eq!(scene.simulator.traffic().requests, requests);
    let own = compare("/api/v1/compare?from=latest&to=latest").insert_header(bearer);
    assert_eq!(scene.request(own).await.0, StatusCode::OK);
    let person = compare("/api/v1/compare?from=latest&to=live").insert_header(("cookie", cookie));
    assert_eq!(scene.request(person).await.0, StatusCode::OK);
}

#[actix_web::test]
async fn a_history_that_is_sent_is_taken_over_once() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let send = |what: &'static [u8]| {
        let request = TestRequest::post()
            .uri("/api/v1/changes/import?profile=hana")
            .insert_header(("host", "localhost"))
            .insert_header(("origin", "http://localhost"));
        scene.drip(request, once(what))
    };
    let file = include_bytes!("../../../store/tests/files/plexanibridge.db");
    let (status, body) = send(file).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&body["taken"], &body["already"]), (&5.into(), &0.into()));
    assert_eq!(body["leftOut"].as_array().unwrap().len(), 1, "{body}");
    let (_, again) = send(file).await;
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!((&again["taken"], &again["already"]), (&0.into(), &5.into()));
    for nothing in [&b"not SQLite"[..], b""] {
        let (status, body) = send(nothing).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(!body.contains("uploads"), "{body}");
    }
    // Whatever came of it, nothing of it lies around.
    let uploads = std::fs::read_dir(scene.data.path().join("uploads")).unwrap();
    assert_eq!(uploads.count(), 0);
}
