//! From the start to the stop: serving, watching, keeping to the schedule, taking over new settings.

use std::io;
use std::net::TcpListener;
use std::pin::pin;
use std::time::Duration;

use anirewind_core::{App, Explain as _, Settings, Sources};
use anirewind_web::{Desk, Door, Serving};
use anyhow::{Context as _, anyhow};

use crate::log::Log;

/// So long an act may take to come to rest when the server is asked to stop.
const REST: Duration = Duration::from_secs(6);
/// So long requests that are under way have then.
const GRACE: Duration = Duration::from_secs(3);

/// What somebody wants of a running server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Stop,
    Reload,
    /// Nobody asked: the machine is in another time zone.
    Zone,
}

/// Runs until somebody asks for the end, or something fails that must not.
///
/// New settings are a new installation on the same folder and the same socket. The old one answers what
/// it was asked, and lets what it carries out come to rest; the new one goes on with that.
pub(crate) async fn live(
    sources: &Sources,
    mut app: App,
    mut listener: TcpListener,
    log: &Log,
) -> anyhow::Result<()> {
    let (door, desk) = (Door::default(), Desk::default());
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    loop {
        let socket = listener.try_clone().context("cannot share the socket")?;
        let serving = Serving::start(app.clone(), socket, &door, &desk);
        let mut serving = serving.context("cannot serve")?;
        let (next, socket) = {
            let mut watch = pin!(app.run_watch());
            let mut schedule = pin!(app.run_schedule());
            let mut notices = pin!(app.run_notices());
            loop {
                // A snapshot under way is dropped: what is on disk is whole files either way.
                let wish = tokio::select! {
                    ended = serving.ended() => {
                        return ended.context("the server stopped");
                    }
                    () = &mut watch => return Err(anyhow!("looking for changes ended")),
                    () = &mut notices => return Err(anyhow!("telling people ended")),
                    () = &mut schedule => {
                        let words = "the schedule ended, so no more snapshots would be taken";
                        return Err(anyhow!(words));
                    }
                    wish = signals.next() => wish,
                    () = app.reload_asked() => Wish::Reload,
                    () = app.zone_changed(crate::zone) => Wish::Zone,
                };
                if wish == Wish::Stop {
                    tracing::info!("asked to stop");
                    // What is under way finishes the request that is being sent; the rest goes on at
                    // the next start.
                    drop(listener);
                    let drained = tokio::time::timeout(GRACE, serving.drain());
                    let _ = tokio::join!(drained, app.come_to_rest(REST));
                    return Ok(());
                }
                match read_again(sources, &app, log).await {
                    Ok(next) => break next,
                    Err(problem) if wish == Wish::Zone => app.note_reload_again(problem),
                    Err(problem) => app.note_reload(Err(problem)),
                }
            }
        };
        let old = std::mem::replace(&mut app, next);
        listener = socket.unwrap_or(listener);
        // Whoever hears of it finds it so, on whichever connection.
        door.lead_to(&app);
        app.note_reload(Ok(()));
        tokio::spawn(async move {
            let drained = serving.drain();
            tokio::join!(drained, old.come_to_rest(REST));
        });
    }
}

/// The installation with the settings as they are now, and a socket if they name another address. In
/// vain leaves everything as it is.
async fn read_again(
    sources: &Sources,
    app: &App,
    log: &Log,
) -> Result<(App, Option<TcpListener>), String> {
    let settings = Settings::read(sources).map_err(|error| error.chain())?;
    let filter = Log::filter(&settings).map_err(|error| format!("{error:#}"))?;
    let is_claimed = app.is_claimed().await.map_err(|error| error.chain())?;
    let has_login = settings.access.is_open || is_claimed || settings.access.password.is_some();
    if !has_login && !settings.listen.ip().is_loopback() {
        return Err("there is no password, and others can reach the server".to_owned());
    }
    let socket = if settings.listen == app.settings().listen {
        None
    } else {
        let bound = anirewind_web::bind(settings.listen, has_login);
        Some(bound.map_err(|error| format!("{:#}", anyhow!(error)))?)
    };
    let old = app.clone();
    let opened = tokio::task::spawn_blocking(move || old.reopen(settings, crate::zone()));
    let opened = opened.await.map_err(|error| error.to_string())?;
    let next = opened.map_err(|error| error.chain())?;
    log.follow(filter);
    Ok((next, socket))
}

/// What the system tells a process.
#[cfg(unix)]
struct Signals {
    stop: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    reload: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        // Whoever hangs up on us does not end us, also where starting anew failed (`memory.rs`): once it was listened
        // for, it has no other effect.
        let _pipe = signal(SignalKind::pipe())?;
        Ok(Self {
            stop: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reload: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.stop.recv() => Wish::Stop,
            _ = self.interrupt.recv() => Wish::Stop,
            _ = self.reload.recv() => Wish::Reload,
        }
    }
}

/// What the system tells a process.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Wish {
        // Without a way to listen there is none to be told either.
        match tokio::signal::ctrl_c().await {
            Ok(()) => Wish::Stop,
            Err(_) => std::future::pending().await,
        }
    }
}
