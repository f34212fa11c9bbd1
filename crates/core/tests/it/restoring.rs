//! A list is put back to what a snapshot holds: all of it, nothing else, with few requests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anirewind_core::model::EntryField;
use anirewind_core::{
    ActError, Action, App, ChangeFilter, ChangeOutcome, Code, Explain as _, Guard, OperationState,
    Plan, Prefer, Report, RestoreOptions, Source, Wanted,
};
use anirewind_simulator::{
    Act, BatchError, CompletedDate, CompletedProgress, CustomListStorage, Date, DeleteMissing,
    EmptyShape, Fault, LegacyTime, NullScalar, OverTotal, RateLimit, SimEntry, SimMedia,
    StartedToday, Status, Switches, TextStorage,
};

use crate::scene::{HANA, Scene, TOKEN, YUKIS, token};
use crate::undoing::{DESTRUCTIVE, without_times};

type Lists = BTreeMap<u32, SimEntry>;

fn entries(scene: &Scene) -> Lists {
    let world = scene.simulator.world();
    let entries = world.entries(HANA);
    entries
        .map(|entry| (entry.media, without_times(entry.clone())))
        .collect()
}

fn decoded(notes: &str) -> String {
    notes.replace("&#128557;", "😭").replace("&#127783;", "🌧")
}

