//! What can be changed.

use std::sync::Arc;

use async_graphql::{Context, MaybeUndefined, Object, Result, SimpleObject};

use crate::failure::Failure;
use crate::save::{self, Fields};
use crate::schema::entry::MediaList;
use crate::schema::user::User;
use crate::schema::{
    FuzzyDateInput, ListActivityOptionInput, MediaListOptionsInput, Request, fail, is_stopped,
    request,
};
use crate::user_rules::{self, UserFields};
use crate::words::{MediaType, ScoreFormat, UserTitleLanguage};
use crate::{Act, SimUser, Status};

pub(crate) struct Mutation;

/// `Deleted`
#[derive(SimpleObject, Debug, Clone, Copy)]
pub(super) struct Deleted {
    deleted: Option<bool>,
}

#[Object]
impl Mutation {
    #[graphql(name = "SaveMediaListEntry")]
    #[expect(clippy::too_many_arguments, reason = "AniList's arguments")]
    async fn save_media_list_entry(
        &self,
        ctx: &Context<'_>,
        id: Option<i32>,
        media_id: Option<i32>,
        status: MaybeUndefined<Status>,
        score: MaybeUndefined<f64>,
        score_raw: MaybeUndefined<i32>,
        progress: MaybeUndefined<i32>,
        progress_volumes: MaybeUndefined<i32>,
        repeat: MaybeUndefined<i32>,
        priority: MaybeUndefined<i32>,
        private: MaybeUndefined<bool>,
        notes: MaybeUndefined<String>,
        hidden_from_status_lists: MaybeUndefined<bool>,
        custom_lists: MaybeUndefined<Vec<Option<String>>>,
        advanced_scores: MaybeUndefined<Vec<Option<f64>>>,
        started_at: MaybeUndefined<FuzzyDateInput>,
        completed_at: MaybeUndefined<FuzzyDateInput>,
    ) -> Result<Option<MediaList>> {
        let request = request(ctx)?;
        let fields = Fields {
            status,
            score,
            score_raw,
            progress,
            volumes: progress_volumes,
            repeat,
            priority,
            private,
            notes,
            hidden: hidden_from_status_lists,
            custom_lists,
            advanced_scores,
            started: started_at,
            completed: completed_at,
        };
        if is_stopped(request) {
            return Ok(None);
        }
        fail(ctx, save_one(request, id, media_id, &fields))
    }

    #[graphql(name = "UpdateMediaListEntries")]
    #[expect(clippy::too_many_arguments, reason = "AniList's arguments")]
    async fn update_media_list_entries(
        &self,
        ctx: &Context<'_>,
        status: MaybeUndefined<Status>,
        score: MaybeUndefined<f64>,
        score_raw: MaybeUndefined<i32>,
        progress: MaybeUndefined<i32>,
        progress_volumes: MaybeUndefined<i32>,
        repeat: MaybeUndefined<i32>,
        priority: MaybeUndefined<i32>,
        private: MaybeUndefined<bool>,
        notes: MaybeUndefined<String>,
        hidden_from_status_lists: MaybeUndefined<bool>,
        advanced_scores: MaybeUndefined<Vec<Option<f64>>>,
        started_at: MaybeUndefined<FuzzyDateInput>,
        completed_at: MaybeUndefined<FuzzyDateInput>,
        ids: Option<Vec<Option<i32>>>,
    ) -> Result<Option<Vec<Option<MediaList>>>> {
        let request = request(ctx)?;
        let fields = Fields {
            status,
            score,
            score_raw,
            progress,
            volumes: progress_volumes,
            repeat,
            priority,
            private,
            notes,
            hidden: hidden_from_status_lists,
            custom_lists: MaybeUndefined::Undefined,
            advanced_scores,
            started: started_at,
            completed: completed_at,
        };
        if is_stopped(request) {
            return Ok(None);
        }
        let ids = ids.unwrap_or_default();
        let saved = (|| {
            let writer = request.writer()?;
            let media = save::own_media(&request.world(), writer, &ids);
            media
                .into_iter()
                .map(|media| save_one(request, None, i32::try_from(media).ok(), &fields))
                .collect::<Result<Vec<_>, Failure>>()
        })();
        fail(ctx, saved).map(Some)
    }

    #[graphql(name = "DeleteMediaListEntry")]
    async fn delete_media_list_entry(
        &self,
        ctx: &Context<'_>,
        id: Option<i32>,
    ) -> Result<Option<Deleted>> {
        let request = request(ctx)?;
        if is_stopped(request) {
            return Ok(None);
        }
        let deleted = request
            .writer()
            .and_then(|writer| save::delete(&mut request.world(), writer, id));
        fail(ctx, deleted).map(|deleted| {
            Some(Deleted {
                deleted: Some(deleted),
            })
        })
    }

