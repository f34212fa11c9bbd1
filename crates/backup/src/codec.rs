//! Between the model and the records on disk.

use std::collections::BTreeMap;

use anirewind_model::{
    Account, AdvancedScores, Counts, Coverage, CustomLists, Entry, EntryId, EntryStatus,
    EntryValues, Favourite, Favourites, FuzzyDate, List, ListSettings, MediaFormat, MediaId,
    MediaSummary, MediaType, Notes, Recorded, Score, ScoreFormat, TitleLanguage, Titles,
    TypeSettings, UserId,
};
use serde_json::Map;

use crate::record::{
    CountsRecord, CoverageRecord, DateRecord, EntryRecord, FavouriteRecord, FavouritesRecord,
    GroupRecord, InstantRecord, ListOptionsRecord, Maybe, MediaRecord, TitleRecord,
    TypeOptionsRecord, UserOptionsRecord, UserRecord,
};

/// What a record says that cannot be.
pub(crate) type Nonsense = String;

/// The groups of a file: one for each status of each type, every entry once.
pub(crate) fn groups(list: &List) -> Vec<GroupRecord> {
    let mut groups: BTreeMap<(MediaType, Option<&EntryStatus>), Vec<EntryRecord>> = BTreeMap::new();
    for entry in &list.entries {
        let key = (entry.media_type, entry.values.status.known());
        groups.entry(key).or_default().push(EntryRecord::of(
            entry,
            list.owner.id,
            &list.settings.score_format,
        ));
    }
    groups
        .into_iter()
        .map(|((media_type, status), entries)| GroupRecord {
            entries,
            name: status.map(|status| status.word(media_type).to_owned()),
            is_custom_list: Some(false),
            is_split_completed_list: Some(false),
            status: status.map(ToString::to_string),
            media_type: Some(media_type.as_str().to_owned()),
            unknown: Map::new(),
        })
        .collect()
}

/// The entries of all groups, each once. Groups that do not say their type hold anime.
pub(crate) fn entries(
    groups: Vec<GroupRecord>,
    format: Option<&ScoreFormat>,
) -> Result<Vec<Entry>, Nonsense> {
    let mut entries = Vec::new();
    for group in groups {
        let media_type = match group.media_type.as_deref() {
            None => MediaType::Anime,
            Some(name) => MediaType::parse(name)
                .ok_or_else(|| format!("a group is of type `{name}`, neither anime nor manga"))?,
        };
        for record in group.entries {
            entries.push(record.into_entry(media_type, format)?);
        }
    }
    List::sort_and_dedup(&mut entries);
    Ok(entries)
}

impl UserRecord {
    pub(crate) fn of(list: &List) -> Self {
        Self {
            id: list.owner.id.get(),
            name: list.owner.name.clone(),
            options: Some(UserOptionsRecord {
                title_language: list.title_language.as_ref().map(|l| l.as_str().to_owned()),
                unknown: Map::new(),
            }),
            media_list_options: Some(ListOptionsRecord::of(&list.settings)),
            unknown: Map::new(),
        }
    }

    pub(crate) fn account(&self) -> Account {
        Account {
            id: UserId::new(self.id),
            name: self.name.clone(),
        }
    }

    pub(crate) fn title_language(&self) -> Option<TitleLanguage> {
        let language = self.options.as_ref()?.title_language.as_deref()?;
        Some(TitleLanguage::parse(language))
    }

    pub(crate) fn score_format(&self) -> Option<ScoreFormat> {
        let format = self.media_list_options.as_ref()?.score_format.as_deref()?;
        Some(ScoreFormat::parse(format))
    }

    pub(crate) fn into_settings(self) -> ListSettings {
        let score_format = self.score_format();
        let options = self.media_list_options;
        let (row_order, anime, manga) = options.map_or((None, None, None), |o| {
            (o.row_order, o.anime_list, o.manga_list)
        });
        ListSettings {
            // What nobody recorded has no name; scores of such a file are not recorded either.
            score_format: score_format.unwrap_or_else(|| ScoreFormat::Unknown(String::new())),
            row_order,
            anime: anime.map(TypeOptionsRecord::into_settings),
            manga: manga.map(TypeOptionsRecord::into_settings),
        }
    }
}

impl ListOptionsRecord {
    pub(crate) fn of(settings: &ListSettings) -> Self {
        Self {
            score_format: Some(settings.score_format.as_str().to_owned()),
            row_order: settings.row_order.clone(),
            anime_list: settings.anime.as_ref().map(TypeOptionsRecord::of),
            manga_list: settings.manga.as_ref().map(TypeOptionsRecord::of),
            unknown: Map::new(),
        }
    }
}

