//! What happens, as server-sent events with ids and replay.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, get, web};
use anirewind_core::{App, Event, Id, Pause};
use futures_util::stream::unfold;
use serde::Serialize;
use time::OffsetDateTime;
use tokio::sync::{Semaphore, broadcast, watch};

use crate::access::Access;
use crate::api::auth::Reader;
use crate::api::exporting;
use crate::api::problem::Problem;
use crate::head::OnlyHead;
use crate::live::Desk;
use crate::pass;

/// So many events are kept for whoever comes back.
const KEPT: usize = 512;
/// A sign of life, so that nobody in between gives the connection up.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// An event as it is sent.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(skip)]
    id: u64,
    /// As it was told, for those who show it otherwise.
    #[serde(skip)]
    event: Arc<Event>,
    kind: &'static str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_left: Option<u64>,
}

/// How long whoever asks is kept waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// A page waits so long for what it began to end before it shows how far it is.
    pub page: Duration,
    /// Everything else waits so long for its answer before it is told that it takes too long. Files that are sent
    /// in have the time that they need to arrive.
    pub longest: Duration,
    /// Whoever connects has so long to say what it asks for.
    pub head: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            page: Duration::from_secs(4),
            longest: Duration::from_mins(2),
            head: Duration::from_secs(10),
        }
    }
}

/// Gives events numbers, keeps the last ones, and hands them on.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    kept: Mutex<VecDeque<Told>>,
    live: broadcast::Sender<Told>,
    /// Where acts are carried out: not on the worker of a connection, which may end with it.
    runtime: tokio::runtime::Handle,
    /// What people began with a button.
    desk: Desk,
    waits: Waits,
    /// Turns of those who take everything with them.
    exports: Arc<Semaphore>,
    /// When this began, for names that no other process gave.
    begun: u64,
    requests: AtomicU64,
    closing: watch::Sender<bool>,
    /// Whether all that happened before the end was handed on.
    ended: watch::Sender<bool>,
}

impl Hub {
    /// Listens to an installation for as long as it lives. What people began is on the desk.
    pub fn of(app: &App, desk: &Desk) -> Self {
        Self::with_waits(app, desk, Waits::default())
    }

    /// The same, where nobody is kept waiting longer than this.
    pub fn with_waits(app: &App, desk: &Desk, waits: Waits) -> Self {
        let (live, _) = broadcast::channel(KEPT);
        let started = app.now().unix_timestamp_nanos() / 1_000_000;
        let begun = u64::try_from(started).unwrap_or_default();
        let hub = Self {
            inner: Arc::new(Inner {
                kept: Mutex::default(),
                live,
                runtime: tokio::runtime::Handle::current(),
                desk: desk.clone(),
                waits,
                exports: Arc::new(Semaphore::new(exporting::AT_ONCE)),
                begun,
                requests: AtomicU64::new(0),
                closing: watch::Sender::new(false),
                ended: watch::Sender::new(false),
            }),
        };
        let (listener, mut events) = (hub.clone(), app.events());
        tokio::spawn(async move {
            // Higher than any before the start: whoever comes back then gets all that is kept.
            let mut id = begun;
            let mut closing = listener.inner.closing.subscribe();
            loop {
                let event = tokio::select! {
                    biased;
                    event = events.recv() => event,
                    _ = closing.wait_for(|closing| *closing) => break,
                };
                match event {
                    Ok(event) => {
                        id += 1;
                        listener.inner.desk.hear(&event);
                        listener.tell(told(id, &event));
                    }
                    // Their numbers stay empty, so that the gap shows.
                    Err(broadcast::error::RecvError::Lagged(count)) => id += count,
                    Err(broadcast::error::RecvError::Closed) => break,
                }
            }
            let _ = listener.inner.ended.send_replace(true);
        });
        hub
    }

    /// What was last said about an act since it began or went on: how far it is, and what it waits for.
    pub(crate) fn last_of(&self, id: &Id, now: OffsetDateTime) -> LastSaid {
        let mut last = LastSaid::default();
        for told in self.kept().iter().rev() {
            let pause = match &*told.event {
                Event::Ended { operation, .. } if operation == id => break,
                Event::Job { operation, .. } if operation == id => {
                    last.job.get_or_insert_with(|| Arc::clone(&told.event));
                    None
                }
                Event::Waiting {
                    operation,
                    problem,
                    until,
                    ..
                } if operation == id => Some(Pause {
                    why: problem.clone(),
                    until: *until,
                }),
                // AniList is asked nothing for anybody then.
                Event::Client { pause, .. } => pause.clone(),
                _ => None,
            };
            let longest = last.pause.as_ref().map_or(now, |pause| pause.until);
            if let Some(pause) = pause.filter(|pause| pause.until > longest) {
                last.pause = Some(pause);
            }
        }
        last
    }

