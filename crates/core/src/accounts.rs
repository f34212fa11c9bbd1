//! Accounts: whose tokens we hold, and whether they still hold; and whose public list is read without one.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use anirewind_anilist::{AniList, BuildError, Person};
use anirewind_model::{
    AccessToken, Account, Remote as _, RemoteError, TitleLanguage, UserId, Viewer,
};
use anirewind_store::{AccountRow, SecretError, StoreError, Style};
use thiserror::Error;
use time::OffsetDateTime;

use crate::access::Access;
use crate::app::App;
use crate::explain::{Code, Explain};

/// An account to work for: how it is reached, and what is known of who it should be.
#[derive(Debug, Clone)]
pub struct Target {
    pub(crate) access: Access,
    pub(crate) profile: Option<String>,
    pub(crate) known: Option<Account>,
    /// Somebody asked for it by a name that nobody has yet: it may be the one of a token without a name.
    pub(crate) is_guess: bool,
}

/// An account could not be added, found or reached. What was there before still is.
#[derive(Debug, Error)]
pub enum AccountError {
    /// AniList did not give what was asked for.
    #[error("cannot ask AniList who this is")]
    Remote {
        /// Why.
        source: RemoteError,
    },
    /// The token belongs to somebody else.
    #[error("the token for {profile} belongs to {found}, not to {expected}")]
    WrongAccount {
        /// The profile.
        profile: String,
        /// Whose account the profile is.
        expected: String,
        /// Who the token belongs to.
        found: String,
    },
    /// There is no such profile.
    #[error("there is no profile `{profile}`")]
    NoProfile {
        /// What was asked for.
        profile: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// The profile is there, but no token for it.
    #[error("there is no token for {profile}")]
    NoToken {
        /// The profile.
        profile: String,
    },
    /// The account is read without a token, and this needs one.
    #[error(
        "the list of {profile} is read without a token, so nothing can be written to AniList for it"
    )]
    Public {
        /// The profile.
        profile: String,
    },
    /// Without a token AniList shows no such user.
    #[error("AniList shows nobody called `{name}` without a token")]
    NoUser {
        /// Who was asked for.
        name: String,
    },
    /// What cannot be anybody's name.
    #[error("that cannot be the name of a user on AniList")]
    InvalidUser,
    /// There is a token for this user already, which sees more.
    #[error("there is a token for {name} here already, as {profile}, and it sees more")]
    HasToken {
        /// The user.
        name: String,
        /// The profile.
        profile: String,
    },
    /// The profile is somebody else's.
    #[error("the profile {profile} is for {expected}, not for {found}")]
    OthersProfile {
        /// The profile.
        profile: String,
        /// Whose it is.
        expected: String,
        /// Who was to be added.
        found: String,
    },
    /// There is no account at all.
    #[error("there is no account yet")]
    NoAccount,
    /// One account is meant and there are several.
    #[error("there are several accounts: {}", known.join(", "))]
    Several {
        /// Those there are.
        known: Vec<String>,
    },
    /// A name that cannot be a profile's.
    #[error(
        "`{profile}` cannot be the name of a profile: letters, digits, - and _, 1 to 40 of them"
    )]
    InvalidProfile {
        /// The name.
        profile: String,
    },
    /// The catalogue failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The token could not be kept or read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The client could not be set up.
    #[error("cannot talk to AniList")]
    Client {
        /// Why.
        source: BuildError,
    },
}

