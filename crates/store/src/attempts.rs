//! How the last attempts to take a snapshot went: what the verdict is made of.

use anirewind_model::UserId;
use rusqlite::{OptionalExtension as _, named_params};
use time::OffsetDateTime;

use crate::row::{Place, to_millis};
use crate::store::{Store, StoreError};

/// So many attempts of an account are remembered.
const REMEMBERED: i64 = 1_000;

/// One attempt to take a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When it ended.
    pub at: OffsetDateTime,
    /// How.
    pub outcome: Outcome,
    /// The snapshot's id, or what went wrong in words.
    pub detail: String,
    /// Whether the list was another than the last time.
    pub changed: bool,
}

impl Attempt {
    /// Whether the list was read, and is saved as it was then.
    pub const fn is_well(&self) -> bool {
        matches!(
            self.outcome,
            Outcome::Saved | Outcome::Unchanged | Outcome::Doubted
        )
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A snapshot was written and proven.
    Saved,
    /// The list was read and is what the last snapshot, moments old and proven again, holds.
    Unchanged,
    /// A snapshot was written and proven, but what it holds is not believed.
    Doubted,
    /// None was.
    Failed,
    /// None was, because AniList did not answer; it is tried again.
    Unavailable,
    /// None was, because the token is no longer taken.
    Refused,
}

impl Outcome {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Unchanged => "unchanged",
            Self::Doubted => "doubted",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
            Self::Refused => "refused",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [
            Self::Saved,
            Self::Unchanged,
            Self::Doubted,
            Self::Failed,
            Self::Unavailable,
            Self::Refused,
        ]
        .into_iter()
        .find(|o| o.as_str() == word)
    }
}

impl Store {
    /// Notes how an attempt ended, and forgets the oldest.
    pub async fn note_attempt(&self, owner: UserId, attempt: Attempt) -> Result<(), StoreError> {
        self.write(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute(
                "INSERT INTO attempt (user_id, at, outcome, detail, changed)
                VALUES (:user_id, :at, :outcome, :detail, :changed)",
                named_params! {
                    ":user_id": owner.get(),
                    ":at": to_millis(attempt.at),
                    ":outcome": attempt.outcome.as_str(),
                    ":detail": attempt.detail,
                    ":changed": attempt.changed,
                },
            )?;
            transaction.execute(
                "DELETE FROM attempt
                WHERE user_id = :user_id AND id NOT IN (
                    SELECT id FROM attempt WHERE user_id = :user_id ORDER BY id DESC LIMIT :most
                )",
                named_params! { ":user_id": owner.get(), ":most": REMEMBERED },
            )?;
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    /// How the last attempt ended.
    pub async fn last_attempt(&self, owner: UserId) -> Result<Option<Attempt>, StoreError> {
        self.run(move |connection| {
            let found: Option<(i64, i64, String, String, bool)> = connection
                .query_row(
                    "SELECT id, at, outcome, detail, changed
                    FROM attempt
                    WHERE user_id = :user_id
                    ORDER BY id DESC
                    LIMIT 1",
                    named_params! { ":user_id": owner.get() },
                    |row| {
                        Ok((
                            row.get(0)?,
                            row.get(1)?,
                            row.get(2)?,
                            row.get(3)?,
                            row.get(4)?,
                        ))
                    },
                )
                .optional()?;
            let Some((id, at, outcome, detail, changed)) = found else {
                return Ok(None);
            };
            let key = id.to_string();
            let place = Place {
                table: "attempt",
                row: &key,
            };
            Ok(Some(Attempt {
                at: place.instant("at", at)?,
                outcome: Outcome::parse(&outcome).ok_or_else(|| place.corrupt("outcome"))?,
                detail,
                changed,
            }))
        })
        .await
    }

    /// When the list was another than the last time, newest first, as far as that is remembered.
    pub async fn changed_at(&self, owner: UserId) -> Result<Vec<OffsetDateTime>, StoreError> {
        self.ask(format!("changed_at {owner}"), move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT at FROM attempt WHERE user_id = :user_id AND changed ORDER BY id DESC",
            )?;
            let user = named_params! { ":user_id": owner.get() };
            let rows = statement.query_map(user, |row| row.get(0))?;
            let place = Place {
                table: "attempt",
                row: "changed",
            };
            rows.map(|at| place.instant("at", at?)).collect()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[tokio::test]
    async fn the_last_attempt_is_the_one_noted_last_whatever_the_clock_said() {
        let store = Store::in_memory();
        let hana = UserId::new(1);
        assert_eq!(store.last_attempt(hana).await.unwrap(), None);
        let attempt = |at, outcome| Attempt {
            at,
            outcome,
            detail: "x".to_owned(),
            changed: true,
        };
        let first = attempt(datetime!(2026-03-02 12:00 UTC), Outcome::Saved);
        let second = attempt(datetime!(2026-03-01 12:00 UTC), Outcome::Failed);
        store.note_attempt(hana, first).await.unwrap();
        store.note_attempt(hana, second.clone()).await.unwrap();
        assert_eq!(store.last_attempt(hana).await.unwrap(), Some(second));
    }
}
