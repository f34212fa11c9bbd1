//! Lists that were read from AniList because somebody asked to see them, for as long as they are news.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anirewind_core::model::List;
use time::{Duration, OffsetDateTime};

/// What was read longer ago than this has to be asked for again.
const FRESH: Duration = Duration::hours(1);

/// What is being read and what was, by profile.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    lives: Mutex<BTreeMap<String, Live>>,
    capturing: Mutex<BTreeSet<String>>,
}

/// How reading a live list stands.
#[derive(Debug, Clone)]
pub(crate) enum Live {
    /// AniList is being asked.
    Reading,
    /// This is what it said.
    Read(OffsetDateTime, Arc<List>),
    /// It did not say.
    Failed(OffsetDateTime, String),
}

impl Desk {
    /// How reading the list of a profile stands; nothing when nobody asked lately.
    pub(crate) fn live(&self, profile: &str, now: OffsetDateTime) -> Option<Live> {
        let mut lives = self.lives();
        lives.retain(|_, live| match live {
            Live::Reading => true,
            Live::Read(at, _) | Live::Failed(at, _) => now - *at < FRESH,
        });
        lives.get(profile).cloned()
    }

    pub(crate) fn put_live(&self, profile: &str, live: Live) {
        self.lives().insert(profile.to_owned(), live);
    }

    /// Whether a snapshot is being taken because somebody pressed a button.
    pub(crate) fn is_capturing(&self, profile: &str) -> bool {
        self.capturing().contains(profile)
    }

    pub(crate) fn begin(&self, profile: &str) {
        self.capturing().insert(profile.to_owned());
    }

    pub(crate) fn end(&self, profile: &str) {
        self.capturing().remove(profile);
    }

    fn lives(&self) -> MutexGuard<'_, BTreeMap<String, Live>> {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn capturing(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.capturing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
