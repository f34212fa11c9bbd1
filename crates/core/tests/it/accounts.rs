//! Whose token it is, is asked and not assumed.

use anirewind_core::{AccountError, CaptureError, Code, Explain as _, Kind, Verdict};
use anirewind_simulator::Fault;

use crate::scene::{HANA, Scene, TOKEN, YUKIS, token};

#[tokio::test]
async fn an_account_is_called_like_its_user_unless_told_otherwise() {
    let scene = Scene::new().await;
    assert_eq!(
        scene
            .app
            .add_account(None, token(TOKEN))
            .await
            .unwrap()
            .profile,
        "hana"
    );
    assert_eq!(
        scene
            .app
            .add_account(Some("sister"), token(YUKIS))
            .await
            .unwrap()
            .profile,
        "sister"
    );
    let again = scene.app.add_account(None, token(YUKIS)).await.unwrap();
    assert_eq!(again.profile, "sister", "a new token keeps the name");
    assert_eq!(scene.app.accounts().await.unwrap().len(), 2);
}

#[tokio::test]
async fn another_users_token_is_refused_for_an_account() {
    let scene = Scene::connected().await;
    let error = scene
        .app
        .add_account(Some("hana"), token(YUKIS))
        .await
        .unwrap_err();
    assert!(
        matches!(error, AccountError::WrongAccount { .. }),
        "{error}"
    );
    assert_eq!(error.code(), Code::RefusedForSafety);
    assert_eq!(scene.app.accounts().await.unwrap().len(), 1);

    // The same when somebody swaps the file by hand.
    std::fs::write(scene.data.path().join("secrets/4242.token"), YUKIS).unwrap();
    let target = scene.app.targets(Some("hana")).await.unwrap().remove(0);
    let error = scene.app.check_account(&target).await.unwrap_err();
    assert!(
        matches!(error, AccountError::WrongAccount { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_wrong_token_and_an_outage_are_told_apart_and_nothing_is_kept() {
    let scene = Scene::new().await;
    let refused = scene
        .app
        .add_account(None, token("nonsense"))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::NotSignedIn);
    scene.simulator.fault_always(Some(Fault::Disabled));
    let outage = scene.app.add_account(None, token(TOKEN)).await.unwrap_err();
    assert_eq!(outage.code(), Code::Unavailable);
    assert!(scene.app.accounts().await.unwrap().is_empty());
    assert!(!scene.data.path().join("secrets").exists());
}

#[tokio::test]
async fn a_removed_account_leaves_its_snapshots_and_no_token() {
    let scene = Scene::connected().await;
    scene.capture().await;
    scene.app.remove_account("hana").await.unwrap();
    assert!(!scene.data.path().join("secrets/4242.token").exists());
    assert_eq!(scene.files().len(), 1);
    assert!(matches!(
        scene.app.targets(None).await,
        Err(AccountError::NoAccount)
    ));
    assert!(matches!(
        scene.app.targets(Some("hana")).await,
        Err(AccountError::NoToken { .. })
    ));
    assert!(matches!(
        scene.app.targets(Some("nobody")).await,
        Err(AccountError::NoProfile { .. })
    ));
    // What is left of it goes by its name, also once somebody else does.
    let left = scene.app.account_row("HANA").await.unwrap();
    assert!(!left.connected && left.account.id.get() == HANA);
    let again = scene.app.remove_account("hana").await;
    assert!(matches!(again, Err(AccountError::NoProfile { .. })));
    let yuki = scene.app.add_account(Some("hana"), token(YUKIS)).await;
    assert!(yuki.unwrap().connected);
    let left = scene.app.kept_accounts().await.unwrap();
    assert_eq!(left[0].profile, "hana-4242");
}

#[tokio::test]
async fn a_token_without_a_name_is_not_taken_for_somebody_of_whom_there_are_snapshots() {
    let scene = Scene::new().await;
    scene.app.add_account(None, token(YUKIS)).await.unwrap();
    let target = scene.app.targets(Some("yuki")).await.unwrap().remove(0);
    scene.app.capture(&target, Kind::Manual).await.unwrap();
    scene.app.remove_account("yuki").await.unwrap();
    let app = scene.open_with(&[("ANIREWIND_ANILIST_TOKEN", TOKEN)]);
    let target = app.targets(Some("yuki")).await.unwrap().remove(0);
    let refused = app.capture(&target, Kind::Manual).await.unwrap_err();
    let CaptureError::Account(refused) = refused else {
        panic!("{refused}");
    };
    assert!(matches!(refused, AccountError::WrongAccount { .. }));
    assert!(app.accounts().await.unwrap().is_empty());
    assert_eq!(scene.files().len(), 1);
}

#[tokio::test]
async fn the_token_is_in_its_place_and_nowhere_else() {
    let scene = Scene::connected().await;
    scene.capture().await;
    let mut found = Vec::new();
    let mut folders = vec![scene.data.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(&path)
                .unwrap()
                .windows(TOKEN.len())
                .any(|w| w == TOKEN.as_bytes())
            {
                found.push(
                    path.strip_prefix(scene.data.path())
                        .unwrap()
                        .display()
                        .to_string(),
                );
            }
        }
    }
    assert_eq!(found, ["secrets/4242.token"]);
}

#[tokio::test]
async fn a_token_from_the_environment_that_fails_shows_in_the_verdict() {
    let scene = Scene::new().await;
    let app = scene.open_with(&[("ANIREWIND_ANILIST_TOKEN", TOKEN)]);
    let targets = app.targets(None).await.unwrap();
    app.capture_all(&targets, Kind::Automatic).await;
    assert_eq!(app.status().await.unwrap()[0].verdict, Verdict::Protected);
    scene.simulator.world().revoke_token(TOKEN);
    // Also after a restart, when nothing is known of the token any more.
    for app in [app, scene.open_with(&[("ANIREWIND_ANILIST_TOKEN", TOKEN)])] {
        let targets = app.targets(None).await.unwrap();
        app.capture_all(&targets, Kind::Automatic).await;
        assert_eq!(
            app.status().await.unwrap()[0].verdict,
            Verdict::NotConnected
        );
    }
}

#[tokio::test]
async fn an_account_that_two_tokens_lead_to_is_taken_once() {
    let scene = Scene::connected().await;
    scene.simulator.world().grant_token("second-of-hana", HANA);
    let app = scene.open_with(&[("ANIREWIND_ANILIST_TOKEN", "second-of-hana")]);
    let targets = app.targets(None).await.unwrap();
    assert_eq!(targets.len(), 2);
    let outcomes = app.capture_all(&targets, Kind::Automatic).await;
    assert!(outcomes.len() == 1 && outcomes[0].is_ok(), "{outcomes:?}");
    assert_eq!(scene.files().len(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn one_exposed_token_is_not_used_and_does_not_stop_the_others() {
    use std::os::unix::fs::PermissionsExt as _;

    let scene = Scene::connected().await;
    scene.app.add_account(None, token(YUKIS)).await.unwrap();
    let file = scene.data.path().join("secrets/4242.token");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let targets = scene.app.targets(None).await.unwrap();
    assert_eq!(
        scene.app.capture_all(&targets, Kind::Automatic).await.len(),
        1
    );
    let status = scene.app.status().await.unwrap().remove(0);
    assert_eq!(
        (status.account.profile.as_str(), status.verdict),
        ("hana", Verdict::Failing)
    );
    // What is open when a test is over would be found.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn kept_tokens_are_sealed_once_there_is_a_key_and_are_of_no_use_without_it() {
    const KEY: (&str, &str) = ("ANIREWIND_SECRET_KEY", "0123456789abcdef0123456789abcdef");
    let scene = Scene::connected().await;
    let file = scene.data.path().join("secrets/4242.token");
    assert_eq!(std::fs::read(&file).unwrap(), TOKEN.as_bytes());
    let sealed = scene.open_with(&[KEY]);
    let bytes = std::fs::read(&file).unwrap();
    let part = TOKEN.as_bytes();
    assert!(!bytes.windows(part.len()).any(|window| window == part));
    sealed.add_account(None, token(YUKIS)).await.unwrap();
    let targets = sealed.targets(None).await.unwrap();
    let taken = sealed.capture_all(&targets, Kind::Automatic).await;
    assert!(
        taken.len() == 2 && taken.iter().all(Result::is_ok),
        "{taken:?}"
    );
    // Without the key nothing is asked, and nothing is lost.
    let other = (
        "ANIREWIND_SECRET_KEY",
        "another-key-another-key-another-key",
    );
    for (app, words) in [
        (scene.reopen(), "is sealed, and no key is set"),
        (scene.open_with(&[other]), "does not open with the key"),
    ] {
        let asked = scene.simulator.operations().len();
        let refused = app.targets(Some("hana")).await.unwrap_err();
        assert!(refused.to_string().contains(words), "{refused}");
        let hint = refused.hint().unwrap();
        assert!(hint.contains("ANIREWIND_SECRET_KEY_FILE"), "{hint}");
        assert_eq!(scene.simulator.operations().len(), asked);
        assert_eq!(std::fs::read(&file).unwrap(), bytes);
    }
    let again = scene.open_with(&[KEY]);
    let target = again.targets(Some("hana")).await.unwrap().remove(0);
    again.capture(&target, Kind::Manual).await.unwrap();
}
