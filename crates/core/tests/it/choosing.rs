//! Single fields of single titles are put back or left, and plans are called by what they do and name what happened.

use std::time::Duration;

use anirewind_core::model::{EntryField, MediaId, MediaType, Picks};
use anirewind_core::{Action, Choices, Plan, Prefer, RestoreOptions, StepState, Wanted};
use anirewind_simulator::{SimEntry, SimMedia, SimUser};

use crate::restoring::{entries, exactly, plan};
use crate::scene::{HANA, Scene};

const TITLE: (MediaType, MediaId) = (MediaType::Anime, MediaId::new(1_001));

fn entry(scene: &Scene, media: u32) -> SimEntry {
    scene.simulator.world().entry(HANA, media).cloned().unwrap()
}

/// A title of which a snapshot was taken and then score, notes and progress changed.
async fn changed() -> (Scene, SimEntry) {
    let scene = Scene::connected().await;
    scene.capture().await;
    let before = entry(&scene, 1_001);
    scene.clock.advance(Duration::from_mins(5));
    scene.save(1_001, |entry| {
        entry.score = 11;
        entry.notes = Some("a bad sync".to_owned());
        entry.progress += 1;
    });
    (scene, before)
}

async fn restore(scene: &Scene, picks: Picks, prefer: Prefer) -> Plan {
    let options = RestoreOptions {
        picks,
        prefer,
        ..RestoreOptions::default()
    };
    let wanted = Wanted::Snapshot("latest".to_owned());
    let plan = scene.app.plan_restore(None, &wanted, &options);
    plan.await.unwrap()
}

fn fields(plan: &Plan) -> Vec<String> {
    plan.operation
        .detail
        .left
        .iter()
        .map(anirewind_core::LeftField::name)
        .collect()
}

#[tokio::test]
async fn one_field_is_put_back_and_another_of_the_same_title_is_left() {
    let (scene, before) = changed().await;
    let now = entry(&scene, 1_001);
    let mut picks = Picks::default();
    picks.leave(TITLE, EntryField::Progress);
    let plan = restore(&scene, picks, Prefer::Snapshot).await;
    assert_eq!(fields(&plan), ["ANIME:1001.progress"]);
    assert_eq!(plan.steps[0].notes, ["left as you wish: episode"]);
    let plan = scene.app.store_plan(plan).await.unwrap();
    let id = plan.id().unwrap().to_string();
    // What is stored is what is sent.
    let stored = scene.app.plan(&id).await.unwrap();
    assert_eq!(
        (&stored.steps, fields(&stored)),
        (&plan.steps, fields(&plan))
    );
    assert!(scene.app.apply(stored, None).await.unwrap().is_verified());
    let after = entry(&scene, 1_001);
    assert_eq!((after.score, &after.notes), (before.score, &before.notes));
    assert_eq!(after.progress, now.progress);
}

#[tokio::test]
async fn what_moved_on_is_left_until_somebody_picks_it() {
    let (scene, before) = changed().await;
    let plan = restore(&scene, Picks::default(), Prefer::Ask).await;
    assert_eq!(fields(&plan), ["ANIME:1001.progress"]);
    let mut picks = Picks::default();
    picks.put(TITLE, EntryField::Progress);
    let plan = restore(&scene, picks, Prefer::Ask).await;
    assert!(fields(&plan).is_empty());
    scene.app.apply(plan, None).await.unwrap();
    assert_eq!(entry(&scene, 1_001).progress, before.progress);
}

#[tokio::test]
async fn a_title_whose_fields_are_all_left_is_not_sent_and_can_be_picked_again() {
    let (scene, _) = changed().await;
    let mut picks = Picks::default();
    for field in [EntryField::Score, EntryField::Notes, EntryField::Progress] {
        picks.leave(TITLE, field);
    }
    let plan = restore(&scene, picks, Prefer::Ask).await;
    assert_eq!((plan.writes(), plan.count(Action::Keep)), (0, 1));
    assert_eq!(
        plan.steps[0].problem.as_deref(),
        Some("you leave it as it is")
    );
    assert_eq!(fields(&plan).len(), 3);
}

#[tokio::test]
async fn an_edit_after_the_plan_was_made_still_stops_it_whatever_was_picked() {
    let (scene, _) = changed().await;
    let mut picks = Picks::default();
    picks.put(TITLE, EntryField::Progress);
    let plan = restore(&scene, picks, Prefer::Ask).await;
    scene.save(1_001, |entry| entry.progress += 1);
    let effects = scene.simulator.world().effects().len();
    assert!(scene.app.apply(plan, None).await.is_err());
    assert_eq!(scene.simulator.world().effects().len(), effects);
}

