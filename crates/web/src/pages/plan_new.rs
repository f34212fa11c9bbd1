//! Asking for a plan: what to go back to, and how much of it.

mod limits;

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use anirewind_core::model::{EntryField, EntryStatus, MediaId, MediaType, Picks};
use anirewind_core::{
    ActError, App, BrowseError, Cause, Choices, Id, Plan, Prefer, RestoreOptions, SnapshotRow,
    Source, Wanted,
};
use askama::Template;
use serde::{Deserialize, Serialize};

use crate::api::Hub;
use crate::format;
use crate::login::local;
use crate::page::{Form, Page, PageError, Place, Query, Said, Visitor, Way, in_path, show_as};
use crate::pages::rows::contents;
use crate::pages::work::{self, About, Begin};

pub(crate) use limits::Limits;

/// So many snapshots can be chosen from, besides the one that is named.
const OFFERED: usize = 60;

const NOT_A_FILE: &str = "A snapshot is named here, not a file.";

/// What comes after AniList has answered, where a plan is asked for.
pub(crate) const PLANNED: [&str; 2] = [
    "What differs is worked out",
    "You see the plan: nothing is sent before you say so",
];
/// What becomes of a plan while nobody looks.
pub(crate) const MEANWHILE: &str = "AniList allows only so many requests a minute, so waiting is \
    normal. The page may be closed: the plan is made all the same, and stands among the plans.";
/// What is said where nothing is known of a plan that was asked for.
pub(crate) const NOTHING_SENT: &str = "AniList is not being asked for this. Either it is longer ago \
    than an hour, or the server was started again meanwhile and it has to be asked again. Nothing was \
    sent to your list.";

/// What somebody wants of a plan, as it stands in a form and behind an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Wish {
    /// Which of the following counts: snapshot, at or before; the first that is there if left out.
    what: String,
    snapshot: String,
    at: String,
    before: String,
    /// Changes, groups or acts to take back.
    undo: Vec<String>,
    /// Undos to take back.
    redo: Vec<String>,
    /// A change before which the list is wanted.
    back: String,
    only: Vec<String>,
    status: Vec<String>,
    field: Vec<String>,
    /// `ANIME:123`, or `ANIME:123.456` for several, as they stand in an address.
    #[serde(serialize_with = "together", deserialize_with = "one_by_one")]
    title: Vec<String>,
    /// A group or an act whose titles are meant.
    group: String,
    /// `remove`: titles that were added since go.
    extra: String,
    prefer: String,
    /// `leave`: custom lists that are gone are left out.
    lists: String,
    /// `no`: activities are not muted; `yes`: they are, however few titles are sent.
    mute: String,
    /// Whether they would be in the plan that was shown, and whether that was ticked.
    mutes: String,
    muted: String,
    /// `yes`: old values are put back over later edits.
    over: String,
    /// All causes that were shown, and those of them that were ticked.
    shown: Vec<String>,
    cause: Vec<String>,
    /// Causes, and titles, that stay as they are.
    leave: Vec<String>,
    /// Causes that a plan before this one has shown: it was said of them whether they stay.
    met: Vec<String>,
    pub(crate) leave_title: Vec<String>,
    /// Single fields of titles that stay as they are, and that are put back whatever happened to
    /// them since: `ANIME:123.progress`.
    leave_field: Vec<String>,
    put_field: Vec<String>,
    /// Titles and fields that had a box, those whose box was blank with `~` after them; and those of
    /// them that were ticked.
    offered: Vec<String>,
    tick: Vec<String>,
    /// `yes`: the form had boxes for anime and manga, for statuses, for fields, for titles.
    has_lists: String,
    has_status: String,
    has_fields: String,
    has_titles: String,
    /// A snapshot with an open alarm: what it tells of is put back, and nothing else unless asked.
    alarm: String,
    /// The page on which changes were ticked, and to which it goes back if none were.
    from: String,
    /// The plan that this one takes the place of.
    instead: String,
}

