//! Pages of things.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};

use crate::failure::Failure;
use crate::list_rules::sort as sort_entries;
use crate::schema::entry::MediaList;
use crate::schema::feed::{ActivityUnion, ListActivity};
use crate::schema::media::Media;
use crate::schema::scalar::FuzzyDateInt;
use crate::schema::user::User;
use crate::schema::{Request, fail, request};
use crate::words::{
    ActivitySort, ActivityType, MediaFormat, MediaListSort, MediaSort, MediaStatus, MediaType,
    Word as _,
};
use crate::{SimEntry, Status, World};

/// `PageInfo`. Total and last page are guesses on AniList, and here.
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct PageInfo {
    total: Option<i32>,
    per_page: Option<i32>,
    current_page: Option<i32>,
    last_page: Option<i32>,
    has_next_page: Option<bool>,
}

/// `Page`
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub(super) number: i32,
    pub(super) per_page: i32,
}

/// AniList shows no more than this many of anything.
const DEEPEST: usize = 5000;
const MOST_PER_PAGE: usize = 50;

/// The part of `items` that a page shows, and what to say about it.
pub(super) fn cut_page<T>(
    items: &[T],
    page: Option<i32>,
    per_page: Option<i32>,
    most: usize,
) -> (&[T], PageInfo) {
    let number = usize::try_from(page.unwrap_or(1)).unwrap_or(1).max(1);
    let size = usize::try_from(per_page.unwrap_or(25))
        .unwrap_or(1)
        .clamp(1, most);
    let from = (number - 1)
        .saturating_mul(size)
        .min(items.len())
        .min(DEEPEST);
    let to = (from + size).min(items.len()).min(DEEPEST);
    let int = |n: usize| i32::try_from(n).ok();
    let info = PageInfo {
        total: int(items.len().min(DEEPEST)),
        per_page: int(size),
        current_page: int(number),
        last_page: int(items.len().min(DEEPEST).div_ceil(size)),
        has_next_page: Some(to < items.len().min(DEEPEST)),
    };
    (items.get(from..to).unwrap_or_default(), info)
}

impl Page {
    fn cut<'a, T>(&self, items: &'a [T]) -> &'a [T] {
        cut_page(items, Some(self.number), Some(self.per_page), MOST_PER_PAGE).0
    }
}

/// What `mediaList` filters by.
#[derive(Debug, Default)]
pub(super) struct EntryFilter {
    pub(super) id: Option<i32>,
    pub(super) media_type: Option<MediaType>,
    pub(super) media_id: Option<i32>,
    pub(super) status: Option<Status>,
    pub(super) status_in: Option<Vec<Option<Status>>>,
    pub(super) status_not_in: Option<Vec<Option<Status>>>,
    pub(super) status_not: Option<Status>,
    pub(super) media_id_in: Option<BTreeSet<i32>>,
    pub(super) media_id_not_in: Option<BTreeSet<i32>>,
}

impl EntryFilter {
    pub(super) fn passes(&self, world: &World, entry: &SimEntry) -> bool {
        let has = |ids: &Option<BTreeSet<i32>>| {
            let media = i32::try_from(entry.media).unwrap_or(i32::MAX);
            ids.as_ref().map(|ids| ids.contains(&media))
        };
        let stands = |list: &Option<Vec<Option<Status>>>| {
            list.as_ref()
                .map(|statuses| statuses.contains(&Some(entry.status)))
        };
        self.id.is_none_or(|id| u32::try_from(id) == Ok(entry.id))
            && self
                .media_id
                .is_none_or(|id| u32::try_from(id) == Ok(entry.media))
            && self.media_type.is_none_or(|media_type| {
                let is_anime = media_type == MediaType::Anime;
                world
                    .media(entry.media)
                    .is_some_and(|media| media.is_anime == is_anime)
            })
            && self.status.is_none_or(|status| status == entry.status)
            && self.status_not.is_none_or(|status| status != entry.status)
            && stands(&self.status_in).unwrap_or(true)
            && !stands(&self.status_not_in).unwrap_or(false)
            && has(&self.media_id_in).unwrap_or(true)
            && !has(&self.media_id_not_in).unwrap_or(false)
    }
}

