//! Titles as they were read, and how old that knowledge is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anirewind_model::{Entry, MediaId};

/// Nothing is written on the strength of a reading older than this.
pub(crate) const FRESH: Duration = Duration::from_secs(15);

/// Titles as they were at one moment. A title that was looked for and is not in it is not on the
/// list.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    at: Option<Duration>,
    /// The titles that were looked for; `None` when that was all.
    only: Option<BTreeSet<MediaId>>,
    /// Titles that were written since.
    forgotten: BTreeSet<MediaId>,
    entries: BTreeMap<MediaId, Entry>,
}

impl Reading {
    /// A whole list that was asked for at `at`, by the clock's time since its fixed instant.
    pub fn whole(at: Duration, entries: impl IntoIterator<Item = Entry>) -> Self {
        Self {
            at: Some(at),
            only: None,
            forgotten: BTreeSet::new(),
            entries: keyed(entries),
        }
    }

    pub(crate) fn part(
        at: Duration,
        only: impl IntoIterator<Item = MediaId>,
        entries: impl IntoIterator<Item = Entry>,
    ) -> Self {
        Self {
            at: Some(at),
            only: Some(only.into_iter().collect()),
            forgotten: BTreeSet::new(),
            entries: keyed(entries),
        }
    }

    /// Whether this tells how these titles are now.
    pub(crate) fn tells(&self, now: Duration, titles: impl IntoIterator<Item = MediaId>) -> bool {
        let is_fresh = self.at.is_some_and(|at| now.saturating_sub(at) <= FRESH);
        is_fresh
            && titles.into_iter().all(|media| {
                !self.forgotten.contains(&media)
                    && self.only.as_ref().is_none_or(|only| only.contains(&media))
            })
    }

    pub(crate) fn entry(&self, media: MediaId) -> Option<&Entry> {
        self.entries.get(&media)
    }

    /// These were written; what was read of them no longer holds.
    pub(crate) fn forget(&mut self, titles: impl IntoIterator<Item = MediaId>) {
        self.forgotten.extend(titles);
    }
}

fn keyed(entries: impl IntoIterator<Item = Entry>) -> BTreeMap<MediaId, Entry> {
    let entries = entries.into_iter();
    entries.map(|entry| (entry.media, entry)).collect()
}
