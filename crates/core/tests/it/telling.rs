//! Who is told what: once, whatever happens, and without anything waiting for it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use anirewind_core::notify::SendError;
use anirewind_core::view::{NoticesView, TestedView};
use anirewind_core::{App, NoticeError, RestoreOptions, Steps, Verdict};
use anirewind_simulator::Fault;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::restoring::restore;
use crate::scene::{HANA, Scene, TOKEN};
use crate::undoing::DESTRUCTIVE;

/// Somebody on this machine who takes HTTP requests and notes the path and the body of each.
struct Ear {
    port: u16,
    heard: Arc<Mutex<Vec<(String, String)>>>,
    status: Arc<Mutex<Option<u16>>>,
}

impl Ear {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ear = Self {
            port: listener.local_addr().unwrap().port(),
            heard: Arc::default(),
            status: Arc::new(Mutex::new(Some(200))),
        };
        let (heard, status) = (Arc::clone(&ear.heard), Arc::clone(&ear.status));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(listen(stream, Arc::clone(&heard), Arc::clone(&status)));
            }
        });
        ear
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What is answered from now on; `None` for never a word.
    fn answer(&self, status: Option<u16>) {
        *self.status.lock().unwrap() = status;
    }

    fn heard(&self) -> Vec<(String, String)> {
        self.heard.lock().unwrap().clone()
    }

    /// The kinds and titles of notices, each as one line.
    fn notices(&self) -> Vec<String> {
        let heard = self.heard();
        let notices = heard.iter().map(|(_, body)| {
            let body: Value = serde_json::from_str(body).unwrap();
            let kind = body["kind"].as_str().unwrap_or("ntfy");
            format!("{kind} | {}", body["title"].as_str().unwrap())
        });
        notices.collect()
    }
}

