//! `show`

use std::collections::BTreeMap;

use anirewind_core::model::{Entry, EntryField, List, MediaType, Recorded};
use anirewind_core::{
    App, BrowseError, Code, Found, FoundList, Reference, Style, title_of, value_of,
};
use comfy_table::{Table, presets};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use crate::arguments::ShowArguments;
use crate::commands::happened;
use crate::json::entry_json;
use crate::output::{Failure, Output};
use crate::style::{Styles, named};

/// Shows a snapshot or, where none is called so, what happened and is.
pub(crate) async fn anything(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    arguments: &ShowArguments,
) -> Result<u8, Failure> {
    let reference = arguments.reference.as_str();
    if arguments.raw || !matches!(Reference::parse(reference), Ok(Reference::Id(_))) {
        return run(app, output, profile, arguments).await;
    }
    app.refresh_catalogue().await?;
    match app.find_row(reference, profile).await {
        Err(BrowseError::NotFound { .. }) => {}
        _ => return run(app, output, profile, arguments).await,
    }
    match happened::show(app, output, profile, reference).await? {
        Some(status) => Ok(status),
        None => Err(Failure {
            code: Code::NotFound.as_str(),
            status: Code::NotFound.exit_status(),
            message: format!(
                "there is no snapshot `{reference}`, and no change, group, operation or plan"
            ),
            hint: Some(
                "They are listed by: anirewind snapshots, log, op log, plan list".to_owned(),
            ),
        }),
    }
}

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    arguments: &ShowArguments,
) -> Result<u8, Failure> {
    let (reference, with_entries) = (arguments.reference.as_str(), arguments.entries);
    app.refresh_catalogue().await?;
    if arguments.raw {
        return raw(app, profile, reference).await;
    }
    let follower = output.follow(app.events());
    let found = app.find(reference, profile).await?;
    drop(follower);
    let list = named(app, found.list()).await?;
    let style = Styles::read(app).await?.of_found(&found);
    output.result(
        "show",
        || json_of(&found, &list, with_entries),
        || {
            let mut text = text_of(output, &found);
            if with_entries {
                text = format!("{text}\n{}", entries(&list, &style));
            }
            text
        },
    );
    Ok(0)
}

/// The file as it is, once it is proven, piece by piece.
async fn raw(app: &App, profile: Option<&str>, reference: &str) -> Result<u8, Failure> {
    let found = app.find(reference, profile).await?;
    let Some(path) = found.path else {
        return Err(Failure::usage(
            "the live list is no file; take a snapshot of it first: anirewind backup",
        ));
    };
    drop(found.source);
    let mut file = std::fs::File::open(&path).map_err(|error| cannot_copy(&path, &error))?;
    match std::io::copy(&mut file, &mut std::io::stdout().lock()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(cannot_copy(&path, &error))
        }
        _ => Ok(0),
    }
}

fn cannot_copy(path: &std::path::Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("cannot print {}: {error}", path.display()))
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

fn json_of(found: &Found, list: &List, with_entries: bool) -> Value {
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
            list.entries.iter().map(entry_json).collect(),
        );
    }
    json
}

fn text_of(output: &Output, found: &Found) -> String {
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
    lines.join("\n")
}

fn entries(list: &List, style: &Style) -> String {
    let format = &style.scores;
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["ID", "TITLE", "STATUS", "PROGRESS", "SCORE"]);
    for entry in &list.entries {
        table.add_row([
            entry.media.to_string(),
            title_of(entry, &style.titles),
            status_word(entry),
            value_of(entry, EntryField::Progress, format),
            value_of(entry, EntryField::Score, format),
        ]);
    }
    table.trim_fmt()
}
