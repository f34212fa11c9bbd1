//! One snapshot: its titles as people know them, what changed in it, and the file.

use std::collections::BTreeMap;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use anirewind_core::model::{Entry, EntryField, EntryStatus, List, MediaType};
use anirewind_core::{
    AccountRow, Explain as _, FoundList, SnapshotRow, Style, compare, title_of, value_of, write_csv,
};
use askama::Template;
use serde::Deserialize;

use crate::page::{Page, PageError, Place, Query, Visitor, in_path, sentence, show};
use crate::pages::backups::{find, query};
use crate::pages::raw::Raw;
use crate::pages::rows::{SnapshotLine, count};
use crate::parts::{Diff, StatusWord, TitleCell};

/// So many titles to a page.
const MOST: usize = 100;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/backups/{profile}/{snapshot}", web::get().to(snapshot))
        .route(
            "/backups/{profile}/{snapshot}/download",
            web::get().to(download),
        );
}

/// What of it somebody wants to see, as it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Wish {
    view: String,
    #[serde(rename = "type")]
    of: String,
    status: String,
    q: String,
    below: usize,
}

impl Wish {
    fn with(&self, name: &str, value: &str) -> String {
        let own = [
            ("view", &self.view),
            ("type", &self.of),
            ("status", &self.status),
            ("q", &self.q),
        ];
        let own = own.into_iter().map(|(own, given)| {
            let value = if own == name {
                value.to_owned()
            } else {
                given.clone()
            };
            (own, value)
        });
        let below = (name == "below").then(|| ("below", value.to_owned()));
        query(own.chain(below))
    }

    fn media_type(&self) -> Option<MediaType> {
        MediaType::parse(&self.of.to_uppercase())
    }
}

/// A link to a part, with how much is in it.
struct Tab {
    words: String,
    query: String,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "snapshot.html")]
struct SnapshotPage {
    page: Page,
    root: String,
    back: String,
    plan: String,
    compare: String,
    line: SnapshotLine,
    id: String,
    problem: Option<String>,
    not_recorded: Option<String>,
    views: Vec<Tab>,
    view: View,
    wish: Wish,
    newer: Option<String>,
    older: Option<String>,
}

enum View {
    Entries {
        types: Vec<Tab>,
        tabs: Vec<Tab>,
        rows: Vec<EntryRow>,
        found: String,
        is_empty: bool,
    },
    Changes {
        before: Option<(String, String)>,
        rows: Vec<ChangeItem>,
        sums: (usize, usize, usize),
    },
    Raw(Raw),
    /// Why it cannot be shown.
    Nothing(String),
}

struct EntryRow {
    title: TitleCell,
    status: Option<StatusWord>,
    progress: String,
    score: String,
    lists: Vec<String>,
    flags: Vec<(&'static str, &'static str)>,
    notes: Option<String>,
}

struct ChangeItem {
    tone: &'static str,
    sign: &'static str,
    word: &'static str,
    title: TitleCell,
    diff: Diff,
}

/// What a snapshot holds, and what is wrong with it.
struct Held {
    list: Option<List>,
    problem: Option<String>,
}

async fn held(visitor: &Visitor, row: &SnapshotRow) -> Held {
    let path = visitor.app.backups().join(&row.file);
    // This very file: copies of it elsewhere do not make it whole.
    let problem = match visitor.app.find(&path.display().to_string(), None).await {
        Ok(found) => match found.source {
            FoundList::Snapshot(read) if read.file_hash == row.file_hash => {
                return Held {
                    list: Some(read.list),
                    problem: None,
                };
            }
            _ => "It holds another snapshot than the one that was catalogued.".to_owned(),
        },
        Err(error) => sentence(&error.chain()),
    };
    Held {
        list: visitor.app.read_unproven(row).await.ok(),
        problem: Some(problem),
    }
}

