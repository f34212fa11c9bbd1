//! The first page: how things stand, for each profile.

use actix_web::{HttpResponse, web};
use anirewind_core::{
    AccountStatus, ChangeFilter, ChangeRow, ChangeSums, Day, OpenAlarm, Style, Unreadable, Verdict,
};
use askama::Template;
use time::{Duration, OffsetDateTime};

use crate::api::Hub;
use crate::format;
use crate::page::{Page, PageError, Place, Visitor, in_path, sentence, show};
use crate::pages::backups::could_not_read;
use crate::pages::chart::Chart;
use crate::pages::curating::shown;
use crate::pages::rows::{contents, count};
use crate::parts::{TitleCell, When};

/// So many days are shown in a row.
const DAYS: usize = 30;
/// So many days with snapshots are in the chart.
const CHART: usize = 90;
/// So many changes are shown.
const NEWEST: usize = 5;
/// A token that ends sooner than this is worth a word.
const SOON: Duration = Duration::days(30);

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard {
    page: Page,
    cards: Vec<Card>,
    /// Whether somebody gave a token of whose account nothing is known yet.
    has_tokens: bool,
    problem: Option<(String, String)>,
    unreadable: Vec<Unreadable>,
}

/// One profile.
struct Card {
    profile: String,
    root: String,
    timeline: String,
    sentence: &'static str,
    tone: &'static str,
    icon: &'static str,
    is_working: bool,
    last: Option<(When, String)>,
    problem: Option<(String, When)>,
    next: String,
    days: Vec<DayCell>,
    days_words: String,
    sums: ChangeSums,
    changes: Vec<ChangeLine>,
    alarms: Vec<AlarmLine>,
    attention: Vec<(String, String, &'static str)>,
    totals: String,
    chart: Option<Chart>,
}

struct DayCell {
    path: String,
    tone: &'static str,
    sign: &'static str,
    words: String,
}

struct AlarmLine {
    at: String,
    words: Vec<String>,
    shown: String,
    review: Option<String>,
    restore: Option<String>,
}

struct ChangeLine {
    when: When,
    title: TitleCell,
    words: String,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/").to(dashboard));
}

/// The colour and the icon of a verdict.
pub(crate) const fn tone(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Protected => ("fine", "i-check"),
        Verdict::NoSnapshotYet => ("info", "i-clock"),
        Verdict::Late | Verdict::Unusual | Verdict::Damaged => ("warning", "i-alert"),
        Verdict::Failing | Verdict::NotConnected => ("danger", "i-cross"),
    }
}

async fn dashboard(visitor: Visitor, hub: web::Data<Hub>) -> Result<HttpResponse, PageError> {
    // Not "none": somebody who reads this may have a full folder. What the catalogue knows still stands.
    let (unreadable, problem) = match visitor.app.catalogue().await {
        Ok(report) => (report.unreadable, None),
        Err(error) => {
            let error = could_not_read(&visitor, &error);
            let hint = error.hint.unwrap_or_default();
            let problem = (
                format!("{}.", error.title),
                format!("{} {hint}", error.message),
            );
            (Vec::new(), Some(problem))
        }
    };
    let mut cards = Vec::new();
    for status in visitor.app.status().await? {
        cards.push(card(&visitor, &hub, &status).await?);
    }
    let has_tokens = !visitor.app.settings().tokens.is_empty();
    Ok(show(&Dashboard {
        page: visitor.page("Dashboard", Place::Dashboard),
        cards,
        has_tokens,
        problem,
        unreadable,
    }))
}

async fn card(visitor: &Visitor, hub: &Hub, status: &AccountStatus) -> Result<Card, PageError> {
    let (app, now) = (&visitor.app, visitor.app.now());
    let account = &status.account;
    let (owner, profile) = (account.account.id, account.profile.clone());
    let path = in_path(&profile);
    let (tone, icon) = tone(status.verdict);
    let days = app.days(owner, DAYS).await?;
    let since = app.yesterday();
    let wanted = ChangeFilter {
        since: Some(since),
        shown_only: true,
        ..ChangeFilter::default()
    };
    let changes = app.changes(Some(owner), wanted, None, NEWEST).await;
    let changes = changes.map_err(anirewind_core::BrowseError::Store)?;
    let base = visitor.access.base();
    let (all, size) = app.snapshot_totals(Some(owner)).await?;
    let (kept, _) = app.kept_and_proven(owner).await?;
    let attempt = status.last_attempt.as_ref();
    let attempt =
        attempt.filter(|_| matches!(status.verdict, Verdict::Failing | Verdict::NotConnected));
    Ok(Card {
        root: format!("/backups/{path}"),
        timeline: format!("/timeline/{path}"),
        sentence: status.verdict.sentence(),
        tone,
        icon,
        is_working: hub.desk().is_capturing(&profile),
        last: status
            .last_good
            .as_ref()
            .map(|row| (When::ago(row.created_at, now), contents(row))),
        problem: attempt.map(|attempt| (sentence(&attempt.detail), When::ago(attempt.at, now))),
        next: format::instant(status.next),
        days_words: days_words(&days),
        days: days.iter().map(|day| DayCell::of(day, &path)).collect(),
        sums: app.change_sums(owner, since).await?,
        changes: changes
            .iter()
            .map(|row| ChangeLine::of(base, &profile, row, &account.style, now))
            .collect(),
        alarms: status
            .alarms
            .iter()
            .map(|open| AlarmLine::of(open, &path))
            .collect(),
        attention: attention(status, now),
        totals: format!(
            "{}, {}, {kept} kept",
            format::size(size),
            count(all, "snapshot")
        ),
        chart: Chart::of_sizes(&app.sizes(owner, CHART).await?),
        profile,
    })
}

