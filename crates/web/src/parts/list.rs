//! A list as people know it: by status, searched, a hundred titles at a time.

use anirewind_core::model::{Entry, EntryField, EntryStatus, MediaType};
use anirewind_core::{Style, progress_of, thousands, value_of};
use askama::Template;
use serde::Deserialize;

use crate::address::address;
use crate::language::name_of;
use crate::parts::{StatusWord, Tab, Tabs, TitleCell};

/// So many titles on a page.
const PAGE: usize = 100;
/// What stands in an address for anime and manga.
const BOTH: &str = "ALL";

html_safe!(ListPart);

/// Which part of a list is shown, as it stands behind an address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListQuery {
    /// ANIME or MANGA; both if it is ALL or left out.
    r#type: String,
    /// A status in AniList's word; all if left out.
    status: String,
    q: String,
    page: usize,
}

impl ListQuery {
    /// A part of a list by what is chosen of it; a status in any case.
    pub(crate) fn new(of: Option<MediaType>, status: &str, q: &str, page: usize) -> Self {
        Self {
            r#type: of.map_or(BOTH, MediaType::as_str).to_owned(),
            status: status.to_uppercase(),
            q: q.to_owned(),
            page,
        }
    }

    fn is_of_both(&self) -> bool {
        self.r#type.is_empty() || self.r#type == BOTH
    }
}

/// A part of a list.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/list.html")]
pub(crate) struct ListPart {
    base: String,
    /// The page it stands on, and what else was chosen there.
    path: String,
    kept: Vec<(String, String)>,
    query: ListQuery,
    types: Tabs,
    statuses: Tabs,
    rows: Vec<ListRow>,
    shown: String,
    before: Option<String>,
    after: Option<String>,
    clear: String,
    is_empty: bool,
}

#[derive(Debug, Clone)]
struct ListRow {
    title: TitleCell,
    status: Option<StatusWord>,
    progress: String,
    score: String,
    lists: Vec<String>,
    is_private: bool,
    is_hidden: bool,
    notes: Option<String>,
}

