//! Changes with one cause as one thing: a burst of somebody else's, or an act of ours. As on the page Timeline.

use std::collections::BTreeMap;

use anirewind_core::model::UserId;
use anirewind_core::{App, BrowseError, ChangeFilter, ChangeRow, Id, became, count, thousands};

use crate::commands::log::{by, line};
use crate::ids::{Ids, short};
use crate::output::{Failure, Output};
use crate::style::Styles;

/// So many changes are read at once.
const PAGE: usize = 500;
/// So many titles stand below a heading, where there are more than one beside them.
const NAMED: usize = 3;

/// The newest of what happened, with how much more belongs to it.
pub(super) struct Told {
    /// Each has one change, or several with one cause, newest first.
    pub(super) lines: Vec<Vec<ChangeRow>>,
    /// Whether there are older ones.
    pub(super) is_more: bool,
    /// How many changes each cause made in all.
    sizes: BTreeMap<Id, usize>,
    /// What acts are called.
    names: BTreeMap<Id, String>,
    /// Every id that stands in a line.
    ids: Ids,
}

/// What several changes have in common.
fn cause(row: &ChangeRow) -> Option<&Id> {
    let change = &row.change;
    change.operation.as_ref().or(change.group.as_ref())
}

impl Told {
    /// Reads so many lines. A burst is one of them, however long it is.
    pub(super) async fn read(
        app: &App,
        owner: Option<UserId>,
        filter: &ChangeFilter,
        most: usize,
    ) -> Result<Self, Failure> {
        let mut lines: Vec<Vec<ChangeRow>> = Vec::new();
        let mut below = None;
        loop {
            let found = app.changes(owner, filter.clone(), below, PAGE).await;
            let found = found.map_err(BrowseError::Store)?;
            let is_last = found.len() < PAGE;
            below = found.last().map(ChangeRow::cursor);
            for row in found {
                let is_same = |line: &&mut Vec<ChangeRow>| {
                    cause(&row).is_some() && line.first().and_then(cause) == cause(&row)
                };
                match lines.last_mut().filter(is_same) {
                    Some(line) => line.push(row),
                    None => lines.push(vec![row]),
                }
            }
            // The last line is whole where another one has begun.
            if is_last || lines.len() > most {
                break;
            }
        }
        let is_more = lines.len() > most;
        lines.truncate(most);
        Self::of(app, lines, is_more).await
    }

    /// These lines, with what is known of their causes.
    pub(super) async fn of(
        app: &App,
        lines: Vec<Vec<ChangeRow>>,
        is_more: bool,
    ) -> Result<Self, Failure> {
        let several = lines.iter().filter(|line| line.len() > 1);
        let first: Vec<_> = several.filter_map(|line| line.first()).collect();
        let causes = first.iter().filter_map(|row| cause(row).cloned());
        let sizes = app.group_sizes(causes.collect()).await;
        let sizes = sizes.map_err(BrowseError::Store)?;
        let acts = first.iter().filter_map(|row| row.change.operation.clone());
        let names = app.names_of_acts(acts.collect()).await;
        let names = names.map_err(BrowseError::Store)?;
        let rows = lines.iter().flatten();
        let ids = rows.flat_map(|row| [Some(&row.id), cause(row)]);
        let ids = Ids::of(ids.flatten().map(Id::as_str));
        Ok(Self {
            lines,
            is_more,
            sizes,
            names,
            ids,
        })
    }

    /// What to print of a line: changes with one cause by a heading and a few of them.
    pub(super) fn text(&self, output: &Output, styles: &Styles, line: &[ChangeRow]) -> Vec<String> {
        let shown = if line.len() > NAMED + 1 {
            NAMED
        } else {
            line.len()
        };
        let mut lines = self.first_of(output, styles, line, shown);
        if let Some(id) = line.first().and_then(cause).filter(|_| shown < line.len()) {
            lines.push(format!(
                "    and {} more: anirewind log --group {}",
                thousands(line.len() - shown),
                short(id.as_str())
            ));
        }
        lines
    }

    /// The heading of a line with so many of its changes; no heading where it has one alone.
    pub(super) fn first_of(
        &self,
        output: &Output,
        styles: &Styles,
        line: &[ChangeRow],
        shown: usize,
    ) -> Vec<String> {
        let told = |row: &ChangeRow| self::line(output, &styles.of(row.owner), row, &self.ids);
        match line {
            [] => Vec::new(),
            [one] => {
                let act = one.change.operation.as_ref();
                let act = act.map(|id| format!("  (operation {})", short(id.as_str())));
                vec![told(one) + act.unwrap_or_default().as_str()]
            }
            several => {
                let members = several.iter().take(shown);
                let members = members.map(|row| format!("    {}", told(row)));
                let heading = self.heading(output, several);
                heading.into_iter().chain(members).collect()
            }
        }
    }

    /// `k7f2ab  2026-11-03 21:00  120 titles vanished together, on AniList`
    fn heading(&self, output: &Output, line: &[ChangeRow]) -> Option<String> {
        let (first, last) = (line.first()?, line.last()?);
        let id = cause(first)?;
        let all = self.sizes.get(id).copied().unwrap_or_default();
        let all = all.max(line.len());
        let words = if first.change.operation.is_some() {
            let name = self.names.get(id);
            let name = name.map_or_else(String::new, |name| format!(": {name}"));
            format!("{} in one operation{name}", count(all, "change"))
        } else {
            let became = became(line.iter().map(|row| &row.change));
            let by = by(first.change.source.as_str());
            format!("{} {became} together, {by}", count(all, "title"))
        };
        // What was asked for may leave some of them out.
        let part = if line.len() < all {
            format!(" ({} of them here)", thousands(line.len()))
        } else {
            String::new()
        };
        let id = self.ids.short(id.as_str());
        Some(format!(
            "{id}  {}  {words}{part}",
            span(output, first, last)
        ))
    }
}

/// When the first of them was and when the last, or between which two moments they were.
fn span(output: &Output, newest: &ChangeRow, oldest: &ChangeRow) -> String {
    let ended = output.time(newest.change.when.at);
    let begun = newest.change.when.since.unwrap_or(oldest.change.when.at);
    let begun = output.time(begun);
    if begun == ended {
        ended
    } else {
        format!("{begun} to {ended}")
    }
}
