//! When snapshots are due, in somebody's time zone.

use std::fmt;
use std::str::FromStr as _;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use thiserror::Error;
use time::OffsetDateTime;

/// When snapshots are taken, besides at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// Once a day at this local time.
    Daily(Time),
    /// Every so often, counted from the last one.
    Every(Duration),
    /// Not by themselves, nor at start.
    Off,
}

/// What is never due is due after everybody's time here.
const NEVER: SignedDuration = SignedDuration::from_hours(24 * 3_650);

/// By how much later than the schedule says somebody is served, so that not all the world asks AniList
/// on the hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Jitter(time::Duration);

/// A text that is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a schedule; allowed: {allowed}", allowed = Schedule::ALLOWED)]
pub struct InvalidSchedule(String);

impl Schedule {
    /// What a schedule may be, in words.
    pub const ALLOWED: &'static str = "daily@HH:MM, every Nh or every Nm (15m to 31 days), or off";

    /// Reads `daily@01:00`, `every 6h`, `every 90m`, `off`.
    pub fn parse(text: &str) -> Result<Self, InvalidSchedule> {
        let invalid = || InvalidSchedule(text.to_owned());
        if text == "off" {
            return Ok(Self::Off);
        }
        if let Some(at) = text.strip_prefix("daily@") {
            let (hour, minute) = at.split_once(':').ok_or_else(invalid)?;
            let part = |part: &str| i8::from_str(part).map_err(|_| invalid());
            let time = Time::new(part(hour)?, part(minute)?, 0, 0);
            return time.map(Self::Daily).map_err(|_| invalid());
        }
        let every = text.strip_prefix("every").ok_or_else(invalid)?.trim();
        let number = |digits: &str| u64::from_str(digits.trim()).map_err(|_| invalid());
        let minutes = if let Some(hours) = every.strip_suffix('h') {
            number(hours)?.checked_mul(60).ok_or_else(invalid)?
        } else {
            number(every.strip_suffix('m').ok_or_else(invalid)?)?
        };
        if !(15..=60 * 24 * 31).contains(&minutes) {
            return Err(invalid());
        }
        Ok(Self::Every(Duration::from_mins(minutes)))
    }

