//! One budget for a thousand accounts: everybody's day is kept, and who waits goes first.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anirewind_anilist::{AniList, Pace, Urgency};
use anirewind_model::{AccessToken, Clock as _};
use anirewind_simulator::VirtualClock;
use time::macros::datetime;

const ACCOUNTS: u32 = 1_000;
/// Whose it is, the list and what could not be read at once, favourites.
const REQUESTS: usize = 4;
const DAY: Duration = Duration::from_hours(24);

/// Who was given a turn, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Person,
    Act,
    Snapshot,
    Look(u32),
}

#[derive(Clone)]
struct House {
    clock: Arc<VirtualClock>,
    client: AniList,
    log: Arc<Mutex<Vec<(Duration, Who)>>>,
}

impl House {
    fn new() -> Self {
        let clock = Arc::new(VirtualClock::starting_at(datetime!(2026-11-03 0:00 UTC)));
        let client = AniList::builder(AccessToken::new("nobody").unwrap())
            .endpoint("http://127.0.0.1:9/")
            .clock(clock.clone())
            .pace(Pace::new(clock.clone()))
            .build()
            .unwrap();
        Self {
            clock,
            client,
            log: Arc::default(),
        }
    }

    fn account(&self, number: u32) -> AniList {
        let token = AccessToken::new(&format!("token-{number}")).unwrap();
        self.client.for_token(&token).unwrap()
    }

    /// One request; how long it waited.
    async fn send(&self, client: &AniList, urgency: Urgency, who: Who) -> Duration {
        let asked = self.clock.elapsed();
        let turn = client.with_urgency(urgency).turn().await.unwrap();
        turn.spend();
        let now = self.clock.elapsed();
        self.log.lock().unwrap().push((now, who));
        now.saturating_sub(asked)
    }

    /// Waits until then without making it any later: somebody else lets the time pass.
    async fn until(&self, time: Duration) {
        while self.clock.elapsed() < time {
            tokio::task::yield_now().await;
        }
    }
}

/// Snapshots of everybody at midnight.
async fn snapshots(house: House) -> Duration {
    let all: Vec<_> = (0..ACCOUNTS)
        .map(|number| {
            let house = house.clone();
            tokio::spawn(async move {
                let client = house.account(number);
                house.send(&client, Urgency::Snapshot, Who::Snapshot).await;
                for _ in 1..REQUESTS {
                    house.send(&client, Urgency::Begun, Who::Snapshot).await;
                }
                house.clock.elapsed()
            })
        })
        .collect();
    let mut last = Duration::ZERO;
    for one in all {
        last = last.max(one.await.unwrap());
    }
    last
}

#[tokio::test]
async fn a_thousand_accounts_have_their_day_and_a_person_the_next_turn() {
    let house = House::new();
    for number in 0..ACCOUNTS {
        let house = house.clone();
        // Looks without a pause: what is left of the budget is used.
        tokio::spawn(async move {
            let client = house.account(number);
            loop {
                house.send(&client, Urgency::Look, Who::Look(number)).await;
            }
        });
    }
    let act = {
        let house = house.clone();
        tokio::spawn(async move {
            house.until(Duration::from_hours(1)).await;
            let client = house.account(7);
            for _ in 0..200 {
                house.send(&client, Urgency::Act, Who::Act).await;
            }
            house.clock.elapsed()
        })
    };
    let person = {
        let house = house.clone();
        tokio::spawn(async move {
            let client = house.account(3);
            let mut longest = Duration::ZERO;
            for visit in 0..200_u64 {
                house.until(Duration::from_secs(visit * 401)).await;
                let asked = house.clock.elapsed();
                let waited = house.send(&client, Urgency::Person, Who::Person).await;
                longest = longest.max(waited);
                let log = house.log.lock().unwrap();
                let between = log.iter().rev();
                let between = between.take_while(|(at, _)| *at > asked);
                let others =
                    between.filter(|(at, who)| *who != Who::Person && *at < asked + waited);
                assert_eq!(others.count(), 0, "somebody went before visit {visit}");
            }
            longest
        })
    };
    let taken = snapshots(house.clone()).await;
    // Two seconds and a bit each, and the visits and the act in between.
    let optimum = Duration::from_millis(2_034) * ACCOUNTS * u32::try_from(REQUESTS).unwrap();
    assert!(taken < optimum + optimum / 10, "snapshots took {taken:?}");
    let acted = act.await.unwrap().saturating_sub(Duration::from_hours(1));
    assert!(acted < Duration::from_mins(8), "the act took {acted:?}");
    // The longest gap is where a window of thirty has to end before the next may begin.
    let longest = person.await.unwrap();
    assert!(
        longest < Duration::from_secs(8),
        "a person waited {longest:?}"
    );
    house.until(DAY).await;
    let log = house.log.lock().unwrap();
    let mut looks = vec![0_u32; usize::try_from(ACCOUNTS).unwrap()];
    for (_, who) in log.iter() {
        if let Who::Look(number) = who {
            looks[usize::try_from(*number).unwrap()] += 1;
        }
    }
    let (fewest, most) = (looks.iter().min().unwrap(), looks.iter().max().unwrap());
    assert!(
        *fewest >= 35 && most - fewest <= 2,
        "{fewest} to {most} looks"
    );
}

#[tokio::test]
async fn a_turn_that_is_not_used_is_somebody_elses() {
    let house = House::new();
    let client = house.account(1);
    for _ in 0..100 {
        drop(client.turn().await.unwrap());
    }
    assert_eq!(house.clock.elapsed(), Duration::ZERO);
    // Whoever goes while he hands out the turns leaves that to the next.
    let waiting = {
        let client = client.clone();
        tokio::spawn(async move { client.with_urgency(Urgency::Look).turn().await })
    };
    client.turn().await.unwrap().spend();
    waiting.abort();
    client.turn().await.unwrap().spend();
    assert!(house.clock.elapsed() < Duration::from_secs(2));
}
