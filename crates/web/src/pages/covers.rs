//! Covers from our own cache, so that the browser asks nobody else.

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use anirewind_core::model::MediaId;

use crate::api::Hub;
use crate::page::{PageError, Visitor};

/// One that takes longer is there the next time.
const SOON: Duration = Duration::from_secs(3);

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.route("/img/cover/{media}", web::get().to(cover));
}

async fn cover(
    visitor: Visitor,
    hub: web::Data<Hub>,
    media: web::Path<u32>,
) -> Result<HttpResponse, PageError> {
    let (app, media) = (visitor.app.clone(), MediaId::new(*media));
    let work = hub.spawn(async move { app.cover(media).await });
    let found = match tokio::time::timeout(SOON, work).await {
        Ok(Ok(found)) => found?,
        _ => None,
    };
    Ok(match found {
        Some(picture) => HttpResponse::Ok()
            .content_type(picture.kind)
            .insert_header((header::CACHE_CONTROL, "private, max-age=604800"))
            .body(picture.bytes),
        None => HttpResponse::NotFound()
            .insert_header((header::CACHE_CONTROL, "private, max-age=60"))
            .finish(),
    })
}
