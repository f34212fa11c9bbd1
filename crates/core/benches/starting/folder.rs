//! A data folder of 10,000 snapshots and 100,000 changes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anirewind_anilist::{AniList, SystemClock};
use anirewind_backup::{Draft, Folder, Kind};
use anirewind_core::{App, Settings, Sources};
use anirewind_model::{
    AccessToken, Clock as _, Entry, EntryStatus, EntryValues, List, MediaId, MediaType, Recorded,
    Remote as _, Score,
};
use anirewind_simulator::{Growth, Options, RateLimit, Simulator, Switches, World};
use anirewind_store::Store;
use anirewind_timeline::{Change, Id, Outcome, Source, When};
use time::OffsetDateTime;

use crate::Failure;

pub(crate) const TOKEN: &str = "simulated-token";
const SNAPSHOTS: u32 = 10_000;
const CHANGES: u32 = 100_000;
const TITLES: usize = 200;

/// Somebody with 200 titles, as AniList has them.
pub(crate) async fn anilist() -> Result<Simulator, Failure> {
    let clock = Arc::new(SystemClock::new());
    let mut world = World::new();
    let growth = Growth {
        seed: 7,
        anime: TITLES,
        manga: 0,
    };
    world.grow(World::hana(), TOKEN, growth, clock.now());
    let options = Options {
        switches: Switches {
            rate_limit: RateLimit::Off,
            ..Switches::default()
        },
        ..Options::default()
    };
    Ok(Simulator::start_with(world, clock, options).await?)
}

async fn list(simulator: &Simulator) -> Result<List, Failure> {
    let token = AccessToken::new(TOKEN).ok_or("no token")?;
    let client = AniList::builder(token).endpoint(simulator.url()).build()?;
    let viewer = client.viewer().await?;
    Ok(client.list(&viewer, &|_, _| ()).await?)
}

/// Writes all of it.
pub(crate) async fn prepare(data: &Path, simulator: &Simulator) -> Result<(), Failure> {
    let folder = Folder::new(data.join("backups"), "plexanibridge");
    let mut list = list(simulator).await?;
    let now = SystemClock::new().now();
    let mut previous = None;
    for index in 0..SNAPSHOTS {
        if let Some(entry) = list.entries.first_mut() {
            entry.values.progress = Recorded::Known(index);
        }
        let written = folder.write(&Draft {
            list: &list,
            created_at: now - time::Duration::hours(i64::from(SNAPSHOTS - index)),
            kind: Kind::Automatic,
            previous,
        })?;
        previous = Some(written.snapshot.file_hash);
    }
    let settings = Settings::read(&Sources {
        flags: BTreeMap::from([("data_dir", data.display().to_string())]),
        ..Sources::default()
    })?;
    let clock = Arc::new(SystemClock::new());
    let app = App::open(settings, clock, jiff::tz::TimeZone::UTC, None)?;
    app.refresh_catalogue().await?;
    drop(app);
    let store = Store::open(&data.join("anirewind.db"))?;
    let owner = list.owner.id;
    for chunk in 0..CHANGES / 5_000 {
        let numbers = chunk * 5_000..(chunk + 1) * 5_000;
        let changes: Vec<_> = numbers.map(|number| change(number, now)).collect();
        store.record_changes(owner, changes).await?;
    }
    Ok(())
}

/// A new score for one of 2,000 titles, a minute after the last.
fn change(number: u32, now: OffsetDateTime) -> Change {
    let media = MediaId::new(500_000 + number % 2_000);
    let entry = |score: u32| Entry {
        media,
        media_type: MediaType::Anime,
        id: None,
        values: EntryValues {
            status: Recorded::Known(EntryStatus::Current),
            score: Score::new(u16::try_from(score % 100).unwrap_or_default()).into(),
            ..EntryValues::default()
        },
        created_at: None,
        updated_at: None,
        summary: None,
    };
    Change {
        media,
        media_type: MediaType::Anime,
        title: Some(format!("Title {}", number % 2_000)),
        before: Some(entry(number)),
        after: Some(entry(number + 7)),
        outcome: Outcome::Synced,
        source: Source::Observed,
        when: When::exactly(now - time::Duration::minutes(i64::from(CHANGES - number))),
        // Half of them came together, five at a time.
        group: (number % 10 >= 5).then(|| Id::of_number(u64::from(number / 10))),
        operation: None,
        undoes: None,
        error: None,
    }
}
