//! The key that kept tokens are sealed with.

use std::path::Path;

use secrecy::SecretString;

use crate::source::{Setting, SettingsError, Values, read_secret};

/// Not a key of the file: it would lie beside what it seals.
const KEY: Setting = Setting {
    key: "secret_key",
    variables: &["ANIREWIND_SECRET_KEY"],
    about: "The key that kept tokens are encrypted with.",
    is_secret: true,
    is_in_file: false,
    ..Setting::PLAIN
};
const KEY_FILE: Setting = Setting {
    key: "secret_key_file",
    variables: &["ANIREWIND_SECRET_KEY_FILE"],
    about: "A file outside the data folder that holds the key that kept tokens are encrypted with.",
    ..Setting::PLAIN
};

pub(crate) const KNOWN: [Setting; 2] = [KEY, KEY_FILE];

/// What is shorter can be found by trying.
const SHORTEST: usize = 32;

/// The key, where one is set.
pub(super) fn secret_key(values: &Values<'_>) -> Result<Option<SecretString>, SettingsError> {
    let (text, origin) = match (values.get(KEY), values.get(KEY_FILE)) {
        (Some((text, origin)), _) => (text, origin),
        (None, Some((path, origin))) => {
            let path = Path::new(&path);
            let text = read_secret(path).map_err(|error| SettingsError::SecretFile {
                key: KEY_FILE.key,
                path: path.to_owned(),
                problem: error.to_string(),
                origin: origin.clone(),
            })?;
            (text, origin)
        }
        (None, None) => return Ok(None),
    };
    let text = text.trim();
    if text.chars().count() < SHORTEST {
        return Err(SettingsError::SecretKey { origin });
    }
    Ok(Some(SecretString::from(text)))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::settings::Settings;
    use crate::source::Sources;

    fn read(variable: &str, value: &str) -> Result<Option<SecretString>, SettingsError> {
        let place = tempfile::tempdir().unwrap();
        let sources = Sources {
            flags: [("data_dir", place.path().display().to_string())].into(),
            environment: [(variable.to_owned(), value.to_owned())].into(),
            platform_data: None,
        };
        Settings::read(&sources).map(|settings| settings.secret_key)
    }

    #[test]
    fn a_key_is_long_and_comes_from_a_variable_or_a_file() {
        let long = "0123456789abcdef0123456789abcdef";
        let key = read("ANIREWIND_SECRET_KEY", long).unwrap().unwrap();
        assert_eq!(key.expose_secret(), long);
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("key");
        std::fs::write(&file, format!("{long}\n")).unwrap();
        let key = read("ANIREWIND_SECRET_KEY_FILE", &file.display().to_string());
        assert_eq!(key.unwrap().unwrap().expose_secret(), long);
        let short = read("ANIREWIND_SECRET_KEY", "short-key").unwrap_err();
        assert!(!short.to_string().contains("short-key"), "{short}");
        let gone = read("ANIREWIND_SECRET_KEY_FILE", "/nowhere/key").unwrap_err();
        assert_eq!(gone.key(), Some("secret_key_file"));
        assert!(read("ANIREWIND_LOG", "info").unwrap().is_none());
    }
}