/// What a plan goes back to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BackTo<'a> {
    /// Its id.
    Snapshot(&'a str),
    /// As [`App::moment`] reads it.
    Moment(&'a str),
}

#[derive(Template)]
#[template(path = "plan_new.html")]
struct NewPlan {
    page: Page,
    profile: String,
    wish: Wish,
    problem: Option<(String, String)>,
    snapshots: Vec<Offered>,
    statuses: Vec<(String, String, bool)>,
    fields: Vec<(String, &'static str, bool)>,
}

struct Offered {
    id: String,
    words: String,
    is_chosen: bool,
}

impl Offered {
    fn of(row: &SnapshotRow) -> Self {
        let words = format!("{}, {}", format::instant(row.created_at), contents(row));
        Self {
            id: row.id.to_string(),
            words,
            is_chosen: false,
        }
    }

    /// One that this profile does not have. Why it cannot be used is said when a plan is asked for.
    fn unknown(name: &str) -> Self {
        Self {
            id: name.to_owned(),
            words: name.to_owned(),
            is_chosen: false,
        }
    }
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/plan/{profile}/new").get(form).post(compute))
        .service(web::resource("/plan/{profile}/new/asked").get(computing));
}

async fn form(
    visitor: Visitor,
    profile: web::Path<String>,
    wish: Query<Wish>,
) -> Result<HttpResponse, PageError> {
    shown(&visitor, &profile, wish.0, None).await
}

async fn shown(
    visitor: &Visitor,
    profile: &str,
    wish: Wish,
    problem: Option<PageError>,
) -> Result<HttpResponse, PageError> {
    let account = visitor.app.account_row(profile).await?;
    let owner = Some(account.account.id);
    let rows = visitor.app.snapshots_page(owner, None, OFFERED).await?;
    let mut offered: Vec<_> = rows.iter().map(Offered::of).collect();
    let mut problem = problem;
    if !wish.snapshot.is_empty() {
        // What was named is what is chosen, however old it is: never another one in its place.
        let named = match one_of(visitor, profile, &wish.snapshot).await {
            Ok(named) => named,
            Err(error) => {
                problem = problem.or(Some(error));
                Offered::unknown(&wish.snapshot)
            }
        };
        match offered.iter_mut().find(|one| one.id == named.id) {
            Some(one) => one.is_chosen = true,
            None => offered.push(Offered {
                is_chosen: true,
                ..named
            }),
        }
    }
    let statuses = EntryStatus::KNOWN.iter().map(|status| {
        let anime = status.word(MediaType::Anime);
        let manga = status.word(MediaType::Manga);
        let words = if anime == manga {
            anime.to_owned()
        } else {
            format!("{anime} / {manga}")
        };
        let word = status.as_str().to_owned();
        let is_ticked = wish.has_status(&word);
        (word, words, is_ticked)
    });
    let fields = EntryField::ALL.iter().map(|field| {
        let word = field.as_str();
        let is_ticked = wish.has_field(word);
        (word.to_owned(), field.word(MediaType::Anime), is_ticked)
    });
    let template = NewPlan {
        page: visitor.page_of("New plan", Place::Elsewhere, &account.profile),
        profile: in_path(&account.profile),
        snapshots: offered,
        statuses: statuses.collect(),
        fields: fields.collect(),
        problem: problem.as_ref().map(|error| {
            (
                error.message.clone(),
                error.hint.clone().unwrap_or_default(),
            )
        }),
        wish,
    };
    let status = problem.map_or(StatusCode::OK, |error| error.status);
    Ok(show_as(status, &template))
}

/// The snapshot of this name. One of another profile is offered too, and refused with the reason when a plan is asked for.
async fn one_of(visitor: &Visitor, profile: &str, name: &str) -> Result<Offered, PageError> {
    if name.contains(['/', '\\']) {
        return Err(PageError::usage(NOT_A_FILE));
    }
    match visitor.app.find_row(name, Some(profile)).await {
        Ok(row) => Ok(Offered::of(&row)),
        Err(error) => match visitor.app.find_row(name, None).await {
            Ok(_) => Ok(Offered::unknown(name)),
            Err(_) => Err(crate::pages::backups::not_here(error)),
        },
    }
}

async fn compute(
    visitor: Visitor,
    hub: web::Data<Hub>,
    profile: web::Path<String>,
    wish: Form<Wish>,
) -> Result<HttpResponse, PageError> {
    let account = visitor.app.account_row(&profile).await?;
    ask(&visitor, &hub, &account.profile, wish.0).await
}

/// Asks for a plan, and leads to it.
pub(crate) async fn ask(
    visitor: &Visitor,
    hub: &Hub,
    profile: &str,
    wish: Wish,
) -> Result<HttpResponse, PageError> {
    if let Some(problem) = wish.names_nothing() {
        let problem = PageError::usage(problem);
        return shown(visitor, profile, wish, Some(problem)).await;
    }
    let mut wish = wish.settled();
    if !wish.from.is_empty() && !wish.is_undo() {
        let text = "Nothing is ticked, so nothing was planned. Tick the changes to take back, then \
                    press the button again.";
        return Ok(visitor.go(local(&wish.from), Some(Said::problem(text))));
    }
    wish.from.clear();
    let about = about(profile, &wish);
    let (app, of, asked) = (
        visitor.app.get_ref().clone(),
        profile.to_owned(),
        wish.clone(),
    );
    let plan = async move { planned(&app, &of, asked).await };
    match work::ask(visitor, hub, &about, plan).await {
        Err(problem) => shown(visitor, profile, wish, Some(problem)).await,
        asked => asked,
    }
}

/// How far a plan is that was asked for.
async fn computing(
    visitor: Visitor,
    hub: web::Data<Hub>,
    profile: web::Path<String>,
    wish: Query<Wish>,
) -> Result<HttpResponse, PageError> {
    let account = visitor.app.account_row(&profile).await?;
    let about = about(&account.profile, &wish.0);
    let page = visitor.page_of("New plan", Place::Elsewhere, &account.profile);
    match work::shown(&visitor, &hub, page, about) {
        Err(problem) => shown(&visitor, &account.profile, wish.0, Some(problem)).await,
        found => found,
    }
}

/// Where it is said how far a plan is, and what is asked for again if nobody knows any more.
fn about(profile: &str, wish: &Wish) -> About {
    let form = format!("/plan/{}/new", in_path(profile));
    let fields = wish.asked();
    let query = serde_html_form::to_string(&fields).unwrap_or_default();
    let path = format!("{form}/asked?{query}");
    About {
        name: work::asked_name(profile, &path),
        title: "The plan is being made".to_owned(),
        later: &PLANNED,
        meanwhile: MEANWHILE,
        idle: NOTHING_SENT.to_owned(),
        begin: Some(Begin {
            action: form,
            fields,
            words: "Ask again".to_owned(),
        }),
        back: (format!("/plan/{}", in_path(profile)), "To the plans"),
        path,
    }
}

/// Works a plan out, stores it, and leads to it.
async fn planned(app: &App, profile: &str, mut wish: Wish) -> Result<Way, PageError> {
    let mut plan = worked_out(app, profile, &mut wish).await?;
    plan.operation.detail.asked = Some(wish.text());
    if !wish.instead.is_empty() {
        let mut replaced = match app.plan(&wish.instead).await {
            Ok(before) => before.operation.detail.replaces,
            // It has gone by itself.
            Err(ActError::NoPlan { .. }) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        replaced.push(wish.instead.clone());
        plan.operation.detail.replaces = replaced;
    }
    let plan = app.store_plan(plan).await?;
    if !wish.instead.is_empty() {
        // It may have gone by itself; then there is nothing to drop.
        if let Err(error) = app.discard_plan(&wish.instead).await {
            tracing::debug!(%error, "the plan before is not dropped");
        }
    }
    let way = Way::to(format!("/plan/{}/{}", in_path(profile), plan.operation.id));
    Ok(if wish.instead.is_empty() {
        way
    } else {
        let text = "The plan is as ticked now. Nothing was sent yet.";
        way.saying(Said::done(text))
    })
}

/// Titles of one list behind one name, so that an address stays short.
fn together<S: serde::Serializer>(titles: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    let mut all: Vec<String> = Vec::new();
    for of in MediaType::BOTH {
        let ids = titles.iter().filter_map(|text| title(text).ok());
        let ids = ids.filter(|(media_type, _)| *media_type == of);
        let ids: Vec<_> = ids.map(|(_, media)| media.to_string()).collect();
        if !ids.is_empty() {
            all.push(format!("{}:{}", of.as_str(), ids.join(".")));
        }
    }
    // What is no title is said to be none where it is used.
    let rest = titles.iter().filter(|text| title(text).is_err());
    all.extend(rest.cloned());
    all.serialize(serializer)
}

fn one_by_one<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let all = Vec::<String>::deserialize(deserializer)?;
    let each = all.into_iter().flat_map(|text| match text.split_once(':') {
        Some((of, ids)) if ids.contains('.') => {
            ids.split('.').map(|id| format!("{of}:{id}")).collect()
        }
        _ => vec![text],
    });
    Ok(each.collect())
}

impl Wish {
    /// These titles as they are in a snapshot.
    pub(crate) fn of_titles<'a>(
        back_to: BackTo<'_>,
        titles: impl IntoIterator<Item = &'a (MediaType, MediaId)>,
    ) -> Self {
        let titles = titles.into_iter();
        let wish = Self {
            title: titles
                .map(|(of, media)| format!("{}:{media}", of.as_str()))
                .collect(),
            ..Self::default()
        };
        match back_to {
            BackTo::Snapshot(id) => Self {
                snapshot: id.to_owned(),
                ..wish
            },
            BackTo::Moment(text) => Self {
                what: "at".to_owned(),
                at: text.to_owned(),
                ..wish
            },
        }
    }

    fn settled(mut self) -> Self {
        if self.shown.iter().any(|id| id == MOVED) {
            let is_ticked = self.cause.iter().any(|id| id == MOVED);
            let prefer = if is_ticked { "snapshot" } else { "ask" };
            prefer.clone_into(&mut self.prefer);
            self.shown.retain(|id| id != MOVED);
        }
        let is_unticked = |id: &&String| !self.cause.contains(id);
        let unticked: Vec<_> = self.shown.iter().filter(is_unticked).cloned().collect();
        if !self.shown.is_empty() {
            self.leave.retain(|id| !self.shown.contains(id));
            self.leave.extend(unticked);
        }
        self.shown.clear();
        self.cause.clear();
        self.take_ticks();
        self.take_limits();
        self
    }

    /// What was ticked, and what no longer is, as what is wished of titles and fields.
    fn take_ticks(&mut self) {
        let ticked: BTreeSet<String> = std::mem::take(&mut self.tick).into_iter().collect();
        for offered in std::mem::take(&mut self.offered) {
            let (name, was_ticked) = match offered.strip_suffix('~') {
                Some(name) => (name.to_owned(), false),
                None => (offered, true),
            };
            let is_ticked = ticked.contains(&name);
            if is_ticked == was_ticked {
                continue;
            }
            let is_field = name.contains('.');
            let (leave, put) = if is_field {
                (&mut self.leave_field, Some(&mut self.put_field))
            } else {
                (&mut self.leave_title, None)
            };
            let was_left = leave.contains(&name);
            leave.retain(|known| *known != name);
            let mut was_put = false;
            if let Some(put) = put {
                was_put = put.contains(&name);
                put.retain(|known| *known != name);
                // A tick that somebody took away and gives back asks for no more than there was.
                if is_ticked && !was_left {
                    put.push(name.clone());
                }
            }
            if !is_ticked && !was_put {
                leave.push(name);
            }
        }
    }

    /// What stands in the fields of a form, beside others. What cannot be understood is never taken for nothing.
    pub(crate) fn of_form(fields: &[(String, String)]) -> Result<Self, PageError> {
        let wrong = |error: &dyn std::fmt::Display| {
            PageError::usage(format!("The form is not as it was made: {error}."))
        };
        let text = serde_html_form::to_string(fields).map_err(|error| wrong(&error))?;
        serde_html_form::from_str(&text).map_err(|error| wrong(&error))
    }

    /// Whether what is ticked is something else than what was shown.
    pub(crate) fn is_changed(&self, shown: &Self) -> bool {
        let mut taken = self.clone();
        taken.take_ticks();
        let is_cause_changed = |id: &String| self.cause.contains(id) == shown.leaves(id);
        taken.leave_title != self.leave_title
            || taken.leave_field != self.leave_field
            || taken.put_field != self.put_field
            || self.shown.iter().any(is_cause_changed)
            || self.limits_otherwise(shown)
    }

    fn picks(&self) -> Result<Picks, PageError> {
        let read = |text: &String| {
            Picks::parse(text)
                .ok_or_else(|| PageError::usage(format!("`{text}` is no field of a title.")))
        };
        let mut picks = Picks::default();
        for text in &self.leave_field {
            let (title, field) = read(text)?;
            picks.leave(title, field);
        }
        for text in &self.put_field {
            let (title, field) = read(text)?;
            picks.put(title, field);
        }
        Ok(picks)
    }

    /// Without what is about one plan only.
    fn to_keep(&self) -> Self {
        Self {
            instead: String::new(),
            shown: Vec::new(),
            cause: Vec::new(),
            offered: Vec::new(),
            tick: Vec::new(),
            mutes: String::new(),
            muted: String::new(),
            has_lists: String::new(),
            has_status: String::new(),
            has_fields: String::new(),
            ..self.clone()
        }
    }

    /// Whether it was asked for from the alarm of this snapshot.
    pub(crate) fn is_of_alarm(&self, snapshot: &str) -> bool {
        self.alarm == snapshot
    }

    /// Reads how a plan was asked for.
    pub(crate) fn read(asked: &str) -> Self {
        serde_html_form::from_str(asked).unwrap_or_default()
    }

    pub(crate) fn leaves(&self, cause: &str) -> bool {
        if cause == MOVED {
            return self.prefer != "snapshot";
        }
        self.leave.iter().any(|left| left == cause)
    }

    /// Whether it is chosen here what becomes of titles that moved on.
    pub(crate) fn asks_about_moved(&self) -> bool {
        !self.is_undo() && self.prefer != "live"
    }

    fn leave_causes<'a>(&mut self, causes: impl Iterator<Item = &'a Cause>) {
        for cause in causes.map(named) {
            if !self.leaves(&cause) {
                self.leave.push(cause);
            }
        }
    }

    fn has_met(&self, cause: &Cause) -> bool {
        self.met.contains(&named(cause))
    }

    /// What is chosen, without what is left blank and without what is about one plan only.
    fn chosen(&self) -> Vec<(String, String)> {
        let text = serde_html_form::to_string(self.to_keep()).unwrap_or_default();
        let pairs: Vec<(String, String)> = serde_html_form::from_str(&text).unwrap_or_default();
        pairs
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    /// The same as it stands behind an address.
    pub(crate) fn text(&self) -> String {
        serde_html_form::to_string(self.chosen()).unwrap_or_default()
    }

    /// Pairs of a form that asks for the very same.
    fn asked(&self) -> Vec<(String, String)> {
        let mut pairs = self.chosen();
        if !self.instead.is_empty() {
            pairs.push(("instead".to_owned(), self.instead.clone()));
        }
        pairs
    }

    /// Pairs for hidden fields of a form that asks for the same again, without what it asks for itself.
    pub(crate) fn pairs(&self, asks_for: impl Fn(&str, &str) -> bool) -> Vec<(String, String)> {
        let mut pairs = self.chosen();
        pairs.retain(|(name, value)| !asks_for(name, value));
        pairs
    }

    fn is_undo(&self) -> bool {
        !self.undo.is_empty() || !self.redo.is_empty() || !self.back.is_empty()
    }

    /// Which of the three is chosen.
    fn target(&self) -> &'static str {
        match self.what.as_str() {
            "at" => "at",
            "before" => "before",
            "snapshot" => "snapshot",
            _ if !self.at.is_empty() => "at",
            _ if !self.before.is_empty() => "before",
            _ => "snapshot",
        }
    }
}

