//! The client against the simulator, over HTTP, on virtual time.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod failures;
mod pacing;
mod public;
mod reading;
mod scene;
mod sharing;
mod writing;
