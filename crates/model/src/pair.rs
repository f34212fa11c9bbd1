//! Two lists side by side.

use std::cmp::Ordering;

use crate::{Entry, List, MediaId, MediaType};

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

/// Every title of two lists once, by type and media id.
///
/// Walks both at once; nothing is copied.
pub fn pairs<'a>(first: &'a List, second: &'a List) -> impl Iterator<Item = Pair<'a>> {
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
}
