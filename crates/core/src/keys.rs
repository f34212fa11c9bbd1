//! Keys by which programs talk to the server.

use anirewind_backup::Hash;
use anirewind_store::{KeyRow, StoreError};
use thiserror::Error;

use crate::app::App;
use crate::explain::{Code, Explain};

/// Letters and digits of a key: 32 of 32 kinds, 160 bits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 32;
/// A use within this time of the last one is not noted again.
const NOTED: time::Duration = time::Duration::HOUR;

/// A key could not be made, or forgotten.
#[derive(Debug, Error)]
pub enum KeyError {
    /// There is one of that name.
    #[error("there is a key called `{name}`")]
    Taken {
        /// The name.
        name: String,
    },
    /// It cannot be called so.
    #[error("a key has a name of 1 to 60 letters, without `/` and control characters")]
    Name,
    /// There is none of that name.
    #[error("there is no key called `{name}`")]
    NotFound {
        /// The name.
        name: String,
    },
    /// The system has no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// The catalogue failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for KeyError {
    fn code(&self) -> Code {
        match self {
            Self::Taken { .. } | Self::Name => Code::Usage,
            Self::NotFound { .. } => Code::NotFound,
            Self::Random | Self::Store(_) => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Taken { .. } => "Nothing was changed. Choose another name.".to_owned(),
            Self::NotFound { .. } => "See them: anirewind key list".to_owned(),
            Self::Name | Self::Random | Self::Store(_) => "Nothing was changed.".to_owned(),
        })
    }
}

impl App {
    /// Makes a key. It is shown this once; only its hash is kept.
    pub async fn add_key(&self, name: &str, may_write: bool) -> Result<String, KeyError> {
        let name = name.trim();
        let is_odd = |letter: char| letter == '/' || letter.is_control();
        if name.is_empty() || name.chars().count() > 60 || name.contains(is_odd) {
            return Err(KeyError::Name);
        }
        let letters = random_letters(LENGTH).ok_or(KeyError::Random)?;
        let prefix = if may_write { "arw_" } else { "arr_" };
        let key = format!("{prefix}{letters}");
        let row = KeyRow {
            name: name.to_owned(),
            may_write,
            created_at: self.now(),
            used_at: None,
        };
        if self.inner.store.add_key(row, hash(&key)).await? {
            Ok(key)
        } else {
            let name = name.to_owned();
            Err(KeyError::Taken { name })
        }
    }

    /// The keys there are.
    pub async fn keys(&self) -> Result<Vec<KeyRow>, KeyError> {
        Ok(self.inner.store.keys().await?)
    }

    /// Forgets a key. Who uses it is refused from now on.
    pub async fn remove_key(&self, name: &str) -> Result<(), KeyError> {
        if self.inner.store.remove_key(name.to_owned()).await? {
            return Ok(());
        }
        let name = name.to_owned();
        Err(KeyError::NotFound { name })
    }

    /// What is known of a key that somebody shows; nothing of one that is none of ours.
    pub async fn check_key(&self, key: &str) -> Result<Option<KeyRow>, KeyError> {
        let found = self.inner.store.key(hash(key)).await?;
        if let Some(row) = &found {
            let now = self.now();
            if row.used_at.is_none_or(|at| now - at >= NOTED) {
                let noted = self.inner.store.note_key_use(row.name.clone(), now);
                noted.await?;
            }
        }
        Ok(found)
    }
}

/// So many letters that nobody can guess, five bits each.
pub(crate) fn random_letters(count: usize) -> Option<String> {
    let mut bytes = vec![0; count];
    getrandom::fill(&mut bytes).ok()?;
    let letters = bytes.iter().filter_map(|byte| {
        let letter = ALPHABET.get(usize::from(byte % 32))?;
        Some(char::from(*letter))
    });
    Some(letters.collect())
}

/// A key has 160 bits of its own: a plain hash tells nothing of it.
fn hash(key: &str) -> String {
    Hash::of(key.as_bytes()).to_string()
}
