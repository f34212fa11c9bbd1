//! Whether all is well, what goes, and what else is looked at: what commands and pages do besides.

use actix_web::{HttpResponse, get, post, web};
use anirewind_core::view::{CountsView, SnapshotView};
use anirewind_core::{App, Check, Finding, Unreadable, count, write_csv};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::Hub;
use crate::api::auth::{Reader, Writer};
use crate::api::exporting::plain;
use crate::api::paging;
use crate::api::problem::Problem;
use crate::api::reading::{OfProfile, one_owner, owner, row};
use crate::api::sent::Sent;
use crate::api::tasks::{self, Patience, Reply, TaskView};
use crate::attached::attached;

type Answer<T> = Result<web::Json<T>, Problem>;

/// A snapshot as a table for spreadsheets. For that of `live` AniList is asked, which takes a key that may write.
#[utoipa::path(tag = "snapshots", params(("reference", description = "As for one snapshot, or `live`"), OfProfile), responses(
    (status = 200, content_type = "text/csv", body = String),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/snapshots/{reference}/csv")]
pub(crate) async fn snapshot_csv(
    reader: Reader,
    app: web::Data<App>,
    reference: web::Path<String>,
    of: web::Query<OfProfile>,
) -> Result<HttpResponse, Problem> {
    let of = of.profile.as_deref();
    let (found, name) = if *reference == "live" {
        reader.asks()?;
        let found = app.find(&reference, of).await?;
        let owner = plain(&found.list().owner.name);
        (
            found,
            format!("anirewind-{owner}-{}", app.day_of(app.now())),
        )
    } else {
        let row = row(&app, &reference, of).await?;
        let name = row.file.strip_suffix(".json").unwrap_or(&row.file);
        (app.find(row.id.as_str(), of).await?, name.to_owned())
    };
    let mut table = Vec::new();
    write_csv(found.list(), &mut table).map_err(|error| Problem::failed(error.to_string()))?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(attached(&format!("{name}.csv")))
        .body(table))
}

/// What came of reading everything again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerifiedView {
    /// Whether nothing is wrong.
    fine: bool,
    /// How many were read.
    read: usize,
    /// Files that are not what was written, a line each.
    damaged: Vec<String>,
    /// Files whose name is of another moment than what they hold, a line each.
    misnamed: Vec<String>,
    /// Snapshots that follow one which is neither here nor was removed from here.
    unlinked: Vec<String>,
    /// Files that the catalogue did not know.
    added: usize,
    /// Files that the catalogue knew and that are gone.
    gone: usize,
    /// What is wrong with the catalogue.
    catalogue: Option<String>,
}

/// Reads every snapshot again and proves it, and the catalogue against the folder.
#[utoipa::path(tag = "snapshots", params(Patience, OfProfile), security(("key" = [])), responses(
    (status = 200, body = VerifiedView),
    (status = 202, description = "It takes its time", body = TaskView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/verify")]
pub(crate) async fn verify_all(
    _: Writer,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    patience: Patience,
    of: web::Query<OfProfile>,
) -> Result<HttpResponse, Problem> {
    let owner = owner(&app, of.profile.as_deref()).await?;
    let prover = app.get_ref().clone();
    let work = async move {
        let report = prover.verify(owner).await?;
        let lines = |files: &[Unreadable]| files.iter().map(|file| file.problem.clone()).collect();
        Reply::ok(&VerifiedView {
            fine: report.is_fine(),
            read: report.read,
            damaged: lines(&report.damaged),
            misnamed: lines(&report.misnamed),
            unlinked: report.unlinked,
            added: report.added,
            gone: report.gone,
            catalogue: report.catalogue,
        })
    };
    tasks::run(&app, &hub, patience, "every snapshot read again", work).await
}

/// What somebody agreed to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PruneBody {
    /// How many snapshots may go to the trash, as what would go says.
    going: usize,
}

/// What went.
#[derive(Serialize, ToSchema)]
pub(crate) struct PrunedView {
    /// Snapshots that went to the trash.
    discarded: Vec<SnapshotView>,
    /// Files that left the trash for good.
    removed: Vec<String>,
}

