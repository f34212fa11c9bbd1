//! Numbers as people read them, with the word for what is counted.

/// `3 titles`, `1 title`, `2,418 entries`: the one place that knows how a word changes with its number.
#[must_use]
pub fn count(number: usize, word: &str) -> String {
    let figures = thousands(number);
    if number == 1 {
        format!("{figures} {word}")
    } else if let Some(stem) = word.strip_suffix('y').filter(|stem| !stem.ends_with('a')) {
        format!("{figures} {stem}ies")
    } else {
        format!("{figures} {word}s")
    }
}

/// What is said of so many that are something.
#[must_use]
pub const fn are(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

/// What is said of so many to which something was done.
#[must_use]
pub const fn were(number: usize) -> &'static str {
    if number == 1 { "was" } else { "were" }
}

/// `2,418`
#[must_use]
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_threes() {
        assert_eq!(count(1, "title"), "1 title");
        assert_eq!(count(0, "title"), "0 titles");
        assert_eq!(count(1_234_567, "entry"), "1,234,567 entries");
        assert_eq!(count(30, "day"), "30 days");
        assert_eq!(thousands(100), "100");
    }
}
