//! An act: how far it is, and for good what came of it.

use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use anirewind_core::model::UserId;
use anirewind_core::{
    ActError, Action, App, BrowseError, ChangeFilter, ChangeOutcome, ChangeRow, Event,
    HALF_WRITTEN, Id, OperationRow, OperationState, Report, StepRow, StepState, Style, Wish, count,
    thousands,
};
use askama::Template;

use crate::api::{Hub, LastSaid};
use crate::carry;
use crate::head::OnlyHead;
use crate::live::WhatOf;
use crate::page::{Page, PageError, Place, Said, Visitor, Way, in_path, sentence, show};
use crate::pages::plan::{StepLine, cell};
use crate::pages::plan_new::{MEANWHILE, NOTHING_SENT, PLANNED};
use crate::pages::work::{About, Begin, ask, asked_name, failed, shown};
use crate::parts::{Badge, JobProgress, LatestTitles, Offer, When};

/// So many changes of an act are looked at together for whether it was taken back.
const LOOKED_AT: usize = 100;
/// So many titles with something wrong are shown at once.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "job.html")]
struct JobPage {
    page: Page,
    id: String,
    profile: String,
    what: String,
    at: When,
    result: Badge,
    sentence: String,
    /// Why it stopped.
    problem: Option<String>,
    progress: Option<JobProgress>,
    /// What can be done with it now.
    can_pause: bool,
    can_resume: bool,
    /// What the question says before it is stopped.
    stop: Option<String>,
    latest: Option<LatestTitles>,
    numbers: Vec<(String, &'static str)>,
    unwell: Vec<UnwellPart>,
    /// How trying again is called, where something is left to try.
    retry: Option<String>,
    can_undo: bool,
    /// Whether it was taken back, and by which act.
    undone_by: Option<(&'static str, String)>,
    reverse: Reverse,
    safety: Option<Safety>,
}

/// Titles with something wrong that have one cause.
struct UnwellPart {
    heading: String,
    /// What holds for each of them.
    why: Option<&'static str>,
    titles: Vec<Unwell>,
    /// So many are not shown.
    more: usize,
}

struct Unwell {
    line: StepLine,
    badge: Badge,
    /// AniList's words, where it said something.
    said: Option<String>,
    why: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "job_waits.html")]
struct WaitingPage {
    page: Page,
    id: String,
    profile: String,
    what: String,
    after: Option<(String, String)>,
    is_begun: bool,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/jobs/{id}").get(one))
        .service(web::resource("/jobs/{id}/pause").post(pause))
        .service(web::resource("/jobs/{id}/stop").post(stop))
        .service(web::resource("/jobs/{id}/resume").post(resume))
        .service(web::resource("/jobs/{id}/retry").get(retrying).post(retry));
}

/// The act whose id this is, or begins so.
pub(crate) async fn report(visitor: &Visitor, id: &str) -> Result<Report, PageError> {
    if let Some(id) = Id::parse(id) {
        return Ok(visitor.app.act_called(&id).await?);
    }
    let found = visitor.app.operations_called(None, id).await;
    let mut found = found.map_err(BrowseError::Store)?;
    match (found.pop(), found.is_empty()) {
        (Some((operation, steps)), true) => Ok(Report { operation, steps }),
        (Some(_), false) => Err(PageError::usage(format!(
            "`{id}` is the beginning of several ids."
        ))),
        (None, _) => Err(ActError::NotFound {
            reference: id.to_owned(),
        }
        .into()),
    }
}

/// The profile of an account and how it wants things shown. An account that was removed has a number.
pub(crate) async fn profile_of(app: &App, owner: UserId) -> Result<(String, Style), PageError> {
    let accounts = app.accounts().await?.into_iter();
    let mut accounts = accounts.chain(app.kept_accounts().await?);
    let account = accounts.find(|row| row.account.id == owner);
    Ok(account.map_or_else(
        || (owner.to_string(), Style::default()),
        |row| (row.profile, row.style),
    ))
}

async fn one(
    mut visitor: Visitor,
    hub: web::Data<Hub>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let report = report(&visitor, &id).await?;
    let (profile, style) = profile_of(&visitor.app, report.operation.owner).await?;
    if matches!(
        report.operation.state,
        OperationState::Planned | OperationState::Discarded
    ) {
        return Ok(not_begun(&visitor, &hub, &report, &profile));
    }
    if !request.extensions().contains::<OnlyHead>() {
        visitor.has_read(&report.operation.id, hub.desk()).await;
    }
    let last = hub.last_of(&report.operation.id, visitor.app.now());
    let page = job_page(&visitor, &report, &profile, &style, &last).await?;
    Ok(show(&page))
}

/// It is still a plan: it waits for its turn, or could not begin.
fn not_begun(visitor: &Visitor, hub: &Hub, report: &Report, profile: &str) -> HttpResponse {
    let operation = &report.operation;
    let id = operation.id.to_string();
    let plan = format!("/plan/{}/{id}", in_path(profile));
    let is_begun = match hub.desk().what_of(&operation.id) {
        WhatOf::Failed(problem) => {
            hub.desk().shown(&operation.id);
            return visitor.go(&plan, Some(Said::problem(problem)));
        }
        WhatOf::UnderWay => true,
        WhatOf::Nothing => false,
    };
    if operation.state == OperationState::Discarded {
        let said = Said::done("That plan was dropped, or all of it was so already.");
        return visitor.go(&format!("/plan/{}", in_path(profile)), Some(said));
    }
    let other = visitor.job_of(operation.owner);
    show(&WaitingPage {
        page: visitor.page_of(operation.what.clone(), Place::Elsewhere, profile),
        what: operation.what.clone(),
        after: other.map(|job| (job.id.to_string(), job.what.clone())),
        profile: in_path(profile),
        is_begun,
        id,
    })
}

async fn job_page(
    visitor: &Visitor,
    report: &Report,
    profile: &str,
    style: &Style,
    last: &LastSaid,
) -> Result<JobPage, PageError> {
    let operation = &report.operation;
    let is_open = operation.state.is_open();
    let page = visitor.page_of(operation.what.clone(), Place::Elsewhere, profile);
    let (result, words) = verdict(report);
    let stands = Stands::of(&visitor.app, operation).await?;
    let mut style = style.clone();
    if let Some(format) = &operation.detail.score_format {
        style.scores = anirewind_core::model::ScoreFormat::parse(format);
    }
    let latest = latest(&visitor.app, &page.base, report, last).await?;
    let wish = visitor.app.wish_of(&operation.id).await?;
    let progress = is_open.then(|| JobProgress::of(report, last, wish, visitor.app.now()));
    let stop = progress.as_ref().and_then(JobProgress::split);
    Ok(JobPage {
        stop: stop
            .filter(|_| wish != Wish::Stop || operation.state != OperationState::Running)
            .map(|(done, left)| stop_words(operation.state, done, left)),
        reverse: Reverse::of(report),
        id: operation.id.to_string(),
        profile: in_path(profile),
        what: operation.what.clone(),
        at: When::of(operation.at, visitor.app.now()),
        result,
        sentence: words,
        problem: operation.problem.as_deref().map(sentence),
        progress,
        can_pause: operation.state == OperationState::Running && wish == Wish::GoOn,
        can_resume: matches!(
            operation.state,
            OperationState::Paused | OperationState::Stopped
        ),
        latest,
        numbers: numbers(report),
        unwell: UnwellPart::all(report, |step| Unwell::of(&page.base, profile, step, &style)),
        retry: if is_open { None } else { retry_words(report) },
        can_undo: !is_open && stands.can_undo,
        undone_by: stands.words(),
        safety: Safety::of(visitor, operation, profile).await?,
        page,
    })
}

/// The snapshot that was taken before an act.
pub(crate) struct Safety {
    pub(crate) file: String,
    /// Where it can be looked at, while it is there.
    pub(crate) href: Option<String>,
}

impl Safety {
    pub(crate) async fn of(
        visitor: &Visitor,
        operation: &OperationRow,
        profile: &str,
    ) -> Result<Option<Self>, PageError> {
        let Some(file) = operation.safety.clone() else {
            return Ok(None);
        };
        let row = visitor.app.snapshot_in(&file).await?;
        let href = row.map(|row| format!("/backups/{}/{}", in_path(profile), row.id));
        Ok(Some(Self { file, href }))
    }
}

/// How much of what an act did still stands.
pub(crate) struct Stands {
    /// Whether anything of it can be taken back.
    pub(crate) can_undo: bool,
    /// The act that took back the newest of what was taken back.
    pub(crate) undone_by: Option<Id>,
}

impl Stands {
    pub(crate) async fn of(app: &App, operation: &OperationRow) -> Result<Self, PageError> {
        let filter = ChangeFilter {
            operation: Some(operation.id.clone()),
            ..ChangeFilter::default()
        };
        let (mut below, mut undone_by) = (None, None);
        loop {
            let (owner, filter) = (Some(operation.owner), filter.clone());
            let rows = app.changes(owner, filter, below, LOOKED_AT).await;
            let rows = rows.map_err(BrowseError::Store)?;
            undone_by = undone_by.or_else(|| rows.iter().find_map(|row| row.undone_in.clone()));
            let can_undo = rows.iter().any(|row| Offer::of(row).takes_back());
            below = rows.last().map(ChangeRow::cursor);
            if can_undo || rows.len() < LOOKED_AT {
                return Ok(Self {
                    can_undo,
                    undone_by,
                });
            }
        }
    }