/// The worst day: 40 titles overwritten, 10 flagged and moved between lists, 20 deleted, 20 added.
fn worst_day(scene: &Scene) {
    let now = scene.app.now().unix_timestamp();
    let mut world = scene.simulator.world();
    let media: Vec<u32> = world.entries(HANA).map(|entry| entry.media).collect();
    for (n, media) in media.iter().take(70).enumerate() {
        let mut entry = world.entry(HANA, *media).unwrap().clone();
        entry.updated_at = Some(now + i64::try_from(n).unwrap());
        match n {
            0..40 => {
                entry.status = Status::Planning;
                entry.score = if entry.score == 10 { 20 } else { 10 };
                entry.progress += 3;
                entry.volumes = 2;
                entry.repeat += 1;
                entry.priority = 7;
                entry.notes = if n % 2 == 0 {
                    None
                } else {
                    Some("overwritten".to_owned())
                };
                entry.started = if n % 3 == 0 {
                    Date::default()
                } else {
                    Date::ymd(2020, 1, 2)
                };
                entry.completed = Date::default();
                entry.advanced_scores = Vec::new();
            }
            40..50 => {
                entry.private = !entry.private;
                entry.hidden = !entry.hidden;
                entry.custom_lists = if entry.custom_lists.is_empty() {
                    [0].into()
                } else {
                    [].into()
                };
            }
            _ => {
                world.drop_entry(HANA, *media);
                continue;
            }
        }
        world.put_entry(entry);
    }
    for n in 0..20 {
        let id = 900_000 + n;
        world.add_media(SimMedia::new(id, true, "Ame no Machi", Some(12)));
        let like = world.entry(HANA, *media.last().unwrap()).unwrap().clone();
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

pub(crate) fn exactly() -> RestoreOptions {
    RestoreOptions {
        removes: true,
        prefer: Prefer::Snapshot,
        ..RestoreOptions::default()
    }
}

fn latest() -> Wanted {
    Wanted::Snapshot("latest".to_owned())
}

#[tokio::test]
async fn notes_that_anilist_cuts_off_are_named() {
    let cut = |s: &mut Switches| s.text_storage = TextStorage::Truncated;
    let scene = Scene::connected_with(80, 20, cut).await;
    let before = entries(&scene);
    worst_day(&scene);
    let report = restore(&scene.open_with(&DESTRUCTIVE), &exactly())
        .await
        .unwrap();
    assert_eq!(report.operation.state, OperationState::Partly);
    for step in report.unwell() {
        assert_eq!(
            step.problem.as_deref(),
            Some("AniList did not take over: notes")
        );
    }
    let after = entries(&scene);
    let wrong = before
        .iter()
        .filter(|(media, entry)| after[*media] != **entry);
    assert_eq!(wrong.count(), report.unwell().count());
    assert!(report.unwell().count() > 0);
}

/// A plan to put everything back as it was at first, whatever snapshots were taken since.
async fn plan(app: &App, options: &RestoreOptions) -> Plan {
    app.plan_restore(None, &first(app), options).await.unwrap()
}

fn first(app: &App) -> Wanted {
    let files = std::fs::read_dir(app.backups()).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let json = files.filter(|path| path.extension().is_some_and(|end| end == "json"));
    Wanted::Snapshot(json.min().unwrap().display().to_string())
}

async fn restore(app: &App, options: &RestoreOptions) -> Result<Report, ActError> {
    let plan = plan(app, options).await;
    let removals = plan.count(Action::Remove);
    app.apply(plan, Some(removals)).await
}

impl Scene {
    async fn connected_with(anime: usize, manga: usize, turn: impl FnOnce(&mut Switches)) -> Self {
        let scene = Self::grown(anime, manga, turn).await;
        scene.app.add_account(None, token(TOKEN)).await.unwrap();
        scene.capture().await;
        scene.clock.advance(Duration::from_mins(5));
        scene
    }

    fn requests(&self) -> u64 {
        self.simulator.traffic().requests
    }
}

/// A name for a position, and what turns the switch to it.
type Position = (&'static str, fn(&mut Switches));

const POSITIONS: [Position; 44] = [
    ("as guessed", |_| ()),
    ("all others applied", |s| {
        s.batch_error = BatchError::AllOthersApplied;
    }),
    ("nothing applied", |s| {
        s.batch_error = BatchError::NothingApplied;
    }),
    ("independent", |s| s.batch_error = BatchError::Independent),
    ("paths", |s| s.errors_have_path = true),
    ("progress always", |s| {
        s.completed_progress = CompletedProgress::Always;
    }),
    ("completed also if null", |s| {
        s.completed_date = CompletedDate::AlsoIfNull;
    }),
    ("completed never", |s| {
        s.completed_date = CompletedDate::Never;
    }),
    ("started today", |s| {
        s.started_today = StartedToday::AnyCurrent;
    }),
    ("null clears", |s| s.null_scalar = NullScalar::Clears),
    ("null fails", |s| s.null_scalar = NullScalar::Fails),
    ("total clamped", |s| s.over_total = OverTotal::Clamped),
    ("total rejected", |s| s.over_total = OverTotal::Rejected),
    ("null lists, each", |s| s.custom_lists_null_every = 1),
    ("null lists, some", |s| s.custom_lists_null_every = 7),
    ("hidden shown", |s| s.hidden_in_collection = true),
    ("lists by index", |s| {
        s.custom_list_storage = CustomListStorage::ByIndex;
    }),
    ("no-op keeps time", |s| s.noop_moves_updated_at = false),
    ("missing is 404", |s| {
        s.delete_missing = DeleteMissing::NotFound;
    }),
    ("missing is false", |s| {
        s.delete_missing = DeleteMissing::DeletedFalse;
    }),
    ("foreign is 403", |s| s.foreign_entry_status = 403),
    ("ninety a minute", |s| s.rate_limit = RateLimit::Honest(90)),
    ("ten a minute", |s| s.rate_limit = RateLimit::Honest(10)),
    ("lying limit", |s| s.rate_limit = RateLimit::Lying(30, 90)),
    ("no limit", |s| s.rate_limit = RateLimit::Off),
    ("per token", |s| s.rate_limit_per_token = true),
    ("lag of a second", |s| s.read_lag = Duration::from_secs(1)),
    ("lag of four seconds", |s| {
        s.read_lag = Duration::from_secs(4);
    }),
    ("chunks count twice", |s| s.chunk_counts_duplicates = true),
    ("no chunk zero", |s| s.chunk_zero_is_valid = false),
    ("empty is array", |s| s.empty_shape = EmptyShape::Array),
    ("empty is null", |s| s.empty_shape = EmptyShape::Null),
    ("old time null", |s| s.legacy_created_at = LegacyTime::Null),
    ("entities", |s| s.text_storage = TextStorage::EntityEncoded),
    ("low complexity", |s| s.complexity_limit = 150),
    ("high complexity", |s| s.complexity_limit = 1_000),
    ("statistics behind", |s| s.statistics_error = -3),
    ("statistics ahead", |s| s.statistics_error = 3),
    ("collections fail", |s| s.collection_fails_above = 50),
    ("collection cap", |s| s.collection_cap = 60),
    ("burst", |s| {
        s.burst = Some(anirewind_simulator::Burst {
            requests: 5,
            within: Duration::from_secs(2),
        });
    }),
    ("today and always", |s| {
        s.started_today = StartedToday::AnyCurrent;
        s.completed_date = CompletedDate::AlsoIfNull;
        s.completed_progress = CompletedProgress::Always;
    }),
    ("lag and independent", |s| {
        s.read_lag = Duration::from_secs(2);
        s.batch_error = BatchError::Independent;
    }),
    ("index and array", |s| {
        s.custom_list_storage = CustomListStorage::ByIndex;
        s.empty_shape = EmptyShape::Array;
    }),
];

#[tokio::test]
async fn the_worst_day_is_put_back_field_for_field_in_every_position_of_every_doubt() {
    for (name, turn) in POSITIONS {
        let scene = Scene::connected_with(80, 20, turn).await;
        let before = entries(&scene);
        worst_day(&scene);
        assert_ne!(entries(&scene), before);
        let app = scene.open_with(&DESTRUCTIVE);
        let report = restore(&app, &exactly())
            .await
            .unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let unwell: Vec<_> = report
            .unwell()
            .map(|step| (&step.title, &step.state, &step.problem))
            .collect();
        assert!(report.is_verified(), "{name}: {unwell:?}");
        let after = entries(&scene);
        assert_eq!(after.len(), before.len(), "{name}: titles");
        for (media, entry) in &before {
            // An AniList that keeps emoji as numbers shows them all the same.
            let mut after = after[media].clone();
            let notes = after.notes.map(|notes| decoded(&notes));
            after.notes = notes;
            assert_eq!(&after, entry, "{name}");
        }
        // Again, there is nothing to do.
        let again = plan(&app, &exactly()).await;
        assert_eq!(again.writes(), 0, "{name}");
    }
}

#[tokio::test]
async fn with_another_score_format_meanwhile_it_is_the_same() {
    for format in ["POINT_100", "POINT_10", "POINT_5", "POINT_3"] {
        let scene = Scene::connected_with(80, 20, |_| ()).await;
        let before = entries(&scene);
        worst_day(&scene);
        let set =
            |user: &mut anirewind_simulator::SimUser| format.clone_into(&mut user.score_format);
        scene.simulator.world().edit_user(HANA, set);
        let app = scene.open_with(&DESTRUCTIVE);
        let report = restore(&app, &exactly()).await.unwrap();
        assert!(report.is_verified(), "{format}");
        assert_eq!(entries(&scene), before, "{format}");
    }
}

#[tokio::test]
async fn eighteen_hundred_titles_take_twelve_requests_and_write_only_what_differs() {
    let scene = Scene::connected_with(1_300, 500, |_| ()).await;
    let before = entries(&scene);
    worst_day(&scene);
    let app = scene.open_with(&DESTRUCTIVE);
    let requests = scene.requests();
    let planned = plan(&app, &exactly()).await;
    assert_eq!(planned.count(Action::Write), 50);
    assert_eq!(planned.count(Action::Add), 20);
    assert_eq!(planned.count(Action::Remove), 20);
    let promised = planned.requests();
    let planning = scene.requests() - requests;
    app.apply(planned, Some(20)).await.unwrap();
    let all = scene.requests() - requests;
    assert!(
        all <= 12,
        "{all} requests: {:?}",
        scene.simulator.operations()
    );
    assert_eq!(usize::try_from(all - planning).unwrap(), promised);
    assert_eq!(scene.simulator.traffic().refused, 0);
    assert_eq!(entries(&scene), before);
    {
        let world = scene.simulator.world();
        let saved = world
            .effects()
            .iter()
            .filter(|effect| matches!(effect.act, Act::Saved { .. }));
        assert_eq!(saved.count(), 70);
        assert!(world.activities().is_empty(), "nothing reached the feed");
    }
    let requests = scene.requests();
    let effects = scene.simulator.world().effects().len();
    let again = plan(&app, &exactly()).await;
    assert_eq!((again.writes(), again.count(Action::Same)), (0, 1_800));
    assert!(scene.requests() - requests <= 4);
    assert_eq!(scene.simulator.world().effects().len(), effects);
}

#[tokio::test]
async fn eighteen_hundred_titles_onto_an_empty_account_take_thirty_requests() {
    let scene = Scene::connected_with(1_300, 500, |_| ()).await;
    let before = entries(&scene);
    for media in before.keys() {
        scene.simulator.world().drop_entry(HANA, *media);
    }
    let requests = scene.requests();
    let report = restore(&scene.app, &exactly()).await.unwrap();
    assert!(report.is_verified());
    let requests = scene.requests() - requests;
    assert!(
        requests <= 30,
        "{requests}: {:?}",
        scene.simulator.operations()
    );
    assert_eq!(scene.simulator.traffic().refused, 0);
    assert_eq!(entries(&scene), before);
    // Private titles were private from the first moment on.
    let world = scene.simulator.world();
    assert!(world.activities().is_empty());
}

#[tokio::test]
async fn by_default_what_moved_on_and_what_was_added_stays() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    let before = entries(&scene);
    worst_day(&scene);
    scene.clock.advance(Duration::from_hours(2));
    // Two single edits long after: watched on, and given a score.
    let unscored = before
        .values()
        .skip(75)
        .find(|e| e.score == 0)
        .unwrap()
        .media;
    let watched = before
        .values()
        .skip(75)
        .find(|e| e.media != unscored && e.status == Status::Current)
        .unwrap()
        .media;
    scene.save(watched, |entry| entry.progress += 1);
    scene.save(unscored, |entry| entry.score = 80);
    let report = restore(&scene.app, &RestoreOptions::default())
        .await
        .unwrap();
    assert!(report.is_verified());
    let after = entries(&scene);
    assert_eq!(after.len(), before.len() + 20);
    for (media, entry) in &before {
        let mut entry = entry.clone();
        if *media == watched {
            entry.progress += 1;
        }
        if *media == unscored {
            entry.score = 80;
        }
        assert_eq!(after[media], entry);
    }
    let kept = report
        .steps
        .iter()
        .filter(|step| step.action == Action::Keep.as_str());
    assert_eq!(kept.count(), 2);
}

#[tokio::test]
async fn only_what_is_asked_for_is_put_back() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    let before = entries(&scene);
    worst_day(&scene);
    let damaged = entries(&scene);
    let options = RestoreOptions {
        fields: [EntryField::Score, EntryField::Notes].into(),
        ..exactly()
    };
    let report = restore(&scene.app, &options).await.unwrap();
    assert!(report.is_verified());
    let after = entries(&scene);
    assert_eq!(after.len(), damaged.len());
    for (media, entry) in &damaged {
        let mut expected = entry.clone();
        if let Some(before) = before.get(media) {
            expected.score = before.score;
            expected.notes.clone_from(&before.notes);
        }
        assert_eq!(after[media], expected);
    }
    // Missing titles come back, what is there is left alone.
    let options = RestoreOptions {
        prefer: Prefer::Live,
        ..RestoreOptions::default()
    };
    restore(&scene.app, &options).await.unwrap();
    let missing = before.keys().filter(|media| !damaged.contains_key(media));
    assert!(
        missing
            .clone()
            .all(|media| entries(&scene)[media] == before[media])
    );
    assert_eq!(missing.count(), 20);
}

#[tokio::test]
async fn lists_that_are_gone_are_made_first_and_others_stay() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    let listed: Vec<u32> = {
        let world = scene.simulator.world();
        let on = world
            .entries(HANA)
            .filter(|e| e.media < 500_000 && e.custom_lists.contains(&0));
        on.map(|entry| entry.media).collect()
    };
    assert!(!listed.is_empty());
    {
        let mut world = scene.simulator.world();
        world.edit_user(HANA, |user| {
            user.lists.anime.custom_lists =
                vec!["With M.".to_owned(), "雨の日".to_owned(), "New".to_owned()];
        });
        let all: Vec<SimEntry> = world
            .entries(HANA)
            .filter(|e| e.media < 500_000)
            .cloned()
            .collect();
        for mut entry in all {
            let kept = entry.custom_lists.iter().filter(|at| **at > 0);
            entry.custom_lists = kept.map(|at| at - 1).collect();
            world.put_entry(entry);
        }
    }
    let planned = plan(&scene.app, &exactly()).await;
    assert_eq!(
        planned.operation.detail.lists,
        [("ANIME".to_owned(), "Cozy".to_owned())]
    );
    let report = scene.app.apply(planned, None).await.unwrap();
    assert!(report.is_verified());
    let world = scene.simulator.world();
    let lists = &world.user(HANA).unwrap().lists.anime.custom_lists;
    assert_eq!(*lists, ["With M.", "雨の日", "New", "Cozy"]);
    let on = world
        .entries(HANA)
        .filter(|e| e.media < 500_000 && e.custom_lists.contains(&3));
    assert_eq!(on.map(|entry| entry.media).collect::<Vec<_>>(), listed);
}