    /// The first time due after `last`.
    ///
    /// A local time that a day does not have, because clocks went forward over it, is due right
    /// after the gap; one that it has twice is due the first time only.
    pub fn next_after(self, last: OffsetDateTime, zone: &TimeZone) -> OffsetDateTime {
        let Ok(last) = Timestamp::from_second(last.unix_timestamp()) else {
            return last;
        };
        let next = match self {
            Self::Off => last.checked_add(NEVER).ok(),
            Self::Every(interval) => SignedDuration::try_from(interval)
                .ok()
                .and_then(|step| last.checked_add(step).ok()),
            Self::Daily(at) => {
                let today = last.to_zoned(zone.clone()).date();
                let days = [
                    today.checked_sub(1.day()).ok(),
                    Some(today),
                    today.tomorrow().ok(),
                ];
                let days = days
                    .into_iter()
                    .flatten()
                    .chain(today.checked_add(2.days()).ok());
                // AniRewind takes the earlier of two readings of a time, jiff's "compatible" rule.
                days.filter_map(|day| day.to_datetime(at).to_zoned(zone.clone()).ok())
                    .map(|due| due.timestamp())
                    .find(|due| *due > last)
            }
        };
        let next = next.unwrap_or(last);
        OffsetDateTime::from_unix_timestamp(next.as_second()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// The same for somebody who is served a little later each day. What is counted from the last one
    /// is spread anyway.
    pub fn next_after_with(
        self,
        last: OffsetDateTime,
        zone: &TimeZone,
        Jitter(later): Jitter,
    ) -> OffsetDateTime {
        match self {
            Self::Daily(_) => self.next_after(last - later, zone) + later,
            Self::Every(_) | Self::Off => self.next_after(last, zone),
        }
    }

    /// The longest time between two that are due; a day where none is.
    pub fn interval(self) -> Duration {
        match self {
            Self::Daily(_) | Self::Off => Duration::from_hours(24),
            Self::Every(interval) => interval,
        }
    }
}

impl Jitter {
    /// Up to so much, in whole seconds; the same for the same installation and account.
    pub(crate) fn new(longest: Duration, account: u64, installation: i128) -> Self {
        let halves = installation.to_le_bytes();
        let (low, high) = halves.split_at(8);
        let mut mixed = account;
        for half in [low, high] {
            let half = half.iter().rev();
            let half = half.fold(0, |sum: u64, byte| (sum << 8) | u64::from(*byte));
            // The finishing steps of splitmix64: neighbours end up far apart.
            mixed = (mixed ^ half).wrapping_add(0x9e37_79b9_7f4a_7c15);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
        }
        let seconds = mixed % (longest.as_secs() + 1);
        Self(time::Duration::seconds(
            i64::try_from(seconds).unwrap_or_default(),
        ))
    }

    #[cfg(test)]
    pub(crate) const fn of(later: time::Duration) -> Self {
        Self(later)
    }
}

impl Default for Schedule {
    /// Daily at one in the morning.
    fn default() -> Self {
        Self::Daily(Time::constant(1, 0, 0, 0))
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Daily(at) => write!(f, "daily@{:02}:{:02}", at.hour(), at.minute()),
            Self::Every(interval) => {
                let minutes = interval.as_secs() / 60;
                match minutes % 60 {
                    0 => write!(f, "every {}h", minutes / 60),
                    _ => write!(f, "every {minutes}m"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    #[test]
    fn schedules_read_and_print() {
        for text in ["daily@01:00", "daily@23:59", "every 6h", "every 90m", "off"] {
            assert_eq!(Schedule::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "daily",
            "daily@24:00",
            "daily@1",
            "every",
            "every 5m",
            "every -1h",
            "6h",
        ] {
            assert!(Schedule::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn accounts_are_spread_and_each_stays_where_it_is() {
        let longest = Duration::from_mins(10);
        let of = |account| Jitter::new(longest, account, 1_762_171_200_123_456_789);
        let offsets: std::collections::BTreeSet<_> = (0..1_000).map(|n| of(n).0).collect();
        assert!(offsets.len() > 400, "{} different ones", offsets.len());
        assert!(
            offsets
                .iter()
                .all(|later| *later <= time::Duration::minutes(10))
        );
        assert_eq!(of(7), of(7));
        assert_eq!(Jitter::new(Duration::ZERO, 7, 7), Jitter::default());
        let schedule = Schedule::parse("daily@01:00").unwrap();
        let later = Jitter::of(time::Duration::minutes(7));
        let next = |at| schedule.next_after_with(at, &TimeZone::UTC, later);
        let due = datetime!(2026-11-03 1:07 UTC);
        assert_eq!(next(datetime!(2026-11-03 1:03 UTC)), due);
        assert_eq!(next(due), due + time::Duration::DAY);
    }

    #[test]
    fn a_day_that_loses_or_repeats_an_hour_has_one_run() {
        let at = |text| Schedule::parse(text).unwrap();
        // 29 March 2026: 02:00 to 03:00 does not exist; 02:30 is due at 03:30 summer time.
        let spring = at("daily@02:30").next_after(datetime!(2026-03-28 12:00 UTC), &berlin());
        assert_eq!(spring, datetime!(2026-03-29 1:30 UTC));
        // 25 October 2026: 02:30 comes twice; the first counts.
        let autumn = at("daily@02:30").next_after(datetime!(2026-10-24 12:00 UTC), &berlin());
        assert_eq!(autumn, datetime!(2026-10-25 0:30 UTC));
        let after = at("daily@02:30").next_after(autumn, &berlin());
        assert_eq!(after, datetime!(2026-10-26 1:30 UTC));
    }

    #[test]
    fn ten_years_of_days_have_one_run_each() {
        for zone in [
            "Europe/Berlin",
            "America/New_York",
            "Australia/Lord_Howe",
            "Asia/Kathmandu",
        ] {
            let zone = TimeZone::get(zone).unwrap();
            let schedule = Schedule::parse("daily@02:15").unwrap();
            let mut last = datetime!(2026-01-01 12:00 UTC);
            let mut days = std::collections::BTreeSet::new();
            for _ in 0..3_653 {
                let next = schedule.next_after(last, &zone);
                assert!(next > last);
                let day = Timestamp::from_second(next.unix_timestamp()).unwrap();
                assert!(
                    days.insert(day.to_zoned(zone.clone()).date()),
                    "two runs on one day"
                );
                last = next;
            }
            let (first, last) = (days.first().unwrap(), days.last().unwrap());
            assert_eq!((*last - *first).get_days(), 3_652, "a day without a run");
        }
    }
}
