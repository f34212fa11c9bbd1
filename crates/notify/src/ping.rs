//! A dead-man switch: a service that raises an alarm when it no longer hears from us.
//!
//! In the manner of Healthchecks.io: the address itself for success, `/start` and `/fail` behind it for
//! the other two, each with a short text that the service keeps.

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

use crate::address::{InvalidAddress, SecretUrl};
use crate::error::SendError;
use crate::http::Post;
use crate::notice::cut;

/// No service keeps much more.
const LONGEST: usize = 1_000;

/// Where signs of life go.
#[derive(Debug, Clone)]
pub struct Ping {
    url: SecretUrl,
}

/// A sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// Work begins.
    Start,
    /// It went well.
    Success(String),
    /// It did not, and why.
    Fail(String),
}

impl Ping {
    /// A check by its address.
    pub fn new(url: &str) -> Result<Self, InvalidAddress> {
        SecretUrl::parse(url).map(|url| Self { url })
    }

    /// What of the address can be shown.
    pub fn place(&self) -> &str {
        self.url.place()
    }

    pub(crate) fn post(&self, signal: &Signal) -> Result<Post, SendError> {
        let build = || SendError::Build {
            place: self.place().to_owned(),
        };
        let mut url = self.url.url().map_err(|_| build())?;
        let (last, body) = match signal {
            Signal::Start => (Some("start"), ""),
            Signal::Success(text) => (None, text.as_str()),
            Signal::Fail(text) => (Some("fail"), text.as_str()),
        };
        if let Some(last) = last {
            let mut segments = url.path_segments_mut().map_err(|()| build())?;
            segments.pop_if_empty().push(last);
        }
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        Ok(Post {
            url,
            place: self.place().to_owned(),
            headers: HeaderMap::from_iter([(CONTENT_TYPE, text)]),
            body: cut(body, LONGEST).into_bytes(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signals_go_where_such_services_expect_them() {
        for (address, start, success) in [
            (
                "https://hc.example/uuid",
                "https://hc.example/uuid/start",
                "https://hc.example/uuid",
            ),
            (
                "https://hc.example/uuid/",
                "https://hc.example/uuid/start",
                "https://hc.example/uuid/",
            ),
            (
                "https://hc.example/k/x?create=1",
                "https://hc.example/k/x/start?create=1",
                "https://hc.example/k/x?create=1",
            ),
        ] {
            let ping = Ping::new(address).unwrap();
            let url = |signal| ping.post(&signal).unwrap().url.to_string();
            assert_eq!(url(Signal::Start), start);
            assert_eq!(url(Signal::Success(String::new())), success);
        }
    }
}
