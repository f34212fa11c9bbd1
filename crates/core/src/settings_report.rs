//! What the settings are and where each came from, read off the table that they are read by.
//!
//! A secret's value never gets in here.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anirewind_backup::Hash;

use crate::choice::{Choice, all_chosen, chosen};
use crate::settings::Settings;
use crate::source::{Origin, Setting, SettingsError, Sources, Values, read_config};

/// One setting, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingReport {
    /// Its key in the configuration file.
    pub key: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// What it is set to, in words; `None` when it is set to nothing, and for a secret.
    pub value: Option<String>,
    /// Whether it is set to something.
    pub is_set: bool,
    /// Where that was said.
    pub origin: Origin,
    /// What holds when nobody says anything; `None` for nothing.
    pub default: Option<&'static str>,
    /// What it may be, in words; empty when anything goes.
    pub allowed: String,
    /// The words that it may be, where these are all there is.
    pub choices: &'static [Choice],
    /// Whether it may be several of them at once. All of them are meant where nobody says anything.
    pub takes_many: bool,
    /// Environment variables that it listens to.
    pub variables: &'static [&'static str],
    /// Whether a flag or the environment fixes it, or it cannot stand in the file at all.
    pub is_locked: bool,
    /// Whether its value is never shown.
    pub is_secret: bool,
}

impl SettingReport {
    /// The words that hold, where it is one of a few.
    pub fn chosen(&self) -> Vec<&'static str> {
        let value = self.value.as_deref().unwrap_or_default();
        self.words(value).unwrap_or_default()
    }

    /// The words that a text would make hold; nothing when one of them cannot be.
    pub fn words(&self, text: &str) -> Option<Vec<&'static str>> {
        let default = self.default.unwrap_or_default();
        let text = match text.trim() {
            "" if self.takes_many => {
                return Some(self.choices.iter().map(|choice| choice.word).collect());
            }
            "" => default,
            text => text,
        };
        if self.takes_many {
            all_chosen(self.choices, text)
        } else {
            chosen(self.choices, text).map(|word| vec![word])
        }
    }
}

/// What the settings were read from, and what was found.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) sources: Sources,
    pub(crate) config: PathBuf,
    pub(crate) text: Option<String>,
    pub(crate) rows: Vec<SettingReport>,
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The text of the file may hold a password.
        f.debug_struct("Given")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Every setting with its value and where that came from, in the order of the documentation.
    pub fn report(&self) -> &[SettingReport] {
        &self.given.rows
    }

    /// Where a setting was said, where a flag or the environment fixes it.
    pub fn fixed_by(&self, key: &str) -> Option<&Origin> {
        let row = self.given.rows.iter().find(|row| row.key == key)?;
        matches!(row.origin, Origin::Flag(_) | Origin::Environment(_)).then_some(&row.origin)
    }

    /// Reads the settings again from where these came from.
    pub fn read_again(&self) -> Result<Self, SettingsError> {
        Self::read(&self.given.sources)
    }

    /// Whether the configuration file holds something else than when these were read.
    pub fn is_outdated(&self) -> bool {
        read_config(&self.given.config).map_or(true, |text| text != self.given.text)
    }

    /// The configuration file, when it holds secrets and others on this machine may read it.
    pub fn open_secrets(&self) -> Option<&Path> {
        let is_there = |row: &SettingReport| {
            row.is_secret && row.is_set && matches!(row.origin, Origin::File(_))
        };
        let is_open = self.given.rows.iter().any(is_there) && is_readable(&self.given.config);
        is_open.then_some(self.given.config.as_path())
    }

    /// Changes whenever what is in force changes, or what the configuration file holds. Of another
    /// process it is another one: whoever sees it cannot try out what secrets are in the file.
    pub fn version(&self) -> String {
        static SALT: OnceLock<[u8; 32]> = OnceLock::new();
        let salt = SALT.get_or_init(|| {
            let mut salt = [0; 32];
            // Without it the mark tells a little more, and is one all the same.
            if let Err(error) = getrandom::fill(&mut salt) {
                tracing::warn!(%error, "no random numbers");
            }
            salt
        });
        let file = read_config(&self.given.config).ok().flatten();
        let rows = &self.given.rows;
        let text = format!("{salt:?}\n{rows:?}\n{}", file.unwrap_or_default());
        let hash = Hash::of(text.as_bytes()).to_string();
        let digits = hash.rsplit(':').next().unwrap_or_default();
        digits.chars().take(32).collect()
    }
}

/// Whether somebody else than its owner may read a file.
#[cfg(unix)]
fn is_readable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    let metadata = std::fs::metadata(file);
    metadata.is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

/// Whether somebody else than its owner may read a file; that is not told here.
#[cfg(not(unix))]
const fn is_readable(_: &Path) -> bool {
    false
}

/// A row for each setting of the table.
pub(crate) fn report(values: &Values<'_>, known: &[Setting], data: &Path) -> Vec<SettingReport> {
    let row = |setting: &Setting| {
        let said = values.get(*setting).or_else(|| values.parts(*setting));
        let default = Some(setting.default).filter(|default| !default.is_empty());
        let (value, origin) = match said {
            Some((value, origin)) => (Some(value.trim().to_owned()), origin),
            // Where the platform keeps data, when nobody names a folder.
            None if setting.key == "data_dir" => {
                (Some(data.display().to_string()), Origin::Default)
            }
            None => (default.map(str::to_owned), Origin::Default),
        };
        let is_fixed = matches!(origin, Origin::Flag(_) | Origin::Environment(_));
        SettingReport {
            key: setting.key,
            about: setting.about,
            is_set: value.is_some(),
            value: value.filter(|_| !setting.is_secret),
            origin,
            default,
            allowed: values.allowed(*setting),
            choices: setting.choices,
            takes_many: setting.takes_many,
            variables: setting.variables,
            is_locked: is_fixed || !setting.is_in_file,
            is_secret: setting.is_secret,
        }
    };
    known.iter().map(row).collect()
}
