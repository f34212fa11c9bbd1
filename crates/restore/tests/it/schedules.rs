//! Ten thousand lives of a restore: requests fail before and after their effect, batches break in the
//! middle, the process dies between any two words of the journal, and the user goes on editing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anirewind_model::{
    Clock as _, Deletion, Entry, EntryField, EntryId, EntryStatus, EntryValues, EntryWrite, List,
    ListSettings, MediaId, MediaType, Notes, Progress, Recent, Recorded, Remote, RemoteError,
    Saved, Score, ScoreFormat, SharedWrite, UserId, Viewer,
};
use anirewind_restore::{
    Journal, JournalError, Ports, Reading, Settled, Step, StepState, Stopped, execute,
};
use anirewind_simulator::VirtualClock;
use async_trait::async_trait;
use time::OffsetDateTime;
use time::macros::datetime;

const SEEDS: u64 = 10_000;
/// Seeds that once failed. They stay.
const FAILED_ONCE: [u64; 2] = [30, 5_621];
const TITLES: u32 = 24;
const START: OffsetDateTime = datetime!(2026-11-03 12:00 UTC);

/// What AniList, the network and the user do.
struct State {
    rng: fastrand::Rng,
    entries: BTreeMap<MediaId, Entry>,
    next_id: u32,
    seconds: i64,
    /// Faults that are left: a life in which nothing ever works proves nothing.
    faults: u32,
    edits: u32,
    /// What the user last put into which field; removed and added titles are kept out of it.
    edited: BTreeMap<(MediaId, EntryField), EntryValues>,
    /// How often our saves and removals changed a title.
    effects: BTreeMap<MediaId, u32>,
    trace: Vec<String>,
}

struct Fake {
    state: Mutex<State>,
    clock: Arc<VirtualClock>,
}

impl State {
    fn fails(&mut self) -> bool {
        let fails = self.faults > 0 && self.rng.u8(..10) == 0;
        self.faults -= u32::from(fails);
        fails
    }

    fn error(&mut self) -> RemoteError {
        match self.rng.u8(..6) {
            0 => RemoteError::Timeout {
                after: Duration::from_mins(1),
            },
            1 => RemoteError::Interrupted {
                source: "cut".into(),
            },
            2 => RemoteError::Server {
                status: 500,
                message: "Internal Server Error".to_owned(),
            },
            3 => RemoteError::Malformed {
                status: 200,
                problem: "cut short".to_owned(),
            },
            4 => RemoteError::Challenge { status: 502 },
            _ => RemoteError::Disabled {
                message: "maintenance".to_owned(),
            },
        }
    }

    /// The user edits a title, somewhere.
    fn edit(&mut self) {
        if self.edits == 0 || self.rng.u8(..8) > 0 {
            return;
        }
        self.edits -= 1;
        let media = MediaId::new(self.rng.u32(1..=TITLES));
        let mut user = EntryValues::default();
        let field = [EntryField::Score, EntryField::Progress, EntryField::Notes];
        let field = field[self.rng.usize(..3)];
        let n = self.edits;
        match field {
            EntryField::Score => user.score = Score::new(90 + u16::try_from(n).unwrap()).into(),
            EntryField::Progress => user.progress = Recorded::Known(5_000 + n),
            _ => user.notes = Notes::new(format!("by the user, {n}")).into(),
        }
        self.seconds += 30;
        let at = START + time::Duration::seconds(self.seconds);
        let Some(entry) = self.entries.get_mut(&media) else {
            return;
        };
        entry.values.copy(field, &user);
        entry.updated_at = Some(at);
        self.edited.insert((media, field), user);
        self.trace.push(format!("user edits {media} {field:?}"));
    }

    fn write(&mut self, write: &EntryWrite) -> Saved {
        self.seconds += 1;
        let at = START + time::Duration::seconds(self.seconds);
        let id = EntryId::new(self.next_id);
        let is_new = !self.entries.contains_key(&write.media);
        self.next_id += u32::from(is_new);
        let entry = self
            .entries
            .entry(write.media)
            .or_insert_with(|| entry(write.media.get(), id.get(), EntryStatus::Current));
        let before = entry.values.clone();
        for field in EntryField::ALL {
            if write.values.get(field).is_recorded() {
                entry.values.copy(field, &write.values);
            }
        }
        entry.updated_at = Some(at);
        if is_new || entry.values != before {
            *self.effects.entry(write.media).or_default() += 1;
        }
        self.trace.push(format!("saved {}", write.media));
        Saved {
            id: entry.id.unwrap(),
            media: write.media,
            updated_at: Some(at),
        }
    }
}

