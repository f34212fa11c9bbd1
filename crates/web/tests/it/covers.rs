//! Covers and avatars: from our own cache, of what is here, and of nothing else.

use std::fs;

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;

use crate::access::form;
use crate::pages::Scene;

#[actix_web::test]
async fn a_cover_comes_from_our_cache_and_only_for_titles_on_the_lists() {
    let scene = Scene::new("hana").await;
    scene
        .simulator
        .set_switches(|switches| switches.serves_covers = true);
    scene.capture().await;
    let media = scene.simulator.world().entries(1).next().unwrap().media;
    let request = |path: String| {
        TestRequest::get()
            .uri(&path)
            .insert_header(("host", "127.0.0.1:4849"))
    };
    let app = &scene.app;
    let picture = app.cover(anirewind_core::model::MediaId::new(media)).await;
    assert_eq!(picture.unwrap().unwrap().kind, "image/png");
    assert_eq!(
        fs::read_dir(scene.data.path().join("covers"))
            .unwrap()
            .count(),
        1
    );
    let (status, _, _) = scene
        .request(request("/img/cover/4000000".to_owned()))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn an_avatar_comes_from_our_cache_and_only_of_accounts_here() {
    let mut scene = Scene::new("hana").await;
    let switches = &scene.simulator;
    switches.set_switches(|switches| switches.serves_covers = true);
    let picture = async |scene: &Scene, path: &str| {
        let (status, body, headers) = scene.request(form(Method::GET, path, "", None)).await;
        let kind = headers
            .get("content-type")
            .map(|kind| kind.to_str().unwrap().to_owned());
        (status, kind.unwrap_or_default(), body)
    };
    scene.capture().await;
    let requests = scene.simulator.traffic().requests;
    let (_, page) = scene.get("/settings/hana").await;
    // Another picture is at another address.
    let before = "<img class=\"avatar\" src=\"/img/avatar/hana?v=";
    let (_, rest) = page.split_once(before).expect(&page);
    assert!(
        rest[8..].starts_with("\" alt=\"\" width=\"36\" height=\"36\""),
        "{rest}"
    );
    assert!(scene.get("/settings").await.1.contains(before));
    // Beside the name on the card of the dashboard.
    let (_, page) = scene.get("/").await;
    let (_, rest) = page.split_once(before).expect(&page);
    assert!(
        rest[8..].contains("> <span data-said><a href=\"/backups/hana\">hana</a>"),
        "{rest}"
    );
    let row = scene.app.account_row("hana").await.unwrap();
    assert_eq!(
        scene.app.avatar(&row).await.unwrap().unwrap().kind,
        "image/png"
    );
    let folder = scene.data.path().join("covers");
    let names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert!(
        names.len() == 1 && names[0].to_str().unwrap().starts_with("user-1-"),
        "{names:?}"
    );
    let (status, _, _) = picture(&scene, "/img/avatar/nobody").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    // What AniList allows is not used up by it.
    assert_eq!(scene.simulator.traffic().requests, requests);
    fs::remove_dir_all(&folder).unwrap();
    let elsewhere = anirewind_core::AccountRow {
        avatar: Some("https://elsewhere.example/a.png".to_owned()),
        ..row
    };
    assert!(scene.app.avatar(&elsewhere).await.unwrap().is_none());
    scene
        .simulator
        .set_switches(|switches| switches.serves_covers = false);
    // As long as it cannot be had there is its letter.
    let (status, kind, letter) = picture(&scene, "/img/avatar/hana").await;
    assert_eq!((status, kind.as_str()), (StatusCode::OK, "image/svg+xml"));
    assert!(letter.contains(">H</text>"), "{letter}");
    let target = scene.app.targets(None).await.unwrap().remove(0);
    scene.app.check_account(&target).await.unwrap();
    let far = scene.app.account_row("hana").await.unwrap();
    assert!(far.avatar.unwrap().starts_with("https://s4.anilist.co/"));
    // Without covers there are none of these either.
    let config = scene.app.settings().data.join("config.toml");
    fs::write(config, "covers = \"off\"\n").unwrap();
    let settings = scene.app.settings().read_again().unwrap();
    scene.app = scene.app.reopen(settings, jiff::tz::TimeZone::UTC).unwrap();
    let (_, page) = scene.get("/settings/hana").await;
    assert!(
        !page.contains("/img/avatar") && page.contains("aria-hidden=\"true\">H</span>"),
        "{page}"
    );
    assert_eq!(
        picture(&scene, "/img/avatar/hana").await.0,
        StatusCode::NOT_FOUND
    );
}
