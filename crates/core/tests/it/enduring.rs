//! A restore endures whatever happens on the way: requests that fail, a token that ends, an outage,
//! edits meanwhile, somebody who wants it to wait or to end, another act, another start.

use std::sync::Arc;
use std::time::Duration;

use anirewind_core::{
    ActError, Action, App, Code, Event, Explain as _, OperationState, Report, Stopping,
};
use anirewind_simulator::{Act, Fault, SimEntry, SimMedia};

use crate::restoring::{Lists, entries, exactly, plan, restore};
use crate::scene::{HANA, Scene, TOKEN};
use crate::undoing::DESTRUCTIVE;

/// A short list on which everything happens: a change, an addition, a removal, a list to make.
async fn small() -> (Scene, Lists) {
    let scene = Scene::connected_with(12, 4, |_| ()).await;
    let before = entries(&scene);
    let mut world = scene.simulator.world();
    for media in 1_000..1_007 {
        let entry = world.entry(HANA, media).unwrap().clone();
        let score = if entry.score == 10 { 20 } else { 10 };
        world.put_entry(SimEntry { score, ..entry });
    }
    world.drop_entry(HANA, 1_008);
    world.add_media(SimMedia::new(900_000, true, "Ame no Machi", Some(12)));
    let like = world.entry(HANA, 1_009).unwrap().clone();
    world.put_entry(SimEntry {
        id: 0,
        media: 900_000,
        custom_lists: [].into(),
        ..like
    });
    drop(world);
    (scene, before)
}

/// Goes on until it is done, as a server would.
async fn until_done(app: &App, mut done: Result<Report, ActError>) -> Report {
    for _ in 0..5 {
        match done {
            Ok(report) => return report,
            Err(ActError::Stopped { operation, .. }) => {
                done = app.resume_operation(&operation).await;
            }
            // Nothing was sent: from the beginning.
            Err(_) if app.operations(None, 1).await.unwrap().is_empty() => {
                done = restore(app, &exactly()).await;
            }
            Err(_) => {
                let operation = app.operations(None, 1).await.unwrap().remove(0);
                done = app.resume_operation(&operation.id).await;
            }
        }
    }
    done.unwrap()
}

fn assert_put_back(scene: &Scene, before: &Lists, what: &str) {
    assert_eq!(&entries(scene), before, "{what}");
    let world = scene.simulator.world();
    assert!(world.user(HANA).unwrap().muted.is_empty(), "{what}");
    let mut saved = std::collections::BTreeSet::new();
    for effect in world.effects() {
        if let Act::Saved { media, .. } = &effect.act {
            assert!(saved.insert(*media), "{what}: {media} was saved twice");
        }
    }
    assert_eq!(saved.len(), 8, "{what}");
}

/// Every request fails once in every way that is answered; what stopped goes on, and the list is right.
#[tokio::test]
async fn whatever_request_fails_the_list_is_put_back() {
    for fault in [
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::TooManyRequests,
        Fault::InternalError,
        Fault::UnavailableAfter,
        Fault::Disabled,
        Fault::InvalidToken,
        Fault::TruncatedJson,
        Fault::PartialData,
        Fault::EmptyBody,
    ] {
        let (mut at, mut requests) = (0, 1);
        while at < requests {
            let (scene, before) = small().await;
            let app = scene.open_with(&DESTRUCTIVE);
            let begun = scene.requests();
            let planned = plan(&app, &exactly()).await;
            scene.simulator.fault_at(at + 1, fault);
            let done = app.apply(planned, Some(1)).await;
            let report = until_done(&app, done).await;
            let what = format!("{fault:?} at {at}");
            assert!(report.is_verified(), "{what}");
            assert_put_back(&scene, &before, &what);
            requests = scene.requests() - begun;
            at += 1;
        }
    }
}

