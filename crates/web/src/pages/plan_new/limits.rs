//! How much of a list a plan is about, as the page of a plan asks for it: which lists, which fields, and whether
//! what was added since stays.

use std::collections::BTreeSet;

use anirewind_core::model::{EntryField, EntryStatus, MediaType};
use anirewind_core::{Action, Plan, count};

use super::Wish;

/// What the page of a plan asks for.
pub(crate) struct Limits {
    /// Both lists, and whether each is ticked; none where changes are taken back.
    pub(crate) lists: Vec<(&'static str, &'static str, bool)>,
    pub(crate) fields: Vec<(&'static str, &'static str, bool)>,
    /// What was added since, where anything was.
    pub(crate) added: Option<Added>,
}

/// Titles that were added since.
pub(crate) struct Added {
    pub(crate) words: String,
    pub(crate) is_removed: bool,
    /// How those of them that are shown are called in an address.
    pub(crate) show: &'static str,
}

impl Limits {
    /// Nothing where it is not known what the plan was asked for, where it only tries again what another did not get
    /// done, and where there is nothing to limit.
    pub(crate) fn of(plan: &Plan, wish: &Wish) -> Option<Self> {
        let detail = &plan.operation.detail;
        if detail.asked.is_none() || detail.retries.is_some() {
            return None;
        }
        let lists = [("ANIME", "Anime", false), ("MANGA", "Manga", false)];
        let fields = EntryField::ALL.map(|field| {
            let word = field.word(MediaType::Anime);
            (field.as_str(), word, false)
        });
        let limits = Self {
            lists: if wish.is_undo() {
                Vec::new()
            } else {
                lists.to_vec()
            },
            fields: fields.to_vec(),
            added: Added::of(plan, wish),
        };
        let limits = limits.ticked_as(wish);
        (!plan.steps.is_empty() || limits.is_narrow()).then_some(limits)
    }

    /// With the boxes as somebody sent them. Which boxes there are stays: what the page does not ask for, it hands on
    /// beside them.
    pub(crate) fn ticked_as(mut self, wish: &Wish) -> Self {
        for (value, _, is_ticked) in &mut self.lists {
            *is_ticked = wish.has_only(value);
        }
        for (value, _, is_ticked) in &mut self.fields {
            *is_ticked = wish.has_field(value);
        }
        if let Some(added) = &mut self.added
            && !wish.extra.is_empty()
        {
            added.is_removed = wish.extra == "remove";
        }
        self
    }

    /// What it is limited to.
    pub(crate) fn words(&self) -> String {
        let of_lists = match self.lists.as_slice() {
            [] => "",
            [(.., true), (.., false)] => "anime only, ",
            [(.., false), (.., true)] => "manga only, ",
            lists if is_blank(lists) => "neither anime nor manga, ",
            _ => "anime and manga, ",
        };
        let ticked = self.fields.iter().filter(|(.., is_ticked)| *is_ticked);
        let of_fields = match ticked.count() {
            0 => "no field".to_owned(),
            all if all == self.fields.len() => "all fields".to_owned(),
            some => format!("{some} of {} fields", self.fields.len()),
        };
        format!("{of_lists}{of_fields}")
    }

    /// Whether any of them is not ticked.
    pub(crate) fn is_narrow(&self) -> bool {
        let mut all = self.lists.iter().chain(&self.fields);
        all.any(|(.., is_ticked)| !is_ticked)
    }

    /// Of which kind none is ticked, where that is so.
    pub(crate) fn blank(&self) -> Option<&'static str> {
        if !self.lists.is_empty() && is_blank(&self.lists) {
            Some("lists")
        } else {
            is_blank(&self.fields).then_some("fields")
        }
    }

    /// Whether the page asks for what a form calls so: then it is not handed on beside.
    pub(crate) fn asks_for(&self, name: &str) -> bool {
        match name {
            "only" => !self.lists.is_empty(),
            "field" => true,
            "extra" => self.added.is_some(),
            _ => false,
        }
    }
}

/// Whether none of these is ticked.
fn is_blank(boxes: &[(&str, &str, bool)]) -> bool {
    boxes.iter().all(|(.., is_ticked)| !is_ticked)
}

