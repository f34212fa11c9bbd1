//! What can be typed about writing to AniList: plans, restores, undos and what became of them.

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use crate::arguments::{TypeArgument, parse_field};
use crate::completion;

#[derive(Debug, Subcommand)]
pub(crate) enum PlanCommand {
    /// List the plans that can still be sent.
    List,
    /// Show one, title by title.
    Show {
        /// The beginning of its id.
        id: String,
    },
    /// Send it, after asking.
    Apply {
        /// The beginning of its id.
        id: String,
        #[command(flatten)]
        apply: ApplyArguments,
    },
    /// Drop it.
    Discard {
        /// The beginning of its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum JobCommand {
    /// List what is under way, paused or stopped.
    List,
    /// Follow one until it ends.
    Watch {
        /// The beginning of its id.
        id: String,
    },
    /// Let one wait until somebody resumes it.
    Pause {
        /// The beginning of its id.
        id: String,
    },
    /// Go on with one that waits or stopped.
    Resume {
        /// The beginning of its id.
        id: String,
    },
    /// End one where it is. What is done stays.
    Stop {
        /// The beginning of its id.
        id: String,
    },
    /// Show what came of one, title by title.
    Report {
        /// The beginning of its id.
        id: String,
    },
    /// Try again what one did not get done.
    Retry {
        /// The beginning of its id.
        id: String,
        #[command(flatten)]
        apply: ApplyArguments,
    },
}

/// How a plan is sent.
#[derive(Debug, Args)]
pub(crate) struct ApplyArguments {
    /// Say what would be done, and do nothing.
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// Agree to exactly this many removals.
    #[arg(long, value_name = "COUNT")]
    pub(crate) allow_removals: Option<usize>,
    /// Keep list edits out of the activity feed while this runs (the default for more than 5 titles).
    #[arg(long, conflicts_with = "no_mute_activity")]
    pub(crate) mute_activity: bool,
    /// Leave the activity feed alone.
    #[arg(long)]
    pub(crate) no_mute_activity: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The snapshot, or a file.
    #[arg(value_name = "REF", add = ArgValueCompleter::new(completion::snapshots))]
    pub(crate) reference: Option<String>,
    /// Put the list back to this moment, from snapshots and changes: `2026-11-03T14:00`, `@-7d`.
    #[arg(long, value_name = "WHEN", conflicts_with = "reference")]
    pub(crate) at: Option<String>,
    /// A token to use instead of a connected account.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// Only this list.
    #[arg(long, value_enum, value_name = "TYPE")]
    pub(crate) only: Option<TypeArgument>,
    /// Only titles with this status, then or now (more than once for several).
    #[arg(long = "status", value_name = "STATUS", value_parser = crate::commands::restore::parse_status)]
    pub(crate) statuses: Vec<anirewind_core::model::EntryStatus>,
    /// Only this field (more than once for several). No title is then added or removed.
    #[arg(long = "field", value_name = "FIELD", value_parser = parse_field)]
    pub(crate) fields: Vec<anirewind_core::model::EntryField>,
    /// Only the title with this id on AniList (more than once for several).
    #[arg(long = "title", value_name = "ID")]
    pub(crate) titles: Vec<u32>,
    /// Only the titles of this group of changes, or of this act.
    #[arg(long, value_name = "ID")]
    pub(crate) group: Option<String>,
    /// Remove titles that were added since.
    #[arg(long)]
    pub(crate) remove_extra: bool,
    /// What to do about titles that are there and not as they were: put back all but what moved on
    /// (progress, completion, first scores), put back everything, or leave them.
    #[arg(long, value_enum, default_value_t = RestorePrefer::Ask)]
    pub(crate) prefer: RestorePrefer,
    /// Leave custom lists out that are gone, instead of making them again.
    #[arg(long)]
    pub(crate) no_create_lists: bool,
    #[command(flatten)]
    pub(crate) picks: PickArguments,
    #[command(flatten)]
    pub(crate) apply: ApplyArguments,
}

/// What is said about single fields of single titles.
#[derive(Debug, Args)]
pub(crate) struct PickArguments {
    /// Leave this field of a title as it is: `ANIME:123.progress` (more than once for several).
    #[arg(long = "leave-field", value_name = "TITLE.FIELD", value_parser = parse_pick)]
    pub(crate) leave: Vec<Pick>,
    /// Put this field of a title back, whatever happened to it since (more than once for several).
    #[arg(long = "put-field", value_name = "TITLE.FIELD", value_parser = parse_pick)]
    pub(crate) put: Vec<Pick>,
}

/// A field of a title.
pub(crate) type Pick = (
    (
        anirewind_core::model::MediaType,
        anirewind_core::model::MediaId,
    ),
    anirewind_core::model::EntryField,
);

fn parse_pick(text: &str) -> Result<Pick, String> {
    let picked = anirewind_core::model::Picks::parse(text);
    picked.ok_or_else(|| "name a title and a field, as ANIME:123.progress".to_owned())
}

impl PickArguments {
    /// The same as a plan takes it.
    pub(crate) fn picks(&self) -> anirewind_core::model::Picks {
        let mut picks = anirewind_core::model::Picks::default();
        for (title, field) in &self.leave {
            picks.leave(*title, *field);
        }
        for (title, field) in &self.put {
            picks.put(*title, *field);
        }
        picks
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RestorePrefer {
    /// Put back all but what moved on.
    Ask,
    /// Put back everything.
    Snapshot,
    /// Leave what is there, and only add what is missing.
    Live,
}

#[derive(Debug, Args)]
pub(crate) struct UndoArguments {
    /// Beginnings of ids: of changes, groups, or acts of ours.
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Take back this change and everything after it.
    #[arg(long, value_name = "ID", conflicts_with = "ids")]
    pub(crate) back_to: Option<String>,
    /// What to do where something was edited since: ask, put the old value back, leave it as it is.
    #[arg(long, value_enum, default_value_t = Prefer::Ask)]
    pub(crate) prefer: Prefer,
    /// Put back this field though it was edited since (more than once for several).
    #[arg(long = "field", value_name = "FIELD", value_parser = parse_field)]
    pub(crate) fields: Vec<anirewind_core::model::EntryField>,
    #[command(flatten)]
    pub(crate) picks: PickArguments,
    #[command(flatten)]
    pub(crate) apply: ApplyArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Prefer {
    /// Refuse until it is said.
    Ask,
    /// Put the old values back all the same.
    Before,
    /// Leave those titles alone.
    Now,
}
