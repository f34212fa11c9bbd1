//! Whatever happens to the bytes is noticed.

use std::fs;

use anirewind_backup::{Damage, Folder, ReadError};

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
