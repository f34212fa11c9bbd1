//! Finding snapshots by what people call them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anirewind_backup::{Folder, ReadError, Snapshot, SnapshotName};
use anirewind_model::{List, Remote as _, RemoteError, UserId};
use anirewind_store::{SnapshotRow, StoreError};
use thiserror::Error;
use time::OffsetDateTime;

use crate::accounts::{AccountError, Target, remote_code, remote_hint};
use crate::app::App;
use crate::event::Event;
use crate::explain::{Code, Explain};
use crate::numbers::{are, count};
use crate::reference::{InvalidReference, Reference, parse_day};

/// A list that was asked for by name.
#[derive(Debug, Clone)]
pub struct Found {
    /// What the catalogue says of it; `None` for the live list and for files elsewhere.
    pub row: Option<SnapshotRow>,
    /// The file it was read from; `None` for the live list.
    pub path: Option<PathBuf>,
    /// When the list was as it is there.
    pub created_at: OffsetDateTime,
    /// The list, with hash and id where it comes from a file.
    pub source: FoundList,
}

/// Where a list that was asked for comes from.
#[derive(Debug, Clone)]
pub enum FoundList {
    /// A file that was read and proven.
    Snapshot(Arc<Snapshot>),
    /// AniList, just now.
    Live(Box<List>),
}

impl Found {
    /// What is on the list.
    pub fn list(&self) -> &List {
        match &self.source {
            FoundList::Snapshot(snapshot) => &snapshot.list,
            FoundList::Live(list) => list,
        }
    }
}

/// A snapshot could not be found or read. Nothing was changed.
#[derive(Debug, Error)]
pub enum BrowseError {
    /// The name names nothing.
    #[error(transparent)]
    Reference(#[from] InvalidReference),
    /// No snapshot answers to the name.
    #[error("there is no snapshot `{reference}`")]
    NotFound {
        /// What was asked for.
        reference: String,
        /// How many there are.
        there_are: usize,
    },
    /// The list as it is now is not in a file.
    #[error("`live` is the list as it is on AniList now, and no snapshot")]
    Unsaved,
    /// More than one id begins so.
    #[error("`{reference}` is the beginning of {} ids: {}", candidates.len(), candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        reference: String,
        /// The ids.
        candidates: Vec<String>,
    },
    /// The file cannot be used.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The folder cannot be read.
    #[error("cannot look into {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: ReadError,
    },
    /// None of the snapshots from before a moment can be read any more.
    #[error("{file}, the last snapshot before that moment, cannot be used: {problem}")]
    Unusable {
        /// The newest of them.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The live list could not be read.
    #[error("cannot read the live list")]
    Live {
        /// Why.
        source: RemoteError,
    },
    /// The account could not be reached.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The catalogue failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for BrowseError {
    fn code(&self) -> Code {
        match self {
            Self::Reference(_) | Self::Ambiguous { .. } | Self::Unsaved => Code::Usage,
            Self::NotFound { .. } => Code::NotFound,
            Self::Account(error) => error.code(),
            Self::Live { source } => remote_code(source),
            Self::Read(_) | Self::Folder { .. } | Self::Unusable { .. } | Self::Store(_) => {
                Code::Failed
            }
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Reference(error) => return error.hint(),
            Self::Ambiguous { .. } => "Type more of it.".to_owned(),
            Self::Unsaved => "Take a snapshot of it first: anirewind backup".to_owned(),
            Self::Unusable { .. } => {
                "`anirewind verify` names all that are damaged; later moments can be looked at."
                    .to_owned()
            }
            Self::NotFound { there_are: 0, .. } => {
                "There is none yet. Take one: anirewind backup".to_owned()
            }
            Self::NotFound { there_are, .. } => {
                let (are, them) = (are(*there_are), if *there_are == 1 { "it" } else { "them" });
                let snapshots = count(*there_are, "snapshot");
                format!("There {are} {snapshots}; `anirewind snapshots` lists {them}.")
            }
            Self::Read(ReadError::Damaged { .. }) => "It is left as it is and is not used. Other \
                snapshots are not affected: anirewind snapshots"
                .to_owned(),
            Self::Folder { path, .. } => {
                format!(
                    "The snapshots may still be there. Is its disk mounted? Check the rights of {}.",
                    path.display()
                )
            }
            Self::Live { source } => remote_hint(source),
            Self::Account(error) => return error.hint(),
            Self::Read(_) | Self::Store(_) => "Nothing was changed.".to_owned(),
        })
    }
}