async fn listen(
    mut stream: TcpStream,
    heard: Arc<Mutex<Vec<(String, String)>>>,
    status: Arc<Mutex<Option<u16>>>,
) {
    let mut text = String::new();
    let mut part = [0; 4096];
    let is_whole = |text: &str| {
        text.split_once("\r\n\r\n").is_some_and(|(top, body)| {
            let top = top.to_lowercase();
            let length = top.split("content-length: ").nth(1);
            let length = length.and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
            body.len() >= length.unwrap_or(0)
        })
    };
    while !is_whole(&text) {
        match stream.read(&mut part).await {
            Ok(read) if read > 0 => text.push_str(&String::from_utf8_lossy(&part[..read])),
            _ => return,
        }
    }
    let (top, body) = text.split_once("\r\n\r\n").unwrap();
    let path = top.split(' ').nth(1).unwrap().to_owned();
    heard.lock().unwrap().push((path, body.to_owned()));
    let status = *status.lock().unwrap();
    match status {
        Some(status) => {
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        None => while stream.read(&mut part).await.is_ok_and(|read| read > 0) {},
    }
}

/// The installation as it is opened by a server that tells this ear.
fn telling(scene: &Scene, ear: &Ear) -> App {
    open(
        scene,
        &[("ANIREWIND_NOTIFY_WEBHOOK_URL", &ear.url("/hook"))],
    )
}

fn open(scene: &Scene, environment: &[(&str, &str)]) -> App {
    let private = ("ANIREWIND_NOTIFY_ALLOW_PRIVATE", "true");
    let all: Vec<_> = environment.iter().copied().chain([private]).collect();
    scene.open_with(&all)
}

async fn attempt(app: &App) -> bool {
    let target = app.targets(Some("hana")).await.unwrap().remove(0);
    let captured = app.capture(&target, anirewind_core::Kind::Manual).await;
    captured.is_ok()
}

#[tokio::test]
async fn a_failure_and_its_end_are_told_once_also_across_restarts() {
    let (scene, ear) = (Scene::connected().await, Ear::open().await);
    let app = telling(&scene, &ear);
    assert!(attempt(&app).await);
    app.tell_now().await;
    assert!(ear.notices().is_empty());
    scene.simulator.fault_always(Some(Fault::Disabled));
    assert!(!attempt(&app).await);
    app.tell_now().await;
    assert_eq!(
        ear.notices(),
        ["failing | hana: no snapshot could be taken"]
    );
    assert!(!attempt(&app).await);
    app.tell_now().await;
    let app = telling(&scene, &ear);
    app.tell_now().await;
    assert!(!attempt(&app).await);
    app.tell_now().await;
    assert_eq!(ear.notices().len(), 1);
    scene.simulator.fault_always(None);
    assert!(attempt(&app).await);
    let app = telling(&scene, &ear);
    app.tell_now().await;
    app.tell_now().await;
    assert_eq!(ear.notices()[1..], ["recovered | hana: well again"]);
}

#[tokio::test]
async fn a_refused_token_and_an_unusual_list_are_told() {
    let (scene, ear) = (Scene::connected().await, Ear::open().await);
    let app = telling(&scene, &ear);
    attempt(&app).await;
    for id in 1_000..1_025 {
        scene.simulator.world().drop_entry(HANA, id);
    }
    attempt(&app).await;
    app.tell_now().await;
    attempt(&app).await;
    app.tell_now().await;
    let unusual = "alarm | hana: the list changed in an unusual way";
    assert_eq!(ear.notices(), [unusual]);
    scene.simulator.world().revoke_token(TOKEN);
    attempt(&app).await;
    app.tell_now().await;
    let refused = "token | hana: AniList no longer takes the token";
    assert_eq!(ear.notices()[1..], [refused]);
}

#[tokio::test]
async fn a_token_of_which_nobody_knows_whose_it_is_is_told_and_that_it_is_known() {
    let (scene, ear) = (Scene::new().await, Ear::open().await);
    scene.simulator.world().revoke_token(TOKEN);
    let hook = ear.url("/hook");
    let environment = [
        ("ANIREWIND_ANILIST_TOKEN", TOKEN),
        ("ANIREWIND_NOTIFY_WEBHOOK_URL", &hook),
    ];
    let app = open(&scene, &environment);
    let attempt = async || {
        let target = app.targets(None).await.unwrap().remove(0);
        let captured = app.capture(&target, anirewind_core::Kind::Manual).await;
        app.tell_now().await;
        captured.is_ok()
    };
    assert!(!attempt().await);
    assert!(ear.notices().is_empty(), "it may mend itself");
    scene.clock.jump(time::Duration::minutes(15));
    assert!(!attempt().await);
    assert!(!attempt().await);
    let told = "token | AniList does not say whose a token is";
    assert_eq!(ear.notices(), [told]);
    assert!(
        ear.heard()[0].1.contains("\"profile\":null"),
        "{:?}",
        ear.heard()
    );
    scene.simulator.world().grant_token(TOKEN, HANA);
    assert!(attempt().await);
    assert_eq!(ear.notices()[1..], ["recovered | well again"]);
    // Once it is known whose it is, its failure is that account's alone, also after a start.
    scene.simulator.world().revoke_token(TOKEN);
    for app in [app.clone(), open(&scene, &environment)] {
        let target = app.targets(None).await.unwrap().remove(0);
        let automatic = anirewind_core::Kind::Automatic;
        app.capture(&target, automatic).await.unwrap_err();
        app.tell_now().await;
        scene.clock.jump(time::Duration::minutes(20));
        app.tell_now().await;
    }
    let refused = "token | hana: AniList no longer takes the token";
    assert_eq!(ear.notices()[2..], [refused]);
}

#[tokio::test]
async fn a_restore_is_told_of_with_its_numbers() {
    let (scene, ear) = (Scene::connected().await, Ear::open().await);
    let url = ear.url("/hook");
    let app = open(
        &scene,
        &[("ANIREWIND_NOTIFY_WEBHOOK_URL", &url), DESTRUCTIVE[0]],
    );
    let mut events = app.events();
    attempt(&app).await;
    app.tell_now().await;
    scene.simulator.world().drop_entry(HANA, 1_001);
    scene.simulator.world().drop_entry(HANA, 1_002);
    let report = restore(&app, &RestoreOptions::default()).await.unwrap();
    app.tell_now().await;
    app.tell_now().await;
    let id = &report.operation.id;
    let told = format!("finished | hana: restore {id} is done");
    assert_eq!(ear.notices(), [told]);
    let body: Value = serde_json::from_str(&ear.heard()[0].1).unwrap();
    assert!(
        body["text"].as_str().unwrap().contains("2 written"),
        "{body}"
    );
    let mut ended = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let anirewind_core::Event::Ended { operation, .. } = &event {
            ended.push((operation.clone(), event.to_string()));
        }
    }
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].0, *id);
}

