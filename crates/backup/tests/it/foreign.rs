//! Files of others are told apart, and what they do not hold stays unknown.

use std::path::PathBuf;

use anirewind_backup::{Damage, Folder, Form, ReadError, Recognised, recognise};
use anirewind_model::{EntryField, MediaType, Recorded, UserId};
use time::macros::datetime;

use crate::sample::{draft, list};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/files")
        .join(name)
}

fn nobody(_: &str) -> Option<UserId> {
    None
}

#[test]
fn a_file_of_ours() {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::new(place.path(), "plexanibridge");
    let written = folder.write(&draft(&list())).unwrap();
    // Under whatever name.
    let path = place.path().join("copy of my list");
    std::fs::rename(folder.path_of(&written.name), &path).unwrap();
    let Recognised {
        form, snapshot, at, ..
    } = recognise(&path, nobody).unwrap();
    assert_eq!(
        (form, at),
        (Form::AniRewind, Some(draft(&list()).created_at))
    );
    assert_eq!(snapshot.list, list());
}

#[test]
fn files_of_both_bridges() {
    let theirs = recognise(&file("plexanibridge-hana.20251004010203.json"), nobody).unwrap();
    assert_eq!(theirs.form, Form::PlexAniBridge);
    assert_eq!(theirs.at, Some(datetime!(2025-10-04 01:02:03 UTC)));
    let place = tempfile::tempdir().unwrap();
    let second = place
        .path()
        .join("anibridge_tv_anilist_20251129212551.json");
    std::fs::write(&second, theirs.bytes.unwrap()).unwrap();
    let second = recognise(&second, nobody).unwrap();
    assert_eq!(second.form, Form::AniBridge);
    assert_eq!(second.at, Some(datetime!(2025-11-29 21:25:51 UTC)));
    let first = place.path().join("plexanibridge-hana.1.json");
    std::fs::write(&first, second.bytes.unwrap()).unwrap();
    let first = recognise(&first, nobody).unwrap();
    let newest = Some(datetime!(2025-10-01 0:00 UTC));
    assert_eq!((first.at, first.newest), (None, newest), "it is a guess");
}

#[test]
fn groups_of_custom_lists_do_not_double_a_title() {
    let found = recognise(&file("plexanibridge-hana.20250101000000.json"), nobody).unwrap();
    let list = found.snapshot.list;
    assert_eq!(list.entries.len(), 2);
    assert!(
        list.entries
            .iter()
            .all(|e| e.values.custom_lists == Recorded::NotRecorded)
    );
}

#[test]
fn the_export_of_anilist() {
    let found = recognise(&file("gdpr_data.json"), nobody).unwrap();
    assert_eq!(found.form, Form::AniListExport);
    let newest = Some(datetime!(2026-05-06 07:08:09 UTC));
    assert_eq!((found.at, found.newest), (None, newest));
    let list = found.snapshot.list;
    assert_eq!(
        (list.owner.id.get(), list.owner.name.as_str()),
        (4242, "hana")
    );
    let shown: Vec<_> = list
        .entries
        .iter()
        .map(|entry| {
            let fields =
                EntryField::ALL.map(|field| format!("{field:?} {:?}", entry.values.get(field)));
            format!(
                "{:?} {}\n  {}",
                entry.media_type,
                entry.media,
                fields.join("\n  ")
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
    assert_eq!(list.entries[1].media_type, MediaType::Manga);
}

#[test]
fn an_export_that_does_not_say_whose_it_is() {
    let text = std::fs::read_to_string(file("gdpr_data.json")).unwrap();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("gdpr_data.json");
    std::fs::write(&path, text.replace("\"id\": 4242, ", "")).unwrap();
    let error = recognise(&path, nobody).unwrap_err();
    assert!(matches!(
        error,
        ReadError::Damaged {
            source: Damage::NotASnapshot { .. },
            ..
        }
    ));
    let found = recognise(&path, |name| (name == "hana").then(|| UserId::new(7))).unwrap();
    assert_eq!(found.snapshot.list.owner.id, UserId::new(7));
}

#[test]
fn scores_of_an_unknown_scale_are_not_recorded() {
    let text = std::fs::read_to_string(file("gdpr_data.json")).unwrap();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("gdpr_data.json");
    std::fs::write(&path, text.replace("\"score\": 85", "\"score\": 8")).unwrap();
    let list = recognise(&path, nobody).unwrap().snapshot.list;
    assert_eq!(list.entries[0].values.score, Recorded::NotRecorded);
}

#[test]
fn bombs_and_junk_are_refused_with_a_reason() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("x.json");
    let deep = format!("{{\"user\":{}", "[".repeat(1_000_000));
    let deep_export = format!("{{\"lists\":[{{\"series_id\":{}", "[".repeat(1_000_000));
    for junk in ["", "[]", "{}", "{\"series_id\"", &deep, &deep_export] {
        std::fs::write(&path, junk).unwrap();
        let error = recognise(&path, nobody).unwrap_err();
        assert!(matches!(error, ReadError::Damaged { .. }), "{error}");
    }
}
