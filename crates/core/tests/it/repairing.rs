//! A list that was wiped is put right from here: that raises no alarm, and answers the one there is.

use std::time::Duration;

use anirewind_core::model::{EntryField, MediaId, MediaType};
use anirewind_core::{Choices, OperationState, Prefer, RestoreOptions, Rule, Standing, Wanted};
use anirewind_simulator::SimEntry;
use jiff::tz::TimeZone;

use crate::scene::{HANA, Scene};
use crate::scheduling::run_and_rest;
use crate::undoing::DESTRUCTIVE;

/// So many are lost: a fifth of the list is unusual, and not past belief.
const LOST: usize = 21;

/// A list of a hundred of which some vanished, and a snapshot that says so.
async fn wiped() -> (Scene, Vec<SimEntry>) {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    scene.capture().await;
    scene.clock.advance(Duration::from_mins(5));
    let lost: Vec<SimEntry> = {
        let world = scene.simulator.world();
        world.entries(HANA).skip(1).take(LOST).cloned().collect()
    };
    for entry in &lost {
        scene.simulator.world().drop_entry(HANA, entry.media);
    }
    let snapshot = scene.capture().await.snapshot;
    assert_eq!(
        snapshot.open_alarms().next().map(|of| of.rule),
        Some(Rule::MassRemoval)
    );
    scene.clock.advance(Duration::from_mins(5));
    (scene, lost)
}

fn only(titles: &[SimEntry]) -> RestoreOptions {
    let titles = titles.iter().flat_map(|entry| {
        let media = MediaId::new(entry.media);
        MediaType::BOTH.map(|of| (of, media))
    });
    RestoreOptions {
        titles: Some(titles.collect()),
        ..RestoreOptions::default()
    }
}

async fn restore(scene: &Scene, to: &str, options: &RestoreOptions) {
    let wanted = Wanted::Snapshot(to.to_owned());
    let plan = scene
        .app
        .plan_restore(None, &wanted, options)
        .await
        .unwrap();
    scene.app.apply(plan, None).await.unwrap();
}

/// Makes the list what it was one snapshot before the last, which removes so many titles.
async fn go_back_exactly(scene: &Scene, removed: usize) {
    let app = scene.open_with(&DESTRUCTIVE);
    let options = RestoreOptions {
        removes: true,
        prefer: Prefer::Snapshot,
        ..RestoreOptions::default()
    };
    let wanted = Wanted::Snapshot("latest~1".to_owned());
    let plan = app.plan_restore(None, &wanted, &options).await.unwrap();
    app.apply(plan, Some(removed)).await.unwrap();
}

async fn last_good(scene: &Scene) -> usize {
    let status = scene.app.status().await.unwrap().remove(0);
    status.last_good.unwrap().counts.total()
}

async fn last_good_id(scene: &Scene) -> String {
    let status = scene.app.status().await.unwrap().remove(0);
    status.last_good.unwrap().id.to_string()
}

async fn group(scene: &Scene) -> String {
    let changes = scene.log().await;
    changes[0].change.group.clone().unwrap().to_string()
}

#[tokio::test]
async fn bringing_back_what_vanished_answers_the_alarm_and_says_why() {
    let (scene, _) = wiped().await;
    let wiped = scene.app.open_alarms(None).await.unwrap()[0]
        .snapshot
        .clone();
    let groups = [group(&scene).await];
    let plan = scene.app.plan_undo(None, &groups, Choices::default());
    let report = scene.app.apply(plan.await.unwrap(), None).await.unwrap();
    assert!(report.is_verified());
    assert_eq!(scene.app.open_alarms(None).await.unwrap().len(), 0);
    let rows = scene.app.snapshots(None).await.unwrap();
    let row = rows.iter().find(|row| row.id == wiped.id).unwrap();
    let note = row.mark.note.clone().unwrap();
    assert!(note.contains(report.operation.id.as_str()), "{note}");
    assert!(
        note.contains("Bring back 21 titles that vanished"),
        "{note}"
    );
    // It is never taken for a good one, nor is what was saved before the act.
    assert_eq!(row.standing(), Standing::Suspect);
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.last_good.unwrap().counts.total(), 100);
    let next = scene.capture().await.snapshot;
    assert_eq!((next.alarms, next.mark.note), (Vec::new(), None));
}

