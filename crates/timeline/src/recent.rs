//! What a cheap look can tell, and when it cannot.

use std::collections::{BTreeMap, BTreeSet};

use anirewind_model::{Counts, Entry, MediaId, MediaType, Recent, Recorded};

/// The list as it was last seen.
pub type KnownList = BTreeMap<(MediaType, MediaId), Entry>;

/// What a cheap look saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// These titles are other than they were or new, and that is all there is. None, when nothing is.
    All(Vec<Entry>),
    /// Something is gone, or more has changed than was shown.
    More,
}

/// Compares what was saved last with what is known.
///
/// `off` is by how many titles AniList's statistics were off, anime and manga, when the whole list
/// was last read.
pub fn read_recent(known: &KnownList, recent: &Recent, off: (i64, i64)) -> Seen {
    let mut changed = Vec::new();
    for of in MediaType::BOTH {
        let shown = recent.of(of);
        let mine = || {
            known
                .iter()
                .filter(move |((media_type, _), _)| *media_type == of)
        };
        let newest = mine().filter_map(|(_, entry)| entry.updated_at).max();
        let oldest_shown = shown.last().and_then(|entry| entry.updated_at);
        // Down to before the last change that is known; what was saved in the same second is
        // compared all the same.
        let is_covered = shown.len() < recent.page || (newest.is_some() && oldest_shown < newest);
        let new = shown
            .iter()
            .filter(|entry| !known.contains_key(&(of, entry.media)));
        let new = i64::try_from(new.count()).unwrap_or(i64::MAX);
        let before = i64::try_from(mine().count()).unwrap_or(i64::MAX);
        let off = if of == MediaType::Anime { off.0 } else { off.1 };
        let counted = recent.viewer.counts.map(|counts| counts.of(of));
        let is_counted = counted
            .is_none_or(|counted| i64::try_from(counted).unwrap_or(i64::MAX) == before + new + off);
        // Fewer shown than fit, and fewer than are known: some are gone.
        let is_short =
            shown.len() < recent.page && before + new > i64::try_from(shown.len()).unwrap_or(0);
        if !is_covered || !is_counted || is_short {
            return Seen::More;
        }
        changed.extend(shown.iter().filter(|entry| differs(known, entry)).cloned());
    }
    Seen::All(changed)
}

/// What differs from what is known when all is shown that groups show: entries that are other or
/// new, and titles that are gone.
pub fn read_shown(known: &KnownList, shown: &[Entry]) -> (Vec<Entry>, Vec<(MediaType, MediaId)>) {
    let there: BTreeSet<_> = shown
        .iter()
        .map(|entry| (entry.media_type, entry.media))
        .collect();
    let changed = shown.iter().filter(|entry| differs(known, entry)).cloned();
    let gone = known.iter().filter(|(key, entry)| {
        // Hidden and on no custom list: groups never show it, so its absence says nothing.
        let is_unseen = entry.values.hidden != Recorded::Known(false)
            && entry.values.custom_lists.known().is_none();
        !is_unseen && !there.contains(key)
    });
    (changed.collect(), gone.map(|(key, _)| *key).collect())
}

fn differs(known: &KnownList, entry: &Entry) -> bool {
    // Saved again without a change counts too: by that time later looks know how far they reach.
    known
        .get(&(entry.media_type, entry.media))
        .is_none_or(|was| {
            was.updated_at != entry.updated_at
                || was.values.differing(&entry.values).next().is_some()
        })
}

/// Whether AniList's counts agree once these titles are other or new and those are gone. If not, only
/// the whole list tells.
pub fn is_explained(
    known: &KnownList,
    put: &[Entry],
    gone: &[(MediaType, MediaId)],
    counts: Option<Counts>,
    off: (i64, i64),
) -> bool {
    MediaType::BOTH.into_iter().all(|of| {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let was = known
            .keys()
            .filter(|(media_type, _)| *media_type == of)
            .count();
        let new = put
            .iter()
            .filter(|entry| entry.media_type == of && !known.contains_key(&(of, entry.media)))
            .count();
        let gone = gone
            .iter()
            .filter(|(media_type, _)| *media_type == of)
            .count();
        let off = if of == MediaType::Anime { off.0 } else { off.1 };
        // Without counts nothing is taken for gone.
        counts.is_some_and(|counts| {
            count(counts.of(of)) == count(was) + count(new) - count(gone) + off
        })
    })
}
