//! Everything that is kept of an account in one download, made while it is sent.

use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use actix_web::web::Bytes;
use actix_web::{HttpResponse, get, web};
use anirewind_core::{App, Explain as _};
use futures_util::stream::unfold;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::api::Hub;
use crate::api::auth::Reader;
use crate::api::problem::Problem;
use crate::attached::attached;

/// So much is handed on at once.
const PIECE: usize = 64 * 1024;
/// So many pieces wait for whoever reads slowly. Then the export waits,
const PIECES: usize = 4;
/// and no longer than this for one piece to be taken: it holds a thread meanwhile.
const PATIENCE: Duration = Duration::from_mins(1);
/// So many are made at once.
pub(super) const AT_ONCE: usize = 2;

/// Everything that is kept of an account: its snapshots byte for byte, what was said about them, all changes
/// and operations, as a tar archive. No token, password or setting is in it. It ends with a list of what is
/// in it (`CONTENTS.txt`); an archive without that is not whole.
#[utoipa::path(tag = "profiles", params(("profile", description = "What it is called here")), responses(
    (status = 200, content_type = "application/x-tar"),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/profiles/{profile}/export")]
pub(crate) async fn export(
    _: Reader,
    app: web::Data<App>,
    hub: web::Data<Hub>,
    profile: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let owner = app.account_row(&profile).await?.account;
    let turn = hub.exports().try_acquire_owned();
    let turn = turn.map_err(|_| Problem::busy("other exports are under way"))?;
    // What can be known to go wrong is said before anything is sent.
    app.refresh_catalogue().await?;
    let day = app.day_of(app.now());
    let (sender, receiver) = channel(PIECES);
    let (app, of) = (app.get_ref().clone(), owner.clone());
    hub.spawn(async move {
        let _turn = turn;
        let pipe = Pipe {
            sender: sender.clone(),
            runtime: Handle::current(),
            piece: Vec::with_capacity(PIECE),
        };
        let done = match app.export_everything(&of, pipe).await {
            Ok((_, mut pipe)) => tokio::task::spawn_blocking(move || pipe.flush())
                .await
                .unwrap_or_else(|error| Err(io::Error::other(error))),
            Err(error) => Err(io::Error::other(error.chain())),
        };
        // The download breaks off: nobody takes half of it for the whole.
        if let Err(error) = done
            && !sender.is_closed()
        {
            tracing::error!(%error, "an export broke off");
            let _ = tokio::time::timeout(PATIENCE, sender.send(Err(error))).await;
        }
    });
    let name = plain(&owner.name);
    Ok(HttpResponse::Ok()
        .content_type("application/x-tar")
        .insert_header(attached(&format!("anirewind-{name}-{day}.tar")))
        .streaming(pieces(receiver)))
}

fn pieces(
    receiver: Receiver<io::Result<Bytes>>,
) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    unfold(receiver, |mut receiver| async move {
        let next = receiver.recv().await?;
        Some((next, receiver))
    })
}

/// What may stand in the name of a file anywhere.
pub(super) fn plain(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let name = name.chars();
    name.map(|c| if is_plain(c) { c } else { '_' }).collect()
}

/// Hands on what is written, in pieces, and waits for whoever reads. Only for threads that may wait.
struct Pipe {
    sender: Sender<io::Result<Bytes>>,
    runtime: Handle,
    piece: Vec<u8>,
}

impl Pipe {
    fn hand_on(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        let sent = self.sender.send(Ok(Bytes::from(piece)));
        match self
            .runtime
            .block_on(async { tokio::time::timeout(PATIENCE, sent).await })
        {
            Ok(sent) => sent.map_err(|_| io::Error::from(ErrorKind::BrokenPipe)),
            Err(_) => Err(io::Error::new(
                ErrorKind::TimedOut,
                "nobody reads what is sent",
            )),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.hand_on()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_on()
    }
}
