//! Plans, restores and undos by hand: what is said, what is asked, with which status it ends.

use std::path::Path;

use serde_json::json;

use crate::scene::{Scene, TOKEN, YUKIS};

const HANA: u32 = 4242;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Twelve titles lose their score, one is gone, one is new.
fn damage(scene: &Scene) {
    let mut world = scene.simulator.world();
    let scored: Vec<_> = world.entries(HANA).cloned().collect();
    for mut entry in scored.into_iter().take(12) {
        entry.score = if entry.score == 5 { 6 } else { 5 };
        entry.updated_at = entry.updated_at.map(|_| 1_793_707_200);
        world.put_entry(entry);
    }
    world.drop_entry(HANA, 500_009);
    let like = world.entry(HANA, 500_008).unwrap().clone();
    let media = anirewind_simulator::SimMedia::new(600_000, false, "Ame no Machi", Some(12));
    world.add_media(media);
    world.put_entry(anirewind_simulator::SimEntry {
        id: 0,
        media: 600_000,
        ..like
    });
}

fn scores(scene: &Scene) -> Vec<(u32, i32)> {
    let world = scene.simulator.world();
    let entries = world.entries(HANA);
    entries.map(|entry| (entry.media, entry.score)).collect()
}

#[test]
fn a_restore_is_shown_asked_for_sent_proven_and_can_be_taken_back() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    let before = scores(&scene);
    damage(&scene);
    let damaged = scores(&scene);
    let dry = scene.run(&["restore", "latest", "--dry-run"]);
    assert_eq!(dry.status.code(), Some(0), "{dry:?}");
    let said = text(&dry.stdout);
    assert!(
        said.contains("12 changed back, 1 added back, 1 added since and left"),
        "{said}"
    );
    assert!(
        said.contains("muted") && said.contains("Cannot come back"),
        "{said}"
    );
    assert!(said.ends_with("Nothing was sent.\n"), "{said}");
    // Nobody is there to answer: the plan is kept.
    let refused = scene.run(&["restore", "latest"]);
    assert_eq!(refused.status.code(), Some(9), "{refused:?}");
    assert_eq!(scores(&scene), damaged);
    let plans = scene.json(&["plan", "list"]);
    let id = plans[0]["id"].as_str().unwrap().to_owned();
    assert!(text(&refused.stderr).contains(&id), "{refused:?}");
    let shown = scene.json(&["plan", "show", &id]);
    assert_eq!(shown["write"], 12);
    assert_eq!(shown["keep"], 0);
    let sent = scene.run(&["plan", "apply", &id, "--yes"]);
    assert_eq!(sent.status.code(), Some(0), "{sent:?}");
    let said = text(&sent.stdout);
    assert!(
        said.contains("13 restored, 28 skipped, 0 errors."),
        "{said}"
    );
    assert!(said.contains("All 13 read back and verified."), "{said}");
    // The snapshot of before is the newest.
    let line = "13 titles changed here since the newest snapshot: the next one holds that";
    let status = text(&scene.run(&["status"]).stdout);
    assert!(status.contains(line), "{status}");
    // Whoever says it once more is told what became of it, and nothing is sent again.
    let again = scene.run(&["plan", "apply", &id, "--yes"]);
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    let said = text(&again.stdout);
    assert!(said.contains("All 13 read back and verified."), "{said}");
    assert_eq!(scene.json(&["op", "log"]).as_array().unwrap().len(), 1);
    let mut after = scores(&scene);
    after.retain(|(media, _)| *media != 600_000);
    assert_eq!(after, before);
    // The report is there for good, and the act can be taken back.
    let log = scene.json(&["op", "log"]);
    let op = log[0]["id"].as_str().unwrap().to_owned();
    let report = scene.run(&["job", "report", &op]);
    assert!(text(&report.stdout).contains("All 13 read back and verified."));
    // Who sent it stands with it.
    let shown = text(&scene.run(&["op", "show", &op]).stdout);
    assert!(shown.contains("\n  by the command line\n"), "{shown}");
    let command = scene
        .command()
        .env("ANIREWIND_DESTRUCTIVE_SYNC", "true")
        .args(["op", "undo", &op, "--yes"])
        .output()
        .unwrap();
    assert_eq!(command.status.code(), Some(0), "{command:?}");
    assert_eq!(scores(&scene), damaged);
}

