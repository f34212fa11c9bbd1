//! The addresses of all pages: what stands where the name of a profile does is the name of a profile.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use actix_web::http::{Method, StatusCode};
use anirewind_core::model::AccessToken;

use crate::access::{form, location};
use crate::browser::Browser;
use crate::pages::Scene;

pub(crate) fn sources(folder: &Path, all: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, all)?;
        } else if path.extension().is_some_and(|of| of == "rs") {
            all.push(fs::read_to_string(path)?);
        }
    }
    Ok(())
}

/// Every address that somebody wrote down as that of a handler.
pub(crate) fn routes() -> BTreeSet<String> {
    let mut texts = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut texts,
    )
    .unwrap();
    let begins = [
        "resource(\"",
        "route(\"",
        "#[get(\"",
        "#[post(\"",
        "#[put(\"",
        "#[patch(\"",
        "#[delete(\"",
    ];
    let mut routes = BTreeSet::new();
    for text in texts {
        // However it is broken into lines.
        let text: String = text.split_whitespace().collect();
        for begin in begins {
            let found = text.split(begin).skip(1);
            let found = found.filter_map(|rest| rest.split('"').next());
            routes.extend(
                found
                    .filter(|path| path.starts_with('/'))
                    .map(str::to_owned),
            );
        }
    }
    routes
}

/// Whether the first of these addresses is one of the second's, for somebody with an unlucky name.
fn shadows(fixed: &str, named: &str) -> bool {
    let (fixed, named): (Vec<_>, Vec<_>) = (fixed.split('/').collect(), named.split('/').collect());
    let mut hides = false;
    let fits = fixed.iter().zip(&named).all(|(fixed, named)| {
        let is_name = ["{profile}", "{name}"].contains(named);
        hides |= is_name && !fixed.starts_with('{');
        fixed == named || named.starts_with('{')
    });
    fixed.len() == named.len() && fits && hides
}

#[test]
fn no_page_stands_where_the_name_of_a_profile_does() {
    let routes = routes();
    for known in ["/settings/{profile}", "/backups/{profile}/new", "/security"] {
        assert!(routes.contains(known), "{known} is not found: {routes:?}");
    }
    assert!(shadows("/settings/security", "/settings/{profile}"));
    assert!(!shadows("/plan/{profile}/new", "/plan/{profile}/{id}"));
    for named in &routes {
        for fixed in &routes {
            assert!(!shadows(fixed, named), "{fixed} hides a profile of {named}");
        }
    }
}

/// What answers without a session: the ways in, what they look like, and whether anybody is there.
const PUBLIC: [&str; 9] = [
    "/api/v1/openapi.json",
    "/assets/{file}",
    "/favicon.ico",
    "/healthz",
    "/login",
    "/logout",
    "/readyz",
    "/setup",
    "/theme",
];

#[actix_web::test]
async fn every_address_has_decided_who_may_use_it() {
    let (scene, session) = Scene::claimed(&[]).await;
    let mut undecided = Vec::new();
    for route in routes() {
        if PUBLIC.contains(&route.as_str()) {
            continue;
        }
        let path = route
            .replace("{profile}", "hana")
            .replace("{media}", "1")
            .replace(['{', '}'], "");
        let mut asked = 0;
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ] {
            let (status, _, headers) = scene.request(form(method.clone(), &path, "", None)).await;
            match status {
                StatusCode::SEE_OTHER if location(&headers).starts_with("/login") => asked += 1,
                StatusCode::UNAUTHORIZED => asked += 1,
                StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {}
                _ => undecided.push(format!("{method} {path}: {status}")),
            }
        }
        if asked == 0 {
            undecided.push(format!("{path} asks nobody who he is"));
        }
    }
    assert!(undecided.is_empty(), "{undecided:#?}");
    // It is the session that makes the difference.
    let (status, ..) = scene
        .request(form(Method::GET, "/security", "", Some(&session)))
        .await;
    assert_eq!(status, StatusCode::OK);
}

/// As an address of these pages may look, with each name twice, which none takes.
fn unreadable() -> String {
    let names = [
        "above", "after", "against", "back", "before", "below", "desk", "each", "extra", "field",
        "format", "from", "group", "hidden", "job", "kept", "kind", "level", "limit", "media",
        "next", "of", "once", "other", "outcome", "page", "preset", "prefer", "profile", "q",
        "saved", "setup", "show", "since", "snapshot", "sort", "source", "status", "time", "title",
        "to", "undo", "user", "verdict", "view", "what", "when",
    ];
    let parts = names.map(|name| format!("{name}=x&{name}=y"));
    parts.join("&")
}

#[actix_web::test]
async fn whoever_is_not_in_is_told_nothing_of_an_address_that_cannot_be_read() {
    let (scene, session) = Scene::claimed(&[]).await;
    let query = unreadable();
    let mut told = Vec::new();
    for route in routes() {
        let path = route
            .replace("{profile}", "hana")
            .replace("{media}", "1")
            .replace(['{', '}'], "");
        let path = format!("{path}?{query}");
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ] {
            // What is open to all takes forms of those who are not in.
            let is_public = PUBLIC.contains(&route.as_str());
            if is_public && method != Method::GET {
                continue;
            }
            let (status, page, headers) =
                scene.request(form(method.clone(), &path, "", None)).await;
            let is_right = match status {
                StatusCode::BAD_REQUEST => false,
                StatusCode::SEE_OTHER if !is_public => location(&headers).starts_with("/login"),
                StatusCode::UNAUTHORIZED
                | StatusCode::NOT_FOUND
                | StatusCode::METHOD_NOT_ALLOWED => true,
                _ => is_public,
            };
            if !is_right || page.contains("This address cannot be read") {
                told.push(format!("{method} {route}: {status}"));
            }
        }
    }
    assert!(told.is_empty(), "{told:#?}");
    // For those who are in they are addresses that cannot be read.
    for path in [
        "/backups/hana",
        "/compare/hana",
        "/ops/hana",
        "/status/log",
        "/timeline/hana",
        "/titles/hana",
        "/api/v1/changes",
    ] {
        let path = format!("{path}?{query}");
        let (status, page, _) = scene
            .request(form(Method::GET, &path, "", Some(&session)))
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        let is_page = !path.starts_with("/api/");
        assert!(!is_page || page.contains("This address cannot be read"));
    }
}

#[actix_web::test]
async fn a_profile_may_be_called_as_a_page_is() {
    for name in ["security", "new", "preview", "asked"] {
        let scene = Scene::new("hana").await;
        scene.simulator.world().grant_token("another-token", 1);
        let token = AccessToken::new("another-token").unwrap();
        scene.app.add_account(Some(name), token).await.unwrap();
        scene.capture().await;
        for path in [
            "settings", "backups", "timeline", "titles", "plan", "compare", "at", "ops",
        ] {
            let browser = Browser::at(&scene, &format!("/{path}/{name}")).await;
            assert_eq!(browser.status, StatusCode::OK, "{path}");
            browser.must_show(&[name]);
        }
        let mut browser = Browser::at(&scene, &format!("/settings/{name}")).await;
        browser.must_show(&["AniList last took it"]);
        browser.open("/settings").await;
        browser.follow("Password, sessions and keys").await;
        browser.must_show(&["Keys for programs"]);
    }
    // The address that it once had still leads there, where nobody is called so.
    let scene = Scene::new("hana").await;
    let browser = Browser::at(&scene, "/settings/security").await;
    assert_eq!(browser.path, "/security");
}