    /// What came after an id and what comes, each with its own, for whoever shows it otherwise.
    pub(crate) fn follow(&self, id: Option<u64>) -> Following {
        let kept = self.kept();
        let missed = kept.iter().filter(|told| id.is_some_and(|id| told.id > id));
        let waiting: VecDeque<Told> = missed.cloned().collect();
        let first = waiting.front().map(|told| told.id);
        let newest = kept.back().map_or(self.inner.begun, |told| told.id);
        let has_gap = id.is_some_and(|id| match first {
            Some(first) => first > id.saturating_add(1),
            // Nothing came after it, unless it was given before the start: what was told then is not kept.
            None => id != newest,
        });
        let from = first.map_or(newest, |first| first.saturating_sub(1));
        Following {
            from,
            last: from,
            waiting,
            live: self.inner.live.subscribe(),
            ended: self.inner.ended.subscribe(),
            has_gap,
        }
    }

    /// Does something apart from the request that asked for it.
    pub(crate) fn spawn<F>(&self, work: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.inner.runtime.spawn(work)
    }

    /// Waits a little for something that goes on without whoever waits. `None` where it is not over.
    pub(crate) async fn soon<T>(&self, task: tokio::task::JoinHandle<T>) -> Option<T> {
        let waited = tokio::time::timeout(self.inner.waits.page, task).await;
        waited.ok().and_then(Result::ok)
    }

    /// Turns of those who take everything with them, each of whom holds a thread.
    pub(crate) fn exports(&self) -> Arc<Semaphore> {
        Arc::clone(&self.inner.exports)
    }

    /// So long anybody waits for an answer.
    pub(crate) fn longest(&self) -> Duration {
        self.inner.waits.longest
    }

    /// What was read and is being read because somebody asked.
    pub(crate) fn desk(&self) -> &Desk {
        &self.inner.desk
    }

    /// A name for a request that no other has.
    pub(crate) fn name_request(&self) -> String {
        let number = self.inner.requests.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{:x}-{number}", self.inner.begun)
    }

    /// Ends the streams of events, and lets each connection end with its next answer: somebody else
    /// takes over.
    pub(crate) fn close(&self) {
        let _ = self.inner.closing.send_replace(true);
    }

    pub(crate) fn is_closing(&self) -> bool {
        *self.inner.closing.borrow()
    }

