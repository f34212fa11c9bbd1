//! The key to an account, in a type that cannot print itself.

use secrecy::{ExposeSecret as _, SecretString};

/// AniList's tokens are about a thousand characters long.
const LONGEST: usize = 8 * 1024;

/// An access token of AniList: it can read and change everything on its account.
///
/// `Debug` prints no part of it, there is no `Display`, and its memory is wiped when it goes.
#[derive(Debug, Clone)]
pub struct AccessToken(SecretString);

impl AccessToken {
    /// Takes a text for a token; `None` when it holds nothing but space, or what no token holds.
    ///
    /// White space around it is dropped: files end with a newline.
    pub fn new(text: &str) -> Option<Self> {
        // Some editors begin a file with a byte order mark.
        let text = text.trim_start_matches('\u{feff}').trim();
        let plausible = !text.is_empty()
            && text.len() <= LONGEST
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        plausible.then(|| Self(SecretString::from(text)))
    }

    /// The token itself, for the one header it goes into and the one place it is kept.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_prints() {
        let token = AccessToken::new("\u{feff}eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9\r\n").unwrap();
        assert_eq!(token.expose(), "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9");
        assert!(!format!("{token:?}").contains("eyJ0"), "{token:?}");
    }

    #[test]
    fn what_cannot_be_a_token_is_none() {
        for text in [
            "",
            " \n",
            "two words",
            "new\nline",
            "ümlaut",
            &"x".repeat(10_000),
        ] {
            assert!(AccessToken::new(text).is_none(), "{text:?}");
        }
    }
}
