//! From the process to the core: environment, folders, clock, zone.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::sync::Arc;

use anirewind_core::model::AccessToken;
use anirewind_core::{App, Settings, SnapshotRow, Sources, SystemClock};
use etcetera::BaseStrategy as _;
use secrecy::SecretString;
use time::OffsetDateTime;
use tracing_subscriber::EnvFilter;

use crate::arguments::{AccountCommand, Arguments, Command, Global, OpCommand, PasswordCommand};
use crate::output::{Failure, Output};

/// Opens the installation that flags and environment describe.
pub(crate) async fn open(arguments: &Arguments) -> Result<App, Failure> {
    let global = &arguments.global;
    let mut sources = sources(global);
    if let Command::Restore(restore)
    | Command::Op(OpCommand::Restore {
        arguments: restore, ..
    }) = &arguments.command
        && let Some(token) = &restore.token
    {
        let name = "ANIREWIND_ANILIST_TOKEN".to_owned();
        sources.environment.insert(name, token.clone());
    }
    let settings = Settings::read(&sources)?;
    log(global);
    let timeout = global.timeout;
    let opened = tokio::task::spawn_blocking(move || {
        let zone = jiff::tz::TimeZone::system();
        App::open(settings, Arc::new(SystemClock::new()), zone, timeout)
    });
    match opened.await {
        Ok(app) => Ok(app?),
        Err(error) => Err(Failure {
            code: "failed",
            status: 1,
            message: format!("cannot open the installation: {error}"),
            hint: None,
        }),
    }
}

/// What the catalogue knows, for completion: as it is, without making anything and without a word
/// when it is not there.
pub(crate) fn known_snapshots() -> Option<(Option<OffsetDateTime>, Vec<SnapshotRow>)> {
    let settings = Settings::read(&sources(&Global::default())).ok()?;
    if !settings.data.join("anirewind.db").exists() {
        return None;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().ok()?;
    let zone = jiff::tz::TimeZone::system();
    let app = App::open(settings, Arc::new(SystemClock::new()), zone, None).ok()?;
    let rows = runtime.block_on(app.snapshots(None)).ok()?;
    Some((Some(app.now()), rows))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the binary is where the environment is read"
)]
pub(crate) fn sources(global: &Global) -> Sources {
    let mut flags = std::collections::BTreeMap::new();
    if let Some(data) = &global.data_dir {
        flags.insert("data_dir", data.display().to_string());
    }
    // What is not UTF-8 keeps a mark where it was not, and is refused where it matters.
    let environment = std::env::vars_os().map(|(name, value)| {
        (
            name.to_string_lossy().into_owned(),
            value.to_string_lossy().into_owned(),
        )
    });
    let platform_data = etcetera::choose_base_strategy()
        .ok()
        .map(|base| base.data_dir());
    Sources {
        flags,
        environment: environment.collect(),
        platform_data,
    }
}

/// Log lines go to standard error, and only where somebody asked for them.
fn log(global: &Global) {
    let level = match global.verbose {
        0 => return,
        1 => "anirewind=info",
        _ => "anirewind=debug",
    };
    let filter = EnvFilter::new(
        level.replace("anirewind=", "warn,anirewind_core=") + ",anirewind_anilist=debug",
    );
    // A second call in one process would fail; there is none.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr)
        .try_init();
}

/// A secret that somebody hands to a command. Never an argument: those are seen by everybody.
#[derive(Debug)]
pub(crate) enum Secret {
    Token(AccessToken),
    Password(SecretString),
}

/// The secret that a command wants, read from where it says; `None` for commands that want none.
pub(crate) fn secret(arguments: &Arguments, output: &Output) -> Result<Option<Secret>, Failure> {
    let can_ask = !arguments.global.no_input && std::io::stdin().is_terminal();
    match &arguments.command {
        Command::Account(AccountCommand::Add {
            public: Some(_), ..
        }) => Ok(None),
        Command::Account(AccountCommand::Add { token_file, .. }) => {
            if token_file.is_none() && can_ask {
                let settings = Settings::read(&sources(&arguments.global)).ok();
                let client = settings.and_then(|settings| settings.client_id);
                output.talk(&way_to_token(client.as_deref()));
            }
            let (text, name) = read("token", token_file.as_deref(), can_ask)?;
            let token = AccessToken::new(&text);
            let token = token.ok_or_else(|| Failure {
                code: "usage",
                status: 2,
                message: format!("{name} holds no token: it is empty or has spaces in it"),
                hint: Some(NO_TOKEN.to_owned()),
            });
            token.map(Secret::Token).map(Some)
        }
        Command::Password(PasswordCommand::Set { password_file }) => {
            let (text, _) = read("password", password_file.as_deref(), can_ask)?;
            let text = text.trim_end_matches(['\r', '\n']);
            Ok(Some(Secret::Password(SecretString::from(text))))
        }
        _ => Ok(None),
    }
}

/// How somebody comes by a token, who is about to be asked for one.
fn way_to_token(client: Option<&str>) -> String {
    let authorize = "https://anilist.co/api/v2/oauth/authorize?response_type=token&client_id=";
    match client {
        Some(client) => format!("Open {authorize}{client} and approve. AniList shows the token."),
        None => format!(
            "AniList shows a token once you have a client of your own:\n\
             1. On AniList, under Settings, Developer, create one. As redirect address enter \
             https://anilist.co/api/v2/oauth/pin\n\
             2. Open {authorize}ITS_ID and approve.\n\
             With the id in the setting `anilist_client_id` only the second step is left."
        ),
    }
}

const NO_TOKEN: &str =
    "Nothing was changed. A token is one long word; docs/install.md says where to get one.";

/// Reads a secret from a file, from standard input for `-`, or by asking without showing it; says from
/// where.
fn read(what: &str, path: Option<&Path>, can_ask: bool) -> Result<(String, String), Failure> {
    let failure = |message: String| Failure {
        code: "usage",
        status: 2,
        message,
        hint: Some(match what {
            "token" => NO_TOKEN.to_owned(),
            _ => "Nothing was changed.".to_owned(),
        }),
    };
    let Some(path) = path else {
        if !can_ask {
            return Err(failure(format!(
                "nobody is here to be asked for the {what}: name a file with --{what}-file"
            )));
        }
        let asked = dialoguer::Password::new()
            .with_prompt(format!("The {what} (it is not shown)"))
            .interact();
        let text = asked.map_err(|error| failure(format!("cannot ask for the {what}: {error}")))?;
        return Ok((text, "what was typed".to_owned()));
    };
    let is_stdin = path == Path::new("-");
    let name = if is_stdin {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let text = if is_stdin {
        let mut text = String::new();
        std::io::stdin()
            .lock()
            .take(64 * 1024)
            .read_to_string(&mut text)
            .map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text =
        text.map_err(|error| failure(format!("cannot read a {what} from {name}: {error}")))?;
    Ok((text, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_is_known_is_in_the_address() {
        let known = way_to_token(Some("4242"));
        assert!(known.contains("client_id=4242 and approve"), "{known}");
        let unknown = way_to_token(None);
        for step in ["oauth/pin", "client_id=ITS_ID", "anilist_client_id"] {
            assert!(unknown.contains(step), "{unknown}");
        }
    }
}
