//! One file a command; each turns arguments into a call and the answer into text or JSON.

mod account;
mod acts;
mod alarm;
mod backup;
mod config;
mod curate;
mod diff;
mod doctor;
mod export;
mod happened;
mod history;
mod import;
mod job;
mod key;
mod log;
mod manual;
mod notify;
mod password;
mod plan;
mod prune;
pub(crate) mod restore;
mod show;
mod snapshots;
mod status;
mod title;
mod undo;
mod verify;

use anirewind_core::App;
use serde_json::json;

use crate::arguments::{
    Arguments, Command, SnapshotCommand, exit_codes, plain as plain_topic, refs,
};
use crate::completion;
use crate::output::{Failure, Output};
use crate::wiring::{self, Secret};

/// Runs a command and says with which status to end.
pub(crate) async fn run(
    arguments: &Arguments,
    secret: Option<Secret>,
    output: &Output,
) -> Result<u8, Failure> {
    // What is about the program alone needs no installation.
    match &arguments.command {
        Command::Completions { shell } => return completion::print(*shell),
        Command::Man { words } => return manual::print(output, words),
        Command::Version => return Ok(version(output)),
        Command::Refs => return Ok(topic(output, &refs())),
        Command::ExitCodes => return Ok(topic(output, &exit_codes())),
        Command::Plain => return Ok(topic(output, &plain_topic())),
        _ => {}
    }
    // Settings that make no sense keep an installation from being opened, and are mended here.
    if let Command::Config(command) = &arguments.command {
        return config::run(arguments, output, command).await;
    }
    let app = match wiring::open(arguments).await {
        Ok(app) => app,
        // What keeps everything else from starting is what the doctor is asked about.
        Err(failure) if matches!(arguments.command, Command::Doctor) => {
            return Ok(doctor::cannot_open(output, &failure));
        }
        Err(failure) => return Err(failure),
    };
    let profile = arguments.global.profile.as_deref();
    match &arguments.command {
        Command::Account(command) => account::run(&app, output, command, secret).await,
        Command::Backup(arguments) => backup::run(&app, output, profile, arguments).await,
        Command::Snapshots(arguments) => snapshots::run(&app, output, profile, arguments).await,
        Command::Show(arguments) => show::anything(&app, output, profile, arguments).await,
        Command::Diff(arguments) => diff::run(&app, output, profile, arguments).await,
        Command::Verify(arguments) => verify::run(&app, output, profile, arguments).await,
        Command::Snapshot(command) => snapshot(&app, output, profile, command).await,
        Command::Alarm(command) => alarm::run(&app, output, profile, command).await,
        Command::Look => log::look(&app, output, profile).await,
        Command::Log(arguments) => log::run(&app, output, profile, arguments).await,
        Command::Undo(arguments) => undo::run(&app, output, profile, arguments, false).await,
        Command::Redo(arguments) => undo::run(&app, output, profile, arguments, true).await,
        Command::Restore(arguments) => restore::run(&app, output, profile, arguments).await,
        Command::Plan(command) => plan::run(&app, output, profile, command).await,
        Command::Job(command) => job::run(&app, output, profile, command).await,
        Command::Title { title } => title::run(&app, output, profile, title).await,
        Command::List { at, entries } => {
            history::list(&app, output, profile, at.as_deref(), *entries).await
        }
        Command::Op(command) => history::op(&app, output, profile, command).await,
        Command::Key(command) => key::run(&app, output, command).await,
        Command::Password(_) => password::set(&app, output, secret).await,
        Command::Session(command) => password::sessions(&app, output, command).await,
        Command::Notify(command) => notify::run(&app, output, command).await,
        Command::Export { output: file } => export::everything(&app, output, profile, file).await,
        Command::Status => status::run(&app, output, profile).await,
        Command::Doctor => doctor::run(&app, output).await,
        Command::Config(command) => config::run(arguments, output, command).await,
        Command::Refs => Ok(topic(output, &refs())),
        Command::ExitCodes => Ok(topic(output, &exit_codes())),
        Command::Plain => Ok(topic(output, &plain_topic())),
        Command::Completions { shell } => completion::print(*shell),
        Command::Man { words } => manual::print(output, words),
        Command::Version => Ok(version(output)),
    }
}

fn version(output: &Output) -> u8 {
    let version = env!("CARGO_PKG_VERSION");
    output.result(
        "version",
        || json!({ "name": "anirewind", "version": version }),
        || format!("anirewind {version}"),
    );
    0
}

/// Tells what `help` tells of it.
fn topic(output: &Output, text: &str) -> u8 {
    output.result("help", || text.into(), || text.trim_end().to_owned());
    0
}

async fn snapshot(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    command: &SnapshotCommand,
) -> Result<u8, Failure> {
    match command {
        SnapshotCommand::Create(arguments) => backup::run(app, output, profile, arguments).await,
        SnapshotCommand::List(arguments) => snapshots::run(app, output, profile, arguments).await,
        SnapshotCommand::Show(arguments) => show::run(app, output, profile, arguments).await,
        SnapshotCommand::Diff(arguments) => diff::run(app, output, profile, arguments).await,
        SnapshotCommand::Verify(arguments) => verify::run(app, output, profile, arguments).await,
        SnapshotCommand::Keep {
            reference,
            name,
            until,
        } => curate::keep(app, output, profile, reference, name.as_deref(), *until).await,
        SnapshotCommand::Unkeep { reference } => {
            curate::unkeep(app, output, profile, reference).await
        }
        SnapshotCommand::Note { reference, text } => {
            curate::note(app, output, profile, reference, text).await
        }
        SnapshotCommand::Delete {
            references,
            dry_run,
        } => curate::delete(app, output, profile, references, *dry_run).await,
        SnapshotCommand::Undelete { reference } => {
            curate::undelete(app, output, reference.as_deref()).await
        }
        SnapshotCommand::Export {
            reference,
            form,
            output: file,
        } => export::run(app, output, profile, reference, *form, file).await,
        SnapshotCommand::Import {
            path,
            taken_at,
            dry_run,
        } => import::run(app, output, path, *taken_at, *dry_run).await,
        SnapshotCommand::Prune { dry_run } => prune::run(app, output, profile, *dry_run).await,
    }
}
