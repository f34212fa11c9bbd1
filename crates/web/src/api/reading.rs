//! What can be read.

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use anirewind_core::model::UserId;
use anirewind_core::view::{
    OperationView, PlanView, ProfileView, ReportView, SnapshotView, StatusView, instant,
};
use anirewind_core::{
    App, BrowseError, FoundList, Id, Kind, OperationRow, OperationState, Report, SnapshotFilter,
    Start,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::Hub;
use crate::api::auth::Reader;
use crate::api::paging::{self, Page, Part};
use crate::api::problem::Problem;
use crate::api::tasks;
use crate::attached::attached;

type Answer<T> = Result<web::Json<T>, Problem>;

/// One account among several.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfProfile {
    /// The profile; all, or the only one, if left out.
    pub(crate) profile: Option<String>,
}

pub(crate) async fn owner(app: &App, profile: Option<&str>) -> Result<Option<UserId>, Problem> {
    match profile {
        Some(profile) => Ok(Some(app.account_row(profile).await?.account.id)),
        None => Ok(None),
    }
}

/// The account that is named, or the only one.
pub(crate) async fn one_owner(app: &App, profile: Option<&str>) -> Result<UserId, Problem> {
    Ok(app.one_account(profile).await?.account.id)
}

/// So many accounts are told of at once.
const MOST_PROFILES: usize = 1_000;

/// A part of the accounts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PartOfProfiles {
    /// At most this many, 1000 at the most; 1000 if left out.
    #[serde(default, deserialize_with = "paging::at_least_one")]
    #[param(minimum = 1)]
    limit: Option<usize>,
    /// The profile with which the page before ended.
    below: Option<String>,
}

