//! Ten years of the loop that a server runs: the clock, the accounts, the schedule and what is carried on are those
//! of the product, only the attempts are none. The machine sleeps, is off, starts again and takes over settings.

use std::sync::Arc;

use anirewind_model::{Account, Clock};
use anirewind_store::Style;
use async_trait::async_trait;
use jiff::tz::TimeZone;
use tempfile::TempDir;
use time::Duration;
use time::macros::datetime;
use tokio::sync::Notify;

use super::*;
use crate::settings::Settings;
use crate::source::Sources;

const BEGIN: OffsetDateTime = datetime!(2026-11-03 12:00 UTC);
const TEN_YEARS: Duration = Duration::days(3_652);
/// How long each policy is kept to, where `POLICY_DAYS` does not say otherwise.
const DAYS: i64 = 40;
/// An attempt takes so long.
const TAKES: Duration = Duration::seconds(20);

const POLICIES: [(&str, &str); 20] = [
    ("daily@02:30", "Europe/Berlin"),
    ("daily@00:00", "UTC"),
    ("daily@00:01", "Europe/Berlin"),
    ("daily@01:00", "America/New_York"),
    ("daily@01:59", "Australia/Lord_Howe"),
    ("daily@02:00", "Europe/London"),
    ("daily@02:15", "Australia/Lord_Howe"),
    ("daily@02:30", "America/New_York"),
    ("daily@03:00", "Africa/Casablanca"),
    ("daily@12:00", "Asia/Kathmandu"),
    ("daily@23:30", "Pacific/Apia"),
    ("daily@23:59", "America/Santiago"),
    ("daily@00:00", "Africa/Cairo"),
    ("daily@00:30", "Antarctica/Troll"),
    ("every 1h", "UTC"),
    ("every 90m", "Europe/Berlin"),
    ("every 6h", "America/New_York"),
    ("every 7h", "Australia/Lord_Howe"),
    ("every 36h", "Europe/Berlin"),
    ("every 168h", "Asia/Kathmandu"),
];

/// A clock of a machine that often sleeps on when the server wanted to wake.
struct Drowsy {
    state: Mutex<Night>,
    over: Notify,
}

struct Night {
    now: OffsetDateTime,
    /// When the server is let go of.
    end: OffsetDateTime,
    rng: fastrand::Rng,
    /// When the server was awake and looked what is due.
    awake: Vec<OffsetDateTime>,
}

impl Night {
    fn pass(&mut self, by: Duration) {
        self.now += by;
        self.awake.push(self.now);
    }
}

#[async_trait]
impl Clock for Drowsy {
    fn now(&self) -> OffsetDateTime {
        locked(&self.state).now
    }

    fn elapsed(&self) -> std::time::Duration {
        (self.now() - BEGIN).try_into().unwrap()
    }

    async fn sleep(&self, wanted: std::time::Duration) {
        let is_over = {
            let mut night = locked(&self.state);
            let minutes = match night.rng.u32(..400) {
                0..40 => 0,
                40..399 => night.rng.i64(0..360),
                _ => night.rng.i64(0..3 * 24 * 60),
            };
            night.now += Duration::try_from(wanted)
                .unwrap()
                .max(Duration::minutes(minutes));
            let is_over = night.now >= night.end;
            if !is_over {
                let now = night.now;
                night.awake.push(now);
            }
            is_over
        };
        if is_over {
            self.over.notify_one();
            std::future::pending::<()>().await;
        }
        tokio::task::yield_now().await;
    }
}

/// When an attempt began, and how it ended.
type Run = (OffsetDateTime, Ending);

/// One policy of one account, for as long as it is told to live.
struct Life {
    data: TempDir,
    settings: Settings,
    clock: Arc<Drowsy>,
    runs: Arc<Mutex<Vec<Run>>>,
    row: AccountRow,
    app: App,
    /// What is wanted: when the next run is due, and how long a failure was waited for.
    due: OffsetDateTime,
    retry: Duration,
    /// How many runs were held against it.
    checked: usize,
}

impl Life {
    async fn new(policy: usize) -> Self {
        let (schedule, zone) = POLICIES[policy];
        let number = u32::try_from(policy).unwrap();
        let night = Night {
            now: BEGIN,
            end: BEGIN,
            rng: fastrand::Rng::with_seed(u64::from(number)),
            awake: Vec::new(),
        };
        let clock = Arc::new(Drowsy {
            state: Mutex::new(night),
            over: Notify::new(),
        });
        let data = tempfile::tempdir().unwrap();
        let environment = [
            ("ANIREWIND_BACKUP_AT", schedule),
            ("ANIREWIND_TIME_ZONE", zone),
        ];
        let sources = Sources {
            flags: [("data_dir", data.path().display().to_string())].into(),
            environment: environment
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            platform_data: None,
        };
        let settings = Settings::read(&sources).unwrap();
        assert!(!settings.backup_jitter.is_zero());
        let row = AccountRow {
            account: Account {
                id: UserId::new(4_242 + number),
                name: "hana".to_owned(),
            },
            profile: "hana".to_owned(),
            avatar: None,
            added_at: BEGIN,
            checked_at: BEGIN,
            token_expires_at: None,
            public: true,
            connected: true,
            style: Style::default(),
        };
        let app = App::open(settings.clone(), clock.clone(), TimeZone::UTC, None).unwrap();
        app.inner.store.put_account(row.clone()).await.unwrap();
        Self {
            data,
            settings,
            clock,
            runs: Arc::default(),
            row,
            app,
            due: BEGIN,
            retry: Duration::ZERO,
            checked: 0,
        }
    }

