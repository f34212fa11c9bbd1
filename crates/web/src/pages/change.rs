//! One change, on a page of its own: all of it, what is around it, and the way to take it back.

use actix_web::{HttpResponse, web};
use anirewind_core::model::{Entry, EntryField};
use anirewind_core::{
    AccountRow, Action, App, BrowseError, ChangeFilter, ChangeRow, Choices, Id, Plan,
};
use askama::Template;
use serde::{Deserialize, Serialize};

use crate::api::Hub;
use crate::carry;
use crate::login::local;
use crate::page::{Form, Page, PageError, Place, Query, Said, Visitor, Way, in_path, show};
use crate::pages::work::{About, Begin, ask, asked_name, failed, shown};
use crate::parts::{ChangeLine, Offer, UndoPart, When};

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
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct From {
    back: String,
}

/// How a change is to be taken back, as it stands in a form and behind an address.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
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
        .service(
            web::resource("/timeline/{profile}/{change}/undo")
                .get(undoing)
                .post(undo),
        );
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
async fn as_seen(
    visitor: &Visitor,
    row: &ChangeRow,
) -> Result<(Option<Entry>, Option<When>), PageError> {
    let key = (row.change.media_type, row.change.media);
    let seen = visitor.app.titles_as_seen(row.owner, vec![key]).await;
    let seen = seen.map_err(BrowseError::Store)?.pop();
    let at = visitor
        .app
        .last_look(row.owner)
        .await
        .map_err(BrowseError::Store)?;
    Ok((seen, at.map(|at| When::ago(at, visitor.app.now()))))
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
    line = line.standing_on(&visitor_path(&page)).alone();
    line.undo = UndoPart::of(
        &page.base,
        &account.profile,
        &row,
        now.as_ref(),
        seen,
        &account.style,
        &back,
    );
    Ok(show(&ChangePage {
        earlier: place(at.map(|at| at + 1)),
        later: place(at.and_then(|at| at.checked_sub(1))),
        group: change.group.as_ref().map(Id::to_string),
        profile,
        page: Page {
            title: format!("Change of {}", line.title.name),
            from: Some(back),
            ..page
        },
        line,
    }))
}

fn visitor_path(page: &Page) -> String {
    page.path.split('?').next().unwrap_or("/").to_owned()
}

/// Where the page of a change is.
fn own_path(account: &AccountRow, row: &ChangeRow) -> String {
    format!("/timeline/{}/{}", in_path(&account.profile), row.id)
}

impl Undoing {
    fn fields(&self) -> Vec<(String, String)> {
        let text = serde_html_form::to_string(self).unwrap_or_default();
        let pairs: Vec<(String, String)> = serde_html_form::from_str(&text).unwrap_or_default();
        let pairs = pairs.into_iter();
        pairs.filter(|(_, value)| !value.is_empty()).collect()
    }

    fn choices(&self) -> Result<Choices, PageError> {
        let mut choices = Choices::default();
        for name in &self.field {
            let field = EntryField::parse(name)
                .ok_or_else(|| PageError::usage(format!("There is no field `{name}`.")))?;
            choices.only.insert(field);
            if self.edited.contains(name) {
                choices.fields.insert(field);
            }
        }
        Ok(choices)
    }

    /// Where it is said how far it is.
    fn about(&self, visitor: &Visitor, account: &AccountRow, row: &ChangeRow) -> About {
        let own = own_path(account, row);
        let action = format!("{own}/undo");
        let fields = self.fields();
        let query = serde_html_form::to_string(&fields).unwrap_or_default();
        let path = format!("{action}?{query}");
        let idle = if row.undone_by.is_some() {
            "It is taken back already."
        } else if row.put_back_by.is_some() {
            "A restore has put it back already."
        } else if visitor.job_of(account.account.id).is_some() {
            "An operation of this account is under way, as is said above."
        } else {
            "AniList is not being asked for this. Either it is longer ago than an hour, or the server was \
             started again meanwhile. If anything of it was sent to your list, it stands on the timeline and among the operations."
        };
        About {
            name: asked_name(&account.profile, &path),
            title: "AniList is asked how the title is now".to_owned(),
            later: &[
                "Where it was not edited since, a safety snapshot is taken and it is put back",
                "Where it was, you see the plan first",
            ],
            meanwhile: "AniList allows only so many requests a minute, so waiting is normal. The page may be \
                        closed: it goes on, and what came of it stands on the timeline and among the plans.",
            idle: idle.to_owned(),
            begin: Some(Begin {
                action,
                fields,
                words: "Ask again".to_owned(),
            }),
            back: (own, "Back to the change"),
            path,
        }
    }
}

