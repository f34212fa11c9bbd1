//! What watches over the server: alive, ready, figures for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, web};
use anirewind_core::{App, BrowseError};

use crate::api::auth::Reader;
use crate::api::problem::Problem;

/// Whether the process answers. Says nothing else, to anybody.
pub(crate) async fn health() -> HttpResponse {
    plain(StatusCode::OK, "ok\n")
}

/// Whether it can do its work: the catalogue answers and the folder can be read. Before the first snapshot there is none.
pub(crate) async fn readiness(app: web::Data<App>) -> HttpResponse {
    let folder = app.backups();
    // No lock and no reading of files: this is asked often, and by anybody.
    let folder = web::block(move || !folder.exists() || std::fs::read_dir(folder).is_ok());
    // Which of them it is, and no more: anybody may ask.
    let (accounts, missing) = (app.accounts().await, app.missing_folder().await);
    let problem = if accounts.is_err() || missing.is_err() {
        "not ready: the catalogue cannot be read\n"
    } else if missing.is_ok_and(|missing| missing.is_some()) {
        "not ready: the folder of snapshots is not there\n"
    } else if !folder.await.unwrap_or_default() {
        "not ready: the folder of snapshots cannot be read\n"
    } else {
        return plain(StatusCode::OK, "ready\n");
    };
    plain(StatusCode::SERVICE_UNAVAILABLE, problem)
}

fn plain(status: StatusCode, words: &'static str) -> HttpResponse {
    HttpResponse::build(status)
        .content_type(ContentType::plaintext())
        .body(words)
}

struct Text(String);

impl Text {
    fn about(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a text does not fail.
        let _ = writeln!(
            self.0,
            "# HELP anirewind_{name} {help}\n# TYPE anirewind_{name} {kind}"
        );
    }

    fn value(&mut self, name: &str, profile: Option<&str>, value: f64) {
        let label = profile.map_or_else(String::new, |profile| {
            let escaped = profile.replace('\\', "\\\\").replace('"', "\\\"");
            format!("{{profile=\"{}\"}}", escaped.replace('\n', "\\n"))
        });
        let _ = writeln!(self.0, "anirewind_{name}{label} {value}");
    }

    /// One counter by something that has few values, all of them ours.
    fn counter(&mut self, name: &str, help: &str, label: &str, counts: &BTreeMap<&str, u64>) {
        self.about(name, "counter", help);
        for (value, count) in counts {
            let _ = writeln!(self.0, "anirewind_{name}{{{label}=\"{value}\"}} {count}");
        }
    }

    /// What was counted since the process started.
    fn counts(&mut self, app: &App) {
        let figures = app.figures();
        let help = "Requests to AniList by what came of them.";
        self.counter("requests_total", help, "outcome", &figures.requests);
        let help = "Attempts at a snapshot by what came of them.";
        self.counter(
            "snapshot_attempts_total",
            help,
            "outcome",
            &figures.snapshots,
        );
        let help = "Acts by the state they came to rest in.";
        self.counter("jobs_total", help, "state", &figures.jobs);
        let help = "How often requests waited for AniList's limit.";
        self.about("waits_total", "counter", help);
        self.value("waits_total", None, float(figures.waits));
        let help = "Time that requests waited for AniList's limit.";
        self.about("wait_seconds_total", "counter", help);
        self.value("wait_seconds_total", None, figures.waited.as_secs_f64());
        self.about("errors_total", "counter", "Errors in the log.");
        self.value("errors_total", None, float(app.log().errors()));
        self.about("build_info", "gauge", "The program.");
        let version = env!("CARGO_PKG_VERSION");
        let _ = writeln!(self.0, "anirewind_build_info{{version=\"{version}\"}} 1");
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts that fit a page are exact as floating-point numbers"
)]
const fn number(count: usize) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts below 2^53 are exact as floating-point numbers"
)]
const fn float(count: u64) -> f64 {
    count as f64
}

/// Figures for Prometheus, in its text format. They name accounts, so not everybody sees them.
pub(crate) async fn metrics(_: Reader, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let all = app.status().await?;
    let mut text = Text(String::new());
    text.about("up", "gauge", "Whether the server answers.");
    text.value("up", None, 1.0);
    text.about("protected", "gauge", "Whether the account is protected.");
    for status in &all {
        let is_well = f64::from(u8::from(status.verdict.is_well()));
        text.value("protected", Some(&status.account.profile), is_well);
    }
    text.about(
        "last_good_age_seconds",
        "gauge",
        "Age of the newest good snapshot.",
    );
    for status in &all {
        if let Some(good) = &status.last_good {
            let age = (app.now() - good.created_at).as_seconds_f64();
            text.value("last_good_age_seconds", Some(&status.account.profile), age);
        }
    }
    text.about("snapshots", "gauge", "Snapshots there are.");
    for status in &all {
        let owner = Some(status.account.account.id);
        let (count, _) = app.snapshot_totals(owner).await?;
        text.value("snapshots", Some(&status.account.profile), number(count));
    }
    text.about("alarms", "gauge", "What is unusual and unanswered.");
    for status in &all {
        let alarms = status.alarms.iter().map(|open| open.alarms.len()).sum();
        text.value("alarms", Some(&status.account.profile), number(alarms));
    }
    text.about(
        "jobs_open",
        "gauge",
        "Acts that are under way, paused or stopped.",
    );
    let open = app.open_operations().await.map_err(BrowseError::Store)?;
    text.value("jobs_open", None, number(open.len()));
    text.about(
        "last_attempt_age_seconds",
        "gauge",
        "Age of the last attempt at a snapshot.",
    );
    for status in &all {
        if let Some(attempt) = &status.last_attempt {
            let age = (app.now() - attempt.at).as_seconds_f64();
            text.value(
                "last_attempt_age_seconds",
                Some(&status.account.profile),
                age,
            );
        }
    }
    text.about(
        "next_due_seconds",
        "gauge",
        "Time until the next snapshot by the schedule.",
    );
    for status in &all {
        // Nothing where none is due.
        if let Some(next) = status.next {
            let left = (next - app.now()).as_seconds_f64();
            text.value("next_due_seconds", Some(&status.account.profile), left);
        }
    }
    let (_, bytes) = app.snapshot_totals(None).await?;
    text.about("snapshot_bytes", "gauge", "Bytes of all snapshots.");
    text.value("snapshot_bytes", None, float(bytes));
    let data = app.settings().data.clone();
    let size = web::block(move || {
        // What was written last stands beside it for a while.
        let files = ["anirewind.db", "anirewind.db-wal"].map(|file| data.join(file));
        files
            .iter()
            .map(|file| std::fs::metadata(file).map_or(0, |of| of.len()))
            .sum::<u64>()
    });
    let size = size.await;
    text.about("database_bytes", "gauge", "Bytes of the catalogue.");
    text.value("database_bytes", None, float(size.unwrap_or_default()));
    text.counts(&app);
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(text.0))
}
