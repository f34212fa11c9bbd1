//! What saving and deleting an entry does, side effects included.

use async_graphql::MaybeUndefined;
use time::OffsetDateTime;

use crate::failure::Failure;
use crate::schema::FuzzyDateInput;
use crate::words::{ScoreFormat, Word as _};
use crate::{
    Activity, CompletedDate, CompletedProgress, Date, NullScalar, OverTotal, SimEntry, SimMedia,
    SimUser, StartedToday, Status, Switches, TextStorage, World,
};

/// Who writes, in which request, when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer<'a> {
    pub(crate) user: u32,
    pub(crate) request: u64,
    pub(crate) now: OffsetDateTime,
    pub(crate) switches: &'a Switches,
}

/// The arguments of a save, each left out, null or given.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) status: MaybeUndefined<Status>,
    pub(crate) score: MaybeUndefined<f64>,
    pub(crate) score_raw: MaybeUndefined<i32>,
    pub(crate) progress: MaybeUndefined<i32>,
    pub(crate) volumes: MaybeUndefined<i32>,
    pub(crate) repeat: MaybeUndefined<i32>,
    pub(crate) priority: MaybeUndefined<i32>,
    pub(crate) private: MaybeUndefined<bool>,
    pub(crate) notes: MaybeUndefined<String>,
    pub(crate) hidden: MaybeUndefined<bool>,
    pub(crate) custom_lists: MaybeUndefined<Vec<Option<String>>>,
    pub(crate) advanced_scores: MaybeUndefined<Vec<Option<f64>>>,
    pub(crate) started: MaybeUndefined<FuzzyDateInput>,
    pub(crate) completed: MaybeUndefined<FuzzyDateInput>,
}

/// Saves one entry by media id or by its own id; returns the media id.
pub(crate) fn save(
    world: &mut World,
    writer: Writer<'_>,
    id: Option<i32>,
    media_id: Option<i32>,
    fields: &Fields,
) -> Result<u32, Failure> {
    let media_id = target(world, writer, id, media_id)?;
    let media = world
        .media
        .get(&media_id)
        .cloned()
        .ok_or_else(|| Failure::validation("mediaId", "The selected media id is invalid."))?;
    let user = world
        .users
        .get(&writer.user)
        .map(|state| state.user.clone());
    let user = user.ok_or_else(Failure::unauthorized)?;
    let before = world.entry(writer.user, media_id).cloned();
    let mut entry = before.clone().unwrap_or_else(|| SimEntry {
        user: writer.user,
        media: media_id,
        created_at: Some(writer.now.unix_timestamp()),
        ..SimEntry::default()
    });
    apply(&mut entry, fields, &user, &media, writer, before.is_none())?;
    if entry.id == 0 {
        entry.id = world.next_entry_id();
    }
    if before.as_ref() != Some(&entry) || writer.switches.noop_moves_updated_at {
        entry.updated_at = Some(writer.now.unix_timestamp());
    }
    post_activity(world, &user, &media, before.as_ref(), &entry, writer.now);
    world.commit(
        writer.user,
        media_id,
        Some(entry),
        writer.now,
        writer.request,
    );
    Ok(media_id)
}

/// Removes an entry; says whether there was one, in the way the switch asks for.
pub(crate) fn delete(
    world: &mut World,
    writer: Writer<'_>,
    id: Option<i32>,
) -> Result<bool, Failure> {
    use crate::DeleteMissing;

    match owner_and_media(world, id) {
        Some((owner, _)) if owner != writer.user => Err(foreign(writer.switches)),
        Some((_, media)) => {
            world.commit(writer.user, media, None, writer.now, writer.request);
            Ok(true)
        }
        None => match writer.switches.delete_missing {
            DeleteMissing::Validation => {
                Err(Failure::validation("id", "The selected id is invalid."))
            }
            DeleteMissing::NotFound => Err(Failure::not_found()),
            DeleteMissing::DeletedFalse => Ok(false),
        },
    }
}

