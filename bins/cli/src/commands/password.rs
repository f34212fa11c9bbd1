//! `password set`, `session list|end`

use anirewind_core::{App, LoginError};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::arguments::SessionCommand;
use crate::json::instant_json;
use crate::output::{Failure, Output};
use crate::wiring::Secret;

pub(crate) async fn set(app: &App, output: &Output, secret: Option<Secret>) -> Result<u8, Failure> {
    let Some(Secret::Password(password)) = secret else {
        return Err(LoginError::TooShort.into());
    };
    app.set_password(password.expose_secret()).await?;
    output.result(
        "password",
        || json!({ "set": true }),
        || "The password is set. Everybody has to log in again.".to_owned(),
    );
    Ok(0)
}

pub(crate) async fn sessions(
    app: &App,
    output: &Output,
    command: &SessionCommand,
) -> Result<u8, Failure> {
    match command {
        SessionCommand::List => {
            let sessions = app.sessions().await?;
            output.result(
                "sessions",
                || {
                    let sessions = sessions.iter().map(|session| {
                        json!({
                            "id": session.id,
                            "createdAt": instant_json(session.created_at),
                            "usedAt": instant_json(session.used_at),
                            "agent": session.agent,
                            "address": session.address,
                        })
                    });
                    sessions.collect()
                },
                || {
                    if sessions.is_empty() {
                        return "Nobody is logged in.".to_owned();
                    }
                    let lines = sessions.iter().map(|session| {
                        format!(
                            "{}  used {}  from {}  {}",
                            session.id,
                            output.time(session.used_at),
                            session.address,
                            session.agent
                        )
                    });
                    lines.collect::<Vec<_>>().join("\n")
                },
            );
        }
        SessionCommand::End { id } => {
            app.end_session(id).await?;
            output.result(
                "session",
                || json!({ "id": id }),
                || format!("Session {id} is ended."),
            );
        }
    }
    Ok(0)
}
