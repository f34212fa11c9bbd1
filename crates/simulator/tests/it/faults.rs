//! Faults strike once, where they were put, before or after the effect.

use std::time::Duration;

use anirewind_simulator::Fault;
use serde_json::Value;

use crate::client::{HANA, TOKEN, post, simulator};

#[tokio::test]
async fn each_fault_takes_effect_or_not_as_it_says_and_the_next_request_is_fine() {
    for fault in Fault::ALL {
        let anilist = simulator().await;
        anilist.fault_at(1, fault);
        let save = "mutation { SaveMediaListEntry(mediaId: 1) { id } }";
        let answer = post(&anilist, Some(TOKEN), save, Value::Null);
        let patience = if fault.is_endless() {
            Duration::from_secs(2)
        } else {
            Duration::from_mins(1)
        };
        let given_up = tokio::time::timeout(patience, answer).await.is_err();
        assert_eq!(given_up, fault.is_endless(), "{fault:?}");
        let landed = anilist.world().entry(HANA, 1).is_some();
        assert_eq!(landed, fault.takes_effect(), "{fault:?}");
        let after = post(&anilist, Some(TOKEN), "{ Viewer { id } }", Value::Null)
            .await
            .unwrap();
        assert_eq!(after.status, 200, "after {fault:?}");
    }
}

#[tokio::test]
async fn faults_look_like_what_they_are() {
    let anilist = simulator().await;
    let mut seen = Vec::new();
    for fault in [
        Fault::BadGateway,
        Fault::Disabled,
        Fault::Challenge,
        Fault::EmptyBody,
        Fault::PartialData,
    ] {
        anilist.fault_at(1, fault);
        let answer = post(&anilist, Some(TOKEN), "{ Viewer { id } }", Value::Null)
            .await
            .unwrap();
        seen.push((
            answer.status,
            answer.headers["content-type"].to_str().unwrap().to_owned(),
            answer.text.len() > 30,
        ));
    }
    let json = || "application/json".to_owned();
    let html = || "text/html".to_owned();
    assert_eq!(
        seen,
        [
            (502, html(), true),
            (403, json(), true),
            (403, html(), true),
            (200, json(), false),
            (200, json(), false)
        ]
    );
}
