//! Numbers over time as small drawings, with the same numbers as text.

use anirewind_core::model::Counts;
use anirewind_core::{ChangeSums, count, thousands};
use time::Date;

use crate::address::address;
use crate::format;

const WIDTH: usize = 600;
const HEIGHT: usize = 120;
const EDGE: usize = 8;
/// A list that moves by less than this, or by less than so large a part of it, is drawn as what it is: calm.
const LEAST_SPAN: usize = 10;
const LEAST_PART: usize = 10;

/// How many titles a list held, day by day.
pub(crate) struct Chart {
    /// As SVG wants the points of a line.
    pub(crate) points: String,
    pub(crate) first: String,
    pub(crate) last: String,
    /// In words what the line shows.
    pub(crate) words: String,
    /// How many titles the lower and the upper edge stand for.
    pub(crate) bottom: String,
    pub(crate) top: String,
    pub(crate) numbers: Vec<(String, usize, usize)>,
}

impl Chart {
    /// A line through the sizes of a list, oldest first; nothing where one day alone is known.
    pub(crate) fn of_sizes(sizes: &[(Date, Counts)]) -> Option<Self> {
        let ((first, _), (last, _)) = (*sizes.first()?, *sizes.last()?);
        let days = |date: Date| usize::try_from((date - first).whole_days()).unwrap_or_default();
        let whole = days(last);
        if whole == 0 {
            return None;
        }
        let totals: Vec<usize> = sizes.iter().map(|(_, counts)| counts.total()).collect();
        let (low, high) = (*totals.iter().min()?, *totals.iter().max()?);
        let (bottom, top) = axis(low, high);
        let points = sizes.iter().map(|(date, counts)| {
            let x = EDGE + days(*date) * (WIDTH - 2 * EDGE) / whole;
            let y = EDGE + (top - counts.total()) * (HEIGHT - 2 * EDGE) / (top - bottom);
            format!("{x},{y}")
        });
        let points: Vec<_> = points.collect();
        let so_many = if low == high {
            format!("always {}", thousands(low))
        } else {
            format!("between {} and {}", thousands(low), thousands(high))
        };
        let (first, last) = (format::of_date(first), format::of_date(last));
        Some(Self {
            points: points.join(" "),
            words: format!(
                "Titles on the list from {first} to {last}, by the last snapshot of each day: {so_many}"
            ),
            first,
            last,
            bottom: thousands(bottom),
            top: thousands(top),
            numbers: sizes
                .iter()
                .rev()
                .map(|(day, counts)| (format::of_date(*day), counts.anime, counts.manga))
                .collect(),
        })
    }
}

/// Where an axis begins and ends on which these stand: never so short that one title looks like a cliff.
fn axis(low: usize, high: usize) -> (usize, usize) {
    let span = (high - low).max(LEAST_SPAN).max(high / LEAST_PART);
    let bottom = low.saturating_sub((span - (high - low)) / 2);
    (bottom, bottom + span)
}

/// How many changes there were, day by day.
pub(crate) struct Bars {
    pub(crate) first: String,
    pub(crate) last: String,
    /// How many changes the upper edge stands for.
    pub(crate) most: String,
    /// In words what the bars show.
    pub(crate) words: String,
    pub(crate) days: Vec<BarDay>,
}

