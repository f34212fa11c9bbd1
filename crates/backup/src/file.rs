//! One snapshot as bytes: written, read, and proven.

use std::fmt;

use anirewind_model::{Counts, Coverage, List, MediaType, ScoreFormat};
use serde_json::Map;
use serde_json::error::Category;
use thiserror::Error;
use time::OffsetDateTime;

use crate::codec::{entries, groups};
use crate::hash::{Hash, content_hash};
use crate::record::{
    BlocksRecord, CountsRecord, CoverageRecord, FavouritesRecord, FileRecord, HeaderRecord,
    UserRecord,
};

/// The format this version writes. It reads this one and every earlier one, and refuses later ones.
const FORMAT: u32 = 1;
/// How a file of ours begins. The digits of its hash follow.
const START: &[u8] = b"{\"anirewind\":{\"fileHash\":\"sha256:";
/// The same up to its first brace.
pub(crate) const HEADER_KEY: &[u8] = b"{\"anirewind\":";
const DIGITS: usize = 64;
const WRITTEN_BY: &str = concat!("AniRewind ", env!("CARGO_PKG_VERSION"));

/// A snapshot that is to be written.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// What was read.
    pub list: &'a List,
    /// When it was read.
    pub created_at: OffsetDateTime,
    /// What it was taken for.
    pub kind: Kind,
    /// The file hash of the snapshot before, if there is one.
    pub previous: Option<Hash>,
}

/// What a snapshot was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// By the schedule, or at start.
    Automatic,
    /// Because somebody asked.
    Manual,
    /// Right before something was written to AniList.
    Safety,
    /// Brought in from elsewhere: another tool, another machine.
    Imported,
}

/// A snapshot that was read and found whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Its id, made from its hash.
    pub id: SnapshotId,
    /// What it says of itself; `None` for a file of another tool, which says nothing.
    pub header: Option<Header>,
    /// What it holds.
    pub list: List,
    /// The hash of the file.
    pub file_hash: Hash,
    /// The hash of what it holds.
    pub content_hash: Hash,
}

/// What a file of ours says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Version of the format.
    pub format: u32,
    /// The program that wrote it.
    pub written_by: String,
    /// When the list was read.
    pub created_at: OffsetDateTime,
    /// What it was taken for.
    pub kind: Kind,
    /// The file hash of the snapshot before, if there was one.
    pub previous: Option<Hash>,
}

/// Twelve characters by which people and commands call a snapshot. Any unique beginning will do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId(String);

/// Why a file cannot be trusted as a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Damage {
    /// Not JSON.
    #[error("it is not whole JSON: {problem}")]
    NotJson {
        /// What is wrong, with line and column.
        problem: String,
    },
    /// The beginning of JSON.
    #[error("it is not whole JSON: {problem}")]
    Cut {
        /// What is missing, with line and column.
        problem: String,
    },
    /// JSON of another form.
    #[error("it is not a snapshot: {problem}")]
    AnotherForm {
        /// What is not as it should be, with line and column.
        problem: String,
    },
    /// Of the form of a snapshot, and none.
    #[error("it is not a snapshot: {problem}")]
    NotASnapshot {
        /// What is wrong, in words.
        problem: String,
    },
    /// At least one byte is not the one that was written.
    #[error("it was altered since it was written: it should have {expected} but has {found}")]
    Altered {
        /// The hash in its header.
        expected: String,
        /// The hash it has.
        found: Hash,
    },
    /// The header that every file of ours begins with is gone or was moved.
    #[error("its header was altered or removed, so it cannot be proven")]
    NoHeader,
    /// Its header and what it holds do not agree.
    #[error("its {what} is {found} but its header says {expected}")]
    Contradiction {
        /// What does not agree.
        what: &'static str,
        /// What the header says.
        expected: String,
        /// What it holds.
        found: String,
    },
    /// Written by a later version.
    #[error("it is in format {found}, and this version reads up to {FORMAT}")]
    TooNew {
        /// Its format.
        found: u32,
    },
}

impl Damage {
    /// What the parser says of a text that it does not take.
    pub(crate) fn of_text(error: &serde_json::Error) -> Self {
        let problem = error.to_string();
        match error.classify() {
            Category::Data => Self::AnotherForm { problem },
            Category::Eof => Self::Cut { problem },
            Category::Syntax | Category::Io => Self::NotJson { problem },
        }
    }

