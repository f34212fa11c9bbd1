//! Settings that may be one of a few words: the words, what each means, and how it is read.
//!
//! The set stands with the setting. What reads it, what refuses it and what offers it use this one.

/// A word that a setting may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// As it is written.
    pub word: &'static str,
    /// What it means, for somebody who chooses.
    pub about: &'static str,
    /// Other ways to write it.
    pub(crate) also: &'static [&'static str],
}

impl Choice {
    pub(crate) const fn new(word: &'static str, about: &'static str) -> Self {
        Self {
            word,
            about,
            also: &[],
        }
    }

    fn is(&self, text: &str) -> bool {
        let mut ways = self.also.iter().chain([&self.word]);
        ways.any(|way| way.eq_ignore_ascii_case(text))
    }
}

/// Yes or no.
pub(crate) const FLAG: [Choice; 2] = [
    Choice {
        also: &["1", "yes", "on"],
        ..Choice::new("true", "yes")
    },
    Choice {
        also: &["0", "no", "off"],
        ..Choice::new("false", "no")
    },
];

/// The word of these that a text stands for.
pub(crate) fn chosen(choices: &[Choice], text: &str) -> Option<&'static str> {
    let found = choices.iter().find(|choice| choice.is(text.trim()));
    found.map(|choice| choice.word)
}

/// All of these words that a text names, in the order of the set; nothing when one of them is not of it.
pub(crate) fn all_chosen(choices: &[Choice], text: &str) -> Option<Vec<&'static str>> {
    // A list in the file reads as `["failing", "late"]`.
    let text = text.trim().trim_start_matches('[').trim_end_matches(']');
    let words = text.split(',').map(|word| word.trim().trim_matches('"'));
    let named: Vec<_> = words
        .map(|word| chosen(choices, word))
        .collect::<Option<_>>()?;
    let words = choices.iter().map(|choice| choice.word);
    Some(words.filter(|word| named.contains(word)).collect())
}

/// `many, always or never`.
pub(crate) fn one_of(choices: &[Choice]) -> String {
    let words: Vec<_> = choices.iter().map(|choice| choice.word).collect();
    match words.as_slice() {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// `some of failing, late, with commas between`.
pub(crate) fn some_of(choices: &[Choice]) -> String {
    let words: Vec<_> = choices.iter().map(|choice| choice.word).collect();
    format!("some of {}, with commas between", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEALS: [Choice; 3] = [
        Choice::new("rice", "with rice"),
        Choice::new("noodles", "with noodles"),
        Choice::new("none", "not at all"),
    ];

    #[test]
    fn a_word_is_one_of_the_set_however_it_is_written() {
        assert_eq!(chosen(&FLAG, " Yes "), Some("true"));
        assert_eq!(chosen(&FLAG, "0"), Some("false"));
        assert_eq!(chosen(&MEALS, "bread"), None);
        assert_eq!(chosen(&MEALS, ""), None);
        assert_eq!(one_of(&MEALS), "rice, noodles or none");
        assert_eq!(one_of(&FLAG), "true or false");
    }

    #[test]
    fn several_are_named_with_commas_or_as_a_list() {
        let both = Some(vec!["rice", "none"]);
        assert_eq!(all_chosen(&MEALS, "none, rice"), both);
        assert_eq!(all_chosen(&MEALS, "[\"rice\", \"none\", \"rice\"]"), both);
        assert_eq!(all_chosen(&MEALS, "rice, bread"), None);
        assert_eq!(all_chosen(&MEALS, ""), None);
    }
}
