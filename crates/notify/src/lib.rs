//! Notices to people, and a sign of life to a dead-man switch.
#![doc = include_str!("../README.md")]

mod address;
mod channel;
mod discord;
mod error;
mod http;
mod mail;
mod notice;
mod notifier;
mod ntfy;
mod ping;
mod reach;
mod webhook;

pub use address::{InvalidAddress, SecretUrl};
pub use channel::Channel;
pub use discord::Discord;
pub use error::SendError;
pub use mail::{Mail, MailServer};
pub use notice::{Kind, Notice};
pub use notifier::{Limits, Notifier};
pub use ntfy::Ntfy;
pub use ping::{Ping, Signal};
pub use reach::Reach;
pub use secrecy::SecretString;
pub use webhook::{SIGNATURE, TIMESTAMP, Webhook, is_signed_by};
