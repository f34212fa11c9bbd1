//! What is ticked of a comparison, also on other pages of it and under other filters. It stands in the address, so
//! that it works without scripts, and stays short however much is ticked: what somebody ticked one by one is
//! named, and what they ticked as a whole is a filter.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anirewind_core::model::{Entry, MediaId, MediaType};
use serde::{Deserialize, Serialize};

/// So many titles can be ticked one by one; more only as a whole. An address must not grow without end.
pub(super) const MOST: usize = 500;
/// So many filters can be ticked as a whole, one after another.
pub(super) const FILTERS: usize = 8;

/// A title of a comparison.
pub(super) type Title = (MediaType, MediaId);

/// Which title an entry is of.
pub(super) const fn title_of(entry: &Entry) -> Title {
    (entry.media_type, entry.media)
}

/// The part of an address or a form that says what is ticked.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Sent {
    /// What is ticked as a whole: filters, each as it stands in an address.
    all: Vec<String>,
    /// Titles that are ticked beside, and titles of these that are not.
    on: String,
    off: String,
    /// The titles of the page that was sent, and those of them that have a tick.
    offered: String,
    title: Vec<String>,
    /// `all` or `none`: the button that ticks what is shown, or takes every tick away.
    select: String,
}

/// What is ticked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ticks {
    pub(super) all: Vec<String>,
    pub(super) on: BTreeSet<Title>,
    pub(super) off: BTreeSet<Title>,
    /// Whether there were more single ticks than an address takes.
    pub(super) is_cut: bool,
    /// Whether what is shown was not ticked as a whole, because so many filters are already.
    pub(super) is_full: bool,
}

impl Sent {
    /// Whether a form was sent, as opposed to an address that somebody follows.
    pub(super) const fn is_form(&self) -> bool {
        !self.offered.is_empty() || !self.title.is_empty() || !self.select.is_empty()
    }

    /// Whether the button leads to no other page of the comparison.
    pub(super) const fn stays(&self) -> bool {
        !self.select.is_empty()
    }

    /// What was ticked as a whole before.
    pub(super) fn filters(&self) -> &[String] {
        &self.all
    }

    /// What is ticked once a form was sent. `is_whole` says whether a title is in what is ticked as a whole,
    /// `shown` is the filter with which the form was sent, and `is_shown` whether a title is in that.
    pub(super) fn ticks(
        self,
        shown: &str,
        is_whole: impl Fn(&str, Title) -> bool,
        is_shown: impl Fn(Title) -> bool,
    ) -> Ticks {
        let mut ticks = Ticks {
            all: self.all,
            on: read(&self.on),
            off: read(&self.off),
            ..Ticks::default()
        };
        let ticked: BTreeSet<_> = self
            .title
            .iter()
            .filter_map(|text| parse_title(text))
            .collect();
        for title in read(&self.offered).union(&ticked) {
            let is_in_whole = ticks.all.iter().any(|filter| is_whole(filter, *title));
            ticks.on.remove(title);
            ticks.off.remove(title);
            match (ticked.contains(title), is_in_whole) {
                (true, false) => ticks.on.insert(*title),
                (false, true) => ticks.off.insert(*title),
                _ => false,
            };
        }
        match self.select.as_str() {
            "none" => ticks = Ticks::default(),
            // None of the others is given up for it.
            "all" if ticks.all.len() >= FILTERS && !ticks.all.iter().any(|all| all == shown) => {
                ticks.is_full = true;
            }
            "all" => {
                ticks.on.retain(|title| !is_shown(*title));
                ticks.off.retain(|title| !is_shown(*title));
                ticks.all.retain(|filter| filter != shown);
                ticks.all.push(shown.to_owned());
            }
            _ => {}
        }
        ticks.is_cut = ticks.on.len().max(ticks.off.len()) > MOST;
        for titles in [&mut ticks.on, &mut ticks.off] {
            while titles.len() > MOST {
                titles.pop_last();
            }
        }
        ticks
    }
}

impl Ticks {
    /// The same for an address or hidden fields.
    pub(super) fn pairs(&self) -> Vec<(&'static str, String)> {
        let all = self.all.iter().map(|filter| ("all", filter.clone()));
        let single = [("on", write(&self.on)), ("off", write(&self.off))];
        let single = single.into_iter().filter(|(_, titles)| !titles.is_empty());
        all.chain(single).collect()
    }
}

/// `ANIME:123`
fn parse_title(text: &str) -> Option<Title> {
    let (of, id) = text.split_once(':')?;
    Some((MediaType::parse(of)?, MediaId::new(id.parse().ok()?)))
}

