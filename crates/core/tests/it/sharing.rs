//! Many accounts in one server: each has its own time, and none waits for another.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anirewind_core::{App, SnapshotRow, Verdict};
use anirewind_simulator::{Growth, SimUser};
use jiff::tz::TimeZone;
use time::macros::datetime;

use crate::scene::{HANA, Scene, YUKIS, token};

const YUKI: u32 = 7;

/// So long anything may take in true time before a test has failed.
const LONG: Duration = Duration::from_mins(2);

async fn both() -> Scene {
    let scene = Scene::connected().await;
    let yuki = scene.app.add_account(None, token(YUKIS)).await;
    yuki.unwrap();
    scene
}

async fn of(app: &App, user: u32) -> Vec<SnapshotRow> {
    let owner = anirewind_core::model::UserId::new(user);
    app.snapshots(Some(owner)).await.unwrap()
}

/// Waits until an account has so many snapshots.
async fn reach(app: &App, user: u32, count: usize) -> Vec<SnapshotRow> {
    loop {
        let rows = of(app, user).await;
        if rows.len() >= count {
            return rows;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Lets the schedule run until this is done.
async fn meanwhile<T>(app: &App, done: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(LONG, done);
    tokio::select! {
        () = app.run_schedule() => unreachable!("a schedule never ends"),
        done = done => done.unwrap(),
    }
}

#[tokio::test]
async fn an_account_that_waits_holds_up_no_other() {
    let scene = both().await;
    // Another program is at work on Hana's list, for days.
    let path = scene.data.path().join(format!("account-{HANA}.lock"));
    let lock = std::fs::File::create(path).unwrap();
    lock.lock().unwrap();
    meanwhile(&scene.app, async {
        for days in 1..=3 {
            reach(&scene.app, YUKI, days).await;
            assert!(of(&scene.app, HANA).await.is_empty());
            scene.clock.advance(Duration::from_hours(24));
        }
        drop(lock);
        reach(&scene.app, HANA, 1).await;
    })
    .await;
    // What was missed came once.
    assert_eq!(of(&scene.app, HANA).await.len(), 1);
}

#[tokio::test]
async fn who_comes_while_it_runs_is_served_and_who_goes_is_not() {
    let scene = Scene::connected().await;
    let app = &scene.app;
    meanwhile(app, async {
        reach(app, HANA, 1).await;
        let added = app.add_account(None, token(YUKIS)).await.unwrap();
        let rows = reach(app, YUKI, 1).await;
        let waited = rows[0].created_at - added.added_at;
        assert!(waited < time::Duration::minutes(10), "{waited}");
        app.remove_account("yuki").await.unwrap();
        let had = of(app, YUKI).await.len();
        let days = of(app, HANA).await.len();
        reach(app, HANA, days + 3).await;
        let has = of(app, YUKI).await.len();
        assert!(has <= had + 1, "{had} snapshots, then {has}");
        let still = reach(app, HANA, days + 5).await.len();
        assert!(still >= 5);
        assert_eq!(of(app, YUKI).await.len(), has);
    })
    .await;
}

#[tokio::test]
async fn who_connects_again_is_served_at_once() {
    let scene = both().await;
    scene.simulator.world().revoke_token(YUKIS);
    let app = &scene.app;
    meanwhile(app, async {
        reach(app, HANA, 2).await;
        assert!(of(app, YUKI).await.is_empty());
        scene.simulator.world().grant_token("another", YUKI);
        let again = app.add_account(None, token("another")).await.unwrap();
        let rows = reach(app, YUKI, 1).await;
        let waited = rows[0].created_at - again.checked_at;
        assert!(waited < time::Duration::minutes(10), "{waited}");
    })
    .await;
}

#[tokio::test]
async fn the_time_that_is_said_is_the_time_that_is_kept() {
    let scene = Scene::connected().await;
    let said = scene.app.status().await.unwrap().remove(0).next.unwrap();
    let first = datetime!(2026-11-04 1:00 UTC);
    assert!((first..=first + time::Duration::minutes(10)).contains(&said));
    let rows = meanwhile(&scene.app, async {
        reach(&scene.app, HANA, 1).await;
        reach(&scene.app, HANA, 2).await
    })
    .await;
    let late = rows[0].created_at - said;
    assert!(
        !late.is_negative() && late < time::Duration::minutes(2),
        "{late}"
    );
    assert_ne!(rows[1].created_at.date(), rows[0].created_at.date());
    // A command beside the server says the same as the server.
    let (here, there) = (scene.app.status().await.unwrap(), scene.reopen());
    assert_eq!(here[0].next, there.status().await.unwrap()[0].next);
    assert_eq!(here[0].verdict, Verdict::Protected);
    let exact = scene.open_with(&[
        ("ANIREWIND_BACKUP_JITTER", "0"),
        ("ANIREWIND_TIME_ZONE", "Asia/Kathmandu"),
    ]);
    let next = exact.status().await.unwrap()[0].next.unwrap();
    assert_eq!((next.hour(), next.minute(), next.second()), (19, 15, 0));
    assert_eq!(
        exact.settings().time_zone,
        TimeZone::get("Asia/Kathmandu").ok()
    );
}

#[tokio::test]
async fn a_person_goes_before_a_queue_of_snapshots() {
    const ACCOUNTS: u32 = 25;
    let scene = Scene::connected().await;
    let growth = Growth {
        seed: 7,
        anime: 3,
        manga: 0,
    };
    let now = datetime!(2026-11-03 12:00 UTC);
    for number in 0..ACCOUNTS {
        let (id, word) = (100 + number, format!("token-{number}"));
        let user = SimUser::new(id, &format!("user{number}"));
        scene.simulator.world().grow(user, &word, growth, now);
        scene.app.add_account(None, token(&word)).await.unwrap();
    }
    let app = &scene.app;
    meanwhile(app, async {
        reach(app, HANA, 1).await;
        // Most still wait.
        let target = app.targets(Some("hana")).await.unwrap().remove(0);
        for _ in 0..5 {
            let before = scene.simulator.traffic().requests;
            app.check_account(&target).await.unwrap();
            let sent = scene.simulator.traffic().requests - before;
            // Its own, one whose turn it was already, one that has just begun.
            assert!(sent <= 3, "{sent} requests while a person waited");
        }
        for number in 0..ACCOUNTS {
            reach(app, 100 + number, 1).await;
        }
    })
    .await;
    assert_eq!(scene.files().len(), usize::try_from(ACCOUNTS).unwrap() + 1);
}

/// How many there are, where `ACCOUNTS` does not say otherwise.
const ACCOUNTS: u32 = 120;

#[expect(clippy::disallowed_methods, reason = "more are asked for from outside")]
fn accounts() -> u32 {
    let told = std::env::var("ACCOUNTS");
    told.map_or(ACCOUNTS, |told| told.parse().unwrap())
}

/// Three days of many accounts on one budget of thirty requests a minute, in virtual time.
#[tokio::test]
async fn each_of_many_accounts_has_a_snapshot_of_each_day() {
    let accounts = accounts();
    let all = usize::try_from(accounts).unwrap() + 1;
    let scene = Scene::connected().await;
    let growth = Growth {
        seed: 7,
        anime: 1,
        manga: 0,
    };
    let now = datetime!(2026-11-03 12:00 UTC);
    for number in 0..accounts {
        let (id, word) = (100 + number, format!("token-{number}"));
        let user = SimUser::new(id, &format!("user{number}"));
        scene.simulator.world().grow(user, &word, growth, now);
        scene.app.add_account(None, token(&word)).await.unwrap();
    }
    let app = &scene.app;
    let begun = app.now();
    let days = tokio::time::timeout(LONG * 5, async {
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let rows = app.snapshots(None).await.unwrap();
            let mut days = BTreeMap::<_, BTreeSet<_>>::new();
            for row in &rows {
                days.entry(row.created_at.date())
                    .or_default()
                    .insert(row.owner.id);
            }
            // The day of the start, and two more; the last of them may go on.
            if days.values().filter(|owners| owners.len() == all).count() >= 3 {
                return days;
            }
            let over = days.keys().next_back().map(|day| *day - begun.date());
            assert!(
                over.is_none_or(|over| over.whole_days() < 4),
                "{:?}",
                days.values().map(BTreeSet::len).collect::<Vec<_>>()
            );
        }
    });
    let days = tokio::select! {
        () = app.run_schedule() => unreachable!("a schedule never ends"),
        days = days => days.unwrap(),
    };
    for (day, owners) in days.iter().take(3) {
        assert_eq!(owners.len(), all, "{day}");
    }
}
