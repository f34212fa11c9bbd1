//! What of a timeline somebody chose, as it stands in the address.

use anirewind_core::model::{EntryField, MediaId, MediaType};
use anirewind_core::{App, ChangeFilter, ChangeKind, Id, Source};
use serde::Deserialize;

use crate::address::address;
use crate::page::PageError;

/// By what changes are made, in words.
pub(super) const SOURCES: [(Source, &str); 6] = [
    (Source::Observed, "AniList, its apps, other programs"),
    (Source::Restore, "restores"),
    (Source::Undo, "undos"),
    (Source::Redo, "redos"),
    (Source::Import, "brought in"),
    (Source::Api, "told by other programs"),
];

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    pub(super) kind: String,
    pub(super) source: String,
    pub(super) r#type: String,
    pub(super) field: String,
    pub(super) q: String,
    /// Only one title, as in `ANIME:1`.
    pub(super) title: String,
    /// A day to go to: what was on it and before.
    pub(super) on: String,
    /// One group or act by itself.
    pub(super) group: String,
    pub(super) hidden: String,
    /// `yes`: new changes are shown as they come.
    pub(super) auto: String,
    pub(super) below: String,
    pub(super) above: String,
    pub(super) undo: String,
}

impl Which {
    /// What is chosen, as pairs of an address; without where on it somebody is.
    pub(super) fn pairs(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("kind", &self.kind),
            ("source", &self.source),
            ("type", &self.r#type),
            ("field", &self.field),
            ("q", &self.q),
            ("title", &self.title),
            ("on", &self.on),
            ("group", &self.group),
            ("hidden", &self.hidden),
            ("auto", &self.auto),
        ]
    }

    /// Whether fewer changes are shown than there are.
    pub(super) fn is_filtered(&self) -> bool {
        let mut pairs = self.pairs().into_iter();
        pairs.any(|(name, value)| name != "auto" && !value.is_empty())
    }

    /// Whether of what has one cause some may be shown and some not.
    pub(super) fn divides_groups(&self) -> bool {
        // What has one cause is of one source.
        let whole = ["group", "hidden", "auto", "source"];
        let mut pairs = self.pairs().into_iter();
        pairs.any(|(name, value)| !whole.contains(&name) && !value.is_empty())
    }

    /// As it stood in an address; nothing of it where it cannot be read.
    pub(super) fn parse(query: &str) -> Self {
        serde_html_form::from_str(query).unwrap_or_default()
    }

    /// All of it as it stands behind a question mark.
    pub(super) fn query(&self) -> String {
        let all = self.with("", "kind", &self.kind);
        all.trim_start_matches('?').to_owned()
    }

    /// The list whose words fields have.
    pub(super) fn media_type(&self) -> MediaType {
        MediaType::parse(&self.r#type).unwrap_or(MediaType::Anime)
    }

    /// Which changes may be shown, of those that a filter is not about.
    pub(super) fn all(&self) -> ChangeFilter {
        ChangeFilter {
            shown_only: self.hidden != "yes",
            ..ChangeFilter::default()
        }
    }

    /// The same with something else in place of one of them.
    pub(super) fn with(&self, path: &str, name: &'static str, value: &str) -> String {
        let mut pairs = self.pairs();
        match pairs.iter_mut().find(|(known, _)| *known == name) {
            Some(pair) => pair.1 = value,
            None => pairs.push((name, value)),
        }
        address(path, &pairs)
    }

    pub(super) fn filter(&self, app: &App) -> Result<ChangeFilter, PageError> {
        let wrong = |what: &str, text: &str| {
            PageError::usage(format!("There is no {what} `{text}`."))
                .titled("That filter makes no sense")
        };
        let (mut group, mut operation) = (None, None);
        if !self.group.is_empty() {
            let id = Id::parse(&self.group).ok_or_else(|| wrong("group", &self.group))?;
            if self.source == "ours" {
                operation = Some(id);
            } else {
                group = Some(id);
            }
        }
        let title = chosen("title", &self.title, title_of, wrong)?;
        let media_type = chosen("type", &self.r#type, MediaType::parse, wrong)?;
        if title
            .zip(media_type)
            .is_some_and(|((of, _), wanted)| of != wanted)
        {
            return Err(wrong("such title in that list:", &self.title));
        }
        Ok(ChangeFilter {
            kind: chosen("kind", &self.kind, ChangeKind::parse, wrong)?,
            source: chosen("source", &self.source, Source::parse, wrong)?,
            media_type: title.map(|(of, _)| of).or(media_type),
            media: title.map(|(_, media)| media),
            field: chosen("field", &self.field, EntryField::parse, wrong)?,
            title: (!self.q.trim().is_empty()).then(|| self.q.trim().to_owned()),
            until: match self.on.as_str() {
                "" => None,
                day => Some(app.end_of_named_day(day).map_err(|_| wrong("day", day))?),
            },
            group,
            operation,
            above: chosen("place", &self.above, |text| text.parse().ok(), wrong)?,
            ..self.all()
        })
    }

    /// What is chosen besides the kind, each with the way to be rid of it.
    pub(super) fn chips(&self, path: &str) -> Vec<(String, String)> {
        let mut chips = Vec::new();
        for (name, value) in self.pairs() {
            if value.is_empty() || ["kind", "group", "auto"].contains(&name) {
                continue;
            }
            chips.push((self.words(name, value), self.with(path, name, "")));
        }
        chips
    }

    fn words(&self, name: &str, value: &str) -> String {
        // What there is none of stays as it was typed.
        let known = match name {
            "source" => Source::parse(value).and_then(|wanted| {
                let known = SOURCES.iter().find(|(source, _)| *source == wanted);
                known.map(|(_, words)| format!("From: {words}"))
            }),
            "type" => MediaType::parse(value).map(|of| {
                let word = if of == MediaType::Anime {
                    "Anime"
                } else {
                    "Manga"
                };
                word.to_owned()
            }),
            "field" => EntryField::parse(value)
                .map(|field| format!("Field: {}", field.word(self.media_type()))),
            "on" => Some(format!("Up to {value}")),
            "title" => Some("Only one title".to_owned()),
            "hidden" => Some("Hidden ones too".to_owned()),
            _ => None,
        };
        known.unwrap_or_else(|| format!("\u{201c}{value}\u{201d}"))
    }
}

fn title_of(text: &str) -> Option<(MediaType, MediaId)> {
    let (of, media) = text.split_once(':')?;
    Some((MediaType::parse(of)?, MediaId::new(media.parse().ok()?)))
}

fn chosen<T>(
    what: &str,
    text: &str,
    parse: impl Fn(&str) -> Option<T>,
    wrong: impl Fn(&str, &str) -> PageError,
) -> Result<Option<T>, PageError> {
    match text {
        "" => Ok(None),
        text => parse(text).map(Some).ok_or_else(|| wrong(what, text)),
    }
}
