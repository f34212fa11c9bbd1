//! Lists and pages under load, each by itself, by the load generator `hey`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use serde_json::Value;

use crate::{Failure, ask};

/// 200 requests a second, by 4 clients.
const MANY: [&str; 6] = ["-c", "4", "-q", "50", "-n", "1000"];
/// One after the other, by somebody who reads.
const ONE: [&str; 4] = ["-c", "1", "-n", "60"];
/// Clients that begin a request and never end it, and that ask for much and never read.
const STUCK: usize = 100;
/// So many files of snapshots by each of the latter.
const MUCH: usize = 100;
/// What no page should take longer than, in milliseconds, p95.
const LONGEST: f64 = 50.0;

const LISTS: [&str; 20] = [
    "/api/v1/profiles",
    "/api/v1/snapshots?limit=50",
    "/api/v1/snapshots/latest/entries?limit=50",
    "/api/v1/changes?limit=50",
    "/api/v1/changes?limit=50&field=score",
    "/api/v1/changes?limit=50&outcome=deleted",
    "/api/v1/changes?limit=50&title=title",
    "/api/v1/changes/counts",
    "/api/v1/changes/counts?type=ANIME",
    "/api/v1/changes/days",
    "/api/v1/outlook?limit=50",
    "/api/v1/totals?profile=hana",
    "/api/v1/unreadable",
    "/api/v1/list?at=@-7d&limit=50",
    "/api/v1/titles?limit=50",
    "/api/v1/operations",
    "/api/v1/plans",
    "/api/v1/jobs",
    "/api/v1/alarms",
    "/api/v1/trash",
];

const PAGES: [&str; 31] = [
    "/",
    "/backups/hana",
    "/backups/hana?sort=size",
    "/backups/hana?kept=yes",
    "/backups/hana/import",
    "/backups/hana/prune",
    "/backups/hana/trash",
    "/backups/hana/latest",
    "/backups/hana/latest?view=changes",
    "/backups/hana/latest?view=raw",
    "/backups/hana/latest/keep",
    "/backups/hana/latest/delete",
    "/compare/hana?from=latest~1&to=latest",
    "/at/hana?when=@-7d",
    "/timeline/hana",
    "/timeline/hana?q=title",
    "/timeline/hana?kind=removed",
    "/timeline/hana/CHANGE",
    "/timeline/hana?group=GROUP",
    "/titles/hana",
    "/titles/hana/anime/500000",
    "/plan/hana",
    "/plan/hana/new",
    "/plan/hana/PLAN",
    "/ops/hana",
    "/settings/hana",
    "/settings",
    "/status",
    "/status/log",
    "/security",
    "/about",
];

#[expect(clippy::print_stdout, reason = "a benchmark talks")]
pub(crate) fn print(address: &str) -> Result<(), Failure> {
    if Command::new("hey").arg("-h").output().is_err() {
        println!("lists and pages: not measured, there is no `hey`");
        return Ok(());
    }
    println!("lists, p50 p95 p99 in ms at 200 requests a second, server on one core:");
    for path in LISTS {
        measure(address, path, &MANY)?;
    }
    println!("the same beside {STUCK} clients that are stuck:");
    let mut stuck = Vec::new();
    for path in LISTS.iter().take(4) {
        // Who only began is sent away after a while, and comes again.
        stuck.extend(stick(address)?);
        measure(address, path, &MANY)?;
    }
    drop(stuck);
    println!("pages, p50 p95 p99 in ms, one after the other:");
    let change = grouped(address)?;
    let plan = planned(address)?;
    for path in PAGES {
        let mut path = path.replace("CHANGE", named(&change, "id"));
        path = path.replace("GROUP", named(&change, "group"));
        path = path.replace("PLAN", named(&plan, "id"));
        measure(address, &path, &ONE)?;
    }
    Ok(())
}

fn named<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or("none")
}

fn body(answer: &str) -> Result<Value, Failure> {
    let (_, body) = answer.split_once("\r\n\r\n").ok_or("no body")?;
    Ok(serde_json::from_str(body)?)
}

/// The newest change that came together with others.
fn grouped(address: &str) -> Result<Value, Failure> {
    let list = body(&ask(address, "/api/v1/changes?limit=50")?)?;
    let items = list.get("items").and_then(Value::as_array);
    let is_grouped = |change: &&Value| change.get("group").is_some_and(Value::is_string);
    let found = items.and_then(|items| items.iter().find(is_grouped));
    Ok(found
        .cloned()
        .ok_or("no change came together with others")?)
}

/// A plan, with all that it takes to make one.
fn planned(address: &str) -> Result<Value, Failure> {
    let wish = r#"{"snapshot":"latest~1","prefer":"snapshot"}"#;
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST /api/v1/plans/restore HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{wish}",
        wish.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    body(&answer)
}

/// Half of them send part of a request, half of them ask for more than there is room for on the way and read none of it.
fn stick(address: &str) -> Result<Vec<TcpStream>, Failure> {
    let mut streams = Vec::new();
    for number in 0..STUCK {
        let mut stream = TcpStream::connect(address)?;
        if number % 2 == 0 {
            write!(stream, "GET /api/v1/profiles HTTP/1.1\r\nHost: {address}")?;
        } else {
            let asked =
                format!("GET /api/v1/snapshots/latest/raw HTTP/1.1\r\nHost: {address}\r\n\r\n");
            write!(stream, "{}", asked.repeat(MUCH))?;
        }
        streams.push(stream);
    }
    Ok(streams)
}

#[expect(clippy::print_stdout, reason = "a benchmark talks")]
fn measure(address: &str, path: &str, load: &[&str]) -> Result<(), Failure> {
    let answer = ask(address, path)?;
    let status = answer.lines().next().unwrap_or_default();
    if !status.contains(" 200 ") {
        println!("  {path}: not measured, {status}");
        return Ok(());
    }
    let output = Command::new("hey")
        .args(load)
        .arg(format!("http://{address}{path}"))
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    let expected = format!("[200]\t{} responses", load.last().unwrap_or(&""));
    let all = told.lines().any(|line| line.trim() == expected);
    let part = |name: &str| {
        let line = told.lines().find(|line| line.trim().starts_with(name));
        let second = line.and_then(|line| line.split_whitespace().nth(2));
        second
            .and_then(|second| second.parse::<f64>().ok())
            .map_or(f64::NAN, |s| s * 1000.0)
    };
    println!(
        "  {path}: {:.1} {:.1} {:.1}{}{}",
        part("50%"),
        part("95%"),
        part("99%"),
        if all { "" } else { ", not all were answered" },
        if part("95%") > LONGEST {
            ", too long"
        } else {
            ""
        }
    );
    Ok(())
}
