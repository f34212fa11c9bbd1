//! Whose days and hours are meant: times as the clock on the wall of this installation shows them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use time::{Date, Month, OffsetDateTime, UtcOffset};

use crate::app::App;

/// The time zone of an installation.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl Zone {
    /// The zone of this name, as `Europe/Berlin`.
    pub fn called(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// The day that it is then, as 2026-11-03.
    pub fn day(&self, at: OffsetDateTime) -> String {
        self.local(at).0.date().to_string()
    }

    /// A moment as its clocks show it: `3 Nov 22:22`, with the year where it is not that of `now`, or nobody says
    /// when now is.
    pub fn moment(&self, at: OffsetDateTime, now: Option<OffsetDateTime>) -> String {
        let (hour, minute, _) = self.local(at).0.to_hms();
        format!("{} {hour:02}:{minute:02}", self.date(at, now))
    }

    /// The day that it is then: `3 Nov`, or `3 Nov 2025`.
    pub fn date(&self, at: OffsetDateTime, now: Option<OffsetDateTime>) -> String {
        let now = now.map(|now| self.local(now).0.date());
        date_words(self.local(at).0.date(), now)
    }

    /// What people call it: its name, as `Europe/Berlin`, or where it has none what its clocks say they show.
    pub fn name(&self, now: OffsetDateTime) -> String {
        let name = self.iana().map(str::to_owned);
        name.unwrap_or_else(|| self.local(now).1)
    }

    /// Its name in the tz database, as `Europe/Berlin`, where it has one.
    pub fn iana(&self) -> Option<&str> {
        self.0.iana_name()
    }

    /// Whether its clocks always are those of UTC.
    pub fn is_utc(&self) -> bool {
        // Also where it has a name of its own, as `Etc/UTC`.
        let info = self.0.to_offset_info(Timestamp::UNIX_EPOCH);
        let is_named_so = info.offset().is_zero() && info.abbreviation() == "UTC";
        is_named_so && self.0.following(Timestamp::MIN).next().is_none()
    }

    /// The moment by the clocks of the zone, and what the zone is called then, as `CET`.
    pub fn local(&self, at: OffsetDateTime) -> (OffsetDateTime, String) {
        let moment = Timestamp::from_second(at.unix_timestamp()).unwrap_or_default();
        let info = self.0.to_offset_info(moment);
        // Zones are whole seconds away from UTC, and less than a day.
        let offset = UtcOffset::from_whole_seconds(info.offset().seconds());
        let offset = offset.unwrap_or(UtcOffset::UTC);
        (at.to_offset(offset), info.abbreviation().to_owned())
    }
}

/// `3 Nov`, or `3 Nov 2025` in another year than today's, or where nobody says which day is today.
pub fn date_words(date: Date, today: Option<Date>) -> String {
    let month = month_word(date.month());
    let day = date.day();
    match today {
        Some(today) if today.year() == date.year() => format!("{day} {month}"),
        _ => format!("{day} {month} {}", date.year()),
    }
}

/// `Nov`
pub(crate) fn month_word(month: Month) -> String {
    month.to_string().chars().take(3).collect()
}

/// The machine is asked this often whether its zone is still the same.
const ASK: Duration = Duration::from_mins(10);

impl App {
    /// Waits until the machine's zone is another one than it was when this was opened. Where the settings name
    /// a zone that never matters, and this waits for ever.
    pub async fn zone_changed(&self, machine: impl Fn() -> TimeZone) {
        if self.names_zone() {
            return std::future::pending().await;
        }
        loop {
            self.inner.clock.sleep(ASK).await;
            let zone = Zone(machine());
            if zone.0 != self.inner.zone {
                // Where the settings cannot be taken over it is seen again and again.
                if self.see_zone(&zone.0) {
                    let zone = zone.name(self.now());
                    tracing::info!(zone, "the machine is in another time zone now");
                }
                return;
            }
        }
    }

    /// Whether the settings say which zone is meant, so that no machine's or browser's matters.
    pub fn names_zone(&self) -> bool {
        self.inner.settings.time_zone.is_some()
    }

    /// The zone of the schedule, of days, and of times that people are shown.
    pub fn zone(&self) -> Zone {
        Zone(self.inner.zone.clone())
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_moment_is_shown_by_the_clocks_of_the_zone_in_summer_and_in_winter() {
        let berlin = Zone::called("Europe/Berlin").unwrap();
        let (winter, word) = berlin.local(datetime!(2026-11-03 23:30 UTC));
        assert_eq!(
            (winter.to_string().as_str(), word.as_str()),
            ("2026-11-04 0:30:00.0 +01:00:00", "CET")
        );
        let (summer, word) = berlin.local(datetime!(2026-07-03 10:00 UTC));
        assert_eq!((summer.hour(), word.as_str()), (12, "CEST"));
        assert_eq!(berlin.name(winter), "Europe/Berlin");
        let late = datetime!(2025-12-31 23:30 UTC);
        assert_eq!(berlin.moment(late, Some(winter)), "1 Jan 00:30");
        assert_eq!(
            Zone::default().moment(late, Some(winter)),
            "31 Dec 2025 23:30"
        );
        assert_eq!(berlin.date(winter, None), "4 Nov 2026");
        assert!(Zone::default().is_utc() && !berlin.is_utc());
        for (name, is_utc) in [
            ("Etc/UTC", true),
            ("UTC", true),
            ("Africa/Abidjan", false),
            ("Europe/London", false),
        ] {
            assert_eq!(Zone::called(name).unwrap().is_utc(), is_utc, "{name}");
        }
        let (utc, word) = Zone::default().local(winter);
        assert_eq!((utc.hour(), word.as_str()), (23, "UTC"));
    }
}
