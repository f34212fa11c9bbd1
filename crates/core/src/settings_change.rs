//! Changing settings in `config.toml`: checked as a whole first, then written at one stroke.
//!
//! Comments and order stay. A file that somebody edited meanwhile is not overwritten.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anirewind_store::SnapshotRow;
use thiserror::Error;
use toml_edit::{DocumentMut, Item, Value};

use crate::app::App;
use crate::curate::CurateError;
use crate::explain::{Code, Explain};
use crate::find::BrowseError;
use crate::numbers;
use crate::settings::Settings;
use crate::source::{Origin, SettingsError, Sources, read_config};

/// A change of settings that was checked and is not written yet.
#[derive(Debug)]
#[must_use = "nothing is written until it is saved"]
pub struct SettingsDraft {
    config: PathBuf,
    before: Option<String>,
    after: String,
    /// The settings as they would be.
    pub settings: Settings,
    /// The keys that get another value.
    pub changed: Vec<String>,
    /// Snapshots that go by the new rules and would have stayed by the old ones.
    pub going: Vec<SnapshotRow>,
}

/// Settings could not be changed. None of them was.
#[derive(Debug, Error)]
pub enum SettingsChangeError {
    /// They make no sense.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A flag or the environment says otherwise, and would go on winning.
    #[error("`{key}` is fixed by {origin}")]
    Locked {
        /// The setting.
        key: String,
        /// By what.
        origin: Origin,
    },
    /// Whoever can set it could have secrets sent to himself, or let himself in.
    #[error("`{key}` is changed on the machine itself")]
    Guarded {
        /// The setting.
        key: String,
    },
    /// Somebody edited the file meanwhile, or the settings are no longer what was looked at.
    #[error("{} was changed meanwhile", config.display())]
    Moved {
        /// The file.
        config: PathBuf,
    },
    /// Snapshots would go, and nobody said how many may.
    #[error("{} would no longer be kept{}", numbers::count(*count, "snapshot"),
        agreed.map_or_else(String::new, |agreed| format!(", and {agreed} was agreed to")))]
    Consent {
        /// How many.
        count: usize,
        /// How many somebody agreed to.
        agreed: Option<usize>,
    },
    /// The file cannot be written.
    #[error("cannot write {}", config.display())]
    Write {
        /// The file.
        config: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What would go cannot be told.
    #[error(transparent)]
    Retention(#[from] CurateError),
    /// Whose snapshots there are cannot be told.
    #[error(transparent)]
    Browse(#[from] BrowseError),
}

impl SettingsChangeError {
    /// The setting it is about, where it is about one.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Settings(error) => error.key(),
            Self::Locked { key, .. } | Self::Guarded { key } => Some(key),
            Self::Moved { .. }
            | Self::Consent { .. }
            | Self::Write { .. }
            | Self::Retention(_)
            | Self::Browse(_) => None,
        }
    }

    /// What is to stand beside the field that somebody typed it into: what it may be, and not where it
    /// was read.
    pub fn beside(&self) -> String {
        match self {
            Self::Settings(SettingsError::Value { value, allowed, .. }) => {
                format!("`{value}` is not possible here. Allowed: {allowed}.")
            }
            Self::Settings(SettingsError::Secret { problem, .. }) => {
                format!("That is not possible here: {problem}.")
            }
            Self::Settings(SettingsError::Alone { needs, .. }) => {
                format!("It means nothing without `{needs}`.")
            }
            error => error.chain(),
        }
    }
}

