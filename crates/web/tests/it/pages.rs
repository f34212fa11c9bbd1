//! What the first page says when there is much, nothing, or trouble.

use std::fs;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, call_service, init_service, read_body, try_call_service};
use anirewind_core::{App, Kind, Settings, Sources};
use anirewind_simulator::canary::{self, HANAS};
use anirewind_simulator::{Growth, SimUser, Simulator, VirtualClock, World};
use serde_json::Value;
use tempfile::TempDir;
use time::macros::datetime;

pub(crate) struct Scene {
    pub(crate) simulator: Simulator,
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) data: TempDir,
    pub(crate) app: App,
    hub: anirewind_web::Hub,
    desk: anirewind_web::Desk,
    access: actix_web::web::Data<anirewind_web::Access>,
}

impl Scene {
    /// One in which nobody has to log in.
    pub(crate) async fn new(name: &str) -> Self {
        Self::with(name, &[("ANIREWIND_LOGIN", "off")]).await
    }

    pub(crate) async fn with(name: &str, environment: &[(&str, &str)]) -> Self {
        let now = datetime!(2026-11-03 12:00 UTC);
        let clock = Arc::new(VirtualClock::starting_at(now));
        let mut world = World::new();
        let growth = Growth {
            seed: 7,
            anime: 30,
            manga: 10,
        };
        world.grow(SimUser::new(1, name), HANAS, growth, now);
        let simulator = Simulator::start(world, clock.clone()).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let mut sources = Sources {
            flags: [("data_dir", data.path().display().to_string())].into(),
            environment: [
                ("ANIREWIND_ANILIST_URL".to_owned(), simulator.url()),
                ("ANIREWIND_ANILIST_TOKEN".to_owned(), HANAS.to_owned()),
            ]
            .into(),
            platform_data: None,
        };
        let given = environment.iter();
        let given = given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        sources.environment.extend(given);
        // What is set to nothing was not said.
        sources.environment.retain(|_, value| !value.is_empty());
        let settings = Settings::read(&sources).unwrap();
        let access =
            anirewind_web::Access::new(settings.access.clone(), settings.listen, <_>::default());
        let app = App::open(settings, clock.clone(), jiff::tz::TimeZone::UTC, None).unwrap();
        let desk = anirewind_web::Desk::default();
        Self {
            access: actix_web::web::Data::new(access),
            hub: anirewind_web::Hub::of(&app, &desk),
            desk,
            simulator,
            clock,
            data,
            app,
        }
    }

    /// One whose pages wait for nothing that takes its time.
    pub(crate) fn impatient(mut self) -> Self {
        self.hub = self.impatient_hub();
        self
    }

    /// One in which no answer takes longer than a second.
    pub(crate) fn hurried(mut self) -> Self {
        let waits = anirewind_web::Waits {
            longest: std::time::Duration::from_secs(1),
            ..<_>::default()
        };
        self.hub = anirewind_web::Hub::with_waits(&self.app, &self.desk, waits);
        self
    }

    fn impatient_hub(&self) -> anirewind_web::Hub {
        let waits = anirewind_web::Waits {
            page: std::time::Duration::ZERO,
            ..<_>::default()
        };
        anirewind_web::Hub::with_waits(&self.app, &self.desk, waits)
    }

    /// The settings are read again and taken over: another installation on the same folder, in the same
    /// process.
    pub(crate) fn take_over(&mut self) {
        let settings = self.app.settings().read_again().unwrap();
        self.app = self.app.reopen(settings, jiff::tz::TimeZone::UTC).unwrap();
        self.hub = self.impatient_hub();
    }

    /// As after a start: nobody knows any more what was begun with a button.
    pub(crate) fn forget(&mut self) {
        self.desk = anirewind_web::Desk::default();
        self.hub = self.impatient_hub();
    }

    pub(crate) async fn capture(&self) {
        let targets = self.app.targets(None).await.unwrap();
        self.app.capture_all(&targets, Kind::Automatic).await;
    }

    pub(crate) fn pass(&self, time: std::time::Duration) {
        self.clock.advance(time);
    }

    pub(crate) async fn request(
        &self,
        request: TestRequest,
    ) -> (StatusCode, String, actix_web::http::header::HeaderMap) {
        let service = init_service(anirewind_web::application(
            self.app.clone(),
            self.hub.clone(),
            self.access.clone(),
        ))
        .await;
        let answered = try_call_service(&service, request.to_request()).await;
        let (status, headers, body) = match answered {
            Ok(response) => {
                let (status, headers) = (response.status(), response.headers().clone());
                (status, headers, read_body(response).await)
            }
            // As the server makes an answer of it.
            Err(error) => {
                let response = actix_web::HttpResponse::from_error(error);
                let (status, headers) = (response.status(), response.headers().clone());
                let body = actix_web::body::to_bytes(response.into_body()).await;
                (status, headers, body.unwrap())
            }
        };
        let body = String::from_utf8(body.to_vec()).unwrap();
        let is_said = |value: &[u8]| canary::sings(value);
        assert!(!is_said(body.as_bytes()), "{body}");
        assert!(!headers.iter().any(|(_, value)| is_said(value.as_bytes())));
        (status, body, headers)
    }

