//! What takes its time and was begun by a page: lists that are read because somebody asked to see them,
//! snapshots, notices that say nothing. Kept for as long as it is news.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anirewind_core::Event;
use anirewind_core::model::List;
use time::{Duration, OffsetDateTime};
use tokio::sync::watch;

use crate::page::Said;

/// What was read longer ago than this has to be asked for again.
const FRESH: Duration = Duration::hours(1);

/// What is being read and what was, by profile.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    lives: Mutex<BTreeMap<String, Live>>,
    works: Mutex<BTreeMap<String, Work>>,
    /// Moves on with each word about a work.
    news: watch::Sender<u64>,
}

/// Something slow that somebody began with a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Work {
    /// It goes on; this was last said about it.
    UnderWay(String),
    /// This came of it.
    Over(OffsetDateTime, Said),
}

/// Under which name the snapshot of a profile stands here; of the first token there is, without one.
pub(crate) fn snapshot_of(profile: Option<&str>) -> String {
    profile.map_or_else(
        || "snapshot".to_owned(),
        |profile| format!("snapshot/{profile}"),
    )
}

/// Under which name notices that say nothing stand here.
pub(crate) const NOTICES: &str = "notices";

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

    /// Begins a work, unless it is under way already.
    pub(crate) fn begin(&self, name: &str, words: &str) -> bool {
        let mut all = self.works();
        if matches!(all.get(name), Some(Work::UnderWay(_))) {
            return false;
        }
        all.insert(name.to_owned(), Work::UnderWay(words.to_owned()));
        drop(all);
        self.tell();
        true
    }

    /// Says how far a work is, if it is under way.
    pub(crate) fn note(&self, name: &str, words: &str) {
        let mut all = self.works();
        if let Some(Work::UnderWay(said)) = all.get_mut(name) {
            words.clone_into(said);
            drop(all);
            self.tell();
        }
    }

    /// Takes note of how far a snapshot is.
    pub(crate) fn hear(&self, event: &Event) {
        let (profile, words) = match event {
            Event::Reading {
                profile,
                read,
                expected,
            } => {
                let of = expected.map_or_else(String::new, |all| format!(" of {all}"));
                (
                    profile,
                    format!("AniList is being read: {read}{of} titles."),
                )
            }
            Event::Writing { profile, .. } => {
                let words = "The list is read. It is written down, read back and proven.";
                (profile, words.to_owned())
            }
            _ => return,
        };
        for name in [snapshot_of(Some(profile)), snapshot_of(None)] {
            self.note(&name, &words);
        }
    }

    /// Says what came of a work.
    pub(crate) fn end(&self, name: &str, now: OffsetDateTime, said: Said) {
        self.works().insert(name.to_owned(), Work::Over(now, said));
        self.tell();
    }

    /// How a work stands; nothing when nobody began it lately.
    pub(crate) fn work(&self, name: &str, now: OffsetDateTime) -> Option<Work> {
        let mut all = self.works();
        all.retain(|_, work| match work {
            Work::UnderWay(_) => true,
            Work::Over(at, _) => now - *at < FRESH,
        });
        all.get(name).cloned()
    }

    /// What is under way.
    pub(crate) fn under_way(&self) -> Vec<(String, String)> {
        let all = self.works();
        let under_way = all.iter().filter_map(|(name, work)| match work {
            Work::UnderWay(words) => Some((name.clone(), words.clone())),
            Work::Over(..) => None,
        });
        under_way.collect()
    }

    /// Changes whenever something is said about a work.
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    fn tell(&self) {
        self.news.send_modify(|number| *number += 1);
    }

    fn lives(&self) -> MutexGuard<'_, BTreeMap<String, Live>> {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn works(&self) -> MutexGuard<'_, BTreeMap<String, Work>> {
        self.works.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
