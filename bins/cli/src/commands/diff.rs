//! `diff`

use anirewind_core::model::{Entry, EntryField, MediaType, TitleLanguage};
use anirewind_core::{
    App, Changed, Differences, Found, FoundList, MAYBE_PRIVATE, Style, change_of, compare, count,
    is_maybe_private, notice_words, summary_of, title_of,
};
use serde_json::{Map, Value, json};

use crate::arguments::{DiffArguments, DiffPart, TypeArgument};
use crate::json::{entry_json, instant_json, key, value_json};
use crate::output::{Failure, Output, Record};
use crate::paint::Ink;
use crate::style::{Styles, named};

const DIFFERENCES: u8 = 10;

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    arguments: &DiffArguments,
) -> Result<u8, Failure> {
    app.refresh_catalogue().await?;
    let follower = output.follow(app.events());
    let (from, to) = app
        .find_pair(&arguments.from, &arguments.to, profile)
        .await?;
    drop(follower);
    let (old, new) = (named(app, from.list()).await?, named(app, to.list()).await?);
    let is_live = |found: &Found| matches!(found.source, FoundList::Live(_));
    let shown = if is_live(&from) { &from } else { &to };
    let style = Styles::read(app).await?.of_found(shown);
    let mut found = compare(&old, &new);
    restrict(&mut found, arguments);
    output.list(
        "diff",
        || json_of(&from, &to, &found, arguments.stat),
        || records(&style, &found, arguments),
        || text_of(output, &style, (&from, &to), &found, arguments),
    );
    Ok(if arguments.exit_code && !found.is_empty() {
        DIFFERENCES
    } else {
        0
    })
}

/// Leaves out what was not asked for.
fn restrict(found: &mut Differences<'_>, arguments: &DiffArguments) {
    let media_type = arguments.media_type.map(|of| match of {
        TypeArgument::Anime => MediaType::Anime,
        TypeArgument::Manga => MediaType::Manga,
    });
    let is_of = |entry: &Entry| media_type.is_none_or(|of| entry.media_type == of);
    let wanted = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    let fields = &arguments.fields;
    // A title that came or went is no change of a field.
    let whole = fields.is_empty() || !arguments.only.is_empty();
    found
        .added
        .retain(|entry| wanted(DiffPart::Added) && whole && is_of(entry));
    found
        .removed
        .retain(|entry| wanted(DiffPart::Removed) && whole && is_of(entry));
    for changed in &mut found.changed {
        changed
            .fields
            .retain(|field| fields.is_empty() || fields.contains(field));
    }
    found.changed.retain(|changed| {
        wanted(DiffPart::Changed) && !changed.fields.is_empty() && is_of(changed.after)
    });
    found.same.retain(|entry| is_of(entry));
}

fn json_of(from: &Found, to: &Found, found: &Differences<'_>, is_short: bool) -> Value {
    let unrecorded: Map<_, _> = found
        .not_recorded
        .iter()
        .map(|(field, count)| (key(*field).to_owned(), json!(count)))
        .collect();
    let left_out: Map<_, _> = found
        .left_out
        .iter()
        .map(|(of, count)| (of.as_str().to_owned(), json!(count)))
        .collect();
    let mut json = json!({
        "from": side(from),
        "to": side(to),
        "counts": {
            "added": found.added.len(),
            "changed": found.changed.len(),
            "removed": found.removed.len(),
            "same": found.same.len(),
        },
        "notRecorded": unrecorded,
        "leftOut": left_out,
        "unseen": found.unseen,
        "notices": found.notices.iter().map(notice_words).collect::<Vec<_>>(),
    });
    if let Some(object) = json.as_object_mut().filter(|_| !is_short) {
        let entries = |entries: &[&Entry]| entries.iter().map(|entry| entry_json(entry)).collect();
        object.insert("added".to_owned(), entries(&found.added));
        object.insert("removed".to_owned(), entries(&found.removed));
        object.insert(
            "changed".to_owned(),
            found.changed.iter().map(changed_json).collect(),
        );
    }
    json
}

fn side(found: &Found) -> Value {
    let id = match &found.source {
        FoundList::Live(_) => json!("live"),
        FoundList::Snapshot(snapshot) => json!(snapshot.id.as_str()),
    };
    json!({ "id": id, "createdAt": instant_json(found.created_at), "user": found.list().owner.name })
}

fn changed_json(changed: &Changed<'_>) -> Value {
    let fields: Map<_, _> = changed
        .fields
        .iter()
        .map(|field| {
            let (before, after) = (&changed.before.values, &changed.after.values);
            let both = json!({
                "before": value_json(&before.get(*field)),
                "after": value_json(&after.get(*field)),
            });
            (key(*field).to_owned(), both)
        })
        .collect();
    let summary = changed.after.summary.as_ref();
    json!({
        "mediaId": changed.after.media.get(),
        "type": changed.after.media_type.as_str(),
        "title": summary.and_then(|media| media.titles.preferred(&TitleLanguage::Romaji)),
        "fields": fields,
    })
}

