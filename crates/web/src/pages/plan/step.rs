//! One title of a plan: what would become of it, and what of that can be chosen.

use anirewind_core::model::{Entry, EntryField, Picks};
use anirewind_core::{Action, Plan, StepRow, Style, change_of};

use crate::pages::plan_new::Wish;
use crate::parts::{Badge, Diff, TitleCell, facts};

/// One title of a plan or an act.
pub(crate) struct StepLine {
    pub(crate) key: String,
    pub(crate) title: TitleCell,
    pub(crate) badge: Badge,
    pub(crate) diff: Option<Diff>,
    pub(crate) whole: Vec<(&'static str, String)>,
    pub(crate) problem: Option<String>,
    pub(crate) notes: Vec<String>,
    /// Whether the title is sent, where that can be chosen.
    pub(crate) is_on: Option<bool>,
    /// Whether its box is ticked: as it is sent, unless somebody ticked otherwise and was refused.
    pub(crate) is_ticked: bool,
    /// Its fields, where each can be chosen.
    pub(crate) fields: Vec<FieldLine>,
}

/// A field of a title that a plan puts back, or could.
pub(crate) struct FieldLine {
    pub(crate) key: String,
    pub(crate) word: &'static str,
    pub(crate) now: String,
    pub(crate) wanted: String,
    pub(crate) is_on: bool,
    pub(crate) is_ticked: bool,
}

impl StepLine {
    pub(crate) fn of(base: &str, profile: &str, step: &StepRow, style: &Style) -> Self {
        let action = Action::parse(&step.action).unwrap_or(Action::Cannot);
        let entry = step.target.as_ref().or(step.before.as_ref());
        let whole = match (action, &step.target, &step.before) {
            (Action::Add, Some(entry), _) | (Action::Remove, _, Some(entry)) => facts(entry, style),
            _ => Vec::new(),
        };
        Self {
            key: format!("{}:{}", step.media_type.as_str(), step.media),
            title: cell(base, profile, step, entry, style),
            badge: badge(action),
            diff: action
                .sends()
                .then(|| Diff::planned(step.before.as_ref(), step.target.as_ref(), style)),
            whole,
            problem: step.problem.clone(),
            notes: step.notes.clone(),
            is_on: None,
            is_ticked: false,
            fields: Vec::new(),
        }
    }

    pub(super) const fn is_choosable(&self) -> bool {
        self.is_on.is_some() || !self.fields.is_empty()
    }

    /// With what can be chosen of it: the title, and each field that is put back or could be.
    pub(super) fn choosable(
        mut self,
        plan: &Plan,
        step: &StepRow,
        style: &Style,
        wish: &Wish,
    ) -> Self {
        let action = Action::parse(&step.action).unwrap_or(Action::Cannot);
        let is_left = action == Action::Keep && wish.leave_title.contains(&self.key);
        self.is_on = (action.sends() || is_left).then_some(!is_left);
        self.is_ticked = !is_left;
        let may_choose = matches!(action, Action::Write | Action::Keep | Action::Same) && !is_left;
        if is_left {
            self.diff = Some(Diff::planned(
                step.before.as_ref(),
                step.target.as_ref(),
                style,
            ));
        }
        if !may_choose {
            return self;
        }
        let title = (step.media_type, step.media);
        let sides = step.before.as_ref().zip(step.target.as_ref());
        let sides = sides.filter(|_| action == Action::Write);
        if let Some((before, target)) = sides {
            for field in before.values.differing(&target.values) {
                let (now, wanted) = change_of(before, target, field, &style.scores);
                self.fields.push(FieldLine {
                    key: Picks::text(title, field),
                    word: field.word(step.media_type),
                    now,
                    wanted,
                    is_on: true,
                    is_ticked: true,
                });
            }
            self.diff = None;
        }
        for left in plan.left_of(step) {
            let Some(field) = EntryField::parse(&left.field) else {
                continue;
            };
            self.fields.push(FieldLine {
                key: left.name(),
                word: field.word(step.media_type),
                now: left.now.clone(),
                wanted: left.wanted.clone(),
                is_on: false,
                is_ticked: false,
            });
        }
        self
    }

    /// With the boxes as somebody sent them.
    pub(super) fn ticked_as(mut self, wish: &Wish) -> Self {
        self.is_ticked = wish.ticked(&self.key).unwrap_or(self.is_ticked);
        for field in &mut self.fields {
            field.is_ticked = wish.ticked(&field.key).unwrap_or(field.is_ticked);
        }
        self
    }
}

/// The title of a step.
pub(crate) fn cell(
    base: &str,
    profile: &str,
    step: &StepRow,
    entry: Option<&Entry>,
    style: &Style,
) -> TitleCell {
    match entry.filter(|entry| entry.summary.is_some()) {
        Some(entry) => TitleCell::of(base, profile, entry, style),
        None => TitleCell::named(
            base,
            profile,
            step.media_type,
            step.media.get(),
            step.title.as_deref(),
        ),
    }
}

fn badge(action: Action) -> Badge {
    let (tone, icon) = match action {
        Action::Add => ("fine", "i-plus"),
        Action::Write => ("warning", "i-tilde"),
        Action::Remove => ("danger", "i-minus"),
        Action::Same | Action::Stay => ("quiet", "i-equal"),
        Action::Keep => ("edited", "i-swap"),
        Action::Cannot => ("danger", "i-cross"),
    };
    Badge::new(tone, icon, word(action))
}

/// The word for what is done about a title.
pub(super) const fn word(action: Action) -> &'static str {
    match action {
        Action::Add => "Add back",
        Action::Write => "Change back",
        Action::Remove => "Remove",
        Action::Same => "Already right",
        Action::Stay => "Added since, kept",
        Action::Keep => "Left as it is",
        Action::Cannot => "Cannot be put back",
    }
}
