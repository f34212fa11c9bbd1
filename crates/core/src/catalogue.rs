//! Finding snapshots again. The folder is the truth; the catalogue follows it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anirewind_backup::{Folder, Kind, ReadError, Snapshot, SnapshotName};
use anirewind_model::{List, Remote as _, RemoteError, UserId};
use anirewind_store::{SnapshotRow, Standing, StoreError};
use jiff::ToSpan as _;
use thiserror::Error;
use time::OffsetDateTime;

use crate::accounts::{AccountError, remote_code, remote_hint};
use crate::app::App;
use crate::capture::{delta, explain_read, standing};
use crate::explain::{Code, Explain};
use crate::reference::{InvalidReference, Reference};

/// What bringing the catalogue up to date with the folder found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogueReport {
    /// Files that were new to it.
    pub added: usize,
    /// Files that are no longer there.
    pub gone: usize,
    /// Files that could not be read. They are still in the folder.
    pub unreadable: Vec<Unreadable>,
}

/// A file in the folder that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its name.
    pub file: String,
    /// What is wrong with it.
    pub problem: String,
}

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
    Snapshot(Box<Snapshot>),
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
            Self::Reference(_) | Self::Ambiguous { .. } => Code::Usage,
            Self::NotFound { .. } => Code::NotFound,
            Self::Account(error) => error.code(),
            Self::Live { source } => remote_code(source),
            Self::Read(_) | Self::Folder { .. } | Self::Store(_) => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Reference(_) => InvalidReference::FORMS.to_owned(),
            Self::Ambiguous { .. } => "Type more of it.".to_owned(),
            Self::NotFound { there_are: 0, .. } => {
                "There is none yet. Take one: anirewind backup".to_owned()
            }
            Self::NotFound { there_are, .. } => {
                format!("There are {there_are}: anirewind snapshots")
            }
            Self::Read(ReadError::Damaged { .. }) => "It is left as it is and is not used. Other \
                snapshots are not affected: anirewind snapshots"
                .to_owned(),
            Self::Folder { path, .. } => {
                format!(
                    "The snapshots may still be there. Check the rights of {}.",
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
    /// Brings the catalogue up to date with the folder: files that somebody dropped in are read
    /// and listed, files that are gone are forgotten.
    pub async fn refresh_catalogue(&self) -> Result<CatalogueReport, BrowseError> {
        let rows = self.inner.store.snapshots(None).await?;
        let (folder, now) = (self.inner.folder.clone(), self.now());
        let looked = tokio::task::spawn_blocking(move || look(&folder, &rows, now)).await;
        let (report, new, gone) = looked.map_err(|_| StoreError::Closed)??;
        if !new.is_empty() {
            self.inner.store.adopt_snapshots(new).await?;
        }
        if !gone.is_empty() {
            self.inner.store.forget_snapshots(gone).await?;
        }
        if report.added > 0 || report.gone > 0 {
            tracing::info!(
                added = report.added,
                gone = report.gone,
                "catalogue follows the folder"
            );
        }
        Ok(report)
    }

    /// All snapshots, newest first; of one profile where one is named.
    pub async fn snapshots(&self, owner: Option<UserId>) -> Result<Vec<SnapshotRow>, BrowseError> {
        Ok(self.inner.store.snapshots(owner).await?)
    }

    /// Reads every snapshot there is and proves it; says how many there are and which are damaged.
    pub(crate) async fn verify_all(&self) -> Result<(usize, Vec<Unreadable>), BrowseError> {
        let rows = self.inner.store.snapshots(None).await?;
        let folder = self.inner.folder.clone();
        let proven = tokio::task::spawn_blocking(move || {
            let damaged = |row: &SnapshotRow| {
                let problem = match Folder::read_path(&folder.path().join(&row.file)) {
                    Ok((snapshot, _)) if snapshot.file_hash == row.file_hash => return None,
                    Ok(_) => format!("{} is not the file that was catalogued", row.file),
                    Err(error) => explain_read(&error),
                };
                Some(Unreadable {
                    file: row.file.clone(),
                    problem,
                })
            };
            (rows.len(), rows.iter().filter_map(damaged).collect())
        });
        Ok(proven.await.map_err(|_| StoreError::Closed)?)
    }

    /// Where snapshots are kept.
    pub fn backups(&self) -> PathBuf {
        self.inner.folder.path().to_owned()
    }

    /// The newest snapshot of an account that can be trusted.
    pub(crate) async fn newest_good(
        &self,
        owner: UserId,
    ) -> Result<Option<SnapshotRow>, StoreError> {
        let rows = self.inner.store.snapshots(Some(owner)).await?;
        Ok(rows.into_iter().find(is_trusted))
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
            let owner = match profile {
                Some(profile) => Some(self.account_row(profile).await?.account.id),
                None => None,
            };
            let rows = self.inner.store.snapshots(owner).await?;
            let row = self.choose(reference, &parsed, rows)?;
            (self.inner.folder.path().join(&row.file), Some(row))
        };
        let file = path.clone();
        let read = tokio::task::spawn_blocking(move || Folder::read_path(&file)).await;
        let (snapshot, _) = read.map_err(|_| StoreError::Closed)??;
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
            source: FoundList::Snapshot(Box::new(snapshot)),
        })
    }

    async fn find_live(&self, profile: Option<&str>) -> Result<Found, BrowseError> {
        let targets = self.targets(profile).await?;
        let target = targets.into_iter().next().ok_or(AccountError::NoAccount)?;
        let (client, viewer) = self.identify_target(&target).await?;
        let list = client.list(&viewer, &|_, _| ()).await;
        let list = list.map_err(|source| BrowseError::Live { source })?;
        let source = FoundList::Live(Box::new(list));
        Ok(Found {
            row: None,
            path: None,
            created_at: self.now(),
            source,
        })
    }

    fn named_instant(&self, path: &std::path::Path) -> Option<OffsetDateTime> {
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
                let end = day
                    .checked_add(1.day())
                    .and_then(|next| next.to_zoned(self.inner.zone.clone()))
                    .map_err(|_| not_found())?;
                let end = OffsetDateTime::from_unix_timestamp(end.timestamp().as_second() - 1);
                up_to(end.map_err(|_| not_found())?, rows)
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
            Reference::Live | Reference::Path(_) => Err(not_found()),
        }
    }
}

