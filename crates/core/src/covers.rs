//! Covers of titles on the lists and avatars of accounts, in a small cache of our own, so that a page asks nobody else for them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anirewind_anilist::{CoverError, Covers, Picture};
use anirewind_backup::Hash;
use anirewind_model::MediaId;
use anirewind_store::AccountRow;
use time::{Duration, OffsetDateTime};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::find::BrowseError;

/// A cover that could not be had is not asked for again before this.
const PATIENCE: Duration = Duration::DAY;
/// Nobody is asked for any when nobody answered, before this.
const REST: Duration = Duration::minutes(10);
/// So many covers that could not be had are remembered.
const REMEMBERED: usize = 10_000;

/// What is known of covers in this process.
#[derive(Debug)]
pub(crate) struct CoverDesk {
    client: Option<Covers>,
    /// One at a time.
    turn: Semaphore,
    /// By the name that it would have in the cache.
    missing: Mutex<BTreeMap<String, OffsetDateTime>>,
    resting_until: Mutex<Option<OffsetDateTime>>,
}

impl CoverDesk {
    /// A desk that fetches, or one that never does.
    pub(crate) fn new(client: Option<Covers>) -> Self {
        Self {
            client,
            turn: Semaphore::new(1),
            missing: Mutex::default(),
            resting_until: Mutex::default(),
        }
    }

    fn missing(&self) -> MutexGuard<'_, BTreeMap<String, OffsetDateTime>> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resting(&self) -> MutexGuard<'_, Option<OffsetDateTime>> {
        self.resting_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether to ask for a cover now.
    fn may_ask(&self, name: &str, now: OffsetDateTime) -> bool {
        let is_missing = self.missing().get(name).is_some_and(|until| now < *until);
        let is_resting = self.resting().is_some_and(|until| now < until);
        !is_missing && !is_resting
    }

    fn note_failure(&self, name: String, error: &CoverError, now: OffsetDateTime) {
        if error.is_about_the_net() {
            *self.resting() = Some(now + REST);
            return;
        }
        let mut missing = self.missing();
        if missing.len() >= REMEMBERED {
            missing.clear();
        }
        missing.insert(name, now + PATIENCE);
    }
}

impl App {
    /// The cover of a title that is or was on a list here: from the cache, or fetched once. Nothing for
    /// other titles, when covers are off, and for a day after one could not be had.
    pub async fn cover(&self, media: MediaId) -> Result<Option<Picture>, BrowseError> {
        if self.inner.covers.client.is_none() {
            return Ok(None);
        }
        let entry = self.inner.store.title_on_lists(media).await?;
        let address = entry
            .and_then(|entry| entry.summary)
            .and_then(|summary| summary.cover);
        match address {
            Some(address) => Ok(self.picture(&media.to_string(), &address).await),
            None => Ok(None),
        }
    }

    /// The avatar of an account, by the same rules.
    pub async fn avatar(&self, row: &AccountRow) -> Result<Option<Picture>, BrowseError> {
        match &row.avatar {
            Some(address) => {
                let name = format!("user-{}", row.account.id);
                Ok(self.picture(&name, address).await)
            }
            None => Ok(None),
        }
    }

    /// A picture from the cache, or fetched once.
    async fn picture(&self, of: &str, address: &str) -> Option<Picture> {
        let desk = &self.inner.covers;
        let client = desk.client.as_ref()?;
        let name = file_name(of, address);
        let path = self.inner.settings.data.join("covers").join(&name);
        if let Some(picture) = kept(path.clone()).await {
            return Some(picture);
        }
        if !desk.may_ask(&name, self.now()) {
            return None;
        }
        let _turn = desk.turn.acquire().await.ok()?;
        // Somebody may have fetched it, or failed to, while this waited.
        if let Some(picture) = kept(path.clone()).await {
            return Some(picture);
        }
        if !desk.may_ask(&name, self.now()) {
            return None;
        }
        match client.fetch(address).await {
            Ok(picture) => {
                keep(path, picture.bytes.clone()).await;
                Some(picture)
            }
            Err(error) => {
                tracing::debug!(name, %error, "no picture");
                desk.note_failure(name, &error, self.now());
                None
            }
        }
    }
}

/// One that was replaced on AniList has another address, and so another name here.
fn file_name(of: &str, address: &str) -> String {
    let hash = Hash::of(address.as_bytes()).to_string();
    let hash = hash.strip_prefix("sha256:").unwrap_or(&hash);
    format!("{of}-{}", hash.get(..12).unwrap_or_default())
}

async fn kept(path: PathBuf) -> Option<Picture> {
    let read = tokio::task::spawn_blocking(move || std::fs::read(path).ok());
    read.await.ok().flatten().and_then(Picture::of)
}

/// Failing to keep one costs no more than asking again.
async fn keep(path: PathBuf, bytes: Vec<u8>) {
    let written = tokio::task::spawn_blocking(move || {
        let folder = path.parent().map(std::path::Path::to_owned);
        let folder = folder.unwrap_or_default();
        std::fs::create_dir_all(&folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&folder)?;
        std::io::Write::write_all(&mut file, &bytes)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok::<_, std::io::Error>(())
    });
    if let Ok(Err(error)) = written.await {
        tracing::warn!(%error, "cannot keep a cover");
    }
}