impl Explain for AccountError {
    fn code(&self) -> Code {
        match self {
            Self::Remote { source } => remote_code(source),
            Self::WrongAccount { .. } | Self::OthersProfile { .. } | Self::HasToken { .. } => {
                Code::RefusedForSafety
            }
            Self::NoProfile { .. } | Self::NoUser { .. } => Code::NotFound,
            Self::NoToken { .. } | Self::NoAccount | Self::Public { .. } => Code::NotSignedIn,
            Self::Several { .. }
            | Self::InvalidProfile { .. }
            | Self::InvalidUser
            | Self::Client { .. } => Code::Usage,
            Self::Store(_) | Self::Secret(_) => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Remote { source } => remote_hint(source),
            Self::WrongAccount { profile, .. } => format!(
                "Nothing was changed. Keep them apart: add the other account under a name of its \
                 own, as in `anirewind account add NAME --token-file FILE`, or give {profile} its \
                 own token."
            ),
            Self::NoProfile { known, .. } if known.is_empty() => ADD_ONE.to_owned(),
            Self::NoProfile { known, .. } => format!("There are: {}.", known.join(", ")),
            Self::NoToken { profile } => format!(
                "Its snapshots are still here. Connect it again: anirewind account add {profile} \
                 --token-file FILE"
            ),
            Self::Public { profile } => format!(
                "Nothing was sent. Connect it with a token, and all that was kept of it stays: \
                 anirewind account add {profile} --token-file FILE"
            ),
            Self::NoUser { .. } => {
                "Nothing was changed. Is the name spelt as on AniList? Somebody \
                whose profile is private is only reached with a token."
                    .to_owned()
            }
            Self::InvalidUser => "Nothing was changed. It is the name as AniList shows it, or the \
                address of the profile there."
                .to_owned(),
            Self::HasToken { profile, .. } => format!(
                "Nothing was changed. To read it without a token all the same, let go of the token \
                 first: anirewind account remove {profile}"
            ),
            Self::OthersProfile { .. } => {
                "Nothing was changed. Add it under a name of its own.".to_owned()
            }
            Self::NoAccount => ADD_ONE.to_owned(),
            Self::Several { .. } => {
                "Nothing was changed. Name the one that is meant as `profile` (--profile NAME)."
                    .to_owned()
            }
            Self::InvalidProfile { .. } => "Nothing was changed.".to_owned(),
            Self::Secret(SecretError::Exposed { path, .. }) => format!(
                "The token was not used. Close the file to others (chmod 600 {}), and, if somebody \
                 may have read it, revoke it on AniList and connect again.",
                path.display()
            ),
            Self::Secret(SecretError::NoKey { .. } | SecretError::WrongKey { .. }) => {
                "The token was not used, and nothing was changed. Set ANIREWIND_SECRET_KEY_FILE to the \
                 key that it was sealed with, or connect the account again: anirewind account add \
                 --token-file FILE. Snapshots are read without it."
                    .to_owned()
            }
            Self::Store(_) | Self::Secret(_) | Self::Client { .. } => {
                "Nothing was changed. `anirewind doctor` looks into it.".to_owned()
            }
        })
    }
}

const ADD_ONE: &str = "Add one: save a token to a file and run `anirewind account add --token-file \
                       FILE`, or set ANIREWIND_ANILIST_TOKEN. docs/install.md says where to get a \
                       token. Without one, `anirewind account add --public USER` keeps a public \
                       list.";

/// The class of a failure of AniList.
pub(crate) fn remote_code(error: &RemoteError) -> Code {
    if error.is_about_token() {
        Code::NotSignedIn
    } else if error.is_outage() {
        Code::Unavailable
    } else {
        Code::Failed
    }
}

/// What to do about a failure of AniList.
pub(crate) fn remote_hint(error: &RemoteError) -> String {
    let text = match error {
        RemoteError::InvalidToken { .. } | RemoteError::Unauthorized { .. } => {
            "Nothing was changed. The token is wrong, expired or revoked; get a new one and connect \
             again: anirewind account add --token-file FILE"
        }
        RemoteError::Disabled { .. } => {
            "Nothing was changed. AniList has switched its API off for everyone; your token is not \
             the reason. Try again later."
        }
        RemoteError::Challenge { .. } => {
            "Nothing was changed. A page came back in place of data, which usually passes. Try \
             again in a few minutes."
        }
        RemoteError::RateLimited { .. } => {
            "Nothing was changed. Try again later, or allow more time with --timeout."
        }
        RemoteError::Connect { .. } => {
            "Nothing was sent. Check the network, and ANIREWIND_ANILIST_URL if it is set."
        }
        _ => "Nothing was changed. Try again later; if it goes on, `anirewind doctor` says more.",
    };
    text.to_owned()
}

