//! ntfy: published as JSON, so that a title may hold any letters.

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use crate::address::{InvalidAddress, SecretUrl};
use crate::error::SendError;
use crate::http::Post;
use crate::notice::{Kind, Notice, cut};

/// ntfy makes a file of a longer message.
const LONGEST: usize = 1_000;

/// A topic on an ntfy server. Whoever knows its name can read it, so it is a secret.
#[derive(Debug, Clone)]
pub struct Ntfy {
    url: SecretUrl,
    token: Option<SecretString>,
}

#[derive(Serialize)]
struct Published<'a> {
    topic: &'a str,
    title: &'a str,
    message: String,
    priority: u8,
    tags: [&'static str; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    click: Option<&'a str>,
}

impl Ntfy {
    /// A topic by its whole address, as `https://ntfy.sh/my-topic`, and an access token if it has one.
    pub fn new(url: &str, token: Option<SecretString>) -> Result<Self, InvalidAddress> {
        let url = SecretUrl::parse(url)?;
        split(&url)?;
        Ok(Self { url, token })
    }

    /// What of the address can be shown.
    pub fn place(&self) -> &str {
        self.url.place()
    }

    pub(crate) fn post(&self, notice: &Notice) -> Result<Post, SendError> {
        let place = self.url.place();
        let build = || SendError::Build {
            place: place.to_owned(),
        };
        let (root, topic) = split(&self.url).map_err(|_| build())?;
        let published = Published {
            topic: &topic,
            title: &notice.title,
            message: cut(&notice.text, LONGEST),
            priority: if notice.kind.is_urgent() { 4 } else { 3 },
            tags: [tag(notice.kind), "anirewind"],
            click: notice.link.as_deref(),
        };
        let body = serde_json::to_vec(&published).map_err(|_| build())?;
        let mut post = Post::json(root, place, body);
        if let Some(token) = &self.token {
            let value = format!("Bearer {}", token.expose_secret());
            let mut value = HeaderValue::from_str(&value).map_err(|_| build())?;
            value.set_sensitive(true);
            post.headers.insert(AUTHORIZATION, value);
        }
        Ok(post)
    }
}

/// The server, which JSON is sent to, and the topic.
fn split(url: &SecretUrl) -> Result<(Url, String), InvalidAddress> {
    let mut root = url.url()?;
    let topic = root
        .path_segments()
        .and_then(|mut segments| segments.next_back())
        .unwrap_or_default()
        .to_owned();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if topic.is_empty() || topic.len() > 64 || !topic.chars().all(is_plain) {
        return Err(InvalidAddress::NoTopic);
    }
    root.path_segments_mut()
        .map_err(|()| InvalidAddress::NotHttp)?
        .pop()
        .push("");
    Ok((root, topic))
}

/// ntfy shows the tags it has a picture for as that.
const fn tag(kind: Kind) -> &'static str {
    match kind {
        Kind::Failing | Kind::Late | Kind::Damaged | Kind::Stopped => "warning",
        Kind::Alarm => "rotating_light",
        Kind::Token => "key",
        Kind::Recovered | Kind::Finished => "white_check_mark",
        Kind::Test => "wave",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_the_last_part_of_an_address() {
        let parts = |text: &str| {
            let url = SecretUrl::parse(text).unwrap();
            split(&url).map(|(root, topic)| (root.to_string(), topic))
        };
        let at = |root: &str| Ok((root.to_owned(), "my-topic".to_owned()));
        assert_eq!(parts("https://ntfy.sh/my-topic"), at("https://ntfy.sh/"));
        assert_eq!(parts("https://x/a/my-topic"), at("https://x/a/"));
        for none in [
            "https://ntfy.sh",
            "https://ntfy.sh/",
            "https://ntfy.sh/a%20b",
        ] {
            assert_eq!(parts(none), Err(InvalidAddress::NoTopic), "{none}");
        }
    }
}
