//! What happens while a page is open: parts of pages, rendered here, as server-sent events.

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use anirewind_core::model::{MediaId, MediaType};
use anirewind_core::{
    App, BrowseError, ChangeFilter, Cursor, Event, HealthCheck, Id, OperationState, SnapshotFilter,
    Start, Verdict, Zone,
};
use askama::Template;
use futures_util::stream::unfold;
use serde::Deserialize;
use time::OffsetDateTime;

use crate::api::{Following, Heard, Hub};
use crate::language;
use crate::live::WhatOf;
use crate::page::{PageError, Query, Visitor, in_path, is_troubled};
use crate::pages::dashboard::{Card, cards};
use crate::pages::job::latest;
use crate::pages::status::Checks;
use crate::pages::timeline::{counts_now, new_since};
use crate::pages::title::took_effect;
use crate::parts::{BadEnds, DeskPart, Icon, JobProgress, title_path};
use crate::pass;
use crate::times::Clocks;

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
    /// `yes`: how each profile stands; `working`: and the page says that something is under way.
    verdict: String,
    /// The numbers of the profile's timeline, where this was chosen on it; empty for nothing.
    counts: Option<String>,
    /// Of new changes only those of this title: `ANIME:1`; `list`: only whether there are any.
    media: String,
    /// `yes`: how the server is.
    checks: String,
    /// `yes` or `no`: whether the page is marked as one of trouble.
    marked: String,
    /// What the page says of acts that did not end well, by its key.
    ends: Option<String>,
    /// `yes`: only what is new by now, for a page that no stream reaches.
    once: String,
    /// What was heard last, where the browser cannot say it in a header.
    last: Option<u64>,
}

#[derive(Template)]
#[template(path = "parts/new_changes.html")]
struct NewChanges {
    base: String,
    /// The profile, and the same as a part of an address.
    name: String,
    above: String,
    href: String,
    number: usize,
    has_more: bool,
}

#[derive(Template)]
#[template(path = "parts/new_state.html")]
struct NewState {
    name: String,
    above: String,
    media: String,
    /// Where the title is, base and all.
    href: String,
}

#[derive(Template)]
#[template(path = "parts/new_snapshots.html")]
struct NewSnapshots {
    base: String,
    /// The profile, and the same as a part of an address.
    name: String,
    profile: String,
    saved: i64,
    number: usize,
    has_more: bool,
}

// It is a template of ours, which escapes.
impl askama::filters::HtmlSafe for LiveMoved {}

/// Whether AniList changed since the live list was read that a page compares with.
#[derive(Template)]
#[template(path = "parts/live_moved.html")]
pub(crate) struct LiveMoved {
    name: String,
    above: String,
    pub(crate) has_moved: bool,
}

impl LiveMoved {
    /// What `media` is of a page that compares with the live list.
    const LIST: &str = "list";

    /// Since a place on the timeline: when the list was read.
    async fn above(app: &App, profile: &str, above: Cursor) -> Result<Self, PageError> {
        let owner = app.account_row(profile).await?.account.id;
        let mut place = above;
        // What was tried and failed changed nothing, however much of it there was.
        let has_moved = loop {
            let filter = ChangeFilter {
                above: Some(place),
                ..ChangeFilter::default()
            };
            let found = app.changes(Some(owner), filter, None, COUNTED).await;
            let found = found.map_err(BrowseError::Store)?;
            if found.iter().any(took_effect) {
                break true;
            }
            let Some(newest) = found.first().filter(|_| found.len() == COUNTED) else {
                break false;
            };
            place = Cursor {
                at: newest.change.when.at,
                seq: newest.seq,
            };
        };
        Ok(Self {
            name: profile.to_owned(),
            above: above.to_string(),
            has_moved,
        })
    }

    /// Since a moment.
    pub(crate) async fn since(
        app: &App,
        profile: &str,
        at: OffsetDateTime,
    ) -> Result<Self, PageError> {
        Self::above(app, profile, Cursor { at, seq: 0 }).await
    }
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/events").get(stream));
}

