//! Many accounts in one server: each has its own time, and none waits for another.

use std::collections::BTreeSet;
use std::time::Duration;

use anirewind_core::model::Clock as _;
use anirewind_core::{App, ChangeFilter, Kind, SnapshotRow, Verdict};
use anirewind_simulator::{Growth, SimUser};
use jiff::tz::TimeZone;
use time::Date;
use time::macros::datetime;

use crate::scene::{HANA, Paused, Scene, TOKEN, YUKIS, token};

const YUKI: u32 = 7;

/// So long anything may take in true time before a test has failed.
const LONG: Duration = Duration::from_mins(2);

async fn both() -> Scene {
    let scene = Scene::connected().await;
    let yuki = scene.app.add_account(None, token(YUKIS)).await;
    yuki.unwrap();
    scene
}

async fn of(app: &App, user: u32) -> Vec<SnapshotRow> {
    let owner = anirewind_core::model::UserId::new(user);
    app.snapshots(Some(owner)).await.unwrap()
}

/// Waits until an account has so many snapshots.
async fn reach(app: &App, user: u32, count: usize) -> Vec<SnapshotRow> {
    loop {
        let rows = of(app, user).await;
        if rows.len() >= count {
            return rows;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Lets the schedule run until this is done.
async fn meanwhile<T>(app: &App, done: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(LONG, done);
    tokio::select! {
        () = app.run_schedule() => unreachable!("a schedule never ends"),
        done = done => done.unwrap(),
    }
}

#[tokio::test]
async fn an_account_that_waits_holds_up_no_other() {
    let scene = both().await;
    // Another program is at work on Hana's list, for days.
    let path = scene.data.path().join(format!("account-{HANA}.lock"));
    let lock = std::fs::File::create(path).unwrap();
    lock.lock().unwrap();
    meanwhile(&scene.app, async {
        for days in 1..=3 {
            reach(&scene.app, YUKI, days).await;
            assert!(of(&scene.app, HANA).await.is_empty());
            scene.clock.advance(Duration::from_hours(24));
        }
        drop(lock);
        reach(&scene.app, HANA, 1).await;
    })
    .await;
    // What was missed came once.
    assert_eq!(of(&scene.app, HANA).await.len(), 1);
}

#[tokio::test]
async fn who_comes_while_it_runs_is_served_and_who_goes_is_not() {
    let scene = Scene::connected().await;
    let app = &scene.app;
    meanwhile(app, async {
        reach(app, HANA, 1).await;
        let added = app.add_account(None, token(YUKIS)).await.unwrap();
        let rows = reach(app, YUKI, 1).await;
        let waited = rows[0].created_at - added.added_at;
        assert!(waited < time::Duration::minutes(10), "{waited}");
        app.remove_account("yuki").await.unwrap();
        let had = of(app, YUKI).await.len();
        let days = of(app, HANA).await.len();
        reach(app, HANA, days + 3).await;
        let has = of(app, YUKI).await.len();
        assert!(has <= had + 1, "{had} snapshots, then {has}");
        let still = reach(app, HANA, days + 5).await.len();
        assert!(still >= 5);
        assert_eq!(of(app, YUKI).await.len(), has);
    })
    .await;
}

#[tokio::test]
async fn who_connects_again_is_served_at_once() {
    let scene = both().await;
    scene.simulator.world().revoke_token(YUKIS);
    let app = &scene.app;
    meanwhile(app, async {
        reach(app, HANA, 2).await;
        assert!(of(app, YUKI).await.is_empty());
        scene.simulator.world().grant_token("another", YUKI);
        let again = app.add_account(None, token("another")).await.unwrap();
        let rows = reach(app, YUKI, 1).await;
        let waited = rows[0].created_at - again.checked_at;
        assert!(waited < time::Duration::minutes(10), "{waited}");
    })
    .await;
}

#[tokio::test]
async fn the_time_that_is_said_is_the_time_that_is_kept() {
    let scene = Scene::connected().await;
    let said = scene.app.status().await.unwrap().remove(0).next.unwrap();
    let first = datetime!(2026-11-04 1:00 UTC);
    assert!((first..=first + time::Duration::minutes(10)).contains(&said));
    let rows = meanwhile(&scene.app, async {
        reach(&scene.app, HANA, 1).await;
        reach(&scene.app, HANA, 2).await
    })
    .await;
    let late = rows[0].created_at - said;
    assert!(
        !late.is_negative() && late < time::Duration::minutes(2),
        "{late}"
    );
    assert_ne!(rows[1].created_at.date(), rows[0].created_at.date());
    // A command beside the server says the same as the server.
    let (here, there) = (scene.app.status().await.unwrap(), scene.reopen());
    assert_eq!(here[0].next, there.status().await.unwrap()[0].next);
    assert_eq!(here[0].verdict, Verdict::Protected);
    let exact = scene.open_with(&[
        ("ANIREWIND_BACKUP_JITTER", "0"),
        ("ANIREWIND_TIME_ZONE", "Asia/Kathmandu"),
    ]);
    let next = exact.status().await.unwrap()[0].next.unwrap();
    assert_eq!((next.hour(), next.minute(), next.second()), (19, 15, 0));
    assert_eq!(
        exact.settings().time_zone,
        TimeZone::get("Asia/Kathmandu").ok()
    );
}

/// How many there are, where `ACCOUNTS` does not say otherwise.
const ACCOUNTS: u32 = 30;
/// Lists of so many titles.
const TITLES: usize = 25;

#[expect(clippy::disallowed_methods, reason = "more are asked for from outside")]
fn accounts() -> u32 {
    let told = std::env::var("ACCOUNTS");
    told.map_or(ACCOUNTS, |told| told.parse().unwrap())
}

/// Many accounts in one server, which takes snapshots and looks for changes, on a budget of thirty requests a
/// minute, in virtual time.
struct Many {
    scene: Scene<Paused>,
    /// Whose accounts they are.
    users: BTreeSet<u32>,
    /// How many requests a page costs that compares with the list as it is now, when nobody else asks.
    alone: u64,
}

impl Many {
    async fn new() -> Self {
        let scene = Scene::paused().await;
        scene.app.add_account(None, token(TOKEN)).await.unwrap();
        let growth = Growth {
            seed: 7,
            anime: TITLES,
            manga: 0,
        };
        let now = datetime!(2026-11-03 12:00 UTC);
        let mut users = BTreeSet::from([HANA]);
        for number in 0..accounts() {
            let (id, word) = (100 + number, format!("token-{number}"));
            let user = SimUser::new(id, &format!("user{number}"));
            scene.simulator.world().grow(user, &word, growth, now);
            scene.app.add_account(None, token(&word)).await.unwrap();
            users.insert(id);
        }
        let target = scene.app.targets(Some("hana")).await.unwrap().remove(0);
        scene.app.capture(&target, Kind::Manual).await.unwrap();
        let mut many = Self {
            scene,
            users,
            alone: 0,
        };
        many.alone = many.compare().await;
        many
    }

    /// How many requests were sent until this was answered.
    async fn sent_until<T>(&self, answered: impl Future<Output = T>) -> u64 {
        let before = self.scene.simulator.traffic().requests;
        answered.await;
        self.scene.simulator.traffic().requests - before
    }

    /// What a page asks for that compares a list as it is now.
    async fn compare(&self) -> u64 {
        let pair = self.scene.app.find_pair("latest", "live", Some("hana"));
        self.sent_until(async { pair.await.unwrap() }).await
    }

    /// What a page asks for that only wants to know whether a token is accepted: one request.
    async fn check(&self) -> u64 {
        let target = self
            .scene
            .app
            .targets(Some("hana"))
            .await
            .unwrap()
            .remove(0);
        let checked = self.scene.app.check_account(&target);
        self.sent_until(async { checked.await.unwrap() }).await
    }

    /// Who has a snapshot of a day.
    async fn served(&self, day: Date) -> BTreeSet<u32> {
        let rows = self.scene.app.snapshots(None).await.unwrap();
        let of_day = rows.iter().filter(|row| row.created_at.date() == day);
        of_day.map(|row| row.owner.id.get()).collect()
    }

    /// Until so many have one.
    async fn until_served(&self, count: usize) {
        let day = self.scene.app.now().date();
        while self.served(day).await.len() < count {
            self.scene.clock.sleep(Duration::from_secs(20)).await;
            assert_eq!(self.scene.app.now().date(), day, "not all on one day");
        }
    }

    /// A person asks while most wait for their snapshot of the day.
    async fn ask(&self) {
        let day = self.scene.app.now().date();
        self.until_served(3).await;
        for _ in 0..3 {
            // Its own, one whose turn it was already, one that has just begun.
            let sent = self.check().await;
            assert!(sent <= 3, "{sent} requests where one is needed");
            let before = self.served(day).await.len();
            let sent = self.compare().await;
            let served = self.served(day).await.len();
            // What was begun already goes on, one request at a time; no other begins.
            assert!(
                sent <= self.alone + 3 && served - before <= 2,
                "{sent} requests where {} are needed, {} snapshots before it",
                self.alone,
                served - before
            );
            assert!(served < self.users.len() / 2, "nobody waited any more");
        }
    }

    /// Somebody changes a title of each list, and each look sees it.
    async fn until_seen(&self) {
        let observed = || async {
            let filter = ChangeFilter::default();
            let changes = self.scene.app.changes(None, filter, None, usize::MAX);
            let owners = changes.await.unwrap().into_iter();
            owners.map(|row| row.owner.get()).collect::<BTreeSet<_>>()
        };
        assert!(observed().await.is_empty());
        {
            let mut world = self.scene.simulator.world();
            let now = self.scene.app.now().unix_timestamp();
            for user in &self.users {
                let mut entry = world.entries(*user).next().unwrap().clone();
                entry.score = if entry.score == 50 { 60 } else { 50 };
                entry.updated_at = Some(now);
                world.put_entry(entry);
            }
        }
        // A round of looks takes what the budget allows.
        let begun = self.scene.app.now();
        let most = time::Duration::minutes(10) + time::Duration::seconds(3) * self.count();
        loop {
            let seen = observed().await;
            if seen == self.users {
                return;
            }
            let (took, unseen) = (self.scene.app.now() - begun, self.users.difference(&seen));
            assert!(
                took < most,
                "{took}, and nobody looked at {:?}",
                unseen.collect::<Vec<_>>()
            );
            self.scene.clock.sleep(Duration::from_mins(1)).await;
        }
    }

    fn count(&self) -> i32 {
        i32::try_from(self.users.len()).unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn each_of_many_accounts_has_a_snapshot_of_each_day_beside_looks_and_a_person() {
    let many = Many::new().await;
    let (app, all) = (&many.scene.app, many.users.len());
    let days = async {
        for _ in 0..2 {
            let begun = app.now();
            many.ask().await;
            many.until_served(all).await;
            let took = app.now() - begun;
            // A thousand of them within two and a half hours.
            let most = time::Duration::minutes(12) + time::Duration::seconds(9) * many.count();
            assert!(took < most, "{took} for {all} accounts");
            // The machine sleeps until it is time for the next.
            let next = app.now().date().next_day().unwrap();
            let until = next.midnight().assume_utc() + time::Duration::minutes(59);
            many.scene.clock.jump(until - app.now());
        }
        // The third day.
        many.until_served(all).await;
        many.until_seen().await;
    };
    tokio::select! {
        () = app.run_schedule() => unreachable!("a schedule never ends"),
        () = app.run_watch() => unreachable!("looking never ends"),
        () = days => {}
    }
    // One each a day. The one of Hana that was asked for may have been her first.
    let files = many.scene.files().len();
    assert!(
        (3 * all..=3 * all + 1).contains(&files),
        "{files} of {all} accounts"
    );
}
