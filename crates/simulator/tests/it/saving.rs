//! What saving does besides saving.

use anirewind_simulator::{
    Act, CompletedDate, CompletedProgress, CustomListStorage, Date, DeleteMissing, NullScalar,
    OverTotal, SimEntry, StartedToday, Status, TextStorage,
};
use serde_json::json;

use crate::client::{HANA, TOKEN, YUKI, ask, post, simulator};

const TODAY: Date = Date::ymd(2026, 3, 1);

#[tokio::test]
async fn a_bare_save_is_current_and_starts_today() {
    let anilist = simulator().await;
    let answer = ask(
        &anilist,
        "mutation { SaveMediaListEntry(mediaId: 1) { id status } }",
    )
    .await;
    assert_eq!(answer.at("/data/SaveMediaListEntry/status"), "CURRENT");
    let world = anilist.world();
    assert_eq!(world.entry(HANA, 1).unwrap().started, TODAY);
    assert_eq!(world.effects().len(), 1);
}

#[tokio::test]
async fn completing_fills_in_progress_and_date_unless_told() {
    let anilist = simulator().await;
    ask(
        &anilist,
        "mutation { SaveMediaListEntry(mediaId: 1, status: COMPLETED) { id } }",
    )
    .await;
    ask(
        &anilist,
        "mutation { SaveMediaListEntry(mediaId: 2, status: COMPLETED, progress: 5,
            completedAt: { year: 2020 }) { id } }",
    )
    .await;
    let world = anilist.world();
    let (bare, told) = (world.entry(HANA, 1).unwrap(), world.entry(HANA, 2).unwrap());
    assert_eq!((bare.progress, bare.completed), (12, TODAY));
    assert_eq!(told.progress, 5);
    assert_eq!(
        told.completed,
        Date {
            year: Some(2020),
            ..Date::default()
        }
    );
}

#[tokio::test]
async fn the_switches_for_completing_and_starting() {
    let anilist = simulator().await;
    anilist.set_switches(|switches| {
        switches.completed_progress = CompletedProgress::Always;
        switches.completed_date = CompletedDate::AlsoIfNull;
        switches.started_today = StartedToday::AnyCurrent;
    });
    ask(
        &anilist,
        "mutation { a: SaveMediaListEntry(mediaId: 1, status: COMPLETED, progress: 5,
            completedAt: { year: null, month: null, day: null }) { id }
            b: SaveMediaListEntry(mediaId: 2, status: CURRENT) { id } }",
    )
    .await;
    let world = anilist.world();
    let completed = world.entry(HANA, 1).unwrap();
    assert_eq!((completed.progress, completed.completed), (12, TODAY));
    assert_eq!(world.entry(HANA, 2).unwrap().started, TODAY);
}

#[tokio::test]
async fn what_is_left_out_stays_and_dates_are_cleared_by_nulls() {
    let anilist = simulator().await;
    let entry = SimEntry {
        user: HANA,
        media: 1,
        score: 80,
        notes: Some("keep".to_owned()),
        started: Date::ymd(2020, 1, 2),
        ..SimEntry::default()
    };
    anilist.world().put_entry(entry);
    ask(
        &anilist,
        "mutation { SaveMediaListEntry(mediaId: 1, progress: 3,
            startedAt: { year: null, month: null, day: null }) { id } }",
    )
    .await;
    let world = anilist.world();
    let entry = world.entry(HANA, 1).unwrap();
    assert_eq!(
        (entry.score, entry.progress, entry.started),
        (80, 3, Date::default())
    );
    assert_eq!(entry.notes.as_deref(), Some("keep"));
}

#[tokio::test]
async fn scores_come_in_the_accounts_format_or_raw() {
    let anilist = simulator().await;
    anilist
        .world()
        .edit_user(HANA, |user| "POINT_5".clone_into(&mut user.score_format));
    let query = "mutation { a: SaveMediaListEntry(mediaId: 1, score: 4) { score }
        b: SaveMediaListEntry(mediaId: 2, scoreRaw: 76) { score raw: score(format: POINT_100) } }";
    let answer = ask(&anilist, query).await;
    assert_eq!(anilist.world().entry(HANA, 1).unwrap().score, 70);
    assert_eq!(answer.at("/data/b"), &json!({ "score": 4.0, "raw": 76.0 }));
}

