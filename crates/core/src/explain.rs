//! What an error means to whoever has to act on it.

use std::error::Error;

/// A class of error that scripts can rely on. One table: code, exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// Failed, nothing more specific.
    Failed,
    /// Called in a way that makes no sense.
    Usage,
    /// No such profile or snapshot.
    NotFound,
    /// Not signed in, or the token is refused.
    NotSignedIn,
    /// AniList, or the way to it, is out of order, or asks for more patience than there is.
    Unavailable,
    /// Something was edited since, and a choice is needed.
    EditedSince,
    /// Something else is at work on the same account.
    Busy,
    /// Refused because something could be lost.
    RefusedForSafety,
}

impl Code {
    /// Every one there is.
    pub const ALL: [Self; 8] = [
        Self::Failed,
        Self::Usage,
        Self::NotFound,
        Self::NotSignedIn,
        Self::Unavailable,
        Self::EditedSince,
        Self::Busy,
        Self::RefusedForSafety,
    ];

    /// The status a command ends with.
    pub const fn exit_status(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 4,
            Self::EditedSince => 5,
            Self::NotSignedIn => 6,
            Self::Unavailable => 7,
            Self::Busy => 8,
            Self::RefusedForSafety => 9,
        }
    }

    /// The name in machine-readable output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::NotFound => "not-found",
            Self::EditedSince => "edited-since",
            Self::Busy => "busy",
            Self::NotSignedIn => "not-signed-in",
            Self::Unavailable => "unavailable",
            Self::RefusedForSafety => "refused-for-safety",
        }
    }
}

/// An error that knows its class, what still holds, and what to do.
pub trait Explain: Error {
    /// Its class.
    fn code(&self) -> Code;

    /// What still holds and what to do next, in whole sentences.
    fn hint(&self) -> Option<String>;

    /// What happened, with every cause behind it, as one line.
    fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}
