//! What differs between two lists.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, web};
use anirewind_core::model::{EntryField, List, UserId};
use anirewind_core::view::{EntryView, instant, key};
use anirewind_core::{
    AccountError, App, Found, FoundList, ListAt, compare as differences, notice_words,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::api::Hub;
use crate::api::auth::Reader;
use crate::api::problem::Problem;
use crate::api::reading::{one_owner, row};
use crate::api::tasks::{self, Patience, Reply, TaskView};
use crate::api::titles::nothing_before;

/// What stands before a moment, where a list may also be called otherwise.
const MOMENT: &str = "at:";

/// Which two lists to compare.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Sides {
    /// As it was: a snapshot, `live`, or a moment, as in `at:2026-11-03T14:00`.
    from: String,
    /// As it is: the same.
    to: String,
    /// The profile; the only one if left out.
    profile: Option<String>,
}

/// What differs between two lists.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ComparisonView {
    /// The first list.
    from: SideView,
    /// The second.
    to: SideView,
    /// Titles that are only on the second.
    added: Vec<EntryView>,
    /// Titles that are only on the first.
    removed: Vec<EntryView>,
    /// Titles that differ.
    changed: Vec<ChangedView>,
    /// How many are the same.
    same: usize,
    /// Fields that one side did not record, with the number of titles.
    not_recorded: BTreeMap<String, usize>,
    /// Lists that one side does not hold at all, with the number of titles that are left out for it.
    left_out: BTreeMap<&'static str, usize>,
    /// What else is not as it was, a sentence each: the format of scores, the names of custom lists.
    notices: Vec<String>,
    /// Private titles that are left out because one side was read without a token; null where both were
    /// read alike.
    unseen: Option<usize>,
}

/// One of two lists.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SideView {
    /// The snapshot it is, or was made from; null for the list as it is now.
    snapshot: Option<String>,
    /// Of when it is, RFC 3339.
    at: String,
    /// Whose list it is.
    user: String,
    /// Whether it is certain to be exactly so.
    exact: bool,
}

/// A title that differs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangedView {
    /// On the first list.
    before: EntryView,
    /// On the second.
    after: EntryView,
    /// The fields that differ.
    fields: Vec<String>,
}

/// What differs between two snapshots, or one and the live list. Reading the live list asks `AniList`,
/// which takes a key that may write.
#[utoipa::path(tag = "snapshots", params(Patience, Sides), responses(
    (status = 200, body = ComparisonView),
    (status = 202, description = "It takes its time", body = TaskView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/compare")]
pub(crate) async fn compare(
    reader: Reader,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    patience: Patience,
    sides: web::Query<Sides>,
) -> Result<HttpResponse, Problem> {
    let Sides { from, to, profile } = sides.into_inner();
    let is_moment = |side: &str| side.starts_with(MOMENT);
    let profile = match profile {
        // Beside a moment it is of one account, and so is the other side.
        None if is_moment(&from) || is_moment(&to) => Some(app.one_account(None).await?.profile),
        named => named,
    };
    let mut names = Vec::new();
    for side in [from, to] {
        names.push(if side == "live" {
            reader.asks()?;
            Name::List(side)
        } else if let Some(moment) = side.strip_prefix(MOMENT) {
            Name::Moment(app.moment(moment)?)
        } else {
            let row = row(&app, &side, profile.as_deref()).await?;
            Name::List(row.id.to_string())
        });
    }
    let asker = app.get_ref().clone();
    let work = async move {
        let (from, to) = match names.as_slice() {
            [Name::List(from), Name::List(to)] => {
                let (from, to) = asker.find_pair(from, to, profile.as_deref()).await?;
                (Side::Found(Box::new(from)), Side::Found(Box::new(to)))
            }
            [from, to] => {
                let owner = one_owner(&asker, profile.as_deref()).await?;
                (
                    Side::of(&asker, owner, from).await?,
                    Side::of(&asker, owner, to).await?,
                )
            }
            _ => return Err(Problem::usage("name two lists")),
        };
        Reply::ok(&ComparisonView::of(&from, &to))
    };
    tasks::run(&app, &hub, patience, "a comparison", work).await
}

/// What a side is called.
enum Name {
    List(String),
    Moment(OffsetDateTime),
}

/// A side that was read.
enum Side {
    Found(Box<Found>),
    At(OffsetDateTime, Box<ListAt>),
}

impl Side {
    /// A side of one account.
    async fn of(app: &App, owner: UserId, name: &Name) -> Result<Self, Problem> {
        let at = match name {
            Name::Moment(at) => *at,
            Name::List(name) => {
                // Never another's, where it is not connected any more.
                let profile = app.profile_of_owner(owner).await?;
                let profile = profile.ok_or(AccountError::NoAccount)?;
                let found = app.find(name, Some(&profile)).await?;
                return Ok(Self::Found(Box::new(found)));
            }
        };
        let found = app.list_at(owner, at).await?.ok_or_else(nothing_before)?;
        Ok(Self::At(at, Box::new(found)))
    }

    fn list(&self) -> &List {
        match self {
            Self::Found(found) => found.list(),
            Self::At(_, found) => &found.list,
        }
    }

    fn view(&self) -> SideView {
        let user = self.list().owner.name.clone();
        match self {
            Self::Found(found) => SideView {
                snapshot: match &found.source {
                    FoundList::Live(_) => None,
                    FoundList::Snapshot(snapshot) => Some(snapshot.id.to_string()),
                },
                at: instant(found.created_at),
                user,
                exact: true,
            },
            Self::At(at, found) => SideView {
                snapshot: Some(found.snapshot.id.to_string()),
                at: instant(*at),
                user,
                exact: found.is_exact,
            },
        }
    }
}

impl ComparisonView {
    fn of(from: &Side, to: &Side) -> Self {
        let found = differences(from.list(), to.list());
        let names = |fields: &[EntryField]| fields.iter().map(|f| key(*f).to_owned()).collect();
        let changed = found.changed.iter().map(|changed| ChangedView {
            before: changed.before.into(),
            after: changed.after.into(),
            fields: names(&changed.fields),
        });
        let not_recorded = found.not_recorded.iter();
        let left_out = found.left_out.iter();
        Self {
            from: from.view(),
            to: to.view(),
            added: found.added.iter().map(|entry| (*entry).into()).collect(),
            removed: found.removed.iter().map(|entry| (*entry).into()).collect(),
            changed: changed.collect(),
            same: found.same.len(),
            not_recorded: not_recorded
                .map(|(field, count)| (key(*field).to_owned(), *count))
                .collect(),
            left_out: left_out.map(|(of, count)| (of.as_str(), *count)).collect(),
            notices: found.notices.iter().map(notice_words).collect(),
            unseen: found.unseen,
        }
    }
}
