//! What lets somebody follow what happens for as long as they like, and no longer than they are in.

use actix_web::web::Bytes;
use actix_web::{Error, HttpResponse, HttpResponseBuilder};
use anirewind_core::App;
use futures_util::stream::unfold;
use futures_util::{Stream, StreamExt as _};
use time::OffsetDateTime;

use crate::access::Who;

/// Who follows, without a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Login is off.
    Anybody,
    /// The session of this id.
    Session(String),
    /// The key of this name that was made then: another one may be called the same.
    Key(String, OffsetDateTime),
}

impl Pass {
    /// Nothing for who is not in.
    pub(crate) fn of(who: &Who) -> Option<Self> {
        match who {
            Who::Anybody => Some(Self::Anybody),
            Who::Session(row) => Some(Self::Session(row.id.clone())),
            Who::Key(row) => Some(Self::Key(row.name.clone(), row.created_at)),
            Who::Nobody | Who::WrongKey => None,
        }
    }

    /// Whether it still holds. To follow is not to use it: nobody stays in for ever by a page that is open.
    async fn holds(&self, app: &App) -> bool {
        match self {
            Self::Anybody => true,
            Self::Session(id) => {
                let sessions = app.sessions().await.unwrap_or_default();
                sessions.iter().any(|row| row.id == *id)
            }
            Self::Key(name, at) => {
                let keys = app.keys().await.unwrap_or_default();
                keys.iter()
                    .any(|row| row.name == *name && row.created_at == *at)
            }
        }
    }
}

/// Tells these frames as they come, and ends before the first one that whoever listens may no longer hear.
pub(crate) fn told(
    app: App,
    pass: Option<Pass>,
    frames: impl Stream<Item = Bytes> + 'static,
) -> HttpResponse {
    let frames = unfold(Box::pin(frames), move |mut frames| {
        let (app, pass) = (app.clone(), pass.clone());
        async move {
            let frame = frames.next().await?;
            if !pass?.holds(&app).await {
                return None;
            }
            Some((Ok::<_, Error>(frame), frames))
        }
    });
    head().streaming(frames)
}

/// What stands before what is told.
pub(crate) fn head() -> HttpResponseBuilder {
    let mut head = HttpResponse::Ok();
    head.content_type("text/event-stream")
        .insert_header(("X-Accel-Buffering", "no"));
    head
}
