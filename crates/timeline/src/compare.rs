//! Two lists, and what differs between them.

use std::collections::BTreeMap;

use anirewind_model::{
    Comparison, Entry, EntryField, List, MediaType, Pair, ScoreFormat, TypeSettings, pairs, unseen,
};

/// What differs between a list and a later one, by type and media id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differences<'a> {
    /// On the later one alone.
    pub added: Vec<&'a Entry>,
    /// On both, with other values.
    pub changed: Vec<Changed<'a>>,
    /// On the earlier one alone.
    pub removed: Vec<&'a Entry>,
    /// On both, the same as far as both sides recorded it.
    pub same: Vec<&'a Entry>,
    /// For each field, in how many titles on both lists one side did not record it.
    pub not_recorded: BTreeMap<EntryField, usize>,
    /// How many titles were left out because one side did not look at their type.
    pub left_out: BTreeMap<MediaType, usize>,
    /// How many private titles were left out because one side was read without a token and could not see
    /// them; `None` when both sides were read alike.
    pub unseen: Option<usize>,
    /// What else is not as it was.
    pub notices: Vec<Notice>,
}

/// A title that is on both lists with other values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed<'a> {
    /// As it was.
    pub before: &'a Entry,
    /// As it is.
    pub after: &'a Entry,
    /// The fields that differ, in the order of [`EntryField::ALL`]; at least one.
    pub fields: Vec<EntryField>,
}

/// Something about the whole list that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Scores are shown in another format. Not a change of any score.
    ScoreFormat {
        /// As it was.
        before: ScoreFormat,
        /// As it is.
        after: ScoreFormat,
    },
    /// Custom lists were made, removed, renamed or put in another order.
    CustomLists {
        /// Of which list.
        of: MediaType,
        /// Their names as they were.
        before: Vec<String>,
        /// Their names as they are.
        after: Vec<String>,
    },
}

impl Differences<'_> {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

/// Compares a list with a later one.
///
/// Walks both at once; ten thousand titles take milliseconds.
pub fn compare<'a>(before: &'a List, after: &'a List) -> Differences<'a> {
    let mut found = Differences {
        added: Vec::new(),
        changed: Vec::new(),
        removed: Vec::new(),
        same: Vec::new(),
        not_recorded: BTreeMap::new(),
        left_out: BTreeMap::new(),
        unseen: (before.coverage.public != after.coverage.public)
            .then(|| unseen(before, after).count()),
        notices: notices(before, after),
    };
    for pair in pairs(before, after) {
        let (Pair::First(entry) | Pair::Second(entry) | Pair::Both(entry, _)) = pair;
        let of = entry.media_type;
        if !before.coverage.has_read(of) || !after.coverage.has_read(of) {
            *found.left_out.entry(of).or_default() += 1;
            continue;
        }
        match pair {
            Pair::First(gone) => found.removed.push(gone),
            Pair::Second(new) => found.added.push(new),
            Pair::Both(was, is) => both(&mut found, was, is),
        }
    }
    found
}

fn both<'a>(found: &mut Differences<'a>, was: &'a Entry, is: &'a Entry) {
    let mut fields = Vec::new();
    for field in EntryField::ALL {
        match was.values.compare(&is.values, field) {
            Comparison::Same => {}
            Comparison::Different => fields.push(field),
            Comparison::NotRecorded => *found.not_recorded.entry(field).or_default() += 1,
        }
    }
    if fields.is_empty() {
        found.same.push(is);
    } else {
        found.changed.push(Changed {
            before: was,
            after: is,
            fields,
        });
    }
}

fn notices(before: &List, after: &List) -> Vec<Notice> {
    let mut notices = Vec::new();
    // An export of AniList holds no settings; the format named there is only that of its scores.
    let is_known = |list: &List| list.settings.anime.is_some() || list.settings.row_order.is_some();
    let (was, is) = (&before.settings.score_format, &after.settings.score_format);
    if was != is && is_known(before) && is_known(after) {
        notices.push(Notice::ScoreFormat {
            before: was.clone(),
            after: is.clone(),
        });
    }
    let lists = |list: &List, of| -> Option<TypeSettings> {
        match of {
            MediaType::Anime => list.settings.anime.clone(),
            MediaType::Manga => list.settings.manga.clone(),
        }
    };
    for of in MediaType::BOTH {
        if let (Some(was), Some(is)) = (lists(before, of), lists(after, of))
            && was.custom_lists != is.custom_lists
        {
            notices.push(Notice::CustomLists {
                of,
                before: was.custom_lists,
                after: is.custom_lists,
            });
        }
    }
    notices
}