fn entry(media: u32, id: u32, status: EntryStatus) -> Entry {
    Entry {
        media: MediaId::new(media),
        media_type: MediaType::Anime,
        id: Some(EntryId::new(id)),
        values: EntryValues {
            status: Recorded::Known(status),
            score: Recorded::Empty,
            progress: Recorded::Known(0),
            volumes: Recorded::Known(0),
            repeats: Recorded::Known(0),
            priority: Recorded::Known(0),
            private: Recorded::Known(false),
            hidden: Recorded::Known(false),
            notes: Recorded::Empty,
            custom_lists: Recorded::Empty,
            advanced_scores: Recorded::Empty,
            started: Recorded::Empty,
            completed: Recorded::Empty,
        },
        created_at: None,
        updated_at: Some(START),
        summary: None,
    }
}

#[async_trait]
impl Remote for Fake {
    async fn viewer(&self) -> Result<Viewer, RemoteError> {
        unreachable!("the executor is told who it works for")
    }

    async fn list(&self, _: &Viewer, _: Progress<'_>) -> Result<List, RemoteError> {
        unreachable!("the executor reads no whole list")
    }

    async fn recent(&self, _: UserId) -> Result<Recent, RemoteError> {
        unreachable!("the executor does not look")
    }

    async fn shown(&self, _: &Viewer) -> Result<Vec<Entry>, RemoteError> {
        unreachable!("the executor does not look")
    }

    async fn entries(
        &self,
        _: &Viewer,
        titles: &[(MediaType, MediaId)],
    ) -> Result<Vec<Entry>, RemoteError> {
        let mut state = self.state.lock().unwrap();
        state.edit();
        state.trace.push(format!("read {}", titles.len()));
        if state.fails() {
            return Err(state.error());
        }
        let found = titles
            .iter()
            .filter_map(|(_, media)| state.entries.get(media));
        Ok(found.cloned().collect())
    }

    async fn save(
        &self,
        _: &ListSettings,
        writes: &[EntryWrite],
    ) -> Result<Vec<Saved>, RemoteError> {
        let mut state = self.state.lock().unwrap();
        let most = 5 + state.rng.usize(..4) * 10;
        if writes.len() > most {
            let (max, got) = (most, writes.len());
            return Err(RemoteError::Complexity {
                max: u32::try_from(max).unwrap(),
                got: u32::try_from(got).unwrap(),
            });
        }
        let fails = state.fails();
        let how = state.rng.u8(..3);
        if fails && how == 0 {
            return Err(state.error());
        }
        if fails && how == 1 {
            // One is refused for no good reason; those before it took effect.
            let culprit = state.rng.usize(..writes.len());
            for write in &writes[..culprit] {
                state.write(write);
            }
            let is_said = state.rng.bool();
            return Err(RemoteError::Batch {
                culprit: is_said.then_some(culprit),
                count: writes.len(),
                source: Box::new(state.error()),
            });
        }
        let saved: Vec<_> = writes.iter().map(|write| state.write(write)).collect();
        let edits = state.edits;
        state.edit();
        if state.edits < edits {
            // What was read before is no longer fresh.
            self.clock.advance(Duration::from_secs(30));
        }
        if fails {
            return Err(state.error());
        }
        Ok(saved)
    }

    async fn save_shared(
        &self,
        _: &ListSettings,
        write: &SharedWrite,
    ) -> Result<Vec<Saved>, RemoteError> {
        let mut state = self.state.lock().unwrap();
        let fails = state.fails();
        if fails && state.rng.bool() {
            return Err(state.error());
        }
        let mut saved = Vec::new();
        for id in &write.entries {
            let media = state.entries.values().find(|entry| entry.id == Some(*id));
            // AniList leaves out what it does not write, without a word.
            if let Some(media) = media.map(|entry| entry.media)
                && (state.faults == 0 || state.rng.u8(..20) > 0)
            {
                saved.push(state.write(&EntryWrite {
                    media,
                    media_type: write.media_type,
                    values: write.values.clone(),
                }));
            }
        }
        if fails { Err(state.error()) } else { Ok(saved) }
    }

