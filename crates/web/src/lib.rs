//! The web application: pages and health, on actix-web.
#![doc = include_str!("../README.md")]

mod api;
mod assets;
mod dashboard;
mod format;
mod guard;
mod serve;

pub use api::Hub;
pub use serve::{ServeError, application, bind, serve};
