//! What we did, step by step: written down before and after each.

use anirewind_model::{Entry, MediaId, MediaType, UserId};
use anirewind_timeline::{Change, Id};
use rusqlite::{OptionalExtension as _, Row, TransactionBehavior, named_params};
use time::OffsetDateTime;

use crate::row::{Place, to_millis};
use crate::store::{Failed, Store, StoreError};
use crate::timeline::{drop_known, entry, insert_change, json_of, next_id, put_known};

/// An act of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRow {
    /// Its id.
    pub id: Id,
    /// Its place among the others; a later one has a higher place.
    pub seq: i64,
    /// Whose list it is about.
    pub owner: UserId,
    /// What kind of act: `undo`, `redo`, `import`.
    pub kind: String,
    /// How far it has come.
    pub state: OperationState,
    /// When it began.
    pub at: OffsetDateTime,
    /// What it is, in words.
    pub what: String,
    /// The snapshot that was taken first.
    pub safety: Option<String>,
    /// Why it stopped, if it did.
    pub problem: Option<String>,
}

/// How far an act has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationState {
    /// It is under way, or was when the program ended.
    Running,
    /// It stopped and can go on.
    Stopped,
    /// All of it is done and was read back.
    Done,
    /// It is done but for some titles.
    Partly,
}

impl OperationState {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Done => "done",
            Self::Partly => "partly",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Running, Self::Stopped, Self::Done, Self::Partly]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

/// One title of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    /// Which title.
    pub media: MediaId,
    /// Which list.
    pub media_type: MediaType,
    /// What it is called.
    pub title: Option<String>,
    /// What to do, in the words of whoever does it.
    pub action: String,
    /// What is there before.
    pub before: Option<Entry>,
    /// What is to be there.
    pub target: Option<Entry>,
    /// The changes that are taken back, newest first.
    pub undoes: Vec<Id>,
    /// How far it has come, in the words of whoever does it.
    pub state: String,
    /// What went wrong.
    pub problem: Option<String>,
}

/// What a step leaves behind.
#[derive(Debug, Clone)]
pub struct StepResult {
    /// How far it has come.
    pub state: String,
    /// What went wrong.
    pub problem: Option<String>,
    /// The changes that it made, if it made any.
    pub changes: Vec<Change>,
    /// The title as it is now; `None` in it when it is not on the list.
    pub now: Option<Option<Entry>>,
}

impl Store {
    /// Begins an act: it and its steps are on the disk when this returns.
    pub async fn begin_operation(
        &self,
        operation: OperationRow,
        steps: Vec<StepRow>,
    ) -> Result<OperationRow, StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let id = next_id(&transaction)?;
            transaction.execute(
                "INSERT INTO operation (id, user_id, kind, state, at, what, safety, problem)
                VALUES (:id, :user_id, :kind, :state, :at, :what, :safety, :problem)",
                named_params! {
                    ":id": id.as_str(),
                    ":user_id": operation.owner.get(),
                    ":kind": operation.kind,
                    ":state": operation.state.as_str(),
                    ":at": to_millis(operation.at),
                    ":what": operation.what,
                    ":safety": operation.safety,
                    ":problem": operation.problem,
                },
            )?;
            let seq = transaction.last_insert_rowid();
            for (place, step) in (0_i64..).zip(&steps) {
                let owner = operation.owner;
                transaction.execute(
                    "INSERT INTO step (
                        operation_id, place, media_type, media_id, title, action, before, target,
                        undoes, state, problem
                    ) VALUES (
                        :operation, :place, :media_type, :media_id, :title, :action, :before,
                        :target, :undoes, :state, :problem
                    )",
                    named_params! {
                        ":operation": id.as_str(),
                        ":place": place,
                        ":media_type": step.media_type.as_str(),
                        ":media_id": step.media.get(),
                        ":title": step.title,
                        ":action": step.action,
                        ":before": json_of(step.before.as_ref(), owner)?,
                        ":target": json_of(step.target.as_ref(), owner)?,
                        ":undoes": step.undoes.iter().map(Id::as_str).collect::<Vec<_>>().join(" "),
                        ":state": step.state,
                        ":problem": step.problem,
                    },
                )?;
            }
            transaction.commit()?;
            Ok(OperationRow {
                id,
                seq,
                ..operation
            })
        })
        .await
    }

    /// Notes that some steps are about to be sent.
    pub async fn intend_steps(
        &self,
        operation: Id,
        places: Vec<usize>,
        state: &'static str,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for place in places {
                transaction.execute(
                    "UPDATE step SET state = :state
                    WHERE operation_id = :operation AND place = :place",
                    named_params! {
                        ":state": state,
                        ":operation": operation.as_str(),
                        ":place": i64::try_from(place).unwrap_or(i64::MAX),
                    },
                )?;
            }
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    /// Notes what came of a step: its state, the changes it made, and the list as it is known since.
    /// All of it or nothing.
    pub async fn settle_step(
        &self,
        operation: OperationRow,
        place: usize,
        key: (MediaType, MediaId),
        result: StepResult,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute(
                "UPDATE step SET state = :state, problem = :problem
                WHERE operation_id = :operation AND place = :place",
                named_params! {
                    ":state": result.state,
                    ":problem": result.problem,
                    ":operation": operation.id.as_str(),
                    ":place": i64::try_from(place).unwrap_or(i64::MAX),
                },
            )?;
            for change in &result.changes {
                insert_change(&transaction, operation.owner, change)?;
            }
            match &result.now {
                None => {}
                Some(Some(entry)) => put_known(&transaction, operation.owner, entry)?,
                Some(None) => drop_known(&transaction, operation.owner, key.0, key.1)?,
            }
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    /// Notes how an act ended, or that it stopped.
    pub async fn end_operation(
        &self,
        id: Id,
        state: OperationState,
        problem: Option<String>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute(
                "UPDATE operation SET state = :state, problem = :problem WHERE id = :id",
                named_params! {
                    ":state": state.as_str(),
                    ":problem": problem,
                    ":id": id.as_str(),
                },
            )?;
            Ok(())
        })
        .await
    }

    /// Acts of ours, newest first; of one user where one is named.
    pub async fn operations(
        &self,
        owner: Option<UserId>,
        most: usize,
    ) -> Result<Vec<OperationRow>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT * FROM operation
                WHERE :owner IS NULL OR user_id = :owner
                ORDER BY seq DESC
                LIMIT :most",
            )?;
            let rows = statement.query_map(
                named_params! {
                    ":owner": owner.map(UserId::get),
                    ":most": i64::try_from(most).unwrap_or(i64::MAX),
                },
                raw,
            )?;
            rows.map(|row| operation(row?)).collect()
        })
        .await
    }

    /// The steps of an act, in order.
    pub async fn steps(&self, id: Id) -> Result<Vec<StepRow>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT * FROM step WHERE operation_id = :id ORDER BY place")?;
            let rows = statement.query_map(named_params! { ":id": id.as_str() }, raw_step)?;
            rows.map(|row| step(id.as_str(), row?)).collect()
        })
        .await
    }

    /// An act by its id.
    pub async fn operation(&self, id: Id) -> Result<Option<OperationRow>, StoreError> {
        self.run(move |connection| {
            let found = connection
                .query_row(
                    "SELECT * FROM operation WHERE id = :id",
                    named_params! { ":id": id.as_str() },
                    raw,
                )
                .optional()?;
            found.map(operation).transpose()
        })
        .await
    }
}

