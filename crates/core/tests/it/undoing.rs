//! Changes are taken back: exactly, only them, and never over a later edit.

use std::time::Duration;

use anirewind_core::model::EntryField;
use anirewind_core::{
    ActError, Action, App, ChangeOutcome, ChangeRow, Choices, Code, Explain as _, GateError, Id,
    OperationState, Plan, Report, RestoreOptions, Source, Wanted,
};
use anirewind_simulator::{Fault, SimEntry};

use crate::scene::{HANA, Scene};

impl Scene {
    /// A list of which a snapshot was taken, and a moment later.
    async fn watched() -> Self {
        let scene = Self::connected().await;
        scene.capture().await;
        scene.clock.advance(Duration::from_mins(5));
        scene
    }

    fn with(&self, environment: &[(&str, &str)]) -> App {
        self.open_with(environment)
    }

    fn entry(&self, media: u32) -> Option<SimEntry> {
        self.simulator.world().entry(HANA, media).cloned()
    }

    /// Looks, and hands out the newest change.
    async fn seen(&self) -> ChangeRow {
        self.look().await;
        self.log().await.remove(0)
    }

    fn writes(&self) -> usize {
        self.simulator.world().effects().len()
    }
}

async fn undo(app: &App, row: &ChangeRow, choices: Choices) -> Result<Report, ActError> {
    let plan = app.plan_undo(None, &[row.id.to_string()], choices).await?;
    app.apply(plan, None).await
}

/// Titles that are left because they were edited since.
fn kept(plan: &Plan) -> Vec<u32> {
    let kept = plan.steps.iter();
    let kept = kept.filter(|step| step.action == Action::Keep.as_str());
    kept.map(|step| step.media.get()).collect()
}

fn never() -> Choices {
    Choices::default()
}

pub(crate) const DESTRUCTIVE: [(&str, &str); 1] = [("ANIREWIND_DESTRUCTIVE_SYNC", "true")];
const DRY: [(&str, &str); 1] = [("PAB_DRY_RUN", "true")];

/// What can be put back of an entry. A category without a score and one with none are the same.
pub(crate) fn without_times(mut entry: SimEntry) -> SimEntry {
    entry.advanced_scores.retain(|score| *score > 0.0);
    SimEntry {
        id: 0,
        created_at: None,
        updated_at: None,
        ..entry
    }
}

#[tokio::test]
async fn an_update_is_put_back_field_for_field_with_a_safety_snapshot_first() {
    let scene = Scene::watched().await;
    let before = scene.entry(1_001).unwrap();
    scene.save(1_001, |entry| {
        entry.score = 11;
        entry.notes = Some("a bad sync".to_owned());
    });
    let row = scene.seen().await;
    assert_eq!(row.change.outcome, ChangeOutcome::Synced);
    let files = scene.files().len();
    let report = undo(&scene.app, &row, never()).await.unwrap();
    assert_eq!(report.operation.state, OperationState::Done);
    assert_eq!(
        without_times(scene.entry(1_001).unwrap()),
        without_times(before)
    );
    assert_eq!(scene.files().len(), files + 1);
    let log = scene.log().await;
    assert_eq!(log[0].change.outcome, ChangeOutcome::Undone);
    assert_eq!(log[0].change.source, Source::Undo);
    assert_eq!(log[0].change.undoes.as_ref(), Some(&row.id));
    assert_eq!(log[1].undone_by.as_ref(), Some(&log[0].id));
    assert_eq!(
        scene.look().await.changes,
        0,
        "our own writes are not seen as somebody else's"
    );
}

