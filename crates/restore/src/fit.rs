//! What an account, and AniList today, do not take of what is wanted.

use anirewind_model::{
    AdvancedScores, CustomLists, EntryField, EntryStatus, EntryValues, ListSettings, MediaType,
    Recorded,
};

const MOST_REPEATS: u32 = 1_000;
const MOST_PRIORITY: u32 = 255;
const LONGEST_NOTES: usize = 6_000;

/// What had to be left out of some wanted values, and what has to be made first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fit {
    /// What is left out, in words.
    pub notes: Vec<String>,
    /// Custom lists that the account does not have and that have to be made.
    pub lists: Vec<String>,
}

/// Leaves out of `wanted` what would be refused or silently dropped: custom lists that the account
/// does not have, unless they are made first, categories of scores that it does not have, and values
/// outside AniList's limits. What is left out stays as it is `now`.
pub fn fit(
    wanted: &mut EntryValues,
    now: Option<&EntryValues>,
    media_type: MediaType,
    settings: &ListSettings,
    makes_lists: bool,
) -> Fit {
    let mut fit = Fit::default();
    let of_type = match media_type {
        MediaType::Anime => settings.anime.as_ref(),
        MediaType::Manga => settings.manga.as_ref(),
    };
    if let Some(of_type) = of_type {
        if let Recorded::Known(lists) = &wanted.custom_lists {
            let has = |name: &&str| of_type.custom_lists.iter().any(|known| known == name);
            let (there, missing): (Vec<&str>, Vec<&str>) = lists.iter().partition(has);
            let missing: Vec<_> = missing.into_iter().map(str::to_owned).collect();
            if makes_lists {
                fit.lists = missing;
            } else if !missing.is_empty() {
                let missing = missing.join(", ");
                fit.notes
                    .push(format!("no such custom list any more: {missing}"));
                let there: Vec<_> = there.into_iter().map(str::to_owned).collect();
                wanted.custom_lists = CustomLists::new(there).into();
            }
        }
        if let Recorded::Known(scores) = &wanted.advanced_scores {
            let has = |name: &str| of_type.advanced_scoring.iter().any(|known| known == name);
            let missing = scores.iter().filter(|(name, _)| !has(name));
            let missing: Vec<_> = missing.map(|(name, _)| name).collect();
            if !missing.is_empty() {
                let missing = missing.join(", ");
                let note = format!("no such category of scores any more: {missing}");
                let there = scores.iter().filter(|(name, _)| has(name));
                let there: Vec<_> = there.map(|(name, raw)| (name.to_owned(), raw)).collect();
                fit.notes.push(note);
                wanted.advanced_scores = AdvancedScores::new(there).into();
            }
        }
    }
    let stays = |field: EntryField| now.is_some_and(|now| now.get(field) == wanted.get(field));
    let too_large = outside_limits(wanted).into_iter();
    let too_large: Vec<_> = too_large.filter(|(field, _)| !stays(*field)).collect();
    let nothing = EntryValues::default();
    for (field, what) in too_large {
        let word = field.word(media_type).to_lowercase();
        fit.notes.push(format!("{word}: {what}; left out"));
        wanted.copy(field, now.unwrap_or(&nothing));
    }
    fit
}

fn outside_limits(values: &EntryValues) -> Vec<(EntryField, String)> {
    let mut found = Vec::new();
    if let Recorded::Known(EntryStatus::Unknown(name)) = &values.status {
        let what = format!("{name} is a status that this version does not know");
        found.push((EntryField::Status, what));
    }
    if let Recorded::Known(score) = values.score
        && !score.is_within_limits()
    {
        let what = format!("{} is more than AniList takes today", score.raw());
        found.push((EntryField::Score, what));
    }
    for (field, value, most) in [
        (EntryField::Repeats, values.repeats, MOST_REPEATS),
        (EntryField::Priority, values.priority, MOST_PRIORITY),
    ] {
        if let Recorded::Known(value) = value
            && value > most
        {
            let what = format!("{value} is more than the {most} that AniList takes today");
            found.push((field, what));
        }
    }
    if let Recorded::Known(notes) = &values.notes {
        let length = notes.as_str().chars().count();
        if length > LONGEST_NOTES {
            let what = format!("{length} characters are more than AniList takes today");
            found.push((EntryField::Notes, what));
        }
    }
    found
}
