//! The one gate through which everything that is written to AniList leaves.
//!
//! It holds the account's lock, knows that the token belongs to the account, refuses where there is no
//! token, refuses under dry run, and refuses removals unless they are allowed. Nobody else has a check of its own.

use std::time::Duration;

use anirewind_anilist::AniList;
use anirewind_model::{List, Remote as _, RemoteError, UserId, Viewer};
use anirewind_store::StoreError;
use thiserror::Error;

use crate::accounts::{AccountError, Target};
use crate::app::App;
use crate::event::Event;
use crate::explain::{Code, Explain};
use crate::numbers;
use crate::source::Origin;

/// Held while something is written to an account. The system lets go of it when the process ends.
#[derive(Debug)]
pub(crate) struct AccountLock {
    _file: std::fs::File,
}

/// Leave to write to one account.
pub(crate) struct Gate {
    pub(crate) client: AniList,
    pub(crate) viewer: Viewer,
    /// Let go of while an act waits for AniList, so that others can at least look.
    lock: Option<AccountLock>,
}

impl Gate {
    /// Whether the account is ours alone at the moment.
    pub(crate) const fn is_held(&self) -> bool {
        self.lock.is_some()
    }
}

/// Between two attempts to have an account to oneself, in true time: another process holds it.
const KNOCK: Duration = Duration::from_millis(100);

/// Nothing may be written. Nothing was.
#[derive(Debug, Error)]
pub enum GateError {
    /// Nothing is to be written at all.
    #[error("nothing is written while dry_run is on")]
    DryRun {
        /// What fixes the setting, where it cannot be changed.
        fixed_by: Option<Origin>,
    },
    /// Titles would be removed.
    #[error("this would remove {} from AniList, and destructive_sync is off", numbers::count(*count, "title"))]
    Removals {
        /// How many.
        count: usize,
        /// What fixes the setting, where it cannot be changed.
        fixed_by: Option<Origin>,
    },
    /// Something else is writing to the account.
    #[error("something else is writing to this account right now")]
    Busy,
    /// The account cannot be reached, or is another one.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The lock cannot be taken.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for GateError {
    fn code(&self) -> Code {
        match self {
            Self::DryRun { .. } | Self::Removals { .. } => Code::RefusedForSafety,
            Self::Busy => Code::Busy,
            Self::Account(error) => error.code(),
            Self::Store(_) => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::DryRun { fixed_by } => {
                let way = way_to("dry_run", "false", fixed_by.as_ref());
                format!("Nothing was written. To write, {way}.")
            }
            Self::Removals { fixed_by, .. } => {
                let way = way_to("destructive_sync", "true", fixed_by.as_ref());
                format!(
                    "Nothing was written. To allow removals, {way}; or take back only what removes \
                     nothing."
                )
            }
            Self::Busy => "Nothing was written. Try again when it is done.".to_owned(),
            Self::Account(error) => return error.hint(),
            Self::Store(_) => "Nothing was written.".to_owned(),
        })
    }
}

/// How a setting is given another value.
fn way_to(key: &str, value: &str, fixed_by: Option<&Origin>) -> String {
    match fixed_by {
        Some(origin) => format!("change {origin}, which fixes {key}, to {value}"),
        None => format!(
            "set {key} to {value} on the settings page or with `anirewind config set {key} {value}`"
        ),
    }
}

impl App {
    /// Asks for leave to write to an account, removing so many titles.
    pub(crate) async fn gate(
        &self,
        target: &Target,
        owner: UserId,
        removals: usize,
    ) -> Result<Gate, GateError> {
        let lock = self.leave(target, owner, removals).await?;
        let (client, viewer) = self.identify_target(target).await?;
        same_account(target, owner, &viewer)?;
        Ok(Gate {
            client,
            viewer,
            lock: Some(lock),
        })
    }

    /// The same, and reads the whole list along: two requests where asking apart takes three. Says
    /// when, by the clock's time since its fixed instant, the list was asked for.
    pub(crate) async fn gate_with_list(
        &self,
        target: &Target,
        owner: UserId,
        removals: usize,
    ) -> Result<(Gate, List, Duration), GateError> {
        let lock = self.leave(target, owner, removals).await?;
        let asked_at = self.inner.clock.elapsed();
        let (client, viewer, list) = self.read_live(target, owner).await?;
        let gate = Gate {
            client,
            viewer,
            lock: Some(lock),
        };
        Ok((gate, list, asked_at))
    }

