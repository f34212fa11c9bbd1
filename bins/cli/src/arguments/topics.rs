//! What `help` tells that is about every command: how snapshots are named, with which status commands end.

use anirewind_core::InvalidReference;

/// The status with which a command ends, and what it means.
const STATUSES: [(u8, &str); 12] = [
    (0, "done"),
    (1, "failed"),
    (2, "usage"),
    (3, "partly done"),
    (4, "no such profile, snapshot, title or change"),
    (5, "edited since"),
    (6, "not signed in"),
    (7, "AniList unavailable"),
    (8, "busy"),
    (9, "refused for safety"),
    (10, "differences found or something is not well"),
    (130, "interrupted"),
];

/// What stands below the list of commands.
pub(super) fn after_help() -> String {
    let statuses = STATUSES.map(|(status, means)| format!("{status} {means}"));
    format!(
        "{EXAMPLES}\n\n{}\n\nExit status: {}.\n\nMore: anirewind help refs, anirewind help exit-codes, anirewind help plain.\n\n\
         Unofficial. Not affiliated with AniList.",
        InvalidReference::FORMS,
        statuses.join(", ")
    )
}

/// `help refs`
pub(crate) fn refs() -> String {
    format!("{}\n\n{MORE_REFS}\n", InvalidReference::FORMS)
}

/// `help exit-codes`
pub(crate) fn exit_codes() -> String {
    let lines = STATUSES.map(|(status, means)| format!("{status:>5}  {means}"));
    format!(
        "A command ends with one of these statuses:\n\n{}\n\n{MORE_STATUSES}\n",
        lines.join("\n")
    )
}

/// The fields of each list with `--plain`, in their order.
const RECORDS: [(&str, &str); 8] = [
    (
        "snapshots",
        "id, taken, user, anime, manga, added, changed, removed, bytes, kind, why it stays, goes on, \
         unanswered alarms, kept as, note",
    ),
    (
        "log",
        "id, seen, last seen before, source, outcome, type, title id, title, what, group, operation, \
         undone by",
    ),
    ("list", "type, title id, title, what the entry holds"),
    (
        "diff",
        "sign (+ ~ - =), type, title id, title, field, before, after; with --stat what is counted and how many",
    ),
    (
        "op log",
        "id, begun, profile, kind, state, titles sent, titles done, what, problem",
    ),
    (
        "job list",
        "id, begun, profile, kind, state, titles sent, titles done, what, problem",
    ),
    ("plan list", "id, made, profile, kind, until, what"),
    (
        "account list",
        "profile, user, access (token, public, none), checked, token ends",
    ),
];

/// `help plain`
pub(crate) fn plain() -> String {
    let lists = RECORDS.map(|(list, fields)| format!("  {list}: {fields}"));
    format!(
        "With --plain these commands print one thing a line, with a tab between the fields and nothing above or \
         below. Ids are whole, and times are RFC 3339; what there is not is an empty field. Values that a \
         title has are written as people read them, with `-` for none and `?` for what was not recorded:\n\n{}\n\nFields are added \
         at the end only. What `show` prints of a burst are records of log. Other commands print the same as without it.\n",
        lists.join("\n")
    )
}

const EXAMPLES: &str = "\
Examples:
  anirewind account add --token-file token.txt    connect an account
  anirewind backup                                take a snapshot now
  anirewind snapshots                             list what there is
  anirewind diff latest live                      what changed since the newest one
  anirewind snapshot keep latest --name before-x  keep one whatever the rules say
  anirewind log                                   what changed, newest first
  anirewind undo 5d1c                             take a change back, after asking
  anirewind restore latest --dry-run              what it would take to be as then
  anirewind restore backup.json --token TOKEN     put a file back, on a fresh machine too";

// Whole paragraphs are lines: they are broken where the terminal ends.
const MORE_REFS: &str = "  live               the list on AniList now
  latest             the newest snapshot
  latest~2           the one two before it
  k7f2               the one whose id begins so
  k7f2~1             the one before it; ~1 may stand behind any of these but live and files
  @2026-11-03        the newest up to the end of that day
  @-7d, @-12h        the newest up to so long ago
  kept:before-x      the one that is kept under that name
  ./backup.json      a file, of another program too

With several accounts, -p NAME says whose.

Moments (--at) are written as 2026-11-03T14:00, as 2026-11-03 (its end) or as @-7d.

Changes, groups, operations, plans and jobs go by the beginning of their ids, of 4 characters or more: log, \
op log, plan list and job list print them.";

const MORE_STATUSES: &str = "3 says what failed. 5 asks for a choice, or for a new plan. 7 is also a wait \
longer than --timeout. 9 wants --yes or --allow-removals. 10 is for `diff --exit-code`, and for `status` and \
`backup` where something is unusual or not well. After 130, what was begun can go on: anirewind job list.

With --json an error says its class in `code`.";

#[cfg(test)]
mod tests {
    use anirewind_core::Code;

    use super::*;

    #[test]
    fn every_status_is_told() {
        for code in Code::ALL {
            let mut known = STATUSES.iter();
            assert!(
                known.any(|(status, _)| *status == code.exit_status()),
                "{code:?}"
            );
        }
    }
}
