//! What pages load: a stylesheet, an icon for each mood and small scripts, all from here.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

/// Name, type and content of each.
pub(crate) const ALL: [(&str, &str, &str); 6] = [
    (
        "style.css",
        "text/css; charset=utf-8",
        include_str!("../assets/style.css"),
    ),
    (
        "core.js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/core.js"),
    ),
    (
        "live.js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/live.js"),
    ),
    (
        "table.js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/table.js"),
    ),
    (
        "icon.svg",
        "image/svg+xml",
        include_str!("../assets/icon.svg"),
    ),
    (
        "trouble.svg",
        "image/svg+xml",
        include_str!("../assets/trouble.svg"),
    ),
];

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    for (name, content_type, body) in ALL {
        config.route(
            &format!("/assets/{name}"),
            web::get().to(move || async move {
                HttpResponse::Ok()
                    // Its address changes with its content.
                    .insert_header((header::CACHE_CONTROL, "max-age=31536000, immutable"))
                    .content_type(content_type)
                    .body(body)
            }),
        );
    }
}