#[tokio::test]
async fn an_addition_is_taken_back_only_where_removals_are_allowed() {
    let scene = Scene::watched().await;
    let added = SimEntry {
        user: HANA,
        media: 2_500,
        ..scene.entry(1_001).unwrap()
    };
    let media = anirewind_simulator::SimMedia::new(2_500, true, "Ame no Machi", Some(12));
    scene.simulator.world().add_media(media);
    scene
        .simulator
        .world()
        .put_entry(SimEntry { id: 0, ..added });
    let row = scene.seen().await;
    assert!(row.change.before.is_none(), "{row:?}");
    let (writes, changes) = (scene.writes(), scene.log().await.len());
    let error = undo(&scene.app, &row, never()).await.unwrap_err();
    assert!(
        matches!(error, ActError::Gate(GateError::Removals { count: 1, .. })),
        "{error}"
    );
    assert_eq!(error.code(), Code::RefusedForSafety);
    let hint = error.hint().unwrap();
    assert!(
        hint.contains("`anirewind config set destructive_sync true`"),
        "{hint}"
    );
    let fixed = [("ANIREWIND_DESTRUCTIVE_SYNC", "false")];
    let error = undo(&scene.with(&fixed), &row, never()).await.unwrap_err();
    let hint = error.hint().unwrap();
    assert!(
        hint.contains("change the environment variable ANIREWIND_DESTRUCTIVE_SYNC"),
        "{hint}"
    );
    assert!(!hint.contains("config set"), "{hint}");
    assert_eq!((scene.writes(), scene.log().await.len()), (writes, changes));
    let dry = scene.with(&[DESTRUCTIVE[0], DRY[0]]);
    let error = undo(&dry, &row, never()).await.unwrap_err();
    assert!(
        matches!(error, ActError::Gate(GateError::DryRun { .. })),
        "{error}"
    );
    assert_eq!((scene.writes(), scene.log().await.len()), (writes, changes));
    undo(&scene.with(&DESTRUCTIVE), &row, never())
        .await
        .unwrap();
    assert!(scene.entry(2_500).is_none());
    assert_eq!(scene.log().await[0].change.outcome, ChangeOutcome::Undone);
}

#[tokio::test]
async fn a_deletion_is_taken_back_with_everything_on_the_entry() {
    for dry in [true, false] {
        let scene = Scene::watched().await;
        let media: Vec<u32> = (1_000..1_030).collect();
        let rich = media
            .into_iter()
            .filter_map(|id| scene.entry(id))
            .max_by_key(|entry| {
                usize::from(entry.notes.is_some())
                    + entry.custom_lists.len()
                    + usize::from(entry.private)
            });
        let before = rich.unwrap();
        scene.simulator.world().drop_entry(HANA, before.media);
        let row = scene.seen().await;
        assert_eq!(row.change.outcome, ChangeOutcome::Deleted);
        let app = if dry {
            scene.with(&DRY)
        } else {
            scene.reopen()
        };
        let writes = scene.writes();
        let outcome = undo(&app, &row, never()).await;
        if dry {
            assert!(matches!(
                outcome,
                Err(ActError::Gate(GateError::DryRun { .. }))
            ));
            assert_eq!(scene.writes(), writes);
            continue;
        }
        outcome.unwrap();
        let after = scene.entry(before.media).unwrap();
        assert_eq!(without_times(after), without_times(before));
    }
}

#[tokio::test]
async fn a_later_edit_of_another_field_stays_and_one_of_the_same_field_is_asked_about() {
    let scene = Scene::watched().await;
    let before = scene.entry(1_001).unwrap();
    scene.save(1_001, |entry| entry.score = 11);
    let row = scene.seen().await;
    scene.clock.advance(Duration::from_mins(5));
    scene.save(1_001, |entry| entry.progress += 1);
    let progress = scene.entry(1_001).unwrap().progress;
    undo(&scene.app, &row, never()).await.unwrap();
    let after = scene.entry(1_001).unwrap();
    assert_eq!((after.score, after.progress), (before.score, progress));

    scene.clock.advance(Duration::from_mins(5));
    scene.save(1_003, |entry| entry.score = 11);
    let row = scene.seen().await;
    scene.clock.advance(Duration::from_mins(5));
    scene.save(1_003, |entry| entry.score = 77);
    let plan = scene
        .app
        .plan_undo(None, &[row.id.to_string()], never())
        .await
        .unwrap();
    assert_eq!(plan.count(Action::Keep), 1);
    let problem = plan.steps[0].problem.clone().unwrap();
    assert!(problem.starts_with("score was edited since"), "{problem}");
    let chosen = Choices {
        fields: [EntryField::Score].into(),
        ..never()
    };
    undo(&scene.app, &row, chosen).await.unwrap();
    assert_ne!(scene.entry(1_003).unwrap().score, 77);
}

