//! AniList's envelope around an answer: which status, which errors, what is left of the data.

use async_graphql::parser::types::{OperationDefinition, Selection};
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// An answer that is ready to be sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn ok(data: Value) -> Self {
        Self {
            status: 200,
            body: object([("data", data)]),
        }
    }

    /// The whole request failed: every field of it is null.
    pub(crate) fn failed(failures: &[Failure], fields: &[String], with_path: bool) -> Self {
        let data: Map<_, _> = fields
            .iter()
            .map(|name| (name.clone(), Value::Null))
            .collect();
        let data = if data.is_empty() {
            Value::Null
        } else {
            Value::Object(data)
        };
        Self::partial(failures, data, with_path)
    }

    /// Some fields failed, the others are answered.
    pub(crate) fn partial(failures: &[Failure], data: Value, with_path: bool) -> Self {
        let errors = failures
            .iter()
            .map(|failure| error(failure, with_path))
            .collect();
        Self {
            status: failures.first().map_or(500, |failure| failure.status),
            body: object([("errors", Value::Array(errors)), ("data", data)]),
        }
    }
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(
        fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

fn error(failure: &Failure, with_path: bool) -> Value {
    let at = failure.at.unwrap_or_default();
    let mut error = Map::new();
    error.insert("message".to_owned(), json!(failure.message));
    error.insert("status".to_owned(), json!(failure.status));
    let at = json!([{ "line": at.line.max(1), "column": at.column.max(1) }]);
    error.insert("locations".to_owned(), at);
    if !failure.validation.is_empty() {
        error.insert("validation".to_owned(), json!(failure.validation));
    }
    if with_path && let Some(path) = &failure.path {
        error.insert("path".to_owned(), json!([path]));
    }
    Value::Object(error)
}

/// The names under which an operation's fields are answered: aliases where there are any.
pub(crate) fn answer_names(operation: &OperationDefinition) -> Vec<String> {
    operation
        .selection_set
        .node
        .items
        .iter()
        .filter_map(|item| match &item.node {
            Selection::Field(field) => Some(field.node.response_key().node.to_string()),
            Selection::FragmentSpread(_) | Selection::InlineFragment(_) => None,
        })
        .collect()
}
