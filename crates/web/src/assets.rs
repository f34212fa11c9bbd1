//! What pages load: one stylesheet and one icon, both from here.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

const STYLE: &str = include_str!("../assets/style.css");
const ICON: &str = include_str!("../assets/icon.svg");

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route(
            "/assets/style.css",
            web::get().to(async || asset("text/css; charset=utf-8", STYLE)),
        )
        .route(
            "/assets/icon.svg",
            web::get().to(async || asset("image/svg+xml", ICON)),
        );
}

fn asset(content_type: &'static str, body: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "max-age=3600"))
        .content_type(content_type)
        .body(body)
}
