//! What every page has around its own content: who looks, where they are, what was just said.

mod problem;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::ServiceResponse;
use actix_web::error::PayloadError;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, web};
use anirewind_core::model::UserId;
use anirewind_core::{AccountRow, App, BadEnd, BrowseError, Id, OperationRow, Verdict};
use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::de::DeserializeOwned;

use crate::access::{Access, Who};
use crate::api::Hub;
use crate::live::Desk;
use crate::parts::{Avatar, BadEnds, Icon, JobBar, picture_of};
use crate::patience;
use crate::times::{Clocks, Times};

pub(crate) use problem::{PageError, Unreadable, mended, sentence, told};

const SAID: &str = "said";
const THEME: &str = "theme";

/// Part of the addresses of assets, so that a new version is never taken from a cache.
pub(crate) static VERSION: LazyLock<String> = LazyLock::new(|| {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    crate::assets::ALL.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
});

/// Where in the navigation a page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Dashboard,
    Backups,
    Timeline,
    Titles,
    Status,
    Settings,
    /// Nowhere: about, plans, setting up.
    Elsewhere,
}

/// What surrounds the content of a page. Each template has one as `page`.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// What addresses begin with: nothing, or the path under which a proxy serves us.
    pub(crate) base: String,
    pub(crate) title: String,
    pub(crate) place: Place,
    /// `light` or `dark`, where somebody chose.
    pub(crate) theme: Option<&'static str>,
    /// The profile that the page is about.
    pub(crate) profile: Option<String>,
    pub(crate) profiles: Vec<String>,
    /// The pictures of the profiles.
    pub(crate) avatars: BTreeMap<String, Avatar>,
    /// The address of the page, without the base.
    pub(crate) path: String,
    /// Where somebody came from, where that was a list of which something was chosen.
    pub(crate) from: Option<String>,
    pub(crate) times: Times,
    pub(crate) said: Option<Said>,
    /// What is under way.
    pub(crate) jobs: Vec<JobBar>,
    /// What did not end well, until somebody has read of it; where anything of it may be said.
    pub(crate) bad_ends: Option<BadEnds>,
    pub(crate) warning: Option<&'static str>,
    /// Where its account is connected, where nothing can be written to it, and whether it is read.
    pub(crate) public: Option<(String, bool)>,
    /// Whether somebody is logged in and can log out.
    pub(crate) can_leave: bool,
    /// Whether there is anything to go to from here.
    pub(crate) has_nav: bool,
    pub(crate) version: &'static str,
    /// Which step of the setup it is.
    pub(crate) step: Option<usize>,
    /// What a row of tabs shows of it.
    pub(crate) icon: Icon,
}

/// One step of the setup.
pub(crate) struct SetupStep {
    pub(crate) words: &'static str,
    /// done, now or later.
    pub(crate) state: &'static str,
    pub(crate) icon: &'static str,
    /// Where one that is done can be looked at again, with what was entered there; without the base.
    pub(crate) back: Option<String>,
}

impl Page {
    /// Name, address and icon of each place.
    #[expect(clippy::unused_self, reason = "templates ask the page for it")]
    pub(crate) fn nav(&self) -> [(Place, &'static str, &'static str, &'static str); 6] {
        [
            (Place::Dashboard, "/", "Dashboard", "i-home"),
            (Place::Backups, "/backups", "Backups", "i-box"),
            (Place::Timeline, "/timeline", "Timeline", "i-line"),
            (Place::Titles, "/titles", "Titles", "i-book"),
            (Place::Status, "/status", "Status", "i-pulse"),
            (Place::Settings, "/settings", "Settings", "i-gear"),
        ]
    }

    /// The steps of the setup, where this is one of them.
    pub(crate) fn steps(&self) -> Option<Vec<SetupStep>> {
        let now = self.step?;
        let steps = ["Password", "AniList", "Schedule", "First snapshot"];
        let steps = (1..).zip(steps).map(|(number, words)| {
            let (state, icon) = match number.cmp(&now) {
                Ordering::Less => ("done", "i-check"),
                Ordering::Equal => ("now", "i-run"),
                Ordering::Greater => ("later", "i-clock"),
            };
            SetupStep {
                words,
                state,
                icon,
                back: (state == "done").then(|| self.back_to(number)).flatten(),
            }
        });
        // Where nobody has to log in there is no password.
        let skipped = usize::from(now > 1 && !self.can_leave);
        Some(steps.skip(skipped).collect())
    }

    /// Where a step of the setup is that is done.
    fn back_to(&self, step: usize) -> Option<String> {
        let profile = || self.profile.as_deref().map(in_path);
        match step {
            1 => Some("/security".to_owned()),
            2 => Some(format!("/connect/{}?setup=yes", profile()?)),
            _ => Some(format!("/setup/schedule?profile={}", profile()?)),
        }
    }

    /// The picture of a profile.
    pub(crate) fn avatar_of(&self, profile: &str) -> Option<&Avatar> {
        self.avatars.get(profile)
    }

    pub(crate) fn other_theme(&self) -> &'static str {
        match self.theme {
            None => "dark",
            Some("dark") => "light",
            Some(_) => "system",
        }
    }