impl App {
    /// Adds an account, or gives one a new token, after asking AniList whose it is.
    ///
    /// Without a name the profile is called like the user.
    pub async fn add_account(
        &self,
        profile: Option<&str>,
        token: AccessToken,
    ) -> Result<AccountRow, AccountError> {
        if let Some(profile) = profile {
            check_profile(profile)?;
        }
        let access = Access::Token(token.clone());
        let (_, viewer) = self.identify(&access).await?;
        let _turn = self.accounts_turn().await;
        let accounts = self.inner.store.accounts().await?;
        let same = accounts
            .iter()
            .find(|row| row.account.id == viewer.account.id);
        let profile = profile
            .map(str::to_owned)
            .or_else(|| same.map(|row| row.profile.clone()))
            .unwrap_or_else(|| viewer.account.name.clone());
        if let Some(other) = accounts.iter().find(|row| {
            row.profile.eq_ignore_ascii_case(&profile) && row.account.id != viewer.account.id
        }) {
            return Err(AccountError::WrongAccount {
                profile,
                expected: other.account.name.clone(),
                found: viewer.account.name,
            });
        }
        // The token first: an account without a token is worse than a token without an account.
        let (secrets, owner) = (self.inner.secrets.clone(), viewer.account.id);
        blocking(move || secrets.put(owner, &token)).await?;
        self.remember(&viewer, &profile, &access).await
    }

    /// All accounts that were added or used.
    pub async fn accounts(&self) -> Result<Vec<AccountRow>, AccountError> {
        Ok(self.inner.store.accounts().await?)
    }

    /// People of whom there are snapshots and whose account is not connected, or not any more: by the name in their files,
    /// with the number of the user where a profile goes by that name.
    pub async fn kept_accounts(&self) -> Result<Vec<AccountRow>, AccountError> {
        let connected = self.accounts().await?;
        let is_connected = |owner: &Account| connected.iter().any(|row| row.account.id == owner.id);
        let mut kept: Vec<AccountRow> = Vec::new();
        for (owner, newest) in self.inner.store.owners().await? {
            if is_connected(&owner) {
                continue;
            }
            let mut others = connected.iter().chain(&kept);
            let profile = if others.any(|row| row.profile.eq_ignore_ascii_case(&owner.name)) {
                format!("{}-{}", owner.name, owner.id)
            } else {
                owner.name.clone()
            };
            kept.push(AccountRow::kept(owner, profile, newest));
        }
        Ok(kept)
    }

    /// Asks AniList whether an account's token still holds, and notes that it does.
    pub async fn check_account(&self, target: &Target) -> Result<AccountRow, AccountError> {
        let (_, viewer) = self.identify_target(target).await?;
        let profile = self.profile_of(target, &viewer).await?;
        self.remember(&viewer, &profile, &target.access).await
    }

    /// Forgets an account and its token. Its snapshots stay.
    pub async fn remove_account(&self, profile: &str) -> Result<AccountRow, AccountError> {
        let _turn = self.accounts_turn().await;
        let row = self.account_row(profile).await?;
        if !row.connected {
            let known = self.accounts().await?.into_iter();
            return Err(AccountError::NoProfile {
                profile: row.profile,
                known: known.map(|row| row.profile).collect(),
            });
        }
        let (secrets, owner) = (self.inner.secrets.clone(), row.account.id);
        blocking(move || secrets.remove(owner)).await?;
        self.inner.store.remove_account(owner).await?;
        Ok(row)
    }

