//! Snapshot files as other tools, bad disks and bad luck see them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

mod alarms;
mod damage;
mod foreign;
mod format;
mod marks;
mod retention;
mod sample;
mod ten_years;
mod trash;
mod writing;
