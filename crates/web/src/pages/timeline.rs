//! The timeline: what changed, when, by what, and the way to take it back.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use anirewind_core::model::{EntryField, MediaType};
use anirewind_core::{
    AccountRow, App, BrowseError, ChangeFilter, ChangeKind, ChangeRow, Cursor, Id, Source, Style,
    became,
};
use askama::Template;
use serde::Deserialize;
use time::{Date, OffsetDateTime};

use crate::address::{address, count, thousands};
use crate::format;
use crate::page::{Form, Page, PageError, Place, Query, Said, Visitor, in_path, show_as};
use crate::pages::profiles::profiles;
use crate::parts::{ChangeLine, Diff, Offer, Tab, Tabs, TitleCell, clock, field_word, time_of};

/// So many lines on a page.
pub(crate) const PAGE: usize = 50;
/// So many of those with one cause are shown in place.
const MEMBERS: usize = 10;
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

struct Day {
    word: String,
    lines: Vec<Line>,
}

/// One change, or several with one cause.
struct Line {
    key: String,
    one: Option<ChangeLine>,
    group: Option<GroupLine>,
}

struct GroupLine {
    id: String,
    is_operation: bool,
    href: String,
    time: String,
    words: String,
    fields: String,
    names: String,
    by: &'static str,
    members: Vec<Member>,
    more: usize,
    /// What is on the button, where any of it can be taken back.
    button: Option<String>,
}

/// One of several with one cause, in short.
struct Member {
    title: TitleCell,
    diff: Diff,
    href: String,
    /// What can be done about it by itself.
    offer: &'static str,
    /// By what it is ticked, where it can be taken back by itself.
    pick: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Which {
    kind: String,
    source: String,
    r#type: String,
    field: String,
    q: String,
    /// A day to go to: what was on it and before.
    on: String,
    /// One group or act by itself.
    group: String,
    hidden: String,
    /// `yes`: new changes are shown as they come.
    auto: String,
    below: String,
    above: String,
    undo: String,
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
    for account in visitor.app.accounts().await? {
        let counts = visitor.app.kind_counts(account.account.id).await;
        let counts = counts.map_err(BrowseError::Store)?;
        let all = counts.get(&ChangeKind::All).copied().unwrap_or_default();
        seen.insert(account.profile, all);
    }
    let words = |profile: &str| {
        let all = seen.get(profile).copied().unwrap_or_default();
        format!("{} seen.", count(all, "change"))
    };
    let here = ("Timeline", Place::Timeline);
    Ok(profiles(&visitor, here, "/timeline", words))
}

/// Where a page ended: milliseconds and place.
pub(crate) fn cursor(text: &str) -> Option<Cursor> {
    let (at, seq) = text.split_once('.')?;
    let at = i128::from(at.parse::<i64>().ok()?) * 1_000_000;
    Some(Cursor {
        at: OffsetDateTime::from_unix_timestamp_nanos(at).ok()?,
        seq: seq.parse().ok()?,
    })
}

pub(crate) fn cursor_text(row: &ChangeRow) -> String {
    let millis = row.change.when.at.unix_timestamp_nanos() / 1_000_000;
    format!("{millis}.{}", row.seq)
}

impl Which {
    /// What is chosen, as pairs of an address; without where on it somebody is.
    fn pairs(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("kind", &self.kind),
            ("source", &self.source),
            ("type", &self.r#type),
            ("field", &self.field),
            ("q", &self.q),
            ("on", &self.on),
            ("group", &self.group),
            ("hidden", &self.hidden),
            ("auto", &self.auto),
        ]
    }

    /// Whether fewer changes are shown than there are.
    fn is_filtered(&self) -> bool {
        let mut pairs = self.pairs().into_iter();
        pairs.any(|(name, value)| name != "auto" && !value.is_empty())
    }

    /// The same with something else in place of one of them.
    fn with(&self, path: &str, name: &'static str, value: &str) -> String {
        let mut pairs = self.pairs();
        match pairs.iter_mut().find(|(known, _)| *known == name) {
            Some(pair) => pair.1 = value,
            None => pairs.push((name, value)),
        }
        address(path, &pairs)
    }

