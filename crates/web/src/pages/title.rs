//! One title through all its changes, and every state of it to be put back.

use actix_web::{HttpResponse, web};
use anirewind_core::model::{Entry, EntryField, MediaId, MediaSummary, MediaType, TitleLanguage};
use anirewind_core::{
    BrowseError, ChangeOutcome, ChangeRow, Source, Style, TitleHistory, change_of, summary_of,
};
use askama::Template;
use time::OffsetDateTime;

use crate::format;
use crate::language::name_of;
use crate::page::{Page, PageError, Place, Visitor, in_path, show, show_as};
use crate::parts::{Badge, ChangeLine, Chart, Cover, Moment, When, exactly, facts, language_tag};

/// So many states are shown; the rest is on the timeline.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "title.html")]
struct TitlePage {
    page: Page,
    profile: String,
    name: String,
    lang: &'static str,
    /// Its other names, each with the word and the sign of its language.
    others: Vec<(String, &'static str, &'static str)>,
    kind: &'static str,
    cover: Cover,
    link: String,
    now: Option<Vec<(&'static str, String)>>,
    /// When it was; nothing where only a snapshot says so.
    seen: Option<When>,
    /// Since when it is so, where that was seen.
    since: Option<String>,
    chart: Option<Chart>,
    states: Vec<StateBlock>,
    more: usize,
    timeline: String,
    /// For whoever leaves the page open: which title it is, and the place of its newest change.
    media: String,
    newest: String,
}

#[derive(Template)]
#[template(path = "title_none.html")]
struct NonePage {
    page: Page,
    profile: String,
    kind: &'static str,
    link: String,
}

/// How the title was for a while.
struct StateBlock {
    span: String,
    /// What ended it.
    ended: String,
    change: String,
    badge: Badge,
    /// Nothing while it was not on the list.
    values: Option<(String, Vec<(&'static str, String)>)>,
    /// What was otherwise than it is now, each to be put back.
    differing: Vec<(&'static str, &'static str, String, String)>,
    /// The changes that have to be taken back to get there.
    ids: Vec<String>,
    is_as_now: bool,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/titles/{profile}/{kind}/{media}").get(title));
}

async fn title(
    visitor: Visitor,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse, PageError> {
    let (profile, kind, media) = path.into_inner();
    let account = visitor.app.account_row(&profile).await?;
    let (of, kind) = match kind.as_str() {
        "anime" => (MediaType::Anime, "anime"),
        "manga" => (MediaType::Manga, "manga"),
        _ => return Err(PageError::missing("Titles are anime or manga.")),
    };
    let media: u32 = media
        .parse()
        .map_err(|_| PageError::missing("A title is called by its number on AniList."))?;
    let link = format!("https://anilist.co/{kind}/{media}");
    let owner = account.account.id;
    let found = visitor.app.history_of(owner, of, MediaId::new(media)).await;
    let Some(found) = found.map_err(BrowseError::Store)? else {
        let template = NonePage {
            page: visitor.page_of(format!("{kind} {media}"), Place::Titles, &account.profile),
            profile: in_path(&account.profile),
            kind,
            link,
        };
        return Ok(show_as(actix_web::http::StatusCode::NOT_FOUND, &template));
    };
    let seen = visitor
        .app
        .last_look(owner)
        .await
        .map_err(BrowseError::Store)?;
    let now = visitor.app.now();
    let page = visitor.page_of("", Place::Titles, &account.profile);
    let template = template(
        page,
        &account.profile,
        &account.style,
        &found,
        (seen, now),
        link,
    );
    Ok(show(&template))
}

fn template(
    page: Page,
    profile: &str,
    style: &Style,
    found: &TitleHistory,
    (seen, now): (Option<OffsetDateTime>, OffsetDateTime),
    link: String,
) -> TitlePage {
    let rows: Vec<_> = found
        .changes
        .iter()
        .filter(|row| took_effect(row))
        .collect();
    let known = found.now.as_ref().or_else(|| {
        let mut entries = rows
            .iter()
            .filter_map(|row| row.change.after.as_ref().or(row.change.before.as_ref()));
        entries.next()
    });
    let summary = known.and_then(|entry| entry.summary.as_ref());
    let name = known.map_or_else(
        || {
            found
                .title
                .clone()
                .unwrap_or_else(|| format!("{} {}", found.media_type.word(), found.media))
        },
        |entry| name_of(entry, style),
    );
    let profile_path = in_path(profile);
    let media = format!("{}:{}", found.media_type.as_str(), found.media);
    let all = summary.map(names_of).unwrap_or_default();
    let (names, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(text, ..)| *text == name);
    let base = page.base.clone();
    TitlePage {
        page: Page {
            title: name.clone(),
            ..page
        },
        lang: names.first().map_or("", |(_, _, lang)| *lang),
        others,
        kind: found.media_type.word(),
        cover: Cover::of(&base, found.media.get(), summary, style).large(),
        link,
        now: found.now.as_ref().map(|entry| facts(entry, style)),
        seen: seen.map(|at| When::ago(at, now)),
        since: rows.first().map(|row| format::instant(row.change.when.at)),
        chart: Chart::of(&moments(found, &rows, now), found.media_type, &name, style),
        states: states(&base, profile, found, &rows, style),
        more: rows.len().saturating_sub(SHOWN),
        timeline: crate::address::address(
            &format!("/timeline/{profile_path}"),
            &[("title", &media)],
        ),
        media,
        newest: found
            .changes
            .first()
            .map_or_else(|| "0.0".to_owned(), |row| row.cursor().to_string()),
        profile: profile_path,
        name,
    }
}

/// Whether a change is part of what the title was. What others told us of was seen as well.
pub(crate) fn took_effect(row: &ChangeRow) -> bool {
    let is_effect = matches!(
        row.change.outcome,
        ChangeOutcome::Synced | ChangeOutcome::Deleted | ChangeOutcome::Undone
    );
    is_effect && !matches!(row.change.source, Source::Import | Source::Api)
}

/// The names of a title, each with the word and the sign of its language.
fn names_of(summary: &MediaSummary) -> Vec<(String, &'static str, &'static str)> {
    let titles = &summary.titles;
    let all = [
        (&titles.romaji, "romaji", TitleLanguage::Romaji),
        (&titles.english, "English", TitleLanguage::English),
        (&titles.native, "native", TitleLanguage::Native),
    ];
    let country = summary.country.as_deref();
    let named = all.into_iter().filter_map(|(text, word, language)| {
        let text = text.clone()?;
        Some((text, word, language_tag(&language, country)))
    });
    named.collect()
}

/// What can be drawn: each state with when it began, oldest first.
fn moments(found: &TitleHistory, rows: &[&ChangeRow], now: OffsetDateTime) -> Vec<Moment> {
    let of = |at, entry: &Entry| Moment {
        at,
        progress: Some(entry.values.progress.known().copied().unwrap_or_default()),
        score: entry.values.score.known().copied(),
    };
    let mut moments: Vec<Moment> = Vec::new();
    for row in rows.iter().rev() {
        if let (true, Some(before)) = (moments.is_empty(), &row.change.before) {
            let at = row.change.when.since.unwrap_or(row.change.when.at);
            moments.push(of(at, before));
        }
        let at = row.change.when.at;
        moments.push(match &row.change.after {
            Some(after) => of(at, after),
            None => Moment {
                at,
                progress: None,
                score: None,
            },
        });
    }
    if let Some(entry) = &found.now {
        moments.push(of(now, entry));
    }
    moments
}

/// The moment of a change, where it is known.
fn some_time(row: &ChangeRow) -> String {
    match row.change.when.since {
        None => exactly(row),
        Some(_) => format!("some time {}", exactly(row)),
    }
}

fn states(
    base: &str,
    profile: &str,
    found: &TitleHistory,
    rows: &[&ChangeRow],
    style: &Style,
) -> Vec<StateBlock> {
    let mut ids = Vec::new();
    let mut blocks = Vec::new();
    for (place, row) in rows.iter().enumerate().take(SHOWN) {
        ids.push(row.id.to_string());
        let change = &row.change;
        let until = some_time(row);
        let span = match rows.get(place + 1) {
            Some(older) => format!("From {} to {until}", some_time(older)),
            None => format!("Until {until}"),
        };
        let line = ChangeLine::of(base, profile, row, style);
        let differing = match (&change.before, &found.now) {
            (Some(before), Some(now)) => differing(before, now, style),
            _ => Vec::new(),
        };
        blocks.push(StateBlock {
            span,
            ended: crate::pages::by(change.source.as_str()).to_owned(),
            change: line.id,
            badge: line.badge,
            values: change.before.as_ref().map(|entry| {
                let brief = summary_of(entry, &style.scores);
                (brief, facts(entry, style))
            }),
            is_as_now: match (&change.before, &found.now) {
                (None, None) => true,
                (Some(_), Some(_)) => differing.is_empty(),
                _ => false,
            },
            differing,
            ids: ids.clone(),
        });
    }
    blocks
}

fn differing(
    then: &Entry,
    now: &Entry,
    style: &Style,
) -> Vec<(&'static str, &'static str, String, String)> {
    let fields = then.values.differing(&now.values);
    let shown = fields.map(|field: EntryField| {
        let (was, is) = change_of(then, now, field, &style.scores);
        let word = field.word(then.media_type);
        (field.as_str(), word, was, is)
    });
    shown.collect()
}