#[tokio::test]
async fn twice_is_already_so_and_an_undo_can_itself_be_taken_back() {
    let scene = Scene::watched().await;
    scene.save(1_001, |entry| entry.score = 11);
    let row = scene.seen().await;
    undo(&scene.app, &row, never()).await.unwrap();
    let writes = scene.writes();
    let again = scene
        .app
        .plan_undo(None, &[row.id.to_string()], never())
        .await
        .unwrap();
    assert_eq!((again.writes(), again.count(Action::Same)), (0, 1));
    assert_eq!(scene.writes(), writes);
    let redo = scene.app.plan_redo(None, &[], never()).await.unwrap();
    scene.app.apply(redo.clone(), None).await.unwrap();
    assert_eq!(scene.entry(1_001).unwrap().score, 11);
    let back = scene.app.plan_undo(None, &[], never()).await.unwrap();
    scene.app.apply(back.clone(), None).await.unwrap();
    assert_ne!(scene.entry(1_001).unwrap().score, 11);
}

/// What an act is called and of which kind it is.
fn told(report: &Report) -> (String, String) {
    let operation = &report.operation;
    (operation.kind.clone(), operation.what.clone())
}

#[tokio::test]
async fn undo_and_redo_take_turns_by_whatever_way_and_are_called_so() {
    let scene = Scene::watched().await;
    scene.save(1_002, |entry| entry.score = 22);
    let other = scene.seen().await;
    undo(&scene.app, &other, never()).await.unwrap();
    scene.clock.advance(Duration::from_hours(1));
    for media in 1_010..1_020 {
        scene.save(media, |entry| entry.score = 5);
    }
    let group = scene.seen().await.change.group.unwrap();
    let name = |verb: &str, number: usize| {
        let kind = verb.to_lowercase();
        (
            kind,
            format!("{verb}: {number} scores changed together on 3 Nov"),
        )
    };
    let app = &scene.app;
    let send =
        async |planned: Result<Plan, ActError>| app.apply(planned.unwrap(), None).await.unwrap();
    let back = async |id: &Id| app.plan_undo(None, &[id.to_string()], never()).await;
    // One of them was edited since, and stays as it is all the way.
    scene.save(1_019, |entry| entry.score = 99);
    let first = send(back(&group).await).await;
    assert_eq!(told(&first), name("Undo", 10));
    let again = send(
        app.plan_redo(None, &[first.operation.id.to_string()], never())
            .await,
    )
    .await;
    assert_eq!(told(&again), name("Redo", 9));
    let third = send(back(&again.operation.id).await).await;
    assert_eq!(told(&third), name("Undo", 9));
    // The newest that stands, not one that was taken back, nor what stood before all of that.
    let fourth = send(app.plan_undo(None, &[], never()).await).await;
    assert_eq!(told(&fourth), name("Redo", 9));
    assert_eq!(scene.entry(1_010).unwrap().score, 5);
    // And on from there, act by act, down to the very first.
    let mut walked = Vec::new();
    for score in [None, Some(5), Some(5)] {
        walked.push(send(app.plan_undo(None, &[], never()).await).await);
        let now = scene.entry(1_010).unwrap().score;
        assert_eq!(now == 5, score == Some(5), "{walked:?}");
    }
    let kinds: Vec<_> = walked.iter().map(|report| told(report).0).collect();
    assert_eq!(kinds, ["undo", "redo", "redo"]);
    assert_eq!(scene.entry(1_002).unwrap().score, 22);
    let error = app.plan_undo(None, &[], never()).await.unwrap_err();
    assert!(matches!(error, ActError::NothingOfOurs), "{error}");
    // Forward again, one after the other.
    for _ in 0..3 {
        send(app.plan_redo(None, &[], never()).await).await;
    }
    assert_ne!(scene.entry(1_002).unwrap().score, 22);
    let last = send(app.plan_redo(None, &[], never()).await).await;
    assert_eq!(told(&last), name("Undo", 9));
    assert_ne!(scene.entry(1_010).unwrap().score, 5);
    assert_eq!(scene.entry(1_019).unwrap().score, 99);
    // What was taken back and done again is not said to be taken back.
    let rows = scene.log().await;
    let of = |report: &Report| {
        let id = report.operation.id.clone();
        let mut rows = rows.iter();
        let row = rows.find(|row| row.change.operation.as_ref() == Some(&id));
        row.unwrap().undone_in.clone()
    };
    assert_eq!(of(&first), None);
    assert_eq!(of(&again), Some(third.operation.id.clone()));
    assert_eq!(of(&third), None);
    assert_eq!(of(&fourth), Some(last.operation.id.clone()));
}

