//! Who may talk to us: requests that were meant for this machine.
//!
//! A page elsewhere can point a name of its own at 127.0.0.1 and have the browser fetch our pages
//! as if they were its own. Such requests carry that name in `Host`, and are refused.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::{DefaultHeaders, Next};
use actix_web::{Error, HttpResponse};

use crate::api;

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

/// Refuses requests for another host, and from pages of another origin.
pub(crate) async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    // The raw header: what proxies claim to have seen is not asked.
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let is_api = request.path().starts_with("/api/");
    let refusal = if !host.is_some_and(is_this_machine) && is_api {
        Some(api::refused(
            "this server answers to this machine's own names only",
        ))
    } else if !host.is_some_and(is_this_machine) {
        Some(HttpResponse::Forbidden().body(
            "This server answers to this machine's own names only: 127.0.0.1, [::1] or localhost.\n",
        ))
    } else if is_api && is_from_elsewhere(&request, host.unwrap_or_default()) {
        Some(api::refused("another site may not ask for this"))
    } else if [Method::GET, Method::HEAD].contains(request.method()) {
        None
    } else if !is_api {
        Some(HttpResponse::MethodNotAllowed().body("There is nothing to send here.\n"))
    } else {
        None
    };
    match refusal {
        Some(refusal) => Ok(request.into_response(refusal).map_into_right_body()),
        None => next
            .call(request)
            .await
            .map(ServiceResponse::map_into_left_body),
    }
}

/// Headers that every answer carries.
pub(crate) fn headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::CONTENT_SECURITY_POLICY, POLICY))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::REFERRER_POLICY, "no-referrer"))
        .add(("Cross-Origin-Resource-Policy", "same-origin"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add((header::CACHE_CONTROL, "no-store"))
}

/// Whether a browser says that a page of another origin asks for this.
fn is_from_elsewhere(request: &ServiceRequest, host: &str) -> bool {
    let header = |name: &str| {
        let value = request.headers().get(name)?;
        value.to_str().ok()
    };
    let is_cross =
        header("Sec-Fetch-Site").is_some_and(|site| !["same-origin", "none"].contains(&site));
    let is_foreign = request.headers().contains_key(header::ORIGIN)
        && header("Origin")
            .and_then(|origin| origin.split_once("://"))
            .is_none_or(|(_, name)| name != host);
    is_cross || is_foreign
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
            Some(_) => return false,
            None => host,
        },
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_own_names_pass() {
        for host in [
            "127.0.0.1:4849",
            "localhost",
            "LOCALHOST:80",
            "[::1]:4849",
            "127.0.0.2",
        ] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "127.0.0.1.evil.example:4849",
            "localhost.evil.example",
            "localhost:4849.evil.example",
            "192.168.1.2:4849",
            "[::2]:80",
            "0.0.0.0",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