/// The accounts, by the names of their profiles, and people of whom only snapshots are left. Where more follow, `Link` says where they are (`rel="next"`).
#[utoipa::path(tag = "accounts", params(PartOfProfiles), responses(
    (status = 200, body = Vec<ProfileView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/profiles")]
pub(crate) async fn profiles(
    _: Reader,
    app: web::Data<App>,
    part: web::Query<PartOfProfiles>,
) -> Result<HttpResponse, Problem> {
    let most = part.limit.unwrap_or(MOST_PROFILES).min(MOST_PROFILES);
    let mut rows = app.accounts().await?;
    rows.extend(app.kept_accounts().await?);
    rows.sort_by_key(|row| row.profile.to_ascii_lowercase());
    if let Some(below) = &part.below {
        // In the order in which they are given, which knows no capitals.
        let below = below.to_ascii_lowercase();
        rows.retain(|row| row.profile.to_ascii_lowercase() > below);
    }
    let goes_on = rows.len() > most;
    rows.truncate(most);
    let mut answer = HttpResponse::Ok();
    if let Some(last) = rows.last().filter(|_| goes_on) {
        let below = utf8_percent_encode(&last.profile, NON_ALPHANUMERIC);
        let path = format!("/api/v1/profiles?limit={most}&below={below}");
        let next = format!("<{}>; rel=\"next\"", tasks::location(&app, &path));
        answer.insert_header((header::LINK, next));
    }
    let views: Vec<ProfileView> = rows.iter().map(Into::into).collect();
    Ok(answer.json(views))
}

/// How every account stands, worst first.
#[utoipa::path(tag = "accounts", responses(
    (status = 200, body = Vec<StatusView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/status")]
pub(crate) async fn status(_: Reader, app: web::Data<App>) -> Answer<Vec<StatusView>> {
    let all = app.status().await?;
    Ok(web::Json(all.iter().map(Into::into).collect()))
}

/// Which snapshots.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichSnapshots {
    /// auto, manual, safety, import
    kind: Option<String>,
    /// Only those that are kept; `false` is as if left out, here and below
    kept: Option<bool>,
    /// Only those about which something was unusual, answered or not
    unusual: Option<bool>,
    /// Only those that are not what was written
    damaged: Option<bool>,
    /// From then on: `@-7d`, `2026-11-03` (its beginning)
    since: Option<String>,
    /// Up to this moment: `2026-11-03T14:00`, `2026-11-03` (its end), `@-7d`
    until: Option<String>,
}

impl WhichSnapshots {
    fn filter(&self, app: &App) -> Result<SnapshotFilter, Problem> {
        let since = self.since.as_deref().map(|since| app.instant(since));
        let until = self.until.as_deref().map(|until| app.moment(until));
        Ok(SnapshotFilter {
            kind: word("kind", self.kind.as_deref(), Kind::parse)?,
            kept: self.kept.unwrap_or_default(),
            unusual: self.unusual.unwrap_or_default(),
            damaged: self.damaged.unwrap_or_default(),
            since: since.transpose()?,
            until: until.transpose()?,
        })
    }
}

/// Snapshots, newest first.
#[utoipa::path(tag = "snapshots", params(Part, WhichSnapshots), responses(
    (status = 200, body = Page<SnapshotView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/snapshots")]
pub(crate) async fn snapshots(
    _: Reader,
    app: web::Data<App>,
    part: web::Query<Part>,
    which: web::Query<WhichSnapshots>,
) -> Answer<Page<SnapshotView>> {
    let owner = owner(&app, part.profile.as_deref()).await?;
    let (filter, most) = (which.filter(&app)?, part.most());
    let start = part.below()?.map_or(Start::Newest, Start::Below);
    // The folder is the truth; others put files into it too.
    app.catalogue().await?;
    let rows = app.snapshots_where(owner, filter, start, most + 1).await?;
    let page = Page::of(rows, most, |row| row.position, |row| row.into());
    Ok(web::Json(page))
}

/// One snapshot, by any of its names.
#[utoipa::path(tag = "snapshots", params(
    ("reference", description = "`latest`, `latest~2`, the beginning of its id, `@2026-11-03`, `kept:NAME`"), OfProfile,
), responses(
    (status = 200, body = SnapshotView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/snapshots/{reference}")]
pub(crate) async fn snapshot(
    _: Reader,
    app: web::Data<App>,
    reference: web::Path<String>,
    of: web::Query<OfProfile>,
) -> Answer<SnapshotView> {
    let row = row(&app, &reference, of.profile.as_deref()).await?;
    Ok(web::Json((&row).into()))
}

/// The row of a snapshot of ours; files elsewhere are nobody's business here.
pub(crate) async fn row(
    app: &App,
    reference: &str,
    profile: Option<&str>,
) -> Result<anirewind_core::SnapshotRow, Problem> {
    if reference.contains(['/', '\\']) {
        return Err(Problem::usage("a snapshot is named here, not a file"));
    }
    Ok(app.find_row(reference, profile).await?)
}

/// Whether what is damaged is wanted all the same.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Unproven {
    /// What the file holds now, though that is not what was written: to look at, and for nothing else.
    damaged: Option<bool>,
}

impl Unproven {
    pub(crate) fn is_wanted(&self) -> bool {
        self.damaged.unwrap_or_default()
    }
}

/// The file of a snapshot as it is, once it is proven.
#[utoipa::path(tag = "snapshots", params(("reference", description = "As for one snapshot"), OfProfile, Unproven), responses(
    (status = 200, content_type = "application/json"),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/snapshots/{reference}/file")]
pub(crate) async fn snapshot_file(
    _: Reader,
    app: web::Data<App>,
    reference: web::Path<String>,
    of: web::Query<OfProfile>,
    unproven: web::Query<Unproven>,
) -> Result<HttpResponse, Problem> {
    let row = row(&app, &reference, of.profile.as_deref()).await?;
    let path = app.backups().join(&row.file);
    if unproven.is_wanted() {
        let bytes = app.read_as_it_is(&row).await?;
        return Ok(HttpResponse::Ok()
            .content_type("application/json")
            .insert_header(attached(&row.file))
            .body(bytes));
    }
    // This very file is read and proven: what is damaged is not handed out as if it were whole.
    let found = app.find(&path.display().to_string(), None).await?;
    let is_it =
        matches!(&found.source, FoundList::Snapshot(read) if read.file_hash == row.file_hash);
    drop(found);
    let bytes = web::block(move || std::fs::read(path).map(|bytes| is_it.then_some(bytes)));
    let bytes = bytes.await;
    let bytes = bytes.ok().and_then(Result::ok).flatten();
    let bytes = bytes
        .ok_or_else(|| Problem::failed("the file is gone or damaged: see `anirewind verify`"))?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(("ETag", format!("\"{}\"", row.file_hash)))
        .insert_header(attached(&row.file))
        .body(bytes))
}

/// A word of a few, as an address holds it.
pub(crate) fn word<T>(
    name: &str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let parsed = parse(text);
    parsed
        .map(Some)
        .ok_or_else(|| Problem::usage(format!("`{text}` is no {name}")))
}

/// Plans that can be applied, newest first, without their titles.
#[utoipa::path(tag = "plans", params(Part), responses(
    (status = 200, body = Page<OperationView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/plans")]
pub(crate) async fn plans(
    _: Reader,
    app: web::Data<App>,
    part: web::Query<Part>,
) -> Answer<Page<OperationView>> {
    let owner = owner(&app, part.profile.as_deref()).await?;
    let plans = part.cut(app.plans(owner).await?, |row| row.seq)?;
    let page = Page::of(plans, part.most(), |row| row.seq, untitled);
    Ok(web::Json(page))
}

/// An act without its titles.
fn untitled(row: &OperationRow) -> OperationView {
    OperationView::of(row, &[])
}

/// One plan, title by title.
#[utoipa::path(tag = "plans", params(("id", description = "The beginning of its id")), responses(
    (status = 200, body = PlanView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/plans/{id}")]
pub(crate) async fn plan(
    _: Reader,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Answer<PlanView> {
    let plan = app.plan(&id).await?;
    Ok(web::Json((&plan).into()))
}

/// What we did, newest first, without titles.
#[utoipa::path(tag = "operations", params(Part), responses(
    (status = 200, body = Page<OperationView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/operations")]
pub(crate) async fn operations(
    _: Reader,
    app: web::Data<App>,
    part: web::Query<Part>,
) -> Answer<Page<OperationView>> {
    let owner = owner(&app, part.profile.as_deref()).await?;
    let (below, most) = (part.below()?, part.most());
    let rows = app.operations_below(owner, below, most + 1).await;
    let rows = rows.map_err(BrowseError::Store)?;
    let page = Page::of(rows, most, OperationRow::cursor, untitled);
    Ok(web::Json(page))
}

/// The one act whose id begins so.
pub(crate) async fn act(app: &App, id: &str) -> Result<Report, Problem> {
    let found = app.operations_called(None, id).await;
    let mut found = found.map_err(BrowseError::Store)?;
    match (found.pop(), found.is_empty()) {
        (Some((row, steps)), true) => Ok(Report {
            operation: row,
            steps,
        }),
        (None, _) => Err(Problem::missing(format!("there is no act `{id}`"))),
        (Some(_), false) => Err(Problem::usage(format!(
            "`{id}` is the beginning of several ids"
        ))),
    }
}

/// What came of one act, title by title.
#[utoipa::path(tag = "operations", params(("id", description = "The beginning of its id")), responses(
    (status = 200, body = ReportView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/operations/{id}")]
pub(crate) async fn operation(
    _: Reader,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    id: web::Path<String>,
) -> Answer<ReportView> {
    // By its whole id also one that is about to begin, or could not. What went wrong is asked for first: with it everything
    // else is over.
    let whole = Id::parse(&id);
    let problem = whole.as_ref().and_then(|id| hub.desk().problem_of(id));
    let mut report = match &whole {
        Some(whole) => app.act_called(whole).await?,
        None => act(&app, &id).await?,
    };
    let is_begun = !matches!(
        report.operation.state,
        OperationState::Planned | OperationState::Discarded
    );
    if !is_begun {
        report.operation.problem = problem;
    }
    Ok(web::Json((&report).into()))
}

/// Acts that are under way, paused or stopped, newest first.
#[utoipa::path(tag = "jobs", params(Part), responses(
    (status = 200, body = Page<OperationView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/jobs")]
pub(crate) async fn jobs(
    _: Reader,
    app: web::Data<App>,
    part: web::Query<Part>,
) -> Answer<Page<OperationView>> {
    let owner = owner(&app, part.profile.as_deref()).await?;
    let mut open = app.open_operations().await.map_err(BrowseError::Store)?;
    open.retain(|row| owner.is_none_or(|owner| row.owner == owner));
    let open = part.cut(open, OperationRow::cursor)?;
    let page = Page::of(open, part.most(), OperationRow::cursor, untitled);
    Ok(web::Json(page))
}

/// A key, without the key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyView {
    /// What it is called.
    name: String,
    /// Whether it may write.
    may_write: bool,
    /// When it was made, RFC 3339.
    created_at: String,
    /// When it was last used, to the hour, RFC 3339.
    used_at: Option<String>,
}

/// The keys there are. A key itself is shown once, by the command that makes it.
#[utoipa::path(tag = "server", responses(
    (status = 200, body = Vec<KeyView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/keys")]
pub(crate) async fn keys(_: Reader, app: web::Data<App>) -> Answer<Vec<KeyView>> {
    let rows = app.keys().await?;
    let keys = rows.into_iter().map(|row| KeyView {
        name: row.name,
        may_write: row.may_write,
        created_at: instant(row.created_at),
        used_at: row.used_at.map(instant),
    });
    Ok(web::Json(keys.collect()))
}
