//! The language in which this browser shows titles, where somebody chose one: kept in its cookie, above what
//! the account says on AniList.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::ServiceRequest;
use actix_web::{HttpRequest, HttpResponse, web};
use anirewind_core::model::{Entry, TitleLanguage};
use anirewind_core::{Style, title_of};
use serde::Deserialize;

use crate::page::{Form, PageError, Said, Visitor};

const COOKIE: &str = "titles";
/// What can be chosen, by what stands in the cookie, with its words.
pub(crate) const CHOICES: [(&str, &str); 4] = [
    ("", "as the account has it on AniList"),
    ("romaji", "romaji"),
    ("english", "English"),
    ("native", "native"),
];

tokio::task_local! {
    /// What the page that is being made shows titles in.
    static LANGUAGE: Option<TitleLanguage>;
}

/// Makes a page, or a part of one, with titles in the language that the browser wants.
pub(crate) fn in_language<F: Future>(
    language: Option<TitleLanguage>,
    work: F,
) -> impl Future<Output = F::Output> {
    LANGUAGE.scope(language, work)
}

/// What a title is called here.
pub(crate) fn name_of(entry: &Entry, style: &Style) -> String {
    let chosen = LANGUAGE.try_with(Clone::clone).ok().flatten();
    title_of(entry, chosen.as_ref().unwrap_or(&style.titles))
}

fn parse(word: &str) -> Option<TitleLanguage> {
    match word {
        "romaji" => Some(TitleLanguage::Romaji),
        "english" => Some(TitleLanguage::English),
        "native" => Some(TitleLanguage::Native),
        _ => None,
    }
}

/// What a browser that asks for something wants.
pub(crate) fn of_service(request: &ServiceRequest) -> Option<TitleLanguage> {
    parse(request.cookie(COOKIE)?.value())
}

/// The same, for a handler.
pub(crate) fn of_request(request: &HttpRequest) -> Option<TitleLanguage> {
    parse(request.cookie(COOKIE)?.value())
}

/// What stands in the cookie, for the form in which it is chosen.
pub(crate) fn word_of(request: &HttpRequest) -> &'static str {
    let cookie = request.cookie(COOKIE);
    let word = cookie.as_ref().map_or("", Cookie::value);
    let known = CHOICES.iter().find(|(known, _)| *known == word);
    known.map_or("", |(known, _)| *known)
}

#[derive(Deserialize)]
struct Choice {
    language: String,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/title-language").post(choose));
}

async fn choose(visitor: Visitor, choice: Form<Choice>) -> Result<HttpResponse, PageError> {
    let Choice { language } = choice.0;
    let known = CHOICES.iter().find(|(known, _)| *known == language);
    let Some((word, words)) = known else {
        return Err(PageError::usage("That is none of the languages."));
    };
    let said = Said::done(format!("This browser shows titles {}.", shown(word, words)));
    let mut answer = visitor.go("/settings#browser", Some(said));
    let mut cookie = Cookie::build(COOKIE, *word)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .permanent()
        .finish();
    if word.is_empty() {
        cookie.make_removal();
    }
    let set = answer.add_cookie(&cookie);
    set.map_err(|_| PageError::broken("the cookie could not be set"))?;
    Ok(answer)
}

fn shown(word: &str, words: &str) -> String {
    match word {
        "" | "native" => words.to_owned(),
        _ => format!("in {words}"),
    }
}
