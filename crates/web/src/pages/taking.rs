//! Taking a snapshot because somebody pressed the button: it is begun at once, and the page says how far it
//! is.

use actix_web::{HttpResponse, web};
use anirewind_core::{App, CaptureError, Captured, Code, Explain as _, Kind, count};
use serde::Deserialize;

use crate::api::Hub;
use crate::live::{Outcome, snapshot_of};
use crate::page::{Form, PageError, Place, Query, Said, Visitor, in_path, sentence};
use crate::pages::work::{self, ASKED, About, Begin, shown};
use anirewind_core::thousands;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/back-up-now").get(see_all).post(take_all))
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
    Ok(visitor.go(&with_back("/back-up-now", &back.0), None))
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
    let page = visitor.page("Back up now", Place::Backups);
    let title = "A snapshot is being taken".to_owned();
    let about = about(None, title, "/back-up-now".to_owned(), &back.0.back);
    shown(&visitor, &hub, page, about)
}

async fn see(
    visitor: Visitor,
    hub: web::Data<Hub>,
    profile: web::Path<String>,
    back: Query<Back>,
) -> Answer {
    let profile = visitor.app.account_row(&profile).await?.profile;
    let page = visitor.page_of("Back up now", Place::Backups, &profile);
    let title = format!("A snapshot of {profile} is being taken");
    let about = about(Some(&profile), title, path_of(&profile), &back.0.back);
    shown(&visitor, &hub, page, about)
}

pub(crate) fn about(profile: Option<&str>, title: String, path: String, back: &str) -> About {
    let back = crate::login::local(back);
    let words = if back == "/" {
        "To the dashboard"
    } else {
        "Back to where you were"
    };
    About {
        name: snapshot_of(profile),
        title,
        later: &[],
        meanwhile: "The page may be closed: it goes on, and the snapshot is listed as soon as it is verified.",
        idle: "Nobody asked for a snapshot lately. The schedule takes them by itself.".to_owned(),
        begin: Some(Begin {
            action: path.clone(),
            fields: vec![("back".to_owned(), back.to_owned())],
            words: "Back up now".to_owned(),
        }),
        back: (back.to_owned(), words),
        path,
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
    let taker = app.clone();
    let take = async move { Outcome::Said(said(taker.capture_all(&targets, kind).await)) };
    let broke_off = "No snapshot: taking it broke off. Earlier ones are untouched.";
    work::begin(app, hub, &snapshot_of(profile), ASKED, broke_off, take);
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
    if row.delta.is_none() {
        // The first of this list.
        let (anime, manga) = (thousands(row.counts.anime), thousands(row.counts.manga));
        return format!(
            "{anime} anime and {manga} manga are safe: snapshot {id}, read back and verified."
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
