//! The lines of a timeline: one change each, or several with one cause.

use std::collections::BTreeMap;

use anirewind_core::{ChangeRow, Id, Source, Style, became, count, thousands};
use time::{Date, OffsetDateTime};

use crate::address::address;
use crate::format;
use crate::page::in_path;
use crate::parts::{Badge, ChangeLine, Diff, Offer, TitleCell, badge, called, clock, time_of};

/// So many of those with one cause are shown in place.
const MEMBERS: usize = 10;

/// What was on one day.
pub(super) struct Day {
    pub(super) word: String,
    pub(super) lines: Vec<Line>,
}

/// One change, or several with one cause.
pub(super) struct Line {
    pub(super) key: String,
    pub(super) one: Option<ChangeLine>,
    pub(super) group: Option<GroupLine>,
}

pub(super) struct GroupLine {
    pub(super) id: String,
    pub(super) is_operation: bool,
    pub(super) href: String,
    pub(super) time: String,
    /// What happened to all of it, where it is one thing.
    pub(super) badge: Option<Badge>,
    pub(super) words: String,
    /// What the act is called.
    pub(super) act: Option<String>,
    pub(super) fields: String,
    pub(super) names: String,
    pub(super) by: &'static str,
    pub(super) members: Vec<Member>,
    pub(super) more: usize,
    /// What is on the button, where any of it can be taken back.
    pub(super) button: Option<String>,
    /// Whether it is taken back or, as an undo, done again.
    pub(super) field: &'static str,
    /// How much of it was taken back or put back, and by what.
    pub(super) backs: Vec<Back>,
}

/// That changes were taken back, or what they removed was put back.
pub(super) struct Back {
    /// `taken back`, `12 of 38 taken back`
    pub(super) words: String,
    pub(super) href: String,
    /// The change or the act by which it was; of several acts the newest.
    pub(super) by: String,
    pub(super) has_others: bool,
}

/// One of several with one cause, in short.
pub(super) struct Member {
    pub(super) title: TitleCell,
    pub(super) diff: Diff,
    pub(super) href: String,
    /// What can be done about it by itself.
    pub(super) offer: &'static str,
    pub(super) back: Option<Back>,
    /// By what it is ticked, where it can be taken back by itself.
    pub(super) pick: Option<String>,
}

/// What has one cause and stands together, together.
pub(super) fn fold(lines: &mut Vec<Vec<ChangeRow>>, rows: Vec<ChangeRow>, is_one_group: bool) {
    for row in rows {
        let of = |row: &ChangeRow| row.change.operation.clone().or(row.change.group.clone());
        let last = lines.last_mut().filter(|_| !is_one_group);
        let is_same = |line: &&mut Vec<ChangeRow>| {
            of(&row).is_some() && line.first().is_some_and(|first| of(first) == of(&row))
        };
        match last.filter(is_same) {
            Some(line) => line.push(row),
            None => lines.push(vec![row]),
        }
    }
}

/// What lines are made with.
pub(super) struct Lines<'a> {
    pub(super) base: &'a str,
    pub(super) profile: &'a str,
    pub(super) style: &'a Style,
    pub(super) sizes: &'a BTreeMap<Id, usize>,
    /// What acts are called.
    pub(super) acts: &'a BTreeMap<Id, String>,
    /// Where the page is, with everything chosen on it.
    pub(super) here: &'a str,
    /// Whether what is chosen may leave out some of those with one cause.
    pub(super) is_partial: bool,
}

/// The lines, by the days on which they were.
pub(super) fn days(lines: Vec<Vec<ChangeRow>>, of: &Lines<'_>, now: OffsetDateTime) -> Vec<Day> {
    let mut days: Vec<(Date, Day)> = Vec::new();
    for rows in lines {
        let Some(first) = rows.first() else { continue };
        let date = format::date(first.change.when.at);
        let line = of.line(&rows);
        match days.last_mut().filter(|(day, _)| *day == date) {
            Some((_, day)) => day.lines.push(line),
            None => days.push((
                date,
                Day {
                    word: day_word(date, now),
                    lines: vec![line],
                },
            )),
        }
    }
    days.into_iter().map(|(_, day)| day).collect()
}

