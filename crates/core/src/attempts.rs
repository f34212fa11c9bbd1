//! How attempts at snapshots ended: as it is written down and, where nothing can be written down, as this process
//! remembers it. A full disk must not look like a good snapshot.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{MutexGuard, PoisonError};

use anirewind_model::UserId;
use anirewind_store::{Attempt, Outcome, StoreError};
use thiserror::Error;

use crate::app::App;
use crate::numbers;

/// The folder of the snapshots is gone, and they with it: their disk may not be mounted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the folder of the backups, {}, is not there, though {} known; perhaps its disk is not mounted",
    path.display(),
    are_known(*known)
)]
pub struct MissingFolder {
    /// Where it was.
    pub path: PathBuf,
    /// How many snapshots the catalogue knows in it.
    pub known: usize,
}

impl MissingFolder {
    /// What to do about it, after what holds.
    pub(crate) fn hint(&self, holds: &str) -> String {
        let path = self.path.display();
        format!(
            "{holds} Mount its disk; if it is gone for good, make it again by hand: mkdir {path}"
        )
    }
}

fn are_known(known: usize) -> String {
    let snapshots = numbers::count(known, "snapshot");
    format!("{snapshots} {}", numbers::are(known))
}

impl App {
    /// How the last attempt went, written down or not. Where the folder is not there, how one would go now.
    pub(crate) async fn last_attempt(&self, owner: UserId) -> Result<Option<Attempt>, StoreError> {
        let written = self.inner.store.last_attempt(owner).await?;
        let remembered = self.unwritten().get(&owner).cloned();
        let last = newest(written, remembered);
        let says_so = |last: &Attempt| matches!(last.outcome, Outcome::Failed | Outcome::Refused);
        if last.as_ref().is_some_and(says_so) {
            return Ok(last);
        }
        let missing = self.missing_folder().await?;
        let failed = missing.map(|missing| Attempt {
            at: self.now(),
            outcome: Outcome::Failed,
            detail: missing.to_string(),
            changed: false,
        });
        Ok(failed.or(last))
    }

    /// Notes how an attempt ended. A failure that cannot be written down is remembered until one of the same account
    /// is, or the process ends.
    pub(crate) async fn note_attempt(
        &self,
        owner: UserId,
        attempt: Attempt,
    ) -> Result<(), StoreError> {
        let noted = self.inner.store.note_attempt(owner, attempt.clone()).await;
        if noted.is_ok() {
            self.unwritten().remove(&owner);
        } else if !attempt.is_well() {
            self.unwritten().insert(owner, attempt);
        }
        noted
    }

    /// What is wrong where snapshots are known and the folder that holds them is not there. An installation without
    /// any makes its folder with the first.
    pub async fn missing_folder(&self) -> Result<Option<MissingFolder>, StoreError> {
        let path = self.backups();
        // What cannot be told is said by whoever reads or writes there.
        let looked = tokio::task::spawn_blocking(move || path.try_exists().unwrap_or(true));
        if looked.await.map_err(|_| StoreError::Closed)? {
            return Ok(None);
        }
        let (known, _) = self.inner.store.snapshot_totals(None).await?;
        let path = self.backups();
        Ok((known > 0).then_some(MissingFolder { path, known }))
    }

    fn unwritten(&self) -> MutexGuard<'_, BTreeMap<UserId, Attempt>> {
        let unwritten = self.unwritten_attempts().lock();
        unwritten.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Another process may have written one down since.
fn newest(written: Option<Attempt>, remembered: Option<Attempt>) -> Option<Attempt> {
    match (written, remembered) {
        (Some(written), Some(remembered)) if written.at > remembered.at => Some(written),
        (written, remembered) => remembered.or(written),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn what_is_remembered_counts_until_a_later_one_is_written_down() {
        let attempt = |at, outcome| {
            Some(Attempt {
                at,
                outcome,
                detail: String::new(),
                changed: false,
            })
        };
        let good = attempt(datetime!(2026-11-03 12:00 UTC), Outcome::Saved);
        let failed = attempt(datetime!(2026-11-04 12:00 UTC), Outcome::Failed);
        let later = attempt(datetime!(2026-11-05 12:00 UTC), Outcome::Saved);
        assert_eq!(newest(good.clone(), failed.clone()), failed);
        assert_eq!(newest(None, failed.clone()), failed);
        assert_eq!(newest(later.clone(), failed), later);
        assert_eq!(newest(good.clone(), None), good);
    }
}
