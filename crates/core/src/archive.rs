//! Everything that is kept of an account, as one archive: its snapshots byte for byte, what was said about
//! them, and its history.
//!
//! It is written piece by piece, and never more than one snapshot or one page of the history is held. No
//! token, password or setting gets into it. It ends with a list of what is in it: without that it is not
//! whole.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use anirewind_model::Account;
use anirewind_store::{ChangeFilter, Cursor, SnapshotRow, StoreError};
use serde::Serialize;
use tar::{EntryType, Header};
use thiserror::Error;

use crate::app::App;
use crate::explain::{Code, Explain};
use crate::find::BrowseError;
use crate::report::Report;
use crate::view::{ChangeView, ReportView, instant};

/// So many snapshots or changes are asked for at once.
const PAGE: usize = 500;
/// What a tar archive is made of.
const BLOCK: usize = 512;
/// Lines of the history that are longer than this together go into the next file.
const PART: usize = 1 << 20;

/// What an export wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exported {
    /// Snapshots.
    pub snapshots: usize,
    /// Changes.
    pub changes: usize,
    /// Operations.
    pub operations: usize,
    /// Files that could not be read, a line each. They are not in it.
    pub unreadable: Vec<String>,
}

/// An export broke off. What was written of it is no archive.
#[derive(Debug, Error)]
pub enum ExportError {
    /// It could not be written.
    #[error("the export cannot be written")]
    Write(#[source] io::Error),
    /// What there is could not be asked for.
    #[error(transparent)]
    Browse(#[from] BrowseError),
    /// The catalogue failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for ExportError {
    fn code(&self) -> Code {
        match self {
            Self::Browse(error) => error.code(),
            Self::Write(_) | Self::Store(_) => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some("What was written is not whole. Nothing that is kept was touched.".to_owned())
    }
}

impl App {
    /// Writes everything that is kept of an account as a tar archive, and gives back what it was written to.
    pub async fn export_everything<W: Write + Send + 'static>(
        &self,
        owner: &Account,
        out: W,
    ) -> Result<(Exported, W), ExportError> {
        self.refresh_catalogue().await?;
        let mut pack = Pack::new(owner, out, self.now().unix_timestamp());
        let readme = readme(owner, &instant(self.now()));
        pack = apart(pack, move |pack| pack.put("README.txt", readme.as_bytes())).await?;
        pack = self.pack_snapshots(owner, pack).await?;
        pack = self.pack_changes(owner, pack).await?;
        pack = self.pack_operations(owner, pack).await?;
        let contents = contents(&pack.exported);
        pack = apart(pack, move |pack| {
            pack.put("CONTENTS.txt", contents.as_bytes())?;
            pack.out.write_all(&[0; 2 * BLOCK])?;
            pack.out.flush()
        })
        .await?;
        Ok((pack.exported, pack.out))
    }

    async fn pack_snapshots<W: Write + Send + 'static>(
        &self,
        owner: &Account,
        mut pack: Pack<W>,
    ) -> Result<Pack<W>, ExportError> {
        let mut below = None;
        loop {
            let rows = self.snapshots_page(Some(owner.id), below, PAGE).await?;
            let Some(last) = rows.last() else {
                return Ok(pack);
            };
            below = Some(last.position);
            let folder = self.backups();
            pack = apart(pack, move |pack| {
                rows.iter().try_for_each(|row| pack.snapshot(&folder, row))
            })
            .await?;
        }
    }

    async fn pack_changes<W: Write + Send + 'static>(
        &self,
        owner: &Account,
        mut pack: Pack<W>,
    ) -> Result<Pack<W>, ExportError> {
        let mut lines = Lines::new("changes");
        let mut below = None;
        loop {
            let filter = ChangeFilter::default();
            let rows = self.changes(Some(owner.id), filter, below, PAGE).await?;
            let Some(last) = rows.last() else {
                return apart(pack, move |pack| lines.put_into(pack)).await;
            };
            below = Some(Cursor {
                at: last.change.when.at,
                seq: last.seq,
            });
            pack.exported.changes += rows.len();
            for row in &rows {
                lines.add(&ChangeView::from(row))?;
            }
            (pack, lines) = lines.made_room(pack).await?;
        }
    }

    async fn pack_operations<W: Write + Send + 'static>(
        &self,
        owner: &Account,
        mut pack: Pack<W>,
    ) -> Result<Pack<W>, ExportError> {
        let mut lines = Lines::new("operations");
        for operation in self.operations(Some(owner.id), usize::MAX).await? {
            let steps = self.inner.store.steps(operation.id.clone()).await?;
            lines.add(&ReportView::from(&Report::new(operation, steps)))?;
            pack.exported.operations += 1;
            (pack, lines) = lines.made_room(pack).await?;
        }
        apart(pack, move |pack| lines.put_into(pack)).await
    }
}

/// The archive as far as it is written. Nothing ends it by itself: one that broke off is to be seen as such.
struct Pack<W> {
    out: W,
    /// The folder that all of it is in.
    root: String,
    at: u64,
    exported: Exported,
}

