//! What people are told: what they know already, what is on its way, and how the ways fare.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, named_params};
use time::{Duration, OffsetDateTime};

use crate::row::{Place, to_millis};
use crate::store::{Failed, Store, StoreError};

/// What is not due for longer than this was put off by a clock that was wrong.
const LONGEST_WAIT: Duration = Duration::days(1);

/// A notice to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// Its number; none until it is written down.
    pub id: i64,
    /// The word for its kind.
    pub kind: String,
    /// The profile it is about, where it is about one.
    pub profile: Option<String>,
    /// In one line.
    pub title: String,
    /// In a few sentences.
    pub text: String,
    /// When it was so.
    pub at: OffsetDateTime,
}

/// How a channel fares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChannelRow {
    /// How many notices it took.
    pub sent: usize,
    /// How many attempts failed.
    pub failed: usize,
    /// How many of them since it last took one.
    pub misses: usize,
    /// Why the last one failed, if it did.
    pub problem: Option<String>,
    /// When it last took one.
    pub sent_at: Option<OffsetDateTime>,
    /// How many notices wait for it.
    pub waiting: usize,
}

impl Store {
    /// What was told, by what it is about.
    pub async fn told(&self) -> Result<BTreeMap<String, String>, StoreError> {
        self.run(|connection| Ok(read_told(connection)?)).await
    }

