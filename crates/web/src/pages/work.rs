//! What somebody began with a button and takes its time: a page that says at once that it is under way,
//! how far it is, and what came of it.

use actix_web::HttpResponse;
use askama::Template;

use crate::api::Hub;
use crate::live::Work;
use crate::page::{Page, Said, Visitor, show};
use crate::parts::DeskPart;

#[derive(Template)]
#[template(path = "work.html")]
struct WorkPage {
    page: Page,
    about: About,
    part: Option<DeskPart>,
    outcome: Option<Said>,
}

/// What a page about a work says.
pub(crate) struct About {
    /// While it is under way.
    pub(crate) title: String,
    /// What happens when the page is closed.
    pub(crate) meanwhile: &'static str,
    /// When it was not begun.
    pub(crate) idle: String,
    /// The form that begins it, without the base, and the words of its button.
    pub(crate) begin: (String, String),
    /// Where to go on, without the base, and the words for it.
    pub(crate) back: (String, &'static str),
}

/// The page about a work.
pub(crate) fn shown(
    visitor: &Visitor,
    hub: &Hub,
    name: &str,
    page: Page,
    about: About,
) -> HttpResponse {
    let work = hub.desk().work(name, visitor.app.now());
    let part = match &work {
        Some(work @ Work::UnderWay(_)) => Some(DeskPart::of(name, work)),
        _ => None,
    };
    let outcome = match work {
        Some(Work::Over(_, said)) => Some(said),
        _ => None,
    };
    show(&WorkPage {
        page,
        about,
        part,
        outcome,
    })
}
