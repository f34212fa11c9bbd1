//! What somebody says about single fields of single titles.

use std::collections::{BTreeMap, BTreeSet};

use crate::entry::EntryField;
use crate::id::MediaId;
use crate::media::MediaType;

/// A title: on which list, and which.
type Title = (MediaType, MediaId);

/// Which fields of single titles are left as they are, and which are put back whatever happened to
/// them since. What is not named here is decided by the rest of a wish.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Picks {
    leave: BTreeMap<Title, BTreeSet<EntryField>>,
    put: BTreeMap<Title, BTreeSet<EntryField>>,
}

impl Picks {
    /// Reads `ANIME:123.progress`: a field of a title.
    pub fn parse(text: &str) -> Option<(Title, EntryField)> {
        let (title, field) = text.trim().rsplit_once('.')?;
        Some((Self::title(title)?, EntryField::parse(field)?))
    }

    /// Reads `ANIME:123`: a title.
    pub fn title(text: &str) -> Option<Title> {
        let (of, media) = text.split_once(':')?;
        let media = MediaId::new(media.trim().parse().ok()?);
        Some((MediaType::parse(of.trim())?, media))
    }

    /// The text that names a field of a title.
    pub fn text((of, media): Title, field: EntryField) -> String {
        format!("{}:{media}.{}", of.as_str(), field.as_str())
    }

    /// Leaves a field of a title as it is.
    pub fn leave(&mut self, title: Title, field: EntryField) {
        self.leave.entry(title).or_default().insert(field);
    }

    /// Puts a field of a title back, whatever happened to it since.
    pub fn put(&mut self, title: Title, field: EntryField) {
        self.put.entry(title).or_default().insert(field);
    }

    /// Whether anything is said about this title.
    pub fn is_about(&self, title: Title) -> bool {
        self.leave.contains_key(&title) || self.put.contains_key(&title)
    }

    /// Whether this field of a title is left as it is.
    pub fn leaves(&self, title: Title, field: EntryField) -> bool {
        let fields = self.leave.get(&title);
        fields.is_some_and(|fields| fields.contains(&field))
    }

    /// Whether any field of a title is left as it is.
    pub fn leaves_any(&self, title: Title) -> bool {
        self.leave.contains_key(&title)
    }

    /// Whether this field of a title is put back, whatever happened to it since.
    pub fn puts(&self, title: Title, field: EntryField) -> bool {
        let fields = self.put.get(&title);
        fields.is_some_and(|fields| fields.contains(&field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_a_title_has_a_name() {
        let named = ((MediaType::Anime, MediaId::new(123)), EntryField::Progress);
        assert_eq!(Picks::text(named.0, named.1), "ANIME:123.progress");
        assert_eq!(Picks::parse("ANIME:123.progress"), Some(named));
        for text in [
            "",
            "ANIME:123",
            "ANIME:x.score",
            "BOOK:1.score",
            "ANIME:1.x",
        ] {
            assert_eq!(Picks::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_said_counts_for_that_field_only() {
        let title = (MediaType::Anime, MediaId::new(1));
        let mut picks = Picks::default();
        picks.leave(title, EntryField::Progress);
        picks.put(title, EntryField::Score);
        assert!(picks.is_about(title) && !picks.is_about((MediaType::Manga, title.1)));
        assert!(picks.leaves(title, EntryField::Progress));
        assert!(!picks.leaves(title, EntryField::Score));
        assert!(picks.puts(title, EntryField::Score));
    }
}