    /// Reads an account and its whole list, without favourites.
    pub(crate) async fn read_live(
        &self,
        target: &Target,
        owner: UserId,
    ) -> Result<(AniList, Viewer, List), AccountError> {
        let client = self.client_of(&target.access)?;
        let known = self.inner.store.known_count(owner).await?;
        let profile = target.profile.clone().unwrap_or_else(|| owner.to_string());
        let progress = |read, expected| {
            self.tell(Event::Reading {
                profile: profile.clone(),
                read,
                expected,
            });
        };
        let (viewer, list) = client
            .whole(owner, known, &progress)
            .await
            .map_err(|source| AccountError::Remote { source })?;
        same_account(target, owner, &viewer)?;
        let Some(list) = list else {
            let found = viewer.account.name;
            return Err(AccountError::WrongAccount {
                profile: profile.clone(),
                expected: profile,
                found,
            });
        };
        self.note_identity(&target.access, owner);
        Ok((client, viewer, list))
    }

    /// The same as [`App::gate`] for an act that goes on by itself: waits until the account is free.
    pub(crate) async fn patient_gate(
        &self,
        target: &Target,
        owner: UserId,
        removals: usize,
    ) -> Result<Gate, GateError> {
        self.allow(target, removals)?;
        let lock = self.account_lock(owner).await?;
        let (client, viewer) = self.identify_target(target).await?;
        same_account(target, owner, &viewer)?;
        Ok(Gate {
            client,
            viewer,
            lock: Some(lock),
        })
    }

    /// Lets others have the account for as long as nothing is done to it.
    pub(crate) fn step_aside(gate: &mut Gate) {
        gate.lock = None;
    }

    /// Waits for the account again, and asks once more whose it is.
    pub(crate) async fn step_back(
        &self,
        gate: &mut Gate,
        owner: UserId,
    ) -> Result<Result<(), RemoteError>, GateError> {
        gate.lock = Some(self.account_lock(owner).await?);
        match gate.client.viewer().await {
            Ok(viewer) if viewer.account.id == owner => {
                gate.viewer = viewer;
                Ok(Ok(()))
            }
            Ok(viewer) => Err(GateError::Account(AccountError::WrongAccount {
                profile: owner.to_string(),
                expected: owner.to_string(),
                found: viewer.account.name,
            })),
            Err(error) => Ok(Err(error)),
        }
    }

    fn allow(&self, target: &Target, removals: usize) -> Result<(), GateError> {
        // Whoever plans has asked already; nothing leaves on his word.
        target.may_write()?;
        if self.inner.settings.dry_run {
            let fixed_by = self.inner.settings.fixed_by("dry_run").cloned();
            return Err(GateError::DryRun { fixed_by });
        }
        if removals > 0 && !self.inner.settings.destructive_sync {
            let fixed_by = self.inner.settings.fixed_by("destructive_sync").cloned();
            return Err(GateError::Removals {
                count: removals,
                fixed_by,
            });
        }
        Ok(())
    }

    /// The rules, and the account to oneself.
    async fn leave(
        &self,
        target: &Target,
        owner: UserId,
        removals: usize,
    ) -> Result<AccountLock, GateError> {
        self.allow(target, removals)?;
        self.try_account_lock(owner).await?.ok_or(GateError::Busy)
    }

    /// Waits until nobody else writes to the account or looks at it.
    pub(crate) async fn account_lock(&self, owner: UserId) -> Result<AccountLock, StoreError> {
        loop {
            if let Some(lock) = self.try_account_lock(owner).await? {
                return Ok(lock);
            }
            // Others can use the turn meanwhile.
            drop(self.waited_for());
            // Not by the clock of the installation: it is another process that is waited for. And not
            // blocked in the system, from where no Ctrl-C would wake us.
            tokio::time::sleep(KNOCK).await;
        }
    }

    /// The account to oneself, unless somebody else has it.
    pub(crate) async fn try_account_lock(
        &self,
        owner: UserId,
    ) -> Result<Option<AccountLock>, StoreError> {
        let path = self
            .inner
            .settings
            .data
            .join(format!("account-{owner}.lock"));
        let named = path.clone();
        let locked = tokio::task::spawn_blocking(move || {
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(named)?;
            match file.try_lock() {
                Ok(()) => Ok(Some(file)),
                Err(std::fs::TryLockError::WouldBlock) => Ok(None),
                Err(std::fs::TryLockError::Error(error)) => Err(error),
            }
        });
        let file = locked.await.map_err(|_| StoreError::Closed)?;
        let file = file.map_err(|source| StoreError::Io { path, source })?;
        Ok(file.map(|file| AccountLock { _file: file }))
    }
}

/// Refuses a token that belongs to another account than the one that is meant.
pub(crate) fn same_account(
    target: &Target,
    owner: UserId,
    viewer: &Viewer,
) -> Result<(), AccountError> {
    if viewer.account.id == owner {
        return Ok(());
    }
    let name = target.profile.clone().unwrap_or_else(|| owner.to_string());
    Err(AccountError::WrongAccount {
        expected: name.clone(),
        profile: name,
        found: viewer.account.name.clone(),
    })
}