#[test]
fn a_change_is_hidden_from_the_view_and_stays_on_the_timeline() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    damage(&scene);
    scene.run(&["look"]);
    let log = |more: &[&str]| {
        let changes = scene.json(&[&["log", "--limit", "0"], more].concat());
        changes.as_array().unwrap().clone()
    };
    let all = log(&[]);
    let id = all[0]["id"].as_str().unwrap();
    let said = scene.run(&["log", "--hide", id]);
    assert!(text(&said.stdout).contains("1 change hidden"), "{said:?}");
    assert_eq!(log(&[]), all[1..]);
    let with_hidden = log(&["--hidden"]);
    assert_eq!(with_hidden[1..], all[1..]);
    let mut as_seen = all[0].clone();
    assert_eq!(as_seen["hidden"], false);
    as_seen["hidden"] = true.into();
    assert_eq!(with_hidden[0], as_seen);
    scene.run(&["log", "--unhide", id]);
    assert_eq!(log(&[]), all);
}

#[test]
fn removals_are_agreed_to_by_their_number() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    let before = scores(&scene);
    damage(&scene);
    let run = |arguments: &[&str]| {
        let command = &mut scene.command();
        let command = command.env("ANIREWIND_DESTRUCTIVE_SYNC", "true");
        command.args(arguments).output().unwrap()
    };
    let base = ["restore", "latest", "--remove-extra", "--yes"];
    let refused = run(&base);
    assert_eq!(refused.status.code(), Some(9), "{refused:?}");
    assert!(
        text(&refused.stderr).contains("--allow-removals=1"),
        "{refused:?}"
    );
    let off = scene.run(&[&base[..], &["--allow-removals=1"]].concat());
    assert_eq!(off.status.code(), Some(9), "{off:?}");
    assert!(
        text(&off.stderr).contains("config set destructive_sync true"),
        "{off:?}"
    );
    assert_ne!(scores(&scene), before);
    let sent = run(&[&base[..], &["--allow-removals=1"]].concat());
    assert_eq!(sent.status.code(), Some(0), "{sent:?}");
    assert_eq!(scores(&scene), before);
}

/// The command that a refusal ends with.
fn next_of(refused: &std::process::Output) -> Vec<String> {
    let said = text(&refused.stderr);
    let (_, command) = said.rsplit_once(": anirewind ").unwrap();
    command.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn what_a_refusal_says_to_type_next_is_not_refused() {
    for flags in [&["--remove-extra"][..], &["--remove-extra", "--yes"]] {
        let scene = Scene::connected();
        scene.run(&["backup"]);
        let before = scores(&scene);
        damage(&scene);
        let run = |arguments: &[&str]| {
            let command = &mut scene.command();
            let command = command.env("ANIREWIND_DESTRUCTIVE_SYNC", "true");
            command.args(arguments).output().unwrap()
        };
        let refused = run(&[&["restore", "latest"], flags].concat());
        assert_eq!(refused.status.code(), Some(9), "{refused:?}");
        let next = next_of(&refused);
        assert_eq!(next.last().unwrap(), "--allow-removals=1");
        let next: Vec<_> = next.iter().map(String::as_str).collect();
        let sent = run(&next);
        assert_eq!(sent.status.code(), Some(0), "{next:?}: {sent:?}");
        assert_eq!(scores(&scene), before);
    }
}

#[test]
fn an_undo_that_removes_many_titles_says_what_agrees_to_that() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    let before = scores(&scene);
    let gone: Vec<_> = before.iter().map(|(media, _)| *media).take(24).collect();
    for media in gone {
        scene.simulator.world().drop_entry(HANA, media);
    }
    let run = |arguments: &[&str]| {
        let command = &mut scene.command();
        let command = command.env("ANIREWIND_DESTRUCTIVE_SYNC", "true");
        command.args(arguments).output().unwrap()
    };
    let restored = run(&["restore", "latest", "--yes"]);
    assert_eq!(restored.status.code(), Some(0), "{restored:?}");
    let refused = run(&["undo", "--yes"]);
    assert_eq!(refused.status.code(), Some(9), "{refused:?}");
    let next = next_of(&refused);
    assert!(
        next.starts_with(&["plan".to_owned(), "apply".to_owned()]),
        "{next:?}"
    );
    let next: Vec<_> = next.iter().map(String::as_str).collect();
    let sent = run(&next);
    assert_eq!(sent.status.code(), Some(0), "{next:?}: {sent:?}");
    assert_eq!(scores(&scene).len(), before.len() - 24);
}

