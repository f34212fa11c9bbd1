//! Whatever a page does the API does as well, and docs/ways.md says what by which name. `bins/cli` has the same
//! test for the commands.

use std::collections::BTreeSet;
use std::path::Path;

use crate::pages::Scene;
use crate::routes::sources;

const WAYS: &str = include_str!("../../../../docs/ways.md");

/// What stands in backticks in a column of the tables under a heading.
fn column(heading: &str, at: usize) -> Vec<String> {
    let part = WAYS.split("\n## ").find(|part| part.starts_with(heading));
    let rows = part.unwrap().lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|row| row.split('|').nth(at + 1).unwrap());
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    names.map(str::to_owned).collect()
}

fn set(names: Vec<String>) -> BTreeSet<String> {
    names.into_iter().collect()
}

/// Every address of a page to which something is sent.
fn buttons() -> BTreeSet<String> {
    let mut texts = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&folder, &mut texts).unwrap();
    let (mut buttons, mut count) = (BTreeSet::new(), 0);
    for text in texts {
        // However it is broken into lines.
        let text: String = text.split_whitespace().collect();
        let quoted = |text: &str| text.split('"').next().unwrap().to_owned();
        for one in text.split("resource(\"").skip(1) {
            let whole = one.split(".service(").next().unwrap();
            if whole.contains(").post(") {
                buttons.insert(quoted(one));
            }
        }
        for one in text.split("route(\"").skip(1) {
            let path = quoted(one);
            let rest = one[path.len()..].trim_start_matches("\",");
            if rest.starts_with("web::post()") {
                buttons.insert(path);
            }
        }
        count += text.matches(").post(").count() + text.matches("web::post()").count();
    }
    // Written in another way it would not have been found.
    assert_eq!(buttons.len(), count, "{buttons:?}");
    buttons
}

#[actix_web::test]
async fn whatever_the_api_does_is_in_the_list() {
    let document = Scene::new("hana").await;
    let document = document.get_json("/api/v1/openapi.json").await;
    let mut there = Vec::new();
    for item in document["paths"].as_object().unwrap().values() {
        for way in item.as_object().unwrap().values() {
            there.push(way["operationId"].as_str().unwrap().to_owned());
        }
    }
    let mut listed = column("By all", 0);
    there.sort();
    listed.sort();
    assert_eq!(listed, there);
}

#[test]
fn whatever_a_page_does_the_api_does_as_well() {
    let by_all = column("By all", 2);
    let alone = column("By one", 0);
    let alone: Vec<_> = alone.into_iter().filter(|it| it.starts_with('/')).collect();
    let both: Vec<_> = alone.iter().filter(|it| by_all.contains(it)).collect();
    assert!(both.is_empty(), "{both:?}");
    assert_eq!(set([by_all, alone].concat()), buttons());
}

#[test]
fn what_only_one_does_has_its_reason() {
    let part = WAYS.split("\n## ").find(|part| part.starts_with("By one"));
    let rows = part.unwrap().lines().filter(|line| line.starts_with("| `"));
    for row in rows {
        let why = row.split('|').nth(2).unwrap().trim();
        assert!(why.len() > 20, "{row}");
    }
}
