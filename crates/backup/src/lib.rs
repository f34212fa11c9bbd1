//! Snapshot files and the folder they live in.
#![doc = include_str!("../README.md")]

mod codec;
mod file;
mod folder;
mod hash;
mod name;
mod record;

pub use file::{Damage, Draft, Header, Kind, Snapshot, SnapshotId};
pub use folder::{Folder, ReadError, WriteError, Written};
pub use hash::{Hash, InvalidHash, content_hash};
pub use name::SnapshotName;
