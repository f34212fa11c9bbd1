//! What stays, what goes, what comes back, and what people say about it.

use std::time::Duration;

use anirewind_core::{
    AnswerVerdict, Code, CurateError, Explain as _, Fate, Hold, Kind, Outcome, Rule, SnapshotRow,
    Standing, Verdict, Why,
};

use crate::scene::{HANA, Scene};

const DAY: Duration = Duration::from_hours(24);

fn hana() -> anirewind_core::model::UserId {
    anirewind_core::model::UserId::new(HANA)
}

impl Scene {
    /// A snapshot a day, with an episode watched before each.
    async fn live(&self, days: i32) {
        for day in 0..days {
            self.watch(day + 1);
            self.capture_as(Kind::Automatic).await;
            self.clock.advance(DAY);
        }
    }

    fn watch(&self, progress: i32) {
        let mut world = self.simulator.world();
        let entry = world.entry(HANA, 1_001).unwrap().clone();
        world.put_entry(anirewind_simulator::SimEntry { progress, ..entry });
    }

    async fn rows(&self) -> Vec<SnapshotRow> {
        self.app.snapshots(None).await.unwrap()
    }

    fn lose(&self, count: usize) {
        let mut world = self.simulator.world();
        let ids = world.entries(HANA).map(|entry| entry.media);
        // One anime stays, so that no list becomes empty.
        let ids: Vec<u32> = ids.filter(|id| *id != 1_001).take(count).collect();
        for id in ids {
            world.drop_entry(HANA, id);
        }
    }
}

#[tokio::test]
async fn a_week_stays_the_rest_waits_in_the_trash_and_is_gone_after_another_week() {
    let scene = Scene::connected().await;
    scene.live(10).await;
    assert_eq!(scene.rows().await.len(), 8, "today and seven days");
    assert_eq!(scene.app.trash().await.unwrap().len(), 2);
    scene.live(10).await;
    assert_eq!(scene.rows().await.len(), 8);
    let trash = scene.app.trash().await.unwrap();
    assert_eq!(trash.len(), 7, "{trash:?}");
    assert_eq!(scene.files().len(), 8);
}

#[tokio::test]
async fn what_went_comes_back_with_all_that_was_known_of_it() {
    let scene = Scene::connected().await;
    scene.live(9).await;
    let gone = scene.app.trash().await.unwrap().remove(0);
    let id = gone.id.unwrap();
    let back = scene.app.undelete(&id.as_str()[..6]).await.unwrap();
    assert_eq!(back.file, gone.file);
    let rows = scene.rows().await;
    assert_eq!(rows.last().unwrap().id, id, "the oldest again");
    assert!(scene.app.trash().await.unwrap().is_empty());
    let error = scene.app.undelete("nothing").await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
}

#[tokio::test]
async fn a_machine_that_was_off_for_months_loses_nothing_by_it() {
    let scene = Scene::connected().await;
    scene.live(7).await;
    scene.clock.advance(DAY * 120);
    scene.live(1).await;
    assert_eq!(scene.rows().await.len(), 8);
}

#[tokio::test]
async fn a_clock_that_jumps_takes_nothing_and_the_newest_stays_the_newest() {
    let scene = Scene::connected().await;
    scene.live(5).await;
    scene.clock.jump(time::Duration::days(3650));
    scene.watch(50);
    let future = scene.capture().await.snapshot;
    scene.clock.jump(time::Duration::days(-3650));
    scene.watch(51);
    let newest = scene.capture().await.snapshot;
    assert_eq!(newest.previous, Some(future.file_hash));
    scene.clock.jump(time::Duration::days(-3650));
    scene.watch(52);
    let past = scene.capture().await.snapshot;
    let rows = scene.rows().await;
    assert_eq!(rows.len(), 8);
    let ids: Vec<_> = rows.iter().take(3).map(|row| &row.id).collect();
    assert_eq!(
        ids,
        [&past.id, &newest.id, &future.id],
        "in the order they were taken"
    );
    // The same when the catalogue is made anew from the files.
    for file in ["anirewind.db", "anirewind.db-wal", "anirewind.db-shm"] {
        let _ = std::fs::remove_file(scene.data.path().join(file));
    }
    let app = scene.reopen();
    app.refresh_catalogue().await.unwrap();
    let again = app.snapshots(None).await.unwrap();
    let files = |rows: &[SnapshotRow]| rows.iter().map(|row| row.file.clone()).collect::<Vec<_>>();
    assert_eq!(files(&again), files(&rows));
}

