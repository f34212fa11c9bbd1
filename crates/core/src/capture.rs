//! Taking a snapshot: read the list, doubt it, write it down, prove it, note it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anirewind_backup::{Draft, Kind, ReadError, WriteError};
use anirewind_model::{Counts, Entry, List, MediaId, MediaType, Remote as _, RemoteError, UserId};
use anirewind_store::{Attempt, Delta, Outcome, SnapshotRow, Standing, StoreError};
use thiserror::Error;

use crate::accounts::{AccountError, Target, remote_code, remote_hint};
use crate::app::App;
use crate::event::Event;
use crate::explain::{Code, Explain};

/// A list of this many titles does not become empty between two looks without somebody asking.
const KNOWN_TO_BE_LONG: usize = 5;
/// So many titles gone at once, and more than half, is more than anybody does by hand.
const MANY: usize = 20;

/// A snapshot that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// The profile it is of.
    pub profile: String,
    /// What the catalogue says of it.
    pub snapshot: SnapshotRow,
    /// Titles whose custom lists or advanced scores AniList would not say.
    pub unresolved: usize,
    /// What AniList's statistics counted, where that is not what the list holds.
    pub counted: Option<Counts>,
}

/// No snapshot was taken. Those there were are untouched.
#[derive(Debug, Error)]
pub enum CaptureError {
    /// The account could not be reached, or is not the one expected.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The list could not be read.
    #[error("cannot read the list of {profile}")]
    Read {
        /// The profile.
        profile: String,
        /// Why.
        source: RemoteError,
    },
    /// AniList answered with an empty list, which the last snapshot says it is not.
    #[error("AniList gave an empty {} list for {profile}, which held {before} titles in the last snapshot", of.word())]
    Emptied {
        /// The profile.
        profile: String,
        /// Which list.
        of: MediaType,
        /// Titles on it in the last snapshot.
        before: usize,
    },
    /// The snapshot could not be written.
    #[error("cannot write the snapshot of {profile}")]
    Write {
        /// The profile.
        profile: String,
        /// Why.
        source: WriteError,
    },
    /// The catalogue failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for CaptureError {
    fn code(&self) -> Code {
        match self {
            Self::Account(error) => error.code(),
            Self::Read { source, .. } => remote_code(source),
            Self::Emptied { .. } => Code::RefusedForSafety,
            Self::Write { .. } | Self::Store(_) => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Account(error) => return error.hint(),
            Self::Read { source, .. } => {
                format!("No snapshot was written; earlier ones are untouched. {}", remote_hint(source))
            }
            Self::Emptied { .. } => "No snapshot was written, so that an answer that may be wrong \
                is not taken for your list. Look at the list on AniList; if it really is empty, the \
                last snapshot still holds it."
                .to_owned(),
            Self::Write { source: WriteError::NotSynced { .. }, .. } => {
                "The file itself is whole and is listed. Earlier snapshots are untouched; take \
                 another one when the disk is well again."
                    .to_owned()
            }
            Self::Write { source, .. } => {
                let folder = match source {
                    WriteError::MakeFolder { path, .. }
                    | WriteError::Write { path, .. }
                    | WriteError::ReadBack { path, .. }
                    | WriteError::NoName { path } => path.display().to_string(),
                    WriteError::Encode { .. } | WriteError::NotSynced { .. } => {
                        "the data folder".to_owned()
                    }
                };
                format!(
                    "Nothing was left behind and earlier snapshots are untouched. Is {folder} \
                     writable, and is there space on the disk?"
                )
            }
            Self::Store(_) => "Earlier snapshots are untouched. `anirewind doctor` looks into it."
                .to_owned(),
        })
    }
}

impl fmt::Display for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.snapshot.counts;
        write!(
            f,
            "snapshot {} saved: {} anime and {} manga",
            self.snapshot.id, counts.anime, counts.manga
        )?;
        match self.snapshot.delta {
            None => Ok(()),
            Some(delta) if delta == Delta::default() => {
                f.write_str(", nothing changed since the last")
            }
            Some(Delta {
                added,
                changed,
                removed,
            }) => {
                write!(f, ", +{added} ~{changed} -{removed} since the last")
            }
        }
    }
}

