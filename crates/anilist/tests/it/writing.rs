//! Writes say exactly what they mean, and lost answers are looked into.

use anirewind_anilist::{FavouriteKind, WRITES_PER_REQUEST};
use anirewind_model::{
    CustomLists, Deletion, Effect, EntryId, EntryStatus, EntryValues, EntryWrite, FuzzyDate,
    MediaId, MediaType, Notes, Recorded, Remote as _, RemoteError, Score, SharedWrite, UserId,
};
use anirewind_simulator::{BatchError, DeleteMissing, Fault, SimEntry};

use crate::scene::{HANA, Scene};

fn write(media: u32, values: EntryValues) -> EntryWrite {
    EntryWrite {
        media: MediaId::new(media),
        media_type: MediaType::Anime,
        values,
    }
}

fn scored(media: u32, raw: u16) -> EntryWrite {
    let score = Recorded::from(Score::new(raw));
    write(
        media,
        EntryValues {
            score,
            ..EntryValues::default()
        },
    )
}

#[tokio::test]
async fn everything_written_reads_back_and_everything_cleared_is_gone() {
    let scene = Scene::empty().await;
    let viewer = scene.viewer().await;
    let values = EntryValues {
        status: Recorded::Known(EntryStatus::Paused),
        score: Recorded::from(Score::new(76)),
        progress: Recorded::Known(5),
        volumes: Recorded::Known(0),
        repeats: Recorded::Known(2),
        priority: Recorded::Known(1),
        private: Recorded::Known(true),
        hidden: Recorded::Known(true),
        notes: Recorded::from(Notes::new("line\n\"quoted\" 😀 <b>")),
        custom_lists: Recorded::from(CustomLists::new(["雨の日".to_owned()])),
        advanced_scores: Recorded::from(anirewind_model::AdvancedScores::new([(
            "Visuals".to_owned(),
            90.0,
        )])),
        started: Recorded::from(FuzzyDate::new(Some(2020), Some(2), None)),
        completed: Recorded::from(FuzzyDate::new(None, None, Some(3))),
    };
    let saved = scene
        .anilist
        .save(&viewer.settings, &[write(1, values.clone())])
        .await
        .unwrap();
    assert_eq!(saved[0].media, MediaId::new(1));
    let read = scene
        .anilist
        .entries(&viewer, &[(MediaType::Anime, MediaId::new(1))])
        .await
        .unwrap();
    assert_eq!(read[0].values, values);

    let cleared = EntryValues {
        score: Recorded::Empty,
        notes: Recorded::Empty,
        custom_lists: Recorded::Empty,
        advanced_scores: Recorded::Empty,
        started: Recorded::Empty,
        completed: Recorded::Empty,
        ..EntryValues::default()
    };
    scene
        .anilist
        .save(&viewer.settings, &[write(1, cleared.clone())])
        .await
        .unwrap();
    let read = scene
        .anilist
        .entries(&viewer, &[(MediaType::Anime, MediaId::new(1))])
        .await
        .unwrap();
    assert_eq!(read[0].values.differing(&cleared).count(), 0);
    assert_eq!(
        read[0].values.progress,
        Recorded::Known(5),
        "what was left out stays"
    );
}

#[tokio::test]
async fn as_many_writes_as_promised_fit_into_one_request() {
    let scene = Scene::grown(WRITES_PER_REQUEST, 0).await;
    let settings = scene.viewer().await.settings;
    let first = 1_000;
    let count = u32::try_from(WRITES_PER_REQUEST).unwrap();
    let writes: Vec<_> = (first..first + count)
        .map(|media| scored(media, 50))
        .collect();
    let before = scene.simulator.traffic().requests;
    assert_eq!(
        scene.anilist.save(&settings, &writes).await.unwrap().len(),
        writes.len()
    );
    assert_eq!(scene.simulator.traffic().requests - before, 1);
    assert!(
        scene
            .simulator
            .world()
            .entries(HANA)
            .all(|entry| entry.score == 50)
    );
}

#[tokio::test]
async fn the_culprit_of_a_batch_is_named_whatever_the_switches() {
    for batch in [
        BatchError::PrefixApplied,
        BatchError::AllOthersApplied,
        BatchError::NothingApplied,
    ] {
        let scene = Scene::empty().await;
        scene
            .simulator
            .set_switches(|switches| switches.batch_error = batch);
        let settings = scene.viewer().await.settings;
        let writes = [scored(1, 10), scored(2, 20), scored(666, 30), scored(3, 40)];
        let error = scene.anilist.save(&settings, &writes).await.unwrap_err();
        let RemoteError::Batch {
            culprit,
            count,
            source,
        } = error
        else {
            panic!("{error:?}")
        };
        assert_eq!((culprit, count), (Some(2), 4), "{batch:?}");
        assert!(
            matches!(*source, RemoteError::Validation { .. }),
            "{source}"
        );
    }
}

#[tokio::test]
async fn a_save_whose_answer_was_lost_is_not_sent_again_over_what_may_have_been_edited() {
    for fault in [
        Fault::TimeoutAfter,
        Fault::ResetAfter,
        Fault::UnavailableAfter,
        Fault::EmptyBody,
    ] {
        let scene = Scene::facing(Some(fault), 0, 0).await;
        scene
            .simulator
            .world()
            .add_media(anirewind_simulator::SimMedia::new(1, true, "One", None));
        let settings = scene.viewer().await.settings;
        scene.simulator.fault_at(1, fault);
        let requests = scene.simulator.traffic().requests;
        let saved = scene.anilist.save(&settings, &[scored(1, 70)]).await;
        assert_eq!(saved.unwrap_err().effect(), Effect::Unknown, "{fault:?}");
        assert_eq!(scene.simulator.traffic().requests, requests + 1);
        let world = scene.simulator.world();
        assert_eq!(world.effects().len(), 1, "{fault:?}");
        assert_eq!(world.entry(HANA, 1).unwrap().score, 70);
    }
}

