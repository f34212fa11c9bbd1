//! What is unusual and nobody has answered yet.

use anirewind_backup::{Alarm, Answer, AnswerVerdict, Kind};
use anirewind_model::UserId;
use anirewind_store::{SnapshotFilter, SnapshotRow, Start, StoreError};
use time::{Duration, OffsetDateTime};

use crate::app::App;
use crate::curate::CurateError;
use crate::find::BrowseError;
use crate::judge::is_trusted;

/// A list is never called quiet before this long.
const QUIET_AT_LEAST: Duration = Duration::days(14);
/// So many snapshots are looked at together; the first is almost always good.
pub(crate) const A_FEW: usize = 4;
/// So many changes make a habit.
const A_HABIT: usize = 5;

/// A snapshot with what is unusual about it.
#[derive(Debug, Clone)]
pub struct OpenAlarm {
    /// The snapshot.
    pub snapshot: SnapshotRow,
    /// What is unusual.
    pub alarms: Vec<Alarm>,
    /// The last good snapshot before it.
    pub before: Option<SnapshotRow>,
}

impl App {
    /// What is unusual and unanswered, newest first; of one user where one is named.
    pub async fn open_alarms(&self, owner: Option<UserId>) -> Result<Vec<OpenAlarm>, BrowseError> {
        let filter = SnapshotFilter {
            unusual: true,
            ..SnapshotFilter::default()
        };
        let store = &self.inner.store;
        let rows = store.snapshots_where(owner, filter, Start::Newest, usize::MAX);
        let mut open = Vec::new();
        for row in rows.await? {
            let alarms: Vec<_> = row.open_alarms().copied().collect();
            if !alarms.is_empty() {
                open.push(OpenAlarm {
                    before: self.last_good_below(row.owner.id, row.position).await?,
                    snapshot: row,
                    alarms,
                });
            }
        }
        Ok(open)
    }

    /// What is called the last good snapshot: the newest that can be trusted, from before anything about
    /// which nobody has said yet whether it was meant. Those after it may hold what is left of a list.
    pub(crate) async fn last_good_before(
        &self,
        owner: UserId,
        open: &[OpenAlarm],
    ) -> Result<Option<SnapshotRow>, BrowseError> {
        let first = open.iter().map(|open| open.snapshot.position).min();
        let place = first.unwrap_or(i64::MAX);
        Ok(self.last_good_below(owner, place).await?)
    }

    /// The newest snapshot of an account that can be trusted, among those below a place.
    pub(crate) async fn last_good_below(
        &self,
        owner: UserId,
        place: i64,
    ) -> Result<Option<SnapshotRow>, StoreError> {
        self.last_trusted(owner, SnapshotFilter::default(), Start::Below(place))
            .await
    }

    /// The newest snapshot of an account that can be trusted, among those that are wanted.
    pub(crate) async fn last_trusted(
        &self,
        owner: UserId,
        filter: SnapshotFilter,
        start: Start,
    ) -> Result<Option<SnapshotRow>, StoreError> {
        self.newest_that(owner, filter, start, is_trusted).await
    }

    /// The newest snapshot of an account that was taken here and can be read, whether it is believed or not.
    pub(crate) async fn last_taken(
        &self,
        owner: UserId,
    ) -> Result<Option<SnapshotRow>, StoreError> {
        let is_ours = |row: &SnapshotRow| row.kind != Kind::Imported && row.damage.is_none();
        let all = SnapshotFilter::default();
        self.newest_that(owner, all, Start::Newest, is_ours).await
    }

    async fn newest_that(
        &self,
        owner: UserId,
        filter: SnapshotFilter,
        mut start: Start,
        is_wanted: fn(&SnapshotRow) -> bool,
    ) -> Result<Option<SnapshotRow>, StoreError> {
        loop {
            let store = &self.inner.store;
            let rows = store.snapshots_where(Some(owner), filter.clone(), start, A_FEW);
            let rows = rows.await?;
            let Some(last) = rows.last() else {
                return Ok(None);
            };
            start = Start::Below(last.position);
            if let Some(found) = rows.into_iter().find(is_wanted) {
                return Ok(Some(found));
            }
        }
    }

    /// Answers what is unusual: exactly what was shown, and nothing that came since.
    pub async fn answer_alarms(
        &self,
        shown: &[OpenAlarm],
        verdict: AnswerVerdict,
    ) -> Result<(), CurateError> {
        let at = self.now();
        for open in shown {
            if verdict == AnswerVerdict::NotMe {
                self.disown(open).await?;
                continue;
            }
            let rules: Vec<_> = open.alarms.iter().map(|alarm| alarm.rule).collect();
            let answer = Answer::new(verdict, &rules, at);
            self.answer(&open.snapshot, answer).await?;
        }
        Ok(())
    }
}

/// Since when a list has not changed, when that is unusually long for it. Changes newest first.
pub(crate) fn quiet_since(
    changes: &[OffsetDateTime],
    factor: u32,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    let last = *changes.first()?;
    if changes.len() < A_HABIT {
        return None;
    }
    let mut gaps: Vec<Duration> = changes
        .windows(2)
        .filter_map(|pair| match pair {
            [later, earlier] => Some(*later - *earlier),
            _ => None,
        })
        .collect();
    gaps.sort();
    let usual = *gaps.get(gaps.len() / 2)?;
    let factor = i32::try_from(factor).unwrap_or(i32::MAX);
    let limit = usual.checked_mul(factor)?.max(QUIET_AT_LEAST);
    (now - last > limit).then_some(last)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_list_that_used_to_change_and_no_longer_does() {
        let start = datetime!(2026-11-03 12:00 UTC);
        let changes: Vec<_> = (0..20).map(|day| start - Duration::days(day)).collect();
        let after = |days| quiet_since(&changes, 10, start + Duration::days(days));
        assert_eq!(after(13), None, "two weeks at least");
        assert_eq!(after(15), Some(start));
        assert_eq!(
            quiet_since(&changes[..4], 10, start + Duration::days(99)),
            None
        );
        let weekly: Vec<_> = (0..20).map(|week| start - Duration::weeks(week)).collect();
        let after = |days| quiet_since(&weekly, 10, start + Duration::days(days));
        assert_eq!((after(69), after(71)), (None, Some(start)));
    }
}
