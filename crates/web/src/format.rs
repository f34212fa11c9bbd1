//! Values as people read them.

use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcOffset};

/// `2026-11-03 21:22 UTC`
pub(crate) fn instant(at: OffsetDateTime) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    at.to_offset(UtcOffset::UTC)
        .format(form)
        .unwrap_or_else(|_| at.to_string())
}

/// `2026-11-03 21:22:05 UTC`
pub(crate) fn second(at: OffsetDateTime) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    at.to_offset(UtcOffset::UTC)
        .format(form)
        .unwrap_or_else(|_| at.to_string())
}

/// `2026-11-03`
pub(crate) fn day(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC).date().to_string()
}

/// For machines: `2026-11-03T21:22:05Z`.
pub(crate) fn machine(at: OffsetDateTime) -> String {
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    at.to_offset(UtcOffset::UTC)
        .format(form)
        .unwrap_or_default()
}

/// How long ago, in words.
pub(crate) fn age(from: OffsetDateTime, now: OffsetDateTime) -> String {
    let passed = now - from;
    let some =
        |count: i64, unit: &str| format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" });
    match passed {
        _ if passed < -Duration::hours(48) => format!("in {} days", -passed.whole_days()),
        _ if passed < -Duration::HOUR => format!("in {} h", -passed.whole_hours()),
        _ if passed < Duration::ZERO => format!("in {} min", -passed.whole_minutes()),
        _ if passed < Duration::MINUTE => "just now".to_owned(),
        _ if passed < Duration::HOUR => format!("{} min ago", passed.whole_minutes()),
        _ if passed < Duration::hours(48) => some(passed.whole_hours(), "hour"),
        _ => some(passed.whole_days(), "day"),
    }
}

/// `131.9 kB`
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 3] = ["kB", "MB", "GB"];
    if bytes < 1_000 {
        return format!("{bytes} bytes");
    }
    let mut tenths = bytes / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    format!(
        "{}.{} {}",
        tenths / 10,
        tenths % 10,
        UNITS.get(unit).copied().unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn sizes_and_ages_read_well() {
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(131_900), "131.9 kB");
        assert_eq!(size(4_100_000), "4.1 MB");
        let now = datetime!(2026-11-03 12:00 UTC);
        assert_eq!(age(datetime!(2026-11-03 11:29 UTC), now), "31 min ago");
        assert_eq!(age(datetime!(2026-11-03 11:00 UTC), now), "1 hour ago");
        assert_eq!(age(datetime!(2026-11-01 11:00 UTC), now), "2 days ago");
        assert_eq!(age(datetime!(2026-11-03 12:01 UTC), now), "in 1 min");
        assert_eq!(age(datetime!(2026-11-04 11:00 UTC), now), "in 23 h");
    }
}
