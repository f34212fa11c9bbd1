//! The files to deploy with name only settings that there are, and the documents name all of them.

use std::collections::BTreeSet;
use std::path::Path;

use anirewind_core::{Settings, Sources};

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(path)).unwrap()
}

/// Every setting's key, with its variables.
fn known() -> Vec<(String, Vec<String>)> {
    let data = tempfile::tempdir().unwrap();
    let settings = Settings::read(&Sources {
        flags: [("data_dir", data.path().display().to_string())].into(),
        ..Sources::default()
    });
    let settings = settings.unwrap();
    let rows = settings.report().iter().map(|row| {
        let variables = row.variables.iter().map(ToString::to_string);
        (row.key.to_owned(), variables.collect())
    });
    rows.collect()
}

/// The words of a text that begin like this.
fn names(text: &str, prefix: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c| !is_part(c));
    let words = words.filter(|word| word.starts_with(prefix) && word.len() > prefix.len());
    words.map(str::to_owned).collect()
}

#[test]
fn the_files_to_deploy_with_name_only_settings_that_there_are() {
    let variables: BTreeSet<String> = known().into_iter().flat_map(|(_, all)| all).collect();
    for file in [
        "anirewind.service",
        "Dockerfile",
        "compose.yaml",
        "README.md",
    ] {
        let text = read(&format!("docs/deploy/{file}"));
        let named = names(&text, "ANIREWIND_");
        assert!(!named.is_empty(), "{file}");
        for name in named {
            assert!(
                variables.contains(&name),
                "{file} names {name}, which no setting reads"
            );
        }
    }
}

#[test]
fn the_documents_name_every_setting() {
    let text = read("docs/install.md") + &read("docs/notices.md");
    for (key, variables) in known() {
        let is_ours = |name: &&String| name.starts_with("ANIREWIND_");
        let is_named = variables.iter().filter(is_ours).all(|name| {
            // A row may name several that begin alike, as `ANIREWIND_KEEP_DAILY`, `…_WEEKLY`.
            let end = name.rsplit('_').next().unwrap();
            text.contains(name.as_str()) || text.contains(&format!("…_{end}`"))
        });
        assert!(is_named, "no document names {key}");
    }
}

/// Every name of the other program's that some code of ours reads, its tests left out.
fn theirs() -> BTreeSet<String> {
    let mut read_by_code = BTreeSet::new();
    let mut folders = vec!["crates/core/src".to_owned(), "bins/cli/src".to_owned()];
    folders.push("bins/server/src".to_owned());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
                continue;
            }
            let text = read(&path);
            let code = text.split("#[cfg(test)]").next().unwrap();
            let code = code.lines().filter(|line| !line.trim().starts_with("//"));
            // Names are quoted, whatever is said about them elsewhere.
            let quoted = code.flat_map(|line| line.split('"').skip(1).step_by(2));
            read_by_code.extend(quoted.flat_map(|text| names(text, "PAB_")));
        }
    }
    read_by_code
}

#[test]
fn the_documents_name_the_variables_of_the_other_program_that_are_read_and_no_others() {
    let theirs = theirs();
    // What the settings say of themselves is among them.
    for (key, variables) in known() {
        for name in variables.iter().filter(|name| name.starts_with("PAB_")) {
            assert!(theirs.contains(name), "{key}: {name}");
        }
    }
    assert!(theirs.contains("PAB_WEB_PORT"), "{theirs:?}");
    for document in ["docs/install.md", "docs/deploy/README.md"] {
        let named = names(&read(document), "PAB_");
        // One for each profile, whose name stands in the middle.
        assert!(named.contains("PAB_PROFILES__"), "{document}: {named:?}");
        assert_eq!(named, theirs, "{document}");
    }
}