#[tokio::test]
async fn the_feed_is_muted_for_the_time_and_set_back() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    scene.simulator.world().edit_user(HANA, |user| {
        user.muted = [Status::Planning].into();
    });
    worst_day(&scene);
    let mut planned = plan(&scene.app, &RestoreOptions::default()).await;
    assert!(planned.operation.detail.mutes);
    scene.app.apply(planned.clone(), None).await.unwrap();
    {
        let world = scene.simulator.world();
        assert!(world.activities().is_empty());
        assert_eq!(world.user(HANA).unwrap().muted, [Status::Planning].into());
    }
    scene.clock.advance(Duration::from_hours(1));
    worst_day(&scene);
    planned = plan(&scene.app, &RestoreOptions::default()).await;
    planned.mute(false);
    scene.app.apply(planned, None).await.unwrap();
    assert!(!scene.simulator.world().activities().is_empty());
}

#[tokio::test]
async fn a_restore_is_on_the_timeline_and_one_plan_takes_it_back() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    worst_day(&scene);
    let worst = entries(&scene);
    let app = scene.open_with(&DESTRUCTIVE);
    let report = restore(&app, &exactly()).await.unwrap();
    let filter = ChangeFilter {
        operation: Some(report.operation.id.clone()),
        ..ChangeFilter::default()
    };
    let rows = app.changes(None, filter, None, usize::MAX).await.unwrap();
    assert_eq!(rows.len(), 90);
    assert!(rows.iter().all(|row| row.change.source == Source::Restore));
    let count = |outcome| {
        rows.iter()
            .filter(|row| row.change.outcome == outcome)
            .count()
    };
    assert_eq!(count(ChangeOutcome::Synced), 70);
    assert_eq!(count(ChangeOutcome::Deleted), 20);
    let summary = report.summary();
    assert_eq!((summary.restored, summary.errors, summary.open), (90, 0, 0));
    assert_eq!(
        scene.look().await.changes,
        0,
        "our own writes are not somebody else's"
    );
    // U12: the undo of a restore is the safety snapshot.
    let back = app
        .plan_undo(
            None,
            &[report.operation.id.to_string()],
            anirewind_core::Choices::default(),
        )
        .await
        .unwrap();
    let removals = back.count(Action::Remove);
    assert_eq!(removals, 20);
    let report = app.apply(back, Some(removals)).await.unwrap();
    assert!(report.is_verified());
    assert_eq!(entries(&scene), worst);
    // So is a restore of that snapshot.
    restore(&app, &exactly()).await.unwrap();
    let wanted = Wanted::Before(report.operation.id.clone());
    let planned = app.plan_restore(None, &wanted, &exactly()).await.unwrap();
    assert_eq!(planned.writes(), 0);
}

