//! The real server, and the rules that hold the whole workspace.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod layers;
mod serving;