#[tokio::test]
async fn accounts_with_names_within_names_are_never_mixed_up() {
    let scene = Scene::connected().await;
    scene.live(3).await;
    let folder = scene.app.backups();
    let theirs =
        include_str!("../../../backup/tests/it/files/plexanibridge-hana.20251004010203.json");
    let old = folder.join("plexanibridge-hana.kids.20200101000000.json");
    std::fs::write(
        &old,
        theirs
            .replace("\"name\":\"hana\"", "\"name\":\"hana.kids\"")
            .replace("4242", "77"),
    )
    .unwrap();
    std::fs::write(folder.join("plexanibridge-hana.txt"), "mine").unwrap();
    scene.live(12).await;
    assert!(old.exists());
    assert!(folder.join("plexanibridge-hana.txt").exists());
}

#[tokio::test]
async fn keeping_noting_and_deleting_with_their_refusals() {
    let scene = Scene::connected().await;
    scene.live(4).await;
    let rows = scene.rows().await;
    let kept = scene
        .app
        .keep(&rows[3], Some("before".to_owned()), None)
        .await
        .unwrap();
    let error = scene
        .app
        .keep(&rows[2], Some("before".to_owned()), None)
        .await
        .unwrap_err();
    assert!(matches!(error, CurateError::NameTaken { .. }), "{error}");
    assert_eq!(
        scene.app.find_row("kept:before", None).await.unwrap().id,
        kept.id
    );
    // A name as long as the form takes it is kept, a longer one refused, and so is a note.
    let longest = scene.app.keep(&rows[2], Some("ä".repeat(200)), None).await;
    scene.app.unkeep(&longest.unwrap()).await.unwrap();
    let longer = scene.app.keep(&rows[2], Some("ä".repeat(201)), None).await;
    let error = longer.unwrap_err();
    assert_eq!(error.code(), Code::Usage);
    assert_eq!(
        error.to_string(),
        "the name is 201 characters long; 200 are allowed"
    );
    let error = scene.app.note(&kept, &"x".repeat(2_001)).await.unwrap_err();
    assert!(error.to_string().contains("the note is 2001"), "{error}");
    scene.app.note(&kept, "  a note ").await.unwrap();
    let error = scene.app.delete(&kept).await.unwrap_err();
    assert_eq!(error.code(), Code::RefusedForSafety);
    assert!(error.hint().unwrap().contains("unkeep"), "{error}");
    let error = scene.app.delete(&rows[0]).await.unwrap_err();
    assert!(error.to_string().contains("newest good"), "{error}");
    scene.app.delete(&rows[1]).await.unwrap();
    assert_eq!(scene.rows().await.len(), 3);
    // What was said survives the loss of the catalogue, and the rules.
    for file in ["anirewind.db", "anirewind.db-wal", "anirewind.db-shm"] {
        let _ = std::fs::remove_file(scene.data.path().join(file));
    }
    let app = scene.reopen();
    app.refresh_catalogue().await.unwrap();
    let row = app.find_row("kept:before", None).await.unwrap();
    assert_eq!(row.mark.note.as_deref(), Some("a note"));
    let row = app.unkeep(&row).await.unwrap();
    app.delete(&row).await.unwrap();
}

#[tokio::test]
async fn a_kept_one_stays_and_the_plan_says_why_each_other_does() {
    let scene = Scene::connected().await;
    scene.live(2).await;
    let oldest = scene.rows().await.remove(1);
    scene.app.keep(&oldest, None, None).await.unwrap();
    scene.live(12).await;
    let plan = scene.app.retention_plan(hana()).await.unwrap();
    assert_eq!(plan.outlook.count(), 9);
    let rows = scene.rows().await;
    assert_eq!(rows.last().unwrap().id, oldest.id);
    let kept = plan.outlook.fate(&oldest.file);
    assert_eq!(kept, Some(&Fate::Stays(Why::Kept { until: None })));
    let newest = &rows[0];
    let until = match plan.outlook.fate(&newest.file) {
        Some(Fate::Stays(Why::Recent { until })) => *until,
        other => panic!("{other:?}"),
    };
    // A day has passed since it was taken.
    assert_eq!(until, newest.created_at + time::Duration::days(8));
    assert_eq!(plan.going, []);
}