async fn snapshot(
    visitor: Visitor,
    path: web::Path<(String, String)>,
    wish: Query<Wish>,
) -> Result<HttpResponse, PageError> {
    let (profile, reference) = path.into_inner();
    let account = visitor.app.account_row(&profile).await?;
    let row = find(&visitor, &reference, &account.profile).await?;
    let Query(wish) = wish;
    let Held { list, problem } = held(&visitor, &row).await;
    let base = visitor.access.base();
    let root = format!("/backups/{}/{}", in_path(&account.profile), row.id);
    let (view, more) = match (wish.view.as_str(), &list) {
        ("raw", _) => {
            let raw = Raw::read(&visitor, &row, &wish.q, wish.below).await;
            let more = raw.as_ref().is_ok_and(|raw| raw.has_more);
            (raw.map_or_else(View::Nothing, View::Raw), more)
        }
        (_, None) => {
            let text = "What is in the file can no longer be read as a list.".to_owned();
            (View::Nothing(text), false)
        }
        ("changes", Some(list)) => changes(&visitor, &account, &row, list, &wish).await?,
        (_, Some(list)) => entries(base, &account, list, &wish),
    };
    let step = if wish.view == "raw" {
        crate::pages::raw::MOST
    } else {
        MOST
    };
    let views = [("", "Titles"), ("changes", "Changes"), ("raw", "File")];
    let views = views.map(|(name, words)| Tab {
        words: words.to_owned(),
        query: query([("view", name.to_owned())].into_iter()),
        is_here: wish.view == name,
    });
    let link = |below: usize| format!("{root}{}", wish.with("below", &below.to_string()));
    let not_recorded = list
        .as_ref()
        .map(List::fields_not_recorded)
        .unwrap_or_default();
    let not_recorded: Vec<_> = not_recorded.iter().map(|field| field.as_str()).collect();
    Ok(show(&SnapshotPage {
        page: visitor.page_of("Snapshot", Place::Backups, &account.profile),
        back: format!("/backups/{}", in_path(&account.profile)),
        plan: format!("/plan/{}/new", in_path(&account.profile)),
        compare: format!("/compare/{}", in_path(&account.profile)),
        id: row.id.to_string(),
        problem,
        not_recorded: (!not_recorded.is_empty()).then(|| not_recorded.join(", ")),
        views: views.into_iter().collect(),
        newer: (wish.below > 0).then(|| link(wish.below.saturating_sub(step))),
        older: more.then(|| link(wish.below.saturating_add(step))),
        line: SnapshotLine::of(row, visitor.app.now()),
        root,
        view,
        wish,
    }))
}

/// Whether one of the names of a title has this in it.
pub(crate) fn is_called(entry: &Entry, text: &str) -> bool {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return true;
    }
    let titles = entry.summary.as_ref().map(|summary| &summary.titles);
    let names = titles.map(|titles| [&titles.romaji, &titles.english, &titles.native]);
    let mut names = names.into_iter().flatten().flatten();
    names.any(|name| name.to_lowercase().contains(&text)) || entry.media.to_string() == text
}

fn entries(base: &str, account: &AccountRow, list: &List, wish: &Wish) -> (View, bool) {
    let style = &account.style;
    let called: Vec<&Entry> = list
        .entries
        .iter()
        .filter(|e| is_called(e, &wish.q))
        .collect();
    let of = |of: MediaType| called.iter().filter(|entry| entry.media_type == of).count();
    // What there is more of, unless somebody said.
    let media_type = wish.media_type().unwrap_or(if of(MediaType::Anime) > 0 {
        MediaType::Anime
    } else {
        MediaType::Manga
    });
    let types = MediaType::BOTH.map(|kind| Tab {
        words: format!(
            "{} {}",
            if kind == MediaType::Anime {
                "Anime"
            } else {
                "Manga"
            },
            of(kind)
        ),
        query: wish_query(wish, kind.word(), ""),
        is_here: kind == media_type,
    });
    let mut of_type: Vec<&Entry> = called
        .into_iter()
        .filter(|entry| entry.media_type == media_type)
        .collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in &of_type {
        let status = entry.values.status.known();
        *counts
            .entry(status.map_or("", EntryStatus::as_str))
            .or_default() += 1;
    }
    let wanted = wish.status.to_uppercase();
    let all = Tab {
        words: format!("All {}", of_type.len()),
        query: wish_query(wish, media_type.word(), ""),
        is_here: wanted.is_empty(),
    };
    let tabs = EntryStatus::KNOWN.iter().filter_map(|status| {
        let count = counts.get(status.as_str())?;
        Some(Tab {
            words: format!("{} {count}", status.word(media_type)),
            query: wish_query(wish, media_type.word(), &status.as_str().to_lowercase()),
            is_here: wanted == status.as_str(),
        })
    });
    let tabs: Vec<_> = std::iter::once(all).chain(tabs).collect();
    of_type.retain(|entry| {
        let status = entry.values.status.known().map(EntryStatus::as_str);
        wanted.is_empty() || status == Some(wanted.as_str())
    });
    of_type.sort_by_cached_key(|entry| title_of(entry, &style.titles).to_lowercase());
    let found = count(of_type.len(), "title");
    let has_more = of_type.len() > wish.below.saturating_add(MOST);
    let rows = of_type.into_iter().skip(wish.below).take(MOST);
    let rows = rows.map(|entry| EntryRow::of(base, &account.profile, entry, style));
    let view = View::Entries {
        types: types.into_iter().collect(),
        tabs,
        rows: rows.collect(),
        found,
        is_empty: list.entries.is_empty(),
    };
    (view, has_more)
}

fn wish_query(wish: &Wish, media_type: &str, status: &str) -> String {
    let of = Wish {
        of: media_type.to_owned(),
        status: status.to_owned(),
        ..wish.clone()
    };
    of.with("", "")
}

