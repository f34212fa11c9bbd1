//! Into the trash, back, and gone for good.

use std::fs;

use anirewind_backup::{Folder, Keep, Mark, TrashError};
use time::macros::datetime;

use crate::sample::{draft, list};

const LATER: time::OffsetDateTime = datetime!(2026-11-10 01:02:03 UTC);

fn scene() -> (tempfile::TempDir, Folder, anirewind_backup::SnapshotName) {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::new(place.path(), "plexanibridge");
    let name = folder.write(&draft(&list())).unwrap().name;
    (place, folder, name)
}

#[test]
fn there_and_back() {
    let (_place, folder, name) = scene();
    let bytes = fs::read(folder.path_of(&name)).unwrap();
    let discarded = folder.discard(&name, LATER).unwrap();
    assert!(folder.names().unwrap().is_empty());
    assert_eq!(
        folder.discarded().unwrap(),
        std::slice::from_ref(&discarded)
    );
    assert_eq!(
        discarded.file(),
        "plexanibridge-hana.20261103212205.json.20261110010203"
    );
    folder.bring_back(&discarded).unwrap();
    assert_eq!(fs::read(folder.path_of(&name)).unwrap(), bytes);
    assert!(folder.discarded().unwrap().is_empty());
}

#[test]
fn nothing_is_ever_replaced() {
    let (_place, folder, name) = scene();
    let discarded = folder.discard(&name, LATER).unwrap();
    let again = folder.write(&draft(&list())).unwrap();
    assert_eq!(again.name, name);
    let error = folder.bring_back(&discarded).unwrap_err();
    assert!(matches!(error, TrashError::Taken { .. }), "{error}");
    let error = folder.discard(&name, LATER).unwrap_err();
    assert!(matches!(error, TrashError::Taken { .. }), "{error}");
    assert_eq!(folder.discarded().unwrap().len(), 1);
    assert!(folder.read(&name).is_ok());
}

#[test]
fn what_is_not_there_is_said_to_be_gone() {
    let (_place, folder, name) = scene();
    let discarded = folder.discard(&name, LATER).unwrap();
    let error = folder.discard(&name, LATER).unwrap_err();
    assert!(matches!(error, TrashError::Gone { .. }), "{error}");
    folder.remove(&discarded).unwrap();
    let error = folder.bring_back(&discarded).unwrap_err();
    assert!(matches!(error, TrashError::Gone { .. }), "{error}");
}

#[test]
fn a_mark_waits_for_its_snapshot_and_goes_with_it() {
    let (place, folder, name) = scene();
    let mark = Mark {
        keep: Some(Keep::default()),
        ..Mark::default()
    };
    folder.put_mark(&name, &mark).unwrap();
    let discarded = folder.discard(&name, LATER).unwrap();
    folder.bring_back(&discarded).unwrap();
    assert_eq!(folder.marks().unwrap().of(&name.to_string()), mark);
    let discarded = folder.discard(&name, LATER).unwrap();
    folder.remove(&discarded).unwrap();
    let left: Vec<_> = fs::read_dir(place.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "the trash folder alone: {left:?}");
}

#[test]
fn strangers_in_the_trash_are_left_alone() {
    let (_place, folder, name) = scene();
    folder.discard(&name, LATER).unwrap();
    let trash = folder.path().join("trash");
    for stranger in [
        "notes.txt",
        "plexanibridge-hana.20261103212205.json",
        "x.20261103212205",
    ] {
        fs::write(trash.join(stranger), "x").unwrap();
    }
    assert_eq!(folder.discarded().unwrap().len(), 1);
}