    /// The accounts to work for: one by name, or all there are.
    ///
    /// Tokens handed in by the environment come first; for a profile that has a token both ways
    /// the one handed in counts.
    pub async fn targets(&self, profile: Option<&str>) -> Result<Vec<Target>, AccountError> {
        let rows = self.inner.store.accounts().await?;
        let (mut targets, troubles) = self.all_targets(&rows).await;
        let mut trouble: Option<AccountError> = None;
        for (owner, error) in troubles {
            let row = rows.iter().find(|row| row.account.id == owner);
            let row = row.filter(|row| {
                profile.is_none_or(|wanted| row.profile.eq_ignore_ascii_case(wanted))
            });
            if let Some(row) = row {
                // One account's trouble is not the others'; its verdict says it.
                let problem = error.chain();
                tracing::error!(profile = row.profile, problem, "no token");
                self.note_failure(owner, error.code(), &problem).await;
                trouble.get_or_insert(error);
            }
        }
        let Some(wanted) = profile else {
            return match (targets.is_empty(), trouble, rows.first()) {
                (false, _, _) => Ok(targets),
                (true, Some(trouble), _) => Err(trouble),
                (true, None, Some(row)) => Err(AccountError::NoToken {
                    profile: row.profile.clone(),
                }),
                (true, None, None) => Err(AccountError::NoAccount),
            };
        };
        let named = targets.iter().position(|target| {
            target
                .profile
                .as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        });
        if let Some(at) = named {
            return Ok(vec![targets.swap_remove(at)]);
        }
        let row = rows
            .iter()
            .find(|row| row.profile.eq_ignore_ascii_case(wanted));
        if let Some(trouble) = trouble {
            return Err(trouble);
        }
        // A token that nobody gave a name may be for this one; asking AniList will tell.
        match (
            targets.into_iter().find(|target| target.profile.is_none()),
            row,
        ) {
            (Some(target), row) => {
                // Of whom there are snapshots, the name is theirs.
                let mut left = self.kept_accounts().await?.into_iter();
                let left = left.find(|row| row.profile.eq_ignore_ascii_case(wanted));
                let known = row.cloned().or(left).map(|row| row.account);
                Ok(vec![Target {
                    profile: Some(wanted.to_owned()),
                    is_guess: known.is_none(),
                    known,
                    ..target
                }])
            }
            (None, Some(row)) => Err(AccountError::NoToken {
                profile: row.profile.clone(),
            }),
            (None, None) => Err(AccountError::NoToken {
                profile: self.account_row(wanted).await?.profile,
            }),
        }
    }

    /// All accounts to work for, and those whose token cannot be read.
    pub(crate) async fn all_targets(
        &self,
        rows: &[AccountRow],
    ) -> (Vec<Target>, Vec<(UserId, AccountError)>) {
        let mut targets: Vec<Target> = Vec::new();
        let mut troubles = Vec::new();
        for token in &self.inner.settings.tokens {
            let known = token.profile.as_deref().and_then(|profile| {
                rows.iter()
                    .find(|row| row.profile.eq_ignore_ascii_case(profile))
            });
            targets.push(Target {
                access: Access::Token(token.token.clone()),
                profile: token.profile.clone(),
                known: known.map(|row| row.account.clone()),
                is_guess: false,
            });
        }
        let named = |targets: &[Target], row: &AccountRow| {
            let mut profiles = targets
                .iter()
                .filter_map(|target| target.profile.as_deref());
            profiles.any(|profile| profile.eq_ignore_ascii_case(&row.profile))
        };
        let rest: Vec<_> = rows.iter().filter(|row| !named(&targets, row)).collect();
        let with_token = rest.iter().filter(|row| !row.public);
        let owners: Vec<UserId> = with_token.map(|row| row.account.id).collect();
        // All at once: with a thousand accounts this is done every minute.
        let secrets = self.inner.secrets.clone();
        let read = tokio::task::spawn_blocking(move || {
            let tokens = owners.into_iter().map(|owner| (owner, secrets.get(owner)));
            tokens.collect::<BTreeMap<_, _>>()
        });
        let mut tokens = read.await.unwrap_or_default();
        for row in rest {
            let owner = row.account.id;
            let of_row = |access| Target {
                access,
                profile: Some(row.profile.clone()),
                known: Some(row.account.clone()),
                is_guess: false,
            };
            if row.public {
                targets.push(of_row(Access::Public(owner)));
                continue;
            }
            match tokens.remove(&owner) {
                Some(Ok(Some(token))) => targets.push(of_row(Access::Token(token))),
                Some(Ok(None)) => {}
                Some(Err(error)) => troubles.push((owner, error.into())),
                // They could not be read at all.
                None => troubles.push((owner, StoreError::Closed.into())),
            }
        }
        (targets, troubles)
    }

