//! Hana's list on a simulator, and a journal in memory that can refuse.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anirewind_anilist::{AniList, Pace, WRITES_PER_REQUEST};
use anirewind_model::{AccessToken, Entry, MediaId, MediaType, Remote as _, Score, Viewer};
use anirewind_restore::{
    Journal, JournalError, Ports, Reading, Settled, Step, StepState, Stopped, Wish, execute,
};
use anirewind_simulator::{Growth, Options, RateLimit, Simulator, Switches, VirtualClock, World};
use async_trait::async_trait;
use time::macros::datetime;

pub(crate) const HANA: u32 = 4242;

pub(crate) struct Scene {
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) simulator: Simulator,
    pub(crate) anilist: AniList,
    pub(crate) viewer: Viewer,
}

impl Scene {
    pub(crate) async fn new(turn: impl FnOnce(&mut Switches)) -> Self {
        Self::with_timeout(Duration::from_mins(1), turn).await
    }

    /// With a client that waits this long for an answer, in true time.
    pub(crate) async fn with_timeout(timeout: Duration, turn: impl FnOnce(&mut Switches)) -> Self {
        let clock = Arc::new(VirtualClock::starting_at(datetime!(2026-11-03 12:00 UTC)));
        let mut world = World::new();
        let growth = Growth {
            seed: 7,
            anime: 30,
            manga: 5,
        };
        world.grow(
            World::hana(),
            "a-token",
            growth,
            datetime!(2026-11-03 12:00 UTC),
        );
        let mut switches = Switches {
            rate_limit: RateLimit::Off,
            ..Switches::default()
        };
        turn(&mut switches);
        let options = Options {
            switches,
            ..Options::default()
        };
        let simulator = Simulator::start_with(world, clock.clone(), options)
            .await
            .unwrap();
        let anilist = AniList::builder(AccessToken::new("a-token").unwrap())
            .endpoint(simulator.url())
            .clock(clock.clone())
            .timeout(timeout)
            .pace(Pace::new(clock.clone()))
            .build()
            .unwrap();
        let viewer = anilist.viewer().await.unwrap();
        Self {
            clock,
            simulator,
            anilist,
            viewer,
        }
    }

    pub(crate) async fn entry(&self, media: u32) -> Option<Entry> {
        let titles = [(MediaType::Anime, MediaId::new(media))];
        let entries = self.anilist.entries(&self.viewer, &titles).await.unwrap();
        entries.into_iter().next()
    }

    /// A step that gives a title another score.
    pub(crate) async fn score(&self, media: u32, raw: u16) -> Step {
        let before = self.entry(media).await.unwrap().values;
        let mut target = before.clone();
        target.score = Score::new(raw).into();
        Step::new(
            MediaId::new(media),
            MediaType::Anime,
            Some(before),
            Some(target),
        )
        .unwrap()
    }

    pub(crate) async fn run(
        &self,
        steps: &[(Step, StepState)],
        journal: &Memory,
    ) -> Result<(), Stopped> {
        self.run_with(steps, journal, WRITES_PER_REQUEST).await
    }

    /// The same where so many writes fit into a request.
    pub(crate) async fn run_with(
        &self,
        steps: &[(Step, StepState)],
        journal: &Memory,
        most: usize,
    ) -> Result<(), Stopped> {
        let ports = Ports {
            remote: &self.anilist,
            viewer: &self.viewer,
            journal,
            clock: self.clock.as_ref(),
            most,
        };
        execute(steps, Reading::default(), &ports).await
    }

    pub(crate) fn effects(&self) -> usize {
        self.simulator.world().effects().len()
    }
}

/// A journal that keeps what it is told, and stops at a call if that is wanted.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) states: Mutex<Vec<(StepState, Option<String>)>>,
    pub(crate) calls: Mutex<usize>,
    pub(crate) stops_at: Option<(usize, bool)>,
    /// What somebody wants at which request.
    pub(crate) wishes: Option<(usize, Wish)>,
    pub(crate) asked: Mutex<usize>,
}

impl Memory {
    pub(crate) fn of(steps: &[(Step, StepState)]) -> Self {
        let states = steps.iter().map(|(_, state)| (*state, None)).collect();
        Self {
            states: Mutex::new(states),
            ..Self::default()
        }
    }

    pub(crate) fn state(&self, place: usize) -> StepState {
        self.states.lock().unwrap()[place].0
    }

    /// Whether the process dies before or after this call is written down.
    fn call(&self, write: impl FnOnce()) -> Result<(), JournalError> {
        let mut calls = self.calls.lock().unwrap();
        *calls += 1;
        match self.stops_at {
            Some((at, false)) if at == *calls => Err(JournalError("killed".into())),
            Some((at, true)) if at == *calls => {
                write();
                Err(JournalError("killed".into()))
            }
            _ => {
                write();
                Ok(())
            }
        }
    }
}

#[async_trait]
impl Journal for Memory {
    async fn intend(&self, places: &[usize]) -> Result<(), JournalError> {
        self.call(|| {
            for place in places {
                self.states.lock().unwrap()[*place].0 = StepState::Intended;
            }
        })
    }

    async fn settle(&self, settled: Vec<(usize, Settled)>) -> Result<(), JournalError> {
        self.call(|| {
            for (place, settled) in settled {
                self.states.lock().unwrap()[place] = (settled.state, settled.problem);
            }
        })
    }

    async fn wish(&self) -> Result<Wish, JournalError> {
        let mut asked = self.asked.lock().unwrap();
        *asked += 1;
        match self.wishes {
            Some((at, wish)) if at == *asked => Ok(wish),
            _ => Ok(Wish::GoOn),
        }
    }
}
