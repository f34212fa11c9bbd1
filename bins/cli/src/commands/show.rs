//! `show`

use std::collections::BTreeMap;

use anirewind_core::model::{Entry, List, MediaType, Recorded, ScoreFormat, TitleLanguage};
use anirewind_core::{App, Found, FoundList};
use comfy_table::{Table, presets};
use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;

use crate::output::{Failure, Output};

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    reference: &str,
    with_entries: bool,
) -> Result<u8, Failure> {
    app.refresh_catalogue().await?;
    let follower = output.follow(app.events());
    let found = app.find(reference, profile).await?;
    drop(follower);
    output.result(
        "show",
        || json_of(&found, with_entries),
        || text_of(output, &found, with_entries),
    );
    Ok(0)
}

/// Titles by type and status word.
fn by_status(list: &List, media_type: MediaType) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for entry in list
        .entries
        .iter()
        .filter(|entry| entry.media_type == media_type)
    {
        *counts.entry(status_word(entry)).or_default() += 1;
    }
    counts
}

fn status_word(entry: &Entry) -> String {
    match &entry.values.status {
        Recorded::Known(status) => status.word(entry.media_type).to_owned(),
        Recorded::Empty => "(no status)".to_owned(),
        Recorded::NotRecorded => "(not recorded)".to_owned(),
    }
}

fn json_of(found: &Found, with_entries: bool) -> Value {
    let list = found.list();
    let counts = list.counts();
    let mut json = json!({
        "user": { "id": list.owner.id.get(), "name": list.owner.name },
        "createdAt": found.created_at.format(&Rfc3339).ok(),
        "file": found.path.as_ref().map(|path| path.display().to_string()),
        "counts": { "anime": counts.anime, "manga": counts.manga },
        "statuses": {
            "anime": by_status(list, MediaType::Anime),
            "manga": by_status(list, MediaType::Manga),
        },
        "scoreFormat": list.settings.score_format.as_str(),
        "notRecorded": list.fields_not_recorded().iter().map(|f| f.as_str()).collect::<Vec<_>>(),
    });
    if let (Some(object), FoundList::Snapshot(snapshot)) = (json.as_object_mut(), &found.source) {
        object.insert("id".to_owned(), json!(snapshot.id.as_str()));
        object.insert("fileHash".to_owned(), json!(snapshot.file_hash.to_string()));
        object.insert(
            "contentHash".to_owned(),
            json!(snapshot.content_hash.to_string()),
        );
        let header = snapshot.header.as_ref();
        object.insert(
            "kind".to_owned(),
            json!(header.map(|header| header.kind.as_str())),
        );
        object.insert("verified".to_owned(), json!(header.is_some()));
    }
    if with_entries && let Some(object) = json.as_object_mut() {
        object.insert(
            "entries".to_owned(),
            list.entries.iter().map(entry).collect(),
        );
    }
    json
}

/// An entry for machines: a field that is not recorded is missing, an empty one is null.
fn entry(entry: &Entry) -> Value {
    let values = &entry.values;
    let mut json = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            json.insert(name.to_owned(), value);
        }
    };
    put("mediaId", Some(json!(entry.media.get())));
    put("type", Some(json!(entry.media_type.as_str())));
    put("title", Some(json!(title(entry, &TitleLanguage::Romaji))));
    put(
        "status",
        field(&values.status, |status| json!(status.as_str())),
    );
    put("scoreRaw", field(&values.score, |score| json!(score.raw())));
    put("progress", field(&values.progress, |n| json!(n)));
    put("volumes", field(&values.volumes, |n| json!(n)));
    put("repeats", field(&values.repeats, |n| json!(n)));
    put("priority", field(&values.priority, |n| json!(n)));
    put("private", field(&values.private, |flag| json!(flag)));
    put("hidden", field(&values.hidden, |flag| json!(flag)));
    put("notes", field(&values.notes, |notes| json!(notes.as_str())));
    put(
        "customLists",
        field(&values.custom_lists, |on| on.iter().collect()),
    );
    put(
        "advancedScores",
        field(&values.advanced_scores, |scores| {
            Value::Object(
                scores
                    .iter()
                    .map(|(name, raw)| (name.to_owned(), json!(raw)))
                    .collect(),
            )
        }),
    );
    put(
        "started",
        field(&values.started, |date| json!(date.to_string())),
    );
    put(
        "completed",
        field(&values.completed, |date| json!(date.to_string())),
    );
    Value::Object(json)
}

