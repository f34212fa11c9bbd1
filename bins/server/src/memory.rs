//! How memory is lent out, where glibc does it.
//!
//! It keeps a store for each thread and gives little of what was freed back, so that a server that read ten thousand
//! snapshots once holds on to a fourth more than it needs. It can be told otherwise, but only by its environment and
//! only before `main`: so this program starts itself anew in its place, as the same process, with that said.

use std::env;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// With names of glibc's own. One store, and what is free at its end goes back from 64 KB on.
const WISHES: [(&str, &str); 2] = [
    ("MALLOC_ARENA_MAX", "1"),
    ("MALLOC_TRIM_THRESHOLD_", "65536"),
];

/// Says that it was tried: glibc takes its own names away where the program may do more than who starts it.
const TRIED: &str = "_ANIREWIND_STARTED_ANEW";

/// Comes back where nothing has to be said, somebody said otherwise, or it cannot be done: all goes on as it was then.
#[expect(
    clippy::disallowed_methods,
    reason = "what is asked for goes through the environment of this very process"
)]
pub(crate) fn ask_for_little() {
    let Some((first, _)) = WISHES.first() else {
        return;
    };
    // The word of whoever starts us stands.
    if env::var_os(first).is_some() || env::var_os(TRIED).is_some() {
        return;
    }
    // Where something else was started that loaded us, it would not know what to do with our arguments.
    let program = env::current_exe().ok();
    let Some(program) = program.filter(|program| program.ends_with(env!("CARGO_BIN_NAME"))) else {
        return;
    };
    let mut given = env::args_os();
    let mut again = Command::new(program);
    if let Some(name) = given.next() {
        again.arg0(name);
    }
    again.args(given).env(TRIED, "1");
    for (name, value) in WISHES {
        if env::var_os(name).is_none() {
            again.env(name, value);
        }
    }
    // Comes back only where it failed. What was changed of signals by then is put right where they are listened for.
    let _why = again.exec();
}