#[tokio::test]
async fn removals_need_the_switch_and_their_number() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    worst_day(&scene);
    let effects = scene.simulator.world().effects().len();
    let planned = plan(&scene.app, &exactly()).await;
    let error = scene.app.apply(planned.clone(), None).await.unwrap_err();
    assert!(
        matches!(
            error,
            ActError::Consent {
                count: 20,
                allowed: None
            }
        ),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("--allow-removals=20"));
    let error = scene
        .app
        .apply(planned.clone(), Some(19))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::RefusedForSafety);
    let error = scene
        .app
        .apply(planned.clone(), Some(20))
        .await
        .unwrap_err();
    assert!(matches!(error, ActError::Gate(_)), "{error}");
    let dry = scene.open_with(&[("PAB_DRY_RUN", "true"), DESTRUCTIVE[0]]);
    let error = dry.apply(planned, Some(20)).await.unwrap_err();
    assert!(matches!(error, ActError::Gate(_)), "{error}");
    assert_eq!(scene.simulator.world().effects().len(), effects);
}

#[tokio::test]
async fn what_is_not_to_be_relied_on_is_refused_with_a_way_out() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    let refused = async |wanted: Wanted, options: RestoreOptions| {
        let error = scene
            .app
            .plan_restore(Some("hana"), &wanted, &options)
            .await
            .unwrap_err();
        assert!(error.hint().is_some(), "{error}");
        error
    };
    // Somebody else's.
    scene
        .app
        .add_account(Some("yuki"), token(YUKIS))
        .await
        .unwrap();
    let yukis = scene.app.targets(Some("yuki")).await.unwrap().remove(0);
    let captured = scene
        .app
        .capture(&yukis, anirewind_core::Kind::Manual)
        .await
        .unwrap();
    let path = scene.app.backups().join(&captured.snapshot.file);
    let error = refused(Wanted::Snapshot(path.display().to_string()), exactly()).await;
    assert!(
        matches!(error, ActError::Guard(Guard::OthersList { .. })),
        "{error}"
    );
    assert!(
        error.to_string().contains("yuki") && error.to_string().contains("hana"),
        "{error}"
    );
    // The list itself.
    let error = refused(Wanted::Snapshot("live".to_owned()), exactly()).await;
    assert!(matches!(error, ActError::Guard(Guard::Live)), "{error}");
    // One that is doubted: most of the list is gone.
    let media: Vec<u32> = entries(&scene).into_keys().collect();
    for media in media.iter().take(70) {
        scene.simulator.world().drop_entry(HANA, *media);
    }
    scene.capture().await;
    let error = refused(latest(), exactly()).await;
    assert!(
        matches!(error, ActError::Guard(Guard::Doubted { .. })),
        "{error}"
    );
    // One that is empty.
    for media in media.iter().skip(70) {
        scene.simulator.world().drop_entry(HANA, *media);
    }
    let foreign = scene.data.path().join("mine.json");
    let body = r#"{"user":{"id":4242,"name":"hana"},"lists":[]}"#;
    std::fs::write(&foreign, body).unwrap();
    let wanted = Wanted::Snapshot(foreign.display().to_string());
    let error = refused(wanted, RestoreOptions::default()).await;
    assert!(
        matches!(error, ActError::Guard(Guard::Empty { .. })),
        "{error}"
    );
    // A damaged one.
    let file = scene.files().into_iter().next().unwrap();
    let path = scene.app.backups().join(file);
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let error = refused(Wanted::Snapshot(path.display().to_string()), exactly()).await;
    assert!(matches!(error, ActError::Browse(_)), "{error}");
    assert_eq!(scene.simulator.world().effects().len(), 0);
}