    /// How an account is reached.
    pub(crate) async fn target_of(&self, owner: UserId) -> Result<Target, AccountError> {
        let accounts = self.accounts().await?;
        let account = accounts.iter().find(|row| row.account.id == owner);
        let profile = account.map(|row| row.profile.as_str());
        let targets = self.targets(profile).await?;
        let found = targets
            .iter()
            .find(|target| self.owner_of(target) == Some(owner));
        let target = found.or_else(|| targets.first()).cloned();
        target.ok_or(AccountError::NoAccount)
    }

    /// The account that goes by this name, also where only its snapshots are left.
    pub async fn account_row(&self, profile: &str) -> Result<AccountRow, AccountError> {
        if let Some(row) = self.inner.store.account(profile).await? {
            return Ok(row);
        }
        let kept = self.kept_accounts().await?;
        let mut named = kept.iter();
        if let Some(row) = named.find(|row| row.profile.eq_ignore_ascii_case(profile)) {
            return Ok(row.clone());
        }
        let known = self.accounts().await?.into_iter().chain(kept);
        Err(AccountError::NoProfile {
            profile: profile.to_owned(),
            known: known.map(|row| row.profile).collect(),
        })
    }

    /// What the account of a user is called here, also where only its snapshots are left.
    pub async fn profile_of_owner(&self, owner: UserId) -> Result<Option<String>, AccountError> {
        let mut all = self.accounts().await?;
        all.extend(self.kept_accounts().await?);
        let mut of_owner = all.into_iter().filter(|row| row.account.id == owner);
        Ok(of_owner.next().map(|row| row.profile))
    }

    /// The account that is named, or the only one: of those that are connected, or, where none is, of those of whom
    /// snapshots are left.
    pub async fn one_account(&self, profile: Option<&str>) -> Result<AccountRow, AccountError> {
        if let Some(profile) = profile {
            return self.account_row(profile).await;
        }
        let mut accounts = self.accounts().await?;
        if accounts.is_empty() {
            accounts = self.kept_accounts().await?;
        }
        let only = accounts.pop().ok_or(AccountError::NoAccount)?;
        if accounts.is_empty() {
            return Ok(only);
        }
        let known = accounts.into_iter().chain([only]);
        Err(AccountError::Several {
            known: known.map(|row| row.profile).collect(),
        })
    }

    /// AniList as an account sees it, or as everybody sees the account.
    pub(crate) fn client_of(&self, access: &Access) -> Result<AniList, AccountError> {
        match access {
            Access::Token(token) => self
                .client(token)
                .map_err(|source| AccountError::Client { source }),
            Access::Public(owner) => Ok(self.public_client(Person::Id(*owner))),
        }
    }

    /// Asks whose token this is, or what AniList says of a user, and remembers for as long as this
    /// runs whose token it is.
    async fn identify(&self, access: &Access) -> Result<(AniList, Viewer), AccountError> {
        let client = self.client_of(access)?;
        let viewer = client
            .viewer()
            .await
            .map_err(|source| AccountError::Remote { source })?;
        self.note_identity(access, viewer.account.id);
        Ok((client, viewer))
    }

