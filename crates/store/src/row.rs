//! Columns to values of the model, with the place of what is wrong.

use rusqlite::Row;
use rusqlite::types::FromSql;
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

/// The columns of a row, one after the other, as the statement names them: to look each up by its name takes as long
/// as to find the row.
pub(crate) struct Cells<'a> {
    row: &'a Row<'a>,
    next: usize,
}

impl<'a> Cells<'a> {
    pub(crate) const fn of(row: &'a Row<'a>) -> Self {
        Self { row, next: 0 }
    }

    pub(crate) fn next<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        let cell = self.row.get(self.next)?;
        self.next += 1;
        Ok(cell)
    }
}

/// Instants are kept as milliseconds since 1970.
pub(crate) fn to_millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

pub(crate) fn from_millis(millis: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok()
}
