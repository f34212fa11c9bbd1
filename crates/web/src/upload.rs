//! Files that browsers and programs send.

use actix_web::http::header;
use actix_web::{HttpRequest, web};
use futures_util::StreamExt as _;

/// More than this at once is refused: a list of 50,000 titles stays below it.
pub(crate) const LARGEST: usize = 40 * 1024 * 1024;
/// So long nothing may arrive.
const SILENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// Files with their names, and the other fields of the form.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) fields: Vec<(String, String)>,
}

impl Sent {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }
}

/// The whole body of a request, up to the limit.
pub(crate) async fn body(mut payload: web::Payload) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    loop {
        let chunk = tokio::time::timeout(SILENCE, payload.next()).await;
        let Some(chunk) = chunk.map_err(|_| "nothing arrived any more".to_owned())? else {
            break;
        };
        let chunk = chunk.map_err(|error| error.to_string())?;
        if bytes.len() + chunk.len() > LARGEST {
            return Err(format!("more than {} MB were sent", LARGEST / 1024 / 1024));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A form with files in it.
pub(crate) async fn form(request: &HttpRequest, payload: web::Payload) -> Result<Sent, String> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|error| error.to_string())?;
    let bytes = body(payload).await?;
    let whole = std::future::ready(Ok::<_, std::convert::Infallible>(web::Bytes::from(bytes)));
    let mut parts = multer::Multipart::new(futures_util::stream::once(whole), boundary);
    let mut sent = Sent::default();
    while let Some(part) = parts
        .next_field()
        .await
        .map_err(|error| error.to_string())?
    {
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let bytes = part.bytes().await.map_err(|error| error.to_string())?;
        match file {
            // A field for files that is left empty is sent as one without a name.
            Some(file) if file.is_empty() && bytes.is_empty() => {}
            Some(file) => sent.files.push((file, bytes.to_vec())),
            None => sent
                .fields
                .push((name, String::from_utf8_lossy(&bytes).into_owned())),
        }
    }
    Ok(sent)
}
