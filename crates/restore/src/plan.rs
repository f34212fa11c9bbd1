//! What has to be done so that a list is what it was.

use std::collections::{BTreeMap, BTreeSet};

use anirewind_model::{
    Entry, EntryField, EntryStatus, EntryValues, List, ListSettings, MediaId, MediaType, Picks,
    Recorded,
};

use crate::fit::fit;
use crate::moved::{moved_on, saved_together};
use crate::step::Step;

/// How the words begin by which a title or a note says that something moved on.
pub const MOVED_ON: &str = "moved on since";

/// What to put back of a list, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Only this list.
    pub media_type: Option<MediaType>,
    /// Only titles that have, or had, one of these statuses; all where there is none.
    pub statuses: BTreeSet<EntryStatus>,
    /// Only these fields; all where there is none. With it no title is added or removed.
    pub fields: BTreeSet<EntryField>,
    /// Only these titles.
    pub titles: Option<BTreeSet<(MediaType, MediaId)>>,
    /// Whether titles that were added since are removed.
    pub removes: bool,
    /// What to do about titles that are on the list and not as they were.
    pub prefer: Prefer,
    /// Whether custom lists that are gone are left out instead of made again.
    pub leaves_lists: bool,
    /// What is said about single fields of single titles.
    pub picks: Picks,
}

/// What to do about titles that are on the list and not as they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Prefer {
    /// Put back what changed, and leave what moved on: progress that grew, a title that was
    /// completed, a score or a date where there was none. What was saved together with many other
    /// titles is put back all the same.
    #[default]
    Ask,
    /// Put everything back.
    Snapshot,
    /// Leave what is there, and only add what is missing.
    Live,
}

/// What has to be done so that a list is what it was.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// Each title that is not as it was, and that is within the options.
    pub titles: Vec<Planned>,
    /// How many titles are already right.
    pub same: usize,
    /// Fields that the wanted list does not hold, with the number of titles: they stay as they are.
    pub not_recorded: BTreeMap<EntryField, usize>,
    /// Custom lists that have to be made first.
    pub lists: Vec<(MediaType, String)>,
}

/// What has to be done about one title.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Which title.
    pub media: MediaId,
    /// Which list.
    pub media_type: MediaType,
    /// What is there now.
    pub now: Option<Entry>,
    /// What was there.
    pub was: Option<Entry>,
    /// What to do.
    pub verdict: Verdict,
    /// The fields that are not as they were and are left all the same.
    pub left: Vec<EntryField>,
    /// What is left out or left as it is, in words.
    pub notes: Vec<String>,
}

/// What to do about a title.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Send this.
    Send(Box<Step>),
    /// It was added since, and stays.
    Stay,
    /// It moved on since, or is not to be touched, and is left.
    Keep(String),
    /// It cannot be put back.
    Cannot(String),
}

/// Works out what to send so that `live` is what `wanted` was.
///
/// A field that `wanted` does not record is neither compared nor written. A type that it does not
/// record is left alone, and so is what is private where `wanted` was read without a token. `settings`
/// are the account's present ones.
pub fn plan(wanted: &List, live: &List, settings: &ListSettings, options: &Options) -> Plan {
    let key = |entry: &Entry| (entry.media_type, entry.media);
    let was: BTreeMap<_, _> = wanted.entries.iter().map(|e| (key(e), e)).collect();
    let now: BTreeMap<_, _> = live.entries.iter().map(|e| (key(e), e)).collect();
    let keys: BTreeSet<_> = was.keys().chain(now.keys()).copied().collect();
    let differs = |(key, now): (&(MediaType, MediaId), &&'_ Entry)| {
        let was = was.get(key)?;
        was.values.differing(&now.values).next()?;
        Some(*key)
    };
    let differing = now
        .iter()
        .filter_map(differs)
        .filter_map(|key| now.get(&key));
    let together = saved_together(differing.copied());
    let mut plan = Plan::default();
    let mut lists = BTreeSet::new();
    for key in keys {
        let title = Title {
            key,
            was: was.get(&key).copied(),
            now: now.get(&key).copied(),
            is_burst: together.contains(&key.1),
            is_public: wanted.coverage.public,
        };
        if !title.is_within(wanted, options) {
            continue;
        }
        if let Some(was) = title.was {
            for field in was.values.not_recorded() {
                *plan.not_recorded.entry(field).or_default() += 1;
            }
        }
        match title.planned(settings, options, &mut lists) {
            Some(planned) => plan.titles.push(planned),
            None => plan.same += 1,
        }
    }
    plan.lists = lists.into_iter().collect();
    plan
}

struct Title<'a> {
    key: (MediaType, MediaId),
    was: Option<&'a Entry>,
    now: Option<&'a Entry>,
    is_burst: bool,
    /// Whether what is put back was read without a token.
    is_public: bool,
}