impl<W: Write> Pack<W> {
    fn new(owner: &Account, out: W, at: i64) -> Self {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let name = owner.name.chars();
        let name: String = name.map(|c| if plain(c) { c } else { '_' }).collect();
        Self {
            out,
            root: format!("anirewind-{name}"),
            at: u64::try_from(at).unwrap_or_default(),
            exported: Exported::default(),
        }
    }

    fn put(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut header = Header::new_ustar();
        header.set_path(format!("{}/{path}", self.root))?;
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(self.at);
        header.set_cksum();
        self.out.write_all(header.as_bytes())?;
        self.out.write_all(bytes)?;
        let full = bytes.len().next_multiple_of(BLOCK);
        let rest = [0; BLOCK];
        self.out
            .write_all(rest.get(..full - bytes.len()).unwrap_or_default())
    }

    /// A snapshot, and what was said about it. One that cannot be read is named and left out.
    fn snapshot(&mut self, folder: &Path, row: &SnapshotRow) -> io::Result<()> {
        let path = folder.join(&row.file);
        match std::fs::read(&path) {
            Ok(bytes) => {
                self.put(&format!("backups/{}", row.file), &bytes)?;
                self.exported.snapshots += 1;
            }
            Err(error) => {
                self.leave_out(&path, &error);
                return Ok(());
            }
        }
        let mark = format!("{}.mark", row.file);
        let path = folder.join(&mark);
        match std::fs::read(&path) {
            Ok(bytes) => self.put(&format!("backups/{mark}"), &bytes),
            // Nobody said anything about it.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => {
                self.leave_out(&path, &error);
                Ok(())
            }
        }
    }

    fn leave_out(&mut self, path: &Path, error: &io::Error) {
        let line = format!("{}: {error}", path.display());
        self.exported.unreadable.push(line);
    }
}

/// Lines of JSON that are not written yet.
struct Lines {
    name: &'static str,
    part: usize,
    text: Vec<u8>,
}

impl Lines {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
            part: 0,
            text: Vec::new(),
        }
    }

    fn add(&mut self, line: &impl Serialize) -> Result<(), ExportError> {
        let failed = |error: serde_json::Error| ExportError::Write(error.into());
        serde_json::to_writer(&mut self.text, line).map_err(failed)?;
        self.text.push(b'\n');
        Ok(())
    }

    /// Writes them, where there are many.
    async fn made_room<W: Write + Send + 'static>(
        self,
        pack: Pack<W>,
    ) -> Result<(Pack<W>, Self), ExportError> {
        if self.text.len() < PART {
            return Ok((pack, self));
        }
        let next = Self {
            part: self.part + 1,
            ..Self::new(self.name)
        };
        let pack = apart(pack, move |pack| self.put_into(pack)).await?;
        Ok((pack, next))
    }

    fn put_into<W: Write>(self, pack: &mut Pack<W>) -> io::Result<()> {
        if self.text.is_empty() {
            return Ok(());
        }
        let path = format!("history/{}-{:06}.jsonl", self.name, self.part + 1);
        pack.put(&path, &self.text)
    }
}

/// Does what reads and writes files on a thread on which that may take its time.
async fn apart<W: Write + Send + 'static>(
    mut pack: Pack<W>,
    work: impl FnOnce(&mut Pack<W>) -> io::Result<()> + Send + 'static,
) -> Result<Pack<W>, ExportError> {
    let done = tokio::task::spawn_blocking(move || work(&mut pack).map(|()| pack));
    let done = done.await.map_err(|_| StoreError::Closed)?;
    done.map_err(ExportError::Write)
}

fn readme(owner: &Account, at: &str) -> String {
    format!(
        "What AniRewind keeps of {name} ({id} on AniList), as it was at {at}.

backups/   Each snapshot, byte for byte as it is kept. A file beside it that ends in .mark holds what was said
           about it: kept, a note, an answer.
history/   All changes and all operations with their reports, newest first, a JSON object a line.
CONTENTS.txt stands at the end and says what is in here. Without it the archive broke off and is not whole.

To read it again
- The snapshots: `anirewind snapshot import FOLDER`, or Import on the page Backups. Each stays until you say
  otherwise. Or put what is in backups/ into the folder backups of a data folder: then what was said about them
  comes along.
- The history is for you and for other programs. It is not taken in again; what snapshots differ by can always be
  worked out from them anew.

There is no token, no password and no setting in here. Notes and private titles are.
",
        name = owner.name,
        id = owner.id,
    )
}

fn contents(exported: &Exported) -> String {
    let mut text = format!(
        "snapshots: {}\nchanges: {}\noperations: {}\n",
        exported.snapshots, exported.changes, exported.operations
    );
    if exported.unreadable.is_empty() {
        text.push_str("Nothing is missing.\n");
    } else {
        text.push_str("These could not be read and are not in here:\n");
    }
    for line in &exported.unreadable {
        // Into a String it always goes.
        let _ = writeln!(text, "- {line}");
    }
    text
}