struct Listener {
    app: App,
    hub: Hub,
    base: String,
    /// Whose clocks the page shows.
    zone: Zone,
    wanted: Wanted,
    following: Following,
    /// Whether something was said about what somebody began.
    desk: tokio::sync::watch::Receiver<u64>,
    /// Whether somebody has read how an act ended.
    ends_read: tokio::sync::watch::Receiver<u64>,
    /// What somebody began and was under way when a page last heard of it.
    under_way: Vec<String>,
    /// Whether the page shows that something is not as it should be.
    is_troubled: bool,
    /// Whether something was not as it should be when somebody listened.
    was_troubled: bool,
    /// How the server was when the page last heard of it, where it shows that.
    health: Vec<HealthCheck>,
    /// How each profile stood when the page last heard of it, where it shows that.
    standing: Vec<(String, Verdict)>,
    greeting: Option<Bytes>,
    is_once: bool,
    /// What happened between the making of the page and its listening is still to be said.
    is_new: bool,
}

/// A part of a page with the name of its event.
type Part = (&'static str, String);

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
    let mut listener = Listener {
        app: visitor.app.get_ref().clone(),
        base: visitor.access.base().to_owned(),
        zone: Clocks::of(&request, &visitor.app).zone(),
        hub: hub.get_ref().clone(),
        // Too old to say what was missed: the page is better loaded again.
        greeting: Some(if following.has_gap {
            Bytes::from_static(b"retry: 2000\nevent: reload\ndata: \n\n")
        } else {
            Bytes::from_static(b"retry: 2000\nevent: hello\ndata: \n\n")
        }),
        under_way: if wanted.0.verdict == "working" {
            // It may be over since, so it is said once more.
            vec![String::new()]
        } else {
            hub.desk().under_way()
        },
        is_troubled: match wanted.0.marked.as_str() {
            "yes" => true,
            "no" => false,
            _ => visitor.is_troubled,
        },
        was_troubled: visitor.is_troubled,
        // Time may have gone by since the page was made, so it is said once in any case.
        standing: Vec::new(),
        health: Vec::new(),
        is_once: wanted.0.once == "yes",
        ends_read: hub.desk().ends_read(),
        wanted: wanted.0,
        following,
        desk,
        is_new: true,
    };
    let titles = language::of_request(&request);
    if listener.is_once {
        let clocks = Some((listener.zone.clone(), listener.app.now()));
        let parts = language::in_language(titles, listener.by_now());
        let parts = crate::format::in_zone(clocks, parts).await;
        return Ok(HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header(("Cache-Control", "no-store"))
            .body(parts));
    }
    let frames = unfold((listener, titles), |(mut listener, titles)| async move {
        let clocks = Some((listener.zone.clone(), listener.app.now()));
        let frame = language::in_language(titles.clone(), listener.next());
        let frame = crate::format::in_zone(clocks, frame).await?;
        Some((frame, (listener, titles)))
    });
    let app = visitor.app.get_ref();
    let pass = visitor.access.pass(app, &request).await;
    Ok(pass::told(app.clone(), pass, frames))
}

