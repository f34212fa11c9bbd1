//! The kinds of problem there are. This is the list of them: the document holds it, `docs/api.md` repeats
//! it, and a test comes by every one.

use anirewind_core::Code;
use serde_json::{Value, json};
use utoipa::openapi::{RefOr, Schema};

/// A kind of problem. Its code is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What the commands say, too.
    Of(Code),
    /// Another site, or another name.
    Refused,
    /// What was sent is compressed.
    Compressed,
    /// No key, or one that is none.
    NoKey,
    /// A key that may only read.
    ReadOnlyKey,
    /// What is there is asked for otherwise.
    NoSuchMethod,
    /// A key where somebody who is logged in is needed.
    PeopleOnly,
    /// Too many wrong passwords.
    TooMany,
    /// It goes on no more, so nothing can be done with it.
    Over,
    /// What somebody looked at is not what there is.
    Precondition,
    /// Nobody said what they looked at.
    NoPrecondition,
    /// More than is taken.
    TooLarge,
    /// What was sent did not arrive in time.
    TooSlow,
    /// The answer was not there in time.
    TookTooLong,
}

impl Kind {
    /// Those that only a server knows.
    const OWN: [Self; 13] = [
        Self::NoSuchMethod,
        Self::Refused,
        Self::Compressed,
        Self::NoKey,
        Self::ReadOnlyKey,
        Self::PeopleOnly,
        Self::TooMany,
        Self::Over,
        Self::Precondition,
        Self::NoPrecondition,
        Self::TooLarge,
        Self::TooSlow,
        Self::TookTooLong,
    ];

    /// Every one there is.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Code::ALL.into_iter().map(Self::Of).chain(Self::OWN)
    }

    /// The code for programs, the HTTP status, and the kind in words.
    const fn row(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::Of(code) => {
                let (status, title) = match code {
                    Code::Failed => (500, "Failed"),
                    Code::Usage => (400, "Bad request"),
                    Code::NotFound => (404, "Not found"),
                    Code::NotSignedIn => (409, "The account is not connected"),
                    Code::Unavailable => (503, "AniList is unavailable"),
                    Code::EditedSince => (409, "Edited since"),
                    Code::Busy => (423, "Busy"),
                    Code::RefusedForSafety => (403, "Refused for safety"),
                };
                (code.as_str(), status, title)
            }
            Self::Refused => ("refused", 403, "Not from there"),
            Self::Compressed => ("compressed", 415, "Not compressed"),
            Self::NoKey => ("no-key", 401, "A key is needed"),
            Self::ReadOnlyKey => ("read-only-key", 403, "Not with this key"),
            Self::NoSuchMethod => ("no-such-method", 405, "Not with this method"),
            Self::PeopleOnly => ("people-only", 403, "Not with a key"),
            Self::TooMany => ("too-many", 429, "Too many tries"),
            Self::Over => ("over", 409, "It is over"),
            Self::Precondition => ("precondition", 412, "Not what was looked at"),
            Self::NoPrecondition => ("no-precondition", 428, "Not said what was looked at"),
            Self::TooLarge => ("too-large", 413, "Too much at once"),
            Self::TooSlow => ("too-slow", 408, "Too slow"),
            Self::TookTooLong => ("took-too-long", 503, "Given up"),
        }
    }

    pub(crate) const fn code(self) -> &'static str {
        self.row().0
    }

    pub(crate) const fn status(self) -> u16 {
        self.row().1
    }

    pub(crate) const fn title(self) -> &'static str {
        self.row().2
    }
}

/// Tells the document which kinds of problem there are, and the status of each.
pub(crate) struct Kinds;

impl utoipa::Modify for Kinds {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let Some(RefOr::T(Schema::Object(problem))) = components.schemas.get_mut("Problem") else {
            return;
        };
        if let Some(RefOr::T(Schema::Object(code))) = problem.properties.get_mut("code") {
            code.enum_values = Some(Kind::all().map(|kind| json!(kind.code())).collect());
            let statuses = Kind::all().map(|kind| (kind.code().to_owned(), json!(kind.status())));
            let statuses: Value = statuses.collect::<serde_json::Map<_, _>>().into();
            let extensions = code.extensions.get_or_insert_default();
            extensions.insert("x-status".to_owned(), statuses);
        }
        if let Some(RefOr::T(Schema::Object(status))) = problem.properties.get_mut("status") {
            let mut all: Vec<u16> = Kind::all().map(Kind::status).collect();
            all.sort_unstable();
            all.dedup();
            status.enum_values = Some(all.into_iter().map(|status| json!(status)).collect());
        }
    }
}
