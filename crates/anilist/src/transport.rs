//! One request to AniList: paced, sent, read, judged, and sent again where that is right.

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anirewind_model::{AccessToken, Clock, RemoteError, Retry, UserId};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, REFERER};
use reqwest::{Client, Url, redirect};
use serde::de::DeserializeOwned;
use serde_json::json;
use thiserror::Error;

use crate::answer::{Answer, Failure};
use crate::clock::SystemClock;
use crate::documents::Document;
use crate::endpoint::{self, InvalidEndpoint};
use crate::event::Event;
use crate::heard::Heard;
use crate::pace::Pace;
use crate::template::{Repeated, Variables};
use crate::turn::{Asking, Turn, Urgency};

pub(crate) const USER_AGENT: &str = concat!(
    "AniRewind/",
    env!("CARGO_PKG_VERSION"),
    " (unofficial; keeps the user's own list)"
);

/// An account on AniList, reached with its token, or the public list of a user, read without one.
///
/// Cheap to clone; clones share connections and budget.
#[derive(Clone)]
pub struct AniList {
    inner: Arc<Inner>,
    who: Who,
    patience: Option<Duration>,
    urgency: Urgency,
    /// A turn that was waited for before, for the first request.
    turn: Arc<Mutex<Option<Turn>>>,
}

/// A user whose public list is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Person {
    /// By the number, which stays theirs.
    Id(UserId),
    /// By the name, which they can change and somebody else can take.
    Name(String),
}

/// What a client is set up with.
enum Given {
    Token(AccessToken),
    Person(Person),
}

/// As whom AniList is asked.
#[derive(Clone)]
enum Who {
    /// As the owner of a token.
    Owner(HeaderValue),
    /// As nobody, about somebody.
    Anybody(Person),
}

struct Inner {
    http: Client,
    endpoint: Url,
    clock: Arc<dyn Clock>,
    pace: Pace,
    tell: Tell,
    hear: Hear,
    limits: Limits,
}

type Tell = Arc<dyn Fn(Event) + Send + Sync>;
type Hear = Arc<dyn Fn(Heard) + Send + Sync>;

#[derive(Debug, Clone, Copy)]
struct Limits {
    timeout: Duration,
    patience: Option<Duration>,
    largest_body: usize,
    attempts: u32,
}

/// Sets up an [`AniList`].
#[must_use = "a builder builds nothing until `build` is called"]
pub struct Builder {
    given: Given,
    endpoint: String,
    referer: Option<String>,
    clock: Option<Arc<dyn Clock>>,
    pace: Option<Pace>,
    tell: Tell,
    hear: Hear,
    connect_timeout: Duration,
    limits: Limits,
}

/// A client could not be set up.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The address is not one to send a token to.
    #[error(transparent)]
    Endpoint(#[from] InvalidEndpoint),
    /// The referer holds characters that no header can.
    #[error("the referer cannot be sent in a header")]
    Referer,
    /// The token holds characters that no header can.
    #[error("the token cannot be sent in a header")]
    Token,
    /// TLS or the like could not be started.
    #[error("cannot set up HTTP")]
    Http(#[source] reqwest::Error),
}

/// A write waits no longer than this for its turn,
const WRITE_PATIENCE: Duration = Duration::from_secs(10);
/// but where very few requests a minute are allowed, for as long as its turn takes.
const WHOLE_WINDOW: Duration = Duration::from_secs(62);

fn write_patience(limit: u32) -> Duration {
    if limit < 10 {
        WHOLE_WINDOW
    } else {
        WRITE_PATIENCE.max(Duration::from_mins(2) / limit)
    }
}

/// What sending a request twice would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// The same as sending it once: reads, and settings.
    Harmless,
    /// The same too, but there is a lighter way to it: sent twice at most.
    Heavy,
    /// Something else, or the same over what somebody edited in between: sent once, and soon or not at
    /// all. Whoever asked reads before asking again.
    Harmful,
}

impl AniList {
    /// The same for another account: connections and budget are shared.
    pub fn for_token(&self, token: &AccessToken) -> Result<Self, BuildError> {
        Ok(Self {
            inner: Arc::clone(&self.inner),
            who: Who::owner(token)?,
            patience: self.patience,
            urgency: self.urgency,
            turn: Arc::default(),
        })
    }

