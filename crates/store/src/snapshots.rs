//! The snapshots in the folder, so that nobody has to read them all to list them.

use anirewind_backup::{Alarm, AnswerVerdict, Hash, Kind, Mark, Rule, SnapshotId};
use anirewind_model::{Account, Counts, EntryField, UserId};
use rusqlite::{Row, TransactionBehavior, named_params};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::row::{Cells, Place, to_millis};
use crate::store::{Failed, Store, StoreError};

/// A snapshot as the catalogue knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRow {
    /// Its id.
    pub id: SnapshotId,
    /// Name of the file in the folder.
    pub file: String,
    /// Whose list it is, read from inside the file.
    pub owner: Account,
    /// When the list was read.
    pub created_at: OffsetDateTime,
    /// When the file was first seen here.
    pub found_at: OffsetDateTime,
    /// Its place among all others, whatever the clocks said; a later one has a higher place.
    pub position: i64,
    /// Counted time when it was taken, in seconds; see `anirewind_backup::retention`.
    pub counted: i64,
    /// What it was taken for.
    pub kind: Kind,
    /// Whether the list was read without a token: private titles are not in it.
    pub public: bool,
    /// How many titles it holds.
    pub counts: Counts,
    /// Length of the file in bytes.
    pub size: u64,
    /// Hash of the file.
    pub file_hash: Hash,
    /// Hash of what it holds.
    pub content_hash: Hash,
    /// Hash of the file before it, if it says.
    pub previous: Option<Hash>,
    /// What changed since the one before; `None` when that is not known.
    pub delta: Option<Delta>,
    /// What was unusual about it.
    pub alarms: Vec<Alarm>,
    /// What people say about it.
    pub mark: Mark,
    /// What is wrong with the file, once that was found.
    pub damage: Option<String>,
    /// When the file was last read whole and proven.
    pub verified_at: OffsetDateTime,
}

impl SnapshotRow {
    /// Whether it can be trusted.
    pub fn standing(&self) -> Standing {
        self.judged().standing()
    }

    /// What was unusual about it and nobody has answered yet.
    pub fn open_alarms(&self) -> impl Iterator<Item = &Alarm> {
        self.judged().open_alarms()
    }

    /// Whether somebody said "this was me".
    pub fn is_expected(&self, rule: Rule) -> bool {
        self.judged().is_expected(rule)
    }

    fn judged(&self) -> Judged<'_> {
        Judged {
            is_damaged: self.damage.is_some(),
            alarms: &self.alarms,
            mark: &self.mark,
        }
    }

    /// Whether it says nothing that the newer one above it does not say: the same list, taken for
    /// the same, and nobody said anything about it.
    pub fn folds_below(&self, newer: &Self) -> bool {
        self.content_hash == newer.content_hash
            && self.owner.id == newer.owner.id
            && self.kind == newer.kind
            && self.public == newer.public
            && self.mark == Mark::default()
            && self.standing() == Standing::Good
    }

    /// When the list was as it is there, as far as that can be believed: not after the file was
    /// found.
    pub fn at(&self) -> OffsetDateTime {
        self.created_at.min(self.found_at)
    }
}

/// What decides whether a snapshot can be trusted.
#[derive(Clone, Copy)]
pub(crate) struct Judged<'a> {
    pub(crate) is_damaged: bool,
    pub(crate) alarms: &'a [Alarm],
    pub(crate) mark: &'a Mark,
}

impl<'a> Judged<'a> {
    pub(crate) fn standing(self) -> Standing {
        if self.is_damaged {
            return Standing::Damaged;
        }
        let answer = self.mark.answer.as_ref();
        // Also where the alarm was raised by a snapshot before it, and this one holds the same.
        let is_refused =
            answer.is_some_and(|a| a.verdict == AnswerVerdict::NotMe && !a.rules.is_empty());
        let is_doubted = |alarm: &Alarm| alarm.rule.quarantines() && !self.is_expected(alarm.rule);
        if is_refused || self.alarms.iter().any(is_doubted) {
            Standing::Suspect
        } else {
            Standing::Good
        }
    }

