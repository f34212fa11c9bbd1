//! `backup`

use anirewind_core::{App, Captured, Kind, Standing, count};
use serde_json::{Value, json};

use crate::arguments::BackupArguments;
use crate::json::snapshot_json;
use crate::output::{Failure, Output};
use crate::paint::Ink;

/// A snapshot was saved, and something about it is unusual.
const UNUSUAL: u8 = 10;

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    arguments: &BackupArguments,
) -> Result<u8, Failure> {
    let targets = app.targets(profile).await?;
    // Files that were dropped in since are known before the new one is compared with the last.
    app.refresh_catalogue().await?;
    let follower = output.follow(app.events());
    let outcomes = app.capture_all(&targets, Kind::Manual).await;
    drop(follower);
    let mut saved = Vec::new();
    let mut failures = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(mut captured) => {
                if let Some(note) = &arguments.note {
                    captured.snapshot = app.note(&captured.snapshot, note).await?;
                }
                if arguments.keep {
                    captured.snapshot = app.keep(&captured.snapshot, None, None).await?;
                }
                saved.push(captured);
            }
            Err(error) => failures.push(Failure::from(error)),
        }
    }
    if saved.is_empty()
        && let Some(last) = failures.pop()
    {
        for failure in &failures {
            output.warn(failure);
        }
        return Err(last);
    }
    output.result(
        "backup",
        || saved.iter().map(json_of).collect(),
        || {
            saved
                .iter()
                .map(|captured| text_of(app, captured))
                .collect::<Vec<_>>()
                .join("\n")
        },
    );
    for failure in &failures {
        output.warn(failure);
    }
    let is_unusual = |captured: &Captured| captured.snapshot.open_alarms().next().is_some();
    Ok(match failures.is_empty() {
        false => 3,
        true if saved.iter().any(is_unusual) => UNUSUAL,
        true => 0,
    })
}

fn json_of(captured: &Captured) -> Value {
    let mut json = snapshot_json(&captured.snapshot);
    if let Some(object) = json.as_object_mut() {
        object.insert("profile".to_owned(), json!(captured.profile));
        object.insert("unresolved".to_owned(), json!(captured.unresolved));
        let counted = captured
            .counted
            .map(|c| json!({ "anime": c.anime, "manga": c.manga }));
        object.insert("counted".to_owned(), json!(counted));
    }
    json
}

fn text_of(app: &App, captured: &Captured) -> String {
    let path = app.backups().join(&captured.snapshot.file);
    let mut lines = vec![
        format!("{}: {captured}", captured.profile),
        path.display().to_string(),
    ];
    if captured.unresolved > 0 {
        lines.push(format!(
            "AniList would not say the custom lists or advanced scores of {}, and they are not \
             recorded in this snapshot",
            count(captured.unresolved, "title")
        ));
    }
    if let Some(counted) = captured.counted {
        lines.push(format!(
            "AniList's statistics count {} anime and {} manga, which is not what its lists held",
            counted.anime, counted.manga
        ));
    }
    let row = &captured.snapshot;
    for alarm in row.open_alarms() {
        let unusual = Ink::Alarm.paint(&format!("Unusual: {alarm}"));
        lines.push(format!("{unusual}. Was this you?"));
    }
    if row.open_alarms().next().is_some() {
        let trust = if row.standing() == Standing::Suspect {
            "The snapshot is kept but not believed; the last good one is untouched. "
        } else {
            ""
        };
        lines.push(format!(
            "{trust}No old snapshot goes until you answer: anirewind alarm list"
        ));
    }
    lines.join("\n  ")
}
