//! Two lists side by side.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::{Entry, List, MediaId, MediaType, Recorded};

/// A title as it stands on two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair<'a> {
    /// Only on the first.
    First(&'a Entry),
    /// Only on the second.
    Second(&'a Entry),
    /// On both.
    Both(&'a Entry, &'a Entry),
}

/// Every title of two lists that can be compared, once, by type and media id.
///
/// What one side could not see is not among them, see [`unseen`]. Walks both at once; nothing is
/// copied.
pub fn pairs<'a>(first: &'a List, second: &'a List) -> impl Iterator<Item = Pair<'a>> {
    let is_hidden = hides(first, second);
    all_pairs(first, second).filter(move |pair| !is_hidden(pair))
}

/// The titles of two lists that say nothing: private on the one, and missing on the other, which was
/// read without a token and would miss them in any case. They were neither added nor removed.
pub fn unseen<'a>(first: &'a List, second: &'a List) -> impl Iterator<Item = &'a Entry> {
    let is_hidden = hides(first, second);
    all_pairs(first, second).filter_map(move |pair| match pair {
        Pair::First(entry) | Pair::Second(entry) if is_hidden(&pair) => Some(entry),
        _ => None,
    })
}

/// A list without what the other one could not see: what of it can be held against the other.
pub fn comparable<'a>(list: &'a List, with: &List) -> Cow<'a, List> {
    if list.coverage.public || !with.coverage.public {
        return Cow::Borrowed(list);
    }
    let hidden: BTreeSet<_> = unseen(list, with).map(key).collect();
    let seen = list.entries.iter();
    let seen = seen.filter(|entry| !hidden.contains(&key(entry)));
    Cow::Owned(List {
        entries: seen.cloned().collect(),
        ..list.clone()
    })
}

/// The rule for all of these: where exactly one of two lists was read without a token, what is private
/// on the other one alone is hidden from it.
fn hides(first: &List, second: &List) -> impl Fn(&Pair<'_>) -> bool + use<> {
    let (first, second) = (first.coverage.public, second.coverage.public);
    let is_private = |entry: &Entry| entry.values.private == Recorded::Known(true);
    move |pair| match pair {
        Pair::First(entry) => second && !first && is_private(entry),
        Pair::Second(entry) => first && !second && is_private(entry),
        Pair::Both(..) => false,
    }
}

fn all_pairs<'a>(first: &'a List, second: &'a List) -> impl Iterator<Item = Pair<'a>> + use<'a> {
    let mut left = in_order(first).into_iter().peekable();
    let mut right = in_order(second).into_iter().peekable();
    std::iter::from_fn(move || {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => key(a).cmp(&key(b)),
        };
        match order {
            Ordering::Less => left.next().map(Pair::First),
            Ordering::Greater => right.next().map(Pair::Second),
            Ordering::Equal => left.next().zip(right.next()).map(|(a, b)| Pair::Both(a, b)),
        }
    })
}

fn key(entry: &Entry) -> (MediaType, MediaId) {
    (entry.media_type, entry.media)
}

