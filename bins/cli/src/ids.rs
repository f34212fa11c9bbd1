//! Ids as they are shown: no longer than they have to be, and as much of them bold as tells them from the others that
//! are shown with them.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::paint::Ink;

/// No shorter beginning of an id is understood.
const SHORTEST: usize = 4;
/// So much of an id is shown where there is room.
const SHOWN: usize = 6;

/// Ids that are shown together.
#[derive(Debug, Default)]
pub(crate) struct Ids(BTreeSet<String>);

impl Ids {
    pub(crate) fn of<'a>(ids: impl Iterator<Item = &'a str>) -> Self {
        Self(ids.map(str::to_owned).collect())
    }

    /// The beginning of one of them, with what it takes to name it in bold.
    pub(crate) fn short(&self, id: &str) -> String {
        let (needed, rest) = self.split(id);
        let rest = rest.get(..SHOWN.saturating_sub(needed.len()));
        format!("{}{}", Ink::Id.paint(needed), rest.unwrap_or_default())
    }

    /// What it takes to name one of them, and no more.
    pub(crate) fn shortest(&self, id: &str) -> String {
        Ink::Id.paint(self.split(id).0)
    }

    /// An id behind the shortest beginning, of four characters or more, that no other one has.
    fn split<'a>(&self, id: &'a str) -> (&'a str, &'a str) {
        // Whatever has most in common with it stands right beside it.
        let others = |from, to| self.0.range::<str, _>((from, to));
        let before = others(Bound::Unbounded, Bound::Excluded(id)).next_back();
        let after = others(Bound::Excluded(id), Bound::Unbounded).next();
        let common = |other: &String| {
            let pairs = id.bytes().zip(other.bytes());
            pairs.take_while(|(one, other)| one == other).count()
        };
        let most = before.into_iter().chain(after).map(common).max();
        let needed = most.map_or(0, |most| most + 1).max(SHORTEST);
        id.split_at_checked(needed).unwrap_or((id, ""))
    }
}

/// The beginning of an id in a sentence.
pub(crate) fn short(id: &str) -> &str {
    id.get(..SHOWN).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use crate::paint::{bare, printable};

    use super::*;

    #[test]
    fn as_much_of_an_id_is_bold_as_has_to_be_typed() {
        let ids = Ids::of(["k7f2ab12", "k7f2ac34", "k7f2aczz", "9c1d0000"].into_iter());
        let shown = |id: &str| printable(&ids.short(id));
        assert_eq!(shown("9c1d0000"), "\u{1b}[1m9c1d\u{1b}[0m00");
        assert_eq!(shown("k7f2ab12"), "\u{1b}[1mk7f2ab\u{1b}[0m");
        assert_eq!(bare(&ids.short("k7f2ac34")), "k7f2ac3");
        assert_eq!(bare(&ids.shortest("9c1d0000")), "9c1d");
        assert_eq!(bare(&Ids::default().short("9c1d0000")), "9c1d00");
    }
}
