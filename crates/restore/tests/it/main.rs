//! Steps are carried out against the simulator, whatever happens on the way.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod carrying_out;
mod planning;
mod scene;
mod schedules;