#[tokio::test]
async fn a_token_that_is_revoked_stops_it_and_only_the_same_user_goes_on() {
    for at in 0.. {
        let (scene, before) = small().await;
        let app = scene.open_with(&DESTRUCTIVE);
        let planned = plan(&app, &exactly()).await;
        let base = scene.requests();
        scene
            .simulator
            .before_request(at + 1, |world| world.revoke_token(TOKEN));
        let done = app.apply(planned, Some(1)).await;
        if scene.requests() - base <= at {
            assert!(at > 6, "{at} requests");
            done.unwrap();
            break;
        }
        let what = format!("revoked at {at}");
        let Err(ActError::Stopped { operation, source }) = done else {
            // Before anything was begun, or right when all was done.
            continue;
        };
        assert!(!source.to_string().is_empty());
        let effects = scene.simulator.world().effects().len();
        // Somebody else signs in.
        scene.simulator.world().grant_token(TOKEN, 7);
        let error = app.resume_operation(&operation).await.unwrap_err();
        assert_eq!(error.code(), Code::RefusedForSafety, "{what}: {error}");
        assert_eq!(scene.simulator.world().effects().len(), effects, "{what}");
        // The same user signs in.
        scene.simulator.world().revoke_token(TOKEN);
        scene.simulator.world().grant_token(TOKEN, HANA);
        let report = app.resume_operation(&operation).await.unwrap();
        assert!(report.is_verified(), "{what}");
        assert_put_back(&scene, &before, &what);
    }
}

#[tokio::test]
async fn an_outage_of_an_hour_is_waited_for() {
    for at in [4, 5, 6, 7, 8] {
        let (scene, before) = small().await;
        let app = scene.open_with(&DESTRUCTIVE);
        let planned = plan(&app, &exactly()).await;
        let begun = anirewind_core::model::Clock::elapsed(scene.clock.as_ref());
        let hour = Duration::from_hours(1);
        scene.simulator.fault_for_a_while(at, Fault::Disabled, hour);
        let mut events = app.events();
        let report = app.apply(planned, Some(1)).await.unwrap();
        assert!(report.is_verified());
        let waited =
            anirewind_core::model::Clock::elapsed(scene.clock.as_ref()).saturating_sub(begun);
        assert!(waited >= Duration::from_mins(55), "at {at}");
        let mut waits = false;
        while let Ok(event) = events.try_recv() {
            waits |= matches!(event, Event::Waiting { .. });
        }
        assert!(waits, "it says what it waits for");
        assert_put_back(&scene, &before, &format!("off at {at}"));
    }
}

/// The user edits titles while they are put back. Each edit stands, and is told.
#[tokio::test]
async fn what_is_edited_meanwhile_stays() {
    for at in 1..=8 {
        let (scene, before) = small().await;
        let app = scene.open_with(&DESTRUCTIVE);
        let planned = plan(&app, &exactly()).await;
        let begun = scene.simulator.operations().len();
        let at_request = usize::try_from(at).unwrap();
        let clock = Arc::clone(&scene.clock);
        scene.simulator.before_request(at, move |world| {
            for media in [1_002, 1_010] {
                let entry = world.entry(HANA, media).unwrap().clone();
                let now = anirewind_core::model::Clock::now(clock.as_ref()).unix_timestamp();
                world.put_entry(SimEntry {
                    score: 77,
                    updated_at: Some(now + 1),
                    ..entry
                });
            }
        });
        let done = app.apply(planned, Some(1)).await;
        let what = format!(
            "edited before request {at}: {:?}",
            scene.simulator.operations()
        );
        let now = entries(&scene);
        assert_eq!(now[&1_010].score, 77, "{what}");
        // What the request was for, before which it happened.
        let next = scene
            .simulator
            .operations()
            .get(begun + at_request - 1)
            .cloned();
        let next = next.unwrap_or_default();
        match done {
            // Seen before anything was sent: the plan comes back.
            Err(ActError::OutOfDate { count: 1, .. }) => {
                assert_eq!(next, "Whole", "{what}");
                assert_eq!(now[&1_002].score, 77, "{what}");
            }
            Ok(report) => {
                let mut steps = report.steps.iter();
                let title = steps.find(|step| step.media.get() == 1_002).unwrap();
                let expected = match next.as_str() {
                    // Within seconds after it was read, and right before it was written: nobody can
                    // tell. docs/restore.md says so.
                    "Sweep" | "Favourites" | "Save" => ("done", before[&1_002].score),
                    "MuteActivity" if at_request < 7 => ("done", before[&1_002].score),
                    "Delete" | "Entries" => ("overtaken", 77),
                    _ => ("done", 77),
                };
                assert_eq!(
                    (title.state.as_str(), now[&1_002].score),
                    expected,
                    "{what}"
                );
                let is_told = title.problem.as_ref().is_some_and(|p| p.contains("edited"));
                assert_eq!(is_told, title.state == "overtaken", "{what}");
            }
            Err(error) => panic!("{error:?}: {what}"),
        }
    }
}

