//! The first page: how things stand, for each profile.

use actix_web::{HttpResponse, web};
use anirewind_core::{
    AccountStatus, App, ChangeFilter, ChangeRow, ChangeSums, Day, OperationState, Schedule,
    Settings, Style, Unreadable, Verdict, count,
};
use askama::Template;
use time::{Duration, OffsetDateTime};

use crate::api::Hub;
use crate::format;
use crate::live::{Work, snapshot_of};
use crate::page::{Page, PageError, Place, Visitor, in_path, sentence, show};
use crate::pages::backups::could_not_read;
use crate::pages::chart::{Bars, Chart};
use crate::pages::rows::contents;
use crate::parts::{AlarmPart, Avatar, Icon, TitleCell, When, exactly};

/// So many days are shown in a row.
const DAYS: usize = 30;
/// So many of them where there is little room.
const FEW_DAYS: usize = 15;
/// So many days are in the chart of changes.
const CHANGE_DAYS: u16 = 30;
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
    /// How many requests are sent a minute at most.
    per_minute: usize,
    cards: Vec<Card>,
    /// Of whom only snapshots are left: the name, the way there, and how many.
    kept: Vec<(String, String, String)>,
    /// Whether somebody gave a token of whose account nothing is known yet.
    has_tokens: bool,
    /// Why AniList did not say whose they are, and when.
    unidentified: Option<(When, String)>,
    problem: Option<(String, String)>,
    unreadable: Vec<Unreadable>,
}

impl askama::filters::HtmlSafe for Card {}

