//! From what AniList sends to what the model holds, and to what it takes.

use std::collections::BTreeSet;

use anirewind_model::{
    Account, ActivitySettings, AdvancedScores, Counts, CustomLists, Entry, EntryId, EntryStatus,
    EntryValues, FuzzyDate, ListSettings, MediaFormat, MediaId, MediaSummary, MediaType, Notes,
    Recorded, Score, ScoreFormat, TitleLanguage, Titles, TypeSettings, UserId, Viewer,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::template::Variables;
use crate::wire;

/// What AniList sent makes no sense; says what and where.
pub(crate) type Nonsense = String;

pub(crate) fn viewer(wire: wire::Viewer) -> Result<Viewer, Nonsense> {
    let options = wire.options;
    let lists = wire
        .media_list_options
        .ok_or("the viewer has no list options")?;
    let score_format = lists.score_format.ok_or("the viewer has no score format")?;
    Ok(Viewer {
        account: Account {
            id: UserId::new(wire.id),
            name: wire.name,
        },
        avatar: wire.avatar.and_then(|avatar| avatar.large),
        title_language: options
            .as_ref()
            .and_then(|options| options.title_language.as_deref())
            .map(TitleLanguage::parse),
        display_adult: options
            .as_ref()
            .and_then(|options| options.display_adult_content),
        timezone: options
            .as_ref()
            .and_then(|options| options.timezone.clone()),
        activity: options.map(activity).unwrap_or_default(),
        settings: ListSettings {
            score_format: ScoreFormat::parse(&score_format),
            row_order: lists.row_order,
            anime: lists.anime_list.and_then(type_settings),
            manga: lists.manga_list.and_then(type_settings),
        },
        counts: wire.statistics.and_then(counts),
    })
}

fn activity(options: wire::UserOptions) -> ActivitySettings {
    let muted = options
        .disabled_list_activity
        .into_iter()
        .flatten()
        .flatten();
    ActivitySettings {
        merge_minutes: options.activity_merge_time,
        muted: muted
            .filter(|option| option.disabled == Some(true))
            .filter_map(|option| option.status.as_deref().map(EntryStatus::parse))
            .collect(),
    }
}

/// Settings of one list; `None` when AniList would not say which lists or categories there are,
/// for then nobody can say that an entry is on none.
fn type_settings(wire: wire::TypeOptions) -> Option<TypeSettings> {
    let names = |names: Vec<Option<String>>| names.into_iter().flatten().collect::<Vec<_>>();
    Some(TypeSettings {
        custom_lists: names(wire.custom_lists?),
        advanced_scoring: names(wire.advanced_scoring?),
        section_order: names(wire.section_order.unwrap_or_default()),
        split_completed: wire.split_completed_section_by_format.unwrap_or_default(),
        advanced_scoring_enabled: wire.advanced_scoring_enabled.unwrap_or_default(),
    })
}

/// The larger of the total and the sum over statuses: one of them may leave planned titles out,
/// and either may lag.
fn counts(wire: wire::Statistics) -> Option<Counts> {
    let count = |statistics: wire::TypeStatistics| {
        let by_status = statistics
            .statuses
            .into_iter()
            .flatten()
            .flatten()
            .map(|status| status.count);
        statistics.count.max(by_status.sum())
    };
    Some(Counts {
        anime: count(wire.anime?),
        manga: count(wire.manga?),
    })
}

/// An entry of a list of this type.
///
/// Custom lists and advanced scores that AniList did not say stay *not recorded*, unless the
/// account has no such lists or categories, in which case there is nothing to say.
pub(crate) fn entry(
    wire: wire::Entry,
    media_type: MediaType,
    settings: &ListSettings,
) -> Result<Entry, Nonsense> {
    let media = wire.media_id;
    let nonsense = |what: &str| format!("the entry of title {media} has {what}");
    let score = match wire.score {
        None => None,
        Some(raw) if raw.fract() == 0.0 && (0.0..=f64::from(u16::MAX)).contains(&raw) =>
        {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked"
            )]
            Score::new(raw as u16)
        }
        Some(other) => return Err(nonsense(&format!("a score of {other}"))),
    };
    let (custom_lists, advanced_scores) = labels(
        wire.custom_lists,
        wire.advanced_scores,
        media_type,
        settings,
    )
    .map_err(|what| nonsense(&what))?;
    Ok(Entry {
        media: MediaId::new(media),
        media_type,
        id: Some(EntryId::new(wire.id)),
        values: EntryValues {
            status: wire.status.map(|status| EntryStatus::parse(&status)).into(),
            score: score.into(),
            progress: Recorded::Known(wire.progress.unwrap_or_default()),
            volumes: Recorded::Known(wire.progress_volumes.unwrap_or_default()),
            repeats: Recorded::Known(wire.repeat.unwrap_or_default()),
            priority: Recorded::Known(wire.priority.unwrap_or_default()),
            private: wire.private.map_or(Recorded::NotRecorded, Recorded::Known),
            hidden: wire
                .hidden_from_status_lists
                .map_or(Recorded::NotRecorded, Recorded::Known),
            notes: wire.notes.and_then(Notes::new).into(),
            custom_lists,
            advanced_scores,
            started: date(wire.started_at).into(),
            completed: date(wire.completed_at).into(),
        },
        created_at: instant(wire.created_at),
        updated_at: instant(wire.updated_at),
        summary: wire.media.map(summary),
    })
}

