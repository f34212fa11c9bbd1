//! What a change was, as JSON: the title before and after it, to look at and to take along.

use anirewind_core::ChangeRow;
use anirewind_core::view::{ChangeView, EntryView};
use askama::Template;

html_safe!(RawPart);

/// Both sides of a change as the API has them.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/raw.html")]
pub(crate) struct RawPart {
    base: String,
    id: String,
    /// The words, a part of an id, and what was there; nothing where the title was not on the list.
    sides: [(&'static str, &'static str, Option<String>); 2],
}

impl RawPart {
    pub(crate) fn of(base: &str, row: &ChangeRow) -> Self {
        let view = ChangeView::from(row);
        Self {
            base: base.to_owned(),
            id: row.id.to_string(),
            sides: [
                ("Before", "before", json(view.before.as_ref())),
                ("After", "after", json(view.after.as_ref())),
            ],
        }
    }
}

fn json(entry: Option<&EntryView>) -> Option<String> {
    entry.and_then(|entry| serde_json::to_string_pretty(entry).ok())
}