impl Added {
    fn of(plan: &Plan, wish: &Wish) -> Option<Self> {
        let (stay, go) = (plan.count(Action::Stay), plan.count(Action::Remove));
        // With some fields only, none of them could go.
        if wish.is_undo() || !wish.field.is_empty() || stay + go == 0 {
            return None;
        }
        let shown = if go > 0 { Action::Remove } else { Action::Stay };
        Some(Self {
            words: count(stay + go, "title"),
            is_removed: wish.extra == "remove",
            show: shown.as_str(),
        })
    }
}

impl Wish {
    /// What is wrong where a form was sent with every tick of a kind taken away. It is not taken for all of them.
    pub(crate) fn names_nothing(&self) -> Option<&'static str> {
        let is_blank = |marker: &str, ticked: &[String]| marker == "yes" && ticked.is_empty();
        if is_blank(&self.has_lists, &self.only) {
            Some("Choose anime, manga, or both.")
        } else if is_blank(&self.has_status, &self.status) {
            Some("No status is ticked. Tick those that the plan is about.")
        } else if is_blank(&self.has_fields, &self.field) {
            Some("No field is ticked. Tick those that the plan is about.")
        } else if self.has_titles == "yes" && self.names_no_title() {
            Some("No title is ticked any more. Asked for again, the plan is about the whole list.")
        } else {
            None
        }
    }

    /// Whether a box was ticked as it was sent; nothing where there was none.
    pub(crate) fn ticked(&self, name: &str) -> Option<bool> {
        let mut offered = self.offered.iter();
        let is_offered = offered.any(|one| one.strip_suffix('~').unwrap_or(one) == name);
        is_offered.then(|| self.tick.iter().any(|ticked| ticked == name))
    }

    /// Whether what happened since was ticked as it was sent; nothing where there was no box for it.
    pub(crate) fn has_cause(&self, id: &str) -> Option<bool> {
        let is_shown = self.shown.iter().any(|shown| shown == id);
        is_shown.then(|| self.cause.iter().any(|ticked| ticked == id))
    }

    /// Whether muting was ticked as it was sent; nothing where there was no box for it.
    pub(crate) fn mutes_as_sent(&self) -> Option<bool> {
        (!self.mutes.is_empty()).then_some(!self.muted.is_empty())
    }

    fn names_no_title(&self) -> bool {
        self.group.is_empty() && self.title.iter().all(|title| title.trim().is_empty())
    }

    pub(super) fn has_only(&self, of: &str) -> bool {
        let is_all = self.only.is_empty() && self.has_lists != "yes";
        is_all || self.only.iter().any(|only| only == of)
    }

    pub(super) fn has_status(&self, status: &str) -> bool {
        let is_all = self.status.is_empty() && self.has_status != "yes";
        is_all || self.status.iter().any(|known| known == status)
    }

    pub(super) fn has_field(&self, field: &str) -> bool {
        let is_all = self.field.is_empty() && self.has_fields != "yes";
        is_all || self.field.iter().any(|known| known == field)
    }

    /// What is ticked, without what only says which boxes there were.
    pub(super) fn take_limits(&mut self) {
        self.widen();
        self.has_lists.clear();
        self.has_status.clear();
        self.has_fields.clear();
        self.has_titles.clear();
        let is_muted = !self.muted.is_empty();
        if !self.mutes.is_empty() && is_muted != (self.mutes == "yes") {
            self.mute = if is_muted { "yes" } else { "no" }.to_owned();
        }
        self.mutes.clear();
        self.muted.clear();
    }

    /// With all of a kind ticked it is limited to none of them.
    fn widen(&mut self) {
        if self.only.len() == MediaType::BOTH.len() {
            self.only.clear();
            self.has_lists.clear();
        }
        if self.status.len() == EntryStatus::KNOWN.len() {
            self.status.clear();
            self.has_status.clear();
        }
        if self.field.len() == EntryField::ALL.len() {
            self.field.clear();
            self.has_fields.clear();
        }
    }

    /// Whether the plan is limited otherwise than the one that was shown, where the form asks for that.
    pub(super) fn limits_otherwise(&self, shown: &Self) -> bool {
        let mut taken = self.clone();
        taken.take_limits();
        let differ = |ours: &[String], theirs: &[String]| {
            ours.iter().collect::<BTreeSet<_>>() != theirs.iter().collect()
        };
        (self.has_lists == "yes" && differ(&taken.only, &shown.only))
            || (self.has_fields == "yes" && differ(&taken.field, &shown.field))
            || (!self.extra.is_empty() && (self.extra == "remove") != (shown.extra == "remove"))
    }
}
