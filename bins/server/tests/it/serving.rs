//! The server as a newcomer starts it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A running server, killed when the test is over.
pub(crate) struct Server {
    process: Child,
    address: String,
}

impl Server {
    pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut process = command(arguments, environment).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().rsplit("http://").next().unwrap().to_owned();
        Self { process, address }
    }

    /// Status and body of a page; `host` is what the browser would claim to talk to.
    pub(crate) fn get(&self, path: &str, host: Option<&str>) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let host = host.unwrap_or(&self.address);
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(
            !anirewind_simulator::canary::sings(answer.as_bytes()),
            "{answer}"
        );
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn command(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_anirewind-server"));
    command
        .args(["--listen", "127.0.0.1:0"])
        .args(arguments)
        .env_clear()
        .env("ANIREWIND_LOG", "off")
        .env("ANIREWIND_LOGIN", "off")
        .envs(environment.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Where it is done at all, see `memory.rs`.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn glibc_is_told_to_keep_little_and_the_process_stays_the_same() {
    let told = |environment: &[(&str, &str)]| {
        let data = tempfile::tempdir().unwrap();
        let data = data.path().to_str().unwrap();
        let server = Server::start(&["--data-dir", data], environment);
        // Of the process that was started, and no other.
        let id = server.process.id();
        let said = std::fs::read_to_string(format!("/proc/{id}/environ")).unwrap();
        let said = said.split('\0').filter(|said| said.starts_with("MALLOC_"));
        let mut said: Vec<_> = said.map(str::to_owned).collect();
        said.sort();
        let arguments = std::fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap();
        assert_eq!(arguments.matches("--data-dir").count(), 1, "{arguments}");
        said
    };
    let ours = ["MALLOC_ARENA_MAX=1", "MALLOC_TRIM_THRESHOLD_=65536"];
    assert_eq!(told(&[]), ours);
    // Whoever starts it has the last word.
    let theirs = ["MALLOC_ARENA_MAX=7"];
    assert_eq!(told(&[("MALLOC_ARENA_MAX", "7")]), theirs);
}

#[test]
fn the_demo_shows_snapshots_and_takes_one_by_itself() {
    let server = Server::start(&["--demo"], &[]);
    let (status, page) = server.get("/", None);
    assert_eq!(status, 200);
    assert!(page.contains("changed in an unusual way"), "{page}");
    let files = || {
        let (_, answer) = server.get("/api/v1/snapshots", None);
        answer.matches("plexanibridge-hana.").count()
    };
    let before = files();
    assert!(before > 0);
    // A minute's worth of looks, should the machine be slow.
    let more = (0..6_000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        files() > before
    });
    assert!(more, "no snapshot at start");
}

#[test]
fn the_demo_never_uses_a_real_token() {
    // An address nobody answers at: if the demo took the environment's word, nothing would work.
    let real = [
        (
            "ANIREWIND_ANILIST_TOKEN",
            anirewind_simulator::canary::HANAS,
        ),
        ("ANIREWIND_ANILIST_URL", "http://127.0.0.1:9"),
    ];
    let server = Server::start(&["--demo"], &real);
    assert!(
        server
            .get("/", None)
            .1
            .contains("changed in an unusual way")
    );
}

#[test]
fn without_an_account_the_page_says_how_to_add_one() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(&["--data-dir", &data.path().display().to_string()], &[]);
    let (status, page) = server.get("/", None);
    assert_eq!(status, 200);
    assert!(page.contains("/connect"), "{page}");
    assert_eq!(server.get("/healthz", None).0, 200);
    assert_eq!(server.get("/nowhere", None).0, 404);
}

#[test]
fn a_page_elsewhere_cannot_reach_in_under_a_name_of_its_own() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(&["--data-dir", &data.path().display().to_string()], &[]);
    for host in ["evil.example", "127.0.0.1.evil.example", "192.168.1.2"] {
        assert_eq!(server.get("/", Some(host)).0, 403, "{host}");
    }
    assert_eq!(server.get("/", Some("localhost")).0, 200);
}