    /// Notes what is told from now on, and the notices that tell it, each for these channels. Nothing, if
    /// somebody else noted something since `before` was read.
    pub async fn tell(
        &self,
        before: BTreeMap<String, String>,
        after: BTreeMap<String, String>,
        notices: Vec<NoticeRow>,
        channels: Vec<String>,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if read_told(&transaction)? != before {
                return Ok(false);
            }
            for subject in before.keys().filter(|known| !after.contains_key(*known)) {
                transaction.execute(
                    "DELETE FROM told WHERE subject = :subject",
                    named_params! { ":subject": subject },
                )?;
            }
            for (subject, what) in &after {
                if before.get(subject) != Some(what) {
                    transaction.execute(
                        "INSERT INTO told (subject, what) VALUES (:subject, :what)
                        ON CONFLICT (subject) DO UPDATE SET what = excluded.what",
                        named_params! { ":subject": subject, ":what": what },
                    )?;
                }
            }
            for notice in notices.iter().filter(|_| !channels.is_empty()) {
                insert_notice(&transaction, notice, &channels)?;
            }
            transaction.commit()?;
            Ok(true)
        })
        .await
    }

    /// Takes the oldest notice that is due for a channel. Until then nobody else takes it; if it is not
    /// settled by then, it is due again.
    pub async fn take_delivery(
        &self,
        channel: String,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Option<NoticeRow>, StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let found = transaction
                .query_row(
                    "SELECT notice.*
                    FROM delivery
                    JOIN notice ON notice.id = delivery.notice_id
                    WHERE delivery.channel = :channel
                        AND (delivery.next_at <= :now OR delivery.next_at > :far)
                    ORDER BY notice.id
                    LIMIT 1",
                    named_params! {
                        ":channel": channel,
                        ":now": to_millis(now),
                        ":far": to_millis(now.saturating_add(LONGEST_WAIT)),
                    },
                    raw,
                )
                .optional()?;
            let Some(found) = found else {
                return Ok(None);
            };
            transaction.execute(
                "UPDATE delivery SET next_at = :until
                WHERE notice_id = :id AND channel = :channel",
                named_params! {
                    ":until": to_millis(until),
                    ":id": found.id,
                    ":channel": channel,
                },
            )?;
            transaction.commit()?;
            Ok(Some(notice(found)?))
        })
        .await
    }

    /// Notes that a channel took a notice.
    pub async fn note_sent(
        &self,
        id: i64,
        channel: String,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            drop_delivery(&transaction, id, &channel)?;
            transaction.execute(
                "INSERT INTO channel (name, sent, failed, misses, sent_at)
                VALUES (:name, 1, 0, 0, :at)
                ON CONFLICT (name) DO UPDATE SET
                    sent = sent + 1,
                    misses = 0,
                    problem = NULL,
                    sent_at = excluded.sent_at",
                named_params! { ":name": channel, ":at": to_millis(at) },
            )?;
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    /// Notes that a channel did not take a notice. Everything for it waits until then; with no such
    /// time, this one is given up.
    pub async fn note_miss(
        &self,
        id: i64,
        channel: String,
        problem: String,
        next: Option<OffsetDateTime>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            match next {
                None => drop_delivery(&transaction, id, &channel)?,
                Some(next) => {
                    transaction.execute(
                        "UPDATE delivery SET next_at = :next
                        WHERE channel = :channel AND (notice_id = :id OR next_at < :next)",
                        named_params! {
                            ":next": to_millis(next),
                            ":id": id,
                            ":channel": channel,
                        },
                    )?;
                }
            }
            transaction.execute(
                "INSERT INTO channel (name, sent, failed, misses, problem)
                VALUES (:name, 0, 1, 1, :problem)
                ON CONFLICT (name) DO UPDATE SET
                    failed = failed + 1,
                    misses = misses + 1,
                    problem = excluded.problem",
                named_params! { ":name": channel, ":problem": problem },
            )?;
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    /// Drops what waits for channels that are not among these.
    pub async fn keep_channels(&self, kept: Vec<String>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let waited_for: Vec<String> = transaction
                .prepare("SELECT DISTINCT channel FROM delivery")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for channel in waited_for.iter().filter(|name| !kept.contains(name)) {
                transaction.execute(
                    "DELETE FROM delivery WHERE channel = :channel",
                    named_params! { ":channel": channel },
                )?;
            }
            drop_delivered(&transaction)?;
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    /// When something is next due for a channel.
    pub async fn next_delivery(
        &self,
        channel: String,
    ) -> Result<Option<OffsetDateTime>, StoreError> {
        self.run(move |connection| {
            let next: Option<i64> = connection.query_row(
                "SELECT min(next_at) FROM delivery WHERE channel = :channel",
                named_params! { ":channel": channel },
                |row| row.get(0),
            )?;
            let place = Place {
                table: "delivery",
                row: &channel,
            };
            next.map(|next| place.instant("next_at", next)).transpose()
        })
        .await
    }

    /// How a channel fares.
    pub async fn channel(&self, name: String) -> Result<ChannelRow, StoreError> {
        self.run(move |connection| {
            let place = Place {
                table: "channel",
                row: &name,
            };
            let waiting: i64 = connection.query_row(
                "SELECT count(*) FROM delivery WHERE channel = :name",
                named_params! { ":name": name },
                |row| row.get(0),
            )?;
            let waiting = place.count("waiting", waiting)?;
            let found: Option<RawChannel> = connection
                .query_row(
                    "SELECT * FROM channel WHERE name = :name",
                    named_params! { ":name": name },
                    |row| {
                        Ok(RawChannel {
                            sent: row.get("sent")?,
                            failed: row.get("failed")?,
                            misses: row.get("misses")?,
                            problem: row.get("problem")?,
                            sent_at: row.get("sent_at")?,
                        })
                    },
                )
                .optional()?;
            let Some(raw) = found else {
                return Ok(ChannelRow {
                    waiting,
                    ..ChannelRow::default()
                });
            };
            let sent_at = raw.sent_at.map(|at| place.instant("sent_at", at));
            Ok(ChannelRow {
                sent: place.count("sent", raw.sent)?,
                failed: place.count("failed", raw.failed)?,
                misses: place.count("misses", raw.misses)?,
                problem: raw.problem,
                sent_at: sent_at.transpose()?,
                waiting,
            })
        })
        .await
    }
}

struct Raw {
    id: i64,
    kind: String,
    profile: Option<String>,
    title: String,
    body: String,
    at: i64,
}

struct RawChannel {
    sent: i64,
    failed: i64,
    misses: i64,
    problem: Option<String>,
    sent_at: Option<i64>,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        id: row.get("id")?,
        kind: row.get("kind")?,
        profile: row.get("profile")?,
        title: row.get("title")?,
        body: row.get("body")?,
        at: row.get("at")?,
    })
}

fn notice(raw: Raw) -> Result<NoticeRow, Failed> {
    let key = raw.id.to_string();
    let place = Place {
        table: "notice",
        row: &key,
    };
    Ok(NoticeRow {
        id: raw.id,
        kind: raw.kind,
        profile: raw.profile,
        title: raw.title,
        text: raw.body,
        at: place.instant("at", raw.at)?,
    })
}

fn read_told(connection: &Connection) -> rusqlite::Result<BTreeMap<String, String>> {
    let mut statement = connection.prepare_cached("SELECT subject, what FROM told")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn insert_notice(
    connection: &Connection,
    notice: &NoticeRow,
    channels: &[String],
) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO notice (kind, profile, title, body, at)
        VALUES (:kind, :profile, :title, :body, :at)",
        named_params! {
            ":kind": notice.kind,
            ":profile": notice.profile,
            ":title": notice.title,
            ":body": notice.text,
            ":at": to_millis(notice.at),
        },
    )?;
    let id = connection.last_insert_rowid();
    for channel in channels {
        connection.execute(
            "INSERT INTO delivery (notice_id, channel, next_at) VALUES (:id, :channel, :at)",
            named_params! {
                ":id": id,
                ":channel": channel,
                ":at": to_millis(notice.at),
            },
        )?;
    }
    Ok(())
}

