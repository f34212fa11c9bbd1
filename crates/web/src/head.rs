//! Whoever asks only for the head of an answer is answered as if they had asked for all of it: what is not sent is
//! left out where the answer goes onto the wire.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _};
use percent_encoding::percent_decode_str;

/// Says of a request that nobody will see what it is answered with.
pub(crate) struct OnlyHead;

/// Takes `HEAD` for `GET`, but for what never ends.
pub(crate) async fn as_get(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    // As it will be routed, whatever of it is written as %xx.
    let path = percent_decode_str(request.path()).decode_utf8_lossy();
    // Of the API the one that never ends says itself what stands before it.
    let is_endless = path.ends_with("/events") && !path.ends_with("/api/v1/events");
    if *request.method() == Method::HEAD && !is_endless {
        request.head_mut().method = Method::GET;
        request.extensions_mut().insert(OnlyHead);
    }
    next.call(request).await
}
