//! What we did, as it is listed and shown.

use std::collections::BTreeSet;

use anirewind_core::model::{Entry, UserId};
use anirewind_core::view::instant;
use anirewind_core::{
    Action, App, BrowseError, ChangeFilter, Id, OperationRow, OperationState, Report, StepRow,
    Style, change_of, summary_of,
};
use comfy_table::{Table, presets};
use time::OffsetDateTime;

use crate::ids::{Ids, short};
use crate::output::{Failure, Output, Record, age};
use crate::paint::Ink;
use crate::style::{Profiles, Styles, step_called};

/// Acts with what came of each.
pub(crate) struct Acts {
    /// Each with when its last title was written, where it has ended.
    told: Vec<(Report, Option<OffsetDateTime>)>,
    /// The newest of all of them.
    newest: Option<Id>,
    profiles: Profiles,
    styles: Styles,
}

impl Acts {
    pub(crate) async fn read(
        app: &App,
        owner: Option<UserId>,
        operations: &[OperationRow],
    ) -> Result<Self, Failure> {
        let mut acts = Vec::new();
        for operation in operations {
            let report = app.act_called(&operation.id).await?;
            let last = last_write(app, operation).await?;
            acts.push((report, last));
        }
        let newest = app.operations(owner, 1).await.map_err(BrowseError::Store)?;
        Ok(Self {
            told: acts,
            newest: newest.into_iter().next().map(|operation| operation.id),
            profiles: Profiles::read(app).await?,
            styles: Styles::read(app).await?,
        })
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        let acts = self.told.iter();
        acts.map(|(report, _)| {
            let operation = &report.operation;
            let (done, all) = progress(report);
            vec![
                operation.id.to_string(),
                instant(operation.at),
                self.profiles.of(operation.owner).to_owned(),
                operation.kind.clone(),
                operation.state.as_str().to_owned(),
                all.to_string(),
                done.to_string(),
                operation.what.clone(),
                operation.problem.clone().unwrap_or_default(),
            ]
        })
        .collect()
    }

