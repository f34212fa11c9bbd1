//! What an account has set about its lists.

use crate::{EntryStatus, ScoreFormat};

/// Settings of both lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListSettings {
    /// How scores are shown.
    pub score_format: ScoreFormat,
    /// What lists are sorted by, in AniList's words (`score`, `title`, `updatedAt`, `id`).
    pub row_order: Option<String>,
    /// The anime list; `None` when whoever wrote this down did not look.
    pub anime: Option<TypeSettings>,
    /// The manga list; `None` when whoever wrote this down did not look.
    pub manga: Option<TypeSettings>,
}

/// Settings of one of the two lists.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct TypeSettings {
    /// The order of the sections on the list's page.
    pub section_order: Vec<String>,
    /// Whether completed titles stand in a section for each format.
    pub split_completed: bool,
    /// Names of the custom lists, in the account's order.
    pub custom_lists: Vec<String>,
    /// Names of the categories for advanced scores, in the order AniList wants them written.
    pub advanced_scoring: Vec<String>,
    /// Whether advanced scores are in use. AniList takes them either way.
    pub advanced_scoring_enabled: bool,
}

/// What list edits do to the activity feed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ActivitySettings {
    /// Minutes within which edits of one title become one activity.
    pub merge_minutes: Option<u32>,
    /// The statuses whose edits make no activity.
    pub muted: Vec<EntryStatus>,
}
