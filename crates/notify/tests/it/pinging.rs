//! Signs of life.

use anirewind_notify::{Ping, SendError, Signal};

use crate::receiver::{Receiver, SILENCE, hasty, notifier, status};

#[tokio::test]
async fn start_success_and_failure_arrive_with_their_texts() {
    let server = Receiver::start(&[]).await;
    let ping = Ping::new(&server.url("/check")).unwrap();
    let notifier = notifier(true);
    for signal in [
        Signal::Start,
        Signal::Success("all well".to_owned()),
        Signal::Fail("hana: no".to_owned()),
    ] {
        notifier.ping(&ping, &signal).await.unwrap();
    }
    let received: Vec<_> = server
        .received()
        .into_iter()
        .map(|received| format!("{} {}", received.line(), received.body))
        .collect();
    assert_eq!(
        received,
        [
            "POST /check/start ",
            "POST /check all well",
            "POST /check/fail hana: no"
        ]
    );
}

#[tokio::test]
async fn a_ping_is_tried_once_more_and_given_up_soon() {
    let server = Receiver::start(&[&status(502)]).await;
    let ping = Ping::new(&server.url("/check")).unwrap();
    notifier(true).ping(&ping, &Signal::Start).await.unwrap();
    assert_eq!(server.received().len(), 2);

    let server = Receiver::start(&[SILENCE, SILENCE]).await;
    let ping = Ping::new(&server.url("/CANARY")).unwrap();
    let error = hasty().ping(&ping, &Signal::Start).await.unwrap_err();
    assert!(matches!(error, SendError::Timeout { .. }), "{error:?}");
    assert!(!format!("{ping:?} {error}").contains("CANARY"));
    let error = notifier(false)
        .ping(&ping, &Signal::Start)
        .await
        .unwrap_err();
    assert!(matches!(error, SendError::Private { .. }), "{error:?}");
}