#[tokio::test]
async fn a_burst_is_taken_back_at_once_and_conflicts_are_left_and_named() {
    let scene = Scene::watched().await;
    let before: Vec<SimEntry> = (1_000..1_020).filter_map(|id| scene.entry(id)).collect();
    for entry in &before {
        scene.save(entry.media, |entry| entry.score = 5);
    }
    let row = scene.seen().await;
    let group = row.change.group.clone().unwrap();
    scene.clock.advance(Duration::from_mins(5));
    scene.save(1_007, |entry| entry.score = 99);
    let requests = scene.simulator.traffic().requests;
    let plan = scene
        .app
        .plan_undo(None, &[group.to_string()], never())
        .await
        .unwrap();
    assert_eq!(kept(&plan), [1_007]);
    let report = scene.app.apply(plan.clone(), None).await.unwrap();
    assert_eq!(report.operation.state, OperationState::Done);
    for entry in before {
        let expected = if entry.media == 1_007 {
            99
        } else {
            entry.score
        };
        assert_eq!(scene.entry(entry.media).unwrap().score, expected);
    }
    let requests = scene.simulator.traffic().requests - requests;
    // Who it is (3), a safety snapshot (4), the titles before (3), one batch, and after.
    assert!(requests <= 14, "{requests} requests for 20 titles");
}

#[tokio::test]
async fn when_the_list_moves_between_plan_and_word_nothing_is_sent() {
    let scene = Scene::watched().await;
    scene.save(1_001, |entry| entry.score = 11);
    let row = scene.seen().await;
    let plan = scene
        .app
        .plan_undo(None, &[row.id.to_string()], never())
        .await
        .unwrap();
    scene.save(1_001, |entry| entry.score = 22);
    let writes = scene.writes();
    let error = scene.app.apply(plan.clone(), None).await.unwrap_err();
    assert!(
        matches!(error, ActError::OutOfDate { count: 1, .. }),
        "{error}"
    );
    assert_eq!(error.code(), Code::EditedSince);
    assert_eq!(scene.writes(), writes);
}

#[tokio::test]
async fn two_at_once_one_wins_and_the_other_is_told() {
    let scene = Scene::watched().await;
    scene.save(1_001, |entry| entry.score = 11);
    let row = scene.seen().await;
    let other = scene.reopen();
    let id = [row.id.to_string()];
    let (one, two) = (
        scene.app.plan_undo(None, &id, never()).await.unwrap(),
        other.plan_undo(None, &id, never()).await.unwrap(),
    );
    let (one, two) = tokio::join!(
        scene.app.apply(one.clone(), None),
        other.apply(two.clone(), None)
    );
    let outcomes = [one.map(|_| ()), two.map(|_| ())];
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
        1,
        "{outcomes:?}"
    );
    let lost = outcomes.into_iter().find_map(Result::err).unwrap();
    assert!(
        matches!(lost.code(), Code::Busy | Code::EditedSince),
        "{lost}"
    );
    let undone = scene
        .log()
        .await
        .into_iter()
        .filter(|row| row.change.outcome == ChangeOutcome::Undone);
    assert_eq!(undone.count(), 1);
}