impl Listener {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        if std::mem::take(&mut self.is_new)
            && let Some(frames) = frames(None, &self.of_before().await)
        {
            return Some(frames);
        }
        let of_desk = [&self.wanted.desk, &self.wanted.verdict, &self.wanted.job];
        let wants_desk = of_desk.iter().any(|wanted| !wanted.is_empty());
        loop {
            let heard = tokio::select! {
                heard = self.following.next() => heard,
                changed = self.desk.changed(), if wants_desk => {
                    changed.ok()?;
                    let parts = self.of_desk().await;
                    match frames(None, &parts) {
                        Some(frames) => return Some(frames),
                        None => continue,
                    }
                }
                read = self.ends_read.changed(), if self.wanted.ends.is_some() => {
                    read.ok()?;
                    let parts: Vec<_> = self.ends().await.into_iter().collect();
                    match frames(None, &parts) {
                        Some(frames) => return Some(frames),
                        None => continue,
                    }
                }
            };
            match heard {
                Heard::Event(id, event) => {
                    let parts = self.of_event(&event).await;
                    if let Some(frames) = frames(Some(id), &parts) {
                        return Some(frames);
                    }
                }
                Heard::Missed => return Some(Bytes::from_static(b"event: reload\ndata: \n\n")),
                Heard::Quiet => {
                    let parts = self.of_time().await;
                    let still_here = Bytes::from_static(b": still here\n\n");
                    return Some(frames(None, &parts).unwrap_or(still_here));
                }
                Heard::Over => return None,
            }
        }
    }

    /// Whatever of the page may be another by now, one part after the other.
    async fn by_now(&mut self) -> String {
        let mut parts = self.of_before().await;
        parts.extend(self.work().map(|html| ("desk", html)));
        if !self.wanted.verdict.is_empty() {
            parts.extend(self.verdict(None).await);
        }
        parts.into_iter().map(|(_, html)| html).collect()
    }

    /// The parts of the page that may be another since it was made: nobody heard what happened until somebody
    /// listened.
    async fn of_before(&mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        if let Some(operation) = Id::parse(&self.wanted.job) {
            parts.extend(self.job_under_way(&operation).await);
        }
        parts.extend(self.failed().await);
        parts.extend(self.ends().await);
        let profile = self.wanted.profile.clone();
        let changes = self.changes(&profile).await;
        if changes.is_some() {
            parts.extend(changes);
            parts.extend(self.counts(&profile).await);
        }
        parts.extend(self.snapshots(&profile).await);
        parts.extend(self.checks().await);
        if self.was_troubled != self.is_troubled {
            self.is_troubled = self.was_troubled;
            let icon = Icon::of(&self.base, self.is_troubled).render();
            parts.extend(icon.ok().map(|html| ("verdict", html)));
        }
        parts
    }

    /// The job, where it is more than a plan.
    async fn job_under_way(&self, operation: &Id) -> Option<Part> {
        let report = self.app.act_called(operation).await.ok()?;
        match report.operation.state {
            // What is still a plan is as the page says, unless it could not begin.
            OperationState::Planned => None,
            _ => self.job(operation).await,
        }
    }

    /// The parts of the page that are new since something was said about what somebody began.
    async fn of_desk(&mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        if let Some(html) = self.work() {
            parts.push(("desk", html));
        }
        parts.extend(self.failed().await);
        // How far it is shows on its own page; elsewhere only whether it is.
        let under_way = self.hub.desk().under_way();
        if !self.wanted.verdict.is_empty() && under_way != self.under_way {
            parts.extend(self.verdict(None).await);
        }
        self.under_way = under_way;
        parts
    }

    /// What is another because time went by: what was fine is late by now.
    async fn of_time(&mut self) -> Vec<Part> {
        let mut parts: Vec<_> = self.checks().await.into_iter().collect();
        if self.wanted.verdict.is_empty() {
            return parts;
        }
        if let Some(now) = standing(&self.app).await
            && now != self.standing
        {
            self.standing = now;
            parts.extend(self.verdict(None).await);
        }
        parts
    }

    /// How the server is, where that is another than the page last heard.
    async fn checks(&mut self) -> Option<Part> {
        if self.wanted.checks.is_empty() {
            return None;
        }
        let health = self.app.health().await.ok()?;
        if health == self.health {
            return None;
        }
        self.health.clone_from(&health);
        let part = Checks::of(health, &self.base, self.app.now());
        Some(("checks", part.render().ok()?))
    }

    /// The parts of the page that are new since something happened, where the page has them.
    async fn of_event(&mut self, event: &Event) -> Vec<Part> {
        let mut parts = Vec::new();
        match event {
            Event::Job { operation, .. } | Event::Waiting { operation, .. } => {
                parts.extend(self.job(operation).await);
            }
            Event::Client { pause: Some(_), .. } => {
                if let Some(operation) = Id::parse(&self.wanted.job) {
                    parts.extend(self.job_under_way(&operation).await);
                }
            }
            Event::Ended {
                profile, operation, ..
            } => {
                parts.extend(self.job(operation).await);
                parts.extend(self.ends().await);
                parts.extend(self.changes(profile).await);
                parts.extend(self.counts(profile).await);
                parts.extend(self.verdict(Some(profile)).await);
            }
            Event::Changed { profile, .. } => {
                parts.extend(self.changes(profile).await);
                parts.extend(self.counts(profile).await);
                parts.extend(self.verdict(Some(profile)).await);
            }
            Event::Saved(captured) => {
                parts.extend(self.snapshots(&captured.profile).await);
                parts.extend(self.verdict(Some(&captured.profile)).await);
            }
            Event::Alarm { profile, .. } | Event::Failed { profile, .. } => {
                parts.extend(self.verdict(Some(profile)).await);
            }
            _ => {}
        }
        // What is read and written on the way says nothing about how the server is.
        if !matches!(event, Event::Reading { .. } | Event::Writing { .. }) {
            parts.extend(self.checks().await);
        }
        parts
    }

    /// What did not end well, where the page says something else of it.
    async fn ends(&mut self) -> Option<Part> {
        let known = self.wanted.ends.as_ref()?;
        let mut ends = self.app.bad_ends().await.ok()?;
        // On the page of its report nobody has to be told of it.
        ends.retain(|end| end.id.as_str() != self.wanted.job);
        let ends = BadEnds::of(&self.base, &ends);
        if ends.key == *known {
            return None;
        }
        self.wanted.ends = Some(ends.key.clone());
        Some(("ends", ends.render().ok()?))
    }

    /// How a profile stands, or all do where nobody knows whose it was; and whether all is well.
    async fn verdict(&mut self, profile: Option<&str>) -> Option<Part> {
        let was_troubled = self.is_troubled;
        self.is_troubled = is_troubled(&self.app).await;
        let mut html = String::new();
        if !self.wanted.verdict.is_empty() {
            // As on the page: what could not be read is not nothing.
            let is_unread = self.app.catalogue().await.is_err();
            self.is_troubled |= is_unread;
            let all = cards(&self.app, &self.hub, &self.base, is_unread).await;
            let all = all.ok()?;
            let is_meant = |card: &&Card| profile.is_none_or(|profile| card.profile == profile);
            let mut meant: Vec<_> = all.iter().filter(is_meant).collect();
            if meant.is_empty() {
                meant = all.iter().collect();
            }
            for card in meant {
                html.push_str(&card.render().ok()?);
            }
        }
        if self.is_troubled != was_troubled {
            html.push_str(&Icon::of(&self.base, self.is_troubled).render().ok()?);
        }
        (!html.is_empty()).then_some(("verdict", html))
    }

    /// The numbers of a timeline.
    async fn counts(&self, profile: &str) -> Option<Part> {
        let chosen = self.wanted.counts.as_ref();
        let chosen = chosen.filter(|_| self.wanted.profile == profile)?;
        let tabs = counts_now(&self.app, &self.base, profile, chosen).await;
        Some(("counts", tabs.ok()?.render().ok()?))
    }

    /// The job, where it could not begin.
    async fn failed(&self) -> Option<Part> {
        let operation = Id::parse(&self.wanted.job)?;
        match self.hub.desk().what_of(&operation) {
            WhatOf::Failed(_) => self.job(&operation).await,
            WhatOf::Nothing | WhatOf::UnderWay => None,
        }
    }

    /// How far is what somebody began.
    fn work(&self) -> Option<String> {
        let name = &self.wanted.desk;
        let work = self.hub.desk().work(name, self.app.now())?;
        DeskPart::of(name, &work).render().ok()
    }

    async fn job(&self, operation: &Id) -> Option<Part> {
        if self.wanted.job != operation.as_str() {
            return None;
        }
        let report = self.app.act_called(operation).await.ok()?;
        let now = self.app.now();
        let last = self.hub.last_of(operation, now);
        let wish = self.app.wish_of(operation).await.ok()?;
        let mut html = JobProgress::of(&report, &last, wish, now).render().ok()?;
        let latest = latest(&self.app, &self.base, &report, &last).await;
        if let Some(latest) = latest.ok().flatten() {
            html.push_str(&latest.render().ok()?);
        }
        Some(("job", html))
    }

    async fn snapshots(&self, profile: &str) -> Option<Part> {
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
            name: profile.to_owned(),
            profile: in_path(profile),
            saved,
            number: rows.len().min(COUNTED),
            has_more: rows.len() > COUNTED,
        };
        if rows.is_empty() {
            return None;
        }
        Some(("snapshot", part.render().ok()?))
    }

    async fn changes(&self, profile: &str) -> Option<Part> {
        if self.wanted.profile != profile || self.wanted.above.is_empty() {
            return None;
        }
        if self.wanted.media == LiveMoved::LIST {
            let above = self.wanted.above.parse().ok()?;
            let moved = LiveMoved::above(&self.app, profile, above).await.ok()?;
            let html = moved.has_moved.then(|| moved.render().ok())??;
            return Some(("event", html));
        }
        if let Some((media_type, media)) = title_of(&self.wanted.media) {
            return self.new_state(profile, media_type, media).await;
        }
        // What was chosen on the page stays so when its news are shown.
        let chosen = self.wanted.counts.as_deref().unwrap_or_default();
        let place = (chosen, self.wanted.above.as_str());
        let found = new_since(&self.app, profile, place, COUNTED + 1).await;
        let (number, href) = found.ok()?;
        let part = NewChanges {
            base: self.base.clone(),
            name: profile.to_owned(),
            above: self.wanted.above.clone(),
            href,
            number: number.min(COUNTED),
            has_more: number > COUNTED,
        };
        if number == 0 {
            return None;
        }
        Some(("event", part.render().ok()?))
    }
}