#[tokio::test]
async fn what_must_not_be_deleted_is_named_with_the_reason() {
    let scene = Scene::connected().await;
    let locked = async || {
        let locked = scene.app.locked(hana()).await.unwrap().into_iter();
        let locked = locked.map(|(row, why)| (row.file, why));
        locked.collect::<Vec<_>>()
    };
    scene.live(4).await;
    let rows = scene.rows().await;
    let newest = "it is the newest good one";
    assert_eq!(locked().await, [(rows[0].file.clone(), newest)]);
    scene.app.keep(&rows[2], None, None).await.unwrap();
    scene.lose(25);
    let unusual = scene.capture_as(Kind::Automatic).await;
    let open = "something about it is unusual and nobody has answered yet";
    let before = "it is the last good one before something unusual that nobody has answered yet";
    let expected = [
        (unusual.file.clone(), open),
        (rows[0].file.clone(), before),
        (rows[2].file.clone(), "it is kept"),
    ];
    assert_eq!(locked().await, expected);
    for (row, why) in [(&unusual, Some(open)), (&rows[1], None)] {
        assert_eq!(scene.app.lock_of(row).await.unwrap(), why);
    }
    // Of what is damaged none is the last, and what is not believed may be all that is left.
    for row in &rows {
        std::fs::write(scene.app.backups().join(&row.file), "{}").unwrap();
    }
    scene.app.verify(None).await.unwrap();
    scene.app.unkeep(&rows[2]).await.unwrap();
    let shown = scene.app.open_alarms(None).await.unwrap();
    let not_me = AnswerVerdict::NotMe;
    scene.app.answer_alarms(&shown, not_me).await.unwrap();
    let last = "it is the last one left";
    assert_eq!(locked().await, [(unusual.file, last)]);
}

#[tokio::test]
async fn a_restart_loop_leaves_one_file_and_each_day_leaves_its_own() {
    let scene = Scene::connected().await;
    let target = scene.app.targets(None).await.unwrap().remove(0);
    for _ in 0..20 {
        let captured = scene.app.capture(&target, Kind::Automatic).await.unwrap();
        scene.clock.advance(Duration::from_secs(20));
        assert_eq!(captured.snapshot.standing(), Standing::Good);
    }
    assert_eq!(scene.files().len(), 1);
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.last_attempt.unwrap().outcome, Outcome::Unchanged);
    let proven = scene.rows().await[0].verified_at;
    assert!(
        scene.app.now() - proven < time::Duration::minutes(2),
        "and proven again"
    );
    scene.capture_as(Kind::Manual).await;
    assert_eq!(scene.files().len(), 2, "by hand there is always one");
    scene.clock.advance(DAY);
    scene.capture_as(Kind::Automatic).await;
    assert_eq!(scene.files().len(), 3);
}

#[tokio::test]
async fn a_look_is_no_proof_when_the_file_is_damaged() {
    let scene = Scene::connected().await;
    let row = scene.capture_as(Kind::Automatic).await;
    let path = scene.app.backups().join(&row.file);
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let again = scene.capture_as(Kind::Automatic).await;
    assert_ne!(again.file, row.file);
}

#[tokio::test]
async fn while_something_unusual_is_unanswered_nothing_goes() {
    let scene = Scene::connected().await;
    scene.live(8).await;
    scene.lose(25);
    scene.live(5).await;
    let rows = scene.rows().await;
    assert_eq!(rows.len(), 13);
    assert!(
        rows.iter()
            .take(5)
            .all(|row| row.standing() == Standing::Suspect)
    );
    let plan = scene.app.retention_plan(hana()).await.unwrap();
    assert_eq!(plan.outlook.hold, Some(Hold::OpenAlarm));
    let before = &scene.app.open_alarms(None).await.unwrap()[4].before;
    let before = before.clone().unwrap();
    let error = scene.app.delete(&before).await.unwrap_err();
    assert!(matches!(error, CurateError::Locked { .. }), "{error}");
    // It was not them: nothing of it is believed, and the rules go on.
    let open = scene.app.open_alarms(None).await.unwrap();
    assert_eq!(open.len(), 5);
    scene
        .app
        .answer_alarms(&open, AnswerVerdict::NotMe)
        .await
        .unwrap();
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.last_good.unwrap().id, before.id);
    let pruned = scene.app.prune(hana()).await.unwrap();
    assert!(!pruned.discarded.is_empty());
    assert!(pruned.discarded.iter().all(|row| row.id != before.id));
}