    /// What is wrong with a file that was never known to be a snapshot, in plain words, and what the parser
    /// said where that is all there is.
    pub(crate) fn plainly(&self) -> (String, Option<&str>) {
        match self {
            Self::NotJson { problem } => ("is not JSON, so it is no snapshot".to_owned(), Some(problem)),
            Self::Cut { problem } => (
                "is not whole: it ends too early; copy or download it once more".to_owned(),
                Some(problem),
            ),
            Self::AnotherForm { problem } => (
                "is not a snapshot: it is not written as AniRewind, PlexAniBridge, AniBridge or AniList \
                 write theirs"
                    .to_owned(),
                Some(problem),
            ),
            Self::NotASnapshot { problem } => (format!("is not a snapshot: {problem}"), None),
            other => (format!("is damaged: {other}"), None),
        }
    }
}

impl Snapshot {
    /// A list that no file of ours stands behind. It has nothing to be proven by.
    pub(crate) fn unproven(list: List) -> Self {
        let content_hash = content_hash(&list);
        Self {
            id: SnapshotId::of(content_hash),
            header: None,
            list,
            file_hash: content_hash,
            content_hash,
        }
    }
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Automatic, Self::Manual, Self::Safety, Self::Imported];

    /// The word for it in files and in commands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "auto",
            Self::Manual => "manual",
            Self::Safety => "safety",
            Self::Imported => "import",
        }
    }

    /// Reads the word for it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl SnapshotId {
    fn of(hash: Hash) -> Self {
        // Letters and digits that cannot be mistaken for one another.
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let text = hash.as_bytes().iter().take(12);
        let text = text
            .filter_map(|byte| ALPHABET.get(usize::from(byte & 31)))
            .map(|c| char::from(*c));
        Self(text.collect())
    }

    /// Takes a text for an id: 12 lower-case letters and digits.
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == 12
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        is_id.then(|| Self(text.to_owned()))
    }

    /// The twelve characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Writes a snapshot down.
pub(crate) fn encode(draft: &Draft<'_>) -> Result<Vec<u8>, serde_json::Error> {
    let list = draft.list;
    let record = FileRecord {
        anirewind: None,
        user: Some(UserRecord::of(list)),
        lists: groups(list),
        has_next_chunk: Some(false),
        favourites: list.favourites.as_ref().map(FavouritesRecord::of),
        unknown: Map::new(),
    };
    let body = serde_json::to_vec(&record)?;
    // The header goes in right after the brace.
    let body = body.get(1..).unwrap_or_default();
    let header = serde_json::to_vec(&HeaderRecord {
        file_hash: format!("sha256:{}", "0".repeat(DIGITS)),
        format: FORMAT,
        written_by: WRITTEN_BY.to_owned(),
        created_at: draft.created_at,
        kind: draft.kind.as_str().to_owned(),
        counts: CountsRecord::of(list.counts()),
        coverage: CoverageRecord::of(&list.coverage),
        content_hash: content_hash(list).to_string(),
        previous: draft.previous.map(|hash| hash.to_string()),
        blocks: Some(BlocksRecord::of(body)),
        unknown: Map::new(),
    })?;
    let mut bytes = [HEADER_KEY, header.as_slice(), b",", body].concat();
    let hash = Hash::of(&bytes).to_string();
    let digits = START.len()..START.len() + DIGITS;
    if let (Some(place), Some(digits)) = (bytes.get_mut(digits), hash.strip_prefix("sha256:")) {
        place.copy_from_slice(digits.as_bytes());
    }
    Ok(bytes)
}

