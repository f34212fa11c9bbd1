//! What about a list is too unusual to be believed at once.
//!
//! Pure: two lists and the thresholds in, alarms out.

use std::collections::BTreeMap;

use anirewind_model::{EntryField, List, MediaType, Pair, Recorded, Value, comparable, pairs};

/// A list this short can lose most of its titles by hand.
const FEW: usize = 5;
/// No threshold is raised past this, so that no rule ever falls silent.
const HIGHEST: usize = 90;
/// So much does a "this was me" raise a threshold.
const STEP: usize = 5;

/// Where a field was changed to more values than this, no further one is the common one.
const MOST_VALUES: usize = 64;

/// What was unusual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Many titles are gone.
    MassRemoval,
    /// Most titles are gone.
    MostGone,
    /// A whole list is empty.
    Emptied,
    /// The list holds far less than AniList's statistics count.
    Incomplete,
    /// The same field of many titles was set to one value.
    SameValue,
    /// Many scores are gone.
    ScoresWiped,
    /// Titles that were private no longer are.
    MadePublic,
}

/// One thing that was unusual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Alarm {
    /// By which rule.
    pub rule: Rule,
    /// How many titles it is about.
    pub affected: usize,
    /// Of how many.
    pub of: usize,
    /// Which field, where it is about one.
    pub field: Option<EntryField>,
}

/// Where unusual begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    /// Titles gone at once that are many.
    pub removed_titles: usize,
    /// And this part of the list, in percent.
    pub removed_percent: usize,
    /// A part of the list gone, in percent, that is not believed at all.
    pub gone_percent: usize,
    /// Titles with one field set to the same value that are many.
    pub changed_titles: usize,
    /// And this part of the list, in percent.
    pub changed_percent: usize,
    /// Scores gone at once that are many.
    pub scores_wiped: usize,
    /// Private titles made public at once that are many.
    pub made_public: usize,
    /// How often somebody said "this was me" to a rule.
    pub expected: BTreeMap<Rule, usize>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            removed_titles: 20,
            removed_percent: 10,
            gone_percent: 50,
            changed_titles: 50,
            changed_percent: 30,
            scores_wiped: 20,
            made_public: 5,
            expected: BTreeMap::new(),
        }
    }
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 7] = [
        Self::MassRemoval,
        Self::MostGone,
        Self::Emptied,
        Self::Incomplete,
        Self::SameValue,
        Self::ScoresWiped,
        Self::MadePublic,
    ];

    /// The word for it in files, in the catalogue and in commands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MassRemoval => "mass-removal",
            Self::MostGone => "most-gone",
            Self::Emptied => "emptied",
            Self::Incomplete => "incomplete",
            Self::SameValue => "same-value",
            Self::ScoresWiped => "scores-wiped",
            Self::MadePublic => "made-public",
        }
    }

    /// Reads the word for it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == word)
    }

    /// Whether a list that this is true of is kept but not believed.
    pub const fn quarantines(self) -> bool {
        matches!(self, Self::MostGone | Self::Emptied | Self::Incomplete)
    }
}

impl std::fmt::Display for Alarm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { affected, of, .. } = self;
        match self.rule {
            Rule::MassRemoval | Rule::MostGone => {
                write!(f, "{affected} of {of} titles vanished together")
            }
            Rule::Emptied => write!(f, "a whole list of {of} titles became empty"),
            Rule::Incomplete => {
                write!(
                    f,
                    "{affected} of the {of} titles that AniList counts are not on its lists"
                )
            }
            Rule::SameValue => {
                let field = self.field.map_or("one field", EntryField::as_str);
                write!(
                    f,
                    "{field} of {affected} of {of} titles was set to one value"
                )
            }
            Rule::ScoresWiped => write!(f, "{affected} of {of} scores are gone"),
            Rule::MadePublic => write!(f, "{affected} of {of} private titles are private no more"),
        }
    }
}

impl Thresholds {
    /// A threshold after every "this was me" to its rule.
    fn raised(&self, rule: Rule, from: usize) -> usize {
        let times = self.expected.get(&rule).copied().unwrap_or(0);
        from.saturating_add(times.saturating_mul(STEP))
            .min(from.max(HIGHEST))
    }
}

