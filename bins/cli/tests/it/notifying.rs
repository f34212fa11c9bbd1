//! Notices from the command line, and what is said of where they go.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::scene::Scene;

/// Takes one request, answers yes, and hands over what it was.
fn receive(listener: &TcpListener) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut text = String::new();
    let mut part = [0; 4096];
    // The body is JSON in one piece.
    while !text.ends_with('}') {
        let read = stream.read(&mut part).unwrap();
        text.push_str(&String::from_utf8_lossy(&part[..read]));
    }
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    stream.write_all(answer).unwrap();
    text
}

#[test]
fn a_test_arrives_and_no_secret_is_printed_or_logged() {
    let scene = Scene::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("{}/CANARY", listener.local_addr().unwrap());
    let receiver = std::thread::spawn(move || receive(&listener));
    let mut said = String::new();
    for arguments in [["notify", "test", "-vv"], ["notify", "list", "--json"]] {
        let mut command = scene.command();
        let output = command
            .args(arguments)
            .env("ANIREWIND_NOTIFY_WEBHOOK_URL", format!("http://{url}"))
            .env("ANIREWIND_NOTIFY_WEBHOOK_SECRET", "CANARY")
            .env("ANIREWIND_NOTIFY_ALLOW_PRIVATE", "true")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        said.push_str(&String::from_utf8_lossy(&output.stdout));
        said.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    assert!(receiver.join().unwrap().contains("this is a test"));
    assert!(said.contains("webhook: http://127.0.0.1 took it"), "{said}");
    assert!(said.contains("anirewind.notify/1"), "{said}");
    assert!(!said.contains("CANARY"), "{said}");
}

#[test]
fn without_a_channel_it_says_how_to_set_one_up() {
    let scene = Scene::new();
    let output = scene.run(&["notify", "test"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("notify_ntfy_url"), "{said}");
    let output = scene.run(&["notify", "list"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