#[tokio::test]
async fn when_the_list_moves_the_plan_comes_back_with_the_rows_marked() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    worst_day(&scene);
    let planned = plan(&scene.app, &RestoreOptions::default()).await;
    let planned = scene.app.store_plan(planned).await.unwrap();
    let id = planned.id().unwrap().to_string();
    assert_eq!(scene.app.plans(None).await.unwrap().len(), 1);
    let moved = planned.steps[0].media.get();
    scene.save(moved, |entry| entry.score = 99);
    let effects = scene.simulator.world().effects().len();
    let error = scene.app.apply(planned, None).await.unwrap_err();
    assert!(
        matches!(error, ActError::OutOfDate { count: 1, .. }),
        "{error}"
    );
    assert_eq!(scene.simulator.world().effects().len(), effects);
    // From another process, by its id.
    let other = scene.reopen();
    let stored = other.plan(&id[..5]).await.unwrap();
    assert_eq!(stored.steps[0].action, Action::Keep.as_str());
    let report = other.apply(stored.clone(), None).await.unwrap();
    assert_eq!(report.operation.state, OperationState::Done);
    assert_eq!(
        scene.simulator.world().entry(HANA, moved).unwrap().score,
        99
    );
    let error = other.apply(stored, None).await.unwrap_err();
    assert!(matches!(error, ActError::NotAPlan { .. }), "{error}");
    assert!(other.plans(None).await.unwrap().is_empty());
    // A day later a plan is gone.
    let planned = plan(&scene.app, &exactly()).await;
    let planned = scene.app.store_plan(planned).await.unwrap();
    scene.clock.advance(Duration::from_hours(25));
    let error = scene
        .app
        .plan(planned.id().unwrap().as_str())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::NotFound, "{error}");
}

/// A short list on which everything happens: a change, an addition, a removal, a list to make.
async fn small() -> (Scene, Lists) {
    let scene = Scene::connected_with(12, 4, |_| ()).await;
    let before = entries(&scene);
    let mut world = scene.simulator.world();
    for media in 1_000..1_007 {
        let entry = world.entry(HANA, media).unwrap().clone();
        let score = if entry.score == 10 { 20 } else { 10 };
        world.put_entry(SimEntry { score, ..entry });
    }
    world.drop_entry(HANA, 1_008);
    world.add_media(SimMedia::new(900_000, true, "Ame no Machi", Some(12)));
    let like = world.entry(HANA, 1_009).unwrap().clone();
    world.put_entry(SimEntry {
        id: 0,
        media: 900_000,
        custom_lists: [].into(),
        ..like
    });
    drop(world);
    (scene, before)
}

