//! `verify`

use anirewind_core::{App, VerifyReport, count};
use serde_json::{Value, json};

use crate::arguments::VerifyArguments;
use crate::json::snapshot_json;
use crate::output::{Failure, Output};

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    arguments: &VerifyArguments,
) -> Result<u8, Failure> {
    if let Some(reference) = &arguments.reference {
        return one(app, output, profile, reference).await;
    }
    let owner = match profile {
        Some(profile) => Some(app.account_row(profile).await?.account.id),
        None => None,
    };
    let report = app.verify(owner).await?;
    output.result("verify", || json_of(&report), || text_of(&report));
    Ok(u8::from(!report.is_fine()))
}

async fn one(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    reference: &str,
) -> Result<u8, Failure> {
    app.refresh_catalogue().await?;
    let row = app.find_row(reference, profile).await?;
    let row = app.verify_row(row).await?;
    output.result(
        "verify",
        || json!({ "read": 1, "damaged": row.damage.iter().collect::<Vec<_>>(), "snapshot": snapshot_json(&row) }),
        || match &row.damage {
            Some(problem) => format!("{problem}\nIt is not used. All others are."),
            None => format!("{} is what was written, byte for byte.", row.file),
        },
    );
    Ok(u8::from(row.damage.is_some()))
}

fn json_of(report: &VerifyReport) -> Value {
    let damaged = report.damaged.iter();
    json!({
        "read": report.read,
        "damaged": damaged.map(|file| json!({ "file": file.file, "problem": file.problem })).collect::<Vec<_>>(),
        "misnamed": report.misnamed.iter().map(|file| json!({ "file": file.file, "problem": file.problem })).collect::<Vec<_>>(),
        "unlinked": report.unlinked,
        "added": report.added,
        "gone": report.gone,
        "catalogue": report.catalogue,
    })
}

fn text_of(report: &VerifyReport) -> String {
    let mut lines = vec![format!("{} read.", count(report.read, "snapshot"))];
    if report.added + report.gone > 0 {
        lines.push(format!(
            "The catalogue did not know {} and knew {} that are gone; it follows the folder now.",
            report.added, report.gone
        ));
    }
    lines.extend(report.unlinked.iter().map(|file| {
        format!("{file} follows a snapshot that is not here and was not removed from here.")
    }));
    lines.extend(
        report
            .catalogue
            .iter()
            .map(|problem| format!("The catalogue: {problem}")),
    );
    lines.extend(report.misnamed.iter().map(|file| file.problem.clone()));
    lines.extend(report.damaged.iter().map(|file| file.problem.clone()));
    lines.push(if report.damaged.is_empty() {
        "None is damaged: each of ours is what was written, byte for byte.".to_owned()
    } else {
        "These are not used. All others are, and no old one is removed meanwhile.".to_owned()
    });
    lines.join("\n")
}
