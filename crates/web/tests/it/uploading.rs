//! Files that somebody sends: how much of them waits, how much is held in memory, and who may have AniList asked.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use actix_web::web::Bytes;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::pages::Scene;

fn import(look: bool) -> TestRequest {
    TestRequest::default()
        .method(Method::POST)
        .uri(&format!("/api/v1/imports?look={look}&name=x.json"))
        .insert_header(("host", "localhost"))
        .insert_header(("origin", "http://localhost"))
}

/// A piece again and again, up to so many megabytes.
fn megabytes(
    count: usize,
    piece: &'static str,
) -> impl futures_util::Stream<Item = Result<Bytes, actix_web::error::PayloadError>> {
    let block = Bytes::from(piece.repeat(64 * 1024 / piece.len()));
    futures_util::stream::repeat(block).take(count * 16).map(Ok)
}

/// The most memory this process ever had, in megabytes; nothing where the system does not say.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}

#[expect(clippy::print_stdout, reason = "what was measured is said")]
#[actix_web::test]
async fn many_hostile_files_at_once_take_no_more_memory_than_one() {
    let scene = Scene::new("hana").await;
    let before = peak();
    // What is refused for what it holds, and as much as is not.
    for (piece, size) in [
        ("[],", 30),
        ("[[[[[[[[", 30),
        ("0,", 3),
        ("{\"a\":0},", 5),
        ("\"\\u0000\",", 15),
    ] {
        let all = (0..4).map(|_| {
            let opening = futures_util::stream::iter([Ok(Bytes::from("{\"x\":["))]);
            let end = futures_util::stream::iter([Ok(Bytes::from("0]}"))]);
            let whole = opening.chain(megabytes(size, piece)).chain(end);
            scene.drip(import(true), whole)
        });
        for (status, body) in futures_util::future::join_all(all).await {
            assert_eq!(status, StatusCode::OK, "{body}");
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["files"], json!([]), "{piece}");
            assert_eq!(body["unreadable"].as_array().unwrap().len(), 1);
        }
        if let (Some(before), Some(now)) = (before, peak()) {
            println!("{piece}: {} MB more than before", now - before);
        }
    }
    // One after the other, and none as large as it would like to become.
    if let (Some(before), Some(after)) = (before, peak()) {
        assert!(after - before < 400, "{before} MB, then {after} MB");
    }
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
        let boundary = "----x";
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.json\"\r\n\r\n"
        );
        let head = futures_util::stream::iter([Ok(Bytes::from(head))]);
        let end = futures_util::stream::iter([Ok(Bytes::from(format!("\r\n--{boundary}--\r\n")))]);
        let request = TestRequest::post()
            .uri("/backups/hana/import")
            .insert_header(("host", "localhost"))
            .insert_header(("origin", "http://localhost"))
            .insert_header((
                "content-type",
                format!("multipart/form-data; boundary={boundary}"),
            ));
        scene
            .drip(request, head.chain(megabytes(38, " ")).chain(end))
            .await
    };
    for _ in 0..5 {
        let (status, page) = send().await;
        assert_eq!(status, StatusCode::OK, "{page}");
    }
    let (status, page) = send().await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{page}");
    assert!(
        page.contains("More than 200 MB wait to be taken or dropped"),
        "{page}"
    );
    assert!(page.contains("forgotten after a day"), "{page}");
    let uploads = scene.data.path().join("uploads");
    let waiting = std::fs::read_dir(&uploads).unwrap();
    let ids: Vec<_> = waiting.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(ids.len(), 5);
    // With one dropped there is room again.
    let id = ids[0].to_str().unwrap();
    scene.app.drop_upload(id).await.unwrap();
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