fn owner_and_media(world: &World, id: Option<i32>) -> Option<(u32, u32)> {
    let id = u32::try_from(id?).ok()?;
    world.users.keys().find_map(|user| {
        world
            .entries(*user)
            .find(|entry| entry.id == id)
            .map(|entry| (*user, entry.media))
    })
}

/// The entries with these ids that belong to the writer; AniList drops the others silently.
pub(crate) fn own_media(world: &World, writer: Writer<'_>, ids: &[Option<i32>]) -> Vec<u32> {
    ids.iter()
        .filter_map(|id| owner_and_media(world, *id))
        .filter(|(owner, _)| *owner == writer.user)
        .map(|(_, media)| media)
        .collect()
}

fn target(
    world: &World,
    writer: Writer<'_>,
    id: Option<i32>,
    media_id: Option<i32>,
) -> Result<u32, Failure> {
    match (id, media_id) {
        (Some(id), _) => match owner_and_media(world, Some(id)) {
            None => Err(Failure::validation("id", "The selected id is invalid.")),
            Some((owner, _)) if owner != writer.user => Err(foreign(writer.switches)),
            Some((_, media)) => Ok(media),
        },
        (None, Some(media)) => u32::try_from(media)
            .map_err(|_| Failure::validation("mediaId", "The selected media id is invalid.")),
        (None, None) => Err(Failure::validation(
            "mediaId",
            "The media id field is required when id is not present.",
        )),
    }
}

fn foreign(switches: &Switches) -> Failure {
    Failure::new(
        switches.foreign_entry_status,
        "You are not authorized to modify this MediaList",
    )
}

/// Reads one argument: `Some` where it changes the field.
fn given<T: Clone>(
    value: &MaybeUndefined<T>,
    cleared: T,
    switches: &Switches,
) -> Result<Option<T>, Failure> {
    match value {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Value(value) => Ok(Some(value.clone())),
        MaybeUndefined::Null => match switches.null_scalar {
            NullScalar::Ignored => Ok(None),
            NullScalar::Clears => Ok(Some(cleared)),
            NullScalar::Fails => Err(Failure::new(500, "Internal Server Error")),
        },
    }
}

fn bounded(field: &str, value: i32, most: i32) -> Result<i32, Failure> {
    match value {
        _ if value < 0 => Err(Failure::validation(
            field,
            format!("The {field} must be at least 0."),
        )),
        _ if value > most => Err(Failure::validation(
            field,
            format!("The {field} may not be greater than {most}."),
        )),
        _ => Ok(value),
    }
}

fn apply(
    entry: &mut SimEntry,
    fields: &Fields,
    user: &SimUser,
    media: &SimMedia,
    writer: Writer<'_>,
    is_new: bool,
) -> Result<(), Failure> {
    let switches = writer.switches;
    let was_completed = !is_new && entry.status == Status::Completed;
    let status = given(&fields.status, entry.status, switches)?;
    entry.status = status.unwrap_or(entry.status);
    apply_score(entry, fields, user, switches)?;
    if let Some(volumes) = given(&fields.volumes, 0, switches)? {
        entry.volumes = bounded("progressVolumes", volumes, i32::MAX)?;
    }
    if let Some(repeat) = given(&fields.repeat, 0, switches)? {
        entry.repeat = bounded("repeat", repeat, 1000)?;
    }
    if let Some(priority) = given(&fields.priority, 0, switches)? {
        entry.priority = bounded("priority", priority, 255)?;
    }
    entry.private = given(&fields.private, false, switches)?.unwrap_or(entry.private);
    entry.hidden = given(&fields.hidden, false, switches)?.unwrap_or(entry.hidden);
    if let Some(notes) = given(&fields.notes, String::new(), switches)? {
        if notes.chars().count() > 6000 {
            return Err(Failure::validation(
                "notes",
                "The notes may not be greater than 6000 characters.",
            ));
        }
        entry.notes = Some(stored(&notes, switches.text_storage)).filter(|text| !text.is_empty());
    }
    let options = user.options(media.is_anime);
    if let Some(names) = given(&fields.custom_lists, Vec::new(), switches)? {
        // A name that is not among the account's lists is dropped without a word.
        entry.custom_lists = names
            .iter()
            .flatten()
            .filter_map(|name| options.custom_lists.iter().position(|list| list == name))
            .collect();
    }
    if let Some(scores) = given(&fields.advanced_scores, Vec::new(), switches)? {
        let scores: Vec<f64> = scores.into_iter().map(Option::unwrap_or_default).collect();
        if scores.iter().any(|raw| !(0.0..=100.0).contains(raw)) {
            return Err(Failure::validation(
                "advancedScores",
                "Must be between 0 and 100.",
            ));
        }
        entry.advanced_scores = scores;
    }
    apply_progress(entry, fields, media, switches, status)?;
    apply_dates(entry, fields, writer, is_new, was_completed, status);
    Ok(())
}

