//! How people name a snapshot: `live`, `latest~2`, `k7f2`, `k7f2~1`, `@2026-11-03`, `@-7d`, a path.

use std::path::PathBuf;

use jiff::civil::Date;
use thiserror::Error;

use crate::explain::{Code, Explain};

/// What comes before the name under which a snapshot is kept.
const KEPT: &str = "kept:";
/// Nobody has a list that is older, in hours.
const A_CENTURY: u32 = 24 * 36_525;

/// A way to name a list: one that was written down, or the one on AniList now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// The list on AniList now.
    Live,
    /// The newest snapshot, or so many before it.
    Latest(usize),
    /// The snapshot whose id begins so.
    Id(String),
    /// The snapshot that is kept under a name.
    Kept(String),
    /// The newest snapshot up to the end of a day.
    Day(Date),
    /// The newest snapshot up to so many hours ago.
    HoursAgo(u32),
    /// The snapshot of the same list that is so many before another one.
    Before(Box<Self>, usize),
    /// A file.
    Path(PathBuf),
}

/// A text that is not what it was given as.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidReference {
    /// It was to name a snapshot.
    #[error("`{0}` names no snapshot")]
    Snapshot(String),
    /// It was to be a day.
    #[error("`{0}` is no day: a day is written as 2026-11-03")]
    Day(String),
    /// It was to be the beginning of a day, or so long ago.
    #[error("`{0}` is no moment: one is written as `@2026-11-03`, `@-7d` or `@-12h`")]
    Since(String),
    /// It was to be a moment.
    #[error(
        "`{0}` is no moment: one is written as 2026-11-03T14:00, as 2026-11-03 (its end) or as `@-7d`"
    )]
    Moment(String),
}

impl Explain for InvalidReference {
    fn code(&self) -> Code {
        Code::Usage
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Snapshot(_) => Some(Self::FORMS.to_owned()),
            // They say themselves what is one.
            Self::Day(_) | Self::Since(_) | Self::Moment(_) => None,
        }
    }
}

impl InvalidReference {
    /// What does name one, in sentences.
    pub const FORMS: &'static str = "A snapshot is named by `latest`, `latest~2`, the beginning of \
        its id (4 characters or more), `@2026-11-03`, `@-7d`, `@-12h`, `kept:NAME`, or the path of a \
        file. `~1` behind a snapshot is the one before it, as in `k7f2~1`; `live` is the list on AniList now.";
}

impl Reference {
    /// Reads what somebody typed. What looks like a path is one.
    pub fn parse(text: &str) -> Result<Self, InvalidReference> {
        let invalid = || InvalidReference::Snapshot(text.to_owned());
        let (name, back) = Self::without_steps(text).ok_or_else(invalid)?;
        let named = Self::parse_name(name).map_err(|error| match error {
            InvalidReference::Snapshot(_) => invalid(),
            error => error,
        });
        match (named?, back) {
            (named, None) => Ok(named),
            // Before what is no snapshot of ours there is none.
            (Self::Live | Self::Path(_), Some(_)) => Err(invalid()),
            (Self::Latest(_), Some(back)) => Ok(Self::Latest(back)),
            (named, Some(back)) => Ok(Self::Before(Box::new(named), back)),
        }
    }

    /// A name without the `~1` behind it, and how far back they lead together; nothing where that is no number.
    fn without_steps(text: &str) -> Option<(&str, Option<usize>)> {
        // Names under which snapshots are kept may hold anything, and so may paths.
        if let Some(name) = text.strip_prefix(KEPT) {
            let steps = name.rsplit_once('~').filter(|(name, _)| !name.is_empty());
            let back = steps.and_then(|(_, back)| back.parse().ok());
            return Some(match (steps, back) {
                (Some((name, _)), Some(back)) => (&text[..KEPT.len() + name.len()], Some(back)),
                _ => (text, None),
            });
        }
        if is_path(text) {
            return Some((text, None));
        }
        let (mut name, mut back) = (text, None);
        while let Some((before, steps)) = name.rsplit_once('~') {
            let steps: usize = steps.parse().ok()?;
            back = Some(back.unwrap_or(0_usize).checked_add(steps)?);
            name = before;
        }
        Some((name, back))
    }

