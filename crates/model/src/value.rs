//! One field of an entry, whichever it is.

use crate::{
    AdvancedScores, CustomLists, EntryField, EntryStatus, EntryValues, FuzzyDate, Notes, Recorded,
    Score,
};

/// What one field of an entry holds, for code that treats all fields alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// [`EntryField::Status`]
    Status(EntryStatus),
    /// [`EntryField::Score`]
    Score(Score),
    /// [`EntryField::Progress`], [`EntryField::Volumes`], [`EntryField::Repeats`],
    /// [`EntryField::Priority`]
    Count(u32),
    /// [`EntryField::Private`], [`EntryField::Hidden`]
    Flag(bool),
    /// [`EntryField::Notes`]
    Notes(Notes),
    /// [`EntryField::CustomLists`]
    CustomLists(CustomLists),
    /// [`EntryField::AdvancedScores`]
    AdvancedScores(AdvancedScores),
    /// [`EntryField::Started`], [`EntryField::Completed`]
    Date(FuzzyDate),
}

impl EntryValues {
    /// What a field holds.
    pub fn get(&self, field: EntryField) -> Recorded<Value> {
        match field {
            EntryField::Status => self.status.clone().map(Value::Status),
            EntryField::Score => self.score.map(Value::Score),
            EntryField::Progress => self.progress.map(Value::Count),
            EntryField::Volumes => self.volumes.map(Value::Count),
            EntryField::Repeats => self.repeats.map(Value::Count),
            EntryField::Priority => self.priority.map(Value::Count),
            EntryField::Private => self.private.map(Value::Flag),
            EntryField::Hidden => self.hidden.map(Value::Flag),
            EntryField::Notes => self.notes.clone().map(Value::Notes),
            EntryField::CustomLists => self.custom_lists.clone().map(Value::CustomLists),
            EntryField::AdvancedScores => self.advanced_scores.clone().map(Value::AdvancedScores),
            EntryField::Started => self.started.map(Value::Date),
            EntryField::Completed => self.completed.map(Value::Date),
        }
    }

    /// Takes one field over from another entry.
    pub fn copy(&mut self, field: EntryField, from: &Self) {
        match field {
            EntryField::Status => self.status.clone_from(&from.status),
            EntryField::Score => self.score = from.score,
            EntryField::Progress => self.progress = from.progress,
            EntryField::Volumes => self.volumes = from.volumes,
            EntryField::Repeats => self.repeats = from.repeats,
            EntryField::Priority => self.priority = from.priority,
            EntryField::Private => self.private = from.private,
            EntryField::Hidden => self.hidden = from.hidden,
            EntryField::Notes => self.notes.clone_from(&from.notes),
            EntryField::CustomLists => self.custom_lists.clone_from(&from.custom_lists),
            EntryField::AdvancedScores => self.advanced_scores.clone_from(&from.advanced_scores),
            EntryField::Started => self.started = from.started,
            EntryField::Completed => self.completed = from.completed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> EntryValues {
        EntryValues {
            status: Recorded::Known(EntryStatus::Paused),
            score: Score::new(70).into(),
            progress: Recorded::Known(1),
            volumes: Recorded::Known(2),
            repeats: Recorded::Known(3),
            priority: Recorded::Known(4),
            private: Recorded::Known(true),
            hidden: Recorded::Known(true),
            notes: Notes::new("x".to_owned()).into(),
            custom_lists: CustomLists::new(["A".to_owned()]).into(),
            advanced_scores: AdvancedScores::new([("S".to_owned(), 5.0)]).into(),
            started: FuzzyDate::new(Some(2024), None, None).into(),
            completed: FuzzyDate::new(Some(2025), None, None).into(),
        }
    }

    #[test]
    fn a_field_is_copied_and_no_other() {
        let full = full();
        for field in EntryField::ALL {
            let mut values = EntryValues::default();
            values.copy(field, &full);
            for other in EntryField::ALL {
                let expected = if other == field {
                    full.get(field)
                } else {
                    Recorded::NotRecorded
                };
                assert_eq!(values.get(other), expected, "{other:?} after {field:?}");
            }
        }
    }

    #[test]
    fn every_field_has_a_value_of_its_own() {
        let full = full();
        let counts = [
            EntryField::Progress,
            EntryField::Volumes,
            EntryField::Repeats,
            EntryField::Priority,
        ];
        let counts = counts.map(|field| full.get(field));
        assert_eq!(
            counts,
            [1, 2, 3, 4].map(|n| Recorded::Known(Value::Count(n)))
        );
        assert_ne!(
            full.get(EntryField::Started),
            full.get(EntryField::Completed)
        );
        assert!(
            EntryField::ALL
                .iter()
                .all(|f| full.get(*f).known().is_some())
        );
    }
}