#[tokio::test]
async fn custom_lists_are_replaced_whole_and_unknown_names_are_dropped() {
    let anilist = simulator().await;
    let save = |names: &str| {
        format!(
            "mutation {{ SaveMediaListEntry(mediaId: 1, customLists: {names}) {{ customLists }} }}"
        )
    };
    let answer = ask(&anilist, &save(r#"["Cozy", "No such list"]"#)).await;
    let lists = "/data/SaveMediaListEntry/customLists";
    assert_eq!(answer.at(lists), &json!({ "Cozy": true, "Rain": false }));
    let answer = ask(&anilist, &save(r#"["Rain"]"#)).await;
    assert_eq!(answer.at(lists), &json!({ "Cozy": false, "Rain": true }));
}

#[tokio::test]
async fn advanced_scores_go_by_position() {
    let anilist = simulator().await;
    let answer = ask(
        &anilist,
        "mutation { SaveMediaListEntry(mediaId: 1, advancedScores: [80]) { advancedScores score } }",
    )
    .await;
    assert_eq!(
        answer.at("/data/SaveMediaListEntry"),
        &json!({ "advancedScores": { "Story": 80, "Art": 0 }, "score": 0.0 })
    );
}

#[tokio::test]
async fn a_list_that_moves_takes_members_along_by_name_or_not_by_index() {
    for (storage, member_of) in [
        (CustomListStorage::ByName, "Cozy"),
        (CustomListStorage::ByIndex, "Rain"),
    ] {
        let anilist = simulator().await;
        anilist.set_switches(|switches| switches.custom_list_storage = storage);
        ask(
            &anilist,
            r#"mutation { SaveMediaListEntry(mediaId: 1, customLists: ["Cozy"]) { id } }"#,
        )
        .await;
        ask(
            &anilist,
            r#"mutation { UpdateUser(animeListOptions: { customLists: ["Rain", "Cozy"] }) { id } }"#,
        )
        .await;
        let query = "{ MediaList(userId: 1, mediaId: 1) { customLists(asArray: true) } }";
        let answer = ask(&anilist, query).await;
        let lists = answer
            .at("/data/MediaList/customLists")
            .as_array()
            .unwrap()
            .clone();
        let on: Vec<_> = lists
            .iter()
            .filter(|list| list["enabled"] == true)
            .collect();
        assert_eq!(on[0]["name"], member_of, "{storage:?}");
    }
}

#[tokio::test]
async fn nulls_past_totals_and_odd_characters_follow_their_switches() {
    for (null, score) in [(NullScalar::Ignored, 50), (NullScalar::Clears, 0)] {
        let anilist = simulator().await;
        anilist.set_switches(|switches| switches.null_scalar = null);
        ask(
            &anilist,
            "mutation { SaveMediaListEntry(mediaId: 1, scoreRaw: 50) { id } }",
        )
        .await;
        ask(
            &anilist,
            "mutation { SaveMediaListEntry(mediaId: 1, scoreRaw: null) { id } }",
        )
        .await;
        assert_eq!(
            anilist.world().entry(HANA, 1).unwrap().score,
            score,
            "{null:?}"
        );
    }
    for (over, progress) in [(OverTotal::Stored, 99), (OverTotal::Clamped, 12)] {
        let anilist = simulator().await;
        anilist.set_switches(|switches| switches.over_total = over);
        ask(
            &anilist,
            "mutation { SaveMediaListEntry(mediaId: 1, progress: 99) { id } }",
        )
        .await;
        assert_eq!(
            anilist.world().entry(HANA, 1).unwrap().progress,
            progress,
            "{over:?}"
        );
    }
    for (storage, notes) in [
        (TextStorage::Kept, "a😀b"),
        (TextStorage::EntityEncoded, "a&#128512;b"),
        (TextStorage::Truncated, "a"),
    ] {
        let anilist = simulator().await;
        anilist.set_switches(|switches| switches.text_storage = storage);
        ask(
            &anilist,
            r#"mutation { SaveMediaListEntry(mediaId: 1, notes: "a😀b") { id } }"#,
        )
        .await;
        assert_eq!(
            anilist.world().entry(HANA, 1).unwrap().notes.as_deref(),
            Some(notes)
        );
    }
}

#[tokio::test]
async fn edits_show_in_the_feed_but_private_and_muted_ones_do_not() {
    let anilist = simulator().await;
    anilist.world().edit_user(HANA, |user| {
        user.muted.insert(Status::Dropped);
    });
    for save in [
        "mediaId: 1, progress: 1",
        "mediaId: 1, progress: 3",
        "mediaId: 2, private: true",
        "mediaId: 3, status: DROPPED",
    ] {
        ask(
            &anilist,
            &format!("mutation {{ SaveMediaListEntry({save}) {{ id }} }}"),
        )
        .await;
    }
    let world = anilist.world();
    let feed: Vec<_> = world
        .activities()
        .iter()
        .map(|a| (a.media, a.progress.as_deref()))
        .collect();
    assert_eq!(feed, [(1, Some("1 - 3"))]);
}

#[tokio::test]
async fn deleting_what_is_gone_follows_its_switch_and_others_entries_are_safe() {
    let anilist = simulator().await;
    let theirs = anilist.world().put_entry(SimEntry {
        user: YUKI,
        media: 1,
        ..SimEntry::default()
    });
    let delete = |id| format!("mutation {{ DeleteMediaListEntry(id: {id}) {{ deleted }} }}");
    let answer = ask(&anilist, &delete(theirs)).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.at("/errors/0/message"),
        "You are not authorized to modify this MediaList"
    );
    for (missing, status) in [
        (DeleteMissing::Validation, 400),
        (DeleteMissing::NotFound, 404),
        (DeleteMissing::DeletedFalse, 200),
    ] {
        anilist.set_switches(|switches| switches.delete_missing = missing);
        assert_eq!(
            ask(&anilist, &delete(9999)).await.status,
            status,
            "{missing:?}"
        );
    }
    assert!(anilist.world().effects().is_empty());
}

#[tokio::test]
async fn same_values_for_many_skip_what_is_not_the_viewers() {
    let anilist = simulator().await;
    let mine = anilist.world().put_entry(SimEntry {
        user: HANA,
        media: 1,
        ..SimEntry::default()
    });
    let theirs = anilist.world().put_entry(SimEntry {
        user: YUKI,
        media: 1,
        ..SimEntry::default()
    });
    let query = "mutation ($ids: [Int]) { UpdateMediaListEntries(ids: $ids, scoreRaw: 70) { id } }";
    let ids = json!({ "ids": [mine, theirs, 777] });
    let answer = post(&anilist, Some(TOKEN), query, ids).await.unwrap();
    assert_eq!(
        answer.at("/data/UpdateMediaListEntries"),
        &json!([{ "id": mine }])
    );
    let world = anilist.world();
    assert_eq!(
        (
            world.entry(HANA, 1).unwrap().score,
            world.entry(YUKI, 1).unwrap().score
        ),
        (70, 0)
    );
    assert!(matches!(
        world.effects()[0].act,
        Act::Saved { media: 1, .. }
    ));
}

#[tokio::test]
async fn muting_wants_all_six_and_keeps_the_rest_of_a_bad_call() {
    let anilist = simulator().await;
    let query = "mutation { UpdateUser(scoreFormat: POINT_3,
        disabledListActivity: [{ type: CURRENT, disabled: true }]) { id } }";
    let answer = ask(&anilist, query).await;
    assert_eq!(answer.status, 400);
    let world = anilist.world();
    let user = world.user(HANA).unwrap();
    assert_eq!(user.score_format, "POINT_3");
    assert!(user.muted.is_empty());
}
