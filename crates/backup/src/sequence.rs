//! The order in which snapshots were taken, whatever the clocks said.
//!
//! A snapshot names the one before it by its hash. Where that says more than the clock does, it
//! counts: after a clock was set back, what is written next still comes next.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use time::OffsetDateTime;

use crate::hash::Hash;

/// What there is to order a snapshot by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its file, which decides between equals.
    pub file: String,
    /// When the list was read, by the clock of that moment.
    pub at: OffsetDateTime,
    /// Its hash.
    pub hash: Hash,
    /// The hash of the one before it, if it says.
    pub previous: Option<Hash>,
}

/// Indexes of the links, oldest first.
///
/// The first `known` of them are in order already and stay so; what is new finds its place among them.
pub fn in_sequence(links: &[Link], known: usize) -> Vec<usize> {
    let followers = followers(links, known);
    let mut waits_for = vec![0_usize; links.len()];
    for follower in followers.iter().flatten() {
        if let Some(count) = waits_for.get_mut(*follower) {
            *count += 1;
        }
    }
    let key = |index: usize| {
        links
            .get(index)
            .map(|link| Reverse((link.at, &link.file, index)))
    };
    let ready = waits_for
        .iter()
        .enumerate()
        .filter(|(_, count)| **count == 0);
    let mut ready: BinaryHeap<_> = ready.filter_map(|(index, _)| key(index)).collect();
    let mut order = Vec::with_capacity(links.len());
    while let Some(Reverse((_, _, index))) = ready.pop() {
        order.push(index);
        for follower in followers.get(index).into_iter().flatten() {
            if let Some(count) = waits_for.get_mut(*follower) {
                *count -= 1;
                if *count == 0 {
                    ready.extend(key(*follower));
                }
            }
        }
    }
    // Where the order that is known and what a file says of itself contradict each other, the rest
    // goes by what is known, and then by the clock.
    if order.len() < links.len() {
        let taken: BTreeSet<usize> = order.iter().copied().collect();
        let mut rest: Vec<_> = (0..links.len()).filter(|i| !taken.contains(i)).collect();
        rest.sort_by_key(|index| {
            let at = links.get(*index).map(|link| (link.at, &link.file));
            (
                *index >= known,
                if *index < known { None } else { at },
                *index,
            )
        });
        order.extend(rest);
    }
    order
}

/// For each link, those that come after it.
fn followers(links: &[Link], known: usize) -> Vec<Vec<usize>> {
    // Copies of one file share a hash; the one that comes first by name stands for them.
    let mut by_hash: BTreeMap<Hash, usize> = BTreeMap::new();
    for (index, link) in links.iter().enumerate() {
        let first = by_hash.entry(link.hash).or_insert(index);
        if links
            .get(*first)
            .is_some_and(|other| link.file < other.file)
        {
            *first = index;
        }
    }
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); links.len()];
    let mut follow = |before: usize, after: usize| {
        if let Some(followers) = followers.get_mut(before) {
            followers.push(after);
        }
    };
    for (index, link) in links.iter().enumerate() {
        if index > 0 && index < known {
            follow(index - 1, index);
        }
        let before = link.previous.and_then(|hash| by_hash.get(&hash).copied());
        // Between two that are known nothing more needs saying.
        let is_said = |before: usize| before < known && index < known;
        if let Some(before) = before.filter(|before| *before != index && !is_said(*before)) {
            follow(before, index);
        }
    }
    followers
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

    fn link(name: &str, hour: i64, previous: Option<&str>) -> Link {
        Link {
            file: name.to_owned(),
            at: START + time::Duration::hours(hour),
            hash: Hash::of(name.as_bytes()),
            previous: previous.map(|name| Hash::of(name.as_bytes())),
        }
    }

    fn order(links: &[Link]) -> Vec<&str> {
        let order = in_sequence(links, 0).into_iter();
        order.map(|index| links[index].file.as_str()).collect()
    }

    #[test]
    fn what_says_what_it_follows_comes_after_it_whatever_the_clock_says() {
        let links = [
            link("one", 1, None),
            link("two", 90_000, Some("one")),
            link("three", 2, Some("two")),
            link("four", 3, Some("three")),
            link("theirs", 2, None),
        ];
        assert_eq!(order(&links), ["one", "theirs", "two", "three", "four"]);
    }

    #[test]
    fn without_a_chain_the_clock_decides() {
        let links = [
            link("b", 2, None),
            link("a", 2, Some("gone")),
            link("c", 1, None),
        ];
        assert_eq!(order(&links), ["c", "a", "b"]);
    }

    #[test]
    fn what_has_its_place_keeps_it_when_something_is_dropped_in() {
        // One of a clock that was years ahead, whose follower has gone since.
        let links = [
            link("one", 1, None),
            link("ahead", 90_000, Some("one")),
            link("three", 3, Some("gone")),
            link("dropped in", 2, None),
            link("four", 4, Some("three")),
        ];
        let order = in_sequence(&links, 3);
        let files: Vec<_> = order
            .iter()
            .map(|index| links[*index].file.as_str())
            .collect();
        assert_eq!(files, ["one", "dropped in", "ahead", "three", "four"]);
    }

    proptest! {
        #[test]
        fn known_ones_keep_their_order_and_all_are_there(
            hours in proptest::collection::vec((-50i64..50, proptest::option::of(0usize..20)), 1..20),
            known in 0usize..20,
        ) {
            let names: Vec<_> = (0..hours.len()).map(|n| format!("{n:02}")).collect();
            let links: Vec<_> = hours.iter().enumerate().map(|(n, (hour, previous))| {
                let previous = previous.and_then(|p| names.get(p)).map(String::as_str);
                link(&names[n], *hour, previous)
            }).collect();
            let known = known.min(links.len());
            let order = in_sequence(&links, known);
            let places: Vec<_> = order.iter().filter(|index| **index < known).collect();
            prop_assert!(places.is_sorted());
            let mut all = order.clone();
            all.sort_unstable();
            prop_assert_eq!(all, (0..links.len()).collect::<Vec<_>>());
        }

        #[test]
        fn every_one_comes_once_and_after_the_one_it_follows(
            hours in proptest::collection::vec((-50i64..50, proptest::option::of(0usize..40)), 0..40),
            turn in 0usize..40,
        ) {
            let names: Vec<_> = (0..hours.len()).map(|n| format!("{n:02}")).collect();
            let mut links: Vec<_> = hours
                .iter()
                .enumerate()
                .map(|(n, (hour, previous))| {
                    // Nobody can name a file that is not there yet.
                    let previous = previous.filter(|p| *p < n).map(|p| names[p].as_str());
                    link(&names[n], *hour, previous)
                })
                .collect();
            let expected: Vec<_> = order(&links).into_iter().map(str::to_owned).collect();
            let turn = turn % links.len().max(1);
            links.rotate_left(turn);
            prop_assert_eq!(&order(&links), &expected);
            let place = |name: &str| expected.iter().position(|other| other == name).unwrap();
            for link in &links {
                let before = links.iter().find(|other| Some(other.hash) == link.previous);
                if let Some(before) = before {
                    prop_assert!(place(&before.file) < place(&link.file));
                }
            }
            let mut sorted = expected.clone();
            sorted.sort();
            prop_assert_eq!(sorted, names);
        }
    }
}
