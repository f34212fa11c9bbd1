//! The pages, a file each.

mod about;
mod backups;
mod chart;
mod comparing;
mod connect;
mod covers;
mod curating;
mod dashboard;
mod importing;
mod raw;
mod rows;
mod security;
mod settings;
mod snapshot;
mod status;

use actix_web::{HttpRequest, HttpResponse, web};

use crate::page::PageError;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(dashboard::routes)
        .configure(about::routes)
        // Before the rest: their addresses are special ones of these.
        .configure(curating::routes)
        .configure(importing::routes)
        .configure(backups::routes)
        .configure(comparing::routes)
        .configure(snapshot::routes)
        .configure(covers::routes)
        .configure(connect::routes)
        .configure(security::routes)
        .configure(settings::routes)
        .configure(status::routes);
}

/// An address that names nothing.
pub(crate) async fn not_found(request: HttpRequest) -> Result<HttpResponse, PageError> {
    if request.path().contains("/api/") {
        return Ok(crate::api::not_found());
    }
    Err(PageError::missing("The address names nothing here."))
}