#[tokio::test]
async fn this_was_me_is_believed_and_raises_the_threshold() {
    let scene = Scene::connected().await;
    scene.capture().await;
    scene.lose(21);
    assert_eq!(scene.capture().await.snapshot.standing(), Standing::Suspect);
    assert_eq!(
        scene.app.status().await.unwrap()[0].verdict,
        Verdict::Unusual
    );
    let open = scene.app.open_alarms(None).await.unwrap();
    scene
        .app
        .answer_alarms(&open, AnswerVerdict::Expected)
        .await
        .unwrap();
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.verdict, Verdict::Protected);
    assert_eq!(status.last_good.unwrap().counts.total(), 19);
    // 10 of 19 are 53 percent, which is less than the 55 it takes now.
    scene.clock.advance(DAY * 2);
    scene.lose(10);
    assert_eq!(scene.capture().await.snapshot.alarms, []);
}

#[tokio::test]
async fn what_goes_little_by_little_within_a_day_is_seen_once() {
    let scene = Scene::connected().await;
    scene.capture().await;
    for _ in 0..3 {
        scene.clock.advance(Duration::from_hours(4));
        scene.lose(8);
        scene.capture().await;
    }
    let rows = scene.rows().await;
    let alarms: Vec<Vec<Rule>> = rows
        .iter()
        .rev()
        .map(|row| row.alarms.iter().map(|alarm| alarm.rule).collect())
        .collect();
    assert_eq!(alarms, [vec![], vec![], vec![], vec![Rule::MostGone]]);
    assert_eq!(
        scene.app.status().await.unwrap()[0]
            .last_good
            .as_ref()
            .unwrap()
            .id,
        rows[1].id
    );
}

#[tokio::test]
async fn one_that_is_not_believed_is_taken_in_time_and_what_follows_is_compared_with_it() {
    let scene = Scene::connected().await;
    scene.live(3).await;
    scene.lose(25);
    let unusual = scene.capture_as(Kind::Automatic).await;
    assert_eq!(unusual.delta.map(|delta| delta.removed), Some(25));
    scene.clock.advance(Duration::from_hours(20));
    scene.watch(90);
    let next = scene.capture_as(Kind::Automatic).await;
    // The one right before holds the same titles, whatever is thought of it.
    let delta = next.delta.unwrap();
    assert_eq!((delta.added, delta.changed, delta.removed), (0, 1, 0));
    assert!(
        next.alarms.iter().any(|alarm| alarm.affected == 25),
        "{:?}",
        next.alarms
    );
    // It was dealt with; the last good one is two days old by then, and none is late.
    let open = scene.app.open_alarms(None).await.unwrap();
    let not_me = AnswerVerdict::NotMe;
    scene.app.answer_alarms(&open, not_me).await.unwrap();
    let status = scene.app.status().await.unwrap().remove(0);
    let age = scene.app.now() - status.last_good.unwrap().at();
    assert!(age > time::Duration::hours(40), "{age}");
    assert_eq!(status.verdict, Verdict::Protected);
    scene.clock.advance(DAY * 2);
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.verdict, Verdict::Late);
}

#[tokio::test]
async fn what_little_by_little_was_told_by_stays_also_where_a_clock_was_wrong_for_a_while() {
    let scene = Scene::connected().await;
    let first = scene.capture().await.snapshot;
    for _ in 0..19 {
        scene.clock.advance(Duration::from_hours(1));
        scene.lose(1);
        scene.capture().await;
    }
    scene.clock.jump(time::Duration::days(-2));
    scene.lose(1);
    let wrong = scene.capture().await.snapshot;
    scene.clock.jump(time::Duration::days(2));
    scene.clock.advance(Duration::from_hours(1));
    scene.lose(4);
    let unusual = scene.capture().await.snapshot;
    let rules: Vec<_> = unusual.alarms.iter().map(|alarm| alarm.rule).collect();
    assert_eq!(rules, [Rule::MostGone]);
    let locked = scene.app.locked(hana()).await.unwrap().into_iter();
    let locked: Vec<_> = locked.map(|(row, _)| row.id).collect();
    assert_eq!(locked, [unusual.id.clone(), wrong.id, first.id.clone()]);
    // The same is what it is to be put back to.
    let open = scene.app.open_alarms(None).await.unwrap().remove(0);
    let base = scene.app.base_of_alarm(&open).await.unwrap().unwrap();
    assert_eq!(base.id, first.id);
}