/// Lets go what goes by the rules, if it is as many as somebody agreed to.
#[utoipa::path(tag = "snapshots", params(OfProfile), request_body = PruneBody, security(("key" = [])), responses(
    (status = 200, body = PrunedView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/prune")]
pub(crate) async fn prune_now(
    _: Writer,
    app: web::Data<App>,
    of: web::Query<OfProfile>,
    body: Sent<PruneBody>,
) -> Answer<PrunedView> {
    let owner = one_owner(&app, of.profile.as_deref()).await?;
    let plan = app.retention_plan(owner).await?;
    let going = plan.going.len();
    if going != body.going {
        return Err(Problem::otherwise(format!(
            "{} would go by the rules, and {} was agreed to",
            count(going, "snapshot"),
            body.going
        )));
    }
    let pruned = app.prune_shown(owner, Some(&plan)).await?;
    Ok(web::Json(PrunedView {
        discarded: pruned.discarded.iter().map(Into::into).collect(),
        removed: pruned.removed,
    }))
}

/// One thing that was looked at.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckView {
    /// What was looked at.
    what: String,
    /// Whether nothing needs doing.
    fine: bool,
    /// What was found.
    found: String,
    /// What still holds and what to do.
    hint: Option<String>,
}

/// Looks at everything that has to be right. Asks AniList once for each account.
#[utoipa::path(tag = "server", params(Patience), security(("key" = [])), responses(
    (status = 200, body = Vec<CheckView>),
    (status = 202, description = "It takes its time", body = TaskView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/doctor")]
pub(crate) async fn doctor(
    _: Writer,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    patience: Patience,
) -> Result<HttpResponse, Problem> {
    let doctor = app.get_ref().clone();
    let work = async move {
        let checks = doctor.doctor().await.into_iter().map(CheckView::from);
        Reply::ok(&checks.collect::<Vec<_>>())
    };
    tasks::run(&app, &hub, patience, "a look at everything", work).await
}

impl From<Check> for CheckView {
    fn from(check: Check) -> Self {
        let fine = check.is_fine();
        let (found, hint) = match check.finding {
            Finding::Fine(found) => (found, None),
            Finding::Wrong { problem, hint } => (problem, hint),
        };
        Self {
            what: check.what,
            fine,
            found,
            hint,
        }
    }
}

/// How many days.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HowManyDays {
    /// The profile; the only one if left out.
    pub(super) profile: Option<String>,
    /// At most this many, 400 at the most; 30 if left out.
    #[serde(default, deserialize_with = "paging::at_least_one")]
    #[param(minimum = 1)]
    days: Option<usize>,
}

impl HowManyDays {
    pub(super) fn most(&self) -> usize {
        self.days.unwrap_or(30).min(400)
    }
}

/// A day, and what there is of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DayView {
    /// As in 2026-11-03.
    day: String,
    /// How many whole snapshots there are of it.
    snapshots: usize,
    /// How many titles the last of them holds.
    counts: Option<CountsView>,
    /// How many attempts gave a snapshot, or found that there is one already.
    saved: usize,
    /// How many attempts failed.
    failed: usize,
    /// How many of its snapshots are unusual, and not believed or unanswered.
    unusual: usize,
}

/// The last days, oldest first, each with what there is of it.
#[utoipa::path(tag = "snapshots", params(HowManyDays), responses(
    (status = 200, body = Vec<DayView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/days")]
pub(crate) async fn days(
    _: Reader,
    app: web::Data<App>,
    wish: web::Query<HowManyDays>,
) -> Answer<Vec<DayView>> {
    let owner = one_owner(&app, wish.profile.as_deref()).await?;
    let days = app
        .days(owner, wish.most())
        .await?
        .into_iter()
        .map(|day| DayView {
            day: day.name,
            snapshots: day.snapshots,
            counts: day.counts.map(Into::into),
            saved: day.saved,
            failed: day.failed,
            unusual: day.doubted,
        });
    Ok(web::Json(days.collect()))
}
