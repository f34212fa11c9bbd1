//! The REST API: whatever a page or a command does, under `/api/v1`.

mod acting;
mod alarming;
mod auth;
#[expect(unused_qualifications, reason = "as the macros write them out")]
mod changing;
#[expect(unused_qualifications, reason = "as the macros write them out")]
mod comparing;
#[expect(unused_qualifications, reason = "as the macros write them out")]
mod curating;
mod events;
mod exporting;
mod folder;
mod headers;
#[expect(unused_qualifications, reason = "as the macros write them out")]
mod importing;
mod kind;
#[expect(unused_qualifications, reason = "as the macros write them out")]
mod living;
mod metrics;
mod noticing;
mod paging;
mod people;
mod problem;
#[expect(unused_qualifications, reason = "as the macros write them out")]
mod proving;
mod query;
#[expect(unused_qualifications, reason = "as the macros write them out")]
mod reading;
mod sent;
mod tasks;
#[expect(unused_qualifications, reason = "as the macros write them out")]
mod titles;

use std::sync::LazyLock;

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get, web};
use anirewind_core::App;
use utoipa::OpenApi as _;
use utoipa::openapi::{OpenApi, Server};

use crate::access::{Access, Who};
use crate::api::auth::Scheme;
use crate::api::headers::Headers;
use crate::api::kind::Kinds;

pub(crate) use events::{Following, Heard, LastSaid};
pub use events::{Hub, Waits};
pub(crate) use tasks::Tasks;

/// A body larger than this is refused: nothing that is asked for here is long.
pub(crate) const LARGEST_BODY: usize = 1024 * 1024;

/// Each handler once: it is served, and it is in the document.
macro_rules! api {
    ($($handler:path),+ $(,)?) => {
        fn handlers(config: &mut web::ServiceConfig) {
            $(config.service($handler);)+
        }

        /// The API as a document.
        #[derive(utoipa::OpenApi)]
        #[openapi(
            info(
                title = "AniRewind",
                description = "An unofficial time machine for AniList. A program shows a key, made on the page or by \
                    `anirewind key add`; a browser that is logged in needs none.",
            ),
            paths($($handler),+),
            components(schemas(problem::Problem)),
            modifiers(&Scheme, &Kinds, &Headers),
        )]
        pub(crate) struct Document;
    };
}

api![
    reading::profiles,
    reading::status,
    reading::snapshots,
    reading::snapshot,
    reading::snapshot_file,
    titles::snapshot_entries,
    comparing::compare,
    changing::changes,
    changing::change_counts,
    changing::change_days,
    titles::title,
    titles::list_at,
    reading::plans,
    reading::plan,
    reading::operations,
    reading::operation,
    reading::jobs,
    reading::keys,
    people::connect,
    people::check,
    people::disconnect,
    people::add_key,
    people::remove_key,
    people::sessions,
    people::end_session,
    people::change_password,
    curating::create,
    curating::keep,
    curating::unkeep,
    curating::note,
    curating::verify,
    curating::delete,
    importing::import,
    importing::import_history,
    alarming::alarms,
    alarming::accept,
    alarming::close,
    alarming::trash,
    alarming::undelete,
    alarming::prune,
    acting::look,
    acting::report_change,
    acting::hide,
    acting::plan_restore,
    acting::plan_undo,
    acting::plan_redo,
    acting::plan_retry,
    acting::discard,
    acting::apply,
    acting::pause,
    acting::resume,
    acting::stop,
    noticing::channels,
    noticing::test,
    events::stream,
    tasks::one,
    exporting::export,
    living::settings_in_force,
    living::change_settings,
    living::reload,
    living::health_checks,
    living::log_lines,
    changing::change,
    titles::titles,
    proving::snapshot_csv,
    proving::verify_all,
    proving::prune_now,
    proving::doctor,
    proving::days,
    folder::totals,
    folder::unreadable,
    folder::outlook,
];

/// Routes of the API.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.configure(handlers).service(document);
}

/// How much is taken, and what is said of what makes no sense.
pub(crate) fn limits(config: &mut web::ServiceConfig) {
    config
        // Forms of pages have the same limit.
        .app_data(web::PayloadConfig::new(LARGEST_BODY))
        .app_data(
            web::JsonConfig::default()
                .limit(LARGEST_BODY)
                .error_handler(|error, _| problem::bad_body(&error)),
        )
        .app_data(
            web::QueryConfig::default()
                .error_handler(|error, request| problem::bad_query(&error, request.query_string())),
        );
}

