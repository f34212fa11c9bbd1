//! Everything of an account in one download, and back in.

use std::collections::BTreeMap;
use std::io::Read as _;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;

use crate::browser::{edit, look, seen};
use crate::pages::Scene;

const PATH: &str = "/api/v1/profiles/hana/export";

/// The files of the archive, by their paths in it.
async fn export(scene: &Scene) -> BTreeMap<String, Vec<u8>> {
    let (status, headers, bytes) = scene.download(PATH).await;
    assert_eq!(status, StatusCode::OK);
    let header = |name: &str| headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(header("content-type"), "application/x-tar");
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"anirewind-hana-2026-11-03.tar\""
    );
    assert!(
        !anirewind_simulator::canary::sings(&bytes),
        "a token is in it"
    );
    let mut archive = tar::Archive::new(&bytes[..]);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().display().to_string();
        let mut held = Vec::new();
        entry.read_to_end(&mut held).unwrap();
        (path, held)
    });
    entries.collect()
}

#[actix_web::test]
async fn an_export_holds_all_snapshots_what_was_said_of_them_and_the_whole_history() {
    let scene = seen(&[]).await;
    edit(&scene, |entry| entry.progress += 1);
    look(&scene).await;
    scene.capture().await;
    let backups = scene.app.backups();
    let row = scene.app.snapshots(None).await.unwrap().remove(0);
    let (status, ..) = scene
        .submit(
            &format!("/backups/hana/{}/note", row.id),
            &[("text", "before the move")],
        )
        .await;
    assert!(status.is_redirection(), "{status}");
    let files = export(&scene).await;
    let kept: BTreeMap<_, _> = std::fs::read_dir(&backups)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (
                format!("anirewind-hana/backups/{name}"),
                std::fs::read(entry.path()).unwrap(),
            )
        })
        .collect();
    assert!(
        kept.keys().any(|path| path.contains(".json.mark")),
        "{kept:?}"
    );
    for (path, bytes) in &kept {
        assert_eq!(files.get(path), Some(bytes), "{path}");
    }
    let changes = &files["anirewind-hana/history/changes-000001.jsonl"];
    let lines = std::str::from_utf8(changes).unwrap().lines();
    let lines: Vec<serde_json::Value> = lines.map(|l| serde_json::from_str(l).unwrap()).collect();
    let all = scene
        .app
        .changes(None, <_>::default(), None, 1_000)
        .await
        .unwrap();
    assert_eq!(lines.len(), all.len());
    assert_eq!(lines[0]["id"], all[0].id.to_string());
    let contents = String::from_utf8(files["anirewind-hana/CONTENTS.txt"].clone()).unwrap();
    assert!(
        contents.contains(&format!("changes: {}", all.len())),
        "{contents}"
    );
    assert!(contents.contains("Nothing is missing."), "{contents}");
}

#[actix_web::test]
async fn what_was_exported_is_taken_in_again() {
    let scene = seen(&[]).await;
    let files = export(&scene).await;
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in &files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let other = Scene::new("hana").await;
    let plan = other.app.plan_import(folder.path(), None).await.unwrap();
    assert!(plan.unreadable.is_empty(), "{:?}", plan.unreadable);
    let imported = other.app.import(&plan).await.unwrap();
    let here = scene.app.snapshots(None).await.unwrap();
    assert_eq!(imported.taken.len(), here.len());
    let there = other.app.snapshots(None).await.unwrap();
    let hashes = |rows: &[anirewind_core::SnapshotRow]| {
        let mut hashes: Vec<_> = rows.iter().map(|row| row.file_hash.to_string()).collect();
        hashes.sort();
        hashes
    };
    assert_eq!(hashes(&here), hashes(&there));
}

#[actix_web::test]
async fn a_snapshot_that_cannot_be_read_is_named_and_not_passed_over() {
    let scene = seen(&[]).await;
    let row = scene.app.snapshots(None).await.unwrap().remove(0);
    let path = scene.app.backups().join(&row.file);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let files = export(&scene).await;
    let contents = String::from_utf8(files["anirewind-hana/CONTENTS.txt"].clone()).unwrap();
    assert!(contents.contains(&row.file), "{contents}");
    assert!(!contents.contains("Nothing is missing."), "{contents}");
}

#[actix_web::test]
async fn the_settings_lead_to_the_export_of_each_account() {
    let scene = seen(&[]).await;
    let (_, page) = scene.get("/settings").await;
    for words in [
        PATH,
        "Export everything of hana",
        "The history is for reading",
        "anirewind export --output FILE",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let request = TestRequest::get().uri("/api/v1/profiles/nobody/export");
    let (status, ..) = scene
        .request(request.insert_header(("host", "localhost")))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn who_takes_everything_and_does_not_read_it_keeps_nobody_else_waiting() {
    let scene = seen(&[]).await;
    for _ in 0..20 {
        scene.pass(std::time::Duration::from_hours(1));
        scene.capture().await;
    }
    let (one, _held) = scene.unread(PATH).await;
    let (two, other) = scene.unread(PATH).await;
    assert_eq!((one, two), (StatusCode::OK, StatusCode::OK));
    let (three, _) = scene.unread(PATH).await;
    assert_eq!(three, StatusCode::LOCKED);
    // All else goes on, and once somebody has gone there is a turn again.
    assert_eq!(scene.get("/backups/hana").await.0, StatusCode::OK);
    drop(other);
    for _ in 0..3_000 {
        let (status, held) = scene.unread(PATH).await;
        drop(held);
        if status == StatusCode::OK {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it is never anybody's turn");
}
