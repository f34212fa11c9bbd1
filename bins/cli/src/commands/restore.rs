//! `restore`

use std::collections::BTreeSet;

use anirewind_core::model::{EntryStatus, MediaId, MediaType};
use anirewind_core::{App, Prefer, RestoreOptions, Wanted};

use crate::arguments::{RestoreArguments, RestorePrefer, TypeArgument};
use crate::commands::plan;
use crate::output::{Failure, Output};

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    arguments: &RestoreArguments,
) -> Result<u8, Failure> {
    app.refresh_catalogue().await?;
    let wanted = match (&arguments.reference, &arguments.at) {
        (_, Some(at)) => Wanted::Moment(app.moment(at)?),
        (Some(reference), None) => Wanted::Snapshot(reference.clone()),
        (None, None) => return Err(Failure::usage("name a snapshot, a file, or a moment")),
    };
    offer(app, output, profile, &wanted, arguments).await
}

/// Plans a restore with these options, and offers it.
pub(crate) async fn offer(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    wanted: &Wanted,
    arguments: &RestoreArguments,
) -> Result<u8, Failure> {
    let options = options(app, profile, arguments).await?;
    let planned = app.plan_restore(profile, wanted, &options).await?;
    plan::offer(app, output, planned, &arguments.apply).await
}

async fn options(
    app: &App,
    profile: Option<&str>,
    arguments: &RestoreArguments,
) -> Result<RestoreOptions, Failure> {
    let media_type = arguments.only.map(|of| match of {
        TypeArgument::Anime => MediaType::Anime,
        TypeArgument::Manga => MediaType::Manga,
    });
    let mut titles: Option<BTreeSet<(MediaType, MediaId)>> = None;
    for id in &arguments.titles {
        let titles = titles.get_or_insert_default();
        titles.extend(MediaType::BOTH.map(|of| (of, MediaId::new(*id))));
    }
    if let Some(group) = &arguments.group {
        let of_group = app.titles_of(profile, group).await?;
        titles.get_or_insert_default().extend(of_group);
    }
    Ok(RestoreOptions {
        media_type,
        statuses: arguments.statuses.iter().cloned().collect(),
        fields: arguments.fields.iter().copied().collect(),
        titles,
        removes: arguments.remove_extra,
        prefer: match arguments.prefer {
            RestorePrefer::Ask => Prefer::Ask,
            RestorePrefer::Snapshot => Prefer::Snapshot,
            RestorePrefer::Live => Prefer::Live,
        },
        leaves_lists: arguments.no_create_lists,
        picks: arguments.picks.picks(),
    })
}

pub(crate) fn parse_status(text: &str) -> Result<EntryStatus, String> {
    let status = EntryStatus::parse(&text.to_uppercase());
    if EntryStatus::KNOWN.contains(&status) {
        return Ok(status);
    }
    let words = EntryStatus::KNOWN.map(|status| status.as_str().to_lowercase());
    Err(format!("there are: {}", words.join(", ")))
}
