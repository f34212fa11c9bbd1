//! A simulator and a client that share one clock.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anirewind_anilist::{AniList, Builder};
use anirewind_model::{AccessToken, Clock as _, Entry, List, Remote as _, RemoteError, Viewer};
use anirewind_simulator::{
    Fault, Growth, SimEntry, SimMedia, SimUser, Simulator, VirtualClock, World,
};
use time::macros::datetime;

pub(crate) const TOKEN: &str = "token-of-hana";
pub(crate) const HANA: u32 = 4242;

pub(crate) struct Scene {
    pub(crate) simulator: Simulator,
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) anilist: AniList,
    pub(crate) events: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    /// Hana's account with so many titles.
    pub(crate) async fn grown(anime: usize, manga: usize) -> Self {
        Self::grown_for(anime, manga, |builder| builder).await
    }

    /// Hana's account with a few titles, and a client that gives up after two seconds where this fault never ends.
    pub(crate) async fn facing(fault: Option<Fault>, anime: usize, manga: usize) -> Self {
        let is_endless = fault.is_some_and(Fault::is_endless);
        Self::grown_for(anime, manga, |builder| {
            if is_endless {
                builder.timeout(Duration::from_secs(2))
            } else {
                builder // An answer that comes is waited for, however slow the machine.
            }
        })
        .await
    }

    async fn grown_for(
        anime: usize,
        manga: usize,
        set_up: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let mut world = World::new();
        let clock = clock();
        world.grow(
            World::hana(),
            TOKEN,
            Growth {
                seed: 7,
                anime,
                manga,
            },
            clock.now(),
        );
        Self::of(world, clock, set_up).await
    }

    /// Hana's account with nothing on it but three anime to add.
    pub(crate) async fn empty() -> Self {
        let mut world = World::new();
        world.add_user(World::hana(), TOKEN);
        world.add_user(SimUser::new(7, "yuki"), "token-of-yuki");
        for id in 1..=3 {
            world.add_media(SimMedia::new(id, true, &format!("Anime {id}"), Some(12)));
        }
        Self::of(world, clock(), |builder| builder).await
    }

    pub(crate) async fn of(
        world: World,
        clock: Arc<VirtualClock>,
        set_up: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let simulator = Simulator::start(world, clock.clone()).await.unwrap();
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&events);
        let builder = AniList::builder(AccessToken::new(TOKEN).unwrap())
            .endpoint(simulator.url())
            .clock(clock.clone())
            .timeout(Duration::from_secs(20))
            .on_event(move |event| heard.lock().unwrap().push(event.to_string()));
        let anilist = set_up(builder).build().unwrap();
        Self {
            simulator,
            clock,
            anilist,
            events,
        }
    }

    pub(crate) async fn viewer(&self) -> Viewer {
        self.anilist.viewer().await.unwrap()
    }

    pub(crate) async fn read(&self) -> Result<List, RemoteError> {
        let viewer = self.anilist.viewer().await?;
        self.anilist.list(&viewer, &|_, _| ()).await
    }

    /// Fails unless the list read is the list there is, field for field.
    pub(crate) fn assert_complete(&self, list: &List) {
        let world = self.simulator.world();
        let truth: Vec<&SimEntry> = world.entries(HANA).collect();
        assert_eq!(
            list.entries.len(),
            truth.len(),
            "titles read and titles there"
        );
        for entry in &list.entries {
            let there = world.entry(HANA, entry.media.get()).unwrap();
            let user = world.user(HANA).unwrap();
            let lists = user.options(world.media(entry.media.get()).unwrap().is_anime);
            assert_same(entry, there, &lists.custom_lists);
        }
    }
}

pub(crate) fn clock() -> Arc<VirtualClock> {
    Arc::new(VirtualClock::starting_at(datetime!(2026-03-01 12:00 UTC)))
}

fn assert_same(read: &Entry, there: &SimEntry, lists: &[String]) {
    let (values, media) = (&read.values, there.media);
    let number = |n: i32| u32::try_from(n).unwrap();
    assert_eq!(
        values
            .score
            .known()
            .map_or(0, |score| i32::from(score.raw())),
        there.score
    );
    assert_eq!(
        values.progress.known(),
        Some(&number(there.progress)),
        "progress of {media}"
    );
    assert_eq!(
        values.volumes.known(),
        Some(&number(there.volumes)),
        "volumes of {media}"
    );
    assert_eq!(
        values.repeats.known(),
        Some(&number(there.repeat)),
        "repeats of {media}"
    );
    assert_eq!(
        values.priority.known(),
        Some(&number(there.priority)),
        "priority of {media}"
    );
    assert_eq!(
        values.private.known(),
        Some(&there.private),
        "private of {media}"
    );
    assert_eq!(
        values.hidden.known(),
        Some(&there.hidden),
        "hidden of {media}"
    );
    let notes = values.notes.known().map(anirewind_model::Notes::as_str);
    assert_eq!(notes, there.notes.as_deref(), "notes of {media}");
    let on: Vec<&str> = values
        .custom_lists
        .known()
        .map_or(Vec::new(), |on| on.iter().collect());
    let mut expected: Vec<&str> = there
        .custom_lists
        .iter()
        .filter_map(|place| lists.get(*place))
        .map(String::as_str)
        .collect();
    expected.sort_unstable();
    assert_eq!(on, expected, "custom lists of {media}");
    assert!(values.custom_lists.is_recorded() && values.advanced_scores.is_recorded());
    let status = format!("{:?}", there.status).to_uppercase();
    assert_eq!(values.status.known().map(ToString::to_string), Some(status));
    for (read, there) in [
        (values.started, there.started),
        (values.completed, there.completed),
    ] {
        let parts = read
            .known()
            .map(|date| (date.year(), date.month(), date.day()));
        let (year, month, day) = parts.unwrap_or_default();
        assert_eq!(year.map(i32::from), there.year, "date of {media}");
        assert_eq!(month.map(i32::from), there.month, "date of {media}");
        assert_eq!(day.map(i32::from), there.day, "date of {media}");
    }
    let updated = read.updated_at.map(time::OffsetDateTime::unix_timestamp);
    assert_eq!(updated, there.updated_at);
}
