//! Addresses that are secrets: whoever knows one can post there.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

/// An address to post to. It shows its scheme and host, and nothing else of it.
#[derive(Clone)]
pub struct SecretUrl {
    whole: SecretString,
    place: String,
}

/// A text is no address to send to. What it was is not repeated: it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidAddress {
    /// Not one at all, or of a kind that is not sent to.
    #[error("this is no https:// or http:// address")]
    NotHttp,
    /// The topic is missing.
    #[error("this names no topic; one looks like https://ntfy.sh/my-topic")]
    NoTopic,
    /// Not a mail server.
    #[error(
        "this is no mail server; one looks like smtps://user:password@host or \
         smtp+starttls://user:password@host"
    )]
    NotMail,
    /// A name and password that could be read on the way.
    #[error("a password is not sent over smtp://; use smtps:// or smtp+starttls://")]
    ReadablePassword,
    /// Not somebody who mail goes to or comes from.
    #[error("this is no mail address")]
    NotSomebody,
}

impl SecretUrl {
    /// Takes a text for an address.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let text = text.trim();
        let url = Url::parse(text).map_err(|_| InvalidAddress::NotHttp)?;
        let is_http = matches!(url.scheme(), "https" | "http");
        let host = url.host_str().filter(|host| is_http && !host.is_empty());
        let host = host.ok_or(InvalidAddress::NotHttp)?;
        let place = format!("{}://{host}", url.scheme());
        Ok(Self {
            whole: SecretString::from(text),
            place,
        })
    }

    /// What of it can be shown: scheme and host.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The address itself, to send to.
    pub(crate) fn url(&self) -> Result<Url, InvalidAddress> {
        Url::parse(self.whole.expose_secret()).map_err(|_| InvalidAddress::NotHttp)
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({}/…)", self.place)
    }
}

/// The address that a host is by itself, without asking for it.
pub(crate) fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_where_it_leads_and_no_more() {
        let url =
            SecretUrl::parse("https://user:CANARY@hooks.example/CANARY/x?key=CANARY\n").unwrap();
        assert_eq!(url.place(), "https://hooks.example");
        assert!(!format!("{url:?}").contains("CANARY"), "{url:?}");
        assert!(url.url().unwrap().as_str().contains("key=CANARY"));
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for text in ["", "CANARY", "ftp://CANARY/x", "http://", "file:///CANARY"] {
            let error = SecretUrl::parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("CANARY"), "{text}");
        }
    }

    #[test]
    fn addresses_in_all_their_spellings_are_seen_through() {
        for (text, address) in [
            ("http://127.0.0.1/", "127.0.0.1"),
            ("http://2130706433/", "127.0.0.1"),
            ("http://0x7f.1/", "127.0.0.1"),
            ("http://[::1]:80/", "::1"),
            ("http://[::ffff:10.0.0.1]/", "::ffff:10.0.0.1"),
        ] {
            let url = SecretUrl::parse(text).unwrap().url().unwrap();
            assert_eq!(literal(&url), Some(address.parse().unwrap()), "{text}");
        }
    }
}
