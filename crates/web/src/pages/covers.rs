//! Covers and avatars from our own cache, so that the browser asks nobody else.

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use anirewind_core::model::MediaId;
use anirewind_core::{BrowseError, Picture};
use askama::Template as _;

use crate::api::Hub;
use crate::page::{PageError, Visitor};
use crate::parts::Letter;

/// One that takes longer is there the next time.
const SOON: Duration = Duration::from_secs(3);

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/img/cover/{media}", web::get().to(cover))
        .route("/img/avatar/{profile}", web::get().to(avatar));
}

async fn cover(
    visitor: Visitor,
    hub: web::Data<Hub>,
    media: web::Path<u32>,
) -> Result<HttpResponse, PageError> {
    let (app, media) = (visitor.app.clone(), MediaId::new(*media));
    let found = soon(&hub, async move { app.cover(media).await }).await?;
    Ok(found.map_or_else(nothing, shown))
}

/// The avatar of an account here; its letter for as long as it cannot be had.
async fn avatar(
    visitor: Visitor,
    hub: web::Data<Hub>,
    profile: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let row = visitor.app.account_row(&profile).await?;
    if !visitor.app.settings().covers {
        return Ok(nothing());
    }
    let letter = Letter::of(&row.profile);
    let app = visitor.app.clone();
    let found = soon(&hub, async move { app.avatar(&row).await }).await?;
    let instead = || match letter.render() {
        Ok(letter) => HttpResponse::Ok()
            .content_type("image/svg+xml")
            .insert_header((header::CACHE_CONTROL, "private, max-age=60"))
            .body(letter),
        Err(_) => nothing(),
    };
    Ok(found.map_or_else(instead, shown))
}

/// What is there soon. Fetching goes on apart from the request.
async fn soon(
    hub: &Hub,
    fetch: impl Future<Output = Result<Option<Picture>, BrowseError>> + Send + 'static,
) -> Result<Option<Picture>, PageError> {
    match tokio::time::timeout(SOON, hub.spawn(fetch)).await {
        Ok(Ok(found)) => Ok(found?),
        _ => Ok(None),
    }
}

fn shown(picture: Picture) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(picture.kind)
        .insert_header((header::CACHE_CONTROL, "private, max-age=604800"))
        .body(picture.bytes)
}

fn nothing() -> HttpResponse {
    HttpResponse::NotFound()
        .insert_header((header::CACHE_CONTROL, "private, max-age=60"))
        .finish()
}