    pub(crate) fn theme_word(&self) -> &'static str {
        match self.theme {
            None => "Theme: system",
            Some("dark") => "Theme: dark",
            Some(_) => "Theme: light",
        }
    }
}

/// A name as a part of a path.
pub(crate) fn in_path(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}

/// What came of the last thing that somebody did here.
/// A cookie holds four thousand bytes, and what is not a letter takes up to nine there.
const LONGEST_UNDO: usize = 400;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) is_problem: bool,
    /// Where to go on: an address without the base, and its words.
    pub(crate) link: Option<(String, String)>,
    /// Where a button takes it back: an address without the base, of what `unkeeps` knows.
    pub(crate) undo: Option<String>,
    /// The picture that stands beside it, by its address below all of them.
    pub(crate) face: Option<String>,
}

impl Said {
    /// Something that went well.
    pub(crate) fn done(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// Something that did not.
    pub(crate) fn problem(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_problem: true,
            ..Self::default()
        }
    }

    /// With a link to go on.
    pub(crate) fn with_link(mut self, path: impl Into<String>, words: impl Into<String>) -> Self {
        self.link = Some((path.into(), words.into()));
        self
    }

    /// With a button that takes it back; without it where the address is longer than a cookie may be.
    pub(crate) fn with_undo(mut self, path: String) -> Self {
        self.undo = (path.len() <= LONGEST_UNDO).then_some(path);
        self
    }

    /// With the picture of an account beside it.
    pub(crate) fn with_face(mut self, row: &AccountRow) -> Self {
        self.face = Some(picture_of(row));
        self
    }

    fn to_cookie(&self) -> String {
        let (path, words) = self.link.clone().unwrap_or_default();
        let kind = if self.is_problem { "!" } else { "" };
        let undo = self.undo.clone().unwrap_or_default();
        let face = self.face.as_deref().unwrap_or_default();
        let parts = [kind, &self.text, &path, &words, &undo, face];
        let encoded = parts.map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string());
        encoded.join("|")
    }

    fn from_cookie(text: &str) -> Option<Self> {
        let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        let parts: Vec<String> = text.split('|').map(decode).collect();
        let [kind, text, path, words, undo, face] = <[String; 6]>::try_from(parts).ok()?;
        let is_ours = |path: &str| !path.is_empty() && crate::login::local(path) == path;
        Some(Self {
            text,
            is_problem: kind == "!",
            // A path of ours and nothing else.
            link: is_ours(&path).then_some((path, words)),
            // Whoever could write the cookie gets no button for anything else.
            undo: (is_ours(&undo) && unkeeps(&undo)).then_some(undo),
            face: (!face.is_empty() && !face.contains('/')).then_some(face),
        })
    }
}

/// What takes back that a snapshot is kept, and nothing else, however the address may be read.
fn unkeeps(address: &str) -> bool {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let parts: Vec<_> = path.split('/').collect();
    let is_plain = !address.contains(['#', '\\']) && !query.contains('/');
    let is_it = matches!(parts.as_slice(), ["", "backups", _, snapshot, "keep", "undo"]
        if snapshot.chars().all(|one| one.is_ascii_alphanumeric()));
    is_plain && is_it
}

/// Where somebody goes on, and what is said there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    /// An address of ours, without the base.
    pub(crate) path: String,
    pub(crate) said: Option<Said>,
}

