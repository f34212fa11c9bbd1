//! `snapshots`

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use anirewind_core::model::UserId;
use anirewind_core::view::instant;
use anirewind_core::{
    App, Delta, Fate, Hold, Kind, Outlook, Pruned, SnapshotRow, Why, count, size,
};
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::arguments::SnapshotsArguments;
use crate::ids::Ids;
use crate::json::{instant_json, snapshot_json};
use crate::output::{Failure, Output, Record, age};
use crate::paint::Ink;

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    arguments: &SnapshotsArguments,
) -> Result<u8, Failure> {
    let owner = match profile {
        Some(profile) => Some(app.account_row(profile).await?.account.id),
        None => None,
    };
    let since = match &arguments.since {
        Some(since) => Some(app.instant(since)?),
        None => None,
    };
    let report = app.refresh_catalogue().await?;
    let all = app.snapshots(owner).await?;
    let outlooks = outlooks(app, &all).await?;
    let kind = arguments.kind.as_deref().and_then(Kind::parse);
    let mut rows: Vec<_> = all
        .iter()
        .filter(|row| !arguments.kept || row.mark.keep.is_some())
        .filter(|row| kind.is_none_or(|kind| row.kind == kind))
        .filter(|row| since.is_none_or(|since| row.created_at >= since))
        .collect();
    let found = rows.len();
    // Only people read what stands below the list.
    let (next, closer) = if output.is_json() || output.is_plain() {
        (None, None)
    } else {
        (next(app, owner).await?, closer(app, owner, &all).await?)
    };
    if arguments.limit > 0 {
        rows.truncate(arguments.limit);
    }
    output.list(
        "snapshots",
        || rows.iter().map(|row| json_of(row, &outlooks)).collect(),
        || rows.iter().map(|row| record(row, &outlooks)).collect(),
        || {
            if all.is_empty() {
                return format!(
                    "No snapshot in {} yet. Take one: anirewind backup",
                    app.backups().display()
                );
            }
            if rows.is_empty() {
                return format!("None of {} is like that.", count(all.len(), "snapshot"));
            }
            let bytes: u64 = all.iter().map(|row| row.size).sum();
            let kept = all.iter().filter(|row| row.mark.keep.is_some()).count();
            let shown = if found == all.len() {
                String::new()
            } else {
                format!("{found} of ")
            };
            let mut lines = vec![
                table(app, output, &rows, &all, &outlooks),
                format!(
                    "{shown}{}, {}, {kept} kept",
                    count(all.len(), "snapshot"),
                    size(bytes)
                ),
            ];
            lines.extend(next.map(|next| {
                let next = output.time(next);
                format!("Next by the schedule, if a server runs: {next}")
            }));
            lines.extend(closer);
            lines.join("\n")
        },
    );
    for file in &report.unreadable {
        output.talk(&format!(
            "warning: {}; it is left as it is and not used",
            file.problem
        ));
    }
    Ok(if report.unreadable.is_empty() { 0 } else { 3 })
}

/// When the next one is due, of whoever's turn comes first.
async fn next(app: &App, owner: Option<UserId>) -> Result<Option<OffsetDateTime>, Failure> {
    let all = app.status().await?.into_iter();
    let meant = all.filter(|status| owner.is_none_or(|owner| status.account.account.id == owner));
    Ok(meant.filter_map(|status| status.next).min())
}

/// The command that shows what is unusual about the newest list that is, and is unanswered: what it is otherwise than the
/// one that it is measured by.
async fn closer(
    app: &App,
    owner: Option<UserId>,
    all: &[SnapshotRow],
) -> Result<Option<String>, Failure> {
    let open = app.alarms_with_bases(owner).await?;
    let ids = Ids::of(all.iter().map(|row| row.id.as_str()));
    let newest = open
        .iter()
        .find_map(|open| Some((open.before.as_ref()?, &open.snapshot)));
    Ok(newest.map(|(before, unusual)| {
        let [before, unusual] = [before, unusual].map(|row| ids.shortest(row.id.as_str()));
        format!("Look closer: anirewind diff {before} {unusual}")
    }))
}

