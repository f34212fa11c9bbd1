//! Taking a snapshot because somebody pressed the button: it is begun at once, and the page says how far it
//! is.

use actix_web::{HttpResponse, web};
use anirewind_core::{App, CaptureError, Captured, Code, Explain as _, Kind};
use serde::Deserialize;

use crate::api::Hub;
use crate::live::snapshot_of;
use crate::page::{Form, PageError, Place, Query, Said, Visitor, in_path, sentence};
use crate::pages::rows::count;
use crate::pages::work::{About, shown};

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/backups/new").get(see_all).post(take_all))
        .service(web::resource("/backups/{profile}/new").get(see).post(take));
}

/// Where to go on; a path of ours and nothing else.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Back {
    back: String,
}

type Answer = Result<HttpResponse, PageError>;

async fn take_all(visitor: Visitor, hub: web::Data<Hub>, back: Form<Back>) -> Answer {
    begin(&visitor.app, &hub, None, Kind::Manual).await?;
    Ok(visitor.go(&with_back("/backups/new", &back.0), None))
}

async fn take(
    visitor: Visitor,
    hub: web::Data<Hub>,
    profile: web::Path<String>,
    back: Form<Back>,
) -> Answer {
    let profile = visitor.app.account_row(&profile).await?.profile;
    begin(&visitor.app, &hub, Some(&profile), Kind::Manual).await?;
    Ok(visitor.go(&with_back(&path_of(&profile), &back.0), None))
}

/// Where the page of a snapshot that is being taken is.
pub(crate) fn path_of(profile: &str) -> String {
    format!("/backups/{}/new", in_path(profile))
}

fn with_back(path: &str, back: &Back) -> String {
    match crate::login::local(&back.back) {
        "/" => path.to_owned(),
        back => format!("{path}?back={}", in_path(back)),
    }
}

async fn see_all(visitor: Visitor, hub: web::Data<Hub>, back: Query<Back>) -> Answer {
    let name = snapshot_of(None);
    let page = visitor.page("Back up now", Place::Backups);
    let about = about(
        "A snapshot is being taken".to_owned(),
        "/backups/new".to_owned(),
        &back.0,
    );
    Ok(shown(&visitor, &hub, &name, page, about))
}

async fn see(
    visitor: Visitor,
    hub: web::Data<Hub>,
    profile: web::Path<String>,
    back: Query<Back>,
) -> Answer {
    let profile = visitor.app.account_row(&profile).await?.profile;
    let name = snapshot_of(Some(&profile));
    let page = visitor.page_of("Back up now", Place::Backups, &profile);
    let title = format!("A snapshot of {profile} is being taken");
    Ok(shown(
        &visitor,
        &hub,
        &name,
        page,
        about(title, path_of(&profile), &back.0),
    ))
}

fn about(title: String, begin: String, back: &Back) -> About {
    let path = crate::login::local(&back.back);
    let words = if path == "/" {
        "To the dashboard"
    } else {
        "Back to where you were"
    };
    About {
        title,
        meanwhile: "The page may be closed: it goes on, and the snapshot is listed as soon as it is verified.",
        idle: "No snapshot is being taken because somebody asked for it.".to_owned(),
        begin: (begin, "Back up now".to_owned()),
        back: (path.to_owned(), words),
    }
}

/// Begins a snapshot of a profile, or of whoever the tokens belong to, unless one is under way.
pub(crate) async fn begin(
    app: &App,
    hub: &Hub,
    profile: Option<&str>,
    kind: Kind,
) -> Result<(), PageError> {
    let targets = app.targets(profile).await?;
    let name = snapshot_of(profile);
    if !hub.desk().begin(&name, "AniList is being asked.") {
        return Ok(());
    }
    let (app, desk) = (app.clone(), hub.clone());
    // Apart from the request: whoever asked may leave.
    hub.spawn(async move {
        let work = app.clone();
        let work = tokio::spawn(async move { work.capture_all(&targets, kind).await });
        let said = match work.await {
            Ok(outcomes) => said(outcomes),
            Err(_) => {
                Said::problem("No snapshot: taking it broke off. Earlier ones are untouched.")
            }
        };
        desk.desk().end(&name, app.now(), said);
    });
    Ok(())
}

fn said(outcomes: Vec<Result<Captured, CaptureError>>) -> Said {
    let mut said = Vec::new();
    let mut path = None;
    for outcome in outcomes {
        match outcome {
            Ok(captured) => {
                said.push(words(&captured));
                let (profile, id) = (in_path(&captured.profile), &captured.snapshot.id);
                path = Some(format!("/backups/{profile}/{id}"));
            }
            Err(error) => {
                let hint = error.hint().unwrap_or_default();
                let text = sentence(&error.chain());
                let away = if error.code() == Code::Unavailable {
                    ": AniList is not answering"
                } else {
                    ""
                };
                return Said::problem(format!("No snapshot{away}. {text} {hint}"));
            }
        }
    }
    let done = Said::done(said.join(" "));
    match path {
        Some(path) => done.with_link(path, "See it"),
        None => done,
    }
}

fn words(captured: &Captured) -> String {
    let row = &captured.snapshot;
    let id = row.id.as_str().get(..4).unwrap_or_default();
    let titles = count(row.counts.total(), "title");
    if !captured.is_new {
        return format!(
            "Snapshot {id} is moments old and holds the same: {titles}, verified again."
        );
    }
    let changes = row
        .delta
        .map(|delta| delta.added + delta.changed + delta.removed);
    let changes = changes.map_or_else(String::new, |changes| {
        format!(", {} since the last", count(changes, "change"))
    });
    format!("Snapshot {id} saved: {titles}{changes}.")
}