    fn parse_name(text: &str) -> Result<Self, InvalidReference> {
        let invalid = || InvalidReference::Snapshot(text.to_owned());
        let no_moment = || InvalidReference::Since(text.to_owned());
        if text == "live" {
            return Ok(Self::Live);
        }
        match text.strip_prefix("latest") {
            None => {}
            Some("") => return Ok(Self::Latest(0)),
            Some(_) => return Err(invalid()),
        }
        if let Some(name) = text.strip_prefix(KEPT) {
            return match name {
                "" => Err(invalid()),
                name => Ok(Self::Kept(name.to_owned())),
            };
        }
        if let Some(ago) = text.strip_prefix("@-") {
            let (count, hours) = match (ago.strip_suffix('d'), ago.strip_suffix('h')) {
                (Some(days), _) => (days, 24),
                (_, Some(hours)) => (hours, 1),
                (None, None) => return Err(no_moment()),
            };
            let count: u32 = count.parse().map_err(|_| no_moment())?;
            let hours = count.checked_mul(hours).filter(|hours| *hours <= A_CENTURY);
            return hours.map(Self::HoursAgo).ok_or_else(no_moment);
        }
        if let Some(day) = text.strip_prefix('@') {
            return parse_day(day).map(Self::Day).ok_or_else(no_moment);
        }
        if is_path(text) {
            return Ok(Self::Path(PathBuf::from(text)));
        }
        let is_id = (4..=12).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if is_id {
            Ok(Self::Id(text.to_owned()))
        } else {
            Err(invalid())
        }
    }
}

/// Whether it looks like a path.
fn is_path(text: &str) -> bool {
    text.contains(['/', '\\']) || text.to_ascii_lowercase().ends_with(".json")
}

/// A day as in 2027-02-28. A time behind it, which a date would be read without, makes it none.
pub(crate) fn parse_day(text: &str) -> Option<Date> {
    let is_day = text.len() == "2027-02-28".len();
    text.parse().ok().filter(|_| is_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_understood() {
        let parsed = |text| Reference::parse(text).unwrap();
        assert_eq!(parsed("live"), Reference::Live);
        assert_eq!(parsed("latest"), Reference::Latest(0));
        assert_eq!(parsed("latest~2"), Reference::Latest(2));
        assert_eq!(parsed("k7f2"), Reference::Id("k7f2".to_owned()));
        assert_eq!(
            parsed("@2026-11-03"),
            Reference::Day(jiff::civil::date(2026, 11, 3))
        );
        assert_eq!(
            parsed("kept:before the move"),
            Reference::Kept("before the move".to_owned())
        );
        let before = |of, back| Reference::Before(Box::new(parsed(of)), back);
        for of in [
            "k7f2",
            "@2026-11-03",
            "@-7d",
            "kept:before the move",
            "kept:a/b",
        ] {
            let text = format!("{of}~2");
            assert_eq!(Reference::parse(&text), Ok(before(of, 2)));
        }
        // However many there are, it is one way back.
        let many = format!("k7f2{}", "~1".repeat(30_000));
        assert_eq!(Reference::parse(&many), Ok(before("k7f2", 30_000)));
        assert_eq!(parsed("latest~1~2"), Reference::Latest(3));
        assert_eq!(
            parsed("kept:v~1~2"),
            Reference::Before(Box::new(Reference::Kept("v~1".to_owned())), 2)
        );
        assert_eq!(parsed("latest~1~2"), Reference::Latest(3));
        assert_eq!(parsed("kept:a~b"), Reference::Kept("a~b".to_owned()));
        assert_eq!(parsed("a~1.json"), Reference::Path("a~1.json".into()));
        assert_eq!(parsed("@-7d"), Reference::HoursAgo(168));
        assert_eq!(parsed("@-12h"), Reference::HoursAgo(12));
        assert_eq!(parsed("./a"), Reference::Path("./a".into()));
        assert_eq!(parsed("a.json"), Reference::Path("a.json".into()));
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for text in [
            "",
            "k7",
            "latest~",
            "latest~x",
            "k7f2~",
            "k7~1",
            "live~1",
            "~1",
            "kept:",
            "latest2",
            "@",
            "@-7",
            "@2026-13-01",
            "@2026-11-03T10:00",
            "@2026-11-03 10:00",
            "K7F2",
            "@-99999999d",
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_was_given_as_a_moment_is_refused_as_one() {
        for (text, is_moment) in [
            ("@2026-13-01", true),
            ("@-7", true),
            ("@-99999999d", true),
            ("latest2", false),
            ("kept:", false),
        ] {
            let error = Reference::parse(text).unwrap_err();
            assert_eq!(
                error.to_string().contains("is no moment"),
                is_moment,
                "{error}"
            );
            assert_eq!(error.hint().is_none(), is_moment, "{error}");
        }
    }
}
