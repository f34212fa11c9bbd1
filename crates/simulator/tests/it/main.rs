//! The simulator as a client sees it: over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod batches;
mod client;
mod faults;
mod limits;
mod reading;
mod saving;
mod schema;
