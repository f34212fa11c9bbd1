//! An error as AniList words it.

use std::collections::BTreeMap;

use async_graphql::Pos;

/// One thing that went wrong in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    pub(crate) message: String,
    pub(crate) validation: BTreeMap<String, Vec<String>>,
    pub(crate) at: Option<Pos>,
    pub(crate) path: Option<String>,
}

impl Failure {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            validation: BTreeMap::new(),
            at: None,
            path: None,
        }
    }

    pub(crate) fn validation(field: &str, text: impl Into<String>) -> Self {
        let mut failure = Self::new(400, "validation");
        failure
            .validation
            .insert(field.to_owned(), vec![text.into()]);
        failure
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized.")
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "Not Found.")
    }
}