    pub(crate) fn open_alarms(self) -> impl Iterator<Item = &'a Alarm> {
        let answered = move |rule| self.mark.answer.as_ref().is_some_and(|a| a.is_about(rule));
        let alarms = self.alarms.iter();
        alarms.filter(move |alarm| !answered(alarm.rule))
    }

    fn is_expected(self, rule: Rule) -> bool {
        self.mark.answer.as_ref().is_some_and(|answer| {
            answer.verdict == AnswerVerdict::Expected && answer.is_about(rule)
        })
    }
}

/// How many titles differ from the snapshot before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Delta {
    /// On the list now and not before.
    pub added: usize,
    /// On the list both times, with other values.
    pub changed: usize,
    /// On the list before and not now.
    pub removed: usize,
}

/// Whether a snapshot can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Whole, and plausible.
    Good,
    /// Whole, but so unusual that somebody should look.
    Suspect,
    /// Not what was written.
    Damaged,
}

impl Standing {
    /// The word for it in commands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Suspect => "suspect",
            Self::Damaged => "damaged",
        }
    }
}

/// An alarm as it stands in a row.
#[derive(Debug, Serialize, Deserialize)]
struct AlarmRecord {
    rule: String,
    affected: usize,
    of: usize,
    field: Option<String>,
}

impl AlarmRecord {
    fn of(alarm: &Alarm) -> Self {
        Self {
            rule: alarm.rule.as_str().to_owned(),
            affected: alarm.affected,
            of: alarm.of,
            field: alarm.field.map(|field| field.as_str().to_owned()),
        }
    }

    fn into_alarm(self) -> Option<Alarm> {
        let field = match self.field {
            None => None,
            Some(name) => Some(EntryField::parse(&name)?),
        };
        Some(Alarm {
            rule: Rule::parse(&self.rule)?,
            affected: self.affected,
            of: self.of,
            field,
        })
    }
}

/// All that is kept of snapshots, in the order of [`Raw`].
pub(crate) const SELECT: &str = "
    SELECT
        file, id, user_id, user_name, created_at, found_at, position, counted, kind, anime, manga, size,
        file_hash, content_hash, previous, added, changed, removed, alarms, mark, damage, verified_at, public
    FROM snapshot";

pub(crate) struct Raw {
    file: String,
    id: String,
    user_id: i64,
    user_name: String,
    created_at: i64,
    found_at: i64,
    position: i64,
    counted: i64,
    kind: String,
    anime: i64,
    manga: i64,
    size: i64,
    file_hash: String,
    content_hash: String,
    previous: Option<String>,
    delta: Option<(i64, i64, i64)>,
    alarms: String,
    mark: String,
    damage: Option<String>,
    verified_at: i64,
    public: bool,
}

impl Raw {
    pub(crate) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut cells = Cells::of(row);
        Ok(Self {
            file: cells.next()?,
            id: cells.next()?,
            user_id: cells.next()?,
            user_name: cells.next()?,
            created_at: cells.next()?,
            found_at: cells.next()?,
            position: cells.next()?,
            counted: cells.next()?,
            kind: cells.next()?,
            anime: cells.next()?,
            manga: cells.next()?,
            size: cells.next()?,
            file_hash: cells.next()?,
            content_hash: cells.next()?,
            previous: cells.next()?,
            delta: {
                let (added, changed, removed) = (cells.next()?, cells.next()?, cells.next()?);
                let added: Option<i64> = added;
                added.zip(changed).zip(removed).map(|((a, c), r)| (a, c, r))
            },
            alarms: cells.next()?,
            mark: cells.next()?,
            damage: cells.next()?,
            verified_at: cells.next()?,
            public: cells.next()?,
        })
    }
}

impl TryFrom<Raw> for SnapshotRow {
    type Error = Failed;

