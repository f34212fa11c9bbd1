//! Looking, planning, and carrying out.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, delete, post, web};
use anirewind_core::model::{EntryField, EntryStatus, MediaId, MediaType, Picks};
use anirewind_core::view::{OperationView, PlanView, ReportView, field_called, instant};
use anirewind_core::{
    ActError, App, BrowseError, Cause, Change, ChangeOutcome, Choices, Id, OperationState, Plan,
    Prefer, Report, RestoreOptions, Source, Stopping, Wanted, When,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Hub;
use crate::api::auth::Writer;
use crate::api::problem::Problem;
use crate::api::reading::{OfProfile, act, one_owner, row};
use crate::api::sent::Sent;
use crate::api::tasks::{self, Patience, Reply, TaskView};
use crate::carry;
use crate::live::WhatOf;

type Answer<T> = Result<web::Json<T>, Problem>;

/// What a look found.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LookView {
    /// The profile.
    profile: String,
    /// How many titles changed since the last look.
    changes: usize,
    /// Whether it was the first look, with nothing to compare with.
    first: bool,
}

/// Looks at AniList now for what others changed.
#[utoipa::path(tag = "timeline", params(Patience, OfProfile), security(("key" = [])), responses(
    (status = 200, body = Vec<LookView>),
    (status = 202, description = "It takes its time", body = TaskView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/looks")]
pub(crate) async fn look(
    _: Writer,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    patience: Patience,
    of: web::Query<OfProfile>,
) -> Result<HttpResponse, Problem> {
    let targets = app.targets(of.profile.as_deref()).await?;
    let asker = app.get_ref().clone();
    let work = async move {
        let mut looks = Vec::new();
        for target in targets {
            let report = asker.look(&target).await?;
            looks.push(LookView {
                profile: report.profile,
                changes: report.changes,
                first: report.is_first,
            });
        }
        Reply::ok(&looks)
    };
    tasks::run(&app, &hub, patience, "a look at AniList", work).await
}

/// A change that another program made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ToldBody {
    /// The profile; the only one if left out.
    profile: Option<String>,
    /// Which title, on AniList.
    media_id: u32,
    /// ANIME or MANGA.
    r#type: String,
    /// What it is called.
    title: Option<String>,
    /// synced, deleted, skipped, failed, `not_found` or pending.
    outcome: String,
    /// The entry before, as in a snapshot file; left out when it was not on the list.
    #[schema(value_type = Option<Object>)]
    before: Option<serde_json::Value>,
    /// The entry after, as in a snapshot file; left out when it is not on the list.
    #[schema(value_type = Option<Object>)]
    after: Option<serde_json::Value>,
    /// What went wrong.
    error: Option<String>,
}

/// The id of what was written down.
#[derive(Serialize, ToSchema)]
pub(crate) struct IdView {
    /// The id.
    id: String,
}

