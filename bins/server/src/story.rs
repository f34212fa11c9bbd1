//! What happened in the demo's account before somebody looks at it: a week of watching, a sync that
//! set scores to zero, and a wipe. There is something to find, to understand and to take back.

use std::sync::Arc;

use anirewind_core::model::Clock as _;
use anirewind_core::{App, Choices, Kind, Settings};
use anirewind_simulator::{RateLimit, SimEntry, SimMedia, Simulator, Status, VirtualClock, World};
use anyhow::{Context as _, anyhow};
use time::{Duration, OffsetDateTime};

/// So many days are lived before the demo begins.
pub(crate) const DAYS: i64 = 7;
/// Scores that the bad sync set to zero.
const ZEROED: usize = 38;
/// Titles that vanished in the wipe.
const WIPED: usize = 120;

/// The account, while its week is lived.
struct Week<'a> {
    simulator: &'a Simulator,
    clock: Arc<VirtualClock>,
    start: OffsetDateTime,
    app: App,
}

/// Lives the week.
pub(crate) async fn live(simulator: &Simulator, settings: &Settings) -> anyhow::Result<()> {
    // These days pass in no time, so the limit of requests a minute has to look away.
    simulator.set_switches(|switches| {
        switches.rate_limit = RateLimit::Off;
        switches.serves_covers = true;
    });
    let now = anirewind_core::SystemClock::new().now();
    let clock = Arc::new(VirtualClock::starting_at(now - Duration::days(DAYS)));
    let (settings, its) = (settings.clone(), Arc::clone(&clock));
    let opened = tokio::task::spawn_blocking(move || {
        App::open(settings, its, jiff::tz::TimeZone::UTC, None)
    });
    let app = opened.await?.context("cannot open the demo")?;
    let week = Week {
        simulator,
        start: clock.now(),
        clock,
        app,
    };
    for day in 1..=DAYS {
        week.until(day, 0);
        week.snapshot().await?;
        week.day(day).await?;
    }
    simulator.set_switches(|switches| switches.rate_limit = RateLimit::Honest(30));
    Ok(())
}

impl Week<'_> {
    async fn day(&self, day: i64) -> anyhow::Result<()> {
        self.until(day, 10);
        self.watch(day);
        self.look().await?;
        match day {
            3 => {
                self.until(day, 14);
                self.slip();
                self.look().await?;
                self.take_back().await?;
            }
            6 => {
                self.until(day, 14);
                self.bad_sync();
                self.look().await?;
            }
            7 => {
                self.until(day, 20);
                self.wipe();
                self.look().await?;
            }
            _ => {
                self.until(day, 19);
                self.add(day);
                self.look().await?;
            }
        }
        Ok(())
    }

    /// Lets time pass until an hour of a day; nothing when it is later already.
    fn until(&self, day: i64, hour: i64) {
        let at = self.start + Duration::days(day - 1) + Duration::hours(hour);
        let left = at - self.clock.now();
        if left.is_positive() {
            self.pass(left);
        }
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time.unsigned_abs());
    }

    fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    async fn snapshot(&self) -> anyhow::Result<()> {
        let targets = self.app.targets(None).await;
        let targets = targets.context("cannot find the demo's account")?;
        let outcomes = self.app.capture_all(&targets, Kind::Automatic).await;
        match outcomes.into_iter().find_map(Result::err) {
            None => Ok(()),
            Some(error) => Err(anyhow!(error).context("cannot take a snapshot of the demo")),
        }
    }

    async fn look(&self) -> anyhow::Result<()> {
        self.pass(Duration::minutes(4));
        for target in self.app.targets(None).await? {
            self.app.look(&target).await.context("cannot look")?;
        }
        Ok(())
    }

    /// Some entries of a status, from one on; a different part of them each day.
    fn some(&self, status: Status, from: i64, count: usize) -> Vec<SimEntry> {
        let world = self.simulator.world();
        world
            .entries(World::hana().id)
            .filter(|entry| entry.status == status && !entry.private)
            .skip(usize::try_from(from).unwrap_or_default() * count)
            .take(count)
            .cloned()
            .collect()
    }

    fn put(&self, entry: SimEntry) {
        let updated_at = Some(self.now().unix_timestamp());
        self.simulator.world().put_entry(SimEntry {
            updated_at,
            ..entry
        });
    }

    fn is_at_end(&self, entry: &SimEntry) -> bool {
        let world = self.simulator.world();
        let media = world.media(entry.media);
        let last = media.and_then(|media| media.episodes.or(media.chapters));
        last.is_some_and(|last| entry.progress >= last)
    }

    /// A few episodes.
    fn watch(&self, day: i64) {
        for entry in self.some(Status::Current, day, 3) {
            // What was watched to its end has no next one.
            if self.is_at_end(&entry) {
                continue;
            }
            self.put(SimEntry {
                progress: entry.progress + 1,
                ..entry
            });
            self.pass(Duration::minutes(26));
        }
    }

    /// A new title.
    fn add(&self, day: i64) {
        const NAMES: [&str; 4] = ["Ame no Machi", "Yoru no Umi", "Kaze to Inu", "Hoshi Kobo"];
        let number = usize::try_from(day).unwrap_or_default();
        let name = NAMES.get(number % NAMES.len()).copied().unwrap_or("Ame");
        let media = 900 + u32::try_from(day).unwrap_or_default();
        let title = SimMedia::new(media, true, name, Some(12));
        self.simulator.world().add_media(title);
        self.put(SimEntry {
            user: World::hana().id,
            media,
            status: Status::Planning,
            created_at: Some(self.now().unix_timestamp()),
            ..SimEntry::default()
        });
    }

    /// A thumb on the wrong star.
    fn slip(&self) {
        if let Some(entry) = self.some(Status::Completed, 2, 5).into_iter().next() {
            let score = if entry.score == 10 { 20 } else { 10 };
            self.put(SimEntry { score, ..entry });
        }
    }

    /// The slip is taken back, as somebody would.
    async fn take_back(&self) -> anyhow::Result<()> {
        let newest = self
            .app
            .changes(None, anirewind_core::ChangeFilter::default(), None, 1);
        let Some(row) = newest.await?.pop() else {
            return Ok(());
        };
        let ids = [row.id.to_string()];
        let plan = self.app.plan_undo(None, &ids, Choices::default()).await;
        let plan = plan.context("cannot plan an undo in the demo")?;
        let report = self.app.apply(plan, None).await;
        report.context("cannot undo in the demo")?;
        Ok(())
    }

    /// Another program sets scores to zero, one after the other.
    fn bad_sync(&self) {
        let scored = self.some(Status::Completed, 0, 400).into_iter();
        for entry in scored.filter(|entry| entry.score > 0).take(ZEROED) {
            self.put(SimEntry { score: 0, ..entry });
            self.pass(Duration::seconds(1));
        }
    }

    /// Titles vanish together.
    fn wipe(&self) {
        let user = World::hana().id;
        for entry in self
            .some(Status::Completed, 0, 400)
            .into_iter()
            .rev()
            .take(WIPED)
        {
            self.simulator.world().drop_entry(user, entry.media);
        }
    }
}
