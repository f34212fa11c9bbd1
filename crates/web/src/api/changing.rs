//! What changed on a list: every change, how many there are, and how many each day.

use std::collections::BTreeMap;

use actix_web::{get, web};
use anirewind_core::model::{MediaId, MediaType};
use anirewind_core::view::{ChangeView, field_called};
use anirewind_core::{
    App, BrowseError, ChangeFilter, ChangeKind, ChangeOutcome, ChangeRow, Id, Source,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::auth::Reader;
use crate::api::paging::{Page, Part};
use crate::api::problem::Problem;
use crate::api::proving::HowManyDays;
use crate::api::reading::{OfProfile, one_owner, owner, word};

type Answer<T> = Result<web::Json<T>, Problem>;

/// Which changes.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// synced, deleted, undone, skipped, failed, `not_found`, pending
    outcome: Option<String>,
    /// observed, restore, undo, redo, import, api
    source: Option<String>,
    /// ANIME or MANGA
    r#type: Option<String>,
    /// Of this title: its id on AniList
    media: Option<u32>,
    /// A field by its key, as in `status` or `customLists`
    field: Option<String>,
    /// A part of the title's name
    title: Option<String>,
    /// From then on: `@-7d`, `2026-11-03` (its beginning)
    since: Option<String>,
    /// Up to this moment: `2026-11-03T14:00`, `2026-11-03` (its end), `@-7d`
    until: Option<String>,
    /// Of one cause: the whole id of a group
    group: Option<String>,
    /// Of one act: its whole id
    operation: Option<String>,
    /// Those too that were hidden
    hidden: Option<bool>,
}

impl Which {
    fn filter(&self, app: &App) -> Result<ChangeFilter, Problem> {
        let since = self.since.as_deref().map(|since| app.instant(since));
        let until = self.until.as_deref().map(|until| app.moment(until));
        Ok(ChangeFilter {
            outcome: word("outcome", self.outcome.as_deref(), ChangeOutcome::parse)?,
            source: word("source", self.source.as_deref(), Source::parse)?,
            media_type: word("type", self.r#type.as_deref(), MediaType::parse)?,
            media: self.media.map(MediaId::new),
            field: word("field", self.field.as_deref(), field_called)?,
            title: self.title.clone(),
            since: since.transpose()?,
            until: until.transpose()?,
            group: word("group", self.group.as_deref(), Id::parse)?,
            operation: word("act", self.operation.as_deref(), Id::parse)?,
            shown_only: !self.hidden.unwrap_or_default(),
            ..ChangeFilter::default()
        })
    }
}

/// Of which kind.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfKind {
    /// all, added, changed, removed, undone, restored, failed, left
    kind: Option<String>,
}

/// Changes, newest first.
#[utoipa::path(tag = "timeline", params(Part, OfKind, Which), responses(
    (status = 200, body = Page<ChangeView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/changes")]
pub(crate) async fn changes(
    _: Reader,
    app: web::Data<App>,
    part: web::Query<Part>,
    of: web::Query<OfKind>,
    which: web::Query<Which>,
) -> Answer<Page<ChangeView>> {
    let owner = owner(&app, part.profile.as_deref()).await?;
    let filter = ChangeFilter {
        kind: word("kind", of.kind.as_deref(), ChangeKind::parse)?,
        ..which.filter(&app)?
    };
    let (below, most) = (part.below()?, part.most());
    let rows = app.changes(owner, filter, below, most + 1).await;
    let rows = rows.map_err(BrowseError::Store)?;
    Ok(web::Json(Page::of(rows, most, ChangeRow::cursor, |row| {
        row.into()
    })))
}

/// How many changes there are.
#[derive(Serialize, ToSchema)]
pub(crate) struct CountsOfChangesView {
    /// Of each kind, and of all.
    kinds: BTreeMap<&'static str, usize>,
    /// Whether there are more: what takes long is not counted to the end.
    more: bool,
}

/// How many changes there are of each kind.
#[utoipa::path(tag = "timeline", params(OfProfile, Which), responses(
    (status = 200, body = CountsOfChangesView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/changes/counts")]
pub(crate) async fn change_counts(
    _: Reader,
    app: web::Data<App>,
    of: web::Query<OfProfile>,
    which: web::Query<Which>,
) -> Answer<CountsOfChangesView> {
    let owner = one_owner(&app, of.profile.as_deref()).await?;
    let counts = app.counts_within(owner, which.filter(&app)?).await;
    let counts = counts.map_err(BrowseError::Store)?;
    let kinds = counts.kinds.into_iter();
    Ok(web::Json(CountsOfChangesView {
        kinds: kinds.map(|(kind, count)| (kind.as_str(), count)).collect(),
        more: counts.is_more,
    }))
}

/// One change, before and after.
#[utoipa::path(tag = "timeline", params(("id", description = "Its whole id")), responses(
    (status = 200, body = ChangeView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/changes/{id}")]
pub(crate) async fn change(
    _: Reader,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Answer<ChangeView> {
    let missing = || Problem::missing(format!("there is no change `{id}`: its whole id is needed"));
    let whole = Id::parse(&id).ok_or_else(missing)?;
    let found = app.change(&whole).await.map_err(BrowseError::Store)?;
    Ok(web::Json((&found.ok_or_else(missing)?).into()))
}

/// A day, and how many changes took effect on it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeDayView {
    /// As in 2026-11-03.
    day: String,
    /// Titles that were added.
    added: usize,
    /// Titles that were changed.
    changed: usize,
    /// Titles that were removed.
    removed: usize,
}

/// The last days, oldest first, each with how many changes took effect on it.
#[utoipa::path(tag = "timeline", params(HowManyDays), responses(
    (status = 200, body = Vec<ChangeDayView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/changes/days")]
pub(crate) async fn change_days(
    _: Reader,
    app: web::Data<App>,
    wish: web::Query<HowManyDays>,
) -> Answer<Vec<ChangeDayView>> {
    let owner = one_owner(&app, wish.profile.as_deref()).await?;
    let most = u16::try_from(wish.most()).unwrap_or(u16::MAX);
    let days = app.change_days(owner, most).await?.into_iter();
    let days = days.map(|(day, sums)| ChangeDayView {
        day,
        added: sums.added,
        changed: sums.changed,
        removed: sums.removed,
    });
    Ok(web::Json(days.collect()))
}
