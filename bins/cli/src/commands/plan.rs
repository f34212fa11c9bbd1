//! `plan`, and what every command does that has a plan: show it, ask, send, tell.

use anirewind_core::model::{Entry, EntryField};
use anirewind_core::view::{PlanView, instant};
use anirewind_core::{
    ActError, Action, App, Cause, OperationRow, OperationState, Plan, Report, StepRow, Style, are,
    change_of, count, summary_of,
};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::arguments::{ApplyArguments, PlanCommand};
use crate::commands::history::one_operation;
use crate::commands::log::by;
use crate::ids::{Ids, short};
use crate::json::{operation_json, shape};
use crate::output::{Failure, Output, Record, stopped};
use crate::paint::Ink;
use crate::style::{Profiles, Styles, step_called};

/// Who sends what a command sends, as it is written down with the act.
const BY: &str = "the command line";
const PARTLY: u8 = 3;
const INTERRUPTED: u8 = 130;
/// So many removals, or such a part of the list, are agreed to by their number.
const MANY: usize = 20;
const MANY_PERCENT: usize = 5;

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    command: &PlanCommand,
) -> Result<u8, Failure> {
    match command {
        PlanCommand::List => {
            let owner = match profile {
                Some(profile) => Some(app.account_row(profile).await?.account.id),
                None => None,
            };
            let plans = app.plans(owner).await?;
            let profiles = Profiles::read(app).await?;
            output.list(
                "plans",
                || plans.iter().map(|plan| operation_json(plan, &[])).collect(),
                || plans.iter().map(|plan| record(&profiles, plan)).collect(),
                || {
                    if plans.is_empty() {
                        return "No plans. Plans last a day.".to_owned();
                    }
                    let ids = Ids::of(plans.iter().map(|plan| plan.id.as_str()));
                    let lines = plans.iter().map(|plan| line(output, plan, &ids));
                    lines.collect::<Vec<_>>().join("\n")
                },
            );
        }
        PlanCommand::Show { id } => {
            let plan = app.plan(id).await?;
            let style = Styles::read(app).await?.of_plan(&plan);
            output.result(
                "plan",
                || plan_json(&plan),
                || plan_text(output, &style, &plan),
            );
        }
        PlanCommand::Apply { id, apply } => {
            return match app.plan(id).await {
                Ok(plan) => offer(app, output, plan, apply).await,
                // It was sent before: what became of it is the answer.
                Err(error @ ActError::NoPlan { .. }) => {
                    match one_operation(app, profile, id).await {
                        Ok((operation, _)) if operation.state.is_open() => {
                            let operation = operation.id;
                            Err(ActError::Unfinished { operation }.into())
                        }
                        Ok((operation, steps)) if operation.state.has_ended() => {
                            tell(app, output, &Report { operation, steps }).await
                        }
                        _ => Err(error.into()),
                    }
                }
                Err(error) => Err(error.into()),
            };
        }
        PlanCommand::Discard { id } => {
            let plan = app.discard_plan(id).await?;
            output.result(
                "plan",
                || plan_json(&plan),
                || format!("Plan {} is dropped. Nothing was sent.", plan.operation.id),
            );
        }
    }
    Ok(0)
}

fn record(profiles: &Profiles, plan: &OperationRow) -> Record {
    vec![
        plan.id.to_string(),
        instant(plan.at),
        profiles.of(plan.owner).to_owned(),
        plan.kind.clone(),
        plan.expires_at.map(instant).unwrap_or_default(),
        plan.what.clone(),
    ]
}

fn line(output: &Output, plan: &OperationRow, ids: &Ids) -> String {
    let until = plan
        .expires_at
        .map_or_else(String::new, |at| format!("  until {}", output.time(at)));
    format!(
        "{}  {}  {}{until}",
        ids.short(plan.id.as_str()),
        output.time(plan.at),
        plan.what
    )
}

