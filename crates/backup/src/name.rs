//! What a snapshot file is called: `<prefix>-<user>.<YYYYMMDDHHMMSS>.json`, in UTC.

use std::fmt;

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

const STAMP: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day][hour][minute][second]");
const ENDING: &str = ".json";
const LONGEST_USER: usize = 100;

/// The name of a snapshot file. Only names of this form are ever touched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotName {
    prefix: String,
    user: String,
    at: OffsetDateTime,
}

impl SnapshotName {
    /// A name for a list of this user at this instant, cut to whole seconds.
    ///
    /// Characters that do not belong into a file name become `_`.
    pub fn new(prefix: &str, user: &str, at: OffsetDateTime) -> Self {
        let user: String = user
            .chars()
            .take(LONGEST_USER)
            .map(|c| if is_plain(c) { c } else { '_' })
            .collect();
        let user = if user.is_empty() || user.starts_with('.') {
            format!("_{user}")
        } else {
            user
        };
        let at = at.to_offset(UtcOffset::UTC);
        let at = at.replace_nanosecond(0).unwrap_or(at);
        Self {
            prefix: prefix.to_owned(),
            user,
            at,
        }
    }

    /// Reads a file name; `None` when it is not one of ours.
    ///
    /// The user may hold dots, so the stamp is what stands after the last one: `tv` and `tv.kids`
    /// are never mixed up.
    pub fn parse(prefix: &str, name: &str) -> Option<Self> {
        let rest = name
            .strip_prefix(prefix)?
            .strip_prefix('-')?
            .strip_suffix(ENDING)?;
        let (user, stamp) = rest.rsplit_once('.')?;
        let is_user = !user.is_empty() && !user.starts_with('.') && user.chars().all(is_plain);
        if !is_user {
            return None;
        }
        Some(Self {
            prefix: prefix.to_owned(),
            user: user.to_owned(),
            at: parse_stamp(stamp)?,
        })
    }

    /// The user part. Who the list belongs to stands inside the file.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The instant in the name.
    pub fn at(&self) -> OffsetDateTime {
        self.at
    }

    /// The same name a second later, for when this one is taken.
    #[must_use]
    pub fn a_second_later(&self) -> Self {
        Self {
            at: self.at + time::Duration::SECOND,
            ..self.clone()
        }
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

impl fmt::Display for SnapshotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stamp = format_stamp(self.at);
        write!(f, "{}-{}.{stamp}{ENDING}", self.prefix, self.user)
    }
}

/// Reads fourteen digits of a date and a time in UTC.
pub(crate) fn parse_stamp(stamp: &str) -> Option<OffsetDateTime> {
    let is_stamp = stamp.len() == 14 && stamp.bytes().all(|b| b.is_ascii_digit());
    let at = PrimitiveDateTime::parse(stamp, STAMP).ok();
    at.filter(|_| is_stamp).map(PrimitiveDateTime::assume_utc)
}

/// Writes an instant as fourteen digits, in UTC.
pub(crate) fn format_stamp(at: OffsetDateTime) -> String {
    // Every part that the form names is a part of every instant.
    at.to_offset(UtcOffset::UTC)
        .format(STAMP)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const PREFIX: &str = "plexanibridge";

    #[test]
    fn a_name_is_in_utc_and_reads_back() {
        let name = SnapshotName::new(PREFIX, "hana", datetime!(2026-11-03 22:22:05.7 +1));
        assert_eq!(name.to_string(), "plexanibridge-hana.20261103212205.json");
        assert_eq!(SnapshotName::parse(PREFIX, &name.to_string()), Some(name));
    }

    #[test]
    fn users_with_dots_are_told_apart() {
        let user = |name| SnapshotName::parse(PREFIX, name).map(|name| name.user().to_owned());
        assert_eq!(
            user("plexanibridge-tv.20260101000000.json").as_deref(),
            Some("tv")
        );
        assert_eq!(
            user("plexanibridge-tv.kids.20260101000000.json").as_deref(),
            Some("tv.kids")
        );
    }

    #[test]
    fn what_is_not_ours_has_no_name() {
        for name in [
            "plexanibridge-hana.json",
            "plexanibridge-hana.2026010100000.json",
            "plexanibridge-hana.20261301000000.json",
            "plexanibridge-.20260101000000.json",
            "plexanibridge-../x.20260101000000.json",
            "plexanibridge-a/b.20260101000000.json",
            "other-hana.20260101000000.json",
            "plexanibridge-hana.20260101000000.json.tmp",
            "notes.txt",
        ] {
            assert_eq!(SnapshotName::parse(PREFIX, name), None, "{name}");
        }
    }

    #[test]
    fn a_user_cannot_leave_the_folder() {
        let name = SnapshotName::new(PREFIX, "../../etc/x", datetime!(2026-01-01 0:00 UTC));
        assert!(!name.to_string().contains('/'), "{name}");
        let dots = SnapshotName::new(PREFIX, "..", datetime!(2026-01-01 0:00 UTC));
        assert_eq!(SnapshotName::parse(PREFIX, &dots.to_string()), Some(dots));
    }
}