fn apply_score(
    entry: &mut SimEntry,
    fields: &Fields,
    user: &SimUser,
    switches: &Switches,
) -> Result<(), Failure> {
    if let Some(score) = given(&fields.score, 0.0, switches)? {
        entry.score = bounded("score", raw_score(score, &user.score_format), 100)?;
    }
    if let Some(raw) = given(&fields.score_raw, 0, switches)? {
        entry.score = bounded("scoreRaw", raw, 100)?;
    }
    Ok(())
}

fn apply_progress(
    entry: &mut SimEntry,
    fields: &Fields,
    media: &SimMedia,
    switches: &Switches,
    status: Option<Status>,
) -> Result<(), Failure> {
    let sent = given(&fields.progress, 0, switches)?;
    if let Some(progress) = sent {
        entry.progress = bounded("progress", progress, i32::MAX)?;
    }
    if let Some(total) = media.total() {
        if status == Some(Status::Completed)
            && (sent.is_none() || switches.completed_progress == CompletedProgress::Always)
        {
            entry.progress = total;
            if let Some(volumes) = media.volumes {
                let sent = matches!(fields.volumes, MaybeUndefined::Value(_));
                if !sent || switches.completed_progress == CompletedProgress::Always {
                    entry.volumes = volumes;
                }
            }
        }
        if entry.progress > total && sent.is_some() {
            match switches.over_total {
                OverTotal::Stored => {}
                OverTotal::Clamped => entry.progress = total,
                OverTotal::Rejected => {
                    return Err(Failure::validation("progress", "The progress is invalid."));
                }
            }
        }
    }
    Ok(())
}

fn apply_dates(
    entry: &mut SimEntry,
    fields: &Fields,
    writer: Writer<'_>,
    is_new: bool,
    was_completed: bool,
    status: Option<Status>,
) {
    let today = Date::ymd(
        writer.now.year(),
        i32::from(u8::from(writer.now.month())),
        i32::from(writer.now.day()),
    );
    let sent = |date: &MaybeUndefined<FuzzyDateInput>| match date {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(Date::default()),
        MaybeUndefined::Value(date) => Some(date.to_date()),
    };
    let (started, completed) = (sent(&fields.started), sent(&fields.completed));
    entry.started = started.unwrap_or(entry.started);
    entry.completed = completed.unwrap_or(entry.completed);
    let starts = match writer.switches.started_today {
        StartedToday::StatusOmitted => status.is_none(),
        StartedToday::AnyCurrent => entry.status == Status::Current,
    };
    if is_new && starts && started.is_none() {
        entry.started = today;
    }
    let is_finished_now = status == Some(Status::Completed) && !was_completed;
    let fills = match writer.switches.completed_date {
        CompletedDate::IfOmitted => completed.is_none(),
        CompletedDate::AlsoIfNull => completed.is_none_or(|date| date == Date::default()),
        CompletedDate::Never => false,
    };
    if is_finished_now && fills && entry.completed == Date::default() {
        entry.completed = today;
    }
}

