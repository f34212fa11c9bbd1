//! What reading a list shows and what it hides.

use std::time::Duration;

use anirewind_simulator::{
    EmptyShape, Growth, SimEntry, SimUser, Simulator, Status, VirtualClock, World,
};
use serde_json::{Value, json};
use time::macros::datetime;

use crate::client::{HANA, TOKEN, ask, clock, post, simulator, small_world};

const COLLECTION: &str =
    "{ MediaListCollection(userId: 1, type: ANIME) { hasNextChunk lists { name status isCustomList
        entries { mediaId private customLists } } } }";

fn names(answer: &crate::client::Answer) -> Vec<String> {
    let lists = answer
        .at("/data/MediaListCollection/lists")
        .as_array()
        .unwrap()
        .clone();
    lists
        .iter()
        .map(|list| list["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_hidden_entry_shows_only_in_its_custom_list_and_an_orphaned_one_nowhere() {
    let anilist = simulator().await;
    let hidden = SimEntry {
        user: HANA,
        hidden: true,
        ..SimEntry::default()
    };
    anilist.world().put_entry(SimEntry {
        media: 1,
        custom_lists: [0].into(),
        ..hidden.clone()
    });
    anilist.world().put_entry(SimEntry { media: 2, ..hidden });
    let answer = ask(&anilist, COLLECTION).await;
    assert_eq!(names(&answer), ["Cozy"]);
    assert_eq!(
        answer.at("/data/MediaListCollection/lists/0/status"),
        &Value::Null
    );
    let swept = ask(
        &anilist,
        "{ Page { mediaList(userId: 1, type: ANIME) { mediaId } } }",
    )
    .await;
    assert_eq!(
        swept.at("/data/Page/mediaList"),
        &json!([{ "mediaId": 1 }, { "mediaId": 2 }])
    );
    let counts = ask(&anilist, "{ Viewer { statistics { anime { count } } } }").await;
    assert_eq!(counts.at("/data/Viewer/statistics/anime/count"), 2);
}

#[tokio::test]
async fn private_entries_show_to_their_owner_alone() {
    let anilist = simulator().await;
    anilist.world().put_entry(SimEntry {
        user: HANA,
        media: 1,
        private: true,
        ..SimEntry::default()
    });
    assert_eq!(names(&ask(&anilist, COLLECTION).await), ["Watching"]);
    let stranger = post(&anilist, Some("token-of-yuki"), COLLECTION, Value::Null)
        .await
        .unwrap();
    assert_eq!(names(&stranger), [""; 0]);
}

#[tokio::test]
async fn an_empty_list_has_no_groups_and_shapes_of_nothing_follow_their_switch() {
    let anilist = simulator().await;
    assert_eq!(
        ask(&anilist, COLLECTION)
            .await
            .at("/data/MediaListCollection/lists"),
        &json!([])
    );
    anilist
        .world()
        .edit_user(HANA, |user| user.lists.anime.custom_lists.clear());
    anilist.world().put_entry(SimEntry {
        user: HANA,
        media: 1,
        ..SimEntry::default()
    });
    for (shape, read) in [
        (EmptyShape::Object, json!({})),
        (EmptyShape::Array, json!([])),
        (EmptyShape::Null, Value::Null),
    ] {
        anilist.set_switches(|switches| switches.empty_shape = shape);
        let answer = ask(&anilist, COLLECTION).await;
        let lists = answer.at("/data/MediaListCollection/lists/0/entries/0/customLists");
        assert_eq!(lists, &read);
    }
}

#[tokio::test]
async fn reads_can_lag_behind_writes() {
    let time = clock();
    let anilist = Simulator::start(small_world(), time.clone()).await.unwrap();
    anilist.set_switches(|switches| switches.read_lag = Duration::from_secs(5));
    ask(
        &anilist,
        "mutation { SaveMediaListEntry(mediaId: 1) { id } }",
    )
    .await;
    assert_eq!(names(&ask(&anilist, COLLECTION).await), [""; 0]);
    time.advance(Duration::from_secs(6));
    assert_eq!(names(&ask(&anilist, COLLECTION).await), ["Watching"]);
}

#[tokio::test]
async fn a_collection_is_capped_and_chunks_say_whether_there_is_more() {
    let anilist = simulator().await;
    for media in 1..=3 {
        anilist.world().put_entry(SimEntry {
            user: HANA,
            media,
            ..SimEntry::default()
        });
    }
    let chunk = |n: i32| {
        format!(
            "{{ MediaListCollection(userId: 1, type: ANIME, chunk: {n}, perChunk: 2) {{
            hasNextChunk lists {{ entries {{ mediaId }} }} }} }}"
        )
    };
    let first = ask(&anilist, &chunk(1)).await;
    assert_eq!(first.at("/data/MediaListCollection/hasNextChunk"), true);
    assert_eq!(
        first.at("/data/MediaListCollection/lists/0/entries/1/mediaId"),
        2
    );
    let second = ask(&anilist, &chunk(2)).await;
    assert_eq!(second.at("/data/MediaListCollection/hasNextChunk"), false);
    assert_eq!(
        second.at("/data/MediaListCollection/lists/0/entries/0/mediaId"),
        3
    );
    anilist.set_switches(|switches| switches.collection_cap = 1);
    let capped = ask(&anilist, COLLECTION).await;
    let entries = capped.at("/data/MediaListCollection/lists/0/entries");
    assert_eq!(entries.as_array().map(Vec::len), Some(1));
}

