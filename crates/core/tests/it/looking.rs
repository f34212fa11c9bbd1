//! What others change is seen: cheaply, once, and with its time.

use std::collections::BTreeMap;
use std::time::Duration;

use anirewind_core::{ChangeFilter, ChangeOutcome, ChangeRow, LookReport, SnapshotRow, Source};
use anirewind_simulator::SimEntry;

use crate::scene::{HANA, Scene};

impl Scene {
    pub(crate) async fn look(&self) -> LookReport {
        let target = self.app.targets(Some("hana")).await.unwrap().remove(0);
        self.app.look(&target).await.unwrap()
    }

    pub(crate) async fn log(&self) -> Vec<ChangeRow> {
        let filter = ChangeFilter::default();
        self.app
            .changes(None, filter, None, usize::MAX)
            .await
            .unwrap()
    }

    /// Somebody saves a title on the website.
    pub(crate) fn save(&self, media: u32, change: impl FnOnce(&mut SimEntry)) {
        let now = self.app.now().unix_timestamp();
        let mut world = self.simulator.world();
        let mut entry = world.entry(HANA, media).unwrap().clone();
        change(&mut entry);
        entry.updated_at = Some(now);
        world.put_entry(entry);
    }

    fn media(&self) -> Vec<u32> {
        self.simulator
            .world()
            .entries(HANA)
            .map(|entry| entry.media)
            .collect()
    }

    /// Counts what a look costs.
    async fn cost(&self) -> (LookReport, u64) {
        let before = self.simulator.traffic().requests;
        let report = self.look().await;
        (report, self.simulator.traffic().requests - before)
    }
}

#[tokio::test]
async fn a_look_that_finds_nothing_costs_one_request() {
    let scene = Scene::connected().await;
    scene.capture().await;
    for _ in 0..3 {
        scene.clock.advance(Duration::from_mins(5));
        let (report, requests) = scene.cost().await;
        assert_eq!((report.changes, requests), (0, 1));
    }
}

#[tokio::test]
async fn thirty_eight_changes_cost_at_most_two_requests_and_are_one_burst() {
    let scene = Scene::connected().await;
    scene.capture().await;
    scene.clock.advance(Duration::from_mins(5));
    for media in scene.media().into_iter().take(38) {
        scene.save(media, |entry| {
            entry.score = 0;
            entry.repeat += 1;
        });
    }
    scene.clock.advance(Duration::from_mins(1));
    let (report, requests) = scene.cost().await;
    assert_eq!(report.changes, 38);
    assert!(requests <= 2, "{requests}");
    let log = scene.log().await;
    let group = log[0].change.group.clone();
    assert!(group.is_some() && log.iter().all(|row| row.change.group == group));
    assert!(log.iter().all(|row| row.change.when.is_exact()));
    assert!(log.iter().all(|row| row.change.source == Source::Observed));
    assert_eq!(scene.cost().await.0.changes, 0, "and not a second time");
}

#[tokio::test]
async fn titles_that_vanish_are_seen_for_one_request_more() {
    let scene = Scene::connected().await;
    scene.capture().await;
    scene.clock.advance(Duration::from_mins(5));
    for media in scene.media().into_iter().take(12) {
        scene.simulator.world().drop_entry(HANA, media);
    }
    let (report, requests) = scene.cost().await;
    assert_eq!((report.changes, requests), (12, 2));
    let log = scene.log().await;
    assert!(
        log.iter()
            .all(|row| row.change.outcome == ChangeOutcome::Deleted)
    );
    assert!(
        log.iter()
            .all(|row| row.change.before.is_some() && row.change.after.is_none())
    );
    assert!(
        log[0].change.when.since.is_some(),
        "between two looks, no closer"
    );
    assert_eq!(
        scene.cost().await,
        (
            LookReport {
                changes: 0,
                ..report
            },
            1
        )
    );
}

#[tokio::test]
async fn a_snapshot_sees_what_changed_too_and_a_look_after_it_does_not_again() {
    let scene = Scene::connected().await;
    scene.capture().await;
    scene.clock.advance(Duration::from_mins(5));
    scene.save(1_001, |entry| entry.progress += 1);
    scene.capture().await;
    assert_eq!(scene.log().await.len(), 1);
    assert_eq!(scene.look().await.changes, 0);
}

