//! The timeline: what changed, when, by what, and the way to take it back.

mod chosen;
mod counted;
mod lines;

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use anirewind_core::model::{EntryField, UserId};
use anirewind_core::{
    AccountRow, App, BrowseError, ChangeFilter, ChangeKind, ChangeRow, Cursor, Id, count,
};
use askama::Template;
use serde::Deserialize;

use crate::address::address;
use crate::page::{Form, Page, PageError, Place, Query, Said, Visitor, in_path, show_as};
use crate::pages::profiles::profiles;
use crate::parts::Tabs;

use chosen::{SOURCES, Which};
use counted::Counted;
use lines::{Day, Lines, days, fold, group_button};

/// So many lines on a page.
pub(crate) const PAGE: usize = 50;
/// More changes than this are not read for one page, however they are grouped.
const MOST_READ: usize = 600;

#[derive(Template)]
#[template(path = "timeline.html")]
struct Timeline {
    page: Page,
    profile: String,
    kinds: Tabs,
    which: Which,
    sources: Vec<(&'static str, &'static str)>,
    fields: Vec<(&'static str, &'static str)>,
    chips: Vec<(String, String)>,
    group: Option<GroupHead>,
    days: Vec<Day>,
    is_filtered: bool,
    /// What is said where there is nothing.
    empty: String,
    newer: Option<String>,
    older: Option<String>,
    /// The place of the newest change there is, where the page begins with the newest.
    live: Option<String>,
    /// The way to have new changes shown as they come, or not.
    auto: String,
    clear: String,
}

