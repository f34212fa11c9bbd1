//! What somebody likes in this browser, kept in its cookies: light or dark, UTC, letter keys.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::page::{Form, PageError, Visitor};
use crate::times::{TIMES, UTC};

#[derive(Deserialize)]
struct Choice {
    theme: String,
    #[serde(default)]
    back: String,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/theme").post(choose))
        .service(web::resource("/times").post(choose_times))
        .service(web::resource("/keys").post(switch_keys));
}

async fn choose(visitor: Visitor, choice: Form<Choice>) -> Result<HttpResponse, PageError> {
    let Choice { theme, back } = choice.0;
    let mut answer = visitor.go(crate::login::local(&back), None);
    let mut cookie = Cookie::build("theme", theme.clone())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .permanent()
        .finish();
    if !["light", "dark"].contains(&theme.as_str()) {
        cookie.make_removal();
    }
    let set = answer.add_cookie(&cookie);
    set.map_err(|_| PageError::broken("the cookie could not be set"))?;
    Ok(answer)
}

#[derive(Deserialize)]
struct Clocks {
    times: String,
    #[serde(default)]
    back: String,
}

async fn choose_times(visitor: Visitor, clocks: Form<Clocks>) -> Result<HttpResponse, PageError> {
    let Clocks { times, back } = clocks.0;
    let mut answer = visitor.go(crate::login::local(&back), None);
    let mut cookie = Cookie::build(TIMES, UTC)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .permanent()
        .finish();
    if times != UTC {
        cookie.make_removal();
    }
    let set = answer.add_cookie(&cookie);
    set.map_err(|_| PageError::broken("the cookie could not be set"))?;
    Ok(answer)
}

#[derive(Deserialize)]
struct Keys {
    keys: String,
}

/// Letter keys are off unless somebody wants them: they get in the way of those who speak to their
/// computer.
async fn switch_keys(visitor: Visitor, keys: Form<Keys>) -> Result<HttpResponse, PageError> {
    let mut answer = visitor.go("/help/keys", None);
    // Read by a script, so not for HTTP only; it is no secret.
    let mut cookie = Cookie::build("keys", "on")
        .path("/")
        .same_site(SameSite::Lax)
        .permanent()
        .finish();
    if keys.0.keys != "on" {
        cookie.make_removal();
    }
    let set = answer.add_cookie(&cookie);
    set.map_err(|_| PageError::broken("the cookie could not be set"))?;
    Ok(answer)
}
