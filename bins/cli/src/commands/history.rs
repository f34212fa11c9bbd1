//! `list`, `op`

use anirewind_core::model::{Entry, UserId};
use anirewind_core::{
    ActError, App, BrowseError, Code, OperationRow, Report, StepRow, Style, Wanted, count,
    summary_of, title_of,
};
use serde_json::json;

use crate::arguments::{JobCommand, OpCommand};
use crate::commands::acts::Acts;
use crate::commands::{acts, job, restore, undo};
use crate::ids::short;
use crate::json::{entry_json, instant_json, operation_json};
use crate::output::{Failure, Output, Record};
use crate::style::{Styles, named};

async fn owner(app: &App, profile: Option<&str>) -> Result<UserId, Failure> {
    Ok(app.one_account(profile).await?.account.id)
}

pub(crate) async fn list(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    at: Option<&str>,
    with_entries: bool,
) -> Result<u8, Failure> {
    app.refresh_catalogue().await?;
    let owner = owner(app, profile).await?;
    let moment = match at {
        Some(at) => app.moment(at)?,
        None => app.now(),
    };
    let found = app.list_at(owner, moment).await?;
    let found = found.ok_or_else(|| no_list(at))?;
    let counts = found.list.counts();
    let list = named(app, &found.list).await?;
    let style = Styles::read(app).await?.of_list(&list);
    output.list(
        "list",
        || {
            let entries = with_entries.then(|| {
                let entries = list.entries.iter();
                entries.map(entry_json).collect::<Vec<_>>()
            });
            json!({
                "at": instant_json(moment),
                "exact": found.is_exact,
                "seenUntil": instant_json(found.seen_until),
                "snapshot": found.snapshot.id.as_str(),
                "changes": found.changes,
                "counts": { "anime": counts.anime, "manga": counts.manga },
                "entries": entries,
            })
        },
        || {
            let entries = list.entries.iter();
            entries.map(|entry| record(entry, &style)).collect()
        },
        || {
            let of = match at {
                Some(_) => format!("at {}", output.time(moment)),
                None => "now".to_owned(),
            };
            let mut lines = vec![format!(
                "The list {of}: {} anime, {} manga",
                counts.anime, counts.manga
            )];
            lines.push(if found.is_exact {
                "  exactly so".to_owned()
            } else {
                format!("  as it was seen at {}", output.time(found.seen_until))
            });
            lines.push(format!(
                "  from snapshot {} and {} since",
                short(found.snapshot.id.as_str()),
                count(found.changes, "change")
            ));
            if with_entries {
                lines.extend(list.entries.iter().map(|entry| {
                    format!(
                        "{}  {}",
                        title_of(entry, &style.titles),
                        summary_of(entry, &style.scores)
                    )
                }));
            }
            lines.join("\n")
        },
    );
    Ok(0)
}

fn record(entry: &Entry, style: &Style) -> Record {
    vec![
        entry.media_type.as_str().to_owned(),
        entry.media.to_string(),
        title_of(entry, &style.titles),
        summary_of(entry, &style.scores),
    ]
}

/// No good snapshot is from before that moment.
fn no_list(at: Option<&str>) -> Failure {
    let of = at.map_or_else(|| "yet".to_owned(), |at| format!("from before {at}"));
    Failure {
        code: Code::NotFound.as_str(),
        status: Code::NotFound.exit_status(),
        message: format!("there is no good snapshot {of} to make the list from"),
        hint: Some(
            "Those there are: anirewind snapshots. The list on AniList now: anirewind show live"
                .to_owned(),
        ),
    }
}

pub(crate) async fn op(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    command: &OpCommand,
) -> Result<u8, Failure> {
    match command {
        OpCommand::Log { limit } => {
            let owner = match profile {
                Some(profile) => Some(app.account_row(profile).await?.account.id),
                None => None,
            };
            let all = app
                .operations(owner, *limit)
                .await
                .map_err(BrowseError::Store)?;
            // JSON holds no more than the rows themselves.
            let told = if output.is_json() {
                &[]
            } else {
                all.as_slice()
            };
            let acts = Acts::read(app, owner, told).await?;
            output.list(
                "operations",
                || {
                    all.iter()
                        .map(|operation| operation_json(operation, &[]))
                        .collect()
                },
                || acts.records(),
                || {
                    if all.is_empty() {
                        return "We have done nothing yet.".to_owned();
                    }
                    acts.text(app.now())
                },
            );
            Ok(0)
        }
        OpCommand::Show { id } => {
            let (operation, steps) = one_operation(app, profile, id).await?;
            let style = Styles::read(app).await?.of(operation.owner);
            let report = Report { operation, steps };
            output.result(
                "operation",
                || operation_json(&report.operation, &report.steps),
                || acts::shown(output, &style, &report),
            );
            Ok(0)
        }
        OpCommand::Import { path, from_profile } => {
            let owner = owner(app, profile).await?;
            let imported = app.import_history(owner, path, from_profile.as_deref());
            let imported = imported.await?;
            output.result(
                "history-import",
                || {
                    json!({
                        "taken": imported.taken,
                        "already": imported.already,
                        "leftOut": imported.left_out.iter().map(|(id, reason)| {
                            json!({ "id": id, "reason": reason })
                        }).collect::<Vec<_>>(),
                    })
                },
                || {
                    let mut lines: Vec<_> = imported
                        .left_out
                        .iter()
                        .map(|(id, reason)| format!("row {id} left out: {reason}"))
                        .collect();
                    lines.push(format!(
                        "{} taken over, {} here already, {} left out.",
                        count(imported.taken, "change"),
                        imported.already,
                        imported.left_out.len()
                    ));
                    lines.join("\n")
                },
            );
            Ok(if imported.left_out.is_empty() { 0 } else { 3 })
        }
        OpCommand::Resume { id } => {
            let command = JobCommand::Resume { id: id.clone() };
            job::run(app, output, profile, &command).await
        }
        OpCommand::Undo { arguments } => {
            if arguments.ids.is_empty() {
                return Err(Failure::usage("name the act: anirewind op log"));
            }
            undo::run(app, output, profile, arguments, false).await
        }
        OpCommand::Restore { id, arguments } => {
            let (operation, _) = one_operation(app, profile, id).await?;
            let wanted = Wanted::Before(operation.id);
            restore::offer(app, output, profile, &wanted, arguments).await
        }
    }
}

/// The one act whose id begins so.
pub(crate) async fn one_operation(
    app: &App,
    profile: Option<&str>,
    id: &str,
) -> Result<(OperationRow, Vec<StepRow>), Failure> {
    let owner = match profile {
        Some(profile) => Some(app.account_row(profile).await?.account.id),
        None => None,
    };
    let found = app.operations_called(owner, id).await;
    let mut found = found.map_err(BrowseError::Store)?;
    let reference = id.to_owned();
    match (found.pop(), found.is_empty()) {
        (None, _) => Err(ActError::NotFound { reference }.into()),
        (Some(one), true) => Ok(one),
        (Some(one), false) => {
            found.push(one);
            let candidates = found.iter().map(|(operation, _)| operation.id.to_string());
            Err(ActError::Ambiguous {
                reference,
                candidates: candidates.collect(),
            }
            .into())
        }
    }
}

pub(crate) fn op_line(output: &Output, operation: &OperationRow) -> String {
    format!(
        "{}  {}  {}  {}{}",
        short(operation.id.as_str()),
        output.time(operation.at),
        operation.what,
        operation.state.as_str(),
        operation
            .problem
            .as_ref()
            .map(|problem| format!(": {problem}"))
            .unwrap_or_default()
    )
}