/// What becomes of the snapshots of each account.
type Outlooks = BTreeMap<UserId, Arc<Outlook>>;

async fn outlooks(app: &App, rows: &[SnapshotRow]) -> Result<Outlooks, Failure> {
    let mut outlooks = Outlooks::new();
    for row in rows {
        if let Entry::Vacant(place) = outlooks.entry(row.owner.id) {
            place.insert(app.outlook(row.owner.id, None).await?);
        }
    }
    Ok(outlooks)
}

fn json_of(row: &SnapshotRow, outlooks: &Outlooks) -> Value {
    match outlooks.get(&row.owner.id) {
        Some(outlook) => with_fate(row, outlook),
        None => snapshot_json(row),
    }
}

fn record(row: &SnapshotRow, outlooks: &Outlooks) -> Record {
    let outlook = outlooks.get(&row.owner.id);
    let fate = outlook.and_then(|outlook| outlook.fate(&row.file));
    let goes_on = outlook.and_then(|outlook| outlook.goes_on(&row.file));
    let number = |of: fn(&Delta) -> usize| {
        let number = row.delta.as_ref().map(of);
        number.map_or_else(String::new, |number| number.to_string())
    };
    let keep = row.mark.keep.as_ref();
    let alarms = row.open_alarms().map(|alarm| alarm.rule.as_str());
    vec![
        row.id.to_string(),
        instant(row.created_at),
        row.owner.name.clone(),
        row.counts.anime.to_string(),
        row.counts.manga.to_string(),
        number(|delta| delta.added),
        number(|delta| delta.changed),
        number(|delta| delta.removed),
        row.size.to_string(),
        row.kind.as_str().to_owned(),
        fate.map(Fate::as_str).unwrap_or_default().to_owned(),
        goes_on.map(instant).unwrap_or_default(),
        alarms.collect::<Vec<_>>().join(" "),
        keep.and_then(|keep| keep.name.clone()).unwrap_or_default(),
        row.mark.note.clone().unwrap_or_default(),
    ]
}

/// A snapshot, when it goes, why it stays, and why it does not go though its days end.
pub(crate) fn with_fate(row: &SnapshotRow, outlook: &Outlook) -> Value {
    let mut json = snapshot_json(row);
    if let Some(object) = json.as_object_mut() {
        let fate = outlook.fate(&row.file);
        let goes_on = outlook.goes_on(&row.file).map(instant_json);
        object.insert("goesOn".to_owned(), json!(goes_on));
        object.insert("why".to_owned(), json!(fate.map(Fate::as_str)));
        let held_by = fate.and_then(|fate| held_by(fate, outlook.hold.as_ref()));
        object.insert("heldBy".to_owned(), json!(held_by.map(hold_name)));
    }
    json
}

/// What keeps a snapshot that would go, or would on a day, if not for that.
fn held_by<'a>(fate: &'a Fate, hold: Option<&'a Hold>) -> Option<&'a Hold> {
    match fate {
        Fate::Stays(Why::Held(hold)) => Some(hold),
        Fate::Stays(Why::Recent { .. } | Why::Safety { .. }) => hold,
        _ => None,
    }
}

fn hold_name(hold: &Hold) -> &'static str {
    match hold {
        Hold::OpenAlarm => "open-alarm",
        Hold::Damage { .. } => "damage",
    }
}

/// What becomes of a snapshot for people, as short as a column wants it.
pub(crate) fn fate_words(output: &Output, fate: &Fate, hold: Option<&Hold>) -> String {
    if let Some(hold) = held_by(fate, hold) {
        let words = match hold {
            Hold::OpenAlarm => "something unusual is unanswered",
            Hold::Damage { .. } => "one is damaged",
        };
        return match fate {
            Fate::Stays(Why::Held(_)) => format!("would go, but {words}"),
            _ => format!("stays while {words}"),
        };
    }
    match fate {
        Fate::Goes => "goes".to_owned(),
        Fate::Stays(why) => match why {
            Why::Kept { until: None } => "kept".to_owned(),
            Why::Kept { until: Some(until) } => format!("kept until {}", output.day(*until)),
            Why::All => "stays".to_owned(),
            Why::Recent { until } | Why::Safety { until } => {
                format!("goes on {}", output.day(*until))
            }
            Why::Newest => "stays: the newest good one".to_owned(),
            Why::AmongThree => "stays: of the three newest good ones".to_owned(),
            Why::NewestWithPrivate => "stays: the newest with private titles".to_owned(),
            Why::Daily => "stays: the newest of its day".to_owned(),
            Why::Weekly => "stays: the newest of its week".to_owned(),
            Why::Monthly => "stays: the newest of its month".to_owned(),
            Why::Foreign => "stays: brought in".to_owned(),
            Why::Damaged => "stays: damaged".to_owned(),
            Why::Held(_) => "would go, but is held".to_owned(),
        },
    }
}