impl TypeOptionsRecord {
    fn of(settings: &TypeSettings) -> Self {
        Self {
            section_order: settings.section_order.clone(),
            split_completed_section_by_format: settings.split_completed,
            custom_lists: settings.custom_lists.clone(),
            advanced_scoring: settings.advanced_scoring.clone(),
            advanced_scoring_enabled: settings.advanced_scoring_enabled,
        }
    }

    fn into_settings(self) -> TypeSettings {
        TypeSettings {
            section_order: self.section_order,
            split_completed: self.split_completed_section_by_format,
            custom_lists: self.custom_lists,
            advanced_scoring: self.advanced_scoring,
            advanced_scoring_enabled: self.advanced_scoring_enabled,
        }
    }
}

fn written<T, U>(field: &Recorded<T>, write: impl FnOnce(&T) -> U) -> Maybe<U> {
    match field {
        Recorded::NotRecorded => None,
        Recorded::Empty => Some(None),
        Recorded::Known(value) => Some(Some(write(value))),
    }
}

fn read<T>(field: Maybe<T>) -> Recorded<T> {
    field.map_or(Recorded::NotRecorded, Recorded::from)
}

/// Reads a field whose empty form is also a value: "", 0, [] and the like.
fn read_or_empty<T, U>(field: Maybe<T>, make: impl FnOnce(T) -> Option<U>) -> Recorded<U> {
    field.map_or(Recorded::NotRecorded, |value| value.and_then(make).into())
}

impl EntryRecord {
    pub(crate) fn of(entry: &Entry, owner: UserId, format: &ScoreFormat) -> Self {
        Self {
            media: entry.summary.as_ref().map(MediaRecord::of),
            ..Self::without_title(entry, owner, format)
        }
    }

    /// The entry without what its title is called today.
    pub(crate) fn without_title(entry: &Entry, owner: UserId, format: &ScoreFormat) -> Self {
        let values = &entry.values;
        let date = |date: &FuzzyDate| DateRecord {
            year: date.year(),
            month: date.month(),
            day: date.day(),
        };
        // PlexAniBridge wants a date of three nulls where there is none, as AniList answers it.
        let nothing = DateRecord {
            year: None,
            month: None,
            day: None,
        };
        let dated = |field: &Recorded<FuzzyDate>| {
            written(field, date).map(|date| Some(date.unwrap_or(nothing)))
        };
        Self {
            id: entry.id.map_or(0, EntryId::get),
            user_id: owner.get(),
            media_id: entry.media.get(),
            status: written(&values.status, ToString::to_string),
            score: written(&values.score, |score| {
                score.in_format(format).unwrap_or(0.0)
            })
            .map(|score| Some(score.unwrap_or(0.0))),
            score_raw: written(&values.score, |score| score.raw())
                .map(|raw| Some(raw.unwrap_or(0))),
            progress: written(&values.progress, |n| *n),
            progress_volumes: written(&values.volumes, |n| *n),
            repeat: written(&values.repeats, |n| *n),
            priority: written(&values.priority, |n| *n),
            private: written(&values.private, |flag| *flag),
            hidden_from_status_lists: written(&values.hidden, |flag| *flag),
            notes: written(&values.notes, |notes| notes.as_str().to_owned()),
            custom_lists: written(&values.custom_lists, |on| {
                on.iter().map(str::to_owned).collect()
            })
            .map(|on| Some(on.unwrap_or_default())),
            advanced_scores: written(&values.advanced_scores, |scores| {
                scores
                    .iter()
                    .map(|(name, raw)| (name.to_owned(), raw))
                    .collect()
            })
            .map(|scores| Some(scores.unwrap_or_default())),
            started_at: dated(&values.started),
            completed_at: dated(&values.completed),
            created_at: entry.created_at.map(InstantRecord),
            updated_at: entry.updated_at.map(InstantRecord),
            media: None,
            unknown: Map::new(),
        }
    }

