//! Short names for changes, groups and operations.

use std::fmt;

/// Letters and digits that cannot be mistaken for one another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: u32 = 8;
const MASK: u64 = (1 << (LENGTH * 5)) - 1;

/// Eight characters by which people call a change, a group of changes or an operation; any unique
/// beginning of them will do. No two of these share one, whatever they are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(String);

impl Id {
    /// The id with this number. Different numbers up to 2^40 have different ids, and numbers that
    /// follow one another look nothing alike, so that few characters tell them apart.
    pub fn of_number(number: u64) -> Self {
        // Each step can be undone, so nothing falls together.
        let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) & MASK;
        mixed ^= mixed >> 20;
        mixed = mixed.wrapping_mul(0xd6e8_feb8_6659_fd93) & MASK;
        mixed ^= mixed >> 20;
        let character = |index: u32| {
            let value = (mixed >> (5 * index)) & 31;
            let letter = usize::try_from(value).ok().and_then(|at| ALPHABET.get(at));
            letter.map_or('0', |letter| char::from(*letter))
        };
        Self((0..LENGTH).map(character).collect())
    }

    /// Takes a text for an id: eight lower-case letters and digits.
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == LENGTH as usize
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        is_id.then(|| Self(text.to_owned()))
    }

    /// The eight characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_numbers_share_an_id_and_neighbours_differ_early() {
        let ids: Vec<_> = (0..200_000).map(Id::of_number).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        let early: BTreeSet<_> = ids.iter().take(100).map(|id| &id.as_str()[..4]).collect();
        assert!(early.len() >= 99, "{}", early.len());
        assert!(
            ids.iter()
                .all(|id| Id::parse(id.as_str()).as_ref() == Some(id))
        );
    }
}
