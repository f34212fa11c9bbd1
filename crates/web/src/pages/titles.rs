//! Titles: finding one, on the list or gone from it.

use actix_web::{HttpResponse, web};
use anirewind_core::model::UserId;
use anirewind_core::model::{Entry, MediaType};
use anirewind_core::{
    AccountRow, App, BrowseError, ChangeFilter, GoneTitle, summary_of, thousands,
};
use askama::Template;
use serde::Deserialize;

use crate::address::address;
use crate::language::name_of;
use crate::page::{Page, PageError, Place, Query, Visitor, in_path, show};
use crate::pages::profiles::profiles;
use crate::parts::{TitleCell, list_names, title_path};

/// So many titles on a page.
const PAGE: usize = 100;

#[derive(Template)]
#[template(path = "titles.html")]
struct Titles {
    page: Page,
    profile: String,
    q: String,
    rows: Vec<TitleLine>,
    shown: String,
    before: Option<String>,
    after: Option<String>,
    /// Whether there is any list to search.
    is_known: bool,
}

struct TitleLine {
    title: TitleCell,
    kind: &'static str,
    words: String,
    is_gone: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Search {
    q: String,
    page: usize,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/titles").get(picker))
        .service(web::resource("/titles/{profile}").get(search));
}

async fn picker(visitor: Visitor) -> Result<HttpResponse, PageError> {
    let here = ("Titles", Place::Titles);
    profiles(&visitor, here, "/titles", |_| {
        Some("each with its history".to_owned())
    })
    .await
}

/// What somebody typed: an address on AniList, an id, or a part of a name.
enum Wanted {
    Title(MediaType, u32),
    Id(u32),
    Name(String),
}

impl Wanted {
    fn parse(text: &str) -> Self {
        let text = text.trim();
        if let Ok(id) = text.parse() {
            return Self::Id(id);
        }
        let mut parts = text
            .split('/')
            .skip_while(|part| !part.ends_with("anilist.co"))
            .skip(1);
        let of = match parts.next() {
            Some("anime") => Some(MediaType::Anime),
            Some("manga") => Some(MediaType::Manga),
            _ => None,
        };
        let id = parts
            .next()
            .and_then(|part| part.split(['?', '#']).next()?.parse().ok());
        match of.zip(id) {
            Some((of, id)) => Self::Title(of, id),
            None => Self::Name(text.to_lowercase()),
        }
    }
}

enum Found {
    Listed(Box<Entry>),
    Gone(GoneTitle),
}

impl Found {
    fn name(&self, account: &AccountRow) -> String {
        match self {
            Self::Listed(entry) => name_of(entry, &account.style).to_lowercase(),
            Self::Gone(gone) => gone.names.clone(),
        }
    }
}

async fn search(
    visitor: Visitor,
    profile: web::Path<String>,
    search: Query<Search>,
) -> Result<HttpResponse, PageError> {
    let account = visitor.app.account_row(&profile).await?;
    let owner = account.account.id;
    let Search { q, page: number } = search.0;
    let wanted = Wanted::parse(&q);
    if let Wanted::Title(of, id) = wanted {
        return Ok(visitor.go(&title_path(&account.profile, of, id), None));
    }
    let known = visitor
        .app
        .last_seen(owner)
        .await
        .map_err(BrowseError::Store)?;
    let is_known = known.is_some();
    let listed = known.map(|(_, entries)| entries).unwrap_or_default();
    let is_meant = |id: u32, names: &str| match &wanted {
        Wanted::Id(wanted) => id == *wanted,
        Wanted::Name(name) => name.is_empty() || names.contains(name.as_str()),
        Wanted::Title(..) => false,
    };
    let mut found: Vec<Found> = listed
        .into_iter()
        .filter(|entry| is_meant(entry.media.get(), &list_names(entry)))
        .map(|entry| Found::Listed(Box::new(entry)))
        .collect();
    let gone = visitor
        .app
        .gone_titles(owner)
        .await
        .map_err(BrowseError::Store)?;
    // Before the first look nothing is known to be gone.
    let gone = gone
        .into_iter()
        .filter(|gone| is_meant(gone.media.get(), &gone.names));
    if is_known {
        found.extend(gone.map(Found::Gone));
    }
    found.sort_by_cached_key(|found| found.name(&account));
    let page = visitor.page_of("Titles", Place::Titles, &account.profile);
    let first = number.saturating_mul(PAGE).min(found.len());
    let last = (first + PAGE).min(found.len());
    let path = format!("/titles/{}", in_path(&account.profile));
    let place = |number: usize| {
        let number = if number == 0 {
            String::new()
        } else {
            number.to_string()
        };
        address(&path, &[("q", &q), ("page", &number)])
    };
    let mut rows = Vec::new();
    for found in found.iter().skip(first).take(PAGE) {
        let last = match found {
            Found::Listed(_) => None,
            Found::Gone(gone) => last_of(&visitor.app, account.account.id, gone).await?,
        };
        rows.push(TitleLine::of(&page.base, &account, found, last.as_ref()));
    }
    Ok(show(&Titles {
        rows,
        profile: in_path(&account.profile),
        shown: if found.is_empty() {
            "No titles".to_owned()
        } else {
            format!("{} to {last} of {}", first + 1, thousands(found.len()))
        },
        before: (number > 0).then(|| place(number - 1)),
        after: (last < found.len()).then(|| place(number + 1)),
        is_known,
        q,
        page,
    }))
}

/// A title that is no longer on a list as it was there last.
async fn last_of(app: &App, owner: UserId, gone: &GoneTitle) -> Result<Option<Entry>, PageError> {
    let filter = ChangeFilter {
        media: Some(gone.media),
        media_type: Some(gone.media_type),
        bare: true,
        ..ChangeFilter::default()
    };
    let newest = app.changes(Some(owner), filter, None, 1).await;
    let newest = newest.map_err(BrowseError::Store)?.pop();
    let last = newest.and_then(|row| row.change.after.or(row.change.before));
    Ok(last.filter(|entry| entry.summary.is_some()))
}

impl TitleLine {
    fn of(base: &str, account: &AccountRow, found: &Found, last: Option<&Entry>) -> Self {
        let (profile, style) = (account.profile.as_str(), &account.style);
        match found {
            Found::Listed(entry) => Self {
                title: TitleCell::of(base, profile, entry, style),
                kind: entry.media_type.word(),
                words: summary_of(entry, &style.scores),
                is_gone: false,
            },
            Found::Gone(gone) => Self {
                title: match last {
                    Some(last) => TitleCell::of(base, profile, last, style),
                    None => TitleCell::named(
                        base,
                        profile,
                        gone.media_type,
                        gone.media.get(),
                        gone.title.as_deref(),
                    ),
                },
                kind: gone.media_type.word(),
                words: String::new(),
                is_gone: true,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_ids_and_names_are_told_apart() {
        let is_title =
            |text, of, id| matches!(Wanted::parse(text), Wanted::Title(a, b) if (a, b) == (of, id));
        assert!(is_title(
            "https://anilist.co/anime/457/Mushishi/",
            MediaType::Anime,
            457
        ));
        assert!(is_title(
            "anilist.co/manga/30002?x#y",
            MediaType::Manga,
            30_002
        ));
        assert!(matches!(Wanted::parse(" 457 "), Wanted::Id(457)));
        assert!(matches!(Wanted::parse("Fate/Zero"), Wanted::Name(name) if name == "fate/zero"));
    }
}
