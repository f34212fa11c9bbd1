//! Where settings come from: flags, then the environment, then `config.toml`, then defaults.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::explain::{Code, Explain};

/// Everything that settings are read from, handed in by the program.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Flags that were given, by the name of the setting.
    pub flags: BTreeMap<&'static str, String>,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// Where the platform keeps a program's data; used when nobody says otherwise.
    pub platform_data: Option<PathBuf>,
}

/// Where one value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    Flag(&'static str),
    /// An environment variable.
    Environment(String),
    /// A key of the configuration file.
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "the flag --{}", name.replace('_', "-")),
            Self::Environment(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// The settings make no sense. Nothing was started.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// A value that is not allowed.
    #[error("`{key}` cannot be `{value}` (from {origin}); allowed: {allowed}")]
    Value {
        /// The setting.
        key: &'static str,
        /// What it was set to.
        value: String,
        /// What it may be.
        allowed: String,
        /// Where that was read.
        origin: Origin,
    },
    /// A name that no setting has.
    #[error("there is no setting `{key}` (from {origin}); there are: {known}")]
    Unknown {
        /// The name.
        key: String,
        /// Where it was read.
        origin: Origin,
        /// All names there.
        known: String,
    },
    /// The configuration file is not TOML, or not readable.
    #[error("cannot read {}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column where there is one.
        problem: String,
    },
    /// A token was announced and is not there.
    #[error("cannot read a token from {} (from {origin}): {problem}", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// Where the file was named.
        origin: Origin,
    },
    /// A token that cannot be one. What it was is not repeated.
    #[error("what {origin} holds is not a token: it is empty or has spaces in it")]
    Token {
        /// Where it was read.
        origin: Origin,
    },
    /// A secret that cannot be one. What it was is not repeated.
    #[error("what {origin} holds cannot be `{key}`: {problem}")]
    Secret {
        /// The setting.
        key: &'static str,
        /// What is wrong with it.
        problem: String,
        /// Where it was read.
        origin: Origin,
    },
    /// A file with a secret was announced and is not there.
    #[error("cannot read `{key}` from {} (from {origin}): {problem}", path.display())]
    SecretFile {
        /// The setting.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// Where the file was named.
        origin: Origin,
    },
    /// A password that is guessed too soon. What it was is not repeated.
    #[error("the password from {origin} has less than 12 or more than 512 letters")]
    Password {
        /// Where it was read.
        origin: Origin,
    },
    /// A setting that means nothing without another.
    #[error("`{key}` is set, and `{needs}` is not")]
    Alone {
        /// The setting.
        key: &'static str,
        /// The other.
        needs: &'static str,
    },
    /// Nobody says where data goes.
    #[error("nobody says where to keep data, and this machine names no place for it")]
    NoDataFolder,
}

impl Explain for SettingsError {
    fn code(&self) -> Code {
        Code::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoDataFolder => "Nothing was started. Name a folder with --data-dir.".to_owned(),
            _ => "Nothing was started and nothing was changed.".to_owned(),
        })
    }
}

/// A setting: its key in the file, and the environment variables it also listens to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) key: &'static str,
    /// Ours first, then those of the system we follow.
    pub(crate) variables: &'static [&'static str],
}

/// Values by key, the strongest source winning.
pub(crate) struct Values<'a> {
    sources: &'a Sources,
    file: Option<(PathBuf, toml::Table)>,
}

impl<'a> Values<'a> {
    /// Reads the configuration file in the data folder and refuses names that mean nothing.
    pub(crate) fn read(
        sources: &'a Sources,
        config: &Path,
        known: &[Setting],
    ) -> Result<Self, SettingsError> {
        let file = match read_config(config) {
            Ok(text) => Some((config.to_owned(), parse(config, &text)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                return Err(SettingsError::File {
                    path: config.to_owned(),
                    problem: error.to_string(),
                });
            }
        };
        let values = Self { sources, file };
        values.refuse_unknown(known)?;
        Ok(values)
    }

    /// The value of a setting as text, and where it stands.
    pub(crate) fn get(&self, setting: Setting) -> Option<(String, Origin)> {
        if let Some(value) = self.sources.flags.get(setting.key) {
            return Some((value.clone(), Origin::Flag(setting.key)));
        }
        for name in setting.variables {
            if let Some(value) = self.sources.environment.get(*name) {
                return Some((value.clone(), Origin::Environment((*name).to_owned())));
            }
        }
        let (path, table) = self.file.as_ref()?;
        let text = match table.get(setting.key)? {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some((text, Origin::File(path.clone())))
    }

    /// A variable of the environment that no key of the file stands for.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        self.sources.environment.get(name).cloned()
    }

    fn refuse_unknown(&self, known: &[Setting]) -> Result<(), SettingsError> {
        if let Some((path, table)) = &self.file
            && let Some(key) = table
                .keys()
                .find(|key| known.iter().all(|s| s.key != **key))
        {
            let keys: Vec<_> = known.iter().map(|setting| setting.key).collect();
            return Err(SettingsError::Unknown {
                key: key.clone(),
                origin: Origin::File(path.clone()),
                known: keys.join(", "),
            });
        }
        let ours: Vec<&str> = known
            .iter()
            .flat_map(|setting| setting.variables)
            .copied()
            .filter(|name| name.starts_with("ANIREWIND_"))
            .chain(ELSEWHERE)
            .collect();
        let mut names = self.sources.environment.keys();
        match names.find(|name| name.starts_with("ANIREWIND_") && !ours.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(SettingsError::Unknown {
                key: name.clone(),
                origin: Origin::Environment(name.clone()),
                known: ours.join(", "),
            }),
        }
    }
}

/// Read apart from the table of settings.
const ELSEWHERE: [&str; 3] = [
    "ANIREWIND_DATA_PATH",
    "ANIREWIND_ANILIST_TOKEN",
    crate::settings::PASSWORD,
];

/// Reads a file of a size that settings can have. A pipe or a device in its place is refused: it
/// would hold us, or never end.
fn read_config(path: &Path) -> std::io::Result<String> {
    const LARGEST: u64 = 1024 * 1024;
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(std::io::Error::other(
            "it is not a file of a size that settings can have",
        ));
    }
    std::fs::read_to_string(path)
}

fn parse(path: &Path, text: &str) -> Result<toml::Table, SettingsError> {
    text.parse().map_err(|error: toml::de::Error| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        SettingsError::File {
            path: path.to_owned(),
            problem: format!("line {line}, column {column}: {}", error.message()),
        }
    })
}
