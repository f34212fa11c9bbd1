//! Living with snapshots in a terminal.

use anirewind_simulator::SimEntry;
use serde_json::json;

use crate::scene::{Scene, TOKEN};

const HANA: u32 = 4242;
const FOLDER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../crates/backup/tests/it/files"
);

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

impl Scene {
    fn say(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        text(&output.stdout)
    }

    fn change(&self) {
        let mut world = self.simulator.world();
        let entry = world.entry(HANA, 1_001).unwrap().clone();
        world.put_entry(SimEntry {
            score: 11,
            progress: 1,
            ..entry
        });
        world.drop_entry(HANA, 1_002);
    }
}

#[test]
fn what_differs_is_shown_by_field_and_in_numbers() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    scene.change();
    let shown = scene.say(&["diff"]);
    assert!(
        shown.contains("1 missing, 1 changed, 0 added, 38 the same"),
        "{shown}"
    );
    assert!(shown.lines().any(|line| line.starts_with("- ")), "{shown}");
    assert!(shown.contains("score"), "{shown}");
    let scores = scene.json(&["diff", "--field", "score"]);
    assert_eq!(
        scores["counts"],
        json!({ "added": 0, "changed": 1, "removed": 0, "same": 38 })
    );
    assert_eq!(scores["changed"][0]["fields"]["scoreRaw"]["after"], 11);
    let short = scene.json(&["diff", "latest", "live", "--stat"]);
    assert!(short.get("changed").is_none());
    assert_eq!(scene.run(&["diff", "--exit-code"]).status.code(), Some(10));
    scene.run(&["backup"]);
    assert_eq!(scene.run(&["diff", "--exit-code"]).status.code(), Some(0));
    let back = scene.json(&["diff", "latest", "latest~1", "--only", "added"]);
    assert_eq!(back["counts"]["added"], 1);
    assert_eq!(back["counts"]["changed"], 0);
}

#[test]
fn kept_noted_deleted_and_brought_back() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    scene.change();
    scene.run(&["backup", "--note", "after the change"]);
    scene.say(&["snapshot", "keep", "latest~1", "--name", "before"]);
    let kept = scene.json(&["snapshots", "--kept"]);
    assert_eq!(kept.as_array().unwrap().len(), 1);
    assert_eq!(kept[0]["keptAs"], "before");
    assert_eq!(kept[0]["why"], "kept");
    let all = scene.json(&["snapshots"]);
    assert_eq!(all[0]["note"], "after the change");
    assert!(all[0]["goesOn"].is_string());
    assert_eq!(scene.json(&["show", "kept:before"])["id"], kept[0]["id"]);
    scene.say(&["snapshot", "unkeep", "kept:before"]);
    let id = kept[0]["id"].as_str().unwrap();
    let dry = scene.say(&["snapshot", "delete", id, "--dry-run"]);
    assert!(dry.contains("Nothing was done"), "{dry}");
    scene.say(&["snapshot", "delete", id, "--yes"]);
    assert_eq!(scene.json(&["snapshots"]).as_array().unwrap().len(), 1);
    assert_eq!(scene.json(&["snapshot", "undelete"])[0]["id"], id);
    scene.say(&["snapshot", "undelete", &id[..6]]);
    assert_eq!(scene.json(&["snapshots"]).as_array().unwrap().len(), 2);
}

#[test]
fn files_of_others_are_said_before_they_are_taken() {
    let scene = Scene::connected();
    let dry = scene.say(&["snapshot", "import", FOLDER, "--dry-run"]);
    assert!(dry.contains("2 files of PlexAniBridge, of hana"), "{dry}");
    assert!(dry.contains("1 file of AniList export"), "{dry}");
    assert!(
        dry.contains("They do not hold:") && dry.contains("private"),
        "{dry}"
    );
    assert_eq!(scene.files(), 0);
    let taken = scene.json(&["snapshot", "import", FOLDER, "--yes"]);
    assert_eq!(taken["taken"].as_array().unwrap().len(), 3);
    assert_eq!(
        scene
            .json(&["snapshots", "--kind", "import"])
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let again = scene.json(&["snapshot", "import", FOLDER, "--yes"]);
    assert_eq!(again["taken"], json!([]));
}

#[test]
fn snapshots_are_proven_and_a_damaged_one_is_named() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    let file = scene.json(&["snapshots"])[0]["file"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(scene.json(&["verify"])["read"], 1);
    let path = scene.data().join("backups").join(&file);
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    for arguments in [&["verify"][..], &["snapshot", "verify", "latest"]] {
        let output = scene.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = text(&output.stdout);
        assert!(
            said.contains(&file) && said.contains("between bytes"),
            "{said}"
        );
    }
    assert_eq!(scene.json(&["status"])[0]["verdict"], "damaged");
    assert_eq!(scene.run(&["show", "latest"]).status.code(), Some(1));
}

#[test]
fn something_unusual_is_asked_about_and_answered() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    for id in 1_000..1_025 {
        scene.simulator.world().drop_entry(HANA, id);
    }
    let output = scene.run(&["backup"]);
    assert_eq!(output.status.code(), Some(10), "{output:?}");
    assert!(
        text(&output.stdout).contains("25 of 40 titles vanished together"),
        "{output:?}"
    );
    let open = scene.json(&["alarm", "list"]);
    assert_eq!(open[0]["alarms"][0]["rule"], "most-gone");
    assert_eq!(
        scene.run(&["alarm", "accept"]).status.code(),
        Some(9),
        "nobody was asked"
    );
    scene.say(&["alarm", "accept", "--yes"]);
    assert_eq!(scene.json(&["alarm", "list"]), json!([]));
    assert_eq!(scene.json(&["status"])[0]["verdict"], "protected");
}

