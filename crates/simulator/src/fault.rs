//! What can go wrong with one request, before or after it took effect.

/// A fault that strikes one request instead of, or after, a proper answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Nothing is done and nothing is answered.
    TimeoutBefore,
    /// It is done, and nothing is answered.
    TimeoutAfter,
    /// The connection is cut before anything is done.
    ResetBefore,
    /// It is done, and the connection is cut before the answer is whole.
    ResetAfter,
    /// 429 in JSON, with `Retry-After`.
    TooManyRequests,
    /// 429 as a page of HTML, without a word on how long.
    TooManyRequestsHtml,
    /// 500 with AniList's body; nothing is done.
    InternalError,
    /// 502 as a page of HTML; nothing is done.
    BadGateway,
    /// 503 as a page of HTML, after it was done.
    UnavailableAfter,
    /// 403: the API is off for everyone.
    Disabled,
    /// 403 from a guard in front of AniList.
    Challenge,
    /// 401 as if the token were missing.
    Unauthorized,
    /// 400 as if the token were revoked.
    InvalidToken,
    /// The first half of the right answer, with the right length for it.
    TruncatedJson,
    /// The right answer, called HTML.
    WrongContentType,
    /// A page of HTML with status 200.
    HtmlPage,
    /// 200 with errors and no data.
    ErrorsWithStatus200,
    /// The right answer, but the first field of `data` is null and there is no error.
    PartialData,
    /// The answer starts and then trickles for ever.
    SlowLoris,
    /// 200 and nothing else.
    EmptyBody,
    /// Valid JSON nested a hundred thousand deep.
    DeepJson,
    /// JSON that never ends.
    EndlessBody,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::TimeoutBefore,
        Self::TimeoutAfter,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::TooManyRequests,
        Self::TooManyRequestsHtml,
        Self::InternalError,
        Self::BadGateway,
        Self::UnavailableAfter,
        Self::Disabled,
        Self::Challenge,
        Self::Unauthorized,
        Self::InvalidToken,
        Self::TruncatedJson,
        Self::WrongContentType,
        Self::HtmlPage,
        Self::ErrorsWithStatus200,
        Self::PartialData,
        Self::SlowLoris,
        Self::EmptyBody,
        Self::DeepJson,
        Self::EndlessBody,
    ];

    /// Whether the request is carried out although its answer goes wrong.
    pub const fn takes_effect(self) -> bool {
        matches!(
            self,
            Self::TimeoutAfter
                | Self::ResetAfter
                | Self::UnavailableAfter
                | Self::TruncatedJson
                | Self::WrongContentType
                | Self::PartialData
                | Self::SlowLoris
                | Self::EmptyBody
        )
    }

    /// Whether the answer never ends, so that whoever waits for it has to give up.
    pub const fn is_endless(self) -> bool {
        matches!(
            self,
            Self::TimeoutBefore | Self::TimeoutAfter | Self::SlowLoris | Self::EndlessBody
        )
    }
}
