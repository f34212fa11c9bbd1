//! The command line: arguments to a call of the core, its answer to text.

mod arguments;
mod commands;
mod completion;
mod ids;
mod json;
mod output;
mod paint;
mod style;
mod wiring;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::arguments::{Arguments, Global};
use crate::output::{Failure, Output};

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
    let output = Output::new(&arguments.global);
    // Read before anything listens for Ctrl-C, so that it ends a command that waits for typing.
    let secret = match wiring::secret(arguments, &output) {
        Ok(secret) => secret,
        Err(failure) => return output.fail(&failure),
    };
    let mut command = std::pin::pin!(commands::run(arguments, secret, &output));
    let mut was_asked = false;
    let finished = loop {
        tokio::select! {
            finished = &mut command => break finished,
            _ = tokio::signal::ctrl_c() => {
                if output.is_at_work() && !was_asked {
                    was_asked = true;
                    output.talk("Coming to rest after the request that is being sent. Ctrl-C again to end at once.");
                    continue;
                }
                output.talk("Stopped. What was finished is kept, and what was begun can go on: anirewind job list");
                return ExitCode::from(130);
            }
        }
    };
    match finished {
        Ok(0) if output.is_lost() => ExitCode::FAILURE,
        Ok(status) => ExitCode::from(status),
        Err(failure) => output.fail(&failure),
    }
}
