//! What is told: one short text of one kind.

use time::OffsetDateTime;

/// One thing to tell somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its id: who gets it twice can tell by it.
    pub id: String,
    /// What kind of thing.
    pub kind: Kind,
    /// The profile it is about, where it is about one.
    pub profile: Option<String>,
    /// In one line.
    pub title: String,
    /// In a few sentences.
    pub text: String,
    /// When it was so.
    pub at: OffsetDateTime,
    /// Where there is more to see.
    pub link: Option<String>,
}

/// What kind of thing is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Snapshots began to fail.
    Failing,
    /// No snapshot was taken for longer than the schedule allows.
    Late,
    /// A snapshot is no longer what was written.
    Damaged,
    /// What was told before is well again.
    Recovered,
    /// A list changed in an unusual way.
    Alarm,
    /// A token ends soon, has ended, or is refused.
    Token,
    /// A restore, an undo or a redo came to its end.
    Finished,
    /// A restore, an undo or a redo stopped and somebody has to look.
    Stopped,
    /// Somebody tries whether notices arrive.
    Test,
}

impl Kind {
    /// What there is to be told without being asked for.
    pub const ALL: [Self; 8] = [
        Self::Failing,
        Self::Late,
        Self::Damaged,
        Self::Recovered,
        Self::Alarm,
        Self::Token,
        Self::Finished,
        Self::Stopped,
    ];

    /// The word for it in settings and for programs. Stable.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Late => "late",
            Self::Damaged => "damaged",
            Self::Recovered => "recovered",
            Self::Alarm => "alarm",
            Self::Token => "token",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Test => "test",
        }
    }

    /// The kind that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .chain([Self::Test])
            .find(|kind| kind.as_str() == word)
    }

    /// Whether somebody has to do something.
    pub const fn is_urgent(self) -> bool {
        matches!(
            self,
            Self::Failing | Self::Late | Self::Damaged | Self::Alarm | Self::Token | Self::Stopped
        )
    }
}

/// The beginning of a text, no longer than so many characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::parse("test"), Some(Kind::Test));
        assert_eq!(Kind::parse("nothing"), None);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(cut("雪雪雪", 3), "雪雪雪");
        assert_eq!(cut("雪雪雪雪", 3), "雪雪…");
    }
}