fn fields(names: &[String]) -> Result<BTreeSet<EntryField>, PageError> {
    let parsed = names.iter().map(|name| {
        EntryField::parse(name)
            .ok_or_else(|| PageError::usage(format!("There is no field `{name}`.")))
    });
    parsed.collect()
}

fn title(text: &str) -> Result<(MediaType, MediaId), PageError> {
    let title = Picks::title(text);
    title.ok_or_else(|| PageError::usage(format!("`{text}` is no title, as ANIME:123 is.")))
}

async fn worked_out(app: &App, profile: &str, wish: &mut Wish) -> Result<Plan, PageError> {
    let mut plan = if wish.is_undo() {
        undone(app, profile, wish).await?
    } else {
        restored(app, profile, wish).await?
    };
    let mut left = BTreeSet::new();
    for text in &wish.leave_title {
        left.insert(title(text)?);
    }
    let causes = plan.operation.detail.causes.clone();
    if !wish.is_undo() {
        let new: Vec<_> = causes.iter().filter(|cause| !wish.has_met(cause)).collect();
        // What somebody put right here since is not to be made wrong again, unless they say so.
        for cause in &new {
            let source = Source::parse(&cause.source);
            let is_ours = matches!(source, Some(Source::Undo | Source::Redo | Source::Restore));
            let Some(act) = cause.id.as_deref().filter(|_| is_ours) else {
                continue;
            };
            if app.put_right(plan.operation.owner, act).await? {
                wish.leave_causes(std::iter::once(*cause));
            }
        }
        if !wish.alarm.is_empty() {
            leave_other_causes(app, profile, wish, &new).await?;
        }
        wish.met.extend(new.into_iter().map(named));
    }
    for (place, cause) in causes.iter().enumerate() {
        // Only what this was the last thing to happen to.
        if wish.leaves(&named(cause)) {
            left.extend(plan.titles_of_cause(place));
        }
    }
    plan.leave(&left);
    match wish.mute.as_str() {
        "no" => plan.mute(false),
        "yes" => plan.mute(true),
        _ => {}
    }
    Ok(plan)
}

