//! Parts that several pages share, each with a template of its own. They render the same whether a
//! page is loaded or one part of it is sent anew.

use anirewind_core::{OperationRow, OperationState};
use askama::Template;
use time::OffsetDateTime;

use crate::format;

macro_rules! html_safe {
    ($($part:ident),+) => {
        $(impl askama::filters::HtmlSafe for $part {})+
    };
}

html_safe!(JobBar, When, Badge);

mod change;
mod chart;
mod job;
mod list;
mod titles;

pub(crate) use change::{ChangeLine, Offer, UndoPart, clock, time_of};
pub(crate) use chart::{Chart, Moment};
pub(crate) use job::JobProgress;
pub(crate) use list::{ListPart, ListQuery, is_called, names as list_names};
pub(crate) use titles::{Cover, Diff, StatusWord, TitleCell, facts, field_word, title_path};

/// An act that is under way, at the top of every page.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/job_bar.html")]
pub(crate) struct JobBar {
    base: String,
    id: String,
    what: String,
    state: &'static str,
}

impl JobBar {
    pub(crate) fn of(base: &str, job: &OperationRow) -> Self {
        Self {
            base: base.to_owned(),
            id: job.id.to_string(),
            what: job.what.clone(),
            state: match job.state {
                OperationState::Paused => "is paused",
                OperationState::Stopped => "stopped and will go on",
                _ => "is under way",
            },
        }
    }
}

/// A moment: how long ago, with the exact time behind it.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/when.html")]
pub(crate) struct When {
    machine: String,
    shown: String,
    ago: String,
    is_short: bool,
}

impl When {
    /// The moment with how long ago it was.
    pub(crate) fn of(at: OffsetDateTime, now: OffsetDateTime) -> Self {
        Self {
            machine: format::machine(at),
            shown: format::instant(at),
            ago: format::age(at, now),
            is_short: false,
        }
    }

    /// Only how long ago.
    pub(crate) fn ago(at: OffsetDateTime, now: OffsetDateTime) -> Self {
        Self {
            is_short: true,
            ..Self::of(at, now)
        }
    }
}

/// A word with a sign and a colour.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/badge.html")]
pub(crate) struct Badge {
    /// One of the tones of the stylesheet: fine, warning, danger, info, undone, edited, quiet.
    pub(crate) tone: &'static str,
    /// The name of an icon.
    pub(crate) icon: &'static str,
    pub(crate) word: String,
}

impl Badge {
    pub(crate) fn new(tone: &'static str, icon: &'static str, word: impl Into<String>) -> Self {
        Self {
            tone,
            icon,
            word: word.into(),
        }
    }
}
