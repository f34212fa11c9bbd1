//! The command line: arguments to a call of the core, its answer to text.

mod arguments;
mod commands;
mod completion;
mod ids;
mod json;
mod output;
mod paint;
mod progress;
mod style;
mod wiring;

use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory as _, Parser as _};

use crate::arguments::{Arguments, Global};
use crate::output::{Failure, Output};

/// With this status a program ends that somebody interrupted.
const INTERRUPTED: i32 = 130;

fn main() -> ExitCode {
    // Before anything else, as a shell waits for it while somebody types.
    clap_complete::CompleteEnv::with_factory(Arguments::command)
        .var(completion::VARIABLE)
        .complete();
    match Arguments::try_parse() {
        Ok(arguments) => run(&arguments),
        Err(error) => refuse(&error),
    }
}

/// Says why what was typed is no command. Does not return where it was asked for help.
fn refuse(error: &clap::Error) -> ExitCode {
    let typed = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let Some((words, command)) = arguments::meant(error, &typed.collect::<Vec<_>>()) else {
        error.exit();
    };
    let output = Output::new(&Global::default());
    output.fail(&Failure::usage(format!(
        "there is no `{words}`; did you mean `{command}`?"
    )))
}

#[tokio::main]
async fn run(arguments: &Arguments) -> ExitCode {
    let output = Arc::new(Output::new(&arguments.global));
    // Read before anything listens for Ctrl-C, so that it ends a command that waits for typing.
    let secret = match wiring::secret(arguments, &output) {
        Ok(secret) => secret,
        Err(failure) => return output.fail(&failure),
    };
    let listener = tokio::spawn(listen(Arc::clone(&output)));
    let finished = commands::run(arguments, secret, &output).await;
    listener.abort();
    match finished {
        Ok(0) if output.is_lost() => ExitCode::FAILURE,
        Ok(status) => ExitCode::from(status),
        Err(failure) => output.fail(&failure),
    }
}

/// Lets an act come to rest at the first Ctrl-C, and ends the program at the second; at the first where no act is at
/// work. A task of its own, as a command that waits for an answer lets nothing else go on beside it.
async fn listen(output: Arc<Output>) {
    let mut was_asked = false;
    while tokio::signal::ctrl_c().await.is_ok() {
        if output.is_at_work() && !was_asked {
            was_asked = true;
            output.talk(
                "Coming to rest after the request that is being sent. Ctrl-C again to end at once.",
            );
            continue;
        }
        if let Some(begun) = output.begun() {
            output.talk(&begun);
        }
        // What is written down is whole whenever a program ends, and an open question would be waited for.
        std::process::exit(INTERRUPTED);
    }
}
