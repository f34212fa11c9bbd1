//! Where nothing is sent, and what errors do not say.

use anirewind_notify::{
    Channel, Mail, MailServer, Ntfy, SecretString, SecretUrl, SendError, Webhook,
};

use crate::receiver::{Receiver, mail_server, notice, notifier, status};

fn webhook(url: &str) -> Channel {
    Channel::Webhook(Webhook {
        url: SecretUrl::parse(url).unwrap(),
        secret: Some(SecretString::from("CANARY")),
    })
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let inside = Receiver::start(&[]).await;
    let away = format!(
        "HTTP/1.1 307 X\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        inside.url("/inside")
    );
    let receiver = Receiver::start(&[&away]).await;
    let sent = notifier(true)
        .send(&webhook(&receiver.url("/")), &notice())
        .await;
    assert!(
        matches!(sent, Err(SendError::Redirect { status: 307, .. })),
        "{sent:?}"
    );
    assert_eq!((receiver.received().len(), inside.received().len()), (1, 0));
}

#[tokio::test]
async fn private_addresses_are_refused_before_anything_is_sent() {
    let receiver = Receiver::start(&[]).await;
    let port = receiver.port;
    for address in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://0x7f.0.0.1:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://0.0.0.0:{port}/"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://10.0.0.1/".to_owned(),
        "https://[fd00::1]/".to_owned(),
    ] {
        let sent = notifier(false).send(&webhook(&address), &notice()).await;
        let is_refused = matches!(sent, Err(SendError::Private { .. }));
        assert!(is_refused, "{address}: {sent:?}");
    }
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_refused() {
    let receiver = Receiver::start(&[]).await;
    for scheme in ["http", "https"] {
        let address = format!("{scheme}://localhost:{}/", receiver.port);
        let sent = notifier(false).send(&webhook(&address), &notice()).await;
        let is_refused = matches!(sent, Err(SendError::Private { .. }));
        assert!(is_refused, "{address}: {sent:?}");
    }
    assert!(receiver.received().is_empty());
    let address = format!("http://localhost:{}/", receiver.port);
    let sent = notifier(true).send(&webhook(&address), &notice()).await;
    assert_eq!((sent, receiver.received().len()), (Ok(()), 1));
}

#[tokio::test]
async fn a_mail_server_on_this_machine_is_refused_by_address_and_by_name() {
    let (port, heard) = mail_server("250 fine").await;
    for host in ["127.0.0.1", "localhost", "2130706433"] {
        let server = MailServer::parse(&format!("smtps://me:CANARY@{host}:{port}")).unwrap();
        let mail = Mail::new(server, "a@b.example", "c@d.example").unwrap();
        let sent = notifier(false).send(&Channel::Mail(mail), &notice()).await;
        assert!(
            matches!(sent, Err(SendError::Private { .. })),
            "{host}: {sent:?}"
        );
    }
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_not_encrypted_stays_at_home() {
    let sent = notifier(true)
        .send(&webhook("http://1.1.1.1/"), &notice())
        .await;
    assert!(
        matches!(sent, Err(SendError::Unencrypted { .. })),
        "{sent:?}"
    );
}

#[tokio::test]
async fn neither_errors_nor_channels_give_a_secret_away() {
    let receiver = Receiver::start(&[
        &status(404),
        &status(404),
        "CANARY\r\n\r\n",
        "CANARY\r\n\r\n",
        "CANARY\r\n\r\n",
    ])
    .await;
    let at = |host: &str| format!("http://{host}:{}/CANARY?key=CANARY", receiver.port);
    let token = || Some(SecretString::from("CANARY"));
    let ntfy = Ntfy::new(&receiver.url("/CANARY"), token()).unwrap();
    let mail = MailServer::parse("smtps://CANARY:CANARY@127.0.0.1:1").unwrap();
    let mail = Mail::new(mail, "a@b.example", "c@d.example").unwrap();
    let closed = "http://127.0.0.1:1/CANARY";
    for channel in [
        webhook(&at("127.0.0.1")),
        Channel::Ntfy(ntfy),
        webhook(&at("localhost")),
        webhook("http://CANARY:CANARY@127.0.0.1:1/"),
        webhook(closed),
        Channel::Mail(mail),
    ] {
        let error = notifier(true).send(&channel, &notice()).await.unwrap_err();
        let said = format!("{channel:?} {error:?} {error} {}", error.hint());
        assert!(!said.contains("CANARY"), "{said}");
    }
}
