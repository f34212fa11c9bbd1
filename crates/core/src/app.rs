//! One installation, opened.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use anirewind_anilist::{AniList, BuildError, Covers, Pace, Person, Turn, Urgency};
use anirewind_backup::{Folder, Hash};
use anirewind_model::{AccessToken, Clock, UserId};
use anirewind_notify::Notifier;
use anirewind_store::{Attempt, OpenError, SealingKey, Secrets, Store};
use jiff::tz::TimeZone;
use secrecy::ExposeSecret as _;
use thiserror::Error;
use time::OffsetDateTime;
use tokio::sync::{Notify, Semaphore, broadcast};

use crate::browse::FolderSeen;
use crate::covers::CoverDesk;
use crate::event::{Event, Pause};
use crate::explain::{Code, Explain};
use crate::figures::Counting;
use crate::lately::Lately;
use crate::logbook::LogBook;
use crate::outlook::Outlooks;
use crate::scheduler::Diary;
use crate::settings::Settings;
use crate::upload::Waiting;

/// An installation: its settings, its folder, its catalogue, its budget of requests.
#[derive(Clone)]
pub struct App {
    pub(crate) inner: Arc<Inner>,
    /// For whom AniList is asked: for a person, unless the scheduler says otherwise.
    urgency: Urgency,
    /// A turn that was waited for, for the first request.
    turn: Arc<Mutex<Option<Turn>>>,
}

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) zone: TimeZone,
    pub(crate) store: Store,
    pub(crate) folder: Folder,
    pub(crate) secrets: Secrets,
    anilist: AniList,
    pub(crate) notifier: Arc<Notifier>,
    pub(crate) patience: Option<Duration>,
    /// Files that could not be read when the folder was last looked at.
    pub(crate) unreadable: Mutex<Vec<String>>,
    /// What becomes of snapshots, as it was last worked out.
    pub(crate) outlooks: Mutex<Outlooks>,
    pub(crate) lately: Mutex<Lately>,
    /// The folder as it looked when the catalogue last followed it.
    pub(crate) seen: Mutex<Option<FolderSeen>>,
    /// Covers of titles.
    pub(crate) covers: CoverDesk,
    /// What a look saw and did not believe, by account, until a second one says the same.
    pub(crate) doubted: Mutex<BTreeMap<UserId, Hash>>,
    /// Whose tokens have turned out to be whose, for tokens that are not kept on disk.
    pub(crate) identified: Mutex<Vec<(AccessToken, UserId)>>,
    /// Tokens of which AniList did not say whose they are and that are no account's, each with when it was last asked
    /// and why.
    pub(crate) unidentified: Mutex<Vec<(AccessToken, OffsetDateTime, String)>>,
    /// Accounts for which something is gone on with, or waits to be.
    pub(crate) resuming: Mutex<BTreeSet<UserId>>,
    /// When accounts are due by the schedule that runs in this process.
    pub(crate) due: Mutex<BTreeMap<UserId, OffsetDateTime>>,
    /// What the schedule and the looks that run in this process have before them.
    pub(crate) diary: Mutex<Diary>,
    /// What they had before them under the settings of before.
    pub(crate) carried: Mutex<Diary>,
    /// Whose turn it is in this process to change the folder.
    pub(crate) folder_turn: Arc<tokio::sync::Mutex<()>>,
    /// How many acts are under way in this process.
    pub(crate) carrying: AtomicUsize,
    /// Whether this process ends as soon as nothing is under way any more.
    pub(crate) closing: AtomicBool,
    /// Whether what is under way in this process is to come to rest.
    pub(crate) interrupted: AtomicBool,
    /// Whose turn it is to have a password hashed.
    pub(crate) hashing: Semaphore,
    /// Whose turn it is to have files read that were sent.
    pub(crate) reading_in: Arc<Semaphore>,
    /// How much was sent and waits.
    pub(crate) waiting: Arc<Mutex<Waiting>>,
    lasting: Lasting,
}