impl EntryRow {
    fn of(base: &str, profile: &str, entry: &Entry, style: &Style) -> Self {
        let value = |field| match value_of(entry, field, &style.scores) {
            value if value == "?" => "not recorded".to_owned(),
            value => value,
        };
        let values = &entry.values;
        let volumes = value(EntryField::Volumes);
        let progress = match entry.media_type {
            MediaType::Anime => value(EntryField::Progress),
            MediaType::Manga => {
                format!("Ch {} · Vol {volumes}", value(EntryField::Progress))
            }
        };
        let lists = values.custom_lists.known();
        let private = values.private.known() == Some(&true);
        let hidden = values.hidden.known() == Some(&true);
        let flags = [
            private.then_some(("i-lock", "private")),
            hidden.then_some(("i-eye", "hidden from status lists")),
        ];
        Self {
            title: TitleCell::of(base, profile, entry, style),
            status: values
                .status
                .known()
                .map(|status| StatusWord::of(status, entry.media_type)),
            progress,
            score: value(EntryField::Score),
            lists: lists.map_or_else(Vec::new, |lists| {
                lists.iter().map(ToString::to_string).collect()
            }),
            flags: flags.into_iter().flatten().collect(),
            notes: values.notes.known().map(|notes| notes.as_str().to_owned()),
        }
    }
}

async fn changes(
    visitor: &Visitor,
    account: &AccountRow,
    row: &SnapshotRow,
    list: &List,
    wish: &Wish,
) -> Result<(View, bool), PageError> {
    let Some(before) = visitor.app.snapshot_before(row).await? else {
        let view = View::Changes {
            before: None,
            rows: Vec::new(),
            sums: (0, 0, 0),
        };
        return Ok((view, false));
    };
    let Held {
        list: Some(was), ..
    } = held(visitor, &before).await
    else {
        let text = "The snapshot before it can no longer be read.".to_owned();
        return Ok((View::Nothing(text), false));
    };
    let found = compare(&was, list);
    let (base, profile, style) = (visitor.access.base(), &account.profile, &account.style);
    let cell = |entry: &Entry| TitleCell::of(base, profile, entry, style);
    let removed = found.removed.iter().map(|entry| ChangeItem {
        tone: "danger",
        sign: "i-minus",
        word: "Gone",
        title: cell(entry),
        diff: Diff::of(Some(entry), None, style),
    });
    let changed = found.changed.iter().map(|changed| ChangeItem {
        tone: "warning",
        sign: "i-tilde",
        word: "Changed",
        title: cell(changed.after),
        diff: Diff::of(Some(changed.before), Some(changed.after), style),
    });
    let added = found.added.iter().map(|entry| ChangeItem {
        tone: "fine",
        sign: "i-plus",
        word: "New",
        title: cell(entry),
        diff: Diff::of(None, Some(entry), style),
    });
    let sums = (found.added.len(), found.changed.len(), found.removed.len());
    let has_more = sums.0 + sums.1 + sums.2 > wish.below.saturating_add(MOST);
    let rows = removed.chain(changed).chain(added);
    let view = View::Changes {
        before: Some((
            format!("/backups/{}/{}", in_path(profile), before.id),
            crate::format::instant(before.created_at),
        )),
        rows: rows.skip(wish.below).take(MOST).collect(),
        sums,
    };
    Ok((view, has_more))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Download {
    r#as: String,
}

async fn download(
    visitor: Visitor,
    path: web::Path<(String, String)>,
    wish: Query<Download>,
) -> Result<HttpResponse, PageError> {
    let (profile, reference) = path.into_inner();
    let profile = visitor.app.account_row(&profile).await?.profile;
    let row = find(&visitor, &reference, &profile).await?;
    let attached = |name: &str| {
        let name = name.replace(['"', '\\'], "_");
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        )
    };
    if wish.0.r#as == "csv" {
        let Held {
            list: Some(list),
            problem: None,
        } = held(&visitor, &row).await
        else {
            return Err(PageError::usage(
                "The file is damaged, so it is only given as it is: download it as JSON.",
            ));
        };
        let mut out = Vec::new();
        write_csv(&list, &mut out).map_err(|error| PageError::broken(&error.to_string()))?;
        let name = row.file.strip_suffix(".json").unwrap_or(&row.file);
        return Ok(HttpResponse::Ok()
            .content_type("text/csv; charset=utf-8")
            .insert_header(attached(&format!("{name}.csv")))
            .body(out));
    }
    // As it is, damaged or not: whoever asks here has seen which.
    let file = visitor.app.backups().join(&row.file);
    let bytes = web::block(move || std::fs::read(file)).await;
    let bytes = bytes.ok().and_then(Result::ok);
    let bytes = bytes.ok_or_else(|| PageError::broken("The file can no longer be read."))?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(attached(&row.file))
        .body(bytes))
}