fn undo_page(visitor: &Visitor, account: &AccountRow) -> Page {
    visitor.page_of("Take a change back", Place::Timeline, &account.profile)
}

async fn undo(
    visitor: Visitor,
    hub: web::Data<Hub>,
    path: web::Path<(String, String)>,
    form: Form<Undoing>,
) -> Result<HttpResponse, PageError> {
    let (profile, id) = path.into_inner();
    let (account, row) = found(&visitor, &profile, &id).await?;
    let undoing = form.0;
    let has_fields = row.change.before.is_some() && row.change.after.is_some();
    if has_fields && undoing.field.is_empty() {
        let text = "Nothing was ticked, so nothing was sent.";
        let own = format!("{}#undo", own_path(&account, &row));
        return Ok(visitor.go(&own, Some(Said::problem(text))));
    }
    let choices = undoing.choices()?;
    let about = undoing.about(&visitor, &account, &row);
    let back = match local(&undoing.back) {
        "/" => own_path(&account, &row),
        back => back.to_owned(),
    };
    let (app, hub) = (visitor.app.get_ref().clone(), hub.get_ref());
    let taking = Taking {
        profile: account.profile.clone(),
        row,
        choices,
        back,
    };
    let (taker, keeper) = (app, hub.clone());
    let work = Box::pin(async move { taking.back(&taker, &keeper).await });
    let asked = ask(&visitor, hub, &about, work).await;
    Ok(asked.unwrap_or_else(|problem| failed(undo_page(&visitor, &account), about, problem)))
}

/// How far it is with a change that is being taken back.
async fn undoing(
    visitor: Visitor,
    hub: web::Data<Hub>,
    path: web::Path<(String, String)>,
    query: Query<Undoing>,
) -> Result<HttpResponse, PageError> {
    let (profile, id) = path.into_inner();
    let (account, row) = found(&visitor, &profile, &id).await?;
    let about = query.0.about(&visitor, &account, &row);
    let page = || undo_page(&visitor, &account);
    let found = shown(&visitor, &hub, page(), about.clone());
    Ok(found.unwrap_or_else(|problem| failed(page(), about, problem)))
}

/// A change that is being taken back.
struct Taking {
    profile: String,
    row: ChangeRow,
    choices: Choices,
    back: String,
}

impl Taking {
    /// Plans it. What is as the button said is sent; anything else is looked at first.
    async fn back(self, app: &App, hub: &Hub) -> Result<Way, PageError> {
        let ids = [self.row.id.to_string()];
        let is_over_edits = !self.choices.fields.is_empty();
        let profile = Some(self.profile.as_str());
        let plan = if Offer::of(&self.row) == Offer::Redo {
            app.plan_redo(profile, &ids, self.choices).await?
        } else {
            app.plan_undo(profile, &ids, self.choices).await?
        };
        if plan.writes() == 0 && plan.count(Action::Keep) == 0 {
            let said = Said::done("It is so already. Nothing was sent.");
            return Ok(Way::to(self.back).saying(said));
        }
        let is_clean = is_clean(&plan) && !is_over_edits && !app.settings().dry_run;
        let plan = app.store_plan(plan).await?;
        if !is_clean {
            let path = format!("/plan/{}/{}", in_path(&self.profile), plan.operation.id);
            return Ok(Way::to(path));
        }
        Box::pin(carry::send(app, hub, &self.profile, plan, None)).await
    }
}

/// Whether a plan does to one title what the button said, and nothing else.
fn is_clean(plan: &Plan) -> bool {
    let [step] = plan.steps.as_slice() else {
        return false;
    };
    let is_put_back = plan.count(Action::Write) + plan.count(Action::Add) == 1;
    is_put_back && step.notes.is_empty() && step.problem.is_none()
}
