//! Sends a signed notice to a receiver on this machine, which checks the signature.
//!
//! `cargo run -p anirewind-notify --example receive`

use std::sync::Arc;

use anirewind_notify::{
    Channel, Kind, Notice, Notifier, Reach, SIGNATURE, SecretString, SecretUrl, TIMESTAMP, Webhook,
    is_signed_by,
};
use anirewind_simulator::VirtualClock;
use time::macros::datetime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example talks")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = SecretString::from("between you and me");
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}/hook", listener.local_addr()?);
    let receiver = tokio::spawn(receive(listener, secret.clone()));

    let at = datetime!(2026-11-25 12:00 UTC);
    let reach = Reach {
        allow_private: true,
    };
    let notifier = Notifier::new(reach, Arc::new(VirtualClock::starting_at(at)));
    let channel = Channel::Webhook(Webhook {
        url: SecretUrl::parse(&address)?,
        secret: Some(secret),
    });
    let notice = Notice {
        id: "n1".to_owned(),
        kind: Kind::Test,
        profile: Some("hana".to_owned()),
        title: "It works".to_owned(),
        text: "Notices arrive here.".to_owned(),
        at,
        link: None,
    };
    notifier.send(&channel, &notice).await?;
    println!("{}", receiver.await??);
    Ok(())
}

/// One request, as any web framework would hand it over.
async fn receive(listener: TcpListener, secret: SecretString) -> std::io::Result<String> {
    let (mut stream, _) = listener.accept().await?;
    let mut text = String::new();
    let mut part = [0; 4096];
    while !text.ends_with('}') {
        let read = stream.read(&mut part).await?;
        text.push_str(&String::from_utf8_lossy(
            part.get(..read).unwrap_or_default(),
        ));
    }
    stream
        .write_all(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
        .await?;
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
    let header = |name: &str| {
        let line = head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default()
    };
    let is_ours = is_signed_by(
        &secret,
        header(TIMESTAMP),
        body.as_bytes(),
        header(SIGNATURE),
    );
    Ok(format!("signed by us: {is_ours}\n{body}"))
}