impl App {
    /// The last moment of a day that is written as in 2027-02-28, by the installation's zone.
    pub fn end_of_named_day(&self, day: &str) -> Result<OffsetDateTime, InvalidReference> {
        self.end_of_day(named_day(day)?)
    }

    /// The first moment of a day that is written so.
    pub fn start_of_named_day(&self, day: &str) -> Result<OffsetDateTime, InvalidReference> {
        self.start_of_day(named_day(day)?)
    }

    /// What the catalogue says of the snapshot that somebody named, without reading its file.
    pub async fn find_row(
        &self,
        reference: &str,
        profile: Option<&str>,
    ) -> Result<SnapshotRow, BrowseError> {
        let parsed = Reference::parse(reference)?;
        let rows = self.rows_for(&parsed, self.owner(profile).await?).await?;
        if let Reference::Path(path) = &parsed {
            // A file of the folder may be named by its path as well, one elsewhere may not.
            let folder = self.inner.folder.path().canonicalize().ok();
            let parent = path.parent().filter(|parent| *parent != Path::new(""));
            let is_elsewhere = parent.is_some_and(|parent| parent.canonicalize().ok() != folder);
            let file = path.file_name().and_then(|name| name.to_str());
            let file = file.filter(|_| !is_elsewhere);
            let is_here = |row: &&SnapshotRow| Some(row.file.as_str()) == file;
            let there_are = rows.len();
            return rows
                .iter()
                .find(is_here)
                .cloned()
                .ok_or_else(|| BrowseError::NotFound {
                    reference: reference.to_owned(),
                    there_are,
                });
        }
        self.choose(reference, &parsed, rows)
    }

    /// The two lists that somebody wants compared. With `live` on one side and no profile named, it
    /// is the live list of whoever the other side belongs to.
    pub async fn find_pair(
        &self,
        from: &str,
        to: &str,
        profile: Option<&str>,
    ) -> Result<(Found, Found), BrowseError> {
        let is_live = |text: &str| Reference::parse(text) == Ok(Reference::Live);
        if profile.is_some() || is_live(from) == is_live(to) {
            return Ok((
                self.find(from, profile).await?,
                self.find(to, profile).await?,
            ));
        }
        let written = self
            .find(if is_live(from) { to } else { from }, None)
            .await?;
        let owner = &written.list().owner;
        let profile = self.profile_of_owner(owner.id).await?;
        let live = self.find_live(profile.as_deref()).await?;
        if live.list().owner.id != owner.id {
            // The only token there is may be somebody else's.
            return Err(AccountError::NoProfile {
                profile: owner.name.clone(),
                known: vec![live.list().owner.name.clone()],
            }
            .into());
        }
        Ok(if is_live(from) {
            (live, written)
        } else {
            (written, live)
        })
    }

    /// The instant that `@-7d`, `@-12h` or the beginning of `@2026-11-03` means; the day without `@` is the same.
    pub fn instant(&self, text: &str) -> Result<OffsetDateTime, InvalidReference> {
        if let Some(day) = parse_day(text) {
            return self.start_of_day(day);
        }
        match Reference::parse(text) {
            Ok(Reference::HoursAgo(hours)) => {
                Ok(self.now() - time::Duration::hours(i64::from(hours)))
            }
            Ok(Reference::Day(day)) => self.start_of_day(day),
            _ => Err(InvalidReference::Since(text.to_owned())),
        }
    }

    /// The moment that `2026-11-03T14:00`, `2026-11-03` (its end) or `@-7d` means, in the zone of this
    /// installation.
    pub fn moment(&self, text: &str) -> Result<OffsetDateTime, InvalidReference> {
        let invalid = || InvalidReference::Moment(text.to_owned());
        if text.starts_with('@') {
            return self.instant(text).map_err(|_| invalid());
        }
        if let Some(day) = parse_day(text) {
            return self.end_of_day(day);
        }
        let moment = text
            .parse::<jiff::civil::DateTime>()
            .map_err(|_| invalid())?;
        let moment = moment
            .to_zoned(self.inner.zone.clone())
            .map_err(|_| invalid())?;
        OffsetDateTime::from_unix_timestamp(moment.timestamp().as_second()).map_err(|_| invalid())
    }

