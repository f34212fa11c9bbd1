//! A change as it stands in the catalogue, with what became of it since.

use anirewind_model::{Comparison, Entry, MediaId, MediaType, UserId};
use anirewind_timeline::{Change, Id, Outcome, Source, When};
use rusqlite::Row;

use crate::row::{Cells, Place};
use crate::store::Failed;
use crate::timeline::entry;

/// A change as it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// Its id.
    pub id: Id,
    /// Its place among the others: by this and its time pages go on.
    pub seq: i64,
    /// Whose list it is about.
    pub owner: UserId,
    /// The change.
    pub change: Change,
    /// The newest change that took it back.
    pub undone_by: Option<Id>,
    /// The act of ours that this newest one is part of.
    pub undone_in: Option<Id>,
    /// The restore that made it as it was before, unless that was taken back: the next thing that happened to the title,
    /// where it went off the list, or to these fields of it.
    pub put_back_by: Option<Id>,
    /// Whether somebody does not want to see it.
    pub is_hidden: bool,
}

/// All that is kept of changes, in the order of [`Raw`].
pub(crate) const SELECT: &str = include_str!("sql/change.sql");

pub(crate) struct Raw {
    seq: i64,
    id: String,
    user_id: i64,
    media_type: String,
    media_id: i64,
    outcome: String,
    source: String,
    at: i64,
    since: Option<i64>,
    group: Option<String>,
    operation: Option<String>,
    undoes: Option<String>,
    title: Option<String>,
    error: Option<String>,
    before: Option<String>,
    after: Option<String>,
    undone_by: Option<String>,
    undone_in: Option<String>,
    put_back_by: Option<String>,
    /// What the title was after that restore.
    restored: Option<String>,
    is_hidden: bool,
}

impl Raw {
    pub(crate) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut cells = Cells::of(row);
        Ok(Self {
            seq: cells.next()?,
            id: cells.next()?,
            user_id: cells.next()?,
            media_type: cells.next()?,
            media_id: cells.next()?,
            outcome: cells.next()?,
            source: cells.next()?,
            at: cells.next()?,
            since: cells.next()?,
            group: cells.next()?,
            operation: cells.next()?,
            undoes: cells.next()?,
            title: cells.next()?,
            error: cells.next()?,
            before: cells.next()?,
            after: cells.next()?,
            undone_by: cells.next()?,
            undone_in: cells.next()?,
            put_back_by: cells.next()?,
            restored: cells.next()?,
            is_hidden: cells.next()?,
        })
    }

    pub(crate) fn into_row(self) -> Result<ChangeRow, Failed> {
        let key = self.id.clone();
        let place = Place {
            table: "change",
            row: &key,
        };
        let id = |column, text: Option<String>| {
            let parsed = text.map(|text| Id::parse(&text).ok_or_else(|| place.corrupt(column)));
            parsed.transpose()
        };
        let state = |column, text: Option<String>| {
            let parsed = text.map(|text| entry("change", &key, column, &self.media_type, &text));
            parsed.transpose()
        };
        let media_type = MediaType::parse(&self.media_type);
        let (before, after) = (state("before", self.before)?, state("after", self.after)?);
        let restored = match &self.put_back_by {
            Some(_) => state("after", self.restored)?,
            None => None,
        };
        let is_so_again = is_so_again(before.as_ref(), after.as_ref(), restored.as_ref());
        Ok(ChangeRow {
            id: Id::parse(&self.id).ok_or_else(|| place.corrupt("id"))?,
            seq: self.seq,
            owner: UserId::new(place.id("user_id", self.user_id)?),
            undone_by: id("undone_by", self.undone_by)?,
            undone_in: id("undone_in", self.undone_in)?,
            put_back_by: id("put_back_by", self.put_back_by.filter(|_| is_so_again))?,
            is_hidden: self.is_hidden,
            change: Change {
                media: MediaId::new(place.id("media_id", self.media_id)?),
                media_type: media_type.ok_or_else(|| place.corrupt("media_type"))?,
                title: self.title,
                before,
                after,
                outcome: Outcome::parse(&self.outcome).ok_or_else(|| place.corrupt("outcome"))?,
                source: Source::parse(&self.source).ok_or_else(|| place.corrupt("source"))?,
                when: When {
                    at: place.instant("at", self.at)?,
                    since: self
                        .since
                        .map(|at| place.instant("since", at))
                        .transpose()?,
                },
                group: id("group_id", self.group)?,
                operation: id("operation_id", self.operation)?,
                undoes: id("undoes", self.undoes)?,
                error: self.error,
            },
        })
    }
}

/// Whether the fields of a title that a change made otherwise are as they were before it; of one that took the title off
/// the list that is for others to say.
fn is_so_again(before: Option<&Entry>, after: Option<&Entry>, restored: Option<&Entry>) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return true;
    };
    restored.is_some_and(|restored| {
        let mut fields = before.values.differing(&after.values);
        fields.all(|field| before.values.compare(&restored.values, field) == Comparison::Same)
    })
}

