//! Without a token: what everybody sees is kept, what nobody sees is no change, and nothing is written.

use anirewind_core::{
    AccountError, Action, App, Captured, ChangeFilter, ChangeRow, Code, Delta, Explain as _, Kind,
    SnapshotRow, Verdict, Wanted,
};
use anirewind_core::{Choices, RestoreOptions};
use anirewind_simulator::SimEntry;

use crate::restoring::exactly;
use crate::scene::{HANA, Scene, TOKEN, token};
use crate::undoing::DESTRUCTIVE;

/// So many of Hana's forty titles are private.
const PRIVATE: usize = 30;

/// Hana with most of her list private; nobody is connected.
async fn scene() -> Scene {
    let scene = Scene::new().await;
    for (n, entry) in titles(&scene).into_iter().enumerate() {
        let private = n < PRIVATE;
        scene
            .simulator
            .world()
            .put_entry(SimEntry { private, ..entry });
    }
    scene
}

fn titles(scene: &Scene) -> Vec<SimEntry> {
    let world = scene.simulator.world();
    world.entries(HANA).cloned().collect()
}

/// Titles that are private, or are not, by their numbers.
fn media(scene: &Scene, private: bool) -> Vec<u32> {
    let titles = titles(scene).into_iter();
    let titles = titles.filter(|entry| entry.private == private);
    titles.map(|entry| entry.media).collect()
}

fn edit(scene: &Scene, media: u32, change: impl FnOnce(&mut SimEntry)) {
    let mut world = scene.simulator.world();
    let mut entry = world.entry(HANA, media).unwrap().clone();
    change(&mut entry);
    entry.updated_at = Some(scene.app.now().unix_timestamp());
    world.put_entry(entry);
}

async fn public() -> Scene {
    let scene = scene().await;
    scene.app.add_public_account(None, "hana").await.unwrap();
    scene
}

async fn connect(scene: &Scene) {
    scene.app.add_account(None, token(TOKEN)).await.unwrap();
}

/// The token is let go of, and the list is read without one.
async fn let_go(scene: &Scene) {
    scene.app.remove_account("hana").await.unwrap();
    scene.app.add_public_account(None, "hana").await.unwrap();
}

async fn look(scene: &Scene) -> usize {
    let target = scene.app.targets(Some("hana")).await.unwrap().remove(0);
    scene.app.look(&target).await.unwrap().changes
}

async fn changes(app: &App) -> Vec<ChangeRow> {
    let all = ChangeFilter::default();
    app.changes(None, all, None, usize::MAX).await.unwrap()
}

async fn later(scene: &Scene) -> Captured {
    scene.clock.advance(std::time::Duration::from_hours(1));
    scene.capture().await
}

fn assert_quiet(row: &SnapshotRow) {
    assert_eq!(row.delta, Some(Delta::default()), "{row:?}");
    assert!(row.alarms.is_empty(), "{row:?}");
}

#[tokio::test]
async fn what_everybody_sees_is_kept_and_says_that_it_is_that() {
    let scene = public().await;
    let captured = scene.capture().await;
    assert!(captured.snapshot.public);
    assert_eq!(captured.snapshot.counts.total(), 40 - PRIVATE);
    assert!(captured.snapshot.alarms.is_empty());
    assert_eq!(captured.counted, None, "what is counted may be private");
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.verdict, Verdict::PublicList);
    assert!(status.verdict.is_well() && !status.verdict.is_trouble());
    let operations = scene.simulator.operations();
    assert!(
        !operations.iter().any(|name| name == "Viewer"),
        "{operations:?}"
    );
    assert!(!scene.data.path().join("secrets").exists());
}

#[tokio::test]
async fn a_catalogue_that_is_made_anew_knows_it_again() {
    let scene = public().await;
    scene.capture().await;
    let place = crate::scene::Place::new();
    let backups = place.path().join("backups");
    std::fs::create_dir_all(&backups).unwrap();
    for file in scene.files() {
        std::fs::copy(scene.app.backups().join(&file), backups.join(&file)).unwrap();
    }
    let app = crate::scene::open(&scene.simulator, &scene.clock, &place);
    app.refresh_catalogue().await.unwrap();
    let rows = app.snapshots(None).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert!(rows[0].public);
}

