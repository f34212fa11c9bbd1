//! Titles: on the list, in a snapshot, at a moment, and one through all its changes.

use std::collections::BTreeMap;

use actix_web::{get, web};
use anirewind_core::model::{Entry, List, MediaId, MediaType, Recorded, UserId};
use anirewind_core::view::{ChangeView, CountsView, EntryView, SnapshotView, instant, key};
use anirewind_core::{App, BrowseError, TitleRow, title_of};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::auth::Reader;
use crate::api::paging::{self, Page};
use crate::api::problem::Problem;
use crate::api::reading::{OfProfile, Unproven, one_owner, row, word};
use crate::parts;

type Answer<T> = Result<web::Json<T>, Problem>;

/// So many titles are looked at at once for those that are called so.
const AT_ONCE: usize = 500;

/// A part of a list of titles, which is by type and id.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Titles {
    /// The profile; the only one if left out.
    profile: Option<String>,
    /// At most this many, 500 at the most; 50 if left out.
    #[serde(default, deserialize_with = "paging::at_least_one")]
    #[param(minimum = 1)]
    limit: Option<usize>,
    /// Where the page before ended.
    below: Option<String>,
}

impl Titles {
    fn most(&self) -> usize {
        paging::most(self.limit)
    }

    /// The title that the page before ended with.
    fn behind(&self) -> Result<Option<(MediaType, MediaId)>, Problem> {
        word("place in this list", self.below.as_deref(), |text| {
            let (of, id) = text.split_once('.')?;
            Some((MediaType::parse(of)?, MediaId::new(id.parse().ok()?)))
        })
    }

    /// This part of a whole list.
    fn of(&self, entries: &[&Entry]) -> Result<Page<EntryView>, Problem> {
        let place = |entry: &&Entry| (entry.media_type, entry.media);
        let behind = self.behind()?;
        let first = entries.partition_point(|entry| Some(place(entry)) <= behind);
        let rest = entries.get(first..).unwrap_or_default();
        let part = rest.get(..self.most()).unwrap_or(rest);
        let last = part.last().filter(|_| part.len() < rest.len());
        Ok(Page {
            next: last.map(|entry| place_text(entry.media_type, entry.media)),
            items: part.iter().map(|entry| (*entry).into()).collect(),
        })
    }
}

fn place_text(of: MediaType, media: MediaId) -> String {
    format!("{}.{media}", of.as_str())
}

/// The titles of a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EntriesView {
    /// How its account shows scores; here they are of 100 all the same.
    score_format: String,
    /// How many titles of each type have each status, in AniList's words.
    statuses: BTreeMap<&'static str, BTreeMap<String, usize>>,
    /// Fields that are not recorded for all titles, by their keys.
    not_recorded: Vec<&'static str>,
    /// The part of its titles.
    items: Vec<EntryView>,
    /// Give this as `below` for what follows; null at the end.
    next: Option<String>,
}

impl EntriesView {
    fn of(list: &List, part: &Titles) -> Result<Self, Problem> {
        let mut statuses = BTreeMap::<_, BTreeMap<_, usize>>::new();
        for entry in &list.entries {
            if let Recorded::Known(status) = &entry.values.status {
                let of_type = statuses.entry(entry.media_type.as_str()).or_default();
                *of_type.entry(status.as_str().to_owned()).or_default() += 1;
            }
        }
        let mut entries: Vec<_> = list.entries.iter().collect();
        entries.sort_by_key(|entry| (entry.media_type, entry.media));
        let Page { items, next } = part.of(&entries)?;
        let not_recorded = list.fields_not_recorded().into_iter().map(key).collect();
        Ok(Self {
            score_format: list.settings.score_format.as_str().to_owned(),
            statuses,
            not_recorded,
            items,
            next,
        })
    }
}