/// Of what happened since, only what an alarm tells of is to be put back.
async fn leave_other_causes(
    app: &App,
    profile: &str,
    wish: &mut Wish,
    new: &[&Cause],
) -> Result<(), PageError> {
    let owner = app.account_row(profile).await?.account.id;
    let meant = app.groups_of_alarm(owner, &wish.alarm).await?;
    let is_meant = |cause: &Cause| {
        let id = cause.id.as_deref();
        id.is_some_and(|id| meant.iter().any(|group| group.as_str() == id))
    };
    // Where it cannot be told apart, everything that happened since is shown ticked; where all of it is as it was
    // again, nothing is.
    if !meant.is_empty() {
        wish.leave_causes(new.iter().filter(|cause| !is_meant(cause)).copied());
    }
    Ok(())
}

/// What titles that moved on are called in a form, among what happened since.
pub(crate) const MOVED: &str = "moved-on";

/// What a cause is called in a form: single edits are ticked together.
fn named(cause: &Cause) -> String {
    cause.id.clone().unwrap_or_else(|| "edits".to_owned())
}

async fn undone(app: &App, profile: &str, wish: &Wish) -> Result<Plan, PageError> {
    let mut choices = if wish.over == "yes" {
        Choices::everything()
    } else {
        Choices::default()
    };
    choices.only = fields(&wish.field)?;
    choices.picks = wish.picks()?;
    let profile = Some(profile);
    let plan = if !wish.back.is_empty() {
        app.plan_back_to(profile, &wish.back, choices).await
    } else if wish.redo.is_empty() {
        app.plan_undo(profile, &wish.undo, choices).await
    } else {
        app.plan_redo(profile, &wish.redo, choices).await
    };
    Ok(plan?)
}

