//! How the server is, in plain words, and its log.

use actix_web::{HttpResponse, web};
use anirewind_core::{HealthCheck, HealthState, LogFilter, LogLevel, LogLine};
use askama::Template;
use serde::Deserialize;
use time::OffsetDateTime;

use crate::address::address;
use crate::attached::attached;
use crate::format;
use crate::page::{Page, PageError, Place, Query, Visitor, in_path, show};
use crate::parts::{Badge, When};

/// So many lines of the log stand on a page.
const LINES: usize = 200;

#[derive(Template)]
#[template(path = "status.html")]
struct Status {
    page: Page,
    checks: Checks,
}

impl askama::filters::HtmlSafe for Checks {}

/// How the server is. It renders the same when it is sent anew.
#[derive(Template)]
#[template(path = "parts/checks.html")]
pub(crate) struct Checks {
    base: String,
    verdict: &'static str,
    tone: &'static str,
    lines: Vec<CheckLine>,
    /// The same as text, for whoever asks somebody for help.
    report: String,
}

struct CheckLine {
    badge: Badge,
    what: String,
    found: String,
    since: Option<When>,
    hint: Option<String>,
    /// Where something can be done about it, and in which words.
    way: Option<(String, &'static str)>,
}

#[derive(Template)]
#[template(path = "log.html")]
struct Log {
    page: Page,
    level: &'static str,
    q: String,
    levels: Vec<&'static str>,
    lines: Vec<Line>,
    /// Where older lines are, without the base.
    older: Option<String>,
    /// The same as a file, without the base.
    file: String,
    is_followed: bool,
    is_long: bool,
    /// A level that was asked for and that there is not.
    unknown: Option<String>,
}

struct Line {
    at: String,
    badge: Badge,
    text: String,
}

#[derive(Deserialize)]
struct Which {
    #[serde(default)]
    level: String,
    #[serde(default)]
    q: String,
    below: Option<u64>,
    /// Whether new lines are to come by themselves.
    #[serde(default)]
    follow: String,
    /// Whether long lines are to stay long.
    #[serde(default)]
    long: String,
    /// `text` for a file.
    #[serde(default, rename = "as")]
    form: String,
}

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/status").get(status))
        .service(web::resource("/status/log").get(log));
}

fn badge(state: HealthState) -> Badge {
    match state {
        HealthState::Ok => Badge::new("fine", "i-check", "fine"),
        HealthState::Unknown => Badge::new("quiet", "i-equal", "not known yet"),
        HealthState::Warn => Badge::new("warning", "i-alert", "look at it"),
        HealthState::Bad => Badge::new("danger", "i-cross", "something to do"),
    }
}

fn check_line(check: HealthCheck, now: OffsetDateTime) -> CheckLine {
    let what = match check.what {
        "anilist" => "AniList",
        "limit" => "Requests left",
        "clock" => "Clock",
        "disk" => "Disk",
        "schema" => "Catalogue",
        "settings" => "Settings",
        "token" => "Token",
        "snapshots" => "Snapshots",
        "files" => "Files of snapshots",
        "verify" => "Proof of snapshots",
        "jobs" => "Acts",
        other => other,
    };
    // A name is written as it is.
    let named = check.profile.as_deref().unwrap_or_default();
    let found = match check
        .found
        .strip_prefix(named)
        .filter(|_| !named.is_empty())
    {
        Some(rest) => format!("{named}{}", crate::page::sentence(rest)),
        None => crate::page::sentence(&check.found),
    };
    let path = check.profile.as_deref().map(in_path);
    let way = match (check.what, path) {
        ("snapshots" | "verify", Some(path)) => {
            Some((format!("/backups/{path}"), "See its backups"))
        }
        ("token", Some(path)) => Some((format!("/connect/{path}"), "Connect it again")),
        ("token", None) => Some(("/connect".to_owned(), "Connect an account")),
        ("jobs", Some(path)) => Some((format!("/ops/{path}"), "See its acts")),
        _ => None,
    };
    let what = match check.profile {
        Some(profile) => format!("{what} of {profile}"),
        None => what.to_owned(),
    };
    CheckLine {
        badge: badge(check.state),
        what,
        found,
        // Of proofs it is what was found.
        since: check
            .since
            .filter(|_| check.what != "verify")
            .map(|at| When::of(at, now)),
        // A page is no place for commands.
        hint: check
            .hint
            .filter(|hint| way.is_none() || !hint.contains("anirewind ")),
        way: way.filter(|_| check.state >= HealthState::Warn),
    }
}

