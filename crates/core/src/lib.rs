//! The use cases that the server and the command line share.
#![doc = include_str!("../README.md")]

mod accounts;
mod app;
mod capture;
mod catalogue;
mod doctor;
mod event;
mod explain;
mod reference;
mod schedule;
mod scheduler;
mod settings;
mod source;
mod status;

pub use accounts::{AccountError, Target};
pub use app::{App, StartError};
pub use capture::{CaptureError, Captured};
pub use catalogue::{BrowseError, CatalogueReport, Found, FoundList, Unreadable};
pub use doctor::{Check, Finding};
pub use event::Event;
pub use explain::{Code, Explain};
pub use reference::{InvalidReference, Reference};
pub use schedule::{InvalidSchedule, Schedule};
pub use settings::{ProvidedToken, Settings};
pub use source::{Origin, SettingsError, Sources};
pub use status::{AccountStatus, Verdict};

// What callers need to speak with this crate, so that one dependency is enough.
pub use anirewind_anilist::SystemClock;
pub use anirewind_backup::{Kind, Snapshot, SnapshotId};
pub use anirewind_model as model;
pub use anirewind_store::{AccountRow, Attempt, Delta, Outcome, SnapshotRow, Standing};
