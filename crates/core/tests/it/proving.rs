//! Snapshots are read again, and what became of them is found and named.

use std::fs;
use std::time::Duration;

use anirewind_core::{Code, Explain as _, Standing};

use crate::scene::Scene;

async fn three(scene: &Scene) -> Vec<String> {
    for _ in 0..3 {
        scene.capture().await;
        scene.clock.advance(Duration::from_hours(24));
    }
    let rows = scene.app.snapshots(None).await.unwrap();
    rows.into_iter().map(|row| row.file).collect()
}

#[tokio::test]
async fn whatever_happens_to_a_file_it_is_named_and_the_rest_is_served() {
    type Harm = fn(&std::path::Path, &std::path::Path);
    let harms: [(&str, Harm); 7] = [
        ("cut", |file, _| {
            let bytes = fs::read(file).unwrap();
            fs::write(file, &bytes[..bytes.len() / 3]).unwrap();
        }),
        ("emptied", |file, _| fs::write(file, "").unwrap()),
        ("swapped with another", |file, other| {
            let (a, b) = (fs::read(file).unwrap(), fs::read(other).unwrap());
            fs::write(file, b).unwrap();
            fs::write(other, a).unwrap();
        }),
        ("a folder in its place", |file, _| {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
        }),
        ("a link that leads nowhere", |file, _| {
            fs::remove_file(file).unwrap();
            #[cfg(unix)]
            std::os::unix::fs::symlink("/nowhere", file).unwrap();
        }),
        ("one bit flipped", |file, _| {
            let mut bytes = fs::read(file).unwrap();
            let at = bytes.len() * 2 / 3;
            bytes[at] ^= 4;
            fs::write(file, bytes).unwrap();
        }),
        ("its end flipped", |file, _| {
            let mut bytes = fs::read(file).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(file, bytes).unwrap();
        }),
    ];
    for (name, harm) in harms {
        let scene = Scene::connected().await;
        let files = three(&scene).await;
        let folder = scene.app.backups();
        harm(&folder.join(&files[1]), &folder.join(&files[2]));
        let report = scene.app.verify(None).await.unwrap();
        assert!(!report.is_fine(), "{name}");
        assert!(
            report
                .damaged
                .iter()
                .chain(&report.misnamed)
                .any(|file| file.problem.contains(&files[1])),
            "{name}: {report:?}"
        );
        assert!(scene.app.find("latest", None).await.is_ok(), "{name}");
        let rows = scene.app.snapshots(None).await.unwrap();
        assert_eq!(rows[0].standing(), Standing::Good, "{name}");
        // The harm is still named a day later.
        let again = scene.app.verify(None).await.unwrap();
        assert_eq!(again.damaged.len(), report.damaged.len(), "{name}");
    }
}

#[tokio::test]
async fn a_file_that_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt as _;

    let scene = Scene::connected().await;
    let files = three(&scene).await;
    let path = scene.app.backups().join(&files[0]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        return; // Whoever runs this may read everything.
    }
    let report = scene.app.verify(None).await.unwrap();
    assert!(report.damaged[0].problem.contains(&files[0]), "{report:?}");
}

#[tokio::test]
async fn a_predecessor_that_somebody_else_removed_is_missed() {
    let scene = Scene::connected().await;
    let files = three(&scene).await;
    fs::remove_file(scene.app.backups().join(&files[1])).unwrap();
    let report = scene.app.verify(None).await.unwrap();
    assert_eq!((report.gone, report.unlinked.as_slice()), (1, &files[..1]));
    // One that went into the trash is not missed.
    let scene = Scene::connected().await;
    three(&scene).await;
    let row = scene.app.snapshots(None).await.unwrap().remove(1);
    scene.app.delete(&row).await.unwrap();
    assert_eq!(scene.app.verify(None).await.unwrap().unlinked, [""; 0]);
}

#[tokio::test]
async fn every_file_is_read_again_within_a_week() {
    let scene = Scene::connected().await;
    let app = scene.open_with(&[("ANIREWIND_BACKUP_RETENTION_DAYS", "0")]);
    for _ in 0..15 {
        scene.capture().await;
        scene.clock.advance(Duration::from_secs(5));
    }
    let mut read = 0;
    for _ in 0..7 {
        scene.clock.advance(Duration::from_hours(24));
        read += app.scrub().await.unwrap().0;
        let oldest = app.snapshots(None).await.unwrap();
        let oldest = oldest.iter().map(|row| row.verified_at).min().unwrap();
        assert!(app.now() - oldest <= time::Duration::days(7));
    }
    assert!((15..=21).contains(&read), "{read}");
    let row = app.snapshots(None).await.unwrap().remove(4);
    fs::write(app.backups().join(&row.file), "x").unwrap();
    let mut damaged = Vec::new();
    for _ in 0..7 {
        scene.clock.advance(Duration::from_hours(24));
        damaged.extend(app.scrub().await.unwrap().1);
    }
    assert!(damaged.iter().any(|found| found.file == row.file));
}

#[tokio::test]
async fn a_catalogue_older_than_the_folder_catches_up() {
    let scene = Scene::connected().await;
    scene.capture().await;
    let db = scene.data.path().join("anirewind.db");
    scene.app.verify(None).await.unwrap();
    drop(scene.reopen());
    let old = scene.data.path().join("old.db");
    // A copy by SQLite itself, as a backup tool would make one.
    fs::copy(&db, &old).unwrap();
    let wal = scene.data.path().join("anirewind.db-wal");
    let old_wal = fs::read(&wal).unwrap_or_default();
    three(&scene).await;
    let expected: Vec<_> = scene.app.snapshots(None).await.unwrap();
    let Scene {
        data,
        simulator,
        clock,
        app,
    } = scene;
    drop(app);
    fs::copy(&old, &db).unwrap();
    fs::write(&wal, old_wal).unwrap();
    let _ = fs::remove_file(data.path().join("anirewind.db-shm"));
    let app = crate::scene::open(&simulator, &clock, &data);
    app.refresh_catalogue().await.unwrap();
    let rows = app.snapshots(None).await.unwrap();
    let ids = |rows: &[anirewind_core::SnapshotRow]| {
        rows.iter().map(|r| r.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&rows), ids(&expected));
    assert_eq!(rows[0].delta, expected[0].delta);
}

#[tokio::test]
async fn a_list_that_cannot_be_found_by_any_name_says_so() {
    let scene = Scene::connected().await;
    scene.capture().await;
    let error = scene.app.find_row("kept:nothing", None).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
}
