//! What is due for whom: each account has a time of its own, and none waits for another.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

/// After a failure that may pass the next attempt does not wait for the schedule, and the one after
/// it waits twice as long,
const FIRST_RETRY: Duration = Duration::minutes(15);
/// but no longer than this.
const LONGEST_RETRY: Duration = Duration::hours(4);

/// The accounts, and when each is due. Knows no clock: whoever asks says what time it is.
#[derive(Debug, Clone)]
pub(crate) struct Agenda<K> {
    items: BTreeMap<K, Item>,
}

#[derive(Debug, Clone)]
struct Item {
    due: OffsetDateTime,
    /// How long the last failure was waited for.
    retry: Duration,
    is_under_way: bool,
    /// Changes when somebody connects the account again.
    mark: u64,
}

/// How an attempt ended, as far as the next one is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The next one is the one that the schedule says.
    Settled,
    /// It failed in a way that may pass.
    MayPass,
}

impl<K: Ord + Clone> Agenda<K> {
    pub(crate) const fn new() -> Self {
        Self {
            items: BTreeMap::new(),
        }
    }

    /// As it is for whoever goes on with it: who was under way is new to them.
    pub(crate) fn handed_on(&self) -> Self {
        let mut items = self.items.clone();
        items.retain(|_, item| !item.is_under_way);
        Self { items }
    }

    /// The schedule is another. Everybody is due by it, but who would wait half an interval longer for that,
    /// or waits after a failure, is served once more when they would have been. Where it is off, nobody is.
    pub(crate) fn reschedule(
        &mut self,
        now: OffsetDateTime,
        next: impl Fn(&K, OffsetDateTime) -> OffsetDateTime,
        is_off: bool,
    ) {
        for (key, item) in &mut self.items {
            let following = next(key, now);
            if is_off {
                item.retry = Duration::ZERO;
                item.due = following;
                continue;
            }
            let interval = next(key, following) - following;
            let is_much_later = following - item.due > interval / 2;
            if !item.retry.is_zero() || is_much_later {
                item.due = item.due.min(following);
            } else {
                item.due = following;
            }
        }
    }

    /// Takes up who is new, due then, and drops who is not there any more. Who was connected again is
    /// due at once.
    pub(crate) fn keep(&mut self, wanted: &BTreeMap<K, u64>, first: OffsetDateTime) {
        self.items.retain(|key, _| wanted.contains_key(key));
        for (key, mark) in wanted {
            let new = || Item {
                due: first,
                retry: Duration::ZERO,
                is_under_way: false,
                mark: *mark,
            };
            let item = self.items.entry(key.clone()).or_insert_with(new);
            if item.mark != *mark {
                item.mark = *mark;
                item.retry = Duration::ZERO;
                item.due = item.due.min(first);
            }
        }
    }

    /// Somebody is due now, unless he is under way or waits after a failure.
    pub(crate) fn hasten(&mut self, key: &K, now: OffsetDateTime) {
        if let Some(item) = self.items.get_mut(key)
            && !item.is_under_way
            && item.retry.is_zero()
        {
            item.due = item.due.min(now);
        }
    }

    /// Who is due, and is under way from now on. What was missed counts once.
    ///
    /// Nothing is due later than the schedule allows from now on, and one more interval besides, for
    /// a clock that was only set back a little: so a clock that was far ahead does not leave years
    /// without a run.
    pub(crate) fn begin(
        &mut self,
        now: OffsetDateTime,
        next: impl Fn(&K, OffsetDateTime) -> OffsetDateTime,
    ) -> Vec<K> {
        let mut due = Vec::new();
        for (key, item) in &mut self.items {
            if item.is_under_way {
                continue;
            }
            let following = next(key, now);
            let interval = next(key, following) - following;
            item.due = item.due.min(following + interval.min(Duration::DAY));
            if item.due <= now {
                item.is_under_way = true;
                due.push(key.clone());
            }
        }
        due
    }