#[tokio::test]
async fn who_is_not_there_or_is_connected_already_is_refused() {
    let scene = scene().await;
    let nobody = scene.app.add_public_account(None, "nobody").await;
    let nobody = nobody.unwrap_err();
    assert!(matches!(nobody, AccountError::NoUser { .. }), "{nobody}");
    assert_eq!(nobody.code(), Code::NotFound);
    let unnamed = scene.app.add_public_account(None, "a b").await.unwrap_err();
    assert_eq!(unnamed.code(), Code::Usage);
    assert!(scene.app.accounts().await.unwrap().is_empty());

    connect(&scene).await;
    let less = scene.app.add_public_account(Some("again"), "hana").await;
    let less = less.unwrap_err();
    assert!(matches!(less, AccountError::HasToken { .. }), "{less}");
    let taken = scene.app.add_public_account(Some("hana"), "yuki").await;
    let taken = taken.unwrap_err();
    assert!(
        matches!(taken, AccountError::OthersProfile { .. }),
        "{taken}"
    );
    let rows = scene.app.accounts().await.unwrap();
    assert_eq!(rows.len(), 1);
    assert!(!rows[0].public);
}

#[tokio::test]
async fn a_user_with_another_name_is_the_same_one() {
    let scene = public().await;
    scene
        .simulator
        .world()
        .edit_user(HANA, |user| user.name = "hanako".to_owned());
    let captured = scene.capture().await;
    assert_eq!(captured.snapshot.owner.name, "hanako");
    assert_eq!(scene.app.accounts().await.unwrap()[0].profile, "hana");
}

#[tokio::test]
async fn a_token_that_comes_later_keeps_all_there_was_and_tells_of_no_private_title() {
    let scene = public().await;
    scene.capture().await;
    let added = scene.app.accounts().await.unwrap()[0].added_at;
    connect(&scene).await;
    let row = scene.app.accounts().await.unwrap().remove(0);
    assert_eq!((row.public, row.added_at), (false, added));
    let whole = later(&scene).await.snapshot;
    assert_eq!(whole.counts.total(), 40);
    assert!(!whole.public);
    assert_quiet(&whole);
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.verdict, Verdict::Protected);

    let_go(&scene).await;
    let less = later(&scene).await.snapshot;
    assert_eq!(less.counts.total(), 40 - PRIVATE);
    assert_quiet(&less);
    assert_eq!(changes(&scene.app).await, []);
}

#[tokio::test]
async fn a_restart_right_after_the_token_came_takes_the_whole_list() {
    let scene = Scene::new().await;
    for entry in titles(&scene) {
        let private = false;
        scene
            .simulator
            .world()
            .put_entry(SimEntry { private, ..entry });
    }
    scene.app.add_public_account(None, "hana").await.unwrap();
    let first = scene.capture_as(Kind::Automatic).await;
    connect(&scene).await;
    let second = scene.capture_as(Kind::Automatic).await;
    assert_eq!(first.content_hash, second.content_hash);
    assert_ne!(first.file, second.file);
    assert!(!second.public);
}

#[tokio::test]
async fn looks_tell_what_was_seen_on_either_side_and_nothing_else() {
    let scene = public().await;
    assert_eq!(look(&scene).await, 0);
    let (hidden, shown) = (media(&scene, true), media(&scene, false));
    connect(&scene).await;
    assert_eq!(look(&scene).await, 0, "what was not seen is not new");
    edit(&scene, hidden[0], |entry| entry.priority = 7);
    assert_eq!(look(&scene).await, 1);

    let_go(&scene).await;
    assert_eq!(look(&scene).await, 0, "what is not seen is not gone");
    edit(&scene, hidden[1], |entry| entry.priority = 7);
    edit(&scene, shown[0], |entry| entry.priority = 7);
    assert_eq!(look(&scene).await, 1);
    edit(&scene, hidden[2], |entry| entry.private = false);
    assert_eq!(look(&scene).await, 1, "what is shown now was known");
    assert_eq!(look(&scene).await, 0);

    connect(&scene).await;
    assert_eq!(look(&scene).await, 1, "what was edited unseen shows now");
    let titles: Vec<_> = changes(&scene.app)
        .await
        .iter()
        .map(|row| row.change.media.get())
        .collect();
    assert_eq!(titles, [hidden[1], hidden[2], shown[0], hidden[0]]);
    assert!(changes(&scene.app).await.iter().all(|row| {
        let change = &row.change;
        change.before.is_some() && change.after.is_some()
    }));
}