#[tokio::test]
async fn a_token_of_another_account_writes_nothing() {
    let scene = Scene::watched().await;
    scene.save(1_001, |entry| entry.score = 11);
    let row = scene.seen().await;
    scene.simulator.world().revoke_token(crate::scene::TOKEN);
    scene.simulator.world().grant_token(crate::scene::TOKEN, 7);
    let writes = scene.writes();
    let error = undo(&scene.reopen(), &row, never()).await.unwrap_err();
    assert_eq!(error.code(), Code::RefusedForSafety, "{error}");
    assert_eq!(scene.writes(), writes);
}

#[tokio::test]
async fn a_title_that_anilist_removed_is_named_and_the_others_come_back() {
    let scene = Scene::watched().await;
    let media: Vec<u32> = (1_000..1_012).collect();
    for id in &media {
        scene.save(*id, |entry| entry.score = 5);
    }
    let row = scene.seen().await;
    let group = row.change.group.clone().unwrap();
    // AniList removes a title for good.
    let plan = scene
        .app
        .plan_undo(None, &[group.to_string()], never())
        .await
        .unwrap();
    scene.simulator.world().remove_media(1_004);
    let error = scene.app.apply(plan.clone(), None).await.unwrap_err();
    assert!(
        matches!(error, ActError::OutOfDate { count: 1, .. }),
        "{error}"
    );
    let plan = scene
        .app
        .plan_undo(None, &[group.to_string()], never())
        .await
        .unwrap();
    assert_eq!(kept(&plan), [1_004]);
    let report = scene.app.apply(plan.clone(), None).await.unwrap();
    assert_eq!(report.operation.state, OperationState::Done);
    assert_eq!(report.sent().count(), plan.writes());
}

/// Every request of an undo fails once in every way; what stopped goes on, and the list is right.
#[tokio::test]
async fn whatever_request_fails_it_ends_right_or_goes_on() {
    for fault in [
        Fault::ResetAfter,
        Fault::InternalError,
        Fault::InvalidToken,
        Fault::Disabled,
    ] {
        for at in 0..14 {
            let scene = Scene::watched().await;
            let before: Vec<SimEntry> = (1_000..1_006).filter_map(|id| scene.entry(id)).collect();
            for entry in &before {
                scene.save(entry.media, |entry| entry.score = 5);
            }
            let row = scene.seen().await;
            let group = row.change.group.clone().unwrap().to_string();
            let plan = scene
                .app
                .plan_undo(None, std::slice::from_ref(&group), never())
                .await
                .unwrap();
            scene.simulator.fault_at(at, fault);
            match scene.app.apply(plan.clone(), None).await {
                Ok(_) => {}
                Err(ActError::Stopped { operation, .. }) => {
                    let report = scene.app.resume_operation(&operation).await.unwrap();
                    assert_eq!(
                        report.operation.state,
                        OperationState::Done,
                        "{fault:?} at {at}"
                    );
                }
                // Nothing was sent yet.
                Err(_) => {
                    let plan = scene.app.plan_undo(None, &[group], never()).await.unwrap();
                    scene.app.apply(plan.clone(), None).await.unwrap();
                }
            }
            for entry in &before {
                let score = scene.entry(entry.media).unwrap().score;
                assert_eq!(score, entry.score, "{fault:?} at {at}");
            }
        }
    }
}

