//! Help: keys, names, and how commands end.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::page::{Page, PageError, Place, Visitor, show};

#[derive(Template)]
#[template(path = "help.html")]
struct Help {
    page: Page,
    /// Whether letter keys are on in this browser.
    is_on: bool,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/help").get(go))
        .service(web::resource("/help/keys").get(help));
}

async fn go(visitor: Visitor) -> Result<HttpResponse, PageError> {
    Ok(visitor.go("/help/keys", None))
}

async fn help(visitor: Visitor, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let is_on = request
        .cookie("keys")
        .is_some_and(|keys| keys.value() == "on");
    Ok(show(&Help {
        page: visitor.page("Help", Place::Elsewhere),
        is_on,
    }))
}
