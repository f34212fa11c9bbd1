//! Users, their options, statistics and favourites.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};

use crate::schema::entry::MediaList;
use crate::schema::media::{Media, MediaConnection, int};
use crate::schema::page::{PageInfo, cut_page};
use crate::schema::request;
use crate::words::{ScoreFormat, UserTitleLanguage, Word as _};
use crate::{SimUser, Status, TypeOptions};

/// `User`
#[derive(Debug, Clone)]
pub(super) struct User(pub(super) Arc<SimUser>);

/// `UserAvatar`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct UserAvatar {
    large: Option<String>,
    medium: Option<String>,
}

/// `UserOptions`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct UserOptions {
    title_language: Option<UserTitleLanguage>,
    display_adult_content: Option<bool>,
    airing_notifications: Option<bool>,
    profile_color: Option<String>,
    timezone: Option<String>,
    activity_merge_time: Option<i32>,
    restrict_messages_to_following: Option<bool>,
    disabled_list_activity: Option<Vec<Option<ListActivityOption>>>,
}

/// `ListActivityOption`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct ListActivityOption {
    disabled: Option<bool>,
    #[graphql(name = "type")]
    status: Option<Status>,
}

/// `MediaListOptions`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct MediaListOptions {
    score_format: Option<ScoreFormat>,
    row_order: Option<String>,
    anime_list: Option<MediaListTypeOptions>,
    manga_list: Option<MediaListTypeOptions>,
}

/// `MediaListTypeOptions`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct MediaListTypeOptions {
    section_order: Option<Vec<Option<String>>>,
    split_completed_section_by_format: Option<bool>,
    custom_lists: Option<Vec<Option<String>>>,
    advanced_scoring: Option<Vec<Option<String>>>,
    advanced_scoring_enabled: Option<bool>,
}

/// `UserStatisticTypes`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct UserStatisticTypes {
    anime: Option<UserStatistics>,
    manga: Option<UserStatistics>,
}

/// `UserStatistics`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct UserStatistics {
    count: i32,
    mean_score: f64,
    standard_deviation: f64,
    minutes_watched: i32,
    episodes_watched: i32,
    chapters_read: i32,
    volumes_read: i32,
    statuses: Option<Vec<Option<UserStatusStatistic>>>,
}

/// `UserStatusStatistic`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct UserStatusStatistic {
    count: i32,
    mean_score: f64,
    minutes_watched: i32,
    chapters_read: i32,
    status: Option<Status>,
}

/// `Favourites`
#[derive(Debug, Clone)]
pub(super) struct Favourites(pub(super) Arc<SimUser>);

/// The name of a character or a member of staff.
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct CharacterName {
    full: Option<String>,
    native: Option<String>,
    user_preferred: Option<String>,
}

/// The name of a member of staff.
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct StaffName {
    full: Option<String>,
    native: Option<String>,
    user_preferred: Option<String>,
}

/// `Character`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct Character {
    id: i32,
    name: Option<CharacterName>,
}

/// `Staff`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct Staff {
    id: i32,
    name: Option<StaffName>,
}

/// `Studio`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct Studio {
    id: i32,
    name: String,
}

/// `CharacterConnection`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct CharacterConnection {
    nodes: Option<Vec<Option<Character>>>,
    page_info: Option<PageInfo>,
}

/// `StaffConnection`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct StaffConnection {
    nodes: Option<Vec<Option<Staff>>>,
    page_info: Option<PageInfo>,
}

/// `StudioConnection`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct StudioConnection {
    nodes: Option<Vec<Option<Studio>>>,
    page_info: Option<PageInfo>,
}

const FAVOURITES_PER_PAGE: usize = 25;

#[Object]
impl User {
    async fn id(&self) -> i32 {
        int(self.0.id)
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn about(&self, as_html: Option<bool>) -> Option<String> {
        let _ = as_html;
        None
    }

    async fn avatar(&self) -> Option<UserAvatar> {
        let url = |size: &str| {
            Some(format!(
                "https://s4.anilist.co/file/anilistcdn/simulated/{size}/u{}.png",
                self.0.id
            ))
        };
        Some(UserAvatar {
            large: url("large"),
            medium: url("medium"),
        })
    }

    async fn banner_image(&self) -> Option<String> {
        None
    }

    async fn options(&self) -> Option<UserOptions> {
        let user = &self.0;
        let option = |status| {
            Some(ListActivityOption {
                disabled: Some(user.muted.contains(&status)),
                status: Some(status),
            })
        };
        Some(UserOptions {
            title_language: UserTitleLanguage::parse(&user.title_language),
            display_adult_content: Some(user.display_adult),
            airing_notifications: Some(true),
            profile_color: Some("blue".to_owned()),
            timezone: Some(user.timezone.clone()),
            activity_merge_time: Some(user.activity_merge_time),
            restrict_messages_to_following: Some(false),
            disabled_list_activity: Some(Status::ALL.into_iter().map(option).collect()),
        })
    }

    async fn media_list_options(&self) -> Option<MediaListOptions> {
        Some(MediaListOptions {
            score_format: ScoreFormat::parse(&self.0.score_format),
            row_order: Some(self.0.row_order.clone()),
            anime_list: Some(type_options(&self.0.lists.anime)),
            manga_list: Some(type_options(&self.0.lists.manga)),
        })
    }

    async fn favourites(&self, page: Option<i32>) -> Option<Favourites> {
        let _ = page;
        Some(Favourites(Arc::clone(&self.0)))
    }

    async fn statistics(&self, ctx: &Context<'_>) -> Result<Option<UserStatisticTypes>> {
        Ok(Some(UserStatisticTypes {
            anime: Some(statistics(ctx, self.0.id, true)?),
            manga: Some(statistics(ctx, self.0.id, false)?),
        }))
    }

    async fn unread_notification_count(&self) -> Option<i32> {
        Some(0)
    }

    async fn site_url(&self) -> Option<String> {
        Some(format!("https://anilist.co/user/{}", self.0.name))
    }

    async fn created_at(&self) -> Option<i32> {
        Some(1_500_000_000)
    }

    async fn updated_at(&self) -> Option<i32> {
        Some(1_700_000_000)
    }
}

#[Object]
impl Favourites {
    async fn anime(
        &self,
        ctx: &Context<'_>,
        page: Option<i32>,
        per_page: Option<i32>,
    ) -> Result<Option<MediaConnection>> {
        titles(ctx, &self.0.favourites.anime, page, per_page).map(Some)
    }