impl Explain for SettingsChangeError {
    fn code(&self) -> Code {
        match self {
            Self::Settings(_) | Self::Locked { .. } => Code::Usage,
            Self::Moved { .. } => Code::EditedSince,
            Self::Consent { .. } | Self::Guarded { .. } => Code::RefusedForSafety,
            Self::Write { .. } => Code::Failed,
            Self::Retention(error) => error.code(),
            Self::Browse(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Settings(_) => "No setting was changed.".to_owned(),
            Self::Locked { .. } => {
                "No setting was changed. Change it there, or take it away there first.".to_owned()
            }
            Self::Guarded { key } => format!(
                "No setting was changed. It decides where secrets go, or who comes in: change it in \
                 config.toml, in the environment, or with `anirewind config set {key}`."
            ),
            Self::Moved { .. } => {
                "No setting was changed. Look at them again, then try again.".to_owned()
            }
            Self::Consent { count, .. } => format!(
                "No setting was changed. Agree to exactly {count}; kept ones and the newest good one \
                 stay whatever the rules say."
            ),
            Self::Write { .. } => {
                "No setting was changed. Is the folder writable, and is there space on the disk?"
                    .to_owned()
            }
            Self::Retention(error) => return error.hint(),
            Self::Browse(error) => return error.hint(),
        })
    }
}

/// Whether a setting decides where secrets are sent, which files are read as secrets, or who comes in.
/// Such a one is not changed over the network, whoever asks.
pub fn is_guarded(key: &str) -> bool {
    let is_named = matches!(
        key,
        "anilist_url"
            | "login"
            | "listen"
            | "public_url"
            | "allowed_hosts"
            | "trusted_proxies"
            | "notify_allow_private"
    );
    is_named || key.ends_with("_file")
}

impl SettingsDraft {
    /// Works out what the file would hold with these settings, `None` taking one away, and checks all
    /// of it. What is fixed elsewhere is refused rather than written without effect.
    pub fn new(
        sources: &Sources,
        changes: &[(String, Option<String>)],
    ) -> Result<Self, SettingsChangeError> {
        let config = Settings::config_path(sources)?;
        let before = read_config(&config)?;
        let mut document = parse(&config, before.as_deref().unwrap_or_default())?;
        let mut is_gone = BTreeSet::new();
        for (key, value) in changes {
            match value {
                Some(value) => put(&mut document, key, value),
                None => is_gone.extend(document.remove(key).map(|_| key)),
            }
        }
        let after = document.to_string();
        let settings = Settings::read_text(sources, &config, Some(after.clone()))?;
        for (key, _) in changes {
            let mut rows = settings.report().iter();
            let Some(row) = rows.find(|row| row.key == key) else {
                // What means nothing can be taken away all the same.
                if is_gone.contains(key) {
                    continue;
                }
                return Err(SettingsError::Unknown {
                    key: key.clone(),
                    origin: Origin::File(config.clone()),
                    known: in_file(&settings).join(", "),
                }
                .into());
            };
            if matches!(row.origin, Origin::Flag(_) | Origin::Environment(_)) {
                return Err(SettingsChangeError::Locked {
                    key: key.clone(),
                    origin: row.origin.clone(),
                });
            }
        }
        // A file that is no use yet has no settings to compare with.
        let old = Settings::read_text(sources, &config, before.clone()).ok();
        let is_new = |key: &String| {
            let value = |of: &str| parse(&config, of).ok()?.get(key).map(ToString::to_string);
            old.is_none() || value(before.as_deref().unwrap_or_default()) != value(&after)
        };
        let keys = changes.iter().map(|(key, _)| key.clone());
        Ok(Self {
            changed: keys.filter(is_new).collect(),
            config,
            before,
            after,
            settings,
            going: Vec::new(),
        })
    }