impl Way {
    pub(crate) fn to(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            said: None,
        }
    }

    /// Something is said there.
    pub(crate) fn saying(self, said: Said) -> Self {
        Self {
            said: Some(said),
            ..self
        }
    }
}

/// Somebody who may see pages, and what is around all of them.
pub(crate) struct Visitor {
    pub(crate) app: web::Data<App>,
    pub(crate) access: web::Data<Access>,
    pub(crate) who: Who,
    theme: Option<&'static str>,
    clocks: Clocks,
    said: Option<Said>,
    path: String,
    /// The language of titles that this browser wants, as in its cookie.
    pub(crate) titles: &'static str,
    pub(crate) profiles: Vec<String>,
    avatars: BTreeMap<String, Avatar>,
    /// Those of them that nothing can be written to, and whether they are read at all.
    public: Vec<(String, bool)>,
    /// Whether an account is connected, and not only snapshots of somebody are left.
    pub(crate) is_connected: bool,
    jobs: Vec<OperationRow>,
    /// Acts that did not end well and of which nobody has read, newest first.
    bad_ends: Vec<BadEnd>,
    /// What was begun with a button and takes its time, by name.
    works: Vec<String>,
    /// Whether something is not as it should be, with any account.
    pub(crate) is_troubled: bool,
}

impl FromRequest for Visitor {
    type Error = Turned;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Turned>>>>;

    fn from_request(request: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::of(&request).await })
    }
}

/// Somebody who may not see the page, and where they have to go first; or the page cannot be made.
#[derive(Debug)]
pub(crate) enum Turned {
    To(String),
    Failed(PageError),
}

impl fmt::Display for Turned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::To(path) => write!(f, "first {path}"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl ResponseError for Turned {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::To(_) => StatusCode::SEE_OTHER,
            Self::Failed(error) => error.status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::To(path) => HttpResponse::SeeOther()
                .insert_header((header::LOCATION, path.clone()))
                .finish(),
            Self::Failed(error) => error.error_response(),
        }
    }
}

impl Visitor {
    async fn of(request: &HttpRequest) -> Result<Self, Turned> {
        let missing = || Turned::Failed(PageError::broken("the application is not wired"));
        let app = request.app_data::<web::Data<App>>().ok_or_else(missing)?;
        let access = request
            .app_data::<web::Data<Access>>()
            .ok_or_else(missing)?;
        // A browser keeps its connections, and they may lead to a server that another has taken over from.
        let app = &access.newest().unwrap_or_else(|| app.clone());
        let who = access.who(app, request).await.map_err(Turned::Failed)?;
        let path = own_path(access.base(), request);
        if !who.may_see_pages() {
            let is_claimed = app.is_claimed().await;
            let is_claimed = is_claimed.map_err(|error| Turned::Failed(error.into()))?;
            return Err(Turned::To(access.way_in(is_claimed, &path)));
        }
        let accounts = app.accounts().await;
        let mut accounts = accounts.map_err(|error| Turned::Failed(error.into()))?;
        let connected = accounts.len();
        let kept = app.kept_accounts().await;
        accounts.extend(kept.map_err(|error| Turned::Failed(error.into()))?);
        let jobs = app.open_operations().await;
        let jobs = jobs.map_err(|error| Turned::Failed(BrowseError::Store(error).into()))?;
        let hub = request.app_data::<web::Data<Hub>>();
        let works = hub.map(|hub| hub.desk().under_way()).unwrap_or_default();
        // Pictures come by the hundred, and show nothing of it.
        let is_page = !path.starts_with("/img/");
        let is_troubled = is_page && is_troubled(app).await;
        let bad_ends = if is_page {
            let bad_ends = app.bad_ends().await;
            bad_ends.map_err(|error| Turned::Failed(BrowseError::Store(error).into()))?
        } else {
            Vec::new()
        };
        Ok(Self {
            works,
            is_troubled,
            bad_ends,
            app: app.clone(),
            access: access.clone(),
            who,
            theme: theme(request),
            clocks: Clocks::of(request, app),
            said: said(request),
            titles: crate::language::word_of(request),
            path,
            public: accounts
                .iter()
                .filter(|row| row.public || !row.connected)
                .map(|row| (row.profile.clone(), row.connected))
                .collect(),
            is_connected: connected > 0,
            avatars: accounts
                .iter()
                .map(|row| (row.profile.clone(), Avatar::of(access.base(), app, row)))
                .collect(),
            profiles: accounts.into_iter().map(|row| row.profile).collect(),
            jobs,
        })
    }

