//! Nothing is sent that AniList asked not to be sent.

use std::time::Duration;

use anirewind_anilist::{AniList, Pace};
use anirewind_model::{AccessToken, Clock as _, Remote as _, RemoteError};
use anirewind_simulator::{Burst, Fault, RateLimit};

use crate::scene::{Scene, TOKEN};

#[tokio::test]
async fn an_hour_of_requests_meets_no_refusal_and_wastes_no_time() {
    let scene = Scene::empty().await;
    for _ in 0..1_800 {
        scene.viewer().await;
    }
    let traffic = scene.simulator.traffic();
    assert_eq!((traffic.refused, traffic.during_lockout), (0, 0));
    let optimum = Duration::from_hours(1);
    assert!(
        scene.clock.elapsed() < optimum + optimum / 10,
        "{:?}",
        scene.clock.elapsed()
    );
}

#[tokio::test]
async fn a_limit_that_rises_is_used_and_one_that_lies_is_met_once() {
    let scene = Scene::empty().await;
    scene
        .simulator
        .set_switches(|switches| switches.rate_limit = RateLimit::Honest(90));
    for _ in 0..180 {
        scene.viewer().await;
    }
    assert!(
        scene.clock.elapsed() < Duration::from_secs(150),
        "{:?}",
        scene.clock.elapsed()
    );
    assert_eq!(scene.simulator.traffic().refused, 0);

    let scene = Scene::empty().await;
    scene
        .simulator
        .set_switches(|switches| switches.rate_limit = RateLimit::Lying(30, 90));
    for _ in 0..300 {
        scene.viewer().await;
    }
    let traffic = scene.simulator.traffic();
    assert_eq!((traffic.refused, traffic.during_lockout), (1, 0));
}

#[tokio::test]
async fn a_pause_is_waited_out_and_said_whatever_the_answer_looks_like() {
    for (fault, said) in [
        (Fault::TooManyRequests, "AniList asked for a pause, 34 s"),
        (
            Fault::TooManyRequestsHtml,
            "AniList asked for a pause, 60 s",
        ),
    ] {
        let scene = Scene::empty().await;
        scene.simulator.fault_at(1, fault);
        scene.viewer().await;
        assert_eq!(*scene.events.lock().unwrap(), [said]);
        assert_eq!(scene.simulator.traffic().requests, 2);
    }
}

#[tokio::test]
async fn pauses_without_end_are_waiting_and_not_failure() {
    let scene = Scene::empty().await;
    for nth in 1..=20 {
        scene.simulator.fault_at(nth, Fault::TooManyRequests);
    }
    scene.viewer().await;
    assert!(scene.clock.elapsed() >= Duration::from_secs(20 * 34));
}

#[tokio::test]
async fn a_burst_limit_nobody_documents_is_not_met() {
    let scene = Scene::grown(300, 100).await;
    let burst = Burst {
        requests: 2,
        within: Duration::from_secs(1),
    };
    scene
        .simulator
        .set_switches(|switches| switches.burst = Some(burst));
    scene.read().await.unwrap();
    assert_eq!(scene.simulator.traffic().refused, 0);
}

#[tokio::test]
async fn two_accounts_share_one_budget() {
    let scene = Scene::empty().await;
    let pace = Pace::new(scene.clock.clone());
    let client = |token: &str| {
        AniList::builder(AccessToken::new(token).unwrap())
            .endpoint(scene.simulator.url())
            .clock(scene.clock.clone())
            .pace(pace.clone())
            .build()
            .unwrap()
    };
    let (hana, yuki) = (client(TOKEN), client("token-of-yuki"));
    for _ in 0..60 {
        let (a, b) = tokio::join!(hana.viewer(), yuki.viewer());
        assert_ne!(a.unwrap().account, b.unwrap().account);
    }
    assert_eq!(scene.simulator.traffic().refused, 0);
}

#[tokio::test]
async fn somebody_in_a_hurry_is_told_instead_of_kept_waiting() {
    let scene = Scene::of(
        anirewind_simulator::World::new(),
        crate::scene::clock(),
        |builder| builder.patience(Duration::from_secs(30)),
    )
    .await;
    scene.simulator.fault_at(1, Fault::TooManyRequests);
    let error = scene.anilist.viewer().await.unwrap_err();
    assert!(
        matches!(error, RemoteError::RateLimited { wait } if wait.as_secs() == 34),
        "{error}"
    );
}
