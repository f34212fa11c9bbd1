//! A plan that somebody sent and does not want to be sent after all.

use std::time::Duration;

use anirewind_core::{ActError, App, Code, Explain as _, Id, Plan, Stopping};

use crate::restoring::{entries, exactly, plan};
use crate::scene::Scene;
use crate::undoing::DESTRUCTIVE;

/// A list whose titles all lost their score since the snapshot, and a stored plan that puts them back.
async fn planned() -> (Scene, App, Plan) {
    let scene = Scene::connected_with(6, 4, |_| {}).await;
    let media: Vec<_> = entries(&scene).into_keys().collect();
    for media in media {
        scene.save(media, |entry| entry.score = 0);
    }
    let app = scene.open_with(&DESTRUCTIVE);
    let plan = plan(&app, &exactly()).await;
    let plan = app.store_plan(plan).await.unwrap();
    (scene, app, plan)
}

fn id_of(plan: &Plan) -> Id {
    plan.id().unwrap().clone()
}

/// Sends a plan, and calls it off while AniList is slow to say what is on the list.
async fn called_off(scene: &Scene, app: &App, plan: Plan) -> ActError {
    let id = id_of(&plan);
    scene.simulator.hold(true);
    // From another process, say, and until it is heard.
    let calls = async {
        let other = scene.open_with(&DESTRUCTIVE);
        for turn in 0.. {
            let stopped = other.stop_operation(&id).await.unwrap();
            assert!(matches!(stopped, Stopping::CalledOff(_)), "{stopped:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
            scene.simulator.hold(turn < 5);
        }
    };
    let sent = tokio::select! {
        sent = app.apply(plan, None) => sent,
        () = calls => unreachable!("it goes on until it is heard"),
    };
    sent.unwrap_err()
}

#[tokio::test]
async fn nothing_is_sent_and_the_plan_stays() {
    let (scene, app, plan) = planned().await;
    let (before, id, writes) = (entries(&scene), id_of(&plan), plan.writes());
    let effects = scene.simulator.world().effects().len();
    let error = called_off(&scene, &app, plan).await;
    assert!(matches!(error, ActError::CalledOff { .. }), "{error}");
    assert_eq!(error.code(), Code::Busy);
    assert!(error.hint().unwrap().contains(id.as_str()));
    assert_eq!(entries(&scene), before);
    assert_eq!(scene.simulator.world().effects().len(), effects);
    assert!(app.operations(None, 9).await.unwrap().is_empty());
    // It can be sent after all, also by a process that knows nothing of it.
    let app = scene.open_with(&DESTRUCTIVE);
    let plan = app.plan(id.as_str()).await.unwrap();
    let report = app.apply(plan, None).await.unwrap();
    assert!(report.is_verified());
    assert_eq!(report.summary().restored, writes);
    let again = app.stop_operation(&id).await.unwrap();
    assert!(matches!(again, Stopping::Ended(_)), "{again:?}");
}

#[tokio::test]
async fn a_plan_that_was_called_off_before_anybody_sent_it_can_be_sent() {
    let (_scene, app, plan) = planned().await;
    let stopped = app.stop_operation(&id_of(&plan)).await.unwrap();
    assert!(matches!(stopped, Stopping::CalledOff(_)), "{stopped:?}");
    assert!(app.apply(plan, None).await.unwrap().is_verified());
}

#[tokio::test]
async fn one_of_two_that_send_it_does_and_the_other_is_told_so() {
    let (scene, app, plan) = planned().await;
    let other = scene.open_with(&DESTRUCTIVE);
    let (one, two) = tokio::join!(app.apply(plan.clone(), None), other.apply(plan, None));
    let (well, bad): (Vec<_>, Vec<_>) = [one, two].into_iter().partition(Result::is_ok);
    assert_eq!((well.len(), bad.len()), (1, 1), "{bad:?}");
    let error = bad.into_iter().next().unwrap().unwrap_err();
    let is_told = matches!(
        error,
        ActError::NotAPlan { state: "done", .. } | ActError::Unfinished { .. }
    );
    assert!(is_told, "{error}");
}