    /// Something that is downloaded and is no text.
    /// What a program asks for from here, with or without a body, and the JSON that it is answered with.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let request = TestRequest::default()
            .method(method)
            .uri(path)
            .insert_header(("host", "localhost"))
            .insert_header(("origin", "http://localhost"));
        let request = match body {
            // As over a wire, where its length is said first.
            Some(body) => request
                .insert_header(("content-length", body.to_string().len().to_string()))
                .set_json(body),
            None => request,
        };
        let (status, body, _) = self.request(request).await;
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    pub(crate) async fn download(
        &self,
        path: &str,
    ) -> (
        StatusCode,
        actix_web::http::header::HeaderMap,
        actix_web::web::Bytes,
    ) {
        let service = init_service(anirewind_web::application(
            self.app.clone(),
            self.hub.clone(),
            self.access.clone(),
        ))
        .await;
        let request = TestRequest::get()
            .uri(path)
            .insert_header(("host", "127.0.0.1:4849"));
        let response = call_service(&service, request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        (status, headers, read_body(response).await)
    }

    /// Sends a body that arrives in this way.
    pub(crate) async fn drip(
        &self,
        request: TestRequest,
        body: impl futures_util::Stream<
            Item = Result<actix_web::web::Bytes, actix_web::error::PayloadError>,
        > + 'static,
    ) -> (StatusCode, String) {
        let service = init_service(anirewind_web::application(
            self.app.clone(),
            self.hub.clone(),
            self.access.clone(),
        ))
        .await;
        let body: actix_web::dev::Payload = actix_web::dev::Payload::Stream {
            payload: Box::pin(body),
        };
        let (request, _) = request.to_request().replace_payload(body);
        let (status, body) = match try_call_service(&service, request).await {
            Ok(response) => (response.status(), read_body(response).await),
            Err(error) => {
                let response = actix_web::HttpResponse::from_error(error);
                let status = response.status();
                let body = actix_web::body::to_bytes(response.into_body()).await;
                (status, body.unwrap())
            }
        };
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// An answer of which nobody reads more than its head, for as long as it is held.
    pub(crate) async fn unread(&self, path: &str) -> (StatusCode, impl Sized) {
        let service = init_service(anirewind_web::application(
            self.app.clone(),
            self.hub.clone(),
            self.access.clone(),
        ))
        .await;
        let request = TestRequest::get()
            .uri(path)
            .insert_header(("host", "localhost"));
        let response = call_service(&service, request.to_request()).await;
        (response.status(), response)
    }

    /// Opens a stream, does something, and listens to its end.
    pub(crate) async fn listen_to_the_end(
        &self,
        request: TestRequest,
        meanwhile: impl AsyncFnOnce(),
    ) -> String {
        let stream = self.opened(request).await;
        meanwhile().await;
        let body = actix_web::body::to_bytes(stream).await;
        String::from_utf8(body.ok().unwrap().to_vec()).unwrap()
    }

    async fn opened(&self, request: TestRequest) -> impl MessageBody + use<> {
        let service = init_service(anirewind_web::application(
            self.app.clone(),
            self.hub.clone(),
            self.access.clone(),
        ))
        .await;
        let request = request.insert_header(("host", "127.0.0.1:4849"));
        let response = call_service(&service, request.to_request()).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.into_body()
    }

    /// Opens a stream, does something, and listens until these words come.
    pub(crate) async fn listen(
        &self,
        request: TestRequest,
        meanwhile: impl AsyncFnOnce(),
        words: &str,
    ) -> String {
        let mut body = std::pin::pin!(self.opened(request).await);
        meanwhile().await;
        let mut heard = String::new();
        while !heard.contains(words) {
            let next = std::future::poll_fn(|context| body.as_mut().poll_next(context)).await;
            let bytes = next.expect("it ended before it was said").ok().unwrap();
            heard.push_str(std::str::from_utf8(&bytes).unwrap());
            assert!(!canary::sings(heard.as_bytes()), "{heard}");
            assert!(
                heard.contains(words) || !heard.contains(": still here"),
                "it was never said: {heard}"
            );
        }
        heard
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, String) {
        let request = TestRequest::get()
            .uri(path)
            .insert_header(("host", "127.0.0.1:4849"));
        let (status, body, _) = self.request(request).await;
        (status, body)
    }
}

/// No token lies about when a test is over.
impl Drop for Scene {
    fn drop(&mut self) {
        let traces = canary::traces(self.data.path()).unwrap();
        if !std::thread::panicking() {
            assert!(traces.is_empty(), "a token stands in {traces:?}");
        }
    }
}

#[actix_web::test]
async fn a_snapshot_shows_with_file_name_created_size_age_and_user() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let (status, page) = scene.get("/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("</a> is protected"), "{page}");
    let (status, page) = scene.get("/backups/hana").await;
    assert_eq!(status, StatusCode::OK);
    for words in [
        "plexanibridge-hana.20261103",
        "3 Nov 12:00",
        " kB",
        "just now",
        "30 anime, 10 manga",
        "verified",
    ] {
        assert!(page.contains(words), "`{words}` is missing: {page}");
    }
}

#[actix_web::test]
async fn nothing_yet_says_what_to_do() {
    let (status, page) = Scene::new("hana").await.get("/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Nothing saved yet"), "{page}");
    assert!(page.contains("Take the first snapshot"), "{page}");
}

#[actix_web::test]
async fn could_not_load_is_never_shown_as_none() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let folder = scene.data.path().join("backups");
    fs::rename(&folder, scene.data.path().join("away")).unwrap();
    fs::write(&folder, "a file where the folder should be").unwrap();
    let (status, page) = scene.get("/backups/hana").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(page.contains("Backups could not be read"), "{page}");
    assert!(page.contains("They may still exist in"), "{page}");
    assert!(!page.contains("There is no snapshot"), "{page}");
    // What the catalogue knows still stands, beside what is wrong.
    let (status, page) = scene.get("/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("They may still exist in"), "{page}");
    assert!(page.contains("Last good snapshot"), "{page}");
}

#[actix_web::test]
async fn a_failing_account_and_a_damaged_file_are_said_and_the_rest_stands() {
    let scene = Scene::new("hana").await;
    scene.capture().await;
    let broken = scene
        .app
        .backups()
        .join("plexanibridge-hana.20200101000000.json");
    fs::write(broken, "{").unwrap();
    scene.simulator.world().revoke_token(HANAS);
    scene.capture().await;
    let (_, page) = scene.get("/").await;
    assert!(page.contains("1 file could not be read"), "{page}");
    assert!(page.contains("is not connected"), "{page}");
    assert!(page.contains("Last good snapshot"), "{page}");
    let (_, page) = scene.get("/backups/hana").await;
    assert!(page.contains("Could not read 1 file"), "{page}");
    assert!(page.contains("plexanibridge-hana.20261103"), "{page}");
}

#[actix_web::test]
async fn markup_in_names_shows_as_text() {
    let scene = Scene::new("<script>alert(1)</script>").await;
    scene.capture().await;
    let profile = scene.app.accounts().await.unwrap().remove(0).profile;
    let path = profile.replace(|c: char| !c.is_ascii_alphanumeric(), "");
    for page in [
        "/".to_owned(),
        "/backups".to_owned(),
        format!("/backups/{path}"),
    ] {
        let (_, page) = scene.get(&page).await;
        assert!(!page.contains("<script>"), "{page}");
    }
}

#[actix_web::test]
async fn every_answer_carries_the_policy() {
    let scene = Scene::new("hana").await;
    for path in ["/", "/healthz", "/nowhere", "/assets/style.css"] {
        let request = TestRequest::get()
            .uri(path)
            .insert_header(("host", "localhost"));
        let (_, _, headers) = scene.request(request).await;
        let policy = headers
            .get("content-security-policy")
            .unwrap()
            .to_str()
            .unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert_eq!(headers.get("x-content-type-options").unwrap(), "nosniff");
    }
    let rebound = TestRequest::get().insert_header(("host", "evil.example"));
    let (status, page, headers) = scene.request(rebound).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(!page.contains("hana") && headers.contains_key("content-security-policy"));
    let forwarded = TestRequest::get()
        .insert_header(("host", "evil.example"))
        .insert_header(("x-forwarded-host", "localhost"));
    assert_eq!(scene.request(forwarded).await.0, StatusCode::FORBIDDEN);
}

#[actix_web::test]
async fn times_are_those_of_the_zone_that_is_set() {
    let given = [
        ("ANIREWIND_LOGIN", "off"),
        ("ANIREWIND_TIME_ZONE", "Asia/Tokyo"),
    ];
    let scene = Scene::with("hana", &given).await;
    scene.pass(std::time::Duration::from_hours(4));
    scene.capture().await;
    let (_, page) = scene.get("/backups/hana").await;
    assert!(page.contains("4 Nov 01:00"), "{page}");
    let (_, page) = scene.get("/").await;
    // The day is theirs too, and a machine is told the same as ever.
    assert!(page.contains("4 Nov: fine"), "{page}");
    let both = "datetime=\"2026-11-03T16:00:";
    assert!(page.contains(both), "{page}");
    assert!(page.contains("title=\"2026-11-04 01:00:"), "{page}");
}
