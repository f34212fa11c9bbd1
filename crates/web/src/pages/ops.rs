//! What was done from here: restores, undos, redos, imports, each with its changes.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use anirewind_core::{
    AccountRow, BrowseError, ChangeFilter, ChangeRow, Cursor, Id, happened, happened_to,
};
use askama::Template;
use serde::Deserialize;

use crate::address::address;
use crate::page::{Page, PageError, Place, Query, Visitor, in_path, show};
use crate::pages::job::{Reverse, Safety, Stands, report, verdict};
use crate::parts::{Badge, ChangeLine, When};

/// So many operations on a page.
const SHOWN: usize = 50;
/// So many changes of one on a page.
const PAGE: usize = 100;
/// So many bursts and changes that a restore put back are named.
const NAMED: usize = 5;

#[derive(Template)]
#[template(path = "ops.html")]
struct Operations {
    page: Page,
    profile: String,
    rows: Vec<OperationLine>,
    /// Whether these are not the newest.
    is_later: bool,
    older: Option<String>,
}

struct OperationLine {
    id: String,
    what: String,
    at: When,
    result: Badge,
}

#[derive(Template)]
#[template(path = "op.html")]
struct OperationPage {
    page: Page,
    profile: String,
    id: String,
    reverse: Reverse,
    what: String,
    at: When,
    by: Option<String>,
    safety: Option<Safety>,
    result: Badge,
    sentence: String,
    lines: Vec<ChangeLine>,
    older: Option<String>,
    can_undo: bool,
    undone_by: Option<(&'static str, String)>,
    /// What went or changed, and came back or was made as it had been by it.
    puts_back: Vec<PutBack>,
    /// How many more there are.
    puts_back_more: usize,
    is_open: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Part {
    below: String,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/ops/{profile}").get(all))
        .service(web::resource("/ops/{profile}/{id}").get(one));
}

async fn all(
    visitor: Visitor,
    profile: web::Path<String>,
    part: Query<Part>,
) -> Result<HttpResponse, PageError> {
    let account = visitor.app.account_row(&profile).await?;
    let below: Option<Cursor> = part.0.below.parse().ok();
    let found = visitor
        .app
        .operations_below(Some(account.account.id), below, SHOWN + 1)
        .await;
    let mut found = found.map_err(BrowseError::Store)?;
    let goes_on = found.len() > SHOWN;
    found.truncate(SHOWN);
    let path = format!("/ops/{}", in_path(&account.profile));
    let last = found.last().filter(|_| goes_on);
    let older = last.map(|row| address(&path, &[("below", &row.cursor().to_string())]));
    let now = visitor.app.now();
    let mut rows = Vec::new();
    for operation in found {
        let report = visitor.app.act_called(&operation.id).await?;
        rows.push(OperationLine {
            id: operation.id.to_string(),
            what: operation.what.clone(),
            at: When::of(operation.at, now),
            result: verdict(&report).0,
        });
    }
    Ok(show(&Operations {
        page: visitor.page_of("Operations", Place::Timeline, &account.profile),
        profile: in_path(&account.profile),
        rows,
        is_later: below.is_some(),
        older,
    }))
}

async fn one(
    visitor: Visitor,
    path: web::Path<(String, String)>,
    part: Query<Part>,
) -> Result<HttpResponse, PageError> {
    let (profile, id) = path.into_inner();
    let account = visitor.app.account_row(&profile).await?;
    let report = report(&visitor, &id).await?;
    let operation = &report.operation;
    if operation.owner != account.account.id {
        return Err(PageError::missing(format!(
            "There is no operation {id} of {profile}."
        )));
    }
    let filter = ChangeFilter {
        operation: Some(operation.id.clone()),
        ..ChangeFilter::default()
    };
    let below: Option<Cursor> = part.0.below.parse().ok();
    let rows = visitor
        .app
        .changes(Some(operation.owner), filter, below, PAGE)
        .await;
    let rows = rows.map_err(BrowseError::Store)?;
    let page = visitor.page_of(operation.what.clone(), Place::Timeline, &account.profile);
    let path = format!("/ops/{}/{}", in_path(&account.profile), operation.id);
    let last = rows.last().filter(|_| rows.len() == PAGE);
    let (result, words) = verdict(&report);
    let is_open = operation.state.is_open();
    let stands = Stands::of(&visitor.app, operation).await?;
    let puts_back = puts_back(&visitor, &account, &operation.id).await?;
    let lines = rows.iter().map(|row| {
        let line = ChangeLine::of(&page.base, &account.profile, row, &account.style);
        let line = line.standing_on(&path);
        if is_open { line } else { line.pickable() }
    });
    Ok(show(&OperationPage {
        lines: lines.collect(),
        older: last.map(|row| address(&path, &[("below", &row.cursor().to_string())])),
        can_undo: !is_open && stands.can_undo,
        undone_by: stands.words(),
        puts_back_more: puts_back.len().saturating_sub(NAMED),
        puts_back: puts_back.into_iter().take(NAMED).collect(),
        profile: in_path(&account.profile),
        id: operation.id.to_string(),
        reverse: Reverse::of(&report),
        what: operation.what.clone(),
        at: When::of(operation.at, visitor.app.now()),
        by: operation.detail.by.clone(),
        safety: Safety::of(&visitor, operation, &account.profile).await?,
        result,
        sentence: words,
        is_open,
        page,
    }))
}

/// Something that went or was made otherwise, and that an act put back.
struct PutBack {
    href: String,
    /// `120 titles vanished together`, or what a single title is called.
    words: String,
}

/// What an act put back: the bursts, largest first, and then what happened to single titles.
async fn puts_back(
    visitor: &Visitor,
    account: &AccountRow,
    operation: &Id,
) -> Result<Vec<PutBack>, PageError> {
    let titles = &account.style.titles;
    let found = visitor.app.put_back_by(operation).await;
    let mut together: BTreeMap<Option<&Id>, Vec<&ChangeRow>> = BTreeMap::new();
    let found = found.map_err(BrowseError::Store)?;
    for row in &found {
        together
            .entry(row.change.group.as_ref())
            .or_default()
            .push(row);
    }
    let single = together.remove(&None).unwrap_or_default();
    let mut bursts: Vec<_> = together.into_iter().collect();
    bursts.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
    let path = format!("/timeline/{}", in_path(&account.profile));
    let bursts = bursts.into_iter().filter_map(|(group, rows)| {
        let changes: Vec<_> = rows.iter().map(|row| &row.change).collect();
        Some(PutBack {
            href: address(&path, &[("group", group?.as_str())]),
            words: happened(&changes),
        })
    });
    let single = single.into_iter().map(|row| PutBack {
        href: format!("{path}/{}", row.id),
        words: happened_to(row, titles),
    });
    Ok(bursts.chain(single).collect())
}