#[tokio::test]
async fn nothing_is_planned_without_a_token_and_nothing_is_asked() {
    let scene = scene().await;
    connect(&scene).await;
    scene.capture().await;
    look(&scene).await;
    let shown = media(&scene, false);
    edit(&scene, shown[0], |entry| entry.notes = Some("x".to_owned()));
    look(&scene).await;
    let (app, wanted) = (&scene.app, Wanted::Snapshot("latest".to_owned()));
    let planned = app.plan_restore(None, &wanted, &exactly()).await.unwrap();
    let planned = app.store_plan(planned).await.unwrap();
    let id = planned.id().unwrap().to_string();
    let change = changes(app).await[0].id.to_string();

    let_go(&scene).await;
    let sent = scene.simulator.operations().len();
    let usual = RestoreOptions::default();
    let restore = app.plan_restore(Some("hana"), &wanted, &usual);
    let undo = app.plan_undo(None, std::slice::from_ref(&change), Choices::default());
    let back = app.plan_back_to(None, &change, Choices::default());
    for refused in [restore.await, undo.await, back.await] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), Code::NotSignedIn, "{refused}");
        let hint = refused.hint().unwrap();
        assert!(hint.contains("anirewind account add hana"), "{hint}");
    }
    // What was planned with a token does not leave without one.
    let plan = app.plan(&id).await.unwrap();
    let refused = app.apply(plan, None).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotSignedIn, "{refused}");
    assert_eq!(scene.simulator.operations().len(), sent);
    // It can be dropped, and is good again once there is a token.
    connect(&scene).await;
    let plan = app.plan(&id).await.unwrap();
    assert!(app.apply(plan, None).await.unwrap().is_verified());
}

#[tokio::test]
async fn a_restore_from_a_public_snapshot_leaves_private_titles_alone() {
    let scene = public().await;
    scene.capture().await;
    connect(&scene).await;
    let (hidden, shown) = (media(&scene, true), media(&scene, false));
    let added = SimEntry {
        id: 0,
        media: 900_001,
        private: false,
        ..titles(&scene)[PRIVATE].clone()
    };
    {
        let mut world = scene.simulator.world();
        let media = anirewind_simulator::SimMedia::new(900_001, true, "Ame", Some(12));
        world.add_media(media);
        world.put_entry(added);
        world.drop_entry(HANA, shown[0]);
    }
    let before: Vec<_> = titles(&scene)
        .into_iter()
        .filter(|entry| entry.private)
        .collect();
    let app = scene.open_with(&DESTRUCTIVE);
    let wanted = Wanted::Snapshot("latest".to_owned());
    let plan = app.plan_restore(None, &wanted, &exactly()).await.unwrap();
    // What is public now may have been private then, and so not even that goes.
    assert_eq!(plan.count(Action::Remove), 0);
    assert_eq!(plan.count(Action::Add), 1);
    assert_eq!(plan.count(Action::Keep), hidden.len() + 1);
    let kept = plan.steps.iter().find(|step| step.action == "keep");
    let reason = kept.unwrap().problem.clone().unwrap();
    assert!(reason.contains("private"), "{reason}");
    assert!(app.apply(plan, None).await.unwrap().is_verified());
    let after: Vec<_> = titles(&scene)
        .into_iter()
        .filter(|entry| entry.private)
        .collect();
    assert_eq!(before, after);
    assert_eq!(media(&scene, false).len(), shown.len() + 1);
}

