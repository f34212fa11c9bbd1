//! What we plan and what we do, step by step: written down before and after each.

use anirewind_model::{Entry, MediaId, MediaType, UserId};
use anirewind_timeline::{Change, Id};
use rusqlite::{OptionalExtension as _, Row, TransactionBehavior, named_params};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::cursor::Cursor;
use crate::row::{Place, to_millis};
use crate::store::{Failed, Store, StoreError};
use crate::timeline::{drop_known, entry, insert_change, json_of, next_id, put_known};

/// An act of ours, planned, under way or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRow {
    /// Its id.
    pub id: Id,
    /// Its place among the others; a later one has a higher place.
    pub seq: i64,
    /// Whose list it is about.
    pub owner: UserId,
    /// What kind of act: `undo`, `redo`, `restore`, `import`.
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
    /// Until when it can be applied, while it is a plan.
    pub expires_at: Option<OffsetDateTime>,
    /// What the plan says besides its titles.
    pub detail: OperationDetail,
    /// Statuses that made no activity before the act muted the others, in AniList's words.
    pub muted_before: Option<Vec<String>>,
}

impl OperationRow {
    /// A plan or an act that is not written down yet; id and place are given when it is.
    pub fn new(owner: UserId, kind: &str, what: String, at: OffsetDateTime) -> Self {
        Self {
            id: Id::of_number(0),
            seq: 0,
            owner,
            kind: kind.to_owned(),
            state: OperationState::Planned,
            at,
            what,
            safety: None,
            problem: None,
            expires_at: None,
            detail: OperationDetail::default(),
            muted_before: None,
        }
    }
}

/// What a plan says besides its titles.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OperationDetail {
    /// How many titles are already right.
    pub same: usize,
    /// Fields that the wanted list does not hold, with the number of titles.
    pub not_recorded: Vec<(String, usize)>,
    /// Custom lists that have to be made first, each with its type, in AniList's words.
    pub lists: Vec<(String, String)>,
    /// Whether activities are muted while it runs.
    pub mutes: bool,
    /// In which format the account shows its scores, in AniList's words.
    pub score_format: Option<String>,
    /// The file of the snapshot whose list is wanted.
    pub from: Option<String>,
    /// The act whose failed titles this one tries again.
    pub retries: Option<String>,
    /// Plans in the place of which it was made, the last one last: whoever holds one of them is led here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<String>,
    /// What happened since, as far as it made titles of this plan differ.
    pub causes: Vec<Cause>,
    /// Fields of titles that are not as they were and are left all the same.
    pub left: Vec<LeftField>,
    /// How it was asked for, in the words of whoever asked, so that it can be asked for otherwise.
    pub asked: Option<String>,
    /// Who sent it, where that is known.
    pub by: Option<String>,
    /// Which way it goes from act to act, where nobody named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub walks: Option<Walk>,
}

/// Which way somebody goes from act to act without naming any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Walk {
    /// The newest act is taken back; the next time the one before it.
    Back,
    /// The newest that was taken back is done again.
    Forward,
}

/// Something that happened to titles of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The id of the burst or the act; nothing for single edits.
    pub id: Option<String>,
    /// When it began, or the last moment it can have begun, RFC 3339; nothing where nothing is written
    /// down, and for single edits in plans of earlier versions.
    pub at: Option<String>,
    /// The look before, RFC 3339, where when it began is not known more exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// How many titles of the plan it touched.
    pub titles: usize,
    /// What made it, in the words of the timeline; [`Cause::UNKNOWN`] where nothing is written down.
    pub source: String,
    /// What happened to them, in words; nothing where nothing is written down, and in plans of earlier
    /// versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened: Option<String>,
}

impl Cause {
    /// The source of what is not written down.
    pub const UNKNOWN: &'static str = "unknown";
}

/// A field of a title that a plan leaves as it is, and that could be put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftField {
    /// Which list, in AniList's words.
    pub media_type: String,
    /// Which title, on AniList.
    pub media: u32,
    /// Which field.
    pub field: String,
    /// What it holds now, as people read it.
    pub now: String,
    /// What it would hold.
    pub wanted: String,
}

impl LeftField {
    /// The text that names it, as in ANIME:123.progress.
    pub fn name(&self) -> String {
        format!("{}:{}.{}", self.media_type, self.media, self.field)
    }
}

/// How far an act has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationState {
    /// It is a plan. Nothing was sent.
    Planned,
    /// It was a plan that nobody wants any more.
    Discarded,
    /// Somebody wanted it to wait. It goes on when somebody says so.
    Paused,
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
            Self::Planned => "planned",
            Self::Discarded => "discarded",
            Self::Paused => "paused",
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Done => "done",
            Self::Partly => "partly",
        }
    }

    /// Whether it was begun and is neither done nor given up.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Stopped)
    }

    /// Whether it was begun and goes on no more.
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Partly)
    }

    fn parse(word: &str) -> Option<Self> {
        [
            Self::Planned,
            Self::Discarded,
            Self::Running,
            Self::Paused,
            Self::Stopped,
            Self::Done,
            Self::Partly,
        ]
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
    /// What went wrong, or why it is not sent.
    pub problem: Option<String>,
    /// What is left out or left as it is.
    pub notes: Vec<String>,
}