/// Writes down a change that another program made.
#[utoipa::path(tag = "timeline", request_body = ToldBody, security(("key" = [])), responses(
    (status = 201, body = IdView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/changes")]
pub(crate) async fn report_change(
    _: Writer,
    app: web::Data<App>,
    body: Sent<ToldBody>,
) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let owner = one_owner(&app, body.profile.as_deref()).await?;
    let media_type = MediaType::parse(&body.r#type)
        .ok_or_else(|| Problem::usage(format!("`{}` is no type", body.r#type)))?;
    let outcome = ChangeOutcome::parse(&body.outcome)
        .filter(|outcome| *outcome != ChangeOutcome::Undone)
        .ok_or_else(|| Problem::usage(format!("`{}` is no outcome to report", body.outcome)))?;
    let media = MediaId::new(body.media_id);
    let entry = |value: Option<serde_json::Value>| {
        let read = value.map(|value| app.entry_of(&value, media_type));
        let entry = read.transpose().map_err(Problem::usage)?;
        match entry {
            Some(entry) if entry.media != media => {
                Err(Problem::usage("an entry is of another title"))
            }
            entry => Ok(entry),
        }
    };
    let change = Change {
        media,
        media_type,
        title: body.title,
        before: entry(body.before)?,
        after: entry(body.after)?,
        outcome,
        source: Source::Api,
        when: When::exactly(app.now()),
        group: None,
        operation: None,
        undoes: None,
        error: body.error,
    };
    let id = app.report_change(owner, change).await;
    let id = id.map_err(BrowseError::Store)?.to_string();
    Ok(HttpResponse::Created().json(IdView { id }))
}

/// Whether changes are seen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HideBody {
    /// Beginnings of ids: of changes, groups, or acts.
    ids: Vec<String>,
    /// Whether they are kept out of sight.
    hidden: bool,
}

/// How many changes that was.
#[derive(Serialize, ToSchema)]
pub(crate) struct CountView {
    /// How many.
    changes: usize,
}

/// Keeps changes out of sight, or lets them be seen again. They stay on the timeline.
#[utoipa::path(tag = "timeline", params(OfProfile), request_body = HideBody, security(("key" = [])), responses(
    (status = 200, body = CountView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/changes/hide")]
pub(crate) async fn hide(
    _: Writer,
    app: web::Data<App>,
    of: web::Query<OfProfile>,
    body: Sent<HideBody>,
) -> Answer<CountView> {
    let changes = app
        .hide(of.profile.as_deref(), &body.ids, body.hidden)
        .await?;
    Ok(web::Json(CountView { changes }))
}

/// What to put a list back to, and how.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct RestoreBody {
    /// A snapshot by any of its names.
    snapshot: Option<String>,
    /// Or a moment.
    at: Option<String>,
    /// Or what the act with this id found when it began.
    before: Option<String>,
    /// The profile; the only one, or the snapshot's, if left out.
    profile: Option<String>,
    /// Only ANIME or MANGA.
    only: Option<String>,
    /// Only titles with one of these statuses.
    statuses: Option<Vec<String>>,
    /// Only these fields; no title is then added or removed.
    fields: Option<Vec<String>>,
    /// Only the titles with these ids.
    titles: Option<Vec<u32>>,
    /// Only the titles of this group of changes, or of this act.
    group: Option<String>,
    /// Whether titles that were added since are removed.
    remove_extra: bool,
    /// `ask` (all but what moved on), `snapshot` (everything) or `live` (only what is missing).
    prefer: Option<String>,
    /// Whether custom lists that are gone are left out.
    no_create_lists: bool,
    /// Of what happened since, only what the alarm about this snapshot tells of is put right.
    alarm: Option<String>,
    /// Groups and acts whose titles stay as they are; `edits` for single edits, and for what nothing is written down of.
    leave: Vec<String>,
    /// Titles that stay as they are, as in ANIME:123.
    leave_titles: Vec<String>,
    /// Single fields of titles that stay as they are, as in ANIME:123.progress.
    leave_fields: Vec<String>,
    /// Single fields of titles that are put back, whatever happened to them since.
    put_fields: Vec<String>,
}

/// What single edits are called among causes.
const EDITS: &str = "edits";

/// The groups that an open alarm about a snapshot tells of.
async fn groups_of_alarm(
    app: &App,
    snapshot: &str,
    profile: Option<&str>,
) -> Result<BTreeSet<Id>, Problem> {
    let row = row(app, snapshot, profile).await?;
    let groups = app.groups_of_alarm(row.owner.id, row.id.as_str()).await?;
    if groups.is_empty() {
        return Err(Problem::missing(
            "no unanswered alarm about that snapshot tells of changes that are known: leave `alarm` out, and everything \
             since is in the plan",
        ));
    }
    Ok(groups)
}

fn picks(leave: &[String], put: &[String]) -> Result<Picks, Problem> {
    let read = |text: &String| {
        Picks::parse(text).ok_or_else(|| {
            Problem::usage(format!(
                "`{text}` is no field of a title, as ANIME:123.progress is"
            ))
        })
    };
    let mut picks = Picks::default();
    for text in leave {
        let (title, field) = read(text)?;
        picks.leave(title, field);
    }
    for text in put {
        let (title, field) = read(text)?;
        picks.put(title, field);
    }
    Ok(picks)
}

fn fields(names: &[String]) -> Result<BTreeSet<EntryField>, Problem> {
    let parsed = names.iter().map(|name| {
        field_called(name).ok_or_else(|| Problem::usage(format!("`{name}` is no field")))
    });
    parsed.collect()
}

/// Works out what putting a list back would write, and stores it for a day. Sends nothing but reads.
#[utoipa::path(tag = "plans", params(Patience), request_body = RestoreBody, security(("key" = [])), responses(
    (status = 201, body = PlanView),
    (status = 202, description = "It takes its time", body = TaskView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/plans/restore")]
pub(crate) async fn plan_restore(
    _: Writer,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    patience: Patience,
    body: Sent<RestoreBody>,
) -> Result<HttpResponse, Problem> {
    let wanted = match (&body.snapshot, &body.at, &body.before) {
        // Refused further on, with the reason.
        (Some(snapshot), None, None) if snapshot == "live" => Wanted::Snapshot(snapshot.clone()),
        (Some(snapshot), None, None) => {
            let row = row(&app, snapshot, body.profile.as_deref()).await?;
            Wanted::Snapshot(row.id.to_string())
        }
        (None, Some(at), None) => Wanted::Moment(app.moment(at)?),
        (None, None, Some(id)) => Wanted::Before(act(&app, id).await?.operation.id),
        _ => return Err(Problem::usage("name one of `snapshot`, `at` and `before`")),
    };
    let profile = body.profile.as_deref();
    let only = body.only.as_deref().map(|only| {
        MediaType::parse(only).ok_or_else(|| Problem::usage(format!("`{only}` is no type")))
    });
    let has_nothing = [
        body.statuses.as_ref().is_some_and(Vec::is_empty),
        body.fields.as_ref().is_some_and(Vec::is_empty),
        body.titles.as_ref().is_some_and(Vec::is_empty),
    ];
    if has_nothing.contains(&true) {
        // Somebody whose choice came out empty does not mean everything.
        return Err(Problem::usage("an empty choice: leave it out to mean all"));
    }
    let statuses = body.statuses.iter().flatten().map(|text| {
        let status = EntryStatus::parse(&text.to_uppercase());
        let is_known = EntryStatus::KNOWN.contains(&status);
        is_known
            .then_some(status)
            .ok_or_else(|| Problem::usage(format!("`{text}` is no status")))
    });
    let mut titles: Option<BTreeSet<(MediaType, MediaId)>> = None;
    for id in body.titles.iter().flatten() {
        let titles = titles.get_or_insert_default();
        titles.extend(MediaType::BOTH.map(|of| (of, MediaId::new(*id))));
    }
    if let Some(group) = &body.group {
        let of_group = app.titles_of(profile, group).await?;
        titles.get_or_insert_default().extend(of_group);
    }
    let options = RestoreOptions {
        media_type: only.transpose()?,
        statuses: statuses.collect::<Result<_, _>>()?,
        fields: fields(body.fields.as_deref().unwrap_or_default())?,
        titles,
        removes: body.remove_extra,
        prefer: match body.prefer.as_deref() {
            None | Some("ask") => Prefer::Ask,
            Some("snapshot") => Prefer::Snapshot,
            Some("live") => Prefer::Live,
            Some(other) => return Err(Problem::usage(format!("`{other}` is nothing to prefer"))),
        },
        leaves_lists: body.no_create_lists,
        picks: picks(&body.leave_fields, &body.put_fields)?,
    };
    let meant = match &body.alarm {
        Some(alarm) => Some(groups_of_alarm(&app, alarm, profile).await?),
        None => None,
    };
    let mut left = BTreeSet::new();
    for text in &body.leave_titles {
        let title = Picks::title(text);
        left.insert(
            title
                .ok_or_else(|| Problem::usage(format!("`{text}` is no title, as ANIME:123 is")))?,
        );
    }
    let asker = app.get_ref().clone();
    let RestoreBody { profile, leave, .. } = body.into_inner();
    let work = async move {
        let profile = profile.as_deref();
        let mut plan = asker.plan_restore(profile, &wanted, &options).await?;
        let (edits, acts): (Vec<_>, Vec<_>) = leave.iter().partition(|text| *text == EDITS);
        for left_alone in acts {
            left.extend(asker.titles_of(profile, left_alone).await?);
        }
        let is_meant = |cause: &Cause| match (&meant, &cause.id) {
            (Some(meant), Some(id)) => meant.iter().any(|group| group.as_str() == id),
            (Some(_), None) => false,
            (None, id) => id.is_some() || edits.is_empty(),
        };
        let causes = plan.operation.detail.causes.clone();
        for (place, _) in causes
            .iter()
            .enumerate()
            .filter(|(_, cause)| !is_meant(cause))
        {
            // Only what this was the last thing to happen to.
            left.extend(plan.titles_of_cause(place));
        }
        plan.leave(&left);
        planned(&asker, plan).await
    };
    tasks::run(&app, &hub, patience, "a plan to restore", work).await
}

/// Stores a plan, and says where it is.
async fn planned(app: &App, plan: Plan) -> Result<Reply, Problem> {
    let plan = app.store_plan(plan).await?;
    let path = format!("/api/v1/plans/{}", plan.operation.id);
    Reply::created(app, &path, &PlanView::from(&plan))
}

/// What to take back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct UndoBody {
    /// Beginnings of ids: of changes, groups, or acts, one at least; the newest act of ours that stands if left out.
    ids: Option<Vec<String>>,
    /// Or this change and everything after it.
    back_to: Option<String>,
    /// The profile; all if left out.
    profile: Option<String>,
    /// Whether old values are put back over later edits.
    over_edits: bool,
    /// Or only those of these fields.
    fields: Vec<String>,
    /// Only these fields of each change are taken back; all if left out.
    only: Vec<String>,
    /// Single fields of titles that stay as they are, as in ANIME:123.progress.
    leave_fields: Vec<String>,
    /// Single fields of titles that are put back, whatever happened to them since.
    put_fields: Vec<String>,
}

impl UndoBody {
    /// What is named; nothing where the newest is meant, which an empty list does not mean.
    fn named(&self) -> Result<&[String], Problem> {
        match &self.ids {
            Some(ids) if ids.is_empty() => Err(Problem::usage(
                "`ids` names nothing; left out it means the newest act",
            )),
            Some(ids) => Ok(ids),
            None => Ok(&[]),
        }
    }

    fn choices(&self) -> Result<Choices, Problem> {
        let mut choices = if self.over_edits {
            Choices::everything()
        } else {
            Choices::default()
        };
        choices.fields.extend(fields(&self.fields)?);
        choices.only.extend(fields(&self.only)?);
        choices.picks = picks(&self.leave_fields, &self.put_fields)?;
        Ok(choices)
    }
}

/// Works out what taking changes back would write, and stores it for a day.
#[utoipa::path(tag = "plans", params(Patience), request_body = UndoBody, security(("key" = [])), responses(
    (status = 201, body = PlanView),
    (status = 202, description = "It takes its time", body = TaskView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/plans/undo")]
pub(crate) async fn plan_undo(
    _: Writer,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    patience: Patience,
    body: Sent<UndoBody>,
) -> Result<HttpResponse, Problem> {
    let (choices, ids) = (body.choices()?, body.named()?.to_vec());
    let (asker, body) = (app.get_ref().clone(), body.into_inner());
    if body.back_to.is_some() && !ids.is_empty() {
        return Err(Problem::usage("name `ids` or `backTo`, not both"));
    }
    let work = async move {
        let profile = body.profile.as_deref();
        let plan = match &body.back_to {
            Some(back_to) => asker.plan_back_to(profile, back_to, choices).await?,
            None => asker.plan_undo(profile, &ids, choices).await?,
        };
        planned(&asker, plan).await
    };
    tasks::run(&app, &hub, patience, "a plan to undo", work).await
}

/// Works out what taking an undo back would write, and stores it for a day.
#[utoipa::path(tag = "plans", params(Patience), request_body = UndoBody, security(("key" = [])), responses(
    (status = 201, body = PlanView),
    (status = 202, description = "It takes its time", body = TaskView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/plans/redo")]
pub(crate) async fn plan_redo(
    _: Writer,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    patience: Patience,
    body: Sent<UndoBody>,
) -> Result<HttpResponse, Problem> {
    if body.back_to.is_some() {
        return Err(Problem::usage("`backTo` is for undo"));
    }
    let (choices, ids) = (body.choices()?, body.named()?.to_vec());
    let (asker, body) = (app.get_ref().clone(), body.into_inner());
    let work = async move {
        let profile = body.profile.as_deref();
        let plan = asker.plan_redo(profile, &ids, choices).await?;
        planned(&asker, plan).await
    };
    tasks::run(&app, &hub, patience, "a plan to redo", work).await
}

/// Works out again what an act did not get done, and stores it for a day.
#[utoipa::path(tag = "plans", params(Patience, ("id", description = "The beginning of the act's id")), security(("key" = [])), responses(
    (status = 201, body = PlanView),
    (status = 202, description = "It takes its time", body = TaskView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/operations/{id}/retry")]
pub(crate) async fn plan_retry(
    _: Writer,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    patience: Patience,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let operation = act(&app, &id).await?.operation.id;
    let asker = app.get_ref().clone();
    let work = async move {
        let plan = asker.plan_retry(&operation).await?;
        planned(&asker, plan).await
    };
    tasks::run(&app, &hub, patience, "a plan to try again", work).await
}

/// Drops a plan.
#[utoipa::path(tag = "plans", params(("id", description = "The beginning of its id")), security(("key" = [])), responses(
    (status = 204),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[delete("/api/v1/plans/{id}")]
pub(crate) async fn discard(
    _: Writer,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    app.discard_plan(&id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// How a plan is applied.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct ApplyBody {
    /// How many removals are agreed to.
    removals: Option<usize>,
    /// Whether list activity is muted while it runs; as the plan says if left out.
    mute_activity: Option<bool>,
}

/// Sends a plan. A plan is sent once: applying it again says what became of it. What takes longer than a
/// few seconds is answered with 202 and goes on; see `/api/v1/operations/{id}`.
#[utoipa::path(tag = "plans", params(Patience, ("id", description = "Its whole id")), request_body = ApplyBody, security(("key" = [])), responses(
    (status = 200, description = "It has ended", body = ReportView),
    (status = 202, description = "It goes on", body = OperationView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/plans/{id}/apply")]
pub(crate) async fn apply(
    _: Writer,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    patience: Patience,
    id: web::Path<String>,
    body: Sent<ApplyBody>,
) -> Result<HttpResponse, Problem> {
    let Some(whole) = Id::parse(&id) else {
        return Err(Problem::missing(format!(
            "there is no plan `{id}`: its whole id is needed"
        )));
    };
    let mut plan = match app.plan(whole.as_str()).await {
        Ok(plan) => plan,
        // It was sent before: whoever asks again did not hear the answer.
        Err(ActError::NoPlan { .. }) => return sent_before(&app, &whole).await,
        Err(error) => return Err(error.into()),
    };
    if matches!(hub.desk().what_of(&whole), WhatOf::UnderWay) {
        return sent_before(&app, &whole).await;
    }
    if let Some(mutes) = body.mute_activity {
        plan.mute(mutes);
    }
    let (carrier, removals) = (app.get_ref().clone(), body.removals);
    let work = async move { carrier.apply(plan, removals).await };
    soon(&app, &hub, patience, whole, work).await
}

/// What became of a plan that was sent.
async fn sent_before(app: &App, id: &Id) -> Result<HttpResponse, Problem> {
    let report = app.act_called(id).await?;
    let (state, ends) = (report.operation.state, report.operation.expires_at);
    let is_past = state == OperationState::Planned && ends.is_some_and(|ends| ends < app.now());
    if is_past || state == OperationState::Discarded {
        let reference = id.to_string();
        return Err(ActError::NoPlan { reference }.into());
    }
    // One that is to be sent and waits its turn is still a plan.
    Ok(if state.is_open() || state == OperationState::Planned {
        let place = tasks::location(app, &format!("/api/v1/operations/{id}"));
        HttpResponse::Accepted()
            .insert_header(("Location", place))
            .json(OperationView::of(&report.operation, &[]))
    } else {
        HttpResponse::Ok().json(ReportView::from(&report))
    })
}

/// Goes on with an act that waits or stopped.
#[utoipa::path(tag = "jobs", params(Patience, ("id", description = "The beginning of its id")), security(("key" = [])), responses(
    (status = 200, description = "It has ended", body = ReportView),
    (status = 202, description = "It goes on", body = OperationView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/jobs/{id}/resume")]
pub(crate) async fn resume(
    _: Writer,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    patience: Patience,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = act(&app, &id).await?.operation.id;
    let (carrier, operation) = (app.get_ref().clone(), id.clone());
    let work = async move { carrier.resume_operation(&operation).await };
    soon(&app, &hub, patience, id, work).await
}

/// Carries an act out apart from the request, so that it goes on when the one who asked hangs up.
async fn soon<F>(
    app: &App,
    hub: &Hub,
    patience: Patience,
    id: Id,
    work: F,
) -> Result<HttpResponse, Problem>
where
    F: Future<Output = Result<Report, ActError>> + Send + 'static,
{
    let mut task = carry::begin(hub, &id, work);
    match tokio::time::timeout(patience.0, &mut task).await {
        // Somebody else sent it in this very moment; or it goes on, or is over by now, whoever sent it.
        Ok(Ok(Err(ActError::NotAPlan { .. }))) | Err(_) => sent_before(app, &id).await,
        Ok(Ok(Err(error))) => {
            // Whoever asked is told, and nobody else need be.
            hub.desk().ended(&id, None);
            Err(error.into())
        }
        Ok(Ok(Ok(report))) => Ok(HttpResponse::Ok().json(ReportView::from(&report))),
        Ok(Err(_)) => Err(Problem::failed("it ended without a word; see its report")),
    }
}

/// When something was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct AskedView {
    /// When, RFC 3339.
    at: String,
}

/// Lets an act wait after the request that is being sent.
#[utoipa::path(tag = "jobs", params(("id", description = "The beginning of its id")), security(("key" = [])), responses(
    (status = 202, body = AskedView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/jobs/{id}/pause")]
pub(crate) async fn pause(
    _: Writer,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let operation = act(&app, &id).await?.operation;
    if operation.state.has_ended() {
        return Err(Problem::over(&operation.id, operation.state.as_str()));
    }
    app.pause_operation(&operation.id).await?;
    let at = instant(app.now());
    Ok(HttpResponse::Accepted().json(AskedView { at }))
}

/// Ends an act where it is. What is done stays. One of which nothing was sent yet is a plan again
/// (`planned`), by its whole id.
#[utoipa::path(tag = "jobs", params(("id", description = "The beginning of its id")), security(("key" = [])), responses(
    (status = 200, body = ReportView),
    (status = 202, body = AskedView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/jobs/{id}/stop")]
pub(crate) async fn stop(
    _: Writer,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = match Id::parse(&id) {
        Some(id) => id,
        None => act(&app, &id).await?.operation.id,
    };
    Ok(match app.stop_operation(&id).await? {
        Stopping::CalledOff(report) | Stopping::Ended(report) => {
            HttpResponse::Ok().json(ReportView::from(&report))
        }
        Stopping::Soon => {
            let at = instant(app.now());
            HttpResponse::Accepted().json(AskedView { at })
        }
    })
}
