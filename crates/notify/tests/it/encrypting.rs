//! Mail over TLS, from the first byte or after a few words in the clear, to a server on this machine with a
//! certificate that nobody else has.

use std::sync::{Arc, Mutex};

use anirewind_notify::{Channel, Mail, MailServer, SendError};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::receiver::{notice, notifier};

/// A mail server with a certificate of its own, and what it heard once nobody else could.
struct Server {
    port: u16,
    certificate: String,
    heard: Arc<Mutex<String>>,
}

impl Server {
    /// One whose certificate is for this name. With `starts_clear` it offers encryption and waits to
    /// be asked for it.
    async fn start(name: &str, starts_clear: bool) -> Self {
        let key = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let certificate = key.cert.pem();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![key.cert.der().clone()],
                PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap(),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<String>> = Arc::default();
        let all = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut stream = BufReader::new(stream);
                if starts_clear && !talk(&mut stream, true, &Mutex::default()).await {
                    continue;
                }
                // Whoever does not trust it hangs up in the middle of this.
                let Ok(stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut stream = BufReader::new(stream);
                if !starts_clear {
                    stream.write_all(b"220 here\r\n").await.unwrap();
                }
                talk(&mut stream, false, &all).await;
            }
        });
        Self {
            port,
            certificate,
            heard,
        }
    }

    fn mail(&self, scheme: &str, is_trusted: bool) -> Channel {
        let address = format!("{scheme}://hana:CANARY@localhost:{}", self.port);
        let mut server = MailServer::parse(&address).unwrap();
        if is_trusted {
            let certificate = self.certificate.as_bytes();
            server = server.vouched_for_by(certificate).unwrap();
        }
        Channel::Mail(Mail::new(server, "rewind@example.org", "hana@example.org").unwrap())
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }
}

/// Answers line by line. Says whether it is to go on encrypted.
async fn talk<S>(stream: &mut BufReader<S>, is_clear: bool, heard: &Mutex<String>) -> bool
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if is_clear {
        stream.write_all(b"220 here\r\n").await.unwrap();
    }
    let mut is_mail = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return false;
        }
        heard.lock().unwrap().push_str(&line);
        let answer = match line.get(..4).unwrap_or_default() {
            _ if is_mail && line != ".\r\n" => continue,
            _ if is_mail => {
                is_mail = false;
                "250 taken"
            }
            "EHLO" if is_clear => "250-localhost\r\n250 STARTTLS",
            "EHLO" => "250-localhost\r\n250 AUTH PLAIN",
            "STAR" => "220 go on",
            "AUTH" => "235 it is you",
            "DATA" => {
                is_mail = true;
                "354 go on"
            }
            _ => "250 fine",
        };
        let answer = format!("{answer}\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return false;
        }
        if is_clear && line.starts_with("STARTTLS") {
            return true;
        }
    }
}

const WAYS: [(&str, bool); 2] = [("smtps", false), ("smtp+starttls", true)];

#[tokio::test]
async fn a_mail_arrives_encrypted_either_way() {
    for (scheme, starts_clear) in WAYS {
        let server = Server::start("localhost", starts_clear).await;
        let mail = server.mail(scheme, true);
        notifier(true).send(&mail, &notice()).await.unwrap();
        let heard = server.heard();
        for line in [
            "AUTH PLAIN",
            "RCPT TO:<hana@example.org>",
            "Subject: AniRewind",
        ] {
            assert!(heard.contains(line), "{scheme}: {heard}");
        }
    }
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_told_nothing() {
    for (scheme, starts_clear) in WAYS {
        // A certificate that the system does not know, and one that is for another name.
        for (name, is_trusted) in [("localhost", false), ("mail.example", true)] {
            let server = Server::start(name, starts_clear).await;
            let mail = server.mail(scheme, is_trusted);
            let error = notifier(true).send(&mail, &notice()).await.unwrap_err();
            assert!(
                matches!(error, SendError::Connect { .. }),
                "{scheme} {name}: {error:?}"
            );
            assert!(!format!("{error} {error:?}").contains("CANARY"));
            assert_eq!(server.heard(), "", "{scheme} {name}");
        }
    }
}

#[tokio::test]
async fn a_server_that_offers_no_encryption_is_told_no_password() {
    let (port, heard) = crate::receiver::mail_server("250 fine").await;
    let server = MailServer::parse(&format!("smtp+starttls://hana:CANARY@localhost:{port}"));
    let mail = Mail::new(server.unwrap(), "rewind@example.org", "hana@example.org").unwrap();
    let sent = notifier(true).send(&Channel::Mail(mail), &notice()).await;
    sent.unwrap_err();
    let heard = heard.lock().unwrap().clone();
    assert!(
        !heard.contains("AUTH") && !heard.contains("MAIL FROM"),
        "{heard}"
    );
}
