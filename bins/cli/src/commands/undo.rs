//! `undo`, `redo`

use anirewind_core::model::ScoreFormat;
use anirewind_core::{
    App, Choices, Conflict, PlannedTitle, StepKind, UndoError, UndoPlan, UndoReport, summary_of,
    value_of,
};
use serde_json::{Value, json};

use crate::arguments::{Prefer, UndoArguments};
use crate::commands::log::{change_json, short};
use crate::json::{key, value_json};
use crate::output::{Failure, Output};

const PARTLY: u8 = 3;

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    arguments: &UndoArguments,
    is_redo: bool,
) -> Result<u8, Failure> {
    app.refresh_catalogue().await?;
    let mut choices = match arguments.prefer {
        Prefer::Before => Choices::everything(),
        Prefer::Ask | Prefer::Now => Choices::default(),
    };
    choices.fields.extend(arguments.fields.iter().copied());
    let plan = if let Some(back_to) = &arguments.back_to {
        app.plan_back_to(profile, back_to, choices).await?
    } else if is_redo {
        app.plan_redo(profile, &arguments.ids, choices).await?
    } else {
        app.plan_undo(profile, &arguments.ids, choices).await?
    };
    let text = plan_text(&plan);
    let conflicts = plan
        .titles
        .iter()
        .filter(|t| !t.conflicts.is_empty())
        .count();
    let writes = plan.titles.iter().filter(|t| t.step.is_some()).count();
    if arguments.dry_run || (writes == 0 && (conflicts == 0 || arguments.prefer == Prefer::Now)) {
        output.result(
            "undo-plan",
            || plan_json(&plan),
            || {
                if arguments.dry_run {
                    format!("{text}\nNothing was sent.")
                } else {
                    format!("{text}\nNothing to do.")
                }
            },
        );
        return Ok(0);
    }
    if conflicts > 0 && arguments.prefer == Prefer::Ask {
        output.talk(&text);
        return Err(UndoError::Undecided { count: conflicts }.into());
    }
    let plural = if writes == 1 { "" } else { "s" };
    let question = format!("{text}\nSend {writes} change{plural} to AniList?");
    if !output.confirm(&question, "send")? {
        output.talk("Nothing was sent.");
        return Ok(0);
    }
    let follower = output.follow(app.events());
    let report = app.apply_undo(&plan).await?;
    drop(follower);
    Ok(tell(output, &report))
}

/// Prints how an act ended, and says with which status to end.
pub(crate) fn tell(output: &Output, report: &UndoReport) -> u8 {
    let failed = report
        .steps
        .iter()
        .filter(|step| !matches!(step.state.as_str(), "done" | "already"));
    let failed: Vec<_> = failed.collect();
    output.result(
        "operation",
        || crate::commands::history::operation_json(&report.operation, &report.steps),
        || {
            let mut lines: Vec<_> = failed
                .iter()
                .map(|step| {
                    let title = step.title.clone().unwrap_or_else(|| step.media.to_string());
                    let problem = step.problem.as_deref().unwrap_or(&step.state);
                    format!("x {title}: {problem}")
                })
                .collect();
            let done = report.steps.len() - failed.len();
            let proof = if failed.is_empty() {
                "read back and verified"
            } else {
                "the others are named above"
            };
            lines.push(format!("{done} of {} done, {proof}.", report.steps.len()));
            lines.push(format!(
                "Take it back with: anirewind undo {}",
                short(report.operation.id.as_str())
            ));
            lines.join("\n")
        },
    );
    if failed.is_empty() { 0 } else { PARTLY }
}

fn plan_text(plan: &UndoPlan) -> String {
    let mut lines = Vec::new();
    for title in &plan.titles {
        lines.extend(title_lines(title, &plan.score_format));
    }
    lines.extend(
        plan.refused
            .iter()
            .map(|(row, reason)| format!("= {}: {reason}", short(row.id.as_str()))),
    );
    let count = |kind| {
        let steps = plan.titles.iter().filter_map(|title| title.step.as_ref());
        steps.filter(|step| step.kind == kind).count()
    };
    lines.push(format!(
        "{} changed back, {} added back, {} removed, {} edited since, {} already so",
        count(StepKind::Write),
        count(StepKind::Add),
        count(StepKind::Remove),
        plan.titles
            .iter()
            .filter(|t| !t.conflicts.is_empty())
            .count(),
        plan.titles
            .iter()
            .filter(|t| t.step.is_none() && t.conflicts.is_empty())
            .count()
    ));
    lines.push(
        "Cannot come back: ids of entries, the times they were made and saved, posts in the feed. A safety \
         snapshot is taken first."
            .to_owned(),
    );
    lines.join("\n")
}