#[tokio::test]
async fn a_channel_that_is_down_is_tried_later_and_holds_up_no_other() {
    let scene = Scene::connected().await;
    let (down, well) = (Ear::open().await, Ear::open().await);
    let environment = [
        ("ANIREWIND_NOTIFY_WEBHOOK_URL", down.url("/hook")),
        ("ANIREWIND_NOTIFY_NTFY_URL", well.url("/topic")),
    ];
    let environment = environment
        .each_ref()
        .map(|(key, url)| (*key, url.as_str()));
    let app = open(&scene, &environment);
    down.answer(Some(500));
    scene.simulator.fault_always(Some(Fault::Disabled));
    attempt(&app).await;
    app.tell_now().await;
    assert_eq!((down.heard().len(), well.heard().len()), (3, 1));
    let fares = |all: Vec<anirewind_core::ChannelStatus>| all[0].fares.clone();
    let row = fares(app.notice_channels().await.unwrap());
    assert_eq!((row.waiting, row.failed, row.sent), (1, 1, 0));
    assert!(row.problem.unwrap().contains("status 500"));
    // Not at once again, but after a while; after a restart too.
    app.tell_now().await;
    assert_eq!(down.heard().len(), 3);
    down.answer(Some(200));
    scene.clock.advance(std::time::Duration::from_mins(2));
    let app = open(&scene, &environment);
    app.tell_now().await;
    assert_eq!((down.heard().len(), well.heard().len()), (4, 1));
    let row = fares(app.notice_channels().await.unwrap());
    assert_eq!((row.waiting, row.sent, row.problem), (0, 1, None));
    // What nobody takes for days is given up.
    down.answer(Some(500));
    scene.simulator.fault_always(None);
    attempt(&app).await;
    app.tell_now().await;
    assert_eq!(fares(app.notice_channels().await.unwrap()).waiting, 1);
    scene.clock.advance(std::time::Duration::from_hours(24 * 4));
    app.tell_now().await;
    let row = fares(app.notice_channels().await.unwrap());
    assert_eq!((row.waiting, row.misses), (0, 2));
}

#[tokio::test]
async fn only_what_somebody_wants_to_hear_is_told() {
    let (scene, ear) = (Scene::connected().await, Ear::open().await);
    let url = ear.url("/hook");
    let only = [
        ("ANIREWIND_NOTIFY_WEBHOOK_URL", url.as_str()),
        ("ANIREWIND_NOTIFY_ON", "recovered"),
    ];
    let app = open(&scene, &only);
    scene.simulator.fault_always(Some(Fault::Disabled));
    attempt(&app).await;
    app.tell_now().await;
    scene.simulator.fault_always(None);
    attempt(&app).await;
    app.tell_now().await;
    assert_eq!(ear.notices(), ["recovered | hana: well again"]);
}

