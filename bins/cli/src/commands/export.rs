//! `snapshot export` and `export`

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use anirewind_core::{App, BrowseError, Exported, count, write_csv};
use serde_json::json;

use crate::arguments::ExportForm;
use crate::output::{Failure, Output};

pub(crate) async fn run(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    reference: &str,
    form: ExportForm,
    to: &Path,
) -> Result<u8, Failure> {
    if reference == "live" && matches!(form, ExportForm::Json) {
        return Err(BrowseError::Unsaved.into());
    }
    app.refresh_catalogue().await?;
    let found = app.find(reference, profile).await?;
    let as_it_is = match form {
        ExportForm::Csv => None,
        ExportForm::Json => found.path.as_deref(),
    };
    let failed = |error: io::Error| {
        let mut failure = Failure::failed(format!("cannot write {}: {error}", to.display()));
        failure.hint =
            Some("A file that is there is not replaced. Snapshots are not touched.".to_owned());
        failure
    };
    let write = |out: &mut dyn Write| match as_it_is {
        Some(path) => File::open(path).and_then(|mut file| io::copy(&mut file, out).map(|_| ())),
        None => write_csv(found.list(), out),
    };
    if to == Path::new("-") {
        let written = write(&mut io::stdout().lock());
        let is_hung_up = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
        return match written {
            Err(error) if !is_hung_up(&error) => Err(failed(error)),
            _ => Ok(0),
        };
    }
    let mut file = new_file(to).map_err(failed)?;
    if let Err(error) = write(&mut file).and_then(|()| file.sync_all()) {
        // It was made a moment ago, by us, and holds nothing whole.
        let _ = std::fs::remove_file(to);
        return Err(failed(error));
    }
    output.result(
        "export",
        || json!({ "file": to.display().to_string() }),
        || format!("Written: {}", to.display()),
    );
    Ok(0)
}

/// A file that was not there.
fn new_file(to: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options.open(to)
}

/// Writes everything that is kept of an account. Ends with 3 where something of it could not be read.
pub(crate) async fn everything(
    app: &App,
    output: &Output,
    profile: Option<&str>,
    to: &Path,
) -> Result<u8, Failure> {
    let account = app.one_account(profile).await?.account;
    if to == Path::new("-") {
        let (exported, _) = app.export_everything(&account, io::stdout()).await?;
        for line in &exported.unreadable {
            output.talk(&format!("Not in it: {line}"));
        }
        return Ok(status(&exported));
    }
    let failed = |error: io::Error| {
        let mut failure = Failure::failed(format!("cannot write {}: {error}", to.display()));
        failure.hint = Some("A file that is there is not replaced.".to_owned());
        failure
    };
    let file = new_file(to).map_err(failed)?;
    let written = app.export_everything(&account, file).await;
    let exported = match written {
        Ok((exported, file)) => file.sync_all().map(|()| exported).map_err(failed),
        Err(error) => Err(error.into()),
    };
    let exported = exported.inspect_err(|_| {
        // It was made a moment ago, by us, and holds nothing whole.
        let _ = std::fs::remove_file(to);
    })?;
    output.result(
        "export-everything",
        || {
            json!({
                "file": to.display().to_string(),
                "snapshots": exported.snapshots,
                "changes": exported.changes,
                "operations": exported.operations,
                "unreadable": exported.unreadable,
            })
        },
        || {
            let mut text = format!(
                "Written: {}, with {}, {} and {}.",
                to.display(),
                count(exported.snapshots, "snapshot"),
                count(exported.changes, "change"),
                count(exported.operations, "operation")
            );
            for line in &exported.unreadable {
                text.push_str("\nNot in it: ");
                text.push_str(line);
            }
            text
        },
    );
    Ok(status(&exported))
}

fn status(exported: &Exported) -> u8 {
    if exported.unreadable.is_empty() { 0 } else { 3 }
}
