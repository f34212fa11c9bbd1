//! What is unusual and nobody has answered yet.

use anirewind_backup::{Alarm, Answer, AnswerVerdict, Mark};
use anirewind_model::UserId;
use anirewind_store::SnapshotRow;
use time::{Duration, OffsetDateTime};

use crate::app::App;
use crate::curate::CurateError;
use crate::find::BrowseError;
use crate::judge::is_trusted;

/// A list that used to change and has not for so many times as long as usual is worth a look.
const UNUSUALLY_QUIET: i32 = 10;
/// And not before this long.
const QUIET_AT_LEAST: Duration = Duration::days(14);
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
        let rows = self.inner.store.snapshots(owner).await?;
        let with_alarm = rows.iter().enumerate().filter_map(|(index, row)| {
            let alarms: Vec<_> = row.open_alarms().copied().collect();
            if alarms.is_empty() {
                return None;
            }
            let mut earlier = rows.iter().skip(index + 1);
            let before = earlier.find(|other| other.owner.id == row.owner.id && is_trusted(other));
            Some(OpenAlarm {
                snapshot: row.clone(),
                alarms,
                before: before.cloned(),
            })
        });
        Ok(with_alarm.collect())
    }

    /// Answers everything unusual about an account that is unanswered, and says how many
    /// snapshots that was about.
    pub async fn answer_alarms(
        &self,
        owner: UserId,
        verdict: AnswerVerdict,
    ) -> Result<usize, CurateError> {
        let open = self.open_alarms(Some(owner)).await?;
        for alarm in &open {
            let rules: Vec<_> = alarm
                .snapshot
                .alarms
                .iter()
                .map(|alarm| alarm.rule)
                .collect();
            let answer = Some(Answer::new(verdict, &rules));
            self.mark(&alarm.snapshot, |mark| Mark { answer, ..mark })
                .await?;
        }
        Ok(open.len())
    }
}

/// Since when a list has not changed, when that is unusually long for it. Snapshots newest first.
pub(crate) fn quiet_since(rows: &[SnapshotRow], now: OffsetDateTime) -> Option<OffsetDateTime> {
    let is_change = |row: &&SnapshotRow| {
        let delta = row.delta.unwrap_or_default();
        is_trusted(row) && delta.added + delta.changed + delta.removed > 0
    };
    let changes: Vec<OffsetDateTime> = rows.iter().filter(is_change).map(SnapshotRow::at).collect();
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
    let limit = usual.checked_mul(UNUSUALLY_QUIET)?.max(QUIET_AT_LEAST);
    (now - last > limit).then_some(last)
}
