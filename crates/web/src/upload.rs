//! Files that browsers and programs send. They are written down as they arrive: of none more than a
//! little is held in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;

use actix_web::http::header;
use actix_web::{HttpRequest, web};
use anirewind_core::{App, ImportError, Sending};
use futures_util::StreamExt as _;
use futures_util::future::join;
use futures_util::stream::{Stream, poll_fn};
use multer::{Field, Multipart};
use thiserror::Error;
use tokio::sync::mpsc;

use crate::patience;

/// What stands beside files in a form is short, and there is not much of it.
const LARGEST_FIELD: usize = 4 * 1024;
const MOST_FIELDS: usize = 20;
/// With so much at hand, what takes a form apart looks first whether that will do.
const ENOUGH: usize = 128 * 1024;
/// So much at hand that makes neither a part nor a piece of one is no form.
const MOST_HELD: usize = 1024 * 1024;
const NO_FORM: &str = "that is no form of ours";

/// Where files may be sent, with a star for the name of a profile. Nothing else takes a body of any length.
const PLACES: [&str; 3] = [
    "/api/v1/changes/import",
    "/api/v1/imports",
    "/backups/*/import",
];

/// Whether files may be sent to this address, which is without what a proxy adds.
pub(crate) fn is_taken_at(path: &str) -> bool {
    PLACES.iter().any(|place| {
        let (place, path) = (place.split('/'), path.split('/'));
        let is_same = |(place, part): (&str, &str)| place == "*" || place == part;
        place.clone().count() == path.clone().count() && place.zip(path).all(is_same)
    })
}

/// What was sent could not be taken.
#[derive(Debug, Error)]
pub(crate) enum UploadError {
    /// It did not arrive in time.
    #[error("{}", patience::LATE)]
    Late,
    /// It makes no sense.
    #[error("{0}")]
    Broken(String),
    /// It could not be put aside, or is too much.
    #[error(transparent)]
    Stage(#[from] ImportError),
}

/// What was sent: under which id the files wait, if there are any, and the other fields of the form.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) files: Option<String>,
    fields: Vec<(String, String)>,
}

impl Sent {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }
}

/// The whole body of a request as one file. Says under which id it waits.
pub(crate) async fn body(
    app: &App,
    name: &str,
    mut payload: web::Payload,
) -> Result<Sent, UploadError> {
    let mut sending = app.begin_upload().await?;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| why(&error))?;
        if sending.is_empty() && !chunk.is_empty() {
            sending.begin_file(name).await?;
        }
        sending.write(&chunk).await?;
    }
    if sending.is_empty() {
        return Ok(Sent::default());
    }
    Ok(Sent {
        files: Some(sending.finish().await?),
        fields: Vec::new(),
    })
}

/// A form with files in it.
pub(crate) async fn form(
    app: &App,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Sent, UploadError> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|error| broken(&error))?;
    // What comes from the socket stays on its thread; what takes it apart does not ask for that.
    let (parts, arriving) = mpsc::channel(1);
    let held = Arc::new(Held::default());
    let parted = Multipart::new(arriving_in(arriving, Arc::clone(&held)), &boundary);
    let taken = take(app, parted, &held, boundary.len());
    let (passed, taken) = join(pass_on(payload, parts), taken).await;
    // What was not sent to its end is forgotten: nobody is told under which id it would wait.
    passed?;
    let (sending, fields) = taken?;
    let files = match sending {
        Some(sending) => Some(sending.finish().await?),
        None => None,
    };
    Ok(Sent { files, fields })
}

/// How much of a form is in memory.
#[derive(Debug, Default)]
struct Held {
    /// Bytes that arrived and of which nothing was made yet.
    bytes: AtomicUsize,
    /// Whether more was asked for since something was made of them.
    is_wanting: AtomicBool,
}

impl Held {
    /// So many bytes became a part, or a piece of one.
    fn taken(&self, bytes: usize) {
        let held = self.bytes.load(Ordering::Relaxed);
        self.bytes
            .store(held.saturating_sub(bytes), Ordering::Relaxed);
        self.is_wanting.store(false, Ordering::Relaxed);
    }
}

