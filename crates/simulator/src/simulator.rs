//! A running simulator and the handle that tests hold.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anirewind_model::Clock;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::fault::Fault;
use crate::limit::Limiter;
use crate::schema::{self, AniListSchema};
use crate::server::serve;
use crate::{Switches, World};

/// How to start a simulator.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What AniList is taken to do where nobody is sure.
    pub switches: Switches,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            switches: Switches::default(),
        }
    }
}

/// The simulator could not be started.
#[derive(Debug, Error)]
#[error("cannot listen on {address}")]
pub struct StartError {
    address: SocketAddr,
    source: io::Error,
}

/// AniList on this machine. Stops when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

/// What has come in so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// All requests.
    pub requests: u64,
    /// Those answered 429.
    pub refused: u64,
    /// Those sent although the sender had been told to be silent.
    pub during_lockout: u64,
}

/// One request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) operation: String,
    pub(crate) cost: u32,
    pub(crate) status: u16,
}

pub(crate) struct Shared {
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) schema: AniListSchema,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) requests: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) during_lockout: AtomicU64,
    switches: Mutex<Arc<Switches>>,
    limiter: Mutex<Limiter>,
    faults: Mutex<Faults>,
    events: Mutex<BTreeMap<u64, Event>>,
    sent: Mutex<Vec<Sent>>,
    held: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Faults {
    at: BTreeMap<u64, Fault>,
    always: Option<Fault>,
    spell: Option<Spell>,
}

/// A fault that lasts for a while, from some request on.
#[derive(Debug)]
struct Spell {
    from: u64,
    fault: Fault,
    lasts: Duration,
    began: Option<Duration>,
}

/// Something that happens to the world right before a request.
type Event = Box<dyn FnOnce(&mut World) + Send>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    pub(crate) fn switches(&self) -> Arc<Switches> {
        Arc::clone(&lock(&self.switches))
    }

    pub(crate) fn limiter(&self) -> MutexGuard<'_, Limiter> {
        lock(&self.limiter)
    }

    pub(crate) fn fault_for(&self, number: u64) -> Option<Fault> {
        let mut faults = lock(&self.faults);
        if let Some(spell) = faults.spell.as_mut().filter(|spell| number >= spell.from) {
            let now = self.clock.elapsed();
            let began = *spell.began.get_or_insert(now);
            if now.saturating_sub(began) < spell.lasts {
                return Some(spell.fault);
            }
        }
        faults.at.remove(&number).or(faults.always)
    }

    /// Waits for as long as requests are held.
    pub(crate) async fn let_go(&self) {
        // The sender lives as long as this does.
        let _ = self.held.subscribe().wait_for(|is_held| !is_held).await;
    }

    /// Lets happen what is due before this request.
    pub(crate) fn happen(&self, number: u64) {
        let due: Vec<Event> = {
            let mut events = lock(&self.events);
            let later = events.split_off(&(number + 1));
            std::mem::replace(&mut *events, later)
                .into_values()
                .collect()
        };
        for event in due {
            event(&mut self.world());
        }
    }

    pub(crate) fn record(&self, sent: Sent) {
        lock(&self.sent).push(sent);
    }

    pub(crate) fn sent(&self) -> MutexGuard<'_, Vec<Sent>> {
        lock(&self.sent)
    }
}

impl Simulator {
    /// Starts on a free port of loopback, with the best guess for every doubt.
    pub async fn start(world: World, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        Self::start_with(world, clock, Options::default()).await
    }

    /// Starts as told.
    pub async fn start_with(
        world: World,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, StartError> {
        let failed = |source| StartError {
            address: options.listen,
            source,
        };
        let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared {
            world: Arc::new(Mutex::new(world)),
            schema: schema::build(),
            clock,
            requests: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            during_lockout: AtomicU64::new(0),
            switches: Mutex::new(Arc::new(options.switches)),
            limiter: Mutex::default(),
            faults: Mutex::default(),
            events: Mutex::default(),
            sent: Mutex::default(),
            held: watch::Sender::new(false),
        });
        let server = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            shared,
            address,
            server,
        })
    }

    /// Where clients find it, in place of AniList's own address.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The world as it is. Requests wait while this is held.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world()
    }

    /// Turns switches, from the next request on.
    pub fn set_switches(&self, turn: impl FnOnce(&mut Switches)) {
        let mut switches = lock(&self.shared.switches);
        turn(Arc::make_mut(&mut switches));
    }

    /// Strikes the n-th request from now, the next being 1.
    pub fn fault_at(&self, nth: u64, fault: Fault) {
        let number = self.shared.requests.load(Ordering::SeqCst) + nth;
        lock(&self.shared.faults).at.insert(number, fault);
    }

    /// Forgets the faults that did not strike yet.
    pub fn no_more_faults(&self) {
        *lock(&self.shared.faults) = Faults::default();
    }

    /// Strikes every request for so long, from the n-th request from now on.
    pub fn fault_for_a_while(&self, nth: u64, fault: Fault, lasts: Duration) {
        let from = self.shared.requests.load(Ordering::SeqCst) + nth;
        lock(&self.shared.faults).spell = Some(Spell {
            from,
            fault,
            lasts,
            began: None,
        });
    }

    /// Lets something happen to the world right before the n-th request from now.
    pub fn before_request(&self, nth: u64, event: impl FnOnce(&mut World) + Send + 'static) {
        let number = self.shared.requests.load(Ordering::SeqCst) + nth;
        lock(&self.shared.events).insert(number, Box::new(event));
    }

    /// Holds requests that come from now on, as an AniList would that takes its time, or lets those that
    /// wait go on.
    pub fn hold(&self, is_held: bool) {
        let _ = self.shared.held.send_replace(is_held);
    }

    /// Strikes every request until told otherwise.
    pub fn fault_always(&self, fault: Option<Fault>) {
        lock(&self.shared.faults).always = fault;
    }

    /// What has come in so far.
    pub fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.shared.requests.load(Ordering::SeqCst),
            refused: self.shared.refused.load(Ordering::SeqCst),
            during_lockout: self.shared.during_lockout.load(Ordering::SeqCst),
        }
    }

    /// The names of the operations that were answered, in order.
    pub fn operations(&self) -> Vec<String> {
        self.shared
            .sent()
            .iter()
            .map(|sent| sent.operation.clone())
            .collect()
    }

    /// The schema that is served, in the schema language.
    pub fn schema() -> String {
        schema::build().sdl()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(move |request| serve(Arc::clone(&shared), request));
            // A client that hangs up, or a fault that cuts it off, is no event here.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
        while connections.try_join_next().is_some() {}
    }
}
