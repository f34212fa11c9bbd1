//! The catalogue in SQLite, and the secrets beside it.
#![doc = include_str!("../README.md")]

mod accounts;
mod attempts;
mod bad_ends;
mod beginning;
mod browse;
mod change_row;
mod cursor;
mod files;
mod foreign;
mod keys;
mod login;
mod notices;
mod open;
mod operations;
mod pages;
mod proofs;
mod public_time;
mod row;
mod seal;
mod secrets;
mod snapshot_pages;
mod snapshots;
mod sorts;
mod store;
mod timeline;
mod titles;
mod trash;
mod weighed;

pub use accounts::{AccountRow, Style};
pub use attempts::{Attempt, Outcome};
pub use bad_ends::BadEnd;
pub use browse::{ChangeSums, DayRow};
pub use change_row::ChangeRow;
pub use cursor::{Cursor, InvalidCursor};
pub use files::FileRow;
pub use foreign::{ForeignError, SyncHistoryRow, read_sync_history};
pub use keys::KeyRow;
pub use login::SessionRow;
pub use notices::{ChannelRow, NoticeRow};
pub use open::OpenError;
pub use operations::{
    Cause, LeftField, OperationDetail, OperationRow, OperationState, StepResult, StepRow, Walk,
};
pub use pages::ChangeKind;
pub use seal::SealingKey;
pub use secrets::{SecretError, Secrets};
pub use snapshot_pages::{SnapshotFilter, SnapshotOrder, Start};
pub use snapshots::{Delta, SnapshotRow, Standing};
pub use sorts::ChangeCounts;
pub use store::{Store, StoreError, Version, sqlite_version};
pub use timeline::{ChangeFilter, Known, Look, LookRecord};
pub use titles::{GoneTitle, TitleRow};
pub use trash::{DiscardedRow, Reason};
pub use weighed::WeighedRow;
