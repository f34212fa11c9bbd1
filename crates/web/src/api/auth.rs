//! Who may do what. Every handler of the API takes one of these, so none is without a decision; and none is asked
//! for what it does not know.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use anirewind_core::App;
use utoipa::openapi::Response;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};

use crate::access::{Access, Who};
use crate::api::problem::Problem;
use crate::api::query;

/// Somebody who may read: with a key, or logged in.
pub(crate) struct Reader {
    /// Whether they may have AniList asked: there is only so much that may be asked of it.
    may_ask: bool,
}

impl Reader {
    /// Refuses whoever may only read what is here.
    pub(crate) fn asks(&self) -> Result<(), Problem> {
        if self.may_ask {
            return Ok(());
        }
        Err(Problem::read_only(
            "this key may only read what is here, and the list as it is now has to be asked for",
        ))
    }
}

/// Somebody who may write: with a key for it, or logged in.
pub(crate) struct Writer;

type Decision<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl FromRequest for Reader {
    type Error = Problem;
    type Future = Decision<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let reader = match who(&request).await? {
                Who::Anybody | Who::Session(_) => Self { may_ask: true },
                Who::Key(key) => Self {
                    may_ask: key.may_write,
                },
                Who::Nobody => return Err(Problem::no_key("reading needs a key")),
                Who::WrongKey => return Err(Problem::no_key("that is no key of this server")),
            };
            query::check(&request)?;
            Ok(reader)
        })
    }
}

impl FromRequest for Writer {
    type Error = Problem;
    type Future = Decision<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            match who(&request).await? {
                Who::Anybody | Who::Session(_) => {}
                Who::Key(key) if key.may_write => {}
                Who::Key(_) => return Err(Problem::read_only("this key may only read")),
                Who::Nobody => return Err(Problem::no_key("writing needs a key")),
                Who::WrongKey => return Err(Problem::no_key("that is no key of this server")),
            }
            query::check(&request)?;
            Ok(Self)
        })
    }
}

/// Somebody who is logged in, or anybody where login is off. A key is not enough: a program does not
/// hand out keys, and does not change who comes in.
pub(crate) struct Owner {
    pub(crate) who: Who,
    access: web::Data<Access>,
    address: std::net::IpAddr,
}

impl Owner {
    /// It was the right one.
    pub(crate) fn forgive(&self) {
        self.access.forgive(self.address);
    }

    /// Counts a wrong password, and refuses where there were too many.
    pub(crate) fn slow_down(&self, app: &App) -> Result<(), Problem> {
        let tried = self.access.try_now(self.address, app.now());
        tried.map_err(Problem::too_many)
    }
}

impl FromRequest for Owner {
    type Error = Problem;
    type Future = Decision<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let who = who(&request).await?;
            let access = request.app_data::<web::Data<Access>>().cloned();
            let access = access.ok_or_else(|| Problem::failed("the server is not wired"))?;
            let (address, _) = crate::login::asker(&access, &request);
            match who {
                Who::Anybody | Who::Session(_) => {}
                Who::Key(_) => return Err(Problem::people_only()),
                Who::Nobody => return Err(Problem::no_key("this needs somebody who is logged in")),
                Who::WrongKey => return Err(Problem::no_key("that is no key of this server")),
            }
            query::check(&request)?;
            Ok(Self {
                who,
                access,
                address,
            })
        })
    }
}

async fn who(request: &HttpRequest) -> Result<Who, Problem> {
    let wired = request
        .app_data::<web::Data<App>>()
        .zip(request.app_data::<web::Data<Access>>());
    let (app, access) = wired.ok_or_else(|| Problem::failed("the server is not wired"))?;
    let who = access.who(app, request).await;
    who.map_err(|error| Problem::failed(error.message))
}

/// What is sent while it is made, so that nobody knows before its end whether it is the same.
fn is_streamed(path: &str) -> bool {
    path == "/api/v1/events" || path.ends_with("/export")
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
        let cookie = ApiKeyValue::with_description(
            "anirewind",
            "What the page's login sets, behind HTTPS called `__Host-anirewind`. It is enough wherever a key is; \
             what only this opens is for people.",
        );
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(cookie));
        components.add_security_scheme("session", cookie);
        // Nothing that is in the document can be used without.
        let none: [&str; 0] = [];
        document.security = Some(vec![SecurityRequirement::new("key", none)]);
        // What is read whole is not sent again to who has it.
        for (path, item) in &mut document.paths.paths {
            if let Some(get) = item.get.as_mut().filter(|_| !is_streamed(path)) {
                let same = Response::new("The same as whoever asks has, by `If-None-Match`");
                get.responses
                    .responses
                    .insert("304".to_owned(), same.into());
            }
        }
    }
}