#[tokio::test]
async fn a_part_of_it_answers_nothing_and_the_rest_does() {
    let (scene, lost) = wiped().await;
    let wanted = Wanted::Snapshot("latest~1".to_owned());
    let (first, rest) = lost.split_at(15);
    let first = only(first);
    let plan = scene.app.plan_restore(None, &wanted, &first);
    scene.app.apply(plan.await.unwrap(), None).await.unwrap();
    let open = scene.app.open_alarms(None).await.unwrap();
    assert!(!open.is_empty());
    // What is called the last good one is the one before the wipe.
    let good = open[0].before.clone().unwrap();
    assert_eq!(good.counts.total(), 100);
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.last_good.unwrap().id, good.id);
    let wanted = Wanted::Snapshot(good.id.to_string());
    let rest = only(rest);
    let plan = scene.app.plan_restore(None, &wanted, &rest);
    scene.app.apply(plan.await.unwrap(), None).await.unwrap();
    assert_eq!(scene.app.open_alarms(None).await.unwrap().len(), 0);
}

/// A list of a hundred that lost eight titles an hour, three times, and the titles, hour by hour.
async fn wiped_slowly() -> (Scene, Vec<Vec<SimEntry>>) {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    scene.capture().await;
    let mut lost = Vec::new();
    for hour in 0..3 {
        scene.clock.advance(Duration::from_hours(1));
        let slice: Vec<SimEntry> = {
            let world = scene.simulator.world();
            world.entries(HANA).skip(1).take(8).cloned().collect()
        };
        for entry in &slice {
            scene.simulator.world().drop_entry(HANA, entry.media);
        }
        lost.push(slice);
        let alarms = scene.capture().await.snapshot.alarms;
        assert_eq!(alarms.is_empty(), hour < 2, "{alarms:?}");
    }
    scene.clock.advance(Duration::from_mins(5));
    (scene, lost)
}

#[tokio::test]
async fn what_went_little_by_little_is_put_right_by_all_of_it_only() {
    let (scene, lost) = wiped_slowly().await;
    let open = scene.app.open_alarms(None).await.unwrap().remove(0);
    assert_eq!(open.before.as_ref().unwrap().counts.total(), 84);
    let base = scene.app.base_of_alarm(&open).await.unwrap().unwrap();
    assert_eq!(base.counts.total(), 100);
    let owner = open.snapshot.owner.id;
    let groups = scene
        .app
        .groups_of_alarm(owner, open.snapshot.id.as_str())
        .await;
    assert_eq!(groups.unwrap().len(), 3);
    // The last slice alone is not all that went.
    restore(&scene, base.id.as_str(), &only(&lost[2])).await;
    assert_eq!(scene.app.open_alarms(None).await.unwrap().len(), 1);
    scene.clock.advance(Duration::from_mins(5));
    restore(&scene, base.id.as_str(), &RestoreOptions::default()).await;
    assert_eq!(scene.app.open_alarms(None).await.unwrap().len(), 0);
    // Those that hold a part of it are not taken for good ones either.
    assert_eq!(last_good(&scene).await, 100);
}

#[tokio::test]
async fn what_went_at_once_is_measured_by_the_last_good_one_alone() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    scene.capture().await;
    scene.clock.advance(Duration::from_hours(1));
    let all: Vec<SimEntry> = scene.simulator.world().entries(HANA).cloned().collect();
    scene.simulator.world().drop_entry(HANA, all[50].media);
    scene.capture().await;
    scene.clock.advance(Duration::from_hours(1));
    for entry in &all[1..=LOST] {
        scene.simulator.world().drop_entry(HANA, entry.media);
    }
    scene.capture().await;
    scene.clock.advance(Duration::from_mins(5));
    let open = scene.app.open_alarms(None).await.unwrap().remove(0);
    let base = scene.app.base_of_alarm(&open).await.unwrap().unwrap();
    assert_eq!(Some(&base.id), open.before.as_ref().map(|row| &row.id));
    // A title that somebody removed an hour before may stay away.
    restore(&scene, base.id.as_str(), &RestoreOptions::default()).await;
    assert_eq!(scene.app.open_alarms(None).await.unwrap().len(), 0);
    assert_eq!(last_good(&scene).await, 99);
}