/// `a123.456-m7`: short, and of letters that an address takes as they are.
pub(super) fn write<'a>(titles: impl IntoIterator<Item = &'a Title>) -> String {
    let mut text = String::new();
    let mut last = None;
    for (of, media) in titles {
        if last == Some(*of) {
            text.push('.');
        } else {
            if last.is_some() {
                text.push('-');
            }
            text.push(if *of == MediaType::Anime { 'a' } else { 'm' });
        }
        last = Some(*of);
        // Writing to a string cannot fail.
        let _ = write!(text, "{media}");
    }
    text
}

/// What cannot be read is not ticked.
fn read(text: &str) -> BTreeSet<Title> {
    let parts = text.split('-').filter_map(|part| {
        let (of, ids) = part.split_at_checked(1)?;
        let of = match of {
            "a" => MediaType::Anime,
            "m" => MediaType::Manga,
            _ => return None,
        };
        let ids = ids.split('.').filter_map(|id| id.parse().ok());
        Some(ids.map(move |id| (of, MediaId::new(id))))
    });
    parts.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anime(id: u32) -> Title {
        (MediaType::Anime, MediaId::new(id))
    }

    fn after(sent: Sent) -> Ticks {
        // The filter "low" shows titles below 10, "high" the others.
        let is_whole = |filter: &str, (_, media): Title| (media.get() < 10) == (filter == "low");
        sent.ticks("low", is_whole, |(_, media)| media.get() < 10)
    }

    #[test]
    fn titles_are_written_short_and_read_again() {
        let titles: BTreeSet<_> = [
            anime(1),
            anime(23),
            (MediaType::Manga, MediaId::new(4)),
            (MediaType::Manga, MediaId::new(5)),
        ]
        .into();
        assert_eq!(write(&titles), "a1.23-m4.5");
        assert_eq!(read("a1.23-m4.5"), titles);
        assert_eq!(read(""), BTreeSet::new());
        assert_eq!(read("x1-a-é2-a7"), [anime(7)].into());
    }

    #[test]
    fn a_page_says_what_of_it_is_ticked_and_other_pages_stay_as_they_are() {
        let ticks = after(Sent {
            on: "a20.21".to_owned(),
            offered: "a21.22".to_owned(),
            title: vec!["ANIME:22".to_owned()],
            ..Sent::default()
        });
        assert_eq!(ticks.on, [anime(20), anime(22)].into());
        assert_eq!(ticks.off, [].into());
    }

    #[test]
    fn what_is_ticked_as_a_whole_is_a_filter_but_for_what_is_unticked() {
        let ticks = after(Sent {
            on: "a2.20".to_owned(),
            off: "a3".to_owned(),
            select: "all".to_owned(),
            ..Sent::default()
        });
        assert_eq!(ticks.all, ["low"]);
        assert_eq!((ticks.on.len(), ticks.off.len()), (1, 0));
        let ticks = after(Sent {
            all: ticks.all,
            offered: "a1.2".to_owned(),
            title: vec!["ANIME:2".to_owned()],
            ..Sent::default()
        });
        assert_eq!(
            (ticks.on, ticks.off.clone()),
            ([].into(), [anime(1)].into())
        );
        assert_eq!(
            after(Sent {
                select: "none".to_owned(),
                all: ticks.all,
                ..Sent::default()
            }),
            Ticks::default()
        );
    }

    #[test]
    fn so_many_filters_are_ticked_as_a_whole_and_none_is_given_up_for_another() {
        let others: Vec<_> = (1..=FILTERS).map(|number| number.to_string()).collect();
        let select = |all: &[String]| {
            after(Sent {
                all: all.to_vec(),
                on: "a2".to_owned(),
                select: "all".to_owned(),
                ..Sent::default()
            })
        };
        let ticks = select(&others);
        assert_eq!((&ticks.all, ticks.is_full), (&others, true));
        assert_eq!(ticks.on, [anime(2)].into());
        let ticks = select(&others[1..]);
        assert_eq!((ticks.all.len(), ticks.is_full), (FILTERS, false));
        assert!(!select(&ticks.all).is_full, "it is one of them already");
    }

    #[test]
    fn more_than_an_address_takes_is_cut_and_said() {
        let many: BTreeSet<_> = (1_000..2_000).map(anime).collect();
        let ticks = after(Sent {
            on: write(&many),
            ..Sent::default()
        });
        assert_eq!((ticks.on.len(), ticks.is_cut), (MOST, true));
    }
}
