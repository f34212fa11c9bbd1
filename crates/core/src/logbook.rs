//! The last lines of the log, for a page and for programs.
//!
//! What goes in is what the log gets; docs/logging.md says what never does.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

/// So many lines are kept,
const KEPT: usize = 2_000;
/// and so much of each.
const LONGEST: usize = 4_000;

/// How bad a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// Every step.
    Trace,
    /// Details.
    Debug,
    /// What happens.
    Info,
    /// What somebody may want to know.
    Warn,
    /// What went wrong.
    Error,
}

impl LogLevel {
    /// All of them, mildest first.
    pub const ALL: [Self; 5] = [
        Self::Trace,
        Self::Debug,
        Self::Info,
        Self::Warn,
        Self::Error,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Counts up from 1 at the start of the process.
    pub number: u64,
    /// When.
    pub at: OffsetDateTime,
    /// How bad.
    pub level: LogLevel,
    /// Which part of the program.
    pub target: String,
    /// What it was part of, from the outside in: `request{id=…}`.
    pub spans: Vec<String>,
    /// The message and its fields.
    pub text: String,
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = crate::view::instant(self.at);
        write!(f, "{at} {:5} ", self.level.as_str())?;
        for span in &self.spans {
            write!(f, "{span}: ")?;
        }
        write!(f, "{}: {}", self.target, self.text)
    }
}

/// Which lines are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// This bad or worse.
    pub level: Option<LogLevel>,
    /// With this in them, however it is written.
    pub text: Option<String>,
    /// With a smaller number than this.
    pub below: Option<u64>,
    /// At most this many; all if left out.
    pub most: Option<usize>,
}

/// The last lines of the log. Clones share them.
#[derive(Clone, Default)]
pub struct LogBook {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    lines: VecDeque<LogLine>,
    written: u64,
    errors: u64,
}

impl LogBook {
    /// Writes a line down; the oldest goes when there are too many. Its number is given here.
    pub fn push(&self, mut line: LogLine) {
        let mut inner = self.inner();
        inner.written += 1;
        inner.errors += u64::from(line.level == LogLevel::Error);
        line.number = inner.written;
        if line.text.len() > LONGEST {
            let end = line.text.floor_char_boundary(LONGEST);
            line.text.truncate(end);
            line.text.push('…');
        }
        inner.lines.push_back(line);
        if inner.lines.len() > KEPT {
            inner.lines.pop_front();
        }
    }

    /// Lines, newest first.
    pub fn lines(&self, filter: &LogFilter) -> Vec<LogLine> {
        let wanted = filter.text.as_ref().map(|text| text.to_lowercase());
        let inner = self.inner();
        let found = inner.lines.iter().rev().filter(|line| {
            filter.below.is_none_or(|below| line.number < below)
                && filter.level.is_none_or(|level| line.level >= level)
                && wanted
                    .as_ref()
                    .is_none_or(|wanted| line.to_string().to_lowercase().contains(wanted))
        });
        found
            .take(filter.most.unwrap_or(usize::MAX))
            .cloned()
            .collect()
    }

    /// How many errors there were since the start.
    pub fn errors(&self) -> u64 {
        self.inner().errors
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for LogBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogBook").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(level: LogLevel, text: &str) -> LogLine {
        LogLine {
            number: 0,
            at: OffsetDateTime::UNIX_EPOCH,
            level,
            target: "anirewind_core".to_owned(),
            spans: vec!["snapshot{profile=hana}".to_owned()],
            text: text.to_owned(),
        }
    }

    #[test]
    fn the_last_lines_are_kept_and_found_again_newest_first() {
        let book = LogBook::default();
        for number in 0..KEPT + 10 {
            let level = if number % 2 == 0 {
                LogLevel::Info
            } else {
                LogLevel::Error
            };
            book.push(line(level, &format!("line {number}")));
        }
        let all = book.lines(&LogFilter::default());
        assert_eq!((all.len(), all[0].number), (KEPT, 2_010));
        let page = LogFilter {
            level: Some(LogLevel::Warn),
            text: Some("LINE 200".to_owned()),
            ..LogFilter::default()
        };
        let found: Vec<_> = book.lines(&page).iter().map(|line| line.number).collect();
        assert_eq!(found, [2_010, 2_008, 2_006, 2_004, 2_002]);
        let below = LogFilter {
            below: Some(2_006),
            most: Some(2),
            ..page
        };
        let found: Vec<_> = book.lines(&below).iter().map(|line| line.number).collect();
        assert_eq!(found, [2_004, 2_002]);
        assert_eq!(book.errors(), 1_005);
    }

    #[test]
    fn a_line_without_end_is_cut_where_a_character_ends() {
        let book = LogBook::default();
        book.push(line(LogLevel::Info, &"ü".repeat(LONGEST)));
        let text = book.lines(&LogFilter::default()).remove(0).text;
        assert!(text.ends_with("ü…") && text.len() <= LONGEST + 3);
    }
}