/// Lists are in order by their own promise, but that costs little to make sure of.
fn in_order(list: &List) -> Vec<&Entry> {
    let mut entries: Vec<_> = list.entries.iter().collect();
    if !entries.is_sorted_by_key(|entry| key(entry)) {
        entries.sort_by_key(|entry| key(entry));
    }
    entries.dedup_by_key(|entry| key(entry));
    entries
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Account, Coverage, EntryValues, ListSettings, ScoreFormat, UserId};

    fn list(ids: &[u32]) -> List {
        let entry = |id: &u32| Entry {
            media: MediaId::new(*id),
            media_type: if id.is_multiple_of(2) {
                MediaType::Anime
            } else {
                MediaType::Manga
            },
            id: None,
            values: EntryValues::default(),
            created_at: None,
            updated_at: None,
            summary: None,
        };
        List {
            owner: Account {
                id: UserId::new(1),
                name: "hana".to_owned(),
            },
            title_language: None,
            settings: ListSettings {
                score_format: ScoreFormat::Point10,
                row_order: None,
                anime: None,
                manga: None,
            },
            entries: ids.iter().map(entry).collect(),
            favourites: None,
            coverage: Coverage::default(),
        }
    }

    proptest! {
        #[test]
        fn every_title_comes_once_and_from_the_right_side(
            first in proptest::collection::vec(0u32..30, 0..20),
            second in proptest::collection::vec(0u32..30, 0..20),
        ) {
            let (a, b) = (list(&first), list(&second));
            let mut seen = Vec::new();
            for pair in pairs(&a, &b) {
                let (id, in_first, in_second) = match pair {
                    Pair::First(entry) => (entry.media.get(), true, false),
                    Pair::Second(entry) => (entry.media.get(), false, true),
                    Pair::Both(left, right) => {
                        prop_assert_eq!(left.media, right.media);
                        (left.media.get(), true, true)
                    }
                };
                prop_assert_eq!(first.contains(&id), in_first);
                prop_assert_eq!(second.contains(&id), in_second);
                seen.push(id);
            }
            let mut all: Vec<_> = first.iter().chain(&second).copied().collect();
            all.sort_unstable();
            all.dedup();
            seen.sort_unstable();
            prop_assert_eq!(seen, all);
        }
    }

    /// A list whose titles divisible by three are private.
    fn with_private(ids: &[u32], public: bool) -> List {
        let mut list = list(ids);
        for entry in &mut list.entries {
            entry.values.private = Recorded::Known(entry.media.get().is_multiple_of(3));
        }
        list.coverage.public = public;
        list
    }

    fn told<'a>(pairs: impl Iterator<Item = Pair<'a>>) -> Vec<(char, u32)> {
        let told = pairs.map(|pair| match pair {
            Pair::First(entry) => ('-', entry.media.get()),
            Pair::Second(entry) => ('+', entry.media.get()),
            Pair::Both(entry, _) => ('=', entry.media.get()),
        });
        let mut told: Vec<_> = told.collect();
        told.sort_by_key(|(_, id)| *id);
        told
    }

    #[test]
    fn what_one_side_could_not_see_is_neither_gone_nor_new() {
        let owners = with_private(&[1, 2, 3, 6], false);
        let everybodys = with_private(&[2, 4], true);
        let there = told(pairs(&owners, &everybodys));
        let back = told(pairs(&everybodys, &owners));
        assert_eq!(there, [('-', 1), ('=', 2), ('+', 4)]);
        assert_eq!(back, [('+', 1), ('=', 2), ('-', 4)]);
        assert_eq!(unseen(&owners, &everybodys).count(), 2);
        assert_eq!(unseen(&everybodys, &owners).count(), 2);
        assert_eq!(comparable(&owners, &everybodys).entries.len(), 2);
        assert_eq!(comparable(&everybodys, &owners).entries.len(), 2);
    }

    #[test]
    fn two_lists_that_were_read_alike_hide_nothing_from_each_other() {
        for public in [false, true] {
            let first = with_private(&[1, 3], public);
            let second = with_private(&[2, 6], public);
            assert_eq!(pairs(&first, &second).count(), 4);
            assert_eq!(unseen(&first, &second).count(), 0);
            assert_eq!(comparable(&first, &second).entries.len(), 2);
        }
    }

    #[test]
    fn what_both_sides_show_is_compared_also_where_it_was_private() {
        let owners = with_private(&[3], false);
        let mut everybodys = with_private(&[3], true);
        for entry in &mut everybodys.entries {
            entry.values.private = Recorded::Known(false);
        }
        assert_eq!(told(pairs(&owners, &everybodys)), [('=', 3)]);
        assert_eq!(comparable(&owners, &everybodys).entries.len(), 1);
    }
}