/// Routes of what watches over the server.
pub(crate) fn watching(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/healthz").get(metrics::health))
        .service(web::resource("/readyz").get(metrics::readiness))
        .service(web::resource("/metrics").get(metrics::metrics));
}

#[get("/api/v1/openapi.json")]
async fn document(request: HttpRequest) -> Result<HttpResponse, problem::Problem> {
    query::check(&request)?;
    let mut document = description();
    let access = request.app_data::<web::Data<Access>>();
    if let Some(base) = access
        .map(|access| access.base())
        .filter(|base| !base.is_empty())
    {
        document.servers = Some(vec![Server::new(base)]);
    }
    Ok(HttpResponse::Ok().json(document))
}

/// The API as a document.
pub(crate) fn description() -> OpenApi {
    Document::openapi()
}

/// The same, made once.
fn document_of_all() -> &'static OpenApi {
    static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(description);
    &DOCUMENT
}

/// An answer for a route of the API that there is not, or not with this method. The path is without what a
/// proxy adds.
pub(crate) fn not_found(method: &Method, path: &str) -> HttpResponse {
    let allowed = allowed_at(path);
    if allowed.is_empty() {
        return problem::Problem::nowhere().answer();
    }
    let allowed = allowed.join(", ");
    let mut answer = problem::Problem::no_such_method(method, &allowed).answer();
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        answer.headers_mut().insert(header::ALLOW, allowed);
    }
    answer
}

/// The methods that an address of the API takes, as the document has them.
fn allowed_at(path: &str) -> Vec<&'static str> {
    let is_it = |template: &str| {
        let (parts, given) = (template.split('/'), path.split('/'));
        let is_same = |(part, given): (&str, &str)| part.starts_with('{') || part == given;
        parts.clone().count() == given.clone().count() && parts.zip(given).all(is_same)
    };
    let mut allowed = Vec::new();
    let paths = &document_of_all().paths.paths;
    for (_, item) in paths.iter().filter(|(at, _)| is_it(at)) {
        let methods = [
            ("GET", &item.get),
            ("PUT", &item.put),
            ("POST", &item.post),
            ("PATCH", &item.patch),
            ("DELETE", &item.delete),
        ];
        allowed.extend(
            methods
                .iter()
                .filter(|(_, is)| is.is_some())
                .map(|(name, _)| *name),
        );
    }
    allowed
}

/// An answer for whoever may not write, before anything of what is sent is read. Each handler decides
/// for itself as well.
pub(crate) async fn turned_away(request: &ServiceRequest, access: &Access) -> Option<HttpResponse> {
    let app = request.app_data::<web::Data<App>>()?;
    match access.who(app, request.request()).await {
        Ok(Who::Nobody) => Some(problem::Problem::no_key("this needs a key").answer()),
        Ok(Who::WrongKey) => {
            Some(problem::Problem::no_key("that is no key of this server").answer())
        }
        Ok(Who::Key(key)) if !key.may_write => {
            Some(problem::Problem::read_only("this key may only read").answer())
        }
        Ok(_) => None,
        Err(error) => Some(problem::Problem::failed(error.message).answer()),
    }
}

/// An answer for whoever may not even read.
pub(crate) async fn turned_back(request: &HttpRequest, access: &Access) -> Option<HttpResponse> {
    let app = request.app_data::<web::Data<App>>()?;
    match access.who(app, request).await {
        Ok(Who::Nobody) => Some(problem::Problem::no_key("reading needs a key").answer()),
        Ok(Who::WrongKey) => {
            Some(problem::Problem::no_key("that is no key of this server").answer())
        }
        Ok(_) => None,
        Err(error) => Some(problem::Problem::failed(error.message).answer()),
    }
}

/// An answer in place of one that did not come in time.
pub(crate) fn took_too_long() -> HttpResponse {
    problem::Problem::took_too_long().answer()
}

/// An answer for who sent something that is not taken as it was sent.
pub(crate) fn compressed(detail: &str) -> HttpResponse {
    problem::Problem::compressed(detail).answer()
}

/// An answer for whom this server does not answer.
pub(crate) fn refused(detail: &str) -> HttpResponse {
    problem::Problem::refused(detail).answer()
}
