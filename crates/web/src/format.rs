//! Values as people read them.

pub(crate) use anirewind_core::size;
use anirewind_core::{Zone, count, date_words};
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, UtcOffset};

tokio::task_local! {
    /// Whose clocks the page that is being made shows, and when that is.
    static CLOCKS: Option<(Zone, OffsetDateTime)>;
}

/// Makes a page, or a part of one, with times as they are in a zone, now.
pub(crate) fn in_zone<F: Future>(
    clocks: Option<(Zone, OffsetDateTime)>,
    work: F,
) -> impl Future<Output = F::Output> {
    CLOCKS.scope(clocks, work)
}

/// The zone in which times are shown, which is UTC where nobody said whose clocks are meant, and when now is.
fn clocks() -> (Zone, Option<OffsetDateTime>) {
    match CLOCKS.try_with(Clone::clone) {
        Ok(Some((zone, now))) => (zone, Some(now)),
        Ok(None) | Err(_) => (Zone::default(), None),
    }
}

/// A moment by the clocks of this installation, and what their zone is called then.
fn local(at: OffsetDateTime) -> (OffsetDateTime, String) {
    clocks().0.local(at)
}

/// `3 Nov 22:22`, with the year where it is another than now.
pub(crate) fn instant(at: OffsetDateTime) -> String {
    let (zone, now) = clocks();
    zone.moment(at, now)
}

/// `2026-11-03 22:22:05 CET`
pub(crate) fn second(at: OffsetDateTime) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let (at, zone) = local(at);
    let shown = at.format(form).unwrap_or_else(|_| at.to_string());
    format!("{shown} {zone}")
}

/// The whole of it, for whoever wants to know exactly: `2026-11-03 22:22:05 +01:00`
pub(crate) fn exact(at: OffsetDateTime) -> String {
    let form = format_description!(
        "[year]-[month]-[day] [hour]:[minute]:[second] [offset_hour sign:mandatory]:[offset_minute]"
    );
    let (at, _) = local(at);
    at.format(form).unwrap_or_else(|_| at.to_string())
}

/// `22:22`
pub(crate) fn clock(at: OffsetDateTime) -> String {
    let (at, _) = local(at);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// The day that it is then.
pub(crate) fn date(at: OffsetDateTime) -> Date {
    local(at).0.date()
}

/// `3 Nov`, with the year where it is another than now.
pub(crate) fn day(at: OffsetDateTime) -> String {
    let (zone, now) = clocks();
    zone.date(at, now)
}

/// The same of a day.
pub(crate) fn of_date(day: Date) -> String {
    let (zone, now) = clocks();
    date_words(day, now.map(|now| zone.local(now).0.date()))
}

/// The same of one that is named as `2026-11-03`.
pub(crate) fn of_day(name: &str) -> String {
    let form = format_description!("[year]-[month]-[day]");
    Date::parse(name, form).map_or_else(|_| name.to_owned(), of_date)
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
    let some = |number: i64, unit: &str| {
        let number = usize::try_from(number).unwrap_or_default();
        format!("{} ago", count(number, unit))
    };
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

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[tokio::test]
    async fn times_are_those_of_the_zone_and_of_utc_where_there_is_none() {
        let at = datetime!(2026-11-03 23:30:05 UTC);
        assert_eq!(instant(at), "3 Nov 2026 23:30");
        let tokyo = Zone::called("Asia/Tokyo").unwrap();
        let shown = in_zone(Some((tokyo, at)), async {
            let long_ago = day(at - Duration::days(365));
            [
                instant(at),
                exact(at),
                day(at),
                clock(at),
                long_ago,
                of_day("2026-01-03"),
            ]
        });
        assert_eq!(
            shown.await,
            [
                "4 Nov 08:30",
                "2026-11-04 08:30:05 +09:00",
                "4 Nov",
                "08:30",
                "4 Nov 2025",
                "3 Jan"
            ]
        );
        assert_eq!(machine(at), "2026-11-03T23:30:05Z");
    }

    #[test]
    fn ages_read_well() {
        let now = datetime!(2026-11-03 12:00 UTC);
        assert_eq!(age(datetime!(2026-11-03 11:29 UTC), now), "31 min ago");
        assert_eq!(age(datetime!(2026-11-03 11:00 UTC), now), "1 hour ago");
        assert_eq!(age(datetime!(2026-11-01 11:00 UTC), now), "2 days ago");
        assert_eq!(age(datetime!(2026-11-03 12:01 UTC), now), "in 1 min");
        assert_eq!(age(datetime!(2026-11-04 11:00 UTC), now), "in 23 h");
    }
}