#[test]
fn everything_of_an_account_goes_into_one_archive_that_replaces_nothing() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    let to = scene.home.path().join("hana.tar");
    let to = to.to_str().unwrap();
    let told = scene.json(&["export", "-o", to]);
    assert_eq!(
        (&told["snapshots"], &told["unreadable"]),
        (&json!(1), &json!([]))
    );
    let archive = std::fs::read(to).unwrap();
    let piped = scene.run(&["export", "--output", "-"]);
    assert_eq!(piped.status.code(), Some(0));
    for bytes in [&archive, &piped.stdout] {
        let holds = |name: &str| {
            bytes
                .windows(name.len())
                .any(|part| part == name.as_bytes())
        };
        assert!(holds("anirewind-hana/README.txt") && holds("anirewind-hana/CONTENTS.txt"));
        assert!(!holds(TOKEN), "a token is in it");
    }
    assert_eq!(scene.run(&["export", "-o", to]).status.code(), Some(1));
    assert_eq!(std::fs::read(to).unwrap(), archive);
}

#[test]
fn exports_are_the_file_or_a_table_and_replace_nothing() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    let file = scene.json(&["snapshots"])[0]["file"]
        .as_str()
        .unwrap()
        .to_owned();
    let original = std::fs::read(scene.data().join("backups").join(file)).unwrap();
    let raw = scene.run(&["show", "latest", "--raw"]);
    assert_eq!(raw.stdout, original);
    let table = scene.run(&[
        "snapshot", "export", "latest", "--as", "csv", "--output", "-",
    ]);
    let table = text(&table.stdout);
    assert_eq!(table.lines().next().unwrap().split(',').count(), 20);
    // Notes may have lines of their own.
    let titles = table
        .lines()
        .filter(|line| line.starts_with("anime,") || line.starts_with("manga,"));
    assert_eq!(titles.count(), 40);
    let live = scene.run(&["snapshot", "export", "live", "--as", "csv", "-o", "-"]);
    assert_eq!(text(&live.stdout), table);
    let unsaved = scene.run(&["snapshot", "export", "live", "-o", "-"]);
    assert_eq!(unsaved.status.code(), Some(2));
    assert!(text(&unsaved.stderr).contains("no snapshot"));
    let to = scene.home.path().join("copy.json");
    let to = to.to_str().unwrap();
    scene.say(&["snapshot", "export", "latest", "-o", to]);
    assert_eq!(std::fs::read(to).unwrap(), original);
    assert_eq!(
        scene.run(&["snapshot", "export", "-o", to]).status.code(),
        Some(1)
    );
    assert_eq!(std::fs::read(to).unwrap(), original);
}

#[test]
fn what_goes_and_why_the_rest_stays_is_said_before_it_is_done() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    let plan = scene.say(&["snapshot", "prune", "--dry-run"]);
    assert!(plan.contains("goes on 2"), "{plan}");
    let done = scene.say(&["snapshot", "prune"]);
    assert!(done.contains("0 snapshots went into the trash"), "{done}");
}

#[test]
fn no_day_is_named_on_which_something_goes_while_nothing_does() {
    let scene = Scene::connected();
    for _ in 0..5 {
        scene.run(&["backup"]);
    }
    let listed = scene.say(&["snapshots"]);
    assert!(listed.contains("goes on 2"), "{listed}");
    for id in 1_000..1_025 {
        scene.simulator.world().drop_entry(HANA, id);
    }
    scene.run(&["backup"]);
    for command in [&["snapshots"][..], &["snapshot", "prune", "--dry-run"]] {
        let said = scene.say(command);
        assert!(!said.contains("goes on"), "{said}");
        let words = "stays while something unusual is unanswered";
        assert!(said.contains(words), "{said}");
    }
    let planned = scene.json(&["snapshot", "prune", "--dry-run"]);
    for rows in [scene.json(&["snapshots"]), planned[0]["snapshots"].clone()] {
        let rows = rows.as_array().unwrap();
        let is_held = |row: &&serde_json::Value| row["heldBy"] == "open-alarm";
        assert!(rows.iter().any(|row| is_held(&row)), "{rows:?}");
        assert!(rows.iter().all(|row| row["goesOn"].is_null()), "{rows:?}");
    }
    scene.say(&["alarm", "accept", "--yes"]);
    let rows = scene.json(&["snapshots"]);
    let mut rows = rows.as_array().unwrap().iter();
    assert!(rows.any(|row| row["goesOn"].is_string() && row["heldBy"].is_null()));
}

