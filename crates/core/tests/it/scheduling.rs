//! A day has one snapshot, whatever the clock does.

use anirewind_core::{App, Kind, Verdict};
use anirewind_simulator::Fault;
use time::Date;

use crate::scene::{HANA, Scene, TOKEN};

/// Waits until so many snapshots are there.
async fn reach(scene: &Scene, snapshots: usize) {
    while scene.files().len() < snapshots {
        tokio::task::yield_now().await;
    }
}

/// Lets the schedule run until so many snapshots are there.
async fn run_until(scene: &Scene, app: &App, snapshots: usize) {
    tokio::select! {
        () = app.run_schedule() => {},
        () = reach(scene, snapshots) => {},
    }
}

async fn days(app: &App) -> Vec<Date> {
    app.refresh_catalogue().await.unwrap();
    let rows = app.snapshots(None).await.unwrap();
    rows.iter().rev().map(|row| row.created_at.date()).collect()
}

#[tokio::test]
async fn one_at_start_and_then_one_a_day() {
    let scene = Scene::connected().await;
    run_until(&scene, &scene.app, 8).await;
    let days = days(&scene.app).await;
    let expected: Vec<Date> = (0..8)
        .map(|n| days[0].saturating_add(time::Duration::days(n)))
        .collect();
    assert_eq!(days, expected);
}

#[tokio::test]
async fn a_clock_set_back_does_not_bring_a_day_twice_and_a_sleep_is_made_up_for_once() {
    let scene = Scene::connected().await;
    let meddle = async {
        reach(&scene, 2).await; // At start on the 3rd, by schedule on the 4th at 01:00.
        scene.clock.jump(time::Duration::hours(-20));
        reach(&scene, 3).await; // Not again on the 4th: on the 5th.
        scene.clock.jump(time::Duration::days(10));
        reach(&scene, 5).await; // Once for the ten days, then the next day.
    };
    tokio::select! {
        () = scene.app.run_schedule() => {},
        () = meddle => {},
    }
    let days: Vec<u8> = days(&scene.app).await.iter().map(|day| day.day()).collect();
    assert_eq!(days, [3, 4, 5, 15, 16]);
}

#[tokio::test]
async fn after_a_failure_the_next_attempt_does_not_wait_a_day() {
    let scene = Scene::connected().await;
    scene.simulator.fault_at(1, Fault::Disabled);
    let before = anirewind_core::model::Clock::now(scene.clock.as_ref());
    run_until(&scene, &scene.app, 1).await;
    let passed = anirewind_core::model::Clock::now(scene.clock.as_ref()) - before;
    assert!(passed < time::Duration::minutes(30), "{passed}");
}

#[tokio::test]
async fn a_clock_that_was_years_ahead_does_not_leave_years_without_a_snapshot() {
    let scene = Scene::connected().await;
    scene.clock.jump(time::Duration::days(4 * 365));
    let meddle = async {
        reach(&scene, 1).await;
        scene.clock.jump(time::Duration::days(-4 * 365));
        reach(&scene, 3).await;
    };
    let before = anirewind_core::model::Clock::now(scene.clock.as_ref());
    tokio::select! {
        () = scene.app.run_schedule() => {},
        () = meddle => {},
    }
    let passed = anirewind_core::model::Clock::elapsed(scene.clock.as_ref());
    assert!(
        passed < std::time::Duration::from_hours(24 * 5),
        "{passed:?} after {before}"
    );
}

#[tokio::test]
async fn only_the_account_that_failed_is_tried_again_and_not_for_a_bad_token() {
    let scene = Scene::connected().await;
    scene
        .app
        .add_account(None, crate::scene::token(crate::scene::YUKIS))
        .await
        .unwrap();
    scene.simulator.world().revoke_token(crate::scene::YUKIS);
    run_until(&scene, &scene.app, 3).await;
    let requests = scene.simulator.traffic().requests;
    assert!(
        requests < 30,
        "{requests} requests for three snapshots of one account"
    );
}

async fn verdict(app: &App) -> Verdict {
    app.status().await.unwrap()[0].verdict
}

#[tokio::test]
async fn a_schedule_that_is_off_takes_none_and_whoever_asks_is_told() {
    let scene = Scene::connected().await;
    let app = scene.open_with(&[("ANIREWIND_BACKUP_AT", "off")]);
    let days = async {
        while anirewind_core::model::Clock::elapsed(scene.clock.as_ref())
            < std::time::Duration::from_hours(24 * 3)
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = app.run_schedule() => {},
        () = days => {},
    }
    assert!(scene.files().is_empty(), "{:?}", scene.files());
    let status = app.status().await.unwrap().remove(0);
    assert_eq!((status.verdict, status.next), (Verdict::Paused, None));
    // One by hand is taken all the same, and none after it is late.
    let target = app.targets(None).await.unwrap().remove(0);
    app.capture(&target, Kind::Manual).await.unwrap();
    scene.clock.advance(std::time::Duration::from_hours(24 * 9));
    assert_eq!(verdict(&app).await, Verdict::Paused);
}

