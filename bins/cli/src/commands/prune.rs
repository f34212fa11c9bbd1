//! `snapshot prune`

use anirewind_core::{App, Fate, Hold, RetentionPlan, SnapshotRow, count};
use serde_json::{Value, json};

use crate::commands::snapshots::{fate_words, pruned_words, with_fate};
use crate::output::{Failure, Output};

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    is_dry: bool,
) -> Result<u8, Failure> {
    app.refresh_catalogue().await?;
    let owners = match profile {
        Some(profile) => vec![app.account_row(profile).await?.account.id],
        None => app.owners().await?.iter().map(|owner| owner.id).collect(),
    };
    let mut plans = Vec::new();
    for owner in owners {
        let plan = app.retention_plan(owner).await?;
        let rows = app.snapshots(Some(owner)).await?;
        plans.push((plan, rows));
    }
    let text = plans
        .iter()
        .map(|(plan, rows)| text_of(output, plan, rows))
        .collect::<Vec<_>>()
        .join("\n");
    let going: usize = plans
        .iter()
        .map(|(plan, _)| plan.going.len() + plan.leaving.len())
        .sum();
    if is_dry {
        output.result(
            "prune",
            || {
                plans
                    .iter()
                    .map(|(plan, rows)| json_of(plan, rows))
                    .collect()
            },
            || format!("{text}\nNothing was done."),
        );
        return Ok(0);
    }
    if going > 0 {
        let question = format!("{text}\nLet {} go as this says?", count(going, "file"));
        if !output.confirm(&question, "prune")? {
            output.talk("Left as they are.");
            return Ok(0);
        }
    }
    let mut lines = Vec::new();
    for (plan, _) in &plans {
        let pruned = app.prune_shown(plan.owner, Some(plan)).await?;
        lines.push(pruned_words(&pruned));
    }
    output.result(
        "prune",
        || {
            plans
                .iter()
                .map(|(plan, rows)| json_of(plan, rows))
                .collect()
        },
        || {
            if going == 0 {
                lines.insert(0, text.clone());
            }
            lines.join("\n")
        },
    );
    Ok(0)
}

/// Each of the snapshots that were there when it was planned what becomes of them.
fn fates<'a>(
    plan: &'a RetentionPlan,
    rows: &'a [SnapshotRow],
) -> impl Iterator<Item = (&'a SnapshotRow, &'a Fate)> {
    let fates = rows.iter();
    fates.filter_map(|row| Some((row, plan.outlook.fate(&row.file)?)))
}

fn json_of(plan: &RetentionPlan, rows: &[SnapshotRow]) -> Value {
    let fates: Vec<_> = fates(plan, rows)
        .map(|(row, _)| with_fate(row, &plan.outlook))
        .collect();
    json!({ "snapshots": fates, "leavingTrash": plan.leaving, "held": plan.outlook.hold.is_some() })
}

fn text_of(output: &Output, plan: &RetentionPlan, rows: &[SnapshotRow]) -> String {
    let mut lines: Vec<_> = fates(plan, rows)
        .map(|(row, fate)| {
            let words = fate_words(output, fate, plan.outlook.hold.as_ref());
            format!("{}  {}  {words}", output.time(row.created_at), row.file)
        })
        .collect();
    lines.extend(
        plan.leaving
            .iter()
            .map(|file| format!("trash/{file}  is removed for good")),
    );
    lines.extend(plan.outlook.hold.as_ref().map(|hold| match hold {
        Hold::OpenAlarm => {
            "Nothing goes while something unusual is unanswered: anirewind alarm list".to_owned()
        }
        Hold::Damage { file } => format!("Nothing goes while {file} is damaged: anirewind verify"),
    }));
    lines.join("\n")
}
