//! Where settings come from: flags, then the environment, then `config.toml`, then defaults.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::choice::{Choice, one_of, some_of};
use crate::explain::{Code, Explain};

/// Everything that settings are read from, handed in by the program.
#[derive(Clone, Default)]
pub struct Sources {
    /// Flags that were given, by the name of the setting.
    pub flags: BTreeMap<&'static str, String>,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// Where the platform keeps a program's data; used when nobody says otherwise.
    pub platform_data: Option<PathBuf>,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Tokens and passwords are among the values.
        f.debug_struct("Sources")
            .field("flags", &self.flags.keys())
            .field("environment", &self.environment.keys())
            .field("platform_data", &self.platform_data)
            .finish()
    }
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
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "the flag --{}", name.replace('_', "-")),
            Self::Environment(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("the default"),
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
    #[error("the password from {origin} has less than 12 or more than 512 characters")]
    Password {
        /// Where it was read.
        origin: Origin,
    },
    /// A key that can be found by trying. What it was is not repeated.
    #[error("the secret key from {origin} has less than 32 letters")]
    SecretKey {
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

impl SettingsError {
    /// The setting it is about, where it is about one.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Value { key, .. }
            | Self::Secret { key, .. }
            | Self::SecretFile { key, .. }
            | Self::Alone { key, .. } => Some(key),
            Self::Unknown { key, .. } => Some(key),
            Self::TokenFile { .. } => Some("anilist_token_file"),
            Self::File { .. }
            | Self::Token { .. }
            | Self::Password { .. }
            | Self::SecretKey { .. }
            | Self::NoDataFolder => None,
        }
    }
}

impl Explain for SettingsError {
    fn code(&self) -> Code {
        Code::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoDataFolder => "Nothing was started. Name a folder with --data-dir.".to_owned(),
            Self::SecretKey { .. } => "Nothing was started and nothing was changed. Make one with \
                `openssl rand -base64 32`, and keep a copy of it apart from the data folder."
                .to_owned(),
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
    /// What it does, in one sentence.
    pub(crate) about: &'static str,
    /// What holds when nobody says anything, as it would be written; empty for nothing.
    pub(crate) default: &'static str,
    /// Whether its value is never shown.
    pub(crate) is_secret: bool,
    /// Whether it can stand in the configuration file.
    pub(crate) is_in_file: bool,
    /// Variables of the system we follow that each say a part of it.
    pub(crate) parts: &'static [&'static str],
    /// The words that it may be, where these are all there is.
    pub(crate) choices: &'static [Choice],
    /// Whether it may be several of them at once.
    pub(crate) takes_many: bool,
    /// Whether it is as many as somebody likes, with commas between, or a list in the file.
    pub(crate) is_list: bool,
}

impl Setting {
    /// One that stands in the file like most, for what is left unsaid about another.
    pub(crate) const PLAIN: Self = Self {
        key: "",
        variables: &[],
        about: "",
        default: "",
        is_secret: false,
        is_in_file: true,
        parts: &[],
        choices: &[],
        takes_many: false,
        is_list: false,
    };

    /// Which of its words it may be, in words.
    pub(crate) fn allowed(&self) -> String {
        if self.takes_many {
            some_of(self.choices)
        } else {
            one_of(self.choices)
        }
    }
}

/// Values by key, the strongest source winning.
pub(crate) struct Values<'a> {
    sources: &'a Sources,
    file: Option<(PathBuf, toml::Table)>,
    /// What each setting that was asked for may be.
    allowed: RefCell<BTreeMap<&'static str, String>>,
}

impl<'a> Values<'a> {
    /// Takes what the configuration file holds and refuses names that mean nothing.
    pub(crate) fn read(
        sources: &'a Sources,
        config: &Path,
        text: Option<&str>,
        known: &[Setting],
    ) -> Result<Self, SettingsError> {
        let file = match text {
            Some(text) => Some((config.to_owned(), parse(config, text)?)),
            None => None,
        };
        let values = Self {
            sources,
            file,
            allowed: RefCell::default(),
        };
        values.refuse_unknown(known)?;
        Ok(values)
    }

    /// Remembers what a setting may be, for whoever shows it.
    pub(crate) fn note(&self, setting: Setting, allowed: &str) {
        let mut noted = self.allowed.borrow_mut();
        noted.insert(setting.key, allowed.to_owned());
    }

    /// What a setting may be, in words; empty when anything goes.
    pub(crate) fn allowed(&self, setting: Setting) -> String {
        let noted = self.allowed.borrow();
        noted.get(setting.key).cloned().unwrap_or_default()
    }

    /// Variables that say a part of a setting, as they are set.
    pub(crate) fn parts(&self, setting: Setting) -> Option<(String, Origin)> {
        let set = |name: &&'static str| Some((*name, self.sources.environment.get(*name)?));
        let parts: Vec<_> = setting.parts.iter().filter_map(set).collect();
        let (name, _) = parts.first()?;
        let said: Vec<_> = parts
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        Some((said.join(" "), Origin::Environment((*name).to_owned())))
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
            other => listed(setting, other).unwrap_or_else(|| other.to_string()),
        };
        Some((text, Origin::File(path.clone())))
    }

    fn refuse_unknown(&self, known: &[Setting]) -> Result<(), SettingsError> {
        if let Some((path, table)) = &self.file
            && let Some(key) = table
                .keys()
                .find(|key| known.iter().all(|s| !s.is_in_file || s.key != **key))
        {
            let in_file = known.iter().filter(|setting| setting.is_in_file);
            let keys: Vec<_> = in_file.map(|setting| setting.key).collect();
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

/// A list in the file as it is written elsewhere; nothing for what is none, or for a setting that is none.
fn listed(setting: Setting, value: &toml::Value) -> Option<String> {
    let items = value.as_array().filter(|_| setting.is_list)?;
    let items: Option<Vec<_>> = items.iter().map(toml::Value::as_str).collect();
    items.map(|items| items.join(", "))
}

/// What the configuration file holds; `None` when there is none. A pipe or a device in its place is
/// refused: it would hold us, or never end.
pub(crate) fn read_config(path: &Path) -> Result<Option<String>, SettingsError> {
    match read_file(path, 1024 * 1024, "settings") {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SettingsError::File {
            path: path.to_owned(),
            problem: error.to_string(),
        }),
    }
}

/// What a file with a secret holds. A pipe or a device in its place is refused as well.
pub(crate) fn read_secret(path: &Path) -> io::Result<String> {
    read_file(path, 64 * 1024, "a secret")
}

fn read_file(path: &Path, largest: u64, what: &str) -> io::Result<String> {
    let no_such = || io::Error::other(format!("it is not a file of a size that {what} can have"));
    if !std::fs::metadata(path)?.is_file() {
        let problem = format!("it is a folder, a pipe or a device; {what} stands in a plain file");
        return Err(io::Error::other(problem));
    }
    let mut text = String::new();
    // What a file says of its size is not always true.
    let file = std::fs::File::open(path)?;
    let read = file.take(largest + 1).read_to_string(&mut text)?;
    if read as u64 > largest {
        return Err(no_such());
    }
    Ok(text)
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
