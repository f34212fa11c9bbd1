//! The three states of a field: known, empty, not recorded.

/// A field of an entry as somebody wrote it down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Recorded<T> {
    /// Whoever wrote this down did not look. Never compared, never written.
    #[default]
    NotRecorded,
    /// Looked at, and AniList held nothing.
    Empty,
    /// Looked at, and AniList held this.
    Known(T),
}

/// What comparing one field of two entries says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Both sides hold the same.
    Same,
    /// The sides differ.
    Different,
    /// At least one side did not record the field, so nothing can be said.
    NotRecorded,
}

impl<T> Recorded<T> {
    /// The value, when there is one.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Empty | Self::NotRecorded => None,
        }
    }

    /// Whether somebody looked, whatever was found.
    pub const fn is_recorded(&self) -> bool {
        !matches!(self, Self::NotRecorded)
    }

    /// Borrows the value inside.
    pub const fn as_ref(&self) -> Recorded<&T> {
        match self {
            Self::NotRecorded => Recorded::NotRecorded,
            Self::Empty => Recorded::Empty,
            Self::Known(value) => Recorded::Known(value),
        }
    }

    /// Changes the value inside, keeping the state.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Recorded<U> {
        match self {
            Self::NotRecorded => Recorded::NotRecorded,
            Self::Empty => Recorded::Empty,
            Self::Known(value) => Recorded::Known(change(value)),
        }
    }
}

impl<T: PartialEq> Recorded<T> {
    /// Compares two sides; a side that was not recorded says nothing.
    pub fn compare(&self, other: &Self) -> Comparison {
        if !self.is_recorded() || !other.is_recorded() {
            Comparison::NotRecorded
        } else if self == other {
            Comparison::Same
        } else {
            Comparison::Different
        }
    }
}

/// What was read and may be nothing: `None` is *empty*, not *not recorded*.
impl<T> From<Option<T>> for Recorded<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Self::Known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_that_was_not_recorded_is_never_a_difference() {
        assert_eq!(
            Recorded::Known(1).compare(&Recorded::NotRecorded),
            Comparison::NotRecorded
        );
        assert_eq!(
            Recorded::<u8>::Empty.compare(&Recorded::NotRecorded),
            Comparison::NotRecorded
        );
    }

    #[test]
    fn empty_differs_from_a_value() {
        assert_eq!(
            Recorded::Known(1).compare(&Recorded::Empty),
            Comparison::Different
        );
        assert_eq!(
            Recorded::Known(1).compare(&Recorded::Known(1)),
            Comparison::Same
        );
    }
}
