//! Pages in every state, in process.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod pages;
