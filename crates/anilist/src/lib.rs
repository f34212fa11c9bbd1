//! A client for the AniList API.
#![doc = include_str!("../README.md")]

mod answer;
mod clock;
mod convert;
mod covers;
mod documents;
mod endpoint;
mod event;
mod favourites;
mod heard;
mod pace;
mod read;
mod recent;
mod settings;
mod sweep;
mod template;
mod token;
mod transport;
mod turn;
mod wire;
mod write;

pub use clock::SystemClock;
pub use covers::{CoverError, Covers, Picture};
pub use endpoint::{InvalidEndpoint, check_endpoint, is_on_this_machine};
pub use event::{Event, WaitReason};
pub use favourites::FavouriteKind;
pub use heard::{Heard, Outcome};
pub use pace::Pace;
pub use token::expiry;
pub use transport::{AniList, BuildError, Builder, Person, is_referer};
pub use turn::{Turn, Urgency};
pub use write::WRITES_PER_REQUEST;
