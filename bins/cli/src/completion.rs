//! What a shell completes: commands, flags, and the snapshots there are.

use std::ffi::OsStr;
use std::io::Write as _;

use anirewind_core::SnapshotRow;
use clap::ValueEnum;
use clap_complete::CompletionCandidate;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use crate::output::{Failure, age};
use crate::wiring;

/// Set by the code that a shell runs when it wants something completed.
pub(crate) const VARIABLE: &str = "COMPLETE";

/// So many snapshots are offered.
const MOST: usize = 50;

/// Shells that can complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
}

impl Shell {
    fn completer(self) -> &'static dyn EnvCompleter {
        match self {
            Self::Bash => &Bash,
            Self::Zsh => &Zsh,
            Self::Fish => &Fish,
            Self::Powershell => &Powershell,
            Self::Elvish => &Elvish,
        }
    }
}

/// Prints what a shell has to run once to be able to complete.
pub(crate) fn print(shell: Shell) -> Result<u8, Failure> {
    let mut script = Vec::new();
    let name = "anirewind";
    let written = shell
        .completer()
        .write_registration(VARIABLE, name, name, name, &mut script)
        .and_then(|()| std::io::stdout().write_all(&script));
    written
        .map(|()| 0)
        .map_err(|error| Failure::failed(format!("cannot print the code: {error}")))
}

/// Snapshots by id, with date and counts.
pub(crate) fn snapshots(current: &OsStr) -> Vec<CompletionCandidate> {
    candidates(current, |_| true, &["latest"])
}

/// The same, and the live list.
pub(crate) fn lists(current: &OsStr) -> Vec<CompletionCandidate> {
    candidates(current, |_| true, &["latest", "live"])
}

/// Those that are kept.
pub(crate) fn kept(current: &OsStr) -> Vec<CompletionCandidate> {
    candidates(current, |row| row.mark.keep.is_some(), &[])
}

/// Nothing is said when something is wrong: a completion has nowhere to say it.
fn candidates(
    current: &OsStr,
    is_wanted: impl Fn(&SnapshotRow) -> bool,
    words: &[&str],
) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else {
        return Vec::new();
    };
    let words = words.iter().map(CompletionCandidate::new);
    let (now, rows) = wiring::known_snapshots().unwrap_or_default();
    let rows = rows.iter().filter(|row| is_wanted(row)).take(MOST);
    let ids = rows.flat_map(|row| {
        let help = format!(
            "{}, {} anime, {} manga, {}",
            now.map(|now| age(row.created_at, now)).unwrap_or_default(),
            row.counts.anime,
            row.counts.manga,
            row.owner.name
        );
        let keep = row.mark.keep.as_ref().and_then(|keep| keep.name.as_ref());
        let id = row.id.as_str().get(..6).unwrap_or_default().to_owned();
        let names = keep.map(|name| format!("kept:{name}"));
        let names = std::iter::once(id).chain(names);
        names
            .map(|name| CompletionCandidate::new(name).help(Some(help.clone().into())))
            .collect::<Vec<_>>()
    });
    words
        .chain(ids)
        .filter(|candidate| {
            let value = candidate.get_value().to_str();
            value.is_some_and(|value| value.starts_with(current))
        })
        .collect()
}
