//! When days are due where days are odd. The tables were worked out by another implementation of the
//! calendar.

use anirewind_core::Schedule;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use time::OffsetDateTime;

/// Zone, local time of the schedule, from when on (UTC), and the next that are due (UTC).
///
/// Berlin, New York, Lord Howe (half an hour of summer time), Cairo, Santiago and São Paulo (midnight
/// does not exist), Troll (two hours) when clocks change; Apia without 30 December 2011; Kathmandu;
/// Tehran; years with a week 53; leap days, and one that is none.
const GOLDEN: [(&str, &str, &str, &str); 40] = [
    (
        "Europe/Berlin",
        "01:59",
        "2026-03-27 00:58:59",
        "03-27T00:59 03-28T00:59 03-29T00:59 03-29T23:59",
    ),
    (
        "Europe/Berlin",
        "02:00",
        "2026-03-27 00:59:59",
        "03-27T01:00 03-28T01:00 03-29T01:00 03-30T00:00",
    ),
    (
        "Europe/Berlin",
        "02:30",
        "2026-03-27 01:29:59",
        "03-27T01:30 03-28T01:30 03-29T01:30 03-30T00:30",
    ),
    (
        "Europe/Berlin",
        "03:00",
        "2026-03-27 01:59:59",
        "03-27T02:00 03-28T02:00 03-29T01:00 03-30T01:00",
    ),
    (
        "Europe/Berlin",
        "01:59",
        "2026-10-22 23:58:59",
        "10-22T23:59 10-23T23:59 10-24T23:59 10-26T00:59",
    ),
    (
        "Europe/Berlin",
        "02:00",
        "2026-10-22 23:59:59",
        "10-23T00:00 10-24T00:00 10-25T00:00 10-26T01:00",
    ),
    (
        "Europe/Berlin",
        "02:30",
        "2026-10-23 00:29:59",
        "10-23T00:30 10-24T00:30 10-25T00:30 10-26T01:30",
    ),
    (
        "Europe/Berlin",
        "03:00",
        "2026-10-23 00:59:59",
        "10-23T01:00 10-24T01:00 10-25T02:00 10-26T02:00",
    ),
    (
        "America/New_York",
        "01:30",
        "2026-03-06 06:29:59",
        "03-06T06:30 03-07T06:30 03-08T06:30 03-09T05:30",
    ),
    (
        "America/New_York",
        "02:00",
        "2026-03-06 06:59:59",
        "03-06T07:00 03-07T07:00 03-08T07:00 03-09T06:00",
    ),
    (
        "America/New_York",
        "02:30",
        "2026-03-06 07:29:59",
        "03-06T07:30 03-07T07:30 03-08T07:30 03-09T06:30",
    ),
    (
        "America/New_York",
        "00:30",
        "2026-10-30 04:29:59",
        "10-30T04:30 10-31T04:30 11-01T04:30 11-02T05:30",
    ),
    (
        "America/New_York",
        "01:00",
        "2026-10-30 04:59:59",
        "10-30T05:00 10-31T05:00 11-01T05:00 11-02T06:00",
    ),
    (
        "America/New_York",
        "01:30",
        "2026-10-30 05:29:59",
        "10-30T05:30 10-31T05:30 11-01T05:30 11-02T06:30",
    ),
    (
        "Australia/Lord_Howe",
        "01:45",
        "2026-10-01 15:14:59",
        "10-01T15:15 10-02T15:15 10-03T15:15 10-04T14:45",
    ),
    (
        "Australia/Lord_Howe",
        "02:00",
        "2026-10-01 15:29:59",
        "10-01T15:30 10-02T15:30 10-03T15:30 10-04T15:00",
    ),
    (
        "Australia/Lord_Howe",
        "02:15",
        "2026-10-01 15:44:59",
        "10-01T15:45 10-02T15:45 10-03T15:45 10-04T15:15",
    ),
    (
        "Australia/Lord_Howe",
        "02:30",
        "2026-10-01 15:59:59",
        "10-01T16:00 10-02T16:00 10-03T15:30 10-04T15:30",
    ),
    (
        "Australia/Lord_Howe",
        "01:30",
        "2026-04-02 14:29:59",
        "04-02T14:30 04-03T14:30 04-04T14:30 04-05T15:00",
    ),
    (
        "Australia/Lord_Howe",
        "01:45",
        "2026-04-02 14:44:59",
        "04-02T14:45 04-03T14:45 04-04T14:45 04-05T15:15",
    ),
    (
        "Australia/Lord_Howe",
        "02:00",
        "2026-04-02 14:59:59",
        "04-02T15:00 04-03T15:00 04-04T15:30 04-05T15:30",
    ),
    (
        "Pacific/Apia",
        "00:00",
        "2011-12-28 09:59:59",
        "12-28T10:00 12-29T10:00 12-30T10:00 12-31T10:00",
    ),
    (
        "Pacific/Apia",
        "12:00",
        "2011-12-28 21:59:59",
        "12-28T22:00 12-29T22:00 12-30T22:00 12-31T22:00",
    ),
    (
        "Pacific/Apia",
        "23:59",
        "2011-12-29 09:58:59",
        "12-29T09:59 12-30T09:59 12-31T09:59 01-01T09:59",
    ),
    (
        "Asia/Kathmandu",
        "00:00",
        "2026-11-02 18:14:59",
        "11-02T18:15 11-03T18:15 11-04T18:15",
    ),
    (
        "Asia/Kathmandu",
        "01:00",
        "2026-11-02 19:14:59",
        "11-02T19:15 11-03T19:15 11-04T19:15",
    ),
    (
        "UTC",
        "01:00",
        "2020-12-30 00:59:59",
        "12-30T01:00 12-31T01:00 01-01T01:00 01-02T01:00 01-03T01:00",
    ),
    (
        "UTC",
        "01:00",
        "2026-12-30 00:59:59",
        "12-30T01:00 12-31T01:00 01-01T01:00 01-02T01:00 01-03T01:00",
    ),
    (
        "UTC",
        "01:00",
        "2032-12-30 00:59:59",
        "12-30T01:00 12-31T01:00 01-01T01:00 01-02T01:00 01-03T01:00",
    ),
    (
        "Europe/Berlin",
        "01:00",
        "2028-02-26 23:59:59",
        "02-27T00:00 02-28T00:00 02-29T00:00 03-01T00:00 03-02T00:00",
    ),
    (
        "UTC",
        "23:59",
        "2100-02-27 23:58:59",
        "02-27T23:59 02-28T23:59 03-01T23:59 03-02T23:59",
    ),
    (
        "Africa/Cairo",
        "00:00",
        "2026-04-22 21:59:59",
        "04-22T22:00 04-23T22:00 04-24T21:00",
    ),
    (
        "Africa/Cairo",
        "00:30",
        "2026-04-22 22:29:59",
        "04-22T22:30 04-23T22:30 04-24T21:30",
    ),
    (
        "America/Santiago",
        "00:00",
        "2026-09-04 03:59:59",
        "09-04T04:00 09-05T04:00 09-06T04:00 09-07T03:00",
    ),
    (
        "America/Santiago",
        "00:30",
        "2026-09-04 04:29:59",
        "09-04T04:30 09-05T04:30 09-06T04:30 09-07T03:30",
    ),
    (
        "America/Sao_Paulo",
        "00:00",
        "2018-11-02 02:59:59",
        "11-02T03:00 11-03T03:00 11-04T03:00 11-05T02:00",
    ),
    (
        "Asia/Tehran",
        "00:00",
        "2022-03-19 20:29:59",
        "03-19T20:30 03-20T20:30 03-21T20:30 03-22T19:30",
    ),
    (
        "Antarctica/Troll",
        "01:30",
        "2026-03-27 01:29:59",
        "03-27T01:30 03-28T01:30 03-29T01:30 03-29T23:30",
    ),
    (
        "Antarctica/Troll",
        "02:30",
        "2026-03-27 02:29:59",
        "03-27T02:30 03-28T02:30 03-29T02:30 03-30T00:30",
    ),
    (
        "UTC",
        "00:00",
        "2027-12-30 23:59:59",
        "12-31T00:00 01-01T00:00 01-02T00:00",
    ),
];