async fn restored(app: &App, profile: &str, wish: &Wish) -> Result<Plan, PageError> {
    let wanted = match wish.target() {
        "at" if wish.at.is_empty() => {
            return Err(PageError::usage("Name a moment to go back to."));
        }
        "at" => Wanted::Moment(app.moment(&wish.at)?),
        "before" => {
            let id = Id::parse(wish.before.trim());
            let id = id.ok_or_else(|| PageError::usage("Name an operation by its whole id."))?;
            Wanted::Before(id)
        }
        _ if wish.snapshot.is_empty() => {
            return Err(PageError::usage("Choose a snapshot to go back to."));
        }
        _ if wish.snapshot.contains(['/', '\\']) => {
            return Err(PageError::usage(NOT_A_FILE));
        }
        _ if wish.snapshot == "live" => Wanted::Snapshot("live".to_owned()),
        _ => {
            let row = app.find_row(&wish.snapshot, Some(profile)).await;
            match row {
                // Somebody else's is found all the same, and refused with the reason.
                Err(BrowseError::NotFound { .. }) => {
                    let row = app.find_row(&wish.snapshot, None).await;
                    let row = row.map_err(crate::pages::backups::not_here)?;
                    let path = app.backups().join(row.file);
                    Wanted::Snapshot(path.display().to_string())
                }
                row => Wanted::Snapshot(row?.id.to_string()),
            }
        }
    };
    let mut titles: Option<BTreeSet<_>> = None;
    for text in wish.title.iter().filter(|text| !text.trim().is_empty()) {
        titles.get_or_insert_default().insert(title(text)?);
    }
    if !wish.group.is_empty() {
        let of_group = app.titles_of(Some(profile), &wish.group).await?;
        titles.get_or_insert_default().extend(of_group);
    }
    let statuses = wish.status.iter().map(|text| {
        let status = EntryStatus::parse(text);
        let is_known = EntryStatus::KNOWN.contains(&status);
        is_known
            .then_some(status)
            .ok_or_else(|| PageError::usage(format!("There is no status `{text}`.")))
    });
    let only = match wish.only.as_slice() {
        [one] => Some(
            MediaType::parse(one)
                .ok_or_else(|| PageError::usage(format!("There is no list `{one}`.")))?,
        ),
        _ => None,
    };
    let options = RestoreOptions {
        media_type: only,
        statuses: statuses.collect::<Result<_, _>>()?,
        fields: fields(&wish.field)?,
        titles,
        removes: wish.extra == "remove",
        prefer: match wish.prefer.as_str() {
            "snapshot" => Prefer::Snapshot,
            "live" => Prefer::Live,
            _ => Prefer::Ask,
        },
        leaves_lists: wish.lists == "leave",
        picks: wish.picks()?,
    };
    // Whose list it is put onto is this profile, whatever was named.
    Ok(app.plan_restore(Some(profile), &wanted, &options).await?)
}
