//! Who may see the pages: one password, set once with a code that only the owner of the machine can
//! read, and the sessions of those who have shown it.

use std::fs::Metadata;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anirewind_backup::Hash;
use anirewind_store::{SessionRow, StoreError};
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use tempfile::NamedTempFile;
use thiserror::Error;

use crate::app::App;
use crate::explain::{Code, Explain};
use crate::keys::random_letters;
use crate::settings::is_long_enough;
use crate::source::read_secret;

/// A session that was not used for so long has ended.
const IDLE: time::Duration = time::Duration::days(30);
/// A session ends after so long, used or not.
pub const LIFETIME: time::Duration = time::Duration::days(180);
/// A use within this time of the last one is not noted again.
const NOTED: time::Duration = time::Duration::MINUTE;

/// Somebody cannot come in, or a password cannot be set.
#[derive(Debug, Error)]
pub enum LoginError {
    /// The code for setting up is another one.
    #[error("that is not the setup code")]
    WrongCode,
    /// There is a password already.
    #[error("this installation has been set up already")]
    Claimed,
    /// There is no password yet.
    #[error("this installation has not been set up yet")]
    NotClaimed,
    /// The password is another one.
    #[error("that is not the password")]
    WrongPassword,
    /// The password would be guessed too soon.
    #[error("a password has 12 characters or more, and 512 at most")]
    TooShort,
    /// The password stands in the environment, and is changed there.
    #[error("the password is set by ANIREWIND_PASSWORD or ANIREWIND_PASSWORD_FILE")]
    Provided,
    /// There is no session of that name.
    #[error("there is no session `{id}`")]
    NotFound {
        /// The name.
        id: String,
    },
    /// The system has no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// The password could not be hashed.
    #[error("the password could not be worked with")]
    Hash,
    /// The file with the code cannot be read or written.
    #[error("cannot use {}", path.display())]
    CodeFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The catalogue failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for LoginError {
    fn code(&self) -> Code {
        match self {
            Self::TooShort | Self::Claimed | Self::NotClaimed | Self::Provided => Code::Usage,
            Self::WrongCode | Self::WrongPassword => Code::RefusedForSafety,
            Self::NotFound { .. } => Code::NotFound,
            Self::Random | Self::Hash | Self::CodeFile { .. } | Self::Store(_) => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::WrongCode => {
                "It stands in the file `setup-code` in the data folder, which the log names, \
                and in the terminal where the server was started in one."
                    .to_owned()
            }
            Self::Claimed => {
                "Log in with the password. If it is forgotten: anirewind password set".to_owned()
            }
            Self::NotClaimed => "Open /setup, or set a password: anirewind password set".to_owned(),
            Self::WrongPassword => "Nothing was changed.".to_owned(),
            Self::TooShort => {
                "Nothing was changed. Anything may stand in it; a sentence is easy to remember."
                    .to_owned()
            }
            Self::Provided => {
                "Nothing was changed. Change it there and start the server again.".to_owned()
            }
            Self::NotFound { .. } => "It may have ended already.".to_owned(),
            Self::Random | Self::Hash | Self::CodeFile { .. } | Self::Store(_) => {
                "Nothing was changed.".to_owned()
            }
        })
    }
}

/// What a browser shows to be let in again. Shown once, kept as a hash.
#[derive(Debug)]
pub struct SessionToken(SecretString);

impl SessionToken {
    /// The text of the cookie.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl App {
    /// Whether there is a password to come in with.
    pub async fn is_claimed(&self) -> Result<bool, LoginError> {
        Ok(self.inner.settings.access.password.is_some()
            || self.inner.store.password().await?.is_some())
    }

    fn code_file(&self) -> PathBuf {
        self.inner.settings.data.join("setup-code")
    }

    /// The code with which the first password is set, made if there is none; nothing once there is a
    /// password. It stands in a file that only its owner can read.
    pub async fn setup_code(&self) -> Result<Option<(String, PathBuf)>, LoginError> {
        let path = self.code_file();
        if self.is_claimed().await? {
            // One that was left over opens nothing, and should not look as if it did.
            let _ = std::fs::remove_file(&path);
            return Ok(None);
        }
        let failed = |source| LoginError::CodeFile {
            path: path.clone(),
            source,
        };
        let code = read_private(&path).map_err(failed)?;
        if let Some(code) = code.filter(|code| code.trim().len() >= 16) {
            return Ok(Some((code.trim().to_owned(), path)));
        }
        let code = random_letters(20).ok_or(LoginError::Random)?;
        write_private(&path, &code).map_err(failed)?;
        // The one before may be gone because somebody claimed it in this very moment.
        if self.is_claimed().await? {
            let _ = std::fs::remove_file(&path);
            return Ok(None);
        }
        Ok(Some((code, path)))
    }

