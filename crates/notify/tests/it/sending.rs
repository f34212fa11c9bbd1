//! What arrives, in which shape, and after how many attempts.

use anirewind_notify::{
    Channel, Discord, Ntfy, SIGNATURE, SecretString, SecretUrl, SendError, TIMESTAMP, Webhook,
    is_signed_by,
};
use serde_json::json;

use crate::receiver::{Receiver, SILENCE, hasty, notice, notifier, status};

fn webhook(url: &str, secret: Option<&str>) -> Channel {
    Channel::Webhook(Webhook {
        url: SecretUrl::parse(url).unwrap(),
        secret: secret.map(SecretString::from),
    })
}

#[tokio::test]
async fn a_webhook_gets_json_that_can_be_proven_to_be_ours() {
    let server = Receiver::start(&[]).await;
    let channel = webhook(&server.url("/hook?x=1"), Some("secret"));
    notifier(true).send(&channel, &notice()).await.unwrap();
    let received = server.only();
    assert_eq!(received.line(), "POST /hook?x=1");
    assert_eq!(
        received.json(),
        json!({
            "schema": "anirewind.notice/1",
            "id": "n7",
            "kind": "failing",
            "profile": "hana",
            "title": "hana: snapshots fail",
            "text": "AniList says: @everyone [look](https://evil.example) – 雪",
            "at": "2026-11-03T12:00:00Z",
            "link": null,
        })
    );
    let timestamp = received.header(TIMESTAMP).unwrap();
    assert_eq!(timestamp, "1793707207");
    let signature = received.header(SIGNATURE).unwrap();
    let is_signed = |secret: &str| {
        let body = received.body.as_bytes();
        is_signed_by(&SecretString::from(secret), &timestamp, body, &signature)
    };
    assert!(is_signed("secret") && !is_signed("another"));
}

#[tokio::test]
async fn without_a_secret_nothing_is_signed() {
    let server = Receiver::start(&[]).await;
    let channel = webhook(&server.url("/"), None);
    notifier(true).send(&channel, &notice()).await.unwrap();
    assert_eq!(server.only().header(SIGNATURE), None);
}

#[tokio::test]
async fn ntfy_gets_the_topic_in_json_and_the_token_in_a_header() {
    let server = Receiver::start(&[]).await;
    let token = Some(SecretString::from("tk_1"));
    let channel = Channel::Ntfy(Ntfy::new(&server.url("/my-topic"), token).unwrap());
    notifier(true).send(&channel, &notice()).await.unwrap();
    let received = server.only();
    assert_eq!(received.line(), "POST /");
    assert_eq!(received.header("authorization").unwrap(), "Bearer tk_1");
    let body = received.json();
    assert_eq!(body["topic"], "my-topic");
    assert_eq!(body["title"], "hana: snapshots fail");
    assert_eq!(body["priority"], 4);
    assert_eq!(body["tags"], json!(["warning", "anirewind"]));
}

#[tokio::test]
async fn discord_gets_an_embed_that_mentions_nobody_and_links_nowhere() {
    let server = Receiver::start(&[]).await;
    let url = SecretUrl::parse(&server.url("/api/webhooks/1/x")).unwrap();
    let channel = Channel::Discord(Discord { url });
    notifier(true).send(&channel, &notice()).await.unwrap();
    let body = server.only().json();
    assert_eq!(body["allowed_mentions"], json!({ "parse": [] }));
    assert_eq!(body["embeds"][0]["title"], "hana: snapshots fail");
    let text = body["embeds"][0]["description"].as_str().unwrap();
    assert!(text.contains("\\@everyone \\[look\\](https"), "{text}");
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_does_not_is_not() {
    for (answers, attempts, outcome) in [
        (vec![status(503), status(429)], 3, Ok(())),
        (vec![status(500); 3], 3, Err(500)),
        (vec![status(404)], 1, Err(404)),
    ] {
        let answers: Vec<_> = answers.iter().map(String::as_str).collect();
        let server = Receiver::start(&answers).await;
        let channel = webhook(&server.url("/"), None);
        let sent = notifier(true).send(&channel, &notice()).await;
        let sent = sent.map_err(|error| match error {
            SendError::Status { status, .. } => status,
            other => panic!("{other}"),
        });
        assert_eq!((server.received().len(), sent), (attempts, outcome));
    }
}

#[tokio::test]
async fn who_never_answers_is_given_up() {
    let server = Receiver::start(&[SILENCE; 3]).await;
    let channel = webhook(&server.url("/"), None);
    let sent = hasty().send(&channel, &notice()).await;
    assert!(matches!(sent, Err(SendError::Timeout { .. })), "{sent:?}");
}

#[tokio::test]
async fn an_endless_answer_is_not_read() {
    // Announces more than would ever arrive.
    let endless = "HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\nand so on";
    let server = Receiver::start(&[endless]).await;
    let channel = webhook(&server.url("/"), None);
    notifier(true).send(&channel, &notice()).await.unwrap();
    assert_eq!(server.received().len(), 1);
}
