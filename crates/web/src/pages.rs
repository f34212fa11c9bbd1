//! The pages, a file each.

mod connect;
mod dashboard;
mod security;

use actix_web::{HttpRequest, HttpResponse, web};

use crate::page::PageError;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(dashboard::routes)
        .configure(connect::routes)
        .configure(security::routes);
}

/// An address that names nothing.
pub(crate) async fn not_found(request: HttpRequest) -> Result<HttpResponse, PageError> {
    if request.path().contains("/api/") {
        return Ok(crate::api::not_found());
    }
    Err(PageError::missing("The address names nothing here."))
}