#[tokio::test]
async fn an_undo_leaves_a_field_and_puts_back_one_that_was_edited_since() {
    let (scene, before) = changed().await;
    scene.look().await;
    let id = scene.log().await[0].id.to_string();
    scene.clock.advance(Duration::from_mins(5));
    scene.save(1_001, |entry| entry.score = 77);
    let undo = |picks| {
        let choices = Choices {
            picks,
            ..Choices::default()
        };
        let id = id.clone();
        let app = scene.app.clone();
        async move { app.plan_undo(None, &[id], choices).await.unwrap() }
    };
    // Edited since: the title is left, and each of its fields could be put back.
    let plan = undo(Picks::default()).await;
    assert_eq!(plan.count(Action::Keep), 1);
    assert_eq!(fields(&plan).len(), 3, "{:?}", fields(&plan));
    // Without the field that was edited the others go back.
    let mut picks = Picks::default();
    picks.leave(TITLE, EntryField::Score);
    let plan = undo(picks.clone()).await;
    assert_eq!(
        (plan.writes(), fields(&plan)),
        (1, vec!["ANIME:1001.score".to_owned()])
    );
    // Only the field that is picked goes back where others are in the way.
    let mut picks = Picks::default();
    picks.put(TITLE, EntryField::Notes);
    let plan = undo(picks).await;
    assert_eq!(plan.writes(), 1);
    let report = scene.app.apply(plan, None).await.unwrap();
    assert_eq!(report.steps[0].state, StepState::Done.as_str());
    let after = entry(&scene, 1_001);
    assert_eq!((after.score, &after.notes), (77, &before.notes));
}

#[tokio::test]
async fn a_field_that_was_edited_since_is_picked_and_the_others_stay_as_they_were_shown() {
    let (scene, before) = changed().await;
    scene.look().await;
    let id = scene.log().await[0].id.to_string();
    scene.clock.advance(Duration::from_mins(5));
    scene.save(1_001, |entry| entry.notes = Some("by hand".to_owned()));
    let now = entry(&scene, 1_001);
    let mut picks = Picks::default();
    picks.put(TITLE, EntryField::Notes);
    let choices = Choices {
        picks,
        ..Choices::default()
    };
    let plan = scene.app.plan_undo(None, &[id], choices).await.unwrap();
    assert_eq!(fields(&plan).len(), 2, "{:?}", fields(&plan));
    scene.app.apply(plan, None).await.unwrap();
    let after = entry(&scene, 1_001);
    assert_eq!(after.notes, before.notes);
    assert_eq!((after.score, after.progress), (now.score, now.progress));
}

#[tokio::test]
async fn of_a_title_that_is_added_or_removed_no_field_can_be_left_and_that_is_said() {
    let scene = Scene::connected().await;
    scene.capture().await;
    scene.clock.advance(Duration::from_mins(5));
    scene.simulator.world().drop_entry(HANA, 1_001);
    let mut picks = Picks::default();
    picks.leave(TITLE, EntryField::Score);
    let said = ["no field of it can be left: it is added back whole"];
    let plan = restore(&scene, picks.clone(), Prefer::Ask).await;
    assert_eq!(plan.count(Action::Add), 1);
    assert_eq!(plan.steps[0].notes, said);
    scene.look().await;
    scene.look().await;
    let id = scene.log().await[0].id.to_string();
    let choices = Choices {
        picks,
        ..Choices::default()
    };
    let plan = scene.app.plan_undo(None, &[id], choices).await.unwrap();
    assert_eq!(plan.count(Action::Add), 1);
    assert_eq!(plan.steps[0].notes, said);
}

#[tokio::test]
async fn titles_of_which_nothing_is_written_down_are_a_cause_of_their_own() {
    let (scene, _) = changed().await;
    let plan = restore(&scene, Picks::default(), Prefer::Snapshot).await;
    let causes = &plan.operation.detail.causes;
    assert_eq!(causes.len(), 1);
    assert_eq!(
        (causes[0].titles, causes[0].source.as_str(), &causes[0].id),
        (1, "unknown", &None)
    );
    assert_eq!(plan.titles_of_cause(0).len(), 1);
}

