//! Numbers over time as a small drawing, with the same numbers as text.

use anirewind_core::model::Counts;

const WIDTH: usize = 600;
const HEIGHT: usize = 120;
const EDGE: usize = 8;

/// How many titles a list held, day by day.
pub(crate) struct Chart {
    /// As SVG wants the points of a line.
    pub(crate) points: String,
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) low: usize,
    pub(crate) high: usize,
    pub(crate) numbers: Vec<(String, usize, usize)>,
}

impl Chart {
    /// A line through the sizes of a list; nothing where one day alone is known.
    pub(crate) fn of_sizes(sizes: &[(String, Counts)]) -> Option<Self> {
        let (first, last) = (sizes.first()?, sizes.last()?);
        if sizes.len() < 2 {
            return None;
        }
        let totals: Vec<usize> = sizes.iter().map(|(_, counts)| counts.total()).collect();
        let (low, high) = (*totals.iter().min()?, *totals.iter().max()?);
        let span = (high - low).max(1);
        let place = |(index, total): (usize, &usize)| {
            let x = EDGE + index * (WIDTH - 2 * EDGE) / (sizes.len() - 1);
            let y = EDGE + (high - total) * (HEIGHT - 2 * EDGE) / span;
            format!("{x},{y}")
        };
        let points: Vec<_> = totals.iter().enumerate().map(place).collect();
        let numbers = sizes.iter().rev();
        Some(Self {
            points: points.join(" "),
            first: first.0.clone(),
            last: last.0.clone(),
            low,
            high,
            numbers: numbers
                .map(|(day, counts)| (day.clone(), counts.anime, counts.manga))
                .collect(),
        })
    }
}
