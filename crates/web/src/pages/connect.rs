//! Connecting an account: how to get a token, whose it is, and letting go of it again.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use anirewind_core::model::AccessToken;
use anirewind_core::{Explain as _, Kind};
use askama::Template;
use serde::Deserialize;

use crate::api::Hub;
use crate::page::{Form, Page, PageError, Place, Said, Visitor, in_path, sentence, show_as};
use crate::pages::taking::{begin, path_of};

#[derive(Template)]
#[template(path = "connect.html")]
struct Connect {
    page: Page,
    client: Option<String>,
    profile: String,
    /// The account that is connected anew.
    again: Option<String>,
    redirect: String,
    problem: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "disconnect.html")]
struct Disconnect {
    page: Page,
    path: String,
    profile: String,
}

#[derive(Deserialize)]
struct Token {
    token: String,
    #[serde(default)]
    profile: String,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/connect").get(ask).post(connect))
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
    profile: String,
    again: Option<String>,
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
    let template = Connect {
        page: visitor.page("Connect AniList", Place::Settings),
        client: settings.client_id.clone(),
        profile,
        again,
        redirect,
        problem,
    };
    show_as(status, &template)
}

async fn ask(visitor: Visitor, request: HttpRequest) -> Answer {
    Ok(form(&visitor, &request, String::new(), None, None))
}

async fn ask_again(visitor: Visitor, request: HttpRequest, profile: web::Path<String>) -> Answer {
    let row = visitor.app.account_row(&profile).await?;
    let again = Some(row.profile.clone());
    Ok(form(&visitor, &request, row.profile, again, None))
}

async fn connect(
    visitor: Visitor,
    request: HttpRequest,
    hub: web::Data<Hub>,
    sent: Form<Token>,
) -> Answer {
    let Token { token, profile } = sent.0;
    let profile = profile.trim().to_owned();
    let named = (!profile.is_empty()).then_some(profile.as_str());
    let Some(token) = AccessToken::new(&token) else {
        let problem = (
            "That is not a token.".to_owned(),
            "It is one long word without spaces. Nothing was changed.".to_owned(),
        );
        return Ok(form(&visitor, &request, profile, None, Some(problem)));
    };
    let row = match visitor.app.add_account(named, token).await {
        Ok(row) => row,
        Err(error) => {
            let hint = error.hint().unwrap_or_default();
            let problem = (sentence(&error.chain()), hint);
            return Ok(form(&visitor, &request, profile, None, Some(problem)));
        }
    };
    // The first snapshot does not wait for the schedule, and the page does not wait for it.
    let profile = row.profile.as_str();
    let begun = begin(&visitor.app, &hub, Some(profile), Kind::Automatic).await;
    let (path, said) = connected(&row.account.name, profile, begun.err().as_ref());
    Ok(visitor.go(&path, Some(said)))
}

/// What is said of an account that is connected, and where. It is that also where its first snapshot could
/// not be begun; then only the snapshot has to be asked for again.
fn connected(name: &str, profile: &str, problem: Option<&PageError>) -> (String, Said) {
    if let Some(problem) = problem {
        let text = format!(
            "Connected as {name}. Its first snapshot was not begun. {}",
            problem.message
        );
        let said = Said::problem(text).with_link("/status", "See the status");
        return (format!("/backups/{}", in_path(profile)), said);
    }
    let said = Said::done(format!("Connected as {name}. Is this you?")).with_link(
        format!("/disconnect/{}", in_path(profile)),
        "That is not me",
    );
    (path_of(profile), said)
}

async fn ask_leave(visitor: Visitor, profile: web::Path<String>) -> Answer {
    let row = visitor.app.account_row(&profile).await?;
    let template = Disconnect {
        page: visitor.page("Disconnect", Place::Settings),
        path: in_path(&row.profile),
        profile: row.profile,
    };
    Ok(show_as(StatusCode::OK, &template))
}

async fn leave(visitor: Visitor, profile: web::Path<String>) -> Answer {
    let row = visitor.app.remove_account(&profile).await?;
    let text = format!(
        "{} is disconnected and its token is gone. Snapshots and history stay.",
        row.profile
    );
    Ok(visitor.go("/", Some(Said::done(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_connected_also_where_its_first_snapshot_cannot_be_begun() {
        let (path, said) = connected("hana", "h", None);
        assert_eq!(path, "/backups/h/new");
        assert!(said.text.contains("Is this you?") && !said.is_problem);
        let problem = PageError::broken("The token cannot be read.");
        let (path, said) = connected("hana", "h", Some(&problem));
        assert_eq!(path, "/backups/h");
        assert!(said.text.starts_with("Connected as hana."), "{}", said.text);
        assert!(said.text.ends_with("The token cannot be read."));
        assert!(said.is_problem && said.link.is_some());
    }
}