/// The user that a list is asked of, by id or name.
pub(super) fn user_id(
    world: &World,
    id: Option<i32>,
    name: Option<&str>,
) -> Option<Result<u32, Failure>> {
    let found = match (id, name) {
        (Some(id), _) => u32::try_from(id)
            .ok()
            .filter(|id| world.users.contains_key(id)),
        (None, Some(name)) => {
            let mut users = world.users.values();
            users
                .find(|state| state.user.name.eq_ignore_ascii_case(name))
                .map(|s| s.user.id)
        }
        (None, None) => return None,
    };
    Some(found.ok_or_else(|| Failure::new(404, "User not found")))
}

/// The entries of a user that the viewer may see.
pub(super) fn readable(
    request: &Request,
    world: &World,
    user: u32,
    filter: &EntryFilter,
) -> Vec<Arc<SimEntry>> {
    world
        .visible(user, &request.switches, request.now)
        .filter(|entry| !entry.private || request.viewer == Some(user))
        .filter(|entry| filter.passes(world, entry))
        .cloned()
        .collect()
}

#[Object]
impl Page {
    async fn page_info(&self) -> Option<PageInfo> {
        // AniList's totals are made up as well; a caller has to look at the data.
        Some(PageInfo {
            total: Some(5000),
            per_page: Some(self.per_page),
            current_page: Some(self.number),
            last_page: Some(100),
            has_next_page: Some(true),
        })
    }

    async fn users(
        &self,
        ctx: &Context<'_>,
        search: Option<String>,
    ) -> Result<Option<Vec<Option<User>>>> {
        let world = request(ctx)?.world();
        let wanted = search.unwrap_or_default().to_lowercase();
        let users: Vec<_> = world
            .users
            .values()
            .filter(|state| state.user.name.to_lowercase().contains(&wanted))
            .map(|state| Some(User(Arc::clone(&state.user))))
            .collect();
        Ok(Some(self.cut(&users).to_vec()))
    }

    #[expect(clippy::too_many_arguments, reason = "AniList's arguments")]
    async fn media(
        &self,
        ctx: &Context<'_>,
        id: Option<i32>,
        id_mal: Option<i32>,
        #[graphql(name = "type")] media_type: Option<MediaType>,
        format: Option<MediaFormat>,
        status: Option<MediaStatus>,
        search: Option<String>,
        is_adult: Option<bool>,
        #[graphql(name = "id_in")] id_in: Option<Vec<Option<i32>>>,
        #[graphql(name = "id_not_in")] id_not_in: Option<Vec<Option<i32>>>,
        #[graphql(name = "idMal_in")] id_mal_in: Option<Vec<Option<i32>>>,
        #[graphql(name = "format_in")] format_in: Option<Vec<Option<MediaFormat>>>,
        sort: Option<Vec<Option<MediaSort>>>,
    ) -> Result<Option<Vec<Option<Media>>>> {
        let _ = (status, sort);
        let filter = MediaFilter {
            id,
            id_mal,
            media_type,
            format,
            search,
            is_adult,
        };
        let has = |list: &Option<Vec<Option<i32>>>, id: Option<u32>| {
            list.as_ref().map(|ids| {
                ids.iter()
                    .flatten()
                    .any(|wanted| id.is_some_and(|id| u32::try_from(*wanted) == Ok(id)))
            })
        };
        let world = request(ctx)?.world();
        let found: Vec<_> = world
            .media
            .values()
            .filter(|media| filter.passes(media))
            .filter(|media| has(&id_in, Some(media.id)).unwrap_or(true))
            .filter(|media| !has(&id_not_in, Some(media.id)).unwrap_or(false))
            .filter(|media| has(&id_mal_in, media.mal_id).unwrap_or(true))
            .filter(|media| {
                format_in
                    .as_ref()
                    .is_none_or(|list| list.contains(&MediaFormat::parse(&media.format)))
            })
            .map(|media| Some(Media(Arc::clone(media))))
            .collect();
        Ok(Some(self.cut(&found).to_vec()))
    }