/// Shows a plan, asks, sends it and tells what came of it.
pub(crate) async fn offer(
    app: &App,
    output: &Output,
    mut plan: Plan,
    apply: &ApplyArguments,
) -> Result<u8, Failure> {
    if apply.mute_activity || apply.no_mute_activity {
        plan.mute(apply.mute_activity);
    }
    let style = Styles::read(app).await?.of_plan(&plan);
    let text = plan_text(output, &style, &plan);
    let writes = plan.writes();
    if apply.dry_run || writes == 0 {
        let end = if writes == 0 {
            "Nothing to do."
        } else {
            "Nothing was sent."
        };
        output.result("plan", || plan_json(&plan), || format!("{text}\n{end}"));
        return Ok(0);
    }
    let removals = plan.count(Action::Remove);
    let all = plan.count(Action::Same) + plan.steps.len();
    let are_many = removals >= MANY || removals * 100 >= all * MANY_PERCENT;
    let mut question = format!("{text}\nSend {} to AniList?", count(writes, "change"));
    let mut word = "send".to_owned();
    let mut agreed = apply.allow_removals;
    if removals > 0 && are_many && agreed.is_none() {
        question = format!(
            "{question} {} {} removed.",
            count(removals, "title"),
            are(removals)
        );
        word = removals.to_string();
    }
    if output.can_ask() {
        if !output.confirm(&question, &word)? {
            let plan = app.store_plan(plan).await?;
            output.talk(&format!(
                "Nothing was sent. The plan is kept for a day: anirewind plan apply {}",
                plan.operation.id
            ));
            return Ok(0);
        }
        agreed = agreed.or(Some(removals));
    } else if !output.is_yes() {
        let plan = app.store_plan(plan).await?;
        output.talk(&text);
        return Err(Failure::refused(
            "nobody is here to say yes to that",
            format!(
                "Nothing was sent. The plan is kept for a day: {}",
                sending(&plan)
            ),
        ));
    }
    // Those that are not agreed to are refused, and are still there to be agreed to.
    let kept = (removals > 0).then(|| plan.clone());
    plan.operation.detail.by = Some(BY.to_owned());
    let follower = output.follow(app.events());
    let report = {
        let _at_work = output.at_work(app);
        app.apply(plan, agreed).await
    };
    drop(follower);
    match (report, kept) {
        (Err(error @ ActError::Consent { .. }), Some(kept)) => {
            let plan = app.store_plan(kept).await?;
            Err(Failure {
                hint: Some(format!(
                    "Nothing was sent. Say so: --allow-removals={removals}. Or send the plan, which is kept \
                     for a day: {}",
                    sending(&plan)
                )),
                ..error.into()
            })
        }
        (Err(ActError::OutOfDate { count, plan }), _) => {
            let rest = app.plan(plan.as_str()).await?;
            output.talk(&plan_text(output, &style, &rest));
            let error = Failure::from(ActError::OutOfDate { count, plan });
            // Whoever was asked is asked again, and whoever was not cannot be.
            let hint = error.hint.clone().filter(|_| output.can_ask());
            let hint = hint.unwrap_or_else(|| {
                format!(
                    "Nothing was sent. In the plan those titles are now left alone; send the rest: {}",
                    sending(&rest)
                )
            });
            Err(Failure {
                hint: Some(hint),
                ..error
            })
        }
        (report, _) => tell(app, output, &report?).await,
    }
}

/// The command that sends a stored plan without asking anything more.
fn sending(plan: &Plan) -> String {
    let removals = match plan.count(Action::Remove) {
        0 => String::new(),
        some => format!(" --allow-removals={some}"),
    };
    format!("anirewind plan apply {} --yes{removals}", plan.operation.id)
}

