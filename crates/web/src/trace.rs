//! A request has a name: in the log, in the answer, and in what went wrong. Its page shows times by
//! the clocks of whoever asks.

use std::future::Future;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::ConnectionType;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use anirewind_core::App;
use tracing::Instrument as _;

use crate::api::Hub;
use crate::format;
use crate::language;
use crate::times::Clocks;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    /// The name of the request that is being answered.
    static REQUEST: String;
}

/// The name of the request that is being answered, if one is.
pub(crate) fn current() -> Option<String> {
    REQUEST.try_with(Clone::clone).ok()
}

/// Gives the request a name, and notes what was answered. What stands in the query is not noted: it
/// may be what somebody looks for.
pub(crate) async fn follow(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let hub = request.app_data::<web::Data<Hub>>();
    let id = hub.map_or_else(|| "0".to_owned(), |hub| hub.name_request());
    let is_closing = hub.is_some_and(|hub| hub.is_closing());
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let span = tracing::info_span!("request", id);
    let app = request.app_data::<web::Data<App>>();
    let clocks = app.map(|app| (Clocks::of(request.request(), app).zone(), app.now()));
    let titles = language::of_service(&request);
    let answered = language::in_language(titles, next.call(request));
    let answered = format::in_zone(clocks, answered);
    let answered = within(id.clone(), answered).instrument(span.clone());
    let mut answered = answered.await;
    let status = match &answered {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    let status = status.as_u16();
    span.in_scope(|| tracing::debug!(%method, path, status, "answered"));
    let mark = |headers: &mut HeaderMap| {
        if let Ok(value) = HeaderValue::from_str(&id) {
            headers.insert(HEADER, value);
        }
    };
    match &mut answered {
        Ok(response) => {
            mark(response.headers_mut());
            if is_closing {
                // Whoever asks again is answered by the one that takes over.
                let head = response.response_mut().head_mut();
                head.set_connection_type(ConnectionType::Close);
            }
        }
        // An error is made an answer of only after this.
        Err(error) => {
            let mut answer = error.error_response();
            mark(answer.headers_mut());
            if is_closing {
                answer.head_mut().set_connection_type(ConnectionType::Close);
            }
            let cause = error.to_string();
            return Err(InternalError::from_response(cause, answer).into());
        }
    }
    answered
}

fn within<F: Future>(id: String, work: F) -> impl Future<Output = F::Output> {
    REQUEST.scope(id, work)
}