fn table(
    app: &App,
    output: &Output,
    rows: &[&SnapshotRow],
    all: &[SnapshotRow],
    outlooks: &Outlooks,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "ID", "CREATED", "AGE", "USER", "TITLES", "CHANGE", "SIZE", "KIND", "RULES", "",
    ]);
    let ids = Ids::of(all.iter().map(|row| row.id.as_str()));
    let mut rest = rows.iter().peekable();
    while let Some(row) = rest.next() {
        let change = row.delta.map_or_else(String::new, |delta| {
            let part = |ink: Ink, sign, number| ink.count(number, &format!("{sign}{number}"));
            format!(
                "{} {} {}",
                part(Ink::Added, '+', delta.added),
                part(Ink::Changed, '~', delta.changed),
                part(Ink::Removed, '-', delta.removed)
            )
        });
        let outlook = outlooks.get(&row.owner.id);
        let fate = outlook.and_then(|outlook| {
            let fate = outlook.fate(&row.file)?;
            Some(fate_words(output, fate, outlook.hold.as_ref()))
        });
        // A run that holds the same, and of which nobody said anything, folds.
        let mut folded = Vec::new();
        while let Some(next) = rest.next_if(|next| next.folds_below(row)) {
            folded.push(*next);
        }
        table.add_row([
            ids.shortest(row.id.as_str()),
            output.time(row.created_at),
            age(row.created_at, app.now()),
            row.owner.name.clone(),
            format!("{} A  {} M", row.counts.anime, row.counts.manga),
            change,
            size(row.size),
            row.kind.as_str().to_owned(),
            fate.unwrap_or_default(),
            remark(output, row, &folded),
        ]);
    }
    if let Some(column) = table.column_mut(6) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

fn remark(output: &Output, row: &SnapshotRow, folded: &[&SnapshotRow]) -> String {
    let mut remarks = Vec::new();
    match folded {
        [] => {}
        [one] => remarks.push(format!("1 identical, of {}", output.time(one.created_at))),
        [newest, .., oldest] => remarks.push(format!(
            "{} identical, from {} to {}",
            folded.len(),
            output.time(oldest.created_at),
            output.time(newest.created_at)
        )),
    }
    if row.damage.is_some() {
        remarks.push(Ink::Removed.paint("damaged"));
    }
    remarks.extend(row.alarms.iter().map(|alarm| {
        let is_open = row.open_alarms().any(|open| open == alarm);
        if is_open {
            Ink::Alarm.paint(&format!("{alarm} (unanswered)"))
        } else {
            format!("{alarm} (answered)")
        }
    }));
    let keep = row.mark.keep.as_ref();
    remarks.extend(keep.and_then(|keep| keep.name.as_ref().map(|name| format!("kept:{name}"))));
    remarks.extend(row.mark.note.as_ref().map(|note| format!("\"{note}\"")));
    remarks.join("; ")
}

/// What went, in words.
pub(crate) fn pruned_words(pruned: &Pruned) -> String {
    let (discarded, removed) = (pruned.discarded.len(), pruned.removed.len());
    let gone = match removed {
        0 => String::new(),
        1 => ", 1 that had been there for a week is gone".to_owned(),
        many => format!(", {many} that had been there for a week are gone"),
    };
    format!("{} went into the trash{gone}", count(discarded, "snapshot"))
}