#[tokio::test]
async fn an_act_that_mended_nothing_answers_nothing() {
    let (scene, lost) = wiped().await;
    let groups = [group(&scene).await];
    for entry in &lost {
        scene.simulator.world().remove_media(entry.media);
    }
    let plan = scene.app.plan_undo(None, &groups, Choices::default());
    let report = scene.app.apply(plan.await.unwrap(), None).await.unwrap();
    assert_eq!(report.operation.state, OperationState::Partly);
    assert_eq!(scene.app.open_alarms(None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_saved_while_an_act_was_paused_is_half_mended() {
    let (scene, lost) = wiped().await;
    let open = scene.app.open_alarms(None).await.unwrap().remove(0);
    let good = open.before.unwrap();
    restore(&scene, good.id.as_str(), &only(&lost[..15])).await;
    let wanted = Wanted::Snapshot(good.id.to_string());
    let app = scene.reopen();
    let options = RestoreOptions::default();
    let plan = app.plan_restore(None, &wanted, &options).await.unwrap();
    app.interrupt();
    let report = app.apply(plan, None).await.unwrap();
    assert_eq!(report.operation.state, OperationState::Paused);
    scene.clock.advance(Duration::from_hours(20));
    let half = scene.capture().await.snapshot;
    assert_eq!((half.alarms.len(), half.standing()), (0, Standing::Good));
    assert!(half.counts.total() < 100);
    let id = report.operation.id;
    let report = scene.app.resume_operation(&id).await.unwrap();
    assert!(report.is_verified());
    // What came before the pause is saved, what came after it is not.
    let unsaved = scene.app.status().await.unwrap().remove(0).unsaved;
    let late = 100 - half.counts.total();
    assert_eq!(unsaved, late);
    assert_eq!(scene.app.open_alarms(None).await.unwrap().len(), 0);
    let rows = scene.app.snapshots(None).await.unwrap();
    let half = rows.iter().find(|row| row.id == half.id).unwrap();
    assert_eq!(half.standing(), Standing::Suspect);
    assert_eq!(last_good(&scene).await, 100);
}

#[tokio::test]
async fn a_restore_that_removes_many_raises_no_alarm() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    scene.capture().await;
    scene.clock.advance(Duration::from_mins(5));
    for media in 900_000..900_040 {
        let mut world = scene.simulator.world();
        world.add_media(anirewind_simulator::SimMedia::new(
            media,
            true,
            "Ame",
            Some(12),
        ));
        let like = world.entries(HANA).next().unwrap().clone();
        world.put_entry(SimEntry {
            id: 0,
            media,
            ..like
        });
    }
    scene.capture().await;
    scene.clock.advance(Duration::from_mins(5));
    go_back_exactly(&scene, 40).await;
    scene.clock.advance(Duration::from_mins(5));
    let row = scene.capture().await.snapshot;
    assert_eq!((row.alarms, row.delta.unwrap().removed), (Vec::new(), 40));
    // Somebody else who removes as many is still noticed.
    let all: Vec<SimEntry> = {
        let world = scene.simulator.world();
        world.entries(HANA).take(40).cloned().collect()
    };
    for entry in &all {
        scene.simulator.world().drop_entry(HANA, entry.media);
    }
    scene.clock.advance(Duration::from_mins(5));
    assert_ne!(scene.capture().await.snapshot.alarms, []);
}

#[tokio::test]
async fn the_groups_of_an_alarm_are_those_that_did_what_it_tells_of() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    scene.capture().await;
    scene.clock.advance(Duration::from_mins(5));
    let all: Vec<SimEntry> = scene.simulator.world().entries(HANA).cloned().collect();
    for entry in &all[..10] {
        scene.save(entry.media, |entry| entry.priority += 1);
    }
    scene.look().await;
    scene.clock.advance(Duration::from_mins(5));
    for entry in &all[20..20 + LOST] {
        scene.simulator.world().drop_entry(HANA, entry.media);
    }
    let snapshot = scene.capture().await.snapshot;
    let owner = snapshot.owner.id;
    let groups = scene
        .app
        .groups_of_alarm(owner, snapshot.id.as_str())
        .await
        .unwrap();
    let groups: Vec<_> = groups.iter().map(ToString::to_string).collect();
    assert_eq!(groups, [group(&scene).await]);
}

#[tokio::test]
async fn nothing_is_kept_until_a_day_that_is_over() {
    let scene = Scene::connected().await;
    let row = scene.capture().await.snapshot;
    let past = scene.app.now() - time::Duration::DAY;
    let error = scene.app.keep(&row, None, Some(past)).await.unwrap_err();
    assert!(error.to_string().contains("is over"), "{error}");
    assert_eq!(scene.app.snapshots(None).await.unwrap()[0].mark.keep, None);
}

/// A list of a hundred all of whose titles have a score, and a snapshot of it from the day before.
async fn scored() -> (Scene, Vec<SimEntry>) {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    let all: Vec<SimEntry> = scene.simulator.world().entries(HANA).cloned().collect();
    for entry in &all {
        let scored = SimEntry {
            score: 30 + i32::try_from(entry.media % 60).unwrap(),
            ..entry.clone()
        };
        scene.simulator.world().put_entry(scored);
    }
    scene.capture().await;
    scene.clock.advance(Duration::from_hours(26));
    (scene, all)
}

/// Somebody sets many scores to zero.
async fn wipe_scores(scene: &Scene, titles: &[SimEntry]) -> anirewind_core::SnapshotRow {
    for entry in titles {
        let mut world = scene.simulator.world();
        let now = world.entry(HANA, entry.media).unwrap().clone();
        world.put_entry(SimEntry { score: 0, ..now });
    }
    let snapshot = scene.capture().await.snapshot;
    scene.clock.advance(Duration::from_hours(26));
    snapshot
}

#[tokio::test]
async fn a_second_burst_is_not_answered_by_what_puts_the_first_one_right() {
    let (scene, all) = scored().await;
    let first = wipe_scores(&scene, &all[..30]).await;
    let groups = [group(&scene).await];
    let second = wipe_scores(&scene, &all[40..70]).await;
    for row in [&first, &second] {
        assert_eq!(row.alarms[0].rule, Rule::ScoresWiped, "{row:?}");
    }
    let plan = scene.app.plan_undo(None, &groups, Choices::default());
    let report = scene.app.apply(plan.await.unwrap(), None).await.unwrap();
    assert!(report.is_verified());
    let open = scene.app.open_alarms(None).await.unwrap();
    let open: Vec<_> = open.iter().map(|open| &open.snapshot.id).collect();
    assert_eq!(open, [&second.id]);
}

#[tokio::test]
async fn what_is_on_the_list_again_without_what_it_held_is_not_mended() {
    for holds_all in [false, true] {
        let (scene, lost) = wiped().await;
        let wanted = Wanted::Snapshot("latest~1".to_owned());
        let first = only(&lost[..1]);
        let plan = scene.app.plan_restore(None, &wanted, &first);
        scene.app.apply(plan.await.unwrap(), None).await.unwrap();
        scene.clock.advance(Duration::from_mins(5));
        // A tool adds the others again, as far as it knows them.
        for entry in &lost[1..] {
            let again = SimEntry {
                notes: entry.notes.clone().filter(|_| holds_all),
                score: if holds_all { entry.score } else { 0 },
                ..entry.clone()
            };
            scene.simulator.world().put_entry(again);
        }
        scene.look().await;
        // Something else that was sent from here, which mended nothing.
        scene.save(1_050, |entry| entry.score = 33);
        scene.look().await;
        let id = scene.log().await[0].id.to_string();
        let plan = scene.app.plan_undo(None, &[id], Choices::default()).await;
        scene.app.apply(plan.unwrap(), None).await.unwrap();
        scene.clock.advance(Duration::from_mins(5));
        scene.save(1_051, |entry| entry.score = 34);
        scene.look().await;
        let open = scene.app.open_alarms(None).await.unwrap();
        assert_eq!(open.is_empty(), holds_all, "{open:?}");
        let rows = scene.app.snapshots(None).await.unwrap();
        let mut notes = rows.iter().filter_map(|row| row.mark.note.as_ref());
        let is_of_undo = notes.any(|note| note.contains("Undo:"));
        assert!(!is_of_undo, "the undo mended nothing");
    }
}

#[tokio::test]
async fn what_somebody_mended_by_hand_is_not_waited_for() {
    // Before the rest is put back, and after it.
    for is_first in [true, false] {
        let (scene, all) = scored().await;
        wipe_scores(&scene, &all[..30]).await;
        let groups = [group(&scene).await];
        // Another score than it had.
        let by_hand = async || {
            scene.save(all[7].media, |entry| entry.score = 95);
            scene.look().await;
        };
        let mut choices = Choices::default();
        if is_first {
            by_hand().await;
        } else {
            let title = (MediaType::Anime, MediaId::new(all[7].media));
            choices.picks.leave(title, EntryField::Score);
        }
        let plan = scene.app.plan_undo(None, &groups, choices).await.unwrap();
        assert_eq!(plan.writes(), 29);
        let report = scene.app.apply(plan, None).await.unwrap();
        assert!(report.is_verified());
        if !is_first {
            assert_eq!(scene.app.open_alarms(None).await.unwrap().len(), 1);
            by_hand().await;
        }
        let open = scene.app.open_alarms(None).await.unwrap();
        assert!(open.is_empty(), "{is_first}: {open:?}");
        let world = scene.simulator.world();
        assert_eq!(world.entry(HANA, all[7].media).unwrap().score, 95);
    }
}

#[tokio::test]
async fn scores_are_put_right_though_a_title_was_taken_off_the_list_meanwhile() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    let all: Vec<SimEntry> = {
        let world = scene.simulator.world();
        let scored = world.entries(HANA).map(|entry| SimEntry {
            score: 30 + i32::try_from(entry.media % 60).unwrap(),
            ..entry.clone()
        });
        scored.collect()
    };
    for entry in &all[1..] {
        scene.simulator.world().put_entry(entry.clone());
    }
    scene.simulator.world().drop_entry(HANA, all[0].media);
    let without = scene.capture().await.snapshot;
    scene.clock.advance(Duration::from_hours(26));
    scene.simulator.world().put_entry(all[0].clone());
    scene.capture().await;
    scene.clock.advance(Duration::from_hours(26));
    wipe_scores(&scene, &all[10..40]).await;
    let groups = [group(&scene).await];
    assert_eq!(scene.app.open_alarms(None).await.unwrap().len(), 1);

    let app = scene.open_with(&DESTRUCTIVE);
    let options = RestoreOptions {
        removes: true,
        prefer: Prefer::Snapshot,
        ..only(&all[..1])
    };
    let wanted = Wanted::Snapshot(without.id.to_string());
    let plan = app.plan_restore(None, &wanted, &options).await.unwrap();
    app.apply(plan, Some(1)).await.unwrap();
    assert_eq!(app.open_alarms(None).await.unwrap().len(), 1);

    let plan = app.plan_undo(None, &groups, Choices::default());
    let report = app.apply(plan.await.unwrap(), None).await.unwrap();
    assert!(report.is_verified());
    assert_eq!(app.open_alarms(None).await.unwrap().len(), 0);
}

