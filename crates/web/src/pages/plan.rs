//! A plan: every title with what would be sent, and the button that sends it. And the plans there are.

mod blocked;
mod step;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use anirewind_core::model::{EntryField, MediaType, UserId};
use anirewind_core::{
    ActError, Action, Cause, Cursor, Id, OperationRow, Plan, Source, StepRow, Style, count,
    thousands,
};
use askama::Template;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::address::address;
use crate::api::Hub;
use crate::carry;
use crate::format;
use crate::live::WhatOf;
use crate::page::{
    Form, Page, PageError, Place, Query, Said, Visitor, Way, in_path, show, show_as,
};
use crate::pages::plan_new::{self, Limits, MOVED, Wish};
use crate::parts::{Tab, Tabs, TabsForm, When};

use blocked::Blocked;
use step::word;

pub(crate) use step::{StepLine, cell};

/// So many titles on a page.
const PAGE: usize = 100;
/// So many removals have to be typed, whatever the size of the list.
const MANY: usize = 20;
/// Or one title in so many.
const SHARE: usize = 20;
/// So many acts are looked at for what was done since a plan was made.
const ACTS: usize = 20;

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPage {
    page: Page,
    profile: String,
    id: String,
    what: String,
    expires: When,
    summary: Vec<(String, &'static str)>,
    /// How much is sent, how many requests that is, how long it takes.
    effort: Option<String>,
    causes: Vec<CauseLine>,
    limits: Option<Limits>,
    /// What else is done on AniList, and what is left out.
    notes: Vec<String>,
    /// What form asks for the same again.
    again: Vec<(String, String)>,
    edit: String,
    tabs: Tabs,
    tabs_form: TabsForm,
    steps: Vec<StepLine>,
    shown: String,
    /// Whether there is any title to look at.
    has_titles: bool,
    before: Option<String>,
    after: Option<String>,
    removes: usize,
    /// Whether the number of removals has to be typed.
    is_typed: bool,
    share: String,
    mutes: bool,
    is_muted: bool,
    button: String,
    is_danger: bool,
    /// Why nothing is sent, where that is so, and what to do about it.
    nothing: Option<(String, &'static str)>,
    /// Nothing is sent, and something differs.
    has_left: bool,
    /// How long the snapshot stays that is taken first.
    safety: String,
    /// Whether a part of the titles was asked for, and which.
    is_part: bool,
    part: Part,
    /// Why what was just sent was refused.
    refused: Option<Refusal>,
    /// Whether titles and fields on this page can be ticked.
    can_choose: bool,
    /// Whether anything on this page makes another plan.
    can_update: bool,
    /// Whether it is being carried out: then nothing of it can be changed.
    is_begun: bool,
    blocked: Option<Blocked>,
}

struct CauseLine {
    id: String,
    words: String,
    href: Option<String>,
    is_ticked: bool,
    is_fixed: bool,
}

#[derive(Template)]
#[template(path = "plans.html")]
struct PlansPage {
    page: Page,
    profile: String,
    plans: Vec<PlanLine>,
}

struct PlanLine {
    id: String,
    what: String,
    made: When,
    expires: Option<When>,
    /// What was done on AniList since: its id and what it was.
    since: Option<(String, String)>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Part {
    show: String,
    page: usize,
    /// `yes` or `no`: how the box for muting was ticked, where that is not as in the plan.
    mute: String,
}

/// Why what somebody sent was not taken. Their ticks stay.
struct Refusal {
    problem: String,
    /// What was typed as the number of removals, where that is what is wrong.
    removals: Option<String>,
}

impl Refusal {
    fn of(problem: &str) -> Self {
        Self {
            problem: format!("{problem} Nothing was sent, and the plan is as it was."),
            removals: None,
        }
    }
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/plan/{profile}").get(plans))
        .service(web::resource("/plan/{profile}/{id}").get(one))
        .service(web::resource("/plan/{profile}/{id}/apply").post(apply))
        .service(web::resource("/plan/{profile}/{id}/update").post(update))
        .service(web::resource("/plan/{profile}/{id}/discard").post(discard));
}

async fn plans(visitor: Visitor, profile: web::Path<String>) -> Result<HttpResponse, PageError> {
    let account = visitor.app.account_row(&profile).await?;
    let rows = visitor.app.plans(Some(account.account.id)).await?;
    let now = visitor.app.now();
    let acts = visitor.app.operations(Some(account.account.id), ACTS).await;
    let acts = acts.map_err(|error| PageError::from(ActError::Store(error)))?;
    // What was taken over from another program was not done here.
    let newest = acts.iter().find(|act| act.kind != "import");
    let plans = rows.into_iter().map(|row| {
        let since = newest.filter(|act| act.at > row.at);
        PlanLine {
            id: row.id.to_string(),
            what: row.what,
            made: When::of(row.at, now),
            expires: row.expires_at.map(|at| When::of(at, now)),
            since: since.map(|act| (act.id.to_string(), act.what.clone())),
        }
    });
    Ok(show(&PlansPage {
        page: visitor.page_of("Plans", Place::Elsewhere, &account.profile),
        profile: in_path(&account.profile),
        plans: plans.collect(),
    }))
}

/// The plan of this account; where it was sent already, the way to what became of it.
async fn plan_of(
    visitor: &Visitor,
    profile: &str,
    id: &str,
) -> Result<Result<(Plan, Style), HttpResponse>, PageError> {
    let account = visitor.app.account_row(profile).await?;
    match visitor.app.plan(id).await {
        Ok(plan) if plan.operation.owner == account.account.id => {
            let style = Style {
                scores: plan.score_format.clone(),
                ..account.style
            };
            Ok(Ok((plan, style)))
        }
        Ok(_) => Err(PageError::missing(format!(
            "The plan {id} is not one of {profile}."
        ))),
        Err(ActError::NoPlan { .. }) => {
            let sent = visitor.app.operations_called(None, id).await;
            let sent = sent.map_err(|error| PageError::from(ActError::Store(error)))?;
            if let Some((act, _)) = sent.first() {
                return Ok(Err(visitor.go(&format!("/jobs/{}", act.id), None)));
            }
            if let Some(newer) = in_its_place(visitor, account.account.id, id).await? {
                let said = Said::done(
                    "The plan that you asked for was changed. This is what became of it.",
                );
                let path = format!("/plan/{}/{newer}", in_path(&account.profile));
                return Ok(Err(visitor.go(&path, Some(said))));
            }
            let path = format!("/plan/{}", in_path(&account.profile));
            let problem = format!(
                "There is no plan {id}, or not any more: a plan lasts a day, and is gone when it is discarded."
            );
            Err(PageError::missing(problem)
                .titled("There is no such plan")
                .with_way(path, "See the plans"))
        }
        Err(error) => Err(error.into()),
    }
}

/// The plan, or the act, that was made in the place of a plan.
async fn in_its_place(visitor: &Visitor, owner: UserId, id: &str) -> Result<Option<Id>, PageError> {
    let plans = visitor.app.plans(Some(owner)).await?;
    let acts = visitor.app.operations(Some(owner), ACTS).await;
    let acts = acts.map_err(|error| PageError::from(ActError::Store(error)))?;
    let mut all = plans.into_iter().chain(acts);
    let newer = all.find(|row| row.detail.replaces.iter().any(|old| old == id));
    Ok(newer.map(|row| row.id))
}

async fn one(
    visitor: Visitor,
    hub: web::Data<Hub>,
    path: web::Path<(String, String)>,
    part: Query<Part>,
) -> Result<HttpResponse, PageError> {
    let (profile, id) = path.into_inner();
    let (plan, style) = match plan_of(&visitor, &profile, &id).await? {
        Ok(found) => found,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let mut page = visitor.page_of(
        format!("Plan: {}", plan.operation.what),
        Place::Elsewhere,
        &profile,
    );
    if page.said.is_none()
        && let WhatOf::Failed(problem) = hub.desk().what_of(&plan.operation.id)
    {
        page.said = Some(Said::problem(problem));
        hub.desk().shown(&plan.operation.id);
    }
    let mut shown = plan_page(&visitor, page, &profile, &plan, &style, part.0);
    if is_begun(&hub, &plan) {
        shown.begin();
    }
    Ok(show(&shown))
}

/// Whether somebody here has begun to carry it out.
fn is_begun(hub: &Hub, plan: &Plan) -> bool {
    matches!(hub.desk().what_of(&plan.operation.id), WhatOf::UnderWay)
}

impl PlanPage {
    /// What was typed as the number of removals, where that is what was wrong.
    fn removals_typed(&self) -> Option<&str> {
        self.refused.as_ref()?.removals.as_deref()
    }

    /// Of which kind of limits none is ticked, where that is so.
    fn blank(&self) -> Option<&'static str> {
        self.limits.as_ref()?.blank()
    }

    /// With what somebody sent and was refused: every box as they left it.
    fn refuse(&mut self, refused: Refusal, sent: &Wish) {
        for cause in &mut self.causes {
            cause.is_ticked = sent.has_cause(&cause.id).unwrap_or(cause.is_ticked);
        }
        let limits = self.limits.take();
        self.limits = limits.map(|limits| limits.ticked_as(sent));
        let steps = std::mem::take(&mut self.steps).into_iter();
        self.steps = steps.map(|step| step.ticked_as(sent)).collect();
        self.is_muted = sent.mutes_as_sent().unwrap_or(self.is_muted);
        self.refused = Some(refused);
    }

    /// It is being carried out: there is nothing to choose any more.
    fn begin(&mut self) {
        self.is_begun = true;
        self.can_choose = false;
        self.can_update = false;
        self.blocked = None;
        for cause in &mut self.causes {
            cause.is_fixed = true;
        }
    }
}

fn plan_page(
    visitor: &Visitor,
    page: Page,
    profile: &str,
    plan: &Plan,
    style: &Style,
    part: Part,
) -> PlanPage {
    let path = path_of(profile, plan);
    let chosen = Action::parse(&part.show);
    let is_same = |step: &StepRow| step.action == Action::Same.as_str();
    let is_all_same = plan.steps.iter().all(is_same);
    let is_meant = |step: &&StepRow| {
        chosen.map_or(is_all_same || !is_same(step), |action| {
            step.action == action.as_str()
        })
    };
    let meant: Vec<_> = plan.steps.iter().filter(is_meant).collect();
    let first = part.page.saturating_mul(PAGE).min(meant.len());
    let last = (first + PAGE).min(meant.len());
    let steps = meant.iter().skip(first).take(PAGE);
    let place = |page: usize| {
        let page = page.to_string();
        let page = if page == "0" { "" } else { page.as_str() };
        address(&path, &[("show", part.show.as_str()), ("page", page)])
    };
    let (writes, removes) = (plan.writes(), plan.count(Action::Remove));
    let wish = Wish::read(plan.operation.detail.asked.as_deref().unwrap_or_default());
    let expires = plan.operation.expires_at.unwrap_or(plan.operation.at);
    let asked = plan.operation.detail.asked.as_deref().unwrap_or_default();
    let id = plan.operation.id.to_string();
    let on_list =
        plan.operation.detail.same + plan.steps.iter().filter(|s| s.before.is_some()).count();
    let is_large = removes.saturating_mul(SHARE) >= on_list;
    // What takes changes back names their titles alone, and not the list.
    let knows_all = plan.operation.kind == "restore";
    let steps: Vec<_> = steps
        .map(|step| {
            let line = StepLine::of(&page.base, profile, step, style);
            line.choosable(plan, step, style, &wish)
        })
        .collect();
    // They stand between what is ticked.
    let tabs = Tabs::of(&page.base, "Filter", "show", tabs(plan, chosen, &path));
    let (tabs, tabs_form) = tabs.inside("filter");
    let causes = causes(plan, &wish, profile);
    let limits = Limits::of(plan, &wish);
    let asks_for = |name: &str, value: &str| {
        let is_cause = name == "leave" && causes.iter().any(|cause| cause.id == value);
        is_cause || limits.as_ref().is_some_and(|of| of.asks_for(name))
    };
    let again = wish.pairs(asks_for);
    let can_choose = steps.iter().any(StepLine::is_choosable);
    PlanPage {
        profile: in_path(profile),
        what: plan.operation.what.clone(),
        expires: When::of(expires, visitor.app.now()),
        summary: summary(plan),
        effort: (writes > 0).then(|| effort(plan)),
        can_update: can_choose || !causes.is_empty() || limits.is_some(),
        causes,
        limits,
        notes: notes(plan),
        again,
        edit: format!("/plan/{}/new?{asked}&instead={id}", in_path(profile)),
        tabs,
        tabs_form,
        can_choose,
        is_begun: false,
        steps,
        has_titles: !plan.steps.is_empty(),
        shown: if meant.is_empty() {
            "No titles".to_owned()
        } else {
            format!("{} to {} of {}", first + 1, last, thousands(meant.len()))
        },
        before: (part.page > 0).then(|| place(part.page - 1)),
        after: (last < meant.len()).then(|| place(part.page + 1)),
        removes,
        is_typed: removes >= MANY || (removes > 0 && is_large && knows_all),
        share: count(removes, "title"),
        mutes: plan.operation.detail.mutes,
        is_muted: match part.mute.as_str() {
            "yes" => true,
            "no" => false,
            _ => plan.operation.detail.mutes,
        },
        button: button(plan),
        is_danger: removes > 0,
        nothing: (writes == 0).then(|| nothing(plan)),
        has_left: writes == 0 && plan.count(Action::Keep) > 0,
        safety: {
            let rules = &visitor.app.settings().retention;
            let days = usize::try_from(rules.safety_days.max(rules.days));
            count(days.unwrap_or(usize::MAX), "day")
        },
        is_part: !part.show.is_empty() || part.page > 0,
        part,
        refused: None,
        blocked: Blocked::of(visitor, plan.operation.owner, removes),
        id,
        page,
    }
}

/// Why nothing would be sent.
fn nothing(plan: &Plan) -> (String, &'static str) {
    let (chosen, kept) = (plan.left_by_choice(), plan.count(Action::Keep));
    let differ = |titles| {
        format!(
            "{} that {}",
            count(titles, "title"),
            anirewind_core::does(titles, "differ")
        )
    };
    if chosen > 0 {
        let is = if chosen == 1 { "is" } else { "are" };
        let what = differ(chosen);
        return (
            format!("Nothing would be sent: {what} {is} not ticked."),
            "Tick below what should go back, then press Update plan.",
        );
    }
    if kept > 0 {
        let has = if kept == 1 { "has" } else { "have" };
        let what = differ(kept);
        return (
            format!("Nothing would be sent: {what} {has} moved on since."),
            "The reason stands below. “Change this plan” can put it back all the same.",
        );
    }
    let rest = if plan.steps.is_empty() {
        ""
    } else {
        "Its titles stand below, with the reason where one is left as it is."
    };
    ("Your list already matches. Nothing to do.".to_owned(), rest)
}

fn summary(plan: &Plan) -> Vec<(String, &'static str)> {
    let of = |action| thousands(plan.count(action));
    let chosen = plan.left_by_choice();
    let moved_on = plan.count(Action::Keep).saturating_sub(chosen);
    let mut all = vec![
        (of(Action::Add), "add back"),
        (of(Action::Write), "change back"),
        (of(Action::Stay), "added since, kept"),
        (of(Action::Remove), "remove from AniList"),
        (thousands(moved_on), "moved on or edited since, left"),
        (thousands(chosen), "not ticked, left"),
        (of(Action::Same), "already right"),
        (of(Action::Cannot), "cannot be put back"),
    ];
    let always = ["add back", "change back", "already right"];
    all.retain(|(number, words)| number != "0" || always.contains(words));
    all
}

fn effort(plan: &Plan) -> String {
    let seconds = plan.duration().as_secs();
    let long = if seconds > 90 {
        format!("around {} min", seconds.div_ceil(60))
    } else {
        format!("around {seconds} s")
    };
    format!(
        "{}, {}, {long} at the present limit of {} a minute. You can pause or stop.",
        count(plan.writes(), "change"),
        count(plan.requests(), "request"),
        plan.per_minute,
    )
}

fn causes(plan: &Plan, wish: &Wish, profile: &str) -> Vec<CauseLine> {
    let causes = plan.operation.detail.causes.iter();
    let (named, single): (Vec<_>, Vec<_>) = causes.partition(|cause| cause.id.is_some());
    let named = named.into_iter();
    let mut lines: Vec<_> = named
        .filter_map(|cause| cause_line(cause, wish, profile))
        .collect();
    if !single.is_empty() {
        // They are ticked together.
        let words: Vec<_> = single.iter().copied().map(single_words).collect();
        let first = single
            .into_iter()
            .filter_map(|cause| Some((cause, first(cause)?)));
        let first = first.min_by_key(|(_, first)| *first);
        lines.push(CauseLine {
            id: "edits".to_owned(),
            words: words.join("; "),
            href: first.map(|(cause, first)| {
                let above = Cursor { at: first, seq: 0 }.to_string();
                let path = format!("/timeline/{}", in_path(profile));
                address(&path, &[("source", &cause.source), ("above", &above)])
            }),
            is_ticked: !wish.leaves("edits"),
            is_fixed: false,
        });
    }
    let left = plan.moved_on();
    if wish.asks_about_moved() && (left > 0 || !wish.leaves(MOVED)) {
        lines.push(CauseLine {
            id: MOVED.to_owned(),
            words: if left > 0 {
                let has = if left == 1 { "has" } else { "have" };
                let titles = count(left, "title");
                format!("{titles} {has} something that moved on since: put that back too")
            } else {
                "Whatever moved on since: put that back too".to_owned()
            },
            href: None,
            is_ticked: !wish.leaves(MOVED),
            is_fixed: false,
        });
    }
    lines
}

fn single_words(cause: &Cause) -> String {
    let titles = count(cause.titles, "title");
    if cause.source == Cause::UNKNOWN {
        format!("{titles} of which no change is written down")
    } else {
        let of = || format!("edits of {titles}");
        let of = cause.happened.clone().unwrap_or_else(of);
        format!("Single {of}, {}", by(&cause.source))
    }
}

/// When the first of it was, at the earliest.
fn first(cause: &Cause) -> Option<OffsetDateTime> {
    let first = cause.since.as_ref().or(cause.at.as_ref())?;
    OffsetDateTime::parse(first, &Rfc3339).ok()
}

fn cause_line(cause: &Cause, wish: &Wish, profile: &str) -> Option<CauseLine> {
    let profile = in_path(profile);
    let id = cause.id.as_ref()?;
    // What an earlier version wrote down says less.
    let together = || format!("{} changed together", count(cause.titles, "title"));
    let happened = cause.happened.clone().unwrap_or_else(together);
    let at = cause.at.as_deref().map(readable).unwrap_or_default();
    let at = match cause.since.as_deref() {
        Some(since) => format!("Between {} and {at}", readable(since)),
        None => at,
    };
    let is_observed = Source::parse(&cause.source) == Some(Source::Observed);
    Some(CauseLine {
        words: format!("{at}: {happened}, {}", by(&cause.source)),
        href: Some(if is_observed {
            address(&format!("/timeline/{profile}"), &[("group", id)])
        } else {
            format!("/ops/{profile}/{id}")
        }),
        is_ticked: !wish.leaves(id),
        is_fixed: false,
        id: id.clone(),
    })
}

/// RFC 3339 as people read it.
fn readable(text: &str) -> String {
    let at = OffsetDateTime::parse(text, &Rfc3339);
    at.map_or_else(|_| text.to_owned(), format::instant)
}

/// What made a change, in a sentence.
pub(crate) fn by(source: &str) -> &'static str {
    match Source::parse(source) {
        Some(Source::Observed) | None => "on AniList",
        Some(Source::Restore) => "by a restore",
        Some(Source::Undo) => "by an undo",
        Some(Source::Redo) => "by a redo",
        Some(Source::Import) => "brought in",
        Some(Source::Api) => "told by another program",
    }
}

fn notes(plan: &Plan) -> Vec<String> {
    let detail = &plan.operation.detail;
    let mut notes = Vec::new();
    for (of, name) in &detail.lists {
        let of = MediaType::parse(of).map_or("", MediaType::word);
        notes.push(format!(
            "The {of} list \u{201c}{name}\u{201d} is missing and is created first."
        ));
    }
    for (field, titles) in &detail.not_recorded {
        let noun = EntryField::parse(field).map_or(field.as_str(), |field| field.noun());
        notes.push(format!(
            "Of {noun} nothing was recorded for {}: it stays as it is now.",
            count(*titles, "title")
        ));
    }
    notes
}

fn tabs(plan: &Plan, chosen: Option<Action>, path: &str) -> Vec<Tab> {
    let rows = |action: Action| {
        plan.steps
            .iter()
            .filter(|s| s.action == action.as_str())
            .count()
    };
    let tab = |word: &str, value: &str, number: usize, is_current: bool| Tab {
        word: word.to_owned(),
        number: thousands(number),
        value: value.to_owned(),
        href: format!("{}#titles", address(path, &[("show", value)])),
        is_current,
        icon: None,
    };
    let others = plan.steps.len() - rows(Action::Same);
    // Where nothing else is there, it is shown.
    let all = if others == 0 {
        rows(Action::Same)
    } else {
        others
    };
    let mut tabs = vec![tab("All", "", all, chosen.is_none())];
    for action in Action::ALL {
        let number = rows(action);
        let is_current = chosen == Some(action);
        if number > 0 || is_current {
            tabs.push(tab(word(action), action.as_str(), number, is_current));
        }
    }
    tabs
}

/// What the button says: in numbers what it does.
fn button(plan: &Plan) -> String {
    let (writes, removes) = (plan.writes(), plan.count(Action::Remove));
    let others = writes - removes;
    match (removes, others) {
        (0, _) => format!("Send {} to AniList", count(others, "change")),
        (_, 0) => format!("Remove {} from AniList", count(removes, "title")),
        _ => format!(
            "Remove {} and change {}",
            thousands(removes),
            thousands(others)
        ),
    }
}

async fn apply(
    visitor: Visitor,
    hub: web::Data<Hub>,
    path: web::Path<(String, String)>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let (profile, id) = path.into_inner();
    let (mut plan, style) = match plan_of(&visitor, &profile, &id).await? {
        Ok(found) => found,
        Err(elsewhere) => return Ok(elsewhere),
    };
    // The button stands below the ticks. What is sent is what was shown: ticks that were changed since make
    // another plan, which is shown first.
    let ticked = Wish::of_form(&form.0)?;
    if let Some(problem) = ticked.names_nothing() {
        let refused = Refusal::of(problem);
        return stays(&visitor, &hub, &profile, (&plan, &style), &form.0, refused);
    }
    let shown = Wish::read(plan.operation.detail.asked.as_deref().unwrap_or_default());
    if ticked.is_changed(&shown) {
        return plan_new::ask(&visitor, &hub, &profile, ticked).await;
    }
    let removes = plan.count(Action::Remove);
    let typed = field_of(&form.0, "removals");
    let removals = typed.parse().ok();
    if removes > 0 && removals != Some(removes) {
        let problem = format!(
            "Nothing was sent. This removes {} from AniList: {removes} has to be typed or ticked \
             to allow it.",
            count(removes, "title")
        );
        let refused = Refusal {
            problem,
            removals: Some(typed.to_owned()),
        };
        return stays(&visitor, &hub, &profile, (&plan, &style), &form.0, refused);
    }
    let mutes = !field_of(&form.0, "muted").is_empty();
    let is_muted_otherwise = mutes != plan.operation.detail.mutes;
    let here = path_of(&profile, &plan);
    plan.mute(mutes);
    let way = carry::send(&visitor.app, &hub, &profile, plan, removals).await?;
    // Back at the plan, the box is as it was sent.
    let path = if is_muted_otherwise && way.path == here {
        address(&here, &[("mute", if mutes { "yes" } else { "no" })])
    } else {
        way.path
    };
    Ok(visitor.lead(Way { path, ..way }))
}

/// The first field of this name in a form.
fn field_of<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    let found = form.iter().find(|(known, _)| known == name);
    found.map_or("", |(_, value)| value.trim())
}

fn path_of(profile: &str, plan: &Plan) -> String {
    format!("/plan/{}/{}", in_path(profile), plan.operation.id)
}

/// Makes the plan again with what is ticked now.
async fn update(
    visitor: Visitor,
    hub: web::Data<Hub>,
    path: web::Path<(String, String)>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let (profile, id) = path.into_inner();
    let ticked = Wish::of_form(&form.0)?;
    if let Some(problem) = ticked.names_nothing() {
        let (plan, style) = match plan_of(&visitor, &profile, &id).await? {
            Ok(found) => found,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let refused = Refusal::of(problem);
        return stays(&visitor, &hub, &profile, (&plan, &style), &form.0, refused);
    }
    let profile = visitor.app.account_row(&profile).await?.profile;
    plan_new::ask(&visitor, &hub, &profile, ticked).await
}

/// The plan as it was, with every box as it was sent; where it is being carried out, the way to where that is said.
fn stays(
    visitor: &Visitor,
    hub: &Hub,
    profile: &str,
    (plan, style): (&Plan, &Style),
    form: &[(String, String)],
    refused: Refusal,
) -> Result<HttpResponse, PageError> {
    if is_begun(hub, plan) {
        return Ok(visitor.go(&path_of(profile, plan), None));
    }
    let part = Part {
        show: field_of(form, "show").to_owned(),
        page: field_of(form, "page").parse().unwrap_or_default(),
        mute: String::new(),
    };
    let title = format!("Plan: {}", plan.operation.what);
    let page = Page {
        // What was sent to has no page of its own.
        path: path_of(profile, plan),
        ..visitor.page_of(title, Place::Elsewhere, profile)
    };
    let mut shown = plan_page(visitor, page, profile, plan, style, part);
    shown.refuse(refused, &Wish::of_form(form)?);
    Ok(show_as(StatusCode::BAD_REQUEST, &shown))
}

async fn discard(
    visitor: Visitor,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (profile, id) = path.into_inner();
    if let Err(elsewhere) = plan_of(&visitor, &profile, &id).await? {
        return Ok(elsewhere);
    }
    let dropped: OperationRow = visitor.app.discard_plan(&id).await?.operation;
    let said = Said::done(format!(
        "The plan {} is dropped. Nothing was sent.",
        dropped.id
    ));
    Ok(visitor.go(&format!("/plan/{}", in_path(&profile)), Some(said)))
}
