//! What somebody wrote about a title.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// Notes as they stand on AniList, never the empty text: no notes is no `Notes`.
///
/// AniList may keep an emoji as `&#128557;` and give it back so. Both say the same and are equal; the
/// text itself is kept as it was read.
#[derive(Debug, Clone)]
pub struct Notes(String);

impl Notes {
    /// Takes a text for notes; `None` when it is empty.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        (!text.is_empty()).then_some(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text with characters outside the basic plane as themselves.
    fn meaning(&self) -> Cow<'_, str> {
        if !self.0.contains("&#") {
            return Cow::Borrowed(&self.0);
        }
        let mut meaning = String::with_capacity(self.0.len());
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once("&#") {
            meaning.push_str(before);
            if let Some((c, left)) = reference(after) {
                meaning.push(c);
                rest = left;
            } else {
                meaning.push_str("&#");
                rest = after;
            }
        }
        meaning.push_str(rest);
        Cow::Owned(meaning)
    }
}

/// The character outside the basic plane that a text after `&#` begins with, and what follows.
fn reference(after: &str) -> Option<(char, &str)> {
    let (number, left) = after.split_once(';')?;
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let c = char::from_u32(number.parse().ok().filter(|_| is_number)?)?;
    (u32::from(c) > 0xFFFF).then_some((c, left))
}

impl PartialEq for Notes {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.meaning() == other.meaning()
    }
}

impl Eq for Notes {}

impl PartialOrd for Notes {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Notes {
    fn cmp(&self, other: &Self) -> Ordering {
        self.meaning().cmp(&other.meaning())
    }
}

impl Hash for Notes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.meaning().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_and_its_number_are_the_same_and_nothing_else_is() {
        let notes = |text: &str| Notes::new(text).unwrap();
        assert_eq!(notes("that ending 😭!"), notes("that ending &#128557;!"));
        assert_eq!(notes("&#128557;").as_str(), "&#128557;");
        for (one, other) in [
            ("&#65;", "A"),
            ("&#128557", "😭"),
            ("&#;", ";"),
            ("&#+128557;", "😭"),
            ("&#x1F62D;", "😭"),
            ("&#99999999999;", ""),
        ] {
            assert_ne!(Some(notes(one)), Notes::new(other), "{one}");
        }
    }
}
