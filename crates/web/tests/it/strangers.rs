//! What strangers send that no browser would, letter by letter, and what a key tries where people are asked for.

use std::cell::Cell;
use std::rc::Rc;

use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use anirewind_web::Waits;
use futures_util::StreamExt as _;
use serde_json::json;

use crate::access::{PASSWORD, cookie_of, form, location};
use crate::pages::Scene;
use crate::routes::routes;
use crate::wire::Wire;

/// Nobody has to log in here: whoever gets in sees everything.
#[actix_web::test]
async fn what_is_no_request_for_this_server_is_refused_on_the_wire() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let wire = Wire::new(&scene, Waits::default());
    let status = "/api/v1/status";
    let rows = [
        ("as it should be", format!("GET {status} HTTP/1.1\r\nHost: HOST"), 200),
        ("its own name in the target, too", format!("GET http://HOST{status} HTTP/1.1\r\nHost: HOST"), 200),
        ("two names", format!("GET {status} HTTP/1.1\r\nHost: HOST\r\nHost: evil.example"), 400),
        ("two names, the other first", format!("GET {status} HTTP/1.1\r\nHost: evil.example\r\nHost: HOST"), 400),
        ("the same name twice", format!("GET {status} HTTP/1.1\r\nHost: HOST\r\nHost: HOST"), 400),
        ("no name", format!("GET {status} HTTP/1.1\r\nAccept: */*"), 400),
        ("no name, as of old", format!("GET {status} HTTP/1.0\r\nAccept: */*"), 403),
        ("another name in the target", format!("GET http://evil.example{status} HTTP/1.1\r\nHost: HOST"), 403),
        ("ours in the target alone", format!("GET http://HOST{status} HTTP/1.1\r\nHost: evil.example"), 403),
        ("somebody at ours", format!("GET http://evil.example@HOST{status} HTTP/1.1\r\nHost: HOST"), 403),
        ("another server", "CONNECT evil.example:80 HTTP/1.1\r\nHost: HOST".to_owned(), 403),
        ("a line in a header", format!("GET {status} HTTP/1.1\r\nHost: HOST\r\nX-A: a\rX-Stolen: 1"), 400),
        ("a header in two lines", format!("GET {status} HTTP/1.1\r\nHost: HOST\r\nX-A: a\r\n b: c"), 400),
        ("an end in a header", format!("GET {status} HTTP/1.1\r\nHost: HOST\r\nX-A: a\0b"), 400),
        ("a space before the colon", format!("GET {status} HTTP/1.1\r\nHost: HOST\r\nX-A : a"), 400),
        ("a line in the target", format!("GET {status}\rX HTTP/1.1\r\nHost: HOST"), 400),
        ("a header in the target", format!("GET {status}\r\nX-Stolen: 1 HTTP/1.1\r\nHost: HOST"), 400),
        ("two lengths", "POST /api/v1/looks HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nContent-Length: 2".to_owned(), 400),
        ("two ways to end", "POST /api/v1/looks HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nTransfer-Encoding: chunked".to_owned(), 400),
        ("encoded lines", "GET /%0d%0aX-Stolen:%201 HTTP/1.1\r\nHost: HOST".to_owned(), 404),
        ("up, encoded twice", "GET /%252e%252e/%252e%252e/etc/passwd HTTP/1.1\r\nHost: HOST".to_owned(), 404),
        ("up from assets, encoded twice", "GET /assets/%252e%252e%252fCargo.toml HTTP/1.1\r\nHost: HOST".to_owned(), 404),
        ("a file for a snapshot", "GET /api/v1/snapshots/%252e%252e%252fx/file HTTP/1.1\r\nHost: HOST".to_owned(), 400),
    ];
    let mut wrong = Vec::new();
    for (what, request, expected) in rows {
        let request = format!("{request}\r\nConnection: close\r\n\r\n");
        let answer = wire.ask(&request).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        let status = head.split(' ').nth(1).unwrap_or_default();
        let is_told = body.contains("hana");
        let is_stolen = head.to_lowercase().contains("x-stolen");
        if status != expected.to_string() || is_told != (expected == 200) || is_stolen {
            wrong.push(format!("{what}: {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    wire.end().await;
}

#[actix_web::test]
async fn of_a_hundred_who_claim_at_once_one_wins() {
    let scene = Scene::with("hana", &[]).await;
    let (code, file) = scene.app.setup_code().await.unwrap().unwrap();
    let claim = |number: usize| {
        let body = format!("code={code}&password={PASSWORD}+{number}");
        // Each from somewhere else, so that none is slowed down.
        let from = format!("10.0.0.{number}:5000").parse().unwrap();
        form(Method::POST, "/setup", &body, None).peer_addr(from)
    };
    let claims = (0..100).map(|number| scene.request(claim(number)));
    let answers = futures_util::future::join_all(claims).await;
    let mut won = Vec::new();
    for (number, (status, page, headers)) in answers.iter().enumerate() {
        assert_eq!(*status, StatusCode::SEE_OTHER, "{page}");
        match (location(headers), cookie_of(headers, "anirewind")) {
            ("/", Some(cookie)) => won.push((number, cookie)),
            ("/login", None) => {}
            other => panic!("{number}: {other:?}"),
        }
    }
    assert_eq!(won.len(), 1, "{won:?}");
    let (winner, cookie) = won.remove(0);
    assert_eq!(scene.app.sessions().await.unwrap().len(), 1);
    let inside = form(Method::GET, "/security", "", Some(&cookie));
    assert_eq!(scene.request(inside).await.0, StatusCode::OK);
    // It is the password of the one who won, and the way is closed.
    let body = format!("password={PASSWORD}+{winner}");
    let (_, _, headers) = scene
        .request(form(Method::POST, "/login", &body, None))
        .await;
    assert!(cookie_of(&headers, "anirewind").is_some());
    assert!(!file.exists());
    for request in [claim(101), form(Method::GET, "/setup", "", None)] {
        let (status, page, headers) = scene.request(request).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
        assert!(cookie_of(&headers, "anirewind").is_none());
        assert!(["/", "/login"].contains(&location(&headers)), "{headers:?}");
    }
    assert_eq!(scene.app.sessions().await.unwrap().len(), 2);
}

#[actix_web::test]
async fn what_is_compressed_is_refused_before_any_of_it_is_read() {
    let (scene, cookie) = Scene::claimed(&[]).await;
    for (path, expected) in [
        ("/login", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("/settings", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("/backups/hana/import", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("/api/v1/plans/restore", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("/api/v1/imports", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        for encodings in [
            &["gzip"][..],
            &["br"],
            &["identity", "gzip"],
            &["gzip, gzip"],
        ] {
            let mut request = form(Method::POST, path, "", Some(&cookie));
            for encoding in encodings {
                request = request.append_header(("content-encoding", *encoding));
            }
            let is_read = Rc::new(Cell::new(false));
            let reads = Rc::clone(&is_read);
            let bomb = futures_util::stream::repeat_with(move || {
                reads.set(true);
                Ok(actix_web::web::Bytes::from_static(&[0; 1024]))
            });
            let (status, body) = scene.drip(request, bomb).await;
            assert_eq!(status, expected, "{path} {encodings:?}: {body}");
            assert!(
                body.contains("ompressed") && !is_read.get(),
                "{path}: {body}"
            );
            let is_api = path.starts_with("/api/");
            assert!(
                !is_api || body.contains("\"code\":\"compressed\""),
                "{body}"
            );
        }
    }
}

/// A body that goes on for ever is read up to the limit and no further.
#[actix_web::test]
async fn nobody_reads_a_body_without_end() {
    let (scene, cookie) = Scene::claimed(&[]).await;
    let json = "application/json";
    let url = "application/x-www-form-urlencoded";
    for (method, path, kind) in [
        (Method::POST, "/api/v1/plans/restore", json),
        (Method::POST, "/api/v1/profiles", json),
        (Method::POST, "/api/v1/keys", json),
        (Method::PUT, "/api/v1/password", json),
        (Method::POST, "/setup", url),
        (Method::POST, "/security/keys", url),
        (Method::POST, "/theme", url),
    ] {
        let count = Rc::new(Cell::new(0));
        let counts = Rc::clone(&count);
        let block = actix_web::web::Bytes::from("a".repeat(64 * 1024));
        let blocks = futures_util::stream::repeat(block).map(move |block| {
            counts.set(counts.get() + 1);
            Ok(block)
        });
        let request = form(method, path, "", Some(&cookie))
            .insert_header(("content-type", kind))
            .insert_header(("transfer-encoding", "chunked"));
        let (status, body) = scene.drip(request, blocks).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{path}: {body}");
        assert!((16..=18).contains(&count.get()), "{path}: {}", count.get());
    }
}

/// Whether anything that was sent became a header, or a cookie, of its own.
fn is_clean(headers: &HeaderMap) -> bool {
    let mut cookies = headers.get_all("set-cookie");
    let is_ours = |cookie: &str| {
        let (name, rest) = cookie.split_once('=').unwrap();
        let ours = ["anirewind", "keys", "said", "theme", "times", "titles"];
        ours.contains(&name) && !rest.to_lowercase().contains("domain=")
    };
    !headers.contains_key("x-stolen") && cookies.all(|cookie| is_ours(cookie.to_str().unwrap()))
}

#[actix_web::test]
async fn no_header_has_a_line_or_a_word_that_somebody_else_wrote() {
    let (scene, cookie) = Scene::claimed(&[]).await;
    scene.capture().await;
    let evil = [
        "x%0d%0aX-Stolen:%201",
        "/%0d%0aSet-Cookie:%20stolen=1",
        "x;%20Domain=evil.example",
        "/%250d%250aX-Stolen:%201",
        "%22;%20x=%22",
        "//evil.example",
    ];
    for evil in evil {
        for (path, body) in [
            ("/theme", format!("theme={evil}&back={evil}")),
            ("/theme", format!("theme=dark&back={evil}")),
            ("/times", format!("times={evil}&back={evil}")),
            ("/times", format!("times=utc&back={evil}")),
            ("/title-language", format!("titles={evil}&back={evil}")),
            ("/title-language", format!("language={evil}&back={evil}")),
            ("/keys", format!("keys={evil}")),
            (
                "/backups/hana/latest/note",
                format!("note={evil}&back={evil}"),
            ),
            (
                "/backups/hana/latest/keep",
                format!("name={evil}&label={evil}&back={evil}"),
            ),
            ("/security/keys", format!("name={evil}")),
            ("/login", format!("password={PASSWORD}&next={evil}")),
        ] {
            let request = form(Method::POST, path, &body, Some(&cookie));
            let (status, page, headers) = scene.request(request).await;
            assert!(!status.is_server_error(), "{path} {body}: {status} {page}");
            assert!(is_clean(&headers), "{path} {body}: {headers:?}");
            let to = location(&headers);
            let is_local = to.is_empty() || to.starts_with('/') && !to.starts_with("//");
            assert!(is_local, "{path} {body}: {to}");
        }
        for path in [
            format!("/nowhere/{evil}"),
            format!("/timeline/{evil}"),
            format!("/backups/{evil}"),
            format!("/?next={evil}"),
            format!("/api/v1/snapshots/{evil}/file"),
            format!("/api/v1/profiles?limit=1&below={evil}"),
        ] {
            let given = format!("{cookie}; said={evil}; theme={evil}; titles={evil}; times={evil}");
            for cookie in [None, Some(given.as_str())] {
                let request = form(Method::GET, &path, "", cookie);
                let (status, page, headers) = scene.request(request).await;
                assert!(!status.is_server_error(), "{path}: {status} {page}");
                assert!(is_clean(&headers), "{path}: {headers:?}");
            }
        }
    }
    assert_eq!(scene.app.sessions().await.unwrap().len(), 7);
}

/// In the folder are files that others put there and named. Those of which the name would be more than one in a
/// header are none of ours.
#[cfg(unix)]
#[actix_web::test]
async fn the_name_of_a_file_is_no_more_than_a_name() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let folder = scene.app.backups();
    let ours = scene.app.snapshots(None).await.unwrap().remove(0);
    for (path, ending) in [
        (format!("/api/v1/snapshots/{}/file", ours.id), "json"),
        (format!("/api/v1/snapshots/{}/csv", ours.id), "csv"),
        (
            format!("/backups/hana/{}/download?as=json", ours.id),
            "json",
        ),
        (format!("/backups/hana/{}/download?as=csv", ours.id), "csv"),
    ] {
        let (_, headers, _) = scene.download(&path).await;
        let said = headers.get("content-disposition").unwrap();
        let name = ours.file.replace(".json", "");
        let name = format!("attachment; filename=\"{name}.{ending}\"");
        assert_eq!(said, name.as_str(), "{path}");
        assert!(is_clean(&headers), "{path}: {headers:?}");
    }
    let whole = std::fs::read(folder.join(&ours.file)).unwrap();
    for name in [
        "plexanibridge-plain.20251004010202.json",
        "plexanibridge-a\"; filename=\"b.20251004010203.json",
        "plexanibridge-a\\\".20251004010204.json",
        "plexanibridge-a\r\nX-Stolen: 1.20251004010205.json",
    ] {
        std::fs::write(folder.join(name), &whole).unwrap();
    }
    let page = scene.get_json("/api/v1/snapshots").await;
    let files = page["items"].as_array().unwrap().iter();
    let files: Vec<_> = files.map(|row| row["file"].as_str().unwrap()).collect();
    assert_eq!(
        files,
        ["plexanibridge-plain.20251004010202.json", &ours.file]
    );
}

#[actix_web::test]
async fn a_key_presses_no_button_of_a_page() {
    let (scene, _) = Scene::claimed(&[]).await;
    scene.capture().await;
    let keys = [
        scene.app.add_key("writer", true).await.unwrap(),
        scene.app.add_key("reader", false).await.unwrap(),
    ];
    let mut pressed = 0;
    for route in routes() {
        // These ask nobody who they are: what they take is a password.
        let is_open = ["/login", "/setup"].contains(&route.as_str());
        if is_open || route.starts_with("/api/") {
            continue;
        }
        let path = route
            .replace("{profile}", "hana")
            .replace("{snapshot}", "latest")
            .replace("{media}", "1")
            .replace(['{', '}'], "");
        for key in &keys {
            for carried in [
                ("authorization", format!("Bearer {key}")),
                ("cookie", format!("anirewind={key}")),
            ] {
                let request = form(Method::POST, &path, "name=x&back=/", None);
                let (status, page, headers) = scene.request(request.insert_header(carried)).await;
                match status {
                    StatusCode::SEE_OTHER => {
                        let to = location(&headers);
                        assert!(to.starts_with("/login"), "{route}: {to}");
                        pressed += 1;
                    }
                    StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {}
                    _ => panic!("{route}: {status} {page}"),
                }
            }
        }
    }
    assert!(pressed > 100, "{pressed}");
    assert_eq!(scene.app.keys().await.unwrap().len(), 2);
    assert_eq!(scene.app.sessions().await.unwrap().len(), 1);
    assert_eq!(scene.app.snapshots(None).await.unwrap().len(), 1);
    assert!(scene.simulator.world().effects().is_empty());
}

#[actix_web::test]
async fn a_key_that_may_only_read_has_no_way_to_write() {
    let (scene, _) = Scene::claimed(&[]).await;
    scene.capture().await;
    let key = scene.app.add_key("reader", false).await.unwrap();
    let document = scene.get_json("/api/v1/openapi.json").await;
    let mut tried = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|it| *it != "get") {
            let path = path
                .replace("{reference}", "latest")
                .replace("{profile}", "hana")
                .replace(['{', '}'], "");
            let request = TestRequest::default()
                .method(method.to_uppercase().parse().unwrap())
                .uri(&path)
                .insert_header(("host", "localhost"))
                .insert_header(("authorization", format!("Bearer {key}")))
                .set_json(json!({}));
            let (status, body, _) = scene.request(request).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}: {body}");
            assert!(
                body.contains("\"code\":\"read-only-key\""),
                "{path}: {body}"
            );
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried}");
}
