//! The catalogue in SQLite, and the secrets beside it.
#![doc = include_str!("../README.md")]

mod accounts;
mod attempts;
mod open;
mod row;
mod secrets;
mod snapshots;
mod store;
mod trash;

pub use accounts::AccountRow;
pub use attempts::{Attempt, Outcome};
pub use open::OpenError;
pub use secrets::{SecretError, Secrets};
pub use snapshots::{Delta, SnapshotRow, Standing};
pub use store::{Store, StoreError};
pub use trash::{DiscardedRow, Reason};
