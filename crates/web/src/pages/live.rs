//! What happens while a page is open: parts of pages, rendered here, as server-sent events.

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use anirewind_core::{App, ChangeFilter, Event, Id, SnapshotFilter, Start};
use askama::Template;
use futures_util::stream::unfold;
use serde::Deserialize;

use crate::api::{Following, Heard, Hub};
use crate::page::{PageError, Query, Visitor, in_path};
use crate::parts::{DeskPart, JobProgress};

/// More new changes than this are not counted.
const COUNTED: usize = 100;

/// What a page wants to hear of.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    /// A job.
    job: String,
    /// New changes of this profile, above this place on the timeline.
    profile: String,
    above: String,
    /// Something that somebody began with a button, by its name.
    desk: String,
    /// New snapshots of the profile, above this place in the catalogue.
    saved: Option<i64>,
    /// What was heard last, where the browser cannot say it in a header.
    last: Option<u64>,
}

#[derive(Template)]
#[template(path = "parts/new_changes.html")]
struct NewChanges {
    base: String,
    profile: String,
    above: String,
    number: usize,
    has_more: bool,
}

#[derive(Template)]
#[template(path = "parts/new_snapshots.html")]
struct NewSnapshots {
    base: String,
    profile: String,
    saved: i64,
    number: usize,
    has_more: bool,
}

#[derive(Template)]
#[template(path = "parts/news.html")]
struct News {
    base: String,
    profile: String,
    text: String,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/events").get(stream));
}

struct Listener {
    app: App,
    hub: Hub,
    base: String,
    wanted: Wanted,
    following: Following,
    /// Whether something was said about what somebody began.
    desk: tokio::sync::watch::Receiver<u64>,
    greeting: Option<Bytes>,
}

async fn stream(
    visitor: Visitor,
    hub: web::Data<Hub>,
    request: HttpRequest,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, PageError> {
    let last = request.headers().get("Last-Event-ID");
    let last = last
        .and_then(|id| id.to_str().ok()?.parse().ok())
        .or(wanted.0.last);
    let following = hub.follow(last);
    let mut desk = hub.desk().news();
    // It may have ended before this page listened.
    desk.mark_changed();
    let listener = Listener {
        app: visitor.app.get_ref().clone(),
        base: visitor.access.base().to_owned(),
        hub: hub.get_ref().clone(),
        // Too old to say what was missed: the page is better loaded again.
        greeting: Some(if following.has_gap {
            Bytes::from_static(b"retry: 2000\nevent: reload\ndata: \n\n")
        } else {
            Bytes::from_static(b"retry: 2000\nevent: hello\ndata: \n\n")
        }),
        wanted: wanted.0,
        following,
        desk,
    };
    let frames = unfold(listener, |mut listener| async move {
        let zone = listener.app.zone();
        let frame = crate::format::in_zone(zone, listener.next()).await?;
        Some((Ok::<_, actix_web::Error>(frame), listener))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(frames))
}

impl Listener {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        loop {
            let heard = tokio::select! {
                heard = self.following.next() => heard,
                changed = self.desk.changed(), if !self.wanted.desk.is_empty() => {
                    changed.ok()?;
                    match self.work() {
                        Some(html) => return Some(unnumbered("desk", &html)),
                        None => continue,
                    }
                }
            };
            match heard {
                Heard::Event(id, event) => {
                    if let Some((name, html)) = self.fragment(&event).await {
                        return Some(frame(id, name, &html));
                    }
                }
                Heard::Missed => return Some(Bytes::from_static(b"event: reload\ndata: \n\n")),
                Heard::Quiet => return Some(Bytes::from_static(b": still here\n\n")),
                Heard::Over => return None,
            }
        }
    }

    /// The part of a page that is new, where the page has it.
    async fn fragment(&self, event: &Event) -> Option<(&'static str, String)> {
        match event {
            Event::Job { operation, .. }
            | Event::Waiting { operation, .. }
            | Event::Ended { operation, .. } => {
                let html = self.job(operation).await?;
                Some(("job", html))
            }
            Event::Changed { profile, .. } => {
                let html = self.changes(profile).await?;
                Some(("event", html))
            }
            Event::Saved(captured) if self.wanted.saved.is_some() => {
                let html = self.snapshots(&captured.profile).await?;
                Some(("snapshot", html))
            }
            Event::Saved(_) | Event::Alarm { .. } | Event::Failed { .. } => {
                let profile = match event {
                    Event::Alarm { profile, .. } | Event::Failed { profile, .. } => profile.clone(),
                    _ => String::new(),
                };
                let text = event.to_string();
                let base = self.base.clone();
                let html = News {
                    base,
                    profile,
                    text,
                }
                .render()
                .ok()?;
                Some(("verdict", html))
            }
            _ => None,
        }
    }

    /// How far is what somebody began.
    fn work(&self) -> Option<String> {
        let name = &self.wanted.desk;
        let work = self.hub.desk().work(name, self.app.now())?;
        DeskPart::of(name, &work).render().ok()
    }

    async fn job(&self, operation: &Id) -> Option<String> {
        if self.wanted.job != operation.as_str() {
            return None;
        }
        let report = self.app.act_called(operation).await.ok()?;
        let last = self.hub.last_of(operation);
        JobProgress::of(&self.base, &report, last.as_deref())
            .render()
            .ok()
    }

    async fn snapshots(&self, profile: &str) -> Option<String> {
        let saved = self
            .wanted
            .saved
            .filter(|_| self.wanted.profile == profile)?;
        let owner = self.app.account_row(profile).await.ok()?.account.id;
        let (filter, start) = (SnapshotFilter::default(), Start::Above(saved));
        let rows = self
            .app
            .snapshots_where(Some(owner), filter, start, COUNTED + 1)
            .await
            .ok()?;
        let part = NewSnapshots {
            base: self.base.clone(),
            profile: in_path(profile),
            saved,
            number: rows.len().min(COUNTED),
            has_more: rows.len() > COUNTED,
        };
        part.render().ok().filter(|_| !rows.is_empty())
    }

    async fn changes(&self, profile: &str) -> Option<String> {
        if self.wanted.profile != profile || self.wanted.above.is_empty() {
            return None;
        }
        let owner = self.app.account_row(profile).await.ok()?.account.id;
        let filter = ChangeFilter {
            above: crate::pages::timeline::cursor(&self.wanted.above),
            shown_only: true,
            ..ChangeFilter::default()
        };
        let rows = self
            .app
            .changes(Some(owner), filter, None, COUNTED + 1)
            .await
            .ok()?;
        let part = NewChanges {
            base: self.base.clone(),
            profile: in_path(profile),
            above: self.wanted.above.clone(),
            number: rows.len().min(COUNTED),
            has_more: rows.len() > COUNTED,
        };
        part.render().ok().filter(|_| !rows.is_empty())
    }
}

fn frame(id: u64, name: &str, html: &str) -> Bytes {
    let mut text = format!("id: {id}\n").into_bytes();
    text.extend_from_slice(&unnumbered(name, html));
    Bytes::from(text)
}

/// One that nobody has to hear again who missed it.
fn unnumbered(name: &str, html: &str) -> Bytes {
    let mut text = format!("event: {name}\n");
    // A carriage return alone ends a line too.
    for line in html.split(['\n', '\r']) {
        text.push_str("data: ");
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    Bytes::from(text)
}