    /// An instant as [`App::moment`] reads it, to the second.
    pub fn moment_text(&self, at: OffsetDateTime) -> String {
        let at = jiff::Timestamp::from_second(at.unix_timestamp()).unwrap_or_default();
        let local = at.to_zoned(self.inner.zone.clone()).datetime();
        local.strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }

    /// The last second of a day, in the zone of this installation.
    pub fn end_of_day(&self, day: jiff::civil::Date) -> Result<OffsetDateTime, InvalidReference> {
        let next = day
            .tomorrow()
            .map_err(|_| InvalidReference::Day(day.to_string()))?;
        Ok(self.start_of_day(next)? - time::Duration::SECOND)
    }

    pub(crate) fn start_of_day(
        &self,
        day: jiff::civil::Date,
    ) -> Result<OffsetDateTime, InvalidReference> {
        let start = day.to_zoned(self.inner.zone.clone()).ok();
        let start = start.map(|start| start.timestamp().as_second());
        start
            .and_then(|second| OffsetDateTime::from_unix_timestamp(second).ok())
            .ok_or_else(|| InvalidReference::Day(day.to_string()))
    }

    async fn owner(&self, profile: Option<&str>) -> Result<Option<UserId>, BrowseError> {
        Ok(match profile {
            Some(profile) => Some(self.account_row(profile).await?.account.id),
            None => None,
        })
    }

