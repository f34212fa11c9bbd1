//! The least a GraphQL client can be, and a small world to point it at.

use std::sync::Arc;

use anirewind_simulator::{SimMedia, SimUser, Simulator, VirtualClock, World};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use time::macros::datetime;
use tokio::net::TcpStream;

pub(crate) const TOKEN: &str = "token-of-hana";
pub(crate) const HANA: u32 = 1;
pub(crate) const YUKI: u32 = 2;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }
}

/// Two users, three anime, one manga, and a clock that stands still.
pub(crate) fn small_world() -> World {
    let mut world = World::new();
    world.add_user(SimUser::new(HANA, "hana"), TOKEN);
    world.add_user(SimUser::new(YUKI, "yuki"), "token-of-yuki");
    world.edit_user(HANA, |user| {
        user.lists.anime.custom_lists = vec!["Cozy".to_owned(), "Rain".to_owned()];
        user.lists.anime.advanced_scoring = vec!["Story".to_owned(), "Art".to_owned()];
    });
    for id in 1..=3 {
        world.add_media(SimMedia::new(id, true, &format!("Anime {id}"), Some(12)));
    }
    world.add_media(SimMedia::new(9, false, "Manga 9", Some(30)));
    world
}

pub(crate) fn clock() -> Arc<VirtualClock> {
    Arc::new(VirtualClock::starting_at(datetime!(2026-03-01 12:00 UTC)))
}

pub(crate) async fn simulator() -> Simulator {
    Simulator::start(small_world(), clock()).await.unwrap()
}

/// Posts a document with variables; an `Err` is a connection that gave no answer.
pub(crate) async fn post(
    simulator: &Simulator,
    token: Option<&str>,
    query: &str,
    variables: Value,
) -> Result<Answer, hyper::Error> {
    let address = simulator.url().replace("http://", "").replace('/', "");
    let stream = TcpStream::connect(&address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut request = hyper::Request::post("/").header("host", &address);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = json!({ "query": query, "variables": variables }).to_string();
    let answer = sender
        .send_request(request.body(Full::new(Bytes::from(body))).unwrap())
        .await?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let bytes = answer.into_body().collect().await?.to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Answer {
        status,
        headers,
        body: serde_json::from_str(&text).unwrap_or_default(),
        text,
    })
}

/// Posts as hana.
pub(crate) async fn ask(simulator: &Simulator, query: &str) -> Answer {
    post(simulator, Some(TOKEN), query, Value::Null)
        .await
        .unwrap()
}