/// One day.
pub(crate) struct BarDay {
    pub(crate) name: String,
    pub(crate) sums: ChangeSums,
    /// `3 added, 1 changed, 0 removed`
    pub(crate) words: String,
    /// Where the day stands on the timeline, without the base.
    pub(crate) path: String,
    pub(crate) x: usize,
    pub(crate) width: usize,
    /// What it is made of, from the ground up: what it is called, its upper edge and its height.
    pub(crate) parts: Vec<(&'static str, usize, usize)>,
}

impl Bars {
    /// Bars of the changes of each day, oldest first; nothing where nothing changed.
    pub(crate) fn of_changes(days: &[(String, ChangeSums)], timeline: &str) -> Option<Self> {
        let (first, last) = (days.first()?, days.last()?);
        let total = |sums: &ChangeSums| sums.added + sums.changed + sums.removed;
        let most = days.iter().map(|(_, sums)| total(sums)).max()?;
        if most == 0 {
            return None;
        }
        let all: usize = days.iter().map(|(_, sums)| total(sums)).sum();
        let place = |index: usize| index * WIDTH / days.len();
        let bars = days.iter().enumerate().map(|(index, (name, sums))| {
            let mut ground = HEIGHT;
            let parts = [
                ("added", sums.added),
                ("changed", sums.changed),
                ("removed", sums.removed),
            ];
            let parts = parts.into_iter().filter(|(_, number)| *number > 0);
            let parts = parts.map(|(kind, number)| {
                // However few there are beside many others, they are seen.
                let height = (number * (HEIGHT - 2 * EDGE) / most).max(2);
                ground = ground.saturating_sub(height);
                (kind, ground, height)
            });
            BarDay {
                parts: parts.collect(),
                name: format::of_day(name),
                sums: *sums,
                words: format!(
                    "{} added, {} changed, {} removed",
                    thousands(sums.added),
                    thousands(sums.changed),
                    thousands(sums.removed)
                ),
                path: address(timeline, &[("on", name)]),
                x: place(index),
                width: place(index + 1).saturating_sub(place(index) + 2),
            }
        });
        Some(Self {
            first: format::of_day(&first.0),
            last: format::of_day(&last.0),
            most: count(most, "change"),
            words: format!(
                "Changes per day from {} to {}: {} in all, {} on the busiest day",
                format::of_day(&first.0),
                format::of_day(&last.0),
                thousands(all),
                thousands(most)
            ),
            days: bars.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn held(date: Date, anime: usize) -> (Date, Counts) {
        (date, Counts { anime, manga: 0 })
    }

    fn points(chart: &Chart) -> Vec<(usize, usize)> {
        let points = chart.points.split(' ').map(|point| {
            let (x, y) = point.split_once(',').unwrap();
            (x.parse().unwrap(), y.parse().unwrap())
        });
        points.collect()
    }

    #[test]
    fn days_without_a_snapshot_have_their_room() {
        let days = [
            date!(2026 - 11 - 01),
            date!(2026 - 11 - 02),
            date!(2026 - 11 - 11),
        ];
        let chart = Chart::of_sizes(&days.map(|day| held(day, 40))).unwrap();
        let x: Vec<_> = points(&chart).iter().map(|(x, _)| *x).collect();
        assert_eq!(x, [8, 66, 592], "a tenth of the way, then the rest");
        assert!(Chart::of_sizes(&[held(days[0], 40)]).is_none());
    }

    #[test]
    fn one_title_is_no_cliff_and_a_wiped_list_is() {
        let days = [date!(2026 - 11 - 01), date!(2026 - 11 - 02)];
        let fall = |from, to| {
            let chart = Chart::of_sizes(&[held(days[0], from), held(days[1], to)]).unwrap();
            let points = points(&chart);
            points[1].1 - points[0].1
        };
        assert!(fall(40, 39) <= HEIGHT / 10, "{}", fall(40, 39));
        assert!(fall(2_000, 1_990) <= HEIGHT / 10, "{}", fall(2_000, 1_990));
        assert_eq!(fall(2_000, 0), HEIGHT - 2 * EDGE);
        assert_eq!(axis(0, 0), (0, 10));
        let calm = Chart::of_sizes(&[held(days[0], 1_200), held(days[1], 1_200)]).unwrap();
        assert_eq!(
            calm.words,
            "Titles on the list from 1 Nov 2026 to 2 Nov 2026, by the last snapshot of each day: always 1,200"
        );
    }

    #[test]
    fn a_bar_is_made_of_its_kinds_and_leads_to_its_day() {
        let sums = |added, changed, removed| ChangeSums {
            added,
            changed,
            removed,
        };
        let days = [
            ("2026-11-02".to_owned(), sums(0, 0, 0)),
            ("2026-11-03".to_owned(), sums(1, 1_000, 40)),
        ];
        let bars = Bars::of_changes(&days, "/timeline/hana").unwrap();
        assert!(bars.days[0].parts.is_empty());
        let busy = &bars.days[1];
        assert_eq!(busy.words, "1 added, 1,000 changed, 40 removed");
        assert_eq!(busy.path, "/timeline/hana?on=2026-11-03");
        assert_eq!(
            busy.parts,
            [("added", 118, 2), ("changed", 19, 99), ("removed", 16, 3)],
            "they stand on one another, and the least is seen"
        );
        assert_eq!(busy.x, WIDTH / 2);
        assert!(Bars::of_changes(&days[..1], "/timeline/hana").is_none());
    }
}
