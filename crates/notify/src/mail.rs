//! Mail by a server that one has an account on.

use std::fmt;
use std::time::Duration;

use lettre::message::{Mailbox, Mailboxes, MessageBuilder, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use percent_encoding::percent_decode_str;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use crate::address::InvalidAddress;
use crate::error::SendError;
use crate::notice::Notice;
use crate::reach::Reach;

/// A mail server, and who we are there.
#[derive(Clone)]
pub struct MailServer {
    host: String,
    port: u16,
    encryption: Encryption,
    account: Option<(SecretString, SecretString)>,
    place: String,
    /// Who may vouch for the server besides those that the system trusts.
    authority: Option<Certificate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encryption {
    /// From the first byte.
    Wrapped,
    /// After a few words in the clear, or not at all.
    StartTls,
    /// None: for a server in one's own network.
    None,
}

impl MailServer {
    /// Takes a text for a mail server: `smtps://user:password@host:465`, `smtp+starttls://…:587`, or
    /// `smtp://host:25` for one in one's own network.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let url = Url::parse(text.trim()).map_err(|_| InvalidAddress::NotMail)?;
        let (encryption, usual) = match url.scheme() {
            "smtps" => (Encryption::Wrapped, 465),
            "smtp+starttls" => (Encryption::StartTls, 587),
            "smtp" => (Encryption::None, 25),
            _ => return Err(InvalidAddress::NotMail),
        };
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or(InvalidAddress::NotMail)?;
        let decoded = |text: &str| {
            let text = percent_decode_str(text).decode_utf8();
            text.map_err(|_| InvalidAddress::NotMail)
                .map(|text| SecretString::from(text.into_owned()))
        };
        let account = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some((decoded(user)?, decoded(password.unwrap_or_default())?)),
        };
        if account.is_some() && encryption == Encryption::None {
            return Err(InvalidAddress::ReadablePassword);
        }
        Ok(Self {
            place: format!("{}://{host}", url.scheme()),
            host: host
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned(),
            port: url.port().unwrap_or(usual),
            encryption,
            account,
            authority: None,
        })
    }

    /// The same, and whoever has this certificate (PEM) may vouch for it besides those that the system
    /// trusts.
    pub fn vouched_for_by(self, certificate: &[u8]) -> Result<Self, InvalidAddress> {
        let authority = Certificate::from_pem(certificate);
        let authority = authority.map_err(|_| InvalidAddress::NotMail)?;
        Ok(Self {
            authority: Some(authority),
            ..self
        })
    }

    /// What of the address can be shown: scheme and host.
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailServer({}:{})", self.place, self.port)
    }
}

/// Mail from somebody to somebody.
#[derive(Debug, Clone)]
pub struct Mail {
    server: MailServer,
    from: Mailbox,
    to: Mailboxes,
}

impl Mail {
    /// Mail from one address to one or several, separated by commas.
    pub fn new(server: MailServer, from: &str, to: &str) -> Result<Self, InvalidAddress> {
        let to: Mailboxes = to.parse().map_err(|_| InvalidAddress::NotSomebody)?;
        if to.iter().next().is_none() {
            return Err(InvalidAddress::NotSomebody);
        }
        Ok(Self {
            server,
            from: from
                .trim()
                .parse()
                .map_err(|_| InvalidAddress::NotSomebody)?,
            to,
        })
    }

    /// By which server.
    pub const fn server(&self) -> &MailServer {
        &self.server
    }

    fn message(&self, notice: &Notice) -> Option<Message> {
        let mut builder: MessageBuilder = Message::builder()
            .from(self.from.clone())
            .date(notice.at.into())
            .message_id(Some(format!(
                "<{}@{}>",
                notice.id,
                self.from.email.domain()
            )))
            .subject(format!("AniRewind: {}", notice.title));
        for mailbox in self.to.iter() {
            builder = builder.to(mailbox.clone());
        }
        let text = match &notice.link {
            Some(link) => format!("{}\n\n{link}\n", notice.text),
            None => format!("{}\n", notice.text),
        };
        builder.header(ContentType::TEXT_PLAIN).body(text).ok()
    }

