//! Who may talk to us: requests that were meant for this server, from pages of its own.
//!
//! A page elsewhere can point a name of its own at our address and have the browser fetch our pages
//! as if they were its own. Such requests carry that name in `Host`, and are refused. It can also
//! have the browser send us forms, with our cookies; such requests say where they come from.

use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ResponseHead, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode, header};
use actix_web::middleware::{DefaultHeaders, Next};
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse, web};
use anirewind_core::App;
use percent_encoding::percent_decode_str;

use crate::access::{self, Access, Who};
use crate::api::Hub;
use crate::page::{self, PageError, Unreadable};
use crate::patience::{Arriving, Held};
use crate::{api, patience, upload};

/// So long it is asked who somebody is before the connection is given up instead: the answer itself is ready by then.
const ASKING: Duration = Duration::from_secs(1);

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Refuses requests for another host, and what would change something and comes from elsewhere. Puts
/// pages around errors.
pub(crate) async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let access = request.app_data::<web::Data<Access>>().cloned();
    let mut request = request;
    let (payload, arriving) = patience::hurry(request.take_payload());
    request.set_payload(payload);
    let Some(access) = access else {
        let refusal = HttpResponse::InternalServerError().finish();
        return Ok(held(request.into_response(refusal), arriving));
    };
    let host = host_of(&request).unwrap_or_default().to_owned();
    // Some name it there too, or somebody else.
    let also = request.uri().authority();
    let is_for_us = also.is_none_or(|also| access.answers_to(also.as_str()));
    // As it will be routed, whatever of it is written as %xx.
    let path = percent_decode_str(request.path()).decode_utf8_lossy();
    let path = path.strip_prefix(access.base()).unwrap_or(&path);
    let is_api = path.starts_with("/api/");
    let takes_files = request.method() == Method::POST && upload::is_taken_at(path);
    let is_safe = [Method::GET, Method::HEAD].contains(request.method());
    let refuse = |status: HttpResponse, detail: &'static str| {
        if is_api && status.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            api::compressed(detail)
        } else if is_api {
            api::refused(detail)
        } else {
            let text = format!("{}\n", page::sentence(detail));
            let mut said = status.set_body(BoxBody::new(text));
            let plain = HeaderValue::from_static("text/plain; charset=utf-8");
            said.headers_mut().insert(header::CONTENT_TYPE, plain);
            said
        }
    };
    let refusal = if !is_for_us || !access.answers_to(&host) {
        Some(refuse(
            HttpResponse::Forbidden().finish(),
            "this server does not answer to that name: see the setting `allowed_hosts`",
        ))
    } else if is_packed(&request) {
        Some(refuse(
            HttpResponse::UnsupportedMediaType().finish(),
            "what is sent here is not to be compressed",
        ))
    } else if (!is_safe || is_api) && is_from_elsewhere(&request, &host, access.is_https()) {
        Some(refuse(
            HttpResponse::Forbidden().finish(),
            "another site may not ask for this",
        ))
    } else if !is_safe && has_cookie_alone(&request) {
        Some(refuse(
            HttpResponse::Forbidden().finish(),
            "a browser has to say which page this comes from",
        ))
    } else {
        None
    };
    let refusal = match refusal {
        // Before a body is read: who may not write has nothing to say.
        None if is_api && !is_safe => api::turned_away(&request, &access).await,
        refusal => refusal,
    };
    if let Some(mut refusal) = refusal {
        hang_up(refusal.head_mut());
        return Ok(held(request.into_response(refusal), arriving));
    }
    note_proxy(&request, &access).await;
    let longest = longest(&request, takes_files);
    // Made before it is routed: nobody else may hold the request while it is.
    let late = || too_late(is_api, access.is_https());
    let answered = next.call(request);
    let answered = match longest {
        Some(longest) => match tokio::time::timeout(longest, answered).await {
            Ok(answered) => answered,
            Err(_) => Err(late()),
        },
        None => answered.await,
    };
    let mut response = answered.map_err(|error| held_error(error, arriving.clone()))?;
    page::forget_said(&mut response);
    let is_unreadable = response.status() == StatusCode::BAD_REQUEST;
    let error = response.response().error();
    let page_error = error.and_then(PageError::of);
    let unreadable = error.and_then(|error| error.as_error::<Unreadable>());
    let unreadable = unreadable.map(|error| error.0.clone());
    let request = response.request().clone();
    let answer = match (page_error, unreadable) {
        (Some(error), _) => Some(page::mended(&request, &error).await),
        (None, Some(error)) => Some(page::told(&request, &error).await),
        // An address is read before anybody looks at who asks.
        (None, None) if is_api && is_safe && is_unreadable => {
            api::turned_back(&request, &access).await
        }
        (None, None) => None,
    };
    let is_stranger = !is_in(&access, &request).await;
    let mut answered = match answer {
        Some(answer) => ServiceResponse::new(request, answer),
        None => response.map_into_boxed_body(),
    };
    if is_stranger {
        hang_up(answered.response_mut().head_mut());
    }
    Ok(held(answered, arriving))
}

/// The answer with what has not arrived yet, see [`Held`].
fn held(answer: ServiceResponse, arriving: Option<Arriving>) -> ServiceResponse<Held<BoxBody>> {
    let mut answer = answer;
    hold_empty(answer.response_mut(), arriving.as_ref());
    answer.map_body(|_, body| Held::new(body, arriving))
}