#[tokio::test]
async fn only_what_the_plan_shows_is_written() {
    let scene = Scene::watched().await;
    scene.save(1_001, |entry| entry.score = 11);
    let row = scene.seen().await;
    let plan = scene
        .app
        .plan_undo(None, &[row.id.to_string()], never())
        .await
        .unwrap();
    let step = &plan.steps[0];
    assert_eq!(step.action, Action::Write.as_str());
    let (before, target) = (step.before.as_ref().unwrap(), step.target.as_ref().unwrap());
    let written: Vec<_> = before.values.differing(&target.values).collect();
    assert_eq!(written, [EntryField::Score]);
}

#[tokio::test]
async fn back_to_before_a_change_takes_everything_after_it_back() {
    let scene = Scene::watched().await;
    let before: Vec<SimEntry> = (1_000..1_030).filter_map(|id| scene.entry(id)).collect();
    scene.save(1_001, |entry| entry.score = 11);
    let first = scene.seen().await;
    for step in 0..3 {
        scene.clock.advance(Duration::from_mins(5));
        scene.save(1_001, |entry| entry.score = 20 + step);
        scene.save(1_002, |entry| entry.progress += 1);
        scene
            .simulator
            .world()
            .drop_entry(HANA, 1_010 + u32::try_from(step).unwrap());
        scene.look().await;
    }
    let id = first.id.to_string();
    let plan = scene.app.plan_back_to(None, &id, never()).await.unwrap();
    assert_eq!(plan.count(Action::Keep), 0);
    scene.app.apply(plan.clone(), None).await.unwrap();
    for entry in before {
        let now = scene.entry(entry.media).unwrap();
        assert_eq!(without_times(now), without_times(entry));
    }
}

/// A token that works again later: what was sent is not taken for somebody else's by a look.
#[tokio::test]
async fn what_was_sent_and_not_written_down_is_no_change_of_others() {
    for at in 0..16 {
        let scene = Scene::watched().await;
        for media in 1_000..1_006 {
            scene.save(media, |entry| entry.score = 5);
        }
        let row = scene.seen().await;
        let group = row.change.group.clone().unwrap().to_string();
        let plan = scene.app.plan_undo(None, &[group], never()).await.unwrap();
        scene.simulator.fault_at(at, Fault::InvalidToken);
        let Err(ActError::Stopped { operation, .. }) = scene.app.apply(plan.clone(), None).await
        else {
            continue;
        };
        let before = scene.log().await.len();
        assert_eq!(scene.look().await.changes, 0, "at {at}");
        scene.capture().await;
        assert_eq!(scene.log().await.len(), before, "at {at}");
        let error = scene.app.apply(plan.clone(), None).await.unwrap_err();
        assert!(matches!(error, ActError::Unfinished { .. }), "{error}");
        scene.app.resume_operation(&operation).await.unwrap();
        assert_eq!(scene.look().await.changes, 0, "at {at}");
        let observed = scene
            .log()
            .await
            .into_iter()
            .filter(|row| row.change.source == Source::Observed);
        assert_eq!(observed.count(), 6, "at {at}");
    }
}

