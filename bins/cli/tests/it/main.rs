//! The real binary, in an empty environment, against the simulator.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod commands;
mod configuring;
mod crowding;
mod curation;
mod demo;
mod interrupting;
mod killing;
mod notifying;
mod printing;
mod refusals;
mod restoring;
mod scene;
mod telling;