    /// Whether all of it was taken back, or a part, and by which act.
    pub(crate) fn words(&self) -> Option<(&'static str, String)> {
        let by = self.undone_by.as_ref()?.to_string();
        Some((
            if self.can_undo {
                "A part of it was taken back by"
            } else {
                "Taken back by"
            },
            by,
        ))
    }
}

/// The way to take an act back: an undo is done again.
pub(crate) struct Reverse {
    pub(crate) field: &'static str,
    pub(crate) words: String,
}

impl Reverse {
    pub(crate) fn of(report: &Report) -> Self {
        let number = report.summary().restored;
        let all = |action| {
            let mut sent = report.sent();
            sent.all(|step| Action::parse(&step.action) == Some(action))
        };
        let (titles, changes) = (count(number, "title"), count(number, "change"));
        let (field, words) = match report.operation.kind.as_str() {
            "undo" if all(Action::Add) => ("redo", format!("Remove {titles} again…")),
            "undo" => ("redo", format!("Redo {changes}…")),
            "redo" if all(Action::Remove) => ("undo", format!("Bring back {titles}…")),
            "redo" => ("undo", format!("Undo {changes}…")),
            kind => ("undo", format!("Undo this {kind}")),
        };
        Self { field, words }
    }
}

/// The titles that were done last, while an act is under way.
pub(crate) async fn latest(
    app: &App,
    base: &str,
    report: &Report,
    last: &LastSaid,
) -> Result<Option<LatestTitles>, PageError> {
    let operation = &report.operation;
    if !operation.state.is_open() {
        return Ok(None);
    }
    let sent = last.job.as_deref().map_or(&[][..], |event| match event {
        Event::Job { latest, .. } => latest,
        _ => &[],
    });
    let mut steps: Vec<&StepRow> = Vec::new();
    steps.extend(sent.iter().filter_map(|place| report.steps.get(*place)));
    // Before those, what is read back already.
    let filter = ChangeFilter {
        operation: Some(operation.id.clone()),
        ..ChangeFilter::default()
    };
    let owner = Some(operation.owner);
    let recorded = app.changes(owner, filter, None, LatestTitles::MOST).await;
    for row in recorded.map_err(BrowseError::Store)? {
        let change = &row.change;
        let title = (change.media_type, change.media);
        let is_done = matches!(
            change.outcome,
            ChangeOutcome::Synced | ChangeOutcome::Deleted | ChangeOutcome::Undone
        );
        let is_new = steps
            .iter()
            .all(|step| (step.media_type, step.media) != title);
        let of = |step: &&StepRow| (step.media_type, step.media) == title;
        steps.extend(report.steps.iter().find(of).filter(|_| is_done && is_new));
    }
    let (profile, style) = profile_of(app, operation.owner).await?;
    let cells = steps.into_iter().map(|step| {
        let entry = step.target.as_ref().or(step.before.as_ref());
        cell(base, &profile, step, entry, &style)
    });
    // Only where it goes on by itself others come.
    let is_running = operation.state == OperationState::Running;
    let total = if is_running { report.sent().count() } else { 0 };
    let latest = LatestTitles::of(&operation.id, cells, total);
    Ok(Some(latest).filter(|latest| is_running || !latest.is_empty()))
}

/// What a stop leaves done and what it leaves out. Titles are sent many at a time, and those that are on their way arrive.
fn stop_words(state: OperationState, done: usize, left: usize) -> String {
    let stays = format!("Stop here? {} done and stay.", are(done));
    if state == OperationState::Running {
        format!(
            "{stays} Titles that are being sent now still arrive; of the other {} nothing more is sent.",
            thousands(left)
        )
    } else {
        format!("{stays} {} not sent.", are(left))
    }
}

fn are(number: usize) -> String {
    format!("{} {}", thousands(number), anirewind_core::are(number))
}

/// The result in a word and a sentence.
pub(crate) fn verdict(report: &Report) -> (Badge, String) {
    let operation = &report.operation;
    let left = report.sent().filter(|step| is_left(step)).count();
    let unwell = report.unwell().count();
    match operation.state {
        OperationState::Running => (
            Badge::new("info", "i-run", "Under way"),
            "The page may be closed; it goes on.".to_owned(),
        ),
        OperationState::Paused => (
            Badge::new("quiet", "i-pause", "Paused"),
            "It waits until you resume it. What is done stays.".to_owned(),
        ),
        OperationState::Stopped => (
            Badge::new("warning", "i-alert", "Interrupted"),
            "What is done stays. It can go on where it was.".to_owned(),
        ),
        OperationState::Done if unwell == 0 => (
            Badge::new("fine", "i-check", "Done and verified"),
            "Everything was read back from AniList and is as planned.".to_owned(),
        ),
        _ if left > 0 => (
            Badge::new(
                "quiet",
                "i-pause",
                format!("Stopped by you after {}", report.summary().restored),
            ),
            format!(
                "{} not sent. What is done was read back and stays.",
                were(left)
            ),
        ),
        _ => (
            Badge::new(
                "danger",
                "i-cross",
                format!("Done, {}", not_as_planned(report)),
            ),
            "All others were read back from AniList and are as planned.".to_owned(),
        ),
    }
}

/// Whether somebody stopped before it.
fn is_left(step: &StepRow) -> bool {
    step.state == StepState::Left.as_str()
}

/// `Retry 3 failed`, `Send the other 20…`
fn retry_words(report: &Report) -> Option<String> {
    let left = report.sent().filter(|step| is_left(step)).count();
    let failed = report.retryable().saturating_sub(left);
    let all = left == report.sent().count();
    Some(match (failed, left) {
        (0, 0) => return None,
        (0, 1) if all => "Send it after all…".to_owned(),
        (0, left) if all => format!("Send all {}…", thousands(left)),
        (0, 1) => "Send the other title…".to_owned(),
        (0, left) => format!("Send the other {}…", thousands(left)),
        (failed, 0) => format!("Retry {} failed", thousands(failed)),
        (failed, 1) => format!("Retry {} failed and send the other…", thousands(failed)),
        (failed, left) => format!(
            "Retry {} failed and send the other {}…",
            thousands(failed),
            thousands(left)
        ),
    })
}

/// `3 not applied`, `3 not applied and 1 not verified`
fn not_as_planned(report: &Report) -> String {
    let is_unverified = |step: &&StepRow| step.state == StepState::Overtaken.as_str();
    let unverified = report.unwell().filter(is_unverified).count();
    match (report.unwell().count() - unverified, unverified) {
        (0, unverified) => format!("{unverified} not verified"),
        (failed, 0) => format!("{failed} not applied"),
        (failed, unverified) => format!("{failed} not applied and {unverified} not verified"),
    }
}

fn were(number: usize) -> String {
    format!(
        "{} {}",
        count(number, "title"),
        anirewind_core::were(number)
    )
}

fn numbers(report: &Report) -> Vec<(String, &'static str)> {
    let sent: Vec<_> = report.sent().collect();
    let of = |states: &[StepState]| {
        let is_so = |step: &&&StepRow| {
            StepState::parse(&step.state).is_some_and(|state| states.contains(&state))
        };
        sent.iter().filter(is_so).count()
    };
    let is_right = |step: &&StepRow| Action::parse(&step.action) == Some(Action::Same);
    let shown = report.steps.len() - sent.len();
    let right = report.steps.iter().filter(is_right).count();
    let moved = report.left_alone().count();
    let all = [
        (of(&[StepState::Done]), "sent and read back"),
        (of(&[StepState::Overtaken]), "sent, not verified"),
        (
            of(&[StepState::Already]) + right + report.operation.detail.same,
            "already right",
        ),
        (moved, "moved on or edited since, left"),
        (shown - right - moved, "not ticked, left"),
        (of(&[StepState::Failed, StepState::NotFound]), "failed"),
        (of(&[StepState::Conflict]), "edited since, left"),
        (of(&[StepState::Left]), "not sent"),
        (
            of(&[StepState::Pending, StepState::Intended]),
            "still to do",
        ),
    ];
    let is_worth = |(number, words): &(usize, &str)| *number > 0 || *words == "sent and read back";
    let all = all.into_iter().filter(is_worth);
    all.map(|(number, words)| (thousands(number), words))
        .collect()
}

impl UnwellPart {
    /// What went wrong apart from what somebody only stopped before.
    fn all(report: &Report, line: impl Fn(&StepRow) -> Unwell) -> Vec<Self> {
        let is_settled =
            |step: &&StepRow| StepState::parse(&step.state).is_some_and(StepState::is_settled);
        let unwell = report.unwell().filter(is_settled);
        let (left, wrong): (Vec<_>, Vec<_>) = unwell.partition(|step| is_left(step));
        let part = |heading: String, why, steps: Vec<&StepRow>| Self {
            heading,
            why,
            more: steps.len().saturating_sub(SHOWN),
            titles: steps.into_iter().take(SHOWN).map(&line).collect(),
        };
        let stopped = format!("Stopped before {}", count(left.len(), "title"));
        let untouched = if left.len() == 1 {
            "You stopped it before its turn. Nothing was sent for it."
        } else {
            "You stopped it before their turn. Nothing was sent for them."
        };
        let alone: Vec<_> = report.left_alone().collect();
        let heading = format!("Left alone: {}", count(alone.len(), "title"));
        let as_planned = if alone.len() == 1 {
            "The plan left it as it was."
        } else {
            "The plan left them as they were, each for the reason below."
        };
        let parts = [
            part("Not as planned".to_owned(), None, wrong),
            part(stopped, Some(untouched), left),
            part(heading, Some(as_planned), alone),
        ];
        let parts = parts.into_iter().filter(|part| !part.titles.is_empty());
        parts.collect()
    }
}

impl Unwell {
    fn of(base: &str, profile: &str, step: &StepRow, style: &Style) -> Self {
        let state = StepState::parse(&step.state);
        let is_half = step.problem.as_deref() == Some(HALF_WRITTEN);
        let (tone, icon, word, why) = match state {
            Some(StepState::NotFound) => (
                "danger",
                "i-cross",
                "Not found",
                "AniList does not have this title any more. It may have been merged with another one.",
            ),
            Some(StepState::Conflict) => (
                "edited",
                "i-swap",
                "Edited since",
                "It was edited after the plan was made, so nothing was sent. Trying again makes a new \
                 plan from what is there now.",
            ),
            Some(StepState::Overtaken) => (
                "edited",
                "i-swap",
                "Edited at the same time",
                "It was written, and edited by somebody before it could be read back. The edit stands.",
            ),
            Some(StepState::Left) if Action::parse(&step.action) == Some(Action::Keep) => {
                ("quiet", "i-equal", "Left alone", "")
            }
            Some(StepState::Left) if Action::parse(&step.action) == Some(Action::Remove) => {
                ("quiet", "i-pause", "Not removed", "")
            }
            Some(StepState::Left) => (
                "quiet", "i-pause", "Not sent",
                // What is said of all of them stands above them.
                "",
            ),
            _ if is_half => (
                "danger",
                "i-cross",
                "Half written",
                "You stopped it when a part of this title was written. Look at it on AniList.",
            ),
            _ => (
                "danger",
                "i-cross",
                "Failed",
                "AniList did not do it. What was there before is still there, unless it says otherwise.",
            ),
        };
        Self {
            line: StepLine::of(base, profile, step, style),
            badge: Badge::new(tone, icon, word),
            // What stopped us ourselves is said in our words alone.
            said: match state {
                _ if Action::parse(&step.action) == Some(Action::Keep) => {
                    step.problem.as_deref().map(sentence)
                }
                Some(StepState::Left | StepState::Conflict) => None,
                _ if is_half => None,
                _ => step.problem.as_deref().map(sentence),
            },
            why: Some(why).filter(|why| !why.is_empty()),
        }
    }
}

async fn pause(visitor: Visitor, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let id = report(&visitor, &id).await?.operation.id;
    visitor.app.pause_operation(&id).await?;
    let said = Said::done("It pauses after the request that is being sent.");
    Ok(visitor.go(&format!("/jobs/{id}"), Some(said)))
}

async fn stop(
    visitor: Visitor,
    hub: web::Data<Hub>,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let operation = report(&visitor, &id).await?.operation;
    let (profile, _) = profile_of(&visitor.app, operation.owner).await?;
    Ok(carry::stop(&visitor, &hub, &profile, &operation.id).await)
}

async fn resume(
    visitor: Visitor,
    hub: web::Data<Hub>,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let id = report(&visitor, &id).await?.operation.id;
    Ok(carry::resume(&visitor, &hub, &id).await)
}

/// What is asked about trying again what an act did not get done.
async fn about_retry(visitor: &Visitor, id: &str) -> Result<(Id, String, About), PageError> {
    let operation = report(visitor, id).await?.operation;
    let (profile, _) = profile_of(&visitor.app, operation.owner).await?;
    let job = format!("/jobs/{}", operation.id);
    let path = format!("{job}/retry");
    let about = About {
        name: asked_name(&profile, &path),
        title: "What is left is planned again".to_owned(),
        later: &PLANNED,
        meanwhile: MEANWHILE,
        idle: NOTHING_SENT.to_owned(),
        begin: Some(Begin {
            action: path.clone(),
            fields: Vec::new(),
            words: "Ask again".to_owned(),
        }),
        back: (job, "Back to the report"),
        path,
    };
    Ok((operation.id, profile, about))
}

async fn retry(
    visitor: Visitor,
    hub: web::Data<Hub>,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let (id, profile, about) = about_retry(&visitor, &id).await?;
    let (app, of) = (visitor.app.get_ref().clone(), in_path(&profile));
    let plan = async move {
        let plan = app.plan_retry(&id).await?;
        let plan = app.store_plan(plan).await?;
        Ok(Way::to(format!("/plan/{of}/{}", plan.operation.id)))
    };
    let asked = ask(&visitor, &hub, &about, plan).await;
    Ok(asked.unwrap_or_else(|problem| failed(retry_page(&visitor, &profile), about, problem)))
}

async fn retrying(
    visitor: Visitor,
    hub: web::Data<Hub>,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let (_, profile, about) = about_retry(&visitor, &id).await?;
    let page = || retry_page(&visitor, &profile);
    let found = shown(&visitor, &hub, page(), about.clone());
    Ok(found.unwrap_or_else(|problem| failed(page(), about, problem)))
}

fn retry_page(visitor: &Visitor, profile: &str) -> Page {
    visitor.page_of("Try again", Place::Elsewhere, profile)
}