/// Goes on until it is done, as a server would.
async fn until_done(app: &App, mut done: Result<Report, ActError>) -> Report {
    for _ in 0..5 {
        match done {
            Ok(report) => return report,
            Err(ActError::Stopped { operation, .. }) => {
                done = app.resume_operation(&operation).await;
            }
            // Nothing was sent: from the beginning.
            Err(_) if app.operations(None, 1).await.unwrap().is_empty() => {
                done = restore(app, &exactly()).await;
            }
            Err(_) => {
                let operation = app.operations(None, 1).await.unwrap().remove(0);
                done = app.resume_operation(&operation.id).await;
            }
        }
    }
    done.unwrap()
}

fn assert_put_back(scene: &Scene, before: &Lists, what: &str) {
    assert_eq!(&entries(scene), before, "{what}");
    let world = scene.simulator.world();
    assert!(world.user(HANA).unwrap().muted.is_empty(), "{what}");
    let mut saved = std::collections::BTreeSet::new();
    for effect in world.effects() {
        if let Act::Saved { media, .. } = &effect.act {
            assert!(saved.insert(*media), "{what}: {media} was saved twice");
        }
    }
    assert_eq!(saved.len(), 8, "{what}");
}

/// Every request fails once in every way that is answered; what stopped goes on, and the list is right.
#[tokio::test]
async fn whatever_request_fails_the_list_is_put_back() {
    for fault in [
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::TooManyRequests,
        Fault::InternalError,
        Fault::UnavailableAfter,
        Fault::Disabled,
        Fault::InvalidToken,
        Fault::TruncatedJson,
        Fault::PartialData,
        Fault::EmptyBody,
    ] {
        let (mut at, mut requests) = (0, 1);
        while at < requests {
            let (scene, before) = small().await;
            let app = scene.open_with(&DESTRUCTIVE);
            let begun = scene.requests();
            let planned = plan(&app, &exactly()).await;
            scene.simulator.fault_at(at + 1, fault);
            let done = app.apply(planned, Some(1)).await;
            let report = until_done(&app, done).await;
            let what = format!("{fault:?} at {at}");
            assert!(report.is_verified(), "{what}");
            assert_put_back(&scene, &before, &what);
            requests = scene.requests() - begun;
            at += 1;
        }
    }
}

#[tokio::test]
async fn a_token_that_is_revoked_stops_it_and_only_the_same_user_goes_on() {
    for at in 0.. {
        let (scene, before) = small().await;
        let app = scene.open_with(&DESTRUCTIVE);
        let planned = plan(&app, &exactly()).await;
        let base = scene.requests();
        scene
            .simulator
            .before_request(at + 1, |world| world.revoke_token(TOKEN));
        let done = app.apply(planned, Some(1)).await;
        if scene.requests() - base <= at {
            assert!(at > 6, "{at} requests");
            done.unwrap();
            break;
        }
        let what = format!("revoked at {at}");
        let Err(ActError::Stopped { operation, source }) = done else {
            // Before anything was begun, or right when all was done.
            continue;
        };
        assert!(!source.to_string().is_empty());
        let effects = scene.simulator.world().effects().len();
        // Somebody else signs in.
        scene.simulator.world().grant_token(TOKEN, 7);
        let error = app.resume_operation(&operation).await.unwrap_err();
        assert_eq!(error.code(), Code::RefusedForSafety, "{what}: {error}");
        assert_eq!(scene.simulator.world().effects().len(), effects, "{what}");
        // The same user signs in.
        scene.simulator.world().revoke_token(TOKEN);
        scene.simulator.world().grant_token(TOKEN, HANA);
        let report = app.resume_operation(&operation).await.unwrap();
        assert!(report.is_verified(), "{what}");
        assert_put_back(&scene, &before, &what);
    }
}

#[tokio::test]
async fn an_outage_of_an_hour_is_waited_for() {
    for at in [4, 5, 6, 7, 8] {
        let (scene, before) = small().await;
        let app = scene.open_with(&DESTRUCTIVE);
        let planned = plan(&app, &exactly()).await;
        let begun = anirewind_core::model::Clock::elapsed(scene.clock.as_ref());
        let hour = Duration::from_hours(1);
        scene.simulator.fault_for_a_while(at, Fault::Disabled, hour);
        let mut events = app.events();
        let report = app.apply(planned, Some(1)).await.unwrap();
        assert!(report.is_verified());
        let waited =
            anirewind_core::model::Clock::elapsed(scene.clock.as_ref()).saturating_sub(begun);
        assert!(waited >= Duration::from_mins(55), "at {at}");
        let mut waits = false;
        while let Ok(event) = events.try_recv() {
            waits |= matches!(event, anirewind_core::Event::Waiting { .. });
        }
        assert!(waits, "it says what it waits for");
        assert_put_back(&scene, &before, &format!("off at {at}"));
    }
}

