//! Entries, groups and collections.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};
use serde_json::{Map, Value, json};

use crate::save::shown_score;
use crate::schema::media::{FuzzyDate, Media, int};
use crate::schema::request;
use crate::schema::scalar::Json;
use crate::schema::user::User;
use crate::words::{ScoreFormat, Word as _};
use crate::{EmptyShape, LegacyTime, SimEntry, SimMedia, SimUser, Status, World};

/// `MediaList`
#[derive(Debug, Clone)]
pub(super) struct MediaList {
    entry: Arc<SimEntry>,
    media: Arc<SimMedia>,
    user: Arc<SimUser>,
    forgets_custom_lists: bool,
}

/// `MediaListGroup`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct MediaListGroup {
    pub(super) entries: Option<Vec<Option<MediaList>>>,
    pub(super) name: Option<String>,
    pub(super) is_custom_list: Option<bool>,
    pub(super) is_split_completed_list: Option<bool>,
    pub(super) status: Option<Status>,
}

/// `MediaListCollection`
#[derive(SimpleObject, Debug, Clone)]
pub(super) struct MediaListCollection {
    pub(super) lists: Option<Vec<Option<MediaListGroup>>>,
    pub(super) user: Option<User>,
    pub(super) has_next_chunk: Option<bool>,
}

impl MediaList {
    /// An entry with its title and owner; `None` when either is gone.
    pub(super) fn of(world: &World, entry: Arc<SimEntry>) -> Option<Self> {
        let media = Arc::clone(world.media.get(&entry.media)?);
        let user = Arc::clone(&world.users.get(&entry.user)?.user);
        Some(Self {
            entry,
            media,
            user,
            forgets_custom_lists: false,
        })
    }

    /// The same entry, answering null for its custom lists as AniList sometimes does.
    pub(super) fn forgetting_custom_lists(mut self) -> Self {
        self.forgets_custom_lists = true;
        self
    }
}

#[Object]
impl MediaList {
    async fn id(&self) -> i32 {
        int(self.entry.id)
    }

    async fn user_id(&self) -> i32 {
        int(self.entry.user)
    }

    async fn media_id(&self) -> i32 {
        int(self.entry.media)
    }

    async fn status(&self) -> Option<Status> {
        Some(self.entry.status)
    }

    async fn score(&self, format: Option<ScoreFormat>) -> Option<f64> {
        let format = format.or_else(|| ScoreFormat::parse(&self.user.score_format));
        Some(shown_score(
            self.entry.score,
            format.unwrap_or(ScoreFormat::Point100),
        ))
    }

    async fn progress(&self) -> Option<i32> {
        Some(self.entry.progress)
    }

    async fn progress_volumes(&self) -> Option<i32> {
        // Anime have none, and AniList answers nothing rather than 0.
        (!self.media.is_anime || self.entry.volumes != 0).then_some(self.entry.volumes)
    }

    async fn repeat(&self) -> Option<i32> {
        Some(self.entry.repeat)
    }

    async fn priority(&self) -> Option<i32> {
        Some(self.entry.priority)
    }

    async fn private(&self) -> Option<bool> {
        Some(self.entry.private)
    }

    async fn notes(&self) -> Option<&str> {
        self.entry.notes.as_deref()
    }

    async fn hidden_from_status_lists(&self) -> Option<bool> {
        Some(self.entry.hidden)
    }

    async fn custom_lists(
        &self,
        ctx: &Context<'_>,
        as_array: Option<bool>,
    ) -> Result<Option<Json>> {
        if self.forgets_custom_lists {
            return Ok(None);
        }
        let names = &self.user.options(self.media.is_anime).custom_lists;
        if names.is_empty() {
            return Ok(empty(request(ctx)?.switches.empty_shape));
        }
        let on = |place: usize| self.entry.custom_lists.contains(&place);
        let places = names.iter().enumerate();
        let json = if as_array == Some(true) {
            places
                .map(|(place, name)| json!({ "name": name, "enabled": on(place) }))
                .collect()
        } else {
            let map: Map<_, _> = places
                .map(|(place, name)| (name.clone(), Value::Bool(on(place))))
                .collect();
            Value::Object(map)
        };
        Ok(Some(Json(json)))
    }

    async fn advanced_scores(&self, ctx: &Context<'_>) -> Result<Option<Json>> {
        let names = &self.user.options(self.media.is_anime).advanced_scoring;
        if names.is_empty() {
            return Ok(empty(request(ctx)?.switches.empty_shape));
        }
        let score = |place: usize| {
            self.entry
                .advanced_scores
                .get(place)
                .copied()
                .unwrap_or(0.0)
        };
        let map: Map<_, _> = names
            .iter()
            .enumerate()
            .map(|(place, name)| (name.clone(), number(score(place))))
            .collect();
        Ok(Some(Json(Value::Object(map))))
    }

    async fn started_at(&self) -> Option<FuzzyDate> {
        Some(self.entry.started.into())
    }

    async fn completed_at(&self) -> Option<FuzzyDate> {
        Some(self.entry.completed.into())
    }

    async fn updated_at(&self) -> Option<i32> {
        self.entry.updated_at.and_then(|at| i32::try_from(at).ok())
    }

    async fn created_at(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        Ok(
            match (
                self.entry.created_at,
                request(ctx)?.switches.legacy_created_at,
            ) {
                (Some(at), _) => i32::try_from(at).ok(),
                (None, LegacyTime::Zero) => Some(0),
                (None, LegacyTime::Null) => None,
            },
        )
    }

    async fn media(&self) -> Option<Media> {
        Some(Media(Arc::clone(&self.media)))
    }

    async fn user(&self) -> Option<User> {
        Some(User(Arc::clone(&self.user)))
    }
}

fn empty(shape: EmptyShape) -> Option<Json> {
    match shape {
        EmptyShape::Object => Some(Json(json!({}))),
        EmptyShape::Array => Some(Json(json!([]))),
        EmptyShape::Null => None,
    }
}

/// Whole numbers read without a decimal point, as PHP writes them.
#[expect(clippy::cast_possible_truncation, reason = "scores are small")]
fn number(value: f64) -> Value {
    if value.fract() == 0.0 {
        json!(value as i64)
    } else {
        json!(value)
    }
}
