//! Who comes in: the setup code, the password, sessions, and what other sites try.

use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;

use crate::pages::Scene;

pub(crate) const PASSWORD: &str = "a long enough password";

pub(crate) fn form(method: Method, path: &str, body: &str, cookie: Option<&str>) -> TestRequest {
    let request = TestRequest::default()
        .method(method)
        .uri(path)
        .insert_header(("host", "localhost"))
        .insert_header(("origin", "http://localhost"))
        .insert_header(("content-type", "application/x-www-form-urlencoded"))
        .set_payload(body.to_owned());
    match cookie {
        Some(cookie) => request.insert_header(("cookie", cookie.to_owned())),
        None => request,
    }
}

pub(crate) fn cookie_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all("set-cookie");
    let mut cookies = cookies.map(|cookie| cookie.to_str().unwrap().to_owned());
    cookies.find(|cookie| cookie.starts_with(name) && !cookie.starts_with(&format!("{name}=;")))
}

pub(crate) fn location(headers: &HeaderMap) -> &str {
    headers
        .get("location")
        .map_or("", |to| to.to_str().unwrap())
}

impl Scene {
    async fn post(
        &self,
        path: &str,
        body: &str,
        cookie: Option<&str>,
    ) -> (StatusCode, String, HeaderMap) {
        self.request(form(Method::POST, path, body, cookie)).await
    }

    async fn see(&self, path: &str, cookie: Option<&str>) -> (StatusCode, String, HeaderMap) {
        self.request(form(Method::GET, path, "", cookie)).await
    }

    /// Set up, and somebody who is in.
    pub(crate) async fn claimed(environment: &[(&str, &str)]) -> (Self, String) {
        let scene = Self::with("hana", environment).await;
        let (code, _) = scene.app.setup_code().await.unwrap().unwrap();
        scene.app.claim(&code, PASSWORD).await.unwrap();
        let session = scene.app.log_in(PASSWORD, "a browser", "127.0.0.1").await;
        let cookie = format!("anirewind={}", session.unwrap().expose());
        (scene, cookie)
    }
}

#[actix_web::test]
async fn a_fresh_installation_is_claimed_once_with_the_code_of_its_owner() {
    let scene = Scene::with("hana", &[]).await;
    let (status, _, headers) = scene.see("/", None).await;
    assert_eq!(
        (status, location(&headers)),
        (StatusCode::SEE_OTHER, "/setup")
    );
    let (code, file) = scene.app.setup_code().await.unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), code);
    let body = format!("code=wrong&password={PASSWORD}");
    let (status, page, _) = scene.post("/setup", &body, None).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("That is not the setup code") && !page.contains(&code));
    let (status, page, _) = scene
        .post("/setup", &format!("code={code}&password=short"), None)
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    // What was entered stays, but for the password.
    assert!(
        page.contains(&code) && page.contains("12 characters or more"),
        "{page}"
    );
    let body = format!("code={code}&password={PASSWORD}");
    let (status, _, headers) = scene.post("/setup", &body, None).await;
    assert_eq!((status, location(&headers)), (StatusCode::SEE_OTHER, "/"));
    let cookie = cookie_of(&headers, "anirewind").unwrap();
    for word in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert!(!file.exists());
    let (status, page, _) = scene.see("/", Some(&cookie)).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains("Log out"));
    let (_, _, headers) = scene.post("/setup", &body, None).await;
    assert_eq!(location(&headers), "/login");
}