    /// The rows among which the one is that a name means; all, where only that can tell.
    async fn rows_for(
        &self,
        reference: &Reference,
        owner: Option<UserId>,
    ) -> Result<Vec<SnapshotRow>, StoreError> {
        let store = &self.inner.store;
        if let Reference::Id(beginning) = reference {
            let rows = store.snapshots_called(owner, beginning).await?;
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        if let Reference::Latest(back) = reference {
            return store
                .snapshots_page(owner, None, back.saturating_add(1))
                .await;
        }
        store.snapshots(owner).await
    }

    /// What a snapshot holds that is not what was written: to look at, and for nothing else.
    pub async fn read_unproven(&self, row: &SnapshotRow) -> Result<List, BrowseError> {
        let path = self.inner.folder.path().join(&row.file);
        let read = tokio::task::spawn_blocking(move || Folder::read_unproven(&path)).await;
        Ok(read.map_err(|_| StoreError::Closed)??)
    }

    /// The file of a snapshot byte for byte, whatever it holds now: to look at, and for nothing else.
    pub async fn read_as_it_is(&self, row: &SnapshotRow) -> Result<Vec<u8>, BrowseError> {
        let path = self.inner.folder.path().join(&row.file);
        let proven = self.read_proven(&path).await;
        let is_whole = proven.is_ok_and(|read| read.file_hash == row.file_hash);
        let read = move || Folder::read_as_it_is(&path, is_whole);
        let read = tokio::task::spawn_blocking(read).await;
        Ok(read.map_err(|_| StoreError::Closed)??)
    }

    /// Reads the list that somebody named, and proves it where it is a file.
    pub async fn find(&self, reference: &str, profile: Option<&str>) -> Result<Found, BrowseError> {
        let parsed = Reference::parse(reference)?;
        let path = match &parsed {
            Reference::Live => return self.find_live(profile).await,
            Reference::Path(path) => Some(path.clone()),
            _ => None,
        };
        let (path, row) = if let Some(path) = path {
            (path, None)
        } else {
            let rows = self.rows_for(&parsed, self.owner(profile).await?).await?;
            let row = self.choose(reference, &parsed, rows)?;
            (self.inner.folder.path().join(&row.file), Some(row))
        };
        let snapshot = self.read_proven(&path).await?;
        let created_at = snapshot
            .header
            .as_ref()
            .map(|header| header.created_at)
            .or_else(|| row.as_ref().map(|row| row.created_at))
            .or_else(|| self.named_instant(&path))
            .unwrap_or_else(|| self.now());
        Ok(Found {
            row,
            path: Some(path),
            created_at,
            source: FoundList::Snapshot(snapshot),
        })
    }

    async fn find_live(&self, profile: Option<&str>) -> Result<Found, BrowseError> {
        if profile.is_none() && self.accounts().await?.len() > 1 {
            // It would be the list of any of them, also where only one can be asked for.
            self.one_account(None).await?;
        }
        let mut targets = self.targets(profile).await?;
        let target = targets.pop().ok_or(AccountError::NoAccount)?;
        if !targets.is_empty() {
            let named = |target: Target| target.profile;
            let known = targets.into_iter().chain([target]).map(named);
            let known =
                known.map(|name| name.unwrap_or_else(|| "a token without a name".to_owned()));
            return Err(AccountError::Several {
                known: known.collect(),
            }
            .into());
        }
        let (client, viewer) = self.identify_target(&target).await?;
        let name = target.profile.as_ref().unwrap_or(&viewer.account.name);
        let progress = |read, expected| {
            self.tell(Event::Reading {
                profile: name.clone(),
                read,
                expected,
            });
        };
        let list = client.list(&viewer, &progress).await;
        let list = list.map_err(|source| BrowseError::Live { source })?;
        let source = FoundList::Live(Box::new(list));
        Ok(Found {
            row: None,
            path: None,
            created_at: self.now(),
            source,
        })
    }

    fn named_instant(&self, path: &Path) -> Option<OffsetDateTime> {
        let name = path.file_name()?.to_str()?;
        SnapshotName::parse(&self.inner.settings.snapshot_prefix, name).map(|name| name.at())
    }

    /// The row that a name means. Rows come newest first.
    fn choose(
        &self,
        text: &str,
        reference: &Reference,
        rows: Vec<SnapshotRow>,
    ) -> Result<SnapshotRow, BrowseError> {
        let there_are = rows.len();
        let not_found = || BrowseError::NotFound {
            reference: text.to_owned(),
            there_are,
        };
        let up_to = |instant: OffsetDateTime, rows: Vec<SnapshotRow>| {
            rows.into_iter()
                .find(|row| row.created_at <= instant)
                .ok_or_else(not_found)
        };
        match reference {
            Reference::Latest(back) => rows.into_iter().nth(*back).ok_or_else(not_found),
            Reference::HoursAgo(hours) => {
                up_to(self.now() - time::Duration::hours(i64::from(*hours)), rows)
            }
            Reference::Day(day) => {
                let end = self.end_of_day(*day).map_err(|_| not_found())?;
                up_to(end, rows)
            }
            Reference::Id(prefix) => {
                let mut found: Vec<_> = rows
                    .into_iter()
                    .filter(|row| row.id.as_str().starts_with(prefix))
                    .collect();
                // Copies of one file have one id, and any of them will do.
                found.dedup_by(|a, b| a.id == b.id);
                match found.len() {
                    0 => Err(not_found()),
                    1 => Ok(found.swap_remove(0)),
                    _ => Err(BrowseError::Ambiguous {
                        reference: text.to_owned(),
                        candidates: found.into_iter().map(|row| row.id.to_string()).collect(),
                    }),
                }
            }
            Reference::Kept(name) => {
                let is_called = |row: &SnapshotRow| {
                    let keep = row.mark.keep.as_ref();
                    keep.and_then(|keep| keep.name.as_deref()) == Some(name)
                };
                rows.into_iter().find(is_called).ok_or_else(not_found)
            }
            Reference::Before(of, back) => {
                // A name that ends so is a name all the same.
                if let Reference::Kept(name) = of.as_ref()
                    && let whole = Reference::Kept(format!("{name}~{back}"))
                    && let Ok(row) = self.choose(text, &whole, rows.clone())
                {
                    return Ok(row);
                }
                let of = self.choose(text, of, rows.clone())?;
                let of_list = rows.into_iter().filter(|row| row.owner.id == of.owner.id);
                let mut down = of_list.skip_while(|row| row.file != of.file);
                down.nth(*back).ok_or_else(not_found)
            }
            Reference::Live => Err(BrowseError::Unsaved),
            Reference::Path(_) => Err(not_found()),
        }
    }
}

fn named_day(day: &str) -> Result<jiff::civil::Date, InvalidReference> {
    parse_day(day).ok_or_else(|| InvalidReference::Day(day.to_owned()))
}
