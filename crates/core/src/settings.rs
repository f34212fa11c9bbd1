//! The settings, checked.

mod access;
mod anilist;
mod notify;
mod own;
mod sealing;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anirewind_backup::retention::Policy;
use anirewind_backup::{Steps, Thresholds};
use anirewind_model::AccessToken;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;

use crate::choice;
use crate::plan::FEW;
use crate::schedule::Schedule;
pub(crate) use crate::settings::access::is_long_enough;
pub use crate::settings::access::{AccessSettings, Network, PublicUrl};
pub use crate::settings::notify::NotifySettings;
use crate::settings::own::{
    BACKUP_AT, BACKUP_JITTER, CHANGED_PERCENT, CHANGED_TITLES, CLIENT_ID, COVERS, DAILY, DATA_DIR,
    DESTRUCTIVE, DRY_RUN, GONE_PERCENT, LISTEN, LOG, LOG_FORMAT, MADE_PUBLIC, MONTHLY,
    MUTE_ACTIVITY, PREFIX, QUIET_FACTOR, RATE_LIMIT, REMOVED_PERCENT, REMOVED_TITLES, RETENTION,
    SAFETY, SCORES_WIPED, TIME_ZONE, TOKEN, TOKEN_FILE, WATCH_INTERVAL, WEEKLY,
};
use crate::settings_report::{Given, report};
use crate::source::{Origin, Setting, SettingsError, Sources, Values, read_config, read_secret};

/// How this installation is to behave.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where everything is kept.
    pub data: PathBuf,
    /// Tokens that were handed in and are not kept on disk.
    pub tokens: Vec<ProvidedToken>,
    /// The key that kept tokens are sealed with, where there is one.
    pub secret_key: Option<SecretString>,
    /// Where AniList is; `None` for AniList itself.
    pub anilist_url: Option<String>,
    /// The id of the user's own client on AniList, for the link that asks for a token.
    pub client_id: Option<String>,
    /// What to send as `Referer`.
    pub referer: Option<String>,
    /// Requests a minute at most; `None` to follow AniList's headers.
    pub rate_limit: Option<u32>,
    /// When to take snapshots.
    pub backup_at: Schedule,
    /// Up to so much later than the schedule says, by account.
    pub backup_jitter: Duration,
    /// Whose days are meant; `None` for the machine's zone.
    pub time_zone: Option<TimeZone>,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// How much to log, in the words of `tracing`'s filters.
    pub log: String,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// What the names of snapshot files begin with.
    pub snapshot_prefix: String,
    /// Which snapshots stay.
    pub retention: Policy,
    /// Where unusual begins.
    pub thresholds: Thresholds,
    /// A list that has not changed for so many times as long as usual is worth a word.
    pub quiet_factor: u32,
    /// How often to look at AniList for what others changed; `None` for never.
    pub watch_interval: Option<Duration>,
    /// Nothing is written to AniList.
    pub dry_run: bool,
    /// Covers of titles are fetched, once each, and shown.
    pub covers: bool,
    /// Titles may be removed from AniList.
    pub destructive_sync: bool,
    /// Whether list activity is muted while a plan is sent, where the plan says nothing else.
    pub mute_activity: MuteActivity,
    /// Who may reach the server, and by which names.
    pub access: AccessSettings,
    /// Who is told what.
    pub notify: NotifySettings,
    /// Who is asked before each effect on the disk; nobody, but in tests.
    pub steps: Steps,
    pub(crate) given: Arc<Given>,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

/// When list activity is muted while a plan is sent, so that nobody's feed fills up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MuteActivity {
    /// For more than a few titles.
    #[default]
    Many,
    /// For every title.
    Always,
    /// Not at all.
    Never,
}

impl MuteActivity {
    fn of(word: &str) -> Self {
        match word {
            "always" => Self::Always,
            "never" => Self::Never,
            _ => Self::Many,
        }
    }

    /// Whether a plan that writes so many titles mutes it.
    pub(crate) const fn mutes(self, writes: usize) -> bool {
        match self {
            Self::Many => writes > FEW,
            Self::Always => writes > 0,
            Self::Never => false,
        }
    }
}

