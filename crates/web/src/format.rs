//! Values as people read them.

pub(crate) use anirewind_core::size;
use anirewind_core::{Zone, count};
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, UtcOffset};

tokio::task_local! {
    /// Whose clocks the page that is being made shows.
    static ZONE: Zone;
}

/// Makes a page, or a part of one, with times as they are in a zone.
pub(crate) fn in_zone<F: Future>(zone: Zone, work: F) -> impl Future<Output = F::Output> {
    ZONE.scope(zone, work)
}

/// A moment by the clocks of this installation, and what their zone is called then. UTC where nobody
/// said whose clocks are meant.
fn local(at: OffsetDateTime) -> (OffsetDateTime, String) {
    let known = ZONE.try_with(|zone| zone.local(at));
    known.unwrap_or_else(|_| Zone::default().local(at))
}

/// `2026-11-03 22:22 CET`
pub(crate) fn instant(at: OffsetDateTime) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]");
    let (at, zone) = local(at);
    let shown = at.format(form).unwrap_or_else(|_| at.to_string());
    format!("{shown} {zone}")
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

/// `2026-11-03`
pub(crate) fn day(at: OffsetDateTime) -> String {
    date(at).to_string()
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
        assert_eq!(instant(at), "2026-11-03 23:30 UTC");
        let tokyo = Zone::called("Asia/Tokyo").unwrap();
        let shown = in_zone(tokyo, async {
            [instant(at), exact(at), day(at), clock(at)]
        });
        assert_eq!(
            shown.await,
            [
                "2026-11-04 08:30 JST",
                "2026-11-04 08:30:05 +09:00",
                "2026-11-04",
                "08:30"
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
