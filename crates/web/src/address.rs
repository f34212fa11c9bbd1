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
}
