//! Something goes wrong in a way that nobody foresaw, with tokens at hand: neither what is said of it nor the log
//! names one, and what runs in the background goes on. In a process of its own, all of whose words are searched.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use anirewind_core::{App, Event, Settings, Sources, Step, Steps};
use anirewind_simulator::canary::sings;
use jiff::tz::TimeZone;

use crate::scene::{Scene, TOKEN, YUKIS, token};

/// For the child: that it is one.
const CHILD: &str = "ANIREWIND_TEST_PANIC";
const WORDS: &str = "nobody foresaw this";
/// So often it goes wrong before it goes well.
const TIMES: usize = 2;

/// Where a snapshot gets its name, the first times are a panic that says all that is at hand.
fn open(scene: &Scene) -> App {
    let environment = [
        ("ANIREWIND_ANILIST_TOKEN", TOKEN.to_owned()),
        ("ANIREWIND_ANILIST_URL", scene.simulator.url()),
    ];
    let sources = Sources {
        flags: [("data_dir", scene.data.path().display().to_string())].into(),
        environment: environment
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        platform_data: None,
    };
    let mut settings = Settings::read(&sources).unwrap();
    let tokens = [TOKEN, YUKIS].map(token);
    let at_hand = format!("{settings:?} {sources:?} {tokens:?}");
    let named = AtomicUsize::new(0);
    settings.steps = Steps::watched(move |step| {
        let is_now = step == Step::Name && named.fetch_add(1, Ordering::Relaxed) < TIMES;
        assert!(!is_now, "{WORDS}: {at_hand}");
        Ok(())
    });
    App::open(settings, scene.clock.clone(), TimeZone::UTC, None).unwrap()
}

/// What runs when this file is started by itself.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the child is told what to do by its environment"
)]
async fn as_a_child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    let scene = Scene::new().await;
    let app = open(&scene);
    app.add_account(None, token(YUKIS)).await.unwrap();
    tracing::info!("at hand: {:?}", app.targets(None).await.unwrap());
    let mut events = app.events();
    let mended = async {
        let mut saved = 0;
        while saved < 2 {
            saved += usize::from(matches!(events.recv().await.unwrap(), Event::Saved(_)));
        }
    };
    tokio::select! {
        () = app.run_schedule() => unreachable!("a schedule never ends"),
        () = mended => {}
    }
    tracing::info!("in the end: {:?}", app.status().await.unwrap());
}

#[test]
fn what_nobody_foresaw_names_no_token_and_the_next_snapshots_are_taken() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "panicking::as_a_child", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{text}");
    assert_eq!(text.matches(WORDS).count(), TIMES, "{text}");
    for words in [
        "at hand: [Target",
        "no snapshot",
        " saved: ",
        "in the end: ",
    ] {
        assert!(text.contains(words), "no `{words}` in {text}");
    }
    assert!(!sings(&said), "{text}");
}
