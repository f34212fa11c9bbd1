//! Taking a snapshot: read the list, write it down, prove it, doubt it, note it.

use std::collections::BTreeSet;
use std::fmt;

use anirewind_backup::retention::count_on;
use anirewind_backup::{Draft, Folder, Kind, WriteError, content_hash};
use anirewind_model::{Counts, List, Remote as _, RemoteError, UserId, Viewer};
use anirewind_store::{Attempt, Delta, Outcome, SnapshotRow, Standing, StoreError};
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use tracing::Instrument as _;

use crate::access::Access;
use crate::accounts::{AccountError, Target, remote_code, remote_hint};
use crate::app::App;
use crate::attempts::MissingFolder;
use crate::catalogue::{read_base, row_of};
use crate::event::Event;
use crate::explain::{Code, Explain};
use crate::judge::{is_trusted, judge_by};

/// A start this soon after an identical snapshot writes no other: a restart loop must not fill the
/// disk.
const MOMENT: Duration = Duration::minutes(10);

/// A snapshot that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// The profile it is of.
    pub profile: String,
    /// What the catalogue says of it.
    pub snapshot: SnapshotRow,
    /// Whether it was written now. If not, it is moments old, holds what was just read, and was
    /// read back and proven again.
    pub is_new: bool,
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
    /// The snapshot could not be written.
    #[error("cannot write the snapshot of {profile}")]
    Write {
        /// The profile.
        profile: String,
        /// Why.
        source: WriteError,
    },
    /// The folder is not there, and it was.
    #[error(transparent)]
    Folder(#[from] MissingFolder),
    /// The catalogue failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for CaptureError {
    fn code(&self) -> Code {
        match self {
            Self::Account(error) => error.code(),
            Self::Read { source, .. } => remote_code(source),
            Self::Write { .. } | Self::Folder(_) | Self::Store(_) => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Account(error) => return error.hint(),
            Self::Read { source, .. } => {
                format!(
                    "No snapshot was written; earlier ones are untouched. {}",
                    remote_hint(source)
                )
            }
            Self::Write {
                source: WriteError::NotSynced { .. },
                ..
            } => "The file itself is whole and is listed. Earlier snapshots are untouched; take \
                 another one when the disk is well again."
                .to_owned(),
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
            Self::Folder(missing) => missing.hint("No snapshot was written and none is forgotten."),
            Self::Store(_) => {
                "Earlier snapshots are untouched. `anirewind doctor` looks into it.".to_owned()
            }
        })
    }
}

