//! A plan that somebody sent and does not want to be sent after all.

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
    let (sent, ()) = tokio::join!(app.apply(plan, None), async {
        let stopped = until_called_off(app, &id).await;
        assert!(matches!(stopped, Stopping::CalledOff(_)), "{stopped:?}");
        scene.simulator.hold(false);
    });
    sent.unwrap_err()
}

/// From another process, say; as soon as it is being sent.
async fn until_called_off(app: &App, id: &Id) -> Stopping {
    loop {
        match app.stop_operation(id).await {
            Err(ActError::NotBegun { .. }) => tokio::task::yield_now().await,
            stopped => return stopped.unwrap(),
        }
    }
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
async fn a_plan_that_nobody_sends_is_not_stopped() {
    let (_scene, app, plan) = planned().await;
    let id = id_of(&plan);
    let error = app.stop_operation(&id).await.unwrap_err();
    assert!(matches!(error, ActError::NotBegun { .. }), "{error}");
    assert_eq!(error.code(), Code::Usage);
    assert!(app.apply(plan, None).await.unwrap().is_verified());
}

#[tokio::test]
async fn one_that_could_not_begin_is_not_stopped_later() {
    let (scene, app, plan) = planned().await;
    let id = id_of(&plan);
    scene.save(1_001, |entry| entry.score = 70);
    let error = app.apply(plan, None).await.unwrap_err();
    assert!(matches!(error, ActError::OutOfDate { .. }), "{error}");
    let error = app.stop_operation(&id).await.unwrap_err();
    assert!(matches!(error, ActError::NotBegun { .. }), "{error}");
    let plan = app.plan(id.as_str()).await.unwrap();
    assert!(app.apply(plan, None).await.unwrap().is_verified());
}
