//! Files of others, and which of them they are.

use std::path::Path;

use anirewind_model::{List, UserId};
use time::OffsetDateTime;

use crate::export;
use crate::file::{Damage, Snapshot, decode};
use crate::folder::{Folder, ReadError};
use crate::name::parse_stamp;
use crate::place::locate;
use crate::weight::too_much;

/// What wrote a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// This program.
    AniRewind,
    /// PlexAniBridge.
    PlexAniBridge,
    /// AniBridge, its second version, told apart by its file names alone.
    AniBridge,
    /// AniList itself: what one can download of one's own data.
    AniListExport,
}

impl Form {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AniRewind => "AniRewind",
            Self::PlexAniBridge => "PlexAniBridge",
            Self::AniBridge => "AniBridge",
            Self::AniListExport => "AniList export",
        }
    }
}

/// A file that is understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognised {
    /// What wrote it.
    pub form: Form,
    /// What it holds. Of an AniList export there are no hashes to be proven by.
    pub snapshot: Snapshot,
    /// When the list was as it is in there: from the header or the name.
    pub at: Option<OffsetDateTime>,
    /// When its newest entry was changed: a guess, where nobody knows better.
    pub newest: Option<OffsetDateTime>,
    /// The file, byte for byte; nothing for an AniList export, which is no snapshot as it is.
    pub bytes: Option<Vec<u8>>,
}

/// Reads a file of ours or of others, and says what it is.
///
/// An AniList export may not say which account it is of; `who` is then asked by name.
pub fn recognise(
    path: &Path,
    who: impl Fn(&str) -> Option<UserId>,
) -> Result<Recognised, ReadError> {
    let bytes = Folder::read_bytes(path)?;
    let damaged = |source| ReadError::Damaged {
        path: path.to_owned(),
        place: locate(&bytes),
        source,
    };
    if let Some(problem) = too_much(&bytes, export::is_export(&bytes)) {
        return Err(damaged(Damage::NotASnapshot { problem }));
    }
    let file = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    if let Some(list) = export::read(&bytes) {
        let list = list.and_then(|found| {
            let id = found.user.or_else(|| who(&found.name));
            let id = id.ok_or_else(|| Damage::NotASnapshot {
                problem: format!(
                    "it is an AniList export that does not say the id of {}, and no account of \
                     that name is known here",
                    found.name
                ),
            })?;
            Ok(found.into_list(id))
        });
        let list = list.map_err(damaged)?;
        return Ok(Recognised {
            form: Form::AniListExport,
            at: None,
            newest: newest(&list),
            snapshot: Snapshot::unproven(list),
            bytes: None,
        });
    }
    let snapshot = decode(&bytes).map_err(damaged)?;
    let form = match &snapshot.header {
        Some(_) => Form::AniRewind,
        None if file.starts_with("anibridge") => Form::AniBridge,
        None => Form::PlexAniBridge,
    };
    let at = snapshot
        .header
        .as_ref()
        .map(|header| header.created_at)
        .or_else(|| stamp_in(file));
    Ok(Recognised {
        form,
        newest: newest(&snapshot.list),
        snapshot,
        at,
        bytes: Some(bytes),
    })
}

fn newest(list: &List) -> Option<OffsetDateTime> {
    let entries = list.entries.iter();
    entries.filter_map(|entry| entry.updated_at).max()
}

/// The fourteen digits before the ending, after a dot as PlexAniBridge writes them or a line as
/// AniBridge does.
fn stamp_in(file: &str) -> Option<OffsetDateTime> {
    let (stem, _) = file.rsplit_once('.')?;
    let (_, stamp) = stem.rsplit_once(['.', '_'])?;
    parse_stamp(stamp)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn stamps_are_found_in_the_names_of_both() {
        let at = Some(datetime!(2025-11-29 21:25:51 UTC));
        assert_eq!(stamp_in("plexanibridge-hana.20251129212551.json"), at);
        assert_eq!(
            stamp_in("anibridge_default_anilist_20251129212551.json"),
            at
        );
        for none in [
            "plexanibridge-hana.1.json",
            "list.json",
            "20251129212551",
            "x.y",
        ] {
            assert_eq!(stamp_in(none), None, "{none}");
        }
    }
}