    async fn delete(&self, _: &Viewer, entries: &[Deletion]) -> Result<(), RemoteError> {
        let mut state = self.state.lock().unwrap();
        let fails = state.fails();
        let reached = if fails {
            state.rng.usize(..=entries.len())
        } else {
            entries.len()
        };
        for deletion in &entries[..reached] {
            let is_it = |entry: &Entry| entry.id == Some(deletion.id);
            if state.entries.get(&deletion.media).is_some_and(is_it) {
                state.entries.remove(&deletion.media);
                *state.effects.entry(deletion.media).or_default() += 1;
                state.trace.push(format!("removed {}", deletion.media));
            }
        }
        if fails { Err(state.error()) } else { Ok(()) }
    }
}

/// A journal on a disk that outlives the process, which dies now and then.
struct Disk {
    states: Mutex<Vec<StepState>>,
    rng: Mutex<fastrand::Rng>,
    deaths: Mutex<u32>,
}

impl Disk {
    fn call(&self, write: impl FnOnce(&mut Vec<StepState>)) -> Result<(), JournalError> {
        let mut deaths = self.deaths.lock().unwrap();
        let mut rng = self.rng.lock().unwrap();
        let dies = *deaths > 0 && rng.u8(..10) == 0;
        *deaths -= u32::from(dies);
        if !dies || rng.bool() {
            write(&mut self.states.lock().unwrap());
        }
        if dies {
            Err(JournalError("killed".into()))
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl Journal for Disk {
    async fn intend(&self, places: &[usize]) -> Result<(), JournalError> {
        self.call(|states| {
            for place in places {
                states[*place] = StepState::Intended;
            }
        })
    }

    async fn settle(&self, settled: Vec<(usize, Settled)>) -> Result<(), JournalError> {
        self.call(|states| {
            for (place, settled) in settled {
                assert!(!states[place].is_settled(), "what is settled stays so");
                states[place] = settled.state;
            }
        })
    }
}

/// Fourteen to change (half of them all alike), six to add, four to remove.
fn steps() -> (BTreeMap<MediaId, Entry>, Vec<Step>) {
    let mut entries = BTreeMap::new();
    let mut steps = Vec::new();
    for media in 1..=TITLES {
        let mut before = entry(media, 100 + media, EntryStatus::Current);
        before.values.progress = Recorded::Known(media);
        let mut target = before.values.clone();
        let (before, target) = match media {
            1..=7 => {
                target.score = Score::new(u16::try_from(media).unwrap() + 10).into();
                target.notes = Notes::new("as it was").into();
                (Some(before), Some(target))
            }
            8..=14 => {
                target.status = Recorded::Known(EntryStatus::Completed);
                target.progress = Recorded::Known(12);
                before.values.progress = Recorded::Known(3);
                (Some(before), Some(target))
            }
            15..=20 => {
                target.score = Score::new(40).into();
                (None, Some(target))
            }
            _ => (Some(before), None),
        };
        let values = before.as_ref().map(|entry| entry.values.clone());
        steps.push(Step::new(MediaId::new(media), MediaType::Anime, values, target).unwrap());
        if let Some(before) = before {
            entries.insert(before.media, before);
        }
    }
    (entries, steps)
}

fn viewer() -> Viewer {
    Viewer {
        account: anirewind_model::Account {
            id: UserId::new(4242),
            name: "hana".to_owned(),
        },
        avatar: None,
        title_language: None,
        display_adult: None,
        timezone: None,
        settings: ListSettings {
            score_format: ScoreFormat::Point100,
            row_order: None,
            anime: None,
            manga: None,
        },
        activity: anirewind_model::ActivitySettings::default(),
        counts: None,
    }
}

/// One life, from the first run to the last restart: how many titles were given up, and what
/// happened.
async fn live(seed: u64) -> (u32, Vec<String>) {
    let (entries, steps) = steps();
    let clock = Arc::new(VirtualClock::starting_at(START));
    let mut rng = fastrand::Rng::with_seed(seed);
    let fake = Fake {
        clock: clock.clone(),
        state: Mutex::new(State {
            faults: rng.u32(..8),
            edits: rng.u32(..6),
            rng: rng.fork(),
            entries,
            next_id: 1_000,
            seconds: 60,
            edited: BTreeMap::new(),
            effects: BTreeMap::new(),
            trace: Vec::new(),
        }),
    };
    let disk = Disk {
        states: Mutex::new(vec![StepState::Pending; steps.len()]),
        deaths: Mutex::new(rng.u32(..4)),
        rng: Mutex::new(rng.fork()),
    };
    let viewer = viewer();
    let most = [3, 8, 166][rng.usize(..3)];
    let mut done = false;
    for _ in 0..40 {
        let states = disk.states.lock().unwrap().clone();
        let now: Vec<_> = steps.iter().cloned().zip(states).collect();
        let ports = Ports {
            remote: &fake,
            viewer: &viewer,
            journal: &disk,
            clock: clock.as_ref(),
            most,
        };
        let run = execute(&now, Reading::default(), &ports).await;
        fake.state.lock().unwrap().trace.push(format!("{run:?}"));
        clock.sleep(Duration::from_mins(1)).await;
        match run {
            Ok(()) => {
                done = true;
                break;
            }
            Err(Stopped::Remote(_) | Stopped::Journal(_)) => {}
            Err(Stopped::Asked(_)) => unreachable!("nobody asked"),
        }
    }
    assert!(done, "seed {seed} does not end");
    let failed = check(seed, &fake, &disk, &steps);
    (failed, fake.state.into_inner().unwrap().trace)
}

fn check(seed: u64, fake: &Fake, disk: &Disk, steps: &[Step]) -> u32 {
    let state = fake.state.lock().unwrap();
    let states = disk.states.lock().unwrap();
    let touched: BTreeSet<MediaId> = state.edited.keys().map(|(media, _)| *media).collect();
    let mut failed = 0;
    for (step, settled) in steps.iter().zip(states.iter()) {
        let media = step.media;
        let what = format!(
            "seed {seed}, title {media}, {settled:?}\n{}",
            state.trace.join("\n")
        );
        let now = state.entries.get(&media).map(|entry| &entry.values);
        assert!(settled.is_settled(), "{what}");
        let effects = state.effects.get(&media).copied().unwrap_or_default();
        assert!(effects <= 1, "{effects} effects: {what}");
        // Three times in a row by itself, and nothing happened: that is told, and can be tried again.
        if *settled == StepState::Failed && effects == 0 {
            let is_as_before = now == step.before.as_ref();
            assert!(is_as_before || touched.contains(&media), "{what}");
            failed += 1;
            continue;
        }
        if !touched.contains(&media) {
            assert!(settled.is_well(), "{what}");
            match (&step.target, now) {
                (None, None) => {}
                (Some(target), Some(now)) => assert_eq!(target, now, "{what}"),
                _ => panic!("{what}"),
            }
            assert_eq!(effects, 1, "{what}");
            continue;
        }
        // What the user put in stands, whatever we did before or after.
        let now = now.unwrap_or_else(|| panic!("a title that was edited is gone: {what}"));
        for ((_, field), user) in state.edited.iter().filter(|((of, _), _)| *of == media) {
            assert_eq!(user.get(*field), now.get(*field), "{field:?} {what}");
        }
    }
    failed
}

#[tokio::test]
async fn ten_thousand_lives_lose_nothing_and_do_nothing_twice() {
    let mut failed = 0;
    for seed in FAILED_ONCE.into_iter().chain(0..SEEDS) {
        failed += live(seed).await.0;
    }
    assert!(failed < 100, "{failed} titles of 240,000 were given up");
}

#[tokio::test]
async fn the_same_seed_is_the_same_life() {
    for seed in 0..50 {
        assert_eq!(live(seed).await, live(seed).await);
    }
}