/// A token from the environment or from a file that the user keeps.
#[derive(Debug, Clone)]
pub struct ProvidedToken {
    /// The profile it is meant for, when somebody says.
    pub profile: Option<String>,
    /// The token.
    pub token: AccessToken,
}

const LISTEN_DEFAULT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4849);

fn known() -> Vec<Setting> {
    [
        &own::ALL[..],
        &sealing::KNOWN,
        &access::KNOWN,
        &notify::KNOWN,
    ]
    .concat()
}

impl Settings {
    /// Reads the settings: flag, then environment, then `config.toml` in the data folder.
    pub fn read(sources: &Sources) -> Result<Self, SettingsError> {
        let config = Self::config_path(sources)?;
        let text = read_config(&config)?;
        Self::read_text(sources, &config, text)
    }

    /// The file that settings are kept in, whether it is there or not.
    pub fn config_path(sources: &Sources) -> Result<PathBuf, SettingsError> {
        Ok(data_folder(sources)?.join("config.toml"))
    }

    /// The same, if the file held this.
    pub(crate) fn read_text(
        sources: &Sources,
        config: &Path,
        text: Option<String>,
    ) -> Result<Self, SettingsError> {
        let data = data_folder(sources)?;
        let known = known();
        let values = Values::read(sources, config, text.as_deref(), &known)?;
        let anilist_url = anilist::url(&values)?;
        let is_simulated = anilist_url
            .as_deref()
            .is_some_and(anirewind_anilist::is_on_this_machine);
        let (most, allowed) = if is_simulated {
            (60_000, "a number from 1 to 60000")
        } else {
            (90, "a number from 1 to 90")
        };
        let rate_limit = parsed(&values, RATE_LIMIT, allowed, |text| {
            text.parse().ok().filter(|limit| (1..=most).contains(limit))
        })?;
        let backup_at = parsed(&values, BACKUP_AT, Schedule::ALLOWED, |text| {
            Schedule::parse(text).ok()
        })?;
        let prefix = parsed(&values, PREFIX, PREFIX_ALLOWED, |text| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            let is_short = (1..=LONGEST_PREFIX).contains(&text.len());
            (is_short && text.chars().all(plain)).then(|| text.to_owned())
        })?;
        let mut settings = Self {
            tokens: tokens(sources, &values)?,
            secret_key: sealing::secret_key(&values)?,
            anilist_url,
            client_id: parsed(&values, CLIENT_ID, "a number", |text| {
                let is_number = text.bytes().all(|digit| digit.is_ascii_digit());
                (is_number && !text.is_empty()).then(|| text.to_owned())
            })?,
            referer: anilist::referer(&values)?,
            rate_limit,
            backup_at: backup_at.unwrap_or_default(),
            backup_jitter: backup_jitter(&values)?,
            time_zone: parsed(&values, TIME_ZONE, ZONE_ALLOWED, time_zone)?,
            listen: listen(sources, &values)?,
            log: parsed(&values, LOG, LOG_ALLOWED, log_filter)?
                .unwrap_or_else(|| "info".to_owned()),
            snapshot_prefix: prefix.unwrap_or_else(|| "plexanibridge".to_owned()),
            retention: retention(&values)?,
            thresholds: thresholds(&values)?,
            quiet_factor: parsed(&values, QUIET_FACTOR, "a number from 2 to 1000", |text| {
                text.parse().ok().filter(|n| (2..=1_000).contains(n))
            })?
            .unwrap_or(10),
            watch_interval: watch_interval(&values)?,
            covers: chosen(&values, COVERS)? == "cached",
            dry_run: is_on(&values, DRY_RUN)?,
            destructive_sync: is_on(&values, DESTRUCTIVE)?,
            mute_activity: MuteActivity::of(chosen(&values, MUTE_ACTIVITY)?),
            access: AccessSettings::read(&values)?,
            notify: NotifySettings::read(&values)?,
            log_format: match chosen(&values, LOG_FORMAT)? {
                "json" => LogFormat::Json,
                _ => LogFormat::Text,
            },
            steps: Steps::default(),
            given: Arc::default(),
            data,
        };
        let rows = report(&values, &known, &settings.data);
        settings.given = Arc::new(Given {
            sources: sources.clone(),
            config: config.to_owned(),
            text,
            rows,
        });
        Ok(settings)
    }
}

