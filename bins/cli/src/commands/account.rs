//! `account add|list|check|remove`

use anirewind_core::view::instant;
use anirewind_core::{AccountError, AccountRow, App};
use comfy_table::{Table, presets};
use serde_json::Value;

use crate::arguments::AccountCommand;
use crate::output::{Failure, Output, Record};
use crate::wiring::Secret;

pub(crate) async fn run(
    app: &App,
    output: &Output,
    command: &AccountCommand,
    secret: Option<Secret>,
) -> Result<u8, Failure> {
    match command {
        AccountCommand::Add {
            name,
            public: Some(user),
            ..
        } => {
            let row = app.add_public_account(name.as_deref(), user).await?;
            output.result(
                "account",
                || account(&row),
                || {
                    format!(
                        "The public list of {} is read without a token: private titles are not seen, and \
                         nothing can be brought back. Take the first snapshot: anirewind backup",
                        row.account.name
                    )
                },
            );
            Ok(0)
        }
        AccountCommand::Add { name, .. } => {
            let Some(Secret::Token(token)) = secret else {
                return Err(AccountError::NoAccount.into());
            };
            let row = app.add_account(name.as_deref(), token).await?;
            output.result(
                "account",
                || account(&row),
                || {
                    format!(
                        "Connected as {}. Take the first snapshot: anirewind backup",
                        row.account.name
                    )
                },
            );
            Ok(0)
        }
        AccountCommand::List => {
            let mut rows = app.accounts().await?;
            rows.extend(app.kept_accounts().await?);
            output.list(
                "accounts",
                || rows.iter().map(account).collect(),
                || rows.iter().map(record).collect(),
                || {
                    if rows.is_empty() {
                        return "No account yet. Add one: anirewind account add --token-file FILE"
                            .to_owned();
                    }
                    table(output, &rows)
                },
            );
            Ok(0)
        }
        AccountCommand::Check { name } => check(app, output, name.as_deref()).await,
        AccountCommand::Remove { name } => {
            let row = app.remove_account(name).await?;
            output.result(
                "account",
                || account(&row),
                || {
                    let what = if row.public {
                        "is no longer read"
                    } else {
                        "is disconnected and its token is gone"
                    };
                    format!("{} {what}. Its snapshots stay.", row.profile)
                },
            );
            Ok(0)
        }
    }
}

async fn check(app: &App, output: &Output, name: Option<&str>) -> Result<u8, Failure> {
    let mut rows = Vec::new();
    let mut failure = None;
    for target in app.targets(name).await? {
        match app.check_account(&target).await {
            Ok(row) => rows.push(row),
            Err(error) => {
                let error = Failure::from(error);
                if let Some(earlier) = failure.replace(error) {
                    output.warn(&earlier);
                }
            }
        }
    }
    if rows.is_empty()
        && let Some(failure) = failure
    {
        return Err(failure);
    }
    output.result(
        "accounts",
        || rows.iter().map(account).collect(),
        || {
            let lines = rows.iter().map(|row| {
                let how = if row.public {
                    ", read without a token"
                } else {
                    ""
                };
                format!(
                    "{}: AniList knows it as {}{how}",
                    row.profile, row.account.name
                )
            });
            lines.collect::<Vec<_>>().join("\n")
        },
    );
    match failure {
        None => Ok(0),
        Some(failure) => {
            output.warn(&failure);
            Ok(3)
        }
    }
}

fn account(row: &AccountRow) -> Value {
    crate::json::shape(anirewind_core::view::ProfileView::from(row))
}

fn record(row: &AccountRow) -> Record {
    let access = match row {
        row if !row.connected => "none",
        row if row.public => "public",
        _ => "token",
    };
    vec![
        row.profile.clone(),
        row.account.name.clone(),
        access.to_owned(),
        instant(row.checked_at),
        row.token_expires_at.map(instant).unwrap_or_default(),
    ]
}

fn table(output: &Output, rows: &[AccountRow]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["PROFILE", "USER", "CHECKED", "TOKEN ENDS"]);
    for row in rows {
        let none = match row {
            row if !row.connected => "not connected: only its snapshots",
            row if row.public => "none: public list",
            _ => "-",
        };
        let ends = row
            .token_expires_at
            .map_or_else(|| none.to_owned(), |at| output.time(at));
        table.add_row([
            row.profile.clone(),
            row.account.name.clone(),
            output.time(row.checked_at),
            ends,
        ]);
    }
    table.trim_fmt()
}