    fn try_from(raw: Raw) -> Result<Self, Failed> {
        let place = Place {
            table: "snapshot",
            row: &raw.file,
        };
        let hash = |column, text: &str| Hash::parse(text).map_err(|_| place.corrupt(column));
        let delta = |(added, changed, removed)| -> Result<Delta, Failed> {
            Ok(Delta {
                added: place.count("added", added)?,
                changed: place.count("changed", changed)?,
                removed: place.count("removed", removed)?,
            })
        };
        Ok(Self {
            id: SnapshotId::parse(&raw.id).ok_or_else(|| place.corrupt("id"))?,
            owner: Account {
                id: UserId::new(place.id("user_id", raw.user_id)?),
                name: raw.user_name,
            },
            created_at: place.instant("created_at", raw.created_at)?,
            found_at: place.instant("found_at", raw.found_at)?,
            position: raw.position,
            counted: raw.counted,
            kind: Kind::parse(&raw.kind).ok_or_else(|| place.corrupt("kind"))?,
            public: raw.public,
            counts: Counts {
                anime: place.count("anime", raw.anime)?,
                manga: place.count("manga", raw.manga)?,
            },
            size: u64::try_from(raw.size).map_err(|_| place.corrupt("size"))?,
            file_hash: hash("file_hash", &raw.file_hash)?,
            content_hash: hash("content_hash", &raw.content_hash)?,
            previous: raw
                .previous
                .as_deref()
                .map(|text| hash("previous", text))
                .transpose()?,
            delta: raw.delta.map(delta).transpose()?,
            alarms: alarms(&raw.alarms).ok_or_else(|| place.corrupt("alarms"))?,
            mark: mark(&raw.mark).ok_or_else(|| place.corrupt("mark"))?,
            damage: raw.damage,
            verified_at: place.instant("verified_at", raw.verified_at)?,
            file: raw.file,
        })
    }
}

/// Most rows have neither, and a page of them should not parse JSON for that.
const NO_ALARMS: &str = "[]";
const NO_MARK: &str = "{}";

pub(crate) fn alarms(text: &str) -> Option<Vec<Alarm>> {
    if text == NO_ALARMS {
        return Some(Vec::new());
    }
    let records: Vec<AlarmRecord> = serde_json::from_str(text).ok()?;
    records.into_iter().map(AlarmRecord::into_alarm).collect()
}

pub(crate) fn mark(text: &str) -> Option<Mark> {
    if text == NO_MARK {
        return Some(Mark::default());
    }
    serde_json::from_str(text).ok()
}

impl Store {
    /// All snapshots, newest first; of one user where one is named.
    pub async fn snapshots(&self, owner: Option<UserId>) -> Result<Vec<SnapshotRow>, StoreError> {
        self.snapshots_page(owner, None, usize::MAX).await
    }

    /// So many snapshots, newest first, from below a place on.
    pub async fn snapshots_page(
        &self,
        owner: Option<UserId>,
        below: Option<i64>,
        most: usize,
    ) -> Result<Vec<SnapshotRow>, StoreError> {
        self.run(move |connection| {
            // Two statements, so that each can walk its own index.
            let of_owner = if owner.is_some() {
                "user_id = :owner AND"
            } else {
                ":owner IS NULL AND"
            };
            let mut statement = connection.prepare_cached(&format!(
                "{SELECT}
                WHERE {of_owner} position < :below
                ORDER BY position DESC
                LIMIT :most"
            ))?;
            let rows = statement.query_map(
                named_params! {
                    ":owner": owner.map(UserId::get),
                    ":below": below.unwrap_or(i64::MAX),
                    ":most": i64::try_from(most).unwrap_or(i64::MAX),
                },
                Raw::of,
            )?;
            rows.map(|row| SnapshotRow::try_from(row?)).collect()
        })
        .await
    }