#[tokio::test]
async fn what_somebody_did_after_an_alarm_is_none_of_it() {
    let (scene, _) = wiped().await;
    let alarm = scene.app.open_alarms(None).await.unwrap().remove(0);
    let groups = [group(&scene).await];
    let more: Vec<SimEntry> = {
        let world = scene.simulator.world();
        world.entries(HANA).take(8).cloned().collect()
    };
    for entry in &more {
        scene.simulator.world().drop_entry(HANA, entry.media);
    }
    scene.look().await;
    let (owner, id) = (alarm.snapshot.owner.id, alarm.snapshot.id.as_str());
    let meant = scene.app.groups_of_alarm(owner, id).await.unwrap();
    let meant: Vec<_> = meant.iter().map(ToString::to_string).collect();
    assert_eq!(meant, groups);
}

#[tokio::test]
async fn what_somebody_says_was_not_them_is_not_believed_in_those_after_it_either() {
    let (scene, _) = wiped().await;
    let open = scene.app.open_alarms(None).await.unwrap();
    for _ in 0..4 {
        scene.clock.advance(Duration::from_hours(24));
        let later = scene.capture().await.snapshot;
        assert_eq!((later.alarms.len(), later.standing()), (0, Standing::Good));
    }
    scene
        .app
        .answer_alarms(&open, anirewind_core::AnswerVerdict::NotMe)
        .await
        .unwrap();
    assert_eq!(scene.app.open_alarms(None).await.unwrap().len(), 0);
    // The last good one is still the one before it, so that what is gone is noticed again.
    assert_eq!(last_good(&scene).await, 100);
    scene.clock.advance(Duration::from_hours(24));
    let next = scene.capture().await.snapshot;
    assert_eq!(next.alarms[0].rule, Rule::MassRemoval);
}