#[test]
fn a_start_that_cannot_be_says_why() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path().display().to_string();
    for (arguments, environment, words) in [
        (
            vec!["--data-dir", &data],
            vec![("ANIREWIND_BACKUP_AT", "sometimes")],
            "daily@HH:MM",
        ),
        (
            vec!["--data-dir", &data, "--demo"],
            vec![],
            "cannot be used with",
        ),
        (
            vec!["--data-dir", &data],
            vec![("ANIREWIND_ANILIST_URL", "http://example.org")],
            "`anilist_url` cannot be `http://example.org` (from the environment variable",
        ),
        (
            vec!["--data-dir", &data],
            vec![("ANIREWIND_REFERER", "a\u{1}b")],
            "(from the environment variable ANIREWIND_REFERER); allowed:",
        ),
        (
            vec!["--data-dir", &data],
            vec![("ANIREWIND_LOG", "a=b=c")],
            "`log` cannot be `a=b=c` (from the environment variable ANIREWIND_LOG); allowed:",
        ),
    ] {
        let output = command(&arguments, &environment).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(words), "{said}");
    }
    let made = std::fs::read_dir(&data).unwrap().count();
    assert_eq!(made, 0, "nothing is made before the settings make sense");
    let mut open = Command::new(env!("CARGO_BIN_EXE_anirewind-server"));
    open.env_clear()
        .args(["--data-dir", &data, "--listen", "0.0.0.0:0"]);
    let output = open.output().unwrap();
    assert_eq!(output.status.code(), Some(9), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("no password yet"),
        "{output:?}"
    );
}

/// What a server wrote to its log until it was ended.
fn log_of(mut server: Server) -> String {
    let mut log = String::new();
    let mut errors = server.process.stderr.take().unwrap();
    server.process.kill().unwrap();
    errors.read_to_string(&mut log).unwrap();
    log
}

#[test]
fn who_lets_everybody_in_is_told_so_in_the_log_and_on_every_page() {
    let warning = "login is off: whoever reaches";
    let banner = "Login is off, and this server can be reached from other machines";
    for (listen, is_warned) in [("0.0.0.0:0", true), ("127.0.0.1:0", false)] {
        let data = tempfile::tempdir().unwrap();
        let data = data.path().display().to_string();
        let environment = [("ANIREWIND_LISTEN", listen), ("ANIREWIND_LOG", "warn")];
        let mut process = Command::new(env!("CARGO_BIN_EXE_anirewind-server"))
            .args(["--data-dir", &data])
            .env_clear()
            .env("ANIREWIND_LOGIN", "off")
            .envs(environment)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said = line.trim().rsplit("http://").next().unwrap();
        let port = said.rsplit(':').next().unwrap();
        let address = format!("127.0.0.1:{port}");
        let server = Server { process, address };
        // It listens where it was told to, and answers: so it has said what it says at the start.
        assert_eq!(said.split(':').next(), listen.split(':').next());
        for page in ["/", "/about", "/status"] {
            let (status, page) = server.get(page, None);
            assert_eq!((status, page.contains(banner)), (200, is_warned), "{page}");
        }
        let log = log_of(server);
        let lines = log.lines().filter(|line| line.contains(warning));
        assert_eq!(lines.count(), usize::from(is_warned), "{log}");
        let is_named = log.contains(&format!("whoever reaches 0.0.0.0:{port} can change"));
        assert_eq!(is_named, is_warned, "{log}");
    }
}

#[cfg(unix)]
#[test]
fn a_server_that_was_killed_has_every_snapshot_when_it_starts_again() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path().display().to_string();
    let file = "plexanibridge-hana.20251004010203.json";
    let theirs = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../crates/backup/tests/it/files")
        .join(file);
    for round in 0..3 {
        let server = Server::start(&["--data-dir", &data], &[]);
        if round == 0 {
            let folder = std::path::Path::new(&data).join("backups");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::copy(&theirs, folder.join(file)).unwrap();
        }
        let answer = server.get("/api/v1/snapshots", None).1;
        assert!(answer.contains(file), "round {round}: {answer}");
        // Dropping kills it without a warning.
    }
}