/// An act that stopped at its first save, with what may have been sent.
async fn stopped(scene: &Scene) -> anirewind_core::Id {
    let app = scene.open_with(&DESTRUCTIVE);
    let planned = plan(&app, &exactly()).await;
    scene
        .simulator
        .before_request(5, |world| world.revoke_token(TOKEN));
    let Err(ActError::Stopped { operation, .. }) = app.apply(planned, Some(1)).await else {
        unreachable!("the token is gone");
    };
    let operations = scene.simulator.operations();
    assert_eq!(
        operations.iter().rev().nth(1).map(String::as_str),
        Some("MuteActivity")
    );
    scene.simulator.world().grant_token(TOKEN, HANA);
    operation
}

#[tokio::test]
async fn what_is_edited_before_it_goes_on_stays() {
    let (scene, before) = small().await;
    let operation = stopped(&scene).await;
    // The added title was added by hand, and another was watched on.
    {
        let mut world = scene.simulator.world();
        let like = world.entry(HANA, 1_009).unwrap().clone();
        world.put_entry(SimEntry {
            id: 0,
            media: 1_008,
            progress: 7,
            ..like
        });
        let entry = world.entry(HANA, 1_003).unwrap().clone();
        world.put_entry(SimEntry { score: 99, ..entry });
    }
    let app = scene.open_with(&DESTRUCTIVE);
    let report = app.resume_operation(&operation).await.unwrap();
    assert_eq!(report.operation.state, OperationState::Partly);
    let now = entries(&scene);
    assert_eq!((now[&1_008].progress, now[&1_003].score), (7, 99));
    assert_eq!(now[&1_002], before[&1_002]);
    assert!(scene.simulator.world().user(HANA).unwrap().muted.is_empty());
    // Trying again does not force it either.
    let again = app.plan_retry(&operation).await.unwrap();
    assert_eq!((again.writes(), again.count(Action::Keep)), (0, 2));
}

#[tokio::test]
async fn it_can_be_ended_without_leave_to_remove_and_while_anilist_is_out_of_order() {
    let (scene, _) = small().await;
    let operation = stopped(&scene).await;
    // Nobody allows removals any more, and AniList goes away right after it was asked who we are.
    let app = scene.reopen();
    let hour = Duration::from_hours(1);
    scene.simulator.fault_for_a_while(2, Fault::Disabled, hour);
    let error = app.stop_operation(&operation).await.unwrap_err();
    assert!(matches!(error, ActError::Stopped { .. }), "{error}");
    // It is still open: what may have been sent is not known, and the feed is muted.
    let row = app.operations(None, 1).await.unwrap().remove(0);
    assert_eq!(row.state, OperationState::Stopped);
    assert!(row.muted_before.is_some());
    scene.clock.advance(hour);
    let effects = scene.simulator.world().effects().len();
    let Stopping::Ended(report) = app.stop_operation(&operation).await.unwrap() else {
        panic!("it has ended");
    };
    assert_eq!(report.operation.state, OperationState::Partly);
    assert!(
        report.sent().all(|step| step.state == "left"),
        "{:?}",
        report.steps
    );
    {
        let world = scene.simulator.world();
        assert!(world.user(HANA).unwrap().muted.is_empty());
        let saved = world.effects().iter().skip(effects);
        assert_eq!(
            saved.filter(|e| !matches!(e.act, Act::UserUpdated)).count(),
            0
        );
    }
    // The rest can be done later.
    let again = scene
        .open_with(&DESTRUCTIVE)
        .plan_retry(&operation)
        .await
        .unwrap();
    assert_eq!(again.writes(), 9);
}

#[tokio::test]
async fn a_pause_outlives_the_process_and_others_wait_and_say_for_what() {
    let (scene, before) = small().await;
    let app = scene.open_with(&DESTRUCTIVE);
    let planned = plan(&app, &exactly()).await;
    app.interrupt();
    let report = app.apply(planned, Some(1)).await.unwrap();
    assert_eq!(report.operation.state, OperationState::Paused);
    assert_eq!(report.summary().open, 9);
    let operation = report.operation.id;
    let other = scene.open_with(&DESTRUCTIVE);
    let planned = plan(&other, &exactly()).await;
    let error = other.apply(planned, Some(1)).await.unwrap_err();
    assert!(error.to_string().contains(operation.as_str()), "{error}");
    assert_eq!(error.code(), Code::Busy);
    // Looks go on meanwhile.
    scene.save(1_010, |entry| entry.score = 50);
    assert_eq!(scene.look().await.changes, 1);
    scene.save(1_010, |entry| entry.score = before[&1_010].score);
    let report = other.resume_operation(&operation).await.unwrap();
    assert!(report.is_verified());
    assert_put_back(&scene, &before, "resumed");
}

