//! Servers on this machine that write down what they are sent.

use std::sync::{Arc, Mutex};

use anirewind_notify::{Kind, Limits, Notice, Notifier, Reach};
use anirewind_simulator::VirtualClock;
use time::macros::datetime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Received {
    /// The first line, without the version.
    pub(crate) fn line(&self) -> String {
        let line = self.head.lines().next().unwrap();
        line.trim_end_matches(" HTTP/1.1").to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let mut lines = self.head.lines();
        lines.find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Answers each connection with the next of some texts, and then with 200.
pub(crate) struct Receiver {
    pub(crate) port: u16,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    pub(crate) async fn start(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let (seen, mut answers) = (
            Arc::clone(&received),
            answers
                .iter()
                .map(|answer| (*answer).to_owned())
                .collect::<Vec<_>>()
                .into_iter(),
        );
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let answer = answers.next().unwrap_or_else(|| status(200));
                let seen = Arc::clone(&seen);
                tokio::spawn(answer_one(stream, answer, seen));
            }
        });
        Self { port, received }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub(crate) fn only(&self) -> Received {
        let mut all = self.received();
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }
}

/// An answer with a status and nothing in it.
pub(crate) fn status(status: u16) -> String {
    format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

/// What never comes.
pub(crate) const SILENCE: &str = "";

async fn answer_one(mut stream: TcpStream, answer: String, seen: Arc<Mutex<Vec<Received>>>) {
    let mut text = Vec::new();
    let mut part = [0; 4096];
    loop {
        let read = stream.read(&mut part).await.unwrap_or(0);
        text.extend_from_slice(&part[..read]);
        let so_far = String::from_utf8_lossy(&text).into_owned();
        if let Some((head, body)) = so_far.split_once("\r\n\r\n") {
            let received = Received {
                head: head.to_owned(),
                body: body.to_owned(),
            };
            let length = received.header("content-length");
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                seen.lock().unwrap().push(received);
                break;
            }
        }
        if read == 0 {
            return;
        }
    }
    if answer == SILENCE {
        // Until whoever asked hangs up.
        while stream.read(&mut part).await.is_ok_and(|read| read > 0) {}
        return;
    }
    let _ = stream.write_all(answer.as_bytes()).await;
}

/// A mail server that takes everything, but from whom it is told not to.
pub(crate) async fn mail_server(answer_to_from: &'static str) -> (u16, Arc<Mutex<String>>) {
    use tokio::io::AsyncBufReadExt as _;

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard: Arc<Mutex<String>> = Arc::default();
    let all = Arc::clone(&heard);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let _ = stream.write_all(b"220 fake\r\n").await;
            let mut is_mail = false;
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                    break;
                }
                all.lock().unwrap().push_str(&line);
                let answer = match line.get(..4).unwrap_or_default() {
                    _ if is_mail && line != ".\r\n" => continue,
                    _ if is_mail => {
                        is_mail = false;
                        "250 taken"
                    }
                    "DATA" => {
                        is_mail = true;
                        "354 go on"
                    }
                    "MAIL" => answer_to_from,
                    "QUIT" => "221 bye",
                    _ => "250 fine",
                };
                let answer = format!("{answer}\r\n");
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    (port, heard)
}

pub(crate) fn notice() -> Notice {
    Notice {
        id: "n7".to_owned(),
        kind: Kind::Failing,
        profile: Some("hana".to_owned()),
        title: "hana: snapshots fail".to_owned(),
        text: "AniList says: @everyone [look](https://evil.example) – 雪".to_owned(),
        at: datetime!(2026-11-03 12:00 UTC),
        link: None,
    }
}

/// Who may send to this machine, and waits on a clock that does not hold anybody up.
pub(crate) fn notifier(allow_private: bool) -> Notifier {
    let now = datetime!(2026-11-03 12:00:07 UTC);
    Notifier::new(
        Reach { allow_private },
        Arc::new(VirtualClock::starting_at(now)),
    )
}

/// For receivers that never answer: what is waited in true time is as short as can be.
pub(crate) fn hasty() -> Notifier {
    notifier(true).with_limits(Limits {
        attempt: std::time::Duration::from_millis(200),
        ..Limits::default()
    })
}
