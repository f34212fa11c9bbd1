//! The accounts we hold a token for, and those whose public list is read without one.

use anirewind_model::{Account, ScoreFormat, TitleLanguage, UserId};
use rusqlite::{OptionalExtension as _, Row, named_params};
use time::OffsetDateTime;

use crate::row::{Place, to_millis};
use crate::store::{Failed, Store, StoreError};

/// An account as the catalogue knows it. Its token is elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Who it is.
    pub account: Account,
    /// The name it goes by here; unique, whatever the case of its letters.
    pub profile: String,
    /// Address of the avatar.
    pub avatar: Option<String>,
    /// When it was added.
    pub added_at: OffsetDateTime,
    /// When AniList last said that the token is this account's; without one, when it last showed it.
    pub checked_at: OffsetDateTime,
    /// When the token says that it ends.
    pub token_expires_at: Option<OffsetDateTime>,
    /// Whether it is read without a token: its public list, and nothing is written to it.
    pub public: bool,
    /// Whether it is read at all. Where not, somebody disconnected it or only brought snapshots of it: those are left.
    pub connected: bool,
    /// How it wants titles and scores shown.
    pub style: Style,
}

impl AccountRow {
    /// Somebody of whom there are snapshots and no more, by a name that no other profile has.
    pub fn kept(account: Account, profile: String, since: OffsetDateTime) -> Self {
        Self {
            account,
            profile,
            avatar: None,
            added_at: since,
            checked_at: since,
            token_expires_at: None,
            public: false,
            connected: false,
            style: Style::default(),
        }
    }
}

/// How an account wants titles and scores shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// The language of titles.
    pub titles: TitleLanguage,
    /// The form of scores.
    pub scores: ScoreFormat,
    /// Whether titles for adults are shown.
    pub shows_adult: bool,
}

impl Default for Style {
    /// As AniList does for somebody who never chose.
    fn default() -> Self {
        Self {
            titles: TitleLanguage::Romaji,
            scores: ScoreFormat::Point10,
            shows_adult: false,
        }
    }
}

struct Raw {
    user_id: i64,
    profile: String,
    name: String,
    avatar: Option<String>,
    added_at: i64,
    checked_at: i64,
    token_expires_at: Option<i64>,
    title_language: Option<String>,
    score_format: Option<String>,
    shows_adult: Option<bool>,
    public: bool,
}

const COLUMNS: &str = "
    user_id,
    profile,
    name,
    avatar,
    added_at,
    checked_at,
    token_expires_at,
    title_language,
    score_format,
    shows_adult,
    public";

impl Raw {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            user_id: row.get("user_id")?,
            profile: row.get("profile")?,
            name: row.get("name")?,
            avatar: row.get("avatar")?,
            added_at: row.get("added_at")?,
            checked_at: row.get("checked_at")?,
            token_expires_at: row.get("token_expires_at")?,
            title_language: row.get("title_language")?,
            score_format: row.get("score_format")?,
            shows_adult: row.get("shows_adult")?,
            public: row.get("public")?,
        })
    }
}

impl TryFrom<Raw> for AccountRow {
    type Error = Failed;

    fn try_from(raw: Raw) -> Result<Self, Failed> {
        let key = raw.user_id.to_string();
        let place = Place {
            table: "account",
            row: &key,
        };
        let ends = raw
            .token_expires_at
            .map(|at| place.instant("token_expires_at", at));
        let usual = Style::default();
        let titles = raw.title_language.as_deref().map(TitleLanguage::parse);
        let scores = raw.score_format.as_deref().map(ScoreFormat::parse);
        Ok(Self {
            style: Style {
                titles: titles.unwrap_or(usual.titles),
                scores: scores.unwrap_or(usual.scores),
                shows_adult: raw.shows_adult.unwrap_or(usual.shows_adult),
            },
            account: Account {
                id: UserId::new(place.id("user_id", raw.user_id)?),
                name: raw.name,
            },
            added_at: place.instant("added_at", raw.added_at)?,
            checked_at: place.instant("checked_at", raw.checked_at)?,
            token_expires_at: ends.transpose()?,
            profile: raw.profile,
            avatar: raw.avatar,
            public: raw.public,
            connected: true,
        })
    }
}

impl Store {
    /// All accounts, by profile.
    pub async fn accounts(&self) -> Result<Vec<AccountRow>, StoreError> {
        self.run(|connection| {
            let mut statement =
                connection.prepare(&format!("SELECT {COLUMNS} FROM account ORDER BY profile"))?;
            let rows = statement.query_map([], Raw::of)?;
            rows.map(|row| AccountRow::try_from(row?)).collect()
        })
        .await
    }

    /// The account that goes by this name here.
    pub async fn account(&self, profile: &str) -> Result<Option<AccountRow>, StoreError> {
        let profile = profile.to_owned();
        self.run(move |connection| {
            let raw = connection
                .query_row(
                    &format!("SELECT {COLUMNS} FROM account WHERE profile = :profile"),
                    named_params! { ":profile": profile },
                    Raw::of,
                )
                .optional()?;
            raw.map(AccountRow::try_from).transpose()
        })
        .await
    }