    /// Sets the first password. Of two who try at once one wins.
    pub async fn claim(&self, code: &str, password: &str) -> Result<(), LoginError> {
        let Some((expected, path)) = self.setup_code().await? else {
            return Err(LoginError::Claimed);
        };
        let same = |a: &str, b: &str| bool::from(a.as_bytes().ct_eq(b.as_bytes()));
        if !same(code.trim(), &expected) {
            // It may have been the right one until this very moment.
            let is_claimed = self.is_claimed().await?;
            return Err(if is_claimed {
                LoginError::Claimed
            } else {
                LoginError::WrongCode
            });
        }
        if !is_long_enough(password) {
            return Err(LoginError::TooShort);
        }
        let hash = self.hash_password(password).await?;
        if !self.inner.store.claim(hash, self.now()).await? {
            return Err(LoginError::Claimed);
        }
        // The code opens nothing any more, whether its file can be removed or not.
        let _ = std::fs::remove_file(path);
        Ok(())
    }

    /// Sets the password for whoever has the data folder. Everybody has to log in again.
    pub async fn set_password(&self, password: &str) -> Result<(), LoginError> {
        self.replace_password(password, None).await
    }

    /// Changes the password for somebody who is in, who stays in; everybody else is out.
    pub async fn change_password(
        &self,
        current: &str,
        password: &str,
        session: Option<&str>,
    ) -> Result<(), LoginError> {
        if !self.is_password(current).await? {
            return Err(LoginError::WrongPassword);
        }
        self.replace_password(password, session).await
    }

    async fn replace_password(&self, password: &str, keep: Option<&str>) -> Result<(), LoginError> {
        if self.inner.settings.access.password.is_some() {
            return Err(LoginError::Provided);
        }
        if !is_long_enough(password) {
            return Err(LoginError::TooShort);
        }
        let hash = self.hash_password(password).await?;
        let keep = keep.map(str::to_owned);
        Ok(self
            .inner
            .store
            .set_password(hash, self.now(), keep)
            .await?)
    }

    /// Lets somebody in who knows the password.
    pub async fn log_in(
        &self,
        password: &str,
        agent: &str,
        address: &str,
    ) -> Result<SessionToken, LoginError> {
        if !self.is_password(password).await? {
            return Err(LoginError::WrongPassword);
        }
        self.begin_session(agent, address).await
    }

    /// Begins a session for somebody who has just set the password.
    pub async fn begin_session(
        &self,
        agent: &str,
        address: &str,
    ) -> Result<SessionToken, LoginError> {
        let id = random_letters(8).ok_or(LoginError::Random)?;
        let secret = random_letters(32).ok_or(LoginError::Random)?;
        let now = self.now();
        let row = SessionRow {
            id: id.clone(),
            created_at: now,
            used_at: now,
            agent: agent.chars().take(200).collect(),
            address: address.to_owned(),
        };
        let hash = self.session_hash(&secret);
        self.inner.store.add_session(row, hash, now - IDLE).await?;
        Ok(SessionToken(SecretString::from(format!("{id}.{secret}"))))
    }

    /// The session that a cookie opens; nothing for one that opens none, or no more.
    pub async fn session(&self, cookie: &str) -> Result<Option<SessionRow>, LoginError> {
        let Some((id, secret)) = cookie.split_once('.') else {
            return Ok(None);
        };
        let Some((row, hash)) = self.inner.store.session(id.to_owned()).await? else {
            return Ok(None);
        };
        let shown = self.session_hash(secret);
        let now = self.now();
        let is_over = now - row.used_at > IDLE || now - row.created_at > LIFETIME;
        if is_over || !bool::from(shown.as_bytes().ct_eq(hash.as_bytes())) {
            return Ok(None);
        }
        if now - row.used_at >= NOTED {
            let noted = self.inner.store.note_session_use(row.id.clone(), now);
            noted.await?;
        }
        Ok(Some(row))
    }

    /// What is kept of a session's secret. With a password from the environment it is bound to that one:
    /// whoever changes it there ends all sessions.
    fn session_hash(&self, secret: &str) -> String {
        let provided = self.inner.settings.access.password.as_ref();
        let provided = provided.map_or("", |password| password.expose_secret());
        Hash::of(format!("{secret}\n{provided}").as_bytes()).to_string()
    }

