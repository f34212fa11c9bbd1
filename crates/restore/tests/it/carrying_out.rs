//! Done, already so, edited since, refused, killed: each title by itself.

use std::time::Duration;

use anirewind_model::{EntryStatus, EntryValues, MediaId, MediaType, Recorded};
use anirewind_restore::{Step, StepState, Stopped, Wish};
use anirewind_simulator::{BatchError, Fault};

use crate::scene::{HANA, Memory, Scene};

fn pending(steps: Vec<Step>) -> Vec<(Step, StepState)> {
    steps
        .into_iter()
        .map(|step| (step, StepState::Pending))
        .collect()
}

#[tokio::test]
async fn twenty_titles_take_one_batch_and_two_reads() {
    let scene = Scene::new(|_| ()).await;
    let mut steps = Vec::new();
    for media in 1_000..1_020 {
        steps.push(scene.score(media, 42).await);
    }
    let steps = pending(steps);
    let journal = Memory::of(&steps);
    let before = scene.simulator.traffic().requests;
    scene.run(&steps, &journal).await.unwrap();
    assert_eq!(
        scene.simulator.traffic().requests - before,
        3,
        "read, sent, read back"
    );
    assert_eq!(scene.effects(), 20);
    assert!((0..20).all(|place| journal.state(place) == StepState::Done));
    // Again, there is nothing to do.
    let journal = Memory::of(&steps);
    scene.run(&steps, &journal).await.unwrap();
    assert_eq!(scene.effects(), 20);
    assert!((0..20).all(|place| journal.state(place) == StepState::Already));
}

#[tokio::test]
async fn a_title_that_was_edited_since_is_left_alone() {
    let scene = Scene::new(|_| ()).await;
    let steps = pending(vec![
        scene.score(1_001, 42).await,
        scene.score(1_002, 42).await,
    ]);
    let entry = scene.simulator.world().entry(HANA, 1_001).unwrap().clone();
    let edited = anirewind_simulator::SimEntry { score: 99, ..entry };
    scene.simulator.world().put_entry(edited);
    let journal = Memory::of(&steps);
    scene.run(&steps, &journal).await.unwrap();
    assert_eq!(journal.state(0), StepState::Conflict);
    assert_eq!(journal.state(1), StepState::Done);
    assert_eq!(
        scene.simulator.world().entry(HANA, 1_001).unwrap().score,
        99
    );
}

#[tokio::test]
async fn one_bad_title_fails_alone_however_anilist_answers() {
    for batch_error in [
        BatchError::PrefixApplied,
        BatchError::AllOthersApplied,
        BatchError::NothingApplied,
        BatchError::Independent,
    ] {
        let scene = Scene::new(|switches| switches.batch_error = batch_error).await;
        let mut steps = Vec::new();
        for media in 1_000..1_008 {
            steps.push(scene.score(media, 42).await);
        }
        // A title that AniList does not have.
        let target = EntryValues {
            status: Recorded::Known(EntryStatus::Planning),
            ..EntryValues::default()
        };
        let bad = Step::new(MediaId::new(999_999), MediaType::Anime, None, Some(target)).unwrap();
        steps.insert(3, bad);
        let steps = pending(steps);
        let journal = Memory::of(&steps);
        scene.run(&steps, &journal).await.unwrap();
        for place in 0..steps.len() {
            let expected = if place == 3 {
                StepState::NotFound
            } else {
                StepState::Done
            };
            assert_eq!(
                journal.state(place),
                expected,
                "{batch_error:?}, step {place}"
            );
        }
        assert!(journal.states.lock().unwrap()[3].1.is_some(), "it says why");
    }
}