/// The two fields that AniList sometimes does not answer.
pub(crate) fn labels(
    custom_lists: Option<Value>,
    advanced_scores: Option<Value>,
    media_type: MediaType,
    settings: &ListSettings,
) -> Result<(Recorded<CustomLists>, Recorded<AdvancedScores>), Nonsense> {
    let of_type = match media_type {
        MediaType::Anime => settings.anime.as_ref(),
        MediaType::Manga => settings.manga.as_ref(),
    };
    let has_lists = of_type.is_none_or(|settings| !settings.custom_lists.is_empty());
    let has_categories = of_type.is_none_or(|settings| !settings.advanced_scoring.is_empty());
    let custom_lists = match custom_lists {
        None | Some(Value::Null) => unsaid(has_lists),
        Some(json) => CustomLists::new(custom_list_names(json)?).into(),
    };
    let advanced_scores = match advanced_scores {
        None | Some(Value::Null) => unsaid(has_categories),
        Some(json) => AdvancedScores::new(category_scores(json)?).into(),
    };
    Ok((custom_lists, advanced_scores))
}

/// What a null means: nothing where there can be nothing, else that AniList would not say.
const fn unsaid<T>(may_have_some: bool) -> Recorded<T> {
    if may_have_some {
        Recorded::NotRecorded
    } else {
        Recorded::Empty
    }
}

/// Reads every shape AniList is known to use: `{name: bool}`, `[{name, enabled}]`, `[name]`.
fn custom_list_names(json: Value) -> Result<BTreeSet<String>, Nonsense> {
    let strange = |json: &Value| format!("custom lists of a strange shape: {}", brief(json));
    match json {
        Value::Object(map) => map
            .into_iter()
            .filter_map(|(name, on)| match on {
                Value::Bool(true) => Some(Ok(name)),
                Value::Bool(false) | Value::Null => None,
                other => Some(Err(strange(&other))),
            })
            .collect(),
        Value::Array(items) => items
            .into_iter()
            .filter_map(|item| match item {
                Value::String(name) => Some(Ok(name)),
                Value::Object(item) => match (item.get("name"), item.get("enabled")) {
                    (Some(Value::String(name)), Some(Value::Bool(true))) => Some(Ok(name.clone())),
                    (Some(Value::String(_)), Some(Value::Bool(false))) => None,
                    _ => Some(Err(strange(&Value::Object(item)))),
                },
                other => Some(Err(strange(&other))),
            })
            .collect(),
        other => Err(strange(&other)),
    }
}

