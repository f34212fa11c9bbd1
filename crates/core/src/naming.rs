//! What plans, and the acts that become of them, are called: by what they do.
//!
//! The name is written down with the plan, so that pages, commands and notices say the same.

use std::collections::{BTreeMap, BTreeSet};

use anirewind_model::{EntryField, MediaId, MediaType, TitleLanguage, UserId};
use anirewind_store::{ChangeRow, StepRow, StoreError};
use anirewind_timeline::{Change, Id, Source};
use time::OffsetDateTime;

use crate::app::App;
use crate::numbers::{count, were};
use crate::plan::Action;
use crate::words::called;

/// What an undo is called begins so.
const UNDO: &str = "Undo: ";
/// And a redo.
const REDO: &str = "Redo: ";

/// What a restore is called, depending on what of it is sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Naming {
    /// `Bring hana back to 1 Nov 20:00`
    pub(crate) whole: String,
    /// What happened last to each title, by its place among the causes.
    pub(crate) because: BTreeMap<(MediaType, MediaId), usize>,
    /// For each cause the day it happened on; none for single edits.
    pub(crate) days: Vec<Option<String>>,
}

impl Naming {
    /// The name of a plan with these steps.
    pub(crate) fn name(&self, steps: &[StepRow]) -> String {
        let action = |step: &StepRow| Action::parse(&step.action).filter(|action| action.sends());
        let sent: Vec<_> = steps
            .iter()
            .filter_map(|step| Some((action(step)?, step)))
            .collect();
        if let [(action, step)] = sent.as_slice()
            && let Some(title) = &step.title
        {
            return match action {
                Action::Add => format!("Bring back {title}"),
                Action::Remove => format!("Remove {title}"),
                _ => self
                    .whole
                    .replacen("Bring ", &format!("Put {title} of "), 1),
            };
        }
        let causes = sent
            .iter()
            .map(|(_, step)| self.because.get(&(step.media_type, step.media)));
        let causes: BTreeSet<_> = causes.collect();
        let only = causes.first().copied().flatten();
        let day = only.and_then(|only| self.days.get(*only)?.as_ref());
        let (1, Some(day)) = (causes.len(), day) else {
            return self.whole.clone();
        };
        let all = |wanted: Action| sent.iter().all(|(action, _)| *action == wanted);
        let titles = count(sent.len(), "title");
        if all(Action::Add) {
            format!("Bring back {titles} that vanished on {day}")
        } else if all(Action::Write) {
            format!("Put back {titles} changed together on {day}")
        } else {
            self.whole.clone()
        }
    }
}

impl App {
    /// `1 Nov 20:00`, by the clock of this installation.
    pub(crate) fn moment_words(&self, at: OffsetDateTime) -> String {
        self.zone().moment(at, Some(self.now()))
    }

    /// `1 Nov`
    pub(crate) fn day_words(&self, at: OffsetDateTime) -> String {
        self.zone().date(at, Some(self.now()))
    }

    /// What taking these changes back is called, or doing them again.
    pub(crate) async fn name_of_undo(
        &self,
        rows: &[ChangeRow],
        is_redo: bool,
    ) -> Result<String, StoreError> {
        let verb = if is_redo { REDO } else { UNDO };
        let Some(first) = rows.first() else {
            return Ok(format!("{verb}nothing"));
        };
        let operations: BTreeSet<_> = rows.iter().map(|row| &row.change.operation).collect();
        if let (1, Some(operation)) = (operations.len(), &first.change.operation)
            && let Some(act) = self.inner.store.operation(operation.clone()).await?
            && (rows.len() > 1 || self.is_all_of(&act.id, rows.len()).await?)
        {
            return Ok(format!("{verb}{}", act.what));
        }
        let day = self.day_words(first.change.when.at);
        if let [row] = rows {
            let language = self.language_of(row.owner).await?;
            let title = called(&row.change, &language);
            return Ok(match &row.change.after {
                None if !is_redo => format!("Bring back {title}"),
                None => format!("Remove {title} again"),
                _ => format!("{verb}{} on {day}", happened_to(row, &language)),
            });
        }
        let groups: BTreeSet<_> = rows.iter().map(|row| &row.change.group).collect();
        let is_group = groups.len() == 1 && first.change.group.is_some();
        let titles: BTreeSet<_> = rows
            .iter()
            .map(|row| (row.change.media_type, row.change.media))
            .collect();
        let number = titles.len();
        Ok(if !is_group {
            format!(
                "{verb}{} of {}",
                count(rows.len(), "change"),
                count(number, "title")
            )
        } else if rows.iter().all(|row| row.change.after.is_none()) {
            let titles = count(number, "title");
            if is_redo {
                format!("Remove {titles} again that vanished on {day}")
            } else {
                format!("Bring back {titles} that vanished on {day}")
            }
        } else if rows.iter().all(|row| row.change.before.is_none()) {
            format!("{verb}{} added together on {day}", count(number, "title"))
        } else {
            let changes = rows.iter().map(|row| &row.change);
            format!(
                "{verb}{} changed together on {day}",
                changed(changes, number)
            )
        })
    }

