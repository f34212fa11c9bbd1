//! The ways to somebody.

use time::OffsetDateTime;

use crate::discord::Discord;
use crate::error::SendError;
use crate::http::Post;
use crate::mail::Mail;
use crate::notice::Notice;
use crate::ntfy::Ntfy;
use crate::webhook::Webhook;

/// A way to somebody. Shows no secret.
#[derive(Debug, Clone)]
pub enum Channel {
    /// JSON to a program.
    Webhook(Webhook),
    /// A topic of ntfy.
    Ntfy(Ntfy),
    /// A channel on Discord.
    Discord(Discord),
    /// Mail.
    Mail(Mail),
}

impl Channel {
    /// The names that channels have.
    pub const NAMES: [&str; 4] = ["webhook", "ntfy", "discord", "smtp"];

    /// What it is called in settings and commands.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Ntfy(_) => "ntfy",
            Self::Discord(_) => "discord",
            Self::Mail(_) => "smtp",
        }
    }

    /// Where it leads, as far as that can be shown: scheme and host.
    pub fn place(&self) -> &str {
        match self {
            Self::Webhook(webhook) => webhook.url.place(),
            Self::Ntfy(ntfy) => ntfy.place(),
            Self::Discord(discord) => discord.url.place(),
            Self::Mail(mail) => mail.server().place(),
        }
    }

    /// What is sent by HTTP; `None` for mail.
    pub(crate) fn post(
        &self,
        notice: &Notice,
        now: OffsetDateTime,
    ) -> Option<Result<Post, SendError>> {
        match self {
            Self::Webhook(webhook) => Some(webhook.post(notice, now)),
            Self::Ntfy(ntfy) => Some(ntfy.post(notice)),
            Self::Discord(discord) => Some(discord.post(notice)),
            Self::Mail(_) => None,
        }
    }
}
