//! What is to be saved as a file, and how it is called there.

use actix_web::http::header::{CONTENT_DISPOSITION, HeaderName};

/// The header that says so. A name may be one that somebody else gave a file: it ends no header and no line.
pub(crate) fn attached(name: &str) -> (HeaderName, String) {
    let ends = |c: char| c == '"' || c == '\\' || c.is_control();
    let name = name.replace(ends, "_");
    (
        CONTENT_DISPOSITION,
        format!("attachment; filename=\"{name}\""),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_the_header_or_says_more_than_a_name() {
        for (name, said) in [
            ("plain.json", "plain.json"),
            ("a\"; filename=\"b", "a_; filename=_b"),
            ("a\\\"b", "a__b"),
            ("a\r\nX-Stolen: 1", "a__X-Stolen: 1"),
            ("\u{85}\u{0}", "__"),
        ] {
            let (_, value) = attached(name);
            assert_eq!(value, format!("attachment; filename=\"{said}\""));
        }
    }
}
