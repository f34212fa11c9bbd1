//! Entries and their fields in the words people know from AniList.

use anirewind_model::{
    Entry, EntryField, MediaSummary, MediaType, Recorded, ScoreFormat, TitleLanguage, Value,
};
use anirewind_timeline::Change;

use crate::numbers::count;

/// What happened to all titles that changed together: they vanished, were added, or changed.
pub fn became<'a>(mut changes: impl Iterator<Item = &'a Change> + Clone) -> &'static str {
    if changes.clone().all(|change| change.after.is_none()) {
        "vanished"
    } else if changes.all(|change| change.before.is_none()) {
        "were added"
    } else {
        "changed"
    }
}

/// The name of a title in a language, or its id where no name was recorded.
pub fn title_of(entry: &Entry, language: &TitleLanguage) -> String {
    let summary = entry.summary.as_ref();
    let name = summary.and_then(|summary| summary.titles.preferred(language));
    name.map_or_else(
        || {
            format!(
                "{} {}",
                entry.media_type.as_str().to_lowercase(),
                entry.media
            )
        },
        str::to_owned,
    )
}

/// What a field of an entry holds: `Watching`, `12/24`, `8.5`, `2024-03`, `-` for nothing, `?` for
/// what was not recorded.
pub fn value_of(entry: &Entry, field: EntryField, format: &ScoreFormat) -> String {
    let value = match entry.values.get(field) {
        Recorded::NotRecorded => return "?".to_owned(),
        Recorded::Empty => return "-".to_owned(),
        Recorded::Known(value) => value,
    };
    let total = |total: fn(&MediaSummary) -> Option<u32>| entry.summary.as_ref().and_then(total);
    match value {
        Value::Status(status) => status.word(entry.media_type).to_owned(),
        Value::Score(score) => score
            .in_format(format)
            .map_or_else(|| format!("raw {}", score.raw()), |shown| shown.to_string()),
        Value::Count(count) => match (field, entry.media_type) {
            (EntryField::Progress, MediaType::Anime) => of(count, total(|media| media.episodes)),
            (EntryField::Progress, MediaType::Manga) => of(count, total(|media| media.chapters)),
            (EntryField::Volumes, _) => of(count, total(|media| media.volumes)),
            _ => count.to_string(),
        },
        Value::Flag(flag) => if flag { "yes" } else { "no" }.to_owned(),
        Value::Notes(notes) => format!("\"{}\"", notes.as_str()),
        Value::CustomLists(lists) => lists.iter().collect::<Vec<_>>().join(", "),
        Value::AdvancedScores(scores) => scores
            .iter()
            .map(|(name, raw)| format!("{name} {raw}"))
            .collect::<Vec<_>>()
            .join(", "),
        Value::Date(date) => date.to_string(),
    }
}

fn of(count: u32, total: Option<u32>) -> String {
    total.map_or_else(|| format!("{count}/?"), |total| format!("{count}/{total}"))
}

/// What a field was and is. Where both look the same in the account's score format, the raw scores
/// tell them apart.
pub fn change_of(
    before: &Entry,
    after: &Entry,
    field: EntryField,
    format: &ScoreFormat,
) -> (String, String) {
    let (was, is) = (
        value_of(before, field, format),
        value_of(after, field, format),
    );
    if was == is
        && let (Some(a), Some(b)) = (before.values.score.known(), after.values.score.known())
    {
        return (
            format!("{was} (raw {})", a.raw()),
            format!("{is} (raw {})", b.raw()),
        );
    }
    (was, is)
}

/// An entry in one line: `Completed, 26/26, score 9`.
pub fn summary_of(entry: &Entry, format: &ScoreFormat) -> String {
    let mut parts = vec![
        value_of(entry, EntryField::Status, format),
        value_of(entry, EntryField::Progress, format),
    ];
    if entry.values.score.known().is_some() {
        parts.push(format!(
            "score {}",
            value_of(entry, EntryField::Score, format)
        ));
    }
    if let Some(lists) = entry.values.custom_lists.known() {
        parts.push(count(lists.iter().len(), "custom list"));
    }
    if entry.values.notes.known().is_some() {
        parts.push("notes".to_owned());
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use anirewind_model::{EntryStatus, EntryValues, MediaId, Notes, Score};

    use super::*;

    fn entry(score: u16) -> Entry {
        Entry {
            media: MediaId::new(457),
            media_type: MediaType::Manga,
            id: None,
            values: EntryValues {
                status: Recorded::Known(EntryStatus::Current),
                score: Score::new(score).into(),
                progress: Recorded::Known(34),
                notes: Notes::new("again").into(),
                private: Recorded::Known(true),
                started: Recorded::Empty,
                ..EntryValues::default()
            },
            created_at: None,
            updated_at: None,
            summary: None,
        }
    }

    #[test]
    fn fields_read_as_people_know_them() {
        let of = |field| value_of(&entry(76), field, &ScoreFormat::Point10Decimal);
        assert_eq!(of(EntryField::Status), "Reading");
        assert_eq!(of(EntryField::Score), "7.6");
        assert_eq!(of(EntryField::Progress), "34/?");
        assert_eq!(of(EntryField::Private), "yes");
        assert_eq!(of(EntryField::Started), "-");
        assert_eq!(of(EntryField::Completed), "?");
        assert_eq!(
            summary_of(&entry(76), &ScoreFormat::Point10),
            "Reading, 34/?, score 7, notes"
        );
        assert_eq!(title_of(&entry(1), &TitleLanguage::Romaji), "manga 457");
    }

    #[test]
    fn a_difference_that_rounding_hides_is_shown_raw() {
        let (was, is) = change_of(
            &entry(76),
            &entry(79),
            EntryField::Score,
            &ScoreFormat::Point10,
        );
        assert_eq!((was.as_str(), is.as_str()), ("7 (raw 76)", "7 (raw 79)"));
    }
}