    #[expect(clippy::too_many_arguments, reason = "AniList's arguments")]
    async fn media_list(
        &self,
        ctx: &Context<'_>,
        id: Option<i32>,
        user_id: Option<i32>,
        user_name: Option<String>,
        #[graphql(name = "type")] media_type: Option<MediaType>,
        status: Option<Status>,
        media_id: Option<i32>,
        #[graphql(name = "userId_in")] user_id_in: Option<Vec<Option<i32>>>,
        #[graphql(name = "status_in")] status_in: Option<Vec<Option<Status>>>,
        #[graphql(name = "status_not_in")] status_not_in: Option<Vec<Option<Status>>>,
        #[graphql(name = "status_not")] status_not: Option<Status>,
        #[graphql(name = "mediaId_in")] media_id_in: Option<Vec<Option<i32>>>,
        #[graphql(name = "mediaId_not_in")] media_id_not_in: Option<Vec<Option<i32>>>,
        #[graphql(name = "startedAt_greater")] started_at_greater: Option<FuzzyDateInt>,
        sort: Option<Vec<Option<MediaListSort>>>,
    ) -> Result<Option<Vec<Option<MediaList>>>> {
        let _ = started_at_greater;
        let request = request(ctx)?;
        let world = request.world();
        let filter = EntryFilter {
            id,
            media_type,
            media_id,
            status,
            status_in,
            status_not_in,
            status_not,
            media_id_in: media_id_in.map(|ids| ids.into_iter().flatten().collect()),
            media_id_not_in: media_id_not_in.map(|ids| ids.into_iter().flatten().collect()),
        };
        let one = match self::user_id(&world, user_id, user_name.as_deref()) {
            Some(found) => Some(fail(ctx, found)?),
            None => None,
        };
        let users: BTreeSet<u32> = match (one, user_id_in) {
            (Some(user), _) => BTreeSet::from([user]),
            (None, Some(ids)) => ids
                .into_iter()
                .flatten()
                .filter_map(|id| u32::try_from(id).ok())
                .collect(),
            (None, None) => world.users.keys().copied().collect(),
        };
        let mut entries: Vec<_> = users
            .iter()
            .flat_map(|user| readable(request, &world, *user, &filter))
            .collect();
        let sort: Vec<_> = sort.unwrap_or_default().into_iter().flatten().collect();
        sort_entries(&mut entries, &sort);
        let page = self.cut(&entries).iter();
        Ok(Some(
            page.map(|entry| MediaList::of(&world, Arc::clone(entry)))
                .collect(),
        ))
    }

    #[expect(clippy::too_many_arguments, reason = "AniList's arguments")]
    async fn activities(
        &self,
        ctx: &Context<'_>,
        id: Option<i32>,
        user_id: Option<i32>,
        media_id: Option<i32>,
        #[graphql(name = "type")] activity_type: Option<ActivityType>,
        #[graphql(name = "createdAt_greater")] created_at_greater: Option<i32>,
        sort: Option<Vec<Option<ActivitySort>>>,
    ) -> Result<Option<Vec<Option<ActivityUnion>>>> {
        let _ = activity_type;
        let world = request(ctx)?.world();
        let is = |wanted: Option<i32>, id: u32| wanted.is_none_or(|w| u32::try_from(w) == Ok(id));
        let mut found: Vec<_> = world
            .activities
            .iter()
            .filter(|activity| is(id, activity.id) && is(user_id, activity.user))
            .filter(|activity| is(media_id, activity.media))
            .filter(|activity| {
                created_at_greater.is_none_or(|at| activity.created_at > i64::from(at))
            })
            .filter_map(|activity| ListActivity::of(&world, activity))
            .map(|activity| Some(ActivityUnion::List(activity)))
            .collect();
        if sort
            .into_iter()
            .flatten()
            .flatten()
            .any(|sort| sort == ActivitySort::IdDesc)
        {
            found.reverse();
        }
        Ok(Some(self.cut(&found).to_vec()))
    }
}

/// What titles are filtered by.
#[derive(Debug, Default)]
pub(super) struct MediaFilter {
    pub(super) id: Option<i32>,
    pub(super) id_mal: Option<i32>,
    pub(super) media_type: Option<MediaType>,
    pub(super) format: Option<MediaFormat>,
    pub(super) search: Option<String>,
    pub(super) is_adult: Option<bool>,
}

impl MediaFilter {
    pub(super) fn passes(&self, media: &crate::SimMedia) -> bool {
        self.id.is_none_or(|id| u32::try_from(id) == Ok(media.id))
            && self
                .id_mal
                .is_none_or(|id| u32::try_from(id).ok() == media.mal_id)
            && self
                .media_type
                .is_none_or(|kind| (kind == MediaType::Anime) == media.is_anime)
            && self
                .format
                .is_none_or(|format| format.as_str() == media.format)
            && self
                .is_adult
                .is_none_or(|is_adult| is_adult == media.is_adult)
            && self.search.as_ref().is_none_or(|text| {
                let text = text.to_lowercase();
                let names = [
                    Some(&media.romaji),
                    media.english.as_ref(),
                    media.native.as_ref(),
                ];
                names
                    .into_iter()
                    .flatten()
                    .any(|name| name.to_lowercase().contains(&text))
            })
    }
}
