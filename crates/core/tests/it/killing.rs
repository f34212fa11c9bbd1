//! A restore of fifty titles is killed at each named point. It ends all the same, nothing is lost,
//! nothing is done twice. (The program itself is killed at random by its own tests.)

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anirewind_core::{
    Action, App, OperationState, RestoreOptions, Schedule, Settings, Sources, Steps, Wanted,
};
use anirewind_simulator::{Act, Date, RateLimit, SimEntry, SimMedia, Status, VirtualClock, World};
use jiff::tz::TimeZone;
use time::macros::datetime;

use crate::crashing::copy;
use crate::restoring::exactly;
use crate::scene::{HANA, Scene, TOKEN, token};
use crate::undoing::without_times;

const FOLDER: &str = "ANIREWIND_TEST_KILL_FOLDER";
const URL: &str = "ANIREWIND_TEST_KILL_URL";
const STEP: &str = "ANIREWIND_TEST_KILL_STEP";

/// A restore of fifty titles that was planned, as often as it is wanted.
struct Template {
    scene: Scene,
    /// AniList when the plan was made.
    world: World,
    wanted: BTreeMap<u32, SimEntry>,
}

fn entries(world: &World) -> BTreeMap<u32, SimEntry> {
    let entries = world.entries(HANA);
    entries
        .map(|entry| (entry.media, without_times(entry.clone())))
        .collect()
}

impl Template {
    /// 35 titles to change, 10 to add, 5 to remove; two statuses are muted already.
    async fn new() -> Self {
        let scene = Scene::grown(60, 10, |switches| switches.rate_limit = RateLimit::Off).await;
        scene.app.add_account(None, token(TOKEN)).await.unwrap();
        scene.simulator.world().edit_user(HANA, |user| {
            user.muted = [Status::Planning, Status::Dropped].into();
        });
        scene.capture().await;
        scene.clock.advance(Duration::from_mins(5));
        let wanted = entries(&scene.simulator.world());
        {
            let mut world = scene.simulator.world();
            let media: Vec<u32> = wanted.keys().copied().collect();
            for (n, media) in media.iter().take(45).enumerate() {
                if n >= 35 {
                    world.drop_entry(HANA, *media);
                    continue;
                }
                let entry = world.entry(HANA, *media).unwrap().clone();
                world.put_entry(SimEntry {
                    score: if entry.score == 10 { 20 } else { 10 },
                    status: Status::Paused,
                    completed: Date::default(),
                    progress: entry.progress + 1,
                    ..entry
                });
            }
            for id in 900_000..900_005 {
                world.add_media(SimMedia::new(id, true, "Ame no Machi", Some(12)));
                let like = world.entry(HANA, *media.last().unwrap()).unwrap().clone();
                world.put_entry(SimEntry {
                    id: 0,
                    media: id,
                    custom_lists: [].into(),
                    ..like
                });
            }
        }
        let latest = Wanted::Snapshot("latest".to_owned());
        let options: RestoreOptions = exactly();
        let plan = scene
            .app
            .plan_restore(None, &latest, &options)
            .await
            .unwrap();
        assert_eq!((plan.writes(), plan.count(Action::Remove)), (50, 5));
        scene.app.store_plan(plan).await.unwrap();
        let world = scene.simulator.world().clone();
        Self {
            scene,
            world,
            wanted,
        }
    }

    fn reset(&self) -> tempfile::TempDir {
        *self.scene.simulator.world() = self.world.clone();
        let place = tempfile::tempdir().unwrap();
        copy(self.scene.data.path(), place.path());
        place
    }

