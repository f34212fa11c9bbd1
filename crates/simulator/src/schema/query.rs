//! What can be asked.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};

use crate::failure::Failure;
use crate::list_rules::{Chunk, Group, cut, groups, sort as sort_entries};
use crate::schema::entry::{MediaList, MediaListCollection, MediaListGroup};
use crate::schema::media::Media;
use crate::schema::page::{EntryFilter, MediaFilter, Page, readable, user_id as find_user};
use crate::schema::user::User;
use crate::schema::{Request, fail, request};
use crate::words::{MediaFormat, MediaListSort, MediaSort, MediaType};
use crate::{Status, World};

pub(crate) struct Query;

#[Object]
impl Query {
    #[graphql(name = "Viewer")]
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let request = request(ctx)?;
        let id = fail(ctx, request.viewer())?;
        Ok(request
            .world()
            .users
            .get(&id)
            .map(|state| User(Arc::clone(&state.user))))
    }

    #[graphql(name = "User")]
    async fn user(
        &self,
        ctx: &Context<'_>,
        id: Option<i32>,
        name: Option<String>,
        search: Option<String>,
    ) -> Result<Option<User>> {
        let world = request(ctx)?.world();
        let found = find_user(&world, id, name.or(search).as_deref())
            .unwrap_or_else(|| Err(Failure::not_found()));
        let id = fail(ctx, found)?;
        Ok(world
            .users
            .get(&id)
            .map(|state| User(Arc::clone(&state.user))))
    }

    #[graphql(name = "Page")]
    async fn page(&self, page: Option<i32>, per_page: Option<i32>) -> Option<Page> {
        Some(Page {
            number: page.unwrap_or(1).max(1),
            per_page: per_page.unwrap_or(50),
        })
    }

    #[graphql(name = "Media")]
    #[expect(clippy::too_many_arguments, reason = "AniList's arguments")]
    async fn media(
        &self,
        ctx: &Context<'_>,
        id: Option<i32>,
        id_mal: Option<i32>,
        #[graphql(name = "type")] media_type: Option<MediaType>,
        format: Option<MediaFormat>,
        search: Option<String>,
        is_adult: Option<bool>,
        sort: Option<Vec<Option<MediaSort>>>,
    ) -> Result<Option<Media>> {
        let _ = sort;
        let filter = MediaFilter {
            id,
            id_mal,
            media_type,
            format,
            search,
            is_adult,
        };
        let world = request(ctx)?.world();
        let found = world.media.values().find(|media| filter.passes(media));
        let found = fail(ctx, found.ok_or_else(Failure::not_found))?;
        Ok(Some(Media(Arc::clone(found))))
    }

    #[graphql(name = "MediaList")]
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
        sort: Option<Vec<Option<MediaListSort>>>,
    ) -> Result<Option<MediaList>> {
        let _ = sort;
        let request = request(ctx)?;
        let world = request.world();
        // The user is never inferred from the token: without one there is no answer at all.
        let Some(user) = find_user(&world, user_id, user_name.as_deref()) else {
            return Ok(None);
        };
        let user = fail(ctx, user)?;
        let filter = EntryFilter {
            id,
            media_type,
            media_id,
            status,
            ..EntryFilter::default()
        };
        let entry = readable(request, &world, user, &filter).into_iter().next();
        let entry = fail(ctx, entry.ok_or_else(Failure::not_found))?;
        Ok(MediaList::of(&world, entry))
    }

    #[graphql(name = "MediaListCollection")]
    #[expect(clippy::too_many_arguments, reason = "AniList's arguments")]
    async fn media_list_collection(
        &self,
        ctx: &Context<'_>,
        user_id: Option<i32>,
        user_name: Option<String>,
        #[graphql(name = "type")] media_type: Option<MediaType>,
        status: Option<Status>,
        force_single_completed_list: Option<bool>,
        chunk: Option<i32>,
        per_chunk: Option<i32>,
        #[graphql(name = "status_in")] status_in: Option<Vec<Option<Status>>>,
        #[graphql(name = "status_not_in")] status_not_in: Option<Vec<Option<Status>>>,
        #[graphql(name = "status_not")] status_not: Option<Status>,
        sort: Option<Vec<Option<MediaListSort>>>,
    ) -> Result<Option<MediaListCollection>> {
        let request = request(ctx)?;
        let world = request.world();
        let user = find_user(&world, user_id, user_name.as_deref()).unwrap_or_else(|| {
            Err(Failure::validation(
                "userId",
                "The user id or user name field is required.",
            ))
        });
        let user = fail(ctx, user)?;
        let kind = fail(
            ctx,
            media_type.ok_or_else(|| Failure::validation("type", "The type field is required.")),
        )?;
        let filter = EntryFilter {
            media_type,
            status,
            status_in,
            status_not_in,
            status_not,
            ..EntryFilter::default()
        };
        let wanted = Wanted {
            is_anime: kind == MediaType::Anime,
            single_completed: force_single_completed_list == Some(true),
            chunk: fail(
                ctx,
                chunk_of(chunk, per_chunk, request.switches.chunk_zero_is_valid),
            )?,
            sort: sort.unwrap_or_default().into_iter().flatten().collect(),
        };
        fail(ctx, collection(request, &world, user, &filter, &wanted)).map(Some)
    }

    #[graphql(name = "GenreCollection")]
    async fn genre_collection(&self) -> Option<Vec<Option<String>>> {
        Some(vec![Some("Adventure".to_owned())])
    }
}

