//! Connecting an account: how to get a token, whose it is, or whose public list is read without one; and
//! letting go of it again.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use anirewind_core::model::AccessToken;
use anirewind_core::{AccountRow, App, Kind};
use askama::Template;
use serde::Deserialize;

use crate::api::Hub;
use crate::page::{Form, Page, PageError, Place, Query, Said, Visitor, Way, in_path, show_as};
use crate::pages::taking::{begin, path_of};
use crate::pages::work::{About, ask as ask_anilist, failed, shown};
use crate::parts::has_picture;

#[derive(Template)]
#[template(path = "connect.html")]
struct Connect {
    page: Page,
    client: Option<String>,
    profile: String,
    /// The account that is connected anew.
    again: Option<String>,
    redirect: String,
    /// Whose public list was asked for.
    user: String,
    /// Whether a public list was asked for, of whomever.
    is_public: bool,
    problem: Option<(String, String)>,
    /// Where the setup goes on with the account as it is.
    onward: Option<String>,
}

#[derive(Template)]
#[template(path = "disconnect.html")]
struct Disconnect {
    page: Page,
    path: String,
    profile: String,
    is_public: bool,
    is_provided: bool,
}

/// Whether somebody comes back to this step of the setup.
#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    setup: String,
}

/// A token, or a user whose public list is read without one.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Sent {
    token: Option<String>,
    user: Option<String>,
    profile: String,
}

/// What stands in the form already.
#[derive(Default)]
struct Given {
    user: String,
    is_public: bool,
    profile: String,
    again: Option<String>,
    /// Where the setup goes on with the account as it is.
    onward: Option<String>,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/connect").get(ask).post(connect))
        .service(web::resource("/connect/asked/{number}").get(connecting))
        .service(web::resource("/connect/{profile}").get(ask_again))
        .service(
            web::resource("/disconnect/{profile}")
                .get(ask_leave)
                .post(leave),
        );
}

type Answer = Result<HttpResponse, PageError>;

fn form(
    visitor: &Visitor,
    request: &HttpRequest,
    given: Given,
    problem: Option<(String, String)>,
) -> HttpResponse {
    let status = if problem.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let url = visitor.access.public_url();
    let settings = visitor.app.settings();
    let redirect = url.map_or_else(
        // As the browser knows us: the port may be one that the system chose.
        || {
            let host = request.headers().get(actix_web::http::header::HOST);
            let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
            format!("http://{host}{}/connect", visitor.access.base())
        },
        |url| format!("{url}/connect"),
    );
    let mut page = page(visitor);
    if given.onward.is_some() {
        page.step = Some(2);
    }
    let template = Connect {
        page,
        onward: given.onward,
        client: settings.client_id.clone(),
        profile: given.profile,
        again: given.again,
        user: given.user,
        is_public: given.is_public,
        redirect,
        problem,
    };
    show_as(status, &template)
}

fn page(visitor: &Visitor) -> Page {
    let mut page = visitor.page("Connect AniList", Place::Settings);
    page.step = (!visitor.is_connected).then_some(2);
    page
}

async fn ask(visitor: Visitor, request: HttpRequest) -> Answer {
    Ok(form(&visitor, &request, Given::default(), None))
}

async fn ask_again(
    visitor: Visitor,
    request: HttpRequest,
    profile: web::Path<String>,
    back: Query<Back>,
) -> Answer {
    let row = visitor.app.account_row(&profile).await?;
    let onward = format!("/setup/schedule?profile={}", in_path(&row.profile));
    let given = Given {
        onward: (back.0.setup == "yes").then_some(onward),
        again: (row.connected && !row.public).then(|| row.profile.clone()),
        profile: row.profile,
        ..Given::default()
    };
    Ok(form(&visitor, &request, given, None))
}

async fn connect(
    visitor: Visitor,
    request: HttpRequest,
    hub: web::Data<Hub>,
    sent: Form<Sent>,
) -> Answer {
    let sent = sent.0;
    // Each of the two forms sends only its own field, which may be empty.
    let is_public = sent.token.is_none() && sent.user.is_some();
    let user = sent.user.unwrap_or_default().trim().to_owned();
    let given = Given {
        is_public: is_public || !user.is_empty(),
        user,
        profile: sent.profile.trim().to_owned(),
        again: None,
        onward: None,
    };
    let token = AccessToken::new(&sent.token.unwrap_or_default());
    if token.is_none() && given.user.is_empty() {
        let (message, hint) = if is_public {
            (
                "A user name is missing.",
                "It is the one under which the list is found on AniList. Nothing was changed.",
            )
        } else {
            (
                "That is not a token.",
                "It is one long word without spaces. Nothing was changed.",
            )
        };
        let problem = (message.to_owned(), hint.to_owned());
        return Ok(form(&visitor, &request, given, Some(problem)));
    }
    let about = about(&hub.name_request());
    let (app, keeper) = (visitor.app.get_ref().clone(), hub.get_ref().clone());
    let named = (!given.profile.is_empty()).then(|| given.profile.clone());
    let user = given.user.clone();
    let add = async move {
        let named = named.as_deref();
        let row = match token {
            Some(token) => app.add_account(named, token).await?,
            None => app.add_public_account(named, &user).await?,
        };
        added(&app, &keeper, &row).await
    };
    match ask_anilist(&visitor, &hub, &about, add).await {
        Err(error) => {
            let problem = (error.message, error.hint.unwrap_or_default());
            Ok(form(&visitor, &request, given, Some(problem)))
        }
        asked => asked,
    }
}

