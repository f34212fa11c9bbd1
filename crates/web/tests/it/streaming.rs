//! What happens, told to programs: that nothing happens is told too, and that something was missed.

use std::cell::Cell;
use std::time::Duration;

use actix_web::test::TestRequest;
use tokio::time::Instant;

use crate::access::PASSWORD;
use crate::pages::Scene;

/// More than is kept for anybody.
const MANY: usize = 600;

fn open() -> TestRequest {
    TestRequest::get().uri("/api/v1/events")
}

/// Something happens.
fn happen(scene: &Scene, what: &str) {
    scene.app.note_reload(Err(what.to_owned()));
}

/// How it begins, with an id to come back with, and what was told then.
fn begun(heard: &str) -> (u64, &str) {
    let (begin, told) = heard.split_once("\n\n").unwrap();
    let id = begin.strip_prefix("id: ").unwrap();
    let id = id.strip_suffix("\nretry: 3000").unwrap();
    (id.parse().unwrap(), told)
}

/// The numbers of what was told.
fn ids(heard: &str) -> Vec<u64> {
    let lines = begun(heard)
        .1
        .lines()
        .filter_map(|line| line.strip_prefix("id: "));
    lines.map(|id| id.parse().unwrap()).collect()
}

#[actix_web::test]
async fn that_nothing_happens_is_told_every_fifteen_seconds() {
    let scene = Scene::new("hana").await;
    let began = Cell::new(None);
    let wait = async || {
        tokio::time::pause();
        began.set(Some(Instant::now()));
    };
    let heard = scene.listen(open(), wait, ": still here\n\n").await;
    let took = began.get().unwrap().elapsed();
    assert_eq!(begun(&heard).1, ": still here\n\n");
    assert_eq!(took.as_secs(), 15, "{took:?}");
    assert!(took < Duration::from_millis(15_100), "{took:?}");
}

#[actix_web::test]
async fn who_reads_too_slowly_is_told_how_much_was_missed_and_hears_the_rest() {
    let scene = Scene::new("hana").await;
    let much = async || {
        for number in 0..MANY {
            happen(&scene, &format!("number {number}."));
            // Each is handed on before the next one comes.
            tokio::task::yield_now().await;
        }
    };
    let last = format!("number {}.", MANY - 1);
    let heard = scene.listen(open(), much, &last).await;
    let missed = MANY - 512;
    let words = format!("event: missed\ndata: {{\"count\":{missed}}}\n\n");
    assert_eq!(heard.matches("event: missed").count(), 1, "{heard}");
    assert!(heard.contains(&words), "{heard}");
    // It stands where they would have stood.
    let (before, _) = heard.split_once(&words).unwrap();
    assert!(ids(before).is_empty(), "{before}");
    let rest = ids(&heard);
    assert_eq!(rest.len(), 512);
    assert!(rest.is_sorted_by(|one, other| one + 1 == *other));
    assert!(heard.contains(&format!("number {missed}.")), "{heard}");
}

