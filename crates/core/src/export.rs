//! A list as a table, for spreadsheets.

use std::io;

use anirewind_model::{Entry, EntryField as Field, List, Recorded, Value};

/// The columns, in this order. Two of them have several values, split by `; `.
const COLUMNS: [&str; 20] = [
    "type",
    "media_id",
    "mal_id",
    "title_romaji",
    "title_english",
    "title_native",
    "status",
    "score_raw",
    "score",
    "progress",
    "volumes",
    "repeats",
    "priority",
    "private",
    "hidden",
    "notes",
    "custom_lists",
    "advanced_scores",
    "started",
    "completed",
];

/// Writes a list as CSV, one title a line. What is not recorded is written `?`, what is empty
/// as nothing. Words that a spreadsheet would take for a formula begin with an apostrophe.
pub fn write_csv(list: &List, out: impl io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for entry in &list.entries {
        csv.write_record(line(entry, list))?;
    }
    csv.flush()
}

fn line(entry: &Entry, list: &List) -> [String; 20] {
    let summary = entry.summary.as_ref();
    let title = |pick: fn(&anirewind_model::Titles) -> &Option<String>| {
        let title = summary.and_then(|summary| pick(&summary.titles).clone());
        plain(&title.unwrap_or_default())
    };
    let values = &entry.values;
    let shown = match &values.score {
        Recorded::Known(score) => score
            .in_format(&list.settings.score_format)
            .map_or_else(|| "?".to_owned(), |shown| shown.to_string()),
        other => cell(&other.map(Value::Score)),
    };
    let mal_id = summary.and_then(|summary| summary.mal_id);
    let field = |field| cell(&values.get(field));
    [
        entry.media_type.as_str().to_lowercase(),
        entry.media.to_string(),
        mal_id.map(|id| id.to_string()).unwrap_or_default(),
        title(|titles| &titles.romaji),
        title(|titles| &titles.english),
        title(|titles| &titles.native),
        field(Field::Status),
        field(Field::Score),
        shown,
        field(Field::Progress),
        field(Field::Volumes),
        field(Field::Repeats),
        field(Field::Priority),
        field(Field::Private),
        field(Field::Hidden),
        field(Field::Notes),
        field(Field::CustomLists),
        field(Field::AdvancedScores),
        field(Field::Started),
        field(Field::Completed),
    ]
}

/// Words that others may have written. What begins like a formula would be carried out.
fn plain(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn cell(value: &Recorded<Value>) -> String {
    let value = match value {
        Recorded::NotRecorded => return "?".to_owned(),
        Recorded::Empty => return String::new(),
        Recorded::Known(value) => value,
    };
    match value {
        Value::Status(status) => plain(&status.to_string()),
        Value::Score(score) => score.raw().to_string(),
        Value::Count(count) => count.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Notes(notes) => plain(notes.as_str()),
        Value::CustomLists(lists) => plain(&lists.iter().collect::<Vec<_>>().join("; ")),
        Value::AdvancedScores(scores) => {
            let scores = scores.iter().map(|(name, raw)| format!("{name}: {raw}"));
            plain(&scores.collect::<Vec<_>>().join("; "))
        }
        Value::Date(date) => date.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use anirewind_model::Notes;

    use super::*;

    #[test]
    fn no_word_is_a_formula_and_a_number_stays_one() {
        for word in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            let notes = Recorded::from(Notes::new(word).map(Value::Notes));
            assert_eq!(cell(&notes), format!("'{word}"));
        }
        for word in ["a=b", "1 + 1", "'", " =1"] {
            assert_eq!(plain(word), word);
        }
        assert_eq!(cell(&Recorded::Known(Value::Count(7))), "7");
    }
}
