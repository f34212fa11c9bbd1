//! The one place where tokens are written.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anirewind_model::{AccessToken, UserId};
use thiserror::Error;

/// A folder with one file an account, which only its owner can read.
#[derive(Debug, Clone)]
pub struct Secrets {
    folder: PathBuf,
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
        }
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
        // A temporary file is made with mode 0600, and replaces the old one whole.
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(token.expose().as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            fs::File::open(&self.folder)?.sync_all()
        };
        write().map_err(|source| failed("write", &path, source))
    }

    /// The token of an account; `None` when none is kept here. Blocks.
    pub fn get(&self, owner: UserId) -> Result<Option<AccessToken>, SecretError> {
        let path = self.path(owner);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(SecretError::Io {
                    act: "read",
                    path,
                    source,
                });
            }
        };
        #[cfg(unix)]
        if let Some(mode) = exposed(&path) {
            return Err(SecretError::Exposed { path, mode });
        }
        AccessToken::new(&text)
            .map(Some)
            .ok_or(SecretError::NoToken { path })
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
