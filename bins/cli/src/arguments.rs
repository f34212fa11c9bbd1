//! What can be typed.

mod acting;
mod meant;
mod topics;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

pub(crate) use crate::arguments::acting::{
    ApplyArguments, JobCommand, PlanCommand, Prefer, RestoreArguments, RestorePrefer, UndoArguments,
};
pub(crate) use crate::arguments::meant::meant;
pub(crate) use crate::arguments::topics::{exit_codes, plain, refs};
use crate::completion;

/// An unofficial time machine for AniList: verified copies of your lists, on your own disk.
#[derive(Debug, Parser)]
#[command(
    name = "anirewind",
    version,
    after_help = topics::after_help()
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Default, Args)]
pub(crate) struct Global {
    /// Work for this profile alone.
    #[arg(short, long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Print one JSON object: `{"schema":"anirewind.NAME/1","data":…}`. `log --follow` prints one a line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print lists as lines with tabs between the fields, one thing a line: `help plain` names the fields.
    #[arg(long, global = true, conflicts_with = "json")]
    pub(crate) plain: bool,
    /// Print in colour: where a terminal shows it and `NO_COLOR` does not forbid it, always, or never.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) color: ColorArgument,
    /// Print the result and nothing else.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say more about what is done; twice for every detail.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Show times in UTC rather than in local time.
    #[arg(long, global = true)]
    pub(crate) utc: bool,
    /// Go on without asking.
    #[arg(short, long, global = true)]
    pub(crate) yes: bool,
    /// Never ask; what would have been asked is refused.
    #[arg(long, global = true, conflicts_with = "yes")]
    pub(crate) no_input: bool,
    /// Give up when AniList asks for a longer wait than this (for example 30s, 5m).
    #[arg(long, global = true, value_name = "TIME", value_parser = parse_time)]
    pub(crate) timeout: Option<std::time::Duration>,
    /// Keep everything in this folder.
    #[arg(long, visible_alias = "data", global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ColorArgument {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Connect accounts, list them, check them, forget them.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Take a snapshot now.
    Backup(BackupArguments),
    /// List the snapshots.
    #[command(visible_alias = "ls")]
    Snapshots(SnapshotsArguments),
    /// Show what a snapshot, or the live list, holds; a change, a group, an operation or a plan.
    Show(ShowArguments),
    /// Show what differs between two snapshots, or a snapshot and the live list.
    Diff(DiffArguments),
    /// Read snapshots again and prove that they are what was written.
    Verify(VerifyArguments),
    /// Everything that can be done with snapshots.
    #[command(subcommand)]
    Snapshot(SnapshotCommand),
    /// What is unusual about a list, and your answer to it.
    #[command(subcommand)]
    Alarm(AlarmCommand),
    /// Look at AniList now for what others changed.
    Look,
    /// List what changed, newest first.
    Log(LogArguments),
    /// Take changes back; without an id, the newest act of ours.
    Undo(UndoArguments),
    /// Take an undo back; without an id, the newest one.
    Redo(UndoArguments),
    /// Put the list back to what a snapshot, a file or a moment holds.
    Restore(RestoreArguments),
    /// Plans that were not sent yet: list them, show one, send or drop it. They last a day.
    #[command(subcommand)]
    Plan(PlanCommand),
    /// What is being carried out: list, watch, pause, resume, stop it, read its report.
    #[command(subcommand)]
    Job(JobCommand),
    /// Show the whole history of a title.
    Title {
        /// Its id, its address on AniList, one of its names, or a part of one that no other title has.
        title: String,
    },
    /// Show the list as it was last seen, or as it was at a moment.
    List {
        /// The moment: `2026-11-03T14:00`, `2026-11-03`, or `@-7d`; now if left out.
        #[arg(long, value_name = "WHEN")]
        at: Option<String>,
        /// List the titles too.
        #[arg(long)]
        entries: bool,
    },
    /// What we did: list it, show one act, go on with one that stopped.
    #[command(subcommand)]
    Op(OpCommand),
    /// Keys by which programs talk to the server.
    #[command(subcommand)]
    Key(KeyCommand),
    /// The password of the server's pages.
    #[command(subcommand)]
    Password(PasswordCommand),
    /// Who is logged in to the server's pages.
    #[command(subcommand)]
    Session(SessionCommand),
    /// Try whether notices arrive, and list where they go.
    #[command(subcommand)]
    Notify(NotifyCommand),
    /// Look at the settings, and change them in config.toml.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Write everything that is kept of an account into one archive: snapshots, what was said about them, history.
    ///
    /// No token, password or setting is in it. Its README.txt says how to read it again.
    Export {
        /// Where to; `-` for standard output. A file that is there is not replaced.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Say how things stand; exit status 10 when something needs doing.
    Status,
    /// Look for what is wrong with the set-up.
    Doctor,
    /// Print the manual of all commands, or of one: `anirewind man log | man -l -`.
    Man {
        /// The command, as in `snapshot keep`.
        #[arg(value_name = "COMMAND")]
        words: Vec<String>,
    },
    /// Say which version this is.
    Version,
    /// How snapshots are named: `help refs`.
    #[command(hide = true, help_template = "{about}", about = topics::refs())]
    Refs,
    /// With which status commands end: `help exit-codes`.
    #[command(hide = true, help_template = "{about}", about = topics::exit_codes())]
    ExitCodes,
    /// What `--plain` prints: `help plain`.
    #[command(hide = true, help_template = "{about}", about = topics::plain())]
    Plain,
    /// Print the code that lets a shell complete commands and snapshots.
    ///
    /// For example: `echo 'source <(anirewind completions bash)' >> ~/.bashrc`.
    Completions {
        /// The shell.
        shell: completion::Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SnapshotCommand {
    /// Take a snapshot now.
    Create(BackupArguments),
    /// List the snapshots.
    List(SnapshotsArguments),
    /// Show what a snapshot, or the live list, holds.
    Show(ShowArguments),
    /// Show what differs between two snapshots, or a snapshot and the live list.
    Diff(DiffArguments),
    /// Keep a snapshot whatever the rules say.
    Keep {
        /// The snapshot.
        #[arg(value_name = "REF", default_value = "latest", add = ArgValueCompleter::new(completion::snapshots))]
        reference: String,
        /// A name by which to find it: `kept:NAME`.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// The day until which to keep it (`2027-02-28`); without it, until you say otherwise.
        #[arg(long, value_name = "DAY", value_parser = parse_day)]
        until: Option<jiff::civil::Date>,
    },
    /// Stop keeping a snapshot; it then follows the rules.
    Unkeep {
        /// The snapshot.
        #[arg(value_name = "REF", add = ArgValueCompleter::new(completion::kept))]
        reference: String,
    },
    /// Put a note beside a snapshot; an empty one takes it away.
    Note {
        /// The snapshot.
        #[arg(value_name = "REF", add = ArgValueCompleter::new(completion::snapshots))]
        reference: String,
        /// The note.
        text: String,
    },
    /// Read snapshots again and prove that they are what was written.
    Verify(VerifyArguments),
    /// Put snapshots into the trash, from which they can be brought back for a week.
    Delete {
        /// The snapshots.
        #[arg(value_name = "REF", required = true, add = ArgValueCompleter::new(completion::snapshots))]
        references: Vec<String>,
        /// Say what would be done, and do nothing.
        #[arg(short = 'n', long)]
        dry_run: bool,
    },
    /// Bring a snapshot back from the trash; without a name, list what is there.
    Undelete {
        /// Beginning of its id, or its file's name.
        #[arg(value_name = "ID")]
        reference: Option<String>,
    },
    /// Write a snapshot into a file: as it is, or as a table.
    Export {
        /// The snapshot.
        #[arg(value_name = "REF", default_value = "latest", add = ArgValueCompleter::new(completion::snapshots))]
        reference: String,
        /// As what.
        #[arg(long = "as", value_enum, default_value_t = ExportForm::Json)]
        form: ExportForm,
        /// Where to; `-` for standard output. A file that is there is not replaced.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Bring in files of PlexAniBridge, AniBridge, AniList's own export, or another machine.
    Import {
        /// A file, or a folder with such files.
        #[arg(value_name = "PATH")]
        path: PathBuf,
        /// The day a list is of, for files that do not say.
        #[arg(long, value_name = "DAY", value_parser = parse_day)]
        taken_at: Option<jiff::civil::Date>,
        /// Say what was recognised, and take nothing.
        #[arg(short = 'n', long)]
        dry_run: bool,
    },
    /// Put snapshots that are past their time into the trash, and say why the others stay.
    Prune {
        /// Say what would be done, and do nothing.
        #[arg(short = 'n', long)]
        dry_run: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum OpCommand {
    /// List what we did, newest first.
    Log {
        /// At most this many.
        #[arg(short, long, default_value_t = 20, value_name = "COUNT")]
        limit: usize,
    },
    /// Show one act with its titles.
    Show {
        /// The beginning of its id.
        id: String,
    },
    /// Take over the history of a PlexAniBridge database. The file is only read.
    Import {
        /// Its SQLite file.
        #[arg(value_name = "FILE")]
        path: PathBuf,
        /// Which of its profiles is this account's.
        #[arg(long, value_name = "NAME")]
        from_profile: Option<String>,
    },
    /// Go on with an act that stopped.
    Resume {
        /// The beginning of its id.
        id: String,
    },
    /// Take an act back.
    Undo {
        /// Which, and how.
        #[command(flatten)]
        arguments: UndoArguments,
    },
    /// Put the list back to what it was right before an act.
    Restore {
        /// The beginning of the act's id.
        id: String,
        /// How.
        #[command(flatten)]
        arguments: RestoreArguments,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum NotifyCommand {
    /// Send a notice that says nothing; exit status 3 when some channels did not take it.
    Test {
        /// webhook, ntfy, discord or smtp; each there is if left out.
        channel: Option<String>,
    },
    /// List the channels, and how they fare.
    List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make one. It is shown this once.
    Add {
        /// What to call it.
        name: String,
        /// Let it write too: take snapshots, restore, undo.
        #[arg(long)]
        write: bool,
    },
    /// List them, without the keys.
    List,
    /// Forget one. Who uses it is refused from now on.
    Remove {
        /// What it is called.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PasswordCommand {
    /// Set the password of the server's pages, whatever it was. Everybody has to log in again.
    Set {
        /// File that holds it; `-` to read it from standard input. Asked for if left out.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// List who is logged in to the server's pages.
    List,
    /// End a session. Who had it has to log in again.
    End {
        /// Its name.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// List every setting with its value and where that was said.
    List,
    /// Print the value of one.
    Get {
        /// Its key, as in `backup_at`.
        key: String,
    },
    /// Change one. The whole is checked before anything is written.
    Set {
        /// Its key, as in `backup_at`.
        key: String,
        /// Its value, as in `every 6h`.
        value: String,
        /// Agree that exactly this many snapshots are no longer kept.
        #[arg(long, value_name = "COUNT")]
        allow_losing: Option<usize>,
    },
    /// Take one away, so that its default holds.
    Unset {
        /// Its key.
        key: String,
        /// Agree that exactly this many snapshots are no longer kept.
        #[arg(long, value_name = "COUNT")]
        allow_losing: Option<usize>,
    },
    /// Print where the file with the settings is, or would be.
    Path,
    /// Say whether the settings make sense; exit status 2 when they do not.
    Check,
}

#[derive(Debug, Args)]
pub(crate) struct LogArguments {
    /// At most this many, 0 for all; 50 if left out. A burst or an act counts as one, with --json each
    /// change does.
    #[arg(short, long, value_name = "COUNT")]
    pub(crate) limit: Option<usize>,
    /// Only this group or act, with every change of it.
    #[arg(long, value_name = "ID")]
    pub(crate) group: Option<String>,
    /// Only these, as the pages sort them: added, changed, removed, undone, restored, failed, left; or with this
    /// outcome: synced, deleted, skipped, `not_found`, pending.
    #[arg(long, value_name = "KIND", value_parser = parse_kind)]
    pub(crate) kind: Option<KindArgument>,
    /// Only made by this: anilist (or observed: by somebody else), restore, undo, redo, import, api.
    #[arg(long, value_name = "SOURCE", value_parser = parse_source)]
    pub(crate) source: Option<anirewind_core::Source>,
    /// Only of this list.
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    pub(crate) media_type: Option<TypeArgument>,
    /// Only of this field.
    #[arg(long, value_name = "FIELD", value_parser = parse_field)]
    pub(crate) field: Option<anirewind_core::model::EntryField>,
    /// Only of titles with this in their name.
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// Only since then: `@-7d`, `@-12h`, `@2026-11-03`.
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,
    /// Go on printing what comes; with --json one object a line, without end.
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Show those too that were hidden.
    #[arg(long)]
    pub(crate) hidden: bool,
    /// Keep this change, group or act out of sight (more than once for several). It stays where it is.
    #[arg(long, value_name = "ID", conflicts_with = "follow")]
    pub(crate) hide: Vec<String>,
    /// Let it be seen again.
    #[arg(long, value_name = "ID", conflicts_with_all = ["follow", "hide"])]
    pub(crate) unhide: Vec<String>,
}

/// Which changes somebody wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KindArgument {
    /// As the pages sort them.
    Kind(anirewind_core::ChangeKind),
    /// What became of them.
    Outcome(anirewind_core::ChangeOutcome),
}

#[derive(Debug, Subcommand)]
pub(crate) enum AlarmCommand {
    /// List what is unusual and unanswered.
    List,
    /// "This was me": the list is as it should be.
    Accept,
    /// "This was not me", and it is dealt with: the list is not to be believed.
    Close,
}

#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    /// Put a note beside it.
    #[arg(short = 'm', long, value_name = "NOTE")]
    pub(crate) note: Option<String>,
    /// Keep it whatever the rules say.
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SnapshotsArguments {
    /// Show at most this many; 0 for all.
    #[arg(short, long, default_value_t = 0, value_name = "COUNT")]
    pub(crate) limit: usize,
    /// Only those that are kept.
    #[arg(long)]
    pub(crate) kept: bool,
    /// Only those that were taken for this.
    #[arg(long, value_name = "KIND", value_parser = ["auto", "manual", "safety", "import"])]
    pub(crate) kind: Option<String>,
    /// Only those since then: `@-7d`, `@-12h`, `@2026-11-03`.
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// The snapshot, or `live`; for `anirewind show` the id of a change, a group, an operation or a plan too.
    #[arg(value_name = "REF", default_value = "latest", add = ArgValueCompleter::new(completion::lists))]
    pub(crate) reference: String,
    /// List the titles too.
    #[arg(long)]
    pub(crate) entries: bool,
    /// Print the file as it is.
    #[arg(long, conflicts_with = "entries")]
    pub(crate) raw: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// As it was.
    #[arg(value_name = "FROM", default_value = "latest", add = ArgValueCompleter::new(completion::lists))]
    pub(crate) from: String,
    /// As it is.
    #[arg(value_name = "TO", default_value = "live", add = ArgValueCompleter::new(completion::lists))]
    pub(crate) to: String,
    /// Only changes of this field (more than once for several).
    #[arg(long = "field", value_name = "FIELD", value_parser = parse_field)]
    pub(crate) fields: Vec<anirewind_core::model::EntryField>,
    /// Only these.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHICH")]
    pub(crate) only: Vec<DiffPart>,
    /// Only this list.
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    pub(crate) media_type: Option<TypeArgument>,
    /// Only say how many.
    #[arg(long)]
    pub(crate) stat: bool,
    /// End with status 10 when there are differences.
    #[arg(long)]
    pub(crate) exit_code: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// The snapshot; all of them if left out.
    #[arg(value_name = "REF", add = ArgValueCompleter::new(completion::snapshots))]
    pub(crate) reference: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportForm {
    /// The file as it is.
    Json,
    /// A table, one title a line.
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffPart {
    Added,
    Changed,
    Removed,
    Same,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TypeArgument {
    Anime,
    Manga,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Connect an account, or give one a new token.
    Add {
        /// What to call it here; the user's name if left out.
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// File that holds the token; `-` to read it from standard input. Asked for if left out.
        #[arg(long, value_name = "FILE")]
        token_file: Option<PathBuf>,
        /// Without a token: read the public list of this user. Private titles are not seen, and nothing
        /// can be brought back.
        #[arg(long, value_name = "USER", conflicts_with = "token_file")]
        public: Option<String>,
    },
    /// List the accounts.
    List,
    /// Ask AniList whether the tokens still hold.
    Check {
        /// The profile; all if left out.
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// Forget an account and its token. Its snapshots stay.
    Remove {
        /// The profile.
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// What was made on AniList itself, by somebody or something else.
const ON_ANILIST: &str = "anilist";

fn parse_time(text: &str) -> Result<std::time::Duration, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, 's')) => (text.get(..at), 1),
        Some((at, 'm')) => (text.get(..at), 60),
        Some((at, 'h')) => (text.get(..at), 3600),
        _ => (Some(text), 1),
    };
    let seconds = number.and_then(|number| number.parse::<u64>().ok());
    let seconds = seconds
        .and_then(|seconds| seconds.checked_mul(unit))
        .filter(|s| *s > 0);
    seconds
        .map(std::time::Duration::from_secs)
        .ok_or_else(|| "a time looks like 30s, 5m or 1h".to_owned())
}

fn parse_day(text: &str) -> Result<jiff::civil::Date, String> {
    text.parse()
        .map_err(|_| "a day looks like 2027-02-28".to_owned())
}

fn parse_kind(text: &str) -> Result<KindArgument, String> {
    use anirewind_core::{ChangeKind, ChangeOutcome};

    // Some words are both; the pages say the wider one.
    let kind = ChangeKind::parse(text).map(KindArgument::Kind);
    let outcome = ChangeOutcome::parse(text).map(KindArgument::Outcome);
    kind.or(outcome).ok_or_else(|| {
        let kinds = ChangeKind::EACH.iter().map(|kind| kind.as_str());
        let outcomes = ChangeOutcome::ALL.iter().map(|outcome| outcome.as_str());
        let outcomes = outcomes.filter(|word| ChangeKind::parse(word).is_none());
        let words: Vec<_> = kinds.chain(outcomes).collect();
        format!("there are: {}", words.join(", "))
    })
}

fn parse_source(text: &str) -> Result<anirewind_core::Source, String> {
    use anirewind_core::Source;

    if text == ON_ANILIST {
        return Ok(Source::Observed);
    }
    Source::parse(text).ok_or_else(|| {
        let words = Source::ALL.iter().map(|source| source.as_str());
        let words: Vec<_> = std::iter::once(ON_ANILIST).chain(words).collect();
        format!("there are: {}", words.join(", "))
    })
}

fn parse_field(text: &str) -> Result<anirewind_core::model::EntryField, String> {
    use anirewind_core::model::EntryField;

    anirewind_core::view::field_called(text).ok_or_else(|| {
        let names = EntryField::ALL.map(|field| field.as_str().replace(' ', "-"));
        format!("there are: {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        Arguments::command().debug_assert();
    }

    /// The names of all commands that do something, below this one.
    fn leaves(command: &clap::Command, path: &str) -> std::collections::BTreeSet<String> {
        let mut leaves = std::collections::BTreeSet::new();
        // What is only there for `help` does nothing.
        for below in command
            .get_subcommands()
            .filter(|below| !below.is_hide_set())
        {
            let name = format!("{path} {}", below.get_name());
            if below.has_subcommands() {
                leaves.append(&mut self::leaves(below, &name));
            } else {
                leaves.insert(name.trim().to_owned());
            }
        }
        leaves
    }

    #[test]
    fn whatever_a_command_does_the_api_does_as_well() {
        let ways = include_str!("../../../docs/ways.md");
        let (by_all, by_one) = ways.split_once("\n## By one").unwrap();
        let column = |text: &'static str, at: usize| {
            let rows = text.lines().filter(|line| line.starts_with("| `"));
            let cells = rows.map(move |row| row.split('|').nth(at + 1).unwrap());
            // What stands in brackets says how.
            let cells = cells.flat_map(|cell| cell.split(['(', ')']).step_by(2));
            cells.flat_map(|cell| cell.split('`').skip(1).step_by(2))
        };
        let alone = column(by_one, 0).filter(|name| !name.starts_with('/'));
        let listed = column(by_all, 1).chain(alone).map(str::to_owned);
        let listed: std::collections::BTreeSet<_> = listed.collect();
        assert_eq!(listed, leaves(&Arguments::command(), ""));
    }

    #[test]
    fn times_read_as_people_write_them() {
        let seconds = |text| parse_time(text).map(|time| time.as_secs());
        assert_eq!(seconds("30s"), Ok(30));
        assert_eq!(seconds("5m"), Ok(300));
        assert_eq!(seconds("45"), Ok(45));
        for text in ["", "s", "0s", "-1s", "x", "ü"] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }
}
