//! One installation, opened.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anirewind_anilist::{AniList, BuildError, Covers, Pace};
use anirewind_backup::{Folder, Hash};
use anirewind_model::{AccessToken, Clock, UserId};
use anirewind_store::{OpenError, Secrets, Store};
use jiff::tz::TimeZone;
use thiserror::Error;
use tokio::sync::{Semaphore, broadcast};

use crate::browse::FolderSeen;
use crate::covers::CoverDesk;
use crate::event::Event;
use crate::explain::{Code, Explain};
use crate::settings::Settings;

/// An installation: its settings, its folder, its catalogue, its budget of requests.
#[derive(Clone)]
pub struct App {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) zone: TimeZone,
    pub(crate) store: Store,
    pub(crate) folder: Folder,
    pub(crate) secrets: Secrets,
    anilist: AniList,
    pub(crate) patience: Option<Duration>,
    /// Files that could not be read when the folder was last looked at.
    pub(crate) unreadable: Mutex<Vec<String>>,
    /// The folder as it looked when the catalogue last followed it.
    pub(crate) seen: Mutex<Option<FolderSeen>>,
    /// Covers of titles.
    pub(crate) covers: CoverDesk,
    /// What a look saw and did not believe, by account, until a second one says the same.
    pub(crate) doubted: Mutex<BTreeMap<UserId, Hash>>,
    /// Whose tokens have turned out to be whose, for tokens that are not kept on disk.
    pub(crate) identified: Mutex<Vec<(AccessToken, UserId)>>,
    /// Accounts for which something is gone on with, or waits to be.
    pub(crate) resuming: Mutex<BTreeSet<UserId>>,
    /// How many acts are under way in this process.
    pub(crate) carrying: AtomicUsize,
    /// Whether this process ends as soon as nothing is under way any more.
    pub(crate) closing: AtomicBool,
    /// Whether what is under way in this process is to come to rest.
    pub(crate) interrupted: AtomicBool,
    /// Whose turn it is to have a password hashed.
    pub(crate) hashing: Semaphore,
    events: broadcast::Sender<Event>,
}

/// The installation cannot be opened.
#[derive(Debug, Error)]
pub enum StartError {
    /// The catalogue cannot be opened.
    #[error("cannot open the catalogue in {}", data.display())]
    Open {
        /// The data folder.
        data: PathBuf,
        /// Why.
        source: Box<OpenError>,
    },
    /// The address of AniList is none to send a token to.
    #[error("cannot talk to AniList")]
    Client {
        /// Why.
        source: BuildError,
    },
}

impl Explain for StartError {
    fn code(&self) -> Code {
        match self {
            Self::Client { .. } => Code::Usage,
            Self::Open { .. } => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Open { source, .. } if matches!(**source, OpenError::Make { .. }) => {
                "Nothing was written. Is the folder writable, and is there space on the disk? \
                 Another one can be named with --data-dir."
                    .to_owned()
            }
            Self::Open { data, .. } => format!(
                "Nothing was changed. The snapshots in {} are files of their own and not affected. If \
                 the disk is well, the catalogue can be moved away and is then made anew from them; \
                 accounts have to be added again.",
                data.join("backups").display()
            ),
            Self::Client { .. } => "Nothing was sent. See ANIREWIND_ANILIST_URL.".to_owned(),
        })
    }
}

impl App {
    /// Opens the installation that these settings describe. Blocks; sends nothing.
    ///
    /// With `patience`, waiting for AniList longer than that is an error.
    pub fn open(
        settings: Settings,
        clock: Arc<dyn Clock>,
        zone: TimeZone,
        patience: Option<Duration>,
    ) -> Result<Self, StartError> {
        let data = settings.data.clone();
        let open = |source| StartError::Open {
            data: data.clone(),
            source: Box::new(source),
        };
        let steps = settings.steps.clone();
        let database = data.join("anirewind.db");
        let store = Store::open_watched(&database, steps.clone()).map_err(open)?;
        let pace = match settings.rate_limit {
            Some(limit) => Pace::at_most(Arc::clone(&clock), limit),
            None => Pace::new(Arc::clone(&clock)),
        };
        let (events, _) = broadcast::channel(256);
        // The address is checked now rather than at the first snapshot.
        let anilist = anilist(&settings, &clock, pace, patience, events.clone());
        let anilist = anilist.map_err(|source| StartError::Client { source })?;
        let covers = settings
            .covers
            .then(|| Covers::new(settings.anilist_url.as_deref()));
        let covers = covers
            .transpose()
            .map_err(|source| StartError::Client { source })?;
        let folder = Folder::new(data.join("backups"), settings.snapshot_prefix.clone());
        let folder = folder.with_steps(steps);
        if let Err(error) = folder.sweep(clock.now().into()) {
            tracing::warn!(%error, "cannot clean up temporary files");
        }
        let secrets = Secrets::new(data.join("secrets"));
        let inner = Inner {
            settings,
            clock,
            zone,
            store,
            folder,
            secrets,
            anilist,
            patience,
            unreadable: Mutex::default(),
            seen: Mutex::default(),
            covers: CoverDesk::new(covers),
            doubted: Mutex::default(),
            identified: Mutex::default(),
            resuming: Mutex::default(),
            carrying: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            interrupted: AtomicBool::new(false),
            hashing: Semaphore::new(1),
            events,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The settings it was opened with.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// The time, as this installation sees it.
    pub fn now(&self) -> time::OffsetDateTime {
        self.inner.clock.now()
    }

    /// What happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    pub(crate) fn tell(&self, event: Event) {
        // Nobody listening is fine.
        let _ = self.inner.events.send(event);
    }

    /// AniList as an account sees it. Connections and the budget are shared by all.
    pub(crate) fn client(&self, token: &AccessToken) -> Result<AniList, BuildError> {
        self.inner.anilist.for_token(token)
    }
}

/// AniList as nobody sees it; each account's client is made from this one.
fn anilist(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    pace: Pace,
    patience: Option<Duration>,
    events: broadcast::Sender<Event>,
) -> Result<AniList, BuildError> {
    let nobody = AccessToken::new("none").ok_or(BuildError::Token)?;
    let mut builder = AniList::builder(nobody)
        .clock(Arc::clone(clock))
        .pace(pace)
        .on_event(move |event| {
            tracing::info!("{event}");
            let _ = events.send(Event::Client {
                message: event.to_string(),
            });
        });
    if let Some(url) = &settings.anilist_url {
        builder = builder.endpoint(url);
    }
    if let Some(referer) = &settings.referer {
        builder = builder.referer(referer);
    }
    if let Some(patience) = patience {
        builder = builder
            .patience(patience)
            .timeout(patience.min(Duration::from_mins(1)));
    }
    builder.build()
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("data", &self.inner.settings.data)
            .finish_non_exhaustive()
    }
}
