//! The list as it was at any moment, to look at.

use actix_web::{HttpResponse, web};
use anirewind_core::{
    AccountRow, BrowseError, ChangeFilter, Cursor, ListAt, SnapshotFilter, Start, count,
};
use askama::Template;
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use crate::address::address;
use crate::format;
use crate::page::{Page, PageError, Place, Query, Visitor, in_path, show, show_as};
use crate::pages::comparing::MOMENT;
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
    /// Why there is nothing to look at, where there is not.
    missing: Option<Missing>,
    problem: Option<String>,
    is_now: bool,
}

/// Why there is nothing to look at, and where there is.
struct Missing {
    title: String,
    words: String,
    /// The nearest good snapshot: the way to it, and the words for that.
    nearest: Option<(String, String)>,
}

struct FoundAt {
    known: [String; 2],
    list: ListPart,
    plan: String,
    compare: String,
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
            Err(_) => (app.now(), Some(no_moment(text).message)),
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
        missing: None,
        problem,
        is_now: when.trim().is_empty(),
        when: app.moment_text(moment),
    };
    if is_wrong {
        let status = actix_web::http::StatusCode::BAD_REQUEST;
        return Ok(show_as(status, &template));
    }
    steps(&visitor, &account, moment, &mut template).await?;
    let found = match app.list_at(account.account.id, moment).await {
        Err(BrowseError::Unusable { file, problem }) => Err(format!(
            "{file} cannot be read: {}",
            problem.trim_end_matches('.')
        )),
        found => Ok(found?),
    };
    if let Ok(Some(found)) = found {
        let path = format!("/at/{}", in_path(&account.profile));
        let kept = [("when", template.when.as_str())];
        let plan = format!("/plan/{}/new", in_path(&account.profile));
        let from = format!("{MOMENT}{}", template.when);
        let compare = format!("/compare/{}", in_path(&account.profile));
        template.found = Some(FoundAt {
            known: known(&found, moment),
            list: ListPart::of(
                &template.page.base,
                &account.profile,
                (&path, &kept),
                &found.list.entries,
                &account.style,
                list.0,
            ),
            plan: address(&plan, &[("what", "at"), ("at", &template.when)]),
            compare: address(&compare, &[("from", &from), ("to", "live")]),
        });
    } else {
        let problem = found.err();
        template.missing = Some(missing(&visitor, &account, moment, problem).await?);
    }
    Ok(show(&template))
}

/// What is said of a text that names no moment.
pub(crate) fn no_moment(text: &str) -> PageError {
    PageError::usage(format!(
        "\u{201c}{text}\u{201d} is no moment, as 2026-11-03T14:00 is."
    ))
}

/// How the list at a moment is known: whether it is certain, and what it was made from.
pub(crate) fn known(found: &ListAt, moment: OffsetDateTime) -> [String; 2] {
    let certainty = if found.is_exact {
        "This is exactly how it was.".to_owned()
    } else if found.seen_until < moment {
        let seen = format::instant(found.seen_until);
        format!("As seen at {seen}. What changed between then and this moment may be missing.")
    } else {
        format!("As seen at {}.", format::instant(found.seen_until))
    };
    let made_from = format!(
        "Rebuilt from the snapshot of {} and {} since.",
        format::instant(found.snapshot.created_at),
        count(found.changes, "change"),
    );
    [certainty, made_from]
}

/// Why nothing good is from before a moment. `problem` is what is wrong with what is.
async fn missing(
    visitor: &Visitor,
    account: &AccountRow,
    moment: OffsetDateTime,
    problem: Option<String>,
) -> Result<Missing, PageError> {
    let app = &visitor.app;
    let owner = account.account.id;
    let first = app.snapshots_where(
        Some(owner),
        SnapshotFilter::default(),
        Start::Above(i64::MIN),
        1,
    );
    let Some(first) = first.await?.pop() else {
        return Ok(Missing {
            title: "There is no snapshot yet".to_owned(),
            words: "The list can be looked at from the first snapshot on.".to_owned(),
            nearest: None,
        });
    };
    let nearest = app.first_good_since(owner, moment).await?;
    let is_first = nearest.as_ref().is_some_and(|row| row.id == first.id);
    let nearest = nearest.map(|row| {
        // To the whole second above, so that the snapshot is not after it.
        let at = app.moment_text(row.created_at + Duration::SECOND);
        let href = address(
            &format!("/at/{}", in_path(&account.profile)),
            &[("when", &at)],
        );
        let words = if is_first {
            "Go to the first snapshot".to_owned()
        } else {
            format!(
                "Go to the next good snapshot, of {}",
                format::instant(row.created_at)
            )
        };
        (href, words)
    });
    let (title, words) = if first.created_at > moment {
        let first = format::instant(first.created_at);
        let words = "Nothing that is kept holds the list of before.";
        (
            format!("Before the first snapshot ({first})"),
            words.to_owned(),
        )
    } else {
        let why = problem.unwrap_or_else(|| {
            "Those from before it hold a part of the list, are damaged, or wait for your word whether \
             they are right"
                .to_owned()
        });
        (
            "There is no good snapshot from before this moment".to_owned(),
            format!("{why}."),
        )
    };
    Ok(Missing {
        title,
        words: if nearest.is_some() {
            words
        } else {
            format!("{words} There is none after it either.")
        },
        nearest,
    })
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
