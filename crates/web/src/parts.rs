//! Parts that several pages share, each with a template of its own. They render the same whether a
//! page is loaded or one part of it is sent anew.

use anirewind_core::{BadEnd, OperationRow, OperationState};
use askama::Template;
use time::OffsetDateTime;

use crate::format;
use crate::live::{Outcome, Work};
use crate::page::{in_path, sentence};

macro_rules! html_safe {
    ($($part:ident),+) => {
        $(impl askama::filters::HtmlSafe for $part {})+
    };
}

html_safe!(JobBar, BadEnds, When, Badge, DeskPart);

mod alarm;
mod avatar;
mod change;
mod chart;
mod icon;
mod job;
mod list;
mod raw;
mod tabs;
mod titles;

pub(crate) use crate::format::clock;
pub(crate) use alarm::{AlarmPart, shown as alarm_shown};
pub(crate) use avatar::{Avatar, Letter, has_picture, picture_of};
pub(crate) use change::{ChangeLine, Offer, UndoPart, badge, called, exactly, time_of};
pub(crate) use chart::{Chart, Moment};
pub(crate) use icon::Icon;
pub(crate) use job::{JobProgress, LatestTitles};
pub(crate) use list::{ListPart, ListQuery, is_called, names as list_names};
pub(crate) use raw::RawPart;
pub(crate) use tabs::{Tab, Tabs, TabsForm};
pub(crate) use titles::{
    Cover, Diff, StatusWord, TitleCell, WAS_AND_IS, facts, language_tag, title_path,
};

/// Something that is under way, at the top of every page.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/job_bar.html")]
pub(crate) struct JobBar {
    base: String,
    /// Where to see how far it is, without the base.
    pub(crate) path: String,
    words: String,
}

impl JobBar {
    /// Of an act.
    pub(crate) fn of(base: &str, job: &OperationRow) -> Self {
        let state = match job.state {
            OperationState::Paused => "is paused",
            OperationState::Stopped => "stopped and will go on",
            _ => "is under way",
        };
        Self {
            base: base.to_owned(),
            path: format!("/jobs/{}", job.id),
            words: format!(
                "{} See how far it is",
                sentence(&format!("{} {state}", job.what))
            ),
        }
    }

    /// Of a snapshot that somebody asked for, by its name on the desk.
    pub(crate) fn of_work(base: &str, name: &str) -> Option<Self> {
        let (path, what) = match name.strip_prefix("snapshot") {
            None => return None,
            Some("") => ("/back-up-now".to_owned(), "A snapshot".to_owned()),
            Some(profile) => {
                let profile = profile.trim_start_matches('/');
                let path = format!("/backups/{}/new", in_path(profile));
                (path, format!("A snapshot of {profile}"))
            }
        };
        Some(Self {
            base: base.to_owned(),
            path,
            words: format!("{what} is being taken. See how far it is"),
        })
    }
}

/// That acts did not end well, at the top of every page until their reports are opened. Empty where none did, so that
/// it has a place to come to.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/bad_ends.html")]
pub(crate) struct BadEnds {
    base: String,
    /// By what a page and who tells it know whether it has changed.
    pub(crate) key: String,
    count: usize,
    /// Of the newest of them.
    what: String,
    how: String,
    /// The address of its report, without the base.
    pub(crate) path: String,
}

impl BadEnds {
    /// Of these acts, newest first.
    pub(crate) fn of(base: &str, ends: &[BadEnd]) -> Self {
        let newest = ends.first();
        let of = |words: fn(&BadEnd) -> String| newest.map(words).unwrap_or_default();
        Self {
            base: base.to_owned(),
            key: of(|end| end.id.to_string()) + &format!("-{}", ends.len()),
            count: ends.len(),
            what: of(|end| end.what.clone()),
            how: of(|end| sentence(&end.how)),
            path: of(|end| format!("/jobs/{}", end.id)),
        }
    }
}

/// A moment: how long ago, with the exact time behind it.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/when.html")]
pub(crate) struct When {
    machine: String,
    shown: String,
    exact: String,
    ago: String,
    is_short: bool,
}

impl When {
    /// The moment with how long ago it was.
    pub(crate) fn of(at: OffsetDateTime, now: OffsetDateTime) -> Self {
        Self {
            machine: format::machine(at),
            shown: format::instant(at),
            exact: format::exact(at),
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

    /// The same of what nobody saw: it was then or before, as `exact` says.
    pub(crate) fn at_the_latest(at: OffsetDateTime, exact: String, now: OffsetDateTime) -> Self {
        let ago = Self::ago(at, now);
        Self {
            ago: format!("{} or before", ago.ago),
            exact,
            ..ago
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

/// How far something is that somebody began with a button.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/desk.html")]
pub(crate) struct DeskPart {
    name: String,
    words: String,
    is_over: bool,
}

impl DeskPart {
    pub(crate) fn of(name: &str, work: &Work) -> Self {
        let (words, is_over) = match work {
            Work::UnderWay(words) => (words.as_str(), false),
            Work::Over(_, Outcome::Said(said)) => (said.text.as_str(), true),
            Work::Over(_, Outcome::Problem(problem)) => (problem.message.as_str(), true),
            Work::Over(_, Outcome::Elsewhere(_)) => ("AniList has answered.", true),
        };
        Self {
            name: name.to_owned(),
            words: words.to_owned(),
            is_over,
        }
    }
}
