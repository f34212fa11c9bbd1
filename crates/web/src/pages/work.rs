//! What somebody began with a button and takes its time, as AniList is asked: it goes on apart from the
//! request. Where it is over soon, the answer is what came of it; else a page says at once that it is under
//! way, how far it is, and leads on to what came of it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use anirewind_core::{App, Hash};
use askama::Template;
use tokio::task::JoinHandle;

use crate::api::Hub;
use crate::live::{Outcome, Work, asked_of};
use crate::page::{Page, PageError, Said, Visitor, Way, show_as};
use crate::parts::DeskPart;

/// What is said first of everything that asks AniList.
pub(crate) const ASKED: &str = "AniList is being asked.";

#[derive(Template)]
#[template(path = "work.html")]
struct WorkPage {
    page: Page,
    about: About,
    part: Option<DeskPart>,
    outcome: Option<Said>,
    problem: Option<PageError>,
}

/// What a page about a work says.
#[derive(Debug, Clone)]
pub(crate) struct About {
    /// By which it is known on the desk.
    pub(crate) name: String,
    /// Where its page is, without the base.
    pub(crate) path: String,
    /// While it is under way.
    pub(crate) title: String,
    /// What comes after what is under way now.
    pub(crate) later: &'static [&'static str],
    /// What happens when the page is closed.
    pub(crate) meanwhile: &'static str,
    /// When it was not begun, or is long over.
    pub(crate) idle: String,
    /// The form that begins it, where that can be done from here.
    pub(crate) begin: Option<Begin>,
    /// Where to go on, without the base, and the words for it.
    pub(crate) back: (String, &'static str),
}

/// The form that begins a work.
#[derive(Debug, Clone)]
pub(crate) struct Begin {
    /// Where it is sent, without the base.
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
    /// The words of its button.
    pub(crate) words: String,
}

/// By which something is known on the desk that AniList is asked about a profile. The same that is asked for
/// twice is asked once.
pub(crate) fn asked_name(profile: &str, path: &str) -> String {
    let hash = Hash::of(path.as_bytes()).to_string();
    let hash = hash.get(..16).unwrap_or(&hash);
    format!("{}{hash}", asked_of(profile))
}

/// Begins a work apart from the request, unless it is under way already: whoever asked may leave.
pub(crate) fn begin<F>(
    app: &App,
    hub: &Hub,
    name: &str,
    words: &str,
    broke_off: &'static str,
    work: F,
) -> Option<JoinHandle<()>>
where
    F: Future<Output = Outcome> + Send + 'static,
{
    if !hub.desk().begin(name, words) {
        return None;
    }
    let (app, keeper, name) = (app.clone(), hub.clone(), name.to_owned());
    Some(hub.spawn(async move {
        let outcome = tokio::spawn(work).await;
        let outcome = outcome.unwrap_or_else(|_| Outcome::Said(Said::problem(broke_off)));
        keeper.desk().end(&name, app.now(), outcome);
    }))
}

/// Begins what asks AniList, and waits a little. The answer leads to what came of it, or to the page about
/// it.
pub(crate) async fn ask<F>(
    visitor: &Visitor,
    hub: &Hub,
    about: &About,
    work: F,
) -> Result<HttpResponse, PageError>
where
    F: Future<Output = Result<Way, PageError>> + Send + 'static,
{
    let work = async move { Outcome::from(work.await) };
    let broke_off = "It broke off. What was sent by then, if anything, stands under Operations.";
    if let Some(task) = begin(&visitor.app, hub, &about.name, ASKED, broke_off, work) {
        hub.soon(task).await;
    }
    match hub.desk().work(&about.name, visitor.app.now()) {
        Some(Work::Over(_, Outcome::Elsewhere(way))) => Ok(visitor.lead(way)),
        Some(Work::Over(_, Outcome::Problem(problem))) => Err(problem),
        _ => Ok(visitor.go(&about.path, None)),
    }
}

/// The page about a work, or where it led. What could not be done is a problem of whoever asks.
pub(crate) fn shown(
    visitor: &Visitor,
    hub: &Hub,
    page: Page,
    about: About,
) -> Result<HttpResponse, PageError> {
    let work = hub.desk().work(&about.name, visitor.app.now());
    let (part, outcome) = match work {
        Some(work @ Work::UnderWay(_)) => (Some(DeskPart::of(&about.name, &work)), None),
        Some(Work::Over(_, Outcome::Elsewhere(way))) => return Ok(visitor.lead(way)),
        Some(Work::Over(_, Outcome::Problem(problem))) => return Err(problem),
        Some(Work::Over(_, Outcome::Said(said))) => (None, Some(said)),
        None => (None, None),
    };
    let template = WorkPage {
        page,
        about,
        part,
        outcome,
        problem: None,
    };
    Ok(show_as(StatusCode::OK, &template))
}

/// The page about a work that could not be done, with the way to try it again.
pub(crate) fn failed(page: Page, about: About, problem: PageError) -> HttpResponse {
    let status = problem.status;
    let template = WorkPage {
        page,
        about,
        part: None,
        outcome: None,
        problem: Some(problem),
    };
    show_as(status, &template)
}