#[tokio::test]
async fn plans_are_called_by_what_they_do() {
    let scene = Scene::connected().await;
    scene.capture().await;
    scene.clock.advance(Duration::from_mins(5));
    let listed: Vec<u32> = {
        let world = scene.simulator.world();
        world.entries(HANA).map(|entry| entry.media).collect()
    };
    for media in &listed[..6] {
        scene.simulator.world().drop_entry(HANA, *media);
    }
    scene.look().await;
    scene.look().await;
    let plan = restore(&scene, Picks::default(), Prefer::Ask).await;
    let day = "titles that vanished on";
    let name = plan.operation.what.clone();
    assert!(name.starts_with(&format!("Bring back 6 {day} ")), "{name}");
    let happened = plan.operation.detail.causes[0].happened.as_deref();
    assert_eq!(happened, Some("6 titles vanished together"));
    let group = scene.log().await[0]
        .change
        .group
        .clone()
        .unwrap()
        .to_string();
    let undo = scene
        .app
        .plan_undo(None, &[group], Choices::default())
        .await;
    assert_eq!(undo.unwrap().operation.what, name);
    let mut plan = plan;
    let left = plan
        .steps
        .iter()
        .skip(1)
        .map(|step| (step.media_type, step.media));
    plan.leave(&left.collect());
    assert!(
        plan.operation.what.starts_with("Bring back "),
        "{}",
        plan.operation.what
    );
    assert!(
        !plan.operation.what.contains("titles"),
        "{}",
        plan.operation.what
    );
    let done = scene.app.apply(plan, None).await.unwrap();
    let again = scene
        .app
        .plan_undo(None, &[], Choices::default())
        .await
        .unwrap();
    assert_eq!(
        again.operation.what,
        format!("Undo: {}", done.operation.what)
    );
}

#[tokio::test]
async fn an_undo_is_called_by_the_name_that_its_title_has_for_the_account() {
    let scene = Scene::connected().await;
    let media = scene.simulator.world().media(1_001).cloned().unwrap();
    scene.simulator.world().add_media(SimMedia {
        english: Some("The Hound".to_owned()),
        ..media
    });
    let english = |user: &mut SimUser| user.title_language = "ENGLISH".to_owned();
    scene.simulator.world().edit_user(HANA, english);
    scene.capture().await;
    scene.clock.advance(Duration::from_mins(5));
    scene.save(1_001, |entry| entry.progress += 1);
    scene.look().await;
    let change = [scene.log().await[0].id.to_string()];
    let undo = scene.app.plan_undo(None, &change, Choices::default()).await;
    let name = undo.unwrap().operation.what;
    assert!(
        name.starts_with("Undo: progress of The Hound changed on "),
        "{name}"
    );
}

#[tokio::test]
async fn a_title_counts_for_what_happened_to_what_differs() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    for media in 1_000..1_012 {
        scene.save(media, |entry| {
            entry.score = if entry.score == 10 { 20 } else { 10 }
        });
    }
    scene.look().await;
    scene.clock.advance(Duration::from_hours(3));
    scene.save(1_003, |entry| entry.notes = Some("mine".to_owned()));
    scene.look().await;
    // The burst is taken back, after the note, which stays.
    let group = scene
        .log()
        .await
        .into_iter()
        .find_map(|row| row.change.group);
    let group = [group.unwrap().to_string()];
    let undo = scene.app.plan_undo(None, &group, Choices::default()).await;
    let undo = undo.unwrap();
    scene.app.apply(undo, None).await.unwrap();
    scene.clock.advance(Duration::from_hours(3));
    let planned = plan(&scene.app, &exactly()).await;
    let causes = &planned.operation.detail.causes;
    let [cause] = causes.as_slice() else {
        panic!("{causes:?}");
    };
    assert_eq!((cause.titles, &cause.id), (1, &None), "{cause:?}");
    assert_eq!(cause.source, "observed");
}

#[tokio::test]
async fn titles_that_went_and_came_back_without_what_they_held_count_for_their_going() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    scene.save(1_003, |entry| entry.notes = Some("before".to_owned()));
    scene.look().await;
    scene.clock.advance(Duration::from_hours(3));
    scene.capture().await;
    scene.save(1_003, |entry| entry.notes = Some("single".to_owned()));
    scene.look().await;
    scene.clock.advance(Duration::from_hours(3));
    let gone: Vec<_> = entries(&scene).into_values().take(12).collect();
    for entry in &gone {
        scene.simulator.world().drop_entry(HANA, entry.media);
    }
    scene.look().await;
    scene.look().await;
    scene.clock.advance(Duration::from_hours(3));
    for entry in &gone {
        let bare = SimEntry {
            notes: None,
            ..entry.clone()
        };
        scene.simulator.world().put_entry(bare);
    }
    scene.look().await;
    let wanted = Wanted::Snapshot("latest".to_owned());
    let planned = scene.app.plan_restore(None, &wanted, &exactly()).await;
    let causes = planned.unwrap().operation.detail.causes;
    let happened = causes[0].happened.as_deref().unwrap();
    assert!(happened.ends_with("vanished together"), "{causes:?}");
    assert!(causes[0].id.is_some());
}
