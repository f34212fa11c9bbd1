//! Carrying out what was planned.
#![doc = include_str!("../README.md")]

mod execute;
mod step;

pub use execute::{Journal, JournalError, Stopped, execute};
pub use step::{Settled, Step, StepKind, StepState};
