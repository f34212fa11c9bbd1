//! One change, on a page of its own: all of it, what is around it, and the way to take it back.

use actix_web::{HttpResponse, web};
use anirewind_core::model::{Entry, EntryField};
use anirewind_core::view::{ChangeView, EntryView};
use anirewind_core::{AccountRow, Action, BrowseError, ChangeFilter, ChangeRow, Choices, Id, Plan};
use askama::Template;
use serde::Deserialize;

use crate::api::Hub;
use crate::carry;
use crate::format;
use crate::login::local;
use crate::page::{Form, Page, PageError, Place, Query, Said, Visitor, in_path, show};
use crate::parts::{ChangeLine, Offer, UndoPart};

#[derive(Template)]
#[template(path = "change.html")]
struct ChangePage {
    page: Page,
    profile: String,
    line: ChangeLine,
    /// The same title's changes before and after this one.
    earlier: Option<String>,
    later: Option<String>,
    group: Option<String>,
    before: String,
    after: String,
    back: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct From {
    back: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Undoing {
    field: Vec<String>,
    /// Those that were shown as edited since.
    edited: Vec<String>,
    back: String,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/timeline/{profile}/{change}").get(one))
        .service(web::resource("/timeline/{profile}/{change}/undo").post(undo));
}

async fn found(
    visitor: &Visitor,
    profile: &str,
    id: &str,
) -> Result<(AccountRow, ChangeRow), PageError> {
    let account = visitor.app.account_row(profile).await?;
    let missing = || {
        PageError::missing(format!("There is no change {id} of {profile}."))
            .titled("There is no such change")
    };
    let id = Id::parse(id).ok_or_else(missing)?;
    let row = visitor.app.change(&id).await.map_err(BrowseError::Store)?;
    let row = row.filter(|row| row.owner == account.account.id);
    Ok((account, row.ok_or_else(missing)?))
}

/// The title as it was last seen, and when that was.
async fn as_seen(visitor: &Visitor, row: &ChangeRow) -> Result<(Option<Entry>, String), PageError> {
    let key = (row.change.media_type, row.change.media);
    let seen = visitor.app.titles_as_seen(row.owner, vec![key]).await;
    let seen = seen.map_err(BrowseError::Store)?.pop();
    let at = visitor
        .app
        .last_look(row.owner)
        .await
        .map_err(BrowseError::Store)?;
    let words = at.map_or_else(
        || "not looked at yet".to_owned(),
        |at| format!("seen {}", format::age(at, visitor.app.now())),
    );
    Ok((seen, words))
}

async fn one(
    visitor: Visitor,
    path: web::Path<(String, String)>,
    from: Query<From>,
) -> Result<HttpResponse, PageError> {
    let (profile, id) = path.into_inner();
    let (account, row) = found(&visitor, &profile, &id).await?;
    let profile = in_path(&account.profile);
    let page = visitor.page_of("Change", Place::Timeline, &account.profile);
    let timeline = format!("/timeline/{profile}");
    let back = match local(&from.0.back) {
        "/" => timeline,
        back => back.to_owned(),
    };
    let (now, seen) = as_seen(&visitor, &row).await?;
    let change = &row.change;
    let filter = ChangeFilter {
        media: Some(change.media),
        media_type: Some(change.media_type),
        ..ChangeFilter::default()
    };
    let all = visitor
        .app
        .changes(Some(row.owner), filter, None, usize::MAX)
        .await;
    let all = all.map_err(BrowseError::Store)?;
    let at = all.iter().position(|other| other.id == row.id);
    let place = |index: Option<usize>| {
        let other = index.and_then(|index| all.get(index))?;
        Some(format!("/timeline/{profile}/{}", other.id))
    };
    let mut line = ChangeLine::of(&page.base, &account.profile, &row, &account.style);
    line = line.standing_on(&visitor_path(&page));
    line.undo = UndoPart::of(
        &page.base,
        &account.profile,
        &row,
        now.as_ref(),
        seen,
        &account.style,
        &back,
    );
    let view = ChangeView::from(&row);
    Ok(show(&ChangePage {
        earlier: place(at.map(|at| at + 1)),
        later: place(at.and_then(|at| at.checked_sub(1))),
        group: change.group.as_ref().map(Id::to_string),
        before: json(view.before.as_ref()),
        after: json(view.after.as_ref()),
        profile,
        line,
        back,
        page,
    }))
}

fn visitor_path(page: &Page) -> String {
    page.path.split('?').next().unwrap_or("/").to_owned()
}

fn json(entry: Option<&EntryView>) -> String {
    entry.map_or_else(
        || "not on the list".to_owned(),
        |entry| serde_json::to_string_pretty(entry).unwrap_or_default(),
    )
}

async fn undo(
    visitor: Visitor,
    hub: web::Data<Hub>,
    path: web::Path<(String, String)>,
    form: Form<Undoing>,
) -> Result<HttpResponse, PageError> {
    let (profile, id) = path.into_inner();
    let (account, row) = found(&visitor, &profile, &id).await?;
    let Undoing {
        field,
        edited,
        back,
    } = form.0;
    let own = format!("/timeline/{}/{}", in_path(&account.profile), row.id);
    let has_fields = row.change.before.is_some() && row.change.after.is_some();
    if has_fields && field.is_empty() {
        let text = "Nothing was ticked, so nothing was sent.";
        return Ok(visitor.go(&format!("{own}#undo"), Some(Said::problem(text))));
    }
    let mut choices = Choices::default();
    for name in &field {
        let field = EntryField::parse(name)
            .ok_or_else(|| PageError::usage(format!("There is no field `{name}`.")))?;
        choices.only.insert(field);
        if edited.contains(name) {
            choices.fields.insert(field);
        }
    }
    let is_over_edits = !choices.fields.is_empty();
    let (app, ids) = (&visitor.app, [row.id.to_string()]);
    let profile = Some(account.profile.as_str());
    let plan = if Offer::of(&row) == Offer::Redo {
        app.plan_redo(profile, &ids, choices).await?
    } else {
        app.plan_undo(profile, &ids, choices).await?
    };
    let back = match local(&back) {
        "/" => own.clone(),
        back => back.to_owned(),
    };
    if plan.writes() == 0 && plan.count(Action::Keep) == 0 {
        let said = Said::done("It is so already. Nothing was sent.");
        return Ok(visitor.go(&back, Some(said)));
    }
    let is_clean = is_clean(&plan) && !is_over_edits && !visitor.app.settings().dry_run;
    let plan = visitor.app.store_plan(plan).await?;
    if !is_clean {
        let path = format!("/plan/{}/{}", in_path(&account.profile), plan.operation.id);
        return Ok(visitor.go(&path, None));
    }
    carry::send(&visitor, &hub, &account.profile, plan, None).await
}

/// Whether a plan does to one title what the button said, and nothing else.
fn is_clean(plan: &Plan) -> bool {
    let [step] = plan.steps.as_slice() else {
        return false;
    };
    let is_put_back = plan.count(Action::Write) + plan.count(Action::Add) == 1;
    is_put_back && step.notes.is_empty() && step.problem.is_none()
}
