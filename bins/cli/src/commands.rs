//! One file a command; each turns arguments into a call and the answer into text or JSON.

mod account;
mod backup;
mod doctor;
mod show;
mod snapshots;
mod status;

use anirewind_core::model::AccessToken;

use crate::arguments::{Arguments, Command};
use crate::output::{Failure, Output};
use crate::wiring;

/// Runs a command and says with which status to end.
pub(crate) async fn run(
    arguments: &Arguments,
    token: Option<AccessToken>,
    output: &Output,
) -> Result<u8, Failure> {
    let app = match wiring::open(&arguments.global).await {
        Ok(app) => app,
        // What keeps everything else from starting is what the doctor is asked about.
        Err(failure) if matches!(arguments.command, Command::Doctor) => {
            return Ok(doctor::cannot_open(output, &failure));
        }
        Err(failure) => return Err(failure),
    };
    let profile = arguments.global.profile.as_deref();
    match &arguments.command {
        Command::Account(command) => account::run(&app, output, command, token).await,
        Command::Backup => backup::run(&app, output, profile).await,
        Command::Snapshots { limit } => snapshots::run(&app, output, profile, *limit).await,
        Command::Show { reference, entries } => {
            show::run(&app, output, profile, reference, *entries).await
        }
        Command::Status => status::run(&app, output, profile).await,
        Command::Doctor => doctor::run(&app, output).await,
    }
}
