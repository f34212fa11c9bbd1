//! Entries, snapshots and differences for machines.

use anirewind_core::model::{self, Entry, EntryField, Recorded, TitleLanguage};
use anirewind_core::{Alarm, SnapshotRow};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An instant as RFC 3339.
pub(crate) fn instant_json(at: OffsetDateTime) -> Value {
    json!(at.format(&Rfc3339).ok())
}

/// A snapshot.
pub(crate) fn snapshot_json(row: &SnapshotRow) -> Value {
    let keep = row.mark.keep.as_ref();
    json!({
        "id": row.id.as_str(),
        "file": row.file,
        "user": { "id": row.owner.id.get(), "name": row.owner.name },
        "createdAt": instant_json(row.created_at),
        "kind": row.kind.as_str(),
        "counts": { "anime": row.counts.anime, "manga": row.counts.manga },
        "size": row.size,
        "fileHash": row.file_hash.to_string(),
        "contentHash": row.content_hash.to_string(),
        "delta": row.delta.map(|delta| json!({
            "added": delta.added, "changed": delta.changed, "removed": delta.removed
        })),
        "standing": row.standing().as_str(),
        "damage": row.damage,
        "alarms": row.alarms.iter().map(|alarm| alarm_json(row, alarm)).collect::<Vec<_>>(),
        "kept": keep.is_some(),
        "keptAs": keep.and_then(|keep| keep.name.as_deref()),
        "keptUntil": keep.and_then(|keep| keep.until).map(instant_json),
        "note": row.mark.note,
        "verifiedAt": instant_json(row.verified_at),
    })
}

/// Something unusual about a snapshot.
pub(crate) fn alarm_json(row: &SnapshotRow, alarm: &Alarm) -> Value {
    let is_open = row.open_alarms().any(|open| open == alarm);
    json!({
        "rule": alarm.rule.as_str(),
        "message": alarm.to_string(),
        "affected": alarm.affected,
        "of": alarm.of,
        "field": alarm.field.map(key),
        "open": is_open,
    })
}

/// An entry: a field that is not recorded is missing, an empty one is null.
pub(crate) fn entry_json(entry: &Entry) -> Value {
    let mut json = Map::new();
    let summary = entry.summary.as_ref();
    let title = summary.and_then(|media| media.titles.preferred(&TitleLanguage::Romaji));
    json.insert("mediaId".to_owned(), json!(entry.media.get()));
    json.insert("type".to_owned(), json!(entry.media_type.as_str()));
    json.insert("title".to_owned(), json!(title));
    for field in EntryField::ALL {
        if let Some(value) = value_json(&entry.values.get(field)) {
            json.insert(key(field).to_owned(), value);
        }
    }
    Value::Object(json)
}

/// The key of a field.
pub(crate) const fn key(field: EntryField) -> &'static str {
    match field {
        EntryField::Score => "scoreRaw",
        EntryField::CustomLists => "customLists",
        EntryField::AdvancedScores => "advancedScores",
        other => other.as_str(),
    }
}

/// What a field holds; `None` when it is not recorded.
pub(crate) fn value_json(value: &Recorded<model::Value>) -> Option<Value> {
    let value = match value {
        Recorded::NotRecorded => return None,
        Recorded::Empty => return Some(Value::Null),
        Recorded::Known(value) => value,
    };
    Some(match value {
        model::Value::Status(status) => json!(status.as_str()),
        model::Value::Score(score) => json!(score.raw()),
        model::Value::Count(count) => json!(count),
        model::Value::Flag(flag) => json!(flag),
        model::Value::Notes(notes) => json!(notes.as_str()),
        model::Value::CustomLists(lists) => lists.iter().collect(),
        model::Value::AdvancedScores(scores) => scores
            .iter()
            .map(|(name, raw)| (name.to_owned(), json!(raw)))
            .collect(),
        model::Value::Date(date) => json!(date.to_string()),
    })
}
