//! What changing an account's settings does.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::failure::Failure;
use crate::save::Writer;
use crate::schema::{ListActivityOptionInput, MediaListOptionsInput};
use crate::words::{ScoreFormat, UserTitleLanguage, Word as _};
use crate::{Act, CustomListStorage, Effect, SimUser, Status, TypeOptions, World};

/// The arguments of `UpdateUser` that the simulator knows.
#[derive(Debug, Default)]
pub(crate) struct UserFields {
    pub(crate) title_language: Option<UserTitleLanguage>,
    pub(crate) display_adult: Option<bool>,
    pub(crate) score_format: Option<ScoreFormat>,
    pub(crate) row_order: Option<String>,
    pub(crate) timezone: Option<String>,
    pub(crate) activity_merge_time: Option<i32>,
    pub(crate) anime: Option<MediaListOptionsInput>,
    pub(crate) manga: Option<MediaListOptionsInput>,
    pub(crate) muted: Option<Vec<Option<ListActivityOptionInput>>>,
}

/// Changes settings. The activity options are judged last: when they are wrong, the rest has
/// already been kept, as on AniList.
pub(crate) fn update(
    world: &mut World,
    writer: Writer<'_>,
    fields: UserFields,
) -> Result<(), Failure> {
    if fields
        .muted
        .iter()
        .flatten()
        .flatten()
        .any(|option| option.disabled.is_none())
    {
        return Err(Failure::new(500, "Internal Server Error"));
    }
    if fields
        .row_order
        .as_deref()
        .is_some_and(|order| !["score", "title", "updatedAt", "id"].contains(&order))
    {
        return Err(Failure::validation(
            "rowOrder",
            "The selected row order is invalid.",
        ));
    }
    let state = world
        .users
        .get_mut(&writer.user)
        .ok_or_else(Failure::unauthorized)?;
    let mut user = SimUser::clone(&state.user);
    if let Some(language) = fields.title_language {
        language.as_str().clone_into(&mut user.title_language);
    }
    if let Some(format) = fields.score_format {
        format.as_str().clone_into(&mut user.score_format);
    }
    user.display_adult = fields.display_adult.unwrap_or(user.display_adult);
    user.row_order = fields.row_order.unwrap_or(user.row_order);
    user.timezone = fields.timezone.unwrap_or(user.timezone);
    user.activity_merge_time = fields
        .activity_merge_time
        .unwrap_or(user.activity_merge_time);
    let storage = writer.switches.custom_list_storage;
    for (is_anime, input) in [(true, fields.anime), (false, fields.manga)] {
        let Some(input) = input else { continue };
        let old = user.options(is_anime).custom_lists.clone();
        let options = if is_anime {
            &mut user.lists.anime
        } else {
            &mut user.lists.manga
        };
        merge(options, input);
        let new = options.custom_lists.clone();
        if old != new {
            move_memberships(world, writer.user, is_anime, &old, &new, storage);
        }
    }
    let muted = fields.muted;
    let refused = muted
        .as_ref()
        .is_some_and(|options| options.len() != Status::ALL.len());
    if let Some(options) = muted.filter(|_| !refused) {
        user.muted = options
            .into_iter()
            .flatten()
            .filter(|option| option.disabled == Some(true))
            .filter_map(|option| option.status)
            .collect();
    }
    if let Some(state) = world.users.get_mut(&writer.user) {
        state.user = Arc::new(user);
    }
    log(world, writer, Act::UserUpdated);
    if refused {
        return Err(Failure::new(
            400,
            "Incorrect number of disabled list activity options (6 required)",
        ));
    }
    Ok(())
}

/// Deletes a custom list and everybody's place on it.
pub(crate) fn delete_custom_list(
    world: &mut World,
    writer: Writer<'_>,
    name: &str,
    is_anime: bool,
) -> Result<bool, Failure> {
    let state = world
        .users
        .get_mut(&writer.user)
        .ok_or_else(Failure::unauthorized)?;
    let old = state.user.options(is_anime).custom_lists.clone();
    if !old.iter().any(|list| list == name) {
        return Ok(false);
    }
    let new: Vec<_> = old.iter().filter(|list| *list != name).cloned().collect();
    let user = Arc::make_mut(&mut state.user);
    let options = if is_anime {
        &mut user.lists.anime
    } else {
        &mut user.lists.manga
    };
    options.custom_lists.clone_from(&new);
    move_memberships(
        world,
        writer.user,
        is_anime,
        &old,
        &new,
        CustomListStorage::ByName,
    );
    log(
        world,
        writer,
        Act::CustomListDeleted {
            name: name.to_owned(),
        },
    );
    Ok(true)
}

/// Sets or takes back one favourite.
pub(crate) fn toggle<T>(known: &mut Vec<T>, id: u32, new: T, id_of: impl Fn(&T) -> u32) {
    match known.iter().position(|other| id_of(other) == id) {
        Some(at) => {
            known.remove(at);
        }
        None => known.push(new),
    }
}

pub(crate) fn log(world: &mut World, writer: Writer<'_>, act: Act) {
    let effect = Effect {
        request: writer.request,
        at: writer.now,
        user: writer.user,
        act,
    };
    world.effects.push(effect);
}

/// Siblings that are not sent stay; arrays are replaced whole.
fn merge(options: &mut TypeOptions, input: MediaListOptionsInput) {
    let names = |names: Vec<Option<String>>| names.into_iter().flatten().collect();
    if let Some(order) = input.section_order {
        options.section_order = names(order);
    }
    if let Some(lists) = input.custom_lists {
        options.custom_lists = names(lists);
    }
    if let Some(categories) = input.advanced_scoring {
        options.advanced_scoring = names(categories);
    }
    options.split_completed = input
        .split_completed_section_by_format
        .unwrap_or(options.split_completed);
    options.advanced_scoring_enabled = input
        .advanced_scoring_enabled
        .unwrap_or(options.advanced_scoring_enabled);
}

/// Moves places on lists to where the switch says they end up when the array of names changes.
fn move_memberships(
    world: &mut World,
    user: u32,
    is_anime: bool,
    old: &[String],
    new: &[String],
    storage: CustomListStorage,
) {
    let entries: Vec<_> = world
        .entries(user)
        .filter(|entry| {
            world
                .media(entry.media)
                .is_some_and(|media| media.is_anime == is_anime)
        })
        .filter(|entry| !entry.custom_lists.is_empty())
        .cloned()
        .collect();
    for mut entry in entries {
        entry.custom_lists = match storage {
            CustomListStorage::ByIndex => entry
                .custom_lists
                .into_iter()
                .filter(|place| *place < new.len())
                .collect(),
            CustomListStorage::ByName => entry
                .custom_lists
                .into_iter()
                .filter_map(|place| old.get(place))
                .filter_map(|name| new.iter().position(|list| list == name))
                .collect::<BTreeSet<_>>(),
        };
        world.put_entry(entry);
    }
}
