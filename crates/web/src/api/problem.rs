//! Failures as RFC 9457 problem documents with a stable code.

use std::fmt;

use actix_web::error::{JsonPayloadError, QueryPayloadError};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, ResponseError};
use anirewind_core::{Code, Explain, Id, ImportError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::kind::Kind;
use crate::upload::UploadError;
use crate::{patience, trace};

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
    /// What happened this time.
    pub(crate) fn into_detail(self) -> String {
        self.detail
    }

    fn new(kind: Kind, detail: String, hint: Option<String>) -> Self {
        Self {
            r#type: format!("urn:anirewind:problem:{}", kind.code()),
            title: kind.title(),
            status: kind.status(),
            detail,
            code: kind.code(),
            hint,
            request_id: None,
        }
    }

    pub(crate) fn usage(detail: impl Into<String>) -> Self {
        let hint = "Nothing was changed. What it takes stands in /api/v1/openapi.json.".to_owned();
        Self::new(Kind::Of(Code::Usage), detail.into(), Some(hint))
    }

    pub(crate) fn failed(detail: impl Into<String>) -> Self {
        Self::new(Kind::Of(Code::Failed), detail.into(), None)
    }

    pub(crate) fn missing(detail: impl Into<String>) -> Self {
        let hint = "What there is, the lists say; they stand in /api/v1/openapi.json.".to_owned();
        Self::new(Kind::Of(Code::NotFound), detail.into(), Some(hint))
    }

    /// Too much at once.
    pub(crate) fn busy(detail: &str) -> Self {
        let hint = "Nothing was begun. Ask again when some of it is over.".to_owned();
        Self::new(Kind::Of(Code::Busy), detail.to_owned(), Some(hint))
    }

    pub(crate) fn refused(detail: &str) -> Self {
        let hint = "Nothing was changed. docs/security.md says who may ask for what.".to_owned();
        Self::new(Kind::Refused, detail.to_owned(), Some(hint))
    }

    pub(crate) fn compressed(detail: &str) -> Self {
        let hint = "Nothing was changed. Send it as it is.".to_owned();
        Self::new(Kind::Compressed, detail.to_owned(), Some(hint))
    }

    pub(crate) fn nowhere() -> Self {
        let hint = Some("See /api/v1/openapi.json.".to_owned());
        let detail = "there is nothing here".to_owned();
        Self::new(Kind::Of(Code::NotFound), detail, hint)
    }

    pub(crate) fn no_such_method(method: &Method, allowed: &str) -> Self {
        let hint = Some(format!("It takes {allowed}. See /api/v1/openapi.json."));
        Self::new(Kind::NoSuchMethod, format!("this takes no {method}"), hint)
    }

    pub(crate) fn no_key(detail: &str) -> Self {
        let hint = "Make one with `anirewind key add NAME --write`, and send it as \
            `Authorization: Bearer KEY`.";
        Self::new(Kind::NoKey, detail.to_owned(), Some(hint.to_owned()))
    }

    pub(crate) fn read_only(detail: &str) -> Self {
        let hint = "Make one that may write: `anirewind key add NAME --write`.".to_owned();
        Self::new(Kind::ReadOnlyKey, detail.to_owned(), Some(hint))
    }

    pub(crate) fn people_only() -> Self {
        let hint = "Log in on the page, or use the commands on the machine itself.".to_owned();
        let detail = "a key is not enough for this".to_owned();
        Self::new(Kind::PeopleOnly, detail, Some(hint))
    }

    pub(crate) fn too_many(wait: time::Duration) -> Self {
        let seconds = wait.whole_seconds() + 1;
        let detail = format!("that was wrong too often; try again in {seconds} seconds");
        Self::new(
            Kind::TooMany,
            detail,
            Some("Nothing was changed.".to_owned()),
        )
    }

    /// An act that goes on no more.
    pub(crate) fn over(id: &Id, state: &str) -> Self {
        let hint = format!("Nothing was changed. /api/v1/operations/{id} says what came of it.");
        Self::new(Kind::Over, format!("{id} is over: {state}"), Some(hint))
    }

    /// What somebody looked at, and what there is now, do not agree; or nobody said what it was.
    pub(crate) fn precondition(kind: Kind, detail: &str) -> Self {
        let hint = "Nothing was changed. Read again, and send the `ETag` of that as `If-Match`.";
        Self::new(kind, detail.to_owned(), Some(hint.to_owned()))
    }

    /// Not as many as somebody agreed to.
    pub(crate) fn otherwise(detail: String) -> Self {
        let hint = "Nothing was changed. Look again at what goes, and agree to that.".to_owned();
        Self::new(Kind::Of(Code::RefusedForSafety), detail, Some(hint))
    }

    fn too_large(detail: String) -> Self {
        Self::new(
            Kind::TooLarge,
            detail,
            Some("Nothing was changed.".to_owned()),
        )
    }

    fn too_slow() -> Self {
        let hint = "Nothing was changed. Send it again.".to_owned();
        Self::new(Kind::TooSlow, patience::LATE.to_owned(), Some(hint))
    }

    pub(crate) fn took_too_long() -> Self {
        let detail = "that took too long and was given up".to_owned();
        let hint = "What was done by then stands. Look at it again, and ask once more.".to_owned();
        Self::new(Kind::TookTooLong, detail, Some(hint))
    }

    pub(crate) const fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn answer(&self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status);
        let mut answer = HttpResponse::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        if self.status == 401 {
            answer.insert_header(("WWW-Authenticate", "Bearer"));
        }
        if self.status == 408 {
            // What is still to come is not waited for.
            answer.force_close();
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
        Self::new(
            Kind::Of(error.code()),
            error.chain(),
            error.hint().map(of_api),
        )
    }
}

/// What to do, where it is said in the words of the commands.
fn of_api(hint: String) -> String {
    match hint.split_once("--allow-removals=") {
        Some((begin, count)) => format!("{begin}`\"removals\": {count}`"),
        None => hint,
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
    let problem = match error {
        JsonPayloadError::Overflow { limit }
        | JsonPayloadError::OverflowKnownLength { limit, .. } => {
            Problem::too_large(format!("more than {} kB were sent", limit / 1024))
        }
        JsonPayloadError::Payload(cause) if patience::is_late(cause) => Problem::too_slow(),
        JsonPayloadError::ContentType => Problem::usage(
            "what is sent has to be JSON, and to say so with `Content-Type: application/json`",
        ),
        _ => Problem::usage(error.to_string()),
    };
    problem.into()
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Late => Self::too_slow(),
            UploadError::Broken(detail) => Self::usage(detail),
            UploadError::Stage(
                error @ (ImportError::TooLarge { .. } | ImportError::NoRoom { .. }),
            ) => Self::new(Kind::TooLarge, error.chain(), error.hint()),
            UploadError::Stage(error) => error.into(),
        }
    }
}

/// A query that is not what was asked for.
pub(crate) fn bad_query(error: &QueryPayloadError, query: &str) -> actix_web::Error {
    let why = match error {
        QueryPayloadError::Deserialize(why) => why.to_string(),
        error => error.to_string(),
    };
    Problem::usage(format!("`?{query}` cannot be read: {why}")).into()
}
