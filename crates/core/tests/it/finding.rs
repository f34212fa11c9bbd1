//! The catalogue follows the folder, and names lead to snapshots.

use std::fs;
use std::time::Duration;

use anirewind_core::{BrowseError, Code, Explain as _, Kind, Standing};

use crate::scene::Scene;

const THEIRS: &str =
    include_str!("../../../backup/tests/it/files/plexanibridge-hana.20251004010203.json");

#[tokio::test]
async fn a_catalogue_that_was_lost_is_made_anew_from_the_files() {
    let scene = Scene::connected().await;
    let (first, second) = (
        scene.capture().await.snapshot,
        scene.capture().await.snapshot,
    );
    let app = {
        for file in ["anirewind.db", "anirewind.db-wal", "anirewind.db-shm"] {
            let _ = fs::remove_file(scene.data.path().join(file));
        }
        scene.reopen()
    };
    assert_eq!(app.refresh_catalogue().await.unwrap().added, 2);
    let rows = app.snapshots(None).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| &row.id).collect::<Vec<_>>(),
        [&second.id, &first.id]
    );
    assert_eq!(rows[1].created_at, first.created_at);
}

#[tokio::test]
async fn files_dropped_in_show_up_with_the_user_inside_them_and_damaged_ones_are_named() {
    let scene = Scene::connected().await;
    scene.capture().await;
    let folder = scene.app.backups();
    fs::write(folder.join("plexanibridge-tv.20251004010203.json"), THEIRS).unwrap();
    fs::write(
        folder.join("plexanibridge-tv.20251005010203.json"),
        "{\"lists\":",
    )
    .unwrap();
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    let report = scene.app.refresh_catalogue().await.unwrap();
    assert_eq!(
        (report.added, report.gone, report.unreadable.len()),
        (1, 0, 1)
    );
    assert!(
        report.unreadable[0].problem.contains("line 1"),
        "{:?}",
        report.unreadable
    );
    let rows = scene.app.snapshots(None).await.unwrap();
    let theirs = rows.iter().find(|row| row.kind == Kind::Imported).unwrap();
    assert_eq!(
        (theirs.owner.name.as_str(), theirs.counts.total()),
        ("hana", 3)
    );
    fs::remove_file(folder.join(&theirs.file)).unwrap();
    assert_eq!(scene.app.refresh_catalogue().await.unwrap().gone, 1);
}

#[tokio::test]
async fn snapshots_are_found_by_every_kind_of_name() {
    let scene = Scene::connected().await;
    let old = scene.capture().await.snapshot;
    scene.clock.advance(Duration::from_hours(48));
    let new = scene.capture().await.snapshot;
    let path = scene.app.backups().join(&old.file).display().to_string();
    for (name, expected) in [
        ("latest", &new),
        ("latest~1", &old),
        (&new.id.as_str()[..6], &new),
        ("@2026-11-03", &old),
        ("@2026-11-30", &new),
        ("@-1d", &old),
        (path.as_str(), &old),
    ] {
        let found = scene.app.find(name, None).await.unwrap();
        assert_eq!(found.created_at, expected.created_at, "{name}");
        assert_eq!(found.list().counts(), expected.counts, "{name}");
    }
    let live = scene.app.find("live", None).await.unwrap();
    assert_eq!(live.list().counts(), new.counts);
}

#[tokio::test]
async fn names_that_lead_nowhere_say_so() {
    let scene = Scene::connected().await;
    for (name, code) in [
        ("nonsense!", Code::Usage),
        ("latest", Code::NotFound),
        ("zzzz", Code::NotFound),
        ("@2020-01-01", Code::NotFound),
        ("./nowhere.json", Code::Failed),
    ] {
        let error = scene.app.find(name, None).await.unwrap_err();
        assert_eq!(error.code(), code, "{name}: {error}");
        assert!(error.hint().is_some(), "{name}");
    }
}

#[tokio::test]
async fn a_damaged_snapshot_is_never_shown() {
    let scene = Scene::connected().await;
    let row = scene.capture().await.snapshot;
    let path = scene.app.backups().join(&row.file);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = scene.app.find("latest", None).await.unwrap_err();
    assert!(matches!(error, BrowseError::Read(_)), "{error}");
    assert!(error.chain().contains(&row.file), "{}", error.chain());
}

#[tokio::test]
async fn what_was_doubted_is_doubted_again_when_the_catalogue_is_made_anew() {
    let scene = Scene::connected().await;
    scene.capture().await;
    for id in 1_000..1_025 {
        scene.simulator.world().drop_entry(crate::scene::HANA, id);
    }
    let doubted = scene.capture().await.snapshot;
    assert_eq!(doubted.standing(), Standing::Suspect);
    for file in ["anirewind.db", "anirewind.db-wal", "anirewind.db-shm"] {
        let _ = fs::remove_file(scene.data.path().join(file));
    }
    let app = scene.reopen();
    app.refresh_catalogue().await.unwrap();
    let rows = app.snapshots(None).await.unwrap();
    assert_eq!(rows[0].standing(), Standing::Suspect);
    assert_eq!(rows[0].delta, doubted.delta);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_not_an_empty_one() {
    let scene = Scene::connected().await;
    scene.capture().await;
    let folder = scene.app.backups();
    let aside = folder.with_extension("aside");
    fs::rename(&folder, &aside).unwrap();
    let error = scene.app.refresh_catalogue().await.unwrap_err();
    assert!(matches!(error, BrowseError::Folder { .. }), "{error}");
    fs::rename(&aside, &folder).unwrap();
    scene.app.refresh_catalogue().await.unwrap();
    assert_eq!(
        scene.app.snapshots(None).await.unwrap().len(),
        1,
        "nothing was forgotten"
    );
}

#[tokio::test]
async fn a_file_that_was_cut_is_no_longer_listed_as_good() {
    let scene = Scene::connected().await;
    let row = scene.capture().await.snapshot;
    let path = scene.app.backups().join(&row.file);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let report = scene.app.refresh_catalogue().await.unwrap();
    assert_eq!((report.unreadable.len(), report.gone), (1, 0));
    let rows = scene.app.snapshots(None).await.unwrap();
    assert_eq!(rows[0].standing(), Standing::Damaged);
    assert_ne!(
        scene.app.status().await.unwrap()[0].verdict,
        anirewind_core::Verdict::Protected
    );
}

#[tokio::test]
async fn a_file_of_another_tool_never_stands_for_the_last_good_one() {
    let scene = Scene::connected().await;
    fs::create_dir_all(scene.app.backups()).unwrap();
    fs::write(
        scene
            .app
            .backups()
            .join("plexanibridge-hana.20251004010203.json"),
        THEIRS,
    )
    .unwrap();
    scene.app.refresh_catalogue().await.unwrap();
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.verdict, anirewind_core::Verdict::NoSnapshotYet);
    assert!(status.last_good.is_none());
}
