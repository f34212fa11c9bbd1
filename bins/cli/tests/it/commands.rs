//! What each command does when all is well.

use crate::scene::{Scene, TOKEN, YUKIS};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_snapshot_is_taken_listed_and_shown() {
    let scene = Scene::connected();
    let saved = scene.json(&["backup"]);
    assert_eq!(
        saved[0]["counts"],
        serde_json::json!({ "anime": 30, "manga": 10 })
    );
    let listed = scene.json(&["snapshots"]);
    assert_eq!(listed[0]["id"], saved[0]["id"]);
    assert_eq!(listed[0]["file"], saved[0]["file"]);
    let shown = scene.json(&["show", saved[0]["id"].as_str().unwrap(), "--entries"]);
    assert_eq!(shown["counts"], saved[0]["counts"]);
    assert_eq!(shown["entries"].as_array().unwrap().len(), 40);
    assert_eq!(shown["verified"], true);
    assert_eq!(scene.files(), 1);
}

#[test]
fn the_same_list_twice_has_the_same_content_hash() {
    let scene = Scene::connected();
    let (first, second) = (scene.json(&["backup"]), scene.json(&["backup"]));
    assert_eq!(first[0]["contentHash"], second[0]["contentHash"]);
    assert_ne!(first[0]["file"], second[0]["file"]);
}

#[test]
fn status_says_how_things_stand_with_its_exit_status_too() {
    let scene = Scene::connected();
    assert_eq!(
        scene.run(&["status"]).status.code(),
        Some(10),
        "no snapshot yet"
    );
    scene.run(&["backup"]);
    let well = scene.run(&["status"]);
    assert_eq!(well.status.code(), Some(0));
    assert!(
        text(&well.stdout).starts_with("hana is protected"),
        "{well:?}"
    );
    assert_eq!(scene.json(&["status"])[0]["verdict"], "protected");
}

#[test]
fn a_token_in_the_environment_is_enough_and_is_not_kept() {
    let scene = Scene::new();
    let output = scene
        .command()
        .arg("backup")
        .env("ANIREWIND_ANILIST_TOKEN", TOKEN)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!scene.data().join("secrets").exists());
    assert_eq!(scene.files(), 1);
}

#[test]
fn accounts_are_added_listed_checked_and_removed() {
    let scene = Scene::connected();
    let yukis = scene.token_file(YUKIS);
    scene.run(&["account", "add", "sister", "--token-file", &yukis]);
    let names: Vec<_> = scene
        .json(&["account", "list"])
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["profile"].as_str().unwrap().to_owned(),
                row["name"].clone(),
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            ("hana".to_owned(), "hana".into()),
            ("sister".to_owned(), "yuki".into())
        ]
    );
    assert_eq!(
        scene.json(&["account", "check"]).as_array().unwrap().len(),
        2
    );
    scene.run(&["backup", "-p", "sister"]);
    assert_eq!(
        scene.run(&["account", "remove", "sister"]).status.code(),
        Some(0)
    );
    // What is left of it goes by the name of its user, and can be looked at.
    let rows = scene.json(&["account", "list"]);
    let left = |row: &serde_json::Value| (row["profile"].clone(), row["access"].clone());
    let rows: Vec<_> = rows.as_array().unwrap().iter().map(left).collect();
    assert_eq!(
        rows,
        [
            ("hana".into(), "token".into()),
            ("yuki".into(), "none".into())
        ]
    );
    assert_eq!(
        scene.run(&["show", "latest", "-p", "yuki"]).status.code(),
        Some(0)
    );
    assert_eq!(scene.files(), 1, "snapshots stay");
}

#[test]
fn a_token_comes_from_standard_input_too() {
    let scene = Scene::new();
    let mut command = scene.command();
    command
        .args(["account", "add", "--token-file", "-"])
        .write_stdin(format!("{TOKEN}\n"));
    assert_eq!(command.output().unwrap().status.code(), Some(0));
}

