//! AniList over HTTP on loopback: for the demo, for tests, for people who build on these crates.
//!
//! Answers real GraphQL with AniList's envelope, limits, side effects and faults. What AniList is
//! not known to do for certain is a switch ([`Switches`]). It shares no code with the client, so
//! that neither can cover for the other.
#![doc = include_str!("../README.md")]

pub mod canary;
mod clock;
mod complexity;
mod cover;
mod effect;
mod envelope;
mod failure;
mod fault;
mod growth;
mod limit;
mod list_rules;
mod save;
mod schema;
mod server;
mod simulator;
mod switches;
mod user_rules;
mod words;
mod world;

pub use clock::VirtualClock;
pub use effect::{Act, Activity, Effect};
pub use fault::Fault;
pub use growth::Growth;
pub use simulator::{Options, Simulator, StartError, Traffic};
pub use switches::{
    BatchError, Burst, CompletedDate, CompletedProgress, CustomListStorage, DeleteMissing,
    EmptyShape, LegacyTime, NullScalar, OverTotal, RateLimit, StartedToday, Switches, TextStorage,
};
pub use world::{
    Date, ListOptions, SimEntry, SimFavourites, SimMedia, SimUser, Status, TypeOptions, World,
};
