//! Complexity, rate and tokens.

use anirewind_simulator::{RateLimit, Simulator};
use serde_json::Value;

use crate::client::{ask, clock, post, simulator, small_world};

#[tokio::test]
async fn five_hundred_fields_pass_and_one_more_is_refused_whole() {
    let anilist = simulator().await;
    let saves = |n: usize| {
        let aliases: Vec<_> = (0..n)
            .map(|n| format!("a{n}: SaveMediaListEntry(mediaId: 1) {{ id }}"))
            .collect();
        format!("mutation {{ {} }}", aliases.join("\n"))
    };
    let answer = ask(&anilist, &saves(251)).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.at("/errors/0/message"),
        "Max query complexity should be 500 but got 502."
    );
    assert!(anilist.world().effects().is_empty());
    assert_eq!(ask(&anilist, &saves(250)).await.status, 200);
}

#[tokio::test]
async fn the_limit_locks_out_and_says_for_how_long() {
    let time = clock();
    let anilist = Simulator::start(small_world(), time.clone()).await.unwrap();
    let query = "{ Viewer { id } }";
    for _ in 0..30 {
        let answer = ask(&anilist, query).await;
        assert_eq!(
            (answer.status, &answer.headers["x-ratelimit-limit"]),
            (200, &"30".parse().unwrap())
        );
    }
    let refused = ask(&anilist, query).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.headers["retry-after"], "60");
    assert!(refused.headers.contains_key("x-ratelimit-reset"));
    assert_eq!(refused.at("/errors/0/message"), "Too Many Requests.");
    time.advance(std::time::Duration::from_mins(1));
    assert_eq!(ask(&anilist, query).await.status, 200);
    assert_eq!(anilist.traffic().refused, 1);
}

#[tokio::test]
async fn headers_that_lie() {
    let anilist = simulator().await;
    anilist.set_switches(|switches| switches.rate_limit = RateLimit::Lying(2, 90));
    for _ in 0..2 {
        assert_eq!(ask(&anilist, "{ Viewer { id } }").await.status, 200);
    }
    let refused = ask(&anilist, "{ Viewer { id } }").await;
    assert_eq!(
        (refused.status, &refused.headers["x-ratelimit-limit"]),
        (429, &"90".parse().unwrap())
    );
}

#[tokio::test]
async fn tokens_that_are_missing_wrong_or_somebody_elses() {
    let anilist = simulator().await;
    let missing = post(&anilist, None, "{ Viewer { id } }", Value::Null)
        .await
        .unwrap();
    assert_eq!(
        (missing.status, missing.at("/errors/0/message")),
        (401, &"Unauthorized.".into())
    );
    let wrong = post(
        &anilist,
        Some("nonsense"),
        "{ Media(id: 1) { id } }",
        Value::Null,
    )
    .await
    .unwrap();
    assert_eq!(
        (wrong.status, wrong.at("/errors/0/message")),
        (400, &"Invalid token".into())
    );
    let public = post(&anilist, None, "{ Media(id: 1) { id } }", Value::Null)
        .await
        .unwrap();
    assert_eq!(public.status, 200);
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused_with_a_place() {
    let anilist = simulator().await;
    let answer = ask(&anilist, "{ Viewer {\n nonsense } }").await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.at("/errors/0/locations/0/line"), 2);
    assert_eq!(ask(&anilist, "{ Viewer {").await.status, 400);
}