fn utc(text: &str) -> OffsetDateTime {
    let at: Timestamp = format!("{}Z", text.replace(' ', "T")).parse().unwrap();
    OffsetDateTime::from_unix_timestamp(at.as_second()).unwrap()
}

fn local_day(at: OffsetDateTime, zone: &TimeZone) -> Date {
    let at = Timestamp::from_second(at.unix_timestamp()).unwrap();
    at.to_zoned(zone.clone()).date()
}

#[test]
fn the_golden_table() {
    for (zone, at, from, due) in GOLDEN {
        let schedule = Schedule::parse(&format!("daily@{at}")).unwrap();
        let zone_of = TimeZone::get(zone).unwrap();
        let mut last = utc(from);
        let found: Vec<String> = due
            .split(' ')
            .map(|_| {
                last = schedule.next_after(last, &zone_of);
                let at = Timestamp::from_second(last.unix_timestamp()).unwrap();
                at.strftime("%m-%dT%H:%M").to_string()
            })
            .collect();
        assert_eq!(found.join(" "), due, "{zone} daily@{at} from {from}");
    }
}

/// Every local day that exists has exactly one run, in years in which clocks changed.
#[test]
fn every_local_day_has_one_run() {
    for (name, years) in [
        ("Europe/Berlin", 2026..2029),
        ("America/New_York", 2026..2029),
        ("Australia/Lord_Howe", 2026..2029),
        ("Pacific/Apia", 2011..2013),
        ("Asia/Kathmandu", 2026..2027),
        ("America/Sao_Paulo", 2017..2020),
        ("Africa/Casablanca", 2026..2029),
        ("UTC", 2099..2102),
    ] {
        let zone = TimeZone::get(name).unwrap();
        for hour in 0..24 {
            for minute in [0, 15, 30, 59] {
                let schedule = Schedule::parse(&format!("daily@{hour:02}:{minute:02}")).unwrap();
                let mut last = utc(&format!("{}-01-01 12:00:00", years.start));
                let mut day = local_day(last, &zone);
                let end = utc(&format!("{}-01-01 12:00:00", years.end));
                loop {
                    last = schedule.next_after(last, &zone);
                    if last > end {
                        break;
                    }
                    let following = local_day(last, &zone);
                    // A run may be due later on the day it begins on.
                    let apart = (following - day).get_days();
                    let is_missing_day =
                        name == "Pacific/Apia" && following == jiff::civil::date(2011, 12, 31);
                    assert!(
                        apart <= 1 || (is_missing_day && apart == 2),
                        "{name} daily@{hour:02}:{minute:02}: nothing between {day} and {following}"
                    );
                    let is_first = last - utc(&format!("{}-01-01 12:00:00", years.start))
                        < time::Duration::DAY;
                    assert!(
                        apart >= 1 || is_first,
                        "{name} daily@{hour:02}:{minute:02}: twice on {day}"
                    );
                    day = following;
                }
            }
        }
    }
}
