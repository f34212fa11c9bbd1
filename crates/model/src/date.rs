//! Dates of which any part may be missing.

use std::fmt;

/// A date as AniList keeps it: year, month and day, each possibly missing, not all of them.
///
/// AniList does not promise that the parts make a calendar day, so neither does this type: it
/// keeps what was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FuzzyDate {
    year: Option<u16>,
    month: Option<u8>,
    day: Option<u8>,
}

impl FuzzyDate {
    /// A date of these parts; `None` when every part is missing. A zero counts as missing.
    pub fn new(year: Option<u16>, month: Option<u8>, day: Option<u8>) -> Option<Self> {
        let date = Self {
            year: year.filter(|part| *part != 0),
            month: month.filter(|part| *part != 0),
            day: day.filter(|part| *part != 0),
        };
        (date.year.is_some() || date.month.is_some() || date.day.is_some()).then_some(date)
    }

    /// The year, if known.
    pub const fn year(self) -> Option<u16> {
        self.year
    }

    /// The month, 1 to 12, if known.
    pub const fn month(self) -> Option<u8> {
        self.month
    }

    /// The day of the month, if known.
    pub const fn day(self) -> Option<u8> {
        self.day
    }
}

/// Writes ISO 8601 with `?` for what is missing: `2024-03-07`, `2024-03`, `2024`, `????-03-07`.
impl fmt::Display for FuzzyDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.year {
            Some(year) => write!(f, "{year:04}")?,
            None => f.write_str("????")?,
        }
        match (self.month, self.day) {
            (None, None) => Ok(()),
            (Some(month), None) => write!(f, "-{month:02}"),
            (Some(month), Some(day)) => write!(f, "-{month:02}-{day:02}"),
            (None, Some(day)) => write!(f, "-??-{day:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_without_parts_is_no_date() {
        assert_eq!(FuzzyDate::new(None, None, None), None);
        assert_eq!(FuzzyDate::new(Some(0), Some(0), Some(0)), None);
    }

    #[test]
    fn any_part_may_be_missing() {
        let text = |y, m, d| FuzzyDate::new(y, m, d).unwrap().to_string();
        assert_eq!(text(Some(2024), Some(3), Some(7)), "2024-03-07");
        assert_eq!(text(Some(2024), Some(3), None), "2024-03");
        assert_eq!(text(Some(2024), None, None), "2024");
        assert_eq!(text(None, Some(3), Some(7)), "????-03-07");
        assert_eq!(text(Some(2024), None, Some(7)), "2024-??-07");
    }
}
