//! What is said while work goes on: a bar on a terminal, lines elsewhere.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anirewind_core::{Event, Id};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::broadcast;

/// An act that is at work, as far as it has come.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) operation: Id,
    pub(crate) done: usize,
    pub(crate) total: usize,
}

/// Ends with the work it shows.
pub(crate) struct Follower(Option<(tokio::task::JoinHandle<()>, ProgressBar)>);

impl Drop for Follower {
    fn drop(&mut self) {
        if let Some((task, bar)) = &self.0 {
            task.abort();
            // The result is not to stand behind it on its line.
            bar.finish_and_clear();
        }
    }
}

impl Follower {
    /// One that shows nothing.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// One that shows these, and writes down how far an act has come.
    pub(crate) fn of(
        mut events: broadcast::Receiver<Event>,
        begun: Arc<Mutex<Option<Begun>>>,
    ) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let bar = if is_terminal {
            ProgressBar::no_length()
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
            bar.set_style(style);
        }
        let shown = bar.clone();
        let task = tokio::spawn(async move {
            while let Ok(event) = events.recv().await {
                if let Event::Job {
                    operation,
                    done,
                    total,
                    ..
                } = &event
                {
                    let mut begun = begun.lock().unwrap_or_else(PoisonError::into_inner);
                    *begun = Some(Begun {
                        operation: operation.clone(),
                        done: *done,
                        total: *total,
                    });
                }
                show(&event, &bar, is_terminal);
            }
        });
        Self(Some((task, shown)))
    }
}

fn show(event: &Event, bar: &ProgressBar, is_terminal: bool) {
    match event {
        Event::Reading {
            profile,
            read,
            expected,
        } => {
            bar.set_length((expected.unwrap_or(*read).max(*read)) as u64);
            bar.set_position(*read as u64);
            bar.set_message(format!("reading {profile}"));
        }
        Event::Job {
            phase,
            done,
            total,
            left,
            ..
        } if is_terminal => {
            // The safety snapshot before it had its end.
            if bar.is_finished() {
                bar.reset();
            }
            bar.set_length(*total as u64);
            bar.set_position(*done as u64);
            let left = left.filter(|left| !left.is_zero());
            let left = left.map_or_else(String::new, |left| format!(", {} left", about(left)));
            bar.set_message(format!("{}{left}", phase.as_str()));
        }
        Event::Waiting { wait, .. } if is_terminal => {
            bar.println(event.to_string());
            bar.set_message(format!("waiting for AniList, {}", about(*wait)));
        }
        Event::Client { pause, .. } if is_terminal => {
            bar.println(event.to_string());
            if let Some(pause) = pause {
                bar.set_message(format!("waiting: {}", pause.why));
            }
        }
        Event::Client { .. } | Event::Waiting { .. } | Event::Job { .. } => {
            let _ = writeln!(io::stderr().lock(), "{event}");
        }
        Event::Writing { .. } => bar.set_message("writing"),
        Event::Saved(_) | Event::Failed { .. } => bar.finish_and_clear(),
        // Said with the result.
        Event::Alarm { .. }
        | Event::Changed { .. }
        | Event::Ended { .. }
        | Event::Settings { .. } => {}
    }
}

/// `about 3 min`
fn about(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=90 => format!("about {} s", seconds.max(1)),
        seconds => format!("about {} min", seconds.div_ceil(60)),
    }
}