fn stored(text: &str, how: TextStorage) -> String {
    let is_astral = |c: char| u32::from(c) > 0xFFFF;
    match how {
        TextStorage::Kept => text.to_owned(),
        TextStorage::Truncated => text.chars().take_while(|c| !is_astral(*c)).collect(),
        TextStorage::EntityEncoded => text.chars().fold(String::new(), |mut out, c| {
            if is_astral(c) {
                out.push_str("&#");
                out.push_str(&u32::from(c).to_string());
                out.push(';');
            } else {
                out.push(c);
            }
            out
        }),
    }
}

/// The raw score behind a number in an account's format.
#[expect(
    clippy::cast_possible_truncation,
    reason = "bounds are checked on the result"
)]
pub(crate) fn raw_score(shown: f64, format: &str) -> i32 {
    let raw = match ScoreFormat::parse(format) {
        Some(ScoreFormat::Point10Decimal | ScoreFormat::Point10) => shown * 10.0,
        Some(ScoreFormat::Point5) if shown > 0.0 => shown * 20.0 - 10.0,
        Some(ScoreFormat::Point3) if shown > 0.0 => shown * 25.0 + 10.0,
        _ => shown,
    };
    raw.round() as i32
}

/// The number an account with this format sees.
pub(crate) fn shown_score(raw: i32, format: ScoreFormat) -> f64 {
    match format {
        ScoreFormat::Point100 => f64::from(raw),
        ScoreFormat::Point10Decimal => f64::from(raw) / 10.0,
        ScoreFormat::Point10 => f64::from(raw / 10),
        ScoreFormat::Point5 => match raw {
            ..1 => 0.0,
            1..30 => 1.0,
            30..50 => 2.0,
            50..70 => 3.0,
            70..90 => 4.0,
            90.. => 5.0,
        },
        ScoreFormat::Point3 => match raw {
            ..1 => 0.0,
            1..=35 => 1.0,
            36..=60 => 2.0,
            61.. => 3.0,
        },
    }
}

fn post_activity(
    world: &mut World,
    user: &SimUser,
    media: &SimMedia,
    before: Option<&SimEntry>,
    after: &SimEntry,
    now: OffsetDateTime,
) {
    let moved = before
        .is_none_or(|before| before.status != after.status || before.progress != after.progress);
    if !moved || after.private || user.muted.contains(&after.status) {
        return;
    }
    let verb = if media.is_anime {
        ("watched", "watch", "episode")
    } else {
        ("read", "read", "chapter")
    };
    let (status, progress) = match after.status {
        Status::Current => (
            format!("{} {}", verb.0, verb.2),
            Some(after.progress.to_string()),
        ),
        Status::Repeating => (
            format!("re{} {}", verb.0, verb.2),
            Some(after.progress.to_string()),
        ),
        Status::Completed => ("completed".to_owned(), None),
        Status::Planning => (format!("plans to {}", verb.1), None),
        Status::Paused => (format!("paused {}ing", verb.1), None),
        Status::Dropped => ("dropped".to_owned(), None),
    };
    let now = now.unix_timestamp();
    let merges = i64::from(user.activity_merge_time) * 60;
    let last = world.activities.iter_mut().rev().find(|activity| {
        activity.user == user.id
            && activity.media == media.id
            && activity.status == status
            && now - activity.created_at < merges
    });
    match (last, &progress) {
        (Some(last), Some(to)) => {
            let from = last
                .progress
                .as_deref()
                .and_then(|p| p.split(" - ").next())
                .unwrap_or(to);
            last.progress = Some(format!("{from} - {to}"));
        }
        (Some(_), None) => {}
        (None, _) => {
            let id = u32::try_from(world.activities.len())
                .unwrap_or(u32::MAX)
                .saturating_add(1);
            world.activities.push(Activity {
                id,
                user: user.id,
                media: media.id,
                status,
                progress,
                entry_status: after.status,
                created_at: now,
            });
        }
    }
}
