//! Which profile a page is about, where its address does not say: a card each, or straight on where
//! there is only one.

use actix_web::HttpResponse;
use askama::Template;

use crate::page::{Page, Place, Visitor, in_path, show};

#[derive(Template)]
#[template(path = "profiles.html")]
struct Profiles {
    page: Page,
    title: &'static str,
    /// Name, address, and a few words.
    cards: Vec<(String, String, String)>,
}

/// The pages below `path`, each with a few words. What stands behind the question mark goes along.
pub(crate) fn profiles(
    visitor: &Visitor,
    (title, place): (&'static str, Place),
    path: &str,
    words: impl Fn(&str) -> String,
) -> HttpResponse {
    let page = visitor.page(title, place);
    let query = along(&page);
    let of = |profile: &str| format!("{path}/{}{query}", in_path(profile));
    if let [one] = visitor.profiles.as_slice() {
        return visitor.go(&of(one), None);
    }
    let cards = visitor.profiles.iter();
    let cards = cards.map(|name| (name.clone(), of(name), words(name)));
    show(&Profiles {
        cards: cards.collect(),
        title,
        page,
    })
}

/// The part of an address that goes along to the page of a profile.
pub(crate) fn along(page: &Page) -> String {
    let query = page.path.split_once('?');
    query.map_or_else(String::new, |(_, query)| format!("?{query}"))
}