/// The titles in a snapshot, anime first, by id. For those of `live` AniList is asked, for each part anew, which takes
/// a key that may write.
#[utoipa::path(tag = "snapshots", params(("reference", description = "As for one snapshot, or `live`"), Titles, Unproven), responses(
    (status = 200, body = EntriesView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/snapshots/{reference}/entries")]
pub(crate) async fn snapshot_entries(
    reader: Reader,
    app: web::Data<App>,
    reference: web::Path<String>,
    part: web::Query<Titles>,
    unproven: web::Query<Unproven>,
) -> Answer<EntriesView> {
    if *reference == "live" {
        reader.asks()?;
        let found = app.find(&reference, part.profile.as_deref()).await?;
        return Ok(web::Json(EntriesView::of(found.list(), &part)?));
    }
    let row = row(&app, &reference, part.profile.as_deref()).await?;
    if unproven.is_wanted() {
        let list = app.read_unproven(&row).await?;
        return Ok(web::Json(EntriesView::of(&list, &part)?));
    }
    let found = app.find(row.id.as_str(), part.profile.as_deref()).await?;
    Ok(web::Json(EntriesView::of(found.list(), &part)?))
}

/// What titles are called.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Called {
    /// A part of one of their names, or their id
    q: Option<String>,
}

/// A title that is or was on the list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedView {
    /// Which title, on AniList.
    media_id: u32,
    /// ANIME or MANGA.
    r#type: String,
    /// What it is called.
    title: Option<String>,
    /// As it was last seen; null when it was not on the list.
    now: Option<EntryView>,
}

/// Titles that are or were on the list, and when that was last seen.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TitlesView {
    /// When the list was seen, RFC 3339; null before the first look.
    seen_at: Option<String>,
    /// The part.
    items: Vec<ListedView>,
    /// Give this as `below` for what follows; null at the end.
    next: Option<String>,
}

/// Titles that are or were on the list, as they were last seen, anime first, by id. AniList is not asked.
#[utoipa::path(tag = "timeline", params(Called, Titles), responses(
    (status = 200, body = TitlesView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/titles")]
pub(crate) async fn titles(
    _: Reader,
    app: web::Data<App>,
    called: web::Query<Called>,
    part: web::Query<Titles>,
) -> Answer<TitlesView> {
    let owner = one_owner(&app, part.profile.as_deref()).await?;
    let accounts = app.accounts().await?;
    let account = accounts.iter().find(|row| row.account.id == owner);
    let language = account.map(|row| row.style.titles.clone());
    let rows = if let Some(text) = called.q.as_deref() {
        titles_called(&app, owner, &part, text).await?
    } else {
        let rows = app.titles_page(owner, part.behind()?, part.most()).await;
        rows.map_err(BrowseError::Store)?
    };
    let seen = app.last_look(owner).await.map_err(BrowseError::Store)?;
    let last = rows.last().filter(|_| rows.len() == part.most());
    let next = last.map(|row| place_text(row.media_type, row.media));
    let items = rows.into_iter().map(|row| ListedView {
        media_id: row.media.get(),
        r#type: row.media_type.as_str().to_owned(),
        title: row.title.or_else(|| {
            let entry = row.now.as_ref().filter(|entry| entry.summary.is_some())?;
            Some(title_of(entry, language.as_ref()?))
        }),
        now: row.now.as_ref().map(Into::into),
    });
    Ok(web::Json(TitlesView {
        seen_at: seen.map(instant),
        items: items.collect(),
        next,
    }))
}

/// Those of a part that are called so.
async fn titles_called(
    app: &App,
    owner: UserId,
    part: &Titles,
    text: &str,
) -> Result<Vec<TitleRow>, Problem> {
    let gone = app.gone_titles(owner).await.map_err(BrowseError::Store)?;
    let gone = gone.into_iter();
    let gone: BTreeMap<_, _> = gone
        .map(|gone| ((gone.media_type, gone.media), gone.names))
        .collect();
    let is_called = |row: &TitleRow| {
        let names = gone.get(&(row.media_type, row.media));
        is_called(row, names.map(String::as_str), text)
    };
    let (mut behind, mut found) = (part.behind()?, Vec::new());
    loop {
        let rows = app.titles_page(owner, behind, AT_ONCE).await;
        let rows = rows.map_err(BrowseError::Store)?;
        let is_end = rows.len() < AT_ONCE;
        behind = rows.last().map(|row| (row.media_type, row.media));
        found.extend(rows.into_iter().filter(is_called));
        if is_end || found.len() >= part.most() {
            found.truncate(part.most());
            return Ok(found);
        }
    }
}

/// Whether a title is called so, by any of its names; of one that is gone they are given, in small letters.
fn is_called(row: &TitleRow, names: Option<&str>, text: &str) -> bool {
    if let Some(entry) = &row.now {
        return parts::is_called(entry, text);
    }
    let text = text.trim();
    names.is_some_and(|names| names.contains(&text.to_lowercase())) || row.media.to_string() == text
}

/// A title through all its changes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TitleView {
    /// Which title, on AniList.
    media_id: u32,
    /// ANIME or MANGA.
    r#type: String,
    /// What it is called.
    title: Option<String>,
    /// As it was last seen; null when it is not on the list.
    now: Option<EntryView>,
    /// Its changes, newest first.
    changes: Vec<ChangeView>,
}

