//! What Ctrl-C does: it ends a command, or lets what is being sent come to rest.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use anirewind_simulator::SimEntry;

use crate::scene::Scene;

const HANA: u32 = 4242;

fn spawn(scene: &Scene, rate: &str, arguments: &[&str]) -> Child {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("anirewind"));
    command.env_clear().envs(scene.environment());
    command.env("ANIREWIND_RATE_LIMIT", rate);
    command.args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn interrupt(child: &Child) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-s", "INT", &id]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_command_that_sends_nothing_just_ends() {
    let scene = Scene::connected();
    scene.run(&["backup"]);
    scene.simulator.world().drop_entry(HANA, 1_001);
    scene.run(&["look"]);
    let mut child = spawn(&scene, "60000", &["log", "--follow"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains(" - "));
    interrupt(&child);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{ended:?}");
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
}

#[test]
fn an_act_comes_to_rest_and_says_how_it_goes_on() {
    let scene = Scene::with_list(300, 0);
    let token = scene.token_file(crate::scene::TOKEN);
    scene.run(&["account", "add", "--token-file", &token]);
    scene.run(&["backup"]);
    {
        let mut world = scene.simulator.world();
        let entries: Vec<_> = world.entries(HANA).cloned().collect();
        for entry in entries {
            let score = if entry.score == 50 { 60 } else { 50 };
            world.put_entry(SimEntry { score, ..entry });
        }
    }
    // Slow enough that it is not over before it is interrupted.
    let restore = ["restore", "latest", "--prefer", "snapshot", "--yes"];
    let mut child = spawn(&scene, "120", &restore);
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let begun = said.find(|line| line.as_ref().unwrap().contains(": add and change, "));
    assert!(begun.is_some());
    interrupt(&child);
    let rest = said.map_while(Result::ok).collect::<Vec<_>>().join("\n");
    assert!(rest.contains("Coming to rest"), "{rest}");
    let mut told = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{told}");
    let (_, told) = told.split_once("Paused after ").unwrap();
    let (done, told) = told.split_once(" of 300. Continue: anirewind ").unwrap();
    assert!(done.parse::<usize>().unwrap() < 300);
    let next = told.lines().next().unwrap().split(' ').chain(["--yes"]);
    let next: Vec<_> = next.collect();
    let finished = scene.run(&next);
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
}
