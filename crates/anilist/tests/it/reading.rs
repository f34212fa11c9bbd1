//! A list is read completely, in few requests, whatever AniList hides.

use anirewind_model::{Counts, MediaId, Remote as _, RemoteError, ScoreFormat};
use anirewind_simulator::{EmptyShape, Fault, LegacyTime, SimEntry, SimMedia, World};

use crate::scene::{HANA, Scene, TOKEN, clock};

#[tokio::test]
async fn a_usual_account_takes_four_requests_when_the_counts_agree() {
    let scene = Scene::grown(1_500, 300).await;
    // Nothing orphaned: groups show everything.
    let orphans: Vec<SimEntry> = {
        let world = scene.simulator.world();
        world
            .entries(HANA)
            .filter(|e| e.hidden && e.custom_lists.is_empty())
            .cloned()
            .collect()
    };
    assert!(!orphans.is_empty());
    for orphan in orphans {
        scene.simulator.world().put_entry(SimEntry {
            hidden: false,
            ..orphan
        });
    }
    let list = scene.read().await.unwrap();
    scene.assert_complete(&list);
    assert_eq!(
        list.counts(),
        Counts {
            anime: 1_500,
            manga: 300
        }
    );
    assert_eq!(
        scene.simulator.operations(),
        ["Viewer", "Lists", "Sweep", "Favourites"]
    );
}

#[tokio::test]
async fn what_is_hidden_and_on_no_list_is_noticed_by_counting_and_found() {
    let scene = Scene::grown(600, 150).await;
    let list = scene.read().await.unwrap();
    scene.assert_complete(&list);
    assert!(list.coverage.swept);
    assert!(list.coverage.unresolved.is_empty());
    let operations = scene.simulator.operations();
    assert_eq!(
        operations,
        ["Viewer", "Lists", "Sweep", "Entries", "Favourites"]
    );
}

#[tokio::test]
async fn favourites_come_in_order_and_over_several_pages() {
    let scene = Scene::empty().await;
    scene.simulator.world().edit_user(HANA, |user| {
        user.favourites.staff = (1..=60).map(|id| (id, format!("Staff {id}"))).collect();
        user.favourites.anime = vec![3, 1, 2];
    });
    let favourites = scene.read().await.unwrap().favourites.unwrap();
    assert_eq!(favourites.staff.len(), 60);
    assert_eq!(favourites.staff[59].name.as_deref(), Some("Staff 60"));
    assert_eq!(
        favourites
            .anime
            .iter()
            .map(|anime| anime.id)
            .collect::<Vec<_>>(),
        [3, 1, 2]
    );
    assert_eq!(favourites.studios[0].name.as_deref(), Some("Studio Kobo"));
}

#[tokio::test]
async fn a_list_past_the_cap_is_read_to_its_end() {
    let mut world = World::new();
    world.add_user(World::hana(), TOKEN);
    for id in 1..=260 {
        world.add_media(SimMedia::new(id, true, "Title", Some(12)));
        world.put_entry(SimEntry {
            user: HANA,
            media: id,
            updated_at: Some(1),
            ..SimEntry::default()
        });
    }
    let scene = Scene::of(world, clock(), |builder| builder).await;
    // The cap is 11,000 on AniList; a smaller one is missed in the same way.
    scene
        .simulator
        .set_switches(|switches| switches.collection_cap = 100);
    let list = scene.read().await.unwrap();
    scene.assert_complete(&list);
    assert_eq!(list.counts().anime, 260);
}

#[tokio::test]
async fn seventeen_thousand_titles_of_one_status_are_read_to_the_last() {
    let mut world = World::new();
    world.add_user(World::hana(), TOKEN);
    for id in 1..=17_000u32 {
        world.add_media(SimMedia::new(id, true, "Title", Some(12)));
        world.put_entry(SimEntry {
            user: HANA,
            media: id,
            ..SimEntry::default()
        });
    }
    let patient =
        |builder: anirewind_anilist::Builder| builder.timeout(std::time::Duration::from_mins(2));
    let scene = Scene::of(world, clock(), patient).await;
    // The collection ends at 11,000 and pages reach 5,000 from either end: 1,000 lie in the middle.
    let list = scene.read().await.unwrap();
    assert_eq!(list.entries.len(), 17_000);
    assert!(
        scene.simulator.traffic().requests <= 40,
        "{:?}",
        scene.simulator.traffic()
    );
}

#[tokio::test]
async fn an_answer_too_heavy_for_anilist_is_read_in_parts() {
    let scene = Scene::grown(700, 120).await;
    scene
        .simulator
        .set_switches(|switches| switches.collection_fails_above = 400);
    let list = scene.read().await.unwrap();
    scene.assert_complete(&list);
    for duplicates in [false, true] {
        scene
            .simulator
            .set_switches(|switches| switches.chunk_counts_duplicates = duplicates);
        scene.assert_complete(&scene.read().await.unwrap());
    }
}

#[tokio::test]
async fn custom_lists_that_anilist_would_not_say_are_asked_for_again() {
    let scene = Scene::grown(200, 40).await;
    scene
        .simulator
        .set_switches(|switches| switches.custom_lists_null_every = 3);
    let list = scene.read().await.unwrap();
    scene.assert_complete(&list);
    assert!(scene.simulator.operations().contains(&"Labels".to_owned()));
}

