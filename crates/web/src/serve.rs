//! From a socket to the application.

use std::io;
use std::net::{SocketAddr, TcpListener};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App as ActixApp, HttpServer, web};
use anirewind_core::App;
use thiserror::Error;

use crate::access::Access;
use crate::api::Hub;
use crate::{api, assets, guard, login, pages, theme};

/// A handful of pages for a handful of people.
const WORKERS: usize = 2;
/// So many seconds requests that are under way have when the server is asked to stop.
const SHUTDOWN: u64 = 3;

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
        .wrap(Compress::default())
        .configure(api::limits)
        // What watches over the process asks without the path that a proxy adds.
        .configure(api::watching)
        .service(web::scope(&base).configure(routes))
        .default_service(web::to(pages::not_found))
}

/// Serves until the process is asked to stop; requests under way are finished first.
pub async fn serve(app: App, listener: TcpListener) -> Result<(), ServeError> {
    // One for all workers: an id means the same on every connection.
    let hub = Hub::of(&app);
    let listen = listener.local_addr().map_err(ServeError::Run)?;
    let access = web::Data::new(Access::new(app.settings().access.clone(), listen));
    HttpServer::new(move || application(app.clone(), hub.clone(), access.clone()))
        .workers(WORKERS)
        // A stream of events never ends by itself.
        .shutdown_timeout(SHUTDOWN)
        .listen(listener)
        .map_err(ServeError::Run)?
        .run()
        .await
        .map_err(ServeError::Run)
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(pages::routes)
        .configure(login::routes)
        .configure(theme::routes)
        .configure(assets::routes)
        .configure(api::routes)
        .default_service(web::to(pages::not_found));
}