    /// What is under way for an account.
    pub(crate) fn job_of(&self, owner: UserId) -> Option<&OperationRow> {
        self.jobs.iter().find(|job| job.owner == owner)
    }

    /// Notes that somebody has read how an act ended, and tells other open pages.
    pub(crate) async fn has_read(&mut self, act: &Id, desk: &Desk) {
        let before = self.bad_ends.len();
        self.bad_ends.retain(|end| end.id != *act);
        if self.bad_ends.len() == before {
            return;
        }
        match self.app.note_end_read(act).await {
            Ok(()) => desk.read_end(),
            // As on a full disk: the report is shown all the same.
            Err(error) => tracing::warn!(%error, "cannot note that a report was opened"),
        }
    }

    /// What is around a page.
    pub(crate) fn page(&self, title: impl Into<String>, place: Place) -> Page {
        Page {
            base: self.access.base().to_owned(),
            title: title.into(),
            place,
            theme: self.theme,
            profile: None,
            profiles: self.profiles.clone(),
            avatars: self.avatars.clone(),
            path: self.path.clone(),
            from: None,
            times: Times::of(&self.app, &self.clocks),
            said: self.said.clone(),
            jobs: self.bars(),
            bad_ends: Some(BadEnds::of(self.access.base(), &self.bad_ends)),
            warning: self.access.warning(),
            public: None,
            can_leave: matches!(self.who, Who::Session(_)),
            has_nav: true,
            version: &VERSION,
            step: None,
            icon: Icon::of(self.access.base(), self.is_troubled),
        }
    }

    /// What is under way, but for what this page is about.
    fn bars(&self) -> Vec<JobBar> {
        let base = self.access.base();
        let acts = self.jobs.iter().map(|job| JobBar::of(base, job));
        let works = self.works.iter();
        let works = works.filter_map(|name| JobBar::of_work(base, name));
        let here = self.path.split('?').next().unwrap_or_default();
        // One that stopped is named once.
        let named = BadEnds::of(base, &self.bad_ends);
        let is_named = |bar: &JobBar| named.path == bar.path;
        let bars = acts.chain(works).filter(|bar| bar.path != here);
        bars.filter(|bar| !is_named(bar)).collect()
    }

    /// What is around a page about one profile.
    pub(crate) fn page_of(&self, title: impl Into<String>, place: Place, profile: &str) -> Page {
        Page {
            profile: Some(profile.to_owned()),
            public: self
                .public
                .iter()
                .find(|(public, _)| public == profile)
                .map(|(_, is_read)| (format!("/connect/{}", in_path(profile)), *is_read)),
            ..self.page(title, place)
        }
    }

    /// Sends the browser where something led.
    pub(crate) fn lead(&self, way: Way) -> HttpResponse {
        self.go(&way.path, way.said)
    }

    /// Sends the browser on after a form was taken, so that loading again does not send it again.
    pub(crate) fn go(&self, path: &str, said: Option<Said>) -> HttpResponse {
        go(self.access.base(), path, said)
    }
}

/// Whether something is not as it should be, with any account. What cannot be found out is no good sign.
pub(crate) async fn is_troubled(app: &App) -> bool {
    let worst = app.worst_verdict().await;
    worst.map_or(true, |worst| worst.is_some_and(Verdict::is_trouble))
}

/// Sends the browser to one of our pages.
pub(crate) fn go(base: &str, path: &str, said: Option<Said>) -> HttpResponse {
    let mut answer = HttpResponse::SeeOther();
    answer.insert_header((header::LOCATION, format!("{base}{path}")));
    if let Some(said) = said {
        answer.cookie(
            Cookie::build(SAID, said.to_cookie())
                .path("/")
                .http_only(true)
                .same_site(SameSite::Lax)
                .finish(),
        );
    }
    answer.finish()
}