/// What the script that this replaces did: a file, a token, nothing else.
#[test]
fn a_file_and_a_token_are_enough_on_a_fresh_machine() {
    let scene = Scene::new();
    let path = scene
        .home
        .path()
        .join("plexanibridge-hana.20261103120000.json");
    write_pab(&scene, &path);
    let anime = |scene: &Scene| -> Vec<_> {
        let world = scene.simulator.world();
        let anime = world.entries(HANA).filter(|entry| entry.media < 500_000);
        let held = anime.map(|entry| anirewind_simulator::SimEntry {
            updated_at: None,
            ..entry.clone()
        });
        held.collect()
    };
    let before = anime(&scene);
    damage(&scene);
    let manga = scene
        .simulator
        .world()
        .entries(HANA)
        .filter(|entry| entry.media >= 500_000)
        .count();
    let path = path.display().to_string();
    let refused = scene.run(&["restore", &path, "--token", TOKEN]);
    assert_eq!(refused.status.code(), Some(9), "{refused:?}");
    assert!(
        text(&refused.stderr).contains("12 changed back"),
        "{refused:?}"
    );
    let sent = scene.run(&["restore", &path, "--token", TOKEN, "--yes"]);
    assert_eq!(sent.status.code(), Some(0), "{sent:?}");
    // Fields and lists that such a file does not hold are as they were.
    assert_eq!(anime(&scene), before);
    let world = scene.simulator.world();
    let now = world.entries(HANA).filter(|entry| entry.media >= 500_000);
    assert_eq!(now.count(), manga);
    drop(world);
    for bytes in [&sent.stdout, &sent.stderr] {
        assert!(!text(bytes).contains(TOKEN));
    }
    // The token is not kept, and somebody else's is refused.
    let without = scene.run(&["restore", &path, "--yes"]);
    assert_eq!(without.status.code(), Some(6), "{without:?}");
    let others = scene.run(&["restore", &path, "--token", YUKIS, "--yes"]);
    assert_eq!(others.status.code(), Some(9), "{others:?}");
    // It may not hold everything, so it removes nothing.
    let removing = scene.run(&[
        "restore",
        &path,
        "--token",
        TOKEN,
        "--remove-extra",
        "--yes",
    ]);
    assert_eq!(removing.status.code(), Some(9), "{removing:?}");
    assert!(
        text(&removing.stderr).contains("may not hold the whole list"),
        "{removing:?}"
    );
}

/// The anime of the list as PlexAniBridge writes them down: few fields.
fn write_pab(scene: &Scene, path: &Path) {
    let world = scene.simulator.world();
    let date = |date: anirewind_simulator::Date| json!({ "year": date.year, "month": date.month, "day": date.day });
    let entries = world.entries(HANA).filter(|entry| entry.media < 500_000);
    let entries = entries.map(|entry| {
        json!({
            "id": entry.id,
            "userId": HANA,
            "mediaId": entry.media,
            "status": format!("{:?}", entry.status).to_uppercase(),
            "score": f64::from(entry.score),
            "progress": entry.progress,
            "repeat": entry.repeat,
            "notes": entry.notes,
            "startedAt": date(entry.started),
            "completedAt": date(entry.completed),
        })
    });
    let file = json!({
        "user": {
            "id": HANA,
            "name": "hana",
            "mediaListOptions": { "scoreFormat": "POINT_100", "rowOrder": "score" },
        },
        "lists": [{
            "entries": entries.collect::<Vec<_>>(),
            "name": "All",
            "isCustomList": false,
            "isSplitCompletedList": false,
            "status": null,
        }],
        "hasNextChunk": false,
    });
    std::fs::write(path, file.to_string()).unwrap();
}

#[test]
fn what_is_named_wrongly_is_said() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    for (arguments, status, word) in [
        (&["restore"][..], 2, "name a snapshot"),
        (&["restore", "live"], 2, "live"),
        (&["restore", "zzzz"], 4, "zzzz"),
        (&["plan", "show", "zzzz"], 4, "plan"),
        (&["plan", "apply", "zzzz"], 4, "plan"),
        (&["job", "resume", "zzzz"], 4, "zzzz"),
        (&["restore", "latest", "--status", "seen"], 2, "planning"),
        (&["restore", "--at", "@2020-01-01"], 4, "no good snapshot"),
    ] {
        let run = scene.run(arguments);
        assert_eq!(run.status.code(), Some(status), "{arguments:?}: {run:?}");
        assert!(text(&run.stderr).contains(word), "{arguments:?}: {run:?}");
    }
    let same = scene.run(&["restore", "latest"]);
    assert_eq!(same.status.code(), Some(0), "{same:?}");
    assert!(text(&same.stdout).contains("Nothing to do."), "{same:?}");
}
