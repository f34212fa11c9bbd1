//! Prints how long the server takes from nothing to its first answer, how much memory it holds when it is
//! idle, and how long lists and pages take, in a folder of 10,000 snapshots and 100,000 changes.
//!
//! `cargo build --release -p anirewind-server && cargo bench -p anirewind-core --bench starting`
//!
//! Writing 10,000 files, each synced, takes minutes before the first figure comes; `-- FOLDER` keeps them there for
//! the next time. The server is held to one core. What makes the load is Debian's `hey`; without it those figures
//! are left out.

mod folder;
mod load;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 9;
/// At first; after the snapshot that a start brings with it; after what it reads again for a while.
const IDLE: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(30),
    Duration::from_mins(1),
];

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a benchmark talks")]
async fn main() -> Result<(), Failure> {
    // Cargo adds a flag of its own.
    let given = std::env::args()
        .skip(1)
        .find(|given| !given.starts_with("--"));
    let given = given.map(PathBuf::from);
    let passing = tempfile::tempdir()?;
    let place = given.unwrap_or_else(|| passing.path().to_owned());
    let simulator = folder::anilist().await?;
    if !place.join("anirewind.db").exists() {
        folder::prepare(&place, &simulator).await?;
    }
    let server = std::env::current_exe()?;
    let server = server.parent().and_then(Path::parent);
    let server = server.ok_or("no folder")?.join("anirewind-server");
    let anilist = simulator.url();
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let (mut child, _, took) = serve(&server, &place, &anilist)?;
        times.push(took);
        child.kill()?;
        child.wait()?;
    }
    times.sort_unstable();
    let middle = times.get(RUNS / 2).ok_or("no runs")?;
    println!("from nothing to the first answer: {middle:.1?} (all: {times:.1?})");
    let (mut child, address, _) = serve(&server, &place, &anilist)?;
    let mut waited = Duration::ZERO;
    for more in IDLE {
        tokio::time::sleep(more).await;
        waited += more;
        if let Some(words) = resident(child.id()) {
            println!("memory after {waited:?}: {words}");
        }
    }
    let loaded =
        tokio::task::spawn_blocking(move || load::print(&address).map_err(|e| e.to_string()));
    let loaded = loaded.await?;
    if let Some(words) = resident(child.id()) {
        println!("memory after all of it: {words}");
    }
    child.kill()?;
    child.wait()?;
    Ok(loaded?)
}

/// Starts the server on one core and waits for `/healthz`.
fn serve(server: &Path, data: &Path, anilist: &str) -> Result<(Child, String, Duration), Failure> {
    let started = start();
    let mut child = Command::new("taskset")
        .args(["-c", "0"])
        .arg(server)
        .args(["--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("ANIREWIND_LOG", "off")
        .env("ANIREWIND_LOGIN", "off")
        .env("ANIREWIND_BACKUP_RETENTION_DAYS", "0")
        .env("ANIREWIND_ANILIST_TOKEN", folder::TOKEN)
        .env("ANIREWIND_ANILIST_URL", anilist)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = String::new();
    let output = child.stdout.take().ok_or("no output")?;
    BufReader::new(output).read_line(&mut line)?;
    let address = line.trim().rsplit("http://").next().unwrap_or_default();
    let address = address.trim_end_matches('/').to_owned();
    let answer = ask(&address, "/healthz")?;
    let took = started.elapsed();
    if !answer.starts_with("HTTP/1.1 200") {
        return Err(answer.into());
    }
    Ok((child, address, took))
}

/// One answer, whole.
fn ask(address: &str, path: &str) -> Result<String, Failure> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// What is resident in memory now, and what of it the system can have back, where it says so.
fn resident(process: u32) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let of = |name: &str| -> Option<u64> {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    let (all, own, file) = (of("VmRSS:")?, of("RssAnon:")?, of("RssFile:")?);
    Some(format!("{all} kB ({own} its own, {file} of its program)"))
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures true time")]
fn start() -> Instant {
    Instant::now()
}