#[tokio::test]
async fn statistics_that_lag_hide_nothing_for_long_and_cost_little() {
    let scene = Scene::connected().await;
    scene.capture().await;
    scene
        .simulator
        .set_switches(|switches| switches.statistics_error = 3);
    scene.clock.advance(Duration::from_mins(5));
    let (report, _) = scene.cost().await;
    assert_eq!(report.changes, 0);
    scene.clock.advance(Duration::from_mins(5));
    let (report, requests) = scene.cost().await;
    assert_eq!(
        (report.changes, requests),
        (0, 1),
        "it is known to be off by three"
    );
    scene.simulator.world().drop_entry(HANA, 1_003);
    assert_eq!(scene.look().await.changes, 1);
}

/// A random month of edits and looks: what outlived two looks is in the log, and nothing is twice.
#[tokio::test]
async fn nothing_that_outlives_two_looks_is_missed_and_nothing_is_seen_twice() {
    let scene = Scene::connected().await;
    scene.capture().await;
    let mut state: u64 = 7;
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let started = scene.simulator.traffic().requests;
    let mut looks = 0;
    for _ in 0..400 {
        for _ in 0..random(4) {
            let media = scene.media();
            let at = usize::try_from(random(media.len() as u64)).unwrap();
            match random(6) {
                0 if media.len() > 20 => {
                    scene.simulator.world().drop_entry(HANA, media[at]);
                }
                _ => scene.save(media[at], |entry| entry.progress += 1),
            }
            scene.clock.advance(Duration::from_secs(random(120)));
        }
        scene.clock.advance(Duration::from_mins(5));
        scene.look().await;
        looks += 1;
        // What is known is what is there.
        let world: BTreeMap<u32, i32> = scene
            .simulator
            .world()
            .entries(HANA)
            .map(|entry| (entry.media, entry.progress))
            .collect();
        let mut told: BTreeMap<u32, i32> = BTreeMap::new();
        for row in scene.log().await {
            let media = row.change.media.get();
            if let std::collections::btree_map::Entry::Vacant(place) = told.entry(media) {
                let after = row.change.after.as_ref();
                let progress = after.and_then(|entry| entry.values.progress.known().copied());
                place.insert(progress.map_or(-1, |n| i32::try_from(n).unwrap()));
            }
        }
        for (media, progress) in told {
            assert_eq!(
                world.get(&media).copied().unwrap_or(-1),
                progress,
                "title {media}"
            );
        }
    }
    // Each change continues where the one before of the same title ended: none twice, none missing.
    let mut log = scene.log().await;
    log.reverse();
    let mut last: BTreeMap<u32, Option<anirewind_core::model::EntryValues>> = BTreeMap::new();
    for row in &log {
        let before = row.change.before.as_ref().map(|entry| entry.values.clone());
        let after = row.change.after.as_ref().map(|entry| entry.values.clone());
        if let Some(known) = last.insert(row.change.media.get(), after) {
            assert_eq!(known, before);
        }
    }
    assert!(log.len() > 300, "{}", log.len());
    let requests = scene.simulator.traffic().requests - started;
    assert!(
        requests <= looks * 2,
        "{requests} requests for {looks} looks"
    );
}

#[tokio::test]
async fn the_history_of_plexanibridge_comes_over_once_and_its_file_stays_as_it_is() {
    let scene = Scene::connected().await;
    scene.capture().await;
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../store/tests/files/plexanibridge.db");
    let before = std::fs::read(&path).unwrap();
    let hana = anirewind_core::model::UserId::new(HANA);
    let imported = scene.app.import_history(hana, &path, None).await.unwrap();
    assert_eq!(
        (imported.taken, imported.left_out.len()),
        (5, 1),
        "{imported:?}"
    );
    let again = scene.app.import_history(hana, &path, None).await.unwrap();
    assert_eq!((again.taken, again.already), (0, 5));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let log = scene.log().await;
    let outcomes: Vec<_> = log
        .iter()
        .rev()
        .map(|row| row.change.outcome.as_str())
        .collect();
    assert_eq!(
        outcomes,
        ["synced", "synced", "deleted", "failed", "undone"]
    );
    let first = &log[4].change;
    assert!(first.before.is_some() && first.source == Source::Import);
    assert!(log[3].change.before.is_none() && log[3].change.after.is_some());
    assert_eq!(log[1].change.error.as_deref(), Some("validation"));
    let nowhere = scene
        .app
        .import_history(hana, std::path::Path::new("/nowhere"), None)
        .await;
    assert!(nowhere.is_err());
    let text = scene.data.path().join("config.txt");
    std::fs::write(&text, "not SQLite").unwrap();
    assert!(scene.app.import_history(hana, &text, None).await.is_err());
}

