//! Titles and their entries as people know them from AniList.

use anirewind_core::model::{
    Entry, EntryField, EntryStatus, MediaSummary, MediaType, TitleLanguage,
};
use anirewind_core::{Style, change_of, summary_of, value_of};
use askama::Template;

use crate::language::name_of;

html_safe!(Cover, TitleCell, StatusWord, Diff);

/// The cover of a title, from our own cache; a plain block where there is none or it is not to be seen.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/cover.html")]
pub(crate) struct Cover {
    base: String,
    media: u32,
    has_picture: bool,
    /// `#rrggbb`, for as long as the picture is not there.
    colour: Option<String>,
    /// Shown behind a button only.
    is_covered: bool,
    is_large: bool,
}

impl Cover {
    pub(crate) fn of(
        base: &str,
        media: u32,
        summary: Option<&MediaSummary>,
        style: &Style,
    ) -> Self {
        let colour = summary.and_then(|summary| summary.colour.clone());
        let is_colour = |text: &String| {
            text.len() == 7
                && text.starts_with('#')
                && text.bytes().skip(1).all(|digit| digit.is_ascii_hexdigit())
        };
        Self {
            base: base.to_owned(),
            media,
            has_picture: summary.is_some_and(|summary| summary.cover.is_some()),
            colour: colour.filter(is_colour),
            is_covered: summary.is_some_and(|summary| summary.is_adult) && !style.shows_adult,
            is_large: false,
        }
    }

    pub(crate) fn large(self) -> Self {
        Self {
            is_large: true,
            ..self
        }
    }
}

/// A title: its cover, its name in the account's language, another of its names.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/title.html")]
pub(crate) struct TitleCell {
    cover: Cover,
    /// Its whole history, without the base.
    href: String,
    base: String,
    pub(crate) name: String,
    lang: &'static str,
    second: Option<String>,
    second_lang: &'static str,
}

impl TitleCell {
    /// The title of an entry. `profile` is whose history it leads to.
    pub(crate) fn of(base: &str, profile: &str, entry: &Entry, style: &Style) -> Self {
        let summary = entry.summary.as_ref();
        let name = name_of(entry, style);
        let names = summary.map(|summary| {
            let titles = &summary.titles;
            [
                (titles.romaji.clone(), TitleLanguage::Romaji),
                (titles.english.clone(), TitleLanguage::English),
                (titles.native.clone(), TitleLanguage::Native),
            ]
        });
        let names = names.into_iter().flatten();
        let names: Vec<(String, TitleLanguage)> = names
            .filter_map(|(name, language)| Some((name?, language)))
            .collect();
        let country = summary.and_then(|summary| summary.country.as_deref());
        let lang_of = |wanted: &str| {
            let found = names.iter().find(|(name, _)| name == wanted);
            found.map_or("", |(_, language)| language_tag(language, country))
        };
        let second = names.iter().find(|(other, _)| *other != name);
        Self {
            cover: Cover::of(base, entry.media.get(), summary, style),
            href: title_path(profile, entry.media_type, entry.media.get()),
            base: base.to_owned(),
            lang: lang_of(&name),
            second: second.map(|(name, _)| name.clone()),
            second_lang: second.map_or("", |(_, language)| language_tag(language, country)),
            name,
        }
    }

    /// A title of which only the name is known.
    pub(crate) fn named(
        base: &str,
        profile: &str,
        media_type: MediaType,
        media: u32,
        name: Option<&str>,
    ) -> Self {
        let style = Style::default();
        let name = name.map_or_else(|| format!("{} {media}", media_type.word()), str::to_owned);
        Self {
            cover: Cover::of(base, media, None, &style),
            href: title_path(profile, media_type, media),
            base: base.to_owned(),
            name,
            lang: "",
            second: None,
            second_lang: "",
        }
    }
}

