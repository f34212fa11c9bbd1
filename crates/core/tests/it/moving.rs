//! A machine that moves to another time zone while the server runs: snapshots are due by the new one from then on,
//! and none goes for it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use anirewind_core::model::{Clock as _, UserId};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use time::{Duration, OffsetDateTime};

use crate::scene::{HANA, Paused, Scene, TOKEN, token};

/// A snapshot is taken so soon after it is due.
const SOON: Duration = Duration::minutes(2);

fn instant(at: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.as_second()).unwrap()
}

/// Half past two of each day, worked out apart from the schedule.
fn windows(zone: &TimeZone, after: OffsetDateTime, until: OffsetDateTime) -> Vec<OffsetDateTime> {
    let first = Timestamp::from_second(after.unix_timestamp()).unwrap();
    let mut day = first.to_zoned(zone.clone()).date();
    let mut windows = Vec::new();
    loop {
        let at = day.at(2, 30, 0, 0).to_zoned(zone.clone()).unwrap();
        let at = instant(at.timestamp());
        if at >= until {
            return windows;
        }
        if at > after {
            windows.push(at);
        }
        day = day.tomorrow().unwrap();
    }
}

/// Three days in one zone and three in another, as a server lives them.
async fn live(scene: &Scene<Paused>, from: &TimeZone, to: &TimeZone) {
    let exactly = [
        ("ANIREWIND_BACKUP_AT", "daily@02:30"),
        ("ANIREWIND_BACKUP_JITTER", "0"),
    ];
    let settings = scene.open_with(&exactly).settings().clone();
    let mut app = scene.app.reopen(settings, from.clone()).unwrap();
    let machine = Mutex::new(from.clone());
    let zone = || machine.lock().unwrap().clone();
    let life = async {
        loop {
            tokio::select! {
                () = app.run_schedule() => unreachable!("a schedule never ends"),
                () = app.zone_changed(zone) => {}
            }
            app = app.reopen(app.settings().clone(), zone()).unwrap();
        }
    };
    let days = async {
        scene.clock.sleep(std::time::Duration::from_hours(72)).await;
        *machine.lock().unwrap() = to.clone();
        scene.clock.sleep(std::time::Duration::from_hours(72)).await;
    };
    tokio::select! {
        () = life => {}
        () = days => {}
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_move_each_window_is_one_of_the_new_zone_and_no_snapshot_goes() {
    for (from, to) in [
        ("Europe/Berlin", "Asia/Tokyo"),
        ("Asia/Tokyo", "America/New_York"),
        ("America/New_York", "Asia/Kathmandu"),
        ("Pacific/Apia", "Pacific/Pago_Pago"),
    ] {
        let what = format!("from {from} to {to}");
        let [from, to] = [from, to].map(|name| TimeZone::get(name).unwrap());
        let scene = Scene::paused().await;
        scene.app.add_account(None, token(TOKEN)).await.unwrap();
        let began = scene.app.now();
        live(&scene, &from, &to).await;
        let (moved, end) = (began + Duration::hours(72), scene.app.now());
        scene.app.refresh_catalogue().await.unwrap();
        let rows = scene.app.snapshots(Some(UserId::new(HANA))).await.unwrap();
        let mut runs: BTreeSet<_> = rows.iter().map(|row| row.created_at).collect();
        let first = runs.pop_first().unwrap();
        assert!(first - began < SOON, "{what}: one at start");
        // It is noticed within ten minutes.
        let noticed = moved + Duration::minutes(10);
        let mut take = |window: OffsetDateTime| {
            let within = |run: &&OffsetDateTime| (window..window + SOON).contains(*run);
            let found: Vec<_> = runs.iter().filter(within).copied().collect();
            assert_eq!(found.len(), 1, "{what}: due {window}, {runs:?}");
            runs.remove(&found[0]);
        };
        let before = windows(&from, began + SOON, moved);
        let after = windows(&to, noticed, end - SOON);
        assert!(
            before.len() == 3 && (2..=3).contains(&after.len()),
            "{what}"
        );
        before.into_iter().for_each(&mut take);
        after.into_iter().for_each(&mut take);
        // Who would have waited long for the new zone is served once more when he would have been by the old.
        let once_more = windows(&from, moved, moved + Duration::DAY)[0];
        let is_once_more = |run: &OffsetDateTime| (once_more..once_more + SOON).contains(run);
        assert!(
            runs.len() <= 1 && runs.iter().all(is_once_more),
            "{what}: {runs:?}"
        );
        // None went, neither before nor after.
        assert_eq!(scene.files().len(), rows.len(), "{what}");
        assert!(scene.app.trash().await.unwrap().is_empty(), "{what}");
    }
}
