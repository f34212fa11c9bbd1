//! The catalogue as a whole: files that earlier versions made, and programs that die.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod upgrading;
