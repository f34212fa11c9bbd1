//! Whoever asks only for the head of an answer is answered as if they had asked for all of it: what is not sent is
//! left out where the answer goes onto the wire.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;

/// Takes `HEAD` for `GET`, but for what never ends.
pub(crate) async fn as_get(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if *request.method() == Method::HEAD && !request.path().ends_with("/events") {
        request.head_mut().method = Method::GET;
    }
    next.call(request).await
}
