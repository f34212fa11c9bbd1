//! Settings looked at and changed from the command line.

use crate::scene::Scene;

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn a_setting_is_shown_changed_and_taken_away() {
    let scene = Scene::new();
    let get = |key: &str| said(&scene.run(&["config", "get", key]));
    assert_eq!(get("backup_at"), "daily@01:00");
    assert_eq!(
        scene.json(&["config", "set", "backup_at", "every 6h"])["changed"][0],
        "backup_at"
    );
    assert_eq!(get("backup_at"), "every 6h");
    let listed = scene.json(&["config", "list"]);
    let row = |key: &str| {
        let mut rows = listed.as_array().unwrap().iter();
        rows.find(|row| row["key"] == key).unwrap().clone()
    };
    assert_eq!(row("backup_at")["origin"], "file");
    assert_eq!(row("rate_limit")["originName"], "ANIREWIND_RATE_LIMIT");
    assert_eq!(row("rate_limit")["isLocked"], true);
    scene.run(&["config", "unset", "backup_at"]);
    assert_eq!(get("backup_at"), "daily@01:00");
    let path = said(&scene.run(&["config", "path"]));
    assert!(
        std::path::Path::new(&path).ends_with("data/config.toml"),
        "{path}"
    );
    assert_eq!(scene.run(&["config", "check"]).status.code(), Some(0));
}

#[test]
fn what_makes_no_sense_is_refused_and_a_bad_file_can_be_mended() {
    let scene = Scene::new();
    for (arguments, words) in [
        (
            &["config", "set", "backup_at", "sometimes"][..],
            "daily@HH:MM",
        ),
        (&["config", "set", "nothing", "1"], "there is no setting"),
        (
            &["config", "set", "rate_limit", "10"],
            "ANIREWIND_RATE_LIMIT",
        ),
        (&["config", "get", "nothing"], "There are: data_dir"),
    ] {
        let output = scene.run(arguments);
        let problem = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{problem}");
        assert!(problem.contains(words), "{problem}");
    }
    assert!(!scene.data().join("config.toml").exists());
    std::fs::create_dir_all(scene.data()).unwrap();
    std::fs::write(
        scene.data().join("config.toml"),
        "# mine\nbackup_at = \"never\"\n",
    )
    .unwrap();
    assert_eq!(scene.run(&["config", "check"]).status.code(), Some(2));
    let mended = scene.run(&["config", "set", "backup_at", "every 2h"]);
    assert_eq!(mended.status.code(), Some(0), "{mended:?}");
    let text = std::fs::read_to_string(scene.data().join("config.toml")).unwrap();
    assert_eq!(text, "# mine\nbackup_at = \"every 2h\"\n");
}
