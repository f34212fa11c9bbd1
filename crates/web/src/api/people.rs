//! Accounts, keys, sessions and the password: what only somebody who is logged in may change.

use actix_web::{HttpResponse, delete, get, post, put, web};
use anirewind_core::model::AccessToken;
use anirewind_core::view::{ProfileView, instant};
use anirewind_core::{App, LoginError, SessionRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Who;
use crate::api::Hub;
use crate::api::auth::{Owner, Writer};
use crate::api::problem::Problem;
use crate::api::sent::Sent;
use crate::api::tasks::{self, Patience, Reply, TaskView};

type Answer<T> = Result<web::Json<T>, Problem>;

/// A token, or the name of a user whose public list is read without one; and what to call the account.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConnectBody {
    /// What to call it here; the user's name if left out.
    profile: Option<String>,
    /// The token. It is kept in one place and never shown again.
    token: Option<String>,
    /// In place of a token: a user whose public list is read. Private titles are not seen, and nothing can
    /// be brought back.
    public: Option<String>,
}

/// Connects an account, or gives one a new token, after asking AniList whose it is. Without a token only
/// the public list of a user is read.
#[utoipa::path(tag = "profiles", params(Patience), request_body = ConnectBody, security(("session" = [])), responses(
    (status = 201, body = ProfileView),
    (status = 202, description = "It takes its time", body = TaskView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/profiles")]
pub(crate) async fn connect(
    _: Owner,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    patience: Patience,
    body: Sent<ConnectBody, Owner>,
) -> Result<HttpResponse, Problem> {
    let ConnectBody {
        profile,
        token,
        public,
    } = body.into_inner();
    let token = match (token, &public) {
        (Some(token), None) => {
            let token = AccessToken::new(&token);
            Some(token.ok_or_else(|| Problem::usage("that is not a token"))?)
        }
        (None, Some(_)) => None,
        _ => return Err(Problem::usage("give a token, or the name of a public user")),
    };
    let asker = app.get_ref().clone();
    let work = async move {
        let profile = profile.as_deref();
        let row = if let Some(token) = token {
            asker.add_account(profile, token).await?
        } else {
            let user = public.as_deref().unwrap_or_default();
            asker.add_public_account(profile, user).await?
        };
        Reply::created(&asker, "/api/v1/profiles", &ProfileView::from(&row))
    };
    tasks::run(&app, &hub, patience, "an account to connect", work).await
}

/// Asks AniList whether the token of an account is good, and whose it is.
#[utoipa::path(tag = "profiles", params(Patience, ("profile", description = "What it is called here")), security(("key" = [])), responses(
    (status = 200, body = ProfileView),
    (status = 202, description = "It takes its time", body = TaskView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/profiles/{profile}/check")]
pub(crate) async fn check(
    _: Writer,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    patience: Patience,
    profile: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let targets = app.targets(Some(&profile)).await?;
    let asker = app.get_ref().clone();
    let work = async move {
        let target = targets.first();
        let target = target.ok_or_else(|| Problem::missing("there is no such account"))?;
        let row = asker.check_account(target).await?;
        Reply::ok(&ProfileView::from(&row))
    };
    tasks::run(&app, &hub, patience, "a token to check", work).await
}

/// Forgets an account and its token. Its snapshots stay.
#[utoipa::path(tag = "profiles", params(("profile", description = "What it is called here")), security(("session" = [])), responses(
    (status = 204),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[delete("/api/v1/profiles/{profile}")]
pub(crate) async fn disconnect(
    _: Owner,
    app: web::Data<App>,
    profile: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    app.remove_account(&profile).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What to call a key, and what it may do.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewKeyBody {
    /// What to call it.
    name: String,
    /// Whether it may write.
    #[serde(default)]
    may_write: bool,
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewKeyView {
    /// What it is called.
    name: String,
    /// Whether it may write.
    may_write: bool,
    /// The key. It is shown this once.
    key: String,
}

/// Makes a key. It is shown this once; only its hash is kept.
#[utoipa::path(tag = "server", request_body = NewKeyBody, security(("session" = [])), responses(
    (status = 201, body = NewKeyView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/keys")]
pub(crate) async fn add_key(
    _: Owner,
    app: web::Data<App>,
    body: Sent<NewKeyBody, Owner>,
) -> Result<HttpResponse, Problem> {
    let NewKeyBody { name, may_write } = body.into_inner();
    let key = app.add_key(&name, may_write).await?;
    Ok(HttpResponse::Created().json(NewKeyView {
        name,
        may_write,
        key,
    }))
}

/// Forgets a key. Who uses it is refused from now on.
#[utoipa::path(tag = "server", params(("name", description = "What it is called")), security(("session" = [])), responses(
    (status = 204),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[delete("/api/v1/keys/{name}")]
pub(crate) async fn remove_key(
    _: Owner,
    app: web::Data<App>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    app.remove_key(&name).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Somebody who is logged in somewhere.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionView {
    /// Its name.
    id: String,
    /// When they came in, RFC 3339.
    created_at: String,
    /// When it was last used, to the minute, RFC 3339.
    used_at: String,
    /// What their browser calls itself.
    agent: String,
    /// Where they came from.
    address: String,
    /// Whether it is the one that asks.
    is_this: bool,
}

impl SessionView {
    fn of(row: SessionRow, who: &Who) -> Self {
        Self {
            is_this: matches!(who, Who::Session(own) if own.id == row.id),
            id: row.id,
            created_at: instant(row.created_at),
            used_at: instant(row.used_at),
            agent: row.agent,
            address: row.address,
        }
    }
}

/// Everybody who is logged in.
#[utoipa::path(tag = "server", security(("session" = [])), responses(
    (status = 200, body = Vec<SessionView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/sessions")]
pub(crate) async fn sessions(owner: Owner, app: web::Data<App>) -> Answer<Vec<SessionView>> {
    let rows = app.sessions().await?.into_iter();
    Ok(web::Json(
        rows.map(|row| SessionView::of(row, &owner.who)).collect(),
    ))
}

/// Ends a session. Who had it has to log in again.
#[utoipa::path(tag = "server", params(("id", description = "Its name")), security(("session" = [])), responses(
    (status = 204),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[delete("/api/v1/sessions/{id}")]
pub(crate) async fn end_session(
    _: Owner,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    app.end_session(&id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The password as it is and as it is to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PasswordBody {
    /// As it is.
    current: String,
    /// As it is to be: 12 characters or more.
    new: String,
}

/// Changes the password. Everybody else has to log in again.
#[utoipa::path(tag = "server", request_body = PasswordBody, security(("session" = [])), responses(
    (status = 204),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[put("/api/v1/password")]
pub(crate) async fn change_password(
    owner: Owner,
    app: web::Data<App>,
    body: Sent<PasswordBody, Owner>,
) -> Result<HttpResponse, Problem> {
    let session = match &owner.who {
        Who::Session(session) => Some(session.id.as_str()),
        _ => None,
    };
    // A wrong one costs as much time as at the door.
    owner.slow_down(&app)?;
    let changed = app.change_password(&body.current, &body.new, session);
    let changed = changed.await;
    if !matches!(changed, Err(LoginError::WrongPassword)) {
        owner.forgive();
    }
    changed?;
    Ok(HttpResponse::NoContent().finish())
}