#[tokio::test]
async fn a_moment_in_which_nobody_saw_private_titles_removes_none() {
    let scene = scene().await;
    connect(&scene).await;
    scene.capture().await;
    scene.clock.advance(std::time::Duration::from_hours(1));
    let moment = scene.app.now();
    let_go(&scene).await;
    later(&scene).await;
    let like = titles(&scene)[0].clone();
    {
        let mut world = scene.simulator.world();
        let media = anirewind_simulator::SimMedia::new(900_001, true, "Ame", Some(12));
        world.add_media(media);
        world.put_entry(SimEntry {
            id: 0,
            media: 900_001,
            private: true,
            ..like
        });
    }
    connect(&scene).await;
    let app = scene.open_with(&DESTRUCTIVE);
    let wanted = Wanted::Moment(moment);
    assert_removes_nothing(&app, &wanted).await;
}

/// Removing by what is not known is refused; everything else is put back.
async fn assert_removes_nothing(app: &App, wanted: &Wanted) {
    let refused = app.plan_restore(Some("hana"), wanted, &exactly()).await;
    assert_eq!(refused.unwrap_err().code(), Code::RefusedForSafety);
    let usual = RestoreOptions::default();
    let plan = app.plan_restore(Some("hana"), wanted, &usual).await;
    assert_eq!(plan.unwrap().count(Action::Remove), 0);
}

#[tokio::test]
async fn what_vanishes_from_a_public_list_is_told_and_rings_as_ever() {
    let scene = Scene::new().await;
    for entry in titles(&scene) {
        let private = false;
        scene
            .simulator
            .world()
            .put_entry(SimEntry { private, ..entry });
    }
    scene.app.add_public_account(None, "hana").await.unwrap();
    scene.capture().await;
    for entry in titles(&scene).into_iter().take(30) {
        scene.simulator.world().put_entry(SimEntry {
            private: true,
            ..entry
        });
    }
    let row = later(&scene).await.snapshot;
    assert_eq!(row.delta.unwrap().removed, 30);
    assert!(!row.alarms.is_empty());
}

#[tokio::test]
async fn what_was_made_public_is_not_removed_by_taking_back_that_it_appeared() {
    let scene = public().await;
    scene.capture().await;
    let hidden = media(&scene, true);
    scene.clock.advance(std::time::Duration::from_hours(1));
    let like = titles(&scene)[0].clone();
    edit(&scene, hidden[0], |entry| {
        entry.private = false;
        entry.created_at = Some(1_500_000_000);
    });
    edit(&scene, hidden[1], |entry| {
        entry.private = false;
        entry.created_at = None;
    });
    {
        let now = Some(scene.app.now().unix_timestamp());
        let mut world = scene.simulator.world();
        let media = anirewind_simulator::SimMedia::new(900_001, true, "Ame", Some(12));
        world.add_media(media);
        world.put_entry(SimEntry {
            id: 0,
            media: 900_001,
            private: false,
            created_at: now,
            updated_at: now,
            ..like
        });
    }
    assert_eq!(look(&scene).await, 3);
    let all = changes(&scene.app).await;
    assert!(all.iter().all(|row| row.change.before.is_none()));
    connect(&scene).await;
    let app = scene.open_with(&DESTRUCTIVE);
    let ids: Vec<_> = all.iter().map(|row| row.id.to_string()).collect();
    let plan = app.plan_undo(None, &ids, Choices::everything()).await;
    let plan = plan.unwrap();
    assert_eq!(plan.count(Action::Remove), 1);
    let removed = plan.steps.iter().find(|step| step.action == "remove");
    assert_eq!(removed.unwrap().media.get(), 900_001);
    let made_public = all.iter().find(|row| row.change.media.get() == hidden[0]);
    let alone = [made_public.unwrap().id.to_string()];
    let refused = app.plan_undo(None, &alone, Choices::everything()).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("private"), "{refused}");
}