/// The user edits titles while they are put back. Each edit stands, and is told.
#[tokio::test]
async fn what_is_edited_meanwhile_stays() {
    for at in 1..=8 {
        let (scene, before) = small().await;
        let app = scene.open_with(&DESTRUCTIVE);
        let planned = plan(&app, &exactly()).await;
        let begun = scene.simulator.operations().len();
        let at_request = usize::try_from(at).unwrap();
        let clock = Arc::clone(&scene.clock);
        scene.simulator.before_request(at, move |world| {
            for media in [1_002, 1_010] {
                let entry = world.entry(HANA, media).unwrap().clone();
                let now = anirewind_core::model::Clock::now(clock.as_ref()).unix_timestamp();
                world.put_entry(SimEntry {
                    score: 77,
                    updated_at: Some(now + 1),
                    ..entry
                });
            }
        });
        let done = app.apply(planned, Some(1)).await;
        let what = format!(
            "edited before request {at}: {:?}",
            scene.simulator.operations()
        );
        let now = entries(&scene);
        assert_eq!(now[&1_010].score, 77, "{what}");
        // What the request was for, before which it happened.
        let next = scene
            .simulator
            .operations()
            .get(begun + at_request - 1)
            .cloned();
        let next = next.unwrap_or_default();
        match done {
            // Seen before anything was sent: the plan comes back.
            Err(ActError::OutOfDate { count: 1, .. }) => {
                assert_eq!(next, "Whole", "{what}");
                assert_eq!(now[&1_002].score, 77, "{what}");
            }
            Ok(report) => {
                let mut steps = report.steps.iter();
                let title = steps.find(|step| step.media.get() == 1_002).unwrap();
                let expected = match next.as_str() {
                    // Within seconds after it was read, and right before it was written: nobody can
                    // tell. docs/restore.md says so.
                    "Sweep" | "Favourites" | "Save" => ("done", before[&1_002].score),
                    "MuteActivity" if at_request < 7 => ("done", before[&1_002].score),
                    "Delete" | "Entries" => ("overtaken", 77),
                    _ => ("done", 77),
                };
                assert_eq!(
                    (title.state.as_str(), now[&1_002].score),
                    expected,
                    "{what}"
                );
                let is_told = title.problem.as_ref().is_some_and(|p| p.contains("edited"));
                assert_eq!(is_told, title.state == "overtaken", "{what}");
            }
            Err(error) => panic!("{error:?}: {what}"),
        }
    }
}

/// An act that stopped at its first save, with what may have been sent.
async fn stopped(scene: &Scene) -> anirewind_core::Id {
    let app = scene.open_with(&DESTRUCTIVE);
    let planned = plan(&app, &exactly()).await;
    scene
        .simulator
        .before_request(5, |world| world.revoke_token(TOKEN));
    let Err(ActError::Stopped { operation, .. }) = app.apply(planned, Some(1)).await else {
        unreachable!("the token is gone");
    };
    let operations = scene.simulator.operations();
    assert_eq!(
        operations.iter().rev().nth(1).map(String::as_str),
        Some("MuteActivity")
    );
    scene.simulator.world().grant_token(TOKEN, HANA);
    operation
}

#[tokio::test]
async fn what_is_edited_before_it_goes_on_stays() {
    let (scene, before) = small().await;
    let operation = stopped(&scene).await;
    // The added title was added by hand, and another was watched on.
    {
        let mut world = scene.simulator.world();
        let like = world.entry(HANA, 1_009).unwrap().clone();
        world.put_entry(SimEntry {
            id: 0,
            media: 1_008,
            progress: 7,
            ..like
        });
        let entry = world.entry(HANA, 1_003).unwrap().clone();
        world.put_entry(SimEntry { score: 99, ..entry });
    }
    let app = scene.open_with(&DESTRUCTIVE);
    let report = app.resume_operation(&operation).await.unwrap();
    assert_eq!(report.operation.state, OperationState::Partly);
    let now = entries(&scene);
    assert_eq!((now[&1_008].progress, now[&1_003].score), (7, 99));
    assert_eq!(now[&1_002], before[&1_002]);
    assert!(scene.simulator.world().user(HANA).unwrap().muted.is_empty());
    // Trying again does not force it either.
    let again = app.plan_retry(&operation).await.unwrap();
    assert_eq!((again.writes(), again.count(Action::Keep)), (0, 2));
}

#[tokio::test]
async fn it_can_be_ended_without_leave_to_remove_and_while_anilist_is_out_of_order() {
    let (scene, _) = small().await;
    let operation = stopped(&scene).await;
    // Nobody allows removals any more, and AniList goes away right after it was asked who we are.
    let app = scene.reopen();
    let hour = Duration::from_hours(1);
    scene.simulator.fault_for_a_while(2, Fault::Disabled, hour);
    let error = app.stop_operation(&operation).await.unwrap_err();
    assert!(matches!(error, ActError::Stopped { .. }), "{error}");
    // It is still open: what may have been sent is not known, and the feed is muted.
    let row = app.operations(None, 1).await.unwrap().remove(0);
    assert_eq!(row.state, OperationState::Stopped);
    assert!(row.muted_before.is_some());
    scene.clock.advance(hour);
    let effects = scene.simulator.world().effects().len();
    let report = app.stop_operation(&operation).await.unwrap().unwrap();
    assert_eq!(report.operation.state, OperationState::Partly);
    assert!(
        report.sent().all(|step| step.state == "left"),
        "{:?}",
        report.steps
    );
    {
        let world = scene.simulator.world();
        assert!(world.user(HANA).unwrap().muted.is_empty());
        let saved = world.effects().iter().skip(effects);
        assert_eq!(
            saved.filter(|e| !matches!(e.act, Act::UserUpdated)).count(),
            0
        );
    }
    // The rest can be done later.
    let again = scene
        .open_with(&DESTRUCTIVE)
        .plan_retry(&operation)
        .await
        .unwrap();
    assert_eq!(again.writes(), 9);
}

