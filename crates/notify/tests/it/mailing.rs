//! Mail, by a server on this machine.

use anirewind_notify::{Channel, Mail, MailServer, SendError};

use crate::receiver::{mail_server, notice, notifier};

fn mail(port: u16) -> Channel {
    let server = MailServer::parse(&format!("smtp://localhost:{port}")).unwrap();
    let to = "hana@example.org, yuki@example.org";
    Channel::Mail(Mail::new(server, "AniRewind <rewind@example.org>", to).unwrap())
}

#[tokio::test]
async fn a_mail_goes_to_everybody_named() {
    let (port, heard) = mail_server("250 fine").await;
    notifier(true).send(&mail(port), &notice()).await.unwrap();
    let heard = heard.lock().unwrap().clone();
    for line in [
        "MAIL FROM:<rewind@example.org>",
        "RCPT TO:<hana@example.org>",
        "RCPT TO:<yuki@example.org>",
        "Subject: AniRewind: hana: snapshots fail",
        "Date: Tue, 03 Nov 2026 12:00:00 +0000",
        "Message-ID: <n7@example.org>",
    ] {
        assert!(heard.contains(line), "{line} is not in {heard}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_want_it_is_an_error_with_its_code_and_not_its_words() {
    let (port, heard) = mail_server("550 CANARY is not wanted here").await;
    let error = notifier(true)
        .send(&mail(port), &notice())
        .await
        .unwrap_err();
    assert!(
        matches!(error, SendError::Mail { code: 550, .. }),
        "{error:?}"
    );
    assert!(!format!("{error} {error:?}").contains("CANARY"));
    // Not tried again: it said never.
    assert_eq!(heard.lock().unwrap().matches("MAIL FROM").count(), 1);
}

#[tokio::test]
async fn a_server_that_is_busy_is_tried_again() {
    let (port, heard) = mail_server("451 later").await;
    let error = notifier(true)
        .send(&mail(port), &notice())
        .await
        .unwrap_err();
    assert!(error.is_passing());
    assert_eq!(heard.lock().unwrap().matches("MAIL FROM").count(), 3);
}
