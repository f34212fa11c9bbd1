//! `doctor`

use anirewind_core::{App, Check, Finding};
use serde_json::{Value, json};

use crate::output::{Failure, Output};

pub(crate) async fn run(app: &App, output: &Output) -> Result<u8, Failure> {
    let checks = app.doctor().await;
    output.result(
        "doctor",
        || checks.iter().map(json_of).collect(),
        || checks.iter().map(text_of).collect::<Vec<_>>().join("\n"),
    );
    Ok(u8::from(!checks.iter().all(Check::is_fine)))
}

/// The installation cannot be opened: that is the finding, and nothing else can be looked at.
pub(crate) fn cannot_open(output: &Output, failure: &Failure) -> u8 {
    let finding = Finding::Wrong {
        problem: failure.message.clone(),
        hint: failure.hint.clone(),
    };
    let check = Check {
        what: "set-up".to_owned(),
        finding,
    };
    output.result(
        "doctor",
        || Value::Array(vec![json_of(&check)]),
        || text_of(&check),
    );
    1
}

fn json_of(check: &Check) -> Value {
    match &check.finding {
        Finding::Fine(found) => json!({ "what": check.what, "fine": true, "found": found }),
        Finding::Wrong { problem, hint } => {
            json!({ "what": check.what, "fine": false, "problem": problem, "hint": hint })
        }
    }
}

fn text_of(check: &Check) -> String {
    match &check.finding {
        Finding::Fine(found) => format!("fine   {}: {found}", check.what),
        Finding::Wrong { problem, hint } => {
            let hint = hint
                .as_ref()
                .map_or_else(String::new, |hint| format!("\n       {hint}"));
            format!("WRONG  {}: {problem}{hint}", check.what)
        }
    }
}