    fn tell(&self, told: Told) {
        let mut kept = self.kept();
        kept.push_back(told.clone());
        if kept.len() > KEPT {
            kept.pop_front();
        }
        // Under the lock: whoever subscribes sees it among the kept or live, and not twice.
        let _ = self.inner.live.send(told);
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, VecDeque<Told>> {
        self.inner
            .kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was last said about an act that is under way.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastSaid {
    /// How far it is.
    pub(crate) job: Option<Arc<Event>>,
    /// What it waits for at this moment.
    pub(crate) pause: Option<Pause>,
}

/// Somebody who follows what happens.
pub(crate) struct Following {
    /// The id before the first that is to come.
    from: u64,
    /// The last one that was given.
    last: u64,
    waiting: VecDeque<Told>,
    live: broadcast::Receiver<Told>,
    ended: watch::Receiver<bool>,
    /// Whether something is missing since what was seen last.
    pub(crate) has_gap: bool,
}

/// What somebody who follows gets to hear.
pub(crate) enum Heard {
    /// Something happened.
    Event(u64, Arc<Event>),
    /// So much happened at once that some of it was missed.
    Missed,
    /// Nothing for a while.
    Quiet,
    /// Nothing any more.
    Over,
}

/// The same, as it is sent.
enum Step {
    Told(Told),
    Missed(u64),
    Quiet,
    Over,
}

impl Following {
    /// The next thing.
    pub(crate) async fn next(&mut self) -> Heard {
        match self.step().await {
            Step::Told(told) => Heard::Event(told.id, told.event),
            Step::Missed(_) => Heard::Missed,
            Step::Quiet => Heard::Quiet,
            Step::Over => Heard::Over,
        }
    }

    async fn step(&mut self) -> Step {
        let told = loop {
            if let Some(told) = self.waiting.pop_front() {
                break told;
            }
            let told = tokio::select! {
                biased;
                told = tokio::time::timeout(HEARTBEAT, self.live.recv()) => told,
                // A browser comes back by itself, and asks for what it missed.
                _ = self.ended.wait_for(|ended| *ended) => return Step::Over,
            };
            match told {
                Ok(Ok(told)) => break told,
                // How many shows in the number of the next one.
                Ok(Err(broadcast::error::RecvError::Lagged(_))) => {}
                Ok(Err(broadcast::error::RecvError::Closed)) => return Step::Over,
                Err(_) => return Step::Quiet,
            }
        };
        // Whoever read too slowly, we or the one who listens: between two numbers that do not follow each other
        // something is missing.
        let before = told.id.saturating_sub(1);
        if before > self.last {
            let count = before - self.last;
            self.last = before;
            self.waiting.push_front(told);
            return Step::Missed(count);
        }
        self.last = told.id;
        Step::Told(told)
    }
}

fn told(id: u64, event: &Event) -> Told {
    let kind = match event {
        Event::Reading { .. } => "reading",
        Event::Writing { .. } => "writing",
        Event::Saved(_) => "saved",
        Event::Changed { .. } => "changed",
        Event::Alarm { .. } => "alarm",
        Event::Failed { .. } => "failed",
        Event::Job { .. } => "job",
        Event::Waiting { .. } => "waiting",
        Event::Ended { .. } => "ended",
        Event::Settings { .. } => "settings",
        Event::Client { .. } => "client",
    };
    let mut told = Told {
        id,
        event: Arc::new(event.clone()),
        kind,
        text: event.to_string(),
        profile: event.profile().map(str::to_owned),
        operation: None,
        done: None,
        total: None,
        seconds_left: None,
    };
    match event {
        Event::Job {
            operation,
            done,
            total,
            left,
            ..
        } => {
            told.operation = Some(operation.to_string());
            (told.done, told.total) = (Some(*done), Some(*total));
            told.seconds_left = left.map(|left| left.as_secs());
        }
        Event::Ended { operation, .. } => {
            told.operation = Some(operation.to_string());
        }
        Event::Waiting {
            operation, wait, ..
        } => {
            told.operation = Some(operation.to_string());
            told.seconds_left = Some(wait.as_secs());
        }
        _ => {}
    }
    told
}

fn frame(told: &Told) -> Bytes {
    // JSON has no line breaks of its own, so one line of data is enough.
    let data = serde_json::to_string(told).unwrap_or_default();
    Bytes::from(format!(
        "id: {}\nevent: {}\ndata: {data}\n\n",
        told.id, told.kind
    ))
}

/// What happens from now on, or since `Last-Event-ID`, as server-sent events. Whoever reads too slowly
/// misses some, and is told with an event `missed`; so is whoever shows an id that is none of ours.
#[utoipa::path(tag = "server", params(
    ("Last-Event-ID" = Option<String>, Header, description = "The id of the event that was heard last"),
), responses(
    (status = 200, content_type = "text/event-stream"),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/events")]
pub(crate) async fn stream(
    _: Reader,
    app: web::Data<App>,
    access: web::Data<Access>,
    hub: web::Data<Hub>,
    request: HttpRequest,
) -> HttpResponse {
    if request.extensions().contains::<OnlyHead>() {
        return pass::head().finish();
    }
    let last = request.headers().get("Last-Event-ID");
    let last = last.filter(|id| !id.is_empty());
    // What is none of ours is as one from long ago: what is kept is told, and that there may have been more.
    let last = last.map(|id| id.to_str().ok().and_then(|id| id.parse().ok()).unwrap_or(0));
    let following = hub.follow(last);
    let gap = following
        .has_gap
        .then(|| Bytes::from_static(b"event: missed\ndata: {}\n\n"));
    // From the beginning there is an id to come back with.
    let begin = Bytes::from(format!("id: {}\nretry: 3000\n\n", following.from));
    let first: VecDeque<Bytes> = std::iter::once(begin).chain(gap).collect();
    let frames = unfold(
        (first, following),
        |(mut first, mut following)| async move {
            if let Some(next) = first.pop_front() {
                return Some((next, (first, following)));
            }
            let next = match following.step().await {
                Step::Told(told) => frame(&told),
                Step::Missed(count) => {
                    Bytes::from(format!("event: missed\ndata: {{\"count\":{count}}}\n\n"))
                }
                Step::Quiet => Bytes::from_static(b": still here\n\n"),
                Step::Over => return None,
            };
            Some((next, (first, following)))
        },
    );
    let pass = access.pass(&app, &request).await;
    pass::told(app.get_ref().clone(), pass, frames)
}
