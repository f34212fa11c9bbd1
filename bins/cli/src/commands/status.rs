//! `status`

use anirewind_core::view::StatusView;
use anirewind_core::{AccountError, AccountStatus, App};

use crate::json::shape;
use crate::output::{Failure, Output, age};
use crate::paint::Ink;

/// Something needs doing.
const NOT_WELL: u8 = 10;

pub(crate) async fn run(app: &App, output: &Output, profile: Option<&str>) -> Result<u8, Failure> {
    if let Some(profile) = profile {
        let row = app.account_row(profile).await?;
        if !row.connected {
            let profile = row.profile;
            return Err(AccountError::NoToken { profile }.into());
        }
    }
    let report = app.refresh_catalogue().await?;
    let mut all = app.status().await?;
    if let Some(profile) = profile {
        all.retain(|status| status.account.profile.eq_ignore_ascii_case(profile));
    }
    output.result(
        "status",
        || shape(all.iter().map(StatusView::from).collect::<Vec<_>>()),
        || {
            if all.is_empty() && !app.settings().tokens.is_empty() {
                return "There is a token, and nothing is saved by it yet: anirewind backup"
                    .to_owned();
            }
            if all.is_empty() {
                return "No account yet. Add one: anirewind account add --token-file FILE"
                    .to_owned();
            }
            all.iter()
                .map(|status| text_of(app, output, status))
                .collect::<Vec<_>>()
                .join("\n")
        },
    );
    for file in &report.unreadable {
        output.talk(&format!("warning: {}; it is not used", file.problem));
    }
    let is_well = report.unreadable.is_empty()
        && !all.is_empty()
        && all
            .iter()
            .all(|status| status.verdict.is_well() && status.unfinished.is_none());
    Ok(if is_well { 0 } else { NOT_WELL })
}

fn text_of(app: &App, output: &Output, status: &AccountStatus) -> String {
    let mut lines = vec![format!(
        "{} {}",
        status.account.profile,
        status.verdict.sentence()
    )];
    if status.account.public {
        lines.push(
            "  Public list only: private titles are not seen and nothing can be brought back"
                .to_owned(),
        );
    }
    if let Some(good) = &status.last_good {
        lines.push(format!(
            "  Last good snapshot {} ({}): {} anime, {} manga",
            good.id.as_str().get(..4).unwrap_or_default(),
            age(good.created_at, app.now()),
            good.counts.anime,
            good.counts.manga
        ));
    }
    if status.unsaved > 0 {
        lines.push(format!(
            "  {} changed here since the newest snapshot: the next one holds that",
            anirewind_core::count(status.unsaved, "title")
        ));
    }
    if let Some(act) = &status.unfinished {
        let id = crate::ids::short(act.id.as_str());
        lines.push(format!(
            "  Not finished: {} ({}). Go on: anirewind job resume {id}",
            act.what,
            act.state.as_str()
        ));
    }
    if !status.verdict.is_well()
        && let Some(attempt) = &status.last_attempt
    {
        lines.push(format!(
            "  Last attempt {}: {}",
            output.time(attempt.at),
            attempt.detail
        ));
    }
    for open in &status.alarms {
        let id = open.snapshot.id.as_str().get(..6).unwrap_or_default();
        let alarms = open.alarms.iter().map(ToString::to_string);
        let alarms = alarms.collect::<Vec<_>>().join("; ");
        let alarms = Ink::Alarm.paint(&alarms);
        lines.push(format!(
            "  Unusual in {id}: {alarms}. Answer: anirewind alarm list"
        ));
    }
    if let Some(since) = status.quiet_since {
        lines.push(format!(
            "  The list has not changed since {}, which is unusually long for it",
            output.time(since)
        ));
    }
    if let Some(proofs) = &status.proofs {
        let (read, rest) = (proofs.read().replacen('e', "E", 1), proofs.rest());
        let since = output.time(proofs.since);
        lines.push(format!("  {read} since {since}{rest}"));
    }
    lines.push(match status.next {
        Some(next) => format!(
            "  Next by the schedule, if a server runs: {}",
            output.time(next)
        ),
        None => "  None is taken by itself: the schedule is off (backup_at)".to_owned(),
    });
    if let Some(ends) = status.account.token_expires_at {
        lines.push(format!("  The token ends on {}", output.time(ends)));
    }
    lines.join("\n")
}