#[tokio::test]
async fn a_receiver_that_never_answers_delays_no_snapshot() {
    let (scene, ear) = (Scene::connected().await, Ear::open().await);
    ear.answer(None);
    let urls = [ear.url("/hook"), ear.url("/check")];
    let app = open(
        &scene,
        &[
            ("ANIREWIND_NOTIFY_WEBHOOK_URL", &urls[0]),
            ("ANIREWIND_PING_URL", &urls[1]),
        ],
    );
    // The first attempt fails, so that there is something to tell.
    scene.simulator.fault_at(1, Fault::Disabled);
    let done = async {
        // The ear will not have answered anything by then: it never does.
        while scene.files().len() < 2 || ear.heard().len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = app.run_schedule() => {},
        () = app.run_notices() => {},
        () = done => {},
    }
    let paths: Vec<_> = ear.heard().into_iter().map(|(path, _)| path).collect();
    assert!(paths.contains(&"/hook".to_owned()), "{paths:?}");
    assert!(paths.contains(&"/check/start".to_owned()), "{paths:?}");
}

/// A disk that is full as long as it is said to be.
fn disk() -> (Arc<AtomicBool>, Steps) {
    let is_full = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&is_full);
    let steps = Steps::watched(move |_| {
        if asked.load(Ordering::SeqCst) {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        Ok(())
    });
    (is_full, steps)
}

async fn verdict(app: &App) -> Verdict {
    app.status().await.unwrap().remove(0).verdict
}

#[tokio::test]
async fn a_disk_on_which_not_even_the_failure_can_be_noted_is_told_once_and_its_end() {
    let (scene, ear) = (Scene::connected().await, Ear::open().await);
    let (is_full, steps) = disk();
    let hook = ear.url("/hook");
    let private = ("ANIREWIND_NOTIFY_ALLOW_PRIVATE", "true");
    let environment = [("ANIREWIND_NOTIFY_WEBHOOK_URL", hook.as_str()), private];
    let app = scene.open_watched_with(&environment, steps);
    assert!(attempt(&app).await);
    app.tell_now().await;
    is_full.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        assert!(!attempt(&app).await);
        app.tell_now().await;
        assert_eq!(verdict(&app).await, Verdict::Failing);
    }
    let failing = "failing | hana: no snapshot could be taken";
    assert_eq!(ear.notices(), [failing]);
    is_full.store(false, Ordering::SeqCst);
    app.tell_now().await;
    assert_eq!(verdict(&app).await, Verdict::Failing, "nobody tried again");
    assert!(attempt(&app).await);
    app.tell_now().await;
    assert_eq!(ear.notices(), [failing, "recovered | hana: well again"]);
    assert_eq!(verdict(&app).await, Verdict::Protected);
}

#[tokio::test]
async fn a_full_disk_is_no_good_round() {
    let (scene, ear) = (Scene::connected().await, Ear::open().await);
    scene.capture().await;
    let (is_full, steps) = disk();
    let check = ear.url("/check");
    let private = ("ANIREWIND_NOTIFY_ALLOW_PRIVATE", "true");
    let environment = [("ANIREWIND_PING_URL", check.as_str()), private];
    let app = scene.open_watched_with(&environment, steps);
    is_full.store(true, Ordering::SeqCst);
    let heard = first_pings(&app, &ear).await;
    let fail = "hana is not protected: the last attempt failed".to_owned();
    assert_eq!(heard[1], ("/check/fail".to_owned(), fail));
}

#[tokio::test]
async fn a_token_of_which_nobody_knows_yet_whose_it_is_begins_the_round_of_its_snapshot() {
    let (scene, ear) = (Scene::new().await, Ear::open().await);
    let environment = [
        ("ANIREWIND_ANILIST_TOKEN", TOKEN),
        ("ANIREWIND_PING_URL", &ear.url("/check")),
    ];
    let app = open(&scene, &environment);
    let heard = first_pings(&app, &ear).await;
    assert_eq!(scene.files().len(), 1, "{heard:?}");
    let paths: Vec<_> = heard.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/check/start", "/check"]);
    // One that leads to nobody is no good round either.
    let (scene, ear) = (Scene::new().await, Ear::open().await);
    scene.simulator.world().revoke_token(TOKEN);
    let environment = [environment[0], ("ANIREWIND_PING_URL", &ear.url("/check"))];
    let heard = first_pings(&open(&scene, &environment), &ear).await;
    assert_eq!(heard[1].0, "/check/fail");
}

