//! What people say about a snapshot stands beside it.

use std::fs;

use anirewind_backup::{Answer, AnswerVerdict, Folder, Keep, Mark, Rule};
use time::macros::datetime;

use crate::sample::{draft, list};

fn scene() -> (tempfile::TempDir, Folder, anirewind_backup::SnapshotName) {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::new(place.path(), "plexanibridge");
    let name = folder.write(&draft(&list())).unwrap().name;
    (place, folder, name)
}

fn full() -> Mark {
    Mark {
        keep: Some(Keep {
            name: Some("before the move".to_owned()),
            until: Some(datetime!(2027-02-02 0:00 UTC)),
        }),
        note: Some("雨の日".to_owned()),
        answer: Some(Answer::new(
            AnswerVerdict::Expected,
            &[Rule::MassRemoval],
            datetime!(2026-11-04 8:00 UTC),
        )),
    }
}

#[test]
fn a_mark_reads_back_and_an_empty_one_leaves_nothing() {
    let (place, folder, name) = scene();
    folder.put_mark(&name, &full()).unwrap();
    let marks = folder.marks().unwrap();
    assert_eq!(marks.of(&name.to_string()), full());
    assert_eq!(
        folder.names().unwrap(),
        std::slice::from_ref(&name),
        "a mark is no snapshot"
    );
    folder.put_mark(&name, &Mark::default()).unwrap();
    folder.put_mark(&name, &Mark::default()).unwrap();
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    assert_eq!(
        folder.marks().unwrap().of(&name.to_string()),
        Mark::default()
    );
}

#[test]
fn a_mark_that_cannot_be_read_keeps_its_snapshot() {
    let (place, folder, name) = scene();
    let path = place.path().join(format!("{name}.mark"));
    for junk in ["", "{", "{\"keep\":7}", "{\"kept\":{}}"] {
        fs::write(&path, junk).unwrap();
        let marks = folder.marks().unwrap();
        assert!(marks.unreadable.contains_key(&name.to_string()), "{junk}");
        assert!(marks.of(&name.to_string()).keep.is_some(), "{junk}");
    }
}

#[test]
fn what_a_mark_looks_like_is_written_down() {
    let (place, folder, name) = scene();
    folder.put_mark(&name, &full()).unwrap();
    let text = fs::read_to_string(place.path().join(format!("{name}.mark"))).unwrap();
    insta::assert_snapshot!(text);
}
