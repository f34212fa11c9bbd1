//! `config`

use anirewind_core::view::SettingView;
use anirewind_core::{SettingReport, Settings, SettingsDraft, are};
use serde_json::json;

use crate::arguments::{Arguments, ConfigCommand};
use crate::json::{shape, snapshot_json};
use crate::output::{Failure, Output};
use crate::wiring;

pub(crate) async fn run(
    arguments: &Arguments,
    output: &Output,
    command: &ConfigCommand,
) -> Result<u8, Failure> {
    let sources = wiring::sources(&arguments.global);
    match command {
        ConfigCommand::List => {
            let settings = Settings::read(&sources)?;
            let rows = settings.report();
            output.result(
                "settings",
                || shape(rows.iter().map(SettingView::from).collect::<Vec<_>>()),
                || rows.iter().map(line).collect::<Vec<_>>().join("\n"),
            );
        }
        ConfigCommand::Get { key } => {
            let settings = Settings::read(&sources)?;
            let row = settings.report().iter().find(|row| row.key == key);
            let row = row.ok_or_else(|| unknown(key, &settings))?;
            output.result("setting", || shape(SettingView::from(row)), || value(row));
        }
        ConfigCommand::Set {
            key,
            value,
            allow_losing,
        } => {
            let change = (key.clone(), Some(value.clone()));
            return change_one(arguments, output, change, *allow_losing).await;
        }
        ConfigCommand::Unset { key, allow_losing } => {
            return change_one(arguments, output, (key.clone(), None), *allow_losing).await;
        }
        ConfigCommand::Path => {
            let path = Settings::config_path(&sources)?.display().to_string();
            output.result("path", || json!({ "path": path }), || path.clone());
        }
        ConfigCommand::Check => {
            let settings = Settings::read(&sources)?;
            let count = settings.report().len();
            output.result(
                "check",
                || json!({ "settings": count }),
                || format!("{count} settings make sense."),
            );
        }
    }
    Ok(0)
}

async fn change_one(
    arguments: &Arguments,
    output: &Output,
    change: (String, Option<String>),
    allow_losing: Option<usize>,
) -> Result<u8, Failure> {
    let sources = wiring::sources(&arguments.global);
    let wanted = [change];
    let mut draft = SettingsDraft::new(&sources, &wanted)?;
    let old = Settings::read(&sources).ok();
    let is_narrower = old.is_some_and(|old| old.retention != draft.settings.retention);
    if is_narrower && draft.settings.data.join("anirewind.db").exists() {
        let app = wiring::open(arguments).await?;
        draft = app.plan_settings(&wanted, None).await?;
    }
    let count = draft.going.len();
    let mut agreed = allow_losing;
    if count > 0 && agreed.is_none() && output.can_ask() {
        for row in draft.going.iter().rev() {
            output.talk(&format!("would go: {}", row.file));
        }
        let snapshots = anirewind_core::count(count, "snapshot");
        let question = format!("{snapshots} {} then no longer kept.", are(count));
        if !output.confirm(&question, "yes")? {
            output.talk("Nothing was changed.");
            return Ok(0);
        }
        agreed = Some(count);
    }
    let (changed, going) = (draft.changed.clone(), draft.going.clone());
    draft.save(agreed).map_err(|error| {
        let mut failure = Failure::from(error);
        if count > 0 {
            let hint = failure.hint.take().unwrap_or_default();
            failure.hint = Some(format!("{hint} Add --allow-losing={count}."));
        }
        failure
    })?;
    output.result(
        "settings-changed",
        || {
            let going = going.iter().map(snapshot_json).collect::<Vec<_>>();
            json!({ "changed": changed, "going": going })
        },
        || {
            if changed.is_empty() {
                "It was so already.".to_owned()
            } else {
                format!("{} changed.", changed.join(", "))
            }
        },
    );
    if !changed.is_empty() {
        output.talk("A running server takes it over with SIGHUP, or when it starts again.");
    }
    Ok(0)
}

fn unknown(key: &str, settings: &Settings) -> Failure {
    let known = settings.report().iter().map(|row| row.key);
    let known = known.collect::<Vec<_>>().join(", ");
    let mut failure = Failure::usage(format!("there is no setting `{key}`"));
    failure.hint = Some(format!("There are: {known}"));
    failure
}

fn value(row: &SettingReport) -> String {
    match (&row.value, row.is_set) {
        (Some(value), _) => value.clone(),
        (None, true) => "(set, not shown)".to_owned(),
        (None, false) => String::new(),
    }
}

fn line(row: &SettingReport) -> String {
    let value = value(row);
    let value = if value.is_empty() { "-" } else { &value };
    format!("{} = {value}  ({})", row.key, row.origin)
}