/// What is around a page for somebody who is not in yet.
pub(crate) fn outside(base: &str, title: &str, request: &HttpRequest) -> Page {
    Page {
        base: base.to_owned(),
        title: title.to_owned(),
        place: Place::Elsewhere,
        theme: theme(request),
        profile: None,
        profiles: Vec::new(),
        avatars: BTreeMap::new(),
        path: own_path(base, request),
        from: None,
        times: Times::default(),
        said: said(request),
        jobs: Vec::new(),
        bad_ends: None,
        warning: None,
        public: None,
        can_leave: false,
        has_nav: false,
        version: &VERSION,
        step: None,
        icon: Icon::of(base, false),
    }
}

/// Path and query as they are below the base.
fn own_path(base: &str, request: &HttpRequest) -> String {
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    path.strip_prefix(base).unwrap_or(path).to_owned()
}

fn theme(request: &HttpRequest) -> Option<&'static str> {
    match request.cookie(THEME)?.value() {
        "light" => Some("light"),
        "dark" => Some("dark"),
        _ => None,
    }
}

fn said(request: &HttpRequest) -> Option<Said> {
    // As it was sent: whoever decodes it before its parts are taken apart finds other parts.
    let sent = request.headers().get_all(header::COOKIE);
    let mut cookies = sent
        .filter_map(|sent| sent.to_str().ok())
        .flat_map(|sent| sent.split(';'));
    let said = cookies.find_map(|cookie| cookie.trim().strip_prefix(SAID)?.strip_prefix('='));
    Said::from_cookie(said?)
}

/// Once it was shown it has been said.
pub(crate) fn forget_said<B>(response: &mut ServiceResponse<B>) {
    let was_said = response.request().cookie(SAID).is_some();
    if was_said && response.status().is_success() {
        let mut gone = Cookie::build(SAID, "").path("/").finish();
        gone.make_removal();
        if let Ok(value) = gone.to_string().parse() {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

/// Renders a page.
pub(crate) fn show(template: &impl Template) -> HttpResponse {
    show_as(StatusCode::OK, template)
}

/// Renders a page with another status.
pub(crate) fn show_as(status: StatusCode, template: &impl Template) -> HttpResponse {
    match template.render() {
        Ok(html) => HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .body(html),
        Err(error) => {
            tracing::error!(%error, "cannot render a page");
            HttpResponse::InternalServerError().body("The page could not be rendered.\n")
        }
    }
}

/// A form as browsers send it; a name may come more than once.
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Turned;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Turned>>>>;

    fn from_request(request: &HttpRequest, payload: &mut actix_web::dev::Payload) -> Self::Future {
        let bytes = web::Bytes::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let wrong = |message: String| Turned::Failed(PageError::usage(sentence(&message)));
            let bytes = bytes
                .await
                .map_err(|error| match error.as_error::<PayloadError>() {
                    Some(error) if patience::is_late(error) => Turned::Failed(PageError::late()),
                    Some(PayloadError::Overflow) => Turned::Failed(PageError::too_large()),
                    _ => wrong(error.to_string()),
                })?;
            match serde_html_form::from_bytes(&bytes) {
                Ok(form) => Ok(Self(form)),
                Err(error) => {
                    // What is wrong with a form is said to those who may send it.
                    Visitor::of(&request).await?;
                    Err(wrong(error.to_string()))
                }
            }
        })
    }
}

/// What stands behind the question mark; a name may come more than once.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Unreadable;
    type Future = std::future::Ready<Result<Self, Unreadable>>;

    fn from_request(request: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        let query = serde_html_form::from_str(request.query_string());
        std::future::ready(query.map(Self).map_err(|error| {
            tracing::debug!(%error, "an address cannot be read");
            Unreadable(unreadable::<T>(request.path(), request.query_string()))
        }))
    }
}

/// What is wrong with an address: the part of it that cannot be read, and what it is without.
fn unreadable<T: DeserializeOwned>(path: &str, query: &str) -> PageError {
    let is_wrong = |part: &&str| serde_html_form::from_str::<T>(part).is_err();
    let (wrong, right): (Vec<_>, Vec<_>) = query.split('&').partition(is_wrong);
    let text = percent_decode_str(&wrong.join("&"))
        .decode_utf8_lossy()
        .into_owned();
    let without = if right.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", right.join("&"))
    };
    PageError {
        hint: Some(format!(
            "Nothing was changed. Without it the page is at {without}."
        )),
        ..PageError::usage(format!("`{text}` in the address makes no sense here."))
            .titled("This address cannot be read")
    }
}
