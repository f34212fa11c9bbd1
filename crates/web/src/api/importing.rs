//! Bringing in files over the API.

use actix_web::{HttpRequest, HttpResponse, post, web};
use anirewind_core::view::{CountsView, instant};
use anirewind_core::{App, HistoryError, ImportPlan};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::auth::Writer;
use crate::api::problem::Problem;
use crate::api::reading::one_owner;
use crate::upload;

/// How to take what is sent.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct How {
    /// What the file is called; the names of some tools say when it is of. With a form, each file says
    /// it itself.
    name: Option<String>,
    /// The day it is of, as in 2026-11-03, where it does not say.
    taken_at: Option<String>,
    /// Only say what was recognised.
    #[serde(default)]
    look: bool,
}

/// What was recognised, and what was taken.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportView {
    /// The files that are understood.
    files: Vec<ImportFileView>,
    /// Those that are not, with the reason.
    unreadable: Vec<String>,
    /// Names of the snapshots that are new.
    taken: Vec<String>,
}

/// A file that is understood.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportFileView {
    /// What it is called.
    file: String,
    /// Which program wrote it.
    form: &'static str,
    /// Whose list it holds.
    owner: String,
    /// That user's number on AniList.
    owner_id: u32,
    /// When the list was so.
    at: String,
    /// How many titles it holds.
    counts: CountsView,
    /// Fields that are not recorded for all titles.
    not_recorded: Vec<&'static str>,
    /// Lists that it does not hold at all: ANIME or MANGA.
    not_read: Vec<&'static str>,
    /// Whether it is here already.
    already: bool,
    /// As which file, if so.
    already_as: Option<String>,
}

fn files(plan: &ImportPlan) -> Vec<ImportFileView> {
    let items = plan.items.iter();
    items
        .map(|item| ImportFileView {
            file: item
                .path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            form: item.form.as_str(),
            owner: item.owner.name.clone(),
            owner_id: item.owner.id.get(),
            at: instant(item.at),
            counts: item.counts.into(),
            not_recorded: item.not_recorded.iter().map(|f| f.as_str()).collect(),
            not_read: item.not_read.iter().map(|of| of.as_str()).collect(),
            already: item.already.is_some(),
            already_as: item.already.clone(),
        })
        .collect()
}

/// Bytes that are no JSON.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(
    dead_code,
    reason = "what is sent is read as it comes; this is for the document"
)]
pub(crate) struct FileBody(Vec<u8>);

/// Brings in a snapshot of ours, a backup of `PlexAniBridge` or an export of `AniList`: the file itself
/// as the body, or a form with several.
#[utoipa::path(tag = "snapshots", params(How), request_body(content = Object, content_type = "application/json", description = "The file as it is"), security(("key" = [])), responses(
    (status = 200, body = ImportView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/imports")]
pub(crate) async fn import(
    _: Writer,
    app: web::Data<App>,
    how: web::Query<How>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let taken_at = how.taken_at.as_deref();
    let taken_at = taken_at.map(|day| app.end_of_named_day(day)).transpose()?;
    let kind = request.headers().get("content-type");
    let is_form = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/"));
    let sent = if is_form {
        upload::form(&app, &request, payload).await?
    } else {
        let name = how.name.as_deref().unwrap_or("upload.json");
        upload::body(&app, name, payload).await?
    };
    let upload = sent
        .files
        .ok_or_else(|| Problem::usage("no file was sent"))?;
    let plan = app.plan_upload(&upload, taken_at).await?;
    let mut taken = Vec::new();
    if how.look {
        app.drop_upload(&upload).await?;
    } else {
        taken = app.import_upload(&upload, taken_at).await?.taken;
    }
    let unreadable = plan.unreadable.iter().map(|file| file.problem.clone());
    Ok(HttpResponse::Ok().json(ImportView {
        files: files(&plan),
        unreadable: unreadable.collect(),
        taken,
    }))
}

/// Whose history it is.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfWhom {
    /// The profile here that it is taken over for; may be left out while there is one.
    profile: Option<String>,
    /// The profile in it, if it is of several.
    from_profile: Option<String>,
}

/// What taking a history over brought.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryView {
    /// Changes that are new here.
    taken: usize,
    /// Changes that were here already.
    already: usize,
    /// Rows that were left out.
    left_out: Vec<LeftOutView>,
}

/// A row of a history that was left out.
#[derive(Serialize, ToSchema)]
pub(crate) struct LeftOutView {
    /// Its number there.
    id: i64,
    /// Why.
    reason: String,
}

/// Takes over the history of a `PlexAniBridge` database: the file itself as the body. What was taken over before
/// is not taken again.
#[utoipa::path(tag = "changes", params(OfWhom), request_body(content = FileBody, content_type = "application/octet-stream", description = "The file as it is"), security(("key" = [])), responses(
    (status = 200, body = HistoryView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/changes/import")]
pub(crate) async fn import_history(
    _: Writer,
    app: web::Data<App>,
    of: web::Query<OfWhom>,
    payload: web::Payload,
) -> Result<web::Json<HistoryView>, Problem> {
    let owner = one_owner(&app, of.profile.as_deref()).await?;
    let sent = upload::body(&app, "history", payload).await?;
    let upload = sent
        .files
        .ok_or_else(|| Problem::usage("no file was sent"))?;
    let from = of.from_profile.as_deref();
    let imported = app.import_history_upload(owner, &upload, from).await;
    let imported = match imported {
        Ok(imported) => imported,
        // Where it lay meanwhile is nobody's business.
        Err(HistoryError::Foreign(_)) => {
            return Err(Problem::usage(
                "what was sent holds no history of PlexAniBridge; nothing was taken over",
            ));
        }
        Err(error) => return Err(error.into()),
    };
    let left_out = imported.left_out.into_iter();
    Ok(web::Json(HistoryView {
        taken: imported.taken,
        already: imported.already,
        left_out: left_out
            .map(|(id, reason)| LeftOutView { id, reason })
            .collect(),
    }))
}