fn day_word(day: Date, now: OffsetDateTime) -> String {
    let today = format::date(now);
    match (today - day).whole_days() {
        0 => "Today".to_owned(),
        1 => "Yesterday".to_owned(),
        _ => format::of_date(day),
    }
}

/// The badge of several changes, where each of them has the same.
fn one_badge(rows: &[ChangeRow]) -> Option<Badge> {
    let mut badges = rows.iter().map(badge);
    let first = badges.next()?;
    badges
        .all(|badge| badge.word == first.word)
        .then_some(first)
}

impl Lines<'_> {
    fn one(&self, row: &ChangeRow) -> ChangeLine {
        let line = ChangeLine::of(self.base, self.profile, row, self.style);
        line.standing_on(self.here).pickable()
    }

    fn line(&self, rows: &[ChangeRow]) -> Line {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Line {
                key: String::new(),
                one: None,
                group: None,
            };
        };
        if rows.len() == 1 {
            return Line {
                key: first.id.to_string(),
                one: Some(self.one(first)),
                group: None,
            };
        }
        let (operation, group) = (&first.change.operation, &first.change.group);
        let id = operation.as_ref().or(group.as_ref());
        let all = id.and_then(|id| self.sizes.get(id)).copied();
        let all = all.unwrap_or(rows.len()).max(rows.len());
        let id = id.map(Id::to_string).unwrap_or_default();
        let is_operation = operation.is_some();
        let profile = in_path(self.profile);
        Line {
            key: first.id.to_string(),
            one: None,
            group: Some(GroupLine {
                href: if is_operation {
                    format!("/ops/{profile}/{id}")
                } else {
                    address(&format!("/timeline/{profile}"), &[("group", &id)])
                },
                time: span(first, last),
                badge: one_badge(rows),
                act: operation.as_ref().and_then(|id| self.acts.get(id)).cloned(),
                words: if is_operation {
                    format!("{} in one operation", count(all, "change"))
                } else {
                    let became = became(rows.iter().map(|row| &row.change));
                    format!("{} {became} together", count(all, "title"))
                },
                fields: self.touched(rows, all),
                names: self.names(rows),
                by: crate::pages::by(first.change.source.as_str()),
                button: group_button(rows, |id| self.sizes.get(id).copied()),
                field: reverse_of(first.change.source),
                backs: self.backs(rows, all),
                more: all.saturating_sub(rows.len().min(MEMBERS)),
                members: rows
                    .iter()
                    .take(MEMBERS)
                    .map(|row| self.member(row))
                    .collect(),
                is_operation,
                id,
            }),
        }
    }

    fn member(&self, row: &ChangeRow) -> Member {
        let line = self.one(row);
        let offer = Offer::of(row);
        let path = format!("/timeline/{}/{}", line.profile, line.id);
        Member {
            href: format!("{}#undo", address(&path, &[("back", self.here)])),
            offer: match offer {
                Offer::Nothing | Offer::Retry => "This change",
                offer => offer.word(),
            },
            back: self.back(row),
            pick: offer.takes_back().then(|| line.id.clone()),
            title: line.title,
            diff: line.diff,
        }
    }

    /// How one change was taken back or put back.
    fn back(&self, row: &ChangeRow) -> Option<Back> {
        let profile = in_path(self.profile);
        let (words, href, by) = match (&row.undone_by, &row.put_back_by) {
            (Some(id), _) => (
                "taken back",
                format!("/timeline/{profile}/{id}"),
                id.to_string(),
            ),
            (None, Some(id)) => (
                "put back",
                format!("/ops/{profile}/{id}"),
                format!("restore {id}"),
            ),
            (None, None) => return None,
        };
        Some(Back {
            words: words.to_owned(),
            href,
            by,
            has_others: false,
        })
    }

    /// How many of several were taken back and put back, each with the act by which the newest was.
    fn backs(&self, rows: &[ChangeRow], all: usize) -> Vec<Back> {
        let undone = rows.iter().filter_map(|row| row.undone_in.as_ref());
        let put_back = rows.iter().filter_map(|row| row.put_back_by.as_ref());
        let each: [(&str, &str, Vec<&Id>); 2] = [
            ("taken back", "", undone.collect()),
            ("put back", "restore ", put_back.collect()),
        ];
        let backs = each.into_iter().filter_map(|(word, act, acts)| {
            let first = acts.first()?;
            let (number, shown) = (thousands(acts.len()), thousands(rows.len()));
            Some(Back {
                words: if acts.len() == all {
                    word.to_owned()
                } else {
                    format!("{number} of {shown} {word}")
                },
                href: format!("/ops/{}/{first}", in_path(self.profile)),
                by: format!("{act}{first}"),
                has_others: acts.iter().any(|act| act != first),
            })
        });
        backs.collect()
    }

    /// `score 37, status 1`, and first how many there are of how many, where not all of them are here.
    fn touched(&self, rows: &[ChangeRow], all: usize) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in rows {
            let change = &row.change;
            match (&change.before, &change.after) {
                (None, _) => *counts.entry("added").or_default() += 1,
                (_, None) => *counts.entry("removed").or_default() += 1,
                _ => {
                    for field in change.fields() {
                        *counts.entry(field.as_str()).or_default() += 1;
                    }
                }
            }
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
        let counts = counts
            .iter()
            .map(|(word, number)| format!("{word} {number}"));
        let part = (rows.len() < all).then(|| {
            let (number, all) = (thousands(rows.len()), thousands(all));
            let verb = if self.is_partial { "match" } else { "here" };
            format!("{number} of {all} {verb}")
        });
        let words: Vec<_> = part.into_iter().chain(counts).collect();
        words.join(", ")
    }

    /// `Dororo, Mushishi, 36 more`
    fn names(&self, rows: &[ChangeRow]) -> String {
        let names = rows
            .iter()
            .filter_map(|row| called(&row.change, self.style));
        let first: Vec<_> = names.take(2).collect();
        let rest = rows.len().saturating_sub(first.len());
        match (first.is_empty(), rest) {
            (true, _) => String::new(),
            (false, 0) => first.join(", "),
            (false, rest) => format!("{}, {} more", first.join(", "), thousands(rest)),
        }
    }
}

