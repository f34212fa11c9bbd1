//! `log`, `look`

mod together;

use std::collections::BTreeSet;
use std::time::Duration;

use anirewind_core::model::{MediaType, UserId};
use anirewind_core::view::instant;
use anirewind_core::{
    ActError, App, BrowseError, Change, ChangeFilter, ChangeOutcome, ChangeRow, Id, Source, Style,
    called, change_of, count, summary_of,
};
use serde_json::{Value, json};

use crate::arguments::{KindArgument, LogArguments, TypeArgument};
use crate::commands::log::together::Told;
use crate::ids::{Ids, short};
use crate::json::change_json;
use crate::output::{Failure, Output, Record};
use crate::paint::Ink;
use crate::style::Styles;

/// So many lines are shown where nobody says how many; a group is one.
const LINES: usize = 50;
const NONE: &str = "No such change. What others change shows up when somebody looks: anirewind look, \
    or a running server.";
const OLDER: &str = "Older ones are not shown. All of them: --limit 0";
/// Between two looks for what is new, with `--follow`.
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) async fn look(app: &App, output: &Output, profile: Option<&str>) -> Result<u8, Failure> {
    let targets = app.targets(profile).await?;
    app.refresh_catalogue().await?;
    let mut reports = Vec::new();
    for target in &targets {
        reports.push(app.look(target).await?);
    }
    output.result(
        "look",
        || {
            reports
                .iter()
                .map(|report| {
                    json!({ "profile": report.profile, "changes": report.changes, "first": report.is_first })
                })
                .collect()
        },
        || {
            let lines = reports.iter().map(|report| match (report.is_first, report.changes) {
                (true, _) => format!("{}: looked for the first time", report.profile),
                (false, 0) => format!("{}: nothing changed", report.profile),
                (false, some) => format!("{}: {} changed", report.profile, count(some, "title")),
            });
            lines.collect::<Vec<_>>().join("\n")
        },
    );
    Ok(0)
}

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    arguments: &LogArguments,
) -> Result<u8, Failure> {
    for (references, is_hidden) in [(&arguments.hide, true), (&arguments.unhide, false)] {
        if !references.is_empty() {
            return hide(app, output, profile, references, is_hidden).await;
        }
    }
    let owner = match profile {
        Some(profile) => Some(app.account_row(profile).await?.account.id),
        None => None,
    };
    let mut filter = filter_of(app, arguments)?;
    if let Some(group) = &arguments.group {
        filter = group_called(app, owner, group, filter).await?;
    }
    let most = match (arguments.limit, &arguments.group) {
        (Some(0), _) | (None, Some(_)) => usize::MAX,
        (Some(limit), _) => limit,
        (None, None) => LINES,
    };
    if arguments.follow {
        return follow(app, output, owner, &filter, most).await;
    }
    let styles = Styles::read(app).await?;
    if output.is_json() || output.is_plain() {
        let rows = changes(app, owner, &filter, most).await?;
        output.list(
            "log",
            || rows.iter().map(change_json).collect(),
            || records(&styles, &rows),
            String::new,
        );
        return Ok(0);
    }
    let text = if arguments.group.is_some() {
        let rows = changes(app, owner, &filter, usize::MAX).await?;
        whole_text(app, output, rows, most).await?
    } else {
        text_of(
            output,
            &styles,
            &Told::read(app, owner, &filter, most).await?,
        )
    };
    output.result("log", || Value::Null, || text);
    Ok(0)
}

async fn hide(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    references: &[String],
    is_hidden: bool,
) -> Result<u8, Failure> {
    let number = app.hide(profile, references, is_hidden).await?;
    let what = if is_hidden { "hidden" } else { "shown again" };
    let changes = count(number, "change");
    output.result(
        "log-hide",
        || json!({ "changes": number, "hidden": is_hidden }),
        || format!("{changes} {what}, and still on the timeline."),
    );
    Ok(0)
}