/// One profile: how it stands, and what happened to it. It renders the same when it is sent anew.
#[derive(Template)]
#[template(path = "parts/card.html")]
pub(crate) struct Card {
    base: String,
    pub(crate) profile: String,
    /// The same as a part of an address.
    path: String,
    verdict: &'static str,
    /// Whether something is not as it should be.
    pub(crate) is_trouble: bool,
    /// Whether what is saved could not be looked at.
    is_unread: bool,
    root: String,
    connect: String,
    account: String,
    timeline: String,
    sentence: &'static str,
    tone: &'static str,
    icon: &'static str,
    avatar: Avatar,
    /// Where to see how far a snapshot is that is being taken.
    working: Option<String>,
    last: Option<(When, String)>,
    /// When the newest snapshot was taken, where that is not the one that is called the last.
    newest: Option<When>,
    /// What acts of ours made that no snapshot holds yet, in a sentence.
    unsaved: Option<String>,
    problem: Option<(String, When)>,
    /// What went wrong with the token, where the account has to be connected again.
    ended: Option<String>,
    is_watching_only: bool,
    /// Whether it is read without a token.
    is_public: bool,
    next: String,
    days: Vec<DayCell>,
    /// What the days come to, all of them and those that a narrow screen shows.
    days_words: [String; 2],
    sums: ChangeSums,
    changes: Vec<ChangeLine>,
    alarms: Vec<AlarmPart>,
    attention: Vec<(String, String, &'static str)>,
    totals: String,
    /// What changed, day by day.
    bars: Option<Bars>,
    chart: Option<Chart>,
}

struct DayCell {
    path: String,
    tone: &'static str,
    sign: &'static str,
    words: String,
}

struct ChangeLine {
    when: When,
    title: TitleCell,
    words: String,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/").get(dashboard));
}

/// The colour and the icon of a verdict.
pub(crate) const fn tone(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Protected => ("fine", "i-check"),
        Verdict::PublicList => ("info", "i-eye"),
        Verdict::NoSnapshotYet => ("info", "i-clock"),
        Verdict::AniListDown => ("warning", "i-clock"),
        Verdict::Paused => ("quiet", "i-equal"),
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
    let base = visitor.access.base();
    let is_unread = problem.is_some();
    let cards = cards(&visitor.app, &hub, base, is_unread).await?;
    let mut page = visitor.page("Dashboard", Place::Dashboard);
    // Seen in a row of tabs. What the folder was just found to hold counts.
    let is_troubled = is_unread || cards.iter().any(|card| card.is_trouble);
    page.icon = Icon::of(base, is_troubled);
    let mut kept = Vec::new();
    for row in visitor.app.kept_accounts().await? {
        let (snapshots, size) = visitor.app.snapshot_totals(Some(row.account.id)).await?;
        let words = format!("{}, {}", count(snapshots, "snapshot"), format::size(size));
        let path = format!("/backups/{}", in_path(&row.profile));
        kept.push((row.profile, path, words));
    }
    Ok(show(&Dashboard {
        page,
        per_minute: usize::try_from(visitor.app.allowance().0).unwrap_or(usize::MAX),
        cards,
        kept,
        has_tokens: !visitor.app.settings().tokens.is_empty(),
        unidentified: visitor.app.unidentified().map(|(at, problem)| {
            let now = visitor.app.now();
            (When::ago(at, now), sentence(&problem))
        }),
        problem,
        unreadable,
    }))
}

/// The cards of all profiles, worst first.
pub(crate) async fn cards(
    app: &App,
    hub: &Hub,
    base: &str,
    is_unread: bool,
) -> Result<Vec<Card>, PageError> {
    let mut cards = Vec::new();
    for status in app.status().await? {
        cards.push(card(app, hub, base, &status, is_unread).await?);
    }
    Ok(cards)
}

async fn card(
    app: &App,
    hub: &Hub,
    base: &str,
    status: &AccountStatus,
    is_unread: bool,
) -> Result<Card, PageError> {
    let now = app.now();
    let account = &status.account;
    let (owner, profile) = (account.account.id, account.profile.clone());
    let path = in_path(&profile);
    let (tone, icon) = tone(status.verdict);
    let days = app.days(owner, DAYS).await?;
    let days = judged(days, &app.day_of(account.added_at), app.settings());
    let since = app.yesterday();
    let wanted = ChangeFilter {
        since: Some(since),
        shown_only: true,
        ..ChangeFilter::default()
    };
    let changes = app.changes(Some(owner), wanted, None, NEWEST).await;
    let changes = changes.map_err(anirewind_core::BrowseError::Store)?;
    let (all, size) = app.snapshot_totals(Some(owner)).await?;
    let (kept, _) = app.kept_and_proven(owner).await?;
    let attempt = status.last_attempt.as_ref();
    let attempt = attempt.filter(|attempt| {
        use anirewind_core::Outcome::{Failed, Unavailable};
        matches!(attempt.outcome, Failed | Unavailable)
    });
    Ok(Card {
        root: format!("/backups/{path}"),
        avatar: Avatar::of(base, app, account),
        connect: format!("/connect/{path}"),
        account: format!("/settings/{path}"),
        timeline: format!("/timeline/{path}"),
        sentence: status.verdict.sentence(),
        tone,
        icon,
        working: matches!(
            hub.desk().work(&snapshot_of(Some(&profile)), now),
            Some(Work::UnderWay(_))
        )
        .then(|| crate::pages::taking::path_of(&profile)),
        ended: (status.verdict == Verdict::NotConnected).then(|| ended_words(status, now)),
        is_watching_only: app.settings().dry_run,
        is_public: account.public,
        last: status
            .last_good
            .as_ref()
            .map(|row| (When::ago(row.created_at, now), contents(row))),
        newest: (status.verdict == Verdict::Unusual)
            .then_some(status.last_taken)
            .flatten()
            .map(|at| When::ago(at, now)),
        unsaved: (status.unsaved > 0).then(|| {
            let titles = count(status.unsaved, "title");
            format!("{titles} changed here since the newest snapshot: the next one holds that.")
        }),
        problem: attempt.map(|attempt| (sentence(&attempt.detail), When::ago(attempt.at, now))),
        next: next_words(status.next),
        days_words: [DAYS, FEW_DAYS].map(|most| days_words(&days, most)),
        days: days
            .iter()
            .map(|(day, state)| DayCell::of(day, *state, &path))
            .collect(),
        sums: app.change_sums(owner, since).await?,
        changes: changes
            .iter()
            .map(|row| ChangeLine::of(base, &profile, row, &account.style, now))
            .collect(),
        alarms: AlarmPart::all(app, (base, &profile, "/"), &status.alarms).await?,
        attention: attention(status, now),
        totals: format!(
            "{}, {}, {kept} kept",
            format::size(size),
            count(all, "snapshot")
        ),
        bars: Bars::of_changes(
            &app.change_days(owner, CHANGE_DAYS).await?,
            &format!("/timeline/{path}"),
        ),
        chart: Chart::of_sizes(&app.sizes(owner, CHART).await?),
        base: base.to_owned(),
        verdict: status.verdict.as_str(),
        is_trouble: status.verdict.is_trouble(),
        is_unread,
        path,
        profile,
    })
}

/// What somebody should see to, with where to and the words for it.
fn attention(status: &AccountStatus, now: OffsetDateTime) -> Vec<(String, String, &'static str)> {
    let mut all = Vec::new();
    if let Some(end) = status.account.token_expires_at {
        let left = end - now;
        // One that has ended is said above all.
        if !left.is_negative() && left < SOON {
            let path = format!("/connect/{}", in_path(&status.account.profile));
            all.push((token_words(end, now), path, "Reconnect"));
        }
    }
    // One that is under way is said above the page.
    let rests = status.unfinished.as_ref();
    if let Some(job) = rests.filter(|job| job.state != OperationState::Running) {
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

/// How long a token is still good for: `Token expires in 24 days, on 2026-11-27.`
pub(crate) fn token_words(end: OffsetDateTime, now: OffsetDateTime) -> String {
    let days = usize::try_from((end - now).whole_days()).unwrap_or_default();
    let day = format::day(end);
    match days {
        0 => format!("Token expires within a day, at {}.", format::instant(end)),
        days => format!("Token expires in {}, on {day}.", count(days, "day")),
    }
}

/// What is wrong with the token of an account that is not connected.
fn ended_words(status: &AccountStatus, now: OffsetDateTime) -> String {
    let ends = status.account.token_expires_at.filter(|ends| *ends <= now);
    let attempt = status.last_attempt.as_ref();
    match (ends, attempt) {
        (Some(ends), _) => format!("Its token ended at {}.", format::instant(ends)),
        (None, Some(attempt)) => format!(
            "Refused {}: {}",
            format::age(attempt.at, now),
            sentence(&attempt.detail)
        ),
        (None, None) => "AniList refused its token.".to_owned(),
    }
}

/// When the next snapshot comes by itself, as a sentence.
pub(crate) fn next_words(next: Option<OffsetDateTime>) -> String {
    match next {
        Some(next) => format!("The next one is taken at {}.", format::instant(next)),
        None => "None is taken by itself: the schedule is off.".to_owned(),
    }
}

/// How a day went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DayState {
    Fine,
    /// A snapshot of it is not believed, or waits for somebody to say whether it was meant.
    Unusual,
    /// There is a snapshot, but not at the first attempt.
    Late,
    Failed,
    /// There was to be one and there is none.
    Missing,
    /// None was to be: before the account was here, today so far, with another schedule.
    Quiet,
}

/// Each day with how it went. `added` is the day on which the account was added.
fn judged(days: Vec<Day>, added: &str, settings: &Settings) -> Vec<(Day, DayState)> {
    let is_there = |day: &Day| day.saved > 0 || day.snapshots > 0;
    let first = days.iter().position(is_there);
    let first = first.or_else(|| days.iter().position(|day| day.name.as_str() >= added));
    let last = days.len().saturating_sub(1);
    let is_daily = settings.backup_at != Schedule::Off
        && settings.backup_at.interval() <= std::time::Duration::from_hours(24);
    let state = |place: usize, day: &Day| match (is_there(day), day.failed) {
        _ if day.doubted > 0 => DayState::Unusual,
        (true, 0) => DayState::Fine,
        (true, _) => DayState::Late,
        (false, 1..) => DayState::Failed,
        (false, 0) if is_daily && place < last && first.is_some_and(|first| place > first) => {
            DayState::Missing
        }
        (false, 0) => DayState::Quiet,
    };
    let states: Vec<_> = days
        .iter()
        .enumerate()
        .map(|(place, day)| state(place, day))
        .collect();
    days.into_iter().zip(states).collect()
}

/// `28 fine, 1 late, 1 failed`: what the last so many days come to.
fn days_words(days: &[(Day, DayState)], most: usize) -> String {
    // Before the first one, none was to be.
    let first = days
        .iter()
        .position(|(day, _)| day.snapshots > 0 || day.saved > 0);
    let since = days.len() - first.unwrap_or(0);
    let shown = days.iter().rev().take(most.min(since));
    let of = |wanted| shown.clone().filter(|(_, state)| *state == wanted).count();
    let all = [
        DayState::Fine,
        DayState::Unusual,
        DayState::Late,
        DayState::Failed,
        DayState::Missing,
        DayState::Quiet,
    ];
    let parts = all.into_iter().filter_map(|state| {
        let number = of(state);
        let is_said = number > 0 || state == DayState::Fine;
        is_said.then(|| format!("{number} {}", state.look().2))
    });
    parts.collect::<Vec<_>>().join(", ")
}

impl DayState {
    /// Tone, sign and word.
    const fn look(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Fine => ("fine", "✓", "fine"),
            Self::Unusual => ("warning", "?", "unusual"),
            Self::Late => ("warning", "~", "late"),
            Self::Failed => ("danger", "✕", "failed"),
            Self::Missing => ("warning", "!", "missing"),
            Self::Quiet => ("quiet", "–", "without a snapshot"),
        }
    }
}

impl DayCell {
    fn of(day: &Day, state: DayState, path: &str) -> Self {
        let (tone, sign, word) = state.look();
        let mut words = format!("{}: {word}", format::of_day(&day.name));
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
            when: match change.when.since {
                None => When::ago(change.when.at, now),
                Some(_) => When::at_the_latest(change.when.at, exactly(row), now),
            },
            title,
            words: whole.unwrap_or_else(|| lines.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(name: &str, saved: usize, failed: usize) -> Day {
        Day {
            name: name.to_owned(),
            snapshots: saved,
            counts: None,
            saved,
            failed,
            doubted: 0,
        }
    }

    #[test]
    fn late_failed_and_missing_days_are_told_apart() {
        let data = tempfile::tempdir().unwrap();
        let read = |schedule: &str| {
            let sources = anirewind_core::Sources {
                flags: [
                    ("data_dir", data.path().display().to_string()),
                    ("backup_at", schedule.to_owned()),
                ]
                .into(),
                ..anirewind_core::Sources::default()
            };
            Settings::read(&sources).unwrap()
        };
        let days = || {
            vec![
                day("2026-11-01", 0, 0),
                day("2026-11-02", 1, 0),
                day("2026-11-03", 0, 0),
                day("2026-11-04", 0, 3),
                day("2026-11-05", 1, 2),
                day("2026-11-06", 0, 0),
            ]
        };
        let doubted = Day {
            doubted: 1,
            ..day("2026-11-02", 2, 1)
        };
        let unusual = judged(vec![doubted], "2026-11-02", &read("daily@01:00"));
        assert_eq!(days_words(&unusual, 30), "0 fine, 1 unusual");
        let daily = judged(days(), "2026-11-02", &read("daily@01:00"));
        assert_eq!(
            days_words(&daily, 30),
            "1 fine, 1 late, 1 failed, 1 missing, 1 without a snapshot"
        );
        assert_eq!(
            days_words(&daily, 2),
            "0 fine, 1 late, 1 without a snapshot"
        );
        // Nothing is missing of a day on which none was to be.
        for schedule in ["every 72h", "off"] {
            let rare = judged(days(), "2026-11-02", &read(schedule));
            assert!(!days_words(&rare, 30).contains("missing"), "{schedule}");
        }
    }
}
