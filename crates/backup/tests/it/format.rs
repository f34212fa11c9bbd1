//! What stands in a file, and what other tools make of it.

use std::path::Path;

use anirewind_backup::{Folder, content_hash};
use anirewind_model::{EntryField, Recorded, Score, ScoreFormat};
use serde_json::Value;

use crate::sample::{draft, list};

fn written() -> (tempfile::TempDir, std::path::PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::new(place.path(), "plexanibridge");
    let written = folder.write(&draft(&list())).unwrap();
    let path = folder.path_of(&written.name);
    (place, path)
}

#[test]
fn the_format_is_written_down() {
    let (_place, path) = written();
    let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap());
}

#[test]
fn everything_reads_back() {
    let (_place, path) = written();
    let (snapshot, size) = Folder::read_path(&path).unwrap();
    assert_eq!(snapshot.list, list());
    assert_eq!(size, std::fs::metadata(path).unwrap().len());
    assert_eq!(snapshot.content_hash, content_hash(&list()));
}

#[test]
fn an_entry_by_itself_reads_back() {
    let list = list();
    for entry in &list.entries {
        let text = anirewind_backup::entry_to_json(entry, list.owner.id).unwrap();
        let read = anirewind_backup::entry_from_json(&text, entry.media_type).unwrap();
        assert_eq!(&read, entry);
    }
    let nonsense = anirewind_backup::entry_from_json("{}", list.entries[0].media_type);
    assert!(nonsense.is_err());
}

#[test]
fn the_content_hash_knows_the_list_and_not_when_or_how_it_was_read() {
    let mut shuffled = list();
    shuffled.entries.reverse();
    shuffled.coverage = anirewind_model::Coverage::default();
    for entry in &mut shuffled.entries {
        entry.summary = None;
    }
    assert_eq!(content_hash(&shuffled), content_hash(&list()));
    let mut scored = list();
    scored.entries[1].values.score = Recorded::from(Score::new(1));
    assert_ne!(content_hash(&scored), content_hash(&list()));
}

/// The keys that PlexAniBridge's models require, in the types they require.
#[test]
fn plexanibridge_finds_what_it_needs() {
    let (_place, path) = written();
    let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(json["user"]["id"].is_u64() && json["user"]["name"].is_string());
    assert_eq!(json["user"]["mediaListOptions"]["scoreFormat"], "POINT_10");
    assert_eq!(json["hasNextChunk"], false);
    for group in json["lists"].as_array().unwrap() {
        assert_eq!(group["isCustomList"], false);
        for entry in group["entries"].as_array().unwrap() {
            for key in ["id", "userId", "mediaId", "progress", "repeat"] {
                assert!(entry[key].is_u64(), "{key} of {entry}");
            }
            assert!(entry["score"].is_f64(), "{entry}");
            assert!(entry["startedAt"].as_object().unwrap().contains_key("year"));
            let updated = entry["updatedAt"].as_str().unwrap();
            assert_eq!(updated, "2026-02-03T04:05:06Z");
        }
    }
    assert_eq!(
        json["lists"][0]["entries"][0]["score"], 7.0,
        "in the account's format"
    );
}

#[test]
fn a_file_of_plexanibridge_reads_and_what_it_does_not_hold_is_not_recorded() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/files/plexanibridge-hana.20251004010203.json");
    let (snapshot, _) = Folder::read_path(&path).unwrap();
    assert!(snapshot.header.is_none());
    let list = snapshot.list;
    assert_eq!(
        (list.owner.name.as_str(), list.owner.id.get()),
        ("hana", 4242)
    );
    assert_eq!(list.settings.score_format, ScoreFormat::Point10Decimal);
    assert_eq!(list.entries.len(), 3);
    let first = &list.entries[0];
    assert_eq!(
        first.values.score.known().map(|score| score.raw()),
        Some(85)
    );
    let unknown: Vec<_> = first.values.not_recorded().collect();
    assert_eq!(
        unknown,
        [
            EntryField::Volumes,
            EntryField::Priority,
            EntryField::Private,
            EntryField::Hidden,
            EntryField::CustomLists,
            EntryField::AdvancedScores,
        ]
    );
    assert_eq!(
        list.entries[1].values.notes,
        Recorded::Empty,
        "null is empty, not unknown"
    );
    assert_eq!(list.entries[1].values.score, Recorded::Empty);
}

#[test]
fn a_list_that_was_read_without_a_token_says_so_and_no_other_says_a_word() {
    let coverage = |list: &anirewind_model::List| {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path(), "plexanibridge");
        let written = folder.write(&draft(list)).unwrap();
        let path = folder.path_of(&written.name);
        assert_eq!(&Folder::read_path(&path).unwrap().0.list, list);
        let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        json["anirewind"]["coverage"].clone()
    };
    let mut public = list();
    public.coverage.public = true;
    assert_eq!(coverage(&public)["public"], true);
    assert_eq!(coverage(&list()).get("public"), None);
    // It is how it was read, and not what it holds.
    assert_eq!(content_hash(&public), content_hash(&list()));
}
