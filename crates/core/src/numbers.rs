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

/// `3 new titles`, or `100+ new titles` where there are more than were counted.
#[must_use]
pub fn at_least(number: usize, is_more: bool, word: &str) -> String {
    if !is_more {
        return count(number, word);
    }
    // Of one and more there are several.
    let words = count(number.max(2), word);
    let word = words.split_once(' ').map_or(word, |(_, word)| word);
    format!("{}+ {word}", thousands(number))
}

/// What so many do: one of 46 `stays`, two `stay`.
#[must_use]
pub fn does(number: usize, verb: &str) -> String {
    let is_long = ["o", "s", "x", "ch", "sh"]
        .iter()
        .any(|end| verb.ends_with(end));
    match number {
        1 if is_long => format!("{verb}es"),
        1 => format!("{verb}s"),
        _ => verb.to_owned(),
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

/// `131.9 kB`: bytes in thousands, as they are written everywhere.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 3] = ["kB", "MB", "GB"];
    if bytes < 1_000 {
        return format!("{bytes} bytes");
    }
    let mut tenths = bytes / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    format!(
        "{}.{} {}",
        tenths / 10,
        tenths % 10,
        UNITS.get(unit).copied().unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_in_thousands() {
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(131_900), "131.9 kB");
        assert_eq!(size(4_100_000), "4.1 MB");
    }

    #[test]
    fn numbers_are_read_in_threes() {
        assert_eq!(count(1, "title"), "1 title");
        assert_eq!(count(0, "title"), "0 titles");
        assert_eq!(count(1_234_567, "entry"), "1,234,567 entries");
        assert_eq!(count(30, "day"), "30 days");
        assert_eq!(thousands(100), "100");
    }

    #[test]
    fn where_not_all_were_counted_there_are_several() {
        assert_eq!(at_least(1, false, "new change"), "1 new change");
        assert_eq!(at_least(1, true, "new change"), "1+ new changes");
        assert_eq!(at_least(1_000, true, "entry"), "1,000+ entries");
    }

    #[test]
    fn one_stays_and_goes_where_others_stay_and_go() {
        for (verb, of_one) in [("stay", "stays"), ("go", "goes"), ("match", "matches")] {
            assert_eq!(does(1, verb), of_one);
            assert_eq!([does(0, verb), does(2, verb)], [verb, verb]);
        }
    }
}
