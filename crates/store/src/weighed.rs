//! Snapshots as far as keep rules care: what all of them are read for again and again.

use anirewind_backup::{Keep, Kind};
use anirewind_model::UserId;
use rusqlite::named_params;
use time::OffsetDateTime;

use crate::row::Place;
use crate::snapshots::{Judged, SnapshotRow, Standing, alarms, mark};
use crate::store::{Store, StoreError};

/// A snapshot, as far as keep rules care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeighedRow {
    /// Name of the file in the folder.
    pub file: String,
    /// Its place among all others; a later one has a higher place.
    pub position: i64,
    /// When the list was as it is there, as far as that can be believed.
    pub at: OffsetDateTime,
    /// Counted time when it was taken, in seconds.
    pub counted: i64,
    /// What it was taken for.
    pub kind: Kind,
    /// Whether it was read without a token: private titles are not in it.
    pub public: bool,
    /// Whether it can be trusted.
    pub standing: Standing,
    /// Whether something was unusual about it and nobody has answered yet.
    pub has_open_alarm: bool,
    /// Whether somebody wants it kept.
    pub keep: Option<Keep>,
}

impl From<&SnapshotRow> for WeighedRow {
    fn from(row: &SnapshotRow) -> Self {
        Self {
            file: row.file.clone(),
            position: row.position,
            at: row.at(),
            counted: row.counted,
            kind: row.kind,
            public: row.public,
            standing: row.standing(),
            has_open_alarm: row.open_alarms().next().is_some(),
            keep: row.mark.keep.clone(),
        }
    }
}

impl Store {
    /// All snapshots of an account, newest first, as far as keep rules care.
    pub async fn weighed(&self, owner: UserId) -> Result<Vec<WeighedRow>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT file, position, min(created_at, found_at), counted, kind,
                    damage IS NOT NULL, alarms, mark, public
                FROM snapshot
                WHERE user_id = :owner
                ORDER BY position DESC",
            )?;
            let mut rows = statement.query(named_params! { ":owner": owner.get() })?;
            let mut weighed = Vec::new();
            while let Some(row) = rows.next()? {
                let file: String = row.get(0)?;
                let place = Place {
                    table: "snapshot",
                    row: &file,
                };
                let text =
                    |column| -> rusqlite::Result<&str> { Ok(row.get_ref(column)?.as_str()?) };
                let alarms = alarms(text(6)?).ok_or_else(|| place.corrupt("alarms"))?;
                let mark = mark(text(7)?).ok_or_else(|| place.corrupt("mark"))?;
                let judged = Judged {
                    is_damaged: row.get(5)?,
                    alarms: &alarms,
                    mark: &mark,
                };
                let (standing, has_open_alarm) =
                    (judged.standing(), judged.open_alarms().next().is_some());
                weighed.push(WeighedRow {
                    position: row.get(1)?,
                    at: place.instant("created_at", row.get(2)?)?,
                    counted: row.get(3)?,
                    kind: Kind::parse(text(4)?).ok_or_else(|| place.corrupt("kind"))?,
                    public: row.get(8)?,
                    standing,
                    has_open_alarm,
                    keep: mark.keep,
                    file,
                });
            }
            Ok(weighed)
        })
        .await
    }
}
