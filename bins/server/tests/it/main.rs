//! The real server, and the rules that hold the whole workspace.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod deploying;
mod layers;
mod living;
mod serving;
mod upgrading;
