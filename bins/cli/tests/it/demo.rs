//! The demo of the server, from a terminal beside it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// A demo that ends with the test.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_command_that_the_demo_prints_works_on_it_and_so_do_others() {
    let command = assert_cmd::cargo::cargo_bin("anirewind");
    let server = command.with_file_name("anirewind-server");
    assert!(
        server.exists(),
        "the server is not built: test it with the command, as in `cargo test -p anirewind-server -p anirewind`"
    );
    let mut process = Command::new(server)
        .args(["--demo", "--listen", "127.0.0.1:0"])
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let _demo = Demo(process);
    let mut lines = lines.map_while(Result::ok);
    let told = lines.find(|line| line.starts_with("In another terminal"));
    let told = told.unwrap();
    let words: Vec<_> = told.rsplit(": ").next().unwrap().split(' ').collect();
    let ["anirewind", "--data-dir", folder, "log"] = words.as_slice() else {
        panic!("{told}");
    };
    let run = |arguments: &[&str]| {
        let mut run = Command::new(&command);
        run.env_clear().args(["--data-dir", folder]).args(arguments);
        let output = run.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (String::from_utf8(output.stdout).unwrap(), said)
    };
    let (log, said) = run(&["log"]);
    assert!(log.contains("120 titles vanished together"), "{log}{said}");
    // That asks AniList, as whose account it is.
    let (diff, said) = run(&["diff", "latest~1", "live"]);
    assert!(diff.contains("120 missing"), "{diff}{said}");
}
