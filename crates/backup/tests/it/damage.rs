//! Whatever happens to the bytes is noticed.

use std::fs;

use anirewind_backup::{Damage, Folder, Place, ReadError};

use crate::sample::{draft, list};

fn snapshot_bytes() -> Vec<u8> {
    bytes_of(&list())
}

fn bytes_of(list: &anirewind_model::List) -> Vec<u8> {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::new(place.path(), "plexanibridge");
    let written = folder.write(&draft(list)).unwrap();
    fs::read(folder.path_of(&written.name)).unwrap()
}

fn reads(bytes: &[u8]) -> Result<(), ReadError> {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("snapshot.json");
    fs::write(&path, bytes).unwrap();
    Folder::read_path(&path).map(|_| ())
}

#[test]
fn every_flipped_byte_is_found() {
    let mut empty = list();
    empty.entries.clear();
    empty.favourites = None;
    for good in [snapshot_bytes(), bytes_of(&empty)] {
        assert!(reads(&good).is_ok());
        for at in 0..good.len() {
            for flip in [0x01, 0x20, 0x80] {
                let mut bad = good.clone();
                bad[at] ^= flip;
                assert!(reads(&bad).is_err(), "byte {at} flipped by {flip:#x}");
            }
        }
    }
}

#[test]
fn every_truncation_and_anything_added_is_found() {
    let good = snapshot_bytes();
    for length in 0..good.len() {
        assert!(reads(&good[..length]).is_err(), "cut to {length}");
    }
    for added in [&b" "[..], b"\n", b"{}", b"\0"] {
        assert!(reads(&[&good, added].concat()).is_err(), "{added:?} added");
    }
}

#[test]
fn the_place_of_the_damage_is_named() {
    let mut long = list();
    for id in 1_000..1_400 {
        let mut entry = long.entries[1].clone();
        entry.media = anirewind_model::MediaId::new(id);
        long.entries.push(entry);
    }
    let good = bytes_of(&long);
    let place_of = |bytes: &[u8]| match reads(bytes).unwrap_err() {
        ReadError::Damaged { place, .. } => place.unwrap(),
        error => panic!("{error}"),
    };
    // Wherever a byte is flipped, the bytes that are named hold it.
    for at in (0..good.len()).step_by(97) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        match place_of(&bad) {
            Place::Bytes { from, to, .. } => {
                assert!((from..to).contains(&at), "byte {at} is not in {from}..{to}");
                assert!(to - from <= 16 * 1024);
            }
            Place::Header => assert!(at < 1_024, "byte {at} is not in the header"),
            missing @ Place::Missing { .. } => panic!("byte {at}: {missing}"),
        }
    }
    // A cut file ends where it says.
    for length in (2_000..good.len()).step_by(16 * 1024) {
        assert_eq!(
            place_of(&good[..length]).to_string(),
            Place::Missing { from: length }.to_string()
        );
    }
    let mut bad = good.clone();
    let text = String::from_utf8(good).unwrap();
    let at = text.find("\"mediaId\":1200,").unwrap();
    bad[at] ^= 1;
    let message = reads(&bad).unwrap_err().to_string();
    assert!(message.contains("near title 1"), "{message}");
}

#[test]
fn a_reformatted_file_cannot_be_proven() {
    let json: serde_json::Value = serde_json::from_slice(&snapshot_bytes()).unwrap();
    let pretty = serde_json::to_vec_pretty(&json).unwrap();
    let error = reads(&pretty).unwrap_err();
    assert!(
        matches!(
            error,
            ReadError::Damaged {
                source: Damage::NoHeader,
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn what_is_no_file_is_refused_without_waiting() {
    let place = tempfile::tempdir().unwrap();
    assert!(matches!(
        Folder::read_path(place.path()),
        Err(ReadError::Io { .. })
    ));
    assert!(matches!(
        Folder::read_path(&place.path().join("gone")),
        Err(ReadError::Io { .. })
    ));
    for junk in [
        &b""[..],
        b"{}",
        b"[]",
        b"null",
        b"<html>",
        b"\xff\xfe",
        "[".repeat(100_000).as_bytes(),
    ] {
        let error = reads(junk).unwrap_err();
        assert!(matches!(error, ReadError::Damaged { .. }), "{error}");
    }
}
