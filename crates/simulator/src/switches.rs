//! Where nobody is sure what AniList does: one switch for each doubt.
//!
//! `Switches::default()` is the best guess. A product that is right must be right in every
//! position, so tests turn them all.

use std::time::Duration;

/// The doubts. The number in front of each is the one in the project's notes on AniList.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switches {
    /// 1: what one bad alias does to the others in its document.
    pub batch_error: BatchError,
    /// 2: whether errors carry `path`.
    pub errors_have_path: bool,
    /// 3: what saving COMPLETED does to progress.
    pub completed_progress: CompletedProgress,
    /// 4: what saving COMPLETED does to the completed date.
    pub completed_date: CompletedDate,
    /// 4: which new entries are dated today.
    pub started_today: StartedToday,
    /// 5: what an explicit null does to a number, a text or a flag.
    pub null_scalar: NullScalar,
    /// 6: what happens to progress past the last episode.
    pub over_total: OverTotal,
    /// 7: every n-th entry of a collection answers null for its custom lists; 0 for never.
    pub custom_lists_null_every: usize,
    /// 7: whether a collection shows entries that are hidden and on no custom list.
    pub hidden_in_collection: bool,
    /// 8: whether entries keep the names of their custom lists or their places.
    pub custom_list_storage: CustomListStorage,
    /// 9: whether saving what is already there moves `updatedAt`.
    pub noop_moves_updated_at: bool,
    /// 10: what deleting an entry that is gone answers.
    pub delete_missing: DeleteMissing,
    /// 10: the status for touching somebody else's entry.
    pub foreign_entry_status: u16,
    /// 11: how many requests a minute.
    pub rate_limit: RateLimit,
    /// 11: the limit on short bursts, which is not documented.
    pub burst: Option<Burst>,
    /// 11: whether each token has a budget of its own.
    pub rate_limit_per_token: bool,
    /// 12: whether requests without a `Referer` are told that the API is off.
    pub referer_required: bool,
    /// 13: how long reads show the state from before a write.
    pub read_lag: Duration,
    /// 13: whether an entry counts towards a chunk once for each group it is in.
    pub chunk_counts_duplicates: bool,
    /// 13: whether chunk 0 is answered (like chunk 1) or refused.
    pub chunk_zero_is_valid: bool,
    /// 14: how custom lists and advanced scores read when there are none.
    pub empty_shape: EmptyShape,
    /// 14: what old rows answer for `createdAt`.
    pub legacy_created_at: LegacyTime,
    /// 15: what happens to characters outside the basic plane.
    pub text_storage: TextStorage,
    /// 16: the most a document may cost, one for each field.
    pub complexity_limit: u32,
    /// Not numbered: how far the statistics are off, in titles of each type.
    pub statistics_error: i32,
    /// Not numbered: whole collections larger than this many entries answer 500; 0 for never.
    pub collection_fails_above: usize,
    /// Not numbered: how many entries one collection answers at most, most recently updated first.
    pub collection_cap: usize,
    /// Not numbered: covers and avatars are on this machine too, so that a demo has pictures.
    pub serves_covers: bool,
}

/// Switch 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchError {
    /// Writes before the culprit took effect, the answer is all null.
    PrefixApplied,
    /// All writes but the culprit took effect, the answer is all null.
    AllOthersApplied,
    /// Nothing took effect.
    NothingApplied,
    /// All but the culprit took effect and are answered.
    Independent,
}

/// Switch 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletedProgress {
    /// Filled in where none is sent.
    IfOmitted,
    /// Set to the total whatever is sent.
    Always,
}

/// Switch 4, first half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletedDate {
    /// Today where none is sent and none is there.
    IfOmitted,
    /// Today also where an empty one is sent.
    AlsoIfNull,
    /// Left alone.
    Never,
}

/// Switch 4, second half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartedToday {
    /// Only where no status is sent.
    StatusOmitted,
    /// Every new entry that is CURRENT and has no date.
    AnyCurrent,
}

/// Switch 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullScalar {
    /// As if it had not been sent.
    Ignored,
    /// The field is emptied.
    Clears,
    /// HTTP 500.
    Fails,
}

/// Switch 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverTotal {
    /// Stored as sent.
    Stored,
    /// Cut to the total.
    Clamped,
    /// Refused.
    Rejected,
}

/// Switch 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomListStorage {
    /// Renaming a list empties it, moving it does nothing.
    ByName,
    /// Renaming a list renames it, moving it mixes memberships up.
    ByIndex,
}

/// Switch 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteMissing {
    /// 400 with a validation body.
    Validation,
    /// 404.
    NotFound,
    /// 200 with `deleted: false`.
    DeletedFalse,
}

/// Switch 11, first half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimit {
    /// This many a minute, and the headers say so.
    Honest(u32),
    /// The first number is enforced, the second is what the headers say.
    Lying(u32, u32),
    /// No limit and no headers: for load, not for behaviour.
    Off,
}

/// Switch 11, second half: at most this many requests within a time, else 429 without headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burst {
    /// How many requests are let through.
    pub requests: usize,
    /// Within how long.
    pub within: Duration,
}

/// Switch 14, first half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmptyShape {
    /// `{}`
    Object,
    /// `[]`
    Array,
    /// `null`
    Null,
}

/// Switch 14, second half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegacyTime {
    /// 0
    Zero,
    /// null
    Null,
}

/// Switch 15.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextStorage {
    /// Kept as sent.
    Kept,
    /// Turned into `&#128512;`.
    EntityEncoded,
    /// Everything from the first such character on is lost.
    Truncated,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            batch_error: BatchError::PrefixApplied,
            errors_have_path: false,
            completed_progress: CompletedProgress::IfOmitted,
            completed_date: CompletedDate::IfOmitted,
            started_today: StartedToday::StatusOmitted,
            null_scalar: NullScalar::Ignored,
            over_total: OverTotal::Stored,
            custom_lists_null_every: 0,
            hidden_in_collection: false,
            custom_list_storage: CustomListStorage::ByName,
            noop_moves_updated_at: true,
            delete_missing: DeleteMissing::Validation,
            foreign_entry_status: 400,
            rate_limit: RateLimit::Honest(30),
            burst: None,
            rate_limit_per_token: false,
            referer_required: false,
            read_lag: Duration::ZERO,
            chunk_counts_duplicates: false,
            chunk_zero_is_valid: true,
            empty_shape: EmptyShape::Object,
            legacy_created_at: LegacyTime::Zero,
            text_storage: TextStorage::Kept,
            complexity_limit: 500,
            statistics_error: 0,
            collection_fails_above: 0,
            collection_cap: 11_000,
            serves_covers: false,
        }
    }
}
