//! Channels as the API and `--json` show them. No secret is among it.

use anirewind_notify::Kind;
use serde::Serialize;

use crate::notices::{ChannelStatus, Tested};
use crate::settings::NotifySettings;
use crate::view::instant;

/// Who is told what.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NoticesView {
    /// The channels, and how they fare.
    pub channels: Vec<ChannelView>,
    /// The kinds of notices that are told.
    pub on: Vec<&'static str>,
    /// Whether private addresses may be sent to.
    pub allow_private: bool,
    /// Where signs of life go.
    pub ping: Option<PingView>,
}

/// A channel, and how it fares.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChannelView {
    /// webhook, ntfy, discord or smtp.
    pub name: &'static str,
    /// Where it leads: scheme and host, never more.
    pub place: String,
    /// How many notices it took.
    pub sent: usize,
    /// How many attempts failed.
    pub failed: usize,
    /// How many notices wait for it.
    pub waiting: usize,
    /// Why the last attempt failed, if it did.
    pub problem: Option<String>,
    /// When it last took one, RFC 3339.
    pub sent_at: Option<String>,
}

/// Where signs of life go.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PingView {
    /// Scheme and host, never more.
    pub place: String,
}

/// What came of a test.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TestedView {
    /// The channel.
    pub name: &'static str,
    /// Where it leads: scheme and host.
    pub place: String,
    /// Whether it took the notice.
    pub arrived: bool,
    /// Why not.
    pub problem: Option<String>,
    /// What to do about it.
    pub hint: Option<&'static str>,
}

impl NoticesView {
    /// The shape of these channels under these settings.
    pub fn of(channels: &[ChannelStatus], settings: &NotifySettings) -> Self {
        Self {
            channels: channels.iter().map(ChannelView::from).collect(),
            on: settings.on.iter().copied().map(Kind::as_str).collect(),
            allow_private: settings.reach.allow_private,
            ping: settings.ping.as_ref().map(|ping| PingView {
                place: ping.place().to_owned(),
            }),
        }
    }
}

impl From<&ChannelStatus> for ChannelView {
    fn from(status: &ChannelStatus) -> Self {
        let fares = &status.fares;
        Self {
            name: status.name,
            place: status.place.clone(),
            sent: fares.sent,
            failed: fares.failed,
            waiting: fares.waiting,
            problem: fares.problem.clone(),
            sent_at: fares.sent_at.map(instant),
        }
    }
}

impl From<&Tested> for TestedView {
    fn from(tested: &Tested) -> Self {
        let error = tested.outcome.as_ref().err();
        Self {
            name: tested.name,
            place: tested.place.clone(),
            arrived: error.is_none(),
            problem: error.map(ToString::to_string),
            hint: error.map(anirewind_notify::SendError::hint),
        }
    }
}