    /// Adds an account, or brings what is known of it up to date; when it was added stays.
    ///
    /// One that has a token stays one that has, whatever somebody says who has just read it without:
    /// the token may have come meanwhile. Only [`Store::make_public`] changes that.
    pub async fn put_account(&self, account: AccountRow) -> Result<(), StoreError> {
        self.run(move |connection| {
            connection.execute(
                "INSERT INTO account
                    (user_id, profile, name, avatar, added_at, checked_at, token_expires_at,
                    title_language, score_format, shows_adult, public)
                VALUES
                    (:user_id, :profile, :name, :avatar, :added_at, :checked_at, :token_expires_at,
                    :title_language, :score_format, :shows_adult, :public)
                ON CONFLICT (user_id) DO UPDATE SET
                    profile = excluded.profile,
                    name = excluded.name,
                    avatar = excluded.avatar,
                    checked_at = excluded.checked_at,
                    token_expires_at = CASE WHEN account.public < excluded.public
                        THEN account.token_expires_at ELSE excluded.token_expires_at END,
                    title_language = excluded.title_language,
                    score_format = excluded.score_format,
                    shows_adult = excluded.shows_adult,
                    public = min(account.public, excluded.public)",
                named_params! {
                    ":user_id": account.account.id.get(),
                    ":profile": account.profile,
                    ":name": account.account.name,
                    ":avatar": account.avatar,
                    ":added_at": to_millis(account.added_at),
                    ":checked_at": to_millis(account.checked_at),
                    ":token_expires_at": account.token_expires_at.map(to_millis),
                    ":title_language": account.style.titles.as_str(),
                    ":score_format": account.style.scores.as_str(),
                    ":shows_adult": account.style.shows_adult,
                    ":public": account.public,
                },
            )?;
            Ok(())
        })
        .await
    }

    /// From now on an account is read without a token.
    pub async fn make_public(&self, id: UserId) -> Result<(), StoreError> {
        self.run(move |connection| {
            connection.execute(
                "UPDATE account SET public = 1, token_expires_at = NULL WHERE user_id = :user_id",
                named_params! { ":user_id": id.get() },
            )?;
            Ok(())
        })
        .await
    }

    /// Forgets an account. Its snapshots stay.
    pub async fn remove_account(&self, id: UserId) -> Result<(), StoreError> {
        self.run(move |connection| {
            connection.execute(
                "DELETE FROM account WHERE user_id = :user_id",
                named_params! { ":user_id": id.get() },
            )?;
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn hana() -> AccountRow {
        AccountRow {
            account: Account {
                id: UserId::new(4242),
                name: "hana".to_owned(),
            },
            profile: "hana".to_owned(),
            avatar: None,
            added_at: datetime!(2026-03-01 12:00 UTC),
            checked_at: datetime!(2026-03-01 12:00 UTC),
            token_expires_at: None,
            public: false,
            connected: true,
            style: Style::default(),
        }
    }

    #[tokio::test]
    async fn an_account_is_added_once_and_then_brought_up_to_date() {
        let store = Store::in_memory();
        store.put_account(hana()).await.unwrap();
        let later = datetime!(2026-04-01 12:00 UTC);
        let renamed = Account {
            name: "hanako".to_owned(),
            ..hana().account
        };
        let again = AccountRow {
            account: renamed,
            added_at: later,
            checked_at: later,
            ..hana()
        };
        store.put_account(again).await.unwrap();
        let known = store.account("HANA").await.unwrap().unwrap();
        assert_eq!(
            (known.account.name.as_str(), known.checked_at),
            ("hanako", later)
        );
        assert_eq!(known.added_at, hana().added_at);
        store.remove_account(UserId::new(4242)).await.unwrap();
        assert!(store.accounts().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_token_that_came_meanwhile_is_not_forgotten_by_who_read_without() {
        let store = Store::in_memory();
        let without = AccountRow {
            public: true,
            ..hana()
        };
        let with = AccountRow {
            token_expires_at: Some(datetime!(2027-03-01 12:00 UTC)),
            ..hana()
        };
        store.put_account(without.clone()).await.unwrap();
        assert!(store.account("hana").await.unwrap().unwrap().public);
        store.put_account(with.clone()).await.unwrap();
        // It was on its way before the token came.
        store.put_account(without.clone()).await.unwrap();
        assert_eq!(store.account("hana").await.unwrap(), Some(with));
        store.make_public(UserId::new(4242)).await.unwrap();
        assert_eq!(store.account("hana").await.unwrap(), Some(without));
    }

    #[tokio::test]
    async fn a_row_that_nobody_wrote_is_named() {
        let store = Store::in_memory();
        let spoil = "INSERT INTO account (user_id, profile, name, added_at, checked_at)
            VALUES (-1, 'x', 'x', 0, 0)";
        store
            .run(|connection| Ok(connection.execute(spoil, [])?))
            .await
            .unwrap();
        let error = store.accounts().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "row `-1` of table account has no valid user_id"
        );
    }
}