/// How far it is with a token whose account AniList is asked about.
async fn connecting(visitor: Visitor, hub: web::Data<Hub>, number: web::Path<String>) -> Answer {
    let page = || page(&visitor);
    let about = about(&number);
    let found = shown(&visitor, &hub, page(), about.clone());
    Ok(found.unwrap_or_else(|problem| failed(page(), about, problem)))
}

/// The token stands in no address and is kept nowhere before AniList took it, so it cannot be asked about
/// again from here.
fn about(number: &str) -> About {
    About {
        name: format!("connect/{number}"),
        path: format!("/connect/asked/{}", in_path(number)),
        title: "AniList is asked who this is".to_owned(),
        later: &["The account is connected", "Its first snapshot is taken"],
        meanwhile: "AniList allows only so many requests a minute, so waiting is normal. The page may be \
                    closed: it goes on, and the account stands on the dashboard when it is connected.",
        idle: "AniList is not being asked about a token. Either it is longer ago than an hour, or the server \
               was started again meanwhile: then the token was not kept, and has to be given again."
            .to_owned(),
        begin: None,
        back: ("/connect".to_owned(), "Back to the form"),
    }
}

/// Goes on with an account that was just added. The first snapshot does not wait for the schedule, and
/// nobody waits for it.
async fn added(app: &App, hub: &Hub, row: &AccountRow) -> Result<Way, PageError> {
    let profile = row.profile.as_str();
    // Asked before the first snapshot is begun: who has one already has been through it.
    let next = crate::pages::setup::after(app, row).await;
    let next = next.unwrap_or_else(|problem| {
        tracing::warn!(problem = problem.message, "the setup does not go on");
        None
    });
    let begun = begin(app, hub, Some(profile), Kind::Automatic).await;
    let name = if row.public {
        format!(
            "The public list of {} is read without a token.",
            row.account.name
        )
    } else {
        format!("Connected as {}.", row.account.name)
    };
    let problem = begun.err();
    let (path, mut said) = connected(&name, profile, problem.as_ref());
    if has_picture(app, row) {
        said = said.with_face(row);
    }
    let next = next.filter(|_| problem.is_none());
    Ok(Way::to(next.unwrap_or(path)).saying(said))
}

/// What is said of an account that is connected, and where. It is that also where its first snapshot could
/// not be begun; then only the snapshot has to be asked for again.
fn connected(what: &str, profile: &str, problem: Option<&PageError>) -> (String, Said) {
    if let Some(problem) = problem {
        let text = format!(
            "{what} Its first snapshot was not begun. {}",
            problem.message
        );
        let said = Said::problem(text).with_link("/status", "See the status");
        return (format!("/backups/{}", in_path(profile)), said);
    }
    let said = Said::done(format!("{what} Is this you?")).with_link(
        format!("/disconnect/{}", in_path(profile)),
        "That is not me",
    );
    (path_of(profile), said)
}

async fn ask_leave(visitor: Visitor, profile: web::Path<String>) -> Answer {
    let row = visitor.app.account_row(&profile).await?;
    if !row.connected {
        return Ok(visitor.go(&format!("/connect/{}", in_path(&row.profile)), None));
    }
    let template = Disconnect {
        page: visitor.page("Disconnect", Place::Settings),
        is_provided: stays(&visitor, &row).await,
        path: in_path(&row.profile),
        profile: row.profile,
        is_public: row.public,
    };
    Ok(show_as(StatusCode::OK, &template))
}

/// Whether a token for an account stands in the settings, where nobody here takes it away.
async fn stays(visitor: &Visitor, row: &AccountRow) -> bool {
    !visitor.app.settings().tokens.is_empty() && visitor.app.is_token_provided(row).await
}

async fn leave(visitor: Visitor, profile: web::Path<String>) -> Answer {
    let row = visitor.app.account_row(&profile).await?;
    let is_provided = stays(&visitor, &row).await;
    let row = visitor.app.remove_account(&profile).await?;
    let what = match row {
        AccountRow { public: true, .. } => "is no longer read",
        _ if is_provided => {
            "is disconnected. Its token stays in the settings, and the next snapshot connects it again"
        }
        _ => "is disconnected and its token is gone",
    };
    let text = format!("{} {what}. Snapshots and history stay.", row.profile);
    Ok(visitor.go("/", Some(Said::done(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_connected_also_where_its_first_snapshot_cannot_be_begun() {
        let (path, said) = connected("Connected as hana.", "h", None);
        assert_eq!(path, "/backups/h/new");
        assert!(said.text.contains("Is this you?") && !said.is_problem);
        let problem = PageError::broken("The token cannot be read.");
        let (path, said) = connected("Connected as hana.", "h", Some(&problem));
        assert_eq!(path, "/backups/h");
        assert!(said.text.starts_with("Connected as hana."), "{}", said.text);
        assert!(said.text.ends_with("The token cannot be read."));
        assert!(said.is_problem && said.link.is_some());
    }
}
