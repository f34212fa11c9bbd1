//! What an answer means. Judged by message and body first, by status last.

use std::time::Duration;

use anirewind_model::{FieldRefusal, RemoteError};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};
use time::OffsetDateTime;

/// A 429 that does not say for how long means a minute.
const LOCK_OUT: Duration = Duration::from_mins(1);
/// A longer pause than this is taken for a mistake.
const LONGEST_LOCK_OUT: Duration = Duration::from_hours(24);

/// An answer as it came in.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// An error with the line of the document that it is about.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: RemoteError,
    pub(crate) line: Option<usize>,
}

#[derive(Deserialize)]
struct Errors {
    errors: Option<Vec<GraphQlError>>,
    #[expect(dead_code, reason = "present in every answer that is AniList's")]
    data: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct GraphQlError {
    message: Option<String>,
    status: Option<u16>,
    locations: Option<Vec<Location>>,
    validation: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Location {
    line: Option<usize>,
}

#[derive(Deserialize)]
struct Data<T> {
    data: Option<T>,
}

impl Answer {
    /// The data, or what went wrong.
    pub(crate) fn read<T: DeserializeOwned>(self, now: OffsetDateTime) -> Result<T, Failure> {
        let plain = |error| Failure { error, line: None };
        if self.status == 429 {
            return Err(plain(RemoteError::RateLimited {
                wait: self.pause(now),
            }));
        }
        let errors: Errors = match serde_json::from_slice(&self.body) {
            Ok(errors) => errors,
            Err(problem) => return Err(plain(self.not_an_answer(&problem))),
        };
        if let Some(error) = errors.errors.and_then(|errors| errors.into_iter().next()) {
            return Err(self.failure(error, now));
        }
        if self.status >= 400 {
            return Err(plain(self.by_status(String::new())));
        }
        let malformed = |problem| RemoteError::Malformed {
            status: self.status,
            problem,
        };
        match serde_json::from_slice::<Data<T>>(&self.body) {
            Ok(Data { data: Some(data) }) => Ok(data),
            Ok(Data { data: None }) => Err(plain(malformed("there is no data in it".to_owned()))),
            Err(problem) => Err(plain(malformed(problem.to_string()))),
        }
    }

    /// How long a 429 asks for silence.
    fn pause(&self, now: OffsetDateTime) -> Duration {
        let number = |name: &str| {
            self.headers
                .get(name)?
                .to_str()
                .ok()?
                .trim()
                .parse::<i64>()
                .ok()
        };
        let asked = number(RETRY_AFTER.as_str())
            .or_else(|| number("x-ratelimit-reset").map(|reset| reset - now.unix_timestamp()))
            .and_then(|seconds| u64::try_from(seconds).ok())
            .filter(|seconds| *seconds > 0)
            .map_or(LOCK_OUT, Duration::from_secs);
        asked.min(LONGEST_LOCK_OUT)
    }

    /// The body is not JSON of the right form.
    fn not_an_answer(&self, problem: &serde_json::Error) -> RemoteError {
        let start = self.body.trim_ascii_start();
        let is_page = start.first() == Some(&b'<') || self.headers.contains_key("cf-mitigated");
        if is_page {
            return RemoteError::Challenge {
                status: self.status,
            };
        }
        if self.status >= 400 {
            let text: String = String::from_utf8_lossy(start).chars().take(120).collect();
            return self.by_status(text);
        }
        let problem = if start.is_empty() {
            "the body is empty".to_owned()
        } else {
            format!("{problem}, {} bytes", self.body.len())
        };
        RemoteError::Malformed {
            status: self.status,
            problem,
        }
    }

    fn failure(&self, error: GraphQlError, now: OffsetDateTime) -> Failure {
        let line = error
            .locations
            .iter()
            .flatten()
            .find_map(|location| location.line);
        let message = error.message.unwrap_or_default();
        // A 200 can carry errors; the error then says its own status.
        let status = error
            .status
            .filter(|_| self.status < 400)
            .unwrap_or(self.status);
        let is = |words: &str| message.to_ascii_lowercase().contains(words);
        let error = if is("invalid token") {
            RemoteError::InvalidToken { status, message }
        } else if is("temporarily disabled") || is("has been disabled") {
            RemoteError::Disabled {
                message: first_sentence(&message),
            }
        } else if let Some((max, got)) = complexity(&message) {
            RemoteError::Complexity { max, got }
        } else if is("not authorized to modify") {
            RemoteError::NotYours { message }
        } else if status == 429 || is("too many requests") {
            RemoteError::RateLimited {
                wait: self.pause(now),
            }
        } else if let Some(validation) = error.validation {
            RemoteError::Validation {
                message,
                fields: refusals(validation),
            }
        } else {
            Self {
                status,
                ..self.bare()
            }
            .by_status(message)
        };
        Failure { error, line }
    }

    fn bare(&self) -> Self {
        Self {
            status: self.status,
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }

    /// Nothing but the status is left to judge by.
    fn by_status(&self, message: String) -> RemoteError {
        let status = self.status;
        match status {
            401 => RemoteError::Unauthorized { status, message },
            404 => RemoteError::NotFound { message },
            500.. => RemoteError::Server { status, message },
            _ => RemoteError::Refused { status, message },
        }
    }
}

/// Reads "Max query complexity should be 500 but got 646."
fn complexity(message: &str) -> Option<(u32, u32)> {
    let rest = message.strip_prefix("Max query complexity should be ")?;
    let (max, rest) = rest.split_once(" but got ")?;
    Some((max.parse().ok()?, rest.trim_end_matches('.').parse().ok()?))
}

fn refusals(validation: Map<String, Value>) -> Vec<FieldRefusal> {
    let words = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    validation
        .into_iter()
        .map(|(field, value)| FieldRefusal {
            field,
            messages: match value {
                Value::Array(items) => items.into_iter().map(words).collect(),
                other => vec![words(other)],
            },
        })
        .collect()
}

fn first_sentence(message: &str) -> String {
    message
        .split_once(". ")
        .map_or(message, |(first, _)| first)
        .trim_end_matches('.')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use anirewind_model::{Effect, Retry};
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn answer(status: u16, body: &str, headers: &[(&'static str, &str)]) -> Answer {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Answer {
            status,
            headers: headers.collect(),
            body: body.as_bytes().to_vec(),
        }
    }

    fn failure(status: u16, body: &Value) -> Failure {
        answer(status, &body.to_string(), &[])
            .read::<Value>(NOW)
            .unwrap_err()
    }

    fn error(status: u16, message: &str) -> RemoteError {
        let body = json!({ "errors": [{ "message": message, "status": status }], "data": null });
        failure(status, &body).error
    }

    #[test]
    fn the_message_decides_before_the_status() {
        assert!(matches!(
            error(400, "Invalid token"),
            RemoteError::InvalidToken { .. }
        ));
        assert!(matches!(
            error(401, "Unauthorized."),
            RemoteError::Unauthorized { .. }
        ));
        let disabled = error(
            403,
            "The AniList API has been temporarily disabled due to x. See y.",
        );
        assert!(
            matches!(disabled, RemoteError::Disabled { .. }),
            "{disabled}"
        );
        assert!(!disabled.is_about_token());
        assert!(matches!(
            error(400, "Max query complexity should be 500 but got 646."),
            RemoteError::Complexity { max: 500, got: 646 }
        ));
        assert!(matches!(
            error(401, "You are not authorized to modify this MediaList"),
            RemoteError::NotYours { .. }
        ));
        assert!(matches!(
            error(404, "Not Found."),
            RemoteError::NotFound { .. }
        ));
        assert!(matches!(
            error(500, "Internal Server Error"),
            RemoteError::Server { .. }
        ));
        assert!(matches!(
            error(400, "Cannot query field"),
            RemoteError::Refused { .. }
        ));
    }

    #[test]
    fn errors_inside_a_200_are_errors() {
        let body = json!({ "errors": [{ "message": "Internal Server Error", "status": 500 }] });
        let failure = failure(200, &body);
        assert!(matches!(
            failure.error,
            RemoteError::Server { status: 500, .. }
        ));
    }

    #[test]
    fn a_validation_names_field_and_line() {
        let failure = failure(
            400,
            &json!({
                "errors": [{ "message": "validation", "status": 400,
                    "locations": [{ "line": 3, "column": 1 }],
                    "validation": { "mediaId": ["The selected media id is invalid."] } }],
                "data": { "a": null }
            }),
        );
        assert_eq!(failure.line, Some(3));
        let RemoteError::Validation { fields, .. } = failure.error else {
            panic!("{failure:?}")
        };
        assert_eq!(fields[0].field, "mediaId");
    }

    #[test]
    fn a_pause_is_read_from_either_header_or_is_a_minute() {
        let pause = |headers: &[(&'static str, &str)]| {
            let error = answer(429, "<html>", headers)
                .read::<Value>(NOW)
                .unwrap_err()
                .error;
            let RemoteError::RateLimited { wait } = error else {
                panic!("{error}")
            };
            wait.as_secs()
        };
        let reset = (NOW.unix_timestamp() + 21).to_string();
        assert_eq!(pause(&[("retry-after", "34")]), 34);
        assert_eq!(pause(&[("x-ratelimit-reset", &reset)]), 21);
        assert_eq!(pause(&[]), 60);
        assert_eq!(pause(&[("retry-after", "Wed, 21 Oct")]), 60);
        assert_eq!(pause(&[("retry-after", "-5")]), 60);
        assert_eq!(pause(&[("retry-after", "3600")]), 3_600);
        assert_eq!(pause(&[("retry-after", "999999")]), 86_400);
    }

    #[test]
    fn a_page_of_html_is_never_data_and_never_a_bad_token() {
        for status in [200, 403, 502] {
            let error = answer(status, "\n<!DOCTYPE html>", &[])
                .read::<Value>(NOW)
                .unwrap_err();
            assert!(
                matches!(error.error, RemoteError::Challenge { .. }),
                "{status}"
            );
            assert!(matches!(error.error.retry(), Retry::After(_)));
        }
    }

    #[test]
    fn broken_json_says_where_and_may_have_taken_effect() {
        for body in ["", "{\"data\":{\"a\":1", "[1,2]", "{\"data\":null}", "{}"] {
            let error = answer(200, body, &[])
                .read::<Map<String, Value>>(NOW)
                .unwrap_err()
                .error;
            assert!(
                matches!(error, RemoteError::Malformed { .. }),
                "{body}: {error}"
            );
            assert_eq!(error.effect(), Effect::Unknown);
        }
    }

    #[test]
    fn json_nested_without_end_is_refused() {
        let error = answer(200, &"[".repeat(100_000), &[])
            .read::<Value>(NOW)
            .unwrap_err()
            .error;
        assert!(matches!(error, RemoteError::Malformed { .. }));
    }
}