#[tokio::test]
async fn what_was_put_right_is_saved_before_the_next_time_of_the_schedule() {
    let (scene, _) = wiped().await;
    let before = last_good_id(&scene).await;
    scene.clock.advance(Duration::from_mins(15));
    // The one at start is taken, and the next one is due at night.
    run_and_rest(&scene, &scene.app, 4).await;
    let settings = scene.app.settings().clone();
    let app = scene.app.reopen(settings, TimeZone::UTC).unwrap();
    restore(&scene, &before, &RestoreOptions::default()).await;
    assert_eq!(scene.app.open_alarms(None).await.unwrap().len(), 0);
    let saved = scene.files().len();
    let now = scene.app.now();
    run_and_rest(&scene, &app, saved + 1).await;
    app.refresh_catalogue().await.unwrap();
    let status = app.status().await.unwrap().remove(0);
    let good = status.last_good.unwrap();
    assert_eq!((good.counts.total(), status.unsaved), (100, 0));
    assert!(good.created_at - now < time::Duration::hours(1));
    // Once.
    assert_eq!(scene.files().len(), saved + 1);
}

#[tokio::test]
async fn what_we_removed_ourselves_is_not_waited_for() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    let all: Vec<SimEntry> = scene.simulator.world().entries(HANA).cloned().collect();
    for entry in &all[..5] {
        scene.simulator.world().drop_entry(HANA, entry.media);
    }
    scene.capture().await;
    scene.clock.advance(Duration::from_hours(30));
    for entry in &all[..5] {
        scene.simulator.world().put_entry(entry.clone());
    }
    scene.look().await;
    scene.capture().await;
    scene.clock.advance(Duration::from_mins(5));
    // An act of ours takes the five away again, then others vanish.
    go_back_exactly(&scene, 5).await;
    scene.clock.advance(Duration::from_mins(5));
    for entry in &all[20..20 + LOST] {
        scene.simulator.world().drop_entry(HANA, entry.media);
    }
    let snapshot = scene.capture().await.snapshot;
    assert_eq!(snapshot.alarms[0].affected, LOST);
    scene.clock.advance(Duration::from_mins(5));
    let groups = [group(&scene).await];
    let plan = scene.app.plan_undo(None, &groups, Choices::default());
    let report = scene.app.apply(plan.await.unwrap(), None).await.unwrap();
    assert!(report.is_verified());
    assert_eq!(scene.app.open_alarms(None).await.unwrap().len(), 0);
}

