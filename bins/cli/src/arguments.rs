//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// An unofficial time machine for AniList: verified copies of your lists, on your own disk.
#[derive(Debug, Parser)]
#[command(
    name = "anirewind",
    version,
    after_help = "\
Examples:
  anirewind account add --token-file token.txt    connect an account
  anirewind backup                                take a snapshot now
  anirewind snapshots                             list what there is
  anirewind show latest                           what the newest one holds

Exit status: 0 done, 1 failed, 2 usage, 3 partly done, 4 no such profile or snapshot,
6 not signed in, 7 AniList unavailable, 9 refused for safety, 10 status is not well,
130 interrupted.

Unofficial. Not affiliated with AniList."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Work for this profile alone.
    #[arg(short, long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Print one JSON object: `{"schema":"anirewind.NAME/1","data":…}`.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print the result and nothing else.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say more about what is done; twice for every detail.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Show times in UTC rather than in local time.
    #[arg(long, global = true)]
    pub(crate) utc: bool,
    /// Give up when AniList asks for a longer wait than this (for example 30s, 5m).
    #[arg(long, global = true, value_name = "TIME", value_parser = parse_time)]
    pub(crate) timeout: Option<std::time::Duration>,
    /// Keep everything in this folder.
    #[arg(long, visible_alias = "data", global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Connect accounts, list them, check them, forget them.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Take a snapshot now.
    Backup,
    /// List the snapshots.
    #[command(visible_alias = "ls")]
    Snapshots {
        /// Show at most this many; 0 for all.
        #[arg(short, long, default_value_t = 0, value_name = "COUNT")]
        limit: usize,
    },
    /// Show what a snapshot, or the live list, holds.
    Show {
        /// `latest`, `latest~2`, the beginning of an id, `@2026-11-03`, `@-7d`, a file, or `live`.
        #[arg(value_name = "REF", default_value = "latest")]
        reference: String,
        /// List the titles too.
        #[arg(long)]
        entries: bool,
    },
    /// Say how things stand; exit status 10 when something needs doing.
    Status,
    /// Look for what is wrong with the set-up.
    Doctor,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Connect an account, or give one a new token.
    Add {
        /// What to call it here; the user's name if left out.
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// File that holds the token; `-` to read it from standard input.
        #[arg(long, value_name = "FILE")]
        token_file: PathBuf,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        Arguments::command().debug_assert();
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
