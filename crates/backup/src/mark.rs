//! What people say about a snapshot: keep it, a note, "this was me".
//!
//! It stands in a small file beside the snapshot, `<snapshot>.mark`, so that it goes where the
//! folder goes and does not hang on the catalogue. Snapshots themselves are never written twice.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::OffsetDateTime;

use crate::alarm::Rule;
use crate::folder::Folder;
use crate::name::SnapshotName;
use crate::steps::Step;

const ENDING: &str = ".mark";
/// Nobody writes a longer note than this allows.
const LARGEST: u64 = 64 * 1024;

/// What people say about a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// That it is to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Keep>,
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether what was unusual about it was meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// A wish to keep a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// A name by which it can be found: `kept:NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For how long; without it, until somebody says otherwise.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    pub until: Option<OffsetDateTime>,
}

/// An answer to what was unusual about a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// What somebody said.
    pub verdict: AnswerVerdict,
    /// To which rules, in the words of [`Rule`].
    pub rules: Vec<String>,
    /// When. What was answered together counts once.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// What somebody said about something unusual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerVerdict {
    /// "This was me": the list is as it should be, and the threshold goes up.
    Expected,
    /// "This was not me, and it is dealt with": the list is not to be believed.
    NotMe,
}

impl Answer {
    /// An answer to some rules.
    pub fn new(verdict: AnswerVerdict, rules: &[Rule], at: OffsetDateTime) -> Self {
        let rules = rules.iter().map(|rule| rule.as_str().to_owned()).collect();
        Self { verdict, rules, at }
    }

    /// The same after an earlier one about other rules of the same snapshot: both hold, and what is not to be
    /// believed for one of them is not to be believed.
    #[must_use]
    pub fn after(&self, earlier: Option<&Self>) -> Self {
        let mut both = self.clone();
        if let Some(earlier) = earlier {
            let is_new = |rule: &&String| !self.rules.contains(rule);
            both.rules
                .extend(earlier.rules.iter().filter(is_new).cloned());
            if earlier.verdict == AnswerVerdict::NotMe {
                both.verdict = AnswerVerdict::NotMe;
            }
        }
        both
    }

    /// Whether it is about this rule.
    pub fn is_about(&self, rule: Rule) -> bool {
        self.rules.iter().any(|word| word == rule.as_str())
    }
}

/// A mark could not be written. What it said before still holds.
#[derive(Debug, Error)]
#[error("cannot write the mark of {file}")]
pub struct MarkError {
    /// The snapshot.
    file: String,
    /// What the system said.
    source: io::Error,
}

/// All marks in a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// By the name of the snapshot's file.
    pub marks: BTreeMap<String, Mark>,
    /// Marks that could not be read, by snapshot, with the reason. These snapshots count as kept:
    /// nobody can say any more that they are not.
    pub unreadable: BTreeMap<String, String>,
}

impl Marks {
    /// What is said about a snapshot.
    pub fn of(&self, file: &str) -> Mark {
        if self.unreadable.contains_key(file) {
            return Mark {
                keep: Some(Keep::default()),
                ..Mark::default()
            };
        }
        self.marks.get(file).cloned().unwrap_or_default()
    }
}

impl Folder {
    /// Reads what people said about the snapshots here.
    pub fn marks(&self) -> io::Result<Marks> {
        let mut marks = Marks::default();
        let entries = match fs::read_dir(self.path()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(marks),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let Some(file) = name.to_str().and_then(|name| name.strip_suffix(ENDING)) else {
                continue;
            };
            if self.name_of(file).is_none() {
                continue;
            }
            match read(&entry.path()) {
                Ok(mark) => marks.marks.insert(file.to_owned(), mark).map_or((), drop),
                Err(problem) => marks
                    .unreadable
                    .insert(file.to_owned(), problem)
                    .map_or((), drop),
            }
        }
        Ok(marks)
    }

    /// What is said about one snapshot; as kept when that cannot be read.
    pub fn mark_of(&self, name: &SnapshotName) -> Mark {
        let path = self.path().join(format!("{name}{ENDING}"));
        if !path.exists() {
            return Mark::default();
        }
        read(&path).unwrap_or_else(|_| Mark {
            keep: Some(Keep::default()),
            ..Mark::default()
        })
    }

    /// Writes what is said about a snapshot, in place of what was said before. An empty mark
    /// leaves no file.
    pub fn put_mark(&self, name: &SnapshotName, mark: &Mark) -> Result<(), MarkError> {
        let file = name.to_string();
        self.write_mark(&file, mark)
            .map_err(|source| MarkError { file, source })
    }

    fn write_mark(&self, file: &str, mark: &Mark) -> io::Result<()> {
        let path = self.path().join(format!("{file}{ENDING}"));
        if *mark == Mark::default() {
            self.steps().before(Step::Remove)?;
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => return self.sync(),
            }
        }
        let text = serde_json::to_vec(mark).map_err(io::Error::other)?;
        let temporary = self.write_temporary(&text)?;
        self.steps().before(Step::Name)?;
        temporary.persist(path).map_err(|error| error.error)?;
        self.sync()
    }
}

fn read(path: &std::path::Path) -> Result<Mark, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?;
    if !size.is_file() || size.len() > LARGEST {
        return Err("it is not a file of a size that a mark can have".to_owned());
    }
    let text = fs::read(path).map_err(|error| error.to_string())?;
    serde_json::from_slice(&text).map_err(|error| error.to_string())
}