/// What somebody should see to, with where to and the words for it.
fn attention(status: &AccountStatus, now: OffsetDateTime) -> Vec<(String, String, &'static str)> {
    let mut all = Vec::new();
    if let Some(end) = status.account.token_expires_at {
        let left = end - now;
        let day = format::day(end);
        if left.is_negative() {
            let text = format!("The token ended on {day}.");
            all.push((text, "/connect".to_owned(), "Reconnect"));
        } else if left < SOON {
            let days = usize::try_from(left.whole_days()).unwrap_or_default();
            let text = format!("Token expires in {}, on {day}.", count(days, "day"));
            all.push((text, "/connect".to_owned(), "Reconnect"));
        }
    }
    if let Some(job) = &status.unfinished {
        let text = format!("An act was begun and did not end: {}.", job.what);
        all.push((text, format!("/jobs/{}", job.id), "See how far it is"));
    }
    if let Some(since) = status.quiet_since {
        let text = format!(
            "The list has not changed since {}, which is unusually long for it.",
            format::day(since)
        );
        let path = format!("/timeline/{}", in_path(&status.account.profile));
        all.push((text, path, "See timeline"));
    }
    all
}

/// `28 fine, 1 without a snapshot, 1 failed`
fn days_words(days: &[Day]) -> String {
    let of = |wanted: &str| days.iter().filter(|day| state(day).0 == wanted).count();
    format!(
        "{} fine, {} without a snapshot, {} failed",
        of("fine"),
        of("quiet"),
        of("danger")
    )
}

const fn state(day: &Day) -> (&'static str, &'static str, &'static str) {
    if day.saved > 0 || day.snapshots > 0 {
        ("fine", "✓", "fine")
    } else if day.failed > 0 {
        ("danger", "✕", "failed")
    } else {
        ("quiet", "–", "no snapshot")
    }
}

impl DayCell {
    fn of(day: &Day, path: &str) -> Self {
        let (tone, sign, word) = state(day);
        let mut words = format!("{}: {word}", day.name);
        if day.snapshots > 0 {
            words = format!("{words}, {}", count(day.snapshots, "snapshot"));
        }
        if day.failed > 0 {
            words = format!("{words}, {} failed", count(day.failed, "attempt"));
        }
        Self {
            path: format!("/backups/{path}?from={0}&to={0}", day.name),
            tone,
            sign,
            words,
        }
    }
}

impl AlarmLine {
    fn of(open: &OpenAlarm, path: &str) -> Self {
        let before = open.before.as_ref().map(|row| row.id.to_string());
        let it = &open.snapshot.id;
        Self {
            at: format::instant(open.snapshot.created_at),
            words: open
                .alarms
                .iter()
                .map(|alarm| sentence(&alarm.to_string()))
                .collect(),
            shown: shown(open),
            review: before
                .as_ref()
                .map(|before| format!("/compare/{path}?from={before}&to={it}")),
            restore: before.map(|before| format!("/plan/{path}/new?snapshot={before}&alarm={it}")),
        }
    }
}

impl ChangeLine {
    fn of(base: &str, profile: &str, row: &ChangeRow, style: &Style, now: OffsetDateTime) -> Self {
        let change = &row.change;
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        let title = match after.or(before) {
            Some(entry) => TitleCell::of(base, profile, entry, style),
            None => TitleCell::named(
                base,
                profile,
                change.media_type,
                change.media.get(),
                change.title.as_deref(),
            ),
        };
        let diff = crate::parts::Diff::of(before, after, style);
        let whole = diff.whole.map(|whole| match before {
            None => format!("added: {whole}"),
            Some(_) => format!("removed, was {whole}"),
        });
        let lines = diff.lines.iter();
        let lines: Vec<_> = lines
            .map(|line| format!("{} {} → {}", line.field, line.was, line.is))
            .collect();
        Self {
            when: When::ago(change.when.at, now),
            title,
            words: whole.unwrap_or_else(|| lines.join(", ")),
        }
    }
}
