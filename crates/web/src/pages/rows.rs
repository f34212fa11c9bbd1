//! Snapshots as rows of a table.

use anirewind_core::{Kind, SnapshotRow, Standing};
use time::OffsetDateTime;

use crate::format;
use crate::parts::{Badge, When, clock};

/// One row of the table.
pub(crate) struct SnapshotLine {
    pub(crate) id: String,
    pub(crate) short: String,
    pub(crate) file: String,
    pub(crate) created: String,
    pub(crate) age: When,
    pub(crate) contents: String,
    pub(crate) delta: String,
    /// Whether it was held against one before it.
    pub(crate) is_compared: bool,
    pub(crate) size: String,
    pub(crate) user: String,
    pub(crate) kind: &'static str,
    pub(crate) badges: Vec<Badge>,
    pub(crate) note: Option<String>,
    pub(crate) is_kept: bool,
    pub(crate) is_damaged: bool,
    /// What is said in place of a run of older ones that hold the same.
    pub(crate) folded: Option<String>,
    /// When it goes by the rules, or why it stays.
    pub(crate) fate: Option<String>,
    /// The act before which it was taken.
    pub(crate) act: Option<String>,
}

/// The word for what a snapshot was taken for.
pub(crate) const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Automatic => "automatic",
        Kind::Manual => "by hand",
        Kind::Safety => "before a change",
        Kind::Imported => "imported",
    }
}

/// `812 anime, 143 manga`. What another program wrote may not record a list at all, which is not an empty one.
pub(crate) fn contents(row: &SnapshotRow) -> String {
    let of = |count: usize, word: &str| match count {
        0 if row.kind == Kind::Imported => format!("no {word} recorded"),
        count => format!("{count} {word}"),
    };
    let (anime, manga) = (of(row.counts.anime, "anime"), of(row.counts.manga, "manga"));
    format!("{anime}, {manga}")
}

/// One line each, where a run of identical ones is one line.
pub(crate) fn lines(rows: Vec<SnapshotRow>, now: OffsetDateTime) -> Vec<SnapshotLine> {
    let mut lines: Vec<SnapshotLine> = Vec::new();
    let mut last: Option<SnapshotRow> = None;
    let mut run: Vec<OffsetDateTime> = Vec::new();
    for row in rows {
        if last.as_ref().is_some_and(|last| row.folds_below(last)) {
            run.push(row.created_at);
            if let (Some(line), Some(newest), Some(oldest)) =
                (lines.last_mut(), run.first(), run.last())
            {
                let until = if oldest.date() == newest.date() {
                    clock(*newest)
                } else {
                    format::instant(*newest)
                };
                let from = format::instant(*oldest);
                line.folded = Some(format!("{} identical, from {from} to {until}", run.len()));
            }
            continue;
        }
        run.clear();
        lines.push(SnapshotLine::of(row.clone(), now));
        last = Some(row);
    }
    lines
}

impl SnapshotLine {
    pub(crate) fn of(row: SnapshotRow, now: OffsetDateTime) -> Self {
        let delta = row.delta.map_or_else(
            || "not compared".to_owned(),
            |delta| format!("+{} ~{} -{}", delta.added, delta.changed, delta.removed),
        );
        Self {
            short: row.id.as_str().get(..4).unwrap_or_default().to_owned(),
            id: row.id.to_string(),
            created: format::instant(row.created_at),
            age: When::ago(row.created_at, now),
            contents: contents(&row),
            delta,
            is_compared: row.delta.is_some(),
            size: format::size(row.size),
            user: row.owner.name.clone(),
            kind: kind_word(row.kind),
            badges: badges(&row),
            is_kept: row.mark.keep.is_some(),
            is_damaged: row.damage.is_some(),
            note: row.mark.note,
            folded: None,
            fate: None,
            act: None,
            file: row.file,
        }
    }
}

fn badges(row: &SnapshotRow) -> Vec<Badge> {
    let mut badges = Vec::new();
    match row.standing() {
        Standing::Damaged => badges.push(Badge::new("danger", "i-cross", "damaged")),
        _ if row.kind == Kind::Imported => {
            badges.push(Badge::new("quiet", "i-equal", "nothing to prove it by"));
        }
        _ => badges.push(Badge::new("fine", "i-check", "verified")),
    }
    if row.public {
        badges.push(Badge::new("quiet", "i-eye", "public list"));
    }
    if row.open_alarms().next().is_some() {
        badges.push(Badge::new("warning", "i-alert", "unusual"));
    } else if row.standing() == Standing::Suspect {
        badges.push(Badge::new("warning", "i-alert", "not believed"));
    }
    if let Some(keep) = &row.mark.keep {
        let name = keep.name.as_ref().map(|name| format!(" as {name}"));
        let until = keep
            .until
            .map(|until| format!(" until {}", format::day(until)));
        let words = [name, until].into_iter().flatten().collect::<String>();
        badges.push(Badge::new("info", "i-pin", format!("kept{words}")));
    }
    badges
}
