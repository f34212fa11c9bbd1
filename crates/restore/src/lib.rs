//! Carrying out what was planned.
#![doc = include_str!("../README.md")]

mod execute;
mod fit;
mod journal;
mod moved;
mod plan;
mod proof;
mod queue;
mod reading;
mod step;

pub use execute::{HALF_WRITTEN, Ports, execute};
pub use fit::{Fit, fit};
pub use journal::{Journal, JournalError, Phase, Progress, Stopped, Wish};
pub use plan::{MOVED_ON, Options, Plan, Planned, Prefer, Verdict, plan};
pub use reading::Reading;
pub use step::{Settled, Step, StepKind, StepState};
