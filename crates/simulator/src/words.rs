//! AniList's enumerations, in its own spelling.

use async_graphql::Enum;

/// `MediaListStatus`
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[graphql(name = "MediaListStatus")]
pub enum Status {
    /// Watching or reading.
    #[default]
    #[graphql(name = "CURRENT")]
    Current,
    /// To do.
    #[graphql(name = "PLANNING")]
    Planning,
    /// Done.
    #[graphql(name = "COMPLETED")]
    Completed,
    /// Given up.
    #[graphql(name = "DROPPED")]
    Dropped,
    /// On hold.
    #[graphql(name = "PAUSED")]
    Paused,
    /// Once more.
    #[graphql(name = "REPEATING")]
    Repeating,
}

impl Status {
    /// All six.
    pub const ALL: [Self; 6] = [
        Self::Current,
        Self::Planning,
        Self::Completed,
        Self::Dropped,
        Self::Paused,
        Self::Repeating,
    ];

    /// The name of its section on a list's page.
    pub(crate) const fn section(self, is_anime: bool) -> &'static str {
        match (self, is_anime) {
            (Self::Current, true) => "Watching",
            (Self::Current, false) => "Reading",
            (Self::Planning, _) => "Planning",
            (Self::Completed, _) => "Completed",
            (Self::Dropped, _) => "Dropped",
            (Self::Paused, _) => "Paused",
            (Self::Repeating, true) => "Rewatching",
            (Self::Repeating, false) => "Rereading",
        }
    }
}

/// An enumeration with AniList's spelling.
pub(crate) trait Word: Copy {
    /// Reads AniList's spelling.
    fn parse(word: &str) -> Option<Self>;

    /// AniList's spelling.
    fn as_str(self) -> &'static str;
}

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        #[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum $name {
            $(#[graphql(name = $word)] $variant,)+
        }

        impl Word for $name {
            fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}

words!(MediaType { Anime = "ANIME", Manga = "MANGA" });

words!(MediaFormat {
    Tv = "TV",
    TvShort = "TV_SHORT",
    Movie = "MOVIE",
    Special = "SPECIAL",
    Ova = "OVA",
    Ona = "ONA",
    Music = "MUSIC",
    Manga = "MANGA",
    Novel = "NOVEL",
    OneShot = "ONE_SHOT",
});

words!(MediaStatus {
    Finished = "FINISHED",
    Releasing = "RELEASING",
    NotYetReleased = "NOT_YET_RELEASED",
    Cancelled = "CANCELLED",
    Hiatus = "HIATUS",
});

words!(MediaSeason { Winter = "WINTER", Spring = "SPRING", Summer = "SUMMER", Fall = "FALL" });

words!(ScoreFormat {
    Point100 = "POINT_100",
    Point10Decimal = "POINT_10_DECIMAL",
    Point10 = "POINT_10",
    Point5 = "POINT_5",
    Point3 = "POINT_3",
});

words!(UserTitleLanguage {
    Romaji = "ROMAJI",
    English = "ENGLISH",
    Native = "NATIVE",
    RomajiStylised = "ROMAJI_STYLISED",
    EnglishStylised = "ENGLISH_STYLISED",
    NativeStylised = "NATIVE_STYLISED",
});

words!(MediaListSort {
    MediaId = "MEDIA_ID",
    MediaIdDesc = "MEDIA_ID_DESC",
    Score = "SCORE",
    ScoreDesc = "SCORE_DESC",
    Status = "STATUS",
    StatusDesc = "STATUS_DESC",
    Progress = "PROGRESS",
    ProgressDesc = "PROGRESS_DESC",
    ProgressVolumes = "PROGRESS_VOLUMES",
    ProgressVolumesDesc = "PROGRESS_VOLUMES_DESC",
    Repeat = "REPEAT",
    RepeatDesc = "REPEAT_DESC",
    Priority = "PRIORITY",
    PriorityDesc = "PRIORITY_DESC",
    StartedOn = "STARTED_ON",
    StartedOnDesc = "STARTED_ON_DESC",
    FinishedOn = "FINISHED_ON",
    FinishedOnDesc = "FINISHED_ON_DESC",
    AddedTime = "ADDED_TIME",
    AddedTimeDesc = "ADDED_TIME_DESC",
    UpdatedTime = "UPDATED_TIME",
    UpdatedTimeDesc = "UPDATED_TIME_DESC",
    MediaTitleRomaji = "MEDIA_TITLE_ROMAJI",
    MediaTitleRomajiDesc = "MEDIA_TITLE_ROMAJI_DESC",
    MediaTitleEnglish = "MEDIA_TITLE_ENGLISH",
    MediaTitleEnglishDesc = "MEDIA_TITLE_ENGLISH_DESC",
    MediaTitleNative = "MEDIA_TITLE_NATIVE",
    MediaTitleNativeDesc = "MEDIA_TITLE_NATIVE_DESC",
    MediaPopularity = "MEDIA_POPULARITY",
    MediaPopularityDesc = "MEDIA_POPULARITY_DESC",
});

words!(MediaSort {
    Id = "ID",
    IdDesc = "ID_DESC",
    TitleRomaji = "TITLE_ROMAJI",
    TitleRomajiDesc = "TITLE_ROMAJI_DESC",
    SearchMatch = "SEARCH_MATCH",
    Popularity = "POPULARITY",
    PopularityDesc = "POPULARITY_DESC",
});

words!(ActivityType {
    Text = "TEXT",
    AnimeList = "ANIME_LIST",
    MangaList = "MANGA_LIST",
    Message = "MESSAGE",
    MediaList = "MEDIA_LIST",
});

words!(ActivitySort { Id = "ID", IdDesc = "ID_DESC", Pinned = "PINNED" });
