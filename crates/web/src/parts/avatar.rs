//! The picture of an account, or a letter in its place.

use anirewind_core::{AccountRow, App, Hash};
use askama::Template;

use crate::page::in_path;

html_safe!(Avatar);

/// Colours that mean nothing bad and nothing good.
const COLOURS: [&str; 4] = ["info", "undone", "edited", "quiet"];

/// The picture that an account has on AniList, from our own cache; a letter in a circle where none is known, or
/// none is to be fetched.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/avatar.html")]
pub(crate) struct Avatar {
    base: String,
    path: String,
    has_picture: bool,
    letter: String,
    colour: &'static str,
}

impl Avatar {
    pub(crate) fn of(base: &str, app: &App, row: &AccountRow) -> Self {
        let profile = row.profile.as_str();
        let sum: usize = profile.bytes().map(usize::from).sum();
        Self {
            base: base.to_owned(),
            path: picture_of(row),
            has_picture: has_picture(app, row),
            letter: letter(profile),
            colour: COLOURS
                .get(sum % COLOURS.len())
                .copied()
                .unwrap_or_default(),
        }
    }
}

/// Where the picture of an account is, below all of them. Another picture is at another address, as a browser
/// keeps each for a week.
pub(crate) fn picture_of(row: &AccountRow) -> String {
    let hash = Hash::of(row.avatar.as_deref().unwrap_or_default().as_bytes()).to_string();
    let version = hash.get(..8).unwrap_or(&hash);
    format!("{}?v={version}", in_path(&row.profile))
}

/// Whether there is a picture to show of an account.
pub(crate) fn has_picture(app: &App, row: &AccountRow) -> bool {
    app.settings().covers && row.avatar.is_some()
}

fn letter(profile: &str) -> String {
    let first = profile.chars().next();
    first.map_or_else(String::new, |first| first.to_uppercase().to_string())
}

/// The letter as a picture, for as long as the one from AniList cannot be had.
#[derive(Template)]
#[template(path = "parts/letter.svg", escape = "html")]
pub(crate) struct Letter {
    letter: String,
}

impl Letter {
    pub(crate) fn of(profile: &str) -> Self {
        Self {
            letter: letter(profile),
        }
    }
}