    /// `@ 5d1c  2h  hana  restore a04e~1  221 of 221, verified  took 8 min`
    pub(crate) fn text(&self, now: OffsetDateTime) -> String {
        let acts = self.told.iter();
        let ids = Ids::of(acts.clone().map(|(report, _)| report.operation.id.as_str()));
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        for (report, last) in acts {
            let operation = &report.operation;
            let is_newest = self.newest.as_ref() == Some(&operation.id);
            let mark = if is_newest { "@" } else { "o" };
            table.add_row([
                format!("{mark} {}", ids.short(operation.id.as_str())),
                ago(operation.at, now),
                self.profiles.of(operation.owner).to_owned(),
                operation.what.clone(),
                outcome(report),
                extra(report, &self.styles.of(operation.owner), *last),
            ]);
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table.trim_fmt()
    }
}

/// When the last title of an act was written, where it has ended.
async fn last_write(
    app: &App,
    operation: &OperationRow,
) -> Result<Option<OffsetDateTime>, Failure> {
    if !operation.state.has_ended() {
        return Ok(None);
    }
    let filter = ChangeFilter {
        operation: Some(operation.id.clone()),
        bare: true,
        ..ChangeFilter::default()
    };
    let rows = app.changes(Some(operation.owner), filter, None, 1).await;
    let rows = rows.map_err(BrowseError::Store)?;
    Ok(rows.first().map(|row| row.change.when.at))
}

fn ago(at: OffsetDateTime, now: OffsetDateTime) -> String {
    match age(at, now).as_str() {
        "now" => "now".to_owned(),
        age => format!("{age} ago"),
    }
}

/// How many titles are as planned, of how many that are sent.
fn progress(report: &Report) -> (usize, usize) {
    let all = report.sent().count();
    (all - report.unwell().count().min(all), all)
}

/// How far it came, in words.
fn outcome(report: &Report) -> String {
    let (done, all) = progress(report);
    let so_far = match all {
        0 => return String::new(),
        1 => "1 title".to_owned(),
        _ => format!("{done} of {all}"),
    };
    match report.operation.state {
        _ if report.is_verified() => format!("{so_far}, verified"),
        OperationState::Running => format!("{so_far}, under way"),
        OperationState::Paused => format!("{so_far}, paused"),
        OperationState::Stopped => Ink::Removed.paint(&format!("{so_far}, interrupted")),
        _ => match report.bad_end() {
            Some(end) => Ink::Removed.paint(&format!("{so_far}, {end}")),
            None => so_far,
        },
    }
}

/// What it did where that is one title; else how long it took, or how to go on with it.
fn extra(report: &Report, style: &Style, last: Option<OffsetDateTime>) -> String {
    let operation = &report.operation;
    let mut sent = report.sent();
    match (sent.next(), sent.next(), last) {
        _ if matches!(
            operation.state,
            OperationState::Paused | OperationState::Stopped
        ) =>
        {
            let id = short(operation.id.as_str());
            format!("go on: anirewind job resume {id}")
        }
        (Some(one), None, _) => step_words(one, style),
        (Some(_), Some(_), Some(last)) => took(last - operation.at),
        _ => String::new(),
    }
}

fn took(time: time::Duration) -> String {
    match time.whole_seconds() {
        seconds @ ..=90 => format!("took {} s", seconds.max(1)),
        seconds => format!("took {} min", (seconds + 30) / 60),
    }
}

/// `score Dororo 6 -> 8`
fn step_words(step: &StepRow, style: &Style) -> String {
    let title = step_called(step, style);
    match Action::parse(&step.action) {
        Some(Action::Add) => format!("{title} added"),
        Some(Action::Remove) => format!("{title} removed"),
        _ => format!("{title} {}", changed(step, style)),
    }
}

/// `score 6 -> 8, progress 3 -> 12`
fn changed(step: &StepRow, style: &Style) -> String {
    let (Some(before), Some(target)) = (&step.before, &step.target) else {
        return String::new();
    };
    let fields = before.values.differing(&target.values).map(|field| {
        let (was, is) = change_of(before, target, field, &style.scores);
        format!("{} {was} -> {is}", field.as_str())
    });
    fields.collect::<Vec<_>>().join(", ")
}

/// An act with each of its titles: what it did to it, or what was in the way.
pub(crate) fn shown(output: &Output, style: &Style, report: &Report) -> String {
    let operation = &report.operation;
    let mut lines = vec![format!(
        "{}  {}  {}",
        Ink::Id.paint(short(operation.id.as_str())),
        output.time(operation.at),
        operation.what
    )];
    lines.extend(operation.detail.by.iter().map(|by| format!("  by {by}")));
    let outcome = Some(outcome(report)).filter(|outcome| !outcome.is_empty());
    lines.extend(outcome.map(|outcome| format!("  {outcome}")));
    let problem = operation.problem.as_ref();
    lines.extend(problem.map(|problem| format!("  {problem}")));
    let unwell = report.unwell().map(|step| (step.media_type, step.media));
    let unwell: BTreeSet<_> = unwell.collect();
    lines.extend(report.steps.iter().map(|step| {
        let is_unwell = unwell.contains(&(step.media_type, step.media));
        step_line(step, style, is_unwell)
    }));
    lines.join("\n")
}

fn step_line(step: &StepRow, style: &Style, is_unwell: bool) -> String {
    let summary = |entry: &Option<Entry>| {
        let entry = entry.as_ref();
        entry.map_or_else(String::new, |entry| summary_of(entry, &style.scores))
    };
    let problem = step.problem.clone().unwrap_or_default();
    let (sign, words) = match Action::parse(&step.action) {
        Some(Action::Write) => (Ink::Changed.paint("~"), changed(step, style)),
        Some(Action::Add) => (Ink::Added.paint("+"), summary(&step.target)),
        Some(Action::Remove) => (
            Ink::Removed.paint("-"),
            format!("was {}", summary(&step.before)),
        ),
        Some(Action::Same) => ("=".to_owned(), "was so already".to_owned()),
        Some(Action::Stay) => ("=".to_owned(), "added since, and left".to_owned()),
        Some(Action::Keep) => (Ink::Alarm.paint("!"), problem.clone()),
        Some(Action::Cannot) | None => (Ink::Removed.paint("x"), problem.clone()),
    };
    let title = step_called(step, style);
    if is_unwell {
        let why = match step.state.as_str() {
            "pending" => "not sent yet",
            "intended" => "sent, and not read back yet",
            _ if problem.is_empty() => "not as planned",
            _ => problem.as_str(),
        };
        return format!("  {} {title}  {words}: {why}", Ink::Removed.paint("x"));
    }
    let line = format!("  {sign} {title}  {words}");
    line.trim_end().to_owned()
}
