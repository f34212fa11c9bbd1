//! `log`, `look`

use std::time::Duration;

use anirewind_core::model::{MediaType, UserId};
use anirewind_core::{
    App, Change, ChangeFilter, ChangeOutcome, ChangeRow, Source, Style, became, change_of, count,
    summary_of,
};
use serde_json::{Value, json};

use crate::arguments::{LogArguments, TypeArgument};
use crate::json::change_json;
use crate::output::{Failure, Output};
use crate::style::{Styles, called};

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
            let number = app.hide(profile, references, is_hidden).await?;
            let what = if is_hidden { "hidden" } else { "shown again" };
            output.result(
                "log-hide",
                || json!({ "changes": number, "hidden": is_hidden }),
                || {
                    format!(
                        "{} {what}, and still on the timeline.",
                        count(number, "change")
                    )
                },
            );
            return Ok(0);
        }
    }
    let owner = match profile {
        Some(profile) => Some(app.account_row(profile).await?.account.id),
        None => None,
    };
    let filter = ChangeFilter {
        shown_only: !arguments.hidden,
        outcome: arguments.kind,
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
    };
    let most = if arguments.limit == 0 {
        usize::MAX
    } else {
        arguments.limit
    };
    let mut rows = changes(app, owner, &filter, most).await?;
    let styles = Styles::read(app).await?;
    if !arguments.follow {
        if output.is_json() {
            for row in &rows {
                output.line(&change_json(row));
            }
        } else {
            output.result("log", || Value::Null, || text_of(output, &styles, &rows));
        }
        return Ok(0);
    }
    let mut last = 0;
    loop {
        rows.sort_by_key(|row| row.seq);
        for row in rows.iter().filter(|row| row.seq > last) {
            if output.is_json() {
                output.line(&change_json(row));
            } else {
                output.result(
                    "log",
                    || Value::Null,
                    || line(output, &styles.of(row.owner), row),
                );
            }
        }
        last = rows.iter().map(|row| row.seq).fold(last, i64::max);
        tokio::time::sleep(PAUSE).await;
        rows = changes(app, owner, &filter, 500).await?;
    }
}

async fn changes(
    app: &App,
    owner: Option<UserId>,
    filter: &ChangeFilter,
    most: usize,
) -> Result<Vec<ChangeRow>, Failure> {
    let rows = app.changes(owner, filter.clone(), None, most).await;
    rows.map_err(|error| Failure::from(anirewind_core::BrowseError::Store(error)))
}

fn text_of(output: &Output, styles: &Styles, rows: &[ChangeRow]) -> String {
    if rows.is_empty() {
        return "No such change. What others change shows up when somebody looks: anirewind look, or a \
                running server."
            .to_owned();
    }
    let mut lines = Vec::new();
    let mut rest = rows.iter().peekable();
    while let Some(row) = rest.next() {
        let mut together = vec![row];
        while let Some(next) = rest
            .next_if(|next| next.change.group.is_some() && next.change.group == row.change.group)
        {
            together.push(next);
        }
        match (&row.change.group, together.len()) {
            (Some(group), 2..) => {
                lines.push(format!(
                    "{}  {}  {} titles {} together",
                    short(group.as_str()),
                    output.time(row.change.when.at),
                    together.len(),
                    became(together.iter().map(|row| &row.change))
                ));
                let style = styles.of(row.owner);
                lines.extend(
                    together
                        .iter()
                        .map(|row| format!("    {}", line(output, &style, row))),
                );
            }
            _ => lines.push(line(output, &styles.of(row.owner), row)),
        }
    }
    lines.join("\n")
}

pub(crate) fn short(id: &str) -> &str {
    id.get(..6).unwrap_or(id)
}

/// A change in one line.
pub(crate) fn line(output: &Output, style: &Style, row: &ChangeRow) -> String {
    let change = &row.change;
    let title = called(change, style);
    let sign = match (change.outcome, &change.before, &change.after) {
        (ChangeOutcome::Undone, _, _) if change.source == Source::Redo => ">",
        (ChangeOutcome::Undone, _, _) => "<",
        (ChangeOutcome::Failed | ChangeOutcome::NotFound, _, _) => "x",
        (ChangeOutcome::Skipped | ChangeOutcome::Pending, _, _) => "=",
        (_, None, _) => "+",
        (_, _, None) => "-",
        _ => "~",
    };
    let at = match change.when.since {
        None => output.time(change.when.at),
        Some(since) => format!("{} to {}", output.time(since), output.time(change.when.at)),
    };
    let undone = row
        .undone_by
        .as_ref()
        .map(|id| format!("  (undone by {})", short(id.as_str())));
    format!(
        "{}  {at}  {sign} {title}  {}{}",
        short(row.id.as_str()),
        what(change, style),
        undone.unwrap_or_default()
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