#[tokio::test]
async fn what_was_made_private_is_back_in_its_history_once_it_is_seen_again() {
    let scene = public().await;
    scene.capture().await;
    let gone = media(&scene, false)[0];
    let hour = std::time::Duration::from_hours(1);
    scene.clock.advance(hour);
    edit(&scene, gone, |entry| {
        entry.private = true;
        entry.created_at = Some(1_500_000_000);
    });
    assert_eq!(look(&scene).await, 1);
    assert!(changes(&scene.app).await[0].change.after.is_none());
    let owner = scene.app.accounts().await.unwrap()[0].account.id;
    // Another program told of another private title, and not that it went.
    let mut told = changes(&scene.app).await.remove(0).change;
    told.media = anirewind_core::model::MediaId::new(media(&scene, true)[0]);
    told.media_type = anirewind_core::model::MediaType::Anime;
    std::mem::swap(&mut told.before, &mut told.after);
    told.outcome = anirewind_core::ChangeOutcome::Synced;
    scene.app.report_change(owner, told).await.unwrap();
    assert_eq!(scene.app.gone_titles(owner).await.unwrap().len(), 2);
    scene.clock.advance(hour);
    connect(&scene).await;
    // Of all that only the token shows, this alone had been told to be gone.
    assert_eq!(look(&scene).await, 1);
    let newest = changes(&scene.app).await.remove(0);
    assert_eq!(newest.change.media.get(), gone);
    assert!(newest.change.before.is_none() && newest.change.after.is_some());
    assert!(newest.change.when.since.is_some());
    assert!(scene.app.gone_titles(owner).await.unwrap().is_empty());
    scene.clock.advance(hour);
    assert_eq!(look(&scene).await, 0);
    // It was there all along, so taking that back removes nothing.
    let app = scene.open_with(&DESTRUCTIVE);
    let alone = [newest.id.to_string()];
    let refused = app.plan_undo(None, &alone, Choices::everything()).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("private"), "{refused}");
}

#[tokio::test]
async fn a_time_without_a_token_is_known_even_if_no_snapshot_is_of_it() {
    let scene = scene().await;
    connect(&scene).await;
    scene.capture().await;
    scene.clock.advance(std::time::Duration::from_hours(1));
    let_go(&scene).await;
    look(&scene).await;
    let hidden = media(&scene, true);
    scene.simulator.world().drop_entry(HANA, hidden[0]);
    let like = titles(&scene)[1].clone();
    {
        let mut world = scene.simulator.world();
        let media = anirewind_simulator::SimMedia::new(900_001, true, "Ame", Some(12));
        world.add_media(media);
        world.put_entry(SimEntry {
            id: 0,
            media: 900_001,
            private: true,
            ..like
        });
    }
    scene.clock.advance(std::time::Duration::from_hours(1));
    let moment = scene.app.now();
    connect(&scene).await;
    let app = scene.open_with(&DESTRUCTIVE);
    let owner = app.accounts().await.unwrap()[0].account.id;
    let found = app.list_at(owner, moment).await.unwrap().unwrap();
    assert!(found.list.coverage.public && !found.is_exact);
    assert_removes_nothing(&app, &Wanted::Moment(moment)).await;
}

#[tokio::test]
async fn private_titles_that_went_while_nobody_saw_them_ring_once_they_are_seen_again() {
    let scene = scene().await;
    connect(&scene).await;
    let first = scene.capture().await.snapshot;
    let_go(&scene).await;
    assert_quiet(&later(&scene).await.snapshot);
    scene.clock.advance(std::time::Duration::from_hours(48));
    assert_quiet(&later(&scene).await.snapshot);
    for media in media(&scene, true) {
        scene.simulator.world().drop_entry(HANA, media);
    }
    connect(&scene).await;
    let row = later(&scene).await.snapshot;
    let told: Vec<_> = row.alarms.iter().map(|of| (of.affected, of.of)).collect();
    assert!(
        !told.is_empty() && told.iter().all(|told| *told == (PRIVATE, PRIVATE)),
        "{told:?}"
    );
    let open = scene.app.alarms_with_bases(None).await.unwrap();
    let base = open[0].before.as_ref().unwrap();
    assert_eq!(base.file, first.file);
}
