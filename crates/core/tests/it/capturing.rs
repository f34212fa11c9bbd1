//! A snapshot is complete, or there is none and somebody is told.

use anirewind_core::{
    CaptureError, Code, Delta, Explain as _, Kind, Outcome, Rule, Standing, Verdict,
};
use anirewind_simulator::{Fault, SimEntry};

use crate::scene::{HANA, Scene, YUKIS};

#[tokio::test]
async fn the_same_list_read_twice_has_the_same_content_hash() {
    let scene = Scene::connected().await;
    let (first, second) = (
        scene.capture().await.snapshot,
        scene.capture().await.snapshot,
    );
    assert_eq!(first.content_hash, second.content_hash);
    assert_ne!(first.file, second.file);
    assert_eq!(second.delta, Some(Delta::default()));
    assert_eq!(first.counts.total(), 40);
}

#[tokio::test]
async fn what_changed_since_is_counted() {
    let scene = Scene::connected().await;
    scene.capture().await;
    let entry = scene.simulator.world().entry(HANA, 1_001).unwrap().clone();
    scene
        .simulator
        .world()
        .put_entry(SimEntry { score: 11, ..entry });
    scene.simulator.world().drop_entry(HANA, 1_002);
    scene.simulator.world().drop_entry(HANA, 1_003);
    let after = scene.capture().await.snapshot;
    assert_eq!(
        after.delta,
        Some(Delta {
            added: 0,
            changed: 1,
            removed: 2
        })
    );
    assert_eq!(after.standing(), Standing::Good);
}

#[tokio::test]
async fn each_snapshot_names_the_one_before() {
    let scene = Scene::connected().await;
    let first = scene.capture().await.snapshot;
    scene.capture().await;
    let found = scene.app.find("latest", None).await.unwrap();
    let anirewind_core::FoundList::Snapshot(snapshot) = found.source else {
        panic!("a file")
    };
    assert_eq!(
        snapshot.header.as_ref().unwrap().previous,
        Some(first.file_hash)
    );
}

#[tokio::test]
async fn an_empty_answer_for_a_long_list_is_not_believed() {
    let scene = Scene::connected().await;
    scene.capture().await;
    let ids: Vec<u32> = scene
        .simulator
        .world()
        .entries(HANA)
        .map(|entry| entry.media)
        .collect();
    for id in ids {
        scene.simulator.world().drop_entry(HANA, id);
    }
    let empty = scene.capture().await.snapshot;
    assert_eq!(
        (empty.counts.total(), empty.standing()),
        (0, Standing::Suspect)
    );
    assert_eq!(empty.alarms[0].rule, Rule::Emptied);
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.verdict, Verdict::Unusual);
    assert_eq!(status.last_attempt.unwrap().outcome, Outcome::Doubted);
    assert_eq!(status.last_good.unwrap().counts.total(), 40);
}

#[tokio::test]
async fn half_a_list_gone_is_kept_but_not_trusted() {
    let scene = Scene::connected().await;
    let good = scene.capture().await.snapshot;
    for id in 1_000..1_025 {
        scene.simulator.world().drop_entry(HANA, id);
    }
    assert_eq!(scene.capture().await.snapshot.standing(), Standing::Suspect);
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.verdict, Verdict::Unusual);
    assert_eq!(
        status.last_good.unwrap().id,
        good.id,
        "a suspect one is never the last good"
    );
    assert_eq!(
        scene.capture().await.snapshot.standing(),
        Standing::Suspect,
        "until somebody looks"
    );
}

#[tokio::test]
async fn no_fault_of_anilist_leaves_a_file_behind_or_passes_for_a_list() {
    for fault in Fault::ALL {
        let is_no_failure = matches!(
            fault,
            Fault::TooManyRequests | Fault::TooManyRequestsHtml | Fault::WrongContentType
        );
        if fault.is_endless() || is_no_failure {
            continue; // Slow in real time, waiting for ever, or no failure; the client's tests have them.
        }
        let scene = Scene::connected().await;
        scene.simulator.fault_always(Some(fault));
        let target = scene.app.targets(None).await.unwrap().remove(0);
        let error = scene.app.capture(&target, Kind::Manual).await.unwrap_err();
        assert!(error.hint().is_some(), "{fault:?}");
        assert_eq!(scene.files(), [""; 0], "{fault:?}");
        let status = scene.app.status().await.unwrap().remove(0);
        let expected = match fault {
            Fault::Unauthorized | Fault::InvalidToken => Outcome::Refused,
            _ if error.code() == Code::Unavailable => Outcome::Unavailable,
            _ => Outcome::Failed,
        };
        assert_eq!(status.last_attempt.unwrap().outcome, expected, "{fault:?}");
    }
}

#[tokio::test]
async fn one_account_that_fails_does_not_stop_the_others() {
    let scene = Scene::connected().await;
    scene
        .app
        .add_account(None, crate::scene::token(YUKIS))
        .await
        .unwrap();
    scene.simulator.world().revoke_token(crate::scene::TOKEN);
    let targets = scene.app.targets(None).await.unwrap();
    let outcomes = scene.app.capture_all(&targets, Kind::Automatic).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let verdicts: Vec<_> = scene
        .app
        .status()
        .await
        .unwrap()
        .iter()
        .map(|s| s.verdict)
        .collect();
    assert_eq!(
        verdicts,
        [Verdict::NotConnected, Verdict::Protected],
        "worst first"
    );
}

#[tokio::test]
async fn a_folder_that_is_gone_is_not_made_anew_and_nothing_is_forgotten() {
    let scene = Scene::connected().await;
    scene.capture().await;
    let folder = scene.app.backups();
    let aside = folder.with_extension("aside");
    std::fs::rename(&folder, &aside).unwrap();
    // Said also before anybody tries.
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.verdict, Verdict::Failing);
    let problem = status.last_attempt.unwrap().detail;
    assert!(problem.contains("1 snapshot is known"), "{problem}");
    scene.app.refresh_catalogue().await.unwrap_err();
    let checks = scene.app.doctor().await;
    let check = checks.iter().find(|check| check.what == "snapshots");
    assert!(!check.unwrap().is_fine());
    let target = scene.app.targets(None).await.unwrap().remove(0);
    let error = scene.app.capture(&target, Kind::Automatic).await;
    let error = error.unwrap_err();
    assert!(matches!(error, CaptureError::Folder(_)), "{error}");
    assert!(error.hint().unwrap().contains("mkdir"));
    assert!(!folder.exists());
    assert_eq!(scene.app.snapshots(None).await.unwrap().len(), 1);
    // Back again, all goes on as before.
    std::fs::rename(&aside, &folder).unwrap();
    scene.capture().await;
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(status.verdict, Verdict::Protected);
    assert_eq!(scene.app.snapshots(None).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named_and_nothing_is_lost() {
    let scene = Scene::connected().await;
    let first = scene.capture().await.snapshot;
    let folder = scene.app.backups();
    let aside = folder.with_extension("aside");
    std::fs::rename(&folder, &aside).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    let target = scene.app.targets(None).await.unwrap().remove(0);
    let error = scene.app.capture(&target, Kind::Manual).await.unwrap_err();
    assert!(matches!(error, CaptureError::Write { .. }), "{error}");
    assert!(error.hint().unwrap().contains("backups"));
    assert!(aside.join(first.file).exists());
}
