//! Lives at random: a person edits, things go wrong, we look, take back, put back and are killed. After
//! every act: what the plan showed is what is there (U9), nobody's edit is lost (U6), and the list can
//! be rebuilt from what was written down (U11).

use std::collections::BTreeMap;
use std::time::Duration;

use anirewind_core::model::{EntryStatus, UserId};
use anirewind_core::{
    ActError, Action, App, Choices, Plan, Prefer, Report, RestoreOptions, StepState, Wanted,
};
use anirewind_simulator::{Fault, RateLimit, SimEntry, SimMedia, Status};

use crate::scene::{HANA, Scene, TOKEN, token};
use crate::undoing::DESTRUCTIVE;

/// So many, unless `LIVING_LIVES` says otherwise.
const LIVES: u64 = 20;
const ACTS: usize = 100;

/// What of an entry these lives move.
type Shape = (String, i32, i32, String);

struct Life {
    scene: Scene,
    app: App,
    rng: fastrand::Rng,
    seed: u64,
    acts: Vec<String>,
}

fn shape(entry: &SimEntry) -> Shape {
    let status = format!("{:?}", entry.status).to_uppercase();
    let notes = entry.notes.clone().unwrap_or_default();
    (status, entry.score, entry.progress, notes)
}

fn shape_of(entry: &anirewind_core::model::Entry) -> Shape {
    let values = &entry.values;
    let status = values.status.known().map_or("", EntryStatus::as_str);
    let score = values
        .score
        .known()
        .map_or(0, |score| i32::from(score.raw()));
    let progress = values.progress.known().copied().unwrap_or_default();
    let notes = values.notes.known().map_or("", |notes| notes.as_str());
    let progress = i32::try_from(progress).unwrap();
    (status.to_owned(), score, progress, notes.to_owned())
}

impl Life {
    async fn new(seed: u64) -> Self {
        let scene = Scene::grown(14, 4, |s| s.rate_limit = RateLimit::Off).await;
        scene.app.add_account(None, token(TOKEN)).await.unwrap();
        scene.capture().await;
        Self {
            app: scene.open_with(&DESTRUCTIVE),
            scene,
            rng: fastrand::Rng::with_seed(seed),
            seed,
            acts: Vec::new(),
        }
    }

    fn world(&self) -> BTreeMap<u32, Shape> {
        let world = self.scene.simulator.world();
        let entries = world.entries(HANA);
        entries.map(|entry| (entry.media, shape(entry))).collect()
    }

    fn what(&self) -> String {
        format!("seed {}: {}", self.seed, self.acts.join(", "))
    }

    fn edit(&mut self) {
        let now = self.app.now().unix_timestamp();
        let mut world = self.scene.simulator.world();
        let media: Vec<u32> = world.entries(HANA).map(|entry| entry.media).collect();
        let pick = media[self.rng.usize(..media.len())];
        match self.rng.u8(..10) {
            0 if media.len() > 12 => world.drop_entry(HANA, pick),
            1 if media.len() < 24 => {
                let id = 900_000 + self.rng.u32(..30);
                let like = world.entry(HANA, pick).unwrap().clone();
                if world.entry(HANA, id).is_none() {
                    world.add_media(SimMedia::new(id, id.is_multiple_of(2), "Ame", Some(12)));
                    world.put_entry(SimEntry {
                        id: 0,
                        media: id,
                        custom_lists: [].into(),
                        advanced_scores: Vec::new(),
                        updated_at: Some(now),
                        ..like
                    });
                }
            }
            2 => {
                for media in media.iter().take(8) {
                    let entry = world.entry(HANA, *media).unwrap().clone();
                    let score = self.rng.i32(1..=10) * 10;
                    let updated_at = Some(now);
                    world.put_entry(SimEntry {
                        score,
                        updated_at,
                        ..entry
                    });
                }
            }
            how => {
                let mut entry = world.entry(HANA, pick).unwrap().clone();
                match how {
                    3..=5 => entry.score = self.rng.i32(1..=10) * 10,
                    6..=7 => entry.progress += 1,
                    8 => entry.notes = Some(format!("note {}", self.rng.u8(..))),
                    _ => entry.status = Status::Dropped,
                }
                entry.updated_at = Some(now);
                world.put_entry(entry);
            }
        }
    }