    /// The same without a token: what everybody sees of somebody. Connections and budget are shared.
    #[must_use]
    pub fn for_public(&self, person: Person) -> Self {
        Self {
            who: Who::Anybody(person),
            turn: Arc::default(),
            ..self.clone()
        }
    }

    /// Whose public list is read; `None` where there is a token.
    pub(crate) const fn person(&self) -> Option<&Person> {
        match &self.who {
            Who::Owner(_) => None,
            Who::Anybody(person) => Some(person),
        }
    }

    /// The same, which fails rather than wait longer than this for the budget or for the end of a
    /// lock-out.
    #[must_use]
    pub fn with_patience(&self, patience: Duration) -> Self {
        Self {
            patience: Some(patience),
            ..self.clone()
        }
    }

    /// The same for something more or less urgent. What nobody says is for a person.
    #[must_use]
    pub fn with_urgency(&self, urgency: Urgency) -> Self {
        Self {
            urgency,
            ..self.clone()
        }
    }

    /// The same, which sends its first request with a turn that was waited for before.
    #[must_use]
    pub fn with_turn(&self, turn: Turn) -> Self {
        Self {
            turn: Arc::new(Mutex::new(Some(turn))),
            ..self.clone()
        }
    }

    /// Waits until a request of this account may be sent, before anything is held up for it.
    pub async fn turn(&self) -> Result<Turn, RemoteError> {
        let asking = self.asking(Repeat::Harmless, self.inner.limits.patience);
        self.inner.pace.take(asking, &*self.inner.tell).await
    }

    fn asking(&self, repeat: Repeat, patience: Option<Duration>) -> Asking {
        let mut account = DefaultHasher::new();
        match &self.who {
            Who::Owner(authorization) => authorization.as_bytes().hash(&mut account),
            Who::Anybody(person) => person.hash(&mut account),
        }
        Asking {
            urgency: self.urgency,
            account: account.finish(),
            writes: repeat == Repeat::Harmful,
            patience,
        }
    }

    /// Starts setting up a client for the account that this token belongs to.
    pub fn builder(token: AccessToken) -> Builder {
        Self::builder_for(Given::Token(token))
    }

    /// Starts setting up a client that has no token and reads what everybody sees of somebody.
    pub fn public_builder(person: Person) -> Builder {
        Self::builder_for(Given::Person(person))
    }

    fn builder_for(given: Given) -> Builder {
        Builder {
            given,
            endpoint: endpoint::ANILIST.to_owned(),
            referer: None,
            clock: None,
            pace: None,
            tell: Arc::new(|_| ()),
            hear: Arc::new(|_| ()),
            connect_timeout: Duration::from_secs(10),
            limits: Limits {
                timeout: Duration::from_mins(1),
                patience: None,
                largest_body: 64 * 1024 * 1024,
                attempts: 4,
            },
        }
    }

    /// The budget this client draws on.
    pub fn pace(&self) -> &Pace {
        &self.inner.pace
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.inner.clock.as_ref()
    }

