//! What keeps the server going: its settings, its health, its log.

use std::collections::BTreeMap;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use anirewind_core::view::{HealthView, LogLineView, SettingView, SnapshotView};
use anirewind_core::{App, Explain as _, LogFilter, LogLevel, Settings, SettingsDraft};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::auth::{Owner, Reader, Writer};
use crate::api::kind::Kind;
use crate::api::paging;
use crate::api::problem::Problem;
use crate::api::sent::Sent;

/// So many lines, unless it is said.
const LINES: usize = 200;

/// The settings that are in force. No secrets.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SettingsView {
    /// The version of the program.
    version: &'static str,
    /// Whether nothing is written at all.
    dry_run: bool,
    /// Whether titles may be removed.
    destructive_sync: bool,
    /// Seconds between two looks; null when looking is off.
    watch_interval: Option<u64>,
    /// Requests a minute, where somebody set it.
    rate_limit: Option<u32>,
    /// Whether config.toml was changed and is not in force yet.
    outdated: bool,
    /// Every setting.
    settings: Vec<SettingView>,
}

fn view(settings: &Settings) -> SettingsView {
    SettingsView {
        version: env!("CARGO_PKG_VERSION"),
        dry_run: settings.dry_run,
        destructive_sync: settings.destructive_sync,
        watch_interval: settings.watch_interval.map(|interval| interval.as_secs()),
        rate_limit: settings.rate_limit,
        outdated: settings.is_outdated(),
        settings: settings.report().iter().map(Into::into).collect(),
    }
}

/// The settings that are in force, and where each was said. The `ETag` is for a change.
#[utoipa::path(tag = "server", responses(
    (status = 200, body = SettingsView),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/settings")]
pub(crate) async fn settings_in_force(
    _: Reader,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let asked = web::block(move || {
        let settings = app.settings();
        (view(settings), settings.version())
    });
    let (view, version) = asked
        .await
        .map_err(|_| Problem::failed("the server ends"))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, format!("\"{version}\"")))
        .json(view))
}

/// What is to be changed.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Changes {
    /// New values by key, as they would be typed; null takes a setting away, so that the default holds.
    settings: BTreeMap<String, Option<String>>,
    /// Say what would come of it, and change nothing.
    #[serde(default)]
    dry_run: bool,
    /// Agree that exactly so many snapshots are no longer kept.
    allow_losing: Option<usize>,
}

/// A change of settings, made or looked at.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangedSettings {
    /// The keys that have another value now.
    changed: Vec<String>,
    /// Snapshots that go by the new rules and stayed by the old ones.
    going: Vec<SnapshotView>,
    /// Whether it was saved, and the server takes it over.
    saved: bool,
}

/// Changes settings in config.toml, all that are named or none. `If-Match` with the `ETag` of the
/// settings as they were looked at is needed.
#[utoipa::path(tag = "server", request_body = Changes, params(
    ("If-Match" = String, Header, description = "The `ETag` of the settings"),
), security(("session" = [])), responses(
    (status = 200, body = ChangedSettings),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[patch("/api/v1/settings")]
pub(crate) async fn change_settings(
    _: Owner,
    app: web::Data<App>,
    request: HttpRequest,
    changes: Sent<Changes, Owner>,
) -> Result<web::Json<ChangedSettings>, Problem> {
    let seen = request.headers().get_all(header::IF_MATCH);
    let seen: Vec<_> = seen.filter_map(|tags| tags.to_str().ok()).collect();
    if seen.is_empty() {
        return Err(Problem::precondition(
            Kind::NoPrecondition,
            "say with `If-Match` which settings you looked at",
        ));
    }
    if !is_among(&seen.join(","), &app.settings().version()) {
        return Err(Problem::precondition(
            Kind::Precondition,
            "the settings are no longer what you looked at",
        ));
    }
    let Changes {
        settings,
        dry_run,
        allow_losing,
    } = changes.into_inner();
    let wanted: Vec<_> = settings.into_iter().collect();
    let draft: SettingsDraft = app.plan_settings_from_afar(&wanted).await?;
    let answer = ChangedSettings {
        changed: draft.changed.clone(),
        going: draft.going.iter().map(Into::into).collect(),
        saved: !dry_run,
    };
    if dry_run {
        return Ok(web::Json(answer));
    }
    let saved = web::block(move || draft.save(allow_losing)).await;
    saved.map_err(|_| Problem::failed("the server ends"))??;
    tracing::info!(keys = answer.changed.join(", "), "settings changed");
    app.ask_reload();
    Ok(web::Json(answer))
}

/// Whether a list of tags, as `If-Match` has it, names this version. A tag that somebody on the way made weak is of the
/// same settings.
fn is_among(tags: &str, version: &str) -> bool {
    let tags = tags.trim();
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"') == version;
    tags == "*" || tags.split(',').any(bare)
}

/// What is about to be in force.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reloading {
    /// Keys that get another value.
    changed: Vec<String>,
}

