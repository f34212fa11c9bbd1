//! What changed, and how to take it back.
#![doc = include_str!("../README.md")]

mod change;
mod compare;
mod id;
mod observe;
mod rebuild;
mod recent;
mod undo;

pub use change::{Change, Outcome, Source, When};
pub use compare::{Changed, Differences, Notice, compare};
pub use id::Id;
pub use observe::{Window, bursts, observe, observed};
pub use rebuild::{apply, revert};
pub use recent::{KnownList, Seen, is_explained, read_recent, read_shown};
pub use undo::{Action, Choices, Conflict, NotUndoable, TitlePlan, take_back, undoable};
