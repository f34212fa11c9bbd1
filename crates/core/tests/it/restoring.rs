//! A list is put back to what a snapshot holds: all of it, nothing else, with few requests.

use std::collections::BTreeMap;
use std::time::Duration;

use anirewind_core::model::EntryField;
use anirewind_core::{
    ActError, Action, App, ChangeFilter, ChangeOutcome, Choices, Code, Explain as _, Guard,
    OperationState, Plan, Prefer, Report, RestoreOptions, Source, Wanted,
};
use anirewind_simulator::{
    Act, BatchError, CompletedDate, CompletedProgress, CustomListStorage, Date, DeleteMissing,
    EmptyShape, LegacyTime, NullScalar, OverTotal, RateLimit, SimEntry, SimMedia, StartedToday,
    Status, Switches, TextStorage,
};

use crate::scene::{HANA, Scene, TOKEN, YUKIS, token};
use crate::undoing::{DESTRUCTIVE, without_times};

pub(crate) type Lists = BTreeMap<u32, SimEntry>;

pub(crate) fn entries(scene: &Scene) -> Lists {
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
pub(crate) async fn plan(app: &App, options: &RestoreOptions) -> Plan {
    app.plan_restore(None, &first(app), options).await.unwrap()
}

fn first(app: &App) -> Wanted {
    let files = std::fs::read_dir(app.backups()).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let json = files.filter(|path| path.extension().is_some_and(|end| end == "json"));
    Wanted::Snapshot(json.min().unwrap().display().to_string())
}

pub(crate) async fn restore(app: &App, options: &RestoreOptions) -> Result<Report, ActError> {
    let plan = plan(app, options).await;
    let removals = plan.count(Action::Remove);
    app.apply(plan, Some(removals)).await
}

impl Scene {
    pub(crate) async fn connected_with(
        anime: usize,
        manga: usize,
        turn: impl FnOnce(&mut Switches),
    ) -> Self {
        let scene = Self::grown(anime, manga, turn).await;
        scene.app.add_account(None, token(TOKEN)).await.unwrap();
        scene.capture().await;
        scene.clock.advance(Duration::from_mins(5));
        scene
    }

    pub(crate) fn requests(&self) -> u64 {
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
async fn whether_a_plan_that_says_nothing_mutes_the_feed_is_a_setting() {
    let scene = Scene::connected_with(80, 20, |_| ()).await;
    worst_day(&scene);
    for (word, mutes) in [("many", true), ("always", true), ("never", false)] {
        let app = scene.open_with(&[("ANIREWIND_MUTE_ACTIVITY", word)]);
        let planned = plan(&app, &RestoreOptions::default()).await;
        assert_eq!(planned.operation.detail.mutes, mutes, "{word}");
    }
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
    let unsaved = async || app.status().await.unwrap().remove(0).unsaved;
    assert_eq!(
        unsaved().await,
        90,
        "the newest snapshot is from before them"
    );
    scene.capture().await;
    assert_eq!(unsaved().await, 0);
    // U12: the undo of a restore is the safety snapshot.
    let back = app
        .plan_undo(None, &[report.operation.id.to_string()], Choices::default())
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