#[cfg(test)]
mod tests {
    use anirewind_model::{
        Account, Coverage, EntryValues, ListSettings, MediaId, Recorded, Score, UserId,
    };
    use proptest::prelude::*;

    use super::*;

    fn entry(id: u32, score: u16, progress: Option<u32>) -> Entry {
        Entry {
            media: MediaId::new(id),
            media_type: if id.is_multiple_of(3) {
                MediaType::Manga
            } else {
                MediaType::Anime
            },
            id: None,
            values: EntryValues {
                score: Score::new(score).into(),
                progress: progress.map_or(Recorded::NotRecorded, Recorded::Known),
                ..EntryValues::default()
            },
            created_at: None,
            updated_at: None,
            summary: None,
        }
    }

    fn list(mut entries: Vec<Entry>) -> List {
        List::sort_and_dedup(&mut entries);
        List {
            owner: Account {
                id: UserId::new(1),
                name: "hana".to_owned(),
            },
            title_language: None,
            settings: ListSettings {
                score_format: ScoreFormat::Point10,
                row_order: None,
                anime: Some(TypeSettings::default()),
                manga: None,
            },
            entries,
            favourites: None,
            coverage: Coverage::default(),
        }
    }

    fn lists() -> impl Strategy<Value = List> {
        let values = (0u32..12, 0u16..3, proptest::option::of(0u32..3));
        proptest::collection::vec(values, 0..12).prop_map(|entries| {
            list(
                entries
                    .into_iter()
                    .map(|(id, s, p)| entry(id, s, p))
                    .collect(),
            )
        })
    }

    proptest! {
        #[test]
        fn a_list_does_not_differ_from_itself(a in lists()) {
            let found = compare(&a, &a);
            prop_assert!(found.is_empty());
            prop_assert_eq!(found.same.len(), a.entries.len());
        }

        #[test]
        fn the_other_way_round_is_the_inverse(a in lists(), b in lists()) {
            let (there, back) = (compare(&a, &b), compare(&b, &a));
            prop_assert_eq!(&there.added, &back.removed);
            prop_assert_eq!(&there.removed, &back.added);
            prop_assert_eq!(&there.not_recorded, &back.not_recorded);
            let turned: Vec<_> = back.changed.iter().map(|c| (c.after, c.before, &c.fields)).collect();
            let changed: Vec<_> = there.changed.iter().map(|c| (c.before, c.after, &c.fields)).collect();
            prop_assert_eq!(changed, turned);
        }

        #[test]
        fn every_title_is_counted_once(a in lists(), b in lists()) {
            let found = compare(&a, &b);
            let kept = found.changed.len() + found.same.len();
            prop_assert_eq!(found.removed.len() + kept, a.entries.len());
            prop_assert_eq!(found.added.len() + kept, b.entries.len());
        }
    }

    #[test]
    fn a_type_that_one_side_did_not_look_at_is_left_out_and_counted() {
        let mut theirs = list(vec![entry(1, 5, None)]);
        theirs.coverage.not_read = vec![MediaType::Manga];
        let ours = list(vec![
            entry(1, 5, Some(2)),
            entry(3, 5, None),
            entry(2, 5, None),
        ]);
        let found = compare(&theirs, &ours);
        assert_eq!(found.added.len(), 1);
        assert_eq!(found.left_out, [(MediaType::Manga, 1)].into());
        assert_eq!(found.not_recorded[&EntryField::Progress], 1);
        assert_eq!(found.same.len(), 1);
    }

    #[test]
    fn private_titles_that_one_side_could_not_see_are_left_out_and_counted() {
        let mut owners = list(vec![entry(1, 5, None), entry(2, 5, None)]);
        for entry in &mut owners.entries {
            entry.values.private = Recorded::Known(entry.media == MediaId::new(1));
        }
        let mut everybodys = list(Vec::new());
        everybodys.coverage.public = true;
        let (there, back) = (compare(&owners, &everybodys), compare(&everybodys, &owners));
        assert_eq!((there.removed.len(), there.unseen), (1, Some(1)));
        assert_eq!((back.added.len(), back.unseen), (1, Some(1)));
        assert_eq!(compare(&owners, &owners).unseen, None);
    }

    #[test]
    fn another_score_format_is_one_notice_and_no_change() {
        let before = list(vec![entry(1, 76, None)]);
        let mut after = before.clone();
        after.settings.score_format = ScoreFormat::Point5;
        if let Some(anime) = &mut after.settings.anime {
            anime.custom_lists = vec!["Cozy".to_owned()];
        }
        let found = compare(&before, &after);
        assert!(found.is_empty());
        assert_eq!(found.notices.len(), 2);
    }
}
