//! Colour in what people read, with the meanings that it has on the pages.
//!
//! What is painted stands between marks: characters that nobody writes and that take no room, so that tables stay
//! in line. Where text is printed, and nowhere else, they become what a terminal understands, or nothing.

use anstyle::{AnsiColor, Reset, Style};

/// What a colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Added,
    Changed,
    Removed,
    Undone,
    /// Something unusual that nobody has answered.
    Alarm,
    /// As much of an id as tells it from the others that are shown.
    Id,
}

/// Characters without a meaning and without a width. They come in the order of [`Ink::ALL`].
const FIRST: char = '\u{e0002}';
const END: char = '\u{e0010}';

impl Ink {
    const ALL: [Self; 6] = [
        Self::Added,
        Self::Changed,
        Self::Removed,
        Self::Undone,
        Self::Alarm,
        Self::Id,
    ];

    const fn style(self) -> Style {
        match self {
            Self::Added => AnsiColor::Green.on_default(),
            Self::Changed => AnsiColor::Yellow.on_default(),
            Self::Removed => AnsiColor::Red.on_default(),
            Self::Undone => AnsiColor::Magenta.on_default(),
            Self::Alarm => AnsiColor::Yellow.on_default().bold(),
            Self::Id => Style::new().bold(),
        }
    }

    /// The text in this colour.
    pub(crate) fn paint(self, text: &str) -> String {
        let place = Self::ALL.iter().position(|ink| *ink == self);
        let place = place.and_then(|place| u32::try_from(place).ok());
        let mark = place.and_then(|place| char::from_u32(u32::from(FIRST) + place));
        mark.map_or_else(|| text.to_owned(), |mark| format!("{mark}{text}{END}"))
    }

    /// A number in this colour where it is one of something: that nothing went is no alarm.
    pub(crate) fn count(self, number: usize, text: &str) -> String {
        if number == 0 {
            text.to_owned()
        } else {
            self.paint(text)
        }
    }

    fn of_mark(mark: char) -> Option<Self> {
        let place = u32::from(mark).checked_sub(u32::from(FIRST))?;
        Self::ALL.get(usize::try_from(place).ok()?).copied()
    }
}

/// Text as a terminal shows it: in colour, and without whatever else would steer it. Titles and notes are written
/// by others.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut is_open = false;
    for c in text.chars() {
        if let Some(ink) = Ink::of_mark(c) {
            shown.push_str(&ink.style().render().to_string());
            is_open = true;
        } else if c == END || (c == '\n' && is_open) {
            if is_open {
                shown.push_str(&Reset.render().to_string());
                is_open = false;
            }
            shown.extend((c == '\n').then_some(c));
        } else if c.is_control() && c != '\n' {
            shown.push(char::REPLACEMENT_CHARACTER);
        } else {
            shown.push(c);
        }
    }
    if is_open {
        shown.push_str(&Reset.render().to_string());
    }
    shown
}

/// Text without colour, for what programs read.
pub(crate) fn bare(text: &str) -> String {
    let is_text = |c: &char| *c != END && Ink::of_mark(*c).is_none();
    text.chars().filter(is_text).collect()
}

#[cfg(test)]
mod tests {
    use comfy_table::{Table, presets};

    use super::*;

    #[test]
    fn a_colour_ends_where_it_was_meant_to_and_at_the_end_of_a_line() {
        let text = format!("a {} b", Ink::Removed.paint("-3"));
        assert_eq!(printable(&text), "a \u{1b}[31m-3\u{1b}[0m b");
        let open = format!("{FIRST}a\nb");
        assert_eq!(printable(&open), "\u{1b}[32ma\u{1b}[0m\nb");
        assert_eq!(bare(&text), "a -3 b");
        assert_eq!(Ink::Removed.count(0, "-0"), "-0");
    }

    #[test]
    fn what_steers_a_terminal_is_not_printed() {
        assert_eq!(
            printable("a\u{1b}[2Jb\rc\u{9b}d\ne"),
            "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\ne"
        );
    }

    #[test]
    fn every_ink_has_a_mark_of_its_own() {
        let painted: std::collections::BTreeSet<_> =
            Ink::ALL.iter().map(|ink| ink.paint("x")).collect();
        assert_eq!(painted.len(), Ink::ALL.len());
        assert!(
            painted
                .iter()
                .all(|text| bare(text) == "x" && !text.starts_with(END))
        );
    }

    #[test]
    fn tables_with_colour_are_as_wide_as_without() {
        let table = |paint: &dyn Fn(&str) -> String| {
            let mut table = Table::new();
            table.load_style(presets::NOTHING);
            table.add_row([paint("k7f2"), "x".to_owned()]);
            table.add_row(["k7f2k7".to_owned(), paint("long")]);
            table.trim_fmt()
        };
        let painted = table(&|text| Ink::Id.paint(text));
        assert_ne!(painted, table(&str::to_owned));
        assert_eq!(bare(&painted), table(&str::to_owned));
    }
}