struct Wanted {
    is_anime: bool,
    single_completed: bool,
    chunk: Option<Chunk>,
    sort: Vec<MediaListSort>,
}

fn chunk_of(
    chunk: Option<i32>,
    per_chunk: Option<i32>,
    zero_is_valid: bool,
) -> Result<Option<Chunk>, Failure> {
    if chunk.is_none() && per_chunk.is_none() {
        return Ok(None);
    }
    let number = chunk.unwrap_or(1);
    if number < 0 || (number == 0 && !zero_is_valid) {
        return Err(Failure::validation(
            "chunk",
            "The chunk must be at least 1.",
        ));
    }
    let number = usize::try_from(number).unwrap_or_default();
    let size = usize::try_from(per_chunk.unwrap_or(500))
        .unwrap_or(1)
        .clamp(1, 500);
    Ok(Some(Chunk { number, size }))
}

fn collection(
    request: &Request,
    world: &World,
    user: u32,
    filter: &EntryFilter,
    wanted: &Wanted,
) -> Result<MediaListCollection, Failure> {
    let switches = &request.switches;
    let owner = world.users.get(&user).ok_or_else(Failure::not_found)?;
    let mut entries = readable(request, world, user, filter);
    let fails_above = switches.collection_fails_above;
    if wanted.chunk.is_none() && fails_above > 0 && entries.len() > fails_above {
        return Err(Failure::new(500, "Internal Server Error"));
    }
    if entries.len() > switches.collection_cap {
        sort_entries(&mut entries, &[MediaListSort::UpdatedTimeDesc]);
        entries.truncate(switches.collection_cap);
    }
    sort_entries(&mut entries, &wanted.sort);
    let groups = groups(
        &entries,
        &world.media,
        &owner.user,
        wanted.is_anime,
        wanted.single_completed,
        switches,
    );
    let (groups, more) = match wanted.chunk {
        Some(chunk) => cut(groups, chunk, switches.chunk_counts_duplicates),
        None => (groups, false),
    };
    let mut seen = 0usize;
    let lists = groups
        .into_iter()
        .map(|group| Some(answer_group(world, group, switches, &mut seen)));
    Ok(MediaListCollection {
        lists: Some(lists.collect()),
        user: Some(User(Arc::clone(&owner.user))),
        has_next_chunk: Some(more),
    })
}

fn answer_group(
    world: &World,
    group: Group,
    switches: &crate::Switches,
    seen: &mut usize,
) -> MediaListGroup {
    let entries = group.entries.into_iter().map(|entry| {
        *seen += 1;
        let forgets = switches.custom_lists_null_every;
        let forgets = forgets > 0 && seen.is_multiple_of(forgets);
        let entry = MediaList::of(world, entry)?;
        Some(if forgets {
            entry.forgetting_custom_lists()
        } else {
            entry
        })
    });
    MediaListGroup {
        entries: Some(entries.collect()),
        name: Some(group.name),
        is_custom_list: Some(group.is_custom),
        is_split_completed_list: Some(group.is_split),
        status: group.status,
    }
}
