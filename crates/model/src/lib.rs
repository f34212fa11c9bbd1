//! The words of AniRewind as types, and the ports through which the rest reaches the world.
//!
//! Pure: nothing here reads a clock, a file or a socket, and nothing is serialised. Wire structs,
//! rows and files have types of their own, in the crates that speak those languages.
#![doc = include_str!("../README.md")]

mod account;
mod advanced_scores;
mod clock;
mod custom_lists;
mod date;
mod entry;
mod field;
mod id;
mod list;
mod media;
mod notes;
mod pair;
mod picks;
mod remote;
mod remote_error;
mod score;
mod settings;
mod status;
mod token;
mod value;
mod write;

pub use account::{Account, Counts, Viewer};
pub use advanced_scores::AdvancedScores;
pub use clock::Clock;
pub use custom_lists::CustomLists;
pub use date::FuzzyDate;
pub use entry::{Entry, EntryField, EntryValues};
pub use field::{Comparison, Recorded};
pub use id::{EntryId, MediaId, UserId};
pub use list::{Coverage, Favourite, Favourites, List};
pub use media::{MediaFormat, MediaSummary, MediaType, TitleLanguage, Titles};
pub use notes::Notes;
pub use pair::{Pair, comparable, pairs, unseen};
pub use picks::Picks;
pub use remote::{Progress, Recent, Remote};
pub use remote_error::{Effect, FieldRefusal, RemoteError, Retry};
pub use score::{InvalidScore, Score, ScoreFormat};
pub use settings::{ActivitySettings, ListSettings, TypeSettings};
pub use status::EntryStatus;
pub use token::AccessToken;
pub use value::Value;
pub use write::{Deletion, EntryWrite, Saved, SharedWrite};