#[actix_web::test]
async fn one_logs_in_goes_where_one_wanted_and_out_again() {
    let (scene, _) = Scene::claimed(&[]).await;
    let (status, _, headers) = scene.see("/?kind=added", None).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let way_in = location(&headers).to_owned();
    assert!(way_in.starts_with("/login?next="), "{way_in}");
    let (status, page, _) = scene
        .post("/login", "password=not+the+one+at+all", None)
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(page.contains("That is not the password"));
    for (next, to) in [
        ("%2F%3Fkind%3Dadded", "/?kind=added"),
        ("%2F%2Fevil.example", "/"),
        ("https%3A%2F%2Fevil.example", "/"),
    ] {
        let body = format!("password={PASSWORD}&next={next}");
        let (status, _, headers) = scene.post("/login", &body, None).await;
        assert_eq!((status, location(&headers)), (StatusCode::SEE_OTHER, to));
    }
    let body = format!("password={PASSWORD}");
    let (_, _, headers) = scene.post("/login", &body, None).await;
    let cookie = cookie_of(&headers, "anirewind").unwrap();
    assert_eq!(scene.see("/", Some(&cookie)).await.0, StatusCode::OK);
    let (_, _, headers) = scene.post("/logout", "", Some(&cookie)).await;
    assert_eq!(location(&headers), "/login");
    assert_eq!(scene.see("/", Some(&cookie)).await.0, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn wrong_passwords_are_slowed_down_and_say_for_how_long() {
    let (scene, _) = Scene::claimed(&[]).await;
    for _ in 0..5 {
        let (status, ..) = scene
            .post("/login", "password=wrong+wrong+wrong", None)
            .await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    let body = format!("password={PASSWORD}");
    let (status, page, headers) = scene.post("/login", &body, None).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.contains("try again in 3 seconds"), "{page}");
    assert!(headers.contains_key("retry-after"));
}

#[actix_web::test]
async fn sessions_end_when_the_password_changes_or_somebody_ends_them() {
    let (scene, cookie) = Scene::claimed(&[]).await;
    let other = scene
        .app
        .log_in(PASSWORD, "a phone", "192.168.1.2")
        .await
        .unwrap();
    let other = format!("anirewind={}", other.expose());
    let sessions = scene.app.sessions().await.unwrap();
    assert_eq!(sessions.len(), 2);
    let kept = cookie.split(['=', '.']).nth(1).unwrap().to_owned();
    let error = scene
        .app
        .change_password("wrong", "another long password", Some(&kept))
        .await;
    error.unwrap_err();
    let changed = scene
        .app
        .change_password(PASSWORD, "another long password", Some(&kept));
    changed.await.unwrap();
    assert_eq!(scene.see("/", Some(&cookie)).await.0, StatusCode::OK);
    assert_eq!(scene.see("/", Some(&other)).await.0, StatusCode::SEE_OTHER);
    scene.app.end_session(&kept).await.unwrap();
    assert_eq!(scene.see("/", Some(&cookie)).await.0, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn a_session_that_is_not_used_ends() {
    let (scene, cookie) = Scene::claimed(&[]).await;
    for (days, status) in [
        (29, StatusCode::OK),
        (29, StatusCode::OK),
        (31, StatusCode::SEE_OTHER),
    ] {
        scene.pass(std::time::Duration::from_hours(24 * days));
        assert_eq!(scene.see("/", Some(&cookie)).await.0, status, "{days}");
    }
    // A browser forgets it no sooner than that.
    let request = form(
        Method::POST,
        "/login",
        &format!("password={PASSWORD}"),
        None,
    );
    let (_, _, headers) = scene.request(request).await;
    let given = headers.get_all("set-cookie");
    let given: Vec<_> = given.map(|cookie| cookie.to_str().unwrap()).collect();
    let max_age = anirewind_core::SESSION_LIFETIME.whole_seconds();
    let words = format!("Max-Age={max_age}");
    assert!(
        given.iter().any(|cookie| cookie.contains(&words)),
        "{given:?}"
    );
}

#[actix_web::test]
async fn behind_a_proxy_with_a_path_everything_stands_below_it() {
    let url = [("ANIREWIND_PUBLIC_URL", "https://rewind.example/anilist")];
    let (scene, cookie) = Scene::claimed(&url).await;
    let ask = |path: &str| {
        TestRequest::get()
            .uri(path)
            .insert_header(("host", "rewind.example"))
            .insert_header(("cookie", cookie.clone()))
    };
    let (status, page, headers) = scene.request(ask("/anilist/")).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(headers.contains_key("strict-transport-security"));
    for part in page.split("href=\"").skip(1) {
        let address = part.split('"').next().unwrap();
        let is_ours = address.starts_with('/');
        assert!(!is_ours || address.starts_with("/anilist/"), "{address}");
    }
    let (status, ..) = scene.request(ask("/anilist/assets/style.css")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(scene.request(ask("/")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(scene.request(ask("/healthz")).await.0, StatusCode::OK);
    // As people type it, without what ends it.
    let (status, _, headers) = scene.request(ask("/anilist")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(headers.get("location").unwrap(), "/anilist/");
    // Outside of it there is nothing to be done either.
    let right = format!("password={PASSWORD}");
    let (status, _, headers) = scene
        .request(form(Method::POST, "/login", &right, None))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(headers.get("set-cookie").is_none());
    let (_, _, headers) = scene
        .request(form(
            Method::POST,
            "/anilist/login",
            &format!("password={PASSWORD}"),
            None,
        ))
        .await;
    let cookie = cookie_of(&headers, "anirewind").unwrap();
    assert!(
        cookie.contains("Secure") && cookie.contains("Path=/anilist"),
        "{cookie}"
    );
}

/// Each of these is refused with the status beside it, over the API also with the code, and changes nothing.
#[actix_web::test]
async fn what_other_sites_and_strangers_try_is_refused() {
    let (scene, cookie) = Scene::claimed(&[]).await;
    scene.capture().await;
    let key = scene.app.add_key("reader", false).await.unwrap();
    let bearer = format!("Bearer {key}");
    let forbidden = StatusCode::FORBIDDEN;
    let mut tried = 0;
    let mut check = async |what: &str, request: TestRequest, expected: StatusCode| {
        let (status, body, headers) = scene.request(request).await;
        assert_eq!(status, expected, "{what}: {body}");
        assert!(headers.contains_key("content-security-policy"), "{what}");
        let kind = headers
            .get("content-type")
            .map(|kind| kind.to_str().unwrap());
        if kind == Some("application/problem+json") {
            let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
            let code = match (what, expected.as_u16()) {
                ("reader", _) => "read-only-key",
                (_, 401) => "no-key",
                (_, 403) => "refused",
                (_, 404) => "not-found",
                (_, 405) => "no-such-method",
                (_, 413) => "too-large",
                _ => "usage",
            };
            assert_eq!(problem["code"], code, "{what}: {body}");
        }
        tried += 1;
    };
    let to = |method: Method, path: &str| {
        TestRequest::default()
            .method(method)
            .uri(path)
            .insert_header(("cookie", cookie.clone()))
    };
    // Names that are not ours, whatever a proxy is said to have seen.
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:4849",
        "192.168.1.2:4849",
        "0.0.0.0:4849",
        "[::2]:4849",
        "localhost:4849:80",
        "",
    ] {
        for path in ["/", "/api/v1/status", "/login"] {
            let request = to(Method::GET, path).insert_header(("host", host));
            check(
                host,
                request.insert_header(("x-forwarded-host", "localhost")),
                forbidden,
            )
            .await;
        }
        let request = to(Method::GET, "/").insert_header(("host", host));
        check(
            host,
            request.insert_header(("forwarded", "host=localhost")),
            forbidden,
        )
        .await;
    }
    // Forms and calls of other sites, with our cookie.
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://localhost.evil.example"),
        ("origin", "http://localhost:81"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        for path in ["/logout", "/theme", "/api/v1/looks", "/api/v1/snapshots"] {
            let request = to(Method::POST, path).insert_header(("host", "localhost"));
            check(value, request.insert_header((name, value)), forbidden).await;
        }
        let request = to(Method::GET, "/api/v1/status").insert_header(("host", "localhost"));
        check(value, request.insert_header((name, value)), forbidden).await;
    }
    // A form that does not say where it comes from, on the strength of a cookie alone.
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let request = to(method, "/api/v1/looks").insert_header(("host", "localhost"));
        check("no origin", request, forbidden).await;
    }
    // A key that may only read, and keys that are none.
    for path in [
        "/api/v1/looks",
        "/api/v1/snapshots",
        "/api/v1/plans/undo",
        "/api/v1/plans/restore",
    ] {
        let request = TestRequest::post()
            .uri(path)
            .insert_header(("host", "localhost"));
        let request = request.insert_header(("authorization", bearer.clone()));
        check("reader", request.set_json(serde_json::json!({})), forbidden).await;
    }
    for wrong in ["Bearer", "Bearer arw_0", "Basic YTpi", "arw_0", "Bearer  "] {
        let request = TestRequest::get()
            .uri("/api/v1/status")
            .insert_header(("host", "localhost"));
        let request = request.insert_header(("authorization", wrong));
        check(wrong, request, StatusCode::UNAUTHORIZED).await;
    }
    // Cookies that open nothing.
    for wrong in [
        "anirewind=",
        "anirewind=x",
        "anirewind=x.y",
        "anirewind=..",
        "other=1",
    ] {
        let request = TestRequest::get()
            .uri("/")
            .insert_header(("host", "localhost"));
        check(
            wrong,
            request.insert_header(("cookie", wrong)),
            StatusCode::SEE_OTHER,
        )
        .await;
    }
    // A key opens no page, and a path climbs nowhere.
    let request = TestRequest::get()
        .uri("/")
        .insert_header(("host", "localhost"));
    let request = request.insert_header(("authorization", bearer.clone()));
    check("a key at a page", request, StatusCode::SEE_OTHER).await;
    for path in [
        "/assets/../../Cargo.toml",
        "/assets/%2e%2e/%2e%2e/Cargo.toml",
        "/assets/..%2fCargo.toml",
        "/assets/style.css%00",
        "/api/v1/../v1/nowhere",
    ] {
        let request = to(Method::GET, path).insert_header(("host", "localhost"));
        check(path, request, StatusCode::NOT_FOUND).await;
    }
    // Snapshots are named, files are not; and an answer has no line that somebody else wrote.
    for reference in [
        "..%2F..%2Fetc%2Fpasswd",
        "%2Fetc%2Fpasswd",
        "..%5Cx",
        "%2e%2e%2fx",
    ] {
        for rest in ["", "/file", "/entries", "/csv"] {
            let path = format!("/api/v1/snapshots/{reference}{rest}");
            let request = to(Method::GET, &path).insert_header(("host", "localhost"));
            check(&path, request, StatusCode::BAD_REQUEST).await;
        }
    }
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE] {
        let request = to(method, "/api/v1/status").insert_header(("host", "localhost"));
        let request = request.insert_header(("origin", "http://localhost"));
        check("method", request, StatusCode::METHOD_NOT_ALLOWED).await;
    }
    // More than anybody has to say.
    let huge = serde_json::json!({ "snapshot": "a".repeat(2 * 1024 * 1024) });
    let request = to(Method::POST, "/api/v1/plans/restore").insert_header(("host", "localhost"));
    let request = request.insert_header(("origin", "http://localhost"));
    let large = StatusCode::PAYLOAD_TOO_LARGE;
    check("huge body", request.set_json(huge), large).await;
    let huge = "a".repeat(2 * 1024 * 1024);
    let request = form(Method::POST, "/login", &format!("password={huge}"), None);
    check("huge form", request, large).await;
    assert!(tried >= 100, "{tried}");
    assert!(scene.app.operations(None, 1).await.unwrap().is_empty());
    assert_eq!(scene.app.sessions().await.unwrap().len(), 1);
}

/// Where somebody goes after the login is here, whatever an address says.
#[actix_web::test]
async fn nobody_is_led_elsewhere_and_no_answer_has_a_line_that_somebody_else_wrote() {
    let (scene, _) = Scene::claimed(&[]).await;
    for next in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "%2F%2Fevil.example",
        "/%0d%0aSet-Cookie:%20stolen=1",
        "/%0aX-Stolen:%201",
        "javascript:alert(1)",
    ] {
        let body = format!("password={PASSWORD}&next={next}");
        let request = form(Method::POST, "/login", &body, None);
        let (status, _, headers) = scene.request(request).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{next}");
        let to = location(&headers);
        let is_local = to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/\\");
        assert!(is_local, "{next}: {to}");
        assert!(!headers.contains_key("x-stolen"), "{next}");
        let cookies = headers.get_all("set-cookie");
        assert!(
            cookies
                .filter(|cookie| cookie.to_str().unwrap().starts_with("stolen"))
                .count()
                == 0
        );
    }
}
