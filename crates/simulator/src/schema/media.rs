//! Titles.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};

use crate::SimMedia;
use crate::schema::entry::MediaList;
use crate::schema::page::PageInfo;
use crate::schema::request;
use crate::schema::scalar::CountryCode;
use crate::words::{
    MediaFormat, MediaSeason, MediaStatus, MediaType, UserTitleLanguage, Word as _,
};

/// `Media`
#[derive(Debug, Clone)]
pub(super) struct Media(pub(super) Arc<SimMedia>);

/// `FuzzyDate`
#[derive(SimpleObject, Debug, Clone, Copy)]
pub(super) struct FuzzyDate {
    pub(super) year: Option<i32>,
    pub(super) month: Option<i32>,
    pub(super) day: Option<i32>,
}

impl From<crate::Date> for FuzzyDate {
    fn from(date: crate::Date) -> Self {
        Self {
            year: date.year,
            month: date.month,
            day: date.day,
        }
    }
}

/// `MediaCoverImage`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct MediaCoverImage {
    extra_large: Option<String>,
    large: Option<String>,
    medium: Option<String>,
    color: Option<String>,
}

/// `AiringSchedule`, always empty here: invented titles do not air.
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct AiringSchedule {
    id: i32,
    airing_at: i32,
    time_until_airing: i32,
    episode: i32,
    media_id: i32,
}

/// `MediaConnection`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct MediaConnection {
    pub(super) nodes: Option<Vec<Option<Media>>>,
    pub(super) page_info: Option<PageInfo>,
}

/// `MediaTitle`
#[derive(Debug, Clone)]
pub(super) struct MediaTitle(Arc<SimMedia>);

#[Object]
impl MediaTitle {
    async fn romaji(&self, stylised: Option<bool>) -> Option<&str> {
        let _ = stylised;
        Some(&self.0.romaji)
    }

    async fn english(&self, stylised: Option<bool>) -> Option<&str> {
        let _ = stylised;
        self.0.english.as_deref()
    }

    async fn native(&self, stylised: Option<bool>) -> Option<&str> {
        let _ = stylised;
        self.0.native.as_deref()
    }

    async fn user_preferred(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let request = request(ctx)?;
        let language = request.viewer.and_then(|id| {
            request
                .world()
                .user(id)
                .and_then(|user| UserTitleLanguage::parse(&user.title_language))
        });
        let first = match language {
            Some(UserTitleLanguage::English | UserTitleLanguage::EnglishStylised) => {
                self.0.english.as_deref()
            }
            Some(UserTitleLanguage::Native | UserTitleLanguage::NativeStylised) => {
                self.0.native.as_deref()
            }
            _ => None,
        };
        Ok(first.or(Some(&self.0.romaji)))
    }
}

#[Object]
impl Media {
    async fn id(&self) -> i32 {
        int(self.0.id)
    }

    async fn id_mal(&self) -> Option<i32> {
        self.0.mal_id.map(int)
    }

    async fn title(&self) -> Option<MediaTitle> {
        Some(MediaTitle(Arc::clone(&self.0)))
    }

    #[graphql(name = "type")]
    async fn media_type(&self) -> Option<MediaType> {
        Some(if self.0.is_anime {
            MediaType::Anime
        } else {
            MediaType::Manga
        })
    }

    async fn format(&self) -> Option<MediaFormat> {
        MediaFormat::parse(&self.0.format)
    }

    async fn status(&self, version: Option<i32>) -> Option<MediaStatus> {
        let _ = version;
        Some(if self.0.total().is_some() {
            MediaStatus::Finished
        } else {
            MediaStatus::Releasing
        })
    }

    async fn description(&self, as_html: Option<bool>) -> Option<String> {
        let _ = as_html;
        Some(format!("An invented title from {}.", self.0.year))
    }

    async fn start_date(&self) -> Option<FuzzyDate> {
        Some(FuzzyDate {
            year: Some(self.0.year),
            month: Some(4),
            day: None,
        })
    }

    async fn end_date(&self) -> Option<FuzzyDate> {
        Some(FuzzyDate {
            year: self.0.total().map(|_| self.0.year),
            month: None,
            day: None,
        })
    }

    async fn season(&self) -> Option<MediaSeason> {
        self.0.is_anime.then_some(MediaSeason::Spring)
    }

    async fn season_year(&self) -> Option<i32> {
        self.0.is_anime.then_some(self.0.year)
    }

    async fn episodes(&self) -> Option<i32> {
        self.0.episodes
    }

    async fn duration(&self) -> Option<i32> {
        self.0.is_anime.then_some(24)
    }

    async fn chapters(&self) -> Option<i32> {
        self.0.chapters
    }

    async fn volumes(&self) -> Option<i32> {
        self.0.volumes
    }

    async fn country_of_origin(&self) -> Option<CountryCode> {
        Some(CountryCode(self.0.country.clone()))
    }

    async fn is_licensed(&self) -> Option<bool> {
        Some(false)
    }

    async fn updated_at(&self) -> Option<i32> {
        Some(1_700_000_000)
    }

    async fn cover_image(&self) -> Option<MediaCoverImage> {
        let url = |size: &str| {
            Some(format!(
                "https://s4.anilist.co/file/anilistcdn/simulated/{size}/{}.png",
                self.0.id
            ))
        };
        Some(MediaCoverImage {
            extra_large: url("large"),
            large: url("medium"),
            medium: url("small"),
            color: Some(self.0.colour.clone()),
        })
    }

    async fn banner_image(&self) -> Option<String> {
        None
    }

    async fn genres(&self) -> Option<Vec<Option<String>>> {
        Some(vec![Some("Adventure".to_owned())])
    }

    async fn synonyms(&self) -> Option<Vec<Option<String>>> {
        Some(Vec::new())
    }

    async fn average_score(&self) -> Option<i32> {
        Some(70)
    }

    async fn mean_score(&self) -> Option<i32> {
        Some(70)
    }

    async fn popularity(&self) -> Option<i32> {
        Some(1000)
    }

    async fn favourites(&self) -> Option<i32> {
        Some(10)
    }

    async fn is_favourite(&self, ctx: &Context<'_>) -> Result<bool> {
        let request = request(ctx)?;
        Ok(request.viewer.is_some_and(|id| {
            request.world().user(id).is_some_and(|user| {
                let kind = if self.0.is_anime {
                    &user.favourites.anime
                } else {
                    &user.favourites.manga
                };
                kind.contains(&self.0.id)
            })
        }))
    }

    async fn is_adult(&self) -> Option<bool> {
        Some(self.0.is_adult)
    }

    async fn is_locked(&self) -> Option<bool> {
        Some(false)
    }

    async fn next_airing_episode(&self) -> Option<AiringSchedule> {
        None
    }

    async fn media_list_entry(&self, ctx: &Context<'_>) -> Result<Option<MediaList>> {
        let request = request(ctx)?;
        let Some(viewer) = request.viewer else {
            return Ok(None);
        };
        let world = request.world();
        let entry = world
            .visible(viewer, &request.switches, request.now)
            .find(|entry| entry.media == self.0.id)
            .cloned();
        Ok(entry.and_then(|entry| MediaList::of(&world, entry)))
    }

    async fn site_url(&self) -> Option<String> {
        let kind = if self.0.is_anime { "anime" } else { "manga" };
        Some(format!("https://anilist.co/{kind}/{}", self.0.id))
    }
}

/// Ids are positive and small; GraphQL's Int has a sign.
pub(super) fn int(id: u32) -> i32 {
    i32::try_from(id).unwrap_or(i32::MAX)
}