    /// Remembers for as long as this runs whose token this is.
    pub(crate) fn note_identity(&self, access: &Access, owner: UserId) {
        let Access::Token(token) = access else {
            return;
        };
        let mut identified = self.identified();
        identified.retain(|(known, _)| known.expose() != token.expose());
        identified.push((token.clone(), owner));
    }

    /// Whose tokens are whose is known here, too.
    pub(crate) fn know_again(&self, other: &Self) {
        let known = other.identified().clone();
        *self.identified() = known;
        let mut unknown = other.noted_unidentified().clone();
        unknown.retain(|(token, ..)| self.is_provided(token));
        *self.noted_unidentified() = unknown;
    }

    fn identified(&self) -> MutexGuard<'_, Vec<(AccessToken, UserId)>> {
        self.inner
            .identified
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose token it was when AniList was last asked, or whose it is meant to be.
    pub(crate) fn owner_of(&self, target: &Target) -> Option<UserId> {
        let token = match &target.access {
            Access::Token(token) => token,
            Access::Public(owner) => return Some(*owner),
        };
        let identified = self.identified();
        let found = identified
            .iter()
            .find(|(known, _)| known.expose() == token.expose());
        target
            .known
            .as_ref()
            .map(|account| account.id)
            .or_else(|| found.map(|(_, owner)| *owner))
    }

    /// Whether the token of an account is handed in, and none of it is kept here.
    pub async fn is_token_provided(&self, row: &AccountRow) -> bool {
        if row.public {
            return false;
        }
        let (secrets, owner) = (self.inner.secrets.clone(), row.account.id);
        matches!(blocking(move || secrets.get(owner)).await, Ok(None))
    }

    /// Whose failure it is when a token fails: for one that nobody gave a name, and that AniList no
    /// longer knows, the account that has no token of its own here.
    pub(crate) async fn owner_for_failure(&self, target: &Target) -> Option<UserId> {
        // Whose name nobody knows is no account's failure.
        if target.is_guess {
            return None;
        }
        if let Some(owner) = self.owner_of(target) {
            return Some(owner);
        }
        let rows = self.inner.store.accounts().await.ok()?;
        let mut tokenless = Vec::new();
        for row in rows.into_iter().filter(|row| !row.public) {
            let (secrets, owner) = (self.inner.secrets.clone(), row.account.id);
            if matches!(blocking(move || secrets.get(owner)).await, Ok(None)) {
                tokenless.push(owner);
            }
        }
        match tokenless.as_slice() {
            [owner] => Some(*owner),
            _ => None,
        }
    }

    /// Asks whose token this is, and refuses when it is not the one the profile is for.
    pub(crate) async fn identify_target(
        &self,
        target: &Target,
    ) -> Result<(AniList, Viewer), AccountError> {
        let identified = self.identify(&target.access).await;
        let identified = identified.map_err(|error| match error {
            AccountError::Remote { source } => target.remote(source),
            error => error,
        });
        if target.known.is_none() {
            self.note_unidentified(target, identified.as_ref().err())
                .await;
        }
        let (client, viewer) = identified?;
        if let Some(known) = target
            .known
            .as_ref()
            .filter(|known| known.id != viewer.account.id)
        {
            return Err(AccountError::WrongAccount {
                profile: target.profile.clone().unwrap_or_else(|| known.name.clone()),
                expected: known.name.clone(),
                found: viewer.account.name,
            });
        }
        if target.is_guess {
            let rows = self.inner.store.accounts().await?;
            let asked = target.profile.as_deref().unwrap_or_default();
            // It has a name, and that is another one; it may have come by the one that was asked for meanwhile.
            let is_other = |row: &AccountRow| {
                row.account.id == viewer.account.id && !row.profile.eq_ignore_ascii_case(asked)
            };
            if rows.iter().any(is_other) {
                return Err(AccountError::NoProfile {
                    profile: target.profile.clone().unwrap_or_default(),
                    known: rows.into_iter().map(|row| row.profile).collect(),
                });
            }
        }
        Ok((client, viewer))
    }

