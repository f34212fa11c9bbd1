//! `show` of what happened, or may: a change, a group of them, an act of ours, a plan.

use std::collections::BTreeMap;

use anirewind_core::model::UserId;
use anirewind_core::{ActError, App, BrowseError, ChangeOutcome, ChangeRow, Id, Source, undoable};

use crate::arguments::{OpCommand, PlanCommand};
use crate::commands::log::{by, line};
use crate::commands::{history, log, plan};
use crate::ids::{Ids, short};
use crate::json::change_json;
use crate::output::{Failure, Output};
use crate::style::Styles;

enum What {
    Plan,
    Act,
    Group,
    Change(Box<ChangeRow>),
}

/// Shows what has an id that begins so; `None` where nothing has.
pub(crate) async fn show(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    reference: &str,
) -> Result<Option<u8>, Failure> {
    let owner = match profile {
        Some(profile) => Some(app.account_row(profile).await?.account.id),
        None => None,
    };
    let mut found = called(app, owner, reference).await?;
    if found.len() > 1 {
        return Err(ActError::Ambiguous {
            reference: reference.to_owned(),
            candidates: found.keys().map(Id::to_string).collect(),
        }
        .into());
    }
    let Some((id, what)) = found.pop_first() else {
        return Ok(None);
    };
    let status = match what {
        What::Plan => {
            let command = PlanCommand::Show { id: id.to_string() };
            plan::run(app, output, profile, &command).await?
        }
        What::Act => {
            let command = OpCommand::Show { id: id.to_string() };
            history::op(app, output, profile, &command).await?
        }
        What::Group => log::group(app, output, owner, id).await?,
        What::Change(row) => {
            let styles = Styles::read(app).await?;
            output.result(
                "change",
                || change_json(&row),
                || text_of(output, &styles, &row),
            );
            0
        }
    };
    Ok(Some(status))
}

async fn called(
    app: &App,
    owner: Option<UserId>,
    reference: &str,
) -> Result<BTreeMap<Id, What>, Failure> {
    let is_called = |id: &Id| id.as_str().starts_with(reference);
    let mut found = BTreeMap::new();
    let rows = app.changes_called(owner, reference).await;
    for row in rows.map_err(BrowseError::Store)? {
        let group = row.change.group.clone().filter(is_called);
        found.extend(group.map(|id| (id, What::Group)));
        if is_called(&row.id) {
            found.insert(row.id.clone(), What::Change(Box::new(row)));
        }
    }
    let acts = app.operations(owner, usize::MAX).await;
    let acts = acts.map_err(BrowseError::Store)?.into_iter();
    found.extend(acts.map(|act| (act.id, What::Act)));
    let plans = app.plans(owner).await?.into_iter();
    found.extend(plans.map(|plan| (plan.id, What::Plan)));
    found.retain(|id, _| is_called(id));
    Ok(found)
}

/// A change, what it belongs to, and what became of it.
fn text_of(output: &Output, styles: &Styles, row: &ChangeRow) -> String {
    let change = &row.change;
    let id = |id: &Id| short(id.as_str()).to_owned();
    let told = |words: &str, of: &Option<Id>| {
        let of = of.as_ref();
        of.map(|of| format!("  {words} {}: anirewind show {0}", id(of)))
    };
    let mut lines = vec![
        line(output, &styles.of(row.owner), row, &Ids::default()),
        format!(
            "  {} {}, {}",
            change.media_type.word(),
            change.media,
            by(change.source.as_str())
        ),
    ];
    let belongs = [
        told("part of group", &change.group),
        told("part of operation", &change.operation),
        told("takes back", &change.undoes),
        told("taken back by", &row.undone_by),
        told("put back by operation", &row.put_back_by),
    ];
    lines.extend(belongs.into_iter().flatten());
    let is_over = row.undone_by.is_some() || row.put_back_by.is_some();
    if undoable(change).is_ok() && !is_over {
        let is_undo = change.outcome == ChangeOutcome::Undone && change.source != Source::Redo;
        let (words, verb) = if is_undo {
            ("Do it again", "redo")
        } else {
            ("Take it back", "undo")
        };
        lines.push(format!("{words} with: anirewind {verb} {}", id(&row.id)));
    }
    lines.join("\n")
}
