//! The server on a socket of its own, and what is written to it letter by letter.

use std::net::{SocketAddr, TcpListener};

use actix_web::rt::net::TcpStream;
use anirewind_web::{Desk, Door, Serving, Waits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::pages::Scene;

/// A server that listens.
pub(crate) struct Wire {
    serving: Serving,
    address: SocketAddr,
}

impl Wire {
    pub(crate) fn new(scene: &Scene, waits: Waits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (door, desk) = (Door::default(), Desk::default());
        let serving = Serving::with_waits(scene.app.clone(), listener, &door, &desk, waits);
        Self {
            serving: serving.unwrap(),
            address,
        }
    }

    /// A connection on which so much was said.
    pub(crate) async fn say(&self, words: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(words).await.unwrap();
        stream
    }

    /// The same, with `HOST` for the name of the server.
    pub(crate) async fn begin(&self, words: &str) -> TcpStream {
        let words = words.replace("HOST", &self.address.to_string());
        self.say(words.as_bytes()).await
    }

    /// All that is answered until the other side hangs up, with `HOST` for the name of the server.
    pub(crate) async fn ask(&self, words: &str) -> String {
        all(self.begin(words).await).await
    }

    pub(crate) async fn end(self) {
        self.serving.drain().await;
    }
}

/// All that comes until the other side hangs up.
pub(crate) async fn all(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    // Whoever is cut off may lose the end of it.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}
