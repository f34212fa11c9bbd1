//! Snapshot files and the folder they live in.
#![doc = include_str!("../README.md")]

mod alarm;
mod codec;
mod entry;
mod export;
mod file;
mod folder;
mod foreign;
mod hash;
mod mark;
mod name;
mod place;
mod record;
pub mod retention;
mod sequence;
mod steps;
mod trash;
mod weight;

pub use alarm::{Alarm, Rule, Thresholds, alarms, incomplete};
pub use entry::{entry_from_json, entry_from_json_in, entry_to_json};
pub use file::{Damage, Draft, Header, Kind, Snapshot, SnapshotId};
pub use folder::{Folder, LATEST_NAME, ReadError, WriteError, Written};
pub use foreign::{Form, Recognised, recognise};
pub use hash::{Hash, InvalidHash, content_hash};
pub use mark::{Answer, AnswerVerdict, Keep, Mark, MarkError, Marks};
pub use name::SnapshotName;
pub use place::Place;
pub use sequence::{Link, in_sequence};
pub use steps::{Step, Steps};
pub use trash::{Discarded, TrashError};
