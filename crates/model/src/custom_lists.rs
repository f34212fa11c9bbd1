//! The custom lists that a title is on.

use std::collections::BTreeSet;

/// Names of custom lists, at least one: on none is no `CustomLists`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomLists(BTreeSet<String>);

impl CustomLists {
    /// A set of names; `None` when there are none.
    pub fn new(names: impl IntoIterator<Item = String>) -> Option<Self> {
        let names: BTreeSet<_> = names.into_iter().collect();
        (!names.is_empty()).then_some(Self(names))
    }

    /// The names in alphabetical order. The order people chose is in the list settings.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether this title is on that list.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}