/// What outlives the settings: an installation that is opened anew in the same process goes on with it.
#[derive(Clone)]
struct Lasting {
    pace: Pace,
    events: broadcast::Sender<Event>,
    counting: Arc<Counting>,
    log: Arc<OnceLock<LogBook>>,
    /// Somebody wants the settings read again.
    reload: Arc<Notify>,
    /// The zone that the machine was last seen in, where it is not that of the installation.
    zone_seen: Arc<Mutex<Option<TimeZone>>>,
    /// Who passes requests on and is not named as one who may, and since when.
    unnamed_proxy: Arc<OnceLock<(IpAddr, OffsetDateTime)>>,
    /// Why they could not be, and since when.
    reload_problem: Arc<Mutex<Option<(OffsetDateTime, String)>>>,
    /// Whose turn it is in this process to add an account or take one away.
    accounts_turn: Arc<tokio::sync::Mutex<()>>,
    /// Failures that could not be written down.
    unwritten_attempts: Arc<Mutex<BTreeMap<UserId, Attempt>>>,
    /// What people were told when that could not be written down.
    told_aside: Arc<Mutex<Option<BTreeMap<String, String>>>>,
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
    /// `zone` is the machine's; one in the settings counts instead.
    ///
    /// With `patience`, waiting for AniList longer than that is an error.
    pub fn open(
        settings: Settings,
        clock: Arc<dyn Clock>,
        zone: TimeZone,
        patience: Option<Duration>,
    ) -> Result<Self, StartError> {
        let pace = match settings.rate_limit {
            Some(limit) => Pace::at_most(Arc::clone(&clock), limit),
            None => Pace::new(Arc::clone(&clock)),
        };
        let (events, _) = broadcast::channel(256);
        let lasting = Lasting {
            pace,
            events,
            counting: Arc::default(),
            log: Arc::default(),
            reload: Arc::default(),
            zone_seen: Arc::default(),
            unnamed_proxy: Arc::default(),
            reload_problem: Arc::default(),
            accounts_turn: Arc::default(),
            unwritten_attempts: Arc::default(),
            told_aside: Arc::default(),
        };
        Self::open_with(settings, clock, zone, patience, lasting)
    }

    /// Opens the same installation with other settings. The budget of requests, what was counted, what
    /// is due when and whoever listens go on; this one can be let come to rest. Blocks; sends nothing.
    pub fn reopen(&self, settings: Settings, zone: TimeZone) -> Result<Self, StartError> {
        let inner = &self.inner;
        let limit = settings.rate_limit;
        let is_moved = limit != inner.settings.rate_limit;
        let lasting = inner.lasting.clone();
        let (clock, patience) = (Arc::clone(&inner.clock), inner.patience);
        let app = Self::open_with(settings, clock, zone, patience, lasting)?;
        if is_moved {
            inner.lasting.pace.limit_to(limit);
        }
        app.set_diary(self.diary_for(&app));
        app.know_again(self);
        Ok(app)
    }