#[test]
fn the_same_seed_grows_the_same_world_and_it_is_a_rich_one() {
    let grow = || {
        let mut world = World::new();
        let growth = Growth {
            seed: 7,
            anime: 400,
            manga: 100,
        };
        world.grow(
            World::hana(),
            TOKEN,
            growth,
            datetime!(2026-03-01 12:00 UTC),
        );
        world
    };
    let (world, again) = (grow(), grow());
    let id = World::hana().id;
    assert!(world.entries(id).eq(again.entries(id)));
    let some = |what: &str, is: fn(&SimEntry) -> bool| {
        assert!(world.entries(id).any(is), "no entry is {what}");
    };
    some("private", |entry| entry.private);
    some("hidden and on no list", |entry| {
        entry.hidden && entry.custom_lists.is_empty()
    });
    some("on two custom lists", |entry| entry.custom_lists.len() == 2);
    some("dated by year only", |e| {
        e.started.year.is_some() && e.started.month.is_none()
    });
    some("noted over several lines", |e| {
        e.notes.as_ref().is_some_and(|n| n.contains('\n'))
    });
    some("scored by category", |entry| {
        !entry.advanced_scores.is_empty()
    });
    some("from before times were kept", |entry| {
        entry.created_at.is_none()
    });
    for status in Status::ALL {
        assert!(
            world.entries(id).any(|entry| entry.status == status),
            "{status:?}"
        );
    }
}

#[tokio::test]
async fn a_query_of_another_client_is_answered() {
    // The shape that PlexAniBridge asks for, chunk 0 and all.
    let mut world = World::new();
    let start = datetime!(2026-03-01 12:00 UTC);
    world.grow(
        SimUser::new(1, "hana"),
        TOKEN,
        Growth {
            seed: 1,
            anime: 5,
            manga: 0,
        },
        start,
    );
    let clock = std::sync::Arc::new(VirtualClock::starting_at(start));
    let anilist = Simulator::start(world, clock).await.unwrap();
    let query = "query MediaListCollection($userId: Int, $type: MediaType, $chunk: Int) {
        MediaListCollection(userId: $userId, type: $type, chunk: $chunk) {
          user { id name options { titleLanguage timezone } mediaListOptions { scoreFormat rowOrder } }
          lists { entries { id userId mediaId status score progress repeat notes
            startedAt { year month day } completedAt { year month day } createdAt updatedAt
            media { id format status season seasonYear episodes duration isAdult
              coverImage { extraLarge large medium color }
              title { romaji english native userPreferred } } }
            name isCustomList isSplitCompletedList status }
          hasNextChunk } }";
    let variables = json!({ "userId": 1, "type": "ANIME", "chunk": 0 });
    let answer = post(&anilist, Some(TOKEN), query, variables).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.at("/data/MediaListCollection/hasNextChunk"), false);
}

#[tokio::test]
async fn without_a_token_everybody_reads_what_is_public_and_nobody_writes() {
    let anilist = simulator().await;
    for (media, private) in [(1, true), (2, false)] {
        anilist.world().put_entry(SimEntry {
            user: HANA,
            media,
            private,
            ..SimEntry::default()
        });
    }
    let asked = async |query: &str| post(&anilist, None, query, Value::Null).await.unwrap();
    let user = asked("{ User(name: \"HANA\") { id name mediaListOptions { scoreFormat } } }").await;
    assert_eq!((user.status, user.at("/data/User/id")), (200, &json!(1)));
    assert_eq!(asked("{ User(name: \"nobody\") { id } }").await.status, 404);
    let list = asked(COLLECTION).await;
    let entries = "/data/MediaListCollection/lists/0/entries";
    assert_eq!(list.at(entries).as_array().unwrap().len(), 1);
    let swept = asked("{ Page { mediaList(userId: 1, type: ANIME) { mediaId } } }").await;
    assert_eq!(swept.at("/data/Page/mediaList"), &json!([{ "mediaId": 2 }]));
    for refused in [
        "{ Viewer { id } }",
        "mutation { SaveMediaListEntry(mediaId: 2, progress: 3) { id } }",
        "mutation { DeleteMediaListEntry(id: 1) { deleted } }",
        "mutation { UpdateUser(scoreFormat: POINT_3) { id } }",
    ] {
        let answer = asked(refused).await;
        assert_eq!(answer.status, 401, "{refused}: {answer:?}");
        assert_eq!(answer.at("/errors/0/message"), "Unauthorized.");
    }
    assert!(anilist.world().effects().is_empty());
}
