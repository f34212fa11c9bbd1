//! How many changes there are of those that somebody chose: the numbers of the kinds, and the result in words.

use anirewind_core::model::UserId;
use anirewind_core::{
    App, BrowseError, ChangeCounts, ChangeFilter, ChangeKind, count, does, thousands,
};

use crate::page::{PageError, in_path};
use crate::parts::{Tab, Tabs};

use super::chosen::Which;

/// The numbers of a timeline.
pub(super) struct Counted {
    /// By kind, of those that everything else that was chosen leaves.
    within: ChangeCounts,
    /// All there are.
    pub(super) all: usize,
}

impl Counted {
    pub(super) async fn of(
        app: &App,
        owner: UserId,
        which: &Which,
        filter: ChangeFilter,
    ) -> Result<Self, PageError> {
        let within = app.counts_within(owner, filter).await;
        let all = app.counts_within(owner, which.all()).await;
        let all = all.map_err(BrowseError::Store)?.kinds;
        Ok(Self {
            within: within.map_err(BrowseError::Store)?,
            all: all.get(&ChangeKind::All).copied().unwrap_or_default(),
        })
    }

    fn number(&self, kind: ChangeKind) -> usize {
        self.within.kinds.get(&kind).copied().unwrap_or_default()
    }

    /// How many there are, in words; nothing where nothing was ever seen.
    fn words(&self, which: &Which) -> Option<String> {
        if self.all == 0 {
            return None;
        }
        let all = count(self.all, "change");
        if !which.is_filtered() {
            return Some(format!("{all} seen."));
        }
        let kind = ChangeKind::parse(&which.kind).unwrap_or(ChangeKind::All);
        let number = self.number(kind);
        let shown = thousands(number);
        let matching = match (number, kind) {
            (0, _) if !self.within.is_more => format!("None of {all} matches"),
            _ if self.within.is_more && kind == ChangeKind::All => {
                format!("More than {shown} of {all} match")
            }
            _ if self.within.is_more => format!("{shown} or more of {all} match"),
            _ => format!("{shown} of {all} {}", does(number, "match")),
        };
        Some(format!("{matching} what is chosen."))
    }

    /// The kinds with their numbers, and the way to each with everything else that was chosen.
    pub(super) fn tabs(&self, base: &str, which: &Which, profile: &str) -> Tabs {
        let path = format!("/timeline/{}", in_path(profile));
        let is_shown = |kind: &ChangeKind| {
            *kind != ChangeKind::Left || self.number(*kind) > 0 || which.kind == kind.as_str()
        };
        let each = ChangeKind::EACH.into_iter().filter(is_shown).map(|kind| {
            let (word, icon) = word_of(kind);
            let value = if kind == ChangeKind::All {
                ""
            } else {
                kind.as_str()
            };
            let more = if self.within.is_more { "+" } else { "" };
            Tab {
                word: word.to_owned(),
                icon: Some(icon),
                number: format!("{}{more}", thousands(self.number(kind))),
                href: which.with(&path, "kind", value),
                is_current: which.kind == value || (which.kind == "all" && value.is_empty()),
                value: value.to_owned(),
            }
        });
        let tabs = Tabs::of(base, "Kind", "kind", each.collect());
        tabs.following(profile, which.query())
            .saying(self.words(which))
    }
}

const fn word_of(kind: ChangeKind) -> (&'static str, &'static str) {
    match kind {
        ChangeKind::All => ("All", "i-line"),
        ChangeKind::Added => ("Added", "i-plus"),
        ChangeKind::Changed => ("Changed", "i-tilde"),
        ChangeKind::Removed => ("Removed", "i-minus"),
        ChangeKind::Undone => ("Undone", "i-undo"),
        ChangeKind::Restored => ("Restored", "i-run"),
        ChangeKind::Failed => ("Failed", "i-cross"),
        ChangeKind::Left => ("Not done", "i-equal"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_is_said_in_words_whether_it_was_counted_to_the_end_or_not() {
        let counted = |number, is_more| Counted {
            within: ChangeCounts {
                kinds: [(ChangeKind::All, number), (ChangeKind::Added, 1)].into(),
                is_more,
            },
            all: 12_000,
        };
        let said = |counted: Counted, query| counted.words(&Which::parse(query)).unwrap();
        assert_eq!(said(counted(12_000, false), ""), "12,000 changes seen.");
        assert_eq!(
            said(counted(0, false), "q=x"),
            "None of 12,000 changes matches what is chosen."
        );
        assert_eq!(
            said(counted(7, false), "q=x"),
            "7 of 12,000 changes match what is chosen."
        );
        assert_eq!(
            said(counted(7, false), "q=x&kind=added"),
            "1 of 12,000 changes matches what is chosen."
        );
        assert_eq!(
            said(counted(10_000, true), "q=x"),
            "More than 10,000 of 12,000 changes match what is chosen."
        );
        assert_eq!(
            said(counted(10_000, true), "q=x&kind=added"),
            "1 or more of 12,000 changes match what is chosen."
        );
        let tabs = counted(10_000, true).tabs("", &Which::parse("q=x"), "hana");
        assert!(tabs.to_string().contains("<span>10,000+</span>"), "{tabs}");
        let none = Counted {
            all: 0,
            ..counted(0, false)
        };
        assert_eq!(none.words(&Which::default()), None);
    }
}
