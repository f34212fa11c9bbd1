//! The pages, a file each.

mod about;
mod account;
mod at;
mod backups;
mod change;
mod chart;
mod comparing;
mod connect;
mod covers;
mod curating;
mod dashboard;
mod help;
mod importing;
mod job;
mod live;
mod ops;
mod plan;
mod plan_new;
mod profiles;
mod raw;
mod rows;
mod security;
mod settings;
mod setup;
mod snapshot;
mod status;
mod taking;
mod timeline;
mod title;
mod titles;
mod work;

use actix_web::{HttpRequest, HttpResponse, web};

use crate::access::Access;
use crate::page::PageError;

pub(crate) use plan::by;
pub(crate) use plan_new::Wish;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(dashboard::routes)
        .configure(about::routes)
        .configure(help::routes)
        // Before the rest: their addresses are special ones of these.
        .configure(taking::routes)
        .configure(curating::routes)
        .configure(importing::routes)
        .configure(backups::routes)
        .configure(comparing::routes)
        .configure(snapshot::routes)
        .configure(covers::routes)
        .configure(connect::routes)
        .configure(setup::routes)
        .configure(security::routes)
        .configure(settings::routes)
        // After what has names of its own there.
        .configure(account::routes)
        .configure(status::routes)
        // Before the plans: `new` is no id.
        .configure(plan_new::routes)
        .configure(plan::routes)
        .configure(job::routes)
        .configure(timeline::routes)
        .configure(change::routes)
        .configure(titles::routes)
        .configure(title::routes)
        .configure(at::routes)
        .configure(ops::routes)
        .configure(live::routes);
}

/// An address that names nothing.
pub(crate) async fn not_found(
    request: HttpRequest,
    access: web::Data<Access>,
) -> Result<HttpResponse, PageError> {
    // What is outside of the path that a proxy adds is nowhere.
    let own = request.path().strip_prefix(access.base());
    if let Some(own) = own.filter(|own| own.starts_with("/api/")) {
        return Ok(crate::api::not_found(request.method(), own));
    }
    Err(PageError::missing("The address names nothing here."))
}
