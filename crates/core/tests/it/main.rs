//! The use cases against the simulator, on virtual time and a folder of their own.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod accounts;
mod calendars;
mod calling_off;
mod capturing;
mod choosing;
mod configuring;
mod crashing;
mod enduring;
mod finding;
mod importing;
mod keeping;
mod killing;
mod lately;
mod laws;
mod living;
mod looking;
mod moving;
mod panicking;
mod proving;
mod public;
mod repairing;
mod restoring;
mod scene;
mod scheduling;
mod sharing;
mod telling;
mod undoing;