/// Reads the settings again and takes them over. What is under way comes to rest and goes on with them;
/// settings that make no sense are refused, and those of before stay in force.
#[utoipa::path(tag = "server", security(("key" = [])), responses(
    (status = 202, body = Reloading),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[post("/api/v1/server/reload")]
pub(crate) async fn reload(_: Writer, app: web::Data<App>) -> Result<HttpResponse, Problem> {
    let old = app.clone();
    let read = web::block(move || old.settings().read_again()).await;
    let read = read.map_err(|_| Problem::failed("the server ends"))?;
    let new = read.inspect_err(|error| app.note_reload(Err(error.chain())))?;
    let rows = new.report().iter().zip(app.settings().report());
    let changed = rows.filter(|(new, old)| new.value != old.value);
    let changed = changed.map(|(new, _)| new.key.to_owned()).collect();
    app.ask_reload();
    Ok(HttpResponse::Accepted().json(Reloading { changed }))
}

/// Whether everything is as it has to be, each with what to do. Goes by the last answers of AniList and
/// asks it nothing.
#[utoipa::path(tag = "server", responses(
    (status = 200, body = Vec<HealthView>),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/health")]
pub(crate) async fn health_checks(
    _: Reader,
    app: web::Data<App>,
) -> Result<web::Json<Vec<HealthView>>, Problem> {
    let checks = app.health().await?;
    Ok(web::Json(checks.iter().map(Into::into).collect()))
}

/// Which lines of the log.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichLines {
    /// This bad or worse: trace, debug, info, warn, error
    level: Option<String>,
    /// With this in them
    q: Option<String>,
    /// Where the page before ended
    below: Option<u64>,
    /// At most this many, 2000 at the most
    #[serde(default, deserialize_with = "paging::at_least_one")]
    #[param(minimum = 1)]
    limit: Option<usize>,
}

/// The last lines of the log, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct LogPage {
    /// The lines.
    items: Vec<LogLineView>,
    /// Give this as `below` for what follows; null at the end.
    next: Option<String>,
}

/// The last lines of the log, newest first. About 2,000 are kept, since the process started.
#[utoipa::path(tag = "server", params(WhichLines), responses(
    (status = 200, body = LogPage),
    (status = "default", body = Problem, content_type = "application/problem+json"),
))]
#[get("/api/v1/log")]
pub(crate) async fn log_lines(
    _: Reader,
    app: web::Data<App>,
    which: web::Query<WhichLines>,
) -> Result<web::Json<LogPage>, Problem> {
    let level = which.level.as_deref().map(|text| {
        LogLevel::parse(text).ok_or_else(|| Problem::usage(format!("`{text}` is no level")))
    });
    let most = which.limit.unwrap_or(LINES).min(2_000);
    let lines = app.log().lines(&LogFilter {
        level: level.transpose()?,
        text: which.q.clone(),
        below: which.below,
        most: Some(most),
    });
    let next = lines.last().filter(|_| lines.len() == most);
    Ok(web::Json(LogPage {
        next: next.map(|line| line.number.to_string()),
        items: lines.iter().map(Into::into).collect(),
    }))
}