    /// How many snapshots there are and how many bytes they have; of one user where one is named.
    pub async fn snapshot_totals(&self, owner: Option<UserId>) -> Result<(usize, u64), StoreError> {
        self.ask(format!("snapshot_totals {owner:?}"), move |connection| {
            let owner = owner.map(UserId::get);
            let (count, size): (i64, i64) = connection.query_row(
                "SELECT count(*), coalesce(sum(size), 0)
                FROM snapshot
                WHERE :owner IS NULL OR user_id = :owner",
                named_params! { ":owner": owner },
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            Ok((
                usize::try_from(count).unwrap_or_default(),
                u64::try_from(size).unwrap_or_default(),
            ))
        })
        .await
    }

    /// Takes over what people say about a snapshot.
    pub async fn note_mark(&self, file: String, mark: Mark) -> Result<(), StoreError> {
        self.write(move |connection| {
            let json = serde_json::to_string(&mark)
                .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
            connection.execute(
                "UPDATE snapshot SET mark = :mark, kept = :kept WHERE file = :file",
                named_params! { ":mark": json, ":kept": mark.keep.is_some(), ":file": file },
            )?;
            Ok(())
        })
        .await
    }

    /// Adds a snapshot that was just taken, behind all others.
    pub async fn append_snapshot(&self, row: SnapshotRow) -> Result<SnapshotRow, StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let last: i64 = transaction.query_row(
                "SELECT coalesce(max(position), 0) FROM snapshot WHERE file <> :file",
                named_params! { ":file": row.file },
                |row| row.get(0),
            )?;
            let row = SnapshotRow {
                position: last + 1,
                ..row
            };
            replace(&transaction, &row)?;
            transaction.commit()?;
            Ok(row)
        })
        .await
    }

    /// Adds snapshots or replaces what is known of files of the same name, and forgets files that
    /// are gone. All or nothing.
    pub async fn update_snapshots(
        &self,
        put: Vec<SnapshotRow>,
        forget: Vec<String>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for file in &forget {
                transaction.execute(
                    "DELETE FROM snapshot WHERE file = :file",
                    named_params! { ":file": file },
                )?;
            }
            for row in &put {
                replace(&transaction, row)?;
            }
            transaction.commit()?;
            Ok(())
        })
        .await
    }
}