    /// Everybody who is in.
    pub async fn sessions(&self) -> Result<Vec<SessionRow>, LoginError> {
        let now = self.now();
        let mut rows = self.inner.store.sessions().await?;
        rows.retain(|row| now - row.used_at <= IDLE && now - row.created_at <= LIFETIME);
        Ok(rows)
    }

    /// Ends a session. Who had it has to log in again.
    pub async fn end_session(&self, id: &str) -> Result<(), LoginError> {
        if self.inner.store.end_session(id.to_owned()).await? {
            return Ok(());
        }
        let id = id.to_owned();
        Err(LoginError::NotFound { id })
    }

    /// Whether this is the password. Takes as long for a wrong one as for the right one.
    async fn is_password(&self, password: &str) -> Result<bool, LoginError> {
        if let Some(provided) = &self.inner.settings.access.password {
            let hash = |text: &str| Hash::of(text.as_bytes()).to_string();
            let (shown, expected) = (hash(password), hash(provided.expose_secret()));
            return Ok(shown.as_bytes().ct_eq(expected.as_bytes()).into());
        }
        let stored = self.inner.store.password().await?;
        let stored = stored.ok_or(LoginError::NotClaimed)?;
        let password = SecretString::from(password);
        self.hashing(move |argon| {
            Ok(argon
                .verify_password(password.expose_secret().as_bytes(), stored.as_str())
                .is_ok())
        })
        .await
    }

    async fn hash_password(&self, password: &str) -> Result<String, LoginError> {
        let password = SecretString::from(password);
        self.hashing(move |argon| {
            let hash = argon.hash_password(password.expose_secret().as_bytes());
            hash.map(|hash| hash.to_string())
                .map_err(|_| LoginError::Hash)
        })
        .await
    }

    /// One at a time, off the threads that serve everybody: a hash takes 19 MiB, and whoever sends many
    /// passwords must not take all of the machine.
    async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce(Argon2<'_>) -> Result<T, LoginError> + Send + 'static,
    ) -> Result<T, LoginError> {
        let turn = self.inner.hashing.acquire().await;
        let _turn = turn.map_err(|_| LoginError::Hash)?;
        let done = tokio::task::spawn_blocking(move || work(Argon2::default()));
        done.await.map_err(|_| LoginError::Hash)?
    }
}

/// What a file holds that its owner alone can read; nothing where there is none, where it is a link, and where
/// others may have read it.
fn read_private(path: &Path) -> io::Result<Option<String>> {
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !metadata.is_file() {
        return Ok(None);
    }
    // Where a new file is as open, the disk knows no rights, and another code would be no better.
    if is_open(&metadata) && !is_open(&new_file_beside(path)?.as_file().metadata()?) {
        return Ok(None);
    }
    read_secret(path).map(Some)
}

/// Puts a file in the place of what is there, a link included, which its owner alone can read.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = new_file_beside(path)?;
    file.write_all(format!("{text}\n").as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Created with mode 0600.
fn new_file_beside(path: &Path) -> io::Result<NamedTempFile> {
    NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))
}

/// Whether somebody else than its owner may read a file.
#[cfg(unix)]
fn is_open(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    metadata.permissions().mode() & 0o077 != 0
}

/// Whether somebody else than its owner may read a file; that is not told here.
#[cfg(not(unix))]
const fn is_open(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        let metadata = std::fs::symlink_metadata(path).unwrap();
        metadata.permissions().mode() & 0o7777
    }

    #[test]
    fn what_others_can_read_is_replaced_and_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("setup-code");
        assert_eq!(read_private(&path).unwrap(), None);
        write_private(&path, "first").unwrap();
        assert_eq!(read_private(&path).unwrap().unwrap(), "first\n");
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(read_private(&path).unwrap(), None);
        write_private(&path, "second").unwrap();
        assert_eq!(
            (mode(&path), read_private(&path).unwrap()),
            (0o600, Some("second\n".to_owned()))
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_in_its_place_is_replaced_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (
            folder.path().join("setup-code"),
            folder.path().join("other"),
        );
        write_private(&other, "somebody's").unwrap();
        for target in [
            other.as_path(),
            Path::new("/dev/zero"),
            Path::new("/nowhere"),
        ] {
            symlink(target, &path).unwrap();
            assert_eq!(read_private(&path).unwrap(), None);
            write_private(&path, "code").unwrap();
            assert_eq!(
                (mode(&path), read_private(&path).unwrap()),
                (0o600, Some("code\n".to_owned()))
            );
            std::fs::remove_file(&path).unwrap();
        }
        assert_eq!(read_private(&other).unwrap().unwrap(), "somebody's\n");
    }
}