impl Listener {
    /// That a title was changed whose page is open.
    async fn new_state(
        &self,
        profile: &str,
        media_type: MediaType,
        media: MediaId,
    ) -> Option<Part> {
        let owner = self.app.account_row(profile).await.ok()?.account.id;
        let filter = ChangeFilter {
            above: self.wanted.above.parse().ok(),
            media_type: Some(media_type),
            media: Some(media),
            ..ChangeFilter::default()
        };
        let rows = self.app.changes(Some(owner), filter, None, COUNTED + 1);
        if !rows.await.ok()?.iter().any(took_effect) {
            return None;
        }
        let path = title_path(profile, media_type, media.get());
        let part = NewState {
            href: format!("{}{path}", self.base),
            name: profile.to_owned(),
            above: self.wanted.above.clone(),
            media: self.wanted.media.clone(),
        };
        Some(("event", part.render().ok()?))
    }
}

/// The title that a page is about: `ANIME:1`.
fn title_of(text: &str) -> Option<(MediaType, MediaId)> {
    let (of, media) = text.split_once(':')?;
    let of = MediaType::parse(of)?;
    Some((of, MediaId::new(media.parse().ok()?)))
}

/// How each profile stands.
async fn standing(app: &App) -> Option<Vec<(String, Verdict)>> {
    let all = app.status().await.ok()?.into_iter();
    Some(all.map(|one| (one.account.profile, one.verdict)).collect())
}

/// Parts one after the other; the last has the number, so that whoever missed one hears all again.
fn frames(id: Option<u64>, parts: &[Part]) -> Option<Bytes> {
    let mut text = Vec::new();
    let last = parts.len().checked_sub(1)?;
    for (place, (name, html)) in parts.iter().enumerate() {
        if let Some(id) = id.filter(|_| place == last) {
            text.extend_from_slice(format!("id: {id}\n").as_bytes());
        }
        text.extend_from_slice(&unnumbered(name, html));
    }
    Some(Bytes::from(text))
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