    /// Plans something, applies it, and compares what is there with what the plan showed.
    async fn act(&mut self, plan: Result<Plan, ActError>) {
        // What cannot be taken back says so; nothing is sent then.
        let Ok(plan) = plan else { return };
        if plan.writes() == 0 {
            return;
        }
        self.acts
            .push(format!("{} of {}", plan.operation.what, plan.writes()));
        let before = self.world();
        let mut expected = before.clone();
        for step in &plan.steps {
            match Action::parse(&step.action).unwrap() {
                Action::Write | Action::Add => {
                    let shape = shape_of(step.target.as_ref().unwrap());
                    expected.insert(step.media.get(), shape);
                }
                Action::Remove => {
                    expected.remove(&step.media.get());
                }
                _ => {}
            }
        }
        let removals = plan.count(Action::Remove);
        if self.rng.u8(..4) == 0 {
            let at = self.rng.u64(1..12);
            self.acts.push(format!("request {at} fails"));
            let fault = [Fault::InvalidToken, Fault::ResetAfter, Fault::InternalError];
            self.scene
                .simulator
                .fault_at(at, fault[self.rng.usize(..3)]);
        }
        let done = self.app.apply(plan.clone(), Some(removals)).await;
        let report = self.until_done(done).await;
        self.scene.simulator.no_more_faults();
        let Some(report) = report else {
            assert_eq!(self.world(), before, "nothing was sent: {}", self.what());
            return;
        };
        assert!(
            report.is_verified(),
            "{:?} {}",
            report.unwell().collect::<Vec<_>>(),
            self.what()
        );
        assert_eq!(self.world(), expected, "{}", self.what());
        let sent = report
            .sent()
            .map(|step| StepState::parse(&step.state).unwrap());
        assert!(sent.into_iter().all(StepState::is_well));
    }

    async fn until_done(&mut self, mut done: Result<Report, ActError>) -> Option<Report> {
        for _ in 0..4 {
            match done {
                Ok(report) => return Some(report),
                Err(ActError::Stopped { operation, .. }) => {
                    // As after a restart.
                    self.app = self.scene.open_with(&DESTRUCTIVE);
                    done = self.app.resume_operation(&operation).await;
                }
                Err(error) => {
                    let open = self.app.operations(None, 1).await.unwrap();
                    let open = open.into_iter().find(|operation| operation.state.is_open());
                    let Some(operation) = open else {
                        self.acts.push(error.to_string());
                        return None;
                    };
                    done = self.app.resume_operation(&operation.id).await;
                }
            }
        }
        Some(done.unwrap())
    }

    async fn step(&mut self) {
        match self.rng.u8(..20) {
            0..=8 => self.edit(),
            9..=10 => {
                let hours = self.rng.u64(..30);
                self.scene.clock.advance(Duration::from_hours(hours));
                return;
            }
            11..=14 => {
                self.scene.look().await;
                let log = self.scene.log().await;
                if log.is_empty() {
                    return;
                }
                let row = &log[self.rng.usize(..log.len().min(30))];
                let group = row.change.group.clone().filter(|_| self.rng.bool());
                let id = group.unwrap_or_else(|| row.id.clone()).to_string();
                let plan = self.app.plan_undo(None, &[id], Choices::default()).await;
                self.act(plan).await;
            }
            15 => {
                self.scene.look().await;
                let plan = self.app.plan_redo(None, &[], Choices::default()).await;
                self.act(plan).await;
            }
            16..=17 => {
                let files = self.scene.files();
                let file = &files[self.rng.usize(..files.len())];
                let path = self.app.backups().join(file).display().to_string();
                let prefer = [Prefer::Ask, Prefer::Snapshot, Prefer::Live];
                let options = RestoreOptions {
                    removes: self.rng.bool(),
                    prefer: prefer[self.rng.usize(..3)],
                    ..RestoreOptions::default()
                };
                let wanted = Wanted::Snapshot(path);
                let plan = self.app.plan_restore(None, &wanted, &options).await;
                self.act(plan).await;
            }
            _ => {
                self.scene.capture().await;
            }
        }
        self.scene
            .clock
            .advance(Duration::from_mins(self.rng.u64(1..8)));
        // What was written down tells the list as it is.
        let doubted = self.scene.look().await;
        if doubted.changes == 0 {
            self.scene.look().await;
        }
        let now = self.app.now();
        let hana = UserId::new(HANA);
        if let Some(found) = self.app.list_at(hana, now).await.unwrap() {
            let rebuilt = found.list.entries.iter();
            let rebuilt: BTreeMap<_, _> = rebuilt.map(|e| (e.media.get(), shape_of(e))).collect();
            assert_eq!(rebuilt, self.world(), "{}", self.what());
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever has the time asks for more by the environment"
)]
fn lives() -> u64 {
    let given = std::env::var("LIVING_LIVES").ok();
    given.map_or(LIVES, |given| given.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_acts_at_random() {
    let lives = (0..lives()).map(|seed| {
        tokio::spawn(async move {
            let mut life = Life::new(seed).await;
            for _ in 0..ACTS {
                life.step().await;
            }
        })
    });
    // Not all at once: each has a simulator and a folder of its own.
    let mut lives = lives;
    loop {
        let some: Vec<_> = lives.by_ref().take(4).collect();
        if some.is_empty() {
            break;
        }
        for life in some {
            life.await.unwrap();
        }
    }
}
