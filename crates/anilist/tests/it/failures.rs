//! Every fault is told apart, retried where that is right, and never taken for data.

use anirewind_model::{Effect, Remote as _, RemoteError, Retry};
use anirewind_simulator::Fault;

use crate::scene::{Scene, clock};

/// What is left of a fault that never goes away.
async fn outcome(fault: Fault) -> (RemoteError, u64) {
    // A body without end has to be given up for its length, however slow the machine is.
    let scene = match fault {
        Fault::EndlessBody => Scene::grown(0, 0).await,
        _ => Scene::facing(Some(fault), 0, 0).await,
    };
    scene.simulator.fault_always(Some(fault));
    let error = scene.anilist.viewer().await.unwrap_err();
    (error, scene.simulator.traffic().requests)
}

#[tokio::test]
async fn each_fault_has_a_name_and_a_number_of_attempts() {
    let mut table = Vec::new();
    for fault in Fault::ALL {
        if matches!(
            fault,
            Fault::TooManyRequests | Fault::TooManyRequestsHtml | Fault::WrongContentType
        ) {
            continue; // Two are waiting without end, the last is no failure at all.
        }
        let (error, requests) = outcome(fault).await;
        let retry = match error.retry() {
            Retry::Never => "never",
            Retry::After(_) => "later",
            Retry::AfterSignIn => "after sign-in",
        };
        let effect = if error.effect() == Effect::None {
            "no effect"
        } else {
            "effect unknown"
        };
        let name = format!("{error:?}");
        let name = name.split([' ', '{']).next().unwrap_or_default().to_owned();
        table.push(format!(
            "{fault:?}: {name}, {requests} sent, retry {retry}, {effect}"
        ));
    }
    insta::assert_snapshot!(table.join("\n"));
}

#[tokio::test]
async fn a_fault_that_passes_is_not_noticed_but_said() {
    for fault in [
        Fault::TimeoutBefore,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::InternalError,
        Fault::BadGateway,
        Fault::Challenge,
        Fault::TruncatedJson,
        Fault::HtmlPage,
        Fault::EmptyBody,
        Fault::DeepJson,
    ] {
        let scene = Scene::facing(Some(fault), 20, 5).await;
        scene.simulator.fault_at(2, fault);
        scene.assert_complete(&scene.read().await.unwrap());
    }
}

#[tokio::test]
async fn the_right_answer_under_the_wrong_label_is_taken() {
    let scene = Scene::empty().await;
    scene.simulator.fault_at(1, Fault::WrongContentType);
    assert_eq!(scene.viewer().await.account.name, "hana");
}

#[tokio::test]
async fn a_fault_at_any_request_of_a_read_never_gives_a_wrong_list() {
    for fault in Fault::ALL {
        for nth in 1..=4 {
            let scene = Scene::facing(Some(fault), 20, 5).await;
            scene.simulator.fault_at(nth, fault);
            match scene.read().await {
                Ok(list) => scene.assert_complete(&list),
                Err(error) => assert_ne!(error.to_string(), "", "{fault:?} at {nth}"),
            }
        }
    }
}

#[tokio::test]
async fn nobody_at_home_names_the_place() {
    let scene = Scene::empty().await;
    let url = scene.simulator.url();
    drop(scene);
    let token = anirewind_model::AccessToken::new("t").unwrap();
    let anilist = anirewind_anilist::AniList::builder(token)
        .endpoint(url.clone())
        .clock(clock())
        .build()
        .unwrap();
    let error = anilist.viewer().await.unwrap_err();
    assert!(matches!(error, RemoteError::Connect { .. }), "{error:?}");
    assert!(error.to_string().contains("127.0.0.1:"), "{error}");
    assert_eq!(error.effect(), Effect::None);
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let scene = Scene::of(anirewind_simulator::World::new(), clock(), |builder| {
        builder
            .largest_body(4 * 1024 * 1024)
            .timeout(std::time::Duration::from_mins(1))
    })
    .await;
    scene.simulator.fault_always(Some(Fault::EndlessBody));
    let error = scene.anilist.viewer().await.unwrap_err();
    assert!(matches!(error, RemoteError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn an_api_that_wants_a_referer_gets_the_one_that_is_set() {
    let scene = Scene::empty().await;
    scene
        .simulator
        .set_switches(|switches| switches.referer_required = true);
    let error = scene.anilist.viewer().await.unwrap_err();
    assert!(matches!(error, RemoteError::Disabled { .. }), "{error}");
    let token = anirewind_model::AccessToken::new(crate::scene::TOKEN).unwrap();
    let anilist = anirewind_anilist::AniList::builder(token)
        .endpoint(scene.simulator.url())
        .referer("https://anirewind.example/")
        .build()
        .unwrap();
    assert!(anilist.viewer().await.is_ok());
}

#[tokio::test]
async fn a_token_shows_in_no_error_and_no_debug() {
    let secret = "CANARY-token";
    let token = anirewind_model::AccessToken::new(secret).unwrap();
    let builder = anirewind_anilist::AniList::builder(token)
        .endpoint("http://127.0.0.1:1/")
        .clock(clock());
    assert!(!format!("{builder:?}").contains(secret));
    let anilist = builder.build().unwrap();
    let error = anilist.viewer().await.unwrap_err();
    assert!(!format!("{anilist:?} {error:?} {error}").contains(secret));
}