    fn child(&self, folder: &Path) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                "killing::the_process_that_is_killed",
                "--nocapture",
            ])
            .env(FOLDER, folder)
            .env(URL, self.scene.simulator.url())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// What must hold once it has ended, however often it was killed.
    async fn check(&self, folder: &Path, what: &str) {
        let app = open(&self.scene.simulator.url(), folder, Steps::default());
        let operation = app.operations(None, 10).await.unwrap().remove(0);
        assert_eq!(
            operation.state,
            OperationState::Done,
            "{what}: {operation:?}"
        );
        let world = self.scene.simulator.world().clone();
        let now = entries(&world);
        for (media, wanted) in &self.wanted {
            assert_eq!(now.get(media), Some(wanted), "{what}");
        }
        assert_eq!(now.len(), self.wanted.len(), "{what}");
        let mut saved = BTreeSet::new();
        let mut removed = BTreeSet::new();
        for effect in world.effects().iter().skip(self.world.effects().len()) {
            match &effect.act {
                Act::Saved { media, .. } => assert!(saved.insert(*media), "{what}: {media} twice"),
                Act::Deleted { media, .. } => {
                    assert!(removed.insert(*media), "{what}: {media} twice");
                }
                _ => {}
            }
        }
        assert_eq!((saved.len(), removed.len()), (45, 5), "{what}");
        assert!(world.activities().is_empty(), "{what}: the feed");
        let muted = &world.user(HANA).unwrap().muted;
        assert_eq!(*muted, [Status::Planning, Status::Dropped].into(), "{what}");
        // The timeline tells it once, and nothing is taken for somebody else's.
        let filter = anirewind_core::ChangeFilter {
            operation: Some(operation.id.clone()),
            ..anirewind_core::ChangeFilter::default()
        };
        let changes = app.changes(None, filter, None, usize::MAX).await.unwrap();
        assert_eq!(changes.len(), 50, "{what}");
        let target = app.targets(None).await.unwrap().remove(0);
        assert_eq!(app.look(&target).await.unwrap().changes, 0, "{what}");
    }
}

fn open(url: &str, folder: &Path, steps: Steps) -> App {
    let sources = Sources {
        flags: [("data_dir", folder.display().to_string())].into(),
        environment: [
            ("ANIREWIND_ANILIST_URL".to_owned(), url.to_owned()),
            ("ANIREWIND_DESTRUCTIVE_SYNC".to_owned(), "true".to_owned()),
        ]
        .into(),
        platform_data: None,
    };
    let mut settings = Settings::read(&sources).unwrap();
    settings.backup_at = Schedule::parse("daily@01:00").unwrap();
    settings.steps = steps;
    let clock = VirtualClock::starting_at(datetime!(2026-11-03 13:00 UTC));
    App::open(settings, Arc::new(clock), TimeZone::UTC, None).unwrap()
}

/// Applies the plan, or goes on with what was begun, as somebody would who starts it again.
async fn work(app: &App) {
    let begun = app.operations(None, 10).await.unwrap();
    if let Some(operation) = begun.into_iter().find(|one| one.state.is_open()) {
        app.resume_operation(&operation.id).await.unwrap();
    } else if let Some(row) = app.plans(None).await.unwrap().into_iter().next() {
        let plan = app.plan(row.id.as_str()).await.unwrap();
        app.apply(plan, Some(5)).await.unwrap();
    }
}

/// Not a test of its own: what the others run and kill.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the process that is killed is told by its environment where"
)]
async fn the_process_that_is_killed() {
    let (Ok(folder), Ok(url)) = (std::env::var(FOLDER), std::env::var(URL)) else {
        return;
    };
    let at = std::env::var(STEP)
        .ok()
        .and_then(|step| step.parse::<usize>().ok());
    let taken = AtomicUsize::new(0);
    let steps = Steps::watched(move |_| {
        if Some(taken.fetch_add(1, Ordering::SeqCst)) == at {
            std::process::abort();
        }
        Ok(())
    });
    work(&open(&url, Path::new(&folder), steps)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_named_point() {
    let template = Template::new().await;
    for step in 0.. {
        let place = template.reset();
        let mut child = template.child(place.path());
        let output = child.env(STEP, step.to_string()).output().unwrap();
        let what = format!("killed before step {step}");
        let has_finished = output.status.success();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{what}: {stderr}");
        if !has_finished {
            work(&open(
                &template.scene.simulator.url(),
                place.path(),
                Steps::default(),
            ))
            .await;
        }
        template.check(place.path(), &what).await;
        if has_finished {
            assert!(step > 15, "the work takes {step} steps");
            break;
        }
    }
}