struct Raw {
    seq: i64,
    id: String,
    user_id: i64,
    kind: String,
    state: String,
    at: i64,
    what: String,
    safety: Option<String>,
    problem: Option<String>,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        seq: row.get("seq")?,
        id: row.get("id")?,
        user_id: row.get("user_id")?,
        kind: row.get("kind")?,
        state: row.get("state")?,
        at: row.get("at")?,
        what: row.get("what")?,
        safety: row.get("safety")?,
        problem: row.get("problem")?,
    })
}

fn operation(raw: Raw) -> Result<OperationRow, Failed> {
    let place = Place {
        table: "operation",
        row: &raw.id,
    };
    Ok(OperationRow {
        id: Id::parse(&raw.id).ok_or_else(|| place.corrupt("id"))?,
        seq: raw.seq,
        owner: UserId::new(place.id("user_id", raw.user_id)?),
        state: OperationState::parse(&raw.state).ok_or_else(|| place.corrupt("state"))?,
        at: place.instant("at", raw.at)?,
        kind: raw.kind,
        what: raw.what,
        safety: raw.safety,
        problem: raw.problem,
    })
}

struct RawStep {
    media_type: String,
    media_id: i64,
    title: Option<String>,
    action: String,
    before: Option<String>,
    target: Option<String>,
    undoes: Option<String>,
    state: String,
    problem: Option<String>,
}

fn raw_step(row: &Row<'_>) -> rusqlite::Result<RawStep> {
    Ok(RawStep {
        media_type: row.get("media_type")?,
        media_id: row.get("media_id")?,
        title: row.get("title")?,
        action: row.get("action")?,
        before: row.get("before")?,
        target: row.get("target")?,
        undoes: row.get("undoes")?,
        state: row.get("state")?,
        problem: row.get("problem")?,
    })
}

fn step(key: &str, raw: RawStep) -> Result<StepRow, Failed> {
    let place = Place {
        table: "step",
        row: key,
    };
    let state = |column, text: Option<String>| {
        let parsed = text.map(|text| entry("step", key, column, &raw.media_type, &text));
        parsed.transpose()
    };
    let undoes: Option<Vec<Id>> = raw
        .undoes
        .as_deref()
        .unwrap_or_default()
        .split_whitespace()
        .map(Id::parse)
        .collect();
    Ok(StepRow {
        media: MediaId::new(place.id("media_id", raw.media_id)?),
        media_type: MediaType::parse(&raw.media_type).ok_or_else(|| place.corrupt("media_type"))?,
        title: raw.title,
        action: raw.action,
        before: state("before", raw.before)?,
        target: state("target", raw.target)?,
        undoes: undoes.ok_or_else(|| place.corrupt("undoes"))?,
        state: raw.state,
        problem: raw.problem,
    })
}