/// Prints how an act ended, and says with which status to end.
pub(crate) async fn tell(app: &App, output: &Output, report: &Report) -> Result<u8, Failure> {
    // What came of an act is said whatever else does not work.
    let styles = Styles::read(app).await.unwrap_or_default();
    output.result(
        "operation",
        || operation_json(&report.operation, &report.steps),
        || report_text(&styles.of(report.operation.owner), report),
    );
    Ok(match report.operation.state {
        OperationState::Done => 0,
        OperationState::Paused => INTERRUPTED,
        _ => PARTLY,
    })
}

/// How an act ended, in words.
pub(crate) fn report_text(style: &Style, report: &Report) -> String {
    let mut lines: Vec<_> = report
        .unwell()
        .filter(|step| !matches!(step.state.as_str(), "pending" | "intended"))
        .map(|step| {
            let problem = step.problem.as_deref().unwrap_or(&step.state);
            format!(
                "{} {}: {problem}",
                Ink::Removed.paint("x"),
                step_called(step, style)
            )
        })
        .collect();
    let summary = report.summary();
    let all = report.sent().count();
    let id = short(report.operation.id.as_str());
    lines.push(format!(
        "{} restored, {} skipped, {} errors.",
        summary.restored, summary.skipped, summary.errors
    ));
    lines.push(match report.operation.state {
        OperationState::Done => format!("All {all} read back and verified."),
        OperationState::Paused => stopped("Paused", (all.saturating_sub(summary.open), all), id),
        OperationState::Stopped => {
            stopped("Interrupted", (all.saturating_sub(summary.open), all), id)
        }
        OperationState::Running => format!(
            "Not finished, {} of {all} open. Go on: anirewind job resume {id}",
            summary.open
        ),
        _ if report.retryable() > 0 => {
            format!("The others are named above. Try them again: anirewind job retry {id}")
        }
        _ => "The others are named above.".to_owned(),
    });
    if let Some(problem) = &report.operation.problem {
        lines.push(problem.clone());
    }
    lines.push(format!("Take it back with: anirewind undo {id}"));
    lines.join("\n")
}

/// A plan as people read it.
pub(crate) fn plan_text(output: &Output, style: &Style, plan: &Plan) -> String {
    let detail = &plan.operation.detail;
    let mut lines = Vec::new();
    for step in &plan.steps {
        lines.extend(step_lines(step, style));
    }
    let counts = [
        (Action::Write, "changed back", Some(Ink::Changed)),
        (Action::Add, "added back", Some(Ink::Added)),
        (Action::Remove, "removed", Some(Ink::Removed)),
        (Action::Stay, "added since and left", None),
        (Action::Keep, "edited since and left", None),
        (Action::Cannot, "cannot", None),
        (Action::Same, "already right", None),
    ];
    let counts = counts
        .iter()
        .map(|(action, what, ink)| (plan.count(*action), what, ink));
    let counts: Vec<_> = counts
        .filter(|(count, ..)| *count > 0)
        .map(|(count, what, ink)| {
            let words = format!("{count} {what}");
            ink.map_or_else(|| words.clone(), |ink| ink.paint(&words))
        })
        .collect();
    lines.push(format!("{}: {}", plan.operation.what, counts.join(", ")));
    if !detail.causes.is_empty() {
        lines.push("What happened since to the titles that are sent:".to_owned());
        let causes = detail.causes.iter();
        lines.extend(causes.map(|cause| cause_line(output, cause)));
    }
    if !detail.left.is_empty() {
        lines.push("Left as they are (put back with --put-field):".to_owned());
        let left = detail.left.iter();
        lines.extend(left.map(|left| {
            let (name, now, wanted) = (left.name(), &left.now, &left.wanted);
            format!("  {name}  now {now}, would be {wanted}")
        }));
    }
    for (of, list) in &detail.lists {
        lines.push(format!("The custom list \"{list}\" ({of}) is made first."));
    }
    if !detail.not_recorded.is_empty() {
        let fields = detail.not_recorded.iter();
        let fields: Vec<_> = fields
            .map(|(field, count)| format!("{field} ({count})"))
            .collect();
        lines.push(format!(
            "Not recorded there, and left as they are: {}",
            fields.join(", ")
        ));
    }
    if plan.writes() > 0 {
        lines.push(format!(
            "{} in about {}, at {} a minute around {}.",
            count(plan.writes(), "write"),
            count(plan.requests(), "request"),
            plan.per_minute,
            minutes(plan.duration())
        ));
        lines.push(if detail.mutes {
            "List activity is muted while this runs, then set back as it was.".to_owned()
        } else {
            "List edits may post to your activity feed; --mute-activity prevents it.".to_owned()
        });
        lines.push(
            "Cannot come back: ids of entries, the times they were made and saved, posts in the feed. \
             A safety snapshot is taken first."
                .to_owned(),
        );
    }
    lines.join("\n")
}

