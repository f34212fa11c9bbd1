//! Taking snapshots, and what is said about them.

use actix_web::{HttpResponse, delete, post, put, web};
use anirewind_core::view::{CountsView, SnapshotView};
use anirewind_core::{App, Captured, Explain as _, Kind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::Hub;
use crate::api::auth::Writer;
use crate::api::problem::Problem;
use crate::api::reading::{OfProfile, row};
use crate::api::sent::Sent;
use crate::api::tasks::{self, Patience, Reply, TaskView};

type Answer<T> = Result<web::Json<T>, Problem>;

/// What came of taking snapshots.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TakenView {
    /// The snapshots.
    saved: Vec<SavedView>,
    /// What failed, a line each.
    failed: Vec<String>,
}

/// A snapshot that was just taken.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SavedView {
    /// The snapshot.
    #[serde(flatten)]
    snapshot: SnapshotView,
    /// The profile it is of.
    profile: String,
    /// Titles of which AniList would not say custom lists or advanced scores: these are not recorded.
    unresolved: usize,
    /// What AniList's statistics count, where that is not what its lists held.
    counted: Option<CountsView>,
}

impl From<&Captured> for SavedView {
    fn from(captured: &Captured) -> Self {
        Self {
            snapshot: (&captured.snapshot).into(),
            profile: captured.profile.clone(),
            unresolved: captured.unresolved,
            counted: captured.counted.map(Into::into),
        }
    }
}

/// What to do with a snapshot once it is taken.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Then {
    /// A note to put beside it.
    note: Option<String>,
    /// Whether it stays whatever the rules say.
    keep: Option<bool>,
}

impl Then {
    async fn to(&self, app: &App, captured: &mut Captured) -> Result<(), Problem> {
        if self.keep == Some(true) {
            captured.snapshot = app.keep(&captured.snapshot, None, None).await?;
        }
        if let Some(text) = &self.note {
            captured.snapshot = app.note(&captured.snapshot, text).await?;
        }
        Ok(())
    }
}

/// Takes a snapshot now, of each account or of one.
#[utoipa::path(tag = "snapshots", params(Patience, OfProfile, Then), security(("key" = [])), responses(
    (status = 200, body = TakenView),
    (status = 202, description = "It takes its time", body = TaskView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/snapshots")]
pub(crate) async fn create(
    _: Writer,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    patience: Patience,
    of: web::Query<OfProfile>,
    then: web::Query<Then>,
) -> Result<HttpResponse, Problem> {
    if let Some(text) = &then.note {
        App::check_note(text)?;
    }
    let targets = app.targets(of.profile.as_deref()).await?;
    let asker = app.get_ref().clone();
    let work = async move {
        let mut taken = TakenView {
            saved: Vec::new(),
            failed: Vec::new(),
        };
        let mut first = None;
        for outcome in asker.capture_all(&targets, Kind::Manual).await {
            match outcome {
                Ok(mut captured) => {
                    if let Err(problem) = then.to(&asker, &mut captured).await {
                        taken.failed.push(problem.into_detail());
                    }
                    taken.saved.push((&captured).into());
                }
                Err(error) => {
                    taken.failed.push(error.chain());
                    first.get_or_insert(error);
                }
            }
        }
        match first {
            Some(error) if taken.saved.is_empty() => Err(error.into()),
            _ => Reply::ok(&taken),
        }
    };
    tasks::run(&app, &hub, patience, "a snapshot", work).await
}

/// For how long, and under which name.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct KeepBody {
    /// A name by which it can be called: `kept:NAME`.
    name: Option<String>,
    /// The last day, as in 2027-02-28; for good if left out.
    until: Option<String>,
}

/// Keeps a snapshot whatever the rules say.
#[utoipa::path(tag = "snapshots", params(("reference", description = "As for one snapshot"), OfProfile), request_body = KeepBody, security(("key" = [])), responses(
    (status = 200, body = SnapshotView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[put("/api/v1/snapshots/{reference}/keep")]
pub(crate) async fn keep(
    _: Writer,
    app: web::Data<App>,
    reference: web::Path<String>,
    of: web::Query<OfProfile>,
    body: Sent<KeepBody>,
) -> Answer<SnapshotView> {
    let row = row(&app, &reference, of.profile.as_deref()).await?;
    let until = match &body.until {
        None => None,
        Some(day) => {
            let moment = app.end_of_named_day(day)?;
            Some(moment)
        }
    };
    let row = app.keep(&row, body.name.clone(), until).await?;
    Ok(web::Json((&row).into()))
}

/// Lets a snapshot go by the rules again.
#[utoipa::path(tag = "snapshots", params(("reference", description = "As for one snapshot"), OfProfile), security(("key" = [])), responses(
    (status = 200, body = SnapshotView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[delete("/api/v1/snapshots/{reference}/keep")]
pub(crate) async fn unkeep(
    _: Writer,
    app: web::Data<App>,
    reference: web::Path<String>,
    of: web::Query<OfProfile>,
) -> Answer<SnapshotView> {
    let row = row(&app, &reference, of.profile.as_deref()).await?;
    let row = app.unkeep(&row).await?;
    Ok(web::Json((&row).into()))
}

/// A note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoteBody {
    /// The text; empty for none.
    text: String,
}

/// Puts a note beside a snapshot.
#[utoipa::path(tag = "snapshots", params(("reference", description = "As for one snapshot"), OfProfile), request_body = NoteBody, security(("key" = [])), responses(
    (status = 200, body = SnapshotView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[put("/api/v1/snapshots/{reference}/note")]
pub(crate) async fn note(
    _: Writer,
    app: web::Data<App>,
    reference: web::Path<String>,
    of: web::Query<OfProfile>,
    body: Sent<NoteBody>,
) -> Answer<SnapshotView> {
    let row = row(&app, &reference, of.profile.as_deref()).await?;
    let row = app.note(&row, &body.text).await?;
    Ok(web::Json((&row).into()))
}

/// Reads a snapshot again and proves it.
#[utoipa::path(tag = "snapshots", params(("reference", description = "As for one snapshot"), OfProfile), security(("key" = [])), responses(
    (status = 200, body = SnapshotView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/snapshots/{reference}/verify")]
pub(crate) async fn verify(
    _: Writer,
    app: web::Data<App>,
    reference: web::Path<String>,
    of: web::Query<OfProfile>,
) -> Answer<SnapshotView> {
    let row = row(&app, &reference, of.profile.as_deref()).await?;
    let row = app.verify_row(row).await?;
    Ok(web::Json((&row).into()))
}

/// Puts a snapshot into the trash, where it stays for a week.
#[utoipa::path(tag = "snapshots", params(("reference", description = "As for one snapshot"), OfProfile), security(("key" = [])), responses(
    (status = 204),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[delete("/api/v1/snapshots/{reference}")]
pub(crate) async fn delete(
    _: Writer,
    app: web::Data<App>,
    reference: web::Path<String>,
    of: web::Query<OfProfile>,
) -> Result<HttpResponse, Problem> {
    let row = row(&app, &reference, of.profile.as_deref()).await?;
    app.delete(&row).await?;
    Ok(HttpResponse::NoContent().finish())
}