async fn pings(scene: &Scene, fault: Option<Fault>) -> Vec<(String, String)> {
    let ear = Ear::open().await;
    let app = open(scene, &[("ANIREWIND_PING_URL", &ear.url("/check"))]);
    scene.simulator.fault_always(fault);
    first_pings(&app, &ear).await
}

/// What is heard of the first round.
async fn first_pings(app: &App, ear: &Ear) -> Vec<(String, String)> {
    let done = async {
        while ear.heard().len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = app.run_schedule() => {},
        () = done => {},
    }
    ear.heard().into_iter().take(2).collect()
}

#[tokio::test]
async fn a_round_is_announced_and_its_end_is_well_or_not() {
    let scene = Scene::connected().await;
    let well = pings(&scene, None).await;
    assert_eq!(well[0].0, "/check/start");
    assert_eq!(
        well[1],
        (
            "/check".to_owned(),
            "every account has a good snapshot".to_owned()
        )
    );
    let ill = pings(&scene, Some(Fault::Disabled)).await;
    assert_eq!(
        (ill[0].0.as_str(), ill[1].0.as_str()),
        ("/check/start", "/check/fail")
    );
    assert_eq!(
        ill[1].1,
        "hana waits: AniList does not answer, and is asked again by itself"
    );
}

#[tokio::test]
async fn nothing_goes_into_ones_own_network_and_no_secret_shows() {
    let (scene, ear) = (Scene::connected().await, Ear::open().await);
    let hook = format!("http://localhost:{}/CANARY?key=CANARY", ear.port);
    let mail = format!("smtps://CANARY:CANARY@localhost:{}", ear.port);
    let app = scene.open_with(&[
        ("ANIREWIND_NOTIFY_WEBHOOK_URL", &hook),
        ("ANIREWIND_NOTIFY_WEBHOOK_SECRET", "CANARY"),
        ("ANIREWIND_NOTIFY_SMTP_URL", &mail),
        ("ANIREWIND_NOTIFY_SMTP_FROM", "rewind@example.org"),
        ("ANIREWIND_NOTIFY_SMTP_TO", "hana@example.org"),
        ("ANIREWIND_PING_URL", &hook),
    ]);
    scene.simulator.fault_always(Some(Fault::Disabled));
    attempt(&app).await;
    app.tell_now().await;
    let tested = app.test_notices(None).await.unwrap();
    for test in &tested {
        let refused = matches!(test.outcome, Err(SendError::Private { .. }));
        assert!(refused, "{test:?}");
    }
    assert!(ear.heard().is_empty());
    let channels = app.notice_channels().await.unwrap();
    assert!(channels.iter().all(|channel| channel.fares.waiting == 1));
    let views = (
        serde_json::to_string(&NoticesView::of(&channels, &app.settings().notify)).unwrap(),
        serde_json::to_string(&tested.iter().map(TestedView::from).collect::<Vec<_>>()).unwrap(),
    );
    let said = format!("{:?} {tested:?} {channels:?} {views:?}", app.settings());
    assert!(said.contains("http://localhost"), "{said}");
    assert!(!said.contains("CANARY"), "{said}");
    // Nor does it lie in the data folder.
    for file in std::fs::read_dir(scene.data.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let holds = bytes.windows(6).any(|part| part == b"CANARY");
            assert!(!holds, "{}", path.display());
        }
    }
}

#[tokio::test]
async fn a_test_goes_to_the_channel_that_is_named() {
    let (scene, ear) = (Scene::connected().await, Ear::open().await);
    let app = telling(&scene, &ear);
    let tested = app.test_notices(Some("webhook")).await.unwrap();
    assert_eq!(tested[0].outcome, Ok(()));
    assert_eq!(ear.notices(), ["test | this is a test"]);
    let error = app.test_notices(Some("ntfy")).await.unwrap_err();
    assert!(matches!(error, NoticeError::UnknownChannel { .. }));
    let error = scene.app.test_notices(None).await.unwrap_err();
    assert!(matches!(error, NoticeError::NoChannel));
}