#[tokio::test]
async fn what_anilist_fills_in_by_itself_is_put_right() {
    let scene = Scene::new(|_| ()).await;
    for entry in (1_000..1_030).filter_map(|media| {
        let world = scene.simulator.world();
        world.entry(HANA, media).cloned()
    }) {
        let before = scene.entry(entry.media).await.unwrap().values;
        let mut target = before.clone();
        target.status = Recorded::Known(EntryStatus::Completed);
        target.progress = Recorded::Known(1);
        target.completed = Recorded::Empty;
        let Some(step) = Step::new(
            MediaId::new(entry.media),
            MediaType::Anime,
            Some(before),
            Some(target.clone()),
        ) else {
            continue;
        };
        let steps = pending(vec![step]);
        let journal = Memory::of(&steps);
        scene.run(&steps, &journal).await.unwrap();
        assert_eq!(journal.state(0), StepState::Done);
        let now = scene.entry(entry.media).await.unwrap().values;
        assert_eq!(now.differing(&target).count(), 0);
    }
}

/// The process dies before or after every word of the journal; the next run finishes, and no title
/// is written twice with another result.
#[tokio::test]
async fn killed_at_every_word_of_the_journal_it_goes_on() {
    for is_written in [false, true] {
        for at in 1.. {
            let scene = Scene::new(|_| ()).await;
            let mut steps = Vec::new();
            for media in 1_000..1_006 {
                steps.push(scene.score(media, 42).await);
            }
            let gone = scene.entry(1_010).await.unwrap();
            let removal = Step::new(gone.media, gone.media_type, Some(gone.values), None).unwrap();
            steps.push(removal);
            let steps = pending(steps);
            let mut journal = Memory::of(&steps);
            journal.stops_at = Some((at, is_written));
            let first = scene.run(&steps, &journal).await;
            let was_killed = matches!(first, Err(Stopped::Journal(_)));
            let left: Vec<_> = steps
                .iter()
                .enumerate()
                .map(|(place, (step, _))| (step.clone(), journal.state(place)))
                .collect();
            let again = Memory::of(&left);
            scene.run(&left, &again).await.unwrap();
            for media in 1_000..1_006 {
                assert_eq!(
                    scene.simulator.world().entry(HANA, media).unwrap().score,
                    42
                );
            }
            assert!(scene.simulator.world().entry(HANA, 1_010).is_none());
            assert_eq!(scene.effects(), 7, "killed at {at}: nothing is sent twice");
            let well = |place| {
                let state = again.state(place);
                matches!(state, StepState::Done | StepState::Already)
            };
            assert!((0..left.len()).all(well), "killed at {at}");
            if !was_killed {
                break;
            }
        }
    }
}

#[tokio::test]
async fn an_outage_or_a_lost_token_stops_and_the_rest_goes_on_later() {
    for fault in [Fault::Disabled, Fault::InvalidToken, Fault::Unauthorized] {
        for at in 0..5 {
            let scene = Scene::new(|_| ()).await;
            let steps = pending(vec![
                scene.score(1_001, 42).await,
                scene.score(1_002, 43).await,
            ]);
            let journal = Memory::of(&steps);
            scene.simulator.fault_at(at, fault);
            let first = scene.run(&steps, &journal).await;
            let left: Vec<_> = steps
                .iter()
                .enumerate()
                .map(|(place, (step, _))| (step.clone(), journal.state(place)))
                .collect();
            assert!(
                first.is_ok() || left.iter().any(|(_, state)| !state.is_settled()),
                "{fault:?}"
            );
            let again = Memory::of(&left);
            scene.run(&left, &again).await.unwrap();
            let score = |media| scene.simulator.world().entry(HANA, media).unwrap().score;
            assert_eq!((score(1_001), score(1_002)), (42, 43), "{fault:?} at {at}");
        }
    }
}

/// Every request fails once in every way there is; it goes on, and nothing is done twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_request_fails_in_whatever_way_it_ends_right() {
    let lives = Fault::ALL.map(|fault| tokio::spawn(each_request_fails(fault)));
    for life in lives {
        life.await.unwrap();
    }
}