impl App {
    /// Takes a snapshot of each account, one after the other; a failure of one does not stop the
    /// others. An account that two tokens lead to is taken once, with the first that works.
    pub async fn capture_all(
        &self,
        targets: &[Target],
        kind: Kind,
    ) -> Vec<Result<Captured, CaptureError>> {
        let outcomes = self.capture_each(targets, kind).await;
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    /// The same, each outcome with what it is of.
    pub(crate) async fn capture_each(
        &self,
        targets: &[Target],
        kind: Kind,
    ) -> Vec<(Target, Result<Captured, CaptureError>)> {
        let mut done: BTreeSet<UserId> = BTreeSet::new();
        let mut outcomes = Vec::with_capacity(targets.len());
        for target in targets {
            if self
                .owner_of(target)
                .is_some_and(|owner| done.contains(&owner))
            {
                continue;
            }
            let outcome = self.capture(target, kind).await;
            done.extend(
                outcome
                    .as_ref()
                    .ok()
                    .map(|captured| captured.snapshot.owner.id),
            );
            outcomes.push((target.clone(), outcome));
        }
        outcomes
    }

    /// Takes a snapshot of one account.
    pub async fn capture(&self, target: &Target, kind: Kind) -> Result<Captured, CaptureError> {
        let outcome = self.try_capture(target, kind).await;
        match &outcome {
            Ok(captured) => {
                tracing::info!(profile = captured.profile, "{captured}");
                self.tell(Event::Saved(Box::new(captured.clone())));
            }
            Err(error) => {
                let profile = target
                    .profile
                    .clone()
                    .unwrap_or_else(|| "the account".to_owned());
                let problem = error.chain();
                tracing::error!(profile, problem, "no snapshot");
                if let Some(owner) = self.owner_for_failure(target).await {
                    self.note_failure(owner, error.code(), &problem).await;
                }
                self.tell(Event::Failed { profile, problem });
            }
        }
        outcome
    }

    async fn try_capture(&self, target: &Target, kind: Kind) -> Result<Captured, CaptureError> {
        let (client, viewer) = self.identify_target(target).await?;
        let profile = self.profile_of(target, &viewer).await?;
        self.remember(&viewer, &profile, &target.token).await?;
        let progress = |read, expected| {
            self.tell(Event::Reading {
                profile: profile.clone(),
                read,
                expected,
            });
        };
        let list = client
            .list(&viewer, &progress)
            .await
            .map_err(|source| CaptureError::Read {
                profile: profile.clone(),
                source,
            })?;
        drop(client);
        let before = self.newest_good(list.owner.id).await?;
        let (was, is) = (
            before.as_ref().map_or(Counts::default(), |row| row.counts),
            list.counts(),
        );
        for of in MediaType::BOTH {
            if was.of(of) >= KNOWN_TO_BE_LONG && is.of(of) == 0 {
                return Err(CaptureError::Emptied {
                    profile,
                    of,
                    before: was.of(of),
                });
            }
        }
        self.tell(Event::Writing {
            profile: profile.clone(),
            counts: list.counts(),
        });
        let captured = self.write_down(profile, list, before, kind).await?;
        let attempt = Attempt {
            at: self.now(),
            outcome: Outcome::Saved,
            detail: captured.snapshot.id.to_string(),
        };
        self.inner
            .store
            .note_attempt(captured.snapshot.owner.id, attempt)
            .await?;
        Ok(captured)
    }

    async fn write_down(
        &self,
        profile: String,
        list: List,
        before: Option<SnapshotRow>,
        kind: Kind,
    ) -> Result<Captured, CaptureError> {
        let folder = self.inner.folder.clone();
        let now = self.now();
        let name = profile.clone();
        let written = tokio::task::spawn_blocking(move || {
            let previous = before.as_ref().map(|row| row.file_hash);
            let draft = Draft {
                list: &list,
                created_at: now,
                kind,
                previous,
            };
            let written = folder.write(&draft).map_err(|source| CaptureError::Write {
                profile: name,
                source,
            })?;
            let delta = before.as_ref().and_then(|row| {
                if row.content_hash == written.snapshot.content_hash {
                    return Some(Delta::default());
                }
                let path = folder.path().join(&row.file);
                match anirewind_backup::Folder::read_path(&path) {
                    Ok((old, _)) => Some(delta(&old.list, &list)),
                    Err(error) => {
                        tracing::warn!(problem = explain_read(&error), "cannot compare");
                        None
                    }
                }
            });
            Ok::<_, CaptureError>((written, delta, before))
        });
        let (written, delta, before) = match written.await {
            Ok(outcome) => outcome?,
            Err(_) => return Err(CaptureError::Store(StoreError::Closed)),
        };
        let list = &written.snapshot.list;
        let standing = standing(
            before.as_ref().map(|row| row.counts),
            delta,
            list.coverage.expected,
            list.counts(),
        );
        let row = SnapshotRow {
            id: written.snapshot.id.clone(),
            file: written.name.to_string(),
            owner: list.owner.clone(),
            created_at: now,
            kind,
            counts: list.counts(),
            size: written.size,
            file_hash: written.snapshot.file_hash,
            content_hash: written.snapshot.content_hash,
            delta,
            standing,
            verified_at: now,
        };
        self.inner.store.put_snapshots(vec![row.clone()]).await?;
        Ok(Captured {
            profile,
            unresolved: list.coverage.unresolved.len(),
            counted: list
                .coverage
                .expected
                .filter(|expected| *expected != list.counts()),
            snapshot: row,
        })
    }

    /// Notes that an attempt failed, so that the verdict says so.
    pub(crate) async fn note_failure(&self, owner: UserId, code: Code, problem: &str) {
        let is_refused = code == Code::NotSignedIn;
        let attempt = Attempt {
            at: self.now(),
            outcome: if is_refused {
                Outcome::Refused
            } else {
                Outcome::Failed
            },
            detail: problem.to_owned(),
        };
        if let Err(error) = self.inner.store.note_attempt(owner, attempt).await {
            tracing::error!(%error, "cannot note the failure");
        }
    }
}

/// A list that lost many titles, and more than half, is kept but not trusted; so is one that holds
/// far less than AniList itself counts.
pub(crate) fn standing(
    before: Option<Counts>,
    delta: Option<Delta>,
    counted: Option<Counts>,
    found: Counts,
) -> Standing {
    let before = before.map_or(0, Counts::total);
    // Where the lists could not be compared their lengths still can.
    let removed = delta.map_or(before.saturating_sub(found.total()), |delta| delta.removed);
    let has_lost = removed >= MANY && removed * 2 > before;
    let counted = counted.map_or(0, Counts::total);
    let missing = counted.saturating_sub(found.total());
    if has_lost || (missing >= MANY && missing * 10 > counted) {
        Standing::Suspect
    } else {
        Standing::Good
    }
}

/// How many titles differ between two lists.
pub(crate) fn delta(before: &List, now: &List) -> Delta {
    let key = |entry: &Entry| (entry.media_type, entry.media);
    let mut old: BTreeMap<(MediaType, MediaId), &Entry> = before
        .entries
        .iter()
        .map(|entry| (key(entry), entry))
        .collect();
    let mut delta = Delta::default();
    for entry in &now.entries {
        match old.remove(&key(entry)) {
            None => delta.added += 1,
            Some(was) => {
                delta.changed += usize::from(was.values.differing(&entry.values).next().is_some());
            }
        }
    }
    delta.removed = old.len();
    delta
}

/// A read error with its cause, as one line.
pub(crate) fn explain_read(error: &ReadError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_list_gone_is_doubted_and_a_small_one_is_not() {
        let of = |before: usize, removed: usize| {
            let before = Some(Counts {
                anime: before,
                manga: 0,
            });
            let delta = Some(Delta {
                removed,
                ..Delta::default()
            });
            standing(before, delta, None, Counts::default())
        };
        assert_eq!(of(100, 51), Standing::Suspect);
        assert_eq!(of(100, 50), Standing::Good);
        assert_eq!(of(30, 19), Standing::Good);
        assert_eq!(
            standing(None, None, None, Counts::default()),
            Standing::Good
        );
    }

    #[test]
    fn far_less_than_anilist_counts_is_doubted_and_a_lag_is_not() {
        let of = |counted: usize, found: usize| {
            let counted = Some(Counts {
                anime: counted,
                manga: 0,
            });
            standing(
                None,
                None,
                counted,
                Counts {
                    anime: found,
                    manga: 0,
                },
            )
        };
        assert_eq!(of(50_000, 41_484), Standing::Suspect);
        assert_eq!(of(1_000, 950), Standing::Good);
        assert_eq!(of(30, 15), Standing::Good);
        assert_eq!(of(900, 1_000), Standing::Good);
    }
}