/// The program ends while it removes many titles, and a snapshot is taken before that is gone on with.
#[tokio::test]
async fn what_was_sent_and_not_written_down_raises_no_alarm() {
    let mut removed_in_between = 0;
    for at in 0..20 {
        let scene = Scene::watched().await;
        let app = scene.with(&DESTRUCTIVE);
        scene.capture().await;
        let like = scene.entry(1_001).unwrap();
        for media in 3_000..3_040 {
            let title = anirewind_simulator::SimMedia::new(media, true, "Ame", Some(12));
            let mut world = scene.simulator.world();
            world.add_media(title);
            world.put_entry(SimEntry {
                id: 0,
                media,
                ..like.clone()
            });
        }
        scene.look().await;
        scene.clock.jump(time::Duration::hours(1));
        scene.capture().await;
        let options = RestoreOptions {
            removes: true,
            ..RestoreOptions::default()
        };
        let first = scene.app.snapshots(None).await.unwrap().pop().unwrap().id;
        let wanted = Wanted::Snapshot(first.to_string());
        let plan = app.plan_restore(None, &wanted, &options).await.unwrap();
        assert_eq!(plan.count(Action::Remove), 40);
        scene.simulator.fault_at(at, Fault::InvalidToken);
        let sent = app.apply(plan, Some(40)).await;
        let Err(ActError::Stopped { operation, .. }) = sent else {
            continue;
        };
        let left = (3_000..3_040).filter(|media| scene.entry(*media).is_some());
        let gone = 40 - left.count();
        scene.clock.jump(time::Duration::hours(1));
        scene.capture().await;
        let alarms = scene.app.open_alarms(None).await.unwrap();
        assert!(alarms.is_empty(), "at {at}, {gone} gone: {alarms:?}");
        removed_in_between += usize::from(gone >= 20);
        app.resume_operation(&operation).await.unwrap();
        scene.clock.jump(time::Duration::hours(1));
        scene.capture().await;
        assert!(
            scene.app.open_alarms(None).await.unwrap().is_empty(),
            "at {at}"
        );
    }
    assert!(removed_in_between > 0);
}

#[tokio::test]
async fn what_cannot_be_taken_back_says_why_and_a_redo_is_only_of_an_undo() {
    let scene = Scene::watched().await;
    scene.save(1_001, |entry| entry.score = 11);
    let row = scene.seen().await;
    let id = [row.id.to_string()];
    let error = scene.app.plan_redo(None, &id, never()).await.unwrap_err();
    assert!(matches!(error, ActError::NotAnUndo { .. }), "{error}");
    let error = scene
        .app
        .plan_undo(None, &["zzzz".to_owned()], never())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    let error = scene.app.plan_undo(None, &[], never()).await.unwrap_err();
    assert!(matches!(error, ActError::NothingOfOurs), "{error}");
}

/// The three rows of the table of undos, under each switch: what is on the list afterwards, and what
/// was sent.
#[tokio::test]
async fn each_row_of_the_table_under_each_switch() {
    for row in ["updated", "added", "deleted"] {
        for (destructive, dry) in [(false, false), (true, false), (false, true), (true, true)] {
            let what = format!("{row}, destructive {destructive}, dry {dry}");
            let scene = Scene::watched().await;
            let media = if row == "added" { 2_500 } else { 1_001 };
            let was = scene.entry(media).map(without_times);
            match row {
                "updated" => scene.save(media, |entry| entry.score += 1),
                "deleted" => scene.simulator.world().drop_entry(HANA, media),
                _ => {
                    let title = anirewind_simulator::SimMedia::new(media, true, "Ame", Some(12));
                    let like = scene.entry(1_001).unwrap();
                    let mut world = scene.simulator.world();
                    world.add_media(title);
                    world.put_entry(SimEntry {
                        id: 0,
                        media,
                        ..like
                    });
                }
            }
            let change = scene.seen().await;
            let is = scene.entry(media).map(without_times);
            let flag = |on: bool| if on { "true" } else { "false" };
            let app = scene.with(&[
                ("ANIREWIND_DESTRUCTIVE_SYNC", flag(destructive)),
                ("ANIREWIND_DRY_RUN", flag(dry)),
            ]);
            let (writes, changes) = (scene.writes(), scene.log().await.len());
            let outcome = undo(&app, &change, never()).await;
            let is_allowed = !dry && (destructive || row != "added");
            assert_eq!(outcome.is_ok(), is_allowed, "{what}: {outcome:?}");
            let now = scene.entry(media).map(without_times);
            assert_eq!(now, if is_allowed { was } else { is }, "{what}");
            let more = usize::from(is_allowed);
            assert_eq!(scene.writes(), writes + more, "{what}");
            assert_eq!(scene.log().await.len(), changes + more, "{what}");
        }
    }
}