    pub(crate) fn into_entry(
        self,
        media_type: MediaType,
        format: Option<&ScoreFormat>,
    ) -> Result<Entry, Nonsense> {
        let media = MediaId::new(self.media_id);
        let score = match (self.score_raw, self.score) {
            (Some(raw), _) => raw.and_then(Score::new).into(),
            (None, None) => Recorded::NotRecorded,
            (None, Some(None | Some(0.0))) => Recorded::Empty,
            // A score in a format nobody recorded says nothing.
            (None, Some(Some(shown))) => match format {
                None | Some(ScoreFormat::Unknown(_)) => Recorded::NotRecorded,
                Some(format) => Score::from_format(shown, format)
                    .map_err(|error| format!("the entry of title {media}: {error}"))?
                    .into(),
            },
        };
        let counter =
            |n: Maybe<u32>| n.map_or(Recorded::NotRecorded, |n| Recorded::Known(n.unwrap_or(0)));
        let flag = |flag: Maybe<bool>| {
            flag.flatten()
                .map_or(Recorded::NotRecorded, Recorded::Known)
        };
        let date = |date: DateRecord| FuzzyDate::new(date.year, date.month, date.day);
        Ok(Entry {
            media,
            media_type,
            id: Some(self.id).filter(|id| *id != 0).map(EntryId::new),
            values: EntryValues {
                status: read(self.status).map(|status| EntryStatus::parse(&status)),
                score,
                progress: counter(self.progress),
                volumes: counter(self.progress_volumes),
                repeats: counter(self.repeat),
                priority: counter(self.priority),
                private: flag(self.private),
                hidden: flag(self.hidden_from_status_lists),
                notes: read_or_empty(self.notes, Notes::new),
                custom_lists: read_or_empty(self.custom_lists, CustomLists::new),
                advanced_scores: read_or_empty(self.advanced_scores, AdvancedScores::new),
                started: read_or_empty(self.started_at, date),
                completed: read_or_empty(self.completed_at, date),
            },
            created_at: self.created_at.map(|at| at.0),
            updated_at: self.updated_at.map(|at| at.0),
            summary: self.media.map(MediaRecord::into_summary),
        })
    }
}

impl MediaRecord {
    fn of(media: &MediaSummary) -> Self {
        Self {
            id: media.id.get(),
            id_mal: media.mal_id,
            title: TitleRecord {
                romaji: media.titles.romaji.clone(),
                english: media.titles.english.clone(),
                native: media.titles.native.clone(),
            },
            format: media
                .format
                .as_ref()
                .map(|format| format.as_str().to_owned()),
            episodes: media.episodes,
            chapters: media.chapters,
            volumes: media.volumes,
            cover: media.cover.clone(),
            colour: media.colour.clone(),
            country: media.country.clone(),
            is_adult: media.is_adult,
        }
    }

    fn into_summary(self) -> MediaSummary {
        MediaSummary {
            id: MediaId::new(self.id),
            mal_id: self.id_mal,
            titles: Titles {
                romaji: self.title.romaji,
                english: self.title.english,
                native: self.title.native,
            },
            format: self.format.as_deref().map(MediaFormat::parse),
            episodes: self.episodes,
            chapters: self.chapters,
            volumes: self.volumes,
            cover: self.cover,
            colour: self.colour,
            country: self.country,
            is_adult: self.is_adult,
        }
    }
}

impl FavouritesRecord {
    pub(crate) fn of(favourites: &Favourites) -> Self {
        let kind = |kind: &[Favourite]| {
            kind.iter()
                .map(|f| FavouriteRecord {
                    id: f.id,
                    name: f.name.clone(),
                })
                .collect()
        };
        Self {
            anime: kind(&favourites.anime),
            manga: kind(&favourites.manga),
            characters: kind(&favourites.characters),
            staff: kind(&favourites.staff),
            studios: kind(&favourites.studios),
        }
    }

    pub(crate) fn into_favourites(self) -> Favourites {
        let kind = |kind: Vec<FavouriteRecord>| {
            kind.into_iter()
                .map(|f| Favourite {
                    id: f.id,
                    name: f.name,
                })
                .collect()
        };
        Favourites {
            anime: kind(self.anime),
            manga: kind(self.manga),
            characters: kind(self.characters),
            staff: kind(self.staff),
            studios: kind(self.studios),
        }
    }
}

impl CountsRecord {
    pub(crate) const fn of(counts: Counts) -> Self {
        Self {
            anime: counts.anime,
            manga: counts.manga,
        }
    }

    pub(crate) const fn counts(self) -> Counts {
        Counts {
            anime: self.anime,
            manga: self.manga,
        }
    }
}

impl CoverageRecord {
    pub(crate) fn of(coverage: &Coverage) -> Self {
        Self {
            expected: coverage.expected.map(CountsRecord::of),
            swept: coverage.swept,
            unresolved: coverage.unresolved.iter().map(|id| id.get()).collect(),
            public: coverage.public,
        }
    }

    pub(crate) fn into_coverage(self) -> Coverage {
        Coverage {
            expected: self.expected.map(CountsRecord::counts),
            swept: self.swept,
            unresolved: self.unresolved.into_iter().map(MediaId::new).collect(),
            not_read: Vec::new(),
            public: self.public,
        }
    }
}
