//! What the core and the commands write between backticks is code on a page.

use std::fmt::{self, Display, Formatter};

use askama::filters::{Html, HtmlSafe, escape};

/// A sentence for a page.
pub(crate) struct Coded<'a>(&'a str);

/// A sentence for a page, in which what stands between backticks is code.
pub(crate) fn coded<S: AsRef<str> + ?Sized>(sentence: &S) -> Coded<'_> {
    Coded(sentence.as_ref())
}

impl HtmlSafe for Coded<'_> {}

impl Display for Coded<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((before, (code, after))) = rest
            .split_once('`')
            .and_then(|(before, after)| Some((before, after.split_once('`')?)))
        {
            let (before, code) = (escaped(before)?, escaped(code)?);
            write!(f, "{before}<code>{code}</code>")?;
            rest = after;
        }
        write!(f, "{}", escaped(rest)?)
    }
}

/// What a field holds, for a page: where that is nothing, or was never recorded, a sign for who sees it and a word for
/// who hears it.
pub(crate) struct Held<'a>(&'a str);

pub(crate) fn held<S: AsRef<str> + ?Sized>(value: &S) -> Held<'_> {
    Held(value.as_ref())
}

impl HtmlSafe for Held<'_> {}

impl Display for Held<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let word = match self.0 {
            "-" => "empty",
            "?" => "not recorded",
            value => return write!(f, "{}", escaped(value)?),
        };
        let sign = if self.0 == "-" { "–" } else { self.0 };
        write!(
            f,
            "<span aria-hidden=\"true\">{sign}</span><span class=\"hidden\">{word}</span>"
        )
    }
}

fn escaped(text: &str) -> Result<impl Display, fmt::Error> {
    escape(text, Html).map_err(|_| fmt::Error)
}

#[cfg(test)]
mod tests {
    use super::{coded, held};

    #[test]
    fn who_hears_a_page_hears_that_a_field_is_empty() {
        assert!(held("-").to_string().ends_with(">empty</span>"));
        assert!(held("?").to_string().ends_with(">not recorded</span>"));
        assert_eq!(held("<8>").to_string(), "&#60;8&#62;");
    }

    #[test]
    fn what_stands_between_backticks_is_code_and_nothing_is_markup() {
        for (sentence, shown) in [
            ("none", "none"),
            ("", ""),
            ("`a`", "<code>a</code>"),
            ("see `a` and `b`.", "see <code>a</code> and <code>b</code>."),
            ("one ` alone", "one ` alone"),
            ("`a` and ` alone", "<code>a</code> and ` alone"),
            ("``", "<code></code>"),
            ("<i> `<b>`", "&#60;i&#62; <code>&#60;b&#62;</code>"),
        ] {
            assert_eq!(coded(sentence).to_string(), shown);
        }
    }
}
