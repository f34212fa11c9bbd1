//! Acts that did not end well, until somebody has opened their reports.

use anirewind_timeline::Id;
use rusqlite::named_params;

use crate::row::Place;
use crate::store::{Store, StoreError};

/// An act that did not end well, of which nobody has read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadEnd {
    /// The act.
    pub id: Id,
    /// What it is, in words.
    pub what: String,
    /// How it ended, as the rest of a sentence.
    pub how: String,
}

/// What there is to read about. It names the condition of its index, so that a page reads no other rows.
const UNREAD: &str = "SELECT id, what, bad_end FROM operation
    WHERE bad_end IS NOT read_end AND bad_end IS NOT NULL
    ORDER BY at DESC, seq DESC";

impl Store {
    /// Acts that did not end well and of which nobody has read, newest first.
    pub async fn bad_ends(&self) -> Result<Vec<BadEnd>, StoreError> {
        self.run(|connection| {
            let mut statement = connection.prepare_cached(UNREAD)?;
            let rows = statement.query_map([], |row| {
                Ok((
                    row.get::<_, String>("id")?,
                    row.get("what")?,
                    row.get("bad_end")?,
                ))
            })?;
            let of = |row: rusqlite::Result<(String, String, String)>| {
                let (id, what, how) = row?;
                let place = Place {
                    table: "operation",
                    row: &id,
                };
                let id = Id::parse(&id).ok_or_else(|| place.corrupt("id"))?;
                Ok(BadEnd { id, what, how })
            };
            rows.map(of).collect()
        })
        .await
    }

    /// Notes that somebody has read how an act ended. If it ends so once more, nobody has to read it again.
    pub async fn note_end_read(&self, id: Id) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute(
                "UPDATE operation SET read_end = bad_end WHERE id = :id",
                named_params! { ":id": id.as_str() },
            )?;
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use anirewind_model::UserId;
    use time::macros::datetime;

    use super::*;
    use crate::{OperationRow, OperationState};

    async fn act(store: &Store, what: &str) -> Id {
        let at = datetime!(2026-11-03 12:00 UTC);
        let row = OperationRow::new(UserId::new(1), "restore", what.to_owned(), at);
        let row = OperationRow {
            state: OperationState::Running,
            ..row
        };
        store.put_operation(row, Vec::new()).await.unwrap().id
    }

    async fn end(store: &Store, id: &Id, state: OperationState, how: Option<&str>) {
        let how = how.map(str::to_owned);
        let ended = store.end_operation(id.clone(), state, None, how);
        ended.await.unwrap();
    }

    async fn unread(store: &Store) -> Vec<(String, String)> {
        let found = store.bad_ends().await.unwrap();
        found.into_iter().map(|end| (end.what, end.how)).collect()
    }

    fn pair(what: &str, how: &str) -> (String, String) {
        (what.to_owned(), how.to_owned())
    }

    #[tokio::test]
    async fn a_bad_end_is_there_until_it_is_read_and_comes_again_when_it_is_another() {
        let store = Store::in_memory();
        let (one, other) = (act(&store, "one").await, act(&store, "other").await);
        assert_eq!(unread(&store).await, []);
        end(&store, &one, OperationState::Stopped, Some("no token")).await;
        end(&store, &other, OperationState::Partly, Some("1 failed")).await;
        let both = [pair("other", "1 failed"), pair("one", "no token")];
        assert_eq!(unread(&store).await, both);
        store.note_end_read(one.clone()).await.unwrap();
        assert_eq!(unread(&store).await, both[..1]);
        // It was tried again, and stopped for the same reason.
        end(&store, &one, OperationState::Running, None).await;
        end(&store, &one, OperationState::Stopped, Some("no token")).await;
        assert_eq!(unread(&store).await, both[..1]);
        end(&store, &one, OperationState::Running, None).await;
        end(&store, &one, OperationState::Partly, Some("2 failed")).await;
        assert_eq!(unread(&store).await[1], pair("one", "2 failed"));
        // What ends well after all is nothing to read about.
        end(&store, &one, OperationState::Done, None).await;
        assert_eq!(unread(&store).await, both[..1]);
    }

    #[tokio::test]
    async fn pages_read_no_act_that_ended_well() {
        let store = Store::in_memory();
        let plan = store.run(|connection| {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {UNREAD}"))?;
            let rows = statement.query_map([], |row| row.get::<_, String>("detail"))?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        });
        let plan = plan.await.unwrap();
        assert_eq!(plan.len(), 1, "{plan:?}");
        assert!(
            plan[0].contains("USING INDEX operation_bad_end"),
            "{plan:?}"
        );
    }
}