#[actix_web::test]
async fn who_comes_back_hears_that_something_was_missed_if_it_may_have_been() {
    let mut scene = Scene::new("hana").await;
    let first = async || happen(&scene, "first");
    let heard = scene.listen(open(), first, "first").await;
    let seen = ids(&heard)[0];
    // Whoever has heard nothing yet has a place to come back to as well.
    let (place, _) = begun(&heard);
    assert_eq!(place + 1, seen);
    let back = |id: u64| open().insert_header(("Last-Event-ID", id.to_string()));
    // Nothing was told meanwhile; one was; more than are kept were.
    let next = async || happen(&scene, "next");
    let heard = scene.listen(back(seen), next, "next").await;
    assert!(!heard.contains("missed"), "{heard}");
    let heard = scene.listen(back(seen), async || {}, "next").await;
    assert!(!heard.contains("missed"), "{heard}");
    for _ in 0..MANY {
        happen(&scene, "more");
        tokio::task::yield_now().await;
    }
    let heard = scene.listen(back(seen), async || {}, "more").await;
    assert!(heard.contains("event: missed\ndata: {}\n\nid: "), "{heard}");
    // After a start nothing is kept, whatever may have happened before.
    scene.pass(Duration::from_mins(1));
    scene.forget();
    let after = async || happen(&scene, "after");
    for id in [seen, place, u64::MAX] {
        let heard = scene.listen(back(id), after, "after").await;
        assert!(heard.contains("event: missed\ndata: {}\n\n"), "{heard}");
        // Told once: who comes back again comes back to this.
        let (place, _) = begun(&heard);
        let heard = scene.listen(back(place), after, "after").await;
        assert!(!heard.contains("missed"), "{heard}");
    }
    let heard = scene.listen(open(), after, "after").await;
    assert!(!heard.contains("missed"), "{heard}");
    // What is no id of ours may have been one, and is not as if nobody had been here.
    for id in ["garbage", "-5", "99999999999999999999", "1.5"] {
        let back = open().insert_header(("Last-Event-ID", id));
        let heard = scene.listen(back, async || {}, "after").await;
        assert!(
            heard.contains("event: missed\ndata: {}\n\n"),
            "{id}: {heard}"
        );
    }
}

#[actix_web::test]
async fn only_the_head_of_what_never_ends_is_answered() {
    let scene = Scene::new("hana").await;
    let head = open()
        .method(actix_web::http::Method::HEAD)
        .insert_header(("host", "localhost"));
    let (status, body, headers) = scene.request(head).await;
    assert_eq!((status.as_u16(), body.as_str()), (200, ""));
    assert_eq!(headers.get("content-type").unwrap(), "text/event-stream");
}

#[actix_web::test]
async fn nobody_hears_more_than_they_are_let_in_for() {
    let (scene, _) = Scene::claimed(&[]).await;
    let key = scene.app.add_key("follower", false).await.unwrap();
    let bearer = ("authorization", format!("Bearer {key}"));
    // The key is taken away, and another one of the same name is another one.
    let taken = async || {
        scene.app.remove_key("follower").await.unwrap();
        scene.pass(Duration::from_mins(1));
        scene.app.add_key("follower", false).await.unwrap();
        happen(&scene, "not for them");
    };
    let heard = scene
        .listen_to_the_end(open().insert_header(bearer), taken)
        .await;
    assert!(heard.starts_with("id: ") || heard.is_empty(), "{heard}");
    assert!(!heard.contains("not for them"), "{heard}");
    // A session ends, for programs and for pages.
    for path in ["/api/v1/events", "/events?checks=yes"] {
        let session = scene.app.log_in(PASSWORD, "a browser", "127.0.0.1").await;
        let own = format!("anirewind={}", session.unwrap().expose());
        let ended = async || {
            for row in scene.app.sessions().await.unwrap() {
                scene.app.end_session(&row.id).await.unwrap();
            }
            happen(&scene, "not for them");
        };
        let request = TestRequest::get().uri(path).insert_header(("cookie", own));
        let heard = scene.listen_to_the_end(request, ended).await;
        assert!(!heard.contains("not for them"), "{path}: {heard}");
    }
}

#[actix_web::test]
async fn what_is_about_a_profile_names_it_and_what_is_not_names_none() {
    let scene = Scene::new("hana").await;
    let saved = async || scene.capture().await;
    let heard = scene.listen(open(), saved, "event: saved").await;
    let told = |heard: &str, name: &str| -> serde_json::Value {
        let after = heard.split(&format!("event: {name}\n")).nth(1).unwrap();
        let data = after.lines().find_map(|line| line.strip_prefix("data: "));
        serde_json::from_str(data.unwrap()).unwrap()
    };
    assert_eq!(told(&heard, "saved")["profile"], "hana");
    let reload = async || happen(&scene, "a reload");
    let heard = scene.listen(open(), reload, "a reload").await;
    assert!(told(&heard, "settings")["profile"].is_null(), "{heard}");
}