#[tokio::test]
async fn the_same_values_for_many_go_as_one() {
    let scene = Scene::grown(30, 0).await;
    let settings = scene.viewer().await.settings;
    let ids: Vec<EntryId> = scene
        .simulator
        .world()
        .entries(HANA)
        .map(|entry| EntryId::new(entry.id))
        .collect();
    let values = EntryValues {
        score: Recorded::Empty,
        ..EntryValues::default()
    };
    let shared = SharedWrite {
        entries: ids.clone(),
        media_type: MediaType::Anime,
        values,
    };
    let saved = scene.anilist.save_shared(&settings, &shared).await.unwrap();
    assert_eq!(saved.len(), ids.len());
    assert!(
        scene
            .simulator
            .world()
            .entries(HANA)
            .all(|entry| entry.score == 0)
    );
}

#[tokio::test]
async fn deletions_end_with_everything_gone_however_the_answer_goes() {
    for missing in [
        DeleteMissing::Validation,
        DeleteMissing::NotFound,
        DeleteMissing::DeletedFalse,
    ] {
        for fault in [
            None,
            Some(Fault::TimeoutAfter),
            Some(Fault::InternalError),
            Some(Fault::PartialData),
        ] {
            let scene = Scene::facing(fault, 0, 0).await;
            for id in 1..=3 {
                let title = anirewind_simulator::SimMedia::new(id, true, "Title", None);
                scene.simulator.world().add_media(title);
            }
            scene
                .simulator
                .set_switches(|switches| switches.delete_missing = missing);
            let deletions: Vec<Deletion> = (1..=3)
                .map(|media| {
                    let entry = SimEntry {
                        user: HANA,
                        media,
                        ..SimEntry::default()
                    };
                    let id = EntryId::new(scene.simulator.world().put_entry(entry));
                    Deletion {
                        id,
                        media: MediaId::new(media),
                    }
                })
                .collect();
            // One of them is already gone.
            scene.simulator.world().drop_entry(HANA, 2);
            let viewer = scene.viewer().await;
            if let Some(fault) = fault {
                scene.simulator.fault_at(1, fault);
            }
            // After an error what is still there is not removed unasked; asked again, it goes.
            let mut left = deletions.clone();
            for _ in 0..3 {
                if scene.anilist.delete(&viewer, &left).await.is_ok() {
                    break;
                }
                let world = scene.simulator.world();
                left.retain(|deletion| world.entry(HANA, deletion.media.get()).is_some());
            }
            assert_eq!(
                scene.simulator.world().entries(HANA).count(),
                0,
                "{missing:?} {fault:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_favourite_is_set_not_toggled() {
    let scene = Scene::facing(Some(Fault::TimeoutAfter), 0, 0).await;
    scene
        .simulator
        .world()
        .add_media(anirewind_simulator::SimMedia::new(2, true, "Two", None));
    let user = UserId::new(HANA);
    let set = |wanted| {
        scene
            .anilist
            .set_favourite(user, FavouriteKind::Anime, 2, wanted)
    };
    assert!(set(true).await.unwrap());
    assert!(!set(true).await.unwrap(), "already so");
    assert_eq!(
        scene.simulator.world().user(HANA).unwrap().favourites.anime,
        [2]
    );
    scene.simulator.fault_at(2, Fault::TimeoutAfter);
    assert!(set(false).await.unwrap(), "the lost answer is looked into");
    assert!(
        scene
            .simulator
            .world()
            .user(HANA)
            .unwrap()
            .favourites
            .anime
            .is_empty()
    );
}

#[tokio::test]
async fn settings_are_written_one_concern_at_a_time() {
    let scene = Scene::empty().await;
    let settings = scene.viewer().await.settings;
    let anime = settings.anime.unwrap();
    scene
        .anilist
        .add_custom_lists(MediaType::Anime, &anime, &["New".to_owned()])
        .await
        .unwrap();
    scene
        .anilist
        .add_custom_lists(MediaType::Anime, &anime, &["Cozy".to_owned()])
        .await
        .unwrap();
    scene
        .anilist
        .delete_custom_list(MediaType::Anime, "With M.")
        .await
        .unwrap();
    let muted = [EntryStatus::Current, EntryStatus::Dropped];
    scene.anilist.set_muted_activity(&muted).await.unwrap();
    scene
        .anilist
        .set_score_format(&anirewind_model::ScoreFormat::Point3)
        .await
        .unwrap();
    let viewer = scene.viewer().await;
    let after = viewer.settings.anime.unwrap();
    assert_eq!(after.custom_lists, ["Cozy", "雨の日", "New"]);
    assert_eq!(
        after.advanced_scoring, anime.advanced_scoring,
        "siblings stay"
    );
    assert_eq!(viewer.activity.muted, muted);
    assert_eq!(
        viewer.settings.score_format,
        anirewind_model::ScoreFormat::Point3
    );
    scene
        .anilist
        .set_type_settings(MediaType::Anime, &anime)
        .await
        .unwrap();
    assert_eq!(scene.viewer().await.settings.anime.unwrap(), anime);
}
