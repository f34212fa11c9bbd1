//! What a token says about itself.

use anirewind_model::AccessToken;
use serde::Deserialize;
use time::OffsetDateTime;

#[derive(Deserialize)]
struct Claims {
    // Written as a fraction by some issuers.
    exp: Option<f64>,
}

/// When a token says that it ends; `None` when it does not say.
///
/// A hint for a reminder: whether a token works is for AniList to tell.
pub fn expiry(token: &AccessToken) -> Option<OffsetDateTime> {
    let decoded = jsonwebtoken::dangerous::insecure_decode::<Claims>(token.expose()).ok()?;
    let seconds = decoded
        .claims
        .exp
        .filter(|seconds| (0.0..=253_402_300_799.0).contains(seconds))?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "between 1970 and 9999 by the line above"
    )]
    OffsetDateTime::from_unix_timestamp(seconds as i64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"alg":"RS256","typ":"JWT"}`, a payload, and no signature worth the name.
    fn token(payload: &str) -> AccessToken {
        AccessToken::new(&format!(
            "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.{payload}.c2ln"
        ))
        .unwrap()
    }

    #[test]
    fn the_end_is_read_as_a_whole_number_or_a_fraction() {
        // {"exp":1800000000,"sub":"4242"} and {"exp":1800000000.123,"sub":"4242"}
        let whole = token("eyJleHAiOjE4MDAwMDAwMDAsInN1YiI6IjQyNDIifQ");
        let fraction = token("eyJleHAiOjE4MDAwMDAwMDAuMTIzLCJzdWIiOiI0MjQyIn0");
        for token in [whole, fraction] {
            assert_eq!(
                expiry(&token).map(OffsetDateTime::unix_timestamp),
                Some(1_800_000_000)
            );
        }
    }

    #[test]
    fn a_token_that_says_nothing_is_no_error() {
        assert_eq!(expiry(&AccessToken::new("simulated-token").unwrap()), None);
        assert_eq!(expiry(&token("bm90LWpzb24")), None);
        // {"exp":1e300}
        assert_eq!(expiry(&token("eyJleHAiOjFlMzAwfQ")), None);
    }
}