fn filter_of(app: &App, arguments: &LogArguments) -> Result<ChangeFilter, Failure> {
    Ok(ChangeFilter {
        // Whoever names one wants all of it.
        shown_only: !arguments.hidden && arguments.group.is_none(),
        kind: match arguments.kind {
            Some(KindArgument::Kind(kind)) => Some(kind),
            _ => None,
        },
        outcome: match arguments.kind {
            Some(KindArgument::Outcome(outcome)) => Some(outcome),
            _ => None,
        },
        source: arguments.source,
        media_type: arguments.media_type.map(|of| match of {
            TypeArgument::Anime => MediaType::Anime,
            TypeArgument::Manga => MediaType::Manga,
        }),
        field: arguments.field,
        title: arguments.title.clone(),
        since: match &arguments.since {
            Some(since) => Some(app.instant(since)?),
            None => None,
        },
        ..ChangeFilter::default()
    })
}

/// Prints what there is, and then what comes.
async fn follow(
    app: &App,
    output: &Output,
    owner: Option<UserId>,
    filter: &ChangeFilter,
    most: usize,
) -> Result<u8, Failure> {
    let styles = Styles::read(app).await?;
    let mut rows = changes(app, owner, filter, most).await?;
    let mut last = 0;
    loop {
        rows.sort_by_key(|row| row.seq);
        for row in rows.iter().filter(|row| row.seq > last) {
            let style = styles.of(row.owner);
            if output.is_json() {
                output.line(&change_json(row));
            } else if output.is_plain() {
                output.record(&record(&style, row));
            } else {
                let line = line(output, &style, row, &Ids::default());
                output.result("log", || Value::Null, || line);
            }
        }
        last = rows.iter().map(|row| row.seq).fold(last, i64::max);
        tokio::time::sleep(PAUSE).await;
        rows = changes(app, owner, filter, 500).await?;
    }
}

async fn changes(
    app: &App,
    owner: Option<UserId>,
    filter: &ChangeFilter,
    most: usize,
) -> Result<Vec<ChangeRow>, Failure> {
    let rows = app.changes(owner, filter.clone(), None, most).await;
    Ok(rows.map_err(BrowseError::Store)?)
}

/// The group or the act whose id begins so, in place of what a filter would leave otherwise.
async fn group_called(
    app: &App,
    owner: Option<UserId>,
    reference: &str,
    filter: ChangeFilter,
) -> Result<ChangeFilter, Failure> {
    let called = app.changes_called(owner, reference).await;
    let called = called.map_err(BrowseError::Store)?;
    let of = |id: &Option<Id>| id.clone().filter(|id| id.as_str().starts_with(reference));
    let groups: BTreeSet<_> = called
        .iter()
        .filter_map(|row| of(&row.change.group))
        .collect();
    let acts = called.iter().filter_map(|row| of(&row.change.operation));
    let acts: BTreeSet<_> = acts.collect();
    let mut found = groups.iter().chain(&acts);
    let reference = reference.to_owned();
    match (found.next(), found.next()) {
        (None, _) => Err(ActError::NotFound { reference }.into()),
        (Some(_), None) => Ok(ChangeFilter {
            group: groups.into_iter().next(),
            operation: acts.into_iter().next(),
            ..filter
        }),
        (Some(_), Some(_)) => Err(ActError::Ambiguous {
            reference,
            candidates: groups.iter().chain(&acts).map(Id::to_string).collect(),
        }
        .into()),
    }
}

fn text_of(output: &Output, styles: &Styles, told: &Told) -> String {
    if told.lines.is_empty() {
        return NONE.to_owned();
    }
    let lines = told.lines.iter();
    let mut lines: Vec<_> = lines
        .flat_map(|line| told.text(output, styles, line))
        .collect();
    if told.is_more {
        lines.push(OLDER.to_owned());
    }
    lines.join("\n")
}

/// A group with every change of it, those too that somebody does not want to see in the log.
pub(crate) async fn group(
    app: &App,
    output: &Output,
    owner: Option<UserId>,
    group: Id,
) -> Result<u8, Failure> {
    let filter = ChangeFilter {
        group: Some(group),
        ..ChangeFilter::default()
    };
    let rows = changes(app, owner, &filter, usize::MAX).await?;
    let text = whole_text(app, output, rows.clone(), usize::MAX).await?;
    let styles = Styles::read(app).await?;
    output.list(
        "log",
        || rows.iter().map(change_json).collect(),
        || records(&styles, &rows),
        || text,
    );
    Ok(0)
}

