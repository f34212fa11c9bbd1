//! How a list falls into groups and chunks, and in which order.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::words::MediaListSort;
use crate::{SimEntry, SimMedia, SimUser, Status, Switches};

/// A section of a list's page.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) status: Option<Status>,
    pub(crate) is_custom: bool,
    pub(crate) is_split: bool,
    pub(crate) entries: Vec<Arc<SimEntry>>,
}

/// Which part of a collection is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunk {
    pub(crate) number: usize,
    pub(crate) size: usize,
}

/// Sorts entries into the sections of a list, each entry once for every section it is in.
pub(crate) fn groups(
    entries: &[Arc<SimEntry>],
    media: &BTreeMap<u32, Arc<SimMedia>>,
    user: &SimUser,
    is_anime: bool,
    single_completed: bool,
    switches: &Switches,
) -> Vec<Group> {
    let options = user.options(is_anime);
    let split = options.split_completed && !single_completed;
    let mut sections: BTreeMap<(Status, Option<&str>), Vec<Arc<SimEntry>>> = BTreeMap::new();
    let mut custom: BTreeMap<usize, Vec<Arc<SimEntry>>> = BTreeMap::new();
    for entry in entries {
        for place in &entry.custom_lists {
            if *place < options.custom_lists.len() {
                custom.entry(*place).or_default().push(Arc::clone(entry));
            }
        }
        let orphaned = entry.hidden && entry.custom_lists.is_empty();
        if !entry.hidden || (orphaned && switches.hidden_in_collection) {
            let format = (split && entry.status == Status::Completed)
                .then(|| media.get(&entry.media).map(|media| media.format.as_str()))
                .flatten();
            sections
                .entry((entry.status, format))
                .or_default()
                .push(Arc::clone(entry));
        }
    }
    let by_status = sections.into_iter().map(|((status, format), entries)| {
        let section = status.section(is_anime);
        Group {
            name: format.map_or_else(
                || section.to_owned(),
                |format| format!("{section} {format}"),
            ),
            status: Some(status),
            is_custom: false,
            is_split: format.is_some(),
            entries,
        }
    });
    let by_name = custom.into_iter().filter_map(|(place, entries)| {
        let name = options.custom_lists.get(place)?.clone();
        Some(Group {
            name,
            status: None,
            is_custom: true,
            is_split: false,
            entries,
        })
    });
    by_status.chain(by_name).collect()
}

/// Cuts groups to one chunk; says whether there is another. Chunk 0 is chunk 1.
pub(crate) fn cut(groups: Vec<Group>, chunk: Chunk, with_duplicates: bool) -> (Vec<Group>, bool) {
    let from = chunk.number.saturating_sub(1) * chunk.size;
    let to = from + chunk.size;
    let mut places: BTreeMap<u32, usize> = BTreeMap::new();
    let mut count = 0usize;
    let mut kept = Vec::new();
    for mut group in groups {
        group.entries.retain(|entry| {
            let place = if with_duplicates {
                count += 1;
                count - 1
            } else {
                *places.entry(entry.id).or_insert_with(|| {
                    count += 1;
                    count - 1
                })
            };
            (from..to).contains(&place)
        });
        if !group.entries.is_empty() {
            kept.push(group);
        }
    }
    (kept, count > to)
}

/// Puts entries in the order asked for.
pub(crate) fn sort(entries: &mut [Arc<SimEntry>], by: &[MediaListSort]) {
    entries.sort_by(|a, b| {
        by.iter()
            .map(|sort| compare(a, b, *sort))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| a.id.cmp(&b.id))
    });
}

fn compare(a: &SimEntry, b: &SimEntry, by: MediaListSort) -> Ordering {
    let date = |date: crate::Date| (date.year, date.month, date.day);
    match by {
        MediaListSort::MediaId => a.media.cmp(&b.media),
        MediaListSort::MediaIdDesc => b.media.cmp(&a.media),
        MediaListSort::Score => a.score.cmp(&b.score),
        MediaListSort::ScoreDesc => b.score.cmp(&a.score),
        MediaListSort::Status => a.status.cmp(&b.status),
        MediaListSort::StatusDesc => b.status.cmp(&a.status),
        MediaListSort::Progress => a.progress.cmp(&b.progress),
        MediaListSort::ProgressDesc => b.progress.cmp(&a.progress),
        MediaListSort::ProgressVolumes => a.volumes.cmp(&b.volumes),
        MediaListSort::ProgressVolumesDesc => b.volumes.cmp(&a.volumes),
        MediaListSort::Repeat => a.repeat.cmp(&b.repeat),
        MediaListSort::RepeatDesc => b.repeat.cmp(&a.repeat),
        MediaListSort::Priority => a.priority.cmp(&b.priority),
        MediaListSort::PriorityDesc => b.priority.cmp(&a.priority),
        MediaListSort::StartedOn => date(a.started).cmp(&date(b.started)),
        MediaListSort::StartedOnDesc => date(b.started).cmp(&date(a.started)),
        MediaListSort::FinishedOn => date(a.completed).cmp(&date(b.completed)),
        MediaListSort::FinishedOnDesc => date(b.completed).cmp(&date(a.completed)),
        MediaListSort::AddedTime => a.created_at.cmp(&b.created_at),
        MediaListSort::AddedTimeDesc => b.created_at.cmp(&a.created_at),
        MediaListSort::UpdatedTime => a.updated_at.cmp(&b.updated_at),
        MediaListSort::UpdatedTimeDesc => b.updated_at.cmp(&a.updated_at),
        // Titles and popularity are not kept with entries; the id decides.
        MediaListSort::MediaTitleRomaji
        | MediaListSort::MediaTitleRomajiDesc
        | MediaListSort::MediaTitleEnglish
        | MediaListSort::MediaTitleEnglishDesc
        | MediaListSort::MediaTitleNative
        | MediaListSort::MediaTitleNativeDesc
        | MediaListSort::MediaPopularity
        | MediaListSort::MediaPopularityDesc => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, ids: &[u32]) -> Group {
        let entries = ids.iter().map(|id| {
            Arc::new(SimEntry {
                id: *id,
                ..SimEntry::default()
            })
        });
        Group {
            name: name.to_owned(),
            status: None,
            is_custom: false,
            is_split: false,
            entries: entries.collect(),
        }
    }

    #[test]
    fn chunks_count_an_entry_once_unless_told_otherwise() {
        let groups = vec![group("a", &[1, 2, 3]), group("b", &[1, 2])];
        let (first, more) = cut(groups.clone(), Chunk { number: 1, size: 2 }, false);
        assert_eq!(
            first.iter().map(|group| group.entries.len()).sum::<usize>(),
            4
        );
        assert!(more);
        let (second, more) = cut(groups.clone(), Chunk { number: 2, size: 2 }, false);
        assert_eq!(
            second
                .iter()
                .map(|group| group.entries.len())
                .sum::<usize>(),
            1
        );
        assert!(!more);
        let (_, more) = cut(groups, Chunk { number: 2, size: 2 }, true);
        assert!(
            more,
            "five places with duplicates need a third chunk of two"
        );
    }
}
