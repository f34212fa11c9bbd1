//! `key`

use anirewind_core::App;
use serde_json::json;

use crate::arguments::KeyCommand;
use crate::json::instant_json;
use crate::output::{Failure, Output};

pub(crate) async fn run(app: &App, output: &Output, command: &KeyCommand) -> Result<u8, Failure> {
    match command {
        KeyCommand::Add { name, write } => {
            let key = app.add_key(name, *write).await?;
            output.talk("This is shown once and not kept. Send it as `Authorization: Bearer KEY`.");
            output.result(
                "key",
                || json!({ "name": name, "mayWrite": write, "key": key }),
                || key.clone(),
            );
        }
        KeyCommand::List => {
            let keys = app.keys().await?;
            output.result(
                "keys",
                || {
                    let keys = keys.iter().map(|key| {
                        json!({
                            "name": key.name,
                            "mayWrite": key.may_write,
                            "createdAt": instant_json(key.created_at),
                            "usedAt": key.used_at.map(instant_json),
                        })
                    });
                    keys.collect()
                },
                || {
                    if keys.is_empty() {
                        return "No keys. Make one: anirewind key add NAME".to_owned();
                    }
                    let lines = keys.iter().map(|key| {
                        let may = if key.may_write {
                            "may write"
                        } else {
                            "may read"
                        };
                        let used = key.used_at.map_or_else(
                            || "never used".to_owned(),
                            |at| format!("used {}", output.time(at)),
                        );
                        format!(
                            "{}  {may}  made {}  {used}",
                            key.name,
                            output.time(key.created_at)
                        )
                    });
                    lines.collect::<Vec<_>>().join("\n")
                },
            );
        }
        KeyCommand::Remove { name } => {
            app.remove_key(name).await?;
            output.result(
                "key",
                || json!({ "name": name }),
                || format!("{name} is forgotten."),
            );
        }
    }
    Ok(0)
}