fn category_scores(json: Value) -> Result<Vec<(String, f64)>, Nonsense> {
    match json {
        Value::Object(map) => map
            .into_iter()
            .map(|(name, score)| match score.as_f64() {
                Some(score) => Ok((name, score)),
                None if score.is_null() => Ok((name, 0.0)),
                None => Err(format!("an advanced score of {}", brief(&score))),
            })
            .collect(),
        Value::Array(items) if items.is_empty() => Ok(Vec::new()),
        other => Err(format!(
            "advanced scores of a strange shape: {}",
            brief(&other)
        )),
    }
}

fn brief(json: &Value) -> String {
    json.to_string().chars().take(60).collect()
}

fn date(wire: Option<wire::Date>) -> Option<FuzzyDate> {
    wire.and_then(|date| FuzzyDate::new(date.year, date.month, date.day))
}

/// Old rows answer 0 for "not known".
pub(crate) fn instant(seconds: Option<i64>) -> Option<OffsetDateTime> {
    seconds
        .filter(|seconds| *seconds > 0)
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
}

pub(crate) fn summary(wire: wire::Media) -> MediaSummary {
    let (cover, colour) = wire
        .cover_image
        .map_or((None, None), |cover| (cover.large, cover.color));
    MediaSummary {
        id: MediaId::new(wire.id),
        mal_id: wire.id_mal,
        titles: wire.title.map_or_else(Titles::default, |title| Titles {
            romaji: title.romaji,
            english: title.english,
            native: title.native,
        }),
        format: wire.format.as_deref().map(MediaFormat::parse),
        episodes: wire.episodes,
        chapters: wire.chapters,
        volumes: wire.volumes,
        cover,
        colour,
        country: wire.country_of_origin,
        is_adult: wire.is_adult.unwrap_or_default(),
    }
}

/// The arguments that write these values. What is not recorded is left out, what is empty is
/// cleared in the way that is known to clear it.
pub(crate) fn arguments(
    values: &EntryValues,
    media_type: MediaType,
    settings: &ListSettings,
) -> Variables {
    let mut arguments = Variables::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            arguments.insert(name.to_owned(), value);
        }
    };
    // A status cannot be cleared: an entry has one or does not exist.
    put(
        "status",
        values.status.known().map(|status| json!(status.as_str())),
    );
    put(
        "scoreRaw",
        written(&values.score, |score| json!(score.raw()), || json!(0)),
    );
    put(
        "progress",
        written(&values.progress, |n| json!(n), || json!(0)),
    );
    put(
        "progressVolumes",
        written(&values.volumes, |n| json!(n), || json!(0)),
    );
    put(
        "repeat",
        written(&values.repeats, |n| json!(n), || json!(0)),
    );
    put(
        "priority",
        written(&values.priority, |n| json!(n), || json!(0)),
    );
    put(
        "private",
        written(&values.private, |flag| json!(flag), || json!(false)),
    );
    put(
        "notes",
        written(&values.notes, |notes| json!(notes.as_str()), || json!("")),
    );
    put(
        "hiddenFromStatusLists",
        written(&values.hidden, |flag| json!(flag), || json!(false)),
    );
    put(
        "customLists",
        written(
            &values.custom_lists,
            |lists| lists.iter().collect(),
            || json!([]),
        ),
    );
    let of_type = match media_type {
        MediaType::Anime => settings.anime.as_ref(),
        MediaType::Manga => settings.manga.as_ref(),
    };
    // Scores go by position: without the account's order they would land on the wrong categories,
    // and an empty array would clear them all.
    if let Some(of_type) = of_type {
        let categories = || of_type.advanced_scoring.iter().map(String::as_str);
        put(
            "advancedScores",
            written(
                &values.advanced_scores,
                |scores| json!(scores.in_order_of(categories())),
                || json!(vec![0; categories().count()]),
            ),
        );
    }
    put(
        "startedAt",
        written(
            &values.started,
            |date| date_input(Some(*date)),
            || date_input(None),
        ),
    );
    put(
        "completedAt",
        written(
            &values.completed,
            |date| date_input(Some(*date)),
            || date_input(None),
        ),
    );
    arguments
}

fn written<T>(
    field: &Recorded<T>,
    value: impl FnOnce(&T) -> Value,
    cleared: impl FnOnce() -> Value,
) -> Option<Value> {
    match field {
        Recorded::NotRecorded => None,
        Recorded::Empty => Some(cleared()),
        Recorded::Known(known) => Some(value(known)),
    }
}

