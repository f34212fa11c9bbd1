//! What is said of changes: in the log, of a title, of a plan.

use anirewind_simulator::{SimEntry, SimMedia};

use crate::scene::{Scene, TOKEN};

const HANA: u32 = 4242;

impl Scene {
    /// What a command says that ends well.
    fn told(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Hana connected, with a snapshot of her list.
    fn saved() -> Self {
        let scene = Self::connected();
        scene.told(&["backup"]);
        scene
    }

    /// So many anime go from the list at once, and that is seen.
    fn lose(&self, number: usize) {
        let media = self.media(number);
        for media in media {
            self.simulator.world().drop_entry(HANA, media);
        }
        self.told(&["look"]);
    }

    /// Somebody gives a title this score, and that is seen.
    fn score(&self, media: u32, score: i32) {
        let entry = self.entry(media);
        self.simulator.world().put_entry(SimEntry {
            score,
            updated_at: None,
            ..entry
        });
        self.told(&["look"]);
    }

    fn entry(&self, media: u32) -> SimEntry {
        self.simulator.world().entry(HANA, media).unwrap().clone()
    }

    /// The first so many titles of the list.
    fn media(&self, number: usize) -> Vec<u32> {
        let world = self.simulator.world();
        let media = world.entries(HANA).map(|entry| entry.media);
        media.take(number).collect()
    }
}

#[test]
fn what_happened_together_is_one_thing_however_long_it_is() {
    let scene = Scene::saved();
    scene.score(scene.media(20)[19], 11);
    scene.lose(12);
    let log = scene.told(&["log"]);
    let lines: Vec<_> = log.lines().collect();
    let group = lines[0].split_whitespace().next().unwrap();
    assert!(
        lines[0].ends_with("  12 titles vanished together, on AniList"),
        "{log}"
    );
    let rest = format!("    and 9 more: anirewind log --group {group}");
    assert_eq!(lines[4], rest);
    assert!(lines[5].contains(" ~ "), "{log}");
    assert_eq!(lines.len(), 6, "{log}");
    let first = scene.told(&["log", "-l", "1"]);
    let last = "Older ones are not shown. All of them: --limit 0";
    assert_eq!(first.trim_end(), [&lines[..5], &[last]].concat().join("\n"));
    let whole = scene.told(&["log", "--group", group]);
    let members = whole.lines().filter(|line| line.starts_with("    "));
    assert_eq!(
        (whole.lines().count(), members.count()),
        (13, 12),
        "{whole}"
    );
    let one = whole.lines().nth(1).unwrap().split_whitespace().next();
    scene.told(&["log", "--hide", one.unwrap()]);
    let part = scene.told(&["log", "-l", "1"]);
    let words = "12 titles vanished together, on AniList (11 of them here)";
    assert!(part.lines().next().unwrap().ends_with(words), "{part}");
    let none = scene.run(&["log", "--group", "zzzz"]);
    assert_eq!(none.status.code(), Some(4), "{none:?}");
}

#[test]
fn the_log_for_machines_is_one_object_as_of_every_command() {
    let scene = Scene::saved();
    let none = scene.told(&["log", "--json"]);
    assert_eq!(none, "{\"data\":[],\"schema\":\"anirewind.log/1\"}\n");
    scene.lose(6);
    let changes = scene.json(&["log"]);
    assert_eq!(changes.as_array().unwrap().len(), 6);
    assert_eq!(changes[0]["schema"], "anirewind.change/1");
    assert_eq!(scene.json(&["log", "-l", "2"]).as_array().unwrap().len(), 2);
}

#[test]
fn what_one_act_did_stands_together_under_its_name() {
    let scene = Scene::saved();
    scene.lose(12);
    let log = scene.told(&["log", "-l", "1"]);
    let group = log.split_whitespace().next().unwrap();
    scene.told(&["undo", group, "--yes"]);
    let acts = scene.json(&["op", "log"]);
    let id = &acts[0]["id"].as_str().unwrap()[..6];
    let name = acts[0]["what"].as_str().unwrap();
    let log = scene.told(&["log", "-l", "1"]);
    let heading = log.lines().next().unwrap();
    assert!(heading.starts_with(id), "{log}");
    let words = format!("12 changes in one operation: {name}");
    assert!(heading.ends_with(&words), "{log}");
    // One change alone says of which act it is.
    scene.score(scene.media(20)[19], 11);
    let log = scene.told(&["log", "-l", "1"]);
    scene.told(&["undo", log.split_whitespace().next().unwrap(), "--yes"]);
    let act = scene.json(&["op", "log"])[0]["id"].clone();
    let log = scene.told(&["log", "-l", "1"]);
    let end = format!("  (operation {})", &act.as_str().unwrap()[..6]);
    assert!(log.lines().next().unwrap().ends_with(&end), "{log}");
}

#[test]
fn what_was_done_again_has_another_sign_than_what_was_taken_back() {
    let scene = Scene::saved();
    scene.score(scene.media(1)[0], 11);
    let log = scene.told(&["log"]);
    let id = log.split_whitespace().next().unwrap();
    scene.told(&["undo", id, "--yes"]);
    scene.told(&["redo", "--yes"]);
    let log = scene.told(&["log"]);
    let signs: Vec<_> = log
        .lines()
        .filter_map(|line| line.split_whitespace().find(|word| word.len() == 1))
        .collect();
    assert_eq!(signs, [">", "<", "~"], "{log}");
}

#[test]
fn a_plan_says_when_and_by_what_as_everything_else_does() {
    let scene = Scene::saved();
    scene.lose(8);
    let said = scene.told(&["restore", "latest", "--dry-run", "--utc"]);
    let cause = said.lines().find(|line| line.contains("--group")).unwrap();
    assert!(
        cause.contains("8 titles vanished together, on AniList"),
        "{cause}"
    );
    let words: Vec<_> = cause.split_whitespace().collect();
    assert_eq!((words[1], words[4], words[8]), ("between", "UTC", "UTC"));
}

#[test]
fn every_command_shows_titles_and_scores_as_the_account_does() {
    let scene = Scene::new();
    let media = scene.media(1)[0];
    let romaji = {
        let mut world = scene.simulator.world();
        world.edit_user(HANA, |user| {
            "ENGLISH".clone_into(&mut user.title_language);
            "POINT_5".clone_into(&mut user.score_format);
        });
        let known = world.media(media).unwrap().clone();
        let romaji = known.romaji.clone();
        world.add_media(SimMedia {
            english: Some("The Lake".to_owned()),
            ..known
        });
        let entry = world.entry(HANA, media).unwrap().clone();
        world.put_entry(SimEntry { score: 50, ..entry });
        romaji
    };
    let file = scene.token_file(TOKEN);
    scene.told(&["account", "add", "--token-file", &file]);
    scene.told(&["backup"]);
    scene.score(media, 90);
    let change = "The Lake  score 3 of 5 stars -> 5 of 5 stars";
    let back = "The Lake  score 5 of 5 stars -> 3 of 5 stars";
    let shown = |arguments: &[&str], line: &str| {
        let said = scene.told(arguments);
        assert!(said.contains(line), "{arguments:?}: {said}");
        // What an act is called is written down with it, once for everybody.
        let mut lines = said.lines().filter(|line| !line.contains("Undo: "));
        assert!(
            lines.all(|line| !line.contains(&romaji)),
            "{arguments:?}: {said}"
        );
    };
    shown(&["log"], change);
    shown(&["diff"], change);
    shown(&["title", &media.to_string()], change);
    shown(&["title", &media.to_string()], "The Lake: ");
    shown(&["list", "--at", "@-0h", "--entries"], "The Lake  ");
    shown(&["show", "--entries"], "The Lake");
    shown(&["restore", "latest", "--prefer", "snapshot", "-n"], back);
    let log = scene.told(&["log"]);
    let id = log.split_whitespace().next().unwrap();
    shown(&["undo", id, "-n"], back);
    let refused = scene.run(&["undo", id]);
    assert_eq!(refused.status.code(), Some(9), "{refused:?}");
    let plan = scene.json(&["plan", "list"])[0]["id"].clone();
    let plan = plan.as_str().unwrap();
    shown(&["plan", "show", plan], back);
    scene.told(&["plan", "apply", plan, "--yes"]);
    shown(&["op", "show", plan], back);
}

#[test]
fn a_title_is_never_taken_for_another_one() {
    let scene = Scene::new();
    let media = scene.media(40);
    for (media, name) in media
        .iter()
        .zip(["Mushishi", "Mushishi Zoku", "100", "Mushishi"])
    {
        let mut world = scene.simulator.world();
        let known = world.media(*media).unwrap().clone();
        world.add_media(SimMedia {
            romaji: name.to_owned(),
            english: None,
            native: None,
            ..known
        });
    }
    let file = scene.token_file(TOKEN);
    scene.told(&["account", "add", "--token-file", &file]);
    scene.told(&["backup"]);
    assert!(
        scene
            .told(&["title", "mushishi ZOKU"])
            .starts_with("Mushishi Zoku: ")
    );
    assert!(
        scene
            .told(&["title", "zoku"])
            .starts_with("Mushishi Zoku: ")
    );
    assert!(scene.told(&["title", "100"]).starts_with("100: "));
    let several = scene.run(&["title", "mushishi"]);
    assert_eq!(several.status.code(), Some(2), "{several:?}");
    assert!(several.stdout.is_empty(), "{several:?}");
    let said = String::from_utf8(several.stderr).unwrap();
    let address = format!("anirewind title anilist.co/anime/{}", media[0]);
    assert!(
        said.contains("any of 2 titles:") && said.contains(&address),
        "{said}"
    );
    let address = format!("https://anilist.co/anime/{}/", media[3]);
    assert!(scene.told(&["title", &address]).starts_with("Mushishi: "));
    let many = scene.run(&["title", "a"]);
    let said = String::from_utf8(many.stderr).unwrap();
    let lines: Vec<_> = said.lines().collect();
    assert!(
        lines[21].starts_with("and ") && lines[21].ends_with(" more"),
        "{said}"
    );
    let none = scene.run(&["title", "no such title"]);
    assert_eq!(none.status.code(), Some(4), "{none:?}");
}

#[test]
fn whatever_has_an_id_can_be_shown() {
    let scene = Scene::saved();
    scene.lose(6);
    let log = scene.told(&["log"]);
    let first = |line: usize| log.lines().nth(line).unwrap().split_whitespace().next();
    let (group, change) = (first(0).unwrap(), first(1).unwrap());
    let shown = scene.told(&["show", group]);
    assert_eq!(shown, scene.told(&["log", "--group", group]));
    assert_eq!(scene.json(&["show", group]).as_array().unwrap().len(), 6);
    let shown = scene.told(&["show", change]);
    let words = [
        format!("  part of group {group}: anirewind show {group}"),
        format!("Take it back with: anirewind undo {change}"),
    ];
    assert!(words.iter().all(|words| shown.contains(words)), "{shown}");
    let id = scene.json(&["show", change])["id"].clone();
    assert!(id.as_str().unwrap().starts_with(change), "{id}");
    assert_eq!(scene.run(&["undo", group]).status.code(), Some(9));
    let plan = scene.json(&["plan", "list"])[0]["id"].clone();
    let plan = plan.as_str().unwrap();
    assert_eq!(
        scene.told(&["show", plan]),
        scene.told(&["plan", "show", plan])
    );
    scene.told(&["plan", "apply", plan, "--yes"]);
    assert_eq!(
        scene.told(&["show", plan]),
        scene.told(&["op", "show", plan])
    );
    let shown = scene.told(&["show", change]);
    assert!(
        shown.contains("  taken back by ") && !shown.contains("Take it"),
        "{shown}"
    );
    let none = scene.run(&["show", "zzzz"]);
    assert_eq!(none.status.code(), Some(4), "{none:?}");
}

#[test]
fn a_list_without_a_moment_is_the_one_that_was_last_seen() {
    let scene = Scene::connected();
    let none = scene.run(&["list"]);
    assert_eq!(none.status.code(), Some(4), "{none:?}");
    scene.told(&["backup"]);
    scene.lose(6);
    let list = scene.told(&["list"]);
    assert!(
        list.starts_with("The list now: 24 anime, 10 manga\n"),
        "{list}"
    );
    assert_eq!(scene.json(&["list"])["counts"]["anime"], 24);
}

#[test]
fn changes_are_chosen_by_the_words_of_the_pages_too() {
    let scene = Scene::saved();
    scene.score(scene.media(20)[19], 11);
    scene.lose(1);
    let of = |flags: &[&str]| {
        let log = scene.json(&[&["log"], flags].concat());
        log.as_array().unwrap().len()
    };
    for (kind, number) in [
        ("added", 0),
        ("changed", 1),
        ("removed", 1),
        ("undone", 0),
        ("restored", 0),
        ("failed", 0),
        ("all", 2),
        ("synced", 1),
        ("deleted", 1),
    ] {
        assert_eq!(of(&["--kind", kind]), number, "{kind}");
    }
    let newest = scene.json(&["log"])[0]["id"].clone();
    scene.told(&["undo", newest.as_str().unwrap(), "--yes"]);
    assert_eq!(of(&["--kind", "undone"]), 1);
    assert_eq!(of(&["--source", "anilist"]), 2);
    assert_eq!(of(&["--source", "observed"]), 2);
    let refused = scene.run(&["log", "--kind", "frobnicated"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let said = String::from_utf8(refused.stderr).unwrap();
    let words = "added, changed, removed, undone, restored, failed, left, synced, deleted, skipped";
    assert!(said.contains(words), "{said}");
}

#[test]
fn an_undo_of_an_undo_says_why_it_does_it_again() {
    let scene = Scene::saved();
    scene.score(scene.media(20)[19], 11);
    let change = scene.json(&["log"])[0]["id"].clone();
    let change = change.as_str().unwrap();
    scene.told(&["undo", change, "--yes"]);
    let why = "The newest act of ours that stands is an undo; this takes it back.\n";
    let said = |arguments: &[&str]| {
        let output = scene.run(arguments);
        let whole = [output.stdout, output.stderr].concat();
        String::from_utf8(whole).unwrap()
    };
    let again = said(&["undo", "-n"]);
    assert!(again.contains("Redo: ") && again.contains(why), "{again}");
    // Whoever says so knows.
    let redo = said(&["redo", "-n"]);
    assert!(redo.contains("Redo: ") && !redo.contains(why), "{redo}");
}
