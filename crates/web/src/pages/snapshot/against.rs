//! What a snapshot is held against: the one before it, or any other that somebody names.

use anirewind_core::model::{Entry, List};
use anirewind_core::{AccountRow, SnapshotFilter, SnapshotRow, Start, compare};

use super::{Held, MOST, held};
use crate::format;
use crate::page::{PageError, Visitor, in_path};
use crate::pages::backups::find;
use crate::pages::comparing::unseen_words;
use crate::parts::{Diff, TitleCell};

/// So many of those that are kept can be chosen; others are named.
const KEPT: usize = 30;

/// What changed between a snapshot and another one.
pub(super) struct Changes {
    /// `No other`, where there is none yet.
    pub(super) against: Option<Against>,
    pub(super) choices: Vec<Choice>,
    /// What was typed, where it is none of the choices.
    pub(super) typed: String,
    /// Why it is held against nothing.
    pub(super) problem: Option<String>,
    pub(super) rows: Vec<ChangeItem>,
    pub(super) sums: (usize, usize, usize),
    /// What of the two is not seen.
    pub(super) notes: Vec<String>,
    pub(super) has_more: bool,
}

/// The other one.
pub(super) struct Against {
    pub(super) path: String,
    pub(super) when: String,
    /// Which it is, in words.
    pub(super) which: &'static str,
    /// New, changed and gone, in words that fit the direction.
    pub(super) words: [&'static str; 3],
}

/// One that can be chosen from the list.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) words: String,
    pub(super) is_chosen: bool,
}

/// A title that is not the same in both.
pub(super) struct ChangeItem {
    pub(super) tone: &'static str,
    pub(super) sign: &'static str,
    pub(super) word: &'static str,
    pub(super) title: TitleCell,
    pub(super) diff: Diff,
}

impl Changes {
    /// Of a snapshot against the one that somebody named; against the one before it where nobody did.
    pub(super) async fn of(
        visitor: &Visitor,
        account: &AccountRow,
        (row, list): (&SnapshotRow, &List),
        named: &str,
        below: usize,
    ) -> Result<Self, PageError> {
        let before = visitor.app.snapshot_before(row).await?;
        let (other, problem) = if named.is_empty() {
            (before.clone(), None)
        } else {
            match find(visitor, named, &account.profile).await {
                Ok(other) => (Some(other), None),
                Err(error) => (None, Some(error.message)),
            }
        };
        let choices = choices(visitor, account, row, before.as_ref(), named).await?;
        let is_offered = choices.iter().any(|choice| choice.is_chosen);
        let mut changes = Self {
            against: None,
            choices,
            typed: if is_offered { "" } else { named }.to_owned(),
            problem,
            rows: Vec::new(),
            sums: (0, 0, 0),
            notes: Vec::new(),
            has_more: false,
        };
        let Some(other) = other else {
            return Ok(changes);
        };
        let Held {
            list: Some(was), ..
        } = held(visitor, &other).await
        else {
            changes.problem = Some("The other snapshot can no longer be read.".to_owned());
            return Ok(changes);
        };
        let is_before = before.is_some_and(|before| before.file == other.file);
        let is_later = other.position > row.position;
        let against = Against {
            path: format!("/backups/{}/{}", in_path(&account.profile), other.id),
            when: format::instant(other.created_at),
            which: match (is_before, is_later) {
                (true, _) => "the one before it",
                (_, true) => "a later one",
                _ => "an earlier one",
            },
            words: if is_later {
                ["New later", "Changed later", "Gone later"]
            } else {
                ["New", "Changed", "Gone"]
            },
        };
        let (was, is) = if is_later { (list, &was) } else { (&was, list) };
        changes.fill(visitor, account, (was, is), against.words, below);
        changes.against = Some(against);
        Ok(changes)
    }

    fn fill(
        &mut self,
        visitor: &Visitor,
        account: &AccountRow,
        (was, is): (&List, &List),
        words: [&'static str; 3],
        below: usize,
    ) {
        let found = compare(was, is);
        let (base, profile, style) = (visitor.access.base(), &account.profile, &account.style);
        let cell = |entry: &Entry| TitleCell::of(base, profile, entry, style);
        let removed = found.removed.iter().map(|entry| ChangeItem {
            tone: "danger",
            sign: "i-minus",
            word: words[2],
            title: cell(entry),
            diff: Diff::of(Some(entry), None, style),
        });
        let changed = found.changed.iter().map(|changed| ChangeItem {
            tone: "warning",
            sign: "i-tilde",
            word: words[1],
            title: cell(changed.after),
            diff: Diff::of(Some(changed.before), Some(changed.after), style),
        });
        let added = found.added.iter().map(|entry| ChangeItem {
            tone: "fine",
            sign: "i-plus",
            word: words[0],
            title: cell(entry),
            diff: Diff::of(None, Some(entry), style),
        });
        let sums = (found.added.len(), found.changed.len(), found.removed.len());
        self.has_more = sums.0 + sums.1 + sums.2 > below.saturating_add(MOST);
        self.sums = sums;
        self.notes = unseen_words(was, is, &found);
        let rows = removed.chain(changed).chain(added);
        self.rows = rows.skip(below).take(MOST).collect();
    }
}

/// The one before it, the newest, and those that somebody keeps.
async fn choices(
    visitor: &Visitor,
    account: &AccountRow,
    row: &SnapshotRow,
    before: Option<&SnapshotRow>,
    named: &str,
) -> Result<Vec<Choice>, PageError> {
    let owner = Some(account.account.id);
    let newest = SnapshotFilter::default();
    let newest = visitor.app.snapshots_where(owner, newest, Start::Newest, 1);
    let newest = newest.await?.pop();
    let kept = SnapshotFilter {
        kept: true,
        ..SnapshotFilter::default()
    };
    let kept = visitor
        .app
        .snapshots_where(owner, kept, Start::Newest, KEPT);
    let kept = kept.await?;
    let before = before.map(|before| Choice {
        value: String::new(),
        words: format!("The one before it, {}", format::instant(before.created_at)),
        is_chosen: named.is_empty(),
    });
    let newest = newest.filter(|newest| newest.file != row.file);
    let newest = newest.map(|newest| Choice {
        value: "latest".to_owned(),
        words: format!("The newest, {}", format::instant(newest.created_at)),
        is_chosen: named == "latest",
    });
    let kept = kept.into_iter().filter(|kept| kept.file != row.file);
    let kept = kept.map(|kept| {
        let keep = kept.mark.keep.as_ref();
        let name = keep.and_then(|keep| keep.name.as_ref());
        let name = name.map(|name| format!(" as {name}")).unwrap_or_default();
        Choice {
            is_chosen: kept.id.as_str() == named,
            value: kept.id.to_string(),
            words: format!("Kept{name}, {}", format::instant(kept.created_at)),
        }
    });
    Ok(before.into_iter().chain(newest).chain(kept).collect())
}
