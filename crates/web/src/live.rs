//! What takes its time and was begun by a page: lists that are read because somebody asked to see them,
//! snapshots, plans, acts, notices that say nothing. Kept for as long as it is news.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anirewind_core::model::List;
use anirewind_core::{Event, Id, count, thousands};
use time::{Duration, OffsetDateTime};
use tokio::sync::watch;

use crate::api::Tasks;
use crate::page::{PageError, Said, Way};

/// What was read longer ago than this has to be asked for again.
const FRESH: Duration = Duration::hours(1);
/// So many acts that went wrong are remembered.
const REMEMBERED: usize = 512;

/// What people began with a button, and what came of it. It outlives the settings.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// The live lists that were read, and when, by profile.
    lives: Mutex<BTreeMap<String, Live>>,
    works: Mutex<BTreeMap<String, Work>>,
    /// Acts that pages began, with what went wrong where one has ended so.
    acts: Mutex<BTreeMap<Id, Act>>,
    /// What programs began.
    tasks: Tasks,
    /// Moves on with each word about a work.
    news: watch::Sender<u64>,
    /// Moves on when somebody has read how an act ended that did not end well.
    ends_read: watch::Sender<u64>,
}

/// Something slow that somebody began with a button.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// It goes on; this was last said about it.
    UnderWay(String),
    /// This came of it.
    Over(OffsetDateTime, Outcome),
}

/// What came of something slow.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// Words, that stand on the page about it.
    Said(Said),
    /// It is on another page.
    Elsewhere(Way),
    /// It could not be done.
    Problem(PageError),
}

impl From<Result<Way, PageError>> for Outcome {
    fn from(done: Result<Way, PageError>) -> Self {
        match done {
            Ok(way) => Self::Elsewhere(way),
            Err(problem) => Self::Problem(problem),
        }
    }
}

/// How an act stands that somebody here began.
#[derive(Debug)]
enum Act {
    UnderWay,
    /// What went wrong, and whether somebody was shown it.
    Failed(String, bool),
}

/// What is known of an act that a page may have begun.
pub(crate) enum WhatOf {
    /// No page began it, or it ended well.
    Nothing,
    /// It waits, or goes on.
    UnderWay,
    /// It ended so.
    Failed(String),
}

/// Under which name the snapshot of a profile stands here; of the first token there is, without one.
pub(crate) fn snapshot_of(profile: Option<&str>) -> String {
    profile.map_or_else(
        || "snapshot".to_owned(),
        |profile| format!("snapshot/{profile}"),
    )
}

/// What the names of plans and undos of a profile begin with, that AniList is asked about.
pub(crate) fn asked_of(profile: &str) -> String {
    format!("asked/{profile}/")
}

/// Under which name notices that say nothing stand here.
pub(crate) const NOTICES: &str = "notices";

/// Under which name it stands here that the live list of a profile is read to be looked at.
pub(crate) fn live_of(profile: &str) -> String {
    format!("live/{profile}")
}

/// A live list, and when it was read.
pub(crate) type Live = (OffsetDateTime, Arc<List>);

impl Desk {
    /// The live list of a profile, where somebody had it read lately.
    pub(crate) fn live(&self, profile: &str, now: OffsetDateTime) -> Option<Live> {
        let mut lives = self.lives();
        lives.retain(|_, (at, _)| now - *at < FRESH);
        lives.get(profile).cloned()
    }

    pub(crate) fn put_live(&self, profile: &str, live: Live) {
        self.lives().insert(profile.to_owned(), live);
    }

    /// What programs began that takes its time.
    pub(crate) fn tasks(&self) -> &Tasks {
        &self.inner.tasks
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

    /// Takes note of how far a snapshot is, or the reading that a plan begins with.
    pub(crate) fn hear(&self, event: &Event) {
        let (profile, words) = match event {
            Event::Reading {
                profile,
                read,
                expected,
            } => {
                let of = expected.map_or_else(
                    || count(*read, "title"),
                    |all| format!("{} of {}", thousands(*read), count(all, "title")),
                );
                (profile, format!("AniList is being read: {of}."))
            }
            Event::Writing { profile, .. } => {
                let words = "The list is read. It is written down, read back and proven.";
                (profile, words.to_owned())
            }
            _ => return,
        };
        let mut names = vec![snapshot_of(Some(profile)), snapshot_of(None)];
        if matches!(event, Event::Reading { .. }) {
            names.push(live_of(profile));
            let asked = asked_of(profile);
            let under_way = self.under_way().into_iter();
            names.extend(under_way.filter(|name| name.starts_with(&asked)));
        }
        for name in names {
            self.note(&name, &words);
        }
    }

    /// Says what came of a work.
    pub(crate) fn end(&self, name: &str, now: OffsetDateTime, outcome: Outcome) {
        self.works()
            .insert(name.to_owned(), Work::Over(now, outcome));
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

    /// The names of what is under way.
    pub(crate) fn under_way(&self) -> Vec<String> {
        let all = self.works();
        let under_way = all.iter().filter_map(|(name, work)| match work {
            Work::UnderWay(_) => Some(name.clone()),
            Work::Over(..) => None,
        });
        under_way.collect()
    }

    /// Remembers that somebody began an act.
    pub(crate) fn begun(&self, id: &Id) {
        self.acts().insert(id.clone(), Act::UnderWay);
    }

    /// Forgets it, unless something went wrong.
    pub(crate) fn ended(&self, id: &Id, problem: Option<String>) {
        let mut acts = self.acts();
        match problem {
            None => {
                acts.remove(id);
            }
            Some(problem) => {
                acts.insert(id.clone(), Act::Failed(problem, false));
            }
        }
        while acts.len() > REMEMBERED {
            acts.pop_first();
        }
        drop(acts);
        self.tell();
    }

    /// Whether somebody here began an act that has not ended well, and what went wrong, unless that was shown already.
    pub(crate) fn what_of(&self, id: &Id) -> WhatOf {
        match self.acts().get(id) {
            None | Some(Act::Failed(_, true)) => WhatOf::Nothing,
            Some(Act::UnderWay) => WhatOf::UnderWay,
            Some(Act::Failed(problem, false)) => WhatOf::Failed(problem.clone()),
        }
    }

    /// What went wrong with an act that could not begin, also where it was shown already.
    pub(crate) fn problem_of(&self, id: &Id) -> Option<String> {
        match self.acts().get(id) {
            Some(Act::Failed(problem, _)) => Some(problem.clone()),
            _ => None,
        }
    }

    /// What went wrong was shown to somebody.
    pub(crate) fn shown(&self, id: &Id) {
        if let Some(Act::Failed(_, is_shown)) = self.acts().get_mut(id) {
            *is_shown = true;
        }
    }

    /// Changes whenever something is said about a work.
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.inner.news.subscribe()
    }

    /// Somebody has read how an act ended that did not end well.
    pub(crate) fn read_end(&self) {
        self.inner.ends_read.send_modify(|number| *number += 1);
    }

    /// Changes whenever somebody has.
    pub(crate) fn ends_read(&self) -> watch::Receiver<u64> {
        self.inner.ends_read.subscribe()
    }

    fn tell(&self) {
        self.inner.news.send_modify(|number| *number += 1);
    }

    fn lives(&self) -> MutexGuard<'_, BTreeMap<String, Live>> {
        self.inner
            .lives
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn works(&self) -> MutexGuard<'_, BTreeMap<String, Work>> {
        self.inner
            .works
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn acts(&self) -> MutexGuard<'_, BTreeMap<Id, Act>> {
        self.inner
            .acts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
