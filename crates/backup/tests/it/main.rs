//! Snapshot files as other tools, bad disks and bad luck see them.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod damage;
mod format;
mod sample;
mod writing;
