//! The activity feed. Only list activities ever happen here; the others exist so that queries which
//! ask for them are valid.

use std::sync::Arc;

use async_graphql::{SimpleObject, Union};

use crate::schema::media::{Media, int};
use crate::schema::user::User;
use crate::words::ActivityType;
use crate::{Activity, World};

/// `ListActivity`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct ListActivity {
    id: i32,
    user_id: Option<i32>,
    #[graphql(name = "type")]
    activity_type: Option<ActivityType>,
    reply_count: i32,
    status: Option<String>,
    progress: Option<String>,
    is_locked: Option<bool>,
    like_count: i32,
    site_url: Option<String>,
    created_at: i32,
    user: Option<User>,
    media: Option<Media>,
}

/// `TextActivity`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct TextActivity {
    id: i32,
    #[graphql(name = "type")]
    activity_type: Option<ActivityType>,
    created_at: i32,
}

/// `MessageActivity`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct MessageActivity {
    id: i32,
    #[graphql(name = "type")]
    activity_type: Option<ActivityType>,
    created_at: i32,
}

/// `ActivityUnion`
#[derive(Union, Debug, Clone)]
pub(super) enum ActivityUnion {
    List(ListActivity),
    Text(TextActivity),
    Message(MessageActivity),
}

impl ListActivity {
    pub(super) fn of(world: &World, activity: &Activity) -> Option<Self> {
        let media = world.media.get(&activity.media)?;
        let user = &world.users.get(&activity.user)?.user;
        Some(Self {
            id: int(activity.id),
            user_id: Some(int(activity.user)),
            activity_type: Some(if media.is_anime {
                ActivityType::AnimeList
            } else {
                ActivityType::MangaList
            }),
            reply_count: 0,
            status: Some(activity.status.clone()),
            progress: activity.progress.clone(),
            is_locked: Some(false),
            like_count: 0,
            site_url: Some(format!("https://anilist.co/activity/{}", activity.id)),
            created_at: i32::try_from(activity.created_at).unwrap_or(i32::MAX),
            user: Some(User(Arc::clone(user))),
            media: Some(Media(Arc::clone(media))),
        })
    }
}