async fn status(visitor: Visitor) -> Result<HttpResponse, PageError> {
    let checks = visitor.app.health().await?;
    Ok(show(&Status {
        checks: Checks::of(checks, visitor.access.base(), visitor.app.now()),
        page: visitor.page("Status", Place::Status),
    }))
}

impl Checks {
    /// The worst first.
    pub(crate) fn of(mut checks: Vec<HealthCheck>, base: &str, now: OffsetDateTime) -> Self {
        checks.sort_by_key(|check| std::cmp::Reverse(check.state));
        let worst = checks
            .first()
            .map_or(HealthState::Unknown, |check| check.state);
        let (tone, verdict) = match worst {
            HealthState::Ok | HealthState::Unknown => ("fine", "Nothing needs doing"),
            HealthState::Warn => ("warning", "Worth a look; nothing is urgent"),
            HealthState::Bad => ("danger", "Something needs doing"),
        };
        Self {
            base: base.to_owned(),
            report: report_of(&checks, now),
            verdict,
            tone,
            lines: checks
                .into_iter()
                .map(|check| check_line(check, now))
                .collect(),
        }
    }
}

/// What stands on the page as text. Checks hold no secrets.
fn report_of(checks: &[HealthCheck], now: OffsetDateTime) -> String {
    let mut lines = vec![format!(
        "AniRewind {}, {}",
        env!("CARGO_PKG_VERSION"),
        format::machine(now)
    )];
    lines.extend(checks.iter().map(|check| {
        let of = check.profile.as_ref();
        let of = of.map_or_else(String::new, |profile| format!(" of {profile}"));
        let since = check.since.map(format::machine);
        let since = since.map_or_else(String::new, |since| format!(" since {since}"));
        let (what, state) = (check.what, check.state.as_str());
        format!("{what}{of}: {state}, {}{since}", check.found)
    }));
    lines.join("\n")
}

fn line(line: &LogLine) -> Line {
    let badge = match line.level {
        LogLevel::Error => Badge::new("danger", "i-cross", "error"),
        LogLevel::Warn => Badge::new("warning", "i-alert", "warning"),
        level => Badge::new("quiet", "i-equal", level.as_str()),
    };
    let mut text = line.spans.join(" ");
    if !text.is_empty() {
        text.push_str(": ");
    }
    text.push_str(&line.text);
    Line {
        at: format::second(line.at),
        badge,
        text,
    }
}

async fn log(visitor: Visitor, which: Query<Which>) -> Result<HttpResponse, PageError> {
    let Which {
        level,
        q,
        below,
        follow,
        long,
        form,
    } = which.0;
    let is_file = form == "text";
    let chosen = LogLevel::parse(&level);
    let lines = visitor.app.log().lines(&LogFilter {
        level: chosen,
        text: (!q.is_empty()).then(|| q.clone()),
        below,
        most: (!is_file).then_some(LINES),
    });
    if is_file {
        // As they happened, the oldest first.
        let lines = lines.iter().rev().map(|line| format!("{line}\n"));
        return Ok(HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .insert_header(attached("anirewind.log"))
            .body(lines.collect::<String>()));
    }
    let last = lines.last().filter(|_| lines.len() == LINES);
    let unknown = (chosen.is_none() && !level.is_empty()).then_some(level);
    let level = chosen.map_or("", LogLevel::as_str);
    let chosen = address(
        "/status/log",
        &[("level", level), ("q", &q), ("long", &long), ("as", "text")],
    );
    let older = last.map(|last| {
        let below = last.number.to_string();
        let pairs = [
            ("level", level),
            ("q", &q),
            ("long", &long),
            ("below", &below),
        ];
        address("/status/log", &pairs)
    });
    Ok(show(&Log {
        page: visitor.page("Log", Place::Status),
        level,
        q,
        levels: LogLevel::ALL.iter().map(|level| level.as_str()).collect(),
        lines: lines.iter().map(line).collect(),
        older,
        file: chosen,
        is_followed: !follow.is_empty() && below.is_none(),
        is_long: !long.is_empty(),
        unknown,
    }))
}
