//! Bringing in files of other tools and other machines: first what they are is said, then they are taken.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use anirewind_core::{AccountRow, ImportItem, ImportPlan, NotUnderstood, count};
use askama::Template;
use serde::Deserialize;
use time::OffsetDateTime;

use crate::format;
use crate::page::{Form, Page, PageError, Place, Said, Visitor, in_path, show};
use crate::upload;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/backups/{profile}/import", web::get().to(choose))
        .route("/backups/{profile}/import", web::post().to(look))
        .route("/backups/{profile}/import/take", web::post().to(take));
}

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    page: Page,
    root: String,
    step: Step,
}

enum Step {
    Choose,
    Look {
        upload: String,
        taken_at: String,
        found: Vec<String>,
        others: Vec<String>,
        already: usize,
        new: usize,
        unreadable: Vec<NotUnderstood>,
    },
}

async fn choose(visitor: Visitor, profile: web::Path<String>) -> Result<HttpResponse, PageError> {
    let profile = visitor.app.account_row(&profile).await?.profile;
    Ok(page(&visitor, &profile, Step::Choose))
}

fn page(visitor: &Visitor, profile: &str, step: Step) -> HttpResponse {
    show(&ImportPage {
        page: visitor.page_of("Import", Place::Backups, profile),
        root: format!("/backups/{}", in_path(profile)),
        step,
    })
}

fn moment(visitor: &Visitor, day: &str) -> Result<Option<OffsetDateTime>, PageError> {
    if day.is_empty() {
        return Ok(None);
    }
    Ok(Some(visitor.app.end_of_named_day(day)?))
}

async fn look(
    visitor: Visitor,
    profile: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, PageError> {
    let account = visitor.app.account_row(&profile).await?;
    let sent = upload::form(&visitor.app, &request, payload).await?;
    let taken_at = sent.field("taken_at").unwrap_or_default().to_owned();
    let at = moment(&visitor, &taken_at)?;
    let Some(upload) = sent.files else {
        let path = format!("/backups/{}/import", in_path(&account.profile));
        let said = Said::problem("No file was chosen. Nothing was taken.");
        return Ok(visitor.go(&path, Some(said)));
    };
    let plan = visitor.app.plan_upload(&upload, at).await?;
    let already = plan.items.iter().filter(|item| item.already.is_some());
    let already = already.count();
    let owner = account.account.id;
    let step = Step::Look {
        new: plan.items.len() - already,
        already,
        found: recognised(&plan),
        others: others(&plan, owner, &account.profile),
        unreadable: plan.unreadable,
        taken_at,
        upload,
    };
    Ok(page(&visitor, &account.profile, step))
}

/// `46 PlexAniBridge files, owner hana, 2025-10-04 to 2025-11-03. They hold no …`
fn recognised(plan: &ImportPlan) -> Vec<String> {
    let mut groups: BTreeMap<(&str, &str), Vec<&ImportItem>> = BTreeMap::new();
    for item in &plan.items {
        let key = (item.form.as_str(), item.owner.name.as_str());
        groups.entry(key).or_default().push(item);
    }
    let groups = groups.into_iter();
    groups
        .map(|((form, owner), items)| {
            let first = items.iter().map(|item| item.at).min();
            let last = items.iter().map(|item| item.at).max();
            let days = match (first.map(format::day), last.map(format::day)) {
                (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
                (Some(day), _) => day,
                _ => String::new(),
            };
            let mut missing: Vec<String> = Vec::new();
            for item in &items {
                let fields = item.not_recorded.iter().map(|field| field.as_str().to_owned());
                let lists = item.not_read.iter().map(|of| of.word().to_owned());
                for name in fields.chain(lists) {
                    if !missing.contains(&name) {
                        missing.push(name);
                    }
                }
            }
            let titles = items.iter().map(|item| item.counts.total()).max();
            let titles = count(titles.unwrap_or_default(), "title");
            let hold = if missing.is_empty() {
                "Everything is recorded.".to_owned()
            } else {
                format!(
                    "They hold no {}: that counts as not recorded, is never compared and never cleared.",
                    missing.join(", ")
                )
            };
            let files = count(items.len(), "file");
            format!("{form}: {files}, owner {owner}, {days}, up to {titles}. {hold}")
        })
        .collect()
}

fn others(plan: &ImportPlan, owner: anirewind_core::model::UserId, profile: &str) -> Vec<String> {
    let mut names: Vec<&str> = plan
        .items
        .iter()
        .filter(|item| item.owner.id != owner)
        .map(|item| item.owner.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let names = names.into_iter();
    names
        .map(|name| {
            format!(
                "Files of {name} are stored under that name. They cannot be restored to {profile}."
            )
        })
        .collect()
}

#[derive(Debug, Deserialize)]
struct Take {
    upload: String,
    #[serde(default)]
    taken_at: String,
    #[serde(default)]
    drop: String,
}

async fn take(
    visitor: Visitor,
    profile: web::Path<String>,
    form: Form<Take>,
) -> Result<HttpResponse, PageError> {
    let account = visitor.app.account_row(&profile).await?;
    let root = format!("/backups/{}", in_path(&account.profile));
    if !form.0.drop.is_empty() {
        visitor.app.drop_upload(&form.0.upload).await?;
        return Ok(visitor.go(&root, Some(Said::done("Nothing was taken."))));
    }
    let at = moment(&visitor, &form.0.taken_at)?;
    let imported = visitor.app.import_upload(&form.0.upload, at).await?;
    let taken = count(imported.taken.len(), "file");
    let said = if imported.already == 0 {
        format!("{taken} taken.")
    } else {
        format!("{taken} taken; {} here already.", imported.already)
    };
    let said = Said::done(said);
    // Those of somebody else stand with theirs, and not in the table that follows.
    let others = imported
        .owners
        .iter()
        .filter(|owner| **owner != account.account.id);
    let mut known = visitor.app.kept_accounts().await?;
    known.extend(visitor.app.accounts().await?);
    let is_other = |row: &&AccountRow| others.clone().any(|owner| row.account.id == *owner);
    let said = match known.iter().find(is_other) {
        Some(row) => said.with_link(
            format!("/backups/{}", in_path(&row.profile)),
            format!("To those of {}", row.profile),
        ),
        None => said,
    };
    Ok(visitor.go(&root, Some(said)))
}