/// What arrives, for what takes it apart. That takes in all there is whenever it is asked for a piece, however
/// much it has: so it gets no more while it has enough, and is refused when it makes nothing of much.
fn arriving_in(
    mut arriving: mpsc::Receiver<web::Bytes>,
    held: Arc<Held>,
) -> impl Stream<Item = Result<web::Bytes, std::io::Error>> + Send {
    poll_fn(move |context| {
        let bytes = held.bytes.load(Ordering::Relaxed);
        if bytes > ENOUGH && !held.is_wanting.swap(true, Ordering::Relaxed) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if bytes > MOST_HELD {
            return Poll::Ready(Some(Err(std::io::Error::other(NO_FORM))));
        }
        let arrived = std::task::ready!(arriving.poll_recv(context));
        let length = arrived.as_ref().map_or(0, web::Bytes::len);
        held.bytes.store(bytes + length, Ordering::Relaxed);
        Poll::Ready(arrived.map(Ok))
    })
}

async fn pass_on(
    mut payload: web::Payload,
    parts: mpsc::Sender<web::Bytes>,
) -> Result<(), UploadError> {
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| why(&error))?;
        if parts.send(chunk).await.is_err() {
            // Whoever takes it apart has had enough, and says why.
            break;
        }
    }
    Ok(())
}

type Taken = (Option<Sending>, Vec<(String, String)>);

async fn take(
    app: &App,
    mut parts: Multipart<'_>,
    held: &Held,
    boundary: usize,
) -> Result<Taken, UploadError> {
    let mut sending: Option<Sending> = None;
    let mut fields = Vec::new();
    let mut left_empty = 0;
    while let Some(mut part) = parts.next_field().await.map_err(|error| torn(&error))? {
        held.taken(boundary + length_of_head(&part));
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        if fields.len() + left_empty >= MOST_FIELDS && file.as_ref().is_none_or(String::is_empty) {
            return Err(UploadError::Broken(NO_FORM.to_owned()));
        }
        let mut field = Vec::new();
        let mut is_begun = false;
        while let Some(chunk) = part.chunk().await.map_err(|error| torn(&error))? {
            held.taken(chunk.len());
            let Some(file) = &file else {
                field.extend_from_slice(&chunk);
                if field.len() > LARGEST_FIELD {
                    return Err(UploadError::Broken(NO_FORM.to_owned()));
                }
                continue;
            };
            if chunk.is_empty() {
                continue;
            }
            let sending = begun(app, &mut sending).await?;
            if !is_begun {
                sending.begin_file(file).await?;
                is_begun = true;
            }
            sending.write(&chunk).await?;
        }
        match file {
            Some(_) if is_begun => {}
            // A field for files that is left empty is sent as one without a name.
            Some(file) if file.is_empty() => left_empty += 1,
            Some(file) => {
                begun(app, &mut sending).await?.begin_file(&file).await?;
            }
            None => {
                let value = String::from_utf8_lossy(&field).into_owned();
                fields.push((name, value));
            }
        }
    }
    Ok((sending, fields))
}

async fn begun<'a>(
    app: &App,
    sending: &'a mut Option<Sending>,
) -> Result<&'a mut Sending, UploadError> {
    match sending {
        Some(sending) => Ok(sending),
        None => Ok(sending.insert(app.begin_upload().await?)),
    }
}

/// About how many bytes stood before the part itself, without the boundary.
fn length_of_head(part: &Field<'_>) -> usize {
    let lines = part.headers().iter();
    let lines = lines.map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    lines.sum::<usize>() + "\r\n--\r\n\r\n".len()
}

fn torn(error: &multer::Error) -> UploadError {
    match error {
        // Of what arrives nothing fails by itself: it was too much.
        multer::Error::StreamReadFailed(source) => UploadError::Broken(source.to_string()),
        error => broken(error),
    }
}

fn why(error: &actix_web::error::PayloadError) -> UploadError {
    if patience::is_late(error) {
        UploadError::Late
    } else {
        broken(error)
    }
}

fn broken(error: &impl std::error::Error) -> UploadError {
    UploadError::Broken(error.to_string())
}