impl ListPart {
    /// The part of a list that is asked for. `path` is the page it stands on, `kept` what else is
    /// behind its address.
    pub(crate) fn of(
        base: &str,
        profile: &str,
        (path, kept): (&str, &[(&str, &str)]),
        entries: &[Entry],
        style: &Style,
        query: ListQuery,
    ) -> Self {
        let is_of_type =
            |entry: &&Entry| query.is_of_both() || entry.media_type.as_str() == query.r#type;
        let is_called = |entry: &&Entry| is_called(entry, &query.q);
        let of_type: Vec<&Entry> = entries
            .iter()
            .filter(is_of_type)
            .filter(is_called)
            .collect();
        let status_of = |entry: &Entry| entry.values.status.known().map(|s| s.as_str().to_owned());
        let is_meant = |entry: &&&Entry| {
            query.status.is_empty() || status_of(entry).as_deref() == Some(query.status.as_str())
        };
        let mut meant: Vec<&Entry> = of_type.iter().filter(is_meant).copied().collect();
        meant.sort_by_cached_key(|entry| (entry.media_type, name_of(entry, style).to_lowercase()));
        let first = query.page.saturating_mul(PAGE).min(meant.len());
        let last = (first + PAGE).min(meant.len());
        let href = |of: &str, status: &str, page: usize| {
            let page = if page == 0 {
                String::new()
            } else {
                page.to_string()
            };
            let mut pairs = kept.to_vec();
            pairs.extend([
                ("type", of),
                ("status", status),
                ("q", &query.q),
                ("page", &page),
            ]);
            address(path, &pairs)
        };
        let rows = meant.iter().skip(first).take(PAGE);
        Self {
            base: base.to_owned(),
            path: path.to_owned(),
            kept: kept
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            types: Tabs::of(base, "Type", "type", types(entries, &query, &href)),
            statuses: Tabs::of(base, "Status", "status", statuses(&of_type, &query, &href)),
            rows: rows
                .map(|entry| ListRow::of(base, profile, entry, style))
                .collect(),
            shown: if meant.is_empty() {
                "No titles".to_owned()
            } else {
                format!("{} to {last} of {}", first + 1, thousands(meant.len()))
            },
            before: (query.page > 0).then(|| href(&query.r#type, &query.status, query.page - 1)),
            after: (last < meant.len()).then(|| href(&query.r#type, &query.status, query.page + 1)),
            clear: address(path, kept),
            is_empty: entries.is_empty(),
            query,
        }
    }
}

/// Whether one of the names of a title has this in it, or it is its id.
pub(crate) fn is_called(entry: &Entry, text: &str) -> bool {
    let text = text.trim().to_lowercase();
    text.is_empty() || names(entry).contains(&text) || entry.media.to_string() == text
}

/// All names of a title in small letters.
pub(crate) fn names(entry: &Entry) -> String {
    let titles = entry.summary.as_ref().map(|summary| &summary.titles);
    let names = titles
        .into_iter()
        .flat_map(|t| [&t.romaji, &t.english, &t.native]);
    let names: Vec<_> = names.flatten().map(|name| name.to_lowercase()).collect();
    names.join("\n")
}

fn types(
    entries: &[Entry],
    query: &ListQuery,
    href: &dyn Fn(&str, &str, usize) -> String,
) -> Vec<Tab> {
    let of = |of: MediaType| {
        entries
            .iter()
            .filter(|entry| entry.media_type == of)
            .count()
    };
    let tab = |word: &str, value: &str, number: usize| Tab {
        word: word.to_owned(),
        number: thousands(number),
        href: href(value, &query.status, 0),
        is_current: query.r#type == value || (value == BOTH && query.is_of_both()),
        value: value.to_owned(),
        icon: None,
    };
    vec![
        tab("Both", BOTH, entries.len()),
        tab("Anime", "ANIME", of(MediaType::Anime)),
        tab("Manga", "MANGA", of(MediaType::Manga)),
    ]
}

fn statuses(
    entries: &[&Entry],
    query: &ListQuery,
    href: &dyn Fn(&str, &str, usize) -> String,
) -> Vec<Tab> {
    let is_manga = query.r#type == "MANGA";
    let of_type = if is_manga {
        MediaType::Manga
    } else {
        MediaType::Anime
    };
    let tab = |word: &str, value: &str, number: usize| Tab {
        word: word.to_owned(),
        number: thousands(number),
        href: href(&query.r#type, value, 0),
        is_current: query.status == value,
        value: value.to_owned(),
        icon: None,
    };
    let mut tabs = vec![tab("All", "", entries.len())];
    for status in EntryStatus::KNOWN {
        let is_so = |entry: &&&Entry| entry.values.status.known() == Some(&status);
        let number = entries.iter().filter(is_so).count();
        tabs.push(tab(status.word(of_type), status.as_str(), number));
    }
    tabs
}

impl ListRow {
    fn of(base: &str, profile: &str, entry: &Entry, style: &Style) -> Self {
        let values = &entry.values;
        let value = |field| match value_of(entry, field, &style.scores) {
            value if value == "?" => "not recorded".to_owned(),
            value => value,
        };
        let lists = values.custom_lists.known();
        Self {
            title: TitleCell::of(base, profile, entry, style),
            status: values
                .status
                .known()
                .map(|status| StatusWord::of(status, entry.media_type)),
            progress: match progress_of(entry) {
                progress if progress == "?" => "not recorded".to_owned(),
                progress => progress,
            },
            score: value(EntryField::Score),
            lists: lists
                .map(|lists| lists.iter().map(str::to_owned).collect())
                .unwrap_or_default(),
            is_private: values.private.known() == Some(&true),
            is_hidden: values.hidden.known() == Some(&true),
            notes: values.notes.known().map(|notes| notes.as_str().to_owned()),
        }
    }
}