#[tokio::test]
async fn every_shape_of_nothing_reads_the_same() {
    let mut lists = Vec::new();
    for shape in [EmptyShape::Object, EmptyShape::Array, EmptyShape::Null] {
        for legacy in [LegacyTime::Zero, LegacyTime::Null] {
            let scene = Scene::grown(60, 60).await;
            scene.simulator.world().edit_user(HANA, |user| {
                user.lists.manga.custom_lists.clear();
                user.lists.manga.advanced_scoring.clear();
            });
            scene.simulator.set_switches(|switches| {
                switches.empty_shape = shape;
                switches.legacy_created_at = legacy;
            });
            lists.push(scene.read().await.unwrap());
        }
    }
    assert!(lists.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn statistics_that_are_off_cost_a_look_and_nothing_else() {
    let scene = Scene::grown(120, 20).await;
    for off in [-7, 4] {
        scene
            .simulator
            .set_switches(|switches| switches.statistics_error = off);
        scene.assert_complete(&scene.read().await.unwrap());
    }
}

#[tokio::test]
async fn an_empty_account_is_read_as_empty_and_a_long_one_never() {
    let scene = Scene::empty().await;
    assert_eq!(scene.read().await.unwrap().entries.len(), 0);
    // Counts say ten of each type, answers say none.
    scene
        .simulator
        .set_switches(|switches| switches.statistics_error = 10);
    let error = scene.read().await.unwrap_err();
    assert!(matches!(error, RemoteError::Incomplete { .. }), "{error}");
}

#[tokio::test]
async fn hidden_titles_are_found_though_the_counts_agree_by_chance_or_are_missing() {
    for off in [-1, -2] {
        let scene = Scene::grown(120, 20).await;
        scene
            .simulator
            .set_switches(|switches| switches.statistics_error = off);
        let list = scene.read().await.unwrap();
        scene.assert_complete(&list);
    }
}

#[tokio::test]
async fn one_list_that_reads_empty_against_its_count_is_refused() {
    let scene = Scene::grown(30, 0).await;
    scene
        .simulator
        .set_switches(|switches| switches.statistics_error = 10);
    let error = scene.read().await.unwrap_err();
    assert!(matches!(error, RemoteError::Incomplete { .. }), "{error}");
}

#[tokio::test]
async fn a_lower_limit_on_complexity_is_kept_to() {
    let scene = Scene::grown(150, 30).await;
    scene
        .simulator
        .set_switches(|switches| switches.complexity_limit = 100);
    scene.assert_complete(&scene.read().await.unwrap());
}

#[tokio::test]
async fn raw_scores_do_not_depend_on_the_accounts_format() {
    let scene = Scene::grown(80, 20).await;
    let before = scene.read().await.unwrap();
    for format in ScoreFormat::KNOWN {
        scene
            .simulator
            .world()
            .edit_user(HANA, |user| user.score_format = format.as_str().to_owned());
        let after = scene.read().await.unwrap();
        assert_eq!(after.settings.score_format, format);
        assert_eq!(after.entries, before.entries);
    }
}

#[tokio::test]
async fn entries_of_some_titles_come_hundreds_a_request() {
    let scene = Scene::grown(560, 0).await;
    let viewer = scene.viewer().await;
    let ids: Vec<MediaId> = (1_000..1_550)
        .map(MediaId::new)
        .chain([MediaId::new(1)])
        .collect();
    let before = scene.simulator.traffic().requests;
    let titles: Vec<_> = ids
        .iter()
        .map(|id| (anirewind_model::MediaType::Anime, *id))
        .collect();
    let entries = scene.anilist.entries(&viewer, &titles).await.unwrap();
    assert_eq!(
        entries.len(),
        550,
        "a title that is not on the list is not in the answer"
    );
    assert_eq!(scene.simulator.traffic().requests - before, 2);
    let titles = scene.anilist.titles(&ids[..3]).await.unwrap();
    assert_eq!(titles.len(), 3);
}

#[tokio::test]
async fn the_viewer_comes_with_everything_that_is_set() {
    let scene = Scene::grown(10, 4).await;
    let viewer = scene.viewer().await;
    assert_eq!(viewer.account.name, "hana");
    assert_eq!(
        viewer.counts,
        Some(Counts {
            anime: 10,
            manga: 4
        })
    );
    let anime = viewer.settings.anime.unwrap();
    assert_eq!(anime.custom_lists, ["Cozy", "With M.", "雨の日"]);
    assert!(anime.split_completed && anime.advanced_scoring_enabled);
    assert_eq!(
        viewer.settings.manga.unwrap().advanced_scoring,
        ["Story", "Art"]
    );
}

#[tokio::test]
async fn a_list_with_a_hole_in_it_is_refused_and_read_again() {
    let scene = Scene::grown(40, 10).await;
    // The anime list is null although nothing is said to be wrong.
    scene.simulator.fault_at(2, Fault::PartialData);
    scene.assert_complete(&scene.read().await.unwrap());
}
