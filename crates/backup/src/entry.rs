//! One entry by itself, as it stands in a snapshot file.

use anirewind_model::{Entry, MediaType, ScoreFormat, UserId};

use crate::file::Damage;
use crate::record::EntryRecord;

/// Writes an entry down as a snapshot file holds it, everything that is recorded of it included.
pub fn entry_to_json(entry: &Entry, owner: UserId) -> Result<String, serde_json::Error> {
    // Only the raw score counts in what we read ourselves; the other one is for other programs.
    serde_json::to_string(&EntryRecord::of(entry, owner, &ScoreFormat::Point100))
}

/// Reads an entry that was written down so.
pub fn entry_from_json(text: &str, media_type: MediaType) -> Result<Entry, Damage> {
    entry_from_json_in(text, media_type, Some(&ScoreFormat::Point100))
}

/// Reads an entry that another program wrote down, its score in the format of the account; without
/// the format the score is not recorded.
pub fn entry_from_json_in(
    text: &str,
    media_type: MediaType,
    format: Option<&ScoreFormat>,
) -> Result<Entry, Damage> {
    let record: EntryRecord =
        serde_json::from_str(text).map_err(|error| Damage::of_text(&error))?;
    let entry = record.into_entry(media_type, format);
    entry.map_err(|problem| Damage::NotASnapshot { problem })
}
