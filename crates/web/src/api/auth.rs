//! Who may do what. Every handler of the API takes one of these, so none is without a decision.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use anirewind_core::{App, KeyRow};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use crate::api::problem::Problem;

/// Somebody who may read: anybody on this machine, as with the pages, but not with a key that is none.
pub(crate) struct Reader {
    has_key: bool,
}

impl Reader {
    /// For what asks AniList: only for those who show a key.
    pub(crate) fn with_key(&self) -> Result<(), Problem> {
        if self.has_key {
            Ok(())
        } else {
            Err(Problem::no_key("this asks AniList, and needs a key"))
        }
    }
}

/// Somebody who may write: a program with a key for it.
pub(crate) struct Writer;

type Decision<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl FromRequest for Reader {
    type Error = Problem;
    type Future = Decision<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let has_key = key(&request).await?.is_some();
            Ok(Self { has_key })
        })
    }
}

impl FromRequest for Writer {
    type Error = Problem;
    type Future = Decision<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            match key(&request).await? {
                Some(key) if key.may_write => Ok(Self),
                Some(_) => Err(Problem::read_only()),
                None => Err(Problem::no_key("writing needs a key")),
            }
        })
    }
}

/// The key that a request shows. A wrong one is an error, not none.
async fn key(request: &HttpRequest) -> Result<Option<KeyRow>, Problem> {
    let Some(shown) = request.headers().get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let shown = shown.to_str().ok().and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    let refused = || Problem::no_key("that is no key of this server");
    let shown = shown.ok_or_else(refused)?;
    let app = request.app_data::<web::Data<App>>().ok_or_else(refused)?;
    let found = app.check_key(shown).await?;
    found.map(Some).ok_or_else(refused)
}

/// Tells the document how a key is sent.
pub(crate) struct Scheme;

impl utoipa::Modify for Scheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A key made by `anirewind key add`."));
        let scheme = SecurityScheme::Http(scheme.build());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", scheme);
    }
}