    /// The language in which an account has titles.
    async fn language_of(&self, owner: UserId) -> Result<TitleLanguage, StoreError> {
        let mut accounts = self.inner.store.accounts().await?.into_iter();
        let account = accounts.find(|row| row.account.id == owner);
        Ok(account.map_or(TitleLanguage::Romaji, |row| row.style.titles))
    }

    async fn is_all_of(&self, operation: &Id, changes: usize) -> Result<bool, StoreError> {
        let sizes = self.group_sizes(vec![operation.clone()]).await?;
        Ok(sizes.get(operation).copied() == Some(changes))
    }
}

/// `score of Dororo changed`
pub fn happened_to(row: &ChangeRow, language: &TitleLanguage) -> String {
    let change = &row.change;
    let title = called(change, language);
    let verb = match change.source {
        Source::Observed | Source::Import | Source::Api => "",
        Source::Restore | Source::Undo | Source::Redo => " here",
    };
    match (&change.before, &change.after) {
        (None, _) => format!("{title} added{verb}"),
        (_, None) => format!("{title} removed{verb}"),
        _ => {
            let fields: Vec<_> = change.fields().into_iter().collect();
            match fields.as_slice() {
                [one] => format!("{} of {title} changed{verb}", one.noun()),
                [one, other] => {
                    format!(
                        "{} and {} of {title} changed{verb}",
                        one.noun(),
                        other.noun()
                    )
                }
                _ => format!("{title} changed{verb}"),
            }
        }
    }
}

/// `212 titles vanished together`, `38 scores changed together`: of one change for each title.
pub fn happened(changes: &[&Change]) -> String {
    let number = changes.len();
    let titles = count(number, "title");
    let together = if number == 1 { "" } else { " together" };
    let were = were(number);
    if changes.iter().all(|change| change.after.is_none()) {
        format!("{titles} vanished{together}")
    } else if changes.iter().all(|change| change.before.is_none()) {
        format!("{titles} {were} added{together}")
    } else {
        let what = changed(changes.iter().copied(), number);
        format!("{what} changed{together}")
    }
}

/// `edits of Dororo, Mushishi, Frieren and 2 more`
pub(crate) fn edits_of(titles: &[String]) -> String {
    const NAMED: usize = 3;
    let (first, rest) = titles.split_at(titles.len().min(NAMED));
    match (first, rest.len()) {
        ([one], 0) => format!("edits of {one}"),
        ([begin @ .., last], 0) => format!("edits of {} and {last}", begin.join(", ")),
        (first, more) => format!("edits of {} and {more} more", first.join(", ")),
    }
}

/// `38 scores`, `notes of 38 titles`, `38 titles`
fn changed<'a>(changes: impl Iterator<Item = &'a Change>, titles: usize) -> String {
    let fields: BTreeSet<EntryField> = changes.flat_map(Change::fields).collect();
    let fields: Vec<_> = fields.into_iter().collect();
    match fields.as_slice() {
        [EntryField::Score] => count(titles, "score"),
        [one] => format!("{} of {}", one.noun(), count(titles, "title")),
        _ => count(titles, "title"),
    }
}