fn drop_delivery(connection: &Connection, id: i64, channel: &str) -> rusqlite::Result<()> {
    connection.execute(
        "DELETE FROM delivery WHERE notice_id = :id AND channel = :channel",
        named_params! { ":id": id, ":channel": channel },
    )?;
    drop_delivered(connection)
}

/// Nobody waits for them any more.
fn drop_delivered(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute(
        "DELETE FROM notice WHERE id NOT IN (SELECT notice_id FROM delivery)",
        [],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-03 12:00 UTC);
    const SOON: OffsetDateTime = datetime!(2026-11-03 12:05 UTC);

    fn notice(title: &str) -> NoticeRow {
        NoticeRow {
            id: 0,
            kind: "failing".to_owned(),
            profile: None,
            title: title.to_owned(),
            text: String::new(),
            at: NOW,
        }
    }

    fn told(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    async fn with_two() -> Store {
        let store = Store::in_memory();
        let notices = vec![notice("one"), notice("two")];
        let channels = vec!["a".to_owned(), "b".to_owned()];
        let after = told(&[("x", "1"), ("y", "1")]);
        assert!(
            store
                .tell(told(&[]), after, notices, channels)
                .await
                .unwrap()
        );
        store
    }

    async fn take(store: &Store, channel: &str, now: OffsetDateTime) -> Option<NoticeRow> {
        let until = now + Duration::minutes(2);
        let taken = store.take_delivery(channel.to_owned(), now, until).await;
        taken.unwrap()
    }

    #[tokio::test]
    async fn of_two_who_tell_the_same_one_does() {
        let store = with_two().await;
        let after = told(&[("x", "2")]);
        let again = store.tell(told(&[]), after.clone(), Vec::new(), Vec::new());
        assert!(!again.await.unwrap());
        let before = store.told().await.unwrap();
        let done = store.tell(before, after.clone(), Vec::new(), Vec::new());
        assert!(done.await.unwrap());
        assert_eq!(store.told().await.unwrap(), after);
    }

    #[tokio::test]
    async fn each_channel_gets_each_notice_once_and_in_order() {
        let store = with_two().await;
        for channel in ["a", "b"] {
            for title in ["one", "two"] {
                let taken = take(&store, channel, NOW).await.unwrap();
                assert_eq!(taken.title, title);
                let sent = store.note_sent(taken.id, channel.to_owned(), NOW);
                sent.await.unwrap();
            }
            assert_eq!(take(&store, channel, NOW).await, None);
            assert_eq!(store.channel(channel.to_owned()).await.unwrap().sent, 2);
        }
    }

    #[tokio::test]
    async fn what_was_taken_and_not_settled_is_due_again() {
        let store = with_two().await;
        assert_eq!(take(&store, "a", NOW).await.unwrap().title, "one");
        assert_eq!(take(&store, "a", NOW).await.unwrap().title, "two");
        assert_eq!(take(&store, "a", NOW).await, None);
        assert_eq!(take(&store, "a", SOON).await.unwrap().title, "one");
    }

    #[tokio::test]
    async fn after_a_miss_the_whole_channel_waits_and_the_other_does_not() {
        let store = with_two().await;
        let taken = take(&store, "a", NOW).await.unwrap();
        let miss = store.note_miss(taken.id, "a".to_owned(), "no".to_owned(), Some(SOON));
        miss.await.unwrap();
        assert_eq!(take(&store, "a", NOW).await, None);
        assert!(take(&store, "b", NOW).await.is_some());
        assert_eq!(
            store.next_delivery("a".to_owned()).await.unwrap(),
            Some(SOON)
        );
        let row = store.channel("a".to_owned()).await.unwrap();
        assert_eq!((row.misses, row.failed, row.waiting), (1, 1, 2));
        assert_eq!(row.problem.as_deref(), Some("no"));
        // A clock that was years ahead does not put it off for years.
        let years = NOW - Duration::days(1_000);
        assert!(take(&store, "a", years).await.is_some());
        // Given up, or no longer wanted.
        let miss = store.note_miss(taken.id, "a".to_owned(), "no".to_owned(), None);
        miss.await.unwrap();
        assert_eq!(store.channel("a".to_owned()).await.unwrap().waiting, 1);
        store.keep_channels(vec!["b".to_owned()]).await.unwrap();
        assert_eq!(store.channel("a".to_owned()).await.unwrap().waiting, 0);
    }
}