#[tokio::test]
async fn a_list_is_rebuilt_from_an_older_snapshot_where_the_last_one_is_damaged() {
    let scene = Scene::connected().await;
    let hana = anirewind_core::model::UserId::new(HANA);
    scene.capture().await;
    scene.clock.advance(Duration::from_mins(5));
    scene.look().await;
    scene.save(1_001, |entry| entry.progress = 7);
    scene.clock.advance(Duration::from_mins(5));
    scene.look().await;
    scene.clock.advance(Duration::from_mins(5));
    scene.capture().await;
    let moment = scene.app.now();
    let expected = scene.app.list_at(hana, moment).await.unwrap().unwrap();
    let rows = scene.app.snapshots(None).await.unwrap();
    assert_eq!((rows.len(), expected.changes), (2, 0));
    let damage = |row: &SnapshotRow| {
        // In place: the folder is not told.
        std::fs::write(scene.app.backups().join(&row.file), "cut").unwrap();
    };
    damage(&rows[0]);
    let found = scene.app.list_at(hana, moment).await.unwrap().unwrap();
    assert_eq!(found.list.entries, expected.list.entries);
    assert_eq!((found.changes, &found.snapshot.file), (1, &rows[1].file));
    // Where none can be read it is not said that there is none.
    damage(&rows[1]);
    let error = scene.app.list_at(hana, moment).await.unwrap_err();
    assert!(error.to_string().contains(&rows[0].file), "{error}");
}

#[tokio::test]
async fn a_list_is_rebuilt_at_any_moment() {
    let scene = Scene::connected().await;
    scene.capture().await;
    let hana = anirewind_core::model::UserId::new(HANA);
    let mut moments = Vec::new();
    for step in 0..6 {
        scene.clock.advance(Duration::from_mins(30));
        if step == 3 {
            scene.simulator.world().drop_entry(HANA, 1_005);
        } else {
            scene.save(1_001, |entry| entry.progress = 10 + step);
        }
        scene.clock.advance(Duration::from_mins(1));
        scene.look().await;
        let there: Vec<(u32, i32)> = scene
            .simulator
            .world()
            .entries(HANA)
            .map(|entry| (entry.media, entry.progress))
            .collect();
        moments.push((scene.app.now(), there));
    }
    for (moment, there) in moments {
        let found = scene.app.list_at(hana, moment).await.unwrap().unwrap();
        let mut rebuilt: Vec<(u32, i32)> = found
            .list
            .entries
            .iter()
            .map(|entry| {
                let progress = entry.values.progress.known().copied().unwrap();
                (entry.media.get(), i32::try_from(progress).unwrap())
            })
            .collect();
        let mut there = there;
        rebuilt.sort_unstable();
        there.sort_unstable();
        assert_eq!(rebuilt, there);
    }
    let before = scene.app.now() - time::Duration::days(1);
    assert!(scene.app.list_at(hana, before).await.unwrap().is_none());
    let history = scene
        .app
        .title_history(hana, "1001")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(history.changes.len(), 5);
    let gone = scene
        .app
        .title_history(hana, "https://anilist.co/anime/1005/")
        .await
        .unwrap()
        .unwrap();
    assert!(gone.now.is_none() && gone.changes.len() == 1);
}

#[tokio::test]
async fn an_empty_answer_is_not_written_down_before_a_second_look_says_the_same() {
    let scene = Scene::connected().await;
    scene.capture().await;
    scene.clock.advance(Duration::from_mins(5));
    for media in scene.media() {
        scene.simulator.world().drop_entry(HANA, media);
    }
    assert_eq!(scene.look().await.changes, 0, "not believed at once");
    assert!(scene.log().await.is_empty());
    scene.clock.advance(Duration::from_mins(5));
    assert_eq!(scene.look().await.changes, 40, "it is really so");
}