#[tokio::test]
async fn what_was_mended_by_hand_is_believed_again_although_it_is_not_the_list_of_before() {
    let (scene, lost) = wiped().await;
    let open = scene.app.open_alarms(None).await.unwrap();
    // Somebody puts all of it back elsewhere, and removes as many others one by one.
    for entry in &lost {
        scene.simulator.world().put_entry(entry.clone());
    }
    let others: Vec<SimEntry> = {
        let world = scene.simulator.world();
        let is_lost = |entry: &&SimEntry| lost.iter().any(|lost| lost.media == entry.media);
        let entries = world.entries(HANA).filter(|entry| !is_lost(entry));
        entries.take(LOST).cloned().collect()
    };
    let mut newest = None;
    for some in others.chunks(7) {
        for entry in some {
            scene.simulator.world().drop_entry(HANA, entry.media);
        }
        scene.clock.advance(Duration::from_hours(26));
        newest = Some(scene.capture().await.snapshot.id);
    }
    scene
        .app
        .answer_alarms(&open, anirewind_core::AnswerVerdict::NotMe)
        .await
        .unwrap();
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.last_good.map(|good| good.id), newest);
    let rows = scene.app.snapshots(None).await.unwrap();
    let wiped = rows.iter().find(|row| row.id == open[0].snapshot.id);
    assert_eq!(wiped.unwrap().standing(), Standing::Suspect);
}
