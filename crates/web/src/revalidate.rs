//! Answers of the API that were not read before, and a short word for those that were.

use actix_web::body::{BodySize, BoxBody, MessageBody, None as NoBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use crate::access::Access;

/// Marks what the API lets be read with what it holds (`ETag`), and answers 304 to whoever has that
/// already (`If-None-Match`).
pub(crate) async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_read = [Method::GET, Method::HEAD].contains(request.method());
    let access = request.app_data::<web::Data<Access>>();
    let path = request.path();
    let path = access.and_then(|access| path.strip_prefix(access.base()));
    let is_api = is_read && path.is_some_and(|path| path.starts_with("/api/v1/"));
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.call(request).await?.map_into_boxed_body();
    // A stream has no size, and no end to wait for.
    let is_whole = matches!(response.response().body().size(), BodySize::Sized(_));
    if !is_api || response.status() != StatusCode::OK || !is_whole {
        return Ok(response);
    }
    let (request, response) = response.into_parts();
    let (mut response, body) = response.into_parts();
    let body = to_bytes(body).await.map_err(Error::from)?;
    if !response.headers().contains_key(header::ETAG)
        && let Ok(tag) = HeaderValue::from_str(&tag_of(&body))
    {
        response.headers_mut().insert(header::ETAG, tag);
    }
    let is_known = known.is_some_and(|known| names(&known, response.headers()));
    let response = if is_known {
        // With all that the whole answer would have, but for what is said of a body.
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.set_body(BoxBody::new(NoBody::new()))
    } else {
        response.set_body(body).map_into_boxed_body()
    };
    Ok(ServiceResponse::new(request, response))
}

/// Weak: what is sent may be compressed, and means the same.
fn tag_of(body: &[u8]) -> String {
    let hash = anirewind_core::Hash::of(body).to_string();
    let digits = hash.rsplit(':').next().unwrap_or_default();
    format!("W/\"{}\"", digits.get(..32).unwrap_or(digits))
}

/// Whether one of the marks is the one of this answer.
fn names(known: &HeaderValue, headers: &HeaderMap) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let (Some(tag), Ok(known)) = (tag.map(bare), known.to_str()) else {
        return false;
    };
    known
        .split(',')
        .any(|one| one.trim() == "*" || bare(one) == tag)
}