#[test]
fn a_shell_completes_the_snapshots_there_are() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    let id = scene.json(&["snapshots"])[0]["id"].as_str().unwrap()[..6].to_owned();
    let completed = scene
        .command()
        .env("COMPLETE", "fish")
        .env("_CLAP_COMPLETE_INDEX", "2")
        .args(["--", "anirewind", "show", &id[..2]])
        .output()
        .unwrap();
    assert!(text(&completed.stdout).starts_with(&id), "{completed:?}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            scene.say(&["completions", shell]).contains("anirewind"),
            "{shell}"
        );
    }
}

#[test]
fn sizes_read_as_on_the_pages() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    let listed = scene.say(&["snapshots"]);
    let sizes = listed.matches(" kB").count();
    assert!(sizes == 2 && !listed.contains("KiB"), "{listed}");
}

#[test]
fn the_one_before_any_snapshot_is_named_by_it() {
    let scene = Scene::connected();
    let taken = || {
        scene.run(&["backup"]);
        let id = scene.json(&["snapshots"])[0]["id"].clone();
        id.as_str().unwrap().to_owned()
    };
    let first = taken();
    scene.change();
    let second = taken();
    scene.say(&["snapshot", "keep", &second, "--name", "after"]);
    let id = |reference: &str| scene.json(&["show", reference])["id"].clone();
    assert_eq!(id(&format!("{}~1", &second[..4])), first);
    assert_eq!(id(&format!("{second}~0")), second);
    assert_eq!(id("kept:after~1"), first);
    assert_eq!(id("@-0h~1"), first);
    // A name that is so is one all the same.
    scene.say(&["snapshot", "keep", &second, "--name", "after~1"]);
    assert_eq!(id("kept:after~1"), second);
    let none = scene.run(&["show", &format!("{first}~1")]);
    assert_eq!(none.status.code(), Some(4), "{none:?}");
    let before = format!("{second}~1");
    let stat = scene.say(&["diff", &before, &second, "--stat"]);
    assert!(stat.contains("1 missing, 1 changed"), "{stat}");
}

#[test]
fn the_list_of_snapshots_says_what_comes_next_and_where_to_look() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    let usual = scene.say(&["snapshots"]);
    assert!(
        usual.contains("\nNext by the schedule, if a server runs: 2"),
        "{usual}"
    );
    assert!(!usual.contains("Look closer"), "{usual}");
    for id in 1_000..1_025 {
        scene.simulator.world().drop_entry(HANA, id);
    }
    scene.run(&["backup"]);
    let listed = scene.say(&["snapshots"]);
    let (_, closer) = listed.split_once("\nLook closer: anirewind ").unwrap();
    let closer: Vec<_> = closer.split_whitespace().collect();
    let shown = scene.say(&closer);
    assert!(shown.contains("25 missing"), "{shown}");
    // Also where the one before it holds as little: what it is measured by is shown.
    let told = scene.run(&["alarm", "accept", "--json"]);
    assert_eq!(told.status.code(), Some(9), "{told:?}");
    let told = text(&told.stdout);
    assert!(
        !told.contains(|letter| ('\u{e0000}'..='\u{e007f}').contains(&letter)),
        "{told:?}"
    );
    scene.say(&["alarm", "accept", "--yes"]);
    let left = {
        let world = scene.simulator.world();
        world
            .entries(HANA)
            .map(|entry| entry.media)
            .collect::<Vec<_>>()
    };
    let most = left.len() * 3 / 5;
    for id in &left[..most] {
        scene.simulator.world().drop_entry(HANA, *id);
    }
    scene.run(&["backup"]);
    scene.simulator.world().drop_entry(HANA, left[most]);
    scene.run(&["backup"]);
    let listed = scene.say(&["snapshots"]);
    let (_, closer) = listed.split_once("\nLook closer: anirewind ").unwrap();
    let shown = scene.say(&closer.split_whitespace().collect::<Vec<_>>());
    assert!(shown.contains(&format!("{} missing", most + 1)), "{shown}");
    let mut never = scene.command();
    let never = never.env("ANIREWIND_BACKUP_AT", "off").arg("snapshots");
    let never = text(&never.output().unwrap().stdout);
    assert!(!never.contains("Next by"), "{never}");
}
