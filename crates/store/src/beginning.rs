//! A plan becomes an act, unless somebody calls it off; and what somebody wants of an act.

use std::collections::{BTreeMap, BTreeSet};

use anirewind_timeline::Id;
use rusqlite::{OptionalExtension as _, named_params};
use time::OffsetDateTime;

use crate::operations::{OperationDetail, json};
use crate::row::{Place, to_millis};
use crate::store::{Failed, Store, StoreError};

impl Store {
    /// Notes that a plan is to be sent, also one that was called off before.
    pub async fn announce_plan(&self, id: Id) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute(
                "UPDATE operation SET wish = NULL WHERE id = :id AND state = 'planned'",
                named_params! { ":id": id.as_str() },
            )?;
            Ok(())
        })
        .await
    }

    /// Calls off a plan: whoever is about to send it, in whatever process, does not. Not one that has begun.
    pub async fn call_off_plan(&self, id: Id) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let called_off = connection.execute(
                "UPDATE operation SET wish = 'stop' WHERE id = :id AND state = 'planned'",
                named_params! { ":id": id.as_str() },
            )?;
            Ok(called_off == 1)
        })
        .await
    }

    /// Begins a plan: from here on it is an act. Not when it is no plan any more, was called off, or its
    /// time is over.
    pub async fn begin_operation(
        &self,
        id: Id,
        at: OffsetDateTime,
        safety: String,
        detail: OperationDetail,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let begun = connection.execute(
                "UPDATE operation
                SET state = 'running', at = :at, safety = :safety, detail = :detail, wish = NULL
                WHERE id = :id AND state = 'planned' AND expires_at >= :at AND wish IS NOT 'stop'",
                named_params! {
                    ":at": to_millis(at),
                    ":safety": safety,
                    ":detail": json(&detail)?,
                    ":id": id.as_str(),
                },
            )?;
            Ok(begun == 1)
        })
        .await
    }

    /// Drops a plan; not when it is none any more.
    pub async fn discard_plan(&self, id: Id) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let dropped = connection.execute(
                "UPDATE operation SET state = 'discarded' WHERE id = :id AND state = 'planned'",
                named_params! { ":id": id.as_str() },
            )?;
            Ok(dropped == 1)
        })
        .await
    }

    /// Notes what somebody wants of an act that is under way.
    pub async fn set_wish(
        &self,
        operation: Id,
        wish: Option<&'static str>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute(
                "UPDATE operation SET wish = :wish WHERE id = :id",
                named_params! { ":wish": wish, ":id": operation.as_str() },
            )?;
            Ok(())
        })
        .await
    }

    /// What somebody wants of an act that is under way.
    pub async fn wish(&self, operation: Id) -> Result<Option<String>, StoreError> {
        self.run(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT wish FROM operation WHERE id = :id")?;
            let wish = statement.query_row(named_params! { ":id": operation.as_str() }, |row| {
                row.get::<_, Option<String>>("wish")
            });
            Ok(wish.optional()?.flatten())
        })
        .await
    }
}

impl Store {
    /// What acts are called.
    pub async fn names_of_acts(
        &self,
        acts: BTreeSet<Id>,
    ) -> Result<BTreeMap<Id, String>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, what
                FROM operation
                WHERE id IN (SELECT value FROM json_each(:ids))",
            )?;
            let ids: Vec<_> = acts.iter().map(Id::as_str).collect();
            let ids = serde_json::Value::from(ids).to_string();
            let rows = statement.query_map(named_params! { ":ids": ids }, |row| {
                Ok((row.get::<_, String>("id")?, row.get("what")?))
            })?;
            let rows = rows.map(|row| {
                let (id, what) = row?;
                Ok((parsed(&id)?, what))
            });
            rows.collect()
        })
        .await
    }

    /// The acts before which these snapshots were taken, by the name of the file.
    pub async fn acts_after(&self, files: Vec<String>) -> Result<BTreeMap<String, Id>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT safety, id
                FROM operation
                WHERE safety IN (SELECT value FROM json_each(:files))
                ORDER BY seq DESC",
            )?;
            let files = serde_json::Value::from(files).to_string();
            let rows = statement.query_map(named_params! { ":files": files }, |row| {
                Ok((row.get("safety")?, row.get::<_, String>("id")?))
            })?;
            // Of several acts on one copy the first is told last.
            let rows = rows.map(|row| {
                let (file, id) = row?;
                Ok((file, parsed(&id)?))
            });
            rows.collect()
        })
        .await
    }
}

fn parsed(id: &str) -> Result<Id, Failed> {
    let place = Place {
        table: "operation",
        row: id,
    };
    Id::parse(id).ok_or_else(|| place.corrupt("id"))
}

#[cfg(test)]
mod tests {
    use anirewind_model::UserId;
    use time::macros::datetime;

    use super::*;
    use crate::OperationRow;

    #[tokio::test]
    async fn what_was_called_off_does_not_begin_until_somebody_sends_it_again() {
        let (store, at) = (Store::in_memory(), datetime!(2026-11-03 12:00 UTC));
        let row = OperationRow::new(UserId::new(1), "restore", "all of it".to_owned(), at);
        let row = OperationRow {
            expires_at: Some(at),
            ..row
        };
        let id = store.put_operation(row, Vec::new()).await.unwrap().id;
        let begin = || {
            let safety = "a.json".to_owned();
            store.begin_operation(id.clone(), at, safety, OperationDetail::default())
        };
        // At the last moment, by whomever.
        store.announce_plan(id.clone()).await.unwrap();
        assert!(store.call_off_plan(id.clone()).await.unwrap());
        assert!(!begin().await.unwrap());
        assert!(!begin().await.unwrap());
        // Somebody sends it after all. Then it is an act.
        store.announce_plan(id.clone()).await.unwrap();
        assert!(begin().await.unwrap());
        assert!(!store.call_off_plan(id.clone()).await.unwrap());
        assert_eq!(store.wish(id.clone()).await.unwrap(), None);
        // From what was saved before it a way leads to it.
        let files = ["a.json", "b.json"].map(str::to_owned).to_vec();
        let found = store.acts_after(files).await.unwrap();
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [("a.json".to_owned(), id.clone())]
        );
        let names = store.names_of_acts([id.clone()].into()).await.unwrap();
        assert_eq!(names.get(&id).map(String::as_str), Some("all of it"));
    }
}