#[tokio::test]
async fn an_edit_of_another_field_between_the_write_and_its_proof_is_not_ours() {
    let (scene, _) = small().await;
    let app = scene.open_with(&DESTRUCTIVE);
    let planned = plan(&app, &exactly()).await;
    let clock = Arc::clone(&scene.clock);
    scene.simulator.before_request(7, move |world| {
        let now = anirewind_core::model::Clock::now(clock.as_ref()).unix_timestamp();
        let entry = world.entry(HANA, 1_002).unwrap().clone();
        world.put_entry(SimEntry {
            notes: Some("by hand".to_owned()),
            updated_at: Some(now + 1),
            ..entry
        });
    });
    let report = app.apply(planned, Some(1)).await.unwrap();
    assert!(report.is_verified());
    scene.clock.advance(Duration::from_mins(5));
    assert_eq!(
        scene.look().await.changes,
        1,
        "somebody's edit is seen as one"
    );
    let id = report.operation.id.to_string();
    let back = app
        .plan_undo(None, &[id], anirewind_core::Choices::default())
        .await
        .unwrap();
    app.apply(back, None).await.unwrap();
    let now = entries(&scene);
    assert_eq!(now[&1_002].notes.as_deref(), Some("by hand"));
}

/// While the account is in use another act waits, and says for which; then it is told what is so.
#[tokio::test]
async fn another_act_waits_and_says_for_which() {
    let (scene, _) = small().await;
    let app = scene.open_with(&DESTRUCTIVE);
    let planned = plan(&app, &exactly()).await;
    app.interrupt();
    let paused = app.apply(planned, Some(1)).await.unwrap().operation.id;
    // As somebody does who is carrying it out.
    let path = scene.data.path().join(format!("account-{HANA}.lock"));
    let lock = std::fs::File::open(path).unwrap();
    lock.lock().unwrap();
    let other = scene.open_with(&DESTRUCTIVE);
    let planned = plan(&other, &exactly()).await;
    let mut events = other.events();
    let waiting = tokio::spawn(async move { other.apply(planned, Some(1)).await });
    let told = loop {
        if let Event::Waiting { problem, .. } = events.recv().await.unwrap() {
            break problem;
        }
    };
    assert!(told.contains(paused.as_str()), "{told}");
    assert!(!waiting.is_finished());
    drop(lock);
    let error = waiting.await.unwrap().unwrap_err();
    assert!(error.to_string().contains(paused.as_str()), "{error}");
}

#[tokio::test]
async fn what_somebody_else_has_done_meanwhile_is_not_sent_again() {
    let (scene, before) = small().await;
    let app = scene.open_with(&DESTRUCTIVE);
    let (one, two) = (plan(&app, &exactly()).await, plan(&app, &exactly()).await);
    app.apply(one, Some(1)).await.unwrap();
    let effects = scene.simulator.world().effects().len();
    let error = app.apply(two, Some(1)).await.unwrap_err();
    assert!(matches!(error, ActError::AlreadySo), "{error}");
    let nothing = plan(&app, &exactly()).await;
    let error = app.apply(nothing, None).await.unwrap_err();
    assert!(matches!(error, ActError::AlreadySo), "{error}");
    assert_eq!(scene.simulator.world().effects().len(), effects);
    assert_eq!(entries(&scene), before);
}

