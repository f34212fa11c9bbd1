//! `snapshot import`

use std::collections::BTreeMap;
use std::path::Path;

use anirewind_core::{App, ImportItem, ImportPlan, are, count};
use serde_json::{Value, json};

use crate::json::{instant_json, key};
use crate::output::{Failure, Output};

pub(crate) async fn run(
    app: &App,
    output: &Output,
    path: &Path,
    taken_at: Option<jiff::civil::Date>,
    is_dry: bool,
) -> Result<u8, Failure> {
    let taken_at = taken_at.map(|day| app.end_of_day(day)).transpose()?;
    let plan = app.plan_import(path, taken_at).await?;
    for file in &plan.unreadable {
        output.talk(&format!("not understood: {}", file.problem));
    }
    let new = plan
        .items
        .iter()
        .filter(|item| item.already.is_none())
        .count();
    let status = if plan.unreadable.is_empty() { 0 } else { 3 };
    if plan.items.is_empty() {
        let mut failure = Failure::failed(format!("nothing in {} is understood", path.display()));
        failure.hint = Some("Nothing was taken.".to_owned());
        return Err(failure);
    }
    let text = text_of(output, &plan);
    if is_dry || new == 0 {
        output.result(
            "import",
            || json_of(&plan, &[]),
            || format!("{text}\nNothing was taken."),
        );
        return Ok(status);
    }
    let question = format!("{text}\nTake {}?", count(new, "snapshot"));
    if !output.confirm(&question, "import")? {
        output.talk("Nothing was taken.");
        return Ok(0);
    }
    let imported = app.import(&plan).await?;
    output.result(
        "import",
        || json_of(&plan, &imported.taken),
        || {
            let taken = count(imported.taken.len(), "snapshot");
            format!("{taken} taken, {} here already.", imported.already)
        },
    );
    Ok(status)
}

/// One line for each program and owner: "46 PlexAniBridge files of hana, 2025-10-04 to …".
fn text_of(output: &Output, plan: &ImportPlan) -> String {
    let mut groups: BTreeMap<(&str, &str), Vec<&ImportItem>> = BTreeMap::new();
    for item in &plan.items {
        let group = (item.form.as_str(), item.owner.name.as_str());
        groups.entry(group).or_default().push(item);
    }
    let mut lines = Vec::new();
    for ((form, owner), items) in groups {
        let (first, last) = (items.first(), items.last());
        let days = first
            .zip(last)
            .map(|(first, last)| format!("{} to {}", output.day(first.at), output.day(last.at)));
        lines.push(format!(
            "{} of {form}, of {owner}, {}",
            count(items.len(), "file"),
            days.unwrap_or_default()
        ));
        let mut missing: Vec<String> = Vec::new();
        for item in &items {
            missing.extend(item.not_read.iter().map(|of| of.word().to_owned()));
            missing.extend(
                item.not_recorded
                    .iter()
                    .map(|field| field.as_str().to_owned()),
            );
        }
        missing.sort();
        missing.dedup();
        if !missing.is_empty() {
            lines.push(format!(
                "  They do not hold: {}. That is not compared and never written.",
                missing.join(", ")
            ));
        }
        let already = items.iter().filter(|item| item.already.is_some()).count();
        if already > 0 {
            lines.push(format!(
                "  {already} of them {} here already.",
                are(already)
            ));
        }
    }
    lines.join("\n")
}

fn json_of(plan: &ImportPlan, taken: &[String]) -> Value {
    let items = plan.items.iter().map(|item| {
        json!({
            "path": item.path.display().to_string(),
            "form": item.form.as_str(),
            "user": { "id": item.owner.id.get(), "name": item.owner.name },
            "at": instant_json(item.at),
            "counts": { "anime": item.counts.anime, "manga": item.counts.manga },
            "notRecorded": item.not_recorded.iter().map(|field| key(*field)).collect::<Vec<_>>(),
            "notRead": item.not_read.iter().map(|of| of.as_str()).collect::<Vec<_>>(),
            "already": item.already,
        })
    });
    let unreadable = plan.unreadable.iter();
    json!({
        "items": items.collect::<Vec<_>>(),
        "unreadable": unreadable.map(|file| json!({ "file": file.file, "problem": file.problem, "technical": file.technical })).collect::<Vec<_>>(),
        "taken": taken,
    })
}
