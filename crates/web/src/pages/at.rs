//! The list as it was at any moment, to look at.

use actix_web::{HttpResponse, web};
use anirewind_core::{AccountRow, BrowseError, ChangeFilter, Cursor, SnapshotFilter, Start, count};
use askama::Template;
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use crate::address::address;
use crate::format;
use crate::page::{Page, PageError, Place, Query, Visitor, in_path, show, show_as};
use crate::parts::{ListPart, ListQuery};

#[derive(Template)]
#[template(path = "at.html")]
struct AtPage {
    page: Page,
    profile: String,
    /// As the field takes it.
    when: String,
    shown: String,
    previous: Option<String>,
    next: Option<String>,
    found: Option<FoundAt>,
    /// The first moment that can be looked at.
    first: Option<(String, String)>,
    problem: Option<String>,
    is_now: bool,
    /// Whether the moment is before the first snapshot.
    is_before: bool,
}

struct FoundAt {
    sentence: String,
    snapshot: String,
    list: ListPart,
    plan: String,
    compare: String,
    /// What is compared, where it is not what is shown.
    compared: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct When {
    when: String,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/at/{profile}").get(at));
}

async fn at(
    visitor: Visitor,
    profile: web::Path<String>,
    when: Query<When>,
    list: Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    let app = &visitor.app;
    let account = app.account_row(&profile).await?;
    let when = when.0.when;
    let (moment, problem) = match when.trim() {
        "" => (app.now(), None),
        text => match app.moment(text) {
            Ok(moment) => (moment, None),
            Err(_) => (
                app.now(),
                Some(format!(
                    "\u{201c}{text}\u{201d} is no moment, as 2026-11-03T14:00 is."
                )),
            ),
        },
    };
    let is_wrong = problem.is_some();
    let mut template = AtPage {
        page: visitor.page_of("The list at a moment", Place::Timeline, &account.profile),
        profile: in_path(&account.profile),
        shown: format::instant(moment),
        previous: None,
        next: None,
        found: None,
        first: None,
        problem,
        is_now: when.trim().is_empty(),
        is_before: true,
        when: app.moment_text(moment),
    };
    if is_wrong {
        let status = actix_web::http::StatusCode::BAD_REQUEST;
        return Ok(show_as(status, &template));
    }
    steps(&visitor, &account, moment, &mut template).await?;
    if let Some(found) = app.list_at(account.account.id, moment).await? {
        let path = format!("/at/{}", in_path(&account.profile));
        let kept = [("when", template.when.as_str())];
        let sentence = if found.is_exact {
            "This is exactly how it was.".to_owned()
        } else {
            format!("As seen at {}.", format::instant(found.seen_until))
        };
        let plan = format!("/plan/{}/new", in_path(&account.profile));
        let compare = format!("/compare/{}", in_path(&account.profile));
        template.found = Some(FoundAt {
            sentence,
            snapshot: format!(
                "Rebuilt from the snapshot of {} and {} since.",
                format::instant(found.snapshot.created_at),
                count(found.changes, "change"),
            ),
            list: ListPart::of(
                &template.page.base,
                &account.profile,
                (&path, &kept),
                &found.list.entries,
                &account.style,
                list.0,
            ),
            plan: address(&plan, &[("what", "at"), ("at", &template.when)]),
            compared: (found.changes > 0).then(|| {
                let at = format::instant(found.snapshot.created_at);
                format!("Compare the snapshot of {at} with now")
            }),
            compare: address(
                &compare,
                &[("from", found.snapshot.id.as_str()), ("to", "live")],
            ),
        });
    } else {
        let (owner, all) = (Some(account.account.id), SnapshotFilter::default());
        let rows = app.snapshots_where(owner, all, Start::Above(i64::MIN), 1);
        let rows = rows.await?;
        template.is_before = rows.last().is_none_or(|row| row.created_at > moment);
        template.first = rows.last().map(|row| {
            // To the whole second above, so that the snapshot is not after it.
            let at = row.created_at + Duration::SECOND;
            let href = address(
                &format!("/at/{}", in_path(&account.profile)),
                &[("when", &app.moment_text(at))],
            );
            (format::instant(row.created_at), href)
        });
    }
    Ok(show(&template))
}

/// The way to just before the last change, and to just after the next.
async fn steps(
    visitor: &Visitor,
    account: &AccountRow,
    moment: OffsetDateTime,
    template: &mut AtPage,
) -> Result<(), PageError> {
    let app = &visitor.app;
    let owner = Some(account.account.id);
    let path = format!("/at/{}", in_path(&account.profile));
    let before = ChangeFilter {
        until: Some(moment),
        ..ChangeFilter::default()
    };
    let before = app.changes(owner, before, None, 1).await;
    let before = before.map_err(BrowseError::Store)?;
    template.previous = before.first().map(|row| {
        let at = row.change.when.at - Duration::SECOND;
        address(&path, &[("when", &app.moment_text(at))])
    });
    let after = ChangeFilter {
        above: Some(Cursor {
            at: moment,
            seq: i64::MAX,
        }),
        ..ChangeFilter::default()
    };
    let after = app.changes(owner, after, None, 1).await;
    let after = after.map_err(BrowseError::Store)?;
    template.next = after.first().map(|row| {
        let at = row.change.when.at + Duration::SECOND;
        address(&path, &[("when", &app.moment_text(at))])
    });
    Ok(())
}