    /// Notes that nobody knows whose a token is, unless that is an account's failure, or that somebody does.
    async fn note_unidentified(&self, target: &Target, error: Option<&AccountError>) {
        let Access::Token(token) = &target.access else {
            return;
        };
        let is_nobodys = error.is_some() && self.owner_for_failure(target).await.is_none();
        let mut noted = self.noted_unidentified();
        noted.retain(|(known, ..)| known.expose() != token.expose());
        if let Some(error) = error.filter(|_| is_nobodys) {
            noted.push((token.clone(), self.now(), error.chain()));
        }
    }

    fn noted_unidentified(&self) -> MutexGuard<'_, Vec<(AccessToken, OffsetDateTime, String)>> {
        let noted = self.inner.unidentified.lock();
        noted.unwrap_or_else(PoisonError::into_inner)
    }

    /// Why AniList did not say whose a token is when it was last asked, and when that was. Nothing where it did, where
    /// it is known of old, or where it has not been asked yet.
    pub fn unidentified(&self) -> Option<(OffsetDateTime, String)> {
        let noted = self.noted_unidentified();
        let first = noted.first();
        first.map(|(_, at, problem)| (*at, problem.clone()))
    }

    /// Whether AniList has said, since this runs, whose each token of the settings is.
    pub(crate) fn has_identified_all(&self) -> bool {
        let identified = self.identified();
        let is_known = |given: &AccessToken| {
            let mut known = identified.iter();
            known.any(|(token, _)| token.expose() == given.expose())
        };
        let mut provided = self.inner.settings.tokens.iter();
        provided.all(|provided| is_known(&provided.token))
    }

    fn is_provided(&self, token: &AccessToken) -> bool {
        let mut provided = self.inner.settings.tokens.iter();
        provided.any(|provided| provided.token.expose() == token.expose())
    }

    /// What a target is called here, now that it is known who it is.
    pub(crate) async fn profile_of(
        &self,
        target: &Target,
        viewer: &Viewer,
    ) -> Result<String, AccountError> {
        let rows = self.inner.store.accounts().await?;
        let same = rows.iter().find(|row| row.account.id == viewer.account.id);
        Ok(same
            .map(|row| row.profile.clone())
            .or_else(|| target.profile.clone())
            .unwrap_or_else(|| viewer.account.name.clone()))
    }

    /// Notes what AniList said of an account.
    pub(crate) async fn remember(
        &self,
        viewer: &Viewer,
        profile: &str,
        access: &Access,
    ) -> Result<AccountRow, AccountError> {
        let now = self.now();
        let rows = self.inner.store.accounts().await?;
        let known = rows.iter().find(|row| row.account.id == viewer.account.id);
        let row = AccountRow {
            account: viewer.account.clone(),
            profile: profile.to_owned(),
            avatar: viewer.avatar.clone(),
            added_at: known.map_or(now, |row| row.added_at),
            checked_at: now,
            token_expires_at: access.ends(),
            public: matches!(access, Access::Public(_)),
            connected: true,
            style: Style {
                titles: viewer
                    .title_language
                    .clone()
                    .unwrap_or(TitleLanguage::Romaji),
                scores: viewer.settings.score_format.clone(),
                shows_adult: viewer.display_adult.unwrap_or_default(),
            },
        };
        self.inner.store.put_account(row.clone()).await?;
        Ok(row)
    }
}

pub(crate) fn check_profile(profile: &str) -> Result<(), AccountError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !profile.is_empty() && profile.len() <= 40 && profile.chars().all(is_plain) {
        Ok(())
    } else {
        Err(AccountError::InvalidProfile {
            profile: profile.to_owned(),
        })
    }
}

/// Runs what blocks where blocking is allowed.
pub(crate) async fn blocking<T: Send + 'static, E: Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, AccountError>
where
    AccountError: From<E>,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(AccountError::Store(StoreError::Closed)),
    }
}