    /// An attempt of somebody is over, who then began and is due again by the schedule at `next`.
    pub(crate) fn end(
        &mut self,
        key: &K,
        now: OffsetDateTime,
        ending: Ending,
        next: OffsetDateTime,
    ) {
        let Some(item) = self.items.get_mut(key) else {
            return;
        };
        item.is_under_way = false;
        match ending {
            Ending::Settled => {
                item.retry = Duration::ZERO;
                item.due = next;
            }
            Ending::MayPass => {
                let longer = item.retry.saturating_mul(2).max(FIRST_RETRY);
                item.retry = longer.min(LONGEST_RETRY);
                item.due = next.min(now + item.retry);
            }
        }
    }

    /// When somebody is due next who is not under way.
    pub(crate) fn wakes_at(&self) -> Option<OffsetDateTime> {
        let waiting = self.items.values().filter(|item| !item.is_under_way);
        waiting.map(|item| item.due).min()
    }

    /// When each is due who is not under way.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = (&K, OffsetDateTime)> {
        let waiting = self.items.iter().filter(|(_, item)| !item.is_under_way);
        waiting.map(|(key, item)| (key, item.due))
    }

    /// Whether somebody is on it.
    pub(crate) fn has(&self, key: &K) -> bool {
        self.items.contains_key(key)
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use time::macros::datetime;

    use super::*;
    use crate::schedule::{Jitter, Schedule};

    /// A server in a time that passes by itself.
    struct Server {
        agenda: Agenda<u8>,
        schedule: Schedule,
        zone: TimeZone,
        offset: Duration,
        now: OffsetDateTime,
        /// When each run began.
        runs: Vec<OffsetDateTime>,
    }

    const ACCOUNT: u8 = 1;
    const LOOK: Duration = Duration::minutes(5);

    impl Server {
        fn new(schedule: &str, zone: &str, now: OffsetDateTime) -> Self {
            let mut agenda = Agenda::new();
            agenda.keep(&[(ACCOUNT, 0)].into(), now);
            Self {
                agenda,
                schedule: Schedule::parse(schedule).unwrap(),
                zone: TimeZone::get(zone).unwrap(),
                offset: Duration::ZERO,
                now,
                runs: Vec::new(),
            }
        }

        fn next(&self, at: OffsetDateTime) -> OffsetDateTime {
            let jitter = Jitter::of(self.offset);
            self.schedule.next_after_with(at, &self.zone, jitter)
        }

        /// Does what is due, as the server does. Says whether
        /// something ran.
        fn step(&mut self, took: Duration, ending: Ending) -> bool {
            let (schedule, zone) = (self.schedule, self.zone.clone());
            let jitter = Jitter::of(self.offset);
            let next = |_: &u8, at| schedule.next_after_with(at, &zone, jitter);
            let due = self.agenda.begin(self.now, next);
            let ran = !due.is_empty();
            for key in due {
                let began = self.now;
                self.runs.push(began);
                self.now += took;
                let next = self.next(began);
                self.agenda.end(&key, self.now, ending, next);
            }
            ran
        }

        /// Sleeps as long as nothing is due, and no longer than it would.
        fn sleep(&mut self) {
            let left = self.agenda.wakes_at().unwrap() - self.now;
            self.now += left.clamp(Duration::milliseconds(100), LOOK);
        }

        /// Sleeps until something is due: what a while at a time comes to.
        fn doze(&mut self) {
            let due = self.agenda.wakes_at().unwrap();
            self.now = due.max(self.now + Duration::milliseconds(100));
        }

        fn live(&mut self, until: OffsetDateTime) {
            while self.now < until {
                self.step(Duration::seconds(20), Ending::Settled);
                self.doze();
            }
        }
    }

    const BEGIN: OffsetDateTime = datetime!(2026-11-03 12:00 UTC);
    const TEN_YEARS: Duration = Duration::days(3_652);

    const DAILY: [&str; 11] = [
        "daily@00:00",
        "daily@00:01",
        "daily@01:00",
        "daily@01:59",
        "daily@02:00",
        "daily@02:15",
        "daily@02:30",
        "daily@03:00",
        "daily@12:00",
        "daily@23:30",
        "daily@23:59",
    ];
    const ZONES: [&str; 6] = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Apia",
    ];

    #[test]
    fn ten_years_of_windows_have_one_run_each_whatever_the_policy() {
        for schedule in DAILY {
            for (n, zone) in ZONES.into_iter().enumerate() {
                let mut server = Server::new(schedule, zone, BEGIN);
                server.offset = Duration::seconds(i64::try_from(n).unwrap() * 119);
                server.live(BEGIN + TEN_YEARS);
                // The windows, worked out apart from the agenda.
                let mut windows = vec![server.next(BEGIN)];
                while *windows.last().unwrap() < server.now {
                    let last = *windows.last().unwrap();
                    windows.push(server.next(last));
                }
                let mut runs = server.runs.iter();
                assert_eq!(runs.next(), Some(&BEGIN), "one at start");
                for (window, run) in windows.iter().zip(runs.clone()) {
                    let late = *run - *window;
                    assert!(
                        (Duration::ZERO..Duration::SECOND).contains(&late),
                        "{schedule} in {zone}: due {window}, ran {run}"
                    );
                }
                let days = runs.count();
                assert!((3_650..=3_653).contains(&days), "{schedule} {zone}: {days}");
            }
        }
    }

    #[test]
    fn every_so_often_is_every_so_often_for_ten_years() {
        for (schedule, hours) in [
            ("every 15m", 0.25),
            ("every 45m", 0.75),
            ("every 1h", 1.0),
            ("every 90m", 1.5),
            ("every 6h", 6.0),
            ("every 7h", 7.0),
            ("every 12h", 12.0),
            ("every 36h", 36.0),
            ("every 168h", 168.0),
        ] {
            let mut server = Server::new(schedule, "Europe/Berlin", BEGIN);
            server.live(BEGIN + TEN_YEARS);
            let interval = Duration::seconds_f64(hours * 3_600.0);
            for pair in server.runs.windows(2) {
                let apart = pair[1] - pair[0];
                let late = apart - interval;
                assert!(
                    (Duration::ZERO..=Duration::SECOND).contains(&late),
                    "{schedule}: {apart} apart"
                );
            }
        }
    }

    #[test]
    fn a_year_of_failures_leaves_no_window_out_and_is_no_storm() {
        for schedule in ["daily@02:30", "every 6h"] {
            let mut server = Server::new(schedule, "Europe/Berlin", BEGIN);
            while server.now < BEGIN + Duration::days(365) {
                server.step(Duration::minutes(4), Ending::MayPass);
                server.doze();
            }
            let mut window = server.next(BEGIN);
            while window < server.now - Duration::DAY {
                let following = server.next(window);
                let runs = server.runs.iter();
                let within = runs
                    .filter(|run| (window..following).contains(*run))
                    .count();
                assert!((1..=10).contains(&within), "{within} runs from {window} on");
                window = following;
            }
        }
    }

    #[test]
    fn a_failure_that_does_not_pass_is_recorded_once_a_window() {
        let mut server = Server::new("daily@01:00", "UTC", BEGIN);
        while server.now < BEGIN + Duration::days(30) {
            server.step(Duration::minutes(4), Ending::Settled);
            server.sleep();
        }
        assert_eq!(server.runs.len(), 31);
    }

    /// One second to ten years, either way.
    fn jumps() -> Vec<Duration> {
        let ahead = [
            Duration::SECOND,
            Duration::minutes(2),
            Duration::minutes(61),
            Duration::hours(23),
            Duration::days(1),
            Duration::days(40),
            Duration::days(366),
            TEN_YEARS,
        ];
        ahead.into_iter().flat_map(|by| [by, -by]).collect()
    }

    #[test]
    fn a_clock_that_jumps_makes_no_storm_and_leaves_no_years_without_a_run() {
        for schedule in [
            "daily@02:30",
            "daily@12:01",
            "every 15m",
            "every 6h",
            "every 72h",
        ] {
            for there in jumps() {
                for and_back in [false, true] {
                    let mut server = Server::new(schedule, "Europe/Berlin", BEGIN);
                    let interval = Schedule::parse(schedule).unwrap().interval();
                    let interval = Duration::try_from(interval).unwrap();
                    let mut elapsed = Duration::ZERO;
                    let mut since_run = Duration::ZERO;
                    let mut in_a_row = 0;
                    for look in 0..12 * 24 * 9 {
                        if look == 12 * 24 * 3 + 7 {
                            server.now += there;
                        }
                        if and_back && look == 12 * 24 * 4 {
                            server.now -= there;
                        }
                        let before = server.now;
                        if server.step(Duration::seconds(20), Ending::Settled) {
                            in_a_row += 1;
                            since_run = Duration::ZERO;
                        } else {
                            in_a_row = 0;
                        }
                        assert!(in_a_row <= 2, "{schedule}, {there}: a storm");
                        server.sleep();
                        elapsed += server.now - before;
                        since_run += server.now - before;
                        assert!(
                            since_run
                                <= interval * 2 + interval.min(Duration::DAY) + Duration::HOUR,
                            "{schedule}, jumped {there}: nothing for {since_run}"
                        );
                    }
                    // One at start, one an interval, one more for each jump ahead.
                    let usual = 1 + elapsed.whole_minutes() / interval.whole_minutes();
                    let runs = i64::try_from(server.runs.len()).unwrap();
                    assert!(
                        runs <= usual + 3,
                        "{schedule}, {there}: {runs} runs where {usual} are usual"
                    );
                }
            }
        }
    }

    #[test]
    fn another_zone_while_it_runs_brings_no_day_without_a_run_and_no_storm() {
        for (from, to) in [
            ("Europe/Berlin", "America/New_York"),
            ("America/New_York", "Asia/Kathmandu"),
            ("Pacific/Apia", "Pacific/Pago_Pago"),
            ("Pacific/Pago_Pago", "Pacific/Apia"),
        ] {
            let mut server = Server::new("daily@02:30", from, BEGIN);
            server.live(BEGIN + Duration::days(5));
            server.zone = TimeZone::get(to).unwrap();
            server.live(BEGIN + Duration::days(10));
            let apart = server.runs.windows(2).map(|pair| pair[1] - pair[0]);
            assert!(apart.max().unwrap() < Duration::hours(49), "{from} to {to}");
            assert!((10..=12).contains(&server.runs.len()), "{from} to {to}");
        }
    }

    #[test]
    fn who_comes_is_due_at_once_who_goes_is_not_and_nobody_waits_for_another() {
        let mut agenda = Agenda::new();
        let next = |_: &u8, at: OffsetDateTime| at + Duration::DAY;
        agenda.keep(&[(1, 0), (2, 0)].into(), BEGIN);
        assert_eq!(agenda.begin(BEGIN, next), [1, 2]);
        // The first is slow: the second goes on.
        agenda.end(&2, BEGIN, Ending::Settled, BEGIN + Duration::HOUR);
        let later = BEGIN + Duration::HOUR;
        agenda.keep(&[(1, 0), (2, 0), (3, 0)].into(), later);
        assert_eq!(agenda.begin(later, next), [2, 3]);
        agenda.end(&2, later, Ending::MayPass, later + Duration::DAY);
        assert_eq!(agenda.wakes_at(), Some(later + FIRST_RETRY));
        // Connected again: at once.
        agenda.keep(&[(2, 1), (3, 0)].into(), later);
        assert!(!agenda.has(&1));
        assert_eq!(agenda.begin(later, next), [2]);
        agenda.end(&1, later, Ending::Settled, later);
        assert!(agenda.begin(later, next).is_empty());
    }
}