#[cfg(test)]
mod tests {
    use anirewind_model::{EntryValues, Recorded, Score};
    use time::Duration;
    use time::macros::datetime;

    use crate::store::Store;
    use crate::timeline::ChangeFilter;

    use super::*;

    const HANA: UserId = UserId::new(1);

    /// What makes a change, whether the title is on the list since, and what it takes back.
    fn change(minute: i64, source: Source, is_there: bool, undoes: Option<&Id>) -> Change {
        let entry = Entry {
            media: MediaId::new(7),
            media_type: MediaType::Anime,
            id: None,
            values: EntryValues::default(),
            created_at: None,
            updated_at: None,
            summary: None,
        };
        let (before, after) = if is_there {
            (None, Some(entry))
        } else {
            (Some(entry), None)
        };
        let outcome = match (source, is_there) {
            (Source::Undo, _) => Outcome::Undone,
            (_, true) => Outcome::Synced,
            (_, false) => Outcome::Deleted,
        };
        let operation = (source != Source::Observed).then(|| Id::of_number(u64::MAX));
        Change {
            media: MediaId::new(7),
            media_type: MediaType::Anime,
            title: None,
            before,
            after,
            outcome,
            source,
            when: When::exactly(datetime!(2026-11-03 12:00 UTC) + Duration::minutes(minute)),
            group: None,
            operation,
            undoes: undoes.cloned(),
            error: None,
        }
    }

    #[tokio::test]
    async fn what_went_is_put_back_by_the_restore_by_which_it_came_next() {
        let store = Store::in_memory();
        let put_back = async || {
            let all = store.changes(None, ChangeFilter::default(), None, 9).await;
            let mut all = all.unwrap();
            all.reverse();
            let is_back = all.iter().map(|row| row.put_back_by.is_some());
            is_back.collect::<Vec<_>>()
        };
        let record = async |changes| store.record_changes(HANA, changes).await.unwrap();
        // Somebody else put it back, so the first time it was not us.
        let others = [
            change(0, Source::Observed, false, None),
            change(1, Source::Observed, true, None),
            change(2, Source::Observed, false, None),
        ];
        record(others.to_vec()).await;
        assert_eq!(put_back().await, [false; 3]);
        let failed = Change {
            outcome: Outcome::Failed,
            ..change(3, Source::Restore, true, None)
        };
        record(vec![failed]).await;
        assert_eq!(put_back().await, [false; 4], "it did not work");
        // At the same moment as the one before, and later than it all the same.
        let restored = record(vec![change(3, Source::Restore, true, None)]).await;
        let is_back = [false, false, true, false, false];
        assert_eq!(put_back().await, is_back);
        record(vec![change(4, Source::Undo, false, restored.first())]).await;
        assert_eq!(put_back().await, [false; 6], "it was taken back");
    }

    /// The same title with a score and so many episodes before, and others after.
    fn edit(minute: i64, source: Source, before: (u16, u32), after: (u16, u32)) -> Change {
        let there = change(minute, source, true, None);
        let entry = |(score, progress): (u16, u32)| {
            let mut entry = there.after.clone().unwrap();
            entry.values.score = Score::new(score).into();
            entry.values.progress = Recorded::Known(progress);
            entry
        };
        Change {
            before: Some(entry(before)),
            after: Some(entry(after)),
            ..there
        }
    }

    #[tokio::test]
    async fn fields_are_put_back_by_the_restore_that_next_made_them_what_they_were() {
        let store = Store::in_memory();
        let put_back = async || {
            let all = store.changes(None, ChangeFilter::default(), None, 9).await;
            let mut all = all.unwrap();
            all.reverse();
            let is_back = all.iter().map(|row| row.put_back_by.is_some());
            is_back.collect::<Vec<_>>()
        };
        let record = async |change| store.record_changes(HANA, vec![change]).await.unwrap();
        record(edit(0, Source::Observed, (90, 1), (80, 1))).await;
        record(edit(1, Source::Observed, (80, 1), (60, 1))).await;
        // Something else of it is of no account.
        record(edit(2, Source::Observed, (60, 1), (60, 2))).await;
        assert_eq!(put_back().await, [false; 3]);
        let restored = record(edit(3, Source::Restore, (60, 2), (80, 2))).await;
        assert_eq!(put_back().await, [false, true, false, false]);
        let undone = Change {
            undoes: restored.first().cloned(),
            outcome: Outcome::Undone,
            ..edit(4, Source::Undo, (80, 2), (60, 2))
        };
        record(undone).await;
        assert_eq!(put_back().await, [false; 5], "it was taken back");
        // What it had been before that is another value.
        record(edit(5, Source::Restore, (60, 2), (90, 2))).await;
        assert_eq!(put_back().await, [false; 6]);
        record(edit(6, Source::Observed, (90, 2), (10, 3))).await;
        record(edit(7, Source::Restore, (10, 3), (90, 3))).await;
        assert_eq!(put_back().await, [false; 8], "a part of it was put back");
    }
}
