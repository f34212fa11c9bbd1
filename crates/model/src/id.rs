//! Ids of AniList as types of their own, so that a media id is never taken for an entry id.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// Takes a number for an id.
            pub const fn new(id: u32) -> Self {
                Self(id)
            }

            /// The number AniList uses.
            pub const fn get(self) -> u32 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A title: one anime or one manga. The same on every account, and what undo and restore go by.
    MediaId
);
id!(
    /// One title on one list. A title that is removed and added again gets a new one.
    EntryId
);
id!(
    /// One AniList user. Names can change, this cannot.
    UserId
);