/// What is unusual about a list that was there before and is as it is now.
pub fn alarms(before: &List, now: &List, thresholds: &Thresholds) -> Vec<Alarm> {
    // What one of them could not see is no part of either, and counts nowhere.
    let (seen_before, seen_now) = (comparable(before, now), comparable(now, before));
    let (before, now): (&List, &List) = (&seen_before, &seen_now);
    let mut alarms = Vec::new();
    let (was, is) = (before.counts(), now.counts());
    let mut raise = |rule, affected, of, field| {
        alarms.push(Alarm {
            rule,
            affected,
            of,
            field,
        });
    };
    let seen = Seen::of(before, now);
    for of in MediaType::BOTH {
        if was.of(of) >= FEW && is.of(of) == 0 {
            raise(Rule::Emptied, was.of(of), was.of(of), None);
        }
    }
    let (removed, total) = (seen.removed, was.total());
    let percent = |rule, from| thresholds.raised(rule, from);
    if removed >= FEW && removed * 100 > total * percent(Rule::MostGone, thresholds.gone_percent) {
        raise(Rule::MostGone, removed, total, None);
    } else if removed >= thresholds.removed_titles
        && removed * 100 > total * percent(Rule::MassRemoval, thresholds.removed_percent)
    {
        raise(Rule::MassRemoval, removed, total, None);
    }
    let is_wiped = seen.wiped >= thresholds.raised(Rule::ScoresWiped, thresholds.scores_wiped);
    if is_wiped {
        raise(
            Rule::ScoresWiped,
            seen.wiped,
            seen.scored,
            Some(EntryField::Score),
        );
    }
    let is_published =
        seen.published >= thresholds.raised(Rule::MadePublic, thresholds.made_public);
    if is_published {
        raise(
            Rule::MadePublic,
            seen.published,
            seen.private,
            Some(EntryField::Private),
        );
    }
    let changed = thresholds.raised(Rule::SameValue, thresholds.changed_percent);
    for (field, most) in &seen.most_alike {
        let is_named_already = match field {
            EntryField::Score => is_wiped && *most <= seen.wiped,
            EntryField::Private => is_published && *most <= seen.published,
            _ => false,
        };
        if !is_named_already && *most >= thresholds.changed_titles && most * 100 > total * changed {
            raise(Rule::SameValue, *most, total, Some(*field));
        }
    }
    alarms
}

/// What is unusual about a list by itself: it holds far less than AniList counts.
pub fn incomplete(list: &List, thresholds: &Thresholds) -> Option<Alarm> {
    // AniList may count private titles as well, which nobody sees without a token.
    if list.coverage.public {
        return None;
    }
    let counted = list.coverage.expected?.total();
    let missing = counted.saturating_sub(list.entries.len());
    let percent = thresholds.raised(Rule::Incomplete, thresholds.removed_percent);
    (missing >= thresholds.removed_titles && missing * 100 > counted * percent).then_some(Alarm {
        rule: Rule::Incomplete,
        affected: missing,
        of: counted,
        field: None,
    })
}

/// What one walk over both lists counts.
#[derive(Default)]
struct Seen {
    removed: usize,
    scored: usize,
    wiped: usize,
    private: usize,
    published: usize,
    /// By field, in how many titles it was changed to the value it was changed to most often.
    most_alike: BTreeMap<EntryField, usize>,
}

impl Seen {
    fn of(before: &List, now: &List) -> Self {
        let mut seen = Self::default();
        let mut values: BTreeMap<EntryField, Vec<(Recorded<Value>, usize)>> = BTreeMap::new();
        for pair in pairs(before, now) {
            let (was, is) = match pair {
                Pair::First(gone) => {
                    seen.removed += 1;
                    seen.scored += usize::from(gone.values.score.known().is_some());
                    seen.private += usize::from(gone.values.private == Recorded::Known(true));
                    continue;
                }
                Pair::Second(_) => continue,
                Pair::Both(was, is) => (&was.values, &is.values),
            };
            if was.score.known().is_some() {
                seen.scored += 1;
                seen.wiped += usize::from(is.score == Recorded::Empty);
            }
            if was.private == Recorded::Known(true) {
                seen.private += 1;
                seen.published += usize::from(is.private == Recorded::Known(false));
            }
            for field in was.differing(is) {
                let value = is.get(field);
                let counts = values.entry(field).or_default();
                if let Some((_, count)) = counts.iter_mut().find(|(known, _)| *known == value) {
                    *count += 1;
                } else if counts.len() < MOST_VALUES {
                    counts.push((value, 1));
                }
            }
        }
        seen.most_alike = values
            .into_iter()
            .filter_map(|(field, counts)| Some((field, counts.iter().map(|(_, n)| *n).max()?)))
            .collect();
        seen
    }
}
