//! Results to standard output, talk and progress to standard error.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anirewind_core::{App, Code, Event, Explain};
use anstream::{AutoStream, ColorChoice};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::sync::broadcast;

use crate::arguments::{ColorArgument, Global};
use crate::ids::short;
use crate::paint::{bare, printable};
use crate::progress::{Begun, Follower};

/// One thing of a list, field by field, for programs.
pub(crate) type Record = Vec<String>;

/// A failure that is ready to be shown.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) status: u8,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// Called in a way that makes no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            code: Code::Usage.as_str(),
            status: Code::Usage.exit_status(),
            message: message.into(),
            hint: None,
        }
    }

    /// Refused, so that nothing is lost.
    pub(crate) fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code: Code::RefusedForSafety.as_str(),
            status: Code::RefusedForSafety.exit_status(),
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    /// Failed, nothing more specific.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self {
            code: Code::Failed.as_str(),
            status: Code::Failed.exit_status(),
            message: message.into(),
            hint: None,
        }
    }
}

impl<E: Explain> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            code: error.code().as_str(),
            status: error.code().exit_status(),
            message: error.chain(),
            hint: error.hint(),
        }
    }
}

/// Where things are printed, and how.
pub(crate) struct Output {
    json: bool,
    plain: bool,
    color: ColorChoice,
    quiet: bool,
    utc: bool,
    yes: bool,
    no_input: bool,
    is_lost: AtomicBool,
    is_at_work: Arc<AtomicBool>,
    begun: Arc<Mutex<Option<Begun>>>,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        Self {
            json: global.json,
            plain: global.plain,
            color: match global.color {
                // NO_COLOR, TERM=dumb and pipes are looked at where something is printed.
                ColorArgument::Auto => ColorChoice::Auto,
                ColorArgument::Always => ColorChoice::Always,
                ColorArgument::Never => ColorChoice::Never,
            },
            quiet: global.quiet,
            utc: global.utc,
            yes: global.yes,
            no_input: global.no_input,
            is_lost: AtomicBool::new(false),
            is_at_work: Arc::default(),
            begun: Arc::default(),
        }
    }

    /// Prints the result of a command: JSON where that was asked for, else text.
    pub(crate) fn result(
        &self,
        schema: &str,
        data: impl FnOnce() -> Value,
        text: impl FnOnce() -> String,
    ) {
        let line = if self.json {
            json!({ "schema": format!("anirewind.{schema}/1"), "data": data() }).to_string()
        } else {
            printable(&text())
        };
        self.print(&format!("{line}\n"));
    }

    /// The same for what lists things: with `--plain` one a line, its fields with tabs between them.
    pub(crate) fn list(
        &self,
        schema: &str,
        data: impl FnOnce() -> Value,
        records: impl FnOnce() -> Vec<Record>,
        text: impl FnOnce() -> String,
    ) {
        if !self.plain {
            return self.result(schema, data, text);
        }
        let lines = records();
        let lines = lines.iter().map(|record| plain_line(record));
        self.print(&lines.collect::<String>());
    }

    /// One record of a list that goes on.
    pub(crate) fn record(&self, record: &[String]) {
        self.print(&plain_line(record));
    }

    fn print(&self, text: &str) {
        let mut stdout = AutoStream::new(io::stdout().lock(), self.color);
        let written = stdout.write_all(text.as_bytes());
        match written.and_then(|()| stdout.flush()) {
            // A reader that has seen enough and hung up is no failure.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.is_lost.store(true, Ordering::Relaxed);
                self.talk(&format!("error: cannot print the result: {error}"));
            }
            _ => {}
        }
    }

    /// Standard error, in colour where that is wanted.
    fn stderr(&self) -> AutoStream<io::StderrLock<'static>> {
        AutoStream::new(io::stderr().lock(), self.color)
    }

    /// Asks whether to go on, unless that was said already. Where nobody can be asked it is
    /// refused.
    pub(crate) fn confirm(&self, question: &str, word: &str) -> Result<bool, Failure> {
        if self.yes {
            return Ok(true);
        }
        if self.no_input || !io::stdin().is_terminal() {
            return Err(Failure {
                code: Code::RefusedForSafety.as_str(),
                status: Code::RefusedForSafety.exit_status(),
                message: format!("{question} Nobody is here to answer that"),
                hint: Some("Nothing was changed. Add --yes to go on without asking.".to_owned()),
            });
        }
        let mut stderr = self.stderr();
        let _ = write!(
            stderr,
            "{}\nType `{word}` to go on, anything else to leave all as it is: ",
            printable(question)
        );
        let _ = stderr.flush();
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        Ok(read.is_ok() && answer.trim().eq_ignore_ascii_case(word))
    }

    /// Whether everything was agreed to beforehand.
    pub(crate) fn is_yes(&self) -> bool {
        self.yes
    }

    /// Whether somebody is there to answer.
    pub(crate) fn can_ask(&self) -> bool {
        !self.yes && !self.no_input && io::stdin().is_terminal()
    }

    /// As long as this lives, Ctrl-C lets the work come to rest instead of ending the program.
    pub(crate) fn at_work(&self, app: &App) -> AtWork {
        let app = app.clone();
        self.is_at_work.store(true, Ordering::Relaxed);
        let listener = tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                app.interrupt();
            }
        });
        AtWork {
            listener,
            is_at_work: Arc::clone(&self.is_at_work),
        }
    }

    /// Whether Ctrl-C is somebody else's business for the moment.
    pub(crate) fn is_at_work(&self) -> bool {
        self.is_at_work.load(Ordering::Relaxed)
    }

    /// Whether JSON was asked for.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether records were asked for.
    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }

    /// Prints one JSON object a line, for results that go on.
    pub(crate) fn line(&self, value: &Value) {
        let mut stdout = io::stdout().lock();
        if writeln!(stdout, "{value}")
            .and_then(|()| stdout.flush())
            .is_err()
        {
            self.is_lost.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the result could not be printed.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// Says something that is not the result.
    pub(crate) fn talk(&self, line: &str) {
        if !self.quiet {
            let _ = writeln!(self.stderr(), "{}", printable(line));
        }
    }

    /// Shows why a command failed and ends with its status.
    pub(crate) fn fail(&self, failure: &Failure) -> ExitCode {
        if self.json {
            let error = json!({
                "code": failure.code,
                "message": bare(&failure.message),
                "hint": failure.hint.as_deref().map(bare),
            });
            let line = json!({ "schema": "anirewind.error/1", "error": error });
            let _ = writeln!(io::stdout().lock(), "{line}");
        }
        self.warn(failure);
        ExitCode::from(failure.status)
    }

    /// Says what failed while something else succeeded: beside the result, not in its place.
    pub(crate) fn warn(&self, failure: &Failure) {
        let mut stderr = self.stderr();
        let _ = writeln!(stderr, "error: {}", printable(&failure.message));
        if let Some(hint) = &failure.hint {
            let _ = writeln!(stderr, "{hint}");
        }
    }

    /// Local time unless UTC was asked for.
    pub(crate) fn time(&self, at: OffsetDateTime) -> String {
        let form = format_description!("[year]-[month]-[day] [hour]:[minute]");
        let shown = if self.utc {
            at.to_offset(time::UtcOffset::UTC)
        } else {
            local(at)
        };
        let text = shown.format(form).unwrap_or_else(|_| shown.to_string());
        if self.utc {
            format!("{text} UTC")
        } else {
            text
        }
    }

    /// A day, in local time unless UTC was asked for.
    pub(crate) fn day(&self, at: OffsetDateTime) -> String {
        let shown = if self.utc {
            at.to_offset(time::UtcOffset::UTC)
        } else {
            local(at)
        };
        shown.date().to_string()
    }

    /// Shows events while work goes on: a bar on a terminal, lines elsewhere.
    pub(crate) fn follow(&self, events: broadcast::Receiver<Event>) -> Follower {
        if self.quiet {
            return Follower::none();
        }
        Follower::of(events, Arc::clone(&self.begun))
    }

    /// How far the act came that is at work, and how it goes on.
    pub(crate) fn begun(&self) -> Option<String> {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = begun.as_ref().filter(|_| self.is_at_work())?;
        let come = (begun.done, begun.total);
        Some(stopped("Stopped", come, begun.operation.as_str()))
    }
}

/// How far an act came that stopped, and how it goes on.
pub(crate) fn stopped(how: &str, (done, all): (usize, usize), id: &str) -> String {
    let id = short(id);
    format!("{how} after {done} of {all}. Continue: anirewind job resume {id}")
}

/// A record as a line. What would end a field or the line is a space in it.
fn plain_line(record: &[String]) -> String {
    let field = |text: &String| bare(text).replace(char::is_control, " ");
    let fields: Vec<_> = record.iter().map(field).collect();
    format!("{}\n", fields.join("\t"))
}

/// Work that wants to come to rest in its own time.
pub(crate) struct AtWork {
    listener: tokio::task::JoinHandle<()>,
    is_at_work: Arc<AtomicBool>,
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.listener.abort();
        self.is_at_work.store(false, Ordering::Relaxed);
    }
}

fn local(at: OffsetDateTime) -> OffsetDateTime {
    let shown = jiff::Timestamp::from_second(at.unix_timestamp())
        .map(|at| at.to_zoned(jiff::tz::TimeZone::system()));
    let offset = shown
        .ok()
        .and_then(|at| time::UtcOffset::from_whole_seconds(at.offset().seconds()).ok());
    offset.map_or(at, |offset| at.to_offset(offset))
}

/// How long ago, in the largest unit that says something: `31m`, `3h`, `2d`.
pub(crate) fn age(from: OffsetDateTime, now: OffsetDateTime) -> String {
    let passed = Duration::try_from(now - from)
        .unwrap_or(Duration::ZERO)
        .as_secs();
    match passed {
        0..60 => "now".to_owned(),
        60..3_600 => format!("{}m", passed / 60),
        3_600..172_800 => format!("{}h", passed / 3_600),
        _ => format!("{}d", passed / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_line_whatever_stands_in_it() {
        let record = [
            "k7f2".to_owned(),
            "a\tb\nc\u{1b}[2J".to_owned(),
            String::new(),
        ];
        assert_eq!(plain_line(&record), "k7f2\ta b c [2J\t\n");
    }
}