/// What is on the button of changes with one cause, where any of them can be taken back.
pub(super) fn group_button(
    rows: &[ChangeRow],
    size: impl Fn(&Id) -> Option<usize>,
) -> Option<String> {
    let first = &rows.first()?.change;
    if !rows.iter().any(|row| Offer::of(row).takes_back()) {
        return None;
    }
    let id = first.operation.as_ref().or(first.group.as_ref());
    let all = id.and_then(size);
    let all = all.unwrap_or(rows.len()).max(rows.len());
    let over = rows.iter().filter(|row| !Offer::of(row).takes_back());
    let over = over.count();
    // Where a part of it is over and not all are here, nobody has counted the others.
    let is_known = over == 0 || rows.len() == all;
    let so_many = |what: &str| {
        if is_known {
            count(all - over, what)
        } else {
            format!("the other {what}s")
        }
    };
    let became = became(rows.iter().map(|row| &row.change));
    Some(match (reverse_of(first.source), became) {
        ("redo", "were added") => format!("Remove {} again…", so_many("title")),
        ("redo", _) => format!("Redo {}…", so_many("change")),
        (_, "vanished") => format!("Bring back {}…", so_many("title")),
        _ => format!("Undo {}…", so_many("change")),
    })
}

/// `14:02–14:03`, or between which two moments it was.
fn span(first: &ChangeRow, last: &ChangeRow) -> String {
    let (begun, ended) = (clock(last.change.when.at), clock(first.change.when.at));
    if first.change.when.since.is_some() {
        time_of(first)
    } else if begun == ended {
        ended
    } else {
        format!("{begun}–{ended}")
    }
}

/// An undo is done again, everything else is taken back.
const fn reverse_of(source: Source) -> &'static str {
    match source {
        Source::Undo => "redo",
        _ => "undo",
    }
}
