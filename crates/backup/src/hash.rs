//! The two hashes of a snapshot.
//!
//! The *file hash* covers every byte of the file but its own 64 digits, which count as zeros. The
//! *content hash* covers what the list holds and not when it was read or what its titles are called
//! today: the same list read twice has the same one.

use std::fmt;
use std::io;

use anirewind_model::List;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::record::{EntryRecord, FavouritesRecord, ListOptionsRecord};

const PREFIX: &str = "sha256:";
/// Changes when the canonical form below does, so that hashes of two forms never agree by chance.
const CONTENT: &str = "anirewind content 1\n";

/// A SHA-256 digest, written `sha256:` and 64 digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

/// A text that is no hash.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a hash; one is `sha256:` and 64 hexadecimal digits")]
pub struct InvalidHash(String);

impl Hash {
    /// The hash of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The hash of some bytes that follow one another, without putting them together.
    pub(crate) fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// Reads `sha256:…`.
    pub fn parse(text: &str) -> Result<Self, InvalidHash> {
        let invalid = || InvalidHash(text.chars().take(80).collect());
        let digits = text.strip_prefix(PREFIX).ok_or_else(invalid)?;
        if digits.len() != 64
            || !digits
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        {
            return Err(invalid());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| invalid())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }

    /// The digest.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Lets serde write straight into a hash.
struct Hasher(Sha256);

impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Hasher {
    fn line(&mut self, record: &impl Serialize) {
        // Records hold strings, numbers and maps of them: nothing in them can fail to be written,
        // and the hasher takes everything.
        let written = serde_json::to_writer(&mut *self, record);
        debug_assert!(written.is_ok(), "{written:?}");
        self.0.update(b"\n");
    }
}

/// The hash of what a list holds: account id, settings, entries by type and media id, favourites.
///
/// One line of JSON each, titles' names and covers left out.
pub fn content_hash(list: &List) -> Hash {
    let mut hasher = Hasher(Sha256::new());
    hasher.0.update(CONTENT);
    hasher.line(&list.owner.id.get());
    hasher.line(&ListOptionsRecord::of(&list.settings));
    let mut entries: Vec<_> = list.entries.iter().collect();
    entries.sort_by_key(|entry| (entry.media_type, entry.media));
    for entry in entries {
        hasher.line(&entry.media_type.as_str());
        hasher.line(&EntryRecord::without_title(
            entry,
            list.owner.id,
            &list.settings.score_format,
        ));
    }
    hasher.line(&list.favourites.as_ref().map(FavouritesRecord::of));
    Hash(hasher.0.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back() {
        let hash = Hash::of(b"hana");
        assert_eq!(Hash::parse(&hash.to_string()), Ok(hash));
        for text in [
            "",
            "sha256:",
            "sha256:zz",
            "md5:00",
            &hash.to_string().to_uppercase(),
        ] {
            assert!(Hash::parse(text).is_err(), "{text}");
        }
    }
}