#[tokio::test]
async fn a_pause_outlives_the_process_and_others_wait_and_say_for_what() {
    let (scene, before) = small().await;
    let app = scene.open_with(&DESTRUCTIVE);
    let planned = plan(&app, &exactly()).await;
    app.interrupt();
    let report = app.apply(planned, Some(1)).await.unwrap();
    assert_eq!(report.operation.state, OperationState::Paused);
    assert_eq!(report.summary().open, 9);
    let operation = report.operation.id;
    let other = scene.open_with(&DESTRUCTIVE);
    let planned = plan(&other, &exactly()).await;
    let error = other.apply(planned, Some(1)).await.unwrap_err();
    assert!(error.to_string().contains(operation.as_str()), "{error}");
    assert_eq!(error.code(), Code::Busy);
    // Looks go on meanwhile.
    scene.save(1_010, |entry| entry.score = 50);
    assert_eq!(scene.look().await.changes, 1);
    scene.save(1_010, |entry| entry.score = before[&1_010].score);
    let report = other.resume_operation(&operation).await.unwrap();
    assert!(report.is_verified());
    assert_put_back(&scene, &before, "resumed");
}

#[tokio::test]
async fn an_edit_of_another_field_between_the_write_and_its_proof_is_not_ours() {
    let (scene, _) = small().await;
    let app = scene.open_with(&DESTRUCTIVE);
    let planned = plan(&app, &exactly()).await;
    let clock = Arc::clone(&scene.clock);
    scene.simulator.before_request(7, move |world| {
        let now = anirewind_core::model::Clock::now(clock.as_ref()).unix_timestamp();
        let entry = world.entry(HANA, 1_002).unwrap().clone();
        world.put_entry(SimEntry {
            notes: Some("by hand".to_owned()),
            updated_at: Some(now + 1),
            ..entry
        });
    });
    let report = app.apply(planned, Some(1)).await.unwrap();
    assert!(report.is_verified());
    scene.clock.advance(Duration::from_mins(5));
    assert_eq!(
        scene.look().await.changes,
        1,
        "somebody's edit is seen as one"
    );
    let id = report.operation.id.to_string();
    let back = app
        .plan_undo(None, &[id], anirewind_core::Choices::default())
        .await
        .unwrap();
    app.apply(back, None).await.unwrap();
    let now = entries(&scene);
    assert_eq!(now[&1_002].notes.as_deref(), Some("by hand"));
}

#[tokio::test]
async fn a_plan_says_what_happened_since_and_can_be_of_one_cause_alone() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    let before = entries(&scene);
    for media in 1_000..1_012 {
        scene.save(media, |entry| {
            entry.score = if entry.score == 10 { 20 } else { 10 }
        });
    }
    scene.look().await;
    scene.clock.advance(Duration::from_hours(3));
    scene.save(1_030, |entry| entry.notes = Some("by hand".to_owned()));
    scene.look().await;
    let planned = plan(&scene.app, &exactly()).await;
    let causes = &planned.operation.detail.causes;
    assert_eq!(causes.len(), 2, "{causes:?}");
    assert_eq!((causes[0].titles, causes[1].titles), (12, 1));
    assert!(causes[1].id.is_none());
    let group = causes[0].id.clone().unwrap();
    let options = RestoreOptions {
        titles: Some(scene.app.titles_of(None, &group).await.unwrap()),
        ..exactly()
    };
    restore(&scene.app, &options).await.unwrap();
    let now = entries(&scene);
    assert_eq!(now[&1_030].notes.as_deref(), Some("by hand"));
    assert!((1_000..1_012).all(|media| now[&media] == before[&media]));
}

/// While one is carried out another waits, says for which, and then finds the list moved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_act_waits_and_says_for_which() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    worst_day(&scene);
    let one = plan(&scene.app, &RestoreOptions::default()).await;
    let one = scene.app.store_plan(one).await.unwrap();
    let id = one.id().unwrap().to_string();
    let other = scene.reopen();
    let two = plan(&other, &RestoreOptions::default()).await;
    let mut events = other.events();
    // The second begins when the first has sent something.
    let app = scene.app.clone();
    let first = tokio::spawn(async move { app.apply(one, None).await });
    while !scene
        .simulator
        .operations()
        .iter()
        .any(|name| name == "Save")
    {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let second = other.apply(two, None).await;
    let report = first.await.unwrap().unwrap();
    assert!(report.is_verified());
    // All of it is as planned already, so nothing is left to send.
    let error = second.unwrap_err();
    assert!(matches!(error, ActError::AlreadySo), "{error}");
    let mut said = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let anirewind_core::Event::Waiting { problem, .. } = event {
            said.push(problem);
        }
    }
    // Unless the first was done before the second knocked.
    assert!(said.iter().all(|problem| problem.contains(&id)), "{said:?}");
}
