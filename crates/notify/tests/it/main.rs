//! Notices to receivers on this machine.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod encrypting;
mod mailing;
mod pinging;
mod receiver;
mod refusing;
mod sending;
