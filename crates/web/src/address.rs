//! Addresses of pages with what was chosen on them.

/// A path with those of the pairs behind it that hold something.
pub(crate) fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let chosen: Vec<_> = pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    match serde_html_form::to_string(&chosen) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

/// `3 titles`, `1 title`.
pub(crate) fn count(number: usize, word: &str) -> String {
    let number_words = thousands(number);
    if number == 1 {
        format!("{number_words} {word}")
    } else if let Some(stem) = word.strip_suffix('y').filter(|stem| !stem.ends_with('a')) {
        format!("{number_words} {stem}ies")
    } else {
        format!("{number_words} {word}s")
    }
}

/// `2,418`
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + 3);
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
    fn only_what_is_chosen_is_in_an_address() {
        assert_eq!(address("/a", &[("q", ""), ("kind", "")]), "/a");
        assert_eq!(
            address("/a", &[("q", "x & y"), ("kind", "added")]),
            "/a?q=x+%26+y&kind=added"
        );
    }

    #[test]
    fn numbers_are_read_in_threes() {
        assert_eq!(count(1, "title"), "1 title");
        assert_eq!(count(1_234_567, "entry"), "1,234,567 entries");
        assert_eq!(count(30, "day"), "30 days");
        assert_eq!(thousands(100), "100");
    }
}
