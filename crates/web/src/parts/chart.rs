//! Score and progress of a title over time, drawn here, with the same numbers in a table.

use anirewind_core::model::{MediaType, Score};
use anirewind_core::{Style, score_of, thousands};
use askama::Template;
use time::OffsetDateTime;

use crate::format;

const WIDTH: i64 = 640;
const HEIGHT: i64 = 160;
/// Room around the lines.
const EDGE: i64 = 24;
/// More than so many rows are of no use to anybody.
const ROWS: usize = 100;

html_safe!(Chart);

/// What a title was at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) at: OffsetDateTime,
    /// Nothing from when on it was not on the list.
    pub(crate) progress: Option<u32>,
    pub(crate) score: Option<Score>,
}

/// The lines and the table.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/chart.html")]
pub(crate) struct Chart {
    name: String,
    word: &'static str,
    /// What each line is, and how far up it can go.
    legend: String,
    progress: String,
    score: String,
    from: String,
    to: String,
    rows: Vec<(String, String, String)>,
    width: i64,
    height: i64,
    bottom: i64,
    right: i64,
    edge: i64,
}

impl Chart {
    /// From moments, oldest first; nothing where there is nothing to see.
    pub(crate) fn of(moments: &[Moment], of: MediaType, name: &str, style: &Style) -> Option<Self> {
        let (first, last) = (moments.first()?, moments.last()?);
        if moments.len() < 3 || last.at <= first.at {
            return None;
        }
        let most = moments
            .iter()
            .filter_map(|moment| moment.progress)
            .max()?
            .max(1);
        let whole = (last.at - first.at).whole_seconds().max(1);
        let x = |moment: &Moment| {
            EDGE + (moment.at - first.at).whole_seconds() * (WIDTH - 2 * EDGE) / whole
        };
        let y = |value: i64, top: i64| HEIGHT - EDGE - value * (HEIGHT - 2 * EDGE) / top;
        let line = |height: &dyn Fn(&Moment) -> Option<i64>| {
            // A value holds until the next one: steps, not slopes.
            let mut path = String::new();
            let mut last: Option<i64> = None;
            for moment in moments {
                let (x, now) = (x(moment), height(moment));
                let part = match (last, now) {
                    (None, None) => String::new(),
                    (None, Some(now)) => format!("M{x} {now}"),
                    (Some(_), Some(now)) => format!("H{x}V{now}"),
                    (Some(_), None) => format!("H{x}"),
                };
                path.push_str(&part);
                last = now;
            }
            path
        };
        // What was before the first change was so up to it, from whenever on.
        let is_before = moments.first().map(|first| first.at) == moments.get(1).map(|next| next.at);
        let rows = moments.iter().enumerate().rev().take(ROWS);
        let rows = rows.map(|(place, moment)| {
            let score = moment
                .score
                .map_or_else(|| "-".to_owned(), |score| score_of(score, &style.scores));
            let progress = moment.progress;
            let progress = progress.map_or_else(|| "not on the list".to_owned(), |n| n.to_string());
            let at = format::instant(moment.at);
            let at = if place == 0 && is_before {
                format!("before {at}")
            } else {
                at
            };
            (at, progress, score)
        });
        let (word, unit) = match of {
            MediaType::Anime => ("Episode", "episodes"),
            MediaType::Manga => ("Chapter", "chapters"),
        };
        let whole = usize::try_from(most).unwrap_or(usize::MAX);
        let is_scored = moments.iter().any(|moment| moment.score.is_some());
        let best = Score::new(Score::MAX).filter(|_| is_scored);
        let of_score = best.map_or_else(String::new, |best| {
            let best = score_of(best, &style.scores);
            format!(" The dashed line is the score, {best} at its top.")
        });
        let legend = format!(
            "The unbroken line is {unit}, up to {}.{of_score}",
            thousands(whole)
        );
        Some(Self {
            name: name.to_owned(),
            word,
            legend,
            progress: line(&|moment| {
                moment
                    .progress
                    .map(|count| y(i64::from(count), i64::from(most)))
            }),
            score: line(&|moment| {
                let raw = moment.score.map(|score| score.raw().min(Score::MAX));
                raw.map(|raw| y(i64::from(raw), i64::from(Score::MAX)))
            }),
            from: format::instant(first.at),
            to: format::instant(last.at),
            rows: rows.collect(),
            width: WIDTH,
            height: HEIGHT,
            bottom: HEIGHT - EDGE,
            right: WIDTH - EDGE,
            edge: EDGE,
        })
    }
}
