//! Covers of titles on the lists, in a small cache of our own, so that a page asks nobody else for them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anirewind_anilist::{CoverError, Covers, Picture};
use anirewind_backup::Hash;
use anirewind_model::MediaId;
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
    missing: Mutex<BTreeMap<MediaId, OffsetDateTime>>,
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

    fn missing(&self) -> MutexGuard<'_, BTreeMap<MediaId, OffsetDateTime>> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resting(&self) -> MutexGuard<'_, Option<OffsetDateTime>> {
        self.resting_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether to ask for a cover now.
    fn may_ask(&self, media: MediaId, now: OffsetDateTime) -> bool {
        let is_missing = self.missing().get(&media).is_some_and(|until| now < *until);
        let is_resting = self.resting().is_some_and(|until| now < until);
        !is_missing && !is_resting
    }

    fn note_failure(&self, media: MediaId, error: &CoverError, now: OffsetDateTime) {
        if error.is_about_the_net() {
            *self.resting() = Some(now + REST);
            return;
        }
        let mut missing = self.missing();
        if missing.len() >= REMEMBERED {
            missing.clear();
        }
        missing.insert(media, now + PATIENCE);
    }
}

impl App {
    /// The cover of a title that is or was on a list here: from the cache, or fetched once. Nothing for
    /// other titles, when covers are off, and for a day after one could not be had.
    pub async fn cover(&self, media: MediaId) -> Result<Option<Picture>, BrowseError> {
        let desk = &self.inner.covers;
        let Some(client) = &desk.client else {
            return Ok(None);
        };
        let entry = self.inner.store.title_on_lists(media).await?;
        let address = entry
            .and_then(|entry| entry.summary)
            .and_then(|summary| summary.cover);
        let Some(address) = address else {
            return Ok(None);
        };
        let path = self.cover_file(media, &address);
        if let Some(picture) = kept(path.clone()).await {
            return Ok(Some(picture));
        }
        if !desk.may_ask(media, self.now()) {
            return Ok(None);
        }
        let Ok(_turn) = desk.turn.acquire().await else {
            return Ok(None);
        };
        // Somebody may have fetched it, or failed to, while this waited.
        if let Some(picture) = kept(path.clone()).await {
            return Ok(Some(picture));
        }
        if !desk.may_ask(media, self.now()) {
            return Ok(None);
        }
        match client.fetch(&address).await {
            Ok(picture) => {
                keep(path, picture.bytes.clone()).await;
                Ok(Some(picture))
            }
            Err(error) => {
                tracing::debug!(%media, %error, "no cover");
                desk.note_failure(media, &error, self.now());
                Ok(None)
            }
        }
    }

    /// A cover that was replaced on AniList has another address, and so another name here.
    fn cover_file(&self, media: MediaId, address: &str) -> PathBuf {
        let hash = Hash::of(address.as_bytes()).to_string();
        let hash = hash.strip_prefix("sha256:").unwrap_or(&hash);
        let name = format!("{media}-{}", hash.get(..12).unwrap_or_default());
        self.inner.settings.data.join("covers").join(name)
    }
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
