//! What comes in as an object.

use async_graphql::InputObject;

use crate::{Date, Status};

/// `FuzzyDateInput`
#[derive(InputObject, Debug, Clone, Copy)]
pub(crate) struct FuzzyDateInput {
    year: Option<i32>,
    month: Option<i32>,
    day: Option<i32>,
}

impl FuzzyDateInput {
    pub(crate) fn to_date(self) -> Date {
        let part = |part: Option<i32>| part.filter(|part| *part != 0);
        Date {
            year: part(self.year),
            month: part(self.month),
            day: part(self.day),
        }
    }
}

/// `MediaListOptionsInput`
#[derive(InputObject, Debug, Clone)]
pub(crate) struct MediaListOptionsInput {
    pub(crate) section_order: Option<Vec<Option<String>>>,
    pub(crate) split_completed_section_by_format: Option<bool>,
    pub(crate) custom_lists: Option<Vec<Option<String>>>,
    pub(crate) advanced_scoring: Option<Vec<Option<String>>>,
    pub(crate) advanced_scoring_enabled: Option<bool>,
    /// Taken and forgotten, as AniList has since it gave themes up.
    pub(crate) theme: Option<String>,
}

/// `ListActivityOptionInput`
#[derive(InputObject, Debug, Clone, Copy)]
pub(crate) struct ListActivityOptionInput {
    pub(crate) disabled: Option<bool>,
    #[graphql(name = "type")]
    pub(crate) status: Option<Status>,
}
