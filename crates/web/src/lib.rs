//! The web application: pages and health, on actix-web.
#![doc = include_str!("../README.md")]

mod api;
mod assets;
mod dashboard;
mod format;
mod guard;
mod revalidate;
mod serve;
mod trace;

pub use api::Hub;
pub use serve::{ServeError, Serving, application, bind};
