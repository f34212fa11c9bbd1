//! One title on a list, with every field that AniList keeps of it.

use time::OffsetDateTime;

use crate::{
    AdvancedScores, Comparison, CustomLists, EntryId, EntryStatus, FuzzyDate, MediaId,
    MediaSummary, MediaType, Notes, Recorded, Score,
};

/// One title on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which title. Entries are found by this, never by their own id.
    pub media: MediaId,
    /// Which of the two lists it is on.
    pub media_type: MediaType,
    /// AniList's id of this entry. Not restorable: a title that is added again gets another.
    pub id: Option<EntryId>,
    /// The fields that can be compared and put back.
    pub values: EntryValues,
    /// When the entry was made, by AniList's clock. Not restorable.
    pub created_at: Option<OffsetDateTime>,
    /// When the entry was last saved, by AniList's clock. Not restorable.
    pub updated_at: Option<OffsetDateTime>,
    /// What the title is, where that was read along.
    pub summary: Option<MediaSummary>,
}

/// The thirteen fields that AniList lets anyone write.
///
/// Counters are never [`Recorded::Empty`]: AniList answers 0 or nothing for the same thing and
/// takes only numbers, so nothing is read as 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryValues {
    /// Where the title stands.
    pub status: Recorded<EntryStatus>,
    /// The score, raw.
    pub score: Recorded<Score>,
    /// Episodes seen or chapters read.
    pub progress: Recorded<u32>,
    /// Volumes read.
    pub volumes: Recorded<u32>,
    /// How often it was seen or read again.
    pub repeats: Recorded<u32>,
    /// A number that some clients use for sorting.
    pub priority: Recorded<u32>,
    /// Seen by nobody else.
    pub private: Recorded<bool>,
    /// Shown only in custom lists.
    pub hidden: Recorded<bool>,
    /// What somebody wrote about it.
    pub notes: Recorded<Notes>,
    /// The custom lists it is on.
    pub custom_lists: Recorded<CustomLists>,
    /// Scores by category.
    pub advanced_scores: Recorded<AdvancedScores>,
    /// When it was begun.
    pub started: Recorded<FuzzyDate>,
    /// When it was finished.
    pub completed: Recorded<FuzzyDate>,
}

/// The name of one of the thirteen fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryField {
    /// [`EntryValues::status`]
    Status,
    /// [`EntryValues::score`]
    Score,
    /// [`EntryValues::progress`]
    Progress,
    /// [`EntryValues::volumes`]
    Volumes,
    /// [`EntryValues::repeats`]
    Repeats,
    /// [`EntryValues::priority`]
    Priority,
    /// [`EntryValues::private`]
    Private,
    /// [`EntryValues::hidden`]
    Hidden,
    /// [`EntryValues::notes`]
    Notes,
    /// [`EntryValues::custom_lists`]
    CustomLists,
    /// [`EntryValues::advanced_scores`]
    AdvancedScores,
    /// [`EntryValues::started`]
    Started,
    /// [`EntryValues::completed`]
    Completed,
}

impl EntryField {
    /// All thirteen.
    pub const ALL: [Self; 13] = [
        Self::Status,
        Self::Score,
        Self::Progress,
        Self::Volumes,
        Self::Repeats,
        Self::Priority,
        Self::Private,
        Self::Hidden,
        Self::Notes,
        Self::CustomLists,
        Self::AdvancedScores,
        Self::Started,
        Self::Completed,
    ];

    /// The word for it inside a sentence, whatever the list.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::CustomLists => "custom lists",
            Self::AdvancedScores => "advanced scores",
            Self::Started => "start date",
            Self::Completed => "end date",
            Self::Private => "privacy",
            Self::Hidden => "hiding",
            other => other.as_str(),
        }
    }

    /// The word for it, as on AniList.
    pub const fn word(self, media_type: MediaType) -> &'static str {
        match (self, media_type) {
            (Self::Status, _) => "Status",
            (Self::Score, _) => "Score",
            (Self::Progress, MediaType::Anime) => "Episode",
            (Self::Progress, MediaType::Manga) => "Chapter",
            (Self::Volumes, _) => "Volume",
            (Self::Repeats, MediaType::Anime) => "Rewatches",
            (Self::Repeats, MediaType::Manga) => "Rereads",
            (Self::Priority, _) => "Priority",
            (Self::Private, _) => "Private",
            (Self::Hidden, _) => "Hidden from status lists",
            (Self::Notes, _) => "Notes",
            (Self::CustomLists, _) => "Custom lists",
            (Self::AdvancedScores, _) => "Advanced scores",
            (Self::Started, _) => "Started",
            (Self::Completed, _) => "Finished",
        }
    }

    /// The name by which commands and files call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Score => "score",
            Self::Progress => "progress",
            Self::Volumes => "volumes",
            Self::Repeats => "repeats",
            Self::Priority => "priority",
            Self::Private => "private",
            Self::Hidden => "hidden",
            Self::Notes => "notes",
            Self::CustomLists => "custom lists",
            Self::AdvancedScores => "advanced scores",
            Self::Started => "started",
            Self::Completed => "completed",
        }
    }

    /// Reads the name; `_` and `-` do for the space in some of them.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.replace(['_', '-'], " ").to_lowercase();
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }
}

