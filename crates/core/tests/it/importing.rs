//! Files of others come in as they are, and say what they do not hold.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anirewind_core::model::{EntryField, MediaType};
use anirewind_core::{Form, HealthState, ImportError, Kind, Standing, compare};

use crate::scene::Scene;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../backup/tests/it/files")
        .join(name)
}

/// A folder as somebody might have it: two programs, two depths, one export, some rubbish.
fn folder() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let theirs = fs::read_to_string(sample("plexanibridge-hana.20251004010203.json")).unwrap();
    for day in 10..20 {
        let older = theirs.replace("\"progress\":4", &format!("\"progress\":{day}"));
        fs::write(
            place
                .path()
                .join(format!("plexanibridge-hana.202509{day}010203.json")),
            older,
        )
        .unwrap();
    }
    fs::create_dir_all(place.path().join("backups/tv")).unwrap();
    fs::write(
        place
            .path()
            .join("backups/tv/anibridge_tv_anilist_20251129212551.json"),
        theirs
            .replace("\"name\":\"hana\"", "\"name\":\"tv.kids\"")
            .replace("4242", "77"),
    )
    .unwrap();
    fs::copy(
        sample("gdpr_data.json"),
        place.path().join("gdpr_data.json"),
    )
    .unwrap();
    fs::write(place.path().join("broken.json"), "{\"lists\": [").unwrap();
    fs::write(place.path().join("other.json"), "{\"some\": \"thing\"}").unwrap();
    fs::write(place.path().join("notes.txt"), "not looked at").unwrap();
    place
}

