//! `snapshot export`

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anirewind_core::{App, write_csv};
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
    app.refresh_catalogue().await?;
    let found = app.find(reference, profile).await?;
    let failed = |error: std::io::Error| {
        let mut failure = Failure::failed(format!("cannot write {}: {error}", to.display()));
        failure.hint =
            Some("A file that is there is not replaced. Snapshots are not touched.".to_owned());
        failure
    };
    let write = |out: &mut dyn Write| match (form, &found.path) {
        (ExportForm::Csv, _) => write_csv(found.list(), out),
        (ExportForm::Json, Some(path)) => {
            std::fs::File::open(path).and_then(|mut file| std::io::copy(&mut file, out).map(|_| ()))
        }
        (ExportForm::Json, None) => Err(std::io::Error::other(
            "the live list is no file yet; take a snapshot first",
        )),
    };
    if to == Path::new("-") {
        let written = write(&mut std::io::stdout().lock());
        let is_hung_up = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
        return match written {
            Err(error) if !is_hung_up(&error) => Err(failed(error)),
            _ => Ok(0),
        };
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let mut file = options.open(to).map_err(failed)?;
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