/// What is on the way lets go of a body with nothing in it, and of what that holds; not of what goes with the head.
fn hold_empty(answer: &mut HttpResponse, arriving: Option<&Arriving>) {
    if let Some(arriving) = arriving {
        answer.extensions_mut().insert(Arriving::clone(arriving));
    }
}

/// The same for an answer that is an error.
fn held_error(error: Error, arriving: Option<Arriving>) -> Error {
    if arriving.is_none() {
        return error;
    }
    let mut answer = error.error_response();
    hold_empty(&mut answer, arriving.as_ref());
    let answer = answer.map_body(|_, body| BoxBody::new(Held::new(body, arriving)));
    InternalError::from_response(error, answer).into()
}

/// Only the first request of a connection is given up where it never comes to its end: strangers get no second.
fn hang_up(answer: &mut ResponseHead) {
    answer.set_connection_type(ConnectionType::Close);
}

async fn is_in(access: &Access, request: &HttpRequest) -> bool {
    let Some(app) = request.app_data::<web::Data<App>>() else {
        return false;
    };
    let asked = tokio::time::timeout(ASKING, access.is_in(app, request)).await;
    asked.unwrap_or(false)
}

/// Whom a request is for: the raw header, once. What proxies claim to have seen is not asked, and of two names
/// whoever stands in between may have looked at the other.
fn host_of(request: &ServiceRequest) -> Option<&str> {
    let mut hosts = request.headers().get_all(header::HOST);
    let host = hosts.next().filter(|_| hosts.next().is_none());
    host.and_then(|host| host.to_str().ok())
}

/// How long the answer may take; for ever where a file may be sent in and one is, which has the time it needs to
/// arrive. Elsewhere the length of what is sent changes nothing.
fn longest(request: &ServiceRequest, takes_files: bool) -> Option<Duration> {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length: Option<usize> = length.and_then(|length| length.to_str().ok()?.parse().ok());
    let is_long = length.map_or_else(
        || request.headers().contains_key(header::TRANSFER_ENCODING),
        |length| length > api::LARGEST_BODY,
    );
    let hub = request.app_data::<web::Data<Hub>>()?;
    let is_file = takes_files && is_long;
    (!is_file).then(|| hub.longest())
}

/// What is told to who waited too long. What was asked for is given up where it is, as when somebody hangs up.
fn too_late(is_api: bool, is_https: bool) -> Error {
    tracing::warn!("an answer took too long and was given up");
    let mut answer = if is_api {
        api::took_too_long()
    } else {
        let text = "That took too long and was given up. What was done by then stands; look at it again.\n";
        HttpResponse::ServiceUnavailable()
            .content_type("text/plain; charset=utf-8")
            .body(text)
    };
    hang_up(answer.head_mut());
    // An error passes by what puts these on other answers.
    for (name, value) in header_list(is_https) {
        answer.headers_mut().insert(name, value);
    }
    InternalError::from_response("an answer took too long", answer).into()
}

/// Notes who passes requests on without being named. The word of those who are in counts: anybody can send
/// such a header.
async fn note_proxy(request: &ServiceRequest, access: &Access) {
    let Some(peer) = access.unnamed_proxy(request.request()) else {
        return;
    };
    let Some(app) = request.app_data::<web::Data<App>>() else {
        return;
    };
    if app.knows_unnamed_proxy() {
        return;
    }
    let who = access.who(app, request.request()).await;
    if matches!(who, Ok(Who::Anybody | Who::Session(_) | Who::Key(_))) {
        app.note_unnamed_proxy(peer);
    }
}

/// Headers that every answer carries.
pub(crate) fn headers(is_https: bool) -> DefaultHeaders {
    let list = header_list(is_https);
    list.fold(DefaultHeaders::new(), DefaultHeaders::add)
}

fn header_list(is_https: bool) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let always = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
        (header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let encrypted = (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    let all = always.into_iter().chain(is_https.then_some(encrypted));
    all.map(|(name, value)| (name, HeaderValue::from_static(value)))
}

/// Whether a body is compressed. A little of that can become very much.
fn is_packed(request: &ServiceRequest) -> bool {
    let mut encodings = request.headers().get_all(header::CONTENT_ENCODING);
    encodings.any(|encoding| encoding != "identity")
}

fn is_own_name(host: &str) -> bool {
    host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]")
}

/// What a browser says about where a request comes from.
fn said<'a>(request: &'a ServiceRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

/// Whether a browser says that a page of another origin asks for this.
fn is_from_elsewhere(request: &ServiceRequest, host: &str, is_https: bool) -> bool {
    let is_cross = said(request, "Sec-Fetch-Site")
        .is_some_and(|site| !["same-origin", "none"].contains(&site));
    let is_foreign = request.headers().contains_key(header::ORIGIN)
        && said(request, "Origin")
            .and_then(|origin| origin.split_once("://"))
            .is_none_or(|(scheme, name)| {
                // By the machine's own names one gets in unencrypted, past the proxy.
                let is_weaker = is_https && scheme != "https" && !is_own_name(name);
                is_weaker || !name.eq_ignore_ascii_case(host)
            });
    is_cross || is_foreign
}

/// Whether something is to be changed on the strength of a cookie, and nothing says where it comes
/// from. Browsers say it with every form; a program shows a key.
fn has_cookie_alone(request: &ServiceRequest) -> bool {
    request.headers().contains_key(header::COOKIE)
        && !said(request, "Authorization").is_some_and(access::is_bearer)
        && said(request, "Sec-Fetch-Site").is_none()
        && said(request, "Origin").is_none()
}
