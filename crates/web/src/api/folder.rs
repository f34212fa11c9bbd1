//! The snapshots of an account as a whole: how much they are, what becomes of each, and which files cannot be read.

use actix_web::{get, web};
use anirewind_core::view::instant;
use anirewind_core::{App, Fate, Hold, SnapshotRow};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::auth::Reader;
use crate::api::paging::{Page, Part};
use crate::api::problem::Problem;
use crate::api::reading::{OfProfile, one_owner, owner};

type Answer<T> = Result<web::Json<T>, Problem>;

/// How much there is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TotalsView {
    /// Snapshots.
    snapshots: usize,
    /// Bytes, all together.
    size: u64,
    /// How many of them stay whatever the rules say; null for all accounts together.
    kept: Option<usize>,
}

/// How many snapshots there are, and how large they are together.
#[utoipa::path(tag = "snapshots", params(OfProfile), responses(
    (status = 200, body = TotalsView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/totals")]
pub(crate) async fn totals(
    _: Reader,
    app: web::Data<App>,
    of: web::Query<OfProfile>,
) -> Answer<TotalsView> {
    let owner = owner(&app, of.profile.as_deref()).await?;
    app.catalogue().await?;
    let (snapshots, size) = app.snapshot_totals(owner).await?;
    let kept = match owner {
        Some(owner) => Some(app.kept_and_proven(owner).await?.0),
        None => None,
    };
    Ok(web::Json(TotalsView {
        snapshots,
        size,
        kept,
    }))
}

/// A file that cannot be read.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnreadableView {
    /// What it is called.
    file: String,
    /// What is wrong with it.
    problem: String,
}

/// Files in the folder of snapshots that cannot be read. They are left as they are and not used.
#[utoipa::path(tag = "snapshots", responses(
    (status = 200, body = Vec<UnreadableView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/unreadable")]
pub(crate) async fn unreadable(_: Reader, app: web::Data<App>) -> Answer<Vec<UnreadableView>> {
    let report = app.catalogue().await?;
    let files = report.unreadable.into_iter().map(|file| UnreadableView {
        file: file.file,
        problem: file.problem,
    });
    Ok(web::Json(files.collect()))
}

/// What becomes of a snapshot.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FateView {
    /// Its id.
    id: String,
    /// Its file.
    file: String,
    /// When it was taken, RFC 3339.
    created_at: String,
    /// `goes`, or why it stays: kept, all-stay, recent, safety, newest-good, three-newest-good, newest-with-private,
    /// daily, weekly, monthly, imported, damaged, held.
    why: Option<&'static str>,
    /// When it is past its days, where that is all that keeps it, RFC 3339. No day is named while nothing goes.
    goes_on: Option<String>,
    /// Why it cannot be deleted by hand either; null where it can.
    locked: Option<&'static str>,
}

/// What becomes of each snapshot of an account by the rules as they are, newest first. Nothing goes by asking.
#[utoipa::path(tag = "snapshots", params(Part), responses(
    (status = 200, body = Page<FateView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/outlook")]
pub(crate) async fn outlook(
    _: Reader,
    app: web::Data<App>,
    part: web::Query<Part>,
) -> Answer<Page<FateView>> {
    let owner = one_owner(&app, part.profile.as_deref()).await?;
    let (below, most) = (part.below()?, part.most());
    app.catalogue().await?;
    let rows = app.snapshots_page(Some(owner), below, most + 1).await?;
    let outlook = app.outlook(owner, None).await?;
    let locked = app.locked(owner).await?;
    let view = |row: &SnapshotRow| {
        let fate = outlook.fate(&row.file);
        let lock = locked.iter().find(|(locked, _)| locked.file == row.file);
        FateView {
            id: row.id.to_string(),
            file: row.file.clone(),
            created_at: instant(row.created_at),
            why: fate.map(Fate::as_str),
            goes_on: outlook.goes_on(&row.file).map(instant),
            locked: lock.map(|(_, reason)| *reason),
        }
    };
    Ok(web::Json(Page::of(rows, most, |row| row.position, view)))
}

/// Why nothing goes for now.
#[derive(Serialize, ToSchema)]
pub(crate) struct HoldView {
    /// `alarm` (something unusual is unanswered) or `damage`.
    reason: &'static str,
    /// The damaged file, where it is for that.
    file: Option<String>,
}

impl From<&Hold> for HoldView {
    fn from(hold: &Hold) -> Self {
        match hold {
            Hold::OpenAlarm => Self {
                reason: "alarm",
                file: None,
            },
            Hold::Damage { file } => Self {
                reason: "damage",
                file: Some(file.clone()),
            },
        }
    }
}