#[test]
fn some_accounts_failing_is_partly_done() {
    let scene = Scene::connected();
    let yukis = scene.token_file(YUKIS);
    scene.run(&["account", "add", "--token-file", &yukis]);
    scene.simulator.world().revoke_token(YUKIS);
    let output = scene.run(&["backup"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert_eq!(scene.files(), 1);
}

#[test]
fn doctor_finds_nothing_wrong_or_says_what() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    assert_eq!(scene.run(&["doctor"]).status.code(), Some(0));
    scene.simulator.world().revoke_token(TOKEN);
    std::fs::write(
        scene
            .data()
            .join("backups/plexanibridge-hana.20200101000000.json"),
        "{",
    )
    .unwrap();
    let output = scene.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert_eq!(said.matches("WRONG").count(), 2, "{said}");
}

#[test]
fn results_go_to_standard_output_and_talk_to_standard_error() {
    let scene = Scene::connected();
    let output = scene.run(&["backup", "--quiet"]);
    assert!(output.stderr.is_empty(), "{output:?}");
    assert!(text(&output.stdout).contains("30 anime and 10 manga"));
}

#[test]
fn the_token_is_printed_by_no_command() {
    let scene = Scene::connected();
    for arguments in [
        &["backup"][..],
        &["account", "list"],
        &["account", "check"],
        &["status"],
        &["doctor"],
        &["show", "--entries"],
        &["backup", "-vv"],
    ] {
        for json in [false, true] {
            let mut command = scene.command();
            command.args(arguments);
            if json {
                command.arg("--json");
            }
            let output = command.output().unwrap();
            let said = text(&output.stdout) + &text(&output.stderr);
            assert!(!said.contains(TOKEN), "{arguments:?}");
        }
    }
}

#[test]
fn doctor_names_what_keeps_everything_else_from_starting() {
    let scene = Scene::connected();
    std::fs::write(
        scene.data().join("anirewind.db"),
        "no database at all, but long enough",
    )
    .unwrap();
    let output = scene.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(
        said.starts_with("WRONG  set-up: cannot open the catalogue"),
        "{said}"
    );
    assert_eq!(scene.json(&["doctor"])[0]["fine"], false);
}

#[test]
fn the_password_of_the_pages_is_set_and_sessions_are_listed() {
    let scene = Scene::new();
    let short = scene
        .command()
        .args(["password", "set", "--password-file", "-"])
        .write_stdin("short\n")
        .output()
        .unwrap();
    assert_eq!(short.status.code(), Some(2), "{short:?}");
    let said = String::from_utf8_lossy(&short.stderr).into_owned();
    assert!(
        said.contains("12 characters or more") && !said.contains("short\n"),
        "{said}"
    );
    let set = scene
        .command()
        .args(["password", "set", "--password-file", "-", "--json"])
        .write_stdin("a password that is long\n")
        .output()
        .unwrap();
    assert!(set.status.success(), "{set:?}");
    let nobody = scene.command().args(["password", "set"]).output().unwrap();
    assert_eq!(nobody.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("--password-file"));
    let sessions = scene.command().args(["session", "list"]).output().unwrap();
    assert!(String::from_utf8_lossy(&sessions.stdout).contains("Nobody is logged in"));
    let none = scene
        .command()
        .args(["session", "end", "nothing"])
        .output()
        .unwrap();
    assert_eq!(none.status.code(), Some(4), "{none:?}");
}

#[test]
fn a_public_list_is_read_without_a_token_and_said_to_be_that() {
    let scene = Scene::new();
    let private: Vec<_> = {
        let world = scene.simulator.world();
        world.entries(4242).take(12).cloned().collect()
    };
    for mut entry in private {
        entry.private = true;
        scene.simulator.world().put_entry(entry);
    }
    let added = scene.json(&["account", "add", "--public", "hana"]);
    assert_eq!(
        (&added["profile"], &added["access"]),
        (&"hana".into(), &"public".into())
    );
    let saved = scene.json(&["backup"]);
    assert_eq!(saved[0]["public"], true);
    let status = scene.run(&["status"]);
    assert_eq!(status.status.code(), Some(0), "{status:?}");
    let said = text(&status.stdout);
    assert!(
        said.contains("Public list only: private titles are not seen"),
        "{said}"
    );
    assert_eq!(scene.json(&["status"])[0]["access"], "public");
    assert!(text(&scene.run(&["account", "list"]).stdout).contains("public list"));
    assert!(text(&scene.run(&["account", "check"]).stdout).contains("without a token"));
    assert!(text(&scene.run(&["doctor"]).stdout).contains("without a token"));

    let refused = scene.run(&["restore", "latest", "--dry-run"]);
    assert_eq!(refused.status.code(), Some(6), "{refused:?}");
    assert!(
        text(&refused.stderr).contains("anirewind account add hana"),
        "{refused:?}"
    );

    let before = scene.json(&["account", "list"]);
    let file = scene.token_file(TOKEN);
    let connected = scene.json(&["account", "add", "--token-file", &file]);
    assert_eq!(connected["access"], "token");
    assert_eq!(connected["addedAt"], before[0]["addedAt"]);
    let compared = scene.json(&["diff", "latest", "live"]);
    assert!(compared["unseen"].as_u64().unwrap() >= 12, "{compared}");
    assert_eq!(compared["counts"]["added"], 0);
    let told = text(&scene.run(&["diff", "latest", "live"]).stdout);
    assert!(
        told.contains("Private titles are not visible in one side"),
        "{told}"
    );

    let again = scene.run(&["account", "add", "--public", "hana"]);
    assert_eq!(again.status.code(), Some(9), "{again:?}");
    let nobody = scene.run(&["account", "add", "--public", "nobody"]);
    assert_eq!(nobody.status.code(), Some(4), "{nobody:?}");
    let both = ["account", "add", "--public", "hana", "--token-file", &file];
    assert_eq!(scene.run(&both).status.code(), Some(2));
}

#[test]
fn help_tells_how_snapshots_are_named_and_how_commands_end() {
    let scene = Scene::new();
    for (topic, words) in [
        ("refs", ["latest~2", "kept:before-x", "2026-11-03T14:00"]),
        (
            "exit-codes",
            ["    0  done", "--allow-removals", "  130  interrupted"],
        ),
    ] {
        for arguments in [&["help", topic][..], &[topic]] {
            let told = scene.run(arguments);
            assert_eq!(told.status.code(), Some(0), "{told:?}");
            let told = text(&told.stdout);
            assert!(words.iter().all(|word| told.contains(word)), "{told}");
        }
    }
    let help = text(&scene.run(&["--help"]).stdout);
    assert!(
        help.contains("anirewind help refs") && !help.contains("\n  refs"),
        "{help}"
    );
}

#[test]
fn the_version_is_said_to_people_and_programs() {
    let scene = Scene::new();
    let flag = text(&scene.run(&["-V"]).stdout);
    assert_eq!(text(&scene.run(&["version"]).stdout), flag);
    let json = scene.json(&["version"]);
    let said = format!("anirewind {}\n", json["version"].as_str().unwrap());
    assert_eq!(said, flag);
    assert!(!scene.data().exists());
}

#[test]
fn the_manual_has_a_page_of_every_command() {
    let scene = Scene::new();
    let all = text(&scene.run(&["man"]).stdout);
    for command in ["anirewind", "anirewind-log", "anirewind-snapshot-keep"] {
        assert!(all.contains(&format!(".TH {command} 1")), "{command}");
    }
    assert!(!all.contains(".TH anirewind-refs"));
    let one = text(&scene.run(&["man", "snapshot", "keep"]).stdout);
    assert_eq!(one.matches(".TH ").count(), 1, "{one}");
    assert!(one.contains("whatever the rules say"), "{one}");
    let below = text(&scene.run(&["man", "snapshot"]).stdout);
    assert!(below.contains(".TH anirewind-snapshot-keep 1"), "{below}");
    let none = scene.run(&["man", "frobnicate"]);
    assert_eq!(none.status.code(), Some(2), "{none:?}");
    assert!(!scene.data().exists());
}
