//! Killed, or out of disk, at every single step: what was there still is.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anirewind_core::{App, Explain as _, Kind, Steps};

use crate::scene::{Scene, open_watched};

const DAY: Duration = Duration::from_hours(24);
const FOLDER: &str = "ANIREWIND_TEST_FOLDER";
const STEP: &str = "ANIREWIND_TEST_STEP";

/// Eight days of snapshots, one more in the trash for six days: the next day lets one go and
/// removes the other.
async fn template() -> Scene {
    let scene = Scene::connected().await;
    for _ in 0..15 {
        scene.capture_as(Kind::Automatic).await;
        scene.clock.advance(DAY);
    }
    scene
}

/// Everything that writes into the folder, one after the other. What fails is told.
async fn work(app: &App) -> Vec<String> {
    let mut problems = Vec::new();
    let mut note = |problem: Option<String>| problems.extend(problem);
    note(
        app.refresh_catalogue()
            .await
            .err()
            .map(|error| error.chain()),
    );
    match app.targets(Some("hana")).await {
        Ok(targets) => {
            for outcome in app.capture_all(&targets, Kind::Automatic).await {
                note(outcome.err().map(|error| error.chain()));
            }
        }
        Err(error) => note(Some(error.chain())),
    }
    let rows = app.snapshots(None).await.unwrap_or_default();
    // What an earlier run has kept is left out, so that this can be done again.
    let mut free = rows.iter().skip(2).filter(|row| row.mark.keep.is_none());
    if let Some(row) = free.next() {
        note(app.keep(row, None, None).await.err().map(|e| e.chain()));
        note(app.note(row, "a note").await.err().map(|e| e.chain()));
    }
    if let Some(row) = free.next() {
        note(app.delete(row).await.err().map(|e| e.chain()));
        note(app.undelete(&row.file).await.err().map(|e| e.chain()));
    }
    let theirs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../backup/tests/it/files");
    match app.plan_import(&theirs, None).await {
        Ok(plan) => note(app.import(&plan).await.err().map(|e| e.chain())),
        Err(error) => note(Some(error.chain())),
    }
    note(app.scrub().await.err().map(|error| error.chain()));
    problems
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Hashes of what lies in a folder of snapshots, and of what lies in its trash.
fn hashes(data: &Path) -> BTreeSet<String> {
    let mut hashes = hashes_in(&data.join("backups"));
    hashes.extend(hashes_in(&data.join("backups/trash")));
    hashes
}

fn hashes_in(folder: &Path) -> BTreeSet<String> {
    let mut hashes = BTreeSet::new();
    if let Ok(entries) = fs::read_dir(folder) {
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let is_mark = path.extension().is_some_and(|ending| ending == "mark");
            if name.starts_with("plexanibridge-") && !is_mark {
                let bytes = fs::read(&path).unwrap();
                hashes.insert(anirewind_backup::Hash::of(&bytes).to_string());
            }
        }
    }
    hashes
}

/// What must hold after anything.
async fn check(scene: &Scene, data: &Path, before: &BTreeSet<String>, what: &str) {
    // What had been in the trash for its week may be gone; nothing else.
    let after = hashes(data);
    let lost: BTreeSet<_> = before.difference(&after).cloned().collect();
    let due = hashes_in(&scene.data.path().join("backups/trash"));
    assert!(
        lost.is_subset(&due) && lost.len() <= 1,
        "{what}: {lost:?} are lost"
    );
    let app = open_watched(&scene.simulator, &scene.clock, data, Steps::default());
    let report = app.verify(None).await.unwrap();
    assert!(report.is_fine(), "{what}: {report:?}");
    assert_eq!(report.unlinked, [""; 0], "{what}");
    for entry in fs::read_dir(app.backups()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "json") {
            anirewind_backup::Folder::read_path(&path).unwrap();
        }
    }
    let status = app.status().await.unwrap().remove(0);
    assert!(status.last_good.is_some(), "{what}");
    // And the work can be done, in full.
    assert_eq!(work(&app).await, [""; 0], "{what}");
    let again = app.verify(None).await.unwrap();
    assert!(again.is_fine(), "{what}: {again:?}");
    let status = app.status().await.unwrap().remove(0);
    assert!(status.verdict.is_well(), "{what}: {:?}", status.verdict);
}

/// A step counter that does something at one of them.
fn at_step(at: usize, then: fn() -> io::Result<()>) -> (Steps, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let steps = Steps::watched(move |_| {
        if counter.fetch_add(1, Ordering::SeqCst) == at {
            return then();
        }
        Ok(())
    });
    (steps, taken)
}

/// Not a test of its own: what [`killed_at_every_step`] runs and kills.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the process that is killed is told by its environment where"
)]
async fn the_process_that_is_killed() {
    let (Ok(folder), Ok(step)) = (std::env::var(FOLDER), std::env::var(STEP)) else {
        return;
    };
    let scene = Scene::new().await;
    scene.clock.advance(DAY * 15);
    let (steps, _) = at_step(step.parse().unwrap(), || std::process::abort());
    let app = open_watched(&scene.simulator, &scene.clock, Path::new(&folder), steps);
    let problems = work(&app).await;
    assert_eq!(problems, [""; 0]);
}

#[tokio::test]
async fn killed_at_every_step() {
    let scene = template().await;
    let before = hashes(scene.data.path());
    for step in 0.. {
        let place = tempfile::tempdir().unwrap();
        copy(scene.data.path(), place.path());
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "crashing::the_process_that_is_killed",
                "--nocapture",
            ])
            .env(FOLDER, place.path())
            .env(STEP, step.to_string())
            .output()
            .unwrap();
        let what = format!("killed before step {step}");
        check(&scene, place.path(), &before, &what).await;
        if output.status.success() {
            assert!(step > 40, "the work takes {step} steps");
            break;
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{what}: {stderr}");
    }
}

#[tokio::test]
async fn the_disk_is_full_at_every_step() {
    let scene = template().await;
    let before = hashes(scene.data.path());
    let mut step = 0;
    loop {
        let place = tempfile::tempdir().unwrap();
        copy(scene.data.path(), place.path());
        let full = || Err(io::Error::from(io::ErrorKind::StorageFull));
        let (steps, taken) = at_step(step, full);
        let app = open_watched(&scene.simulator, &scene.clock, place.path(), steps);
        let problems = work(&app).await;
        drop(app);
        if taken.load(Ordering::SeqCst) <= step {
            assert!(step > 40 && problems.is_empty(), "{problems:?}");
            break;
        }
        check(
            &scene,
            place.path(),
            &before,
            &format!("no space at step {step}"),
        )
        .await;
        step += 1;
    }
}

#[tokio::test]
async fn a_disk_that_stays_full_is_said_and_nothing_is_lost() {
    let scene = template().await;
    let before = hashes(scene.data.path());
    let full = Steps::watched(|_| Err(io::Error::from(io::ErrorKind::StorageFull)));
    let place = tempfile::tempdir().unwrap();
    copy(scene.data.path(), place.path());
    let app = open_watched(&scene.simulator, &scene.clock, place.path(), full);
    let problems = work(&app).await;
    assert!(problems.len() >= 4, "{problems:?}");
    drop(app);
    assert_eq!(hashes(place.path()), before);
    check(&scene, place.path(), &before, "no space at all").await;
}