/// A server that starts goes on with what was begun, whether it looks at AniList or not.
#[tokio::test]
async fn a_server_goes_on_by_itself_when_it_starts() {
    let (scene, before) = small().await;
    let operation = stopped(&scene).await;
    let server = scene.open_with(&[DESTRUCTIVE[0], ("ANIREWIND_WATCH_INTERVAL", "0")]);
    let schedule = tokio::spawn({
        let server = server.clone();
        async move { server.run_schedule().await }
    });
    let done = tokio::time::timeout(Duration::from_mins(2), async {
        loop {
            let report = server.act_called(&operation).await.unwrap();
            if !report.operation.state.is_open() {
                break report;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let report = done.await.unwrap();
    schedule.abort();
    assert!(report.is_verified());
    assert_put_back(&scene, &before, "after the start");
}

/// A program that ends lets what is under way come to rest; it is not taken for a wish to wait.
#[tokio::test]
async fn what_is_under_way_when_the_program_ends_is_not_paused() {
    let (scene, before) = small().await;
    let app = scene.open_with(&DESTRUCTIVE);
    let planned = plan(&app, &exactly()).await;
    // It is asked to end right after the first thing that was written.
    let effects = scene.simulator.world().effects().len();
    for number in 1..100 {
        let ending = app.clone();
        scene.simulator.before_request(number, move |world| {
            if world.effects().len() > effects {
                tokio::spawn(async move { ending.come_to_rest(Duration::ZERO).await });
            }
        });
    }
    let report = app.apply(planned, Some(1)).await.unwrap();
    assert_eq!(report.operation.state, OperationState::Stopped);
    assert!(scene.simulator.world().user(HANA).unwrap().muted.is_empty());
    let next = scene.open_with(&DESTRUCTIVE);
    let report = next.resume_operation(&report.operation.id).await.unwrap();
    assert!(report.is_verified());
    assert_put_back(&scene, &before, "after the restart");
}

#[tokio::test]
async fn a_program_that_ends_begins_nothing_and_the_plan_is_still_there() {
    let (scene, before) = small().await;
    let app = scene.open_with(&DESTRUCTIVE);
    let planned = plan(&app, &exactly()).await;
    let planned = app.store_plan(planned).await.unwrap();
    let id = planned.id().unwrap().to_string();
    app.come_to_rest(Duration::from_secs(1)).await;
    let effects = scene.simulator.world().effects().len();
    let refused = app.apply(planned, Some(1)).await.unwrap_err();
    assert!(refused.hint().unwrap().contains("send it again"));
    assert_eq!(scene.simulator.world().effects().len(), effects);
    let next = scene.open_with(&DESTRUCTIVE);
    let planned = next.plan(&id).await.unwrap();
    let report = next.apply(planned, Some(1)).await.unwrap();
    assert!(report.is_verified());
    assert_put_back(&scene, &before, "after the restart");
}

/// Somebody undoes a change while somebody else restores: one of them wins, the other is told why, and whatever was
/// sent, no title is sent the same twice.
#[tokio::test]
async fn an_undo_during_a_restore_is_told_why() {
    let (scene, before) = small().await;
    let app = scene.open_with(&DESTRUCTIVE);
    let other = scene.open_with(&DESTRUCTIVE);
    let target = other.targets(None).await.unwrap().remove(0);
    for _ in 0..2 {
        other.look(&target).await.unwrap();
        scene.clock.advance(Duration::from_mins(5));
    }
    let rows = other.changes(None, <_>::default(), None, 50).await.unwrap();
    let is_it = |row: &&anirewind_core::ChangeRow| row.change.media.get() == 1_003;
    let id = rows.iter().find(is_it).unwrap().id.to_string();
    let of_restore = plan(&app, &exactly()).await;
    let of_undo = other.plan_undo(None, &[id], <_>::default()).await.unwrap();
    let (restored, undone) =
        tokio::join!(app.apply(of_restore, Some(1)), other.apply(of_undo, None));
    let lost: Vec<ActError> = [restored.err(), undone.err()]
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert!(
        matches!(lost[0].code(), Code::Busy | Code::EditedSince),
        "{lost:?}"
    );
    // Whoever lost asks again, and all is as it was.
    let again = restore(&app, &exactly()).await.err();
    assert!(
        matches!(again, None | Some(ActError::AlreadySo)),
        "{again:?}"
    );
    assert_put_back(&scene, &before, "an undo during a restore");
}

#[tokio::test]
async fn a_pause_that_anilist_asks_for_is_told_with_its_end_and_titles_that_were_sent_with_their_names()
 {
    let (scene, _) = small().await;
    let app = scene.open_with(&DESTRUCTIVE);
    let planned = plan(&app, &exactly()).await;
    let began = app.now();
    let mut events = app.events();
    scene.simulator.fault_at(1, Fault::TooManyRequests);
    let report = app.apply(planned, Some(1)).await.unwrap();
    let (mut pauses, mut latest) = (Vec::new(), Vec::new());
    while let Ok(event) = events.try_recv() {
        match event {
            Event::Client { pause, .. } => pauses.extend(pause),
            Event::Job { latest: sent, .. } if !sent.is_empty() => latest = sent,
            _ => {}
        }
    }
    assert_eq!(pauses[0].why, "AniList asked for a pause");
    assert!(pauses[0].until > began && pauses[0].until <= app.now());
    let sends = |place: &usize| {
        let step = &report.steps[*place];
        Action::parse(&step.action).is_some_and(Action::sends)
    };
    assert!(
        (1..=5).contains(&latest.len()) && latest.iter().all(sends),
        "{latest:?}"
    );
}
