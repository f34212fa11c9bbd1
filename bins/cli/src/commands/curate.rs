//! `snapshot keep`, `unkeep`, `note`, `delete`, `undelete`

use anirewind_core::{App, SnapshotRow, TrashItem, count};
use serde_json::{Value, json};

use crate::json::{instant_json, snapshot_json};
use crate::output::{Failure, Output};

pub(crate) async fn keep(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    reference: &str,
    name: Option<&str>,
    until: Option<jiff::civil::Date>,
) -> Result<u8, Failure> {
    let row = find(app, profile, reference).await?;
    let until = until.map(|day| app.end_of_day(day)).transpose()?;
    let row = app.keep(&row, name.map(str::to_owned), until).await?;
    let shown = until.map_or_else(
        || "until you say otherwise".to_owned(),
        |until| format!("until the end of {}", output.day(until)),
    );
    say(output, &row, &format!("Keeping {} {shown}.", row.file));
    Ok(0)
}

pub(crate) async fn unkeep(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    reference: &str,
) -> Result<u8, Failure> {
    let row = find(app, profile, reference).await?;
    let row = app.unkeep(&row).await?;
    say(
        output,
        &row,
        &format!("{} follows the rules again.", row.file),
    );
    Ok(0)
}

pub(crate) async fn note(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    reference: &str,
    text: &str,
) -> Result<u8, Failure> {
    let row = find(app, profile, reference).await?;
    let row = app.note(&row, text).await?;
    let done = if row.mark.note.is_some() {
        "Noted."
    } else {
        "The note is gone."
    };
    say(output, &row, done);
    Ok(0)
}

async fn find(app: &App, profile: Option<&str>, reference: &str) -> Result<SnapshotRow, Failure> {
    app.refresh_catalogue().await?;
    Ok(app.find_row(reference, profile).await?)
}

fn say(output: &Output, row: &SnapshotRow, text: &str) {
    output.result("snapshot", || snapshot_json(row), || text.to_owned());
}

pub(crate) async fn delete(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    references: &[String],
    is_dry: bool,
) -> Result<u8, Failure> {
    let mut rows: Vec<SnapshotRow> = Vec::new();
    for reference in references {
        let row = find(app, profile, reference).await?;
        if rows.iter().all(|known| known.file != row.file) {
            rows.push(row);
        }
    }
    // All are looked at before the first one goes.
    for row in &rows {
        if let Some(reason) = app.lock_of(row).await? {
            let file = row.file.clone();
            return Err(anirewind_core::CurateError::Locked { file, reason }.into());
        }
    }
    let list: Vec<_> = rows
        .iter()
        .map(|row| format!("  {}  {}", row.file, count(row.counts.total(), "title")))
        .collect();
    let (all, _) = app.snapshot_totals(None).await?;
    let what = format!(
        "Delete {}? Others that stay: {}.\n{}",
        count(rows.len(), "snapshot"),
        all.saturating_sub(rows.len()),
        list.join("\n")
    );
    if is_dry {
        output.result(
            "delete",
            || rows.iter().map(snapshot_json).collect(),
            || format!("{what}\nNothing was done."),
        );
        return Ok(0);
    }
    if !output.confirm(&what, "delete")? {
        output.talk("Left as they are.");
        return Ok(0);
    }
    let mut gone = Vec::new();
    let mut failures = Vec::new();
    for row in &rows {
        // What is locked may have changed with each that went.
        match app.delete(row).await {
            Ok(()) => gone.push(row),
            Err(error) => failures.push(Failure::from(error)),
        }
    }
    output.result(
        "delete",
        || gone.iter().map(|row| snapshot_json(row)).collect(),
        || {
            let id = gone.first().and_then(|row| row.id.as_str().get(..6));
            format!(
                "{} went into the trash. Bring back with: anirewind snapshot undelete {}",
                count(gone.len(), "snapshot"),
                id.unwrap_or("ID")
            )
        },
    );
    for failure in &failures {
        output.warn(failure);
    }
    Ok(match (gone.is_empty(), failures.first()) {
        (_, None) => 0,
        (true, Some(failure)) => failure.status,
        (false, Some(_)) => 3,
    })
}

pub(crate) async fn undelete(
    app: &App,
    output: &Output,
    reference: Option<&str>,
) -> Result<u8, Failure> {
    let Some(reference) = reference else {
        let items = app.trash().await?;
        output.result(
            "trash",
            || items.iter().map(json_of).collect(),
            || {
                if items.is_empty() {
                    return "The trash is empty.".to_owned();
                }
                let lines = items.iter().map(|item| text_of(output, item));
                lines.collect::<Vec<_>>().join("\n")
            },
        );
        return Ok(0);
    };
    let item = app.undelete(reference).await?;
    output.result(
        "undelete",
        || json_of(&item),
        || {
            format!(
                "{} is back, and is kept for {} days.",
                item.file,
                anirewind_core::BACK_FOR
            )
        },
    );
    Ok(0)
}

fn json_of(item: &TrashItem) -> Value {
    json!({
        "id": item.id.as_ref().map(anirewind_core::SnapshotId::as_str),
        "file": item.file,
        "at": instant_json(item.at),
        "titles": item.counts.map(anirewind_core::model::Counts::total),
        "reason": item.reason.map(anirewind_core::Reason::as_str),
    })
}

fn text_of(output: &Output, item: &TrashItem) -> String {
    let id = item.id.as_ref().map_or("????", |id| id.as_str());
    let holds = item.counts.map_or_else(
        || "cannot be read".to_owned(),
        |counts| count(counts.total(), "title"),
    );
    let why = match item.reason {
        Some(anirewind_core::Reason::Rules) => "by the rules",
        Some(anirewind_core::Reason::Asked) => "deleted",
        None => "",
    };
    format!(
        "{}  {}  {holds}  {why} {}",
        id.get(..6).unwrap_or(id),
        item.file,
        output.time(item.at)
    )
}
