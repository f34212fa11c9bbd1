//! A file is there whole or not at all, and nothing else is touched.

use std::fs;

use anirewind_backup::{Folder, WriteError};

use crate::sample::{draft, list};

fn folder() -> (tempfile::TempDir, Folder) {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::new(place.path().join("backups"), "plexanibridge");
    (place, folder)
}

#[test]
fn two_in_one_second_do_not_collide() {
    let (_place, folder) = folder();
    let list = list();
    let names: Vec<_> = (0..3)
        .map(|_| folder.write(&draft(&list)).unwrap().name)
        .collect();
    assert_eq!(folder.names().unwrap(), names);
    assert_eq!(
        names[2].to_string(),
        "plexanibridge-hana.20261103212207.json"
    );
    let created = folder.read(&names[2]).unwrap().header.unwrap().created_at;
    assert_eq!(
        created,
        draft(&list).created_at,
        "the header keeps the true instant"
    );
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_place, folder) = folder();
    let written = folder.write(&draft(&list())).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path_of(&written.name)), 0o600);
    assert_eq!(mode(folder.path()), 0o700);
}

#[test]
fn a_folder_that_cannot_be_made_is_named_and_nothing_is_left() {
    let place = tempfile::tempdir().unwrap();
    let in_the_way = place.path().join("backups");
    fs::write(&in_the_way, "a file").unwrap();
    let error = Folder::new(&in_the_way, "plexanibridge")
        .write(&draft(&list()))
        .unwrap_err();
    assert!(matches!(error, WriteError::MakeFolder { .. }), "{error:?}");
    assert!(error.to_string().contains("backups"), "{error}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn strangers_in_the_folder_are_left_alone() {
    let (_place, folder) = folder();
    folder.write(&draft(&list())).unwrap();
    for name in ["notes.txt", "plexanibridge-hana.json", ".anirewind-x.tmp"] {
        fs::write(folder.path().join(name), "x").unwrap();
    }
    assert_eq!(folder.names().unwrap().len(), 1);
    let now = fs::metadata(folder.path()).unwrap().modified().unwrap();
    assert_eq!(
        folder.sweep(now).unwrap(),
        0,
        "it may belong to somebody who is writing now"
    );
    assert_eq!(
        folder
            .sweep(now + std::time::Duration::from_hours(2))
            .unwrap(),
        1
    );
    assert!(folder.path().join("notes.txt").exists());
}

#[test]
fn an_unreadable_neighbour_does_not_hide_the_others() {
    let (_place, folder) = folder();
    let written = folder.write(&draft(&list())).unwrap();
    fs::create_dir(folder.path().join("plexanibridge-hana.20200101000000.json")).unwrap();
    let names = folder.names().unwrap();
    assert_eq!(names.len(), 2);
    assert!(folder.read(&names[0]).is_err());
    assert_eq!(folder.read(&names[1]).unwrap().id, written.snapshot.id);
}
