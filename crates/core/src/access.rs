//! How an account is reached: with its token, or without one, as everybody sees it.
//!
//! Without a token private titles are not seen, and nothing can be written. What one side could not see
//! is nowhere taken for a change; that rule stands with the lists, in `anirewind_model::pairs`.

use std::hash::{Hash as _, Hasher};

use anirewind_anilist::{Person, expiry};
use anirewind_model::{AccessToken, List, Remote as _, RemoteError, UserId};
use anirewind_store::AccountRow;
use anirewind_timeline::Differences;
use time::OffsetDateTime;

use crate::accounts::{AccountError, Target, blocking, check_profile};
use crate::app::App;
use crate::explain::{Code, Explain as _};

/// The longest name that is asked about. AniList's are shorter.
const LONGEST_NAME: usize = 64;

/// How an account is reached.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    /// With a token, as its owner.
    Token(AccessToken),
    /// Without one, as everybody: its public list is read, and nothing is written.
    Public(UserId),
}

impl Target {
    /// What it is called here, or whose token it is called by.
    fn called(&self) -> String {
        let known = self.known.as_ref().map(|account| account.name.clone());
        let name = self.profile.clone().or(known);
        name.unwrap_or_else(|| "the account".to_owned())
    }

    /// Whether it is read without a token.
    pub const fn is_public(&self) -> bool {
        matches!(self.access, Access::Public(_))
    }

    /// Refuses what needs a token, before anything is asked or sent.
    pub(crate) fn may_write(&self) -> Result<(), AccountError> {
        match self.access {
            Access::Token(_) => Ok(()),
            Access::Public(_) => Err(AccountError::Public {
                profile: self.called(),
            }),
        }
    }

    /// The failure of a request, in the words of who asked.
    pub(crate) fn remote(&self, source: RemoteError) -> AccountError {
        match source {
            RemoteError::NotFound { .. } if self.is_public() => AccountError::NoUser {
                name: self
                    .known
                    .as_ref()
                    .map_or_else(|| self.called(), |account| account.name.clone()),
            },
            source => AccountError::Remote { source },
        }
    }
}

impl Access {
    /// When it ends; `None` when that is not known, and where nothing can end.
    pub(crate) fn ends(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Token(token) => expiry(token),
            Self::Public(_) => None,
        }
    }

    /// The same for the same token or the same user, for telling one from another.
    pub(crate) fn mark(&self, hasher: &mut impl Hasher) {
        match self {
            Self::Token(token) => token.expose().hash(hasher),
            Self::Public(owner) => ("public", owner.get()).hash(hasher),
        }
    }
}

impl App {
    /// Adds an account of which only the public list is read, without a token, after asking AniList
    /// who that is. Private titles are not seen, and nothing can be written to it.
    ///
    /// Without a name the profile is called like the user.
    pub async fn add_public_account(
        &self,
        profile: Option<&str>,
        user: &str,
    ) -> Result<AccountRow, AccountError> {
        if let Some(profile) = profile {
            check_profile(profile)?;
        }
        let name = user_name(user)?;
        let client = self.public_client(Person::Name(name.to_owned()));
        let viewer = client.viewer().await.map_err(|source| match source {
            RemoteError::NotFound { .. } => AccountError::NoUser {
                name: name.to_owned(),
            },
            source => AccountError::Remote { source },
        })?;
        let owner = viewer.account.id;
        let accounts = self.inner.store.accounts().await?;
        let same = accounts.iter().find(|row| row.account.id == owner);
        if let Some(same) = same.filter(|row| !row.public)
            && self.has_token(same).await?
        {
            return Err(AccountError::HasToken {
                name: viewer.account.name,
                profile: same.profile.clone(),
            });
        }
        // AniList was asked; from here on it is quick.
        let _turn = self.accounts_turn().await;
        let accounts = self.inner.store.accounts().await?;
        let same = accounts.iter().find(|row| row.account.id == owner);
        let profile = profile
            .map(str::to_owned)
            .or_else(|| same.map(|row| row.profile.clone()))
            .unwrap_or_else(|| viewer.account.name.clone());
        if let Some(other) = accounts
            .iter()
            .find(|row| row.profile.eq_ignore_ascii_case(&profile) && row.account.id != owner)
        {
            return Err(AccountError::OthersProfile {
                profile,
                expected: other.account.name.clone(),
                found: viewer.account.name,
            });
        }
        let access = Access::Public(owner);
        let row = self.remember(&viewer, &profile, &access).await?;
        // What was known of it may be of a time in which there was a token.
        self.inner.store.make_public(owner).await?;
        // Somebody may have connected it meanwhile.
        if let Some(token) = self.kept_token(owner).await? {
            return self
                .remember(&viewer, &profile, &Access::Token(token))
                .await;
        }
        Ok(row)
    }

    /// Whether a token leads to an account: one that is kept here, or one that is handed in for it.
    async fn has_token(&self, row: &AccountRow) -> Result<bool, AccountError> {
        let (targets, troubles) = self.all_targets(std::slice::from_ref(row)).await;
        // One that cannot be read is there all the same.
        if !troubles.is_empty() {
            return Ok(true);
        }
        for target in targets.iter().filter(|target| !target.is_public()) {
            let owner = match self.owner_of(target) {
                Some(owner) => Some(owner),
                // One that was handed in without a name, and that nobody has asked about yet.
                None => match self.identify_target(target).await {
                    Ok((_, viewer)) => Some(viewer.account.id),
                    // One that AniList does not take leads nowhere.
                    Err(error) if error.code() == Code::NotSignedIn => None,
                    Err(error) => return Err(error),
                },
            };
            if owner == Some(row.account.id) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn kept_token(&self, owner: UserId) -> Result<Option<AccessToken>, AccountError> {
        let secrets = self.inner.secrets.clone();
        blocking(move || secrets.get(owner)).await
    }
}

/// What is said where titles are missing from a list that was read without a token.
pub const MAYBE_PRIVATE: &str = "A title that is missing from a side that was read without a token was \
                                 removed, or made private";

/// Whether a title that two lists do not share may only be private on the one that does not show it.
pub fn is_maybe_private(from: &List, to: &List, found: &Differences<'_>) -> bool {
    (to.coverage.public && !found.removed.is_empty())
        || (from.coverage.public && !found.added.is_empty())
}

/// The name of a user, as somebody typed it: the name, or the address of the profile on AniList.
fn user_name(text: &str) -> Result<&str, AccountError> {
    let text = text.trim().trim_end_matches('/');
    let name = text.rsplit_once("/user/").map_or(text, |(_, name)| name);
    let name = name.split('/').next().unwrap_or_default();
    let is_one = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    is_one.then_some(name).ok_or(AccountError::InvalidUser)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_by_the_name_or_by_the_address_of_the_profile() {
        for text in [
            "hana",
            " hana ",
            "https://anilist.co/user/hana",
            "https://anilist.co/user/hana/",
            "anilist.co/user/hana/animelist",
        ] {
            assert_eq!(user_name(text).unwrap(), "hana", "{text}");
        }
        for text in [
            "",
            "two words",
            "https://anilist.co/user/",
            "a\"b",
            &"x".repeat(65),
        ] {
            assert!(user_name(text).is_err(), "{text}");
        }
    }
}
