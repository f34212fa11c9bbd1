//! One bad alias in a document.

use anirewind_simulator::{BatchError, Simulator};
use serde_json::{Value, json};

use crate::client::{Answer, HANA, ask, simulator};

const BATCH: &str = "mutation {
a: SaveMediaListEntry(mediaId: 1, scoreRaw: 10) { id }
b: SaveMediaListEntry(mediaId: 666, scoreRaw: 20) { id }
c: SaveMediaListEntry(mediaId: 3, scoreRaw: 30) { id }
}";

async fn send(switch: BatchError) -> (Simulator, Answer) {
    let anilist = simulator().await;
    anilist.set_switches(|switches| switches.batch_error = switch);
    let answer = ask(&anilist, BATCH).await;
    (anilist, answer)
}

fn landed(anilist: &Simulator) -> Vec<u32> {
    anilist
        .world()
        .entries(HANA)
        .map(|entry| entry.media)
        .collect()
}

#[tokio::test]
async fn everything_reads_null_and_only_the_line_names_the_culprit() {
    let (anilist, answer) = send(BatchError::PrefixApplied).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.at("/data"),
        &json!({ "a": null, "b": null, "c": null })
    );
    assert_eq!(answer.at("/errors/0/locations/0/line"), 3);
    assert_eq!(answer.at("/errors/0/path"), &Value::Null);
    assert_eq!(
        answer.at("/errors/0/validation"),
        &json!({ "mediaId": ["The selected media id is invalid."] })
    );
    assert_eq!(
        landed(&anilist),
        [1],
        "what stood before the culprit took effect"
    );
}

#[tokio::test]
async fn the_other_positions_of_the_switch() {
    let (anilist, _) = send(BatchError::AllOthersApplied).await;
    assert_eq!(landed(&anilist), [1, 3]);
    let (anilist, _) = send(BatchError::NothingApplied).await;
    assert_eq!(landed(&anilist), [0u32; 0]);
    assert!(anilist.world().effects().is_empty());
    let (anilist, answer) = send(BatchError::Independent).await;
    assert_eq!(landed(&anilist), [1, 3]);
    assert!(answer.at("/data/a/id").is_u64() && answer.at("/data/b").is_null());
}

#[tokio::test]
async fn one_missing_title_kills_a_batch_of_reads_with_404() {
    let anilist = simulator().await;
    let answer = ask(
        &anilist,
        "{ a: Media(id: 1) { id } b: Media(id: 666) { id } }",
    )
    .await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.at("/data"), &json!({ "a": null, "b": null }));
}
