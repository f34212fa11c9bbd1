//! The way in: setting the first password, logging in, logging out.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use anirewind_core::{App, Explain as _, LoginError};
use askama::Template;
use serde::Deserialize;
use std::net::IpAddr;

use crate::access::{Access, Who};
use crate::page::{Form, Page, PageError, Query, Said, Visitor, go, outside, sentence, show_as};

#[derive(Template)]
#[template(path = "setup.html")]
struct Setup {
    page: Page,
    /// What the person has entered so far; never a password.
    code: String,
    file: String,
    problem: Option<(String, String)>,
    /// The field it is about.
    wrong: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "login.html")]
struct Login {
    page: Page,
    next: String,
    problem: Option<String>,
}

#[derive(Deserialize)]
struct SetupForm {
    code: String,
    password: String,
}

#[derive(Deserialize)]
struct LoginForm {
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/setup").get(setup).post(claim))
        .service(web::resource("/login").get(login).post(log_in))
        .service(web::resource("/logout").post(log_out));
}

type Answer = Result<HttpResponse, PageError>;

fn setup_page(
    app: &App,
    access: &Access,
    request: &HttpRequest,
    code: String,
    problem: Option<&LoginError>,
) -> HttpResponse {
    let template = Setup {
        page: Page {
            step: Some(1),
            ..outside(access.base(), "Set up", request)
        },
        code,
        file: app.settings().data.join("setup-code").display().to_string(),
        problem: problem.map(|error| {
            let hint = error.hint().unwrap_or_default();
            (sentence(&error.to_string()), hint)
        }),
        wrong: problem.map(|error| match error {
            LoginError::WrongCode => "code",
            _ => "password",
        }),
    };
    let status = match problem {
        None => actix_web::http::StatusCode::OK,
        Some(_) => actix_web::http::StatusCode::UNPROCESSABLE_ENTITY,
    };
    show_as(status, &template)
}

async fn setup(app: web::Data<App>, access: web::Data<Access>, request: HttpRequest) -> Answer {
    if access.is_open() || app.is_claimed().await? {
        return Ok(go(access.base(), "/", None));
    }
    Ok(setup_page(&app, &access, &request, String::new(), None))
}

/// From where and with what somebody asks.
pub(crate) fn asker(access: &Access, request: &HttpRequest) -> (IpAddr, String) {
    // Each proxy adds to the line, or adds a line.
    let lines = request.headers().get_all("X-Forwarded-For");
    let lines: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
    let address = access.address_of(request.peer_addr(), Some(&lines.join(",")));
    let agent = request.headers().get(header::USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok());
    (address, agent.unwrap_or_default().to_owned())
}

pub(crate) fn wait_words(wait: time::Duration) -> String {
    let seconds = wait.whole_seconds() + 1;
    format!("That was wrong too often. You can try again in {seconds} seconds.")
}

async fn claim(
    app: web::Data<App>,
    access: web::Data<Access>,
    request: HttpRequest,
    form: Form<SetupForm>,
) -> Answer {
    if app.is_claimed().await? {
        return Ok(go(access.base(), "/login", None));
    }
    let (address, agent) = asker(&access, &request);
    if let Err(wait) = access.try_now(address, app.now()) {
        return Ok(too_many(&access, &request, wait));
    }
    let SetupForm { code, password } = form.0;
    match app.claim(&code, &password).await {
        Ok(()) => {}
        Err(LoginError::Claimed) => return Ok(go(access.base(), "/login", None)),
        Err(error @ (LoginError::WrongCode | LoginError::TooShort)) => {
            if matches!(error, LoginError::TooShort) {
                access.forgive(address);
            }
            return Ok(setup_page(&app, &access, &request, code, Some(&error)));
        }
        Err(error) => return Err(error.into()),
    }
    access.forgive(address);
    let session = app.begin_session(&agent, &address.to_string()).await?;
    // The next step, unless the machine was told the token already.
    let is_connected = !app.settings().tokens.is_empty() || !app.accounts().await?.is_empty();
    let mut answer = go(
        access.base(),
        if is_connected { "/" } else { "/connect" },
        Some(Said::done("The password is set, and you are logged in.")),
    );
    let added = answer.add_cookie(&access.cookie(&session));
    added.map_err(|_| PageError::broken("the cookie could not be set"))?;
    Ok(answer)
}