    /// Sends one mail, within this time.
    pub(crate) async fn send(
        &self,
        notice: &Notice,
        reach: Reach,
        within: Duration,
    ) -> Result<(), SendError> {
        let place = || self.server.place.clone();
        let message = self.message(notice);
        let message = message.ok_or_else(|| SendError::Build { place: place() })?;
        let sent = tokio::time::timeout(within, async {
            let transport = self.server.connect(reach, within).await?;
            let sent = transport.send(message).await;
            sent.map(drop).map_err(|error| self.server.failure(&error))
        });
        let timeout = SendError::Timeout { place: place() };
        sent.await.unwrap_or(Err(timeout))
    }
}

impl MailServer {
    /// A way to the very address that was judged; TLS still asks for the server's name.
    async fn connect(
        &self,
        reach: Reach,
        within: Duration,
    ) -> Result<AsyncSmtpTransport<Tokio1Executor>, SendError> {
        let is_encrypted = self.encryption != Encryption::None;
        let addresses = reach.resolve(&self.host, self.port, is_encrypted).await;
        let addresses = addresses.map_err(|blocked| SendError::blocked(&self.place, blocked))?;
        let address = addresses.first().ok_or_else(|| SendError::Nowhere {
            place: self.place.clone(),
        })?;
        let build = |_| SendError::Build {
            place: self.place.clone(),
        };
        let parameters = || {
            let mut parameters = TlsParameters::builder(self.host.clone());
            if let Some(authority) = &self.authority {
                parameters = parameters.add_root_certificate(authority.clone());
            }
            parameters.build_rustls().map_err(build)
        };
        let tls = match self.encryption {
            Encryption::Wrapped => Tls::Wrapper(parameters()?),
            Encryption::StartTls => Tls::Required(parameters()?),
            Encryption::None => Tls::None,
        };
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
                .port(address.port())
                .tls(tls)
                .timeout(Some(within));
        if let Some((user, password)) = &self.account {
            let (user, password) = (user.expose_secret(), password.expose_secret());
            builder = builder.credentials(Credentials::new(user.to_owned(), password.to_owned()));
        }
        Ok(builder.build())
    }

    /// What went wrong. What the server said is left out: it may repeat what it was told.
    fn failure(&self, error: &lettre::transport::smtp::Error) -> SendError {
        let place = self.place.clone();
        if let Some(code) = error.status() {
            return SendError::Mail {
                place,
                code: u16::from(code),
            };
        }
        if error.is_timeout() {
            SendError::Timeout { place }
        } else if error.is_response() || error.is_client() {
            SendError::Broken { place }
        } else {
            SendError::Connect { place }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_server_is_read_and_shows_no_secret() {
        let server = MailServer::parse("smtps://me%40example.org:CAN%2FARY@mail.example").unwrap();
        assert_eq!((server.port, server.encryption), (465, Encryption::Wrapped));
        let (user, password) = server.account.as_ref().unwrap();
        assert_eq!(user.expose_secret(), "me@example.org");
        assert_eq!(password.expose_secret(), "CAN/ARY");
        assert_eq!(server.place(), "smtps://mail.example");
        assert!(!format!("{server:?}").contains("CAN"), "{server:?}");
        let server = MailServer::parse("smtp+starttls://mail.example:2525").unwrap();
        assert_eq!(
            (server.port, server.encryption),
            (2525, Encryption::StartTls)
        );
        for (text, error) in [
            (
                "smtp://me:CANARY@mail.example",
                InvalidAddress::ReadablePassword,
            ),
            ("https://CANARY@mail.example", InvalidAddress::NotMail),
            ("smtps://", InvalidAddress::NotMail),
            ("CANARY", InvalidAddress::NotMail),
        ] {
            assert_eq!(MailServer::parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn mail_goes_to_somebody() {
        let server = || MailServer::parse("smtps://mail.example").unwrap();
        assert!(Mail::new(server(), "Rewind <a@b.example>", "c@d.example, e@f.example").is_ok());
        for (from, to) in [
            ("a@b.example", ""),
            ("a", "b@c.example"),
            ("a@b.example", "c"),
        ] {
            assert!(Mail::new(server(), from, to).is_err(), "{from} {to}");
        }
    }
}