/// What a step leaves behind.
#[derive(Debug, Clone)]
pub struct StepResult {
    /// Its place among the steps of the act.
    pub place: usize,
    /// Which title.
    pub title: (MediaType, MediaId),
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
    /// Writes down an act or a plan: it and its steps are on the disk when this returns. The id and
    /// the place are given here.
    pub async fn put_operation(
        &self,
        operation: OperationRow,
        steps: Vec<StepRow>,
    ) -> Result<OperationRow, StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let id = next_id(&transaction)?;
            transaction.execute(
                "INSERT INTO operation (
                    id, user_id, kind, state, at, what, safety, problem, expires_at, detail
                ) VALUES (
                    :id, :user_id, :kind, :state, :at, :what, :safety, :problem, :expires_at, :detail
                )",
                named_params! {
                    ":id": id.as_str(),
                    ":user_id": operation.owner.get(),
                    ":kind": operation.kind,
                    ":state": operation.state.as_str(),
                    ":at": to_millis(operation.at),
                    ":what": operation.what,
                    ":safety": operation.safety,
                    ":problem": operation.problem,
                    ":expires_at": operation.expires_at.map(to_millis),
                    ":detail": json(&operation.detail)?,
                },
            )?;
            let seq = transaction.last_insert_rowid();
            let owner = operation.owner;
            for (place, step) in (0_i64..).zip(&steps) {
                let mut statement = transaction.prepare_cached(
                    "INSERT INTO step (
                        operation_id, place, media_type, media_id, title, action, before, target,
                        undoes, state, problem, notes
                    ) VALUES (
                        :operation, :place, :media_type, :media_id, :title, :action, :before,
                        :target, :undoes, :state, :problem, :notes
                    )",
                )?;
                statement.execute(named_params! {
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
                    ":notes": step.notes.join("\n"),
                })?;
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

    /// Notes that some titles of a plan are not to be sent, and why.
    pub async fn leave_steps(
        &self,
        operation: Id,
        left: Vec<(usize, String)>,
        words: (&'static str, &'static str),
        name: String,
    ) -> Result<(), StoreError> {
        let (action, state) = words;
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for (place, problem) in left {
                transaction.execute(
                    "UPDATE step SET action = :action, state = :state, problem = :problem
                    WHERE operation_id = :operation AND place = :place",
                    named_params! {
                        ":action": action,
                        ":state": state,
                        ":problem": problem,
                        ":operation": operation.as_str(),
                        ":place": i64::try_from(place).unwrap_or(i64::MAX),
                    },
                )?;
            }
            transaction.execute(
                "UPDATE operation SET what = :name WHERE id = :operation",
                named_params! { ":name": name, ":operation": operation.as_str() },
            )?;
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    /// Notes which statuses made no activity before an act muted the others; `None` once they are as
    /// they were.
    pub async fn note_muted(
        &self,
        operation: Id,
        before: Option<Vec<String>>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let before = before.as_ref().map(json).transpose()?;
            connection.execute(
                "UPDATE operation SET muted_before = :before WHERE id = :id",
                named_params! { ":before": before, ":id": operation.as_str() },
            )?;
            Ok(())
        })
        .await
    }

    /// Plans that can be applied, newest first. Those whose time is over are forgotten.
    pub async fn plans(
        &self,
        owner: Option<UserId>,
        now: OffsetDateTime,
    ) -> Result<Vec<OperationRow>, StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let over = "state IN ('planned', 'discarded') AND expires_at < :now";
            transaction.execute(
                &format!(
                    "DELETE FROM step
                    WHERE operation_id IN (SELECT id FROM operation WHERE {over})"
                ),
                named_params! { ":now": to_millis(now) },
            )?;
            transaction.execute(
                &format!("DELETE FROM operation WHERE {over}"),
                named_params! { ":now": to_millis(now) },
            )?;
            let rows = {
                let mut statement = transaction.prepare_cached(
                    "SELECT * FROM operation
                    WHERE state = 'planned' AND (:owner IS NULL OR user_id = :owner)
                    ORDER BY seq DESC",
                )?;
                let rows =
                    statement.query_map(named_params! { ":owner": owner.map(UserId::get) }, raw)?;
                rows.collect::<Result<Vec<_>, _>>()?
            };
            transaction.commit()?;
            rows.into_iter().map(operation).collect()
        })
        .await
    }

    /// Whether there are titles that may have been sent and were not read since.
    pub async fn has_unsure_steps(&self, owner: UserId) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT EXISTS (
                    SELECT 1 FROM step
                    JOIN operation ON operation.id = step.operation_id
                    WHERE step.state = 'intended' AND operation.user_id = :owner
                        AND operation.state IN ('running', 'paused', 'stopped')
                ) AS found",
            )?;
            let found = statement.query_row(named_params! { ":owner": owner.get() }, |row| {
                row.get::<_, bool>("found")
            })?;
            Ok(found)
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

    /// Notes what came of some steps: the state of each, the changes it made, and the list as it is
    /// known since. All of it or nothing.
    pub async fn settle_steps(
        &self,
        operation: OperationRow,
        results: Vec<StepResult>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for result in results {
                transaction.execute(
                    "UPDATE step SET state = :state, problem = :problem
                    WHERE operation_id = :operation AND place = :place",
                    named_params! {
                        ":state": result.state,
                        ":problem": result.problem,
                        ":operation": operation.id.as_str(),
                        ":place": i64::try_from(result.place).unwrap_or(i64::MAX),
                    },
                )?;
                for change in &result.changes {
                    insert_change(&transaction, operation.owner, change)?;
                }
                let (media_type, media) = result.title;
                match &result.now {
                    None => {}
                    Some(Some(entry)) => put_known(&transaction, operation.owner, entry)?,
                    Some(None) => drop_known(&transaction, operation.owner, media_type, media)?,
                }
            }
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    /// Notes how an act ended, or that it stopped; in words, where somebody has to read of it.
    pub async fn end_operation(
        &self,
        id: Id,
        state: OperationState,
        problem: Option<String>,
        bad_end: Option<String>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute(
                "UPDATE operation SET state = :state, problem = :problem, bad_end = :bad_end
                WHERE id = :id",
                named_params! {
                    ":state": state.as_str(),
                    ":problem": problem,
                    ":bad_end": bad_end,
                    ":id": id.as_str(),
                },
            )?;
            Ok(())
        })
        .await
    }

    /// What was begun and did not end, newest first.
    pub async fn open_operations(&self) -> Result<Vec<OperationRow>, StoreError> {
        self.run(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT * FROM operation
                WHERE state IN ('running', 'paused', 'stopped')
                ORDER BY at DESC, seq DESC",
            )?;
            let rows = statement.query_map([], raw)?;
            rows.map(|row| operation(row?)).collect()
        })
        .await
    }

    /// Acts of ours that were begun, newest first; of one user where one is named.
    pub async fn operations(
        &self,
        owner: Option<UserId>,
        most: usize,
    ) -> Result<Vec<OperationRow>, StoreError> {
        self.operations_below(owner, None, most).await
    }

    /// The same from below one of them on.
    pub async fn operations_below(
        &self,
        owner: Option<UserId>,
        below: Option<Cursor>,
        most: usize,
    ) -> Result<Vec<OperationRow>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT * FROM operation
                WHERE (:owner IS NULL OR user_id = :owner)
                    AND state NOT IN ('planned', 'discarded')
                    AND (:at IS NULL OR (at, seq) < (:at, :seq))
                ORDER BY at DESC, seq DESC
                LIMIT :most",
            )?;
            let rows = statement.query_map(
                named_params! {
                    ":owner": owner.map(UserId::get),
                    ":at": below.map(|below| to_millis(below.at)),
                    ":seq": below.map(|below| below.seq),
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

pub(crate) fn json(value: &impl Serialize) -> Result<String, Failed> {
    serde_json::to_string(value)
        .map_err(|error| Failed::Sqlite(rusqlite::Error::ToSqlConversionFailure(error.into())))
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
    expires_at: Option<i64>,
    detail: String,
    muted_before: Option<String>,
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
        expires_at: row.get("expires_at")?,
        detail: row.get("detail")?,
        muted_before: row.get("muted_before")?,
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
        expires_at: raw
            .expires_at
            .map(|at| place.instant("expires_at", at))
            .transpose()?,
        detail: serde_json::from_str(&raw.detail).map_err(|_| place.corrupt("detail"))?,
        muted_before: raw
            .muted_before
            .as_deref()
            .map(serde_json::from_str)
            .transpose()
            .map_err(|_| place.corrupt("muted_before"))?,
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
    notes: Option<String>,
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
        notes: row.get("notes")?,
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
        notes: raw
            .notes
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_version_wrote_of_a_cause_is_read() {
        let earlier =
            r#"{"same":3,"causes":[{"id":"2","at":null,"titles":9,"source":"observed"}]}"#;
        let detail: OperationDetail = serde_json::from_str(earlier).unwrap();
        let [cause] = detail.causes.as_slice() else {
            unreachable!("{detail:?}");
        };
        assert_eq!((cause.titles, &cause.happened), (9, &None));
    }
}