    fn filter(&self, visitor: &Visitor) -> Result<ChangeFilter, PageError> {
        let wrong = |what: &str, text: &str| {
            PageError::usage(format!("There is no {what} `{text}`."))
                .titled("That filter makes no sense")
        };
        let (mut group, mut operation) = (None, None);
        if !self.group.is_empty() {
            let id = Id::parse(&self.group).ok_or_else(|| wrong("group", &self.group))?;
            if self.source == "ours" {
                operation = Some(id);
            } else {
                group = Some(id);
            }
        }
        Ok(ChangeFilter {
            kind: chosen("kind", &self.kind, ChangeKind::parse, wrong)?,
            source: chosen("source", &self.source, Source::parse, wrong)?,
            media_type: chosen("type", &self.r#type, MediaType::parse, wrong)?,
            field: chosen("field", &self.field, EntryField::parse, wrong)?,
            title: (!self.q.trim().is_empty()).then(|| self.q.trim().to_owned()),
            until: match self.on.as_str() {
                "" => None,
                day => Some(visitor.app.end_of_named_day(day)?),
            },
            group,
            operation,
            shown_only: self.hidden != "yes",
            above: chosen("place", &self.above, cursor, wrong)?,
            ..ChangeFilter::default()
        })
    }
}

fn chosen<T>(
    what: &str,
    text: &str,
    parse: impl Fn(&str) -> Option<T>,
    wrong: impl Fn(&str, &str) -> PageError,
) -> Result<Option<T>, PageError> {
    match text {
        "" => Ok(None),
        text => parse(text).map(Some).ok_or_else(|| wrong(what, text)),
    }
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
            cursor(text)
                .ok_or_else(|| PageError::usage("The address names no place on the timeline."))?,
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

/// What has one cause and stands together, together.
fn fold(lines: &mut Vec<Vec<ChangeRow>>, rows: Vec<ChangeRow>, is_one_group: bool) {
    for row in rows {
        let of = |row: &ChangeRow| row.change.operation.clone().or(row.change.group.clone());
        let last = lines.last_mut().filter(|_| !is_one_group);
        let is_same = |line: &&mut Vec<ChangeRow>| {
            of(&row).is_some() && line.first().is_some_and(|first| of(first) == of(&row))
        };
        match last.filter(is_same) {
            Some(line) => line.push(row),
            None => lines.push(vec![row]),
        }
    }
}

/// The place of the newest change there is, whatever of them is chosen: what comes above it is new.
async fn top(visitor: &Visitor, owner: anirewind_core::model::UserId) -> Result<String, PageError> {
    let filter = ChangeFilter {
        shown_only: true,
        ..ChangeFilter::default()
    };
    let newest = visitor.app.changes(Some(owner), filter, None, 1).await;
    let newest = newest.map_err(BrowseError::Store)?;
    Ok(newest.first().map_or_else(|| "0.0".to_owned(), cursor_text))
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
    let (filter, problem) = match which.filter(&visitor) {
        Ok(filter) => (filter, None),
        Err(problem) => (ChangeFilter::default(), Some(problem)),
    };
    // Read first, so that what comes while the page is made is new to it.
    let top = top(&visitor, account.account.id).await?;
    let found = rows(&visitor, &account, &which, filter).await?;
    let counts = visitor.app.kind_counts(account.account.id).await;
    let counts = counts.map_err(BrowseError::Store)?;
    let groups = found.lines.iter().filter(|line| line.len() > 1);
    let groups = groups.filter_map(|line| {
        let change = &line.first()?.change;
        change.operation.clone().or(change.group.clone())
    });
    let groups = groups.chain(Id::parse(&which.group));
    let sizes = visitor.app.group_sizes(groups.collect()).await;
    let sizes = sizes.map_err(BrowseError::Store)?;
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
        &counts,
        &sizes,
    );
    Ok(show_as(status, &template))
}

fn template(
    visitor: &Visitor,
    page: Page,
    account: &AccountRow,
    which: Which,
    (top, found): (String, Rows),
    counts: &BTreeMap<ChangeKind, usize>,
    sizes: &BTreeMap<Id, usize>,
) -> Timeline {
    let profile = account.profile.as_str();
    let path = format!("/timeline/{}", in_path(profile));
    let newest = found.lines.first().and_then(|line| line.first());
    let oldest = found.lines.last().and_then(|line| line.last());
    let here = which.with(&path, "below", &which.below);
    let is_filtered = which.is_filtered();
    let all = counts.get(&ChangeKind::All).copied().unwrap_or_default();
    let lines = Lines {
        base: &page.base,
        profile,
        style: &account.style,
        sizes,
        here: &here,
    };
    Timeline {
        profile: in_path(profile),
        kinds: kinds(&page.base, &which, profile, counts),
        sources: vec![
            ("observed", "AniList, its apps, other programs"),
            ("restore", "restores"),
            ("undo", "undos"),
            ("redo", "redos"),
            ("import", "brought in"),
            ("api", "told by other programs"),
        ],
        fields: EntryField::ALL
            .iter()
            .map(|field| (field.as_str(), field_word(*field, MediaType::Anime)))
            .collect(),
        chips: chips(&which, &path),
        group: newest
            .filter(|_| !which.group.is_empty())
            .map(|_| GroupHead {
                id: which.group.clone(),
                all: which.with(&path, "group", ""),
                button: group_button(&found.lines.concat(), |id| sizes.get(id).copied()),
            }),
        newer: newest
            .filter(|_| found.has_newer)
            .map(|row| which.with(&path, "above", &cursor_text(row))),
        older: oldest
            .filter(|_| found.has_older)
            .map(|row| which.with(&path, "below", &cursor_text(row))),
        live: (!found.has_newer && which.on.is_empty()).then_some(top),
        auto: which.with(&path, "auto", if which.auto == "yes" { "" } else { "yes" }),
        empty: empty(visitor, &which, is_filtered && all > 0),
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
    let counts = app.kind_counts(account.account.id).await;
    let counts = counts.map_err(BrowseError::Store)?;
    let which = serde_html_form::from_str(chosen).unwrap_or_default();
    Ok(kinds(base, &which, &account.profile, &counts))
}

fn kinds(base: &str, which: &Which, profile: &str, counts: &BTreeMap<ChangeKind, usize>) -> Tabs {
    let path = format!("/timeline/{}", in_path(profile));
    let is_shown = |kind: &ChangeKind| {
        let number = counts.get(kind).copied().unwrap_or_default();
        *kind != ChangeKind::Left || number > 0 || which.kind == kind.as_str()
    };
    let each = ChangeKind::EACH.into_iter().filter(is_shown).map(|kind| {
        let (word, icon) = match kind {
            ChangeKind::All => ("All", "i-line"),
            ChangeKind::Added => ("Added", "i-plus"),
            ChangeKind::Changed => ("Changed", "i-tilde"),
            ChangeKind::Removed => ("Removed", "i-minus"),
            ChangeKind::Undone => ("Undone", "i-undo"),
            ChangeKind::Restored => ("Restored", "i-run"),
            ChangeKind::Failed => ("Failed", "i-cross"),
            ChangeKind::Left => ("Not done", "i-equal"),
        };
        let value = if kind == ChangeKind::All {
            ""
        } else {
            kind.as_str()
        };
        Tab {
            word: word.to_owned(),
            icon: Some(icon),
            number: thousands(counts.get(&kind).copied().unwrap_or_default()),
            href: which.with(&path, "kind", value),
            is_current: which.kind == value || (which.kind == "all" && value.is_empty()),
            value: value.to_owned(),
        }
    });
    let chosen = which.with("", "kind", &which.kind);
    let chosen = chosen.trim_start_matches('?').to_owned();
    Tabs::of(base, "Kind", "kind", each.collect()).following(profile, chosen)
}

/// What is chosen besides the kind, each with the way to be rid of it.
fn chips(which: &Which, path: &str) -> Vec<(String, String)> {
    let mut chips = Vec::new();
    for (name, value) in which.pairs() {
        if value.is_empty() || ["kind", "group", "auto"].contains(&name) {
            continue;
        }
        let words = match name {
            "source" => format!("from: {value}"),
            "type" => value.to_lowercase(),
            "field" => format!("field: {value}"),
            "q" => format!("\u{201c}{value}\u{201d}"),
            "on" => format!("up to {value}"),
            _ => "hidden ones too".to_owned(),
        };
        chips.push((words, which.with(path, name, "")));
    }
    chips
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
            let minutes = interval.as_secs().div_ceil(60);
            let unit = if minutes == 1 { "minute" } else { "minutes" };
            format!(
                "No changes seen yet. Changes you make on AniList appear here within {minutes} {unit}."
            )
        }
        None => {
            "No changes seen yet. Looking for changes is off; they are seen when a snapshot is \
                 taken."
                .to_owned()
        }
    }
}

struct Lines<'a> {
    base: &'a str,
    profile: &'a str,
    style: &'a Style,
    sizes: &'a BTreeMap<Id, usize>,
    here: &'a str,
}