/// Which of the words that it may be a setting is.
fn chosen(values: &Values<'_>, setting: Setting) -> Result<&'static str, SettingsError> {
    let of_set = |text: &str| choice::chosen(setting.choices, text);
    let chosen = parsed(values, setting, &setting.allowed(), of_set)?;
    Ok(chosen.unwrap_or(setting.default))
}

/// Whether a setting that is yes or no is yes.
fn is_on(values: &Values<'_>, setting: Setting) -> Result<bool, SettingsError> {
    Ok(chosen(values, setting)? == "true")
}

/// With the longest name of a user, and in the trash, a file's name still is one.
const LONGEST_PREFIX: usize = 60;
const PREFIX_ALLOWED: &str = "letters, digits, - and _, at least one and at most 60";

const ZONE_ALLOWED: &str = "the name of a time zone, as Europe/Berlin or UTC";

/// A zone by its name. Offsets as `+02:00` have no summer time and are not taken.
fn time_zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// The names that a time zone may have here.
pub fn time_zones() -> Vec<String> {
    let names = |zones: &TimeZoneDatabase| -> Vec<String> {
        zones.available().map(|name| name.to_string()).collect()
    };
    let here: BTreeSet<_> = names(jiff::tz::db()).into_iter().collect();
    // What the system holds besides, under `posix/` or as files of its own, names none.
    let mut known = names(&TimeZoneDatabase::bundled());
    known.retain(|name| here.contains(name));
    known
}

/// Ten minutes unless somebody says otherwise.
fn backup_jitter(values: &Values<'_>) -> Result<Duration, SettingsError> {
    let allowed = "0 for none, or up to 6h, as 10m";
    let parsed = parsed(values, BACKUP_JITTER, allowed, |text| {
        let minutes: u64 = match (text.strip_suffix('m'), text.strip_suffix('h')) {
            (Some(minutes), _) => minutes.trim().parse().ok()?,
            (_, Some(hours)) => hours.trim().parse::<u64>().ok()?.checked_mul(60)?,
            (None, None) => text.parse().ok().filter(|none| *none == 0)?,
        };
        (minutes <= 6 * 60).then(|| Duration::from_mins(minutes))
    })?;
    Ok(parsed.unwrap_or(Duration::from_mins(10)))
}

/// Five minutes unless somebody says otherwise; 0 for never.
fn watch_interval(values: &Values<'_>) -> Result<Option<Duration>, SettingsError> {
    let allowed = "0 for never, or 1m to 24h, as 5m or 2h";
    let parsed = parsed(values, WATCH_INTERVAL, allowed, |text| {
        if text == "0" {
            return Some(None);
        }
        let minutes: u64 = match (text.strip_suffix('m'), text.strip_suffix('h')) {
            (Some(minutes), _) => minutes.trim().parse().ok()?,
            (_, Some(hours)) => hours.trim().parse::<u64>().ok()?.checked_mul(60)?,
            (None, None) => return None,
        };
        let is_allowed = (1..=24 * 60).contains(&minutes);
        is_allowed.then(|| Some(Duration::from_mins(minutes)))
    })?;
    Ok(parsed.unwrap_or(Some(Duration::from_mins(5))))
}

/// Days and counts up to what nobody lives to see.
fn retention(values: &Values<'_>) -> Result<Policy, SettingsError> {
    let number = |setting, default: u32| {
        let allowed = "a number from 0 to 36500";
        let parsed = parsed(values, setting, allowed, |text| {
            text.parse().ok().filter(|number| *number <= 36_500)
        })?;
        Ok(parsed.unwrap_or(default))
    };
    let policy = Policy::default();
    Ok(Policy {
        days: number(RETENTION, policy.days)?,
        daily: number(DAILY, policy.daily)?,
        weekly: number(WEEKLY, policy.weekly)?,
        monthly: number(MONTHLY, policy.monthly)?,
        safety_days: number(SAFETY, policy.safety_days)?,
    })
}

fn thresholds(values: &Values<'_>) -> Result<Thresholds, SettingsError> {
    let titles = |setting, default: usize| {
        let allowed = "a number from 1 to 1000000";
        let parsed = parsed(values, setting, allowed, |text| {
            text.parse().ok().filter(|n| (1..=1_000_000).contains(n))
        })?;
        Ok(parsed.unwrap_or(default))
    };
    let percent = |setting, default: usize| {
        let allowed = "a number of percent from 1 to 99";
        let parsed = parsed(values, setting, allowed, |text| {
            text.parse().ok().filter(|n| (1..=99).contains(n))
        })?;
        Ok(parsed.unwrap_or(default))
    };
    let usual = Thresholds::default();
    Ok(Thresholds {
        removed_titles: titles(REMOVED_TITLES, usual.removed_titles)?,
        removed_percent: percent(REMOVED_PERCENT, usual.removed_percent)?,
        gone_percent: percent(GONE_PERCENT, usual.gone_percent)?,
        changed_titles: titles(CHANGED_TITLES, usual.changed_titles)?,
        changed_percent: percent(CHANGED_PERCENT, usual.changed_percent)?,
        scores_wiped: titles(SCORES_WIPED, usual.scores_wiped)?,
        made_public: titles(MADE_PUBLIC, usual.made_public)?,
        expected: usual.expected,
    })
}

const LOG_ALLOWED: &str =
    "off, error, warn, info, debug or trace, or a filter as `info,reqwest=debug`";

/// A level, in our words or in those of the system we follow, or a filter.
fn log_filter(text: &str) -> Option<String> {
    let text = text.to_lowercase();
    match text.as_str() {
        "off" | "error" | "warn" | "info" | "debug" | "trace" => Some(text),
        "warning" => Some("warn".to_owned()),
        "success" => Some("info".to_owned()),
        "critical" => Some("error".to_owned()),
        filter if filter.contains('=') => EnvFilter::try_new(&text).is_ok().then_some(text),
        _ => None,
    }
}

/// `--data-dir`, else `ANIREWIND_DATA_PATH`, else `PAB_DATA_PATH`, else the platform's place.
fn data_folder(sources: &Sources) -> Result<PathBuf, SettingsError> {
    let flag = sources
        .flags
        .get(DATA_DIR.key)
        .map(|path| (path, Origin::Flag(DATA_DIR.key)));
    let variable = DATA_DIR.variables.iter().copied().find_map(|name| {
        let path = sources.environment.get(name)?;
        Some((path, Origin::Environment(name.to_owned())))
    });
    let named = flag.or(variable);
    // An empty one is a script's unset variable; one that is not UTF-8 would name another folder.
    let is_no_path = |path: &str| path.is_empty() || path.contains(char::REPLACEMENT_CHARACTER);
    if let Some((value, origin)) = named.clone().filter(|(path, _)| is_no_path(path)) {
        return Err(SettingsError::Value {
            key: "data_dir",
            value: value.clone(),
            allowed: "a path in UTF-8, not empty".to_owned(),
            origin,
        });
    }
    let named = named.map(|(path, _)| PathBuf::from(path));
    named
        .or_else(|| {
            sources
                .platform_data
                .as_ref()
                .map(|data| data.join("anirewind"))
        })
        .ok_or(SettingsError::NoDataFolder)
}

fn parsed<T>(
    values: &Values<'_>,
    setting: Setting,
    allowed: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, SettingsError> {
    values.note(setting, allowed);
    let Some((value, origin)) = values.get(setting) else {
        return Ok(None);
    };
    match parse(value.trim()) {
        Some(parsed) => Ok(Some(parsed)),
        None => Err(SettingsError::Value {
            key: setting.key,
            value,
            allowed: allowed.to_owned(),
            origin,
        }),
    }
}

/// Our own setting, else host and port as PlexAniBridge takes them.
fn listen(sources: &Sources, values: &Values<'_>) -> Result<SocketAddr, SettingsError> {
    let allowed = "an address and a port, as 127.0.0.1:4849";
    if let Some(address) = parsed(values, LISTEN, allowed, |text| text.parse().ok())? {
        return Ok(address);
    }
    let mut address = LISTEN_DEFAULT;
    let theirs = |name: &str| {
        sources
            .environment
            .get(name)
            .map(|value| value.trim().to_owned())
    };
    let refuse = |name: &str, value: String, allowed: &str| SettingsError::Value {
        key: LISTEN.key,
        value,
        allowed: allowed.to_owned(),
        origin: Origin::Environment(name.to_owned()),
    };
    if let Some(host) = theirs("PAB_WEB_HOST") {
        let ip = host
            .parse()
            .map_err(|_| refuse("PAB_WEB_HOST", host, "an IP address"))?;
        address.set_ip(ip);
    }
    if let Some(port) = theirs("PAB_WEB_PORT") {
        let port = port
            .parse()
            .map_err(|_| refuse("PAB_WEB_PORT", port, "a port number"))?;
        address.set_port(port);
    }
    Ok(address)
}

/// Tokens for all profiles that name one, and one for whoever it belongs to.
fn tokens(sources: &Sources, values: &Values<'_>) -> Result<Vec<ProvidedToken>, SettingsError> {
    let environment = &sources.environment;
    let token =
        |text: &str, origin: Origin| AccessToken::new(text).ok_or(SettingsError::Token { origin });
    let mut tokens = Vec::new();
    for name in TOKEN.variables {
        if let Some(text) = environment.get(*name) {
            let token = token(text, Origin::Environment((*name).to_owned()))?;
            tokens.push(ProvidedToken {
                profile: None,
                token,
            });
            break;
        }
    }
    if tokens.is_empty()
        && let Some((path, origin)) = values.get(TOKEN_FILE)
    {
        let text = read_secret(Path::new(&path)).map_err(|error| SettingsError::TokenFile {
            path: Path::new(&path).to_owned(),
            problem: error.to_string(),
            origin: origin.clone(),
        })?;
        tokens.push(ProvidedToken {
            profile: None,
            token: token(&text, origin)?,
        });
    }
    for (name, text) in environment {
        let profile = name
            .strip_prefix("PAB_PROFILES__")
            .and_then(|rest| rest.strip_suffix("__ANILIST_TOKEN"))
            .filter(|profile| !profile.is_empty());
        if let Some(profile) = profile {
            let token = token(text, Origin::Environment(name.clone()))?;
            tokens.push(ProvidedToken {
                profile: Some(profile.to_lowercase()),
                token,
            });
        }
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(environment: &[(&str, &str)], data: &Path) -> Sources {
        Sources {
            flags: [("data_dir", data.display().to_string())].into(),
            environment: environment
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            platform_data: None,
        }
    }

    fn read(environment: &[(&str, &str)], config: &str) -> Result<Settings, String> {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("config.toml"), config).unwrap();
        let path = data.path().display().to_string();
        Settings::read(&sources(environment, data.path()))
            .map_err(|error| error.to_string().replace(&path, "DATA"))
    }

    #[test]
    fn the_stronger_source_wins() {
        let config = "rate_limit = 10\nlisten = \"127.0.0.1:1\"";
        let mut sources_of_all = {
            let data = tempfile::tempdir().unwrap().keep();
            std::fs::write(data.join("config.toml"), config).unwrap();
            sources(&[("ANIREWIND_RATE_LIMIT", "20")], &data)
        };
        let settings = Settings::read(&sources_of_all).unwrap();
        assert_eq!((settings.rate_limit, settings.listen.port()), (Some(20), 1));
        sources_of_all.flags.insert("rate_limit", "25".to_owned());
        assert_eq!(
            Settings::read(&sources_of_all).unwrap().rate_limit,
            Some(25)
        );
    }

    #[test]
    fn without_a_word_the_defaults_hold() {
        let settings = read(&[], "").unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:4849");
        assert_eq!(settings.snapshot_prefix, "plexanibridge");
        assert_eq!(settings.backup_at.to_string(), "daily@01:00");
        assert_eq!(settings.backup_jitter, Duration::from_mins(10));
        assert_eq!(settings.time_zone, None);
        assert!(settings.tokens.is_empty() && settings.rate_limit.is_none());
        // Only a simulated AniList is asked more often than AniList ever allows.
        let local = "rate_limit = 60000\nanilist_url = \"http://127.0.0.1:1/\"";
        let settings = read(&[], local).unwrap();
        assert_eq!(settings.rate_limit, Some(60_000));
    }

    #[test]
    fn the_names_of_plexanibridge_are_understood() {
        let settings = read(
            &[
                ("PAB_WEB_HOST", "0.0.0.0"),
                ("PAB_WEB_PORT", "5000"),
                ("PAB_LOG_LEVEL", "WARNING"),
                ("PAB_ANILIST_TOKEN", "one"),
                ("PAB_PROFILES__TV__ANILIST_TOKEN", "two"),
                ("PAB_PLEX_URL", "not ours"),
            ],
            "",
        )
        .unwrap();
        assert_eq!(settings.listen.to_string(), "0.0.0.0:5000");
        assert_eq!(settings.log, "warn");
        let profiles: Vec<_> = settings
            .tokens
            .iter()
            .map(|t| t.profile.as_deref())
            .collect();
        assert_eq!(profiles, [None, Some("tv")]);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_name_and_place() {
        let messages = [
            read(&[], "listenn = 1"),
            read(&[], "rate_limit = 0"),
            read(&[], "rate_limit = 91"),
            read(&[], "rate_limit = \n"),
            read(&[("ANIREWIND_BACKUP_AT", "sometimes")], ""),
            read(&[("ANIREWIND_LOG", "infoo")], ""),
            read(&[("ANIREWIND_TIME_ZONE", "Europe/Berlinn")], ""),
            read(&[], "time_zone = \"+02:00\""),
            read(&[("ANIREWIND_BACKUP_JITTER", "7h")], ""),
            read(&[("ANIREWIND_MUTE_ACTIVITY", "sometimes")], ""),
            Settings::read(&Sources {
                environment: [("ANIREWIND_DATA_PATH".to_owned(), String::new())].into(),
                ..Sources::default()
            })
            .map_err(|error| error.to_string()),
            read(&[("ANIREWIND_LISTENN", "x")], ""),
            read(&[("ANIREWIND_ANILIST_TOKEN", " ")], ""),
            read(&[("ANIREWIND_ANILIST_TOKEN_FILE", "/nowhere/token")], ""),
        ]
        .map(|outcome| outcome.unwrap_err());
        insta::assert_snapshot!(messages.join("\n"));
    }

    #[test]
    fn a_prefix_is_no_longer_than_names_of_files_can_be() {
        use anirewind_backup::{Discarded, SnapshotName};

        let prefix = "p".repeat(LONGEST_PREFIX);
        let settings = read(&[("ANIREWIND_SNAPSHOT_PREFIX", &prefix)], "").unwrap();
        let at = time::OffsetDateTime::UNIX_EPOCH;
        let user = format!(".{}", "u".repeat(300));
        let name = SnapshotName::new(&settings.snapshot_prefix, &user, at);
        assert!(Discarded { name, at }.file().len() <= 255);
        let longer = read(&[], &format!("snapshot_prefix = '{prefix}p'")).unwrap_err();
        assert!(longer.contains("`snapshot_prefix` cannot be") && longer.contains("at most 60"));
    }

    #[test]
    fn a_device_in_the_place_of_a_secret_is_refused_at_once() {
        for variable in [
            "ANIREWIND_PASSWORD_FILE",
            "ANIREWIND_ANILIST_TOKEN_FILE",
            "ANIREWIND_SECRET_KEY_FILE",
            "ANIREWIND_PING_URL_FILE",
        ] {
            let refused = read(&[(variable, "/dev/zero")], "").unwrap_err();
            let words = ["/dev/zero", variable, "a pipe or a device"];
            assert!(words.iter().all(|word| refused.contains(word)), "{refused}");
        }
    }

    #[test]
    fn the_defaults_that_are_shown_are_the_ones_that_hold() {
        let shown = |settings: &Settings| {
            format!(
                "{:?}",
                Settings {
                    given: Arc::default(),
                    data: PathBuf::new(),
                    ..settings.clone()
                }
            )
        };
        let plain = read(&[], "").unwrap();
        let written = plain.report().iter().filter(|row| !row.is_locked);
        let written = written.filter_map(|row| Some(format!("{} = {:?}\n", row.key, row.default?)));
        let written = read(&[], &written.collect::<String>()).unwrap();
        assert_eq!(shown(&written), shown(&plain));
        for row in plain.report() {
            assert!(!row.about.is_empty(), "{} says not what it does", row.key);
            assert!(
                row.default.is_none() || !row.allowed.is_empty() || row.key == "log",
                "{row:?}"
            );
        }
    }

    #[test]
    fn what_a_setting_may_be_is_read_off_the_table_and_all_of_it_can_be() {
        let plain = read(&[], "").unwrap();
        let mut sets = Vec::new();
        for row in plain.report().iter().filter(|row| !row.choices.is_empty()) {
            sets.push(row.key);
            assert!(
                row.choices
                    .iter()
                    .all(|choice| row.allowed.contains(choice.word))
            );
            for choice in row.choices {
                let settings = read(&[], &format!("{} = {:?}", row.key, choice.word)).unwrap();
                let mut rows = settings.report().iter();
                let row = rows.find(|again| again.key == row.key).unwrap();
                assert_eq!(row.chosen(), [choice.word], "{}", row.key);
            }
            let wrong = read(&[], &format!("{} = 'sometimes'", row.key)).unwrap_err();
            assert!(wrong.contains(&row.allowed), "{wrong}");
        }
        assert_eq!(
            sets,
            [
                "log_format",
                "covers",
                "dry_run",
                "destructive_sync",
                "mute_activity",
                "login",
                "notify_on",
                "notify_allow_private",
            ]
        );
        // However somebody writes it.
        let on = read(&[], "dry_run = 'Yes'").unwrap();
        assert!(on.dry_run && on.report().iter().any(|row| row.chosen() == ["true"]));
        let all = plain.report().iter().find(|row| row.takes_many).unwrap();
        assert_eq!(all.chosen().len(), all.choices.len());
    }

    #[test]
    fn a_few_titles_are_muted_only_where_somebody_wants_all_of_them_to_be() {
        let mutes = |word: &str| {
            let settings = read(&[("ANIREWIND_MUTE_ACTIVITY", word)], "").unwrap();
            [0, 1, FEW, FEW + 1].map(|writes| settings.mute_activity.mutes(writes))
        };
        assert_eq!(mutes("many"), [false, false, false, true]);
        assert_eq!(mutes("always"), [false, true, true, true]);
        assert_eq!(mutes("never"), [false; 4]);
        assert_eq!(read(&[], "").unwrap().mute_activity, MuteActivity::Many);
        assert_eq!(read(&[], "").unwrap().retention.safety_days, 30);
        let longer = read(&[], "keep_safety_days = 90").unwrap();
        assert_eq!(longer.retention.safety_days, 90);
    }

    #[test]
    fn the_report_says_what_holds_and_who_said_so() {
        let given = [
            ("ANIREWIND_ANILIST_TOKEN", "CANARY"),
            ("PAB_LOG_LEVEL", "DEBUG"),
            ("PAB_WEB_PORT", "5000"),
        ];
        let settings = read(&given, "rate_limit = 10\n").unwrap();
        let row = |key: &str| settings.report().iter().find(|row| row.key == key).unwrap();
        let token = row("anilist_token");
        assert!(token.is_secret && token.is_set && token.is_locked && token.value.is_none());
        assert_eq!(row("log").value.as_deref(), Some("DEBUG"));
        assert_eq!(
            row("log").origin,
            Origin::Environment("PAB_LOG_LEVEL".to_owned())
        );
        assert!(row("log").is_locked && row("listen").is_locked && row("data_dir").is_locked);
        assert_eq!(row("listen").value.as_deref(), Some("PAB_WEB_PORT=5000"));
        let limit = row("rate_limit");
        assert!(matches!(limit.origin, Origin::File(_)) && !limit.is_locked);
        assert_eq!((limit.value.as_deref(), limit.default), (Some("10"), None));
        assert_eq!(limit.allowed, "a number from 1 to 90");
        assert_eq!(row("dry_run").origin, Origin::Default);
        assert_eq!(row("dry_run").value.as_deref(), Some("false"));
        assert!(!format!("{settings:?} {:?}", settings.report()).contains("CANARY"));
    }

    #[test]
    fn a_token_shows_nowhere_in_the_settings() {
        let settings = read(&[("ANIREWIND_ANILIST_TOKEN", "CANARY")], "").unwrap();
        assert!(!format!("{settings:?}").contains("CANARY"));
    }
}
