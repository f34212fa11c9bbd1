//! Shapes for settings, health and the log.

use serde::Serialize;

use crate::health::HealthCheck;
use crate::logbook::LogLine;
use crate::settings_report::SettingReport;
use crate::source::Origin;
use crate::view::instant;

/// A setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SettingView {
    /// Its key in config.toml.
    pub key: String,
    /// What it does.
    pub about: String,
    /// What it is set to; null for nothing, and for a secret.
    pub value: Option<String>,
    /// Whether it is set to something.
    pub is_set: bool,
    /// Where that was said: flag, environment, file, default.
    pub origin: String,
    /// The flag, the variable or the file.
    pub origin_name: Option<String>,
    /// What holds when nobody says anything.
    pub default: Option<String>,
    /// What it may be, in words.
    pub allowed: String,
    /// The words that it may be, where these are all there is.
    pub choices: Vec<String>,
    /// Environment variables that it listens to.
    pub variables: Vec<String>,
    /// Whether it cannot be changed here.
    pub is_locked: bool,
    /// Whether its value is never shown.
    pub is_secret: bool,
}

impl From<&SettingReport> for SettingView {
    fn from(row: &SettingReport) -> Self {
        let (origin, name) = match &row.origin {
            Origin::Flag(name) => ("flag", Some(format!("--{}", name.replace('_', "-")))),
            Origin::Environment(name) => ("environment", Some(name.clone())),
            Origin::File(path) => ("file", Some(path.display().to_string())),
            Origin::Default => ("default", None),
        };
        Self {
            key: row.key.to_owned(),
            about: row.about.to_owned(),
            value: row.value.clone(),
            is_set: row.is_set,
            origin: origin.to_owned(),
            origin_name: name,
            default: row.default.map(str::to_owned),
            allowed: row.allowed.clone(),
            choices: row
                .choices
                .iter()
                .map(|choice| choice.word.to_owned())
                .collect(),
            variables: row.variables.iter().map(ToString::to_string).collect(),
            is_locked: row.is_locked,
            is_secret: row.is_secret,
        }
    }
}

/// One thing that has to be right.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct HealthView {
    /// What: anilist, limit, clock, disk, schema, settings, files, proxy, token, snapshots, verify, jobs.
    pub what: String,
    /// The profile, where it is about one.
    pub profile: Option<String>,
    /// ok, unknown, warn or bad.
    pub state: String,
    /// What was found.
    pub found: String,
    /// Since when, RFC 3339, where that is known.
    pub since: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl From<&HealthCheck> for HealthView {
    fn from(check: &HealthCheck) -> Self {
        Self {
            what: check.what.to_owned(),
            profile: check.profile.clone(),
            state: check.state.as_str().to_owned(),
            found: check.found.clone(),
            since: check.since.map(instant),
            hint: check.hint.clone(),
        }
    }
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LogLineView {
    /// Counts up from 1 at the start of the process.
    pub number: u64,
    /// When, RFC 3339.
    pub at: String,
    /// trace, debug, info, warn or error.
    pub level: String,
    /// Which part of the program.
    pub target: String,
    /// What it was part of, from the outside in.
    pub spans: Vec<String>,
    /// The message and its fields.
    pub text: String,
}

impl From<&LogLine> for LogLineView {
    fn from(line: &LogLine) -> Self {
        Self {
            number: line.number,
            at: instant(line.at),
            level: line.level.as_str().to_owned(),
            target: line.target.clone(),
            spans: line.spans.clone(),
            text: line.text.clone(),
        }
    }
}
