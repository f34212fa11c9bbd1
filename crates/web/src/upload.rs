//! Files that browsers and programs send. They are written down as they arrive: of none more than a
//! little is held in memory.

use actix_web::http::header;
use actix_web::{HttpRequest, web};
use anirewind_core::{App, ImportError, Sending};
use futures_util::StreamExt as _;
use futures_util::future::join;
use futures_util::stream::unfold;
use multer::Multipart;
use thiserror::Error;
use tokio::sync::mpsc;

use crate::patience;

/// What stands beside files in a form is short, and there is not much of it.
const LARGEST_FIELD: usize = 4 * 1024;
const MOST_FIELDS: usize = 20;

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
    sending.begin_file(name).await?;
    while let Some(chunk) = payload.next().await {
        sending.write(&chunk.map_err(|error| why(&error))?).await?;
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
    let arriving = unfold(arriving, |mut arriving| async move {
        let chunk: web::Bytes = arriving.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(chunk), arriving))
    });
    let taken = take(app, Multipart::new(arriving, boundary));
    let (passed, taken) = join(pass_on(payload, parts), taken).await;
    passed?;
    taken
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

async fn take(app: &App, mut parts: Multipart<'_>) -> Result<Sent, UploadError> {
    let mut sending: Option<Sending> = None;
    let mut sent = Sent::default();
    while let Some(mut part) = parts.next_field().await.map_err(|error| broken(&error))? {
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let mut field = Vec::new();
        let mut is_begun = false;
        while let Some(chunk) = part.chunk().await.map_err(|error| broken(&error))? {
            let Some(file) = &file else {
                field.extend_from_slice(&chunk);
                if field.len() > LARGEST_FIELD || sent.fields.len() >= MOST_FIELDS {
                    return Err(UploadError::Broken("that is no form of ours".to_owned()));
                }
                continue;
            };
            let sending = match &mut sending {
                Some(sending) => sending,
                None => sending.insert(app.begin_upload().await?),
            };
            if !is_begun {
                sending.begin_file(file).await?;
                is_begun = true;
            }
            sending.write(&chunk).await?;
        }
        match file {
            // A field for files that is left empty is sent as one without a name.
            Some(file) if !is_begun && !file.is_empty() => {
                let sending = match &mut sending {
                    Some(sending) => sending,
                    None => sending.insert(app.begin_upload().await?),
                };
                sending.begin_file(&file).await?;
            }
            Some(_) => {}
            None => {
                let value = String::from_utf8_lossy(&field).into_owned();
                sent.fields.push((name, value));
            }
        }
    }
    if let Some(sending) = sending {
        sent.files = Some(sending.finish().await?);
    }
    Ok(sent)
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
