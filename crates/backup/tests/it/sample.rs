//! A list with one of everything.

use anirewind_backup::{Draft, Kind};
use anirewind_model::{
    Account, AdvancedScores, Counts, Coverage, CustomLists, Entry, EntryId, EntryStatus,
    EntryValues, Favourite, Favourites, FuzzyDate, List, ListSettings, MediaFormat, MediaId,
    MediaSummary, MediaType, Notes, Recorded, Score, ScoreFormat, TitleLanguage, Titles,
    TypeSettings, UserId,
};
use time::macros::datetime;

pub(crate) fn list() -> List {
    let full = EntryValues {
        status: Recorded::Known(EntryStatus::Completed),
        score: Recorded::from(Score::new(76)),
        progress: Recorded::Known(26),
        volumes: Recorded::Known(0),
        repeats: Recorded::Known(1),
        priority: Recorded::Known(0),
        private: Recorded::Known(true),
        hidden: Recorded::Known(false),
        notes: Recorded::from(Notes::new("line one\n\"two\" 😀 <b>")),
        custom_lists: Recorded::from(CustomLists::new(["Cozy".to_owned(), "雨の日".to_owned()])),
        advanced_scores: Recorded::from(AdvancedScores::new([("Story".to_owned(), 82.5)])),
        started: Recorded::from(FuzzyDate::new(Some(2020), Some(2), None)),
        completed: Recorded::from(FuzzyDate::new(Some(2021), None, None)),
    };
    let bare = EntryValues {
        status: Recorded::Known(EntryStatus::Unknown("SIMMERING".to_owned())),
        score: Recorded::Empty,
        progress: Recorded::Known(0),
        volumes: Recorded::Known(0),
        repeats: Recorded::Known(0),
        priority: Recorded::Known(0),
        private: Recorded::Known(false),
        hidden: Recorded::Known(true),
        notes: Recorded::Empty,
        custom_lists: Recorded::Empty,
        advanced_scores: Recorded::NotRecorded,
        started: Recorded::Empty,
        completed: Recorded::Empty,
    };
    let summary = MediaSummary {
        id: MediaId::new(457),
        mal_id: Some(457),
        titles: Titles {
            romaji: Some("Mushishi".to_owned()),
            english: None,
            native: Some("蟲師".to_owned()),
        },
        format: Some(MediaFormat::Tv),
        episodes: Some(26),
        chapters: None,
        volumes: None,
        cover: Some("https://example.invalid/457.png".to_owned()),
        colour: Some("#355d93".to_owned()),
        country: Some("JP".to_owned()),
        is_adult: false,
    };
    let entry = |media, media_type, id, values, summary| Entry {
        media: MediaId::new(media),
        media_type,
        id: Some(EntryId::new(id)),
        values,
        created_at: None,
        updated_at: Some(datetime!(2026-02-03 04:05:06 UTC)),
        summary,
    };
    List {
        owner: Account {
            id: UserId::new(4242),
            name: "hana".to_owned(),
        },
        title_language: Some(TitleLanguage::English),
        settings: ListSettings {
            score_format: ScoreFormat::Point10,
            row_order: Some("score".to_owned()),
            anime: Some(TypeSettings {
                section_order: vec!["Watching".to_owned()],
                custom_lists: vec!["雨の日".to_owned(), "Cozy".to_owned()],
                advanced_scoring: vec!["Story".to_owned()],
                advanced_scoring_enabled: true,
                split_completed: false,
            }),
            manga: Some(TypeSettings::default()),
        },
        entries: vec![
            entry(457, MediaType::Anime, 1, full, Some(summary)),
            entry(30_002, MediaType::Manga, 2, bare, None),
        ],
        favourites: Some(Favourites {
            anime: vec![Favourite {
                id: 457,
                name: Some("Mushishi".to_owned()),
            }],
            ..Favourites::default()
        }),
        coverage: Coverage {
            expected: Some(Counts { anime: 1, manga: 1 }),
            swept: true,
            unresolved: vec![MediaId::new(30_002)],
            not_read: Vec::new(),
            public: false,
        },
    }
}

pub(crate) fn draft(list: &List) -> Draft<'_> {
    Draft {
        list,
        created_at: datetime!(2026-11-03 21:22:05 UTC),
        kind: Kind::Manual,
        previous: None,
    }
}