impl fmt::Display for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.snapshot.counts;
        let id = &self.snapshot.id;
        if !self.is_new {
            return write!(f, "looked: still what snapshot {id} of a moment ago holds");
        }
        write!(
            f,
            "snapshot {id} saved: {} anime and {} manga",
            counts.anime, counts.manga
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

impl Captured {
    fn of(profile: String, snapshot: SnapshotRow, is_new: bool, list: &List) -> Self {
        Self {
            profile,
            snapshot,
            is_new,
            unresolved: list.coverage.unresolved.len(),
            counted: list
                .coverage
                .expected
                // Without a token what is counted may be private.
                .filter(|expected| *expected != list.counts() && !list.coverage.public),
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

    /// Takes a snapshot of one account, when nothing is being written to it.
    pub async fn capture(&self, target: &Target, kind: Kind) -> Result<Captured, CaptureError> {
        let owner = match self.owner_of(target) {
            Some(owner) => Ok(owner),
            None => self
                .identify_target(target)
                .await
                .map(|(_, viewer)| viewer.account.id),
        };
        // Who cannot be identified cannot be written to either; the capture says what is wrong.
        let _lock = match owner {
            Ok(owner) => match self.account_lock(owner).await {
                Ok(lock) => Some(lock),
                Err(error) => {
                    let error = CaptureError::from(error);
                    self.note_no_snapshot(target, &error).await;
                    return Err(error);
                }
            },
            Err(_) => None,
        };
        self.capture_for(target, kind).await
    }

    /// The same for somebody who has the account to himself already.
    async fn capture_for(&self, target: &Target, kind: Kind) -> Result<Captured, CaptureError> {
        let profile = target.profile.as_deref().unwrap_or("the account");
        let span = tracing::info_span!("snapshot", profile);
        self.capture_alone(target, kind).instrument(span).await
    }

    async fn capture_alone(&self, target: &Target, kind: Kind) -> Result<Captured, CaptureError> {
        let outcome = self.try_capture(target, kind).await;
        let profile = target.profile.as_deref().unwrap_or("the account");
        let owner = match &outcome {
            Ok(_) => None,
            Err(_) => self.owner_for_failure(target).await,
        };
        self.note_outcome(profile, owner, &outcome).await;
        outcome
    }

    /// Notes and says that there is no snapshot, for somebody who could not even begin.
    pub(crate) async fn note_no_snapshot(&self, target: &Target, error: &CaptureError) {
        let profile = target.profile.as_deref().unwrap_or("the account");
        let owner = self.owner_for_failure(target).await;
        self.note_problem(profile, owner, error).await;
    }

    async fn note_outcome(
        &self,
        profile: &str,
        owner: Option<UserId>,
        outcome: &Result<Captured, CaptureError>,
    ) {
        match outcome {
            Ok(captured) => {
                tracing::info!(profile = captured.profile, "{captured}");
                self.tell(Event::Saved(Box::new(captured.clone())));
            }
            Err(error) => self.note_problem(profile, owner, error).await,
        }
    }

    async fn note_problem(&self, profile: &str, owner: Option<UserId>, error: &CaptureError) {
        let problem = error.chain();
        tracing::error!(profile, problem, "no snapshot");
        if let Some(owner) = owner {
            self.note_failure(owner, error.code(), &problem).await;
        }
        self.tell(Event::Failed {
            profile: profile.to_owned(),
            problem,
        });
    }

    async fn try_capture(&self, target: &Target, kind: Kind) -> Result<Captured, CaptureError> {
        let (client, viewer) = self.identify_target(target).await?;
        let profile = self.profile_of(target, &viewer).await?;
        self.remember(&viewer, &profile, &target.access).await?;
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
        self.keep_list(profile, list, kind).await
    }

    /// Writes down a list that was just read as a snapshot that comes before an act of ours.
    pub(crate) async fn keep_safe(
        &self,
        profile: &str,
        viewer: &Viewer,
        access: &Access,
        list: List,
    ) -> Result<Captured, CaptureError> {
        self.remember(viewer, profile, access).await?;
        let owner = list.owner.id;
        let kept = self.keep_list(profile.to_owned(), list, Kind::Safety).await;
        self.note_outcome(profile, Some(owner), &kept).await;
        kept
    }

    async fn keep_list(
        &self,
        profile: String,
        list: List,
        kind: Kind,
    ) -> Result<Captured, CaptureError> {
        // The same instant for what was seen and for the snapshot: what is changed after it is later.
        let read_at = self.now();
        // What became of the folder meanwhile is known before the new one is compared.
        if let Err(error) = self.refresh_catalogue().await {
            tracing::warn!(problem = error.chain(), "cannot look into the folder");
        }
        if anirewind_backup::incomplete(&list, &self.inner.settings.thresholds).is_none() {
            let changes = self.observe_list(&list, read_at).await?;
            if changes > 0 {
                self.tell(Event::Changed {
                    profile: profile.clone(),
                    changes,
                });
            }
        }
        if kind == Kind::Automatic
            && let Some(row) = self.moments_ago(&list).await?
        {
            let captured = Captured::of(profile, row, false, &list);
            self.note_success(&captured).await?;
            return Ok(captured);
        }
        self.tell(Event::Writing {
            profile: profile.clone(),
            counts: list.counts(),
        });
        let captured = self.write_down(profile, list, kind, read_at).await?;
        self.note_success(&captured).await?;
        // Only now that the new one is there may old ones go. If they cannot, it is there all the same.
        if let Err(error) = self.prune(captured.snapshot.owner.id).await {
            tracing::error!(
                problem = error.chain(),
                "old snapshots could not be removed"
            );
        }
        Ok(captured)
    }

    /// The newest snapshot, if it is moments old, holds the same list and is still whole.
    async fn moments_ago(&self, list: &List) -> Result<Option<SnapshotRow>, StoreError> {
        let owner = list.owner.id;
        let rows = self.inner.store.snapshots(Some(owner)).await?;
        let newest = rows.into_iter().find(|row| row.kind != Kind::Imported);
        let now = self.now();
        let is_recent = |row: &SnapshotRow| {
            row.damage.is_none() && row.created_at <= now && now - row.created_at < MOMENT
        };
        let Some(mut row) = newest.filter(is_recent) else {
            return Ok(None);
        };
        if row.content_hash != content_hash(list) || row.public != list.coverage.public {
            return Ok(None);
        }
        let (path, hash) = (self.inner.folder.path().join(&row.file), row.file_hash);
        let proven = tokio::task::spawn_blocking(move || {
            Folder::read_path(&path).is_ok_and(|(snapshot, _)| snapshot.file_hash == hash)
        });
        if !proven.await.map_err(|_| StoreError::Closed)? {
            return Ok(None);
        }
        row.verified_at = now;
        self.inner.store.note_proof(&row).await?;
        Ok(Some(row))
    }

    async fn write_down(
        &self,
        profile: String,
        list: List,
        kind: Kind,
        now: OffsetDateTime,
    ) -> Result<Captured, CaptureError> {
        let folder = self.inner.folder.clone();
        let gap = self.longest_gap();
        let thresholds = self.inner.settings.thresholds.clone();
        // From here on nobody else gives places in the folder.
        let _exclusive = self.exclusive().await?;
        // Made anew it would hold none of those that are known, and the catalogue would forget them.
        if let Some(missing) = self.missing_folder().await? {
            return Err(missing.into());
        }
        let mut rows = self.inner.store.snapshots(Some(list.owner.id)).await?;
        rows.reverse();
        let since = rows.iter().rev().filter(|row| is_trusted(row));
        let since = since.map(|row| row.created_at);
        // As far back as anything is compared with.
        let since = since.take_while(|at| *at > now - Duration::days(2));
        let newest_good = rows.iter().rev().find(|row| is_trusted(row));
        let since = since.chain(newest_good.map(|row| row.created_at)).min();
        let mut ours = match since {
            Some(since) => self.ours_since(list.owner.id, since).await?,
            None => Vec::new(),
        };
        ours.extend(self.ours_in_between(&list).await?);
        let name = profile.clone();
        let written = tokio::task::spawn_blocking(move || {
            let newest = rows.iter().rev().find(|row| row.kind != Kind::Imported);
            let draft = Draft {
                list: &list,
                created_at: now,
                kind,
                previous: newest.map(|row| row.file_hash),
            };
            let written = folder.write(&draft).map_err(|source| CaptureError::Write {
                profile: name,
                source,
            })?;
            let mut row = row_of(&written.name, &written.snapshot, written.size, now);
            row.counted =
                newest.map_or(0, |before| count_on(before.counted, before.at(), now, gap));
            let (judged, damaged) = judge_by(&list, &rows, &ours, now, &thresholds, |base| {
                read_base(&folder, base)
            });
            row.delta = judged.delta;
            row.alarms = judged.alarms;
            rows.retain(|row| damaged.iter().any(|(file, _)| *file == row.file));
            for row in &mut rows {
                let found = damaged.iter().find(|(file, _)| *file == row.file);
                row.damage = found.map(|(_, problem)| problem.clone());
            }
            Ok::<_, CaptureError>((row, list, rows))
        });
        let (row, list, damaged) = match written.await {
            Ok(outcome) => outcome?,
            Err(_) => return Err(CaptureError::Store(StoreError::Closed)),
        };
        for row in damaged {
            self.inner.store.note_proof(&row).await?;
        }
        let row = self.inner.store.append_snapshot(row).await?;
        Ok(Captured::of(profile, row, true, &list))
    }

    async fn note_success(&self, captured: &Captured) -> Result<(), StoreError> {
        let row = &captured.snapshot;
        let is_good = row.standing() == Standing::Good;
        let attempt = Attempt {
            at: self.now(),
            outcome: match (is_good, captured.is_new) {
                (false, _) => Outcome::Doubted,
                (true, true) => Outcome::Saved,
                (true, false) => Outcome::Unchanged,
            },
            detail: row.id.to_string(),
            changed: captured.is_new && row.delta.is_some_and(|delta| delta != Delta::default()),
        };
        for alarm in row.open_alarms().filter(|_| captured.is_new) {
            tracing::warn!(profile = captured.profile, "{alarm}");
            self.tell(Event::Alarm {
                profile: captured.profile.clone(),
                alarm: *alarm,
            });
        }
        self.note_attempt(row.owner.id, attempt).await
    }

    /// Notes that an attempt failed, so that the verdict says so.
    pub(crate) async fn note_failure(&self, owner: UserId, code: Code, problem: &str) {
        let attempt = Attempt {
            at: self.now(),
            outcome: match code {
                Code::NotSignedIn => Outcome::Refused,
                Code::Unavailable => Outcome::Unavailable,
                _ => Outcome::Failed,
            },
            detail: problem.to_owned(),
            changed: false,
        };
        if let Err(error) = self.note_attempt(owner, attempt).await {
            tracing::error!(%error, "cannot note the failure; it is remembered until one can be");
        }
    }
}
