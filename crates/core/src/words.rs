//! Entries and their fields in the words people know from AniList.

use anirewind_model::{
    Entry, EntryField, FuzzyDate, MediaSummary, MediaType, Recorded, Score, ScoreFormat,
    TitleLanguage, Value,
};
use anirewind_timeline::{Change, Notice};
use time::Month;

use crate::numbers::count;
use crate::zone::month_word;

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

/// What is not as it was about a whole list, as a sentence.
pub fn notice_words(notice: &Notice) -> String {
    let named = |lists: &[String]| match lists {
        [] => "none".to_owned(),
        lists => lists.join(", "),
    };
    match notice {
        Notice::ScoreFormat { before, after } => format!(
            "Scores are shown in another format: {} → {}. That changes no score.",
            before.as_str(),
            after.as_str()
        ),
        Notice::CustomLists { of, before, after } => format!(
            "Custom lists for {} were {} and are {}.",
            of.word(),
            named(before),
            named(after)
        ),
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

/// What the title of a change is called in a language; as it was written down where nothing else is known of it.
pub fn called(change: &Change, language: &TitleLanguage) -> String {
    let mut entries = [&change.after, &change.before].into_iter().flatten();
    match entries.find(|entry| entry.summary.is_some()) {
        Some(entry) => title_of(entry, language),
        None => change
            .title
            .clone()
            .unwrap_or_else(|| format!("{} {}", change.media_type.word(), change.media)),
    }
}

/// A score as an account shows it: `85`, `8.5`, `8`, `4 of 5 stars`, `liked`.
pub fn score_of(score: Score, format: &ScoreFormat) -> String {
    let Some(shown) = score.in_format(format) else {
        return format!("raw {}", score.raw());
    };
    match format {
        ScoreFormat::Point5 => format!("{shown} of 5 stars"),
        ScoreFormat::Point3 if shown < 2.0 => "disliked".to_owned(),
        ScoreFormat::Point3 if shown < 3.0 => "neutral".to_owned(),
        ScoreFormat::Point3 => "liked".to_owned(),
        _ => shown.to_string(),
    }
}

/// What a field of an entry holds: `Watching`, `12/24`, `8.5`, `Mar 2024`, `-` for nothing, `?` for
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
        Value::Score(score) => score_of(score, format),
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
        Value::Date(date) => of_date(date),
    }
}

/// `7 Mar 2024`, `Mar 2024`, `2024`. What makes no such words stands as it is kept, `????-03-07`.
fn of_date(date: FuzzyDate) -> String {
    let month = date.month().map(Month::try_from).and_then(Result::ok);
    let Some((year, month)) = date.year().zip(month) else {
        return date.to_string();
    };
    let month = month_word(month);
    match date.day() {
        Some(day) => format!("{day} {month} {year}"),
        None => format!("{month} {year}"),
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
    let [was, is] = values_of([Some(before), Some(after)], field, format);
    (was, is)
}

/// What a field is in each of several entries, `-` where there is none. Where two scores that differ
/// look the same in the account's format, the raw scores tell them apart.
pub fn values_of<const N: usize>(
    entries: [Option<&Entry>; N],
    field: EntryField,
    format: &ScoreFormat,
) -> [String; N] {
    let score = |entry: Option<&Entry>| entry.and_then(|e| e.values.score.known().copied());
    let hides = |a: Score, b: Score| a != b && score_of(a, format) == score_of(b, format);
    let scores = entries.iter().filter_map(|entry| score(*entry));
    let is_hidden =
        field == EntryField::Score && scores.clone().any(|a| scores.clone().any(|b| hides(a, b)));
    entries.map(|entry| {
        let value = entry.map_or_else(|| "-".to_owned(), |e| value_of(e, field, format));
        match score(entry).filter(|_| is_hidden) {
            Some(score) => format!("{value} (raw {})", score.raw()),
            None => value,
        }
    })
}

/// How far somebody is: `12/24`, of manga `Ch 34/50 · Vol 3/?`.
pub fn progress_of(entry: &Entry) -> String {
    // Counts are the same in every format.
    let value = |field| value_of(entry, field, &ScoreFormat::Point100);
    let progress = value(EntryField::Progress);
    match (entry.media_type, entry.values.volumes) {
        (MediaType::Anime, _) => progress,
        (MediaType::Manga, Recorded::NotRecorded) => format!("Ch {progress}"),
        (MediaType::Manga, _) => format!("Ch {progress} · Vol {}", value(EntryField::Volumes)),
    }
}

/// An entry in one line: `Completed, 26/26, score 9`.
pub fn summary_of(entry: &Entry, format: &ScoreFormat) -> String {
    let mut parts = vec![
        value_of(entry, EntryField::Status, format),
        progress_of(entry),
    ];
    if let Some(score) = entry.values.score.known() {
        let shown = score_of(*score, format);
        parts.push(match format {
            // They say themselves what they are.
            ScoreFormat::Point5 | ScoreFormat::Point3 => shown,
            _ => format!("score {shown}"),
        });
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
            "Reading, Ch 34/?, score 7, notes"
        );
        assert_eq!(title_of(&entry(1), &TitleLanguage::Romaji), "manga 457");
    }

    #[test]
    fn a_score_reads_as_the_account_shows_it() {
        let of = |raw, format| value_of(&entry(raw), EntryField::Score, &format);
        assert_eq!(of(85, ScoreFormat::Point100), "85");
        assert_eq!(of(85, ScoreFormat::Point10Decimal), "8.5");
        assert_eq!(of(85, ScoreFormat::Point10), "8");
        assert_eq!(of(85, ScoreFormat::Point5), "4 of 5 stars");
        let faces = [35, 60, 85].map(|raw| of(raw, ScoreFormat::Point3));
        assert_eq!(faces, ["disliked", "neutral", "liked"]);
        assert_eq!(of(85, ScoreFormat::Unknown("POINT_7".to_owned())), "raw 85");
        for format in ScoreFormat::KNOWN {
            assert_eq!(of(0, format), "-", "no score");
        }
        assert_eq!(
            summary_of(&entry(85), &ScoreFormat::Point3),
            "Reading, Ch 34/?, liked, notes"
        );
        assert_eq!(
            summary_of(&entry(85), &ScoreFormat::Point5),
            "Reading, Ch 34/?, 4 of 5 stars, notes"
        );
    }

    #[test]
    fn a_difference_that_rounding_hides_is_shown_raw() {
        let of = |was, is, format| {
            let (was, is) = (entry(was), entry(is));
            let (was, is) = change_of(&was, &is, EntryField::Score, &format);
            format!("{was} -> {is}")
        };
        assert_eq!(of(76, 79, ScoreFormat::Point10), "7 (raw 76) -> 7 (raw 79)");
        assert_eq!(
            of(70, 85, ScoreFormat::Point3),
            "liked (raw 70) -> liked (raw 85)"
        );
        assert_eq!(of(30, 85, ScoreFormat::Point3), "disliked -> liked");
    }

    #[test]
    fn of_three_values_those_that_rounding_hides_are_shown_raw() {
        let (before, after) = (entry(70), entry(85));
        let sides = [Some(&before), Some(&after), None];
        let of = |field| values_of(sides, field, &ScoreFormat::Point5);
        assert_eq!(
            of(EntryField::Score),
            ["4 of 5 stars (raw 70)", "4 of 5 stars (raw 85)", "-"]
        );
        assert_eq!(of(EntryField::Progress), ["34/?", "34/?", "-"]);
    }
}