    fn open_with(
        settings: Settings,
        clock: Arc<dyn Clock>,
        zone: TimeZone,
        patience: Option<Duration>,
        lasting: Lasting,
    ) -> Result<Self, StartError> {
        let data = settings.data.clone();
        let open = |source| StartError::Open {
            data: data.clone(),
            source: Box::new(source),
        };
        let zone = settings.time_zone.clone().unwrap_or(zone);
        let steps = settings.steps.clone();
        let database = data.join("anirewind.db");
        let store = Store::open_watched(&database, steps.clone()).map_err(open)?;
        // The address is checked now rather than at the first snapshot.
        let anilist = anilist(&settings, &clock, patience, &lasting);
        let anilist = anilist.map_err(|source| StartError::Client { source })?;
        let covers = settings
            .covers
            .then(|| Covers::new(settings.anilist_url.as_deref()));
        let folder = Folder::new(data.join("backups"), settings.snapshot_prefix.clone());
        let folder = folder.with_steps(steps);
        if let Err(error) = folder.sweep(clock.now().into()) {
            tracing::warn!(%error, "cannot clean up temporary files");
        }
        let key = settings.secret_key.as_ref();
        let key = key.map(|key| SealingKey::of(key.expose_secret()));
        let secrets = Secrets::new(data.join("secrets")).sealed_with(key);
        match secrets.seal_all() {
            Ok(0) => {}
            Ok(sealed) => tracing::info!(sealed, "tokens are encrypted from now on"),
            Err(error) => tracing::warn!(%error, "tokens are not encrypted yet"),
        }
        let notifier = Notifier::new(settings.notify.reach, Arc::clone(&clock));
        let inner = Inner {
            settings,
            clock,
            zone,
            store,
            folder,
            secrets,
            anilist,
            notifier: Arc::new(notifier),
            patience,
            unreadable: Mutex::default(),
            outlooks: Mutex::default(),
            lately: Mutex::default(),
            seen: Mutex::default(),
            covers: CoverDesk::new(covers),
            doubted: Mutex::default(),
            identified: Mutex::default(),
            unidentified: Mutex::default(),
            resuming: Mutex::default(),
            due: Mutex::default(),
            diary: Mutex::default(),
            carried: Mutex::default(),
            folder_turn: Arc::default(),
            carrying: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            interrupted: AtomicBool::new(false),
            hashing: Semaphore::new(1),
            reading_in: Arc::new(Semaphore::new(1)),
            waiting: Arc::default(),
            lasting,
        };
        Ok(Self {
            inner: Arc::new(inner),
            urgency: Urgency::default(),
            turn: Arc::default(),
        })
    }

    /// The settings it was opened with.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// The time, as this installation sees it.
    pub fn now(&self) -> OffsetDateTime {
        self.inner.clock.now()
    }

