//! Pages in every state, in process.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod access;
mod against;
mod api;
mod asking;
mod backups;
mod bad_ends;
mod browser;
mod comparing;
mod contract;
mod covers;
mod exporting;
mod figures;
mod frame;
mod journeys;
mod limiting;
mod living;
mod looking_back;
mod pages;
mod patience;
mod planning;
mod problems;
mod public;
mod routes;
mod scripting;
mod settings;
mod setup;
mod standing;
mod states;
mod strangers;
mod streaming;
mod tasks;
mod unasked;
mod uploading;
mod watching;
mod ways;
mod wire;
