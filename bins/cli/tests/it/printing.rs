//! How results are printed: in colour for people, as records for programs.

use std::collections::BTreeMap;

use anirewind_simulator::SimEntry;

use crate::scene::Scene;

const HANA: u32 = 4242;

/// Two snapshots, between which a title goes, one comes back and one changes; and two acts of ours.
fn lived_in() -> Scene {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    {
        let mut world = scene.simulator.world();
        let entry = world.entry(HANA, 1_001).unwrap().clone();
        world.put_entry(SimEntry {
            score: 11,
            updated_at: None,
            ..entry
        });
        world.drop_entry(HANA, 1_002);
    }
    scene.run(&["backup"]);
    for act in [&["restore", "latest~1", "--yes"][..], &["undo", "--yes"]] {
        let mut command = scene.command();
        let command = command.env("ANIREWIND_DESTRUCTIVE_SYNC", "true");
        let output = command.args(act).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    scene.run(&["restore", "latest", "--field", "score"]);
    scene
}

fn said(scene: &Scene, arguments: &[&str]) -> String {
    String::from_utf8(scene.run(arguments).stdout).unwrap()
}

fn without_colour(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap().to_owned();
    let rest = parts.map(|part| part.split_once('m').unwrap().1);
    first + &rest.collect::<String>()
}

#[test]
fn colour_is_for_terminals_and_moves_nothing() {
    let scene = lived_in();
    for command in [
        &["snapshots"][..],
        &["log"],
        &["op", "log"],
        &["diff", "latest~1", "latest"],
    ] {
        let piped = said(&scene, command);
        assert!(!piped.contains('\u{1b}'), "{piped}");
        let always = said(&scene, &[command, &["--color", "always"]].concat());
        assert!(always.contains('\u{1b}'), "{command:?}: {always}");
        assert_eq!(without_colour(&always), piped, "{command:?}");
        let json = said(
            &scene,
            &[command, &["--color", "always", "--json"]].concat(),
        );
        assert!(!json.contains('\u{1b}'), "{json}");
    }
    let log = said(&scene, &["log", "--color=always"]);
    for sign in [
        "\u{1b}[31m-\u{1b}[0m ",
        "\u{1b}[33m~\u{1b}[0m ",
        "\u{1b}[35m<\u{1b}[0m ",
    ] {
        assert!(log.contains(sign), "{sign:?}: {log:?}");
    }
}

#[test]
fn a_record_has_the_fields_that_help_tells_of() {
    let scene = lived_in();
    let told = said(&scene, &["help", "plain"])
        .replace("\n  ", "\n")
        .replace('\n', " ");
    let fields = |list: &str| {
        let (_, told) = told.split_once(&format!(" {list}: ")).unwrap();
        let next = told.find(": ").unwrap_or(told.len());
        let fields = told[..next].replace("(token, public, none)", "");
        fields.split(", ").count()
    };
    let numbers: BTreeMap<_, _> = [
        ("snapshots", 2),
        ("log", 2),
        ("list", 1),
        ("diff", 0),
        ("op log", 2),
        ("plan list", 1),
        ("account list", 1),
    ]
    .into();
    for (list, least) in numbers {
        let command: Vec<_> = list.split(' ').chain(["--plain"]).collect();
        let printed = said(&scene, &command);
        assert!(printed.lines().count() >= least, "{list}: {printed}");
        for line in printed.lines() {
            assert_eq!(line.split('\t').count(), fields(list), "{list}: {line:?}");
        }
    }
    let changed = said(&scene, &["diff", "latest~1", "latest", "--plain"]);
    let record: Vec<_> = changed.lines().next().unwrap().split('\t').collect();
    assert_eq!(record.len(), fields("diff"), "{changed}");
    assert_eq!(said(&scene, &["job", "list", "--plain"]), "");
    let both = scene.run(&["log", "--plain", "--json"]);
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn a_record_names_what_it_is_about_in_full() {
    let scene = lived_in();
    let json = scene.json(&["snapshots"]);
    let printed = said(&scene, &["snapshots", "--plain"]);
    let ids = printed.lines().map(|line| line.split('\t').next().unwrap());
    let known = json.as_array().unwrap().iter();
    let known: Vec<_> = known.map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids.collect::<Vec<_>>(), known);
}

#[test]
fn what_we_did_is_listed_with_what_came_of_it() {
    let scene = lived_in();
    let log = said(&scene, &["op", "log"]);
    let lines: Vec<_> = log.lines().collect();
    assert!(lines[0].starts_with("@ "), "{log}");
    assert!(lines[0].contains("  hana  Undo: "), "{log}");
    assert!(lines[1].starts_with("o "), "{log}");
    for line in lines {
        assert!(line.contains("  2 of 2, verified  took "), "{line}");
    }
    assert!(log.lines().all(|line| line.trim_end() == line), "{log:?}");
    let older = said(&scene, &["op", "log", "--plain"]);
    let older = older.lines().nth(1).unwrap().split('\t').next().unwrap();
    let shown = said(&scene, &["op", "show", older]);
    assert!(shown.contains("\n  2 of 2, verified\n"), "{shown}");
    let titles: Vec<_> = shown.lines().filter(|line| line.contains("  ~ ")).collect();
    assert!(titles.len() == 1 && titles[0].contains(" -> "), "{shown}");
    assert!(
        shown.lines().any(|line| line.starts_with("  + ")),
        "{shown}"
    );
    assert!(
        shown.lines().all(|line| line.trim_end() == line),
        "{shown:?}"
    );
    for word in ["write", "done", "pending"] {
        assert!(!shown.contains(word), "{word}: {shown}");
    }
}

#[test]
fn an_act_on_one_title_says_what_it_did() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    let entry = scene.simulator.world().entry(HANA, 1_001).unwrap().clone();
    scene.simulator.world().put_entry(SimEntry {
        score: if entry.score == 70 { 80 } else { 70 },
        updated_at: None,
        ..entry
    });
    let sent = scene.run(&["restore", "latest", "--prefer", "snapshot", "--yes"]);
    assert_eq!(sent.status.code(), Some(0), "{sent:?}");
    let log = said(&scene, &["op", "log"]);
    assert!(log.contains("  1 title, verified  "), "{log}");
    assert!(log.contains(" score ") && log.contains(" -> "), "{log}");
}
