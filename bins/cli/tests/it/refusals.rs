//! Bad input: a clear sentence, an exit status, and nothing written.

use anirewind_simulator::Fault;

use crate::scene::{Scene, TOKEN, YUKIS};

/// Fails unless the command ends with this status, says these words, and writes no snapshot.
fn assert_refused(scene: &Scene, arguments: &[&str], status: i32, words: &[&str]) {
    let before = scene.files();
    let output = scene.run(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
    for word in words {
        assert!(
            said.contains(word),
            "{arguments:?} does not say `{word}`: {said}"
        );
    }
    assert!(said.contains("error: "), "{said}");
    assert_eq!(scene.files(), before, "{arguments:?} wrote something");
}

#[test]
fn without_a_token_it_says_how_to_add_one() {
    assert_refused(
        &Scene::new(),
        &["backup"],
        6,
        &["no account", "account add --token-file"],
    );
}

#[test]
fn a_wrong_token_is_refused_and_not_kept() {
    let scene = Scene::new();
    let file = scene.token_file("nonsense");
    assert_refused(
        &scene,
        &["account", "add", "--token-file", &file],
        6,
        &["refused the token", "Invalid token"],
    );
    assert!(!scene.data().join("secrets").exists());
    let empty = scene.token_file("");
    assert_refused(
        &scene,
        &["account", "add", "--token-file", &empty],
        2,
        &["holds no token"],
    );
    assert_refused(
        &scene,
        &["account", "add", "--token-file", "/nowhere"],
        2,
        &["/nowhere"],
    );
}

#[test]
fn a_token_that_was_revoked_says_how_to_reconnect() {
    let scene = Scene::connected();
    scene.simulator.world().revoke_token(TOKEN);
    assert_refused(&scene, &["backup"], 6, &["Invalid token", "connect again"]);
}

#[test]
fn another_users_token_is_refused() {
    let scene = Scene::connected();
    let file = scene.token_file(YUKIS);
    assert_refused(
        &scene,
        &["account", "add", "hana", "--token-file", &file],
        9,
        &["belongs to yuki"],
    );
    std::fs::write(scene.data().join("secrets/4242.token"), YUKIS).unwrap();
    assert_refused(&scene, &["backup"], 9, &["belongs to yuki, not to hana"]);
}

#[test]
fn an_anilist_that_is_out_of_order_is_named_as_such() {
    for (fault, words) in [
        (
            Fault::Disabled,
            &["switched its API off", "your token is not"][..],
        ),
        (Fault::HtmlPage, &["a page came back"]),
        (Fault::TruncatedJson, &["cannot be read"]),
    ] {
        let scene = Scene::connected();
        scene.simulator.fault_always(Some(fault));
        assert_refused(&scene, &["backup"], 7, words);
    }
}

#[test]
fn an_endpoint_that_is_down_is_named() {
    let scene = Scene::connected();
    let mut command = scene.command();
    command
        .arg("backup")
        .env("ANIREWIND_ANILIST_URL", "http://127.0.0.1:9/");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(7), "{said}");
    assert!(said.contains("cannot connect to 127.0.0.1:9"), "{said}");
    let mut command = scene.command();
    command
        .arg("backup")
        .env("ANIREWIND_ANILIST_URL", "http://anilist.example/");
    let output = command.output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(2),
        "a token never goes out unencrypted"
    );
}

#[test]
fn a_pause_longer_than_the_patience_is_not_waited_for() {
    let scene = Scene::connected();
    scene.simulator.fault_at(1, Fault::TooManyRequestsHtml);
    assert_refused(
        &scene,
        &["backup", "--timeout", "5s"],
        7,
        &["pause of 60 s", "--timeout"],
    );
}

#[test]
fn an_empty_answer_for_a_long_list_is_not_believed() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    let ids: Vec<u32> = scene
        .simulator
        .world()
        .entries(4242)
        .map(|entry| entry.media)
        .collect();
    for id in ids {
        scene.simulator.world().drop_entry(4242, id);
    }
    let output = scene.run(&["backup"]);
    assert_eq!(output.status.code(), Some(10), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("a whole list of 30 titles became empty"),
        "{said}"
    );
    assert!(said.contains("not believed"), "{said}");
    let status = scene.json(&["status"]);
    assert_eq!(status[0]["verdict"], "unusual");
    assert_eq!(status[0]["lastGood"]["counts"]["anime"], 30);
}

#[test]
fn nobody_is_asked_where_nobody_is() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    scene.run(&["backup"]);
    assert_refused(&scene, &["snapshot", "delete", "latest~1"], 9, &["--yes"]);
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../crates/backup/tests/it/files"
    );
    assert_refused(&scene, &["snapshot", "import", folder], 9, &["--yes"]);
}

#[test]
fn what_must_not_be_deleted_is_refused_with_the_reason() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    assert_refused(
        &scene,
        &["snapshot", "delete", "latest", "--yes"],
        9,
        &["newest good one"],
    );
    scene.run(&["backup"]);
    scene.run(&["snapshot", "keep", "latest~1"]);
    assert_refused(
        &scene,
        &["snapshot", "delete", "latest~1", "--yes"],
        9,
        &["kept", "unkeep"],
    );
    assert_refused(&scene, &["snapshot", "undelete", "zzzz"], 4, &["trash"]);
    assert_refused(
        &scene,
        &["snapshot", "keep", "latest", "--until", "soon"],
        2,
        &["2027-02-28"],
    );
    assert_refused(&scene, &["diff", "--field", "sccore"], 2, &["score"]);
    assert_refused(&scene, &["snapshots", "--since", "latest"], 2, &["@-7d"]);
    assert_refused(
        &scene,
        &["snapshot", "import", "/nowhere"],
        4,
        &["/nowhere"],
    );
}

#[test]
fn a_data_folder_that_cannot_be_used_is_named() {
    let scene = Scene::new();
    std::fs::write(scene.data(), "a file").unwrap();
    assert_refused(&scene, &["backup"], 2, &["data", "Nothing was started"]);
    let scene = Scene::connected();
    std::fs::write(scene.data().join("backups"), "a file").unwrap();
    let output = scene.run(&["backup"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn a_setting_that_does_not_exist_stops_everything() {
    let scene = Scene::connected();
    std::fs::write(
        scene.data().join("config.toml"),
        "listenn = \"127.0.0.1:1\"",
    )
    .unwrap();
    assert_refused(
        &scene,
        &["backup"],
        2,
        &["no setting `listenn`", "config.toml", "there are:"],
    );
}

#[test]
fn a_name_that_leads_nowhere_says_what_would() {
    let scene = Scene::connected();
    assert_refused(&scene, &["show", "zzzz"], 4, &["no snapshot `zzzz`"]);
    assert_refused(
        &scene,
        &["show", "what?"],
        2,
        &["names no snapshot", "latest"],
    );
    assert_refused(
        &scene,
        &["backup", "-p", "nobody"],
        4,
        &["no profile `nobody`", "hana"],
    );
    assert_eq!(scene.run(&["frobnicate"]).status.code(), Some(2));
}

#[test]
fn a_failure_in_json_has_a_stable_code() {
    let output = Scene::new().run(&["backup", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["schema"], "anirewind.error/1");
    assert_eq!(json["error"]["code"], "not-signed-in");
}

#[test]
fn a_wrong_verb_is_met_with_the_command_that_is_meant() {
    let scene = Scene::new();
    assert_refused(
        &scene,
        &["backup", "list"],
        2,
        &["no `backup list`", "did you mean `anirewind snapshots`?"],
    );
    assert_refused(&scene, &["backups"], 2, &["`anirewind snapshots`?"]);
}