/// Reads a snapshot and proves it: hash of the file, hash of the content, counts.
///
/// A file of another tool has nothing to be proven by; it is read as it is.
pub(crate) fn decode(bytes: &[u8]) -> Result<Snapshot, Damage> {
    let file_hash = own_hash(bytes);
    let record: FileRecord =
        serde_json::from_slice(bytes).map_err(|error| Damage::of_text(&error))?;
    let Some(header) = record.anirewind else {
        return decode_foreign(record, bytes);
    };
    let Some(file_hash) = file_hash else {
        return Err(Damage::NoHeader);
    };
    if header.file_hash != file_hash.to_string() {
        return Err(Damage::Altered {
            expected: header.file_hash,
            found: file_hash,
        });
    }
    if header.format > FORMAT {
        return Err(Damage::TooNew {
            found: header.format,
        });
    }
    let kind = Kind::parse(&header.kind).ok_or_else(|| Damage::NotASnapshot {
        problem: format!("its kind is `{}`", header.kind),
    })?;
    let previous = header.previous.as_deref().map(Hash::parse).transpose();
    let previous = previous.map_err(|e| Damage::NotASnapshot {
        problem: e.to_string(),
    })?;
    let coverage = header.coverage.into_coverage();
    let list = list_of(record.user, record.lists, record.favourites, coverage)?;
    contradicts("number of titles", header.counts.counts(), list.counts())?;
    let content_hash = content_hash(&list);
    if header.content_hash != content_hash.to_string() {
        return Err(Damage::Contradiction {
            what: "content hash",
            expected: header.content_hash,
            found: content_hash.to_string(),
        });
    }
    Ok(Snapshot {
        id: SnapshotId::of(file_hash),
        header: Some(Header {
            format: header.format,
            written_by: header.written_by,
            created_at: header.created_at,
            kind,
            previous,
        }),
        list,
        file_hash,
        content_hash,
    })
}

/// What a file holds as far as it can be understood, whether or not it is what was written.
pub(crate) fn decode_unproven(bytes: &[u8]) -> Result<List, Damage> {
    let record: FileRecord =
        serde_json::from_slice(bytes).map_err(|error| Damage::of_text(&error))?;
    let coverage = record.anirewind.map(|header| header.coverage);
    let coverage = coverage.map(CoverageRecord::into_coverage);
    list_of(
        record.user,
        record.lists,
        record.favourites,
        coverage.unwrap_or_default(),
    )
}

/// A file that carries no header of ours: from another tool, or ours with its header gone.
fn decode_foreign(record: FileRecord, bytes: &[u8]) -> Result<Snapshot, Damage> {
    // No other tool writes any of these.
    let mut entries = record.lists.iter().flat_map(|group| &group.entries);
    let was_ours = record.favourites.is_some()
        || record
            .unknown
            .values()
            .any(|value| value.get("fileHash").is_some())
        || entries.any(|entry| entry.score_raw.is_some() || entry.media.is_some());
    if was_ours {
        return Err(Damage::NoHeader);
    }
    let file_hash = Hash::of(bytes);
    // Groups without a type hold anime, and whoever leaves the type out knows nothing else.
    let has_types = record.lists.iter().any(|group| group.media_type.is_some());
    let coverage = Coverage {
        not_read: if has_types {
            Vec::new()
        } else {
            vec![MediaType::Manga]
        },
        ..Coverage::default()
    };
    let list = list_of(record.user, record.lists, record.favourites, coverage)?;
    let content_hash = content_hash(&list);
    Ok(Snapshot {
        id: SnapshotId::of(file_hash),
        header: None,
        list,
        file_hash,
        content_hash,
    })
}

fn list_of(
    user: Option<UserRecord>,
    groups: Vec<crate::record::GroupRecord>,
    favourites: Option<FavouritesRecord>,
    coverage: Coverage,
) -> Result<List, Damage> {
    let not_a_snapshot = |problem| Damage::NotASnapshot { problem };
    let user = user.ok_or_else(|| not_a_snapshot("it does not say whose list it is".to_owned()))?;
    let format: Option<ScoreFormat> = user.score_format();
    let entries = entries(groups, format.as_ref()).map_err(not_a_snapshot)?;
    Ok(List {
        owner: user.account(),
        title_language: user.title_language(),
        settings: user.into_settings(),
        entries,
        favourites: favourites.map(FavouritesRecord::into_favourites),
        coverage,
    })
}

fn contradicts(what: &'static str, expected: Counts, found: Counts) -> Result<(), Damage> {
    let text = |counts: Counts| format!("{} anime and {} manga", counts.anime, counts.manga);
    if expected == found {
        Ok(())
    } else {
        Err(Damage::Contradiction {
            what,
            expected: text(expected),
            found: text(found),
        })
    }
}

/// The hash of a file of ours, its own digits taken as zeros; `None` when it does not begin as one.
pub(crate) fn own_hash(bytes: &[u8]) -> Option<Hash> {
    let rest = bytes.strip_prefix(START)?;
    let rest = rest.get(DIGITS..)?;
    Some(Hash::of_parts(&[START, &[b'0'; DIGITS], rest]))
}
