//! Steps are carried out against the simulator, whatever happens on the way.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod carrying_out;
mod scene;