fn cause_line(output: &Output, cause: &Cause) -> String {
    let titles = count(cause.titles, "title");
    let by = by(&cause.source);
    match (&cause.id, &cause.at) {
        (Some(id), Some(at)) => {
            let together = || format!("{titles} together");
            let at = readable(output, at);
            let at = match &cause.since {
                Some(since) => format!("between {} and {at}", readable(output, since)),
                None => at,
            };
            format!(
                "  {}  {at}  {}, {by} (only these: --group {})",
                short(id),
                cause.happened.clone().unwrap_or_else(together),
                short(id)
            )
        }
        _ if cause.source == Cause::UNKNOWN => {
            format!("  nothing is written down: {titles}")
        }
        _ => match &cause.happened {
            Some(happened) => format!("  single {happened}, {by}"),
            None => format!("  single changes, {by}: {titles}"),
        },
    }
}

/// RFC 3339 as people read it.
fn readable(output: &Output, text: &str) -> String {
    let at = OffsetDateTime::parse(text, &Rfc3339);
    at.map_or_else(|_| text.to_owned(), |at| output.time(at))
}

fn minutes(duration: std::time::Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..=90 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

fn step_lines(step: &StepRow, style: &Style) -> Vec<String> {
    let title = step_called(step, style);
    let reason = step.problem.as_deref().unwrap_or_default();
    let summary = |entry: &Option<Entry>| {
        let entry = entry.as_ref();
        entry.map_or_else(String::new, |entry| summary_of(entry, &style.scores))
    };
    let mut lines = match Action::parse(&step.action) {
        Some(Action::Write) => fields(step, style),
        Some(Action::Add) => {
            let sign = Ink::Added.paint("+");
            vec![format!(
                "{sign} {title}  is added: {}",
                summary(&step.target)
            )]
        }
        Some(Action::Remove) => {
            let is = summary(&step.before);
            let sign = Ink::Removed.paint("-");
            vec![format!(
                "{sign} {title}  is removed from AniList; it is {is}"
            )]
        }
        Some(Action::Same) => vec![format!("= {title}  is so already")],
        Some(Action::Stay) => Vec::new(),
        Some(Action::Keep) => vec![format!("{} {title}  {reason}", Ink::Alarm.paint("!"))],
        Some(Action::Cannot) | None => {
            vec![format!("{} {title}  {reason}", Ink::Removed.paint("x"))]
        }
    };
    lines.extend(step.notes.iter().map(|note| format!("  {title}  {note}")));
    lines
}

fn fields(step: &StepRow, style: &Style) -> Vec<String> {
    let (Some(before), Some(target)) = (&step.before, &step.target) else {
        return Vec::new();
    };
    let title = step_called(step, style);
    let differing = before.values.differing(&target.values);
    let line = |field: EntryField| {
        let (was, is) = change_of(before, target, field, &style.scores);
        let sign = Ink::Changed.paint("~");
        format!("{sign} {title}  {} {was} -> {is}", field.as_str())
    };
    differing.map(line).collect()
}

/// A plan for machines.
fn plan_json(plan: &Plan) -> Value {
    shape(PlanView::from(plan))
}