fn field<T>(field: &Recorded<T>, write: impl FnOnce(&T) -> Value) -> Option<Value> {
    match field {
        Recorded::NotRecorded => None,
        Recorded::Empty => Some(Value::Null),
        Recorded::Known(value) => Some(write(value)),
    }
}

fn text_of(output: &Output, found: &Found, with_entries: bool) -> String {
    let list = found.list();
    let counts = list.counts();
    let mut lines = Vec::new();
    match &found.source {
        FoundList::Live(_) => lines.push(format!("The list of {} on AniList now", list.owner.name)),
        FoundList::Snapshot(snapshot) => {
            let at = output.time(found.created_at);
            lines.push(format!(
                "Snapshot {} of {}, {at}",
                snapshot.id, list.owner.name
            ));
            let proof = match &snapshot.header {
                Some(header) => format!("{}, whole and unaltered", header.kind.as_str()),
                None => "written by another program: nothing in it to prove it by".to_owned(),
            };
            lines.push(format!("  {proof}"));
        }
    }
    for media_type in MediaType::BOTH {
        let statuses = by_status(list, media_type);
        let statuses = statuses
            .iter()
            .map(|(word, count)| format!("{count} {word}"));
        let detail = statuses.collect::<Vec<_>>().join(", ");
        lines.push(format!(
            "  {} {}  {detail}",
            counts.of(media_type),
            media_type.word()
        ));
    }
    let unrecorded = list.fields_not_recorded();
    if !unrecorded.is_empty() {
        let names: Vec<_> = unrecorded.iter().map(|field| field.as_str()).collect();
        lines.push(format!(
            "  not recorded for some titles: {}",
            names.join(", ")
        ));
    }
    if let Some(path) = &found.path {
        lines.push(format!("  {}", path.display()));
    }
    if with_entries {
        lines.push(entries(list));
    }
    lines.join("\n")
}

fn entries(list: &List) -> String {
    let language = list.title_language.clone().unwrap_or(TitleLanguage::Romaji);
    let format = &list.settings.score_format;
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["ID", "TITLE", "STATUS", "PROGRESS", "SCORE"]);
    for entry in &list.entries {
        table.add_row([
            entry.media.to_string(),
            title(entry, &language).unwrap_or("?").to_owned(),
            status_word(entry),
            progress(entry),
            score(entry, format),
        ]);
    }
    table.trim_fmt()
}

fn title<'a>(entry: &'a Entry, language: &TitleLanguage) -> Option<&'a str> {
    entry
        .summary
        .as_ref()
        .and_then(|summary| summary.titles.preferred(language))
}

fn progress(entry: &Entry) -> String {
    let total = entry
        .summary
        .as_ref()
        .and_then(|media| match entry.media_type {
            MediaType::Anime => media.episodes,
            MediaType::Manga => media.chapters,
        });
    let total = total.map_or_else(|| "?".to_owned(), |total| total.to_string());
    match entry.values.progress {
        Recorded::Known(progress) => format!("{progress}/{total}"),
        Recorded::Empty | Recorded::NotRecorded => "-".to_owned(),
    }
}

fn score(entry: &Entry, format: &ScoreFormat) -> String {
    let shown = entry
        .values
        .score
        .known()
        .and_then(|score| score.in_format(format));
    shown.map_or_else(|| "-".to_owned(), |shown| shown.to_string())
}
