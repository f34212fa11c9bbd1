//! The first page: how things stand, and the snapshots there are.

use actix_web::{HttpResponse, web};
use anirewind_core::{
    AccountStatus, App, BrowseError, CatalogueReport, Kind, OpenAlarm, SnapshotRow, Standing,
    Unreadable, Verdict,
};
use askama::Template;
use time::OffsetDateTime;

use crate::format;
use crate::page::{Page, PageError, Place, Visitor, show};

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard {
    page: Page,
    accounts: Vec<AccountCard>,
    snapshots: Vec<SnapshotLine>,
    total: String,
    folder: String,
    unreadable: Vec<Unreadable>,
}

/// One account's verdict.
struct AccountCard {
    profile: String,
    sentence: &'static str,
    tone: &'static str,
    sign: &'static str,
    last: Option<(String, String, String)>,
    problem: Option<String>,
    alarms: Vec<String>,
    next: String,
}

/// One row of the table.
struct SnapshotLine {
    id: String,
    file: String,
    created: String,
    machine: String,
    age: String,
    contents: String,
    change: String,
    size: String,
    user: String,
    kind: &'static str,
    is_suspect: bool,
    is_damaged: bool,
    is_provable: bool,
    verified: String,
    kept: Option<String>,
    note: Option<String>,
    /// What is said in place of a run of older ones that hold the same.
    folded: Option<String>,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/").to(dashboard));
}

async fn dashboard(visitor: Visitor) -> Result<HttpResponse, PageError> {
    // Not "none": somebody who reads this may have a full folder.
    let loaded = load(&visitor.app).await;
    let loaded =
        loaded.map_err(|error| PageError::from(error).titled("The snapshots could not be read"))?;
    Ok(page(&visitor, loaded))
}

type Loaded = (CatalogueReport, Vec<AccountStatus>, Vec<SnapshotRow>);

async fn load(app: &App) -> Result<Loaded, BrowseError> {
    let report = app.refresh_catalogue().await?;
    Ok((report, app.status().await?, app.snapshots(None).await?))
}

fn page(visitor: &Visitor, (report, accounts, rows): Loaded) -> HttpResponse {
    let now = visitor.app.now();
    let size = rows.iter().map(|row| row.size).sum();
    let plural = if rows.len() == 1 { "" } else { "s" };
    show(&Dashboard {
        page: visitor.page("Dashboard", Place::Dashboard),
        total: format!("{} snapshot{plural}, {}", rows.len(), format::size(size)),
        accounts: accounts
            .iter()
            .map(|status| AccountCard::of(status, now))
            .collect(),
        snapshots: lines(rows, now),
        folder: visitor.app.backups().display().to_string(),
        unreadable: report.unreadable,
    })
}

impl AccountCard {
    fn of(status: &AccountStatus, now: OffsetDateTime) -> Self {
        let (tone, sign) = match status.verdict {
            Verdict::Protected => ("fine", "✓"),
            Verdict::NoSnapshotYet => ("info", "…"),
            Verdict::Late | Verdict::Unusual | Verdict::Damaged => ("warning", "!"),
            Verdict::Failing | Verdict::NotConnected => ("danger", "✕"),
        };
        let last = status.last_good.as_ref().map(|row| {
            let counts = format!("{} anime, {} manga", row.counts.anime, row.counts.manga);
            (
                format::machine(row.created_at),
                format::age(row.created_at, now),
                counts,
            )
        });
        let attempt = status
            .last_attempt
            .as_ref()
            .filter(|_| !status.verdict.is_well());
        Self {
            profile: status.account.profile.clone(),
            sentence: status.verdict.sentence(),
            tone,
            sign,
            last,
            problem: attempt.map(|attempt| attempt.detail.clone()),
            alarms: status.alarms.iter().flat_map(alarm_lines).collect(),
            next: format::instant(status.next),
        }
    }
}

/// What is unusual about a snapshot, one sentence each.
fn alarm_lines(open: &OpenAlarm) -> Vec<String> {
    let at = format::instant(open.snapshot.created_at);
    let alarms = open.alarms.iter();
    alarms.map(|alarm| format!("{at}: {alarm}.")).collect()
}

/// One line each, where a run of identical ones is one line.
fn lines(rows: Vec<SnapshotRow>, now: OffsetDateTime) -> Vec<SnapshotLine> {
    let mut lines: Vec<SnapshotLine> = Vec::new();
    let mut last: Option<SnapshotRow> = None;
    let mut run: Vec<OffsetDateTime> = Vec::new();
    for row in rows {
        if last.as_ref().is_some_and(|last| row.folds_below(last)) {
            run.push(row.created_at);
            if let (Some(line), Some(newest), Some(oldest)) =
                (lines.last_mut(), run.first(), run.last())
            {
                line.folded = Some(format!(
                    "{} identical, from {} to {}",
                    run.len(),
                    format::instant(*oldest),
                    format::instant(*newest)
                ));
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
    fn of(row: SnapshotRow, now: OffsetDateTime) -> Self {
        let change = row.delta.map_or_else(
            || "not compared".to_owned(),
            |delta| format!("+{} ~{} -{}", delta.added, delta.changed, delta.removed),
        );
        Self {
            id: row.id.as_str().get(..4).unwrap_or_default().to_owned(),
            created: format::instant(row.created_at),
            machine: format::machine(row.created_at),
            age: format::age(row.created_at, now),
            contents: format!("{} anime, {} manga", row.counts.anime, row.counts.manga),
            change,
            size: format::size(row.size),
            user: row.owner.name.clone(),
            kind: match row.kind.as_str() {
                "auto" => "automatic",
                "manual" => "by hand",
                "safety" => "before a change",
                _ => "imported",
            },
            is_suspect: row.standing() == Standing::Suspect,
            is_damaged: row.standing() == Standing::Damaged,
            kept: row.mark.keep.as_ref().map(|keep| match keep.until {
                Some(until) => format!("kept until {}", format::instant(until)),
                None => "kept".to_owned(),
            }),
            note: row.mark.note,
            folded: None,
            is_provable: row.kind != Kind::Imported,
            verified: format::instant(row.verified_at),
            file: row.file,
        }
    }
}
