//! The one place where tokens are written.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anirewind_model::{AccessToken, UserId};
use thiserror::Error;

use crate::seal::{SealingKey, is_sealed};

/// A folder with one file an account, which only its owner can read; sealed where there is a key for that.
#[derive(Debug, Clone)]
pub struct Secrets {
    folder: PathBuf,
    key: Option<SealingKey>,
}

/// A token could not be kept or read.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The system refused.
    #[error("cannot {act} {}", path.display())]
    Io {
        /// What was tried.
        act: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds no token.
    #[error("{} holds no token", path.display())]
    NoToken {
        /// The file.
        path: PathBuf,
    },
    /// The file is sealed, and there is no key.
    #[error("{} is sealed, and no key is set", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The file is sealed with another key, or is damaged.
    #[error("{} does not open with the key that is set", path.display())]
    WrongKey {
        /// The file.
        path: PathBuf,
    },
    /// Others on this machine can read the file.
    #[error("others can read {} (mode {mode:o})", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
}

impl Secrets {
    /// Secrets in this folder, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            key: None,
        }
    }

    /// The same, where what is kept from now on is sealed with a key.
    #[must_use]
    pub fn sealed_with(self, key: Option<SealingKey>) -> Self {
        Self { key, ..self }
    }

    /// Seals what was kept before there was a key, if there is one now; says how many tokens that were. Blocks.
    pub fn seal_all(&self) -> Result<usize, SecretError> {
        if self.key.is_none() {
            return Ok(0);
        }
        let failed = |source| SecretError::Io {
            act: "read",
            path: self.folder.clone(),
            source,
        };
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(source) => return Err(failed(source)),
        };
        let mut sealed = 0;
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            let owner = name.to_str().and_then(|name| name.strip_suffix(".token"));
            let owner = owner.and_then(|id| id.parse().ok()).map(UserId::new);
            let Some(owner) = owner else { continue };
            if is_sealed(&Self::read(&self.path(owner))?.unwrap_or_default()) {
                continue;
            }
            if let Some(token) = self.get(owner)? {
                self.put(owner, &token)?;
                sealed += 1;
            }
        }
        Ok(sealed)
    }

    /// Keeps an account's token, in place of the one before. Blocks.
    pub fn put(&self, owner: UserId, token: &AccessToken) -> Result<(), SecretError> {
        let failed = |act, path: &Path, source| SecretError::Io {
            act,
            path: path.to_owned(),
            source,
        };
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.folder)
            .map_err(|source| failed("make", &self.folder, source))?;
        let path = self.path(owner);
        let bytes = match &self.key {
            None => token.expose().as_bytes().to_vec(),
            Some(key) => key.seal(owner, token).ok_or_else(|| {
                let source = io::Error::other("the system has no random numbers");
                failed("seal", &path, source)
            })?,
        };
        // A temporary file is made with mode 0600, and replaces the old one whole.
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(&bytes)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            fs::File::open(&self.folder)?.sync_all()
        };
        write().map_err(|source| failed("write", &path, source))
    }

    /// The token of an account; `None` when none is kept here. Blocks.
    pub fn get(&self, owner: UserId) -> Result<Option<AccessToken>, SecretError> {
        let path = self.path(owner);
        let Some(bytes) = Self::read(&path)? else {
            return Ok(None);
        };
        #[cfg(unix)]
        if let Some(mode) = exposed(&path) {
            return Err(SecretError::Exposed { path, mode });
        }
        let text = match (&self.key, is_sealed(&bytes)) {
            (_, false) => String::from_utf8(bytes).ok(),
            (None, true) => return Err(SecretError::NoKey { path }),
            (Some(key), true) => match key.open(owner, &bytes) {
                Some(text) => Some(text),
                None => return Err(SecretError::WrongKey { path }),
            },
        };
        text.and_then(|text| AccessToken::new(&text))
            .map(Some)
            .ok_or(SecretError::NoToken { path })
    }

    fn read(path: &Path) -> Result<Option<Vec<u8>>, SecretError> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(SecretError::Io {
                act: "read",
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Removes the token of an account. Blocks.
    pub fn remove(&self, owner: UserId) -> Result<(), SecretError> {
        let path = self.path(owner);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(SecretError::Io {
                act: "remove",
                path,
                source,
            }),
            _ => Ok(()),
        }
    }

    fn path(&self, owner: UserId) -> PathBuf {
        self.folder.join(format!("{owner}.token"))
    }
}

/// The mode of a file that others can read.
#[cfg(unix)]
fn exposed(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_replaced_and_removed() {
        let place = tempfile::tempdir().unwrap();
        let secrets = Secrets::new(place.path().join("secrets"));
        let hana = UserId::new(1);
        assert!(secrets.get(hana).unwrap().is_none());
        for text in ["first", "second"] {
            secrets.put(hana, &AccessToken::new(text).unwrap()).unwrap();
            assert_eq!(secrets.get(hana).unwrap().unwrap().expose(), text);
        }
        secrets.remove(hana).unwrap();
        secrets.remove(hana).unwrap();
        assert!(secrets.get(hana).unwrap().is_none());
    }

    #[test]
    fn tokens_are_sealed_once_there_is_a_key_and_open_with_no_other() {
        let place = tempfile::tempdir().unwrap();
        let plain = Secrets::new(place.path());
        let (hana, mio) = (UserId::new(1), UserId::new(2));
        let token = |text: &str| AccessToken::new(text).unwrap();
        plain.put(hana, &token("hanas")).unwrap();
        assert_eq!(plain.seal_all().unwrap(), 0);
        let sealed = plain.clone().sealed_with(Some(SealingKey::of("key")));
        // What was there before is read, and sealed when somebody says so.
        assert_eq!(sealed.get(hana).unwrap().unwrap().expose(), "hanas");
        fs::write(place.path().join("notes.txt"), "not a token").unwrap();
        assert_eq!(sealed.seal_all().unwrap(), 1);
        assert_eq!(sealed.seal_all().unwrap(), 0);
        sealed.put(mio, &token("mios")).unwrap();
        for (owner, text) in [(hana, "hanas"), (mio, "mios")] {
            assert_eq!(sealed.get(owner).unwrap().unwrap().expose(), text);
            let bytes = fs::read(plain.path(owner)).unwrap();
            assert!(!bytes.windows(4).any(|part| part == &text.as_bytes()[..4]));
            let no_key = plain.get(owner).unwrap_err();
            assert!(matches!(no_key, SecretError::NoKey { .. }), "{no_key}");
        }
        let other = plain.sealed_with(Some(SealingKey::of("another")));
        let wrong = other.get(hana).unwrap_err();
        assert!(matches!(wrong, SecretError::WrongKey { .. }), "{wrong}");
        // What does not open is not sealed over.
        assert_eq!(other.seal_all().unwrap(), 0);
        assert_eq!(sealed.get(hana).unwrap().unwrap().expose(), "hanas");
    }

    #[cfg(unix)]
    #[test]
    fn a_token_that_others_can_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;

        let place = tempfile::tempdir().unwrap();
        let secrets = Secrets::new(place.path());
        let hana = UserId::new(1);
        secrets
            .put(hana, &AccessToken::new("secret").unwrap())
            .unwrap();
        let path = secrets.path(hana);
        assert_eq!(exposed(&path), None);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = secrets.get(hana).unwrap_err();
        assert!(matches!(error, SecretError::Exposed { mode: 0o644, .. }));
        assert!(!format!("{error:?} {error}").contains("secret\""));
    }
}