    async fn manga(
        &self,
        ctx: &Context<'_>,
        page: Option<i32>,
        per_page: Option<i32>,
    ) -> Result<Option<MediaConnection>> {
        titles(ctx, &self.0.favourites.manga, page, per_page).map(Some)
    }

    async fn characters(
        &self,
        page: Option<i32>,
        per_page: Option<i32>,
    ) -> Option<CharacterConnection> {
        let (items, info) = cut_page(
            &self.0.favourites.characters,
            page,
            per_page,
            FAVOURITES_PER_PAGE,
        );
        let nodes = items.iter().map(|(id, name)| {
            let name = Some(name.clone());
            let name = CharacterName {
                full: name.clone(),
                native: None,
                user_preferred: name,
            };
            Some(Character {
                id: int(*id),
                name: Some(name),
            })
        });
        Some(CharacterConnection {
            nodes: Some(nodes.collect()),
            page_info: Some(info),
        })
    }

    async fn staff(&self, page: Option<i32>, per_page: Option<i32>) -> Option<StaffConnection> {
        let (items, info) = cut_page(
            &self.0.favourites.staff,
            page,
            per_page,
            FAVOURITES_PER_PAGE,
        );
        let nodes = items.iter().map(|(id, name)| {
            let name = Some(name.clone());
            let name = StaffName {
                full: name.clone(),
                native: None,
                user_preferred: name,
            };
            Some(Staff {
                id: int(*id),
                name: Some(name),
            })
        });
        Some(StaffConnection {
            nodes: Some(nodes.collect()),
            page_info: Some(info),
        })
    }

    async fn studios(&self, page: Option<i32>, per_page: Option<i32>) -> Option<StudioConnection> {
        let (items, info) = cut_page(
            &self.0.favourites.studios,
            page,
            per_page,
            FAVOURITES_PER_PAGE,
        );
        let nodes = items.iter().map(|(id, name)| {
            Some(Studio {
                id: int(*id),
                name: name.clone(),
            })
        });
        Some(StudioConnection {
            nodes: Some(nodes.collect()),
            page_info: Some(info),
        })
    }
}

fn titles(
    ctx: &Context<'_>,
    ids: &[u32],
    page: Option<i32>,
    per_page: Option<i32>,
) -> Result<MediaConnection> {
    let world = request(ctx)?.world();
    let (ids, info) = cut_page(ids, page, per_page, FAVOURITES_PER_PAGE);
    let nodes = ids
        .iter()
        .map(|id| world.media.get(id).map(|media| Media(Arc::clone(media))));
    Ok(MediaConnection {
        nodes: Some(nodes.collect()),
        page_info: Some(info),
    })
}

fn type_options(options: &TypeOptions) -> MediaListTypeOptions {
    let names = |names: &[String]| Some(names.iter().cloned().map(Some).collect());
    MediaListTypeOptions {
        section_order: names(&options.section_order),
        split_completed_section_by_format: Some(options.split_completed),
        custom_lists: names(&options.custom_lists),
        advanced_scoring: names(&options.advanced_scoring),
        advanced_scoring_enabled: Some(options.advanced_scoring_enabled),
    }
}

/// Counts everything on a list, hidden entries included. Off by as much as the switch says.
fn statistics(ctx: &Context<'_>, user: u32, is_anime: bool) -> Result<UserStatistics> {
    let request = request(ctx)?;
    let world = request.world();
    let entries: Vec<_> = world
        .visible(user, &request.switches, request.now)
        .filter_map(|entry| MediaList::of(&world, Arc::clone(entry)).map(|_| entry))
        .filter(|entry| {
            world
                .media(entry.media)
                .is_some_and(|media| media.is_anime == is_anime)
        })
        .collect();
    let count = i32::try_from(entries.len()).unwrap_or(i32::MAX);
    let sum =
        |part: fn(&crate::SimEntry) -> i32| entries.iter().map(|entry| part(entry)).sum::<i32>();
    let (progress, volumes) = (sum(|entry| entry.progress), sum(|entry| entry.volumes));
    let statuses = Status::ALL.into_iter().filter_map(|status| {
        let count = entries
            .iter()
            .filter(|entry| entry.status == status)
            .count();
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        (count > 0).then_some(Some(UserStatusStatistic {
            count,
            mean_score: 0.0,
            minutes_watched: 0,
            chapters_read: 0,
            status: Some(status),
        }))
    });
    Ok(UserStatistics {
        count: count
            .saturating_add(request.switches.statistics_error)
            .max(0),
        mean_score: 0.0,
        standard_deviation: 0.0,
        minutes_watched: if is_anime {
            progress.saturating_mul(24)
        } else {
            0
        },
        episodes_watched: if is_anime { progress } else { 0 },
        chapters_read: if is_anime { 0 } else { progress },
        volumes_read: volumes,
        statuses: Some(statuses.collect()),
    })
}