impl EntryValues {
    /// Compares one field with the same field of another entry.
    pub fn compare(&self, other: &Self, field: EntryField) -> Comparison {
        match field {
            EntryField::Status => self.status.compare(&other.status),
            EntryField::Score => self.score.compare(&other.score),
            EntryField::Progress => self.progress.compare(&other.progress),
            EntryField::Volumes => self.volumes.compare(&other.volumes),
            EntryField::Repeats => self.repeats.compare(&other.repeats),
            EntryField::Priority => self.priority.compare(&other.priority),
            EntryField::Private => self.private.compare(&other.private),
            EntryField::Hidden => self.hidden.compare(&other.hidden),
            EntryField::Notes => self.notes.compare(&other.notes),
            EntryField::CustomLists => self.custom_lists.compare(&other.custom_lists),
            EntryField::AdvancedScores => self.advanced_scores.compare(&other.advanced_scores),
            EntryField::Started => self.started.compare(&other.started),
            EntryField::Completed => self.completed.compare(&other.completed),
        }
    }

    /// The fields that both sides recorded and that differ.
    pub fn differing(&self, other: &Self) -> impl Iterator<Item = EntryField> {
        EntryField::ALL
            .into_iter()
            .filter(move |field| self.compare(other, *field) == Comparison::Different)
    }

    /// The fields that were not recorded here.
    pub fn not_recorded(&self) -> impl Iterator<Item = EntryField> {
        EntryField::ALL
            .into_iter()
            .filter(|field| self.compare(self, *field) == Comparison::NotRecorded)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn recorded<T: std::fmt::Debug + Clone + 'static>(
        value: impl Strategy<Value = T> + 'static,
    ) -> impl Strategy<Value = Recorded<T>> {
        prop_oneof![
            1 => Just(Recorded::NotRecorded),
            1 => Just(Recorded::Empty),
            3 => value.prop_map(Recorded::Known),
        ]
    }

    prop_compose! {
        fn values()(
            status in recorded(0usize..6),
            score in recorded(1u16..=100),
            counters in proptest::array::uniform4(recorded(0u32..30)),
            flags in proptest::array::uniform2(recorded(any::<bool>())),
            notes in recorded("[a-z\u{1F600}]{1,4}"),
            lists in recorded(proptest::collection::btree_set("[A-C]", 1..3)),
            advanced in recorded(1u32..100),
            dates in proptest::array::uniform2(recorded(1u8..13)),
        ) -> EntryValues {
            let [progress, volumes, repeats, priority] = counters;
            let [private, hidden] = flags;
            let [started, completed] =
                dates.map(|month| month.map(|m| FuzzyDate::new(None, Some(m), None).unwrap()));
            EntryValues {
                status: status.map(|index| EntryStatus::KNOWN[index].clone()),
                score: score.map(|raw| Score::new(raw).unwrap()),
                progress, volumes, repeats, priority, private, hidden,
                notes: notes.map(|text| Notes::new(text).unwrap()),
                custom_lists: lists.map(|names| CustomLists::new(names).unwrap()),
                advanced_scores: advanced.map(|raw| {
                    AdvancedScores::new([("Story".to_owned(), f64::from(raw))]).unwrap()
                }),
                started, completed,
            }
        }
    }

    proptest! {
        #[test]
        fn an_entry_never_differs_from_itself(a in values()) {
            prop_assert_eq!(a.differing(&a).count(), 0);
        }

        #[test]
        fn comparing_is_symmetric(a in values(), b in values()) {
            for field in EntryField::ALL {
                prop_assert_eq!(a.compare(&b, field), b.compare(&a, field));
            }
        }

        #[test]
        fn one_changed_field_is_the_only_difference(a in values(), b in values(), at in 0usize..13) {
            let field = EntryField::ALL[at];
            let mut changed = a.clone();
            changed.copy(field, &b);
            for other in EntryField::ALL.into_iter().filter(|other| *other != field) {
                prop_assert_ne!(a.compare(&changed, other), Comparison::Different);
            }
            prop_assert_eq!(a.compare(&changed, field), a.compare(&b, field));
        }

        #[test]
        fn copying_what_differs_makes_the_sides_agree(a in values(), b in values()) {
            let mut patched = a.clone();
            for field in a.differing(&b) {
                patched.copy(field, &b);
            }
            prop_assert_eq!(patched.differing(&b).count(), 0);
        }
    }
}
