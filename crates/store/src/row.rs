//! Columns to values of the model, with the place of what is wrong.

use time::OffsetDateTime;

use crate::store::Failed;

/// Where a value was read from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'static str,
    pub(crate) row: &'a str,
}

impl Place<'_> {
    pub(crate) fn corrupt(self, column: &'static str) -> Failed {
        Failed::Corrupt {
            table: self.table,
            column,
            row: self.row.to_owned(),
        }
    }

    pub(crate) fn instant(
        self,
        column: &'static str,
        millis: i64,
    ) -> Result<OffsetDateTime, Failed> {
        from_millis(millis).ok_or_else(|| self.corrupt(column))
    }

    pub(crate) fn id(self, column: &'static str, id: i64) -> Result<u32, Failed> {
        u32::try_from(id).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn count(self, column: &'static str, count: i64) -> Result<usize, Failed> {
        usize::try_from(count).map_err(|_| self.corrupt(column))
    }
}

/// Instants are kept as milliseconds since 1970.
pub(crate) fn to_millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

pub(crate) fn from_millis(millis: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok()
}