/// What is said above one group by itself.
struct GroupHead {
    id: String,
    /// The way back to all changes.
    all: String,
    /// What is on the button, where any of it can be taken back.
    button: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Hiding {
    id: Vec<String>,
    hidden: String,
    back: String,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/timeline").get(picker))
        .service(web::resource("/timeline/{profile}").get(timeline))
        .service(web::resource("/timeline/{profile}/hide").post(hide));
}

async fn picker(visitor: Visitor) -> Result<HttpResponse, PageError> {
    let mut seen = BTreeMap::new();
    let kept = visitor.app.kept_accounts().await?;
    for account in visitor.app.accounts().await?.into_iter().chain(kept) {
        let counts = visitor.app.kind_counts(account.account.id).await;
        let counts = counts.map_err(BrowseError::Store)?;
        let all = counts.get(&ChangeKind::All).copied().unwrap_or_default();
        seen.insert(account.profile, all);
    }
    let words = |profile: &str| {
        let all = seen.get(profile).copied().unwrap_or_default();
        Some(count(all, "change"))
    };
    let here = ("Timeline", Place::Timeline);
    profiles(&visitor, here, "/timeline", words).await
}

/// A page of rows: newest first, with whether there are more on either side.
struct Rows {
    lines: Vec<Vec<ChangeRow>>,
    has_older: bool,
    has_newer: bool,
}

/// Reads on until a page is full, where what has one cause is one line.
async fn rows(
    visitor: &Visitor,
    account: &AccountRow,
    which: &Which,
    filter: ChangeFilter,
) -> Result<Rows, PageError> {
    let owner = Some(account.account.id);
    let app = &visitor.app;
    if filter.above.is_some() {
        let found = app.changes(owner, filter, None, PAGE + 1).await;
        let mut found = found.map_err(BrowseError::Store)?;
        let has_newer = found.len() > PAGE;
        if has_newer {
            found.remove(0);
        }
        let mut lines = Vec::new();
        fold(&mut lines, found, !which.group.is_empty());
        return Ok(Rows {
            lines,
            has_older: true,
            has_newer,
        });
    }
    let mut below = match which.below.as_str() {
        "" => None,
        text => Some(
            text.parse()
                .map_err(|_| PageError::usage("The address names no place on the timeline."))?,
        ),
    };
    let has_newer = below.is_some();
    let mut lines = Vec::new();
    let mut read = 0;
    loop {
        let found = app.changes(owner, filter.clone(), below, PAGE + 1).await;
        let mut found = found.map_err(BrowseError::Store)?;
        let has_older = found.len() > PAGE;
        found.truncate(PAGE);
        below = found.last().map(|row| Cursor {
            at: row.change.when.at,
            seq: row.seq,
        });
        read += found.len();
        fold(&mut lines, found, !which.group.is_empty());
        let is_full = lines.len() > PAGE;
        if is_full || !has_older || read >= MOST_READ {
            lines.truncate(PAGE);
            return Ok(Rows {
                lines,
                has_older: has_older || is_full,
                has_newer,
            });
        }
    }
}

/// The place of the newest change there is, whatever of them is chosen: what comes above it is new.
async fn top(visitor: &Visitor, owner: UserId) -> Result<String, PageError> {
    let filter = ChangeFilter {
        shown_only: true,
        ..ChangeFilter::default()
    };
    let newest = visitor.app.changes(Some(owner), filter, None, 1).await;
    let newest = newest.map_err(BrowseError::Store)?;
    Ok(newest
        .first()
        .map_or_else(|| "0.0".to_owned(), |row| row.cursor().to_string()))
}

async fn timeline(
    visitor: Visitor,
    profile: web::Path<String>,
    which: Query<Which>,
) -> Result<HttpResponse, PageError> {
    let account = visitor.app.account_row(&profile).await?;
    let which = which.0;
    if !which.undo.is_empty() {
        // What can be taken back is shown with it, on the change's own page.
        let back = which.with(
            &format!("/timeline/{}", in_path(&account.profile)),
            "undo",
            "",
        );
        let path = format!(
            "/timeline/{}/{}",
            in_path(&account.profile),
            in_path(&which.undo)
        );
        return Ok(visitor.go(
            &format!("{}#undo", address(&path, &[("back", &back)])),
            None,
        ));
    }
    let (filter, problem) = match which.filter(&visitor.app) {
        Ok(filter) => (filter, None),
        Err(problem) => (which.all(), Some(problem)),
    };
    // Read first, so that what comes while the page is made is new to it.
    let top = top(&visitor, account.account.id).await?;
    let found = rows(&visitor, &account, &which, filter.clone()).await?;
    let counted = Counted::of(&visitor.app, account.account.id, &which, filter).await?;
    let groups = found.lines.iter().filter(|line| line.len() > 1);
    let groups = groups.filter_map(|line| {
        let change = &line.first()?.change;
        change.operation.clone().or(change.group.clone())
    });
    let groups = groups.chain(Id::parse(&which.group));
    let sizes = visitor.app.group_sizes(groups.collect()).await;
    let sizes = sizes.map_err(BrowseError::Store)?;
    let together = found.lines.iter().filter(|line| line.len() > 1);
    let acts = together.filter_map(|line| line.first()?.change.operation.clone());
    let acts = visitor.app.names_of_acts(acts.collect()).await;
    let acts = acts.map_err(BrowseError::Store)?;
    let mut page = visitor.page_of("Timeline", Place::Timeline, &account.profile);
    let mut status = StatusCode::OK;
    if let Some(problem) = problem {
        // What somebody typed stays in the form.
        let text = format!("{} All changes are shown.", problem.message);
        page.said = Some(Said::problem(text));
        status = problem.status;
    }
    let template = template(
        &visitor,
        page,
        &account,
        which,
        (top, found),
        &counted,
        (&sizes, &acts),
    );
    Ok(show_as(status, &template))
}

fn template(
    visitor: &Visitor,
    page: Page,
    account: &AccountRow,
    which: Which,
    (top, found): (String, Rows),
    counted: &Counted,
    (sizes, acts): (&BTreeMap<Id, usize>, &BTreeMap<Id, String>),
) -> Timeline {
    let profile = account.profile.as_str();
    let path = format!("/timeline/{}", in_path(profile));
    let newest = found.lines.first().and_then(|line| line.first());
    let oldest = found.lines.last().and_then(|line| line.last());
    let here = which.with(&path, "below", &which.below);
    let is_filtered = which.is_filtered();
    let lines = Lines {
        base: &page.base,
        profile,
        style: &account.style,
        sizes,
        acts,
        here: &here,
        is_partial: which.divides_groups(),
    };
    Timeline {
        profile: in_path(profile),
        kinds: counted.tabs(&page.base, &which, profile),
        sources: SOURCES
            .map(|(source, words)| (source.as_str(), words))
            .to_vec(),
        fields: EntryField::ALL
            .iter()
            .map(|field| (field.as_str(), field.word(which.media_type())))
            .collect(),
        chips: which.chips(&path),
        group: newest
            .filter(|_| Id::parse(&which.group).is_some())
            .map(|_| GroupHead {
                id: which.group.clone(),
                all: which.with(&path, "group", ""),
                button: group_button(&found.lines.concat(), |id| sizes.get(id).copied()),
            }),
        newer: newest
            .filter(|_| found.has_newer)
            .map(|row| which.with(&path, "above", &row.cursor().to_string())),
        older: oldest
            .filter(|_| found.has_older)
            .map(|row| which.with(&path, "below", &row.cursor().to_string())),
        live: (!found.has_newer && which.on.is_empty()).then_some(top),
        auto: which.with(&path, "auto", if which.auto == "yes" { "" } else { "yes" }),
        empty: empty(visitor, &which, is_filtered && counted.all > 0),
        is_filtered,
        days: days(found.lines, &lines, visitor.app.now()),
        clear: path,
        which,
        page,
    }
}

/// The numbers of a timeline as they are now, for a page on which this was chosen.
pub(crate) async fn counts_now(
    app: &App,
    base: &str,
    profile: &str,
    chosen: &str,
) -> Result<Tabs, PageError> {
    let account = app.account_row(profile).await?;
    let which = Which::parse(chosen);
    let filter = which.filter(app).unwrap_or_default();
    let counted = Counted::of(app, account.account.id, &which, filter).await?;
    Ok(counted.tabs(base, &which, &account.profile))
}

/// How many changes there are above a place, of those that were chosen on a page, and the way to them; so many
/// at most.
pub(crate) async fn new_since(
    app: &App,
    profile: &str,
    (chosen, above): (&str, &str),
    most: usize,
) -> Result<(usize, String), PageError> {
    let account = app.account_row(profile).await?;
    let which = Which::parse(chosen);
    let filter = ChangeFilter {
        above: above.parse().ok(),
        ..which.filter(app).unwrap_or_else(|_| which.all())
    };
    let rows = app
        .changes(Some(account.account.id), filter, None, most)
        .await;
    let rows = rows.map_err(BrowseError::Store)?;
    let path = format!("/timeline/{}", in_path(&account.profile));
    Ok((rows.len(), which.with(&path, "auto", &which.auto)))
}

fn empty(visitor: &Visitor, which: &Which, is_filtered: bool) -> String {
    if is_filtered {
        let kind = match ChangeKind::parse(&which.kind) {
            None | Some(ChangeKind::All) => "changes",
            Some(ChangeKind::Added) => "added titles",
            Some(ChangeKind::Changed) => "changed titles",
            Some(ChangeKind::Removed) => "removed titles",
            Some(ChangeKind::Undone) => "undone changes",
            Some(ChangeKind::Restored) => "restored titles",
            Some(ChangeKind::Failed) => "failed changes",
            Some(ChangeKind::Left) => "changes that were not done",
        };
        return format!("No {kind} in this range.");
    }
    match visitor.app.settings().watch_interval {
        Some(interval) => {
            let minutes = usize::try_from(interval.as_secs().div_ceil(60)).unwrap_or(usize::MAX);
            format!(
                "No changes seen yet. Changes you make on AniList appear here within {}.",
                count(minutes, "minute")
            )
        }
        None => {
            "No changes seen yet. Looking for changes is off; they are seen when a snapshot is \
                 taken."
                .to_owned()
        }
    }
}

async fn hide(
    visitor: Visitor,
    profile: web::Path<String>,
    form: Form<Hiding>,
) -> Result<HttpResponse, PageError> {
    let Hiding { id, hidden, back } = form.0;
    let is_hidden = hidden != "no";
    let account = visitor.app.account_row(&profile).await?;
    let changes = visitor
        .app
        .hide(Some(&account.profile), &id, is_hidden)
        .await?;
    let timeline = format!("/timeline/{}", in_path(&account.profile));
    let words = if is_hidden {
        "kept out of sight"
    } else {
        "shown again"
    };
    let said = Said::done(format!(
        "{} {words}. Nothing is lost.",
        count(changes, "change")
    ));
    let said = if is_hidden {
        said.with_link(format!("{timeline}?hidden=yes"), "Show hidden ones too")
    } else {
        said
    };
    let back = crate::login::local(&back);
    let back = if back == "/" { timeline.as_str() } else { back };
    Ok(visitor.go(back, Some(said)))
}
