//! A year of looks, one every five minutes: nothing is missed, nothing is seen twice, few requests.

use std::collections::BTreeMap;

use anirewind_model::{
    Account, ActivitySettings, Counts, Coverage, Entry, EntryField, EntryValues, List,
    ListSettings, MediaId, MediaType, Recent, Recorded, ScoreFormat, UserId, Viewer,
};
use anirewind_timeline::{KnownList, Seen, Window, is_explained, observe, read_recent, read_shown};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::sample::entry;

const PAGE: usize = 50;
const LOOKS: usize = 365 * 24 * 12;

/// A small, good enough stream of numbers.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

/// AniList, and the person who uses it.
struct World {
    entries: KnownList,
    numbers: Numbers,
    edits: usize,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            entries: KnownList::new(),
            numbers: Numbers(7),
            edits: 0,
        };
        for media in 0..160 {
            world.add(media, datetime!(2025-12-01 0:00 UTC));
        }
        world
    }

    fn add(&mut self, media: u32, at: OffsetDateTime) {
        let media_type = if media.is_multiple_of(4) {
            MediaType::Manga
        } else {
            MediaType::Anime
        };
        let values = EntryValues {
            progress: Recorded::Known(0),
            hidden: Recorded::Known(false),
            ..EntryValues::default()
        };
        let entry = Entry {
            media: MediaId::new(media),
            media_type,
            updated_at: Some(at),
            ..entry(values)
        };
        self.entries.insert((media_type, entry.media), entry);
    }

    /// What happens until the next look: mostly nothing, now and then a burst.
    fn go_on(&mut self, now: OffsetDateTime) {
        let edits = match self.numbers.below(400) {
            0 => 70_i64,
            1..=3 => 12,
            4..=30 => 1,
            _ => 0,
        };
        for n in 0..edits {
            self.edits += 1;
            let at = now - Duration::seconds(edits - n);
            let count = self.entries.len();
            let place = self.numbers.below(count);
            let key = *self.entries.keys().nth(place).unwrap();
            match self.numbers.below(12) {
                0 if count > 120 => {
                    self.entries.remove(&key);
                }
                1 if count < 200 => {
                    let media = u32::try_from(self.numbers.below(400)).unwrap();
                    self.entries.retain(|(_, id), _| id.get() != media);
                    self.add(media, at);
                }
                _ => {
                    let entry = self.entries.get_mut(&key).unwrap();
                    let progress = entry.values.progress.known().copied().unwrap();
                    entry.values.progress = Recorded::Known(progress + 1);
                    entry.updated_at = Some(at);
                }
            }
        }
    }

    fn counts(&self) -> Counts {
        self.entries.keys().map(|(of, _)| *of).collect()
    }

    fn recent(&self) -> Recent {
        let newest = |of: MediaType| {
            let mut entries: Vec<_> = self
                .entries
                .values()
                .filter(|e| e.media_type == of)
                .cloned()
                .collect();
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.updated_at));
            entries.truncate(PAGE);
            entries
        };
        Recent {
            viewer: viewer(Some(self.counts())),
            anime: newest(MediaType::Anime),
            manga: newest(MediaType::Manga),
            page: PAGE,
        }
    }
}

fn viewer(counts: Option<Counts>) -> Viewer {
    Viewer {
        account: Account {
            id: UserId::new(4242),
            name: "hana".to_owned(),
        },
        avatar: None,
        title_language: None,
        display_adult: None,
        timezone: None,
        settings: settings(),
        activity: ActivitySettings::default(),
        counts,
    }
}

fn settings() -> ListSettings {
    ListSettings {
        score_format: ScoreFormat::Point100,
        row_order: None,
        anime: None,
        manga: None,
    }
}

fn list(entries: &KnownList) -> List {
    List {
        owner: viewer(None).account,
        title_language: None,
        settings: settings(),
        entries: entries.values().cloned().collect(),
        favourites: None,
        coverage: Coverage::default(),
    }
}

#[test]
fn nothing_is_missed_nothing_is_seen_twice_and_a_look_takes_two_requests_at_most() {
    let mut world = World::new();
    let mut known = world.entries.clone();
    let mut now = datetime!(2026-01-01 0:00 UTC);
    // What the log says of each title: its changes follow one another.
    let mut told: BTreeMap<(MediaType, MediaId), Option<u32>> = BTreeMap::new();
    let progress =
        |entry: Option<&Entry>| entry.map(|e| e.values.progress.known().copied().unwrap());
    let (mut requests, mut changes, mut whole) = (0, 0, 0);
    for _ in 0..LOOKS {
        let last = now;
        now += Duration::minutes(5);
        world.go_on(now);
        let before = known.clone();
        requests += 1;
        let recent = world.recent();
        match read_recent(&known, &recent, (0, 0)) {
            Seen::All(put) => known.extend(put.into_iter().map(|e| ((e.media_type, e.media), e))),
            Seen::More => {
                requests += 1;
                let shown: Vec<_> = world.entries.values().cloned().collect();
                let (put, gone) = read_shown(&known, &shown);
                if is_explained(&known, &put, &gone, Some(world.counts()), (0, 0)) {
                    known.extend(put.into_iter().map(|e| ((e.media_type, e.media), e)));
                    known.retain(|key, _| !gone.contains(key));
                } else {
                    whole += 1;
                    known.clone_from(&world.entries);
                }
            }
        }
        let window = Window {
            since: last,
            until: now,
        };
        if before == known {
            continue;
        }
        for change in observe(&list(&before), &list(&known), window) {
            changes += 1;
            let key = (change.media_type, change.media);
            let was = progress(change.before.as_ref());
            let is = progress(change.after.as_ref());
            if let Some(last) = told.insert(key, is) {
                assert_eq!(last, was, "{key:?} at {now}");
            }
            let fields = change.fields();
            assert!(fields.is_empty() || fields == [EntryField::Progress]);
            assert!(was != is, "a change that changes nothing");
        }
        assert_eq!(known, world.entries, "at {now}");
    }
    assert_eq!(known, world.entries);
    assert!(
        world.edits > 15_000 && changes > 10_000,
        "{} edits, {changes} changes",
        world.edits
    );
    assert_eq!(whole, 0, "nothing needed the whole list");
    // One a look, and one more where something was gone or more than a page changed.
    assert!(
        requests < LOOKS + 2_500,
        "{requests} requests for {LOOKS} looks"
    );
}
