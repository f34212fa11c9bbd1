//! Which profile a page is about, where its address does not say: a card each, or straight on where
//! there is only one.

use actix_web::HttpResponse;
use anirewind_core::{AccountRow, AccountStatus, BrowseError, count};
use askama::Template;

use crate::format;
use crate::page::{Page, PageError, Place, Visitor, in_path, show};
use crate::pages::dashboard::tone;
use crate::pages::rows::contents;
use crate::parts::{Avatar, When};

#[derive(Template)]
#[template(path = "profiles.html")]
struct Profiles {
    page: Page,
    title: &'static str,
    cards: Vec<ProfileCard>,
}

struct ProfileCard {
    profile: String,
    path: String,
    avatar: Avatar,
    tone: &'static str,
    icon: &'static str,
    /// How it stands, as the rest of a sentence.
    sentence: &'static str,
    /// When the last good snapshot was taken, and what it holds.
    last: Option<(When, String)>,
    looked: Option<When>,
    total: String,
    /// What the pages have that this leads to.
    words: Option<String>,
}

/// The pages below `path`, each with a few words. What stands behind the question mark goes along.
pub(crate) async fn profiles(
    visitor: &Visitor,
    (title, place): (&'static str, Place),
    path: &str,
    words: impl Fn(&str) -> Option<String>,
) -> Result<HttpResponse, PageError> {
    let page = visitor.page(title, place);
    let query = along(&page);
    let of = |profile: &str| format!("{path}/{}{query}", in_path(profile));
    if let [one] = visitor.profiles.as_slice() {
        return Ok(visitor.go(&of(one), None));
    }
    let mut cards = Vec::new();
    for status in visitor.app.status().await? {
        let profile = status.account.profile.as_str();
        let (path, words) = (of(profile), words(profile));
        cards.push(card(visitor, status, path, words).await?);
    }
    for row in visitor.app.kept_accounts().await? {
        let (path, words) = (of(&row.profile), words(&row.profile));
        cards.push(kept_card(visitor, row, path, words).await?);
    }
    Ok(show(&Profiles { page, title, cards }))
}

async fn card(
    visitor: &Visitor,
    status: AccountStatus,
    path: String,
    words: Option<String>,
) -> Result<ProfileCard, PageError> {
    let (app, now) = (&visitor.app, visitor.app.now());
    let owner = status.account.account.id;
    let (snapshots, size) = app.snapshot_totals(Some(owner)).await?;
    let looked = app.last_look(owner).await.map_err(BrowseError::Store)?;
    let (tone, icon) = tone(status.verdict);
    let last = status.last_good.as_ref();
    Ok(ProfileCard {
        path,
        avatar: Avatar::of(visitor.access.base(), app, &status.account),
        profile: status.account.profile,
        tone,
        icon,
        sentence: status.verdict.sentence(),
        last: last.map(|row| (When::of(row.created_at, now), contents(row))),
        looked: looked.map(|at| When::ago(at, now)),
        total: format!("{}, {}", count(snapshots, "snapshot"), format::size(size)),
        words,
    })
}

/// The card of somebody of whom only snapshots are left.
async fn kept_card(
    visitor: &Visitor,
    row: AccountRow,
    path: String,
    words: Option<String>,
) -> Result<ProfileCard, PageError> {
    let (app, now) = (&visitor.app, visitor.app.now());
    let owner = row.account.id;
    let (snapshots, size) = app.snapshot_totals(Some(owner)).await?;
    let newest = app.snapshots_page(Some(owner), None, 1).await?;
    Ok(ProfileCard {
        path,
        avatar: Avatar::of(visitor.access.base(), app, &row),
        profile: row.profile,
        tone: "quiet",
        icon: "i-eye",
        sentence: "is not connected: its snapshots are kept",
        last: newest
            .first()
            .map(|row| (When::of(row.created_at, now), contents(row))),
        looked: None,
        total: format!("{}, {}", count(snapshots, "snapshot"), format::size(size)),
        words,
    })
}

/// The part of an address that goes along to the page of a profile.
pub(crate) fn along(page: &Page) -> String {
    let query = page.path.split_once('?');
    query.map_or_else(String::new, |(_, query)| format!("?{query}"))
}
