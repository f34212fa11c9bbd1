//! The order in which snapshots were taken, whatever the clocks said.
//!
//! A snapshot names the one before it by its hash. Where that says more than the clock does, it
//! counts: after a clock was set back, what is written next still comes next.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use time::OffsetDateTime;

use crate::hash::Hash;

/// What there is to order a snapshot by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its file, which decides between equals.
    pub file: String,
    /// When the list was read, by the clock of that moment, or when the file was found, if that
    /// was earlier: a file from the future is as old as the moment somebody put it there.
    pub at: OffsetDateTime,
    /// Its hash.
    pub hash: Hash,
    /// The hash of the one before it, if it says.
    pub previous: Option<Hash>,
}

/// Indexes of the links, oldest first. The order they are given in does not matter.
pub fn in_sequence(links: &[Link]) -> Vec<usize> {
    // Copies of one file share a hash; the one that comes first by name stands for them.
    let mut by_hash: BTreeMap<Hash, usize> = BTreeMap::new();
    for (index, link) in links.iter().enumerate() {
        let known = by_hash.entry(link.hash).or_insert(index);
        if links
            .get(*known)
            .is_some_and(|other| link.file < other.file)
        {
            *known = index;
        }
    }
    let before = |link: &Link| link.previous.and_then(|hash| by_hash.get(&hash).copied());
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); links.len()];
    let mut ready = BinaryHeap::new();
    for (index, link) in links.iter().enumerate() {
        match before(link).filter(|before| *before != index) {
            Some(before) => {
                if let Some(followers) = followers.get_mut(before) {
                    followers.push(index);
                }
            }
            None => ready.push(Reverse((link.at, &link.file, index))),
        }
    }
    let mut order = Vec::with_capacity(links.len());
    while let Some(Reverse((_, _, index))) = ready.pop() {
        order.push(index);
        for follower in followers.get(index).into_iter().flatten() {
            if let Some(link) = links.get(*follower) {
                ready.push(Reverse((link.at, &link.file, *follower)));
            }
        }
    }
    // Hashes cannot lead round in a circle unless somebody broke SHA-256; nothing is lost even then.
    if order.len() < links.len() {
        let mut rest: Vec<_> = (0..links.len()).filter(|i| !order.contains(i)).collect();
        rest.sort_by_key(|index| links.get(*index).map(|link| (link.at, &link.file)));
        order.extend(rest);
    }
    order
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
        let order = in_sequence(links).into_iter();
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

    proptest! {
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
