//! Light, dark, or as the system says: kept in a cookie of this browser.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::page::{Form, PageError, Visitor};

#[derive(Deserialize)]
struct Choice {
    theme: String,
    #[serde(default)]
    back: String,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/theme").post(choose));
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
