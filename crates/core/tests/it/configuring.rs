//! A change of settings that snapshots depend on.

use anirewind_core::{Event, Kind, SettingsChangeError};
use jiff::tz::TimeZone;

use crate::scene::Scene;

fn wanted(key: &str, value: &str) -> [(String, Option<String>); 1] {
    [(key.to_owned(), Some(value.to_owned()))]
}

#[tokio::test]
async fn rules_by_which_snapshots_go_need_a_yes_to_exactly_so_many() {
    let scene = Scene::connected().await;
    for _ in 0..6 {
        scene.capture_as(Kind::Automatic).await;
        scene.clock.advance(std::time::Duration::from_hours(24));
    }
    let app = &scene.app;
    let more = app
        .plan_settings(&wanted("keep_daily", "3"), None)
        .await
        .unwrap();
    assert!(more.going.is_empty());
    let less = wanted("backup_retention_days", "2");
    let draft = app.plan_settings(&less, None).await.unwrap();
    let count = draft.going.len();
    assert!(count > 0 && count < 6, "{count}");
    for agreed in [None, Some(count - 1), Some(count + 1)] {
        let draft = app.plan_settings(&less, None).await.unwrap();
        let refused = draft.save(agreed);
        assert!(matches!(refused, Err(SettingsChangeError::Consent { .. })));
    }
    assert!(!scene.data.path().join("config.toml").exists());
    draft.save(Some(count)).unwrap();
    // It is in force once the settings are read again, and the budget goes on.
    let read = app.settings().read_again().unwrap();
    assert!(app.settings().is_outdated());
    let next = app.reopen(read, TimeZone::UTC).unwrap();
    assert_eq!(next.settings().retention.days, 2);
    assert_eq!(next.figures(), app.figures());
    let seen = app.settings().version();
    let moved = next.plan_settings(&less, Some(&seen)).await;
    assert!(matches!(moved, Err(SettingsChangeError::Moved { .. })));
}

#[tokio::test]
async fn settings_that_cannot_be_taken_over_in_another_zone_are_spoken_of_once() {
    let scene = Scene::connected().await;
    let app = &scene.app;
    let mut events = app.events();
    let mut told = || {
        let mut problems = Vec::new();
        while let Ok(event) = events.try_recv() {
            if let Event::Settings { problem } = event {
                problems.push(problem);
            }
        }
        problems
    };
    // The machine is asked every ten minutes, and somebody broke the file meanwhile.
    let machine = || TimeZone::get("Asia/Tokyo").unwrap();
    for _ in 0..6 {
        app.zone_changed(machine).await;
        app.note_reload_again("no setting `x`".to_owned());
    }
    assert_eq!(told(), [Some("no setting `x`".to_owned())]);
    // It is broken in another way, and later as it was at first.
    for problem in ["no setting `y`", "no setting `y`", "no setting `x`"] {
        app.zone_changed(machine).await;
        app.note_reload_again(problem.to_owned());
    }
    let both = ["no setting `y`", "no setting `x`"].map(|problem| Some(problem.to_owned()));
    assert_eq!(told(), both);
    // Whoever asks for it is told each time, and what was well in between is said anew.
    app.note_reload(Err("no setting `x`".to_owned()));
    app.note_reload(Ok(()));
    app.note_reload_again("no setting `x`".to_owned());
    assert_eq!(told().len(), 3);
}
