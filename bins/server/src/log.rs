//! The log: to standard error as text or JSON, and the last lines of it kept for the page.

use std::fmt::{self, Write as _};

use anirewind_core::model::Clock as _;
use anirewind_core::{LogBook, LogFormat, LogLevel, LogLine, Settings, SystemClock};
use anyhow::Context as _;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt as lines, reload};

/// Whoever sends what is no HTTP has this told, as an error each time: it is the strangers' and none of ours.
const OF_STRANGERS: &str = "actix_http::h1::dispatcher";

/// The log of this process.
pub(crate) struct Log {
    pub(crate) book: LogBook,
    filter: reload::Handle<EnvFilter, Registry>,
}

impl Log {
    /// What of all there is to say is said.
    pub(crate) fn filter(settings: &Settings) -> anyhow::Result<EnvFilter> {
        Self::filter_of(&settings.log)
    }

    fn filter_of(words: &str) -> anyhow::Result<EnvFilter> {
        let filter = EnvFilter::try_new(words)
            .with_context(|| format!("`{words}` is not a log level or filter"))?;
        // Whoever names it wants to read it.
        if words.contains("actix_http") {
            return Ok(filter);
        }
        Ok(filter.add_directive(format!("{OF_STRANGERS}=off").parse()?))
    }

    /// Begins to log, once in a process.
    pub(crate) fn start(settings: &Settings) -> anyhow::Result<Self> {
        let (filter, handle) = reload::Layer::new(Self::filter(settings)?);
        let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let written = match settings.log_format {
            LogFormat::Text => lines::layer()
                .with_ansi(is_terminal)
                .with_writer(std::io::stderr)
                .boxed(),
            LogFormat::Json => lines::layer().json().with_writer(std::io::stderr).boxed(),
        };
        let book = LogBook::default();
        let keeper = Keeper {
            book: book.clone(),
            clock: SystemClock::new(),
        };
        tracing_subscriber::registry()
            .with(filter)
            .with(written)
            .with(keeper)
            .init();
        Ok(Self {
            book,
            filter: handle,
        })
    }

    /// Goes by another filter from now on.
    pub(crate) fn follow(&self, filter: EnvFilter) {
        // It only fails when nothing logs any more.
        let _ = self.filter.reload(filter);
    }
}

/// Keeps the last lines.
struct Keeper {
    book: LogBook,
    clock: SystemClock,
}

/// A span as it is shown: its name, and its fields as far as they are known.
struct Shown(Fields);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Keeper {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(Shown(fields));
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(Shown(fields)) = span.extensions_mut().get_mut()
        {
            record.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let spans = context.event_scope(event).map(|scope| {
            let spans = scope.from_root().map(|span| {
                let shown = span.extensions();
                let fields = shown.get().map(|Shown(fields)| fields.to_string());
                format!("{}{{{}}}", span.name(), fields.unwrap_or_default())
            });
            spans.collect()
        });
        self.book.push(LogLine {
            number: 0,
            at: self.clock.now(),
            level: level(level_of(event.metadata())),
            target: event.metadata().target().to_owned(),
            spans: spans.unwrap_or_default(),
            text: fields.to_string(),
        });
    }
}

/// Errors are counted, but not those that anybody makes.
fn level_of(metadata: &Metadata<'_>) -> Level {
    if metadata.target() == OF_STRANGERS {
        return Level::DEBUG.max(*metadata.level());
    }
    *metadata.level()
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}

/// A message and what belongs to it.
#[derive(Default)]
struct Fields {
    message: String,
    rest: String,
}

impl Fields {
    fn put(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        // Where in whose source it was said, which those who speak another dialect of logging add.
        if field.name().starts_with("log.") {
            return;
        }
        // Writing to a text does not fail.
        if field.name() == "message" {
            let _ = write!(self.message, "{value}");
        } else {
            let gap = if self.rest.is_empty() { "" } else { " " };
            let _ = write!(self.rest, "{gap}{}={value}", field.name());
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format_args!("{value:?}"));
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = if self.message.is_empty() || self.rest.is_empty() {
            ""
        } else {
            " "
        };
        write!(f, "{}{gap}{}", self.message, self.rest)
    }
}

#[cfg(test)]
mod tests {
    use anirewind_core::LogFilter;

    use super::*;

    #[test]
    fn what_strangers_send_is_told_to_whoever_names_it_and_is_no_error_of_ours() {
        for (words, told) in [("info", 1), ("trace", 1), ("info,actix_http=debug", 2)] {
            let book = LogBook::default();
            let keeper = Keeper {
                book: book.clone(),
                clock: SystemClock::new(),
            };
            let filter = Log::filter_of(words).unwrap();
            let log = tracing_subscriber::registry().with(filter).with(keeper);
            tracing::subscriber::with_default(log, || {
                tracing::error!(target: OF_STRANGERS, "stream error");
                tracing::error!("one of ours");
            });
            assert_eq!(book.errors(), 1, "{words}");
            let lines = book.lines(&LogFilter::default());
            assert_eq!(lines.len(), told, "{words}: {lines:?}");
        }
    }
}