/// Whether a snapshot may stand for what was on the list: ours, whole, and plausible. Files of other
/// tools hold less than the list and cannot be proven.
pub(crate) fn is_trusted(row: &SnapshotRow) -> bool {
    row.standing == Standing::Good && row.kind != Kind::Imported
}

type Looked = (CatalogueReport, Vec<SnapshotRow>, Vec<String>);

/// Compares folder and catalogue, and reads what is new or no longer has the length it had.
fn look(folder: &Folder, rows: &[SnapshotRow], now: OffsetDateTime) -> Result<Looked, BrowseError> {
    let failed = |source| BrowseError::Folder {
        path: folder.path().to_owned(),
        source,
    };
    if !rows.is_empty() && !folder.path().exists() {
        // A disk that is not mounted looks like this. Nothing is forgotten on its word.
        let source = std::io::Error::new(std::io::ErrorKind::NotFound, "it is not there");
        return Err(failed(ReadError::Io {
            path: folder.path().to_owned(),
            source,
        }));
    }
    let names = folder.names().map_err(failed)?;
    let known: BTreeMap<&str, &SnapshotRow> =
        rows.iter().map(|row| (row.file.as_str(), row)).collect();
    let mut report = CatalogueReport::default();
    let mut adopter = Adopter {
        folder,
        rows,
        last: BTreeMap::new(),
    };
    let mut new = Vec::new();
    let mut usable = BTreeSet::new();
    for name in names {
        let file = name.to_string();
        let path = folder.path_of(&name);
        let size = std::fs::metadata(&path).map(|metadata| metadata.len());
        let is_known = known
            .get(file.as_str())
            .is_some_and(|row| size.is_ok_and(|s| s == row.size));
        if !is_known {
            match Folder::read_path(&path) {
                Ok((snapshot, size)) => new.push(adopter.adopt(&name, snapshot, size, now)),
                Err(error) => {
                    let problem = explain_read(&error);
                    report.unreadable.push(Unreadable { file, problem });
                    continue;
                }
            }
        }
        usable.insert(file);
    }
    let gone = rows
        .iter()
        .filter(|row| !usable.contains(&row.file))
        .map(|row| row.file.clone());
    let gone: Vec<String> = gone.collect();
    report.added = new.len();
    report.gone = gone.len();
    Ok((report, new, gone))
}

/// Makes rows of files, oldest first, each judged against the one before it.
struct Adopter<'a> {
    folder: &'a Folder,
    rows: &'a [SnapshotRow],
    /// The newest trusted one so far of each user, with its list.
    last: BTreeMap<UserId, (SnapshotRow, List)>,
}

impl Adopter<'_> {
    fn adopt(
        &mut self,
        name: &SnapshotName,
        snapshot: Snapshot,
        size: u64,
        now: OffsetDateTime,
    ) -> SnapshotRow {
        let mut row = row_of(name, &snapshot, size, now);
        if row.kind == Kind::Imported {
            return row;
        }
        if let Some((before, list)) = self.before(&row) {
            row.delta = Some(delta(list, &snapshot.list));
            let counted = snapshot.list.coverage.expected;
            row.standing = standing(Some(before.counts), row.delta, counted, row.counts);
        }
        if is_trusted(&row) {
            self.last.insert(row.owner.id, (row.clone(), snapshot.list));
        }
        row
    }

    /// The trusted snapshot before this one: among those just read, else the newest known one that
    /// is older.
    fn before(&mut self, row: &SnapshotRow) -> Option<&(SnapshotRow, List)> {
        let owner = row.owner.id;
        if let std::collections::btree_map::Entry::Vacant(place) = self.last.entry(owner) {
            // Rows come newest first.
            let mut known = self.rows.iter().filter(|known| known.owner.id == owner);
            let known =
                known.find(|known| is_trusted(known) && known.created_at < row.created_at)?;
            let (snapshot, _) = Folder::read_path(&self.folder.path().join(&known.file)).ok()?;
            place.insert((known.clone(), snapshot.list));
        }
        self.last.get(&owner)
    }
}

fn row_of(name: &SnapshotName, snapshot: &Snapshot, size: u64, now: OffsetDateTime) -> SnapshotRow {
    let header = snapshot.header.as_ref();
    SnapshotRow {
        id: snapshot.id.clone(),
        file: name.to_string(),
        created_at: header.map_or_else(|| name.at(), |header| header.created_at),
        kind: header.map_or(Kind::Imported, |header| header.kind),
        counts: snapshot.list.counts(),
        owner: snapshot.list.owner.clone(),
        size,
        file_hash: snapshot.file_hash,
        content_hash: snapshot.content_hash,
        delta: None,
        standing: Standing::Good,
        verified_at: now,
    }
}