    /// Sends a document as it is.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        document: &Document,
        variables: Variables,
        repeat: Repeat,
    ) -> Result<T, RemoteError> {
        self.refuse_to_write(document.text)?;
        let body = body(document.name, document.text, &variables);
        self.exchange(&body, repeat)
            .await
            .map_err(|failure| failure.error)
    }

    /// Sends a repeated document; an error names the repetition it is about where AniList says so.
    pub(crate) async fn send_repeated<T: DeserializeOwned>(
        &self,
        repeated: &Repeated,
        count: usize,
        repeat: Repeat,
    ) -> Result<T, RemoteError> {
        self.refuse_to_write(&repeated.text)?;
        let body = body(repeated.name, &repeated.text, &repeated.variables);
        self.exchange(&body, repeat)
            .await
            .map_err(|failure| match failure.error {
                error @ (RemoteError::Validation { .. }
                | RemoteError::NotFound { .. }
                | RemoteError::NotYours { .. }) => RemoteError::Batch {
                    culprit: failure.line.and_then(|line| repeated.index_of_line(line)),
                    count,
                    source: Box::new(error),
                },
                error => error,
            })
    }

    /// Without a token nothing is written; AniList is not even asked.
    fn refuse_to_write(&self, text: &str) -> Result<(), RemoteError> {
        if self.person().is_some() && text.trim_start().starts_with("mutation") {
            return Err(RemoteError::Unauthorized {
                status: 401,
                message: "Unauthorized.".to_owned(),
            });
        }
        Ok(())
    }

    /// Paces, sends and judges, until there is an answer or a reason to give up.
    async fn exchange<T: DeserializeOwned>(
        &self,
        body: &str,
        repeat: Repeat,
    ) -> Result<T, Failure> {
        let inner = &self.inner;
        let plain = |error| Failure { error, line: None };
        let begun = inner.clock.elapsed();
        let mut attempt = 1;
        loop {
            // Patience is for all waits of one request together.
            let waited = inner.clock.elapsed().saturating_sub(begun);
            let least = |one: Option<Duration>, other: Option<Duration>| match (one, other) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            let mut patience = least(inner.limits.patience, self.patience);
            // Whoever writes has read first, and reads again rather than write what is old news.
            let short = (repeat == Repeat::Harmful).then(|| write_patience(inner.pace.limit()));
            patience = least(patience, short);
            let left = patience.map(|patience| patience.saturating_sub(waited));
            let turn = if let Some(turn) = self.waited_for() {
                turn
            } else {
                let turn = inner.pace.take(self.asking(repeat, left), &*inner.tell);
                turn.await.map_err(plain)?
            };
            let waited = inner.clock.elapsed().saturating_sub(begun);
            if short.is_some_and(|short| waited > short) {
                let wait = Duration::ZERO;
                return Err(plain(RemoteError::RateLimited { wait }));
            }
            turn.spend();
            let outcome = match self.post(body).await {
                Ok(answer) => {
                    inner.pace.heed(&answer.headers);
                    let (now, headers) = (inner.clock.now(), answer.headers.clone());
                    let read = answer.read(now);
                    let error = read.as_ref().err().map(|failure: &Failure| &failure.error);
                    (inner.hear)(Heard::of(error).with(&headers, now));
                    read
                }
                Err(error) => {
                    (inner.hear)(Heard::of(Some(&error)));
                    Err(plain(error))
                }
            };
            let failure = match outcome {
                Ok(data) => return Ok(data),
                Err(failure) => failure,
            };
            if let RemoteError::RateLimited { wait } = failure.error {
                // Waiting is not failing: the next turn comes when the silence is over.
                tracing::debug!(wait_s = wait.as_secs(), "AniList asked for a pause");
                inner.pace.lock_out(wait);
                continue;
            }
            let attempts = match repeat {
                Repeat::Harmless => inner.limits.attempts,
                Repeat::Heavy => inner.limits.attempts.min(2),
                Repeat::Harmful => 1,
            };
            let passes = matches!(failure.error.retry(), Retry::After(_))
                && !matches!(failure.error, RemoteError::Disabled { .. });
            if !passes || attempt >= attempts {
                return Err(failure);
            }
            let wait = backoff(attempt);
            if patience.is_some_and(|patience| waited + wait > patience) {
                return Err(failure);
            }
            (inner.tell)(Event::Retrying {
                problem: failure.error.to_string(),
                wait,
            });
            inner.clock.sleep(wait).await;
            attempt += 1;
        }
    }

    fn waited_for(&self) -> Option<Turn> {
        let turn = self.turn.lock();
        turn.unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn post(&self, body: &str) -> Result<Answer, RemoteError> {
        let inner = &self.inner;
        let mut request = inner.http.post(inner.endpoint.clone());
        if let Who::Owner(authorization) = &self.who {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        let request = request.body(body.to_owned());
        let mut response = request.send().await.map_err(|error| self.network(error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let cap = inner.limits.largest_body;
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.network(error))?
        {
            if body.len() + chunk.len() > cap {
                return Err(RemoteError::TooLarge { cap });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    fn network(&self, error: reqwest::Error) -> RemoteError {
        // The address is ours to show and may hold nothing secret, but the error does not need it.
        let error = error.without_url();
        if error.is_connect() {
            let host = self.inner.endpoint.host_str().unwrap_or_default();
            let port = self.inner.endpoint.port();
            let host = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
            RemoteError::Connect {
                host,
                source: Box::new(error),
            }
        } else if error.is_timeout() {
            RemoteError::Timeout {
                after: self.inner.limits.timeout,
            }
        } else {
            RemoteError::Interrupted {
                source: Box::new(error),
            }
        }
    }
}

fn body(name: &str, text: &str, variables: &Variables) -> String {
    json!({ "query": text, "operationName": name, "variables": variables }).to_string()
}

/// Whether a text can be sent as `Referer`.
pub fn is_referer(text: &str) -> bool {
    as_referer(text).is_some()
}

fn as_referer(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}

fn backoff(attempt: u32) -> Duration {
    Duration::from_secs(1 << attempt.min(4))
}

impl Builder {
    /// Talks to another server that speaks AniList's schema. Plain http only on this machine.
    pub fn endpoint(mut self, address: impl Into<String>) -> Self {
        self.endpoint = address.into();
        self
    }

    /// Sends this as `Referer`. AniList has at times refused requests that had none.
    pub fn referer(mut self, referer: impl Into<String>) -> Self {
        self.referer = Some(referer.into());
        self
    }

    /// Takes time from here.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Shares a budget of requests with other clients.
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = Some(pace);
        self
    }

    /// Is told about waiting and trying again.
    pub fn on_event(mut self, tell: impl Fn(Event) + Send + Sync + 'static) -> Self {
        self.tell = Arc::new(tell);
        self
    }

    /// Is told what became of each request.
    pub fn on_answer(mut self, hear: impl Fn(Heard) + Send + Sync + 'static) -> Self {
        self.hear = Arc::new(hear);
        self
    }

    /// Gives up on a request that has no whole answer after this long. A minute by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = timeout;
        self.connect_timeout = self.connect_timeout.min(timeout);
        self
    }

    /// Fails rather than wait longer than this for the budget or for the end of a lock-out.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.limits.patience = Some(patience);
        self
    }

    /// Sends a request this many times at most when it fails in a way that may pass. 4 by default.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.limits.attempts = attempts.max(1);
        self
    }

    /// Reads answers up to this many bytes. 64 MiB by default.
    pub fn largest_body(mut self, bytes: usize) -> Self {
        self.limits.largest_body = bytes;
        self
    }

    /// Builds the client. Nothing is sent yet.
    pub fn build(self) -> Result<AniList, BuildError> {
        let endpoint = endpoint::parse(&self.endpoint)?;
        let is_local = endpoint.host_str().is_some_and(endpoint::is_loopback);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(referer) = &self.referer {
            headers.insert(REFERER, as_referer(referer).ok_or(BuildError::Referer)?);
        }
        let mut http = Client::builder()
            .user_agent(USER_AGENT)
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            .referer(false)
            .https_only(!is_local)
            .connect_timeout(self.connect_timeout)
            .timeout(self.limits.timeout);
        if is_local {
            http = http.no_proxy();
        }
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let inner = Inner {
            http: http.build().map_err(BuildError::Http)?,
            endpoint,
            pace: self.pace.unwrap_or_else(|| Pace::new(Arc::clone(&clock))),
            clock,
            tell: self.tell,
            hear: self.hear,
            limits: self.limits,
        };
        Ok(AniList {
            inner: Arc::new(inner),
            who: match self.given {
                Given::Token(token) => Who::owner(&token)?,
                Given::Person(person) => Who::Anybody(person),
            },
            patience: None,
            urgency: Urgency::default(),
            turn: Arc::default(),
        })
    }
}

impl Who {
    fn owner(token: &AccessToken) -> Result<Self, BuildError> {
        let value = format!("Bearer {}", token.expose());
        let mut value = HeaderValue::from_str(&value).map_err(|_| BuildError::Token)?;
        value.set_sensitive(true);
        Ok(Self::Owner(value))
    }
}

impl fmt::Debug for AniList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AniList")
            .field("endpoint", &self.inner.endpoint.as_str())
            .field("pace", &self.inner.pace)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