fn login_page(
    access: &Access,
    request: &HttpRequest,
    next: String,
    problem: Option<String>,
    status: actix_web::http::StatusCode,
) -> HttpResponse {
    let template = Login {
        page: outside(access.base(), "Log in", request),
        next,
        problem,
    };
    show_as(status, &template)
}

fn too_many(access: &Access, request: &HttpRequest, wait: time::Duration) -> HttpResponse {
    let mut answer = login_page(
        access,
        request,
        String::new(),
        Some(wait_words(wait)),
        actix_web::http::StatusCode::TOO_MANY_REQUESTS,
    );
    let seconds = header::HeaderValue::from(wait.whole_seconds().saturating_add(1));
    answer.headers_mut().insert(header::RETRY_AFTER, seconds);
    answer
}

async fn login(
    app: web::Data<App>,
    access: web::Data<Access>,
    request: HttpRequest,
    next: Option<Query<Next>>,
) -> Answer {
    if !access.is_open() && !app.is_claimed().await? {
        return Ok(go(access.base(), "/setup", None));
    }
    // Whoever is not in yet is told of no address that cannot be read.
    let next = next.map_or_else(String::new, |next| next.0.next);
    let status = actix_web::http::StatusCode::OK;
    Ok(login_page(&access, &request, next, None, status))
}

async fn log_in(
    app: web::Data<App>,
    access: web::Data<Access>,
    request: HttpRequest,
    form: Form<LoginForm>,
) -> Answer {
    let (address, agent) = asker(&access, &request);
    if let Err(wait) = access.try_now(address, app.now()) {
        return Ok(too_many(&access, &request, wait));
    }
    let LoginForm { password, next } = form.0;
    let session = app.log_in(&password, &agent, &address.to_string()).await;
    let session = match session {
        Ok(session) => session,
        Err(LoginError::NotClaimed) => return Ok(go(access.base(), "/setup", None)),
        Err(LoginError::WrongPassword) => {
            tracing::warn!(%address, "a wrong password");
            let problem = Some("That is not the password.".to_owned());
            let status = actix_web::http::StatusCode::UNAUTHORIZED;
            return Ok(login_page(&access, &request, next, problem, status));
        }
        Err(error) => return Err(error.into()),
    };
    access.forgive(address);
    let mut answer = go(access.base(), local(&next), None);
    let added = answer.add_cookie(&access.cookie(&session));
    added.map_err(|_| PageError::broken("the cookie could not be set"))?;
    Ok(answer)
}

/// A path of ours, whatever was asked for: never another site.
pub(crate) fn local(next: &str) -> &str {
    let is_path = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\r', '\n', '\t']);
    if is_path { next } else { "/" }
}

async fn log_out(visitor: Visitor) -> Answer {
    if let Who::Session(session) = &visitor.who {
        match visitor.app.end_session(&session.id).await {
            Ok(()) | Err(LoginError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let mut answer = visitor.go("/login", Some(Said::done("You are logged out.")));
    let removed = answer.add_cookie(&visitor.access.no_cookie());
    removed.map_err(|_| PageError::broken("the cookie could not be removed"))?;
    let everything = header::HeaderValue::from_static("\"cache\", \"storage\"");
    let name = header::HeaderName::from_static("clear-site-data");
    answer.headers_mut().insert(name, everything);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_to_a_page_of_ours_only() {
        assert_eq!(local("/timeline?kind=added"), "/timeline?kind=added");
        for elsewhere in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/\t/evil.example",
        ] {
            assert_eq!(local(elsewhere), "/", "{elsewhere}");
        }
    }
}
