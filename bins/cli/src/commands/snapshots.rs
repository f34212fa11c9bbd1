//! `snapshots`

use anirewind_core::{App, SnapshotRow, Standing};
use comfy_table::{CellAlignment, Table, presets};
use indicatif::HumanBytes;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use crate::output::{Failure, Output, age};

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    limit: usize,
) -> Result<u8, Failure> {
    let owner = match profile {
        Some(profile) => Some(app.account_row(profile).await?.account.id),
        None => None,
    };
    let report = app.refresh_catalogue().await?;
    let mut rows = app.snapshots(owner).await?;
    let (count, size) = (rows.len(), rows.iter().map(|row| row.size).sum::<u64>());
    if limit > 0 {
        rows.truncate(limit);
    }
    output.result(
        "snapshots",
        || rows.iter().map(snapshot).collect(),
        || {
            if rows.is_empty() {
                return format!(
                    "No snapshot in {} yet. Take one: anirewind backup",
                    app.backups().display()
                );
            }
            format!(
                "{}\n{count} snapshot{}, {}",
                table(app, output, &rows),
                if count == 1 { "" } else { "s" },
                HumanBytes(size)
            )
        },
    );
    for file in &report.unreadable {
        output.talk(&format!(
            "warning: {}; it is left as it is and not listed",
            file.problem
        ));
    }
    Ok(if report.unreadable.is_empty() { 0 } else { 3 })
}

/// A snapshot for machines.
pub(crate) fn snapshot(row: &SnapshotRow) -> Value {
    json!({
        "id": row.id.as_str(),
        "file": row.file,
        "user": { "id": row.owner.id.get(), "name": row.owner.name },
        "createdAt": row.created_at.format(&Rfc3339).ok(),
        "kind": row.kind.as_str(),
        "counts": { "anime": row.counts.anime, "manga": row.counts.manga },
        "size": row.size,
        "fileHash": row.file_hash.to_string(),
        "contentHash": row.content_hash.to_string(),
        "delta": row.delta.map(|delta| json!({
            "added": delta.added, "changed": delta.changed, "removed": delta.removed
        })),
        "standing": row.standing.as_str(),
        "verifiedAt": row.verified_at.format(&Rfc3339).ok(),
    })
}

fn table(app: &App, output: &Output, rows: &[SnapshotRow]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "ID", "CREATED", "AGE", "USER", "TITLES", "CHANGE", "SIZE", "KIND",
    ]);
    for row in rows {
        let id = row.id.as_str().get(..4).unwrap_or_default();
        let change = row.delta.map_or_else(String::new, |delta| {
            format!("+{} ~{} -{}", delta.added, delta.changed, delta.removed)
        });
        let note = if row.standing == Standing::Suspect {
            "  unusual drop"
        } else {
            ""
        };
        table.add_row([
            unique(id, row, rows),
            output.time(row.created_at),
            age(row.created_at, app.now()),
            row.owner.name.clone(),
            format!("{} A  {} M", row.counts.anime, row.counts.manga),
            change,
            HumanBytes(row.size).to_string(),
            format!("{}{note}", row.kind.as_str()),
        ]);
    }
    if let Some(column) = table.column_mut(6) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// The shortest beginning of an id, of four characters or more, that no other one has.
fn unique(short: &str, row: &SnapshotRow, rows: &[SnapshotRow]) -> String {
    let id = row.id.as_str();
    let is_unique = |length: usize| {
        let start = id.get(..length).unwrap_or(id);
        rows.iter()
            .filter(|other| other.id.as_str().starts_with(start))
            .count()
            == 1
    };
    let length = (short.len()..=id.len())
        .find(|length| is_unique(*length))
        .unwrap_or(id.len());
    id.get(..length).unwrap_or(id).to_owned()
}