    /// What happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.lasting.events.subscribe()
    }

    pub(crate) fn tell(&self, event: Event) {
        self.inner.lasting.counting.event(&event);
        // Nobody listening is fine.
        let _ = self.inner.lasting.events.send(event);
    }

    /// The last lines of the log; empty unless the program keeps them.
    pub fn log(&self) -> LogBook {
        self.inner.lasting.log.get().cloned().unwrap_or_default()
    }

    /// Shows lines of the log that the program keeps. The first one that is given stays.
    pub fn keep_log(&self, log: &LogBook) {
        let _ = self.inner.lasting.log.set(log.clone());
    }

    /// Asks whoever runs this installation to read the settings again.
    pub fn ask_reload(&self) {
        self.inner.lasting.reload.notify_one();
    }

    /// Waits until somebody asks for the settings to be read again.
    pub async fn reload_asked(&self) {
        self.inner.lasting.reload.notified().await;
    }

    /// Waits for the turn to add an account or to take one away.
    pub(crate) async fn accounts_turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.inner.lasting.accounts_turn.lock().await
    }

    /// Failures that could not be written down, by account.
    pub(crate) fn unwritten_attempts(&self) -> &Mutex<BTreeMap<UserId, Attempt>> {
        &self.inner.lasting.unwritten_attempts
    }

    /// What people were told when that could not be written down.
    pub(crate) fn told_aside(&self) -> MutexGuard<'_, Option<BTreeMap<String, String>>> {
        let told = self.inner.lasting.told_aside.lock();
        told.unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn counting(&self) -> &Counting {
        &self.inner.lasting.counting
    }

    /// Requests a minute at present, and for how long nothing is sent.
    pub fn allowance(&self) -> (u32, Option<Duration>) {
        let pace = &self.inner.lasting.pace;
        (pace.limit(), pace.silence())
    }

    /// Whether it is known that somebody passes requests on whose word does not count.
    pub fn knows_unnamed_proxy(&self) -> bool {
        self.inner.lasting.unnamed_proxy.get().is_some()
    }

    /// Somebody passes requests on whose word does not count. Said once.
    pub fn note_unnamed_proxy(&self, address: IpAddr) {
        let noted = &self.inner.lasting.unnamed_proxy;
        if noted.set((address, self.now())).is_ok() {
            tracing::warn!(
                %address,
                "passes requests on and is not in trusted_proxies: whoever is behind it counts as it"
            );
        }
    }

    /// The first such, unless it is named by now.
    pub(crate) fn unnamed_proxy(&self) -> Option<(IpAddr, OffsetDateTime)> {
        let noted = self.inner.lasting.unnamed_proxy.get().copied();
        let proxies = &self.inner.settings.access.proxies;
        noted.filter(|(address, _)| !proxies.iter().any(|net| net.holds(*address)))
    }

    /// Whether the machine was not known to be in this zone.
    pub(crate) fn see_zone(&self, zone: &TimeZone) -> bool {
        let seen = self.inner.lasting.zone_seen.lock();
        let mut seen = seen.unwrap_or_else(PoisonError::into_inner);
        seen.replace(zone.clone()).as_ref() != Some(zone)
    }

    pub(crate) fn reload_problem(&self) -> Option<(OffsetDateTime, String)> {
        let problem = self.inner.lasting.reload_problem.lock();
        problem.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_reload_problem(&self, problem: Option<String>) {
        let now = self.now();
        let kept = self.inner.lasting.reload_problem.lock();
        *kept.unwrap_or_else(PoisonError::into_inner) = problem.map(|problem| (now, problem));
    }

    /// The same installation, for somebody who is more or less urgent.
    pub(crate) fn with_urgency(&self, urgency: Urgency) -> Self {
        Self {
            urgency,
            ..self.clone()
        }
    }

    /// The same, with a turn that was waited for.
    pub(crate) fn with_turn(&self, turn: Turn) -> Self {
        Self {
            turn: Arc::new(Mutex::new(Some(turn))),
            ..self.clone()
        }
    }

    /// The turn that was waited for, once. Dropped, it is given back.
    pub(crate) fn waited_for(&self) -> Option<Turn> {
        let turn = self.turn.lock();
        turn.unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What everybody sees of somebody on AniList. Connections and the budget are shared by all.
    pub(crate) fn public_client(&self, person: Person) -> AniList {
        self.dressed(&self.inner.anilist.for_public(person))
    }

    /// As urgent as whoever asks, with the turn that was waited for.
    fn dressed(&self, client: &AniList) -> AniList {
        let client = client.with_urgency(self.urgency);
        match self.waited_for() {
            Some(turn) => client.with_turn(turn),
            None => client,
        }
    }

    /// AniList as an account sees it. Connections and the budget are shared by all.
    pub(crate) fn client(&self, token: &AccessToken) -> Result<AniList, BuildError> {
        Ok(self.dressed(&self.inner.anilist.for_token(token)?))
    }
}

/// AniList as nobody sees it; each account's client is made from this one.
fn anilist(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    patience: Option<Duration>,
    lasting: &Lasting,
) -> Result<AniList, BuildError> {
    let nobody = AccessToken::new("none").ok_or(BuildError::Token)?;
    let (events, waiting) = (lasting.events.clone(), Arc::clone(&lasting.counting));
    let (hearing, now) = (Arc::clone(&lasting.counting), Arc::clone(clock));
    let then = Arc::clone(clock);
    let mut builder = AniList::builder(nobody)
        .clock(Arc::clone(clock))
        .pace(lasting.pace.clone())
        .on_answer(move |heard| hearing.heard(&heard, now.now()))
        .on_event(move |event| {
            tracing::info!("{event}");
            let pause = match event {
                anirewind_anilist::Event::Waiting { reason, wait } => {
                    waiting.wait(wait);
                    Some(Pause {
                        why: reason.as_str().to_owned(),
                        until: then.now() + wait,
                    })
                }
                anirewind_anilist::Event::Retrying { .. } => None,
            };
            let message = event.to_string();
            let _ = events.send(Event::Client { message, pause });
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
