//! Without a token: what everybody sees of somebody, and nothing written.

use anirewind_anilist::{AniList, Person};
use anirewind_model::{
    Deletion, EntryId, MediaId, Recorded, Remote as _, RemoteError, ScoreFormat, UserId,
};
use anirewind_simulator::SimEntry;

use crate::scene::{HANA, Scene};

fn named(scene: &Scene, name: &str) -> AniList {
    scene.anilist.for_public(Person::Name(name.to_owned()))
}

#[tokio::test]
async fn a_public_list_is_read_without_private_titles_and_says_so() {
    let scene = Scene::grown(120, 40).await;
    let private = {
        let world = scene.simulator.world();
        world.entries(HANA).filter(|entry| entry.private).count()
    };
    assert!(private > 0);
    let anilist = named(&scene, "hana");
    let viewer = anilist.viewer().await.unwrap();
    assert_eq!(viewer.account.id, UserId::new(HANA));
    let list = anilist.list(&viewer, &|_, _| ()).await.unwrap();
    assert_eq!(list.entries.len(), 160 - private);
    assert!(list.coverage.public && list.favourites.is_some());
    let own = scene.read().await.unwrap();
    assert!(!own.coverage.public);
    assert_eq!(own.settings, list.settings);
    let shown = own
        .entries
        .iter()
        .filter(|entry| entry.values.private == Recorded::Known(false));
    assert!(shown.eq(list.entries.iter()));
    let operations = scene.simulator.operations();
    assert_eq!(operations[0], "User");
}

#[tokio::test]
async fn a_look_without_a_token_is_one_request_too() {
    let scene = Scene::grown(120, 40).await;
    let id = UserId::new(HANA);
    let anilist = scene.anilist.for_public(Person::Id(id));
    let recent = anilist.recent(id).await.unwrap();
    assert_eq!(recent.viewer.account.name, "hana");
    assert_eq!(recent.anime.len(), recent.page);
    assert_eq!(scene.simulator.operations(), ["RecentPublic"]);
}

#[tokio::test]
async fn a_list_of_which_all_is_private_is_no_incomplete_answer() {
    let scene = Scene::grown(20, 0).await;
    let all: Vec<SimEntry> = scene.simulator.world().entries(HANA).cloned().collect();
    for entry in all {
        let private = true;
        scene
            .simulator
            .world()
            .put_entry(SimEntry { private, ..entry });
    }
    let anilist = named(&scene, "hana");
    let viewer = anilist.viewer().await.unwrap();
    let list = anilist.list(&viewer, &|_, _| ()).await.unwrap();
    assert_eq!(list.entries, []);
}

#[tokio::test]
async fn who_is_not_there_is_not_found_and_nothing_is_written_for_who_is() {
    let scene = Scene::empty().await;
    let nobody = named(&scene, "nobody").viewer().await.unwrap_err();
    assert!(matches!(nobody, RemoteError::NotFound { .. }), "{nobody}");
    let anilist = named(&scene, "hana");
    let viewer = anilist.viewer().await.unwrap();
    let sent = scene.simulator.operations().len();
    let refused = [
        anilist
            .set_score_format(&ScoreFormat::Point3)
            .await
            .unwrap_err(),
        anilist
            .delete(
                &viewer,
                &[Deletion {
                    id: EntryId::new(1),
                    media: MediaId::new(1),
                }],
            )
            .await
            .unwrap_err(),
    ];
    for refused in refused {
        assert!(
            matches!(refused, RemoteError::Unauthorized { .. }),
            "{refused}"
        );
    }
    assert_eq!(scene.simulator.operations().len(), sent);
}