    /// The server runs until then.
    async fn run_until(&self, end: OffsetDateTime) {
        {
            let mut night = locked(&self.clock.state);
            night.end = end;
            night.pass(Duration::ZERO);
        }
        let attempt = |_, due: Due| {
            let (clock, runs) = (Arc::clone(&self.clock), Arc::clone(&self.runs));
            async move {
                let mut night = locked(&clock.state);
                let (key, began) = (due.key, night.now);
                // AniList is out of order now and then.
                let ending = match night.rng.u32(..12) {
                    0 => Ending::MayPass,
                    _ => Ending::Settled,
                };
                night.pass(TAKES);
                locked(&runs).push((began, ending));
                Done::Attempt { key, began, ending }
            }
        };
        tokio::select! {
            () = self.app.run(Errand::Snapshots, attempt) => {}
            () = self.clock.over.notified() => {}
        }
    }

    fn next(&self, at: OffsetDateTime) -> OffsetDateTime {
        let jitter = self.app.offset_of(&self.row);
        let zone = self.settings.time_zone.as_ref().unwrap();
        self.settings.backup_at.next_after_with(at, zone, jitter)
    }

    /// Each window had one run: when the server was first awake at or after it. One that failed had others soon
    /// after it, until one went well or the next window came.
    fn check(&mut self) {
        let awake = locked(&self.clock.state).awake.clone();
        let runs = locked(&self.runs).clone();
        for (began, ending) in &runs[self.checked..] {
            let first = awake[awake.partition_point(|at| *at < self.due)];
            let place = self.data.path().display();
            assert_eq!(
                *began, first,
                "due {} in {place}: {:?}",
                self.due, self.settings.backup_at
            );
            let following = self.next(*began);
            (self.retry, self.due) = match ending {
                Ending::Settled => (Duration::ZERO, following),
                Ending::MayPass => {
                    let longer = self.retry.saturating_mul(2);
                    let retry = longer.clamp(Duration::minutes(15), Duration::hours(4));
                    (retry, following.min(*began + TAKES + retry))
                }
            };
        }
        self.checked = runs.len();
        let last = *awake.last().unwrap();
        assert!(self.due > last, "due {}, and awake at {last}", self.due);
    }

    /// A month or two at a time: then the settings are read again, or the machine was off and starts again.
    async fn live_until(&mut self, end: OffsetDateTime) {
        loop {
            let (now, days, is_off, hours) = {
                let mut night = locked(&self.clock.state);
                let (days, hours) = (night.rng.i64(20..60), night.rng.i64(0..150));
                (night.now, days, night.rng.bool(), hours)
            };
            self.run_until(end.min(now + Duration::days(days))).await;
            self.check();
            if self.clock.now() >= end {
                return;
            }
            let settings = self.settings.clone();
            if is_off {
                locked(&self.clock.state).now += Duration::hours(hours);
                let clock: Arc<dyn Clock> = self.clock.clone();
                self.app = App::open(settings, clock, TimeZone::UTC, None).unwrap();
                // One at start, whatever was due.
                (self.due, self.retry) = (self.clock.now(), Duration::ZERO);
            } else {
                self.app = self.app.reopen(settings, TimeZone::UTC).unwrap();
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "longer lives are asked for from outside"
)]
fn policy_days() -> i64 {
    let told = std::env::var("POLICY_DAYS");
    told.map_or(DAYS, |told| told.parse().unwrap())
}

#[tokio::test]
async fn every_window_of_twenty_policies_has_one_run_of_the_loop() {
    let days = policy_days();
    for policy in 0..POLICIES.len() {
        let mut life = Life::new(policy).await;
        life.live_until(BEGIN + Duration::days(days)).await;
        let runs = life.checked;
        assert!(
            i64::try_from(runs).unwrap() > days / 10,
            "{runs} runs in {days} days"
        );
    }
}

#[tokio::test]
async fn every_window_of_ten_years_has_one_run_of_the_loop() {
    let mut life = Life::new(0).await;
    life.live_until(BEGIN + TEN_YEARS).await;
    let days: BTreeSet<_> = {
        let runs = locked(&life.runs);
        let zone = life.settings.time_zone.clone().unwrap();
        let settled = runs.iter().filter(|(_, ending)| *ending == Ending::Settled);
        let days = settled.map(|(began, _)| {
            let at = jiff::Timestamp::from_second(began.unix_timestamp()).unwrap();
            at.to_zoned(zone.clone()).date()
        });
        days.collect()
    };
    // But for those over which the machine slept or was off.
    assert!((3_400..=3_653).contains(&days.len()), "{} days", days.len());
}

#[tokio::test]
async fn an_attempt_that_comes_to_grief_is_one_that_failed_and_the_loop_goes_on() {
    let life = Life::new(0).await;
    locked(&life.clock.state).end = BEGIN + Duration::days(2);
    let attempt = |_, due: Due| {
        let (clock, runs) = (Arc::clone(&life.clock), Arc::clone(&life.runs));
        async move {
            let (key, began) = (due.key, clock.now());
            let is_first = locked(&runs).is_empty();
            locked(&runs).push((began, Ending::Settled));
            assert!(!is_first, "it comes to grief");
            let ending = Ending::Settled;
            Done::Attempt { key, began, ending }
        }
    };
    tokio::select! {
        () = life.app.run(Errand::Snapshots, attempt) => {}
        () = life.clock.over.notified() => {}
    }
    let runs = locked(&life.runs).clone();
    let (first, second) = (runs[0].0, runs[1].0);
    let waited = second - first;
    // As after any failure; later only where nobody was awake.
    assert!(waited >= Duration::minutes(15), "{waited}");
    let awake = locked(&life.clock.state).awake.clone();
    let late = first + Duration::hours(1)..second;
    let is_late = awake.iter().any(|at| late.contains(at));
    assert!(!is_late, "{waited}");
    assert!(runs.len() <= 4, "{runs:?}");
}