fn records(styles: &Styles, rows: &[ChangeRow]) -> Vec<Record> {
    let rows = rows.iter();
    rows.map(|row| record(&styles.of(row.owner), row)).collect()
}

fn record(style: &Style, row: &ChangeRow) -> Record {
    let change = &row.change;
    let id = |id: &Option<Id>| id.as_ref().map(Id::to_string).unwrap_or_default();
    vec![
        row.id.to_string(),
        instant(change.when.at),
        change.when.since.map(instant).unwrap_or_default(),
        change.source.as_str().to_owned(),
        change.outcome.as_str().to_owned(),
        change.media_type.as_str().to_owned(),
        change.media.to_string(),
        called(change, &style.titles),
        what(change, style),
        id(&change.group),
        id(&change.operation),
        id(&row.undone_by),
    ]
}

/// The changes of a group or an act below their heading, so many of them.
async fn whole_text(
    app: &App,
    output: &Output,
    rows: Vec<ChangeRow>,
    most: usize,
) -> Result<String, Failure> {
    if rows.is_empty() {
        return Ok(NONE.to_owned());
    }
    let styles = Styles::read(app).await?;
    let is_more = rows.len() > most;
    let told = Told::of(app, vec![rows], is_more).await?;
    let lines = told.lines.iter();
    let mut lines: Vec<_> = lines
        .flat_map(|line| told.first_of(output, &styles, line, most))
        .collect();
    if is_more {
        lines.push(OLDER.to_owned());
    }
    Ok(lines.join("\n"))
}

/// A change in one line.
pub(crate) fn line(output: &Output, style: &Style, row: &ChangeRow, ids: &Ids) -> String {
    let change = &row.change;
    let title = called(change, &style.titles);
    let sign = match (change.outcome, &change.before, &change.after) {
        (ChangeOutcome::Undone, _, _) if change.source == Source::Redo => Ink::Undone.paint(">"),
        (ChangeOutcome::Undone, _, _) => Ink::Undone.paint("<"),
        (ChangeOutcome::Failed | ChangeOutcome::NotFound, _, _) => Ink::Removed.paint("x"),
        (ChangeOutcome::Skipped | ChangeOutcome::Pending, _, _) => "=".to_owned(),
        (_, None, _) => Ink::Added.paint("+"),
        (_, _, None) => Ink::Removed.paint("-"),
        _ => Ink::Changed.paint("~"),
    };
    let at = match change.when.since {
        None => output.time(change.when.at),
        Some(since) => format!("{} to {}", output.time(since), output.time(change.when.at)),
    };
    let undone = row
        .undone_by
        .as_ref()
        .map(|id| Ink::Undone.paint(&format!("(undone by {})", short(id.as_str()))));
    format!(
        "{}  {at}  {sign} {title}  {}{}",
        ids.short(row.id.as_str()),
        what(change, style),
        undone.map_or_else(String::new, |undone| format!("  {undone}"))
    )
}

/// What made a change, in a sentence and in the words of the pages.
pub(crate) fn by(source: &str) -> &'static str {
    match Source::parse(source) {
        Some(Source::Observed) | None => "on AniList",
        Some(Source::Restore) => "by a restore",
        Some(Source::Undo) => "by an undo",
        Some(Source::Redo) => "by a redo",
        Some(Source::Import) => "brought in",
        Some(Source::Api) => "told by another program",
    }
}

/// What became of a title, in words.
fn what(change: &Change, style: &Style) -> String {
    if let Some(error) = &change.error {
        return format!("{}: {error}", change.outcome.as_str());
    }
    let format = &style.scores;
    match (&change.before, &change.after) {
        (None, Some(after)) => format!("added: {}", summary_of(after, format)),
        (Some(before), None) => format!("removed, was {}", summary_of(before, format)),
        (Some(before), Some(after)) => {
            let fields = change.fields();
            let words = fields.iter().map(|field| {
                let (was, is) = change_of(before, after, *field, format);
                format!("{} {was} -> {is}", field.as_str())
            });
            words.collect::<Vec<_>>().join(", ")
        }
        (None, None) => change.outcome.as_str().to_owned(),
    }
}
