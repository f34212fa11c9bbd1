//! The laws of undo, over random histories.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod bursts;
mod laws;
mod sample;
mod year;