/// The whole history of a title, by id or by a part of its name.
#[utoipa::path(tag = "timeline", params(("title", description = "Its id, or a part of its name"), OfProfile), responses(
    (status = 200, body = TitleView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/titles/{title}")]
pub(crate) async fn title(
    _: Reader,
    app: web::Data<App>,
    title: web::Path<String>,
    of: web::Query<OfProfile>,
) -> Answer<TitleView> {
    let owner = one_owner(&app, of.profile.as_deref()).await?;
    if title.contains(char::is_control) {
        return Err(Problem::usage("no title has a control character in it"));
    }
    let found = app.title_history(owner, &title).await;
    let found = found.map_err(BrowseError::Store)?;
    let found = found.ok_or_else(|| Problem::missing("no such title was ever on the list"))?;
    Ok(web::Json(TitleView {
        media_id: found.media.get(),
        r#type: found.media_type.as_str().to_owned(),
        title: found.title.clone(),
        now: found.now.as_ref().map(Into::into),
        changes: found.changes.iter().map(Into::into).collect(),
    }))
}

/// Which moment.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct At {
    /// The moment: `2026-11-03T14:00`, `2026-11-03`, `@-7d`
    at: String,
}

/// A list as it was at a moment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListAtView {
    /// The moment, RFC 3339.
    at: String,
    /// Whether it is certain to be exactly so.
    exact: bool,
    /// Up to when it was seen, RFC 3339.
    seen_until: String,
    /// The snapshot it was made from.
    snapshot: SnapshotView,
    /// How many changes since then were put onto it.
    changes: usize,
    /// How many titles.
    counts: CountsView,
    /// The part of its titles.
    items: Vec<EntryView>,
    /// Give this as `below` for what follows; null at the end.
    next: Option<String>,
}

pub(super) fn nothing_before() -> Problem {
    Problem::missing("there is no good snapshot from before that moment")
}

/// The list as it was at a moment, anime first, by id.
#[utoipa::path(tag = "timeline", params(At, Titles), responses(
    (status = 200, body = ListAtView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/list")]
pub(crate) async fn list_at(
    _: Reader,
    app: web::Data<App>,
    at: web::Query<At>,
    part: web::Query<Titles>,
) -> Answer<ListAtView> {
    let owner = one_owner(&app, part.profile.as_deref()).await?;
    let moment = app.moment(&at.at)?;
    let found = app.list_at(owner, moment).await?;
    let found = found.ok_or_else(nothing_before)?;
    let entries: Vec<_> = found.list.entries.iter().collect();
    let Page { items, next } = part.of(&entries)?;
    Ok(web::Json(ListAtView {
        at: instant(moment),
        exact: found.is_exact,
        seen_until: instant(found.seen_until),
        snapshot: (&found.snapshot).into(),
        changes: found.changes,
        counts: found.list.counts().into(),
        items,
        next,
    }))
}
