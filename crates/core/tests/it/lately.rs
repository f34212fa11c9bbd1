//! What was read a moment ago is not read again, unless the file is another one by now.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anirewind_backup::Snapshot;
use anirewind_core::FoundList;

use crate::scene::Scene;

/// As if the file had been there for a while.
fn age(path: &Path, by: Duration) {
    let file = std::fs::File::options().write(true).open(path).unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "the times of files are those of the machine"
    )]
    file.set_modified(SystemTime::now() - by).unwrap();
}

async fn latest(scene: &Scene) -> Arc<Snapshot> {
    match scene.app.find("latest", None).await.unwrap().source {
        FoundList::Snapshot(snapshot) => snapshot,
        FoundList::Live(_) => unreachable!("a file"),
    }
}

#[tokio::test]
async fn a_snapshot_is_read_once_for_who_looks_at_it_again_and_again() {
    let scene = Scene::connected().await;
    let row = scene.capture().await.snapshot;
    let path = scene.app.backups().join(&row.file);
    // Written just now, its time would not show that it is written once more.
    let fresh = latest(&scene).await;
    assert!(!Arc::ptr_eq(&fresh, &latest(&scene).await));
    age(&path, Duration::from_mins(1));
    let first = latest(&scene).await;
    assert!(Arc::ptr_eq(&first, &latest(&scene).await));
    assert_eq!(*fresh, *first);
    // A minute later nobody has asked, and the memory is given back.
    tokio::time::pause();
    tokio::time::sleep(Duration::from_mins(3)).await;
    assert_eq!(Arc::strong_count(&first), 1);
}

#[tokio::test]
async fn a_file_that_was_altered_since_is_read_again_and_found_damaged() {
    let scene = Scene::connected().await;
    let row = scene.capture().await.snapshot;
    let path = scene.app.backups().join(&row.file);
    age(&path, Duration::from_hours(1));
    let text = std::fs::read_to_string(&path).unwrap();
    latest(&scene).await;
    std::fs::write(&path, text.replacen("1000", "1001", 1)).unwrap();
    let error = scene.app.find("latest", None).await.unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
    // And whole again it is what it was.
    std::fs::write(&path, text).unwrap();
    assert_eq!(latest(&scene).await.file_hash, row.file_hash);
}