    #[graphql(name = "UpdateUser")]
    #[expect(clippy::too_many_arguments, reason = "AniList's arguments")]
    async fn update_user(
        &self,
        ctx: &Context<'_>,
        title_language: Option<UserTitleLanguage>,
        display_adult_content: Option<bool>,
        score_format: Option<ScoreFormat>,
        row_order: Option<String>,
        timezone: Option<String>,
        activity_merge_time: Option<i32>,
        anime_list_options: Option<MediaListOptionsInput>,
        manga_list_options: Option<MediaListOptionsInput>,
        disabled_list_activity: Option<Vec<Option<ListActivityOptionInput>>>,
    ) -> Result<Option<User>> {
        let request = request(ctx)?;
        if is_stopped(request) {
            return Ok(None);
        }
        let fields = UserFields {
            title_language,
            display_adult: display_adult_content,
            score_format,
            row_order,
            timezone,
            activity_merge_time,
            anime: anime_list_options,
            manga: manga_list_options,
            muted: disabled_list_activity,
        };
        let updated = request.writer().and_then(|writer| {
            user_rules::update(&mut request.world(), writer, fields).map(|()| writer.user)
        });
        let id = fail(ctx, updated)?;
        Ok(request
            .world()
            .users
            .get(&id)
            .map(|state| User(Arc::clone(&state.user))))
    }

    #[graphql(name = "DeleteCustomList")]
    async fn delete_custom_list(
        &self,
        ctx: &Context<'_>,
        custom_list: Option<String>,
        #[graphql(name = "type")] media_type: Option<MediaType>,
    ) -> Result<Option<Deleted>> {
        let request = request(ctx)?;
        if is_stopped(request) {
            return Ok(None);
        }
        let deleted = request.writer().and_then(|writer| {
            let is_anime = media_type != Some(MediaType::Manga);
            let name = custom_list.unwrap_or_default();
            user_rules::delete_custom_list(&mut request.world(), writer, &name, is_anime)
        });
        fail(ctx, deleted).map(|deleted| {
            Some(Deleted {
                deleted: Some(deleted),
            })
        })
    }

    #[graphql(name = "ToggleFavourite")]
    async fn toggle_favourite(
        &self,
        ctx: &Context<'_>,
        anime_id: Option<i32>,
        manga_id: Option<i32>,
        character_id: Option<i32>,
        staff_id: Option<i32>,
        studio_id: Option<i32>,
    ) -> Result<Option<super::user::Favourites>> {
        let request = request(ctx)?;
        if is_stopped(request) {
            return Ok(None);
        }
        let id = |id: Option<i32>| id.and_then(|id| u32::try_from(id).ok());
        let user = change_user(request, |user| {
            let favourites = &mut user.favourites;
            let titles = [
                (anime_id, &mut favourites.anime),
                (manga_id, &mut favourites.manga),
            ];
            for (wanted, known) in titles {
                if let Some(id) = id(wanted) {
                    user_rules::toggle(known, id, id, |known| *known);
                }
            }
            let people = [
                (character_id, &mut favourites.characters),
                (staff_id, &mut favourites.staff),
                (studio_id, &mut favourites.studios),
            ];
            for (wanted, known) in people {
                if let Some(id) = id(wanted) {
                    user_rules::toggle(known, id, (id, format!("No. {id}")), |known| known.0);
                }
            }
        });
        fail(ctx, user).map(|user| Some(super::user::Favourites(user)))
    }
}

fn save_one(
    request: &Request,
    id: Option<i32>,
    media_id: Option<i32>,
    fields: &Fields,
) -> Result<Option<MediaList>, Failure> {
    let writer = request.writer()?;
    let mut world = request.world();
    let media = save::save(&mut world, writer, id, media_id, fields)?;
    let entry = world
        .users
        .get(&writer.user)
        .and_then(|state| state.list.get(&media));
    let entry = entry.and_then(|slot| slot.current().cloned());
    Ok(entry.and_then(|entry| MediaList::of(&world, entry)))
}

fn change_user(
    request: &Request,
    change: impl FnOnce(&mut SimUser),
) -> Result<Arc<SimUser>, Failure> {
    let writer = request.writer()?;
    let mut world = request.world();
    let state = world
        .users
        .get_mut(&writer.user)
        .ok_or_else(Failure::unauthorized)?;
    change(Arc::make_mut(&mut state.user));
    let user = Arc::clone(&state.user);
    user_rules::log(&mut world, writer, Act::FavouritesChanged);
    Ok(user)
}