    /// Writes it down, and gives the settings as they are now.
    ///
    /// `agreed` is to how many snapshots that go somebody has said yes.
    pub fn save(self, agreed: Option<usize>) -> Result<Settings, SettingsChangeError> {
        let config = self.config;
        let count = self.going.len();
        if count > 0 && agreed != Some(count) {
            return Err(SettingsChangeError::Consent { count, agreed });
        }
        if self.before.as_deref().unwrap_or_default() == self.after {
            return Ok(self.settings);
        }
        let failed = |source| SettingsChangeError::Write {
            config: config.clone(),
            source,
        };
        // A link to a file elsewhere stays one.
        let place = std::fs::canonicalize(&config).unwrap_or_else(|_| config.clone());
        let folder = place.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        // Two of us at once take turns; somebody with an editor is seen by the comparison.
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options.open(folder.join("config.lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        if read_config(&config)? != self.before {
            return Err(SettingsChangeError::Moved { config });
        }
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(self.after.as_bytes()).map_err(failed)?;
        if let Ok(metadata) = std::fs::metadata(&place) {
            let kept = file.as_file().set_permissions(metadata.permissions());
            kept.map_err(failed)?;
        }
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&place).map_err(|error| failed(error.error))?;
        #[cfg(unix)]
        std::fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)?;
        Ok(self.settings)
    }
}

impl App {
    /// The same as [`App::plan_settings`] for somebody who asks over the network.
    pub async fn plan_settings_from_afar(
        &self,
        changes: &[(String, Option<String>)],
    ) -> Result<SettingsDraft, SettingsChangeError> {
        if let Some((key, _)) = changes.iter().find(|(key, _)| is_guarded(key)) {
            let key = key.clone();
            return Err(SettingsChangeError::Guarded { key });
        }
        self.plan_settings(changes, None).await
    }

    /// Works out a change of settings, with the snapshots that would go by it. `version` is what
    /// [`Settings::version`] said when somebody looked at them.
    pub async fn plan_settings(
        &self,
        changes: &[(String, Option<String>)],
        version: Option<&str>,
    ) -> Result<SettingsDraft, SettingsChangeError> {
        let settings = &self.inner.settings;
        if version.is_some_and(|version| version != settings.version()) {
            return Err(SettingsChangeError::Moved {
                config: settings.given.config.clone(),
            });
        }
        let mut draft = SettingsDraft::new(&settings.given.sources, changes)?;
        if draft.settings.retention != settings.retention {
            for owner in self.owners().await? {
                let now = self.retention_plan(owner.id).await?;
                let then = self
                    .retention_plan_by(owner.id, &draft.settings.retention)
                    .await?;
                let anyway: BTreeSet<&str> = now.outlook.going().collect();
                let stays = |row: &SnapshotRow| !anyway.contains(row.file.as_str());
                draft.going.extend(then.going.into_iter().filter(stays));
            }
        }
        Ok(draft)
    }
}

fn in_file(settings: &Settings) -> Vec<&'static str> {
    let rows = settings.report().iter();
    let is_fixed = |row: &&crate::SettingReport| {
        row.is_locked && !matches!(row.origin, Origin::Flag(_) | Origin::Environment(_))
    };
    rows.filter(|row| !is_fixed(row))
        .map(|row| row.key)
        .collect()
}

fn parse(config: &Path, text: &str) -> Result<DocumentMut, SettingsError> {
    text.parse()
        .map_err(|error: toml_edit::TomlError| SettingsError::File {
            path: config.to_owned(),
            problem: error.message().to_owned(),
        })
}

