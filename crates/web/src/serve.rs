//! From a socket to the application.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::thread::available_parallelism;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App as ActixApp, HttpServer, web};
use anirewind_core::App;
use thiserror::Error;

use crate::access::{Access, Door};
use crate::api::{Hub, Waits};
use crate::live::Desk;
use crate::{api, assets, guard, head, language, login, pages, revalidate, theme, trace};

/// So many connections a worker has; more wait. Below what a system lets a process have.
const CONNECTIONS: usize = 400;
/// A handful of pages for a handful of people; fewer where there are fewer processors.
const WORKERS: usize = 2;
/// Threads of a worker that may wait for the disk at once.
const BLOCKING: usize = 8;
/// So long a connection that was just accepted has to be taken up.
const TAKE_UP: Duration = Duration::from_millis(250);
/// So long a connection stays open of which nothing is asked. A server that hands over waits for them.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// So long whoever was told that this is the end has to hang up.
const HANG_UP: Duration = Duration::from_secs(5);
/// So many seconds requests that are under way have when another server has taken over.
const DRAIN: u64 = 60;

/// The server cannot be started.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The address is open to others, and there is no password yet.
    #[error("{address} can be reached from other machines, and there is no password yet")]
    NoPassword {
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be had.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The server stopped by itself.
    #[error("the server failed")]
    Run(#[source] io::Error),
}

/// Listens on an address. Where others can reach it there has to be a password, unless the settings
/// say that something else sees to who may come in.
pub fn bind(address: SocketAddr, has_login: bool) -> Result<TcpListener, ServeError> {
    if !address.ip().is_loopback() && !has_login {
        return Err(ServeError::NoPassword { address });
    }
    TcpListener::bind(address).map_err(|source| ServeError::Bind { address, source })
}

/// The application by itself, for whoever brings a server of their own.
pub fn application(
    app: App,
    hub: Hub,
    access: web::Data<Access>,
) -> ActixApp<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let (base, is_https) = (access.base().to_owned(), access.is_https());
    ActixApp::new()
        .app_data(web::Data::new(app))
        .app_data(web::Data::new(hub))
        .app_data(access)
        .wrap(from_fn(guard::check))
        .wrap(guard::headers(is_https))
        .wrap(from_fn(revalidate::check))
        .wrap(Compress::default())
        .wrap(from_fn(trace::follow))
        .wrap(from_fn(head::as_get))
        .configure(api::limits)
        // What watches over the process asks without the path that a proxy adds.
        .configure(api::watching)
        .configure(|config| entrance(config, &base))
        .service(web::scope(&base).configure(routes))
        .default_service(web::to(pages::not_found))
}

/// The path that a proxy adds, as people type it: without what ends it.
fn entrance(config: &mut web::ServiceConfig, base: &str) {
    if !base.is_empty() {
        let inside = format!("{base}/");
        config.service(web::redirect(base.to_owned(), inside).see_other());
    }
}

/// A server that answers.
#[must_use = "a server that nobody waits for ends"]
pub struct Serving {
    hub: Hub,
    handle: ServerHandle,
    server: tokio::task::JoinHandle<io::Result<()>>,
}

impl Serving {
    /// Starts to answer on a socket. It goes on until it is let go of. The door and the desk outlive it.
    pub fn start(
        app: App,
        listener: TcpListener,
        door: &Door,
        desk: &Desk,
    ) -> Result<Self, ServeError> {
        Self::with_waits(app, listener, door, desk, Waits::default())
    }

    /// The same, where nobody is kept waiting longer than this, and nobody keeps us waiting.
    pub fn with_waits(
        app: App,
        listener: TcpListener,
        door: &Door,
        desk: &Desk,
        waits: Waits,
    ) -> Result<Self, ServeError> {
        // One for all workers: an id means the same on every connection.
        let hub = Hub::with_waits(&app, desk, waits);
        let (shared, leading) = (hub.clone(), app.clone());
        let listen = listener.local_addr().map_err(ServeError::Run)?;
        let access = web::Data::new(Access::new(
            app.settings().access.clone(),
            listen,
            door.clone(),
        ));
        let server =
            HttpServer::new(move || application(app.clone(), shared.clone(), access.clone()))
                .workers(available_parallelism().map_or(1, usize::from).min(WORKERS))
                .max_connections(CONNECTIONS)
                .worker_max_blocking_threads(BLOCKING)
                .client_request_timeout(waits.head)
                .client_disconnect_timeout(HANG_UP)
                .keep_alive(KEEP_ALIVE)
                // The end of an answer does not wait until its beginning was acknowledged: 40 ms on every one
                // that does not fit into a packet.
                .tcp_nodelay(true)
                // Whoever starts it says when it ends.
                .disable_signals()
                .shutdown_timeout(DRAIN)
                .listen(listener)
                .map_err(ServeError::Run)?
                .run();
        door.lead_to(&leading);
        Ok(Self {
            hub,
            handle: server.handle(),
            server: tokio::spawn(server),
        })
    }

    /// Waits until it ends by itself, which it does when it fails.
    pub async fn ended(&mut self) -> Result<(), ServeError> {
        match (&mut self.server).await {
            Ok(ended) => ended.map_err(ServeError::Run),
            Err(error) => Err(ServeError::Run(io::Error::other(error))),
        }
    }

    /// Takes no more connections, and ends when the requests under way are answered.
    pub async fn drain(self) {
        self.hub.close();
        // A connection between the one that accepts and the one that answers would be dropped by a
        // stop: first none come after, then those are taken up.
        self.handle.pause().await;
        tokio::time::sleep(TAKE_UP).await;
        self.handle.stop(true).await;
    }
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(pages::routes)
        .configure(login::routes)
        .configure(theme::routes)
        .configure(language::routes)
        .configure(assets::routes)
        .configure(api::routes)
        .default_service(web::to(pages::not_found));
}