/// Where the history of a title is.
pub(crate) fn title_path(profile: &str, media_type: MediaType, media: u32) -> String {
    let kind = match media_type {
        MediaType::Anime => "anime",
        MediaType::Manga => "manga",
    };
    format!("/titles/{}/{kind}/{media}", crate::page::in_path(profile))
}

/// The language of a name, for those who have pages read to them.
pub(crate) fn language_tag(language: &TitleLanguage, country: Option<&str>) -> &'static str {
    let native = match country {
        Some("JP") => "ja",
        Some("KR") => "ko",
        Some("CN" | "TW") => "zh",
        _ => "",
    };
    match language {
        TitleLanguage::English | TitleLanguage::EnglishStylised => "en",
        TitleLanguage::Native | TitleLanguage::NativeStylised => native,
        _ if native == "ja" => "ja-Latn",
        _ => "",
    }
}

/// Watching, Completed and so on, with its colour beside it.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/status.html")]
pub(crate) struct StatusWord {
    class: &'static str,
    word: String,
}

impl StatusWord {
    pub(crate) fn of(status: &EntryStatus, media_type: MediaType) -> Self {
        Self {
            class: match status {
                EntryStatus::Current => "current",
                EntryStatus::Planning => "planning",
                EntryStatus::Completed => "completed",
                EntryStatus::Dropped => "dropped",
                EntryStatus::Paused => "paused",
                EntryStatus::Repeating => "repeating",
                EntryStatus::Unknown(_) => "",
            },
            word: status.word(media_type).to_owned(),
        }
    }
}

/// What is read out before what was and before what is.
pub(crate) const WAS_AND_IS: [&str; 2] = ["was ", ", now "];

/// What differs in an entry, a line a field. A side that is missing was not on the list.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/diff.html")]
pub(crate) struct Diff {
    pub(crate) lines: Vec<DiffLine>,
    /// What was or is there, where the title was added or removed.
    pub(crate) whole: Option<String>,
    /// What is read out before either side, for those who do not see the arrow.
    pub(crate) sides: [&'static str; 2],
}

/// One field on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DiffLine {
    pub(crate) field: &'static str,
    pub(crate) was: String,
    pub(crate) is: String,
}

impl Diff {
    pub(crate) fn of(before: Option<&Entry>, after: Option<&Entry>, style: &Style) -> Self {
        let (Some(before), Some(after)) = (before, after) else {
            let whole = before.or(after);
            return Self {
                lines: Vec::new(),
                whole: whole.map(|entry| summary_of(entry, &style.scores)),
                sides: WAS_AND_IS,
            };
        };
        let fields = before.values.differing(&after.values);
        let lines = fields.map(|field| {
            let (was, is) = change_of(before, after, field, &style.scores);
            DiffLine {
                field: field.word(after.media_type),
                was,
                is,
            }
        });
        Self {
            lines: lines.collect(),
            whole: None,
            sides: WAS_AND_IS,
        }
    }

    /// With other words for the two sides.
    pub(crate) fn read_as(self, sides: [&'static str; 2]) -> Self {
        Self { sides, ..self }
    }

    /// What is now, and what it would be.
    pub(crate) fn planned(now: Option<&Entry>, target: Option<&Entry>, style: &Style) -> Self {
        Self::of(now, target, style).read_as(["now ", ", would be "])
    }
}

/// All fields of an entry with what they hold.
pub(crate) fn facts(entry: &Entry, style: &Style) -> Vec<(&'static str, String)> {
    // Anime have no volumes.
    let is_there =
        |field: &EntryField| entry.media_type == MediaType::Manga || *field != EntryField::Volumes;
    let fields = EntryField::ALL.into_iter().filter(is_there);
    let shown = fields.map(|field| {
        let value = value_of(entry, field, &style.scores);
        let value = match value.as_str() {
            "?" => "not recorded".to_owned(),
            _ => value,
        };
        (field.word(entry.media_type), value)
    });
    shown.collect()
}