#[tokio::test]
async fn a_damaged_snapshot_is_named_never_the_last_good_and_stops_the_rules() {
    let scene = Scene::connected().await;
    scene.live(8).await;
    let newest = scene.rows().await.remove(0);
    let path = scene.app.backups().join(&newest.file);
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() - 200;
    bytes[at] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    scene.clock.advance(DAY);
    scene.watch(99);
    scene.capture_as(Kind::Automatic).await;
    scene.app.verify(None).await.unwrap();
    let rows = scene.rows().await;
    assert_eq!(rows[1].standing(), Standing::Damaged);
    let damage = rows[1].damage.clone().unwrap();
    assert!(
        damage.contains(&newest.file) && damage.contains("between bytes"),
        "{damage}"
    );
    let before = rows.len();
    scene.live(3).await;
    assert_eq!(scene.rows().await.len(), before + 3, "nothing goes");
    // Put right again, all goes on. The pace of requests makes the days a little longer than days.
    bytes[at] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    scene.app.refresh_catalogue().await.unwrap();
    let went = scene.app.prune(hana()).await.unwrap().discarded.len();
    assert!((3..=4).contains(&went), "{went}");
}

#[tokio::test]
async fn zero_days_keep_all() {
    let scene = Scene::connected().await;
    let app = scene.open_with(&[("PAB_BACKUP_RETENTION_DAYS", "0")]);
    for _ in 0..12 {
        let target = app.targets(Some("hana")).await.unwrap().remove(0);
        app.capture(&target, Kind::Manual).await.unwrap();
        scene.clock.advance(DAY);
    }
    assert_eq!(app.snapshots(None).await.unwrap().len(), 12);
}

#[tokio::test]
async fn an_empty_answer_is_not_believed_because_the_last_good_one_cannot_be_read() {
    let scene = Scene::connected().await;
    scene.live(3).await;
    let newest = scene.rows().await.remove(0);
    let path = scene.app.backups().join(&newest.file);
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let ids: Vec<u32> = scene
        .simulator
        .world()
        .entries(HANA)
        .map(|e| e.media)
        .collect();
    for id in ids {
        scene.simulator.world().drop_entry(HANA, id);
    }
    let empty = scene.capture_as(Kind::Automatic).await;
    assert_eq!(
        empty.standing(),
        Standing::Suspect,
        "compared with the one before that"
    );
    let rows = scene.rows().await;
    assert_eq!(rows[1].standing(), Standing::Damaged);
    let good = scene
        .app
        .status()
        .await
        .unwrap()
        .remove(0)
        .last_good
        .unwrap();
    assert_eq!(good.id, rows[2].id);
}

#[tokio::test]
async fn a_damaged_file_that_was_never_catalogued_stops_the_rules_too() {
    let scene = Scene::connected().await;
    scene.live(8).await;
    let oldest = scene.rows().await.pop().unwrap();
    std::fs::write(scene.app.backups().join(&oldest.file), "{").unwrap();
    for file in ["anirewind.db", "anirewind.db-wal", "anirewind.db-shm"] {
        let _ = std::fs::remove_file(scene.data.path().join(file));
    }
    let app = scene.reopen();
    app.add_account(None, crate::scene::token(crate::scene::TOKEN))
        .await
        .unwrap();
    for day in 0..4 {
        scene.watch(day + 40);
        let target = app.targets(None).await.unwrap().remove(0);
        app.capture(&target, Kind::Automatic).await.unwrap();
        scene.clock.advance(DAY);
    }
    assert_eq!(app.snapshots(None).await.unwrap().len(), 11, "nothing went");
    assert_eq!(app.status().await.unwrap()[0].verdict, Verdict::Damaged);
    std::fs::remove_file(app.backups().join(&oldest.file)).unwrap();
    assert!(!app.prune(hana()).await.unwrap().discarded.is_empty());
}

