//! What is shown in place of a page that could not be made: what failed, what still holds, what to do.

use std::fmt;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use anirewind_core::{App, Code, Explain, ImportError};
use askama::Template;

use crate::access::Access;
use crate::api::LARGEST_BODY;
use crate::page::{Page, Place, Turned, Visitor, in_path, outside, show_as};
use crate::upload::UploadError;
use crate::{format, patience, trace};

/// A page that could not be made: what failed, what still holds, what to do.
#[derive(Debug, Clone)]
pub(crate) struct PageError {
    pub(crate) status: StatusCode,
    pub(crate) title: String,
    /// What happened, with every cause behind it.
    pub(crate) message: String,
    /// The first words of it, where the rest is for whoever looks for the cause.
    pub(crate) brief: Option<String>,
    pub(crate) hint: Option<String>,
    /// Where to go from there, in place of the dashboard, and what that is called.
    pub(crate) way: Option<(String, &'static str)>,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    page: Page,
    title: String,
    message: String,
    hint: Option<String>,
    way: Option<(String, &'static str)>,
    /// What holds whatever went wrong.
    stays: Option<&'static str>,
    /// It went wrong here, and may go well the next time.
    may_pass: bool,
    /// The name of the request, by which it is found in the log.
    request: Option<String>,
    status: u16,
    at: Option<String>,
    /// What happened with every cause, where less of it is said above.
    technical: Option<String>,
}

impl PageError {
    /// The address names nothing.
    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            title: "There is no such page".to_owned(),
            message: message.into(),
            brief: None,
            hint: None,
            way: None,
        }
    }

    /// What was sent makes no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            title: "That cannot be done".to_owned(),
            message: message.into(),
            brief: None,
            hint: Some("Nothing was changed.".to_owned()),
            way: None,
        }
    }

    /// What was sent did not arrive in time.
    pub(crate) fn late() -> Self {
        Self {
            status: StatusCode::REQUEST_TIMEOUT,
            ..Self::usage(sentence(patience::LATE))
        }
    }

    /// More was sent than anybody has to say.
    pub(crate) fn too_large() -> Self {
        Self {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            ..Self::usage(format!("More than {} kB were sent.", LARGEST_BODY / 1024))
        }
    }

    pub(crate) fn broken(message: &str) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            title: "This page could not be made".to_owned(),
            message: message.to_owned(),
            brief: None,
            hint: None,
            way: None,
        }
    }

    /// The one that this is, also where it was met while somebody was asked who he is.
    pub(crate) fn of(error: &actix_web::Error) -> Option<Self> {
        let turned = error.as_error::<Turned>();
        let failed = turned.and_then(|turned| match turned {
            Turned::Failed(error) => Some(error),
            Turned::To(_) => None,
        });
        error.as_error::<Self>().or(failed).cloned()
    }

    /// With another title.
    pub(crate) fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// With somewhere else to go on.
    pub(crate) fn with_way(mut self, path: String, words: &'static str) -> Self {
        self.way = Some((path, words));
        self
    }

    /// The page that says so.
    fn page(&self, page: Page, asked: &Asked) -> HttpResponse {
        let is_ours = self.status.is_server_error();
        let is_missing = self.status == StatusCode::NOT_FOUND;
        let up = way_up(&page).filter(|_| is_missing && self.way.is_none());
        // Who stands before a page is not sent to a terminal.
        let hint = self.hint.clone();
        let hint = hint.filter(|hint| up.is_none() || !hint.contains("anirewind "));
        let template = ProblemPage {
            page: Page {
                title: self.title.clone(),
                ..page
            },
            title: self.title.clone(),
            message: self.brief.as_ref().unwrap_or(&self.message).clone(),
            hint,
            way: self.way.clone().or(up),
            stays: is_ours.then_some("Snapshots and history that are saved stay as they are."),
            // What was sent is not sent again by a link.
            may_pass: is_ours && asked.is_read,
            request: trace::current(),
            status: self.status.as_u16(),
            at: asked.at.clone(),
            technical: self.brief.as_ref().map(|_| self.message.clone()),
        };
        show_as(self.status, &template)
    }
}

