//! Where a page of what goes by time goes on.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use time::OffsetDateTime;

use crate::change_row::ChangeRow;
use crate::operations::OperationRow;
use crate::row::{from_millis, to_millis};

/// A place among changes or acts: a page goes on below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// When the last one of the page before was.
    pub at: OffsetDateTime,
    /// Its place.
    pub seq: i64,
}

/// A text that names no place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("that is no place in a list")]
pub struct InvalidCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", to_millis(self.at), self.seq)
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (at, seq) = text.split_once('.').ok_or(InvalidCursor)?;
        let at = at.parse().map_err(|_| InvalidCursor)?;
        Ok(Self {
            at: from_millis(at).ok_or(InvalidCursor)?,
            seq: seq.parse().map_err(|_| InvalidCursor)?,
        })
    }
}

impl ChangeRow {
    /// Where a page goes on that ends with this one.
    pub const fn cursor(&self) -> Cursor {
        Cursor {
            at: self.change.when.at,
            seq: self.seq,
        }
    }
}

impl OperationRow {
    /// Where a page goes on that ends with this one.
    pub const fn cursor(&self) -> Cursor {
        Cursor {
            at: self.at,
            seq: self.seq,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_nothing_else_is_one() {
        let place = Cursor {
            at: datetime!(2026-11-03 16:22:05.123 UTC),
            seq: 7,
        };
        assert_eq!(place.to_string(), "1793722925123.7");
        assert_eq!(place.to_string().parse(), Ok(place));
        for text in ["", "7", "a.7", "7.a", "99999999999999999.1", "1.2.3"] {
            assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor), "{text}");
        }
        let later = Cursor { seq: 8, ..place };
        assert!(place < later);
    }
}