/// A date with every part null is how AniList clears one; a bare null is not known to.
fn date_input(date: Option<FuzzyDate>) -> Value {
    json!({
        "year": date.and_then(FuzzyDate::year),
        "month": date.and_then(FuzzyDate::month),
        "day": date.and_then(FuzzyDate::day),
    })
}

pub(crate) fn type_options_input(settings: &TypeSettings) -> Value {
    json!({
        "sectionOrder": settings.section_order,
        "splitCompletedSectionByFormat": settings.split_completed,
        "customLists": settings.custom_lists,
        "advancedScoring": settings.advanced_scoring,
        "advancedScoringEnabled": settings.advanced_scoring_enabled,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> ListSettings {
        let anime = TypeSettings {
            custom_lists: vec!["Cozy".to_owned()],
            advanced_scoring: vec!["Story".to_owned(), "Art".to_owned()],
            ..TypeSettings::default()
        };
        ListSettings {
            score_format: ScoreFormat::Point10,
            row_order: None,
            anime: Some(anime),
            manga: Some(TypeSettings::default()),
        }
    }

    fn names(json: Value) -> Result<Recorded<CustomLists>, Nonsense> {
        labels(Some(json), None, MediaType::Anime, &settings()).map(|(lists, _)| lists)
    }

    #[test]
    fn custom_lists_in_every_known_shape() {
        let cozy = Recorded::Known(CustomLists::new(["Cozy".to_owned()]).unwrap());
        for json in [
            json!({ "Cozy": true, "Rain": false }),
            json!([{ "name": "Cozy", "enabled": true }, { "name": "Rain", "enabled": false }]),
            json!(["Cozy"]),
        ] {
            assert_eq!(names(json), Ok(cozy.clone()));
        }
        for json in [json!({}), json!([]), json!({ "Cozy": false })] {
            assert_eq!(names(json), Ok(Recorded::Empty));
        }
        for json in [json!("Cozy"), json!([1]), json!({ "Cozy": "yes" })] {
            assert!(names(json).is_err());
        }
    }

    #[test]
    fn null_is_unknown_unless_there_is_nothing_to_know() {
        assert_eq!(names(Value::Null), Ok(Recorded::NotRecorded));
        let manga = labels(None, None, MediaType::Manga, &settings());
        assert_eq!(manga, Ok((Recorded::Empty, Recorded::Empty)));
    }

    #[test]
    fn empty_fields_are_cleared_and_unrecorded_ones_left_out() {
        let values = EntryValues {
            score: Recorded::Empty,
            notes: Recorded::Empty,
            custom_lists: Recorded::Empty,
            advanced_scores: Recorded::Empty,
            started: Recorded::Empty,
            ..EntryValues::default()
        };
        assert_eq!(
            Value::Object(arguments(&values, MediaType::Anime, &settings())),
            json!({
                "scoreRaw": 0, "notes": "", "customLists": [], "advancedScores": [0, 0],
                "startedAt": { "year": null, "month": null, "day": null }
            })
        );
    }

    #[test]
    fn advanced_scores_are_written_in_the_accounts_order() {
        let scores = AdvancedScores::new([("Art".to_owned(), 65.0)]).unwrap();
        let values = EntryValues {
            advanced_scores: Recorded::Known(scores),
            ..EntryValues::default()
        };
        let arguments = arguments(&values, MediaType::Anime, &settings());
        assert_eq!(arguments.get("advancedScores"), Some(&json!([0.0, 65.0])));
    }

    #[test]
    fn the_larger_count_is_expected() {
        let count = |count, statuses: &[usize]| wire::TypeStatistics {
            count,
            statuses: Some(
                statuses
                    .iter()
                    .map(|n| Some(wire::StatusCount { count: *n }))
                    .collect(),
            ),
        };
        let statistics = wire::Statistics {
            anime: Some(count(5, &[5, 3])),
            manga: Some(count(4, &[1])),
        };
        assert_eq!(counts(statistics), Some(Counts { anime: 8, manga: 4 }));
    }
}