impl Title<'_> {
    fn is_within(&self, wanted: &List, options: &Options) -> bool {
        let has_status = |entry: Option<&Entry>| {
            let status = entry.and_then(|entry| entry.values.status.known());
            status.is_some_and(|status| options.statuses.contains(status))
        };
        wanted.coverage.has_read(self.key.0)
            && options.media_type.is_none_or(|only| only == self.key.0)
            && (options.statuses.is_empty() || has_status(self.was) || has_status(self.now))
            && options
                .titles
                .as_ref()
                .is_none_or(|titles| titles.contains(&self.key))
    }

    fn planned(
        &self,
        settings: &ListSettings,
        options: &Options,
        lists: &mut BTreeSet<(MediaType, String)>,
    ) -> Option<Planned> {
        let (media_type, media) = self.key;
        let mut notes = Vec::new();
        let mut left = Vec::new();
        let verdict = match (self.was, self.now) {
            (Some(was), None) => self.addition(was, settings, options, lists, &mut notes),
            (Some(was), Some(now)) => {
                left = self.left(was, now, options);
                self.change(&left, settings, options, lists, &mut notes)?
            }
            // Nobody sees what is private without a token, and what is not private now may have been then.
            (None, Some(_)) if self.is_public => {
                let reason = "it may have been private when the list was read without a token";
                Verdict::Keep(reason.to_owned())
            }
            (None, Some(_)) if options.removes && options.fields.is_empty() => self.step(None),
            (None, Some(_)) => Verdict::Stay,
            (None, None) => return None,
        };
        if let Verdict::Send(step) = &verdict
            && options.picks.leaves_any(self.key)
        {
            notes.extend(step.kind.whole_note().map(str::to_owned));
        }
        Some(Planned {
            media,
            media_type,
            now: self.now.cloned(),
            was: self.was.cloned(),
            verdict,
            left,
            notes,
        })
    }

    fn addition(
        &self,
        was: &Entry,
        settings: &ListSettings,
        options: &Options,
        lists: &mut BTreeSet<(MediaType, String)>,
        notes: &mut Vec<String>,
    ) -> Verdict {
        if !options.fields.is_empty() {
            let reason = "it is not on the list, and only some fields are put back";
            return Verdict::Keep(reason.to_owned());
        }
        let mut target = was.values.clone();
        self.fit(&mut target, settings, options, lists, notes);
        if target.status.known().is_none() {
            return Verdict::Cannot("its status is not known".to_owned());
        }
        self.step(Some(target))
    }

    /// The fields that differ and that the options are about.
    fn differing(was: &Entry, now: &Entry, options: &Options) -> Vec<EntryField> {
        let is_meant =
            |field: &EntryField| options.fields.is_empty() || options.fields.contains(field);
        let differing = was.values.differing(&now.values).filter(is_meant);
        differing.collect()
    }

    /// Those of them that are left: what moved on, and what somebody wants left. What somebody wants
    /// put back is not among them.
    fn left(&self, was: &Entry, now: &Entry, options: &Options) -> Vec<EntryField> {
        let mut left = Self::differing(was, now, options);
        let moved = match options.prefer {
            Prefer::Live => left.clone(),
            Prefer::Ask if !self.is_burst => moved_on(&was.values, &now.values),
            Prefer::Ask | Prefer::Snapshot => Vec::new(),
        };
        let picks = &options.picks;
        // All that is read without a token is not private; that somebody made it so since is not undone unasked.
        let made_private = |field: EntryField| {
            let is_private = now.values.private == Recorded::Known(true);
            self.is_public && field == EntryField::Private && is_private
        };
        left.retain(|field| {
            picks.leaves(self.key, *field)
                || ((moved.contains(field) || made_private(*field))
                    && !picks.puts(self.key, *field))
        });
        left
    }

    /// Nothing when the title is already right.
    fn change(
        &self,
        left: &[EntryField],
        settings: &ListSettings,
        options: &Options,
        lists: &mut BTreeSet<(MediaType, String)>,
        notes: &mut Vec<String>,
    ) -> Option<Verdict> {
        let (was, now) = (self.was?, self.now?);
        let differing = Self::differing(was, now, options);
        if differing.is_empty() {
            return None;
        }
        let is_wish = |field: &&EntryField| options.picks.leaves(self.key, **field);
        let (wished, moved): (Vec<_>, Vec<_>) = left.iter().partition(is_wish);
        let names = |fields: &[&EntryField]| {
            let names = fields.iter().map(|field| field.word(self.key.0));
            let names: Vec<_> = names.map(str::to_lowercase).collect();
            names.join(", ")
        };
        let mut target = now.values.clone();
        for field in differing.iter().filter(|field| !left.contains(field)) {
            target.copy(*field, &was.values);
        }
        if target == now.values {
            return Some(Verdict::Keep(match (moved.as_slice(), options.prefer) {
                ([], _) => "you leave it as it is".to_owned(),
                (_, Prefer::Live) => "it is on the list".to_owned(),
                (moved, _) => format!("{MOVED_ON}: {}", names(moved)),
            }));
        }
        if !moved.is_empty() && options.prefer != Prefer::Live {
            notes.push(format!("{MOVED_ON} and left: {}", names(&moved)));
        }
        if !wished.is_empty() {
            notes.push(format!("left as you wish: {}", names(&wished)));
        }
        self.fit(&mut target, settings, options, lists, notes);
        if target == now.values {
            return Some(Verdict::Cannot(notes.join("; ")));
        }
        Some(self.step(Some(target)))
    }

    fn fit(
        &self,
        target: &mut EntryValues,
        settings: &ListSettings,
        options: &Options,
        lists: &mut BTreeSet<(MediaType, String)>,
        notes: &mut Vec<String>,
    ) {
        let now = self.now.map(|entry| &entry.values);
        let fit = fit(target, now, self.key.0, settings, !options.leaves_lists);
        notes.extend(fit.notes);
        lists.extend(fit.lists.into_iter().map(|name| (self.key.0, name)));
    }

    fn step(&self, target: Option<EntryValues>) -> Verdict {
        let now = self.now.map(|entry| entry.values.clone());
        let step = Step::new(self.key.1, self.key.0, now, target);
        step.map_or_else(
            || Verdict::Keep("nothing differs".to_owned()),
            |step| Verdict::Send(Box::new(step)),
        )
    }
}
