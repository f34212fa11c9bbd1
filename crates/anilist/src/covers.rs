//! Covers: pictures from AniList's own servers. No token goes with the request.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Client, Url, redirect};
use thiserror::Error;

use crate::endpoint;
use crate::transport::USER_AGENT;

/// No cover comes near this.
const LARGEST: usize = 2 * 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(8);
const CONNECT: Duration = Duration::from_secs(3);

/// Fetches covers.
#[derive(Debug, Clone)]
pub struct Covers {
    /// Made when the first is fetched: that takes a while, and many never fetch any.
    http: Arc<OnceLock<Client>>,
    is_simulated: bool,
}

/// A picture, of one of the kinds that browsers only ever show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it is, as `image/png`.
    pub kind: &'static str,
    /// The picture.
    pub bytes: Vec<u8>,
}

/// A cover could not be had.
#[derive(Debug, Error)]
pub enum CoverError {
    /// It is not on AniList's servers, or not encrypted.
    #[error("the cover is not on AniList's servers")]
    Elsewhere,
    /// No connection can be made from here at all.
    #[error("cannot prepare to fetch covers")]
    Build(#[source] reqwest::Error),
    /// The server does not answer.
    #[error("the server of covers does not answer")]
    Net(#[source] reqwest::Error),
    /// It answered something else.
    #[error("the server of covers answered {status}")]
    Status {
        /// What it answered.
        status: u16,
    },
    /// What came is no picture, or far too large for a cover.
    #[error("what came is no cover")]
    NotAPicture,
}

impl CoverError {
    /// Whether others would not be had either.
    pub fn is_about_the_net(&self) -> bool {
        match self {
            Self::Build(_) | Self::Net(_) => true,
            Self::Status { status } => *status == 429 || *status >= 500,
            Self::Elsewhere | Self::NotAPicture => false,
        }
    }
}

impl Picture {
    /// Takes bytes for what they are; nothing for all but PNG, JPEG, WebP and GIF.
    pub fn of(bytes: Vec<u8>) -> Option<Self> {
        let kind = match bytes.as_slice() {
            [0x89, b'P', b'N', b'G', ..] => "image/png",
            [0xff, 0xd8, 0xff, ..] => "image/jpeg",
            [b'G', b'I', b'F', b'8', ..] => "image/gif",
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => "image/webp",
            _ => return None,
        };
        Some(Self { kind, bytes })
    }
}

impl Covers {
    /// Covers of AniList, or of a simulated one on this machine where that is where requests go.
    pub fn new(endpoint: Option<&str>) -> Self {
        Self {
            http: Arc::default(),
            is_simulated: endpoint.is_some_and(endpoint::is_on_this_machine),
        }
    }

    fn http(&self) -> Result<&Client, CoverError> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let http = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(TIMEOUT)
            .build()
            .map_err(CoverError::Build)?;
        Ok(self.http.get_or_init(|| http))
    }

    /// Fetches one.
    pub async fn fetch(&self, address: &str) -> Result<Picture, CoverError> {
        let url = self.check(address).ok_or(CoverError::Elsewhere)?;
        let net = |error: reqwest::Error| CoverError::Net(error.without_url());
        let mut response = self.http()?.get(url).send().await.map_err(net)?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(CoverError::Status { status });
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(net)? {
            if bytes.len() + chunk.len() > LARGEST {
                return Err(CoverError::NotAPicture);
            }
            bytes.extend_from_slice(&chunk);
        }
        Picture::of(bytes).ok_or(CoverError::NotAPicture)
    }

    /// Addresses come from a list that somebody else could have written: only AniList's own are asked.
    fn check(&self, address: &str) -> Option<Url> {
        let url = endpoint::parse(address).ok()?;
        let host = url.host_str()?;
        let is_theirs =
            url.scheme() == "https" && (host == "anilist.co" || host.ends_with(".anilist.co"));
        let is_here = self.is_simulated && endpoint::is_loopback(host);
        (is_theirs && url.port().is_none() || is_here).then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_anilists_own_servers_are_asked() {
        let real = Covers::new(None);
        let simulated = Covers::new(Some("http://127.0.0.1:1"));
        let fine = "https://s4.anilist.co/file/anilistcdn/media/anime/cover/medium/bx1.jpg";
        assert!(real.check(fine).is_some());
        for bad in [
            "http://s4.anilist.co/x.jpg",
            "https://s4.anilist.co.evil.example/x.jpg",
            "https://evilanilist.co/x.jpg",
            "https://s4.anilist.co:8443/x.jpg",
            "https://me:pw@s4.anilist.co/x.jpg",
            "http://127.0.0.1:9/x.png",
            "file:///etc/passwd",
            "",
        ] {
            assert!(real.check(bad).is_none(), "{bad}");
        }
        assert!(simulated.check("http://127.0.0.1:9/x.png").is_some());
    }

    #[test]
    fn what_a_picture_is_shows_in_its_first_bytes() {
        assert_eq!(
            Picture::of(vec![0xff, 0xd8, 0xff, 0]).unwrap().kind,
            "image/jpeg"
        );
        assert!(Picture::of(b"<svg onload=alert(1)>".to_vec()).is_none());
        assert!(Picture::of(Vec::new()).is_none());
    }
}
