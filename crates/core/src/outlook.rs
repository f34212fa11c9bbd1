//! What becomes of snapshots, as pages say it beside each of them.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use anirewind_backup::retention::{Fate, Hold, Policy, Why};
use anirewind_model::UserId;
use anirewind_store::{StoreError, Version};
use time::OffsetDateTime;

use crate::app::App;
use crate::curate::CurateError;
use crate::retention::newest_counted;

/// What becomes of the snapshots of one account, without the snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    fates: BTreeMap<String, Fate>,
    /// Why nothing goes for now, if so.
    pub hold: Option<Hold>,
    /// Counted time of the newest of them.
    pub(crate) counted: i64,
}

impl Outlook {
    /// What becomes of the snapshot in a file.
    pub fn fate(&self, file: &str) -> Option<&Fate> {
        self.fates.get(file)
    }

    /// When the snapshot in a file goes, if its days are all that keeps it. No day is true while nothing goes.
    pub fn goes_on(&self, file: &str) -> Option<OffsetDateTime> {
        let fate = self.fate(file).filter(|_| self.hold.is_none());
        fate.and_then(Fate::goes_on)
    }

    /// How many snapshots there are.
    pub fn count(&self) -> usize {
        self.fates.len()
    }

    /// The files of those that go.
    pub fn going(&self) -> impl Iterator<Item = &str> {
        let fates = self.fates.iter();
        let going = fates.filter(|(_, fate)| **fate == Fate::Goes);
        going.map(|(file, _)| file.as_str())
    }

    /// How many would go, if nothing were held.
    pub fn held(&self) -> usize {
        let is_held = |fate: &&Fate| matches!(fate, Fate::Stays(Why::Held(_)));
        self.fates.values().filter(is_held).count()
    }

    /// When the first of those that stay for now comes to its end.
    pub fn next_end(&self) -> Option<OffsetDateTime> {
        self.fates.values().filter_map(Fate::goes_on).min()
    }
}

/// Outlooks that were worked out, for as long as they hold.
#[derive(Debug, Default)]
pub(crate) struct Outlooks {
    hold_for: Option<Circumstances>,
    known: Vec<(UserId, Policy, Arc<Outlook>)>,
}

/// So many are kept: one for each account, and some of rules that somebody tries.
const KEPT: usize = 32;

/// What an outlook depends on besides account and rules.
#[derive(Debug, PartialEq, Eq)]
struct Circumstances {
    catalogue: Version,
    unreadable: Vec<String>,
    /// Days go by slowly: it is looked at the clock anew each minute.
    minute: i64,
}

impl App {
    /// What becomes of the snapshots of an account, by the rules that are set or by others. For what is shown:
    /// it may be a minute old. What goes is decided by [`App::prune`] anew.
    pub async fn outlook(
        &self,
        owner: UserId,
        policy: Option<&Policy>,
    ) -> Result<Arc<Outlook>, CurateError> {
        let policy = policy.unwrap_or(&self.inner.settings.retention).clone();
        let circumstances = Circumstances {
            catalogue: self.inner.store.version().await?,
            unreadable: self.unreadable().clone(),
            minute: self.now().unix_timestamp().div_euclid(60),
        };
        {
            let outlooks = self.outlooks();
            let known = outlooks.known.iter();
            let mut known = known.filter(|(of, by, _)| *of == owner && *by == policy);
            if outlooks.hold_for.as_ref() == Some(&circumstances)
                && let Some((_, _, outlook)) = known.next()
            {
                return Ok(Arc::clone(outlook));
            }
        }
        let rows = self.inner.store.weighed(owner).await?;
        let (app, by) = (self.clone(), policy.clone());
        let worked_out = tokio::task::spawn_blocking(move || {
            let (plan, hold) = app.plan_retention(&by, &rows);
            Outlook {
                fates: plan.fates.into_iter().collect(),
                hold,
                counted: newest_counted(&rows),
            }
        });
        let outlook = Arc::new(worked_out.await.map_err(|_| StoreError::Closed)?);
        let mut outlooks = self.outlooks();
        if outlooks.hold_for.as_ref() != Some(&circumstances) || outlooks.known.len() >= KEPT {
            // What was written while this was worked out makes it old at once.
            outlooks.hold_for = Some(circumstances);
            outlooks.known.clear();
        }
        outlooks.known.push((owner, policy, Arc::clone(&outlook)));
        Ok(outlook)
    }

    fn outlooks(&self) -> MutexGuard<'_, Outlooks> {
        self.inner
            .outlooks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
