//! A webhook: the notice as JSON, signed.
//!
//! What is signed is the timestamp, a full stop, and the body, so that neither can be replaced and an
//! old message cannot be sent again as a new one.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sha2::Sha256;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::address::SecretUrl;
use crate::error::SendError;
use crate::http::Post;
use crate::notice::Notice;

/// The header with the seconds since 1970 at which a message was sent.
pub const TIMESTAMP: &str = "x-anirewind-timestamp";
/// The header with `sha256=` and the signature in hexadecimal digits.
pub const SIGNATURE: &str = "x-anirewind-signature";

/// Somewhere that takes a notice as JSON.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Where to.
    pub url: SecretUrl,
    /// What it is signed with; not at all without.
    pub secret: Option<SecretString>,
}

/// What a webhook is sent.
#[derive(Serialize)]
struct Body<'a> {
    schema: &'static str,
    id: &'a str,
    kind: &'static str,
    profile: Option<&'a str>,
    title: &'a str,
    text: &'a str,
    at: String,
    link: Option<&'a str>,
}

impl Webhook {
    pub(crate) fn post(&self, notice: &Notice, now: OffsetDateTime) -> Result<Post, SendError> {
        let place = self.url.place();
        let build = || SendError::Build {
            place: place.to_owned(),
        };
        let body = Body {
            schema: "anirewind.notice/1",
            id: &notice.id,
            kind: notice.kind.as_str(),
            profile: notice.profile.as_deref(),
            title: &notice.title,
            text: &notice.text,
            at: notice.at.format(&Rfc3339).map_err(|_| build())?,
            link: notice.link.as_deref(),
        };
        let body = serde_json::to_vec(&body).map_err(|_| build())?;
        let url = self.url.url().map_err(|_| build())?;
        let mut post = Post::json(url, place, body);
        let timestamp = now.unix_timestamp().to_string();
        if let Some(secret) = &self.secret {
            let signature = sign(secret, &timestamp, &post.body).ok_or_else(build)?;
            let value = HeaderValue::from_str(&signature).map_err(|_| build())?;
            post.headers
                .insert(HeaderName::from_static(SIGNATURE), value);
        }
        let timestamp = HeaderValue::from_str(&timestamp).map_err(|_| build())?;
        post.headers
            .insert(HeaderName::from_static(TIMESTAMP), timestamp);
        Ok(post)
    }
}

fn mac(secret: &SecretString, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

fn sign(secret: &SecretString, timestamp: &str, body: &[u8]) -> Option<String> {
    let mut text = "sha256=".to_owned();
    for byte in mac(secret, timestamp, body)?.finalize().into_bytes() {
        write!(text, "{byte:02x}").ok()?;
    }
    Some(text)
}

/// Whether a message was signed with this secret: for whoever receives them in Rust. How old the
/// timestamp may be is for the receiver to say.
pub fn is_signed_by(secret: &SecretString, timestamp: &str, body: &[u8], signature: &str) -> bool {
    let Some(hex) = signature.strip_prefix("sha256=") else {
        return false;
    };
    let bytes: Option<Vec<u8>> = hex
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    match (bytes, mac(secret, timestamp, body)) {
        // Compares in constant time.
        (Some(bytes), Some(mac)) => mac.verify_slice(&bytes).is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_hmac_sha256() {
        let secret = SecretString::from("secret");
        // printf '1764000000.{"a":1}' | openssl dgst -sha256 -hmac secret
        let signature = sign(&secret, "1764000000", br#"{"a":1}"#).unwrap();
        assert_eq!(
            signature,
            "sha256=112dc1736ad0328f094ebdad63c8bde5936ce7d0bb7ae467f9f8d481a26df51c"
        );
        let is_ours =
            |time: &str, body: &[u8], signature: &str| is_signed_by(&secret, time, body, signature);
        assert!(is_ours("1764000000", br#"{"a":1}"#, &signature));
        assert!(!is_ours("1764000001", br#"{"a":1}"#, &signature));
        assert!(!is_ours("1764000000", br#"{"a":2}"#, &signature));
        assert!(!is_ours("1764000000", br#"{"a":1}"#, "sha256=00"));
        assert!(!is_ours("1764000000", br#"{"a":1}"#, "sha256=ü"));
        assert!(!is_ours("1764000000", br#"{"a":1}"#, ""));
    }
}
