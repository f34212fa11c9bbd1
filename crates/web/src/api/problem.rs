//! Failures as RFC 9457 problem documents with a stable code.

use std::fmt;

use actix_web::error::{JsonPayloadError, QueryPayloadError};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use anirewind_core::{Code, Explain};
use serde::Serialize;
use utoipa::ToSchema;

use crate::trace;

/// What went wrong, what still holds, and what to do (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem {
    /// Where the kind of problem is described.
    r#type: String,
    /// The kind of problem, in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened this time.
    detail: String,
    /// The kind of problem, for programs. Stable.
    code: &'static str,
    /// What still holds and what to do.
    hint: Option<String>,
    /// Which request it was; the log knows it by this name.
    request_id: Option<String>,
}

impl Problem {
    fn new(code: Code, detail: String, hint: Option<String>) -> Self {
        let (title, status) = match code {
            Code::Failed => ("Failed", 500),
            Code::Usage => ("Bad request", 400),
            Code::NotFound => ("Not found", 404),
            Code::NotSignedIn => ("The account is not connected", 409),
            Code::Unavailable => ("AniList is unavailable", 503),
            Code::EditedSince => ("Edited since", 409),
            Code::Busy => ("Busy", 423),
            Code::RefusedForSafety => ("Refused for safety", 403),
        };
        Self::of(code.as_str(), title, status, detail, hint)
    }

    fn of(
        code: &'static str,
        title: &'static str,
        status: u16,
        detail: String,
        hint: Option<String>,
    ) -> Self {
        Self {
            r#type: format!("urn:anirewind:problem:{code}"),
            title,
            status,
            detail,
            code,
            hint,
            request_id: None,
        }
    }

    pub(crate) fn usage(detail: impl Into<String>) -> Self {
        Self::new(Code::Usage, detail.into(), None)
    }

    pub(crate) fn failed(detail: impl Into<String>) -> Self {
        Self::new(Code::Failed, detail.into(), None)
    }

    pub(crate) fn missing(detail: impl Into<String>) -> Self {
        Self::new(Code::NotFound, detail.into(), None)
    }

    pub(crate) fn refused(detail: &str) -> Self {
        Self::of("refused", "Not from there", 403, detail.to_owned(), None)
    }

    pub(crate) fn nowhere() -> Self {
        let hint = Some("See /api/v1/openapi.json.".to_owned());
        Self::new(Code::NotFound, "there is nothing here".to_owned(), hint)
    }

    pub(crate) fn no_key(detail: &str) -> Self {
        let hint = "Make one with `anirewind key add NAME --write`, and send it as \
            `Authorization: Bearer KEY`.";
        Self::of(
            "no-key",
            "A key is needed",
            401,
            detail.to_owned(),
            Some(hint.to_owned()),
        )
    }

    pub(crate) fn read_only() -> Self {
        let hint = "Make one that may write: `anirewind key add NAME --write`.".to_owned();
        let detail = "this key may only read".to_owned();
        Self::of(
            "read-only-key",
            "Not with this key",
            403,
            detail,
            Some(hint),
        )
    }

    pub(crate) fn people_only() -> Self {
        Self::of(
            "people-only",
            "Not with a key",
            403,
            "a key is not enough for this".to_owned(),
            Some("Log in on the page, or use the commands on the machine itself.".to_owned()),
        )
    }

    pub(crate) fn too_many(wait: time::Duration) -> Self {
        let seconds = wait.whole_seconds() + 1;
        Self::of(
            "too-many",
            "Too many tries",
            429,
            format!("that was wrong too often; try again in {seconds} seconds"),
            None,
        )
    }

    /// What somebody looked at, and what there is now, do not agree.
    pub(crate) fn precondition(status: u16, detail: &str) -> Self {
        let hint = "Nothing was changed. Read again, and send the `ETag` of that as `If-Match`.";
        let hint = Some(hint.to_owned());
        let (code, title) = ("precondition", "Not what was looked at");
        Self::of(code, title, status, detail.to_owned(), hint)
    }

    pub(crate) fn answer(&self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status);
        let mut answer = HttpResponse::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        if self.status == 401 {
            answer.insert_header(("WWW-Authenticate", "Bearer"));
        }
        let named = Self {
            request_id: trace::current(),
            ..self.clone()
        };
        let body = serde_json::to_string(&named).unwrap_or_default();
        answer.content_type("application/problem+json").body(body)
    }
}

impl<E: Explain> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::new(error.code(), error.chain(), error.hint())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        self.answer()
    }
}

/// A body that is not what was asked for.
pub(crate) fn bad_body(error: &JsonPayloadError) -> actix_web::Error {
    Problem::usage(error.to_string()).into()
}

/// A query that is not what was asked for.
pub(crate) fn bad_query(error: &QueryPayloadError) -> actix_web::Error {
    Problem::usage(error.to_string()).into()
}
