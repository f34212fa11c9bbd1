//! What was unusual, the trash, and what goes by the rules.

use std::fmt;
use std::str::FromStr;

use actix_web::{get, post, web};
use anirewind_core::view::{CountsView, SnapshotView, instant};
use anirewind_core::{AnswerVerdict, App, OpenAlarm, TrashItem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::auth::{Reader, Writer};
use crate::api::folder::HoldView;
use crate::api::paging::{Page, Part};
use crate::api::problem::Problem;
use crate::api::reading::{OfProfile, one_owner, owner, row};

type Answer<T> = Result<web::Json<T>, Problem>;

/// Something unusual that nobody has answered yet.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlarmView {
    /// The snapshot in which it shows.
    snapshot: SnapshotView,
    /// What is unusual, a sentence each.
    problems: Vec<String>,
    /// What the list is to be put back to so that all of it is put right: the last good one before it or, where
    /// it went little by little, the earliest of the day.
    before: Option<SnapshotView>,
}

/// What is unusual and unanswered, newest first.
#[utoipa::path(tag = "alarms", params(Part), responses(
    (status = 200, body = Page<AlarmView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/alarms")]
pub(crate) async fn alarms(
    _: Reader,
    app: web::Data<App>,
    part: web::Query<Part>,
) -> Answer<Page<AlarmView>> {
    let owner = owner(&app, part.profile.as_deref()).await?;
    let place = |open: &OpenAlarm| open.snapshot.position;
    let mut open = part.cut(app.open_alarms(owner).await?, place)?;
    for open in &mut open {
        open.before = app.base_of_alarm(open).await?;
    }
    let view = |open: &OpenAlarm| AlarmView {
        snapshot: (&open.snapshot).into(),
        problems: open.alarms.iter().map(ToString::to_string).collect(),
        before: open.before.as_ref().map(Into::into),
    };
    Ok(web::Json(Page::of(open, part.most(), place, view)))
}

async fn answer(
    app: &App,
    reference: &str,
    profile: Option<&str>,
    verdict: AnswerVerdict,
) -> Answer<SnapshotView> {
    let row = row(app, reference, profile).await?;
    let open = app.open_alarms(Some(row.owner.id)).await?;
    let open: Vec<_> = open
        .into_iter()
        .filter(|open| open.snapshot.file == row.file)
        .collect();
    if open.is_empty() {
        return Err(Problem::missing(
            "nothing about that snapshot is unanswered",
        ));
    }
    app.answer_alarms(&open, verdict).await?;
    Ok(web::Json((&row).into()))
}

/// "This was me": the list is as it should be.
#[utoipa::path(tag = "alarms", params(("reference", description = "As for one snapshot"), OfProfile), security(("key" = [])), responses(
    (status = 200, body = SnapshotView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/alarms/{reference}/accept")]
pub(crate) async fn accept(
    _: Writer,
    app: web::Data<App>,
    reference: web::Path<String>,
    of: web::Query<OfProfile>,
) -> Answer<SnapshotView> {
    let verdict = AnswerVerdict::Expected;
    answer(&app, &reference, of.profile.as_deref(), verdict).await
}

/// "This was not me, and it is dealt with": the list is not to be believed.
#[utoipa::path(tag = "alarms", params(("reference", description = "As for one snapshot"), OfProfile), security(("key" = [])), responses(
    (status = 200, body = SnapshotView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/alarms/{reference}/close")]
pub(crate) async fn close(
    _: Writer,
    app: web::Data<App>,
    reference: web::Path<String>,
    of: web::Query<OfProfile>,
) -> Answer<SnapshotView> {
    let verdict = AnswerVerdict::NotMe;
    answer(&app, &reference, of.profile.as_deref(), verdict).await
}

/// A snapshot in the trash.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TrashView {
    /// Its id; null when it cannot be read.
    id: Option<String>,
    /// What it was called.
    file: String,
    /// When it was put there.
    at: String,
    /// Why: rules, asked, or null when nobody knows any more.
    reason: Option<&'static str>,
    /// Bytes.
    size: u64,
    /// How many titles it holds; null when it cannot be read.
    counts: Option<CountsView>,
}

impl From<&TrashItem> for TrashView {
    fn from(item: &TrashItem) -> Self {
        Self {
            id: item.id.as_ref().map(ToString::to_string),
            file: item.file.clone(),
            at: instant(item.at),
            reason: item.reason.map(anirewind_core::Reason::as_str),
            size: item.size,
            counts: item.counts.map(Into::into),
        }
    }
}

/// When it went there in milliseconds, so that places of a later time are the higher ones, and what it was called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct TrashPlace {
    at: i128,
    file: String,
}

impl TrashPlace {
    fn of(item: &TrashItem) -> Self {
        Self {
            at: item.at.unix_timestamp_nanos() / 1_000_000,
            file: item.file.clone(),
        }
    }
}

impl fmt::Display for TrashPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at, self.file)
    }
}

impl FromStr for TrashPlace {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (at, file) = text.split_once('.').ok_or(NoPlace)?;
        let at = at.parse().map_err(|_| NoPlace)?;
        if file.is_empty() {
            return Err(NoPlace);
        }
        let file = file.to_owned();
        Ok(Self { at, file })
    }
}

/// No place in the trash.
#[derive(Debug)]
struct NoPlace;

/// What is in the trash, newest first.
#[utoipa::path(tag = "snapshots", params(Part), responses(
    (status = 200, body = Page<TrashView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/trash")]
pub(crate) async fn trash(
    _: Reader,
    app: web::Data<App>,
    part: web::Query<Part>,
) -> Answer<Page<TrashView>> {
    let owner = owner(&app, part.profile.as_deref()).await?;
    let mut items = app.trash().await?;
    items.retain(|item| owner.is_none() || item.owner == owner);
    let items = part.cut(items, TrashPlace::of)?;
    let page = Page::of(items, part.most(), TrashPlace::of, |item| item.into());
    Ok(web::Json(page))
}

/// Brings a snapshot back from the trash.
#[utoipa::path(tag = "snapshots", params(("reference", description = "The beginning of its id, or its file")), security(("key" = [])), responses(
    (status = 200, body = TrashView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/trash/{reference}/undelete")]
pub(crate) async fn undelete(
    _: Writer,
    app: web::Data<App>,
    reference: web::Path<String>,
) -> Answer<TrashView> {
    let item = app.undelete(&reference).await?;
    Ok(web::Json((&item).into()))
}

/// What goes by the rules as they are.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PruneView {
    /// Snapshots that go to the trash.
    going: Vec<SnapshotView>,
    /// How many stay.
    staying: usize,
    /// Files that leave the trash for good.
    leaving: Vec<String>,
    /// Whether nothing goes for now.
    held: bool,
    /// Why, if so.
    hold: Option<HoldView>,
}

/// What would go now by the rules. Nothing does.
#[utoipa::path(tag = "snapshots", params(OfProfile), responses(
    (status = 200, body = PruneView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/prune")]
pub(crate) async fn prune(
    _: Reader,
    app: web::Data<App>,
    of: web::Query<OfProfile>,
) -> Answer<PruneView> {
    let owner = one_owner(&app, of.profile.as_deref()).await?;
    let plan = app.retention_plan(owner).await?;
    let going: Vec<SnapshotView> = plan.going.iter().map(Into::into).collect();
    Ok(web::Json(PruneView {
        staying: plan.outlook.count() - going.len(),
        going,
        leaving: plan.leaving.clone(),
        held: plan.outlook.hold.is_some(),
        hold: plan.outlook.hold.as_ref().map(Into::into),
    }))
}
