//! The pages, a file each.

mod dashboard;
mod job;
mod plan;
mod plan_new;

use actix_web::{HttpRequest, HttpResponse, web};

use crate::page::PageError;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(dashboard::routes)
        // Before the plans: `new` is no id.
        .configure(plan_new::routes)
        .configure(plan::routes)
        .configure(job::routes);
}

/// An address that names nothing.
pub(crate) async fn not_found(request: HttpRequest) -> Result<HttpResponse, PageError> {
    if request.path().contains("/api/") {
        return Ok(crate::api::not_found());
    }
    Err(PageError::missing("The address names nothing here."))
}