async fn each_request_fails(fault: Fault) {
    let (mut at, mut requests) = (1, 1);
    while at <= requests {
        let what = format!("{fault:?} at {at}");
        // An answer that comes is waited for, however slow the machine.
        let patience = if fault.is_endless() {
            Duration::from_secs(2)
        } else {
            Duration::from_mins(1)
        };
        let scene = Scene::with_timeout(patience, |_| ()).await;
        let mut steps = Vec::new();
        for media in 1_000..1_005 {
            steps.push(scene.score(media, 42).await);
        }
        let gone = scene.entry(1_010).await.unwrap();
        steps
            .push(Step::new(gone.media, gone.media_type, Some(gone.values.clone()), None).unwrap());
        let back = scene.entry(1_011).await.unwrap();
        let was = scene
            .simulator
            .world()
            .entry(HANA, 1_011)
            .map(|entry| entry.score);
        scene.simulator.world().drop_entry(HANA, 1_011);
        steps
            .push(Step::new(back.media, back.media_type, None, Some(back.values.clone())).unwrap());
        let mut now = pending(steps);
        let begun = scene.simulator.traffic().requests;
        scene.simulator.fault_at(at, fault);
        let mut ended = false;
        for _ in 0..4 {
            let journal = Memory::of(&now);
            ended = scene.run(&now, &journal).await.is_ok();
            for (place, (_, state)) in now.iter_mut().enumerate() {
                *state = journal.state(place);
            }
            if ended {
                break;
            }
        }
        assert!(ended, "{what}");
        assert!(
            now.iter().all(|(_, state)| *state == StepState::Done),
            "{what}: {now:?}"
        );
        assert_eq!(scene.effects(), 7, "{what}: nothing is done twice");
        let world = scene.simulator.world();
        let score = world.entry(HANA, 1_011).map(|entry| entry.score);
        assert_eq!(score, was, "{what}");
        drop(world);
        requests = scene.simulator.traffic().requests - begun;
        at += 1;
    }
    assert!(at > 4, "{fault:?}");
}

/// Somebody wants it to wait, or to end, before any of its requests.
#[tokio::test]
async fn paused_or_stopped_before_any_request_what_was_sent_is_read_back() {
    for wish in [Wish::Pause, Wish::Stop] {
        for at in 1..=3 {
            let scene = Scene::new(|_| ()).await;
            let mut steps = Vec::new();
            for media in 1_000..1_006 {
                steps.push(scene.score(media, 42).await);
            }
            let gone = scene.entry(1_010).await.unwrap();
            steps.push(Step::new(gone.media, gone.media_type, Some(gone.values), None).unwrap());
            let steps = pending(steps);
            let mut journal = Memory::of(&steps);
            journal.wishes = Some((at, wish));
            let run = scene.run(&steps, &journal).await;
            let states: Vec<_> = (0..steps.len()).map(|place| journal.state(place)).collect();
            let sent = match at {
                1 => 0,
                2 => 6,
                _ => 7,
            };
            assert_eq!(run.is_err(), at < 3, "{wish:?} at {at}");
            assert_eq!(scene.effects(), sent, "{wish:?} at {at}");
            let rest = if wish == Wish::Pause {
                StepState::Pending
            } else {
                StepState::Left
            };
            for (place, state) in states.into_iter().enumerate() {
                let expected = if place < sent { StepState::Done } else { rest };
                assert_eq!(state, expected, "{wish:?} at {at}");
            }
        }
    }
}

/// Equal values for more titles than one request holds go as one mutation.
#[tokio::test]
async fn the_same_for_many_is_one_request() {
    let scene = Scene::new(|_| ()).await;
    let mut steps = Vec::new();
    for media in 1_000..1_030 {
        let Some(before) = scene.entry(media).await else {
            continue;
        };
        let mut target = before.values.clone();
        target.priority = Recorded::Known(9);
        steps.extend(Step::new(
            before.media,
            before.media_type,
            Some(before.values),
            Some(target),
        ));
    }
    let steps = pending(steps);
    let journal = Memory::of(&steps);
    let begun = scene.simulator.traffic().requests;
    scene.run_with(&steps, &journal, 10).await.unwrap();
    assert_eq!(
        scene.simulator.traffic().requests - begun,
        3,
        "read, sent, read back"
    );
    assert_eq!(scene.effects(), steps.len());
    assert!((0..steps.len()).all(|place| journal.state(place) == StepState::Done));
}
