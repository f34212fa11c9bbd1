//! Discord: an embed to a channel's webhook. Nobody is ever mentioned by it.

use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use crate::address::SecretUrl;
use crate::error::SendError;
use crate::http::Post;
use crate::notice::{Kind, Notice, cut};

/// Discord refuses longer ones.
const LONGEST_TITLE: usize = 256;
const LONGEST_TEXT: usize = 4_096;

/// A webhook of a channel on Discord.
#[derive(Debug, Clone)]
pub struct Discord {
    /// Where to.
    pub url: SecretUrl,
}

#[derive(Serialize)]
struct Message<'a> {
    embeds: [Embed<'a>; 1],
    allowed_mentions: Mentions,
}

#[derive(Serialize)]
struct Embed<'a> {
    title: String,
    description: String,
    color: u32,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

/// Nobody: what a title or a server's answer says must not ring at everybody's.
#[derive(Serialize)]
struct Mentions {
    parse: [&'static str; 0],
}

impl Discord {
    pub(crate) fn post(&self, notice: &Notice) -> Result<Post, SendError> {
        let place = self.url.place();
        let build = || SendError::Build {
            place: place.to_owned(),
        };
        let message = Message {
            embeds: [Embed {
                title: cut(&plain(&notice.title), LONGEST_TITLE),
                description: cut(&plain(&notice.text), LONGEST_TEXT),
                color: colour(notice.kind),
                timestamp: notice.at.format(&Rfc3339).map_err(|_| build())?,
                url: notice.link.as_deref(),
            }],
            allowed_mentions: Mentions { parse: [] },
        };
        let body = serde_json::to_vec(&message).map_err(|_| build())?;
        let url = self.url.url().map_err(|_| build())?;
        Ok(Post::json(url, place, body))
    }
}

/// The text as it stands, where Discord would make headings, links and mentions of it.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '*' | '_' | '~' | '`' | '|' | '[' | ']' | '<' | '>' | '#' | '@'
        ) {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}

const fn colour(kind: Kind) -> u32 {
    match kind {
        Kind::Failing | Kind::Damaged | Kind::Alarm => 0x00d1_3438,
        Kind::Late | Kind::Token | Kind::Stopped => 0x00f2_a60d,
        Kind::Recovered | Kind::Finished => 0x0023_a55a,
        Kind::Test => 0x003d_b4f2,
    }
}
