//! Which crate may know which, and what may stand where. docs/architecture.md says why.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// For each package of ours, the packages of ours that it may use outside its tests.
const MAY_USE: [(&str, &[&str]); 12] = [
    ("anirewind-model", &[]),
    ("anirewind-anilist", &["anirewind-model"]),
    ("anirewind-backup", &["anirewind-model"]),
    ("anirewind-timeline", &["anirewind-model"]),
    ("anirewind-restore", &["anirewind-model"]),
    ("anirewind-simulator", &["anirewind-model"]),
    ("anirewind-notify", &["anirewind-model"]),
    (
        "anirewind-store",
        &["anirewind-model", "anirewind-backup", "anirewind-timeline"],
    ),
    (
        "anirewind-core",
        &[
            "anirewind-model",
            "anirewind-anilist",
            "anirewind-backup",
            "anirewind-notify",
            "anirewind-restore",
            "anirewind-store",
            "anirewind-timeline",
        ],
    ),
    ("anirewind-web", &["anirewind-core", "anirewind-model"]),
    ("anirewind", &["anirewind-core"]),
    (
        "anirewind-server",
        &["anirewind-core", "anirewind-web", "anirewind-simulator"],
    ),
];

/// Packages of others that one crate of ours keeps to itself, or two that talk to others than we do.
const KEPT_BY: [(&str, &[&str]); 6] = [
    ("reqwest", &["anirewind-anilist", "anirewind-notify"]),
    ("lettre", &["anirewind-notify"]),
    ("rusqlite", &["anirewind-store"]),
    ("actix-web", &["anirewind-web"]),
    ("askama", &["anirewind-web"]),
    ("async-graphql", &["anirewind-simulator"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Names of what each package of ours uses outside its tests.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let used = package["dependencies"].as_array().unwrap().iter();
            (
                name(package),
                used.filter(|used| used["kind"].is_null())
                    .map(name)
                    .collect(),
            )
        })
        .collect()
}

#[test]
fn imports_point_down_only() {
    let used = dependencies();
    assert_eq!(
        used.len(),
        MAY_USE.len(),
        "a package is missing from the table"
    );
    for (package, allowed) in MAY_USE {
        for name in &used[package] {
            let is_ours = MAY_USE.iter().any(|(ours, _)| ours == name);
            assert!(
                !is_ours || allowed.contains(&name.as_str()),
                "{package} must not use {name}"
            );
        }
    }
}

#[test]
fn what_one_crate_keeps_to_itself_no_other_uses() {
    for (package, used) in dependencies() {
        for (name, keepers) in KEPT_BY {
            assert!(
                keepers.contains(&package.as_str()) || !used.iter().any(|used| used == name),
                "{package} uses {name}, which belongs to {}",
                keepers.join(" and ")
            );
        }
    }
}

/// Rust files of the product, tests, benchmarks and examples left out, with their text up to the tests.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("crates"), root().join("bins")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let shown = path.strip_prefix(root()).unwrap().display().to_string();
            if path.is_dir() {
                if !shown.ends_with("/tests")
                    && !shown.ends_with("/examples")
                    && !shown.ends_with("/benches")
                {
                    folders.push(path);
                }
            } else if shown.contains("/src/") && path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let product = text
                    .split("#[cfg(test)]\nmod tests")
                    .next()
                    .unwrap()
                    .to_owned();
                found.push((shown, product));
            }
        }
    }
    assert!(found.len() > 50, "the sources were not found");
    found
}

#[test]
fn sql_graphql_and_html_stand_where_they_belong() {
    for (words, home) in [
        (
            &["SELECT ", "INSERT INTO", "DELETE FROM", "PRAGMA "][..],
            "crates/store/",
        ),
        (
            &["SaveMediaListEntry(", "MediaListCollection("],
            "crates/anilist/",
        ),
        (&["<html", "<div", "<table"], "crates/web/"),
    ] {
        for (file, text) in sources() {
            // The simulator plays AniList's part, HTML errors included.
            if file.starts_with(home) || file.starts_with("crates/simulator/") {
                continue;
            }
            for line in text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
            {
                for word in words {
                    assert!(
                        !line.contains(word),
                        "{file} holds `{word}`, which belongs in {home}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_none_is_too_long() {
    for (file, text) in sources() {
        assert!(
            text.starts_with("//! "),
            "{file} does not begin with what it is for"
        );
        let lines = text.lines().count();
        assert!(lines <= 800, "{file} has {lines} lines");
    }
}

#[test]
fn every_test_file_is_part_of_its_binary() {
    for folder in ["crates", "bins"] {
        for package in std::fs::read_dir(root().join(folder)).unwrap() {
            let tests = package.unwrap().path().join("tests/it");
            let Ok(entries) = std::fs::read_dir(&tests) else {
                continue;
            };
            let main = std::fs::read_to_string(tests.join("main.rs")).unwrap();
            for entry in entries {
                let path = entry.unwrap().path();
                let name = path.file_stem().unwrap().to_str().unwrap();
                if path.extension().is_some_and(|e| e == "rs") && name != "main" {
                    assert!(
                        main.contains(&format!("mod {name};")),
                        "{} is not run",
                        path.display()
                    );
                }
            }
        }
    }
}

#[test]
fn the_documents_name_only_crates_that_exist() {
    for document in ["README.md", "docs/architecture.md"] {
        let text = std::fs::read_to_string(root().join(document)).unwrap();
        for word in text.split(['`', ' ', '\n', '(', ')', ',']) {
            if word.starts_with("crates/") || word.starts_with("bins/") {
                let path = root().join(word.trim_end_matches(['.', ':', ';']));
                assert!(
                    path.exists(),
                    "{document} names {word}, which does not exist"
                );
            }
        }
    }
}
