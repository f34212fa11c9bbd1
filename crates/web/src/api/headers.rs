//! What the document says of answers and their headers.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{HeaderBuilder, OpenApi, RefOr, Response};

/// What is made by these is at no address of its own.
const NOWHERE: [&str; 5] = ["add_key", "pause", "reload", "report_change", "stop"];
/// These go on for as long as they have something to say, and nobody knows what before they end.
const STREAMS: [&str; 2] = ["export", "stream"];

/// Tells the document what an answer means, and which headers it carries.
pub(crate) struct Headers;

impl utoipa::Modify for Headers {
    fn modify(&self, document: &mut OpenApi) {
        for item in document.paths.paths.values_mut() {
            let PathItem {
                get,
                put,
                post,
                patch,
                delete,
                ..
            } = item;
            if let Some(way) = get {
                describe(way, true);
            }
            for way in [put, post, patch, delete].into_iter().flatten() {
                describe(way, false);
            }
        }
    }
}

fn describe(way: &mut Operation, is_read: bool) {
    let id = way.operation_id.clone().unwrap_or_default();
    for (status, response) in &mut way.responses.responses {
        let RefOr::T(response) = response else {
            continue;
        };
        if response.description.is_empty() {
            what_it_means(status).clone_into(&mut response.description);
        }
        say(
            response,
            "X-Request-Id",
            "The name of the request, by which the log knows it",
        );
        if is_read && status == "200" && !STREAMS.contains(&id.as_str()) {
            let words =
                "What was read: with it as `If-None-Match` 304 is answered while it is the same";
            say(response, "ETag", words);
        }
        if ["201", "202"].contains(&status.as_str()) && !NOWHERE.contains(&id.as_str()) {
            say(response, "Location", "Where it is");
        }
    }
}

/// What an answer says that nothing more is to be said of; the standard wants something of each.
fn what_it_means(status: &str) -> &'static str {
    match status {
        "201" => "It was made",
        "202" => "It was asked for, and goes on",
        "204" => "It was done, and there is nothing to say of it",
        "default" => "It was refused or did not work, and why (RFC 9457)",
        _ => "What was asked for, or what came of it",
    }
}

fn say(response: &mut Response, name: &str, words: &str) {
    let header = HeaderBuilder::new().description(Some(words)).build();
    response.headers.insert(name.to_owned(), header.into());
}
