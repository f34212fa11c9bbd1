//! The web application: pages and health, on actix-web.
#![doc = include_str!("../README.md")]

mod access;
mod address;
mod api;
mod assets;
mod attached;
mod carry;
mod coded;
mod format;
mod guard;
mod head;
mod language;
mod live;
mod login;
mod page;
mod pages;
mod parts;
mod pass;
mod patience;
mod revalidate;
mod serve;
mod theme;
mod times;
mod trace;
mod trail;
mod upload;

pub use access::{Access, Door};
pub use api::{Hub, Waits};
pub use live::Desk;
pub use serve::{ServeError, Serving, application, bind};
