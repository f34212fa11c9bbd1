//! One request out: no redirects, no proxy, no cookies, and of the answer its status alone.

use std::error::Error as _;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url, redirect};

use crate::address::literal;
use crate::error::SendError;
use crate::reach::{Blocked, Reach, Resolver};

const USER_AGENT: &str = concat!("AniRewind/", env!("CARGO_PKG_VERSION"), " (unofficial)");
/// Who asks to be left alone for longer than this is tried again with the rest, later.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// HTTP for notices. Its clients are made when they are first needed.
pub(crate) struct Http {
    reach: Reach,
    encrypted: OnceLock<Client>,
    plain: OnceLock<Client>,
}

/// What is sent.
pub(crate) struct Post {
    pub(crate) url: Url,
    /// What of the address can be shown.
    pub(crate) place: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Post {
    /// JSON to an address.
    pub(crate) fn json(url: Url, place: &str, body: Vec<u8>) -> Self {
        let json = HeaderValue::from_static("application/json");
        Self {
            url,
            place: place.to_owned(),
            headers: HeaderMap::from_iter([(CONTENT_TYPE, json)]),
            body,
        }
    }
}

impl Http {
    pub(crate) const fn new(reach: Reach) -> Self {
        Self {
            reach,
            encrypted: OnceLock::new(),
            plain: OnceLock::new(),
        }
    }

    /// Sends, within this time. The body of the answer is not read: there is nothing in it that we
    /// want, and it could be endless.
    pub(crate) async fn post(&self, post: Post, within: Duration) -> Result<(), SendError> {
        let place = post.place;
        let is_encrypted = post.url.scheme() == "https";
        // An address that is no name is never looked up, so it is judged here.
        if let Some(address) = literal(&post.url) {
            let checked = self.reach.check(address, is_encrypted);
            checked.map_err(|blocked| SendError::blocked(&place, blocked))?;
        }
        let client = self.client(is_encrypted, &place)?;
        let request = client
            .post(post.url)
            .headers(post.headers)
            .body(post.body)
            .timeout(within);
        let answer = request.send().await;
        judge(place, &answer.map_err(reqwest::Error::without_url))
    }

    fn client(&self, is_encrypted: bool, place: &str) -> Result<&Client, SendError> {
        let slot = if is_encrypted {
            &self.encrypted
        } else {
            &self.plain
        };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let resolver = Resolver {
            reach: self.reach,
            is_encrypted,
        };
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .https_only(is_encrypted)
            .redirect(redirect::Policy::none())
            // A proxy would connect in our place, to addresses that nobody judged.
            .no_proxy()
            .dns_resolver(std::sync::Arc::new(resolver))
            .pool_max_idle_per_host(0)
            .build();
        let client = client.map_err(|_| SendError::Build {
            place: place.to_owned(),
        })?;
        Ok(slot.get_or_init(|| client))
    }
}

fn judge(place: String, answer: &Result<Response, reqwest::Error>) -> Result<(), SendError> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Err(failure(place, error)),
    };
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    if status.is_redirection() {
        return Err(SendError::Redirect {
            place,
            status: status.as_u16(),
        });
    }
    Err(SendError::Status {
        place,
        status: status.as_u16(),
        retry_after: retry_after(status, answer.headers()),
    })
}

fn retry_after(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    if !matches!(status.as_u16(), 429 | 503) {
        return None;
    }
    // Whole seconds, or with a fraction as Discord writes them.
    let seconds: f64 = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    let wait = Duration::try_from_secs_f64(seconds).ok()?;
    (wait <= LONGEST_WAIT).then_some(wait)
}

/// What went wrong. The error itself may hold names of hosts and addresses, so only its kind is kept.
fn failure(place: String, error: &reqwest::Error) -> SendError {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(blocked) = inner.downcast_ref::<Blocked>() {
            return SendError::blocked(&place, *blocked);
        }
        cause = inner.source();
    }
    if error.is_timeout() {
        SendError::Timeout { place }
    } else if error.is_connect() {
        SendError::Connect { place }
    } else if error.is_builder() {
        SendError::Build { place }
    } else {
        SendError::Broken { place }
    }
}