#[tokio::test]
async fn nothing_is_taken_into_a_folder_that_is_gone_since_it_was_looked_at() {
    let scene = Scene::connected().await;
    scene.capture().await;
    let place = folder();
    let plan = scene.app.plan_import(place.path(), None).await.unwrap();
    let folder = scene.app.backups();
    fs::rename(&folder, folder.with_extension("aside")).unwrap();
    let refused = scene.app.import(&plan).await.unwrap_err();
    assert!(matches!(refused, ImportError::Folder(_)), "{refused}");
    assert!(!folder.exists());
    assert_eq!(scene.app.snapshots(None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_whole_folder_is_recognised_said_and_taken() {
    let scene = Scene::connected().await;
    let place = folder();
    let plan = scene.app.plan_import(place.path(), None).await.unwrap();
    let forms: Vec<_> = plan.items.iter().map(|item| item.form).collect();
    assert_eq!(
        forms
            .iter()
            .filter(|form| **form == Form::PlexAniBridge)
            .count(),
        10
    );
    assert_eq!(
        forms
            .iter()
            .filter(|form| **form == Form::AniBridge)
            .count(),
        1
    );
    assert_eq!(
        forms
            .iter()
            .filter(|form| **form == Form::AniListExport)
            .count(),
        1
    );
    assert_eq!(plan.unreadable.len(), 2);
    for file in &plan.unreadable {
        let said = file.technical.as_deref().unwrap_or("line");
        assert!(said.contains("line"), "what the parser says: {file:?}");
        assert!(!file.problem.contains("line 1"), "in plain words: {file:?}");
    }
    let theirs = &plan.items[0];
    assert_eq!(theirs.not_read, [MediaType::Manga]);
    assert!(theirs.not_recorded.contains(&EntryField::Private));
    assert!(theirs.not_recorded.contains(&EntryField::CustomLists));
    assert_eq!(scene.files().len(), 0, "nothing was taken yet");

    let imported = scene.app.import(&plan).await.unwrap();
    assert_eq!(imported.taken.len(), 12);
    let rows = scene.app.snapshots(None).await.unwrap();
    assert_eq!(rows.len(), 12);
    assert!(
        rows.iter()
            .all(|row| row.kind == Kind::Imported && row.standing() == Standing::Good)
    );
    let other = rows.iter().find(|row| row.owner.name == "tv.kids").unwrap();
    assert_eq!(other.file, "plexanibridge-tv.kids.20251129212551.json");
    let first = fs::read(place.path().join("plexanibridge-hana.20250910010203.json")).unwrap();
    let taken = fs::read(
        scene
            .app
            .backups()
            .join("plexanibridge-hana.20250910010203.json"),
    )
    .unwrap();
    assert_eq!(first, taken, "byte for byte");

    // Again, nothing is new.
    let plan = scene.app.plan_import(place.path(), None).await.unwrap();
    assert!(plan.items.iter().all(|item| item.already.is_some()));
    assert_eq!(scene.app.import(&plan).await.unwrap().taken, [""; 0]);
}

#[tokio::test]
async fn what_was_brought_in_stays_and_never_stands_for_the_last_good_one() {
    let scene = Scene::connected().await;
    let place = folder();
    let plan = scene.app.plan_import(place.path(), None).await.unwrap();
    scene.app.import(&plan).await.unwrap();
    for _ in 0..10 {
        scene.capture().await;
        scene.clock.advance(Duration::from_hours(24));
    }
    let rows = scene.app.snapshots(None).await.unwrap();
    assert_eq!(
        rows.iter().filter(|row| row.kind == Kind::Imported).count(),
        12
    );
    let good = scene
        .app
        .status()
        .await
        .unwrap()
        .remove(0)
        .last_good
        .unwrap();
    assert_eq!(good.kind, Kind::Manual);
}

#[tokio::test]
async fn what_was_read_and_has_nothing_to_prove_it_by_is_not_said_to_be_proven() {
    let (scene, place) = (Scene::connected().await, folder());
    let verify = async || {
        let checks = scene.app.health().await.unwrap();
        let check = checks.into_iter().find(|check| check.what == "verify");
        let check = check.unwrap();
        (check.found, check.state)
    };
    scene.capture().await;
    let (found, state) = verify().await;
    assert!(
        found.starts_with("every snapshot was read again and proven since"),
        "{found}"
    );
    assert_eq!(state, HealthState::Ok);
    let plan = scene.app.plan_import(place.path(), None).await.unwrap();
    scene.app.import(&plan).await.unwrap();
    let (found, _) = verify().await;
    assert!(!found.contains("again and proven"), "{found}");
    let hold = "hold nothing to prove them by";
    assert!(
        found.contains(": 1 was proven, ") && found.ends_with(hold),
        "{found}"
    );
    // A week is promised; at twice that somebody should look.
    scene.clock.advance(Duration::from_hours(13 * 24));
    assert_eq!(verify().await.1, HealthState::Ok);
    scene.clock.advance(Duration::from_hours(2 * 24));
    assert_eq!(verify().await.1, HealthState::Warn);
}

#[tokio::test]
async fn compared_with_a_file_of_another_tool_only_what_both_hold_differs() {
    let scene = Scene::connected().await;
    let path = sample("plexanibridge-hana.20251004010203.json")
        .display()
        .to_string();
    let (from, to) = scene.app.find_pair(&path, "live", None).await.unwrap();
    let found = compare(from.list(), to.list());
    assert_eq!(found.left_out, [(MediaType::Manga, 10)].into());
    assert_eq!((found.removed.len(), found.added.len()), (3, 30));
    assert!(found.changed.is_empty());
}

#[tokio::test]
async fn files_of_ours_from_another_machine_are_kept() {
    let other = Scene::connected().await;
    let row = other.capture().await.snapshot;
    let scene = Scene::connected().await;
    let plan = scene
        .app
        .plan_import(&other.app.backups().join(&row.file), None)
        .await
        .unwrap();
    assert_eq!(plan.items[0].form, Form::AniRewind);
    scene.app.import(&plan).await.unwrap();
    let taken = scene.app.snapshots(None).await.unwrap().remove(0);
    assert_eq!(
        (taken.file_hash, taken.mark.keep.is_some()),
        (row.file_hash, true)
    );
}

#[tokio::test]
async fn a_file_that_changes_between_the_plan_and_the_taking_is_refused() {
    let scene = Scene::connected().await;
    let place = folder();
    let path = place.path().join("plexanibridge-hana.20250910010203.json");
    let plan = scene.app.plan_import(&path, None).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"progress\":10", "\"progress\":11")).unwrap();
    assert!(scene.app.import(&plan).await.is_err());
    assert_eq!(scene.files().len(), 0);
}

#[tokio::test]
async fn a_file_that_does_not_say_when_has_to_be_told() {
    let scene = Scene::connected().await;
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("list.json");
    fs::write(&path, r#"{"user":{"id":7,"name":"yuki"},"lists":[]}"#).unwrap();
    let plan = scene.app.plan_import(&path, None).await.unwrap();
    assert!(
        plan.unreadable[0].problem.contains("--taken-at"),
        "{plan:?}"
    );
    let at = time::macros::datetime!(2024-05-06 0:00 UTC);
    let plan = scene.app.plan_import(&path, Some(at)).await.unwrap();
    scene.app.import(&plan).await.unwrap();
    assert_eq!(scene.files(), ["plexanibridge-yuki.20240506000000.json"]);
}