/// Puts a value where the old one was, comments around it kept; a new key goes to the end.
fn put(document: &mut DocumentMut, key: &str, text: &str) {
    let text = text.trim();
    let number = text.parse::<i64>().ok();
    let mut value = match text {
        "true" => Value::from(true),
        "false" => Value::from(false),
        _ => match number.filter(|number| number.to_string() == text) {
            Some(number) => Value::from(number),
            None => Value::from(text),
        },
    };
    match document.get_mut(key) {
        Some(Item::Value(old)) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        _ => {
            document.insert(key, Item::Value(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# Mine.\nrate_limit = 10 # not too fast\n\nlog = \"info\"\n";

    fn scene(text: &str) -> (tempfile::TempDir, Sources) {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("config.toml"), text).unwrap();
        let flags = [("data_dir", data.path().display().to_string())].into();
        let sources = Sources {
            flags,
            ..Sources::default()
        };
        (data, sources)
    }

    fn change(sources: &Sources, key: &str, value: Option<&str>) -> Result<Settings, String> {
        let changes = [(key.to_owned(), value.map(str::to_owned))];
        let draft = SettingsDraft::new(sources, &changes);
        let saved = draft.and_then(|draft| draft.save(None));
        saved.map_err(|error| error.to_string())
    }

    fn text(data: &tempfile::TempDir) -> String {
        std::fs::read_to_string(data.path().join("config.toml")).unwrap()
    }

    #[test]
    fn comments_and_order_stay_and_the_settings_are_what_was_said() {
        let (data, sources) = scene(FILE);
        let settings = change(&sources, "rate_limit", Some("20")).unwrap();
        assert_eq!(settings.rate_limit, Some(20));
        change(&sources, "dry_run", Some("true")).unwrap();
        change(&sources, "backup_at", Some("every 6h")).unwrap();
        assert_eq!(
            text(&data),
            "# Mine.\nrate_limit = 20 # not too fast\n\nlog = \"info\"\ndry_run = true\nbackup_at = \"every 6h\"\n"
        );
        change(&sources, "dry_run", None).unwrap();
        change(&sources, "backup_at", None).unwrap();
        change(&sources, "rate_limit", Some("10")).unwrap();
        assert_eq!(text(&data), FILE);
    }

    #[test]
    fn what_makes_no_sense_leaves_the_file_as_it_is() {
        let (data, mut sources) = scene(FILE);
        let log = ("ANIREWIND_DRY_RUN".to_owned(), "true".to_owned());
        sources.environment.extend([log]);
        for (key, value, words) in [
            ("rate_limit", "91", "allowed: a number from 1 to 90"),
            ("rate_limit", "", "`rate_limit` cannot be ``"),
            ("backup_at", "a\nb", "daily@HH:MM"),
            ("listenn", "x", "there is no setting `listenn`"),
            ("data_dir", "/x", "there is no setting `data_dir`"),
            ("anilist_token", "x", "there is no setting `anilist_token`"),
            ("dry_run", "false", "ANIREWIND_DRY_RUN"),
        ] {
            let problem = change(&sources, key, Some(value)).unwrap_err();
            assert!(problem.contains(words), "{key}: {problem}");
            assert_eq!(text(&data), FILE, "{key}");
        }
        // Two at once: none or both.
        let both = [("log", "debug"), ("keep_daily", "many")];
        let both = both.map(|(key, value)| (key.to_owned(), Some(value.to_owned())));
        assert!(SettingsDraft::new(&sources, &both).is_err());
        assert_eq!(text(&data), FILE);
    }

    #[test]
    fn what_somebody_edited_meanwhile_is_not_overwritten() {
        let (data, sources) = scene(FILE);
        let changes = [("log".to_owned(), Some("debug".to_owned()))];
        let draft = SettingsDraft::new(&sources, &changes).unwrap();
        std::fs::write(data.path().join("config.toml"), "keep_daily = 3\n").unwrap();
        let refused = draft.save(None);
        assert!(matches!(refused, Err(SettingsChangeError::Moved { .. })));
        assert_eq!(text(&data), "keep_daily = 3\n");
    }

    #[test]
    fn a_file_that_is_not_there_or_no_use_can_be_mended() {
        let (data, sources) = scene("rate_limt = 10\n");
        assert!(Settings::read(&sources).is_err());
        assert!(change(&sources, "rate_limit", Some("10")).is_err());
        change(&sources, "rate_limt", None).unwrap();
        change(&sources, "rate_limt", None).unwrap_err();
        assert_eq!(text(&data), "");
        std::fs::remove_file(data.path().join("config.toml")).unwrap();
        change(&sources, "rate_limit", Some("10")).unwrap();
        assert_eq!(text(&data), "rate_limit = 10\n");
    }
}
