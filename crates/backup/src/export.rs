//! What AniList itself hands out: `gdpr_data.json`.
//!
//! AniList does not describe it; this reads what other importers agree on and leaves out what they
//! do not. It holds no private or hidden flags and no scores by category. Custom lists are kept as
//! positions among the names that stand elsewhere in the file.

use std::collections::BTreeMap;

use anirewind_model::{
    Account, Coverage, CustomLists, Entry, EntryId, EntryStatus, EntryValues, FuzzyDate, List,
    ListSettings, MediaId, MediaType, Notes, Recorded, Score, ScoreFormat, UserId,
};
use memchr::memmem;
use serde::Deserialize;
use serde_json::Value;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::file::Damage;

#[derive(Debug, Deserialize)]
struct ExportRecord {
    user: UserRecord,
    lists: Vec<EntryRecord>,
}

#[derive(Debug, Deserialize)]
struct UserRecord {
    id: Option<u32>,
    #[serde(alias = "name")]
    display_name: String,
    #[serde(default)]
    custom_lists: Value,
}

#[derive(Debug, Deserialize)]
struct EntryRecord {
    id: Option<u32>,
    series_id: u32,
    series_type: u8,
    status: Option<u8>,
    score: Option<f64>,
    progress: Option<u32>,
    progress_volume: Option<u32>,
    repeat: Option<u32>,
    priority: Option<u32>,
    notes: Option<String>,
    started_on: Option<u32>,
    finished_on: Option<u32>,
    updated_at: Option<String>,
    custom_lists: Option<Value>,
}

/// An export that was read, its owner perhaps not known by id.
pub(crate) struct Export {
    pub(crate) user: Option<UserId>,
    pub(crate) name: String,
    entries: Vec<Entry>,
}

impl Export {
    pub(crate) fn into_list(self, id: UserId) -> List {
        List {
            owner: Account {
                id,
                name: self.name,
            },
            title_language: None,
            settings: ListSettings {
                // The scale of the scores in here, whatever the account itself shows.
                score_format: ScoreFormat::Point100,
                row_order: None,
                anime: None,
                manga: None,
            },
            entries: self.entries,
            favourites: None,
            coverage: Coverage::default(),
        }
    }
}

/// Whether it is one, and not something else.
pub(crate) fn is_export(bytes: &[u8]) -> bool {
    // Only this form has entries directly in `lists`, and they name their title so.
    memmem::find(bytes, b"\"series_id\"").is_some() && memmem::find(bytes, b"\"entries\"").is_none()
}

/// Reads an export; `None` when the bytes are something else.
pub(crate) fn read(bytes: &[u8]) -> Option<Result<Export, Damage>> {
    is_export(bytes).then(|| parse(bytes))
}

fn parse(bytes: &[u8]) -> Result<Export, Damage> {
    let record: ExportRecord =
        serde_json::from_slice(bytes).map_err(|error| Damage::of_text(&error))?;
    let names = custom_list_names(&record.user.custom_lists);
    // Nobody says in which scale scores are. One above ten can only be of a hundred.
    let is_of_hundred = record.lists.iter().any(|entry| entry.score > Some(10.0));
    let mut entries = Vec::with_capacity(record.lists.len());
    for entry in record.lists {
        entries.push(entry.into_entry(&names, is_of_hundred)?);
    }
    List::sort_and_dedup(&mut entries);
    Ok(Export {
        user: record.user.id.map(UserId::new),
        name: record.user.display_name,
        entries,
    })
}

type Names = BTreeMap<MediaType, Vec<String>>;

/// The names of custom lists by type. The object may itself be written as text.
fn custom_list_names(value: &Value) -> Names {
    let value = unwrap_text(value);
    let names = |key: &str| -> Vec<String> {
        let names = value.get(key).map(unwrap_text);
        serde_json::from_value(names.unwrap_or_default()).unwrap_or_default()
    };
    [
        (MediaType::Anime, names("anime")),
        (MediaType::Manga, names("manga")),
    ]
    .into()
}

fn unwrap_text(value: &Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    }
}

impl EntryRecord {
    fn into_entry(self, names: &Names, is_of_hundred: bool) -> Result<Entry, Damage> {
        let nonsense = |problem: String| Damage::NotASnapshot { problem };
        let media_type = match self.series_type {
            0 => MediaType::Anime,
            1 => MediaType::Manga,
            other => return Err(nonsense(format!("a title is of type {other}"))),
        };
        let status = match self.status {
            None => Recorded::NotRecorded,
            Some(number) => {
                let status = [
                    EntryStatus::Current,
                    EntryStatus::Planning,
                    EntryStatus::Completed,
                    EntryStatus::Dropped,
                    EntryStatus::Paused,
                    EntryStatus::Repeating,
                ]
                .into_iter()
                .nth(usize::from(number));
                let title = self.series_id;
                let status =
                    status.ok_or_else(|| nonsense(format!("title {title} has status {number}")))?;
                Recorded::Known(status)
            }
        };
        let counter = |count: Option<u32>| count.map_or(Recorded::NotRecorded, Recorded::Known);
        Ok(Entry {
            media: MediaId::new(self.series_id),
            media_type,
            id: self.id.map(EntryId::new),
            values: EntryValues {
                status,
                score: score(self.score, is_of_hundred),
                progress: counter(self.progress),
                volumes: counter(self.progress_volume),
                repeats: counter(self.repeat),
                priority: counter(self.priority),
                notes: self.notes.and_then(Notes::new).into(),
                custom_lists: custom_lists(self.custom_lists.as_ref(), names.get(&media_type)),
                started: date(self.started_on),
                completed: date(self.finished_on),
                ..EntryValues::default()
            },
            created_at: None,
            updated_at: self.updated_at.as_deref().and_then(instant),
            summary: None,
        })
    }
}

fn score(score: Option<f64>, is_of_hundred: bool) -> Recorded<Score> {
    match score {
        Some(0.0) => Recorded::Empty,
        Some(shown) if is_of_hundred => Score::from_format(shown.round(), &ScoreFormat::Point100)
            .map_or(Recorded::NotRecorded, Recorded::from),
        _ => Recorded::NotRecorded,
    }
}

/// Positions among the names; one that leads nowhere makes all of them unknown.
fn custom_lists(positions: Option<&Value>, names: Option<&Vec<String>>) -> Recorded<CustomLists> {
    let Some(positions) = positions.map(unwrap_text) else {
        return Recorded::NotRecorded;
    };
    let Value::Array(positions) = positions else {
        return Recorded::NotRecorded;
    };
    let name = |position: &Value| {
        let position = match position {
            Value::String(text) => text.parse().ok()?,
            number => usize::try_from(number.as_u64()?).ok()?,
        };
        names?.get(position).cloned()
    };
    let found: Option<Vec<String>> = positions.iter().map(name).collect();
    found.map_or(Recorded::NotRecorded, |names| {
        CustomLists::new(names).into()
    })
}

/// Year, month and day as one number, 0 for none.
fn date(number: Option<u32>) -> Recorded<FuzzyDate> {
    let Some(number) = number else {
        return Recorded::NotRecorded;
    };
    let year = u16::try_from(number / 10_000).ok();
    let month = u8::try_from(number / 100 % 100).ok();
    let day = u8::try_from(number % 100).ok();
    FuzzyDate::new(year, month, day).into()
}

fn instant(text: &str) -> Option<OffsetDateTime> {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let at = PrimitiveDateTime::parse(text, form).ok()?;
    Some(at.assume_utc())
}