fn replace(connection: &rusqlite::Connection, row: &SnapshotRow) -> rusqlite::Result<()> {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let json = |error: serde_json::Error| rusqlite::Error::ToSqlConversionFailure(Box::new(error));
    let records: Vec<_> = row.alarms.iter().map(AlarmRecord::of).collect();
    let alarms = serde_json::to_string(&records).map_err(json)?;
    let mark = serde_json::to_string(&row.mark).map_err(json)?;
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO snapshot (
            file, id, user_id, user_name, created_at, found_at, position, counted, kind, anime,
            manga, size, file_hash, content_hash, previous, added, changed, removed, alarms, mark,
            kept, damage, verified_at, public
        ) VALUES (
            :file, :id, :user_id, :user_name, :created_at, :found_at, :position, :counted, :kind,
            :anime, :manga, :size, :file_hash, :content_hash, :previous, :added, :changed,
            :removed, :alarms, :mark, :kept, :damage, :verified_at, :public
        )",
    )?;
    statement.execute(named_params! {
        ":file": row.file,
        ":id": row.id.as_str(),
        ":user_id": row.owner.id.get(),
        ":user_name": row.owner.name,
        ":created_at": to_millis(row.created_at),
        ":found_at": to_millis(row.found_at),
        ":position": row.position,
        ":counted": row.counted,
        ":kind": row.kind.as_str(),
        ":anime": count(row.counts.anime),
        ":manga": count(row.counts.manga),
        ":size": i64::try_from(row.size).unwrap_or(i64::MAX),
        ":file_hash": row.file_hash.to_string(),
        ":content_hash": row.content_hash.to_string(),
        ":previous": row.previous.map(|hash| hash.to_string()),
        ":added": row.delta.map(|delta| count(delta.added)),
        ":changed": row.delta.map(|delta| count(delta.changed)),
        ":removed": row.delta.map(|delta| count(delta.removed)),
        ":alarms": alarms,
        ":mark": mark,
        ":kept": row.mark.keep.is_some(),
        ":damage": row.damage,
        ":verified_at": to_millis(row.verified_at),
        ":public": row.public,
    })?;
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use anirewind_backup::{Answer, Keep};
    use time::macros::datetime;

    use super::*;

    pub(crate) fn row(file: &str, user: u32, position: i64) -> SnapshotRow {
        let at = datetime!(2026-03-01 12:00:00.123 UTC);
        SnapshotRow {
            id: SnapshotId::parse("k7f2k7f2k7f2").unwrap(),
            file: file.to_owned(),
            owner: Account {
                id: UserId::new(user),
                name: "hana".to_owned(),
            },
            created_at: at,
            found_at: at,
            position,
            counted: 86_400 * position,
            kind: Kind::Manual,
            public: false,
            counts: Counts {
                anime: 812,
                manga: 143,
            },
            size: 131_900,
            file_hash: Hash::of(b"file"),
            content_hash: Hash::of(b"content"),
            previous: Some(Hash::of(b"before")),
            delta: Some(Delta {
                added: 1,
                changed: 4,
                removed: 0,
            }),
            alarms: vec![Alarm {
                rule: Rule::ScoresWiped,
                affected: 38,
                of: 700,
                field: Some(EntryField::Score),
            }],
            mark: Mark {
                keep: Some(Keep::default()),
                note: Some("before the move".to_owned()),
                answer: None,
            },
            damage: None,
            verified_at: at,
        }
    }

    #[tokio::test]
    async fn snapshots_read_back_newest_first_by_owner_and_by_page() {
        let store = Store::in_memory();
        let old = row("a", 1, 1);
        let new = SnapshotRow {
            delta: None,
            alarms: Vec::new(),
            mark: Mark::default(),
            damage: Some("cut".to_owned()),
            public: true,
            ..row("b", 1, 2)
        };
        let other = row("c", 2, 3);
        store
            .update_snapshots(vec![old.clone(), other.clone(), new.clone()], Vec::new())
            .await
            .unwrap();
        assert_eq!(
            store.snapshots(None).await.unwrap(),
            [other, new.clone(), old.clone()]
        );
        let of_one = store.snapshots(Some(UserId::new(1))).await.unwrap();
        assert_eq!(of_one, [new.clone(), old.clone()]);
        let page = store.snapshots_page(None, Some(3), 1).await.unwrap();
        assert_eq!(page, [new]);
        let totals = store.snapshot_totals(Some(UserId::new(1))).await.unwrap();
        assert_eq!(totals, (2, 2 * 131_900));
        store
            .update_snapshots(Vec::new(), vec!["b".to_owned(), "c".to_owned()])
            .await
            .unwrap();
        assert_eq!(store.snapshots(None).await.unwrap(), [old]);
    }

    #[test]
    fn what_is_unusual_is_doubted_until_somebody_says_it_was_them() {
        let mut row = row("a", 1, 1);
        assert_eq!(
            row.standing(),
            Standing::Good,
            "wiped scores are asked about"
        );
        assert_eq!(row.open_alarms().count(), 1);
        row.alarms.push(Alarm {
            rule: Rule::MostGone,
            affected: 60,
            of: 100,
            field: None,
        });
        assert_eq!(row.standing(), Standing::Suspect);
        let rules = [Rule::MostGone, Rule::ScoresWiped];
        row.mark.answer = Some(Answer::new(AnswerVerdict::NotMe, &rules, row.created_at));
        assert_eq!(
            (row.standing(), row.open_alarms().count()),
            (Standing::Suspect, 0)
        );
        row.mark.answer = Some(Answer::new(AnswerVerdict::Expected, &rules, row.created_at));
        assert_eq!(
            (row.standing(), row.open_alarms().count()),
            (Standing::Good, 0)
        );
        row.damage = Some("cut".to_owned());
        assert_eq!(row.standing(), Standing::Damaged);
    }
}
