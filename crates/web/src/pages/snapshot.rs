//! One snapshot: its titles as people know them, what changed in it, and the file.

mod against;

use actix_web::{HttpResponse, web};
use anirewind_core::model::{List, MediaType};
use anirewind_core::{AccountRow, Explain as _, FoundList, SnapshotRow, write_csv};
use askama::Template;
use serde::Deserialize;

use crate::attached::attached;
use crate::format;
use crate::page::{Page, PageError, Place, Query, Visitor, in_path, sentence, show};
use crate::pages::backups::{find, query};
use crate::pages::raw::Raw;
use crate::pages::rows::SnapshotLine;
use crate::pages::snapshot::against::Changes;
use crate::parts::{ListPart, ListQuery, Tab, Tabs};

/// So many titles to a page.
const MOST: usize = 200;

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
    /// What it is held against: chosen from a list, or typed, which counts before what is chosen.
    against: String,
    other: String,
    page: usize,
    below: usize,
}

impl Wish {
    fn with(&self, name: &str, value: &str) -> String {
        let own = [
            ("view", &self.view),
            ("type", &self.of),
            ("status", &self.status),
            ("q", &self.q),
            ("against", &self.against),
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
}

#[derive(Template)]
#[template(path = "snapshot.html")]
struct SnapshotPage {
    page: Page,
    root: String,
    plan: String,
    compare: String,
    line: SnapshotLine,
    id: String,
    problem: Option<String>,
    not_recorded: Option<String>,
    views: Tabs,
    view: View,
    wish: Wish,
    newer: Option<String>,
    older: Option<String>,
}

enum View {
    Entries(Box<ListPart>),
    Changes(Box<Changes>),
    Raw(Raw),
    /// Why it cannot be shown.
    Nothing(String),
}

/// What a snapshot holds, and what is wrong with it.
struct Held {
    list: Option<List>,
    problem: Option<String>,
}

async fn held(visitor: &Visitor, row: &SnapshotRow) -> Held {
    let mut held = read(visitor, row).await;
    if let Some(list) = &mut held.list
        && let Err(error) = visitor.app.name_titles(list).await
    {
        tracing::warn!(%error, "titles without a name go by their numbers");
    }
    held
}

async fn read(visitor: &Visitor, row: &SnapshotRow) -> Held {
    let path = visitor.app.backups().join(&row.file);
    // This very file: copies of it elsewhere do not make it whole.
    let problem = match visitor.app.find(&path.display().to_string(), None).await {
        Ok(found) => match found.source {
            FoundList::Snapshot(read) if read.file_hash == row.file_hash => {
                return Held {
                    list: Some(read.list.clone()),
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
    let Query(mut wish) = wish;
    if !wish.other.trim().is_empty() {
        wish.against = wish.other.trim().to_owned();
    }
    if wish.view == "changes" && wish.against == "live" {
        let from = row.id.to_string();
        let pairs = [("from", from), ("to", "live".to_owned())];
        let compare = format!("/compare/{}", in_path(&account.profile));
        return Ok(visitor.go(&format!("{compare}{}", query(pairs.into_iter())), None));
    }
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
        ("changes", Some(list)) => {
            let of = (&row, list);
            let changes = Changes::of(&visitor, &account, of, &wish.against, wish.below).await?;
            let more = changes.has_more;
            (View::Changes(Box::new(changes)), more)
        }
        (_, Some(list)) => (entries(base, &account, &root, list, &wish), false),
    };
    let step = if wish.view == "raw" {
        crate::pages::raw::MOST
    } else {
        MOST
    };
    let views = [("", "Titles"), ("changes", "Changes"), ("raw", "File")];
    let views = views.map(|(name, word)| Tab {
        word: word.to_owned(),
        value: name.to_owned(),
        href: format!("{root}{}", query([("view", name.to_owned())].into_iter())),
        is_current: wish.view == name,
        ..Tab::default()
    });
    let link = |below: usize| format!("{root}{}", wish.with("below", &below.to_string()));
    let not_recorded = list
        .as_ref()
        .map(List::fields_not_recorded)
        .unwrap_or_default();
    let not_recorded: Vec<_> = not_recorded.iter().map(|field| field.as_str()).collect();
    let title = format!("Snapshot of {}", format::instant(row.created_at));
    Ok(show(&SnapshotPage {
        page: visitor.page_of(title, Place::Backups, &account.profile),
        plan: format!("/plan/{}/new", in_path(&account.profile)),
        compare: format!("/compare/{}", in_path(&account.profile)),
        id: row.id.to_string(),
        problem,
        not_recorded: (!not_recorded.is_empty()).then(|| not_recorded.join(", ")),
        views: Tabs::of(base, "View", "view", views.into()),
        newer: (wish.below > 0).then(|| link(wish.below.saturating_sub(step))),
        older: more.then(|| link(wish.below.saturating_add(step))),
        line: SnapshotLine::of(row, visitor.app.now()),
        root,
        view,
        wish,
    }))
}

/// The titles of a snapshot, at first those of the kind of which there are any.
fn entries(base: &str, account: &AccountRow, root: &str, list: &List, wish: &Wish) -> View {
    let has = |of: MediaType| list.entries.iter().any(|entry| entry.media_type == of);
    let of = match MediaType::parse(&wish.of.to_uppercase()) {
        None if wish.of.is_empty() && has(MediaType::Anime) => Some(MediaType::Anime),
        None if wish.of.is_empty() => Some(MediaType::Manga),
        of => of,
    };
    let query = ListQuery::new(of, &wish.status, &wish.q, wish.page);
    let (profile, style) = (&account.profile, &account.style);
    let list = ListPart::of(base, profile, (root, &[]), &list.entries, style, query);
    View::Entries(Box::new(list))
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
    if !["", "json", "csv"].contains(&wish.0.r#as.as_str()) {
        let problem = PageError::usage(format!(
            "`{}` is no form to download a snapshot in; there are json and csv.",
            wish.0.r#as
        ));
        return Err(problem.titled("There is no such form"));
    }
    if wish.0.r#as == "csv" {
        let Held {
            list: Some(list),
            problem: None,
        } = read(&visitor, &row).await
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
    let bytes = visitor.app.read_as_it_is(&row).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(attached(&row.file))
        .body(bytes))
}