#[tokio::test]
async fn a_token_that_is_refused_between_two_snapshots_is_said_with_the_next_look() {
    let scene = Scene::connected().await;
    scene.capture().await;
    assert_eq!(verdict(&scene.app).await, Verdict::Protected);
    scene.simulator.world().revoke_token(TOKEN);
    let until = async |wanted| {
        while verdict(&scene.app).await != wanted {
            tokio::task::yield_now().await;
        }
    };
    let overnight = async {
        until(Verdict::NotConnected).await;
        assert_eq!(scene.files().len(), 1);
        // AniList takes it again: what was missed is made up for, whatever the schedule says.
        scene.simulator.world().grant_token(TOKEN, HANA);
        until(Verdict::Protected).await;
    };
    tokio::select! {
        () = scene.app.run_watch() => {},
        () = overnight => {},
    }
    assert_eq!(scene.files().len(), 2);
}

#[tokio::test]
async fn an_anilist_that_is_down_is_waited_for_and_the_last_good_snapshot_is_named() {
    let scene = Scene::connected().await;
    let good = scene.capture().await.snapshot;
    scene.simulator.fault_always(Some(Fault::Disabled));
    let target = scene.app.targets(None).await.unwrap().remove(0);
    scene
        .app
        .capture(&target, Kind::Automatic)
        .await
        .unwrap_err();
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.verdict, Verdict::AniListDown);
    assert_eq!(status.last_good.unwrap().id, good.id);
    let health = scene.app.health().await.unwrap();
    let of_snapshots = health.iter().find(|check| check.what == "snapshots");
    assert!(of_snapshots.unwrap().found.contains("waits: AniList"));
    // After a day and more it is late as well, which is worse.
    scene.clock.advance(std::time::Duration::from_hours(28));
    assert_eq!(verdict(&scene.app).await, Verdict::Late);
}

/// The same with these settings in the environment, in the same process.
fn taken_over(scene: &Scene, app: &App, environment: &[(&str, &str)]) -> App {
    let settings = scene.open_with(environment).settings().clone();
    app.reopen(settings, jiff::tz::TimeZone::UTC).unwrap()
}

/// Lets the schedule run until so many snapshots are there, and for an hour of its own time besides.
pub(crate) async fn run_and_rest(scene: &Scene, app: &App, snapshots: usize) {
    let now = || anirewind_core::model::Clock::now(scene.clock.as_ref());
    let a_while = async {
        reach(scene, snapshots).await;
        let until = now() + time::Duration::hours(1);
        while now() < until {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = app.run_schedule() => {},
        () = a_while => {},
    }
}

#[tokio::test]
async fn a_machine_that_moves_to_another_zone_is_noticed_while_it_runs() {
    use std::cell::Cell;

    use jiff::tz::TimeZone;

    let scene = Scene::connected().await;
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    let asked = Cell::new(0);
    let machine = || {
        asked.set(asked.get() + 1);
        if asked.get() < 20 {
            TimeZone::UTC
        } else {
            tokyo.clone()
        }
    };
    let began = scene.app.now();
    scene.app.zone_changed(machine).await;
    let passed = scene.app.now() - began;
    assert_eq!((asked.get(), passed.whole_minutes()), (20, 200));
    // What is opened anew goes by it, and has nothing more to notice.
    let settings = scene.app.settings().clone();
    let app = scene.app.reopen(settings, machine()).unwrap();
    assert_eq!(app.zone().name(began), "Asia/Tokyo");
    let count = asked.get();
    let a_while = async {
        while asked.get() < count + 50 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = app.zone_changed(machine) => panic!("nothing changed"),
        () = a_while => {},
    }
    // A zone in the settings holds wherever the machine is.
    let app = scene.open_with(&[("ANIREWIND_TIME_ZONE", "Europe/Berlin")]);
    let asked = Cell::new(0);
    let ask = || {
        asked.set(1);
        tokyo.clone()
    };
    let soon = std::time::Duration::from_millis(20);
    let waited = tokio::time::timeout(soon, app.zone_changed(ask)).await;
    assert!(waited.is_err() && asked.get() == 0);
}

#[tokio::test]
async fn new_settings_are_no_reason_for_a_snapshot() {
    let scene = Scene::connected().await;
    run_and_rest(&scene, &scene.app, 1).await;
    let requests = scene.simulator.traffic().requests;
    let mut app = scene.app.clone();
    for days in ["1", "2", "3"] {
        app = taken_over(&scene, &app, &[("ANIREWIND_KEEP_DAILY", days)]);
        run_and_rest(&scene, &app, 1).await;
    }
    assert_eq!(scene.files().len(), 1);
    assert_eq!(scene.simulator.traffic().requests, requests);
    let app = taken_over(&scene, &app, &[]);
    run_and_rest(&scene, &app, 2).await;
    app.refresh_catalogue().await.unwrap();
    let rows = app.snapshots(None).await.unwrap();
    let at = rows[0].created_at;
    assert_eq!((at.day(), at.hour()), (4, 1), "{at}");
    // Another schedule holds from now on.
    let mut settings = app.settings().clone();
    settings.backup_at = anirewind_core::Schedule::parse("daily@17:00").unwrap();
    settings.backup_jitter = std::time::Duration::ZERO;
    let app = app.reopen(settings, jiff::tz::TimeZone::UTC).unwrap();
    run_until(&scene, &app, 3).await;
    app.refresh_catalogue().await.unwrap();
    let at = app.snapshots(None).await.unwrap()[0].created_at;
    assert_eq!((at.day(), at.hour()), (4, 17), "{at}");
}
