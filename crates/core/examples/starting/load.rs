//! Lists and pages under load, each by itself, by the load generator `hey`.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::Command;

use crate::{Failure, ask};

/// 200 requests a second, by 4 clients.
const MANY: [&str; 6] = ["-c", "4", "-q", "50", "-n", "1000"];
/// One after the other, by somebody who reads.
const ONE: [&str; 4] = ["-c", "1", "-n", "60"];
/// Clients that begin a request and never end it, and that ask for much and never read.
const STUCK: usize = 100;

const LISTS: [&str; 15] = [
    "/api/v1/profiles",
    "/api/v1/snapshots?limit=50",
    "/api/v1/snapshots/latest/entries?limit=50",
    "/api/v1/changes?limit=50",
    "/api/v1/changes?limit=50&field=score",
    "/api/v1/changes?limit=50&outcome=deleted",
    "/api/v1/changes?limit=50&title=title",
    "/api/v1/changes/counts",
    "/api/v1/list?at=@-7d&limit=50",
    "/api/v1/titles?limit=50",
    "/api/v1/operations",
    "/api/v1/plans",
    "/api/v1/jobs",
    "/api/v1/alarms",
    "/api/v1/trash",
];

const PAGES: [&str; 17] = [
    "/",
    "/backups/hana",
    "/backups/hana?before=latest",
    "/backups/hana/latest",
    "/backups/hana/latest?view=changes",
    "/backups/hana/latest?view=raw",
    "/compare/hana?from=latest~1&to=latest",
    "/at/hana?when=@-7d",
    "/timeline/hana",
    "/timeline/hana?q=title",
    "/titles/hana",
    "/titles/hana/anime/500000",
    "/settings/hana",
    "/settings",
    "/status",
    "/status/log",
    "/about",
];

#[expect(clippy::print_stdout, reason = "an example talks")]
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
    let stuck = stick(address)?;
    for path in LISTS.iter().take(4) {
        measure(address, path, &MANY)?;
    }
    drop(stuck);
    println!("pages, p50 p95 p99 in ms, one after the other:");
    for path in PAGES {
        measure(address, path, &ONE)?;
    }
    Ok(())
}

/// Half of them send part of a request, half of them never read what they asked for.
fn stick(address: &str) -> Result<Vec<TcpStream>, Failure> {
    let mut streams = Vec::new();
    for number in 0..STUCK {
        let mut stream = TcpStream::connect(address)?;
        let ends = if number % 2 == 0 { "" } else { "\r\n\r\n" };
        write!(stream, "GET /api/v1/list HTTP/1.1\r\nHost: {address}{ends}")?;
        streams.push(stream);
    }
    Ok(streams)
}

#[expect(clippy::print_stdout, reason = "an example talks")]
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
    let all = told
        .lines()
        .any(|line| line.trim() == "[200]\t1000 responses");
    let part = |name: &str| {
        let line = told.lines().find(|line| line.trim().starts_with(name));
        let second = line.and_then(|line| line.split_whitespace().nth(2));
        second
            .and_then(|second| second.parse::<f64>().ok())
            .map_or(f64::NAN, |s| s * 1000.0)
    };
    println!(
        "  {path}: {:.1} {:.1} {:.1}{}",
        part("50%"),
        part("95%"),
        part("99%"),
        if all { "" } else { ", not all were answered" }
    );
    Ok(())
}