#[tokio::test]
async fn one_answer_to_many_snapshots_raises_the_threshold_once() {
    let scene = Scene::connected().await;
    scene.capture().await;
    scene.lose(21);
    for _ in 0..6 {
        scene.clock.advance(DAY);
        scene.capture().await;
    }
    let open = scene.app.open_alarms(None).await.unwrap();
    assert_eq!(open.len(), 6);
    scene
        .app
        .answer_alarms(&open, AnswerVerdict::Expected)
        .await
        .unwrap();
    // 11 of 19 are 58 percent: more than 55, less than six times raised.
    scene.clock.advance(DAY * 2);
    scene.lose(11);
    assert_eq!(scene.capture().await.snapshot.standing(), Standing::Suspect);
}

#[tokio::test]
async fn this_was_not_me_is_never_the_last_good_one_whatever_the_rule() {
    let scene = Scene::connected().await;
    let good = scene.capture().await.snapshot;
    let entries: Vec<_> = scene.simulator.world().entries(HANA).cloned().collect();
    for entry in entries {
        let wiped = anirewind_simulator::SimEntry { score: 0, ..entry };
        scene.simulator.world().put_entry(wiped);
    }
    let wiped = scene.capture().await.snapshot;
    assert_eq!(wiped.alarms[0].rule, Rule::ScoresWiped);
    assert_eq!(wiped.standing(), Standing::Good, "only asked about");
    let open = scene.app.open_alarms(None).await.unwrap();
    scene
        .app
        .answer_alarms(&open, AnswerVerdict::NotMe)
        .await
        .unwrap();
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.last_good.unwrap().id, good.id);
    assert_eq!(scene.rows().await[0].standing(), Standing::Suspect);
}

#[tokio::test]
async fn what_somebody_keeps_while_it_goes_stays() {
    let scene = Scene::connected().await;
    scene.live(8).await;
    let oldest = scene.rows().await.pop().unwrap();
    // Another program on the same folder, a moment before the rules run here.
    let other = scene.reopen();
    other.keep(&oldest, None, None).await.unwrap();
    scene.live(3).await;
    assert!(scene.rows().await.iter().any(|row| row.id == oldest.id));
    // A mark that nobody can read any more keeps too, and is not written over.
    let mark = scene.app.backups().join(format!("{}.mark", oldest.file));
    std::fs::write(&mark, "{").unwrap();
    scene.live(3).await;
    let row = scene.rows().await.pop().unwrap();
    assert_eq!(row.id, oldest.id);
    assert!(scene.app.note(&row, "x").await.is_err());
    assert_eq!(std::fs::read_to_string(&mark).unwrap(), "{");
}

#[tokio::test]
async fn what_was_brought_back_stays_for_a_month() {
    let scene = Scene::connected().await;
    scene.live(9).await;
    let gone = scene.app.trash().await.unwrap().remove(0);
    scene.app.undelete(&gone.file).await.unwrap();
    scene.live(20).await;
    assert!(scene.rows().await.iter().any(|row| row.file == gone.file));
    scene.live(25).await;
    assert!(scene.rows().await.iter().all(|row| row.file != gone.file));
}

#[tokio::test]
async fn a_file_dropped_in_moves_no_other_and_one_from_the_future_is_never_the_newest() {
    let scene = Scene::connected().await;
    scene.live(2).await;
    scene.clock.jump(time::Duration::days(3650));
    scene.watch(60);
    let future = scene.capture().await.snapshot;
    scene.app.keep(&future, None, None).await.unwrap();
    scene.clock.jump(time::Duration::days(-3650));
    scene.watch(61);
    let follower = scene.capture().await.snapshot;
    scene.watch(62);
    let newest = scene.capture().await.snapshot;
    // The one that links the others to the one from the future goes; then something is dropped in.
    std::fs::remove_file(scene.app.backups().join(&follower.file)).unwrap();
    let theirs =
        include_str!("../../../backup/tests/it/files/plexanibridge-hana.20251004010203.json");
    let folder = scene.app.backups();
    std::fs::write(
        folder.join("plexanibridge-hana.20251004010203.json"),
        theirs,
    )
    .unwrap();
    scene.app.refresh_catalogue().await.unwrap();
    assert_eq!(scene.rows().await[0].id, newest.id);
    for file in ["anirewind.db", "anirewind.db-wal", "anirewind.db-shm"] {
        let _ = std::fs::remove_file(scene.data.path().join(file));
    }
    let app = scene.reopen();
    app.refresh_catalogue().await.unwrap();
    assert_eq!(
        app.snapshots(None).await.unwrap()[0].id,
        newest.id,
        "made anew"
    );
}
