//! What somebody means who types a command as another program would have it.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// A word that follows on one that makes no command with it, and the command that does.
pub(crate) fn meant(error: &clap::Error, typed: &[String]) -> Option<(String, String)> {
    let kind = match error.kind() {
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        _ => return None,
    };
    let Some(ContextValue::String(wrong)) = error.get(kind) else {
        return None;
    };
    let before = typed.iter().take_while(|word| *word != wrong);
    let noun = before.filter(|word| NOUNS.contains(&word.as_str())).last();
    let (words, command) = match noun {
        Some(noun) => (format!("{noun} {wrong}"), of_noun(noun, wrong)),
        None => (wrong.clone(), of_many(wrong)),
    };
    Some((words, format!("anirewind {}", command?)))
}

const NOUNS: [&str; 12] = [
    "account",
    "alarm",
    "backup",
    "config",
    "job",
    "key",
    "list",
    "op",
    "plan",
    "session",
    "snapshot",
    "snapshots",
];
/// What can be done with a snapshot, by the same words.
const VERBS: [&str; 12] = [
    "create", "delete", "diff", "export", "import", "keep", "note", "prune", "show", "undelete",
    "unkeep", "verify",
];

fn of_noun(noun: &str, wrong: &str) -> Option<String> {
    Some(match (noun, wrong) {
        ("backup" | "snapshots", "list" | "ls" | "log") => "snapshots".to_owned(),
        ("backup" | "snapshots" | "snapshot", "restore") => "restore".to_owned(),
        ("backup" | "snapshots", verb) if VERBS.contains(&verb) => format!("snapshot {verb}"),
        ("list", many) => return of_many(many),
        ("op", "list" | "ls") => "op log".to_owned(),
        (noun, "ls") => format!("{noun} list"),
        _ => return None,
    })
}

/// What lists the things of which somebody says there are many.
fn of_many(word: &str) -> Option<String> {
    let command = match word {
        "backups" | "snapshots" => "snapshots",
        "accounts" | "profiles" => "account list",
        "alarms" => "alarm list",
        "jobs" => "job list",
        "keys" => "key list",
        "operations" | "ops" => "op log",
        "plans" => "plan list",
        "sessions" => "session list",
        "settings" => "config list",
        "changes" | "history" | "timeline" => "log",
        "entries" | "titles" => "list --entries",
        _ => return None,
    };
    Some(command.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::arguments::Arguments;

    use super::*;

    fn meant_by(typed: &str) -> Option<String> {
        let typed: Vec<_> = typed.split(' ').map(str::to_owned).collect();
        let error = Arguments::try_parse_from(&typed).unwrap_err();
        meant(&error, &typed).map(|(words, command)| format!("{words}: {command}"))
    }

    #[test]
    fn a_wrong_verb_leads_to_the_right_command() {
        for (typed, command) in [
            ("backup list", "backup list: anirewind snapshots"),
            ("backup -p hana ls", "backup ls: anirewind snapshots"),
            ("backups", "backups: anirewind snapshots"),
            ("backups list", "backups: anirewind snapshots"),
            ("snapshots list", "snapshots list: anirewind snapshots"),
            ("snapshot ls", "snapshot ls: anirewind snapshot list"),
            ("list snapshots", "list snapshots: anirewind snapshots"),
            (
                "backup delete k7f2",
                "backup delete: anirewind snapshot delete",
            ),
            ("backup restore k7f2", "backup restore: anirewind restore"),
            ("op ls", "op ls: anirewind op log"),
            ("jobs", "jobs: anirewind job list"),
        ] {
            let typed = format!("anirewind {typed}");
            assert_eq!(meant_by(&typed).as_deref(), Some(command), "{typed}");
        }
        for typed in ["frobnicate", "backup frobnicate", "status --frobnicate"] {
            assert_eq!(meant_by(&format!("anirewind {typed}")), None, "{typed}");
        }
    }
}