fn title_lines(title: &PlannedTitle, format: &ScoreFormat) -> Vec<String> {
    let name = title
        .title
        .clone()
        .unwrap_or_else(|| title.media.to_string());
    let mut lines = Vec::new();
    let target = title.now.clone().map(|mut entry| {
        if let Some(values) = &title.target {
            entry.values = values.clone();
        }
        entry
    });
    match (&title.step, &title.now) {
        (Some(step), Some(now)) if step.kind == StepKind::Write => {
            for field in anirewind_core::model::EntryField::ALL {
                let Some(target) = &target else { continue };
                let (was, is) = (
                    value_of(now, field, format),
                    value_of(target, field, format),
                );
                if was != is {
                    lines.push(format!("~ {name}  {} {was} -> {is}", field.as_str()));
                }
            }
        }
        (Some(step), Some(now)) if step.kind == StepKind::Remove => {
            let is = summary_of(now, format);
            lines.push(format!("- {name}  is removed from AniList; it is {is}"));
        }
        (Some(_), _) => {
            let before = title
                .changes
                .last()
                .and_then(|row| row.change.before.clone());
            let added = before.map(|mut entry| {
                if let Some(values) = &title.target {
                    entry.values = values.clone();
                }
                summary_of(&entry, format)
            });
            let added = added.unwrap_or_default();
            lines.push(format!("+ {name}  is added again: {added}"));
        }
        (None, _) if title.conflicts.is_empty() => lines.push(format!("= {name}  is so already")),
        (None, _) => {}
    }
    for conflict in &title.conflicts {
        lines.push(match conflict {
            Conflict::Gone => format!("! {name}  is no longer on the list"),
            Conflict::Edited => format!("! {name}  was edited since it was added"),
            Conflict::Field(field) => {
                let before = title
                    .changes
                    .last()
                    .and_then(|row| row.change.before.as_ref());
                let after = title
                    .changes
                    .first()
                    .and_then(|row| row.change.after.as_ref());
                let show = |entry: Option<&anirewind_core::model::Entry>| {
                    entry.map_or_else(|| "-".to_owned(), |entry| value_of(entry, *field, format))
                };
                format!(
                    "! {name}  {} was edited since: {} before, {} by the change, {} now",
                    field.as_str(),
                    show(before),
                    show(after),
                    show(title.now.as_ref())
                )
            }
        });
    }
    lines.extend(title.notes.iter().map(|note| format!("  {name}  {note}")));
    lines
}

fn plan_json(plan: &UndoPlan) -> Value {
    let titles = plan.titles.iter().map(|title| {
        let conflicts = title.conflicts.iter().map(|conflict| match conflict {
            Conflict::Gone => json!("gone"),
            Conflict::Edited => json!("edited"),
            Conflict::Field(field) => json!(key(*field)),
        });
        json!({
            "mediaId": title.media.get(),
            "type": title.media_type.as_str(),
            "title": title.title,
            "fields": title.step.as_ref().map(|step| {
                let fields = anirewind_core::model::EntryField::ALL.into_iter();
                let sent = fields.filter(|field| step.write.get(*field).is_recorded());
                sent.map(|field| {
                    let now = title.now.as_ref().and_then(|now| value_json(&now.values.get(field)));
                    let both = json!({ "now": now, "sent": value_json(&step.write.get(field)) });
                    (key(field).to_owned(), both)
                })
                .collect::<serde_json::Map<_, _>>()
            }),
            "action": title.step.as_ref().map(|step| step.kind.as_str()),
            "conflicts": conflicts.collect::<Vec<_>>(),
            "notes": title.notes,
            "changes": title.changes.iter().map(change_json).collect::<Vec<_>>(),
        })
    });
    let refused = plan.refused.iter();
    json!({
        "what": plan.what,
        "titles": titles.collect::<Vec<_>>(),
        "refused": refused
            .map(|(row, reason)| json!({ "id": row.id.as_str(), "reason": reason }))
            .collect::<Vec<_>>(),
    })
}