fn days(lines: Vec<Vec<ChangeRow>>, of: &Lines<'_>, now: OffsetDateTime) -> Vec<Day> {
    let mut days: Vec<(Date, Day)> = Vec::new();
    for rows in lines {
        let Some(first) = rows.first() else { continue };
        let date = format::date(first.change.when.at);
        let line = of.line(&rows);
        match days.last_mut().filter(|(day, _)| *day == date) {
            Some((_, day)) => day.lines.push(line),
            None => days.push((
                date,
                Day {
                    word: day_word(date, now),
                    lines: vec![line],
                },
            )),
        }
    }
    days.into_iter().map(|(_, day)| day).collect()
}

fn day_word(day: Date, now: OffsetDateTime) -> String {
    let today = format::date(now);
    match (today - day).whole_days() {
        0 => "Today".to_owned(),
        1 => "Yesterday".to_owned(),
        _ => day.to_string(),
    }
}

impl Lines<'_> {
    fn one(&self, row: &ChangeRow) -> ChangeLine {
        let line = ChangeLine::of(self.base, self.profile, row, self.style);
        line.standing_on(self.here).pickable()
    }

    fn line(&self, rows: &[ChangeRow]) -> Line {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Line {
                key: String::new(),
                one: None,
                group: None,
            };
        };
        if rows.len() == 1 {
            return Line {
                key: first.id.to_string(),
                one: Some(self.one(first)),
                group: None,
            };
        }
        let members = rows.iter().take(MEMBERS).map(|row| {
            let line = self.one(row);
            let offer = Offer::of(row);
            Member {
                href: {
                    let path = format!("/timeline/{}/{}", line.profile, line.id);
                    format!("{}#undo", address(&path, &[("back", self.here)]))
                },
                offer: match offer {
                    Offer::Nothing | Offer::Retry => "This change",
                    offer => offer.word(),
                },
                pick: offer.takes_back().then(|| line.id.clone()),
                title: line.title,
                diff: line.diff,
            }
        });
        let (operation, group) = (&first.change.operation, &first.change.group);
        let id = operation.as_ref().or(group.as_ref());
        let all = id.and_then(|id| self.sizes.get(id)).copied();
        let all = all.unwrap_or(rows.len()).max(rows.len());
        let id = id.map(Id::to_string).unwrap_or_default();
        let is_operation = operation.is_some();
        let profile = in_path(self.profile);
        let (begun, ended) = (clock(last.change.when.at), clock(first.change.when.at));
        Line {
            key: first.id.to_string(),
            one: None,
            group: Some(GroupLine {
                href: if is_operation {
                    format!("/ops/{profile}/{id}")
                } else {
                    address(&format!("/timeline/{profile}"), &[("group", &id)])
                },
                time: if first.change.when.since.is_some() {
                    time_of(first)
                } else if begun == ended {
                    ended
                } else {
                    format!("{begun}–{ended}")
                },
                words: if is_operation {
                    format!("{} in one operation", count(all, "change"))
                } else {
                    let became = became(rows.iter().map(|row| &row.change));
                    format!("{} {became} together", count(all, "title"))
                },
                fields: touched(rows),
                names: names(rows, all),
                by: crate::pages::by(first.change.source.as_str()),
                button: group_button(rows, |id| self.sizes.get(id).copied()),
                more: all.saturating_sub(MEMBERS),
                members: members.collect(),
                is_operation,
                id,
            }),
        }
    }
}

