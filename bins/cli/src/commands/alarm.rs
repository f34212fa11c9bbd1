//! `alarm`

use anirewind_core::{AnswerVerdict, App, OpenAlarm, count};
use serde_json::{Value, json};

use crate::arguments::AlarmCommand;
use crate::json::{alarm_json, snapshot_json};
use crate::output::{Failure, Output};
use crate::paint::Ink;

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    command: &AlarmCommand,
) -> Result<u8, Failure> {
    app.refresh_catalogue().await?;
    let owner = match profile {
        Some(profile) => Some(app.account_row(profile).await?.account.id),
        None => None,
    };
    let open = app.alarms_with_bases(owner).await?;
    let verdict = match command {
        AlarmCommand::List => {
            output.result(
                "alarms",
                || open.iter().map(json_of).collect(),
                || text_of(output, &open),
            );
            return Ok(0);
        }
        AlarmCommand::Accept => AnswerVerdict::Expected,
        AlarmCommand::Close => AnswerVerdict::NotMe,
    };
    if open.is_empty() {
        output.result("alarms", || json!([]), || text_of(output, &open));
        return Ok(0);
    }
    let mut owners: Vec<_> = open.iter().map(|alarm| alarm.snapshot.owner.id).collect();
    owners.sort_unstable();
    owners.dedup();
    let [owner] = owners.as_slice() else {
        return Err(Failure::usage(
            "there are alarms of several accounts; say of which with --profile",
        ));
    };
    let said = match verdict {
        AnswerVerdict::Expected => {
            "This is how the list should be, and old snapshots go by the rules again."
        }
        AnswerVerdict::NotMe => {
            "This is not how the list should be, it is dealt with, and old snapshots go by the rules again."
        }
    };
    if !output.confirm(
        &format!("{}\nYou say: {said}", text_of(output, &open)),
        "answer",
    )? {
        output.talk("Left as it is.");
        return Ok(0);
    }
    let answered = open
        .iter()
        .filter(|alarm| alarm.snapshot.owner.id == *owner)
        .count();
    app.answer_alarms(&open, verdict).await?;
    output.result(
        "alarms",
        || open.iter().map(json_of).collect(),
        || format!("Answered for {}.", count(answered, "snapshot")),
    );
    Ok(0)
}

fn json_of(open: &OpenAlarm) -> Value {
    let row = &open.snapshot;
    json!({
        "snapshot": snapshot_json(row),
        "alarms": open.alarms.iter().map(|alarm| alarm_json(row, alarm)).collect::<Vec<_>>(),
        "before": open.before.as_ref().map(snapshot_json),
    })
}

fn text_of(output: &Output, open: &[OpenAlarm]) -> String {
    if open.is_empty() {
        return "Nothing unusual is unanswered.".to_owned();
    }
    let mut lines = Vec::new();
    for open in open {
        let row = &open.snapshot;
        let id = row.id.as_str().get(..6).unwrap_or_default();
        let name = &row.owner.name;
        for alarm in &open.alarms {
            lines.push(format!(
                "{}  {}  {name}  {}",
                Ink::Id.paint(id),
                output.time(row.created_at),
                Ink::Alarm.paint(&alarm.to_string())
            ));
        }
        if row.public {
            lines.push(
                "        Read without a token: what is missing was removed, or made private"
                    .to_owned(),
            );
        }
        if let Some(before) = &open.before {
            let before = before.id.as_str().get(..6).unwrap_or_default();
            lines.push(format!("        Look closer: anirewind diff {before} {id}"));
        }
    }
    lines.push(
        "Until it is answered no old snapshot goes. Was it you? anirewind alarm accept. If not, put it \
         right, then: anirewind alarm close"
            .to_owned(),
    );
    lines.join("\n")
}