fn text_of(
    output: &Output,
    style: &Style,
    (from, to): (&Found, &Found),
    found: &Differences<'_>,
    arguments: &DiffArguments,
) -> String {
    let (language, format) = (&style.titles, &style.scores);
    let mut lines = vec![format!(
        "From {} to {}",
        name(output, from),
        name(output, to)
    )];
    if !arguments.stat {
        for entry in &found.removed {
            let line = summary_of(entry, format);
            let sign = Ink::Removed.paint("-");
            lines.push(format!("{sign} {}  {line}", title_of(entry, language)));
        }
        for changed in &found.changed {
            lines.extend(changed_lines(changed, style));
        }
        for entry in &found.added {
            let line = summary_of(entry, format);
            let sign = Ink::Added.paint("+");
            lines.push(format!("{sign} {}  {line}", title_of(entry, language)));
        }
        if arguments.only.contains(&DiffPart::Same) {
            let same = found.same.iter();
            lines.extend(same.map(|entry| format!("= {}", title_of(entry, language))));
        }
    }
    lines.extend(found.notices.iter().map(notice_words));
    let number = |ink: Ink, number: usize, what| ink.count(number, &format!("{number} {what}"));
    lines.push(format!(
        "{}, {}, {}, {} the same",
        number(Ink::Removed, found.removed.len(), "missing"),
        number(Ink::Changed, found.changed.len(), "changed"),
        number(Ink::Added, found.added.len(), "added"),
        found.same.len()
    ));
    if !found.not_recorded.is_empty() {
        let counts = found.not_recorded.iter();
        let counts: Vec<_> = counts
            .map(|(field, n)| format!("{} of {}", field.as_str(), count(*n, "title")))
            .collect();
        lines.push(format!(
            "Not compared, because one side did not record it: {}",
            counts.join(", ")
        ));
    }
    for (of, number) in &found.left_out {
        let of = of.word();
        lines.push(format!(
            "{} left out: one side did not look at {of}",
            count(*number, &format!("{of} title"))
        ));
    }
    if found.unseen.is_some() {
        lines.push(
            "Private titles are not visible in one side and are left out of this comparison"
                .to_owned(),
        );
    }
    if is_maybe_private(from.list(), to.list(), found) {
        lines.push(MAYBE_PRIVATE.to_owned());
    }
    lines.join("\n")
}

fn records(style: &Style, found: &Differences<'_>, arguments: &DiffArguments) -> Vec<Record> {
    if arguments.stat {
        let numbers = [
            ("+", found.added.len()),
            ("~", found.changed.len()),
            ("-", found.removed.len()),
            ("=", found.same.len()),
        ];
        return numbers
            .map(|(sign, number)| vec![sign.to_owned(), number.to_string()])
            .to_vec();
    }
    let record = |sign: &str, entry: &Entry, field: &str, was: String, is: String| {
        vec![
            sign.to_owned(),
            entry.media_type.as_str().to_owned(),
            entry.media.to_string(),
            title_of(entry, &style.titles),
            field.to_owned(),
            was,
            is,
        ]
    };
    let summary = |entry: &Entry| summary_of(entry, &style.scores);
    let none = String::new;
    let mut records = Vec::new();
    let removed = found.removed.iter();
    records.extend(removed.map(|entry| record("-", entry, "", summary(entry), none())));
    for changed in &found.changed {
        records.extend(changed.fields.iter().map(|field| {
            let (was, is) = change_of(changed.before, changed.after, *field, &style.scores);
            record("~", changed.after, field.as_str(), was, is)
        }));
    }
    let added = found.added.iter();
    records.extend(added.map(|entry| record("+", entry, "", none(), summary(entry))));
    if arguments.only.contains(&DiffPart::Same) {
        let same = found.same.iter();
        records.extend(same.map(|entry| record("=", entry, "", summary(entry), summary(entry))));
    }
    records
}

fn name(output: &Output, found: &Found) -> String {
    match &found.source {
        FoundList::Live(list) => format!("the list of {} on AniList now", list.owner.name),
        FoundList::Snapshot(snapshot) => {
            let id = snapshot.id.as_str().get(..6).unwrap_or_default();
            format!("snapshot {id} of {}", output.time(found.created_at))
        }
    }
}

/// The title with its first field, the others below it.
fn changed_lines(changed: &Changed<'_>, style: &Style) -> Vec<String> {
    let title = title_of(changed.after, &style.titles);
    let indent = " ".repeat(title.chars().count() + 2);
    let line = |(index, field): (usize, &EntryField)| {
        let (was, is) = change_of(changed.before, changed.after, *field, &style.scores);
        let start = if index == 0 {
            format!("{} {title}", Ink::Changed.paint("~"))
        } else {
            indent.clone()
        };
        format!("{start}  {} {was} -> {is}", field.as_str())
    };
    changed.fields.iter().enumerate().map(line).collect()
}