/// What is on the button of changes with one cause, where any of them can be taken back.
fn group_button(rows: &[ChangeRow], size: impl Fn(&Id) -> Option<usize>) -> Option<String> {
    let first = &rows.first()?.change;
    if !rows.iter().any(|row| Offer::of(row).takes_back()) {
        return None;
    }
    if first.operation.is_some() {
        return Some("Undo this operation…".to_owned());
    }
    if became(rows.iter().map(|row| &row.change)) != "vanished" {
        return Some("Undo group…".to_owned());
    }
    let all = first.group.as_ref().and_then(size);
    let all = all.unwrap_or(rows.len()).max(rows.len());
    Some(format!("Bring back {}…", count(all, "title")))
}

/// `score 37, status 1`
fn touched(rows: &[ChangeRow]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        let change = &row.change;
        match (&change.before, &change.after) {
            (None, _) => *counts.entry("added").or_default() += 1,
            (_, None) => *counts.entry("removed").or_default() += 1,
            _ => {
                for field in change.fields() {
                    *counts.entry(field.as_str()).or_default() += 1;
                }
            }
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    let words: Vec<_> = counts
        .iter()
        .map(|(word, number)| format!("{word} {number}"))
        .collect();
    words.join(", ")
}

/// `Dororo, Mushishi, 36 more`
fn names(rows: &[ChangeRow], all: usize) -> String {
    let named: Vec<_> = rows
        .iter()
        .filter_map(|row| row.change.title.as_deref())
        .take(2)
        .collect();
    let rest = all.saturating_sub(named.len());
    match (named.is_empty(), rest) {
        (true, _) => String::new(),
        (false, 0) => named.join(", "),
        (false, rest) => format!("{}, {} more", named.join(", "), thousands(rest)),
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