/// The page that lists what somebody asked for in vain, if there is one.
fn way_up(page: &Page) -> Option<(String, &'static str)> {
    let path = page.path.split('?').next().unwrap_or_default();
    let mut parts = path.split('/').skip(1);
    let (place, profile) = (parts.next()?, parts.next().unwrap_or_default());
    let (place, words) = match place {
        "backups" => ("/backups", "See the snapshots"),
        "timeline" | "jobs" => ("/timeline", "See the timeline"),
        "titles" => ("/titles", "Search titles"),
        "ops" => ("/ops", "See the operations"),
        "plan" => ("/plan", "See the plans"),
        _ => return None,
    };
    let mut profiles = page.profiles.iter();
    let up = if profiles.any(|known| in_path(known) == profile) {
        format!("{place}/{profile}")
    } else if ["/ops", "/plan"].contains(&place) {
        // Those are only of a profile.
        return None;
    } else {
        place.to_owned()
    };
    Some((up, words)).filter(|(up, _)| up != path)
}

/// What was asked for, as far as it matters to what went wrong.
struct Asked {
    is_read: bool,
    at: Option<String>,
}

impl<E: Explain> From<E> for PageError {
    fn from(error: E) -> Self {
        let (title, status) = match error.code() {
            Code::Failed => ("Something went wrong", 500),
            Code::Usage => ("That cannot be done", 400),
            Code::NotFound => ("There is no such thing", 404),
            Code::NotSignedIn => ("The account is not connected", 409),
            Code::Unavailable => ("AniList cannot be asked at the moment", 503),
            Code::EditedSince => ("Edited since", 409),
            Code::Busy => ("Something else is under way", 423),
            Code::RefusedForSafety => ("Refused for safety", 403),
        };
        let chain = error.chain();
        if status == 500 {
            tracing::error!(problem = chain, "a page failed");
        }
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            title: title.to_owned(),
            message: sentence(&chain),
            brief: (status == 500).then(|| sentence(&error.to_string())),
            hint: error.hint(),
            way: None,
        }
    }
}

impl From<UploadError> for PageError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Late => Self::late(),
            UploadError::Broken(detail) => Self::usage(sentence(&detail)),
            UploadError::Stage(
                error @ (ImportError::TooLarge { .. } | ImportError::NoRoom { .. }),
            ) => Self {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                ..error.into()
            },
            UploadError::Stage(error) => error.into(),
        }
    }
}

/// With a capital and a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    let end = if text.ends_with(['.', '?', '!']) {
        ""
    } else {
        "."
    };
    format!("{}{}{end}", first.unwrap_or_default(), letters.as_str())
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        // `mended` puts the page around it, which needs the request.
        HttpResponse::build(self.status).finish()
    }
}

/// An address that cannot be read. That is found out before anybody looks at who asks, so it is told by `told`.
#[derive(Debug)]
pub(crate) struct Unreadable(pub(crate) PageError);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Unreadable {
    fn status_code(&self) -> StatusCode {
        self.0.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        self.0.error_response()
    }
}

/// What is wrong with an address, for those who may see the page; the others go where they always go.
pub(crate) async fn told(request: &HttpRequest, error: &PageError) -> HttpResponse {
    match Visitor::of(request).await {
        Ok(_) => mended(request, error).await,
        Err(Turned::Failed(error)) => mended(request, &error).await,
        Err(turned) => turned.error_response(),
    }
}

/// Puts a page around an error that a handler ended with.
pub(crate) async fn mended(request: &HttpRequest, error: &PageError) -> HttpResponse {
    let app = request.app_data::<web::Data<App>>();
    let asked = Asked {
        is_read: request.method() == Method::GET,
        at: app.map(|app| format::second(app.now())),
    };
    if let Ok(visitor) = Visitor::of(request).await {
        return error.page(visitor.page("", Place::Elsewhere), &asked);
    }
    let access = request.app_data::<web::Data<Access>>();
    let base = access.map_or("", |access| access.base());
    error.page(outside(base, "", request), &asked)
}
