//! Who may come in: the password, who is logged in, and keys for programs.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use anirewind_core::{Explain, KeyError, KeyRow, LoginError, SessionRow};
use askama::Template;
use serde::Deserialize;
use time::OffsetDateTime;

use crate::access::Who;
use crate::page::{Form, Page, PageError, Place, Said, Visitor, sentence, show_as};
use crate::parts::When;

#[derive(Template)]
#[template(path = "security.html")]
struct Security {
    page: Page,
    is_open: bool,
    /// Whether the password stands in the environment and is changed there.
    is_provided: bool,
    sessions: Vec<SessionLine>,
    keys: Vec<KeyLine>,
    /// A key that was just made, shown this once.
    made: Option<(String, String)>,
    problem: Option<String>,
    /// The field it is about.
    wrong: Option<&'static str>,
    /// What was typed as the name of a key.
    name: String,
}

/// Why something was refused.
#[derive(Default)]
struct Refused {
    words: String,
    field: Option<&'static str>,
    name: String,
}

impl Refused {
    fn of(error: &(impl Explain + std::fmt::Display), field: Option<&'static str>) -> Self {
        let hint = error.hint().unwrap_or_default();
        Self {
            words: format!("{} {hint}", sentence(&error.to_string())),
            field,
            name: String::new(),
        }
    }
}

struct SessionLine {
    id: String,
    agent: String,
    address: String,
    used: When,
    is_this: bool,
}

struct KeyLine {
    name: String,
    may: &'static str,
    made: When,
    used: Option<When>,
}

#[derive(Deserialize)]
struct Passwords {
    current: String,
    new: String,
}

#[derive(Deserialize)]
struct NewKey {
    name: String,
    #[serde(default)]
    write: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/security").get(security))
        .service(web::resource("/security/password").post(change))
        .service(web::resource("/security/end").post(end))
        .service(web::resource("/security/keys").post(add))
        .service(web::resource("/security/keys/remove").post(remove));
}

type Answer = Result<HttpResponse, PageError>;

async fn shown(
    visitor: &Visitor,
    made: Option<(String, String)>,
    refused: Option<Refused>,
) -> Answer {
    let now = visitor.app.now();
    let own = match &visitor.who {
        Who::Session(session) => Some(session.id.as_str()),
        _ => None,
    };
    let sessions = visitor.app.sessions().await?.into_iter();
    let keys = visitor.app.keys().await?.into_iter();
    let status = refused
        .as_ref()
        .map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let is_refused = refused.is_some();
    let Refused { words, field, name } = refused.unwrap_or_default();
    let template = Security {
        page: visitor.page("Password, sessions and keys", Place::Settings),
        is_open: visitor.access.is_open(),
        is_provided: visitor.app.settings().access.password.is_some(),
        sessions: sessions.map(|row| session_line(row, own, now)).collect(),
        keys: keys.map(|row| key_line(row, now)).collect(),
        made,
        problem: is_refused.then_some(words),
        wrong: field,
        name,
    };
    Ok(show_as(status, &template))
}

fn session_line(row: SessionRow, own: Option<&str>, now: OffsetDateTime) -> SessionLine {
    SessionLine {
        is_this: own == Some(row.id.as_str()),
        id: row.id,
        agent: row.agent,
        address: row.address,
        used: When::ago(row.used_at, now),
    }
}

fn key_line(row: KeyRow, now: OffsetDateTime) -> KeyLine {
    KeyLine {
        name: row.name,
        may: if row.may_write {
            "reads and writes"
        } else {
            "reads"
        },
        made: When::ago(row.created_at, now),
        used: row.used_at.map(|at| When::ago(at, now)),
    }
}

async fn security(visitor: Visitor) -> Answer {
    shown(&visitor, None, None).await
}

async fn change(visitor: Visitor, passwords: Form<Passwords>) -> Answer {
    let Passwords { current, new } = passwords.0;
    let (own, from) = match &visitor.who {
        Who::Session(session) => (Some(session.id.clone()), session.address.parse().ok()),
        _ => (None, None),
    };
    // Wrong ones cost as much time here as at the door.
    let unknown = std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
    let address = from.unwrap_or(unknown);
    if let Err(wait) = visitor.access.try_now(address, visitor.app.now()) {
        let refused = Refused {
            words: crate::login::wait_words(wait),
            ..Refused::default()
        };
        return shown(&visitor, None, Some(refused)).await;
    }
    let changed = visitor
        .app
        .change_password(&current, &new, own.as_deref())
        .await;
    match changed {
        Ok(()) => {
            visitor.access.forgive(address);
            let said = Said::done("The password is changed. Everybody else has to log in again.");
            Ok(visitor.go("/security", Some(said)))
        }
        Err(error @ LoginError::Store(_)) => Err(error.into()),
        Err(error) => {
            if !matches!(error, LoginError::WrongPassword) {
                visitor.access.forgive(address);
            }
            let field = match error {
                LoginError::WrongPassword => Some("current"),
                LoginError::TooShort => Some("new"),
                _ => None,
            };
            shown(&visitor, None, Some(Refused::of(&error, field))).await
        }
    }
}

async fn end(visitor: Visitor, named: Form<Named>) -> Answer {
    visitor.app.end_session(&named.0.name).await?;
    let said = Said::done("That session is ended.");
    Ok(visitor.go("/security", Some(said)))
}

async fn add(visitor: Visitor, key: Form<NewKey>) -> Answer {
    let name = key.0.name.trim();
    if name.is_empty() || name.len() > 60 {
        let refused = Refused {
            words: "A key needs a name of 1 to 60 letters.".to_owned(),
            field: Some("name"),
            name: name.to_owned(),
        };
        return shown(&visitor, None, Some(refused)).await;
    }
    match visitor.app.add_key(name, key.0.write.is_some()).await {
        // Not sent on: it is shown this once, and stands in no address and no cookie.
        Ok(made) => shown(&visitor, Some((name.to_owned(), made)), None).await,
        Err(error) => {
            let is_about_name = matches!(error, KeyError::Taken { .. } | KeyError::Name);
            let refused = Refused {
                name: name.to_owned(),
                ..Refused::of(&error, is_about_name.then_some("name"))
            };
            shown(&visitor, None, Some(refused)).await
        }
    }
}

async fn remove(visitor: Visitor, named: Form<Named>) -> Answer {
    visitor.app.remove_key(&named.0.name).await?;
    let said = Said::done(format!("The key {} is forgotten.", named.0.name));
    Ok(visitor.go("/security", Some(said)))
}
